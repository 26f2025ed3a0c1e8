/*
 * work.c - what hashing and comparing the keys would cost in Python.
 *
 * A document hashes a shared tuple once.  Python hashes it again along every path that leads to it: a set of one
 * tuple of tuples doubles its time with every two bytes.  And Python's hashes of numbers are known to everybody:
 * keys can be chosen that all fall on one another, and then each is compared with all before it.  Both are
 * counted here, before anything is built: the first by adding up costs from the inside out, the second by
 * letting the keys of each large table fall into place as they would there (hashes.c).
 *
 * Text hashes with a secret of the process, so a table of text has nothing to fear.
 */
#include "policy.h"

#include "../error.h"
#include "../graph/keys.h"

/* A table of fewer keys cannot cost more than what is allowed for each byte. */
#define LARGE_TABLE 128

/* Comparing two keys of one hash, in steps of looking at a place in a table. */
#define COMPARE_STEPS 8

typedef struct tally {
    brn_checker *c;
    uint64_t left;    /* steps */
    uint64_t most;    /* of one key */
    uint64_t *cost;   /* of hashing, by id; 0: not known yet; NULL until a key is no atom */
    uint64_t *hash;   /* by id, of what has a cost */
    uint64_t *stack;  /* ids whose children are being added up, with how many of them have been */
    size_t stack_cap; /* in words */
    uint64_t seed;
    uint64_t *slots; /* of the table at work: hash | 1 */
    size_t slots_cap;
} tally;

static bool fail(tally *t, brn_code code, const char *text)
{
    t->c->code = brn_error_set(t->c->err, code, 0, -1, "%s", text);
    return false;
}

static bool fail_memory(tally *t)
{
    return fail(t, BRN_ERROR_MEMORY, "no memory to count the work of hashing");
}

static bool spend(tally *t, uint64_t steps)
{
    if (steps > t->left)
        return fail(t, BRN_ERROR_POLICY_WORK, "hashing its keys would take longer than allowed");
    t->left -= steps;
    return true;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

/* ------------------------------------------------------------------------
 * Python's hashes
 * ------------------------------------------------------------------------ */

static uint64_t hash_atom(const tally *t, const brn_val *val)
{
    size_t size;
    uint64_t hash;
    if (brn_hash_of_number(val, t->seed, &hash))
        return hash;
    if (val->type == BRN_NONE)
        return 0;
    const uint8_t *bytes = brn_bytes(val, &size);
    hash = bytes ? brn_key_hash_text(t->seed, bytes, size) : val->id;
    return hash * UINT64_C(0x9e3779b97f4a7c15) + size;
}

static uint64_t mix_tuple(uint64_t acc, uint64_t lane)
{
    acc += lane * UINT64_C(14029467366897019727);
    acc = acc << 31 | acc >> 33;
    return acc * UINT64_C(11400714785074694791);
}

#define TUPLE_START UINT64_C(2870177450012600261)

static uint64_t finish_tuple(uint64_t acc, size_t count)
{
    acc += count ^ (TUPLE_START ^ UINT64_C(3527539));
    return acc == UINT64_MAX ? 1546275796 : acc;
}

static uint64_t mix_set(uint64_t acc, uint64_t lane)
{
    return acc ^ ((lane ^ 89869747) ^ (lane << 16)) * UINT64_C(3644798167);
}

static uint64_t finish_set(uint64_t acc, size_t count)
{
    acc ^= ((uint64_t)count + 1) * UINT64_C(1927868237);
    acc ^= (acc >> 11) ^ (acc >> 25);
    acc = acc * 69069 + 907133923;
    return acc == UINT64_MAX ? 590923713 : acc;
}

/* ------------------------------------------------------------------------
 * From the inside out
 * ------------------------------------------------------------------------ */

static bool is_atom(const brn_val *val)
{
    return val->type < BRN_LIST || val->type == BRN_BUFFER;
}

static size_t child_count(const brn_val *val)
{
    if (!brn_has_ops((brn_type)val->type))
        return brn_child_count(val);
    return val->type == BRN_CALL || val->type == BRN_OBJECT ? 2 + brn_op_count(val) : 0;
}

/* Of a call all that its hash may be made from: its arguments, and what was done to it. */
static const brn_val *child_at(const brn_val *val, size_t index)
{
    const brn_val *value = NULL;
    if (!brn_has_ops((brn_type)val->type))
        return brn_child(val, index);
    if (index < 2)
        return index == 0 ? brn_args(val) : brn_kwargs(val);
    (void)brn_op_at(val, index - 2, &value);
    return value;
}

#define IN_PROGRESS 1

static void add_up(tally *t, const brn_val *val)
{
    uint64_t cost = 2; /* above IN_PROGRESS */
    uint64_t hash = val->type == BRN_FROZENSET ? 0 : TUPLE_START;
    size_t count = child_count(val);
    for (size_t i = 0; i < count; i++) {
        const brn_val *child = child_at(val, i);
        if (!child)
            continue;
        bool atom = is_atom(child);
        uint64_t lane = atom ? hash_atom(t, child) : t->hash[child->id];
        cost = add(cost, atom ? 1 : t->cost[child->id]);
        hash = val->type == BRN_FROZENSET ? mix_set(hash, lane) : mix_tuple(hash, lane);
    }
    t->cost[val->id] = cost;
    if (!brn_hash_of_call(t->c, val, t->seed, &t->hash[val->id]))
        t->hash[val->id] =
            val->type == BRN_FROZENSET ? finish_set(hash, count) : finish_tuple(hash, count);
}

static bool push(tally *t, size_t *depth, const brn_val *val)
{
    void *stack = t->stack;
    if (!brn_memory_grow(t->c->memory, &stack, &t->stack_cap, 2 * (*depth + 1), sizeof *t->stack))
        return fail_memory(t);
    t->stack = stack;
    t->stack[2 * *depth] = val->id;
    t->stack[2 * *depth + 1] = 0;
    ++*depth;
    t->cost[val->id] = IN_PROGRESS;
    return true;
}

static bool start_costs(tally *t)
{
    size_t size;
    if (t->cost)
        return true;
    if (!brn_mul_size((size_t)t->c->doc->count, 2 * sizeof *t->cost, &size) ||
        !(t->cost = brn_memory_alloc(t->c->memory, size)))
        return fail_memory(t);
    memset(t->cost, 0, size);
    t->hash = t->cost + t->c->doc->count;
    return true;
}

/* Find cost and hash of a key that is no atom. */
static bool weigh(tally *t, const brn_val *key)
{
    if (!start_costs(t))
        return false;
    size_t depth = 0;
    if (t->cost[key->id] == 0 && !push(t, &depth, key))
        return false;
    while (depth > 0) {
        const brn_val *val = brn_doc_value(t->c->doc, (uint32_t)t->stack[2 * depth - 2]);
        size_t next = (size_t)t->stack[2 * depth - 1]++;
        if (next >= child_count(val)) {
            add_up(t, val);
            depth--;
            continue;
        }
        const brn_val *child = child_at(val, next);
        if (child && !is_atom(child) && t->cost[child->id] == 0 && !push(t, &depth, child))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------ */

/* Where the keys of a table are: each `stride`th child from `first` on; or the first item of each. */
typedef struct key_list {
    const brn_val *holder;
    size_t count;
    size_t stride;
    bool of_pairs;
    bool is_set;
} key_list;

static const brn_val *key_of(const key_list *keys, size_t index)
{
    const brn_val *key = brn_child(keys->holder, index * keys->stride);
    if (!keys->of_pairs)
        return key;
    return brn_is(key, BRN_LIST) || brn_is(key, BRN_TUPLE) ? brn_at(key, 0) : NULL;
}

/* Let a hash take its place: each one that is taken already is a step. */
static bool place(tally *t, size_t mask, uint64_t hash, bool is_set)
{
    uint64_t perturb = hash;
    for (size_t at = (size_t)hash & mask;;) {
        /* A set looks at neighbours first. */
        size_t beside = is_set && at + 9 <= mask ? 9 : 0;
        for (size_t i = at; i <= at + beside; i++) {
            if (t->slots[i] == 0) {
                t->slots[i] = hash | 1;
                return true;
            }
            if (!spend(t, t->slots[i] == (hash | 1) ? COMPARE_STEPS : 1))
                return false;
        }
        perturb >>= 5;
        at = (size_t)(((uint64_t)at * 5 + perturb + 1) & mask);
    }
}

static bool start_slots(tally *t, size_t size)
{
    if (size > t->slots_cap) {
        brn_memory_free(t->c->memory, t->slots, t->slots_cap * sizeof *t->slots);
        t->slots_cap = 0;
        t->slots = brn_memory_alloc(t->c->memory, size * sizeof *t->slots);
        if (!t->slots)
            return fail_memory(t);
        t->slots_cap = size;
    }
    memset(t->slots, 0, size * sizeof *t->slots);
    return true;
}

/* The first `count` keys, into a table of `size` places. */
static bool place_keys(tally *t, const key_list *keys, size_t from, size_t to, size_t size)
{
    for (size_t i = from; i < to; i++) {
        const brn_val *key = key_of(keys, i);
        if (!key)
            continue;
        uint64_t hash = is_atom(key) ? hash_atom(t, key) : t->hash[key->id];
        if (!place(t, size - 1, hash, keys->is_set))
            return false;
    }
    return true;
}

/* Tables grow as CPython's do; what is in them is placed again. */
static bool fill_table(tally *t, const key_list *keys)
{
    size_t size = 8;
    size_t done = 0;
    while (done < keys->count) {
        while (size / 5 * 3 <= done && size < SIZE_MAX / 16)
            size *= done > 50000 ? 2 : 4;
        size_t room = keys->is_set ? size / 5 * 3 : size / 3 * 2;
        size_t to = room < keys->count ? room : keys->count;
        if (to <= done)
            to = done + 1;
        if (!start_slots(t, size) || !place_keys(t, keys, 0, to, size))
            return false;
        done = to;
    }
    return true;
}

/* Keys whose hashes are a secret, or so few that nothing can be made of them. */
static bool is_harmless(const brn_val *key)
{
    return key->type == BRN_STR || key->type == BRN_BYTES || key->type == BRN_PY2STR ||
           key->type == BRN_NONE || key->type == BRN_BOOL;
}

static bool count_keys(tally *t, const key_list *keys)
{
    bool harmless = true;
    uint64_t cost = keys->count;
    for (size_t i = 0; i < keys->count; i++) {
        const brn_val *key = key_of(keys, i);
        if (!key)
            continue;
        harmless = harmless && is_harmless(key);
        if (is_atom(key))
            continue;
        if (!weigh(t, key))
            return false;
        cost = add(cost, t->cost[key->id]);
        if (t->cost[key->id] > t->most)
            t->most = t->cost[key->id];
    }
    return spend(t, cost) && (harmless || keys->count < LARGE_TABLE || fill_table(t, keys));
}

/* A list that becomes the elements of a set, or the pairs of a dict, by a call. */
static bool count_argument(tally *t, const brn_val *call)
{
    const brn_name *name = brn_instance_of(t->c, call);
    const brn_val *args = brn_args(call);
    const brn_val *list = brn_is(args, BRN_TUPLE) ? brn_at(args, 0) : NULL;
    bool is_set =
        brn_name_is(name, "builtins", "set") || brn_name_is(name, "builtins", "frozenset");
    bool of_pairs = brn_name_is(name, "collections", "OrderedDict");
    if (brn_name_is(brn_named(t->c, brn_callee(call)), "copyreg", "_reconstructor")) {
        list = brn_at(args, 2); /* of a class made from set, perhaps */
        is_set = true;
    }
    if ((!is_set && !of_pairs) || !brn_is(list, BRN_LIST))
        return true;
    key_list keys = {list, brn_size(list), 1, of_pairs, is_set};
    return count_keys(t, &keys);
}

/*
 * Calls that take longer than their opcodes: a pattern is compiled where it is looked up, and the compiler is written
 * in Python, as are type hints; a header of a message is made an instance of a class that is made for it; a zone is worked out.
 */
static bool count_call(tally *t, const brn_val *call)
{
    static const struct {
        const char *module;
        const char *name;
        uint64_t steps;
    } dear[] = {
        {"_operator", "getitem", 5000},
        {"types", "GenericAlias", 1000},
        {"_functools", "reduce", 5000},
        {"functools", "reduce", 5000},
        {"email.headerregistry", "_reconstruct_header", 20000},
        {"dateutil.tz._tzfile", "_unpickle", 200000},
    };
    const brn_name *name = brn_instance_of(t->c, call);
    if (brn_name_is(name, "json.decoder", "JSONDecodeError")) /* counts lines */
        return spend(t, brn_size(brn_at(brn_args(call), 1)));
    if (brn_name_is(name, "re", "_compile"))
        return spend(t, brn_pattern_steps(t->c, brn_at(brn_args(call), 0)));
    for (size_t i = 0; name && i < BRN_ARRAY_LEN(dear); i++) {
        if (brn_name_is(name, dear[i].module, dear[i].name))
            return spend(t, dear[i].steps);
    }
    return true;
}

static bool count_value(tally *t, const brn_val *val)
{
    key_list keys = {val, brn_size(val), 1, false, true};
    switch (val->type) {
    case BRN_DICT:
        keys.stride = 2;
        keys.is_set = false;
        return count_keys(t, &keys);
    case BRN_SET:
    case BRN_FROZENSET: return count_keys(t, &keys);
    case BRN_CALL:
    case BRN_OBJECT: return count_argument(t, val) && count_call(t, val);
    default: return true;
    }
}

bool brn_check_work(brn_checker *c)
{
    tally t = {.c = c, .left = c->notes->left, .seed = c->report->names.seed};
    bool done = true;
    for (uint64_t id = 0; done && id < c->doc->count; id++)
        done = count_value(&t, brn_doc_value(c->doc, (uint32_t)id));
    /* A key that stood in the pickle again and again was hashed each time. */
    uint64_t again = c->doc->merged_keys;
    if (done && t.most > 0 && again > 0)
        done = spend(&t, again > UINT64_MAX / t.most ? UINT64_MAX : again * t.most);
    brn_memory_free(c->memory, t.cost, (size_t)c->doc->count * 2 * sizeof *t.cost);
    brn_memory_free(c->memory, t.stack, t.stack_cap * sizeof *t.stack);
    brn_memory_free(c->memory, t.slots, t.slots_cap * sizeof *t.slots);
    return done;
}
