/*
 * optable.c - the table of pickletools' opcodes by byte: made once for each module, checked
 * against opcodes.def.
 *
 * What an opcode pops and pushes is taken from the OpcodeInfo and not from opcodes.def: the two
 * agree, but dis() stores the very objects of stack_after in the caller's memo.
 */
#include "optable.h"

#include <stdio.h>

/* object.attribute as a new reference to a str, list or the like; NULL with an exception. */
static PyObject *typed_attribute(PyObject *object, const char *name, PyTypeObject *type)
{
    PyObject *value = PyObject_GetAttrString(object, name);
    if (value && !PyObject_TypeCheck(value, type)) {
        PyErr_Format(PyExc_TypeError, "pickletools: %s should be a %s", name, type->tp_name);
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *first_line(PyObject *text)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    Py_ssize_t newline = PyUnicode_FindChar(text, '\n', 0, size, 1);
    return PyUnicode_Substring(text, 0, newline >= 0 ? newline : size);
}

/* What the opcode takes and leaves. */
static int fill_effect(ext_opcode *row, const ext_optable *table)
{
    PyObject *before = typed_attribute(row->info, "stack_before", &PyList_Type);
    if (!before)
        return -1;
    row->pops = PyList_GET_SIZE(before);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(before); i++) {
        if (PyList_GET_ITEM(before, i) == table->markobject) {
            row->to_mark = true;
            row->pops = i;
            break;
        }
    }
    Py_DECREF(before);
    PyObject *after = typed_attribute(row->info, "stack_after", &PyList_Type);
    if (!after)
        return -1;
    row->after = PyList_AsTuple(after);
    Py_DECREF(after);
    return row->after ? 0 : -1;
}

/* The argument: its reader, and 1 if the opcode is read as in opcodes.def. */
static int fill_argument(ext_opcode *row)
{
    PyObject *arg = PyObject_GetAttrString(row->info, "arg");
    if (!arg)
        return -1;
    if (arg != Py_None)
        row->reader = PyObject_GetAttrString(arg, "reader");
    int alike = (arg == Py_None) == (row->format == BRN_FORMAT_NONE);
    bool failed = arg != Py_None && !row->reader;
    Py_DECREF(arg);
    return failed ? -1 : alike;
}

/* 1 if pickletools means the same opcode by this byte as opcodes.def, else 0; -1. */
static int fill_row(ext_opcode *row, uint8_t byte, PyObject *info, const ext_optable *table)
{
    const brn_opcode_row *ours = &brn_opcode_rows[byte];
    if (!ours->info.name)
        return 0;
    row->info = Py_NewRef(info);
    row->name = ours->info.name;
    row->name_size = (Py_ssize_t)strlen(row->name);
    row->protocol = ours->info.protocol;
    row->format = (brn_format)ours->format;
    if (byte < 0x80)
        (void)snprintf(row->spelled, sizeof row->spelled, "%c    ", byte);
    else
        (void)snprintf(row->spelled, sizeof row->spelled, "\\x%02x ", byte);
    PyObject *name = typed_attribute(info, "name", &PyUnicode_Type);
    PyObject *doc = typed_attribute(info, "doc", &PyUnicode_Type);
    int alike = -1;
    if (name && doc && (row->summary = first_line(doc)) && fill_effect(row, table) == 0)
        alike = fill_argument(row);
    if (alike == 1)
        alike = PyUnicode_CompareWithASCIIString(name, row->name) == 0;
    Py_XDECREF(name);
    Py_XDECREF(doc);
    return alike;
}

static int fill_rows(ext_optable *table)
{
    Py_ssize_t at = 0;
    PyObject *code;
    PyObject *info;
    while (PyDict_Next(table->code2op, &at, &code, &info)) {
        if (!PyUnicode_Check(code) || PyUnicode_GET_LENGTH(code) != 1 ||
            PyUnicode_READ_CHAR(code, 0) > 255) {
            table->foreign = true;
            continue;
        }
        uint8_t byte = (uint8_t)PyUnicode_READ_CHAR(code, 0);
        int alike = fill_row(&table->rows[byte], byte, info, table);
        if (alike < 0)
            return -1;
        if (!alike)
            table->foreign = true;
    }
    for (int byte = 0; byte < 256; byte++) {
        if (brn_opcode_rows[byte].info.name && !table->rows[byte].info)
            table->foreign = true;
    }
    return 0;
}

/* Releases of one minor version differ in how they show the strings of Python 2: ask. */
static int probe_strings(ext_optable *table)
{
    PyObject *io = PyImport_ImportModule("io");
    PyObject *out = io ? PyObject_CallMethod(io, "StringIO", NULL) : NULL;
    Py_XDECREF(io);
    if (!out)
        return -1;
    PyObject *done =
        PyObject_CallMethod(table->pickletools, "dis", "y#O", "U\1\xe9.", (Py_ssize_t)4, out);
    PyObject *text = done ? PyObject_CallMethod(out, "getvalue", NULL) : NULL;
    Py_XDECREF(done);
    Py_DECREF(out);
    if (!text)
        return -1;
    table->ascii_strings = PyUnicode_FindChar(text, 0xe9, 0, PyUnicode_GET_LENGTH(text), 1) < 0;
    Py_DECREF(text);
    return 0;
}

static int fill_highest_protocol(ext_optable *table)
{
    PyObject *pickle = PyImport_ImportModule("pickle");
    PyObject *highest = pickle ? PyObject_GetAttrString(pickle, "HIGHEST_PROTOCOL") : NULL;
    Py_XDECREF(pickle);
    long number = highest ? PyLong_AsLong(highest) : -1;
    Py_XDECREF(highest);
    table->highest_protocol = (int)number;
    return PyErr_Occurred() ? -1 : 0;
}

static int fill(ext_optable *table)
{
    table->pickletools = PyImport_ImportModule("pickletools");
    if (!table->pickletools)
        return -1;
    table->code2op = typed_attribute(table->pickletools, "code2op", &PyDict_Type);
    table->markobject = PyObject_GetAttrString(table->pickletools, "markobject");
    table->decode = PyUnicode_InternFromString("decode");
    table->read = PyUnicode_InternFromString("read");
    table->seek = PyUnicode_InternFromString("seek");
    table->tell = PyUnicode_InternFromString("tell");
    PyObject *io = PyImport_ImportModule("io");
    if (!table->code2op || !table->markobject || !table->decode || !table->read || !table->seek ||
        !table->tell || !io) {
        Py_XDECREF(io);
        return -1;
    }
    table->BytesIO = PyObject_GetAttrString(io, "BytesIO");
    table->BufferedReader = PyObject_GetAttrString(io, "BufferedReader");
    table->BufferedRandom = PyObject_GetAttrString(io, "BufferedRandom");
    Py_DECREF(io);
    if (!table->BytesIO || !table->BufferedReader || !table->BufferedRandom)
        return -1;
    if (fill_highest_protocol(table) < 0 || fill_rows(table) < 0)
        return -1;
    return probe_strings(table);
}

ext_optable *ext_optable_of(ext_state *state)
{
    if (state->optable)
        return state->optable;
    ext_optable *table = PyMem_Calloc(1, sizeof *table);
    if (!table) {
        PyErr_NoMemory();
        return NULL;
    }
    table->users = 1;
    if (fill(table) < 0) {
        ext_optable_release(table);
        return NULL;
    }
    /* The import may have let another thread come here before us. */
    if (state->optable)
        ext_optable_release(table);
    else
        state->optable = table;
    return state->optable;
}

int ext_optable_visit(const ext_optable *table, visitproc visit, void *arg)
{
    if (!table)
        return 0;
    for (int byte = 0; byte < 256; byte++) {
        const ext_opcode *row = &table->rows[byte];
        Py_VISIT(row->info);
        Py_VISIT(row->reader);
        Py_VISIT(row->after);
    }
    Py_VISIT(table->pickletools);
    Py_VISIT(table->code2op);
    Py_VISIT(table->markobject);
    Py_VISIT(table->BytesIO);
    Py_VISIT(table->BufferedReader);
    Py_VISIT(table->BufferedRandom);
    return 0;
}

void ext_optable_release(ext_optable *table)
{
    if (!table || --table->users > 0)
        return;
    for (int byte = 0; byte < 256; byte++) {
        ext_opcode *row = &table->rows[byte];
        Py_XDECREF(row->info);
        Py_XDECREF(row->reader);
        Py_XDECREF(row->after);
        Py_XDECREF(row->summary);
    }
    Py_XDECREF(table->pickletools);
    Py_XDECREF(table->code2op);
    Py_XDECREF(table->markobject);
    Py_XDECREF(table->decode);
    Py_XDECREF(table->read);
    Py_XDECREF(table->seek);
    Py_XDECREF(table->tell);
    Py_XDECREF(table->BytesIO);
    Py_XDECREF(table->BufferedReader);
    Py_XDECREF(table->BufferedRandom);
    PyMem_Free(table);
}

PyObject *ext_optable_delegate(const ext_optable *table, const char *name, PyObject *args,
                               PyObject *kwargs)
{
    PyObject *function = PyObject_GetAttrString(table->pickletools, name);
    PyObject *result = function ? PyObject_Call(function, args, kwargs) : NULL;
    Py_XDECREF(function);
    return result;
}
