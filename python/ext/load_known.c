/*
 * load_known.c - types whose instances can be made, or be given their state, without asking them.
 *
 * A class that takes over what object does with a state can have its attributes and slots
 * filled from the stack; what namedtuple() makes can be filled as the tuple it is.  Each type is examined
 * once in a load, and what was found holds as long as its version tag does: whoever changes the class
 * or one of its bases changes that.
 *
 * The names in a state come in the same order for one object after the other, and are the same
 * objects, because picklers store them.  So the first state says where each goes, and those with
 * other names go the general way.
 */
#include "layout.h"
#include "load_deferred.h"

#include <structmember.h>

#define MOST_KNOWN 32
#define MOST_NAMES 30

/* Where the names of a state go, in its order. */
typedef struct name_places {
    size_t count; /* 0: not known yet */
    PyObject *names[MOST_NAMES];
    Py_ssize_t places[MOST_NAMES];
} name_places;

struct ext_known_type {
    ext_known_type *next;
    PyTypeObject *type;
    unsigned int version;
    bool plain_state;     /* its state is set as object does */
    bool has_attributes;  /* and its attributes are inline values */
    Py_ssize_t items;     /* of a namedtuple; or -1 */
    PyObject *new_method; /* the __new__ of the namedtuple, */
    PyObject *new_code;   /* and its code */
    name_places *attributes;
    name_places *slots;
    int uuids;             /* -1: it is not uuid.UUID; else how many there have been, to 2 */
    PyObject *uuid_method; /* its __setstate__, */
    PyObject *uuid_code;   /* and its code */
    PyObject *uuid_safe;   /* what that puts into the slot is_safe, which is there */
    Py_ssize_t uuid_safe_at;
};

static void release_places(name_places *places)
{
    for (size_t i = 0; places && i < places->count; i++)
        Py_DECREF(places->names[i]);
    PyMem_Free(places);
}

void ext_known_release(ext_loader *h)
{
    while (h->known) {
        ext_known_type *known = h->known;
        h->known = known->next;
        release_places(known->attributes);
        release_places(known->slots);
        Py_XDECREF(known->new_method);
        Py_XDECREF(known->new_code);
        Py_XDECREF(known->uuid_method);
        Py_XDECREF(known->uuid_code);
        Py_XDECREF(known->uuid_safe);
        Py_DECREF(known->type);
        PyMem_Free(known);
    }
}

/* ------------------------------------------------------------------------
 * Examining a type
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

/* The function gives a tuple of its arguments to tuple.__new__, and does nothing else. */
static bool makes_tuple(ext_state *state, PyObject *function, Py_ssize_t *fields)
{
    PyObject *code = PyFunction_GET_CODE(function);
    *fields = ((PyCodeObject *)code)->co_argcount - 1;
    if (*fields < 1 || *fields > 255)
        return false;
    PyObject *callee = PyDict_GetItemString(PyFunction_GET_GLOBALS(function), "_tuple_new");
    if (!callee || !PyCFunction_CheckExact(callee) ||
        PyCFunction_GET_SELF(callee) != (PyObject *)&PyTuple_Type)
        return false;
    PyCFunction called = PyCFunction_GET_FUNCTION(callee);
    PyObject *tuple_new = PyObject_GetAttr((PyObject *)&PyTuple_Type, state->names.__new__);
    bool plain = tuple_new && PyCFunction_GET_FUNCTION(tuple_new) == called;
    Py_XDECREF(tuple_new);
    PyObject *known = plain ? namedtuple_code(state, *fields) : NULL;
    plain = known && same_code(known, code);
    Py_XDECREF(known);
    return plain;
}

static void examine_tuple(ext_state *state, ext_known_type *known)
{
    PyTypeObject *type = known->type;
    PyObject *method = _PyType_Lookup(type, state->names.__new__);
    if (!method || !Py_IS_TYPE(method, &PyStaticMethod_Type) ||
        type->tp_alloc != PyType_GenericAlloc)
        return;
    PyObject *function = PyObject_GetAttrString(method, "__func__");
    Py_ssize_t fields;
    if (function && PyFunction_Check(function) && makes_tuple(state, function, &fields)) {
        known->items = fields;
        known->new_method = Py_NewRef(function);
        known->new_code = Py_NewRef(PyFunction_GET_CODE(function));
    }
    Py_XDECREF(function);
    PyErr_Clear();
}

static ext_known_type *examine(ext_loader *h, PyTypeObject *type)
{
    ext_state *state = h->state;
    if (h->known_count >= MOST_KNOWN || !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return NULL;
    ext_known_type *known = PyMem_Calloc(1, sizeof *known);
    if (!known)
        return NULL;
    ext_load_stay_apart(h); /* what is compiled is shown to audit hooks */
    known->type = (PyTypeObject *)Py_NewRef((PyObject *)type);
    known->items = -1;
    known->plain_state = type->tp_getattro == PyObject_GenericGetAttr &&
                         type->tp_setattro == PyObject_GenericSetAttr &&
                         !_PyType_Lookup(type, state->names.__setstate__);
    known->has_attributes = known->plain_state && has_usual_dict(state, type);
    if (PyType_HasFeature(type, Py_TPFLAGS_TUPLE_SUBCLASS))
        examine_tuple(state, known);
    bool is_uuid =
        strcmp(type->tp_name, "UUID") == 0 && type->tp_getattro == PyObject_GenericGetAttr;
    known->uuids = is_uuid ? 0 : -1;
    known->version = type->tp_version_tag;
    known->next = h->known;
    h->known = known;
    h->known_count++;
    return known;
}

/* Since 3.12 the tag of a type without one is 0. */
BRN_INLINE bool has_version(PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030c0000
    return PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG);
#else
    return type->tp_version_tag != 0;
#endif
}

/* Without the GIL, others may change type and object at any time. */
#ifdef Py_GIL_DISABLED
#define HAS_GIL false
#else
#define HAS_GIL true
#endif

static ext_known_type *known_type(ext_loader *h, PyTypeObject *type)
{
    ext_known_type *known = h->known;
    while (known && known->type != type)
        known = known->next;
    if (BRN_UNLIKELY(!known) && HAS_GIL)
        known = examine(h, type);
    return known && has_version(type) && type->tp_version_tag == known->version ? known : NULL;
}

/* ------------------------------------------------------------------------
 * Places of names
 * ------------------------------------------------------------------------ */

/* The place of an attribute among the inline values; -1 if it has none. */
static Py_ssize_t attribute_place(PyTypeObject *type, PyObject *name)
{
    return ext_shared_place(ext_shared_keys(type), name);
}

/* The offset of a slot; -1 if the name is something else, or cannot be set. */
static Py_ssize_t slot_place(PyTypeObject *type, PyObject *name)
{
    PyObject *found = _PyType_Lookup(type, name);
    if (!found || !Py_IS_TYPE(found, &PyMemberDescr_Type) ||
        !PyType_IsSubtype(type, PyDescr_TYPE(found)))
        return -1;
    const PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
    return member->type == T_OBJECT_EX && !(member->flags & READONLY) ? member->offset : -1;
}

typedef Py_ssize_t (*place_fn)(PyTypeObject *type, PyObject *name);

/* NULL if not all names have a place of their own. */
static name_places *learn_places(PyTypeObject *type, PyObject *const *items, size_t pairs,
                                 place_fn place)
{
    if (pairs > MOST_NAMES)
        return NULL;
    name_places *places = PyMem_Calloc(1, sizeof *places);
    for (size_t i = 0; places && i < pairs; i++) {
        PyObject *name = items[2 * i];
        Py_ssize_t at = -1;
        if (PyUnicode_CheckExact(name)) {
            PyObject *interned = Py_NewRef(name);
            PyUnicode_InternInPlace(&interned);
            at = place(type, interned);
            Py_DECREF(interned);
        }
        for (size_t k = 0; k < i; k++)
            at = places->places[k] == at ? -1 : at;
        if (at < 0) {
            release_places(places);
            return NULL;
        }
        places->names[i] = Py_NewRef(name);
        places->places[i] = at;
        places->count = i + 1;
    }
    return places;
}

/* The places of just these names in this order, or NULL. */
static const name_places *find_places(name_places **kept, PyTypeObject *type,
                                      PyObject *const *items, size_t pairs, place_fn place)
{
    if (BRN_UNLIKELY(!*kept))
        *kept = learn_places(type, items, pairs, place);
    const name_places *places = *kept;
    if (!places || places->count != pairs)
        return NULL;
    for (size_t i = 0; i < pairs; i++) {
        if (places->names[i] != items[2 * i])
            return NULL;
    }
    return places;
}

/* ------------------------------------------------------------------------
 * Setting a state
 * ------------------------------------------------------------------------ */

/*
 * The dict on the stack has been made for a state, and nothing is in it yet: it may be left out.  Then *index is
 * where the memo has it, or EXT_NO_INDEX if it has not.
 */
static bool may_leave_out(ext_loader *h, PyObject *dict, uint64_t *index)
{
    *index = EXT_NO_INDEX;
    if (h->unpickler || !PyDict_CheckExact(dict) || PyDict_GET_SIZE(dict) != 0)
        return false;
    if (Py_REFCNT(dict) == 1)
        return true;
    if (Py_REFCNT(dict) != 2 || h->memo->scattered || h->memo->sparse_count > 0)
        return false;
    *index = ext_load_memo_index(h, dict);
    return *index != EXT_NO_INDEX;
}

/* The object stands for the dict from now on. */
static void leave_out(ext_loader *h, PyObject *dict, uint64_t index, PyObject *object,
                      ext_deferred kind)
{
    if (index != EXT_NO_INDEX)
        ext_load_defer_at(h, index, Py_NewRef(object), kind);
    Py_DECREF(dict);
}

BRN_INLINE PyObject **slot_at(PyObject *object, Py_ssize_t offset)
{
    return (PyObject **)((char *)object + offset);
}

/*
 * uuid.UUID has a __setstate__ that takes an int and adds how safe it is to be unique, usually by a constant.  It is
 * known by where it comes from; what it does for a state of one int is tried.
 */
static bool is_stock_uuid(const ext_known_type *known, PyObject *method)
{
    PyObject *module = PyImport_ImportModule("uuid");
    PyObject *type = module ? PyObject_GetAttrString(module, "UUID") : NULL;
    PyObject *file = type ? PyObject_GetAttrString(module, "__file__") : NULL;
    PyObject *code = file ? PyFunction_GET_CODE(method) : NULL;
    PyObject *code_file = code ? PyObject_GetAttrString(code, "co_filename") : NULL;
    PyObject *name = code_file ? PyObject_GetAttrString(code, "co_qualname") : NULL;
    bool stock = name && type == (PyObject *)known->type && PyUnicode_CheckExact(file) &&
                 PyUnicode_CheckExact(code_file) && PyUnicode_Compare(file, code_file) == 0 &&
                 PyUnicode_CheckExact(name) &&
                 PyUnicode_CompareWithASCIIString(name, "UUID.__setstate__") == 0;
    Py_XDECREF(module);
    Py_XDECREF(type);
    Py_XDECREF(file);
    Py_XDECREF(code_file);
    Py_XDECREF(name);
    return stock;
}

/* Give a UUID a state, and look where it has gone. */
static bool try_uuid(ext_known_type *known, PyObject *method, PyObject *name, PyObject *value)
{
    PyTypeObject *type = known->type;
    PyObject *is_safe = PyUnicode_InternFromString("is_safe");
    Py_ssize_t value_at = slot_place(type, name);
    known->uuid_safe_at = is_safe ? slot_place(type, is_safe) : -1;
    Py_XDECREF(is_safe);
    if (value_at < 0 || known->uuid_safe_at < 0)
        return false;
    PyObject *nothing = PyTuple_New(0);
    PyObject *dict = nothing ? PyDict_New() : NULL;
    PyObject *object =
        dict && PyDict_SetItem(dict, name, value) == 0 ? type->tp_new(type, nothing, NULL) : NULL;
    PyObject *result = object ? PyObject_CallFunctionObjArgs(method, object, dict, NULL) : NULL;
    if (result && *slot_at(object, value_at) == value)
        known->uuid_safe = Py_XNewRef(*slot_at(object, known->uuid_safe_at));
    Py_XDECREF(nothing);
    Py_XDECREF(dict);
    Py_XDECREF(object);
    Py_XDECREF(result);
    return known->uuid_safe != NULL;
}

/* From the second one on: one alone is not worth it. */
static bool knows_uuid(ext_loader *h, ext_known_type *known, PyObject *const *items)
{
    if (known->uuids == 2)
        return PyFunction_GET_CODE(known->uuid_method) == known->uuid_code;
    if (known->uuids++ == 0)
        return false;
    known->uuids = -1;
    PyObject *method = _PyType_Lookup(known->type, h->state->names.__setstate__);
    if (!method || !PyFunction_Check(method))
        return false;
    ext_load_stay_apart(h);
    known->uuid_method = Py_NewRef(method);
    known->uuid_code = Py_NewRef(PyFunction_GET_CODE(method));
    PyObject *name = PyUnicode_CheckExact(items[0]) ? Py_NewRef(items[0]) : NULL;
    if (name)
        PyUnicode_InternInPlace(&name);
    if (name && PyUnicode_CompareWithASCIIString(name, "int") == 0 &&
        is_stock_uuid(known, method) && try_uuid(known, method, name, items[1]))
        known->uuids = 2;
    Py_XDECREF(name);
    PyErr_Clear();
    return known->uuids == 2;
}

static bool set_uuid(ext_loader *h, ext_known_type *known, PyObject *object, PyObject *dict,
                     PyObject **items)
{
    uint64_t index;
    if (!knows_uuid(h, known, items) || !may_leave_out(h, dict, &index))
        return false;
    const name_places *places = find_places(&known->slots, known->type, items, 1, slot_place);
    if (!places)
        return false;
    PyObject **value = slot_at(object, places->places[0]);
    PyObject **safe = slot_at(object, known->uuid_safe_at);
    if (*value || *safe)
        return false;
    *value = items[1];
    *safe = Py_NewRef(known->uuid_safe);
    Py_DECREF(items[0]);
    leave_out(h, dict, index, object, EXT_DEFERRED_SLOTS);
    return true;
}

bool ext_load_takes_attributes(ext_loader *h, PyObject *object)
{
    const ext_known_type *known = known_type(h, Py_TYPE(object));
    return known && known->has_attributes;
}

bool ext_load_set_attributes(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                             size_t count)
{
    uint64_t index;
    PyTypeObject *type = Py_TYPE(object);
    ext_known_type *known = known_type(h, type);
    if (known && known->uuids >= 0)
        return count == 2 && set_uuid(h, known, object, dict, items);
    if (!known || !known->has_attributes || !may_leave_out(h, dict, &index))
        return false;
    size_t pairs = count / 2;
    PyObject **values = ext_bare_values(object);
    const name_places *places =
        values ? find_places(&known->attributes, type, items, pairs, attribute_place) : NULL;
    if (!places)
        return false;
    uint8_t order[MOST_NAMES];
    for (size_t i = 0; i < pairs; i++) {
        order[i] = (uint8_t)places->places[i];
        values[order[i]] = items[2 * i + 1];
        Py_DECREF(items[2 * i]);
    }
    ext_values_added(object, order, pairs);
    leave_out(h, dict, index, object, EXT_DEFERRED_ATTRIBUTES);
    return true;
}

bool ext_load_set_slots(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                        size_t count)
{
    uint64_t index;
    PyTypeObject *type = Py_TYPE(object);
    ext_known_type *known = known_type(h, type);
    if (!known || !known->plain_state || !may_leave_out(h, dict, &index) || index == EXT_NO_INDEX ||
        !ext_load_can_defer(h))
        return false;
    size_t pairs = count / 2;
    const name_places *places = find_places(&known->slots, type, items, pairs, slot_place);
    if (!places)
        return false;
    for (size_t i = 0; i < pairs; i++) {
        if (*slot_at(object, places->places[i]))
            return false;
    }
    for (size_t i = 0; i < pairs; i++) {
        *slot_at(object, places->places[i]) = items[2 * i + 1];
        Py_DECREF(items[2 * i]);
    }
    leave_out(h, dict, index, object, EXT_DEFERRED_SLOTS);
    ext_load_defer_pair(h, index);
    return true;
}

PyObject *ext_known_state(ext_loader *h, PyObject *object, ext_deferred kind)
{
    const ext_known_type *known = h->known;
    while (known && known->type != Py_TYPE(object))
        known = known->next;
    /* It was settled before anybody could change the class, unless there was no memory. */
    if (!known)
        return PyErr_NoMemory();
    const name_places *places = kind == EXT_DEFERRED_ATTRIBUTES ? known->attributes : known->slots;
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && i < places->count; i++) {
        PyObject *value;
        if (kind == EXT_DEFERRED_ATTRIBUTES)
            value = ext_value_at(object, (uint8_t)places->places[i]);
        else
            value = *slot_at(object, places->places[i]);
        if (value && PyDict_SetItem(dict, places->names[i], value) < 0)
            Py_CLEAR(dict);
    }
    return dict;
}

/* ------------------------------------------------------------------------
 * Making instances
 * ------------------------------------------------------------------------ */

PyObject *ext_load_namedtuple(ext_loader *h, PyObject *cls, PyObject **items, size_t count)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    ext_known_type *known = known_type(h, type);
    if (!known || known->items != (Py_ssize_t)count ||
        PyFunction_GET_CODE(known->new_method) != known->new_code || !ext_load_can_defer(h))
        return NULL;
    PyObject *tuple = type->tp_alloc(type, (Py_ssize_t)count);
    if (!tuple) {
        PyErr_Clear();
        return NULL;
    }
    memcpy(((PyTupleObject *)tuple)->ob_item, items, count * sizeof *items);
    ext_load_defer(h, Py_NewRef(tuple), EXT_DEFERRED_ITEMS);
    return tuple;
}

/* type(argument) is what its tp_new gives, and that calls nobody if the argument is plain. */
static bool news_and_no_more(PyTypeObject *type)
{
    return ext_is_native_type(type) && Py_IS_TYPE(type, &PyType_Type) && type != &PyType_Type &&
           type->tp_new && type->tp_new != PyBaseObject_Type.tp_new &&
           type->tp_init == PyBaseObject_Type.tp_init && !type->tp_vectorcall;
}

PyObject *ext_load_call_with_one(ext_loader *h, PyObject *callee, PyObject **item)
{
    PyTypeObject *type = (PyTypeObject *)callee;
    if (h->names.opaque || !news_and_no_more(type) || !ext_is_atom(*item) || !ext_load_can_defer(h))
        return NULL;
    PyObject *arguments = h->arguments;
    if (!arguments) {
        arguments = h->arguments = PyTuple_New(1);
        if (!arguments) {
            PyErr_Clear();
            return NULL;
        }
        PyObject_GC_UnTrack(arguments); /* nobody shall find it while it is empty */
    }
    PyTuple_SET_ITEM(arguments, 0, Py_NewRef(*item));
    PyObject *made = type->tp_new(type, arguments, NULL);
    if (made && Py_IS_TYPE(made, type) && Py_REFCNT(arguments) == 1) {
        PyTuple_SET_ITEM(arguments, 0, NULL);
        Py_DECREF(*item);
        ext_load_defer(h, *item, EXT_DEFERRED_ONE);
        return made;
    }
    /* The general way says what is wrong. */
    Py_XDECREF(made);
    PyErr_Clear();
    Py_CLEAR(h->arguments);
    return NULL;
}
