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
    BRN_HIDING_LATIN1, /* bytes as the characters of a str, in UTF-8 */
    BRN_HIDING_WIDE    /* the same in UTF-16 or UTF-32 */
} brn_hiding;

/* Nothing that runs code fits into less. */
#define BRN_HIDING_LEAST 8
/* Nor behind other bytes, or compressed. */
#define BRN_HIDING_LEAST_BEHIND 12
/* Nor encoded. */
#define BRN_HIDING_LEAST_ENCODED 20

/* Bytes a pickle can begin with: opcodes that take nothing from the stack. */
extern const bool brn_pickle_begins[256];

/*
 * True if the bytes are a pickle as far as opcodes, their arguments and the height of the stack say,
 * or do something with a name before they fail.  *names says whether they name anything, *walked
 * how far they were looked at.
 */
bool brn_looks_like_pickle(const uint8_t *data, size_t size, bool *names, size_t *walked);

/* How far into payloads one is looked for that does not stand at the beginning. */
#define BRN_HIDING_SEARCHED ((size_t)64 << 10)

/*
 * How a payload has to be read to find a pickle, or BRN_HIDING_NONE.  *at gets where in it the pickle
 * begins: others may stand in front of it.  `bytes`: it is no text.
 */
brn_hiding brn_hiding_of(const uint8_t *data, size_t size, bool bytes, size_t *at);

/* A word in base64 or hex. */
typedef struct brn_encoded {
    size_t most; /* none is looked for that begins behind so many bytes */
    size_t from; /* where to go on */
    uint64_t work;
    size_t at;
    size_t size; /* with all that a decoder would take */
    brn_hiding how;
} brn_encoded;

/* The next word that may hold a pickle; false if there is no more. */
bool brn_find_encoded(const uint8_t *data, size_t size, brn_encoded *found);

/* How much may be walked over in a search, and how much was: once it is more, nothing is found any more. */
typedef struct brn_search {
    uint64_t most;
    uint64_t walked;
} brn_search;

/*
 * Where a pickle begins between `from` and `end` that does something with a name: behind a protocol header, or spelled as
 * protocols 0 and 1 do.  SIZE_MAX if there is none.
 */
size_t brn_find_declared(const uint8_t *data, size_t size, size_t from, size_t end,
                         brn_search *search);
size_t brn_find_spelled(const uint8_t *data, size_t size, size_t from, size_t end,
                        brn_search *search);

/* What a qualified name may have in it: letters and digits of ASCII, _ and ., and anything beyond ASCII. */
BRN_INLINE bool brn_is_name_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c >= 0x80;
}

/* A protocol header as characters of a str; there are three bytes. */
BRN_INLINE bool brn_is_latin1_header(const uint8_t *data)
{
    return data[0] == 0xc2 && data[1] == 0x80 && data[2] <= 5;
}

/* True for text whose characters take two or four bytes. */
bool brn_is_wide(const uint8_t *data, size_t size);

/*
 * Undo an encoding; in base64 and hex white space is passed over.  Returns bytes of `memory`, *decoded_size of them in a block
 * of *room; NULL if there is no memory or nothing to decode.
 */
uint8_t *brn_hiding_decode(brn_hiding how, const uint8_t *data, size_t size, brn_memory *memory,
                           size_t *decoded_size, size_t *room);

#endif /* BRN_HIDING_H */
