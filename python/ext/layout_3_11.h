/*
 * layout_3_11.h - the layouts of CPython 3.11.
 */
#ifndef BRINERY_LAYOUT_3_11_H
#define BRINERY_LAYOUT_3_11_H

#include "ext.h"

/* ------------------------------------------------------------------------
 * Writing: what layout.h promises
 * ------------------------------------------------------------------------ */

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#undef _PyObject_LookupSpecial /* the header declares the function of this name */
#include <internal/pycore_dict.h>
#include <internal/pycore_object.h>

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
        __builtin_prefetch(entries[i + 3].me_value);
    *position = i + 1;
    *key = entries[i].me_key;
    *value = entries[i].me_value;
    return true;
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
