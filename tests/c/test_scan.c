/*
 * test_scan.c - what a scan says of pickles: verdicts, uses with arguments, hiding places, limits.
 */
#include "support.h"

/* ------------------------------------------------------------------------
 * Reports as text
 * ------------------------------------------------------------------------ */

static void tell(bytes *text, const brn_scan *scan)
{
    put_words(text, brn_verdict_name(brn_scan_verdict(scan)));
    for (size_t i = 0; i < brn_scan_count(scan); i++) {
        const brn_scan_stream *s = brn_scan_at(scan, i);
        put_format(text, "\n%s@%llu %s", s->where, (unsigned long long)s->offset,
                   brn_verdict_name(s->verdict));
        if (s->code != BRN_OK)
            put_format(text, " %s@%llu", brn_code_name(s->code),
                       (unsigned long long)s->error_offset);
        if (s->pickles > 1)
            put_format(text, " x%llu", (unsigned long long)s->pickles);
        for (size_t k = 0; k < s->finding_count; k++) {
            const brn_finding *f = &s->findings[k];
            put_format(text, "\n  %s %s %s:%s", brn_verdict_name(f->verdict), brn_use_name(f->use),
                       f->module, f->name);
            assert_int_equal(strlen(f->reason) > 0, f->verdict > BRN_VERDICT_KNOWN);
            if (f->arguments[0])
                put_format(text, " (%s)", f->arguments);
            if (f->count > 1)
                put_format(text, " x%llu", (unsigned long long)f->count);
        }
    }
    put_byte(text, 0);
}

static brn_scan *scan_with(const void *data, size_t size, const char *name,
                           const brn_scan_options *options)
{
    brn_error err;
    brn_scan *scan = brn_scan_bytes(data, size, name, options, NULL, &err);
    if (!scan)
        fail_msg("no report: %s", err.message);
    return scan;
}

static void expect_named(const void *data, size_t size, const char *name, const char *expected)
{
    brn_scan *scan = scan_with(data, size, name, NULL);
    bytes text = {0};
    tell(&text, scan);
    assert_string_equal((const char *)text.data, expected);
    bool unreadable = false;
    for (size_t i = 0; i < brn_scan_count(scan); i++)
        unreadable = unreadable || brn_scan_at(scan, i)->code != BRN_OK;
    assert_int_equal(brn_scan_unreadable(scan), unreadable);
    assert_int_equal(brn_scan_size(scan), size);
    bytes_free(&text);
    brn_scan_free(scan);
}

#define expect(data, expected) expect_named(data, sizeof(data) - 1, NULL, expected)

/* ------------------------------------------------------------------------
 * Uses
 * ------------------------------------------------------------------------ */

#define SYSTEM "cos\nsystem\n(S'id'\ntR."
#define SYSTEM_FOUND "\n  dangerous lookup os:system\n  dangerous call os:system ('id')"

static void test_clean(void **state)
{
    (void)state;
    expect("\x80\x04]\x94(K\x01K\x02"
           "e.",
           "data\n@0 data");
    expect("\x80\x04\x8c\x0b"
           "collections\x8c\x0bOrderedDict\x93)R.",
           "known\n@0 known\n  known lookup collections:OrderedDict\n"
           "  known call collections:OrderedDict");
    /* Known names, but with arguments that were not reviewed. */
    expect("\x80\x04"
           "cbuiltins\nbytes\nM\x00\x10\x85R.",
           "unknown\n@0 unknown\n  known lookup builtins:bytes\n"
           "  known call builtins:bytes (4096)\n  unknown call :builtins:bytes");
    expect_named("", 0, NULL, "none");
    expect("hello, this is text", "none");
    expect_named(BYTES("hello, this is text"), "a.pkl", "unreadable\n@0 unreadable NOT_PICKLE@0");
}

static void test_dangers(void **state)
{
    (void)state;
    expect(SYSTEM, "dangerous\n@0 dangerous" SYSTEM_FOUND);
    expect("(S'id'\nios\nsystem\n.", "dangerous\n@0 dangerous" SYSTEM_FOUND);
    expect("(cos\nsystem\nS'id'\no.", "dangerous\n@0 dangerous" SYSTEM_FOUND);
    /* Many calls, told one by one. */
    expect("\x80\x04"
           "cos\nf\n\x94)R0h\x00N\x85R0h\x00)R.",
           "dangerous\n@0 dangerous\n  dangerous lookup os:f\n  dangerous call os:f\n"
           "  dangerous call os:f (None)\n  dangerous call os:f");
}

static void test_dangerous_shapes(void **state)
{
    (void)state;
    expect("\x80\x04\x8c\x02os\x94\x8c\x06system\x94"
           "00h\x00h\x01\x93\x8c\x02id\x85R.",
           "dangerous\n@0 dangerous" SYSTEM_FOUND);
    expect("cos.path\nos.system\n(S'id'\ntR.",
           "dangerous\n@0 dangerous\n  dangerous lookup os.path:os.system\n"
           "  dangerous call os.path:os.system ('id')");
    expect("cshop\nos.system\n.", "dangerous\n@0 dangerous\n  dangerous lookup shop:os.system");
    expect("cshop\nOrder.__init__.__globals__\n.",
           "dangerous\n@0 dangerous\n  dangerous lookup shop:Order.__init__.__globals__");
    /* What is called is what a call returned. */
    expect("cshop\nmake\n)R)R.", "unknown\n@0 unknown\n  unknown lookup shop:make\n"
                                 "  unknown call shop:make\n  unknown result shop:make");
    /* A name that a call computes. */
    expect("\x80\x04"
           "cshop\nname\n)R\x8c\x01x\x93.",
           "dangerous\n@0 dangerous\n  unknown lookup shop:name\n  unknown call shop:name\n"
           "  dangerous lookup :a computed name");
    /* State and items of what nobody knows, and of a class itself. */
    expect("cshop\nOrder\n)R}S'a'\nNsbI1\na.",
           "unknown\n@0 unknown\n  unknown lookup shop:Order\n  unknown call shop:Order\n"
           "  unknown state shop:Order ({'a': None})\n  unknown items shop:Order");
    expect("ccollections\nOrderedDict\n}b.",
           "unknown\n@0 unknown\n  known lookup collections:OrderedDict\n"
           "  unknown state collections:OrderedDict ({})");
    expect("\x80\x02\x82\x07.", "unknown\n@0 unknown\n  unknown lookup :extension code 7");
}

/* getattr(x, "y") is x.y; if that cannot be told it is dangerous. */
static void test_getattr(void **state)
{
    (void)state;
    expect("\x80\x04"
           "cbuiltins\ngetattr\ncshop\nOrder\n\x8c\x05total\x86R.",
           "unknown\n@0 unknown\n  unknown lookup builtins:getattr\n  unknown lookup shop:Order\n"
           "  unknown call builtins:getattr (shop.Order, 'total')\n"
           "  unknown lookup shop:Order.total");
    expect("\x80\x04"
           "cbuiltins\ngetattr\ncposix\nfork\n\x8c\x05total\x86R.",
           "dangerous\n@0 dangerous\n  unknown lookup builtins:getattr\n"
           "  dangerous lookup posix:fork\n"
           "  unknown call builtins:getattr (posix.fork, 'total')\n"
           "  dangerous lookup posix:fork.total");
    expect("\x80\x04"
           "cbuiltins\ngetattr\nN\x8c\x05total\x86R.",
           "dangerous\n@0 dangerous\n  unknown lookup builtins:getattr\n"
           "  dangerous call builtins:getattr (None, 'total')");
}

static void test_arguments(void **state)
{
    (void)state;
    expect("\x80\x04"
           "cos\nf\n(K\x05G@\x04\0\0\0\0\0\0NI01\nC\x02\x00z\x8c\x01y](K\x01K\x02"
           "e}\x8c\x01kK\x03s\x8f(K\x04\x90)tR.",
           "dangerous\n@0 dangerous\n  dangerous lookup os:f\n"
           "  dangerous call os:f (5, 2.5, None, True, b'\\x00z', 'y', [1, 2], {'k': 3}, {4}, ())");
    /* A name where nothing is opened any more. */
    expect("cos\nf\n(((((cos\nf\ntttttR.", "dangerous\n@0 dangerous\n  dangerous lookup os:f x2\n"
                                           "  dangerous call os:f (((((os.f,),),),))");
    /* Deep, long, and one of them alone. */
    bytes b = {0};
    put_words(&b, "cos\nf\n((((((((I1\ntttttttX");
    put_number(&b, 300, 4);
    put_fill(&b, 'a', 300);
    put_words(&b, "tR.");
    brn_scan *scan = scan_with(b.data, b.size, NULL, NULL);
    const brn_finding *f = &brn_scan_at(scan, 0)->findings[1];
    assert_non_null(strstr(f->arguments, "((((..."));
    assert_non_null(strstr(f->arguments, "aaaa'..."));
    assert_true(strlen(f->arguments) <= 200);
    brn_scan_free(scan);
    bytes_free(&b);
}

static void test_facts(void **state)
{
    (void)state;
    brn_scan *scan = scan_with(BYTES(SYSTEM), NULL, NULL);
    const brn_scan_stream *s = brn_scan_at(scan, 0);
    assert_int_equal(s->size, sizeof SYSTEM - 1);
    assert_string_equal(s->format, "pickle");
    assert_string_equal(s->message, "");
    assert_int_equal(s->findings[0].offset, 0);
    assert_int_equal(s->findings[1].offset, 19);
    assert_int_equal(s->findings[1].severity, BRN_SEVERITY_CRITICAL);
    assert_string_equal(s->findings[1].category, "process");
    assert_true(strlen(s->findings[1].reason) > 10);
    assert_null(brn_scan_at(scan, 1));
    brn_scan_free(scan);
    scan = scan_with(BYTES("\x80\x05PX\n0\x97\x98."), NULL, NULL);
    assert_int_equal(brn_scan_at(scan, 0)->persistent_ids, 1);
    assert_int_equal(brn_scan_at(scan, 0)->buffers, 1);
    brn_scan_free(scan);
    brn_scan_free(NULL);
    assert_int_equal(brn_scan_count(NULL), 0);
    assert_int_equal(brn_scan_size(NULL), 0);
    assert_false(brn_scan_unreadable(NULL));
    assert_int_equal(brn_scan_verdict(NULL), BRN_VERDICT_NONE);
    assert_string_equal(brn_severity_name(BRN_SEVERITY_CRITICAL), "critical");
    assert_string_equal(brn_severity_name((brn_severity)9), "none");
}

/* ------------------------------------------------------------------------
 * Several pickles, broken ones, hidden ones
 * ------------------------------------------------------------------------ */

static void test_several(void **state)
{
    (void)state;
    expect("N.I1\n.]." SYSTEM "N.N.",
           "dangerous\n@0 data x3\n@8 dangerous" SYSTEM_FOUND "\n@29 data x2");
    expect("N.rubbish", "data\n@0 data");
    expect("N.\0\0\0\0", "data\n@0 data");
    /* Behind rubbish. */
    expect("N.rubbish\x80\x04" SYSTEM "more", "dangerous\n@0 data\n@9 dangerous" SYSTEM_FOUND);
    expect("a picture\x80\x04" SYSTEM, "dangerous\n@9 dangerous" SYSTEM_FOUND);
}

static void test_broken(void **state)
{
    (void)state;
    expect("\x80\x04N", "unreadable\n@0 unreadable NO_STOP@3");
    expect("cos\nsystem\n(S'id'\ntR\xff.",
           "dangerous\n@0 dangerous UNKNOWN_OPCODE@20" SYSTEM_FOUND);
    /* Some loaders do not mind frames. */
    expect("\x80\x04\x95\x05\0\0\0\0\0\0\0" SYSTEM,
           "dangerous\n@0 dangerous FRAME_STRADDLED@11" SYSTEM_FOUND);
    expect("\x80\x04\x95\xff\0\0\0\0\0\0\0" SYSTEM,
           "dangerous\n@0 dangerous FRAME_TOO_LONG@2" SYSTEM_FOUND);
    expect("\x80\x04K\x01K\x02\x93.", "unreadable\n@0 unreadable NAME_NOT_STR@6");
    expect("\x80\x04h\x05.", "unreadable\n@0 unreadable MEMO_MISSING@2");
    /* Numbers that only loaders read. */
    expect("I 1_0 \np 0_1 \n0g1\n.", "data\n@0 data");
}

static void test_hiding(void **state)
{
    (void)state;
    expect("\x80\x04"
           "C\x15" SYSTEM ".",
           "dangerous\n@0 data\nbytes@4@0 dangerous" SYSTEM_FOUND);
    expect("\x80\x04"
           "C\x1b\0\0\0\0\x80\x04" SYSTEM ".",
           "dangerous\n@0 data\nbytes@8@0 dangerous" SYSTEM_FOUND);
    expect("\x80\x04X\x1c\0\0\0Y29zCnN5c3RlbQooUydpZCcKdFIu.",
           "dangerous\n@0 data\nbase64@7@0 dangerous" SYSTEM_FOUND);
    expect("\x80\x04X\x2a\0\0\0"
           "636f730a73797374656d0a2853276964270a74522e.",
           "dangerous\n@0 data\nhex@7@0 dangerous" SYSTEM_FOUND);
    expect("\x80\x04X\x18\0\0\0\xc2\x80\x04" SYSTEM ".",
           "dangerous\n@0 data\nlatin-1@7@0 dangerous" SYSTEM_FOUND);
    /* The whole file. */
    expect("Y29zCnN5c3RlbQooUydpZCcKdFIu\n", "dangerous\nbase64@0 dangerous" SYSTEM_FOUND);
}

static void test_containers(void **state)
{
    (void)state;
    /* gzip, of the pickle as it is. */
    bytes b = {0};
    put(&b, BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3\x01\x15\x00\xea\xff" SYSTEM));
    put(&b, BYTES("\x00\x00\x00\x00\x15\0\0\0"));
    expect_named(b.data, b.size, NULL,
                 "dangerous\ngzip@0 unreadable CHECKSUM@0\ngzip@0 dangerous" SYSTEM_FOUND);
    /* Cut off behind the pickle. */
    expect_named(b.data, b.size - 8, NULL,
                 "dangerous\ngzip@0 unreadable UNPACK@0\ngzip@0 dangerous" SYSTEM_FOUND);
    bytes_free(&b);
    expect("7z\xbc\xaf\x27\x1c......", "unreadable\n@0 unreadable UNSUPPORTED@0");
    expect("BZh91AY&SY....", "unreadable\nbzip2@0 unreadable UNSUPPORTED@0");
    expect("\x93NUMPY\x01\x00\x50\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
           "                        " SYSTEM,
           "dangerous\narray@0 dangerous" SYSTEM_FOUND);
    expect("\x93NUMPY\x09\x00\x50\x00", "unreadable\n@0 unreadable ARCHIVE@0");
    expect("PK\3\4....", "unreadable\n@0 unreadable ARCHIVE@0");
}

/* ------------------------------------------------------------------------
 * joblib
 * ------------------------------------------------------------------------ */

#define WRAPPER "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
#define DTYPE_F8                   \
    "\x8c\x05"                     \
    "dtypecnumpy\ndtype\n\x8c\x02" \
    "f8\x89\x88\x87R"

static void test_arrays(void **state)
{
    (void)state;
    expect("\x80\x04(" WRAPPER DTYPE_F8 "\x8c\x05shapeK\x02\x85ub0123456789abcdef" SYSTEM,
           "dangerous\n@0 dangerous\n"
           "  known lookup joblib.numpy_pickle:NumpyArrayWrapper\n"
           "  known call joblib.numpy_pickle:NumpyArrayWrapper\n"
           "  known lookup numpy:dtype\n  known call numpy:dtype ('f8', False, True)\n"
           "  known state joblib.numpy_pickle:NumpyArrayWrapper "
           "({'dtype': numpy.dtype(...), 'shape': (2,)})" SYSTEM_FOUND);
    static const char *const wrong[] = {
        "\x80\x04" WRAPPER "\x8c\x05shapeK\x02\x85ub.",
        "\x80\x04" WRAPPER DTYPE_F8 "\x8c\x05shapeI-1\n\x85ub.",
        "\x80\x04" WRAPPER DTYPE_F8 "\x8c\x05shapeK\x09\x85ub.",
        "\x80\x04" WRAPPER DTYPE_F8 "\x8c\x05shapeNub.",
    };
    for (size_t i = 0; i < LENGTH_OF(wrong); i++) {
        brn_scan *scan = scan_with(wrong[i], strlen(wrong[i]), NULL, NULL);
        assert_int_equal(brn_scan_at(scan, 0)->code, BRN_ERROR_ARRAY);
        brn_scan_free(scan);
    }
}

/* ------------------------------------------------------------------------
 * Limits
 * ------------------------------------------------------------------------ */

static void expect_limit(const bytes *b, const brn_scan_options *options, brn_code code)
{
    brn_scan *scan = scan_with(b->data, b->size, NULL, options);
    bool found = false;
    for (size_t i = 0; i < brn_scan_count(scan); i++)
        found = found || brn_scan_at(scan, i)->code == code;
    if (!found)
        fail_msg("no %s", brn_code_name(code));
    brn_scan_free(scan);
}

/* A gzip file of zeros, `blocks` times 258 of them. */
static void put_zeros(bytes *b, unsigned blocks)
{
    put(b, BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3"));
    /* The fixed code: a zero, then lengths of 258 at distance 1; each takes 13 bits. */
    uint64_t held = 3 | 0x0c << 3;
    unsigned count = 11;
    for (unsigned i = 0; i < blocks; i++) {
        held |= (uint64_t)0xa3 << count; /* the code of length 285 */
        count += 8 + 5;
        while (count >= 8) {
            put_byte(b, (unsigned)(held & 0xff));
            held >>= 8;
            count -= 8;
        }
    }
    put_number(b, held, 2);
}

static void test_limits(void **state)
{
    (void)state;
    bytes b = {0};
    put_zeros(&b, 70000);
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    options.max_ratio = 100;
    expect_limit(&b, &options, BRN_ERROR_LIMIT_RATIO);
    options.max_inflated = 1000;
    expect_limit(&b, &options, BRN_ERROR_LIMIT_INFLATED);
    b.size = 0;
    /* Names by the thousand: the report keeps some, the verdict all. */
    for (int i = 0; i < 3000; i++)
        put_format(&b, "cshop\nn%d\n0", i);
    put_words(&b, SYSTEM);
    brn_scan *scan = scan_with(b.data, b.size, NULL, NULL);
    assert_int_equal(brn_scan_verdict(scan), BRN_VERDICT_DANGEROUS);
    assert_int_equal(brn_scan_at(scan, 0)->finding_count, 502);
    assert_int_equal(brn_scan_at(scan, 0)->omitted, 2500);
    brn_scan_free(scan);
    /* Pickles in pickles. */
    b.size = 0;
    put_words(&b, SYSTEM);
    for (int depth = 0; depth < 12; depth++) {
        bytes outer = {0};
        put(&outer, BYTES("\x80\x04"
                          "B"));
        put_number(&outer, b.size, 4);
        put(&outer, b.data, b.size);
        put_byte(&outer, '.');
        bytes_free(&b);
        b = outer;
    }
    expect_limit(&b, NULL, BRN_ERROR_LIMIT_DEPTH);
    options = (brn_scan_options)BRN_SCAN_OPTIONS_INIT;
    options.max_depth = 20;
    scan = scan_with(b.data, b.size, NULL, &options);
    assert_int_equal(brn_scan_verdict(scan), BRN_VERDICT_DANGEROUS);
    assert_false(brn_scan_unreadable(scan));
    brn_scan_free(scan);
    bytes_free(&b);
}

static void test_more_limits(void **state)
{
    (void)state;
    bytes b = {0};
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    for (int i = 0; i < 3; i++)
        put(&b, BYTES("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0ax"));
    options.max_members = 2;
    expect_limit(&b, &options, BRN_ERROR_LIMIT_MEMBERS);
    expect_limit(&b, NULL, BRN_ERROR_AMBIGUOUS);
    b.data[6] = 1;
    expect_limit(&b, NULL, BRN_ERROR_ENCRYPTED);
    bytes_free(&b);
    brn_error err;
    options = (brn_scan_options)BRN_SCAN_OPTIONS_INIT;
    options.max_input = 3;
    assert_null(brn_scan_bytes("N....", 5, NULL, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_INPUT);
    options.size = 0;
    assert_null(brn_scan_bytes("N.", 2, NULL, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_null(brn_scan_file("no/such/file", NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPEN);
}

/* Beginnings of pickles that go on and on, each of them to the end. */
static void test_search(void **state)
{
    (void)state;
    bytes b = {0};
    put_byte(&b, 0);
    for (int i = 0; i < 60000; i++)
        put(&b, BYTES("\x80\x04"));
    put_words(&b, "cshop\nx\n\xff");
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    expect_limit(&b, &options, BRN_ERROR_LIMIT_SEARCH);
    options.max_search = 10;
    brn_scan *scan = scan_with(b.data, b.size, NULL, &options);
    assert_int_equal(brn_scan_verdict(scan), BRN_VERDICT_NONE);
    brn_scan_free(scan);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Unpacking by the caller
 * ------------------------------------------------------------------------ */

static brn_code unpack(void *ctx, brn_packing packing, const void *data, size_t size,
                       brn_sink_fn sink, void *sink_ctx)
{
    ++*(int *)ctx;
    assert_int_equal(packing, BRN_PACKING_ZSTD);
    assert_int_equal(size, 8);
    assert_memory_equal(data, "\x28\xb5\x2f\xfd", 4);
    return sink(sink_ctx, BYTES(SYSTEM)) ? BRN_OK : BRN_ERROR_WRITE;
}

static void test_unpack(void **state)
{
    (void)state;
    int calls = 0;
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    options.unpack = unpack;
    options.unpack_ctx = &calls;
    brn_scan *scan = scan_with(BYTES("\x28\xb5\x2f\xfd...."), NULL, &options);
    assert_int_equal(brn_scan_verdict(scan), BRN_VERDICT_DANGEROUS);
    assert_int_equal(calls, 1);
    brn_scan_free(scan);
}

/* ------------------------------------------------------------------------
 * Without memory
 * ------------------------------------------------------------------------ */

static void test_memory(void **state)
{
    (void)state;
    static const char data[] = "\x80\x04(cshop\nOrder\n)R}\x8c\x01kK\x01sb"
                               "C\x15" SYSTEM "t.rubbish\x80\x04" SYSTEM;
    for (uint64_t limit = 1; limit < 400000; limit += limit / 8 + 1) {
        brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
        options.max_memory = limit;
        brn_error err;
        brn_scan *scan = brn_scan_bytes(BYTES(data), NULL, &options, NULL, &err);
        if (scan)
            assert_int_not_equal(brn_scan_verdict(scan), BRN_VERDICT_KNOWN);
        else
            assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
        brn_scan_free(scan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_dangers),
        cmocka_unit_test(test_dangerous_shapes),
        cmocka_unit_test(test_getattr),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_hiding),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_more_limits),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
