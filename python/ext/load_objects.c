/*
 * load_objects.c - names, calls, instances and their state: what can run code that
 * is not ours.
 *
 * Every call into such code happens with the garbage collector as the user has set it, and with references of
 * our own to all that is used afterwards.
 */
#include "guard.h"
#include "known_types.h"

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

/* Through the method, which a subclass may have replaced. */
static PyObject *find_class(ext_loader *h, PyObject *module, PyObject *name)
{
    PyObject *unpickler = h->unpickler;
    if (!unpickler || Py_IS_TYPE(unpickler, h->state->unpickler_type))
        return ext_find_class(h->state, module, name, *h->protocol, &h->names);
    PyObject *args[] = {unpickler, module, name};
    return PyObject_VectorcallMethod(h->state->names.find_class, args,
                                     3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static PyObject *find_and_release(ext_loader *h, PyObject *module, PyObject *name)
{
    PyObject *found = NULL;
    if (module && name) {
        ext_gc_resume_apart(h);
        found = find_class(h, module, name);
        ext_gc_pause(h);
    }
    if (module && name && !found) {
        Py_XSETREF(h->missing_module, module);
        Py_XSETREF(h->missing_name, name);
        return NULL;
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return found;
}

typedef PyObject *(*decode_fn)(const char *text, Py_ssize_t size, const char *errors);

/* What two lines of a pickle name. */
static PyObject *find_lines(ext_loader *h, decode_fn decode, const uint8_t *module,
                            size_t module_size, const uint8_t *name, size_t name_size)
{
    PyObject *module_str = decode((const char *)module, (Py_ssize_t)module_size, NULL);
    PyObject *name_str =
        module_str ? decode((const char *)name, (Py_ssize_t)name_size, NULL) : NULL;
    return ext_checked(h, find_and_release(h, module_str, name_str));
}

PyObject *ext_load_global(ext_loader *h, const uint8_t *module, size_t module_size,
                          const uint8_t *name, size_t name_size)
{
    return find_lines(h, PyUnicode_DecodeUTF8, module, module_size, name, name_size);
}

PyObject *ext_load_stack_global(ext_loader *h, PyObject *module, PyObject *name)
{
    if (!PyUnicode_CheckExact(module) || !PyUnicode_CheckExact(name)) {
        PyErr_SetString(h->state->UnpicklingError, "STACK_GLOBAL requires str");
        Py_DECREF(name);
        Py_DECREF(module);
        return ext_checked(h, NULL);
    }
    return ext_checked(h, find_and_release(h, module, name));
}

/* The pair that copyreg has for a code; new references, or false with an exception. */
static bool registered_pair(ext_state *state, PyObject *key, long code, PyObject **pair)
{
    int found = ext_dict_get_ref(state->inverted_registry, key, pair);
    if (found < 0)
        return false;
    if (found == 0) {
        PyErr_Format(PyExc_ValueError, "unregistered extension code %ld", code);
        return false;
    }
    if (PyTuple_Check(*pair) && PyTuple_GET_SIZE(*pair) == 2 &&
        PyUnicode_Check(PyTuple_GET_ITEM(*pair, 0)) && PyUnicode_Check(PyTuple_GET_ITEM(*pair, 1)))
        return true;
    Py_CLEAR(*pair);
    PyErr_Format(PyExc_ValueError, "_inverted_registry[%ld] isn't a 2-tuple of strings", code);
    return false;
}

PyObject *ext_load_extension(ext_loader *h, uint32_t code)
{
    ext_state *state = h->state;
    PyObject *found = NULL;
    PyObject *key = PyLong_FromUnsignedLong(code);
    if (!key)
        return ext_checked(h, NULL);
    if (ext_dict_get_ref(state->extension_cache, key, &found) == 0) {
        PyObject *pair = NULL;
        if (registered_pair(state, key, (long)code, &pair)) {
            found = find_and_release(h, Py_NewRef(PyTuple_GET_ITEM(pair, 0)),
                                     Py_NewRef(PyTuple_GET_ITEM(pair, 1)));
            if (found && PyDict_SetItem(state->extension_cache, key, found) < 0)
                Py_CLEAR(found);
        }
        Py_XDECREF(pair);
    }
    Py_DECREF(key);
    return ext_checked(h, found);
}

/* ------------------------------------------------------------------------
 * Persistent ids and buffers
 * ------------------------------------------------------------------------ */

static bool check_persistent_load(ext_loader *h)
{
    if (h->persistent_load)
        return true;
    ext_load_no_persistent_load(h->state);
    return ext_load_failed(h);
}

static PyObject *call_persistent_load(ext_loader *h, PyObject *id)
{
    ext_gc_resume(h);
    PyObject *function = Py_NewRef(h->persistent_load);
    PyObject *value = PyObject_CallOneArg(function, id);
    Py_DECREF(function);
    Py_DECREF(id);
    ext_gc_pause(h);
    return ext_checked(h, value);
}

PyObject *ext_load_persid(ext_loader *h, const uint8_t *text, size_t size)
{
    if (!check_persistent_load(h))
        return NULL;
    PyObject *id = PyUnicode_DecodeASCII((const char *)text, (Py_ssize_t)size, NULL);
    return id ? call_persistent_load(h, id) : ext_checked(h, NULL);
}

PyObject *ext_load_binpersid(ext_loader *h, PyObject *id)
{
    if (!check_persistent_load(h)) {
        Py_DECREF(id);
        return NULL;
    }
    return call_persistent_load(h, id);
}

PyObject *ext_load_next_buffer(ext_loader *h)
{
    PyObject *buffer = NULL;
    if (!h->buffers) {
        PyErr_SetString(h->state->UnpicklingError, "pickle stream refers to out-of-band data "
                                                   "but no *buffers* argument was given");
    } else {
        ext_gc_resume_apart(h);
        buffer = PyIter_Next(h->buffers);
        ext_gc_pause(h);
        if (!buffer && !PyErr_Occurred())
            PyErr_SetString(h->state->UnpicklingError, "not enough out-of-band buffers");
    }
    return ext_checked(h, buffer);
}

PyObject *ext_load_readonly_buffer(ext_loader *h, PyObject *buffer)
{
    ext_load_share(h);
    PyObject *view = PyMemoryView_FromObject(buffer);
    if (!view) {
        Py_DECREF(buffer);
        return ext_checked(h, NULL);
    }
    if (PyMemoryView_GET_BUFFER(view)->readonly) {
        Py_DECREF(view);
        return buffer;
    }
    PyMemoryView_GET_BUFFER(view)->readonly = 1;
    Py_DECREF(buffer);
    return view;
}

/* ------------------------------------------------------------------------
 * Calls
 * ------------------------------------------------------------------------ */

/* Of the interpreter or an extension: not for the user's eyes, so the collector can stay paused. */
static bool is_native(PyObject *callee)
{
    if (PyCFunction_Check(callee))
        return true;
    return PyType_Check(callee) && ext_is_native_type((PyTypeObject *)callee);
}

/* A builtin type that gets plain arguments calls nobody; a function may be exec. */
static bool only_computes(PyObject *callee, PyObject *args)
{
    bool plain = PyType_Check(callee);
    for (Py_ssize_t i = 0; plain && i < PyTuple_GET_SIZE(args); i++)
        plain = ext_is_atom(PyTuple_GET_ITEM(args, i));
    return plain;
}

/* What type.__call__ does, where that is all, without the way to it. */
static PyObject *call_native(PyObject *callee, PyObject *args)
{
    PyTypeObject *type = (PyTypeObject *)callee;
    if (!Py_IS_TYPE(callee, &PyType_Type) || type == &PyType_Type || type->tp_vectorcall ||
        !type->tp_new)
        return PyObject_Call(callee, args, NULL);
    PyObject *made = type->tp_new(type, args, NULL);
    if (made && PyObject_TypeCheck(made, type) && Py_TYPE(made)->tp_init &&
        Py_TYPE(made)->tp_init(made, args, NULL) < 0)
        Py_CLEAR(made);
    return made;
}

PyObject *ext_load_reduce(ext_loader *h, PyObject *callee, PyObject *args)
{
    PyObject *value;
    if (h->names.opaque) {
        ext_gc_resume(h);
        value = ext_opaque_call(h->state, callee, args);
        ext_gc_pause(h);
    } else if (is_native(callee) && PyTuple_CheckExact(args)) {
        value = PyType_Check(callee) ? ext_load_timedelta(h, (PyTypeObject *)callee, args)
                                     : ext_load_empty_array(h, callee, args);
        if (!value) {
            if (!only_computes(callee, args))
                ext_load_share(h);
            value = call_native(callee, args);
        }
        ext_load_makes_data(h);
    } else {
        const ext_known_type *known = ext_load_calls_class(h, callee, args);
        ext_gc_resume(h);
        value = known ? ext_load_call_class(known, args) : PyObject_CallObject(callee, args);
        ext_gc_pause(h);
    }
    Py_DECREF(callee);
    Py_DECREF(args);
    return ext_checked(h, value);
}

/* Of classes whose instances have more to be set up than their size. */
#if defined(Py_TPFLAGS_MANAGED_DICT)
#define EXT_TPFLAGS_INLINE Py_TPFLAGS_MANAGED_DICT
#else
#define EXT_TPFLAGS_INLINE 0
#endif

/* Has the class the __new__ of a builtin one? */
static bool has_native_new(const PyTypeObject *type)
{
    const PyTypeObject *base = type;
    while (base && PyType_HasFeature((PyTypeObject *)base, Py_TPFLAGS_HEAPTYPE))
        base = base->tp_base;
    return base && type->tp_new == base->tp_new;
}

static bool check_newobj(ext_loader *h, PyObject *cls, PyObject *args, PyObject *kwargs)
{
    const char *opcode = kwargs ? "NEWOBJ_EX" : "NEWOBJ";
    PyObject *type = h->state->UnpicklingError;
    if (!PyType_Check(cls))
        PyErr_Format(type, "%s class argument must be a type, not %.200s", opcode,
                     Py_TYPE(cls)->tp_name);
    else if (!((PyTypeObject *)cls)->tp_new)
        PyErr_Format(type, "%s class argument '%.200s' doesn't have __new__", opcode,
                     Py_TYPE(cls)->tp_name);
    else if (!PyTuple_Check(args))
        PyErr_Format(type, "%s args argument must be a tuple, not %.200s", opcode,
                     Py_TYPE(args)->tp_name);
    else if (kwargs && !PyDict_Check(kwargs))
        PyErr_Format(type, "%s kwargs argument must be a dict, not %.200s", opcode,
                     Py_TYPE(kwargs)->tp_name);
    else
        return true;
    return false;
}

/* object.__new__ without arguments, which has nothing to do but to allocate: there are no inline values either. */
static bool is_made_by_object(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    const PyTypeObject *type = (PyTypeObject *)cls;
    return PyType_Check(cls) && type->tp_new == PyBaseObject_Type.tp_new && PyTuple_Check(args) &&
           PyTuple_GET_SIZE(args) == 0 && !kwargs &&
           !(type->tp_flags & (Py_TPFLAGS_IS_ABSTRACT | EXT_TPFLAGS_INLINE));
}

PyObject *ext_load_newobj(ext_loader *h, PyObject *cls, PyObject *args, PyObject *kwargs)
{
    PyObject *value = NULL;
    if (is_made_by_object(cls, args, kwargs)) {
        value = ((PyTypeObject *)cls)->tp_alloc((PyTypeObject *)cls, 0);
        ext_load_makes_data(h);
    } else if (check_newobj(h, cls, args, kwargs)) {
        PyTypeObject *type = (PyTypeObject *)cls;
        bool native = has_native_new(type);
        const ext_known_type *known = native || kwargs ? NULL : ext_load_calls_class(h, cls, args);
        if (!native)
            ext_gc_resume(h);
        else if (PyTuple_GET_SIZE(args) > 0 || kwargs)
            ext_load_share(h);
        value = known && known->function_new ? ext_load_new_of_class(known, args)
                                             : type->tp_new(type, args, kwargs);
        if (!native)
            ext_gc_pause(h);
        else
            ext_load_makes_data(h);
    }
    Py_DECREF(cls);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    return ext_checked(h, value);
}

/* OBJ and INST: a class without arguments is not initialised, unless it says that it wants to be. */
static PyObject *instantiate(ext_loader *h, PyObject *cls, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) == 0 && PyType_Check(cls)) {
        PyObject *wants;
        if (ext_lookup_attr(cls, h->state->names.__getinitargs__, &wants) < 0)
            return NULL;
        if (!wants)
            return PyObject_CallMethodOneArg(cls, h->state->names.__new__, cls);
        Py_DECREF(wants);
    }
    return PyObject_CallObject(cls, args);
}

PyObject *ext_load_instantiate(ext_loader *h, PyObject *cls, PyObject **items, size_t count)
{
    PyObject *args = ext_tuple_of(items, count);
    PyObject *value = NULL;
    if (args) {
        ext_gc_resume(h);
        value = instantiate(h, cls, args);
        ext_gc_pause(h);
        Py_DECREF(args);
    }
    Py_DECREF(cls);
    return ext_checked(h, value);
}

PyObject *ext_load_obj(ext_loader *h, PyObject **items, size_t count)
{
    return ext_load_instantiate(h, items[0], items + 1, count - 1);
}

PyObject *ext_load_inst(ext_loader *h, const uint8_t *module, size_t module_size,
                        const uint8_t *name, size_t name_size, PyObject **items, size_t count)
{
    PyObject *cls = find_lines(h, PyUnicode_DecodeASCII, module, module_size, name, name_size);
    if (cls)
        return ext_load_instantiate(h, cls, items, count);
    ext_release(items, count);
    return NULL;
}

/* ------------------------------------------------------------------------
 * State
 * ------------------------------------------------------------------------ */

typedef int (*set_fn)(PyObject *target, PyObject *key, PyObject *value);

/* All pairs of a state, which others may change meanwhile.  The keys of a __dict__ are interned. */
static int set_all(PyObject *target, PyObject *state, set_fn set, bool intern)
{
    int done = 0;
    Py_ssize_t at = 0;
    PyObject *key;
    PyObject *value;
    while (done == 0 && PyDict_Next(state, &at, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        if (intern && PyUnicode_CheckExact(key))
            PyUnicode_InternInPlace(&key);
        done = set(target, key, value);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return done;
}

/* instance.__dict__ gets what is in the state. */
static int set_attributes(ext_loader *h, PyObject *object, PyObject *state)
{
    PyObject *dict = PyObject_GetAttr(object, h->state->names.__dict__);
    if (!dict)
        return -1;
    set_fn set = PyDict_CheckExact(dict) ? PyDict_SetItem : PyObject_SetItem;
    int done = set_all(dict, state, set, true);
    Py_DECREF(dict);
    return done;
}

/* What an object without a __setstate__ does with its state. */
static int set_state(ext_loader *h, PyObject *object, PyObject *state)
{
    PyObject *slots = NULL;
    if (PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2) {
        slots = PyTuple_GET_ITEM(state, 1);
        state = PyTuple_GET_ITEM(state, 0);
    }
    if (state != Py_None) {
        if (!PyDict_Check(state)) {
            PyErr_SetString(h->state->UnpicklingError, "state is not a dictionary");
            return -1;
        }
        if (set_attributes(h, object, state) < 0)
            return -1;
    }
    if (slots) {
        if (!PyDict_Check(slots)) {
            PyErr_SetString(h->state->UnpicklingError, "slot state is not a dictionary");
            return -1;
        }
        return ext_guard_slots(h, slots) ? set_all(object, slots, PyObject_SetAttr, false) : -1;
    }
    return 0;
}

/*
 * A method that the class has needs not be bound to the object to be called.  What the object itself has under the
 * name still goes first, and may be anything.
 */
static bool has_method(const ext_state *state, PyObject *object, bool *native)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *found = _PyType_Lookup(type, state->names.__setstate__);
    *native = found && Py_IS_TYPE(found, &PyMethodDescr_Type) && type->tp_dictoffset == 0;
    return found && PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR);
}

static int call_method(const ext_state *state, PyObject *object, PyObject *value)
{
    PyObject *values[] = {NULL, object, value};
    PyObject *result = PyObject_VectorcallMethod(state->names.__setstate__, values + 1,
                                                 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* *plain says whether the garbage collector waits, and becomes false if it no longer does. */
static int find_and_set(ext_loader *h, PyObject *object, PyObject *state, bool *plain)
{
    PyObject *method;
    int done = ext_lookup_attr(object, h->state->names.__setstate__, &method);
    if (done < 0)
        return -1;
    if (!method)
        return set_state(h, object, state);
    if (*plain && !PyCFunction_Check(method)) {
        ext_gc_resume(h);
        *plain = false;
    }
    PyObject *result = PyObject_CallOneArg(method, state);
    Py_DECREF(method);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

bool ext_load_build(ext_loader *h, PyObject *object, PyObject *state)
{
    /* Only an attribute found in the usual way is found without foreign code, and only slots are set as attributes. */
    bool finds = Py_TYPE(object)->tp_getattro == PyObject_GenericGetAttr;
    bool sets = Py_TYPE(object)->tp_setattro == PyObject_GenericSetAttr || PyDict_CheckExact(state);
    bool native;
    bool calls = finds && has_method(h->state, object, &native);
    bool plain = calls ? native : finds && sets;
    ext_load_settle_if(h); /* the object may have had a state before */
    if (!plain)
        ext_gc_resume(h);
    else if (!PyDict_CheckExact(state) || !ext_load_takes_attributes(h, object))
        ext_load_share(h);
    int done =
        calls ? call_method(h->state, object, state) : find_and_set(h, object, state, &plain);
    Py_DECREF(state);
    if (!plain)
        ext_gc_pause(h);
    else
        ext_load_makes_data(h);
    return done >= 0 || ext_load_failed(h);
}
