/*
 * arguments.h - taking apart what a function was called with, by a list of names.
 *
 * The errors are worded as those of CPython's own functions written in C.
 */
#ifndef BRINERY_ARGUMENTS_H
#define BRINERY_ARGUMENTS_H

#include "ext.h"

typedef struct ext_signature {
    const char *function;     /* for messages: "dumps" */
    const char *const *names; /* of all parameters; those that are positional first */
    int count;                /* of names */
    int positional;           /* how many may be given by position */
    int positional_only;      /* how many of those cannot be given by name */
    int required;             /* how many must be given: the first ones */
} ext_signature;

/*
 * Borrowed references in `values`, NULL for what was not given.  False and TypeError.
 * From a call's vector, and from a tuple and a dict (or NULL), which tp_init gets.
 */
bool ext_arguments(const ext_signature *signature, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames, PyObject **values);
bool ext_arguments_of_tuple(const ext_signature *signature, PyObject *args, PyObject *kwargs,
                            PyObject **values);

/* A flag: 0 or 1, `fallback` if it was not given, -1 and an exception. */
int ext_argument_flag(PyObject *value, int fallback);

#endif /* BRINERY_ARGUMENTS_H */
