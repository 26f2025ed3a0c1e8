/*
 * copy.c - values copied from one document into another, or within one.
 *
 * Everything that is reached gets an empty copy first, under the id of the original; then the
 * copies are filled, so that sharing and cycles come by themselves; and last, when every tuple and frozenset has
 * what it holds, tables are made for the keys.  Keys that were different still are, so nothing is compared.
 */
#include "../machine/memo.h"
#include "edit.h"

typedef struct pair {
    const brn_val *from;
    brn_val *to;
} pair;

typedef struct copier {
    brn_doc *doc;
    brn_memo copies; /* by the id of the original */
    pair *pairs;     /* in the order in which they were met */
    size_t count;
    size_t cap;
} copier;

/* An atom as it is, anything else without what it holds. */
static brn_val *copy_shell(brn_doc *doc, const brn_val *val)
{
    brn_type type = (brn_type)val->type;
    if (type == BRN_BIGINT || (type >= BRN_STR && type <= BRN_BYTEARRAY))
        return brn_edit_text(doc, type, val->u.bytes, brn_text_size(val),
                             val->flags &
                                 (BRN_FLAG_ASCII | BRN_FLAG_SURROGATES | BRN_FLAG_CHANGED));
    if (type == BRN_NONE)
        return brn_edit_own(doc, brn_make_none(doc));
    if (type == BRN_BOOL)
        return brn_edit_own(doc, brn_make_bool(doc, brn_bool(val)));
    if (type == BRN_TUPLE && !val->u.tuple)
        return brn_edit_own(doc, brn_make_tuple(doc, NULL, 0));
    uint8_t kept = BRN_FLAG_READONLY | BRN_FLAG_KWARGS | BRN_FLAG_INST | BRN_FLAG_CHANGED;
    brn_val *to = brn_edit_new(doc, type, type >= BRN_LIST ? val->flags & kept : 0, 0);
    if (to && type < BRN_LIST)
        to->u = val->u;
    else if (to && type == BRN_BUFFER)
        to->u.integer = val->u.integer;
    else if (to)
        to->u.items = NULL;
    return to;
}

static brn_val *copy_of(const copier *c, const brn_val *val)
{
    return brn_memo_get(&c->copies, val->id);
}

static bool meet(copier *c, const brn_val *val)
{
    if (!val || copy_of(c, val))
        return true;
    void *pairs = c->pairs;
    brn_val *to = copy_shell(c->doc, val);
    if (!to)
        return false;
    if (!brn_memo_put(&c->copies, &c->doc->memory, val->id, to) ||
        (c->count == c->cap &&
         !brn_memory_grow(&c->doc->memory, &pairs, &c->cap, c->count + 1, sizeof *c->pairs)))
        return brn_edit_fail_memory(c->doc);
    c->pairs = pairs;
    c->doc->changed_later += (to->flags & BRN_FLAG_CHANGED) != 0;
    c->pairs[c->count++] = (pair){val, to};
    return true;
}

/* The list of what was met is its own queue. */
static bool meet_all(copier *c, const brn_val *val)
{
    bool ok = meet(c, val);
    for (size_t i = 0; ok && i < c->count; i++) {
        const brn_val *from = c->pairs[i].from;
        size_t count = brn_part_count(from);
        for (size_t part = 0; ok && part < count; part++)
            ok = meet(c, brn_part(from, part));
    }
    return ok;
}

static bool fill_items(const copier *c, const brn_val *from, brn_val *to)
{
    size_t stride = from->type == BRN_DICT ? 2 : 1;
    size_t count = brn_child_count(from);
    if (count == 0)
        return true;
    if (!brn_items_reserve(c->doc, to, stride, count / stride))
        return brn_edit_fail_memory(c->doc);
    for (size_t i = 0; i < count; i++)
        to->u.items->at[i] = copy_of(c, brn_child(from, i));
    to->u.items->count = (uint32_t)(count / stride);
    /* Without a hash until all is there. */
    if (from->type == BRN_FROZENSET)
        to->u.items->cap = 0;
    return true;
}

static bool fill_tuple(const copier *c, const brn_val *from, brn_val *to)
{
    size_t count = brn_child_count(from);
    brn_tuple *tuple = brn_block_alloc(c->doc, sizeof *tuple + count * sizeof(const brn_val *));
    if (!tuple)
        return brn_edit_fail_memory(c->doc);
    tuple->count = (uint32_t)count;
    tuple->hash = 0;
    for (size_t i = 0; i < count; i++)
        tuple->at[i] = copy_of(c, brn_child(from, i));
    to->u.tuple = tuple;
    return true;
}

static bool fill_object(const copier *c, const brn_val *from, brn_val *to)
{
    const brn_object *object = from->u.object;
    bool args = from->type <= BRN_OBJECT;
    bool kwargs = brn_kwargs(from) != NULL;
    size_t size = kwargs ? BRN_OBJECT_KWARGS : args ? BRN_OBJECT_ARGS : BRN_OBJECT_PLAIN;
    to->u.object = brn_object_new(c->doc, size, copy_of(c, object->callee),
                                  args ? copy_of(c, object->args) : NULL);
    if (!to->u.object)
        return brn_edit_fail_memory(c->doc);
    if (kwargs)
        to->u.object->kwargs = copy_of(c, object->kwargs);
    for (uint32_t i = 0; object->ops && i < object->ops->count; i++) {
        const brn_op_row *row = &object->ops->at[i];
        if (!brn_ops_add(c->doc, to->u.object, row->kind, copy_of(c, row->value)))
            return brn_edit_fail_memory(c->doc);
    }
    return true;
}

static bool fill(const copier *c, const brn_val *from, brn_val *to)
{
    if (brn_has_ops((brn_type)from->type))
        return fill_object(c, from, to);
    if (from->type == BRN_TUPLE)
        return !from->u.tuple || fill_tuple(c, from, to);
    return from->type < BRN_LIST || from->type > BRN_FROZENSET || fill_items(c, from, to);
}

static bool fill_all(const copier *c)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->count; i++)
        ok = fill(c, c->pairs[i].from, c->pairs[i].to);
    brn_keys keys = brn_edit_keys(c->doc);
    keys.work = BRN_UNLIMITED;
    for (size_t i = 0; ok && i < c->count; i++) {
        const brn_val *from = c->pairs[i].from;
        brn_val *to = c->pairs[i].to;
        bool keyed = from->type == BRN_DICT || from->type == BRN_SET || from->type == BRN_FROZENSET;
        ok = !keyed || !to->u.items ||
             ((from->type != BRN_FROZENSET || brn_key_hash_elements(&keys, to)) &&
              (!from->u.items->index || brn_key_index(&keys, c->doc, to))) ||
             brn_edit_fail_keys(c->doc, &keys);
    }
    return ok;
}

const brn_val *brn_copy(brn_doc *doc, const brn_val *val)
{
    if (!doc)
        return NULL;
    if (!val) {
        (void)brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "NULL is given where a value is needed");
        return NULL;
    }
    copier c = {.doc = doc};
    brn_memo_init(&c.copies, doc->hash_seed);
    const brn_val *copy = meet_all(&c, val) && fill_all(&c) ? copy_of(&c, val) : NULL;
    brn_memo_free(&c.copies, &doc->memory);
    brn_memory_free(&doc->memory, c.pairs, c.cap * sizeof *c.pairs);
    return copy;
}
