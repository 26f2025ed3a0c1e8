/*
 * test_json.c - brn_json() against what docs/json.md says, form by form; its
 * refusals; and what happens when memory or the sink gives out.
 */
#include "support.h"

#define LOSSLESS BRN_JSON_LOSSLESS
#define PRETTY BRN_JSON_PRETTY

typedef struct text {
    char *data;
    size_t size;
    size_t cap;
    size_t refuse_at; /* the sink takes fewer bytes than this; 0: any number */
} text;

static bool collect_text(void *ctx, const void *data, size_t size)
{
    text *t = ctx;
    if (t->refuse_at > 0 && t->size + size >= t->refuse_at)
        return false;
    if (t->size + size >= t->cap) {
        t->cap = 2 * (t->size + size) + 64;
        t->data = realloc(t->data, t->cap);
        assert_non_null(t->data);
    }
    memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
    return true;
}

static void expect_report(const char *pickle, size_t size, uint32_t flags, const char *json,
                          uint64_t standins, uint64_t expanded)
{
    brn_doc *doc = read_doc(pickle, size);
    brn_error err;
    brn_json_report report = {99, 99};
    text t = {0};
    assert_int_equal(brn_json(doc, brn_root(doc), flags, 0, collect_text, &t, &report, &err),
                     BRN_OK);
    assert_string_equal(t.data, json);
    assert_int_equal(report.standins, standins);
    assert_int_equal(report.expanded, expanded);
    free(t.data);
    brn_free(doc);
}

static void expect_json(const char *pickle, size_t size, uint32_t flags, const char *json)
{
    brn_doc *doc = read_doc(pickle, size);
    brn_error err;
    text t = {0};
    assert_int_equal(brn_json(doc, brn_root(doc), flags, 0, collect_text, &t, NULL, &err), BRN_OK);
    assert_int_equal(err.code, BRN_OK);
    assert_string_equal(t.data, json);
    free(t.data);
    brn_free(doc);
}

/* Refused without a byte written. */
static void expect_refusal(const char *pickle, size_t size, uint64_t max_nodes, brn_code code,
                           const char *path)
{
    brn_doc *doc = read_doc(pickle, size);
    brn_error err;
    text t = {0};
    assert_int_equal(brn_json(doc, brn_root(doc), 0, max_nodes, collect_text, &t, NULL, &err),
                     code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.path, path);
    assert_true(err.message[0] != '\0');
    assert_int_equal(t.size, 0);
    free(t.data);
    brn_free(doc);
}

static void test_plain_scalars(void **state)
{
    (void)state;
    expect_json(BYTES("(N\x88\x89K\x05J\xff\xff\xff\xffl."), 0, "[null,true,false,5,-1]");
    expect_json(BYTES("(F1.0\nF-0.0\nF1e16\nF0.1\nl."), 0, "[1.0,-0.0,1e+16,0.1]");
    expect_report(BYTES("(Fnan\nFinf\nF-inf\nl."), 0, "[null,null,null]", 3, 0);
    expect_json(BYTES("L18446744073709551616L\n."), 0, "18446744073709551616");
    expect_json(BYTES("L-18446744073709551616L\n."), 0, "-18446744073709551616");
    expect_json(BYTES("L-9223372036854775808L\n."), 0, "-9223372036854775808");
    expect_json(BYTES("X\x08\x00\x00\x00"
                      "a\"\\\n\x01\x7f\xc3\xa9."),
                0, "\"a\\\"\\\\\\n\\u0001\x7f\xc3\xa9\"");
    expect_json(BYTES("X\x06\x00\x00\x00\x08\x0c\x0b\t\r/."), 0, "\"\\b\\f\\u000b\\t\\r/\"");
    expect_report(BYTES("X\x04\x00\x00\x00\xed\xa0\x80z."), 0, "\"\\ud800z\"", 1, 0);
    expect_json(BYTES("X\x03\x00\x00\x00\xed\x9f\xbf."), 0, "\"\xed\x9f\xbf\"");
    expect_json(BYTES("U\x04\xe9\"a\x00."), 0, "\"\xc3\xa9\\\"a\\u0000\"");
    expect_report(BYTES("(C\x00"
                        "C\x01"
                        "aC\x02"
                        "abC\x03"
                        "abc\x96\x01\0\0\0\0\0\0\0\xffl."),
                  0, "[\"\",\"YQ==\",\"YWI=\",\"YWJj\",\"/w==\"]", 5, 0);
    expect_report(BYTES("\x97."), 0, "{\"__buffer__\":0}", 1, 0);
}

/* 256^n has 4300 digits or fewer up to n = 1785. */
static void test_long_ints(void **state)
{
    (void)state;
    static char pickle[5 + 1800 + 1];
    for (int mode = 0; mode < 2; mode++) {
        for (uint8_t size = 0; size < 2; size++) {
            size_t length = size ? 1790 : 1785;
            memcpy(pickle, "\x8b", 1);
            pickle[1] = (char)(length & 0xff);
            pickle[2] = (char)(length >> 8);
            pickle[3] = pickle[4] = 0;
            memset(pickle + 5, 0, length);
            pickle[5 + length - 1] = 1;
            pickle[5 + length] = '.';
            brn_doc *doc = read_doc(pickle, length + 6);
            text t = {0};
            brn_json_report report;
            assert_int_equal(brn_json(doc, brn_root(doc), mode ? LOSSLESS : 0, 0, collect_text, &t,
                                      &report, NULL),
                             BRN_OK);
            const char *begin = mode ? "{\"$int\":\"" : size ? "\"" : "";
            assert_memory_equal(t.data, begin, strlen(begin));
            if (size)
                assert_memory_equal(t.data + strlen(begin), "0x100000", 8);
            else
                assert_true(t.data[strlen(begin)] >= '1' && t.data[strlen(begin) + 1] != 'x');
            assert_int_equal(report.standins, !mode && size);
            free(t.data);
            brn_free(doc);
        }
    }
}

static void test_plain_containers(void **state)
{
    (void)state;
    expect_json(BYTES("]."), 0, "[]");
    expect_json(BYTES(")."), 0, "[]");
    expect_json(BYTES("}."), 0, "{}");
    expect_json(BYTES("\x8f."), 0, "[]");
    expect_json(BYTES("](K\x01K\x02\x86\x8f(K\x03\x90(K\x04\x91"
                      "e."),
                0, "[[1,2],[3],[4]]");
    expect_json(BYTES("}(U\x01"
                      "aK\x01K\x02NF0.5\nN\x88NNNFnan\nNFinf\nNF-inf\nNu."),
                0,
                "{\"a\":1,\"2\":null,\"0.5\":null,\"true\":null,\"null\":null,\"NaN\":null,"
                "\"Infinity\":null,\"-Infinity\":null}");
    expect_json(BYTES("}L18446744073709551616L\nNs."), 0, "{\"18446744073709551616\":null}");
}

static void test_plain_objects(void **state)
{
    (void)state;
    expect_report(BYTES("cm\nA.B\n."), 0, "\"m.A.B\"", 1, 0);
    expect_report(BYTES("cm\nA\n)\x81}(U\x01xK\x01U\x01y]ub."), 0,
                  "{\"__class__\":\"m.A\",\"x\":1,\"y\":[]}", 1, 0);
    expect_json(BYTES("cm\nA\nK\x01\x85R."), 0, "{\"__call__\":\"m.A\",\"__args__\":[1]}");
    expect_json(BYTES("cm\nA\n)}U\x01kK\x01s\x92."), 0,
                "{\"__class__\":\"m.A\",\"__kwargs__\":{\"k\":1}}");
    /* (dict, slots), with and without a dict, and with a name in both */
    expect_json(BYTES("cm\nA\n)\x81}U\x01xK\x01s}U\x01yK\x02s\x86"
                      "b."),
                0, "{\"__class__\":\"m.A\",\"x\":1,\"y\":2}");
    expect_json(BYTES("cm\nA\n)\x81N}U\x01yK\x02s\x86"
                      "b."),
                0, "{\"__class__\":\"m.A\",\"y\":2}");
    expect_json(BYTES("cm\nA\n)\x81}U\x01xK\x01s}U\x01xK\x02s\x86"
                      "b."),
                0, "{\"__class__\":\"m.A\",\"__state__\":[{\"x\":1},{\"x\":2}]}");
    /* other states */
    expect_json(BYTES("cm\nA\n)\x81K\x07"
                      "b."),
                0, "{\"__class__\":\"m.A\",\"__state__\":7}");
    expect_json(BYTES("cm\nA\n)\x81}U\x08__call__K\x01sb."), 0,
                "{\"__class__\":\"m.A\",\"__state__\":{\"__call__\":1}}");
    expect_json(BYTES("cm\nA\n)\x81}K\x01K\x02sb."), 0,
                "{\"__class__\":\"m.A\",\"__state__\":{\"1\":2}}");
    expect_json(BYTES("cm\nA\n)\x81K\x07"
                      "b]K\x01"
                      "ab."),
                0, "{\"__class__\":\"m.A\",\"__states__\":[7,[1]]}");
    /* items and pairs of several operations */
    expect_json(BYTES("cm\nA\n)\x81(K\x01]eK\x05K\x06sK\x07"
                      "bK\x02"
                      "a(K\x03\x90K\x08]s."),
                0,
                "{\"__class__\":\"m.A\",\"__state__\":7,\"__items__\":[1,[],2,3],"
                "\"__pairs__\":[[5,6],[8,[]]]}");
    /* what else carries operations */
    expect_json(BYTES("cm\nA\nK\x01"
                      "b."),
                0, "{\"__global__\":\"m.A\",\"__state__\":1}");
    expect_json(BYTES("K\x01Q."), 0, "{\"__persid__\":1}");
    expect_json(BYTES("\x82\x05."), 0, "{\"__ext__\":5}");
    expect_json(BYTES("\x82\x05}U\x01xK\x01sb."), 0, "{\"__ext__\":5,\"x\":1}");
    expect_json(BYTES("cm\nA\nK\x01\x85RX\x01\x00\x00\x00"
                      "B\x93."),
                0, "{\"__global__\":[{\"__call__\":\"m.A\",\"__args__\":[1]},\"B\"]}");
    /* a callee that is no plain global */
    expect_json(BYTES("K\x01Q)R."), 0, "{\"__call__\":{\"__persid__\":1}}");
}

static void test_plain_sharing(void **state)
{
    (void)state;
    /* a = [1]; [a, a] */
    expect_report(BYTES("](]\x94K\x01"
                        "ah\x00"
                        "e."),
                  0, "[[1],[1]]", 0, 1);
    expect_report(BYTES("](K\x01\x85\x94h\x00h\x00"
                        "e."),
                  0, "[[1],[1],[1]]", 0, 2);
    /* strings and () are not counted */
    expect_report(BYTES("](U\x01"
                        "a\x94h\x00))e."),
                  0, "[\"a\",\"a\",[],[]]", 0, 0);
}

static void test_plain_refusals(void **state)
{
    (void)state;
    expect_refusal(BYTES("]\x94h\x00"
                         "a."),
                   0, BRN_ERROR_JSON_CYCLE, "[0]");
    expect_refusal(BYTES("}U\x01xK\x05]\x94h\x00"
                         "a\x86s."),
                   BRN_UNLIMITED, BRN_ERROR_JSON_CYCLE, "['x'][1][0]");
    expect_refusal(BYTES("cm\nA\n)\x81\x94}U\x01xh\x00sb."), 0, BRN_ERROR_JSON_CYCLE, ".x");
    expect_refusal(BYTES("cm\nA\n)\x81\x94h\x00"
                         "a."),
                   0, BRN_ERROR_JSON_CYCLE, "[0]");
    expect_refusal(BYTES("cm\nA\n)\x81\x94U\x01kh\x00s."), 0, BRN_ERROR_JSON_CYCLE, "['k']");
    expect_refusal(BYTES("cm\nA\n)\x81\x94h\x00\x85"
                         "b."),
                   0, BRN_ERROR_JSON_CYCLE, ".__state__[0]");
    expect_refusal(BYTES("cm\nA\n]\x94\x85Rh\x00h\x00"
                         "a0."),
                   0, BRN_ERROR_JSON_CYCLE, ".__args__[0][0]");
    expect_refusal(BYTES("}K\x01\x85Ns."), 0, BRN_ERROR_JSON_KEY, "");
    expect_refusal(BYTES("]}C\x01"
                         "aNsa."),
                   0, BRN_ERROR_JSON_KEY, "[0]");
    expect_refusal(BYTES("}(K\x01NU\x01"
                         "1Nu."),
                   0, BRN_ERROR_JSON_KEY, "");
    expect_refusal(BYTES("}(NNU\x04nullNu."), 0, BRN_ERROR_JSON_KEY, "");
    expect_refusal(BYTES("}(Fnan\nNFnan\nNu."), 0, BRN_ERROR_JSON_KEY, "");
    /* latin-1 e9 and its UTF-8 as latin-1; U+1F600 and its two surrogates */
    expect_refusal(BYTES("}(U\x01\xe9NX\x02\x00\x00\x00\xc3\xa9Nu."), 0, BRN_ERROR_JSON_KEY, "");
    expect_refusal(BYTES("}(X\x06\x00\x00\x00\xed\xa0\xbd\xed\xb8\x80NX\x04\x00\x00\x00\xf0\x9f"
                         "\x98\x80Nu."),
                   0, BRN_ERROR_JSON_KEY, "");
    expect_json(BYTES("}(K\x01NU\x02"
                      "1 NF1.5\nNU\x03"
                      "1.0NX\x03\x00\x00\x00\xed\xa0\x80Nu."),
                0, "{\"1\":null,\"1 \":null,\"1.5\":null,\"1.0\":null,\"\\ud800\":null}");
}

/* The path of a refusal, through all that an object is made of. */
static void test_plain_refusal_paths(void **state)
{
    (void)state;
    /* The place among all that was appended, not among what was appended last. */
    expect_refusal(BYTES("cm\nA\n)\x81\x94(K\x01K\x02"
                         "e}b(K\x03h\x00"
                         "e."),
                   0, BRN_ERROR_JSON_CYCLE, "[3]");
    expect_refusal(BYTES("cm\nA\n)\x81\x94(K\x01\x90}b(K\x03h\x00"
                         "e."),
                   0, BRN_ERROR_JSON_CYCLE, "[2]");
    expect_refusal(BYTES("cm\nA\n)\x81\x94N}U\x01sh\x00s\x86"
                         "b."),
                   0, BRN_ERROR_JSON_CYCLE, ".s");
    expect_refusal(BYTES("cm\nA\n)\x81\x94}U\x01"
                         "ah\x00s}\x86"
                         "b."),
                   0, BRN_ERROR_JSON_CYCLE, ".a");
    expect_refusal(BYTES("cm\nA\n)\x81\x94h\x00}\x86"
                         "b."),
                   0, BRN_ERROR_JSON_CYCLE, ".__state__[0]");
    expect_refusal(BYTES("]\x94"
                         "cm\nA\n)}U\x01kh\x00s\x92"
                         "a."),
                   0, BRN_ERROR_JSON_CYCLE, "[0].__kwargs__['k']");
    /* What no path can spell. */
    expect_refusal(BYTES("\x8f\x94("
                         "cm\nA\n)\x81}U\x01xh\x00sb\x90."),
                   0, BRN_ERROR_JSON_CYCLE, "[...].x");
    expect_refusal(BYTES("cm\nA\n)\x81\x94h\x00K\x01s."), 0, BRN_ERROR_JSON_CYCLE, "[...]");
    expect_refusal(BYTES("]\x94h\x00Qa."), 0, BRN_ERROR_JSON_CYCLE, "[0][...]");
    expect_refusal(BYTES("cm\nA\n)\x81\x94}b]h\x00"
                         "ab."),
                   0, BRN_ERROR_JSON_CYCLE, "[...][0]");
    /* One longer than an error holds is cut between steps. */
    char deep[400];
    char path[BRN_PATH_SIZE];
    memcpy(deep, "]\x94", 2);
    memset(deep + 2, ']', 100);
    memcpy(deep + 102, "h\x00", 2);
    memset(deep + 104, 'a', 101);
    deep[205] = '.';
    for (size_t i = 0; i < 84; i++)
        memcpy(path + 3 * i, "[0]", 3);
    memcpy(path + 252, "...", 4);
    expect_refusal(deep, 206, 0, BRN_ERROR_JSON_CYCLE, path);
}

/* Values written out are counted exactly, keys among them, each time they are met. */
static void test_plain_limit(void **state)
{
    (void)state;
    static const char pickle[] = "](}(K\x01]\x94(K\x02K\x03"
                                 "eU\x01xh\x00uh\x00"
                                 "e.";
    brn_doc *doc = read_doc(BYTES(pickle));
    for (uint64_t limit = 1; limit < 20; limit++) {
        brn_error err;
        text t = {0};
        /* list, dict, 1, [2, 3] twice with "x", and once more */
        brn_code code = brn_json(doc, brn_root(doc), 0, limit, collect_text, &t, NULL, &err);
        assert_int_equal(code, limit < 13 ? BRN_ERROR_JSON_EXPANSION : BRN_OK);
        assert_int_equal(t.size > 0, limit >= 13);
        free(t.data);
    }
    brn_free(doc);

    /* 2^60 and 2^70 leaves: the count saturates instead of coming out small */
    char dag[512];
    for (size_t levels = 60; levels <= 70; levels += 10) {
        size_t n = 0;
        memcpy(dag, "]", 1);
        n = 1;
        for (size_t i = 0; i < levels; i++) {
            memcpy(dag + n, "2\x86", 2);
            n += 2;
        }
        dag[n++] = '.';
        dag[0] = 'K';
        memmove(dag + 2, dag + 1, n - 1);
        dag[1] = 1;
        expect_refusal(dag, n + 1, 0, BRN_ERROR_JSON_EXPANSION, "");
        if (levels == 70)
            expect_refusal(dag, n + 1, BRN_UNLIMITED - 1, BRN_ERROR_JSON_EXPANSION, "");
        doc = read_doc(dag, n + 1);
        text t = {0};
        assert_int_equal(brn_json(doc, brn_root(doc), LOSSLESS, 0, collect_text, &t, NULL, NULL),
                         BRN_OK);
        assert_true(t.size < 3000);
        free(t.data);
        brn_free(doc);
    }
}

/* Long text is cheap once and dear again. */
static void test_plain_text_weight(void **state)
{
    (void)state;
    const size_t length = 64000;
    char *pickle = calloc(1, length + 400);
    assert_non_null(pickle);
    memcpy(pickle, "](X", 3);
    pickle[3] = (char)(length & 0xff);
    pickle[4] = (char)(length >> 8);
    memset(pickle + 7, 'y', length);
    size_t n = 7 + length;
    pickle[n++] = '\x94';
    for (int i = 0; i < 100; i++) {
        memcpy(pickle + n, "h\0", 2);
        n += 2;
    }
    memcpy(pickle + n, "e.", 2);
    n += 2;
    expect_refusal(pickle, n, 100101, BRN_ERROR_JSON_EXPANSION, "");
    brn_doc *doc = read_doc(pickle, n);
    text t = {0};
    /* a list, 101 strings, and 100 times 64000 / 64 */
    assert_int_equal(brn_json(doc, brn_root(doc), 0, 100102, collect_text, &t, NULL, NULL), BRN_OK);
    assert_int_equal(t.size, 101 * (length + 3) + 1);
    free(t.data);
    t = (text){0};
    /* the text itself is there once and for all, and does not count */
    assert_int_equal(brn_json(doc, brn_at(brn_root(doc), 5), 0, 1, collect_text, &t, NULL, NULL),
                     BRN_OK);
    assert_int_equal(t.size, length + 2);
    free(t.data);
    brn_free(doc);
    free(pickle);
}

static void test_lossless_scalars(void **state)
{
    (void)state;
    expect_json(BYTES("(N\x88\x89K\x05L9007199254740991L\nL-9007199254740991L\nl."), LOSSLESS,
                "[null,true,false,5,9007199254740991,-9007199254740991]");
    expect_json(BYTES("(L9007199254740992L\nL-9007199254740992L\nL18446744073709551616L\nl."),
                LOSSLESS,
                "[{\"$int\":\"9007199254740992\"},{\"$int\":\"-9007199254740992\"},"
                "{\"$int\":\"18446744073709551616\"}]");
    expect_json(BYTES("(F1.0\nF-0.0\nF1e16\nFinf\nF-inf\nFnan\nF-nan\n"
                      "G\x7f\xf8\0\0\0\0\0\1l."),
                LOSSLESS,
                "[1.0,-0.0,1e+16,{\"$float\":\"inf\"},{\"$float\":\"-inf\"},{\"$float\":\"nan\"},"
                "{\"$float\":\"0xfff8000000000000\"},{\"$float\":\"0x7ff8000000000001\"}]");
    expect_json(BYTES("(X\x02\x00\x00\x00\xc3\xa9X\x03\x00\x00\x00\xed\xa0\x80U\x02\xe9xC\x02"
                      "ab"
                      "\x96\x01\0\0\0\0\0\0\0\xff\x97\x97\x98l."),
                LOSSLESS,
                "[\"\xc3\xa9\",{\"$utf8\":\"7aCA\"},{\"$py2str\":\"\xc3\xa9x\"},"
                "{\"$bytes\":\"YWI=\"},{\"$bytearray\":\"/w==\"},{\"$buffer\":0},"
                "{\"$buffer\":1,\"readonly\":true}]");
}

static void test_lossless_containers(void **state)
{
    (void)state;
    expect_json(BYTES("](]))K\x01\x85\x8f\x8f(K\x01\x90(K\x02\x91}e."), LOSSLESS,
                "[[],{\"$tuple\":[]},{\"$tuple\":[]},{\"$tuple\":[1]},{\"$set\":[]},"
                "{\"$set\":[1]},{\"$frozenset\":[2]},{}]");
    expect_json(BYTES("}X\x01\x00\x00\x00"
                      "aK\x01s."),
                LOSSLESS, "{\"a\":1}");
    expect_json(BYTES("}X\x00\x00\x00\x00K\x01s."), LOSSLESS, "{\"\":1}");
    /* each reason for pairs */
    expect_json(BYTES("}(X\x01\x00\x00\x00"
                      "aK\x01K\x02]u."),
                LOSSLESS, "{\"$dict\":[[\"a\",1],[2,[]]]}");
    expect_json(BYTES("}X\x01\x00\x00\x00$K\x01s."), LOSSLESS, "{\"$dict\":[[\"$\",1]]}");
    expect_json(BYTES("}X\x03\x00\x00\x00\xed\xa0\x80K\x01s."), LOSSLESS,
                "{\"$dict\":[[{\"$utf8\":\"7aCA\"},1]]}");
    expect_json(BYTES("}U\x01"
                      "aK\x01s."),
                LOSSLESS, "{\"$dict\":[[{\"$py2str\":\"a\"},1]]}");
    expect_json(BYTES("}K\x01\x85K\x01s."), LOSSLESS, "{\"$dict\":[[{\"$tuple\":[1]},1]]}");
}

static void test_lossless_objects(void **state)
{
    (void)state;
    expect_json(BYTES("cm\nA.B\n."), LOSSLESS, "{\"$global\":[\"m\",\"A.B\"]}");
    expect_json(BYTES("cm\nA\n)R."), LOSSLESS,
                "{\"$call\":{\"$global\":[\"m\",\"A\"]},\"args\":{\"$tuple\":[]}}");
    expect_json(BYTES("cm\nA\n)}X\x01\x00\x00\x00kK\x01s\x92."), LOSSLESS,
                "{\"$object\":{\"$global\":[\"m\",\"A\"]},\"args\":{\"$tuple\":[]},"
                "\"kwargs\":{\"k\":1}}");
    expect_json(BYTES("K\x01Q."), LOSSLESS, "{\"$persid\":1}");
    expect_json(BYTES("\x82\xf0."), LOSSLESS, "{\"$ext\":240}");
    expect_json(BYTES("\x82\xf0}b(K\x01K\x02"
                      "e(K\x03K\x04u(K\x05\x90."),
                LOSSLESS,
                "{\"$ext\":240,\"do\":[[\"state\",{}],[\"append\",[1,2]],[\"set\",[[3,4]]],"
                "[\"add\",[5]]]}");
    expect_json(BYTES("cm\nA\n)\x81(]](]eeN]s]b."), LOSSLESS,
                "{\"$object\":{\"$global\":[\"m\",\"A\"]},\"args\":{\"$tuple\":[]},"
                "\"do\":[[\"append\",[[],[[]]]],[\"set\",[[null,[]]]],[\"state\",[]]]}");
}

static void test_lossless_sharing(void **state)
{
    (void)state;
    expect_json(BYTES("]\x94h\x00"
                      "a."),
                LOSSLESS, "{\"$id\":0,\"$list\":[{\"$ref\":0}]}");
    expect_json(BYTES("](]\x94K\x01"
                      "ah\x00"
                      "e."),
                LOSSLESS, "[{\"$id\":1,\"$list\":[1]},{\"$ref\":1}]");
    expect_json(BYTES("](}\x94X\x01\x00\x00\x00"
                      "aNsh\x00"
                      "e."),
                LOSSLESS, "[{\"$id\":1,\"$dict\":[[\"a\",null]]},{\"$ref\":1}]");
    expect_json(BYTES("](cm\nA\n\x94h\x00"
                      "e."),
                LOSSLESS, "[{\"$id\":3,\"$global\":[\"m\",\"A\"]},{\"$ref\":3}]");
    expect_json(BYTES("](\x96\0\0\0\0\0\0\0\0\x94h\x00\x97\x94h\x01"
                      "e."),
                LOSSLESS,
                "[{\"$id\":1,\"$bytearray\":\"\"},{\"$ref\":1},{\"$id\":2,\"$buffer\":0},"
                "{\"$ref\":2}]");
    /* 40 bytes are repeated, 41 are shared */
#define TEN "0123456789"
    expect_json(BYTES("](X\x28\x00\x00\x00" TEN TEN TEN TEN "\x94h\x00"
                      "e."),
                LOSSLESS, "[\"" TEN TEN TEN TEN "\",\"" TEN TEN TEN TEN "\"]");
    expect_json(BYTES("](X\x29\x00\x00\x00" TEN TEN TEN TEN "x\x94h\x00"
                      "e."),
                LOSSLESS, "[{\"$id\":1,\"$str\":\"" TEN TEN TEN TEN "x\"},{\"$ref\":1}]");
    expect_json(BYTES("](U\x29" TEN TEN TEN TEN "x\x94h\x00"
                      "C\x2a" TEN TEN TEN TEN "xy\x94h\x01"
                      "e."),
                LOSSLESS,
                "[{\"$id\":1,\"$py2str\":\"" TEN TEN TEN TEN "x\"},{\"$ref\":1},"
                "{\"$id\":2,\"$bytes\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OXh5"
                "\"},{\"$ref\":2}]");
    /* so a shared long key needs a place for its id; one that is not shared does not */
    expect_json(BYTES("](}X\x29\x00\x00\x00" TEN TEN TEN TEN "x\x94Nsh\x00"
                      "e."),
                LOSSLESS,
                "[{\"$dict\":[[{\"$id\":2,\"$str\":\"" TEN TEN TEN TEN "x\"},null]]},"
                "{\"$ref\":2}]");
    expect_json(BYTES("](}X\x29\x00\x00\x00" TEN TEN TEN TEN "x\x94Nse."), LOSSLESS,
                "[{\"" TEN TEN TEN TEN "x\":null}]");
    /* a long int of 40 bytes, of 41 */
#define INT_40                                         \
    "477423076971541824491030372670946337847224113269" \
    "418609489084381247420191106964403319445925278000"
    expect_json(BYTES("](\x8a\x28" TEN TEN TEN TEN "\x94h\x00"
                      "e."),
                LOSSLESS, "[{\"$int\":\"" INT_40 "\"},{\"$int\":\"" INT_40 "\"}]");
    expect_json(BYTES("](\x8a\x29" TEN TEN TEN TEN "\x01\x94h\x00"
                      "e."),
                LOSSLESS,
                "[{\"$id\":1,\"$int\":\"261341011289245190688605207884049845244992863562"
                "6071379436125989069639916887604953342408012214576\"},{\"$ref\":1}]");
    /* shared and changed after a call had it */
    expect_json(BYTES("](]\x94"
                      "cm\nf\nh\x00\x85Rh\x00N"
                      "a0e."),
                LOSSLESS,
                "[{\"$id\":1,\"$list\":[null],\"changedLater\":true},{\"$call\":{\"$global\":"
                "[\"m\",\"f\"]},\"args\":{\"$tuple\":[{\"$ref\":1}]}}]");
}

static void test_pretty(void **state)
{
    (void)state;
    expect_json(BYTES("](K\x01]}X\x01\x00\x00\x00"
                      "a(K\x02lse."),
                PRETTY, "[\n  1,\n  [],\n  {\n    \"a\": [\n      2\n    ]\n  }\n]");
    expect_json(BYTES("](K\x01\x85\x94h\x00}K\x01N"
                      "scm\nA\n)\x81]be."),
                PRETTY | LOSSLESS,
                "[\n  {\"$id\": 2, \"$tuple\": [\n    1\n  ]},\n  {\"$ref\": 2},\n"
                "  {\"$dict\": [\n    [1, null]\n  ]},\n"
                "  {\"$object\": {\"$global\": [\"m\", \"A\"]}, \"args\": {\"$tuple\": []}, "
                "\"do\": [\n    [\"state\", []]\n  ]}\n]");
}

/* A chain of lists: nothing recurses, and indentation does not make the output quadratic. */
static void test_depth(void **state)
{
    (void)state;
    const size_t depth = 200000;
    char *pickle = malloc(2 * depth + 2);
    assert_non_null(pickle);
    memset(pickle, ']', depth);
    memset(pickle + depth, 'a', depth - 1);
    pickle[2 * depth - 1] = '.';
    brn_doc *doc = read_doc(pickle, 2 * depth);
    for (uint32_t flags = 0; flags < 4; flags++) {
        text t = {0};
        assert_int_equal(brn_json(doc, brn_root(doc), flags, 0, collect_text, &t, NULL, NULL),
                         BRN_OK);
        if (!(flags & PRETTY)) {
            assert_int_equal(t.size, 2 * depth);
            for (size_t i = 0; i < 2 * depth; i++)
                assert_int_equal(t.data[i], i < depth ? '[' : ']');
        } else {
            assert_in_range(t.size, 100 * 2 * depth, 103 * 2 * depth);
        }
        free(t.data);
    }
    brn_free(doc);
    free(pickle);
}

/* ------------------------------------------------------------------------
 * When something gives out
 * ------------------------------------------------------------------------ */

typedef struct faulty {
    long left; /* allocations that succeed; below 0: all */
    long live;
} faulty;

static bool runs_out(faulty *f)
{
    if (f->left == 0)
        return true;
    if (f->left > 0)
        f->left--;
    return false;
}

static void *faulty_malloc(void *ctx, size_t size)
{
    faulty *f = ctx;
    if (runs_out(f))
        return NULL;
    f->live++;
    return malloc(size);
}

static void *faulty_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    (void)old_size;
    return runs_out(ctx) ? NULL : realloc(ptr, size);
}

static void faulty_free(void *ctx, void *ptr)
{
    faulty *f = ctx;
    f->live -= ptr != NULL;
    free(ptr);
}

static void test_memory_fails(void **state)
{
    (void)state;
    /* deep enough for the frames to grow, a shared list, and keys that must be compared */
    static const char middle[] = "(]\x94K\x01"
                                 "ah\x00}(K\x01NU\x03"
                                 "abcNue";
    const size_t depth = 40;
    char pickle[200];
    size_t n = depth;
    memset(pickle, ']', depth);
    memcpy(pickle + n, BYTES(middle));
    n += sizeof middle - 1;
    memset(pickle + n, 'a', depth - 1);
    n += depth - 1;
    pickle[n++] = '.';
    for (uint32_t flags = 0; flags < 2; flags++) {
        faulty f = {-1, 0};
        brn_alloc alloc = {faulty_malloc, faulty_realloc, faulty_free, &f};
        brn_error err;
        brn_doc *doc = brn_read(pickle, n, NULL, &alloc, &err);
        assert_non_null(doc);
        long held = f.live;
        long failures = 0;
        for (;; failures++) {
            f.left = failures;
            text t = {0};
            brn_code code = brn_json(doc, brn_root(doc), flags, 0, collect_text, &t, NULL, &err);
            assert_int_equal(f.live, held);
            free(t.data);
            if (code == BRN_OK)
                break;
            assert_int_equal(code, BRN_ERROR_MEMORY);
            assert_int_equal(err.code, BRN_ERROR_MEMORY);
            assert_int_equal(t.size, 0);
        }
        assert_in_range(failures, flags ? 4 : 6, 20);
        f.left = -1;
        brn_free(doc);
        assert_int_equal(f.live, 0);
    }
}

static void test_sink_fails(void **state)
{
    (void)state;
    /* three times what is buffered, in many pieces */
    const size_t count = 50000;
    char *pickle = malloc(5 * count + 3);
    assert_non_null(pickle);
    size_t n = 0;
    pickle[n++] = '(';
    for (size_t i = 0; i < count; i++) {
        memcpy(pickle + n, "M\x10\x27", 3);
        n += 3;
    }
    pickle[n++] = 'l';
    pickle[n++] = '.';
    brn_doc *doc = read_doc(pickle, n);
    for (size_t at = 1; at < 6 * count + 1; at += 30011) {
        for (uint32_t flags = 0; flags < 4; flags++) {
            brn_error err;
            text t = {.refuse_at = at};
            assert_int_equal(brn_json(doc, brn_root(doc), flags, 0, collect_text, &t, NULL, &err),
                             BRN_ERROR_WRITE);
            assert_int_equal(err.code, BRN_ERROR_WRITE);
            free(t.data);
        }
    }
    brn_free(doc);
    free(pickle);
}

static void test_arguments(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES("](K\x01K\x02"
                                  "e."));
    brn_doc *other = read_doc(BYTES("](K\x01K\x02"
                                    "e."));
    brn_error err;
    text t = {0};
    assert_int_equal(brn_json(NULL, brn_root(doc), 0, 0, collect_text, &t, NULL, &err),
                     BRN_ERROR_OPTIONS);
    assert_int_equal(brn_json(doc, NULL, 0, 0, collect_text, &t, NULL, &err), BRN_ERROR_OPTIONS);
    assert_int_equal(brn_json(doc, brn_root(other), 0, 0, collect_text, &t, NULL, &err),
                     BRN_ERROR_OPTIONS);
    assert_int_equal(brn_json(doc, brn_root(doc), 0, 0, NULL, NULL, NULL, &err), BRN_ERROR_OPTIONS);
    assert_int_equal(brn_json(doc, brn_root(doc), 4, 0, collect_text, &t, NULL, NULL),
                     BRN_ERROR_OPTIONS);
    assert_int_equal(t.size, 0);
    /* a part of the document */
    assert_int_equal(brn_json(doc, brn_at(brn_root(doc), 1), 0, 1, collect_text, &t, NULL, NULL),
                     BRN_OK);
    assert_string_equal(t.data, "2");
    free(t.data);
    brn_free(doc);
    brn_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_scalars),    cmocka_unit_test(test_long_ints),
        cmocka_unit_test(test_plain_containers), cmocka_unit_test(test_plain_objects),
        cmocka_unit_test(test_plain_sharing),    cmocka_unit_test(test_plain_refusals),
        cmocka_unit_test(test_plain_limit),      cmocka_unit_test(test_plain_text_weight),
        cmocka_unit_test(test_lossless_scalars), cmocka_unit_test(test_lossless_containers),
        cmocka_unit_test(test_lossless_objects), cmocka_unit_test(test_lossless_sharing),
        cmocka_unit_test(test_pretty),           cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory_fails),     cmocka_unit_test(test_sink_fails),
        cmocka_unit_test(test_arguments),        cmocka_unit_test(test_plain_refusal_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
