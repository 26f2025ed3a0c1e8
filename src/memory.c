/*
 * memory.c - allocation with an account, the default allocator, and the pool
 * for work in fixed memory.
 */
#include "memory.h"

#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

/* ------------------------------------------------------------------------
 * The default allocator
 * ------------------------------------------------------------------------ */

/*
 * malloc, and for large blocks a word to the system.  Fresh memory costs more in page faults than
 * anything the reader does with it, so large blocks are wished to have huge pages.  They are
 * malloc's all the same: what malloc keeps of a freed document (glibc: up to 64 MB, once it has
 * seen that the program uses as much) the next one gets without any fault.
 */
void *brn_ask_for_huge_pages(void *block, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t mask = BRN_HUGE_PAGE - 1;
    if (block && size >= BRN_HUGE_PAGE) {
        /* What malloc puts around the block may lie on the same pages. */
        uintptr_t begin = ((uintptr_t)block - BRN_MALLOC_HEADER + mask) & ~mask;
        uintptr_t end = ((uintptr_t)block + size + BRN_MALLOC_HEADER) & ~mask;
        if (begin < end)
            (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#else
    (void)size;
#endif
    return block;
}

/* No object is larger than PTRDIFF_MAX, and some mallocs end the program that asks for one. */
static void *default_malloc(void *ctx, size_t size)
{
    (void)ctx;
    if (size > PTRDIFF_MAX)
        return NULL;
    return brn_ask_for_huge_pages(malloc(size), size);
}

static void default_free(void *ctx, void *ptr)
{
    (void)ctx;
    free(ptr);
}

/* Large blocks are copied: where the system moves their pages instead, it takes huge ones apart. */
static void *default_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    if (size < BRN_HUGE_PAGE)
        return realloc(ptr, size);
    void *moved = default_malloc(ctx, size);
    if (moved) {
        memcpy(moved, ptr, old_size < size ? old_size : size);
        free(ptr);
    }
    return moved;
}

/* ------------------------------------------------------------------------
 * Accounts
 * ------------------------------------------------------------------------ */

void brn_memory_init(brn_memory *memory, const brn_alloc *alloc, uint64_t limit)
{
    static const brn_alloc standard = {default_malloc, default_realloc, default_free, NULL};
    memory->alloc = alloc ? *alloc : standard;
    memory->used = 0;
    memory->peak = 0;
    memory->limit = limit ? limit : BRN_UNLIMITED;
    memory->over_limit = false;
}

/* Book `more` bytes, or refuse. */
static bool reserve(brn_memory *memory, size_t more)
{
    memory->over_limit = memory->limit != BRN_UNLIMITED && more > memory->limit - memory->used;
    return !memory->over_limit;
}

static void book(brn_memory *memory, size_t more)
{
    memory->used += more;
    if (memory->used > memory->peak)
        memory->peak = memory->used;
}

void *brn_memory_alloc(brn_memory *memory, size_t size)
{
    if (!reserve(memory, size))
        return NULL;
    void *ptr = memory->alloc.malloc(memory->alloc.ctx, size);
    if (ptr)
        book(memory, size);
    return ptr;
}

void *brn_memory_realloc(brn_memory *memory, void *ptr, size_t old_size, size_t size)
{
    if (!ptr)
        return brn_memory_alloc(memory, size);
    if (size > old_size && !reserve(memory, size - old_size))
        return NULL;
    void *moved = memory->alloc.realloc(memory->alloc.ctx, ptr, old_size, size);
    if (!moved)
        return NULL;
    memory->used -= old_size;
    book(memory, size);
    return moved;
}

void brn_memory_free(brn_memory *memory, void *ptr, size_t size)
{
    if (!ptr)
        return;
    memory->used -= size;
    memory->alloc.free(memory->alloc.ctx, ptr);
}

#define SMALL_ARRAY ((size_t)64 << 10)

bool brn_memory_grow(brn_memory *memory, void **ptr, size_t *cap, size_t need, size_t element_size)
{
    size_t old_cap = *cap;
    if (need <= old_cap)
        return true;
    size_t new_cap = old_cap + old_cap / 2;
    if (new_cap < need)
        new_cap = need;
    if (new_cap < 16)
        new_cap = 16;
    size_t size;
    if (!brn_mul_size(new_cap, element_size, &size))
        return false;
    void *moved = brn_memory_realloc(memory, *ptr, old_cap * element_size, size);
    /*
     * What is left may still hold what is asked for.  But steps that do not grow with the array
     * make its moves take quadratic time: only a small one is filled to the last element.
     */
    size_t least = old_cap < SMALL_ARRAY / element_size ? need : old_cap + old_cap / 16;
    if (least < need)
        least = need;
    if (!moved && new_cap > least) {
        new_cap = least;
        moved = brn_memory_realloc(memory, *ptr, old_cap * element_size, new_cap * element_size);
    }
    if (!moved)
        return false;
    *ptr = moved;
    *cap = new_cap;
    return true;
}

/* ------------------------------------------------------------------------
 * The pool
 * ------------------------------------------------------------------------ */

/*
 * A first-fit list of blocks over the caller's buffer, each behind a header with its size; neighbours
 * that are free are joined when a search passes them.  The reader makes few and
 * long-lived allocations, so a simple list is fast enough.
 */
typedef struct pool_block {
    size_t size; /* bytes after the header; a multiple of the alignment */
    size_t used; /* 0 or 1 */
} pool_block;

typedef struct pool {
    unsigned char *end;
    pool_block *first;
} pool;

#define POOL_ALIGN ((size_t)16)

static pool_block *pool_next(pool_block *block)
{
    return (pool_block *)(void *)((unsigned char *)(block + 1) + block->size);
}

static bool pool_ends(const pool *p, const pool_block *block)
{
    return (const unsigned char *)block >= p->end;
}

/* Join the free blocks that follow a block to it. */
static void pool_join(const pool *p, pool_block *block)
{
    for (pool_block *next = pool_next(block); !pool_ends(p, next) && !next->used;
         next = pool_next(block))
        block->size += sizeof *next + next->size;
}

/* Give what a block has beyond `size` back. */
static void pool_split(pool_block *block, size_t size)
{
    if (block->size - size < sizeof *block + POOL_ALIGN)
        return;
    size_t rest = block->size - size - sizeof *block;
    block->size = size;
    pool_block *next = pool_next(block);
    next->size = rest;
    next->used = 0;
}

static void *pool_malloc(void *ctx, size_t size)
{
    pool *p = ctx;
    if (size > SIZE_MAX - POOL_ALIGN)
        return NULL;
    size = (size + POOL_ALIGN - 1) & ~(POOL_ALIGN - 1);
    for (pool_block *block = p->first; !pool_ends(p, block); block = pool_next(block)) {
        if (block->used)
            continue;
        pool_join(p, block);
        if (block->size >= size) {
            pool_split(block, size);
            block->used = 1;
            return block + 1;
        }
    }
    return NULL;
}

static void pool_free(void *ctx, void *ptr)
{
    (void)ctx;
    pool_block *block = (pool_block *)ptr - 1;
    block->used = 0;
}

static void *pool_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    pool *p = ctx;
    pool_block *block = (pool_block *)ptr - 1;
    if (size > SIZE_MAX - POOL_ALIGN)
        return NULL;
    size_t rounded = (size + POOL_ALIGN - 1) & ~(POOL_ALIGN - 1);
    pool_join(p, block);
    if (block->size >= rounded) {
        pool_split(block, rounded);
        return ptr;
    }
    void *moved = pool_malloc(ctx, size);
    if (moved) {
        memcpy(moved, ptr, old_size < size ? old_size : size);
        pool_free(ctx, ptr);
    }
    return moved;
}

bool brn_pool_init(brn_alloc *alloc, void *buffer, size_t size)
{
    const size_t head = (sizeof(pool) + POOL_ALIGN - 1) & ~(POOL_ALIGN - 1);
    if (!alloc || !buffer || size < head + sizeof(pool_block) + POOL_ALIGN)
        return false;
    pool *p = buffer;
    size_t room = (size - head - sizeof(pool_block)) & ~(POOL_ALIGN - 1);
    p->first = (pool_block *)(void *)((unsigned char *)buffer + head);
    p->first->size = room;
    p->first->used = 0;
    p->end = (unsigned char *)(p->first + 1) + room;
    alloc->malloc = pool_malloc;
    alloc->realloc = pool_realloc;
    alloc->free = pool_free;
    alloc->ctx = p;
    return true;
}
