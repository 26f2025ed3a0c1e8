/*
 * load_datetime.c - timedeltas, without the arithmetic of their constructor.
 *
 * timedelta() adds up what it is given, in days, seconds and microseconds, as Python's numbers: it takes fractions.  What
 * is saved are three small ints, and for these the interpreter has a function that says the same.
 */
#include "load.h"

#include <datetime.h>

/* What the module datetime offers to C; NULL if it is not the interpreter's own. */
static const PyDateTime_CAPI *datetime_api(ext_state *state, const PyTypeObject *type)
{
    if (!state->datetime_api && type->tp_basicsize == sizeof(PyDateTime_Delta) &&
        type->tp_as_number && strcmp(type->tp_name, "datetime.timedelta") == 0) {
        state->datetime_api = PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0);
        if (!state->datetime_api)
            PyErr_Clear();
    }
    return state->datetime_api;
}

static bool small_int(PyObject *value, int *number)
{
    /* Days may have that many; more of the others would be no less right, but are not met. */
    enum { MOST = 999999999 };
    int overflow;
    if (!PyLong_CheckExact(value))
        return false;
    long all = PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow != 0 || all < -MOST || all > MOST)
        return false;
    *number = (int)all;
    return true;
}

PyObject *ext_load_timedelta(ext_loader *h, PyTypeObject *type, PyObject *args)
{
    int days;
    int seconds;
    int microseconds;
    if (PyTuple_GET_SIZE(args) != 3)
        return NULL;
    const PyDateTime_CAPI *api = datetime_api(h->state, type);
    if (!api || type != api->DeltaType || !small_int(PyTuple_GET_ITEM(args, 0), &days) ||
        !small_int(PyTuple_GET_ITEM(args, 1), &seconds) ||
        !small_int(PyTuple_GET_ITEM(args, 2), &microseconds))
        return NULL;
    PyObject *delta = api->Delta_FromDelta(days, seconds, microseconds, 1, type);
    if (!delta)
        PyErr_Clear(); /* the constructor says what is wrong */
    return delta;
}
