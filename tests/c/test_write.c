/*
 * test_write.c - documents as pickles: the opcodes for what CPython never writes, what is refused and
 * where, cycles, options, sinks, files, and memory that runs out.
 *
 * That CPython's own pickles are written byte for byte is for tests/python/test_written.py.
 */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

static brn_write_options with(int protocol, uint32_t flags)
{
    brn_write_options options = BRN_WRITE_OPTIONS_INIT;
    options.protocol = protocol;
    options.flags = flags;
    return options;
}

/* The document as a pickle with these options. */
static void expect_written(const brn_doc *doc, const brn_write_options *options, const void *data,
                           size_t size)
{
    brn_error err;
    size_t written;
    void *pickle = brn_write(doc, options, &written, NULL, &err);
    if (!pickle)
        fail_msg("%s in %s", err.message, err.path);
    assert_int_equal(written, size);
    assert_memory_equal(pickle, data, size);
    free(pickle);
    assert_int_equal(err.code, BRN_OK);
    /* In pieces it is the same. */
    bytes pieces = {0};
    assert_int_equal(brn_write_to(doc, options, collect, &pieces, NULL, &err), BRN_OK);
    assert_int_equal(pieces.size, size);
    assert_memory_equal(pieces.data, data, size);
    bytes_free(&pieces);
}

/* Read and written again. */
static void expect_again(const void *data, size_t size, int protocol, uint32_t flags,
                         const void *expected, size_t expected_size)
{
    brn_doc *doc = read_ok(data, size, NULL);
    brn_write_options options = with(protocol, flags);
    expect_written(doc, &options, expected, expected_size);
    brn_free(doc);
}

#define SAME(protocol, data) expect_again(BYTES(data), protocol, 0, BYTES(data))

static void expect_refused(const void *data, size_t size, int protocol, brn_code code,
                           const char *path)
{
    brn_doc *doc = read_ok(data, size, NULL);
    brn_write_options options = with(protocol, 0);
    brn_error err;
    assert_null(brn_write(doc, &options, NULL, NULL, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.path, path);
    bytes out = {0};
    assert_int_equal(brn_write_to(doc, &options, collect, &out, NULL, NULL), code);
    bytes_free(&out);
    brn_free(doc);
}

/* What Python 2 and hand-written pickles have. */
static void test_old_opcodes(void **state)
{
    (void)state;
    SAME(0, "(lp0\nS'a\\xff\\n\\'\"'\np1\naS\"it's\"\np2\na.");
    SAME(1, "]q\0(U\1aq\1T\0\1\0\0"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxq\2e.");
    /* INST and OBJ may call the class, which NEWOBJ does not: they become OBJ. */
    expect_again(BYTES("(I1\nicls\nmod\n."), 2, BRN_WRITE_KEEP_NAMES,
                 BYTES("\x80\2(ccls\nmod\nq\0K\1oq\1."));
    SAME(1, "(cm\nC\nq\0K\1oq\1}q\2U\1aq\3K\1sb.");
    SAME(0, "Pname\n.");
    SAME(2, "\x80\2]q\0(K\1Q\x82\5\x83\5\1\x84\5\0\1\0e.");
    expect_again(BYTES("Pname\n."), 2, 0, BYTES("\x80\2X\4\0\0\0nameq\0Q."));
    /* Only the plain nan has a text. */
    expect_again(BYTES("G\x7f\xf8\0\0\0\0\0\1."), 0, 0, BYTES("G\x7f\xf8\0\0\0\0\0\1."));
    expect_again(BYTES("G\x7f\xf8\0\0\0\0\0\0."), 0, 0, BYTES("Fnan\n."));
}

/* What CPython gives no number gets one if it is shared. */
static void test_sharing(void **state)
{
    (void)state;
    SAME(2, "\x80\2]q\0(K\1Qq\1h\1e.");
    SAME(2, "\x80\2]q\0(K\1QK\1Qe.");
    SAME(2, "\x80\2]q\0(\x82\5q\1h\1e.");
    bytes b = {0};
    put_words(&b, "\x80\2]q");
    put_byte(&b, 0);
    put_words(&b, "(\x8a\x2a");
    put_fill(&b, 0x11, 42);
    put_words(&b, "q\1h\1\x8a\x09");
    put_fill(&b, 0x11, 9);
    put_words(&b, "e.");
    expect_again(b.data, b.size, 2, 0, b.data, b.size);
    bytes_free(&b);
}

static void test_downward(void **state)
{
    (void)state;
    /* NEWOBJ, NEWOBJ_EX and nested names below the protocols that have them. */
    expect_again(BYTES("\x80\4\x8c\1m\x8c\3C.D\x93K\1\x85\x81."), 0, 0,
                 BYTES("ccopy_reg\n__newobj__\np0\n(c__builtin__\ngetattr\np1\n(cm\nC\np2\nVD\np3\n"
                       "tp4\nRp5\nI1\ntp6\nRp7\n."));
    expect_again(BYTES("\x80\4\x8c\1m\x8c\1C\x93)}\x8c\1kK\1s\x92."), 3, 0,
                 BYTES("\x80\3"
                       "ccopyreg\n__newobj_ex__\nq\0cm\nC\nq\1)}q\2X\1\0\0\0kq\3K\1s\x87q\4Rq\5."));
    /* Names of Python 2. */
    expect_again(BYTES("\x80\4\x8c\x08"
                       "builtins\x8c\5range\x93."),
                 2, 0, BYTES("\x80\2c__builtin__\nxrange\nq\0."));
    expect_again(BYTES("c__builtin__\nxrange\n."), 3, 0,
                 BYTES("\x80\3"
                       "cbuiltins\nrange\nq\0."));
    expect_again(BYTES("\x80\4\x8c\x08"
                       "builtins\x8c\5range\x93."),
                 2, BRN_WRITE_KEEP_NAMES,
                 BYTES("\x80\2"
                       "cbuiltins\nrange\nq\0."));
    /* CPython would write ImportError, and that it would stay. */
    expect_again(BYTES("\x80\4\x8c\x08"
                       "builtins\x8c\x13ModuleNotFoundError\x93."),
                 2, 0,
                 BYTES("\x80\2"
                       "c__builtin__\nModuleNotFoundError\nq\0."));
}

static void test_refused(void **state)
{
    (void)state;
    expect_refused(BYTES("\x80\2](K\1\x82\5e."), 1, BRN_ERROR_NOT_IN_PROTOCOL, "[1]");
    expect_refused(BYTES("\x80\2}X\1\0\0\0a(K\1K\1Qts."), 0, BRN_ERROR_NOT_IN_PROTOCOL, "['a'][1]");
    expect_refused(BYTES("\x80\4\x8c\1m\x8c\1S\x93)\x81(K\1\x90."), 3, BRN_ERROR_NOT_IN_PROTOCOL,
                   "");
    expect_refused(BYTES("\x80\4\x8c\1m\x8c\2\n.\x93\x85."), 2, BRN_ERROR_NOT_IN_PROTOCOL, "[0]");
    expect_refused(BYTES("\x80\4\x8c\0\x8c\1n\x93."), 2, BRN_ERROR_NOT_IN_PROTOCOL, "");
    expect_refused(BYTES("\x80\4\x8c\1m\x8c\3\xed\xa0\x80\x93."), 2, BRN_ERROR_NOT_IN_PROTOCOL, "");
    expect_refused(BYTES("\x80\4K\1QK\2Q\x93."), 2, BRN_ERROR_NOT_IN_PROTOCOL, "");
    expect_refused(BYTES("\x80\2cm\nC\nK\1Q\x81."), 1, BRN_ERROR_NOT_IN_PROTOCOL, "");
    expect_refused(BYTES("\x80\5]\x97\x61."), 5, BRN_ERROR_NO_BUFFER, "[0]");
    /* Attributes, arguments, states. */
    expect_refused(BYTES("\x80\2cm\nC\n)\x81}X\1\0\0\0a\x82\5sb."), 1, BRN_ERROR_NOT_IN_PROTOCOL,
                   ".a");
    expect_refused(BYTES("\x80\2cm\nC\n)\x81\x82\5\x85"
                         "b."),
                   1, BRN_ERROR_NOT_IN_PROTOCOL, ".__state__[0]");
    expect_refused(BYTES("\x80\2cm\nC\nK\1\x82\5\x86R."), 1, BRN_ERROR_NOT_IN_PROTOCOL,
                   ".__args__[1]");
    /* A list that a call has seen before an item came; a call for its effect. */
    expect_refused(BYTES("\x80\2]q\0cm\nf\nh\0\x85Rh\0K\1a\x86."), 2, BRN_ERROR_ORDER_LOST,
                   "[0].__args__[0]");
    expect_refused(BYTES("\x80\2]cm\nf\n)R0."), 2, BRN_ERROR_ORDER_LOST, "");
    expect_again(BYTES("\x80\2]q\0cm\nf\nq\1)R0."), 2, BRN_WRITE_REORDERED, BYTES("\x80\2]q\0."));
}

static void test_buffers(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("\x80\5(\x97\x97\x98\x97q\0h\0t."), NULL);
    static const brn_buffer at[] = {{"ab", 2}, {"c", 1}, {NULL, 0}};
    const brn_buffers buffers = {at, 3};
    brn_write_options options = with(5, 0);
    options.buffers = &buffers;
    expect_written(doc, &options,
                   BYTES("\x80\5\x95\x20\0\0\0\0\0\0\0(\x96\2\0\0\0\0\0\0\0"
                         "ab\x94"
                         "C\1c\x94\x96\0\0\0\0\0\0\0\0\x94h\2t\x94."));
    options.protocol = 3;
    expect_written(doc, &options,
                   BYTES("\x80\3("
                         "cbuiltins\nbytearray\nq\0C\2abq\1\x85q\2Rq\3"
                         "C\1cq\4h\0)Rq\5h\5tq\6."));
    brn_free(doc);
}

/* A tuple that is met in itself is written again, and so on; within bounds. */
static void test_cycles(void **state)
{
    (void)state;
    SAME(2, "\x80\2]q\0h\0\x85q\1a0h\1.");
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    const brn_val *tuple = brn_make_tuple(doc, NULL, 2);
    const brn_val *lists[] = {brn_make_list(doc), brn_make_list(doc)};
    assert_true(brn_list_append(doc, lists[0], tuple) && brn_list_append(doc, lists[1], tuple));
    assert_true(brn_fill(doc, tuple, lists, 2) && brn_set_root(doc, tuple));
    for (int protocol = 0; protocol <= 5; protocol++) {
        brn_write_options options = with(protocol, 0);
        size_t size;
        void *pickle = brn_write(doc, &options, &size, NULL, NULL);
        brn_doc *again = read_ok(pickle, size, NULL);
        const brn_val *root = brn_root(again);
        assert_ptr_equal(brn_get(root, "[0][0]"), root);
        assert_ptr_equal(brn_get(root, "[1][0]"), root);
        assert_ptr_not_equal(brn_get(root, "[0]"), brn_get(root, "[1]"));
        brn_free(again);
        free(pickle);
    }
    /* Nothing gets a number on the way round. */
    assert_true(brn_fill(doc, tuple, &tuple, 1));
    brn_error err;
    assert_null(brn_write(doc, NULL, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_ARGS_CYCLE);
    brn_write_options canonical = with(4, BRN_WRITE_CANONICAL);
    assert_null(brn_write(doc, &canonical, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_ARGS_CYCLE);
    brn_free(doc);
}

/* CPython's way is quadratic where a tuple has many such items: too many are refused. */
static void test_cycles_without_end(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    const brn_val **lists = malloc(COUNT * sizeof *lists);
    const brn_val *tuple = brn_make_tuple(doc, NULL, 1);
    for (int i = 0; i < COUNT; i++) {
        lists[i] = brn_make_list(doc);
        assert_true(brn_list_append(doc, lists[i], tuple));
    }
    assert_true(brn_fill(doc, tuple, lists, COUNT) && brn_set_root(doc, tuple));
    brn_error err;
    assert_null(brn_write(doc, NULL, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_WORK);
    free(lists);
    brn_free(doc);
}

/* Deeper than any C stack. */
static void test_depth(void **state)
{
    (void)state;
    enum { DEPTH = 300000 };
    bytes b = {0};
    put_fill(&b, ']', DEPTH);
    put_fill(&b, 'a', DEPTH - 1);
    put_byte(&b, '.');
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    for (uint32_t flags = 0; flags <= BRN_WRITE_CANONICAL; flags += 2) {
        brn_write_options options = with(4, flags);
        bytes out = {0};
        assert_int_equal(brn_write_to(doc, &options, collect, &out, NULL, NULL), BRN_OK);
        assert_true(out.size > 2 * DEPTH);
        bytes_free(&out);
    }
    brn_free(doc);
    bytes_free(&b);
}

static void test_small(void **state)
{
    (void)state;
    expect_again(BYTES("\x80\4\x95\x13\0\0\0\0\0\0\0]\x94(\x8c\1a\x94h\1\x8c\1b\x94]\x94h\0e."), 4,
                 BRN_WRITE_SMALL, BYTES("\x80\4]\x94(\x8c\1a\x94h\1\x8c\1b]h\0e."));
    expect_again(BYTES("\x80\2]q\0(X\1\0\0\0aq\1h\1X\1\0\0\0bq\2]q\3e."), 2, BRN_WRITE_SMALL,
                 BYTES("\x80\2](X\1\0\0\0aq\0h\0X\1\0\0\0b]e."));
}

static void test_canonical(void **state)
{
    (void)state;
    /* Equal tuples and texts are one, sets are sorted by type and value, dicts only if asked. */
    expect_again(BYTES("\x80\4](\x8c\1a\x8c\1a\x8c\1a\x8c\1a\x86\x94h\0"
                       "\x8f(\x8c\1aK\2\x8c\1a\x8c\1a\x86K\1\x89\x90}(\x8c\1zN\x8c\1aNue."),
                 4, BRN_WRITE_CANONICAL | BRN_WRITE_SMALL,
                 BYTES("\x80\4](\x8c\1a\x94h\0h\0h\0\x86\x94h\1\x8f(\x89K\1K\2h\0h\1\x90"
                       "}(\x8c\1zNh\0Nue."));
    expect_again(BYTES("\x80\4}(\x8c\1zN\x8c\1aNK\5NC\1xNu."), 4,
                 BRN_WRITE_SORT_KEYS | BRN_WRITE_SMALL,
                 BYTES("\x80\4}(K\5N\x8c\1aN\x8c\1zNC\1xNu."));
    /* The list of set([...]) has no order either; others have. */
    expect_again(BYTES("c__builtin__\nset\n(](K\3K\1K\2etR."), 1,
                 BRN_WRITE_CANONICAL | BRN_WRITE_SMALL,
                 BYTES("c__builtin__\nset\n(](K\1K\2K\3etR."));
    expect_again(BYTES("c__builtin__\ntuple\n(](K\3K\1K\2etR."), 1,
                 BRN_WRITE_CANONICAL | BRN_WRITE_SMALL,
                 BYTES("c__builtin__\ntuple\n(](K\3K\1K\2etR."));
}

static bool refuse(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    return size == 0;
}

static bool stop(void *ctx, const brn_val *buffer)
{
    (void)buffer;
    ++*(int *)ctx;
    return false;
}

static void test_options(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("\x80\5]\x97\x61."), NULL);
    brn_error err;
    brn_write_options options = with(6, 0);
    assert_null(brn_write(doc, &options, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    options = with(-1, 0);
    assert_int_equal(brn_write_to(doc, &options, swallow, NULL, NULL, NULL), BRN_ERROR_OPTIONS);
    options = with(4, 1u << 20);
    assert_null(brn_write(doc, &options, NULL, NULL, NULL));
    options = with(4, 0);
    options.size = 4;
    assert_null(brn_write(doc, &options, NULL, NULL, NULL));
    assert_null(brn_write(NULL, NULL, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_NO_VALUE);

    int calls = 0;
    options = with(5, 0);
    options.buffer = stop;
    options.buffer_ctx = &calls;
    assert_null(brn_write(doc, &options, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_STOPPED);
    assert_int_equal(calls, 1);
    options.protocol = 4;
    assert_null(brn_write(doc, &options, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_NOT_IN_PROTOCOL);
    brn_free(doc);

    /* A part of a document; a value of another; a document with an error. */
    doc = read_ok(BYTES("\x80\2]q\0(K\1]q\1K\2ae."), NULL);
    options = with(2, 0);
    options.value = brn_at(brn_root(doc), 1);
    expect_written(doc, &options, BYTES("\x80\2]q\0K\2a."));
    brn_doc *other = brn_new(NULL, NULL, NULL);
    assert_null(brn_write(other, &options, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_FOREIGN_VALUE);
    assert_int_equal(brn_write_to(doc, &options, refuse, NULL, NULL, &err), BRN_ERROR_WRITE);
    assert_null(brn_make_str(other, "\xff"));
    assert_null(brn_write(other, NULL, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_UTF8);
    options.max_memory = 20;
    assert_null(brn_write(doc, &options, NULL, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
    brn_free(other);
    brn_free(doc);
}

/* A sink gets large text as it is, and everything else in pieces of a bounded size. */
typedef struct pieces {
    size_t largest;
    size_t total;
} pieces;

static bool measure(void *ctx, const void *data, size_t size)
{
    pieces *p = ctx;
    (void)data;
    p->total += size;
    p->largest = size > p->largest ? size : p->largest;
    return true;
}

static void test_memory(void **state)
{
    (void)state;
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    const brn_val *list = brn_make_list(doc);
    assert_true(brn_set_root(doc, list));
    enum { COUNT = 300000 };
    for (int i = 0; i < COUNT; i++)
        assert_true(brn_list_append(doc, list, brn_make_float(doc, i)));
    for (int protocol = 0; protocol <= 5; protocol++) {
        counter books;
        brn_alloc alloc = counting(&books);
        pieces p = {0};
        brn_write_options options = with(protocol, 0);
        assert_int_equal(brn_write_to(doc, &options, measure, &p, &alloc, NULL), BRN_OK);
        assert_true(p.total > (size_t)COUNT * 4);
        assert_true(p.largest < 120000);
        assert_true(books.peak < brn_doc_count(doc) * 4 + 200 * 1024);
        expect_all_given_back(&books);
    }
    brn_free(doc);
}

/* Something of everything. */
static brn_doc *make_all(const brn_alloc *alloc)
{
    brn_doc *doc = brn_new(NULL, alloc, NULL);
    if (!doc)
        return NULL;
    const brn_val *list = brn_make_list(doc);
    const brn_val *dict = brn_make_dict(doc);
    const brn_val *set = brn_make_set(doc);
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *cls = brn_make_global(doc, "m", "C.D");
    const brn_val *object = brn_make_object(doc, cls, NULL, NULL);
    const brn_val *waiting = brn_make_frozenset(doc, NULL, 1);
    for (int i = 0; i < 40; i++) {
        const brn_val *number = brn_make_int(doc, i % 30);
        const brn_val *key = brn_make_tuple(doc, &number, 1);
        (void)brn_dict_set(doc, dict, key, number);
        (void)brn_set_add(doc, set, brn_make_frozenset(doc, &key, 1));
        (void)brn_set_add(doc, set, i % 2 ? brn_make_call(doc, cls, key) : number);
        (void)brn_list_insert(doc, list, 0, number);
        (void)brn_attr_set(doc, object, i % 2 ? "a" : "b", number);
        (void)brn_list_append(doc, object, number);
        (void)brn_dict_set(doc, object, key, number);
    }
    (void)brn_fill(doc, waiting, &object, 1);
    const brn_val *const all[] = {list,
                                  dict,
                                  set,
                                  one,
                                  object,
                                  waiting,
                                  brn_make_persid(doc, one),
                                  brn_make_bytearray(doc, "abc", 3),
                                  brn_make_str(doc, "text")};
    (void)brn_set_root(doc, brn_make_tuple(doc, all, LENGTH_OF(all)));
    (void)brn_dict_remove(doc, dict, brn_key_at(dict, 0));
    return doc;
}

static void test_making_without_memory(void **state)
{
    (void)state;
    for (size_t fail_at = 0;; fail_at++) {
        counter books;
        brn_alloc alloc = counting(&books);
        books.fail_at = fail_at;
        brn_doc *doc = make_all(&alloc);
        bool failed = books.failed > 0;
        brn_code code = doc ? brn_doc_error(doc, NULL) : BRN_ERROR_MEMORY;
        /* Less may do where more was asked for. */
        assert_true(code == BRN_ERROR_MEMORY || code == BRN_OK);
        assert_true(failed || code == BRN_OK);
        if (code != BRN_OK && doc) {
            brn_error err;
            assert_null(brn_write(doc, NULL, NULL, NULL, &err));
            assert_int_equal(err.code, BRN_ERROR_MEMORY);
        }
        brn_free(doc);
        expect_all_given_back(&books);
        if (!failed)
            break;
    }
}

static void test_writing_without_memory(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, BRN_WRITE_SMALL, BRN_WRITE_CANONICAL,
                                     BRN_WRITE_SORT_KEYS | BRN_WRITE_SMALL};
    brn_doc *doc = make_all(NULL);
    brn_doc_clear_error(doc);
    for (size_t i = 0; i < 2 * LENGTH_OF(flags); i++) {
        brn_write_options options = with(i % 2 ? 2 : 4, flags[i / 2]);
        for (size_t fail_at = 0;; fail_at++) {
            counter books;
            brn_alloc alloc = counting(&books);
            brn_error err;
            books.fail_at = fail_at;
            void *pickle = brn_write(doc, &options, NULL, &alloc, &err);
            bool failed = books.failed > 0;
            assert_true(pickle || failed);
            if (!pickle)
                assert_int_equal(err.code, BRN_ERROR_MEMORY);
            else
                alloc.free(alloc.ctx, pickle);
            expect_all_given_back(&books);
            alloc = counting(&books);
            books.fail_at = fail_at;
            brn_code code = brn_write_to(doc, &options, swallow, NULL, &alloc, &err);
            assert_true(code == BRN_OK || (code == BRN_ERROR_MEMORY && books.failed > 0));
            expect_all_given_back(&books);
            if (!failed)
                break;
        }
    }
    brn_free(doc);
}

static char *contents(const char *path, size_t *size)
{
    brn_input input;
    assert_true(brn_input_open(&input, path, NULL, NULL, NULL));
    char *text = malloc(input.size + 1);
    memcpy(text, input.data, input.size);
    *size = input.size;
    brn_input_close(&input);
    return text;
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/brinery-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], link[64];
    (void)snprintf(path, sizeof path, "%s/a.pkl", folder);
    (void)snprintf(link, sizeof link, "%s/l.pkl", folder);
    brn_doc *doc = read_ok(BYTES("\x80\2K\1."), NULL);
    brn_write_options options = with(2, 0);
    brn_error err;
    assert_int_equal(brn_write_file(doc, path, &options, NULL, &err), BRN_OK);
    size_t size;
    char *text = contents(path, &size);
    assert_memory_equal(text, "\x80\2K\1.", 5);
    free(text);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(symlink("a.pkl", link), 0);
    brn_doc *big = brn_new(NULL, NULL, NULL);
    assert_true(brn_set_root(big, brn_make_buffer(big, 0, false)));
    assert_int_equal(brn_write_file(big, link, &options, NULL, NULL), BRN_ERROR_NO_BUFFER);
    text = contents(path, &size);
    assert_int_equal(size, 5);
    free(text);
    assert_true(brn_set_root(big, brn_make_none(big)));
    assert_int_equal(brn_write_file(big, link, &options, NULL, &err), BRN_OK);
    text = contents(path, &size);
    assert_int_equal(size, 4);
    free(text);
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    for (size_t fail_at = 0;; fail_at++) {
        counter books;
        brn_alloc alloc = counting(&books);
        books.fail_at = fail_at;
        brn_code code = brn_write_file(doc, path, &options, &alloc, NULL);
        expect_all_given_back(&books);
        assert_int_equal(code, books.failed > 0 ? BRN_ERROR_MEMORY : BRN_OK);
        if (code == BRN_OK)
            break;
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(link), 0);
    /* Nothing else is left there. */
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(brn_write_file(doc, path, &options, NULL, &err), BRN_ERROR_OPEN);
    assert_string_equal(err.message, "cannot be written: no such file");
    brn_free(big);
    brn_free(doc);
}

/* Why a file could not be written, in words; nothing is left behind. */
static void test_files_that_cannot_be_written(void **state)
{
    (void)state;
    char folder[] = "/tmp/brinery-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[400], long_name[400];
    (void)snprintf(path, sizeof path, "%s/a.pkl", folder);
    (void)snprintf(long_name, sizeof long_name, "%s/%0300d", folder, 0);
    brn_doc *doc = read_ok(BYTES("\x80\2K\1."), NULL);
    brn_error err;
    assert_int_equal(brn_write_file(doc, path, NULL, NULL, NULL), BRN_OK);
    assert_int_equal(brn_write_file(doc, long_name, NULL, NULL, &err), BRN_ERROR_OPEN);
    assert_string_equal(err.message, "cannot be written: a name that is too long");
    assert_int_equal(brn_write_file(doc, folder, NULL, NULL, &err), BRN_ERROR_OPEN);
    assert_string_equal(err.message, "cannot be opened: it is a directory");
    assert_int_equal(brn_write_file(doc, NULL, NULL, NULL, &err), BRN_ERROR_OPEN);
    assert_int_equal(brn_write_to(doc, NULL, NULL, NULL, NULL, &err), BRN_ERROR_OPTIONS);
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    (void)strcat(path, "/x");
    assert_int_equal(brn_write_file(doc, path, NULL, NULL, &err), BRN_ERROR_OPEN);
    assert_string_equal(err.message, "cannot be written: a part of the path is no directory");
    path[strlen(path) - 2] = '\0';
    struct stat full;
    if (stat("/dev/full", &full) == 0 && S_ISCHR(full.st_mode)) {
        assert_int_equal(brn_write_file(doc, "/dev/full", NULL, NULL, &err), BRN_ERROR_WRITE);
        assert_string_equal(err.message, "cannot be written: no space left");
    }
    /* Nothing else is left there. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    brn_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_opcodes),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_downward),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_cycles),
        cmocka_unit_test(test_cycles_without_end),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_making_without_memory),
        cmocka_unit_test(test_writing_without_memory),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_files_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
