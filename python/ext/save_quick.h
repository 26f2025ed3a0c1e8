/*
 * save_quick.h - small objects inside of containers, written without a call.
 *
 * What most containers hold is None, bool, int, float, short str and bytes, and what was
 * seen before.  Nothing of this can run foreign code, so items need no reference of their
 * own, nothing has to be put into the frame, and what would fail simply is not quick.
 * Loops keep the position in a register: each function takes it and returns the next one.
 */
#ifndef BRINERY_SAVE_QUICK_H
#define BRINERY_SAVE_QUICK_H

#include "save.h"
#include "utf8.h"

/* A str or bytes this long is not copied here. */
#define EXT_QUICK_SIZE 255

#if EXT_QUICK_SIZE + BRN_EMIT_HEADER + BRN_EMIT_MEMO > BRN_EMIT_QUICK
#error "the emitter makes too little room"
#endif

/*
 * Items lie anywhere in memory, and what is not in the processor's caches is what large lists wait for: so many
 * items ahead they are fetched.
 */
#define EXT_FETCH_AHEAD 64

/* An int of one digit, or none, and its value. */
BRN_INLINE bool ext_long_compact(PyObject *object, int32_t *value)
{
#if PY_VERSION_HEX >= 0x030c0000
    if (!PyUnstable_Long_IsCompact((PyLongObject *)object))
        return false;
    *value = (int32_t)PyUnstable_Long_CompactValue((PyLongObject *)object);
    return true;
#else
    Py_ssize_t size = Py_SIZE(object);
    if (BRN_UNLIKELY((size_t)size + 1 > 2))
        return false;
    /* The digit of 0 is there, and says nothing. */
    *value = (int32_t)size * (int32_t)((PyLongObject *)object)->ob_digit[0];
    return true;
#endif
}

/* An int of more digits than one, as ext_put_quick() says; save_atoms.c. */
uint8_t *ext_put_wide_long(const ext_saver *saver, uint8_t *p, PyObject *object);

/* Its number; NULL, and nothing has happened, if it cannot get one. */
BRN_INLINE uint8_t *ext_quick_number(ext_saver *saver, uint8_t *p, PyObject *object,
                                     ext_memo_entry *entry)
{
    ext_log *log = &saver->log;
    Py_ssize_t number = ext_next_number(saver);
    if (BRN_UNLIKELY(saver->out.protocol < 4) && (size_t)number > 0xffffffff)
        return NULL;
    if (saver->optimistic) {
        if (!ext_log_has_room(log))
            return NULL;
        *log->end++ = entry ? 0 : (uintptr_t)object;
    }
    if (entry)
        ext_memo_fill(&saver->memo, entry, object, number);
    return brn_put_memoize(&saver->out, p, number);
}

/* Header and data of text or bytes of up to EXT_QUICK_SIZE. */
BRN_INLINE uint8_t *ext_quick_data(uint8_t *p, const void *data, size_t size, uint8_t short_op,
                                   uint8_t long_op)
{
    if (BRN_LIKELY(short_op)) {
        p[0] = short_op;
        p[1] = (uint8_t)size;
        p += 2;
    } else {
        *p = long_op;
        p = brn_put_le32(p + 1, (uint32_t)size);
    }
    brn_copy_short(p, data, size);
    return p + size;
}

/* The same of a str that is not ASCII; NULL: not quick. */
BRN_INLINE uint8_t *ext_quick_utf8(uint8_t *p, PyObject *str, uint8_t short_op)
{
    size_t size;
    const char *data = ext_utf8_own(str, &size);
    if (data)
        return size <= EXT_QUICK_SIZE
                   ? ext_quick_data(p, data, size, short_op, BRN_OP_BYTE_BINUNICODE)
                   : NULL;
#if PY_VERSION_HEX < 0x030c0000
    if (!PyUnicode_IS_READY(str))
        return NULL;
#endif
    if (ext_utf8_bound(str) > EXT_QUICK_SIZE)
        return NULL;
    uint8_t *text = p + (short_op ? 2 : 5);
    uint8_t *end = ext_put_utf8(text, str);
    if (!end)
        return NULL;
    size = (size_t)(end - text);
    p[0] = short_op ? short_op : BRN_OP_BYTE_BINUNICODE;
    if (short_op)
        p[1] = (uint8_t)size;
    else
        (void)brn_put_le32(p + 1, (uint32_t)size);
    return end;
}

/* The bytes of a short str or bytes, with its header; NULL if it is neither, or not short. */
BRN_INLINE uint8_t *ext_quick_text(const ext_saver *saver, uint8_t *p, PyObject *object,
                                   PyTypeObject *type)
{
    int protocol = saver->out.protocol;
    if (type == &PyUnicode_Type) {
        uint8_t short_op = protocol >= 4 ? BRN_OP_BYTE_SHORT_BINUNICODE : 0;
        return ext_quick_utf8(p, object, short_op);
    }
    if (type == &PyBytes_Type && protocol >= 3) {
        size_t size = (size_t)PyBytes_GET_SIZE(object);
        return size <= EXT_QUICK_SIZE ? ext_quick_data(p, PyBytes_AS_STRING(object), size,
                                                       BRN_OP_BYTE_SHORT_BINBYTES, 0)
                                      : NULL;
    }
    return NULL;
}

/* What the memo has, and str and bytes that it has not. */
BRN_INLINE uint8_t *ext_quick_shared(ext_saver *saver, uint8_t *p, PyObject *object,
                                     PyTypeObject *type)
{
    if (ext_memo_reserve(&saver->memo) < 0) {
        PyErr_Clear(); /* the way that is not quick says it again */
        return NULL;
    }
    ext_memo_entry *entry = ext_memo_find(&saver->memo, object);
    if (entry->key)
        return (size_t)entry->value <= 0xffffffff ? brn_put_binget(p, entry->value) : NULL;
    p = ext_quick_text(saver, p, object, type);
    return p ? ext_quick_number(saver, p, object, entry) : NULL;
}

/*
 * Write the object at p, which is below saver->out.quick, and return where it ends.  NULL: it is not quick,
 * and nothing has happened; no exception is set.  `vouched` as for ext_save_item().
 */
BRN_INLINE uint8_t *ext_put_quick(ext_saver *saver, uint8_t *p, PyObject *object, bool vouched)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyUnicode_Type && !ext_is_unique(saver, object))
        return ext_quick_shared(saver, p, object, type);
    if (type == &PyLong_Type) {
        int32_t value;
        return BRN_LIKELY(ext_long_compact(object, &value)) ? brn_put_int(p, value)
                                                            : ext_put_wide_long(saver, p, object);
    }
    if (type == &PyFloat_Type)
        return brn_put_float(p, PyFloat_AS_DOUBLE(object));
    if (vouched && ext_is_unique(saver, object)) {
        p = ext_quick_text(saver, p, object, type);
        return p ? ext_quick_number(saver, p, object, NULL) : NULL;
    }
    if (object == Py_None) {
        *p = BRN_OP_BYTE_NONE;
        return p + 1;
    }
    if (type == &PyBool_Type) {
        if (saver->out.protocol < 2)
            return NULL;
        *p = object == Py_True ? BRN_OP_BYTE_NEWTRUE : BRN_OP_BYTE_NEWFALSE;
        return p + 1;
    }
    return ext_quick_shared(saver, p, object, type);
}

/* The same at the emitter's position: whether it has been written. */
BRN_INLINE bool ext_save_quick(ext_saver *saver, PyObject *object, bool vouched)
{
    brn_emitter *out = &saver->out;
    if (BRN_UNLIKELY(out->pos >= out->quick))
        return false;
    uint8_t *p = ext_put_quick(saver, out->pos, object, vouched);
    if (!p)
        return false;
    out->pos = p;
    return true;
}

/*
 * Small ints in a row, of long lists: only what is certain to fit and has others EXT_FETCH_AHEAD behind it, so that
 * nothing has to be asked about each.
 */
BRN_INLINE uint8_t *ext_put_ints(uint8_t *p, const uint8_t *quick, PyObject *const *items,
                                 Py_ssize_t *i, Py_ssize_t end)
{
    Py_ssize_t room = (quick - p) / BRN_EMIT_INT;
    Py_ssize_t stop = end - *i - EXT_FETCH_AHEAD > room ? *i + room : end - EXT_FETCH_AHEAD;
    Py_ssize_t next = *i;
    int32_t value;
    while (next < stop && Py_IS_TYPE(items[next], &PyLong_Type) &&
           ext_long_compact(items[next], &value)) {
        brn_prefetch(items[next + EXT_FETCH_AHEAD]);
        p = brn_put_int(p, value);
        next++;
    }
    *i = next;
    return p;
}

/* Write items from `i` on, as long as they are quick; the index of the first that is not. */
BRN_INLINE Py_ssize_t ext_save_run(ext_saver *saver, PyObject *const *items, Py_ssize_t i,
                                   Py_ssize_t end, bool vouched)
{
    brn_emitter *out = &saver->out;
    uint8_t *p = out->pos;
    uint8_t *const quick = out->quick;
    while (i < end && BRN_LIKELY(p < quick)) {
        if (i + EXT_FETCH_AHEAD < end) {
            if (Py_IS_TYPE(items[i], &PyLong_Type))
                p = ext_put_ints(p, quick, items, &i, end);
            brn_prefetch(items[i + EXT_FETCH_AHEAD - 1]);
        }
        if (BRN_UNLIKELY(p >= quick))
            break;
        uint8_t *next = ext_put_quick(saver, p, items[i], vouched);
        if (!next)
            break;
        p = next;
        i++;
    }
    out->pos = p;
    return i;
}

#endif /* BRINERY_SAVE_QUICK_H */
