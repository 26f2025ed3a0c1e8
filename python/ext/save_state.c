/*
 * save_state.c - instances of which object.__reduce_ex__ would ask no more than their state: what it would answer,
 * without the way to it.
 *
 * The answer is copyreg.__newobj__, the class and the state, of which only the state has to be found out: classes
 * with a __getstate__ of their own give it, and of what has both slots and attributes it is a pair of dicts.  For
 * all else that object.__reduce_ex__ looks, and does not find it; that much is known of the type.
 */
#include "save.h"
#include "type_table.h"

#ifndef Py_GIL_DISABLED

static PyObject *dict_of_slots(PyObject *object, const ext_type *known)
{
    PyObject *slots = PyDict_New();
    for (size_t i = 0; slots && i < known->slot_count; i++) {
        PyObject *value = ext_slot_value(object, &known->slots[i]);
        if (value && PyDict_SetItem(slots, known->slots[i].name, value) < 0)
            Py_CLEAR(slots);
    }
    return slots;
}

/* 1 and a new reference; 0 if the object has not got both; -1 and an exception. */
static int find_pair(ext_saver *saver, PyObject *object, const ext_type *known, PyObject **pair)
{
    PyObject *attributes;
    int found = ext_find_state(saver, object, known, &attributes);
    if (found <= 0 || !attributes)
        return found < 0 ? -1 : 0;
    PyObject *slots = dict_of_slots(object, known);
    bool both = slots && PyDict_GET_SIZE(slots) > 0;
    *pair = both ? PyTuple_Pack(2, attributes, slots) : NULL;
    Py_DECREF(attributes);
    found = !slots || (both && !*pair) ? -1 : both;
    Py_XDECREF(slots);
    return found;
}

/* The same of whatever state it has. */
static int find_state(ext_saver *saver, PyObject *object, const ext_type *known, PyObject **found)
{
    if (!known->gives_state)
        return find_pair(saver, object, known, found);
    if (ext_may_have_hook(saver->state, object))
        return 0;
    *found = PyObject_CallMethodNoArgs(object, saver->state->names.__getstate__);
    return *found ? 1 : -1;
}

int ext_ask_for_state(ext_saver *saver, PyObject *object, PyObject **answer)
{
    PyTypeObject *type = Py_TYPE(object);
    const ext_type *known = ext_type_with_state(saver->state, type);
    PyObject *make = known && saver->out.protocol >= 2 ? ext_copyreg_newobj(saver->state) : NULL;
    if (!make)
        return 0;
    Py_INCREF(make);
    PyObject *state;
    int found = find_state(saver, object, known, &state);
    if (found > 0) {
        PyObject *arguments = PyTuple_Pack(1, type);
        *answer = arguments ? PyTuple_Pack(3, make, arguments, state) : NULL;
        Py_XDECREF(arguments);
        Py_DECREF(state);
        found = *answer ? 1 : -1;
    }
    Py_DECREF(make);
    return found;
}

#else

int ext_ask_for_state(ext_saver *saver, PyObject *object, PyObject **answer)
{
    (void)saver;
    (void)object;
    (void)answer;
    return 0;
}

#endif
