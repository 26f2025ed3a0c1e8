/*
 * layout_3_11.h - the layouts of CPython 3.11.
 */
#ifndef BRINERY_LAYOUT_3_11_H
#define BRINERY_LAYOUT_3_11_H

#include "ext.h"

/* Outside of the interpreter's own sources this is a macro for something older. */
#undef _PyObject_LookupSpecial
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include <internal/pycore_interp.h>
#include <internal/pycore_object.h>
#include <internal/pycore_pystate.h>

#define EXT_KEPT_TABLE_LOG2 3

/* A dict is freed with its table, which is the object allocator's.  Some of the smallest are kept. */
BRN_INLINE void ext_table_drop(void *table)
{
    PyObject_Free(table);
}

BRN_INLINE void *ext_table_malloc(size_t size, int log2_size)
{
    struct _Py_dict_state *dicts = &_PyInterpreterState_GET()->dict_state;
    if (log2_size == EXT_KEPT_TABLE_LOG2 && dicts->keys_numfree > 0)
        return dicts->keys_free_list[--dicts->keys_numfree];
    return PyObject_Malloc(size);
}

/* There were no watchers. */
BRN_INLINE bool ext_dict_is_watched(const PyDictObject *dict)
{
    (void)dict;
    return false;
}

/*
 * That table is counted, and never freed.  The version of the dict becomes one that the interpreter's counter will
 * not reach: it is no longer the empty dict that somebody may have seen.
 */
BRN_INLINE void ext_dict_leave_empty(PyDictObject *dict)
{
    dict->ma_keys->dk_refcnt--;
    dict->ma_version_tag |= UINT64_C(1) << 63;
}

#include "layout_tables.h"

/* ------------------------------------------------------------------------
 * Reading: what layout.h promises
 * ------------------------------------------------------------------------ */

/* The keys that the instances of a class share, or NULL. */
BRN_INLINE const ext_key_table *ext_shared_keys(PyTypeObject *type)
{
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
        !PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT))
        return NULL;
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* The values of an instance that has no __dict__; or NULL. */
BRN_INLINE PyObject **ext_values(PyObject *object)
{
    PyDictValues *values = *_PyObject_ValuesPointer(object);
    return values ? values->values : NULL;
}

/* Tell the instance that these places have values now, in this order. */
BRN_INLINE void ext_values_added(PyObject *object, const uint8_t *places, size_t count)
{
    uint8_t *size = (uint8_t *)*_PyObject_ValuesPointer(object) - 2;
    uint8_t *next = size - 1 - *size;
    for (size_t i = 0; i < count; i++)
        *next-- = places[i];
    *size = (uint8_t)(*size + count);
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

BRN_INLINE PyObject *ext_new_ascii(size_t size)
{
    PyASCIIObject *text = PyObject_Malloc(sizeof *text + size + 1);
    if (BRN_UNLIKELY(!text))
        return PyErr_NoMemory();
    Py_SET_REFCNT(text, 1);
    Py_SET_TYPE(text, &PyUnicode_Type);
    text->length = (Py_ssize_t)size;
    text->hash = -1;
    memset(&text->state, 0, sizeof text->state);
    text->state.kind = PyUnicode_1BYTE_KIND;
    text->state.compact = 1;
    text->state.ascii = 1;
    text->state.ready = 1;
    text->wstr = NULL;
    ((char *)(text + 1))[size] = '\0';
    return (PyObject *)text;
}

/* Some of each small size are kept, one behind the other by their first item. */
BRN_INLINE PyObject *ext_new_tuple(size_t size)
{
#if PyTuple_NFREELISTS > 0
    struct _Py_tuple_state *kept = &_PyInterpreterState_GET()->tuple;
    if (size <= PyTuple_NFREELISTS && kept->free_list[size - 1]) {
        PyTupleObject *tuple = kept->free_list[size - 1];
        kept->free_list[size - 1] = (PyTupleObject *)tuple->ob_item[0];
        kept->numfree[size - 1]--;
        Py_SET_REFCNT(tuple, 1);
        return (PyObject *)tuple;
    }
#endif
    return (PyObject *)PyObject_GC_NewVar(PyTupleObject, &PyTuple_Type, (Py_ssize_t)size);
}

BRN_INLINE void ext_track(PyObject *object)
{
    _PyObject_GC_TRACK(object);
}

/* Inline: a small pickle is loaded in a few hundred instructions. */
BRN_INLINE bool ext_gc_disable(void)
{
    struct _gc_runtime_state *gc = &_PyInterpreterState_GET()->gc;
    bool enabled = gc->enabled != 0;
    gc->enabled = 0;
    return enabled;
}

BRN_INLINE void ext_gc_enable(void)
{
    _PyInterpreterState_GET()->gc.enabled = 1;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

/* Behind the values stand their number and, backwards, the order in which they were set. */
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
