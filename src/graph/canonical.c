/*
 * canonical.c - which values are one, and the order of sets: the same in every process.
 *
 * Two things differ between pickles of equal objects.  Immutable values may be shared or not: so
 * equal ones of one type are represented by one of them.  What a value is made of is represented
 * first, so comparing is comparing pointers.
 *
 * Sets have the order of their hashes: here they are sorted, by type, then by value; tuples item by item.  What
 * cannot be compared like that (objects, calls, frozensets, tuples in tuples) is compared by its
 * colour, a hash of what it is made of.  Colours are refined in rounds, of which each looks one step further, until
 * a round tells no more values apart: this knows no order, minds no cycles, and is the same in every process.
 * What has the same colour is, but for constructions made to defeat this, alike; what of it has been
 * written already comes first, in that order.
 */
#include "write.h"

#include "keys.h"

struct brn_canonical {
    const brn_val **rep;  /* by id: who stands for it; NULL if not reached */
    const brn_val **list; /* what is reached */
    size_t count;
    const brn_val **table; /* representatives by hash, open addressing */
    size_t mask;
    uint64_t *colour; /* by id, or NULL */
    uint8_t *bits;    /* by id */
};

/* struct brn_canonical.bits */
#define REACHED 0x01u
#define REACHED_TWICE 0x02u
#define UNORDERED 0x04u /* a list that is made a set */
#define VISITED 0x08u
#define MARKED 0x10u

static void *get(brn_save *s, size_t count, size_t size)
{
    void *block = brn_memory_alloc(s->memory, count * size);
    if (block)
        memset(block, 0, count * size);
    else
        (void)brn_save_fail_memory(s);
    return block;
}

/* ------------------------------------------------------------------------
 * What is reached
 * ------------------------------------------------------------------------ */

static bool reach(struct brn_canonical *c, const brn_val *val)
{
    uint8_t *bits = &c->bits[val->id];
    if (*bits & REACHED) {
        *bits |= REACHED_TWICE;
        return false;
    }
    *bits |= REACHED;
    c->rep[val->id] = val;
    c->list[c->count++] = val;
    return true;
}

static bool is_set_type(const brn_val *callee)
{
    static const char *const modules[] = {"builtins", "__builtin__"};
    for (size_t i = 0; i < 2; i++) {
        if (brn_global_is(callee, modules[i], "set") ||
            brn_global_is(callee, modules[i], "frozenset"))
            return true;
    }
    return false;
}

/* Protocols below 4 have set([...]): the order of that list means nothing if nobody else has it. */
static void mark_set_call(struct brn_canonical *c, const brn_val *val)
{
    const brn_val *args = brn_args(val);
    const brn_val *list = brn_at(args, 0);
    if (val->type == BRN_CALL && is_set_type(brn_callee(val)) && brn_size(args) == 1 &&
        brn_is(list, BRN_LIST) && !((c->bits[list->id] | c->bits[args->id]) & REACHED_TWICE))
        c->bits[list->id] |= UNORDERED;
}

/* The list is its own queue. */
static void reach_all(struct brn_canonical *c, const brn_val *root)
{
    (void)reach(c, root);
    for (size_t i = 0; i < c->count; i++) {
        const brn_val *val = c->list[i];
        size_t count = brn_part_count(val);
        for (size_t part = 0; part < count; part++) {
            const brn_val *child = brn_part(val, part);
            if (child)
                (void)reach(c, child);
        }
    }
    for (size_t i = 0; i < c->count; i++)
        mark_set_call(c, c->list[i]);
}

/* ------------------------------------------------------------------------
 * Equal values
 * ------------------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const uint8_t *bytes, size_t size)
{
    hash = mix(hash, size);
    for (; size >= 8; size -= 8, bytes += 8)
        hash = mix(hash, brn_load_le64(bytes));
    uint64_t rest = 0;
    for (size_t i = 0; i < size; i++)
        rest |= (uint64_t)bytes[i] << (8 * i);
    return mix(hash, rest);
}

static bool is_atom(const brn_val *val)
{
    return val->type < BRN_BYTEARRAY;
}

static bool has_bytes(const brn_val *val)
{
    return val->type >= BRN_BIGINT && val->type <= BRN_BYTEARRAY && val->type != BRN_FLOAT;
}

/* All but the parts. */
static uint64_t own_hash(const brn_val *val)
{
    uint64_t hash = mix(val->type, val->type == BRN_OBJECT || val->type == BRN_BUFFER
                                       ? val->flags & (BRN_FLAG_KWARGS | BRN_FLAG_INST)
                                       : 0);
    if (has_bytes(val))
        return mix_bytes(hash, val->u.bytes, brn_text_size(val));
    if (is_atom(val) || val->type == BRN_BUFFER)
        return mix(hash, val->type == BRN_NONE ? 0 : (uint64_t)val->u.integer);
    for (size_t i = 0; i < brn_op_count(val); i++)
        hash = mix(hash, (uint64_t)brn_op_at(val, i, NULL));
    return mix(hash, brn_part_count(val));
}

/* Values of which it does not matter whether they are one. */
static bool is_immutable(const brn_val *val)
{
    if (is_atom(val) || val->type == BRN_TUPLE || val->type == BRN_FROZENSET)
        return true;
    return (val->type == BRN_GLOBAL || val->type == BRN_EXT || val->type == BRN_PERSID) &&
           brn_op_count(val) == 0;
}

static const brn_val *rep_of_part(const struct brn_canonical *c, const brn_val *val, size_t part)
{
    const brn_val *child = brn_part(val, part);
    return child ? c->rep[child->id] : NULL;
}

/* Whoever wrote the pickle chose the values, so this is seeded, as the hashes of keys are. */
static uint64_t rep_hash(const brn_save *s, const brn_val *val)
{
    uint64_t seed = s->doc->hash_seed;
    uint64_t hash = mix(seed, val->type);
    if (has_bytes(val))
        return mix(hash, brn_key_hash_text(seed, val->u.bytes, brn_text_size(val)));
    if (is_atom(val))
        return mix(hash, own_hash(val));
    size_t count = brn_part_count(val);
    uint64_t sum = count;
    for (size_t i = 0; i < count; i++) {
        const brn_val *part = rep_of_part(s->canonical, val, i);
        uint64_t id = part ? (uint64_t)part->id + 1 : 0;
        if (val->type == BRN_FROZENSET)
            sum += mix(seed, id);
        else
            hash = mix(hash, id);
    }
    return mix(hash, sum);
}

/* The elements of equal frozensets have the same representatives, which are marked for a moment. */
static bool same_elements(const struct brn_canonical *c, const brn_val *a, const brn_val *b)
{
    size_t count = brn_part_count(a);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        c->bits[rep_of_part(c, a, i)->id] |= MARKED;
    for (size_t i = 0; i < count; i++)
        found += (c->bits[rep_of_part(c, b, i)->id] & MARKED) != 0;
    for (size_t i = 0; i < count; i++)
        c->bits[rep_of_part(c, a, i)->id] &= (uint8_t)~MARKED;
    return found == count;
}

static bool same(const struct brn_canonical *c, const brn_val *a, const brn_val *b)
{
    if (a->type != b->type)
        return false;
    if (has_bytes(a))
        return brn_text_size(a) == brn_text_size(b) &&
               memcmp(a->u.bytes, b->u.bytes, brn_text_size(a)) == 0;
    if (is_atom(a))
        return a->type == BRN_NONE || a->u.integer == b->u.integer;
    size_t count = brn_part_count(a);
    if (count != brn_part_count(b))
        return false;
    if (a->type == BRN_FROZENSET)
        return same_elements(c, a, b);
    for (size_t i = 0; i < count; i++) {
        if (rep_of_part(c, a, i) != rep_of_part(c, b, i))
            return false;
    }
    return true;
}

/* Its parts have their representatives; find its own. */
static void represent(const brn_save *s, const brn_val *val)
{
    const struct brn_canonical *c = s->canonical;
    size_t slot = (size_t)rep_hash(s, val) & c->mask;
    while (c->table[slot] && !same(c, c->table[slot], val))
        slot = (slot + 1) & c->mask;
    if (!c->table[slot])
        c->table[slot] = val;
    c->rep[val->id] = c->table[slot];
}

/* An immutable value under way, and the next of its parts. */
typedef struct visit {
    const brn_val *val;
    size_t part;
} visit;

typedef struct visits {
    visit *at;
    size_t count;
    size_t cap;
} visits;

static bool push_visit(brn_save *s, visits *v, const brn_val *val)
{
    void *at = v->at;
    s->canonical->bits[val->id] |= VISITED;
    if (v->count == v->cap &&
        !brn_memory_grow(s->memory, &at, &v->cap, v->count + 1, sizeof *v->at))
        return brn_save_fail_memory(s);
    v->at = at;
    v->at[v->count++] = (visit){val, 0};
    return true;
}

/* What is immutable in an immutable value is represented before it. */
static bool represent_all(brn_save *s)
{
    struct brn_canonical *c = s->canonical;
    visits v = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < c->count; i++) {
        if (is_immutable(c->list[i]) && !(c->bits[c->list[i]->id] & VISITED))
            ok = push_visit(s, &v, c->list[i]);
        while (ok && v.count > 0) {
            visit *top = &v.at[v.count - 1];
            size_t count = is_atom(top->val) ? 0 : brn_part_count(top->val);
            if (top->part == count) {
                represent(s, top->val);
                v.count--;
                continue;
            }
            const brn_val *part = brn_part(top->val, top->part++);
            if (part && is_immutable(part) && !(c->bits[part->id] & VISITED))
                ok = push_visit(s, &v, part);
        }
    }
    brn_memory_free(s->memory, v.at, v.cap * sizeof *v.at);
    return ok;
}

/* ------------------------------------------------------------------------
 * Colours
 * ------------------------------------------------------------------------ */

/* What all rounds together may look at. */
#define COLOUR_WORK UINT64_C(400000000)

static bool is_unordered(const brn_save *s, const brn_val *val)
{
    return val->type == BRN_SET || val->type == BRN_FROZENSET ||
           (val->type == BRN_DICT && s->options.flags & BRN_WRITE_SORT_KEYS) ||
           s->canonical->bits[val->id] & UNORDERED;
}

/* The next colour of a value, from the colours of its parts; *work counts them. */
static uint64_t next_colour(const brn_save *s, const brn_val *val, uint64_t *work)
{
    const struct brn_canonical *c = s->canonical;
    uint64_t hash = c->colour[val->id];
    if (is_atom(val) || val->type == BRN_BYTEARRAY || val->type == BRN_BUFFER)
        return hash;
    size_t count = brn_part_count(val);
    size_t stride = val->type == BRN_DICT ? 2 : 1;
    bool unordered = is_unordered(s, val);
    uint64_t sum = 0;
    *work += count + 1;
    for (size_t i = 0; i < count; i += stride) {
        uint64_t entry = unordered ? 1 : hash;
        for (size_t j = i; j < i + stride; j++) {
            const brn_val *part = brn_part(val, j);
            entry = mix(entry, part ? c->colour[part->id] : 0);
        }
        if (unordered)
            sum += entry;
        else
            hash = entry;
    }
    return mix(hash, sum);
}

static void sift(uint64_t *at, size_t root, size_t count)
{
    uint64_t moved = at[root];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && at[child + 1] > at[child])
            child++;
        if (at[child] <= moved)
            break;
        at[root] = at[child];
    }
    at[root] = moved;
}

/* Sorts them. */
static size_t count_distinct(uint64_t *at, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(at, i, count);
    for (size_t end = count; end-- > 1;) {
        uint64_t last = at[end];
        at[end] = at[0];
        at[0] = last;
        sift(at, 0, end);
    }
    size_t distinct = count > 0;
    for (size_t i = 1; i < count; i++)
        distinct += at[i] != at[i - 1];
    return distinct;
}

static bool refine(brn_save *s, uint64_t *next)
{
    struct brn_canonical *c = s->canonical;
    uint64_t work = 0;
    for (size_t before = 0;;) {
        for (size_t i = 0; i < c->count; i++)
            next[i] = next_colour(s, c->list[i], &work);
        for (size_t i = 0; i < c->count; i++)
            c->colour[c->list[i]->id] = next[i];
        size_t distinct = count_distinct(next, c->count);
        if (distinct == before)
            return true;
        before = distinct;
        work += c->count;
        if (work > COLOUR_WORK)
            return brn_save_fail(s, BRN_ERROR_LIMIT_WORK,
                                 "the order of sets takes too many steps to find");
    }
}

static bool find_colours(brn_save *s)
{
    struct brn_canonical *c = s->canonical;
    if (c->colour)
        return true;
    c->colour = get(s, s->slots, sizeof *c->colour);
    uint64_t *next = c->colour ? get(s, c->count, sizeof *next) : NULL;
    if (!next)
        return false;
    for (size_t i = 0; i < c->count; i++)
        c->colour[c->list[i]->id] = own_hash(c->list[i]);
    bool done = refine(s, next);
    brn_memory_free(s->memory, next, c->count * sizeof *next);
    return done;
}

/* ------------------------------------------------------------------------
 * Order
 * ------------------------------------------------------------------------ */

/* Comparing these needs their colours. */
static bool is_coloured(const brn_val *val)
{
    if (val->type != BRN_TUPLE)
        return !is_atom(val);
    size_t count = brn_child_count(val);
    for (size_t i = 0; i < count; i++) {
        if (!is_atom(brn_child(val, i)))
            return true;
    }
    return false;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const brn_val *a, const brn_val *b)
{
    size_t x = brn_text_size(a), y = brn_text_size(b);
    int order = memcmp(a->u.bytes, b->u.bytes, x < y ? x : y);
    return order != 0 ? order : compare_numbers(x, y);
}

static int compare_bigints(const brn_val *a, const brn_val *b)
{
    bool negative = brn_bigint_negative(a);
    if (negative != brn_bigint_negative(b))
        return negative ? -1 : 1;
    size_t x = brn_text_size(a), y = brn_text_size(b);
    if (x != y)
        return (x < y) == negative ? 1 : -1;
    for (size_t i = x; i-- > 0;) {
        if (a->u.bytes[i] != b->u.bytes[i])
            return a->u.bytes[i] < b->u.bytes[i] ? -1 : 1;
    }
    return 0;
}

/* A float as a number that grows with it: -0.0 below 0.0, nans at the ends. */
static uint64_t order_of_float(double value)
{
    uint64_t bits = brn_bits_of_double(value);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Atoms of one type. */
static int compare_atoms(const brn_val *a, const brn_val *b)
{
    switch ((brn_type)a->type) {
    case BRN_NONE: return 0;
    case BRN_BOOL:
    case BRN_INT: return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
    case BRN_FLOAT: return compare_numbers(order_of_float(a->u.real), order_of_float(b->u.real));
    case BRN_BIGINT: return compare_bigints(a, b);
    default: return compare_bytes(a, b);
    }
}

/* By type, then atoms by value and all others by colour. */
static int compare_parts(const struct brn_canonical *c, const brn_val *a, const brn_val *b)
{
    if (a == b)
        return 0;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return is_atom(a) ? compare_atoms(a, b) : compare_numbers(c->colour[a->id], c->colour[b->id]);
}

static int compare(const brn_save *s, const brn_val *a, const brn_val *b)
{
    const struct brn_canonical *c = s->canonical;
    size_t x = brn_child_count(a), y = brn_child_count(b);
    int order = 0;
    if (a->type == BRN_TUPLE && b->type == BRN_TUPLE && !is_coloured(a) && !is_coloured(b)) {
        for (size_t i = 0; order == 0 && i < x && i < y; i++)
            order = compare_parts(c, brn_child(a, i), brn_child(b, i));
        return order != 0 ? order : compare_numbers(x, y);
    }
    if (a->type == BRN_TUPLE && b->type == BRN_TUPLE && is_coloured(a) != is_coloured(b))
        return is_coloured(a) ? 1 : -1;
    order = compare_parts(c, a, b);
    if (order != 0 || is_atom(a))
        return order;
    /* What is alike: those that have been met, then the others. */
    return compare_numbers((uint64_t)brn_save_number(s, a->id),
                           (uint64_t)brn_save_number(s, b->id));
}

typedef struct sorter {
    const brn_save *s;
    const brn_val **at;
    size_t stride;
} sorter;

static void move(const sorter *o, size_t to, size_t from)
{
    memcpy(&o->at[to * o->stride], &o->at[from * o->stride], o->stride * sizeof *o->at);
}

static void sift_entry(const sorter *o, size_t root, size_t count)
{
    const brn_val *moved[2] = {o->at[root * o->stride], o->at[root * o->stride + o->stride - 1]};
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count &&
            compare(o->s, o->at[(child + 1) * o->stride], o->at[child * o->stride]) > 0)
            child++;
        if (compare(o->s, o->at[child * o->stride], moved[0]) <= 0)
            break;
        move(o, root, child);
    }
    memcpy(&o->at[root * o->stride], moved, o->stride * sizeof *o->at);
}

static void sort(const sorter *o, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_entry(o, i, count);
    for (size_t end = count; end-- > 1;) {
        const brn_val *last[2] = {o->at[end * o->stride], o->at[end * o->stride + o->stride - 1]};
        move(o, end, 0);
        memcpy(o->at, last, o->stride * sizeof *o->at);
        sift_entry(o, 0, end);
    }
}

bool brn_canonical_is_ordered(const brn_save *s, const brn_val *val)
{
    return s->canonical && is_unordered(s, val);
}

bool brn_canonical_order(brn_save *s, const brn_val *container, const brn_val **to)
{
    size_t count = brn_child_count(container);
    size_t stride = container->type == BRN_DICT ? 2 : 1;
    bool coloured = false;
    for (size_t i = 0; i < count; i++) {
        to[i] = brn_canonical_of(s, brn_child(container, i));
        coloured = coloured || (i % stride == 0 && is_coloured(to[i]));
    }
    if (coloured && !find_colours(s))
        return false;
    sort(&(sorter){s, to, stride}, count / stride);
    return true;
}

/* ------------------------------------------------------------------------
 * Beginning and end
 * ------------------------------------------------------------------------ */

const brn_val *brn_canonical_of(const brn_save *s, const brn_val *val)
{
    return s->canonical->rep[val->id];
}

static bool prepare(brn_save *s)
{
    struct brn_canonical *c = s->canonical;
    size_t slots = s->slots;
    c->rep = get(s, slots, sizeof *c->rep);
    c->list = c->rep ? get(s, slots, sizeof *c->list) : NULL;
    c->bits = c->list ? get(s, slots, 1) : NULL;
    if (!c->bits)
        return false;
    reach_all(c, s->root);
    size_t size = 16;
    while (size < c->count * 2)
        size *= 2;
    c->mask = size - 1;
    c->table = get(s, size, sizeof *c->table);
    bool done = c->table && represent_all(s);
    if (c->table)
        brn_memory_free(s->memory, (void *)c->table, size * sizeof *c->table);
    return done;
}

bool brn_canonical_begin(brn_save *s)
{
    s->canonical = get(s, 1, sizeof *s->canonical);
    return s->canonical && prepare(s);
}

void brn_canonical_end(brn_save *s)
{
    struct brn_canonical *c = s->canonical;
    size_t slots = s->slots;
    if (!c)
        return;
    if (c->rep)
        brn_memory_free(s->memory, (void *)c->rep, slots * sizeof *c->rep);
    if (c->list)
        brn_memory_free(s->memory, (void *)c->list, slots * sizeof *c->list);
    if (c->bits)
        brn_memory_free(s->memory, c->bits, slots);
    if (c->colour)
        brn_memory_free(s->memory, c->colour, slots * sizeof *c->colour);
    brn_memory_free(s->memory, c, sizeof *c);
    s->canonical = NULL;
}
