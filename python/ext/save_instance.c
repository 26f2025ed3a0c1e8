/*
 * save_instance.c - instances that object.__reduce_ex__ would describe, without asking it: the class, NEWOBJ, and
 * the attributes, the slots, or the items of a namedtuple.
 *
 * CPython makes a reduce tuple, a __dict__ and a dict of slots for each, and writes those.  What it would
 * make is not made here, but it has its numbers in the memo.  Attributes that have no __dict__ yet are
 * read where they are: making one would slow the program down that is being saved, for good.  Once foreign
 * code is to run, the log makes it (ext_before_foreign), and from then on it is walked, as CPython walks it.
 */
#include "save.h"

#include "layout.h"
#include "save_direct.h"
#include "save_quick.h"

#ifndef Py_GIL_DISABLED

/* ------------------------------------------------------------------------
 * The frame
 * ------------------------------------------------------------------------ */

/*
 * object: the instance; pending: the name of what is being saved; stage: an ext_instance_part; index: what
 * comes next.  Of attributes, size: the number of their dict; source: that dict, once there is one. Of
 * slots, source: a tuple of names and values; size: the epoch of which it is.  Of items, size as well.
 * count: how many there are.
 */

/* More are left to the general way, which writes them in batches. */
#define MOST_ATTRIBUTES 250

/* Frame flags: the name has been written, its value not; a pair has been begun. */
#define NAMED 1
#define BEGUN 2

static ext_frame *push_part(ext_saver *saver, PyObject *object, ext_instance_part part,
                            Py_ssize_t index)
{
    ext_frame *frame = ext_push(saver, EXT_FRAME_INSTANCE, object);
    if (frame) {
        frame->stage = (uint8_t)part;
        frame->index = index;
    }
    return frame;
}

/* One copy for all who call it. */
static bool save_quick(ext_saver *saver, PyObject *object, bool vouched)
{
    return ext_save_quick(saver, object, vouched);
}

/* What was being saved is done. */
static int drop_pending(ext_saver *saver, ext_frame *frame)
{
    PyObject *name = frame->pending;
    frame->pending = NULL;
    return ext_give_back(saver, name);
}

/* ------------------------------------------------------------------------
 * The instance itself
 * ------------------------------------------------------------------------ */

static int emit_two(ext_saver *saver, uint8_t first, uint8_t second)
{
    brn_emitter *out = &saver->out;
    if (!brn_emit_room(out, 2))
        return -1;
    out->pos[0] = first;
    out->pos[1] = second;
    out->pos += 2;
    return 0;
}

static uint8_t setting_op(size_t count)
{
    return count == 1 ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_SETITEMS;
}

/* cls.__new__(cls), of a class that was just written. */
static int make_instance(ext_saver *saver, PyObject *object, bool unique)
{
    if (!brn_emit_boundary(&saver->out) ||
        emit_two(saver, BRN_OP_BYTE_EMPTY_TUPLE, BRN_OP_BYTE_NEWOBJ) < 0)
        return -1;
    return ext_memoize_as(saver, object, unique);
}

int ext_save_bare(ext_saver *saver, PyObject *object, bool unique)
{
    int written = ext_save_class(saver, Py_TYPE(object));
    return written != 0 ? written : make_instance(saver, object, unique);
}

/* The same, and then an object follows, which is its state. */
static int begin_state(ext_saver *saver, PyObject *object, bool unique)
{
    if (make_instance(saver, object, unique) < 0)
        return -1;
    return ext_done(brn_emit_boundary(&saver->out));
}

/* What is set on an instance comes before what its class has: then it has to be asked. */
static bool is_hook(const ext_state *state, PyObject *name)
{
    if (!PyUnicode_CheckExact(name))
        return true;
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    if (BRN_LIKELY(length < 12 || length > 13 || PyUnicode_READ_CHAR(name, 0) != '_'))
        return false;
    return PyUnicode_Compare(name, state->names.__reduce_ex__) == 0 ||
           PyUnicode_Compare(name, state->names.__getstate__) == 0;
}

/* ------------------------------------------------------------------------
 * Attributes
 * ------------------------------------------------------------------------ */

/*
 * A walk through attributes, in the instance or in its __dict__; positions are those of PyDict_Next.  What
 * stands in values outside of the dict's table, that of instances of a class, is read without a call.
 */
typedef struct walk {
    PyObject *dict; /* or NULL */
    bool outside;
    ext_attributes attributes;
    Py_ssize_t count;
} walk;

BRN_INLINE walk walk_of(PyObject *object, PyObject *dict)
{
    walk through = {.dict = dict};
    through.outside = dict ? ext_attributes_of_dict(dict, &through.attributes)
                           : ext_attributes_of(object, &through.attributes);
    through.count = through.outside ? (Py_ssize_t)through.attributes.count
                    : dict          ? PyDict_GET_SIZE(dict)
                                    : 0;
    return through;
}

BRN_INLINE bool walk_next(const walk *through, Py_ssize_t *position, PyObject **name,
                          PyObject **value)
{
    if (through->outside) {
        if (*position >= through->count)
            return false;
        *name = ext_attribute_name(&through->attributes, (size_t)*position);
        *value = ext_attribute_value(&through->attributes, (size_t)*position);
        ++*position;
        return true;
    }
    return through->dict && ext_dict_next(through->dict, position, name, value);
}

static bool walk_meets_hook(const ext_state *state, const walk *through)
{
    Py_ssize_t position = 0;
    PyObject *name, *value;
    while (walk_next(through, &position, &name, &value)) {
        if (is_hook(state, name))
            return true;
    }
    return false;
}

/* Class, instance, and the beginning of its __dict__, which is unique, or does not exist. */
static int begin_attributes(ext_saver *saver, PyObject *object, const walk *through, bool unique)
{
    PyObject *dict = through->dict;
    uint8_t *p = ext_put_instance(saver, object, unique);
    if (p) {
        *p = BRN_OP_BYTE_EMPTY_DICT;
        p = ext_put_number(saver, p + 1,
                           dict ? (uintptr_t)dict : (uintptr_t)object | EXT_LOG_ATTRIBUTES);
        *p = BRN_OP_BYTE_MARK;
        saver->out.pos = p + (through->count > 1);
        return 0;
    }
    int written = ext_save_class(saver, Py_TYPE(object));
    if (written != 0)
        return written;
    if (begin_state(saver, object, unique) < 0 || ext_op(saver, BRN_OP_BYTE_EMPTY_DICT) < 0 ||
        (dict ? ext_memoize_unique(saver, dict) : ext_memoize_attributes(saver, object)) < 0)
        return -1;
    return through->count > 1 ? ext_op(saver, BRN_OP_BYTE_MARK) : 0;
}

/* Write pairs as long as they are quick, from `position` on; *named: the next one's name is written. */
static bool put_pairs(ext_saver *saver, const walk *through, Py_ssize_t *position, bool *named)
{
    uint8_t *p = saver->out.pos;
    uint8_t *const quick = saver->out.quick;
    PyObject *name, *value;
    bool all = true;
    for (Py_ssize_t next = *position; walk_next(through, &next, &name, &value); *position = next) {
        uint8_t *end = p < quick ? ext_put_quick(saver, p, name, false) : NULL;
        *named = end != NULL;
        p = end ? end : p;
        end = end && p < quick ? ext_put_quick(saver, p, value, true) : NULL;
        all = end != NULL;
        if (!all)
            break;
        p = end;
    }
    saver->out.pos = p;
    return all;
}

static int save_attributes(ext_saver *saver, PyObject *object, const walk *through, bool unique)
{
    Py_ssize_t count = through->count;
    int begun = begin_attributes(saver, object, through, unique);
    if (begun != 0)
        return begun;
    Py_ssize_t number = ext_next_number(saver) - 1;
    Py_ssize_t position = 0;
    bool named = false;
    if (put_pairs(saver, through, &position, &named))
        return emit_two(saver, setting_op((size_t)count), BRN_OP_BYTE_BUILD);
    ext_frame *frame = push_part(saver, object, EXT_INSTANCE_ATTRIBUTES, position);
    if (!frame)
        return -1;
    frame->source = Py_XNewRef(through->dict);
    frame->size = number;
    frame->count = (uint16_t)count;
    frame->flags = named ? NAMED : 0;
    return 1;
}

/* The dict that has this number, borrowed: the log has made it. */
static PyObject *dict_of_number(ext_saver *saver, PyObject *object, Py_ssize_t number)
{
    PyObject *dict;
    if (ext_existing_dict(object, &dict) && dict && ext_memo_get(&saver->memo, dict) == number)
        return dict;
    /* Foreign code has given the instance another one. */
    const ext_memo *memo = &saver->memo;
    for (size_t i = 0; memo->entries && i <= memo->mask; i++) {
        if (memo->entries[i].key && memo->entries[i].value == number)
            return memo->entries[i].key;
    }
    return NULL;
}

/*
 * The pair that comes next: 1, 0 at the end, -1 and an exception.  Both are borrowed.  While there is no
 * dict, its place is the place in the order of the attributes.
 */
static int next_pair(ext_saver *saver, ext_frame *frame, PyObject **name, PyObject **value)
{
    walk through = walk_of(frame->object, frame->source);
    if (!frame->source && !through.outside) {
        PyObject *dict = dict_of_number(saver, frame->object, frame->size);
        if (!dict || !PyDict_Check(dict)) {
            PyErr_SetString(PyExc_RuntimeError, "attributes changed during iteration");
            return -1;
        }
        frame->source = Py_NewRef(dict);
        through = walk_of(frame->object, dict);
    }
    return walk_next(&through, &frame->index, name, value);
}

/* As for any dict. */
static int check_size(ext_frame *frame)
{
    if (!frame->source || frame->count == 1 || PyDict_GET_SIZE(frame->source) == frame->count)
        return 0;
    return ext_fail_changed_dict(frame);
}

/* Of a name and value, whichever has not been written. */
static int save_pair(ext_saver *saver, ext_frame *frame, PyObject *name, PyObject *value)
{
    bool named = frame->flags & NAMED || save_quick(saver, name, false);
    frame->flags &= (uint8_t)~NAMED;
    if (named && save_quick(saver, value, true))
        return 0;
    frame->pending = Py_NewRef(name);
    if (named)
        return ext_save_item(saver, value, true);
    /* Writing the name may write to a file: then the pair may be gone. */
    Py_INCREF(value);
    int result = ext_save_item(saver, name, false);
    if (result == 0)
        result = ext_save(saver, value, false);
    return ext_give_back(saver, value) < 0 ? -1 : result;
}

static int step_attributes(ext_saver *saver, ext_frame *frame)
{
    for (;;) {
        PyObject *name, *value;
        if (frame->pending && drop_pending(saver, frame) < 0)
            return -1;
        if (frame->flags & BEGUN && (frame->count == 1 || frame->index >= BRN_EMIT_BATCH))
            break;
        int found = next_pair(saver, frame, &name, &value);
        if (found < 0)
            return -1;
        if (!found)
            break;
        frame->flags |= BEGUN;
        int result = save_pair(saver, frame, name, value);
        if (result != 0)
            return result;
    }
    if (ext_op(saver, setting_op(frame->count)) < 0 || check_size(frame) < 0)
        return -1;
    return ext_op(saver, BRN_OP_BYTE_BUILD);
}

/* ------------------------------------------------------------------------
 * Slots
 * ------------------------------------------------------------------------ */

static size_t count_slots(PyObject *object, const ext_type *known)
{
    size_t count = 0;
    for (size_t i = 0; i < known->slot_count; i++)
        count += ext_slot_value(object, &known->slots[i]) != NULL;
    return count;
}

/*
 * Names and values from slot `first` on, as CPython copies them before it writes any.  The collector never sees
 * this tuple, and may not run while it is made.
 */
static PyObject *copy_slots(PyObject *object, const ext_type *known, size_t first, size_t count)
{
    int collecting = PyGC_Disable();
    PyObject *pairs = PyTuple_New((Py_ssize_t)count * 2);
    if (collecting)
        PyGC_Enable();
    if (!pairs)
        return NULL;
    PyObject_GC_UnTrack(pairs);
    Py_ssize_t place = 0;
    for (size_t i = first; i < known->slot_count; i++) {
        PyObject *value = ext_slot_value(object, &known->slots[i]);
        if (!value)
            continue;
        PyTuple_SET_ITEM(pairs, place++, Py_NewRef(known->slots[i].name));
        PyTuple_SET_ITEM(pairs, place++, Py_NewRef(value));
    }
    return pairs;
}

/* The same of a class that has its number; false, and nothing has happened, if there is no room for that. */
static bool put_slots(ext_saver *saver, PyObject *object, size_t count, bool unique)
{
    uint8_t *p = ext_put_instance(saver, object, unique);
    if (!p)
        return false;
    *p = BRN_OP_BYTE_NONE;
    p = ext_put_made(saver, p + 1, BRN_OP_BYTE_EMPTY_DICT);
    *p = BRN_OP_BYTE_MARK;
    saver->out.pos = p + (count > 1);
    return true;
}

/* The pair (None, {...}) up to the first slot. */
static int begin_slots(ext_saver *saver, PyObject *object, size_t count, bool unique)
{
    if (begin_state(saver, object, unique) < 0 || ext_op(saver, BRN_OP_BYTE_NONE) < 0 ||
        !brn_emit_boundary(&saver->out) || ext_op(saver, BRN_OP_BYTE_EMPTY_DICT) < 0 ||
        ext_memoize_nothing(saver) < 0)
        return -1;
    return count > 1 ? ext_op(saver, BRN_OP_BYTE_MARK) : 0;
}

static int end_slots(ext_saver *saver, size_t count)
{
    if (ext_is_room_ahead(saver, 0, true)) {
        uint8_t *p = saver->out.pos;
        *p = setting_op(count);
        p = ext_put_made(saver, p + 1, BRN_OP_BYTE_TUPLE2);
        *p = BRN_OP_BYTE_BUILD;
        saver->out.pos = p + 1;
        return 0;
    }
    if (emit_two(saver, setting_op(count), BRN_OP_BYTE_TUPLE2) < 0 ||
        ext_memoize_nothing(saver) < 0)
        return -1;
    return ext_op(saver, BRN_OP_BYTE_BUILD);
}

static int push_slots(ext_saver *saver, PyObject *object, PyObject *pairs, size_t count)
{
    ext_frame *frame = pairs ? push_part(saver, object, EXT_INSTANCE_SLOTS, 0) : NULL;
    if (!frame) {
        Py_XDECREF(pairs);
        return -1;
    }
    frame->source = pairs;
    frame->count = (uint16_t)count;
    frame->size = (Py_ssize_t)saver->epoch;
    return 1;
}

/* A name that an object before has written, and what its slot holds, which is quick; NULL, and nothing has happened. */
BRN_INLINE uint8_t *put_slot(ext_saver *saver, uint8_t *p, PyObject *name, PyObject *value)
{
    Py_ssize_t number = p < saver->out.quick ? ext_memo_get(&saver->memo, name) : EXT_NO_NUMBER;
    if (number < 0 || (size_t)number > 0xffffffff)
        return NULL;
    p = brn_put_binget(p, number);
    return p < saver->out.quick ? ext_put_quick(saver, p, value, true) : NULL;
}

/* Those from the first one that is not quick go into a frame. */
static int save_slot_values(ext_saver *saver, PyObject *object, const ext_type *known, size_t count)
{
    size_t left = count;
    for (size_t i = 0; i < known->slot_count; i++) {
        PyObject *value = ext_slot_value(object, &known->slots[i]);
        if (!value)
            continue;
        uint8_t *next = put_slot(saver, saver->out.pos, known->slots[i].name, value);
        if (BRN_LIKELY(next)) {
            saver->out.pos = next;
            left--;
            continue;
        }
        bool named = save_quick(saver, known->slots[i].name, false);
        if (!named || !save_quick(saver, value, true)) {
            int result = push_slots(saver, object, copy_slots(object, known, i, left), count);
            if (result > 0 && named)
                saver->frames[saver->depth - 1].flags |= NAMED;
            return result;
        }
        left--;
    }
    return end_slots(saver, count);
}

static int save_slots(ext_saver *saver, PyObject *object, const ext_type *known, size_t count,
                      bool unique)
{
    if (put_slots(saver, object, count, unique))
        return save_slot_values(saver, object, known, count);
    /* Finding the class's name may, if somebody means harm, change what is known. */
    bool is_new = ext_memo_get(&saver->memo, (PyObject *)known->type) < 0;
    PyObject *pairs = is_new ? copy_slots(object, known, 0, count) : NULL;
    if (is_new && !pairs)
        return -1;
    int written = ext_save_class(saver, Py_TYPE(object));
    if (written == 0)
        written = begin_slots(saver, object, count, unique);
    if (written != 0) {
        Py_XDECREF(pairs);
        return written;
    }
    return is_new ? push_slots(saver, object, pairs, count)
                  : save_slot_values(saver, object, known, count);
}

/*
 * Let go of a value that is still in its slot, so that it is found to be unique if it is: nothing foreign
 * has run since it was copied.  False: it may be held by the copy alone.
 */
static bool let_go(const ext_saver *saver, ext_frame *frame, Py_ssize_t place)
{
    PyObject *value = PyTuple_GET_ITEM(frame->source, place);
    if (frame->size != (Py_ssize_t)saver->epoch || Py_REFCNT(value) == 1)
        return false;
    PyTuple_SET_ITEM(frame->source, place, NULL);
    Py_DECREF(value);
    return true;
}

static int finish_slots(ext_saver *saver, ext_frame *frame)
{
    /* All values are in their slots: none dies with the copy. */
    if (frame->size == (Py_ssize_t)saver->epoch)
        Py_CLEAR(frame->source);
    return end_slots(saver, frame->count);
}

static int step_slots(ext_saver *saver, ext_frame *frame)
{
    for (;;) {
        if (frame->pending && drop_pending(saver, frame) < 0)
            return -1;
        Py_ssize_t i = frame->index;
        if (i >= PyTuple_GET_SIZE(frame->source))
            return finish_slots(saver, frame);
        PyObject *name = PyTuple_GET_ITEM(frame->source, i);
        PyObject *value = PyTuple_GET_ITEM(frame->source, i + 1);
        frame->index += 2;
        bool named = frame->flags & NAMED || save_quick(saver, name, false);
        frame->flags &= (uint8_t)~NAMED;
        if (!named) {
            frame->pending = Py_NewRef(name);
            if (ext_save_item(saver, name, false) < 0)
                return -1;
        }
        bool vouched = let_go(saver, frame, i + 1);
        if (save_quick(saver, value, vouched))
            continue;
        if (named)
            frame->pending = Py_NewRef(name);
        int result = ext_save_item(saver, value, vouched);
        if (result != 0)
            return result;
    }
}

/* ------------------------------------------------------------------------
 * Instances
 * ------------------------------------------------------------------------ */

static int save_with_dict(ext_saver *saver, PyObject *object, bool unique)
{
    int written = ext_save_bare(saver, object, unique);
    if (written != 0)
        return written;
    return push_part(saver, object, EXT_INSTANCE_DICT, 0) ? 1 : -1;
}

static PyObject *make_dict(PyObject *object)
{
    int collecting = PyGC_Disable();
    PyObject *dict = PyObject_GenericGetDict(object, NULL);
    if (collecting)
        PyGC_Enable();
    return dict;
}

/* It has attributes. */
static int save_with_attributes(ext_saver *saver, PyObject *object, PyObject *dict, bool unique)
{
    walk through = walk_of(object, dict);
    if (through.count > MOST_ATTRIBUTES || walk_meets_hook(saver->state, &through))
        return EXT_NOT_DIRECT;
    if (dict ? ext_is_unique(saver, dict) : saver->optimistic)
        return save_attributes(saver, object, &through, unique);
    /* A memo without a log needs the dict itself. */
    if (!dict) {
        dict = make_dict(object);
        if (!dict)
            return -1;
        Py_DECREF(dict);
    }
    return save_with_dict(saver, object, unique);
}

bool ext_may_have_hook(const ext_state *state, PyObject *object)
{
    if (Py_TYPE(object)->tp_dictoffset == 0)
        return false;
    PyObject *dict;
    if (!ext_existing_dict(object, &dict) || (dict && !PyDict_CheckExact(dict)))
        return true;
    walk through = walk_of(object, dict);
    return through.count > MOST_ATTRIBUTES || walk_meets_hook(state, &through);
}

int ext_save_instance(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    /* Saved at once, so that no frame says that this is too deep. */
    if (ext_is_too_deep(saver, EXT_INSTANCE_WEIGHT))
        return EXT_NOT_DIRECT;
    size_t slots = count_slots(object, known);
    PyObject *dict = NULL;
    if (known->has_dict && !ext_existing_dict(object, &dict))
        return EXT_NOT_DIRECT;
    if (dict && !PyDict_CheckExact(dict))
        return EXT_NOT_DIRECT;
    ext_attributes attributes;
    bool has_attributes = dict ? PyDict_GET_SIZE(dict) > 0
                               : known->has_dict && ext_attributes_of(object, &attributes);
    if (has_attributes)
        return slots > 0 ? EXT_NOT_DIRECT : save_with_attributes(saver, object, dict, unique);
    if (slots == 0)
        return ext_save_bare(saver, object, unique); /* nothing to give back to it */
    return saver->optimistic ? save_slots(saver, object, known, slots, unique) : EXT_NOT_DIRECT;
}

/* ------------------------------------------------------------------------
 * Namedtuples
 * ------------------------------------------------------------------------ */

/*
 * The tuple of arguments that CPython would make, and the instance, unless its items have led back to it.  The
 * arguments of a namedtuple are its items, those of other classes a tuple of them.  LED_BACK: they have.
 */
#define LED_BACK 1

static int end_items(ext_saver *saver, PyObject *object, ext_instance_part part, bool unique)
{
    size_t size = (size_t)PyTuple_GET_SIZE(object);
    uint8_t op = brn_short_tuple_op(size);
    if (unique && size > 0 && ext_is_room_ahead(saver, 0, true)) {
        uint8_t *p = ext_put_made(saver, saver->out.pos, op);
        if (part == EXT_INSTANCE_TUPLE)
            p = ext_put_made(saver, p, BRN_OP_BYTE_TUPLE1);
        saver->out.pos = ext_put_object(saver, p, BRN_OP_BYTE_NEWOBJ, object, true);
        return 0;
    }
    if (ext_op(saver, op) < 0 || (size > 0 && ext_memoize_nothing(saver) < 0))
        return -1;
    if (part == EXT_INSTANCE_TUPLE &&
        (ext_op(saver, BRN_OP_BYTE_TUPLE1) < 0 || ext_memoize_nothing(saver) < 0))
        return -1;
    if (ext_op(saver, BRN_OP_BYTE_NEWOBJ) < 0)
        return -1;
    Py_ssize_t number = unique ? EXT_NO_NUMBER : ext_memo_get(&saver->memo, object);
    if (number >= 0)
        return ext_op(saver, BRN_OP_BYTE_POP) < 0 || ext_save_get(saver, number) < 0 ? -1
                                                                                     : LED_BACK;
    return ext_memoize_as(saver, object, unique);
}

static int begin_items(ext_saver *saver, PyObject *object, Py_ssize_t size)
{
    uint8_t *p = ext_put_class(saver, object, true);
    if (p) {
        *p = BRN_OP_BYTE_MARK;
        saver->out.pos = p + (size > 3);
        return 0;
    }
    int written = ext_save_class(saver, Py_TYPE(object));
    if (written != 0)
        return written;
    if (!brn_emit_boundary(&saver->out))
        return -1;
    return size > 3 ? ext_op(saver, BRN_OP_BYTE_MARK) : 0;
}

int ext_find_state(ext_saver *saver, PyObject *object, const ext_type *known, PyObject **dict)
{
    ext_attributes attributes;
    PyObject *found;
    *dict = NULL;
    if (!known->has_dict)
        return 1;
    if (!ext_existing_dict(object, &found) || (found && !PyDict_CheckExact(found)))
        return 0;
    if (found ? PyDict_GET_SIZE(found) == 0 : !ext_attributes_of(object, &attributes))
        return 1;
    if (ext_may_have_hook(saver->state, object))
        return 0;
    *dict = found ? Py_NewRef(found) : make_dict(object);
    return *dict ? 1 : -1;
}

ext_frame *ext_push_state(ext_saver *saver, PyObject *object, PyObject *dict)
{
    ext_frame *frame = push_part(saver, object, EXT_INSTANCE_DICT, 0);
    if (frame)
        frame->source = dict;
    else
        Py_DECREF(dict);
    return frame;
}

/* The items, and then the state, if that is not NULL; its reference is taken. */
static int save_items(ext_saver *saver, PyObject *object, ext_instance_part part, PyObject *dict,
                      bool unique)
{
    Py_ssize_t size = PyTuple_GET_SIZE(object);
    Py_ssize_t i = ext_save_run(saver, ((PyTupleObject *)object)->ob_item, 0, size, unique);
    if (i == size) {
        int ended = end_items(saver, object, part, unique);
        if (dict && ended == 0)
            return ext_push_state(saver, object, dict) ? 1 : -1;
        Py_XDECREF(dict);
        return ended < 0 ? -1 : 0;
    }
    ext_frame *frame = push_part(saver, object, part, i);
    if (!frame) {
        Py_XDECREF(dict);
        return -1;
    }
    frame->source = dict;
    ext_frame_note_unique(saver, frame, unique);
    return 1;
}

int ext_save_namedtuple(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    ext_instance_part part =
        known->kind == EXT_TYPE_TUPLE ? EXT_INSTANCE_TUPLE : EXT_INSTANCE_ITEMS;
    PyObject *dict;
    if (ext_is_too_deep(saver, EXT_INSTANCE_WEIGHT) || !saver->optimistic)
        return EXT_NOT_DIRECT;
    int found = ext_find_state(saver, object, known, &dict);
    if (found <= 0)
        return found < 0 ? -1 : EXT_NOT_DIRECT;
    int begun = begin_items(saver, object, PyTuple_GET_SIZE(object));
    if (begun == 0)
        return save_items(saver, object, part, dict, unique);
    Py_XDECREF(dict);
    return begun;
}

/* ------------------------------------------------------------------------
 * Steps
 * ------------------------------------------------------------------------ */

static int step_dict(ext_saver *saver, ext_frame *frame)
{
    PyObject *dict;
    bool exists = ext_existing_dict(frame->object, &dict) && dict;
    PyObject *held = frame->source;
    /* It was there a moment ago. */
    if (!exists && !held) {
        PyErr_NoMemory();
        return -1;
    }
    frame->stage = EXT_INSTANCE_BUILD;
    if (held && held == dict)
        Py_CLEAR(frame->source); /* the instance has it */
    int result =
        frame->source ? ext_save_item(saver, held, false) : ext_save_item(saver, dict, true);
    return result != 0 ? result : ext_op(saver, BRN_OP_BYTE_BUILD);
}

static int step_items(ext_saver *saver, ext_frame *frame)
{
    int result = ext_step_tuple_items(saver, frame);
    if (result != 0)
        return result;
    result = end_items(saver, frame->object, (ext_instance_part)frame->stage,
                       ext_frame_is_unique(saver, frame));
    if (result < 0 || result == LED_BACK || !frame->source)
        return result < 0 ? -1 : 0;
    return step_dict(saver, frame);
}

int ext_step_instance(ext_saver *saver, ext_frame *frame)
{
    switch ((ext_instance_part)frame->stage) {
    case EXT_INSTANCE_DICT: return step_dict(saver, frame);
    case EXT_INSTANCE_ATTRIBUTES: return step_attributes(saver, frame);
    case EXT_INSTANCE_SLOTS: return step_slots(saver, frame);
    case EXT_INSTANCE_ITEMS:
    case EXT_INSTANCE_TUPLE: return step_items(saver, frame);
    case EXT_INSTANCE_ARRAY: return ext_step_array(saver, frame);
    default: return ext_op(saver, BRN_OP_BYTE_BUILD);
    }
}

#else

bool ext_may_have_hook(const ext_state *state, PyObject *object)
{
    (void)state;
    (void)object;
    return true;
}

int ext_step_instance(ext_saver *saver, ext_frame *frame)
{
    (void)saver;
    (void)frame;
    return -1;
}

#endif
