/*
 * layout_public.h - what layout.h promises, through the public API.
 */
#ifndef BRINERY_LAYOUT_PUBLIC_H
#define BRINERY_LAYOUT_PUBLIC_H

#include "ext.h"

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

#define EXT_HAS_KEY_TABLES 0
#define EXT_HAS_INLINE_VALUES 0

BRN_INLINE PyObject *ext_new_int(long value)
{
    return PyLong_FromLong(value);
}

BRN_INLINE void ext_untrack(PyObject *object)
{
    PyObject_GC_UnTrack(object);
}

#endif /* BRINERY_LAYOUT_PUBLIC_H */
