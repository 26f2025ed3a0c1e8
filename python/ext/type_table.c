/*
 * type_table.c - finding out what object.__reduce_ex__ would answer, without calling it.
 */
#include "type_table.h"
#include "names.h"

#include <structmember.h>

/* As many types of one program are not saved, as a rule; then the table begins anew. */
#define MOST_TYPES 1024
#define FIRST_PLACES 64
/* More slots than this are left to the general way. */
#define MOST_SLOTS 250

#ifndef Py_TPFLAGS_MANAGED_DICT
#define Py_TPFLAGS_MANAGED_DICT 0
#endif

/* ------------------------------------------------------------------------
 * Types
 * ------------------------------------------------------------------------ */

/* What the type itself has under this name, without its bases: borrowed, or NULL. */
static PyObject *own_attribute(PyTypeObject *type, PyObject *name)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyObject *dict = PyType_GetDict(type);
#else
    PyObject *dict = Py_XNewRef(type->tp_dict);
#endif
    PyObject *value = ext_in_dict(dict, name);
    Py_XDECREF(dict); /* the type's is another reference */
    return value;
}

/* Questions to the class as an object are answered by `type` itself, not by its metaclass. */
static bool has_plain_metaclass(const ext_state *state, PyTypeObject *type)
{
    PyTypeObject *meta = Py_TYPE(type);
    if (meta == &PyType_Type)
        return true;
    return ext_inherits(meta, &PyType_Type, state->names.__reduce__) &&
           (PyObject *)meta != state->opaque_type && meta->tp_getattro == PyType_Type.tp_getattro &&
           meta->tp_hash == PyType_Type.tp_hash &&
           meta->tp_richcompare == PyType_Type.tp_richcompare;
}

/* The instance's attribute __dict__ is what object.__getstate__ takes for it. */
static bool has_plain_dict(const ext_state *state, PyTypeObject *type)
{
    PyObject *found = _PyType_Lookup(type, state->names.__dict__);
    return !found || Py_IS_TYPE(found, &PyGetSetDescr_Type);
}

/* Whether object.__reduce_ex__ would come to ask only what is looked at here. */
static bool is_saved_by_object(const ext_state *state, PyTypeObject *type)
{
    return ext_inherits(type, &PyBaseObject_Type, state->names.__reduce_ex__) &&
           ext_inherits(type, &PyBaseObject_Type, state->names.__reduce__) &&
           ext_inherits(type, &PyBaseObject_Type, state->names.__class__) &&
           !_PyType_Lookup(type, state->names.__getnewargs_ex__) && has_plain_dict(state, type) &&
           type->tp_getattro == PyObject_GenericGetAttr && type->tp_new != NULL &&
           !PyType_FastSubclass(type, Py_TPFLAGS_TYPE_SUBCLASS);
}

/* ------------------------------------------------------------------------
 * Slots
 * ------------------------------------------------------------------------ */

/* The list that copyreg has left in the type, borrowed; NULL if it has not been asked yet. */
static PyObject *slot_names(const ext_state *state, PyTypeObject *type)
{
    PyObject *names = own_attribute(type, state->names.__slotnames__);
    return names && PyList_CheckExact(names) && PyList_GET_SIZE(names) <= MOST_SLOTS ? names : NULL;
}

Py_ssize_t ext_slot_offset(PyTypeObject *type, PyObject *name, bool writable)
{
    PyObject *found = PyUnicode_CheckExact(name) ? _PyType_Lookup(type, name) : NULL;
    if (!found || !Py_IS_TYPE(found, &PyMemberDescr_Type))
        return -1;
    const PyMemberDescrObject *descriptor = (PyMemberDescrObject *)found;
    const PyMemberDef *member = descriptor->d_member;
    if (member->type != T_OBJECT_EX || member->flags & ~(writable ? 0 : READONLY) ||
        !PyType_IsSubtype(type, PyDescr_TYPE(descriptor)))
        return -1;
    return member->offset;
}

static void drop_slots(ext_type *known)
{
    for (size_t i = 0; i < known->slot_count; i++)
        Py_DECREF(known->slots[i].name);
    PyMem_Free(known->slots);
    known->slots = NULL;
    known->slot_count = 0;
}

/* A class that defines a slot of its base again has the name twice, and it is saved once. */
static bool is_listed(const ext_type *known, PyObject *name)
{
    for (size_t i = 0; i < known->slot_count; i++) {
        if (PyUnicode_Compare(known->slots[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool learn_slots(ext_type *known, PyObject *names)
{
    size_t count = (size_t)PyList_GET_SIZE(names);
    if (count == 0)
        return true;
    known->slots = PyMem_Malloc(count * sizeof *known->slots);
    if (!known->slots)
        return false;
    for (size_t i = 0; i < count; i++) {
        PyObject *name = PyList_GET_ITEM(names, (Py_ssize_t)i);
        Py_ssize_t offset = ext_slot_offset(known->type, name, false);
        if (offset < 0)
            return false;
        if (is_listed(known, name))
            offset = EXT_SLOT_LISTED;
        known->slots[i] = (ext_slot){.name = Py_NewRef(name), .offset = offset};
        known->slot_count++;
    }
    return true;
}

static bool has_same_slots(const ext_state *state, const ext_type *known)
{
    PyObject *names = slot_names(state, known->type);
    if (!names || (size_t)PyList_GET_SIZE(names) != known->slot_count)
        return false;
    for (size_t i = 0; i < known->slot_count; i++) {
        if (PyList_GET_ITEM(names, (Py_ssize_t)i) != known->slots[i].name)
            return false;
    }
    return true;
}

/* An instance that keeps more than attributes and slots in itself is refused by object.__reduce_ex__. */
static bool keeps_nothing_else(const ext_type *known)
{
    const PyTypeObject *type = known->type;
    size_t size = sizeof(PyObject);
    if (type->tp_dictoffset != 0 && !(type->tp_flags & Py_TPFLAGS_MANAGED_DICT))
        size += sizeof(PyObject *);
    if (type->tp_weaklistoffset > 0)
        size += sizeof(PyObject *);
    size += known->slot_count * sizeof(PyObject *);
    return type->tp_itemsize == 0 && (size_t)type->tp_basicsize <= size;
}

/* ------------------------------------------------------------------------
 * Modules of the standard library, if they have been imported
 * ------------------------------------------------------------------------ */

PyObject *ext_copyreg_newobj(const ext_state *state)
{
    PyObject *made = ext_in_module(state->names.copyreg, state->names.__newobj__);
    /* What it does is of no interest here: it is written as NEWOBJ because of its name. */
    return made && PyFunction_Check(made) &&
                   ((PyFunctionObject *)made)->func_name == state->names.__newobj__
               ? made
               : NULL;
}

/* A code object among the constants of another that has this name: borrowed, or NULL. */
static PyObject *inner_code(PyObject *function, PyObject *name)
{
    if (!function || !PyFunction_Check(function))
        return NULL;
    const PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(function);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant) && ((PyCodeObject *)constant)->co_name == name)
            return constant;
    }
    return NULL;
}

/* collections.namedtuple gives each class a function of its own, all with the same code: tuple(self). */
static bool has_namedtuples_getnewargs(ext_state *state, PyTypeObject *type)
{
    PyObject *name = state->names.__getnewargs__;
    ext_type_table *table = state->types;
    if (!table->getnewargs)
        table->getnewargs =
            Py_XNewRef(inner_code(ext_in_module_of("collections", "namedtuple"), name));
    PyObject *function = _PyType_Lookup(type, name);
    if (!table->getnewargs || !function || !PyFunction_Check(function) ||
        PyFunction_GET_CODE(function) != table->getnewargs)
        return false;
    PyObject *closure = PyFunction_GET_CLOSURE(function);
    return closure && PyTuple_GET_SIZE(closure) == 1 &&
           PyCell_GET(PyTuple_GET_ITEM(closure, 0)) == (PyObject *)&PyTuple_Type &&
           type->tp_iter == PyTuple_Type.tp_iter && type->tp_as_sequence &&
           type->tp_as_sequence->sq_length == PyTuple_Type.tp_as_sequence->sq_length;
}

/* ------------------------------------------------------------------------
 * UUIDs
 * ------------------------------------------------------------------------ */

static const PyCodeObject *code_of(PyTypeObject *type, PyObject *name)
{
    PyObject *function = _PyType_Lookup(type, name);
    return function && PyFunction_Check(function) ? (PyCodeObject *)PyFunction_GET_CODE(function)
                                                  : NULL;
}

static bool is_text(PyObject *object, const char *text)
{
    return PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, text) == 0;
}

/*
 * uuid.UUID as the standard library has it: the code of its __getstate__ names what it uses, and stands in the
 * file in which the class itself was made.
 */
static bool has_uuids_getstate(const ext_state *state, PyTypeObject *type)
{
    static const char *const used[] = {"int", "is_safe", "SafeUUID", "unknown", "value"};
    const PyCodeObject *code = code_of(type, state->names.__getstate__);
    const PyCodeObject *beside = code_of(type, state->names.__setstate__);
    if (!code || !beside || PyTuple_GET_SIZE(code->co_names) != BRN_ARRAY_LEN(used) ||
        PyUnicode_Compare(code->co_filename, beside->co_filename) != 0)
        return false;
    for (size_t i = 0; i < BRN_ARRAY_LEN(used); i++) {
        if (!is_text(PyTuple_GET_ITEM(code->co_names, (Py_ssize_t)i), used[i]))
            return false;
    }
    return true;
}

/* The member of an enumeration: borrowed, or NULL. */
static PyObject *member_of(PyObject *enumeration, const char *name)
{
    PyObject *key =
        enumeration && PyType_Check(enumeration) ? PyUnicode_FromString("_member_map_") : NULL;
    PyObject *map = key ? own_attribute((PyTypeObject *)enumeration, key) : NULL;
    Py_XDECREF(key);
    return map && PyDict_Check(map) ? PyDict_GetItemString(map, name) : NULL;
}

/* Its slots: the int, and what is_safe is if nothing is known, in the place of that one's name. */
static bool learn_uuid(const ext_state *state, ext_type *known)
{
    PyTypeObject *type = known->type;
    PyObject *unknown = member_of(ext_in_module_of("uuid", "SafeUUID"), "unknown");
    if (ext_in_module_of("uuid", "UUID") != (PyObject *)type || !unknown ||
        !has_uuids_getstate(state, type) || _PyType_Lookup(type, state->names.__getnewargs__))
        return false;
    PyObject *number = PyUnicode_InternFromString("int");
    PyObject *safety = PyUnicode_InternFromString("is_safe");
    known->slots = PyMem_Calloc(2, sizeof *known->slots);
    if (known->slots && number && safety) {
        known->slot_count = 2;
        known->slots[0] = (ext_slot){Py_NewRef(number), ext_slot_offset(type, number, false)};
        known->slots[1] = (ext_slot){Py_NewRef(unknown), ext_slot_offset(type, safety, false)};
    }
    Py_XDECREF(number);
    Py_XDECREF(safety);
    return known->slot_count == 2 && known->slots[0].offset > 0 && known->slots[1].offset > 0;
}

/* ------------------------------------------------------------------------
 * Arrays and numbers of numpy
 * ------------------------------------------------------------------------ */

/* A function that a __reduce__ names first: borrowed, or NULL if it is not where numpy puts it. */
static PyObject *numpy_function(const ext_state *state, PyObject *name)
{
    PyObject *module = state->names.numpy2_multiarray;
    PyObject *function = ext_in_module(state->names.numpy2_umath, name);
    if (!function) {
        module = state->names.numpy1_multiarray;
        function = ext_in_module(state->names.numpy1_umath, name);
    }
    return function && PyCFunction_CheckExact(function) && ext_in_module(module, name) == function
               ? function
               : NULL;
}

static PyObject *numpy_dtype(const ext_state *state)
{
    return ext_in_module(state->names.numpy, state->names.dtype);
}

static bool learn_array(const ext_state *state, ext_type *known)
{
    PyObject *reconstruct = numpy_function(state, state->names._reconstruct);
    PyObject *dtype = numpy_dtype(state);
    PyObject *code = PyBytes_FromStringAndSize("b", 1);
    known->slots = PyMem_Calloc(EXT_ARRAY_SLOTS, sizeof *known->slots);
    if (!reconstruct || !dtype || !PyType_Check(dtype) || !code || !known->slots) {
        PyErr_Clear();
        Py_XDECREF(code);
        return false;
    }
    known->slot_count = EXT_ARRAY_SLOTS;
    known->slots[EXT_ARRAY_RECONSTRUCT].name = Py_NewRef(reconstruct);
    known->slots[EXT_ARRAY_CODE].name = code;
    known->slots[EXT_ARRAY_DTYPE].name = Py_NewRef(dtype);
    return true;
}

/* A type of numpy's whose numbers have all the same dtype; not the times, which are among them and have units. */
static bool is_number(PyTypeObject *type)
{
    const char *name = strncmp(type->tp_name, "numpy.", 6) == 0 ? type->tp_name + 6 : NULL;
    PyObject *number = name ? ext_in_module_of("numpy", "number") : NULL;
    return number && PyType_Check(number) && PyType_IsSubtype(type, (PyTypeObject *)number) &&
           strcmp(name, "timedelta64") != 0 && ext_in_module_of("numpy", name) == (PyObject *)type;
}

static bool learn_number(const ext_state *state, ext_type *known)
{
    PyObject *scalar = numpy_function(state, state->names.scalar);
    PyObject *make = numpy_dtype(state);
    PyObject *dtype = scalar && make && PyType_Check(make)
                          ? PyObject_CallOneArg(make, (PyObject *)known->type)
                          : NULL;
    known->slots = dtype ? PyMem_Calloc(EXT_NUMBER_SLOTS, sizeof *known->slots) : NULL;
    if (!known->slots) {
        PyErr_Clear();
        Py_XDECREF(dtype);
        return false;
    }
    known->slot_count = EXT_NUMBER_SLOTS;
    known->slots[EXT_NUMBER_SCALAR].name = Py_NewRef(scalar);
    known->slots[EXT_NUMBER_DTYPE].name = dtype;
    return true;
}

/* ------------------------------------------------------------------------
 * Collections
 * ------------------------------------------------------------------------ */

static bool learn_defaultdict(ext_type *known)
{
    PyObject *name = PyUnicode_InternFromString("default_factory");
    PyObject *found = name ? _PyType_Lookup(known->type, name) : NULL;
    known->slots = found && Py_IS_TYPE(found, &PyMemberDescr_Type)
                       ? PyMem_Calloc(1, sizeof *known->slots)
                       : NULL;
    if (!known->slots) {
        PyErr_Clear();
        Py_XDECREF(name);
        return false;
    }
    known->slots[0] = (ext_slot){name, ((PyMemberDescrObject *)found)->d_member->offset};
    known->slot_count = 1;
    return true;
}

/*
 * Subclasses of list, dict and tuple, of which object.__reduce_ex__ knows more than attributes: it asks for an iterator,
 * for items(), for __getnewargs__(), and does not mind what else an instance keeps.
 */
static ext_type_kind collection_kind(const ext_state *state, PyTypeObject *type)
{
    PyObject *arguments = state->names.__getnewargs__;
    bool is_list = PyType_FastSubclass(type, Py_TPFLAGS_LIST_SUBCLASS);
    bool is_dict = PyType_FastSubclass(type, Py_TPFLAGS_DICT_SUBCLASS);
    if (PyType_FastSubclass(type, Py_TPFLAGS_TUPLE_SUBCLASS))
        return ext_inherits(type, &PyTuple_Type, arguments) ? EXT_TYPE_TUPLE : EXT_TYPE_ASKED;
    if (is_list)
        return !is_dict && type->tp_iter == PyList_Type.tp_iter && !_PyType_Lookup(type, arguments)
                   ? EXT_TYPE_LIST
                   : EXT_TYPE_ASKED;
    return is_dict && ext_inherits(type, &PyDict_Type, state->names.items) &&
                   !_PyType_Lookup(type, arguments)
               ? EXT_TYPE_DICT
               : EXT_TYPE_ASKED;
}

/* ------------------------------------------------------------------------
 * What a type is
 * ------------------------------------------------------------------------ */

/* Types of the standard library that nobody can change. */
static ext_type_kind standard_kind(PyTypeObject *type)
{
    static const struct {
        const char *type_name; /* as C code calls it */
        const char *module;
        const char *name;
        ext_type_kind kind;
    } standard[] = {
        {"datetime.date", "datetime", "date", EXT_TYPE_DATE},
        {"datetime.time", "datetime", "time", EXT_TYPE_TIME},
        {"datetime.datetime", "datetime", "datetime", EXT_TYPE_DATETIME},
        {"datetime.timedelta", "datetime", "timedelta", EXT_TYPE_TIMEDELTA},
        {"decimal.Decimal", "_decimal", "Decimal", EXT_TYPE_DECIMAL},
        {"collections.deque", "_collections", "deque", EXT_TYPE_DEQUE},
        {"collections.defaultdict", "_collections", "defaultdict", EXT_TYPE_DEFAULTDICT},
        {"collections.OrderedDict", "_collections", "OrderedDict", EXT_TYPE_ORDERED_DICT},
        /* Without attributes; asked, it looks for the names of slots each time anew, as it can keep nothing. */
        {"object", "builtins", "object", EXT_TYPE_INSTANCE},
        {"numpy.ndarray", "numpy", "ndarray", EXT_TYPE_ARRAY},
    };
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE && !(type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE))
        return EXT_TYPE_ASKED;
    for (size_t i = 0; i < BRN_ARRAY_LEN(standard); i++) {
        if (strcmp(type->tp_name, standard[i].type_name) == 0)
            return ext_in_module_of(standard[i].module, standard[i].name) == (const PyObject *)type
                       ? standard[i].kind
                       : EXT_TYPE_ASKED;
    }
    return is_number(type) ? EXT_TYPE_NUMBER : EXT_TYPE_ASKED;
}

/* Whether nothing but a function __getstate__ of the class would be asked. */
static bool gives_state(const ext_state *state, PyTypeObject *type)
{
    PyObject *function = _PyType_Lookup(type, state->names.__getstate__);
    return function && PyFunction_Check(function) && Py_IS_TYPE(type, &PyType_Type) &&
           !_PyType_Lookup(type, state->names.__getnewargs__) &&
           !PyType_FastSubclass(type, Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS);
}

static ext_type_kind kind_of(ext_state *state, ext_type *known)
{
    PyTypeObject *type = known->type;
    ext_type_kind kind = standard_kind(type);
    if (kind == EXT_TYPE_ARRAY)
        return learn_array(state, known) ? kind : EXT_TYPE_ASKED;
    if (kind == EXT_TYPE_NUMBER)
        return learn_number(state, known) ? kind : EXT_TYPE_ASKED;
    if (kind == EXT_TYPE_DEFAULTDICT)
        return learn_defaultdict(known) ? kind : EXT_TYPE_ASKED;
    if (kind != EXT_TYPE_ASKED)
        return kind;
    if (!is_saved_by_object(state, type) || !has_plain_metaclass(state, type))
        return EXT_TYPE_ASKED;
    if (!ext_inherits(type, &PyBaseObject_Type, state->names.__getstate__)) {
        known->gives_state = gives_state(state, type);
        return learn_uuid(state, known) ? EXT_TYPE_UUID : EXT_TYPE_ASKED;
    }
    PyObject *names = slot_names(state, type);
    if (!names || !learn_slots(known, names))
        return EXT_TYPE_ASKED;
    if (PyType_FastSubclass(type, Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS |
                                      Py_TPFLAGS_TUPLE_SUBCLASS)) {
        if (known->slot_count > 0)
            return EXT_TYPE_ASKED;
        return has_namedtuples_getnewargs(state, type) ? EXT_TYPE_NAMEDTUPLE
                                                       : collection_kind(state, type);
    }
    if (_PyType_Lookup(type, state->names.__getnewargs__) || !keeps_nothing_else(known))
        return EXT_TYPE_ASKED;
    return EXT_TYPE_INSTANCE;
}

/* ------------------------------------------------------------------------
 * The table
 * ------------------------------------------------------------------------ */

static void drop_entries(ext_type_table *table)
{
    for (size_t i = 0; table->entries && i <= table->mask; i++)
        drop_slots(&table->entries[i]);
    PyMem_Free(table->entries);
    table->entries = NULL;
    table->mask = 0;
    table->used = 0;
}

void ext_type_table_release(ext_type_table *table)
{
    if (!table)
        return;
    drop_entries(table);
    Py_XDECREF(table->getnewargs);
    PyMem_Free(table);
}

uint64_t ext_type_stamp(ext_state *state)
{
    if (!state->types)
        state->types = PyMem_Calloc(1, sizeof *state->types);
    return state->types ? ++state->types->clock : 0;
}

/* The type's entry, or the free place where it would be.  The table must have places. */
static ext_type *place_of(const ext_type_table *table, const PyTypeObject *type)
{
    uintptr_t address = (uintptr_t)type;
    size_t place = (size_t)((address >> 4) + (address >> 12)) & table->mask;
    while (table->entries[place].type && table->entries[place].type != type)
        place = (place + 1) & table->mask;
    return &table->entries[place];
}

static bool make_room(ext_type_table *table)
{
    if (table->entries && (table->used + 1) * 2 <= table->mask + 1)
        return true;
    if (table->used >= MOST_TYPES)
        drop_entries(table);
    ext_type_table grown = *table;
    size_t places = table->entries ? (table->mask + 1) * 2 : FIRST_PLACES;
    grown.mask = places - 1;
    grown.entries = PyMem_Calloc(places, sizeof *grown.entries);
    if (!grown.entries)
        return false;
    for (size_t i = 0; table->entries && i <= table->mask; i++) {
        if (table->entries[i].type)
            *place_of(&grown, table->entries[i].type) = table->entries[i];
    }
    PyMem_Free(table->entries);
    *table = grown;
    return true;
}

static void learn(ext_state *state, ext_type *known, PyTypeObject *type)
{
    if (!known->type)
        state->types->used++;
    drop_slots(known);
    *known = (ext_type){.type = type};
    known->kind = kind_of(state, known);
    if (known->kind == EXT_TYPE_ASKED)
        drop_slots(known);
    known->has_dict = type->tp_dictoffset != 0;
    /* Looking names up has given it a version, unless there are no more of them. */
    known->version = ext_type_version(type);
    known->meta_version = ext_type_version(Py_TYPE(type));
}

static bool is_current(const ext_type *known, const PyTypeObject *type)
{
    return known->type == type && known->version != 0 && known->version == ext_type_version(type) &&
           known->meta_version == ext_type_version(Py_TYPE(type));
}

bool ext_is_registered(const ext_state *state, PyTypeObject *type)
{
    bool is_there = PyDict_GetItemWithError(state->dispatch_table, (PyObject *)type) != NULL ||
                    PyErr_Occurred() != NULL;
    PyErr_Clear();
    return is_there;
}

/* What has been found out about the type, if it has not changed since. */
static const ext_type *current(const ext_state *state, const PyTypeObject *type)
{
    const ext_type_table *table = state->types;
    const ext_type *known = table && table->entries ? place_of(table, type) : NULL;
    return known && is_current(known, type) ? known : NULL;
}

bool ext_type_is_asked(const ext_state *state, PyTypeObject *type)
{
    const ext_type *known = current(state, type);
    return known && known->kind == EXT_TYPE_ASKED;
}

const ext_type *ext_type_with_state(const ext_state *state, PyTypeObject *type)
{
    const ext_type *known = current(state, type);
    if (!known)
        return NULL;
    bool keeps_both = known->kind == EXT_TYPE_INSTANCE && known->has_dict &&
                      known->slot_count > 0 && has_same_slots(state, known);
    return known->gives_state || keeps_both ? known : NULL;
}

/* What can change although the type does not. */
static bool still_holds(ext_state *state, const ext_type *known)
{
    PyTypeObject *type = known->type;
    if (ext_is_registered(state, type))
        return false;
    switch (known->kind) {
    case EXT_TYPE_INSTANCE:
    case EXT_TYPE_TUPLE:
    case EXT_TYPE_LIST:
    case EXT_TYPE_DICT: return type == &PyBaseObject_Type || has_same_slots(state, known);
    case EXT_TYPE_NAMEDTUPLE:
        return has_same_slots(state, known) && has_namedtuples_getnewargs(state, type);
    case EXT_TYPE_ARRAY:
        return numpy_function(state, state->names._reconstruct) ==
                   known->slots[EXT_ARRAY_RECONSTRUCT].name &&
               numpy_dtype(state) == known->slots[EXT_ARRAY_DTYPE].name;
    case EXT_TYPE_NUMBER:
        return numpy_function(state, state->names.scalar) == known->slots[EXT_NUMBER_SCALAR].name;
    case EXT_TYPE_UUID:
        return has_uuids_getstate(state, type) &&
               member_of(ext_in_module_of("uuid", "SafeUUID"), "unknown") == known->slots[1].name;
    default: return true;
    }
}

const ext_type *ext_type_find(ext_state *state, PyTypeObject *type, uint64_t stamp)
{
    ext_type_table *table = state->types;
    if (!make_room(table))
        return NULL;
    ext_type *known = place_of(table, type);
    if (known->stamp == stamp && known->type == type)
        return known->kind == EXT_TYPE_ASKED ? NULL : known;
    if (!is_current(known, type))
        learn(state, known, type);
    if (known->kind == EXT_TYPE_ASKED || !still_holds(state, known))
        return NULL;
    known->stamp = stamp;
    return known;
}
