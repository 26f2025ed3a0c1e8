/*
 * save_path.c - saying where in the object a dump failed.
 *
 * Nothing is kept for this while all goes well: the frames that the saver needs anyway name the
 * containers, and how far each of them has come.
 */
#include "save_path.h"

#include "explain.h"

/* Longer texts and longer paths are cut. */
#define MAX_TEXT 60
#define MAX_FRAMES 64
#define MAX_TUPLE 3

/* ------------------------------------------------------------------------
 * Keys
 * ------------------------------------------------------------------------ */

static PyObject *type_name(PyObject *object)
{
    return PyUnicode_FromFormat("<%.200s>", Py_TYPE(object)->tp_name);
}

/* The repr of a str or bytes, or of its beginning. */
static PyObject *short_repr(PyObject *text)
{
    if (PySequence_Size(text) <= MAX_TEXT)
        return PyObject_Repr(text);
    PyObject *start = PySequence_GetSlice(text, 0, MAX_TEXT);
    PyObject *repr = start ? PyUnicode_FromFormat("%R...", start) : NULL;
    Py_XDECREF(start);
    return repr;
}

static PyObject *atom_repr(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyUnicode_Type || type == &PyBytes_Type)
        return short_repr(object);
    if (object == Py_None || type == &PyBool_Type || type == &PyFloat_Type)
        return PyObject_Repr(object);
    if (type == &PyLong_Type) {
        int overflow;
        (void)PyLong_AsLongLongAndOverflow(object, &overflow);
        return overflow ? type_name(object) : PyObject_Repr(object);
    }
    return type_name(object);
}

static PyObject *tuple_repr(PyObject *tuple)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    PyObject *text = PyUnicode_FromString("(");
    for (Py_ssize_t i = 0; text && i < size && i < MAX_TUPLE; i++) {
        PyObject *item = atom_repr(PyTuple_GET_ITEM(tuple, i));
        Py_SETREF(text, item ? PyUnicode_FromFormat("%U%s%U", text, i ? ", " : "", item) : NULL);
        Py_XDECREF(item);
    }
    const char *end = size > MAX_TUPLE ? ", ...)" : size == 1 ? ",)" : ")";
    if (text)
        Py_SETREF(text, PyUnicode_FromFormat("%U%s", text, end));
    return text;
}

static PyObject *key_repr(PyObject *key)
{
    return Py_IS_TYPE(key, &PyTuple_Type) ? tuple_repr(key) : atom_repr(key);
}

/* `format` has one %U, for the key. */
static PyObject *with_key(const char *format, PyObject *key)
{
    PyObject *repr = key_repr(key);
    PyObject *text = repr ? PyUnicode_FromFormat(format, repr) : NULL;
    Py_XDECREF(repr);
    return text;
}

/* ------------------------------------------------------------------------
 * Frames
 * ------------------------------------------------------------------------ */

static PyObject *nothing(void)
{
    return PyUnicode_FromString("");
}

/* What is being saved in a dict's frame: the key, borrowed, or NULL. */
static PyObject *key_of(const ext_frame *frame)
{
    if (frame->kind == EXT_FRAME_DICT)
        return frame->source;
    if (frame->kind != EXT_FRAME_DICT_ITEMS || !frame->pending)
        return NULL;
    return PyTuple_GET_ITEM(frame->pending, 0);
}

/* An attribute or slot of an instance. */
static PyObject *attribute_segment(PyObject *name)
{
    if (PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) <= MAX_TEXT &&
        PyUnicode_IsIdentifier(name) > 0)
        return PyUnicode_FromFormat(".%U", name);
    return with_key(".__dict__[%U]", name);
}

static PyObject *dict_segment(const ext_frame *frame, bool is_state)
{
    PyObject *key = key_of(frame);
    if (!key)
        return nothing();
    if (frame->stage == EXT_STAGE_KEY)
        return with_key(is_state ? ".__dict__[key %U]" : "[key %U]", key);
    return is_state ? attribute_segment(key) : with_key("[%U]", key);
}

static const char *reduce_segment(const ext_frame *frame)
{
    switch (ext_reduce_part(frame)) {
    case EXT_PART_CALLABLE: return ".__reduce__()[0]";
    case EXT_PART_CLASS: return ""; /* what cannot be saved is an instance of it */
    case EXT_PART_ARGUMENTS: return ".__reduce__()[1]";
    case EXT_PART_NEW_ARGUMENTS: return ".__reduce__()[1][1]";
    case EXT_PART_KEYWORDS: return ".__reduce__()[1][2]";
    case EXT_PART_STATE: return ".__reduce__()[2]";
    case EXT_PART_SETTER: return ".__reduce__()[5]";
    default: return "";
    }
}

static PyObject *instance_segment(const ext_frame *frame)
{
    if (frame->stage == EXT_INSTANCE_ITEMS)
        return PyUnicode_FromFormat(".__reduce__()[1][%zd]", frame->index);
    if (frame->stage == EXT_INSTANCE_TUPLE)
        return PyUnicode_FromFormat(".__reduce__()[1][1][%zd]", frame->index - 1);
    return frame->pending ? attribute_segment(frame->pending) : nothing();
}

/* The frame in which this one's items are, and what to say of its own place there. */
typedef struct place {
    bool is_state;      /* the dict is an object's state */
    bool is_state_pair; /* the tuple is (dict, dict of slots) */
    bool is_elements;   /* the list is what a set is made from */
    bool is_call;       /* the tuple has a set's list in it */
    Py_ssize_t offset;  /* to be added to indices */
} place;

/* A list or dict itself, not a reduced object whose items an iterator gives. */
static bool is_list(const ext_frame *frame)
{
    return frame->kind == EXT_FRAME_LIST ||
           (frame->kind == EXT_FRAME_LIST_ITEMS && PyList_CheckExact(frame->object));
}

static bool is_dict(const ext_frame *frame)
{
    return frame->kind == EXT_FRAME_DICT ||
           (frame->kind == EXT_FRAME_DICT_ITEMS && PyDict_CheckExact(frame->object));
}

/* What a frame is to the reduce frame below it. */
static place place_in_reduce(const ext_frame *frame, const ext_frame *below)
{
    place at = {0};
    ext_reduce_part_kind part = ext_reduce_part(below);
    bool is_set = below->object && (Py_IS_TYPE(below->object, &PySet_Type) ||
                                    Py_IS_TYPE(below->object, &PyFrozenSet_Type));
    at.is_state = part == EXT_PART_STATE && is_dict(frame);
    at.is_state_pair = part == EXT_PART_STATE && frame->kind == EXT_FRAME_TUPLE &&
                       PyTuple_GET_SIZE(frame->object) == 2;
    at.is_call = is_set && part == EXT_PART_ARGUMENTS;
    if (part == EXT_PART_ARGUMENTS && (below->flags & EXT_SPELLING) == EXT_REDUCE_NEWOBJ)
        at.offset = 1;
    return at;
}

/* What the frame at `index` is to those below it. */
static place place_of(const ext_saver *saver, size_t index)
{
    const ext_frame *frame = &saver->frames[index];
    place at = {0};
    if (index >= 1 && frame[-1].kind == EXT_FRAME_INSTANCE)
        at.is_state = frame[-1].stage == EXT_INSTANCE_BUILD && is_dict(frame);
    if (index >= 1 && frame[-1].kind == EXT_FRAME_REDUCE)
        return place_in_reduce(frame, frame - 1);
    if (index >= 2 && frame[-1].kind == EXT_FRAME_TUPLE && frame[-2].kind == EXT_FRAME_REDUCE) {
        place outer = place_in_reduce(frame - 1, frame - 2);
        at.is_state = outer.is_state_pair && is_dict(frame);
        at.is_elements = outer.is_call && is_list(frame);
    }
    return at;
}

/* Does the frame above say all that is to say? */
static bool is_passed_over(const ext_saver *saver, size_t index)
{
    if (index + 1 == saver->depth)
        return false;
    place above = place_of(saver, index + 1);
    if (above.is_state || above.is_elements || above.is_call)
        return true;
    /* The pair, if what follows it is one of its dicts. */
    return above.is_state_pair && index + 2 < saver->depth && place_of(saver, index + 2).is_state;
}

static PyObject *item_segment(const ext_frame *frame, const place *at)
{
    if (at->is_elements && frame->index <= PyList_GET_SIZE(frame->object))
        return with_key("{%U}", PyList_GET_ITEM(frame->object, frame->index - 1));
    return PyUnicode_FromFormat("[%zd]", frame->index - 1 + at->offset);
}

/* How one frame leads to the next; a new reference. */
static PyObject *segment(const ext_saver *saver, size_t index)
{
    const ext_frame *frame = &saver->frames[index];
    if (frame->flags & EXT_FRAME_ITSELF || is_passed_over(saver, index))
        return nothing();
    place at = place_of(saver, index);
    switch (frame->kind) {
    case EXT_FRAME_LIST:
    case EXT_FRAME_LIST_ITEMS:
    case EXT_FRAME_TUPLE: return frame->index > 0 ? item_segment(frame, &at) : nothing();
    case EXT_FRAME_DICT:
    case EXT_FRAME_DICT_ITEMS: return dict_segment(frame, at.is_state);
    case EXT_FRAME_SET:
    case EXT_FRAME_FROZENSET: return frame->pending ? with_key("{%U}", frame->pending) : nothing();
    case EXT_FRAME_REDUCE: return PyUnicode_FromString(reduce_segment(frame));
    case EXT_FRAME_INSTANCE: return instance_segment(frame);
    case EXT_FRAME_PERSID: return PyUnicode_FromString(".persistent_id()");
    default: return nothing();
    }
}

PyObject *ext_save_path(const ext_saver *saver)
{
    PyObject *pieces = PyList_New(0);
    PyObject *piece = pieces ? PyUnicode_FromString("obj") : NULL;
    size_t index = 0;
    while (piece && PyList_Append(pieces, piece) == 0 && index < saver->depth) {
        if (saver->depth > MAX_FRAMES && index == MAX_FRAMES / 2) {
            Py_SETREF(piece, PyUnicode_FromString("..."));
            index = saver->depth - MAX_FRAMES / 2;
        } else {
            Py_SETREF(piece, segment(saver, index++));
        }
    }
    Py_XDECREF(piece);
    PyObject *path = NULL;
    if (!PyErr_Occurred()) {
        PyObject *empty = nothing();
        if (empty)
            path = PyUnicode_Join(empty, pieces);
        Py_XDECREF(empty);
    }
    Py_XDECREF(pieces);
    return path;
}

/* ------------------------------------------------------------------------
 * The exception
 * ------------------------------------------------------------------------ */

#if PY_VERSION_HEX >= 0x030e0000
/* CPython stops at its recursion limit; here there may be millions. */
#define MAX_NOTES 1000

/* The note of a frame about its child, or NULL. */
static PyObject *child_note(const ext_frame *frame)
{
    static const char *const parts[] = {
        [EXT_PART_CALLABLE] = "reconstructor",
        [EXT_PART_CLASS] = "class",
        [EXT_PART_ARGUMENTS] = "reconstructor arguments",
        [EXT_PART_NEW_ARGUMENTS] = "__new__ arguments",
        [EXT_PART_KEYWORDS] = "__new__ arguments",
        [EXT_PART_STATE] = "state",
        [EXT_PART_SETTER] = "state setter",
        [EXT_PART_OTHER] = NULL,
    };
    PyObject *key;
    const char *what;
    switch (frame->kind) {
    case EXT_FRAME_LIST:
    case EXT_FRAME_LIST_ITEMS:
    case EXT_FRAME_TUPLE:
        return PyUnicode_FromFormat("when serializing %T item %zd", frame->object,
                                    frame->index - 1);
    case EXT_FRAME_DICT:
    case EXT_FRAME_DICT_ITEMS:
        key = key_of(frame);
        if (!key || frame->stage == EXT_STAGE_KEY)
            return NULL;
        return PyUnicode_FromFormat("when serializing %T item %R", frame->object, key);
    case EXT_FRAME_SET:
    case EXT_FRAME_FROZENSET:
        return PyUnicode_FromFormat("when serializing %T element", frame->object);
    case EXT_FRAME_REDUCE:
        what = parts[ext_reduce_part(frame)];
        if ((frame->flags & EXT_SPELLING) == EXT_REDUCE_PARTIAL && what)
            what = ext_reduce_part(frame) == EXT_PART_ARGUMENTS ? "reconstructor" : what;
        if ((frame->flags & EXT_SPELLING) == EXT_REDUCE_NEWOBJ &&
            ext_reduce_part(frame) == EXT_PART_ARGUMENTS)
            what = "__new__ arguments";
        if (!what)
            return NULL;
        return PyUnicode_FromFormat("when serializing %T %s", frame->object, what);
    default: return NULL;
    }
}

/* Takes the reference; what goes wrong here is of no interest. */
static void add_note(ext_saver *saver, PyObject *exception, PyObject *note)
{
    if (note) {
        PyObject *done = PyObject_CallMethodOneArg(exception, saver->state->names.add_note, note);
        Py_XDECREF(done);
        Py_DECREF(note);
    }
    PyErr_Clear();
}

/* Of an instance: of all that CPython would have made for it. */
static void add_instance_notes(ext_saver *saver, PyObject *exception, const ext_frame *frame)
{
    if (frame->stage == EXT_INSTANCE_DICT)
        return; /* its items are being saved, in a frame of theirs */
    bool is_nested = frame->stage == EXT_INSTANCE_TUPLE;
    bool is_item = frame->stage == EXT_INSTANCE_ITEMS || is_nested;
    if (is_item)
        add_note(saver, exception,
                 PyUnicode_FromFormat("when serializing tuple item %zd", frame->index - 1));
    else if (frame->pending)
        add_note(saver, exception,
                 PyUnicode_FromFormat("when serializing dict item %R", frame->pending));
    if (frame->stage == EXT_INSTANCE_SLOTS)
        add_note(saver, exception, PyUnicode_FromString("when serializing tuple item 1"));
    if (is_nested)
        add_note(saver, exception, PyUnicode_FromString("when serializing tuple item 0"));
    add_note(saver, exception,
             PyUnicode_FromFormat("when serializing %T %s", frame->object,
                                  is_item ? "__new__ arguments" : "state"));
    add_note(saver, exception, PyUnicode_FromFormat("when serializing %T object", frame->object));
}

static void add_notes(ext_saver *saver, PyObject *exception)
{
    if (saver->unanswered)
        add_note(saver, exception,
                 PyUnicode_FromFormat("when serializing %T object", saver->unanswered));
    size_t notes = 0;
    for (size_t i = saver->depth; i-- > 0 && notes < MAX_NOTES; notes++) {
        const ext_frame *frame = &saver->frames[i];
        if (frame->kind == EXT_FRAME_INSTANCE)
            add_instance_notes(saver, exception, frame);
        else if (!(frame->flags & EXT_FRAME_ITSELF))
            add_note(saver, exception, child_note(frame));
        if (frame->flags & EXT_FRAME_ANSWER)
            add_note(saver, exception,
                     PyUnicode_FromFormat("when serializing %T object", frame->object));
    }
}
#endif

/* As an attribute of the exception object itself: a __setattr__ of its class is not asked. */
void ext_save_explain(ext_saver *saver)
{
    PyObject *raised = ext_take_exception();
#if PY_VERSION_HEX >= 0x030e0000
    if (raised)
        add_notes(saver, raised);
#endif
    PyObject *path = ext_save_path(saver);
    PyErr_Clear();
    ext_put_exception(raised);
    ext_explain_dump(saver->state, path, saver->culprit);
    Py_XDECREF(path);
}
