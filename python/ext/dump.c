/*
 * dump.c - the functions dump and dumps: a saver of their own, and no Pickler object around it.
 */
#include "arguments.h"
#include "pickler.h"
#include "save_quick.h"

/* Entries for a small memo, all zero; NULL if there is no memory. */
static ext_memo_entry *take_entries(ext_save_scratch *scratch)
{
    ext_memo_entry *entries = scratch->memo;
    scratch->memo = NULL;
    return entries ? entries : PyMem_Calloc(EXT_MEMO_FIRST, sizeof *entries);
}

static void keep_entries(ext_save_scratch *scratch, ext_memo_entry *entries)
{
    if (!scratch->memo)
        scratch->memo = entries;
    else
        PyMem_Free(entries);
}

static PyObject *run(ext_state *state, PyObject *object, PyObject *file, PyObject *const *options)
{
    ext_memo_entry *entries = take_entries(&state->save_scratch);
    ext_saver saver = {.state = state, .memo.lent = entries, .optimistic = EXT_HAS_GIL};
    PyObject *result = NULL;
    if (ext_saver_set_protocol(&saver, options[0], options[1]) == 0 &&
        ext_saver_set_max_depth(&saver, options[3]) == 0 &&
        (!file || ext_saver_set_file(&saver, file) == 0) &&
        ext_saver_set_buffer_callback(&saver, options[2]) == 0)
        result = ext_saver_run(&saver, object);
    ext_saver_clear(&saver);
    keep_entries(&state->save_scratch, entries);
    return result;
}

/*
 * A number, a truth value or None in the default protocol, with a frame if it is worth one: the bytes, or NULL
 * and an exception.  False for anything else.
 */
static bool dumps_number(PyObject *object, PyObject **bytes)
{
    enum { PROTO = 2, AHEAD = PROTO + BRN_EMIT_FRAME_HEADER };
    uint8_t room[AHEAD + BRN_EMIT_FLOAT + 1];
    uint8_t *payload = room + AHEAD;
    uint8_t *p = payload;
    int32_t number;
    if (PyLong_CheckExact(object) && ext_long_compact(object, &number)) {
        p = brn_put_int(p, number);
    } else if (PyFloat_CheckExact(object)) {
        p = brn_put_float(p, PyFloat_AS_DOUBLE(object));
    } else if (object == Py_None || PyBool_Check(object)) {
        *p++ = object == Py_None   ? BRN_OP_BYTE_NONE
               : object == Py_True ? BRN_OP_BYTE_NEWTRUE
                                   : BRN_OP_BYTE_NEWFALSE;
    } else {
        return false;
    }
    *p++ = BRN_OP_BYTE_STOP;
    uint8_t *start = payload - PROTO;
    if (p - payload >= BRN_EMIT_FRAME_MIN) {
        start = room;
        start[PROTO] = BRN_OP_BYTE_FRAME;
        brn_store_le64(start + PROTO + 1, (uint64_t)(p - payload));
    }
    start[0] = BRN_OP_BYTE_PROTO;
    start[1] = EXT_DEFAULT_PROTOCOL;
    *bytes = PyBytes_FromStringAndSize((const char *)start, p - start);
    return true;
}

PyObject *ext_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {
        "obj", "file", "protocol", "fix_imports", "buffer_callback", "max_depth"};
    static const ext_signature signature = {
        .function = "dump", .names = names, .count = 6, .positional = 3, .required = 2};
    PyObject *values[BRN_ARRAY_LEN(names)];
    if (!ext_arguments(&signature, args, nargs, kwnames, values))
        return NULL;
    return run(ext_state_of_module(module), values[0], values[1], values + 2);
}

PyObject *ext_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"obj", "protocol", "fix_imports", "buffer_callback",
                                        "max_depth"};
    static const ext_signature signature = {
        .function = "dumps", .names = names, .count = 5, .positional = 2, .required = 1};
    PyObject *values[BRN_ARRAY_LEN(names)] = {NULL};
    if (nargs == 1 && !kwnames) {
        PyObject *bytes;
        if (dumps_number(args[0], &bytes))
            return bytes;
        values[0] = args[0];
    } else if (!ext_arguments(&signature, args, nargs, kwnames, values)) {
        return NULL;
    }
    return run(ext_state_of_module(module), values[0], NULL, values + 1);
}
