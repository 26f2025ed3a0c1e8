/*
 * layout_3_14.h - the layouts of CPython 3.14: nothing that patch releases have changed.
 */
#ifndef BRINERY_LAYOUT_3_14_H
#define BRINERY_LAYOUT_3_14_H

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

BRN_INLINE bool ext_dict_is_watched(const PyDictObject *dict)
{
    return (dict->_ma_watcher_tag & 0xff) != 0;
}

/* That table is nobody's, and dicts have no versions any more. */
BRN_INLINE void ext_dict_leave_empty(PyDictObject *dict)
{
    (void)dict;
}

#include "layout_values.h"

#endif /* BRINERY_LAYOUT_3_14_H */
