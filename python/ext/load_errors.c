/*
 * load_errors.c - from what the machine has found wrong to the exception that CPython's
 * loader raises for it, with where it was.
 */
#include "load.h"

bool ext_load_failed(ext_loader *h)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_STOPPED, "an exception is set");
    return false;
}

void ext_load_no_persistent_load(ext_state *state)
{
#if PY_VERSION_HEX < 0x030d0000
#define SPACE "\n"
#else
#define SPACE " "
#endif
    PyErr_SetString(state->UnpicklingError,
                    "A load persistent id instruction was encountered," SPACE
                    "but no persistent_load function was specified.");
}

#define LOOK_AGAIN 1024

#define TRUNCATED "pickle data was truncated"

/* Below, CPython takes it for a size without sign, which no file has. */
#if PY_VERSION_HEX >= 0x030d0000
#define NEGATIVE_BINSTRING "BINSTRING pickle has negative byte count"
#else
#define NEGATIVE_BINSTRING TRUNCATED
#endif

/* Codes with one exception and one message each. */
typedef enum kind { UNPICKLING, END_OF_FILE, RECURSION } kind;

static const struct {
    brn_code code;
    kind kind;
    const char *message;
} table[] = {
    {BRN_ERROR_TRUNCATED, UNPICKLING, TRUNCATED},
    {BRN_ERROR_NO_STOP, END_OF_FILE, "Ran out of input"},
    {BRN_ERROR_EMPTY, END_OF_FILE, "Ran out of input"},
    {BRN_ERROR_FRAME_TOO_LONG, UNPICKLING, TRUNCATED},
    {BRN_ERROR_FRAME_STRADDLED, UNPICKLING, "pickle exhausted before end of frame"},
    {BRN_ERROR_FRAME_NESTED, UNPICKLING, "beginning of a new frame before end of current frame"},
    {BRN_ERROR_STRING_QUOTES, UNPICKLING, "the STRING opcode argument must be quoted"},
    {BRN_ERROR_EMPTY_NAME, UNPICKLING, TRUNCATED},
    {BRN_ERROR_PERSID_TEXT, UNPICKLING, "persistent IDs in protocol 0 must be ASCII strings"},
    {BRN_ERROR_EXT_CODE, UNPICKLING, "EXT specifies code <= 0"},
    {BRN_ERROR_STACK_UNDERFLOW, UNPICKLING, "unpickling stack underflow"},
    {BRN_ERROR_MARK_ON_TOP, UNPICKLING, "unexpected MARK found"},
    {BRN_ERROR_NO_MARK, UNPICKLING, "could not find MARK"},
    {BRN_ERROR_LIMIT_STACK, RECURSION, "maximum depth exceeded while loading a pickle"},
};

/* The argument of the opcode at work as it stands in the window; NULL if it has left it. */
static const uint8_t *raw_argument(const ext_loader *h, size_t *size)
{
    const brn_reader *in = &h->m.in;
    if (!in->op || in->op >= in->end)
        return NULL;
    *size = (size_t)(in->end - in->op) - 1;
    return in->op + 1;
}

/* A size of eight bytes that no object can have: CPython says so before it looks for the bytes. */
static bool raise_oversize(ext_loader *h, int opcode)
{
    const char *what =
        opcode == BRN_OP_BYTE_BINBYTES8     ? "BINBYTES exceeds system's maximum size of"
        : opcode == BRN_OP_BYTE_BYTEARRAY8  ? "BYTEARRAY8 exceeds system's maximum size of"
        : opcode == BRN_OP_BYTE_BINUNICODE8 ? "BINUNICODE exceeds system's maximum size of"
        : opcode == BRN_OP_BYTE_FRAME       ? "FRAME length exceeds system's maximum of"
                                            : NULL;
    size_t size;
    const uint8_t *argument = raw_argument(h, &size);
    if (!what || !argument || size < 8 || brn_load_le64(argument) <= PY_SSIZE_T_MAX)
        return false;
    PyErr_Format(PyExc_OverflowError, "%s %zd bytes", what, PY_SSIZE_T_MAX);
    return true;
}

/* GLOBAL and INST: the first of the two lines that cannot be taken. */
static bool raise_name(ext_loader *h, int opcode)
{
    size_t size;
    const uint8_t *line = raw_argument(h, &size);
    for (int i = 0; line && i < 2; i++) {
        const uint8_t *newline = size > 0 ? memchr(line, '\n', size) : NULL;
        if (!newline || newline == line)
            return false;
        Py_ssize_t length = newline - line;
        PyObject *str = opcode == BRN_OP_BYTE_INST
                            ? PyUnicode_DecodeASCII((const char *)line, length, "strict")
                            : PyUnicode_DecodeUTF8((const char *)line, length, NULL);
        if (!str)
            return true;
        Py_DECREF(str);
        size -= (size_t)length + 1;
        line = newline + 1;
    }
    return false;
}

/* What CPython finds first where the machine says the data ends, or a name is wrong. */
static bool raise_before(ext_loader *h, int opcode)
{
    switch (opcode) {
    case BRN_OP_BYTE_INST:
        if (h->m.mark_count == 0) {
            PyErr_SetString(h->state->UnpicklingError, "could not find MARK");
            return true;
        }
        return raise_name(h, opcode);
    case BRN_OP_BYTE_GLOBAL: return raise_name(h, opcode);
#if PY_VERSION_HEX < 0x030b0300
    case BRN_OP_BYTE_STACK_GLOBAL:
        PyErr_SetString(h->state->UnpicklingError, "STACK_GLOBAL requires str");
        return true;
#endif
    case BRN_OP_BYTE_BINPERSID:
    case BRN_OP_BYTE_PERSID:
        if (h->persistent_load)
            return false;
        ext_load_no_persistent_load(h->state);
        return true;
    default: return raise_oversize(h, opcode);
    }
}

static void raise_unknown_opcode(ext_loader *h, int byte)
{
    if (byte >= 0x20 && byte <= 0x7e && byte != '\'' && byte != '\\')
        PyErr_Format(h->state->UnpicklingError, "invalid load key, '%c'.", byte);
    else
        PyErr_Format(h->state->UnpicklingError, "invalid load key, '\\x%02x'.", byte);
}

static void raise_code(ext_loader *h)
{
    brn_code code = h->m.in.code;
    int opcode = brn_reader_op_byte(&h->m.in);
    size_t size;
    const uint8_t *argument = raw_argument(h, &size);
    switch ((int)code) {
    case BRN_ERROR_UNKNOWN_OPCODE: raise_unknown_opcode(h, opcode); return;
    case BRN_ERROR_PROTOCOL:
        PyErr_Format(PyExc_ValueError, "unsupported pickle protocol: %d",
                     argument && size > 0 ? argument[0] : 0);
        return;
    case BRN_ERROR_NEGATIVE_SIZE:
        PyErr_SetString(h->state->UnpicklingError, opcode == BRN_OP_BYTE_LONG4
                                                       ? "LONG pickle has negative byte count"
                                                       : NEGATIVE_BINSTRING);
        return;
    case BRN_ERROR_ODD_ITEMS:
        PyErr_Format(h->state->UnpicklingError, "odd number of items for %s",
                     opcode == BRN_OP_BYTE_DICT ? "DICT" : "SETITEMS");
        return;
    case BRN_ERROR_MEMORY: PyErr_NoMemory(); return;
    case BRN_ERROR_STACK_UNDERFLOW:
    case BRN_ERROR_MARK_ON_TOP:
    case BRN_ERROR_TRUNCATED:
    case BRN_ERROR_FRAME_TOO_LONG:
    case BRN_ERROR_EMPTY_NAME:
    case BRN_ERROR_UTF8:
    case BRN_ERROR_PERSID_TEXT:
        if (raise_before(h, opcode))
            return;
        break;
    default: break;
    }
    for (size_t i = 0; i < BRN_ARRAY_LEN(table); i++) {
        if (table[i].code == code) {
            PyErr_SetString(table[i].kind == UNPICKLING    ? h->state->UnpicklingError
                            : table[i].kind == END_OF_FILE ? PyExc_EOFError
                                                           : PyExc_RecursionError,
                            table[i].message);
            return;
        }
    }
    PyErr_Format(h->state->UnpicklingError, "%s", brn_code_help(code));
}

/*
 * The first bytes of a file that failed at its first opcode, so that one can tell what it is: what
 * has been read of it is often a byte, or gone already as the payload of what looked like an
 * opcode.  Only files that can seek are asked, and put back where they were.  A
 * new reference, or NULL and no exception.
 */
static PyObject *look_again(ext_loader *h)
{
    PyObject *object = PyObject_GetAttrString(h->file->read, "__self__");
    PyObject *seekable = object ? PyObject_CallMethod(object, "seekable", NULL) : NULL;
    PyObject *bytes = NULL;
    if (seekable == Py_True) {
        PyObject *place = PyObject_CallMethod(object, "tell", NULL);
        PyObject *start = place ? PyObject_CallMethod(object, "seek", "i", 0) : NULL;
        bytes = start ? PyObject_CallFunction(h->file->read, "i", LOOK_AGAIN) : NULL;
        PyObject *back = start ? PyObject_CallMethod(object, "seek", "O", place) : NULL;
        if (bytes && (!back || !PyBytes_Check(bytes)))
            Py_CLEAR(bytes);
        Py_XDECREF(back);
        Py_XDECREF(start);
        Py_XDECREF(place);
    }
    Py_XDECREF(seekable);
    Py_XDECREF(object);
    PyErr_Clear();
    return bytes;
}

void ext_load_raise(ext_loader *h)
{
    if (!PyErr_Occurred())
        raise_code(h);
    PyObject *raised = ext_take_exception();
    PyObject *path = ext_load_path(h);
    PyErr_Clear();
    const brn_reader *in = &h->m.in;
    /* What a file is can be told while its beginning is in the window. */
    bool in_window = in->offset == 0 && in->start < in->end;
    PyObject *again = NULL;
    if (h->file && brn_reader_op_offset(in) == 0 && in->code != BRN_ERROR_STOPPED)
        again = look_again(h);
    ext_put_exception(raised);
    const ext_load_failure failure = {
        .path = path,
        .offset = brn_reader_op_offset(in),
        .module = h->missing_module,
        .name = h->missing_name,
        .data = again       ? (const uint8_t *)PyBytes_AS_STRING(again)
                : in_window ? in->start
                            : NULL,
        .size = again       ? (size_t)PyBytes_GET_SIZE(again)
                : in_window ? (size_t)(in->end - in->start)
                            : 0,
    };
    ext_explain_load(h->state, &failure);
    Py_XDECREF(again);
    Py_XDECREF(path);
}
