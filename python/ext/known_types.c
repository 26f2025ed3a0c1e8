/*
 * known_types.c - examining classes, and the table of what was found.
 */
#include "known_types.h"
#include "layout.h"

/* ------------------------------------------------------------------------
 * Examining a class
 * ------------------------------------------------------------------------ */

/* __dict__ is what the interpreter gives to classes. */
static bool has_usual_dict(ext_state *state, PyTypeObject *type)
{
    PyObject *found = _PyType_Lookup(type, state->names.__dict__);
    if (!ext_shared_keys(type) || !found || !Py_IS_TYPE(found, &PyGetSetDescr_Type))
        return false;
    PyTypeObject *owner = PyDescr_TYPE(found);
    return PyType_HasFeature(owner, Py_TPFLAGS_HEAPTYPE) && PyType_IsSubtype(type, owner);
}

/* The code of `lambda _cls, f0, f1: _tuple_new(_cls, (f0, f1))`, which namedtuple() compiles too. */
static PyObject *compile_namedtuple_new(Py_ssize_t fields)
{
    PyObject *names = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; names && i < fields; i++)
        Py_SETREF(names, PyUnicode_FromFormat("%Uf%zd, ", names, i));
    PyObject *text =
        names ? PyUnicode_FromFormat("lambda _cls, %U: _tuple_new(_cls, (%U))", names, names)
              : NULL;
    const char *source = text ? PyUnicode_AsUTF8(text) : NULL;
    PyObject *outer = source ? Py_CompileString(source, "<namedtuple>", Py_eval_input) : NULL;
    PyObject *consts = outer ? PyObject_GetAttrString(outer, "co_consts") : NULL;
    PyObject *code = NULL;
    for (Py_ssize_t i = 0; consts && !code && i < PyTuple_GET_SIZE(consts); i++) {
        if (PyCode_Check(PyTuple_GET_ITEM(consts, i)))
            code = Py_NewRef(PyTuple_GET_ITEM(consts, i));
    }
    Py_XDECREF(names);
    Py_XDECREF(text);
    Py_XDECREF(outer);
    Py_XDECREF(consts);
    return code;
}

/* Compiled once for each number of fields. */
static PyObject *namedtuple_code(ext_state *state, Py_ssize_t fields)
{
    PyObject *code = NULL;
    PyObject *key = PyLong_FromSsize_t(fields);
    if (key && !state->namedtuple_codes)
        state->namedtuple_codes = PyDict_New();
    if (key && state->namedtuple_codes &&
        ext_dict_get_ref(state->namedtuple_codes, key, &code) == 0) {
        code = compile_namedtuple_new(fields);
        if (code && PyDict_SetItem(state->namedtuple_codes, key, code) < 0)
            Py_CLEAR(code);
    }
    Py_XDECREF(key);
    return code;
}

static bool same_attribute(PyObject *one, PyObject *other, const char *name)
{
    PyObject *a = PyObject_GetAttrString(one, name);
    PyObject *b = a ? PyObject_GetAttrString(other, name) : NULL;
    bool same = b && PyObject_RichCompareBool(a, b, Py_EQ) == 1;
    Py_XDECREF(a);
    Py_XDECREF(b);
    return same;
}

/* But for the names of its fields. */
static bool same_code(PyObject *one, PyObject *other)
{
    static const char *const parts[] = {"co_code",           "co_names",   "co_consts",
                                        "co_argcount",       "co_flags",   "co_nlocals",
                                        "co_kwonlyargcount", "co_freevars"};
    for (size_t i = 0; i < BRN_ARRAY_LEN(parts); i++) {
        if (!same_attribute(one, other, parts[i]))
            return false;
    }
    return true;
}

/* The name _tuple_new in the function's module is tuple.__new__. */
static bool finds_tuple_new(const ext_state *state, PyObject *function)
{
    PyObject *callee =
        PyDict_GetItemWithError(PyFunction_GET_GLOBALS(function), state->names._tuple_new);
    if (!callee || !PyCFunction_CheckExact(callee) ||
        PyCFunction_GET_SELF(callee) != (PyObject *)&PyTuple_Type)
        return false;
    PyObject *tuple_new = PyObject_GetAttr((PyObject *)&PyTuple_Type, state->names.__new__);
    bool plain =
        tuple_new && PyCFunction_GET_FUNCTION(tuple_new) == PyCFunction_GET_FUNCTION(callee);
    Py_XDECREF(tuple_new);
    return plain;
}

/* The function gives a tuple of its arguments to tuple.__new__, and does nothing else. */
static bool makes_tuple(ext_state *state, PyObject *function, Py_ssize_t *fields)
{
    PyObject *code = PyFunction_GET_CODE(function);
    *fields = ((PyCodeObject *)code)->co_argcount - 1;
    if (*fields < 1 || *fields > 255)
        return false;
    PyObject *known = finds_tuple_new(state, function) ? namedtuple_code(state, *fields) : NULL;
    bool plain = known && same_code(known, code);
    Py_XDECREF(known);
    return plain;
}

/* The function that __new__ is: borrowed from the class, or NULL. */
static PyObject *find_new(const ext_state *state, PyTypeObject *type)
{
    PyObject *method = _PyType_Lookup(type, state->names.__new__);
    if (!method || !Py_IS_TYPE(method, &PyStaticMethod_Type))
        return NULL;
    PyObject *function = PyObject_GetAttrString(method, "__func__");
    Py_XDECREF(function); /* the method's is another reference */
    return function && PyFunction_Check(function) ? function : NULL;
}

static PyObject *find_init(const ext_state *state, PyTypeObject *type)
{
    PyObject *method = _PyType_Lookup(type, state->names.__init__);
    return method && PyFunction_Check(method) ? method : NULL;
}

/* The metaclass makes instances, and finds what the class has, as `type` does. */
static bool has_plain_metaclass(const ext_state *state, PyTypeObject *type)
{
    PyTypeObject *meta = Py_TYPE(type);
    if (meta == &PyType_Type)
        return true;
    PyObject *found = _PyType_Lookup(meta, state->names.__new__);
    return meta->tp_call == PyType_Type.tp_call && meta->tp_getattro == PyType_Type.tp_getattro &&
           !(found && Py_TYPE(found)->tp_descr_set);
}

static void examine(ext_state *state, ext_known_type *known)
{
    PyTypeObject *type = known->type;
    known->finds_plainly = type->tp_getattro == PyObject_GenericGetAttr &&
                           !_PyType_Lookup(type, state->names.__setstate__);
    known->sets_plainly = known->finds_plainly && type->tp_setattro == PyObject_GenericSetAttr;
    known->has_attributes = known->finds_plainly && has_usual_dict(state, type);
    known->is_uuid =
        strcmp(type->tp_name, "UUID") == 0 && type->tp_getattro == PyObject_GenericGetAttr;
    known->function_new = find_new(state, type);
    known->function_init = find_init(state, type);
    known->is_called_plainly = (known->function_new || known->function_init) &&
                               !type->tp_vectorcall && has_plain_metaclass(state, type);
    known->fields = -1;
    if (PyType_HasFeature(type, Py_TPFLAGS_TUPLE_SUBCLASS) && known->function_new &&
        type->tp_alloc == PyType_GenericAlloc) {
        Py_ssize_t fields;
        if (makes_tuple(state, known->function_new, &fields)) {
            known->fields = fields;
            known->code_then = PyWeakref_NewRef(PyFunction_GET_CODE(known->function_new), NULL);
        }
    }
    PyErr_Clear();
    /* Looking names up has given it a version, unless there are no more of them. */
    known->version = ext_type_version(type);
}

/* ------------------------------------------------------------------------
 * The table
 * ------------------------------------------------------------------------ */

void ext_name_places_forget(ext_name_places *places)
{
    while (places->count > 0)
        Py_DECREF(places->names[--places->count]);
}

ext_name_places *ext_name_places_new(ext_loader *h)
{
    ext_known_types *table = h->state->known_types;
    ext_name_places *places = table->spare ? table->spare : PyMem_Malloc(sizeof *places);
    table->spare = NULL;
    if (places) {
        places->count = 0;
        places->failures = 0;
    }
    return places;
}

/* One is kept for the next load. */
static void free_places(ext_known_types *table, ext_name_places **places)
{
    if (!*places)
        return;
    ext_name_places_forget(*places);
    PyMem_Free(table->spare);
    table->spare = *places;
    *places = NULL;
}

void ext_known_release(ext_loader *h)
{
    ext_known_types *table = h->state->known_types;
    ext_known_type *known = h->known;
    h->known = NULL;
    while (known) {
        ext_known_type *next = known->next;
        free_places(table, &known->attributes);
        free_places(table, &known->slots);
        Py_CLEAR(known->new_code);
        Py_CLEAR(known->uuid_method);
        Py_CLEAR(known->uuid_code);
        Py_CLEAR(known->uuid_safe);
        known->user = NULL;
        known = next;
    }
}

void ext_known_types_free(ext_known_types *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < EXT_KNOWN_SETS; i++) {
        for (size_t way = 0; way < EXT_KNOWN_WAYS; way++)
            Py_XDECREF(table->sets[i][way].code_then);
    }
    PyMem_Free(table->spare);
    PyMem_Free(table);
}

BRN_INLINE ext_known_type *set_of(ext_known_types *table, const PyTypeObject *type)
{
    uintptr_t address = (uintptr_t)type;
    return table->sets[((address >> 4) + (address >> 10)) % EXT_KNOWN_SETS];
}

BRN_INLINE ext_known_type *place_of(ext_known_types *table, const PyTypeObject *type)
{
    ext_known_type *set = set_of(table, type);
    for (size_t way = 0; way < EXT_KNOWN_WAYS; way++) {
        if (set[way].type == type)
            return &set[way];
    }
    return NULL;
}

/* A place for a class that has none: a free one, or one that no load uses; or NULL. */
static ext_known_type *make_room(ext_known_types *table, const PyTypeObject *type)
{
    ext_known_type *set = set_of(table, type);
    ext_known_type *found = NULL;
    for (size_t i = 0; i < EXT_KNOWN_WAYS && !(found && !found->type); i++) {
        ext_known_type *known = &set[(table->next_way + i) % EXT_KNOWN_WAYS];
        if (!known->user && (!found || !known->type))
            found = known;
    }
    table->next_way++;
    return found;
}

/* A class that has not been seen, or not in this version.  What is run here may load objects of it as well. */
static BRN_NOINLINE ext_known_type *learn(ext_loader *h, PyTypeObject *type)
{
    ext_state *state = h->state;
    if (!state->known_types)
        state->known_types = PyMem_Calloc(1, sizeof *state->known_types);
    if (!state->known_types)
        return NULL;
    ext_load_stay_apart(h); /* what is compiled is shown to audit hooks */
    ext_known_type found = {.type = type};
    examine(state, &found);
    ext_known_type *place = place_of(state->known_types, type);
    if (!place)
        place = make_room(state->known_types, type);
    if (!place || place->user || !ext_known_holds(&found)) {
        Py_XDECREF(found.code_then);
        return NULL;
    }
    PyObject *before = place->code_then;
    *place = found;
    Py_XDECREF(before);
    return place;
}

/* The code may have been replaced, or what it uses. */
static bool still_makes_tuple(const ext_state *state, ext_known_type *known)
{
    PyObject *code = PyFunction_GET_CODE(known->function_new);
    if (!known->code_then || !ext_weakref_is_to(known->code_then, code) ||
        !finds_tuple_new(state, known->function_new)) {
        PyErr_Clear();
        return false;
    }
    known->new_code = Py_NewRef(code);
    return true;
}

/* The class is this load's from now on. */
static BRN_NOINLINE ext_known_type *join(ext_loader *h, PyTypeObject *type, ext_known_type *known)
{
    if (known && known->user)
        return NULL;
    if (!known || !ext_known_holds(known))
        known = learn(h, type);
    if (!known)
        return NULL;
    known->user = h;
    known->next = h->known;
    h->known = known;
    known->items = -1;
    if (known->fields >= 0)
        known->items = still_makes_tuple(h->state, known) ? known->fields : -1;
    known->uuids = known->is_uuid ? 0 : -1;
    return known;
}

ext_known_type *ext_known_find_slowly(ext_loader *h, PyTypeObject *type)
{
    ext_known_types *table = h->state->known_types;
    if (!EXT_HAS_GIL || !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return NULL;
    ext_known_type *known = table ? place_of(table, type) : NULL;
    if (BRN_UNLIKELY(!known || known->user != h))
        known = join(h, type, known);
    return known && ext_known_holds(known) ? known : NULL;
}
