/*
 * save_quick.h - atoms inside of containers, written without a call.
 *
 * What most containers hold is None, bool, int, float, short str and bytes, and what was
 * seen before.  Nothing of this can run foreign code, so items need no reference of their
 * own, nothing has to be put into the frame, and what would fail simply is not quick.
 */
#ifndef BRINERY_SAVE_QUICK_H
#define BRINERY_SAVE_QUICK_H

#include "save.h"

/* A str or bytes this long is not copied here. */
#define EXT_QUICK_SIZE 255

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
    if (size > 1 || size < -1)
        return false;
    *value = size == 0 ? 0 : (int32_t)size * (int32_t)((PyLongObject *)object)->ob_digit[0];
    return true;
#endif
}

/* A memo number that every opcode of this protocol can say. */
BRN_INLINE bool ext_quick_index(const ext_saver *saver, Py_ssize_t index)
{
    return saver->out.protocol >= 4 || (size_t)index <= 0xffffffff;
}

/* Text or bytes of up to EXT_QUICK_SIZE, not in the memo: header, data, MEMOIZE. */
BRN_INLINE bool ext_quick_data(ext_saver *saver, PyObject *object, ext_memo_entry *entry,
                               const void *data, size_t size, uint8_t short_op, uint8_t long_op)
{
    brn_emitter *out = &saver->out;
    if (!brn_emit_room(out, EXT_QUICK_SIZE + BRN_EMIT_HEADER + BRN_EMIT_MEMO)) {
        PyErr_Clear(); /* the way that is not quick says it again */
        return false;
    }
    uint8_t *p = out->pos;
    if (short_op) {
        p[0] = short_op;
        p[1] = (uint8_t)size;
        p += 2;
    } else {
        *p = long_op;
        p = brn_put_le32(p + 1, (uint32_t)size);
    }
    memcpy(p, data, size);
    p += size;
    entry->key = Py_NewRef(object);
    entry->value = (Py_ssize_t)saver->memo.used++;
    out->pos = brn_put_memoize(out, p, entry->value);
    return true;
}

/* str and bytes, and GET of anything. */
BRN_INLINE bool ext_quick_memoized(ext_saver *saver, PyObject *object, PyTypeObject *type)
{
    brn_emitter *out = &saver->out;
    if (saver->fast || ext_memo_reserve(&saver->memo) < 0) {
        PyErr_Clear();
        return false;
    }
    ext_memo_entry *entry = ext_memo_find(&saver->memo, object);
    if (entry->key) {
        if (!ext_quick_index(saver, entry->value) || !brn_emit_room(out, BRN_EMIT_MEMO)) {
            PyErr_Clear();
            return false;
        }
        out->pos = brn_put_get(out, out->pos, entry->value);
        return true;
    }
    if (!ext_quick_index(saver, (Py_ssize_t)saver->memo.used))
        return false;
    if (type == &PyUnicode_Type) {
        Py_ssize_t length;
        const void *data;
        if (PyUnicode_IS_COMPACT_ASCII(object)) {
            data = PyUnicode_DATA(object);
            length = PyUnicode_GET_LENGTH(object);
        } else if (!(data = PyUnicode_AsUTF8AndSize(object, &length))) {
            PyErr_Clear(); /* surrogates */
            return false;
        }
        size_t size = (size_t)length;
        return size <= EXT_QUICK_SIZE &&
               ext_quick_data(saver, object, entry, data, size,
                              out->protocol >= 4 ? BRN_OP_BYTE_SHORT_BINUNICODE : 0,
                              BRN_OP_BYTE_BINUNICODE);
    }
    if (type == &PyBytes_Type && out->protocol >= 3) {
        size_t size = (size_t)PyBytes_GET_SIZE(object);
        return size <= EXT_QUICK_SIZE &&
               ext_quick_data(saver, object, entry, PyBytes_AS_STRING(object), size,
                              BRN_OP_BYTE_SHORT_BINBYTES, 0);
    }
    return false;
}

/* True: written.  False: not quick, and nothing has happened; no exception is set. */
BRN_INLINE bool ext_save_quick(ext_saver *saver, PyObject *object)
{
    brn_emitter *out = &saver->out;
    if (brn_emit_is_full(out) || saver->persistent_id || !out->binary)
        return false;
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyUnicode_Type)
        return ext_quick_memoized(saver, object, type);
    if (!brn_emit_room(out, BRN_EMIT_FLOAT)) {
        PyErr_Clear();
        return false;
    }
    if (type == &PyLong_Type) {
        int32_t value;
        if (!ext_long_compact(object, &value))
            return false;
        out->pos = brn_put_int(out->pos, value);
        return true;
    }
    if (type == &PyFloat_Type) {
        out->pos = brn_put_float(out->pos, PyFloat_AS_DOUBLE(object));
        return true;
    }
    if (object == Py_None) {
        *out->pos++ = BRN_OP_BYTE_NONE;
        return true;
    }
    if (type == &PyBool_Type) {
        if (out->protocol < 2)
            return false;
        *out->pos++ = object == Py_True ? BRN_OP_BYTE_NEWTRUE : BRN_OP_BYTE_NEWFALSE;
        return true;
    }
    return ext_quick_memoized(saver, object, type);
}

#endif /* BRINERY_SAVE_QUICK_H */
