/*
 * test_writer.c - the streaming writer: each misuse and its number, pieces, protocols that cannot say
 * something, sinks and allocators that fail at every call, and the memory that endless pickles take.  That
 * the bytes are CPython's is tested in Python.
 */
#include "support.h"

static brn_writer *open_into(bytes *out, int protocol, uint32_t flags)
{
    brn_writer *w = brn_writer_open(collect, out, protocol, flags, NULL, NULL);
    assert_non_null(w);
    return w;
}

/* Close a writer that must have failed so. */
static void expect_code(brn_writer *w, brn_code code)
{
    assert_false(brn_writer_none(w));
    assert_false(brn_writer_end(w));
    assert_int_equal(brn_writer_share(w), UINT64_MAX);
    assert_non_null(brn_writer_error(w));
    assert_int_equal(brn_writer_error(w)->code, code);
    brn_error err;
    assert_int_equal(brn_writer_close(w, &err), code);
    assert_int_equal(err.code, code);
    assert_string_not_equal(err.message, "");
}

/* Statements that a writer `w` of each protocol from `first` on refuses with this number. */
#define REFUSED(first, code, statements)                      \
    for (int protocol = (first); protocol <= 5; protocol++) { \
        bytes out = {0};                                      \
        brn_writer *w = open_into(&out, protocol, 0);         \
        statements;                                           \
        expect_code(w, (code));                               \
        bytes_free(&out);                                     \
    }

static void test_misuse(void **state)
{
    (void)state;
    REFUSED(0, BRN_ERROR_WRITER_END, brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_END, brn_writer_none(w); brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_ROOT, brn_writer_none(w); brn_writer_none(w));
    REFUSED(0, BRN_ERROR_WRITER_OPEN, brn_writer_next(w));
    REFUSED(0, BRN_ERROR_WRITER_OPEN, brn_writer_begin_list(w, 0); brn_writer_next(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_list(w, 1); brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_list(w, 0); brn_writer_none(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_tuple(w, 2); brn_writer_none(w);
            brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_set(w, 1); brn_writer_int(w, 1);
            brn_writer_int(w, 2));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_frozenset(w, 1); brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_dict(w, 1); brn_writer_key(w, "a");
            brn_writer_none(w); brn_writer_key(w, "b"));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_call(w, BRN_COUNT_UNKNOWN);
            brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_begin_object(w, 1);
            brn_writer_global(w, "m", "n"); brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_global(w, "m", "n"); brn_writer_begin_state(w);
            brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_COUNT, brn_writer_global(w, "m", "n"); brn_writer_begin_state(w);
            brn_writer_none(w); brn_writer_none(w));
    REFUSED(0, BRN_ERROR_WRITER_KEY, brn_writer_begin_dict(w, BRN_COUNT_UNKNOWN);
            brn_writer_key(w, "a"); brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_KEY, brn_writer_begin_dict(w, 1); brn_writer_key(w, "a");
            brn_writer_key(w, "b"));
    REFUSED(0, BRN_ERROR_WRITER_KEY, brn_writer_begin_list(w, 1); brn_writer_key(w, "a"));
    REFUSED(0, BRN_ERROR_WRITER_KEY, brn_writer_key(w, "a"));
    REFUSED(0, BRN_ERROR_WRITER_OBJECT, brn_writer_begin_state(w));
    REFUSED(0, BRN_ERROR_WRITER_OBJECT, brn_writer_none(w); brn_writer_begin_append(w, 1));
    REFUSED(0, BRN_ERROR_WRITER_OBJECT, brn_writer_begin_list(w, 1); brn_writer_begin_update(w, 1));
    REFUSED(0, BRN_ERROR_WRITER_REFERENCE, brn_writer_shared(w, 0));
    REFUSED(0, BRN_ERROR_WRITER_REFERENCE, brn_writer_share(w));
    REFUSED(0, BRN_ERROR_WRITER_REFERENCE, brn_writer_begin_tuple(w, 1); brn_writer_share(w));
    REFUSED(0, BRN_ERROR_WRITER_REFERENCE, brn_writer_begin_set(w, 1); brn_writer_share(w));
    /* A number is the pickle's. */
    REFUSED(0, BRN_ERROR_WRITER_REFERENCE, brn_writer_str(w, "ab"); brn_writer_share(w);
            brn_writer_next(w); brn_writer_shared(w, 0));
    REFUSED(0, BRN_ERROR_NO_VALUE, brn_writer_str(w, NULL));
    REFUSED(0, BRN_ERROR_NO_VALUE, brn_writer_begin_dict(w, 1); brn_writer_key(w, NULL));
    REFUSED(0, BRN_ERROR_NO_VALUE, brn_writer_global(w, NULL, "C"));
    REFUSED(0, BRN_ERROR_NO_VALUE, brn_writer_global(w, "m", NULL));
    REFUSED(0, BRN_ERROR_NO_VALUE, brn_writer_persid(w, NULL));
    /* What plain data is called, also where it is shared. */
    REFUSED(4, BRN_ERROR_NOT_CALLABLE, brn_writer_begin_call(w, 0); brn_writer_str(w, "x"));
    REFUSED(4, BRN_ERROR_NOT_CALLABLE, brn_writer_begin_object(w, 1); brn_writer_begin_list(w, 0));
    REFUSED(0, BRN_ERROR_NOT_CALLABLE, brn_writer_begin_object(w, 1); brn_writer_none(w));
    REFUSED(4, BRN_ERROR_NOT_CALLABLE, brn_writer_begin_list(w, 2); brn_writer_str(w, "x");
            uint64_t text = brn_writer_share(w); brn_writer_begin_call(w, 0);
            brn_writer_shared(w, text));
    /* So is what cannot be hashed, itself or for what is in it. */
    REFUSED(4, BRN_ERROR_UNHASHABLE, brn_writer_begin_list(w, 2); brn_writer_bytearray(w, "x", 1);
            uint64_t raw = brn_writer_share(w); brn_writer_begin_dict(w, 1);
            brn_writer_shared(w, raw));
    REFUSED(2, BRN_ERROR_UNHASHABLE, brn_writer_begin_list(w, 2); brn_writer_begin_tuple(w, 1);
            brn_writer_begin_tuple(w, 1); brn_writer_begin_set(w, 0); brn_writer_end(w);
            brn_writer_end(w); brn_writer_end(w); uint64_t pair = brn_writer_share(w);
            brn_writer_begin_frozenset(w, 1); brn_writer_shared(w, pair));
    REFUSED(4, BRN_ERROR_WRITER_OBJECT, brn_writer_begin_list(w, 2); brn_writer_str(w, "x");
            uint64_t data = brn_writer_share(w); brn_writer_shared(w, data);
            brn_writer_begin_state(w));
}

static void test_what_cannot_be_hashed(void **state)
{
    (void)state;
    REFUSED(0, BRN_ERROR_UNHASHABLE, brn_writer_begin_set(w, 1); brn_writer_begin_list(w, 0));
    REFUSED(0, BRN_ERROR_UNHASHABLE, brn_writer_begin_frozenset(w, 1); brn_writer_begin_set(w, 0));
    REFUSED(0, BRN_ERROR_UNHASHABLE, brn_writer_begin_dict(w, 1); brn_writer_bytearray(w, "ab", 2));
    REFUSED(0, BRN_ERROR_UNHASHABLE, brn_writer_begin_dict(w, 1); brn_writer_begin_tuple(w, 1);
            brn_writer_begin_tuple(w, 1); brn_writer_begin_dict(w, 1));
    bytes out = {0};
    brn_writer *w = open_into(&out, 4, 0);
    brn_writer_begin_dict(w, 1);
    brn_writer_begin_tuple(w, 1);
    brn_writer_int(w, 1);
    brn_writer_end(w);
    brn_writer_begin_list(w, 0);
    brn_writer_end(w);
    brn_writer_end(w);
    assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
    expect_reads(out.data, out.size, "{(1,): []}");
    bytes_free(&out);
}

static void test_pieces(void **state)
{
    (void)state;
    REFUSED(0, BRN_ERROR_WRITER_PIECE, brn_writer_piece(w, "a", 1));
    REFUSED(0, BRN_ERROR_WRITER_PIECE, brn_writer_begin_str(w, 1); brn_writer_piece(w, "ab", 2));
    REFUSED(0, BRN_ERROR_WRITER_PIECE, brn_writer_begin_bytes(w, 3); brn_writer_piece(w, "ab", 2);
            brn_writer_end(w));
    REFUSED(0, BRN_ERROR_WRITER_PIECE, brn_writer_begin_bytearray(w, 3); brn_writer_none(w));
    REFUSED(0, BRN_ERROR_WRITER_PIECE, brn_writer_begin_bytes(w, 0); brn_writer_piece(w, "a", 1));
    REFUSED(0, BRN_ERROR_UTF8, brn_writer_str(w, "\xff"));
    REFUSED(0, BRN_ERROR_UTF8, brn_writer_begin_str(w, 2); brn_writer_piece(w, "\xc3", 1);
            brn_writer_piece(w, "x", 1));
    REFUSED(0, BRN_ERROR_UTF8, brn_writer_begin_str(w, 2); brn_writer_piece(w, "x\xc3", 2);
            brn_writer_end(w));
    for (int protocol = 0; protocol <= 5; protocol++) {
        bytes out = {0};
        brn_writer *w = open_into(&out, protocol, 0);
        brn_writer_begin_list(w, 3);
        brn_writer_begin_str(w, 8);
        brn_writer_piece(w, "\xf0\x9f", 2);
        brn_writer_piece(w, "\x98", 1);
        brn_writer_piece(w, NULL, 0);
        brn_writer_piece(w,
                         "\x80\xc3\xa9"
                         "a\\",
                         5);
        brn_writer_end(w);
        brn_writer_begin_bytearray(w, 0);
        brn_writer_end(w);
        brn_writer_begin_str(w, 0);
        brn_writer_end(w);
        brn_writer_end(w);
        assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
        brn_doc *doc = read_doc(out.data, out.size);
        assert_true(brn_str_is(brn_at(brn_root(doc), 0), "\xf0\x9f\x98\x80\xc3\xa9"
                                                         "a\\"));
        assert_true(brn_str_is(brn_at(brn_root(doc), 2), ""));
        brn_free(doc);
        bytes_free(&out);
    }
}

static void test_what_protocols_lack(void **state)
{
    (void)state;
    uint8_t long_int[2000];
    memset(long_int, 0x7f, sizeof long_int);
    for (int protocol = 0; protocol <= 5; protocol++) {
        const struct {
            int since;
            brn_code code;
        } lacks[] = {{2, BRN_ERROR_WRITER_PROTOCOL}, {2, BRN_ERROR_WRITER_PROTOCOL},
                     {5, BRN_ERROR_WRITER_PROTOCOL}, {4, BRN_ERROR_WRITER_PROTOCOL},
                     {4, BRN_ERROR_WRITER_NAME},     {3, BRN_ERROR_WRITER_NAME},
                     {1, BRN_ERROR_PERSID_TEXT},     {1, BRN_ERROR_PERSID_TEXT},
                     {4, BRN_ERROR_WRITER_PROTOCOL}, {4, BRN_ERROR_WRITER_PROTOCOL}};
        for (size_t i = 0; i < LENGTH_OF(lacks); i++) {
            bytes out = {0};
            brn_writer *w = open_into(&out, protocol, 0);
            const uint64_t huge = (uint64_t)1 << 32;
            bool done = false;
            switch (i) {
            case 0: done = brn_writer_ext(w, 7); break;
            case 1: done = brn_writer_bigint(w, long_int, sizeof long_int); break;
            case 2: done = brn_writer_buffer(w, true); break;
            case 3: done = brn_writer_global(w, "m", "A.b"); break;
            case 4: done = brn_writer_global(w, "m", "A\nb"); break;
            case 5: done = brn_writer_global(w, "m\xc3\xa9", "A"); break;
            case 6: done = brn_writer_persid(w, "a\nb"); break;
            case 7: done = brn_writer_persid(w, "\xc3\xa9"); break;
            case 8: done = brn_writer_begin_str(w, huge) || protocol == 0; break;
            case 9: done = brn_writer_begin_bytes(w, huge) || protocol < 3; break;
            default: break;
            }
            /* Lines have no length: text of any is fine. */
            bool line = (i == 8 && protocol == 0) || (i == 9 && protocol < 3);
            if (line || protocol >= lacks[i].since) {
                assert_true(done);
                assert_null(brn_writer_error(w));
                (void)brn_writer_close(w, NULL);
            } else {
                assert_false(done);
                expect_code(w, lacks[i].code);
            }
            bytes_free(&out);
        }
    }
    REFUSED(2, BRN_ERROR_EXT_CODE, brn_writer_ext(w, 0));
    REFUSED(2, BRN_ERROR_EXT_CODE, brn_writer_ext(w, UINT32_MAX));
    REFUSED(0, BRN_ERROR_WRITER_NAME, brn_writer_global(w, "", "n"));
    REFUSED(0, BRN_ERROR_WRITER_NAME, brn_writer_global(w, "m", ""));
    REFUSED(4, BRN_ERROR_UTF8, brn_writer_global(w, "m", "\xff"));
}

static void test_open(void **state)
{
    (void)state;
    brn_error err;
    bytes out = {0};
    assert_null(brn_writer_open(collect, &out, 6, 0, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_OPTIONS);
    assert_null(brn_writer_open(collect, &out, -1, 0, NULL, &err));
    assert_null(brn_writer_open(collect, &out, 4, 2, NULL, &err));
    assert_null(brn_writer_open(NULL, &out, 4, 0, NULL, NULL));
    /* What is called all the same is refused, and the error stays that of opening. */
    assert_false(brn_writer_begin_list(NULL, 1));
    assert_false(brn_writer_key(NULL, "a"));
    assert_false(brn_writer_piece(NULL, "a", 1));
    assert_false(brn_writer_end(NULL));
    assert_false(brn_writer_next(NULL));
    assert_int_equal(brn_writer_share(NULL), UINT64_MAX);
    assert_null(brn_writer_error(NULL));
    assert_int_equal(brn_writer_close(NULL, &err), BRN_ERROR_OPTIONS);
    assert_int_equal(brn_writer_close(NULL, NULL), BRN_ERROR_MEMORY);
    /* Nothing begun, nothing written. */
    assert_int_equal(brn_writer_close(open_into(&out, 5, 0), &err), BRN_OK);
    assert_int_equal(out.size, 0);
    bytes_free(&out);
}

/* Something of everything, large enough for several frames. */
static void write_much(brn_writer *w)
{
    static const char data[70000] = "x";
    brn_writer_begin_dict(w, BRN_COUNT_UNKNOWN);
    for (int i = 0; i < 1500; i++) {
        brn_writer_int(w, i);
        brn_writer_begin_list(w, 2);
        brn_writer_bytes(w, data, (size_t)i);
        brn_writer_float(w, 0.5);
        brn_writer_end(w);
    }
    brn_writer_key(w, "more");
    brn_writer_begin_call(w, 1);
    brn_writer_global(w, "m", "f");
    brn_writer_begin_bytes(w, sizeof data);
    for (size_t i = 0; i < sizeof data; i += 10000)
        brn_writer_piece(w, data + i, 10000);
    brn_writer_end(w);
    brn_writer_end(w);
    brn_writer_begin_append(w, 2);
    brn_writer_bytearray(w, data, sizeof data);
    brn_writer_py2str(w, data, 300);
    brn_writer_end(w);
    brn_writer_end(w);
}

typedef struct faulty {
    size_t calls;
    size_t fail_at;
} faulty;

static bool fail_sometimes(void *ctx, const void *data, size_t size)
{
    faulty *f = ctx;
    (void)data;
    assert_true(size > 0);
    /* After a failure nothing more comes. */
    assert_true(f->calls <= f->fail_at);
    return f->calls++ != f->fail_at;
}

static void test_sinks_that_fail(void **state)
{
    (void)state;
    for (int protocol = 0; protocol <= 5; protocol++) {
        brn_code code = BRN_ERROR_WRITE;
        size_t at = 0;
        for (; code != BRN_OK; at++) {
            faulty f = {.fail_at = at};
            brn_writer *w = brn_writer_open(fail_sometimes, &f, protocol, 0, NULL, NULL);
            write_much(w);
            brn_error err;
            code = brn_writer_close(w, &err);
            assert_true(code == BRN_ERROR_WRITE || f.calls <= at);
            assert_int_equal(err.code, code);
        }
        assert_true(at > 5);
    }
}

static void test_memory_that_ends(void **state)
{
    (void)state;
    for (int protocol = 0; protocol <= 5; protocol++) {
        brn_code code = BRN_ERROR_MEMORY;
        for (size_t at = 0; code != BRN_OK; at++) {
            counter books;
            brn_alloc alloc = counting(&books);
            books.fail_at = at;
            brn_error err;
            brn_writer *w = brn_writer_open(swallow, NULL, protocol, 0, &alloc, &err);
            for (int i = 0; i < 100; i++)
                brn_writer_begin_list(w, 1);
            write_much(w);
            for (int i = 0; i < 100; i++)
                brn_writer_end(w);
            code = brn_writer_close(w, &err);
            assert_int_equal(err.code, code);
            assert_true(code == BRN_OK || code == BRN_ERROR_MEMORY);
            expect_all_given_back(&books);
        }
    }
}

/* However long it is, and whatever is in it. */
static void test_memory_of_endless_pickles(void **state)
{
    (void)state;
    for (int protocol = 0; protocol <= 5; protocol++) {
        counter books;
        brn_alloc alloc = counting(&books);
        brn_writer *w = brn_writer_open(swallow, NULL, protocol, BRN_WRITER_SMALL, &alloc, NULL);
        brn_writer_begin_list(w, BRN_COUNT_UNKNOWN);
        for (int i = 0; i < 10; i++)
            write_much(w);
        brn_writer_end(w);
        assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
        assert_true(books.peak <= (size_t)140 << 10);
        /* The ends of all lists stand in one frame. */
        w = brn_writer_open(swallow, NULL, protocol, 0, &alloc, NULL);
        const size_t depth = 50000;
        for (size_t i = 0; i < depth; i++)
            brn_writer_begin_tuple(w, BRN_COUNT_UNKNOWN);
        for (size_t i = 0; i < depth; i++)
            brn_writer_end(w);
        assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
        assert_true(books.peak <= ((size_t)140 << 10) + depth * 200);
        expect_all_given_back(&books);
    }
}

static void test_fixed_memory(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t memory[140 << 10];
    brn_alloc alloc;
    assert_true(brn_pool_init(&alloc, memory, sizeof memory));
    brn_writer *w = brn_writer_open(swallow, NULL, 4, 0, &alloc, NULL);
    brn_writer_begin_list(w, BRN_COUNT_UNKNOWN);
    for (int i = 0; i < 300000; i++)
        brn_writer_int(w, i);
    brn_writer_end(w);
    assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
}

/* Each kind of value, as the reader sees it. */
static void test_values(void **state)
{
    (void)state;
    static const uint8_t large[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
    for (int protocol = 0; protocol <= 5; protocol++) {
        bytes out = {0};
        brn_writer *w = open_into(&out, protocol, 0);
        brn_writer_begin_list(w, 9);
        brn_writer_none(w);
        brn_writer_bool(w, true);
        brn_writer_bool(w, false);
        brn_writer_strn(w, "a\0b", 3);
        brn_writer_bigint(w, large, sizeof large);
        brn_writer_bigint(w, NULL, 0);
        brn_writer_py2str(w, "it's", 4);
        brn_writer_persid(w, "id");
        brn_writer_begin_dict(w, 0);
        brn_writer_end(w);
        brn_writer_end(w);
        assert_int_equal(brn_writer_close(w, NULL), BRN_OK);
        expect_reads(out.data, out.size,
                     "[None, True, False, 'a\\x00b', int:010000000000000001, 0, p'it\\x27s', "
                     "pid('id'), {}]");
        bytes_free(&out);
    }
}

static void test_where_it_went_wrong(void **state)
{
    (void)state;
    bytes out = {0};
    brn_writer *w = open_into(&out, 2, 0);
    brn_writer_none(w);
    brn_writer_none(w);
    /* PROTO, its argument, NONE. */
    assert_int_equal(brn_writer_error(w)->offset, 3);
    char text[300];
    (void)brn_error_text(brn_writer_error(w), text, sizeof text);
    assert_non_null(strstr(text, "error 163 (WRITER_ROOT) at byte 3: "));
    (void)brn_writer_close(w, NULL);
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_cannot_be_hashed),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_what_protocols_lack),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_sinks_that_fail),
        cmocka_unit_test(test_memory_that_ends),
        cmocka_unit_test(test_memory_of_endless_pickles),
        cmocka_unit_test(test_fixed_memory),
        cmocka_unit_test(test_where_it_went_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
