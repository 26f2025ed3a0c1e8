/*
 * test_shortcuts.c - what reading does in a short way must read as if it had gone the long one:
 * lists that keep only their first item, numbers made by the row, MEMOIZE without the
 * dispatcher, dicts with keys seen before, text scanned by words.  Each is tried where it
 * begins, ends, and does not apply; and limits are met at the very opcode that exceeds them.
 */
#include "support.h"

/* ------------------------------------------------------------------------
 * Lists
 * ------------------------------------------------------------------------ */

typedef struct item {
    brn_type type;
    int64_t integer;
    double real;
} item;

#define ITEMS 30000

static void put_double(bytes *b, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    put_byte(b, 'G');
    for (int shift = 56; shift >= 0; shift -= 8)
        put_byte(b, (unsigned)(bits >> shift & 0xff));
}

/* One item, as an opcode that depends on `kind`; kinds of one number are rows. */
static item put_item(bytes *b, unsigned kind, uint64_t *random)
{
    int64_t integer = (int64_t)(next_random(random) >> 20);
    switch (kind) {
    case 0:
        put_byte(b, 'K');
        put_number(b, (uint64_t)(integer & 0xff), 1);
        return (item){BRN_INT, integer & 0xff, 0};
    case 1:
        put_byte(b, 'M');
        put_number(b, (uint64_t)(integer & 0xffff), 2);
        return (item){BRN_INT, integer & 0xffff, 0};
    case 2: put_int(b, (int32_t)integer); return (item){BRN_INT, (int32_t)integer, 0};
    case 3: put_double(b, (double)integer / 8); return (item){BRN_FLOAT, 0, (double)integer / 8};
    case 4: put_byte(b, 'N'); return (item){BRN_NONE, 0, 0};
    case 5: put_words(b, "h\x01"); return (item){BRN_INT, 77, 0}; /* the one that is shared */
    default:
        put_words(b, "K\x05"
                     "0]");
        return (item){BRN_LIST, 0, 0}; /* leaves a gap */
    }
}

/* Rows of random kinds and lengths, appended in batches of random lengths. */
static void check_list(uint64_t seed)
{
    uint64_t random = seed;
    bytes b = {0};
    item *items = calloc(ITEMS, sizeof *items);
    assert_non_null(items);
    put_words(&b, "\x80\x04K\x4dq\x01"
                  "0]");
    /* Every other list has only the items that make a run. */
    unsigned kinds = seed % 2 ? 7 : 4;
    size_t made = 0;
    while (made < ITEMS) {
        size_t batch = 1 + next_random(&random) % (next_random(&random) % 8 ? 40 : 3000);
        if (batch > ITEMS - made)
            batch = ITEMS - made;
        bool single = batch == 1;
        if (!single)
            put_byte(&b, '(');
        for (size_t end = made + batch; made < end;) {
            unsigned kind = (unsigned)(next_random(&random) % kinds);
            size_t row = 1 + next_random(&random) % 50;
            for (; row > 0 && made < end; row--)
                items[made++] = put_item(&b, kind, &random);
        }
        put_byte(&b, single ? 'a' : 'e');
    }
    put_byte(&b, '.');
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    const brn_val *root = brn_root(doc);
    assert_int_equal(brn_size(root), ITEMS);
    assert_null(brn_at(root, ITEMS));
    for (size_t i = 0; i < ITEMS; i++) {
        const brn_val *val = brn_at(root, i);
        assert_int_equal(brn_typeof(val), items[i].type);
        assert_int_equal(brn_int(val), items[i].integer);
        assert_true(brn_float(val) == items[i].real);
    }
    expect_dense_ids(doc);
    brn_free(doc);
    free(items);
    bytes_free(&b);
}

static void test_lists(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        check_list(seed);
}

static void test_short_lists(void **state)
{
    (void)state;
    expect_reads(BYTES("]K\x01"
                       "a."),
                 "[1]");
    expect_reads(BYTES("]K\x01"
                       "aK\x02"
                       "aK\x03"
                       "a."),
                 "[1, 2, 3]");
    expect_reads(BYTES("](K\x01K\x02K\x03"
                       "e(K\x04K\x05"
                       "e."),
                 "[1, 2, 3, 4, 5]");
    /* The other way round, twice the same, one missing. */
    expect_reads(BYTES("(K\x01q\x01K\x02q\x02"
                       "0"
                       "0]"
                       "(h\x02h\x01"
                       "e."),
                 "[2, 1]");
    expect_reads(BYTES("](K\x01"
                       "2e."),
                 "[1, 1]");
    expect_reads(BYTES("](K\x01K\x02"
                       "0K\x03"
                       "e."),
                 "[1, 3]");
    /* A run that something else ends, and one that the list itself is part of. */
    expect_reads(BYTES("](K\x01K\x02"
                       "eNa."),
                 "[1, 2, None]");
    expect_reads(BYTES("](K\x01K\x02"
                       "e(K\x03N"
                       "e."),
                 "[1, 2, 3, None]");
    expect_reads(BYTES("(]]]l."), "[[], [], []]");
    expect_reads(BYTES("](](K\x01K\x02"
                       "eK\x03"
                       "e."),
                 "[[1, 2], 3]");
}

/* ------------------------------------------------------------------------
 * Limits
 * ------------------------------------------------------------------------ */

static void expect_limit(const bytes *b, const brn_options *options, brn_code code, size_t offset)
{
    brn_error err;
    assert_null(brn_read(b->data, b->size, options, NULL, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(err.offset, offset);
    assert_int_equal(err.opcode, b->data[offset]);
}

static void test_limits_in_rows(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 3, 63, 64, 65, 1000, 5000};
    for (size_t i = 0; i < LENGTH_OF(counts); i++) {
        unsigned count = counts[i];
        bytes b = {0};
        put_words(&b, "](");
        size_t last = 0;
        for (unsigned n = 0; n < count; n++) {
            last = b.size;
            put_int(&b, (int32_t)n);
        }
        put_words(&b, "e.");
        /* The list is a value as well. */
        brn_options options = BRN_OPTIONS_INIT;
        options.max_values = count + 1;
        brn_free(read_ok(b.data, b.size, &options));
        options.max_values = count;
        expect_limit(&b, &options, BRN_ERROR_LIMIT_VALUES, last);
        options.max_values = 0;
        options.max_stack = count + 1;
        brn_free(read_ok(b.data, b.size, &options));
        options.max_stack = count;
        expect_limit(&b, &options, BRN_ERROR_LIMIT_STACK, last);
        bytes_free(&b);
    }
}

/* A row that the input ends in, at every byte. */
static void test_cut_rows(void **state)
{
    (void)state;
    bytes b = {0};
    uint64_t random = 5;
    put_words(&b, "](");
    for (unsigned kind = 0; kind < 4; kind++) {
        for (int n = 0; n < 5; n++)
            (void)put_item(&b, kind, &random);
    }
    for (size_t size = 2; size <= b.size; size++) {
        /* On the heap, so that a checker sees what is read beyond. */
        uint8_t *cut = malloc(size);
        assert_non_null(cut);
        memcpy(cut, b.data, size);
        brn_error err;
        assert_null(brn_read(cut, size, NULL, NULL, &err));
        assert_true(err.code == BRN_ERROR_TRUNCATED || err.code == BRN_ERROR_NO_STOP);
        free(cut);
    }
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * The memo
 * ------------------------------------------------------------------------ */

#define STORED 400

/* PUT and MEMOIZE at random, against a table; what was stored is then fetched. */
static void check_memo(uint64_t seed)
{
    uint64_t random = seed;
    bytes b = {0};
    static const unsigned spans[] = {8, 100, 1000, 100000};
    unsigned span = spans[seed % LENGTH_OF(spans)];
    struct {
        uint64_t index;
        int32_t value;
    } table[STORED];
    size_t count = 0;
    put_words(&b, "\x80\x04](");
    for (int32_t n = 0; n < STORED; n++) {
        bool memoize = next_random(&random) % 4 != 0;
        uint64_t index = memoize ? count : next_random(&random) % span;
        size_t at = 0;
        while (at < count && table[at].index != index)
            at++;
        table[at].index = index;
        table[at].value = n;
        count += at == count;
        put_int(&b, n);
        if (memoize)
            put_byte(&b, 0x94);
        else
            put_format(&b, "p%llu\n", (unsigned long long)index);
    }
    for (size_t i = 0; i < count; i++)
        put_format(&b, "g%llu\n", (unsigned long long)table[i].index);
    put_words(&b, "e.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_size(brn_root(doc)), STORED + count);
    for (size_t i = 0; i < count; i++) {
        const brn_val *val = brn_at(brn_root(doc), STORED + i);
        assert_int_equal(brn_int(val), table[i].value);
        assert_ptr_equal(val, brn_at(brn_root(doc), (size_t)table[i].value));
    }
    brn_free(doc);
    bytes_free(&b);
}

static void test_memo(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_memo(seed);
}

static void test_memoize_limit(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 63, 64, 65, 300};
    for (size_t i = 0; i < LENGTH_OF(counts); i++) {
        bytes b = {0};
        put_words(&b, "\x80\x04(");
        for (unsigned n = 0; n < counts[i]; n++)
            put_words(&b, n % 3 == 0 ? "]\x94" : n % 3 == 1 ? "\x8c\x01x\x94" : "K\x01\x94");
        size_t last = b.size - 1;
        put_words(&b, "l.");
        brn_options options = BRN_OPTIONS_INIT;
        options.max_memo = counts[i];
        brn_free(read_ok(b.data, b.size, &options));
        options.max_memo = counts[i] - 1;
        if (counts[i] > 1)
            expect_limit(&b, &options, BRN_ERROR_LIMIT_MEMO, last);
        bytes_free(&b);
    }
    /* In another frame than what it stores. */
    expect_reads(BYTES("\x80\x04\x95\x01\0\0\0\0\0\0\0]\x95\x04\0\0\0\0\0\0\0\x94h\0\x86."),
                 "([], [])");
}

/* ------------------------------------------------------------------------
 * Dicts
 * ------------------------------------------------------------------------ */

#define A "h\x01"
#define B "h\x02"

static void expect_dicts(const char *dicts, const char *text)
{
    bytes b = {0};
    put_words(&b, "X\x01");
    put_fill(&b, 0, 3);
    put_words(&b, "aq\x01"
                  "0X\x01");
    put_fill(&b, 0, 3);
    put_words(&b, "bq\x02"
                  "0(");
    put_words(&b, dicts);
    put_words(&b, "l.");
    expect_reads(b.data, b.size, text);
    bytes_free(&b);
}

static void test_same_keys(void **state)
{
    (void)state;
    expect_dicts("}(" A "K\x01" B "K\x02u}(" A "K\x03" B "K\x04u",
                 "[{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]");
    expect_dicts("}(" A "K\x01" B "K\x02u}(" B "K\x03" A "K\x04u",
                 "[{'a': 1, 'b': 2}, {'b': 3, 'a': 4}]");
    /* One key twice, before and after. */
    expect_dicts("}(" A "K\x01" A "K\x02u}(" A "K\x03" B "K\x04u}(" A "K\x05" A "K\x06u",
                 "[{'a': 2}, {'a': 3, 'b': 4}, {'a': 6}]");
    /* Into a dict that has some already, and one that gets more later. */
    expect_dicts("}" A "K\x01s}" A "K\x02s(" A "K\x03" B "K\x04u}(" A "K\x05" B "K\x06u}" A
                 "K\x07s",
                 "[{'a': 1}, {'a': 3, 'b': 4}, {'a': 5, 'b': 6}, {'a': 7}]");
    expect_dicts("(" A "K\x01" B "K\x02"
                 "d(" A "K\x03" B "K\x04"
                 "d",
                 "[{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]");
    /* What cannot be a key cannot be one the second time. */
    brn_error err;
    assert_null(brn_read(BYTES("}]q\x01Ns}h\x01Ns."), NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_UNHASHABLE);
}

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

static void test_text_by_words(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 40; size++) {
        for (size_t at = 0; at <= size; at++) {
            /* At `size` all is ASCII.  On the heap, so that a checker sees what is read beyond. */
            uint8_t *data = malloc(size + 3);
            assert_non_null(data);
            data[0] = 0x8c;
            data[1] = (uint8_t)size;
            memset(data + 2, 'x', size);
            data[size + 2] = '.';
            if (at < size)
                data[2 + at] = 0xff;
            brn_doc *doc = brn_read(data, size + 3, NULL, NULL, NULL);
            assert_int_equal(doc != NULL, at == size);
            if (doc)
                assert_int_equal(brn_str_flags(brn_root(doc)), BRN_STR_ASCII);
            brn_free(doc);
            if (at + 1 < size) {
                memcpy(data + 2 + at, "\xc3\xa9", 2);
                doc = brn_read(data, size + 3, NULL, NULL, NULL);
                assert_non_null(doc);
                assert_int_equal(brn_str_flags(brn_root(doc)), 0);
                brn_free(doc);
            }
            free(data);
        }
    }
}

/* A document that may not borrow has its own copy of all its text, and none without text. */
static void test_copies(void **state)
{
    (void)state;
    char with[] = "(K\x01\x8c\x03"
                  "abcC\x02xyl.";
    brn_doc *doc = read_ok(with, sizeof with - 1, NULL);
    memset(with, 0, sizeof with);
    char *text = described(doc);
    assert_string_equal(text, "[1, 'abc', b'xy']");
    free(text);
    brn_free(doc);

    bytes b = {0};
    put_words(&b, "](");
    for (int32_t n = 0; n < 10000; n++)
        put_int(&b, n);
    put_words(&b, "e.");
    brn_options options = BRN_OPTIONS_INIT;
    doc = read_ok(b.data, b.size, &options);
    options.flags = BRN_BORROW;
    brn_doc *borrowing = read_ok(b.data, b.size, &options);
    assert_int_equal(brn_doc_memory(doc), brn_doc_memory(borrowing));
    memset(b.data, 0, b.size);
    assert_int_equal(brn_int(brn_at(brn_root(doc), 9999)), 9999);
    brn_free(borrowing);
    brn_free(doc);
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),          cmocka_unit_test(test_short_lists),
        cmocka_unit_test(test_limits_in_rows), cmocka_unit_test(test_cut_rows),
        cmocka_unit_test(test_memo),           cmocka_unit_test(test_memoize_limit),
        cmocka_unit_test(test_same_keys),      cmocka_unit_test(test_text_by_words),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
