/*
 * write.h - a document while it is written, for the files that do it: write.c (the walk),
 * write_atoms.c (numbers, text, bytes, buffers), write_names.c (globals), canonical.c (order),
 * save.c (the calls of the header).
 */
#ifndef BRN_WRITE_H
#define BRN_WRITE_H

#include "../machine/emit.h"
#include "document.h"
#include "names.h"

/* What older protocols say things with: each is written once and fetched from the memo afterwards. */
typedef enum brn_known {
    BRN_KNOWN_ENCODE,
    BRN_KNOWN_LATIN1, /* the str, not a global */
    BRN_KNOWN_BYTES,
    BRN_KNOWN_BYTEARRAY,
    BRN_KNOWN_SET,
    BRN_KNOWN_FROZENSET,
    BRN_KNOWN_GETATTR,
    BRN_KNOWN_NEWOBJ,
    BRN_KNOWN_NEWOBJ_EX,
    BRN_KNOWN_COUNT
} brn_known;

/* What a frame does next. */
typedef enum brn_frame_kind {
    BRN_FRAME_ITEMS,   /* items of a list, dict, set, in batches; `op` and `op1` put them in */
    BRN_FRAME_TUPLE,   /* items between MARK and what is to be made of them; or of a short tuple */
    BRN_FRAME_OLD_SET, /* a set below protocol 4, around the frame of its elements */
    BRN_FRAME_MADE     /* global, call, object, persistent id: its parts, and what was done */
} brn_frame_kind;

/* brn_frame.flags */
#define BRN_FRAME_MARKED 0x01u  /* there is a mark below the items */
#define BRN_FRAME_EXACT 0x02u   /* the batches of CPython's own dicts and lists, not of iterators */
#define BRN_FRAME_ORDERED 0x04u /* `at` is ours, and has to be given back */
#define BRN_FRAME_PAIRS 0x08u   /* keys and values */
#define BRN_FRAME_SPLICED 0x10u /* a tuple whose items are part of something else */

typedef struct brn_frame {
    const brn_val *val;
    const brn_val *const *at; /* the items, or NULL if they are a run */
    uint64_t index;           /* the next item */
    uint64_t end;             /* of the batch */
    uint64_t count;           /* of all items */
    uint8_t kind;
    uint8_t stage;
    uint8_t flags;
    uint8_t op;  /* for a batch, */
    uint8_t op1; /* for a single item; 0 if there is none */
} brn_frame;

/* Which values get a number in the memo. */
typedef enum brn_memo_mode {
    BRN_MEMO_CPYTHON, /* those that CPython gives one */
    BRN_MEMO_COUNT,   /* all; the output is thrown away, only `needed` matters */
    BRN_MEMO_NEEDED   /* those in `needed` */
} brn_memo_mode;

/* In brn_save.memo: the value is being written; the other bits are brn_save.progress at that time. */
#define BRN_UNDER_WAY UINT32_C(0x80000000)

typedef struct brn_save {
    brn_emitter out; /* first, so that its functions find the rest */
    const brn_doc *doc;
    const brn_val *root;
    brn_memory *memory;
    brn_write_options options;
    brn_error *err;
    brn_code code;
    bool translate; /* names, to Python 2's below protocol 3, else to Python 3's */
    brn_memo_mode mode;
    uint32_t slots;    /* values of the document, and BRN_KNOWN_COUNT */
    uint32_t *memo;    /* by id: 0, its number + 1, or BRN_UNDER_WAY */
    uint8_t *needed;   /* a bit for each id: something refers to it; NULL if not known */
    uint64_t memoized; /* the next number */
    uint32_t progress; /* values memoized or passed over */
    uint64_t repeated; /* items written again because of cycles through tuples and calls */
    brn_frame *frames;
    size_t depth;
    size_t cap;
    struct brn_canonical *canonical; /* or NULL */
    brn_sink_fn sink;
    void *ctx;
} brn_save;

typedef enum brn_step { BRN_STEP_FAILED, BRN_STEP_DONE, BRN_STEP_PUSHED } brn_step;

BRN_INLINE brn_step brn_step_of(bool done)
{
    return done ? BRN_STEP_DONE : BRN_STEP_FAILED;
}

/* Report an error at the value under way; false. */
bool brn_save_fail(brn_save *s, brn_code code, const char *format, ...) BRN_PRINTF(3, 4);
bool brn_save_fail_memory(brn_save *s);

/* The walk: from a value to all it reaches. */
bool brn_save_walk(brn_save *s, const brn_val *root);

/* Find out what is needed, by writing everything to nowhere; at once if that is known. */
bool brn_save_find_needed(brn_save *s);

/* ------------------------------------------------------------------------
 * Memo
 * ------------------------------------------------------------------------ */

/* The number of a value, or -1. */
BRN_INLINE int64_t brn_save_number(const brn_save *s, uint32_t slot)
{
    uint32_t memo = s->memo[slot];
    return memo == 0 || memo & BRN_UNDER_WAY ? -1 : (int64_t)memo - 1;
}

bool brn_save_get(brn_save *s, uint32_t slot, int64_t number);

/* Give a value that has just been written its number. */
bool brn_save_memoize(brn_save *s, uint32_t slot);

/* The same of what is written only now and cannot be met again. */
bool brn_save_memoize_passing(brn_save *s);

/* ------------------------------------------------------------------------
 * Atoms and names
 * ------------------------------------------------------------------------ */

bool brn_save_bigint(brn_save *s, const brn_val *val);
bool brn_save_str(brn_save *s, const void *text, size_t size);
bool brn_save_py2str(brn_save *s, const void *bytes, size_t size);
bool brn_save_bytes(brn_save *s, const void *bytes, size_t size);
bool brn_save_bytearray(brn_save *s, const void *bytes, size_t size);
bool brn_save_buffer(brn_save *s, const brn_val *val);
bool brn_save_ext(brn_save *s, uint32_t code);

/* One of the names that older protocols need. */
bool brn_save_known(brn_save *s, brn_known known);

/*
 * A global by its names, up to its number.  Not for those that are written as the values they are: at
 * protocol 4 and above, if the names are no text or need not be translated.
 */
bool brn_save_names(brn_save *s, const brn_val *val);

/* MARK where a tuple of `count` items needs it, and what makes the tuple of them. */
bool brn_save_begin_tuple(brn_save *s, size_t count);
bool brn_save_end_tuple(brn_save *s, size_t count);

/* ------------------------------------------------------------------------
 * Canonical order
 * ------------------------------------------------------------------------ */

/* Find out which values are equal, and the order of sets; false after an error. */
bool brn_canonical_begin(brn_save *s);
void brn_canonical_end(brn_save *s);

/* The value that stands for all that are equal to this one. */
const brn_val *brn_canonical_of(const brn_save *s, const brn_val *val);

/* Whether the items of a container have an order of their own here. */
bool brn_canonical_is_ordered(const brn_save *s, const brn_val *container);

/* Its items in that order, in a block of as many pointers as it has; false after an error. */
bool brn_canonical_order(brn_save *s, const brn_val *container, const brn_val **to);

#endif /* BRN_WRITE_H */
