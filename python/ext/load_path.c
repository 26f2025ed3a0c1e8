/*
 * load_path.c - the path of an error: which value was being built, as Python would
 * spell the way to it from the object of the pickle, `obj`.
 *
 * How the stack tells is machine/where.inc.h's; here is what it asks about Python's values.  No user
 * code runs: only exact builtin types are looked into, and only those are shown.
 */
#include "load.h"

#define WHERE_CONTEXT ext_loader
#define WHERE_VALUE PyObject *
#define WHERE_TRAIL trail

#define PATH_SIZE 512
#define KEY_SIZE 60

typedef struct trail {
    PyObject *text;
} trail;

/* Add an object's text, which is taken over.  A step that cannot be shown is "...". */
static void add(trail *t, PyObject *step)
{
    if (!step)
        PyErr_Clear();
    if (t->text && PyUnicode_GET_LENGTH(t->text) < PATH_SIZE) {
        PyObject *longer =
            step ? PyUnicode_Concat(t->text, step) : PyUnicode_FromFormat("%U[...]", t->text);
        if (!longer)
            PyErr_Clear();
        Py_XSETREF(t->text, longer);
    }
    Py_XDECREF(step);
}

static void where_add_index(trail *t, size_t index)
{
    add(t, PyUnicode_FromFormat("[%zu]", index));
}

/* Three levels at most. */
// NOLINTNEXTLINE(misc-no-recursion)
static bool has_plain_repr(PyObject *key, int depth)
{
    if (key == Py_None || PyBool_Check(key) || PyFloat_CheckExact(key))
        return true;
    /* repr() of what is long takes long, or fails. */
    if (PyLong_CheckExact(key))
        return _PyLong_NumBits(key) < 1000;
    if (PyUnicode_CheckExact(key))
        return PyUnicode_GET_LENGTH(key) < 10000;
    if (PyBytes_CheckExact(key))
        return PyBytes_GET_SIZE(key) < 10000;
    if (!PyTuple_CheckExact(key) || depth > 2 || PyTuple_GET_SIZE(key) > 10)
        return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
        if (!has_plain_repr(PyTuple_GET_ITEM(key, i), depth + 1))
            return false;
    }
    return true;
}

/* [key], or .key if the dict is the state of an object. */
static void where_add_key(trail *t, PyObject *key, bool is_state)
{
    if (!has_plain_repr(key, 0)) {
        add(t, NULL);
        return;
    }
    if (is_state && PyUnicode_CheckExact(key) && PyUnicode_IsIdentifier(key) == 1 &&
        PyUnicode_GET_LENGTH(key) < KEY_SIZE) {
        add(t, PyUnicode_FromFormat(".%U", key));
        return;
    }
    PyObject *repr = PyObject_Repr(key);
    if (repr && PyUnicode_GET_LENGTH(repr) > KEY_SIZE) {
        PyObject *head = PyUnicode_Substring(repr, 0, KEY_SIZE - 3);
        Py_SETREF(repr, head ? PyUnicode_FromFormat("%U...", head) : NULL);
        Py_XDECREF(head);
    }
    add(t, repr ? PyUnicode_FromFormat("[%U]", repr) : NULL);
    Py_XDECREF(repr);
}

static void where_add_argument(trail *t, size_t index)
{
    add(t, PyUnicode_FromFormat(".__args__[%zu]", index));
}

static bool where_is_full(const trail *t)
{
    return !t->text || PyUnicode_GET_LENGTH(t->text) >= PATH_SIZE;
}

static bool is_callable(PyObject *value)
{
    return PyType_Check(value) || PyFunction_Check(value) || PyCFunction_Check(value);
}

/* An instance of something: what state is given to, and what a call may have made. */
static bool is_object(PyObject *value)
{
    return !(value == Py_None || value == Py_True || value == Py_False ||
             PyLong_CheckExact(value) || PyFloat_CheckExact(value) || PyUnicode_CheckExact(value) ||
             PyBytes_CheckExact(value) || PyByteArray_CheckExact(value) ||
             PyTuple_CheckExact(value) || PyList_CheckExact(value) || PyDict_CheckExact(value) ||
             PyAnySet_CheckExact(value) || is_callable(value));
}

static bool where_can_be_filled(PyObject *value)
{
    return PyList_CheckExact(value) || PyDict_CheckExact(value) || PySet_CheckExact(value) ||
           is_callable(value) || is_object(value);
}

/* How many items a dict, or the list part of a container, has already. */
static size_t where_entries(PyObject *value)
{
    if (PyDict_CheckExact(value))
        return (size_t)PyDict_GET_SIZE(value);
    return PyList_Check(value) ? (size_t)PyList_GET_SIZE(value) : 0;
}

static brn_where_kind where_kind(PyObject *value)
{
    if (PyList_Check(value))
        return BRN_WHERE_LIST;
    if (PyDict_CheckExact(value))
        return BRN_WHERE_DICT;
    if (PySet_CheckExact(value))
        return BRN_WHERE_SET;
    if (PyUnicode_CheckExact(value))
        return BRN_WHERE_TEXT;
    if (is_callable(value))
        return BRN_WHERE_CALLABLE;
    return is_object(value) ? BRN_WHERE_OBJECT : BRN_WHERE_OTHER;
}

static bool where_awaits_state(PyObject *value)
{
    return is_object(value);
}

#include "machine/where.inc.h"

PyObject *ext_load_path(ext_loader *h)
{
    trail t = {PyUnicode_FromString("obj")};
    where_steps(h, &t);
    return t.text;
}
