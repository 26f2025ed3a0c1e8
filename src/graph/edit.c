/*
 * edit.c - changing values: lists, dicts, sets, what was done to objects, what calls are made of.
 *
 * Instances of classes that are derived from list, dict or set have their items in what was done
 * to them (BRN_OP_APPEND, BRN_OP_SET, BRN_OP_ADD); a program that edits a defaultdict should not
 * have to care, so the functions for containers work on those too.
 *
 * Nothing is given back: a value that is not used any more stays until the document goes.  What
 * fails has changed nothing.
 */
#include "edit.h"

static bool fail_type(brn_doc *doc, const char *problem)
{
    return brn_edit_fail(doc, BRN_ERROR_NOT_CHANGEABLE, problem);
}

static bool has_ops(const brn_val *val)
{
    return brn_has_ops((brn_type)val->type);
}

/* ------------------------------------------------------------------------
 * What was done
 * ------------------------------------------------------------------------ */

/* Room for `count` items of `stride` values at the end of a container without an index. */
static bool make_room(brn_doc *doc, brn_val *container, size_t stride, size_t count)
{
    bool is_run = container->u.items && brn_is_run(container);
    return (is_run ? brn_run_end(doc, container, count)
                   : brn_items_reserve(doc, container, stride, count)) ||
           brn_edit_fail_memory(doc);
}

static bool put_behind(brn_doc *doc, brn_val *container, size_t stride, const brn_val *const *items,
                       size_t count)
{
    if (count == 0)
        return true;
    if (!make_room(doc, container, stride, count / stride))
        return false;
    brn_items *to = container->u.items;
    memcpy(to->at + to->count * stride, items, count * sizeof *items);
    to->count += (uint32_t)(count / stride);
    return true;
}

/* Append, set or add something more; it joins the last entry if that is of its kind. */
static bool do_more(brn_doc *doc, brn_val *val, brn_op kind, const brn_val *const *items,
                    size_t count)
{
    size_t stride = kind == BRN_OP_SET ? 2 : 1;
    brn_ops *ops = val->u.object->ops;
    if (ops && ops->count > 0 && ops->at[ops->count - 1].kind == kind) {
        brn_val *last = ops->at[ops->count - 1].value;
        /* Pairs with keys that may be there already. */
        if (kind == BRN_OP_SET && last->u.items)
            brn_key_forget_index(doc, last->u.items);
        return put_behind(doc, last, stride, items, count);
    }
    brn_val *value = brn_edit_new(doc, kind == BRN_OP_SET ? BRN_DICT : BRN_LIST, 0, 0);
    if (!value)
        return false;
    value->u.items = NULL;
    return put_behind(doc, value, stride, items, count) &&
           (brn_ops_add(doc, val->u.object, kind, value) || brn_edit_fail_memory(doc));
}

static void forget_op(brn_ops *ops, size_t index)
{
    ops->count--;
    memmove(&ops->at[index], &ops->at[index + 1], (ops->count - index) * sizeof ops->at[0]);
}

bool brn_op_add(brn_doc *doc, const brn_val *val, brn_op op, const brn_val *const *values,
                size_t count)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own_all(doc, values, count))
        return false;
    if (!has_ops(own))
        return fail_type(doc, "nothing can be done to plain data");
    switch (op) {
    case BRN_OP_APPEND:
    case BRN_OP_ADD: return count == 0 || do_more(doc, own, op, values, count);
    case BRN_OP_SET:
        if (count % 2 != 0)
            return brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "a key has no value");
        return count == 0 || do_more(doc, own, op, values, count);
    case BRN_OP_STATE:
    case BRN_OP_CALL:
        if (count != 1)
            break;
        if (op == BRN_OP_CALL && !brn_is_made(values[0]))
            return fail_type(doc, "only a call can be made for its effect");
        return brn_ops_add(doc, own->u.object, op, brn_edit_own(doc, values[0])) ||
               brn_edit_fail_memory(doc);
    default: break;
    }
    return brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "a state or a call is one value");
}

/* The row with this index; NULL, and an error, if there is none. */
static brn_op_row *op_row(brn_doc *doc, const brn_val *val, size_t index)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own)
        return NULL;
    if (index < brn_op_count(own))
        return &own->u.object->ops->at[index];
    (void)brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "not so much was done to this value");
    return NULL;
}

bool brn_op_remove(brn_doc *doc, const brn_val *val, size_t index)
{
    if (!op_row(doc, val, index))
        return false;
    forget_op(brn_edit_own(doc, val)->u.object->ops, index);
    return true;
}

bool brn_op_set_state(brn_doc *doc, const brn_val *val, size_t index, const brn_val *state)
{
    brn_op_row *row = op_row(doc, val, index);
    brn_val *own = row ? brn_edit_own(doc, state) : NULL;
    if (!own)
        return false;
    if (row->kind != BRN_OP_STATE)
        return fail_type(doc, "this entry of what was done is no state");
    row->value = own;
    return true;
}

/* ------------------------------------------------------------------------
 * Lists
 * ------------------------------------------------------------------------ */

bool brn_list_extend(brn_doc *doc, const brn_val *list, const brn_val *const *items, size_t count)
{
    brn_val *own = brn_edit_own(doc, list);
    if (!own || !brn_edit_own_all(doc, items, count))
        return false;
    if (own->type == BRN_LIST)
        return put_behind(doc, own, 1, items, count);
    if (!has_ops(own))
        return brn_edit_fail(doc, BRN_ERROR_NOT_APPENDABLE,
                             "only lists and objects can be appended to");
    return count == 0 || do_more(doc, own, BRN_OP_APPEND, items, count);
}

bool brn_list_append(brn_doc *doc, const brn_val *list, const brn_val *item)
{
    return brn_list_extend(doc, list, &item, 1);
}

/* A list, or one of the entries of what was appended to an object, and an index in it. */
typedef struct place {
    brn_val *list;
    brn_ops *ops; /* of the object, or NULL */
    size_t op;
    uint32_t at;
} place;

static uint64_t items_count(const brn_val *val)
{
    if (!has_ops(val))
        return brn_size(val);
    uint64_t count = 0;
    const brn_ops *ops = val->u.object->ops;
    for (uint32_t i = 0; ops && i < ops->count; i++)
        count += ops->at[i].kind == BRN_OP_APPEND ? brn_size(ops->at[i].value) : 0;
    return count;
}

/* `index` is below items_count(). */
static place find_place(brn_val *val, uint64_t index)
{
    place found = {val, NULL, 0, (uint32_t)index};
    if (!has_ops(val))
        return found;
    found.ops = val->u.object->ops;
    for (;; found.op++) {
        const brn_op_row *row = &found.ops->at[found.op];
        if (row->kind != BRN_OP_APPEND)
            continue;
        if (index < brn_size(row->value))
            break;
        index -= brn_size(row->value);
    }
    found.list = found.ops->at[found.op].value;
    found.at = (uint32_t)index;
    return found;
}

/* The place of an item that is to be there; its list gets an array with room for `more`. */
static bool get_place(brn_doc *doc, const brn_val *list, int64_t index, size_t more, place *found)
{
    brn_val *own = brn_edit_own(doc, list);
    if (!own)
        return false;
    if (own->type != BRN_LIST && !has_ops(own)) {
        (void)fail_type(doc, "only lists and objects have items that can be changed");
        return false;
    }
    uint64_t count = items_count(own);
    uint64_t at = (uint64_t)index + (index < 0 ? count : 0);
    if (at >= count) {
        (void)brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "an index is out of range");
        return false;
    }
    *found = find_place(own, at);
    return make_room(doc, found->list, 1, more);
}

bool brn_list_set(brn_doc *doc, const brn_val *list, int64_t index, const brn_val *item)
{
    place to;
    if (!brn_edit_own(doc, item) || !get_place(doc, list, index, 0, &to))
        return false;
    to.list->u.items->at[to.at] = item;
    return true;
}

bool brn_list_insert(brn_doc *doc, const brn_val *list, int64_t index, const brn_val *item)
{
    brn_val *own = brn_edit_own(doc, list);
    if (!own || !brn_edit_own(doc, item))
        return false;
    int64_t count = (int64_t)items_count(own);
    if (index >= count || count == 0)
        return brn_list_append(doc, own, item);
    place to;
    if (!get_place(doc, own, index < -count ? 0 : index, 1, &to))
        return false;
    brn_items *items = to.list->u.items;
    memmove(&items->at[to.at + 1], &items->at[to.at], (items->count - to.at) * sizeof items->at[0]);
    items->at[to.at] = item;
    items->count++;
    return true;
}

bool brn_list_remove(brn_doc *doc, const brn_val *list, int64_t index)
{
    place from;
    if (!get_place(doc, list, index, 0, &from))
        return false;
    brn_items *items = from.list->u.items;
    items->count--;
    memmove(&items->at[from.at], &items->at[from.at + 1],
            (items->count - from.at) * sizeof items->at[0]);
    if (from.ops && items->count == 0)
        forget_op(from.ops, from.op);
    return true;
}

/* ------------------------------------------------------------------------
 * Dicts
 * ------------------------------------------------------------------------ */

static bool set_pair(brn_doc *doc, brn_val *dict, const brn_val *key, const brn_val *value)
{
    brn_keys keys = brn_edit_keys(doc);
    const brn_val *const pair[] = {key, value};
    return brn_key_insert_all(&keys, doc, dict, 2, pair, 2) || brn_edit_fail_keys(doc, &keys);
}

/* Fewer pairs of an object are compared one by one.  The table of more is a block that goes back if it is of no use. */
#define FEW_PAIRS 1024

/*
 * Has the entry of pairs a table, or can it get one?  Not if keys repeat, of which the last counts, nor
 * if there are some that have no hash.
 */
static bool has_table(brn_keys *keys, brn_doc *doc, brn_items *items)
{
    if (items->index || items->count <= FEW_PAIRS || brn_key_index_distinct(keys, doc, items))
        return items->index != NULL;
    if (keys->failure == BRN_ERROR_UNHASHABLE)
        keys->failure = BRN_OK;
    return false;
}

/*
 * The last pair with this key among those set in an object, which are not merged.  -1 if there is none, or
 * with keys->failure.
 */
static int64_t find_pair(brn_keys *keys, brn_doc *doc, const brn_ops *ops, const brn_val *key,
                         uint32_t hash, size_t *op)
{
    for (size_t i = ops ? ops->count : 0; i-- > 0;) {
        brn_items *items = ops->at[i].value->u.items;
        if (ops->at[i].kind != BRN_OP_SET || !items)
            continue;
        *op = i;
        bool table = has_table(keys, doc, items);
        int64_t at = table && !keys->failure ? brn_key_find(keys, items, 2, key, hash)
                                             : (int64_t)items->count - 1;
        while (!table && !keys->failure && at >= 0 && !brn_key_equal(keys, items->at[2 * at], key))
            at--;
        if (keys->failure || at >= 0)
            return keys->failure ? -1 : at;
    }
    return -1;
}

/* Set a pair that an object does not have. */
static bool set_new_pair(brn_doc *doc, brn_val *val, const brn_val *key, const brn_val *value)
{
    const brn_ops *ops = val->u.object->ops;
    const brn_op_row *last = ops && ops->count > 0 ? &ops->at[ops->count - 1] : NULL;
    if (last && last->kind == BRN_OP_SET && last->value->u.items && last->value->u.items->index)
        return set_pair(doc, last->value, key, value);
    const brn_val *const pair[] = {key, value};
    return do_more(doc, val, BRN_OP_SET, pair, 2);
}

static bool set_in_object(brn_doc *doc, brn_val *val, const brn_val *key, const brn_val *value)
{
    brn_keys keys = brn_edit_keys(doc);
    uint32_t hash;
    size_t op = 0;
    const brn_ops *ops = val->u.object->ops;
    int64_t at = brn_key_hash(&keys, key, &hash) ? find_pair(&keys, doc, ops, key, hash, &op) : -1;
    if (keys.failure)
        return brn_edit_fail_keys(doc, &keys);
    if (at < 0)
        return set_new_pair(doc, val, key, value);
    ops->at[op].value->u.items->at[2 * at + 1] = value;
    return true;
}

bool brn_dict_set(brn_doc *doc, const brn_val *dict, const brn_val *key, const brn_val *value)
{
    brn_val *own = brn_edit_own(doc, dict);
    if (!own || !brn_edit_own(doc, key) || !brn_edit_own(doc, value))
        return false;
    if (own->type == BRN_DICT)
        return set_pair(doc, own, key, value);
    if (has_ops(own))
        return set_in_object(doc, own, key, value);
    return brn_edit_fail(doc, BRN_ERROR_NOT_MAPPING, "only dicts and objects have keys");
}

/* dict[text] = value without making a key that is there already. */
static bool put_text(brn_doc *doc, brn_val *dict, const char *key, size_t size,
                     const brn_val *value)
{
    int64_t at = brn_dict_find_text(dict, key, size);
    if (at >= 0) {
        dict->u.items->at[2 * at + 1] = value;
        return true;
    }
    const brn_val *made = brn_make_strn(doc, key, size);
    return made && set_pair(doc, dict, made, value);
}

bool brn_dict_put(brn_doc *doc, const brn_val *dict, const char *key, const brn_val *value)
{
    brn_val *own = brn_edit_own(doc, dict);
    if (!own || !brn_edit_own(doc, value))
        return false;
    if (own->type == BRN_DICT && key)
        return put_text(doc, own, key, strlen(key), value);
    return brn_dict_set(doc, own, brn_make_str(doc, key), value);
}

static bool remove_from_object(brn_doc *doc, brn_val *val, const brn_val *key)
{
    brn_keys keys = brn_edit_keys(doc);
    brn_ops *ops = val->u.object->ops;
    bool removed = false;
    uint32_t hash;
    size_t op;
    if (!brn_key_hash(&keys, key, &hash))
        return brn_edit_fail_keys(doc, &keys);
    for (int64_t at; (at = find_pair(&keys, doc, ops, key, hash, &op)) >= 0; removed = true) {
        brn_items *items = ops->at[op].value->u.items;
        if (!brn_key_remove(&keys, items, 2, (uint32_t)at))
            break;
        if (items->count == 0)
            forget_op(ops, op);
    }
    if (keys.failure)
        return brn_edit_fail_keys(doc, &keys);
    return removed || brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "an object has no such key");
}

/* Take the entry with this key out of a dict or set that has an index, or few entries. */
static bool remove_entry(brn_doc *doc, brn_val *container, size_t stride, const brn_val *key)
{
    brn_keys keys = brn_edit_keys(doc);
    brn_items *items = container->u.items;
    uint32_t hash;
    if (!brn_key_hash(&keys, key, &hash))
        return brn_edit_fail_keys(doc, &keys);
    int64_t at = items ? brn_key_find(&keys, items, stride, key, hash) : -1;
    if (keys.failure || (at >= 0 && !brn_key_remove(&keys, items, stride, (uint32_t)at)))
        return brn_edit_fail_keys(doc, &keys);
    return at >= 0 || brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "there is no such key or element");
}

bool brn_dict_remove(brn_doc *doc, const brn_val *dict, const brn_val *key)
{
    brn_val *own = brn_edit_own(doc, dict);
    if (!own || !brn_edit_own(doc, key))
        return false;
    if (own->type == BRN_DICT)
        return remove_entry(doc, own, 2, key);
    if (has_ops(own))
        return remove_from_object(doc, own, key);
    return brn_edit_fail(doc, BRN_ERROR_NOT_MAPPING, "only dicts and objects have keys");
}

/* ------------------------------------------------------------------------
 * Sets
 * ------------------------------------------------------------------------ */

/* Which of what was added to an object an element equals: -1 for none, or with keys->failure. */
static int64_t find_added(brn_keys *keys, const brn_ops *ops, const brn_val *element, size_t *op)
{
    for (size_t i = ops ? ops->count : 0; i-- > 0;) {
        size_t count = ops->at[i].kind == BRN_OP_ADD ? brn_size(ops->at[i].value) : 0;
        *op = i;
        for (size_t at = count; at-- > 0;) {
            if (brn_key_equal(keys, brn_child(ops->at[i].value, at), element))
                return (int64_t)at;
            if (keys->failure)
                return -1;
        }
    }
    return -1;
}

static bool add_to_object(brn_doc *doc, brn_val *val, const brn_val *element)
{
    brn_keys keys = brn_edit_keys(doc);
    uint32_t hash;
    size_t op;
    int64_t at = brn_key_hash(&keys, element, &hash)
                     ? find_added(&keys, val->u.object->ops, element, &op)
                     : -1;
    if (keys.failure)
        return brn_edit_fail_keys(doc, &keys);
    return at >= 0 || do_more(doc, val, BRN_OP_ADD, &element, 1);
}

bool brn_set_add(brn_doc *doc, const brn_val *set, const brn_val *element)
{
    brn_val *own = brn_edit_own(doc, set);
    if (!own || !brn_edit_own(doc, element))
        return false;
    if (own->type == BRN_SET) {
        brn_keys keys = brn_edit_keys(doc);
        return brn_key_insert_all(&keys, doc, own, 1, &element, 1) ||
               brn_edit_fail_keys(doc, &keys);
    }
    if (has_ops(own))
        return add_to_object(doc, own, element);
    return brn_edit_fail(doc, BRN_ERROR_NOT_SET, "only sets and objects can be added to");
}

static bool remove_added(brn_doc *doc, brn_val *val, const brn_val *element)
{
    brn_keys keys = brn_edit_keys(doc);
    brn_ops *ops = val->u.object->ops;
    size_t op = 0;
    int64_t at = find_added(&keys, ops, element, &op);
    if (keys.failure)
        return brn_edit_fail_keys(doc, &keys);
    if (at < 0)
        return brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "an object has no such element");
    brn_val *list = ops->at[op].value;
    if (!make_room(doc, list, 1, 0))
        return false;
    brn_items *items = list->u.items;
    items->count--;
    memmove(&items->at[at], &items->at[at + 1], (items->count - (size_t)at) * sizeof items->at[0]);
    if (items->count == 0)
        forget_op(ops, op);
    return true;
}

bool brn_set_remove(brn_doc *doc, const brn_val *set, const brn_val *element)
{
    brn_val *own = brn_edit_own(doc, set);
    if (!own || !brn_edit_own(doc, element))
        return false;
    if (own->type == BRN_SET)
        return remove_entry(doc, own, 1, element);
    if (has_ops(own))
        return remove_added(doc, own, element);
    return brn_edit_fail(doc, BRN_ERROR_NOT_SET, "only sets and objects have elements");
}

bool brn_clear(brn_doc *doc, const brn_val *container)
{
    brn_val *own = brn_edit_own(doc, container);
    if (!own)
        return false;
    if (own->type == BRN_LIST || own->type == BRN_DICT || own->type == BRN_SET) {
        brn_items_forget(doc, own);
        return true;
    }
    if (!has_ops(own))
        return fail_type(doc, "only lists, dicts, sets and objects can be cleared");
    brn_ops *ops = own->u.object->ops;
    for (size_t i = ops ? ops->count : 0; i-- > 0;) {
        if (!brn_op_is_single(ops->at[i].kind))
            forget_op(ops, i);
    }
    return true;
}

/* ------------------------------------------------------------------------
 * Attributes
 * ------------------------------------------------------------------------ */

/*
 * The dict of a state that has this attribute, or the one it should go to; NULL if the state is no
 * dict and no (dict, slots).  *at gets the pair, or -1.
 */
static brn_val *dict_of_state(brn_doc *doc, const brn_val *state, const char *name, size_t size,
                              int64_t *at)
{
    const brn_val *dict = state;
    *at = -1;
    if (brn_is(state, BRN_TUPLE) && brn_size(state) == 2) {
        const brn_val *slots = brn_at(state, 1);
        dict = brn_at(state, 0);
        if (brn_is(slots, BRN_DICT)) {
            *at = brn_dict_find_text(slots, name, size);
            if (*at >= 0 || !brn_is(dict, BRN_DICT))
                return brn_edit_own(doc, slots);
        }
    }
    if (!brn_is(dict, BRN_DICT))
        return NULL;
    *at = brn_dict_find_text(dict, name, size);
    return brn_edit_own(doc, dict);
}

/* Where an attribute is, else where it should go, in *at and the answer; NULL if nowhere. */
static brn_val *find_attribute(brn_doc *doc, const brn_val *val, const char *name, size_t size,
                               int64_t *at)
{
    brn_val *last = NULL;
    bool is_last = true;
    for (size_t i = brn_op_count(val); i-- > 0;) {
        const brn_val *state;
        if (brn_op_at(val, i, &state) != BRN_OP_STATE)
            continue;
        brn_val *dict = dict_of_state(doc, state, name, size, at);
        if (dict && *at >= 0)
            return dict;
        if (is_last)
            last = dict;
        is_last = false;
    }
    *at = -1;
    return last;
}

static bool has_state(const brn_val *val)
{
    for (size_t i = 0; i < brn_op_count(val); i++) {
        if (brn_op_at(val, i, NULL) == BRN_OP_STATE)
            return true;
    }
    return false;
}

/* The value whose attributes are to be changed; NULL, and an error, if it has none. */
static brn_val *own_instance(brn_doc *doc, const brn_val *val, const char *name)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own)
        return NULL;
    if (!name)
        (void)brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "an attribute needs a name");
    else if (!has_ops(own))
        (void)fail_type(doc, "plain data has no attributes");
    else
        return own;
    return NULL;
}

bool brn_edit_attr(brn_doc *doc, const brn_val *val, const char *name, size_t size,
                   const brn_val *value)
{
    brn_val *own = own_instance(doc, val, name);
    int64_t at;
    if (!own || !brn_edit_own(doc, value))
        return false;
    brn_val *dict = find_attribute(doc, own, name, size, &at);
    if (dict)
        return put_text(doc, dict, name, size, value);
    if (has_state(own))
        return fail_type(doc, "the last state has no dict of attributes");
    const brn_val *made = brn_make_dict(doc);
    return made && put_text(doc, brn_edit_own(doc, made), name, size, value) &&
           brn_op_add(doc, own, BRN_OP_STATE, &made, 1);
}

bool brn_attr_set(brn_doc *doc, const brn_val *val, const char *name, const brn_val *value)
{
    return brn_edit_attr(doc, val, name, name ? strlen(name) : 0, value);
}

bool brn_edit_state(brn_doc *doc, const brn_val *val, const brn_val *state)
{
    for (size_t i = brn_op_count(val); i-- > 0;) {
        if (brn_op_at(val, i, NULL) == BRN_OP_STATE)
            return brn_op_set_state(doc, val, i, state);
    }
    return brn_op_add(doc, val, BRN_OP_STATE, &state, 1);
}

bool brn_edit_item(brn_doc *doc, const brn_val *val, int64_t index, const brn_val *item)
{
    const brn_val *own = brn_edit_own(doc, val);
    if (!own || own->type != BRN_TUPLE)
        return own && brn_list_set(doc, own, index, item);
    uint64_t count = brn_size(own);
    uint64_t at = (uint64_t)index + (index < 0 ? count : 0);
    if (!brn_edit_own(doc, item))
        return false;
    if (at >= count)
        return brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "an index is out of range");
    if (own->u.tuple->hash != 0)
        return brn_edit_fail(doc, BRN_ERROR_IS_KEY, "a tuple serves as a key");
    own->u.tuple->at[at] = item;
    return true;
}

bool brn_attr_remove(brn_doc *doc, const brn_val *val, const char *name)
{
    const brn_val *own = own_instance(doc, val, name);
    int64_t at;
    if (!own)
        return false;
    const brn_val *dict = find_attribute(doc, own, name, strlen(name), &at);
    if (!dict || at < 0)
        return brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "there is no such attribute");
    brn_keys keys = brn_edit_keys(doc);
    return brn_key_remove(&keys, dict->u.items, 2, (uint32_t)at) || brn_edit_fail_keys(doc, &keys);
}

/* ------------------------------------------------------------------------
 * What a value is made from
 * ------------------------------------------------------------------------ */

bool brn_set_callee(brn_doc *doc, const brn_val *val, const brn_val *callee)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own(doc, callee))
        return false;
    if (!brn_is_made(own))
        return fail_type(doc, "only calls and objects have a callee");
    if (!brn_edit_check_callee(doc, callee))
        return false;
    own->u.object->callee = callee;
    return true;
}

bool brn_set_args(brn_doc *doc, const brn_val *val, const brn_val *args)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own(doc, args))
        return false;
    if (!brn_is_made(own))
        return fail_type(doc, "only calls and objects have arguments");
    if (!brn_edit_check_args(doc, args))
        return false;
    own->u.object->args = args;
    return true;
}

bool brn_set_kwargs(brn_doc *doc, const brn_val *val, const brn_val *kwargs)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own(doc, kwargs))
        return false;
    if (own->type != BRN_OBJECT || !(own->flags & BRN_FLAG_KWARGS))
        return fail_type(doc, "only objects made with keywords have any");
    if (!brn_edit_check_kwargs(doc, kwargs))
        return false;
    own->u.object->kwargs = kwargs;
    return true;
}

bool brn_set_persid(brn_doc *doc, const brn_val *val, const brn_val *id)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own(doc, id))
        return false;
    if (own->type != BRN_PERSID)
        return fail_type(doc, "only persistent ids have an id");
    own->u.object->callee = id;
    return true;
}

bool brn_set_global(brn_doc *doc, const brn_val *val, const brn_val *module, const brn_val *name)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !brn_edit_own(doc, module) || !brn_edit_own(doc, name))
        return false;
    if (own->type != BRN_GLOBAL)
        return fail_type(doc, "only globals have a module and a name");
    if (!brn_edit_check_name(doc, module, name))
        return false;
    own->u.object->callee = module;
    own->u.object->args = name;
    return true;
}

bool brn_set_changed_later(brn_doc *doc, const brn_val *val, bool changed)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own)
        return false;
    if (own->type < BRN_BYTEARRAY || own->type == BRN_TUPLE || own->type == BRN_FROZENSET)
        return !changed || fail_type(doc, "this value cannot have changed");
    bool was = brn_changed_later(own);
    if (was != changed) {
        own->flags ^= BRN_FLAG_CHANGED;
        doc->changed_later += changed ? 1u : UINT32_MAX;
    }
    return true;
}
