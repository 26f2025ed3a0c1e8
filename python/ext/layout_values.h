/*
 * layout_values.h - attributes that stand inside of their instance: CPython 3.13 and later.
 *
 * Behind the object stand how many values there is room for, how many there are, whether they still
 * are the attributes, the values themselves, in the places of the class's shared names, and the order in which
 * they were set.  A __dict__ that has been made uses them as well, until it has to leave.
 *
 * A class makes room for ever fewer: as many as it has names, and a few to come.  So whatever names the
 * class has, now or later, have places that are there in all instances.
 */
#ifndef BRINERY_LAYOUT_VALUES_H
#define BRINERY_LAYOUT_VALUES_H

#include "layout_objects.h"

/* Outside of the interpreter's own sources this is a macro for something older. */
#undef _PyObject_LookupSpecial
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include <internal/pycore_object.h>
#include <internal/pycore_setobject.h>

/* A dict is freed with its table, which is raw memory. */
BRN_INLINE void ext_table_drop(void *table)
{
    PyMem_Free(table);
}

BRN_INLINE void *ext_table_malloc(size_t size, int log2_size)
{
    (void)log2_size;
    return PyMem_Malloc(size);
}

#include "layout_tables.h"

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

BRN_INLINE const ext_key_table *ext_shared_keys(PyTypeObject *type)
{
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
        !PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES))
        return NULL;
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* The values, while they are the attributes and there is no __dict__; or NULL. */
BRN_INLINE PyDictValues *ext_values_of(PyObject *object)
{
    PyDictValues *values = _PyObject_InlineValues(object);
    return values->valid && !_PyObject_ManagedDictPointer(object)->dict ? values : NULL;
}

BRN_INLINE PyObject **ext_values(PyObject *object)
{
    PyDictValues *values = ext_values_of(object);
    return values ? values->values : NULL;
}

BRN_INLINE void ext_values_added(PyObject *object, const uint8_t *places, size_t count)
{
    PyDictValues *values = _PyObject_InlineValues(object);
    memcpy(get_insertion_order_array(values) + values->size, places, count);
    values->size = (uint8_t)(values->size + count);
}

BRN_INLINE PyObject *ext_value_at(PyObject *object, uint8_t place)
{
    const PyDictValues *values = ext_values_of(object);
    return values ? values->values[place] : NULL;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

BRN_INLINE void ext_attributes_read(PyDictValues *values, PyDictKeysObject *keys,
                                    ext_attributes *attributes)
{
    attributes->count = values->size;
    attributes->values = values->values;
    attributes->order = get_insertion_order_array(values);
    attributes->keys = DK_UNICODE_ENTRIES(keys);
}

BRN_INLINE bool ext_attributes_of(PyObject *instance, ext_attributes *attributes)
{
    PyTypeObject *type = Py_TYPE(instance);
    if (!PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES))
        return false;
    PyDictValues *values = ext_values_of(instance);
    if (!values || values->size == 0)
        return false;
    ext_attributes_read(values, ((PyHeapTypeObject *)type)->ht_cached_keys, attributes);
    return true;
}

BRN_INLINE bool ext_attributes_of_dict(PyObject *object, ext_attributes *attributes)
{
    const PyDictObject *dict = (PyDictObject *)object;
    if (!dict->ma_values || dict->ma_values->size == 0)
        return false;
    ext_attributes_read(dict->ma_values, dict->ma_keys, attributes);
    return true;
}

BRN_INLINE PyObject *ext_attribute_name(const ext_attributes *attributes, size_t i)
{
    return attributes->keys[attributes->order[i]].me_key;
}

BRN_INLINE PyObject *ext_attribute_value(const ext_attributes *attributes, size_t i)
{
    return attributes->values[attributes->order[i]];
}

BRN_INLINE bool ext_existing_dict(PyObject *instance, PyObject **dict)
{
    if (PyType_HasFeature(Py_TYPE(instance), Py_TPFLAGS_MANAGED_DICT)) {
        *dict = (PyObject *)_PyObject_ManagedDictPointer(instance)->dict;
        return true;
    }
    PyObject **place = _PyObject_GetDictPtr(instance);
    *dict = place ? *place : NULL;
    return place != NULL;
}

#endif /* BRINERY_LAYOUT_VALUES_H */
