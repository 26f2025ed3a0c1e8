/*
 * opreader.c - where opcodes come from (memory, files read ahead, other files), and how their
 * arguments become Python objects.
 */
#include "opreader.h"

#include "explain.h"

#define BLOCK 65536

/* ------------------------------------------------------------------------
 * Beginning and end
 * ------------------------------------------------------------------------ */

static void init(ext_opreader *reader, ext_optable *table)
{
    static const uint8_t nothing[1] = {0};
    memset(reader, 0, sizeof *reader);
    reader->table = table;
    table->users++;
    reader->data = reader->pos = reader->end = nothing;
}

/* Read on in `bytes`, whose reference is taken over. */
static void use_source(ext_opreader *reader, PyObject *bytes)
{
    PyObject *old = reader->source;
    reader->source = bytes;
    reader->data = reader->pos = (const uint8_t *)PyBytes_AS_STRING(bytes);
    reader->end = reader->data + PyBytes_GET_SIZE(bytes);
    Py_XDECREF(old);
}

static int use_memory(ext_opreader *reader, PyObject *bytes_like)
{
    reader->input = EXT_INPUT_MEMORY;
    /* What is not bytes can change while we read, so it is copied, as pickletools does. */
    PyObject *bytes =
        PyBytes_Check(bytes_like) ? Py_NewRef(bytes_like) : PyBytes_FromObject(bytes_like);
    if (!bytes)
        return -1;
    use_source(reader, bytes);
    return 0;
}

int ext_opreader_init_memory(ext_opreader *reader, ext_optable *table, PyObject *bytes_like)
{
    init(reader, table);
    if (PyObject_CheckBuffer(bytes_like))
        return use_memory(reader, bytes_like);
    PyErr_Format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'",
                 Py_TYPE(bytes_like)->tp_name);
    return -1;
}

static int use_file(ext_opreader *reader, PyObject *file)
{
    reader->input = EXT_INPUT_FILE;
    reader->file = Py_NewRef(file);
    return ext_lookup_attr(file, reader->table->tell, &reader->tell) < 0 ? -1 : 0;
}

static int use_blocks(ext_opreader *reader, PyObject *file)
{
    reader->input = EXT_INPUT_BLOCKS;
    reader->file = Py_NewRef(file);
    reader->tell = PyObject_GetAttr(file, reader->table->tell);
    reader->seek = PyObject_GetAttr(file, reader->table->seek);
    return reader->tell && reader->seek ? ext_opreader_resume(reader) : -1;
}

int ext_opreader_init(ext_opreader *reader, ext_optable *table, PyObject *pickle)
{
    init(reader, table);
    if (PyBytes_Check(pickle) || PyByteArray_Check(pickle))
        return use_memory(reader, pickle);
    PyObject *type = (PyObject *)Py_TYPE(pickle);
    if (type == table->BytesIO || type == table->BufferedReader || type == table->BufferedRandom)
        return use_blocks(reader, pickle);
    /* Objects with the methods of a file are files, even if they are bytes-like (mmap). */
    PyObject *read = NULL;
    if (PyObject_CheckBuffer(pickle) && ext_lookup_attr(pickle, table->read, &read) < 0)
        return -1;
    bool memory = PyObject_CheckBuffer(pickle) && !read;
    Py_XDECREF(read);
    return memory ? use_memory(reader, pickle) : use_file(reader, pickle);
}

int ext_opreader_visit(const ext_opreader *reader, visitproc visit, void *arg)
{
    Py_VISIT(reader->source);
    Py_VISIT(reader->file);
    Py_VISIT(reader->tell);
    Py_VISIT(reader->seek);
    Py_VISIT(reader->position);
    Py_VISIT(reader->object);
    return 0;
}

void ext_opreader_clear(ext_opreader *reader)
{
    reader->pos = reader->end = reader->data;
    Py_CLEAR(reader->source);
    Py_CLEAR(reader->file);
    Py_CLEAR(reader->tell);
    Py_CLEAR(reader->seek);
    Py_CLEAR(reader->position);
    Py_CLEAR(reader->object);
    if (reader->table)
        ext_optable_release(reader->table);
    reader->table = NULL;
}

/* ------------------------------------------------------------------------
 * Files that are read ahead
 * ------------------------------------------------------------------------ */

static int64_t offset(const ext_opreader *reader, const uint8_t *at)
{
    return reader->base + (at - reader->data);
}

static int seek(const ext_opreader *reader, int64_t where)
{
    PyObject *number = PyLong_FromLongLong(where);
    PyObject *done = number ? PyObject_CallOneArg(reader->seek, number) : NULL;
    Py_XDECREF(number);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static PyObject *call_read(const ext_opreader *reader, Py_ssize_t size)
{
    PyObject *number = PyLong_FromSsize_t(size);
    PyObject *got =
        number ? PyObject_CallMethodOneArg(reader->file, reader->table->read, number) : NULL;
    Py_XDECREF(number);
    return got;
}

int ext_opreader_sync(ext_opreader *reader)
{
    return reader->input == EXT_INPUT_BLOCKS ? seek(reader, offset(reader, reader->pos)) : 0;
}

void ext_opreader_sync_quietly(ext_opreader *reader)
{
    PyObject *raised = ext_take_exception();
    if (ext_opreader_sync(reader) < 0)
        PyErr_Clear();
    ext_put_exception(raised);
}

/* Where the file is, or -1 with an exception. */
static int64_t call_tell(const ext_opreader *reader)
{
    PyObject *told = PyObject_CallNoArgs(reader->tell);
    long long where = told ? PyLong_AsLongLong(told) : -1;
    Py_XDECREF(told);
    if (where < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "tell() returned a negative position");
    return where;
}

int ext_opreader_put_back(ext_opreader *reader)
{
    if (reader->input != EXT_INPUT_BLOCKS)
        return 0;
    int64_t where = call_tell(reader);
    if (where < 0)
        return -1;
    return where == offset(reader, reader->end) ? seek(reader, offset(reader, reader->pos)) : 0;
}

int ext_opreader_resume(ext_opreader *reader)
{
    int64_t where = call_tell(reader);
    if (where < 0)
        return -1;
    if (where != offset(reader, reader->pos)) {
        reader->base = where;
        reader->data = reader->pos = reader->end;
    }
    return 0;
}

/*
 * Read more of the file behind what is left of the block.  1 if there was more, 0 at the end
 * of the file, -1 with an exception.  What is asked for doubles, whatever the pickle claims.
 */
static int read_block(ext_opreader *reader)
{
    if (reader->input != EXT_INPUT_BLOCKS)
        return 0;
    Py_ssize_t left = reader->end - reader->pos;
    int64_t base = offset(reader, reader->pos);
    /* Who has the iterator may have moved the file. */
    if (seek(reader, base + left) < 0)
        return -1;
    PyObject *block = call_read(reader, left > BLOCK ? left : BLOCK);
    if (!block)
        return -1;
    if (!PyBytes_Check(block)) {
        PyErr_Format(PyExc_TypeError, "read() should return bytes, not %.100s",
                     Py_TYPE(block)->tp_name);
        Py_DECREF(block);
        return -1;
    }
    if (PyBytes_GET_SIZE(block) == 0) {
        Py_DECREF(block);
        return 0;
    }
    if (left > 0) {
        PyObject *tail = PyBytes_FromStringAndSize((const char *)reader->pos, left);
        PyBytes_ConcatAndDel(&tail, block);
        block = tail;
        if (!block)
            return -1;
    }
    use_source(reader, block);
    reader->base = base;
    return 1;
}

/* ------------------------------------------------------------------------
 * Decoding
 * ------------------------------------------------------------------------ */

static int fail_exhausted(void)
{
    PyErr_SetString(PyExc_ValueError, "pickle exhausted before seeing STOP");
    return -1;
}

/* `position` is None if it is not known. */
static int fail_unknown(PyObject *position, PyObject *code)
{
    if (position == Py_None)
        PyErr_Format(PyExc_ValueError, "at position <unknown>, opcode %R unknown", code);
    else
        PyErr_Format(PyExc_ValueError, "at position %S, opcode %R unknown", position, code);
    return -1;
}

/*
 * The argument from pickletools: its reader gets the bytes from `pos` to `limit`, and has to say
 * what it makes of them, or what is wrong with them.
 */
static int ask_pickletools(ext_opreader *reader, const uint8_t *limit)
{
    PyObject *file = PyObject_CallFunction(reader->table->BytesIO, "y#", (const char *)reader->pos,
                                           (Py_ssize_t)(limit - reader->pos));
    if (!file)
        return -1;
    reader->object = PyObject_CallOneArg(reader->row->reader, file);
    PyObject *raised = ext_take_exception();
    PyObject *told = PyObject_CallMethodNoArgs(file, reader->table->tell);
    Py_ssize_t used = told ? PyLong_AsSsize_t(told) : -1;
    Py_XDECREF(told);
    Py_DECREF(file);
    if (used >= 0 && used <= limit - reader->pos)
        reader->pos += used;
    ext_put_exception(raised);
    return reader->object ? 0 : -1;
}

/* ASCII without a backslash: every way to read a line means the same by it. */
static bool is_plain_line(const uint8_t *text, size_t size)
{
    return brn_utf8_scan(text, size) == BRN_UTF8_ASCII && !memchr(text, '\\', size);
}

/* Whether what the decoder has read is what pickletools would have read. */
static bool is_plain(ext_opreader *reader)
{
    const brn_argument *arg = &reader->arg;
    brn_utf8 kind;
    reader->ascii = true;
    switch (arg->kind) {
    case BRN_ARG_DECIMAL: return false; /* int() has a limit of digits, which can be changed */
    case BRN_ARG_TEXT:
        if (reader->row->format == BRN_FORMAT_LINE)
            return is_plain_line(arg->data, arg->size);
        kind = brn_utf8_scan(arg->data, arg->size);
        reader->ascii = kind == BRN_UTF8_ASCII;
        return kind != BRN_UTF8_INVALID;
    case BRN_ARG_ESCAPED_BYTES:
    case BRN_ARG_ESCAPED_TEXT: return is_plain_line(arg->data, arg->size);
    case BRN_ARG_PAIR:
        return is_plain_line(arg->data, arg->size) && is_plain_line(arg->data2, arg->size2);
    default: return true;
    }
}

static int read_argument(ext_opreader *reader)
{
    for (;;) {
        const uint8_t *pos = reader->pos;
        brn_decoded decoded = brn_decode(reader->row->format, &pos, reader->end, &reader->arg);
        if (BRN_LIKELY(decoded == BRN_DECODED) && BRN_LIKELY(is_plain(reader))) {
            reader->pos = pos;
            return 0;
        }
        if (decoded == BRN_DECODE_MORE) {
            int more = read_block(reader);
            if (more < 0)
                return -1;
            if (more)
                continue;
        }
        bool ended = decoded != BRN_DECODE_MORE && pos != reader->pos;
        /* Not rare in protocol 0, and no reader of pickletools is needed for it. */
        if (decoded == BRN_DECODED && reader->arg.kind == BRN_ARG_ESCAPED_TEXT) {
            reader->object = PyUnicode_DecodeRawUnicodeEscape((const char *)reader->arg.data,
                                                              (Py_ssize_t)reader->arg.size, NULL);
            reader->pos = pos;
            return reader->object ? 0 : -1;
        }
        return ask_pickletools(reader, ended ? pos : reader->end);
    }
}

static int next_in_bytes(ext_opreader *reader)
{
    if (reader->pos == reader->end) {
        int more = read_block(reader);
        if (more <= 0)
            return more < 0 ? -1 : fail_exhausted();
    }
    reader->at = offset(reader, reader->pos);
    reader->byte = *reader->pos++;
    reader->row = &reader->table->rows[reader->byte];
    if (BRN_LIKELY(reader->row->info != NULL)) {
        if (reader->row->format != BRN_FORMAT_NONE)
            return read_argument(reader);
        reader->arg.kind = BRN_ARG_NONE;
        return 0;
    }
    PyObject *position = PyLong_FromLongLong(reader->at);
    PyObject *code = PyBytes_FromStringAndSize((const char *)&reader->byte, 1);
    if (position && code)
        fail_unknown(position, code);
    Py_XDECREF(position);
    Py_XDECREF(code);
    return -1;
}

/* ------------------------------------------------------------------------
 * Files that are called as pickletools calls them
 * ------------------------------------------------------------------------ */

/* The byte that read(1) returned, -1 if it is no opcode, -2 with an exception. */
static int byte_of_code(const ext_optable *table, PyObject *code)
{
    if (PyBytes_CheckExact(code)) {
        uint8_t byte = (uint8_t)PyBytes_AS_STRING(code)[0];
        return PyBytes_GET_SIZE(code) == 1 && table->rows[byte].info ? byte : -1;
    }
    PyObject *encoding = PyUnicode_FromString("latin-1");
    PyObject *text = encoding ? PyObject_CallMethodOneArg(code, table->decode, encoding) : NULL;
    Py_XDECREF(encoding);
    if (!text)
        return -2;
    int byte = -1;
    if (PyUnicode_Check(text) && PyUnicode_GET_LENGTH(text) == 1 &&
        PyUnicode_READ_CHAR(text, 0) < 256 && table->rows[PyUnicode_READ_CHAR(text, 0)].info)
        byte = (int)PyUnicode_READ_CHAR(text, 0);
    Py_DECREF(text);
    return byte;
}

static int fail_code(PyObject *position, PyObject *code)
{
    PyObject *nothing = PyBytes_FromStringAndSize(NULL, 0);
    int empty = nothing ? PyObject_RichCompareBool(code, nothing, Py_EQ) : -1;
    Py_XDECREF(nothing);
    if (empty < 0)
        return -1;
    return empty ? fail_exhausted() : fail_unknown(position, code);
}

static int next_in_file(ext_opreader *reader)
{
    PyObject *position = reader->tell ? PyObject_CallNoArgs(reader->tell) : Py_NewRef(Py_None);
    if (!position)
        return -1;
    Py_XSETREF(reader->position, position);
    PyObject *code = call_read(reader, 1);
    if (!code)
        return -1;
    int byte = byte_of_code(reader->table, code);
    if (byte == -1)
        fail_code(position, code);
    Py_DECREF(code);
    if (byte < 0)
        return -1;
    reader->at = -1;
    reader->byte = (uint8_t)byte;
    reader->row = &reader->table->rows[byte];
    reader->arg.kind = BRN_ARG_NONE;
    if (!reader->row->reader)
        return 0;
    reader->object = PyObject_CallOneArg(reader->row->reader, reader->file);
    return reader->object ? 0 : -1;
}

int ext_opreader_next(ext_opreader *reader)
{
    if (reader->object)
        Py_CLEAR(reader->object);
    return reader->input == EXT_INPUT_FILE ? next_in_file(reader) : next_in_bytes(reader);
}

/* ------------------------------------------------------------------------
 * Objects
 * ------------------------------------------------------------------------ */

static PyObject *ascii_text(const uint8_t *text, size_t size)
{
    if (size <= 1) /* these are shared */
        return PyUnicode_DecodeLatin1((const char *)text, (Py_ssize_t)size, NULL);
    PyObject *object = PyUnicode_New((Py_ssize_t)size, 127);
    if (object)
        memcpy(PyUnicode_1BYTE_DATA(object), text, size);
    return object;
}

static PyObject *pair(const brn_argument *arg)
{
    PyObject *object = PyUnicode_New((Py_ssize_t)(arg->size + 1 + arg->size2), 127);
    if (!object)
        return NULL;
    Py_UCS1 *text = PyUnicode_1BYTE_DATA(object);
    memcpy(text, arg->data, arg->size);
    text[arg->size] = ' ';
    memcpy(text + arg->size + 1, arg->data2, arg->size2);
    return object;
}

static PyObject *payload(brn_format format, const brn_argument *arg)
{
    const char *data = (const char *)arg->data;
    Py_ssize_t size = (Py_ssize_t)arg->size;
    if (format == BRN_FORMAT_PY2STR1 || format == BRN_FORMAT_PY2STR4)
        return PyUnicode_DecodeLatin1(data, size, NULL);
    return PyBytes_FromStringAndSize(data, size);
}

PyObject *ext_opreader_argument(const ext_opreader *reader)
{
    const brn_argument *arg = &reader->arg;
    if (reader->object)
        return Py_NewRef(reader->object);
    switch (arg->kind) {
    case BRN_ARG_INT:
        if (reader->row->format == BRN_FORMAT_UINT8)
            return PyLong_FromUnsignedLongLong(arg->total);
        return PyLong_FromLongLong(arg->integer);
    case BRN_ARG_BOOL: return PyBool_FromLong((long)arg->integer);
    case BRN_ARG_FLOAT: return PyFloat_FromDouble(arg->real);
    case BRN_ARG_LONG:
        if (arg->size <= 8)
            return PyLong_FromLongLong(brn_int_of_bytes(arg->data, arg->size));
        return _PyLong_FromByteArray(arg->data, arg->size, 1, 1);
    case BRN_ARG_BYTES:
        if (reader->byte == BRN_OP_BYTE_BYTEARRAY8)
            return PyByteArray_FromStringAndSize((const char *)arg->data, (Py_ssize_t)arg->size);
        return payload(reader->row->format, arg);
    case BRN_ARG_TEXT:
    case BRN_ARG_ESCAPED_BYTES:
    case BRN_ARG_ESCAPED_TEXT:
        if (reader->ascii)
            return ascii_text(arg->data, arg->size);
        return PyUnicode_DecodeUTF8((const char *)arg->data, (Py_ssize_t)arg->size,
                                    "surrogatepass");
    case BRN_ARG_PAIR: return pair(arg);
    default: return Py_NewRef(Py_None);
    }
}

PyObject *ext_opreader_position(const ext_opreader *reader)
{
    return reader->position ? Py_NewRef(reader->position) : PyLong_FromLongLong(reader->at);
}
