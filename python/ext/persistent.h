/*
 * persistent.h - the hooks for persistent ids, persistent_id of a Pickler and persistent_load of an Unpickler, as attributes.
 *
 * They are what CPython's of the same version are.  Before 3.13 a hook is looked up once, by __init__, and
 * kept; a method of the object itself is kept without the object, which would be a cycle that only the garbage
 * collector ends.  Since then it is a method that each dump or load looks up, and what has been set on
 * the object goes before it, as if there were a __dict__.
 */
#ifndef BRINERY_PERSISTENT_H
#define BRINERY_PERSISTENT_H

#include "ext.h"

#define EXT_HOOKS_ARE_METHODS (PY_VERSION_HEX >= 0x030d0000)

#if EXT_HOOKS_ARE_METHODS
/* As tp_getattro and tp_setattro of a type whose hook has this name; `own` is what has been set on the object, or NULL. */
PyObject *ext_hook_getattr(PyObject *self, PyObject *name, const char *hook, PyObject *own);
int ext_hook_setattr(PyObject *self, PyObject *name, PyObject *value, const char *hook,
                     PyObject **own);
#else
/* Look it up: a new reference, or NULL if there is none, and whether it is to be bound to `self`; -1 and an exception. */
int ext_hook_find(PyObject *self, PyObject *name, PyObject **function, bool *bound);
/* What is to be called: a new reference; NULL without a function, and after an error. */
PyObject *ext_hook_bind(PyObject *self, PyObject *function, bool bound);
/* The same as an attribute, which is missing without a function. */
PyObject *ext_hook_get(PyObject *self, const char *hook, PyObject *function, bool bound);
/* Whether the attribute may be set to this, or deleted: 0, or -1 and TypeError. */
int ext_hook_check(const char *hook, PyObject *value);
#endif

#endif /* BRINERY_PERSISTENT_H */
