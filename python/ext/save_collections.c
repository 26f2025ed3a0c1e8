/*
 * save_collections.c - instances of subclasses of list and dict, deques, defaultdicts and OrderedDicts, without asking them.
 *
 * What object.__reduce_ex__, or their own __reduce__, would answer is a call without arguments, or with
 * plain ones, and an iterator, whose items are at hand.  So the call is written here, if its class has been written
 * before, and the items as the iterator would have given them.
 */
#include "save.h"

#ifndef Py_GIL_DISABLED

#include "layout.h"
#include "save_direct.h"
#include "save_quick.h"

/* cls.__new__(cls): whether it has been written. */
static bool put_instance(ext_saver *saver, PyObject *object, bool unique)
{
    uint8_t *p = ext_put_instance(saver, object, unique);
    if (p)
        saver->out.pos = p;
    return p != NULL;
}

/* cls(). */
static bool put_call(ext_saver *saver, PyObject *object, bool unique)
{
    uint8_t *p = ext_put_class(saver, object, unique);
    if (!p)
        return false;
    *p++ = BRN_OP_BYTE_EMPTY_TUPLE;
    saver->out.pos = ext_put_object(saver, p, BRN_OP_BYTE_REDUCE, object, unique);
    return true;
}

/* deque(), or deque((), maxlen). */
static bool put_deque(ext_saver *saver, PyObject *object, bool unique)
{
    PyObject *most = PyObject_GetAttr(object, saver->state->names.maxlen);
    int32_t bound = -1;
    bool is_plain =
        most && (most == Py_None || (PyLong_CheckExact(most) && ext_long_compact(most, &bound)));
    Py_XDECREF(most);
    PyErr_Clear();
    if (is_plain && bound < 0)
        return put_call(saver, object, unique);
    uint8_t *p = is_plain ? ext_put_class(saver, object, unique) : NULL;
    if (!p)
        return false;
    *p++ = BRN_OP_BYTE_EMPTY_TUPLE;
    p = brn_put_int(p, bound);
    p = ext_put_made(saver, p, BRN_OP_BYTE_TUPLE2);
    saver->out.pos = ext_put_object(saver, p, BRN_OP_BYTE_REDUCE, object, unique);
    return true;
}

/* defaultdict(), or defaultdict(factory) if that has been written before. */
static bool put_defaultdict(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    PyObject *factory = ext_slot_value(object, &known->slots[0]);
    if (!factory || factory == Py_None)
        return put_call(saver, object, unique);
    Py_ssize_t number = ext_memo_get(&saver->memo, factory);
    /* The room is asked for with the larger of two numbers. */
    bool fits = number >= 0 && ext_is_room_ahead(saver, number, unique);
    uint8_t *p = fits ? ext_put_class(saver, object, unique) : NULL;
    if (!p)
        return false;
    p = brn_put_binget(p, number);
    p = ext_put_made(saver, p, BRN_OP_BYTE_TUPLE1);
    saver->out.pos = ext_put_object(saver, p, BRN_OP_BYTE_REDUCE, object, unique);
    return true;
}

/* The object itself, up to its items: whether it has been written. */
static bool put_object(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    switch (known->kind) {
    case EXT_TYPE_DEQUE: return put_deque(saver, object, unique);
    case EXT_TYPE_DEFAULTDICT: return put_defaultdict(saver, object, known, unique);
    case EXT_TYPE_ORDERED_DICT: return put_call(saver, object, unique);
    default: return put_instance(saver, object, unique);
    }
}

static int save_items(ext_saver *saver, PyObject *object, ext_type_kind kind)
{
    switch (kind) {
    case EXT_TYPE_DEQUE: return ext_save_items_of_deque(saver, object);
    case EXT_TYPE_LIST: return ext_save_items_of_list(saver, object);
    default: return ext_save_items_of_dict(saver, object);
    }
}

/*
 * Of an OrderedDict: whether it has no attributes, and its order is that of the dict that it is, as long as no key was
 * moved or set anew.
 */
static bool is_in_order(PyObject *object)
{
    PyObject *attributes;
    if (ext_existing_dict(object, &attributes) && attributes &&
        (!PyDict_CheckExact(attributes) || PyDict_GET_SIZE(attributes) > 0))
        return false;
    PyObject *iterator = ext_make_iterator(object);
    PyObject *key, *ordered = NULL;
    Py_ssize_t position = 0;
    bool same = iterator != NULL;
    while (same && (ordered = Py_TYPE(iterator)->tp_iternext(iterator))) {
        same = PyDict_Next(object, &position, &key, NULL) && key == ordered;
        Py_DECREF(ordered);
    }
    same = same && !PyDict_Next(object, &position, &key, NULL);
    Py_XDECREF(iterator);
    PyErr_Clear();
    return same;
}

/* Of a subclass: as ext_find_state(). */
static int find_state(ext_saver *saver, PyObject *object, const ext_type *known, PyObject **dict)
{
    *dict = NULL;
    if (known->kind == EXT_TYPE_ORDERED_DICT)
        return is_in_order(object);
    if (known->kind != EXT_TYPE_LIST && known->kind != EXT_TYPE_DICT)
        return 1;
    int found = ext_find_state(saver, object, known, dict);
    /* What is called for its items is looked for in the instance.  (All its keys are str.) */
    if (found > 0 && *dict && known->kind == EXT_TYPE_DICT &&
        PyDict_Contains(*dict, saver->state->names.items) != 0) {
        PyErr_Clear();
        Py_CLEAR(*dict);
        return 0;
    }
    return found;
}

int ext_save_collection(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    ext_type_kind kind = known->kind;
    bool is_dict =
        kind == EXT_TYPE_DICT || kind == EXT_TYPE_DEFAULTDICT || kind == EXT_TYPE_ORDERED_DICT;
    if (!saver->optimistic || ext_is_too_deep(saver, EXT_REDUCE_WEIGHT + 1) ||
        (is_dict && PyDict_GET_SIZE(object) > BRN_EMIT_BATCH))
        return EXT_NOT_DIRECT;
    PyObject *state;
    int found = find_state(saver, object, known, &state);
    if (found <= 0)
        return found < 0 ? -1 : EXT_NOT_DIRECT;
    if (!put_object(saver, object, known, unique)) {
        Py_XDECREF(state);
        return EXT_NOT_DIRECT;
    }
    if (!state)
        return save_items(saver, object, kind);
    /* It comes after the items. */
    if (!ext_push_state(saver, object, state))
        return -1;
    return save_items(saver, object, kind) < 0 ? -1 : 1;
}

#endif
