/*
 * test_emit.c - the emitter: where frames begin and end, which opcode says how much, what goes past
 * the buffer, and a host that has no more memory.  That the bytes are CPython's is tested in Python.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine/emit.h"

/* A host: what is flushed and passed goes to `sink`, and each call is counted. */
typedef struct host {
    brn_emitter out;
    uint8_t *sink;
    size_t size;
    int flushes;
    int passes;
    int grows_left;
} host;

static void take(host *h, const void *data, size_t size)
{
    h->sink = realloc(h->sink, h->size + size + 1);
    assert_non_null(h->sink);
    memcpy(h->sink + h->size, data, size);
    h->size += size;
}

static bool grow(brn_emitter *out, size_t size)
{
    host *h = (host *)out;
    if (h->grows_left-- == 0)
        return false;
    out->base = realloc(out->base, size);
    assert_non_null(out->base);
    out->end = out->base + size;
    return true;
}

static bool flush(brn_emitter *out)
{
    host *h = (host *)out;
    h->flushes++;
    take(h, out->base, (size_t)(out->pos - out->base));
    return true;
}

static bool pass(brn_emitter *out, const void *data, size_t size, void *owner)
{
    host *h = (host *)out;
    assert_null(owner);
    h->passes++;
    take(h, data, size);
    return true;
}

static host begin(int protocol, bool file)
{
    host h = {.grows_left = -1};
    h.out.protocol = protocol;
    h.out.binary = protocol > 0;
    h.out.grow = grow;
    h.out.flush = file ? flush : NULL;
    h.out.pass = file ? pass : NULL;
    assert_true(brn_emit_begin(&h.out));
    return h;
}

static void end(host *h)
{
    free(h->out.base);
    free(h->sink);
}

static void expect(host *h, const char *bytes, size_t size)
{
    assert_true(brn_emit_finish(&h->out));
    assert_int_equal(h->out.pos - h->out.base, size);
    assert_memory_equal(h->out.base, bytes, size);
    end(h);
}
#define EXPECT(h, text) expect(h, text, sizeof(text) - 1)

static void test_small_frames_are_left_out(void **state)
{
    (void)state;
    host h = begin(4, false);
    assert_true(brn_emit_int(&h.out, 1));
    EXPECT(&h, "\x80\x04K\x01.");
    h = begin(4, false);
    assert_true(brn_emit_int(&h.out, 256));
    EXPECT(&h, "\x80\x04\x95\x04\0\0\0\0\0\0\0M\0\x01.");
    h = begin(2, false);
    assert_true(brn_emit_int(&h.out, 256));
    EXPECT(&h, "\x80\x02M\0\x01.");
}

/* `count` opcodes of one byte, with a boundary before each. */
static void emit_many(host *h, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(brn_emit_boundary(&h->out));
        assert_true(brn_emit_none(&h->out));
    }
}

static void test_frames_end_when_they_are_full(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++) {
        host h = begin(4, file);
        emit_many(&h, BRN_EMIT_FRAME_TARGET);
        assert_int_equal(h.flushes, 0);
        emit_many(&h, 5);
        assert_int_equal(h.flushes, file);
        assert_true(brn_emit_finish(&h.out));
        take(&h, h.out.base, (size_t)(h.out.pos - h.out.base));
        /* PROTO, a full frame, and one of five and STOP. */
        assert_int_equal(h.size, 2 + 9 + BRN_EMIT_FRAME_TARGET + 9 + 6);
        assert_memory_equal(h.sink + 2, "\x95\0\0\x01\0\0\0\0\0N", 10);
        assert_memory_equal(h.sink + 2 + 9 + BRN_EMIT_FRAME_TARGET, "\x95\x06\0\0\0\0\0\0\0NNNNN.",
                            15);
        end(&h);
    }
}

static void test_large_payloads_stand_outside(void **state)
{
    (void)state;
    static const uint8_t large[BRN_EMIT_FRAME_TARGET] = {1};
    for (int file = 0; file < 2; file++) {
        for (size_t less = 0; less < 2; less++) {
            host h = begin(5, file);
            uint8_t header[BRN_EMIT_HEADER];
            size_t size = sizeof large - less;
            uint8_t *head_end = brn_put_bytes_header(&h.out, header, size);
            assert_int_equal(head_end - header, 5);
            assert_true(brn_emit_payload(&h.out, header, 5, large, size, NULL));
            assert_true(brn_emit_memoize(&h.out, 0));
            assert_int_equal(h.passes, file && !less);
            assert_int_equal(h.flushes, file && !less);
            assert_true(brn_emit_finish(&h.out));
            take(&h, h.out.base, (size_t)(h.out.pos - h.out.base));
            assert_int_equal(h.size, 2 + 5 + size + 2 + (less ? 9 : 0));
            assert_int_equal(h.sink[2], less ? BRN_OP_BYTE_FRAME : BRN_OP_BYTE_BINBYTES);
            assert_memory_equal(h.sink + h.size - 2, "\x94.", 2);
            end(&h);
        }
    }
}

static void expect_int(int protocol, int64_t value, const char *bytes, size_t size)
{
    host h = begin(protocol, false);
    size_t start = (size_t)(h.out.pos - h.out.base);
    assert_true(brn_emit_int(&h.out, value));
    assert_int_equal(h.out.pos - h.out.base - (ptrdiff_t)start, size);
    assert_memory_equal(h.out.base + start, bytes, size);
    end(&h);
}
#define EXPECT_INT(protocol, value, text) expect_int(protocol, value, text, sizeof(text) - 1)

static void test_ints(void **state)
{
    (void)state;
    EXPECT_INT(5, 0, "K\0");
    EXPECT_INT(5, 255, "K\xff");
    EXPECT_INT(5, 256, "M\0\x01");
    EXPECT_INT(5, 65535, "M\xff\xff");
    EXPECT_INT(5, 65536, "J\0\0\x01\0");
    EXPECT_INT(5, -1, "J\xff\xff\xff\xff");
    EXPECT_INT(5, INT32_MIN, "J\0\0\0\x80");
    EXPECT_INT(5, INT32_MAX, "J\xff\xff\xff\x7f");
    EXPECT_INT(2, (int64_t)INT32_MAX + 1, "\x8a\x05\0\0\0\x80\0");
    EXPECT_INT(2, (int64_t)INT32_MIN - 1, "\x8a\x05\xff\xff\xff\x7f\xff");
    EXPECT_INT(2, -(INT64_C(1) << 39), "\x8a\x05\0\0\0\0\x80");
    EXPECT_INT(2, INT64_MIN, "\x8a\x08\0\0\0\0\0\0\0\x80");
    EXPECT_INT(2, INT64_MAX, "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f");
    EXPECT_INT(1, (int64_t)INT32_MAX + 1, "L2147483648L\n");
    EXPECT_INT(0, -5, "I-5\n");
    EXPECT_INT(0, INT64_MIN, "L-9223372036854775808L\n");
}

static void test_long_ints(void **state)
{
    (void)state;
    uint8_t bytes[256] = {0};
    bytes[255] = 1;
    host h = begin(2, false);
    assert_true(brn_emit_long(&h.out, bytes, 255));
    assert_memory_equal(h.out.base + 2, "\x8a\xff", 2);
    assert_true(brn_emit_long(&h.out, bytes, 256));
    assert_memory_equal(h.out.base + 2 + 2 + 255, "\x8b\0\x01\0\0", 5);
    end(&h);
}

static void test_atoms(void **state)
{
    (void)state;
    host h = begin(0, false);
    assert_true(brn_emit_none(&h.out) && brn_emit_bool(&h.out, true) &&
                brn_emit_bool(&h.out, false) && brn_emit_float(&h.out, -0.5));
    EXPECT(&h, "NI01\nI00\nF-0.5\n.");
    h = begin(2, false);
    assert_true(brn_emit_none(&h.out) && brn_emit_bool(&h.out, true) &&
                brn_emit_bool(&h.out, false) && brn_emit_float(&h.out, -0.5));
    EXPECT(&h, "\x80\x02N\x88\x89G\xbf\xe0\0\0\0\0\0\0.");
}

static void test_memo_numbers(void **state)
{
    (void)state;
    host h = begin(0, false);
    assert_true(brn_emit_memoize(&h.out, 0) && brn_emit_get(&h.out, 123456));
    EXPECT(&h, "p0\ng123456\n.");
    h = begin(1, false);
    assert_true(brn_emit_memoize(&h.out, 255) && brn_emit_get(&h.out, 255) &&
                brn_emit_memoize(&h.out, 256) && brn_emit_get(&h.out, 0x10000));
    EXPECT(&h, "q\xffh\xffr\0\x01\0\0j\0\0\x01\0.");
    h = begin(4, false);
    assert_true(brn_emit_memoize(&h.out, 7) && brn_emit_get(&h.out, 7));
    EXPECT(&h, "\x80\x04\x95\x04\0\0\0\0\0\0\0\x94h\x07.");
}

static void test_headers(void **state)
{
    (void)state;
    uint8_t header[BRN_EMIT_HEADER];
    host h = begin(4, false);
    assert_int_equal(brn_put_text_header(&h.out, header, 255) - header, 2);
    assert_memory_equal(header, "\x8c\xff", 2);
    assert_int_equal(brn_put_text_header(&h.out, header, 256) - header, 5);
    assert_memory_equal(header, "X\0\x01\0\0", 5);
    assert_int_equal(brn_put_text_header(&h.out, header, (uint64_t)1 << 32) - header, 9);
    assert_memory_equal(header, "\x8d\0\0\0\0\x01\0\0\0", 9);
    assert_int_equal(brn_put_bytes_header(&h.out, header, (uint64_t)1 << 32) - header, 9);
    assert_memory_equal(header, "\x8e\0\0\0\0\x01\0\0\0", 9);
    assert_int_equal(brn_put_bytearray_header(header, 3) - header, 9);
    assert_memory_equal(header, "\x96\x03\0\0\0\0\0\0\0", 9);
    end(&h);
    h = begin(3, false);
    assert_int_equal(brn_put_text_header(&h.out, header, 1) - header, 5);
    assert_int_equal(brn_put_bytes_header(&h.out, header, 1) - header, 2);
    assert_null(brn_put_text_header(&h.out, header, (uint64_t)1 << 32));
    assert_null(brn_put_bytes_header(&h.out, header, (uint64_t)1 << 32));
    end(&h);
}

/* Every allocation fails in turn; nothing is written beyond what there is. */
static void test_memory_that_ends(void **state)
{
    (void)state;
    for (int allowed = 1; allowed < 40; allowed++) {
        host h = begin(4, false);
        h.grows_left = allowed;
        bool done = true;
        size_t written = 0;
        while (done && written < 1000) {
            done = brn_emit_boundary(&h.out) && brn_emit_raw(&h.out, "abc", 3);
            written++;
        }
        assert_false(done);
        assert_int_equal(written, allowed + 1);
        assert_true(h.out.pos <= h.out.end);
        end(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_frames_are_left_out),
        cmocka_unit_test(test_frames_end_when_they_are_full),
        cmocka_unit_test(test_large_payloads_stand_outside),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_long_ints),
        cmocka_unit_test(test_atoms),
        cmocka_unit_test(test_memo_numbers),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_memory_that_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
