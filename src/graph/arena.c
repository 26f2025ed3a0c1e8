/*
 * arena.c - chunks.
 */
#include "arena.h"

#define LEAST_CHUNK ((size_t)512)
#define MOST_CHUNK ((size_t)64 << 20)

static bool add_chunk(brn_arena *arena, brn_memory *memory, size_t size)
{
    brn_chunk *chunk = brn_memory_alloc(memory, size);
    if (!chunk)
        return false;
    chunk->previous = arena->last;
    chunk->size = size;
    chunk->first_id = 0;
    arena->last = chunk;
    arena->total += size;
    arena->next = (uint8_t *)chunk + BRN_CHUNK_HEADER;
    arena->end = (uint8_t *)chunk + size;
    return true;
}

bool brn_arena_start(brn_arena *arena, brn_memory *memory, size_t size)
{
    memset(arena, 0, sizeof *arena);
    if (size < LEAST_CHUNK)
        size = LEAST_CHUNK;
    return add_chunk(arena, memory, (size + 15) & ~(size_t)15) ||
           add_chunk(arena, memory, LEAST_CHUNK);
}

void *brn_arena_slow(brn_arena *arena, brn_memory *memory, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t chunk = arena->total / 4;
    if (chunk < LEAST_CHUNK)
        chunk = LEAST_CHUNK;
    if (chunk > MOST_CHUNK)
        chunk = MOST_CHUNK;
    if (chunk < size + BRN_CHUNK_HEADER)
        chunk = size + BRN_CHUNK_HEADER;
    /* Where memory is short, just enough. */
    if (!add_chunk(arena, memory, (chunk + 15) & ~(size_t)15) &&
        !add_chunk(arena, memory, (size + BRN_CHUNK_HEADER + 15) & ~(size_t)15))
        return NULL;
    void *block = arena->next;
    arena->next += size;
    return block;
}

void brn_arena_free(brn_arena *arena, brn_memory *memory)
{
    for (brn_chunk *chunk = arena->last; chunk;) {
        brn_chunk *previous = chunk->previous;
        brn_memory_free(memory, chunk, chunk->size);
        chunk = previous;
    }
    memset(arena, 0, sizeof *arena);
}
