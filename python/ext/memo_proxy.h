/*
 * memo_proxy.h - the attribute memo of a Pickler or Unpickler: no mapping, so that the memo need not be a
 * dict, but able to make one, to clear the memo, and to be given to another of its kind.
 */
#ifndef BRINERY_EXT_MEMO_PROXY_H
#define BRINERY_EXT_MEMO_PROXY_H

#include "ext.h"

/* What differs between the two kinds of memo; `owner` is the Pickler or Unpickler. */
typedef struct ext_memo_kind {
    PyObject *(*copy)(PyObject *owner);  /* a new dict */
    PyObject *(*clear)(PyObject *owner); /* None */
} ext_memo_kind;

PyObject *ext_memo_proxy_new(PyTypeObject *type, PyObject *owner, const ext_memo_kind *kind);

/* Whose memo it is: a new reference, or NULL and RuntimeError after the collector broke a cycle. */
PyObject *ext_memo_proxy_owner(PyObject *proxy);

#endif /* BRINERY_EXT_MEMO_PROXY_H */
