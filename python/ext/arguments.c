/*
 * arguments.c - taking apart what a function was called with.
 */
#include "arguments.h"

static const char *plural(Py_ssize_t count)
{
    return count == 1 ? "" : "s";
}

static bool check_counts(const ext_signature *signature, Py_ssize_t nargs, Py_ssize_t nkwargs)
{
    if (nargs + nkwargs > signature->count) {
        PyErr_Format(
            PyExc_TypeError, "%.200s() takes %s %d %sargument%s (%zd given)", signature->function,
            signature->required < signature->count ? "at most" : "exactly", signature->count,
            nargs == 0 ? "keyword " : "", plural(signature->count), nargs + nkwargs);
        return false;
    }
    if (nargs > signature->positional) {
        if (signature->positional == 0)
            PyErr_Format(PyExc_TypeError, "%.200s() takes no positional arguments",
                         signature->function);
        else
            PyErr_Format(PyExc_TypeError, "%.200s() takes %s %d positional argument%s (%zd given)",
                         signature->function,
                         signature->required < signature->positional ? "at most" : "exactly",
                         signature->positional, plural(signature->positional), nargs);
        return false;
    }
    int needed = signature->positional_only < signature->required ? signature->positional_only
                                                                  : signature->required;
    if (nargs < needed) {
        PyErr_Format(PyExc_TypeError, "%.200s() takes %s %d positional argument%s (%zd given)",
                     signature->function, needed < signature->positional ? "at least" : "exactly",
                     needed, plural(needed), nargs);
        return false;
    }
    return true;
}

static bool check_required(const ext_signature *signature, PyObject **values)
{
    for (int i = 0; i < signature->required; i++) {
        if (!values[i]) {
            PyErr_Format(PyExc_TypeError, "%.200s() missing required argument '%s' (pos %d)",
                         signature->function, signature->names[i], i + 1);
            return false;
        }
    }
    return true;
}

static bool take_keyword(const ext_signature *signature, PyObject *name, PyObject *value,
                         Py_ssize_t nargs, PyObject **values)
{
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "keywords must be strings");
        return false;
    }
    for (int i = signature->positional_only; i < signature->count; i++) {
        if (PyUnicode_CompareWithASCIIString(name, signature->names[i]) != 0)
            continue;
        if (i < nargs) {
            PyErr_Format(PyExc_TypeError,
                         "argument for %.200s() given by name ('%U') and position (%d)",
                         signature->function, name, i + 1);
            return false;
        }
        values[i] = value;
        return true;
    }
#if PY_VERSION_HEX >= 0x030d0000
    PyErr_Format(PyExc_TypeError, "%.200s() got an unexpected keyword argument '%S'",
                 signature->function, name);
#else
    PyErr_Format(PyExc_TypeError, "'%S' is an invalid keyword argument for %.200s()", name,
                 signature->function);
#endif
    return false;
}

static void take_positional(const ext_signature *signature, PyObject *const *args, Py_ssize_t nargs,
                            PyObject **values)
{
    for (Py_ssize_t i = 0; i < signature->count; i++)
        values[i] = i < nargs ? args[i] : NULL;
}

bool ext_arguments(const ext_signature *signature, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames, PyObject **values)
{
    Py_ssize_t nkwargs = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    if (!check_counts(signature, nargs, nkwargs))
        return false;
    take_positional(signature, args, nargs, values);
    for (Py_ssize_t i = 0; i < nkwargs; i++) {
        if (!take_keyword(signature, PyTuple_GET_ITEM(kwnames, i), args[nargs + i], nargs, values))
            return false;
    }
    return check_required(signature, values);
}

bool ext_arguments_of_tuple(const ext_signature *signature, PyObject *args, PyObject *kwargs,
                            PyObject **values)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    if (!check_counts(signature, nargs, kwargs ? PyDict_GET_SIZE(kwargs) : 0))
        return false;
    take_positional(signature, PySequence_Fast_ITEMS(args), nargs, values);
    Py_ssize_t position = 0;
    PyObject *name, *value;
    while (kwargs && PyDict_Next(kwargs, &position, &name, &value)) {
        if (!take_keyword(signature, name, value, nargs, values))
            return false;
    }
    return check_required(signature, values);
}

int ext_argument_flag(PyObject *value, int fallback)
{
    return value ? PyObject_IsTrue(value) : fallback;
}
