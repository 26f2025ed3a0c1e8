/*
 * stock.c - says what the calls Python's own library pickles would make.
 *
 * A pickle can call datetime.date with whatever it likes: what is not exactly as Python writes
 * it, no view of the library's knows, and it is shown as the call it is.
 */
#include "stock.h"
#include "array.h"

#include <stdio.h>
#include <string.h>

const char *stock_text(const brn_val *val, size_t *size)
{
    if (brn_typeof(val) == BRN_STR)
        return brn_str(val, size);
    if (brn_typeof(val) == BRN_PY2STR)
        return (const char *)brn_bytes(val, size);
    *size = 0;
    return NULL;
}

void stock_copy(const brn_blob *blob, size_t most, text *bytes)
{
    char portion[4096];
    for (size_t at = 0; at < most;) {
        size_t room = most - at < sizeof portion ? most - at : sizeof portion;
        size_t count = brn_blob_copy(blob, at, portion, room);
        if (count == 0)
            break;
        text_put(bytes, portion, count);
        at += count;
    }
}

bool stock_bytes(const brn_val *val, size_t most, text *bytes, size_t *total)
{
    brn_blob blob;
    if (!brn_as_bytes(val, NULL, &blob) || blob.elsewhere)
        return false;
    *total = blob.size;
    stock_copy(&blob, most, bytes);
    return true;
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

/* The arguments of a call of getattr() with a global; NULL if it is none. */
static const brn_val *getattr_args(const brn_val *val)
{
    const brn_val *args = brn_args(val);
    bool is_plain = brn_typeof(val) == BRN_CALL && brn_op_count(val) == 0 && brn_size(args) == 2;
    return is_plain && brn_is_class(brn_callee(val), "builtins", "getattr") &&
                   brn_typeof(brn_at(args, 0)) == BRN_GLOBAL
               ? args
               : NULL;
}

bool stock_name(const brn_val *val, text *t)
{
    size_t size;
    const brn_val *args = getattr_args(val);
    if (args) {
        const char *name = stock_text(brn_at(args, 1), &size);
        if (!name || !stock_name(brn_at(args, 0), t))
            return false;
        text_str(t, ".");
        text_put(t, name, size);
        return true;
    }
    if (brn_typeof(val) != BRN_GLOBAL)
        return false;
    if (!brn_str_is(brn_global_module(val), "builtins") &&
        !brn_str_is(brn_global_module(val), "__builtin__"))
        return stock_full_name(val, t);
    const char *name = stock_text(brn_global_name(val), &size);
    text_put(t, name, size);
    return name;
}

const brn_val *stock_class(const brn_val *val)
{
    brn_instance instance;
    brn_array claims;
    if (brn_as_instance(val, &instance))
        return instance.class_;
    return brn_array_claims(val, &claims) && claims.class_ ? claims.class_ : brn_callee(val);
}

/* ------------------------------------------------------------------------
 * Dates
 * ------------------------------------------------------------------------ */

static void put_timedelta(text *t, const brn_timedelta *delta)
{
    const struct {
        const char *name;
        int32_t number;
    } parts[] = {
        {"days", delta->days}, {"seconds", delta->seconds}, {"microseconds", delta->microseconds}};
    text_str(t, "datetime.timedelta(");
    const char *comma = "";
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].number) {
            text_printf(t, "%s%s=%d", comma, parts[i].name, (int)parts[i].number);
            comma = ", ";
        }
    }
    text_str(t, *comma ? ")" : "0)");
}

/* datetime.timezone, which keeps its offset as a timedelta. */
static bool spell_timezone(const brn_val *val, text *t)
{
    brn_zone zone;
    brn_timedelta offset;
    const brn_val *args = brn_args(val);
    if (!brn_is_class(brn_callee(val), "datetime", "timezone") || !brn_as_zone(val, &zone) ||
        !brn_as_timedelta(brn_at(args, 0), &offset))
        return false;
    if (!zone.name && !zone.seconds && !zone.microseconds) {
        text_str(t, "datetime.timezone.utc");
        return true;
    }
    text_str(t, "datetime.timezone(");
    put_timedelta(t, &offset);
    if (zone.name) {
        char repr[80];
        size_t size = brn_repr(brn_at(args, 1), repr, sizeof repr);
        if (!size || size >= sizeof repr)
            return false;
        text_printf(t, ", %s", repr);
    }
    text_str(t, ")");
    return true;
}

/*
 * A time zone: datetime's own, or a call of a name with plain arguments, as zoneinfo and pytz
 * write them.
 */
static bool put_zone(text *t, const brn_val *zone)
{
    const brn_val *args = brn_args(zone);
    text_str(t, ", tzinfo=");
    if (spell_timezone(zone, t))
        return true;
    if (brn_typeof(zone) != BRN_CALL || brn_op_count(zone) || !stock_name(brn_callee(zone), t))
        return false;
    text_str(t, "(");
    for (size_t i = 0; i < brn_size(args); i++) {
        char repr[80];
        size_t size = brn_repr(brn_at(args, i), repr, sizeof repr);
        if (!size || size >= sizeof repr)
            return false;
        text_printf(t, "%s%s", i ? ", " : "", repr);
    }
    text_str(t, ")");
    return true;
}

/* "23, 59, 58, 999999, fold=1, tzinfo=...)": seconds only if there are any, and so on. */
static bool put_time(text *t, const brn_time *time)
{
    text_printf(t, "%d, %d", time->hour, time->minute);
    if (time->second || time->microsecond)
        text_printf(t, ", %d", time->second);
    if (time->microsecond)
        text_printf(t, ", %d", time->microsecond);
    if (time->fold)
        text_str(t, ", fold=1");
    if (time->tzinfo && !put_zone(t, time->tzinfo))
        return false;
    text_str(t, ")");
    return true;
}

static bool spell_times(const brn_val *val, text *t)
{
    brn_datetime both;
    brn_date date;
    brn_time time;
    brn_timedelta delta;
    if (brn_as_datetime(val, &both)) {
        text_printf(t, "datetime.datetime(%d, %d, %d, ", both.date.year, both.date.month,
                    both.date.day);
        return put_time(t, &both.time);
    }
    if (brn_as_date(val, &date)) {
        text_printf(t, "datetime.date(%d, %d, %d)", date.year, date.month, date.day);
        return true;
    }
    if (brn_as_time(val, &time)) {
        text_str(t, "datetime.time(");
        return put_time(t, &time);
    }
    if (brn_as_timedelta(val, &delta)) {
        put_timedelta(t, &delta);
        return true;
    }
    return spell_timezone(val, t);
}

/* ------------------------------------------------------------------------
 * Other plain values
 * ------------------------------------------------------------------------ */

static void put_uuid(text *t, const brn_uuid *uuid)
{
    text_str(t, "uuid.UUID('");
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_str(t, "-");
        text_printf(t, "%02x", uuid->bytes[i]);
    }
    text_str(t, "')");
}

/* A class called with one piece of text, like Decimal('1.5'). */
static bool spell_of_text(const brn_val *val, text *t)
{
    char repr[80];
    size_t size = brn_repr(brn_at(brn_args(val), 0), repr, sizeof repr);
    if (!size || size >= sizeof repr || !stock_name(brn_callee(val), t))
        return false;
    text_printf(t, "(%s)", repr);
    return true;
}

static bool spell_number(const brn_val *val, text *t)
{
    brn_uuid uuid;
    brn_complex z;
    brn_decimal decimal;
    brn_fraction fraction;
    if (brn_as_uuid(val, &uuid)) {
        put_uuid(t, &uuid);
        return true;
    }
    if (brn_as_complex(val, &z)) {
        char real[40], imag[40];
        (void)brn_repr(brn_at(brn_args(val), 0), real, sizeof real);
        (void)brn_repr(brn_at(brn_args(val), 1), imag, sizeof imag);
        text_printf(t, "complex(%s, %s)", real, imag);
        return true;
    }
    bool is_text = brn_as_decimal(val, &decimal) ||
                   (brn_as_fraction(val, &fraction) && fraction.numerator_text);
    return is_text && spell_of_text(val, t);
}

bool stock_spell(const brn_val *val, text *t)
{
    brn_type type = brn_typeof(val);
    if ((type != BRN_CALL && type != BRN_OBJECT) || brn_changed_later(val))
        return false;
    size_t start = t->size;
    static bool (*const spellers[])(const brn_val *, text *) = {
        spell_times, spell_number, array_spell_scalar, array_spell_dtype};
    for (size_t i = 0; i < ARRAY_LEN(spellers); i++) {
        if (spellers[i](val, t))
            return true;
        text_cut(t, start);
    }
    return false;
}
