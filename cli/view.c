/*
 * view.c - turns calls and what was done to them into things with children.
 */
#include "view.h"
#include "array.h"
#include "spell.h"
#include "stock.h"

#include <string.h>

/* What is made by a call of its own: sets, counters, deques. */
static void view_of_collection(view *v)
{
    brn_set set;
    brn_mapping mapping;
    brn_deque deque;
    if (brn_as_set(v->val, &set) && set.elements) {
        v->kind = set.frozen ? VIEW_FROZENSET : VIEW_SET;
        v->elements = set.elements;
    } else if (brn_as_counter(v->val, &mapping) && mapping.pairs) {
        v->elements = mapping.pairs;
        v->args = NULL;
        v->is_called = false;
    } else if (brn_as_deque(v->val, &deque) && deque.first && !brn_size(deque.first)) {
        /* An empty tuple or list, to be filled afterwards, and the greatest length. */
        v->args_from = 1;
        v->args_name = "maxlen=";
    }
}

static void view_of_instance(view *v)
{
    const brn_val *val = v->val;
    v->kind = VIEW_INSTANCE;
    v->is_called = brn_typeof(val) == BRN_CALL;
    v->class_ = brn_callee(val);
    v->args = brn_args(val);
    v->kwargs = brn_kwargs(val);

    brn_instance instance;
    bool is_instance = brn_as_instance(val, &instance);
    if (is_instance && instance.args == v->args) {
        /* The class says more than its base, which is object, or the type of the third. */
        v->class_ = instance.class_;
        v->args_from = instance.base ? 2 : instance.args_from;
        v->is_called = false;
    } else if (!is_instance) {
        view_of_collection(v);
    }
    if (brn_typeof(v->args) == BRN_TUPLE && brn_size(v->args) <= v->args_from)
        v->args = NULL;
}

void view_of(view *v, const brn_val *val)
{
    memset(v, 0, sizeof *v);
    v->val = val;
    switch (brn_typeof(val)) {
    case BRN_LIST: v->kind = VIEW_LIST; break;
    case BRN_TUPLE: v->kind = VIEW_TUPLE; break;
    case BRN_DICT: v->kind = VIEW_DICT; break;
    case BRN_SET:
        v->kind = VIEW_SET;
        v->elements = val;
        break;
    case BRN_FROZENSET:
        v->kind = VIEW_FROZENSET;
        v->elements = val;
        break;
    case BRN_PERSID: v->kind = VIEW_PERSID; break;
    case BRN_EXT: v->kind = VIEW_EXT; break;
    case BRN_CALL:
    case BRN_OBJECT: {
        if (spell_is_leaf(val))
            v->kind = VIEW_LEAF;
        else if (array_is(val))
            v->kind = VIEW_ARRAY;
        else
            view_of_instance(v);
        break;
    }
    case BRN_GLOBAL: v->kind = brn_op_count(val) ? VIEW_NAME : VIEW_LEAF; break;
    default: v->kind = VIEW_LEAF; break;
    }
}

/* ------------------------------------------------------------------------
 * Children
 * ------------------------------------------------------------------------ */

/* The children of a list, tuple, set or dict, all in one group. */
static group whole(group_kind kind, const brn_val *container, const char *prefix)
{
    return (group){
        .kind = kind, .container = container, .prefix = prefix, .count = brn_size(container)};
}

static group single(const brn_val *val, const char *name)
{
    return (group){.kind = GROUP_SINGLE, .container = val, .prefix = name, .count = 1};
}

/* A state: attributes if it is a dict with any, or (dict or None, dict), else one value. */
static bool state_group(const brn_val *state, size_t part, group *g)
{
    if (brn_typeof(state) == BRN_DICT && brn_size(state)) {
        *g = whole(GROUP_ATTRS, state, "");
        return part == 0;
    }
    const brn_val *dict = brn_at(state, 0);
    const brn_val *slots = brn_at(state, 1);
    if (brn_typeof(state) == BRN_TUPLE && brn_size(state) == 2 &&
        (brn_typeof(dict) == BRN_DICT || brn_is_none(dict)) && brn_typeof(slots) == BRN_DICT) {
        *g = whole(GROUP_ATTRS, part ? slots : dict, "");
        return part < 2;
    }
    *g = single(state, ".__state__");
    return part == 0;
}

/* Stage 3: what was done to a value, one op after another. */
static bool next_op_group(const view *v, group_walk *walk, group *g)
{
    size_t ops = brn_op_count(v->val);
    while (walk->op < ops) {
        const brn_val *what;
        brn_op op = brn_op_at(v->val, walk->op, &what);
        bool more = false;
        switch (op) {
        case BRN_OP_STATE: more = state_group(what, walk->part, g); break;
        case BRN_OP_APPEND:
            more = walk->part == 0;
            *g = whole(GROUP_ITEMS, what, "");
            g->base = walk->base;
            walk->base += more ? g->count : 0;
            break;
        case BRN_OP_SET:
            more = walk->part == 0;
            *g = whole(GROUP_PAIRS, what, "");
            break;
        case BRN_OP_ADD:
            more = walk->part == 0;
            *g = whole(GROUP_ELEMENTS, what, "");
            break;
        case BRN_OP_CALL:
            more = walk->part == 0;
            *g = single(what, ".__called__");
            break;
        case BRN_OP_NONE: break;
        }
        if (!more) {
            walk->op++;
            walk->part = 0;
            continue;
        }
        walk->part++;
        if (g->count)
            return true;
    }
    return false;
}

/* Stages 0 to 2: what a value was made of. */
static bool stage_group(const view *v, size_t stage, group *g)
{
    switch (v->kind) {
    case VIEW_LIST:
    case VIEW_TUPLE: *g = whole(GROUP_ITEMS, v->val, ""); return stage == 0;
    case VIEW_DICT: *g = whole(GROUP_PAIRS, v->val, ""); return stage == 0;
    case VIEW_SET:
    case VIEW_FROZENSET: *g = whole(GROUP_ELEMENTS, v->elements, ""); return stage == 0;
    case VIEW_ARRAY: {
        brn_array a;
        if (stage != 0 || !brn_array_claims(v->val, &a) || brn_typeof(a.data) != BRN_LIST)
            return false;
        /* They stand in the state, behind version, shape, dtype and order. */
        *g = whole(GROUP_ITEMS, a.data, ".__state__[-1]");
        return true;
    }
    case VIEW_INSTANCE:
        if (stage == 0) {
            text t = {0};
            bool named = stock_name(v->class_, &t);
            text_free(&t);
            *g = single(v->class_, ".__class__");
            return !named;
        }
        if (stage == 1 && v->args) {
            if (brn_typeof(v->args) != BRN_TUPLE) {
                *g = single(v->args, ".__args__");
            } else {
                *g = whole(GROUP_ITEMS, v->args, ".__args__");
                g->from = v->args_from;
                g->base = v->args_from;
                g->count -= v->args_from;
            }
            g->is_args = true;
            return true;
        }
        if (stage == 1 && v->elements) {
            *g = whole(GROUP_PAIRS, v->elements, "");
            return true;
        }
        if (stage == 2 && v->kwargs) {
            *g = whole(GROUP_PAIRS, v->kwargs, ".__kwargs__");
            g->is_args = true;
            return true;
        }
        return false;
    case VIEW_PERSID:
        *g = single(brn_persid(v->val), "id");
        g->is_args = true;
        return stage == 0;
    default: return false;
    }
}

bool view_next_group(const view *v, group_walk *walk, group *g)
{
    while (walk->stage < 3) {
        if (stage_group(v, walk->stage++, g) && g->count)
            return true;
    }
    switch (v->kind) {
    case VIEW_INSTANCE:
    case VIEW_NAME:
    case VIEW_PERSID:
    case VIEW_EXT: return next_op_group(v, walk, g);
    default: return false;
    }
}

const brn_val *group_key(const group *g, size_t index)
{
    if (g->kind != GROUP_PAIRS && g->kind != GROUP_ATTRS)
        return NULL;
    return brn_key_at(g->container, g->from + index);
}

const brn_val *group_value(const group *g, size_t index)
{
    switch (g->kind) {
    case GROUP_SINGLE: return g->container;
    case GROUP_PAIRS:
    case GROUP_ATTRS: return brn_value_at(g->container, g->from + index);
    default: return brn_at(g->container, g->from + index);
    }
}

view_counts view_count(const view *v)
{
    view_counts n = {0};
    group_walk walk = {0};
    group g;
    while (view_next_group(v, &walk, &g)) {
        n.all += g.count;
        if (g.is_args)
            n.args += g.count;
        else if (g.kind == GROUP_ITEMS || g.kind == GROUP_ELEMENTS)
            n.items += g.count;
        else if (g.kind == GROUP_PAIRS)
            n.pairs += g.count;
        else if (g.kind == GROUP_ATTRS)
            n.attrs += g.count;
    }
    return n;
}
