/*
 * test_keys.c - dict keys and set elements: what is equal in Python is one key here, and
 * nothing else is; the first key stays and the last value wins; tables of all
 * sizes find what is in them; and keys built to be expensive are not.
 */
#include "support.h"

#include <time.h>

/* ------------------------------------------------------------------------
 * Equality
 * ------------------------------------------------------------------------ */

#define CLASS "cm\nC\n"
#define TWO_TO_63 "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00"
#define ZEROS8 "\x00\x00\x00\x00\x00\x00\x00\x00"
#define TWO_TO_200 "\x8a\x1a" ZEROS8 ZEROS8 ZEROS8 "\x00\x01"

/* Programs that push one value each.  The same group is equal in Python, others are not. */
static const struct {
    int group;
    const char *data;
    size_t size;
} keys[] = {
    {1, BYTES("K\x01")},
    {1, BYTES("\x88")},
    {1, BYTES("F1.0\n")},
    {1, BYTES("L1L\n")},
    {1, BYTES("\x8a\x03\x01\x00\x00")},
    {2, BYTES("K\x00")},
    {2, BYTES("\x89")},
    {2, BYTES("F0.0\n")},
    {2, BYTES("F-0.0\n")},
    {3, BYTES(TWO_TO_63)},
    {3, BYTES("F9223372036854775808.0\n")},
    {3, BYTES("I9223372036854775808\n")},
    {4, BYTES("I-9223372036854775808\n")},
    {4, BYTES("F-9223372036854775808.0\n")},
    {5, BYTES("I9223372036854775807\n")},
    {6, BYTES("I9007199254740992\n")},
    {6, BYTES("F9007199254740992.0\n")},
    {7, BYTES("I9007199254740993\n")},
    {8, BYTES(TWO_TO_200)},
    {8, BYTES("F1.6069380442589903e+60\n")},
    {9, BYTES("\x8a\x1a\x01" ZEROS8 ZEROS8 ZEROS8 "\x01")},
    {10, BYTES("F-1.6069380442589903e+60\n")},
    {10, BYTES("L-1606938044258990275541962092341162602522202993782792835301376L\n")},
    {11, BYTES("F8.98846567431158e+307\n")},
    {11, BYTES("\x8a\x81" ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8
                   ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 "\x00\x00\x00\x00\x00\x00\x00\x80\x00")},
    {12, BYTES("F0.5\n")},
    {13, BYTES("F-0.5\n")},
    {14, BYTES("Finf\n")},
    {14, BYTES("G\x7f\xf0\x00\x00\x00\x00\x00\x00")},
    {15, BYTES("F-inf\n")},
    {16, BYTES("Fnan\n")},
    {17, BYTES("Fnan\n")},
    {18, BYTES("F1e300\n")},
    {19, BYTES("N")},
    {20, BYTES("\x8c\x01"
               "a")},
    {20, BYTES("X\x01\x00\x00\x00"
               "a")},
    {20, BYTES("Va\n")},
    {20, BYTES("U\x01"
               "a")},
    {20, BYTES("S'\\x61'\n")},
    {21, BYTES("C\x01"
               "a")},
    {21, BYTES("\x8e\x01\x00\x00\x00\x00\x00\x00\x00"
               "a")},
    {22, BYTES("\x8c\x02\xc3\xa9")},
    {22, BYTES("V\xe9\n")},
    {23, BYTES("U\x02\xc3\xa9")},
    {23, BYTES("S'\\xc3\\xa9'\n")},
    {24, BYTES("C\x02\xc3\xa9")},
    {25, BYTES("\x8c\x00")},
    {25, BYTES("U\x00")},
    {26, BYTES("C\x00")},
    {27, BYTES(")")},
    {27, BYTES("(t")},
    {28, BYTES("(\x91")},
    {28, BYTES("(\x91")},
    {29, BYTES("K\x01\x85")},
    {29, BYTES("\x88\x85")},
    {29, BYTES("(F1.0\nt")},
    {30, BYTES("K\x01\x85\x85")},
    {31, BYTES("K\x01K\x02\x86\x8c\x01"
               "a\x86")},
    {31, BYTES("\x88"
               "F2\n\x86U\x01"
               "a\x86")},
    {32, BYTES("K\x02K\x01\x86\x8c\x01"
               "a\x86")},
    {33, BYTES("K\x01K\x02\x86")},
    {34, BYTES("K\x01K\x02K\x03\x87")},
    {35, BYTES("(K\x01K\x02\x91")},
    {35, BYTES("(K\x02\x88\x91")},
    {35, BYTES("(F2\nF1\nK\x01\x91")},
    {36, BYTES("(K\x01K\x03\x91")},
    {37, BYTES("((K\x01K\x02\x91K\x07\x85\x91")},
    {37, BYTES("(F7\n\x85(K\x02K\x01\x91\x91")},
    {38, BYTES("(K\x01K\x02\x91\x85")},
    {38, BYTES("(K\x02K\x01\x91\x85")},
    {39, BYTES(CLASS)},
    {39, BYTES("\x8c\x01m\x8c\x01"
               "C\x93")},
    {40, BYTES("cm\nD\n")},
    {41, BYTES("cn\nC\n")},
    {42, BYTES("\x82\x05")},
    {42, BYTES("\x83\x05\x00")},
    {42, BYTES("\x84\x05\x00\x00\x00")},
    {43, BYTES("\x82\x06")},
    {44, BYTES("K\x05")},
    /* What only its class could compare is equal to itself only. */
    {45, BYTES(CLASS ")R")},
    {46, BYTES(CLASS ")R")},
    {47, BYTES(CLASS ")\x81")},
    {48, BYTES("Pid\n")},
    {49, BYTES("Pid\n")},
    {50, BYTES("\x97")},
    {51, BYTES("Pm\n\x8c\x01"
               "C\x93")},
    {52, BYTES("Pm\n\x8c\x01"
               "C\x93")},
    {53, BYTES("Fnan\n\x85")},
    {54, BYTES("Fnan\n\x85")},
};

static void put_key(bytes *b, size_t key)
{
    put(b, keys[key].data, keys[key].size);
}

static void put_filler(bytes *b, int count)
{
    for (int i = 0; i < count; i++) {
        put_int(b, 100000 + i);
        put_byte(b, 'N');
    }
}

/* Each with each, both ways round, in tables that are searched and in tables that are hashed. */
static void test_equality(void **state)
{
    (void)state;
    static const int fillers[] = {0, 20};
    for (size_t a = 0; a < LENGTH_OF(keys); a++) {
        for (size_t b = 0; b < LENGTH_OF(keys); b++) {
            for (size_t f = 0; f < LENGTH_OF(fillers); f++) {
                bool equal = keys[a].group == keys[b].group;
                /* Two programs make two values: equal only if values count, not identity. */
                if (a == b)
                    equal = keys[a].group < 45 && keys[a].group != 16 && keys[a].group != 17;
                bytes p = {0};
                put_words(&p, "}(");
                put_filler(&p, fillers[f]);
                put_key(&p, a);
                put_words(&p, "K\x0a");
                put_key(&p, b);
                put_words(&p, "K\x14u.");
                brn_doc *doc = read_ok(p.data, p.size, NULL);
                const brn_val *dict = brn_root(doc);
                size_t expected = (size_t)fillers[f] + (equal ? 1 : 2);
                if (brn_size(dict) != expected)
                    fail_msg("keys %zu and %zu with %d others: %zu", a, b, fillers[f],
                             brn_size(dict));
                const brn_val *first = brn_value_at(dict, (size_t)fillers[f]);
                assert_int_equal(brn_int(first), equal ? 20 : 10);
                /* Each key finds its value again, also when it comes from another document. */
                for (size_t i = 0; i < brn_size(dict); i++)
                    assert_ptr_equal(brn_dict_get_val(dict, brn_key_at(dict, i)),
                                     brn_value_at(dict, i));
                brn_free(doc);
                bytes_free(&p);
            }
        }
    }
}

/* A set has the same idea of equality as a dict, and so has a lookup by a foreign key. */
static void test_sets_and_lookups(void **state)
{
    (void)state;
    for (size_t a = 0; a < LENGTH_OF(keys); a++) {
        bytes p = {0};
        put_key(&p, a);
        put_byte(&p, '.');
        brn_doc *other = read_ok(p.data, p.size, NULL);
        for (size_t b = 0; b < LENGTH_OF(keys); b += 3) {
            bool identity = keys[b].group >= 45 || keys[b].group == 16 || keys[b].group == 17;
            bool equal = keys[a].group == keys[b].group && !identity;
            for (int filler = 0; filler <= 20; filler += 20) {
                p.size = 0;
                put_words(&p, "}(");
                put_filler(&p, filler);
                put_key(&p, b);
                put_words(&p, "K\x0au\x8f(");
                put_key(&p, a);
                put_key(&p, b);
                put_words(&p, "\x90\x86.");
                brn_doc *doc = read_ok(p.data, p.size, NULL);
                const brn_val *found = brn_dict_get_val(brn_at(brn_root(doc), 0), brn_root(other));
                if ((found != NULL) != equal || (equal && brn_int(found) != 10))
                    fail_msg("key %zu looked up among %d others and %zu", a, filler, b);
                assert_int_equal(brn_size(brn_at(brn_root(doc), 1)), equal ? 1 : 2);
                brn_free(doc);
            }
        }
        brn_free(other);
        bytes_free(&p);
    }
}

static void test_first_key_last_value(void **state)
{
    (void)state;
    expect_reads(BYTES("}(K\x01\x8c\x01"
                       "aF1.0\n\x8c\x01"
                       "b\x88\x8c\x01"
                       "cu."),
                 "{1: 'c'}");
    expect_reads(BYTES("(\x88K\x01K\x02K\x03K\x01K\x04"
                       "d."),
                 "{True: 4, 2: 3}");
    expect_reads(BYTES("\x8f(F1\nK\x01\x88\x90."), "set{f:0x1p+0}");
    expect_reads(BYTES("(K\x00\x89"
                       "F-0.0\n\x91."),
                 "fs{0}");
    expect_reads(BYTES("}K\x01K\x02s\x88K\x03sK\x04K\x05s."), "{1: 3, 4: 5}");
    /* An overwritten value keeps its place. */
    expect_reads(BYTES("}(K\x01NK\x02NK\x03Nu(K\x02\x88u."), "{1: None, 2: True, 3: None}");
}

/* The same nan is the same key, on its own and in tuples. */
static void test_nan_identity(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("}(Fnan\nq\x00K\x01h\x00K\x02"
                                 "Fnan\nK\x03u."),
                           NULL);
    assert_int_equal(brn_size(brn_root(doc)), 2);
    assert_int_equal(brn_int(brn_value_at(brn_root(doc), 0)), 2);
    brn_free(doc);
    doc = read_ok(BYTES("}(Fnan\nq\x00\x85K\x01h\x00\x85K\x02"
                        "Fnan\n\x85K\x03u."),
                  NULL);
    assert_int_equal(brn_size(brn_root(doc)), 2);
    assert_int_equal(brn_int(brn_value_at(brn_root(doc), 0)), 2);
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------ */

#define MANY 100000

/* The key number i: ints, floats, str, bytes, Python 2 str, big ints, tuples, globals. */
static void put_numbered_key(bytes *b, int32_t i)
{
    char text[32];
    switch (i % 8) {
    case 0: put_int(b, i * 7919); break;
    case 1: put_format(b, "F%d.25\n", (int)i); break;
    case 2:
        (void)snprintf(text, sizeof text, "key %d", (int)i);
        put_text(b, text);
        break;
    case 3:
        put_words(b, "C\x04");
        put_number(b, (uint64_t)i, 4);
        break;
    case 4:
        put_words(b, "U\x05\xff");
        put_number(b, (uint64_t)i, 4);
        break;
    case 5:
        put_words(b, "\x8a\x0c");
        put_number(b, (uint64_t)i, 4);
        put_number(b, UINT64_MAX / 3, 8);
        break;
    case 6:
        put_int(b, i);
        put_text(b, "x");
        put_byte(b, 0x86);
        break;
    default: put_format(b, "cm\nC%d\n", (int)i); break;
    }
}

static void put_large_dict(bytes *b, int32_t count)
{
    put_words(b, "}");
    for (int32_t i = 0; i < count; i++) {
        if (i % 1000 == 0)
            put_words(b, i ? "u(" : "(");
        put_numbered_key(b, i);
        put_int(b, i);
    }
    /* All once more: values change, keys do not. */
    for (int32_t i = 0; i < count; i++) {
        put_numbered_key(b, i);
        put_int(b, -i);
    }
    put_words(b, "u.");
}

static void test_large_dict(void **state)
{
    (void)state;
    const int32_t count = getenv("BRN_TEST_VALGRIND") ? 4000 : MANY;
    bytes b = {0};
    put_large_dict(&b, count);
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    brn_doc *other = read_ok(b.data, b.size, NULL);
    const brn_val *dict = brn_root(doc);
    assert_int_equal(brn_size(dict), count);
    for (int32_t i = 0; i < count; i++) {
        size_t place = (size_t)i;
        const brn_val *value = brn_value_at(dict, place);
        assert_int_equal(brn_int(value), -i);
        const brn_val *key = brn_key_at(dict, place);
        if (brn_typeof(key) == BRN_STR) {
            size_t size;
            const char *text = brn_str(key, &size);
            char copy[32];
            memcpy(copy, text, size);
            copy[size] = '\0';
            assert_ptr_equal(brn_dict_getn(dict, text, size), value);
            assert_ptr_equal(brn_dict_get(dict, copy), value);
            assert_ptr_not_equal(brn_dict_getn(dict, text, size - 1), value);
        }
        /* Nested keys of another document are looked for one by one. */
        if (brn_typeof(key) == BRN_TUPLE && i % 4096 > 32)
            continue;
        assert_ptr_equal(brn_dict_get_val(dict, key), value);
        assert_ptr_equal(brn_dict_get_val(dict, brn_key_at(brn_root(other), place)), value);
    }
    assert_null(brn_dict_get(dict, "key"));
    assert_null(brn_dict_get(dict, "no such key"));
    brn_free(doc);
    brn_free(other);
    bytes_free(&b);
}

/* Around each size at which a table grows. */
static void test_every_size(void **state)
{
    (void)state;
    for (int32_t count = 0; count < 300; count++) {
        bytes b = {0};
        put_words(&b, "\x8f(");
        for (int32_t i = 0; i < count; i++)
            put_numbered_key(&b, i);
        put_words(&b, "\x90(");
        for (int32_t i = count - 1; i >= 0; i--)
            put_numbered_key(&b, i);
        put_words(&b, "\x91");
        put_words(&b, "\x86.");
        brn_doc *doc = read_ok(b.data, b.size, NULL);
        assert_int_equal(brn_size(brn_at(brn_root(doc), 0)), count);
        assert_int_equal(brn_size(brn_at(brn_root(doc), 1)), count);
        brn_free(doc);
        bytes_free(&b);
    }
}

/* The seed decides where a key lies, and nothing else. */
static void test_seeds(void **state)
{
    (void)state;
    bytes b = {0};
    put_large_dict(&b, 500);
    b.size--;
    put_words(&b, "\x8f(");
    for (size_t i = 0; i < LENGTH_OF(keys); i++)
        put_key(&b, i);
    put_words(&b, "\x90(");
    for (size_t i = LENGTH_OF(keys); i > 0; i--)
        put_key(&b, i - 1);
    put_words(&b, "\x91\x87.");
    static const uint64_t seeds[] = {0, 0, 1, 2, 3, UINT64_MAX, UINT64_C(1) << 63, 0x123456789};
    char *first = NULL;
    for (size_t i = 0; i < LENGTH_OF(seeds); i++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.hash_seed = seeds[i];
        brn_doc *doc = read_ok(b.data, b.size, &options);
        char *text = described(doc);
        if (!first)
            first = text;
        assert_string_equal(text, first);
        if (text != first)
            free(text);
        brn_free(doc);
    }
    free(first);
    bytes_free(&b);
}

/* Records whose keys are the same values again: taken over, and still right where they differ. */
static void test_records(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "]\x94(");
    for (unsigned i = 0; i < 6; i++) {
        char name[2] = {(char)('a' + i), 0};
        put_text(&b, name);
        put_byte(&b, 0x94);
    }
    for (int i = 0; i < 2000; i++) {
        put_words(&b, "}(");
        unsigned pairs = 1 + (unsigned)i % 6;
        for (unsigned k = 0; k < pairs; k++) {
            put_byte(&b, 'h');
            /* Sometimes the last key repeats the first, or is an equal text. */
            put_byte(&b, 1 + (i % 7 == 0 && k == pairs - 1 ? 0 : k));
            put_int(&b, i + (int)k);
        }
        put_byte(&b, 'u');
    }
    put_words(&b, "e.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    for (int i = 0; i < 2000; i++) {
        const brn_val *dict = brn_at(brn_root(doc), 6 + (size_t)i);
        int pairs = 1 + i % 6;
        bool repeats = i % 7 == 0 && pairs > 1;
        assert_int_equal(brn_size(dict), repeats ? pairs - 1 : pairs);
        assert_int_equal(brn_int(brn_dict_get(dict, "a")), repeats ? i + pairs - 1 : i);
        if (!repeats && pairs == 6)
            assert_int_equal(brn_int(brn_dict_get(dict, "f")), i + 5);
        assert_int_equal(brn_dict_get(dict, "f") != NULL, !repeats && pairs == 6);
    }
    brn_free(doc);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Keys that were built to be expensive
 * ------------------------------------------------------------------------ */

/* Push a tuple of two references to a tuple of two references to ..., `depth` times. */
static void put_shared_tuples(bytes *b, int depth, unsigned slot, bool frozen)
{
    put_words(b, frozen ? "(K\x07\x91" : "K\x07\x85");
    for (int i = 0; i < depth; i++) {
        put_byte(b, 'q');
        put_byte(b, slot);
        if (frozen) {
            put_words(b, "0(h");
            put_byte(b, slot);
            put_words(b, "h");
            put_byte(b, slot);
            put_words(b, "\x85\x91");
        } else {
            put_words(b, "h");
            put_byte(b, slot);
            put_words(b, "\x86");
        }
    }
}

static double seconds_since(clock_t start)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void test_shared_tuples(void **state)
{
    (void)state;
    bytes b = {0};
    clock_t start = clock();
    put_words(&b, "}");
    put_shared_tuples(&b, 2000, 0, false);
    put_words(&b, "Ns.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_ptr_equal(brn_dict_get_val(brn_root(doc), brn_key_at(brn_root(doc), 0)),
                     brn_value_at(brn_root(doc), 0));
    brn_free(doc);
    /* The same key again is the same pointer. */
    b.size = 0;
    put_words(&b, "}");
    put_shared_tuples(&b, 2000, 0, false);
    put_words(&b, "q\x01Nsh\x01\x88s.");
    doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_size(brn_root(doc)), 1);
    brn_free(doc);
    /* Different ones differ in their hash. */
    b.size = 0;
    put_words(&b, "}(");
    put_shared_tuples(&b, 2000, 0, false);
    put_byte(&b, 'N');
    put_shared_tuples(&b, 2001, 0, false);
    put_words(&b, "Nu.");
    doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_size(brn_root(doc)), 2);
    brn_free(doc);
    assert_true(seconds_since(start) < 1 || getenv("BRN_TEST_VALGRIND"));
    bytes_free(&b);
}

static void test_equal_graphs(void **state)
{
    (void)state;
    for (int frozen = 0; frozen < 2; frozen++) {
        bytes b = {0};
        put_words(&b, "}(");
        put_shared_tuples(&b, 30, 0, frozen);
        put_byte(&b, 'N');
        put_shared_tuples(&b, 30, 1, frozen);
        put_words(&b, "Nu.");
        clock_t start = clock();
        brn_error err;
        assert_null(brn_read(b.data, b.size, NULL, NULL, &err));
        assert_int_equal(err.code, BRN_ERROR_LIMIT_WORK);
        assert_int_equal(err.opcode, 'u');
        assert_true(seconds_since(start) < 1 || getenv("BRN_TEST_VALGRIND"));
        bytes_free(&b);
        /* As far as the budget reaches they are one key. */
        put_words(&b, "}(");
        put_shared_tuples(&b, 10, 0, frozen);
        put_byte(&b, 'N');
        put_shared_tuples(&b, 10, 1, frozen);
        put_words(&b, "Nu.");
        brn_doc *doc = read_ok(b.data, b.size, NULL);
        assert_int_equal(brn_size(brn_root(doc)), 1);
        brn_free(doc);
        bytes_free(&b);
    }
}

/* (((index, 'x'), 'x'), 'x'), so many tuples deep. */
static const brn_val *deep_key(brn_doc *doc, int index, int depth)
{
    const brn_val *pair[] = {brn_make_int(doc, index), brn_make_str(doc, "x")};
    for (int i = 0; i < depth; i++)
        pair[0] = brn_make_tuple(doc, pair, 2);
    return pair[0];
}

/* Tuples of another document are found by their hash; one that is too deep only as itself. */
static void test_foreign_tuples_looked_up(void **state)
{
    (void)state;
    enum { KEYS = 20000, DEEP = 100 };
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    brn_doc *other = brn_new(NULL, NULL, NULL);
    const brn_val *dict = brn_make_dict(doc);
    for (int i = 0; i < KEYS; i++)
        assert_true(brn_dict_set(doc, dict, deep_key(doc, i, 1 + i % 3), brn_make_int(doc, i)));
    assert_true(brn_dict_set(doc, dict, deep_key(doc, -1, DEEP), brn_make_int(doc, DEEP)));
    clock_t start = clock();
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(brn_int(brn_dict_get_val(dict, deep_key(other, i, 1 + i % 3))), i);
    assert_true(seconds_since(start) < 1 || getenv("BRN_TEST_VALGRIND"));
    assert_int_equal(brn_int(brn_dict_get_val(dict, brn_key_at(dict, KEYS))), DEEP);
    assert_null(brn_dict_get_val(dict, deep_key(other, -1, DEEP)));
    assert_null(brn_dict_get_val(dict, deep_key(other, KEYS, 1)));
    brn_free(doc);
    brn_free(other);
}

/* A foreign key of this kind is called absent, in time. */
static void test_equal_graphs_looked_up(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "}");
    put_shared_tuples(&b, 60, 0, false);
    put_words(&b, "Ns.");
    brn_doc *one = read_ok(b.data, b.size, NULL);
    brn_doc *other = read_ok(b.data, b.size, NULL);
    clock_t start = clock();
    assert_null(brn_dict_get_val(brn_root(one), brn_key_at(brn_root(other), 0)));
    assert_true(seconds_since(start) < 5 || getenv("BRN_TEST_VALGRIND"));
    brn_free(one);
    brn_free(other);
    bytes_free(&b);
}

/* Depth is no problem: two equal keys a hundred thousand tuples deep. */
static void test_deep_tuples(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "}(");
    for (int copy = 0; copy < 2; copy++) {
        put_byte(&b, ')');
        put_fill(&b, 0x85, 100000);
        put_byte(&b, 'N');
    }
    put_words(&b, "u.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_size(brn_root(doc)), 1);
    brn_free(doc);
    bytes_free(&b);
}

/* Equal frozensets are compared to a fixed depth; beyond, that is said. */
static void test_deep_frozensets(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < 100; depth++) {
        bytes b = {0};
        put_words(&b, "}(");
        for (int copy = 0; copy < 2; copy++) {
            put_fill(&b, '(', depth);
            put_byte(&b, 'N');
            put_fill(&b, 0x91, depth);
            put_byte(&b, 'N');
        }
        put_words(&b, "u.");
        brn_error err;
        brn_doc *doc = brn_read(b.data, b.size, NULL, NULL, &err);
        if (depth <= 32) {
            assert_non_null(doc);
            assert_int_equal(brn_size(brn_root(doc)), 1);
        } else {
            assert_null(doc);
            assert_int_equal(err.code, BRN_ERROR_LIMIT_WORK);
        }
        brn_free(doc);
        bytes_free(&b);
    }
}

/* Honest keys stay far from the budget. */
static void test_work_is_enough(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "}(");
    for (int32_t i = 0; i < 20000; i++) {
        /* Long text with a common beginning. */
        put_byte(&b, 'X');
        put_number(&b, 504, 4);
        put_fill(&b, 'x', 500);
        put_number(&b, (uint64_t)i & 0x7f7f, 4);
        put_byte(&b, 'N');
    }
    put_words(&b, "u.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_true(brn_size(brn_root(doc)) > 5000);
    brn_free(doc);
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality),         cmocka_unit_test(test_foreign_tuples_looked_up),
        cmocka_unit_test(test_sets_and_lookups), cmocka_unit_test(test_first_key_last_value),
        cmocka_unit_test(test_nan_identity),     cmocka_unit_test(test_large_dict),
        cmocka_unit_test(test_every_size),       cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_records),          cmocka_unit_test(test_shared_tuples),
        cmocka_unit_test(test_equal_graphs),     cmocka_unit_test(test_equal_graphs_looked_up),
        cmocka_unit_test(test_deep_tuples),      cmocka_unit_test(test_deep_frozensets),
        cmocka_unit_test(test_work_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
