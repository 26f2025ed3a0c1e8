/*
 * save.c - writing one pickle: the loop over the frames, the buffer, and which object is saved how.
 */
#include "save.h"

#include "save_path.h"

/* ------------------------------------------------------------------------
 * The buffer
 * ------------------------------------------------------------------------ */

#define FIRST_ALLOCATED 4096

static ext_saver *saver_of(brn_emitter *out)
{
    return (ext_saver *)out;
}

static void set_buffer(ext_saver *saver, uint8_t *base, size_t size)
{
    saver->out.base = base;
    saver->out.end = base + size;
}

/* Bytes objects, because that is what the result is: at the end only their size is set. */
static bool grow(brn_emitter *out, size_t size)
{
    ext_saver *saver = saver_of(out);
    size_t used = (size_t)(out->pos - out->base);
    if (size > (size_t)PY_SSIZE_T_MAX / 2 || saver->lost) {
        PyErr_NoMemory();
        return false;
    }
    size_t cap = size + size / 2;
    if (cap < FIRST_ALLOCATED)
        cap = FIRST_ALLOCATED;
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
        memcpy(PyBytes_AS_STRING(saver->bytes), out->base, used);
    }
    set_buffer(saver, (uint8_t *)PyBytes_AS_STRING(saver->bytes), cap);
    return true;
}

/* What has been written, as bytes; then the buffer is the first one again. */
static PyObject *take_bytes(ext_saver *saver)
{
    brn_emitter *out = &saver->out;
    Py_ssize_t used = (Py_ssize_t)(out->pos - out->base);
    PyObject *bytes = saver->bytes;
    saver->bytes = NULL;
    if (bytes)
        (void)_PyBytes_Resize(&bytes, used); /* NULL on failure */
    else
        bytes = PyBytes_FromStringAndSize((const char *)out->base, used);
    set_buffer(saver, saver->first_bytes, EXT_FIRST_BYTES);
    return bytes;
}

/* Call write, and take the reference to what is written. */
static bool write_bytes(ext_saver *saver, PyObject *bytes)
{
    if (!bytes)
        return false;
    PyObject *result = PyObject_CallOneArg(saver->write, bytes);
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

int ext_memoize(ext_saver *saver, PyObject *object)
{
    if (saver->fast)
        return 0;
    Py_ssize_t index = (Py_ssize_t)saver->memo.used;
    if (ext_memo_set(&saver->memo, object, index) < 0)
        return -1;
    if (saver->out.protocol < 4 && saver->out.binary && (size_t)index > 0xffffffff) {
        PyErr_SetString(saver->state->PicklingError, "memo id too large for LONG_BINPUT");
        return -1;
    }
    return ext_done(brn_emit_memoize(&saver->out, index));
}

int ext_memoize_unique(ext_saver *saver, PyObject *object)
{
    return ext_memoize(saver, object);
}

int ext_memoize_attributes(ext_saver *saver, PyObject *instance)
{
    PyObject *dict = PyObject_GenericGetDict(instance, NULL);
    int result = dict ? ext_memoize(saver, dict) : -1;
    Py_XDECREF(dict);
    return result;
}

int ext_memoize_nothing(ext_saver *saver)
{
    PyObject *nothing = PyBaseObject_Type.tp_alloc(&PyBaseObject_Type, 0);
    int result = nothing ? ext_memoize(saver, nothing) : -1;
    Py_XDECREF(nothing);
    return result;
}

int ext_before_foreign(ext_saver *saver)
{
    saver->epoch++;
    return 0;
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

    PyTypeObject *type = Py_TYPE(object);
    if (object == Py_None)
        return ext_done(brn_emit_none(&saver->out));
    if (type == &PyBool_Type)
        return ext_done(brn_emit_bool(&saver->out, object == Py_True));
    if (type == &PyLong_Type)
        return ext_save_long(saver, object);
    if (type == &PyFloat_Type)
        return ext_done(brn_emit_float(&saver->out, PyFloat_AS_DOUBLE(object)));

    const Py_ssize_t *index = ext_memo_get(&saver->memo, object);
    if (index)
        return ext_save_get(saver, *index);

    if (type == &PyUnicode_Type)
        return ext_save_str(saver, object);
    if (type == &PyDict_Type)
        return ext_save_dict(saver, object);
    if (type == &PyList_Type)
        return ext_save_list(saver, object);
    if (type == &PyTuple_Type)
        return ext_save_tuple(saver, object);
    if (type == &PyBytes_Type)
        return ext_save_bytes(saver, object);
    if (type == &PySet_Type)
        return ext_save_set(saver, object);
    if (type == &PyFrozenSet_Type)
        return ext_save_frozenset(saver, object);
    if (type == &PyByteArray_Type)
        return ext_save_bytearray(saver, object);
    if (type == &PyPickleBuffer_Type)
        return ext_save_picklebuffer(saver, object);
    int result = ext_save_direct(saver, object, ext_is_unique(saver, object));
    if (result == EXT_NOT_DIRECT)
        result = ext_save_other(saver, object);
    /* The first to fail is the innermost: nothing here recurses, so the others never see it. */
    if (BRN_UNLIKELY(result < 0) && !saver->culprit)
        saver->culprit = Py_NewRef(object);
    return result;
}

int ext_save_item(ext_saver *saver, PyObject *object, bool vouched)
{
    (void)vouched;
    Py_INCREF(object);
    int result = ext_save(saver, object, false);
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
    [EXT_FRAME_LIST] = 1,       [EXT_FRAME_LIST_ITEMS] = 1, [EXT_FRAME_DICT] = 1,
    [EXT_FRAME_DICT_ITEMS] = 1, [EXT_FRAME_TUPLE] = 1,      [EXT_FRAME_SET] = 1,
    [EXT_FRAME_FROZENSET] = 1,  [EXT_FRAME_REDUCE] = 8,     [EXT_FRAME_GLOBAL] = 8,
    [EXT_FRAME_PERSID] = 8,     [EXT_FRAME_INSTANCE] = EXT_INSTANCE_WEIGHT,
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
    size_t cap = saver->frames_cap * (first ? 8 : 2);
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

/* The frame is gone before its references are: giving those back can run anything. */
static void pop(ext_saver *saver)
{
    ext_frame frame = saver->frames[--saver->depth];
    saver->weight -= weights[frame.kind];
    Py_XDECREF(frame.object);
    Py_XDECREF(frame.source);
    Py_XDECREF(frame.pending);
    Py_XDECREF(frame.next);
}

static int run_frames(ext_saver *saver)
{
    while (saver->depth > 0) {
        ext_frame *frame = &saver->frames[saver->depth - 1];
        int result = steps[frame->kind](saver, frame);
        if (result > 0)
            continue;
        if (result < 0)
            return -1;
        frame = &saver->frames[saver->depth - 1];
        if (frame->flags & EXT_FRAME_FAST && ext_fast_leave(saver, frame->object) < 0)
            return -1;
        pop(saver);
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
    int result = ext_save(saver, object, false);
    if (result > 0)
        result = run_frames(saver);
    return result < 0 ? -1 : ext_done(brn_emit_finish(&saver->out));
}

/* Also after a failure, when frames are left; a raised exception is kept. */
static void end_dump(ext_saver *saver)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    while (saver->depth > 0)
        pop(saver);
    if (saver->frames != saver->first_frames)
        PyMem_Free(saver->frames);
    saver->frames = NULL;
    saver->frames_cap = 0;
    Py_CLEAR(saver->bytes);
    Py_CLEAR(saver->unanswered);
    Py_CLEAR(saver->culprit);
    saver->fast_nesting = 0;
    Py_CLEAR(saver->fast_memo);
    PyErr_Restore(type, value, traceback);
}

PyObject *ext_saver_run(ext_saver *saver, PyObject *object)
{
    ext_frame first_frames[EXT_FIRST_FRAMES];
    uint8_t first_bytes[EXT_FIRST_BYTES];
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
    if (save_root(saver, object) < 0)
        ext_save_explain(saver);
    else if (!saver->write)
        result = take_bytes(saver);
    else if (write_bytes(saver, take_bytes(saver)))
        result = Py_NewRef(Py_None);
    end_dump(saver);
    saver->first_bytes = NULL;
    saver->first_frames = NULL;
    return result;
}
