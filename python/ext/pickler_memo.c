/*
 * pickler_memo.c - a Pickler's memo as a dict, and back.
 */
#include "memo_proxy.h"
#include "pickler.h"

/* {address: (number, object)}. */
static int add_entry(PyObject *dict, const ext_memo_entry *entry)
{
    PyObject *key = PyLong_FromVoidPtr(entry->key);
    PyObject *value = Py_BuildValue("nO", entry->value, entry->key);
    int result = key && value ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return result;
}

/*
 * Also while a dump runs: hooks look into the memo.  Making the dict can run a finaliser, so what is read is a
 * copy that nobody else has.
 */
static PyObject *copy(PyObject *pickler)
{
    ext_memo memo = {0};
    if (ext_memo_copy(&memo, &((ext_pickler *)pickler)->saver.memo) < 0)
        return NULL;
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && memo.entries && i <= memo.mask; i++) {
        if (memo.entries[i].key && add_entry(dict, &memo.entries[i]) < 0)
            Py_CLEAR(dict);
    }
    ext_memo_clear(&memo);
    return dict;
}

/* Take entries from a dict like copy()'s. */
static int read_dict(ext_memo *memo, PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value)) {
        if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 2) {
            PyErr_SetString(PyExc_TypeError, "'memo' values must be 2-item tuples");
            return -1;
        }
        /* Making an int of it can run anything. */
        Py_INCREF(value);
        Py_ssize_t number = PyLong_AsSsize_t(PyTuple_GET_ITEM(value, 0));
        int result = number == -1 && PyErr_Occurred()
                         ? -1
                         : ext_memo_set(memo, PyTuple_GET_ITEM(value, 1), number);
        Py_DECREF(value);
        if (result < 0)
            return -1;
    }
    return 0;
}

static int read_proxy(ext_memo *memo, PyObject *proxy)
{
    PyObject *pickler = ext_memo_proxy_owner(proxy);
    int result = pickler ? ext_memo_copy(memo, &((ext_pickler *)pickler)->saver.memo) : -1;
    Py_XDECREF(pickler);
    return result;
}

int ext_pickler_memo_read(ext_memo *memo, ext_state *state, PyObject *source)
{
    if (Py_IS_TYPE(source, state->pickler_memo_type))
        return read_proxy(memo, source);
    if (PyDict_Check(source))
        return read_dict(memo, source);
    PyErr_Format(PyExc_TypeError,
                 "'memo' attribute must be a PicklerMemoProxy object or dict, not %.200s",
                 Py_TYPE(source)->tp_name);
    return -1;
}

PyObject *ext_pickler_memo_new(ext_pickler *pickler)
{
    static const ext_memo_kind kind = {copy, ext_pickler_clear_memo};
    return ext_memo_proxy_new(ext_state_of_type(Py_TYPE(pickler))->pickler_memo_type,
                              (PyObject *)pickler, &kind);
}
