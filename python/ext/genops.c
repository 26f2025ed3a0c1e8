/*
 * genops.c - genops(), and the iterator it returns.
 *
 * pickletools' function is a generator, and like one the iterator does nothing before the
 * first item is asked for, is finished after the first exception, refuses to be run while it
 * runs, and can be closed.
 *
 * Where a file stands between two items can be seen, and pickletools leaves it behind the last
 * opcode.  For a BytesIO that is kept up, because it costs little.  A file of the system is
 * asked where it is only in the beginning (each time is a system call, half of what pickletools
 * needs for an opcode); it is put in place when the iterator is done with it, however that comes.
 */
#include "explain.h"
#include "opreader.h"

typedef enum stage { NEW, RUNNING, DONE } stage;

typedef struct genops {
    PyObject_HEAD PyObject *pickle; /* while NEW */
    ext_opreader reader;            /* while RUNNING */
    stage stage;
    bool busy;
    bool in_step; /* the file's position is kept up */
} genops;

static int check_idle(const genops *self)
{
    if (!self->busy)
        return 0;
    PyErr_SetString(PyExc_ValueError, "generator already executing");
    return -1;
}

static void finish(genops *self)
{
    self->stage = DONE;
    Py_CLEAR(self->pickle);
    ext_opreader_clear(&self->reader);
}

static int start(genops *self)
{
    ext_state *state = ext_state_of_type(Py_TYPE(self));
    if (!state)
        return -1;
    PyObject *pickle = self->pickle;
    self->pickle = NULL;
    int done = ext_opreader_init(&self->reader, state->optable, pickle);
    self->in_step = (PyObject *)Py_TYPE(pickle) == state->optable->BytesIO;
    if (done == 0)
        self->stage = RUNNING;
    Py_DECREF(pickle);
    return done;
}

static PyObject *make_item(const ext_opreader *reader)
{
    PyObject *item = PyTuple_New(3);
    if (!item)
        return NULL;
    PyObject *arg = ext_opreader_argument(reader);
    PyObject *position = arg ? ext_opreader_position(reader) : NULL;
    PyTuple_SET_ITEM(item, 0, Py_NewRef(reader->row->info));
    PyTuple_SET_ITEM(item, 1, arg);
    PyTuple_SET_ITEM(item, 2, position);
    if (!position)
        Py_CLEAR(item);
    return item;
}

/* The next item; after STOP the file is in place. */
static PyObject *advance(genops *self)
{
    ext_opreader *reader = &self->reader;
    if (self->stage == NEW && start(self) < 0)
        return NULL;
    if (self->in_step && ext_opreader_resume(reader) < 0)
        return NULL;
    if (ext_opreader_next(reader) < 0)
        return NULL;
    PyObject *item = make_item(reader);
    if (!item)
        return NULL;
    if ((self->in_step || ext_opreader_stopped(reader)) && ext_opreader_sync(reader) < 0)
        Py_CLEAR(item);
    return item;
}

static PyObject *next_item(genops *self)
{
    if (check_idle(self) < 0 || self->stage == DONE)
        return NULL;
    self->busy = true;
    PyObject *item = advance(self);
    if (!item && self->stage == RUNNING)
        ext_opreader_sync_quietly(&self->reader);
    if (!item || ext_opreader_stopped(&self->reader))
        finish(self);
    self->busy = false;
    return item;
}

PyDoc_STRVAR(close_doc, "close($self, /)\n"
                        "--\n\n"
                        "Finish, and leave the file behind the last opcode.");

static PyObject *close_early(genops *self, PyObject *Py_UNUSED(ignored))
{
    if (check_idle(self) < 0)
        return NULL;
    self->busy = true;
    int done = self->stage == RUNNING ? ext_opreader_put_back(&self->reader) : 0;
    finish(self);
    self->busy = false;
    if (done < 0)
        return NULL;
    return Py_NewRef(Py_None);
}

static void finalize(genops *self)
{
    /* Who closed the file does not want it moved, and cannot be told anything here. */
    if (self->stage != RUNNING || self->busy)
        return;
    PyObject *raised = ext_take_exception();
    if (ext_opreader_put_back(&self->reader) < 0)
        PyErr_Clear();
    ext_put_exception(raised);
}

static int traverse(genops *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->pickle);
    return ext_opreader_visit(&self->reader, visit, arg);
}

static int clear(PyObject *self)
{
    if (!((genops *)self)->busy)
        finish((genops *)self);
    return 0;
}

static void dealloc(PyObject *self)
{
    if (PyObject_CallFinalizerFromDealloc(self) == 0)
        ext_dealloc(self, clear);
}

static PyMethodDef methods[] = {
    {"close", (PyCFunction)(void (*)(void))close_early, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(iterator_doc, "What genops() returns: an iterator of (opcode, arg, pos).");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)iterator_doc},
    {Py_tp_iter, (void *)PyObject_SelfIter},
    {Py_tp_iternext, (void *)next_item},
    {Py_tp_methods, methods},
    {Py_tp_finalize, (void *)finalize},
    {Py_tp_traverse, (void *)traverse},
    {Py_tp_clear, (void *)clear},
    {Py_tp_dealloc, (void *)dealloc},
    {0, NULL},
};

PyType_Spec ext_genops_spec = {
    .name = "brinery._brinery.genops_iterator",
    .basicsize = sizeof(genops),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

PyObject *ext_genops(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"pickle", NULL};
    PyObject *pickle;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:genops", (char **)names, &pickle))
        return NULL;
    ext_state *state = ext_state_of_module(module);
    const ext_optable *table = ext_optable_of(state);
    if (!table)
        return NULL;
    if (table->foreign)
        return ext_optable_delegate(table, "genops", args, kwargs);
    genops *self = PyObject_GC_New(genops, state->genops_type);
    if (!self)
        return NULL;
    self->pickle = Py_NewRef(pickle);
    memset(&self->reader, 0, sizeof self->reader);
    self->stage = NEW;
    self->busy = self->in_step = false;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}
