/*
 * save_reduce.c - everything that is not built in: who is asked how to save it, and the tuple that says how.
 */
#include "save.h"

#include "save_direct.h"
#include "save_quick.h"

/* ------------------------------------------------------------------------
 * Checking the tuple
 * ------------------------------------------------------------------------ */

enum { CALLABLE, ARGUMENTS, STATE, LIST_ITEMS, DICT_ITEMS, STATE_SETTER };

/* An item of a reduce tuple, NULL if it is missing or None; borrowed. */
static PyObject *part(PyObject *tuple, Py_ssize_t index)
{
    if (index >= PyTuple_GET_SIZE(tuple))
        return NULL;
    PyObject *item = PyTuple_GET_ITEM(tuple, index);
    return item == Py_None ? NULL : item;
}

/* Python 3.14 words these messages anew. */
#if PY_VERSION_HEX >= 0x030e0000
#define NEW_WORDS 1
#define TYPE_NAME "%T"
#define TYPE_ARGUMENT(object) (object)
#else
#define NEW_WORDS 0
#define TYPE_NAME "%.200s"
#define TYPE_ARGUMENT(object) Py_TYPE(object)->tp_name
#endif

static int check_tuple(ext_saver *saver, PyObject *tuple)
{
    PyObject *error = saver->state->PicklingError;
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    if (size < 2 || size > 6) {
        PyErr_SetString(error, "tuple returned by __reduce__ must contain 2 through 6 elements");
        return -1;
    }
    PyObject *callable = PyTuple_GET_ITEM(tuple, CALLABLE);
    PyObject *arguments = PyTuple_GET_ITEM(tuple, ARGUMENTS);
    PyObject *list_items = part(tuple, LIST_ITEMS);
    PyObject *dict_items = part(tuple, DICT_ITEMS);
    PyObject *state_setter = part(tuple, STATE_SETTER);
    if (!PyCallable_Check(callable)) {
#if NEW_WORDS
        PyErr_Format(error,
                     "first item of the tuple returned by __reduce__ must be callable, not %T",
                     callable);
#else
        PyErr_SetString(error, "first item of the tuple returned by __reduce__ must be callable");
#endif
        return -1;
    }
    if (!PyTuple_Check(arguments)) {
#if NEW_WORDS
        PyErr_Format(error,
                     "second item of the tuple returned by __reduce__ must be a tuple, not %T",
                     arguments);
#else
        PyErr_SetString(error, "second item of the tuple returned by __reduce__ must be a tuple");
#endif
        return -1;
    }
#if NEW_WORDS
#define CHECK(item, good, nth, what)                                                           \
    if ((item) && !(good)) {                                                                   \
        PyErr_Format(error,                                                                    \
                     nth " item of the tuple returned by __reduce__ must be " what ", not %T", \
                     item);                                                                    \
        return -1;                                                                             \
    }
    CHECK(list_items, PyIter_Check(list_items), "fourth", "an iterator")
    CHECK(dict_items, PyIter_Check(dict_items), "fifth", "an iterator")
    CHECK(state_setter, PyCallable_Check(state_setter), "sixth", "callable")
#else
#define CHECK(item, good, nth, what)                                                              \
    if ((item) && !(good)) {                                                                      \
        PyErr_Format(error,                                                                       \
                     nth " element of the tuple returned by __reduce__ must be " what ", not %s", \
                     Py_TYPE(item)->tp_name);                                                     \
        return -1;                                                                                \
    }
    CHECK(list_items, PyIter_Check(list_items), "fourth", "an iterator")
    CHECK(dict_items, PyIter_Check(dict_items), "fifth", "an iterator")
    CHECK(state_setter, PyCallable_Check(state_setter), "sixth", "a function")
#endif
#undef CHECK
    return 0;
}

/* ------------------------------------------------------------------------
 * NEWOBJ and NEWOBJ_EX
 * ------------------------------------------------------------------------ */

static int check_newobj_ex(ext_saver *saver, PyObject *arguments)
{
    PyObject *error = saver->state->PicklingError;
    Py_ssize_t size = PyTuple_GET_SIZE(arguments);
    if (size != 3) {
#if NEW_WORDS
        PyErr_Format(error, "__newobj_ex__ expected 3 arguments, got %zd", size);
#else
        PyErr_Format(error, "length of the NEWOBJ_EX argument tuple must be exactly 3, not %zd",
                     size);
#endif
        return -1;
    }
    PyObject *cls = PyTuple_GET_ITEM(arguments, 0);
    PyObject *args = PyTuple_GET_ITEM(arguments, 1);
    PyObject *kwargs = PyTuple_GET_ITEM(arguments, 2);
#if NEW_WORDS
#define CHECK(item, good, nth, what)                                                            \
    if (!(good)) {                                                                              \
        PyErr_Format(error, nth " argument to __newobj_ex__() must be " what ", not %T", item); \
        return -1;                                                                              \
    }
#else
#define CHECK(item, good, nth, what)                                                         \
    if (!(good)) {                                                                           \
        PyErr_Format(error,                                                                  \
                     nth " item from NEWOBJ_EX argument tuple must be " what ", not %.200s", \
                     Py_TYPE(item)->tp_name);                                                \
        return -1;                                                                           \
    }
#endif
    CHECK(cls, PyType_Check(cls), "first", "a class")
    CHECK(args, PyTuple_Check(args), "second", "a tuple")
    CHECK(kwargs, PyDict_Check(kwargs), "third", "a dict")
#undef CHECK
    return 0;
}

/* Whether the object's __class__ is certain to be this; false: it has to be asked. */
static bool is_class_of(const ext_saver *saver, PyObject *object, PyObject *cls)
{
    PyTypeObject *type = Py_TYPE(object);
    return (PyObject *)type == cls && type->tp_getattro == PyObject_GenericGetAttr &&
           ext_inherits(type, &PyBaseObject_Type, saver->state->names.__class__);
}

static int check_newobj(ext_saver *saver, PyObject *arguments, PyObject *object)
{
    PyObject *error = saver->state->PicklingError;
    if (PyTuple_GET_SIZE(arguments) < 1) {
#if NEW_WORDS
        PyErr_Format(error, "__newobj__ expected at least 1 argument, got %zd",
                     PyTuple_GET_SIZE(arguments));
#else
        PyErr_SetString(error, "__newobj__ arglist is empty");
#endif
        return -1;
    }
    PyObject *cls = PyTuple_GET_ITEM(arguments, 0);
    if (!PyType_Check(cls)) {
#if NEW_WORDS
        PyErr_Format(error, "first argument to __newobj__() must be a class, not %T", cls);
#else
        PyErr_SetString(error, "args[0] from __newobj__ args is not a type");
#endif
        return -1;
    }
    if (!object || is_class_of(saver, object, cls))
        return 0;
    PyObject *own;
    if (ext_lookup_attr(object, saver->state->names.__class__, &own) < 0)
        return -1;
    if (!own)
        own = Py_NewRef(Py_TYPE(object));
    int result = 0;
    if (own != cls) {
#if NEW_WORDS
        PyErr_Format(error, "first argument to __newobj__() must be %R, not %R", own, cls);
#else
        PyErr_SetString(error, "args[0] from __newobj__ args has the wrong class");
#endif
        result = -1;
    }
    Py_DECREF(own);
    return result;
}

/* Below protocol 4, functools.partial(cls.__new__, cls, *args, **kwargs), to be called. */
static PyObject *make_partial(ext_saver *saver, PyObject *arguments)
{
    PyObject *cls = PyTuple_GET_ITEM(arguments, 0);
    PyObject *args = PyTuple_GET_ITEM(arguments, 1);
    Py_ssize_t size = PyTuple_GET_SIZE(args);
    PyObject *make = PyObject_GetAttr(cls, saver->state->names.__new__);
    if (!make)
        return NULL;
    PyObject *all = PyTuple_New(size + 2);
    if (!all) {
        Py_DECREF(make);
        return NULL;
    }
    PyTuple_SET_ITEM(all, 0, make);
    PyTuple_SET_ITEM(all, 1, Py_NewRef(cls));
    for (Py_ssize_t i = 0; i < size; i++)
        PyTuple_SET_ITEM(all, i + 2, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    PyObject *partial = PyObject_Call(saver->state->partial, all, PyTuple_GET_ITEM(arguments, 2));
    Py_DECREF(all);
    return partial;
}

/* Names are interned, as a rule. */
static bool is_name(PyObject *name, PyObject *wanted)
{
    return name == wanted || (name && PyUnicode_Check(name) &&
                              PyUnicode_GET_LENGTH(name) == PyUnicode_GET_LENGTH(wanted) &&
                              PyUnicode_Compare(name, wanted) == 0);
}

/* What a type or function of the interpreter's own kinds is called begins in another way than those names. */
static bool has_other_name(PyObject *callable)
{
    const char *name;
    if (Py_IS_TYPE(callable, &PyType_Type)) {
        name = ((PyTypeObject *)callable)->tp_name;
        if (!PyType_HasFeature((PyTypeObject *)callable, Py_TPFLAGS_HEAPTYPE)) {
            const char *dot = strrchr(name, '.');
            name = dot ? dot + 1 : name;
        }
    } else if (Py_IS_TYPE(callable, &PyCFunction_Type)) {
        name = ((PyCFunctionObject *)callable)->m_ml->ml_name;
    } else {
        return false;
    }
    return name[0] != '_';
}

/* A callable's __name__, or NULL; -1 and an exception. */
static int name_of(ext_saver *saver, PyObject *callable, PyObject **name)
{
    if (!PyFunction_Check(callable))
        return ext_lookup_attr(callable, saver->state->names.__name__, name);
    *name = Py_NewRef(((PyFunctionObject *)callable)->func_name);
    return 1;
}

/* How this tuple is spelt, from what its callable is called; -1 and an exception. */
static int find_spelling(ext_saver *saver, PyObject *tuple, PyObject *object)
{
    PyObject *callable = PyTuple_GET_ITEM(tuple, CALLABLE);
    if (saver->out.protocol < 2 || has_other_name(callable))
        return EXT_REDUCE_CALL;
    PyObject *name;
    if (name_of(saver, callable, &name) < 0)
        return -1;
    int spelling = EXT_REDUCE_CALL;
    PyObject *arguments = PyTuple_GET_ITEM(tuple, ARGUMENTS);
    if (is_name(name, saver->state->names.__newobj__)) {
        spelling = EXT_REDUCE_NEWOBJ;
        if (check_newobj(saver, arguments, object) < 0)
            spelling = -1;
    } else if (is_name(name, saver->state->names.__newobj_ex__)) {
        spelling = saver->out.protocol >= 4 ? EXT_REDUCE_NEWOBJ_EX : EXT_REDUCE_PARTIAL;
        if (check_newobj_ex(saver, arguments) < 0)
            spelling = -1;
    }
    Py_XDECREF(name);
    return spelling;
}

/* ------------------------------------------------------------------------
 * Saving the tuple
 * ------------------------------------------------------------------------ */

/*
 * object: what is saved, or NULL; source: the reduce tuple; pending: the partial; index:
 * which of its arguments; flags: the spelling; stage: what comes next.
 */
enum {
    CALLEE,
    CALLEE_ARGUMENTS,
    KEYWORDS,
    MADE,
    ITEMS,
    PAIRS,
    STATES,
    SETTER_OBJECT,
    SETTER_STATE,
    SET,
    BUILT
};

#define SPELLING EXT_SPELLING

static ext_frame *push_reduce(ext_saver *saver, PyObject *tuple, PyObject *object, int spelling,
                              uint8_t stage)
{
    ext_frame *frame = ext_push(saver, EXT_FRAME_REDUCE, object);
    if (frame) {
        frame->source = Py_NewRef(tuple);
        frame->flags = (uint8_t)spelling;
        frame->stage = stage;
    }
    return frame;
}

/* ------------------------------------------------------------------------
 * Calls of what has been written, with plain arguments
 * ------------------------------------------------------------------------ */

/*
 * Nearly all tuples are made for their object and nobody else has them: a class that was written before, and a few
 * plain arguments.  These are written without frames.  The tuple of arguments cannot be met again: it dies with the
 * one around it, or, if more follows the call, the log has it.  The arguments themselves are not vouched for, so
 * what has to be kept alive is in the memo.
 */
static bool is_short_call(const ext_saver *saver, PyObject *tuple, PyObject *arguments,
                          int spelling)
{
    return saver->optimistic && saver->out.protocol >= 2 && !saver->out.careful &&
           (spelling == EXT_REDUCE_CALL || spelling == EXT_REDUCE_NEWOBJ) &&
           Py_REFCNT(tuple) == 1 && Py_REFCNT(arguments) == 1 && PyTuple_CheckExact(arguments) &&
           !ext_is_too_deep(saver, EXT_REDUCE_WEIGHT + 1);
}

/* Those from the first one that is not plain: a frame for them, and one for the call. */
static int push_arguments(ext_saver *saver, PyObject *tuple, PyObject *object, int spelling,
                          Py_ssize_t done)
{
    PyObject *arguments = PyTuple_GET_ITEM(tuple, ARGUMENTS);
    Py_ssize_t first = spelling == EXT_REDUCE_NEWOBJ;
    if (ext_before_foreign(saver) < 0)
        return -1;
    PyObject *made = first ? PyTuple_GetSlice(arguments, first, PyTuple_GET_SIZE(arguments))
                           : Py_NewRef(arguments);
    if (!made)
        return -1;
    ext_frame *frame = push_reduce(saver, tuple, object, spelling, KEYWORDS);
    ext_frame *items = frame ? ext_push(saver, EXT_FRAME_TUPLE, made) : NULL;
    Py_DECREF(made);
    if (!items)
        return -1;
    ext_frame_note_unique(saver, items, false);
    items->index = done - first;
    return 1;
}

/* The tuple of arguments, the call, and what it makes. */
static int finish_short_call(ext_saver *saver, PyObject *object, uint8_t call, Py_ssize_t size,
                             PyObject *arguments)
{
    uint8_t op = brn_short_tuple_op((size_t)size);
    if (ext_is_room_ahead(saver, 0, false)) {
        uint8_t *p = saver->out.pos;
        *p++ = op;
        if (size > 0)
            p = ext_put_number(saver, p, (uintptr_t)arguments);
        saver->out.pos = ext_put_object(saver, p, call, object, false);
        return 0;
    }
    int result = ext_op(saver, op);
    if (result == 0 && size > 0)
        result = arguments ? ext_memoize_unique(saver, arguments) : ext_memoize_nothing(saver);
    if (result < 0 || ext_op(saver, call) < 0)
        return -1;
    return ext_memoize(saver, object);
}

/* EXT_NOT_DIRECT, and nothing has happened, if it is not so. */
static int save_short_call(ext_saver *saver, PyObject *tuple, PyObject *object, int spelling)
{
    PyObject *arguments = PyTuple_GET_ITEM(tuple, ARGUMENTS);
    bool is_new = spelling == EXT_REDUCE_NEWOBJ;
    if (!object || !is_short_call(saver, tuple, arguments, spelling))
        return EXT_NOT_DIRECT;
    Py_ssize_t number = ext_memo_get(&saver->memo, PyTuple_GET_ITEM(is_new ? arguments : tuple, 0));
    if (number < 0 || ext_memo_get(&saver->memo, object) >= 0 ||
        !ext_is_room_ahead(saver, number, false))
        return EXT_NOT_DIRECT;
    Py_ssize_t end = PyTuple_GET_SIZE(arguments);
    Py_ssize_t size = end - is_new;
    uint8_t *p = brn_put_binget(saver->out.pos, number);
    *p = BRN_OP_BYTE_MARK;
    saver->out.pos = p + (size > 3);
    Py_ssize_t done = ext_save_run(saver, PySequence_Fast_ITEMS(arguments), is_new, end, false);
    if (done < end)
        return push_arguments(saver, tuple, object, spelling, done);
    bool is_all = PyTuple_GET_SIZE(tuple) == 2;
    if (finish_short_call(saver, object, is_new ? BRN_OP_BYTE_NEWOBJ : BRN_OP_BYTE_REDUCE, size,
                          is_all || is_new ? NULL : arguments) < 0)
        return -1;
    if (is_all)
        return 0;
    return push_reduce(saver, tuple, object, spelling, ITEMS) ? 1 : -1;
}

int ext_save_reduce(ext_saver *saver, PyObject *tuple, PyObject *object)
{
    if (ext_before_foreign(saver) < 0 || check_tuple(saver, tuple) < 0)
        return -1;
    int spelling = find_spelling(saver, tuple, object);
    if (spelling < 0)
        return -1;
    int written = save_short_call(saver, tuple, object, spelling);
    if (written != EXT_NOT_DIRECT)
        return written;
    PyObject *partial = NULL;
    if (spelling == EXT_REDUCE_PARTIAL) {
        partial = make_partial(saver, PyTuple_GET_ITEM(tuple, ARGUMENTS));
        if (!partial)
            return -1;
    }
    ext_frame *frame = push_reduce(saver, tuple, object, spelling, CALLEE);
    if (!frame) {
        Py_XDECREF(partial);
        return -1;
    }
    frame->pending = partial;
    return 1;
}

/* A stage is entered before its part is saved, so it names the one that follows. */
ext_reduce_part_kind ext_reduce_part(const ext_frame *frame)
{
    int spelling = frame->flags & SPELLING;
    switch (frame->stage) {
    case CALLEE_ARGUMENTS:
        if (spelling == EXT_REDUCE_NEWOBJ || spelling == EXT_REDUCE_NEWOBJ_EX)
            return EXT_PART_CLASS;
        return spelling == EXT_REDUCE_PARTIAL ? EXT_PART_ARGUMENTS : EXT_PART_CALLABLE;
    case KEYWORDS:
        return spelling == EXT_REDUCE_NEWOBJ_EX ? EXT_PART_NEW_ARGUMENTS : EXT_PART_ARGUMENTS;
    case MADE: return EXT_PART_KEYWORDS;
    case SETTER_OBJECT: return EXT_PART_SETTER;
    case SET:
    case BUILT: return EXT_PART_STATE;
    default: return EXT_PART_OTHER;
    }
}

int ext_save_made(ext_saver *saver, PyObject *tuple, PyObject *object)
{
    if (!tuple)
        return -1;
    int result = ext_save_reduce(saver, tuple, object);
    return ext_give_back(saver, tuple) < 0 ? -1 : result;
}

static int save_callee(ext_saver *saver, const ext_frame *frame)
{
    PyObject *arguments = PyTuple_GET_ITEM(frame->source, ARGUMENTS);
    switch (frame->flags & SPELLING) {
    case EXT_REDUCE_NEWOBJ:
    case EXT_REDUCE_NEWOBJ_EX: return ext_save(saver, PyTuple_GET_ITEM(arguments, 0), false);
    case EXT_REDUCE_PARTIAL: return ext_save(saver, frame->pending, false);
    default: return ext_save(saver, PyTuple_GET_ITEM(frame->source, CALLABLE), false);
    }
}

static int save_arguments(ext_saver *saver, const ext_frame *frame)
{
    PyObject *arguments = PyTuple_GET_ITEM(frame->source, ARGUMENTS);
    PyObject *made;
    if (ext_before_foreign(saver) < 0)
        return -1;
    switch (frame->flags & SPELLING) {
    case EXT_REDUCE_NEWOBJ:
        made = PyTuple_GetSlice(arguments, 1, PyTuple_GET_SIZE(arguments));
        break;
    case EXT_REDUCE_NEWOBJ_EX: return ext_save(saver, PyTuple_GET_ITEM(arguments, 1), false);
    case EXT_REDUCE_PARTIAL: made = PyTuple_New(0); break;
    default: return ext_save(saver, arguments, false);
    }
    if (!made)
        return -1;
    int result = ext_save(saver, made, false);
    return ext_give_back(saver, made) < 0 ? -1 : result;
}

static int emit_call(ext_saver *saver, const ext_frame *frame)
{
    switch (frame->flags & SPELLING) {
    case EXT_REDUCE_NEWOBJ: return ext_op(saver, BRN_OP_BYTE_NEWOBJ);
    case EXT_REDUCE_NEWOBJ_EX: return ext_op(saver, BRN_OP_BYTE_NEWOBJ_EX);
    default: return ext_op(saver, BRN_OP_BYTE_REDUCE);
    }
}

/*
 * The object stands on the pickle's stack now.  *recursive says that its own arguments led back to
 * it, so that it has been written already: this one is dropped.
 */
static int finish_call(ext_saver *saver, ext_frame *frame, bool *recursive)
{
    *recursive = false;
    if (emit_call(saver, frame) < 0)
        return -1;
    if (!frame->object)
        return 0;
    Py_ssize_t index = ext_memo_get(&saver->memo, frame->object);
    if (index < 0)
        return ext_memoize(saver, frame->object);
    *recursive = true;
    return ext_op(saver, BRN_OP_BYTE_POP) < 0 ? -1 : ext_save_get(saver, index);
}

int ext_step_reduce(ext_saver *saver, ext_frame *frame)
{
    PyObject *tuple = frame->source;
    PyObject *state_setter = part(tuple, STATE_SETTER);
    PyObject *item;
    bool recursive;
    int result;

#define SAVE(next, saving)     \
    do {                       \
        frame->stage = (next); \
        result = (saving);     \
        if (result != 0)       \
            return result;     \
    } while (0)

    switch (frame->stage) {
    case CALLEE: SAVE(CALLEE_ARGUMENTS, save_callee(saver, frame)); EXT_FALLTHROUGH;
    case CALLEE_ARGUMENTS: SAVE(KEYWORDS, save_arguments(saver, frame)); EXT_FALLTHROUGH;
    case KEYWORDS:
        if ((frame->flags & SPELLING) == EXT_REDUCE_NEWOBJ_EX)
            SAVE(MADE,
                 ext_save(saver, PyTuple_GET_ITEM(PyTuple_GET_ITEM(tuple, ARGUMENTS), 2), false));
        EXT_FALLTHROUGH;
    case MADE:
        if (finish_call(saver, frame, &recursive) < 0)
            return -1;
        if (recursive)
            return 0;
        EXT_FALLTHROUGH;
    case ITEMS:
        item = part(tuple, LIST_ITEMS);
        if (item) {
            SAVE(PAIRS, ext_save_list_items(saver, frame->object, item));
            frame = &saver->frames[saver->depth - 1];
        }
        EXT_FALLTHROUGH;
    case PAIRS:
        item = part(tuple, DICT_ITEMS);
        if (item) {
            SAVE(STATES, ext_save_dict_items(saver, frame->object, item));
            frame = &saver->frames[saver->depth - 1];
        }
        EXT_FALLTHROUGH;
    case STATES:
        item = part(tuple, STATE);
        if (!item)
            return 0;
        if (!state_setter) {
            SAVE(BUILT, ext_save(saver, item, false));
            return ext_op(saver, BRN_OP_BYTE_BUILD);
        }
        SAVE(SETTER_OBJECT, ext_save(saver, state_setter, false));
        EXT_FALLTHROUGH;
    case SETTER_OBJECT: SAVE(SETTER_STATE, ext_save(saver, frame->object, false)); EXT_FALLTHROUGH;
    case SETTER_STATE:
        SAVE(SET, ext_save(saver, PyTuple_GET_ITEM(tuple, STATE), false));
        EXT_FALLTHROUGH;
    case SET:
        /* What the setter answers is of no interest. */
        return ext_done(brn_emit_op(&saver->out, BRN_OP_BYTE_TUPLE2) &&
                        brn_emit_op(&saver->out, BRN_OP_BYTE_REDUCE) &&
                        brn_emit_op(&saver->out, BRN_OP_BYTE_POP));
    default: return ext_op(saver, BRN_OP_BYTE_BUILD);
    }
#undef SAVE
}

/* ------------------------------------------------------------------------
 * Asking for the tuple
 * ------------------------------------------------------------------------ */

/* What a dispatch table has for this type: 1, 0 and NULL, or -1 and an exception. */
static int find_reducer(ext_saver *saver, PyTypeObject *type, PyObject **reducer)
{
    if (!saver->dispatch_table)
        return ext_dict_get_ref(saver->state->dispatch_table, (PyObject *)type, reducer);
    PyObject *table = Py_NewRef(saver->dispatch_table);
    *reducer = PyObject_GetItem(table, (PyObject *)type);
    Py_DECREF(table);
    if (*reducer)
        return 1;
    if (!PyErr_ExceptionMatches(PyExc_KeyError))
        return -1;
    PyErr_Clear();
    return 0;
}

/*
 * Whether all that object.__reduce_ex__ would do is call the __reduce__ of the object's class.  (What it looks for
 * in the class, before the class's own metaclass can have a say, is found in its bases.)
 */
static bool has_reduce_alone(const ext_saver *saver, PyObject *object)
{
    const ext_state *state = saver->state;
    PyTypeObject *type = Py_TYPE(object);
    PyObject *reduce = _PyType_Lookup(type, state->names.__reduce__);
    return reduce && (PyFunction_Check(reduce) || Py_IS_TYPE(reduce, &PyMethodDescr_Type)) &&
           !ext_inherits(type, &PyBaseObject_Type, state->names.__reduce__) &&
           ext_inherits(type, &PyBaseObject_Type, state->names.__reduce_ex__) &&
           Py_IS_TYPE(type, &PyType_Type) && !ext_may_have_hook(state, object);
}

static PyObject *call_reduce(ext_saver *saver, PyObject *object)
{
    PyObject *method;
    if (Py_TYPE(object)->tp_getattro == PyObject_GenericGetAttr) {
        if (has_reduce_alone(saver, object))
            return PyObject_CallMethodNoArgs(object, saver->state->names.__reduce__);
        /* Every object has it: an AttributeError can only come out of it. */
        PyObject *protocol = PyLong_FromLong(saver->out.protocol);
        PyObject *answer =
            protocol
                ? PyObject_CallMethodOneArg(object, saver->state->names.__reduce_ex__, protocol)
                : NULL;
        Py_XDECREF(protocol);
        return answer;
    }
    if (ext_lookup_attr(object, saver->state->names.__reduce_ex__, &method) < 0)
        return NULL;
    PyObject *answer = NULL;
    if (method) {
        PyObject *protocol = PyLong_FromLong(saver->out.protocol);
        if (protocol)
            answer = PyObject_CallOneArg(method, protocol);
        Py_XDECREF(protocol);
        Py_DECREF(method);
        return answer;
    }
    if (ext_lookup_attr(object, saver->state->names.__reduce__, &method) < 0)
        return NULL;
    if (method) {
        answer = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        return answer;
    }
#if NEW_WORDS
    PyErr_Format(saver->state->PicklingError, "Can't pickle %T object", object);
#else
    PyErr_Format(saver->state->PicklingError, "can't pickle '%.200s' object: %R",
                 Py_TYPE(object)->tp_name, object);
#endif
    return NULL;
}

/* What the object answers: a new reference. */
static PyObject *ask(ext_saver *saver, PyObject *object)
{
    PyObject *answer;
    int found = ext_ask_for_state(saver, object, &answer);
    if (found == 0)
        return call_reduce(saver, object);
    return found > 0 ? answer : NULL;
}

static int save_answered(ext_saver *saver, PyObject *object, PyObject *tuple)
{
    int result = ext_save_reduce(saver, tuple, object);
    if (result > 0) {
        ext_frame *top = &saver->frames[saver->depth - 1];
        if (top->kind != EXT_FRAME_REDUCE)
            top--; /* its arguments are on top of it */
        top->flags |= EXT_FRAME_ANSWER;
    }
    return result;
}

/* What a reducer answered; the reference is taken. */
static int save_answer(ext_saver *saver, PyObject *object, PyObject *answer)
{
    int result = -1;
    if (!answer)
        return -1;
    if (PyUnicode_Check(answer))
        result = ext_save_global(saver, object, answer);
    else if (PyTuple_Check(answer))
        result = save_answered(saver, object, answer);
    else
#if NEW_WORDS
        PyErr_Format(saver->state->PicklingError,
                     "__reduce__ must return a string or tuple, not %T", answer);
#else
        PyErr_SetString(saver->state->PicklingError, "__reduce__ must return a string or tuple");
#endif
#if NEW_WORDS
    if (result < 0 && !PyUnicode_Check(answer))
        Py_XSETREF(saver->unanswered, Py_NewRef(object));
#endif
    return ext_give_back(saver, answer) < 0 ? -1 : result;
}

/* The types of singletons are in no module: they are type(None), type(NotImplemented), type(...). */
static int save_type(ext_saver *saver, PyObject *object)
{
    PyObject *singletons[] = {Py_None, Py_Ellipsis, Py_NotImplemented};
    for (size_t i = 0; i < BRN_ARRAY_LEN(singletons); i++) {
        if (object == (PyObject *)Py_TYPE(singletons[i]))
            return ext_save_made(saver, Py_BuildValue("O(O)", &PyType_Type, singletons[i]), object);
    }
    return ext_save_global(saver, object, NULL);
}

int ext_save_other(ext_saver *saver, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (ext_before_foreign(saver) < 0)
        return -1;
    if (saver->reducer_override) {
        PyObject *answer = PyObject_CallOneArg(saver->reducer_override, object);
        if (answer != Py_NotImplemented)
            return save_answer(saver, object, answer);
        Py_DECREF(answer);
    }
    if (type == &PyType_Type)
        return save_type(saver, object);
    if (type == &PyFunction_Type)
        return ext_save_global(saver, object, NULL);

    PyObject *reducer;
    int found = find_reducer(saver, type, &reducer);
    if (found < 0)
        return -1;
    if (found) {
        PyObject *answer = PyObject_CallOneArg(reducer, object);
        Py_DECREF(reducer);
        return save_answer(saver, object, answer);
    }
    if (PyType_IsSubtype(type, &PyType_Type))
        return ext_save_global(saver, object, NULL);
    return save_answer(saver, object, ask(saver, object));
}
