/*
 * layout_public.h - what layout.h promises, through the public API.
 */
#ifndef BRINERY_LAYOUT_PUBLIC_H
#define BRINERY_LAYOUT_PUBLIC_H

#include "layout_objects.h"

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

/* No tables, no inline values: those who ask go the long way. */

typedef struct _dictkeysobject ext_key_table;

BRN_INLINE bool ext_dict_is_fresh(PyObject *dict)
{
    (void)dict;
    return false;
}

BRN_INLINE ext_key_table *ext_table_of_dict(PyObject *dict, size_t pairs)
{
    (void)dict;
    (void)pairs;
    return NULL;
}

BRN_INLINE bool ext_table_has(const ext_key_table *table, PyObject *const *items, size_t pairs)
{
    (void)table;
    (void)items;
    (void)pairs;
    return false;
}

BRN_INLINE bool ext_dict_fill(PyObject *dict, const ext_key_table *table, PyObject **items)
{
    (void)dict;
    (void)table;
    (void)items;
    return false;
}

BRN_INLINE bool ext_dict_build(PyObject *dict, PyObject **items, size_t pairs)
{
    (void)dict;
    (void)items;
    (void)pairs;
    return false;
}

BRN_INLINE void ext_table_free(ext_key_table *table)
{
    (void)table;
}

BRN_INLINE const ext_key_table *ext_shared_keys(PyTypeObject *type)
{
    (void)type;
    return NULL;
}

BRN_INLINE int ext_shared_place(const ext_key_table *keys, PyObject *name)
{
    (void)keys;
    (void)name;
    return -1;
}

BRN_INLINE PyObject **ext_values(PyObject *object)
{
    (void)object;
    return NULL;
}

BRN_INLINE void ext_values_added(PyObject *object, const uint8_t *places, size_t count)
{
    (void)object;
    (void)places;
    (void)count;
}

BRN_INLINE PyObject *ext_value_at(PyObject *object, uint8_t place)
{
    (void)object;
    (void)place;
    return NULL;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

#if PY_VERSION_HEX >= 0x030d0000
/* Exported by the interpreter, though no longer by its headers. */
PyAPI_FUNC(int) _PySet_NextEntry(PyObject *set, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash);
#endif

/* PyDict_Next. */
BRN_INLINE bool ext_dict_next(PyObject *dict, Py_ssize_t *position, PyObject **key,
                              PyObject **value)
{
    return PyDict_Next(dict, position, key, value) != 0;
}

/* Whether its references to its keys are certainly its own: not known. */
BRN_INLINE bool ext_dict_owns_keys(PyObject *dict)
{
    (void)dict;
    return false;
}

/* The next item of a set, borrowed, or NULL. */
BRN_INLINE PyObject *ext_set_next(PyObject *set, Py_ssize_t *position)
{
    PyObject *item;
    Py_hash_t hash;
    return _PySet_NextEntry(set, position, &item, &hash) ? item : NULL;
}

typedef struct ext_attributes {
    size_t count;
} ext_attributes;

BRN_INLINE bool ext_attributes_of(PyObject *instance, ext_attributes *attributes)
{
    (void)instance;
    attributes->count = 0;
    return false;
}

BRN_INLINE bool ext_attributes_of_dict(PyObject *dict, ext_attributes *attributes)
{
    return ext_attributes_of(dict, attributes);
}

BRN_INLINE PyObject *ext_attribute_name(const ext_attributes *attributes, size_t i)
{
    (void)attributes;
    (void)i;
    return NULL;
}

BRN_INLINE PyObject *ext_attribute_value(const ext_attributes *attributes, size_t i)
{
    (void)attributes;
    (void)i;
    return NULL;
}

/* The collector, which may run foreign code, stays out while a dict is made. */
BRN_INLINE bool ext_existing_dict(PyObject *instance, PyObject **dict)
{
    int collecting = PyGC_Disable();
    PyObject **place = _PyObject_GetDictPtr(instance);
    if (collecting)
        PyGC_Enable();
    *dict = place ? *place : NULL;
    return place != NULL;
}

#endif /* BRINERY_LAYOUT_PUBLIC_H */
