/*
 * hiding.h - where pickles hide: does a payload begin like a pickle, or like what holds one?
 */
#ifndef BRN_HIDING_H
#define BRN_HIDING_H

#include "../memory.h"

typedef enum brn_hiding {
    BRN_HIDING_NONE,
    BRN_HIDING_PLAIN, /* a pickle, or a compressed file or archive, as it is */
    BRN_HIDING_BASE64,
    BRN_HIDING_HEX,
    BRN_HIDING_LATIN1 /* bytes as the characters of a str, in UTF-8 */
} brn_hiding;

/* Nothing that runs code fits into less. */
#define BRN_HIDING_LEAST 8

/* Bytes a pickle can begin with: opcodes that take nothing from the stack. */
extern const bool brn_pickle_begins[256];

/*
 * True if the bytes are a pickle as far as opcodes, their arguments and the height of the stack say,
 * or do something with a name before they fail.  *names says whether they name anything, *walked
 * how far they were looked at.
 */
bool brn_looks_like_pickle(const uint8_t *data, size_t size, bool *names, size_t *walked);

/*
 * How a payload has to be read to find a pickle, or BRN_HIDING_NONE.  *at gets where in it the pickle
 * begins: in bytes (`bytes`, not text) others may stand in front of it.
 */
brn_hiding brn_hiding_of(const uint8_t *data, size_t size, bool bytes, size_t *at);

/*
 * Undo an encoding; in base64 and hex white space is passed over.  Returns bytes of `memory`, *decoded_size of them in a block
 * of *room; NULL if there is no memory or nothing to decode.
 */
uint8_t *brn_hiding_decode(brn_hiding how, const uint8_t *data, size_t size, brn_memory *memory,
                           size_t *decoded_size, size_t *room);

#endif /* BRN_HIDING_H */
