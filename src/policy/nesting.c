/*
 * nesting.c - how deep arrays of objects and dtypes lie in each other.
 *
 * Python frees lists, tuples and dicts in each other step by step, and numpy's arrays by recursion, as it goes
 * through dtypes: some ten thousand of them overflow the C stack when the last one goes.  Nobody has them deeper
 * than a few, and what is allowed is far below what would.
 */
#include "policy.h"

#include "../error.h"

#define DEEPEST 100

/*
 * An array whose state comes only after it was put into another, as in a cycle: how deep that one is cannot be told when it gets
 * its own, so there are a few of them.
 */
#define MOST_OPEN 32

static bool is_numpy(const brn_checker *c, const brn_val *val)
{
    const brn_name *name = val ? brn_instance_of(c, val) : NULL;
    return name && name->module_size >= 5 && memcmp(name->module, "numpy", 5) == 0 &&
           (name->module_size == 5 || name->module[5] == '.');
}

/* Made by one call, with nothing of Python in it. */
static bool is_whole(const brn_checker *c, const brn_val *val)
{
    const brn_name *name = brn_instance_of(c, val);
    return name->name_size > 0 &&
           ((name->name_size == 6 && memcmp(name->name, "scalar", 6) == 0) ||
            (name->name_size == 11 && memcmp(name->name, "_frombuffer", 11) == 0));
}

/* The deepest so far, with one more thing inside. */
static bool go_into(brn_checker *c, const brn_val *inner, uint8_t *deepest)
{
    if (!is_numpy(c, inner) || is_whole(c, inner))
        return true;
    bool dtype = brn_name_is(brn_instance_of(c, inner), "numpy", "dtype");
    if (c->notes->nesting[inner->id] == 0 && !dtype && ++c->notes->open_arrays > MOST_OPEN)
        return false;
    if (c->notes->nesting[inner->id] > *deepest)
        *deepest = c->notes->nesting[inner->id];
    return true;
}

bool brn_note_nesting(brn_checker *c, const brn_val *val, const brn_val *state)
{
    if (!is_numpy(c, val) || !brn_is(state, BRN_TUPLE))
        return true;
    if (!c->notes->nesting) {
        c->notes->nesting = brn_memory_alloc(c->memory, (size_t)c->doc->count + 1);
        if (!c->notes->nesting) {
            c->code = brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for the check");
            return false;
        }
        memset(c->notes->nesting, 0, (size_t)c->doc->count + 1);
    }
    uint8_t deepest = 0;
    bool fits = true;
    const brn_val *items = brn_at(state, 4); /* of an array; the fields of a dtype */
    for (size_t i = 0; fits && brn_is(items, BRN_LIST) && i < brn_size(items); i++)
        fits = go_into(c, brn_at(items, i), &deepest);
    for (size_t i = 0; fits && brn_is(items, BRN_DICT) && i < brn_size(items); i++)
        fits = go_into(c, brn_at(brn_value_at(items, i), 0), &deepest);
    fits = fits && go_into(c, brn_at(brn_at(state, 2), 0), &deepest); /* of a subarray */
    c->notes->nesting[val->id] = (uint8_t)(deepest + 1);
    return fits && deepest < DEEPEST;
}
