/*
 * stock.c - says what the calls Python's own library pickles would make.
 *
 * Every reader here checks the whole shape of a call before it says anything: a pickle
 * can call datetime.date with whatever it likes, and then it is shown as that call.
 */
#include "stock.h"
#include "array.h"

#include <stdio.h>
#include <string.h>

typedef struct stock_row {
    const char *module;
    const char *name;
    stock stock;
} stock_row;

static const stock_row rows[] = {
    {"copyreg", "_reconstructor", STOCK_RECONSTRUCTOR},
    {"copy_reg", "_reconstructor", STOCK_RECONSTRUCTOR},
    {"copyreg", "__newobj__", STOCK_NEWOBJ},
    {"copy_reg", "__newobj__", STOCK_NEWOBJ},
    {"_codecs", "encode", STOCK_ENCODE},
    {"builtins", "set", STOCK_SET},
    {"__builtin__", "set", STOCK_SET},
    {"builtins", "frozenset", STOCK_FROZENSET},
    {"__builtin__", "frozenset", STOCK_FROZENSET},
    {"builtins", "bytearray", STOCK_BYTEARRAY},
    {"__builtin__", "bytearray", STOCK_BYTEARRAY},
    {"builtins", "complex", STOCK_COMPLEX},
    {"__builtin__", "complex", STOCK_COMPLEX},
    {"builtins", "getattr", STOCK_GETATTR},
    {"__builtin__", "getattr", STOCK_GETATTR},
    {"collections", "Counter", STOCK_COUNTER},
    {"collections", "deque", STOCK_DEQUE},
    {"datetime", "datetime", STOCK_DATETIME},
    {"datetime", "date", STOCK_DATE},
    {"datetime", "time", STOCK_TIME},
    {"datetime", "timedelta", STOCK_TIMEDELTA},
    {"datetime", "timezone", STOCK_TIMEZONE},
    {"decimal", "Decimal", STOCK_DECIMAL},
    {"fractions", "Fraction", STOCK_FRACTION},
    {"uuid", "UUID", STOCK_UUID},
    {"numpy.core.multiarray", "_reconstruct", STOCK_ARRAY},
    {"numpy._core.multiarray", "_reconstruct", STOCK_ARRAY},
    {"numpy.core.numeric", "_frombuffer", STOCK_FROMBUFFER},
    {"numpy._core.numeric", "_frombuffer", STOCK_FROMBUFFER},
    {"numpy.core.multiarray", "scalar", STOCK_SCALAR},
    {"numpy._core.multiarray", "scalar", STOCK_SCALAR},
    {"numpy", "dtype", STOCK_DTYPE},
};

stock stock_of_global(const brn_val *global)
{
    size_t module_size, name_size;
    const char *module = stock_text(brn_global_module(global), &module_size);
    const char *name = stock_text(brn_global_name(global), &name_size);
    if (!module || !name)
        return STOCK_NONE;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strlen(rows[i].name) == name_size && memcmp(rows[i].name, name, name_size) == 0 &&
            strlen(rows[i].module) == module_size &&
            memcmp(rows[i].module, module, module_size) == 0)
            return rows[i].stock;
    }
    return STOCK_NONE;
}

stock stock_of(const brn_val *val)
{
    brn_type type = brn_typeof(val);
    return type == BRN_CALL || type == BRN_OBJECT ? stock_of_global(brn_callee(val)) : STOCK_NONE;
}

const char *stock_text(const brn_val *val, size_t *size)
{
    if (brn_typeof(val) == BRN_STR)
        return brn_str(val, size);
    if (brn_typeof(val) == BRN_PY2STR)
        return (const char *)brn_bytes(val, size);
    *size = 0;
    return NULL;
}

bool stock_text_is(const brn_val *val, const char *str)
{
    return brn_str_is(val, str);
}

size_t stock_arg_count(const brn_val *val)
{
    const brn_val *args = brn_args(val);
    return brn_typeof(args) == BRN_TUPLE ? brn_size(args) : 0;
}

const brn_val *stock_arg(const brn_val *val, size_t index)
{
    const brn_val *args = brn_args(val);
    return brn_typeof(args) == BRN_TUPLE ? brn_at(args, index) : NULL;
}

/* ------------------------------------------------------------------------
 * Bytes
 * ------------------------------------------------------------------------ */

static bool is_latin1(const brn_val *val)
{
    return stock_text_is(val, "latin1") || stock_text_is(val, "latin-1");
}

/* Characters that are bytes.  Counting them all is cheap beside reading the pickle. */
static bool put_latin1(const brn_val *val, size_t most, text *bytes, size_t *total)
{
    size_t size;
    const char *data = brn_str(val, &size);
    if (!data || brn_typeof(val) != BRN_STR)
        return false;
    *total = 0;
    for (size_t at = 0; at < size; ++*total) {
        unsigned char c = (unsigned char)data[at];
        if (c >= 0x80) {
            if (c > 0xc3 || at + 1 >= size)
                return false;
            c = (unsigned char)(c << 6 | (data[at + 1] & 0x3f));
            at++;
        }
        at++;
        if (*total < most)
            text_put(bytes, &c, 1);
    }
    return true;
}

bool stock_latin1(const brn_val *val, size_t most, text *bytes, size_t *total)
{
    return stock_arg_count(val) == 2 && is_latin1(stock_arg(val, 1)) &&
           put_latin1(stock_arg(val, 0), most, bytes, total);
}

bool stock_bytes(const brn_val *val, size_t most, text *bytes, size_t *total)
{
    brn_type type = brn_typeof(val);
    if (type == BRN_BYTES || type == BRN_BYTEARRAY || type == BRN_PY2STR) {
        const uint8_t *data = brn_bytes(val, total);
        text_put(bytes, data, *total < most ? *total : most);
        return true;
    }
    return type == BRN_CALL && stock_of(val) == STOCK_ENCODE && brn_op_count(val) == 0 &&
           stock_latin1(val, most, bytes, total);
}

/* Exactly `size` bytes, into `out`. */
static bool fixed_bytes(const brn_val *val, size_t size, uint8_t *out)
{
    text bytes = {0};
    size_t total;
    bool ok = stock_bytes(val, size, &bytes, &total) && total == size;
    if (ok)
        memcpy(out, bytes.data, size);
    text_free(&bytes);
    return ok;
}

/* ------------------------------------------------------------------------
 * Names and classes
 * ------------------------------------------------------------------------ */

bool stock_full_name(const brn_val *global, text *t)
{
    size_t module_size, name_size;
    const char *module = stock_text(brn_global_module(global), &module_size);
    const char *name = stock_text(brn_global_name(global), &name_size);
    if (!module || !name)
        return false;
    text_put(t, module, module_size);
    text_str(t, ".");
    text_put(t, name, name_size);
    return true;
}

bool stock_name(const brn_val *val, text *t)
{
    if (brn_typeof(val) == BRN_CALL && stock_of(val) == STOCK_GETATTR &&
        stock_arg_count(val) == 2 && brn_op_count(val) == 0 &&
        brn_typeof(stock_arg(val, 0)) == BRN_GLOBAL) {
        size_t size;
        const char *name = stock_text(stock_arg(val, 1), &size);
        if (!name || !stock_name(stock_arg(val, 0), t))
            return false;
        text_str(t, ".");
        text_put(t, name, size);
        return true;
    }
    if (brn_typeof(val) != BRN_GLOBAL)
        return false;
    if (!stock_text_is(brn_global_module(val), "builtins") &&
        !stock_text_is(brn_global_module(val), "__builtin__"))
        return stock_full_name(val, t);
    size_t size;
    const char *name = stock_text(brn_global_name(val), &size);
    text_put(t, name, size);
    return name;
}

bool stock_is_plain_object(const brn_val *val)
{
    return stock_of(val) == STOCK_RECONSTRUCTOR && stock_arg_count(val) == 3 &&
           brn_is_none(stock_arg(val, 2));
}

const brn_val *stock_class(const brn_val *val)
{
    brn_type type = brn_typeof(val);
    if (type != BRN_CALL && type != BRN_OBJECT)
        return NULL;
    switch (stock_of(val)) {
    case STOCK_RECONSTRUCTOR:
        return stock_arg_count(val) == 3 ? stock_arg(val, 0) : brn_callee(val);
    case STOCK_NEWOBJ:
    case STOCK_ARRAY: return stock_arg_count(val) ? stock_arg(val, 0) : brn_callee(val);
    default: return brn_callee(val);
    }
}

/* ------------------------------------------------------------------------
 * Dates
 * ------------------------------------------------------------------------ */

static bool is_time(const uint8_t *b)
{
    unsigned long micros = (unsigned long)b[3] << 16 | (unsigned long)b[4] << 8 | b[5];
    return b[0] < 24 && b[1] < 60 && b[2] < 60 && micros < 1000000;
}

static void put_time(text *t, const uint8_t *b)
{
    unsigned long micros = (unsigned long)b[3] << 16 | (unsigned long)b[4] << 8 | b[5];
    text_printf(t, "%u, %u", b[0], b[1]);
    if (b[2] || micros)
        text_printf(t, ", %u", b[2]);
    if (micros)
        text_printf(t, ", %lu", micros);
}

/*
 * A time zone: one that is spelt in stock, or a call of a name with plain arguments, as
 * zoneinfo and pytz write them.
 */
static bool put_zone(text *t, const brn_val *zone)
{
    text_str(t, ", tzinfo=");
    if (stock_spell(zone, t))
        return true;
    if (brn_typeof(zone) != BRN_CALL || brn_op_count(zone) || !stock_name(brn_callee(zone), t))
        return false;
    text_str(t, "(");
    for (size_t i = 0; i < stock_arg_count(zone); i++) {
        char repr[80];
        size_t size = brn_repr(stock_arg(zone, i), repr, sizeof repr);
        if (!size || size >= sizeof repr)
            return false;
        text_printf(t, "%s%s", i ? ", " : "", repr);
    }
    text_str(t, ")");
    return true;
}

static bool is_month_and_day(const uint8_t b[2])
{
    return b[0] >= 1 && b[0] <= 12 && b[1] >= 1 && b[1] <= 31;
}

/* The fold and the time zone, if there are such, and the end. */
static bool put_time_end(text *t, const brn_val *val, bool fold)
{
    if (fold)
        text_str(t, ", fold=1");
    if (stock_arg_count(val) == 2 && !put_zone(t, stock_arg(val, 1)))
        return false;
    text_str(t, ")");
    return true;
}

static bool spell_datetime(const brn_val *val, text *t)
{
    uint8_t b[10];
    size_t count = stock_arg_count(val);
    if (count < 1 || count > 2 || !fixed_bytes(stock_arg(val, 0), 10, b))
        return false;
    /* The top bit of the month says which of two equal times at a clock change it is. */
    bool fold = b[2] & 0x80;
    b[2] &= 0x7f;
    if (!is_month_and_day(b + 2) || !is_time(b + 4))
        return false;
    text_printf(t, "datetime.datetime(%d, %u, %u, ", b[0] << 8 | b[1], b[2], b[3]);
    put_time(t, b + 4);
    return put_time_end(t, val, fold);
}

static bool spell_date(const brn_val *val, text *t)
{
    uint8_t b[4];
    if (stock_arg_count(val) != 1 || !fixed_bytes(stock_arg(val, 0), 4, b) ||
        !is_month_and_day(b + 2))
        return false;
    text_printf(t, "datetime.date(%d, %u, %u)", b[0] << 8 | b[1], b[2], b[3]);
    return true;
}

static bool spell_time(const brn_val *val, text *t)
{
    uint8_t b[6];
    size_t count = stock_arg_count(val);
    if (count < 1 || count > 2 || !fixed_bytes(stock_arg(val, 0), 6, b))
        return false;
    bool fold = b[0] & 0x80;
    b[0] &= 0x7f;
    if (!is_time(b))
        return false;
    text_str(t, "datetime.time(");
    put_time(t, b);
    return put_time_end(t, val, fold);
}

static bool spell_timedelta(const brn_val *val, text *t)
{
    static const char *const names[] = {"days", "seconds", "microseconds"};
    if (stock_arg_count(val) != 3)
        return false;
    text_str(t, "datetime.timedelta(");
    const char *comma = "";
    for (size_t i = 0; i < 3; i++) {
        const brn_val *part = stock_arg(val, i);
        if (brn_typeof(part) != BRN_INT)
            return false;
        if (brn_int(part)) {
            text_printf(t, "%s%s=%lld", comma, names[i], (long long)brn_int(part));
            comma = ", ";
        }
    }
    text_str(t, *comma ? ")" : "0)");
    return true;
}

static bool spell_timezone(const brn_val *val, text *t)
{
    const brn_val *offset = stock_arg(val, 0);
    size_t count = stock_arg_count(val);
    if (count < 1 || count > 2 || stock_of(offset) != STOCK_TIMEDELTA || brn_op_count(offset))
        return false;
    text zero = {0};
    bool ok = spell_timedelta(offset, &zero);
    if (ok && count == 1 && strcmp(text_cstr(&zero), "datetime.timedelta(0)") == 0) {
        text_str(t, "datetime.timezone.utc");
    } else if (ok) {
        text_printf(t, "datetime.timezone(%s", text_cstr(&zero));
        if (count == 2) {
            char repr[80];
            size_t size = brn_repr(stock_arg(val, 1), repr, sizeof repr);
            ok = size && size < sizeof repr;
            text_printf(t, ", %s", ok ? repr : "");
        }
        text_str(t, ")");
    }
    text_free(&zero);
    return ok;
}

/* ------------------------------------------------------------------------
 * Other plain values
 * ------------------------------------------------------------------------ */

/* uuid.UUID: an object whose one state holds a 128-bit int. */
static bool spell_uuid(const brn_val *val, text *t)
{
    const brn_val *state;
    if (brn_op_count(val) != 1 || brn_op_at(val, 0, &state) != BRN_OP_STATE)
        return false;
    const brn_val *number = brn_attr(val, "int");
    uint8_t bytes[17] = {0};
    if (brn_typeof(number) == BRN_BIGINT) {
        size_t size;
        const uint8_t *data = brn_bigint(number, &size);
        if (brn_bigint_negative(number) || size > sizeof bytes)
            return false;
        memcpy(bytes, data, size);
        if (bytes[16])
            return false;
    } else if (brn_typeof(number) == BRN_INT && brn_int(number) >= 0) {
        for (size_t i = 0; i < 8; i++)
            bytes[i] = (uint8_t)((uint64_t)brn_int(number) >> (8 * i));
    } else {
        return false;
    }
    text_str(t, "uuid.UUID('");
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_str(t, "-");
        text_printf(t, "%02x", bytes[15 - i]);
    }
    text_str(t, "')");
    return true;
}

static bool spell_complex(const brn_val *val, text *t)
{
    char real[40], imaginary[40];
    if (stock_arg_count(val) != 2 || brn_typeof(stock_arg(val, 0)) != BRN_FLOAT ||
        brn_typeof(stock_arg(val, 1)) != BRN_FLOAT)
        return false;
    (void)brn_repr(stock_arg(val, 0), real, sizeof real);
    (void)brn_repr(stock_arg(val, 1), imaginary, sizeof imaginary);
    text_printf(t, "complex(%s, %s)", real, imaginary);
    return true;
}

/* A class called with one piece of text, like Decimal('1.5'). */
static bool spell_of_text(const brn_val *val, text *t)
{
    char repr[80];
    if (stock_arg_count(val) != 1 || brn_typeof(stock_arg(val, 0)) != BRN_STR)
        return false;
    size_t size = brn_repr(stock_arg(val, 0), repr, sizeof repr);
    if (!size || size >= sizeof repr || !stock_name(brn_callee(val), t))
        return false;
    text_printf(t, "(%s)", repr);
    return true;
}

static bool spell_kind(stock kind, const brn_val *val, text *t)
{
    switch (kind) {
    case STOCK_DATETIME: return spell_datetime(val, t);
    case STOCK_DATE: return spell_date(val, t);
    case STOCK_TIME: return spell_time(val, t);
    case STOCK_TIMEDELTA: return spell_timedelta(val, t);
    case STOCK_TIMEZONE: return spell_timezone(val, t);
    case STOCK_DECIMAL:
    case STOCK_FRACTION: return spell_of_text(val, t);
    case STOCK_COMPLEX: return spell_complex(val, t);
    case STOCK_UUID: return spell_uuid(val, t);
    case STOCK_SCALAR: return array_spell_scalar(val, t);
    case STOCK_DTYPE: return array_spell_dtype(val, t);
    case STOCK_GETATTR: return stock_name(val, t);
    default: return false;
    }
}

bool stock_spell(const brn_val *val, text *t)
{
    stock kind = stock_of(val);
    if (kind == STOCK_NONE)
        return false;
    if (kind == STOCK_RECONSTRUCTOR && stock_is_plain_object(val))
        kind = stock_of_global(stock_arg(val, 0));
    else if (kind == STOCK_UUID && stock_arg_count(val))
        return false;
    /* What is done to a value after it was made is not to be lost in its spelling. */
    if (kind != STOCK_UUID && kind != STOCK_DTYPE && brn_op_count(val))
        return false;
    if (brn_kwargs(val) || brn_changed_later(val))
        return false;
    size_t start = t->size;
    /* Only a UUID is spelt the same however it is made: the others read their arguments. */
    bool ok = (stock_of(val) == kind || kind == STOCK_UUID) && spell_kind(kind, val, t);
    if (!ok)
        text_cut(t, start);
    return ok;
}
