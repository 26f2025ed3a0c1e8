/*
 * unpickler.c - the type Unpickler.
 *
 * The object keeps what outlives one load: the file with what has been read of it, the memo, the settings.
 * While a load is at work the object is in use, and nothing else may use it: re-entrant and
 * concurrent calls raise RuntimeError.
 */
#include "load.h"
#include "persistent.h"

#define HOOK "persistent_load"

int ext_unpickler_check_idle(ext_unpickler *self)
{
    if (!self->running)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "Unpickler object is already used");
    return -1;
}

/* ------------------------------------------------------------------------
 * Making and freeing
 * ------------------------------------------------------------------------ */

static int clear(PyObject *object)
{
    ext_unpickler *self = (ext_unpickler *)object;
    ext_file_close(&self->file);
    Py_CLEAR(self->buffers);
    Py_CLEAR(self->encoding);
    Py_CLEAR(self->errors);
    Py_CLEAR(self->persistent_load);
    Py_CLEAR(self->names.rename);
    self->persistent_load_bound = false;
    ext_memo_release(&self->memo, &self->memory);
    return 0;
}

static PyObject *new_unpickler(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    ext_unpickler *self = (ext_unpickler *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    ext_state *state = ext_state_of_type(type);
    brn_memory_init(&self->memory, &ext_alloc, BRN_UNLIMITED);
    brn_memo_init(&self->memo, state->hash_seed);
    self->max_depth = BRN_UNLIMITED;
    return (PyObject *)self;
}

static void dealloc(PyObject *self)
{
    ext_dealloc(self, clear);
}

static int traverse(ext_unpickler *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->buffers);
    Py_VISIT(self->encoding);
    Py_VISIT(self->errors);
    Py_VISIT(self->persistent_load);
    Py_VISIT(self->names.rename);
    size_t place = 0;
    uint64_t index;
    for (PyObject *value; (value = brn_memo_next(&self->memo, &place, &index));)
        Py_VISIT(value);
    return ext_file_visit(&self->file, visit, arg);
}

#if !EXT_HOOKS_ARE_METHODS
static int find_persistent_load(ext_state *state, ext_unpickler *self)
{
    PyObject *function;
    bool bound;
    if (ext_hook_find((PyObject *)self, state->names.persistent_load, &function, &bound) < 0)
        return -1;
    self->persistent_load_bound = bound;
    Py_XSETREF(self->persistent_load, function);
    return 0;
}
#endif

#define DEFAULT_ERRORS "strict"

/* A str of our own, or NULL for the default. */
static int keep_text(PyObject **kept, const char *text, const char *standard)
{
    if (strcmp(text, standard) == 0)
        return 0;
    *kept = PyUnicode_FromString(text);
    return *kept ? 0 : -1;
}

static int init(ext_unpickler *self, PyObject *args, PyObject *kwargs)
{
    PyObject *file;
    ext_load_options options;
    if (ext_load_parse(args, kwargs, &file, &options) < 0)
        return -1;
    ext_state *state = ext_state_of_type(Py_TYPE(self));
    PyObject *encoding = NULL;
    PyObject *errors = NULL;
    if (keep_text(&encoding, options.encoding, ext_default_encoding) < 0 ||
        keep_text(&errors, options.errors, DEFAULT_ERRORS) < 0) {
        Py_XDECREF(encoding);
        Py_XDECREF(options.rename);
        return -1;
    }
    PyObject *buffers = options.buffers ? PyObject_GetIter(options.buffers) : NULL;
    ext_file opened = {NULL};
    if (ext_unpickler_check_idle(self) < 0 || ext_file_open(state, &opened, file) < 0 ||
        (options.buffers && !buffers) || ext_unpickler_check_idle(self) < 0) {
        ext_file_close(&opened);
        Py_XDECREF(encoding);
        Py_XDECREF(errors);
        Py_XDECREF(buffers);
        Py_XDECREF(options.rename);
        return -1;
    }
    self->running = true; /* what clearing releases may have a finaliser */
    (void)clear((PyObject *)self);
    self->running = false;
    self->file = opened;
    self->encoding = encoding;
    self->errors = errors;
    self->buffers = buffers;
    self->names = (ext_names){options.fix_imports, options.opaque, options.rename};
    self->max_depth = options.max_depth;
    self->protocol = 0;
#if !EXT_HOOKS_ARE_METHODS
    return find_persistent_load(state, self);
#else
    return 0;
#endif
}

/* ------------------------------------------------------------------------
 * Methods
 * ------------------------------------------------------------------------ */

/* The function for persistent ids of this load: 0, or -1 with an exception.  *function may be NULL. */
static int get_persistent_load(ext_state *state, ext_unpickler *self, PyObject **function)
{
#if EXT_HOOKS_ARE_METHODS
    return ext_lookup_attr((PyObject *)self, state->names.persistent_load, function) < 0 ? -1 : 0;
#else
    (void)state;
    *function = ext_hook_bind((PyObject *)self, self->persistent_load, self->persistent_load_bound);
    return *function || !self->persistent_load ? 0 : -1;
#endif
}

static PyObject *load(ext_unpickler *self, PyObject *unused)
{
    (void)unused;
    ext_state *state = ext_state_of_type(Py_TYPE(self));
    if (ext_unpickler_check_idle(self) < 0)
        return NULL;
    if (!self->file.read) {
        PyErr_Format(state->UnpicklingError, "Unpickler.__init__() was not called by %s.__init__()",
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    PyObject *persistent_load;
    if (get_persistent_load(state, self, &persistent_load) < 0)
        return NULL;
    ext_loader *h = ext_loader_take(state);
    if (!h) {
        Py_XDECREF(persistent_load);
        return NULL;
    }
    self->running = true;
    h->changed = true;
    h->persistent_load = persistent_load;
    h->memo_memory = &self->memory;
    h->memo = &self->memo;
    h->unpickler = (PyObject *)self;
    h->buffers = self->buffers;
    h->encoding = self->encoding ? PyUnicode_AsUTF8(self->encoding) : ext_default_encoding;
    h->errors = self->errors ? PyUnicode_AsUTF8(self->errors) : DEFAULT_ERRORS;
    h->names = self->names;
    h->protocol = &self->protocol;
    h->file = &self->file;
    h->m.options.max_stack = self->max_depth;
    ext_file_begin(h);
    PyObject *value = ext_loader_run(h);
    ext_loader_give(h);
    Py_XDECREF(persistent_load);
    self->running = false;
    return value;
}

static PyObject *find_class(ext_unpickler *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_Format(PyExc_TypeError, "find_class expected 2 arguments, got %zd", nargs);
        return NULL;
    }
    return ext_find_class(ext_state_of_type(Py_TYPE(self)), args[0], args[1], self->protocol,
                          &self->names);
}

#if EXT_HOOKS_ARE_METHODS
static PyObject *default_persistent_load(ext_unpickler *self, PyObject *id)
{
    (void)id;
    ext_state *state = ext_state_of_type(Py_TYPE(self));
    ext_load_no_persistent_load(state);
    return NULL;
}
#endif

static PyObject *size_of(ext_unpickler *self, PyObject *unused)
{
    (void)unused;
    size_t size =
        (size_t)_PyObject_SIZE(Py_TYPE(self)) + (size_t)self->memory.used + self->file.joined_cap;
    return PyLong_FromSize_t(size);
}

PyDoc_STRVAR(load_doc, "load($self, /)\n--\n\n"
                       "Read one pickle from the file and return its object.");
PyDoc_STRVAR(find_class_doc,
             "find_class($self, module_name, global_name, /)\n--\n\n"
             "Return the object of that name in that module, which is imported if necessary.\n\n"
             "Called for every class and function that a pickle names: subclasses override it\n"
             "to decide what may be loaded.");
PyDoc_STRVAR(size_of_doc, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.");

static PyMethodDef methods[] = {
    {"load", (PyCFunction)load, METH_NOARGS, load_doc},
    {"find_class", (PyCFunction)(void (*)(void))find_class, METH_FASTCALL, find_class_doc},
    {"__sizeof__", (PyCFunction)size_of, METH_NOARGS, size_of_doc},
#if EXT_HOOKS_ARE_METHODS
    {HOOK, (PyCFunction)default_persistent_load, METH_O,
     "persistent_load($self, pid, /)\n--\n\nThe object for a persistent id: for subclasses."},
#endif
    {NULL, NULL, 0, NULL},
};

/* ------------------------------------------------------------------------
 * Attributes
 * ------------------------------------------------------------------------ */

static PyObject *get_memo(ext_unpickler *self, void *closure)
{
    (void)closure;
    return ext_unpickler_memo_new(ext_state_of_type(Py_TYPE(self)), self);
}

#if EXT_HOOKS_ARE_METHODS
static PyObject *get_attribute(PyObject *self, PyObject *name)
{
    return ext_hook_getattr(self, name, HOOK, ((ext_unpickler *)self)->persistent_load);
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
    return ext_hook_setattr(self, name, value, HOOK, &((ext_unpickler *)self)->persistent_load);
}
#else
static PyObject *get_persistent_load_attribute(ext_unpickler *self, void *closure)
{
    (void)closure;
    return ext_hook_get((PyObject *)self, HOOK, self->persistent_load, self->persistent_load_bound);
}

static int set_persistent_load_attribute(ext_unpickler *self, PyObject *value, void *closure)
{
    (void)closure;
    if (ext_hook_check(HOOK, value) < 0)
        return -1;
    self->persistent_load_bound = false;
    Py_XSETREF(self->persistent_load, Py_NewRef(value));
    return 0;
}
#endif

static PyGetSetDef attributes[] = {
    {"memo", (getter)get_memo, (setter)ext_unpickler_set_memo, NULL, NULL},
#if !EXT_HOOKS_ARE_METHODS
    {HOOK, (getter)get_persistent_load_attribute, (setter)set_persistent_load_attribute, NULL,
     NULL},
#endif
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(
    unpickler_doc,
    "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n"
    "          buffers=(), max_depth=None, rename=None, opaque=False)\n"
    "--\n\n"
    "Reads pickles from a binary file, which needs the methods read and readline.\n\n"
    "Reading ends where a pickle ends: several may follow one another.  Strings of\n"
    "Python 2 are decoded as encoding and errors say, or left as bytes with\n"
    "encoding='bytes'.  buffers gives the out-of-band data of protocol 5.  max_depth limits\n"
    "how many values may be under construction at once.  rename and opaque as for load.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)unpickler_doc},
    {Py_tp_new, (void *)(uintptr_t)new_unpickler},
    {Py_tp_init, (void *)(uintptr_t)init},
    {Py_tp_dealloc, (void *)(uintptr_t)dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)traverse},
    {Py_tp_clear, (void *)(uintptr_t)clear},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
#if EXT_HOOKS_ARE_METHODS
    {Py_tp_getattro, (void *)(uintptr_t)get_attribute},
    {Py_tp_setattro, (void *)(uintptr_t)set_attribute},
#endif
    {0, NULL},
};

PyType_Spec ext_unpickler_spec = {
    .name = "brinery._brinery.Unpickler",
    .basicsize = sizeof(ext_unpickler),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
