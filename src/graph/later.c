/*
 * later.c - what a document cannot show: values that were changed after a call had been given them, and
 * calls whose results were thrown away, but for those made for the object below them (BRN_OP_CALL).
 *
 * A document shows the final state of every value.  That is what Python ends with too,
 * except for what a callee computed from an argument it saw half built: in a stream like
 * "make L, call f(L), append to L", f saw L empty.  Such values are flagged.
 *
 * While building, candidates are cheap to see (a value that was fetched from the memo, and then
 * changed, after some call).  Only if there are any is the graph walked: calls in the order they were
 * made, each value visited once, by the first call that reaches it.
 */
#include "builder.h"

typedef struct walk {
    brn_memory *memory;
    const brn_val **stack;
    size_t cap;
    size_t used;
    uint32_t *first_call; /* by id: 1 + the id of the first call that reaches the value, or 0 */
    uint32_t call;
    bool without_effects; /* entries BRN_OP_CALL are not followed */
} walk;

static bool push(walk *w, const brn_val *val)
{
    if (!val || w->first_call[val->id])
        return true;
    w->first_call[val->id] = w->call;
    /* Values without children need not be visited. */
    if (val->type < BRN_LIST || val->type == BRN_BUFFER)
        return true;
    if (w->used == w->cap) {
        void *stack = w->stack;
        if (!brn_memory_grow(w->memory, &stack, &w->cap, w->used + 1, sizeof(const brn_val *)))
            return false;
        w->stack = stack;
    }
    w->stack[w->used++] = val;
    return true;
}

static bool push_parts(walk *w, const brn_val *val)
{
    size_t count = brn_part_count(val);
    for (size_t i = 0; i < count; i++) {
        if (i >= 3 && w->without_effects && brn_has_ops((brn_type)val->type) &&
            val->u.object->ops->at[i - 3].kind == BRN_OP_CALL)
            continue;
        if (!push(w, brn_part(val, i)))
            return false;
    }
    return true;
}

static bool visit_all(walk *w)
{
    bool ok = true;
    while (ok && w->used > 0)
        ok = push_parts(w, w->stack[--w->used]);
    return ok;
}

static bool visit_arguments(walk *w, const brn_val *call)
{
    w->call = call->id + 1;
    bool ok = push(w, call->u.object->args);
    if (call->type == BRN_OBJECT && call->flags & BRN_FLAG_KWARGS)
        ok = ok && push(w, call->u.object->kwargs);
    return ok && visit_all(w);
}

/*
 * A call that was made for the object below it is part of what was done to that: the object changed
 * then, and any earlier call saw it as it was before.
 */
static bool confirm(brn_builder *h, walk *w, const brn_effect *effect)
{
    brn_val *object = effect->object;
    void *late = h->late;
    if (object->flags & BRN_FLAG_FETCHED)
        object->flags |= BRN_FLAG_TOUCHED;
    if (!brn_memory_grow(w->memory, &late, &h->late_cap, h->late_count + 1, sizeof *h->late))
        return false;
    h->late = late;
    h->late[h->late_count++] = (brn_late){object, effect->call->id};
    return push(w, effect->call) && visit_all(w);
}

/* Runs of the same kind are one entry: put the values of the second behind those of the first. */
static bool join(brn_doc *doc, const brn_op_row *first, const brn_op_row *second)
{
    const size_t stride = first->kind == BRN_OP_SET ? 2 : 1;
    const brn_items *from = second->value->u.items;
    if (!brn_items_reserve(doc, first->value, stride, from->count))
        return false;
    brn_items *to = first->value->u.items;
    memcpy(to->at + to->count * stride, from->at, from->count * stride * sizeof(const brn_val *));
    to->count += from->count;
    return true;
}

static bool is_joined(const brn_op_row *first, const brn_op_row *second)
{
    return first->kind == second->kind && !brn_op_is_single(first->kind);
}

/* Take out the entries that have been cancelled. */
static bool drop_from(brn_doc *doc, brn_object *object)
{
    brn_ops *ops = object->ops;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ops->count; i++) {
        const brn_op_row *row = &ops->at[i];
        if (row->kind == BRN_OP_NONE)
            continue;
        if (kept == 0 || !is_joined(&ops->at[kept - 1], row))
            ops->at[kept++] = *row;
        else if (!join(doc, &ops->at[kept - 1], row))
            return false;
    }
    ops->count = kept;
    if (kept == 0)
        object->ops = NULL;
    return true;
}

static bool drop_cancelled(brn_doc *doc)
{
    bool ok = true;
    for (uint64_t id = 0; ok && id < doc->count; id++) {
        const brn_val *val = brn_doc_value(doc, (uint32_t)id);
        if (brn_has_ops((brn_type)val->type) && val->u.object->ops)
            ok = drop_from(doc, val->u.object);
    }
    return ok;
}

static void forget(const brn_doc *doc, walk *w)
{
    memset(w->first_call, 0, (size_t)doc->count * sizeof *w->first_call);
}

/*
 * Calls that were popped above an object are entries of that already.  They stay if nothing else refers to
 * them, and something to the object.  From the last one back, as each may lead to earlier ones.
 */
static bool settle_effects(brn_builder *h, walk *w)
{
    bool cancelled = false;
    w->call = 1;
    w->without_effects = true;
    bool ok = push(w, h->doc->root) && visit_all(w);
    for (size_t i = h->effect_count; ok && i-- > 0;) {
        const brn_effect *effect = &h->effects[i];
        if (w->first_call[effect->object->id] && !w->first_call[effect->call->id]) {
            ok = confirm(h, w, effect);
        } else {
            effect->object->u.object->ops->at[effect->at].kind = BRN_OP_NONE;
            cancelled = true;
        }
    }
    w->without_effects = false;
    ok = ok && (!cancelled || drop_cancelled(h->doc));
    forget(h->doc, w);
    return ok;
}

/* Flag the candidates that a call made before their change reaches. */
static bool mark_changed(const brn_builder *h, walk *w)
{
    brn_doc *doc = h->doc;
    bool ok = true;
    for (uint64_t id = 0; ok && id < doc->count; id++) {
        const brn_val *val = brn_doc_value(doc, (uint32_t)id);
        if (brn_is_made(val))
            ok = visit_arguments(w, val);
    }
    for (size_t i = 0; ok && i < h->late_count; i++) {
        brn_val *val = h->late[i].val;
        uint32_t call = w->first_call[val->id];
        if (call != 0 && call <= h->late[i].time && !(val->flags & BRN_FLAG_CHANGED)) {
            val->flags |= BRN_FLAG_CHANGED;
            doc->changed_later++;
        }
    }
    return ok;
}

/* Count the calls that were popped and that the root does not reach. */
static bool count_lost(brn_doc *doc, walk *w)
{
    forget(doc, w);
    w->call = 1;
    if (!push(w, doc->root) || !visit_all(w))
        return false;
    for (uint64_t id = 0; id < doc->count; id++) {
        const brn_val *val = brn_doc_value(doc, (uint32_t)id);
        doc->lost_calls += brn_is_made(val) && val->flags & BRN_FLAG_POPPED && !w->first_call[id];
    }
    return true;
}

bool brn_builder_mark_late(brn_builder *h)
{
    brn_doc *doc = h->doc;
    if (h->late_count == 0 && !h->popped)
        return true;
    walk w = {.memory = &doc->memory};
    size_t size;
    if (!brn_mul_size((size_t)doc->count, sizeof *w.first_call, &size))
        return false;
    w.first_call = brn_memory_alloc(&doc->memory, size);
    if (!w.first_call)
        return false;
    forget(doc, &w);
    bool ok = (h->effect_count == 0 || settle_effects(h, &w)) &&
              (h->late_count == 0 || mark_changed(h, &w)) && (!h->popped || count_lost(doc, &w));
    brn_memory_free(&doc->memory, (void *)w.stack, w.cap * sizeof(const brn_val *));
    brn_memory_free(&doc->memory, w.first_call, size);
    return ok;
}
