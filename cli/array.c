/*
 * array.c - numpy's arrays, scalars and dtypes, read from the calls they are pickled as.
 *
 * numpy itself is not needed: a dtype is a call of numpy.dtype with a type string and a
 * state, an array is a call of a function that makes an empty one, and a state of shape, dtype,
 * order and bytes.  Elements are decoded only as far as they are shown.
 */
#include "array.h"
#include "stock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------
 * dtypes
 * ------------------------------------------------------------------------ */

/* The last state a value was given, NULL if there is none. */
static const brn_val *state_of(const brn_val *val)
{
    for (size_t i = brn_op_count(val); i > 0; i--) {
        const brn_val *state;
        if (brn_op_at(val, i - 1, &state) == BRN_OP_STATE)
            return state;
    }
    return NULL;
}

/* The unit of datetime64: the last item of the state is (metadata, (unit, step, ...)). */
static void read_unit(dtype *d, const brn_val *state)
{
    if (brn_size(state) < 9)
        return;
    const brn_val *unit = brn_at(brn_at(state, 8), 1);
    text name = {0};
    size_t total;
    if (stock_bytes(brn_at(unit, 0), sizeof d->unit, &name, &total) && total < sizeof d->unit)
        memcpy(d->unit, text_cstr(&name), total);
    text_free(&name);
    int64_t step = brn_int(brn_at(unit, 1));
    d->step = step > 0 && step < 1000000 ? (uint32_t)step : 1;
}

static bool dtype_read(dtype *d, const brn_val *val)
{
    memset(d, 0, sizeof *d);
    d->val = val;
    size_t size;
    const char *code = stock_text(stock_arg(val, 0), &size);
    if (stock_of(val) != STOCK_DTYPE || !code || !size)
        return false;
    if (!strchr("fiucbSUVMmO", code[0]) || !code[0])
        return false;
    d->kind = code[0];
    for (size_t i = 1; i < size; i++) {
        if (code[i] < '0' || code[i] > '9' || d->size > SIZE_MAX / 100) {
            d->kind = 0;
            return false;
        }
        d->size = d->size * 10 + (size_t)(code[i] - '0');
    }
    if (d->kind == 'U') {
        if (d->size > SIZE_MAX / 4)
            return false;
        d->size *= 4;
    }
    const brn_val *state = state_of(val);
    if (brn_typeof(state) == BRN_TUPLE) {
        d->big_endian = stock_text_is(brn_at(state, 1), ">");
        int64_t element = brn_int(brn_at(state, 5));
        if (element > 0)
            d->size = (size_t)element;
        if (d->kind == 'M' || d->kind == 'm')
            read_unit(d, state);
    }
    return true;
}

/* How deep records of records are spelt out. */
#define RECORD_DEPTH 4

static void dtype_spell(const brn_val *val, text *t, size_t room, int depth);

static void spell_fields(const brn_val *names, const brn_val *fields, text *t, size_t room,
                         int depth)
{
    size_t start = t->size;
    text_str(t, "{");
    for (size_t i = 0; i < brn_size(names); i++) {
        size_t size;
        const brn_val *key = brn_at(names, i);
        const char *name = stock_text(key, &size);
        text_str(t, i ? ", " : "");
        if (i && t->size - start > room && brn_size(names) - i > 1) {
            text_printf(t, "... %zu more fields", brn_size(names) - i);
            break;
        }
        text_put(t, name ? name : "?", name ? size : 1);
        text_str(t, ": ");
        dtype_spell(brn_at(brn_dict_get_val(fields, key), 0), t, room, depth + 1);
    }
    text_str(t, "}");
}

static void spell_shape(const brn_val *shape, text *t)
{
    size_t count = brn_size(shape);
    text_str(t, "(");
    for (size_t i = 0; i < count && i < ARRAY_DIMENSIONS; i++)
        text_printf(t, "%s%lld", i ? ", " : "", (long long)brn_int(brn_at(shape, i)));
    text_str(t, count == 1 ? ",)" : ")");
}

/* float64, >i4, {x: float32, y: int8}, float32 (2, 2) */
static void dtype_spell(const brn_val *val, text *t, size_t room, int depth)
{
    dtype d;
    const brn_val *state = state_of(val);
    if (!dtype_read(&d, val)) {
        /* numpy's newer dtypes are classes of their own. */
        if (!stock_name(stock_class(val), t))
            text_str(t, "dtype of unknown kind");
        return;
    }
    const brn_val *base = brn_at(state, 2);
    const brn_val *names = brn_at(state, 3);
    const brn_val *fields = brn_at(state, 4);
    if (d.kind == 'V' && brn_typeof(base) == BRN_TUPLE && depth < RECORD_DEPTH) {
        dtype_spell(brn_at(base, 0), t, room, depth + 1);
        text_str(t, " ");
        spell_shape(brn_at(base, 1), t);
        return;
    }
    if (d.kind == 'V' && brn_typeof(names) == BRN_TUPLE && brn_typeof(fields) == BRN_DICT &&
        depth < RECORD_DEPTH) {
        spell_fields(names, fields, t, room, depth);
        return;
    }
    if (d.big_endian && strchr("fiucU", d.kind)) {
        text_printf(t, ">%c%zu", d.kind, d.kind == 'U' ? d.size / 4 : d.size);
        return;
    }
    switch (d.kind) {
    case 'f': text_printf(t, "float%zu", d.size * 8); break;
    case 'i': text_printf(t, "int%zu", d.size * 8); break;
    case 'u': text_printf(t, "uint%zu", d.size * 8); break;
    case 'c': text_printf(t, "complex%zu", d.size * 8); break;
    case 'b': text_str(t, "bool"); break;
    case 'O': text_str(t, "object"); break;
    case 'M':
    case 'm':
        text_str(t, d.big_endian ? ">" : "");
        text_str(t, d.kind == 'M' ? "datetime64" : "timedelta64");
        if (d.unit[0] && d.step > 1)
            text_printf(t, "[%u%s]", d.step, d.unit);
        else if (d.unit[0] && strcmp(d.unit, "ge") != 0)
            text_printf(t, "[%s]", d.unit);
        break;
    default: text_printf(t, "%c%zu", d.kind, d.kind == 'U' ? d.size / 4 : d.size); break;
    }
}

bool array_spell_dtype(const brn_val *val, text *t)
{
    dtype d;
    if (brn_op_count(val) > 1 || !dtype_read(&d, val))
        return false;
    text_str(t, "numpy.dtype('");
    dtype_spell(val, t, SIZE_MAX, 0);
    text_str(t, "')");
    return true;
}

/* ------------------------------------------------------------------------
 * Elements
 * ------------------------------------------------------------------------ */

static uint64_t load(const uint8_t *p, size_t size, bool big_endian)
{
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | p[big_endian ? i : size - 1 - i];
    return n;
}

/* The shortest decimal number that reads back the same, as Python prints it. */
static void put_real(text *t, double value, bool is_single)
{
    if (isnan(value) || isinf(value)) {
        text_str(t, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    char digits[40];
    int most = is_single ? 9 : 17;
    /* So many digits are exact for every decimal number; %g leaves the zeros at their end out. */
    for (int precision = is_single ? 6 : 15; precision <= most; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        /* The command never calls setlocale(), so this is the C locale's point. */
        if (is_single ? strtof(digits, NULL) == (float)value : strtod(digits, NULL) == value)
            break;
    }
    text_str(t, digits);
    if (!strpbrk(digits, ".e"))
        text_str(t, ".0");
}

/* IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
static double half_to_double(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double value = (double)(bits & 1023);
    if (exponent == 31) {
        value = value > 0 ? (double)NAN : (double)INFINITY;
    } else {
        /* In units of the smallest number, 2 to the -24. */
        if (exponent)
            value += 1024;
        for (int i = 1; i < exponent; i++)
            value *= 2;
        value /= 16777216;
    }
    return bits >> 15 ? -value : value;
}

static bool put_float(text *t, const uint8_t *p, size_t size, bool big_endian)
{
    uint64_t bits = load(p, size <= 8 ? size : 0, big_endian);
    if (size == 8) {
        double value;
        memcpy(&value, &bits, sizeof value);
        put_real(t, value, false);
    } else if (size == 4) {
        uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        put_real(t, (double)value, true);
    } else if (size == 2) {
        put_real(t, half_to_double(bits), true);
    } else {
        return false;
    }
    return true;
}

/* A count of days since 1970 as a date of the proleptic Gregorian calendar. */
static void put_days(text *t, int64_t days)
{
    /* Years that begin in March put the leap day at their end; 400 of them are an era. */
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    text_printf(t, "%04lld-%02d-%02d", (long long)year, (int)month, (int)day);
}

/* datetime64 in ISO, timedelta64 as a number with its unit. */
static bool put_moment(text *t, const dtype *d, const uint8_t *p)
{
    static const struct {
        const char *unit;
        int64_t per_second;
        int digits;
    } units[] = {{"s", 1, 0}, {"ms", 1000, 3}, {"us", 1000000, 6}, {"ns", 1000000000, 9}};

    uint64_t bits = load(p, 8, d->big_endian);
    int64_t n;
    memcpy(&n, &bits, sizeof n);
    if (n == INT64_MIN) {
        text_str(t, "NaT");
        return true;
    }
    if (d->kind == 'm' || d->step != 1) {
        text_printf(t, "%lld", (long long)n);
        return true;
    }
    if (strcmp(d->unit, "D") == 0 && n > -1000000000 && n < 1000000000) {
        put_days(t, n);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(d->unit, units[i].unit) != 0)
            continue;
        int64_t day = 86400 * units[i].per_second;
        int64_t days = n / day - (n % day < 0);
        if (days < -1000000000 || days > 1000000000)
            break;
        int64_t rest = n - days * day;
        int64_t seconds = rest / units[i].per_second;
        put_days(t, days);
        text_printf(t, "T%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                    (int)(seconds % 60));
        if (units[i].digits)
            text_printf(t, ".%0*lld", units[i].digits, (long long)(rest % units[i].per_second));
        return true;
    }
    text_printf(t, "%lld", (long long)n);
    return true;
}

/* Text of four bytes a character, ended early by zeros. */
static bool put_ucs4(text *t, const dtype *d, const uint8_t *p)
{
    text utf8 = {0};
    size_t count = d->size / 4;
    while (count && load(p + 4 * (count - 1), 4, false) == 0)
        count--;
    bool ok = count <= 200;
    for (size_t i = 0; ok && i < count; i++) {
        uint64_t c = load(p + 4 * i, 4, d->big_endian);
        char bytes[4];
        size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (c > 0x10ffff) {
            ok = false;
            break;
        }
        static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t j = size; j-- > 1; c >>= 6)
            bytes[j] = (char)(0x80 | (c & 0x3f));
        bytes[0] = (char)(first[size] | c);
        text_put(&utf8, bytes, size);
    }
    char repr[2048];
    size_t size = brn_repr_text(text_cstr(&utf8), utf8.size, repr, sizeof repr);
    ok = ok && size < sizeof repr;
    if (ok)
        text_str(t, repr);
    text_free(&utf8);
    return ok;
}

static bool put_fixed_bytes(text *t, const dtype *d, const uint8_t *p)
{
    size_t count = d->size;
    while (count && !p[count - 1])
        count--;
    if (count > 200)
        return false;
    text_str(t, "b'");
    for (size_t i = 0; i < count; i++) {
        if (p[i] == '\'' || p[i] == '\\')
            text_printf(t, "\\%c", p[i]);
        else if (p[i] < 0x20 || p[i] >= 0x7f)
            text_printf(t, "\\x%02x", p[i]);
        else
            text_put(t, &p[i], 1);
    }
    text_str(t, "'");
    return true;
}

/* One element of d->size bytes; false if there is no short spelling of it. */
static bool put_element(text *t, const dtype *d, const uint8_t *p)
{
    switch (d->kind) {
    case 'b': text_str(t, *p ? "True" : "False"); return d->size == 1;
    case 'u':
        if (d->size > 8 || !d->size)
            return false;
        text_printf(t, "%llu", (unsigned long long)load(p, d->size, d->big_endian));
        return true;
    case 'i': {
        if (d->size > 8 || !d->size)
            return false;
        uint64_t bits = load(p, d->size, d->big_endian);
        unsigned unused = 64 - 8 * (unsigned)d->size;
        uint64_t sign = (uint64_t)1 << (63 - unused);
        if (bits & sign)
            text_printf(t, "-%llu", (unsigned long long)((sign << 1) - bits));
        else
            text_printf(t, "%llu", (unsigned long long)bits);
        return true;
    }
    case 'f': return put_float(t, p, d->size, d->big_endian);
    case 'c': {
        size_t half = d->size / 2;
        if (half > 8 || !put_float(t, p, half, d->big_endian))
            return false;
        size_t sign = t->size;
        text_str(t, "+");
        (void)put_float(t, p + half, half, d->big_endian);
        if (t->data[sign + 1] == '-') {
            memmove(t->data + sign, t->data + sign + 1, t->size - sign);
            t->size--;
        }
        text_str(t, "j");
        return true;
    }
    case 'M':
    case 'm': return d->size == 8 && put_moment(t, d, p);
    case 'U': return put_ucs4(t, d, p);
    case 'S': return put_fixed_bytes(t, d, p);
    default: return false;
    }
}

bool array_spell_scalar(const brn_val *val, text *t)
{
    dtype d;
    if (stock_arg_count(val) != 2 || !dtype_read(&d, stock_arg(val, 0)) || d.kind == 'V' ||
        d.kind == 'O' || !d.size)
        return false;
    text bytes = {0};
    size_t total;
    bool ok = stock_bytes(stock_arg(val, 1), d.size, &bytes, &total) && total == d.size;
    if (ok) {
        text_str(t, "numpy.");
        const char *before = "(";
        const char *after = ")";
        switch (d.kind) {
        case 'M':
            text_str(t, "datetime64");
            before = "('";
            after = "')";
            break;
        case 'm': text_str(t, "timedelta64"); break;
        case 'b': text_str(t, "bool_"); break;
        case 'U': text_str(t, "str_"); break;
        case 'S': text_str(t, "bytes_"); break;
        default: {
            /* Scalars have no byte order. */
            size_t start = t->size;
            dtype_spell(stock_arg(val, 0), t, SIZE_MAX, 0);
            if (t->data[start] == '>')
                ok = false;
            break;
        }
        }
        text_str(t, before);
        ok = ok && put_element(t, &d, (const uint8_t *)bytes.data);
        if (d.kind == 'm')
            text_printf(t, ", '%s'", d.unit);
        text_str(t, after);
    }
    text_free(&bytes);
    return ok;
}

/* ------------------------------------------------------------------------
 * Arrays
 * ------------------------------------------------------------------------ */

void array_free(array *a)
{
    text_free(&a->data);
}

static bool read_shape(array *a, const brn_val *shape)
{
    if (brn_typeof(shape) == BRN_INT) {
        if (brn_int(shape) < 0)
            return false;
        a->dimensions = 1;
        a->shape[0] = (size_t)brn_int(shape);
        a->count = a->shape[0];
        return true;
    }
    size_t count = brn_size(shape);
    if (brn_typeof(shape) != BRN_TUPLE || count > ARRAY_DIMENSIONS)
        return false;
    a->dimensions = count;
    a->count = 1;
    for (size_t i = 0; i < count; i++) {
        const brn_val *n = brn_at(shape, i);
        if (brn_typeof(n) != BRN_INT || brn_int(n) < 0)
            return false;
        a->shape[i] = (size_t)brn_int(n);
        if (a->shape[i] && a->count > UINT64_MAX / a->shape[i])
            return false;
        a->count *= a->shape[i];
    }
    return true;
}

static void read_data(array *a, const brn_val *data, size_t most)
{
    if (brn_typeof(data) == BRN_LIST) {
        a->objects = data;
        a->damaged = brn_size(data) != a->count;
        return;
    }
    if (!stock_bytes(data, most, &a->data, &a->bytes)) {
        /* A buffer kept elsewhere. */
        text_clear(&a->data);
        a->bytes = 0;
        return;
    }
    size_t size = a->dtype.size;
    a->damaged =
        a->dtype.kind && (size ? a->bytes / size != a->count || a->bytes % size : a->bytes);
}

static bool read_reconstructed(array *a, const brn_val *val, size_t most)
{
    const brn_val *state;
    if (stock_arg_count(val) != 3 || brn_op_count(val) != 1 ||
        brn_op_at(val, 0, &state) != BRN_OP_STATE || brn_typeof(state) != BRN_TUPLE)
        return false;
    /* The first item, a version, is missing in very old ones. */
    size_t first = brn_size(state) == 5 ? 1 : 0;
    if (brn_size(state) != first + 4 || !read_shape(a, brn_at(state, first)))
        return false;
    const brn_val *type = brn_at(state, first + 1);
    if (!dtype_read(&a->dtype, type) && stock_of(type) == STOCK_NONE)
        return false;
    a->class_ = stock_arg(val, 0);
    const brn_val *fortran = brn_at(state, first + 2);
    a->fortran = brn_bool(fortran) || brn_int(fortran) == 1;
    read_data(a, brn_at(state, first + 3), most);
    return true;
}

static bool read_from_buffer(array *a, const brn_val *val, size_t most)
{
    if (stock_arg_count(val) != 4 || brn_op_count(val) || !read_shape(a, stock_arg(val, 2)))
        return false;
    if (!dtype_read(&a->dtype, stock_arg(val, 1)))
        return false;
    a->fortran = stock_text_is(stock_arg(val, 3), "F");
    read_data(a, stock_arg(val, 0), most);
    return true;
}

bool array_read(array *a, const brn_val *val, size_t most)
{
    memset(a, 0, sizeof *a);
    if (brn_typeof(val) != BRN_CALL)
        return false;
    stock kind = stock_of(val);
    return kind == STOCK_ARRAY        ? read_reconstructed(a, val, most)
           : kind == STOCK_FROMBUFFER ? read_from_buffer(a, val, most)
                                      : false;
}

void array_spell(const array *a, text *t, size_t room)
{
    dtype_spell(a->dtype.val, t, room, 0);
    text_str(t, " (");
    for (size_t i = 0; i < a->dimensions; i++)
        text_printf(t, "%s%zu", i ? ", " : "", a->shape[i]);
    text_str(t, a->dimensions == 1 ? ",)" : ")");
}

/* Where the element with this number, counted with the last index varying fastest, lies. */
static uint64_t place_of(const array *a, uint64_t number)
{
    if (!a->fortran)
        return number;
    uint64_t place = 0;
    uint64_t stride = a->count;
    for (size_t i = a->dimensions; i-- > 0;) {
        stride /= a->shape[i];
        place += number % a->shape[i] * stride;
        number /= a->shape[i];
    }
    return place;
}

/* How many brackets open in front of, or close behind, the element with this number. */
static size_t brackets(const array *a, uint64_t number)
{
    size_t depth = 0;
    uint64_t block = 1;
    for (size_t i = a->dimensions; i-- > 0;) {
        block *= a->shape[i];
        if (number % block)
            break;
        depth++;
    }
    return depth;
}

void array_preview(const array *a, line *l, size_t room)
{
    if (a->objects || a->damaged || !a->dtype.kind)
        return;
    if (!a->count) {
        line_str(l, STYLE_NUMBER, "[]");
        return;
    }
    if (!a->bytes || !a->dtype.size)
        return;
    line_place start = line_here(l);
    text element = {0};
    for (uint64_t n = 0; n < a->count; n++) {
        uint64_t at = place_of(a, n) * a->dtype.size;
        text_clear(&element);
        text_repeat(&element, n ? ", " : "", 1);
        text_repeat(&element, "[", brackets(a, n));
        bool ok = at + a->dtype.size <= a->data.size &&
                  put_element(&element, &a->dtype, (const uint8_t *)a->data.data + at);
        text_repeat(&element, "]", n + 1 == a->count ? a->dimensions : brackets(a, n + 1));

        text more = {0};
        text_str(&more, "... ");
        text_number(&more, a->count - n);
        text_str(&more, " more");
        text_repeat(&more, "]", a->dimensions - brackets(a, n));
        /* The last element needs no room for what is said when there are more. */
        size_t tail = n + 1 == a->count ? 0 : more.size;
        size_t need = text_columns(element.data, element.size) + tail;
        bool fits = ok && (room == SIZE_MAX || (l->columns < room && need <= room - l->columns));
        if (!fits) {
            if (n)
                line_str(l, STYLE_NUMBER, ", ");
            else
                line_back(l, start);
            if (n)
                line_text(l, STYLE_NOTE, &more);
            text_free(&more);
            break;
        }
        text_free(&more);
        line_text(l, STYLE_NUMBER, &element);
    }
    text_free(&element);
}
