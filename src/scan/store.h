/*
 * store.h - memory that is taken in small pieces and given back as a whole.
 *
 * What a scan notes (nodes, names, text) lives as long as the pickle it was noted about, or as long
 * as the report.  Pieces are aligned for pointers and cannot be freed one by one.
 */
#ifndef BRN_STORE_H
#define BRN_STORE_H

#include "../memory.h"

typedef struct brn_store_chunk brn_store_chunk;

typedef struct brn_store {
    brn_memory *memory;
    brn_store_chunk *chunks; /* the newest first */
    uint8_t *free;
    uint8_t *end;
    size_t taken; /* bytes of pieces */
} brn_store;

void brn_store_init(brn_store *store, brn_memory *memory);
void brn_store_free(brn_store *store);

/* Give back all pieces; one chunk is kept for those to come. */
void brn_store_reset(brn_store *store);

/* A piece of the newest chunk, which has room for it. */
BRN_INLINE void *brn_store_take(brn_store *store, size_t size)
{
    const size_t mask = sizeof(void *) - 1;
    uint8_t *piece = store->free;
    size_t room = (size_t)(store->end - piece);
    size = (size + mask) & ~mask;
    store->free = size < room ? piece + size : store->end;
    store->taken += size;
    return piece;
}

/* NULL without memory. */
void *brn_store_alloc_more(brn_store *store, size_t size);

BRN_INLINE void *brn_store_alloc(brn_store *store, size_t size)
{
    if (BRN_UNLIKELY(size > (size_t)(store->end - store->free)))
        return brn_store_alloc_more(store, size);
    return brn_store_take(store, size);
}

/* A copy of `size` bytes with a NUL behind them; NULL without memory. */
char *brn_store_text(brn_store *store, const void *text, size_t size);

#endif /* BRN_STORE_H */
