/*
 * layout_3_11.h - the layouts of CPython 3.11.
 */
#ifndef BRINERY_LAYOUT_3_11_H
#define BRINERY_LAYOUT_3_11_H

#include "ext.h"

/* ------------------------------------------------------------------------
 * Reading: what layout.h promises
 * ------------------------------------------------------------------------ */

/* Outside of the interpreter's own sources this is a macro for something older. */
#undef _PyObject_LookupSpecial
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include <internal/pycore_dict.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_object.h>

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
    return dict->ma_used == 0 && !dict->ma_values && dict->ma_keys->dk_log2_size == 0;
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

/*
 * A dict is freed with its table, which is the object allocator's.  The version of the dict becomes one that the
 * interpreter's counter will not reach: it is no longer the empty dict that somebody may have seen.
 */
BRN_INLINE bool ext_dict_fill(PyObject *object, const ext_key_table *table, PyObject **items)
{
    PyDictObject *dict = (PyDictObject *)object;
    size_t head = sizeof *table + ((size_t)1 << table->dk_log2_index_bytes);
    ext_key_table *keys = PyObject_Malloc(ext_table_size(table));
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
    dict->ma_keys->dk_refcnt--; /* the table of all empty dicts, which is never freed */
    dict->ma_keys = keys;
    dict->ma_used = count;
    dict->ma_version_tag |= UINT64_C(1) << 63;
    if (tracked && !_PyObject_GC_IS_TRACKED(object))
        _PyObject_GC_TRACK(object);
    return true;
}

/* The keys that the instances of a class share, or NULL. */
BRN_INLINE const ext_key_table *ext_shared_keys(PyTypeObject *type)
{
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
        !PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT))
        return NULL;
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
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

/* The values of an instance that has no attribute yet, and no __dict__; or NULL. */
BRN_INLINE PyObject **ext_bare_values(PyObject *object)
{
    PyDictValues *values = *_PyObject_ValuesPointer(object);
    return values && ((uint8_t *)values)[-2] == 0 ? values->values : NULL;
}

/* Tell the instance that these places have values now, in this order. */
BRN_INLINE void ext_values_added(PyObject *object, const uint8_t *places, size_t count)
{
    uint8_t *size = (uint8_t *)*_PyObject_ValuesPointer(object) - 2;
    for (size_t i = 0; i < count; i++)
        size[-1 - (Py_ssize_t)i] = places[i];
    *size = (uint8_t)count;
}

/* What the instance has at that place: borrowed, or NULL. */
BRN_INLINE PyObject *ext_value_at(PyObject *object, uint8_t place)
{
    PyDictValues *values = *_PyObject_ValuesPointer(object);
    return values ? values->values[place] : NULL;
}

/* Not for numbers that the interpreter has once. */
BRN_INLINE PyObject *ext_new_int(long value)
{
    unsigned long size = value < 0 ? 0UL - (unsigned long)value : (unsigned long)value;
    if (BRN_UNLIKELY(size >> PyLong_SHIFT))
        return PyLong_FromLong(value);
    PyLongObject *number = PyObject_Malloc(sizeof *number);
    if (BRN_UNLIKELY(!number))
        return PyErr_NoMemory();
    Py_SET_REFCNT(number, 1);
    Py_SET_TYPE(number, &PyLong_Type);
    Py_SET_SIZE(number, value < 0 ? -1 : 1);
    number->ob_digit[0] = (digit)size;
    return (PyObject *)number;
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

/* Behind the values stand their number and, backwards, the order in which they were set. */
typedef struct ext_attributes {
    size_t count;
    PyObject *const *values;
    const uint8_t *order;
    const PyDictUnicodeEntry *keys;
} ext_attributes;

BRN_INLINE bool ext_attributes_read(const PyDictValues *values, const PyDictKeysObject *keys,
                                    ext_attributes *attributes)
{
    const uint8_t *size = (const uint8_t *)values - 2;
    attributes->count = *size;
    attributes->values = values->values;
    attributes->order = size - 1;
    attributes->keys = DK_UNICODE_ENTRIES(keys);
    return *size > 0;
}

BRN_INLINE bool ext_attributes_of(PyObject *instance, ext_attributes *attributes)
{
    PyTypeObject *type = Py_TYPE(instance);
    if (!PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT))
        return false;
    const PyDictValues *values = *_PyObject_ValuesPointer(instance);
    return values &&
           ext_attributes_read(values, ((PyHeapTypeObject *)type)->ht_cached_keys, attributes);
}

BRN_INLINE bool ext_attributes_of_dict(PyObject *object, ext_attributes *attributes)
{
    const PyDictObject *dict = (PyDictObject *)object;
    return dict->ma_values && ext_attributes_read(dict->ma_values, dict->ma_keys, attributes);
}

BRN_INLINE PyObject *ext_attribute_name(const ext_attributes *attributes, size_t i)
{
    return attributes->keys[*(attributes->order - i)].me_key;
}

BRN_INLINE PyObject *ext_attribute_value(const ext_attributes *attributes, size_t i)
{
    return attributes->values[*(attributes->order - i)];
}

BRN_INLINE bool ext_existing_dict(PyObject *instance, PyObject **dict)
{
    PyObject **place = PyType_HasFeature(Py_TYPE(instance), Py_TPFLAGS_MANAGED_DICT)
                           ? _PyObject_ManagedDictPointer(instance)
                           : _PyObject_GetDictPtr(instance);
    *dict = place ? *place : NULL;
    return place != NULL;
}

#endif /* BRINERY_LAYOUT_3_11_H */
