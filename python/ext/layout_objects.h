/*
 * layout_objects.h - new objects and the collector by the public API, for the layouts that know no shorter way.
 */
#ifndef BRINERY_LAYOUT_OBJECTS_H
#define BRINERY_LAYOUT_OBJECTS_H

#include "ext.h"

BRN_INLINE PyObject *ext_new_int(long value)
{
    return PyLong_FromLong(value);
}

BRN_INLINE PyObject *ext_new_ascii(size_t size)
{
    return PyUnicode_New((Py_ssize_t)size, 127);
}

BRN_INLINE PyObject *ext_new_tuple(size_t size)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)size);
    if (tuple)
        PyObject_GC_UnTrack(tuple);
    return tuple;
}

BRN_INLINE void ext_track(PyObject *object)
{
    PyObject_GC_Track(object);
}

BRN_INLINE bool ext_gc_disable(void)
{
    return PyGC_Disable() != 0;
}

BRN_INLINE void ext_gc_enable(void)
{
    (void)PyGC_Enable();
}

#endif /* BRINERY_LAYOUT_OBJECTS_H */
