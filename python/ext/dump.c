/*
 * dump.c - the functions dump and dumps: a saver of their own, and no Pickler object around it.
 */
#include "arguments.h"
#include "pickler.h"

/* Without the GIL other threads change what is being written at any time. */
#ifdef Py_GIL_DISABLED
#define EXT_OPTIMISTIC false
#else
#define EXT_OPTIMISTIC true
#endif

static PyObject *run(ext_state *state, PyObject *object, PyObject *file, PyObject *const *options)
{
    ext_memo_entry first_entries[EXT_MEMO_FIRST];
    ext_saver saver = {.state = state, .memo.lent = first_entries, .optimistic = EXT_OPTIMISTIC};
    PyObject *result = NULL;
    if (ext_saver_set_protocol(&saver, options[0], options[1]) == 0 &&
        ext_saver_set_max_depth(&saver, options[3]) == 0 &&
        (!file || ext_saver_set_file(&saver, file) == 0) &&
        ext_saver_set_buffer_callback(&saver, options[2]) == 0)
        result = ext_saver_run(&saver, object);
    ext_saver_clear(&saver);
    return result;
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
    if (nargs == 1 && !kwnames)
        values[0] = args[0];
    else if (!ext_arguments(&signature, args, nargs, kwnames, values))
        return NULL;
    return run(ext_state_of_module(module), values[0], NULL, values + 1);
}
