/*
 * persistent.c - the hooks for persistent ids as attributes: found, shown and set.
 */
#include "persistent.h"

#if EXT_HOOKS_ARE_METHODS

static bool is_hook(PyObject *name, const char *hook)
{
    return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, hook) == 0;
}

PyObject *ext_hook_getattr(PyObject *self, PyObject *name, const char *hook, PyObject *own)
{
    return own && is_hook(name, hook) ? Py_NewRef(own) : PyObject_GenericGetAttr(self, name);
}

int ext_hook_setattr(PyObject *self, PyObject *name, PyObject *value, const char *hook,
                     PyObject **own)
{
    if (!is_hook(name, hook))
        return PyObject_GenericSetAttr(self, name, value);
    Py_XSETREF(*own, Py_XNewRef(value));
    return 0;
}

#else

int ext_hook_find(PyObject *self, PyObject *name, PyObject **function, bool *bound)
{
    *bound = false;
    if (ext_lookup_attr(self, name, function) < 0)
        return -1;
    if (*function && PyMethod_Check(*function) && PyMethod_GET_SELF(*function) == self) {
        *bound = true;
        Py_SETREF(*function, Py_NewRef(PyMethod_GET_FUNCTION(*function)));
    }
    return 0;
}

PyObject *ext_hook_bind(PyObject *self, PyObject *function, bool bound)
{
    return bound ? PyMethod_New(function, self) : Py_XNewRef(function);
}

PyObject *ext_hook_get(PyObject *self, const char *hook, PyObject *function, bool bound)
{
    if (!function)
        PyErr_SetString(PyExc_AttributeError, hook);
    return ext_hook_bind(self, function, bound);
}

int ext_hook_check(const char *hook, PyObject *value)
{
    if (!value)
        return ext_refuse_deletion();
    if (PyCallable_Check(value))
        return 0;
    PyErr_Format(PyExc_TypeError, "%s must be a callable taking one argument", hook);
    return -1;
}

#endif
