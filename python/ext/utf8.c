/*
 * utf8.c - encoding text as UTF-8.
 */
#include "utf8.h"

BRN_INLINE uint8_t *put_character(uint8_t *p, uint32_t c)
{
    if (c < 0x80) {
        *p = (uint8_t)c;
        return p + 1;
    }
    if (c < 0x800) {
        p[0] = (uint8_t)(0xc0 | c >> 6);
        p[1] = (uint8_t)(0x80 | (c & 0x3f));
        return p + 2;
    }
    if (c < 0x10000) {
        p[0] = (uint8_t)(0xe0 | c >> 12);
        p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        p[2] = (uint8_t)(0x80 | (c & 0x3f));
        return p + 3;
    }
    p[0] = (uint8_t)(0xf0 | c >> 18);
    p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    p[3] = (uint8_t)(0x80 | (c & 0x3f));
    return p + 4;
}

BRN_INLINE bool is_surrogate(uint32_t c)
{
    return (c & 0xfffff800) == 0xd800;
}

/* A copy for each constant kind. */
BRN_INLINE uint8_t *put_characters(uint8_t *p, int kind, const void *data, Py_ssize_t length)
{
    for (Py_ssize_t i = 0; i < length; i++) {
        uint32_t c = PyUnicode_READ(kind, data, i);
        if (BRN_UNLIKELY(is_surrogate(c)))
            return NULL;
        p = put_character(p, c);
    }
    return p;
}

uint8_t *ext_put_utf8(uint8_t *p, PyObject *str)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(str);
    const void *data = PyUnicode_DATA(str);
    switch (PyUnicode_KIND(str)) {
    case PyUnicode_1BYTE_KIND: return put_characters(p, PyUnicode_1BYTE_KIND, data, length);
    case PyUnicode_2BYTE_KIND: return put_characters(p, PyUnicode_2BYTE_KIND, data, length);
    default: return put_characters(p, PyUnicode_4BYTE_KIND, data, length);
    }
}
