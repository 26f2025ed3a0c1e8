/*
 * arrays.c - what numpy's dtypes and arrays are made from.
 *
 * numpy trusts a dtype's state: a flag that is missing makes it take bytes for pointers.  So each state is
 * held against what it describes when it is given; afterwards sizes can be taken from it.  Nothing here
 * recurses: the dtype of a field had its own state checked before.
 */
#include "arrays.h"

/* Of a dtype's flags: its items hold references.  What numpy itself sets then, for objects and for structures. */
#define HAS_REFERENCES 0x01
#define OBJECT_FLAGS 0x3f
#define STRUCTURE_FLAGS 0x1b
/* What may be set without harm. */
#define ALIGNED 0x80
#define NEEDS_PYAPI 0x10
#define NEEDS_INIT 0x08

/* Items of more bytes than this nobody has. */
#define LARGEST_ITEM ((uint64_t)1 << 31)

static bool multiply(uint64_t a, uint64_t b, uint64_t *product)
{
    if (b != 0 && a > UINT64_MAX / b)
        return false;
    *product = a * b;
    return true;
}

/* ------------------------------------------------------------------------
 * Dtypes
 * ------------------------------------------------------------------------ */

/* "f8", "U10", "O": the letter, and how large an item is. */
static bool read_code(const brn_val *val, brn_checked_dtype *dtype)
{
    static const char letters[] = "biufcSUVMmO";
    size_t size;
    const char *text = brn_is(val, BRN_STR) || brn_is(val, BRN_PY2STR)
                           ? (const char *)brn_bytes(val, &size)
                           : NULL;
    if (!text || size == 0 || size > 11 || !memchr(letters, text[0], sizeof letters - 1))
        return false;
    uint64_t number = 0;
    for (size_t i = 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *dtype = (brn_checked_dtype){.kind = text[0], .size = number};
    switch (text[0]) {
    case 'O':
        dtype->has_objects = true;
        dtype->size = sizeof(void *);
        return true;
    case 'M':
    case 'm': dtype->size = 8; return size == 1 || number == 8;
    case 'U': return multiply(number, 4, &dtype->size) && dtype->size <= LARGEST_ITEM;
    case 'S':
    case 'V': return number <= LARGEST_ITEM;
    default: return number > 0 && number <= 32;
    }
}

static const brn_val *state_of(const brn_val *val)
{
    const brn_val *state = NULL;
    for (size_t i = 0; i < brn_op_count(val); i++) {
        if (brn_op_at(val, i, &state) == BRN_OP_STATE)
            return state;
    }
    return NULL;
}

bool brn_checked_dtype_of(const brn_checker *c, const brn_val *val, brn_checked_dtype *dtype)
{
    if (val && brn_name_is(brn_instance_of(c, val), "numpy._core._internal",
                           "_convert_to_stringdtype_kwargs")) {
        *dtype = (brn_checked_dtype){.kind = 'T', .has_objects = true, .size = 16};
        return true;
    }
    if (!val || !brn_name_is(brn_instance_of(c, val), "numpy", "dtype") ||
        val->flags & BRN_FLAG_LATE)
        return false;
    const brn_val *code = brn_at(brn_args(val), 0);
    bool sized = !brn_named(c, code); /* else dtype(numpy.record): only the state says */
    *dtype = (brn_checked_dtype){.kind = 'V'};
    if (sized && !read_code(code, dtype))
        return false;
    const brn_val *state = state_of(val);
    if (!state)
        return sized;
    dtype->big_endian = brn_str_is(brn_at(state, 1), ">");
    if (brn_int(brn_at(state, 5)) >= 0)
        dtype->size = (uint64_t)brn_int(brn_at(state, 5));
    dtype->has_objects = (brn_int(brn_at(state, 7)) & HAS_REFERENCES) != 0;
    dtype->fields = brn_is(brn_at(state, 4), BRN_DICT) ? brn_at(state, 4) : NULL;
    return true;
}

static bool is_code(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    brn_checked_dtype dtype;
    return read_code(val, &dtype);
}

/* A tuple of lengths, and what they multiply to. */
static bool read_shape(const brn_val *shape, uint64_t *count)
{
    *count = 1;
    bool empty = false;
    if (!brn_is(shape, BRN_TUPLE) || brn_size(shape) > BRN_MOST_AXES)
        return false;
    for (size_t i = 0; i < brn_size(shape); i++) {
        const brn_val *length = brn_at(shape, i);
        if (!brn_is(length, BRN_INT) || brn_int(length) < 0)
            return false;
        /* What is left without an empty axis has to fit as well. */
        if (brn_int(length) == 0)
            empty = true;
        else if (!multiply(*count, (uint64_t)brn_int(length), count) || *count > INT64_MAX)
            return false;
    }
    if (empty)
        *count = 0;
    return true;
}

/* Where a field lies that was found fit. */
static uint64_t extent_of(const brn_checker *c, const brn_val *field, uint64_t *end, bool *objects)
{
    brn_checked_dtype dtype = {.size = 0};
    uint64_t begin = (uint64_t)brn_int(brn_at(field, 1));
    (void)brn_checked_dtype_of(c, brn_at(field, 0), &dtype);
    *objects = dtype.has_objects;
    *end = begin + dtype.size;
    return begin;
}

/* Other fields may share bytes; a pointer that is written over as a number is none any more. */
static bool objects_stand_alone(const brn_checker *c, const brn_val *names, const brn_val *fields)
{
    for (size_t i = 0; i < brn_size(names); i++) {
        uint64_t end;
        bool objects;
        uint64_t begin = extent_of(c, brn_dict_get_val(fields, brn_at(names, i)), &end, &objects);
        if (!objects)
            continue;
        if (!brn_spend(c, brn_size(names)))
            return false;
        for (size_t j = 0; j < brn_size(names); j++) {
            uint64_t other_end;
            uint64_t other =
                extent_of(c, brn_dict_get_val(fields, brn_at(names, j)), &other_end, &objects);
            if (j != i && begin < other_end && other < end)
                return false;
        }
    }
    return true;
}

static bool check_fields(const brn_checker *c, const brn_val *names, const brn_val *fields,
                         uint64_t size, bool *objects)
{
    if (!brn_is(names, BRN_TUPLE) || !brn_is(fields, BRN_DICT) || fields->flags & BRN_FLAG_LATE)
        return false;
    size_t titles = 0;
    for (size_t i = 0; i < brn_size(names); i++) {
        const brn_val *field = brn_dict_get_val(fields, brn_at(names, i));
        const brn_val *offset = brn_at(field, 1);
        brn_checked_dtype dtype;
        if (!brn_is(field, BRN_TUPLE) || brn_size(field) < 2 || brn_size(field) > 3 ||
            !brn_checked_dtype_of(c, brn_at(field, 0), &dtype) || dtype.kind == 'T' ||
            !brn_is(offset, BRN_INT) || brn_int(offset) < 0 || (uint64_t)brn_int(offset) > size ||
            dtype.size > size - (uint64_t)brn_int(offset))
            return false;
        titles += brn_size(field) == 3;
        *objects = *objects || dtype.has_objects;
    }
    return brn_size(fields) <= brn_size(names) + titles &&
           (!*objects || objects_stand_alone(c, names, fields));
}

/* (dtype, shape): an item is an array itself. */
static bool check_subarray(const brn_checker *c, const brn_val *subarray, uint64_t size,
                           bool *objects)
{
    brn_checked_dtype base;
    uint64_t count;
    uint64_t whole = 0;
    const brn_val *shape = brn_at(subarray, 1);
    if (!brn_is(subarray, BRN_TUPLE) || brn_size(subarray) != 2 ||
        !brn_checked_dtype_of(c, brn_at(subarray, 0), &base) || base.kind == 'T')
        return false;
    if (brn_is(shape, BRN_INT) && brn_int(shape) >= 0)
        count = (uint64_t)brn_int(shape);
    else if (!read_shape(shape, &count))
        return false;
    *objects = base.has_objects;
    return multiply(count, base.size, &whole) && whole == size;
}

/* A byte: older versions write it signed. */
static bool flags_fit(const brn_checked_dtype *dtype, int64_t flags, bool structure)
{
    flags &= 0xff;
    if (dtype->kind == 'O')
        return flags == OBJECT_FLAGS;
    if (!dtype->has_objects)
        return (flags & ~(int64_t)(ALIGNED | NEEDS_PYAPI | NEEDS_INIT)) == 0;
    return structure && (flags & ~(int64_t)(ALIGNED | OBJECT_FLAGS)) == 0 &&
           (flags & STRUCTURE_FLAGS) == STRUCTURE_FLAGS;
}

/* Subarray or names and fields of a structure; *objects: whether there are some in it. */
static bool check_structure(const brn_checker *c, const brn_val *state, uint64_t size,
                            bool *objects)
{
    const brn_val *subarray = brn_at(state, 2);
    const brn_val *names = brn_at(state, 3);
    const brn_val *fields = brn_at(state, 4);
    if (brn_is_none(names) && brn_is_none(fields))
        return check_subarray(c, subarray, size, objects);
    return brn_is_none(subarray) && check_fields(c, names, fields, size, objects);
}

/* What cannot be swapped says so, or numpy would swap pointers. */
static bool order_fits(const brn_checked_dtype *dtype, const brn_val *order)
{
    bool none = memchr("OSVb", dtype->kind, 4) || (dtype->size <= 1 && dtype->kind != 'U');
    return !none || brn_str_is(order, "|");
}

/* Dates and times have a unit, without which numpy reads through NULL; nothing else has one. */
static bool unit_fits(const brn_checker *c, const brn_checked_dtype *dtype, const brn_val *subject,
                      const brn_val *val)
{
    if (dtype->kind != 'M' && dtype->kind != 'm')
        return !val || brn_is_none(val) || brn_is(val, BRN_DICT);
    return brn_schema_matches(c, "(none|dict, (bytes[..10], int[1..2147483647], 1, int[0..1]))",
                              subject, val);
}

/* (version, byte order, subarray, names, fields, size, alignment, flags[, metadata]) */
static bool is_dtype_state(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(int[3..4], '<'|'>'|'|'|'=', none|tuple, none|tuple, none|dict, int[-1..2147483648],"
        " int[-1..64], int[-128..255], none|dict|tuple?)";
    brn_checked_dtype dtype = {.kind = 'V'};
    const brn_val *code = brn_at(brn_args(subject), 0);
    bool sized = !brn_named(c, code);
    if (!brn_schema_matches(c, schema, subject, val) || (sized && !read_code(code, &dtype)))
        return false;
    /* What has a size of its own gets it from its state, whatever stands there; nothing else has one. */
    int64_t size = brn_int(brn_at(val, 5));
    bool flexible = memchr("SUV", dtype.kind, 3) != NULL;
    if (flexible ? size < 0 || brn_int(brn_at(val, 6)) < 1 : size != -1)
        return false;
    if (sized && flexible && (uint64_t)size != dtype.size)
        return false;
    if (!sized)
        dtype.size = (uint64_t)size;
    bool structure = !brn_is_none(brn_at(val, 2)) || !brn_is_none(brn_at(val, 3)) ||
                     !brn_is_none(brn_at(val, 4));
    if (structure &&
        (dtype.kind != 'V' || size < 0 || !check_structure(c, val, dtype.size, &dtype.has_objects)))
        return false;
    return order_fits(&dtype, brn_at(val, 1)) && unit_fits(c, &dtype, subject, brn_at(val, 8)) &&
           flags_fit(&dtype, brn_int(brn_at(val, 7)), structure);
}

/* ------------------------------------------------------------------------
 * Arrays
 * ------------------------------------------------------------------------ */

/* What a StringDType takes as it is: of all else it would make text, by the object's own __str__(). */
static bool are_texts(const brn_checker *c, const brn_val *list)
{
    if (!brn_spend(c, brn_size(list)))
        return false;
    for (size_t i = 0; i < brn_size(list); i++) {
        const brn_val *item = brn_at(list, i);
        if (!brn_is(item, BRN_STR) && !brn_is(item, BRN_FLOAT) && !brn_is_none(item))
            return false;
    }
    return true;
}

/* Do `data` hold `count` items of a dtype? */
static bool data_fits(const brn_checker *c, const brn_checked_dtype *dtype, uint64_t count,
                      const brn_val *data)
{
    uint64_t whole = 0;
    const uint8_t *bytes;
    size_t size;
    if (dtype->has_objects)
        return brn_is(data, BRN_LIST) && !(data->flags & BRN_FLAG_LATE) &&
               brn_size(data) == count && (dtype->kind != 'T' || are_texts(c, data));
    return multiply(count, dtype->size, &whole) && whole <= INT64_MAX &&
           brn_bytes_like(c, data, &bytes, &size) && size == whole;
}

/* A state that matches a schema, and begins (version, shape, dtype, order, data). */
static bool state_fits(const brn_checker *c, const char *schema, const brn_val *subject,
                       const brn_val *val)
{
    brn_checked_dtype dtype;
    uint64_t count;
    return brn_schema_matches(c, schema, subject, val) &&
           brn_checked_dtype_of(c, brn_at(val, 2), &dtype) && read_shape(brn_at(val, 1), &count) &&
           data_fits(c, &dtype, count, brn_at(val, 4));
}

static bool is_array_state(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(1, tuple, <numpy:dtype>|<numpy._core._internal:_convert_to_stringdtype_kwargs>,"
        " int[0..1], any)";
    return state_fits(c, schema, subject, val);
}

/* With the bytes of a mask, which numpy holds against the shape, and a fill value. */
static bool is_masked_state(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    return state_fits(c, "(1, tuple, <numpy:dtype>, int[0..1], any, bytes, any)", subject, val);
}

/* scalar(dtype, bytes) */
static bool is_scalar(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    brn_checked_dtype dtype;
    return brn_schema_matches(c, "(<numpy:dtype>, bytes)", subject, val) &&
           brn_checked_dtype_of(c, brn_at(val, 0), &dtype) && !dtype.has_objects &&
           data_fits(c, &dtype, 1, brn_at(val, 1));
}

/* _frombuffer(buffer, dtype, shape, order): numpy holds an out-of-band buffer against the shape. */
static bool is_from_buffer(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    brn_checked_dtype dtype;
    uint64_t count;
    uint64_t whole = 0;
    if (!brn_schema_matches(c, "(bytes|bytearray|buffer, <numpy:dtype>, tuple, 'C'|'F'|'A')",
                            subject, val) ||
        !brn_checked_dtype_of(c, brn_at(val, 1), &dtype) || dtype.has_objects ||
        !read_shape(brn_at(val, 2), &count) || !multiply(count, dtype.size, &whole))
        return false;
    const brn_val *data = brn_at(val, 0);
    const uint8_t *bytes;
    size_t size;
    if (brn_is(data, BRN_BYTEARRAY))
        return brn_size(data) == whole;
    return !brn_bytes_like(c, data, &bytes, &size) || size == whole;
}

/* ------------------------------------------------------------------------
 * Looking into arrays
 * ------------------------------------------------------------------------ */

/* Text below U+0100 as the bytes it stands for. */
static bool decode(const brn_checker *c, const brn_val *call, brn_checked_array *array)
{
    size_t length;
    const char *utf8 = brn_str(brn_at(brn_args(call), 0), &length);
    if (!utf8 || array->size == 0)
        return true;
    if (brn_spend(c, array->size))
        array->decoded = brn_memory_alloc(c->memory, array->size);
    if (!array->decoded)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < length && used < array->size; i++) {
        unsigned byte = (unsigned char)utf8[i];
        if (byte >= 0xc2 && i + 1 < length)
            byte = byte << 6 | ((unsigned char)utf8[++i] & 0x3f);
        array->decoded[used++] = (uint8_t)byte;
    }
    array->data = array->decoded;
    return true;
}

/*
 * Where an array has its shape, dtype and data: in its state, or in the arguments of _frombuffer().  joblib's wrapper is taken for
 * the array that joblib will put in its place.  Other loaders leave the wrapper there, and no compiled code takes it for an array.
 */
static bool find_parts(const brn_checker *c, const brn_val *val, const brn_val *parts[3])
{
    static const char *const modules[] = {"numpy._core.numeric", "numpy.core.numeric"};
    const brn_name *name = brn_instance_of(c, val);
    if (brn_name_is(name, "numpy", "ndarray")) {
        const brn_val *state = state_of(val);
        for (size_t i = 0; i < 3; i++)
            parts[i] = brn_at(state, i == 0 ? 1 : 2 * i);
        return true;
    }
    if (brn_name_is(name, "joblib.numpy_pickle", "NumpyArrayWrapper")) {
        parts[0] = brn_dict_get(state_of(val), "shape");
        parts[1] = brn_dict_get(state_of(val), "dtype");
        parts[2] = NULL;
        return parts[0] && parts[1];
    }
    const brn_val *args = brn_args(val);
    for (size_t i = 0; i < 3; i++)
        parts[i] = brn_at(args, 2 - i);
    return brn_name_is(name, modules[0], "_frombuffer") ||
           brn_name_is(name, modules[1], "_frombuffer");
}

bool brn_checked_array_of(const brn_checker *c, const brn_val *val, brn_checked_array *array)
{
    *array = (brn_checked_array){.count = 0};
    const brn_val *parts[3];
    if (!val || val->flags & BRN_FLAG_LATE || !find_parts(c, val, parts) ||
        !brn_checked_dtype_of(c, parts[1], &array->dtype) || !read_shape(parts[0], &array->count))
        return false;
    array->shape = parts[0];
    const brn_val *data = parts[2];
    array->unseen = !data;
    if (brn_is(data, BRN_BYTEARRAY) && !(data->flags & BRN_FLAG_LATE))
        array->data = brn_bytes(data, &array->size);
    else if (brn_bytes_like(c, data, &array->data, &array->size) && !array->data &&
             !decode(c, data, array))
        return false;
    /* That was checked before, but a caller may have allowed what was found wrong. */
    uint64_t whole = 0;
    return !array->data || (multiply(array->count, array->dtype.size, &whole) &&
                            whole <= array->size && brn_spend(c, array->count));
}

void brn_checked_array_release(const brn_checker *c, brn_checked_array *array)
{
    if (array->decoded)
        brn_memory_free(c->memory, array->decoded, array->size);
}

uint64_t brn_checked_array_axis(const brn_checked_array *array, size_t axis)
{
    return (uint64_t)brn_int(brn_at(array->shape, axis));
}

int64_t brn_checked_array_int(const brn_checked_array *array, const brn_checked_dtype *dtype,
                              uint64_t offset, uint64_t index)
{
    const uint8_t *bytes = array->data + index * array->dtype.size + offset;
    uint8_t little[8];
    size_t size = dtype->size <= 8 ? (size_t)dtype->size : 8;
    for (size_t i = 0; i < size; i++)
        little[i] = bytes[dtype->big_endian ? size - 1 - i : i];
    if (dtype->kind == 'i')
        return brn_int_of_bytes(little, size);
    uint64_t number = brn_load_le(little, size);
    return number <= INT64_MAX ? (int64_t)number : INT64_MAX;
}

bool brn_checked_array_within(const brn_checked_array *array, int64_t low, int64_t high)
{
    char kind = array->dtype.kind;
    if (array->count == 0)
        return true;
    if (array->unseen)
        return kind == 'i' || kind == 'u' || kind == 'b';
    if (!array->data || (kind != 'i' && kind != 'u' && kind != 'b') || array->dtype.size > 8)
        return false;
    for (uint64_t i = 0; i < array->count; i++) {
        int64_t item = brn_checked_array_int(array, &array->dtype, 0, i);
        if (item < low || item > high)
            return false;
    }
    return true;
}

const brn_schema_check brn_array_checks[] = {
    {"dtype_code", is_code},
    {"dtype_state", is_dtype_state},
    {"array_state", is_array_state},
    {"masked_state", is_masked_state},
    {"scalar", is_scalar},
    {"from_buffer", is_from_buffer},
    {NULL, NULL},
};
