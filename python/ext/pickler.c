/*
 * pickler.c - the type Pickler.
 *
 * Subclasses reach into it in every way CPython's lets them, so its attributes are CPython's of the
 * same version (for persistent_id, persistent.h says what they are).
 *
 * While a dump runs, user code runs: a pickler in use refuses to be used, which newer versions of
 * CPython do as well (gh-143638).
 */
#include "pickler.h"

#include "arguments.h"

#include <structmember.h>

#define HIGHEST_PROTOCOL 5

/* ------------------------------------------------------------------------
 * Setting up a saver
 * ------------------------------------------------------------------------ */

int ext_saver_set_protocol(ext_saver *saver, PyObject *protocol, PyObject *fix_imports)
{
    long number = EXT_DEFAULT_PROTOCOL;
    int fix = ext_argument_flag(fix_imports, 1);
    if (fix < 0)
        return -1;
    if (protocol && protocol != Py_None) {
        number = PyLong_AsLong(protocol);
        if (number == -1 && PyErr_Occurred())
            return -1;
        if (number < 0)
            number = HIGHEST_PROTOCOL;
        if (number > HIGHEST_PROTOCOL) {
            PyErr_Format(PyExc_ValueError, "pickle protocol must be <= %d", HIGHEST_PROTOCOL);
            return -1;
        }
    }
    saver->out.protocol = (int)number;
    saver->out.binary = number > 0;
    saver->fix_imports = fix && number < 3;
    return 0;
}

int ext_saver_set_file(ext_saver *saver, PyObject *file)
{
    if (ext_lookup_attr(file, saver->state->names.write, &saver->write) < 0)
        return -1;
    if (saver->write)
        return 0;
    PyErr_SetString(PyExc_TypeError, "file must have a 'write' attribute");
    return -1;
}

int ext_saver_set_buffer_callback(ext_saver *saver, PyObject *callback)
{
    if (!callback || callback == Py_None)
        return 0;
    if (saver->out.protocol < 5) {
        PyErr_SetString(PyExc_ValueError, "buffer_callback needs protocol >= 5");
        return -1;
    }
    saver->buffer_callback = Py_NewRef(callback);
    return 0;
}

int ext_saver_set_max_depth(ext_saver *saver, PyObject *max_depth)
{
    saver->max_depth = EXT_MAX_DEPTH;
    if (!max_depth || max_depth == Py_None)
        return 0;
    Py_ssize_t depth = PyNumber_AsSsize_t(max_depth, PyExc_OverflowError);
    if (depth == -1 && PyErr_Occurred())
        return -1;
    if (depth < 0) {
        PyErr_SetString(PyExc_ValueError, "max_depth must not be negative");
        return -1;
    }
    saver->max_depth = (size_t)depth;
    return 0;
}

void ext_saver_clear(ext_saver *saver)
{
    Py_CLEAR(saver->write);
    saver->persistent_self = NULL;
    Py_CLEAR(saver->persistent_id);
    Py_CLEAR(saver->dispatch_table);
    Py_CLEAR(saver->reducer_override);
    Py_CLEAR(saver->buffer_callback);
    Py_CLEAR(saver->fast_memo);
    ext_memo_clear(&saver->memo);
}

/* ------------------------------------------------------------------------
 * The object
 * ------------------------------------------------------------------------ */

int ext_pickler_begin(ext_pickler *pickler)
{
    if (pickler->running) {
        PyErr_SetString(PyExc_RuntimeError, "Pickler object is already used");
        return -1;
    }
    pickler->running = true;
    return 0;
}

static ext_pickler *pickler_of(PyObject *self)
{
    return (ext_pickler *)self;
}

static int clear(PyObject *self)
{
    ext_pickler *pickler = pickler_of(self);
    ext_saver_clear(&pickler->saver);
#if EXT_HOOKS_ARE_METHODS
    Py_CLEAR(pickler->persistent_id_attr);
#endif
    return 0;
}

static void dealloc(PyObject *self)
{
    ext_dealloc(self, clear);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    const ext_pickler *pickler = pickler_of(self);
    const ext_saver *saver = &pickler->saver;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(saver->write);
    Py_VISIT(saver->persistent_id);
    Py_VISIT(saver->dispatch_table);
    Py_VISIT(saver->reducer_override);
    Py_VISIT(saver->buffer_callback);
    Py_VISIT(saver->fast_memo);
#if EXT_HOOKS_ARE_METHODS
    Py_VISIT(pickler->persistent_id_attr);
#endif
    return ext_memo_visit(&saver->memo, visit, arg);
}

#if !EXT_HOOKS_ARE_METHODS
static int find_persistent_id(ext_saver *saver, PyObject *self)
{
    PyObject *function;
    bool bound;
    if (ext_hook_find(self, saver->state->names.persistent_id, &function, &bound) < 0)
        return -1;
    saver->persistent_self = bound ? self : NULL;
    Py_XSETREF(saver->persistent_id, function);
    return 0;
}
#endif

static const char *const init_names[] = {"file", "protocol", "fix_imports", "buffer_callback",
                                         "max_depth"};
static const ext_signature init_signature = {
    .function = "Pickler",
    .names = init_names,
    .count = 5,
    .positional = 4,
    .required = 1,
};

static int init_saver(ext_pickler *pickler, PyObject *const *values)
{
    ext_saver *saver = &pickler->saver;
    PyObject *self = (PyObject *)pickler;
    if (saver->write)
        (void)clear(self);
    if (ext_saver_set_protocol(saver, values[1], values[2]) < 0 ||
        ext_saver_set_max_depth(saver, values[4]) < 0 || ext_saver_set_file(saver, values[0]) < 0 ||
        ext_saver_set_buffer_callback(saver, values[3]) < 0)
        return -1;
    saver->fast = 0;
    saver->fast_nesting = 0;
#if !EXT_HOOKS_ARE_METHODS
    if (find_persistent_id(saver, self) < 0)
        return -1;
#endif
    if (saver->dispatch_table)
        return 0;
    return ext_lookup_attr(self, saver->state->names.dispatch_table, &saver->dispatch_table) < 0
               ? -1
               : 0;
}

static int init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    ext_pickler *pickler = pickler_of(self);
    PyObject *values[BRN_ARRAY_LEN(init_names)];
    if (!ext_arguments_of_tuple(&init_signature, args, kwargs, values))
        return -1;
    pickler->saver.state = ext_state_of_type(Py_TYPE(self));
    if (ext_pickler_begin(pickler) < 0)
        return -1;
    int result = init_saver(pickler, values);
    ext_pickler_end(pickler);
    return result;
}

/* ------------------------------------------------------------------------
 * Methods
 * ------------------------------------------------------------------------ */

#if EXT_HOOKS_ARE_METHODS
static PyObject *persistent_id(PyObject *self, PyObject *object)
{
    (void)self;
    (void)object;
    Py_RETURN_NONE;
}

/* Unless it is our own method, which answers None. */
static int find_persistent_id(ext_saver *saver, PyObject *self)
{
    PyObject *method = PyObject_GetAttr(self, saver->state->names.persistent_id);
    if (!method)
        return -1;
    if (PyCFunction_Check(method) && PyCFunction_GET_SELF(method) == self &&
        PyCFunction_GET_FUNCTION(method) == persistent_id)
        Py_CLEAR(method);
    Py_XSETREF(saver->persistent_id, method);
    return 0;
}
#endif

/* The hooks of this dump, which may be bound to the pickler, and are dropped again after it. */
static int find_hooks(ext_pickler *pickler)
{
    ext_saver *saver = &pickler->saver;
    PyObject *self = (PyObject *)pickler;
#if EXT_HOOKS_ARE_METHODS
    if (find_persistent_id(saver, self) < 0)
        return -1;
#endif
    PyObject *override;
    if (ext_lookup_attr(self, saver->state->names.reducer_override, &override) < 0)
        return -1;
    Py_XSETREF(saver->reducer_override, override);
    return 0;
}

static void drop_hooks(ext_saver *saver)
{
#if EXT_HOOKS_ARE_METHODS
    Py_CLEAR(saver->persistent_id);
#endif
    Py_CLEAR(saver->reducer_override);
}

PyDoc_STRVAR(dump_doc, "dump($self, obj, /)\n"
                       "--\n\n"
                       "Write a pickle of obj to the file.\n\n"
                       "What this pickler has written before is referred to, not written again.");

static PyObject *dump(PyObject *self, PyObject *object)
{
    ext_pickler *pickler = pickler_of(self);
    if (!pickler->saver.write) {
        PyErr_Format(ext_state_of_type(Py_TYPE(self))->PicklingError,
                     "Pickler.__init__() was not called by %s.__init__()", Py_TYPE(self)->tp_name);
        return NULL;
    }
    if (ext_pickler_begin(pickler) < 0)
        return NULL;
    PyObject *result = NULL;
    if (find_hooks(pickler) == 0)
        result = ext_saver_run(&pickler->saver, object);
    drop_hooks(&pickler->saver);
    ext_pickler_end(pickler);
    return result;
}

PyDoc_STRVAR(clear_memo_doc, "clear_memo($self, /)\n"
                             "--\n\n"
                             "Forget what has been written, so that it is written anew.");

PyObject *ext_pickler_clear_memo(PyObject *self)
{
    ext_pickler *pickler = pickler_of(self);
    if (ext_pickler_begin(pickler) < 0)
        return NULL;
    ext_memo_clear(&pickler->saver.memo);
    ext_pickler_end(pickler);
    Py_RETURN_NONE;
}

static PyObject *clear_memo(PyObject *self, PyObject *unused)
{
    (void)unused;
    return ext_pickler_clear_memo(self);
}

PyDoc_STRVAR(sizeof_doc, "__sizeof__($self, /)\n"
                         "--\n\n"
                         "Return the size in memory, in bytes.");

static PyObject *size_of(PyObject *self, PyObject *unused)
{
    (void)unused;
    const ext_pickler *pickler = pickler_of(self);
    return PyLong_FromSize_t((size_t)Py_TYPE(self)->tp_basicsize +
                             ext_memo_size(&pickler->saver.memo));
}

static PyMethodDef methods[] = {
#if EXT_HOOKS_ARE_METHODS
    {"persistent_id", persistent_id, METH_O, PyDoc_STR("persistent_id($self, obj, /)\n--\n\n")},
#endif
    {"dump", dump, METH_O, dump_doc},
    {"clear_memo", clear_memo, METH_NOARGS, clear_memo_doc},
    {"__sizeof__", size_of, METH_NOARGS, sizeof_doc},
    {NULL, NULL, 0, NULL},
};

/* ------------------------------------------------------------------------
 * Attributes
 * ------------------------------------------------------------------------ */

static PyObject *get_memo(PyObject *self, void *unused)
{
    (void)unused;
    return ext_pickler_memo_new(pickler_of(self));
}

static int set_memo(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    ext_pickler *pickler = pickler_of(self);
    if (!value)
        return ext_refuse_deletion();
    if (ext_pickler_begin(pickler) < 0)
        return -1;
    ext_memo memo = {0};
    int result = ext_pickler_memo_read(&memo, ext_state_of_type(Py_TYPE(self)), value);
    if (result == 0) {
        ext_memo old = pickler->saver.memo;
        pickler->saver.memo = memo;
        memo = old;
    }
    ext_memo_clear(&memo);
    ext_pickler_end(pickler);
    return result;
}

#define HOOK "persistent_id"

#if EXT_HOOKS_ARE_METHODS
static PyObject *get_attribute(PyObject *self, PyObject *name)
{
    return ext_hook_getattr(self, name, HOOK, pickler_of(self)->persistent_id_attr);
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
    return ext_hook_setattr(self, name, value, HOOK, &pickler_of(self)->persistent_id_attr);
}
#else
static PyObject *get_persistent_id(PyObject *self, void *unused)
{
    (void)unused;
    const ext_saver *saver = &pickler_of(self)->saver;
    return ext_hook_get(self, HOOK, saver->persistent_id, saver->persistent_self != NULL);
}

static int set_persistent_id(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    ext_saver *saver = &pickler_of(self)->saver;
    if (ext_hook_check(HOOK, value) < 0)
        return -1;
    saver->persistent_self = NULL;
    Py_XSETREF(saver->persistent_id, Py_NewRef(value));
    ext_saver_reconsider(saver);
    return 0;
}
#endif

/* Numbers that are members, but for what has to be known of a change. */
static PyMemberDef numbers[] = {
    {"bin", T_INT, offsetof(ext_pickler, saver.out.binary), 0, NULL},
    {"fast", T_INT, offsetof(ext_pickler, saver.fast), 0, NULL},
};

static PyObject *get_number(PyObject *self, void *member)
{
    return PyMember_GetOne((const char *)self, member);
}

static int set_number(PyObject *self, PyObject *value, void *member)
{
    int result = PyMember_SetOne((char *)self, member, value);
    ext_saver_reconsider(&pickler_of(self)->saver);
    return result;
}

static PyMemberDef members[] = {
    {"dispatch_table", T_OBJECT_EX, offsetof(ext_pickler, saver.dispatch_table), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef getsets[] = {
    {"memo", get_memo, set_memo, NULL, NULL},
    {"bin", get_number, set_number, NULL, &numbers[0]},
    {"fast", get_number, set_number, NULL, &numbers[1]},
#if !EXT_HOOKS_ARE_METHODS
    {HOOK, get_persistent_id, set_persistent_id, NULL, NULL},
#endif
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(pickler_doc,
             "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None, *,\n"
             "        max_depth=None)\n"
             "--\n\n"
             "Write pickles to the open file object file.\n\n"
             "The same bytes as pickle.Pickler writes, in any protocol, and in the same calls of\n"
             "file.write.  max_depth is how many containers may be nested in each other; an\n"
             "object that makes its own state anew counts for more than one.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)pickler_doc},
    {Py_tp_new, (void *)(uintptr_t)PyType_GenericNew},
    {Py_tp_init, (void *)(uintptr_t)init},
    {Py_tp_dealloc, (void *)(uintptr_t)dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)traverse},
    {Py_tp_clear, (void *)(uintptr_t)clear},
#if EXT_HOOKS_ARE_METHODS
    {Py_tp_getattro, (void *)(uintptr_t)get_attribute},
    {Py_tp_setattro, (void *)(uintptr_t)set_attribute},
#endif
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, getsets},
    {0, NULL},
};

PyType_Spec ext_pickler_spec = {
    .name = "brinery._brinery.Pickler",
    .basicsize = sizeof(ext_pickler),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
