/*
 * memo_table.h - the pickler's memo: which object has which number.
 *
 * Every list, dict, str, tuple and instance of a pickle goes through here twice, once to
 * ask and once to be stored, so this is where a dump's time goes.  A dict would make an
 * int object for each; this is a table of pointers and numbers, open addressing, at most
 * half full.  The slot is the object's address with a little of its upper bits added:
 * objects made one after another lie side by side in memory and are met one after another, so
 * their slots lie side by side as well, and the processor's caches and TLB see few pages.
 * (Scattering addresses, or pages, was measured to be slower than CPython.)  What is taken is
 * passed by in steps that grow, which leave crowded regions quickly.
 */
#ifndef BRINERY_MEMO_TABLE_H
#define BRINERY_MEMO_TABLE_H

#include "ext.h"

typedef struct ext_memo_entry {
    PyObject *key; /* owned; NULL if the slot is free */
    Py_ssize_t value;
} ext_memo_entry;

#define EXT_MEMO_FIRST 32

/* All zero is an empty table. */
typedef struct ext_memo {
    ext_memo_entry *entries;
    size_t mask; /* of slots, one less than a power of two */
    size_t used;
    ext_memo_entry
        *lent; /* the first EXT_MEMO_FIRST entries may be here, where they cost nothing; or NULL */
} ext_memo;

BRN_INLINE size_t ext_memo_slot(const ext_memo *memo, PyObject *key)
{
    uintptr_t address = (uintptr_t)key;
    return (size_t)((address >> 4) + (address >> 16)) & memo->mask;
}

/* The entry of this object, or the free one where it would be.  The table must have slots. */
BRN_INLINE ext_memo_entry *ext_memo_find(const ext_memo *memo, PyObject *key)
{
    size_t slot = ext_memo_slot(memo, key);
    for (size_t step = 1;; step++) {
        ext_memo_entry *entry = &memo->entries[slot];
        if (entry->key == key || !entry->key)
            return entry;
        slot = (slot + step) & memo->mask;
    }
}

#define EXT_NO_NUMBER ((Py_ssize_t)-1)

/* The number of this object, or EXT_NO_NUMBER. */
BRN_INLINE Py_ssize_t ext_memo_get(const ext_memo *memo, PyObject *key)
{
    if (memo->used == 0)
        return EXT_NO_NUMBER;
    const ext_memo_entry *entry = ext_memo_find(memo, key);
    return entry->key ? entry->value : EXT_NO_NUMBER;
}

/* Slots enough for one more; -1 and MemoryError otherwise. */
int ext_memo_grow(ext_memo *memo);

BRN_INLINE int ext_memo_reserve(ext_memo *memo)
{
    if (BRN_LIKELY(memo->entries && (memo->used + 1) * 2 <= memo->mask + 1))
        return 0;
    return ext_memo_grow(memo);
}

/* Store a number; -1 and MemoryError. */
int ext_memo_set(ext_memo *memo, PyObject *key, Py_ssize_t value);

/* Forget everything.  References are given back last, because that can run anything. */
void ext_memo_clear(ext_memo *memo);

/* `copy` is empty before; -1 and MemoryError. */
int ext_memo_copy(ext_memo *copy, const ext_memo *memo);

int ext_memo_visit(const ext_memo *memo, visitproc visit, void *arg);

/* Bytes of the table. */
size_t ext_memo_size(const ext_memo *memo);

#endif /* BRINERY_MEMO_TABLE_H */
