/*
 * test_options.c - brn_options: defaults, unknown flags, older and newer versions of
 * the struct, and that every function that takes options looks at them.
 */
#include "support.h"

/* What each function says to these options. */
static void expect_refused(const brn_options *options)
{
    brn_error err = {0};
    brn_stats stats;
    source s = source_of(BYTES("N."), 1);
    assert_null(brn_read(BYTES("N."), options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_int_equal(err.opcode, -1);
    assert_int_equal(brn_events(BYTES("N."), options, NULL, NULL, NULL, NULL, &err),
                     BRN_ERROR_OPTIONS);
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_int_equal(brn_statistics(BYTES("N."), options, NULL, &stats, &err), BRN_ERROR_OPTIONS);
    assert_int_equal(brn_disassemble(BYTES("N."), 0, options, NULL, swallow, NULL, NULL, &err),
                     BRN_ERROR_OPTIONS);
    err.code = BRN_OK;
    assert_null(brn_stream_open(read_source, &s, options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    err.code = BRN_OK;
    assert_null(brn_read_file("/dev/null", options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    err.code = BRN_OK;
    brn_input input;
    assert_false(brn_input_open(&input, "/dev/null", options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_null(brn_read(BYTES("N."), options, NULL, NULL));
}

/* The flags of a function have a meaning each, or are refused. */
static void test_flags(void **state)
{
    (void)state;
    brn_error err;
    size_t size = 5;
    assert_int_equal(brn_disassemble(BYTES("N."), 4, NULL, NULL, swallow, NULL, &size, &err),
                     BRN_ERROR_OPTIONS);
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_int_equal(size, 0);
    brn_doc *doc = read_doc(BYTES("N."));
    assert_int_equal(brn_json(doc, brn_root(doc), 4, 0, swallow, NULL, NULL, &err),
                     BRN_ERROR_OPTIONS);
    brn_free(doc);
}

static void test_refused(void **state)
{
    (void)state;
    brn_options options = {0};
    expect_refused(&options);
    options.size = sizeof(size_t);
    expect_refused(&options);
    options.size = sizeof options;
    for (uint32_t flag = 8; flag != 0; flag <<= 1) {
        options.flags = flag;
        expect_refused(&options);
        options.flags = BRN_BORROW | BRN_MAP | flag;
        expect_refused(&options);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    brn_options options = BRN_OPTIONS_INIT;
    assert_int_equal(options.size, sizeof options);
    brn_options zero;
    memset(&zero, 0, sizeof zero);
    zero.size = sizeof zero;
    assert_memory_equal(&options, &zero, sizeof zero);
    brn_free(read_ok(BYTES("N."), &options));
    options.flags = BRN_BORROW | BRN_MAP;
    brn_free(read_ok(BYTES("N."), &options));
}

/* A struct of an earlier version ends sooner: what it does not have is the default. */
static void test_older_struct(void **state)
{
    (void)state;
    brn_options options;
    memset(&options, 1, sizeof options);
    options.flags = 0;
    options.max_input = BRN_UNLIMITED;
    options.max_memory = BRN_UNLIMITED;
    options.size = offsetof(brn_options, max_values);
    brn_free(read_ok(BYTES("NNN\x87."), &options));
    /* What it has counts. */
    options.max_input = 3;
    brn_error err;
    assert_null(brn_read(BYTES("NNN\x87."), &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_INPUT);
    options.size = offsetof(brn_options, max_input);
    brn_free(read_ok(BYTES("NNN\x87."), &options));
    /* Half a field is none. */
    options.size = offsetof(brn_options, max_input) + 4;
    brn_free(read_ok(BYTES("NNN\x87."), &options));
}

/* One of a later version is longer: what is unknown is ignored. */
static void test_newer_struct(void **state)
{
    (void)state;
    struct {
        brn_options options;
        uint64_t more[8];
    } newer;
    memset(&newer, 0xff, sizeof newer);
    newer.options = (brn_options)BRN_OPTIONS_INIT;
    newer.options.size = sizeof newer;
    newer.options.max_stack = 3;
    brn_free(read_ok(BYTES("NNN\x87."), &newer.options));
    newer.options.max_stack = 2;
    assert_null(brn_read(BYTES("NNN\x87."), &newer.options, NULL, NULL));
}

/* Each limit at its least, and its most. */
static void test_extremes(void **state)
{
    (void)state;
    static const size_t fields[] = {
        offsetof(brn_options, max_input),  offsetof(brn_options, max_memory),
        offsetof(brn_options, max_values), offsetof(brn_options, max_stack),
        offsetof(brn_options, max_memo),   offsetof(brn_options, max_digits),
        offsetof(brn_options, max_work),
    };
    static const char pickle[] = "(}\x94(K\x01NK\x02NuI123456789012345678901\n\x94h\x00\x85l.";
    for (size_t f = 0; f < LENGTH_OF(fields); f++) {
        for (size_t v = 0; v < 3; v++) {
            brn_options options = BRN_OPTIONS_INIT;
            uint64_t value = v == 0 ? 1 : v == 1 ? BRN_UNLIMITED : BRN_UNLIMITED - 1;
            memcpy((char *)&options + fields[f], &value, sizeof value);
            brn_error err;
            brn_doc *doc = brn_read(BYTES(pickle), &options, NULL, &err);
            assert_true((doc == NULL) == (v == 0));
            if (!doc)
                assert_in_range(err.code, BRN_ERROR_LIMIT_INPUT, BRN_ERROR_LIMIT_MEMO);
            brn_free(doc);
        }
    }
    brn_options options = BRN_OPTIONS_INIT;
    options.window = SIZE_MAX;
    brn_error err;
    source s = source_of(BYTES("N."), 1);
    assert_null(brn_stream_open(read_source, &s, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_MEMORY);
}

static void test_features(void **state)
{
    (void)state;
    static const char *const known[] = {"computed-goto", "getentropy"};
    const char *p = brn_features();
    while (*p) {
        size_t length = strcspn(p, " ");
        bool found = false;
        for (size_t i = 0; i < LENGTH_OF(known); i++)
            found = found || (strlen(known[i]) == length && memcmp(p, known[i], length) == 0);
        assert_true(found);
        /* One blank between two words, none elsewhere. */
        assert_true(!p[length] || p[length + 1]);
        p += length + (p[length] ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_older_struct), cmocka_unit_test(test_newer_struct),
        cmocka_unit_test(test_extremes),     cmocka_unit_test(test_flags),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
