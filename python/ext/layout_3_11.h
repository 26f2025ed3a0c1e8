/*
 * layout_3_11.h - the layouts of CPython 3.11.
 */
#ifndef BRINERY_LAYOUT_3_11_H
#define BRINERY_LAYOUT_3_11_H

#include "ext.h"

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include <internal/pycore_dict.h>

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

#endif /* BRINERY_LAYOUT_3_11_H */
