/*
 * write_quick.c - the walk, as long as nothing is out of the ordinary.
 *
 * Nearly all that a document holds is numbers, short text, containers met for the first time, and what
 * has a number already.  This writes them in one loop that keeps the position, the memo and the
 * place in the container in registers, makes no calls, and asks once for each value whether there is room:
 * below the emitter's mark `quick` there is enough for any of them and for what ends its container.
 *
 * Whatever else there is (the end of a frame or of the buffer, errors, names, buffers, long text, cycles
 * through tuples, an order of its own, the text protocol) it leaves, untouched, to write.c, which can write
 * everything.  Both work on the same frames, so each may go on where the other stopped.
 *
 * The loop is compiled twice: once for CPython's memo in protocol 4 and later, as `plain`, and once
 * for all else, which has more to ask.
 */
#include "write.h"
#include "write_ahead.h"

/* The longest text or int that is copied here. */
#define LONGEST 255

/* What the loop has in registers of a brn_save, and of the frame on top of its stack. */
typedef struct cursor {
    uint8_t *p;
    const uint8_t *quick;
    uint32_t *memo;
    uint64_t memoized;
    uint64_t passed; /* values that got no number, and what `progress` had more before */
    brn_save_frame *f;
    brn_save_frame *bottom;
    const brn_save_frame *top; /* the last there is room for */
    uint64_t left;             /* items of the batch */
    const brn_val *const *at;  /* the next of them */
    const brn_val *run;        /* the same in a run, else NULL */
    bool plain;
} cursor;

/* Go on with a frame. */
BRN_INLINE void enter(cursor *c, brn_save_frame *f)
{
    c->f = f;
    c->left = f->end - f->index;
    c->run = NULL;
    if (BRN_LIKELY(f->at != NULL))
        c->at = f->at + f->index;
    else if (f->kind == BRN_FRAME_ITEMS)
        c->run = f->val->u.items->run + f->index;
}

BRN_INLINE void suspend(const cursor *c)
{
    c->f->index = c->f->end - c->left;
}

/* A new frame, whose items the caller fills in. */
BRN_INLINE brn_save_frame *push(cursor *c, const brn_val *val, brn_frame_kind kind)
{
    suspend(c);
    brn_save_frame *f = c->f + 1;
    f->val = val;
    f->at = NULL;
    f->index = 0;
    f->end = 0;
    f->count = 0;
    f->kind = (uint8_t)kind;
    f->stage = 0;
    f->flags = 0;
    c->f = f;
    c->left = 0;
    c->run = NULL;
    return f;
}

/* Back to the frame below; false, and without a frame, at the end of the walk. */
BRN_INLINE bool pop(cursor *c)
{
    if (c->f == c->bottom) {
        c->f = NULL;
        return false;
    }
    enter(c, c->f - 1);
    return true;
}

/* ------------------------------------------------------------------------
 * The memo
 * ------------------------------------------------------------------------ */

/* A value that may get a number now: not met before, and numbers are left. */
BRN_INLINE bool is_new(const cursor *c, const brn_val *val)
{
    return c->memo[val->id] == 0 && c->memoized < BRN_MOST_NUMBERS;
}

BRN_INLINE void put_number(const brn_save *s, cursor *c, const brn_val *val)
{
    if (c->plain) {
        *c->p++ = BRN_OP_BYTE_MEMOIZE;
    } else if (s->mode == BRN_MEMO_NEEDED && !brn_save_is_needed(s, val->id)) {
        c->passed++;
        c->memo[val->id] = 0;
        return;
    } else {
        c->p = brn_put_memoize(&s->out, c->p, (int64_t)c->memoized);
    }
    c->memo[val->id] = (uint32_t)++c->memoized;
}

/* The value to be written for one that is referred to. */
BRN_INLINE const brn_val *meant(const brn_save *s, const cursor *c, const brn_val *val)
{
    return !c->plain && s->canonical ? brn_canonical_of(s, val) : val;
}

/* Fetch a value that has a number; false if it has none, or if fetching has to be noted. */
BRN_INLINE bool put_get(const brn_save *s, cursor *c, const brn_val *val)
{
    uint32_t memo = c->memo[val->id];
    if (memo == 0 || memo & BRN_UNDER_WAY || (!c->plain && s->mode == BRN_MEMO_COUNT))
        return false;
    c->p = brn_put_binget(c->p, (int64_t)memo - 1);
    return true;
}

/* What is made of its parts has no number yet, but is no longer new. */
BRN_INLINE void set_under_way(cursor *c, const brn_val *val)
{
    c->memo[val->id] = BRN_UNDER_WAY | (uint32_t)(c->memoized + c->passed);
}

BRN_INLINE bool is_under_way(const cursor *c, const brn_val *val)
{
    return c->memo[val->id] & BRN_UNDER_WAY && c->memoized < BRN_MOST_NUMBERS;
}

/* ------------------------------------------------------------------------
 * Atoms
 * ------------------------------------------------------------------------ */

/* Copy up to LONGEST bytes to where there is room for more: calling memcpy takes longer. */
BRN_INLINE uint8_t *put_bytes(uint8_t *p, const uint8_t *from, size_t size)
{
    if (size >= 16) {
        for (size_t i = 0; i < size - 16; i += 16)
            memcpy(p + i, from + i, 16);
        memcpy(p + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(p, from, 8);
        memcpy(p + size - 8, from + size - 8, 8);
    } else {
        brn_store_le64(p, brn_load_le(from, size));
    }
    return p + size;
}

/* Text or bytes that have not been met; `op1` is 0 in protocols that have none. */
BRN_INLINE bool write_text(const brn_save *s, cursor *c, const brn_val *val, uint8_t op1,
                           uint8_t op4)
{
    size_t size = val->size;
    if (size > LONGEST || !is_new(c, val))
        return false;
    if (op1) {
        c->p[0] = op1;
        c->p[1] = (uint8_t)size;
        c->p += 2;
    } else {
        c->p[0] = op4;
        c->p = brn_put_le32(c->p + 1, (uint32_t)size);
    }
    c->p = put_bytes(c->p, val->u.bytes, size);
    put_number(s, c, val);
    return true;
}

BRN_INLINE bool write_int(const brn_save *s, cursor *c, int64_t value)
{
    if (value == (int32_t)value)
        c->p = brn_put_int(c->p, (int32_t)value);
    else if (c->plain || s->out.protocol >= 2)
        c->p = brn_put_long(c->p, value);
    else
        return false;
    return true;
}

BRN_INLINE bool write_bigint(const brn_save *s, cursor *c, const brn_val *val)
{
    if (val->size > BRN_SHORT_INT || (!c->plain && s->out.protocol < 2))
        return false;
    c->p[0] = BRN_OP_BYTE_LONG1;
    c->p[1] = (uint8_t)val->size;
    c->p = put_bytes(c->p + 2, val->u.bytes, val->size);
    return true;
}

/* A value without parts, or one that has a number; false, with nothing written, for others. */
BRN_INLINE bool write_atom(const brn_save *s, cursor *c, const brn_val *val)
{
    if (val->type >= BRN_STR && put_get(s, c, val))
        return true;
    switch (val->type) {
    case BRN_STR:
        return write_text(s, c, val,
                          c->plain || s->out.protocol >= 4 ? BRN_OP_BYTE_SHORT_BINUNICODE : 0,
                          BRN_OP_BYTE_BINUNICODE);
    case BRN_BYTES:
        return (c->plain || s->out.protocol >= 3) &&
               write_text(s, c, val, BRN_OP_BYTE_SHORT_BINBYTES, 0);
    case BRN_INT: return write_int(s, c, val->u.integer);
    case BRN_BIGINT: return write_bigint(s, c, val);
    case BRN_FLOAT: c->p = brn_put_float(c->p, val->u.real); return true;
    case BRN_NONE: *c->p++ = BRN_OP_BYTE_NONE; return true;
    case BRN_BOOL:
        if (!c->plain && s->out.protocol < 2)
            return false;
        *c->p++ = (uint8_t)(BRN_OP_BYTE_NEWFALSE - (val->u.integer != 0));
        return true;
    default: return false;
    }
}

/*
 * Most containers have few items, and only atoms.  Where there is room for so many in any case,
 * they are written without a frame and without asking; how many, is the answer.
 */
#define FEW 32

BRN_INLINE bool has_room(const cursor *c, size_t count)
{
    return count <= FEW && (size_t)(c->quick - c->p) >= count * BRN_EMIT_QUICK;
}

BRN_INLINE size_t write_few(const brn_save *s, cursor *c, const brn_val *const *at, size_t count,
                            size_t stride)
{
    for (size_t i = 0; i < count; i += stride) {
        if (!write_atom(s, c, meant(s, c, at[i])))
            return i;
        /* On its own: most keys have been met, most values have not. */
        if (stride == 2 && !write_atom(s, c, meant(s, c, at[i + 1])))
            return i + 1;
    }
    return count;
}

/* ------------------------------------------------------------------------
 * Containers, and what calls make
 * ------------------------------------------------------------------------ */

/* Not inline: that would cost registers.  Compilers leave out calls that only fetch. */
static BRN_NOINLINE void look_ahead(const brn_save_frame *f, const brn_val *const *at,
                                    uint64_t left)
{
    brn_look_ahead(f, at, left);
    BRN_HAS_EFFECT();
}

BRN_INLINE bool may_begin(const cursor *c, const brn_val *val)
{
    if (!is_new(c, val) || c->f == c->top || val->flags & BRN_FLAG_CHANGED)
        return false;
    if (BRN_UNLIKELY(c->f->flags & BRN_FRAME_AHEAD))
        look_ahead(c->f, c->at, c->left);
    return true;
}

/* The end of a batch; with the last one, of its container. */
BRN_INLINE bool end_items(brn_save *s, cursor *c)
{
    brn_save_frame *f = c->f;
    if (f->flags & BRN_FRAME_ORDERED)
        return false;
    f->index = f->end;
    c->p = brn_put_batch(&s->out, f, c->p);
    c->left = f->end - f->index;
    return c->left > 0 || pop(c);
}

/* Not in canonical pickles, where items may have an order of their own. */
BRN_INLINE bool begin_items(brn_save *s, cursor *c, const brn_val *val)
{
    const bool is_dict = val->type == BRN_DICT;
    const size_t stride = is_dict ? 2 : 1;
    if (!may_begin(c, val) || (!c->plain && s->canonical))
        return false;
    *c->p++ = is_dict ? BRN_OP_BYTE_EMPTY_DICT : BRN_OP_BYTE_EMPTY_LIST;
    put_number(s, c, val);
    const brn_items *items = val->u.items;
    if (!items || items->count == 0)
        return true;
    const uint8_t op = is_dict ? BRN_OP_BYTE_SETITEMS : BRN_OP_BYTE_APPENDS;
    const uint8_t op1 = is_dict ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_APPEND;
    const bool marked = items->count > 1;
    const bool begun = items->count <= FEW && !brn_is_run(val) &&
                       items->at[stride - 1]->type < BRN_LIST && has_room(c, items->count * stride);
    size_t written = 0;
    if (begun) {
        if (marked)
            *c->p++ = BRN_OP_BYTE_MARK;
        written = write_few(s, c, items->at, items->count * stride, stride);
        if (BRN_LIKELY(written == items->count * stride)) {
            *c->p++ = marked ? op : op1;
            return true;
        }
    }
    brn_save_frame *f = push(c, val, BRN_FRAME_ITEMS);
    brn_frame_items(s, f, op, op1, true);
    if (begun) {
        f->flags |= marked ? BRN_FRAME_MARKED : 0;
        f->index = written;
        f->end = f->count;
    } else {
        c->p = brn_put_batch(&s->out, f, c->p);
    }
    brn_try_ahead(f);
    enter(c, f);
    return true;
}

BRN_INLINE bool begin_tuple(brn_save *s, cursor *c, const brn_val *val)
{
    const brn_tuple *tuple = val->u.tuple;
    if (!tuple || tuple->count == 0) {
        *c->p++ = BRN_OP_BYTE_EMPTY_TUPLE;
        return true;
    }
    if (!may_begin(c, val))
        return false;
    if (brn_tuple_has_mark(s, tuple->count))
        *c->p++ = BRN_OP_BYTE_MARK;
    size_t written = 0;
    if (has_room(c, tuple->count)) {
        written = write_few(s, c, tuple->at, tuple->count, 1);
        if (BRN_LIKELY(written == tuple->count)) {
            *c->p++ = brn_tuple_op(s, tuple->count);
            put_number(s, c, val);
            return true;
        }
    }
    set_under_way(c, val);
    brn_save_frame *f = push(c, val, BRN_FRAME_TUPLE);
    brn_frame_tuple(s, f);
    f->index = written;
    enter(c, f);
    return true;
}

BRN_INLINE bool end_tuple(brn_save *s, cursor *c)
{
    const brn_save_frame *f = c->f;
    if (f->flags & (BRN_FRAME_SPLICED | BRN_FRAME_ORDERED | BRN_FRAME_PASSING) ||
        !is_under_way(c, f->val))
        return false;
    *c->p++ = f->op;
    put_number(s, c, f->val);
    return pop(c);
}

/* What a call makes, by opcodes that are the same in all protocols from 2 on. */
BRN_INLINE bool is_usual(const brn_save *s, const cursor *c, const brn_val *val)
{
    return (val->type == BRN_CALL ||
            (val->type == BRN_OBJECT && !(val->flags & (BRN_FLAG_KWARGS | BRN_FLAG_INST)))) &&
           (c->plain || s->out.protocol >= 2);
}

/* The callee has a number already, as it has for all but the first of a class. */
BRN_INLINE bool begin_made(brn_save *s, cursor *c, const brn_val *val)
{
    if (!may_begin(c, val) || !is_usual(s, c, val) ||
        !put_get(s, c, meant(s, c, val->u.object->callee)))
        return false;
    set_under_way(c, val);
    push(c, val, BRN_FRAME_MADE)->stage = BRN_STAGE_CALLEE;
    return true;
}

/* One value; false, with nothing written, if it is not for here. */
BRN_INLINE bool write_one(brn_save *s, cursor *c, const brn_val *val)
{
    val = meant(s, c, val);
    if (write_atom(s, c, val))
        return true;
    switch (val->type) {
    case BRN_LIST:
    case BRN_DICT: return begin_items(s, c, val);
    case BRN_TUPLE: return begin_tuple(s, c, val);
    case BRN_CALL:
    case BRN_OBJECT: return begin_made(s, c, val);
    default: return false;
    }
}

/* ------------------------------------------------------------------------
 * The loop
 * ------------------------------------------------------------------------ */

/* Floats in a row, which are what runs mostly are, or ints. */
BRN_INLINE bool write_numbers(const brn_save *s, cursor *c)
{
    const brn_val *run = c->run;
    const brn_val *end = run + c->left;
    if (run->type == BRN_FLOAT) {
        for (; run < end && run->type == BRN_FLOAT && c->p < c->quick; run++)
            c->p = brn_put_float(c->p, run->u.real);
    } else {
        for (; run < end && run->type == BRN_INT && c->p < c->quick; run++) {
            if (!write_int(s, c, run->u.integer))
                break;
        }
    }
    bool some = run != c->run;
    c->left = (uint64_t)(end - run);
    c->run = run;
    return some;
}

BRN_INLINE bool write_item(brn_save *s, cursor *c)
{
    if (c->run) {
        if (write_numbers(s, c))
            return true;
        c->left--;
        if (write_one(s, c, c->run++))
            return true;
        c->run--;
        c->left++;
        return false;
    }
    BRN_ASSUME(c->at);
    c->left--;
    if (BRN_LIKELY(write_one(s, c, *c->at++)))
        return true;
    c->left++;
    return false;
}

/* It stands on the stack. */
BRN_INLINE bool end_made(brn_save *s, cursor *c, const brn_val *val)
{
    if (!is_usual(s, c, val) || !is_under_way(c, val))
        return false;
    *c->p++ = val->type == BRN_CALL ? BRN_OP_BYTE_REDUCE : BRN_OP_BYTE_NEWOBJ;
    put_number(s, c, val);
    c->f->stage = BRN_STAGE_DONE_TO;
    return true;
}

/* What comes next of a value that is made by a call: a part, or an opcode. */
BRN_INLINE bool step_made(brn_save *s, cursor *c)
{
    brn_save_frame *f = c->f;
    const brn_val *val = f->val;
    const brn_ops *ops = val->u.object->ops;
    const uint64_t ops_count = ops ? ops->count : 0;
    const uint64_t done = f->count;
    const uint8_t stage = f->stage;
    const brn_val *part;
    if (f->flags & BRN_FRAME_PASSING)
        return false;
    if (stage == BRN_STAGE_CALLEE && is_usual(s, c, val)) {
        part = val->u.object->args;
        f->stage = BRN_STAGE_ARGS;
    } else if (stage == BRN_STAGE_DONE_TO && done < ops_count &&
               ops->at[done].kind == BRN_OP_STATE) {
        part = ops->at[done].value;
        f->count++;
        f->stage = BRN_STAGE_STATE;
    } else if (stage == BRN_STAGE_STATE) {
        *c->p++ = BRN_OP_BYTE_BUILD;
        f->stage = BRN_STAGE_DONE_TO;
        return done < ops_count || pop(c);
    } else {
        return stage == BRN_STAGE_ARGS && end_made(s, c, val) && (ops_count > 0 || pop(c));
    }
    if (write_one(s, c, part))
        return true;
    f->stage = stage;
    f->count = done;
    return false;
}

BRN_INLINE void walk(brn_save *s, bool plain)
{
    cursor c = {.p = s->out.pos,
                .quick = s->out.quick,
                .memo = s->memo,
                .memoized = s->memoized,
                .passed = s->progress - s->memoized,
                .bottom = s->frames,
                .top = s->frames + s->cap - 1,
                .plain = plain};
    enter(&c, s->frames + s->depth - 1);
    bool more = true;
    while (more && c.p < c.quick) {
        if (c.left > 0) {
            more = write_item(s, &c);
            continue;
        }
        switch ((brn_frame_kind)c.f->kind) {
        case BRN_FRAME_ITEMS: more = end_items(s, &c); break;
        case BRN_FRAME_TUPLE: more = end_tuple(s, &c); break;
        case BRN_FRAME_MADE: more = step_made(s, &c); break;
        default: more = false; break;
        }
    }
    s->out.pos = c.p;
    s->memoized = c.memoized;
    s->progress = (uint32_t)(c.memoized + c.passed) & ~BRN_UNDER_WAY;
    s->depth = c.f ? (size_t)(c.f - c.bottom) + 1 : 0;
    if (c.f)
        suspend(&c);
}

void brn_save_quick(brn_save *s)
{
    if (s->depth == 0 || s->out.pos >= s->out.quick)
        return;
    if (s->mode == BRN_MEMO_CPYTHON && !s->canonical && s->out.protocol >= 4)
        walk(s, true);
    else
        walk(s, false);
}
