/*
 * explain.h - what an exception says about its place in the object or the pickle.
 */
#ifndef BRINERY_EXT_EXPLAIN_H
#define BRINERY_EXT_EXPLAIN_H

#include "ext.h"

/*
 * The exception in flight is put by while something is done that needs none, and put back.  A new
 * reference, or NULL if there is none; putting takes the reference, and NULL clears.
 */
PyObject *ext_take_exception(void);
void ext_put_exception(PyObject *exception);

/*
 * An exception is on its way out of a dump or a load.  It gets the attributes
 *
 *   pickle_path     str: the object at fault, e.g. "obj['session'].conn._sock"
 *   pickle_offset   int: the byte of the pickle at which the opcode at fault stands; on load
 *   pickle_hint     str: what to do about it, if there is something to say
 *
 * and a note that says path and hint, unless the interpreter adds notes of its own (dumps, from
 * 3.14 on).  One that has been explained before, by a pickler inside, is left alone, and so is
 * what is no error of the data (KeyboardInterrupt, MemoryError).  The exception is the
 * same one afterwards, whatever happens here.
 */

/* `path` and `culprit` are borrowed; either may be NULL. */
void ext_explain_dump(ext_state *state, PyObject *path, PyObject *culprit);

typedef struct ext_load_failure {
    PyObject *path;      /* borrowed, or NULL */
    uint64_t offset;     /* of the opcode, from the beginning of the pickle */
    PyObject *module;    /* borrowed str: of the global that cannot be found, else NULL */
    PyObject *name;      /* and its name */
    const uint8_t *data; /* the first bytes of the pickle, as far as they are at hand; or NULL */
    size_t size;
} ext_load_failure;

void ext_explain_load(ext_state *state, const ext_load_failure *failure);

#endif /* BRINERY_EXT_EXPLAIN_H */
