/*
 * save_containers.c - lists, dicts, tuples, sets, and what iterators give for them.
 *
 * The order of the opcodes, how items are batched, and what is noticed of a container that changes
 * while it is saved are CPython's, whose bytes these have to be: a list is read by index and
 * may grow, a dict or set that changed its size is an error after the batch, and of
 * an iterator one item is fetched ahead, because one item alone needs no mark.
 */
#include "save.h"

#include "save_quick.h"

#if PY_VERSION_HEX >= 0x030d0000
/* Exported by the interpreter, though no longer by its headers. */
PyAPI_FUNC(int) _PySet_NextEntry(PyObject *set, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash);
#endif

/* ------------------------------------------------------------------------
 * Fast mode
 * ------------------------------------------------------------------------ */

/* Nested deeper than this, containers are remembered by their address. */
#define FAST_NESTING 50

int ext_fast_enter(ext_saver *saver, PyObject *object)
{
    if (++saver->fast_nesting < FAST_NESTING)
        return 0;
    if (!saver->fast_memo && !(saver->fast_memo = PyDict_New()))
        return -1;
    PyObject *key = PyLong_FromVoidPtr(object);
    if (!key)
        return -1;
    int found = PyDict_Contains(saver->fast_memo, key);
    if (found > 0)
        PyErr_Format(PyExc_ValueError,
                     "fast mode: can't pickle cyclic objects including object type %.200s at %p",
                     Py_TYPE(object)->tp_name, object);
    else if (found == 0)
        found = PyDict_SetItem(saver->fast_memo, key, Py_None);
    Py_DECREF(key);
    return found == 0 ? 0 : -1;
}

int ext_fast_leave(ext_saver *saver, PyObject *object)
{
    if (saver->fast_nesting-- < FAST_NESTING)
        return 0;
    PyObject *key = PyLong_FromVoidPtr(object);
    if (!key)
        return -1;
    int result = PyDict_DelItem(saver->fast_memo, key);
    Py_DECREF(key);
    return result;
}

/* Push the frame of a container that fast mode counts. */
static ext_frame *push_counted(ext_saver *saver, ext_frame_kind kind, PyObject *object, bool fast)
{
    ext_frame *frame = ext_push(saver, kind, object);
    if (frame && fast)
        frame->flags = EXT_FRAME_FAST;
    return frame;
}

/* The same for a container that turned out to be empty. */
static int leave_empty(ext_saver *saver, PyObject *object, bool fast)
{
    return fast ? ext_fast_leave(saver, object) : 0;
}

/* The exception is about the container, not about an item. */
static int fail_itself(ext_frame *frame)
{
    frame->flags |= EXT_FRAME_ITSELF;
    return -1;
}

/* The next item of the frame's iterator, or NULL at its end; -1 and an exception. */
static int next_item(ext_frame *frame, PyObject **item)
{
    *item = PyIter_Next(frame->source);
    return !*item && PyErr_Occurred() ? fail_itself(frame) : 0;
}

/* An item that the caller holds by a borrowed reference only. */
BRN_INLINE int save_item(ext_saver *saver, PyObject *item)
{
    if (ext_save_quick(saver, item))
        return 0;
    Py_INCREF(item);
    int result = ext_save(saver, item, false);
    Py_DECREF(item);
    return result;
}

/* ------------------------------------------------------------------------
 * Lists
 * ------------------------------------------------------------------------ */

enum { BEGIN, FIRST, SINGLE, MANY };

/* object: the list; index: items begun; count: of those, in this batch. */
int ext_save_list(ext_saver *saver, PyObject *list)
{
    bool fast = saver->fast;
    if (fast && ext_fast_enter(saver, list) < 0)
        return -1;
    bool emitted = saver->out.binary ? brn_emit_op(&saver->out, BRN_OP_BYTE_EMPTY_LIST)
                                     : brn_emit_raw(&saver->out, "(l", 2);
    if (!emitted || ext_memoize(saver, list) < 0)
        return -1;
    if (PyList_GET_SIZE(list) == 0)
        return leave_empty(saver, list, fast);
    if (saver->out.protocol > 0)
        return push_counted(saver, EXT_FRAME_LIST, list, fast) ? 1 : -1;
    PyObject *iterator = PyObject_GetIter(list);
    ext_frame *frame = iterator ? push_counted(saver, EXT_FRAME_LIST_ITEMS, list, fast) : NULL;
    if (!frame) {
        Py_XDECREF(iterator);
        return -1;
    }
    frame->source = iterator;
    return 1;
}

int ext_step_list(ext_saver *saver, ext_frame *frame)
{
    PyObject *list = frame->object;
    if (frame->stage == BEGIN) {
        if (PyList_GET_SIZE(list) == 1) {
            frame->stage = SINGLE;
            frame->index = 1;
            int result = save_item(saver, PyList_GET_ITEM(list, 0));
            if (result != 0)
                return result;
        } else {
            frame->stage = MANY;
            if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
                return -1;
        }
    }
    if (frame->stage == SINGLE)
        return ext_op(saver, BRN_OP_BYTE_APPEND);
    for (;;) {
        while (frame->index < PyList_GET_SIZE(list) && frame->count < BRN_EMIT_BATCH) {
            PyObject *item = PyList_GET_ITEM(list, frame->index);
            frame->index++;
            frame->count++;
            int result = save_item(saver, item);
            if (result != 0)
                return result;
        }
        if (ext_op(saver, BRN_OP_BYTE_APPENDS) < 0)
            return -1;
        if (frame->index >= PyList_GET_SIZE(list))
            return 0;
        frame->count = 0;
        if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
    }
}

/* object: whose items; source: the iterator; pending: the item fetched ahead; index, count as above. */
int ext_save_list_items(ext_saver *saver, PyObject *object, PyObject *iterator)
{
    ext_frame *frame = ext_push(saver, EXT_FRAME_LIST_ITEMS, object);
    if (!frame)
        return -1;
    frame->source = Py_NewRef(iterator);
    return 1;
}

/* Save the item that the frame was given a reference to. */
static int save_owned(ext_saver *saver, PyObject *item)
{
    int result = ext_save(saver, item, false);
    Py_DECREF(item);
    return result;
}

/* Protocol 0: one APPEND for each. */
static int step_list_items_text(ext_saver *saver, ext_frame *frame)
{
    for (;;) {
        if (frame->stage != BEGIN && ext_op(saver, BRN_OP_BYTE_APPEND) < 0)
            return -1;
        PyObject *item;
        if (next_item(frame, &item) < 0)
            return -1;
        if (!item)
            return 0;
        frame->stage = MANY;
        frame->index++;
        int result = save_owned(saver, item);
        if (result != 0)
            return result;
    }
}

/* Begin a batch: *item is what to save first, or NULL if there is nothing. */
static int begin_list_batch(ext_saver *saver, ext_frame *frame, PyObject **item)
{
    if (next_item(frame, item) < 0)
        return -1;
    if (!*item)
        return 0;
    frame->count = 0;
    int result = next_item(frame, &frame->pending);
    if (result == 0 && frame->pending)
        result = ext_op(saver, BRN_OP_BYTE_MARK);
    frame->stage = frame->pending ? MANY : SINGLE;
    if (result < 0)
        Py_CLEAR(*item);
    return result;
}

int ext_step_list_items(ext_saver *saver, ext_frame *frame)
{
    if (saver->out.protocol == 0)
        return step_list_items_text(saver, frame);
    for (;;) {
        PyObject *item = NULL;
        if (frame->stage == SINGLE)
            return ext_op(saver, BRN_OP_BYTE_APPEND);
        if (frame->stage == MANY) {
            frame->count++;
            if (frame->pending) {
                item = frame->pending;
                frame->pending = NULL;
            } else if (frame->count < BRN_EMIT_BATCH) {
                if (next_item(frame, &item) < 0)
                    return -1;
            }
            if (!item) {
                if (ext_op(saver, BRN_OP_BYTE_APPENDS) < 0)
                    return -1;
                if (frame->count < BRN_EMIT_BATCH)
                    return 0;
                frame->stage = BEGIN;
            }
        }
        if (frame->stage == BEGIN) {
            if (begin_list_batch(saver, frame, &item) < 0)
                return -1;
            if (!item)
                return 0;
        }
        frame->index++;
        int result = save_owned(saver, item);
        if (result != 0)
            return result;
    }
}

/* ------------------------------------------------------------------------
 * Dicts
 * ------------------------------------------------------------------------ */

enum { IN_KEY = EXT_STAGE_KEY, IN_VALUE = EXT_STAGE_VALUE };

/* Frame flag: the dict has one item, so there is no mark. */
#define ONE_ITEM 1

/*
 * object: the dict; index: where PyDict_Next goes on; size: what the dict had when it
 * began; source, pending: the key and value being saved, if they are not quick.
 */
int ext_save_dict(ext_saver *saver, PyObject *dict)
{
    bool fast = saver->fast;
    if (fast && ext_fast_enter(saver, dict) < 0)
        return -1;
    bool emitted = saver->out.binary ? brn_emit_op(&saver->out, BRN_OP_BYTE_EMPTY_DICT)
                                     : brn_emit_raw(&saver->out, "(d", 2);
    if (!emitted || ext_memoize(saver, dict) < 0)
        return -1;
    if (PyDict_GET_SIZE(dict) == 0)
        return leave_empty(saver, dict, fast);
    if (saver->out.protocol > 0) {
        ext_frame *frame = push_counted(saver, EXT_FRAME_DICT, dict, fast);
        if (!frame)
            return -1;
        frame->size = PyDict_GET_SIZE(dict);
        return 1;
    }
    PyObject *items = PyObject_CallMethodNoArgs(dict, saver->state->names.items);
    PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
    Py_XDECREF(items);
    ext_frame *frame = iterator ? push_counted(saver, EXT_FRAME_DICT_ITEMS, dict, fast) : NULL;
    if (!frame) {
        Py_XDECREF(iterator);
        return -1;
    }
    frame->source = iterator;
    return 1;
}

int ext_step_dict(ext_saver *saver, ext_frame *frame)
{
    PyObject *dict = frame->object;
    int result;
    switch (frame->stage) {
    case IN_KEY: goto key_saved;
    case IN_VALUE: goto value_saved;
    default: break;
    }
    if (frame->size == 1)
        frame->flags |= ONE_ITEM;
    else if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    for (;;) {
        PyObject *key, *value;
        while (frame->count < BRN_EMIT_BATCH && PyDict_Next(dict, &frame->index, &key, &value)) {
            frame->count++;
            bool key_done = ext_save_quick(saver, key);
            if (key_done && ext_save_quick(saver, value)) {
                if (frame->flags & ONE_ITEM)
                    return ext_op(saver, BRN_OP_BYTE_SETITEM);
                continue;
            }
            frame->source = Py_NewRef(key);
            frame->pending = Py_NewRef(value);
            if (!key_done) {
                frame->stage = IN_KEY;
                result = ext_save(saver, key, false);
                if (result != 0)
                    return result;
            }
key_saved:
            frame->stage = IN_VALUE;
            result = ext_save(saver, frame->pending, false);
            if (result != 0)
                return result;
value_saved:
            Py_CLEAR(frame->source);
            Py_CLEAR(frame->pending);
            if (frame->flags & ONE_ITEM)
                return ext_op(saver, BRN_OP_BYTE_SETITEM);
        }
        if (ext_op(saver, BRN_OP_BYTE_SETITEMS) < 0)
            return -1;
        if (PyDict_GET_SIZE(dict) != frame->size) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
            return fail_itself(frame);
        }
        if (frame->count < BRN_EMIT_BATCH)
            return 0;
        frame->count = 0;
        if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
    }
}

/*
 * object: whose items; source: the iterator; pending: the pair being saved; next: the one
 * fetched ahead; count as above.
 */
int ext_save_dict_items(ext_saver *saver, PyObject *object, PyObject *iterator)
{
    ext_frame *frame = ext_push(saver, EXT_FRAME_DICT_ITEMS, object);
    if (!frame)
        return -1;
    frame->source = Py_NewRef(iterator);
    return 1;
}

static int check_pair(ext_frame *frame)
{
    PyObject *pair = frame->pending;
    if (!pair || (PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2))
        return 0;
    PyErr_SetString(PyExc_TypeError, "dict items iterator must return 2-tuples");
    return fail_itself(frame);
}

/* Fetch what to save next into frame->pending; NULL there if this was all. */
static int fetch_pair(ext_saver *saver, ext_frame *frame)
{
    if (frame->next) {
        frame->pending = frame->next;
        frame->next = NULL;
        return check_pair(frame);
    }
    if (frame->stage != BEGIN && saver->out.protocol > 0) {
        /* In a batch. */
        if (frame->count < BRN_EMIT_BATCH) {
            if (next_item(frame, &frame->pending) < 0)
                return -1;
            if (frame->pending)
                return check_pair(frame);
        }
        if (ext_op(saver, BRN_OP_BYTE_SETITEMS) < 0)
            return -1;
        if (frame->count < BRN_EMIT_BATCH)
            return 0;
    }
    frame->count = 0;
    if (next_item(frame, &frame->pending) < 0 || check_pair(frame) < 0)
        return -1;
    if (!frame->pending || saver->out.protocol == 0)
        return 0;
    if (next_item(frame, &frame->next) < 0)
        return -1;
    if (frame->next)
        return ext_op(saver, BRN_OP_BYTE_MARK);
    frame->flags |= ONE_ITEM;
    return 0;
}

int ext_step_dict_items(ext_saver *saver, ext_frame *frame)
{
    int result;
    switch (frame->stage) {
    case IN_KEY: goto key_saved;
    case IN_VALUE: goto value_saved;
    default: break;
    }
    for (;;) {
        if (fetch_pair(saver, frame) < 0)
            return -1;
        if (!frame->pending)
            return 0;
        frame->count++;
        frame->stage = IN_KEY;
        result = ext_save(saver, PyTuple_GET_ITEM(frame->pending, 0), false);
        if (result != 0)
            return result;
key_saved:
        frame->stage = IN_VALUE;
        result = ext_save(saver, PyTuple_GET_ITEM(frame->pending, 1), false);
        if (result != 0)
            return result;
value_saved:
        Py_CLEAR(frame->pending);
        if (saver->out.protocol == 0 || frame->flags & ONE_ITEM) {
            if (ext_op(saver, BRN_OP_BYTE_SETITEM) < 0)
                return -1;
            if (frame->flags & ONE_ITEM)
                return 0;
        }
    }
}

/* ------------------------------------------------------------------------
 * Tuples
 * ------------------------------------------------------------------------ */

/* Tuples of up to three items have an opcode each, from protocol 2 on. */
static bool is_short_tuple(const ext_saver *saver, Py_ssize_t size)
{
    return size <= 3 && saver->out.protocol >= 2;
}

/*
 * A tuple that its own items lead back to was written while they were: what stands on the
 * stack is dropped, and that one taken.
 */
static int drop_tuple(ext_saver *saver, Py_ssize_t size, Py_ssize_t index)
{
    bool is_short = is_short_tuple(saver, size);
    if (!is_short && saver->out.binary) {
        if (ext_op(saver, BRN_OP_BYTE_POP_MARK) < 0)
            return -1;
    } else {
        /* The mark goes with one more POP. */
        for (Py_ssize_t i = is_short ? 0 : -1; i < size; i++) {
            if (ext_op(saver, BRN_OP_BYTE_POP) < 0)
                return -1;
        }
    }
    return ext_save_get(saver, index);
}

static int finish_tuple(ext_saver *saver, PyObject *tuple)
{
    static const uint8_t ops[] = {0, BRN_OP_BYTE_TUPLE1, BRN_OP_BYTE_TUPLE2, BRN_OP_BYTE_TUPLE3};
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    const Py_ssize_t *index = ext_memo_get(&saver->memo, tuple);
    if (index)
        return drop_tuple(saver, size, *index);
    uint8_t op = is_short_tuple(saver, size) ? ops[size] : BRN_OP_BYTE_TUPLE;
    return ext_op(saver, op) < 0 ? -1 : ext_memoize(saver, tuple);
}

/* object: the tuple; index: items begun. */
int ext_save_tuple(ext_saver *saver, PyObject *tuple)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    if (size == 0)
        return saver->out.protocol > 0 ? ext_op(saver, BRN_OP_BYTE_EMPTY_TUPLE)
                                       : ext_done(brn_emit_raw(&saver->out, "(t", 2));
    if (!is_short_tuple(saver, size) && ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    Py_ssize_t i = 0;
    while (i < size && ext_save_quick(saver, PyTuple_GET_ITEM(tuple, i)))
        i++;
    if (i == size)
        return finish_tuple(saver, tuple);
    ext_frame *frame = ext_push(saver, EXT_FRAME_TUPLE, tuple);
    if (!frame)
        return -1;
    frame->index = i;
    return 1;
}

int ext_step_tuple(ext_saver *saver, ext_frame *frame)
{
    PyObject *tuple = frame->object;
    while (frame->index < PyTuple_GET_SIZE(tuple)) {
        PyObject *item = PyTuple_GET_ITEM(tuple, frame->index);
        frame->index++;
        int result = save_item(saver, item);
        if (result != 0)
            return result;
    }
    return finish_tuple(saver, tuple);
}

/* ------------------------------------------------------------------------
 * Sets
 * ------------------------------------------------------------------------ */

/* Before protocol 4 a set is a call of its type with a list. */
static int save_set_call(ext_saver *saver, PyObject *set, PyTypeObject *type)
{
    PyObject *items = PySequence_List(set);
    if (!items)
        return -1;
    return ext_save_made(saver, Py_BuildValue("(O(N))", type, items), set);
}

/* object: the set; index: where to go on in it; size: what it had when it began; pending: the item. */
int ext_save_set(ext_saver *saver, PyObject *set)
{
    if (saver->out.protocol < 4)
        return save_set_call(saver, set, &PySet_Type);
    if (ext_op(saver, BRN_OP_BYTE_EMPTY_SET) < 0 || ext_memoize(saver, set) < 0)
        return -1;
    if (PySet_GET_SIZE(set) == 0)
        return 0;
    ext_frame *frame = ext_push(saver, EXT_FRAME_SET, set);
    if (!frame)
        return -1;
    frame->size = PySet_GET_SIZE(set);
    return 1;
}

int ext_step_set(ext_saver *saver, ext_frame *frame)
{
    PyObject *set = frame->object;
    if (frame->stage == BEGIN) {
        frame->stage = MANY;
        if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
    }
    Py_CLEAR(frame->pending);
    for (;;) {
        PyObject *item;
        Py_hash_t hash;
        while (frame->count < BRN_EMIT_BATCH &&
               _PySet_NextEntry(set, &frame->index, &item, &hash)) {
            frame->count++;
            if (ext_save_quick(saver, item))
                continue;
            frame->pending = Py_NewRef(item);
            int result = ext_save(saver, item, false);
            if (result != 0)
                return result;
            Py_CLEAR(frame->pending);
        }
        if (ext_op(saver, BRN_OP_BYTE_ADDITEMS) < 0)
            return -1;
        if (PySet_GET_SIZE(set) != frame->size) {
            PyErr_SetString(PyExc_RuntimeError, "set changed size during iteration");
            return fail_itself(frame);
        }
        if (frame->count < BRN_EMIT_BATCH)
            return 0;
        frame->count = 0;
        if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
    }
}

/* object: the set; index: where to go on in it; pending: the item. */
int ext_save_frozenset(ext_saver *saver, PyObject *set)
{
    bool fast = saver->fast;
    if (fast && ext_fast_enter(saver, set) < 0)
        return -1;
    if (saver->out.protocol < 4) {
        int result = save_set_call(saver, set, &PyFrozenSet_Type);
        if (fast && result > 0)
            saver->frames[saver->depth - 1].flags |= EXT_FRAME_FAST;
        return result;
    }
    if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    return push_counted(saver, EXT_FRAME_FROZENSET, set, fast) ? 1 : -1;
}

int ext_step_frozenset(ext_saver *saver, ext_frame *frame)
{
    PyObject *item;
    Py_hash_t hash;
    Py_CLEAR(frame->pending);
    while (_PySet_NextEntry(frame->object, &frame->index, &item, &hash)) {
        if (ext_save_quick(saver, item))
            continue;
        frame->pending = Py_NewRef(item);
        int result = ext_save(saver, item, false);
        if (result != 0)
            return result;
        Py_CLEAR(frame->pending);
    }
    const Py_ssize_t *index = ext_memo_get(&saver->memo, frame->object);
    if (index)
        return ext_op(saver, BRN_OP_BYTE_POP_MARK) < 0 ? -1 : ext_save_get(saver, *index);
    if (ext_op(saver, BRN_OP_BYTE_FROZENSET) < 0)
        return -1;
    return ext_memoize(saver, frame->object);
}
