/*
 * layout_3_13.h - the layouts of CPython 3.13: nothing that patch releases have changed.
 */
#ifndef BRINERY_LAYOUT_3_13_H
#define BRINERY_LAYOUT_3_13_H

#include "ext.h"

/* Outside of the interpreter's own sources this is a macro for something older. */
#undef _PyObject_LookupSpecial
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
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

/* The versions of dicts are not for extensions any more, but here they are. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

BRN_INLINE bool ext_dict_is_watched(const PyDictObject *dict)
{
    return (dict->ma_version_tag & 0xff) != 0;
}

/*
 * That table is nobody's.  The version of the dict becomes one that the interpreter's counter will not reach: it is
 * no longer the empty dict that somebody may have seen.
 */
BRN_INLINE void ext_dict_leave_empty(PyDictObject *dict)
{
    dict->ma_version_tag |= UINT64_C(1) << 63;
}

#pragma GCC diagnostic pop

#include "layout_values.h"

#endif /* BRINERY_LAYOUT_3_13_H */
