/*
 * find_class.c - from a module's name and a name in it to the object.
 */
#include "load.h"
#include "names.h"

/* ------------------------------------------------------------------------
 * Attributes
 * ------------------------------------------------------------------------ */

/* What is no str (find_class may be called by anybody) is left to ext_split_name(), which says so. */
static bool has_dots(PyObject *name)
{
    return !PyUnicode_Check(name) ||
           PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1) >= 0;
}

#if PY_VERSION_HEX >= 0x030e0000

static PyObject *get_qualified(PyObject *module, PyObject *module_name, PyObject *name)
{
    PyObject *path = ext_split_name(name);
    PyObject *found = path ? ext_get_by_name(module, path) : NULL;
    Py_XDECREF(path);
    if (!found && path && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyObject *first = PyErr_GetRaisedException();
        PyErr_Format(PyExc_AttributeError, "Can't resolve path %R on module %R", name, module_name);
        PyObject *second = PyErr_GetRaisedException();
        PyException_SetContext(second, first);
        PyErr_SetRaisedException(second);
    }
    return found;
}

static PyObject *get_attribute(PyObject *module, PyObject *module_name, PyObject *name,
                               bool qualified)
{
    if (qualified && has_dots(name))
        return get_qualified(module, module_name, name);
    return PyObject_GetAttr(module, name);
}

#else

#if PY_VERSION_HEX >= 0x030d0000
#define LOCAL_NAME "Can't get local attribute %R on %R"
#else
#define LOCAL_NAME "Can't pickle local attribute %R on %R"
#endif

static PyObject *not_found(PyObject *name, PyObject *module)
{
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_AttributeError, "Can't get attribute %R on %R", name, module);
    return NULL;
}

static PyObject *get_qualified(PyObject *module, PyObject *name)
{
    PyObject *path = ext_split_name(name);
    if (!path)
        return NULL;
    PyObject *found = NULL;
    if (ext_is_local_name(path))
        PyErr_Format(PyExc_AttributeError, LOCAL_NAME, name, module);
    else
        found = ext_follow_name(module, path, NULL);
    Py_DECREF(path);
    return found ? found : not_found(name, module);
}

static PyObject *get_attribute(PyObject *module, PyObject *module_name, PyObject *name,
                               bool qualified)
{
    (void)module_name;
    /* A name without dots is the common case, and splitting it would change nothing. */
    if (qualified && (has_dots(name) || PyUnicode_CompareWithASCIIString(name, "<locals>") == 0))
        return get_qualified(module, name);
    PyObject *found;
    if (ext_lookup_attr(module, name, &found) <= 0)
        return not_found(name, module);
    return found;
}

#endif

/* Replace both by what they are called here. */
static int translate(ext_state *state, PyObject **module, PyObject **name, int protocol,
                     const ext_names *names)
{
    int renamed = names->rename ? ext_rename(names->rename, module, name) : 0;
    if (renamed != 0 || protocol >= 3 || !names->fix_imports)
        return renamed < 0 ? -1 : 0;
    if (ext_map_names(state, EXT_FROM_PYTHON_2, module, name) < 0)
        return -1;
    return names->rename && ext_rename(names->rename, module, name) < 0 ? -1 : 0;
}

/*
 * Import a module.  One that is there, and not just being imported (perhaps by another thread), need not go
 * through the import system, unless somebody has put something else in its place.
 */
static PyObject *import_module(ext_state *state, PyObject *name)
{
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *import = PyDict_GetItemWithError(builtins, state->names.__import__);
    if (!import || !PyCFunction_Check(import))
        return PyErr_Occurred() ? NULL : PyImport_Import(name);
    PyObject *module = PyImport_GetModule(name);
    if (!module)
        return PyErr_Occurred() ? NULL : PyImport_Import(name);
    PyObject *spec;
    PyObject *initializing = NULL;
    int found = ext_lookup_attr(module, state->names.__spec__, &spec);
    if (found > 0) {
        found = ext_lookup_attr(spec, state->names._initializing, &initializing);
        Py_DECREF(spec);
    }
    if (found > 0) {
        found = PyObject_IsTrue(initializing);
        Py_DECREF(initializing);
    }
    if (found == 0)
        return module;
    Py_DECREF(module);
    return found < 0 ? NULL : PyImport_Import(name);
}

PyObject *ext_find_class(ext_state *state, PyObject *module_name, PyObject *name, int protocol,
                         const ext_names *names)
{
    if (PySys_Audit("pickle.find_class", "OO", module_name, name) < 0)
        return NULL;
    Py_INCREF(module_name);
    Py_INCREF(name);
    PyObject *found = NULL;
    PyObject *module = NULL;
    if (translate(state, &module_name, &name, protocol, names) == 0) {
        module = import_module(state, module_name);
        if (module)
            found = get_attribute(module, module_name, name, protocol >= 4);
        if (!found && names->opaque)
            found = ext_stand_in(state, module_name, name);
    }
    Py_XDECREF(module);
    Py_DECREF(module_name);
    Py_DECREF(name);
    return found;
}
