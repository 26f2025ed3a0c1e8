/*
 * scan.c - brinery.scan: the library's scan, its report as dicts and lists.
 *
 * The keys are those of `brinery scan --json`.  The interpreter's lock is not held while the library works; it is
 * taken for what only Python can unpack (brinery/_scan.py).
 */
#include "ext.h"

/* What the function that unpacks has to know. */
typedef struct unpacker {
    PyObject *pieces; /* pieces(packing, bytes): an iterable of bytes */
    PyThreadState *thread;
} unpacker;

/* Give the sink all that the iterable has.  Exceptions are about the bytes; which ones, nobody asks. */
static brn_code pour(PyObject *pieces, const char *packing, const void *data, size_t size,
                     brn_sink_fn sink, void *sink_ctx)
{
    PyObject *bytes =
        PyMemoryView_FromMemory((char *)(uintptr_t)data, (Py_ssize_t)size, PyBUF_READ);
    PyObject *made = bytes ? PyObject_CallFunction(pieces, "sO", packing, bytes) : NULL;
    PyObject *iterator = made && made != Py_None ? PyObject_GetIter(made) : NULL;
    brn_code code = made == Py_None ? BRN_ERROR_UNSUPPORTED : iterator ? BRN_OK : BRN_ERROR_UNPACK;
    PyObject *piece;
    while (code == BRN_OK && iterator && (piece = PyIter_Next(iterator)) != NULL) {
        if (!PyBytes_Check(piece))
            code = BRN_ERROR_UNPACK;
        else if (!sink(sink_ctx, PyBytes_AS_STRING(piece), (size_t)PyBytes_GET_SIZE(piece)))
            code = BRN_ERROR_WRITE;
        Py_DECREF(piece);
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        code = BRN_ERROR_UNPACK;
    }
    Py_XDECREF(iterator);
    Py_XDECREF(made);
    Py_XDECREF(bytes);
    return code;
}

static brn_code unpack(void *ctx, brn_packing packing, const void *data, size_t size,
                       brn_sink_fn sink, void *sink_ctx)
{
    unpacker *u = ctx;
    if (packing <= BRN_PACKING_ZLIB)
        return BRN_ERROR_UNSUPPORTED; /* the library's own */
    PyEval_RestoreThread(u->thread);
    brn_code code = pour(u->pieces, brn_packing_name(packing), data, size, sink, sink_ctx);
    u->thread = PyEval_SaveThread();
    return code;
}

/* ------------------------------------------------------------------------
 * The report
 * ------------------------------------------------------------------------ */

/* Bytes of other systems' names are no UTF-8: then they are shown escaped. */
static PyObject *text_of(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
}

static PyObject *finding_of(const brn_finding *f)
{
    return Py_BuildValue("{sssssNsNsNsssssssKsK}", "verdict", brn_verdict_name(f->verdict), "use",
                         brn_use_name(f->use), "module", text_of(f->module), "name",
                         text_of(f->name), "arguments", text_of(f->arguments), "category",
                         f->category, "severity", brn_severity_name(f->severity), "reason",
                         f->reason, "offset", (unsigned long long)f->offset, "count",
                         (unsigned long long)f->count);
}

static PyObject *error_of(brn_code code, uint64_t offset, const char *message)
{
    if (code == BRN_OK)
        return Py_NewRef(Py_None);
    return Py_BuildValue("{sisssKsN}", "code", (int)code, "name", brn_code_name(code), "offset",
                         (unsigned long long)offset, "message", text_of(message));
}

static PyObject *findings_of(const brn_scan_stream *s)
{
    PyObject *list = PyList_New((Py_ssize_t)s->finding_count);
    for (size_t i = 0; list && i < s->finding_count; i++) {
        PyObject *finding = finding_of(&s->findings[i]);
        if (!finding)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, finding);
    }
    return list;
}

static PyObject *stream_of(const brn_scan_stream *s)
{
    return Py_BuildValue(
        "{sNsssssKsKsKsKsKsKsNsNsN}", "where", text_of(s->where), "format", s->format, "verdict",
        brn_verdict_name(s->verdict), "offset", (unsigned long long)s->offset, "size",
        (unsigned long long)s->size, "pickles", (unsigned long long)s->pickles, "persistent_ids",
        (unsigned long long)s->persistent_ids, "buffers", (unsigned long long)s->buffers, "omitted",
        (unsigned long long)s->omitted, "note", text_of(s->note), "error",
        error_of(s->code, s->error_offset, s->message), "findings", findings_of(s));
}

static PyObject *report_of(const brn_scan *scan)
{
    size_t count = brn_scan_count(scan);
    PyObject *streams = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; streams && i < count; i++) {
        PyObject *stream = stream_of(brn_scan_at(scan, i));
        if (!stream)
            Py_CLEAR(streams);
        else
            PyList_SET_ITEM(streams, (Py_ssize_t)i, stream);
    }
    if (!streams)
        return NULL;
    return Py_BuildValue("{sssOsKsN}", "verdict", brn_verdict_name(brn_scan_verdict(scan)),
                         "unreadable", brn_scan_unreadable(scan) ? Py_True : Py_False, "size",
                         (unsigned long long)brn_scan_size(scan), "streams", streams);
}

/* ------------------------------------------------------------------------
 * The function
 * ------------------------------------------------------------------------ */

static PyObject *fail(const brn_error *err)
{
    PyObject *type = err->code == BRN_ERROR_MEMORY ? PyExc_MemoryError
                     : err->code == BRN_ERROR_OPEN || err->code == BRN_ERROR_READ
                         ? PyExc_OSError
                         : PyExc_ValueError;
    PyErr_SetString(type, err->message);
    return NULL;
}

PyObject *ext_scan(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer data;
    PyObject *path;
    const char *name;
    unpacker u = {NULL, NULL};
    unsigned long long depth;
    unsigned long long inflated;
    unsigned long long members;
    unsigned long long memory;
    if (!PyArg_ParseTuple(args, "Oy*zOKKKK:_scan", &path, &data, &name, &u.pieces, &depth,
                          &inflated, &members, &memory))
        return NULL;
    PyObject *encoded = NULL;
    if (path != Py_None && !PyUnicode_FSConverter(path, &encoded)) {
        PyBuffer_Release(&data);
        return NULL;
    }
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    options.max_depth = depth < UINT32_MAX ? (uint32_t)depth : UINT32_MAX;
    options.max_inflated = inflated;
    options.max_members = members;
    options.max_memory = memory;
    options.unpack = unpack;
    options.unpack_ctx = &u;
    brn_error err;
    const char *file = encoded ? PyBytes_AS_STRING(encoded) : NULL;
    u.thread = PyEval_SaveThread();
    brn_scan *scan = file ? brn_scan_file(file, &options, NULL, &err)
                          : brn_scan_bytes(data.buf, (size_t)data.len, name, &options, NULL, &err);
    PyEval_RestoreThread(u.thread);
    PyBuffer_Release(&data);
    Py_XDECREF(encoded);
    if (!scan)
        return fail(&err);
    PyObject *report = report_of(scan);
    brn_scan_free(scan);
    return report;
}
