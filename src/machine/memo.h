/*
 * memo.h - the memo: values under numbers.
 *
 * Picklers number what they store 0, 1, 2, ..., so the memo is an array.  But
 * an index is a claim of the input like any other: LONG_BINPUT may name entry
 * 2^32 - 1 in a file of ten bytes (CVE-2018-20406).  The array therefore only grows in
 * proportion to the entries really stored, and what lies outside goes to a hash table.
 */
#ifndef BRN_MEMO_H
#define BRN_MEMO_H

#include "../memory.h"

typedef struct brn_sparse_slot {
    uint64_t key; /* index + 1; 0 in a free slot */
    void *value;
} brn_sparse_slot;

typedef struct brn_memo {
    void **dense; /* NULL where nothing is stored */
    size_t dense_cap;
    brn_sparse_slot *sparse; /* open addressing; NULL while nothing is outside the array */
    size_t sparse_cap;       /* a power of two */
    size_t sparse_count;
    uint64_t count;  /* entries stored, the next index of MEMOIZE */
    size_t in_order; /* while `count` is below this, dense[count] is free; see brn_memo_put() */
    bool scattered;  /* an index was not the next one */
    uint64_t seed;
} brn_memo;

void brn_memo_init(brn_memo *memo, uint64_t seed);
void brn_memo_free(brn_memo *memo, brn_memory *memory);

/* What was never stored is NULL. */
void *brn_memo_find_sparse(const brn_memo *memo, uint64_t index);
/*
 * `value` is not NULL.  False without memory.  As long as indices come in order, the
 * next ones may be stored without this function, as far as in_order allows.
 */
bool brn_memo_put(brn_memo *memo, brn_memory *memory, uint64_t index, void *value);

BRN_INLINE void *brn_memo_get(const brn_memo *memo, uint64_t index)
{
    if (BRN_LIKELY(index < memo->dense_cap) && BRN_LIKELY(memo->dense[index] != NULL))
        return memo->dense[index];
    return brn_memo_find_sparse(memo, index);
}

/*
 * Go through what is stored, beginning with *place 0: the next value and its index, or NULL behind the last.  The array may
 * have grown over what is in the hash table, and then holds what counts.
 */
BRN_INLINE void *brn_memo_next(const brn_memo *memo, size_t *place, uint64_t *index)
{
    size_t dense_cap = memo->dense_cap;
    while (*place < dense_cap) {
        *index = (*place)++;
        if (memo->dense[*index])
            return memo->dense[*index];
    }
    while (*place - dense_cap < memo->sparse_cap) {
        const brn_sparse_slot *slot = &memo->sparse[(*place)++ - dense_cap];
        *index = slot->key - 1;
        if (slot->key != 0 && !(*index < dense_cap && memo->dense[*index]))
            return slot->value;
    }
    return NULL;
}

/*
 * Which indices are stored, for a machine without values: indices in order
 * cost nothing, others a slot each.
 */
typedef struct brn_memo_set {
    uint64_t count;  /* indices stored, the next index of MEMOIZE */
    uint64_t prefix; /* all below are stored */
    brn_memo others; /* those beyond, and some that the prefix has passed */
} brn_memo_set;

bool brn_memo_set_put_slow(brn_memo_set *set, brn_memory *memory, uint64_t index);

BRN_INLINE bool brn_memo_set_has(const brn_memo_set *set, uint64_t index)
{
    return BRN_LIKELY(index < set->prefix) || brn_memo_find_sparse(&set->others, index) != NULL;
}

/* False without memory. */
BRN_INLINE bool brn_memo_set_put(brn_memo_set *set, brn_memory *memory, uint64_t index)
{
    if (BRN_LIKELY(index == set->prefix && set->others.sparse_count == 0)) {
        set->prefix++;
        set->count++;
        return true;
    }
    return brn_memo_set_put_slow(set, memory, index);
}

#endif /* BRN_MEMO_H */
