/*
 * optable.h - what pickletools says about each opcode, by byte.
 *
 * genops() hands out the OpcodeInfo objects of pickletools themselves, and dis() and optimize()
 * are defined in terms of what these say.  pickletools is a large module that most users of
 * Brinery never need, so it is imported when the first of the three functions is called.
 */
#ifndef BRN_EXT_OPTABLE_H
#define BRN_EXT_OPTABLE_H

#include "ext.h"
#include "machine/opcodes.h"

typedef struct ext_opcode {
    PyObject *info;    /* OpcodeInfo; NULL if the byte is no opcode */
    PyObject *reader;  /* info.arg.reader; NULL if the opcode has no argument */
    PyObject *after;   /* info.stack_after, as a tuple */
    PyObject *summary; /* the first line of info.doc */
    const char *name;  /* of brn_opcode_rows, as what follows */
    Py_ssize_t name_size;
    int protocol;
    brn_format format;
    bool to_mark;    /* it goes back to a mark */
    Py_ssize_t pops; /* from below the mark, if it goes back to one */
    char spelled[8]; /* the byte, as pickletools prints it, and blanks up to a width of 5 */
} ext_opcode;

typedef struct ext_optable {
    ext_opcode rows[256];
    PyObject *pickletools;
    PyObject *code2op;
    PyObject *markobject; /* what stands for a mark in stack_before and stack_after */
    PyObject *decode; /* these four are names, interned: the cache of types keeps others alive */
    PyObject *read;
    PyObject *seek;
    PyObject *tell;
    PyObject *BytesIO;
    PyObject *BufferedReader;
    PyObject *BufferedRandom;
    int highest_protocol; /* of the interpreter's pickle */
    bool ascii_strings;   /* dis() escapes what is not ASCII in the strings of Python 2 */
    Py_ssize_t users;     /* the state, and readers that may outlive it */
    bool foreign;         /* pickletools has opcodes that we do not have, or reads them otherwise */
} ext_optable;

/* The table, made when needed; borrowed from the state.  NULL with an exception. */
ext_optable *ext_optable_of(ext_state *state);

int ext_optable_visit(const ext_optable *table, visitproc visit, void *arg);
/* For the state, which owns one use, and for those who took another (table->users++). */
void ext_optable_release(ext_optable *table);

/*
 * The call of pickletools' function of this name: what our functions do when `foreign` is set,
 * because the answer has to be the same with opcodes of the future.
 */
PyObject *ext_optable_delegate(const ext_optable *table, const char *name, PyObject *args,
                               PyObject *kwargs);

#endif /* BRN_EXT_OPTABLE_H */
