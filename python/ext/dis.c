/*
 * dis.c - dis(): what pickletools.dis() prints and complains about.
 *
 * Not the library's brn_disassemble(): that goes on after a problem and keeps an account of its
 * own, while here the rules are pickletools' (which keeps the kinds of values on its stack, takes
 * and fills a memo of the caller's, and stops at the first problem of its choice).  They share
 * the decoder and the spelling of arguments.
 *
 * Lines are collected as UTF-8 and written many at a time, at the latest before an exception
 * leaves us.  Of a file that is not read ahead somebody may be waiting for each line, and gets it.
 */
#include "explain.h"
#include "opreader.h"

#include "repr.h"

#define NAME_COLUMN 10
#define ANNOTATION_LIMIT 50
#define FLUSH_AT 32768
#define SHORT 4096 /* arguments up to this size are spelt without making an object of them */

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

typedef struct text {
    char *data;
    size_t used;
    size_t cap;
} text;

/* Room for `size` more bytes, or NULL with an exception. */
static char *room(text *t, size_t size)
{
    if (BRN_UNLIKELY(size > t->cap - t->used)) {
        if (size > PY_SSIZE_T_MAX - 2 * t->cap)
            return (char *)PyErr_NoMemory();
        size_t cap = 2 * t->cap + size;
        char *data = PyMem_Realloc(t->data, cap);
        if (!data)
            return (char *)PyErr_NoMemory();
        t->data = data;
        t->cap = cap;
    }
    return t->data + t->used;
}

static int put(text *t, const char *data, size_t size)
{
    char *to = room(t, size);
    if (!to)
        return -1;
    memcpy(to, data, size);
    t->used += size;
    return 0;
}

static int put_blanks(text *t, size_t count)
{
    char *to = room(t, count);
    if (!to)
        return -1;
    memset(to, ' ', count);
    t->used += count;
    return 0;
}

/* A str, whose characters that take more than one byte are counted in *wide. */
static int put_str(text *t, PyObject *str, size_t *wide)
{
    Py_ssize_t size;
    const char *data = str ? PyUnicode_AsUTF8AndSize(str, &size) : NULL;
    if (!data)
        return -1;
    *wide += (size_t)(size - PyUnicode_GET_LENGTH(str));
    return put(t, data, (size_t)size);
}

/* ------------------------------------------------------------------------
 * The account of stack, marks and memo
 * ------------------------------------------------------------------------ */

/* A stack of references. */
typedef struct stack {
    PyObject **items;
    size_t count;
    size_t cap;
} stack;

static int push(stack *s, PyObject *object)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        PyObject **items = PyMem_Realloc(s->items, cap * sizeof *items);
        if (!items) {
            PyErr_NoMemory();
            return -1;
        }
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = Py_NewRef(object);
    return 0;
}

static void drop(stack *s, size_t count)
{
    while (count-- > 0)
        Py_DECREF(s->items[--s->count]);
}

static PyObject *top(const stack *s)
{
    return s->count > 0 ? s->items[s->count - 1] : NULL;
}

typedef enum note { NO_NOTE, NOTE_NO_MARK, NOTE_MARK_AT, NOTE_AS } note;

typedef struct disassembler {
    ext_opreader reader;
    PyObject *out; /* None is sys.stdout */
    PyObject *memo;
    PyObject *markobject;
    text text;
    stack stack; /* what pickletools calls the kind of each value */
    stack marks; /* the positions of the marks */
    size_t indent;
    Py_ssize_t annotate;
    Py_ssize_t annotation_column;
    int highest;

    /* Of the opcode at hand. */
    note note;
    PyObject *noted;   /* the position or index of the note, or NULL */
    PyObject *problem; /* what is complained about once the line is written, or NULL */
    PyObject *fetched; /* the kind that a GET pushes, or NULL */
    Py_ssize_t pops;
} disassembler;

static int set_problem(disassembler *d, PyObject *message)
{
    Py_XSETREF(d->problem, message);
    return message ? 0 : -1;
}

/* What goes back to a mark drops all above it, here and not with what the opcode pops below it. */
static int leave_mark(disassembler *d)
{
    if (d->marks.count == 0) {
        d->note = NOTE_NO_MARK;
        /* It will not come to popping. */
        return set_problem(d, PyUnicode_FromString("no MARK exists on stack"));
    }
    d->note = NOTE_MARK_AT;
    d->noted = d->marks.items[--d->marks.count];
    /* A mark is a value to POP and its like, which may have taken it. */
    while (top(&d->stack) != d->markobject) {
        if (d->stack.count == 0) {
            PyErr_SetString(PyExc_IndexError, "list index out of range");
            return -1;
        }
        drop(&d->stack, 1);
    }
    drop(&d->stack, 1);
    d->pops = d->reader.row->to_mark ? d->reader.row->pops : 0;
    return 0;
}

static int store(disassembler *d)
{
    bool memoize = d->reader.byte == BRN_OP_BYTE_MEMOIZE;
    PyObject *arg = ext_opreader_argument(&d->reader);
    if (!arg)
        return -1;
    PyObject *index = arg;
    if (memoize) {
        Py_ssize_t size = PyObject_Size(d->memo);
        index = d->noted = size >= 0 ? PyLong_FromSsize_t(size) : NULL;
        d->note = NOTE_AS;
    }
    int known = index ? PySequence_Contains(d->memo, index) : -1;
    int done = -1;
    if (known > 0)
        done = set_problem(d, PyUnicode_FromFormat("memo key %R already defined", arg));
    else if (known == 0 && d->stack.count == 0)
        done = set_problem(d, PyUnicode_FromString("stack is empty -- can't store into memo"));
    else if (known == 0 && top(&d->stack) == d->markobject)
        done = set_problem(d, PyUnicode_FromString("can't store markobject in the memo"));
    else if (known == 0)
        done = PyObject_SetItem(d->memo, index, top(&d->stack));
    Py_DECREF(arg);
    return done;
}

static int fetch(disassembler *d)
{
    PyObject *index = ext_opreader_argument(&d->reader);
    int known = index ? PySequence_Contains(d->memo, index) : -1;
    int done = -1;
    if (known > 0) {
        d->fetched = PyObject_GetItem(d->memo, index);
        done = d->fetched ? 0 : -1;
    } else if (known == 0) {
        done =
            set_problem(d, PyUnicode_FromFormat("memo key %R has never been stored into", index));
    }
    Py_XDECREF(index);
    return done;
}

/* What the opcode does before its line is written, because the line shows some of it. */
static int account_before(disassembler *d)
{
    const ext_opcode *row = d->reader.row;
    uint8_t byte = d->reader.byte;
    if (row->protocol > d->highest)
        d->highest = row->protocol;
    d->note = NO_NOTE;
    d->pops = row->pops;
    if ((row->to_mark || (byte == BRN_OP_BYTE_POP && top(&d->stack) == d->markobject)) &&
        leave_mark(d) < 0)
        return -1;
    switch (byte) {
    case BRN_OP_BYTE_PUT:
    case BRN_OP_BYTE_BINPUT:
    case BRN_OP_BYTE_LONG_BINPUT:
    case BRN_OP_BYTE_MEMOIZE: return store(d);
    case BRN_OP_BYTE_GET:
    case BRN_OP_BYTE_BINGET:
    case BRN_OP_BYTE_LONG_BINGET: return fetch(d);
    default: return 0;
    }
}

static int push_after(disassembler *d, PyObject *kind, PyObject *position)
{
    /* Something of the caller's memo may claim to be equal to a mark. */
    int mark = kind == d->markobject;
    if (!mark && d->fetched)
        mark = PyObject_RichCompareBool(kind, d->markobject, Py_EQ);
    if (mark < 0 || (mark && push(&d->marks, position) < 0))
        return -1;
    return push(&d->stack, kind);
}

/* And what it does after. */
static int account_after(disassembler *d)
{
    if (d->problem) {
        PyErr_SetObject(PyExc_ValueError, d->problem);
        return -1;
    }
    if (d->stack.count < (size_t)d->pops) {
        PyErr_Format(PyExc_ValueError, "tries to pop %zd items from stack with only %zu items",
                     d->pops, d->stack.count);
        return -1;
    }
    drop(&d->stack, (size_t)d->pops);
    PyObject *after = d->reader.row->after;
    if (!d->fetched && PyTuple_GET_SIZE(after) == 0)
        return 0;
    PyObject *position = NULL;
    if (d->fetched || PyTuple_GET_ITEM(after, 0) == d->markobject) {
        position = ext_opreader_position(&d->reader);
        if (!position)
            return -1;
    }
    int done = 0;
    if (d->fetched)
        done = push_after(d, d->fetched, position);
    else
        for (Py_ssize_t i = 0; done == 0 && i < PyTuple_GET_SIZE(after); i++)
            done = push_after(d, PyTuple_GET_ITEM(after, i), position);
    Py_XDECREF(position);
    return done;
}

static void forget_opcode(disassembler *d)
{
    Py_CLEAR(d->noted);
    Py_CLEAR(d->problem);
    Py_CLEAR(d->fetched);
}

/* ------------------------------------------------------------------------
 * Lines
 * ------------------------------------------------------------------------ */

/* A number of whatever type, as Python's own formatting has it. */
static int put_formatted(text *t, const char *format, PyObject *number)
{
    PyObject *spelling = PyUnicode_FromString(format);
    PyObject *str = spelling ? PyUnicode_Format(spelling, number) : NULL;
    size_t wide = 0;
    int done = str ? put_str(t, str, &wide) : -1;
    Py_XDECREF(spelling);
    Py_XDECREF(str);
    return done;
}

/* "%5d:" and a blank, if there is a position. */
static int put_position(disassembler *d)
{
    PyObject *position = d->reader.position;
    if (position) {
        if (position == Py_None)
            return 0;
        return put_formatted(&d->text, "%5d: ", position);
    }
    int64_t at = d->reader.at;
    char *start = room(&d->text, 32);
    if (!start)
        return -1;
    memcpy(start, "    ", 4);
    size_t blanks = at < 10 ? 4 : at < 100 ? 3 : at < 1000 ? 2 : at < 10000 ? 1 : 0;
    char *p = brn_write_uint(start + blanks, (uint64_t)at);
    *p++ = ':';
    *p++ = ' ';
    d->text.used += (size_t)(p - start);
    return 0;
}

/* The strings of Python 2 are shown without what is not ASCII by newer versions. */
static bool is_py2_string(const disassembler *d)
{
    brn_format format = d->reader.row->format;
    return format == BRN_FORMAT_STRING || format == BRN_FORMAT_PY2STR1 ||
           format == BRN_FORMAT_PY2STR4;
}

static int put_object(disassembler *d, size_t *wide)
{
    PyObject *object = ext_opreader_argument(&d->reader);
    if (!object)
        return -1;
    bool ascii = d->reader.table->ascii_strings && is_py2_string(d);
    PyObject *str = ascii ? PyObject_ASCII(object) : PyObject_Repr(object);
    Py_DECREF(object);
    int done = put_str(&d->text, str, wide);
    Py_XDECREF(str);
    return done;
}

typedef void (*spell_fn)(brn_out *out, const void *data, size_t size);

static void spell_str(brn_out *out, const void *data, size_t size)
{
    brn_out_repr_str(out, data, size);
}

/* Each byte becomes four characters at most; b'' stands around them. */
static int put_spelled(text *t, spell_fn spell, const void *data, size_t size)
{
    size_t most = 4 * size + 32;
    char *to = room(t, most);
    if (!to)
        return -1;
    brn_out out;
    brn_out_init(&out, NULL, NULL, to, most);
    spell(&out, data, size);
    t->used += out.used;
    return 0;
}

static int put_pair(text *t, const brn_argument *arg)
{
    char name[SHORT + 1];
    memcpy(name, arg->data, arg->size);
    name[arg->size] = ' ';
    memcpy(name + arg->size + 1, arg->data2, arg->size2);
    return put_spelled(t, spell_str, name, arg->size + 1 + arg->size2);
}

static int put_number(text *t, const brn_argument *arg, bool is_unsigned)
{
    char *start = room(t, 64);
    if (!start)
        return -1;
    char *end;
    if (arg->kind == BRN_ARG_FLOAT)
        end = brn_write_float(start, arg->real);
    else if (arg->kind == BRN_ARG_LONG)
        end = brn_write_int(start, brn_int_of_bytes(arg->data, arg->size));
    else if (is_unsigned)
        end = brn_write_uint(start, arg->total);
    else
        end = brn_write_int(start, arg->integer);
    t->used += (size_t)(end - start);
    return 0;
}

/* repr(arg).  What is short and ASCII needs no object. */
static int put_argument(disassembler *d, size_t *wide)
{
    const brn_argument *arg = &d->reader.arg;
    text *t = &d->text;
    if (d->reader.object)
        return put_object(d, wide);
    switch (arg->kind) {
    case BRN_ARG_INT:
    case BRN_ARG_FLOAT: return put_number(t, arg, d->reader.row->format == BRN_FORMAT_UINT8);
    case BRN_ARG_BOOL: return arg->integer ? put(t, "True", 4) : put(t, "False", 5);
    case BRN_ARG_LONG:
        if (arg->size <= 8)
            return put_number(t, arg, false);
        break;
    case BRN_ARG_BYTES:
        /* Versions of Python differ in which quotes of a bytearray they escape. */
        if (arg->size > SHORT || d->reader.byte == BRN_OP_BYTE_BYTEARRAY8)
            break;
        if (!is_py2_string(d))
            return put_spelled(t, brn_out_repr_bytes, arg->data, arg->size);
        if (brn_utf8_scan(arg->data, arg->size) == BRN_UTF8_ASCII)
            return put_spelled(t, spell_str, arg->data, arg->size);
        break;
    case BRN_ARG_PAIR:
        if (arg->size <= SHORT / 2 && arg->size2 <= SHORT / 2)
            return put_pair(t, arg);
        break;
    default:
        if (d->reader.ascii && arg->size <= SHORT)
            return put_spelled(t, spell_str, arg->data, arg->size);
        break;
    }
    return put_object(d, wide);
}

static int put_note(disassembler *d)
{
    text *t = &d->text;
    if (d->note == NOTE_NO_MARK)
        return put(t, " no MARK exists on stack", 24);
    if (d->noted == Py_None)
        return put(t, " (MARK at unknown opcode offset)", 32);
    bool mark = d->note == NOTE_MARK_AT;
    if (!PyLong_CheckExact(d->noted))
        return put_formatted(t, mark ? " (MARK at %d)" : " (as %d)", d->noted);
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(d->noted, &overflow);
    char *start = overflow ? NULL : room(t, 48);
    if (!start)
        return overflow ? put_formatted(t, mark ? " (MARK at %d)" : " (as %d)", d->noted) : -1;
    size_t size = mark ? 10 : 5;
    memcpy(start, mark ? " (MARK at " : " (as ", size);
    char *p = brn_write_int(start + size, number);
    *p++ = ')';
    t->used += (size_t)(p - start);
    return 0;
}

/* What the opcode does, in a column that wanders to the right with long lines. */
static int put_annotation(disassembler *d, size_t width)
{
    size_t wide = 0;
    if (d->annotation_column > 0 && width < (size_t)d->annotation_column) {
        if (put_blanks(&d->text, (size_t)d->annotation_column - width) < 0)
            return -1;
        width = (size_t)d->annotation_column;
    }
    d->annotation_column = width > ANNOTATION_LIMIT ? d->annotate : (Py_ssize_t)width;
    if (put(&d->text, " ", 1) < 0)
        return -1;
    return put_str(&d->text, d->reader.row->summary, &wide);
}

/* The line behind the position; `marks` is how many were open before the opcode. */
static int put_line(disassembler *d, size_t marks)
{
    const ext_opcode *row = d->reader.row;
    text *t = &d->text;
    size_t begin = t->used;
    size_t wide = 0;
    bool has_arg = d->reader.object || d->reader.arg.kind != BRN_ARG_NONE;
    if (d->indent > 0 && marks > PY_SSIZE_T_MAX / d->indent) {
        PyErr_NoMemory();
        return -1;
    }
    if (put(t, row->spelled, 5) < 0 || put_blanks(t, marks * d->indent) < 0 ||
        put(t, row->name, (size_t)row->name_size) < 0)
        return -1;
    if (has_arg || d->note != NO_NOTE) {
        if (row->name_size < NAME_COLUMN &&
            put_blanks(t, (size_t)(NAME_COLUMN - row->name_size)) < 0)
            return -1;
        if (has_arg && (put(t, " ", 1) < 0 || put_argument(d, &wide) < 0))
            return -1;
        if (d->note != NO_NOTE && put_note(d) < 0)
            return -1;
    }
    if (d->annotate && put_annotation(d, t->used - begin - wide) < 0)
        return -1;
    return put(t, "\n", 1);
}

/* Write what there is, as print(file=out) does. */
static int flush(disassembler *d)
{
    if (PyErr_CheckSignals() < 0)
        return -1;
    if (d->text.used == 0)
        return 0;
    PyObject *out = d->out == Py_None ? PySys_GetObject("stdout") : d->out;
    if (!out) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return -1;
    }
    int done = 0;
    if (out != Py_None || d->out != Py_None) {
        PyObject *str = PyUnicode_DecodeUTF8(d->text.data, (Py_ssize_t)d->text.used, NULL);
        Py_INCREF(out);
        done = str ? PyFile_WriteObject(str, out, Py_PRINT_RAW) : -1;
        Py_DECREF(out);
        Py_XDECREF(str);
    }
    d->text.used = 0;
    return done;
}

/* Write what there is although an exception is set, which stays. */
static void flush_quietly(disassembler *d)
{
    PyObject *raised = ext_take_exception();
    if (flush(d) < 0) {
        /* It would have come first. */
        Py_XDECREF(raised);
        return;
    }
    ext_put_exception(raised);
}

/* ------------------------------------------------------------------------
 * The loop
 * ------------------------------------------------------------------------ */

static int step(disassembler *d)
{
    if (ext_opreader_next(&d->reader) < 0 || put_position(d) < 0)
        return -1;
    size_t marks = d->marks.count;
    size_t begin = d->text.used;
    int done = account_before(d);
    if (done == 0 && (done = put_line(d, marks)) < 0)
        d->text.used = begin; /* the position stands alone then */
    if (done == 0)
        done = account_after(d);
    forget_opcode(d);
    if (done == 0 && (d->text.used >= FLUSH_AT || d->reader.input == EXT_INPUT_FILE))
        done = flush(d);
    return done;
}

/* The closing line, and the complaint about what is left. */
static int put_end(disassembler *d)
{
    static const char closing[] = "highest protocol among opcodes = ";
    char number[24];
    char *end = brn_write_int(number, d->highest);
    *end++ = '\n';
    if (put(&d->text, closing, sizeof closing - 1) < 0 ||
        put(&d->text, number, (size_t)(end - number)) < 0 || flush(d) < 0)
        return -1;
    if (d->stack.count == 0)
        return 0;
    PyObject *left = PyList_New((Py_ssize_t)d->stack.count);
    if (!left)
        return -1;
    for (size_t i = 0; i < d->stack.count; i++)
        PyList_SET_ITEM(left, (Py_ssize_t)i, Py_NewRef(d->stack.items[i]));
    PyErr_Format(PyExc_ValueError, "stack not empty after STOP: %R", left);
    Py_DECREF(left);
    return -1;
}

static int disassemble(disassembler *d)
{
    int done;
    do {
        done = step(d);
    } while (done == 0 && !ext_opreader_stopped(&d->reader));
    if (done == 0)
        done = ext_opreader_sync(&d->reader);
    else
        ext_opreader_sync_quietly(&d->reader);
    if (done < 0) {
        flush_quietly(d);
        return -1;
    }
    return put_end(d);
}

PyObject *ext_dis(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"pickle", "out", "memo", "indentlevel", "annotate", NULL};
    PyObject *pickle;
    PyObject *memo = Py_None;
    Py_ssize_t indent = 4;
    disassembler d;
    memset(&d, 0, sizeof d);
    d.out = Py_None;
    d.highest = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOnn:dis", (char **)names, &pickle, &d.out,
                                     &memo, &indent, &d.annotate))
        return NULL;
    ext_optable *table = ext_optable_of(ext_state_of_module(module));
    if (!table)
        return NULL;
    if (table->foreign)
        return ext_optable_delegate(table, "dis", args, kwargs);
    d.indent = indent > 0 ? (size_t)indent : 0;
    d.annotation_column = d.annotate;
    d.markobject = table->markobject;
    d.memo = memo == Py_None ? PyDict_New() : Py_NewRef(memo);
    int done = d.memo ? 0 : -1;
    if (done == 0) {
        done = ext_opreader_init(&d.reader, table, pickle);
        if (done == 0)
            done = disassemble(&d);
        ext_opreader_clear(&d.reader);
    }
    drop(&d.stack, d.stack.count);
    drop(&d.marks, d.marks.count);
    PyMem_Free(d.stack.items);
    PyMem_Free(d.marks.items);
    PyMem_Free(d.text.data);
    Py_XDECREF(d.memo);
    if (done < 0)
        return NULL;
    return Py_NewRef(Py_None);
}
