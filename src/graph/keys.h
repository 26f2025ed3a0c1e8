/*
 * keys.h - dict keys and set elements: Python's equality, seeded hashing, and
 * the tables that find a key.
 *
 * 1, 1.0 and True are one key; a str and a Python 2 str of the same ASCII are; tuples and
 * frozensets are compared by what they hold; globals by name; calls and objects only by
 * identity, because only their classes could say more.
 */
#ifndef BRN_KEYS_H
#define BRN_KEYS_H

#include "document.h"

typedef struct brn_key_slot {
    uint32_t hash;
    uint32_t entry; /* + 1; 0 in a free slot */
} brn_key_slot;

/* Where the keys of one dict or set are. */
typedef struct brn_index {
    uint64_t seed;
    uint32_t mask; /* slots less one; slots are a power of two, at most half of them in use */
    brn_key_slot slots[];
} brn_index;

/* What hashing and comparing may use.  One for the building of a document. */
typedef struct brn_keys {
    brn_memory *memory; /* NULL: nothing may be allocated, so tuples nested more than 64
                           deep cannot be compared */
    bool foreign;       /* the values may be of two documents: hashes that were kept say nothing */
    uint64_t seed;
    uint64_t work;    /* steps left */
    uint64_t values;  /* there are no more than these, so keys are not deeper; 0 if not known */
    brn_code failure; /* BRN_OK, or why the last answer is false: UNHASHABLE, LIMIT_WORK, MEMORY */
    brn_type unhashable; /* the culprit's type */
} brn_keys;

/* Fewer keys than this are compared one by one. */
#define BRN_FEW_KEYS 8

/* The hash of a key; false, with keys->failure, if there is none. */
bool brn_key_hash(brn_keys *keys, const brn_val *key, uint32_t *hash);

/* Give a frozenset, whose elements are all there, its hash; false, with keys->failure, if it has none. */
bool brn_key_hash_elements(brn_keys *keys, const brn_val *frozenset);

/* Python's ==.  False with keys->failure set if that could not be found out. */
bool brn_key_equal(brn_keys *keys, const brn_val *a, const brn_val *b);

/* The hash of a str or bytes key that is not in a document. */
uint32_t brn_key_hash_text(uint64_t seed, const void *text, size_t size);

/*
 * Where a key is in a dict (stride 2) or set (stride 1), or -1.  Look at
 * keys->failure before believing that.
 */
int64_t brn_key_find(brn_keys *keys, const brn_items *items, size_t stride, const brn_val *key,
                     uint32_t hash);

/* The same in a dict or set with a table, for a key that may be of another document (keys->foreign). */
int64_t brn_key_find_hashed(brn_keys *keys, const brn_items *items, size_t stride,
                            const brn_val *key, uint32_t hash);

/*
 * Set keys and values in a dict (stride 2; an equal key stays and gets the new value), or add
 * elements to a set (stride 1).  `count` values, keys and values in turn.  Grows the block.
 */
bool brn_key_insert_all(brn_keys *keys, brn_doc *doc, brn_val *container, size_t stride,
                        const brn_val *const *items, size_t count);

/* Make the table of a dict or set that has its entries but none; false with keys->failure. */
bool brn_key_index(brn_keys *keys, brn_doc *doc, const brn_val *container);

/*
 * Make the table of pairs that are not merged (BRN_OP_SET) and have none, if no key is there twice.  False if one
 * is, or, with keys->failure, if that could not be found out.
 */
bool brn_key_index_distinct(brn_keys *keys, brn_doc *doc, brn_items *items);

/* Do without the table of a dict or set. */
void brn_key_forget_index(brn_doc *doc, brn_items *items);

/*
 * Take the entry at `at` out of a dict (stride 2), whose other entries keep their order, or a set
 * (stride 1), whose last element takes its place.  False, with keys->failure and nothing changed, if
 * the keys cannot be hashed.
 */
bool brn_key_remove(brn_keys *keys, brn_items *items, size_t stride, uint32_t at);

/* Room for `more` entries of `stride` values behind those of a container. */
bool brn_items_reserve(brn_doc *doc, brn_val *container, size_t stride, size_t more);

/* Take all entries out of a list, dict or set. */
void brn_items_forget(brn_doc *doc, brn_val *container);

#endif /* BRN_KEYS_H */
