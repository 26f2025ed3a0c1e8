/*
 * document.h - what a document is made of.
 *
 *   brn_val     16 bytes: type, flags, id, and an int, a double, or a pointer to
 *               one of the blocks below.  Values lie in the order of their ids.
 *   text        points at the bytes, in the input or in the arena.  Their number stands in
 *               the value if it is small, else in front of the bytes: as in the pickle,
 *               which is why nothing is copied.
 *   brn_items   list, tuple, set, frozenset, dict: an array of values.  Lists, sets and dicts
 *               may get a larger one while they are built; the value itself stays where it is,
 *               so that sharing is pointer identity.  The items of many lists are values made
 *               one after another, so that they lie side by side: a run of them needs no array.
 *   brn_object  global, call, object, persistent id, extension code.
 *
 * A block is NULL as long as a container is empty.
 */
#ifndef BRN_DOCUMENT_H
#define BRN_DOCUMENT_H

#include "../error.h"
#include "../machine/decode.h"
#include "../memory.h"
#include "arena.h"

/* brn_val.size of text whose size stands in front of its bytes. */
#define BRN_SIZE_IN_FRONT UINT16_MAX

/* brn_val.flags; some mean something for one type only. */
#define BRN_FLAG_ASCII 0x01u      /* text */
#define BRN_FLAG_SURROGATES 0x02u /* text */
#define BRN_FLAG_SIZE8 0x04u      /* text: a size in front has eight bytes, else four */
#define BRN_FLAG_READONLY 0x01u   /* buffer */
#define BRN_FLAG_KWARGS 0x01u     /* object: the block has kwargs */
#define BRN_FLAG_INST 0x02u       /* object: made by OBJ or INST */
#define BRN_FLAG_LATE 0x10u       /* traced: TOUCHED, some call having been made before */
#define BRN_FLAG_TOUCHED 0x20u    /* changed after it was fetched */
#define BRN_FLAG_POPPED 0x08u     /* call or object: popped from the stack */
#define BRN_FLAG_FETCHED 0x40u    /* met again after it was made: GET or DUP */
#define BRN_FLAG_CHANGED 0x80u    /* changed after a call had been given it */

typedef struct brn_items {
    uint32_t count; /* values; of a dict: pairs */
    uint32_t cap;   /* of a frozenset: its hash, 0 if not known; of a run: 0 */
    union {
        struct brn_index *index; /* dict, set: where a key is; NULL while there are few */
        const brn_val *run;      /* list with cap 0: the first of `count` items side by side */
    };
    const brn_val *at[]; /* a dict has key, value, key, value, ... */
} brn_items;

/* A tuple has no index and cannot grow. */
typedef struct brn_tuple {
    uint32_t count;
    uint32_t hash;
    const brn_val *at[];
} brn_tuple;

typedef struct brn_op_row {
    brn_op kind;
    brn_val *value;
} brn_op_row;

typedef struct brn_ops {
    uint32_t count;
    uint32_t cap;
    brn_op_row at[];
} brn_ops;

/* Allocated only as far as the type needs it. */
typedef struct brn_object {
    const brn_val *callee; /* global: module; persistent id: the id; extension: the code */
    brn_ops *ops;
    const brn_val *args; /* global: name */
    const brn_val *kwargs;
} brn_object;

struct brn_val {
    uint8_t type; /* brn_type */
    uint8_t flags;
    uint16_t size; /* of text, or BRN_SIZE_IN_FRONT if it stands in front of the bytes */
    uint32_t id;
    union {
        int64_t integer;
        double real;
        const uint8_t *bytes;
        brn_items *items;
        brn_tuple *tuple;
        brn_object *object;
    } u;
};

_Static_assert(sizeof(brn_val) == BRN_CELL, "a value is a cell of the arena");

/* Blocks too large for a chunk, in a list. */
typedef struct brn_large {
    struct brn_large *previous;
    struct brn_large *next;
    size_t size;
} brn_large;

/*
 * What a pickle does besides making plain data, in the order in which it does it: an entry for each name
 * looked up, call made, state given, and so on, that the machine met (BRN_TRACE).
 */
typedef struct brn_trace_row {
    uint64_t place;   /* offset of the opcode << 16 | its byte << 8 | protocol in force */
    uint32_t value;   /* id of what was made or changed */
    uint32_t operand; /* BUILD: id of the state; else the same as `value` */
} brn_trace_row;

BRN_INLINE uint64_t brn_trace_offset(const brn_trace_row *row)
{
    return row->place >> 16;
}

BRN_INLINE uint8_t brn_trace_opcode(const brn_trace_row *row)
{
    return (uint8_t)(row->place >> 8);
}

BRN_INLINE int brn_trace_protocol(const brn_trace_row *row)
{
    return (int)(row->place & 0xff);
}

struct brn_doc {
    brn_memory memory;
    brn_arena arena;
    brn_large *large;
    uint8_t *copy; /* of the input, or NULL if it is borrowed */
    size_t copy_size;
    brn_input input; /* the file whose bytes it borrows, and how to close that; or NULL */
    void (*close_input)(brn_input *input);
    size_t input_memory; /* bytes of the allocator that the file has */
    const brn_val *root;
    size_t size;
    uint64_t count; /* values, the next id */
    /* What there is once at most; NULL until it is needed. */
    brn_val *none;
    brn_val *yes;
    brn_val *no;
    brn_val *unit;       /* the empty tuple */
    uint64_t hash_seed;  /* of the hashes that tuples, frozensets and tables keep */
    const char *problem; /* of `error`, in words: a constant */
    brn_code error;      /* the first of making or changing values, or BRN_OK */
    uint32_t changed_later;
    uint32_t lost_calls; /* whose results the pickle threw away */
    int protocol;
    bool traced;
    uint64_t merged_keys; /* if it is traced: keys and elements that were there already */
    brn_trace_row *trace;
    size_t trace_count;
    size_t trace_cap;
};

const brn_alloc *brn_doc_alloc(const brn_doc *doc);

/*
 * A document without values, whose account goes on where *memory is; `size` is about what its first
 * chunk should hold.  NULL without memory.
 */
brn_doc *brn_doc_new(brn_memory *memory, size_t size, uint64_t max_values);

/*
 * Blocks of a document.  Large ones come straight from the allocator and can be
 * resized and given back; small ones stay in the arena until the document goes.
 * NULL without memory.
 */
void *brn_block_alloc(brn_doc *doc, size_t size);
void *brn_block_resize(brn_doc *doc, void *block, size_t old_size, size_t size);
void brn_block_free(brn_doc *doc, void *block, size_t size);

/* A value without contents, or NULL: without memory, or when there are as many as may be. */
BRN_INLINE brn_val *brn_value_new(brn_doc *doc, brn_type type, uint8_t flags, uint16_t size)
{
    brn_arena *arena = &doc->arena;
    brn_val *val = brn_arena_cell(arena, &doc->memory);
    if (BRN_UNLIKELY(!val))
        return NULL;
    val->type = (uint8_t)type;
    val->flags = flags;
    val->size = size;
    val->id = brn_arena_id(arena, val);
    return val;
}

/* Room for text in the document, with room for its size in front; and the size, once it is known. */
uint8_t *brn_text_new(brn_doc *doc, size_t room);
void brn_text_set_size(uint8_t *text, size_t size);

/* What a look at its bytes says about a str. */
BRN_INLINE uint8_t brn_text_flags(brn_utf8 kind)
{
    return kind == BRN_UTF8_ASCII        ? BRN_FLAG_ASCII
           : kind == BRN_UTF8_SURROGATES ? BRN_FLAG_SURROGATES
                                         : 0;
}

/* The sizes of brn_object: without arguments, without keywords, with all. */
#define BRN_OBJECT_PLAIN offsetof(brn_object, args)
#define BRN_OBJECT_ARGS offsetof(brn_object, kwargs)
#define BRN_OBJECT_KWARGS sizeof(brn_object)

/* A block of `size` for a value of a type that brn_has_ops(); NULL without memory. */
brn_object *brn_object_new(brn_doc *doc, size_t size, const brn_val *callee, const brn_val *args);

/* Note one thing more that was done to such a value; false without memory. */
bool brn_ops_add(brn_doc *doc, brn_object *object, brn_op kind, brn_val *value);

/* Give a list that is a run an array, with room for `more` items; false without memory. */
bool brn_run_end(brn_doc *doc, brn_val *list, size_t more);

BRN_INLINE bool brn_is(const brn_val *val, brn_type type)
{
    return val && val->type == (uint8_t)type;
}

/* A type that what was done to it is recorded for. */
BRN_INLINE bool brn_has_ops(brn_type type)
{
    return type >= BRN_GLOBAL && type <= BRN_EXT;
}

/* What is a str to whom it is of no interest which Python wrote it. */
BRN_INLINE bool brn_is_text(const brn_val *val)
{
    return brn_is(val, BRN_STR) || brn_is(val, BRN_PY2STR);
}

/* The same, if it is one in any encoding: a str of Python 2 has to be ASCII. */
BRN_INLINE bool brn_is_certain_text(const brn_val *val)
{
    return brn_is(val, BRN_STR) || (brn_is(val, BRN_PY2STR) && val->flags & BRN_FLAG_ASCII);
}

/* Something that a call made. */
BRN_INLINE bool brn_is_made(const brn_val *val)
{
    return brn_is(val, BRN_CALL) || brn_is(val, BRN_OBJECT);
}

/* Whether the value of such an entry is what was given, not a container of what was. */
BRN_INLINE bool brn_op_is_single(brn_op op)
{
    return op == BRN_OP_STATE || op == BRN_OP_CALL;
}

/* What a call gave may be anything, so it may stand for what an opcode wants. */
BRN_INLINE bool brn_may_be(const brn_val *val, brn_type type)
{
    return val->type == (uint8_t)type ||
           (brn_has_ops((brn_type)val->type) && val->type != BRN_GLOBAL);
}

/* Number of bytes of text, bytes or a big int. */
BRN_INLINE size_t brn_text_size(const brn_val *val)
{
    if (BRN_LIKELY(val->size != BRN_SIZE_IN_FRONT))
        return val->size;
    return val->flags & BRN_FLAG_SIZE8 ? (size_t)brn_load_le64(val->u.bytes - 8)
                                       : (size_t)brn_load_le32(val->u.bytes - 4);
}

/* Make all text that points into `size` bytes at `from` point to the same place behind `to`. */
void brn_doc_rebase(brn_doc *doc, const uint8_t *from, size_t size, const uint8_t *to);

/* Which pair of a dict has this text as its key (of equal keys the last), or -1. */
int64_t brn_dict_find_text(const brn_val *dict, const char *key, size_t size);

/* brn_attr() for a name that is no C string. */
const brn_val *brn_attrn(const brn_val *val, const char *name, size_t size);

/* The children of a container, whichever block it has; a dict has a key and a value for each pair. */
BRN_INLINE size_t brn_child_count(const brn_val *val)
{
    if (val->type < BRN_LIST || val->type > BRN_FROZENSET || !val->u.items)
        return 0;
    if (val->type == BRN_TUPLE)
        return val->u.tuple->count;
    return val->type == BRN_DICT ? (size_t)val->u.items->count * 2 : val->u.items->count;
}

/* A list whose items lie side by side. */
BRN_INLINE bool brn_is_run(const brn_val *val)
{
    return val->type == BRN_LIST && val->u.items->cap == 0;
}

/* `index` is below brn_child_count(). */
BRN_INLINE const brn_val *brn_child(const brn_val *val, size_t index)
{
    if (val->type == BRN_TUPLE)
        return val->u.tuple->at[index];
    return brn_is_run(val) ? val->u.items->run + index : val->u.items->at[index];
}

/*
 * All values that a value is made of: the children of a container; of what has a callee, that,
 * the arguments, the keywords, and the values of what was done.  `index` is below the count; NULL where a
 * part is missing.
 */
BRN_INLINE size_t brn_part_count(const brn_val *val)
{
    if (!brn_has_ops((brn_type)val->type))
        return brn_child_count(val);
    const brn_ops *ops = val->u.object->ops;
    return 3 + (ops ? (size_t)ops->count : 0);
}

BRN_INLINE const brn_val *brn_part(const brn_val *val, size_t index)
{
    if (!brn_has_ops((brn_type)val->type))
        return brn_child(val, index);
    const brn_object *object = val->u.object;
    switch (index) {
    case 0: return object->callee;
    case 1: return val->type <= BRN_OBJECT ? object->args : NULL;
    case 2: return val->type == BRN_OBJECT && val->flags & BRN_FLAG_KWARGS ? object->kwargs : NULL;
    default: return object->ops->at[index - 3].value;
    }
}

#endif /* BRN_DOCUMENT_H */
