/*
 * safe_input.c - the bytes of one pickle, out of a file that goes on behind it.
 *
 * safe_load() needs a whole pickle before it decides, and must not wait for what a socket may never send.  So the pickle is
 * measured while it arrives, by the machine without values.  Of files that can peek it reads bytes that are first only looked at, and
 * taken from the file when it is known that they belong to the pickle; others are asked for what is certainly missing: the rest
 * of an argument, a line, a frame.
 */
#include "ext.h"

#include "machine/inspect.h"

/* A claim is believed so far at first, and then twice as far each time. */
#define FIRST_STEP ((Py_ssize_t)1 << 20)

typedef struct collector {
    PyObject *read;
    PyObject *readline; /* or NULL */
    PyObject *peek;     /* or NULL */
    PyObject *data;     /* a bytearray: what was taken from the file */
    Py_ssize_t ahead;   /* bytes that the machine has seen, and that are in the file still */
    uint64_t most;      /* of data, and a little */
} collector;

/* What a file has answered, NULL after an exception, as a buffer; the reference is taken.  False with an exception. */
static bool as_buffer(PyObject *bytes, Py_buffer *answer)
{
    bool there = bytes && PyObject_GetBuffer(bytes, answer, PyBUF_SIMPLE) == 0;
    Py_XDECREF(bytes);
    return there;
}

/* What file.read(count) or file.peek(count) answers. */
static bool ask(PyObject *method, Py_ssize_t count, Py_buffer *answer)
{
    return as_buffer(PyObject_CallFunction(method, "n", count), answer);
}

static bool keep(collector *c, const Py_buffer *bytes)
{
    Py_ssize_t size = PyByteArray_GET_SIZE(c->data);
    if (PyByteArray_Resize(c->data, size + bytes->len) < 0)
        return false;
    memcpy(PyByteArray_AS_STRING(c->data) + size, bytes->buf, (size_t)bytes->len);
    return true;
}

/* Take `count` bytes, or as many as there are; false with an exception. */
static bool take(collector *c, Py_ssize_t count)
{
    for (Py_ssize_t step = FIRST_STEP; count > 0; step += step) {
        Py_buffer bytes;
        Py_ssize_t most = count < step ? count : step;
        if (!ask(c->read, most, &bytes))
            return false;
        bool kept = bytes.len <= most && keep(c, &bytes);
        Py_ssize_t size = bytes.len;
        PyBuffer_Release(&bytes);
        if (!kept && !PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "read() returned more than was asked for");
        if (!kept)
            return false;
        if (size == 0)
            break;
        count -= size;
    }
    return true;
}

/* Take a line, or what there is of it; false with an exception. */
static bool take_line(collector *c)
{
    Py_buffer line;
    if (c->readline) {
        if (!as_buffer(PyObject_CallNoArgs(c->readline), &line))
            return false;
        bool kept = keep(c, &line);
        PyBuffer_Release(&line);
        return kept;
    }
    for (;;) {
        Py_ssize_t before = PyByteArray_GET_SIZE(c->data);
        if (!take(c, 1))
            return false;
        Py_ssize_t size = PyByteArray_GET_SIZE(c->data);
        if (size == before || PyByteArray_AS_STRING(c->data)[size - 1] == '\n')
            return true;
    }
}

/* Look at what comes next, without taking it: *size is 0 if the file does not show it. */
static bool look(collector *c, void *buf, size_t cap, size_t *size)
{
    Py_buffer shown;
    *size = 0;
    if (!ask(c->peek, 1, &shown))
        return false;
    *size = (size_t)shown.len < cap ? (size_t)shown.len : cap;
    memcpy(buf, shown.buf, *size);
    PyBuffer_Release(&shown);
    c->ahead = (Py_ssize_t)*size;
    return true;
}

static size_t next_bytes(void *ctx, void *buf, size_t cap)
{
    collector *c = ctx;
    Py_ssize_t ahead = c->ahead;
    size_t size;
    c->ahead = 0;
    if (!take(c, ahead))
        return SIZE_MAX;
    Py_ssize_t before = PyByteArray_GET_SIZE(c->data);
    if ((uint64_t)before > c->most)
        return 0;
    if (!look(c, buf, cap, &size))
        return SIZE_MAX;
    if (size > 0)
        return size;
    if (!take(c, 1)) /* a peek that shows nothing is not the end of the file */
        return SIZE_MAX;
    size = (size_t)(PyByteArray_GET_SIZE(c->data) - before);
    memcpy(buf, PyByteArray_AS_STRING(c->data) + before, size);
    return size;
}

/* The window is all that was taken. */
static bool fetch(brn_reader *reader, const uint8_t *from, uint64_t missing)
{
    (void)from;
    collector *c = reader->source_ctx;
    size_t pos = (size_t)(reader->pos - reader->start);
    size_t op = reader->op ? (size_t)(reader->op - reader->start) : 0;
    Py_ssize_t before = PyByteArray_GET_SIZE(c->data);
    bool is_line = missing == BRN_MISSING_LINE;
    if (PyErr_Occurred() || (uint64_t)before > c->most)
        return false;
    uint64_t room = (uint64_t)(PY_SSIZE_T_MAX - before);
    bool there = is_line ? take_line(c) : take(c, (Py_ssize_t)(missing < room ? missing : room));
    Py_ssize_t size = PyByteArray_GET_SIZE(c->data);
    const char *bytes = PyByteArray_AS_STRING(c->data);
    reader->start = (const uint8_t *)bytes;
    reader->end = reader->start + size;
    reader->pos = reader->start + pos;
    if (reader->op)
        reader->op = reader->start + op;
    if (is_line)
        return there && size > before && bytes[size - 1] == '\n';
    return there && (uint64_t)(size - before) >= missing;
}

static brn_decoded leave_payload(brn_reader *reader, brn_argument *arg)
{
    (void)reader;
    (void)arg;
    return BRN_DECODE_MORE;
}

/* As collect(), of a file that cannot peek. */
static bool collect_missing(collector *c)
{
    static const brn_source source = {fetch, leave_payload};
    brn_error err;
    (void)brn_inspect_source(&source, c, &err);
    return !PyErr_Occurred();
}

/* Run the machine; what is broken is said by who reads the bytes. */
static bool collect(collector *c)
{
    brn_error err;
    brn_stream *stream = brn_stream_open(next_bytes, c, NULL, NULL, &err);
    if (!stream) {
        (void)PyErr_NoMemory();
        return false;
    }
    brn_code code = brn_events_stream(stream, NULL, NULL, &err);
    uint64_t end = brn_stream_offset(stream);
    brn_stream_close(stream);
    if (PyErr_Occurred())
        return false;
    Py_ssize_t left = c->ahead;
    if (code == BRN_OK)
        left = (Py_ssize_t)(end - (uint64_t)PyByteArray_GET_SIZE(c->data));
    return take(c, left);
}

PyObject *ext_read_one(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *file;
    unsigned long long most;
    if (!PyArg_ParseTuple(args, "OK:_read_one", &file, &most))
        return NULL;
    collector c = {.most = most, .read = PyObject_GetAttrString(file, "read")};
    c.peek = c.read ? PyObject_GetAttrString(file, "peek") : NULL;
    if (c.read && !c.peek) {
        PyErr_Clear();
        c.readline = PyObject_GetAttrString(file, "readline");
        if (!c.readline)
            PyErr_Clear();
    }
    c.data = c.read ? PyByteArray_FromStringAndSize(NULL, 0) : NULL;
    PyObject *bytes = NULL;
    if (c.data && (c.peek ? collect(&c) : collect_missing(&c)))
        bytes =
            PyBytes_FromStringAndSize(PyByteArray_AS_STRING(c.data), PyByteArray_GET_SIZE(c.data));
    Py_XDECREF(c.data);
    Py_XDECREF(c.peek);
    Py_XDECREF(c.readline);
    Py_XDECREF(c.read);
    return bytes;
}
