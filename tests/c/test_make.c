/*
 * test_make.c - making and changing values: what comes out, as text; whose a value may be; what each
 * refusal says, and that it has changed nothing.
 */
#include "support.h"

#include <inttypes.h>

/* The root is spelt so, and nothing has gone wrong. */
static void expect_root(brn_doc *doc, const char *text)
{
    brn_error err;
    if (brn_doc_error(doc, &err) != BRN_OK)
        fail_msg("%s", err.message);
    char *found = described(doc);
    assert_string_equal(found, text);
    free(found);
    expect_dense_ids(doc);
}

/* The first error is this one; it is forgotten. */
static void expect_problem(brn_doc *doc, brn_code code)
{
    brn_error err;
    assert_int_equal(brn_doc_error(doc, &err), code);
    assert_int_equal(err.code, code);
    assert_true(err.offset == BRN_NO_OFFSET);
    assert_int_equal(err.opcode, -1);
    char text[512];
    brn_error_text(&err, text, sizeof text);
    assert_null(strstr(text, "at byte"));
    brn_doc_clear_error(doc);
    assert_int_equal(brn_doc_error(doc, NULL), BRN_OK);
}

static brn_doc *new_doc(void)
{
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    assert_non_null(doc);
    return doc;
}

static void test_atoms(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    assert_int_equal(brn_doc_protocol(doc), 4);
    expect_root(doc, "None");
    const brn_val *list = brn_make_list(doc);
    static const uint8_t nine[] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t padded[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const brn_val *const items[] = {
        brn_make_none(doc),
        brn_make_bool(doc, true),
        brn_make_bool(doc, false),
        brn_make_int(doc, INT64_MIN),
        brn_make_float(doc, 1.5),
        brn_make_str(doc, "a\xc3\xa9"),
        brn_make_strn(doc, "x\0y", 3),
        brn_make_strn(doc, NULL, 0),
        brn_make_py2str(doc, "p\xff", 2),
        brn_make_bytes(doc, "b", 1),
        brn_make_bytes(doc, NULL, 0),
        brn_make_bytearray(doc, "ba", 2),
        brn_make_bigint(doc, nine, sizeof nine),
        brn_make_bigint(doc, padded, sizeof padded),
        brn_make_bigint(doc, NULL, 0),
        brn_make_tuple(doc, NULL, 0),
        brn_make_frozenset(doc, NULL, 0),
    };
    assert_true(brn_list_extend(doc, list, items, LENGTH_OF(items)));
    assert_true(brn_set_root(doc, list));
    expect_root(doc, "[None, True, False, -9223372036854775808, f:0x1.8p+0, 'a\\xc3\\xa9', "
                     "'x\\x00y', '', p'p\\xff', b'b', b'', ba'ba', int:000000000000000001, -2, 0, "
                     "(), fs{}]");
    assert_ptr_equal(brn_make_none(doc), items[0]);
    assert_ptr_equal(brn_make_bool(doc, true), items[1]);
    assert_ptr_equal(brn_make_tuple(doc, NULL, 0), items[15]);
    assert_int_equal(brn_str_flags(items[6]), BRN_STR_ASCII);
    assert_int_equal(brn_str_flags(items[5]), 0);
    const brn_val *lone = brn_make_strn(doc, "\xed\xa0\x80", 3);
    assert_int_equal(brn_str_flags(lone), BRN_STR_SURROGATES);
    brn_free(doc);
}

/* Text of every size around those where its number of bytes is kept differently. */
static void test_long_text(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    bytes text = {0};
    put_fill(&text, 'x', 70000);
    for (size_t size = 65530; size < 65540; size++) {
        size_t found;
        const brn_val *val = brn_make_strn(doc, (const char *)text.data, size);
        assert_int_equal(brn_str_flags(val), BRN_STR_ASCII);
        assert_memory_equal(brn_str(val, &found), text.data, size);
        assert_int_equal(found, size);
        val = brn_make_bytes(doc, text.data, size);
        assert_memory_equal(brn_bytes(val, &found), text.data, size);
        assert_int_equal(found, size);
    }
    bytes_free(&text);
    brn_free(doc);
}

/* What the header shows. */
static const brn_val *make_point(brn_doc *doc)
{
    const brn_val *cls = brn_make_global(doc, "shapes", "Point");
    const brn_val *point = brn_make_object(doc, cls, NULL, NULL);
    assert_true(brn_attr_set(doc, point, "x", brn_make_int(doc, 1)));
    assert_true(brn_attr_set(doc, point, "y", brn_make_int(doc, 2)));
    return point;
}

static void test_containers_and_objects(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *dict = brn_make_dict(doc);
    assert_true(brn_set_root(doc, dict));
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *two = brn_make_int(doc, 2);
    const brn_val *pair[] = {one, two};
    const brn_val *tuple = brn_make_tuple(doc, pair, 2);
    assert_true(brn_dict_put(doc, dict, "tuple", tuple));
    assert_true(brn_dict_set(doc, dict, tuple, tuple));
    const brn_val *set = brn_make_set(doc);
    assert_true(brn_set_add(doc, set, one));
    assert_true(brn_set_add(doc, set, brn_make_float(doc, 1.0)));
    assert_true(brn_set_add(doc, set, two));
    assert_true(brn_dict_put(doc, dict, "set", set));
    const brn_val *again[] = {one, two, brn_make_bool(doc, true)};
    assert_true(brn_dict_put(doc, dict, "frozen", brn_make_frozenset(doc, again, 3)));
    assert_true(brn_dict_put(doc, dict, "point", make_point(doc)));
    const brn_val *f = brn_make_global(doc, "m", "f");
    const brn_val *args[] = {brn_make_str(doc, "a")};
    assert_true(
        brn_dict_put(doc, dict, "call", brn_make_call(doc, f, brn_make_tuple(doc, args, 1))));
    const brn_val *kwargs = brn_make_dict(doc);
    assert_true(brn_dict_put(doc, kwargs, "k", one));
    assert_true(brn_dict_put(doc, dict, "kwargs", brn_make_object(doc, f, NULL, kwargs)));
    const brn_val *inst = brn_make_inst(doc, f, NULL);
    assert_true(brn_is_inst(inst));
    assert_false(brn_is_inst(make_point(doc)));
    assert_false(brn_is_inst(NULL));
    assert_true(brn_dict_put(doc, dict, "inst", inst));
    assert_true(brn_dict_put(doc, dict, "pid", brn_make_persid(doc, one)));
    assert_true(brn_dict_put(doc, dict, "ext", brn_make_ext(doc, 7)));
    assert_true(brn_dict_put(doc, dict, "buf", brn_make_buffer(doc, 3, true)));
    expect_root(doc, "{'tuple': (1, 2), (1, 2): (1, 2), 'set': set{1, 2}, 'frozen': fs{1, 2}, "
                     "'point': obj(g:shapes.Point, ())!state({'x': 1, 'y': 2}), "
                     "'call': call(g:m.f, ('a',)), 'kwargs': obj(g:m.f, (), {'k': 1}), "
                     "'inst': obj(g:m.f, ()), 'pid': pid(1), 'ext': ext(7), 'buf': buf(3, ro)}");
    assert_int_equal(brn_int(brn_get(brn_root(doc), "['point'].y")), 2);
    assert_int_equal(brn_int(brn_get(brn_root(doc), "[(1, 2)][1]")), 2);
    brn_free(doc);
}

static void test_fill(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *tuple = brn_make_tuple(doc, NULL, 2);
    const brn_val *list = brn_make_list(doc);
    assert_true(brn_list_append(doc, list, tuple));
    const brn_val *items[] = {list, brn_make_int(doc, 5)};
    assert_true(brn_set_root(doc, tuple));
    expect_root(doc, "(None, None)");
    assert_true(brn_fill(doc, tuple, items, 2));
    assert_ptr_equal(brn_get(brn_root(doc), "[0][0]"), tuple);
    assert_true(brn_fill(doc, tuple, items + 1, 1));
    expect_root(doc, "(5,)");
    assert_true(brn_fill(doc, tuple, NULL, 0));
    expect_root(doc, "()");
    assert_false(brn_fill(doc, brn_make_tuple(doc, NULL, 0), items, 1));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_fill(doc, list, items, 2));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);

    /* A key stays what it is. */
    const brn_val *dict = brn_make_dict(doc);
    const brn_val *key = brn_make_tuple(doc, items + 1, 1);
    assert_true(brn_dict_set(doc, dict, key, key));
    assert_false(brn_fill(doc, key, items + 1, 1));
    expect_problem(doc, BRN_ERROR_IS_KEY);

    const brn_val *frozen = brn_make_frozenset(doc, NULL, 1);
    assert_false(brn_dict_set(doc, dict, frozen, key));
    expect_problem(doc, BRN_ERROR_UNHASHABLE);
    assert_int_equal(brn_size(dict), 1);
    assert_false(brn_fill(doc, frozen, &list, 1));
    expect_problem(doc, BRN_ERROR_UNHASHABLE);
    assert_true(brn_fill(doc, frozen, &key, 1));
    assert_true(brn_dict_set(doc, dict, frozen, key));
    assert_false(brn_fill(doc, frozen, &key, 1));
    expect_problem(doc, BRN_ERROR_IS_KEY);
    assert_true(brn_set_root(doc, dict));
    expect_root(doc, "{(5,): (5,), fs{(5,)}: (5,)}");
    brn_free(doc);
}

static void test_lists(void **state)
{
    (void)state;
    /* The list that was read has its items side by side; the object has them in two entries. */
    brn_doc *doc = read_doc(BYTES("\x80\x02]q\0(K\1K\2K\3ecm\nC\n)\x81(K\5K\6e}bK\7a\x86."));
    const brn_val *lists[] = {brn_at(brn_root(doc), 0), brn_at(brn_root(doc), 1)};
    for (size_t i = 0; i < 2; i++) {
        const brn_val *list = lists[i];
        assert_true(brn_list_set(doc, list, 1, brn_make_int(doc, 20)));
        assert_true(brn_list_set(doc, list, -1, brn_make_int(doc, 30)));
        assert_true(brn_list_insert(doc, list, 0, brn_make_int(doc, -1)));
        assert_true(brn_list_insert(doc, list, -1, brn_make_int(doc, 29)));
        assert_true(brn_list_insert(doc, list, -100, brn_make_int(doc, -2)));
        assert_true(brn_list_insert(doc, list, 100, brn_make_int(doc, 40)));
        assert_true(brn_list_append(doc, list, brn_make_int(doc, 50)));
        assert_true(brn_list_remove(doc, list, 0));
        assert_false(brn_list_remove(doc, list, 7));
        expect_problem(doc, BRN_ERROR_NO_ITEM);
        assert_false(brn_list_set(doc, list, -8, list));
        expect_problem(doc, BRN_ERROR_NO_ITEM);
    }
    expect_root(doc, "([-1, 1, 20, 29, 30, 40, 50], "
                     "obj(g:m.C, ())!append[-1, 5, 20]!state({})!append[29, 30, 40, 50])");
    for (int i = 0; i < 4; i++)
        assert_true(brn_list_remove(doc, lists[1], -1));
    assert_true(brn_clear(doc, lists[0]));
    expect_root(doc, "([], obj(g:m.C, ())!append[-1, 5, 20]!state({}))");
    assert_true(brn_clear(doc, lists[1]));
    expect_root(doc, "([], obj(g:m.C, ())!state({}))");
    /* Before the first of none, as in Python. */
    for (size_t i = 0; i < 2; i++)
        assert_true(brn_list_insert(doc, lists[i], -2, brn_make_int(doc, 60)));
    expect_root(doc, "([60], obj(g:m.C, ())!state({})!append[60])");
    brn_free(doc);
}

/* Pairs of an object are found by a table once there are many; where keys repeat, the last one counts. */
/* What belongs to another document is taken nowhere, and nothing has changed. */
static void test_foreign_everywhere(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    brn_doc *other = new_doc();
    const brn_val *own = brn_make_int(doc, 1);
    const brn_val *list = brn_make_list(doc);
    const brn_val *dict = brn_make_dict(doc);
    const brn_val *set = brn_make_set(doc);
    const brn_val *cls = brn_make_global(doc, "m", "C");
    const brn_val *object = brn_make_object(doc, cls, NULL, brn_make_dict(doc));
    const brn_val *pid = brn_make_persid(doc, own);
    const brn_val *state_of = brn_make_dict(doc);
    assert_true(brn_op_add(doc, object, BRN_OP_STATE, &state_of, 1));
    assert_true(brn_list_append(doc, list, own));
    const brn_val *all[] = {list, dict, set, object, pid};
    assert_true(brn_set_root(doc, brn_make_tuple(doc, all, LENGTH_OF(all))));
    char *before = described(doc);
    const brn_val *foreign = brn_make_list(other);
    const brn_val *foreigner = brn_make_object(other, brn_make_global(other, "m", "C"), NULL, NULL);
#define FOREIGN(call)   \
    assert_false(call); \
    expect_problem(doc, BRN_ERROR_FOREIGN_VALUE)
    FOREIGN(brn_set_root(doc, foreign));
    FOREIGN(brn_list_append(doc, foreign, own));
    FOREIGN(brn_list_append(doc, list, foreign));
    FOREIGN(brn_list_set(doc, foreign, 0, own));
    FOREIGN(brn_list_set(doc, list, 0, foreign));
    FOREIGN(brn_list_insert(doc, foreign, 0, own));
    FOREIGN(brn_list_insert(doc, list, 0, foreign));
    FOREIGN(brn_list_remove(doc, foreign, 0));
    FOREIGN(brn_dict_set(doc, foreign, own, own));
    FOREIGN(brn_dict_set(doc, dict, foreign, own));
    FOREIGN(brn_dict_set(doc, dict, own, foreign));
    FOREIGN(brn_dict_put(doc, foreign, "a", own));
    FOREIGN(brn_dict_put(doc, dict, "a", foreign));
    FOREIGN(brn_dict_put(doc, object, "a", foreign));
    FOREIGN(brn_dict_remove(doc, foreign, own));
    FOREIGN(brn_dict_remove(doc, dict, foreign));
    FOREIGN(brn_set_add(doc, foreign, own));
    FOREIGN(brn_set_add(doc, set, foreign));
    FOREIGN(brn_set_remove(doc, foreign, own));
    FOREIGN(brn_set_remove(doc, set, foreign));
    FOREIGN(brn_clear(doc, foreign));
    FOREIGN(brn_attr_set(doc, foreigner, "a", own));
    FOREIGN(brn_attr_set(doc, object, "a", foreign));
    FOREIGN(brn_attr_remove(doc, foreigner, "a"));
    FOREIGN(brn_op_add(doc, foreigner, BRN_OP_STATE, &own, 1));
    FOREIGN(brn_op_add(doc, object, BRN_OP_STATE, &foreign, 1));
    FOREIGN(brn_op_remove(doc, foreigner, 0));
    FOREIGN(brn_op_set_state(doc, foreigner, 0, own));
    FOREIGN(brn_op_set_state(doc, object, 0, foreign));
    FOREIGN(brn_set_callee(doc, foreigner, cls));
    FOREIGN(brn_set_callee(doc, object, foreigner));
    FOREIGN(brn_set_args(doc, foreigner, own));
    FOREIGN(brn_set_args(doc, object, foreign));
    FOREIGN(brn_set_kwargs(doc, foreigner, own));
    FOREIGN(brn_set_kwargs(doc, object, foreign));
    FOREIGN(brn_set_persid(doc, foreign, own));
    FOREIGN(brn_set_persid(doc, pid, foreign));
    FOREIGN(brn_set_global(doc, foreign, own, own));
    FOREIGN(brn_set_global(doc, cls, foreign, own));
    FOREIGN(brn_set_global(doc, cls, own, foreign));
    FOREIGN(brn_set_changed_later(doc, foreign, true));
    FOREIGN(brn_fill(doc, foreign, &own, 1));
    FOREIGN(brn_fill(doc, brn_make_tuple(doc, NULL, 1), &foreign, 1));
    FOREIGN(brn_make_tuple(doc, &foreign, 1) != NULL);
    FOREIGN(brn_make_frozenset(doc, &foreign, 1) != NULL);
    FOREIGN(brn_make_global_val(doc, foreign, own) != NULL);
    FOREIGN(brn_make_call(doc, foreigner, NULL) != NULL);
    FOREIGN(brn_make_call(doc, cls, foreign) != NULL);
    FOREIGN(brn_make_object(doc, foreigner, NULL, NULL) != NULL);
    FOREIGN(brn_make_object(doc, cls, NULL, foreign) != NULL);
    FOREIGN(brn_make_inst(doc, foreigner, NULL) != NULL);
    FOREIGN(brn_make_persid(doc, foreign) != NULL);
    brn_error err;
    assert_false(brn_put(doc, "[0][0]", foreign, &err));
    assert_int_equal(err.code, BRN_ERROR_FOREIGN_VALUE);
    brn_doc_clear_error(doc);
#undef FOREIGN
    expect_root(doc, before);
    free(before);
    brn_free(other);
    brn_free(doc);
}

static void test_pairs_of_objects(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *object =
        brn_make_call(doc, brn_make_global(doc, "collections", "OrderedDict"), NULL);
    assert_true(brn_set_root(doc, object));
    /* This takes no time, or a quarter of a minute. */
    for (int i = 0; i < 100000; i++)
        assert_true(brn_dict_set(doc, object, brn_make_int(doc, i % 50000), brn_make_int(doc, i)));
    const brn_val *pairs;
    assert_int_equal(brn_op_count(object), 1);
    assert_int_equal(brn_op_at(object, 0, &pairs), BRN_OP_SET);
    assert_int_equal(brn_size(pairs), 50000);
    assert_int_equal(brn_int(brn_value_at(pairs, 7)), 50007);
    assert_int_equal(brn_int(brn_get(brn_root(doc), "[49999]")), 99999);
    for (int i = 10; i < 50000; i += i < 20 ? 1 : 4999)
        assert_true(brn_dict_remove(doc, object, brn_make_float(doc, i)));
    assert_int_equal(brn_size(pairs), 50000 - 20);
    assert_null(brn_get(brn_root(doc), "[15]"));
    assert_int_equal(brn_int(brn_get(brn_root(doc), "[21]")), 50021);
    assert_true(brn_clear(doc, object));

    for (int i = 0; i < 3012; i++)
        assert_true(brn_dict_set(doc, object, brn_make_int(doc, i), brn_make_none(doc)));
    const brn_val *again[] = {brn_make_int(doc, 3), brn_make_bool(doc, true)};
    assert_true(brn_op_add(doc, object, BRN_OP_SET, again, 2));
    assert_true(brn_dict_set(doc, object, brn_make_float(doc, 3.0), brn_make_str(doc, "last")));
    assert_true(brn_dict_set(doc, object, brn_make_int(doc, 3012), brn_make_none(doc)));
    for (int i = 4; i < 3012; i++)
        assert_true(brn_dict_remove(doc, object, brn_make_int(doc, i)));
    expect_root(doc, "call(g:collections.OrderedDict, ())"
                     "!set{0: None, 1: None, 2: None, 3: None, 3: 'last', 3012: None}");
    assert_true(brn_dict_remove(doc, object, brn_make_int(doc, 3)));
    expect_root(doc,
                "call(g:collections.OrderedDict, ())!set{0: None, 1: None, 2: None, 3012: None}");
    assert_false(brn_dict_remove(doc, object, brn_make_int(doc, 3)));
    expect_problem(doc, BRN_ERROR_NO_ITEM);
    assert_false(brn_dict_remove(doc, object, brn_make_list(doc)));
    expect_problem(doc, BRN_ERROR_UNHASHABLE);

    /* A class may take keys that have no hash. */
    const brn_val *odd[4000];
    for (int i = 0; i < 4000; i++)
        odd[i] = i == 0 ? brn_make_list(doc) : brn_make_int(doc, i);
    assert_true(brn_op_add(doc, object, BRN_OP_SET, odd, 4000));
    size_t before = brn_doc_memory(doc);
    for (int i = 0; i < 1000; i++)
        assert_true(brn_dict_set(doc, object, odd[18], odd[i]));
    assert_int_equal(brn_doc_memory(doc), before);
    assert_int_equal(brn_int(brn_get(brn_root(doc), "[18]")), 999);
    brn_free(doc);
}

static void test_dicts(void **state)
{
    (void)state;
    brn_doc *doc =
        read_doc(BYTES("\x80\x02}(K\1X\1\0\0\0aK\2X\1\0\0\0buccollections\nOrderedDict\n)R"
                       "(K\1X\1\0\0\0aK\2X\1\0\0\0bu\x86."));
    const brn_val *dicts[] = {brn_at(brn_root(doc), 0), brn_at(brn_root(doc), 1)};
    for (size_t i = 0; i < 2; i++) {
        const brn_val *dict = dicts[i];
        assert_true(brn_dict_set(doc, dict, brn_make_float(doc, 1.0), brn_make_str(doc, "A")));
        assert_true(brn_dict_put(doc, dict, "k", brn_make_none(doc)));
        assert_true(brn_dict_put(doc, dict, "k", brn_make_bool(doc, true)));
        assert_true(brn_dict_remove(doc, dict, brn_make_int(doc, 2)));
        assert_false(brn_dict_remove(doc, dict, brn_make_int(doc, 2)));
        expect_problem(doc, BRN_ERROR_NO_ITEM);
        assert_false(brn_dict_set(doc, dict, brn_make_list(doc), brn_make_none(doc)));
        expect_problem(doc, BRN_ERROR_UNHASHABLE);
    }
    expect_root(doc, "({1: 'A', 'k': True}, call(g:collections.OrderedDict, ())"
                     "!set{1: 'A', 'k': True})");
    assert_true(brn_clear(doc, dicts[0]));
    assert_true(brn_clear(doc, dicts[1]));
    expect_root(doc, "({}, call(g:collections.OrderedDict, ()))");
    brn_free(doc);
}

/* Tables: hundreds of keys, removed in an order that leaves holes everywhere. */
static void test_many_keys(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *dict = brn_make_dict(doc);
    const brn_val *set = brn_make_set(doc);
    enum { COUNT = 500 };
    for (int i = 0; i < COUNT; i++) {
        const brn_val *key = brn_make_int(doc, i);
        assert_true(brn_dict_set(doc, dict, key, key));
        assert_true(brn_set_add(doc, set, key));
        assert_true(brn_set_add(doc, set, brn_make_float(doc, i)));
    }
    assert_int_equal(brn_size(dict), COUNT);
    assert_int_equal(brn_size(set), COUNT);
    uint64_t random = 7;
    bool there[COUNT];
    memset(there, 1, sizeof there);
    for (int round = 0; round < 2000; round++) {
        int key = (int)(next_random(&random) % COUNT);
        const brn_val *val = brn_make_int(doc, key);
        assert_int_equal(brn_dict_remove(doc, dict, val), there[key]);
        assert_int_equal(brn_set_remove(doc, set, val), there[key]);
        brn_doc_clear_error(doc);
        there[key] = false;
        if (round % 3 == 0) {
            int other = (int)(next_random(&random) % COUNT);
            val = brn_make_int(doc, other);
            assert_true(brn_dict_set(doc, dict, val, val));
            assert_true(brn_set_add(doc, set, val));
            there[other] = true;
        }
    }
    size_t left = 0;
    for (int i = 0; i < COUNT; i++) {
        const brn_val *found = brn_dict_get_val(dict, brn_make_int(doc, i));
        assert_int_equal(found != NULL, there[i]);
        if (found)
            assert_int_equal(brn_int(found), i);
        left += there[i];
    }
    assert_int_equal(brn_size(dict), left);
    assert_int_equal(brn_size(set), left);
    assert_int_equal(brn_doc_error(doc, NULL), BRN_OK);
    brn_free(doc);
}

static void test_sets(void **state)
{
    (void)state;
    brn_doc *doc =
        read_doc(BYTES("\x80\x04\x8f(K\1K\2\x90\x8c\1m\x8c\1S\x93)\x81(K\1K\2\x90\x86."));
    for (size_t i = 0; i < 2; i++) {
        const brn_val *set = brn_at(brn_root(doc), i);
        assert_true(brn_set_add(doc, set, brn_make_bool(doc, true)));
        assert_true(brn_set_add(doc, set, brn_make_int(doc, 3)));
        assert_true(brn_set_remove(doc, set, brn_make_float(doc, 2.0)));
        assert_false(brn_set_remove(doc, set, brn_make_int(doc, 2)));
        expect_problem(doc, BRN_ERROR_NO_ITEM);
        assert_false(brn_set_add(doc, set, set == brn_root(doc) ? set : brn_make_dict(doc)));
        expect_problem(doc, BRN_ERROR_UNHASHABLE);
    }
    expect_root(doc, "(set{1, 3}, obj(g:m.S, ())!add[1, 3])");
    assert_true(brn_set_remove(doc, brn_at(brn_root(doc), 1), brn_make_int(doc, 1)));
    assert_true(brn_set_remove(doc, brn_at(brn_root(doc), 1), brn_make_int(doc, 3)));
    assert_true(brn_clear(doc, brn_at(brn_root(doc), 0)));
    expect_root(doc, "(set{}, obj(g:m.S, ()))");
    brn_free(doc);
}

static void test_attributes(void **state)
{
    (void)state;
    /* No state, a dict, (None, slots), (dict, slots), a number. */
    brn_doc *doc = read_doc(BYTES("\x80\x02(cm\nC\nq\0)\x81h\0)\x81}X\1\0\0\0aK\1sb"
                                  "h\0)\x81N}X\1\0\0\0aK\1s\x86"
                                  "bh\0)\x81}X\1\0\0\0aK\1s}X\1\0\0\0bK\2s\x86"
                                  "bh\0)\x81K\5bt."));
    const brn_val *root = brn_root(doc);
    for (size_t i = 0; i < 4; i++) {
        assert_true(brn_attr_set(doc, brn_at(root, i), "a", brn_make_int(doc, 10)));
        assert_true(brn_attr_set(doc, brn_at(root, i), "b", brn_make_int(doc, 20)));
        assert_true(brn_attr_set(doc, brn_at(root, i), "c", brn_make_int(doc, 30)));
        assert_true(brn_attr_remove(doc, brn_at(root, i), "a"));
        assert_false(brn_attr_remove(doc, brn_at(root, i), "a"));
        expect_problem(doc, BRN_ERROR_NO_ITEM);
    }
    assert_false(brn_attr_set(doc, brn_at(root, 4), "a", root));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_attr_set(doc, root, "a", root));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_attr_set(doc, brn_at(root, 0), NULL, root));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    expect_root(doc, "(obj(g:m.C, ())!state({'b': 20, 'c': 30}), "
                     "obj(g:m.C, ())!state({'b': 20, 'c': 30}), "
                     "obj(g:m.C, ())!state((None, {'b': 20, 'c': 30})), "
                     "obj(g:m.C, ())!state(({'c': 30}, {'b': 20})), "
                     "obj(g:m.C, ())!state(5))");
    brn_free(doc);
}

static void test_what_was_done(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *pair[] = {one, one};
    const brn_val *obj = brn_make_call(doc, brn_make_global(doc, "m", "f"), NULL);
    assert_true(brn_set_root(doc, obj));
    assert_true(brn_op_add(doc, obj, BRN_OP_STATE, pair, 1));
    assert_true(brn_op_add(doc, obj, BRN_OP_SET, pair, 2));
    assert_true(brn_op_add(doc, obj, BRN_OP_SET, pair, 2));
    assert_true(brn_op_add(doc, obj, BRN_OP_APPEND, pair, 2));
    assert_true(brn_op_add(doc, obj, BRN_OP_ADD, pair, 1));
    assert_true(brn_op_add(doc, obj, BRN_OP_ADD, pair, 0));
    expect_root(doc, "call(g:m.f, ())!state(1)!set{1: 1, 1: 1}!append[1, 1]!add[1]");
    assert_true(brn_op_remove(doc, obj, 2));
    assert_true(brn_op_set_state(doc, obj, 0, brn_make_none(doc)));
    expect_root(doc, "call(g:m.f, ())!state(None)!set{1: 1, 1: 1}!add[1]");
    assert_false(brn_op_set_state(doc, obj, 1, one));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_op_remove(doc, obj, 3));
    expect_problem(doc, BRN_ERROR_NO_ITEM);
    assert_false(brn_op_add(doc, obj, BRN_OP_SET, pair, 1));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_false(brn_op_add(doc, obj, BRN_OP_STATE, pair, 2));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_false(brn_op_add(doc, obj, BRN_OP_NONE, pair, 1));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_false(brn_op_add(doc, one, BRN_OP_STATE, pair, 1));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    brn_free(doc);
}

static void test_calls_for_their_effect(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *obj = brn_make_call(doc, brn_make_global(doc, "m", "f"), NULL);
    const brn_val *given[] = {obj, one};
    const brn_val *args = brn_make_tuple(doc, given, 2);
    const brn_val *call = brn_make_call(doc, brn_make_global(doc, "m", "set"), args);
    const brn_val *calls[] = {call, call};
    assert_true(brn_set_root(doc, obj));
    assert_true(brn_op_add(doc, obj, BRN_OP_CALL, calls, 1));
    brn_error err;
    assert_ptr_equal(brn_get_err(obj, "__called__.__args__[1]", &err), one);
    assert_ptr_equal(brn_get_err(obj, "__called__", &err), call);
    assert_true(brn_clear(doc, obj));
    assert_int_equal(brn_op_count(obj), 1);
    const brn_val *copy = brn_copy(doc, obj);
    const brn_val *copied;
    assert_int_equal(brn_op_at(copy, 0, &copied), BRN_OP_CALL);
    assert_ptr_equal(brn_at(brn_args(copied), 0), copy);
    brn_write_options small = BRN_WRITE_OPTIONS_INIT;
    small.protocol = 4;
    small.flags = BRN_WRITE_SMALL;
    size_t size;
    char *pickle = brn_write(doc, &small, &size, NULL, NULL);
    static const char expected[] = "\x80\x04\x8c\x01m\x8c\x01\x66\x93)R\x94"
                                   "\x8c\x01m\x8c\x03set\x93h\x00K\x01\x86R0.";
    assert_int_equal(size, sizeof expected - 1);
    assert_memory_equal(pickle, expected, size);
    free(pickle);
    assert_false(brn_put(doc, "__called__", one, &err));
    expect_problem(doc, BRN_ERROR_NO_ITEM);
    assert_false(brn_op_add(doc, obj, BRN_OP_CALL, &one, 1));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_op_add(doc, obj, BRN_OP_CALL, calls, 2));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_true(brn_op_remove(doc, obj, 0));
    expect_root(doc, "call(g:m.f, ())");
    brn_free(doc);
}

static void test_parts(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *name = brn_make_str(doc, "g");
    const brn_val *global = brn_make_global(doc, "m", "f");
    const brn_val *call = brn_make_object(doc, global, NULL, brn_make_dict(doc));
    const brn_val *args = brn_make_tuple(doc, &one, 1);
    const brn_val *kwargs = brn_make_dict(doc);
    const brn_val *pid = brn_make_persid(doc, one);
    assert_true(brn_dict_put(doc, kwargs, "k", one));
    assert_true(brn_set_root(doc, call));
    assert_true(brn_set_args(doc, call, args));
    assert_true(brn_set_kwargs(doc, call, kwargs));
    assert_true(brn_set_global(doc, global, name, name));
    expect_root(doc, "obj(g:g.g, (1,), {'k': 1})");
    assert_true(brn_set_persid(doc, pid, args));
    assert_true(brn_set_callee(doc, call, pid));
    expect_root(doc, "obj(pid((1,)), (1,), {'k': 1})");

    assert_false(brn_set_args(doc, call, one));
    expect_problem(doc, BRN_ERROR_ARGS_NOT_TUPLE);
    assert_false(brn_set_kwargs(doc, call, one));
    expect_problem(doc, BRN_ERROR_KWARGS_NOT_DICT);
    assert_false(brn_set_callee(doc, call, one));
    expect_problem(doc, BRN_ERROR_NOT_CALLABLE);
    assert_false(brn_set_global(doc, global, one, name));
    expect_problem(doc, BRN_ERROR_NAME_NOT_STR);
    assert_false(brn_set_args(doc, one, args));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_set_kwargs(doc, brn_make_inst(doc, global, NULL), kwargs));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_set_callee(doc, pid, global));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_set_persid(doc, call, one));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_set_global(doc, call, name, name));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);

    const brn_val *list = brn_make_list(doc);
    assert_true(brn_set_changed_later(doc, list, true));
    assert_true(brn_set_changed_later(doc, list, true));
    assert_true(brn_changed_later(list));
    assert_int_equal(brn_doc_changed_later(doc), 1);
    assert_true(brn_set_changed_later(doc, list, false));
    assert_false(brn_changed_later(list));
    assert_int_equal(brn_doc_changed_later(doc), 0);
    assert_true(brn_set_changed_later(doc, one, false));
    assert_false(brn_set_changed_later(doc, one, true));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    brn_free(doc);
}

/* NULL is an error, unless there was one before; it goes through everything that follows. */
static void test_null(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *list = brn_make_list(doc);
    const brn_val *bad = brn_make_str(doc, "\xff");
    assert_null(bad);
    assert_false(brn_list_append(doc, list, bad));
    assert_null(brn_make_tuple(doc, &bad, 1));
    assert_null(brn_make_global_val(doc, bad, bad));
    assert_null(brn_make_call(doc, bad, NULL));
    expect_problem(doc, BRN_ERROR_UTF8);
    assert_false(brn_list_append(doc, list, NULL));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_null(brn_make_str(doc, NULL));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_null(brn_make_bytes(doc, NULL, 1));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_null(brn_make_ext(doc, 0));
    expect_problem(doc, BRN_ERROR_EXT_CODE);
    assert_null(brn_make_ext(doc, UINT32_C(1) << 31));
    expect_problem(doc, BRN_ERROR_EXT_CODE);
    assert_null(brn_make_call(doc, list, NULL));
    expect_problem(doc, BRN_ERROR_NOT_CALLABLE);
    assert_null(brn_make_call(doc, brn_make_global(doc, "m", "f"), list));
    expect_problem(doc, BRN_ERROR_ARGS_NOT_TUPLE);
    assert_null(brn_make_object(doc, brn_make_global(doc, "m", "f"), NULL, list));
    expect_problem(doc, BRN_ERROR_KWARGS_NOT_DICT);
    assert_null(brn_make_global_val(doc, list, list));
    expect_problem(doc, BRN_ERROR_NAME_NOT_STR);
    assert_false(brn_set_root(doc, NULL));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_false(brn_dict_put(doc, brn_make_dict(doc), NULL, list));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_false(brn_list_extend(doc, list, NULL, 2));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_true(brn_list_extend(doc, list, NULL, 0));
    assert_false(brn_op_add(doc, brn_make_ext(doc, 1), BRN_OP_APPEND, NULL, 1));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_int_equal(brn_size(list), 0);
    brn_free(doc);

    assert_null(brn_make_none(NULL));
    assert_null(brn_make_bool(NULL, true));
    assert_null(brn_make_int(NULL, 1));
    assert_null(brn_make_float(NULL, 1));
    assert_null(brn_make_str(NULL, "a"));
    assert_null(brn_make_py2str(NULL, "a", 1));
    assert_null(brn_make_bytes(NULL, "a", 1));
    assert_null(brn_make_bytearray(NULL, "a", 1));
    assert_null(brn_make_bigint(NULL, "a", 1));
    assert_null(brn_make_list(NULL));
    assert_null(brn_make_tuple(NULL, NULL, 0));
    assert_null(brn_make_frozenset(NULL, NULL, 0));
    assert_null(brn_make_ext(NULL, 1));
    assert_null(brn_make_buffer(NULL, 1, false));
    assert_false(brn_list_append(NULL, NULL, NULL));
    assert_int_equal(brn_doc_error(NULL, NULL), BRN_OK);
    brn_doc_clear_error(NULL);
}

static void test_types(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *one = brn_make_int(doc, 1);
    assert_false(brn_list_append(doc, one, one));
    expect_problem(doc, BRN_ERROR_NOT_APPENDABLE);
    assert_false(brn_list_set(doc, one, 0, one));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_list_remove(doc, one, 0));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    assert_false(brn_dict_set(doc, one, one, one));
    expect_problem(doc, BRN_ERROR_NOT_MAPPING);
    assert_false(brn_dict_remove(doc, one, one));
    expect_problem(doc, BRN_ERROR_NOT_MAPPING);
    assert_false(brn_set_add(doc, one, one));
    expect_problem(doc, BRN_ERROR_NOT_SET);
    assert_false(brn_set_remove(doc, one, one));
    expect_problem(doc, BRN_ERROR_NOT_SET);
    assert_false(brn_clear(doc, one));
    expect_problem(doc, BRN_ERROR_NOT_CHANGEABLE);
    brn_free(doc);
}

static void test_foreign_values(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    brn_doc *other = read_doc(BYTES("\x80\x02]q\0(K\1K\2K\3e."));
    const brn_val *foreign = brn_at(brn_root(other), 2);
    const brn_val *list = brn_make_list(doc);
    for (int i = 0; i < 1000; i++)
        assert_true(brn_list_append(doc, list, brn_make_int(doc, i)));
    assert_false(brn_list_append(doc, list, foreign));
    expect_problem(doc, BRN_ERROR_FOREIGN_VALUE);
    assert_false(brn_set_root(doc, foreign));
    expect_problem(doc, BRN_ERROR_FOREIGN_VALUE);
    assert_false(brn_list_append(other, brn_root(other), list));
    expect_problem(other, BRN_ERROR_FOREIGN_VALUE);
    /* Every value of the document's own is known, in whichever chunk it lies. */
    for (uint32_t id = 0; id < brn_doc_count(doc); id++)
        assert_true(brn_set_root(doc, brn_doc_value(doc, id)));
    brn_free(other);
    brn_free(doc);
}

/* Edits by path, and what cannot be reached. */
static void test_put(void **state)
{
    (void)state;
    brn_doc *doc = read_doc(BYTES("\x80\4}(\x8c\1l](K\1K\2e\x8c\1t(K\1K\2)tU\1sK\0K\5K\6K\1K\2"
                                  "\x86K\7\x8c\1o\x8c\1m\x8c\1C\x93)}\x92}\x8c\1aK\1sb(K\1K\2eu."));
    brn_error err;
    static const struct {
        const char *path;
        brn_code code;
    } puts[] = {
        {"['l'][0]", BRN_OK},
        {"['l'][-1]", BRN_OK},
        {"t[1]", BRN_OK},
        {"[5]", BRN_OK},
        {"[5.0]", BRN_OK},
        {"[(1, 2)]", BRN_OK},
        {"[b's']", BRN_OK},
        {"[b'new']", BRN_OK},
        {"['n\\x65w']", BRN_OK},
        {"[None]", BRN_OK},
        {"[0x1ffffffffffffffff]", BRN_OK},
        {"o.a", BRN_OK},
        {"o.b", BRN_OK},
        {"o[1]", BRN_OK},
        {"o['k']", BRN_OK},
        {"o.__class__", BRN_ERROR_NOT_CALLABLE},
        {"o.__args__", BRN_ERROR_ARGS_NOT_TUPLE},
        {"o.__kwargs__", BRN_ERROR_KWARGS_NOT_DICT},
        {"['l'][2]", BRN_ERROR_NO_ITEM},
        {"['l']['a']", BRN_ERROR_NO_ITEM},
        {"t[3]", BRN_ERROR_NO_ITEM},
        {"[(1, 3)]", BRN_ERROR_NO_ITEM},
        {"absent[1]", BRN_ERROR_PATH_ABSENT},
        {"['l", BRN_ERROR_PATH_SYNTAX},
        {"l..a", BRN_ERROR_PATH_SYNTAX},
        {"['l']a", BRN_ERROR_PATH_SYNTAX},
        {"[5].a", BRN_ERROR_NOT_CHANGEABLE},
        {"[5][1]", BRN_ERROR_NOT_MAPPING},
    };
    for (size_t i = 0; i < LENGTH_OF(puts); i++) {
        const brn_val *val = brn_make_int(doc, (int64_t)i + 100);
        bool done = brn_put(doc, puts[i].path, val, &err);
        if (done != (puts[i].code == BRN_OK) || err.code != puts[i].code)
            fail_msg("%s: %d %s", puts[i].path, err.code, err.message);
        if (done)
            assert_int_equal(brn_int(brn_get(brn_root(doc), puts[i].path)), i + 100);
        else
            expect_problem(doc, puts[i].code);
    }
    expect_root(doc, "{'l': [100, 101], 't': (1, 102, ()), p's': 106, 5: 104, (1, 2): 105, "
                     "'o': obj(g:m.C, (), {})!state({'a': 111, 'b': 112})!append[1, 113]"
                     "!set{'k': 114}, b'new': 107, 'new': 108, None: 109, "
                     "int:ffffffffffffffff01: 110}");
    assert_true(brn_put(doc, "o.__state__", brn_make_none(doc), &err));
    assert_true(brn_put(doc, "o.__args__", brn_make_tuple(doc, NULL, 2), NULL));
    assert_true(brn_put(doc, "o.__class__", brn_make_global(doc, "n", "D"), NULL));
    assert_true(brn_put(doc, "", brn_get(brn_root(doc), "o"), NULL));
    expect_root(doc, "obj(g:n.D, (None, None), {})!state(None)!append[1, 113]!set{'k': 114}");
    assert_false(brn_put(doc, NULL, brn_root(doc), &err));
    expect_problem(doc, BRN_ERROR_PATH_SYNTAX);
    assert_false(brn_put(NULL, "a", NULL, &err));
    /* A tuple that is a key stays what it is. */
    const brn_val *dict = brn_make_dict(doc);
    const brn_val *key = brn_make_tuple(doc, NULL, 1);
    assert_true(brn_dict_set(doc, dict, key, key) && brn_set_root(doc, dict));
    assert_false(brn_put(doc, "[(None,)][0]", key, &err));
    expect_problem(doc, BRN_ERROR_IS_KEY);
    brn_free(doc);
}

/* Everything, shared and in cycles, out of a document that is gone afterwards. */
static void test_copy(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    corpus c = corpus_read(false);
    size_t copied = 0;
    for (size_t i = 0; i < c.count; i++) {
        brn_doc *other = brn_read(c.files[i].data, c.files[i].size, NULL, NULL, NULL);
        if (!other)
            continue;
        brn_doc *fresh = new_doc();
        assert_true(brn_set_root(fresh, brn_copy(fresh, brn_root(other))));
        size_t size, copy_size;
        brn_write_options options = BRN_WRITE_OPTIONS_INIT;
        options.flags = BRN_WRITE_KEEP_NAMES | BRN_WRITE_REORDERED;
        void *pickle = brn_write(other, &options, &size, NULL, NULL);
        void *copy = brn_write(fresh, &options, &copy_size, NULL, NULL);
        assert_int_equal(pickle != NULL, copy != NULL);
        assert_int_equal(size, copy_size);
        if (copy)
            assert_memory_equal(pickle, copy, size);
        copied += copy != NULL;
        /* Within a document, too. */
        assert_non_null(brn_copy(other, brn_root(other)));
        assert_non_null(brn_copy(doc, brn_root(other)));
        free(pickle);
        free(copy);
        brn_free(fresh);
        brn_free(other);
    }
    assert_true(copied > 50);
    corpus_free(&c);
    assert_null(brn_copy(doc, NULL));
    expect_problem(doc, BRN_ERROR_NO_VALUE);
    assert_null(brn_copy(NULL, NULL));
    brn_free(doc);
    /* Keys are found in the copy, however they are nested. */
    brn_doc *other = read_doc(BYTES("\x80\4((K\1K\2\x91\x85K\3(((K\4\x91K\5\x91\x91l\x94"
                                    "0}((K\1K\2\x91\x85K\7(((K\4\x91K\5\x91\x91K\x08"
                                    "K\1K\1K\2K\1K\3K\1K\4K\1K\5K\1K\6K\1K\7K\1K\x08K\1u."));
    doc = new_doc();
    const brn_val *dict = brn_copy(doc, brn_root(other));
    const brn_val *key = brn_copy(doc, brn_key_at(brn_root(other), 0));
    brn_free(other);
    assert_int_equal(brn_int(brn_dict_get_val(dict, key)), 7);
    assert_true(brn_dict_set(doc, dict, key, brn_make_int(doc, 9)));
    assert_int_equal(brn_size(dict), 10);
    assert_int_equal(brn_int(brn_value_at(dict, 0)), 9);
    brn_free(doc);
}

/* A tuple or frozenset that holds itself has no hash; looking for it ends. */
static void test_key_in_itself(void **state)
{
    (void)state;
    brn_doc *doc = new_doc();
    const brn_val *tuple = brn_make_tuple(doc, NULL, 1);
    assert_true(brn_fill(doc, tuple, &tuple, 1));
    assert_false(brn_set_add(doc, brn_make_set(doc), tuple));
    expect_problem(doc, BRN_ERROR_LIMIT_WORK);
    brn_free(doc);
}

static void test_options(void **state)
{
    (void)state;
    brn_options options = BRN_OPTIONS_INIT;
    brn_error err;
    options.max_values = 3;
    brn_doc *doc = brn_new(&options, NULL, &err);
    assert_non_null(brn_make_int(doc, 1));
    assert_non_null(brn_make_int(doc, 2));
    assert_null(brn_make_int(doc, 3));
    expect_problem(doc, BRN_ERROR_LIMIT_VALUES);
    brn_free(doc);
    options.max_values = 0;
    options.max_memory = 100000;
    doc = brn_new(&options, NULL, &err);
    while (brn_make_int(doc, 1)) {
    }
    expect_problem(doc, BRN_ERROR_LIMIT_MEMORY);
    assert_true(brn_doc_memory(doc) <= 100000);
    brn_free(doc);
    options.max_memory = 10;
    assert_null(brn_new(&options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
    options.size = 0;
    assert_null(brn_new(&options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_atoms),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_containers_and_objects),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_foreign_everywhere),
        cmocka_unit_test(test_pairs_of_objects),
        cmocka_unit_test(test_dicts),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_what_was_done),
        cmocka_unit_test(test_calls_for_their_effect),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_foreign_values),
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_key_in_itself),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
