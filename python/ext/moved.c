/*
 * moved.c - names that are no longer where a pickle says.
 *
 * Renaming is looked up in the user's own spelling, "module:Qualified.Name", so that
 * what an error's hint proposes can be pasted.  The stand-ins of opaque=True are written in
 * Python (brinery/_opaque.py): they are made rarely, and are classes like any other.
 */
#include "moved.h"

/* ------------------------------------------------------------------------
 * rename=
 * ------------------------------------------------------------------------ */

static Py_ssize_t find_colon(PyObject *text)
{
    return PyUnicode_FindChar(text, ':', 0, PyUnicode_GET_LENGTH(text), 1);
}

/* "module" or "module:Name", neither part empty. */
static bool is_spelled_well(PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    Py_ssize_t colon = find_colon(text);
    return length > 0 && colon != 0 && colon != length - 1;
}

static int check_entry(PyObject *old, PyObject *new)
{
    if (!PyUnicode_Check(old) || !PyUnicode_Check(new)) {
        PyErr_Format(PyExc_TypeError, "rename must map str to str, not %.200s to %.200s",
                     Py_TYPE(old)->tp_name, Py_TYPE(new)->tp_name);
        return -1;
    }
    if (!is_spelled_well(old) || !is_spelled_well(new) ||
        (find_colon(old) < 0) != (find_colon(new) < 0)) {
        PyErr_Format(PyExc_ValueError,
                     "rename must map 'module:Name' to 'module:Name', or 'module' to 'module': "
                     "%R: %R",
                     old, new);
        return -1;
    }
    return 0;
}

int ext_rename_check(PyObject *value, PyObject **checked)
{
    *checked = NULL;
    if (!value || value == Py_None)
        return 0;
    if (!PyMapping_Check(value) || PyUnicode_Check(value) || PyBytes_Check(value) ||
        PyList_Check(value) || PyTuple_Check(value)) {
        PyErr_Format(PyExc_TypeError, "rename must be a mapping or None, not %.200s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    PyObject *copy = PyDict_New();
    if (!copy || PyDict_Update(copy, value) < 0) {
        Py_XDECREF(copy);
        return -1;
    }
    PyObject *old;
    PyObject *new;
    Py_ssize_t pos = 0;
    while (PyDict_Next(copy, &pos, &old, &new)) {
        if (check_entry(old, new) < 0) {
            Py_DECREF(copy);
            return -1;
        }
    }
    if (PyDict_GET_SIZE(copy) == 0)
        Py_CLEAR(copy);
    *checked = copy;
    return 0;
}

/* Take the new names from `entry` ("module" or "module:Name"); `rest` follows the name. */
static int take_entry(PyObject *entry, PyObject *rest, PyObject **module, PyObject **name)
{
    Py_ssize_t colon = find_colon(entry);
    Py_ssize_t length = PyUnicode_GET_LENGTH(entry);
    PyObject *new_module = PyUnicode_Substring(entry, 0, colon < 0 ? length : colon);
    PyObject *begin = colon < 0 ? Py_NewRef(*name) : PyUnicode_Substring(entry, colon + 1, length);
    PyObject *new_name = new_module && begin ? PyUnicode_Concat(begin, rest) : NULL;
    Py_XDECREF(begin);
    if (!new_name) {
        Py_XDECREF(new_module);
        return -1;
    }
    Py_SETREF(*module, new_module);
    Py_SETREF(*name, new_name);
    return 1;
}

/* What `rename` has for module:name[:end]. */
static int try_beginning(PyObject *rename, PyObject **module, PyObject **name, Py_ssize_t end)
{
    PyObject *begin = PyUnicode_Substring(*name, 0, end);
    PyObject *rest = PyUnicode_Substring(*name, end, PyUnicode_GET_LENGTH(*name));
    PyObject *key = begin && rest ? PyUnicode_FromFormat("%U:%U", *module, begin) : NULL;
    PyObject *entry = NULL;
    int found = key ? ext_dict_get_ref(rename, key, &entry) : -1;
    if (found > 0)
        found = take_entry(entry, rest, module, name);
    Py_XDECREF(entry);
    Py_XDECREF(key);
    Py_XDECREF(rest);
    Py_XDECREF(begin);
    return found;
}

static int rename_held(PyObject *rename, PyObject **module, PyObject **name)
{
    Py_ssize_t end = PyUnicode_GET_LENGTH(*name);
    while (end > 0) {
        int found = try_beginning(rename, module, name, end);
        if (found != 0)
            return found;
        end = PyUnicode_FindChar(*name, '.', 0, end, -1);
    }
    if (end < -1)
        return -1;
    PyObject *entry = NULL;
    int found = ext_dict_get_ref(rename, *module, &entry);
    if (found > 0)
        Py_SETREF(*module, entry);
    return found;
}

int ext_rename(PyObject *rename, PyObject **module, PyObject **name)
{
    /* Whoever calls find_class may give anything, also a subclass of str, whose methods are not ours. */
    if (!PyUnicode_Check(*module) || !PyUnicode_Check(*name))
        return 0;
    Py_INCREF(rename);
    int found = rename_held(rename, module, name);
    Py_DECREF(rename);
    return found;
}

/* ------------------------------------------------------------------------
 * opaque=
 * ------------------------------------------------------------------------ */

static PyObject *opaque_function(const char *name)
{
    PyObject *module = PyImport_ImportModule("brinery._opaque");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return function;
}

PyObject *ext_stand_in_for(PyObject *module, PyObject *name)
{
    PyObject *function = opaque_function("stand_in");
    PyObject *class = function ? PyObject_CallFunctionObjArgs(function, module, name, NULL) : NULL;
    Py_XDECREF(function);
    return class;
}

PyObject *ext_stand_in(ext_state *state, PyObject *module, PyObject *name)
{
    (void)state;
    if (!PyErr_ExceptionMatches(PyExc_ImportError) && !PyErr_ExceptionMatches(PyExc_AttributeError))
        return NULL;
    PyErr_Clear();
    return ext_stand_in_for(module, name);
}

PyObject *ext_opaque_call(ext_state *state, PyObject *callee, PyObject *args)
{
    if (!PyTuple_CheckExact(args) || PyTuple_GET_SIZE(args) == 0 ||
        !ext_is_stand_in(state, PyTuple_GET_ITEM(args, 0)))
        return PyObject_CallObject(callee, args);
    PyObject *function = opaque_function("call");
    PyObject *value = function ? PyObject_CallFunctionObjArgs(function, callee, args, NULL) : NULL;
    Py_XDECREF(function);
    return value;
}

PyObject *ext_register_opaque(PyObject *module, PyObject *type)
{
    ext_state *state = ext_state_of_module(module);
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "a type is needed");
        return NULL;
    }
    Py_XSETREF(state->opaque_type, Py_NewRef(type));
    Py_RETURN_NONE;
}
