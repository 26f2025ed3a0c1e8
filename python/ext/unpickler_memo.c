/*
 * unpickler_memo.c - an Unpickler's memo as a dict, and back.
 */
#include "load.h"
#include "memo_proxy.h"

static int copy_entry(PyObject *dict, uint64_t index, PyObject *value)
{
    PyObject *key = PyLong_FromUnsignedLongLong(index);
    int done = key ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(key);
    return done;
}

PyObject *ext_unpickler_memo_copy(ext_unpickler *unpickler)
{
    PyObject *dict = PyDict_New();
    size_t place = 0;
    uint64_t index;
    for (PyObject *value; dict && (value = brn_memo_next(&unpickler->memo, &place, &index));) {
        if (copy_entry(dict, index, value) < 0)
            Py_CLEAR(dict);
    }
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

/* A dict like that of copy(), from a proxy or dict: a new reference. */
static PyObject *dict_of(const ext_state *state, PyObject *source)
{
    if (Py_IS_TYPE(source, state->unpickler_memo_type)) {
        PyObject *owner = ext_memo_proxy_owner(source);
        PyObject *dict = owner ? ext_unpickler_memo_copy((ext_unpickler *)owner) : NULL;
        Py_XDECREF(owner);
        return dict;
    }
    if (PyDict_Check(source))
        return Py_NewRef(source);
    PyErr_Format(PyExc_TypeError,
                 "'memo' attribute must be an UnpicklerMemoProxy object or dict, not %.200s",
                 Py_TYPE(source)->tp_name);
    return NULL;
}

static int set_memo(ext_unpickler *self, PyObject *source)
{
    const ext_state *state = ext_state_of_type(Py_TYPE(self));
    PyObject *dict = dict_of(state, source);
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

int ext_unpickler_set_memo(ext_unpickler *self, PyObject *value, void *closure)
{
    (void)closure;
    if (!value)
        return ext_refuse_deletion();
    if (ext_unpickler_check_idle(self) < 0)
        return -1;
    self->running = true; /* making a dict, or releasing one, can run a finaliser */
    int done = set_memo(self, value);
    self->running = false;
    return done;
}

static PyObject *copy(PyObject *unpickler)
{
    return ext_unpickler_memo_copy((ext_unpickler *)unpickler);
}

static PyObject *clear(PyObject *owner)
{
    ext_unpickler *unpickler = (ext_unpickler *)owner;
    if (ext_unpickler_check_idle(unpickler) < 0)
        return NULL;
    ext_memo_release(&unpickler->memo, &unpickler->memory);
    Py_RETURN_NONE;
}

PyObject *ext_unpickler_memo_new(ext_state *state, ext_unpickler *unpickler)
{
    static const ext_memo_kind kind = {copy, clear};
    return ext_memo_proxy_new(state->unpickler_memo_type, (PyObject *)unpickler, &kind);
}
