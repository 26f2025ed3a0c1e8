/*
 * test_repr.c - Python's spelling: floats, ints, text, bytes, in any locale, and numbers read
 * back.  tests/python compares millions more with CPython itself; here are
 * the edges, each with the text CPython 3.11 prints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repr.h"

#define BYTES(s) (s), sizeof(s) - 1

static void spell_float(double value, char *text, size_t cap)
{
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, cap - 1);
    brn_out_float(&out, value);
    assert_true(brn_out_finish(&out, cap) < cap);
}

static const struct float_case {
    uint64_t bits;
    const char *text;
} floats[] = {
    {0x0000000000000000, "0.0"},
    {0x8000000000000000, "-0.0"},
    {0x3ff0000000000000, "1.0"},
    {0xbff8000000000000, "-1.5"},
    {0x3fb999999999999a, "0.1"},
    {0x3fd5555555555555, "0.3333333333333333"},
    {0x3fd3333333333334, "0.30000000000000004"},
    {0x3f1a36e2eb1c432d, "0.0001"},
    {0x3ee4f8b588e368f1, "1e-05"},
    {0x3f202e85be111841, "0.000123456789"},
    {0x430c6bf526340000, "1000000000000000.0"},
    {0x4341c37937e08000, "1e+16"},
    {0x4341c37937e07fff, "9999999999999998.0"},
    {0x4340000000000000, "9007199254740992.0"},
    {0x4480f0cf064dd592, "1e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0x0010000000000000, "2.2250738585072014e-308"},
    {0x000fffffffffffff, "2.225073858507201e-308"},
    {0x0000000000000001, "5e-324"},
    {0x0000000000000002, "1e-323"},
    {0x0000000000000064, "4.94e-322"},
    {0x7ff0000000000000, "inf"},
    {0xfff0000000000000, "-inf"},
    {0x7ff8000000000000, "nan"},
    {0xfff8000000000001, "nan"},
    /* powers of two, whose lower neighbour is nearer than the upper */
    {0x3d30000000000000, "5.684341886080802e-14"},
    {0x0060000000000000, "7.120236347223045e-307"},
    {0x17a0000000000000, "6.84940421565126e-195"},
    {0x4940000000000000, "7.1362384635298e+44"},
    {0x7bb0000000000000, "6.090821257125e+287"},
    /* the point behind each digit, and where it leaves the digits */
    {0x3f202e85be11840f, "0.00012345678900074804"},
    {0x3ff3c0ca428c59f7, "1.2345678901234558"},
    {0x4028b0fcd32f7077, "12.345678901234562"},
    {0x41678c29dcd6e9b1, "12345678.90123448"},
    {0x419d6f34540ca457, "123456789.01234566"},
    {0x4311deef12073425, "1257548246273289.2"},
    {0x4325e64178ff3e33, "3082071694090009.5"},
    {0x4341c37937e07ffd, "9999999999999994.0"},
    {0x4341c37937e08001, "1.0000000000000002e+16"},
    {0x412e848000000000, "1000000.0"},
    {0x400f333333333333, "3.9"},
    {0xc05edd3c07ee0b0b, "-123.456789"},
    {0x54b249ad2594c37d, "1e+100"},
    {0x2b2bff2ee48e0530, "1e-100"},
    {0x3f1a36e2eb1c432c, "9.999999999999999e-05"},
};

static void test_floats(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        char text[40];
        double value;
        spell_float(brn_double_of_bits(floats[i].bits), text, sizeof text);
        assert_string_equal(text, floats[i].text);
        assert_true(brn_parse_float(text, strlen(text), &value));
        if (!isnan(value))
            assert_int_equal(brn_bits_of_double(value), floats[i].bits);
    }
}

/* No digit too few and none too many, for every power of two and its neighbours. */
static void test_floats_are_shortest(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        for (int i = 0; i < 5; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint64_t bits = exponent << 52;
            if (i < 3)
                bits += (uint64_t)(i - 1);
            else
                bits |= seed >> 12;
            if (bits >= UINT64_C(0x7ff0000000000000) || bits == 0)
                continue;
            double value = brn_double_of_bits(bits);
            char text[40];
            char shorter[40];
            spell_float(value, text, sizeof text);
            double read;
            assert_true(brn_parse_float(text, strlen(text), &read));
            assert_int_equal(brn_bits_of_double(read), bits);
            int digits = 0;
            bool leading = true;
            for (const char *p = text; *p && *p != 'e'; p++) {
                leading = leading && (*p == '0' || *p == '.');
                digits += !leading && *p != '.';
            }
            if (strchr(text, 'e') == NULL || digits < 2)
                continue;
            /* nearest with a digit less, and the next above: neither may read the same */
            (void)snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
            assert_true(strtod(shorter, NULL) != value);
        }
    }
}

static void test_parse_float(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"1", 1},
        {"+1", 1},
        {"-1", -1},
        {"1.", 1},
        {".5", .5},
        {"-.5e1", -5},
        {"1e5", 1e5},
        {"1E+05", 1e5},
        {"1e-400", 0},
        {"000.5", .5},
        {"0e999999999999999999999", 0},
        {"1e-99999999999999999999", 0},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000000001", 9007199254740994.0},
        {"2.4703282292062327208e-324", 0},
        {"2.4703282292062327209e-324", 5e-324},
        {"1.7976931348623158079e308", DBL_MAX},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = 99;
        assert_true(brn_parse_float(good[i].text, strlen(good[i].text), &value));
        assert_int_equal(brn_bits_of_double(value), brn_bits_of_double(good[i].value));
    }
    static const char *const bad[] = {
        "",   "+",    "-",   ".",     "-.",    "e5",        "1e",      "1e+", " 1",
        "1 ", "1_0",  "--1", "+-1",   "1.2.3", "0x10",      "0x1p3",   "1,5", "infin",
        "in", "nano", "1f",  "1e5.0", "i.f",   "\x0e\x01n", "INF\xff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 99;
        assert_false(brn_parse_float(bad[i], strlen(bad[i]), &value));
        assert_true(value == 0);
    }
    double value;
    assert_false(brn_parse_float(BYTES("1\0"), &value));
    static const char *const infinite[] = {"inf", "+INF", "iNfinity"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(brn_parse_float(infinite[i], strlen(infinite[i]), &value));
        assert_true(isinf(value) && value > 0);
    }
    assert_true(brn_parse_float(BYTES("-Infinity"), &value));
    assert_true(isinf(value) && value < 0);
    assert_true(brn_parse_float(BYTES("-nan"), &value));
    assert_int_equal(brn_bits_of_double(value), UINT64_C(0xfff8000000000000));
    assert_true(brn_parse_float(BYTES("NaN"), &value));
    assert_int_equal(brn_bits_of_double(value), UINT64_C(0x7ff8000000000000));
    /* out of range is told from malformed by the value */
    assert_false(brn_parse_float(BYTES("-1e309"), &value));
    assert_true(isinf(value) && value < 0);
    assert_false(brn_parse_float(BYTES("1.7976931348623159077e308"), &value));
    assert_true(isinf(value) && value > 0);
    assert_false(brn_parse_float(BYTES("1e99999999999999999999"), &value));
}

/* The sides of the point between 1 and its upper neighbour, told by the 5000th digit. */
static void test_parse_long_float(void **state)
{
    (void)state;
    const size_t length = 5000;
    char *text = malloc(length + 20);
    assert_non_null(text);
    static const char halfway[] = "1.00000000000000011102230246251565404236316680908203125";
    memset(text, '0', length);
    memcpy(text, halfway, sizeof halfway - 1);
    double value;
    assert_true(brn_parse_float(text, length, &value));
    assert_int_equal(brn_bits_of_double(value), UINT64_C(0x3ff0000000000000));
    text[length - 1] = '1';
    assert_true(brn_parse_float(text, length, &value));
    assert_int_equal(brn_bits_of_double(value), UINT64_C(0x3ff0000000000001));
    /* zeros in front, and an exponent that takes the point back */
    memset(text, '0', length);
    text[1] = '.';
    memcpy(text + length, "123e5001", 8);
    assert_true(brn_parse_float(text, length + 8, &value));
    assert_true(value == 123.0);
    text[0] = '1';
    text[1] = '0';
    memcpy(text + length, "e-5000", 6);
    assert_true(brn_parse_float(text, length + 6, &value));
    assert_true(value == 0.1);
    free(text);
}

/* Where the decimal point is none, of one byte and of two.  tools/setup.sh makes such locales. */
static void test_locale(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "ps_AF.UTF-8"};
    const char *folder = getenv("BRN_TEST_LOCALES");
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool there = setlocale(LC_ALL, names[i]) != NULL;
        if (!there && folder && setenv("LOCPATH", folder, 1) == 0)
            there = setlocale(LC_ALL, names[i]) != NULL;
        if (!there)
            continue;
        any = true;
        assert_string_not_equal(localeconv()->decimal_point, ".");
        test_floats(state);
        test_parse_float(state);
        test_parse_long_float(state);
    }
    (void)setlocale(LC_ALL, "C");
    if (!any) {
        print_message("skipped: none of the locales is installed, and LOCPATH has none\n");
        skip();
    }
}

/* Every count of digits, and the numbers around the places where they are cut in pieces. */
static void test_decimal_digits(void **state)
{
    (void)state;
    char text[60];
    char expected[60];
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++) {
        for (uint64_t multiple = 1; multiple < 10; multiple++) {
            for (int less = 0; less < 3; less++) {
                uint64_t value = power * multiple + (power - 1) / 7 * 3 - (uint64_t)less;
                brn_out out;
                brn_out_init(&out, NULL, NULL, text, sizeof text - 1);
                brn_out_uint(&out, value);
                brn_out_put(&out, ' ');
                brn_out_int(&out, (int64_t)value);
                assert_true(brn_out_finish(&out, sizeof text) < sizeof text);
                (void)snprintf(expected, sizeof expected, "%" PRIu64 " %" PRId64, value,
                               (int64_t)value);
                assert_string_equal(text, expected);
            }
        }
        power *= 10;
    }
    /* eight digits at once: each pair of them */
    for (uint64_t i = 0; i < 10000; i++) {
        brn_out out;
        brn_out_init(&out, NULL, NULL, text, sizeof text - 1);
        brn_out_uint(&out, UINT64_C(1234567800000000) + i * 10000 + (9999 - i));
        (void)brn_out_finish(&out, sizeof text);
        (void)snprintf(expected, sizeof expected, "12345678%04d%04d", (int)i, (int)(9999 - i));
        assert_string_equal(text, expected);
    }
}

static void expect_bigint(const char *bytes, size_t size, const char *expected)
{
    char text[200];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text - 1);
    brn_out_bigint(&out, (const uint8_t *)bytes, size);
    (void)brn_out_finish(&out, sizeof text);
    assert_string_equal(text, expected);
}

static void test_ints(void **state)
{
    (void)state;
    expect_bigint(BYTES(""), "0");
    expect_bigint(BYTES("\0\0\0"), "0");
    expect_bigint(BYTES("\xff"), "-1");
    expect_bigint(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "-1");
    expect_bigint(BYTES("\xff\0"), "255");
    expect_bigint(BYTES("\0\xff"), "-256");
    expect_bigint(BYTES("\0\0\0\0\0\0\0\x80"), "-9223372036854775808");
    expect_bigint(BYTES("\0\0\0\0\0\0\0\x80\0"), "9223372036854775808");
    expect_bigint(BYTES("\xff\xff\xff\xff\xff\xff\xff\x7f\xff"), "-9223372036854775809");
    expect_bigint(BYTES("\0\0\0\0\0\0\0\0\1"), "18446744073709551616");
    expect_bigint(BYTES("\0\0\0\0\0\0\0\0\xff"), "-18446744073709551616");
    expect_bigint(BYTES("\x01\0\0\0\0\0\0\0\xff"), "-18446744073709551615");
    /* 10^32, and as long but negative */
    expect_bigint(BYTES("\0\0\0\0\x81\xef\xac\x85\x5b\x41\x6d\x2d\xee\x04"),
                  "100000000000000000000000000000000");
    expect_bigint(BYTES("\0\0\0\0\x7f\x10\x53\x7a\xa4\xbe\x92\xd2\x11\xfb"),
                  "-100000000000000000000000000000000");
}

static void expect_decimal(const char *digits, bool negative, const char *bytes, size_t size)
{
    uint8_t out[100];
    size_t n = strlen(digits);
    assert_true(brn_decimal_bound(n) <= sizeof out);
    assert_int_equal(brn_decimal_to_bytes(digits, n, negative, out, sizeof out), size);
    if (size > 0)
        assert_memory_equal(out, bytes, size);
}

static void test_decimal_to_bytes(void **state)
{
    (void)state;
    expect_decimal("0", false, BYTES(""));
    expect_decimal("0", true, BYTES(""));
    expect_decimal("000000000000000000000000", true, BYTES(""));
    expect_decimal("127", false, BYTES("\x7f"));
    expect_decimal("128", false, BYTES("\x80\0"));
    expect_decimal("128", true, BYTES("\x80"));
    expect_decimal("129", true, BYTES("\x7f\xff"));
    expect_decimal("9223372036854775808", false, BYTES("\0\0\0\0\0\0\0\x80\0"));
    expect_decimal("9223372036854775808", true, BYTES("\0\0\0\0\0\0\0\x80"));
    expect_decimal("00018446744073709551616", false, BYTES("\0\0\0\0\0\0\0\0\1"));
    expect_decimal("18446744073709551616", true, BYTES("\0\0\0\0\0\0\0\0\xff"));
}

/* 10^4300 - 1 is the last in decimal; each is read back to the bytes it came from. */
static void test_long_ints(void **state)
{
    (void)state;
    static char digits[4400];
    static char text[6000];
    static uint8_t bytes[2000];
    for (size_t count = 4280; count <= 4310; count++) {
        for (int negative = 0; negative < 2; negative++) {
            memset(digits, '9', count);
            size_t size = brn_decimal_to_bytes(digits, count, negative, bytes, sizeof bytes);
            brn_out out;
            brn_out_init(&out, NULL, NULL, text, sizeof text);
            brn_out_bigint(&out, bytes, size);
            const char *p = text + negative;
            assert_int_equal(text[0], negative ? '-' : p[0]);
            if (count <= 4300) {
                assert_int_equal(out.used, count + (size_t)negative);
                assert_memory_equal(p, digits, count);
                continue;
            }
            assert_memory_equal(p, "0x", 2);
            assert_int_not_equal(p[2], '0');
            /* the number is 10^count - 1: the last hexadecimal digits are all f */
            assert_memory_equal(text + out.used - 4, "ffff", 4);
        }
    }
    /* 10^4300 */
    digits[0] = '1';
    memset(digits + 1, '0', 4300);
    size_t size = brn_decimal_to_bytes(digits, 4301, false, bytes, sizeof bytes);
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text);
    brn_out_bigint(&out, bytes, size);
    assert_memory_equal(text, "0x", 2);
    /* far too long for decimal, and negative: -(2^80000) and one less */
    static uint8_t huge[10002];
    for (int less = 0; less < 2; less++) {
        memset(huge, less ? 0xff : 0, sizeof huge);
        huge[10000] = less ? 0xfe : 0xff;
        huge[10001] = 0xff;
        static char hex[21000];
        brn_out_init(&out, NULL, NULL, hex, sizeof hex);
        brn_out_bigint(&out, huge, sizeof huge);
        assert_int_equal(out.used, 4 + 20000);
        assert_memory_equal(hex, "-0x1", 4);
        for (size_t i = 4; i < out.used; i++)
            assert_int_equal(hex[i], less && i + 1 == out.used ? '1' : '0');
    }
}

static void expect_text(const char *text, size_t size, const char *expected)
{
    char repr[200];
    assert_int_equal(brn_repr_text(text, size, repr, sizeof repr), strlen(expected));
    assert_string_equal(repr, expected);
}

static void test_text(void **state)
{
    (void)state;
    expect_text(NULL, 0, "''");
    expect_text(BYTES("abc"), "'abc'");
    expect_text(BYTES("it's"), "\"it's\"");
    expect_text(BYTES("\"it's\""), "'\"it\\'s\"'");
    expect_text(BYTES("say \"x\""), "'say \"x\"'");
    expect_text(BYTES("a\\b\n\r\t\x01\x1f\x7f~\0"), "'a\\\\b\\n\\r\\t\\x01\\x1f\\x7f~\\x00'");
    expect_text(BYTES("\x08\x0b\x0c"), "'\\x08\\x0b\\x0c'");
    /* U+0080, U+00A0, U+00A1, U+00AD, U+0378, U+0377 */
    expect_text(BYTES("\xc2\x80\xc2\xa0\xc2\xa1\xc2\xad\xcd\xb8\xcd\xb7"),
                "'\\x80\\xa0\xc2\xa1\\xad\\u0378\xcd\xb7'");
    /* U+2028, U+3000, U+FEFF, U+1F600, U+E0001, U+10FFFF */
    expect_text(BYTES("\xe2\x80\xa8\xe3\x80\x80\xef\xbb\xbf\xf0\x9f\x98\x80\xf3\xa0\x80\x81"
                      "\xf4\x8f\xbf\xbf"),
                "'\\u2028\\u3000\\ufeff\xf0\x9f\x98\x80\\U000e0001\\U0010ffff'");
    /* assigned by Unicode 14.0 and by 15.0 */
    expect_text(BYTES("\xe2\x83\x80\xf0\x9f\xab\xa8"), "'\xe2\x83\x80\\U0001fae8'");
    expect_text(BYTES("\xed\xa0\x80\xed\xbf\xbf"), "'\\ud800\\udfff'");
    /* bytes that are no character */
    expect_text(BYTES("\x80\xff\xc3(\xc0\x80\xe2\x82"), "'\\x80\\xff\\xc3(\\xc0\\x80\\xe2\\x82'");
    expect_text(BYTES("\xf4\x90\x80\x80\xf0\x8f\xbf\xbf"),
                "'\\xf4\\x90\\x80\\x80\\xf0\\x8f\\xbf\\xbf'");
}

static void expect_out(void (*write)(brn_out *, const void *, size_t), const char *bytes,
                       size_t size, const char *expected)
{
    char text[200];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text - 1);
    write(&out, bytes, size);
    (void)brn_out_finish(&out, sizeof text);
    assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
    (void)state;
    expect_out(brn_out_repr_bytes, NULL, 0, "b''");
    expect_out(brn_out_repr_bytes, BYTES("a'\xff\0\n"), "b\"a'\\xff\\x00\\n\"");
    expect_out(brn_out_repr_bytes, BYTES("'\""), "b'\\'\"'");
    expect_out(brn_out_repr_bytes, BYTES("\xc3\xa9\\"), "b'\\xc3\\xa9\\\\'");
    expect_out(brn_out_repr_bytearray, BYTES("x"), "bytearray(b'x')");
    expect_out(brn_out_repr_bytearray, BYTES("a'b\xff"), "bytearray(b\"a\\'b\\xff\")");
    expect_out(brn_out_repr_bytearray, BYTES("'\""), "bytearray(b'\\'\"')");
    expect_out(brn_out_repr_bytearray, BYTES("\""), "bytearray(b'\"')");
    expect_out(brn_out_repr_latin1, BYTES("\xe9\x80'"), "\"\xc3\xa9\\x80'\"");
}

/*
 * A character that needs an escape, at every place of texts of every length up to three words and
 * after them, with room in the buffer and without.
 */
static void test_text_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *repr;
    } specials[] = {
        {"\x1f", "\\x1f"},
        {"\x7f", "\\x7f"},
        {"\\", "\\\\"},
        {"~", "~"},
        {" ", " "},
        {"\xc2\x80", "\\x80"},
        {"\"", "\""},
        {"\n", "\\n"},
        {"\xff", "\\xff"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xed\xa0\x80", "\\ud800"},
    };
    for (size_t k = 0; k < sizeof specials / sizeof *specials; k++) {
        for (size_t size = 0; size < 26; size++) {
            for (size_t at = 0; at <= size; at++) {
                char text[80];
                char expected[80];
                (void)snprintf(text, sizeof text, "%.*s%s%.*s", (int)at,
                               "abcdefghijklmnopqrstuvwxyz", specials[k].text, (int)(size - at),
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
                (void)snprintf(expected, sizeof expected, "'%.*s%s%.*s'", (int)at,
                               "abcdefghijklmnopqrstuvwxyz", specials[k].repr, (int)(size - at),
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
                for (size_t cap = strlen(expected) + 1; cap <= 200; cap += 140 - strlen(expected)) {
                    char repr[200];
                    memset(repr, '#', sizeof repr);
                    assert_int_equal(brn_repr_text(text, strlen(text), repr, cap),
                                     strlen(expected));
                    assert_string_equal(repr, expected);
                    for (size_t i = cap; i < sizeof repr; i++)
                        assert_int_equal(repr[i], '#');
                }
            }
        }
    }
}

/* ------------------------------------------------------------------------
 * Output
 * ------------------------------------------------------------------------ */

typedef struct sink {
    char text[300];
    size_t size;
    size_t calls;
    size_t refuse_from; /* the call that fails; 0: none */
} sink;

static bool take(void *ctx, const void *data, size_t size)
{
    sink *s = ctx;
    s->calls++;
    assert_true(size > 0);
    if (s->refuse_from > 0 && s->calls >= s->refuse_from)
        return false;
    memcpy(s->text + s->size, data, size);
    s->size += size;
    return true;
}

static void test_out(void **state)
{
    (void)state;
    /* pieces below, at and above the size of the buffer, in each order */
    for (size_t cap = 1; cap < 12; cap++) {
        sink s = {.size = 0};
        char buffer[12];
        brn_out out;
        brn_out_init(&out, take, &s, buffer, cap);
        brn_out_put(&out, 'a');
        brn_out_puts(&out, "bcd");
        brn_out_putn(&out, "efghijklmno", 11);
        brn_out_put(&out, 'p');
        brn_out_putn(&out, NULL, 0);
        brn_out_puts(&out, "qrstuv");
        brn_out_uint(&out, UINT64_MAX);
        brn_out_int(&out, INT64_MIN);
        brn_out_hex(&out, 0xbeef, 6);
        assert_true(brn_out_flush(&out));
        assert_true(brn_out_flush(&out));
        assert_int_equal(s.size, 22 + 20 + 20 + 6);
        assert_memory_equal(s.text,
                            "abcdefghijklmnopqrstuv18446744073709551615"
                            "-922337203685477580800beef",
                            s.size);
    }
    for (size_t from = 1; from < 6; from++) {
        sink s = {.refuse_from = from};
        char buffer[4];
        brn_out out;
        brn_out_init(&out, take, &s, buffer, sizeof buffer);
        for (int i = 0; i < 100; i++)
            brn_out_puts(&out, i % 2 ? "abc" : "abcdefgh");
        assert_false(brn_out_flush(&out));
        assert_true(out.failed);
        /* a sink that has refused is not called again */
        assert_int_equal(s.calls, from);
    }
}

/* As snprintf: cut, ended with NUL, the whole length returned. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 8; cap++) {
        char text[8];
        memset(text, '#', sizeof text);
        assert_int_equal(brn_repr_text("abcd", 4, cap > 0 ? text : NULL, cap), 6);
        size_t kept = cap == 0 ? 0 : cap - 1 < 6 ? cap - 1 : 6;
        assert_memory_equal(text, "'abcd'", kept);
        if (cap > 0)
            assert_int_equal(text[kept], '\0');
        for (size_t i = cap > 0 ? kept + 1 : 0; i < sizeof text; i++)
            assert_int_equal(text[i], '#');
    }
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *pickle;
        const char *repr;
    } cases[] = {
        {"N.", "None"},
        {"I01\n.", "True"},
        {"I00\n.", "False"},
        {"I-42\n.", "-42"},
        {"L18446744073709551616L\n.", "18446744073709551616"},
        {"F-2.5\n.", "-2.5"},
        {"V\xe9\n.", "'\xc3\xa9'"},
        {"S'\\xe9'\n.", "b'\\xe9'"},
        {"C\x02hi.", "b'hi'"},
        {"].", ""},
        {"cm\nA\n.", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        brn_doc *doc = brn_read(cases[i].pickle, strlen(cases[i].pickle), NULL, NULL, NULL);
        assert_non_null(doc);
        char text[40];
        assert_int_equal(brn_repr(brn_root(doc), text, sizeof text), strlen(cases[i].repr));
        assert_string_equal(text, cases[i].repr);
        assert_int_equal(brn_repr(brn_root(doc), NULL, 0), strlen(cases[i].repr));
        brn_free(doc);
    }
    brn_doc *doc = brn_read(BYTES("\x96\1\0\0\0\0\0\0\0x."), NULL, NULL, NULL);
    char text[40];
    assert_int_equal(brn_repr(brn_root(doc), text, sizeof text), 15);
    assert_string_equal(text, "bytearray(b'x')");
    brn_free(doc);
    assert_int_equal(brn_repr(NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_floats_are_shortest),
        cmocka_unit_test(test_decimal_digits),
        cmocka_unit_test(test_text_in_words),
        cmocka_unit_test(test_parse_float),
        cmocka_unit_test(test_parse_long_float),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_decimal_to_bytes),
        cmocka_unit_test(test_long_ints),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
