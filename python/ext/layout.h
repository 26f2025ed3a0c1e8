/*
 * layout.h - what is faster when one knows how this version of the interpreter keeps its objects.
 *
 * Attribute values inside of instances, tables of keys shared by dicts: no public function
 * reaches them without making objects that the program did not have.  Each version that was looked
 * at has a file that says how; it takes the structs from the interpreter's own internal
 * headers.  Every other version, and a build with -Dprivate_layouts=false, gets layout_public.h, which
 * does the same through the public API, or says that it cannot.  All files define the same functions.
 *
 * Writing:
 *
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

#if !EXT_PRIVATE_LAYOUTS || defined(Py_GIL_DISABLED) || !defined(__GNUC__)
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
