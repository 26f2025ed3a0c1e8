/*
 * ext.h - what every file of the extension module knows: the interpreter, the
 * module's state, and the shims that keep the sources open for CPython 3.10 to 3.15.
 *
 * The extension is host 2 of the machine: its values are PyObject*.  It is the
 * only place of the project that includes Python.h.  One type or one concept has one
 * file; what they share is the state below, one per module object (so per
 * interpreter), never a global.
 *
 * Rules that hold everywhere here:
 *   - no borrowed reference is kept across a call that can run Python code;
 *   - an exception is set when, and only when, a function says NULL, false or -1;
 *   - nothing recurses over the user's objects: depth lives on the heap.
 */
#ifndef BRINERY_EXT_H
#define BRINERY_EXT_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#include "arenas.h"
#include "base.h"

#include <stdbool.h>

#if PY_VERSION_HEX < 0x030a0000
#error "Brinery needs CPython 3.10 or later"
#endif

/* ------------------------------------------------------------------------
 * Shims
 * ------------------------------------------------------------------------ */

#if PY_VERSION_HEX < 0x030d0000
/* 1 and a new reference, 0 and NULL if it is not there, -1 and NULL with an exception. */
BRN_INLINE int ext_dict_get_ref(PyObject *dict, PyObject *key, PyObject **value)
{
    *value = PyDict_GetItemWithError(dict, key);
    if (*value) {
        Py_INCREF(*value);
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

#else
#define ext_dict_get_ref PyDict_GetItemRef
#endif

/* The same for an attribute; AttributeError is "not there". */
BRN_INLINE int ext_lookup_attr(PyObject *object, PyObject *name, PyObject **value)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyObject_GetOptionalAttr(object, name, value);
#else
    return _PyObject_LookupAttr(object, name, value);
#endif
}

/* Whether a weak reference is to this object, which is alive. */
BRN_INLINE bool ext_weakref_is_to(PyObject *reference, PyObject *object)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *found;
    if (PyWeakref_GetRef(reference, &found) <= 0)
        return false;
    Py_DECREF(found); /* the caller has another reference, if it is this one */
    return found == object;
#else
    return PyWeakref_GET_OBJECT(reference) == object;
#endif
}

/* Made by C code, and nobody can change it: more and more such types of the standard library are on the heap. */
BRN_INLINE bool ext_is_native_type(PyTypeObject *type)
{
    return !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
           PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE);
}

/* Another one as soon as the type changes, and no type has had it before; 0: none that could be compared later. */
BRN_INLINE unsigned ext_type_version(const PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030d0000
    if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG))
        return 0;
#endif
    return type->tp_version_tag;
}

/* Without the GIL other threads may change objects and types at any time. */
#ifdef Py_GIL_DISABLED
#define EXT_HAS_GIL false
#else
#define EXT_HAS_GIL true
#endif

/* ------------------------------------------------------------------------
 * The state
 * ------------------------------------------------------------------------ */

/* Names looked up again and again, interned once: EXT_NAME(__reduce_ex__) is state->names.__reduce_ex__. */
#define EXT_NAMES(NAME)     \
    NAME(__class__)         \
    NAME(__dict__)          \
    NAME(__getinitargs__)   \
    NAME(__getnewargs__)    \
    NAME(__getnewargs_ex__) \
    NAME(__getstate__)      \
    NAME(__init__)          \
    NAME(__import__)        \
    NAME(__main__)          \
    NAME(__module__)        \
    NAME(__name__)          \
    NAME(__new__)           \
    NAME(__newobj__)        \
    NAME(__newobj_ex__)     \
    NAME(__qualname__)      \
    NAME(__reduce__)        \
    NAME(__reduce_ex__)     \
    NAME(__setstate__)      \
    NAME(__slotnames__)     \
    NAME(__spec__)          \
    NAME(_ARRAY_API)        \
    NAME(_initializing)     \
    NAME(_reconstruct)      \
    NAME(_tuple_new)        \
    NAME(add)               \
    NAME(add_note)          \
    NAME(append)            \
    NAME(buffer_callback)   \
    NAME(buffers)           \
    NAME(builtins)          \
    NAME(copyreg)           \
    NAME(dispatch_table)    \
    NAME(dtype)             \
    NAME(extend)            \
    NAME(find_class)        \
    NAME(getvalue)          \
    NAME(hasobject)         \
    NAME(isbuiltin)         \
    NAME(items)             \
    NAME(kind)              \
    NAME(latin1)            \
    NAME(maxlen)            \
    NAME(metadata)          \
    NAME(modules)           \
    NAME(numpy)             \
    NAME(peek)              \
    NAME(persistent_id)     \
    NAME(persistent_load)   \
    NAME(pickle_hint)       \
    NAME(pickle_offset)     \
    NAME(pickle_path)       \
    NAME(read)              \
    NAME(readinto)          \
    NAME(readline)          \
    NAME(reducer_override)  \
    NAME(scalar)            \
    NAME(seek)              \
    NAME(tell)              \
    NAME(update)            \
    NAME(write)

/* The same of modules in packages: where numpy has what its objects are made by, from version 2 on and before. */
#define EXT_DOTTED_NAMES(NAME)                          \
    NAME(numpy2_umath, "numpy._core._multiarray_umath") \
    NAME(numpy2_multiarray, "numpy._core.multiarray")   \
    NAME(numpy1_umath, "numpy.core._multiarray_umath")  \
    NAME(numpy1_multiarray, "numpy.core.multiarray")

/*
 * Objects of the standard library that both directions use, imported once.  The tables are the live
 * ones: what others register later is seen.
 */
#define EXT_IMPORTS(IMPORT)                                                    \
    IMPORT(PickleError, "pickle", "PickleError")                               \
    IMPORT(PicklingError, "pickle", "PicklingError")                           \
    IMPORT(UnpicklingError, "pickle", "UnpicklingError")                       \
    IMPORT(dispatch_table, "copyreg", "dispatch_table")                        \
    IMPORT(extension_registry, "copyreg", "_extension_registry")               \
    IMPORT(inverted_registry, "copyreg", "_inverted_registry")                 \
    IMPORT(extension_cache, "copyreg", "_extension_cache")                     \
    IMPORT(name_mapping, "_compat_pickle", "NAME_MAPPING")                     \
    IMPORT(import_mapping, "_compat_pickle", "IMPORT_MAPPING")                 \
    IMPORT(reverse_name_mapping, "_compat_pickle", "REVERSE_NAME_MAPPING")     \
    IMPORT(reverse_import_mapping, "_compat_pickle", "REVERSE_IMPORT_MAPPING") \
    IMPORT(codecs_encode, "codecs", "encode")                                  \
    IMPORT(getattr, "builtins", "getattr")                                     \
    IMPORT(partial, "functools", "partial")                                    \
    IMPORT(bytes_io, "io", "BytesIO")

/* Blocks that a dump has left for the next one; each NULL while a dump has it. */
typedef struct ext_save_scratch {
    uint8_t *bytes; /* EXT_SCRATCH_BYTES of them */
    uintptr_t *log;
    size_t log_cap;
    struct ext_memo_entry *memo; /* EXT_MEMO_FIRST of them, all zero */
    size_t large;                /* how long the last pickle was that took more than `bytes` */
} ext_save_scratch;

#define EXT_SCRATCH_BYTES ((size_t)32 * 1024)
/* A log that has become larger is freed. */
#define EXT_SCRATCH_LOG ((size_t)256 * 1024)

typedef struct ext_state {
    /* The types of this module. */
    PyTypeObject *pickler_type;
    PyTypeObject *pickler_memo_type;
    PyTypeObject *unpickler_type;
    PyTypeObject *unpickler_memo_type;
    /* The metaclass of stand-ins, once brinery._opaque has been imported; or NULL. */
    PyObject *opaque_type;
    PyTypeObject *genops_type;

    /* What pickletools says about opcodes; NULL until genops, dis or optimize need it. */
    struct ext_optable *optable;

#define NAME(name) PyObject *name;
    struct {
        EXT_NAMES(NAME)
#undef NAME
#define NAME(name, text) PyObject *name;
        EXT_DOTTED_NAMES(NAME)
#undef NAME
    } names;

#define IMPORT(member, module, attribute) PyObject *member;
    EXT_IMPORTS(IMPORT)
#undef IMPORT

    /* What dumps have found out about types; NULL until one needs it. */
    struct ext_type_table *types;

    ext_save_scratch save_scratch;
    struct ext_loader *loader; /* that the last load has left for the next one; or NULL */
    ext_arenas arenas;
    PyObject *bytes_as_ints[256]; /* 0 to 255, which the interpreter has once */
    PyObject *namedtuple_codes;   /* by number of fields: known_types.c; or NULL */
    PyObject *reconstruct;        /* numpy's _reconstruct, once needed: load_array.c; or NULL */
    void **numpy_api;             /* and what numpy offers to C */
    void *datetime_api;           /* PyDateTime_CAPI, once needed: load_datetime.c; or NULL */
    /* What loads have found out about classes; NULL until one needs it. */
    struct ext_known_types *known_types;
    uint64_t hash_seed; /* for hashing numbers that the input chooses */
} ext_state;

extern struct PyModuleDef ext_module;

BRN_INLINE ext_state *ext_state_of_module(PyObject *module)
{
    return PyModule_GetState(module);
}

/*
 * Of an instance of one of this module's types, or of a subclass: never NULL for such.  Looked for along the bases
 * that decide how an object is laid out: what a metaclass's mro() says need not name ours.
 */
BRN_INLINE ext_state *ext_state_of_type(PyTypeObject *type)
{
    for (; type && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE); type = type->tp_base) {
        PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
        if (module && PyModule_Check(module) && PyModule_GetDef(module) == &ext_module)
            return PyModule_GetState(module);
    }
    return NULL;
}

/* tp_dealloc of a type whose tp_clear this is. */
BRN_INLINE void ext_dealloc(PyObject *self, inquiry clear)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* What the setter of an attribute says that cannot be deleted. */
BRN_INLINE int ext_refuse_deletion(void)
{
    PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
    return -1;
}

/* state.c: 0, or -1 with an exception set. */
int ext_state_fill(ext_state *state);
int ext_state_visit(ext_state *state, visitproc visit, void *arg);
void ext_state_clear(ext_state *state);

/* ------------------------------------------------------------------------
 * What the files of the module offer to module.c
 * ------------------------------------------------------------------------ */

/* Writing: pickler.c, memo_proxy.c, dump.c */
extern PyType_Spec ext_pickler_spec;
extern PyType_Spec ext_pickler_memo_spec;
void ext_save_scratch_free(ext_save_scratch *scratch);
PyObject *ext_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *ext_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* Reading: unpickler.c, memo_proxy.c, load.c */
extern PyType_Spec ext_unpickler_spec;
extern PyType_Spec ext_unpickler_memo_spec;
void ext_loader_free(struct ext_loader *loader);
PyObject *ext_load(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *ext_loads(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* Loading what is not trusted: safe.c */
PyObject *ext_check(PyObject *module, PyObject *args);
PyObject *ext_load_checked(PyObject *module, PyObject *args);

/* safe_input.c: _read_one(file, most), the bytes of the next pickle of a file. */
PyObject *ext_read_one(PyObject *module, PyObject *args);

/* Looking inside: genops.c, dis.c, optimize.c */
extern PyType_Spec ext_genops_spec;
PyObject *ext_genops(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *ext_dis(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *ext_optimize(PyObject *module, PyObject *args, PyObject *kwargs);

/* Scanning: scan.c, and brinery/_scan.py around it */
PyObject *ext_scan(PyObject *module, PyObject *args);

#endif /* BRINERY_EXT_H */
