/* load.c - replaced soon. */
#include "ext.h"
PyObject *ext_load(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module; (void)args; (void)nargs; (void)kwnames;
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}
PyObject *ext_loads(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module; (void)args; (void)nargs; (void)kwnames;
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}
