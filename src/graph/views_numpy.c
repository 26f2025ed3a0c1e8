/*
 * views_numpy.c - dtypes, scalars and arrays, as numpy writes them.
 *
 * A dtype is a call with a type code and a state that has the rest; an array is a call that
 * makes an empty one, and a state of shape, dtype, order and data, or since protocol 5 a call
 * with a buffer.  All of it is a claim: sizes are multiplied with care and have to be those of
 * the data.  A record is not looked through: with fields that share dtypes of fields that
 * share dtypes, that could take for ever.
 */
#include "views.h"

#define FLAG_HAS_OBJECTS 0x01
#define FLAG_ALIGNED 0x80

/* Sub-arrays of sub-arrays: numpy joins most of them into one. */
#define DEEPEST_SUBARRAY 8

/* numpy renamed the package that functions are named in. */
static const brn_val *numpy_args(const brn_val *val, const char *module, const char *name)
{
    char renamed[40] = "numpy._core.";
    const brn_val *args = brn_args_of(val, module, name);
    if (args)
        return args;
    size_t prefix = strlen("numpy.core.");
    memcpy(renamed + strlen(renamed), module + prefix, strlen(module + prefix) + 1);
    return brn_args_of(val, renamed, name);
}

/* A flag, which Python 2 had as an int. */
static bool read_flag(const brn_val *val, bool *out)
{
    int64_t number;
    *out = brn_bool(val) || brn_int(val) == 1;
    return brn_is(val, BRN_BOOL) || brn_int_within(val, 0, 1, &number);
}

/* ------------------------------------------------------------------------
 * dtypes
 * ------------------------------------------------------------------------ */

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* "i4": a kind, and the size of an element, of U in characters. */
static bool read_code(const brn_val *code, brn_dtype *d)
{
    size_t size;
    const char *text = brn_text_of(code, &size);
    if (!text || size < 2 || size > 12)
        return false;
    d->kind = text[0];
    for (size_t i = 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        d->size = d->size * 10 + (size_t)(text[i] - '0');
        if (d->size > INT32_MAX)
            return false;
    }
    if (d->kind == 'U')
        d->size *= 4;
    return true;
}

/* Kinds whose elements have one of these sizes. */
static bool is_number(const brn_dtype *d)
{
    static const struct {
        char kind;
        uint8_t sizes[6];
    } kinds[] = {
        {'b', {1}}, {'i', {1, 2, 4, 8}},      {'u', {1, 2, 4, 8}},    {'M', {8}},
        {'m', {8}}, {'f', {2, 4, 8, 12, 16}}, {'c', {8, 16, 24, 32}}, {'O', {4, 8}},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(kinds); i++) {
        if (kinds[i].kind == d->kind)
            return d->size > 0 && d->size <= 32 &&
                   memchr(kinds[i].sizes, (int)d->size, sizeof kinds[i].sizes);
    }
    return false;
}

static bool read_order(const brn_val *val, brn_dtype *d)
{
    size_t size;
    const char *order = brn_text_of(val, &size);
    if (!order || size != 1)
        return false;
    d->order = order[0];
    bool has_order = d->kind == 'U' || (is_one_of(d->kind, "iufcMm") && d->size > 1);
    if (has_order)
        return d->order == '<' || d->order == '>';
    bool known = is_one_of(d->order, "<>|=");
    d->order = '|';
    return known;
}

/* (metadata, (unit, step, divisor, event)) of datetime64 and timedelta64 */
static bool read_unit(const brn_val *state, brn_dtype *d)
{
    static const char *const units[] = {"Y",  "M",  "W",  "D",  "h",  "m",  "s",
                                        "ms", "us", "ns", "ps", "fs", "as", "generic"};
    const brn_val *pair = brn_at(state, 8);
    const brn_val *unit = brn_at(pair, 1);
    size_t count = brn_size(unit);
    int64_t step;
    int64_t divisor = 1;
    if (!brn_is(pair, BRN_TUPLE) || brn_size(pair) != 2 || !brn_is(unit, BRN_TUPLE) || count < 2 ||
        count > 4 || !brn_int_within(brn_at(unit, 1), 1, INT32_MAX, &step) ||
        (count > 2 && !brn_int_within(brn_at(unit, 2), 1, 1, &divisor)))
        return false;
    d->step = (int32_t)step;
    d->metadata = brn_at(pair, 0);
    for (size_t i = 0; i < BRN_ARRAY_LEN(units); i++) {
        size_t size = strlen(units[i]);
        uint8_t name[sizeof d->unit];
        if (brn_fixed_bytes(brn_at(unit, 0), size, name) && memcmp(name, units[i], size) == 0) {
            memcpy(d->unit, units[i], size + 1);
            return true;
        }
    }
    return false;
}

/* The state's metadata, if there are any. */
static bool read_metadata(const brn_val *state, brn_dtype *d)
{
    bool is_time = d->kind == 'M' || d->kind == 'm';
    if (is_time && !read_unit(state, d))
        return false;
    if (!is_time)
        d->metadata = brn_at(state, 8);
    if (brn_is_none(d->metadata) || (brn_is(d->metadata, BRN_DICT) && !brn_size(d->metadata)))
        d->metadata = NULL;
    return !d->metadata || brn_is(d->metadata, BRN_DICT);
}

/* Item size, and for kinds without a fixed one, what the code says of it. */
static bool read_size(const brn_val *state, bool has_code, brn_dtype *d)
{
    size_t size;
    if (is_number(d)) {
        int64_t unused;
        return brn_int_within(brn_at(state, 5), -1, -1, &unused);
    }
    if (!brn_size_of(brn_at(state, 5), &size) || size > INT32_MAX || (has_code && size != d->size))
        return false;
    d->size = size;
    return true;
}

/* How many elements a shape has; false if that overflows or it is none. */
static bool count_elements(const brn_val *shape, size_t *count)
{
    *count = 1;
    if (brn_is(shape, BRN_INT))
        return brn_size_of(shape, count);
    if (!brn_is(shape, BRN_TUPLE) || brn_size(shape) > BRN_DIMENSIONS)
        return false;
    for (size_t i = 0; i < brn_size(shape); i++) {
        size_t length;
        if (!brn_size_of(brn_at(shape, i), &length) || !brn_mul_size(*count, length, count))
            return false;
    }
    return true;
}

static bool read_dtype_within(const brn_val *val, int depth, brn_dtype *d);

/* (dtype, shape) of a sub-array, which may itself be one of sub-arrays. */
/* NOLINTNEXTLINE(misc-no-recursion): bounded by `depth` */
static bool read_subarray(const brn_val *pair, int depth, brn_dtype *d)
{
    size_t count;
    size_t size;
    brn_dtype base;
    d->base = brn_at(pair, 0);
    d->shape = brn_at(pair, 1);
    if (!brn_is(pair, BRN_TUPLE) || brn_size(pair) != 2 || d->kind != 'V' || depth == 0 ||
        !read_dtype_within(d->base, depth - 1, &base) || !count_elements(d->shape, &count) ||
        !brn_mul_size(count, base.size, &size))
        return false;
    return size == d->size && (d->has_objects || !base.has_objects);
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by `depth` */
static bool read_structure(const brn_val *state, int depth, brn_dtype *d)
{
    const brn_val *pair = brn_at(state, 2);
    const brn_val *names = brn_at(state, 3);
    const brn_val *fields = brn_at(state, 4);
    if (!brn_is_none(names) || !brn_is_none(fields)) {
        if (d->kind != 'V' || !brn_is(names, BRN_TUPLE) || !brn_is(fields, BRN_DICT) ||
            brn_size(fields) < brn_size(names) || !brn_settled(fields) || !brn_is_none(pair))
            return false;
        d->is_record = true;
        d->fields = brn_size(names);
    }
    return brn_is_none(pair) || read_subarray(pair, depth, d);
}

/* numpy.dtype(code or class, align, copy) */
static bool read_dtype_args(const brn_val *args, brn_dtype *d)
{
    bool flag;
    for (size_t i = 1; i < brn_size(args); i++) {
        if (!read_flag(brn_at(args, i), &flag))
            return false;
    }
    const brn_val *code = brn_at(args, 0);
    if (!brn_names(code, "numpy", "record") && !brn_names(code, "numpy.rec", "record") &&
        !brn_names(code, "numpy", "void"))
        return read_code(code, d);
    d->class_ = code;
    d->kind = 'V';
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by `depth` */
static bool read_dtype_within(const brn_val *val, int depth, brn_dtype *d)
{
    memset(d, 0, sizeof *d);
    d->val = val;
    const brn_val *args = brn_args_of(val, "numpy", "dtype");
    const brn_val *state = brn_only_state(val);
    size_t count = brn_size(state);
    int64_t version;
    int64_t flags;
    if (!args || brn_size(args) > 3 || !brn_is(state, BRN_TUPLE) || (count != 8 && count != 9) ||
        !brn_int_within(brn_at(state, 0), 3, 4, &version) ||
        !brn_int_within(brn_at(state, 7), -128, 255, &flags) || !read_dtype_args(args, d) ||
        !(is_number(d) || is_one_of(d->kind, "SUV")))
        return false;
    d->has_objects = flags & FLAG_HAS_OBJECTS;
    d->aligned = flags & FLAG_ALIGNED;
    if (d->kind == 'O' ? !d->has_objects : d->has_objects && d->kind != 'V')
        return false;
    return read_order(brn_at(state, 1), d) && read_size(state, !d->class_, d) &&
           read_metadata(state, d) && read_structure(state, depth, d);
}

static bool read_dtype(const brn_val *val, brn_dtype *d)
{
    return read_dtype_within(val, DEEPEST_SUBARRAY, d);
}

bool brn_as_dtype(const brn_val *val, brn_dtype *out)
{
    if (read_dtype(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

static bool read_field(const brn_dtype *dtype, size_t index, brn_field *out)
{
    const brn_val *state = brn_only_state(dtype->val);
    out->name = brn_at(brn_at(state, 3), index);
    const brn_val *entry = brn_dict_get_val(brn_at(state, 4), out->name);
    if (!brn_is_text(out->name) || !brn_is(entry, BRN_TUPLE) || brn_size(entry) < 2 ||
        brn_size(entry) > 3 || !read_dtype(brn_at(entry, 0), &out->dtype) ||
        !brn_size_of(brn_at(entry, 1), &out->offset))
        return false;
    out->title = brn_at(entry, 2);
    return out->dtype.size <= dtype->size && out->offset <= dtype->size - out->dtype.size &&
           (dtype->has_objects || !out->dtype.has_objects);
}

bool brn_dtype_field(const brn_dtype *dtype, size_t index, brn_field *out)
{
    memset(out, 0, sizeof *out);
    if (dtype && index < dtype->fields && read_field(dtype, index, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Scalars
 * ------------------------------------------------------------------------ */

static bool read_scalar(const brn_val *val, brn_scalar *out)
{
    const brn_val *args = numpy_args(val, "numpy.core.multiarray", "scalar");
    if (!args || brn_size(args) != 2 || brn_op_count(val) != 0 ||
        !read_dtype(brn_at(args, 0), &out->dtype) || out->dtype.base)
        return false;
    if (out->dtype.has_objects) {
        out->object = brn_at(args, 1);
        return true;
    }
    return brn_bytes_of_size(brn_at(args, 1), NULL, out->dtype.size, &out->bytes) &&
           !out->bytes.elsewhere;
}

bool brn_as_scalar(const brn_val *val, brn_scalar *out)
{
    memset(out, 0, sizeof *out);
    if (read_scalar(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Arrays
 * ------------------------------------------------------------------------ */

/* Dimensions and their product, which may not overflow even where one of them is 0. */
static bool read_shape(const brn_val *shape, brn_array *a)
{
    size_t unit = a->dtype.size ? a->dtype.size : 1;
    size_t product = unit;
    bool is_tuple = brn_is(shape, BRN_TUPLE);
    a->dimensions = is_tuple ? brn_size(shape) : 1;
    a->count = 1;
    if (a->dimensions > BRN_DIMENSIONS)
        return false;
    for (size_t i = 0; i < a->dimensions; i++) {
        size_t length;
        if (!brn_size_of(is_tuple ? brn_at(shape, i) : shape, &length) ||
            !brn_mul_size(product, length ? length : 1, &product) || product > PTRDIFF_MAX)
            return false;
        a->shape[i] = length;
        a->count *= length;
    }
    return true;
}

/* How far apart neighbours are in each dimension, from the one that varies fastest on. */
static void set_strides(brn_array *a)
{
    bool objects = a->dtype.has_objects;
    size_t stride = a->count == 0 ? 0 : objects ? 1 : a->dtype.size;
    bool first_is_fast = a->fortran && !objects;
    for (size_t i = 0; i < a->dimensions; i++) {
        size_t at = first_is_fast ? i : a->dimensions - 1 - i;
        a->strides[at] = stride;
        stride *= a->shape[at];
    }
}

/*
 * (version, shape, dtype, whether it is in Fortran's order, data); without version in old ones.
 * There are `more` behind it.
 */
static bool read_array_state(const brn_val *state, size_t more, brn_array *a)
{
    size_t count = brn_size(state);
    if (!brn_is(state, BRN_TUPLE) || (count != 5 + more && (more || count != 4)))
        return false;
    size_t at = count == 4 ? 0 : 1;
    int64_t version;
    a->data = brn_at(state, at + 3);
    return (at == 0 || brn_int_within(brn_at(state, 0), 0, 1, &version)) &&
           read_dtype(brn_at(state, at + 1), &a->dtype) && !a->dtype.base &&
           read_shape(brn_at(state, at), a) && read_flag(brn_at(state, at + 2), &a->fortran);
}

static bool read_reconstructed_array(const brn_val *val, brn_array *a)
{
    const brn_val *args = numpy_args(val, "numpy.core.multiarray", "_reconstruct");
    const brn_val *class_ = brn_at(args, 0);
    if (!brn_names(class_, "numpy", "ndarray"))
        a->class_ = class_;
    return brn_size(args) == 3 && brn_is(class_, BRN_GLOBAL) &&
           read_array_state(brn_only_state(val), 0, a);
}

/* The state has two more: a byte for each element, and the fill value. */
static bool read_masked_array(const brn_val *val, brn_array *a)
{
    const brn_val *args = brn_args_of(val, "numpy.ma.core", "_mareconstruct");
    const brn_val *state = brn_only_state(val);
    const brn_val *class_ = brn_at(args, 0);
    if (brn_size(args) != 4 || !brn_is(class_, BRN_GLOBAL) ||
        !brn_names(brn_at(args, 1), "numpy", "ndarray") || !read_array_state(state, 2, a) ||
        a->dtype.is_record)
        return false;
    if (!brn_names(class_, "numpy.ma", "MaskedArray") &&
        !brn_names(class_, "numpy.ma.core", "MaskedArray"))
        a->class_ = class_;
    a->masked = true;
    a->fill_value = brn_at(state, 6);
    return true;
}

/* _frombuffer(buffer, dtype, shape, order[, axes]) */
static bool read_buffer_array(const brn_val *val, brn_array *a)
{
    const brn_val *args = numpy_args(val, "numpy.core.numeric", "_frombuffer");
    const brn_val *order = brn_at(args, 3);
    size_t count = brn_size(args);
    a->fortran = brn_str_is(order, "F");
    a->data = brn_at(args, 0);
    bool permuted = count == 5 && brn_str_is(order, "K");
    return count >= 4 && count <= 5 && brn_op_count(val) == 0 &&
           (a->fortran || permuted || brn_str_is(order, "C")) &&
           (count == 4 || permuted || brn_is_none(brn_at(args, 4))) &&
           read_dtype(brn_at(args, 1), &a->dtype) && !a->dtype.base && !a->dtype.has_objects &&
           a->dtype.size > 0 && read_shape(brn_at(args, 2), a);
}

/* Dimensions in another order than in memory: axes[i] says where dimension i is from. */
static bool transpose(const brn_val *axes, brn_array *a)
{
    size_t shape[BRN_DIMENSIONS];
    size_t strides[BRN_DIMENSIONS];
    uint64_t seen = 0;
    if (!brn_is(axes, BRN_TUPLE) || brn_size(axes) != a->dimensions)
        return false;
    for (size_t i = 0; i < a->dimensions; i++) {
        int64_t from;
        if (!brn_int_within(brn_at(axes, i), 0, (int64_t)a->dimensions - 1, &from) ||
            seen >> from & 1)
            return false;
        seen |= (uint64_t)1 << from;
        shape[i] = a->shape[from];
        strides[i] = a->strides[from];
    }
    memcpy(a->shape, shape, a->dimensions * sizeof shape[0]);
    memcpy(a->strides, strides, a->dimensions * sizeof strides[0]);
    return true;
}

/* All but the data and the mask. */
static bool read_array(const brn_val *val, brn_array *a)
{
    static bool (*const readers[])(const brn_val *, brn_array *) = {
        read_reconstructed_array,
        read_masked_array,
        read_buffer_array,
    };
    memset(a, 0, sizeof *a);
    for (size_t i = 0; brn_is(val, BRN_CALL) && i < BRN_ARRAY_LEN(readers); i++) {
        if (readers[i](val, a)) {
            const brn_val *axes = brn_at(brn_args(val), 4);
            set_strides(a);
            return readers[i] != read_buffer_array || !axes || brn_is_none(axes) ||
                   transpose(axes, a);
        }
        memset(a, 0, sizeof *a);
    }
    return false;
}

/* The data: of arrays with objects a list, in the order of C whatever that of the array is. */
static bool read_data(const brn_val *val, const brn_buffers *buffers, brn_array *a)
{
    if (a->masked &&
        (!brn_bytes_of_size(brn_at(brn_only_state(val), 5), NULL, a->count, &a->mask) ||
         a->mask.elsewhere))
        return false;
    if (a->dtype.has_objects) {
        a->objects = a->data;
        return brn_is(a->data, BRN_LIST) && brn_settled(a->data) && brn_size(a->data) == a->count;
    }
    return brn_bytes_of_size(a->data, buffers, a->count * a->dtype.size, &a->bytes);
}

bool brn_as_array(const brn_val *val, const brn_buffers *buffers, brn_array *out)
{
    if (read_array(val, out) && read_data(val, buffers, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_array_claims(const brn_val *val, brn_array *out)
{
    if (read_array(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Integers in arrays
 * ------------------------------------------------------------------------ */

bool brn_load_int(const brn_dtype *dtype, const uint8_t *bytes, int64_t *out)
{
    size_t size = dtype->size;
    uint64_t number = 0;
    if (size == 0 || size > sizeof number)
        return false;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[dtype->order == '>' ? i : size - 1 - i];
    uint64_t sign = (uint64_t)1 << (8 * size - 1);
    if (dtype->kind == 'i')
        number = (number ^ sign) - sign;
    else if (number > INT64_MAX)
        return false;
    memcpy(out, &number, sizeof *out);
    return true;
}

bool brn_array_int(const brn_array *a, size_t index, int64_t *out)
{
    uint8_t bytes[8];
    size_t size = a->dtype.size;
    return a->dimensions == 1 && index < a->count && is_one_of(a->dtype.kind, "iu") &&
           brn_blob_copy(&a->bytes, index * a->strides[0], bytes, size) == size &&
           brn_load_int(&a->dtype, bytes, out);
}
