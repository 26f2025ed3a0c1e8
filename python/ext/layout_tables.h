/*
 * layout_tables.h - the hash tables inside of dicts and sets, which have been the same since CPython 3.11.
 *
 * Who includes this has defined what is not:
 *   void *ext_table_malloc(size, log2_size)  memory that the interpreter frees with the table of a dict
 *   void ext_table_drop(table)         frees such memory
 *   bool ext_dict_is_watched(dict)     somebody wants to be told of its changes
 *   void ext_dict_leave_empty(dict)    it gives up the table of all empty dicts
 */
#ifndef BRINERY_LAYOUT_TABLES_H
#define BRINERY_LAYOUT_TABLES_H

#include "ext.h"

#include <internal/pycore_dict.h>
#include <internal/pycore_gc.h>

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

typedef PyDictKeysObject ext_key_table;

/* Above this, filling a dict costs little beside its items. */
#define EXT_MOST_TABLE_LOG2 7

BRN_INLINE Py_ssize_t ext_table_usable(const ext_key_table *table)
{
    return (Py_ssize_t)(((size_t)2 << table->dk_log2_size) / 3);
}

BRN_INLINE size_t ext_table_size(const ext_key_table *table)
{
    return sizeof(ext_key_table) + ((size_t)1 << table->dk_log2_index_bytes) +
           (size_t)ext_table_usable(table) * sizeof(PyDictUnicodeEntry);
}

BRN_INLINE PyDictUnicodeEntry *ext_table_entries(const ext_key_table *table)
{
    return (PyDictUnicodeEntry *)((char *)table->dk_indices +
                                  ((size_t)1 << table->dk_log2_index_bytes));
}

/* An exact dict that has nothing, and has never had room for anything. */
BRN_INLINE bool ext_dict_is_fresh(PyObject *object)
{
    const PyDictObject *dict = (PyDictObject *)object;
    return dict->ma_used == 0 && !dict->ma_values && dict->ma_keys->dk_log2_size == 0 &&
           !ext_dict_is_watched(dict);
}

BRN_INLINE ext_key_table *ext_table_of_dict(PyObject *object, size_t pairs)
{
    const PyDictObject *dict = (PyDictObject *)object;
    const ext_key_table *keys = dict->ma_keys;
    if (dict->ma_values || keys->dk_kind != DICT_KEYS_UNICODE ||
        dict->ma_used != (Py_ssize_t)pairs || keys->dk_nentries != (Py_ssize_t)pairs ||
        keys->dk_log2_size > EXT_MOST_TABLE_LOG2)
        return NULL;
    size_t size = ext_table_size(keys);
    ext_key_table *table = PyMem_Malloc(size);
    if (!table)
        return NULL;
    memcpy(table, keys, size);
    table->dk_refcnt = 1;
    table->dk_version = 0;
    PyDictUnicodeEntry *entries = ext_table_entries(table);
    for (size_t i = 0; i < pairs; i++) {
        Py_INCREF(entries[i].me_key);
        entries[i].me_value = NULL;
    }
    return table;
}

BRN_INLINE void ext_table_free(ext_key_table *table)
{
    const PyDictUnicodeEntry *entries = ext_table_entries(table);
    for (Py_ssize_t i = 0; i < table->dk_nentries; i++)
        Py_DECREF(entries[i].me_key);
    PyMem_Free(table);
}

BRN_INLINE bool ext_table_has(const ext_key_table *table, PyObject *const *items, size_t pairs)
{
    if (table->dk_nentries != (Py_ssize_t)pairs)
        return false;
    const PyDictUnicodeEntry *entries = ext_table_entries(table);
    for (size_t i = 0; i < pairs; i++) {
        if (entries[i].me_key != items[2 * i])
            return false;
    }
    return true;
}

/* Instead of the table of all empty dicts. */
BRN_INLINE void ext_dict_take(PyObject *object, ext_key_table *keys, bool tracked)
{
    PyDictObject *dict = (PyDictObject *)object;
    ext_dict_leave_empty(dict);
    dict->ma_keys = keys;
    dict->ma_used = keys->dk_nentries;
    if (tracked && !_PyObject_GC_IS_TRACKED(object))
        PyObject_GC_Track(object);
}

BRN_INLINE bool ext_dict_fill(PyObject *object, const ext_key_table *table, PyObject **items)
{
    size_t head = sizeof *table + ((size_t)1 << table->dk_log2_index_bytes);
    ext_key_table *keys = ext_table_malloc(ext_table_size(table), table->dk_log2_size);
    if (BRN_UNLIKELY(!keys))
        return false;
    memcpy(keys, table, head);
    PyDictUnicodeEntry *entries = ext_table_entries(keys);
    Py_ssize_t count = table->dk_nentries;
    bool tracked = false;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = items[2 * i + 1];
        entries[i].me_key = items[2 * i];
        entries[i].me_value = value;
        tracked = tracked || _PyObject_GC_MAY_BE_TRACKED(value);
    }
    memset(entries + count, 0, (size_t)(ext_table_usable(table) - count) * sizeof *entries);
    ext_dict_take(object, keys, tracked);
    return true;
}

/* Where the key belongs; false if there is one that may be the same. */
BRN_INLINE bool ext_table_place(const ext_key_table *keys, PyObject *key, size_t *place)
{
    const PyDictUnicodeEntry *entries = ext_table_entries((ext_key_table *)(uintptr_t)keys);
    const int8_t *indices = (const int8_t *)keys->dk_indices;
    Py_hash_t hash = ((PyASCIIObject *)key)->hash;
    size_t mask = ((size_t)1 << keys->dk_log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t i = perturb & mask;
    while (indices[i] >= 0) {
        if (((PyASCIIObject *)entries[indices[i]].me_key)->hash == hash)
            return false;
        perturb >>= 5;
        i = (i * 5 + perturb + 1) & mask;
    }
    *place = i;
    return true;
}

/* A table of the size that a dict has grown to when so many keys have been added one by one. */
BRN_INLINE ext_key_table *ext_table_new(size_t pairs)
{
    int log2_size = 3;
    while (((size_t)2 << log2_size) / 3 < pairs)
        log2_size++;
    size_t usable = ((size_t)2 << log2_size) / 3;
    size_t size =
        sizeof(ext_key_table) + ((size_t)1 << log2_size) + usable * sizeof(PyDictUnicodeEntry);
    ext_key_table *keys = ext_table_malloc(size, log2_size);
    if (BRN_UNLIKELY(!keys))
        return NULL;
    memset(keys, 0, sizeof *keys);
    keys->dk_refcnt = 1;
    keys->dk_log2_size = (uint8_t)log2_size;
    keys->dk_log2_index_bytes = (uint8_t)log2_size;
    keys->dk_kind = DICT_KEYS_UNICODE;
    keys->dk_usable = (Py_ssize_t)(usable - pairs);
    keys->dk_nentries = (Py_ssize_t)pairs;
    memset(keys->dk_indices, 0xff, (size_t)1 << log2_size);
    memset(ext_table_entries(keys) + pairs, 0, (usable - pairs) * sizeof(PyDictUnicodeEntry));
    return keys;
}

BRN_INLINE bool ext_dict_build(PyObject *object, PyObject **items, size_t pairs)
{
    /* So that an index is a byte. */
    if (pairs > ((size_t)2 << EXT_MOST_TABLE_LOG2) / 3)
        return false;
    ext_key_table *keys = ext_table_new(pairs);
    if (BRN_UNLIKELY(!keys))
        return false;
    PyDictUnicodeEntry *entries = ext_table_entries(keys);
    bool tracked = false;
    for (size_t i = 0; i < pairs; i++) {
        PyObject *value = items[2 * i + 1];
        size_t place;
        if (BRN_UNLIKELY(!ext_table_place(keys, items[2 * i], &place))) {
            ext_table_drop(keys);
            return false;
        }
        keys->dk_indices[place] = (char)i;
        entries[i].me_key = items[2 * i];
        entries[i].me_value = value;
        tracked = tracked || _PyObject_GC_MAY_BE_TRACKED(value);
    }
    ext_dict_take(object, keys, tracked);
    return true;
}

/* The place of an interned name among the values of instances, or -1. */
BRN_INLINE int ext_shared_place(const ext_key_table *keys, PyObject *name)
{
    const PyDictUnicodeEntry *entries = ext_table_entries(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        if (entries[i].me_key == name)
            return (int)i;
    }
    return -1;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

/* PyDict_Next: positions are those of the table's entries, which are in the order of insertion. */
BRN_INLINE bool ext_dict_next(PyObject *object, Py_ssize_t *position, PyObject **key,
                              PyObject **value)
{
    const PyDictObject *dict = (PyDictObject *)object;
    const PyDictKeysObject *keys = dict->ma_keys;
    if (BRN_UNLIKELY(dict->ma_values || keys->dk_kind != DICT_KEYS_UNICODE))
        return PyDict_Next(object, position, key, value) != 0;
    const PyDictUnicodeEntry *entries =
        (const PyDictUnicodeEntry *)(keys->dk_indices + ((size_t)1 << keys->dk_log2_index_bytes));
    Py_ssize_t i = *position;
    while (i < keys->dk_nentries && !entries[i].me_value)
        i++;
    if (i >= keys->dk_nentries)
        return false;
    /* Values lie anywhere: let the processor fetch one while others are written. */
    if (i + 3 < keys->dk_nentries)
        brn_prefetch(entries[i + 3].me_value);
    *position = i + 1;
    *key = entries[i].me_key;
    *value = entries[i].me_value;
    return true;
}

/* Instances of a class share the table of their names, and with it its references to them. */
BRN_INLINE bool ext_dict_owns_keys(PyObject *dict)
{
    return !((PyDictObject *)dict)->ma_values;
}

/* The next item of a set, borrowed, or NULL. */
BRN_INLINE PyObject *ext_set_next(PyObject *object, Py_ssize_t *position)
{
    const PySetObject *set = (PySetObject *)object;
    Py_ssize_t i = *position;
    while (i <= set->mask && (!set->table[i].key || set->table[i].key == _PySet_Dummy))
        i++;
    *position = i + 1;
    return i <= set->mask ? set->table[i].key : NULL;
}

/* The attributes that stand inside of an instance, in the order in which they were set. */
typedef struct ext_attributes {
    size_t count;
    PyObject *const *values;
    const uint8_t *order;
    const PyDictUnicodeEntry *keys;
} ext_attributes;

#endif /* BRINERY_LAYOUT_TABLES_H */
