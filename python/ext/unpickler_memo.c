/*
 * unpickler_memo.c - Unpickler.memo: a proxy that can copy and clear the memo, be pickled (as a dict), and
 * be given to another Unpickler.  It is no mapping, so that the memo can stay an array.
 */
#include "load.h"

typedef struct memo_proxy {
    PyObject_HEAD ext_unpickler *unpickler;
} memo_proxy;

/* ------------------------------------------------------------------------
 * The memo as a dict, and back
 * ------------------------------------------------------------------------ */

static int copy_entry(PyObject *dict, uint64_t index, PyObject *value)
{
    PyObject *key = PyLong_FromUnsignedLongLong(index);
    int done = key ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(key);
    return done;
}

PyObject *ext_unpickler_memo_copy(ext_unpickler *unpickler)
{
    const brn_memo *memo = &unpickler->memo;
    PyObject *dict = PyDict_New();
    int done = dict ? 0 : -1;
    for (size_t i = 0; done == 0 && i < memo->dense_cap; i++) {
        if (memo->dense[i])
            done = copy_entry(dict, i, memo->dense[i]);
    }
    for (size_t i = 0; done == 0 && i < memo->sparse_cap; i++) {
        uint64_t key = memo->sparse[i].key;
        if (key != 0 && !(key - 1 < memo->dense_cap && memo->dense[key - 1]))
            done = copy_entry(dict, key - 1, memo->sparse[i].value);
    }
    if (done < 0)
        Py_CLEAR(dict);
    return dict;
}

static int put_entry(brn_memo *memo, brn_memory *memory, PyObject *key, PyObject *value)
{
    if (!PyLong_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "memo key must be integers");
        return -1;
    }
    Py_ssize_t index = PyLong_AsSsize_t(key);
    if (index == -1 && PyErr_Occurred())
        return -1;
    if (index < 0) {
        PyErr_SetString(PyExc_ValueError, "memo key must be positive integers.");
        return -1;
    }
    PyObject *old = brn_memo_get(memo, (uint64_t)index);
    if (!brn_memo_put(memo, memory, (uint64_t)index, value)) {
        PyErr_NoMemory();
        return -1;
    }
    Py_INCREF(value);
    Py_XDECREF(old);
    return 0;
}

int ext_unpickler_set_memo(ext_unpickler *self, PyObject *value, void *closure)
{
    (void)closure;
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
        return -1;
    }
    if (ext_unpickler_check_idle(self) < 0)
        return -1;
    ext_state *state = ext_state_of_type(Py_TYPE(self));
    PyObject *dict;
    if (Py_IS_TYPE(value, state->unpickler_memo_type)) {
        dict = ext_unpickler_memo_copy(((memo_proxy *)value)->unpickler);
    } else if (PyDict_Check(value)) {
        dict = Py_NewRef(value);
    } else {
        PyErr_Format(PyExc_TypeError,
                     "'memo' attribute must be an UnpicklerMemoProxy object or dict, not %.200s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    brn_memo memo;
    brn_memo_init(&memo, state->hash_seed);
    int done = dict ? 0 : -1;
    Py_ssize_t at = 0;
    PyObject *key;
    PyObject *entry;
    while (done == 0 && PyDict_Next(dict, &at, &key, &entry))
        done = put_entry(&memo, &self->memory, key, entry);
    Py_XDECREF(dict);
    if (done == 0) {
        brn_memo old = self->memo;
        self->memo = memo;
        memo = old;
    }
    ext_memo_release(&memo, &self->memory);
    return done;
}

/* ------------------------------------------------------------------------
 * The type
 * ------------------------------------------------------------------------ */

PyObject *ext_unpickler_memo_new(ext_state *state, ext_unpickler *unpickler)
{
    memo_proxy *self = PyObject_GC_New(memo_proxy, state->unpickler_memo_type);
    if (!self)
        return NULL;
    Py_INCREF(unpickler);
    self->unpickler = unpickler;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *clear_memo(memo_proxy *self, PyObject *unused)
{
    (void)unused;
    if (ext_unpickler_check_idle(self->unpickler) < 0)
        return NULL;
    ext_memo_release(&self->unpickler->memo, &self->unpickler->memory);
    Py_RETURN_NONE;
}

static PyObject *copy_memo(memo_proxy *self, PyObject *unused)
{
    (void)unused;
    return ext_unpickler_memo_copy(self->unpickler);
}

static PyObject *reduce(memo_proxy *self, PyObject *unused)
{
    (void)unused;
    PyObject *dict = ext_unpickler_memo_copy(self->unpickler);
    return dict ? Py_BuildValue("O(N)", &PyDict_Type, dict) : NULL;
}

static PyMethodDef methods[] = {
    {"clear", (PyCFunction)clear_memo, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from memo."},
    {"copy", (PyCFunction)copy_memo, METH_NOARGS, "copy($self, /)\n--\n\nThe memo as a dict."},
    {"__reduce__", (PyCFunction)reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nPickled as a dict."},
    {NULL, NULL, 0, NULL},
};

static int clear(memo_proxy *self)
{
    Py_CLEAR(self->unpickler);
    return 0;
}

static int traverse(memo_proxy *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->unpickler);
    return 0;
}

static void dealloc(memo_proxy *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)clear(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)(uintptr_t)dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)traverse},
    {Py_tp_clear, (void *)(uintptr_t)clear},
    {Py_tp_hash, (void *)(uintptr_t)PyObject_HashNotImplemented},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec ext_unpickler_memo_spec = {
    .name = "brinery._brinery.UnpicklerMemoProxy",
    .basicsize = sizeof(memo_proxy),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
