/*
 * views_pandas.c - Series and DataFrames: arrays, in blocks, with an index for each axis.
 *
 * A DataFrame keeps columns of one dtype together in a block, an array with a row for each
 * of them, and says which columns they are.  So a column is a row of a block: a
 * place to begin and a stride.  Text, datetimes and categories are extension arrays
 * around an array of numpy's.
 */
#include "views.h"

/* ------------------------------------------------------------------------
 * Values of a column, or of several
 * ------------------------------------------------------------------------ */

/* An extension array: a call of pandas', and a state of dtype, array, and perhaps attributes. */
static bool read_extension(const brn_val *val, const brn_buffers *buffers, brn_column *out)
{
    const brn_val *args = brn_args_of(val, "pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked");
    const brn_val *state = brn_only_state(val);
    size_t count = brn_size(state);
    if (brn_size(args) != 3 || !brn_is(brn_at(args, 0), BRN_GLOBAL) ||
        !brn_is_none(brn_at(args, 2)) || !brn_is(state, BRN_TUPLE) || count < 2 || count > 3)
        return false;
    out->extension = brn_at(args, 0);
    out->dtype = brn_at(state, 0);
    return brn_as_array(brn_at(state, 1), buffers, &out->values);
}

static bool read_values(const brn_val *val, const brn_buffers *buffers, brn_column *out)
{
    if (brn_as_array(val, buffers, &out->values))
        out->dtype = out->values.dtype.val;
    else if (!read_extension(val, buffers, out))
        return false;
    return !out->values.masked;
}

/* Columns in the values of a block, and how long they are. */
static bool block_shape(const brn_array *values, size_t *columns, size_t *rows)
{
    bool is_single = values->dimensions == 1;
    *columns = is_single ? 1 : values->shape[0];
    *rows = values->shape[is_single ? 0 : 1];
    return values->dimensions == 1 || values->dimensions == 2;
}

/* Make one column of a block with several. */
static void take_column(brn_column *c, size_t number)
{
    brn_array *a = &c->values;
    if (a->dimensions == 1)
        return;
    c->offset = number * a->strides[0];
    a->dimensions = 1;
    a->shape[0] = a->shape[1];
    a->strides[0] = a->strides[1];
    a->shape[1] = 0;
    a->strides[1] = 0;
    a->count = a->shape[0];
}

/* ------------------------------------------------------------------------
 * Indexes
 * ------------------------------------------------------------------------ */

/* A number of a range, so far from the ends that two can be subtracted. */
static bool read_bound(const brn_val *attributes, const char *name, int64_t *out)
{
    return brn_int_within(brn_dict_get(attributes, name), -INT64_MAX / 4, INT64_MAX / 4, out);
}

static bool read_range_index(const brn_val *attributes, brn_index_view *out)
{
    int64_t stop;
    if (!read_bound(attributes, "start", &out->start) || !read_bound(attributes, "stop", &stop) ||
        !read_bound(attributes, "step", &out->step) || out->step == 0)
        return false;
    out->is_range = true;
    int64_t length = out->step > 0 ? stop - out->start : out->start - stop;
    int64_t step = out->step > 0 ? out->step : -out->step;
    uint64_t count = length > 0 ? (uint64_t)((length - 1) / step) + 1 : 0;
    out->size = (size_t)count;
    return count <= PTRDIFF_MAX;
}

static bool is_index_class(const brn_val *class_)
{
    /* Those other than Index are of pandas before 2. */
    static const char *const classes[] = {"Index", "Int64Index", "UInt64Index"};
    for (size_t i = 0; i < BRN_ARRAY_LEN(classes); i++) {
        if (brn_names(class_, "pandas", classes[i]) ||
            brn_names(class_, "pandas.core.indexes.base", classes[i]) ||
            brn_names(class_, "pandas.core.indexes.numeric", classes[i]))
            return true;
    }
    return false;
}

static bool read_index(const brn_val *val, const brn_buffers *buffers, brn_index_view *out)
{
    const brn_val *args = brn_plain_args(val, "pandas.core.indexes.base", "_new_Index", 2, 2);
    const brn_val *class_ = brn_at(args, 0);
    const brn_val *attributes = brn_at(args, 1);
    if (!brn_is(attributes, BRN_DICT) || !brn_settled(attributes))
        return false;
    if (brn_names(class_, "pandas", "RangeIndex") ||
        brn_names(class_, "pandas.core.indexes.range", "RangeIndex"))
        return read_range_index(attributes, out);
    brn_column c;
    memset(&c, 0, sizeof c);
    if (!is_index_class(class_) || !read_values(brn_dict_get(attributes, "data"), buffers, &c) ||
        c.values.dimensions != 1)
        return false;
    out->values = c.values;
    out->size = c.values.count;
    return c.values.objects ||
           (!c.extension && (c.values.dtype.kind == 'i' || c.values.dtype.kind == 'u'));
}

bool brn_as_index(const brn_val *val, const brn_buffers *buffers, brn_index_view *out)
{
    memset(out, 0, sizeof *out);
    if (read_index(val, buffers, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_index_label(const brn_index_view *index, size_t number, brn_label *out)
{
    memset(out, 0, sizeof *out);
    if (!index || number >= index->size)
        return false;
    if (index->is_range) {
        out->number = index->start + (int64_t)number * index->step;
        return true;
    }
    out->val = brn_at(index->values.objects, number);
    return out->val || brn_array_int(&index->values, number, &out->number);
}

/* ------------------------------------------------------------------------
 * Managers: what Series and DataFrames keep blocks and axes in
 * ------------------------------------------------------------------------ */

/* The manager of a Series or DataFrame. */
static const brn_val *manager_of(const brn_val *val, const char *module, const char *name,
                                 const brn_val **state)
{
    brn_instance i;
    *state = brn_only_state(val);
    if (!brn_as_instance(val, &i) || i.base || i.kwargs || brn_size(i.args) > i.args_from ||
        !brn_is(*state, BRN_DICT) ||
        !(brn_names(i.class_, "pandas", name) || brn_names(i.class_, module, name)))
        return NULL;
    const brn_val *manager = brn_dict_get(*state, "_mgr");
    return manager ? manager : brn_dict_get(*state, "_data");
}

static bool is_manager(const brn_val *class_, const char *name)
{
    return brn_names(class_, "pandas.core.internals.managers", name) ||
           brn_names(class_, "pandas.core.internals", name);
}

/* A state (axes, values, items, {"0.14.1": {"axes": axes, "blocks": blocks}}): the last counts. */
static bool read_manager_state(const brn_val *val, const char *name, const brn_val **axes,
                               const brn_val **blocks)
{
    brn_instance i;
    const brn_val *state = brn_only_state(val);
    const brn_val *extra = brn_dict_get(brn_at(state, 3), "0.14.1");
    *axes = brn_dict_get(extra, "axes");
    *blocks = brn_dict_get(extra, "blocks");
    return brn_as_instance(val, &i) && is_manager(i.class_, name) && !i.base && !i.kwargs &&
           brn_size(i.args) == i.args_from && brn_is(state, BRN_TUPLE) && brn_size(state) == 4 &&
           brn_settled(brn_at(state, 3)) && brn_settled(extra) && brn_is(*axes, BRN_LIST) &&
           brn_settled(*axes) && brn_is(*blocks, BRN_LIST) && brn_settled(*blocks);
}

/* A manager made of its blocks and axes. */
static bool read_manager_call(const brn_val *val, const brn_val **axes, const brn_val **blocks)
{
    const brn_val *args = brn_args(val);
    *blocks = brn_at(args, 0);
    *axes = brn_at(args, 1);
    return brn_is(val, BRN_CALL) && is_manager(brn_callee(val), "BlockManager") &&
           brn_op_count(val) == 0 && brn_is(args, BRN_TUPLE) && brn_size(args) == 2 &&
           brn_is(*blocks, BRN_TUPLE) && brn_is(*axes, BRN_LIST) && brn_settled(*axes);
}

/* A block, as a call or as a dict: its values, and which columns they are. */
static bool read_block(const brn_val *val, const brn_val **values, const brn_val **places)
{
    const brn_val *args = brn_plain_args(val, "pandas._libs.internals", "_unpickle_block", 3, 3);
    bool is_dict = brn_is(val, BRN_DICT) && brn_settled(val);
    *values = is_dict ? brn_dict_get(val, "values") : brn_at(args, 0);
    *places = is_dict ? brn_dict_get(val, "mgr_locs") : brn_at(args, 1);
    return *values && *places;
}

/* The columns of a block: a slice, or an array of their numbers. */
typedef struct places {
    size_t count;
    int64_t start;
    int64_t step;
    bool is_slice;
    brn_array numbers;
} places;

static bool read_places(const brn_val *val, const brn_buffers *buffers, places *p)
{
    brn_range slice;
    int64_t stop;
    memset(p, 0, sizeof *p);
    p->is_slice = brn_as_slice(val, &slice);
    if (!p->is_slice) {
        bool ok = brn_as_array(val, buffers, &p->numbers) && p->numbers.dimensions == 1 &&
                  !p->numbers.objects && p->numbers.dtype.kind == 'i';
        p->count = p->numbers.count;
        return ok;
    }
    if (!brn_int_within(slice.start, 0, INT32_MAX, &p->start) ||
        !brn_int_within(slice.stop, 0, INT32_MAX, &stop) ||
        !brn_int_within(slice.step, 1, INT32_MAX, &p->step))
        return false;
    p->count = stop > p->start ? (size_t)((stop - p->start - 1) / p->step) + 1 : 0;
    return true;
}

/* Which of the block's columns has this number. */
static bool find_place(const places *p, size_t column, size_t *found)
{
    if (p->is_slice) {
        int64_t distance = (int64_t)column - p->start;
        *found = (size_t)(distance / p->step);
        return distance >= 0 && distance % p->step == 0 && *found < p->count;
    }
    /* In portions: what is encoded would be decoded from its beginning for each number. */
    uint8_t portion[4096];
    const brn_array *a = &p->numbers;
    size_t size = a->dtype.size;
    size_t most = size ? sizeof portion / size : 0;
    for (*found = 0; most > 0 && *found < p->count;) {
        size_t count = brn_blob_copy(&a->bytes, *found * size, portion, most * size) / size;
        for (size_t i = 0; i < count; i++, ++*found) {
            int64_t number;
            if (brn_load_int(&a->dtype, portion + i * size, &number) && number == (int64_t)column)
                return true;
        }
        if (count == 0)
            return false;
    }
    return false;
}

/* ------------------------------------------------------------------------
 * Series and DataFrames
 * ------------------------------------------------------------------------ */

static bool read_series(const brn_val *val, const brn_buffers *buffers, brn_series *out)
{
    const brn_val *state;
    const brn_val *axes;
    const brn_val *blocks;
    const brn_val *values;
    const brn_val *unused;
    const brn_val *manager = manager_of(val, "pandas.core.series", "Series", &state);
    if (!read_manager_state(manager, "SingleBlockManager", &axes, &blocks) || brn_size(axes) != 1 ||
        brn_size(blocks) != 1 || !read_block(brn_at(blocks, 0), &values, &unused) ||
        !read_values(values, buffers, &out->column) || out->column.values.dimensions != 1)
        return false;
    out->index = brn_at(axes, 0);
    out->name = brn_dict_get(state, "_name");
    if (!out->name)
        out->name = brn_dict_get(state, "name");
    brn_index_view index;
    return out->name &&
           (!brn_as_index(out->index, buffers, &index) || index.size == out->column.values.count);
}

bool brn_as_series(const brn_val *val, const brn_buffers *buffers, brn_series *out)
{
    memset(out, 0, sizeof *out);
    if (read_series(val, buffers, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* How many columns the blocks have, all of one length. */
static bool measure_blocks(brn_frame *f)
{
    for (size_t i = 0; i < brn_size(f->blocks); i++) {
        const brn_val *values;
        const brn_val *where;
        places p;
        if (!read_block(brn_at(f->blocks, i), &values, &where) ||
            !read_places(where, &f->buffers, &p))
            return false;
        f->columns += p.count;
        brn_column c;
        memset(&c, 0, sizeof c);
        size_t columns;
        size_t rows;
        if (!read_values(values, &f->buffers, &c)) {
            /* A block of another kind, which has one column: more would be a mere claim. */
            if (p.count != 1)
                return false;
            continue;
        }
        if (!block_shape(&c.values, &columns, &rows) || columns != p.count ||
            (f->rows != SIZE_MAX && f->rows != rows))
            return false;
        f->rows = rows;
    }
    return true;
}

static bool read_frame(const brn_val *val, const brn_buffers *buffers, brn_frame *out)
{
    const brn_val *state;
    const brn_val *axes;
    const brn_val *manager = manager_of(val, "pandas.core.frame", "DataFrame", &state);
    if ((!read_manager_call(manager, &axes, &out->blocks) &&
         !read_manager_state(manager, "BlockManager", &axes, &out->blocks)) ||
        brn_size(axes) != 2)
        return false;
    if (buffers)
        out->buffers = *buffers;
    out->labels = brn_at(axes, 0);
    out->index = brn_at(axes, 1);
    out->rows = SIZE_MAX;
    brn_index_view index;
    if (!measure_blocks(out) ||
        (brn_as_index(out->labels, buffers, &index) && index.size != out->columns))
        return false;
    bool has_index = brn_as_index(out->index, buffers, &index);
    /* Without blocks that are known, the index has to say how many rows there are. */
    if (out->rows == SIZE_MAX)
        out->rows = has_index ? index.size : SIZE_MAX;
    return out->rows != SIZE_MAX && (!has_index || index.size == out->rows);
}

bool brn_as_frame(const brn_val *val, const brn_buffers *buffers, brn_frame *out)
{
    memset(out, 0, sizeof *out);
    if (read_frame(val, buffers, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* Has this block the column? */
static bool is_in_block(const brn_frame *frame, size_t block, size_t column, const brn_val **values,
                        size_t *number)
{
    const brn_val *where;
    places p;
    return read_block(brn_at(frame->blocks, block), values, &where) &&
           read_places(where, &frame->buffers, &p) && find_place(&p, column, number);
}

/* Neighbours are mostly in the block where the last one was, or in the next. */
static bool read_column(brn_frame *frame, size_t index, brn_column *out)
{
    size_t count = brn_size(frame->blocks);
    for (size_t i = 0; i < count; i++) {
        const brn_val *values;
        size_t number;
        if (is_in_block(frame, frame->block, index, &values, &number)) {
            if (!read_values(values, &frame->buffers, out))
                return false;
            take_column(out, number);
            return true;
        }
        frame->block = (frame->block + 1) % count;
    }
    return false;
}

bool brn_frame_column(brn_frame *frame, size_t index, brn_column *out)
{
    memset(out, 0, sizeof *out);
    if (frame && index < frame->columns && read_column(frame, index, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}
