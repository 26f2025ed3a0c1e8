/*
 * keys.c - keys: hashing, equality, tables.
 *
 * Whoever writes a pickle chooses its keys, so three things are guarded here: the hash is SipHash
 * with a secret seed (no flooding); the hash of a tuple is kept, so that shared
 * tuples are hashed once and not once for each path to them; and comparing counts its steps
 * against a budget, because two such tuples that are equal but not the same have to be
 * walked along every path.
 */
#include "keys.h"

#include <math.h>

/* ------------------------------------------------------------------------
 * Hashing
 * ------------------------------------------------------------------------ */

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

typedef struct sip {
    uint64_t v0, v1, v2, v3;
} sip;

static void sip_round(sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

/* SipHash-1-3 (Aumasson and Bernstein), folded to 32 bits; never 0. */
uint32_t brn_key_hash_text(uint64_t seed, const void *text, size_t size)
{
    const uint8_t *p = text;
    uint64_t k1 = rotate(seed, 31) * UINT64_C(0x9e3779b97f4a7c15);
    sip s = {seed ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
             seed ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    size_t left = size;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = brn_load_le64(p);
        s.v3 ^= m;
        sip_round(&s);
        s.v0 ^= m;
    }
    uint64_t m = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++)
        m |= (uint64_t)p[i] << (8 * i);
    s.v3 ^= m;
    sip_round(&s);
    s.v0 ^= m;
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    uint64_t h = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    uint32_t folded = (uint32_t)(h ^ h >> 32);
    return folded ? folded : 1;
}

static uint32_t hash_word(uint64_t seed, uint64_t word)
{
    uint64_t h = (word ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 29 ^ rotate(seed, 17)) * UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 32;
    return (uint32_t)h ? (uint32_t)h : 1;
}

/*
 * Ints are mostly counted up, so neighbours get neighbouring slots, eight at a time: tables
 * stay in the cache.  Where each such run lies only the seed knows.
 */
static uint32_t hash_int(uint64_t seed, int64_t value)
{
    uint32_t h = hash_word(seed, (uint64_t)value >> 3) + ((uint32_t)value & 7);
    return h ? h : 1;
}

/* The most bytes a finite double needs as two's complement: 1024 bits and a sign. */
#define DOUBLE_BYTES 129

/* A whole number held by a double, as the shortest two's complement bytes. */
static size_t bytes_of_double(double value, uint8_t out[DOUBLE_BYTES])
{
    uint64_t bits = brn_bits_of_double(value);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    memset(out, 0, DOUBLE_BYTES);
    if (exponent < 0) {
        mantissa >>= -exponent;
        exponent = 0;
    }
    size_t byte = (size_t)exponent / 8;
    int shift = exponent % 8;
    for (size_t i = 0; i < 8 && byte + i < DOUBLE_BYTES; i++)
        out[byte + i] =
            (uint8_t)((i == 0 ? mantissa << shift : mantissa >> (8 * i - (size_t)shift)));
    if (bits >> 63) {
        unsigned carry = 1;
        for (size_t i = 0; i < DOUBLE_BYTES; i++) {
            unsigned sum = (unsigned)(uint8_t)~out[i] + carry;
            out[i] = (uint8_t)sum;
            carry = sum >> 8;
        }
    }
    return brn_int_trim(out, DOUBLE_BYTES);
}

/* A double that is a whole number within int64_t. */
static bool small_whole(double value, int64_t *whole)
{
    if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0))
        return false;
    *whole = (int64_t)value;
    return (double)*whole == value;
}

static bool large_whole(double value)
{
    return isfinite(value) && fabs(value) >= 9223372036854775808.0;
}

static uint32_t hash_float(uint64_t seed, const brn_val *key)
{
    int64_t whole;
    uint8_t bytes[DOUBLE_BYTES];
    if (small_whole(key->u.real, &whole))
        return hash_int(seed, whole);
    if (large_whole(key->u.real))
        return brn_key_hash_text(seed, bytes, bytes_of_double(key->u.real, bytes));
    /* nan is equal to nothing but itself, the same object. */
    if (isnan(key->u.real))
        return hash_word(seed, key->id);
    return hash_word(~seed, brn_bits_of_double(key->u.real));
}

static bool global_is_named(const brn_val *key)
{
    return brn_is(key->u.object->callee, BRN_STR) && brn_is(key->u.object->args, BRN_STR);
}

static bool fail(brn_keys *keys, brn_code code)
{
    keys->failure = code;
    return false;
}

static bool spend(brn_keys *keys, uint64_t steps)
{
    if (keys->work < steps) {
        keys->work = 0;
        return fail(keys, BRN_ERROR_LIMIT_WORK);
    }
    keys->work -= steps;
    return true;
}

/* Anything but a tuple that has no hash yet. */
static bool hash_one(brn_keys *keys, const brn_val *key, uint32_t *hash)
{
    uint64_t seed = keys->seed;
    switch ((brn_type)key->type) {
    case BRN_NONE: *hash = hash_word(seed, UINT64_C(0x6e6f6e65)); return true;
    case BRN_BOOL:
    case BRN_INT: *hash = hash_int(seed, key->u.integer); return true;
    case BRN_FLOAT: *hash = hash_float(seed, key); return true;
    case BRN_BIGINT:
    case BRN_STR:
    case BRN_PY2STR:
    case BRN_BYTES: {
        size_t size = brn_text_size(key);
        *hash = brn_key_hash_text(seed, key->u.bytes, size);
        return spend(keys, size / 64);
    }
    case BRN_FROZENSET:
        *hash = key->u.items ? key->u.items->cap : 1;
        /* One that still waits for its elements has none. */
        keys->unhashable = BRN_FROZENSET;
        return *hash != 0 || fail(keys, BRN_ERROR_UNHASHABLE);
    case BRN_TUPLE: *hash = key->u.tuple ? key->u.tuple->hash : 1; return true;
    case BRN_GLOBAL:
        if (!global_is_named(key)) {
            *hash = hash_word(seed, key->id);
        } else {
            const brn_val *name = key->u.object->args;
            *hash = brn_key_hash_text(seed, name->u.bytes, brn_text_size(name));
        }
        return true;
    case BRN_EXT: *hash = hash_word(seed, (uint64_t)key->u.object->callee->u.integer); return true;
    case BRN_CALL:
    case BRN_OBJECT:
    case BRN_PERSID:
    case BRN_BUFFER: *hash = hash_word(seed, key->id); return true;
    default: keys->unhashable = (brn_type)key->type; return fail(keys, BRN_ERROR_UNHASHABLE);
    }
}

/* A tuple or frozenset on the way to its hash. */
typedef struct hash_frame {
    const brn_val *val;
    const brn_val *const *at; /* its items */
    uint32_t count;
    uint32_t next;
    uint32_t hash;
} hash_frame;

/* It can have a hash and has none yet, or one that says nothing here. */
BRN_INLINE bool wants_hash(const brn_keys *keys, const brn_val *val)
{
    if (BRN_LIKELY(val->type < BRN_TUPLE))
        return false;
    if (val->type == BRN_TUPLE)
        return val->u.tuple && (val->u.tuple->hash == 0 || keys->foreign);
    return val->type == BRN_FROZENSET && val->u.items && val->u.items->count > 0 &&
           (val->u.items->cap == 0 || keys->foreign);
}

BRN_INLINE hash_frame begin_hash(const brn_val *val)
{
    if (val->type == BRN_TUPLE)
        return (hash_frame){val, val->u.tuple->at, val->u.tuple->count, 0, 1};
    /* That of a frozenset must not depend on the order of its elements. */
    const brn_items *items = val->u.items;
    return (hash_frame){val, items->at, items->count, 0, items->count * 2654435761u};
}

BRN_INLINE void add_hash(hash_frame *frame, uint32_t item)
{
    if (frame->val->type == BRN_TUPLE)
        frame->hash = hash_word((uint64_t)frame->hash << 32 | frame->hash, item);
    else
        frame->hash += (item ^ item >> 15) * 2246822519u;
    frame->next++;
}

/* The hash, which stays in the block unless the value may be another document's. */
static uint32_t end_hash(const brn_keys *keys, const hash_frame *frame)
{
    bool is_tuple = frame->val->type == BRN_TUPLE;
    uint32_t hash = is_tuple ? hash_word(keys->seed, frame->hash) : frame->hash ? frame->hash : 1;
    if (keys->foreign)
        return hash;
    if (is_tuple)
        frame->val->u.tuple->hash = hash;
    else
        frame->val->u.items->cap = hash;
    return hash;
}

/*
 * Those that wait for the hash of an item, the innermost on top: a word with the value's address, and below it one with
 * how far it has come, unless it has one item.  So a tuple that took one byte to write takes eight here, and with blocks
 * that need not be copied to grow, memory keeps to what is promised of any input.
 */
typedef struct waiting_block {
    struct waiting_block *below;
    size_t used;
    size_t size;
    uint64_t *words;
} waiting_block;

#define WORDS_AT_HAND 128
#define HAS_ONE ((uint64_t)1)

typedef struct waiting {
    waiting_block *top;
    waiting_block *spare; /* an empty one, so that going to and fro between two costs nothing */
    size_t
        room; /* words in the blocks from top down, nearly all in use when there is need of one more */
    waiting_block at_hand; /* on the C stack, as nearly all are: not nested deeply */
    uint64_t words_at_hand[WORDS_AT_HAND];
} waiting;

static waiting_block *add_block(brn_keys *keys, waiting *w)
{
    waiting_block *block = w->spare;
    w->spare = NULL;
    if (!block) {
        /* Deeper than there are values: a tuple that was filled with itself. */
        if (keys->values > 0 && w->room > 2 * keys->values + WORDS_AT_HAND) {
            (void)fail(keys, BRN_ERROR_LIMIT_WORK);
            return NULL;
        }
        size_t size = w->room / 4;
        size_t bytes = sizeof *block + size * sizeof *block->words;
        block = keys->memory ? brn_memory_alloc(keys->memory, bytes) : NULL;
        if (!block) {
            (void)fail(keys, BRN_ERROR_MEMORY);
            return NULL;
        }
        block->words = (uint64_t *)(void *)(block + 1);
        block->size = size;
    }
    block->used = 0;
    block->below = w->top;
    w->top = block;
    w->room += block->size;
    return block;
}

static void free_block(const brn_keys *keys, waiting *w, waiting_block *block)
{
    if (block && block != &w->at_hand)
        brn_memory_free(keys->memory, block, sizeof *block + block->size * sizeof *block->words);
}

static bool let_wait(brn_keys *keys, waiting *w, const hash_frame *frame)
{
    bool has_one = frame->count == 1;
    waiting_block *block = w->top;
    if (block->size - block->used < 2 && !(block = add_block(keys, w)))
        return false;
    if (!has_one)
        block->words[block->used++] = (uint64_t)frame->next << 32 | frame->hash;
    block->words[block->used++] = (uint64_t)(uintptr_t)frame->val | (has_one ? HAS_ONE : 0);
    return true;
}

/* The innermost one goes on; false if none waits. */
static bool go_on(const brn_keys *keys, waiting *w, hash_frame *frame)
{
    waiting_block *block = w->top;
    if (block->used == 0)
        return false;
    uint64_t word = block->words[--block->used];
    const brn_val *val = (const brn_val *)(uintptr_t)(word & ~HAS_ONE);
    BRN_ASSUME(val != NULL);
    *frame = begin_hash(val);
    if (!(word & HAS_ONE)) {
        /* let_wait() has put it there.  NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
        uint64_t state = block->words[--block->used];
        frame->next = (uint32_t)(state >> 32);
        frame->hash = (uint32_t)state;
    }
    if (block->used == 0 && block->below) {
        free_block(keys, w, w->spare);
        w->spare = block;
        w->top = block->below;
        w->room -= block->size;
    }
    return true;
}

static bool hash_items(brn_keys *keys, waiting *w, hash_frame *frame)
{
    while (frame->next < frame->count) {
        const brn_val *item = frame->at[frame->next];
        uint32_t hash;
        if (wants_hash(keys, item)) {
            if (!spend(keys, 1) || !let_wait(keys, w, frame))
                return false;
            *frame = begin_hash(item);
        } else {
            if (!hash_one(keys, item, &hash) || !spend(keys, 1))
                return false;
            add_hash(frame, hash);
        }
    }
    return true;
}

/*
 * Nested tuples and frozensets, each hashed once: the hash stays in its block.  (Where it must not, shared
 * ones are hashed on every path, which the budget ends.)
 */
static bool hash_nested(brn_keys *keys, const brn_val *val, uint32_t *hash)
{
    waiting w;
    w.at_hand = (waiting_block){NULL, 0, WORDS_AT_HAND, w.words_at_hand};
    w.top = &w.at_hand;
    w.spare = NULL;
    w.room = WORDS_AT_HAND;
    hash_frame frame = begin_hash(val);
    bool ok;
    while ((ok = hash_items(keys, &w, &frame))) {
        *hash = end_hash(keys, &frame);
        if (!go_on(keys, &w, &frame))
            break;
        add_hash(&frame, *hash);
    }
    free_block(keys, &w, w.spare);
    while (w.top) {
        waiting_block *block = w.top;
        w.top = block->below;
        free_block(keys, &w, block);
    }
    return ok;
}

bool brn_key_hash(brn_keys *keys, const brn_val *key, uint32_t *hash)
{
    return spend(keys, 1) &&
           (wants_hash(keys, key) ? hash_nested(keys, key, hash) : hash_one(keys, key, hash));
}

bool brn_key_hash_elements(brn_keys *keys, const brn_val *frozenset)
{
    if (!frozenset->u.items || frozenset->u.items->count == 0)
        return true;
    uint32_t hash;
    frozenset->u.items->cap = 0;
    return hash_nested(keys, frozenset, &hash);
}

/* ------------------------------------------------------------------------
 * Equality
 * ------------------------------------------------------------------------ */

static bool same_bytes(const brn_val *a, const brn_val *b)
{
    size_t size = brn_text_size(a);
    return size == brn_text_size(b) && memcmp(a->u.bytes, b->u.bytes, size) == 0;
}

static bool is_number(const brn_val *val)
{
    return val->type >= BRN_BOOL && val->type <= BRN_FLOAT;
}

/* Two numbers, exactly: no int is rounded to a double. */
static bool numbers_equal(const brn_val *a, const brn_val *b)
{
    if (a->type == BRN_FLOAT && b->type == BRN_FLOAT)
        return a->u.real == b->u.real;
    if (a->type == BRN_FLOAT || b->type == BRN_FLOAT) {
        double real = a->type == BRN_FLOAT ? a->u.real : b->u.real;
        const brn_val *other = a->type == BRN_FLOAT ? b : a;
        if (other->type == BRN_BIGINT) {
            uint8_t bytes[DOUBLE_BYTES];
            if (!large_whole(real))
                return false;
            size_t size = bytes_of_double(real, bytes);
            return size == brn_text_size(other) && memcmp(bytes, other->u.bytes, size) == 0;
        }
        int64_t whole;
        return small_whole(real, &whole) && whole == other->u.integer;
    }
    if (a->type == BRN_BIGINT || b->type == BRN_BIGINT)
        return a->type == b->type && same_bytes(a, b);
    return a->u.integer == b->u.integer;
}

/* How deep frozensets may be nested in keys that are compared. */
#define FROZENSET_DEPTH 32

static bool equal_at(brn_keys *keys, const brn_val *a, const brn_val *b, int depth);

/* NOLINTBEGIN(misc-no-recursion): only frozensets lead back here, FROZENSET_DEPTH deep at most. */

static int64_t find_in_table(brn_keys *keys, const brn_items *items, size_t stride,
                             const brn_val *key, uint32_t hash, int depth)
{
    const brn_index *index = items->index;
    for (uint32_t i = hash & index->mask;; i = (i + 1) & index->mask) {
        const brn_key_slot *slot = &index->slots[i];
        if (slot->entry == 0)
            return -1;
        if (slot->hash == hash) {
            if (equal_at(keys, items->at[(size_t)(slot->entry - 1) * stride], key, depth))
                return (int64_t)slot->entry - 1;
            if (keys->failure)
                return -1;
        }
        if (!spend(keys, 1))
            return -1;
    }
}

static int64_t find_at(brn_keys *keys, const brn_items *items, size_t stride, const brn_val *key,
                       uint32_t hash, int depth)
{
    if (!items->index || keys->foreign) {
        for (uint32_t i = 0; i < items->count; i++) {
            if (keys->foreign && !spend(keys, 1))
                return -1;
            if (equal_at(keys, items->at[i * stride], key, depth))
                return i;
            if (keys->failure)
                return -1;
        }
        return -1;
    }
    return find_in_table(keys, items, stride, key, hash, depth);
}

static bool frozensets_equal(brn_keys *keys, const brn_val *a, const brn_val *b, int depth)
{
    const brn_items *x = a->u.items;
    const brn_items *y = b->u.items;
    if (!x || !y)
        return (x ? x->count : 0) == (y ? y->count : 0);
    if (x->count != y->count || (!keys->foreign && x->cap != y->cap))
        return false;
    if (depth == FROZENSET_DEPTH)
        return fail(keys, BRN_ERROR_LIMIT_WORK);
    for (uint32_t i = 0; i < x->count; i++) {
        uint32_t hash = 0;
        if ((!keys->foreign && !brn_key_hash(keys, x->at[i], &hash)) ||
            find_at(keys, y, 1, x->at[i], hash, depth + 1) < 0)
            return false;
    }
    return true;
}

/* Two values that are not both tuples. */
static bool equal_one(brn_keys *keys, const brn_val *a, const brn_val *b, int depth)
{
    if (a == b)
        return true;
    if (is_number(a))
        return is_number(b) && numbers_equal(a, b);
    switch ((brn_type)a->type) {
    case BRN_NONE: return b->type == BRN_NONE;
    case BRN_STR:
    case BRN_PY2STR:
        if (b->type != a->type && !((b->type == BRN_STR || b->type == BRN_PY2STR) &&
                                    (a->flags & b->flags & BRN_FLAG_ASCII)))
            return false;
        return spend(keys, brn_text_size(a) / 64) && same_bytes(a, b);
    case BRN_BYTES:
        return b->type == BRN_BYTES && spend(keys, brn_text_size(a) / 64) && same_bytes(a, b);
    case BRN_FROZENSET: return b->type == BRN_FROZENSET && frozensets_equal(keys, a, b, depth);
    case BRN_GLOBAL:
        return b->type == BRN_GLOBAL && global_is_named(a) && global_is_named(b) &&
               same_bytes(a->u.object->callee, b->u.object->callee) &&
               same_bytes(a->u.object->args, b->u.object->args);
    case BRN_EXT:
        return b->type == BRN_EXT &&
               a->u.object->callee->u.integer == b->u.object->callee->u.integer;
    default: return false;
    }
}

#define PAIRS_AT_HAND 64

typedef struct tuple_pair {
    const brn_tuple *a;
    const brn_tuple *b;
    uint32_t next;
} tuple_pair;

/* False at once if two tuples differ for certain. */
static bool may_be_equal(const brn_keys *keys, const brn_tuple *a, const brn_tuple *b)
{
    return a->count == b->count &&
           (keys->foreign || a->hash == 0 || b->hash == 0 || a->hash == b->hash);
}

static bool tuples_equal(brn_keys *keys, const brn_tuple *a, const brn_tuple *b, int depth)
{
    tuple_pair at_hand[PAIRS_AT_HAND];
    tuple_pair *pairs = at_hand;
    size_t cap = PAIRS_AT_HAND;
    size_t used = 1;
    bool equal = true;
    pairs[0] = (tuple_pair){a, b, 0};
    while (used > 0) {
        tuple_pair *pair = &pairs[used - 1];
        if (pair->next == pair->a->count) {
            used--;
            continue;
        }
        const brn_val *x = pair->a->at[pair->next];
        const brn_val *y = pair->b->at[pair->next];
        pair->next++;
        if (x == y)
            continue;
        equal = spend(keys, 1);
        if (!equal)
            break;
        if (x->type != BRN_TUPLE || y->type != BRN_TUPLE || !x->u.tuple || !y->u.tuple) {
            equal = equal_one(keys, x, y, depth);
            if (!equal)
                break;
            continue;
        }
        equal = may_be_equal(keys, x->u.tuple, y->u.tuple);
        if (!equal)
            break;
        /* Nothing waits for the last item. */
        if (pair->next == pair->a->count) {
            *pair = (tuple_pair){x->u.tuple, y->u.tuple, 0};
            continue;
        }
        if (used == cap) {
            tuple_pair *larger =
                keys->memory ? brn_memory_alloc(keys->memory, cap * 2 * sizeof *pairs) : NULL;
            if (!larger) {
                equal = fail(keys, BRN_ERROR_MEMORY);
                break;
            }
            memcpy(larger, pairs, cap * sizeof *pairs);
            if (pairs != at_hand)
                brn_memory_free(keys->memory, pairs, cap * sizeof *pairs);
            pairs = larger;
            cap *= 2;
        }
        pairs[used++] = (tuple_pair){x->u.tuple, y->u.tuple, 0};
    }
    if (pairs != at_hand)
        brn_memory_free(keys->memory, pairs, cap * sizeof *pairs);
    return equal;
}

static bool equal_at(brn_keys *keys, const brn_val *a, const brn_val *b, int depth)
{
    if (a == b)
        return true;
    if (a->type != BRN_TUPLE || b->type != BRN_TUPLE || !a->u.tuple || !b->u.tuple)
        return equal_one(keys, a, b, depth);
    return may_be_equal(keys, a->u.tuple, b->u.tuple) &&
           tuples_equal(keys, a->u.tuple, b->u.tuple, depth);
}

/* NOLINTEND(misc-no-recursion) */

bool brn_key_equal(brn_keys *keys, const brn_val *a, const brn_val *b)
{
    return spend(keys, 1) && equal_at(keys, a, b, 0);
}

int64_t brn_key_find(brn_keys *keys, const brn_items *items, size_t stride, const brn_val *key,
                     uint32_t hash)
{
    return find_at(keys, items, stride, key, hash, 0);
}

int64_t brn_key_find_hashed(brn_keys *keys, const brn_items *items, size_t stride,
                            const brn_val *key, uint32_t hash)
{
    return find_in_table(keys, items, stride, key, hash, 0);
}

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------ */

static size_t items_bytes(size_t entries, size_t stride)
{
    return sizeof(brn_items) + entries * stride * sizeof(const brn_val *);
}

bool brn_items_reserve(brn_doc *doc, brn_val *container, size_t stride, size_t more)
{
    brn_items *items = container->u.items;
    size_t count = items ? items->count : 0;
    if (items && items->cap - count >= more)
        return true;
    if (more > UINT32_MAX - count)
        return false;
    size_t need = count + more;
    /* The first time exactly what is asked for: most containers are filled at once. */
    size_t cap = need;
    if (items) {
        cap = items->cap + (size_t)items->cap / 2 + 2;
        if (cap < need)
            cap = need;
        if (cap > UINT32_MAX)
            cap = UINT32_MAX;
    }
    brn_items *moved = items ? brn_block_resize(doc, items, items_bytes(items->cap, stride),
                                                items_bytes(cap, stride))
                             : brn_block_alloc(doc, items_bytes(cap, stride));
    if (!moved)
        return false;
    if (!items) {
        moved->count = 0;
        moved->index = NULL;
    }
    moved->cap = (uint32_t)cap;
    container->u.items = moved;
    return true;
}

static size_t index_bytes(size_t slots)
{
    return sizeof(brn_index) + slots * sizeof(brn_key_slot);
}

static void index_put(brn_index *index, uint32_t hash, uint32_t entry)
{
    uint32_t i = hash & index->mask;
    while (index->slots[i].entry != 0)
        i = (i + 1) & index->mask;
    index->slots[i] = (brn_key_slot){hash, entry + 1};
}

/* An index for all entries and `more`. */
static bool grow_index(brn_keys *keys, brn_doc *doc, brn_items *items, size_t stride, size_t more)
{
    brn_index *old = items->index;
    size_t slots = 4 * BRN_FEW_KEYS;
    while (slots < 2 * (items->count + more))
        slots *= 2;
    if (slots > (size_t)1 << 31)
        return fail(keys, BRN_ERROR_LIMIT_VALUES);
    brn_index *index = brn_block_alloc(doc, index_bytes(slots));
    if (!index)
        return fail(keys, BRN_ERROR_MEMORY);
    memset(index, 0, index_bytes(slots));
    index->seed = keys->seed;
    index->mask = (uint32_t)(slots - 1);
    if (old) {
        for (uint32_t i = 0; i <= old->mask; i++) {
            if (old->slots[i].entry != 0)
                index_put(index, old->slots[i].hash, old->slots[i].entry - 1);
        }
        brn_block_free(doc, old, index_bytes((size_t)old->mask + 1));
    } else {
        for (uint32_t i = 0; i < items->count; i++) {
            uint32_t hash;
            if (!brn_key_hash(keys, items->at[i * stride], &hash)) {
                brn_block_free(doc, index, index_bytes(slots));
                return false;
            }
            index_put(index, hash, i);
        }
    }
    items->index = index;
    return true;
}

/* Room for `more` entries, and an index if there will be enough of them to want one. */
static bool make_room(brn_keys *keys, brn_doc *doc, brn_val *container, size_t stride, size_t more)
{
    if (!brn_items_reserve(doc, container, stride, more))
        return fail(keys, BRN_ERROR_MEMORY);
    brn_items *items = container->u.items;
    size_t will_be = items->count + more;
    if (will_be <= BRN_FEW_KEYS || (items->index && 2 * will_be <= (size_t)items->index->mask + 1))
        return true;
    return grow_index(keys, doc, items, stride, more);
}

bool brn_key_index(brn_keys *keys, brn_doc *doc, const brn_val *container)
{
    return grow_index(keys, doc, container->u.items, container->type == BRN_DICT ? 2 : 1, 0);
}

void brn_key_forget_index(brn_doc *doc, brn_items *items)
{
    if (items->index)
        brn_block_free(doc, items->index, index_bytes((size_t)items->index->mask + 1));
    items->index = NULL;
}

bool brn_key_index_distinct(brn_keys *keys, brn_doc *doc, brn_items *items)
{
    if (!grow_index(keys, doc, items, 2, 0))
        return false;
    /* Equal keys have equal hashes: the one in the later slot finds the other first. */
    const brn_index *index = items->index;
    for (uint32_t i = 0; i <= index->mask; i++) {
        const brn_key_slot *slot = &index->slots[i];
        const brn_val *key = slot->entry ? items->at[2 * ((size_t)slot->entry - 1)] : NULL;
        if (key && find_in_table(keys, items, 2, key, slot->hash, 0) + 1 != (int64_t)slot->entry) {
            brn_key_forget_index(doc, items);
            return false;
        }
    }
    return true;
}

bool brn_key_insert_all(brn_keys *keys, brn_doc *doc, brn_val *container, size_t stride,
                        const brn_val *const *given, size_t count)
{
    if (count == 0)
        return true;
    if (!make_room(keys, doc, container, stride, count / stride))
        return false;
    brn_items *items = container->u.items;
    for (size_t i = 0; i < count; i += stride) {
        uint32_t hash;
        if (!brn_key_hash(keys, given[i], &hash))
            return false;
        int64_t found = find_at(keys, items, stride, given[i], hash, 0);
        if (keys->failure)
            return false;
        if (found < 0) {
            if (items->index)
                index_put(items->index, hash, items->count);
            found = items->count++;
            items->at[(size_t)found * stride] = given[i];
        }
        if (stride == 2)
            items->at[2 * (size_t)found + 1] = given[i + 1];
    }
    return true;
}

/* ------------------------------------------------------------------------
 * Removing
 * ------------------------------------------------------------------------ */

static uint32_t slot_of(const brn_index *index, uint32_t hash, uint32_t entry)
{
    uint32_t i = hash & index->mask;
    while (index->slots[i].entry != entry + 1)
        i = (i + 1) & index->mask;
    return i;
}

/* Free a slot, and move those behind it that would not be found any more. */
static void free_slot(brn_index *index, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & index->mask; index->slots[i].entry != 0;
         i = (i + 1) & index->mask) {
        uint32_t home = index->slots[i].hash & index->mask;
        if (((i - home) & index->mask) >= ((i - hole) & index->mask)) {
            index->slots[hole] = index->slots[i];
            hole = i;
        }
    }
    index->slots[hole].entry = 0;
}

bool brn_key_remove(brn_keys *keys, brn_items *items, size_t stride, uint32_t at)
{
    brn_index *index = items->index;
    uint32_t last = items->count - 1;
    uint32_t hash = 0, last_hash = 0;
    if (index && (!brn_key_hash(keys, items->at[at * stride], &hash) ||
                  !brn_key_hash(keys, items->at[last * stride], &last_hash)))
        return false;
    if (index) {
        free_slot(index, slot_of(index, hash, at));
        if (stride == 1 && at != last)
            index->slots[slot_of(index, last_hash, last)].entry = at + 1;
        for (uint32_t i = 0; stride == 2 && at != last && i <= index->mask; i++)
            index->slots[i].entry -= index->slots[i].entry > at + 1;
    }
    if (stride == 1)
        items->at[at] = items->at[last];
    else
        memmove(items->at + (size_t)at * 2, items->at + ((size_t)at + 1) * 2,
                (size_t)(last - at) * 2 * sizeof items->at[0]);
    items->count = last;
    return true;
}

void brn_items_forget(brn_doc *doc, brn_val *container)
{
    brn_items *items = container->u.items;
    container->u.items = NULL;
    if (!items)
        return;
    size_t stride = container->type == BRN_DICT ? 2 : 1;
    if (container->type != BRN_LIST)
        brn_key_forget_index(doc, items);
    brn_block_free(doc, items, items_bytes(items->cap, stride));
}
