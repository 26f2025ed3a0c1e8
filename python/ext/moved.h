/*
 * moved.h - names that are no longer where a pickle says: rename= and opaque=.
 */
#ifndef BRINERY_EXT_MOVED_H
#define BRINERY_EXT_MOVED_H

#include "ext.h"

/*
 * Check the argument rename=: None, or a mapping from "module:Qualified.Name" to the same, or
 * from "module" to "module".  *checked is a dict of its own, or NULL if there is
 * nothing to rename.  0, or -1 with TypeError or ValueError.
 */
int ext_rename_check(PyObject *value, PyObject **checked);

/*
 * Replace *module and *name, references of the caller, by what `rename` (a checked dict) has for them: for
 * the whole name, else for the longest beginning of it that ends at a dot, else for the
 * module.  1 if it has something, 0 if not, -1 with an exception.
 */
int ext_rename(PyObject *rename, PyObject **module, PyObject **name);

/* The class that stands for a name; always the same one. */
PyObject *ext_stand_in_for(PyObject *module, PyObject *name);

/*
 * With ImportError or AttributeError set, clear it and return the class that stands for
 * the name; with another exception, NULL.
 */
PyObject *ext_stand_in(ext_state *state, PyObject *module, PyObject *name);

/* Call what REDUCE calls where stand-ins may be among the arguments; `args` is a tuple. */
PyObject *ext_opaque_call(ext_state *state, PyObject *callee, PyObject *args);

/* Whether this is a stand-in's class: it is pickled by name, without being looked up. */
BRN_INLINE bool ext_is_stand_in(const ext_state *state, PyObject *object)
{
    return state->opaque_type && Py_TYPE(object) == (PyTypeObject *)state->opaque_type;
}

/* The function _register_opaque, with which brinery._opaque says what its metaclass is. */
PyObject *ext_register_opaque(PyObject *module, PyObject *type);

#endif /* BRINERY_EXT_MOVED_H */
