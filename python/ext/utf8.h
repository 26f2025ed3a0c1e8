/*
 * utf8.h - text of the interpreter as UTF-8, written where it is wanted.
 *
 * PyUnicode_AsUTF8AndSize() would leave a copy in every str that is not ASCII, for as long as the str lives.
 */
#ifndef BRINERY_UTF8_H
#define BRINERY_UTF8_H

#include "ext.h"

/* The UTF-8 that the str has of itself, or NULL; it is the str's. */
BRN_INLINE const char *ext_utf8_own(PyObject *str, size_t *size)
{
    if (PyUnicode_IS_COMPACT_ASCII(str)) {
        *size = (size_t)PyUnicode_GET_LENGTH(str);
        return (const char *)((PyASCIIObject *)str + 1);
    }
    const PyCompactUnicodeObject *compact = (const PyCompactUnicodeObject *)str;
    *size = (size_t)compact->utf8_length;
    return compact->utf8;
}

/* How many bytes it is at most. */
BRN_INLINE size_t ext_utf8_bound(PyObject *str)
{
    /* One, two and four bytes a character hold what takes up to two, three and four. */
    size_t most = PyUnicode_KIND(str) == 4 ? 4 : (size_t)PyUnicode_KIND(str) + 1;
    return most * (size_t)PyUnicode_GET_LENGTH(str);
}

/* Write it; where it ends, or NULL if there is a surrogate in it, which UTF-8 does not have. */
uint8_t *ext_put_utf8(uint8_t *p, PyObject *str);

#endif /* BRINERY_UTF8_H */
