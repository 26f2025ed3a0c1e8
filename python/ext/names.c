/*
 * names.c - taking names of globals apart, and translating them from and to Python 2's.
 */
#include "names.h"

PyObject *ext_split_name(PyObject *name)
{
    PyObject *dot = PyUnicode_FromOrdinal('.');
    PyObject *parts = dot ? PyUnicode_Split(name, dot, -1) : NULL;
    Py_XDECREF(dot);
    return parts;
}

bool ext_is_local_name(PyObject *parts)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(parts); i++) {
        if (PyUnicode_CompareWithASCIIString(PyList_GET_ITEM(parts, i), "<locals>") == 0)
            return true;
    }
    return false;
}

PyObject *ext_in_dict(PyObject *dict, PyObject *key)
{
    PyObject *value = dict ? PyDict_GetItemWithError(dict, key) : NULL;
    if (!value)
        PyErr_Clear();
    return value;
}

PyObject *ext_in_module(PyObject *module_name, PyObject *name)
{
    PyObject *module = ext_in_dict(PyImport_GetModuleDict(), module_name);
    return module && PyModule_CheckExact(module) ? ext_in_dict(PyModule_GetDict(module), name)
                                                 : NULL;
}

PyObject *ext_in_module_of(const char *module_name, const char *name)
{
    PyObject *first = PyUnicode_FromString(module_name);
    PyObject *second = first ? PyUnicode_FromString(name) : NULL;
    PyObject *found = second ? ext_in_module(first, second) : NULL;
    Py_XDECREF(first);
    Py_XDECREF(second);
    PyErr_Clear();
    return found;
}

PyObject *ext_follow_name(PyObject *root, PyObject *parts, PyObject **parent)
{
    PyObject *object = Py_NewRef(root);
    PyObject *owner = NULL;
    for (Py_ssize_t i = 0; object && i < PyList_GET_SIZE(parts); i++) {
        Py_XSETREF(owner, object);
        (void)ext_lookup_attr(owner, PyList_GET_ITEM(parts, i), &object);
    }
    if (parent && object)
        *parent = owner;
    else
        Py_XDECREF(owner);
    return object;
}

#if PY_VERSION_HEX >= 0x030e0000
PyObject *ext_get_by_name(PyObject *root, PyObject *parts)
{
    PyObject *object = Py_NewRef(root);
    for (Py_ssize_t i = 0; object && i < PyList_GET_SIZE(parts); i++)
        Py_SETREF(object, PyObject_GetAttr(object, PyList_GET_ITEM(parts, i)));
    return object;
}
#endif

static const char *prefix(ext_name_direction direction)
{
    return direction == EXT_TO_PYTHON_2 ? "REVERSE_" : "";
}

/* What NAME_MAPPING has for the pair: its two names replace the caller's. */
static int take_pair(ext_name_direction direction, PyObject *item, PyObject **module,
                     PyObject **name)
{
    if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.%sNAME_MAPPING values should be 2-tuples, not %.200s",
                     prefix(direction), Py_TYPE(item)->tp_name);
        return -1;
    }
    PyObject *new_module = PyTuple_GET_ITEM(item, 0);
    PyObject *new_name = PyTuple_GET_ITEM(item, 1);
    if (!PyUnicode_Check(new_module) || !PyUnicode_Check(new_name)) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.%sNAME_MAPPING values should be pairs of str, not "
                     "(%.200s, %.200s)",
                     prefix(direction), Py_TYPE(new_module)->tp_name, Py_TYPE(new_name)->tp_name);
        return -1;
    }
    Py_SETREF(*module, Py_NewRef(new_module));
    Py_SETREF(*name, Py_NewRef(new_name));
    return 0;
}

/* What IMPORT_MAPPING has for the module. */
static int take_module(ext_name_direction direction, PyObject *item, PyObject **module)
{
    if (!PyUnicode_Check(item)) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.%sIMPORT_MAPPING values should be strings, not %.200s",
                     prefix(direction), Py_TYPE(item)->tp_name);
        return -1;
    }
    Py_SETREF(*module, Py_NewRef(item));
    return 0;
}

int ext_map_names(ext_state *state, ext_name_direction direction, PyObject **module,
                  PyObject **name)
{
    bool reverse = direction == EXT_TO_PYTHON_2;
    PyObject *key = PyTuple_Pack(2, *module, *name);
    if (!key)
        return -1;
    PyObject *item;
    int found =
        ext_dict_get_ref(reverse ? state->reverse_name_mapping : state->name_mapping, key, &item);
    Py_DECREF(key);
    if (found < 0)
        return -1;
    int result;
    if (found) {
        result = take_pair(direction, item, module, name);
    } else {
        found = ext_dict_get_ref(reverse ? state->reverse_import_mapping : state->import_mapping,
                                 *module, &item);
        if (found <= 0)
            return found;
        result = take_module(direction, item, module);
    }
    Py_DECREF(item);
    return result;
}
