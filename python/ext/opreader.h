/*
 * opreader.h - the opcodes of a pickle one after another, as pickletools reads them.
 *
 * The one reader below genops(), dis() and optimize().  Bytes are decoded by the machine's own
 * decoder (machine/decode.h).  Where that is stricter than pickletools, or the pickle is broken,
 * the reader that pickletools has for the argument is asked about just these bytes: so values
 * and errors are its own, whatever the input.
 *
 * An argument that the decoder has read is not made an object before somebody wants one:
 * dis() prints most of them, and optimize() skips most of them, straight from the pickle.
 */
#ifndef BRN_EXT_OPREADER_H
#define BRN_EXT_OPREADER_H

#include "optable.h"

#include "machine/decode.h"

typedef enum ext_input {
    EXT_INPUT_MEMORY,
    EXT_INPUT_BLOCKS, /* a file of the io module: read ahead, and moved back in the end */
    EXT_INPUT_FILE    /* any other: called exactly as pickletools would call it */
} ext_input;

typedef struct ext_opreader {
    ext_optable *table;
    ext_input input;
    PyObject *source; /* the bytes object that `data` points into, or NULL */
    PyObject *file;   /* NULL in memory */
    PyObject *tell;   /* methods of the file; NULL in EXT_INPUT_FILE, if it has no tell */
    PyObject *seek;   /* EXT_INPUT_BLOCKS only */
    const uint8_t *data;
    const uint8_t *pos; /* behind the opcode that was read last */
    const uint8_t *end;
    int64_t base; /* the offset of `data` in the file */

    /* The opcode that was read last. */
    const ext_opcode *row;
    uint8_t byte;
    int64_t at;         /* its offset; -1 in EXT_INPUT_FILE */
    PyObject *position; /* EXT_INPUT_FILE: what tell() said, or None; else NULL */
    brn_argument arg;   /* if there is an argument, and `object` is NULL */
    PyObject *object;   /* the argument, where a reader of pickletools has made it */
    bool ascii;         /* the bytes of a text in `arg` are ASCII */
} ext_opreader;

/*
 * Begin to read `pickle`: a bytes-like object or a file object. 0, or -1 with an
 * exception.  After either, ext_opreader_clear() frees what is held.
 */
int ext_opreader_init(ext_opreader *reader, ext_optable *table, PyObject *pickle);
/* The same for bytes-like objects only; they are not copied if they are bytes. */
int ext_opreader_init_memory(ext_opreader *reader, ext_optable *table, PyObject *bytes_like);
int ext_opreader_visit(const ext_opreader *reader, visitproc visit, void *arg);
void ext_opreader_clear(ext_opreader *reader);

/* Read the next opcode and its argument: 0, or -1 with an exception. */
int ext_opreader_next(ext_opreader *reader);

/* The argument as genops() has it, None if there is none.  A new reference, or NULL. */
PyObject *ext_opreader_argument(const ext_opreader *reader);
/* The position as genops() has it.  The same. */
PyObject *ext_opreader_position(const ext_opreader *reader);

/* Whether what was read last ends the pickle. */
BRN_INLINE bool ext_opreader_stopped(const ext_opreader *reader)
{
    return reader->byte == BRN_OP_BYTE_STOP;
}

/*
 * For files that are read ahead; for others nothing has to be done.  0, or -1 with an exception.
 *
 *   sync      put the file to where the opcode read last ends
 *   put_back  the same, unless somebody else has moved the file since we read from it
 *   resume    go on from where somebody else has put the file
 */
int ext_opreader_sync(ext_opreader *reader);
int ext_opreader_put_back(ext_opreader *reader);
int ext_opreader_resume(ext_opreader *reader);
/* sync with an exception set, which stays as it is; one of its own is dropped. */
void ext_opreader_sync_quietly(ext_opreader *reader);

#endif /* BRN_EXT_OPREADER_H */
