/*
 * guard.c - the hooks of a load that does only what was approved.
 */
#include "guard.h"

static void refuse(ext_loader *h, const char *what)
{
    if (!PyErr_Occurred())
        PyErr_Format(h->state->UnpicklingError, "%s at byte %llu was not approved", what,
                     (unsigned long long)brn_reader_op_offset(&h->m.in));
    (void)ext_load_failed(h);
}

/* The next approval, if it is that of the opcode at work; NULL without an exception. */
static const ext_approval *next_approval(ext_loader *h)
{
    ext_guard *guard = h->guard;
    if (guard->next >= guard->count ||
        guard->rows[guard->next].offset != brn_reader_op_offset(&h->m.in))
        return NULL;
    return &guard->rows[guard->next++];
}

/* The object of an approval; a new reference. */
static PyObject *object_of(ext_loader *h, const ext_approval *approval)
{
    PyObject *objects = h->guard->objects;
    if (approval->object >= (size_t)PyTuple_GET_SIZE(objects))
        return NULL;
    PyObject *object = PyTuple_GET_ITEM(objects, (Py_ssize_t)approval->object);
    return object == Py_None ? NULL : Py_NewRef(object);
}

PyObject *ext_guard_name(ext_loader *h, PyObject *module, PyObject *name)
{
    Py_XDECREF(module);
    Py_XDECREF(name);
    const ext_approval *approval = next_approval(h);
    PyObject *object =
        approval && approval->approved == EXT_APPROVED_LOOKUP ? object_of(h, approval) : NULL;
    if (!object)
        refuse(h, "a name");
    return object;
}

/* copyreg's functions know stand-ins: brinery._opaque.call. */
static bool is_of_copyreg(PyObject *callee)
{
    if (!PyFunction_Check(callee))
        return false;
    PyObject *module = PyFunction_GetModule(callee);
    return module && PyUnicode_Check(module) &&
           PyUnicode_CompareWithASCIIString(module, "copyreg") == 0;
}

static PyObject *call_stand_in(ext_loader *h, PyObject *stand_in, PyObject *callee, PyObject *args)
{
    if (!PyTuple_Check(args)) {
        PyErr_SetString(h->state->UnpicklingError, "a stand-in is called without a tuple");
        return NULL;
    }
    if (is_of_copyreg(callee) && PyTuple_GET_SIZE(args) > 0 &&
        PyTuple_GET_ITEM(args, 0) == stand_in)
        return ext_opaque_call(h->state, callee, args);
    return PyObject_Call(stand_in, args, NULL);
}

PyObject *ext_guard_reduce(ext_loader *h, PyObject *callee, PyObject *args)
{
    const ext_approval *approval = next_approval(h);
    if (approval && approval->approved == EXT_APPROVED_CALL)
        return ext_load_reduce(h, callee, args);
    PyObject *value = NULL;
    PyObject *object = approval ? object_of(h, approval) : NULL;
    if (object && approval->approved == EXT_APPROVED_LOOKUP) {
        value = Py_NewRef(object); /* getattr(class, name) */
    } else if (object && approval->approved == EXT_APPROVED_STAND_IN) {
        ext_gc_resume(h);
        value = call_stand_in(h, object, callee, args);
        ext_gc_pause(h);
    }
    Py_XDECREF(object);
    Py_DECREF(callee);
    Py_DECREF(args);
    if (!value)
        refuse(h, "a call");
    return value;
}

/* The class that may be instantiated: `cls`, whose reference is taken, or a stand-in's; NULL with an exception. */
static PyObject *approved_class(ext_loader *h, PyObject *cls)
{
    const ext_approval *approval = next_approval(h);
    if (approval && approval->approved == EXT_APPROVED_CALL)
        return cls;
    PyObject *object =
        approval && approval->approved == EXT_APPROVED_STAND_IN ? object_of(h, approval) : NULL;
    Py_DECREF(cls);
    if (!object)
        refuse(h, "an instance");
    return object;
}

PyObject *ext_guard_newobj(ext_loader *h, PyObject *cls, PyObject *args, PyObject *kwargs)
{
    cls = approved_class(h, cls);
    if (cls)
        return ext_load_newobj(h, cls, args, kwargs);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    return NULL;
}

PyObject *ext_guard_obj(ext_loader *h, PyObject **items, size_t count)
{
    items[0] = approved_class(h, items[0]);
    if (items[0])
        return ext_load_obj(h, items, count);
    ext_release(items + 1, count - 1);
    return NULL;
}

PyObject *ext_guard_inst(ext_loader *h, PyObject **items, size_t count)
{
    PyObject *cls = ext_guard_name(h, NULL, NULL);
    cls = cls ? approved_class(h, cls) : NULL;
    if (cls)
        return ext_load_instantiate(h, cls, items, count);
    ext_release(items, count);
    return NULL;
}

bool ext_guard_build(ext_loader *h, PyObject *object, PyObject *state)
{
    const ext_approval *approval = next_approval(h);
    if (approval && approval->approved == EXT_APPROVED_CHANGE)
        return ext_load_build(h, object, state);
    Py_DECREF(state);
    refuse(h, "a state");
    return false;
}

bool ext_guard_outside(ext_loader *h)
{
    const ext_approval *approval = next_approval(h);
    if (approval && approval->approved == EXT_APPROVED_OUTSIDE)
        return true;
    refuse(h, "what is outside of the pickle");
    return false;
}

bool ext_guard_fill(ext_loader *h, PyObject *container, const PyTypeObject *plain, PyObject **items,
                    size_t count)
{
    const ext_approval *approval = next_approval(h);
    if (approval ? approval->approved == EXT_APPROVED_CHANGE
                 : Py_IS_TYPE(container, (PyTypeObject *)(uintptr_t)plain))
        return true;
    ext_release(items, count);
    refuse(h, "an item");
    return false;
}

static bool is_dunder(PyObject *name)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    return length >= 4 && PyUnicode_READ_CHAR(name, 0) == '_' &&
           PyUnicode_READ_CHAR(name, 1) == '_' && PyUnicode_READ_CHAR(name, length - 1) == '_' &&
           PyUnicode_READ_CHAR(name, length - 2) == '_';
}

bool ext_guard_slots(const ext_loader *h, PyObject *slots)
{
    Py_ssize_t at = 0;
    PyObject *key;
    PyObject *value;
    while (h->guard && PyDict_Next(slots, &at, &key, &value)) {
        if (!PyUnicode_Check(key) || is_dunder(key)) {
            PyErr_Format(h->state->UnpicklingError, "%R is no slot that may be set", key);
            return false;
        }
    }
    return true;
}
