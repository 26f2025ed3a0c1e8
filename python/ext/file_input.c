/*
 * file_input.c - reading pickles from Python file objects, exactly as far as STOP.
 *
 * A file that can peek shows what comes, is read without being moved, and is asked for the bytes
 * when it is known that they belonged to the pickle.  Others are asked for as much as is
 * certainly missing: the rest of an argument, a line, a frame.  The window is the object that the file has
 * given, without a copy; only an opcode that came in pieces is joined.
 *
 * Memory follows what arrives: large claims are read in growing steps.
 */
#include "explain.h"
#include "load.h"

#define PREFETCH ((uint64_t)128 << 10)
#define FIRST_STEP ((size_t)1 << 20)

static const uint8_t nothing[1] = {0};

int ext_file_open(ext_state *state, ext_file *file, PyObject *object)
{
    bool is_bytes_io = Py_IS_TYPE(object, (PyTypeObject *)state->bytes_io); /* has no peek */
    if ((!is_bytes_io && ext_lookup_attr(object, state->names.peek, &file->peek) < 0) ||
        ext_lookup_attr(object, state->names.readinto, &file->readinto) < 0 ||
        ext_lookup_attr(object, state->names.read, &file->read) < 0 ||
        ext_lookup_attr(object, state->names.readline, &file->readline) < 0) {
        ext_file_close(file);
        return -1;
    }
    if (!file->read || !file->readline) {
        PyErr_SetString(PyExc_TypeError, "file must have 'read' and 'readline' attributes");
        ext_file_close(file);
        return -1;
    }
    if (is_bytes_io)
        file->bytes_io = Py_NewRef(object);
    return 0;
}

static void drop_chunk(ext_file *file)
{
    if (file->chunk.obj)
        PyBuffer_Release(&file->chunk);
    file->peeked = false;
}

void ext_file_close(ext_file *file)
{
    file->start = NULL;
    file->end = NULL;
    drop_chunk(file);
    PyMem_Free(file->joined);
    file->joined = NULL;
    file->joined_cap = 0;
    Py_CLEAR(file->read);
    Py_CLEAR(file->readline);
    Py_CLEAR(file->readinto);
    Py_CLEAR(file->peek);
    Py_CLEAR(file->bytes_io);
}

int ext_file_visit(ext_file *file, visitproc visit, void *arg)
{
    Py_VISIT(file->read);
    Py_VISIT(file->readline);
    Py_VISIT(file->readinto);
    Py_VISIT(file->peek);
    Py_VISIT(file->bytes_io);
    return 0;
}

/* ------------------------------------------------------------------------
 * Asking the file
 * ------------------------------------------------------------------------ */

static PyObject *call_with_size(PyObject *method, size_t size)
{
    PyObject *number = PyLong_FromSize_t(size);
    if (!number)
        return NULL;
    PyObject *result = PyObject_CallOneArg(method, number);
    Py_DECREF(number);
    return result;
}

/* `data`, a reference that is taken over, becomes the chunk. */
static bool set_chunk(ext_file *file, PyObject *data)
{
    if (!data)
        return false;
    Py_buffer chunk;
    int done = PyObject_GetBuffer(data, &chunk, PyBUF_CONTIG_RO);
    Py_DECREF(data);
    if (done < 0)
        return false;
    drop_chunk(file);
    file->chunk = chunk;
    return true;
}

/* What was peeked at, up to here, has been used: the file moves on. */
static bool take_peeked(ext_loader *h, const uint8_t *to)
{
    ext_file *file = h->file;
    size_t size = (size_t)(to - (const uint8_t *)file->chunk.buf);
    if (size == 0)
        return true;
    PyObject *result;
    if (file->bytes_io) {
        PyObject *position = PyLong_FromSize_t(size);
        result = position
                     ? PyObject_CallMethodOneArg(file->bytes_io, h->state->names.seek, position)
                     : NULL;
        Py_XDECREF(position);
    } else {
        result = call_with_size(file->read, size);
    }
    Py_XDECREF(result);
    return result != NULL;
}

static bool grow_joined(ext_file *file, size_t need)
{
    if (need <= file->joined_cap)
        return true;
    size_t cap = file->joined_cap * 2 > need ? file->joined_cap * 2 : need;
    uint8_t *moved = cap < PY_SSIZE_T_MAX ? PyMem_Realloc(file->joined, cap) : NULL;
    if (!moved) {
        PyErr_NoMemory();
        return false;
    }
    file->joined = moved;
    file->joined_cap = cap;
    return true;
}

/* The joined buffer holds *size bytes: add an object's, which is taken over. */
static bool join(ext_file *file, size_t *size, PyObject *data, size_t *added)
{
    Py_buffer view;
    if (!data)
        return false;
    int done = PyObject_GetBuffer(data, &view, PyBUF_CONTIG_RO);
    Py_DECREF(data);
    if (done < 0)
        return false;
    *added = (size_t)view.len;
    bool grown = grow_joined(file, *size + *added);
    if (grown && *added > 0) {
        memcpy(file->joined + *size, view.buf, *added);
        *size += *added;
    }
    PyBuffer_Release(&view);
    return grown;
}

/* The window that fetching makes. */
typedef struct window {
    const uint8_t *start;
    size_t size;
} window;

/*
 * Add `missing` bytes (or a line) to what is kept.  Asks until all are there or the file has nothing more:
 * raw files give what they happen to have.
 */
static bool fetch_joined(ext_file *file, window *w, uint64_t missing)
{
    size_t size = w->size;
    bool is_chunk = file->chunk.obj != NULL;
    if (is_chunk && !grow_joined(file, size))
        return false;
    if (size > 0)
        memmove(file->joined, w->start, size);
    drop_chunk(file);
    w->start = file->joined;
    size_t step = FIRST_STEP;
    while (missing > 0) {
        size_t added;
        PyObject *data = missing == BRN_MISSING_LINE
                             ? PyObject_CallNoArgs(file->readline)
                             : call_with_size(file->read, missing < step ? (size_t)missing : step);
        bool done = join(file, &size, data, &added);
        w->start = file->joined;
        w->size = size;
        if (!done)
            return false;
        if (missing == BRN_MISSING_LINE || added == 0)
            break;
        missing = added < missing ? missing - added : 0;
        step *= 2;
    }
    return true;
}

/*
 * A BytesIO has no peek, but the bytes it holds can be had without a copy, and be looked at from where it
 * stands.  If it had to copy them (views on it are open), it is read like other files from then on.
 */
static bool look_into_bytes_io(ext_loader *h, window *w)
{
    ext_file *file = h->file;
    const struct ext_state *state = h->state;
    PyObject *tell = PyObject_CallMethodNoArgs(file->bytes_io, state->names.tell);
    PyObject *value =
        tell ? PyObject_CallMethodNoArgs(file->bytes_io, state->names.getvalue) : NULL;
    Py_ssize_t position = value ? PyLong_AsSsize_t(tell) : -1;
    Py_XDECREF(tell);
    if (position < 0) {
        Py_XDECREF(value);
        return false;
    }
    if (Py_REFCNT(value) == 1)
        Py_CLEAR(file->bytes_io);
    if (!file->bytes_io || position >= PyBytes_GET_SIZE(value)) {
        Py_DECREF(value);
        return true;
    }
    if (!set_chunk(file, value))
        return false;
    w->start = (const uint8_t *)file->chunk.buf + position;
    w->size = (size_t)(file->chunk.len - position);
    file->peeked = true;
    return true;
}

/* Nothing is kept: peek if that suffices, or let the window be what one call gives. */
static bool fetch_fresh(ext_loader *h, window *w, uint64_t missing)
{
    ext_file *file = h->file;
    if (file->bytes_io) {
        if (!look_into_bytes_io(h, w))
            return false;
        if (file->bytes_io)
            return true; /* that is all it has */
    }
    if (file->peek && missing < PREFETCH) {
        PyObject *data = call_with_size(file->peek, PREFETCH);
        if (data) {
            if (!set_chunk(file, data))
                return false;
            w->start = file->chunk.buf;
            w->size = (size_t)file->chunk.len;
            if (w->size >= missing) {
                file->peeked = true;
                return true;
            }
            w->size = 0;
        } else {
            if (!PyErr_ExceptionMatches(PyExc_NotImplementedError))
                return false;
            PyErr_Clear();
            Py_CLEAR(file->peek);
        }
    }
    if (missing != BRN_MISSING_LINE && missing > FIRST_STEP)
        return fetch_joined(file, w, missing);
    PyObject *data = missing == BRN_MISSING_LINE ? PyObject_CallNoArgs(file->readline)
                                                 : call_with_size(file->read, (size_t)missing);
    if (!set_chunk(file, data))
        return false;
    w->start = file->chunk.buf;
    w->size = (size_t)file->chunk.len;
    if (w->size == 0 || missing == BRN_MISSING_LINE || w->size >= missing)
        return true;
    return fetch_joined(file, w, missing - w->size);
}

/* ------------------------------------------------------------------------
 * The source
 * ------------------------------------------------------------------------ */

/* The opcode leaves the window; errors still want to name it. */
static void forget_op(brn_reader *reader)
{
    reader->gone_offset = brn_reader_op_offset(reader);
    reader->gone_opcode = brn_reader_op_byte(reader);
    reader->op = NULL;
}

static bool fetch(brn_reader *reader, const uint8_t *from, uint64_t missing)
{
    ext_loader *h = reader->source_ctx;
    ext_file *file = h->file;
    size_t held = (size_t)(reader->end - from);
    size_t behind = (size_t)(reader->pos - from);
    if (reader->op && reader->op < from)
        forget_op(reader);
    bool has_op = reader->op != NULL; /* then it is where `from` is */
    uint64_t offset = brn_reader_offset(reader, from);
    window w = {from, held};
    bool line = missing == BRN_MISSING_LINE;
    bool was_peeked = file->peeked;
    uint64_t wanted = missing < BRN_MISSING_LINE - 1 - held ? missing + held : BRN_MISSING_LINE - 1;

    ext_gc_resume_apart(h);
    bool done = true;
    if (was_peeked) {
        /* The file will show or give again what is not used up. */
        done = take_peeked(h, from);
        drop_chunk(file);
        w = (window){nothing, 0};
        if (!line)
            missing = wanted;
    }
    if (done)
        done = w.size == 0 ? fetch_fresh(h, &w, missing) : fetch_joined(file, &w, missing);
    ext_gc_pause(h);

    if (!done) {
        drop_chunk(file);
        w = (window){nothing, 0};
    }
    if (behind > w.size)
        behind = w.size;
    reader->start = w.start;
    reader->end = w.start + w.size;
    reader->pos = w.start + behind;
    reader->offset = offset;
    if (has_op)
        reader->op = w.start;
    if (!done)
        return ext_load_failed(h);
    if (line)
        return w.size > 0 && w.start[w.size - 1] == '\n' &&
               ((was_peeked && !file->peeked) || w.size > held);
    return w.size >= wanted;
}

/* Room for some more bytes in the payload, in step with what has arrived. */
static bool grow_payload(PyObject **payload, size_t *cap, size_t got, size_t total)
{
    if (got < *cap)
        return true;
    size_t more = *cap < total - *cap ? *cap : total - *cap;
    *cap += more;
    int grown = PyBytes_CheckExact(*payload) ? _PyBytes_Resize(payload, (Py_ssize_t)*cap)
                                             : PyByteArray_Resize(*payload, (Py_ssize_t)*cap);
    if (grown == 0 && *cap >= EXT_LARGE_PAYLOAD)
        (void)brn_ask_for_huge_pages(ext_payload_data(*payload), *cap);
    return grown == 0;
}

/* Through read(): a copy.  -1 after a failure. */
static Py_ssize_t read_copy(ext_file *file, char *to, size_t room)
{
    PyObject *data = call_with_size(file->read, room);
    if (!data)
        return -1;
    if (!PyBytes_Check(data)) {
        PyErr_Format(PyExc_ValueError, "read() returned non-bytes object (%R)", Py_TYPE(data));
        Py_DECREF(data);
        return -1;
    }
    Py_ssize_t size = PyBytes_GET_SIZE(data);
    if (size > (Py_ssize_t)room)
        size = (Py_ssize_t)room;
    memcpy(to, PyBytes_AS_STRING(data), (size_t)size);
    Py_DECREF(data);
    return size;
}

/*
 * Through readinto(), in place.  Whoever keeps the memoryview finds it released; who keeps a view of
 * it keeps the memory, which is then nobody's any more: *kept.
 */
static Py_ssize_t read_in_place(ext_file *file, char *to, size_t room, bool *kept)
{
    PyObject *view = PyMemoryView_FromMemory(to, (Py_ssize_t)room, PyBUF_WRITE);
    if (!view)
        return -1;
    PyObject *number = PyObject_CallOneArg(file->readinto, view);
    PyObject *raised = ext_take_exception();
    if (Py_REFCNT(view) > 1) {
        PyObject *released = PyObject_CallMethod(view, "release", NULL);
        *kept = released == NULL;
        Py_XDECREF(released);
        PyErr_Clear();
    }
    Py_DECREF(view);
    ext_put_exception(raised);
    if (!number)
        return -1;
    Py_ssize_t size = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    if (size < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "readinto() returned negative size");
    return size > (Py_ssize_t)room ? (Py_ssize_t)room : size;
}

/* Read what the payload still lacks.  False with an exception, or at the end of the file without one. */
static bool read_payload(ext_file *file, PyObject **payload, size_t got, size_t cap, size_t total)
{
    while (got < total) {
        if (!grow_payload(payload, &cap, got, total))
            return false;
        char *to = ext_payload_data(*payload) + got;
        bool kept = false;
        Py_ssize_t size = file->readinto ? read_in_place(file, to, cap - got, &kept)
                                         : read_copy(file, to, cap - got);
        if (kept) {
            PyObject *copy =
                PyBytes_CheckExact(*payload)
                    ? PyBytes_FromStringAndSize(ext_payload_data(*payload), (Py_ssize_t)cap)
                    : PyByteArray_FromStringAndSize(ext_payload_data(*payload), (Py_ssize_t)cap);
            *payload = copy; /* the old one stays alive for ever */
            if (!copy)
                return false;
        }
        if (size <= 0)
            return false;
        got += (size_t)size;
    }
    return true;
}

static brn_decoded take_payload(brn_reader *reader, brn_argument *arg)
{
    ext_loader *h = reader->source_ctx;
    ext_file *file = h->file;
    if (arg->total < PREFETCH)
        return BRN_DECODE_MORE;
    if (arg->total > PY_SSIZE_T_MAX) {
        (void)brn_reader_fail(reader, BRN_ERROR_TRUNCATED, "a size beyond all memory is claimed");
        return BRN_DECODE_BAD;
    }
    size_t total = (size_t)arg->total;
    const uint8_t *data = reader->pos + arg->size;
    size_t have = (size_t)(reader->end - data);
    size_t cap = have > FIRST_STEP ? have : FIRST_STEP;
    if (cap > total)
        cap = total;
    PyObject *payload = ext_load_new_payload(*reader->op == BRN_OP_BYTE_BYTEARRAY8, cap);
    if (!payload) {
        (void)ext_load_failed(h);
        return BRN_DECODE_BAD;
    }
    memcpy(ext_payload_data(payload), data, have);
    uint64_t end_offset = brn_reader_offset(reader, data) + total;
    forget_op(reader);

    ext_gc_resume_apart(h);
    bool done = !file->peeked || take_peeked(h, reader->end);
    drop_chunk(file);
    reader->start = reader->pos = reader->end = nothing;
    reader->offset = end_offset;
    done = done && read_payload(file, &payload, have, cap, total);
    ext_gc_pause(h);
    if (!done) {
        Py_XDECREF(payload);
        if (PyErr_Occurred())
            (void)ext_load_failed(h);
        else
            (void)brn_reader_fail(reader, BRN_ERROR_TRUNCATED, "the file ends inside a payload");
        return BRN_DECODE_BAD;
    }
    Py_XSETREF(h->payload, payload);
    arg->data = (const uint8_t *)ext_payload_data(payload);
    arg->size = total;
    arg->begin = 0;
    return BRN_DECODED;
}

const brn_source ext_file_source = {fetch, take_payload};

/* ------------------------------------------------------------------------
 * One pickle
 * ------------------------------------------------------------------------ */

void ext_file_begin(ext_loader *h)
{
    brn_reader *reader = &h->m.in;
    ext_file *file = h->file;
    memset(reader, 0, sizeof *reader);
    reader->start = file->start ? file->start : nothing;
    reader->end = file->start ? file->end : nothing;
    reader->pos = reader->start;
    reader->op = reader->start;
    reader->limit = reader->end;
    reader->frame_end = BRN_NO_FRAME;
    reader->max_input = BRN_UNLIMITED;
    reader->source = &ext_file_source;
    reader->source_ctx = h;
}

int ext_file_end(ext_loader *h)
{
    const brn_reader *reader = &h->m.in;
    ext_file *file = h->file;
    if (file->peeked && reader->code == BRN_OK) {
        bool taken = take_peeked(h, reader->pos);
        drop_chunk(file);
        file->start = NULL;
        return taken ? 0 : -1;
    }
    /* What a frame holds behind STOP, or what follows a failure, is read by the next load. */
    file->start = reader->pos;
    file->end = reader->end;
    return 0;
}
