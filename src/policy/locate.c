/*
 * locate.c - paths to what was refused.
 *
 * Values do not know where they are.  When something was refused, the document is walked once from its root,
 * breadth first, each value noting who holds it; the shortest path to any value is then read off backwards.
 */
#include "policy.h"

#include "../graph/path.h"

#define NOBODY UINT32_MAX

/* Places in an object; behind them those of its operations. */
enum { CALLEE, ARGUMENTS, KEYWORDS, FIRST_OPERATION };

typedef struct held {
    uint32_t holder; /* id, or NOBODY */
    uint32_t place;  /* which child of it */
} held;

typedef struct search {
    held *held; /* by id */
    uint32_t *queue;
    size_t queued;
} search;

static void meet(search *s, const brn_val *val, const brn_val *holder, size_t place)
{
    if (!val || s->held[val->id].holder != NOBODY)
        return;
    s->held[val->id] = (held){holder->id, (uint32_t)place};
    s->queue[s->queued++] = val->id;
}

static void meet_children(search *s, const brn_val *val)
{
    if (!brn_has_ops((brn_type)val->type)) {
        size_t count = brn_child_count(val);
        for (size_t i = 0; i < count; i++)
            meet(s, brn_child(val, i), val, i);
        return;
    }
    const brn_object *object = val->u.object;
    meet(s, object->callee, val, CALLEE);
    if (val->type == BRN_CALL || val->type == BRN_OBJECT)
        meet(s, object->args, val, ARGUMENTS);
    meet(s, brn_kwargs(val), val, KEYWORDS);
    for (uint32_t i = 0; object->ops && i < object->ops->count; i++)
        meet(s, object->ops->at[i].value, val, (size_t)i + FIRST_OPERATION);
}

/* How the holder spells the way to its child; "" if the way goes without saying. */
static void spell_step(const brn_doc *doc, const search *s, const brn_val *val, char *step,
                       size_t cap)
{
    const held *at = &s->held[val->id];
    const brn_val *holder = brn_doc_value(doc, at->holder);
    step[0] = '\0';
    if (brn_has_ops((brn_type)holder->type)) {
        const char *word = at->place == CALLEE      ? ".__class__"
                           : at->place == ARGUMENTS ? ".__args__"
                           : at->place == KEYWORDS  ? ".__kwargs__"
                                                    : "";
        memcpy(step, word, strlen(word) + 1);
    } else if (holder->type == BRN_DICT) {
        const held *above = &s->held[holder->id];
        const brn_val *object = above->holder == NOBODY ? NULL : brn_doc_value(doc, above->holder);
        bool is_state = object && object != holder && brn_has_ops((brn_type)object->type) &&
                        above->place >= FIRST_OPERATION &&
                        brn_op_at(object, above->place - FIRST_OPERATION, NULL) == BRN_OP_STATE;
        const brn_val *key = brn_child(holder, at->place & ~(uint32_t)1);
        (void)(is_state ? brn_path_attr(key, step, cap) : brn_path_key(key, step, cap));
    } else {
        (void)brn_path_index(at->place, step, cap);
    }
}

/* The ids on the way from the root to a value are in s->queue, which the search needs no more. */
static void spell_path(const brn_doc *doc, search *s, uint32_t id, char *path)
{
    size_t steps = 0;
    for (; s->held[id].holder != id; id = s->held[id].holder)
        s->queue[steps++] = id;
    size_t used = 0;
    while (steps > 0) {
        char step[BRN_PATH_STEP_SIZE + 1];
        spell_step(doc, s, brn_doc_value(doc, s->queue[--steps]), step, sizeof step);
        size_t length = strlen(step);
        if (used + length >= BRN_PATH_SIZE)
            break;
        memcpy(path + used, step, length);
        used += length;
    }
    path[used] = '\0';
}

static bool locate_all(const brn_doc *doc, brn_memory *memory, search *s, brn_missing_row *rows,
                       size_t count)
{
    for (uint64_t i = 0; i < doc->count; i++)
        s->held[i].holder = NOBODY;
    s->queue[s->queued++] = doc->root->id;
    s->held[doc->root->id] = (held){doc->root->id, 0};
    for (size_t i = 0; i < s->queued; i++)
        meet_children(s, brn_doc_value(doc, s->queue[i]));
    for (size_t i = 0; i < count; i++) {
        if (s->held[rows[i].value].holder == NOBODY)
            continue; /* made, and thrown away */
        rows[i].path = brn_memory_alloc(memory, BRN_PATH_SIZE);
        if (!rows[i].path)
            return false;
        spell_path(doc, s, rows[i].value, rows[i].path);
        rows[i].missing.path = rows[i].path;
    }
    return true;
}

bool brn_locate(const brn_doc *doc, brn_memory *memory, brn_missing_row *rows, size_t count)
{
    size_t held_size;
    size_t queue_size;
    if (!brn_mul_size((size_t)doc->count, sizeof(held), &held_size) ||
        !brn_mul_size((size_t)doc->count, sizeof(uint32_t), &queue_size))
        return false;
    search s = {brn_memory_alloc(memory, held_size), NULL, 0};
    s.queue = s.held ? brn_memory_alloc(memory, queue_size) : NULL;
    bool done = s.queue && locate_all(doc, memory, &s, rows, count);
    brn_memory_free(memory, s.queue, queue_size);
    brn_memory_free(memory, s.held, held_size);
    return done;
}
