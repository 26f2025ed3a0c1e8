/*
 * test_policy.c - the policy: entries, decisions by offset, what is missing, tables, and every allocation failing.
 */
/* Before support.h, whose `bytes` it does not know. */
#include "policy/policy.h"

#include "support.h"

static const brn_options traced = {.size = sizeof(brn_options), .flags = BRN_TRACE};

static brn_doc *read_traced(const void *data, size_t size)
{
    return read_ok(data, size, &traced);
}

static brn_policy *policy_of(const char *entry, const char *preset)
{
    brn_error err;
    brn_policy *policy = brn_policy_new(0, NULL, &err);
    assert_non_null(policy);
    if (entry)
        assert_int_equal(brn_policy_allow(policy, entry, &err), BRN_OK);
    if (preset)
        assert_int_equal(brn_policy_use(policy, preset, &err), BRN_OK);
    return policy;
}

/* What a policy with one entry says to a pickle. */
static brn_ruling ruling_of(const void *data, size_t size, const char *entry, uint32_t flags)
{
    brn_check_options options = BRN_CHECK_INIT;
    options.flags = flags;
    brn_error err;
    brn_doc *doc = read_traced(data, size);
    brn_policy *policy = policy_of(entry, NULL);
    brn_report *report = brn_policy_check(policy, doc, &options, NULL, &err);
    assert_non_null(report);
    brn_ruling ruling = brn_report_ruling(report);
    brn_report_free(report);
    brn_policy_free(policy);
    brn_free(doc);
    return ruling;
}

static void test_entries(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a:b", "a.b:C.D", "a:b +append", "a:b +set_items +append", "a:b +lookup", "a:_b", "a:__b"};
    static const char *const bad[] = {"",
                                      "a",
                                      ":a",
                                      "a:",
                                      "a:b:c",
                                      "a:.b",
                                      "a:b.",
                                      "a:b +all",
                                      "a:b append",
                                      "a:__b__",
                                      "a:b.__class__.c",
                                      "a b:c",
                                      "a:b  +append"};
    brn_error err;
    brn_policy *policy = brn_policy_new(BRN_POLICY_EMPTY, NULL, &err);
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        assert_int_equal(brn_policy_allow(policy, good[i], &err), BRN_OK);
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        assert_int_equal(brn_policy_allow(policy, bad[i], &err), BRN_ERROR_POLICY_ENTRY);
        assert_int_equal(err.code, BRN_ERROR_POLICY_ENTRY);
    }
    assert_int_equal(brn_policy_allow(policy, NULL, NULL), BRN_ERROR_POLICY_ENTRY);
    assert_int_equal(brn_policy_allow(NULL, "a:b", NULL), BRN_ERROR_POLICY_ENTRY);
    assert_int_equal(brn_policy_use(policy, "no such", &err), BRN_ERROR_POLICY_PRESET);
    assert_int_equal(brn_policy_use(policy, NULL, NULL), BRN_ERROR_POLICY_PRESET);
    for (size_t i = 0; brn_policy_preset(i); i++) {
        assert_int_equal(brn_policy_use(policy, brn_policy_preset(i), &err), BRN_OK);
        assert_int_equal(brn_policy_use(policy, brn_policy_preset(i), &err), BRN_OK);
    }
    brn_policy_free(policy);
    brn_policy_free(NULL);
    assert_null(brn_policy_new(2, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
}

/* Names are exact, and found wherever they stand among others. */
static void test_names_are_exact(void **state)
{
    (void)state;
    static const char pickle[] = "\x80\x04\x8c\x03pkg\x8c\x07Outer.I\x93.";
    assert_int_equal(ruling_of(BYTES(pickle), "pkg:Outer.I", 0), BRN_RULING_ALLOWED);
    static const char *const others[] = {"pkg:Outer",    "pkg:Outer.II", "pkg:outer.I",
                                         "pkg.Outer:I",  "pk:gOuter.I",  "pkg:Outer.I.J",
                                         "other:Outer.I"};
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        assert_int_equal(ruling_of(BYTES(pickle), others[i], 0), BRN_RULING_MISSING);
    brn_error err;
    brn_policy *policy = brn_policy_new(BRN_POLICY_EMPTY, NULL, &err);
    char entry[32];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(entry, sizeof entry, "m%d:n", i * 37 % 200);
        assert_int_equal(brn_policy_allow(policy, entry, &err), BRN_OK);
    }
    for (int i = 0; i < 200; i++) {
        size_t size = (size_t)snprintf(entry, sizeof entry, "m%d", i);
        brn_name name = {entry, size, "n", 1};
        assert_non_null(brn_policy_own(policy, &name));
    }
    brn_policy_free(policy);
}

/* Binary search needs order; and an entry that stands there twice hides one of its schemas. */
static void test_tables_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i <= brn_preset_count; i++) {
        const brn_table *table = i < brn_preset_count ? &brn_preset_tables[i] : &brn_default_table;
        for (size_t k = 0; k < table->count; k++) {
            const brn_entry *entry = &table->entries[k];
            brn_name name = {entry->module, strlen(entry->module), entry->name,
                             strlen(entry->name)};
            assert_ptr_equal(brn_table_find(table, &name), entry);
            if (k == 0)
                continue;
            const brn_entry *before = entry - 1;
            brn_name other = {before->module, strlen(before->module), before->name,
                              strlen(before->name)};
            if (brn_name_order(&other, &name) >= 0)
                fail_msg("%s:%s stands in front of %s:%s", before->module, before->name,
                         entry->module, entry->name);
        }
    }
}

/* A schema that cannot be read matches nothing; in the tables there is none. */
static void test_schemas_can_be_read(void **state)
{
    (void)state;
    brn_doc *doc = read_traced(BYTES("N."));
    brn_policy *policy = policy_of(NULL, NULL);
    brn_report report = {.doc = doc};
    uint32_t made[1] = {0};
    brn_notes notes = {.left = 1000000};
    brn_checker c = {
        .notes = &notes, .policy = policy, .doc = doc, .report = &report, .made = made};
    char either[4096];
    for (size_t i = 0; i <= brn_preset_count; i++) {
        const brn_table *table = i < brn_preset_count ? &brn_preset_tables[i] : &brn_default_table;
        for (size_t k = 0; k < table->count; k++) {
            const char *schemas[] = {table->entries[k].call, table->entries[k].state};
            for (size_t s = 0; s < 2; s++) {
                if (!schemas[s])
                    continue;
                /* With another way to match, the whole text has to be read for it to count. */
                (void)snprintf(either, sizeof either, "%s|none", schemas[s]);
                if (!brn_schema_matches(&c, either, brn_root(doc), brn_root(doc)))
                    fail_msg("%s:%s: %s", table->entries[k].module, table->entries[k].name,
                             schemas[s]);
            }
        }
    }
    brn_policy_free(policy);
    brn_free(doc);
}

static bool matches(const char *schema, const void *data, size_t size)
{
    brn_doc *doc = read_traced(data, size);
    brn_policy *policy = policy_of(NULL, NULL);
    brn_report report = {.doc = doc};
    uint32_t made[64] = {0};
    assert_true(brn_doc_count(doc) <= 64);
    brn_notes notes = {.left = 1000000};
    brn_checker c = {
        .notes = &notes, .policy = policy, .doc = doc, .report = &report, .made = made};
    bool answer = brn_schema_matches(&c, schema, brn_root(doc), brn_root(doc));
    brn_policy_free(policy);
    brn_free(doc);
    return answer;
}

static void test_schemas(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *pickle;
        bool matches;
    } rows[] = {
        {"any", "N.", true},
        {"none", "N.", true},
        {"int", "I5\n.", true},
        {"int", "I01\n.", true},
        {"int", "N.", false},
        {"int[0..4]", "I5\n.", false},
        {"int[5]", "I5\n.", true},
        {"int[..4]", "I5\n.", false},
        {"int[5..]", "I5\n.", true},
        {"int[-6..-5]", "I-5\n.", true},
        {"int", "L123456789012345678901234567890L\n.", true},
        {"int[0..]", "L123456789012345678901234567890L\n.", false},
        {"5", "I5\n.", true},
        {"-5", "I5\n.", false},
        {"float", "F5\n.", true},
        {"str", "Va\n.", true},
        {"str[2..]", "Va\n.", false},
        {"'a'|'b'", "Vb\n.", true},
        {"'a'|'b'", "Vc\n.", false},
        {"bytes[3]", "S'abc'\n.", true},
        {"bytes[2]", "S'abc'\n.", false},
        {"()", "(t.", true},
        {"()", "(Nt.", false},
        {"(none, int?)", "(Nt.", true},
        {"(none, int?)", "(NI1\nt.", true},
        {"(none, int?)", "(NNt.", false},
        {"(none, int?)", "(NI1\nI1\nt.", false},
        {"(none, int*)", "(NI1\nI2\nt.", true},
        {"(none, int*)", "(NI1\nNt.", false},
        {"(int*)", "(t.", true},
        {"(int*)", "(Nt.", false},
        {"(int*)", "(l.", false},
        {"[int]", "(l.", true},
        {"[int]", "(lI1\na.", true},
        {"[int]", "(lI1\naNa.", false},
        {"[int]|none", "(lNa.", false},
        {"[[int]|none]", "(lNa(la.", true},
        {"{str: int}", "(d.", true},
        {"{str: int}", "(dVa\nI1\ns.", true},
        {"{str: int}", "(dVa\nNs.", false},
        {"{str: int}", "(dI1\nI1\ns.", false},
        {"{'a': int, 'b'?: none}", "(dVa\nI1\ns.", true},
        {"{'a': int, 'b'?: none}", "(dVa\nI1\nsVb\nNs.", true},
        {"{'a': int, 'b'?: none}", "(dVa\nI1\nsVb\nI1\ns.", false},
        {"{'a': int, 'b'?: none}", "(dVa\nI1\nsVc\nNs.", false},
        {"{'a': int, 'b'?: none}", "(dVb\nNs.", false},
        {"%zone", "VEurope/Berlin\n.", true},
        {"%zone", "V../x\n.", false},
        {"%zone", "V/x\n.", false},
        {"%zone", "Va//x\n.", false},
        {"%fraction", "V-1/3\n.", true},
        {"%fraction", "V1e9\n.", false},
        {"%no_such_check", "N.", false},
        {"nonsense", "N.", false},
        {"none trailing", "N.", false},
        {"", "N.", false},
        {"!", "N.", false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        if (matches(rows[i].schema, rows[i].pickle, strlen(rows[i].pickle)) != rows[i].matches)
            fail_msg("%s and %s", rows[i].schema, rows[i].pickle);
    }
}

static void test_decisions(void **state)
{
    (void)state;

    static const char pickle[] = "ccollections\nOrderedDict\n)Rcos\nsystem\n(VX\ntR\x86.";
    brn_error err;
    brn_doc *doc = read_traced(BYTES(pickle));
    brn_policy *policy = policy_of(NULL, NULL);
    brn_report *report = brn_policy_check(policy, doc, NULL, NULL, &err);
    assert_int_equal(brn_report_count(report), 4);
    static const struct {
        uint64_t offset;
        int opcode;
        brn_grant operation;
        brn_ruling ruling;
    } rows[] = {{0, 'c', BRN_GRANT_LOOKUP, BRN_RULING_ALLOWED},
                {26, 'R', BRN_GRANT_CALL, BRN_RULING_ALLOWED},
                {27, 'c', BRN_GRANT_LOOKUP, BRN_RULING_MISSING},
                {43, 'R', BRN_GRANT_CALL, BRN_RULING_MISSING}};
    brn_decision decision;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        assert_true(brn_report_decision(report, i, &decision));
        assert_int_equal(decision.offset, rows[i].offset);
        assert_int_equal(decision.opcode, rows[i].opcode);
        assert_int_equal(decision.operation, rows[i].operation);
        assert_int_equal(decision.ruling, rows[i].ruling);
        assert_int_equal(decision.name_index, i / 2);
        assert_non_null(decision.value);
    }
    assert_memory_equal(decision.name.name, "system", 6);
    assert_false(brn_report_decision(report, 4, &decision));
    assert_int_equal(brn_report_names(report), 2);
    brn_name name;
    assert_true(brn_report_name(report, 1, &name));
    assert_int_equal(name.module_size, 2);
    assert_memory_equal(name.module, "os", 2);
    assert_int_equal(name.name_size, 6);
    assert_memory_equal(name.name, "system", 6);
    assert_false(brn_report_name(report, 2, &name));
    assert_int_equal(brn_report_ruling(report), BRN_RULING_MISSING);
    brn_missing missing;
    assert_true(brn_report_missing(report, 0, &missing));
    assert_string_equal(missing.entry, "os:system");
    assert_string_equal(missing.what, "os:system");
    assert_int_equal(missing.grants, BRN_GRANT_LOOKUP | BRN_GRANT_CALL);
    assert_int_equal(missing.reason, BRN_REASON_NAME);
    assert_int_equal(missing.offset, 27);
    assert_string_equal(missing.path, "[1].__class__");
    assert_false(brn_report_missing(report, 1, &missing));
    brn_report_free(report);
    brn_policy_free(policy);
    brn_free(doc);
}

/* What no entry can allow, and why. */
static void test_forbidden(void **state)
{
    (void)state;
    static const struct {
        const char *pickle;
        brn_reason reason;
    } rows[] = {
        {"ca\nb\n)R)R.", BRN_REASON_NOT_NAMED},
        {"ca\nb\n(db.", BRN_REASON_STATE_OF_NAME},
        {"ca\nb\nNa.", BRN_REASON_STATE_OF_NAME},
        {"ca\n__b__\n.", BRN_REASON_DUNDER},
        {"ca\nb c\n.", BRN_REASON_NOT_TEXT},
        {"\x80\x04\x8c\x01"
         "aca\nb\n)R\x93.",
         BRN_REASON_NOT_TEXT},
        {"\x80\x02"
         "ca\nb.c\n.",
         BRN_REASON_DOTTED},
        {"\x82\x01.", BRN_REASON_EXTENSION},
        {"Pa\n.", BRN_REASON_PERSISTENT},
        {"\x80\x05\x97.", BRN_REASON_BUFFER},
        {"ca\nb\n)R(dV__class__\nNsb.", BRN_REASON_DUNDER},
        {"ca\nb\n)R(N(dV__class__\nNstb.", BRN_REASON_DUNDER},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        brn_error err;
        brn_doc *doc = read_traced(rows[i].pickle, strlen(rows[i].pickle));
        brn_policy *policy = policy_of("a:b", NULL);
        brn_report *report = brn_policy_check(policy, doc, NULL, NULL, &err);
        assert_int_equal(brn_report_ruling(report), BRN_RULING_FORBIDDEN);
        brn_missing missing;
        assert_true(brn_report_missing(report, 0, &missing));
        assert_null(missing.entry);
        if (missing.reason != rows[i].reason)
            fail_msg("%zu: %s", i, brn_reason_text(missing.reason));
        brn_report_free(report);
        brn_policy_free(policy);
        brn_free(doc);
    }
}

static void test_flags(void **state)
{
    (void)state;
    assert_int_equal(ruling_of(BYTES("Pa\n."), NULL, BRN_CHECK_PERSISTENT), BRN_RULING_ALLOWED);
    assert_int_equal(ruling_of(BYTES("\x80\x05\x97."), NULL, BRN_CHECK_BUFFERS),
                     BRN_RULING_ALLOWED);
    assert_int_equal(ruling_of(BYTES("c__builtin__\nset\n."), NULL, 0), BRN_RULING_ALLOWED);
    assert_int_equal(ruling_of(BYTES("c__builtin__\nset\n."), NULL, BRN_CHECK_EXACT_NAMES),
                     BRN_RULING_MISSING);
    assert_int_equal(ruling_of(BYTES("\x80\x03"
                                     "c__builtin__\nset\n."),
                               NULL, 0),
                     BRN_RULING_MISSING);
    assert_int_equal(ruling_of(BYTES("c__builtin__\nxrange\n."), NULL, 0), BRN_RULING_ALLOWED);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)R(db."), NULL, BRN_CHECK_STAND_INS),
                     BRN_RULING_STAND_IN);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)R(db."), "a:b +lookup", BRN_CHECK_STAND_INS),
                     BRN_RULING_STAND_IN);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)R)R."), NULL, BRN_CHECK_STAND_INS),
                     BRN_RULING_FORBIDDEN);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)RNa."), "a:b", 0), BRN_RULING_MISSING);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)RNa."), "a:b +append", 0), BRN_RULING_ALLOWED);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)RNNs."), "a:b +append", 0), BRN_RULING_MISSING);
    assert_int_equal(ruling_of(BYTES("ca\nb\n)RNNs."), "a:b +set_items", 0), BRN_RULING_ALLOWED);
}

static void test_cannot_be_asked(void **state)
{
    (void)state;
    brn_error err;
    brn_doc *doc = read_doc(BYTES("N."));
    brn_policy *policy = policy_of(NULL, NULL);
    assert_null(brn_policy_check(policy, doc, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_POLICY_UNTRACED);
    assert_null(brn_policy_check(NULL, doc, NULL, NULL, NULL));
    brn_free(doc);
    doc = read_traced(BYTES("N."));
    brn_check_options options = BRN_CHECK_INIT;
    options.flags = 1u << 31;
    assert_null(brn_policy_check(policy, doc, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    options.flags = 0;
    options.size = 1;
    assert_null(brn_policy_check(policy, doc, &options, NULL, &err));
    brn_free(doc);
    brn_policy_free(policy);
    assert_int_equal(brn_report_ruling(NULL), BRN_RULING_FORBIDDEN);
    assert_int_equal(brn_report_count(NULL), 0);
    brn_report_free(NULL);
}

static brn_code limited(const void *data, size_t size, uint64_t work, uint64_t result)
{
    brn_check_options options = BRN_CHECK_INIT;
    options.max_work = work;
    options.max_result = result;
    brn_error err = {0};
    brn_doc *doc = read_traced(data, size);
    brn_policy *policy = policy_of(NULL, NULL);
    brn_report *report = brn_policy_check(policy, doc, &options, NULL, &err);
    assert_true((report != NULL) == (err.code == BRN_OK));
    brn_report_free(report);
    brn_policy_free(policy);
    brn_free(doc);
    return err.code;
}

static void test_limits(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "(I1\n\x85");
    for (int i = 0; i < 20; i++)
        put_words(&b, "2\x86");
    put_words(&b, "\x91.");
    assert_int_equal(limited(b.data, b.size, 1000000, 0), BRN_ERROR_POLICY_WORK);
    assert_int_equal(limited(b.data, b.size, 8000000, 0), BRN_OK);
    assert_int_equal(limited(b.data, b.size, 0, 100), BRN_ERROR_POLICY_MEMORY);
    bytes_free(&b);
}

static bool resolve_code(void *ctx, int protocol, uint32_t code, brn_name *name)
{
    assert_int_equal(protocol, 2);
    *(uint32_t *)ctx = code;
    *name = (brn_name){"a", 1, "b", 1};
    return true;
}

static bool resolve_nothing(void *ctx, int protocol, uint32_t code, brn_name *name)
{
    (void)ctx;
    (void)protocol;
    (void)code;
    (void)name;
    return false;
}

static void test_resolver(void **state)
{
    (void)state;
    brn_error err;
    uint32_t code = 0;
    brn_check_options options = BRN_CHECK_INIT;
    options.resolve = resolve_code;
    options.resolve_ctx = &code;
    brn_doc *doc = read_traced(BYTES("\x80\x02\x82\x07."));
    brn_policy *policy = policy_of("a:b", NULL);
    brn_report *report = brn_policy_check(policy, doc, &options, NULL, &err);
    assert_int_equal(brn_report_ruling(report), BRN_RULING_ALLOWED);
    assert_int_equal(code, 7);
    brn_report_free(report);
    options.resolve = resolve_nothing;
    assert_null(brn_policy_check(policy, doc, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_STOPPED);
    brn_policy_free(policy);
    brn_free(doc);
}

/* Names, refusals with paths, arrays spelt as text, keys that have to be weighed. */
static const char broad[] =
    "((lp0\ncos\nsystem\n(VX\ntRacm\nn\n)R(dV__class__\nNsba"
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntc_codecs\nencode\n"
    "(Vb\nVlatin1\ntRtR(I1\n(I2\ntcnumpy\ndtype\n(Vu1\nI0\nI1\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntb"
    "I00\nc_codecs\nencode\n(Vab\nVlatin1\ntRtb"
    "(I1\n\x85\x85V1\nI7\n\x91"
    "cm\nn\n)Rt.";

static brn_code check_with(brn_alloc *alloc, const brn_doc *doc)
{
    brn_error err = {0};
    brn_policy *policy = brn_policy_new(0, alloc, &err);
    brn_report *report = NULL;
    if (policy && brn_policy_allow(policy, "m:n +append", &err) == BRN_OK &&
        brn_policy_use(policy, "numpy", &err) == BRN_OK)
        report = brn_policy_check(policy, doc, NULL, alloc, &err);
    if (report) {
        assert_int_equal(brn_report_ruling(report), BRN_RULING_FORBIDDEN);
        brn_missing missing;
        assert_true(brn_report_missing(report, 0, &missing));
        assert_string_equal(missing.what, "os:system");
    }
    brn_report_free(report);
    brn_policy_free(policy);
    return err.code;
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    brn_doc *doc = read_traced(BYTES(broad));
    bool failed = true;
    for (size_t fail_at = 0; failed; fail_at++) {
        assert_true(fail_at < 1000);
        counter books;
        brn_alloc alloc = counting(&books);
        books.fail_at = fail_at;
        books.fails_after = true;
        brn_code code = check_with(&alloc, doc);
        failed = books.failed > 0;
        assert_int_equal(code, failed ? BRN_ERROR_MEMORY : BRN_OK);
        expect_all_given_back(&books);
    }
    brn_free(doc);
}

/* Tracing itself: a document that has to be read before it can be asked. */
static void test_tracing_runs_out_of_memory(void **state)
{
    (void)state;
    brn_error err;
    brn_doc *doc = NULL;
    for (size_t fail_at = 0; !doc; fail_at++) {
        counter books;
        brn_alloc alloc = counting(&books);
        books.fail_at = fail_at;
        doc = brn_read(BYTES(broad), &traced, &alloc, &err);
        assert_true(doc || err.code == BRN_ERROR_MEMORY);
        if (doc)
            brn_free(doc);
        expect_all_given_back(&books);
    }
}

/* What brn_options promises for traced documents, with opcodes that leave the most behind for their bytes. */
static void test_memory_of_tracing(void **state)
{
    (void)state;
    static const struct {
        const char *begin;
        const char *again;
        size_t size;
    } rows[] = {
        {"cm\nn\n)R", "Nb", 2},
        {"cm\nn\n)R", "Na", 2},
        {"cm\nn\n)R", "NNs", 3},
        {"cm\nn\n", ")R", 2},
        {"", "\x97", 1},
        {"", "\x82\x01", 2},
        {"cm\nn\np0\n", "h\x00)\x81", 4},
        {"", "P\n", 2},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        for (size_t count = 1000; count < 200000; count += count / 3) {
            bytes b = {0};
            put_words(&b, rows[i].begin);
            for (size_t k = 0; k < count; k++)
                put(&b, rows[i].again, rows[i].size);
            put_byte(&b, '.');
            counter books;
            brn_alloc alloc = counting(&books);
            brn_error err;
            brn_doc *doc = brn_read(b.data, b.size, &traced, &alloc, &err);
            assert_non_null(doc);
            if (books.peak > 96 * b.size + (256 << 10))
                fail_msg("%zu: %zu bytes take %zu", i, b.size, books.peak);
            brn_free(doc);
            bytes_free(&b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_names_are_exact),
        cmocka_unit_test(test_tables_are_in_order),
        cmocka_unit_test(test_schemas_can_be_read),
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_cannot_be_asked),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_resolver),
        cmocka_unit_test(test_every_allocation_fails),
        cmocka_unit_test(test_tracing_runs_out_of_memory),
        cmocka_unit_test(test_memory_of_tracing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
