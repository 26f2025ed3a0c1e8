/*
 * safe_input.c - the bytes of one pickle, out of a file that goes on behind it.
 *
 * safe_load() needs a whole pickle before it decides, and must not wait for what a socket may never send.  So the pickle is
 * measured while it arrives: the machine without values runs over a stream whose bytes are first only looked at, and taken from the
 * file when it is known that they belong to the pickle.  Files that cannot peek give one byte after the other.
 */
#include "ext.h"

typedef struct collector {
    PyObject *read;
    PyObject *peek;   /* or NULL */
    PyObject *data;   /* a bytearray: what was taken from the file */
    Py_ssize_t ahead; /* bytes that the machine has seen, and that are in the file still */
    uint64_t most;    /* of data, and a little */
} collector;

/* What file.read(count) or file.peek(count) answers, as a buffer; false with an exception. */
static bool ask(PyObject *method, Py_ssize_t count, Py_buffer *answer)
{
    PyObject *bytes = PyObject_CallFunction(method, "n", count);
    bool there = bytes && PyObject_GetBuffer(bytes, answer, PyBUF_SIMPLE) == 0;
    Py_XDECREF(bytes);
    return there;
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
    while (count > 0) {
        Py_buffer bytes;
        if (!ask(c->read, count, &bytes))
            return false;
        bool kept = bytes.len <= count && keep(c, &bytes);
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

/* Look at what comes next, without taking it: *size is 0 if the file does not show it. */
static bool look(collector *c, void *buf, size_t cap, size_t *size)
{
    Py_buffer shown;
    *size = 0;
    if (!c->peek)
        return true;
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
    if (!take(c, 1))
        return SIZE_MAX;
    size = (size_t)(PyByteArray_GET_SIZE(c->data) - before);
    memcpy(buf, PyByteArray_AS_STRING(c->data) + before, size);
    return size;
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
    if (c.read && !c.peek)
        PyErr_Clear();
    c.data = c.read ? PyByteArray_FromStringAndSize(NULL, 0) : NULL;
    PyObject *bytes = NULL;
    if (c.data && collect(&c))
        bytes =
            PyBytes_FromStringAndSize(PyByteArray_AS_STRING(c.data), PyByteArray_GET_SIZE(c.data));
    Py_XDECREF(c.data);
    Py_XDECREF(c.peek);
    Py_XDECREF(c.read);
    return bytes;
}
