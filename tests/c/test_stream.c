/*
 * test_stream.c - pickles that arrive from a callback, in whatever portions: the same
 * events and documents as from memory, several pickles after another, fixed
 * memory, and what can go wrong on the way.
 */
#include "support.h"

#include <unistd.h>

static brn_stream *open_stream(source *s, size_t window, const brn_alloc *alloc)
{
    brn_options options = BRN_OPTIONS_INIT;
    options.window = window;
    brn_error err;
    brn_stream *stream = brn_stream_open(read_source, s, &options, alloc, &err);
    if (!stream)
        fail_msg("no stream: %s", err.message);
    assert_int_equal(err.code, BRN_OK);
    assert_int_equal(brn_stream_offset(stream), 0);
    return stream;
}

static const size_t windows[] = {1, 16, 17, 31, 64, 200, 4096, 70000};
static const size_t portions[] = {1, 7, 0, SIZE_MAX};

/* ------------------------------------------------------------------------
 * The same as from memory
 * ------------------------------------------------------------------------ */

/* All pickles of a file as events, from memory and from a stream. */
static void expect_same_events(const corpus_file *f, size_t window, size_t portion)
{
    source s = source_of(f->data, f->size, portion);
    brn_stream *stream = open_stream(&s, window, NULL);
    size_t at = 0;
    while (at < f->size) {
        recording memory = {0};
        recording streamed = {0};
        size_t size = 0;
        brn_error err;
        assert_int_equal(
            brn_events(f->data + at, f->size - at, NULL, NULL, record, &memory, &size, NULL),
            BRN_OK);
        if (brn_events_stream(stream, record, &streamed, &err) != BRN_OK)
            fail_msg("%s, window %zu, portions of %zu: %s", f->name, window, portion, err.message);
        assert_true(streamed.values_in_place);
        assert_int_equal(streamed.events, memory.events);
        assert_int_equal(streamed.text.size, memory.text.size);
        if (memcmp(streamed.text.data, memory.text.data, memory.text.size) != 0)
            fail_msg("%s, window %zu, portions of %zu", f->name, window, portion);
        recording_free(&memory);
        recording_free(&streamed);
        at += size;
        assert_int_equal(brn_stream_offset(stream), at);
    }
    brn_error err;
    assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_EMPTY);
    assert_int_equal(brn_stream_offset(stream), at);
    brn_stream_close(stream);
}

static void test_events(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        for (size_t w = 0; w < LENGTH_OF(windows); w++) {
            for (size_t p = 0; p < LENGTH_OF(portions); p++)
                expect_same_events(&c.files[i], windows[w], portions[p]);
        }
    }
    corpus_free(&c);
}

static void test_documents(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        const corpus_file *f = &c.files[i];
        for (size_t w = 0; w < LENGTH_OF(windows); w++) {
            source s = source_of(f->data, f->size, portions[w % LENGTH_OF(portions)]);
            brn_stream *stream = open_stream(&s, windows[w], NULL);
            size_t at = 0;
            while (at < f->size) {
                brn_doc *memory = read_ok(f->data + at, f->size - at, NULL);
                brn_error err;
                brn_doc *streamed = brn_read_stream(stream, &err);
                if (!streamed)
                    fail_msg("%s, window %zu: %s", f->name, windows[w], err.message);
                assert_int_equal(brn_doc_size(streamed), brn_doc_size(memory));
                assert_int_equal(brn_doc_count(streamed), brn_doc_count(memory));
                assert_int_equal(brn_doc_protocol(streamed), brn_doc_protocol(memory));
                char *one = lossless(memory);
                char *other = lossless(streamed);
                assert_string_equal(one, other);
                free(one);
                free(other);
                at += brn_doc_size(memory);
                assert_int_equal(brn_stream_offset(stream), at);
                brn_free(memory);
                brn_free(streamed);
            }
            brn_error err;
            assert_null(brn_read_stream(stream, &err));
            assert_int_equal(err.code, BRN_ERROR_EMPTY);
            /* And again. */
            assert_null(brn_read_stream(stream, &err));
            assert_int_equal(err.code, BRN_ERROR_EMPTY);
            brn_stream_close(stream);
        }
    }
    corpus_free(&c);
}

/* ------------------------------------------------------------------------
 * Several pickles
 * ------------------------------------------------------------------------ */

/* Read as documents and as events by turns; a document outlives its stream. */
static void test_by_turns(void **state)
{
    (void)state;
    bytes b = {0};
    size_t ends[100];
    for (int i = 0; i < 100; i++) {
        put_words(&b, "(");
        put_int(&b, i);
        put_byte(&b, 'B');
        put_number(&b, (uint64_t)(i * 37), 4);
        put_fill(&b, (unsigned)i, (size_t)(i * 37));
        put_words(&b, "t.");
        ends[i] = b.size;
    }
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        source s = source_of(b.data, b.size, 0);
        brn_stream *stream = open_stream(&s, windows[w], NULL);
        brn_doc *docs[50];
        for (int i = 0; i < 100; i++) {
            brn_error err;
            if (i % 2) {
                assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_OK);
            } else {
                docs[i / 2] = brn_read_stream(stream, &err);
                assert_non_null(docs[i / 2]);
            }
            assert_int_equal(err.code, BRN_OK);
            assert_int_equal(brn_stream_offset(stream), ends[i]);
        }
        brn_stream_close(stream);
        for (int i = 0; i < 50; i++) {
            const brn_val *root = brn_root(docs[i]);
            assert_int_equal(brn_int(brn_at(root, 0)), 2 * i);
            size_t size;
            const uint8_t *fill = brn_bytes(brn_at(root, 1), &size);
            assert_int_equal(size, 2 * i * 37);
            for (size_t k = 0; k < size; k++)
                assert_int_equal(fill[k], 2 * i);
            brn_free(docs[i]);
        }
    }
    bytes_free(&b);
}

/* The callback is never asked for more than is needed: what it has not given is not read ahead. */
static void test_reads_no_more_than_it_is_given(void **state)
{
    (void)state;
    source s = source_of(BYTES("N.K\x01.rest"), 1);
    brn_stream *stream = open_stream(&s, 0, NULL);
    brn_doc *doc = brn_read_stream(stream, NULL);
    assert_int_equal(brn_typeof(brn_root(doc)), BRN_NONE);
    assert_int_equal(s.at, 2);
    brn_free(doc);
    assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
    assert_int_equal(s.at, 5);
    assert_int_equal(brn_stream_offset(stream), 5);
    brn_stream_close(stream);
}

/* ------------------------------------------------------------------------
 * Long payloads
 * ------------------------------------------------------------------------ */

typedef struct pieces {
    uint64_t next;    /* byte of the payload that comes next */
    uint64_t longest; /* piece */
    uint64_t events;
    int opcode;
} pieces;

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static bool check_piece(void *ctx, const brn_event *event)
{
    pieces *p = ctx;
    if (event->opcode != p->opcode)
        return true;
    const uint8_t *data = event->data;
    assert_int_equal(event->offset, 1);
    assert_int_equal(event->depth, 1);
    assert_int_equal(event->total, 10 << 20);
    assert_int_equal(event->begin, p->next);
    for (size_t i = 0; i < event->size; i++) {
        if (data[i] != byte_at(p->next + i))
            fail_msg("byte %d of the payload", (int)(p->next + i));
    }
    p->next += event->size;
    p->events++;
    if (event->size > p->longest)
        p->longest = event->size;
    return true;
}

/* Ten megabytes through a pool of four kilobytes. */
static void test_fixed_memory(void **state)
{
    (void)state;
    static const unsigned opcodes[] = {'B', 'T', 0x8e, 0x96, 0x8b};
    static max_align_t room[4096 / sizeof(max_align_t)];
    for (size_t o = 0; o < LENGTH_OF(opcodes); o++) {
        bytes b = {0};
        put_byte(&b, 'N');
        put_byte(&b, opcodes[o]);
        put_number(&b, 10 << 20, opcodes[o] == 0x8e || opcodes[o] == 0x96 ? 8 : 4);
        size_t payload = b.size;
        put_fill(&b, 0, 10 << 20);
        for (size_t i = 0; i < 10 << 20; i++)
            b.data[payload + i] = byte_at(i);
        put_words(&b, "\x86q\x05h\x05.");
        brn_alloc alloc;
        assert_true(brn_pool_init(&alloc, room, sizeof room));
        source s = source_of(b.data, b.size, 1000);
        brn_stream *stream = open_stream(&s, 2048, &alloc);
        pieces p = {.opcode = (int)opcodes[o]};
        brn_error err;
        if (brn_events_stream(stream, check_piece, &p, &err) != BRN_OK)
            fail_msg("opcode 0x%02x: %s", opcodes[o], err.message);
        assert_int_equal(p.next, 10 << 20);
        assert_true(p.events > 1 && p.longest <= 2048);
        assert_int_equal(brn_stream_offset(stream), b.size);
        brn_stream_close(stream);
        bytes_free(&b);
    }
}

/* In pieces, text is still text: a bad byte is found wherever the pieces end. */
static void test_text_in_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        brn_code code;
    } units[] = {
        {"x", BRN_OK},
        {"\xc3\xa9", BRN_OK},
        {"\xe2\x82\xac", BRN_OK},
        {"\xf0\x9f\x98\x80", BRN_OK},
        {"\xed\xa0\x80", BRN_OK},
        {"\xc3", BRN_ERROR_UTF8},
        {"\xe2\x82", BRN_ERROR_UTF8},
        {"\xf0\x9f\x98", BRN_ERROR_UTF8},
        {"\xf4\x90\x80\x80", BRN_ERROR_UTF8},
        {"\xff", BRN_ERROR_UTF8},
    };
    for (size_t u = 0; u < LENGTH_OF(units); u++) {
        for (size_t lead = 0; lead < 20; lead++) {
            for (size_t tail = 0; tail < 3; tail++) {
                bytes text = {0};
                put_fill(&text, 'a', lead);
                for (int i = 0; i < 100; i++)
                    put_words(&text, units[u].unit);
                put_fill(&text, 'z', tail);
                bytes b = {0};
                put_words(&b, "NX");
                put_number(&b, text.size, 4);
                put(&b, text.data, text.size);
                put_byte(&b, '.');
                source s = source_of(b.data, b.size, 5);
                brn_stream *stream = open_stream(&s, 16 + lead % 5, NULL);
                brn_error err;
                brn_code code = brn_events_stream(stream, NULL, NULL, &err);
                if (code != units[u].code)
                    fail_msg("unit %zu behind %zu: %s", u, lead, brn_code_name(code));
                if (code != BRN_OK) {
                    assert_int_equal(err.offset, 1);
                    assert_int_equal(err.opcode, 'X');
                }
                brn_stream_close(stream);
                bytes_free(&text);
                bytes_free(&b);
            }
        }
    }
}

/* A line cannot come in pieces: the window grows for it, as far as there is memory. */
static void test_long_lines(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "NV");
    put_fill(&b, 'x', 10000);
    put_words(&b, "\n\x86.");
    source s = source_of(b.data, b.size, 100);
    brn_stream *stream = open_stream(&s, 64, NULL);
    assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
    brn_stream_close(stream);
    static max_align_t room[32768 / sizeof(max_align_t)];
    static const struct {
        size_t size;
        brn_code code;
    } pools[] = {{4096, BRN_ERROR_LIMIT_LINE}, {8192, BRN_ERROR_LIMIT_LINE}, {32768, BRN_OK}};
    for (size_t i = 0; i < LENGTH_OF(pools); i++) {
        brn_alloc alloc;
        assert_true(brn_pool_init(&alloc, room, pools[i].size));
        s = source_of(b.data, b.size, 100);
        stream = open_stream(&s, 64, &alloc);
        brn_error err;
        assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), pools[i].code);
        if (pools[i].code != BRN_OK) {
            assert_int_equal(err.offset, 1);
            assert_int_equal(err.opcode, 'V');
        }
        brn_stream_close(stream);
    }
    bytes_free(&b);
}

/* Every opcode fits the smallest window without its growing. */
static void test_smallest_window(void **state)
{
    (void)state;
    static max_align_t room[1024 / sizeof(max_align_t)];
    static const struct {
        const char *data;
        size_t size;
    } pickles[] = {
        {BYTES("NG12345678.")},
        {BYTES("N\x8e\x08\x00\x00\x00\x00\x00\x00\x00"
               "12345678.")},
        {BYTES("N\x8d\x09\x00\x00\x00\x00\x00\x00\x00"
               "123456789.")},
        {BYTES("N\x96\x07\x00\x00\x00\x00\x00\x00\x00"
               "1234567.")},
        {BYTES("NX\x0b\x00\x00\x00"
               "12345678901.")},
        {BYTES("N\x95\x01\x00\x00\x00\x00\x00\x00\x00.")},
        {BYTES("Ncos\npath\n.")},
        {BYTES("NL12345678901L\n.")},
    };
    for (size_t i = 0; i < LENGTH_OF(pickles); i++) {
        for (size_t portion = 1; portion < 20; portion++) {
            counter books;
            brn_alloc counted = counting(&books);
            source s = source_of(pickles[i].data, pickles[i].size, portion);
            brn_stream *stream = open_stream(&s, 16, &counted);
            size_t before = books.calls;
            assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
            assert_int_equal(books.calls, before);
            brn_stream_close(stream);
            expect_all_given_back(&books);
            brn_alloc alloc;
            assert_true(brn_pool_init(&alloc, room, sizeof room));
            s = source_of(pickles[i].data, pickles[i].size, portion);
            stream = open_stream(&s, 16, &alloc);
            assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
            brn_stream_close(stream);
        }
    }
}

/* A claim costs nothing before its bytes are there. */
static void test_claims(void **state)
{
    (void)state;
    counter books;
    brn_alloc alloc = counting(&books);
    static const char claim[] = "\x8e\x00\x00\x00\x00\x00\x01\x00\x00some bytes";
    for (int keep = 0; keep < 2; keep++) {
        source s = source_of(BYTES(claim), 3);
        brn_stream *stream = open_stream(&s, 256, &alloc);
        brn_error err;
        if (keep)
            assert_null(brn_read_stream(stream, &err));
        else
            assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_TRUNCATED);
        assert_int_equal(err.code, BRN_ERROR_TRUNCATED);
        assert_int_equal(err.offset, 0);
        assert_int_equal(err.opcode, 0x8e);
        assert_true(books.peak < 2048);
        brn_stream_close(stream);
        expect_all_given_back(&books);
    }
}

/* For a document the window holds the whole pickle, and grows in proportion. */
static void test_growing_window(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "N.(");
    for (int i = 0; i < 200000; i++)
        put_int(&b, i);
    put_words(&b, "l.N.");
    counter books;
    brn_alloc alloc = counting(&books);
    source s = source_of(b.data, b.size, 10000);
    brn_stream *stream = open_stream(&s, 100, &alloc);
    brn_free(brn_read_stream(stream, NULL));
    brn_doc *doc = brn_read_stream(stream, NULL);
    assert_non_null(doc);
    assert_int_equal(brn_size(brn_root(doc)), 200000);
    for (size_t i = 0; i < 200000; i++)
        assert_int_equal(brn_int(brn_at(brn_root(doc), i)), i);
    assert_true(books.peak <= 48 * b.size + (256 << 10));
    brn_doc *last = brn_read_stream(stream, NULL);
    assert_int_equal(brn_typeof(brn_root(last)), BRN_NONE);
    assert_int_equal(brn_stream_offset(stream), b.size);
    brn_stream_close(stream);
    brn_free(last);
    brn_free(doc);
    expect_all_given_back(&books);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Failures
 * ------------------------------------------------------------------------ */

/* The malformed files of the corpus: the same error from a stream, but for what only the end shows. */
static void test_bad_files(void **state)
{
    (void)state;
    corpus c = corpus_read(true);
    for (size_t i = 0; i < c.count; i++) {
        const corpus_file *f = &c.files[i];
        brn_error memory;
        brn_code code = brn_events(f->data, f->size, NULL, NULL, NULL, NULL, NULL, &memory);
        for (size_t w = 0; w < LENGTH_OF(windows); w++) {
            source s = source_of(f->data, f->size, portions[w % LENGTH_OF(portions)]);
            brn_stream *stream = open_stream(&s, windows[w], NULL);
            brn_error err;
            brn_code streamed = brn_events_stream(stream, NULL, NULL, &err);
            /* A STOP may come before it is known that a frame is too long. */
            bool stopped = code == BRN_ERROR_FRAME_TOO_LONG && streamed == BRN_OK;
            if (!stopped &&
                (streamed != code || err.offset != memory.offset || err.opcode != memory.opcode))
                fail_msg("%s, window %zu: %s at %d", f->name, windows[w], brn_code_name(streamed),
                         (int)err.offset);
            brn_stream_close(stream);
        }
    }
    corpus_free(&c);
}

/* The same as documents: where they are broken, and what was being built, is told as from memory, each time. */
static void test_bad_documents(void **state)
{
    (void)state;
    corpus c = corpus_read(true);
    size_t paths = 0;
    for (size_t i = 0; i < c.count; i++) {
        const corpus_file *f = &c.files[i];
        brn_error memory, err;
        brn_doc *doc = brn_read(f->data, f->size, NULL, NULL, &memory);
        bool known = doc || memory.code != BRN_ERROR_FRAME_TOO_LONG;
        for (size_t w = 0; known && w < LENGTH_OF(windows); w++) {
            source s = source_of(f->data, f->size, portions[w % LENGTH_OF(portions)]);
            brn_stream *stream = open_stream(&s, windows[w], NULL);
            brn_doc *streamed = brn_read_stream(stream, &err);
            assert_int_equal(streamed != NULL, doc != NULL);
            if (err.code != memory.code || err.offset != memory.offset ||
                err.opcode != memory.opcode || strcmp(err.message, memory.message) != 0 ||
                strcmp(err.path, memory.path) != 0)
                fail_msg("%s, window %zu: %s at %d in %s", f->name, windows[w],
                         brn_code_name(err.code), (int)err.offset, err.path);
            paths += err.path[0] != '\0';
            if (!doc) {
                assert_null(brn_read_stream(stream, NULL));
                assert_null(brn_read_stream(stream, &err));
                assert_int_equal(err.code, memory.code);
                assert_int_equal(err.offset, memory.offset);
                assert_int_equal(err.opcode, memory.opcode);
            }
            brn_free(streamed);
            brn_stream_close(stream);
        }
        brn_free(doc);
    }
    assert_true(paths >= 5 * LENGTH_OF(windows));
    corpus_free(&c);
}

static void test_read_failures(void **state)
{
    (void)state;
    static const char pickle[] = "(K\x01M\x02\x03X\x05\x00\x00\x00helloVline\nt.";
    for (size_t fail_at = 0; fail_at < sizeof pickle - 1; fail_at++) {
        for (int keep = 0; keep < 2; keep++) {
            for (size_t w = 0; w < LENGTH_OF(windows); w++) {
                source s = source_of(BYTES(pickle), 4);
                s.fail_at = fail_at;
                brn_stream *stream = open_stream(&s, windows[w], NULL);
                brn_error err;
                if (keep)
                    assert_null(brn_read_stream(stream, &err));
                else
                    (void)brn_events_stream(stream, NULL, NULL, &err);
                assert_int_equal(err.code, BRN_ERROR_READ);
                assert_true(err.offset <= fail_at);
                /* It does not come back. */
                size_t calls = s.calls;
                assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_READ);
                assert_int_equal(s.calls, calls);
                brn_stream_close(stream);
            }
        }
    }
}

static size_t read_too_much(void *ctx, void *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    return cap + 1;
}

/* A callback that claims more than it was asked for is not believed. */
static void test_lying_callback(void **state)
{
    (void)state;
    assert_null(brn_read_stream(NULL, NULL));
    assert_int_equal(brn_events_stream(NULL, NULL, NULL, NULL), BRN_ERROR_MEMORY);
    brn_stream *stream = brn_stream_open(read_too_much, NULL, NULL, NULL, NULL);
    brn_error err;
    assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_READ);
    brn_stream_close(stream);
}

/* After an error a stream may be asked again: it answers, and ends. */
static void test_after_an_error(void **state)
{
    (void)state;
    static const char stuff[] = "N.NNN(((\xff.K\x01.(((NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN";
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        for (int keep = 0; keep < 2; keep++) {
            source s = source_of(BYTES(stuff), 3);
            brn_stream *stream = open_stream(&s, windows[w], NULL);
            assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
            for (int i = 0; i < 10; i++) {
                brn_error err;
                brn_doc *doc = NULL;
                if (keep)
                    doc = brn_read_stream(stream, &err);
                else
                    (void)brn_events_stream(stream, NULL, NULL, &err);
                assert_null(doc);
                assert_int_equal(err.code, BRN_ERROR_UNKNOWN_OPCODE);
                assert_int_equal(err.offset, 6);
                assert_int_equal(err.opcode, 0xff);
                assert_int_equal(brn_stream_offset(stream), 2);
            }
            brn_stream_close(stream);
        }
    }
}

static bool stop(void *ctx, const brn_event *event)
{
    size_t *left = ctx;
    (void)event;
    return (*left)-- > 0;
}

static void test_stopped(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "NB");
    put_number(&b, 1000, 4);
    put_fill(&b, 'x', 1000);
    put_words(&b, "\x86.");
    for (size_t events = 0; events < 20; events++) {
        source s = source_of(b.data, b.size, 100);
        brn_stream *stream = open_stream(&s, 100, NULL);
        size_t left = events;
        brn_error err;
        brn_code code = brn_events_stream(stream, stop, &left, &err);
        bool stopped = left == SIZE_MAX;
        assert_int_equal(code, stopped ? BRN_ERROR_STOPPED : BRN_OK);
        assert_int_equal(err.code, code);
        if (stopped && events == 0)
            assert_int_equal(err.offset, 0);
        /* The payload is many pieces, all of them of one opcode. */
        if (events > 0 && events < 10) {
            assert_true(stopped);
            assert_int_equal(err.offset, 1);
            assert_int_equal(err.opcode, 'B');
        }
        brn_stream_close(stream);
    }
    bytes_free(&b);
}

/* The limits of the options hold for every pickle of the stream. */
static void test_limits(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "NNN\x87.NNNN.");
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.window = windows[w];
        options.max_input = 5;
        options.max_stack = 3;
        source s = source_of(b.data, b.size, 2);
        brn_error err;
        brn_stream *stream = brn_stream_open(read_source, &s, &options, NULL, &err);
        assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_OK);
        assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_LIMIT_STACK);
        assert_int_equal(err.offset, 3);
        brn_stream_close(stream);
        options.max_stack = 0;
        options.max_input = 4;
        s = source_of(b.data, b.size, 2);
        stream = brn_stream_open(read_source, &s, &options, NULL, &err);
        assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_LIMIT_INPUT);
        assert_int_equal(err.offset, 4);
        brn_stream_close(stream);
        s = source_of(b.data, b.size, SIZE_MAX);
        stream = brn_stream_open(read_source, &s, &options, NULL, &err);
        assert_null(brn_read_stream(stream, &err));
        assert_int_equal(err.code, BRN_ERROR_LIMIT_INPUT);
        brn_stream_close(stream);
    }
    bytes_free(&b);
    brn_options options = BRN_OPTIONS_INIT;
    options.max_memory = 1000;
    options.window = 4096;
    brn_error err;
    source s = source_of(BYTES("N."), 1);
    assert_null(brn_stream_open(read_source, &s, &options, NULL, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
    /* A window that has to grow past what is allowed. */
    options.max_memory = 20000;
    options.window = 1000;
    put_byte(&b, 'B');
    put_number(&b, 30000, 4);
    put_fill(&b, 'x', 30000);
    put_byte(&b, '.');
    s = source_of(b.data, b.size, 100);
    brn_stream *stream = brn_stream_open(read_source, &s, &options, NULL, &err);
    assert_null(brn_read_stream(stream, &err));
    assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
    brn_stream_close(stream);
    bytes_free(&b);
}

/* What the window, the memo and the document take together stays below max_memory. */
static void test_memory_limit(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "(");
    for (uint64_t i = 0; i < 300; i++) {
        put_words(&b, "Nr");
        put_number(&b, 5000000 * i, 4);
    }
    put_byte(&b, 'V');
    put_fill(&b, 'x', 3000);
    put_words(&b, "\nt.");
    size_t accepted = 0;
    size_t refused = 0;
    for (size_t limit = 500; limit < 100000; limit += 250) {
        for (int documents = 0; documents < 2; documents++) {
            counter books;
            brn_alloc alloc = counting(&books);
            brn_options options = BRN_OPTIONS_INIT;
            options.window = 64;
            options.max_memory = limit;
            brn_error err;
            source s = source_of(b.data, b.size, 1000);
            brn_stream *stream = brn_stream_open(read_source, &s, &options, &alloc, &err);
            brn_doc *doc = NULL;
            if (documents)
                doc = brn_read_stream(stream, &err);
            else if (stream)
                (void)brn_events_stream(stream, NULL, NULL, &err);
            assert_true(books.peak <= limit);
            accepted += err.code == BRN_OK;
            refused += err.code == BRN_ERROR_LIMIT_MEMORY || err.code == BRN_ERROR_LIMIT_LINE;
            brn_free(doc);
            brn_stream_close(stream);
            expect_all_given_back(&books);
        }
    }
    assert_true(accepted > 50);
    assert_true(refused > 50);
    assert_int_equal(accepted + refused, 2 * 398);
    bytes_free(&b);
}

/* What only documents refuse can be passed without one. */
static void test_no_document(void **state)
{
    (void)state;
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        source s = source_of(BYTES("N.}]Ns.K\x05."), 2);
        brn_stream *stream = open_stream(&s, windows[w], NULL);
        brn_free(brn_read_stream(stream, NULL));
        for (int again = 0; again < 2; again++) {
            brn_error err;
            assert_null(brn_read_stream(stream, &err));
            assert_int_equal(err.code, BRN_ERROR_UNHASHABLE);
            assert_int_equal(err.offset, 3);
            assert_int_equal(brn_stream_offset(stream), 2);
        }
        assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
        brn_doc *doc = brn_read_stream(stream, NULL);
        assert_int_equal(brn_int(brn_root(doc)), 5);
        brn_free(doc);
        brn_stream_close(stream);
    }
}

/* A frame that ends past the window, within it, and with what it holds. */
static void test_frames(void **state)
{
    (void)state;
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        bytes b = {0};
        put_frame(&b, 303);
        put_byte(&b, '(');
        put_fill(&b, 'N', 301);
        put_byte(&b, 't');
        put_byte(&b, 'B');
        put_number(&b, 500, 4);
        put_fill(&b, 'x', 500);
        put_frame(&b, 2);
        put_words(&b, "\x86.");
        source s = source_of(b.data, b.size, 13);
        brn_stream *stream = open_stream(&s, windows[w], NULL);
        assert_int_equal(brn_events_stream(stream, NULL, NULL, NULL), BRN_OK);
        brn_stream_close(stream);
        /* A payload in pieces that reaches past its frame. */
        b.size = 0;
        put_frame(&b, 200);
        put_byte(&b, 'N');
        put_byte(&b, 'B');
        put_number(&b, 195, 4);
        put_fill(&b, 'x', 195);
        put_byte(&b, '.');
        s = source_of(b.data, b.size, 13);
        stream = open_stream(&s, windows[w], NULL);
        brn_error err;
        assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), BRN_ERROR_FRAME_STRADDLED);
        assert_int_equal(err.offset, 10);
        assert_int_equal(err.opcode, 'B');
        brn_stream_close(stream);
        bytes_free(&b);
    }
}

/* What is said about a frame and the end of the data: in memory, in a file, and as a stream. */
typedef struct outcome {
    brn_code code;
    uint64_t offset;
    int opcode;
    size_t size; /* of the pickle */
} outcome;

static void expect_outcome(const char *how, brn_code code, const brn_error *err, uint64_t size,
                           const outcome *expected)
{
    assert_int_equal(err->code, code);
    bool same = code == expected->code;
    if (code == BRN_OK)
        same = same && size == expected->size;
    else
        same = same && err->offset == expected->offset && err->opcode == expected->opcode;
    if (!same)
        fail_msg("%s: %s at %d, opcode %d", how, brn_code_name(code), (int)err->offset,
                 err->opcode);
}

static void expect_in_memory(const void *data, size_t size, const outcome *expected)
{
    brn_error err;
    brn_doc *doc = brn_read(data, size, NULL, NULL, &err);
    expect_outcome("read", err.code, &err, brn_doc_size(doc), expected);
    brn_free(doc);
    size_t length = 0;
    brn_code code = brn_events(data, size, NULL, NULL, NULL, NULL, &length, &err);
    expect_outcome("events", code, &err, length, expected);
    length = 0;
    code = brn_disassemble(data, size, 0, NULL, NULL, swallow, NULL, &length, &err);
    expect_outcome("disassemble", code, &err, length, expected);

    char path[] = "/tmp/brinery-frames-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, data, size), size);
    (void)close(file);
    brn_options options = BRN_OPTIONS_INIT;
    for (int map = 0; map < 2; map++) {
        options.flags = map ? BRN_MAP : 0;
        doc = brn_read_file(path, &options, NULL, &err);
        expect_outcome("file", err.code, &err, brn_doc_size(doc), expected);
        brn_free(doc);
    }
    (void)unlink(path);
}

static void expect_in_stream(const void *data, size_t size, const outcome *expected)
{
    for (size_t w = 0; w < LENGTH_OF(windows); w++) {
        source s = source_of(data, size, portions[w % LENGTH_OF(portions)]);
        brn_stream *stream = open_stream(&s, windows[w], NULL);
        brn_error err;
        brn_code code = brn_events_stream(stream, NULL, NULL, &err);
        expect_outcome("event stream", code, &err, brn_stream_offset(stream), expected);
        brn_stream_close(stream);
        s = source_of(data, size, portions[w % LENGTH_OF(portions)]);
        stream = open_stream(&s, windows[w], NULL);
        brn_doc *doc = brn_read_stream(stream, &err);
        expect_outcome("stream", err.code, &err, brn_doc_size(doc), expected);
        brn_free(doc);
        brn_stream_close(stream);
    }
}

static void test_frames_and_the_end(void **state)
{
    (void)state;
    static const outcome good = {BRN_OK, 0, 0, 11};
    static const outcome too_long = {BRN_ERROR_FRAME_TOO_LONG, 0, 0x95, 0};
    bytes b = {0};
    /* A frame may reach past STOP, where another pickle may be, as long as there is something. */
    put_frame(&b, 8);
    put_words(&b, "N.K\x01\x85.xx");
    expect_in_memory(b.data, b.size, &good);
    expect_in_stream(b.data, b.size, &good);
    /* In memory it may not reach past the data; a stream ends the pickle at STOP, whatever follows. */
    b.data[1]++;
    expect_in_memory(b.data, b.size, &too_long);
    expect_in_stream(b.data, b.size, &good);
    b.size = 11;
    expect_in_memory(b.data, b.size, &too_long);
    expect_in_stream(b.data, b.size, &good);
    /* Without STOP the data ends inside the frame: between opcodes, in an argument, in a payload. */
    static const char *const insides[] = {"", "N", "NK", "NM\x01", "NVabc", "NX\x05", "NC\x05zz"};
    for (size_t i = 0; i < LENGTH_OF(insides); i++) {
        b.size = 0;
        put_frame(&b, 40);
        put_words(&b, insides[i]);
        expect_in_memory(b.data, b.size, &too_long);
        expect_in_stream(b.data, b.size, &too_long);
    }
    /* The second frame is to blame, and a payload of many windows. */
    b.size = 0;
    put_frame(&b, 1);
    put_byte(&b, 'N');
    put_frame(&b, 500000);
    put_byte(&b, 'B');
    put_number(&b, 400000, 4);
    put_fill(&b, 'x', 300000);
    outcome second = too_long;
    second.offset = 10;
    expect_in_memory(b.data, b.size, &second);
    expect_in_stream(b.data, b.size, &second);
    /* A frame that ends with the data is not too long: what is in it is. */
    b.size = 0;
    put_frame(&b, 3);
    put_words(&b, "NM\x01");
    outcome truncated = {BRN_ERROR_TRUNCATED, 10, 'M', 0};
    expect_in_memory(b.data, b.size, &truncated);
    expect_in_stream(b.data, b.size, &truncated);
    /* No offset holds the end of this one. */
    b.size = 0;
    put_frame(&b, UINT64_MAX - 9);
    put_words(&b, "N.");
    expect_in_memory(b.data, b.size, &too_long);
    expect_in_stream(b.data, b.size, &too_long);
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_by_turns),
        cmocka_unit_test(test_reads_no_more_than_it_is_given),
        cmocka_unit_test(test_fixed_memory),
        cmocka_unit_test(test_text_in_pieces),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_smallest_window),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_growing_window),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_bad_documents),
        cmocka_unit_test(test_read_failures),
        cmocka_unit_test(test_lying_callback),
        cmocka_unit_test(test_after_an_error),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_no_document),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frames_and_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
