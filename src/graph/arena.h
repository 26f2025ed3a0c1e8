/*
 * arena.h - the memory of a document: cells and blocks that are freed all at once.
 *
 * A document makes millions of values and small blocks and frees them together.  In each chunk
 * values lie from the lower end upwards, in the order of their ids, and blocks from the upper end
 * downwards: one chunk serves both in whatever proportion the pickle wants, and what is not used
 * lies in between.  Chunks grow with what they already hold, so that at most a fifth is unused once
 * they have grown: memory follows the input, and small documents stay small.
 */
#ifndef BRN_ARENA_H
#define BRN_ARENA_H

#include "../memory.h"

/* The size of a value. */
#define BRN_CELL ((size_t)16)

typedef struct brn_chunk {
    struct brn_chunk *previous;
    size_t size;       /* of the whole chunk, this header included */
    uint64_t first_id; /* of the first value in it */
} brn_chunk;

typedef struct brn_arena {
    uint8_t *low;     /* the next value */
    uint8_t *high;    /* where the last block begins */
    uint32_t id_base; /* the id of a value in the last chunk, less its brn_arena_number() */
    brn_chunk *last;
    size_t total;       /* bytes in all chunks */
    uint64_t max_cells; /* values that may be made */
} brn_arena;

#define BRN_CHUNK_HEADER ((sizeof(brn_chunk) + 15) & ~(size_t)15)

/* Blocks are aligned to 8 bytes. */
#define BRN_ARENA_ALIGN ((size_t)8)

BRN_INLINE uint8_t *brn_chunk_start(brn_chunk *chunk)
{
    return (uint8_t *)chunk + BRN_CHUNK_HEADER;
}

/* The id of the next value, and so the number of values made. */
BRN_INLINE uint64_t brn_arena_count(const brn_arena *arena)
{
    if (!arena->last)
        return 0;
    return arena->last->first_id + (size_t)(arena->low - brn_chunk_start(arena->last)) / BRN_CELL;
}

/* An address by the size of a value: differences of these are differences of ids. */
BRN_INLINE uint32_t brn_arena_number(const void *cell)
{
    return (uint32_t)((uintptr_t)cell / BRN_CELL);
}

/* The id of the value in a cell that has just been made. */
BRN_INLINE uint32_t brn_arena_id(const brn_arena *arena, const void *cell)
{
    return arena->id_base + brn_arena_number(cell);
}

/* Begin with a chunk of about `size` bytes, a hint; false without memory. */
bool brn_arena_start(brn_arena *arena, brn_memory *memory, size_t size, uint64_t max_cells);
void brn_arena_free(brn_arena *arena, brn_memory *memory);

/* The same as the two below, in a new chunk. */
void *brn_arena_cell_slow(brn_arena *arena, brn_memory *memory);
void *brn_arena_block_slow(brn_arena *arena, brn_memory *memory, size_t size);

/* Room for a value, or NULL: without memory, or when there are max_cells already. */
BRN_INLINE void *brn_arena_cell(brn_arena *arena, brn_memory *memory)
{
    uint8_t *cell = arena->low;
    if (BRN_UNLIKELY((uintptr_t)cell + BRN_CELL > (uintptr_t)arena->high))
        return brn_arena_cell_slow(arena, memory);
    arena->low = cell + BRN_CELL;
    BRN_ASSUME(cell);
    return cell;
}

/* `size` bytes, not initialised, or NULL. */
BRN_INLINE void *brn_arena_block(brn_arena *arena, brn_memory *memory, size_t size)
{
    size = (size + BRN_ARENA_ALIGN - 1) & ~(BRN_ARENA_ALIGN - 1);
    if (BRN_UNLIKELY(size > (size_t)(arena->high - arena->low)))
        return brn_arena_block_slow(arena, memory, size);
    return arena->high -= size;
}

#endif /* BRN_ARENA_H */
