/*
 * save_array.c - arrays of numpy, without asking them: in protocols 3 and 4 their __reduce__ copies all items
 * into a bytes object first, which for large arrays takes as long as everything else together.
 *
 * What they answer is (_reconstruct, (ndarray, (0,), b"b"), (1, shape, dtype, is Fortran's order, items)).  All of
 * it follows from what the buffer protocol and the dtype say, so nothing here knows how numpy lays arrays out.
 * Nothing foreign runs between the first byte and the last: the names are found simply, and the dtype has been
 * written before, or is one of numpy's own, which C code describes.
 */
#include "save.h"

#ifndef Py_GIL_DISABLED

#include "save_direct.h"
#include "save_quick.h"

/* ------------------------------------------------------------------------
 * Dtypes
 * ------------------------------------------------------------------------ */

static bool has_attribute(PyObject *object, PyObject *name, bool (*is)(PyObject *value))
{
    PyObject *value = PyObject_GetAttr(object, name);
    bool found = value && is(value);
    Py_XDECREF(value);
    PyErr_Clear();
    return found;
}

static bool is_none(PyObject *value)
{
    return value == Py_None;
}

static bool is_false(PyObject *value)
{
    return value == Py_False;
}

static bool is_one(PyObject *value)
{
    int32_t number;
    return PyLong_CheckExact(value) && ext_long_compact(value, &number) && number == 1;
}

/* Of items that the buffer protocol has: no dates. */
static bool is_plain_kind(PyObject *value)
{
    return PyUnicode_Check(value) && PyUnicode_GET_LENGTH(value) == 1 &&
           PyUnicode_READ_CHAR(value, 0) < 128 &&
           strchr("biufcSUV", (int)PyUnicode_READ_CHAR(value, 0));
}

/* One of numpy's own, so that saving it runs nothing but C code. */
static bool is_own_dtype(ext_saver *saver, PyObject *dtype, PyObject *dtype_class)
{
    const ext_state *state = saver->state;
    PyTypeObject *type = Py_TYPE(dtype);
    PyObject *reduce = _PyType_Lookup(type, state->names.__reduce__);
    return !ext_is_registered(state, type) && reduce && Py_IS_TYPE(reduce, &PyMethodDescr_Type) &&
           (PyObject *)PyDescr_TYPE(reduce) == dtype_class &&
           ext_inherits(type, &PyBaseObject_Type, state->names.__reduce_ex__) &&
           type->tp_getattro == PyObject_GenericGetAttr &&
           ext_is_simple_global(saver, dtype_class) &&
           has_attribute(dtype, state->names.isbuiltin, is_one) &&
           has_attribute(dtype, state->names.metadata, is_none);
}

/* Whether arrays of this dtype can be written here: mostly the one that was asked about last. */
static bool is_known_dtype(ext_saver *saver, const ext_type *known, PyObject *dtype)
{
    if (saver->direct.dtype == dtype)
        return true;
    if (!has_attribute(dtype, saver->state->names.hasobject, is_false) ||
        !has_attribute(dtype, saver->state->names.kind, is_plain_kind))
        return false;
    if (ext_memo_get(&saver->memo, dtype) < 0)
        return is_own_dtype(saver, dtype, known->slots[EXT_ARRAY_DTYPE].name);
    /* The memo keeps it alive. */
    saver->direct.dtype = dtype;
    return true;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------ */

/* More dimensions are left to the general way. */
#define MOST_DIMENSIONS 8
/* Everything but names, dtype and items fits. */
#define ROOM_AHEAD 160
#define NUMBERS_AHEAD 8

/* What has a number, or a simple name: where it stands, as an object of its own. */
static int save_known(ext_saver *saver, PyObject *object)
{
    if (!brn_emit_boundary(&saver->out))
        return -1;
    Py_ssize_t number = ext_memo_get(&saver->memo, object);
    if (number >= 0)
        return ext_save_get(saver, number);
    int written = ext_save_simple_global(saver, object);
    if (written == EXT_NOT_DIRECT)
        PyErr_SetString(saver->state->PicklingError, "a module of numpy has changed meanwhile");
    return written == 0 ? 0 : -1;
}

/* _reconstruct(ndarray, (0,), b"b") */
static int save_call(ext_saver *saver, PyObject *array, const ext_type *known, bool unique)
{
    if (save_known(saver, known->slots[EXT_ARRAY_RECONSTRUCT].name) < 0 ||
        save_known(saver, (PyObject *)known->type) < 0 || !brn_emit_boundary(&saver->out) ||
        !brn_emit_int(&saver->out, 0) || ext_op(saver, BRN_OP_BYTE_TUPLE1) < 0 ||
        ext_memoize_nothing(saver) < 0 ||
        ext_save(saver, known->slots[EXT_ARRAY_CODE].name, false) != 0 ||
        ext_op(saver, BRN_OP_BYTE_TUPLE3) < 0 || ext_memoize_nothing(saver) < 0 ||
        ext_op(saver, BRN_OP_BYTE_REDUCE) < 0)
        return -1;
    return ext_memoize_as(saver, array, unique);
}

static int save_size(ext_saver *saver, Py_ssize_t size)
{
    return ext_done(brn_emit_boundary(&saver->out) && brn_emit_int(&saver->out, size));
}

/* The version, and the shape. */
static int begin_state(ext_saver *saver, const Py_buffer *view)
{
    if (!brn_emit_boundary(&saver->out) || ext_op(saver, BRN_OP_BYTE_MARK) < 0 ||
        save_size(saver, 1) < 0 || !brn_emit_boundary(&saver->out) ||
        (view->ndim > 3 && ext_op(saver, BRN_OP_BYTE_MARK) < 0))
        return -1;
    for (int i = 0; i < view->ndim; i++) {
        if (save_size(saver, view->shape[i]) < 0)
            return -1;
    }
    if (ext_op(saver, brn_short_tuple_op((size_t)view->ndim)) < 0)
        return -1;
    return view->ndim > 0 ? ext_memoize_nothing(saver) : 0;
}

/* All before the dtype, where everything has its number already; false, and nothing has happened, if not. */
static bool put_beginning(ext_saver *saver, PyObject *array, const ext_type *known,
                          const Py_buffer *view, bool unique)
{
    const ext_memo *memo = &saver->memo;
    Py_ssize_t callee = ext_memo_get(memo, known->slots[EXT_ARRAY_RECONSTRUCT].name);
    Py_ssize_t cls = ext_memo_get(memo, (PyObject *)known->type);
    Py_ssize_t code = ext_memo_get(memo, known->slots[EXT_ARRAY_CODE].name);
    if (callee < 0 || cls < 0 || code < 0 || saver->out.quick - saver->out.pos < ROOM_AHEAD ||
        saver->log.limit - saver->log.end < NUMBERS_AHEAD ||
        !ext_is_room_ahead(saver, callee + cls + code, unique))
        return false;
    for (int i = 0; i < view->ndim; i++) {
        if (view->shape[i] > INT32_MAX)
            return false;
    }
    uint8_t *p = brn_put_binget(saver->out.pos, callee);
    p = brn_put_int(brn_put_binget(p, cls), 0);
    p = brn_put_binget(ext_put_made(saver, p, BRN_OP_BYTE_TUPLE1), code);
    p = ext_put_made(saver, p, BRN_OP_BYTE_TUPLE3);
    p = ext_put_object(saver, p, BRN_OP_BYTE_REDUCE, array, unique);
    *p = BRN_OP_BYTE_MARK;
    p = brn_put_int(p + 1, 1);
    *p = BRN_OP_BYTE_MARK;
    p += view->ndim > 3;
    for (int i = 0; i < view->ndim; i++)
        p = brn_put_int(p, (int32_t)view->shape[i]);
    *p++ = brn_short_tuple_op((size_t)view->ndim);
    saver->out.pos = view->ndim > 0 ? ext_put_number(saver, p, 0) : p;
    return true;
}

/* All after the dtype. */
static int finish_array(ext_saver *saver, const Py_buffer *view)
{
    brn_emitter *out = &saver->out;
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_bytes_header(out, header, (size_t)view->len);
    bool fortran = PyBuffer_IsContiguous(view, 'F') && !PyBuffer_IsContiguous(view, 'C');
    if (!brn_emit_boundary(out) || !brn_emit_bool(out, fortran) || !brn_emit_boundary(out) ||
        !brn_emit_payload(out, header, (size_t)(end - header), view->buf, (size_t)view->len,
                          NULL) ||
        ext_memoize_nothing(saver) < 0 || ext_op(saver, BRN_OP_BYTE_TUPLE) < 0 ||
        ext_memoize_nothing(saver) < 0)
        return -1;
    return ext_op(saver, BRN_OP_BYTE_BUILD);
}

/* `dtype` may have to be saved by frames. */
static int save_view(ext_saver *saver, PyObject *array, PyObject *dtype, const ext_type *known,
                     const Py_buffer *view, bool unique)
{
    if (!put_beginning(saver, array, known, view, unique) &&
        (save_call(saver, array, known, unique) < 0 || begin_state(saver, view) < 0))
        return -1;
    Py_ssize_t number = ext_memo_get(&saver->memo, dtype);
    if (number >= 0)
        return !brn_emit_boundary(&saver->out) || ext_save_get(saver, number) < 0
                   ? -1
                   : finish_array(saver, view);
    ext_frame *frame = ext_push(saver, EXT_FRAME_INSTANCE, array);
    if (!frame)
        return -1;
    frame->stage = EXT_INSTANCE_ARRAY;
    frame->size = view->len;
    frame->next = Py_NewRef(dtype);
    return 1;
}

/* ------------------------------------------------------------------------
 * Arrays
 * ------------------------------------------------------------------------ */

/* One item of one byte, and none, are objects that the interpreter has once, and so are known to the memo. */
static bool is_for_us(ext_saver *saver, const ext_type *known, const Py_buffer *view)
{
    return view->len > 1 && view->ndim <= MOST_DIMENSIONS && !view->suboffsets &&
           (saver->out.protocol == 4 || (size_t)view->len <= UINT32_MAX) &&
           PyBuffer_IsContiguous(view, 'A') &&
           ext_is_simple_global(saver, known->slots[EXT_ARRAY_RECONSTRUCT].name) &&
           ext_is_simple_global(saver, (PyObject *)known->type);
}

int ext_save_array(ext_saver *saver, PyObject *array, const ext_type *known, bool unique)
{
    /* To files, large items go as the bytes that numpy makes; protocol 5 copies none. */
    if (saver->write || saver->out.protocol < 3 || saver->out.protocol > 4 ||
        ext_is_too_deep(saver, EXT_INSTANCE_WEIGHT + EXT_REDUCE_WEIGHT + 3))
        return EXT_NOT_DIRECT;
    PyObject *dtype = PyObject_GetAttr(array, saver->state->names.dtype);
    int result = EXT_NOT_DIRECT;
    Py_buffer view;
    if (dtype && is_known_dtype(saver, known, dtype) &&
        PyObject_GetBuffer(array, &view, PyBUF_RECORDS_RO) == 0) {
        if (is_for_us(saver, known, &view))
            result = save_view(saver, array, dtype, known, &view, unique);
        PyBuffer_Release(&view);
    }
    Py_XDECREF(dtype);
    if (result == EXT_NOT_DIRECT)
        PyErr_Clear();
    return result;
}

/* object: the array; next: its dtype; size: of its items; index: whether the dtype is being saved. */
int ext_step_array(ext_saver *saver, ext_frame *frame)
{
    if (frame->index == 0) {
        frame->index = 1;
        int result = ext_save(saver, frame->next, false);
        if (result != 0)
            return result;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(frame->object, &view, PyBUF_RECORDS_RO) < 0)
        return -1;
    int result = -1;
    if (view.len == frame->size && PyBuffer_IsContiguous(&view, 'A'))
        result = finish_array(saver, &view);
    else
        PyErr_SetString(PyExc_RuntimeError, "array changed while it was pickled");
    PyBuffer_Release(&view);
    return result;
}

#endif
