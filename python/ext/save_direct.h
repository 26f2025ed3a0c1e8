/*
 * save_direct.h - how the beginning of an object is written that need not be asked: where the room is certain,
 * through a pointer.
 */
#ifndef BRINERY_SAVE_DIRECT_H
#define BRINERY_SAVE_DIRECT_H

#include "save.h"

/* What ext_put_instance() makes sure of: bytes in which no frame ends, and numbers in the log. */
#define EXT_AHEAD 64
#define EXT_NUMBERS_AHEAD 4

/* The next number, for what this entry says.  There has to be room. */
BRN_INLINE uint8_t *ext_put_number(ext_saver *saver, uint8_t *p, uintptr_t entry)
{
    Py_ssize_t number = ext_log_next(&saver->log);
    *saver->log.end++ = entry;
    return brn_put_memoize(&saver->out, p, number);
}

/* Whether all this is so for a class with this number. */
BRN_INLINE bool ext_is_room_ahead(ext_saver *saver, Py_ssize_t class_number, bool unique)
{
    const brn_emitter *out = &saver->out;
    const ext_log *log = &saver->log;
    if (!saver->optimistic || out->quick - out->pos < EXT_AHEAD ||
        log->limit - log->end < EXT_NUMBERS_AHEAD ||
        (out->protocol < 4 && class_number + ext_log_next(log) > 0x7fffffff))
        return false;
    if (unique || ext_memo_reserve(&saver->memo) == 0)
        return true;
    PyErr_Clear();
    return false;
}

/* The class's number, if nothing has to be asked for room; NULL, and nothing has happened, otherwise. */
BRN_INLINE uint8_t *ext_put_class(ext_saver *saver, PyObject *object, bool unique)
{
    Py_ssize_t number = ext_memo_get(&saver->memo, (PyObject *)Py_TYPE(object));
    if (number < 0 || !ext_is_room_ahead(saver, number, unique))
        return NULL;
    return brn_put_binget(saver->out.pos, number);
}

BRN_INLINE uint8_t *ext_put_number_of(ext_saver *saver, uint8_t *p, PyObject *object, bool unique)
{
    if (unique)
        return ext_put_number(saver, p, (uintptr_t)object);
    ext_memo_entry *entry = ext_memo_find(&saver->memo, object);
    ext_memo_fill(&saver->memo, entry, object, ext_log_next(&saver->log));
    return ext_put_number(saver, p, 0);
}

/* An opcode, and the number of what it makes, which nobody will ask for: a tuple of arguments. */
BRN_INLINE uint8_t *ext_put_made(ext_saver *saver, uint8_t *p, uint8_t op)
{
    *p = op;
    return ext_put_number(saver, p + 1, 0);
}

/* An opcode, and the number of the object that it makes. */
BRN_INLINE uint8_t *ext_put_object(ext_saver *saver, uint8_t *p, uint8_t op, PyObject *object,
                                   bool unique)
{
    *p = op;
    return ext_put_number_of(saver, p + 1, object, unique);
}

/* The class, and cls.__new__(cls); NULL as above. */
BRN_INLINE uint8_t *ext_put_instance(ext_saver *saver, PyObject *object, bool unique)
{
    uint8_t *p = ext_put_class(saver, object, unique);
    if (!p)
        return NULL;
    *p = BRN_OP_BYTE_EMPTY_TUPLE;
    return ext_put_object(saver, p + 1, BRN_OP_BYTE_NEWOBJ, object, unique);
}

/* The same where room has to be asked for, as functions that save say: save_instance.c. */
int ext_save_bare(ext_saver *saver, PyObject *object, bool unique);

#endif /* BRINERY_SAVE_DIRECT_H */
