/*
 * later.c - what a document cannot show: values that were changed after a call had been given them, and
 * calls whose results were thrown away.
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

/* Flag the candidates that a call made before their change reaches. */
static bool mark_changed(const brn_builder *h, walk *w)
{
    brn_doc *doc = h->doc;
    bool ok = true;
    for (uint64_t id = 0; ok && id < doc->count; id++) {
        const brn_val *val = brn_doc_value(doc, (uint32_t)id);
        if (val->type == BRN_CALL || val->type == BRN_OBJECT)
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
    memset(w->first_call, 0, (size_t)doc->count * sizeof *w->first_call);
    w->call = 1;
    if (!push(w, doc->root) || !visit_all(w))
        return false;
    for (uint64_t id = 0; id < doc->count; id++) {
        const brn_val *val = brn_doc_value(doc, (uint32_t)id);
        doc->lost_calls += (val->type == BRN_CALL || val->type == BRN_OBJECT) &&
                           val->flags & BRN_FLAG_POPPED && !w->first_call[id];
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
    memset(w.first_call, 0, size);
    bool ok = (h->late_count == 0 || mark_changed(h, &w)) && (!h->popped || count_lost(doc, &w));
    brn_memory_free(&doc->memory, (void *)w.stack, w.cap * sizeof(const brn_val *));
    brn_memory_free(&doc->memory, w.first_call, size);
    return ok;
}
