/*
 * memo_table.c - growing, copying and clearing the pickler's memo.
 */
#include "memo_table.h"

/* Above so many entries the table doubles; below, sparse tables are worth their memory. */
#define LARGE 50000

static size_t slots_of(const ext_memo *memo)
{
    return memo->entries ? memo->mask + 1 : 0;
}

size_t ext_memo_size(const ext_memo *memo)
{
    return slots_of(memo) * sizeof *memo->entries;
}

int ext_memo_grow(ext_memo *memo)
{
    size_t slots = slots_of(memo);
    size_t wanted = slots == 0 ? EXT_MEMO_FIRST : slots * (memo->used > LARGE ? 2 : 4);
    ext_memo grown = {.mask = wanted - 1, .used = memo->used, .lent = memo->lent};
    if (slots == 0 && memo->lent) {
        memo->entries = memo->lent;
        memo->mask = grown.mask;
        return 0;
    }
    if (wanted > PY_SSIZE_T_MAX / sizeof *grown.entries ||
        !(grown.entries = PyMem_Calloc(wanted, sizeof *grown.entries))) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < slots; i++) {
        if (memo->entries[i].key)
            *ext_memo_find(&grown, memo->entries[i].key) = memo->entries[i];
    }
    if (memo->lent && memo->entries == memo->lent)
        memset(memo->lent, 0, slots * sizeof *memo->lent);
    else
        PyMem_Free(memo->entries);
    *memo = grown;
    return 0;
}

int ext_memo_set(ext_memo *memo, PyObject *key, Py_ssize_t value)
{
    if (ext_memo_reserve(memo) < 0)
        return -1;
    ext_memo_entry *entry = ext_memo_find(memo, key);
    if (entry->key)
        entry->value = value;
    else
        ext_memo_fill(memo, entry, key, value);
    return 0;
}

/* The first table is as it was before anything runs. */
static void clear_lent(ext_memo *memo)
{
    PyObject *keys[EXT_MEMO_FIRST / 2];
    size_t used = memo->used;
    for (size_t i = 0; i < used; i++) {
        ext_memo_entry *entry = &memo->lent[memo->filled[i]];
        keys[i] = entry->key;
        *entry = (ext_memo_entry){NULL, 0};
    }
    memo->entries = NULL;
    memo->mask = memo->used = 0;
    while (used > 0)
        Py_DECREF(keys[--used]);
}

void ext_memo_clear(ext_memo *memo)
{
    if (!memo->entries)
        return;
    if (memo->entries == memo->lent) {
        clear_lent(memo);
        return;
    }
    ext_memo old = *memo;
    *memo = (ext_memo){.lent = NULL};
    size_t slots = slots_of(&old);
    for (size_t i = 0; old.used > 0 && i < slots; i++) {
        if (old.entries[i].key) {
            Py_DECREF(old.entries[i].key);
            old.used--;
        }
    }
    PyMem_Free(old.entries);
}

int ext_memo_copy(ext_memo *copy, const ext_memo *memo)
{
    size_t slots = slots_of(memo);
    if (slots == 0)
        return 0;
    copy->entries = PyMem_Malloc(slots * sizeof *copy->entries);
    if (!copy->entries) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy->entries, memo->entries, slots * sizeof *copy->entries);
    copy->mask = memo->mask;
    copy->used = memo->used;
    for (size_t i = 0; i < slots; i++)
        Py_XINCREF(copy->entries[i].key);
    return 0;
}

int ext_memo_visit(const ext_memo *memo, visitproc visit, void *arg)
{
    size_t slots = slots_of(memo);
    for (size_t i = 0; i < slots; i++)
        Py_VISIT(memo->entries[i].key);
    return 0;
}
