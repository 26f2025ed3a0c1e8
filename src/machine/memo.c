/*
 * memo.c - the memo where its array does not suffice.
 */
#include "memo.h"

#define DENSE_START 64
#define SPARSE_START 16

void brn_memo_init(brn_memo *memo, uint64_t seed)
{
    memset(memo, 0, sizeof *memo);
    memo->seed = seed;
}

void brn_memo_free(brn_memo *memo, brn_memory *memory)
{
    brn_memory_free(memory, memo->dense, memo->dense_cap * sizeof *memo->dense);
    brn_memory_free(memory, memo->sparse, memo->sparse_cap * sizeof *memo->sparse);
    memo->dense = NULL;
    memo->sparse = NULL;
}

/* The input chooses the keys: the seed keeps it from choosing their slots. */
static size_t slot_of(const brn_memo *memo, uint64_t key, size_t cap)
{
    uint64_t h = (key ^ memo->seed) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 32 ^ memo->seed) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(h ^ h >> 32) & (cap - 1);
}

/* The slot that holds `key`, or the free one where it belongs. */
static brn_sparse_slot *find_slot(const brn_memo *memo, brn_sparse_slot *slots, size_t cap,
                                  uint64_t key)
{
    size_t i = slot_of(memo, key, cap);
    while (slots[i].key != 0 && slots[i].key != key)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

void *brn_memo_find_sparse(const brn_memo *memo, uint64_t index)
{
    if (memo->sparse_count == 0)
        return NULL;
    return find_slot(memo, memo->sparse, memo->sparse_cap, index + 1)->value;
}

static bool grow_sparse(brn_memo *memo, brn_memory *memory)
{
    size_t cap = memo->sparse_cap ? memo->sparse_cap * 2 : SPARSE_START;
    size_t size;
    if (!brn_mul_size(cap, sizeof(brn_sparse_slot), &size))
        return false;
    brn_sparse_slot *slots = brn_memory_alloc(memory, size);
    if (!slots)
        return false;
    memset(slots, 0, size);
    for (size_t i = 0; i < memo->sparse_cap; i++) {
        if (memo->sparse[i].key != 0)
            *find_slot(memo, slots, cap, memo->sparse[i].key) = memo->sparse[i];
    }
    brn_memory_free(memory, memo->sparse, memo->sparse_cap * sizeof *slots);
    memo->sparse = slots;
    memo->sparse_cap = cap;
    return true;
}

static bool put_sparse(brn_memo *memo, brn_memory *memory, uint64_t index, void *value)
{
    if (memo->sparse_count >= memo->sparse_cap / 2 + memo->sparse_cap / 4 &&
        !grow_sparse(memo, memory))
        return false;
    brn_sparse_slot *slot = find_slot(memo, memo->sparse, memo->sparse_cap, index + 1);
    if (slot->key == 0) {
        slot->key = index + 1;
        memo->sparse_count++;
        memo->count++;
    }
    slot->value = value;
    return true;
}

/* An array of this size is paid for by the entries already there. */
static bool may_be_dense(const brn_memo *memo, uint64_t index)
{
    return index < DENSE_START || index / 2 <= memo->count;
}

static bool grow_dense(brn_memo *memo, brn_memory *memory, uint64_t index)
{
    size_t old_cap = memo->dense_cap;
    size_t cap = old_cap;
    void *dense = memo->dense;
    size_t need = (size_t)index + 1;
    if (need < DENSE_START)
        need = DENSE_START;
    if (!brn_memory_grow(memory, &dense, &cap, need, sizeof *memo->dense))
        return false;
    memo->dense = dense;
    memo->dense_cap = cap;
    memset(memo->dense + old_cap, 0, (cap - old_cap) * sizeof *memo->dense);
    return true;
}

bool brn_memo_put(brn_memo *memo, brn_memory *memory, uint64_t index, void *value)
{
    if (index > memo->count) {
        memo->scattered = true;
        memo->in_order = 0;
    }
    if (index >= memo->dense_cap) {
        if (!may_be_dense(memo, index))
            return put_sparse(memo, memory, index, value);
        if (!grow_dense(memo, memory, index))
            return false;
        memo->in_order = memo->scattered ? 0 : memo->dense_cap;
    }
    /* What was stored outside before the array grew is hidden, not moved. */
    if (!memo->dense[index] && !brn_memo_find_sparse(memo, index))
        memo->count++;
    memo->dense[index] = value;
    return true;
}

bool brn_memo_set_put_slow(brn_memo_set *set, brn_memory *memory, uint64_t index)
{
    if (brn_memo_set_has(set, index))
        return true;
    if (index != set->prefix) {
        if (!put_sparse(&set->others, memory, index, set))
            return false;
    } else {
        do
            set->prefix++;
        while (brn_memo_find_sparse(&set->others, set->prefix));
    }
    set->count++;
    return true;
}
