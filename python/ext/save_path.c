/*
 * save_path.c - saying where in the object a dump failed.
 */
#include "save_path.h"

PyObject *ext_save_path(const ext_saver *saver)
{
    (void)saver;
    return PyUnicode_FromString("obj");
}

void ext_save_explain(ext_saver *saver)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *path = ext_save_path(saver);
    if (!path || !value || PyObject_SetAttr(value, saver->state->names.pickle_path, path) < 0)
        PyErr_Clear();
    Py_XDECREF(path);
    PyErr_Restore(type, value, traceback);
}
