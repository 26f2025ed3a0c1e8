/*
 * pickler.h - the type Pickler, as its own files and the functions dump and dumps see it.
 */
#ifndef BRINERY_PICKLER_H
#define BRINERY_PICKLER_H

#include "persistent.h"
#include "save.h"

#if PY_VERSION_HEX >= 0x030e0000
#define EXT_DEFAULT_PROTOCOL 5
#else
#define EXT_DEFAULT_PROTOCOL 4
#endif

typedef struct ext_pickler {
    PyObject_HEAD ext_saver saver;
#if EXT_HOOKS_ARE_METHODS
    PyObject *persistent_id_attr; /* what was set on the instance */
#endif
    bool running; /* inside of a method that changes it */
} ext_pickler;

/* The parts of a saver that arguments say: 0, or -1 and an exception. */
int ext_saver_set_protocol(ext_saver *saver, PyObject *protocol, PyObject *fix_imports);
int ext_saver_set_file(ext_saver *saver, PyObject *file);
int ext_saver_set_buffer_callback(ext_saver *saver, PyObject *callback);
int ext_saver_set_max_depth(ext_saver *saver, PyObject *max_depth);

/* Give back what a saver owns. */
void ext_saver_clear(ext_saver *saver);

/* One user at a time: -1 and RuntimeError if there is one. */
int ext_pickler_begin(ext_pickler *pickler);
BRN_INLINE void ext_pickler_end(ext_pickler *pickler)
{
    pickler->running = false;
}

/* Forget what has been written: None, or NULL and an exception. */
PyObject *ext_pickler_clear_memo(PyObject *pickler);

/* The attribute memo. */
PyObject *ext_pickler_memo_new(ext_pickler *pickler);
/* A memo like that of a proxy or dict: 0, or -1 and an exception. */
int ext_pickler_memo_read(ext_memo *memo, ext_state *state, PyObject *source);

#endif /* BRINERY_PICKLER_H */
