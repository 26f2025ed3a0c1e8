/*
 * explain.c - paths and hints on exceptions.
 *
 * "cannot pickle '_thread.lock' object" is true and of little use in an object of ten
 * thousand parts.  All of this runs only when something has failed already, so it
 * may look things up by name; and it must never make matters worse: the
 * exception that was on its way goes on, and errors of the explanation are dropped.
 */
#include "explain.h"

/* ------------------------------------------------------------------------
 * The exception in flight
 * ------------------------------------------------------------------------ */

PyObject *ext_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value && traceback)
        (void)PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

void ext_put_exception(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyErr_SetRaisedException(exception);
#else
    PyErr_Restore(exception ? Py_NewRef(Py_TYPE(exception)) : NULL, exception,
                  exception ? PyException_GetTraceback(exception) : NULL);
#endif
}

/* Whether the exception is about the data, and nobody has explained it yet. */
static bool wants_explanation(ext_state *state, PyObject *exception)
{
    if (!PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_Exception) ||
        PyErr_GivenExceptionMatches(exception, PyExc_MemoryError))
        return false;
    PyObject *present = PyObject_GenericGetAttr(exception, state->names.pickle_path);
    if (!present) {
        PyErr_Clear();
        return true;
    }
    Py_DECREF(present);
    return false;
}

/* Past __setattr__, which may be the user's. */
static void set_attribute(PyObject *exception, PyObject *name, PyObject *value)
{
    if (value && PyObject_GenericSetAttr(exception, name, value) < 0)
        PyErr_Clear();
}

/* `text` may be NULL, after a failure or because there is nothing to say. */
static void add_note(PyObject *exception, PyObject *text)
{
    if (!text) {
        PyErr_Clear();
        return;
    }
#if PY_VERSION_HEX >= 0x030b0000
    PyObject *done = PyObject_CallMethod(PyExc_BaseException, "add_note", "OO", exception, text);
    if (!done)
        PyErr_Clear();
    Py_XDECREF(done);
#endif
    Py_DECREF(text);
}

/* ------------------------------------------------------------------------
 * Dumps
 * ------------------------------------------------------------------------ */

typedef struct hint {
    const char *type;
    const char *text;
} hint;

static const hint hints[] = {
#define HINT(type, text) {type, text},
#include "hints.def"
#undef HINT
};

/* "module.name" of a type, without "builtins."; a new reference, or NULL and no exception. */
static PyObject *full_name(ext_state *state, PyTypeObject *type)
{
    PyObject *module = NULL;
    PyObject *name = NULL;
    PyObject *full = NULL;
    if (ext_lookup_attr((PyObject *)type, state->names.__module__, &module) > 0 &&
        ext_lookup_attr((PyObject *)type, state->names.__qualname__, &name) > 0 &&
        PyUnicode_Check(module) && PyUnicode_Check(name)) {
        full = PyUnicode_CompareWithASCIIString(module, "builtins") == 0
                   ? Py_NewRef(name)
                   : PyUnicode_FromFormat("%U.%U", module, name);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    if (!full)
        PyErr_Clear();
    return full;
}

static const char *hint_for_type(ext_state *state, PyTypeObject *type)
{
    PyObject *mro = type->tp_mro;
    if (!mro)
        return NULL;
    Py_INCREF(mro);
    const char *text = NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro) && !text; i++) {
        PyObject *name = full_name(state, (PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        for (size_t k = 0; name && k < BRN_ARRAY_LEN(hints) && !text; k++) {
            if (PyUnicode_CompareWithASCIIString(name, hints[k].type) == 0)
                text = hints[k].text;
        }
        Py_XDECREF(name);
    }
    Py_DECREF(mro);
    return text;
}

static bool contains(PyObject *text, const char *part)
{
    const char *utf8 = PyUnicode_AsUTF8(text);
    if (!utf8)
        PyErr_Clear();
    return utf8 && strstr(utf8, part);
}

/* Functions and classes are saved by name: what is wrong with the name? */
static const char *hint_for_named(ext_state *state, PyObject *culprit)
{
    const char *text = NULL;
    PyObject *name = NULL;
    PyObject *module = NULL;
    if (ext_lookup_attr(culprit, state->names.__qualname__, &name) > 0 && PyUnicode_Check(name)) {
        if (contains(name, "<lambda>"))
            text = "a lambda has no name to be imported by: write a function with def, at the top "
                   "of a module";
        else if (contains(name, "<locals>"))
            text = PyType_Check(culprit)
                       ? "a class defined inside a function cannot be imported by name: move it to "
                         "the top of its module"
                       : "a function defined inside a function cannot be imported by name: move it "
                         "to the top of its module, or use functools.partial";
        else if (ext_lookup_attr(culprit, state->names.__module__, &module) > 0 &&
                 PyUnicode_Check(module) &&
                 PyUnicode_CompareWithASCIIString(module, "__main__") == 0)
            text = "what __main__ defines is found only by a program that defines it too: move it "
                   "to a module";
        else if (PyType_Check(culprit))
            text = hint_for_type(state, (PyTypeObject *)culprit);
        if (!text)
            text = "it is saved by name, and under this name something else (or nothing) is found: "
                   "does its __name__ or __module__ say where it is, or was it replaced by a "
                   "decorator or a reload?";
    }
    PyErr_Clear();
    Py_XDECREF(name);
    Py_XDECREF(module);
    return text;
}

static const char *hint_for_culprit(ext_state *state, PyObject *exception, PyObject *culprit)
{
    if (PyErr_GivenExceptionMatches(exception, PyExc_RecursionError))
        return "the object is nested too deeply, or without end: max_depth= raises the limit";
    if (!culprit)
        return NULL;
    /* The words of an exception raised by the object's own methods need no addition. */
    if (!PyErr_GivenExceptionMatches(exception, PyExc_TypeError) &&
        !PyErr_GivenExceptionMatches(exception, PyExc_AttributeError) &&
        !PyErr_GivenExceptionMatches(exception, state->PicklingError))
        return NULL;
    if (PyFunction_Check(culprit) || PyType_Check(culprit))
        return hint_for_named(state, culprit);
    return hint_for_type(state, Py_TYPE(culprit));
}

void ext_explain_dump(ext_state *state, PyObject *path, PyObject *culprit)
{
    PyObject *exception = ext_take_exception();
    if (!exception)
        return;
    if (wants_explanation(state, exception)) {
        const char *text = hint_for_culprit(state, exception, culprit);
        PyObject *said = text ? PyUnicode_FromString(text) : NULL;
        set_attribute(exception, state->names.pickle_path, path);
        set_attribute(exception, state->names.pickle_hint, said);
#if PY_VERSION_HEX < 0x030e0000
        bool root = !path || PyUnicode_CompareWithASCIIString(path, "obj") == 0;
        if (said && path)
            add_note(exception, PyUnicode_FromFormat("pickling %U: %U", path, said));
        else if (!root)
            add_note(exception, PyUnicode_FromFormat("pickling %U", path));
#endif
        Py_XDECREF(said);
        PyErr_Clear();
    }
    ext_put_exception(exception);
}

/* ------------------------------------------------------------------------
 * Loads
 * ------------------------------------------------------------------------ */

static PyObject *hint_for_missing(const ext_load_failure *failure, PyObject *exception)
{
    if (PyErr_GivenExceptionMatches(exception, PyExc_ModuleNotFoundError))
        return PyUnicode_FromFormat(
            "the pickle needs the module '%U': install it; or, if it is called otherwise now, load "
            "with rename={'%U': 'its.new.name'}; opaque=True loads the data without it",
            failure->module, failure->module);
    if (PyUnicode_CompareWithASCIIString(failure->module, "__main__") == 0)
        return PyUnicode_FromFormat(
            "the pickle was made by a script that defines '%U' itself: import or define it here, "
            "or load with rename={'__main__:%U': 'its.module:%U'}; opaque=True loads the data "
            "without it",
            failure->name, failure->name, failure->name);
    return PyUnicode_FromFormat(
        "was '%U' moved or renamed?  Load with rename={'%U:%U': 'its.module:%U'}; opaque=True "
        "loads the data without it",
        failure->name, failure->module, failure->name, failure->name);
}

static PyObject *hint_for_bytes(const ext_load_failure *failure)
{
    brn_guess guess;
    if (!failure->data || !brn_guess_content(failure->data, failure->size, &guess))
        return NULL;
    if (guess.python)
        return PyUnicode_FromFormat("%s: try %s", guess.what, guess.python);
    return PyUnicode_FromString(guess.what);
}

static bool says(PyObject *exception, const char *part)
{
    PyObject *text = PyObject_Str(exception);
    bool found = text && contains(text, part);
    Py_XDECREF(text);
    if (!text)
        PyErr_Clear();
    return found;
}

/* A new reference, or NULL without an exception if there is nothing to say. */
static PyObject *hint_for_load(ext_state *state, const ext_load_failure *failure,
                               PyObject *exception)
{
    PyObject *said = NULL;
    if (failure->module && failure->name &&
        (PyErr_GivenExceptionMatches(exception, PyExc_ImportError) ||
         PyErr_GivenExceptionMatches(exception, PyExc_AttributeError)))
        said = hint_for_missing(failure, exception);
    else if (PyErr_GivenExceptionMatches(exception, PyExc_UnicodeDecodeError))
        said = PyUnicode_FromString("a str of Python 2: load with encoding='latin1' (which NumPy "
                                    "arrays and dates need) or encoding='bytes'");
    else if (PyErr_GivenExceptionMatches(exception, PyExc_EOFError) && failure->offset == 0)
        said = PyUnicode_FromString("there are no bytes to read: is the file empty, or was it read "
                                    "to its end before (seek(0))?");
    else if (PyErr_GivenExceptionMatches(exception, PyExc_ValueError) &&
             says(exception, "unsupported pickle protocol"))
        said = PyUnicode_FromString("it was written by a newer Python, or is no pickle: dump it "
                                    "there with protocol=5 or lower");
    if (!said && (PyErr_GivenExceptionMatches(exception, state->UnpicklingError) ||
                  PyErr_GivenExceptionMatches(exception, PyExc_EOFError) ||
                  PyErr_GivenExceptionMatches(exception, PyExc_ValueError)))
        said = hint_for_bytes(failure);
    if (!said &&
        (PyErr_GivenExceptionMatches(exception, PyExc_EOFError) || says(exception, "truncated")))
        said = PyUnicode_FromString("the pickle is cut off: was its file closed after dump(), and "
                                    "copied whole?");
    PyErr_Clear();
    return said;
}

void ext_explain_load(ext_state *state, const ext_load_failure *failure)
{
    PyObject *exception = ext_take_exception();
    if (!exception)
        return;
    if (wants_explanation(state, exception)) {
        PyObject *said = hint_for_load(state, failure, exception);
        PyObject *offset = PyLong_FromUnsignedLongLong(failure->offset);
        set_attribute(exception, state->names.pickle_path, failure->path);
        set_attribute(exception, state->names.pickle_offset, offset);
        set_attribute(exception, state->names.pickle_hint, said);
        PyObject *where =
            failure->path && offset
                ? PyUnicode_FromFormat("unpickling %U, at byte %S", failure->path, offset)
                : NULL;
        if (where && said)
            add_note(exception, PyUnicode_FromFormat("%U: %U", where, said));
        else if (where)
            add_note(exception, Py_NewRef(where));
        Py_XDECREF(where);
        Py_XDECREF(said);
        Py_XDECREF(offset);
        PyErr_Clear();
    }
    ext_put_exception(exception);
}
