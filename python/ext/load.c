/*
 * load.c - host 2: the machine makes Python objects.
 *
 * Here are the hooks that are a call or two, the memo, and the entry points; what takes more is
 * in load_values.c and load_objects.c.  Values on the stack and in the memo own a reference each.
 */
#include "load.h"

#include "arguments.h"
#include "guard.h"
#include "known_types.h"
#include "layout.h"
#include "load_deferred.h"

/* ------------------------------------------------------------------------
 * Memory
 * ------------------------------------------------------------------------ */

static void *python_malloc(void *ctx, size_t size)
{
    (void)ctx;
    return PyMem_Malloc(size);
}

static void *python_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    (void)ctx;
    (void)old_size;
    return PyMem_Realloc(ptr, size);
}

static void python_free(void *ctx, void *ptr)
{
    (void)ctx;
    PyMem_Free(ptr);
}

const char ext_default_encoding[] = "ASCII";

const brn_alloc ext_alloc = {python_malloc, python_realloc, python_free, NULL};

/* Empty the memo first, then release: what that runs may look at it. */
void ext_memo_release(brn_memo *memo, brn_memory *memory)
{
    brn_memo old = *memo;
    brn_memo_init(memo, old.seed);
    for (size_t i = old.dense_cap; i-- > 0;) {
        /* An entry of the table that the array has hidden is no longer anybody's: see memo_put. */
        Py_XDECREF(ext_deferred_object(old.dense[i]));
    }
    for (size_t i = 0; i < old.sparse_cap; i++) {
        uint64_t key = old.sparse[i].key;
        if (key != 0 && !(key - 1 < old.dense_cap && old.dense[key - 1]))
            Py_DECREF((PyObject *)old.sparse[i].value);
    }
    brn_memo_free(&old, memory);
}

/* ------------------------------------------------------------------------
 * The memo
 * ------------------------------------------------------------------------ */

static BRN_NOINLINE PyObject *memo_get_slow(ext_loader *h, uint64_t index)
{
    PyObject *value = brn_memo_get(h->memo, index);
    if (value && ext_deferred_kind(value) != EXT_DEFERRED_NOT) {
        value = ext_load_undefer(h, index);
        return ext_checked(h, Py_XNewRef(value));
    }
    if (value)
        return Py_NewRef(value);
    PyErr_Format(h->state->UnpicklingError, "Memo value not found at index %llu",
                 (unsigned long long)index);
    (void)ext_load_failed(h);
    return NULL;
}

BRN_INLINE PyObject *memo_get(ext_loader *h, uint64_t index)
{
    const brn_memo *memo = h->memo;
    if (BRN_LIKELY(index < memo->dense_cap)) {
        PyObject *value = memo->dense[index];
        if (BRN_LIKELY(value != NULL) && BRN_LIKELY(ext_deferred_kind(value) == EXT_DEFERRED_NOT)) {
            Py_INCREF(value);
            return value;
        }
    }
    return memo_get_slow(h, index);
}

static BRN_NOINLINE bool memo_put_slow(ext_loader *h, uint64_t index, PyObject *value)
{
    if (brn_memo_get(h->memo, index))
        ext_load_settle_if(h);
    void *old = brn_memo_get(h->memo, index);
    if (!brn_memo_put(h->memo, h->memo_memory, index, value)) {
        PyErr_NoMemory();
        return ext_load_failed(h);
    }
    Py_INCREF(value);
    Py_XDECREF(ext_deferred_object(old));
    return true;
}

BRN_INLINE bool memo_put(ext_loader *h, uint64_t index, PyObject *value)
{
    brn_memo *memo = h->memo;
    /* In order, into the array: what picklers do. */
    if (BRN_LIKELY(index == memo->count && index < memo->dense_cap) &&
        BRN_LIKELY(memo->sparse_count == 0 && !memo->dense[index])) {
        Py_INCREF(value);
        memo->dense[index] = value;
        memo->count++;
        return true;
    }
    return memo_put_slow(h, index, value);
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

BRN_INLINE PyObject *make_text(ext_loader *h, const uint8_t *text, size_t size)
{
    /* One character may be an object that the interpreter shares. */
    if (BRN_LIKELY(size - 2 < 254) && BRN_LIKELY(brn_utf8_scan(text, size) == BRN_UTF8_ASCII)) {
        PyObject *str = ext_new_ascii(size);
        if (BRN_LIKELY(str != NULL))
            memcpy(PyUnicode_DATA(str), text, size);
        return ext_checked(h, str);
    }
    return ext_load_text(h, text, size);
}

BRN_INLINE PyObject *int_of(ext_loader *h, int64_t value)
{
    if ((uint64_t)value < BRN_ARRAY_LEN(h->state->bytes_as_ints)) {
        PyObject *number = h->state->bytes_as_ints[value];
        Py_INCREF(number);
        return number;
    }
    return BRN_LIKELY(value < -5 || value > 256) ? ext_new_int((long)value)
                                                 : PyLong_FromLong((long)value);
}

BRN_INLINE PyObject *make_long(ext_loader *h, const uint8_t *data, size_t size)
{
    if (size <= 8)
        return ext_checked(h, PyLong_FromLongLong(brn_int_of_bytes(data, size)));
    return ext_checked(h, _PyLong_FromByteArray(data, size, 1, 1));
}

/* Numbers one behind the other: hooks.h, HOST_MAKE_ROW.  One that cannot be made is left to the machine. */
BRN_INLINE size_t make_row(ext_loader *h, uint8_t opcode, brn_format format, const uint8_t *from,
                           size_t most, PyObject **to)
{
    size_t count = 0;
    size_t width = 1 + brn_format_width(format);
    brn_argument arg = {.kind = BRN_ARG_NONE};
    while (count < most && *from == opcode) {
        const uint8_t *pos = from + 1;
        (void)brn_decode(format, &pos, from + width, &arg);
        PyObject *value =
            format == BRN_FORMAT_FLOAT8 ? PyFloat_FromDouble(arg.real) : int_of(h, arg.integer);
        if (BRN_UNLIKELY(!value)) {
            PyErr_Clear();
            break;
        }
        to[count++] = value;
        from += width;
    }
    return count;
}

/* Values of the memo one behind the other.  What is not simply there is left to the machine. */
BRN_INLINE size_t get_row(const ext_loader *h, uint8_t opcode, brn_format format,
                          const uint8_t *from, size_t most, PyObject **to)
{
    const brn_memo *memo = h->memo;
    void *const *dense = memo->dense;
    size_t cap = memo->dense_cap;
    size_t count = 0;
    brn_argument arg = {.kind = BRN_ARG_NONE};
    for (; count < most && *from == opcode; count++) {
        const uint8_t *pos = from + 1;
        (void)brn_decode(format, &pos, pos + brn_format_width(format), &arg);
        PyObject *value = (size_t)arg.integer < cap ? dense[arg.integer] : NULL;
        if (BRN_UNLIKELY(!value) || BRN_UNLIKELY(ext_deferred_kind(value) != EXT_DEFERRED_NOT))
            break;
        to[count] = Py_NewRef(value);
        from = pos;
    }
    return count;
}

BRN_INLINE bool release_value(ext_loader *h, PyObject *value)
{
    ext_load_share(h);
    Py_DECREF(value);
    return true;
}

BRN_INLINE bool release_values(ext_loader *h, PyObject **items, size_t count)
{
    ext_load_share(h);
    ext_release(items, count);
    return true;
}

BRN_INLINE bool note_protocol(ext_loader *h, int protocol)
{
    *h->protocol = protocol;
    return true;
}

/* A size beyond all memory: said before the file is asked for the frame. */
BRN_INLINE bool check_frame(ext_loader *h, uint64_t size)
{
    if (BRN_LIKELY(size <= PY_SSIZE_T_MAX))
        return true;
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_FRAME_TOO_LONG, "a frame beyond all memory");
    return false;
}

BRN_INLINE PyObject *new_ref(PyObject *value)
{
    Py_INCREF(value);
    return value;
}

BRN_INLINE PyObject *call_at_once(ext_loader *h, uint8_t opcode, PyObject *callee, PyObject **items,
                                  size_t count)
{
    if (!PyType_Check(callee) || h->guard)
        return NULL;
    if (opcode == BRN_OP_BYTE_NEWOBJ)
        return ext_load_namedtuple(h, callee, items, count);
    return count == 1 ? ext_load_call_with_one(h, callee, items) : NULL;
}

static PyObject *binpersid(ext_loader *h, PyObject *id)
{
    if (!h->guard || ext_guard_outside(h))
        return ext_load_binpersid(h, id);
    Py_DECREF(id);
    return NULL;
}

/* What a guarded load does instead, and what it asks first. */
#define GUARDED(h, guarded, free) (BRN_UNLIKELY((h)->guard != NULL) ? (guarded) : (free))
#define PASSES(h, guarded) (BRN_LIKELY(!(h)->guard) || (guarded))

/* ------------------------------------------------------------------------
 * The machine
 * ------------------------------------------------------------------------ */

#define HOST_RUN run
#define HOST_RUN_NAME(x) run_##x
#define HOST_CONTEXT ext_loader
#define HOST_HAS_VALUES 1
#define HOST_HAS_NUMERALS 1
#define HOST_VALUE PyObject *

/* Where a hook looks at the stack, or runs what may fail after it, the machine's state has to be right. */
#define HOST_MAKE_NONE(h) new_ref(Py_None)
#define HOST_MAKE_TRUE(h) new_ref(Py_True)
#define HOST_MAKE_FALSE(h) new_ref(Py_False)
#define HOST_MAKE_INT(h, value) ext_checked(h, int_of(h, value))
#define HOST_MAKE_LONG(h, data, size) make_long(h, data, size)
#define HOST_MAKE_DECIMAL(h, text, size) ext_load_long_numeral(h, text, size)
#define HOST_MAKE_INT_NUMERAL(h, text, size) ext_load_int_numeral(h, text, size)
#define HOST_MAKE_LONG_NUMERAL(h, text, size) ext_load_long_numeral(h, text, size)
#define HOST_MAKE_FLOAT_NUMERAL(h, text, size) ext_load_float_numeral(h, text, size)
#define HOST_READ_INDEX(h, text, size, index) (SYNC(), ext_load_index(h, text, size, index))
#define HOST_MAKE_FLOAT(h, value) ext_checked(h, PyFloat_FromDouble(value))
#define HOST_MAKE_PY2STR(h, data, size) ext_load_py2str(h, data, size)
#define HOST_MAKE_PY2STR_ESCAPED(h, text, size) ext_load_py2str_escaped(h, text, size)
#define HOST_MAKE_BYTES(h, data, size) ext_load_bytes(h, data, size)
#define HOST_MAKE_BYTEARRAY(h, data, size) ext_load_bytearray(h, data, size)
#define HOST_MAKE_TEXT(h, text, size) make_text(h, text, size)
#define HOST_MAKE_TEXT_ESCAPED(h, text, size) \
    ext_checked(h, PyUnicode_DecodeRawUnicodeEscape((const char *)(text), (Py_ssize_t)(size), NULL))
#define HOST_MAKE_EMPTY_LIST(h) ext_checked(h, PyList_New(0))
#define HOST_MAKE_EMPTY_TUPLE(h) ext_checked(h, PyTuple_New(0))
#define HOST_MAKE_EMPTY_DICT(h) ext_checked(h, PyDict_New())
#define HOST_MAKE_EMPTY_SET(h) ext_checked(h, PySet_New(NULL))
#define HOST_MAKE_LIST(h, items, n) ext_checked(h, ext_list_of(items, n))
#define HOST_MAKE_TUPLE(h, items, n) ext_checked(h, ext_tuple_of(items, n))
#define HOST_MAKE_FROZENSET(h, items, n) ext_load_frozenset(h, items, n)
#define HOST_MAKE_DICT(h, items, n) ext_load_dict(h, items, n)
#define HOST_MAKE_GLOBAL(h, module, module_size, name, name_size) \
    GUARDED(h, ext_guard_name(h, NULL, NULL),                     \
            ext_load_global(h, module, module_size, name, name_size))
#define HOST_MAKE_STACK_GLOBAL(h, module, name) \
    GUARDED(h, ext_guard_name(h, module, name), ext_load_stack_global(h, module, name))
#define HOST_MAKE_REDUCE(h, callee, args) \
    GUARDED(h, ext_guard_reduce(h, callee, args), ext_load_reduce(h, callee, args))
#define HOST_MAKE_NEWOBJ(h, class, args) \
    GUARDED(h, ext_guard_newobj(h, class, args, NULL), ext_load_newobj(h, class, args, NULL))
#define HOST_MAKE_NEWOBJ_EX(h, class, args, kwargs) \
    GUARDED(h, ext_guard_newobj(h, class, args, kwargs), ext_load_newobj(h, class, args, kwargs))
#define HOST_MAKE_OBJ(h, items, n) GUARDED(h, ext_guard_obj(h, items, n), ext_load_obj(h, items, n))
#define HOST_MAKE_INST(h, module, module_size, name, name_size, items, n) \
    GUARDED(h, ext_guard_inst(h, items, n),                               \
            ext_load_inst(h, module, module_size, name, name_size, items, n))
#define HOST_MAKE_PERSID(h, text, size) \
    (PASSES(h, ext_guard_outside(h)) ? ext_load_persid(h, text, size) : NULL)
#define HOST_MAKE_BINPERSID(h, id) binpersid(h, id)
#define HOST_MAKE_EXT(h, code) \
    GUARDED(h, ext_guard_name(h, NULL, NULL), ext_load_extension(h, code))
#define HOST_MAKE_NEXT_BUFFER(h) (PASSES(h, ext_guard_outside(h)) ? ext_load_next_buffer(h) : NULL)
#define HOST_MAKE_READONLY_BUFFER(h, buffer) ext_load_readonly_buffer(h, buffer)
#define HOST_MAKE_DUP(h, value) new_ref(value)
#define HOST_MEMO_GET(h, index) memo_get(h, index)
#define HOST_APPEND(h, list, items, n)                             \
    (PASSES(h, ext_guard_fill(h, list, &PyList_Type, items, n)) && \
     ext_load_append(h, list, items, n))
#define HOST_SETITEMS(h, dict, items, n)                           \
    (PASSES(h, ext_guard_fill(h, dict, &PyDict_Type, items, n)) && \
     ext_load_setitems(h, dict, items, n))
#define HOST_ADDITEMS(h, set, items, n)                          \
    (PASSES(h, ext_guard_fill(h, set, &PySet_Type, items, n)) && \
     ext_load_additems(h, set, items, n))
#define HOST_BUILD(h, object, state) \
    GUARDED(h, ext_guard_build(h, object, state), ext_load_build(h, object, state))
#define HOST_MEMO_PUT(h, index, value) memo_put(h, index, value)
#define HOST_MEMOIZE(h, value) memo_put(h, (h)->memo->count, value)
#define HOST_ON_MARK(h) true
#define HOST_ON_POP(h, value, above, at) release_value(h, value)
#define HOST_ON_POP_MARK(h, items, n) release_values(h, items, n)
#define HOST_ON_DROP_MARK(h) true
#define HOST_ON_PROTO(h, protocol) note_protocol(h, protocol)
#define HOST_ON_FRAME(h, size) check_frame(h, size)
#define HOST_ON_STOP(h, value) true
#define HOST_DROP(h, items, n) ext_release(items, n)
#define HOST_ON_EMPTY(h, value) ext_load_nothing(h, value, *op)

#define HOST_SET_ATTRIBUTES(h, object, dict, items, n) \
    (!(h)->guard && ext_load_set_attributes(h, object, dict, items, n))
#define HOST_SET_SLOTS(h, object, none, dict, items, n) \
    ((none) == Py_None && !(h)->guard && ext_load_set_slots(h, object, dict, items, n))
#define HOST_MAKE_ROW(h, opcode, format, from, most, to) make_row(h, opcode, format, from, most, to)
#define HOST_GET_ROW(h, opcode, format, from, most, to) get_row(h, opcode, format, from, most, to)
#define HOST_CALL_AT_ONCE(h, opcode, callee, items, n) call_at_once(h, opcode, callee, items, n)

#include "machine/machine.inc.h"

/* ------------------------------------------------------------------------
 * Running
 * ------------------------------------------------------------------------ */

#define FIRST_STACK 64
/* A loader whose stack or memo has become larger is not kept. */
#define MOST_KEPT ((size_t)256 * 1024)

static const brn_options all_bytes = {.max_input = BRN_UNLIMITED};

/* As loads() without options wants it. */
static void make_ready(ext_loader *h)
{
    h->changed = false;
    h->memo = &h->own_memo;
    h->memo_memory = &h->own_memory;
    h->protocol = &h->own_protocol;
    h->unpickler = NULL;
    h->persistent_load = NULL;
    h->buffers = NULL;
    h->guard = NULL;
    h->file = NULL;
    h->encoding = ext_default_encoding;
    h->errors = "strict";
    h->py2_bytes = false;
    h->names = (ext_names){.fix_imports = true};
    h->m.options.max_stack = BRN_UNLIMITED;
    brn_reader_memory(&h->m.in, NULL, 0, &all_bytes, NULL);
}

static BRN_NOINLINE ext_loader *new_loader(ext_state *state)
{
    ext_loader *h = PyMem_Calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->state = state;
    h->m.options.max_memo = BRN_UNLIMITED; /* of the limits, the machine looks at three */
    h->m.options.max_digits = BRN_UNLIMITED;
    h->deferred_from = EXT_NOTHING_DEFERRED;
    brn_memory_init(&h->own_memory, &ext_alloc, BRN_UNLIMITED);
    brn_memo_init(&h->own_memo, state->hash_seed);
    h->m.memory = &h->own_memory;
    make_ready(h);
    void *stack = NULL;
    bool done =
        brn_memory_grow(&h->own_memory, &stack, &h->m.stack_cap, FIRST_STACK, sizeof *h->m.stack);
    h->m.stack = stack;
    if (done)
        return h;
    PyMem_Free(h);
    return NULL;
}

void ext_loader_free(ext_loader *h)
{
    if (!h)
        return;
    Py_XDECREF(h->arguments);
    brn_memo_free(&h->own_memo, &h->own_memory);
    PyMem_Free(h->m.stack);
    PyMem_Free(h->m.marks);
    PyMem_Free(h);
}

/* Without the GIL, another thread may take it at the same time. */
#ifdef Py_GIL_DISABLED
#define KEEPS_LOADERS false
#else
#define KEEPS_LOADERS true
#endif

ext_loader *ext_loader_take(ext_state *state)
{
    ext_loader *h = KEEPS_LOADERS ? state->loader : NULL;
    if (BRN_LIKELY(h != NULL)) {
        state->loader = NULL;
        return h;
    }
    h = new_loader(state);
    if (!h)
        PyErr_NoMemory();
    return h;
}

/* After a large load its objects have left the processor's caches: so many ahead they are fetched again. */
#define EXT_FETCH_BACK 16

/* The memo of a load that no Unpickler shows: nobody else sees it, before or after. */
BRN_INLINE void clear_own_memo(ext_loader *h)
{
    brn_memo *memo = &h->own_memo;
    if (BRN_UNLIKELY(memo->scattered || memo->sparse_count > 0)) {
        ext_memo_release(memo, &h->own_memory);
        return;
    }
    void **dense = memo->dense;
    size_t count = (size_t)memo->count;
    for (size_t i = 0; i < count; i++) {
        if (i + EXT_FETCH_BACK < count)
            brn_prefetch(dense[i + EXT_FETCH_BACK]);
        PyObject *value = ext_deferred_object(dense[i]);
        dense[i] = NULL;
        Py_XDECREF(value);
    }
    memo->count = 0;
    memo->in_order = memo->dense_cap;
}

/* What else is released while the loader is still in use: it may run foreign code. */
BRN_INLINE void release_values_of_load(ext_loader *h)
{
    ext_release(h->m.stack, h->m.depth);
    h->m.depth = 0;
    h->m.mark_count = 0;
    if (h->known)
        ext_known_release(h);
    if (h->dicts > 1)
        ext_load_tables_release(h);
    h->dicts = 0;
    h->shared = false;
    h->own_protocol = 0;
    if (BRN_UNLIKELY(h->payload || h->missing_module)) {
        Py_CLEAR(h->payload);
        Py_CLEAR(h->missing_module);
        Py_CLEAR(h->missing_name);
    }
}

BRN_INLINE void give_back(ext_loader *h)
{
    clear_own_memo(h);
    if (h->changed)
        make_ready(h);
    if (BRN_LIKELY(KEEPS_LOADERS && !h->state->loader &&
                   (h->m.stack_cap | h->m.mark_cap | h->own_memo.dense_cap) < MOST_KEPT))
        h->state->loader = h;
    else
        ext_loader_free(h);
}

void ext_loader_give(ext_loader *h)
{
    give_back(h);
}

/* The pickle's object, or NULL without an exception, or with one that is not complete. */
BRN_INLINE PyObject *run_paused(ext_loader *h)
{
    ext_gc_pause(h);
    PyObject *value = NULL;
    if (BRN_LIKELY(run(h) == BRN_OK))
        value = h->m.stack[--h->m.depth];
    h->deferred_from = EXT_NOTHING_DEFERRED; /* nobody will ask any more */
    ext_gc_resume_apart(h);
    return value;
}

PyObject *ext_loader_run(ext_loader *h)
{
    if (BRN_UNLIKELY(h->encoding != ext_default_encoding))
        h->py2_bytes = strcmp(h->encoding, "bytes") == 0;
    *h->protocol = 0;
    size_t input = h->file ? 0 : (size_t)(h->m.in.end - h->m.in.pos);
    h->large = (h->file || input >= EXT_ARENAS_INPUT) && ext_arenas_begin(&h->state->arenas, input);
    PyObject *value = run_paused(h);
    if (h->large)
        ext_arenas_end(&h->state->arenas);
    h->large = false;
    if (BRN_UNLIKELY(!value))
        ext_load_raise(h);
    if (h->file && ext_file_end(h) < 0)
        Py_CLEAR(value);
    release_values_of_load(h);
    return value;
}

/* ------------------------------------------------------------------------
 * Arguments
 * ------------------------------------------------------------------------ */

static const char *load_text(PyObject *value, const char *function, const char *argument)
{
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s() argument '%s' must be str, not %.50s", function,
                     argument, value == Py_None ? "None" : Py_TYPE(value)->tp_name);
        return NULL;
    }
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text && strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return text;
}

static int load_depth(PyObject *value, uint64_t *max_depth)
{
    *max_depth = BRN_UNLIMITED;
    if (!value || value == Py_None)
        return 0;
    Py_ssize_t depth = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (depth == -1 && PyErr_Occurred())
        return -1;
    if (depth <= 0) {
        PyErr_SetString(PyExc_ValueError, "max_depth must be above 0");
        return -1;
    }
    *max_depth = (uint64_t)depth;
    return 0;
}

static const char *const load_names[] = {"file",    "fix_imports", "encoding", "errors",
                                         "buffers", "max_depth",   "rename",   "opaque"};
#define PARAMETERS ((int)BRN_ARRAY_LEN(load_names))

static const ext_signature load_signature = {"load", load_names, PARAMETERS, 1, 0, 1};
static const ext_signature loads_signature = {"loads", load_names, PARAMETERS, 1, 1, 1};
static const ext_signature unpickler_signature = {"Unpickler", load_names, PARAMETERS, 1, 0, 1};

/* What the values of the parameters, NULL where none was given, mean. */
static int take_options(const char *function, PyObject *const *values, ext_load_options *options)
{
    int fix_imports = ext_argument_flag(values[1], 1);
    int opaque = ext_argument_flag(values[7], 0);
    if (fix_imports < 0 || opaque < 0)
        return -1;
    options->fix_imports = fix_imports != 0;
    options->opaque = opaque != 0;
    options->encoding = ext_default_encoding;
    options->errors = "strict";
    if (values[2] && !(options->encoding = load_text(values[2], function, "encoding")))
        return -1;
    if (values[3] && !(options->errors = load_text(values[3], function, "errors")))
        return -1;
    options->buffers = values[4] == Py_None ? NULL : values[4];
    if (load_depth(values[5], &options->max_depth) < 0)
        return -1;
    /* Last: it is the one that has to be released. */
    return ext_rename_check(values[6], &options->rename);
}

int ext_load_parse(PyObject *args, PyObject *kwargs, PyObject **file, ext_load_options *options)
{
    PyObject *values[PARAMETERS];
    if (!ext_arguments_of_tuple(&unpickler_signature, args, kwargs, values))
        return -1;
    *file = values[0];
    return take_options(unpickler_signature.function, values, options);
}

/* The same of a vector call. */
static int parse_vector(const ext_signature *signature, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames, PyObject **first, ext_load_options *options)
{
    if (nargs == 1 && !kwnames) {
        *first = args[0];
        *options = (ext_load_options){.fix_imports = true,
                                      .encoding = ext_default_encoding,
                                      .errors = "strict",
                                      .max_depth = BRN_UNLIMITED};
        return 0;
    }
    PyObject *values[PARAMETERS];
    if (!ext_arguments(signature, args, nargs, kwnames, values))
        return -1;
    *first = values[0];
    return take_options(signature->function, values, options);
}

/* ------------------------------------------------------------------------
 * The functions
 * ------------------------------------------------------------------------ */

/* Load with a memo of its own, from h->file or from where h->m.in already points.  The loader is given back. */
static PyObject *load_once(ext_loader *h, const ext_load_options *options)
{
    h->encoding = options->encoding;
    h->errors = options->errors;
    h->names = (ext_names){options->fix_imports, options->opaque, options->rename};
    h->m.options.max_stack = options->max_depth;
    h->buffers = options->buffers ? PyObject_GetIter(options->buffers) : NULL;
    PyObject *value = h->buffers || !options->buffers ? ext_loader_run(h) : NULL;
    Py_XDECREF(h->buffers);
    ext_loader_give(h);
    return value;
}

PyObject *ext_load_bytes_of(ext_state *state, const void *data, size_t size,
                            const ext_load_options *options, ext_guard *guard,
                            PyObject *persistent_load)
{
    ext_loader *h = ext_loader_take(state);
    if (!h)
        return NULL;
    h->changed = true;
    h->guard = guard;
    h->persistent_load = persistent_load;
    brn_reader_memory(&h->m.in, data, size, &all_bytes, NULL);
    return load_once(h, options);
}

/* What nearly everybody asks for: bytes, and no options; not many of them, so that each step counts. */
static PyObject *load_small(ext_state *state, PyObject *bytes)
{
    ext_loader *h = ext_loader_take(state);
    if (BRN_UNLIKELY(!h))
        return NULL;
    brn_reader_again(&h->m.in, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    PyObject *value = run_paused(h);
    if (BRN_UNLIKELY(!value)) {
        h->changed = true;
        ext_load_raise(h);
    }
    release_values_of_load(h);
    give_back(h);
    return value;
}

PyObject *ext_load(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *object;
    ext_load_options options;
    if (parse_vector(&load_signature, args, nargs, kwnames, &object, &options) < 0)
        return NULL;
    ext_state *state = ext_state_of_module(module);
    ext_file file = {NULL};
    PyObject *value = NULL;
    if (ext_file_open(state, &file, object) == 0) {
        ext_loader *h = ext_loader_take(state);
        if (h) {
            h->changed = true;
            h->file = &file;
            ext_file_begin(h);
            value = load_once(h, &options);
        }
        ext_file_close(&file);
    }
    Py_XDECREF(options.rename);
    return value;
}

PyObject *ext_loads(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    ext_state *state = ext_state_of_module(module);
    /* The caller's reference keeps them, and they cannot change. */
    if (BRN_LIKELY(nargs == 1 && !kwnames && PyBytes_CheckExact(args[0])) &&
        BRN_LIKELY(PyBytes_GET_SIZE(args[0]) < (Py_ssize_t)EXT_ARENAS_INPUT))
        return load_small(state, args[0]);
    PyObject *data;
    ext_load_options options;
    if (parse_vector(&loads_signature, args, nargs, kwnames, &data, &options) < 0)
        return NULL;
    PyObject *value = NULL;
    if (BRN_LIKELY(PyBytes_CheckExact(data))) {
        value = ext_load_bytes_of(state, PyBytes_AS_STRING(data), (size_t)PyBytes_GET_SIZE(data),
                                  &options, NULL, NULL);
    } else {
        Py_buffer view;
        if (PyObject_GetBuffer(data, &view, PyBUF_CONTIG_RO) == 0) {
            value = ext_load_bytes_of(state, view.buf, (size_t)view.len, &options, NULL, NULL);
            PyBuffer_Release(&view);
        }
    }
    Py_XDECREF(options.rename);
    return value;
}
