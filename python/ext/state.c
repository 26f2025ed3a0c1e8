/*
 * state.c - what the module looks up once: interned names, and the parts of the
 * standard library that pickling is defined in terms of.
 */
#include "ext.h"
#include "known_types.h"
#include "optable.h"
#include "type_table.h"

#include "options.h"

static int import(PyObject **member, const char *module_name, const char *attribute)
{
    PyObject *module = PyImport_ImportModule(module_name);
    if (!module)
        return -1;
    *member = PyObject_GetAttrString(module, attribute);
    Py_DECREF(module);
    return *member ? 0 : -1;
}

static int intern(PyObject **member, const char *name)
{
    *member = PyUnicode_InternFromString(name);
    return *member ? 0 : -1;
}

static int check_dict(PyObject *object, const char *what)
{
    if (PyDict_CheckExact(object))
        return 0;
    PyErr_Format(PyExc_RuntimeError, "%s should be a dict, not %.200s", what,
                 Py_TYPE(object)->tp_name);
    return -1;
}

int ext_state_fill(ext_state *state)
{
    brn_options options;
    (void)brn_options_get(&options, NULL, NULL);
    state->hash_seed = options.hash_seed;
    for (long i = 0; i < 256; i++) {
        state->bytes_as_ints[i] = PyLong_FromLong(i);
        if (!state->bytes_as_ints[i])
            return -1;
    }
#define DOTTED_NAME(name, text)               \
    if (intern(&state->names.name, text) < 0) \
        return -1;
#define NAME(name) DOTTED_NAME(name, #name)
    EXT_NAMES(NAME)
    EXT_DOTTED_NAMES(DOTTED_NAME)
#undef NAME
#undef DOTTED_NAME
#define IMPORT(member, module, attribute)              \
    if (import(&state->member, module, attribute) < 0) \
        return -1;
    EXT_IMPORTS(IMPORT)
#undef IMPORT
    if (check_dict(state->dispatch_table, "copyreg.dispatch_table") < 0 ||
        check_dict(state->extension_registry, "copyreg._extension_registry") < 0 ||
        check_dict(state->inverted_registry, "copyreg._inverted_registry") < 0 ||
        check_dict(state->extension_cache, "copyreg._extension_cache") < 0 ||
        check_dict(state->name_mapping, "_compat_pickle.NAME_MAPPING") < 0 ||
        check_dict(state->import_mapping, "_compat_pickle.IMPORT_MAPPING") < 0 ||
        check_dict(state->reverse_name_mapping, "_compat_pickle.REVERSE_NAME_MAPPING") < 0 ||
        check_dict(state->reverse_import_mapping, "_compat_pickle.REVERSE_IMPORT_MAPPING") < 0)
        return -1;
    return 0;
}

int ext_state_visit(ext_state *state, visitproc visit, void *arg)
{
    Py_VISIT(state->pickler_type);
    Py_VISIT(state->pickler_memo_type);
    Py_VISIT(state->unpickler_type);
    Py_VISIT(state->unpickler_memo_type);
    Py_VISIT(state->opaque_type);
    Py_VISIT(state->genops_type);
    Py_VISIT(state->namedtuple_codes);
    Py_VISIT(state->reconstruct);
    int found = ext_optable_visit(state->optable, visit, arg);
    if (found)
        return found;
#define IMPORT(member, module, attribute) Py_VISIT(state->member);
    EXT_IMPORTS(IMPORT)
#undef IMPORT
    return 0;
}

void ext_state_clear(ext_state *state)
{
    Py_CLEAR(state->pickler_type);
    Py_CLEAR(state->pickler_memo_type);
    Py_CLEAR(state->unpickler_type);
    Py_CLEAR(state->unpickler_memo_type);
    Py_CLEAR(state->opaque_type);
    Py_CLEAR(state->genops_type);
    Py_CLEAR(state->namedtuple_codes);
    Py_CLEAR(state->reconstruct);
    ext_optable_release(state->optable);
    state->optable = NULL;
    ext_type_table_release(state->types);
    state->types = NULL;
    ext_known_types_free(state->known_types);
    state->known_types = NULL;
    ext_save_scratch_free(&state->save_scratch);
    for (size_t i = 0; i < BRN_ARRAY_LEN(state->bytes_as_ints); i++)
        Py_CLEAR(state->bytes_as_ints[i]);
    ext_loader_free(state->loader);
    state->loader = NULL;
#define DOTTED_NAME(name, text) Py_CLEAR(state->names.name);
#define NAME(name) DOTTED_NAME(name, #name)
    EXT_NAMES(NAME)
    EXT_DOTTED_NAMES(DOTTED_NAME)
#undef NAME
#undef DOTTED_NAME
#define IMPORT(member, module, attribute) Py_CLEAR(state->member);
    EXT_IMPORTS(IMPORT)
#undef IMPORT
}
