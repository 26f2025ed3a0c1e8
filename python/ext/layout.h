/*
 * layout.h - what is faster when one knows how this version of the interpreter keeps its objects.
 *
 * Attribute values inside of instances, tables of keys shared by dicts: no public function
 * reaches them without making objects that the program did not have.  Each version that was looked
 * at has a file that says how; it takes the structs from the interpreter's own internal
 * headers.  Every other version, and a build with -Dprivate_layouts=false, gets layout_public.h, which
 * does the same through the public API, or says that it cannot.  All files define the same functions.
 *
 * Reading.  An ext_key_table is the hash table of a dict of strings:
 *   ext_dict_is_fresh(dict)         an exact dict that can be given a table
 *   ext_table_of_dict(dict, pairs)  a table without values like that of this dict, for others; NULL if it is not
 *                                   a plain one of exactly so many pairs (or no memory: no exception)
 *   ext_table_has(table, items, pairs)  are these its keys, object by object, in this order?
 *   ext_dict_fill(dict, table, items)   a fresh dict takes over items that have the table's keys; false without memory
 *   ext_table_free(table)
 *   ext_dict_build(dict, items, pairs)  a fresh dict takes over items whose keys are str that know their hash; false
 *                                   if there are too many, perhaps two the same, or no memory: nothing has been done
 * Attributes of instances may lie in an array that has places for the names of the class:
 *   ext_shared_keys(type)           the names, or NULL if this type is none of those; only then:
 *   ext_shared_place(keys, name)    the place of an interned name, or -1
 *   ext_values(object)              the array, if it is where the attributes are and there is no __dict__; or NULL
 *   ext_values_added(object, places, n)  these places, which were NULL, have got values, in this order
 *   ext_value_at(object, place)     borrowed, or NULL
 * And:
 *   ext_new_int(value)              outside of -5 to 256, which the interpreter has once
 *   ext_new_ascii(size)             PyUnicode_New(size, 127), of two characters or more
 *   ext_new_tuple(size)             a tuple that is not tracked yet, and may not be filled yet; size above 0
 *   ext_track(object)               PyObject_GC_Track
 *   ext_gc_disable(), ext_gc_enable()  PyGC_Disable, PyGC_Enable
 *
 * Writing.  Walking, by borrowed references:
 *     bool ext_dict_next(dict, position, key, value)  PyDict_Next
 *     PyObject *ext_set_next(set, position)           the next item, or NULL
 *     bool ext_dict_owns_keys(dict)                   its table of keys is shared with no other dict
 * Attributes of instances:
 *     bool ext_attributes_of(PyObject *instance, ext_attributes *attributes)
 *         Whether an instance of a class with __dict__ has attributes, but no __dict__ yet.  They are seen
 *         until anything else happens.
 *     bool ext_attributes_of_dict(PyObject *dict, ext_attributes *attributes)
 *         The same of a __dict__, if its values are kept as those of an instance; exact dicts only.
 *     size_t attributes->count
 *     PyObject *ext_attribute_name(const ext_attributes *attributes, size_t i)
 *     PyObject *ext_attribute_value(const ext_attributes *attributes, size_t i)
 *         In the order in which they were set, which is that of the __dict__.  Names are exact str.
 *     bool ext_existing_dict(PyObject *instance, PyObject **dict)
 *         The __dict__ if there is one, borrowed, else NULL.  (Where that cannot be known, attributes are
 *         moved to a new one.)  False, and no exception, if it cannot be found out.
 */
#ifndef BRINERY_LAYOUT_H
#define BRINERY_LAYOUT_H

#include "ext.h"

#if !EXT_PRIVATE_LAYOUTS || defined(Py_GIL_DISABLED) || defined(Py_REF_DEBUG) || !defined(__GNUC__)
#include "layout_public.h"
#elif PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030c0000
#include "layout_3_11.h"
#elif PY_VERSION_HEX >= 0x030d0000 && PY_VERSION_HEX < 0x030e0000
#include "layout_3_13.h"
#elif PY_VERSION_HEX >= 0x030e0000 && PY_VERSION_HEX < 0x030f0000
#include "layout_3_14.h"
#else
#include "layout_public.h"
#endif

#endif /* BRINERY_LAYOUT_H */
