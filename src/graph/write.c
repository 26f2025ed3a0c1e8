/*
 * write.c - the walk through a document that writes it.
 *
 * The order of opcodes, how items are batched, and what gets a number in the memo are CPython's, so
 * that what it wrote is written again byte for byte.  One frame of a stack of our own stands for each
 * container that is under way; what has no children is written where it is met.
 *
 * Speed comes from the memo being an array by id, which every value has, and from write_quick.c, which
 * goes on with a frame as long as nothing is out of the ordinary.
 *
 * Cycles: lists, dicts, sets and objects are in the memo before their items are written.  Tuples, frozensets
 * and the arguments of calls are not: one that is met within itself is written again, the inner one
 * gets the number, and the outer one is dropped.  That ends as long as something got a
 * number in between; a call that is needed for its own arguments is an error.
 */
#include "write.h"

#include "path.h"

#include <stdarg.h>

/* ------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------ */

static size_t spell_part(const brn_save_frame *f, char *buf, size_t cap)
{
    static const char *const parts[] = {"", ".__class__", ".__args__",  ".__kwargs__",
                                        "", "",           ".__called__"};
    const brn_val *state = NULL;
    const char *part = brn_callee(f->val) ? parts[f->stage] : "";
    /* Attributes are found by their names. */
    if (f->stage == BRN_STAGE_STATE &&
        brn_op_at(f->val, (size_t)f->count - 1, &state) != BRN_OP_NONE && !brn_is(state, BRN_DICT))
        part = ".__state__";
    return brn_path_word(part, buf, cap);
}

/* The step from a frame to the child that is being written. */
static size_t spell_step(const brn_save_frame *f, bool is_state, char *buf, size_t cap)
{
    if (f->kind == BRN_FRAME_MADE)
        return spell_part(f, buf, cap);
    if (f->index == 0 || f->val->type == BRN_SET || f->val->type == BRN_FROZENSET)
        return 0;
    if (!(f->flags & BRN_FRAME_PAIRS))
        return brn_path_index(f->index - 1, buf, cap);
    const brn_val *key = f->at[(f->index - 1) & ~UINT64_C(1)];
    return is_state ? brn_path_attr(key, buf, cap) : brn_path_key(key, buf, cap);
}

static void spell_path(const brn_save *s)
{
    char *to = s->err->path;
    size_t used = 0;
    for (size_t i = 0; i < s->depth; i++) {
        char step[BRN_PATH_STEP_SIZE + 1];
        bool is_state = i > 0 && s->frames[i - 1].kind == BRN_FRAME_MADE &&
                        s->frames[i - 1].stage == BRN_STAGE_STATE;
        size_t size = spell_step(&s->frames[i], is_state, step, sizeof step);
        if (used + size >= sizeof s->err->path)
            break;
        memcpy(to + used, step, size);
        used += size;
    }
    to[used] = '\0';
}

bool brn_save_fail(brn_save *s, brn_code code, const char *format, ...)
{
    va_list args;
    if (s->code != BRN_OK)
        return false;
    va_start(args, format);
    s->code = brn_error_vset(s->err, code, BRN_NO_OFFSET, -1, format, args);
    va_end(args);
    if (s->err)
        spell_path(s);
    return false;
}

bool brn_save_fail_memory(brn_save *s)
{
    return s->memory->over_limit
               ? brn_save_fail(s, BRN_ERROR_LIMIT_MEMORY, "writing takes more memory than allowed")
               : brn_save_fail(s, BRN_ERROR_MEMORY, "there is no memory left");
}

/* ------------------------------------------------------------------------
 * Memo
 * ------------------------------------------------------------------------ */

bool brn_save_get(brn_save *s, uint32_t slot, int64_t number)
{
    if (s->mode == BRN_MEMO_COUNT)
        s->refs[slot] = BRN_REF_MORE;
    return brn_emit_get(&s->out, number);
}

bool brn_save_memoize(brn_save *s, uint32_t slot)
{
    s->progress = (s->progress + 1) & ~BRN_UNDER_WAY;
    if (s->mode == BRN_MEMO_NEEDED && !brn_save_is_needed(s, slot)) {
        s->memo[slot] = 0;
        return true;
    }
    if (s->memoized >= BRN_MOST_NUMBERS)
        return brn_save_fail(s, BRN_ERROR_LIMIT_VALUES, "too many values for one memo");
    s->memo[slot] = (uint32_t)s->memoized + 1;
    return brn_emit_memoize(&s->out, (int64_t)s->memoized++);
}

bool brn_save_memoize_passing(brn_save *s)
{
    return s->mode == BRN_MEMO_NEEDED || brn_emit_memoize(&s->out, (int64_t)s->memoized++);
}

/* What CPython gives no number gets one only if it is met again. */
static bool memoize_if_needed(brn_save *s, uint32_t slot)
{
    if (s->mode == BRN_MEMO_CPYTHON) {
        if (!brn_save_find_refs(s))
            return false;
        if (!brn_save_is_needed(s, slot)) {
            s->memo[slot] = 0;
            return true;
        }
    }
    return brn_save_memoize(s, slot);
}

/* The value of a frame, which stands on the stack. */
static bool memoize(brn_save *s, const brn_save_frame *f)
{
    uint32_t slot = f->val->id;
    return f->flags & BRN_FRAME_PASSING ? memoize_if_needed(s, slot) : brn_save_memoize(s, slot);
}

/* Items that may be written again because of cycles: some, and some for each value. */
#define REPEATS 1000000
#define REPEATS_PER_VALUE 16

/* A value that gets its number only after its children. */
static bool begin_under_way(brn_save *s, const brn_val *val, uint64_t children)
{
    uint32_t *memo = &s->memo[val->id];
    if (*memo & BRN_UNDER_WAY) {
        if ((*memo & ~BRN_UNDER_WAY) == s->progress)
            return brn_save_fail(s, BRN_ERROR_ARGS_CYCLE,
                                 "%s is needed to make what it is made from",
                                 brn_type_name((brn_type)val->type));
        s->repeated += children + 1;
        if (s->repeated > REPEATS + REPEATS_PER_VALUE * (uint64_t)s->slots)
            return brn_save_fail(s, BRN_ERROR_LIMIT_WORK,
                                 "cycles through tuples or calls take too many steps");
    }
    *memo = BRN_UNDER_WAY | s->progress;
    return true;
}

/* ------------------------------------------------------------------------
 * Frames
 * ------------------------------------------------------------------------ */

static brn_save_frame *push(brn_save *s, brn_frame_kind kind, const brn_val *val)
{
    if (s->depth == s->cap) {
        void *frames = s->frames;
        if (!brn_memory_grow(s->memory, &frames, &s->cap, s->depth + 1, sizeof *s->frames)) {
            (void)brn_save_fail_memory(s);
            return NULL;
        }
        s->frames = frames;
    }
    brn_save_frame *f = &s->frames[s->depth++];
    *f = (brn_save_frame){.val = val, .kind = (uint8_t)kind};
    return f;
}

static void pop(brn_save *s)
{
    brn_save_frame *f = &s->frames[--s->depth];
    if (f->flags & BRN_FRAME_ORDERED)
        brn_memory_free(s->memory, (void *)(uintptr_t)f->at, (size_t)f->count * sizeof *f->at);
}

/* Sets, and dicts if they are to be sorted, have their items in an order of their own. */
static bool order_items(brn_save *s, brn_save_frame *f)
{
    if (f->count == 0 || !brn_canonical_is_ordered(s, f->val))
        return true;
    const brn_val **to = brn_memory_alloc(s->memory, (size_t)f->count * sizeof *to);
    if (!to)
        return brn_save_fail_memory(s);
    f->at = to;
    f->flags |= BRN_FRAME_ORDERED;
    return brn_canonical_order(s, f->val, to);
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

/* Did all calls see it as it is? */
static bool check_order(brn_save *s, const brn_val *val)
{
    return !(val->flags & BRN_FLAG_CHANGED) || s->options.flags & BRN_WRITE_REORDERED ||
           brn_save_fail(s, BRN_ERROR_ORDER_LOST, "%s changed after a call had been given it",
                         brn_type_name((brn_type)val->type));
}

/* The value to be written for one that is referred to. */
static const brn_val *meant(const brn_save *s, const brn_val *val)
{
    return s->canonical ? brn_canonical_of(s, val) : val;
}

/* The nan that float('nan') is. */
#define PLAIN_NAN UINT64_C(0x7ff8000000000000)

static brn_step write_value(brn_save *s, const brn_val *val);

/* An item of a frame, which then has to be gone on with. */
static brn_step write_item(brn_save *s, const brn_val *val)
{
    return write_value(s, val) == BRN_STEP_FAILED ? BRN_STEP_FAILED : BRN_STEP_MORE;
}

/* ------------------------------------------------------------------------
 * Tuples
 * ------------------------------------------------------------------------ */

bool brn_save_begin_tuple(brn_save *s, size_t count)
{
    return brn_emit_boundary(&s->out) &&
           (!brn_tuple_has_mark(s, count) || brn_emit_op(&s->out, BRN_OP_BYTE_MARK));
}

bool brn_save_end_tuple(brn_save *s, size_t count)
{
    return brn_emit_op(&s->out, brn_tuple_op(s, count)) &&
           (count == 0 || brn_save_memoize_passing(s));
}

static brn_step begin_tuple(brn_save *s, const brn_val *val)
{
    size_t count = brn_child_count(val);
    if (!brn_save_begin_tuple(s, count))
        return BRN_STEP_FAILED;
    if (count == 0)
        return brn_step_of(brn_emit_op(&s->out, brn_tuple_op(s, 0)));
    brn_save_frame *f = begin_under_way(s, val, count) ? push(s, BRN_FRAME_TUPLE, val) : NULL;
    if (!f)
        return BRN_STEP_FAILED;
    brn_frame_tuple(s, f);
    return BRN_STEP_MORE;
}

/* Protocol 4 and later. */
static brn_step begin_frozenset(brn_save *s, const brn_val *val)
{
    size_t count = brn_child_count(val);
    if (!begin_under_way(s, val, count) || !brn_emit_op(&s->out, BRN_OP_BYTE_MARK))
        return BRN_STEP_FAILED;
    brn_save_frame *f = push(s, BRN_FRAME_TUPLE, val);
    if (!f)
        return BRN_STEP_FAILED;
    f->at = val->u.items ? val->u.items->at : NULL;
    f->count = count;
    f->end = count;
    f->flags = BRN_FRAME_MARKED;
    f->op = BRN_OP_BYTE_FROZENSET;
    return order_items(s, f) ? BRN_STEP_MORE : BRN_STEP_FAILED;
}

/* It has been written within itself: drop what stands on the stack for it. */
static bool drop_for(brn_save *s, const brn_val *val, uint64_t items, bool marked, int64_t number)
{
    if (marked && s->out.binary) {
        if (!brn_emit_op(&s->out, BRN_OP_BYTE_POP_MARK))
            return false;
    } else {
        for (uint64_t i = 0; i < items + marked; i++) {
            if (!brn_emit_op(&s->out, BRN_OP_BYTE_POP))
                return false;
        }
    }
    return brn_save_get(s, val->id, number);
}

static brn_step step_tuple(brn_save *s, brn_save_frame *f)
{
    if (f->index < f->end)
        return write_item(s, f->at[f->index++]);
    if (f->flags & BRN_FRAME_SPLICED)
        return BRN_STEP_DONE;
    const brn_val *val = f->val;
    bool marked = f->flags & BRN_FRAME_MARKED;
    int64_t number = brn_save_number(s, val->id);
    if (number >= 0)
        return brn_step_of(drop_for(s, val, f->count, marked, number));
    return brn_step_of(brn_emit_op(&s->out, f->op) && memoize(s, f));
}

/* ------------------------------------------------------------------------
 * Lists, dicts, sets
 * ------------------------------------------------------------------------ */

/* A frame for the items of a list, dict or set, or of what was appended, set or added. */
static brn_step push_items(brn_save *s, const brn_val *val, uint8_t op, uint8_t op1, bool exact)
{
    if (brn_child_count(val) == 0)
        return BRN_STEP_DONE;
    brn_save_frame *f = push(s, BRN_FRAME_ITEMS, val);
    if (!f)
        return BRN_STEP_FAILED;
    brn_frame_items(s, f, op, op1, exact);
    return order_items(s, f) ? BRN_STEP_MORE : BRN_STEP_FAILED;
}

/* `op`, or in protocol 0 MARK and the letter `text`; then its number. */
static bool begin_container(brn_save *s, uint8_t op, uint8_t text)
{
    if (s->out.binary)
        return brn_emit_op(&s->out, op);
    return brn_emit_op(&s->out, BRN_OP_BYTE_MARK) && brn_emit_op(&s->out, text);
}

static brn_step begin_items(brn_save *s, const brn_val *val)
{
    bool is_dict = val->type == BRN_DICT;
    uint8_t op = is_dict ? BRN_OP_BYTE_EMPTY_DICT : BRN_OP_BYTE_EMPTY_LIST;
    uint8_t text = is_dict ? BRN_OP_BYTE_DICT : BRN_OP_BYTE_LIST;
    if (!begin_container(s, op, text) || !brn_save_memoize(s, val->id))
        return BRN_STEP_FAILED;
    return push_items(s, val, is_dict ? BRN_OP_BYTE_SETITEMS : BRN_OP_BYTE_APPENDS,
                      is_dict ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_APPEND, true);
}

/* Below protocol 4: set([...]) */
static brn_step begin_old_set(brn_save *s, const brn_val *val)
{
    bool is_set = val->type == BRN_SET;
    if (!begin_under_way(s, val, brn_child_count(val)) ||
        !brn_save_known(s, is_set ? BRN_KNOWN_SET : BRN_KNOWN_FROZENSET) ||
        !brn_save_begin_tuple(s, 1) || !brn_emit_boundary(&s->out) ||
        !begin_container(s, BRN_OP_BYTE_EMPTY_LIST, BRN_OP_BYTE_LIST) ||
        !brn_save_memoize_passing(s) || !push(s, BRN_FRAME_OLD_SET, val))
        return BRN_STEP_FAILED;
    return BRN_STEP_MORE;
}

static brn_step begin_set(brn_save *s, const brn_val *val)
{
    if (s->out.protocol < 4)
        return begin_old_set(s, val);
    if (val->type == BRN_FROZENSET)
        return begin_frozenset(s, val);
    if (!brn_emit_op(&s->out, BRN_OP_BYTE_EMPTY_SET) || !brn_save_memoize(s, val->id))
        return BRN_STEP_FAILED;
    return push_items(s, val, BRN_OP_BYTE_ADDITEMS, 0, true);
}

/* What REDUCE and its kin have made stands on the stack. */
static bool end_made(brn_save *s, const brn_save_frame *f, bool *dropped)
{
    int64_t number = brn_save_number(s, f->val->id);
    *dropped = number >= 0;
    return *dropped ? drop_for(s, f->val, 1, false, number) : memoize(s, f);
}

static brn_step step_old_set(brn_save *s, brn_save_frame *f)
{
    const brn_val *val = f->val;
    bool dropped;
    if (f->stage == 0) {
        f->stage = 1;
        brn_step step = push_items(s, val, BRN_OP_BYTE_APPENDS, BRN_OP_BYTE_APPEND, true);
        if (step != BRN_STEP_DONE)
            return step;
    }
    return brn_step_of(brn_save_end_tuple(s, 1) && brn_emit_op(&s->out, BRN_OP_BYTE_REDUCE) &&
                       end_made(s, f, &dropped));
}

static brn_step step_items(brn_save *s, brn_save_frame *f)
{
    if (f->index < f->end) {
        uint64_t at = f->index++;
        return write_item(s, f->at ? f->at[at] : f->val->u.items->run + at);
    }
    if (!brn_emit_room(&s->out, BRN_SAVE_BATCH))
        return BRN_STEP_FAILED;
    s->out.pos = brn_put_batch(&s->out, f, s->out.pos);
    return f->index < f->end ? BRN_STEP_MORE : BRN_STEP_DONE;
}

/* ------------------------------------------------------------------------
 * What is made by name and call
 * ------------------------------------------------------------------------ */

/* A frame for the parts of a value, or, from BRN_STAGE_DONE_TO on, for what was done to it. */
static brn_step push_made(brn_save *s, const brn_val *val, int stage)
{
    if (stage == BRN_STAGE_DONE_TO && brn_op_count(val) == 0)
        return BRN_STEP_DONE;
    brn_save_frame *f = push(s, BRN_FRAME_MADE, val);
    if (!f)
        return BRN_STEP_FAILED;
    f->stage = (uint8_t)stage;
    return BRN_STEP_MORE;
}

static bool is_old_new(const brn_save *s, const brn_val *val)
{
    return val->type == BRN_OBJECT && !brn_is_inst(val) &&
           s->out.protocol < (brn_kwargs(val) ? 4 : 2);
}

/* Arguments that are written as part of something else. */
static bool check_spliced(brn_save *s, const brn_val *args)
{
    return brn_is(args, BRN_TUPLE) ||
           brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                         "arguments that a call has computed need protocol 2");
}

/* What stands before the callee. */
static bool begin_made(brn_save *s, const brn_val *val)
{
    const brn_val *args = brn_args(val);
    if (brn_is_inst(val))
        return check_spliced(s, args) && brn_emit_op(&s->out, BRN_OP_BYTE_MARK);
    if (!is_old_new(s, val))
        return true;
    if (brn_kwargs(val))
        return brn_save_known(s, BRN_KNOWN_NEWOBJ_EX) && brn_save_begin_tuple(s, 3);
    return check_spliced(s, args) && brn_save_known(s, BRN_KNOWN_NEWOBJ) &&
           brn_save_begin_tuple(s, 1 + brn_child_count(args));
}

/*
 * The arguments of a call made for its effect: of a state setter CPython makes the tuple of two by an opcode
 * that older protocols have not got.
 */
static brn_step write_passing_args(brn_save *s, const brn_val *args)
{
    size_t count = brn_child_count(args);
    if (args->type != BRN_TUPLE || count == 0 || s->memo[args->id] != 0)
        return write_value(s, args);
    if (!brn_emit_boundary(&s->out) ||
        (count != 2 && brn_tuple_has_mark(s, count) && !brn_emit_op(&s->out, BRN_OP_BYTE_MARK)))
        return BRN_STEP_FAILED;
    brn_save_frame *f = begin_under_way(s, args, count) ? push(s, BRN_FRAME_TUPLE, args) : NULL;
    if (!f)
        return BRN_STEP_FAILED;
    brn_frame_tuple(s, f);
    f->flags |= BRN_FRAME_PASSING;
    if (count == 2) {
        f->flags &= (uint8_t)~BRN_FRAME_MARKED;
        f->op = BRN_OP_BYTE_TUPLE2;
    }
    return BRN_STEP_MORE;
}

static brn_step write_args(brn_save *s, const brn_save_frame *made)
{
    const brn_val *val = made->val;
    const brn_val *args = val->u.object->args;
    bool spliced = brn_is_inst(val) || (is_old_new(s, val) && !brn_kwargs(val));
    if (!spliced)
        return made->flags & BRN_FRAME_PASSING ? write_passing_args(s, meant(s, args))
                                               : write_value(s, args);
    size_t count = brn_child_count(args);
    if (count == 0)
        return BRN_STEP_DONE;
    brn_save_frame *f = push(s, BRN_FRAME_TUPLE, args);
    if (!f)
        return BRN_STEP_FAILED;
    f->at = args->u.tuple->at;
    f->count = count;
    f->end = count;
    f->flags = BRN_FRAME_SPLICED;
    return BRN_STEP_MORE;
}

/* The opcode that makes it of its parts. */
static bool make_made(brn_save *s, const brn_val *val)
{
    brn_emitter *out = &s->out;
    switch ((brn_type)val->type) {
    case BRN_GLOBAL: return brn_emit_op(out, BRN_OP_BYTE_STACK_GLOBAL);
    case BRN_PERSID: return brn_emit_op(out, BRN_OP_BYTE_BINPERSID);
    case BRN_OBJECT: break;
    default: return brn_emit_op(out, BRN_OP_BYTE_REDUCE);
    }
    if (brn_is_inst(val))
        return brn_emit_op(out, BRN_OP_BYTE_OBJ);
    if (is_old_new(s, val))
        return brn_save_end_tuple(s, brn_kwargs(val) ? 3 : 1 + brn_child_count(brn_args(val))) &&
               brn_emit_op(out, BRN_OP_BYTE_REDUCE);
    return brn_emit_op(out, brn_kwargs(val) ? BRN_OP_BYTE_NEWOBJ_EX : BRN_OP_BYTE_NEWOBJ);
}

/* Append, set or add what was. */
static brn_step write_done(brn_save *s, brn_op kind, const brn_val *value)
{
    switch (kind) {
    case BRN_OP_APPEND: return push_items(s, value, BRN_OP_BYTE_APPENDS, BRN_OP_BYTE_APPEND, false);
    case BRN_OP_SET: return push_items(s, value, BRN_OP_BYTE_SETITEMS, BRN_OP_BYTE_SETITEM, false);
    default:
        if (s->out.protocol < 4)
            return brn_step_of(brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                                             "adding elements to an object needs protocol 4"));
        return push_items(s, value, BRN_OP_BYTE_ADDITEMS, 0, false);
    }
}

/* A call made for its effect: its result is popped when it is there. */
static brn_step write_effect(brn_save *s, const brn_val *call)
{
    call = meant(s, call);
    if (s->memo[call->id] != 0 && !(s->options.flags & BRN_WRITE_REORDERED))
        return brn_step_of(
            brn_save_fail(s, BRN_ERROR_ORDER_LOST, "a call made for its effect is also a value"));
    if (s->memo[call->id] != 0)
        return write_value(s, call);
    if (!check_order(s, call) || !begin_under_way(s, call, 3))
        return BRN_STEP_FAILED;
    brn_save_frame *f = push(s, BRN_FRAME_MADE, call);
    if (!f)
        return BRN_STEP_FAILED;
    f->flags = BRN_FRAME_PASSING;
    return BRN_STEP_MORE;
}

static brn_step step_done_to(brn_save *s, brn_save_frame *f)
{
    const brn_val *val = f->val;
    for (;;) {
        const brn_val *value;
        if ((f->stage == BRN_STAGE_STATE && !brn_emit_op(&s->out, BRN_OP_BYTE_BUILD)) ||
            (f->stage == BRN_STAGE_CALLED && !brn_emit_op(&s->out, BRN_OP_BYTE_POP)))
            return BRN_STEP_FAILED;
        f->stage = BRN_STAGE_DONE_TO;
        if (f->count == brn_op_count(val))
            return BRN_STEP_DONE;
        brn_op kind = brn_op_at(val, (size_t)f->count++, &value);
        if (kind == BRN_OP_STATE)
            f->stage = BRN_STAGE_STATE;
        if (kind == BRN_OP_CALL)
            f->stage = BRN_STAGE_CALLED;
        brn_step step = kind == BRN_OP_STATE  ? write_value(s, value)
                        : kind == BRN_OP_CALL ? write_effect(s, value)
                                              : write_done(s, kind, value);
        if (step != BRN_STEP_DONE)
            return step;
    }
}

/* Made of its parts; what was done to it comes next, unless it was dropped. */
static bool end_parts(brn_save *s, const brn_save_frame *f, bool *dropped)
{
    const brn_val *val = f->val;
    if (!make_made(s, val))
        return false;
    if (val->type != BRN_PERSID || brn_save_number(s, val->id) >= 0)
        return end_made(s, f, dropped);
    *dropped = false;
    return memoize_if_needed(s, val->id);
}

static brn_step step_made(brn_save *s, brn_save_frame *f)
{
    const brn_val *val = f->val;
    const brn_object *object = val->u.object;
    for (;;) {
        brn_step step = BRN_STEP_DONE;
        bool dropped;
        switch (f->stage) {
        case BRN_STAGE_BEGIN:
            if (!begin_made(s, val))
                return BRN_STEP_FAILED;
            f->stage = BRN_STAGE_CALLEE;
            step = write_value(s, object->callee);
            break;
        case BRN_STAGE_CALLEE:
            f->stage = BRN_STAGE_ARGS;
            if (val->type == BRN_GLOBAL)
                step = write_value(s, object->args);
            else if (val->type != BRN_PERSID)
                step = write_args(s, f);
            break;
        case BRN_STAGE_ARGS:
            f->stage = BRN_STAGE_KWARGS;
            if (brn_kwargs(val))
                step = write_value(s, object->kwargs);
            break;
        case BRN_STAGE_KWARGS:
            if (!end_parts(s, f, &dropped))
                return BRN_STEP_FAILED;
            if (dropped)
                return BRN_STEP_DONE;
            f->stage = BRN_STAGE_DONE_TO;
            break;
        default: return step_done_to(s, f);
        }
        if (step != BRN_STEP_DONE)
            return step;
    }
}

/* Its names: as the values they are, if the protocol and the names allow that. */
static brn_step begin_global(brn_save *s, const brn_val *val)
{
    bool named = brn_is(val->u.object->callee, BRN_STR) && brn_is(val->u.object->args, BRN_STR);
    if (s->out.protocol >= 4 && (!named || !s->translate))
        return begin_under_way(s, val, 2) ? push_made(s, val, BRN_STAGE_BEGIN) : BRN_STEP_FAILED;
    return brn_save_names(s, val) ? push_made(s, val, BRN_STAGE_DONE_TO) : BRN_STEP_FAILED;
}

static brn_step begin_persid(brn_save *s, const brn_val *val)
{
    const brn_val *id = val->u.object->callee;
    if (s->out.binary)
        return begin_under_way(s, val, 1) ? push_made(s, val, BRN_STAGE_BEGIN) : BRN_STEP_FAILED;
    size_t size = 0;
    const char *text = brn_str(id, &size);
    if (!(brn_str_flags(id) & BRN_STR_ASCII) || memchr(text, '\n', size))
        return brn_step_of(brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                                         "in protocol 0 a persistent id is a line of ASCII"));
    if (!brn_emit_op(&s->out, BRN_OP_BYTE_PERSID) || !brn_emit_raw(&s->out, text, size) ||
        !brn_emit_op(&s->out, '\n') || !memoize_if_needed(s, val->id))
        return BRN_STEP_FAILED;
    return push_made(s, val, BRN_STAGE_DONE_TO);
}

static brn_step begin_ext(brn_save *s, const brn_val *val)
{
    if (!brn_save_ext(s, brn_ext_code(val)) || !memoize_if_needed(s, val->id))
        return BRN_STEP_FAILED;
    return push_made(s, val, BRN_STAGE_DONE_TO);
}

/* ------------------------------------------------------------------------
 * The walk
 * ------------------------------------------------------------------------ */

/* Text has one nan for all; who wants another gets it in binary, which readers of protocol 0 know. */
static bool write_float(brn_save *s, double value)
{
    if (s->out.binary || value == value || brn_bits_of_double(value) == PLAIN_NAN)
        return brn_emit_float(&s->out, value);
    if (!brn_emit_room(&s->out, BRN_EMIT_FLOAT))
        return false;
    s->out.pos = brn_put_float(s->out.pos, value);
    return true;
}

static bool write_bigint(brn_save *s, const brn_val *val)
{
    if (brn_text_size(val) <= BRN_SHORT_INT)
        return brn_save_bigint(s, val);
    int64_t number = brn_save_number(s, val->id);
    if (number >= 0)
        return brn_save_get(s, val->id, number);
    return brn_save_bigint(s, val) && memoize_if_needed(s, val->id);
}

static bool write_buffer(brn_save *s, const brn_val *val)
{
    if (!brn_save_buffer(s, val))
        return false;
    return s->options.buffer ? memoize_if_needed(s, val->id) : brn_save_memoize(s, val->id);
}

/* What may have a number: not met before. */
static brn_step write_new(brn_save *s, const brn_val *val)
{
    const uint8_t *bytes = val->u.bytes;
    bool put = false;
    switch ((brn_type)val->type) {
    case BRN_STR: put = brn_save_str(s, bytes, brn_text_size(val)); break;
    case BRN_PY2STR: put = brn_save_py2str(s, bytes, brn_text_size(val)); break;
    case BRN_BYTES: put = brn_save_bytes(s, bytes, brn_text_size(val)); break;
    case BRN_BYTEARRAY: put = brn_save_bytearray(s, bytes, brn_text_size(val)); break;
    case BRN_LIST:
    case BRN_DICT: return begin_items(s, val);
    case BRN_SET:
    case BRN_FROZENSET: return begin_set(s, val);
    case BRN_TUPLE: return begin_tuple(s, val);
    case BRN_GLOBAL: return begin_global(s, val);
    case BRN_PERSID: return begin_persid(s, val);
    case BRN_EXT: return begin_ext(s, val);
    case BRN_BUFFER: return brn_step_of(write_buffer(s, val));
    case BRN_CALL:
    case BRN_OBJECT:
        return begin_under_way(s, val, 3) ? push_made(s, val, BRN_STAGE_BEGIN) : BRN_STEP_FAILED;
    default: break;
    }
    return brn_step_of(put && brn_save_memoize(s, val->id));
}

static brn_step write_value(brn_save *s, const brn_val *val)
{
    brn_emitter *out = &s->out;
    val = meant(s, val);
    if (!brn_emit_drain(out) || !brn_emit_boundary(out))
        return BRN_STEP_FAILED;
    switch ((brn_type)val->type) {
    case BRN_NONE: return brn_step_of(brn_emit_none(out));
    case BRN_BOOL: return brn_step_of(brn_emit_bool(out, val->u.integer != 0));
    case BRN_INT: return brn_step_of(brn_emit_int(out, val->u.integer));
    case BRN_FLOAT: return brn_step_of(write_float(s, val->u.real));
    case BRN_BIGINT: return brn_step_of(write_bigint(s, val));
    default: break;
    }
    int64_t number = brn_save_number(s, val->id);
    if (number >= 0)
        return brn_step_of(brn_save_get(s, val->id, number));
    return check_order(s, val) ? write_new(s, val) : BRN_STEP_FAILED;
}

static brn_step step_frame(brn_save *s, brn_save_frame *f)
{
    switch ((brn_frame_kind)f->kind) {
    case BRN_FRAME_ITEMS: return step_items(s, f);
    case BRN_FRAME_TUPLE: return step_tuple(s, f);
    case BRN_FRAME_OLD_SET: return step_old_set(s, f);
    default: return step_made(s, f);
    }
}

bool brn_save_walk(brn_save *s, const brn_val *root)
{
    brn_step step = write_value(s, root);
    while (step != BRN_STEP_FAILED && s->depth > 0) {
        brn_save_quick(s);
        if (s->depth == 0)
            return true;
        step = step_frame(s, &s->frames[s->depth - 1]);
        if (step == BRN_STEP_DONE)
            pop(s);
    }
    while (s->depth > 0)
        pop(s);
    return step == BRN_STEP_DONE;
}
