/*
 * load.h - what the files of the reading half share: the loader, which is host 2 of the machine, the
 * file it reads, and the Unpickler that may stand behind it.
 *
 * load() and loads() run a loader without an Unpickler object; Unpickler.load() runs one that
 * works on the object's file and memo.
 */
#ifndef BRINERY_EXT_LOAD_H
#define BRINERY_EXT_LOAD_H

#include "ext.h"

#include "explain.h"
#include "layout.h"
#include "machine/hooks.h"
#include "moved.h"

/* ------------------------------------------------------------------------
 * Options
 * ------------------------------------------------------------------------ */

/* Its address, not only its text, says that nothing else was asked for. */
extern const char ext_default_encoding[];

typedef struct ext_load_options {
    bool fix_imports;
    const char *encoding; /* UTF-8, lent by who called */
    const char *errors;
    PyObject *buffers;  /* an iterable, or NULL; borrowed */
    uint64_t max_depth; /* values on the stack, or BRN_UNLIMITED */
    PyObject *rename;   /* checked, owned; or NULL */
    bool opaque;
} ext_load_options;

/* How names in the pickle become names here. */
typedef struct ext_names {
    bool fix_imports;
    bool opaque;
    PyObject *rename; /* lent by who loads; or NULL */
} ext_names;

/* ------------------------------------------------------------------------
 * Files: file_input.c
 * ------------------------------------------------------------------------ */

typedef struct ext_file {
    PyObject *read;
    PyObject *readline;
    PyObject *readinto; /* or NULL */
    PyObject *peek;     /* or NULL */
    PyObject *bytes_io; /* the file, if it is an io.BytesIO, or NULL */
    Py_buffer chunk;    /* what read or peek gave last; chunk.obj is NULL if there is none */
    uint8_t *joined;    /* a window that is no single chunk: a line or number that came in pieces */
    size_t joined_cap;
    const uint8_t *start; /* what has not been consumed yet, between pickles */
    const uint8_t *end;
    bool peeked; /* the window shows bytes that the file has still to be asked for */
} ext_file;

/* 0, or -1 with an exception and nothing held. */
int ext_file_open(ext_state *state, ext_file *file, PyObject *object);
void ext_file_close(ext_file *file);
int ext_file_visit(ext_file *file, visitproc visit, void *arg);

/* ------------------------------------------------------------------------
 * The loader: load.c
 * ------------------------------------------------------------------------ */

typedef struct ext_loader ext_loader;
typedef struct ext_unpickler ext_unpickler;
typedef struct ext_guard ext_guard;
typedef struct ext_known_type ext_known_type;

#define EXT_NOTHING_DEFERRED UINT64_MAX

/*
 * Dicts whose keys are the same objects in the same order: the first is filled, the second is filled and its table
 * copied, all others get a copy of that with their values in it.
 */
typedef struct ext_dict_pattern {
    size_t pairs;
    const void *first; /* key, only to be compared */
    const void *last;
    struct _dictkeysobject *table; /* or NULL */
} ext_dict_pattern;

#define EXT_DICT_PATTERNS 16

/* The hash of a key of two to sixteen ASCII characters, which `low`, `high` and `size` are. */
typedef struct ext_key_hash {
    uint64_t low;
    uint64_t high;
    size_t size;
    Py_hash_t hash;
} ext_key_hash;

#define EXT_KEY_HASHES 128

struct ext_loader {
    BRN_MACHINE(PyObject *) m;
    ext_state *state;
    brn_memo *memo; /* values: PyObject*, a reference each */
    brn_memory *memo_memory;
    PyObject *unpickler;       /* whose find_class is called, or NULL */
    PyObject *persistent_load; /* or NULL */
    PyObject *buffers;         /* an iterator, or NULL */
    ext_guard *guard;          /* only what it approves is done: guard.h; or NULL */
    const char *encoding;
    const char *errors;
    bool py2_bytes; /* encoding is "bytes" */
    ext_names names;
    PyObject *missing_module; /* the global that was not found, for the hint; or NULL */
    PyObject *missing_name;
    bool changed; /* somebody has set something of this after taking the loader */
    bool gc_paused;
    bool large;          /* worth huge pages: arenas.h */
    bool shared;         /* code that is not ours has been given objects of this load */
    PyObject *arguments; /* a tuple of one that nobody else has: for calls; or NULL.  Kept. */
    size_t dicts;        /* filled so far; before the second there are no patterns */
    ext_dict_pattern patterns[EXT_DICT_PATTERNS];
    ext_key_hash hashes[EXT_KEY_HASHES]; /* of keys met last, also in loads before */
    ext_known_type *known;               /* classes that are this load's: known_types.h */
    uint64_t
        deferred_from; /* from this index on the memo may have deferred dicts: load_deferred.h */
    int *protocol;
    ext_file *file;    /* or NULL */
    PyObject *payload; /* what the file has read straight into an object */
    /* What memo, its memory and protocol point to when there is no Unpickler.  The memory is also the stack's. */
    brn_memory own_memory;
    brn_memo own_memo;
    int own_protocol;
};

/* The window over a file: brn_source for a reader whose source_ctx is an ext_loader. */
extern const brn_source ext_file_source;
/* Begin a reader on the file, and take the pickle's bytes out of the file after it: 0 or -1. */
void ext_file_begin(ext_loader *h);
int ext_file_end(ext_loader *h);

/* With an exception set: leave the machine with it. */
BRN_COLD bool ext_load_failed(ext_loader *h);

/* A value that has been made, or NULL: then leave the machine with the exception. */
BRN_INLINE PyObject *ext_checked(ext_loader *h, PyObject *value)
{
    if (BRN_UNLIKELY(!value))
        (void)ext_load_failed(h);
    return value;
}

/* What is made from here on is data: it may lie in huge pages, until others get to work. */
BRN_INLINE void ext_load_makes_data(ext_loader *h)
{
    if (BRN_UNLIKELY(h->large) && !h->state->arenas.entered)
        ext_arenas_enter(&h->state->arenas);
}

BRN_INLINE void ext_load_lets_others(ext_loader *h)
{
    if (BRN_UNLIKELY(h->large) && h->state->arenas.entered)
        ext_arenas_leave(&h->state->arenas);
}

/*
 * Cyclic garbage collection waits while data is made: nothing of it can be garbage.  Code that is not ours
 * finds it as the user has set it.
 */
BRN_INLINE void ext_gc_pause(ext_loader *h)
{
    h->gc_paused = ext_gc_disable();
    ext_load_makes_data(h);
}

/* Make what the memo has deferred and code that is not ours might change. */
void ext_load_settle(ext_loader *h);

BRN_INLINE void ext_load_settle_if(ext_loader *h)
{
    if (BRN_UNLIKELY(h->deferred_from != EXT_NOTHING_DEFERRED))
        ext_load_settle(h);
}

/* Before code that is not ours gets hold of objects of this load: it may keep and change them. */
BRN_INLINE void ext_load_share(ext_loader *h)
{
    h->shared = true;
    ext_load_settle_if(h);
    ext_load_lets_others(h);
}

/* Before such code that is given nothing of it. */
BRN_INLINE void ext_load_stay_apart(ext_loader *h)
{
    if (h->shared)
        ext_load_settle_if(h);
}

BRN_INLINE void ext_gc_resume_apart(ext_loader *h)
{
    ext_load_stay_apart(h);
    ext_load_lets_others(h);
    if (h->gc_paused)
        ext_gc_enable();
}

BRN_INLINE void ext_gc_resume(ext_loader *h)
{
    ext_load_share(h);
    ext_gc_resume_apart(h);
}

/* Load one pickle from memory, with a memo of its own; `guard` and `persistent_load` may be NULL. */
PyObject *ext_load_bytes_of(ext_state *state, const void *data, size_t size,
                            const ext_load_options *options, ext_guard *guard,
                            PyObject *persistent_load);

/*
 * A loader that is ready: for bytes, without options, with a memo of its own.  One is kept from one load to the
 * next with all that it has allocated, because to set it up takes longer than to load a small pickle.
 * NULL with an exception.
 */
ext_loader *ext_loader_take(ext_state *state);
/* It is as if it had just been made, and may be kept. */
void ext_loader_give(ext_loader *h);

/* What Unpickler.load and the functions share: load from h->m.in. */
PyObject *ext_loader_run(ext_loader *h);

extern const brn_alloc ext_alloc;
void ext_memo_release(brn_memo *memo, brn_memory *memory);

/* What Unpickler() is called with: 0, or -1 with an exception. */
int ext_load_parse(PyObject *args, PyObject *kwargs, PyObject **file, ext_load_options *options);

/* ------------------------------------------------------------------------
 * Values and objects: load_values.c, load_objects.c
 * ------------------------------------------------------------------------ */

PyObject *ext_load_int_numeral(ext_loader *h, const uint8_t *text, size_t size);
PyObject *ext_load_long_numeral(ext_loader *h, const uint8_t *text, size_t size);
PyObject *ext_load_float_numeral(ext_loader *h, const uint8_t *text, size_t size);
bool ext_load_index(ext_loader *h, const uint8_t *text, size_t size, int64_t *index);
PyObject *ext_load_py2str(ext_loader *h, const uint8_t *data, size_t size);
PyObject *ext_load_py2str_escaped(ext_loader *h, const uint8_t *text, size_t size);
/* UTF-8 with surrogates; short ASCII need not come here. */
PyObject *ext_load_text(ext_loader *h, const uint8_t *text, size_t size);
/* From this size on a payload costs mostly page faults. */
#define EXT_LARGE_PAYLOAD ((size_t)4 << 20)
/* A bytearray, or bytes, not filled yet; if it is large, it asks the system for huge pages. */
PyObject *ext_load_new_payload(bool is_array, size_t size);
/* What such an object holds. */
BRN_INLINE char *ext_payload_data(PyObject *payload)
{
    return PyBytes_CheckExact(payload) ? PyBytes_AS_STRING(payload)
                                       : PyByteArray_AS_STRING(payload);
}
PyObject *ext_load_bytes(ext_loader *h, const uint8_t *data, size_t size);
PyObject *ext_load_bytearray(ext_loader *h, const uint8_t *data, size_t size);
PyObject *ext_load_frozenset(ext_loader *h, PyObject **items, size_t count);
PyObject *ext_load_dict(ext_loader *h, PyObject **items, size_t count);
void ext_load_tables_release(ext_loader *h);
bool ext_load_append(ext_loader *h, PyObject *list, PyObject **items, size_t count);
bool ext_load_setitems(ext_loader *h, PyObject *dict, PyObject **items, size_t count);
/* APPENDS, SETITEMS or ADDITEMS, which `opcode` says, of nothing. */
bool ext_load_nothing(ext_loader *h, PyObject *container, uint8_t opcode);
bool ext_load_additems(ext_loader *h, PyObject *set, PyObject **items, size_t count);

PyObject *ext_load_global(ext_loader *h, const uint8_t *module, size_t module_size,
                          const uint8_t *name, size_t name_size);
PyObject *ext_load_stack_global(ext_loader *h, PyObject *module, PyObject *name);
PyObject *ext_load_reduce(ext_loader *h, PyObject *callee, PyObject *args);
PyObject *ext_load_newobj(ext_loader *h, PyObject *cls, PyObject *args, PyObject *kwargs);
PyObject *ext_load_obj(ext_loader *h, PyObject **items, size_t count);
PyObject *ext_load_inst(ext_loader *h, const uint8_t *module, size_t module_size,
                        const uint8_t *name, size_t name_size, PyObject **items, size_t count);
PyObject *ext_load_persid(ext_loader *h, const uint8_t *text, size_t size);
PyObject *ext_load_binpersid(ext_loader *h, PyObject *id);
PyObject *ext_load_extension(ext_loader *h, uint32_t code);
PyObject *ext_load_next_buffer(ext_loader *h);
PyObject *ext_load_readonly_buffer(ext_loader *h, PyObject *buffer);
/* An instance of a class that OBJ or INST names. */
PyObject *ext_load_instantiate(ext_loader *h, PyObject *cls, PyObject **items, size_t count);
bool ext_load_build(ext_loader *h, PyObject *object, PyObject *state);

/* Setting a dict as its state calls nobody. */
bool ext_load_takes_attributes(ext_loader *h, PyObject *object);

/*
 * Short cuts: load_known.c.  They have taken over what they were given, or say false or NULL
 * without an exception and have done nothing.
 *
 * The items would be set in the dict, and the dict, or (None, the dict), would be the object's state.
 */
bool ext_load_set_attributes(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                             size_t count);
bool ext_load_set_slots(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                        size_t count);
/* The items would be the tuple of arguments, stored in the memo, of NEWOBJ or REDUCE.  The callee is lent. */
PyObject *ext_load_namedtuple(ext_loader *h, PyObject *cls, PyObject **items, size_t count);
PyObject *ext_load_call_with_one(ext_loader *h, PyObject *callee, PyObject **item);
/* callee(*args), if that makes the array of numpy that a pickle's begin as; else NULL: load_array.c. */
PyObject *ext_load_empty_array(ext_loader *h, PyObject *callee, PyObject *args);
/* type(*args), if that is a timedelta of three small ints; else NULL: load_datetime.c. */
PyObject *ext_load_timedelta(ext_loader *h, PyTypeObject *type, PyObject *args);
/* What is known of a class that can be called with these arguments by one of the next two; or NULL. */
ext_known_type *ext_load_calls_class(ext_loader *h, PyObject *callee, PyObject *args);
/* callee(*args) */
PyObject *ext_load_call_class(const ext_known_type *known, PyObject *args);
/* callee.__new__(callee, *args), if that is a function. */
PyObject *ext_load_new_of_class(const ext_known_type *known, PyObject *args);

/* Hashing, comparing and freeing it runs no code but the interpreter's, and it refers to nothing. */
BRN_INLINE bool ext_is_atom(PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
           type == &PyBytes_Type || type == &PyBool_Type || value == Py_None;
}

BRN_INLINE void ext_release(PyObject **items, size_t count)
{
    while (count > 0)
        Py_DECREF(items[--count]);
}

/* The references of the items move into the container, or are released if there is no memory. */
BRN_INLINE PyObject *ext_list_of(PyObject **items, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    if (BRN_LIKELY(list != NULL) && count > 0)
        memcpy(((PyListObject *)list)->ob_item, items, count * sizeof *items);
    else
        ext_release(items, count);
    return list;
}

/* What holds only atoms is in no cycle, so the collector need not look at it: it would find that itself. */
BRN_INLINE PyObject *ext_tuple_of(PyObject **items, size_t count)
{
    if (count == 0)
        return PyTuple_New(0);
    bool atoms = true;
    for (size_t i = 0; atoms && i < count; i++)
        atoms = ext_is_atom(items[i]);
    PyObject *tuple = ext_new_tuple(count);
    if (BRN_UNLIKELY(!tuple)) {
        ext_release(items, count);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, items[i]);
    if (!atoms)
        ext_track(tuple);
    return tuple;
}

/* ------------------------------------------------------------------------
 * Names: find_class.c.  Errors: load_errors.c, load_path.c
 * ------------------------------------------------------------------------ */

/* What Unpickler.find_class does. */
PyObject *ext_find_class(ext_state *state, PyObject *module_name, PyObject *name, int protocol,
                         const ext_names *names);

/* Set the exception for what the machine has found, if a hook has not; then say where it was. */
void ext_load_raise(ext_loader *h);

/* UnpicklingError: a persistent id without a function for it. */
void ext_load_no_persistent_load(ext_state *state);

/* The path to what was being built, as a str; NULL with an exception. */
PyObject *ext_load_path(ext_loader *h);

/* ------------------------------------------------------------------------
 * Unpickler: unpickler.c, unpickler_memo.c
 * ------------------------------------------------------------------------ */

struct ext_unpickler {
    PyObject_HEAD ext_file file; /* file.read is NULL until __init__ has been called */
    PyObject *buffers;
    PyObject *encoding; /* str, or NULL for the default */
    PyObject *errors;
    PyObject *persistent_load;  /* set as an attribute, or found at __init__ */
    bool persistent_load_bound; /* it has to be called with the object itself in front */
    brn_memory memory;
    brn_memo memo;
    uint64_t max_depth;
    int protocol;
    ext_names names; /* names.rename is owned */
    bool running;
};

PyObject *ext_unpickler_memo_new(ext_state *state, ext_unpickler *unpickler);
PyObject *ext_unpickler_memo_copy(ext_unpickler *unpickler);
int ext_unpickler_set_memo(ext_unpickler *unpickler, PyObject *value, void *closure);
/* -1 with RuntimeError while a load is at work. */
int ext_unpickler_check_idle(ext_unpickler *unpickler);

#endif /* BRINERY_EXT_LOAD_H */
