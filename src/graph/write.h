/*
 * write.h - a document while it is written, for the files that do it: write.c (the walk),
 * write_quick.c (what is in no way special), write_atoms.c (numbers, text, bytes, buffers), write_names.c (globals), canonical.c (order),
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

/* Stages of BRN_FRAME_MADE: which part is being written. */
typedef enum brn_stage {
    BRN_STAGE_BEGIN,
    BRN_STAGE_CALLEE,
    BRN_STAGE_ARGS,
    BRN_STAGE_KWARGS,
    BRN_STAGE_DONE_TO, /* `count` of what was done to it has been written */
    BRN_STAGE_STATE,
    BRN_STAGE_CALLED
} brn_stage;

/* brn_save_frame.flags */
#define BRN_FRAME_MARKED 0x01u  /* there is a mark below the items */
#define BRN_FRAME_EXACT 0x02u   /* the batches of CPython's own dicts and lists, not of iterators */
#define BRN_FRAME_ORDERED 0x04u /* `at` is ours, and has to be given back */
#define BRN_FRAME_PAIRS 0x08u   /* keys and values */
#define BRN_FRAME_AHEAD 0x20u   /* what items are made of is asked for some items ahead */
#define BRN_FRAME_PASSING 0x40u /* gets a number only if it is met again */
#define BRN_FRAME_SPLICED 0x10u /* a tuple whose items are part of something else */

typedef struct brn_save_frame {
    const brn_val *val;
    const brn_val *const *at; /* the items, or NULL if they are a run */
    uint64_t index;           /* the next item */
    uint64_t end;             /* of the batch */
    uint64_t count;           /* of all items; of BRN_FRAME_MADE, see there */
    uint8_t kind;
    uint8_t stage;
    uint8_t flags;
    uint8_t op;  /* for a batch, */
    uint8_t op1; /* for a single item; 0 if there is none */
} brn_save_frame;

/* Which values get a number in the memo. */
typedef enum brn_memo_mode {
    BRN_MEMO_CPYTHON, /* those that CPython gives one */
    BRN_MEMO_COUNT,   /* all; the output is thrown away, only `refs` matters */
    BRN_MEMO_NEEDED   /* those that `refs` says are met more than once */
} brn_memo_mode;

/* How often a value is met. */
typedef enum brn_ref { BRN_REF_NONE, BRN_REF_ONE, BRN_REF_UNDER_WAY, BRN_REF_MORE } brn_ref;

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
    uint8_t *refs;     /* by id: a brn_ref; NULL if that is not known */
    uint64_t memoized; /* the next number */
    uint32_t progress; /* values memoized or passed over */
    uint64_t repeated; /* items written again because of cycles through tuples and calls */
    brn_save_frame *frames;
    size_t depth;
    size_t cap;
    struct brn_canonical *canonical; /* or NULL */
    brn_sink_fn sink;
    void *ctx;
} brn_save;

/* MORE: there is a new frame, or this one has to be gone on with. */
typedef enum brn_step { BRN_STEP_FAILED, BRN_STEP_DONE, BRN_STEP_MORE } brn_step;

BRN_INLINE brn_step brn_step_of(bool done)
{
    return done ? BRN_STEP_DONE : BRN_STEP_FAILED;
}

/* Report an error at the value under way; false. */
bool brn_save_fail(brn_save *s, brn_code code, const char *format, ...) BRN_PRINTF(3, 4);
bool brn_save_fail_memory(brn_save *s);

/* The walk: from a value to all it reaches. */
bool brn_save_walk(brn_save *s, const brn_val *root);

/* Go on with the frame on top as long as all is as usual; the walk calls it between its own steps. */
void brn_save_quick(brn_save *s);

/* Find out what is met more than once; at once if that is known. */
bool brn_save_find_refs(brn_save *s);

/* The same by counting; false if there is something that would have to be written to know it. */
bool brn_save_count_refs(brn_save *s, uint8_t *refs);

/* ------------------------------------------------------------------------
 * Frames
 * ------------------------------------------------------------------------ */

BRN_INLINE bool brn_tuple_has_mark(const brn_save *s, size_t count)
{
    return count > 0 ? count > 3 || s->out.protocol < 2 : !s->out.binary;
}

/* What makes a tuple of its items. */
BRN_INLINE uint8_t brn_tuple_op(const brn_save *s, size_t count)
{
    return brn_tuple_has_mark(s, count) ? BRN_OP_BYTE_TUPLE : brn_short_tuple_op(count);
}

/* Fill in a new frame for the items of its list, dict or set, of which there are some. */
BRN_INLINE void brn_frame_items(const brn_save *s, brn_save_frame *f, uint8_t op, uint8_t op1,
                                bool exact)
{
    const brn_val *val = f->val;
    f->at = brn_is_run(val) ? NULL : val->u.items->at;
    f->count = brn_child_count(val);
    f->op = op;
    f->op1 = op1;
    f->flags = (exact && !(s->options.flags & BRN_WRITE_SMALL) ? BRN_FRAME_EXACT : 0) |
               (op == BRN_OP_BYTE_SETITEMS ? BRN_FRAME_PAIRS : 0);
}

/* The same of a tuple. */
BRN_INLINE void brn_frame_tuple(const brn_save *s, brn_save_frame *f)
{
    const brn_tuple *tuple = f->val->u.tuple;
    f->at = tuple->at;
    f->count = tuple->count;
    f->end = tuple->count;
    f->flags = brn_tuple_has_mark(s, tuple->count) ? BRN_FRAME_MARKED : 0;
    f->op = brn_tuple_op(s, tuple->count);
}

/* Room for brn_put_batch(). */
#define BRN_SAVE_BATCH 3

/*
 * End a batch, and begin the next.  CPython writes its own dicts and sets in batches as long as they
 * are full, so after a last full one comes one of nothing; and a last single item of its own lists has a mark,
 * but one from an iterator has not.
 */
BRN_INLINE uint8_t *brn_put_batch(const brn_emitter *out, brn_save_frame *f, uint8_t *p)
{
    const bool exact = f->flags & BRN_FRAME_EXACT;
    const unsigned pairs = (f->flags & BRN_FRAME_PAIRS) != 0;
    if (f->end > 0)
        *p++ = f->flags & BRN_FRAME_MARKED ? f->op : f->op1;
    uint64_t left = (f->count - f->index) >> pairs;
    if (left == 0) {
        uint64_t count = f->count >> pairs;
        bool again = count >= BRN_EMIT_BATCH && count % BRN_EMIT_BATCH == 0 && exact &&
                     f->op != BRN_OP_BYTE_APPENDS && out->binary;
        if (again) {
            *p++ = BRN_OP_BYTE_MARK;
            *p++ = f->op;
        }
        return p;
    }
    uint64_t most = out->binary ? BRN_EMIT_BATCH : 1;
    uint64_t size = left < most ? left : most;
    bool single = size == 1 && f->op1 != 0 && (!exact || !out->binary || f->count >> pairs == 1);
    f->end = f->index + (size << pairs);
    f->flags = (uint8_t)(single ? f->flags & ~BRN_FRAME_MARKED : f->flags | BRN_FRAME_MARKED);
    if (!single)
        *p++ = BRN_OP_BYTE_MARK;
    return p;
}

/* ------------------------------------------------------------------------
 * Memo
 * ------------------------------------------------------------------------ */

#define BRN_MOST_NUMBERS INT32_MAX

/* Does something refer to it? */
BRN_INLINE bool brn_save_is_needed(const brn_save *s, uint32_t slot)
{
    return s->refs[slot] == BRN_REF_MORE;
}

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

/* Longer ints are the same object wherever they are met, though CPython's pickler does not care. */
#define BRN_SHORT_INT 40

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
