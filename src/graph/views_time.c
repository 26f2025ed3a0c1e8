/*
 * views_time.c - dates and times as the datetime module writes them, and time zones.
 *
 * A date is four bytes, a time six, a datetime ten, as numbers with the most significant byte
 * first; the highest bit of the month, or of the hour of a time, is the fold.  Python
 * looks at the length and the month only; here every number has to be one of the calendar.
 */
#include "views.h"

#define DAY_SECONDS 86400

/* ------------------------------------------------------------------------
 * Timedeltas
 * ------------------------------------------------------------------------ */

bool brn_as_timedelta(const brn_val *val, brn_timedelta *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_plain_args(val, "datetime", "timedelta", 3, 3);
    int64_t days;
    int64_t seconds;
    int64_t micros;
    if (!brn_int_within(brn_at(args, 0), -999999999, 999999999, &days) ||
        !brn_int_within(brn_at(args, 1), 0, DAY_SECONDS - 1, &seconds) ||
        !brn_int_within(brn_at(args, 2), 0, 999999, &micros))
        return false;
    *out = (brn_timedelta){(int32_t)days, (int32_t)seconds, (int32_t)micros};
    return true;
}

/* ------------------------------------------------------------------------
 * Time zones
 * ------------------------------------------------------------------------ */

/* An offset from UTC: less than a day in either direction. */
static bool read_offset(const brn_val *delta, brn_zone *out)
{
    brn_timedelta d;
    if (!brn_as_timedelta(delta, &d) || d.days < -1 || d.days > 0 ||
        (d.days < 0 && d.seconds == 0 && d.microseconds == 0))
        return false;
    out->has_offset = true;
    out->seconds = d.days * DAY_SECONDS + d.seconds;
    out->microseconds = d.microseconds;
    return true;
}

/* An offset in whole units of so many seconds. */
static bool read_offset_int(const brn_val *val, int32_t unit, brn_zone *out)
{
    int64_t most = (DAY_SECONDS - 1) / unit;
    int64_t number;
    if (!brn_int_within(val, -most, most, &number))
        return false;
    out->has_offset = true;
    out->seconds = (int32_t)number * unit;
    return true;
}

static bool read_zone_name(const brn_val *name, brn_zone *out)
{
    out->name = brn_text_of(name, &out->name_size);
    return out->name != NULL;
}

static void set_utc(brn_zone *out)
{
    out->has_offset = true;
    out->name = "UTC";
    out->name_size = 3;
}

/* datetime.timezone(offset[, name]) */
static bool read_timezone(const brn_val *val, brn_zone *out)
{
    const brn_val *args = brn_plain_args(val, "datetime", "timezone", 1, 2);
    return args && read_offset(brn_at(args, 0), out) &&
           (brn_size(args) == 1 || read_zone_name(brn_at(args, 1), out));
}

/* zoneinfo.ZoneInfo._unpickle(key, whether it came from the cache) */
static bool read_zoneinfo(const brn_val *val, brn_zone *out)
{
    const brn_val *args = brn_args(val);
    int64_t cached;
    return brn_is(val, BRN_CALL) && brn_op_count(val) == 0 && brn_is(args, BRN_TUPLE) &&
           brn_size(args) == 2 && brn_is_class(brn_callee(val), "zoneinfo", "ZoneInfo._unpickle") &&
           (brn_is(brn_at(args, 1), BRN_BOOL) || brn_int_within(brn_at(args, 1), 0, 1, &cached)) &&
           read_zone_name(brn_at(args, 0), out);
}

/* pytz._UTC(), pytz.FixedOffset(minutes), pytz._p(zone[, offset, dst, abbreviation]) */
static bool read_pytz(const brn_val *val, brn_zone *out)
{
    if (brn_plain_args(val, "pytz", "_UTC", 0, 0)) {
        set_utc(out);
        return true;
    }
    const brn_val *args = brn_plain_args(val, "pytz", "FixedOffset", 1, 1);
    if (args)
        return read_offset_int(brn_at(args, 0), 60, out);
    args = brn_plain_args(val, "pytz", "_p", 1, 4);
    if (!read_zone_name(brn_at(args, 0), out))
        return false;
    size_t abbreviation;
    int64_t dst;
    return brn_size(args) == 1 ||
           (brn_size(args) == 4 && read_offset_int(brn_at(args, 1), 1, out) &&
            brn_int_within(brn_at(args, 2), -DAY_SECONDS, DAY_SECONDS, &dst) &&
            brn_text_of(brn_at(args, 3), &abbreviation));
}

/* One of dateutil's classes, whose package has moved once. */
static bool is_dateutil(const brn_val *class_, const char *name)
{
    return brn_names(class_, "dateutil.tz.tz", name) || brn_names(class_, "dateutil.tz", name);
}

/* dateutil.tz.tzfile(None, filename), with a state that repeats the file's contents */
static bool read_tzfile(const brn_val *val, brn_zone *out)
{
    const brn_val *args = brn_args(val);
    return brn_is(val, BRN_CALL) && is_dateutil(brn_callee(val), "tzfile") &&
           brn_is(args, BRN_TUPLE) && brn_size(args) == 2 && brn_is_none(brn_at(args, 0)) &&
           brn_is(brn_only_state(val), BRN_DICT) && read_zone_name(brn_at(args, 1), out);
}

static bool read_dateutil(const brn_val *val, brn_zone *out)
{
    if (read_tzfile(val, out))
        return true;
    brn_instance i;
    if (!brn_as_instance(val, &i) || brn_size(i.args) > i.args_from || i.kwargs ||
        (i.base && !(brn_names(i.base, "datetime", "tzinfo") &&
                     brn_plain_args(i.value, "datetime", "tzinfo", 0, 0))))
        return false;
    if (is_dateutil(i.class_, "tzutc") && brn_op_count(val) == 0) {
        set_utc(out);
        return true;
    }
    const brn_val *state = brn_only_state(val);
    if (!brn_is(state, BRN_DICT))
        return false;
    if (is_dateutil(i.class_, "tzoffset")) {
        const brn_val *name = brn_dict_get(state, "_name");
        return read_offset(brn_dict_get(state, "_offset"), out) &&
               (brn_is_none(name) || read_zone_name(name, out));
    }
    if (is_dateutil(i.class_, "tzlocal"))
        return brn_dict_get(state, "_std_offset") != NULL;
    return is_dateutil(i.class_, "tzstr") && read_zone_name(brn_dict_get(state, "_s"), out);
}

bool brn_as_zone(const brn_val *val, brn_zone *out)
{
    static bool (*const readers[])(const brn_val *, brn_zone *) = {
        read_timezone,
        read_zoneinfo,
        read_pytz,
        read_dateutil,
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(readers); i++) {
        memset(out, 0, sizeof *out);
        if (readers[i](val, out))
            return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Dates and times
 * ------------------------------------------------------------------------ */

static int days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(const uint8_t b[4], brn_date *out)
{
    *out = (brn_date){b[0] << 8 | b[1], b[2], b[3]};
    return out->year >= 1 && out->year <= 9999 && out->month >= 1 && out->month <= 12 &&
           out->day >= 1 && out->day <= days_in_month(out->year, out->month);
}

static bool read_time(const uint8_t b[6], brn_time *out)
{
    out->hour = b[0];
    out->minute = b[1];
    out->second = b[2];
    out->microsecond = b[3] << 16 | b[4] << 8 | b[5];
    return out->hour < 24 && out->minute < 60 && out->second < 60 && out->microsecond < 1000000;
}

/* The second argument: none, None, or an object. */
static bool read_tzinfo(const brn_val *args, brn_time *out)
{
    const brn_val *zone = brn_at(args, 1);
    if (!zone || brn_is_none(zone))
        return true;
    out->tzinfo = zone;
    (void)brn_as_zone(zone, &out->zone);
    return brn_has_ops((brn_type)zone->type);
}

static bool read_datetime(const brn_val *val, brn_datetime *out)
{
    const brn_val *args = brn_plain_args(val, "datetime", "datetime", 1, 2);
    uint8_t b[10];
    if (!args || !brn_fixed_bytes(brn_at(args, 0), sizeof b, b))
        return false;
    out->time.fold = b[2] >> 7;
    b[2] &= 0x7f;
    return read_date(b, &out->date) && read_time(b + 4, &out->time) &&
           read_tzinfo(args, &out->time);
}

static bool read_plain_time(const brn_val *val, brn_time *out)
{
    const brn_val *args = brn_plain_args(val, "datetime", "time", 1, 2);
    uint8_t b[6];
    if (!args || !brn_fixed_bytes(brn_at(args, 0), sizeof b, b))
        return false;
    out->fold = b[0] >> 7;
    b[0] &= 0x7f;
    return read_time(b, out) && read_tzinfo(args, out);
}

bool brn_as_datetime(const brn_val *val, brn_datetime *out)
{
    memset(out, 0, sizeof *out);
    if (read_datetime(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_as_time(const brn_val *val, brn_time *out)
{
    memset(out, 0, sizeof *out);
    if (read_plain_time(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_as_date(const brn_val *val, brn_date *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_plain_args(val, "datetime", "date", 1, 1);
    uint8_t b[4];
    brn_date date;
    if (!args || !brn_fixed_bytes(brn_at(args, 0), sizeof b, b) || !read_date(b, &date))
        return false;
    *out = date;
    return true;
}
