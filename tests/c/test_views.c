/*
 * test_views.c - typed views of pickles that are not quite what the libraries write: every view is
 * asked about every one, and which of them answer is known.  Also by hand: what this machine's
 * Python does not write any more.  tests/python/test_views.py has what it does.
 */
#include "support.h"

/* ------------------------------------------------------------------------
 * Asking all views
 * ------------------------------------------------------------------------ */

#define SIMPLE_VIEWS(VIEW)                         \
    VIEW(zone, brn_zone, (val, &out))              \
    VIEW(date, brn_date, (val, &out))              \
    VIEW(time, brn_time, (val, &out))              \
    VIEW(datetime, brn_datetime, (val, &out))      \
    VIEW(timedelta, brn_timedelta, (val, &out))    \
    VIEW(complex, brn_complex, (val, &out))        \
    VIEW(decimal, brn_decimal, (val, &out))        \
    VIEW(fraction, brn_fraction, (val, &out))      \
    VIEW(uuid, brn_uuid, (val, &out))              \
    VIEW(range, brn_range, (val, &out))            \
    VIEW(slice, brn_range, (val, &out))            \
    VIEW(ordereddict, brn_mapping, (val, &out))    \
    VIEW(defaultdict, brn_mapping, (val, &out))    \
    VIEW(counter, brn_mapping, (val, &out))        \
    VIEW(deque, brn_deque, (val, &out))            \
    VIEW(set, brn_set, (val, &out))                \
    VIEW(path, brn_path, (val, &out))              \
    VIEW(enum, brn_enum, (val, "m", "C.E", &out))  \
    VIEW(dtype, brn_dtype, (val, &out))            \
    VIEW(scalar, brn_scalar, (val, &out))          \
    VIEW(bytes, brn_blob, (val, NULL, &out))       \
    VIEW(array, brn_array, (val, NULL, &out))      \
    VIEW(sparse, brn_sparse, (val, NULL, &out))    \
    VIEW(index, brn_index_view, (val, NULL, &out)) \
    VIEW(series, brn_series, (val, NULL, &out))    \
    VIEW(frame, brn_frame, (val, NULL, &out))

static void expect_zeros(const void *data, size_t size)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++)
        assert_int_equal(p[i], 0);
}

/* The names of the views that answer; the others have zeroed what they were given. */
static void ask(const brn_val *val, char *names, size_t cap)
{
    names[0] = '\0';
#define ASK(name, type, arguments)                                                    \
    {                                                                                 \
        type out;                                                                     \
        memset(&out, 0xa5, sizeof out);                                               \
        if (brn_as_##name arguments)                                                  \
            (void)snprintf(names + strlen(names), cap - strlen(names), " %s", #name); \
        else                                                                          \
            expect_zeros(&out, sizeof out);                                           \
    }
    SIMPLE_VIEWS(ASK)
#undef ASK
}

/* Of a pickle, with a space in front of each; instances are asked about elsewhere. */
static void expect_views(const void *data, size_t size, const char *expected)
{
    counter books;
    brn_alloc alloc = counting(&books);
    brn_error err;
    brn_doc *doc = brn_read(data, size, NULL, &alloc, &err);
    if (!doc)
        fail_msg("%s at %d: %.*s", err.message, (int)err.offset, (int)size, (const char *)data);
    char names[400];
    size_t calls = books.calls;
    ask(brn_root(doc), names, sizeof names);
    /* Nothing is allocated. */
    assert_int_equal(books.calls, calls);
    if (strcmp(names, expected) != 0)
        fail_msg("\"%s\" answer, not \"%s\": %.*s", names, expected, (int)size, (const char *)data);
    brn_free(doc);
    expect_all_given_back(&books);
}

typedef struct row {
    const char *data;
    size_t size;
    const char *views;
} row;

#define ROWS(rows)                                  \
    for (size_t i_ = 0; i_ < LENGTH_OF(rows); i_++) \
    expect_views((rows)[i_].data, (rows)[i_].size, (rows)[i_].views)

/* ------------------------------------------------------------------------
 * Pieces of pickles
 * ------------------------------------------------------------------------ */

/* A call, of arguments that are spelt out. */
#define CALL(module, name, args) "c" module "\n" name "\n(" args "tR"
#define ENCODED(text) CALL("_codecs", "encode", "V" text "\nVlatin1\n")
#define DELTA(days, seconds, micros) \
    CALL("datetime", "timedelta", "I" days "\nI" seconds "\nI" micros "\n")
/* Bytes of a date, a time and both, in octal so that digits may follow. */
#define DATE_BYTES "\007\344\002\035"
#define TIME_BYTES "\027\073\073\017\102\077"
#define DATETIME(args) CALL("datetime", "datetime", "C\012" DATE_BYTES TIME_BYTES args)

#define DTYPE(code, state) CALL("numpy", "dtype", code "I00\nI01\n") "(" state "tb"
#define PLAIN(order) "I3\nV" order "\nNNNI-1\nI-1\nI0\n"
#define F8 DTYPE("Vf8\n", PLAIN("<"))
#define U1 DTYPE("Vu1\n", PLAIN("|"))
#define OBJECTS DTYPE("VO8\n", "I3\nV|\nNNNI-1\nI-1\nI63\n")
#define EMPTY CALL("numpy.core.multiarray", "_reconstruct", "cnumpy\nndarray\n(I0\ntC\001b")
/* An array of a shape like "I2\n" and data like "C\002ab". */
#define ARRAY(shape, dtype, data) EMPTY "(I1\n(" shape "t" dtype "I00\n" data "tb"
#define FROM(data, dtype, shape, more) \
    CALL("numpy.core.numeric", "_frombuffer", data dtype "(" shape "t" more)

/* ------------------------------------------------------------------------
 * Times
 * ------------------------------------------------------------------------ */

static void test_times(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(DATETIME("") "."), " datetime"},
        {BYTES(DATETIME("N") "."), " datetime"},
        /* Some object, which may be a tzinfo; what cannot be one. */
        {BYTES(DATETIME("cmy\nzone\n") "."), " datetime"},
        {BYTES(DATETIME("Pzone\n") "."), " datetime"},
        {BYTES(DATETIME("I5\n") "."), ""},
        {BYTES(DATETIME("(t") "."), ""},
        {BYTES(DATETIME("NN") "."), ""},
        {BYTES(CALL("datetime", "datetime", "") "."), ""},
        /* A subclass, an instance, something done to the result or to the class. */
        {BYTES(CALL("my", "datetime", "C\012" DATE_BYTES TIME_BYTES) "."), ""},
        {BYTES(CALL("datetime", "DateTime", "C\012" DATE_BYTES TIME_BYTES) "."), ""},
        {BYTES("cdatetime\ndatetime\n(C\012" DATE_BYTES TIME_BYTES "t\201."), ""},
        {BYTES(DATETIME("") "}b."), ""},
        {BYTES("cdatetime\ndatetime\n}b(C\012" DATE_BYTES TIME_BYTES "tR."), ""},
        {BYTES("cdatetime\ndatetime\n)R."), ""},
        {BYTES("cdatetime\ndatetime\n."), ""},
        /* Not of the calendar: year 0 and 10000, month 0 and 13, days, and so on. */
        {BYTES(CALL("datetime", "date", "C\004\000\000\002\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\047\020\002\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\344\000\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\344\015\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\344\002\036") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\345\002\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\154\002\035") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004\007\344\004\000") "."), ""},
        {BYTES(CALL("datetime", "date", "C\004" DATE_BYTES) "."), " date"},
        {BYTES(CALL("datetime", "date", "C\004" DATE_BYTES "N") "."), ""},
        {BYTES(CALL("datetime", "date", "C\003\007\344\002") "."), ""},
        {BYTES(CALL("datetime", "date", "U\004" DATE_BYTES) "."), " date"},
        {BYTES(CALL("datetime", "date", ENCODED("\007\344\002\035")) "."), " date"},
        {BYTES(CALL("datetime", "date", CALL("__builtin__", "bytearray", "C\004" DATE_BYTES)) "."),
         ""},
        {BYTES(CALL("datetime", "date", "\227") "."), ""},
        {BYTES(CALL("datetime", "date", "I4\n") "."), ""},
        {BYTES(CALL("datetime", "time", "C\006" TIME_BYTES) "."), " time"},
        {BYTES(CALL("datetime", "time", "C\006\230\000\000\000\000\000") "."), ""},
        {BYTES(CALL("datetime", "time", "C\006\000\074\000\000\000\000") "."), ""},
        {BYTES(CALL("datetime", "time", "C\006\000\000\074\000\000\000") "."), ""},
        {BYTES(CALL("datetime", "time", "C\006\000\000\000\017\102\100") "."), ""},
        {BYTES(DELTA("-1", "2", "3") "."), " timedelta"},
        {BYTES(DELTA("1000000000", "2", "3") "."), ""},
        {BYTES(DELTA("0", "86400", "3") "."), ""},
        {BYTES(DELTA("0", "-1", "3") "."), ""},
        {BYTES(DELTA("0", "1", "1000000") "."), ""},
        {BYTES(CALL("datetime", "timedelta", "I1\nI1\n") "."), ""},
        {BYTES(CALL("datetime", "timedelta", "F1\nI1\nI1\n") "."), ""},
        {BYTES(CALL("datetime", "timedelta", "I01\nI1\nI1\n") "."), ""},
    };
    ROWS(rows);
}

#define ZONE(args) CALL("datetime", "timezone", args)
#define ZONEINFO(method, cached)                                         \
    CALL("__builtin__", "getattr", "czoneinfo\nZoneInfo\nV" method "\n") \
    "(VEurope/Berlin\nI" cached "\ntR"
#define DATEUTIL(name) "cdateutil.tz.tz\n" name "\n)\201"

static void test_zones(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(ZONE(DELTA("0", "3600", "0")) "."), " zone"},
        {BYTES(ZONE(DELTA("0", "3600", "0") "VX\n") "."), " zone"},
        {BYTES(ZONE(DELTA("0", "3600", "0") "N") "."), ""},
        {BYTES(ZONE(DELTA("1", "0", "0")) "."), ""},
        {BYTES(ZONE(DELTA("-1", "0", "0")) "."), ""},
        {BYTES(ZONE(DELTA("-1", "0", "1")) "."), " zone"},
        {BYTES(ZONE("I5\n") "."), ""},
        {BYTES(ZONE("") "."), ""},
        {BYTES(CALL("pytz", "_UTC", "") "."), " zone"},
        {BYTES(CALL("pytz", "_UTC", "N") "."), ""},
        {BYTES(CALL("pytz", "FixedOffset", "I-1439\n") "."), " zone"},
        {BYTES(CALL("pytz", "FixedOffset", "I1440\n") "."), ""},
        {BYTES(CALL("pytz", "_p", "VX\n") "."), " zone"},
        {BYTES(CALL("pytz", "_p", "I1\n") "."), ""},
        {BYTES(CALL("pytz", "_p", "VX\nI1\n") "."), ""},
        {BYTES(CALL("pytz", "_p", "VX\nI1\nI0\nVY\n") "."), " zone"},
        {BYTES(CALL("pytz", "_p", "VX\nI1\nI0\nN") "."), ""},
        {BYTES(CALL("pytz", "_p", "VX\nI86400\nI0\nVY\n") "."), ""},
        {BYTES(DATEUTIL("tzutc") "."), " zone"},
        {BYTES(DATEUTIL("tzutc") "}b."), ""},
        {BYTES("cdateutil.tz\ntzutc\n)\201."), " zone"},
        {BYTES("cmy.tz\ntzutc\n)\201."), ""},
        {BYTES("cdateutil.tz\ntzutc\n(I1\nt\201."), ""},
        {BYTES(DATEUTIL("tzoffset") "."), ""},
        {BYTES(DATEUTIL("tzoffset") "(dV_name\nNsb."), ""},
        {BYTES(DATEUTIL("tzoffset") "(dV_name\nNsV_offset\n" DELTA("0", "1", "0") "sb."), " zone"},
        {BYTES(DATEUTIL("tzoffset") "(dV_name\nI1\nsV_offset\n" DELTA("0", "1", "0") "sb."), ""},
        {BYTES(DATEUTIL("tzlocal") "}b."), ""},
        {BYTES(DATEUTIL("tzstr") "(dV_s\nI1\nsb."), ""},
        {BYTES(CALL("dateutil.tz.tz", "tzfile", "NVx\n") "}b."), " zone"},
        {BYTES(CALL("dateutil.tz.tz", "tzfile", "VyVx\n") "}b."), ""},
        {BYTES(CALL("dateutil.tz.tz", "tzfile", "NI1\n") "}b."), ""},
        {BYTES(CALL(
             "copy_reg", "_reconstructor",
             "cdateutil.tz.tz\ntzutc\ncdatetime\ntzinfo\n" CALL("datetime", "tzinfo", "")) "."),
         " zone"},
        {BYTES(CALL("copy_reg", "_reconstructor",
                    "cdateutil.tz.tz\ntzutc\nc__builtin__\ntuple\n(t") "."),
         ""},
        {BYTES(CALL("copy_reg", "_reconstructor", "cdateutil.tz.tz\ntzutc\n") "."), ""},
    };
    ROWS(rows);
    /* The name of the second argument is what getattr() is asked for. */
    static const char getattr_call[] =
        "(" ZONEINFO("_unpickle", "1") ZONEINFO("other", "1") ZONEINFO("_unpickle", "2") "l.";
    brn_doc *doc = read_doc(BYTES(getattr_call));
    brn_zone zone;
    assert_true(brn_as_zone(brn_at(brn_root(doc), 0), &zone));
    assert_int_equal(zone.name_size, 13);
    assert_memory_equal(zone.name, "Europe/Berlin", 13);
    assert_false(zone.has_offset);
    assert_false(brn_as_zone(brn_at(brn_root(doc), 1), &zone));
    assert_false(brn_as_zone(brn_at(brn_root(doc), 2), &zone));
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * Numbers
 * ------------------------------------------------------------------------ */

#define DECIMAL(text) CALL("decimal", "Decimal", "V" text "\n")
#define BIG "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01"
#define UUID "cuuid\nUUID\n)\201"

static void test_numbers(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(CALL("__builtin__", "complex", "F1\nF2\n") "."), " complex"},
        {BYTES(CALL("builtins", "complex", "F1\nF2\n") "."), " complex"},
        {BYTES(CALL("my", "complex", "F1\nF2\n") "."), ""},
        {BYTES(CALL("__builtin__", "complex", "F1\nI2\n") "."), ""},
        {BYTES(CALL("__builtin__", "complex", "F1\n") "."), ""},
        {BYTES(DECIMAL("1.5") "."), " decimal"},
        {BYTES(CALL("decimal", "Decimal", "S'1.5'\n") "."), " decimal"},
        {BYTES(DECIMAL("") "."), ""},
        {BYTES(DECIMAL("-") "."), ""},
        {BYTES(DECIMAL(".") "."), ""},
        {BYTES(DECIMAL("1.") "."), " decimal"},
        {BYTES(DECIMAL(" 1") "."), ""},
        {BYTES(DECIMAL("1_0") "."), ""},
        {BYTES(DECIMAL("1e") "."), ""},
        {BYTES(DECIMAL("1e+-5") "."), ""},
        {BYTES(DECIMAL("1e1234567890123456789") "."), ""},
        {BYTES(DECIMAL("1.5x") "."), ""},
        {BYTES(DECIMAL("Infinit") "."), ""},
        {BYTES(DECIMAL("Infinity1") "."), ""},
        {BYTES(DECIMAL("NaN1x") "."), ""},
        {BYTES(DECIMAL("sNaN") "."), " decimal"},
        {BYTES(CALL("decimal", "Decimal", "I1\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "I1\nI2\n") "."), " fraction"},
        {BYTES(CALL("fractions", "Fraction", "I1\n" BIG) "."), " fraction"},
        {BYTES(CALL("fractions", "Fraction", "I1\nI0\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "I1\nI-2\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "I1\nF2\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "I1\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "V-3/7\n") "."), " fraction"},
        {BYTES(CALL("fractions", "Fraction", "V3\n") "."), " fraction"},
        {BYTES(CALL("fractions", "Fraction", "V3/\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "V3/0\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "V3/-7\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "V3.5\n") "."), ""},
        {BYTES(CALL("fractions", "Fraction", "V/7\n") "."), ""},
        {BYTES(CALL("__builtin__", "xrange", "I1\nI2\nI3\n") "."), " range"},
        {BYTES(CALL("builtins", "range", "I1\n" BIG "I3\n") "."), " range"},
        {BYTES(CALL("builtins", "range", "I1\nI2\nI0\n") "."), ""},
        {BYTES(CALL("builtins", "range", "I1\nI2\nN") "."), ""},
        {BYTES(CALL("builtins", "range", "I1\nI2\n") "."), ""},
        {BYTES(CALL("builtins", "slice", "NNN") "."), " slice"},
        {BYTES(CALL("builtins", "slice", "NN") "."), ""},
        {BYTES(UUID "(dVint\nI5\nsb."), " uuid"},
        {BYTES(UUID "(dVint\n" BIG "sVis_safe\nI-1\nsb."), " uuid"},
        {BYTES(UUID "(dVint\nI-5\nsb."), ""},
        {BYTES(UUID "(dVint\nI5\nsVother\nI5\nsb."), ""},
        {BYTES(UUID "(dVint\nI5\nsVis_safe\nI1\nsb."), ""},
        {BYTES(UUID "(dVint\n\x8a\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                    "\x00\x01sb."),
         ""},
        {BYTES(UUID "(dVint\n\x8a\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                    "\x00\x00\x01sb."),
         ""},
        {BYTES(UUID "(dVint\nVa\nsb."), ""},
        {BYTES(UUID "(dVint\nI5\nsb}b."), ""},
        {BYTES(UUID "."), ""},
        {BYTES("cuuid\nUUID\n(I1\nt\201(dVint\nI5\nsb."), ""},
        {BYTES(CALL("uuid", "UUID", "") "(dVint\nI5\nsb."), ""},
        {BYTES(CALL("copy_reg", "_reconstructor",
                    "cuuid\nUUID\nc__builtin__\nobject\nN") "(dVint\nI5\nsb."),
         " uuid"},
        {BYTES(CALL("copy_reg", "_reconstructor",
                    "cuuid\nUUID\nc__builtin__\nobject\nI1\n") "(dVint\nI5\nsb."),
         ""},
        {BYTES(CALL("copy_reg", "__newobj__", "cuuid\nUUID\n") "(dVint\nI5\nsb."), " uuid"},
        {BYTES(CALL("copyreg", "__newobj_ex__", "cuuid\nUUID\n(t}") "(dVint\nI5\nsb."), " uuid"},
        {BYTES(CALL("copyreg", "__newobj_ex__", "cuuid\nUUID\n(t(dVa\nI1\ns") "(dVint\nI5\nsb."),
         ""},
        {BYTES(CALL("copyreg", "__newobj_ex__", "cuuid\nUUID\n(lI1\n") "."), ""},
        {BYTES(CALL("copyreg", "__newobj__", "") "."), ""},
    };
    ROWS(rows);
    brn_doc *doc = read_doc(BYTES("(" DECIMAL("-00.0120E+7") CALL("fractions", "Fraction", "V-30\n")
                                      UUID "(dVint\n" BIG "sVis_safe\nI0\nsbl."));
    brn_decimal d;
    brn_fraction f;
    brn_uuid u;
    assert_true(brn_as_decimal(brn_at(brn_root(doc), 0), &d));
    assert_true(d.negative && d.kind == 'f');
    assert_int_equal(d.exponent, 3);
    assert_int_equal(d.digits, 3);
    char digits[4] = "????";
    assert_int_equal(brn_decimal_coefficient(&d, digits, 2), 3);
    assert_memory_equal(digits, "12??", 4);
    assert_int_equal(brn_decimal_coefficient(&d, digits, 4), 3);
    assert_memory_equal(digits, "120?", 4);
    assert_int_equal(brn_decimal_coefficient(&d, NULL, 0), 3);
    assert_true(brn_as_fraction(brn_at(brn_root(doc), 1), &f));
    assert_int_equal(f.numerator_size, 3);
    assert_memory_equal(f.numerator_text, "-30", 3);
    assert_int_equal(f.denominator_size, 1);
    assert_memory_equal(f.denominator_text, "1", 1);
    assert_true(brn_as_uuid(brn_at(brn_root(doc), 2), &u));
    assert_memory_equal(u.bytes, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16);
    assert_true(u.safe && !u.unsafe);
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * Bytes and containers
 * ------------------------------------------------------------------------ */

static void test_bytes(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES("C\001a."), " bytes"},
        {BYTES("U\001a."), " bytes"},
        {BYTES("\x96\x01\0\0\0\0\0\0\0a."), " bytes"},
        {BYTES("\227."), " bytes"},
        {BYTES("Va\n."), ""},
        {BYTES(ENCODED("a\\u00ff") "."), " bytes"},
        {BYTES(ENCODED("a\\u0100") "."), ""},
        {BYTES(ENCODED("a\\udc80") "."), ""},
        {BYTES(CALL("_codecs", "encode", "Va\nVlatin-1\n") "."), " bytes"},
        {BYTES(CALL("_codecs", "encode", "Va\nVutf-8\n") "."), ""},
        {BYTES(CALL("_codecs", "encode", "U\001aVlatin1\n") "."), ""},
        {BYTES(CALL("_codecs", "encode", "Va\n") "."), ""},
        {BYTES(CALL("_codecs", "encode", "Va\nVlatin1\n") "}b."), ""},
        {BYTES(CALL("__builtin__", "bytes", "") "."), " bytes"},
        {BYTES(CALL("__builtin__", "bytes", "I5\n") "."), ""},
        {BYTES(CALL("__builtin__", "bytearray", "") "."), " bytes"},
        {BYTES(CALL("__builtin__", "bytearray", "C\001a") "."), " bytes"},
        {BYTES(CALL("__builtin__", "bytearray", ENCODED("\\u00ff")) "."), " bytes"},
        {BYTES(CALL("__builtin__", "bytearray", "V\\u00ff\nVlatin-1\n") "."), " bytes"},
        {BYTES(CALL("__builtin__", "bytearray", "V\\u0100\nVlatin-1\n") "."), ""},
        {BYTES(CALL("__builtin__", "bytearray", "I5\n") "."), ""},
        {BYTES(CALL("__builtin__", "bytearray", "(lI1\na") "."), ""},
        {BYTES(CALL("my", "bytearray", "C\001a") "."), ""},
    };
    ROWS(rows);
    /* In pieces, from anywhere. */
    brn_doc *doc = read_doc(BYTES(ENCODED("ab\\u0080\\u00ffc") "."));
    brn_blob blob;
    uint8_t out[8];
    assert_true(brn_as_bytes(brn_root(doc), NULL, &blob));
    assert_null(blob.data);
    assert_int_equal(blob.size, 5);
    for (size_t from = 0; from < 7; from++) {
        for (size_t cap = 0; cap < 8; cap++) {
            memset(out, 7, sizeof out);
            size_t left = from < 5 ? 5 - from : 0;
            size_t count = left < cap ? left : cap;
            assert_int_equal(brn_blob_copy(&blob, from, out, cap), count);
            static const char decoded[] = {'a', 'b', '\x80', '\xff', 'c'};
            assert_memory_equal(out, &decoded[from < 5 ? from : 0], count);
            assert_true(count == sizeof out || out[count] == 7);
        }
    }
    assert_int_equal(brn_blob_copy(NULL, 0, out, 1), 0);
    brn_free(doc);
    doc = read_doc(BYTES("\227\230."));
    brn_buffer parts[] = {{"xyz", 3}, {NULL, 0}};
    brn_buffers buffers = {parts, 1};
    assert_true(brn_as_bytes(brn_root(doc), NULL, &blob));
    assert_true(blob.elsewhere && !blob.writable && !blob.data);
    assert_int_equal(brn_blob_copy(&blob, 0, out, 8), 0);
    assert_true(brn_as_bytes(brn_root(doc), &buffers, &blob));
    assert_true(!blob.elsewhere && blob.data == parts[0].data && blob.size == 3);
    buffers.at = parts + 1;
    assert_true(brn_as_bytes(brn_root(doc), &buffers, &blob));
    assert_true(blob.elsewhere);
    brn_free(doc);
}

#define COLLECTION(name, args) CALL("collections", name, args)
#define PATH(args) CALL("pathlib", "PosixPath", args)

static void test_containers(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(CALL("__builtin__", "set", "(lI1\na") "."), " set"},
        {BYTES(CALL("__builtin__", "set", "(I1\nt") "."), " set"},
        {BYTES(CALL("__builtin__", "set", "") "."), " set"},
        {BYTES(CALL("__builtin__", "frozenset", "(l") "."), " set"},
        {BYTES("\x8f."), " set"},
        {BYTES("(\x91."), " set"},
        {BYTES(CALL("__builtin__", "set", "Vab\n") "."), ""},
        {BYTES(CALL("__builtin__", "set", "(l") "(I1\n\x90."), ""},
        {BYTES(CALL("__builtin__", "set", "(l(l") "."), ""},
        /* The list was changed after the call; and had not been looked at before. */
        {BYTES("(lp0\nI1\na0c__builtin__\nset\n(g0\ntRp1\n0g0\nI2\na0g1\n."), ""},
        {BYTES("(lp0\nI1\na0c__builtin__\nset\n(g0\ntRp1\n0g0\n0g1\n."), " set"},
        {BYTES(COLLECTION("OrderedDict", "") "."), " ordereddict"},
        {BYTES(COLLECTION("OrderedDict", "") "I1\nI2\ns."), " ordereddict"},
        {BYTES(COLLECTION("OrderedDict", "") "I1\nI2\ns}b."), ""},
        {BYTES(COLLECTION("OrderedDict", "") "I1\na."), ""},
        {BYTES(COLLECTION("OrderedDict", "(l(lI1\naI2\naa") "."), " ordereddict"},
        {BYTES(COLLECTION("OrderedDict", "(l(I1\nI2\nta") "."), " ordereddict"},
        {BYTES(COLLECTION("OrderedDict", "(l(I1\nta") "."), ""},
        {BYTES(COLLECTION("OrderedDict", "(lI1\na") "."), ""},
        {BYTES(COLLECTION("OrderedDict", "(l(I1\nI2\nta") "I1\nI2\ns."), ""},
        {BYTES(COLLECTION("OrderedDict", "(t") "."), ""},
        {BYTES("(lp0\n(lp2\nI1\naI2\naa0ccollections\nOrderedDict\n(g0\ntRp1\n0g2\nI2\na0g1\n."),
         ""},
        {BYTES(COLLECTION("defaultdict", "") "."), " defaultdict"},
        {BYTES(COLLECTION("defaultdict", "N") "I1\nI2\ns."), " defaultdict"},
        {BYTES(COLLECTION("defaultdict", "cm\nf\n") "I1\nI2\ns."), " defaultdict"},
        {BYTES(COLLECTION("defaultdict", "I5\n") "."), ""},
        {BYTES(COLLECTION("defaultdict", "cm\nf\n}") "."), ""},
        {BYTES(COLLECTION("Counter", "") "."), " counter"},
        {BYTES(COLLECTION("Counter", "(dI1\nI2\ns") "."), " counter"},
        {BYTES(COLLECTION("Counter", "(lI1\na") "."), ""},
        {BYTES(COLLECTION("Counter", "}") "I1\nI2\ns."), ""},
        {BYTES("(dp0\nI1\nI2\ns0ccollections\nCounter\n(g0\ntRp1\n0g0\nI2\nI3\ns0g1\n."), ""},
        {BYTES(COLLECTION("deque", "") "."), " deque"},
        {BYTES(COLLECTION("deque", "(lI1\na") "I2\na."), " deque"},
        {BYTES(COLLECTION("deque", "(tI1\n") "I2\na."), " deque"},
        {BYTES(COLLECTION("deque", "(tN") "I2\na."), " deque"},
        {BYTES(COLLECTION("deque", "(tI1\n") "I2\naI3\na."), ""},
        {BYTES(COLLECTION("deque", "(tI-1\n") "."), ""},
        {BYTES(COLLECTION("deque", "(tNN") "."), ""},
        {BYTES(COLLECTION("deque", "Vab\n") "."), ""},
        {BYTES(COLLECTION("deque", "") "}b."), ""},
        {BYTES(PATH("") "."), " path"},
        {BYTES(PATH("Va\nVb\n") "."), " path"},
        {BYTES(PATH("Va\nI1\n") "."), ""},
        {BYTES(PATH("Va\n") "}b."), ""},
        {BYTES(CALL("pathlib", "Path", "Va\n") "."), ""},
        {BYTES("cpathlib\nPosixPath\n(Va\nt\201."), ""},
        {BYTES(CALL("m", "C.E", "I5\n") "."), " enum"},
        {BYTES(CALL("m", "C.E", "") "."), ""},
        {BYTES(CALL("m", "C", "I5\n") "."), ""},
        {BYTES(CALL("__builtin__", "getattr",
                    CALL("__builtin__", "getattr", "cm\nC\nVE\n") "VA\n") "."),
         " enum"},
        {BYTES(CALL("__builtin__", "getattr",
                    CALL("__builtin__", "getattr", "cm\nC\nVE\n") "I1\n") "."),
         ""},
        {BYTES(CALL("__builtin__", "getattr", "cm\nC\nVE\n") "."), ""},
        {BYTES("cm\nC.E\n."), ""},
    };
    ROWS(rows);
    brn_doc *doc = read_doc(BYTES(COLLECTION("deque", "(lI1\naI2\na") "I3\na."));
    brn_deque d;
    assert_true(brn_as_deque(brn_root(doc), &d));
    assert_int_equal(d.size, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(brn_int(brn_deque_at(&d, i)), i + 1);
    assert_null(brn_deque_at(&d, 3));
    assert_null(brn_deque_at(NULL, 0));
    brn_free(doc);
    doc = read_doc(BYTES(COLLECTION("OrderedDict", "(l(lI1\naI2\naa") "."));
    brn_mapping m;
    const brn_val *key, *value;
    assert_true(brn_as_ordereddict(brn_root(doc), &m));
    assert_true(brn_mapping_at(&m, 0, &key, &value));
    assert_int_equal(brn_int(key), 1);
    assert_int_equal(brn_int(value), 2);
    assert_false(brn_mapping_at(&m, 1, &key, &value));
    assert_null(key);
    assert_false(brn_mapping_at(NULL, 0, &key, &value));
    brn_free(doc);
}

static void expect_path(const void *data, size_t size, const char *text)
{
    brn_doc *doc = read_doc(data, size);
    brn_path p;
    char joined[40];
    assert_true(brn_as_path(brn_root(doc), &p));
    memset(joined, '?', sizeof joined);
    assert_int_equal(brn_path_text(&p, joined, sizeof joined), strlen(text));
    if (*text)
        assert_string_equal(joined, text);
    /* As snprintf: cut, and always ended. */
    for (size_t cap = 1; *text && cap <= strlen(text); cap++) {
        memset(joined, '?', sizeof joined);
        assert_int_equal(brn_path_text(&p, joined, cap), strlen(text));
        assert_memory_equal(joined, text, cap - 1);
        assert_int_equal(joined[cap - 1], '\0');
        assert_int_equal(joined[cap], '?');
    }
    assert_int_equal(brn_path_text(&p, NULL, 0), strlen(text));
    brn_free(doc);
}

static void test_paths(void **state)
{
    (void)state;
    expect_path(BYTES(PATH("") "."), ".");
    expect_path(BYTES(PATH("V\n") "."), ".");
    expect_path(BYTES(PATH("V/\nVa\nVb\n") "."), "/a/b");
    expect_path(BYTES(PATH("Va\nV/b\nVc\n") "."), "/b/c");
    expect_path(BYTES(PATH("Va/\nV\nVb\n") "."), "a/b");
    expect_path(BYTES(PATH("Va:b\nVc:d\n") "."), "a:b/c:d");
    expect_path(BYTES(CALL("pathlib._local", "PureWindowsPath", "Vc:\\u005c\nVa\nVb\n") "."),
                "c:\\a\\b");
    expect_path(BYTES(CALL("pathlib", "WindowsPath", "Va\nVb\n") "."), "a\\b");
    expect_path(BYTES(CALL("pathlib", "WindowsPath", "Vc:\nVd:x\n") "."), "");
    expect_path(BYTES(CALL("pathlib", "WindowsPath", "Vc:\nV/x\n") "."), "");
}

/* ------------------------------------------------------------------------
 * numpy
 * ------------------------------------------------------------------------ */

#define VOID8 "I3\nV|\n"
#define SELF "cnumpy\ndtype\n(VV8\nI00\nI01\ntRp0\n("

static void test_dtypes(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(F8 "."), " dtype"},
        {BYTES(DTYPE("VU3\n", "I3\nV<\nNNNI12\nI4\nI8\n") "."), " dtype"},
        {BYTES(CALL("numpy", "dtype", "Vf8\n") "(" PLAIN("<") "tb."), " dtype"},
        {BYTES(CALL("numpy", "dtype", "Vf8\nI2\nI1\n") "(" PLAIN("<") "tb."), ""},
        {BYTES(CALL("numpy", "dtype", "Vf8\nI0\nI1\nI1\n") "(" PLAIN("<") "tb."), ""},
        {BYTES(CALL("my", "dtype", "Vf8\nI0\nI1\n") "(" PLAIN("<") "tb."), ""},
        {BYTES(CALL("numpy", "dtype", "Vf8\nI0\nI1\n") "."), ""},
        {BYTES(F8 "(" PLAIN("<") "tb."), ""},
        {BYTES(CALL("numpy", "dtype", "Vf8\nI0\nI1\n") "(l"
                                                       "b."),
         ""},
        {BYTES(DTYPE("Vf3\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("Vf\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("Vq8\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("V\\u00008\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("Vf-8\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("Vf99999999999\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("VS9999999999\n", "I3\nV|\nNNNI9999999999\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("I8\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("cmy\nrecord\n", PLAIN("|")) "."), ""},
        {BYTES(DTYPE("Vf8\n", PLAIN("|")) "."), ""},
        {BYTES(DTYPE("Vf8\n", PLAIN("=")) "."), ""},
        {BYTES(DTYPE("Vf8\n", PLAIN("<<")) "."), ""},
        {BYTES(DTYPE("Vb1\n", PLAIN("|")) "."), " dtype"},
        {BYTES(DTYPE("Vb1\n", PLAIN("x")) "."), ""},
        {BYTES(DTYPE("Vf8\n", "I5\nV<\nNNNI-1\nI-1\nI0\n") "."), ""},
        {BYTES(DTYPE("Vf8\n", "I3\nV<\nNNNI-1\nI-1\n") "."), ""},
        {BYTES(DTYPE("Vf8\n", "I3\nV<\nNNNI8\nI-1\nI0\n") "."), ""},
        {BYTES(DTYPE("Vf8\n", "I3\nV<\nNNNI-1\nI-1\nI1\n") "."), ""},
        {BYTES(DTYPE("Vf8\n", "I3\nV<\nNNNI-1\nI-1\nI256\n") "."), ""},
        {BYTES(DTYPE("VO8\n", PLAIN("|")) "."), ""},
        {BYTES(DTYPE("VS5\n", "I3\nV|\nNNNI4\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("VS5\n", "I3\nV|\nNNNI-5\nI1\nI0\n") "."), ""},
        /* Records: names and fields, or neither, and of void. */
        {BYTES(DTYPE("VV8\n", VOID8 "N(Vx\nt(dVx\n(" F8 "I0\ntsI8\nI1\nI16\n") "."), " dtype"},
        {BYTES(DTYPE("VV8\n", VOID8 "N(Vx\nt}I8\nI1\nI16\n") "."), ""},
        {BYTES(DTYPE("VV8\n", VOID8 "NN}I8\nI1\nI16\n") "."), ""},
        {BYTES(DTYPE("VS8\n", VOID8 "N(Vx\nt(dVx\n(" F8 "I0\ntsI8\nI1\nI16\n") "."), ""},
        /* Sub-arrays: as long as their elements, and not without end. */
        {BYTES(DTYPE("VV16\n", VOID8 "(" F8 "(I2\nttNNI16\nI1\nI0\n") "."), " dtype"},
        {BYTES(DTYPE("VV16\n", VOID8 "(" F8 "I2\ntNNI16\nI1\nI0\n") "."), " dtype"},
        {BYTES(DTYPE("VV16\n", VOID8 "(" F8 "(I3\nttNNI16\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("VV16\n", VOID8 "(" F8 "(I-2\nttNNI16\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("VV16\n", VOID8 "(" F8 "tNNI16\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("VV16\n", VOID8 "(I5\n(I2\nttNNI16\nI1\nI0\n") "."), ""},
        {BYTES(DTYPE("VV0\n", VOID8 "(" F8 "(I4611686018427387904\nI4\nttNNI0\nI1\nI0\n") "."), ""},
        {BYTES(SELF VOID8 "(g0\n(I1\nttNNI8\nI1\nI0\ntb."), ""},
        /* Units. */
        {BYTES(DTYPE("VM8\n", PLAIN("<")) "."), ""},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(N(C\002nsI1\nI1\nI1\ntt") "."), " dtype"},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(}(U\002nsI1\ntt") "."), " dtype"},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(N(C\002nxI1\nI1\nI1\ntt") "."), ""},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(N(C\002nsI0\nI1\nI1\ntt") "."), ""},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(N(C\002nsI1\nI2\nI1\ntt") "."), ""},
        {BYTES(DTYPE("VM8\n", "I4\nV<\nNNNI-1\nI-1\nI0\n(I1\n(C\002nsI1\nI1\nI1\ntt") "."), ""},
        {BYTES(DTYPE("Vf8\n", "I4\nV<\nNNNI-1\nI-1\nI0\nI1\n") "."), ""},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8 "C\010abcdefgh") "."), " scalar"},
        {BYTES(CALL("numpy._core.multiarray", "scalar", F8 "C\010abcdefgh") "."), " scalar"},
        {BYTES(CALL("numpy.core.multiarray", "scalar", OBJECTS "I1\n") "."), " scalar"},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8 "C\007abcdefg") "."), ""},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8) "."), ""},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8 "\227") "."), ""},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8 "I1\n") "."), ""},
        {BYTES(CALL("numpy.core.multiarray", "scalar", F8 "C\010abcdefgh") "}b."), ""},
    };
    ROWS(rows);
}

static void test_fields(void **state)
{
    (void)state;
    /* As it should be; no tuple; outside; no dtype; objects in what has none; not there. */
    static const char record[] =
        DTYPE("VV8\n", VOID8 "N(Va\nVb\nVc\nVd\nVe\nVf\nt(dVa\n(" U1
                             "I7\nVtitle\ntsVb\nI1\nsVc\n(" F8 "I1\ntsVd\n("
                             "I1\nI1\ntsVe\n(" OBJECTS "I0\ntsVg\n(" U1 "I0\ntsI8\nI1\nI16\n") ".";
    brn_doc *doc = read_doc(BYTES(record));
    brn_dtype d;
    brn_field f;
    assert_true(brn_as_dtype(brn_root(doc), &d));
    assert_int_equal(d.fields, 6);
    assert_true(brn_dtype_field(&d, 0, &f));
    assert_true(brn_str_is(f.name, "a") && brn_str_is(f.title, "title"));
    assert_int_equal(f.offset, 7);
    assert_int_equal(f.dtype.kind, 'u');
    for (size_t i = 1; i < 7; i++) {
        memset(&f, 0xa5, sizeof f);
        assert_false(brn_dtype_field(&d, i, &f));
        expect_zeros(&f, sizeof f);
    }
    assert_false(brn_dtype_field(NULL, 0, &f));
    brn_free(doc);
    /* A record that is its own field ends as soon as nobody asks. */
    doc = read_doc(BYTES(SELF VOID8 "N(Vx\nt(dVx\n(g0\nI0\ntsI8\nI1\nI16\ntb."));
    assert_true(brn_as_dtype(brn_root(doc), &d));
    for (int i = 0; i < 1000; i++) {
        assert_true(brn_dtype_field(&d, 0, &f));
        d = f.dtype;
    }
    brn_free(doc);
}

static void test_arrays(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(ARRAY("I2\n", U1, "C\002ab") "."), " array"},
        {BYTES(ARRAY("I2\n", U1, ENCODED("a\\u00ff")) "."), " array"},
        {BYTES(ARRAY("I2\n", U1, "U\002ab") "."), " array"},
        {BYTES(EMPTY "((I2\nt" U1 "I00\nC\002abtb."), " array"},
        {BYTES(EMPTY "(I1\nI2\n" U1 "I0\nC\002abtb."), " array"},
        /* Shorter, longer, by text that is not even counted. */
        {BYTES(ARRAY("I2\n", U1, "C\001a") "."), ""},
        {BYTES(ARRAY("I2\n", U1, "C\003abc") "."), ""},
        {BYTES(ARRAY("I2\n", U1, ENCODED("a")) "."), ""},
        {BYTES(ARRAY("I2\n", U1, ENCODED("\\u00ff\\u00ff\\u00ff")) "."), ""},
        {BYTES(ARRAY("I2\n", U1, ENCODED("abcdefgh")) "."), ""},
        {BYTES(ARRAY("I2\n", U1, "(lI1\naI2\na") "."), ""},
        {BYTES(ARRAY("I2\n", U1, "N") "."), ""},
        /* Claims. */
        {BYTES(ARRAY("I-1\n", U1, "C\001a") "."), ""},
        {BYTES(ARRAY("I-1\nI-2\n", U1, "C\002ab") "."), ""},
        {BYTES(ARRAY("F2\n", U1, "C\002ab") "."), ""},
        {BYTES(ARRAY("I01\n", U1, "C\001a") "."), ""},
        {BYTES(ARRAY(BIG, U1, "C\001a") "."), ""},
        {BYTES(ARRAY("I4294967296\nI4294967296\n", U1, "C\000") "."), ""},
        {BYTES(ARRAY("I0\nI4611686018427387904\nI4\n", U1, "C\000") "."), ""},
        {BYTES(ARRAY("I0\nI1152921504606846976\n", F8, "C\000") "."), ""},
        {BYTES(ARRAY("I0\nI200000000\n", F8, "C\000") "."), " array"},
        {BYTES(ARRAY("", U1, "C\001a") "."), " array"},
        {BYTES(ARRAY("", U1, "C\000") "."), ""},
        {BYTES(ARRAY("I1\n", DTYPE("VV16\n", VOID8 "(" F8 "(I2\nttNNI16\nI1\nI0\n"),
                     "C\020abcdefghabcdefgh") "."),
         ""},
        /* The state and the call. */
        {BYTES(EMPTY "."), ""},
        {BYTES(EMPTY "(I2\n(I2\nt" U1 "I00\nC\002abtb."), ""},
        {BYTES(EMPTY "(I1\n(I2\nt" U1 "I2\nC\002abtb."), ""},
        {BYTES(EMPTY "(I1\n(I2\nt" U1 "NC\002abtb."), ""},
        {BYTES(EMPTY "(I1\n(I2\nt" U1 "I00\nC\002abNtb."), ""},
        {BYTES(EMPTY "(lI1\na(I2\nta" U1 "aI00\naC\002abab."), ""},
        {BYTES(ARRAY("I2\n", U1, "C\002ab") "}b."), ""},
        {BYTES(CALL("numpy.core.multiarray", "_reconstruct",
                    "cnumpy\nndarray\n(I0\nt") "(I1\n(I2\nt" U1 "I00\nC\002abtb."),
         ""},
        {BYTES(CALL("numpy.core.multiarray", "_reconstruct", "I1\n(I0\ntC\001b") "(I1\n(I2\nt" U1
                                                                                 "I00\nC\002abtb."),
         ""},
        /* Objects: a list of as many, which nobody changed after the array had copied it. */
        {BYTES(ARRAY("I2\n", OBJECTS, "(lI1\naI2\na") "."), " array"},
        {BYTES(ARRAY("I2\n", OBJECTS, "(lI1\na") "."), ""},
        {BYTES(ARRAY("I2\n", OBJECTS, "(I1\nI2\nt") "."), ""},
        {BYTES(ARRAY("I2\n", OBJECTS, "(lp0\nI1\naI2\na") "."), " array"},
        {BYTES(ARRAY("I2\n", OBJECTS, "(lp0\nI1\na") "p1\n0g0\nI2\na0g1\n."), ""},
        {BYTES(ARRAY("I2\n", OBJECTS, "C\020abcdefghabcdefgh") "."), ""},
        /* From buffers. */
        {BYTES(FROM("C\002ab", U1, "I2\n", "VC\n") "."), " array"},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VF\n") "."), " array"},
        {BYTES(FROM("\227", U1, "I2\n", "VC\n") "."), " array"},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VK\n") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VC\nN") "."), " array"},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VC\n(I0\nt") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VK\n(I0\nt") "."), " array"},
        {BYTES(FROM("C\002ab", U1, "I2\nI1\n", "VK\n(I1\nI0\nt") "."), " array"},
        {BYTES(FROM("C\002ab", U1, "I2\nI1\n", "VK\n(I1\nI1\nt") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\nI1\n", "VK\n(I1\nI2\nt") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\nI1\n", "VK\n(I0\nt") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I3\n", "VC\n") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VA\n") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\n", "") "."), ""},
        {BYTES(FROM("C\002ab", U1, "I2\n", "VC\n") "}b."), ""},
        {BYTES(FROM("(lI1\naI1\na", OBJECTS, "I2\n", "VC\n") "."), ""},
        {BYTES(FROM("C\000", DTYPE("VS0\n", "I3\nV|\nNNNI0\nI1\nI0\n"), "I0\n", "VC\n") "."), ""},
    };
    ROWS(rows);
    bytes b = {0};
    put_words(&b, EMPTY "(I1\n(");
    for (int i = 0; i < BRN_DIMENSIONS + 1; i++)
        put_words(&b, "I1\n");
    put_words(&b, "t" U1 "I00\n");
    put(&b, BYTES("C\001atb."));
    expect_views(b.data, b.size, "");
    bytes_free(&b);
}

#define MASKED(mask) MASKED_OF("cnumpy.ma.core\nMaskedArray\n", mask)
#define MASKED_OF(class_, mask)                                                   \
    CALL("numpy.ma.core", "_mareconstruct", class_ "cnumpy\nndarray\n(I0\ntVb\n") \
    "(I1\n(I2\nt" U1 "I00\nC\002ab" mask "Ntb"

static void test_masked_arrays(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(MASKED("C\002\000\001") "."), " array"},
        {BYTES(MASKED("C\003\000\001\000") "."), ""},
        {BYTES(MASKED("\227") "."), ""},
        {BYTES(MASKED("N") "."), ""},
        {BYTES(MASKED("C\002\000\001") "}b."), ""},
        {BYTES(MASKED_OF("cmy\nMasked\n", "C\002\000\001") "."), " array"},
        {BYTES(MASKED_OF("I1\n", "C\002\000\001") "."), ""},
    };
    ROWS(rows);
}

static void test_array_with_buffers(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES(FROM("\227\230", F8, "I2\n", "VC\n") "."));
    double numbers[] = {1.5, -2};
    brn_buffer buffer = {numbers, sizeof numbers};
    brn_buffers buffers = {&buffer, 1};
    brn_array a;
    assert_true(brn_as_array(brn_root(doc), &buffers, &a));
    assert_ptr_equal(a.bytes.data, numbers);
    assert_true(!a.bytes.elsewhere && !a.bytes.writable);
    assert_true(brn_as_array(brn_root(doc), NULL, &a));
    assert_true(a.bytes.elsewhere && !a.bytes.data);
    /* Of another size, they are not the array's. */
    buffer.size--;
    assert_false(brn_as_array(brn_root(doc), &buffers, &a));
    expect_zeros(&a, sizeof a);
    assert_true(brn_array_claims(brn_root(doc), &a));
    assert_int_equal(a.shape[0], 2);
    assert_int_equal(brn_typeof(a.data), BRN_BUFFER);
    assert_true(!a.bytes.data && !a.bytes.elsewhere);
    assert_false(brn_array_claims(a.dtype.val, &a));
    expect_zeros(&a, sizeof a);
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * scipy and pandas
 * ------------------------------------------------------------------------ */

#define I4 DTYPE("Vi4\n", PLAIN("<"))
/* Arrays of int32, each number spelt as its lowest byte. */
#define ONE(a) ARRAY("I1\n", I4, "C\004" a "\000\000\000")
#define TWO(a, b) ARRAY("I2\n", I4, "C\010" a "\000\000\000" b "\000\000\000")
#define SPARSE(name, attributes) "cscipy.sparse._" name "\n" name "_matrix\n)\201(d" attributes "b"
#define SHAPE "V_shape\n(I1\nI3\nts"
#define CSR(indices, starts) \
    SPARSE("csr", SHAPE "Vdata\n" ONE("\005") "sVindices\n" indices "sVindptr\n" starts "s")

static void test_sparse(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(CSR(ONE("\002"), TWO("\000", "\001")) "."), " sparse"},
        /* Room for more than there is; and less. */
        {BYTES(CSR(ONE("\002"), TWO("\000", "\000")) "."), " sparse"},
        {BYTES(CSR(ONE("\002"), TWO("\000", "\002")) "."), ""},
        {BYTES(CSR(TWO("\002", "\002"), TWO("\000", "\001")) "."), ""},
        {BYTES(CSR(ONE("\002"), ONE("\001")) "."), ""},
        {BYTES(CSR("I1\n", ONE("\001")) "."), ""},
        {BYTES(CSR(ARRAY("I1\n", U1, "C\001a"), TWO("\000", "\001")) "."), ""},
        {BYTES(CSR(ARRAY("I1\nI1\n", I4, "C\004abcd"), TWO("\000", "\001")) "."), ""},
        {BYTES(SPARSE("csr", SHAPE) "."), ""},
        {BYTES(SPARSE("bsr", SHAPE "Vdata\n" ONE("\005") "s") "."), ""},
        {BYTES(SPARSE("coo", SHAPE
                      "Vdata\n" ONE("\005") "sVrow\n" ONE("\000") "sVcol\n" ONE("\001") "s") "."),
         " sparse"},
        {BYTES(SPARSE("coo", SHAPE "Vdata\n" ONE("\005") "sVrow\n" ONE("\000") "sVcol\n" TWO(
                                 "\001", "\001") "s") "."),
         ""},
        {BYTES(SPARSE("coo", SHAPE "Vdata\n" ONE("\005") "sVcol\n" ONE("\000") "s") "."), ""},
        {BYTES(SPARSE("coo", SHAPE "Vdata\n" ONE("\005") "sVcoords\n(" ONE("\000") "ts") "."), ""},
        {BYTES(SPARSE("coo", "V_shape\n(I1\nI1\nI1\ntsVdata\n" ONE("\005") "s") "."), ""},
        {BYTES(SPARSE("coo", "V_shape\n(I-1\nI1\ntsVdata\n" ONE("\005") "sVrow\n" ONE(
                                 "\000") "sVcol\n" ONE("\001") "s") "."),
         ""},
        {BYTES("cmy.sparse\ncsr_matrix\n)\201(d" SHAPE "b."), ""},
    };
    ROWS(rows);
    /* Where the last ends is in a buffer: as many as there are. */
    static const char outside[] = CSR(ONE("\002"), FROM("\227", I4, "I2\n", "VC\n")) ".";
    brn_doc *other = read_doc(BYTES(outside));
    brn_sparse elsewhere;
    assert_true(brn_as_sparse(brn_root(other), NULL, &elsewhere));
    assert_int_equal(elsewhere.stored, 1);
    brn_free(other);
    /* The elements behind the last are not counted. */
    brn_doc *doc = read_doc(BYTES(CSR(ONE("\002"), TWO("\000", "\000")) "."));
    brn_sparse m;
    assert_true(brn_as_sparse(brn_root(doc), NULL, &m));
    assert_int_equal(m.stored, 0);
    assert_int_equal(m.data.count, 1);
    brn_free(doc);
}

#define INDEX(class_, attributes) \
    CALL("pandas.core.indexes.base", "_new_Index", "cpandas\n" class_ "\n(d" attributes)
#define RANGE(start, stop, step) \
    INDEX("RangeIndex", "Vname\nNsVstart\nI" start "\nsVstop\nI" stop "\nsVstep\nI" step "\ns")
#define BLOCK(values, places) \
    CALL("pandas._libs.internals", "_unpickle_block", values places "I2\n")
#define SLICE(start, stop, step) CALL("builtins", "slice", "I" start "\nI" stop "\nI" step "\n")
#define FRAME(blocks, axes)                                                                     \
    "cpandas\nDataFrame\n)\201(dV_mgr\n" CALL("pandas.core.internals.managers", "BlockManager", \
                                              "(" blocks "t(l" axes) "sb"
#define WIDE ARRAY("I2\nI1\n", I4, "C\010abcdefgh")
#define MANAGED(axes, blocks)                                                                      \
    "cpandas.core.internals.managers\nSingleBlockManager\n)\201((l(l(l(dV0.14.1\n(dVaxes\n(l" axes \
    "sVblocks\n(l" blocks "sstb"
#define SERIES(manager) "cpandas\nSeries\n)\201(dV_mgr\n" manager "sV_name\nNsb"
#define OLD_BLOCK(values) "(dVvalues\n" values "sVmgr_locs\n" SLICE("0", "1", "1") "sa"

static void test_pandas(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES(RANGE("0", "5", "2") "."), " index"},
        {BYTES(RANGE("-10000000000", "-20000000000", "-5000000000") "."), " index"},
        {BYTES(RANGE("0", "5", "0") "."), ""},
        {BYTES(RANGE("0", "9223372036854775807", "1") "."), ""},
        {BYTES(INDEX("RangeIndex", "Vstart\nI0\ns") "."), ""},
        {BYTES(INDEX("Index", "Vdata\n" TWO("\005", "\006") "s") "."), " index"},
        {BYTES(INDEX("Index", "Vdata\n" F8 "s") "."), ""},
        {BYTES(INDEX("Index", "Vdata\n" WIDE "s") "."), ""},
        {BYTES(INDEX("Index", "Vdata\n" ARRAY("I1\n", F8, "C\010abcdefgh") "s") "."), ""},
        {BYTES(INDEX("MultiIndex", "Vdata\n" TWO("\005", "\006") "s") "."), ""},
        {BYTES(SERIES(MANAGED(RANGE("0", "2", "1") "a", OLD_BLOCK(TWO("\001", "\002")))) "."),
         " series"},
        {BYTES(SERIES(MANAGED(RANGE("0", "3", "1") "a", OLD_BLOCK(TWO("\001", "\002")))) "."), ""},
        {BYTES(SERIES(MANAGED(RANGE("0", "2", "1") "a" RANGE("0", "2", "1") "a",
                              OLD_BLOCK(TWO("\001", "\002")))) "."),
         ""},
        {BYTES(SERIES(MANAGED(RANGE("0", "2", "1") "a", OLD_BLOCK(WIDE))) "."), ""},
        {BYTES(SERIES(MANAGED(RANGE("0", "2", "1") "a", OLD_BLOCK("I1\n"))) "."), ""},
        {BYTES(SERIES(MANAGED(RANGE("0", "2", "1") "a", "")) "."), ""},
        {BYTES(SERIES("N") "."), ""},
        {BYTES(FRAME(BLOCK(WIDE, SLICE("0", "2", "1")),
                     RANGE("0", "2", "1") "a" RANGE("0", "1", "1") "a") "."),
         " frame"},
        {BYTES(FRAME(BLOCK(WIDE, TWO("\001", "\000")),
                     RANGE("0", "2", "1") "a" RANGE("0", "1", "1") "a") "."),
         " frame"},
        {BYTES(FRAME("", RANGE("0", "0", "1") "a" RANGE("0", "1", "1") "a") "."), " frame"},
        {BYTES(FRAME("", RANGE("0", "0", "1") "aNa") "."), ""},
        {BYTES(FRAME("", RANGE("0", "1", "1") "a" RANGE("0", "1", "1") "a") "."), ""},
        {BYTES(FRAME("", RANGE("0", "0", "1") "a") "."), ""},
        {BYTES(FRAME(BLOCK(WIDE, SLICE("0", "3", "1")),
                     RANGE("0", "3", "1") "a" RANGE("0", "1", "1") "a") "."),
         ""},
        {BYTES(FRAME(BLOCK(WIDE, SLICE("0", "2", "1")),
                     RANGE("0", "2", "1") "a" RANGE("0", "2", "1") "a") "."),
         ""},
        {BYTES(FRAME(BLOCK(WIDE, SLICE("0", "2", "0")), "NaNa") "."), ""},
        {BYTES(FRAME(BLOCK(WIDE, "N"), "NaNa") "."), ""},
        {BYTES(FRAME(BLOCK("N", SLICE("0", "1", "1")), "Na" RANGE("0", "1", "1") "a") "."),
         " frame"},
        {BYTES(FRAME(BLOCK("N", SLICE("0", "99999", "1")), "Na" RANGE("0", "1", "1") "a") "."), ""},
        {BYTES(FRAME("N", "NaNa") "."), ""},
        {BYTES("cpandas.core.frame\nDataFrame\n)\201(dV_data\n" CALL(
             "pandas.core.internals", "BlockManager",
             "(" BLOCK(WIDE, SLICE("0", "2", "1")) "t(lNaNa") "sb."),
         " frame"},
        {BYTES("cpandas\nDataFrame\n)\201(dV_mgr\n" CALL(
             "my", "BlockManager", "(" BLOCK(WIDE, SLICE("0", "2", "1")) "t(lNaNa") "sb."),
         ""},
        {BYTES(FRAME(BLOCK(WIDE, F8), "NaNa") "."), ""},
        {BYTES(FRAME(BLOCK(ARRAY("", I4, "C\004abcd"), SLICE("0", "1", "1")), "NaNa") "."), ""},
        {BYTES(FRAME(BLOCK(WIDE, SLICE("0", "2", "1"))
                         BLOCK(ARRAY("I1\nI2\n", I4, "C\010abcdefgh"), SLICE("2", "3", "1")),
                     "NaNa") "."),
         ""},
    };
    ROWS(rows);
}

/* Labels that do not fit, or are in a buffer. */
static void test_labels(void **state)
{
    (void)state;
    static const char indexes[] =
        "(" INDEX("UInt64Index", "Vdata\n" ARRAY("I2\n", DTYPE("Vu8\n", PLAIN(">")),
                                                 "C\020\0\0\0\0\0\0\1\5"
                                                 "\377\0\0\0\0\0\0\0") "s")
            INDEX("Index", "Vdata\n" FROM("\227", I4, "I1\n", "VC\n") "s")
                INDEX("Index", "Vdata\n" ARRAY("I1\n", DTYPE("Vi2\n", PLAIN("<")),
                                               "C\002\376\377") "s") "l.";
    brn_doc *doc = read_doc(BYTES(indexes));
    brn_index_view index;
    brn_label label;
    assert_true(brn_as_index(brn_at(brn_root(doc), 0), NULL, &index));
    assert_true(brn_index_label(&index, 0, &label));
    assert_int_equal(label.number, 0x105);
    assert_false(brn_index_label(&index, 1, &label));
    assert_true(brn_as_index(brn_at(brn_root(doc), 1), NULL, &index));
    assert_false(brn_index_label(&index, 0, &label));
    assert_true(brn_as_index(brn_at(brn_root(doc), 2), NULL, &index));
    assert_true(brn_index_label(&index, 0, &label));
    assert_int_equal(label.number, -2);
    brn_free(doc);
}

static void test_frame_columns(void **state)
{
    (void)state;
    /* Two columns out of order, in Fortran's order of memory; one of a kind that is not known. */
    static const char frame[] =
        FRAME(BLOCK("N", SLICE("1", "2", "1")) BLOCK(WIDE, TWO("\002", "\000")),
              "Na" RANGE("7", "8", "1") "a") ".";
    brn_doc *doc = read_doc(BYTES(frame));
    brn_frame f;
    brn_column c;
    assert_true(brn_as_frame(brn_root(doc), NULL, &f));
    assert_int_equal(f.columns, 3);
    assert_int_equal(f.rows, 1);
    for (int twice = 0; twice < 2; twice++) {
        assert_true(brn_frame_column(&f, 0, &c));
        assert_int_equal(c.offset, 4);
        assert_memory_equal(c.values.bytes.data + c.offset, "efgh", 4);
        assert_false(brn_frame_column(&f, 1, &c));
        expect_zeros(&c, sizeof c);
        assert_true(brn_frame_column(&f, 2, &c));
        assert_int_equal(c.offset, 0);
        assert_int_equal(c.values.dimensions, 1);
        assert_int_equal(c.values.shape[0], 1);
        assert_false(brn_frame_column(&f, 3, &c));
    }
    assert_false(brn_frame_column(NULL, 0, &c));
    brn_index_view index;
    brn_label label;
    assert_false(brn_as_index(f.labels, NULL, &index));
    assert_true(brn_as_index(f.index, NULL, &index));
    assert_true(brn_index_label(&index, 0, &label));
    assert_int_equal(label.number, 7);
    assert_false(brn_index_label(&index, 1, &label));
    assert_false(brn_index_label(NULL, 0, &label));
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * Classes
 * ------------------------------------------------------------------------ */

typedef struct player {
    int64_t score;
} player;

static bool view_player(void *ctx, const brn_val *val, void *out)
{
    const brn_val *score = brn_attr(val, "score");
    ((player *)out)->score = brn_int(score);
    ++*(int *)ctx;
    return brn_typeof(score) == BRN_INT;
}

static void test_registry(void **state)
{
    (void)state;
    int asked = 0;
    const brn_viewer table[] = {
        {"other", "Player", sizeof(player), view_player, &asked},
        {"go", "Player", sizeof(player), view_player, &asked},
        {"go", "make", sizeof(player), view_player, &asked},
    };
    brn_doc *doc =
        read_doc(BYTES("(cgo\nPlayer\n)\201(dVscore\nI5\nsb"     /* its class */
                       "cgo\nPlayer\n)\201}b"                    /* not its shape */
                       CALL("go", "make", "") "(dVscore\nI6\nsb" /* its function */
                       CALL("copy_reg", "_reconstructor",
                            "cgo\nPlayer\nc__builtin__\nobject\nN") "(dVscore\nI7\nsb"
                                                                    "cgo\nEnemy\n)\201I5\nl."));
    const brn_val *list = brn_root(doc);
    player p;
    const int64_t scores[] = {5, -1, 6, 7, -1, -1};
    for (size_t i = 0; i < 6; i++) {
        memset(&p, 0xa5, sizeof p);
        assert_true(brn_view(table, 3, brn_at(list, i), &p, sizeof p) == (scores[i] >= 0));
        if (scores[i] >= 0)
            assert_int_equal(p.score, scores[i]);
        else
            expect_zeros(&p, sizeof p);
    }
    assert_int_equal(asked, 4);
    assert_ptr_equal(brn_viewer_for(table, 3, brn_at(list, 0)), &table[1]);
    assert_null(brn_viewer_for(table, 1, brn_at(list, 0)));
    assert_null(brn_viewer_for(table, 3, NULL));
    /* A struct of another size is not filled. */
    char more[sizeof p + 1];
    assert_false(brn_view(table, 3, brn_at(list, 0), more, sizeof more));
    expect_zeros(more, sizeof more);
    assert_int_equal(asked, 4);
    brn_free(doc);
}

static void test_classes(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES("(cm\nA.B.C\n" CALL(
        "__builtin__", "getattr",
        CALL("builtins", "getattr", "cm\nA\nVB\n") "VC\n") "cm\nC\n"
                                                           "ccopy_reg\nf\ncm\nA.B.C\n}bI1\nl."));
    const brn_val *list = brn_root(doc);
    assert_true(brn_is_class(brn_at(list, 0), "m", "A.B.C"));
    assert_true(brn_is_class(brn_at(list, 1), "m", "A.B.C"));
    assert_false(brn_is_class(brn_at(list, 0), "n", "A.B.C"));
    assert_false(brn_is_class(brn_at(list, 0), "m", "A.B"));
    assert_false(brn_is_class(brn_at(list, 1), "m", "A.X.C"));
    assert_false(brn_is_class(brn_at(list, 1), "m", "C"));
    assert_true(brn_is_class(brn_at(list, 2), "m", "C"));
    assert_false(brn_is_class(brn_at(list, 2), "m", "B.C"));
    assert_true(brn_is_class(brn_at(list, 3), "copyreg", "f"));
    assert_true(brn_is_class(brn_at(list, 3), "copy_reg", "f"));
    assert_false(brn_is_class(brn_at(list, 4), "m", "A.B.C"));
    assert_false(brn_is_class(brn_at(list, 5), "m", "C"));
    assert_false(brn_is_class(NULL, "m", "C"));
    assert_false(brn_is_class(brn_at(list, 0), NULL, "C"));
    assert_false(brn_is_class(brn_at(list, 0), "m", NULL));
    brn_free(doc);
    /* Instances: what they are made of, and of what they are not. */
    doc = read_doc(
        BYTES("(cm\nP\n(I1\nI2\nt\201cm\nP\n(I1\nt\201}bcm\nP\n)\201}b}bcm\nP\n)(dVk\nI1\n"
              "s\222"
              "(cm\nP\nI3\noI5\ncm\nP\n)R" CALL("copyreg", "_reconstructor",
                                                "cm\nP\nc__builtin__\ntuple\n(I8\nt") "l."));
    list = brn_root(doc);
    brn_instance i;
    brn_namedtuple t;
    assert_true(brn_as_instance(brn_at(list, 0), &i) && !i.state && i.args_from == 0);
    assert_true(brn_as_namedtuple(brn_at(list, 0), &t) && t.size == 2 && t.from == 0);
    assert_true(brn_as_instance(brn_at(list, 1), &i) && i.state);
    assert_false(brn_as_namedtuple(brn_at(list, 1), &t));
    assert_true(brn_as_instance(brn_at(list, 2), &i) && !i.state);
    assert_true(brn_as_instance(brn_at(list, 3), &i) && brn_size(i.kwargs) == 1);
    assert_false(brn_as_namedtuple(brn_at(list, 3), &t));
    assert_true(brn_as_instance(brn_at(list, 4), &i) && brn_size(i.args) == 1);
    assert_false(brn_as_instance(brn_at(list, 5), &i));
    expect_zeros(&i, sizeof i);
    assert_false(brn_as_instance(brn_at(list, 6), &i));
    assert_true(brn_as_namedtuple(brn_at(list, 7), &t) && t.size == 1);
    assert_int_equal(brn_int(brn_at(t.items, t.from)), 8);
    assert_false(brn_as_namedtuple(NULL, &t));
    brn_free(doc);
}

/* No view answers about plain data, nor about nothing. */
static void test_plain_data(void **state)
{
    (void)state;
    static const row rows[] = {
        {BYTES("N."), ""},
        {BYTES("\x88."), ""},
        {BYTES("I5\n."), ""},
        {BYTES(BIG "."), ""},
        {BYTES("F5\n."), ""},
        {BYTES("(l."), ""},
        {BYTES("(t."), ""},
        {BYTES("}."), ""},
        {BYTES("Pid\n."), ""},
        {BYTES("\x82\x05."), ""},
        {BYTES("\x82\x05)R."), ""},
        {BYTES("Pid\n)R."), ""},
        {BYTES("(lp0\ng0\na."), ""},
        {BYTES("cm\nC\n)R."), ""},
        {BYTES("cm\nC\np0\n(g0\ntRp1\ng1\nb."), ""},
    };
    ROWS(rows);
    char names[400];
    ask(NULL, names, sizeof names);
    assert_string_equal(names, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_dtypes),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_masked_arrays),
        cmocka_unit_test(test_array_with_buffers),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_pandas),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_frame_columns),
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_plain_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
