/*
 * save_direct.c - objects that need not be asked how they are saved, because it is known what they would answer.
 *
 * A direct path runs no foreign code, and makes nothing that the collector tracks, between one object
 * and the next; whatever is not certain is left to save_reduce.c, which asks.  The bytes are the same.
 */
#include "save.h"

#ifndef Py_GIL_DISABLED

/* A class by its name, and what stands before the first attribute. */
#define ROOM_AHEAD 1024

/* Where bytes go to a file, the end of a frame is a call of its write(). */
static bool may_write_soon(const ext_saver *saver)
{
    const brn_emitter *out = &saver->out;
    return saver->write && (uintptr_t)out->pos + ROOM_AHEAD >= out->full;
}

/* What cannot change before foreign code runs. */
static void begin_epoch(ext_saver *saver)
{
    saver->direct.epoch = saver->epoch;
    saver->direct.last = NULL;
    saver->direct.dtype = NULL;
    saver->direct.stamp = ext_type_stamp(saver->state);
    saver->direct.allowed = saver->direct.stamp != 0 && !saver->persistent_id &&
                            !saver->reducer_override && !saver->dispatch_table && !saver->fast &&
                            saver->out.binary && saver->out.protocol >= 2 &&
                            ext_copyreg_newobj(saver->state) != NULL;
}

static const ext_type *find_type(ext_saver *saver, PyTypeObject *type)
{
    const ext_type *last = saver->direct.last;
    if (BRN_LIKELY(last && last->type == type))
        return last;
    last = ext_type_find(saver->state, type, saver->direct.stamp);
    saver->direct.last = last;
    return last;
}

int ext_save_class(ext_saver *saver, PyTypeObject *type)
{
    Py_ssize_t number = ext_memo_get(&saver->memo, (PyObject *)type);
    if (BRN_LIKELY(number >= 0))
        return ext_save_get(saver, number);
    return Py_IS_TYPE(type, &PyType_Type) ? ext_save_simple_global(saver, (PyObject *)type)
                                          : EXT_NOT_DIRECT;
}

int ext_save_direct(ext_saver *saver, PyObject *object, bool unique)
{
    PyTypeObject *type = Py_TYPE(object);
    if (BRN_UNLIKELY(saver->direct.epoch != saver->epoch)) {
        /* Asking begins a new epoch each time, so it need not be looked into for that. */
        if (ext_type_is_asked(saver->state, type))
            return EXT_NOT_DIRECT;
        begin_epoch(saver);
    }
    if (!saver->direct.allowed || may_write_soon(saver))
        return EXT_NOT_DIRECT;
    if (type == &PyType_Type || type == &PyFunction_Type)
        return ext_save_simple_global(saver, object);
    const ext_type *known = find_type(saver, type);
    return known ? ext_save_known(saver, object, known, unique) : EXT_NOT_DIRECT;
}

int ext_save_known(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    switch (known->kind) {
    case EXT_TYPE_INSTANCE: return ext_save_instance(saver, object, known, unique);
    case EXT_TYPE_NAMEDTUPLE:
    case EXT_TYPE_TUPLE: return ext_save_namedtuple(saver, object, known, unique);
    case EXT_TYPE_LIST:
    case EXT_TYPE_DICT:
    case EXT_TYPE_DEQUE:
    case EXT_TYPE_DEFAULTDICT:
    case EXT_TYPE_ORDERED_DICT: return ext_save_collection(saver, object, known, unique);
    case EXT_TYPE_ARRAY:
        return saver->optimistic ? ext_save_array(saver, object, known, unique) : EXT_NOT_DIRECT;
    default: return ext_save_value(saver, object, known, unique);
    }
}

#else

int ext_save_known(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    (void)saver;
    (void)object;
    (void)known;
    (void)unique;
    return EXT_NOT_DIRECT;
}

int ext_save_direct(ext_saver *saver, PyObject *object, bool unique)
{
    (void)saver;
    (void)object;
    (void)unique;
    return EXT_NOT_DIRECT;
}

#endif
