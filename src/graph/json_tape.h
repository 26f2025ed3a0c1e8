/*
 * json_tape.h - JSON as a flat list of its values, in the order in which they begin.
 *
 * A document is made from the tape in passes (json_read.c): what is inside something may have to wait for what
 * is around it, and the other way round, so it is good to know where everything is before anything is
 * made.  Each entry says where what follows it begins, so walking needs no stack.
 */
#ifndef BRN_JSON_TAPE_H
#define BRN_JSON_TAPE_H

#include "../error.h"
#include "../memory.h"

typedef enum brn_json_kind {
    BRN_JSON_NULL,
    BRN_JSON_FALSE,
    BRN_JSON_TRUE,
    BRN_JSON_INT,
    BRN_JSON_REAL,
    BRN_JSON_STRING,
    BRN_JSON_ARRAY,
    BRN_JSON_OBJECT
} brn_json_kind;

/* A value, or a key of an object, which stands in front of its value. */
typedef struct brn_json_node {
    const uint8_t *text;  /* where it begins; a string with its quote */
    const brn_val *value; /* for who reads the tape */
    uint32_t next;        /* the entry behind it and all that is in it */
    uint32_t count;       /* of an array: its elements; of an object: its members */
    uint8_t kind;
    uint8_t role; /* for who reads the tape; 0 at first */
} brn_json_node;

typedef struct brn_json_tape {
    const uint8_t *data;
    const uint8_t *end;
    brn_json_node *at;
    size_t count;
    size_t cap;
    size_t size; /* bytes that were read: the value, and the blanks behind it */
} brn_json_tape;

/*
 * Read the first JSON value of `data`, strictly as RFC 8259 has it (in UTF-8; escapes may spell surrogates
 * that are alone).  The tape is to be freed in any case.
 */
brn_code brn_json_tape_read(brn_json_tape *tape, brn_memory *memory, const void *data, size_t size,
                            brn_error *err);
void brn_json_tape_free(brn_json_tape *tape, brn_memory *memory);

/* The offset of an entry in the text. */
uint64_t brn_json_offset(const brn_json_tape *tape, const brn_json_node *node);

/* The bytes of a number, which the tape has found to be one. */
size_t brn_json_number_size(const brn_json_tape *tape, const brn_json_node *node);

/*
 * What a string says, as UTF-8 in which surrogates that are alone are three bytes, in `out`, which has room for as
 * many bytes as the string has between its quotes (brn_json_string_room()).  Returns the number of bytes.
 */
size_t brn_json_string_room(const brn_json_node *node);
size_t brn_json_string(const brn_json_node *node, uint8_t *out);

/* Whether what a string says is this, ASCII without quotes, or begins so. */
bool brn_json_string_begins(const brn_json_node *node, const char *text, bool whole);

#endif /* BRN_JSON_TAPE_H */
