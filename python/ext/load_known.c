/*
 * load_known.c - types whose instances can be made, or be given their state, without asking them.
 *
 * A class that takes over what object does with a state can have its attributes and slots
 * filled from the stack; what namedtuple() makes can be filled as the tuple it is; and what type does to call
 * a class can be done here, with less ado.  known_types.h says how long a class stays known.
 *
 * The names in a state come in the same order for one object after the other, and are the same
 * objects, because picklers store them.  So the first state says where each goes, and those with
 * other names go the general way.
 */
#include "known_types.h"
#include "layout.h"
#include "load_deferred.h"
#include "type_table.h"

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
    return ext_slot_offset(type, name, true);
}

/* The first instance of a class has none, because the class has no names yet. */
#define MOST_FAILURES 3

typedef Py_ssize_t (*place_fn)(PyTypeObject *type, PyObject *name);

/* False if not all names have a place of their own. */
static bool learn_places(ext_name_places *places, PyTypeObject *type, PyObject *const *items,
                         size_t pairs, place_fn place)
{
    if (pairs > EXT_MOST_NAMES)
        return false;
    for (size_t i = 0; i < pairs; i++) {
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
        if (at < 0)
            return false;
        places->names[i] = Py_NewRef(name);
        places->places[i] = at;
        places->count = i + 1;
    }
    return true;
}

/* The places of just these names in this order, or NULL. */
static const ext_name_places *find_places(ext_loader *h, ext_name_places **kept, PyTypeObject *type,
                                          PyObject *const *items, size_t pairs, place_fn place)
{
    if (BRN_UNLIKELY(!*kept) && !(*kept = ext_name_places_new(h)))
        return NULL;
    ext_name_places *places = *kept;
    if (BRN_UNLIKELY(places->count == 0)) {
        if (places->failures == MOST_FAILURES)
            return NULL;
        if (!learn_places(places, type, items, pairs, place)) {
            places->failures++;
            ext_name_places_forget(places);
            return NULL;
        }
    }
    if (places->count != pairs)
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
    const ext_name_places *places =
        find_places(h, &known->slots, known->type, items, 1, slot_place);
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
    const ext_known_type *known = ext_known_find(h, Py_TYPE(object));
    return known && known->has_attributes;
}

/*
 * The object has had no state before that is deferred, for the memo would have another reference to it: it has been
 * stored just before its state, and nobody else knows it.  So attributes that __new__ or __init__ have set may be replaced.
 */
static bool is_fresh(const ext_loader *h, PyObject *object, uint64_t index)
{
    return Py_REFCNT(object) == 2 && index != EXT_NO_INDEX && index > 0 &&
           h->memo->dense[index - 1] == object;
}

bool ext_load_set_attributes(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                             size_t count)
{
    uint64_t index;
    PyTypeObject *type = Py_TYPE(object);
    ext_known_type *known = ext_known_find(h, type);
    if (known && known->uuids >= 0)
        return count == 2 && set_uuid(h, known, object, dict, items);
    if (!known || !known->has_attributes || !may_leave_out(h, dict, &index))
        return false;
    size_t pairs = count / 2;
    PyObject **values = ext_values(object);
    const ext_name_places *places =
        values ? find_places(h, &known->attributes, type, items, pairs, attribute_place) : NULL;
    if (!places)
        return false;
    bool fresh = is_fresh(h, object, index);
    for (size_t i = 0; i < pairs; i++) {
        PyObject *old = values[places->places[i]];
        if (old && !(fresh && (Py_REFCNT(old) > 1 || ext_is_atom(old))))
            return false;
    }
    uint8_t added[EXT_MOST_NAMES];
    size_t count_added = 0;
    for (size_t i = 0; i < pairs; i++) {
        PyObject **value = &values[places->places[i]];
        if (*value)
            Py_DECREF(*value);
        else
            added[count_added++] = (uint8_t)places->places[i];
        *value = items[2 * i + 1];
        Py_DECREF(items[2 * i]);
    }
    ext_values_added(object, added, count_added);
    leave_out(h, dict, index, object, EXT_DEFERRED_ATTRIBUTES);
    return true;
}

bool ext_load_set_slots(ext_loader *h, PyObject *object, PyObject *dict, PyObject **items,
                        size_t count)
{
    uint64_t index;
    PyTypeObject *type = Py_TYPE(object);
    ext_known_type *known = ext_known_find(h, type);
    if (!known || !known->sets_plainly || !may_leave_out(h, dict, &index) ||
        index == EXT_NO_INDEX || !ext_load_can_defer(h))
        return false;
    size_t pairs = count / 2;
    const ext_name_places *places = find_places(h, &known->slots, type, items, pairs, slot_place);
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
    const ext_name_places *places =
        kind == EXT_DEFERRED_ATTRIBUTES ? known->attributes : known->slots;
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
    ext_known_type *known = ext_known_find(h, type);
    if (!known || known->items != (Py_ssize_t)count ||
        PyFunction_GET_CODE(known->function_new) != known->new_code || !ext_load_can_defer(h))
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

/* ------------------------------------------------------------------------
 * Calling the class's own functions
 * ------------------------------------------------------------------------ */

#define MOST_ARGUMENTS 12

/* function(first, *args). */
static PyObject *call_function(PyObject *function, PyObject *first, PyObject *args)
{
    PyObject *values[2 + MOST_ARGUMENTS];
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    values[1] = first;
    for (Py_ssize_t i = 0; i < count; i++)
        values[2 + i] = PyTuple_GET_ITEM(args, i);
    Py_INCREF(function); /* it may replace itself in its class */
    PyObject *result = PyObject_Vectorcall(
        function, values + 1, (size_t)(count + 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(function);
    return result;
}

static bool is_plain_call(PyObject *args)
{
    return PyTuple_CheckExact(args) && PyTuple_GET_SIZE(args) <= MOST_ARGUMENTS;
}

/* As type.__call__ does after __new__. */
static PyObject *initialise(const ext_known_type *known, PyObject *made, PyObject *args)
{
    PyTypeObject *type = Py_TYPE(made);
    if (type != known->type || !ext_known_holds(known) || !known->function_init) {
        if (!PyObject_TypeCheck(made, known->type) || !type->tp_init ||
            type->tp_init(made, args, NULL) == 0)
            return made;
        Py_DECREF(made);
        return NULL;
    }
    PyObject *result = call_function(known->function_init, made, args);
    if (result && result != Py_None) {
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    if (!result)
        Py_CLEAR(made);
    Py_XDECREF(result);
    return made;
}

ext_known_type *ext_load_calls_class(ext_loader *h, PyObject *callee, PyObject *args)
{
    if (!PyType_Check(callee) || !is_plain_call(args))
        return NULL;
    ext_known_type *known = ext_known_find(h, (PyTypeObject *)callee);
    return known && known->is_called_plainly ? known : NULL;
}

PyObject *ext_load_call_class(const ext_known_type *known, PyObject *args)
{
    PyTypeObject *type = known->type;
    PyObject *made = known->function_new
                         ? call_function(known->function_new, (PyObject *)type, args)
                         : type->tp_new(type, args, NULL);
    return made ? initialise(known, made, args) : NULL;
}

PyObject *ext_load_new_of_class(const ext_known_type *known, PyObject *args)
{
    return call_function(known->function_new, (PyObject *)known->type, args);
}
