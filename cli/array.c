/*
 * array.c - numpy's arrays, scalars and dtypes, as text.
 *
 * What they are is the library's to say; here is how they are spelt.  Elements are decoded only
 * as far as they are shown.
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

/* How deep records of records are spelt out. */
#define RECORD_DEPTH 4

static void dtype_spell(const brn_dtype *d, text *t, size_t room, int depth);

/* NOLINTNEXTLINE(misc-no-recursion): bounded by RECORD_DEPTH */
static void spell_fields(const brn_dtype *d, text *t, size_t room, int depth)
{
    size_t start = t->size;
    text_str(t, "{");
    for (size_t i = 0; i < d->fields; i++) {
        text_str(t, i ? ", " : "");
        if (i && t->size - start > room && d->fields - i > 1) {
            text_printf(t, "... %zu more fields", d->fields - i);
            break;
        }
        brn_field f;
        size_t size;
        const char *name = brn_dtype_field(d, i, &f) ? stock_text(f.name, &size) : NULL;
        text_put(t, name ? name : "?", name ? size : 1);
        text_str(t, ": ");
        if (name)
            dtype_spell(&f.dtype, t, room, depth + 1);
        else
            text_str(t, "?");
    }
    text_str(t, "}");
}

static void spell_shape(const brn_val *shape, text *t)
{
    size_t count = brn_size(shape);
    text_str(t, "(");
    if (brn_typeof(shape) == BRN_INT)
        text_printf(t, "%lld,", (long long)brn_int(shape));
    for (size_t i = 0; i < count; i++)
        text_printf(t, "%s%lld", i ? ", " : "", (long long)brn_int(brn_at(shape, i)));
    text_str(t, count == 1 ? ",)" : ")");
}

/* float64, >i4, {x: float32, y: int8}, float32 (2, 2) */
/* NOLINTNEXTLINE(misc-no-recursion): bounded by RECORD_DEPTH */
static void dtype_spell(const brn_dtype *d, text *t, size_t room, int depth)
{
    brn_dtype base;
    if (d->base && depth < RECORD_DEPTH && brn_as_dtype(d->base, &base)) {
        dtype_spell(&base, t, room, depth + 1);
        text_str(t, " ");
        spell_shape(d->shape, t);
        return;
    }
    if (d->is_record && depth < RECORD_DEPTH) {
        spell_fields(d, t, room, depth);
        return;
    }
    if (d->order == '>' && strchr("fiucU", d->kind)) {
        text_printf(t, ">%c%zu", d->kind, d->kind == 'U' ? d->size / 4 : d->size);
        return;
    }
    switch (d->kind) {
    case 'f': text_printf(t, "float%zu", d->size * 8); break;
    case 'i': text_printf(t, "int%zu", d->size * 8); break;
    case 'u': text_printf(t, "uint%zu", d->size * 8); break;
    case 'c': text_printf(t, "complex%zu", d->size * 8); break;
    case 'b': text_str(t, "bool"); break;
    case 'O': text_str(t, "object"); break;
    case 'M':
    case 'm':
        text_str(t, d->order == '>' ? ">" : "");
        text_str(t, d->kind == 'M' ? "datetime64" : "timedelta64");
        if (d->step > 1)
            text_printf(t, "[%d%s]", (int)d->step, d->unit);
        else if (strcmp(d->unit, "generic") != 0)
            text_printf(t, "[%s]", d->unit);
        break;
    default: text_printf(t, "%c%zu", d->kind, d->kind == 'U' ? d->size / 4 : d->size); break;
    }
}

bool array_spell_dtype(const brn_val *val, text *t)
{
    brn_dtype d;
    if (!brn_as_dtype(val, &d))
        return false;
    text_str(t, "numpy.dtype('");
    dtype_spell(&d, t, SIZE_MAX, 0);
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
static bool put_moment(text *t, const brn_dtype *d, const uint8_t *p)
{
    static const struct {
        const char *unit;
        int64_t per_second;
        int digits;
    } units[] = {{"s", 1, 0}, {"ms", 1000, 3}, {"us", 1000000, 6}, {"ns", 1000000000, 9}};

    uint64_t bits = load(p, 8, d->order == '>');
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
static bool put_ucs4(text *t, const brn_dtype *d, const uint8_t *p)
{
    text utf8 = {0};
    size_t count = d->size / 4;
    while (count && load(p + 4 * (count - 1), 4, false) == 0)
        count--;
    bool ok = count <= 200;
    for (size_t i = 0; ok && i < count; i++) {
        uint64_t c = load(p + 4 * i, 4, d->order == '>');
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

static bool put_fixed_bytes(text *t, const brn_dtype *d, const uint8_t *p)
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
static bool put_element(text *t, const brn_dtype *d, const uint8_t *p)
{
    switch (d->kind) {
    case 'b': text_str(t, *p ? "True" : "False"); return d->size == 1;
    case 'u':
        if (d->size > 8 || !d->size)
            return false;
        text_printf(t, "%llu", (unsigned long long)load(p, d->size, d->order == '>'));
        return true;
    case 'i': {
        if (d->size > 8 || !d->size)
            return false;
        uint64_t bits = load(p, d->size, d->order == '>');
        unsigned unused = 64 - 8 * (unsigned)d->size;
        uint64_t sign = (uint64_t)1 << (63 - unused);
        if (bits & sign)
            text_printf(t, "-%llu", (unsigned long long)((sign << 1) - bits));
        else
            text_printf(t, "%llu", (unsigned long long)bits);
        return true;
    }
    case 'f': return put_float(t, p, d->size, d->order == '>');
    case 'c': {
        size_t half = d->size / 2;
        if (half > 8 || !put_float(t, p, half, d->order == '>'))
            return false;
        size_t sign = t->size;
        text_str(t, "+");
        (void)put_float(t, p + half, half, d->order == '>');
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
    brn_scalar scalar;
    if (!brn_as_scalar(val, &scalar) || scalar.object || scalar.dtype.kind == 'V' ||
        !scalar.dtype.size)
        return false;
    const brn_dtype *d = &scalar.dtype;
    text bytes = {0};
    stock_copy(&scalar.bytes, SIZE_MAX, &bytes);
    bool ok = true;
    text_str(t, "numpy.");
    const char *before = "(";
    const char *after = ")";
    switch (d->kind) {
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
        dtype_spell(d, t, SIZE_MAX, 0);
        ok = t->data[start] != '>';
        break;
    }
    }
    text_str(t, before);
    ok = ok && put_element(t, d, (const uint8_t *)bytes.data);
    if (d->kind == 'm')
        text_printf(t, ", '%s'", d->unit);
    text_str(t, after);
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

bool array_is(const brn_val *val)
{
    brn_array a;
    return brn_array_claims(val, &a) && !a.masked;
}

bool array_read(array *a, const brn_val *val, size_t most)
{
    memset(a, 0, sizeof *a);
    if (!array_is(val))
        return false;
    if (brn_as_array(val, NULL, &a->view)) {
        a->bytes = a->view.bytes.size;
        stock_copy(&a->view.bytes, most, &a->data);
        return true;
    }
    brn_blob blob;
    a->is_damaged = brn_array_claims(val, &a->view);
    a->bytes = brn_as_bytes(a->view.data, NULL, &blob) ? blob.size : 0;
    a->items = brn_typeof(a->view.data) == BRN_LIST ? brn_size(a->view.data) : 0;
    return a->is_damaged;
}

void array_spell(const array *a, text *t, size_t room)
{
    dtype_spell(&a->view.dtype, t, room, 0);
    text_str(t, " (");
    for (size_t i = 0; i < a->view.dimensions; i++)
        text_printf(t, "%s%zu", i ? ", " : "", a->view.shape[i]);
    text_str(t, a->view.dimensions == 1 ? ",)" : ")");
}

/* Where the element with this number, counted with the last index varying fastest, lies. */
static uint64_t place_of(const brn_array *a, uint64_t number)
{
    uint64_t place = 0;
    for (size_t i = a->dimensions; i-- > 0;) {
        place += number % a->shape[i] * a->strides[i];
        number /= a->shape[i];
    }
    return place;
}

/* How many brackets open in front of, or close behind, the element with this number. */
static size_t brackets(const array *a, uint64_t number)
{
    size_t depth = 0;
    uint64_t block = 1;
    for (size_t i = a->view.dimensions; i-- > 0;) {
        block *= a->view.shape[i];
        if (number % block)
            break;
        depth++;
    }
    return depth;
}

void array_preview(const array *a, line *l, size_t room)
{
    if (a->view.objects || a->is_damaged)
        return;
    if (!a->view.count) {
        line_str(l, STYLE_NUMBER, "[]");
        return;
    }
    if (!a->bytes || !a->view.dtype.size)
        return;
    line_place start = line_here(l);
    text element = {0};
    for (uint64_t n = 0; n < a->view.count; n++) {
        uint64_t at = place_of(&a->view, n);
        text_clear(&element);
        text_repeat(&element, n ? ", " : "", 1);
        text_repeat(&element, "[", brackets(a, n));
        bool ok = at + a->view.dtype.size <= a->data.size &&
                  put_element(&element, &a->view.dtype, (const uint8_t *)a->data.data + at);
        text_repeat(&element, "]",
                    n + 1 == a->view.count ? a->view.dimensions : brackets(a, n + 1));

        text more = {0};
        text_str(&more, "... ");
        text_number(&more, a->view.count - n);
        text_str(&more, " more");
        text_repeat(&more, "]", a->view.dimensions - brackets(a, n));
        /* The last element needs no room for what is said when there are more. */
        size_t tail = n + 1 == a->view.count ? 0 : more.size;
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
