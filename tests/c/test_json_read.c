/*
 * test_json_read.c - documents from JSON: what lossless JSON says comes back the same, over the whole corpus;
 * everything that is wrong with JSON has its number and its place; depth, memory, and allocators that fail.
 */
#include "support.h"

/* JSON with the ids in the order in which they are first met: those of documents differ. */
static void renumber(bytes *json)
{
    enum { MOST = 4096 };
    static const char *const tags[] = {"\"$id\":", "\"$ref\":"};
    unsigned long known[MOST];
    size_t count = 0;
    bytes out = {0};
    put_byte(json, 0);
    const char *p = (const char *)json->data;
    while (*p) {
        size_t length = 1;
        for (size_t i = 0; i < LENGTH_OF(tags); i++) {
            if (strncmp(p, tags[i], strlen(tags[i])) == 0)
                length = strlen(tags[i]);
        }
        put(&out, p, length);
        p += length;
        if (length == 1)
            continue;
        char *end;
        unsigned long id = strtoul(p, &end, 10);
        size_t number = 0;
        while (number < count && known[number] != id)
            number++;
        if (number == count && count < MOST)
            known[count++] = id;
        put_format(&out, "%zu", number);
        p = end;
    }
    bytes_free(json);
    *json = out;
}

static bool write_json(const brn_doc *doc, bytes *out)
{
    return brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, collect, out, NULL, NULL) == BRN_OK;
}

static brn_doc *read_json(const void *data, size_t size)
{
    brn_error err;
    brn_doc *doc = brn_read_json(data, size, NULL, NULL, &err);
    if (!doc) {
        char text[600];
        (void)brn_error_text(&err, text, sizeof text);
        fail_msg("%.*s: %s", (int)(size < 200 ? size : 200), (const char *)data, text);
    }
    return doc;
}

/* From a document to JSON, back, and to JSON again. */
static void expect_round_trip(const brn_doc *doc, const char *name)
{
    bytes first = {0};
    bytes second = {0};
    bytes third = {0};
    assert_true(write_json(doc, &first));
    brn_doc *again = read_json(first.data, first.size);
    assert_int_equal(brn_doc_size(again), first.size);
    assert_true(write_json(again, &second));
    brn_doc *twice = read_json(second.data, second.size);
    assert_true(write_json(twice, &third));
    /* What came from JSON is made in the same order each time. */
    assert_int_equal(second.size, third.size);
    assert_memory_equal(second.data, third.data, third.size);
    renumber(&first);
    renumber(&second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)
        fail_msg("%s: %.*s became %.*s", name, (int)first.size, (const char *)first.data,
                 (int)second.size, (const char *)second.data);
    assert_int_equal(brn_doc_changed_later(again), brn_doc_changed_later(twice));
    brn_free(again);
    brn_free(twice);
    bytes_free(&first);
    bytes_free(&second);
    bytes_free(&third);
}

static void test_corpus(void **state)
{
    (void)state;
    corpus c = corpus_read(true);
    size_t read = 0;
    for (size_t i = 0; i < c.count; i++) {
        brn_doc *doc = brn_read(c.files[i].data, c.files[i].size, NULL, NULL, NULL);
        if (!doc)
            continue;
        read++;
        expect_round_trip(doc, c.files[i].name);
        brn_free(doc);
    }
    assert_true(read > 50);
    corpus_free(&c);
}

/* The JSON reads as this, as tests/c spells values. */
static void expect_json(const char *json, const char *text)
{
    brn_doc *doc = read_json(json, strlen(json));
    char *described_text = described(doc);
    assert_string_equal(described_text, text);
    free(described_text);
    brn_free(doc);
}

static void test_plain_json(void **state)
{
    (void)state;
    expect_json(" null \n", "None");
    expect_json("[true,false , 1,-0,-7, 1.5,1e2,-0.0,1E+2, 2e-1]",
                "[True, False, 1, 0, -7, f:0x1.8p+0, f:0x1.9p+6, f:-0x0p+0, f:0x1.9p+6, "
                "f:0x1.999999999999ap-3]");
    expect_json("{}", "{}");
    expect_json("{ \"a\" : [ ] , \"\" : { } }", "{'a': [], '': {}}");
    expect_json("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83d\\ude00\"",
                "'\"\\x5c/\\x08\\x0c\\x0a\\x0d\\x09A\\xc3\\xa9\\xf0\\x9f\\x98\\x80'");
    expect_json("\"\\ud800x\\ude00\\ud800\\u0041\"",
                "'\\xed\\xa0\\x80x\\xed\\xb8\\x80\\xed\\xa0\\x80A'");
    expect_json("123456789012345678901234567890", "int:d20a3f4eeee073c3f60fe98e01");
    expect_json("-9223372036854775808", "-9223372036854775808");
}

static void test_tags(void **state)
{
    (void)state;
    expect_json("{\"$tuple\":[1,{\"$tuple\":[]}]}", "(1, ())");
    expect_json("{\"$float\":\"inf\"}", "f:inf");
    expect_json("{\"$float\":\"0x7ff8000000000001\"}", "nan:7ff8000000000001");
    expect_json("{\"$int\":\"-0xff\"}", "-255");
    expect_json("{\"$int\":\"0x0\"}", "0");
    expect_json("{\"$int\":\"9223372036854775808\"}", "int:000000000000008000");
    expect_json("{\"$int\":\"-0x10000000000000000\"}", "int:0000000000000000ff");
    expect_json("{\"$bytes\":\"AP8=\"}", "b'\\x00\\xff'");
    expect_json("{\"$bytearray\":\"\",\"changedLater\":true}", "ba''~");
    expect_json("{\"$py2str\":\"\\u00ff\\u00e9a\"}", "p'\\xff\\xe9a'");
    expect_json("{\"$utf8\":\"7aCA\"}", "'\\xed\\xa0\\x80'");
    expect_json("{\"$buffer\":3,\"readonly\":true}", "buf(3, ro)");
    expect_json("{\"$global\":[\"m\",\"C\"]}", "g:m.C");
    expect_json("{\"$call\":{\"$global\":[\"m\",\"f\"]},\"args\":{\"$tuple\":[1]}}",
                "call(g:m.f, (1,))");
    expect_json("{\"$object\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$tuple\":[]},\"kwargs\":"
                "{\"a\":1},\"do\":[[\"state\",null],[\"append\",[1]],[\"set\",[[1,2],[1,3]]],"
                "[\"add\",[4]]]}",
                "obj(g:m.C, (), {'a': 1})!state(None)!append[1]!set{1: 2, 1: 3}!add[4]");
    expect_json("{\"$ext\":240}", "ext(240)");
    expect_json("{\"$persid\":[1]}", "pid([1])");
    /* Other programs escape what they like, and sort members as they like. */
    expect_json("{\"\\u0024bytes\":\"AA\\/\\u002f\"}", "b'\\x00\\x0f\\xff'");
    expect_json("{\"args\":{\"$t\\u0075ple\":[]},\"\\u0061bc\":1}", "{'args': (), 'abc': 1}");
    expect_json("{\"do\":[[\"\\u0073tate\",[]]],\"args\":{\"$tuple\":[]},"
                "\"$object\":{\"$global\":[\"m\",\"C\"]},\"\\u0024id\":1}",
                "obj(g:m.C, ())!state([])");
    /* A frozenset within others that stand behind it. */
    expect_json(
        "[{\"$dict\":[[{\"$id\":1,\"$frozenset\":[1]},2],[{\"$frozenset\":[{\"$ref\":1}]},3],"
        "[{\"$frozenset\":[{\"$tuple\":[{\"$ref\":1}]}]},4]]}]",
        "[{fs{1}: 2, fs{fs{1}}: 3, fs{(fs{1},)}: 4}]");
    expect_json("{\"$dict\":[[1,2],[{\"$frozenset\":[{\"$frozenset\":[1]}]},3]]}",
                "{1: 2, fs{fs{1}}: 3}");
}

typedef struct wrong {
    const char *json;
    brn_code code;
    uint64_t offset;
} wrong;

static const wrong mistakes[] = {
    {"", BRN_ERROR_EMPTY, 0},
    {" \n", BRN_ERROR_EMPTY, 2},
    {"[", BRN_ERROR_JSON_SYNTAX, 1},
    {"[1", BRN_ERROR_JSON_SYNTAX, 2},
    {"[1,", BRN_ERROR_JSON_SYNTAX, 3},
    {"[1,]", BRN_ERROR_JSON_SYNTAX, 3},
    {"[1}", BRN_ERROR_JSON_SYNTAX, 2},
    {"{\"a\":1]", BRN_ERROR_JSON_SYNTAX, 6},
    {"{1:2}", BRN_ERROR_JSON_SYNTAX, 1},
    {"{\"a\"}", BRN_ERROR_JSON_SYNTAX, 4},
    {"{\"a\":1,}", BRN_ERROR_JSON_SYNTAX, 7},
    {"01", BRN_ERROR_JSON_SYNTAX, 0},
    {"-", BRN_ERROR_JSON_SYNTAX, 1},
    {"1.", BRN_ERROR_JSON_SYNTAX, 2},
    {"1e", BRN_ERROR_JSON_SYNTAX, 2},
    {".5", BRN_ERROR_JSON_SYNTAX, 0},
    {"nul", BRN_ERROR_JSON_SYNTAX, 0},
    {"NaN", BRN_ERROR_JSON_SYNTAX, 0},
    {"\"", BRN_ERROR_JSON_SYNTAX, 1},
    {"\"\\", BRN_ERROR_JSON_SYNTAX, 1},
    {"\"\\x\"", BRN_ERROR_JSON_SYNTAX, 1},
    {"\"\\u12g4\"", BRN_ERROR_JSON_SYNTAX, 1},
    {"\"\\u12", BRN_ERROR_JSON_SYNTAX, 1},
    {"\"a\nb\"", BRN_ERROR_JSON_SYNTAX, 2},
    {"\"\xff\"", BRN_ERROR_UTF8, 1},
    {"\"\xed\xa0\x80\"", BRN_ERROR_UTF8, 1},
    {"{\"$what\":1}", BRN_ERROR_JSON_TAG, 1},
    {"{\"\\u0024what\":1}", BRN_ERROR_JSON_TAG, 1},
    {"{\"$\":1}", BRN_ERROR_JSON_TAG, 1},
    {"{\"a\":1,\"$what\":1}", BRN_ERROR_JSON_TAG, 1},
    {"{\"args\":1,\"$what\":1}", BRN_ERROR_JSON_TAG, 10},
    {"{\"$id\":1}", BRN_ERROR_JSON_TAG, 0},
    {"{\"$list\":1}", BRN_ERROR_JSON_TAG, 9},
    {"{\"$list\":[],\"$tuple\":[]}", BRN_ERROR_JSON_TAG, 12},
    {"{\"$id\":1,\"$id\":1,\"$list\":[]}", BRN_ERROR_JSON_TAG, 9},
    {"{\"$list\":[],\"a\":1}", BRN_ERROR_JSON_TAG, 12},
    {"{\"$tuple\":[],\"changedLater\":true}", BRN_ERROR_JSON_TAG, 28},
    {"{\"$list\":[],\"changedLater\":1}", BRN_ERROR_JSON_TAG, 27},
    {"{\"$call\":1}", BRN_ERROR_JSON_TAG, 0},
    {"{\"$dict\":[1]}", BRN_ERROR_JSON_TAG, 10},
    {"{\"$dict\":[[1]]}", BRN_ERROR_JSON_TAG, 10},
    {"{\"$global\":[1]}", BRN_ERROR_JSON_TAG, 11},
    {"{\"$ext\":1,\"do\":[[\"jump\",1]]}", BRN_ERROR_JSON_TAG, 17},
    {"{\"$ext\":1,\"do\":[[\"append\",1]]}", BRN_ERROR_JSON_TAG, 17},
    {"{\"$ext\":1,\"do\":[[1,1]]}", BRN_ERROR_JSON_TAG, 17},
    {"{\"$ext\":1,\"do\":[[\"set\",[1]]]}", BRN_ERROR_JSON_TAG, 24},
    {"{\"$ext\":0}", BRN_ERROR_EXT_CODE, 0},
    {"{\"$ext\":-1}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$ext\":4294967296}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$buffer\":99999999999999999999999}", BRN_ERROR_JSON_VALUE, 11},
    {"{\"$int\":\"\"}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$int\":\"-\"}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$int\":\"1x\"}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$int\":\"0xg\"}", BRN_ERROR_JSON_VALUE, 8},
    {"{\"$float\":\"x\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$float\":\"0x7ff800000000000g\"}", BRN_ERROR_JSON_VALUE, 10},
    {"1e999", BRN_ERROR_JSON_VALUE, 0},
    {"{\"$bytes\":\"AAA\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$bytes\":\"AA=A\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$bytes\":\"A===\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$bytes\":\"AB==\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$bytes\":\"AA==AAAA\"}", BRN_ERROR_JSON_VALUE, 10},
    {"{\"$utf8\":\"/w==\"}", BRN_ERROR_UTF8, 0},
    {"{\"$py2str\":\"\xc4\x80\"}", BRN_ERROR_JSON_VALUE, 11},
    {"{\"$ref\":1}", BRN_ERROR_JSON_REFERENCE, 8},
    {"[{\"$ref\":1},{\"$id\":1,\"$list\":[]}]", BRN_ERROR_JSON_REFERENCE, 9},
    {"[{\"$id\":1,\"$list\":[]},{\"$id\":1,\"$list\":[]}]", BRN_ERROR_JSON_REFERENCE, 29},
    {"{\"$id\":9223372036854775808,\"$list\":[]}", BRN_ERROR_JSON_REFERENCE, 7},
    {"{\"a\":1,\"a\":2}", BRN_ERROR_JSON_DUPLICATE, 7},
    {"{\"$dict\":[[1,2],[1.0,2]]}", BRN_ERROR_JSON_DUPLICATE, 17},
    {"{\"$set\":[1,true]}", BRN_ERROR_JSON_DUPLICATE, 8},
    {"{\"$frozenset\":[1,1]}", BRN_ERROR_JSON_DUPLICATE, 14},
    {"{\"$dict\":[[[],1]]}", BRN_ERROR_UNHASHABLE, 11},
    {"{\"$set\":[{}]}", BRN_ERROR_UNHASHABLE, 9},
    {"{\"$call\":1,\"args\":{\"$tuple\":[]}}", BRN_ERROR_NOT_CALLABLE, 0},
    {"{\"$object\":{\"$ext\":1},\"args\":[]}", BRN_ERROR_ARGS_NOT_TUPLE, 0},
    {"{\"$object\":{\"$ext\":1},\"args\":{\"$tuple\":[]},\"kwargs\":1}", BRN_ERROR_KWARGS_NOT_DICT,
     0},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(mistakes); i++) {
        const wrong *m = &mistakes[i];
        brn_error err;
        /* A block of its size, so that reading on is seen. */
        size_t size = strlen(m->json);
        char *json = malloc(size + 1);
        memcpy(json, m->json, size);
        json = realloc(json, size > 0 ? size : 1);
        assert_null(brn_read_json(json, size, NULL, NULL, &err));
        if (err.code != m->code || err.offset != m->offset)
            fail_msg("%s: %s at %d: %s", m->json, brn_code_name(err.code), (int)err.offset,
                     err.message);
        assert_true(err.message[0] != '\0');
        assert_null(brn_read_json(json, size, NULL, NULL, NULL));
        free(json);
    }
}

static void test_cycles(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"$id\":1,\"$list\":[{\"$ref\":1}]}",
        "{\"$id\":1,\"$tuple\":[[{\"$ref\":1}]]}",
        "{\"$id\":1,\"$dict\":[[1,{\"$ref\":1}]]}",
        "{\"$id\":1,\"$call\":{\"$global\":[\"m\",\"f\"]},\"args\":{\"$tuple\":[[{\"$ref\":1}]]}}",
        "{\"$id\":1,\"$object\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$tuple\":[]},"
        "\"do\":[[\"state\",{\"me\":{\"$ref\":1}}]]}",
        "{\"$id\":1,\"$frozenset\":[{\"$object\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$tuple\":["
        "]},"
        "\"do\":[[\"state\",{\"$dict\":[[{\"$ref\":1},2]]}]]}]}",
        "{\"$id\":1,\"$tuple\":[{\"$object\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$tuple\":[]},"
        "\"do\":[[\"state\",{\"$dict\":[[{\"$ref\":1},2]]}]]}]}",
        "{\"$id\":1,\"$persid\":[{\"$ref\":1}]}",
    };
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        brn_doc *doc = read_json(texts[i], strlen(texts[i]));
        bytes out = {0};
        assert_true(write_json(doc, &out));
        bytes expected = {0};
        put_words(&expected, texts[i]);
        renumber(&expected);
        renumber(&out);
        put_byte(&out, 0);
        put_byte(&expected, 0);
        assert_string_equal((const char *)out.data, (const char *)expected.data);
        brn_free(doc);
        bytes_free(&out);
        bytes_free(&expected);
    }
}

static void test_several_in_one_text(void **state)
{
    (void)state;
    static const char text[] = "[1]\n {\"a\":2}\n\n\"x\"  ";
    size_t at = 0;
    int count = 0;
    while (at < sizeof text - 1) {
        brn_doc *doc = read_json(text + at, sizeof text - 1 - at);
        at += brn_doc_size(doc);
        brn_free(doc);
        count++;
    }
    assert_int_equal(count, 3);
}

static void test_depth(void **state)
{
    (void)state;
    const size_t levels = getenv("BRN_TEST_VALGRIND") ? 20000 : 300000;
    static const char *const opens[] = {"[", "{\"a\":", "{\"$tuple\":["};
    static const char *const closes[] = {"]", "}", "]}"};
    for (size_t kind = 0; kind < LENGTH_OF(opens); kind++) {
        bytes json = {0};
        for (size_t i = 0; i < levels; i++)
            put_words(&json, opens[kind]);
        put_words(&json, "1");
        for (size_t i = 0; i < levels; i++)
            put_words(&json, closes[kind]);
        brn_doc *doc = read_json(json.data, json.size);
        bytes out = {0};
        assert_true(write_json(doc, &out));
        assert_int_equal(out.size, json.size);
        assert_memory_equal(out.data, json.data, out.size);
        brn_free(doc);
        /* And one that does not end. */
        brn_error err;
        assert_null(brn_read_json(json.data, json.size - 1, NULL, NULL, &err));
        assert_int_equal(err.code, BRN_ERROR_JSON_SYNTAX);
        assert_int_equal(err.offset, json.size - 1);
        bytes_free(&json);
        bytes_free(&out);
    }
}

/* Something of everything, small enough to fail everywhere. */
static const char everything[] =
    "[null,true,1.5,12345678901234567890123,\"text\",{\"$int\":\"-0x123456789abcdef0123\"},"
    "{\"$id\":5,\"$dict\":[[{\"$tuple\":[1,2]},{\"$set\":[1,2,3]}],[{\"$frozenset\":[4]},{}]]},"
    "{\"$id\":70000,\"$object\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$tuple\":[{\"$ref\":5}]},"
    "\"do\":[[\"state\",{\"a\":{\"$ref\":70000}}],[\"set\",[[1,2]]],[\"append\",[1,2]]]},"
    "{\"$bytes\":\"AAAA\"},{\"$py2str\":\"abc\"}]";

static void test_memory_that_ends(void **state)
{
    (void)state;
    brn_code code = BRN_ERROR_MEMORY;
    for (size_t at = 0; code != BRN_OK; at++) {
        counter books;
        brn_alloc alloc = counting(&books);
        books.fail_at = at;
        brn_error err;
        brn_doc *doc = brn_read_json(everything, sizeof everything - 1, NULL, &alloc, &err);
        code = doc ? BRN_OK : err.code;
        assert_true(code == BRN_OK || code == BRN_ERROR_MEMORY);
        /* A table that could not be had may be done without. */
        assert_true(code == BRN_OK || books.failed > 0);
        brn_free(doc);
        expect_all_given_back(&books);
        assert_true(at < 1000);
    }
}

static void test_limits(void **state)
{
    (void)state;
    brn_error err;
    brn_options options = BRN_OPTIONS_INIT;
    options.max_input = 3;
    assert_null(brn_read_json("1234", 4, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_INPUT);
    options = (brn_options)BRN_OPTIONS_INIT;
    options.max_digits = 20;
    assert_null(brn_read_json("[123456789012345678901]", 23, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_DIGITS);
    assert_int_equal(err.offset, 1);
    options = (brn_options)BRN_OPTIONS_INIT;
    options.max_values = 4;
    assert_null(brn_read_json("[1,2,3,4,5]", 11, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_VALUES);
    options.size = 0;
    assert_null(brn_read_json("1", 1, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    /* From too little to enough. */
    for (uint64_t memory = 1; memory < 1000000; memory += memory / 8 + 1) {
        options = (brn_options)BRN_OPTIONS_INIT;
        options.max_memory = memory;
        counter books;
        brn_alloc alloc = counting(&books);
        brn_doc *doc = brn_read_json(everything, sizeof everything - 1, &options, &alloc, &err);
        assert_true(doc || err.code == BRN_ERROR_LIMIT_MEMORY);
        assert_true(books.peak <= memory);
        brn_free(doc);
    }
}

/* Memory follows the text, whatever is in it. */
static void test_memory_follows(void **state)
{
    (void)state;
    static const char *const units[] = {"[],",
                                        "1,",
                                        "{},",
                                        "\"\",",
                                        "{\"$tuple\":[]},",
                                        "{\"$tuple\":[1]},",
                                        "{\"$set\":[1]},",
                                        "{\"a\":1},",
                                        "{\"$ext\":1},",
                                        "{\"$dict\":[[1,1]]},"};
    for (size_t unit = 0; unit < LENGTH_OF(units); unit++) {
        bytes json = {0};
        put_words(&json, "[");
        while (json.size < 200000)
            put_words(&json, units[unit]);
        put_words(&json, "0]");
        counter books;
        brn_alloc alloc = counting(&books);
        brn_doc *doc = brn_read_json(json.data, json.size, NULL, &alloc, NULL);
        assert_non_null(doc);
        if (books.peak > 64 * json.size + (256 << 10))
            fail_msg("%s: %zu bytes for %zu", units[unit], books.peak, json.size);
        brn_free(doc);
        bytes_free(&json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus), cmocka_unit_test(test_plain_json),
        cmocka_unit_test(test_tags),   cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_cycles), cmocka_unit_test(test_several_in_one_text),
        cmocka_unit_test(test_depth),  cmocka_unit_test(test_memory_that_ends),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_memory_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
