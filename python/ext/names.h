/*
 * names.h - names of globals, as both directions take them apart and translate them.
 */
#ifndef BRINERY_NAMES_H
#define BRINERY_NAMES_H

#include "ext.h"

/* The parts of "Outer.Inner"; NULL and an exception, also for what is no str. */
PyObject *ext_split_name(PyObject *name);

/* Whether such a list has "<locals>" in it: it leads nowhere. */
bool ext_is_local_name(PyObject *parts);

/*
 * Follow such a list from `root`.  `parent` may be NULL, or is given what the last one was found in, a new reference.
 * NULL without an exception if an attribute is not there.
 */
PyObject *ext_follow_name(PyObject *root, PyObject *parts, PyObject **parent);

#if PY_VERSION_HEX >= 0x030e0000
/* The same with an exception. */
PyObject *ext_get_by_name(PyObject *root, PyObject *parts);
#endif

/* What a dict has, which may be NULL: borrowed, or NULL without an exception. */
PyObject *ext_in_dict(PyObject *dict, PyObject *key);

/* What a module that has been imported has under a name: borrowed, or NULL without an exception. */
PyObject *ext_in_module(PyObject *module_name, PyObject *name);
/* The same for names that are not kept. */
PyObject *ext_in_module_of(const char *module_name, const char *name);

typedef enum ext_name_direction { EXT_FROM_PYTHON_2, EXT_TO_PYTHON_2 } ext_name_direction;

/*
 * Replace *module and *name, references of the caller, by what they are called in the other version of
 * Python, if _compat_pickle knows them.  0, or -1 and an exception.
 */
int ext_map_names(ext_state *state, ext_name_direction direction, PyObject **module,
                  PyObject **name);

#endif /* BRINERY_NAMES_H */
