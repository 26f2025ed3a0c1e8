/* dump.c - replaced soon. */
#include "ext.h"
PyObject *ext_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    (void)args;
    (void)nargs;
    (void)kwnames;
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}
PyObject *ext_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    (void)args;
    (void)nargs;
    (void)kwnames;
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}
