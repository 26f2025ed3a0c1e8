/*
 * arena.h - memory that is freed all at once.
 *
 * A document makes millions of small blocks and frees them together.  Chunks grow
 * with what they already hold, so that at most a fifth is unused once they have
 * grown: memory follows the input, and small documents stay small.
 */
#ifndef BRN_ARENA_H
#define BRN_ARENA_H

#include "../memory.h"

typedef struct brn_chunk {
    struct brn_chunk *previous;
    size_t size;       /* of the whole chunk, this header included */
    uint64_t first_id; /* the arena of values: id of the first value in it */
} brn_chunk;

typedef struct brn_arena {
    uint8_t *next; /* free from here */
    uint8_t *end;  /* to here */
    brn_chunk *last;
    size_t total; /* bytes in all chunks */
} brn_arena;

#define BRN_CHUNK_HEADER ((sizeof(brn_chunk) + 15) & ~(size_t)15)

BRN_INLINE const void *brn_chunk_start(const brn_chunk *chunk)
{
    return (const uint8_t *)chunk + BRN_CHUNK_HEADER;
}

/* Blocks are aligned to 8 bytes. */
#define BRN_ARENA_ALIGN ((size_t)8)

/* A new chunk with room for `size` bytes; NULL without memory. */
void *brn_arena_slow(brn_arena *arena, brn_memory *memory, size_t size);
void brn_arena_free(brn_arena *arena, brn_memory *memory);

/* The size of the first chunk, to be called once before anything else; a hint. */
bool brn_arena_start(brn_arena *arena, brn_memory *memory, size_t size);

/* `size` bytes, not initialised, or NULL. */
BRN_INLINE void *brn_arena_alloc(brn_arena *arena, brn_memory *memory, size_t size)
{
    size = (size + BRN_ARENA_ALIGN - 1) & ~(BRN_ARENA_ALIGN - 1);
    if (BRN_UNLIKELY(size > (size_t)(arena->end - arena->next)))
        return brn_arena_slow(arena, memory, size);
    void *block = arena->next;
    arena->next += size;
    return block;
}

/* Make a block at the end of the arena longer, where it stands. */
BRN_INLINE bool brn_arena_extend(brn_arena *arena, const void *block, size_t old_size, size_t size)
{
    old_size = (old_size + BRN_ARENA_ALIGN - 1) & ~(BRN_ARENA_ALIGN - 1);
    size = (size + BRN_ARENA_ALIGN - 1) & ~(BRN_ARENA_ALIGN - 1);
    if ((const uint8_t *)block + old_size != arena->next ||
        size - old_size > (size_t)(arena->end - arena->next))
        return false;
    arena->next += size - old_size;
    return true;
}

#endif /* BRN_ARENA_H */
