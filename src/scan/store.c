/*
 * store.c - chunks of a store: the first is small, the others follow what has been taken.
 */
#include "store.h"

#define FIRST_CHUNK ((size_t)4 << 10)
#define LARGEST_CHUNK ((size_t)1 << 20)

struct brn_store_chunk {
    brn_store_chunk *older;
    size_t size; /* with this head */
};

void brn_store_init(brn_store *store, brn_memory *memory)
{
    memset(store, 0, sizeof *store);
    store->memory = memory;
}

void brn_store_free(brn_store *store)
{
    while (store->chunks) {
        brn_store_chunk *chunk = store->chunks;
        store->chunks = chunk->older;
        brn_memory_free(store->memory, chunk, chunk->size);
    }
    store->free = NULL;
    store->end = NULL;
    store->taken = 0;
}

static void use(brn_store *store, brn_store_chunk *chunk)
{
    store->chunks = chunk;
    store->free = (uint8_t *)(chunk + 1);
    store->end = (uint8_t *)chunk + chunk->size;
}

void brn_store_reset(brn_store *store)
{
    brn_store_chunk *first = store->chunks;
    if (!first)
        return;
    while (first->older) {
        brn_store_chunk *older = first->older;
        brn_memory_free(store->memory, first, first->size);
        first = older;
    }
    use(store, first);
    store->taken = 0;
}

void *brn_store_alloc_more(brn_store *store, size_t size)
{
    size_t wanted = FIRST_CHUNK + store->taken / 2;
    if (wanted > LARGEST_CHUNK)
        wanted = LARGEST_CHUNK;
    if (size > SIZE_MAX / 2)
        return NULL;
    if (wanted < size + sizeof(brn_store_chunk))
        wanted = size + sizeof(brn_store_chunk);
    brn_store_chunk *chunk = brn_memory_alloc(store->memory, wanted);
    if (!chunk)
        return NULL;
    chunk->older = store->chunks;
    chunk->size = wanted;
    use(store, chunk);
    return brn_store_take(store, size);
}

char *brn_store_text(brn_store *store, const void *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = brn_store_alloc(store, size + 1);
    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}
