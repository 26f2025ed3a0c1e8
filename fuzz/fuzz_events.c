/*
 * fuzz_events.c - the event reader over memory: events in order, arguments inside the
 * input, statistics that agree with them, in a pool that is all the memory there is.
 */
#include "target.h"

#include <stdalign.h>

typedef struct follower {
    const uint8_t *data;
    size_t size;
    uint64_t events;
    uint64_t next; /* the least offset of the next event */
    uint64_t stop_after;
} follower;

static bool follow(void *ctx, const brn_event *event)
{
    follower *f = ctx;
    REQUIRE(event->offset >= f->next && event->offset < f->size);
    REQUIRE(f->data[event->offset] == event->opcode);
    REQUIRE(strcmp(event->name, brn_opcode(event->opcode)->name) == 0);
    REQUIRE(event->begin + event->size == event->total || event->arg == BRN_ARG_NONE ||
            event->arg == BRN_ARG_PAIR || !event->data);
    if (event->data)
        touch(event->data, event->size);
    if (event->data2)
        touch(event->data2, event->size2);
    f->next = event->offset + 1;
    return ++f->events != f->stop_after;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    follower f = {data, size, 0, 0, 0};
    brn_error err;
    size_t length = 0;
    brn_code code = brn_events(data, size, NULL, NULL, follow, &f, &length, &err);
    if (code != BRN_OK)
        require_error(&err, size);
    else
        REQUIRE(length <= size && data[length - 1] == '.');

    brn_stats stats;
    REQUIRE(brn_statistics(data, size, NULL, NULL, &stats, &err) == code);
    REQUIRE(stats.opcodes == f.events);
    REQUIRE(brn_measure(data, size, NULL) == (code == BRN_OK ? length : 0));

    /* Stopping in the middle is an answer of its own. */
    if (f.events > 1) {
        follower half = {data, size, 0, 0, (f.events + 1) / 2};
        REQUIRE(brn_events(data, size, NULL, NULL, follow, &half, NULL, &err) == BRN_ERROR_STOPPED);
    }

    /* A small pool suffices, or says that it does not. */
    static alignas(16) unsigned char memory[4096];
    brn_alloc pool;
    REQUIRE(brn_pool_init(&pool, memory, sizeof memory));
    brn_code pooled = brn_events(data, size, NULL, &pool, NULL, NULL, NULL, &err);
    REQUIRE(pooled == code || pooled == BRN_ERROR_MEMORY);
    return 0;
}
