/*
 * save_values.c - dates, times, decimals, UUIDs and the numbers of numpy without asking them.
 *
 * All but UUIDs are types in C that nobody can change: what their __reduce__ answers is known, the class
 * to be called with what they are made of.  The tuple of arguments and what is in it are not made, but
 * have their numbers.
 */
#include "save.h"

#ifndef Py_GIL_DISABLED

#include "save_direct.h"
#include "save_quick.h"

#include <datetime.h>

/* An object begins here, with a header and at most this much behind it. */
#define MOST_BYTES 64
/* What leaves enough of EXT_AHEAD for the opcodes. */
#define MOST_QUICK 24

static bool begin_object(ext_saver *saver)
{
    return brn_emit_boundary(&saver->out) && brn_emit_room(&saver->out, MOST_BYTES);
}

/* The tuple of arguments, the call, and what it makes. */
static int finish_at(ext_saver *saver, uint8_t *p, PyObject *object, uint8_t tuple, bool unique)
{
    p = ext_put_made(saver, p, tuple);
    saver->out.pos = ext_put_object(saver, p, BRN_OP_BYTE_REDUCE, object, unique);
    return 0;
}

/* The class is written, and its arguments begin. */
static int begin_call(ext_saver *saver, PyObject *object)
{
    int written = ext_save_class(saver, Py_TYPE(object));
    if (written != 0)
        return written;
    return ext_done(brn_emit_boundary(&saver->out));
}

static int end_call(ext_saver *saver, PyObject *object, uint8_t tuple, bool unique)
{
    if (ext_op(saver, tuple) < 0 || ext_memoize_nothing(saver) < 0 ||
        ext_op(saver, BRN_OP_BYTE_REDUCE) < 0)
        return -1;
    return ext_memoize_as(saver, object, unique);
}

/* ------------------------------------------------------------------------
 * Dates and times: bytes, and perhaps a time zone
 * ------------------------------------------------------------------------ */

#define FOLD 0x80

/* What is packed.  `fold` is a bit of one of the bytes, or 0. */
typedef struct packed {
    const uint8_t *data;
    size_t size;
    size_t fold_at;
    uint8_t fold;
} packed;

BRN_INLINE uint8_t *put_packed(uint8_t *p, const packed *what)
{
    p[0] = BRN_OP_BYTE_SHORT_BINBYTES;
    p[1] = (uint8_t)what->size;
    memcpy(p + 2, what->data, what->size);
    p[2 + what->fold_at] |= what->fold;
    return p + 2 + what->size;
}

/* The class has not been written, or the room ends. */
static BRN_NOINLINE int begin_packed(ext_saver *saver, PyObject *object, const packed *what,
                                     PyObject *zone, bool unique)
{
    int result = begin_call(saver, object);
    if (result != 0)
        return result;
    if (!begin_object(saver))
        return -1;
    saver->out.pos = put_packed(saver->out.pos, what);
    if (ext_memoize_nothing(saver) < 0)
        return -1;
    if (!zone)
        return end_call(saver, object, BRN_OP_BYTE_TUPLE1, unique);
    Py_ssize_t zone_number = ext_memo_get(&saver->memo, zone);
    if (zone_number < 0 || !brn_emit_boundary(&saver->out) || ext_save_get(saver, zone_number) < 0)
        return -1;
    return end_call(saver, object, BRN_OP_BYTE_TUPLE2, unique);
}

/* Inlined, so that the size is known to the compiler. */
BRN_INLINE int save_packed(ext_saver *saver, PyObject *object, const packed *what, PyObject *zone,
                           bool unique)
{
    /* Zones are shared, as a rule; the first time one is met, it is asked. */
    Py_ssize_t zone_number = zone ? ext_memo_get(&saver->memo, zone) : EXT_NO_NUMBER;
    if (saver->out.protocol < 3 || (zone && zone_number < 0))
        return EXT_NOT_DIRECT;
    uint8_t *p = ext_put_class(saver, object, unique);
    if (BRN_UNLIKELY(!p))
        return begin_packed(saver, object, what, zone, unique);
    p = ext_put_number(saver, put_packed(p, what), 0);
    if (zone)
        p = brn_put_binget(p, zone_number);
    return finish_at(saver, p, object, zone ? BRN_OP_BYTE_TUPLE2 : BRN_OP_BYTE_TUPLE1, unique);
}

static int save_date(ext_saver *saver, PyObject *object, bool unique)
{
    const PyDateTime_Date *date = (PyDateTime_Date *)object;
    packed what = {.data = date->data, .size = sizeof date->data};
    return save_packed(saver, object, &what, NULL, unique);
}

/* Protocols for Python 2 have no fold. */
BRN_INLINE uint8_t fold_of(const ext_saver *saver, uint8_t fold)
{
    return saver->out.protocol > 3 && fold ? FOLD : 0;
}

static int save_time(ext_saver *saver, PyObject *object, bool unique)
{
    const PyDateTime_Time *time = (PyDateTime_Time *)object;
    packed what = {time->data, sizeof time->data, 0, fold_of(saver, time->fold)};
    return save_packed(saver, object, &what, time->hastzinfo ? time->tzinfo : NULL, unique);
}

static int save_datetime(ext_saver *saver, PyObject *object, bool unique)
{
    const PyDateTime_DateTime *time = (PyDateTime_DateTime *)object;
    packed what = {time->data, sizeof time->data, 2, fold_of(saver, time->fold)};
    return save_packed(saver, object, &what, time->hastzinfo ? time->tzinfo : NULL, unique);
}

static int save_timedelta(ext_saver *saver, PyObject *object, bool unique)
{
    const PyDateTime_Delta *delta = (PyDateTime_Delta *)object;
    const int parts[] = {delta->days, delta->seconds, delta->microseconds};
    uint8_t *p = ext_put_class(saver, object, unique);
    if (p) {
        for (size_t i = 0; i < BRN_ARRAY_LEN(parts); i++)
            p = brn_put_int(p, parts[i]);
        return finish_at(saver, p, object, BRN_OP_BYTE_TUPLE3, unique);
    }
    int result = begin_call(saver, object);
    if (result != 0)
        return result;
    for (size_t i = 0; i < BRN_ARRAY_LEN(parts); i++) {
        if (!begin_object(saver))
            return -1;
        saver->out.pos = brn_put_int(saver->out.pos, parts[i]);
    }
    return end_call(saver, object, BRN_OP_BYTE_TUPLE3, unique);
}

/* ------------------------------------------------------------------------
 * Decimals: their text
 * ------------------------------------------------------------------------ */

/* The text depends on this thread's context, which may have to be made: the collector stays out meanwhile. */
static PyObject *text_of(PyObject *object)
{
    int collecting = PyGC_Disable();
    PyObject *text = Py_TYPE(object)->tp_str(object);
    if (collecting)
        PyGC_Enable();
    if (!text || !PyUnicode_CheckExact(text) || !PyUnicode_IS_COMPACT_ASCII(text) ||
        PyUnicode_GET_LENGTH(text) > MOST_BYTES - BRN_EMIT_HEADER) {
        PyErr_Clear();
        Py_CLEAR(text);
    }
    return text;
}

static int save_text(ext_saver *saver, PyObject *text)
{
    if (!begin_object(saver))
        return -1;
    size_t size = (size_t)PyUnicode_GET_LENGTH(text);
    uint8_t *p = brn_put_text_header(&saver->out, saver->out.pos, size);
    memcpy(p, PyUnicode_DATA(text), size);
    saver->out.pos = p + size;
    return ext_memoize_nothing(saver);
}

/* Where the class, the text and all numbers are certain to fit; false, and nothing has happened, if not. */
static bool put_decimal(ext_saver *saver, PyObject *object, PyObject *text, bool unique)
{
    size_t size = (size_t)PyUnicode_GET_LENGTH(text);
    uint8_t *p = size <= MOST_QUICK ? ext_put_class(saver, object, unique) : NULL;
    if (!p)
        return false;
    p = brn_put_text_header(&saver->out, p, size);
    memcpy(p, PyUnicode_DATA(text), size);
    p = ext_put_number(saver, p + size, 0);
    return finish_at(saver, p, object, BRN_OP_BYTE_TUPLE1, unique) == 0;
}

static int save_decimal(ext_saver *saver, PyObject *object, bool unique)
{
    PyObject *text = text_of(object);
    if (!text)
        return EXT_NOT_DIRECT;
    if (put_decimal(saver, object, text, unique)) {
        Py_DECREF(text);
        return 0;
    }
    int result = begin_call(saver, object);
    if (result == 0)
        result = save_text(saver, text);
    if (result == 0)
        result = end_call(saver, object, BRN_OP_BYTE_TUPLE1, unique);
    Py_DECREF(text);
    return result;
}

/* ------------------------------------------------------------------------
 * UUIDs: their int
 * ------------------------------------------------------------------------ */

/* The instance, and a dict for its state, up to the first key. */
static int begin_uuid(ext_saver *saver, PyObject *object, bool unique)
{
    uint8_t *p = ext_put_instance(saver, object, unique);
    if (p) {
        saver->out.pos = ext_put_made(saver, p, BRN_OP_BYTE_EMPTY_DICT);
        return 0;
    }
    int result = ext_save_bare(saver, object, unique);
    if (result != 0)
        return result;
    if (!begin_object(saver) || ext_op(saver, BRN_OP_BYTE_EMPTY_DICT) < 0)
        return -1;
    return ext_memoize_nothing(saver);
}

/* Both references are held by the caller. */
static int save_number(ext_saver *saver, PyObject *object, PyObject *name, PyObject *number,
                       bool unique)
{
    int result = begin_uuid(saver, object, unique);
    if (result != 0)
        return result;
    if ((!ext_save_quick(saver, name, false) && ext_save_item(saver, name, false) < 0) ||
        !brn_emit_boundary(&saver->out) || ext_save_long(saver, number) < 0)
        return -1;
    return ext_done(brn_emit_op(&saver->out, BRN_OP_BYTE_SETITEM) &&
                    brn_emit_op(&saver->out, BRN_OP_BYTE_BUILD));
}

static int save_uuid(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    PyObject *number = ext_slot_value(object, &known->slots[0]);
    const PyObject *safety = ext_slot_value(object, &known->slots[1]);
    /* What is known to be safe or unsafe has more to say. */
    if (!number || !PyLong_CheckExact(number) || safety != known->slots[1].name)
        return EXT_NOT_DIRECT;
    PyObject *name = Py_NewRef(known->slots[0].name);
    Py_INCREF(number);
    int result = save_number(saver, object, name, number, unique);
    Py_DECREF(number);
    Py_DECREF(name);
    return result;
}

/* ------------------------------------------------------------------------
 * Numbers of numpy: scalar(dtype, bytes)
 * ------------------------------------------------------------------------ */

/* Function and dtype, which the first number of a kind writes when it is asked. */
static uint8_t *put_scalar_call(ext_saver *saver, const ext_type *known, bool unique)
{
    Py_ssize_t function = ext_memo_get(&saver->memo, known->slots[EXT_NUMBER_SCALAR].name);
    Py_ssize_t dtype = ext_memo_get(&saver->memo, known->slots[EXT_NUMBER_DTYPE].name);
    if (saver->out.protocol < 3 || function < 0 || dtype < 0 ||
        !ext_is_room_ahead(saver, function > dtype ? function : dtype, unique))
        return NULL;
    return brn_put_binget(brn_put_binget(saver->out.pos, function), dtype);
}

static int save_number_of_numpy(ext_saver *saver, PyObject *object, const ext_type *known,
                                bool unique)
{
    Py_buffer bytes;
    if (PyObject_GetBuffer(object, &bytes, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        return EXT_NOT_DIRECT;
    }
    /* Of one byte there is one bytes object, which the memo would know again. */
    uint8_t *p =
        bytes.len > 1 && bytes.len <= MOST_QUICK ? put_scalar_call(saver, known, unique) : NULL;
    if (p) {
        *p++ = BRN_OP_BYTE_SHORT_BINBYTES;
        *p++ = (uint8_t)bytes.len;
        memcpy(p, bytes.buf, (size_t)bytes.len);
        p = ext_put_number(saver, p + bytes.len, 0);
    }
    PyBuffer_Release(&bytes);
    return p ? finish_at(saver, p, object, BRN_OP_BYTE_TUPLE2, unique) : EXT_NOT_DIRECT;
}

int ext_save_value(ext_saver *saver, PyObject *object, const ext_type *known, bool unique)
{
    if (!saver->optimistic)
        return EXT_NOT_DIRECT;
    switch (known->kind) {
    case EXT_TYPE_DATE: return save_date(saver, object, unique);
    case EXT_TYPE_TIME: return save_time(saver, object, unique);
    case EXT_TYPE_DATETIME: return save_datetime(saver, object, unique);
    case EXT_TYPE_TIMEDELTA: return save_timedelta(saver, object, unique);
    case EXT_TYPE_DECIMAL: return save_decimal(saver, object, unique);
    case EXT_TYPE_UUID: return save_uuid(saver, object, known, unique);
    case EXT_TYPE_NUMBER: return save_number_of_numpy(saver, object, known, unique);
    default: return EXT_NOT_DIRECT;
    }
}

#endif
