/*
 * pickler_memo.c - the attribute memo of a Pickler: not a dict, but able to make one.
 */
#include "pickler.h"

typedef struct memo_proxy {
    PyObject_HEAD ext_pickler *pickler; /* NULL only after the garbage collector broke a cycle */
} memo_proxy;

static ext_pickler *pickler_of(PyObject *self)
{
    return ((memo_proxy *)self)->pickler;
}

PyObject *ext_pickler_memo_new(ext_pickler *pickler)
{
    ext_state *state = ext_state_of_type(Py_TYPE(pickler));
    if (!state)
        return NULL;
    memo_proxy *proxy = PyObject_GC_New(memo_proxy, state->pickler_memo_type);
    if (!proxy)
        return NULL;
    proxy->pickler = (ext_pickler *)Py_NewRef(pickler);
    PyObject_GC_Track(proxy);
    return (PyObject *)proxy;
}

/* The pickler, taken into use; NULL and RuntimeError if that cannot be. */
static ext_pickler *begin(PyObject *self)
{
    ext_pickler *pickler = pickler_of(self);
    if (!pickler) {
        PyErr_SetString(PyExc_RuntimeError, "the memo's Pickler is gone");
        return NULL;
    }
    return ext_pickler_begin(pickler) < 0 ? NULL : pickler;
}

PyDoc_STRVAR(clear_doc, "clear($self, /)\n"
                        "--\n\n"
                        "Remove all items from the memo.");

static PyObject *clear_memo(PyObject *self, PyObject *unused)
{
    (void)unused;
    ext_pickler *pickler = begin(self);
    if (!pickler)
        return NULL;
    ext_memo_clear(&pickler->saver.memo);
    ext_pickler_end(pickler);
    Py_RETURN_NONE;
}

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

PyDoc_STRVAR(copy_doc, "copy($self, /)\n"
                       "--\n\n"
                       "Copy the memo to a new dict.");

/*
 * Also while a dump runs: hooks look into the memo.  Making the dict can run a finaliser, so what is read is a
 * copy that nobody else has.
 */
static PyObject *copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    const ext_pickler *pickler = pickler_of(self);
    ext_memo memo = {0};
    if (pickler && ext_memo_copy(&memo, &pickler->saver.memo) < 0)
        return NULL;
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && memo.entries && i <= memo.mask; i++) {
        if (memo.entries[i].key && add_entry(dict, &memo.entries[i]) < 0)
            Py_CLEAR(dict);
    }
    ext_memo_clear(&memo);
    return dict;
}

PyDoc_STRVAR(reduce_doc, "__reduce__($self, /)\n"
                         "--\n\n"
                         "A memo is pickled as the dict it can be copied to.");

static PyObject *reduce(PyObject *self, PyObject *unused)
{
    PyObject *dict = copy(self, unused);
    return dict ? Py_BuildValue("O(N)", &PyDict_Type, dict) : NULL;
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

int ext_pickler_memo_read(ext_memo *memo, ext_state *state, PyObject *source)
{
    if (Py_IS_TYPE(source, state->pickler_memo_type) && pickler_of(source))
        return ext_memo_copy(memo, &pickler_of(source)->saver.memo);
    if (PyDict_Check(source))
        return read_dict(memo, source);
    PyErr_Format(PyExc_TypeError,
                 "'memo' attribute must be a PicklerMemoProxy object or dict, not %.200s",
                 Py_TYPE(source)->tp_name);
    return -1;
}

static int clear(PyObject *self)
{
    Py_CLEAR(((memo_proxy *)self)->pickler);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(pickler_of(self));
    return 0;
}

static PyMethodDef methods[] = {
    {"clear", clear_memo, METH_NOARGS, clear_doc},
    {"copy", copy, METH_NOARGS, copy_doc},
    {"__reduce__", reduce, METH_NOARGS, reduce_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)(uintptr_t)dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)traverse},
    {Py_tp_clear, (void *)(uintptr_t)clear},
    {Py_tp_hash, (void *)(uintptr_t)PyObject_HashNotImplemented},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec ext_pickler_memo_spec = {
    .name = "brinery._brinery.PicklerMemoProxy",
    .basicsize = sizeof(memo_proxy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
