/*
 * write_refs.c - which values are referred to more than once.
 *
 * Only those need a number in the memo, which is what small pickles want to know.  Counting takes a walk
 * through the document that writes nothing.  It knows how the newer protocols write the usual, and says so
 * when it meets anything else: what older protocols spell as calls, and tuples or calls that are
 * met within themselves and written again.  Then everything is written once to nowhere (save.c).
 */
#include "write.h"
#include "write_ahead.h"

/* What the walk has in registers; its frames are those of writing, of which it uses a part. */
typedef struct counter {
    brn_save *s;
    uint8_t *refs;
    brn_save_frame *frames;
    size_t depth;
    size_t cap;
    bool unknown; /* it met something that it does not know */
} counter;

static brn_save_frame *push(counter *c, const brn_val *val, brn_frame_kind kind)
{
    if (c->depth == c->cap) {
        void *frames = c->frames;
        if (!brn_memory_grow(c->s->memory, &frames, &c->cap, c->depth + 1, sizeof *c->frames)) {
            (void)brn_save_fail_memory(c->s);
            return NULL;
        }
        c->frames = frames;
    }
    brn_save_frame *f = &c->frames[c->depth++];
    *f = (brn_save_frame){.val = val, .kind = (uint8_t)kind};
    return f;
}

/* Count a value that need not be gone into; false for others, which are new or under way. */
BRN_INLINE bool count_at_once(uint8_t *refs, const brn_val *val)
{
    if (val->type <= BRN_FLOAT && val->type != BRN_BIGINT)
        return true;
    uint8_t *ref = &refs[val->id];
    bool is_new = *ref == BRN_REF_NONE;
    if (*ref == BRN_REF_UNDER_WAY || (is_new && val->type > BRN_BYTES))
        return false;
    *ref = is_new ? BRN_REF_ONE : BRN_REF_MORE;
    return true;
}

/* How many of the items from the first on need not be gone into.  They are in `at`, or side by side in `run`. */
BRN_INLINE size_t count_first(uint8_t *refs, const brn_val *const *at, const brn_val *run,
                              size_t count)
{
    size_t i = 0;
    if (at) {
        while (i < count && count_at_once(refs, at[i]))
            i++;
    } else {
        while (i < count && count_at_once(refs, run + i))
            i++;
    }
    return i;
}

/* The items of a container, whatever it is; a frame for those from the first on that has to be gone into. */
static bool push_items(counter *c, const brn_val *val)
{
    const size_t count = brn_child_count(val);
    if (count == 0)
        return true;
    const brn_val *const *at = val->type == BRN_TUPLE ? val->u.tuple->at
                               : brn_is_run(val)      ? NULL
                                                      : val->u.items->at;
    const size_t first = count_first(c->refs, at, at ? NULL : val->u.items->run, count);
    if (first == count)
        return true;
    brn_save_frame *f = push(c, val, BRN_FRAME_ITEMS);
    if (!f)
        return false;
    f->index = first;
    f->count = count;
    f->end = count;
    f->flags = val->type == BRN_DICT ? BRN_FRAME_PAIRS : 0;
    f->at = at;
    brn_try_ahead(f);
    return true;
}

/* What it is made of has to be written first: it may not be met meanwhile. */
static bool begin(counter *c, const brn_val *val)
{
    const size_t depth = c->depth;
    c->refs[val->id] = BRN_REF_UNDER_WAY;
    if (brn_has_ops((brn_type)val->type))
        return push(c, val, BRN_FRAME_MADE) != NULL;
    if (!push_items(c, val))
        return false;
    if (c->depth == depth)
        c->refs[val->id] = BRN_REF_ONE;
    return true;
}

/* May it be written as the parts it has, each of them a value? */
static bool is_known(const counter *c, const brn_val *val)
{
    const brn_save *s = c->s;
    const brn_object *object = val->u.object;
    switch ((brn_type)val->type) {
    case BRN_BYTEARRAY: return s->options.protocol >= 5;
    case BRN_GLOBAL:
        return !s->translate || !brn_is(object->callee, BRN_STR) || !brn_is(object->args, BRN_STR);
    case BRN_OBJECT: return !(val->flags & (BRN_FLAG_KWARGS | BRN_FLAG_INST));
    case BRN_BUFFER: return s->options.protocol >= 5;
    default: return true;
    }
}

/* A value met for the first time. */
static bool meet(counter *c, const brn_val *val)
{
    if (!is_known(c, val)) {
        c->unknown = true;
        return false;
    }
    c->refs[val->id] = BRN_REF_ONE;
    switch ((brn_type)val->type) {
    case BRN_LIST:
    case BRN_DICT:
    case BRN_SET: return push_items(c, val);
    case BRN_TUPLE:
    case BRN_FROZENSET:
    case BRN_GLOBAL:
    case BRN_CALL:
    case BRN_OBJECT:
    case BRN_PERSID:
    case BRN_EXT: return begin(c, val);
    default: return true;
    }
}

BRN_INLINE bool count(counter *c, const brn_val *val)
{
    if (count_at_once(c->refs, val))
        return true;
    if (c->refs[val->id] == BRN_REF_NONE)
        return meet(c, val);
    c->unknown = true;
    return false;
}

/* The next items, up to one that is a container itself. */
static bool step_items(counter *c)
{
    brn_save_frame *f = &c->frames[c->depth - 1];
    const brn_val *const *at = f->at;
    const brn_val *run = at ? NULL : f->val->u.items->run;
    const size_t depth = c->depth;
    const size_t end = (size_t)f->end;
    size_t i = (size_t)f->index;
    while (i < end) {
        const brn_val *val = at ? at[i] : run + i;
        i++;
        if (at && val->type >= BRN_LIST && f->flags & BRN_FRAME_AHEAD)
            brn_look_ahead(f, at + i, end - i);
        f->index = i;
        if (!count(c, val))
            return false;
        if (c->depth != depth)
            return true;
    }
    if (f->val->type == BRN_TUPLE || f->val->type == BRN_FROZENSET)
        c->refs[f->val->id] = BRN_REF_ONE;
    c->depth--;
    return true;
}

/* The parts of what is made by a call or a name, and of what was done to it, up to one to be gone into. */
static bool step_made(counter *c)
{
    const size_t depth = c->depth;
    brn_save_frame *f = &c->frames[depth - 1];
    const brn_val *val = f->val;
    const brn_object *object = val->u.object;
    while (c->depth == depth) {
        const brn_val *value = NULL;
        brn_op kind = BRN_OP_STATE;
        switch (f->stage) {
        case BRN_STAGE_BEGIN:
            f->stage = BRN_STAGE_CALLEE;
            value = val->type == BRN_EXT ? NULL : object->callee;
            break;
        case BRN_STAGE_CALLEE:
            f->stage = BRN_STAGE_ARGS;
            value = val->type >= BRN_PERSID ? NULL : object->args;
            break;
        case BRN_STAGE_ARGS:
            f->stage = BRN_STAGE_DONE_TO;
            c->refs[val->id] = BRN_REF_ONE;
            break;
        default:
            kind = brn_op_at(val, (size_t)f->count++, &value);
            if (kind == BRN_OP_NONE) {
                c->depth--;
                return true;
            }
        }
        if (value && !(brn_op_is_single(kind) ? count(c, value) : push_items(c, value)))
            return false;
    }
    return true;
}

bool brn_save_count_refs(brn_save *s, uint8_t *refs)
{
    counter c = {.s = s, .refs = refs};
    if (s->canonical || s->options.protocol < 4)
        return false;
    bool done = count(&c, s->root);
    while (done && c.depth > 0)
        done = c.frames[c.depth - 1].kind == BRN_FRAME_ITEMS ? step_items(&c) : step_made(&c);
    brn_memory_free(s->memory, (void *)c.frames, c.cap * sizeof *c.frames);
    return done;
}
