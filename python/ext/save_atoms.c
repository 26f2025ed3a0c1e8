/*
 * save_atoms.c - what holds no other objects: ints, text, bytes, buffers.
 */
#include "save.h"

#include "save_quick.h"

/* ------------------------------------------------------------------------
 * Ints
 * ------------------------------------------------------------------------ */

/* The decimal text of an int too large for the C functions: INT and LONG of protocols 0 and 1. */
static int save_long_text(ext_saver *saver, PyObject *object)
{
    PyObject *text = PyObject_Repr(object);
    if (!text)
        return -1;
    Py_ssize_t size;
    const char *digits = PyUnicode_AsUTF8AndSize(text, &size);
    brn_emitter *out = &saver->out;
    bool done = digits && brn_emit_op(out, BRN_OP_BYTE_LONG) &&
                brn_emit_raw(out, digits, (size_t)size) && brn_emit_raw(out, "L\n", 2);
    Py_DECREF(text);
    return ext_done(done);
}

/* How many two's complement bytes suffice, not necessarily the fewest; -1 and an exception. */
static Py_ssize_t long_size(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyLong_AsNativeBytes(object, NULL, 0, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
#else
    size_t bits = _PyLong_NumBits(object);
    return bits == (size_t)-1 ? -1 : (Py_ssize_t)(bits / 8 + 1);
#endif
}

static bool long_bytes(PyObject *object, unsigned char *bytes, Py_ssize_t size)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyLong_AsNativeBytes(object, bytes, size, Py_ASNATIVEBYTES_LITTLE_ENDIAN) >= 0;
#else
    return _PyLong_AsByteArray((PyLongObject *)object, bytes, (size_t)size, 1, 1) == 0;
#endif
}

static int save_long_bytes(ext_saver *saver, PyObject *object)
{
    Py_ssize_t size = long_size(object);
    if (size < 0)
        return -1;
    if (size > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "int too large to pickle");
        return -1;
    }
    unsigned char few[64];
    bool is_short = (size_t)size <= sizeof few;
    unsigned char *bytes = is_short ? few : PyMem_Malloc((size_t)size);
    if (!bytes) {
        PyErr_NoMemory();
        return -1;
    }
    int result = -1;
    if (long_bytes(object, bytes, size))
        result = ext_done(brn_emit_long(&saver->out, bytes, brn_int_trim(bytes, (size_t)size)));
    if (!is_short)
        PyMem_Free(bytes);
    return result;
}

uint8_t *ext_put_wide_long(const ext_saver *saver, uint8_t *p, PyObject *object)
{
    if (saver->out.protocol < 2)
        return NULL;
    Py_ssize_t size = long_size(object);
    if (size < 0 || size > EXT_QUICK_SIZE) {
        PyErr_Clear(); /* the way that is not quick says it again */
        return NULL;
    }
    if (size <= (Py_ssize_t)sizeof(long long)) {
        long long value = PyLong_AsLongLong(object);
        bool small = value >= INT32_MIN && value <= INT32_MAX;
        return small ? brn_put_int(p, (int32_t)value) : brn_put_long(p, value);
    }
    if (!long_bytes(object, p + 2, size)) {
        PyErr_Clear();
        return NULL;
    }
    size_t trimmed = brn_int_trim(p + 2, (size_t)size);
    p[0] = BRN_OP_BYTE_LONG1;
    p[1] = (uint8_t)trimmed;
    return p + 2 + trimmed;
}

int ext_save_long(ext_saver *saver, PyObject *object)
{
    int32_t compact;
    if (ext_long_compact(object, &compact))
        return ext_done(brn_emit_int(&saver->out, compact));
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (value == -1 && PyErr_Occurred())
        return -1;
    if (!overflow)
        return ext_done(brn_emit_int(&saver->out, value));
    if (saver->out.protocol >= 2)
        return save_long_bytes(saver, object);
    return save_long_text(saver, object);
}

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

static const char hex_digits[] = "0123456789abcdef";

/* Characters that a line of raw-unicode-escape cannot hold as they are. */
static bool is_escaped(Py_UCS4 c)
{
    return c >= 256 || c == '\\' || c == 0 || c == '\n' || c == '\r' || c == 0x1a;
}

static uint8_t *put_escape(uint8_t *p, Py_UCS4 c)
{
    bool wide = c >= 0x10000;
    *p++ = '\\';
    *p++ = wide ? 'U' : 'u';
    for (int shift = wide ? 28 : 12; shift >= 0; shift -= 4)
        *p++ = (uint8_t)hex_digits[(c >> shift) & 15];
    return p;
}

static int save_str_text(ext_saver *saver, PyObject *object)
{
    brn_emitter *out = &saver->out;
    int kind = PyUnicode_KIND(object);
    const void *data = PyUnicode_DATA(object);
    Py_ssize_t length = PyUnicode_GET_LENGTH(object);
    size_t size = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        size += !is_escaped(c) ? 1 : c >= 0x10000 ? 10 : 6;
    }
    if (!brn_emit_room(out, size + 2))
        return -1;
    uint8_t *p = out->pos;
    *p++ = BRN_OP_BYTE_UNICODE;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (is_escaped(c))
            p = put_escape(p, c);
        else
            *p++ = (uint8_t)c;
    }
    *p++ = '\n';
    out->pos = p;
    return 0;
}

static int too_large(const char *what)
{
    PyErr_Format(PyExc_OverflowError,
                 "serializing a %s larger than 4 GiB requires pickle protocol 4 or higher", what);
    return -1;
}

static int save_utf8(ext_saver *saver, const char *data, Py_ssize_t size, PyObject *owner)
{
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_text_header(&saver->out, header, (size_t)size);
    if (!end)
        return too_large("string");
    return ext_done(
        brn_emit_payload(&saver->out, header, (size_t)(end - header), data, (size_t)size, owner));
}

/* Short enough for a frame, and not in UTF-8 already: encoded in place. */
static int encode_in_place(ext_saver *saver, PyObject *object, bool *done)
{
    size_t bound = ext_utf8_bound(object);
    *done = false;
    if (bound >= BRN_EMIT_FRAME_TARGET)
        return 0;
    brn_emitter *out = &saver->out;
    if (!brn_emit_room(out, BRN_EMIT_HEADER + bound))
        return -1;
    /* How long the header is depends on how long the text becomes. */
    uint8_t *text = out->pos + BRN_EMIT_HEADER;
    const uint8_t *end = ext_put_utf8(text, object);
    if (!end)
        return 0;
    size_t size = (size_t)(end - text);
    uint8_t *p = brn_put_text_header(out, out->pos, size);
    memmove(p, text, size);
    out->pos = p + size;
    *done = true;
    return 0;
}

static int save_text(ext_saver *saver, PyObject *object)
{
    Py_ssize_t size;
    size_t own_size;
    if (!ext_utf8_own(object, &own_size)) {
        bool done;
        if (encode_in_place(saver, object, &done) < 0 || done)
            return done ? 0 : -1;
    }
    const char *data = PyUnicode_AsUTF8AndSize(object, &size);
    if (data)
        return save_utf8(saver, data, size, NULL);
    /* Lone surrogates: UTF-8 does not have them, pickles do. */
    PyErr_Clear();
    PyObject *encoded = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
    if (!encoded)
        return -1;
    int result = save_utf8(saver, PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded), encoded);
    Py_DECREF(encoded);
    return result;
}

int ext_save_str(ext_saver *saver, PyObject *object, bool unique)
{
#if PY_VERSION_HEX < 0x030c0000
    if (PyUnicode_READY(object) < 0)
        return -1;
#endif
    uint64_t epoch = saver->epoch;
    int result = saver->out.binary ? save_text(saver, object) : save_str_text(saver, object);
    /* What is large has gone to a file. */
    return result < 0 ? -1 : ext_memoize_as(saver, object, unique && saver->epoch == epoch);
}

/* ------------------------------------------------------------------------
 * Bytes
 * ------------------------------------------------------------------------ */

static int save_data(ext_saver *saver, PyObject *object, const uint8_t *header, const uint8_t *end,
                     const char *data, Py_ssize_t size, bool unique)
{
    uint64_t epoch = saver->epoch;
    if (!brn_emit_payload(&saver->out, header, (size_t)(end - header), data, (size_t)size, object))
        return -1;
    return ext_memoize_as(saver, object, unique && saver->epoch == epoch);
}

static int save_bytes_data(ext_saver *saver, PyObject *object, const char *data, Py_ssize_t size,
                           bool unique)
{
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_bytes_header(&saver->out, header, (size_t)size);
    if (!end)
        return too_large("bytes object");
    return save_data(saver, object, header, end, data, size, unique);
}

static int save_bytearray_data(ext_saver *saver, PyObject *object, const char *data,
                               Py_ssize_t size, bool unique)
{
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_bytearray_header(header, (size_t)size);
    return save_data(saver, object, header, end, data, size, unique);
}

/*
 * Before protocol 3 bytes are a call of codecs.encode with their text in Latin-1: what Python 2 reads is its
 * str, what Python 3 reads is bytes.
 */
int ext_save_bytes(ext_saver *saver, PyObject *object, bool unique)
{
    if (saver->out.protocol >= 3)
        return save_bytes_data(saver, object, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object),
                               unique);
    if (ext_before_foreign(saver) < 0)
        return -1;
    if (PyBytes_GET_SIZE(object) == 0)
        return ext_save_made(saver, Py_BuildValue("(O())", &PyBytes_Type), object);
    PyObject *text =
        PyUnicode_DecodeLatin1(PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), "strict");
    if (!text)
        return -1;
    return ext_save_made(
        saver,
        Py_BuildValue("(O(NO))", saver->state->codecs_encode, text, saver->state->names.latin1),
        object);
}

int ext_save_bytearray(ext_saver *saver, PyObject *object, bool unique)
{
    if (saver->out.protocol >= 5)
        return save_bytearray_data(saver, object, PyByteArray_AS_STRING(object),
                                   PyByteArray_GET_SIZE(object), unique);
    if (ext_before_foreign(saver) < 0)
        return -1;
    if (PyByteArray_GET_SIZE(object) == 0)
        return ext_save_made(saver, Py_BuildValue("(O())", &PyByteArray_Type), object);
    PyObject *bytes = PyBytes_FromObject(object);
    if (!bytes)
        return -1;
    return ext_save_made(saver, Py_BuildValue("(O(N))", &PyByteArray_Type, bytes), object);
}

/* Whether buffer_callback wants the data inside the pickle; -1 and an exception. */
static int ask_buffer_callback(ext_saver *saver, PyObject *object)
{
    if (!saver->buffer_callback)
        return 1;
    PyObject *answer = PyObject_CallOneArg(saver->buffer_callback, object);
    if (!answer)
        return -1;
    int in_band = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return in_band;
}

static int save_out_of_band(ext_saver *saver, bool readonly)
{
    if (ext_op(saver, BRN_OP_BYTE_NEXT_BUFFER) < 0)
        return -1;
    return readonly ? ext_op(saver, BRN_OP_BYTE_READONLY_BUFFER) : 0;
}

static int save_view(ext_saver *saver, PyObject *object, const Py_buffer *view)
{
    if (view->suboffsets || !PyBuffer_IsContiguous(view, 'A')) {
        PyErr_SetString(saver->state->PicklingError, "PickleBuffer can not be pickled when "
                                                     "pointing to a non-contiguous buffer");
        return -1;
    }
    int in_band = ask_buffer_callback(saver, object);
    if (in_band < 0)
        return -1;
    if (!in_band)
        return save_out_of_band(saver, view->readonly);
    if (view->readonly)
        return save_bytes_data(saver, object, view->buf, view->len, false);
    return save_bytearray_data(saver, object, view->buf, view->len, false);
}

int ext_save_picklebuffer(ext_saver *saver, PyObject *object)
{
    if (saver->out.protocol < 5) {
#if PY_VERSION_HEX >= 0x030d0000
        PyErr_SetString(saver->state->PicklingError,
                        "PickleBuffer can only be pickled with protocol >= 5");
#else
        PyErr_SetString(saver->state->PicklingError,
                        "PickleBuffer can only pickled with protocol >= 5");
#endif
        return -1;
    }
    if (!PyPickleBuffer_GetBuffer(object) || ext_before_foreign(saver) < 0)
        return -1;
    /* A view of our own: the callback, or memory given back by it, may release the buffer. */
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
        return -1;
    int result = save_view(saver, object, &view);
    PyBuffer_Release(&view);
    return result;
}
