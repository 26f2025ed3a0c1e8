/*
 * arena.c - chunks.
 */
#include "arena.h"

#define LEAST_CHUNK ((size_t)512)

/*
 * glibc's malloc keeps blocks that are freed if they are smaller than 32 MB, up to 64 MB of them; the next
 * document finds pages that the system need not clear.  So that is what the first chunk is made
 * for.  Where a document will be larger than what is kept, large chunks are better.
 */
#define MOST_KEPT ((size_t)64 << 20)
#define KEPT_CHUNK ((size_t)30 << 20)
#define MOST_FIRST_CHUNK ((size_t)128 << 20)

/* From a huge page on, whole ones, together with what malloc may put in front. */
static size_t round_chunk(size_t size)
{
    if (size < BRN_HUGE_PAGE)
        return (size + 15) & ~(size_t)15;
    return ((size + BRN_MALLOC_HEADER + BRN_HUGE_PAGE - 1) & ~(BRN_HUGE_PAGE - 1)) -
           BRN_MALLOC_HEADER;
}

static bool add_chunk(brn_arena *arena, brn_memory *memory, size_t size)
{
    brn_chunk *chunk = brn_memory_alloc(memory, size);
    if (!chunk)
        return false;
    uint64_t count = brn_arena_count(arena);
    chunk->previous = arena->last;
    chunk->size = size;
    chunk->first_id = count;
    arena->last = chunk;
    arena->total += size;
    arena->low = brn_chunk_start(chunk);
    arena->high = (uint8_t *)chunk + size;
    arena->id_base = (uint32_t)count - brn_arena_number(arena->low);
    return true;
}

/* A chunk of about `wanted` bytes, or, where memory is short, with just `least` bytes of room. */
static bool new_chunk(brn_arena *arena, brn_memory *memory, size_t wanted, size_t least)
{
    uint64_t cells = arena->max_cells - brn_arena_count(arena);
    if (wanted < LEAST_CHUNK)
        wanted = LEAST_CHUNK;
    if (wanted / BRN_CELL > cells)
        wanted = (size_t)cells * BRN_CELL;
    wanted = round_chunk(BRN_CHUNK_HEADER + wanted);
    least = (BRN_CHUNK_HEADER + least + 15) & ~(size_t)15;
    return (wanted > least && add_chunk(arena, memory, wanted)) || add_chunk(arena, memory, least);
}

/* Rounding may have made room for more values than are allowed: give it up. */
static void limit_cells(brn_arena *arena)
{
    uint64_t cells = arena->max_cells - brn_arena_count(arena);
    if ((size_t)(arena->high - arena->low) / BRN_CELL > cells)
        arena->high = arena->low + (size_t)cells * BRN_CELL;
}

bool brn_arena_start(brn_arena *arena, brn_memory *memory, size_t size, uint64_t max_cells)
{
    memset(arena, 0, sizeof *arena);
    arena->max_cells = max_cells;
    size_t most = size > MOST_KEPT ? MOST_FIRST_CHUNK : KEPT_CHUNK;
    if (size > most - BRN_CHUNK_HEADER - BRN_MALLOC_HEADER)
        size = most - BRN_CHUNK_HEADER - BRN_MALLOC_HEADER;
    if (!new_chunk(arena, memory, size, BRN_CELL))
        return false;
    limit_cells(arena);
    return true;
}

void *brn_arena_cell_slow(brn_arena *arena, brn_memory *memory)
{
    if (brn_arena_count(arena) >= arena->max_cells ||
        !new_chunk(arena, memory, arena->total / 4, BRN_CELL))
        return NULL;
    limit_cells(arena);
    void *cell = arena->low;
    arena->low += BRN_CELL;
    return cell;
}

void *brn_arena_block_slow(brn_arena *arena, brn_memory *memory, size_t size)
{
    size_t wanted = arena->total / 4;
    if (size > SIZE_MAX / 2 || !new_chunk(arena, memory, wanted > size ? wanted : size, size))
        return NULL;
    arena->high -= size;
    void *block = arena->high;
    limit_cells(arena);
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
