/*
 * test_path.c - brn_get(): every kind of step and literal, Python's equality between
 * them and the keys, and what the error says where a path leads nowhere.
 */
#include "support.h"

/* The path leads to this int. */
static void expect(const brn_doc *doc, const char *path, int64_t value)
{
    brn_error err;
    const brn_val *val = brn_get_err(brn_root(doc), path, &err);
    if (!val)
        fail_msg("%s: error %d: %s", path, (int)err.code, err.message);
    assert_int_equal(brn_typeof(val), BRN_INT);
    assert_int_equal(brn_int(val), value);
    assert_int_equal(err.code, BRN_OK);
    assert_ptr_equal(val, brn_get(brn_root(doc), path));
}

static void expect_error(const brn_doc *doc, const char *path, brn_code code, uint64_t offset)
{
    brn_error err;
    assert_null(brn_get_err(brn_root(doc), path, &err));
    if (err.code != code || err.offset != offset)
        fail_msg("%s: error %d at %d: %s", path, (int)err.code, (int)err.offset, err.message);
    assert_true(err.message[0] != '\0');
    assert_int_equal(err.opcode, -1);
    assert_null(brn_get(brn_root(doc), path));
}

static void expect_syntax(const brn_doc *doc, const char *path, uint64_t offset)
{
    expect_error(doc, path, BRN_ERROR_PATH_SYNTAX, offset);
}

static void expect_absent(const brn_doc *doc, const char *path, uint64_t offset,
                          const char *message)
{
    brn_error err;
    expect_error(doc, path, BRN_ERROR_PATH_ABSENT, offset);
    assert_null(brn_get_err(brn_root(doc), path, &err));
    assert_string_equal(err.message, message);
    /* the error's path is the part that leads somewhere */
    assert_int_equal(strlen(err.path), offset);
    assert_memory_equal(err.path, path, (size_t)offset);
}

static void test_items(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES("((K\x0aK\x0bK\x0ctK\x14l."));
    assert_ptr_equal(brn_get(brn_root(doc), ""), brn_root(doc));
    expect(doc, "[1]", 20);
    expect(doc, "[-1]", 20);
    expect(doc, "[0][0]", 10);
    expect(doc, "[0][2]", 12);
    expect(doc, "[-2][-3]", 10);
    expect(doc, "[ 0 ][\t1 ]", 11);
    expect(doc, "[False][True]", 11);
    expect(doc, "[0x0][0b1_0]", 12);
    expect_absent(doc, "[2]", 0, "list of 2 has no item 2");
    expect_absent(doc, "[-3]", 0, "list of 2 has no item -3");
    expect_absent(doc, "[0][3]", 3, "tuple of 3 has no item 3");
    expect_absent(doc, "[0][-4]", 3, "tuple of 3 has no item -4");
    expect_absent(doc, "[0]['x']", 3, "tuple of 3 has no item 'x'");
    expect_absent(doc, "[0][1.0]", 3, "tuple of 3 has no item 1.0");
    expect_absent(doc, "[99999999999999999999999]", 0,
                  "list of 2 has no item 99999999999999999999999");
    expect_absent(doc, "[-9223372036854775808]", 0, "list of 2 has no item -9223372036854775808");
    expect_absent(doc, "[1][0]", 3, "int has no items");
    expect_absent(doc, "[1].x", 3, "int has no attribute 'x'");
    brn_free(doc);
}

/* One dict with a key of every type; the values are numbered. */
static const char keys[] = "}("
                           "K\x05K\x01"                     /* 5 */
                           "F2.0\nK\x02"                    /* 2.0 */
                           "F0.5\nK\x03"                    /* 0.5 */
                           "NK\x04"                         /* None */
                           "\x88K\x05"                      /* True */
                           "L18446744073709551616L\nK\x06"  /* 2**64 */
                           "L-18446744073709551617L\nK\x07" /* -2**64 - 1 */
                           "G\x44\x10\0\0\0\0\0\0K\x08"     /* 2.0**66 */
                           "X\x01\x00\x00\x00"
                           "aK\x09" /* 'a' */
                           "C\x01"
                           "aK\x0a"                    /* b'a' */
                           "U\x02p2K\x0b"              /* 'p2' of Python 2 */
                           "U\x01\xffK\x0c"            /* '\xff' of Python 2 */
                           "X\x02\x00\x00\x00'\"K\x0d" /* '\'"' */
                           "X\x09\x00\x00\x00\n\t\\\xc3\xa9\xf0\x9f\x98\x80K\x0e"
                           "X\x03\x00\x00\x00\xed\xa0\x80K\x0f"  /* '\ud800' */
                           "X\x00\x00\x00\x00K\x10"              /* '' */
                           "C\x04\x00\xff\\'K\x11"               /* b'\x00\xff\\\'' */
                           ")K\x12"                              /* () */
                           "X\x04\x00\x00\x00QPSKK\x02\x86K\x13" /* ('QPSK', 2) */
                           "K\x01\x85\x85K\x14"                  /* ((1,),) */
                           "F1e22\nK\x15"                        /* 10**22 */
                           "Finf\nK\x16"
                           "u.";

static void test_numbers(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES(keys));
    static const char *const fives[] = {
        "[5]", "[+5]", "[5.0]", "[5.]", "[.5e1]", "[50e-1]", "[0x5]", "[0X05]", "[0b101]", "[0o5]",
    };
    for (size_t i = 0; i < LENGTH_OF(fives); i++)
        expect(doc, fives[i], 1);
    expect(doc, "[2]", 2);
    expect(doc, "[0b1_0]", 2);
    expect(doc, "[2e0]", 2);
    expect(doc, "[.5]", 3);
    expect(doc, "[0.5]", 3);
    expect(doc, "[0_0.5_0]", 3);
    expect(doc, "[5E-1]", 3);
    expect(doc, "[None]", 4);
    expect(doc, "[True]", 5);
    expect(doc, "[1]", 5);
    expect(doc, "[1.0]", 5);
    expect(doc, "[18446744073709551616]", 6);
    expect(doc, "[18_446_744_073_709_551_616]", 6);
    expect(doc, "[0x1_0000_0000_0000_0000]", 6);
    expect(doc, "[0o2000000000000000000000]", 6);
    expect(doc, "[18446744073709551616.0]", 6);
    expect(doc, "[-18446744073709551617]", 7);
    expect(doc, "[-0x10000000000000001]", 7);
    expect(doc, "[73786976294838206464]", 8);
    expect(doc, "[7.3786976294838206464e19]", 8);
    expect(doc, "[1e22]", 21);
    expect(doc, "[10000000000000000000000]", 21);
    expect(doc, "[1e999]", 22);
    expect_error(doc, "[-1e999]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[73786976294838206465]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[-18446744073709551617.0]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[18446744073709551617]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[False]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[0]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "['1']", BRN_ERROR_PATH_ABSENT, 0);

    static const char *const malformed[] = {
        "[01]",    "[1__0]", "[1_]",  "[_1]",   "[0x]",       "[0x_]",  "[0xg]", "[0b2]",
        "[0o8]",   "[1.5j]", "[1e]",  "[1e+]",  "[.]",        "[-]",    "[+]",   "[--1]",
        "[1_.5]",  "[1._5]", "[.e1]", "[1a]",   "[5_e1]",     "[1e5_]", "[.5_]", "[- 1]",
        "[0x1.5]", "[inf]",  "[nan]", "[true]", "[Nonesuch]",
    };
    for (size_t i = 0; i < LENGTH_OF(malformed); i++)
        expect_syntax(doc, malformed[i], 1);
    brn_free(doc);
}

/* As many digits as Python converts, in each base, and one more. */
static void test_long_numbers(void **state)
{
    (void)state;
    static char path[16000];
    brn_doc *doc = read_doc(BYTES(keys));
    for (size_t digits = 4299; digits <= 4301; digits++) {
        int n = snprintf(path, sizeof path, "[%0*d]", (int)digits, 0);
        memset(path + 1, '9', (size_t)n - 2);
        expect_error(doc, path, digits > 4300 ? BRN_ERROR_PATH_SYNTAX : BRN_ERROR_PATH_ABSENT,
                     digits > 4300);
        /* zeros in front do not make a number long, but too many digits are too many */
        (void)snprintf(path, sizeof path, "[0b%0*d]", (int)digits - 1, 101);
        expect(doc, path, 1);
    }
    (void)snprintf(path, sizeof path, "[0x%04000d]", 1);
    memset(path + 3, 'f', 3990);
    expect_syntax(doc, path, 1);
    (void)snprintf(path, sizeof path, "[1.%05000de0]", 0);
    expect_syntax(doc, path, 1);
    brn_free(doc);
}

static void test_text(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES(keys));
    expect(doc, "['a']", 9);
    expect(doc, "[\"a\"]", 9);
    expect(doc, "[u'a']", 9);
    expect(doc, "[r'a']", 9);
    expect(doc, "['\\x61']", 9);
    expect(doc, "['\\u0061']", 9);
    expect(doc, "['\\U00000061']", 9);
    expect(doc, "['\\141']", 9);
    expect(doc, "['\\\na']", 9);
    expect(doc, "[b'a']", 10);
    expect(doc, "[B\"\\x61\"]", 10);
    expect(doc, "[rb'a']", 10);
    expect(doc, "[bR'a']", 10);
    /* Python 2 strings are found as text if they are ASCII, and as bytes */
    expect(doc, "['p2']", 11);
    expect(doc, "['\\x702']", 11);
    expect(doc, "[b'p2']", 11);
    expect(doc, "[b'\\xff']", 12);
    expect_error(doc, "['\\xff']", BRN_ERROR_PATH_ABSENT, 0);
    expect(doc, "['\\'\"']", 13);
    expect(doc, "[\"'\\\"\"]", 13);
    expect(doc, "['\\n\\t\\\\\xc3\xa9\xf0\x9f\x98\x80']", 14);
    expect(doc, "['\\x0a\\011\\x5c\\xe9\\U0001F600']", 14);
    expect(doc, "['\\n\\t\\\\\\u00e9\\U0001f600']", 14);
    expect_error(doc, "['\\n\\t\\\\\\u00e9\\U0001f600x']", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "['\\n\\t\\\\\\u00e9']", BRN_ERROR_PATH_ABSENT, 0);
    expect(doc, "['\\ud800']", 15);
    expect(doc, "['']", 16);
    expect(doc, "[\"\"]", 16);
    expect(doc, "[b'\\x00\\xff\\\\\\'']", 17);
    expect(doc, "[b'\\0\\377\\\\\\'']", 17);
    /* what is no escape is not one: '\q' is two characters, and \u is nothing in bytes */
    expect_error(doc, "['\\q']", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[b'\\u0061']", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[r'\\x61']", BRN_ERROR_PATH_ABSENT, 0);

    expect_syntax(doc, "['a", 1);
    expect_syntax(doc, "['a]", 1);
    expect_syntax(doc, "['a\nb']", 1);
    expect_syntax(doc, "['a\\']", 1);
    expect_syntax(doc, "['a\\", 1);
    expect_syntax(doc, "[r'a\\']", 2);
    expect_syntax(doc, "['\\x6']", 2);
    expect_syntax(doc, "['\\x", 2);
    expect_syntax(doc, "['ab\\u123']", 4);
    expect_syntax(doc, "['\\U0011ffff']", 2);
    expect_syntax(doc, "['\\N{DASH}']", 2);
    expect_syntax(doc, "[b'\xc3\xa9']", 3);
    expect_syntax(doc, "[ub'a']", 1);
    expect_syntax(doc, "[f'a']", 1);
    expect_syntax(doc, "[rr'a']", 1);
    expect_syntax(doc, "['a''b']", 4);
    brn_free(doc);

    /* r'\'' and '\q' are two characters each */
    doc = read_doc(BYTES("}(X\x02\x00\x00\x00\\'K\x01X\x02\x00\x00\x00\\qK\x02"
                         "C\x06\\u0061K\x03u."));
    expect(doc, "[r'\\'']", 1);
    expect(doc, "['\\\\\\'']", 1);
    expect(doc, "['\\q']", 2);
    expect(doc, "[r'\\q']", 2);
    expect(doc, "[b'\\u0061']", 3);
    brn_free(doc);

    /* bytes are preferred to the str of Python 2 for b'..' */
    doc = read_doc(BYTES("}(U\x01xK\x01"
                         "C\x01xK\x02U\x01yK\x03u."));
    expect(doc, "[b'x']", 2);
    expect(doc, "['x']", 1);
    expect(doc, "[b'y']", 3);
    brn_free(doc);
}

static void test_tuples(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES(keys));
    expect(doc, "[()]", 18);
    expect(doc, "[( )]", 18);
    expect(doc, "[('QPSK', 2)]", 19);
    expect(doc, "[(\"QPSK\",2.0 , )]", 19);
    expect(doc, "[('\\x51PSK', 0b10)]", 19);
    expect(doc, "[((1,),)]", 20);
    expect(doc, "[ ( (True , ) , ) ]", 20);
    expect_error(doc, "[('QPSK', 2, 3)]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[('QPSK',)]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[('QPSK', '2')]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[(b'QPSK', 2)]", BRN_ERROR_PATH_ABSENT, 0);
    expect_error(doc, "[(((1,),),)]", BRN_ERROR_PATH_ABSENT, 0);
    expect_syntax(doc, "[(1)]", 1);
    expect_syntax(doc, "[((1),)]", 2);
    expect_syntax(doc, "[(,)]", 2);
    expect_syntax(doc, "[(1,,)]", 4);
    expect_syntax(doc, "[(1 2)]", 4);
    expect_syntax(doc, "[(1,", 4);
    expect_syntax(doc, "[(1", 3);
    expect_syntax(doc, "[(", 2);
    expect_syntax(doc, "[1, 2]", 2);
    brn_free(doc);

    /* ((((...)))) around an int, as deep as a path may go and one deeper */
    for (int depth = 64; depth <= 65; depth++) {
        char pickle[200];
        char path[400];
        int n = snprintf(pickle, sizeof pickle, "}K\x01");
        memset(pickle + n, '\x85', (size_t)depth);
        memcpy(pickle + n + depth, "K\x07s.", 5);
        doc = read_doc(pickle, (size_t)(n + depth) + 4);
        path[0] = '[';
        memset(path + 1, '(', (size_t)depth);
        path[1 + depth] = '1';
        for (int i = 0; i < depth; i++)
            memcpy(path + 2 + depth + 2 * i, ",)", 2);
        memcpy(path + 2 + 3 * depth, "]", 2);
        if (depth == 64)
            expect(doc, path, 7);
        else
            expect_syntax(doc, path, 65);
        brn_free(doc);
    }
}

static void test_many_keys(void **state)
{
    (void)state;
    char pickle[8000];
    size_t n = 0;
    memcpy(pickle, "}(", 2);
    n = 2;
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(pickle + n, sizeof pickle - n, "V%d\nI%d\nI%d\nI%d\n", i, i, i, -i);
    memcpy(pickle + n, "u.", 2);
    brn_doc *doc = read_doc(pickle, n + 2);
    for (int i = 1; i < 200; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "['%d']", i);
        expect(doc, path, i);
        (void)snprintf(path, sizeof path, "['\\x%02x%s']", '0' + i % 10, "");
        if (i < 10)
            expect(doc, path, i);
        (void)snprintf(path, sizeof path, "[%d.0]", i);
        expect(doc, path, -i);
    }
    expect_absent(doc, "[200]", 0,
                  "dict has no key 200; it has '0', 0, '1', 1, '2', 2, '3', 3, '4', 4, '5', 5, "
                  "'6', 6, '7', 7, '8', 8, '9', 9, '10', 10, '11', 11, '12', 12, '13', 13, '14', "
                  "14, '15', 15, '16', 16, ... 366 more");
    brn_free(doc);
}

static void test_attributes(void **state)
{
    (void)state;
    /* state twice, the second a (dict, slots) pair */
    brn_doc *doc = read_doc(BYTES("cm\nA\nK\x63\x85}X\x01\x00\x00\x00kK\x01s\x92"
                                  "}(U\x01xK\x02U\x01yK\x03ub"
                                  "}(U\x01yK\x04U\x01zK\x05u}(U\x01zK\x06U\x02\xc3\xa9K\x07u\x86"
                                  "b."));
    expect(doc, "x", 2);
    expect(doc, ".x", 2);
    expect(doc, ".y", 4);
    expect(doc, ".z", 6);
    expect(doc, ".__args__[0]", 99);
    expect(doc, ".__kwargs__.k", 1);
    expect(doc, "__kwargs__['k']", 1);
    expect(doc, ".__state__[1].z", 6);
    assert_true(brn_global_is(brn_get(brn_root(doc), ".__class__"), "m", "A"));
    expect_absent(doc, ".w", 0, "object has no attribute 'w'");
    expect_absent(doc, ".__args__.w", 9, "tuple of 1 has no attribute 'w'");
    expect_absent(doc, ".__class__.x", 10, "global has no attribute 'x'");
    expect_absent(doc, ".__class__[0]", 10, "global has no items");
    expect_absent(doc, "[0]", 0, "object has no item 0");
    expect_syntax(doc, ".", 1);
    expect_syntax(doc, ".1", 1);
    expect_syntax(doc, ".x.", 3);
    expect_syntax(doc, ".x y", 2);
    expect_syntax(doc, " x", 0);
    expect_syntax(doc, "]", 0);
    expect_syntax(doc, "[", 1);
    expect_syntax(doc, "[]", 1);
    expect_syntax(doc, ".__args__[0", 11);
    brn_free(doc);

    doc = read_doc(BYTES("cm\nA\nK\x05\x85R}X\x02\x00\x00\x00\xc3\xa9K\x01sb."));
    expect(doc, ".\xc3\xa9", 1);
    expect(doc, ".__args__[0]", 5);
    expect_absent(doc, ".__kwargs__", 0, "call has no attribute '__kwargs__'; it has '\xc3\xa9'");
    brn_free(doc);

    doc = read_doc(BYTES("}U\x01"
                         "aK\x01s."));
    expect(doc, "a", 1);
    expect(doc, ".a", 1);
    expect_absent(doc, ".b", 0, "dict has no key 'b'; it has 'a'");
    expect_absent(doc, "b", 0, "dict has no key 'b'; it has 'a'");
    expect_absent(doc, "[1]", 0, "dict has no key 1; it has 'a'");
    brn_free(doc);
    doc = read_doc(BYTES("}."));
    expect_absent(doc, "b", 0, "dict has no key 'b'; it is empty");
    brn_free(doc);
}

static void test_objects(void **state)
{
    (void)state;
    /* append, set twice with the same key, append, add */
    brn_doc *doc = read_doc(BYTES("cm\nA\n)\x81(K\x0aK\x0b"
                                  "e(U\x01kK\x01U\x01kK\x02K\x02K\x37u"
                                  "}b(K\x0cK\x0d"
                                  "eU\x01jK\x03s(K\x0e\x90."));
    expect(doc, "[0]", 10);
    expect(doc, "[1]", 11);
    expect(doc, "[3]", 13);
    expect(doc, "[4]", 14);
    expect(doc, "[-1]", 14);
    expect(doc, "[-5]", 10);
    /* the items come after the pairs with key 2 */
    expect(doc, "[2]", 12);
    expect(doc, "['k']", 2);
    expect(doc, "['\\x6b']", 2);
    expect(doc, "['j']", 3);
    expect_absent(doc, "[5]", 0, "object of 5 has no item 5");
    expect_absent(doc, "[-6]", 0, "object of 5 has no item -6");
    expect_absent(doc, "['q']", 0, "object of 5 has no item 'q'");
    expect_absent(doc, "[0.5]", 0, "object of 5 has no item 0.5");
    brn_free(doc);
}

/* What is cut is cut between characters. */
static void test_cut_characters(void **state)
{
    (void)state;
    /* A dict that holds itself under one letter of two bytes. */
    brn_doc *doc = read_doc(BYTES("}\x94X\x02\x00\x00\x00\xc3\xa9h\x00s."));
    static const struct {
        const char *first;
        size_t shown; /* of the 252 bytes of a long path that there is room for */
    } steps[] = {{"", 252}, {"\xc3\xa9", 252}, {"[ '\xc3\xa9']", 251}};
    for (size_t i = 0; i < LENGTH_OF(steps); i++) {
        char path[1000];
        size_t size = (size_t)snprintf(path, sizeof path, "%s", steps[i].first);
        for (size_t k = 0; k < 100; k++)
            size += (size_t)snprintf(path + size, sizeof path - size, ".\xc3\xa9");
        (void)snprintf(path + size, sizeof path - size, ".q");
        brn_error err;
        assert_null(brn_get_err(brn_root(doc), path, &err));
        assert_int_equal(err.offset, size);
        assert_int_equal(strlen(err.path), steps[i].shown + 3);
        assert_memory_equal(err.path, path, steps[i].shown);
        assert_string_equal(err.path + steps[i].shown, "...");
    }
    for (size_t width = 56; width < 58; width++) {
        char name[100];
        char expected[200];
        memset(name, 'x', width);
        for (size_t i = 0; i < 20; i++)
            memcpy(name + width + 2 * i, "\xc3\xa9", 3);
        (void)snprintf(expected, sizeof expected, "dict has no key '%.*s...'; it has '\xc3\xa9'",
                       (int)width, name);
        expect_absent(doc, name, 0, expected);
    }
    brn_free(doc);
}

static void test_long_messages(void **state)
{
    (void)state;
    char pickle[400];
    size_t n = 0;
    /* a key too long to show, and one behind it */
    memcpy(pickle, "}(X\x96\x00\x00\x00", 7);
    n = 7;
    memset(pickle + n, 'k', 150);
    n += 150;
    memcpy(pickle + n, "K\x01K\x02K\x03u.", 8);
    n += 8;
    brn_doc *doc = read_doc(pickle, n);
    char path[1000];
    memset(path, 0, sizeof path);
    memset(path + 2, 'x', 500);
    memcpy(path, "['", 2);
    memcpy(path + 502, "']", 2);
    expect_absent(doc, path, 0,
                  "dict has no key 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...; "
                  "it has ..., 2");
    brn_free(doc);

    /* a prefix longer than an error's path */
    brn_error err;
    doc = read_doc(BYTES("]\x94h\x00"
                         "a."));
    memset(path, 0, sizeof path);
    for (size_t i = 0; i < 300; i += 3)
        memcpy(path + i, "[0]", 3);
    memcpy(path + 300, "[1]", 3);
    assert_null(brn_get_err(brn_root(doc), path, &err));
    assert_int_equal(err.offset, 300);
    assert_int_equal(strlen(err.path), BRN_PATH_SIZE - 1);
    assert_memory_equal(err.path, path, BRN_PATH_SIZE - 4);
    assert_string_equal(err.path + BRN_PATH_SIZE - 4, "...");
    brn_free(doc);
}

/*
 * Paths as errors print them: the pickle breaks off in a list under the key.  What is
 * printed is found again, if it is not elided.
 */
static void expect_spelling(const char *before, const char *key, size_t size, const char *step)
{
    char pickle[600];
    char path[BRN_PATH_SIZE];
    brn_error err;
    size_t n = strlen(before);
    memcpy(pickle, before, n);
    memcpy(pickle + n, key, size);
    n += size;
    memcpy(pickle + n, "](h\x09", 4);
    assert_null(brn_read(pickle, n + 4, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_MEMO_MISSING);
    (void)snprintf(path, sizeof path, "%s[0]", step);
    assert_string_equal(err.path, path);
    if (strstr(step, "..."))
        return;
    const char *end = *before == '}' ? "K\x07lu." : "K\x07lub.";
    memcpy(pickle + n, "(", 1);
    memcpy(pickle + n + 1, end, strlen(end));
    brn_doc *doc = read_doc(pickle, n + 1 + strlen(end));
    expect(doc, path, 7);
    brn_free(doc);
}

static void test_spelling(void **state)
{
    (void)state;
    static const char dict[] = "}(";
    expect_spelling(dict, BYTES("K\x05"), "[5]");
    expect_spelling(dict, BYTES("I-5\n"), "[-5]");
    expect_spelling(dict, BYTES("N"), "[None]");
    expect_spelling(dict, BYTES("\x88"), "[True]");
    expect_spelling(dict, BYTES("F0.5\n"), "[0.5]");
    expect_spelling(dict, BYTES("Finf\n"), "[1e309]");
    expect_spelling(dict, BYTES("F-inf\n"), "[-1e309]");
    expect_spelling(dict, BYTES("Fnan\n"), "[...]");
    expect_spelling(dict, BYTES("L18446744073709551616L\n"), "[18446744073709551616]");
    expect_spelling(dict, BYTES("C\x02\xff'"), "[b\"\\xff'\"]");
    expect_spelling(dict,
                    BYTES("U\x01"
                          "a"),
                    "['a']");
    expect_spelling(dict, BYTES("U\x01\xff"), "[b'\\xff']");
    expect_spelling(dict, BYTES("X\x06\x00\x00\x00it's\n\""), "['it\\'s\\n\"']");
    expect_spelling(dict, BYTES("X\x05\x00\x00\x00\xed\xa0\x80\xc3\xa9"), "['\\ud800\xc3\xa9']");
    expect_spelling(dict, BYTES(")"), "[()]");
    expect_spelling(dict, BYTES("K\x01\x85"), "[(1,)]");
    expect_spelling(dict,
                    BYTES("K\x01)\x86X\x01\x00\x00\x00"
                          "aN\x87"),
                    "[((1, ()), 'a', None)]");
    expect_spelling(dict, BYTES("(K\x01\x91\x85"), "[...]");
    expect_spelling(dict, BYTES("cm\nA\n"), "[...]");
    expect_spelling(dict,
                    BYTES("K\x01\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85"
                          "\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85"
                          "\x85\x85\x85\x85"),
                    "[...]");
    /* the longest step has 100 bytes */
    for (uint8_t size = 95; size < 98; size++) {
        char key[110];
        char step[110];
        key[0] = 'C';
        key[1] = (char)size;
        memset(key + 2, 'k', size);
        (void)snprintf(step, sizeof step, "[b'%.*s']", size, key + 2);
        expect_spelling(dict, key, (size_t)size + 2, strlen(step) <= 100 ? step : "[...]");
        /* shared by a tuple twice: no longer to spell than once */
        key[0] = 'U';
        key[1] = 90;
        memcpy(key + 92,
               "2\x86"
               "2\x86",
               4);
        expect_spelling(dict, key, 96, "[...]");
    }
    static const char object[] = "cm\nA\n)\x81}(";
    expect_spelling(object, BYTES("X\x04\x00\x00\x00name"), ".name");
    expect_spelling(object, BYTES("U\x02_1"), "._1");
    expect_spelling(object, BYTES("X\x02\x00\x00\x00\xc3\xa9"), ".\xc3\xa9");
    expect_spelling(object,
                    BYTES("X\x02\x00\x00\x00"
                          "1x"),
                    "[...]");
    expect_spelling(object,
                    BYTES("X\x03\x00\x00\x00"
                          "a b"),
                    "[...]");
    expect_spelling(object, BYTES("X\x00\x00\x00\x00"), "[...]");
    expect_spelling(object, BYTES("X\x09\x00\x00\x00__class__"), "[...]");
    expect_spelling(object, BYTES("X\x09\x00\x00\x00__state__"), "[...]");
    expect_spelling(object,
                    BYTES("X\x04\x00\x00\x00"
                          "a\xe2\x80\xae"),
                    "[...]"); /* U+202E */
    expect_spelling(object, BYTES("U\x01\xff"), "[...]");
    expect_spelling(object, BYTES("K\x01"), "[...]");
}

static void test_nothing(void **state)
{
    (void)state;
    brn_error err;
    assert_null(brn_get(NULL, ""));
    assert_null(brn_get(NULL, "[0]"));
    assert_null(brn_get_err(NULL, "[0]", &err));
    assert_int_equal(err.code, BRN_ERROR_PATH_ABSENT);
    brn_doc *doc = read_doc(BYTES("N."));
    assert_null(brn_get_err(brn_root(doc), NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_PATH_SYNTAX);
    expect_absent(doc, ".x", 0, "none has no attribute 'x'");
    brn_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),         cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_numbers),  cmocka_unit_test(test_text),
        cmocka_unit_test(test_tuples),        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_attributes),    cmocka_unit_test(test_objects),
        cmocka_unit_test(test_long_messages), cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_nothing),       cmocka_unit_test(test_cut_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
