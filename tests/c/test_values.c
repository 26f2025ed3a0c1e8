/*
 * test_values.c - the accessors: each over every type of value and over NULL, and the
 * answers that follow from more than the type.
 */
#include "support.h"

#include <math.h>

#define CLASS "cm\nC\n"

/* One value of each type, in the order of brn_type, and what leads to it. */
static const struct {
    brn_type type;
    const char *name;
    const char *data;
    size_t size;
} samples[] = {
    {BRN_NONE, "none", BYTES("N.")},
    {BRN_BOOL, "bool", BYTES("\x88.")},
    {BRN_INT, "int", BYTES("K\x07.")},
    {BRN_BIGINT, "int", BYTES("\x8a\x09\x01\x00\x00\x00\x00\x00\x00\x00\x01.")},
    {BRN_FLOAT, "float", BYTES("F2.5\n.")},
    {BRN_STR, "str", BYTES("\x8c\x03str.")},
    {BRN_PY2STR, "py2str", BYTES("U\x02py.")},
    {BRN_BYTES, "bytes",
     BYTES("C\x05"
           "bytes.")},
    {BRN_BYTEARRAY, "bytearray",
     BYTES("\x96\x01\x00\x00\x00\x00\x00\x00\x00"
           "a.")},
    {BRN_LIST, "list", BYTES("(K\x01K\x02l.")},
    {BRN_TUPLE, "tuple", BYTES("K\x01K\x02\x86.")},
    {BRN_DICT, "dict",
     BYTES("(\x8c\x01kK\x02"
           "d.")},
    {BRN_SET, "set", BYTES("\x8f(K\x01\x90.")},
    {BRN_FROZENSET, "frozenset", BYTES("(K\x01\x91.")},
    {BRN_GLOBAL, "global", BYTES(CLASS ".")},
    {BRN_CALL, "call", BYTES(CLASS ")R.")},
    {BRN_OBJECT, "object", BYTES(CLASS ")}\x92}\x8c\x01xK\x09sb.")},
    {BRN_PERSID, "persid", BYTES("Pid\n.")},
    {BRN_EXT, "ext", BYTES("\x82\x05.")},
    {BRN_BUFFER, "buffer", BYTES("\x97\x97\x98.")},
};

/* What an accessor gives for a value that it is not about. */
static void expect_nothing(const brn_val *val, brn_type type)
{
    size_t size = 99;
    if (type != BRN_BOOL)
        assert_false(brn_bool(val));
    if (type != BRN_BOOL && type != BRN_INT)
        assert_int_equal(brn_int(val), 0);
    if (type != BRN_FLOAT)
        assert_true(brn_float(val) == 0);
    if (type != BRN_FLOAT && type != BRN_BOOL && type != BRN_INT)
        assert_true(brn_number(val) == 0);
    assert_true(brn_is_none(val) == (type == BRN_NONE));
    if (type != BRN_BIGINT) {
        assert_null(brn_bigint(val, &size));
        assert_int_equal(size, 0);
        assert_null(brn_bigint(val, NULL));
        assert_false(brn_bigint_negative(val));
    }
    size = 99;
    if (type != BRN_STR) {
        assert_null(brn_str(val, &size));
        assert_int_equal(size, 0);
        assert_int_equal(brn_str_flags(val), 0);
    }
    size = 99;
    if (type < BRN_STR || type > BRN_BYTEARRAY) {
        assert_null(brn_bytes(val, &size));
        assert_int_equal(size, 0);
        assert_false(brn_str_is(val, ""));
    }
    if (type < BRN_STR || type > BRN_FROZENSET)
        assert_int_equal(brn_size(val), 0);
    bool items = type == BRN_LIST || type == BRN_TUPLE || type == BRN_SET || type == BRN_FROZENSET;
    assert_true((brn_at(val, 0) != NULL) == items);
    assert_null(brn_at(val, 2));
    assert_null(brn_at(val, SIZE_MAX));
    assert_true((brn_key_at(val, 0) != NULL) == (type == BRN_DICT));
    assert_true((brn_value_at(val, 0) != NULL) == (type == BRN_DICT));
    assert_null(brn_key_at(val, 1));
    assert_null(brn_value_at(val, 1));
    assert_null(brn_key_at(val, SIZE_MAX / 2 + 1));
    assert_null(brn_value_at(val, SIZE_MAX));
    assert_true((brn_dict_get(val, "k") != NULL) == (type == BRN_DICT));
    assert_true((brn_dict_getn(val, "kk", 1) != NULL) == (type == BRN_DICT));
    assert_null(brn_dict_get(val, NULL));
    assert_null(brn_dict_getn(val, NULL, 0));
    assert_null(brn_dict_get_val(val, NULL));
    assert_null(brn_dict_get_val(val, val));
    assert_true((brn_global_module(val) != NULL) == (type == BRN_GLOBAL));
    assert_true((brn_global_name(val) != NULL) == (type == BRN_GLOBAL));
    assert_true(brn_global_is(val, "m", "C") == (type == BRN_GLOBAL));
    assert_false(brn_global_is(val, "m", "D"));
    assert_false(brn_global_is(val, NULL, NULL));
    bool made = type == BRN_CALL || type == BRN_OBJECT;
    assert_true((brn_callee(val) != NULL) == made);
    assert_true((brn_args(val) != NULL) == made);
    assert_true((brn_kwargs(val) != NULL) == (type == BRN_OBJECT));
    assert_int_equal(brn_op_count(val), type == BRN_OBJECT);
    const brn_val *value = val;
    assert_int_equal(brn_op_at(val, 1, &value), BRN_OP_NONE);
    assert_null(value);
    assert_int_equal(brn_op_at(val, 0, NULL), type == BRN_OBJECT ? BRN_OP_STATE : BRN_OP_NONE);
    assert_true((brn_persid(val) != NULL) == (type == BRN_PERSID));
    assert_int_equal(brn_ext_code(val), type == BRN_EXT ? 5 : 0);
    assert_int_equal(brn_buffer_index(val), type == BRN_BUFFER ? 1 : 0);
    assert_true(brn_buffer_readonly(val) == (type == BRN_BUFFER));
    assert_true((brn_attr(val, "x") != NULL) == (type == BRN_OBJECT));
    assert_null(brn_attr(val, "y"));
    assert_null(brn_attr(val, NULL));
    assert_false(brn_changed_later(val));
    /* Iterators find what the accessors do. */
    brn_iter iter = brn_iterate(val);
    const brn_val *key;
    const brn_val *first = items ? brn_at(val, 0) : brn_key_at(val, 0);
    assert_ptr_equal(brn_next(&iter), first);
    iter = brn_iterate(val);
    assert_true(brn_next_pair(&iter, &key, &value) == (type == BRN_DICT));
    assert_ptr_equal(key, brn_key_at(val, 0));
    assert_ptr_equal(value, brn_value_at(val, 0));
    assert_false(brn_next_pair(&iter, NULL, NULL));
}

static void test_every_type(void **state)
{
    (void)state;
    assert_int_equal(LENGTH_OF(samples), 20);
    for (size_t i = 0; i < LENGTH_OF(samples); i++) {
        brn_doc *doc = read_ok(samples[i].data, samples[i].size, NULL);
        const brn_val *val = brn_root(doc);
        assert_int_equal(brn_typeof(val), samples[i].type);
        assert_int_equal(samples[i].type, i + 1);
        assert_string_equal(brn_type_name(samples[i].type), samples[i].name);
        expect_nothing(val, samples[i].type);
        brn_free(doc);
    }
    assert_string_equal(brn_type_name(BRN_NOTHING), "nothing");
    assert_string_equal(brn_type_name((brn_type)21), "nothing");
    assert_string_equal(brn_type_name((brn_type)-1), "nothing");
}

static void test_null(void **state)
{
    (void)state;
    assert_int_equal(brn_typeof(NULL), BRN_NOTHING);
    expect_nothing(NULL, BRN_NOTHING);
    assert_int_equal(brn_id(NULL), 0);
    assert_null(brn_root(NULL));
    assert_int_equal(brn_doc_size(NULL), 0);
    assert_int_equal(brn_doc_protocol(NULL), 0);
    assert_int_equal(brn_doc_memory(NULL), 0);
    assert_int_equal(brn_doc_count(NULL), 0);
    assert_int_equal(brn_doc_changed_later(NULL), 0);
    assert_null(brn_doc_value(NULL, 0));
    brn_free(NULL);
    brn_stream_close(NULL);
    assert_int_equal(brn_stream_offset(NULL), 0);
    brn_input_close(NULL);
    brn_input zeroed = {0};
    brn_input_close(&zeroed);
    assert_null(brn_get(NULL, ""));
    assert_null(brn_get(NULL, "[0]"));
    /* Calls can be chained without checks. */
    assert_int_equal(brn_int(brn_at(brn_dict_get(brn_attr(NULL, "x"), "y"), 3)), 0);
    assert_int_equal(brn_repr(NULL, NULL, 0), 0);
}

static void test_numbers(void **state)
{
    (void)state;
    brn_doc *doc =
        read_ok(BYTES("(\x88\x89K\x07J\xff\xff\xff\xffI9007199254740993\nF-2.5\nFinf\n"
                      "I9223372036854775807\n\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00"
                      "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xfel."),
                NULL);
    const brn_val *list = brn_root(doc);
    assert_true(brn_bool(brn_at(list, 0)));
    assert_false(brn_bool(brn_at(list, 1)));
    assert_int_equal(brn_int(brn_at(list, 0)), 1);
    assert_int_equal(brn_int(brn_at(list, 1)), 0);
    assert_true(brn_number(brn_at(list, 0)) == 1.0);
    assert_int_equal(brn_int(brn_at(list, 2)), 7);
    assert_true(brn_number(brn_at(list, 3)) == -1.0);
    assert_true(brn_float(brn_at(list, 3)) == 0);
    /* To nearest, ties to even. */
    assert_true(brn_number(brn_at(list, 4)) == 9007199254740992.0);
    assert_true(brn_float(brn_at(list, 5)) == -2.5);
    assert_int_equal(brn_int(brn_at(list, 5)), 0);
    assert_true(isinf(brn_number(brn_at(list, 6))));
    assert_true(brn_number(brn_at(list, 7)) == 9223372036854775808.0);
    size_t size;
    const uint8_t *digits = brn_bigint(brn_at(list, 8), &size);
    assert_int_equal(size, 9);
    assert_memory_equal(digits, "\x00\x00\x00\x00\x00\x00\x00\x80\x00", 9);
    assert_false(brn_bigint_negative(brn_at(list, 8)));
    assert_true(brn_bigint_negative(brn_at(list, 9)));
    assert_non_null(brn_bigint(brn_at(list, 9), NULL));
    brn_free(doc);
}

static void test_text(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("(\x8c\x03"
                                 "abcU\x03"
                                 "abcC\x03"
                                 "abc\x8c\x03"
                                 "a\x00"
                                 "bU\x01\xe9\x8c\x02\xc3\xa9\x8c\x00l."),
                           NULL);
    const brn_val *list = brn_root(doc);
    assert_true(brn_str_is(brn_at(list, 0), "abc"));
    assert_true(brn_str_is(brn_at(list, 1), "abc"));
    assert_false(brn_str_is(brn_at(list, 2), "abc"));
    assert_false(brn_str_is(brn_at(list, 0), "ab"));
    assert_false(brn_str_is(brn_at(list, 0), "abcd"));
    assert_false(brn_str_is(brn_at(list, 0), NULL));
    assert_false(brn_str_is(brn_at(list, 3), "a"));
    assert_false(brn_str_is(brn_at(list, 4), "\xe9"));
    assert_true(brn_str_is(brn_at(list, 5), "\xc3\xa9"));
    assert_true(brn_str_is(brn_at(list, 6), ""));
    size_t size;
    assert_memory_equal(brn_str(brn_at(list, 3), &size),
                        "a\x00"
                        "b",
                        3);
    assert_int_equal(size, 3);
    assert_int_equal(brn_size(brn_at(list, 3)), 3);
    assert_non_null(brn_str(brn_at(list, 6), &size));
    assert_int_equal(size, 0);
    assert_memory_equal(brn_bytes(brn_at(list, 5), &size), "\xc3\xa9", 2);
    assert_int_equal(size, 2);
    assert_int_equal(brn_str_flags(brn_at(list, 1)), 0);
    brn_free(doc);
}

static void test_containers(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("(K\x00K\x01K\x02l."), NULL);
    const brn_val *list = brn_root(doc);
    brn_iter iter = brn_iterate(list);
    const brn_val *item;
    int64_t count = 0;
    while ((item = brn_next(&iter)))
        assert_int_equal(brn_int(item), count++);
    assert_int_equal(count, 3);
    assert_null(brn_next(&iter));
    assert_null(brn_at(list, 3));
    brn_free(doc);
    doc = read_ok(BYTES("(K\x00K\x0aK\x01K\x0bK\x02K\x0c"
                        "d."),
                  NULL);
    const brn_val *dict = brn_root(doc);
    assert_int_equal(brn_size(dict), 3);
    iter = brn_iterate(dict);
    const brn_val *key;
    const brn_val *value;
    for (count = 0; brn_next_pair(&iter, &key, &value); count++) {
        assert_int_equal(brn_int(key), count);
        assert_int_equal(brn_int(value), count + 10);
        assert_ptr_equal(key, brn_key_at(dict, (size_t)count));
        assert_ptr_equal(value, brn_value_at(dict, (size_t)count));
    }
    assert_int_equal(count, 3);
    assert_null(key);
    assert_null(value);
    iter = brn_iterate(dict);
    for (count = 0; (key = brn_next(&iter)); count++)
        assert_int_equal(brn_int(key), count);
    assert_int_equal(count, 3);
    brn_free(doc);
    doc = read_ok(BYTES("(](e}(u\x8f(\x90(\x91)l."), NULL);
    for (size_t i = 0; i < 5; i++) {
        const brn_val *empty = brn_at(brn_root(doc), i);
        assert_int_equal(brn_size(empty), 0);
        iter = brn_iterate(empty);
        assert_null(brn_next(&iter));
        assert_false(brn_next_pair(&iter, NULL, NULL));
        assert_null(brn_dict_get(empty, "x"));
    }
    brn_free(doc);
}

static void test_globals(void **state)
{
    (void)state;
    brn_doc *doc =
        read_ok(BYTES("(cos.path\njoin\n\x8c\x01m\x8c\x01n\x93Pp\n\x8c\x01n\x93l."), NULL);
    const brn_val *list = brn_root(doc);
    assert_true(brn_global_is(brn_at(list, 0), "os.path", "join"));
    assert_false(brn_global_is(brn_at(list, 0), "os", "path.join"));
    assert_true(brn_global_is(brn_at(list, 1), "m", "n"));
    assert_false(brn_global_is(brn_at(list, 2), "p", "n"));
    assert_int_equal(brn_typeof(brn_global_module(brn_at(list, 2))), BRN_PERSID);
    brn_free(doc);
    /* REDUCE and the like may call what is no global. */
    doc = read_ok(BYTES("\x82\x07)R."), NULL);
    assert_int_equal(brn_ext_code(brn_callee(brn_root(doc))), 7);
    assert_int_equal(brn_size(brn_args(brn_root(doc))), 0);
    assert_null(brn_kwargs(brn_root(doc)));
    brn_free(doc);
}

static void expect_attr(const brn_doc *doc, const char *name, int64_t value)
{
    const brn_val *val = brn_attr(brn_root(doc), name);
    assert_int_equal(brn_typeof(val), BRN_INT);
    assert_int_equal(brn_int(val), value);
}

static void test_attributes(void **state)
{
    (void)state;
    /* The last state is looked at first, but earlier ones count too. */
    brn_doc *doc =
        read_ok(BYTES(CLASS ")\x81}(\x8c\x01xK\x01\x8c\x01yK\x02ub}\x8c\x01xK\x03sb."), NULL);
    expect_attr(doc, "x", 3);
    expect_attr(doc, "y", 2);
    assert_null(brn_attr(brn_root(doc), "z"));
    brn_free(doc);
    /* (dict, slots), (None, slots); slots win. */
    doc = read_ok(BYTES(CLASS ")\x81}(\x8c\x01xK\x01\x8c\x01yK\x02u}\x8c\x01xK\x03s\x86"
                              "b."),
                  NULL);
    expect_attr(doc, "x", 3);
    expect_attr(doc, "y", 2);
    brn_free(doc);
    doc = read_ok(BYTES(CLASS ")\x81N}\x8c\x01xK\x03s\x86"
                              "b."),
                  NULL);
    expect_attr(doc, "x", 3);
    brn_free(doc);
    /* Names of Python 2. */
    doc = read_ok(BYTES(CLASS ")\x81}U\x01xK\x04sb."), NULL);
    expect_attr(doc, "x", 4);
    brn_free(doc);
    /* Items and pairs are no attributes; neither is a state of another kind. */
    doc = read_ok(BYTES(CLASS ")\x81\x8c\x01xK\x05sK\x06"
                              "aK\x07"
                              "b."),
                  NULL);
    assert_int_equal(brn_op_count(brn_root(doc)), 3);
    assert_null(brn_attr(brn_root(doc), "x"));
    brn_free(doc);
    /* What was done to globals, persistent ids and extension codes counts alike. */
    doc = read_ok(BYTES("Pid\n}\x8c\x01xK\x08sb."), NULL);
    expect_attr(doc, "x", 8);
    brn_free(doc);
}

/* Where pairs of an object repeat a key, the last one is found. */
static void test_pairs_as_written(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, CLASS ")R");
    for (int i = 0; i < 100; i++) {
        put_byte(&b, '(');
        put_text(&b, i % 2 ? "odd" : "even");
        put_int(&b, i);
        put_byte(&b, 'u');
    }
    put_byte(&b, '.');
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    const brn_val *pairs;
    assert_int_equal(brn_op_at(brn_root(doc), 0, &pairs), BRN_OP_SET);
    assert_int_equal(brn_size(pairs), 100);
    assert_int_equal(brn_int(brn_dict_get(pairs, "odd")), 99);
    assert_int_equal(brn_int(brn_dict_get(pairs, "even")), 98);
    assert_int_equal(brn_int(brn_dict_get_val(pairs, brn_key_at(pairs, 0))), 98);
    assert_null(brn_dict_get(pairs, "neither"));
    brn_free(doc);
    bytes_free(&b);
}

/* Keys of another document, in a dict small enough to be searched and in one with an index. */
static void test_foreign_keys(void **state)
{
    (void)state;
    static const size_t sizes[] = {3, 300};
    brn_doc *keys =
        read_ok(BYTES("(K\x02G@\x00\x00\x00\x00\x00\x00\x00I300\n]]K\x01\x85}\x8f(l\x88t."), NULL);
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        bytes b = {0};
        put_words(&b, "}(");
        for (size_t k = 0; k < sizes[i]; k++) {
            put_int(&b, (int32_t)k);
            put_int(&b, (int32_t)k + 1000);
        }
        put_words(&b, "u.");
        brn_doc *doc = read_ok(b.data, b.size, NULL);
        const brn_val *dict = brn_root(doc);
        const brn_val *key = brn_root(keys);
        assert_int_equal(brn_int(brn_dict_get_val(dict, brn_at(key, 0))), 1002);
        assert_int_equal(brn_int(brn_dict_get_val(dict, brn_at(key, 1))), 1002);
        assert_null(brn_dict_get_val(dict, brn_at(key, 2)));
        /* What cannot be a key is under none. */
        for (size_t k = 3; k + 1 < brn_size(key); k++)
            assert_null(brn_dict_get_val(dict, brn_at(key, k)));
        assert_int_equal(brn_int(brn_dict_get_val(dict, brn_at(key, brn_size(key) - 1))), 1001);
        brn_free(doc);
        bytes_free(&b);
    }
    brn_free(keys);
}

static void test_version(void **state)
{
    (void)state;
    char text[32];
    (void)snprintf(text, sizeof text, "%d.%d.%d", BRN_VERSION_MAJOR, BRN_VERSION_MINOR,
                   BRN_VERSION_PATCH);
    assert_string_equal(text, BRN_VERSION_STRING);
    assert_string_equal(brn_version(), BRN_VERSION_STRING);
}

static void test_lost_calls(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES("cm\nf\n)R0cm\nf\n)R."));
    assert_int_equal(brn_doc_lost_calls(doc), 1);
    brn_free(doc);
    assert_int_equal(brn_doc_lost_calls(NULL), 0);
}

/* A call that is popped above an object was made for that, unless something else refers to it. */
static void test_calls_for_their_effect(void **state)
{
    (void)state;
#define CALL(name) "cm\n" name "\n)R"
    static const struct {
        const void *data;
        size_t size;
        const char *text;
        uint32_t lost;
    } rows[] = {
        {BYTES(CALL("f") CALL("g") "0."), "call(g:m.f, ())!call(call(g:m.g, ()))", 0},
        {BYTES(CALL("f") CALL("g") "0" CALL("h") "0."),
         "call(g:m.f, ())!call(call(g:m.g, ()))!call(call(g:m.h, ()))", 0},
        {BYTES("cm\nf\n" CALL("g") "0."), "g:m.f!call(call(g:m.g, ()))", 0},
        /* Above a list, above a mark, and on its own. */
        {BYTES("]" CALL("g") "0."), "[]", 1},
        {BYTES(CALL("f") "(" CALL("g") "01."), "call(g:m.f, ())", 1},
        {BYTES(CALL("f") "20."), "call(g:m.f, ())", 0},
        /* Something else has it; what was appended before and after is one entry again. */
        {BYTES(CALL("f") "(K\x01K\x02\x65" CALL("g") "q\x00"
                                                     "0(K\x03h\x00\x65."),
         "call(g:m.f, ())!append[1, 2, 3, call(g:m.g, ())]", 0},
        {BYTES(CALL("f") CALL("g") "q\x00"
                                   "0h\x00\x86."),
         "(call(g:m.f, ()), call(g:m.g, ()))", 0},
        /* The object itself is thrown away. */
        {BYTES(CALL("f") CALL("g") "00N."), "None", 2},
        /* Each leads to the one before. */
        {BYTES(CALL("f") "cm\ng\n" CALL("h") CALL("i") "0\x85R0."),
         "call(g:m.f, ())!call(call(g:m.g, (call(g:m.h, ())!call(call(g:m.i, ())),)))", 0},
    };
#undef CALL
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        brn_doc *doc = read_doc(rows[i].data, rows[i].size);
        char *text = described(doc);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(brn_doc_lost_calls(doc), rows[i].lost);
        free(text);
        brn_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type), cmocka_unit_test(test_null),
        cmocka_unit_test(test_numbers),    cmocka_unit_test(test_text),
        cmocka_unit_test(test_containers), cmocka_unit_test(test_globals),
        cmocka_unit_test(test_attributes), cmocka_unit_test(test_pairs_as_written),
        cmocka_unit_test(test_version),    cmocka_unit_test(test_foreign_keys),
        cmocka_unit_test(test_lost_calls), cmocka_unit_test(test_calls_for_their_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
