/*
 * load_path.c - the path of an error: which value was being built, as Python would
 * spell the way to it from the object of the pickle, `obj`.
 *
 * Nothing is recorded while loading; when an error happens, the stack still shows what
 * is under construction: each mark has its items above it and the container they will go into below
 * it.  What the stack cannot show is guessed as picklers write it.  No user code runs: only exact
 * builtin types are looked into, and only those are shown.
 */
#include "load.h"

#define PATH_SIZE 512
#define KEY_SIZE 60

typedef struct trail {
    ext_loader *h;
    PyObject *text;
} trail;

/* Add an object's text, which is taken over.  A step that cannot be shown is "...". */
static void add(trail *t, PyObject *step)
{
    if (!step)
        PyErr_Clear();
    if (t->text && PyUnicode_GET_LENGTH(t->text) < PATH_SIZE) {
        PyObject *longer =
            step ? PyUnicode_Concat(t->text, step) : PyUnicode_FromFormat("%U[...]", t->text);
        if (!longer)
            PyErr_Clear();
        Py_XSETREF(t->text, longer);
    }
    Py_XDECREF(step);
}

static void add_index(trail *t, size_t index)
{
    add(t, PyUnicode_FromFormat("[%zu]", index));
}

/* Three levels at most. */
// NOLINTNEXTLINE(misc-no-recursion)
static bool has_plain_repr(PyObject *key, int depth)
{
    if (key == Py_None || PyBool_Check(key) || PyFloat_CheckExact(key))
        return true;
    /* repr() of what is long takes long, or fails. */
    if (PyLong_CheckExact(key))
        return _PyLong_NumBits(key) < 1000;
    if (PyUnicode_CheckExact(key))
        return PyUnicode_GET_LENGTH(key) < 10000;
    if (PyBytes_CheckExact(key))
        return PyBytes_GET_SIZE(key) < 10000;
    if (!PyTuple_CheckExact(key) || depth > 2 || PyTuple_GET_SIZE(key) > 10)
        return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
        if (!has_plain_repr(PyTuple_GET_ITEM(key, i), depth + 1))
            return false;
    }
    return true;
}

/* [key], or .key if the dict is the state of an object. */
static void add_key(trail *t, PyObject *key, bool is_state)
{
    if (!has_plain_repr(key, 0)) {
        add(t, NULL);
        return;
    }
    if (is_state && PyUnicode_CheckExact(key) && PyUnicode_IsIdentifier(key) == 1 &&
        PyUnicode_GET_LENGTH(key) < KEY_SIZE) {
        add(t, PyUnicode_FromFormat(".%U", key));
        return;
    }
    PyObject *repr = PyObject_Repr(key);
    if (repr && PyUnicode_GET_LENGTH(repr) > KEY_SIZE) {
        PyObject *head = PyUnicode_Substring(repr, 0, KEY_SIZE - 3);
        Py_SETREF(repr, head ? PyUnicode_FromFormat("%U...", head) : NULL);
        Py_XDECREF(head);
    }
    add(t, repr ? PyUnicode_FromFormat("[%U]", repr) : NULL);
    Py_XDECREF(repr);
}

static bool is_callable(PyObject *value)
{
    return PyType_Check(value) || PyFunction_Check(value) || PyCFunction_Check(value);
}

/* An instance of something: what state is given to, and what a call may have made. */
static bool is_object(PyObject *value)
{
    return !(value == Py_None || value == Py_True || value == Py_False ||
             PyLong_CheckExact(value) || PyFloat_CheckExact(value) || PyUnicode_CheckExact(value) ||
             PyBytes_CheckExact(value) || PyByteArray_CheckExact(value) ||
             PyTuple_CheckExact(value) || PyList_CheckExact(value) || PyDict_CheckExact(value) ||
             PyAnySet_CheckExact(value) || is_callable(value));
}

static bool can_be_filled(PyObject *value)
{
    return PyList_CheckExact(value) || PyDict_CheckExact(value) || PySet_CheckExact(value) ||
           is_callable(value) || is_object(value);
}

/* How many items the list part of a container has already. */
static size_t entries(PyObject *value)
{
    return PyList_Check(value) ? (size_t)PyList_GET_SIZE(value) : 0;
}

/*
 * `count` items stand above `owner` (NULL if a mark does), the last of which is a container
 * being filled if `open`, else the next item is about to be made.
 */
static void add_step(trail *t, PyObject *owner, PyObject *const *items, size_t count, bool open,
                     bool is_state)
{
    size_t index = open ? count - 1 : count;
    if (!owner || PyTuple_CheckExact(owner)) {
        add_index(t, index);
    } else if (PyDict_CheckExact(owner)) {
        if (index % 2 == 1)
            add_key(t, items[index - 1], is_state);
    } else if (PySet_CheckExact(owner)) {
        return;
    } else if (is_callable(owner)) {
        add(t, PyUnicode_FromFormat(".__args__[%zu]", index));
    } else if (!PyList_Check(owner) && count > 0 && PyUnicode_CheckExact(items[0]) &&
               index % 2 == 1) {
        add_key(t, items[index - 1], false);
    } else {
        add_index(t, entries(owner) + index);
    }
}

/* Does the opcode at work change the value on top of the stack? */
static bool changes_top(const ext_loader *h)
{
    switch (brn_reader_op_byte(&h->m.in)) {
    case BRN_OP_BYTE_APPEND:
    case BRN_OP_BYTE_APPENDS:
    case BRN_OP_BYTE_SETITEM:
    case BRN_OP_BYTE_SETITEMS:
    case BRN_OP_BYTE_ADDITEMS:
    case BRN_OP_BYTE_BUILD: return true;
    default: return false;
    }
}

/*
 * The steps below all marks.  In the end only the pickle's own value will be there, so what stands
 * above a list, dict or object is on its way into it by APPEND, SETITEM or BUILD.
 * Returns whether the topmost is a dict that will be a state.
 */
static bool add_first_steps(trail *t, PyObject *const *items, size_t count, bool open)
{
    bool is_state = false;
    for (size_t i = 0; i + 1 < count;) {
        bool into_next = open || i + 2 < count;
        if (PyDict_CheckExact(items[i])) {
            if (open && i + 2 == count)
                break; /* the key */
            add_key(t, items[i + 1], is_state);
            is_state = false;
            i += 2;
        } else if (PyList_CheckExact(items[i]) && into_next) {
            add_index(t, entries(items[i]));
            i++;
        } else if (is_object(items[i]) && PyDict_CheckExact(items[i + 1])) {
            is_state = true;
            i++;
        } else {
            break;
        }
        if (t->text && PyUnicode_GET_LENGTH(t->text) >= PATH_SIZE)
            break;
    }
    return is_state;
}

/*
 * The same above a mark, where only one thing is clear enough: an object with a dict of one
 * attribute above it.  Returns the place of that attribute's name among the items, or 0.
 */
static size_t lone_attribute(PyObject *const *items, size_t count, bool open)
{
    size_t name = count - (open ? 2 : 1);
    if (count < (open ? 4 : 3) || !PyUnicode_CheckExact(items[name]))
        return 0;
    bool waits = PyDict_CheckExact(items[name - 1]) && PyDict_GET_SIZE(items[name - 1]) == 0 &&
                 is_object(items[name - 2]);
    return waits ? name : 0;
}

PyObject *ext_load_path(ext_loader *h)
{
    trail t = {h, PyUnicode_FromString("obj")};
    PyObject *const *stack = h->m.stack;
    size_t at = 0; /* the items above the last mark begin here */
    PyObject *owner = NULL;
    bool is_state = false;
    for (size_t k = 0; t.text && k <= h->m.mark_count; k++) {
        if (PyUnicode_GET_LENGTH(t.text) >= PATH_SIZE) {
            add(&t, NULL);
            break;
        }
        size_t end = k < h->m.mark_count ? h->m.marks[k] : h->m.depth;
        size_t count = end - at;
        bool last = k == h->m.mark_count;
        bool open = count > 0 && (last ? changes_top(h) : can_be_filled(stack[end - 1]));
        bool state_next =
            open && count > 1 && PyDict_CheckExact(stack[end - 1]) && is_object(stack[end - 2]);
        size_t name = k > 0 ? lone_attribute(stack + at, count, open) : 0;
        if (k == 0) {
            state_next = add_first_steps(&t, stack, count, open);
        } else if (name > 0) {
            add_step(&t, owner, stack + at, name - 1, true, is_state);
            add_key(&t, stack[at + name], true);
        } else {
            /* An object and its state are one item. */
            add_step(&t, owner, stack + at, state_next ? count - 1 : count, open, is_state);
        }
        owner = open ? stack[end - 1] : NULL;
        is_state = state_next;
        at = end;
    }
    return t.text;
}
