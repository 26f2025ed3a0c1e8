/*
 * fuzz_stream.c - a stream says what memory says, whatever the window and the
 * portions its bytes come in.  The first byte of the input chooses these.
 */
#include "target.h"

typedef struct portions {
    const uint8_t *data;
    size_t size;
    size_t at;
    size_t most;
} portions;

static size_t give(void *ctx, void *buf, size_t cap)
{
    portions *p = ctx;
    size_t left = p->size - p->at;
    size_t some = left < cap ? left : cap;
    if (some > p->most)
        some = p->most;
    if (some > 0)
        memcpy(buf, p->data + p->at, some);
    p->at += some;
    return some;
}

/* A hash over all events, blind to how payloads are cut. */
typedef struct digest {
    uint64_t hash;
    uint64_t events;
} digest;

static void mix(digest *d, uint64_t word)
{
    d->hash = (d->hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    d->hash ^= d->hash >> 29;
}

static bool digest_event(void *ctx, const brn_event *event)
{
    digest *d = ctx;
    bool first = event->begin == 0;
    bool last = event->begin + event->size == event->total;
    if (first) {
        mix(d, event->offset);
        mix(d, (uint64_t)event->opcode);
        mix(d, (uint64_t)event->integer);
        mix(d, event->total);
    }
    for (size_t i = 0; event->data && i < event->size; i++)
        mix(d, ((const uint8_t *)event->data)[i]);
    for (size_t i = 0; event->data2 && i < event->size2; i++)
        mix(d, ((const uint8_t *)event->data2)[i]);
    if (last) {
        mix(d, event->depth);
        mix(d, event->marks);
        mix(d, event->count);
        d->events++;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t choice = *data++;
    size--;
    brn_options options = BRN_OPTIONS_INIT;
    options.window = (size_t)16 << (choice & 7);
    size_t most = (size_t)1 << (choice >> 3 & 7);
    brn_error err;

    digest whole = {0, 0};
    size_t length = 0;
    brn_code code = brn_events(data, size, &options, NULL, digest_event, &whole, &length, &err);
    brn_error expected = err;

    books b;
    brn_alloc alloc = books_alloc(&b);
    portions p = {data, size, 0, most};
    brn_stream *stream = brn_stream_open(give, &p, &options, &alloc, &err);
    REQUIRE(stream);
    digest pieces = {0, 0};
    brn_code streamed = brn_events_stream(stream, digest_event, &pieces, &err);
    /* A frame that is too long shows itself only where the data ends; much may come before. */
    if (code == BRN_OK) {
        REQUIRE(streamed == BRN_OK);
        REQUIRE(brn_stream_offset(stream) == length);
        REQUIRE(whole.hash == pieces.hash && whole.events == pieces.events);
    } else if (code != BRN_ERROR_FRAME_TOO_LONG) {
        /* Text that is broken before it is cut off: a stream sees the first, memory the second. */
        REQUIRE(streamed == code || (streamed == BRN_ERROR_UTF8 && code == BRN_ERROR_TRUNCATED));
        REQUIRE(err.offset == expected.offset && err.opcode == expected.opcode);
    } else if (streamed == code) {
        REQUIRE(err.offset == expected.offset && err.opcode == expected.opcode);
    } else {
        REQUIRE(streamed != BRN_ERROR_TRUNCATED && streamed != BRN_ERROR_NO_STOP);
        REQUIRE(streamed == BRN_OK || err.offset > expected.offset);
    }
    if (streamed != BRN_OK && streamed != BRN_ERROR_EMPTY) {
        /* It stays that way. */
        brn_error second;
        REQUIRE(brn_events_stream(stream, NULL, NULL, &second) == streamed);
        REQUIRE(second.offset == err.offset && second.opcode == err.opcode);
    }
    brn_stream_close(stream);
    REQUIRE(b.blocks == 0);

    /* Documents, one after another, until the stream ends or breaks. */
    p.at = 0;
    stream = brn_stream_open(give, &p, &options, &alloc, &err);
    REQUIRE(stream);
    uint64_t at = 0;
    for (;;) {
        brn_doc *doc = brn_read_stream(stream, &err);
        if (!doc)
            break;
        REQUIRE(brn_stream_offset(stream) == at + brn_doc_size(doc));
        at = brn_stream_offset(stream);
        look_at_all(doc);
        brn_free(doc);
    }
    require_error(&err, size);
    if (err.code == BRN_ERROR_EMPTY)
        REQUIRE(at == size);
    brn_stream_close(stream);
    REQUIRE(b.blocks == 0);
    return 0;
}
