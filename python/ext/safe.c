/*
 * safe.c - the two passes of safe_loads(): asking the policy, and loading what it has approved.
 *
 * What lies between them (finding the objects that names stand for, saying what is missing) is written in
 * Python, in brinery/_safe.py.  Both passes are given the same bytes object, which nobody can change.
 */
#include "guard.h"
#include "names.h"

/* ------------------------------------------------------------------------
 * Limits and errors
 * ------------------------------------------------------------------------ */

enum {
    LIMIT_INPUT,
    LIMIT_MEMORY,
    LIMIT_VALUES,
    LIMIT_STACK,
    LIMIT_MEMO,
    LIMIT_DIGITS,
    LIMIT_WORK,
    LIMITS
};

static const struct {
    brn_code code;
    const char *name;
} limit_names[] = {
    {BRN_ERROR_LIMIT_INPUT, "max_input"},    {BRN_ERROR_LIMIT_MEMORY, "max_memory"},
    {BRN_ERROR_LIMIT_VALUES, "max_values"},  {BRN_ERROR_LIMIT_STACK, "max_stack"},
    {BRN_ERROR_LIMIT_MEMO, "max_memo"},      {BRN_ERROR_LIMIT_DIGITS, "max_digits"},
    {BRN_ERROR_LIMIT_WORK, "max_work"},      {BRN_ERROR_POLICY_WORK, "max_work"},
    {BRN_ERROR_POLICY_MEMORY, "max_memory"},
};

static bool take_limits(PyObject *tuple, uint64_t *limits)
{
    for (Py_ssize_t i = 0; i < LIMITS; i++) {
        PyObject *limit = PyTuple_GET_ITEM(tuple, i);
        limits[i] = BRN_UNLIMITED;
        if (limit != Py_None)
            limits[i] = PyLong_AsUnsignedLongLong(limit);
        if (PyErr_Occurred())
            return false;
    }
    return true;
}

static PyObject *class_of(ext_state *state, brn_code code)
{
    switch ((int)code) {
    case BRN_ERROR_EMPTY:
    case BRN_ERROR_NO_STOP: return PyExc_EOFError;
    case BRN_ERROR_POLICY_ENTRY:
    case BRN_ERROR_POLICY_PRESET: return PyExc_ValueError;
    default: return state->UnpicklingError;
    }
}

static PyObject *raise_error(ext_state *state, const brn_error *err, const void *data, size_t size)
{
    if (PyErr_Occurred())
        return NULL;
    if (err->code == BRN_ERROR_MEMORY)
        return PyErr_NoMemory();
    const char *limit = NULL;
    for (size_t i = 0; i < BRN_ARRAY_LEN(limit_names); i++) {
        if (limit_names[i].code == err->code)
            limit = limit_names[i].name;
    }
    PyObject *type = class_of(state, err->code);
    const char *text = err->code == BRN_ERROR_EMPTY || err->code == BRN_ERROR_NO_STOP
                           ? "Ran out of input"
                           : err->message;
    if (limit)
        PyErr_Format(type, "%s (limit %s, see safe_load)", text, limit);
    else
        PyErr_SetString(type, text);
    PyObject *path = PyUnicode_FromFormat("obj%s", err->path);
    const ext_load_failure failure = {
        .path = path, .offset = err->offset, .data = data, .size = size};
    if (type != PyExc_ValueError)
        ext_explain_load(state, &failure);
    Py_XDECREF(path);
    return NULL;
}

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

typedef struct resolver {
    ext_state *state;
    bool fix_imports;
    PyObject *rename; /* or NULL */
    PyObject *texts;  /* a list that keeps what was handed out */
} resolver;

/* The registry's name for an extension code; 0 if it has none, -1 with an exception. */
static int registered(const resolver *r, uint32_t code, PyObject **module, PyObject **name)
{
    PyObject *key = PyLong_FromUnsignedLong(code);
    PyObject *pair = NULL;
    int found = key ? ext_dict_get_ref(r->state->inverted_registry, key, &pair) : -1;
    if (found > 0 && PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 &&
        PyUnicode_Check(PyTuple_GET_ITEM(pair, 0)) && PyUnicode_Check(PyTuple_GET_ITEM(pair, 1))) {
        *module = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
        *name = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
    } else if (found > 0) {
        found = 0;
    }
    Py_XDECREF(pair);
    Py_XDECREF(key);
    return found;
}

/* As find_class.c translates. */
static int translate(const resolver *r, int protocol, PyObject **module, PyObject **name)
{
    int renamed = r->rename ? ext_rename(r->rename, module, name) : 0;
    if (renamed != 0 || protocol >= 3 || !r->fix_imports)
        return renamed < 0 ? -1 : 0;
    if (ext_map_names(r->state, EXT_FROM_PYTHON_2, module, name) < 0)
        return -1;
    return r->rename && ext_rename(r->rename, module, name) < 0 ? -1 : 0;
}

static bool hand_out(const resolver *r, PyObject *text, const char **utf8, size_t *size)
{
    Py_ssize_t length;
    *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    *size = (size_t)length;
    return *utf8 && PyList_Append(r->texts, text) == 0;
}

static bool resolve(void *ctx, int protocol, uint32_t code, brn_name *name)
{
    const resolver *r = ctx;
    PyObject *module = NULL;
    PyObject *text = NULL;
    int done = 1;
    if (code != 0) {
        done = registered(r, code, &module, &text);
    } else if (protocol >= 3 && !r->rename) {
        return true;
    } else {
        module = PyUnicode_DecodeUTF8(name->module, (Py_ssize_t)name->module_size, NULL);
        text = PyUnicode_DecodeUTF8(name->name, (Py_ssize_t)name->name_size, NULL);
    }
    bool found = done > 0 && module && text && translate(r, protocol, &module, &text) == 0 &&
                 hand_out(r, module, &name->module, &name->module_size) &&
                 hand_out(r, text, &name->name, &name->name_size);
    Py_XDECREF(module);
    Py_XDECREF(text);
    return found || done == 0;
}

/* ------------------------------------------------------------------------
 * The first pass
 * ------------------------------------------------------------------------ */

static bool fill_policy(ext_state *state, brn_policy *policy, PyObject *entries, PyObject *presets)
{
    brn_error err;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(entries) + PyTuple_GET_SIZE(presets); i++) {
        bool is_preset = i >= PyTuple_GET_SIZE(entries);
        PyObject *text = is_preset ? PyTuple_GET_ITEM(presets, i - PyTuple_GET_SIZE(entries))
                                   : PyTuple_GET_ITEM(entries, i);
        Py_ssize_t size;
        const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
        if (!utf8)
            return false;
        if (strlen(utf8) != (size_t)size) {
            PyErr_SetString(PyExc_ValueError, "embedded null character");
            return false;
        }
        brn_code code =
            is_preset ? brn_policy_use(policy, utf8, &err) : brn_policy_allow(policy, utf8, &err);
        if (code != BRN_OK) {
            (void)raise_error(state, &err, NULL, 0);
            return false;
        }
    }
    return true;
}

/* What _safe.py has to find for a name. */
enum { NEEDS_OBJECT = 1, NEEDS_MEMBER = 2, NEEDS_STAND_IN = 4, GETS_STATE = 8 };

static ext_approval approval_of(const brn_decision *decision, size_t names, uint8_t *needs)
{
    ext_approval approval = {decision->offset, decision->name_index, EXT_APPROVED_CHANGE};
    bool named = decision->name_index < names;
    bool stand_in = decision->ruling == BRN_RULING_STAND_IN;
    if (decision->operation == BRN_GRANT_LOOKUP && !named) {
        approval.approved = EXT_APPROVED_OUTSIDE;
    } else if (decision->operation == BRN_GRANT_LOOKUP) {
        approval.approved = EXT_APPROVED_LOOKUP;
        needs[approval.object] |= stand_in           ? NEEDS_STAND_IN
                                  : decision->member ? NEEDS_MEMBER
                                                     : NEEDS_OBJECT;
    } else if (decision->operation == BRN_GRANT_CALL) {
        approval.approved = stand_in ? EXT_APPROVED_STAND_IN : EXT_APPROVED_CALL;
        if (stand_in)
            needs[approval.object] |= NEEDS_STAND_IN;
    } else if (decision->operation == BRN_GRANT_STATE && !stand_in) {
        needs[approval.object] |= GETS_STATE;
    }
    if (stand_in)
        approval.object += (uint32_t)names;
    return approval;
}

static PyObject *list_names(const brn_report *report, const uint8_t *needs)
{
    size_t count = brn_report_names(report);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        brn_name name;
        (void)brn_report_name(report, i, &name);
        PyObject *row = Py_BuildValue("(s#s#i)", name.module, (Py_ssize_t)name.module_size,
                                      name.name, (Py_ssize_t)name.name_size, needs[i]);
        if (row)
            PyList_SET_ITEM(list, (Py_ssize_t)i, row);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *list_missing(const brn_report *report)
{
    PyObject *list = PyList_New(0);
    brn_missing missing;
    for (size_t i = 0; list && brn_report_missing(report, i, &missing); i++) {
        PyObject *row = Py_BuildValue("(zsIsKs)", missing.entry, missing.what,
                                      (unsigned)missing.grants, brn_reason_text(missing.reason),
                                      (unsigned long long)missing.offset, missing.path);
        if (!row || PyList_Append(list, row) < 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

/* (ruling, approvals, names, missing, size of the pickle) */
static PyObject *result_of(const brn_doc *doc, const brn_report *report)
{
    size_t count = brn_report_count(report);
    size_t names = brn_report_names(report);
    if (count > PY_SSIZE_T_MAX / sizeof(ext_approval) || names > UINT32_MAX / 2)
        return PyErr_NoMemory();
    uint8_t *needs = PyMem_Calloc(names + 1, 1);
    PyObject *rows =
        needs ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(ext_approval)))
              : PyErr_NoMemory();
    brn_decision decision;
    for (size_t i = 0; rows && brn_report_decision(report, i, &decision); i++) {
        ext_approval approval = {0, 0, 0};
        if (decision.ruling == BRN_RULING_ALLOWED || decision.ruling == BRN_RULING_STAND_IN)
            approval = approval_of(&decision, names, needs);
        memcpy(PyBytes_AS_STRING(rows) + i * sizeof approval, &approval, sizeof approval);
    }
    PyObject *name_list = rows ? list_names(report, needs) : NULL;
    PyObject *missing = name_list ? list_missing(report) : NULL;
    PyObject *result = missing ? Py_BuildValue("(iOOOn)", (int)brn_report_ruling(report), rows,
                                               name_list, missing, (Py_ssize_t)brn_doc_size(doc))
                               : NULL;
    Py_XDECREF(missing);
    Py_XDECREF(name_list);
    Py_XDECREF(rows);
    PyMem_Free(needs);
    return result;
}

static PyObject *check_document(ext_state *state, const brn_doc *doc, const brn_policy *policy,
                                const brn_check_options *options)
{
    brn_error err;
    brn_report *report = brn_policy_check(policy, doc, options, NULL, &err);
    PyObject *result = report ? result_of(doc, report) : raise_error(state, &err, NULL, 0);
    brn_report_free(report);
    return result;
}

static brn_doc *read_document(PyObject *data, const uint64_t *limits, brn_error *err)
{
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_BORROW | BRN_TRACE;
    options.max_input = limits[LIMIT_INPUT];
    options.max_memory = limits[LIMIT_MEMORY];
    options.max_values = limits[LIMIT_VALUES];
    options.max_stack = limits[LIMIT_STACK];
    options.max_memo = limits[LIMIT_MEMO];
    options.max_digits = limits[LIMIT_DIGITS];
    if (limits[LIMIT_WORK] == BRN_UNLIMITED)
        options.max_work = BRN_UNLIMITED;
    const void *bytes = PyBytes_AS_STRING(data);
    size_t size = (size_t)PyBytes_GET_SIZE(data);
    PyThreadState *thread = PyEval_SaveThread();
    brn_doc *doc = brn_read(bytes, size, &options, NULL, err);
    PyEval_RestoreThread(thread);
    return doc;
}

PyObject *ext_check(PyObject *module, PyObject *args)
{
    PyObject *data;
    PyObject *entries;
    PyObject *presets;
    PyObject *limit_tuple;
    PyObject *rename;
    unsigned flags;
    int fix_imports;
    uint64_t limits[LIMITS];
    resolver r = {.state = ext_state_of_module(module)};
    if (!PyArg_ParseTuple(args, "SO!O!IpO!O:_check", &data, &PyTuple_Type, &entries, &PyTuple_Type,
                          &presets, &flags, &fix_imports, &PyTuple_Type, &limit_tuple, &rename))
        return NULL;
    if (PyTuple_GET_SIZE(limit_tuple) != LIMITS) {
        PyErr_SetString(PyExc_ValueError, "wrong number of limits");
        return NULL;
    }
    if (!take_limits(limit_tuple, limits) || ext_rename_check(rename, &r.rename) < 0)
        return NULL;
    r.fix_imports = fix_imports != 0;
    brn_error err;
    PyObject *result = NULL;
    brn_policy *policy = NULL;
    brn_doc *doc = read_document(data, limits, &err);
    if (!doc) {
        (void)raise_error(r.state, &err, PyBytes_AS_STRING(data), (size_t)PyBytes_GET_SIZE(data));
    } else if (!(r.texts = PyList_New(0)) || !(policy = brn_policy_new(0, NULL, &err))) {
        (void)PyErr_NoMemory();
    } else if (fill_policy(r.state, policy, entries, presets)) {
        brn_check_options options = BRN_CHECK_INIT;
        options.flags = flags;
        options.resolve = resolve;
        options.resolve_ctx = &r;
        options.max_memory = limits[LIMIT_MEMORY];
        options.max_result = limits[LIMIT_MEMORY];
        options.max_work = limits[LIMIT_WORK];
        result = check_document(r.state, doc, policy, &options);
    }
    brn_policy_free(policy);
    brn_free(doc);
    Py_XDECREF(r.texts);
    Py_XDECREF(r.rename);
    return result;
}

/* ------------------------------------------------------------------------
 * The second pass
 * ------------------------------------------------------------------------ */

PyObject *ext_load_checked(PyObject *module, PyObject *args)
{
    PyObject *data;
    PyObject *approvals;
    PyObject *objects;
    PyObject *buffers;
    PyObject *persistent_load;
    ext_load_options options = {.fix_imports = true, .max_depth = BRN_UNLIMITED};
    if (!PyArg_ParseTuple(args, "SSO!ssOO:_load_checked", &data, &approvals, &PyTuple_Type,
                          &objects, &options.encoding, &options.errors, &buffers, &persistent_load))
        return NULL;
    options.buffers = buffers == Py_None ? NULL : buffers;
    ext_guard guard = {
        .rows = (const ext_approval *)(const void *)PyBytes_AS_STRING(approvals),
        .count = (size_t)PyBytes_GET_SIZE(approvals) / sizeof(ext_approval),
        .objects = objects,
    };
    ext_state *state = ext_state_of_module(module);
    PyObject *value =
        ext_load_bytes_of(state, PyBytes_AS_STRING(data), (size_t)PyBytes_GET_SIZE(data), &options,
                          &guard, persistent_load == Py_None ? NULL : persistent_load);
    if (value && guard.next != guard.count) {
        Py_CLEAR(value);
        PyErr_SetString(state->UnpicklingError, "not all that was approved was met");
    }
    return value;
}
