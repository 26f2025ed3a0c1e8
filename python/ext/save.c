/*
 * save.c - writing one pickle: the loop over the frames, the buffer, and which object is saved how.
 */
#include "save.h"

#include "explain.h"
#include "memory.h"
#include "save_path.h"
#include "save_quick.h"

/* ------------------------------------------------------------------------
 * The buffer
 * ------------------------------------------------------------------------ */

/*
 * It is on the C stack at first, then a block that is kept for the next dump, and then, because that is
 * what the result will be, a bytes object, of which only the size has to be set at the end.
 */

static ext_saver *saver_of(brn_emitter *out)
{
    return (ext_saver *)out;
}

static void set_buffer(ext_saver *saver, uint8_t *base, size_t size)
{
    saver->out.base = base;
    saver->out.end = base + size;
}

/* The block that is kept, or a new one; NULL and an exception. */
static uint8_t *take_scratch(ext_saver *saver)
{
    ext_save_scratch *scratch = &saver->state->save_scratch;
    uint8_t *bytes = scratch->bytes;
    scratch->bytes = NULL;
    if (!bytes && !(bytes = PyMem_Malloc(EXT_SCRATCH_BYTES)))
        PyErr_NoMemory();
    return bytes;
}

static void keep_scratch(ext_saver *saver)
{
    ext_save_scratch *scratch = &saver->state->save_scratch;
    if (!scratch->bytes)
        scratch->bytes = saver->scratch;
    else
        PyMem_Free(saver->scratch);
    saver->scratch = NULL;
}

void ext_save_scratch_free(ext_save_scratch *scratch)
{
    PyMem_Free(scratch->bytes);
    PyMem_Free(scratch->log);
    PyMem_Free(scratch->memo);
    *scratch = (ext_save_scratch){.bytes = NULL};
}

/* More than it becomes longer for what is only asked for to be on the safe side. */
#define SLACK ((size_t)512)
/* Less than this is not worth giving back. */
#define PAGE ((size_t)4096)

/*
 * Room for `size` bytes.  What is dumped again and again is as long as it was the last time: with neither
 * more nor less than that, malloc can use the block that the last result has left.
 */
static bool grow_bytes(ext_saver *saver, size_t size)
{
    brn_emitter *out = &saver->out;
    /* One large payload is as a rule nearly all there is. */
    size_t cap = size / 2 > (size_t)(out->pos - out->base) ? size + SLACK : size + size / 2;
    if (!saver->bytes && saver->state->save_scratch.large + SLACK >= size)
        cap = saver->state->save_scratch.large + SLACK;
    if (saver->bytes) {
        if (_PyBytes_Resize(&saver->bytes, (Py_ssize_t)cap) < 0) {
            /* What was written is gone: nothing must follow. */
            saver->lost = true;
            set_buffer(saver, saver->first_bytes, 0);
            out->pos = out->limit = out->base;
            return false;
        }
    } else {
        saver->bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)cap);
        if (!saver->bytes)
            return false;
        (void)brn_ask_for_huge_pages(saver->bytes, cap);
        memcpy(PyBytes_AS_STRING(saver->bytes), out->base, (size_t)(out->pos - out->base));
    }
    set_buffer(saver, (uint8_t *)PyBytes_AS_STRING(saver->bytes), cap);
    return true;
}

static bool grow(brn_emitter *out, size_t size)
{
    ext_saver *saver = saver_of(out);
    if (size > (size_t)PY_SSIZE_T_MAX / 2 || saver->lost) {
        PyErr_NoMemory();
        return false;
    }
    if (saver->bytes || saver->scratch || size > EXT_SCRATCH_BYTES)
        return grow_bytes(saver, size);
    saver->scratch = take_scratch(saver);
    if (!saver->scratch)
        return false;
    memcpy(saver->scratch, out->base, (size_t)(out->pos - out->base));
    set_buffer(saver, saver->scratch, EXT_SCRATCH_BYTES);
    return true;
}

/* Of a bytes object that nobody else has seen yet; NULL there, and an exception, if there is no memory. */
static void set_size(PyObject **bytes, Py_ssize_t size)
{
    if ((size_t)(PyBytes_GET_SIZE(*bytes) - size) >= PAGE) {
        (void)_PyBytes_Resize(bytes, size);
    } else {
        Py_SET_SIZE(*bytes, size);
        PyBytes_AS_STRING(*bytes)[size] = '\0';
    }
}

/* What has been written, as bytes; then the buffer is a small one again. */
static PyObject *take_bytes(ext_saver *saver)
{
    brn_emitter *out = &saver->out;
    Py_ssize_t used = (Py_ssize_t)(out->pos - out->base);
    PyObject *bytes = saver->bytes;
    saver->bytes = NULL;
    if (bytes) {
        saver->state->save_scratch.large = (size_t)used;
        set_size(&bytes, used);
    } else {
        bytes = PyBytes_FromStringAndSize((const char *)out->base, used);
    }
    if (saver->scratch)
        set_buffer(saver, saver->scratch, EXT_SCRATCH_BYTES);
    else
        set_buffer(saver, saver->first_bytes, EXT_FIRST_BYTES);
    return bytes;
}

/* Call write, and take the reference to what is written. */
static bool write_bytes(ext_saver *saver, PyObject *bytes)
{
    if (!bytes)
        return false;
    PyObject *result = NULL;
    if (ext_before_foreign(saver) == 0)
        result = PyObject_CallOneArg(saver->write, bytes);
    Py_DECREF(bytes);
    Py_XDECREF(result);
    return result != NULL;
}

static bool flush(brn_emitter *out)
{
    ext_saver *saver = saver_of(out);
    return write_bytes(saver, take_bytes(saver));
}

/* Large payloads go to the file as the objects they are, where they are. */
static bool pass(brn_emitter *out, const void *data, size_t size, void *owner)
{
    ext_saver *saver = saver_of(out);
    if (owner)
        return write_bytes(saver, Py_NewRef(owner));
    return write_bytes(saver, PyBytes_FromStringAndSize(data, (Py_ssize_t)size));
}

/* ------------------------------------------------------------------------
 * The memo
 * ------------------------------------------------------------------------ */

/* Write the number that an object has got. */
static int emit_number(ext_saver *saver, Py_ssize_t index)
{
    if (saver->out.protocol < 4 && saver->out.binary && (size_t)index > 0xffffffff) {
        PyErr_SetString(saver->state->PicklingError, "memo id too large for LONG_BINPUT");
        return -1;
    }
    return ext_done(brn_emit_memoize(&saver->out, index));
}

int ext_memoize(ext_saver *saver, PyObject *object)
{
    if (saver->fast)
        return 0;
    Py_ssize_t index = ext_next_number(saver);
    if (ext_memo_set(&saver->memo, object, index) < 0)
        return -1;
    if (saver->optimistic && ext_log_append(&saver->log, 0) < 0)
        return -1;
    return emit_number(saver, index);
}

static int log_and_emit(ext_saver *saver, uintptr_t entry)
{
    Py_ssize_t index = ext_log_next(&saver->log);
    return ext_log_append(&saver->log, entry) < 0 ? -1 : emit_number(saver, index);
}

int ext_memoize_unique(ext_saver *saver, PyObject *object)
{
    return log_and_emit(saver, (uintptr_t)object);
}

int ext_memoize_attributes(ext_saver *saver, PyObject *instance)
{
    return log_and_emit(saver, (uintptr_t)instance | EXT_LOG_ATTRIBUTES);
}

int ext_memoize_nothing(ext_saver *saver)
{
    return log_and_emit(saver, 0);
}

int ext_save_get(ext_saver *saver, Py_ssize_t index)
{
    if (saver->out.binary && index >= 256 && (size_t)index > 0xffffffff) {
        PyErr_SetString(saver->state->PicklingError, "memo id too large for LONG_BINGET");
        return -1;
    }
    return ext_done(brn_emit_get(&saver->out, index));
}

/* ------------------------------------------------------------------------
 * Objects
 * ------------------------------------------------------------------------ */

/* Persistent ids of protocol 0 are a line of text. */
static int save_persid_text(ext_saver *saver, PyObject *pid)
{
    PyObject *text = PyObject_Str(pid);
    if (!text)
        return -1;
    int result = -1;
    if (!PyUnicode_IS_ASCII(text)) {
        PyErr_SetString(saver->state->PicklingError,
                        "persistent IDs in protocol 0 must be ASCII strings");
    } else {
        brn_emitter *out = &saver->out;
        result =
            ext_done(brn_emit_op(out, BRN_OP_BYTE_PERSID) &&
                     brn_emit_raw(out, PyUnicode_DATA(text), (size_t)PyUnicode_GET_LENGTH(text)) &&
                     brn_emit_op(out, '\n'));
    }
    Py_DECREF(text);
    return result;
}

/* Ask persistent_id.  *handled says that it had an answer; the result is as ext_save's. */
static int save_persistent(ext_saver *saver, PyObject *object, bool *handled)
{
    PyObject *pid;
    /* The hook may set another one. */
    PyObject *hook = Py_NewRef(saver->persistent_id);
    *handled = true;
    if (saver->persistent_self)
        pid = PyObject_CallFunctionObjArgs(hook, saver->persistent_self, object, NULL);
    else
        pid = PyObject_CallOneArg(hook, object);
    Py_DECREF(hook);
    if (!pid)
        return -1;
    int result;
    if (pid == Py_None) {
        *handled = false;
        result = 0;
    } else if (!saver->out.binary) {
        result = save_persid_text(saver, pid);
    } else {
        result = ext_push(saver, EXT_FRAME_PERSID, pid) ? 1 : -1;
    }
    Py_DECREF(pid);
    return result;
}

/* object: the persistent id; source: nothing. */
static int step_persid(ext_saver *saver, ext_frame *frame)
{
    if (frame->stage == 0) {
        frame->stage = 1;
        int result = ext_save(saver, frame->object, true);
        if (result != 0)
            return result;
    }
    return ext_op(saver, BRN_OP_BYTE_BINPERSID);
}

/* What nothing has been written of yet. */
static int save_new(ext_saver *saver, PyObject *object, bool unique)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyUnicode_Type)
        return ext_save_str(saver, object, unique);
    if (type == &PyDict_Type)
        return ext_save_dict(saver, object, unique);
    if (type == &PyList_Type)
        return ext_save_list(saver, object, unique);
    if (type == &PyTuple_Type)
        return ext_save_tuple(saver, object, unique);
    if (type == &PyBytes_Type)
        return ext_save_bytes(saver, object, unique);
    if (type == &PySet_Type)
        return ext_save_set(saver, object, unique);
    if (type == &PyFrozenSet_Type)
        return ext_save_frozenset(saver, object, unique);
    if (type == &PyByteArray_Type)
        return ext_save_bytearray(saver, object, unique);
    if (type == &PyPickleBuffer_Type)
        return ext_save_picklebuffer(saver, object);
    int result = ext_save_direct(saver, object, unique);
    if (result == EXT_NOT_DIRECT)
        result = ext_save_other(saver, object);
    /* The first to fail is the innermost: nothing here recurses, so the others never see it. */
    if (BRN_UNLIKELY(result < 0) && !saver->culprit)
        saver->culprit = Py_NewRef(object);
    return result;
}

static int save_asked(ext_saver *saver, PyObject *object, bool unique)
{
    PyTypeObject *type = Py_TYPE(object);
    if (object == Py_None)
        return ext_done(brn_emit_none(&saver->out));
    if (type == &PyBool_Type)
        return ext_done(brn_emit_bool(&saver->out, object == Py_True));
    if (type == &PyLong_Type)
        return ext_save_long(saver, object);
    if (type == &PyFloat_Type)
        return ext_done(brn_emit_float(&saver->out, PyFloat_AS_DOUBLE(object)));
    Py_ssize_t index = unique ? EXT_NO_NUMBER : ext_memo_get(&saver->memo, object);
    if (index >= 0)
        return ext_save_get(saver, index);
    return save_new(saver, object, unique);
}

int ext_save(ext_saver *saver, PyObject *object, bool asked)
{
    if (!brn_emit_boundary(&saver->out))
        return -1;
    if (saver->persistent_id && !asked) {
        bool handled;
        int result = save_persistent(saver, object, &handled);
        if (handled)
            return result;
    }
    return save_asked(saver, object, false);
}

/*
 * A unique container: what is not quick is one, as a rule.  Nothing foreign runs before its frame has a reference.
 * EXT_NOT_DIRECT if it is none.
 */
BRN_INLINE int save_unique_container(ext_saver *saver, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyList_Type)
        return ext_save_list(saver, object, true);
    if (type == &PyDict_Type)
        return ext_save_dict(saver, object, true);
    if (type == &PyTuple_Type)
        return ext_save_tuple(saver, object, true);
    return EXT_NOT_DIRECT;
}

int ext_save_held(ext_saver *saver, PyObject *object, bool unique)
{
    if (BRN_UNLIKELY(!unique || brn_emit_is_full(&saver->out)))
        return ext_save(saver, object, false);
    int result = save_unique_container(saver, object);
    return result == EXT_NOT_DIRECT ? save_asked(saver, object, true) : result;
}

int ext_save_item(ext_saver *saver, PyObject *object, bool vouched)
{
    bool unique = vouched && ext_is_unique(saver, object);
    if (unique && saver->out.binary && !brn_emit_is_full(&saver->out)) {
        int result = save_unique_container(saver, object);
        if (result != EXT_NOT_DIRECT)
            return result;
    }
    Py_INCREF(object);
    int result = ext_save_held(saver, object, unique);
    return ext_give_back(saver, object) < 0 ? -1 : result;
}

/* ------------------------------------------------------------------------
 * Frames
 * ------------------------------------------------------------------------ */

/*
 * What a frame counts for.  A list nested in a list costs its frame; a level of __reduce__
 * keeps a tuple and its arguments alive as well, and one that makes the next without end is to be stopped
 * while there is memory.
 */
static const uint8_t weights[EXT_FRAME_KINDS] = {
    [EXT_FRAME_LIST] = 1,
    [EXT_FRAME_LIST_ITEMS] = 1,
    [EXT_FRAME_DICT] = 1,
    [EXT_FRAME_DICT_ITEMS] = 1,
    [EXT_FRAME_TUPLE] = 1,
    [EXT_FRAME_SET] = 1,
    [EXT_FRAME_FROZENSET] = 1,
    [EXT_FRAME_REDUCE] = EXT_REDUCE_WEIGHT,
    [EXT_FRAME_GLOBAL] = 8,
    [EXT_FRAME_PERSID] = 8,
    [EXT_FRAME_INSTANCE] = EXT_INSTANCE_WEIGHT,
};

static const ext_step steps[EXT_FRAME_KINDS] = {
    [EXT_FRAME_LIST] = ext_step_list,           [EXT_FRAME_LIST_ITEMS] = ext_step_list_items,
    [EXT_FRAME_DICT] = ext_step_dict,           [EXT_FRAME_DICT_ITEMS] = ext_step_dict_items,
    [EXT_FRAME_TUPLE] = ext_step_tuple,         [EXT_FRAME_SET] = ext_step_set,
    [EXT_FRAME_FROZENSET] = ext_step_frozenset, [EXT_FRAME_REDUCE] = ext_step_reduce,
    [EXT_FRAME_GLOBAL] = ext_step_global,       [EXT_FRAME_PERSID] = step_persid,
    [EXT_FRAME_INSTANCE] = ext_step_instance,
};

static bool grow_frames(ext_saver *saver)
{
    bool first = saver->frames == saver->first_frames;
    /* What is nested more than a little is often nested a lot. */
    size_t cap = saver->frames_cap * (saver->frames_cap < EXT_MANY_FRAMES ? 8 : 2);
    ext_frame *frames = PyMem_Realloc(first ? NULL : saver->frames, cap * sizeof *frames);
    if (!frames) {
        PyErr_NoMemory();
        return false;
    }
    if (first)
        memcpy(frames, saver->first_frames, saver->depth * sizeof *frames);
    saver->frames = frames;
    saver->frames_cap = cap;
    return true;
}

ext_frame *ext_push(ext_saver *saver, ext_frame_kind kind, PyObject *object)
{
    if (BRN_UNLIKELY(saver->weight + weights[kind] > saver->max_depth)) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded while pickling an object");
        return NULL;
    }
    if (BRN_UNLIKELY(saver->depth == saver->frames_cap) && !grow_frames(saver))
        return NULL;
    ext_frame *frame = &saver->frames[saver->depth++];
    *frame = (ext_frame){.object = Py_XNewRef(object), .kind = (uint8_t)kind};
    saver->weight += weights[kind];
    return frame;
}

static void drop_frame(ext_saver *saver)
{
    saver->depth--;
    saver->weight -= weights[saver->frames[saver->depth].kind];
}

/* The frame is gone before its references are: giving those back can run anything. */
static ext_frame take_frame(ext_saver *saver)
{
    drop_frame(saver);
    return saver->frames[saver->depth];
}

int ext_pop(ext_saver *saver)
{
    const ext_frame *top = &saver->frames[saver->depth - 1];
    if (BRN_UNLIKELY(top->flags & EXT_FRAME_FAST) && ext_fast_leave(saver, top->object) < 0)
        return -1;
    /* A list or tuple has nothing else. */
    if (BRN_LIKELY(!top->source && !top->pending && !top->next)) {
        PyObject *object = top->object;
        drop_frame(saver);
        return ext_give_back(saver, object);
    }
    ext_frame frame = take_frame(saver);
    int result = ext_give_back(saver, frame.object);
    result |= ext_give_back(saver, frame.source);
    result |= ext_give_back(saver, frame.pending);
    return result | ext_give_back(saver, frame.next);
}

static int run_frames(ext_saver *saver)
{
    while (saver->depth > 0) {
        ext_frame *frame = &saver->frames[saver->depth - 1];
        int result = steps[frame->kind](saver, frame);
        if (result > 0)
            continue;
        if (result < 0 || ext_pop(saver) < 0)
            return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------------
 * One pickle
 * ------------------------------------------------------------------------ */

static int save_root(ext_saver *saver, PyObject *object)
{
    if (!brn_emit_begin(&saver->out))
        return -1;
    int result = 0;
    if (!ext_save_quick(saver, object, false))
        result = ext_save(saver, object, false);
    if (result > 0)
        result = run_frames(saver);
    return result < 0 ? -1 : ext_done(brn_emit_finish(&saver->out));
}

/* Frames are left after a failure; the raised exception is kept. */
static void drop_frames(ext_saver *saver)
{
    PyObject *raised = ext_take_exception();
    while (saver->depth > 0) {
        ext_frame frame = take_frame(saver);
        Py_XDECREF(frame.object);
        Py_XDECREF(frame.source);
        Py_XDECREF(frame.pending);
        Py_XDECREF(frame.next);
    }
    Py_CLEAR(saver->unanswered);
    Py_CLEAR(saver->culprit);
    Py_CLEAR(saver->fast_memo);
    ext_put_exception(raised);
}

static void end_dump(ext_saver *saver, bool failed)
{
    if (BRN_UNLIKELY(failed || saver->fast_memo))
        drop_frames(saver);
    if (saver->frames != saver->first_frames)
        PyMem_Free(saver->frames);
    saver->frames = NULL;
    saver->frames_cap = 0;
    Py_CLEAR(saver->bytes);
    if (saver->scratch)
        keep_scratch(saver);
    saver->fast_nesting = 0;
}

void ext_saver_reconsider(ext_saver *saver)
{
    saver->out.careful = saver->persistent_id || saver->fast;
    if (saver->first_bytes)
        brn_emit_reconsider(&saver->out);
}

PyObject *ext_saver_run(ext_saver *saver, PyObject *object)
{
    ext_frame first_frames[EXT_FIRST_FRAMES];
    uint8_t first_bytes[EXT_FIRST_BYTES];
    uintptr_t first_log[EXT_FIRST_LOG];
    ext_log_begin(&saver->log, first_log, &saver->state->save_scratch);
    ext_saver_reconsider(saver);
    saver->first_frames = saver->frames = first_frames;
    saver->frames_cap = EXT_FIRST_FRAMES;
    saver->first_bytes = first_bytes;
    saver->lost = false;
    saver->epoch++;
    set_buffer(saver, first_bytes, sizeof first_bytes);
    saver->out.grow = grow;
    saver->out.flush = saver->write ? flush : NULL;
    saver->out.pass = saver->write ? pass : NULL;

    PyObject *result = NULL;
    int saved = save_root(saver, object);
    /* Nothing asks for these numbers any more. */
    ext_log_end(&saver->log);
    if (saved < 0)
        ext_save_explain(saver);
    else if (!saver->write)
        result = take_bytes(saver);
    else if (write_bytes(saver, take_bytes(saver)))
        result = Py_NewRef(Py_None);
    end_dump(saver, !result);
    saver->first_bytes = NULL;
    saver->first_frames = NULL;
    return result;
}
