/*
 * memo_proxy.c - the types PicklerMemoProxy and UnpicklerMemoProxy, which differ in name and in what they
 * call.
 *
 * A proxy keeps its owner alive, and has none only after the garbage collector broke a
 * cycle: such a proxy can still be reached, through gc.get_objects(), by what the collector runs.
 */
#include "memo_proxy.h"

typedef struct memo_proxy {
    PyObject_HEAD PyObject *owner;
    const ext_memo_kind *kind;
} memo_proxy;

PyObject *ext_memo_proxy_new(PyTypeObject *type, PyObject *owner, const ext_memo_kind *kind)
{
    memo_proxy *proxy = PyObject_GC_New(memo_proxy, type);
    if (!proxy)
        return NULL;
    proxy->owner = Py_NewRef(owner);
    proxy->kind = kind;
    PyObject_GC_Track(proxy);
    return (PyObject *)proxy;
}

PyObject *ext_memo_proxy_owner(PyObject *proxy)
{
    PyObject *owner = ((memo_proxy *)proxy)->owner;
    if (!owner)
        PyErr_SetString(PyExc_RuntimeError, "the memo's owner is gone");
    return Py_XNewRef(owner);
}

PyDoc_STRVAR(clear_doc, "clear($self, /)\n"
                        "--\n\n"
                        "Remove all items from the memo.");

static PyObject *clear_memo(PyObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *owner = ext_memo_proxy_owner(self);
    PyObject *done = owner ? ((memo_proxy *)self)->kind->clear(owner) : NULL;
    Py_XDECREF(owner);
    return done;
}

PyDoc_STRVAR(copy_doc, "copy($self, /)\n"
                       "--\n\n"
                       "Copy the memo to a new dict.");

static PyObject *copy_memo(PyObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *owner = ext_memo_proxy_owner(self);
    PyObject *dict = owner ? ((memo_proxy *)self)->kind->copy(owner) : NULL;
    Py_XDECREF(owner);
    return dict;
}

PyDoc_STRVAR(reduce_doc, "__reduce__($self, /)\n"
                         "--\n\n"
                         "A memo is pickled as the dict it can be copied to.");

static PyObject *reduce(PyObject *self, PyObject *unused)
{
    PyObject *dict = copy_memo(self, unused);
    return dict ? Py_BuildValue("O(N)", &PyDict_Type, dict) : NULL;
}

static int clear(PyObject *self)
{
    Py_CLEAR(((memo_proxy *)self)->owner);
    return 0;
}

static void dealloc(PyObject *self)
{
    ext_dealloc(self, clear);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((memo_proxy *)self)->owner);
    return 0;
}

static PyMethodDef methods[] = {
    {"clear", clear_memo, METH_NOARGS, clear_doc},
    {"copy", copy_memo, METH_NOARGS, copy_doc},
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

#define FLAGS                                                                                   \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | \
     Py_TPFLAGS_DISALLOW_INSTANTIATION)

PyType_Spec ext_pickler_memo_spec = {
    .name = "brinery._brinery.PicklerMemoProxy",
    .basicsize = sizeof(memo_proxy),
    .flags = FLAGS,
    .slots = slots,
};

PyType_Spec ext_unpickler_memo_spec = {
    .name = "brinery._brinery.UnpicklerMemoProxy",
    .basicsize = sizeof(memo_proxy),
    .flags = FLAGS,
    .slots = slots,
};
