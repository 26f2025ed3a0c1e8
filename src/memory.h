/*
 * memory.h - the caller's allocator, with an account kept.
 *
 * Every allocation of the library goes through a brn_memory, so that one
 * place enforces brn_options.max_memory and knows the peak, and so that a
 * test can make each allocation fail in turn.  Callers say the size of what they free or
 * resize: they know it anyway, and no header is needed.
 */
#ifndef BRN_MEMORY_H
#define BRN_MEMORY_H

#include "base.h"

typedef struct brn_memory {
    brn_alloc alloc;
    uint64_t used;
    uint64_t peak;
    uint64_t limit;
    bool over_limit; /* the last failure was the limit's, not the allocator's */
} brn_memory;

/* What the default allocator asks the system for, in blocks that are large enough. */
#define BRN_HUGE_PAGE ((size_t)2 << 20)
/* What malloc puts in front of a block takes less. */
#define BRN_MALLOC_HEADER ((size_t)64)

/* Tell the system that a fresh block, NULL or large, will be filled at once; returns the block. */
void *brn_ask_for_huge_pages(void *block, size_t size);

/* NULL for malloc; limit 0 or BRN_UNLIMITED for none. */
void brn_memory_init(brn_memory *memory, const brn_alloc *alloc, uint64_t limit);

/* All three answer NULL, and change nothing, if there is no memory. */
void *brn_memory_alloc(brn_memory *memory, size_t size);
void *brn_memory_realloc(brn_memory *memory, void *ptr, size_t old_size, size_t size);
/* NULL is fine. */
void brn_memory_free(brn_memory *memory, void *ptr, size_t size);

/*
 * Make room for at least `need` elements in a growing array, if there is not: by half, and at
 * least 16.  *ptr may be NULL with *cap 0.
 */
bool brn_memory_grow(brn_memory *memory, void **ptr, size_t *cap, size_t need, size_t element_size);

#endif /* BRN_MEMORY_H */
