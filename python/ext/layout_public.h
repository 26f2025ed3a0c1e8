/*
 * layout_public.h - what layout.h promises, through the public API.
 */
#ifndef BRINERY_LAYOUT_PUBLIC_H
#define BRINERY_LAYOUT_PUBLIC_H

#include "ext.h"

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

/* The next item of a set, borrowed, or NULL. */
BRN_INLINE PyObject *ext_set_next(PyObject *set, Py_ssize_t *position)
{
    PyObject *item;
    Py_hash_t hash;
    return _PySet_NextEntry(set, position, &item, &hash) ? item : NULL;
}

#endif /* BRINERY_LAYOUT_PUBLIC_H */
