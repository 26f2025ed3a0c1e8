/*
 * save_containers.c - lists, dicts, tuples, sets, and what iterators give for them.
 *
 * The order of the opcodes, how items are batched, and what is noticed of a container that changes
 * while it is saved are CPython's, whose bytes these have to be: a list is read by index and
 * may grow (not in newer versions), a dict or set that changed its size is an error after the batch, and of
 * an iterator one item is fetched ahead, because one item alone needs no mark.
 *
 * A container gets a frame at the first item that is not quick, so those at the leaves, which
 * are most, never have one.
 */
#include "save.h"

#include "layout.h"
#include "save_quick.h"

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

/*
 * The next item of the frame's iterator, or NULL at its end; -1 and an exception.  Without an iterator, it is what one of
 * the list would give.
 */
static int next_item(ext_saver *saver, ext_frame *frame, PyObject **item)
{
    if (!frame->source) {
        PyObject *list = frame->object;
        bool is_end = frame->done >= PyList_GET_SIZE(list);
        *item = is_end ? NULL : Py_NewRef(PyList_GET_ITEM(list, frame->done++));
        return 0;
    }
    if (ext_before_foreign(saver) < 0)
        return -1;
    *item = PyIter_Next(frame->source);
    return !*item && PyErr_Occurred() ? fail_itself(frame) : 0;
}

/*
 * The frame of a container whose first items were quick: `index` of them.  `weight` of containers
 * without a frame is not counted, so what is nested too deeply has to get one, and fails there.
 */
static ext_frame *push_begun(ext_saver *saver, ext_frame_kind kind, PyObject *object,
                             Py_ssize_t index, bool fast)
{
    ext_frame *frame = push_counted(saver, kind, object, fast);
    if (frame)
        frame->index = index;
    return frame;
}

/*
 * What `op` makes, or in protocol 0 `text` (two characters), unless that is NULL; its number; and, if there is
 * to be one, a mark for its items.
 */
static int emit_container(ext_saver *saver, PyObject *object, uint8_t op, const char *text,
                          bool mark, bool unique)
{
    brn_emitter *out = &saver->out;
    if (BRN_LIKELY(unique && out->pos < out->quick && ext_log_has_room(&saver->log))) {
        uint8_t *p = out->pos;
        *p = op;
        p = ext_quick_number(saver, p + 1, object, NULL);
        if (BRN_LIKELY(p != NULL)) {
            *p = BRN_OP_BYTE_MARK;
            out->pos = p + mark;
            return 0;
        }
    }
    bool emitted = out->binary || !text ? brn_emit_op(out, op) : brn_emit_raw(out, text, 2);
    if (!emitted || ext_memoize_as(saver, object, unique) < 0)
        return -1;
    return mark ? ext_op(saver, BRN_OP_BYTE_MARK) : 0;
}

/* ------------------------------------------------------------------------
 * Leaves: small lists and tuples of what is quick
 * ------------------------------------------------------------------------ */

#define LEAF_ITEMS 8
/* More do not fit into the opcodes of all protocols. */
#define MOST_NUMBERS 0xffffff00

/* What has been written for items is not written: the last first. */
static void undo_items(ext_saver *saver, PyObject *const *made, int count, uintptr_t *log_end)
{
    while (count-- > 0) {
        ext_memo_entry *entry = ext_memo_find(&saver->memo, made[count]);
        entry->key = NULL;
        saver->memo.used--;
        Py_DECREF(made[count]);
    }
    saver->log.end = log_end;
}

/* NULL, and nothing has happened, if one of them is not quick. */
static uint8_t *put_leaf_items(ext_saver *saver, uint8_t *p, PyObject *const *items,
                               Py_ssize_t size)
{
    PyObject *made[LEAF_ITEMS];
    int count = 0;
    uintptr_t *log_end = saver->log.end;
    const uint8_t *quick = saver->out.quick;
    for (Py_ssize_t i = 0; i < size; i++) {
        size_t used = saver->memo.used;
        p = p < quick ? ext_put_quick(saver, p, items[i], true) : NULL;
        if (BRN_UNLIKELY(!p)) {
            undo_items(saver, made, count, log_end);
            return NULL;
        }
        if (saver->memo.used != used)
            made[count++] = items[i];
    }
    return p;
}

static uint8_t *put_leaf_tuple(ext_saver *saver, uint8_t *p, PyObject *tuple)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    *p = BRN_OP_BYTE_MARK;
    p = put_leaf_items(saver, p + (size > 3), ((PyTupleObject *)tuple)->ob_item, size);
    if (!p)
        return NULL;
    *p = brn_short_tuple_op((size_t)size);
    return ext_quick_number(saver, p + 1, tuple, NULL);
}

static uint8_t *put_leaf_list(ext_saver *saver, uint8_t *p, PyObject *list)
{
    Py_ssize_t size = PyList_GET_SIZE(list);
    uintptr_t *log_end = saver->log.end;
    *p = BRN_OP_BYTE_EMPTY_LIST;
    p = ext_quick_number(saver, p + 1, list, NULL);
    if (!p || size == 0)
        return p;
    *p = BRN_OP_BYTE_MARK;
    p = put_leaf_items(saver, p + (size > 1), PySequence_Fast_ITEMS(list), size);
    if (!p) {
        saver->log.end = log_end;
        return NULL;
    }
    *p = size == 1 ? BRN_OP_BYTE_APPEND : BRN_OP_BYTE_APPENDS;
    return p + 1;
}

/* Containers in containers are no leaves; most have one at one of their ends, which is soon seen. */
static bool may_be_leaf(PyObject *const *items, Py_ssize_t size)
{
    return size == 0 || (!PyType_HasFeature(Py_TYPE(items[size - 1]), Py_TPFLAGS_HAVE_GC) &&
                         !PyType_HasFeature(Py_TYPE(items[0]), Py_TPFLAGS_HAVE_GC));
}

/* What put_leaf() need not be asked about, for most that it would refuse. */
BRN_INLINE bool looks_like_leaf(PyObject *object)
{
    return (PyList_CheckExact(object) || PyTuple_CheckExact(object)) &&
           Py_SIZE(object) <= LEAF_ITEMS &&
           may_be_leaf(PySequence_Fast_ITEMS(object), Py_SIZE(object));
}

/*
 * A small list or tuple that is unique, and all of whose items are quick, at p, which is below saver->out.quick; NULL,
 * and nothing has happened, if it is not that.  It needs no reference and no frame.  What the memo learns on
 * the way it can forget again as long as its table does not grow: so there is room for all beforehand.  (The
 * container that it is in may have no frame yet.)
 */
static uint8_t *put_leaf(ext_saver *saver, uint8_t *p, PyObject *object)
{
    const ext_memo *memo = &saver->memo;
    bool is_tuple = PyTuple_CheckExact(object);
    if (!looks_like_leaf(object) || (is_tuple && Py_SIZE(object) == 0) ||
        !ext_is_unique(saver, object) || saver->out.protocol < 2 ||
        ext_log_next(&saver->log) > MOST_NUMBERS || ext_is_too_deep(saver, 2) || !memo->entries ||
        (memo->used + LEAF_ITEMS) * 2 > memo->mask + 1 ||
        saver->log.limit - saver->log.end <= LEAF_ITEMS)
        return NULL;
    return is_tuple ? put_leaf_tuple(saver, p, object) : put_leaf_list(saver, p, object);
}

/* A frame for what an iterator gives for `object`; the reference is taken, NULL after an error. */
static int push_items(ext_saver *saver, ext_frame_kind kind, PyObject *object, PyObject *iterator,
                      bool fast)
{
    ext_frame *frame = iterator ? push_counted(saver, kind, object, fast) : NULL;
    if (!frame) {
        Py_XDECREF(iterator);
        return -1;
    }
    frame->source = iterator;
    return 1;
}

/* The same, and go on at once: most have few items, which need no frames of their own. */
static int begin_items(ext_saver *saver, ext_frame_kind kind, PyObject *object, PyObject *iterator,
                       ext_step step)
{
    if (push_items(saver, kind, object, Py_NewRef(iterator), false) < 0)
        return -1;
    int result = step(saver, &saver->frames[saver->depth - 1]);
    return result == 0 ? ext_pop(saver) : result;
}

/* ------------------------------------------------------------------------
 * Batches, as versions differ
 * ------------------------------------------------------------------------ */

/* What comes after a full batch of a list, dict or set. */
enum { NO_MORE, ONE_MORE, MANY_MORE };

/*
 * Older versions write an empty batch behind the last one of a dict or set if that is full.  Since 3.15 no
 * batch is empty, and one item alone is written without a mark.
 */
static int items_left(ext_frame *frame)
{
    frame->done += frame->count;
    frame->count = 0;
#if PY_VERSION_HEX >= 0x030f0000
    Py_ssize_t left = frame->size - frame->done;
    return left > 1 ? MANY_MORE : left > 0 ? ONE_MORE : NO_MORE;
#else
    return MANY_MORE;
#endif
}

/* Whether it is noticed that a list changes its size: 3.14 learned that in a later release. */
static bool lists_are_watched(void)
{
#if PY_VERSION_HEX >= 0x030f0000
    return true;
#elif PY_VERSION_HEX >= 0x030e0000
    return Py_Version >= 0x030e0700;
#else
    return false;
#endif
}

/* ------------------------------------------------------------------------
 * Lists
 * ------------------------------------------------------------------------ */

enum { BEGIN, SINGLE, MANY };

/* Frame flag: the next item was found not to be quick. */
#define AT_ITEM 2

/*
 * object: the list; index: items begun; count: of those, in this batch; size: what the list had when it
 * began; stage: BEGIN, where one item stands alone and has still to be written, SINGLE, where it has been, or MANY.
 */
int ext_save_list(ext_saver *saver, PyObject *list, bool unique)
{
    bool fast = saver->fast;
    if (fast && ext_fast_enter(saver, list) < 0)
        return -1;
    int protocol = saver->out.protocol;
    Py_ssize_t size = PyList_GET_SIZE(list);
    if (emit_container(saver, list, BRN_OP_BYTE_EMPTY_LIST, "(l", size > 1 && protocol > 0,
                       unique) < 0)
        return -1;
    if (size == 0)
        return leave_empty(saver, list, fast);
    if (protocol == 0) {
        if (ext_before_foreign(saver) < 0)
            return -1;
        return push_items(saver, EXT_FRAME_LIST_ITEMS, list, PyObject_GetIter(list), fast);
    }
    Py_ssize_t done = 0;
    if (!ext_is_too_deep(saver, 1)) {
        Py_ssize_t batch = size < BRN_EMIT_BATCH ? size : BRN_EMIT_BATCH;
        done = ext_save_run(saver, PySequence_Fast_ITEMS(list), 0, batch, true);
        if (done == size)
            return ext_op(saver, size == 1 ? BRN_OP_BYTE_APPEND : BRN_OP_BYTE_APPENDS);
    }
    ext_frame *frame = push_begun(saver, EXT_FRAME_LIST, list, done, fast);
    if (!frame)
        return -1;
    frame->count = (uint16_t)done;
    frame->size = size;
    frame->stage = size == 1 ? BEGIN : MANY;
    frame->flags |= AT_ITEM;
    return 1;
}

/* The last item of a list, behind full batches if there are more. */
static int save_single(ext_saver *saver, ext_frame *frame)
{
    if (frame->stage == BEGIN) {
        frame->stage = SINGLE;
        int result = ext_save_item(saver, PyList_GET_ITEM(frame->object, frame->index++), true);
        if (result != 0)
            return result;
    }
    return ext_op(saver, BRN_OP_BYTE_APPEND);
}

/* After a batch: NO_MORE, ONE_MORE, MANY_MORE; -1 and an exception. */
static int end_list_batch(ext_saver *saver, ext_frame *frame)
{
    if (ext_op(saver, BRN_OP_BYTE_APPENDS) < 0)
        return -1;
    Py_ssize_t size = PyList_GET_SIZE(frame->object);
    if (size != frame->size && lists_are_watched()) {
        PyErr_SetString(PyExc_RuntimeError, "list changed size during iteration");
        return fail_itself(frame);
    }
    return frame->index < size ? items_left(frame) : NO_MORE;
}

/* Write items from `i` on, as long as they are leaves; the index of the first that is not. */
static Py_ssize_t save_leaves(ext_saver *saver, PyObject *const *items, Py_ssize_t i,
                              Py_ssize_t end)
{
    brn_emitter *out = &saver->out;
    while (i < end && BRN_LIKELY(out->pos < out->quick)) {
        if (i + EXT_FETCH_AHEAD < end)
            brn_prefetch(items[i + EXT_FETCH_AHEAD]);
        uint8_t *p = put_leaf(saver, out->pos, items[i]);
        if (!p)
            break;
        out->pos = p;
        i++;
    }
    return i;
}

/* Where the batch of a list ends that goes on at `begin`. */
static Py_ssize_t batch_end(const ext_frame *frame, Py_ssize_t begin)
{
    Py_ssize_t end = PyList_GET_SIZE(frame->object);
    Py_ssize_t full = begin + (BRN_EMIT_BATCH - frame->count);
    return end < full ? end : full;
}

/* Write items from `i` on that need no frame; the index of the first that does.  What is quick does not change a list. */
BRN_INLINE Py_ssize_t save_frameless(ext_saver *saver, ext_frame *frame, PyObject *const *items,
                                     Py_ssize_t i, Py_ssize_t end, bool vouched)
{
    bool at_item = frame->flags & AT_ITEM;
    frame->flags &= (uint8_t)~AT_ITEM;
    for (;;) {
        if (!at_item)
            i = ext_save_run(saver, items, i, end, vouched);
        at_item = false;
        if (i >= end || !vouched || !looks_like_leaf(items[i]))
            return i;
        Py_ssize_t done = save_leaves(saver, items, i, end);
        if (done == i)
            return i;
        i = done;
    }
}

/* To the end of the batch at most: whether an item is left that needs a frame. */
static bool save_frameless_of_list(ext_saver *saver, ext_frame *frame)
{
    Py_ssize_t begin = frame->index;
    Py_ssize_t end = batch_end(frame, begin);
    if (begin >= end)
        return false;
    PyObject *const *items = ((PyListObject *)frame->object)->ob_item;
    /* In a row of objects of one class, the next one is not quick either. */
    if (ext_is_unique(saver, items[begin]) && ext_is_like_last(saver, items[begin])) {
        frame->flags &= (uint8_t)~AT_ITEM;
        return true;
    }
    frame->index = save_frameless(saver, frame, items, begin, end, true);
    frame->count = (uint16_t)(frame->count + (frame->index - begin));
    return frame->index < end;
}

/* Behind the last item of a batch: 1 if more are to follow, 0 at the end. */
static int next_list_batch(ext_saver *saver, ext_frame *frame)
{
    int left = end_list_batch(saver, frame);
    if (left <= NO_MORE)
        return left;
    if (left == ONE_MORE)
        frame->stage = BEGIN;
    else if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    return 1;
}

/* An item that is not quick: often like the one before. */
static int save_list_item(ext_saver *saver, PyObject *item)
{
    int result = EXT_NOT_DIRECT;
    if (ext_is_like_last(saver, item))
        result = ext_save_known(saver, item, saver->direct.last, ext_is_unique(saver, item));
    return result == EXT_NOT_DIRECT ? ext_save_item(saver, item, true) : result;
}

int ext_step_list(ext_saver *saver, ext_frame *frame)
{
    int result;
    for (;;) {
        if (frame->stage != MANY)
            return save_single(saver, frame);
        if (save_frameless_of_list(saver, frame)) {
            PyObject *item = PyList_GET_ITEM(frame->object, frame->index);
            frame->index++;
            frame->count++;
            result = save_list_item(saver, item);
        } else {
            result = next_list_batch(saver, frame);
            if (result == 0 && (saver->depth == 1 || frame[-1].kind != EXT_FRAME_LIST))
                return 0;
            if (result == 0)
                result = ext_pop(saver);
        }
        if (result < 0)
            return -1;
        /* Lists in lists are gone into, and out of, at once. */
        frame = &saver->frames[saver->depth - 1];
        if (frame->kind != EXT_FRAME_LIST)
            return 1;
    }
}

/*
 * object: whose items; source: the iterator, or NULL if object is a list; pending: the item fetched ahead; index, count as
 * above; done: of a list, items fetched.
 */
int ext_save_list_items(ext_saver *saver, PyObject *object, PyObject *iterator)
{
    return begin_items(saver, EXT_FRAME_LIST_ITEMS, object, iterator, ext_step_list_items);
}

/*
 * Items of a deque, which it holds, as long as they are quick: how many.  *item is the first that is not, borrowed, if
 * there is one.
 */
static Py_ssize_t save_quick_of_iterator(ext_saver *saver, PyObject *iterator, Py_ssize_t most,
                                         PyObject **item)
{
    brn_emitter *out = &saver->out;
    Py_ssize_t done = 0;
    *item = NULL;
    while (done < most) {
        *item = Py_TYPE(iterator)->tp_iternext(iterator);
        if (!*item)
            break;
        Py_DECREF(*item);
        uint8_t *p = out->pos < out->quick ? ext_put_quick(saver, out->pos, *item, true) : NULL;
        if (!p)
            break;
        out->pos = p;
        done++;
        *item = NULL;
    }
    return done;
}

/* A mark for items that follow; whether there is room for that, and for one of them. */
static bool put_mark(ext_saver *saver, bool mark)
{
    brn_emitter *out = &saver->out;
    if (out->pos >= out->quick)
        return false;
    *out->pos = BRN_OP_BYTE_MARK;
    out->pos += mark;
    return true;
}

/* A frame for the items behind those that have been written, of at most a batch. */
static ext_frame *push_rest(ext_saver *saver, ext_frame_kind kind, PyObject *object,
                            Py_ssize_t done)
{
    ext_frame *frame = ext_push(saver, kind, object);
    if (!frame)
        return NULL;
    frame->flags |= EXT_FRAME_ANSWER;
    frame->index = done;
    if (done > 0) {
        frame->stage = MANY;
        frame->count = (uint16_t)(done - 1); /* and the one that is saved is done */
    }
    return frame;
}

int ext_save_items_of_list(ext_saver *saver, PyObject *list)
{
    Py_ssize_t size = PyList_GET_SIZE(list);
    Py_ssize_t batch = size < BRN_EMIT_BATCH ? size : BRN_EMIT_BATCH;
    Py_ssize_t done = 0;
    if (size == 0)
        return 0;
    if (put_mark(saver, size > 1)) {
        done = ext_save_run(saver, PySequence_Fast_ITEMS(list), 0, batch, true);
        if (done == size)
            return ext_op(saver, size == 1 ? BRN_OP_BYTE_APPEND : BRN_OP_BYTE_APPENDS);
        saver->out.pos -= done == 0 && size > 1;
    }
    ext_frame *frame = push_rest(saver, EXT_FRAME_LIST_ITEMS, list, done);
    if (!frame)
        return -1;
    frame->done = done;
    return 1;
}

PyObject *ext_make_iterator(PyObject *object)
{
    int collecting = PyGC_Disable();
    PyObject *iterator = PyObject_GetIter(object);
    if (collecting)
        PyGC_Enable();
    return iterator;
}

int ext_save_items_of_deque(ext_saver *saver, PyObject *deque)
{
    Py_ssize_t size = PyObject_Size(deque);
    if (size <= 0)
        return size < 0 ? -1 : 0;
    Py_ssize_t done = 0;
    PyObject *item = NULL;
    PyObject *iterator = ext_make_iterator(deque);
    if (iterator && put_mark(saver, size > 1)) {
        Py_ssize_t batch = size < BRN_EMIT_BATCH ? size : BRN_EMIT_BATCH;
        done = save_quick_of_iterator(saver, iterator, batch, &item);
        if (done == size) {
            Py_DECREF(iterator);
            return ext_op(saver, size == 1 ? BRN_OP_BYTE_APPEND : BRN_OP_BYTE_APPENDS);
        }
        if (done == 0) {
            saver->out.pos -= size > 1;
            item = NULL;
            Py_SETREF(iterator, ext_make_iterator(deque));
        }
    }
    ext_frame *frame = iterator ? push_rest(saver, EXT_FRAME_LIST_ITEMS, deque, done) : NULL;
    if (!frame) {
        Py_XDECREF(iterator);
        return -1;
    }
    frame->source = iterator;
    frame->pending = Py_XNewRef(item);
    return 1;
}

/* Save the item that the frame was given a reference to. */
static int save_owned(ext_saver *saver, const ext_frame *frame, PyObject *item)
{
    Py_ssize_t place = frame->done - 1 - (frame->pending != NULL);
    if (!frame->source && place >= 0 && place < PyList_GET_SIZE(frame->object) &&
        PyList_GET_ITEM(frame->object, place) == item) {
        Py_DECREF(item); /* the list has it */
        return ext_save_item(saver, item, true);
    }
    if (ext_save_quick(saver, item, false)) {
        Py_DECREF(item); /* what can do anything when it dies is not quick, or the memo has it */
        return 0;
    }
    int result = ext_save(saver, item, false);
    return ext_give_back(saver, item) < 0 ? -1 : result;
}

/* Protocol 0: one APPEND for each. */
static int step_list_items_text(ext_saver *saver, ext_frame *frame)
{
    for (;;) {
        if (frame->stage != BEGIN && ext_op(saver, BRN_OP_BYTE_APPEND) < 0)
            return -1;
        PyObject *item;
        if (next_item(saver, frame, &item) < 0)
            return -1;
        if (!item)
            return 0;
        frame->stage = MANY;
        frame->index++;
        int result = save_owned(saver, frame, item);
        if (result != 0)
            return result;
    }
}

/* Begin a batch: *item is what to save first, or NULL if there is nothing. */
static int begin_list_batch(ext_saver *saver, ext_frame *frame, PyObject **item)
{
    if (next_item(saver, frame, item) < 0)
        return -1;
    if (!*item)
        return 0;
    frame->count = 0;
    int result = next_item(saver, frame, &frame->pending);
    if (result == 0 && frame->pending)
        result = ext_op(saver, BRN_OP_BYTE_MARK);
    frame->stage = frame->pending ? MANY : SINGLE;
    if (result < 0)
        Py_CLEAR(*item);
    return result;
}

/* Of a list, what is quick from the next item on, to the end of the batch. */
static void save_run_of_batch(ext_saver *saver, ext_frame *frame)
{
    Py_ssize_t begin = frame->done;
    Py_ssize_t end = batch_end(frame, begin);
    if (begin >= end)
        return;
    frame->done = ext_save_run(saver, PySequence_Fast_ITEMS(frame->object), begin, end, true);
    frame->count = (uint16_t)(frame->count + (frame->done - begin));
    frame->index += frame->done - begin;
}

/* The next item of a batch that is not quick, or NULL behind the last; what is quick is written on the way. */
static int next_of_batch(ext_saver *saver, ext_frame *frame, PyObject **item)
{
    for (;;) {
        *item = frame->pending;
        frame->pending = NULL;
        if (!*item && !frame->source)
            save_run_of_batch(saver, frame);
        if (!*item && frame->count < BRN_EMIT_BATCH && next_item(saver, frame, item) < 0)
            return -1;
        if (!*item || !ext_save_quick(saver, *item, false))
            return 0;
        Py_DECREF(*item); /* what can do anything when it dies is not quick, or the memo has it */
        frame->count++;
        frame->index++;
    }
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
            if (next_of_batch(saver, frame, &item) < 0)
                return -1;
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
        int result = save_owned(saver, frame, item);
        if (result != 0)
            return result;
    }
}

/* ------------------------------------------------------------------------
 * Dicts
 * ------------------------------------------------------------------------ */

/* Between batches; before a key, or its value, that is not quick; while one of them is saved. */
enum { IN_DICT, AT_KEY, AT_VALUE, IN_KEY = EXT_STAGE_KEY, IN_VALUE = EXT_STAGE_VALUE };

/* Frame flag: one item stands alone, without a mark. */
#define ONE_ITEM 1

static int save_dict_text(ext_saver *saver, PyObject *dict, bool fast)
{
    if (ext_before_foreign(saver) < 0)
        return -1;
    PyObject *items = PyObject_CallMethodNoArgs(dict, saver->state->names.items);
    PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
    Py_XDECREF(items);
    return push_items(saver, EXT_FRAME_DICT_ITEMS, dict, iterator, fast);
}

/* Where a walk through a dict has come to. */
typedef struct dict_place {
    Py_ssize_t position; /* where ext_dict_next goes on */
    Py_ssize_t count;    /* items of this batch */
    /* The last pair, if it is not quick, borrowed, and where it was found. */
    Py_ssize_t before;
    PyObject *key;
    PyObject *value;
    bool key_done; /* only the value is not */
} dict_place;

/* Write what is quick; false if something is not. */
static bool save_quick_pairs(ext_saver *saver, PyObject *dict, dict_place *place)
{
    brn_emitter *out = &saver->out;
    uint8_t *p = out->pos;
    uint8_t *const quick = out->quick;
    Py_ssize_t position = place->position;
    Py_ssize_t count = place->count;
    PyObject *key, *value;
    /* In a table that dicts share, a key that is met again and again has one reference. */
    bool vouched = ext_dict_owns_keys(dict);
    bool all = true;
    while (count < BRN_EMIT_BATCH) {
        Py_ssize_t before = position;
        if (!ext_dict_next(dict, &position, &key, &value))
            break;
        count++;
        uint8_t *next = p < quick ? ext_put_quick(saver, p, key, vouched) : NULL;
        bool key_done = next != NULL;
        p = next ? next : p;
        if (next && (next = p < quick ? ext_put_quick(saver, p, value, true) : NULL) == NULL &&
            p < quick)
            next = put_leaf(saver, p, value);
        if (BRN_UNLIKELY(!next)) {
            all = false;
            place->before = before;
            place->key = key;
            place->value = value;
            place->key_done = key_done;
            break;
        }
        p = next;
    }
    place->position = position;
    place->count = count;
    out->pos = p;
    return all;
}

/* The key has been saved, and may be gone from the dict. */
static int save_pending_value(ext_saver *saver, ext_frame *frame)
{
    frame->stage = IN_VALUE;
    return ext_save(saver, frame->pending, false);
}

/* The pair at which save_quick_pairs stopped. */
static int save_pair(ext_saver *saver, ext_frame *frame, const dict_place *place)
{
    bool unique = place->key_done
                      ? ext_is_unique(saver, place->value)
                      : ext_dict_owns_keys(frame->object) && ext_is_unique(saver, place->key);
    frame->index = place->position;
    frame->count = (uint16_t)place->count;
    frame->source = Py_NewRef(place->key);
    frame->pending = Py_NewRef(place->value);
    if (place->key_done) {
        frame->stage = IN_VALUE;
        return ext_save_held(saver, place->value, unique);
    }
    frame->stage = IN_KEY;
    int result = ext_save_held(saver, place->key, unique);
    return result != 0 ? result : save_pending_value(saver, frame);
}

static int end_pair(ext_saver *saver, ext_frame *frame)
{
    PyObject *key = frame->source;
    PyObject *value = frame->pending;
    frame->source = NULL;
    frame->pending = NULL;
    int result = ext_give_back(saver, key);
    return ext_give_back(saver, value) | result;
}

int ext_fail_changed_dict(ext_frame *frame)
{
    PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
    return fail_itself(frame);
}

/* After a full batch that is not the last: 1, and place and frame are at the next one, as *all says; 0, -1. */
static int next_dict_batch(ext_saver *saver, ext_frame *frame, dict_place *place, bool *all)
{
    frame->count = (uint16_t)place->count;
    int left = items_left(frame);
    if (left == NO_MORE)
        return 0;
    bool alone = left == ONE_MORE;
    frame->flags |= alone ? ONE_ITEM : 0;
    place->count = alone ? BRN_EMIT_BATCH - 1 : 0;
    if (!alone && ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    *all = save_quick_pairs(saver, frame->object, place);
    return alone && place->count < BRN_EMIT_BATCH ? ext_fail_changed_dict(frame) : 1;
}

/* On from a place of which save_quick_pairs has said `all`. */
static int walk_dict(ext_saver *saver, ext_frame *frame, dict_place *place, bool all)
{
    PyObject *dict = frame->object;
    for (;;) {
        while (!all) {
            int result = save_pair(saver, frame, place);
            if (result != 0)
                return result;
            if (end_pair(saver, frame) < 0)
                return -1;
            if (frame->flags & ONE_ITEM)
                break;
            all = save_quick_pairs(saver, dict, place);
        }
        if (frame->flags & ONE_ITEM)
            return ext_op(saver, BRN_OP_BYTE_SETITEM);
        if (ext_op(saver, BRN_OP_BYTE_SETITEMS) < 0)
            return -1;
        if (PyDict_GET_SIZE(dict) != frame->size)
            return ext_fail_changed_dict(frame);
        if (place->count < BRN_EMIT_BATCH)
            return 0;
        int result = next_dict_batch(saver, frame, place, &all);
        if (result <= 0)
            return result;
    }
}

/*
 * object: the dict; index: where ext_dict_next goes on; size: what the dict had when it began; source: the
 * key, of what is not quick; pending: its value, while the key is saved.
 */
int ext_save_dict(ext_saver *saver, PyObject *dict, bool unique)
{
    bool fast = saver->fast;
    if (fast && ext_fast_enter(saver, dict) < 0)
        return -1;
    int protocol = saver->out.protocol;
    Py_ssize_t size = PyDict_GET_SIZE(dict);
    if (emit_container(saver, dict, BRN_OP_BYTE_EMPTY_DICT, "(d", size > 1 && protocol > 0,
                       unique) < 0)
        return -1;
    if (size == 0)
        return leave_empty(saver, dict, fast);
    if (protocol == 0)
        return save_dict_text(saver, dict, fast);
    dict_place place = {.position = 0};
    bool all = !ext_is_too_deep(saver, 1) && save_quick_pairs(saver, dict, &place);
    if (all && size <= BRN_EMIT_BATCH)
        return ext_op(saver, size == 1 ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_SETITEMS);
    ext_frame *frame = push_counted(saver, EXT_FRAME_DICT, dict, fast);
    if (!frame)
        return -1;
    frame->size = size;
    frame->flags |= size == 1 ? ONE_ITEM : 0;
    frame->index = all ? place.position : place.before;
    frame->count = (uint16_t)(place.count - !all);
    frame->stage = all ? IN_DICT : place.key_done ? AT_VALUE : AT_KEY;
    return 1;
}

int ext_step_dict(ext_saver *saver, ext_frame *frame)
{
    PyObject *dict = frame->object;
    dict_place place = {.position = frame->index, .count = frame->count};
    int result;
    switch (frame->stage) {
    case IN_DICT: return walk_dict(saver, frame, &place, true);
    case AT_KEY:
    case AT_VALUE:
        place.count++;
        place.key_done = frame->stage == AT_VALUE;
        (void)ext_dict_next(dict, &place.position, &place.key, &place.value);
        return walk_dict(saver, frame, &place, false);
    case IN_KEY:
        result = save_pending_value(saver, frame);
        if (result != 0)
            return result;
        break;
    default: break;
    }
    if (end_pair(saver, frame) < 0)
        return -1;
    if (frame->flags & ONE_ITEM)
        return ext_op(saver, BRN_OP_BYTE_SETITEM);
    bool all = save_quick_pairs(saver, dict, &place);
    return walk_dict(saver, frame, &place, all);
}

/*
 * object: whose items; source: the iterator; pending: the pair being saved; next: the one
 * fetched ahead; count as above.
 */
int ext_save_dict_items(ext_saver *saver, PyObject *object, PyObject *iterator)
{
    return begin_items(saver, EXT_FRAME_DICT_ITEMS, object, iterator, ext_step_dict_items);
}

/* The pairs of a dict, without the collector, so that they are those which are there now. */
static PyObject *make_pairs(ext_saver *saver, PyObject *dict, Py_ssize_t skipped)
{
    PyObject *items = PyObject_CallMethodNoArgs(dict, saver->state->names.items);
    PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
    Py_XDECREF(items);
    while (iterator && skipped-- > 0) {
        PyObject *pair = PyIter_Next(iterator);
        if (!pair)
            Py_CLEAR(iterator);
        Py_XDECREF(pair);
    }
    return iterator;
}

/* The frame's iterator, and what CPython has fetched of it where save_quick_pairs has stopped. */
static int fetch_pairs(ext_saver *saver, ext_frame *frame, const dict_place *place)
{
    Py_ssize_t done = place->count > 0 ? place->count - 1 : 0;
    frame->source = make_pairs(saver, frame->object, done);
    if (!frame->source)
        return -1;
    frame->count = (uint16_t)done;
    frame->stage = done > 0 ? IN_VALUE : BEGIN;
    if (!place->key_done)
        return 0;
    frame->stage = IN_KEY;
    frame->count++;
    frame->pending = PyIter_Next(frame->source);
    if (!frame->pending)
        return -1;
    if (done > 0)
        return 0;
    frame->next = PyIter_Next(frame->source);
    frame->flags |= frame->next ? 0 : ONE_ITEM;
    return PyErr_Occurred() ? -1 : 0;
}

int ext_save_items_of_dict(ext_saver *saver, PyObject *dict)
{
    Py_ssize_t size = PyDict_GET_SIZE(dict);
    dict_place place = {.position = 0};
    if (size == 0)
        return 0;
    if (put_mark(saver, size > 1)) {
        if (save_quick_pairs(saver, dict, &place))
            return ext_op(saver, size == 1 ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_SETITEMS);
        saver->out.pos -= place.count == 1 && !place.key_done && size > 1;
    }
    ext_frame *frame = push_rest(saver, EXT_FRAME_DICT_ITEMS, dict, 0);
    if (!frame)
        return -1;
    int collecting = PyGC_Disable();
    int result = fetch_pairs(saver, frame, &place);
    if (collecting)
        PyGC_Enable();
    return result < 0 ? -1 : 1;
}

static int check_pair(ext_frame *frame)
{
    PyObject *pair = frame->pending;
    if (!pair || (PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2))
        return 0;
    PyErr_SetString(PyExc_TypeError, "dict items iterator must return 2-tuples");
    return fail_itself(frame);
}

static int save_half(ext_saver *saver, PyObject *pair, Py_ssize_t half)
{
    PyObject *item = PyTuple_GET_ITEM(pair, half);
    return ext_save_quick(saver, item, false) ? 0 : ext_save(saver, item, false);
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
            if (next_item(saver, frame, &frame->pending) < 0)
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
    if (next_item(saver, frame, &frame->pending) < 0 || check_pair(frame) < 0)
        return -1;
    if (!frame->pending || saver->out.protocol == 0)
        return 0;
    if (next_item(saver, frame, &frame->next) < 0)
        return -1;
    if (frame->next)
        return ext_op(saver, BRN_OP_BYTE_MARK);
    frame->flags |= ONE_ITEM;
    return 0;
}

int ext_step_dict_items(ext_saver *saver, ext_frame *frame)
{
    PyObject *pair;
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
        result = save_half(saver, frame->pending, 0);
        if (result != 0)
            return result;
key_saved:
        frame->stage = IN_VALUE;
        result = save_half(saver, frame->pending, 1);
        if (result != 0)
            return result;
value_saved:
        pair = frame->pending;
        frame->pending = NULL;
        if (ext_give_back(saver, pair) < 0)
            return -1;
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

static int finish_tuple(ext_saver *saver, PyObject *tuple, bool unique)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    Py_ssize_t index = unique ? EXT_NO_NUMBER : ext_memo_get(&saver->memo, tuple);
    if (index >= 0)
        return drop_tuple(saver, size, index);
    uint8_t op = is_short_tuple(saver, size) ? brn_short_tuple_op((size_t)size) : BRN_OP_BYTE_TUPLE;
    return emit_container(saver, tuple, op, NULL, false, unique);
}

/*
 * A tuple is memoized after its items, so what leads back to it while they are written visits it once more.  Until
 * then it can vouch for its items even if it is not unique: the memo has this for its number meanwhile.
 */
#define OPEN_TUPLE ((Py_ssize_t)-2)

/*
 * It is met again: what it has vouched for goes into the memo.  Tuples in it are visited again as well, though they
 * are unique and not open, so that nothing is opened from now on.
 */
static int meet_open_tuple(ext_saver *saver, PyObject *tuple)
{
    if (ext_memo_get(&saver->memo, tuple) != OPEN_TUPLE)
        return 0;
    saver->circular = true;
    return ext_before_foreign(saver);
}

/* Whether it vouches for its items from now on; -1 and an exception. */
static int open_tuple(ext_saver *saver, PyObject *tuple)
{
    if (!saver->optimistic || saver->circular)
        return 0;
    return ext_memo_set(&saver->memo, tuple, OPEN_TUPLE) < 0 ? -1 : 1;
}

/* object: the tuple; index: items begun; flags, size: ext_frame_note_unique. */
int ext_save_tuple(ext_saver *saver, PyObject *tuple, bool unique)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    if (!unique && meet_open_tuple(saver, tuple) < 0)
        return -1;
    if (size == 0)
        return saver->out.protocol > 0 ? ext_op(saver, BRN_OP_BYTE_EMPTY_TUPLE)
                                       : ext_done(brn_emit_raw(&saver->out, "(t", 2));
    if (!is_short_tuple(saver, size) && ext_op(saver, BRN_OP_BYTE_MARK) < 0)
        return -1;
    Py_ssize_t done = 0;
    if (!ext_is_too_deep(saver, 1)) {
        done = ext_save_run(saver, PySequence_Fast_ITEMS(tuple), 0, size, unique);
        if (done == size)
            return finish_tuple(saver, tuple, unique);
    }
    int opened = unique ? 1 : open_tuple(saver, tuple);
    ext_frame *frame = opened < 0 ? NULL : push_begun(saver, EXT_FRAME_TUPLE, tuple, done, false);
    if (!frame)
        return -1;
    ext_frame_note_unique(saver, frame, unique);
    frame->flags |= AT_ITEM | (opened ? EXT_FRAME_VOUCHES : 0);
    return 1;
}

static bool vouches(const ext_saver *saver, const ext_frame *frame)
{
    return frame->flags & (EXT_FRAME_UNIQUE | EXT_FRAME_VOUCHES) &&
           frame->size == (Py_ssize_t)saver->epoch;
}

/* The next item that needs a frame: 0, and *left is false, if there is none. */
static int save_tuple_item(ext_saver *saver, ext_frame *frame, bool *left)
{
    bool vouched = vouches(saver, frame);
    PyObject *const *items = ((PyTupleObject *)frame->object)->ob_item;
    Py_ssize_t size = PyTuple_GET_SIZE(frame->object);
    frame->index = save_frameless(saver, frame, items, frame->index, size, vouched);
    *left = frame->index < size;
    if (!*left)
        return 0;
    PyObject *item = items[frame->index++];
    return ext_save_item(saver, item, vouched);
}

int ext_step_tuple_items(ext_saver *saver, ext_frame *frame)
{
    bool left;
    int result;
    do
        result = save_tuple_item(saver, frame, &left);
    while (left && result == 0);
    return result;
}

int ext_step_tuple(ext_saver *saver, ext_frame *frame)
{
    for (;;) {
        bool left;
        int result = save_tuple_item(saver, frame, &left);
        if (!left) {
            result = finish_tuple(saver, frame->object, ext_frame_is_unique(saver, frame));
            if (result == 0 && (saver->depth == 1 || frame[-1].kind != EXT_FRAME_TUPLE))
                return 0;
            if (result == 0)
                result = ext_pop(saver);
        }
        if (result < 0)
            return -1;
        /* As with lists. */
        frame = &saver->frames[saver->depth - 1];
        if (frame->kind != EXT_FRAME_TUPLE)
            return 1;
    }
}

/* ------------------------------------------------------------------------
 * Sets
 * ------------------------------------------------------------------------ */

/* Before protocol 4 a set is a call of its type with a list. */
static int save_set_call(ext_saver *saver, PyObject *set, PyTypeObject *type)
{
    if (ext_before_foreign(saver) < 0)
        return -1;
    PyObject *items = PySequence_List(set);
    if (!items)
        return -1;
    return ext_save_made(saver, Py_BuildValue("(O(N))", type, items), set);
}

/*
 * Write items as long as they are quick, and, of a set, of this batch.  The first that is not, borrowed, or
 * NULL.  A frozenset vouches for its items as a tuple does.
 */
static PyObject *save_quick_items(ext_saver *saver, PyObject *set, Py_ssize_t *position,
                                  Py_ssize_t *left, bool vouched)
{
    brn_emitter *out = &saver->out;
    uint8_t *p = out->pos;
    uint8_t *const quick = out->quick;
    PyObject *item = NULL;
    while (*left > 0 && (item = ext_set_next(set, position))) {
        --*left;
        uint8_t *next = p < quick ? ext_put_quick(saver, p, item, vouched) : NULL;
        if (!next)
            break;
        p = next;
        item = NULL;
    }
    out->pos = p;
    return item;
}

static int end_item(ext_saver *saver, ext_frame *frame)
{
    PyObject *item = frame->pending;
    frame->pending = NULL;
    return ext_give_back(saver, item);
}

static int save_pending_item(ext_saver *saver, ext_frame *frame, PyObject *item, bool vouched)
{
    bool unique = vouched && ext_is_unique(saver, item);
    frame->pending = Py_NewRef(item);
    int result = ext_save_held(saver, item, unique);
    return result != 0 ? result : end_item(saver, frame);
}

/*
 * object: the set; index: where to go on in it; count: items of this batch; size: what it had when
 * it began; pending: the item.
 */
int ext_save_set(ext_saver *saver, PyObject *set, bool unique)
{
    if (saver->out.protocol < 4)
        return save_set_call(saver, set, &PySet_Type);
    Py_ssize_t size = PySet_GET_SIZE(set);
    if (emit_container(saver, set, BRN_OP_BYTE_EMPTY_SET, NULL, size > 0, unique) < 0)
        return -1;
    if (size == 0)
        return 0;
    Py_ssize_t position = 0;
    Py_ssize_t left = BRN_EMIT_BATCH;
    bool all = size < BRN_EMIT_BATCH && !ext_is_too_deep(saver, 1);
    PyObject *item = all ? save_quick_items(saver, set, &position, &left, true) : NULL;
    if (all && !item)
        return ext_op(saver, BRN_OP_BYTE_ADDITEMS);
    ext_frame *frame = ext_push(saver, EXT_FRAME_SET, set);
    if (!frame)
        return -1;
    frame->size = size;
    frame->index = position;
    frame->count = (uint16_t)(BRN_EMIT_BATCH - left);
    return item && save_pending_item(saver, frame, item, true) < 0 ? -1 : 1;
}

int ext_step_set(ext_saver *saver, ext_frame *frame)
{
    PyObject *set = frame->object;
    if (end_item(saver, frame) < 0)
        return -1;
    for (;;) {
        Py_ssize_t left = BRN_EMIT_BATCH - frame->count;
        PyObject *item = save_quick_items(saver, set, &frame->index, &left, true);
        frame->count = (uint16_t)(BRN_EMIT_BATCH - left);
        if (item) {
            int result = save_pending_item(saver, frame, item, true);
            if (result != 0)
                return result;
            continue;
        }
        if (ext_op(saver, BRN_OP_BYTE_ADDITEMS) < 0)
            return -1;
        if (PySet_GET_SIZE(set) != frame->size) {
            PyErr_SetString(PyExc_RuntimeError, "set changed size during iteration");
            return fail_itself(frame);
        }
        if (frame->count < BRN_EMIT_BATCH || items_left(frame) == NO_MORE)
            return 0;
        if (ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
    }
}

/* object: the set; index: where to go on in it; pending: the item; flags, size: as of tuples. */
int ext_save_frozenset(ext_saver *saver, PyObject *set, bool unique)
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
    ext_frame *frame = push_counted(saver, EXT_FRAME_FROZENSET, set, fast);
    if (!frame)
        return -1;
    ext_frame_note_unique(saver, frame, unique);
    return 1;
}

int ext_step_frozenset(ext_saver *saver, ext_frame *frame)
{
    PyObject *set = frame->object;
    bool unique;
    if (end_item(saver, frame) < 0)
        return -1;
    for (;;) {
        unique = ext_frame_is_unique(saver, frame);
        Py_ssize_t left = PY_SSIZE_T_MAX;
        PyObject *item = save_quick_items(saver, set, &frame->index, &left, unique);
        if (!item)
            break;
        int result = save_pending_item(saver, frame, item, unique);
        if (result != 0)
            return result;
    }
    Py_ssize_t index = unique ? EXT_NO_NUMBER : ext_memo_get(&saver->memo, set);
    if (index >= 0)
        return ext_op(saver, BRN_OP_BYTE_POP_MARK) < 0 ? -1 : ext_save_get(saver, index);
    return emit_container(saver, set, BRN_OP_BYTE_FROZENSET, NULL, false, unique);
}
