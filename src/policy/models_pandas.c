/*
 * models_pandas.c - what pandas' frames, indexes and arrays are made from: places of blocks, codes that count
 * categories and levels, and which classes its functions may be given.
 */
#include "arrays.h"

/* What the functions that make an index are given as its data; NULL for other callees. */
static const brn_val *data_of_index(const brn_checker *c, const brn_val *val)
{
    static const char *const makers[][2] = {
        {"pandas.core.indexes.base", "_new_Index"},
        {"pandas.core.indexes.datetimes", "_new_DatetimeIndex"},
        {"pandas.core.indexes.interval", "_new_IntervalIndex"},
        {"pandas.core.indexes.period", "_new_PeriodIndex"},
        {"pandas.core.indexes.timedeltas", "_new_TimedeltaIndex"},
    };
    const brn_name *name = brn_instance_of(c, val);
    for (size_t i = 0; i < BRN_ARRAY_LEN(makers); i++) {
        if (brn_name_is(name, makers[i][0], makers[i][1])) {
            const brn_val *parts = brn_at(brn_args(val), 1);
            const brn_val *data = brn_dict_get(parts, "data");
            return data ? data : brn_dict_get(parts, "left");
        }
    }
    return NULL;
}

/* The array that an index or an extension array holds, however it is wrapped; NULL if that is not seen. */
static const brn_val *array_inside(const brn_checker *c, const brn_val *val)
{
    for (int depth = 0; depth < 6 && val; depth++) {
        const brn_val *state = NULL;
        const brn_val *data = data_of_index(c, val);
        bool stated = brn_op_at(val, 0, &state) == BRN_OP_STATE;
        if (data) {
            val = data;
        } else if (brn_name_is(brn_instance_of(c, val), "pandas._libs.arrays",
                               "__pyx_unpickle_NDArrayBacked") &&
                   stated) {
            const brn_val *second = brn_at(state, 1);
            brn_checked_array array;
            bool is_array = brn_checked_array_of(c, second, &array);
            brn_checked_array_release(c, &array);
            val = is_array ? second : brn_at(state, 0);
        } else if (stated && brn_dict_get(state, "_data") && brn_dict_get(state, "_mask")) {
            val = brn_dict_get(state, "_data"); /* with what of it is missing */
        } else {
            return val;
        }
        if (val && val->flags & BRN_FLAG_LATE)
            return NULL;
    }
    return NULL;
}

/* How many labels an index has; false if that cannot be seen. */
static bool index_length(const brn_checker *c, const brn_val *index, int64_t *length)
{
    const brn_val *arguments = brn_at(brn_args(index), 1);
    const brn_val *start = brn_dict_get(arguments, "start");
    const brn_val *stop = brn_dict_get(arguments, "stop");
    const brn_val *step = brn_dict_get(arguments, "step");
    if (brn_is(start, BRN_INT) && brn_is(stop, BRN_INT) && brn_is(step, BRN_INT)) {
        int64_t width = brn_int(step);
        if (width == 0 || brn_int(start) < INT32_MIN || brn_int(stop) > INT64_MAX / 4 ||
            brn_int(stop) < INT64_MIN / 4 || brn_int(start) > INT64_MAX / 4)
            return false;
        int64_t distance =
            width > 0 ? brn_int(stop) - brn_int(start) : brn_int(start) - brn_int(stop);
        int64_t each = width > 0 ? width : width == INT64_MIN ? INT64_MAX : -width;
        *length = distance <= 0 ? 0 : (distance - 1) / each + 1;
        return true;
    }
    const brn_val *codes = brn_at(brn_dict_get(arguments, "codes"), 0); /* of a MultiIndex */
    brn_checked_array array;
    bool found = brn_checked_array_of(c, codes ? codes : array_inside(c, index), &array) &&
                 brn_size(array.shape) == 1 && array.count <= INT64_MAX;
    *length = found ? (int64_t)array.count : 0;
    brn_checked_array_release(c, &array);
    return found;
}

/* Codes of a Categorical count its categories; other arrays hold what they hold. */
static bool is_backed_array(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    const brn_val *first = brn_at(val, 0);
    bool swapped = brn_schema_matches(
        c, "<numpy:ndarray>|<numpy._core.numeric:_frombuffer>|<numpy.core.numeric:_frombuffer>",
        subject, first);
    const brn_name *class = brn_named(c, brn_at(brn_args(subject), 0));
    if (!class || class->name_size != strlen("Categorical") ||
        memcmp(class->name, "Categorical", class->name_size) != 0)
        return true;
    const brn_val *dtype = brn_at(val, swapped ? 1 : 0);
    const brn_val *state;
    int64_t count;
    if (!dtype || dtype->flags & BRN_FLAG_LATE || brn_op_at(dtype, 0, &state) != BRN_OP_STATE ||
        !index_length(c, brn_dict_get(state, "categories"), &count))
        return false;
    brn_checked_array codes;
    bool fits = brn_checked_array_of(c, brn_at(val, swapped ? 0 : 1), &codes) &&
                brn_checked_array_within(&codes, -1, count - 1);
    brn_checked_array_release(c, &codes);
    return fits;
}

/* slice(start, stop, step), or an array of places: are they all below `count`?  Adds how many they are. */
static bool placement_fits(const brn_checker *c, const brn_val *placement, int64_t count,
                           int64_t *placed)
{
    brn_checked_array array;
    if (brn_name_is(brn_instance_of(c, placement), "builtins", "slice")) {
        const brn_val *args = brn_args(placement);
        int64_t start = brn_int(brn_at(args, 0));
        int64_t stop = brn_int(brn_at(args, 1));
        int64_t step = brn_int(brn_at(args, 2));
        if (!brn_is(brn_at(args, 0), BRN_INT) || !brn_is(brn_at(args, 1), BRN_INT) || step < 1 ||
            start < 0 || stop < start || stop > count)
            return false;
        *placed += (stop - start + step - 1) / step;
        return true;
    }
    bool fits = brn_checked_array_of(c, placement, &array) &&
                brn_checked_array_within(&array, 0, count - 1) && array.count <= INT32_MAX;
    *placed += fits ? (int64_t)array.count : 0;
    brn_checked_array_release(c, &array);
    return fits;
}

/* BlockManager((block, ...), [axis, ...]): the blocks' places are those of the first axis, each once. */
static bool is_manager(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    const brn_val *blocks = brn_at(val, 0);
    int64_t count;
    int64_t placed = 0;
    if (!brn_schema_matches(c, "((<pandas._libs.internals:_unpickle_block>*), list)", subject,
                            val) ||
        brn_at(val, 1)->flags & BRN_FLAG_LATE ||
        !index_length(c, brn_at(brn_at(val, 1), 0), &count))
        return false;
    for (size_t i = 0; i < brn_size(blocks); i++) {
        if (!placement_fits(c, brn_at(brn_args(brn_at(blocks, i)), 1), count, &placed))
            return false;
    }
    return placed == count;
}

static bool is_settled(const brn_val *val)
{
    return val && !(val->flags & BRN_FLAG_LATE);
}

/*
 * A SingleBlockManager's (axes, values, items, {'0.14.1': {'axes': [index], 'blocks': [{'values', 'mgr_locs'}]}}): as many
 * labels as values, which nobody checks afterwards.
 */
static bool is_single_manager(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] = "(any, any, any, {'0.14.1': {'axes': [any], 'blocks': [{'values': "
                                 "any, 'mgr_locs': any}]}})";
    if (!brn_schema_matches(c, schema, subject, val))
        return false;
    const brn_val *extra = brn_dict_get(brn_at(val, 3), "0.14.1");
    const brn_val *axes = brn_dict_get(extra, "axes");
    const brn_val *blocks = brn_dict_get(extra, "blocks");
    if (!is_settled(axes) || !is_settled(blocks) || brn_size(axes) != 1 || brn_size(blocks) != 1)
        return false;
    const brn_val *values = brn_dict_get(brn_at(blocks, 0), "values");
    int64_t labels;
    brn_checked_array array;
    bool fits = true;
    if (brn_checked_array_of(c, array_inside(c, values), &array))
        fits = index_length(c, brn_at(axes, 0), &labels) && brn_size(array.shape) == 1 &&
               array.count == (uint64_t)labels;
    brn_checked_array_release(c, &array);
    return fits;
}

/* _unpickle_block(values, placement, axes): a row of values for each place. */
static bool is_block(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    int64_t placed = 0;
    brn_checked_array values;
    if (!brn_schema_matches(c, "(any, any, int[1..2])", subject, val) ||
        !placement_fits(c, brn_at(val, 1), INT32_MAX, &placed))
        return false;
    bool fits = true;
    if (brn_checked_array_of(c, brn_at(val, 0), &values))
        fits = brn_size(values.shape) == 2 && (int64_t)brn_checked_array_axis(&values, 0) == placed;
    brn_checked_array_release(c, &values);
    return fits;
}

/* ------------------------------------------------------------------------
 * Indexes
 * ------------------------------------------------------------------------ */

static bool begins_with(const brn_name *name, const char *module)
{
    size_t size = strlen(module);
    return name->module_size >= size && memcmp(name->module, module, size) == 0;
}

static bool ends_with(const brn_name *name, const char *text)
{
    size_t size = strlen(text);
    return name->name_size >= size && memcmp(name->name + name->name_size - size, text, size) == 0;
}

/*
 * An allowed class of pandas, or one of the caller's own: these functions hand arguments to the constructor of
 * whatever they are given.
 */
static bool is_class_of_pandas(const brn_checker *c, const brn_val *val, const char *ending,
                               const char *other)
{
    const brn_name *name = brn_named(c, val);
    if (!name)
        return false;
    const brn_own_entry *own = brn_policy_own(c->policy, name);
    return (own && own->grants & BRN_GRANT_CALL) ||
           (begins_with(name, "pandas") && (ends_with(name, ending) || ends_with(name, other)));
}

static bool is_index_class(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_class_of_pandas(c, val, "Index", "Index");
}

static bool is_backed_class(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_class_of_pandas(c, val, "Array", "Categorical");
}

/* Text is looked up as a file of the time zone data base. */
static bool is_time_zone(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "none|%zone|<datetime:timezone>|<zoneinfo:ZoneInfo._unpickle>|<pytz:_UTC>|<pytz:_p>"
        "|<pytz:_FixedOffset>|<pytz:FixedOffset>|<dateutil.tz.tz:tzutc>|<dateutil.tz.tz:tzoffset>"
        "|<dateutil.tz.tz:tzfile>|<dateutil.tz.tz:tzlocal>";
    return brn_schema_matches(c, schema, subject, val);
}

/* Codes of a level count its labels. */
static bool levels_fit(const brn_checker *c, const brn_val *levels, const brn_val *codes)
{
    if (!brn_is(levels, BRN_LIST) || !brn_is(codes, BRN_LIST) ||
        (levels->flags | codes->flags) & BRN_FLAG_LATE || brn_size(levels) != brn_size(codes))
        return false;
    for (size_t i = 0; i < brn_size(levels); i++) {
        int64_t count;
        brn_checked_array array;
        bool fits = brn_checked_array_of(c, array_inside(c, brn_at(codes, i)), &array) &&
                    index_length(c, brn_at(levels, i), &count) &&
                    brn_checked_array_within(&array, -1, count - 1);
        brn_checked_array_release(c, &array);
        if (!fits)
            return false;
    }
    return true;
}

/* What is made from an index again.  Data is an array of some kind, never a range or an iterator without end. */
static bool is_index_parts(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char *const arrays[] = {"data", "left", "right"};
    if (!brn_schema_matches(c, "{str: any}", subject, val))
        return false;
    for (size_t i = 0; i < BRN_ARRAY_LEN(arrays); i++) {
        const brn_val *data = brn_dict_get(val, arrays[i]);
        if (data &&
            (!brn_is(data, BRN_CALL) ||
             brn_name_is(brn_instance_of(c, data), "builtins", "range")) &&
            !brn_is(data, BRN_OBJECT))
            return false;
    }
    const brn_val *zone = brn_dict_get(val, "tz");
    const brn_val *levels = brn_dict_get(val, "levels");
    const brn_val *codes = brn_dict_get(val, "codes");
    return (!zone || is_time_zone(c, subject, zone)) &&
           (!levels || levels_fit(c, levels, codes ? codes : brn_dict_get(val, "labels")));
}

/* (length, where blocks begin, how long they are): one behind the other, and within. */
static bool is_block_index(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    brn_checked_array begins = {.count = 0};
    brn_checked_array lengths = {.count = 0};
    static const char schema[] =
        "(int[0..], "
        "<numpy:ndarray>|<numpy._core.numeric:_frombuffer>|<numpy.core.numeric:_frombuffer>,"
        " <numpy:ndarray>|<numpy._core.numeric:_frombuffer>|<numpy.core.numeric:_frombuffer>)";
    bool fits = brn_schema_matches(c, schema, subject, val);
    int64_t end = fits ? brn_int(brn_at(val, 0)) : 0;
    fits = fits && brn_checked_array_of(c, brn_at(val, 1), &begins);
    fits = fits && brn_checked_array_of(c, brn_at(val, 2), &lengths);
    fits = fits && begins.dtype.kind == 'i' && lengths.dtype.kind == 'i' &&
           brn_size(begins.shape) == 1 && brn_size(lengths.shape) == 1 &&
           begins.count == lengths.count && brn_checked_array_within(&begins, 0, end) &&
           brn_checked_array_within(&lengths, 1, end);
    int64_t from = 0;
    for (uint64_t i = 0; fits && !begins.unseen && !lengths.unseen && i < begins.count; i++) {
        int64_t begin = brn_checked_array_int(&begins, &begins.dtype, 0, i);
        int64_t length = brn_checked_array_int(&lengths, &lengths.dtype, 0, i);
        fits = begin >= from && length <= end - begin;
        from = begin + length;
    }
    brn_checked_array_release(c, &begins);
    brn_checked_array_release(c, &lengths);
    return fits;
}

/*
 * A time zone as dateutil writes it: what it makes of the changes takes the square of their number, and no zone has so
 * many.
 */
static bool is_dateutil_zone(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] = "(=dateutil.tz._tzfile:tzfile, str|none, str|none,"
                                 " ((int*), (int*), [int], (int[0..1]*), [str], bytes[..64]|none))";
    return brn_schema_matches(c, schema, subject, val) &&
           brn_size(brn_at(brn_at(val, 3), 0)) <= 400;
}

const brn_schema_check brn_pandas_checks[] = {
    {"block_index", is_block_index},
    {"dateutil_zone", is_dateutil_zone},
    {"backed_array", is_backed_array},
    {"backed_class", is_backed_class},
    {"block", is_block},
    {"index_class", is_index_class},
    {"index_parts", is_index_parts},
    {"manager", is_manager},
    {"single_manager", is_single_manager},
    {"time_zone", is_time_zone},
    {NULL, NULL},
};
