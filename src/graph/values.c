/*
 * values.c - the accessors of brinery.h.
 *
 * Each takes NULL and any type, and answers "nothing" where the question does
 * not fit the value.
 */
#include "document.h"
#include "keys.h"

brn_type brn_typeof(const brn_val *val)
{
    return val ? (brn_type)val->type : BRN_NOTHING;
}

const char *brn_type_name(brn_type type)
{
    static const char *const names[] = {
        "nothing",   "none",   "bool",      "int",    "int",    "float", "str",
        "py2str",    "bytes",  "bytearray", "list",   "tuple",  "dict",  "set",
        "frozenset", "global", "call",      "object", "persid", "ext",   "buffer",
    };
    size_t index = (size_t)type;
    return index < BRN_ARRAY_LEN(names) ? names[index] : "nothing";
}

uint32_t brn_id(const brn_val *val)
{
    return val ? val->id : 0;
}

bool brn_changed_later(const brn_val *val)
{
    return val && val->flags & BRN_FLAG_CHANGED;
}

bool brn_is_none(const brn_val *val)
{
    return brn_is(val, BRN_NONE);
}

bool brn_bool(const brn_val *val)
{
    return brn_is(val, BRN_BOOL) && val->u.integer != 0;
}

int64_t brn_int(const brn_val *val)
{
    return brn_is(val, BRN_INT) || brn_is(val, BRN_BOOL) ? val->u.integer : 0;
}

double brn_float(const brn_val *val)
{
    return brn_is(val, BRN_FLOAT) ? val->u.real : 0;
}

double brn_number(const brn_val *val)
{
    return brn_is(val, BRN_FLOAT) ? val->u.real : (double)brn_int(val);
}

/* Nothing, with a size of 0. */
static const uint8_t *no_bytes(size_t *size)
{
    if (size)
        *size = 0;
    return NULL;
}

static const uint8_t *bytes_of(const brn_val *val, size_t *size)
{
    if (size)
        *size = brn_text_size(val);
    return val->u.bytes;
}

const uint8_t *brn_bigint(const brn_val *val, size_t *size)
{
    return brn_is(val, BRN_BIGINT) ? bytes_of(val, size) : no_bytes(size);
}

bool brn_bigint_negative(const brn_val *val)
{
    return brn_is(val, BRN_BIGINT) && val->u.bytes[brn_text_size(val) - 1] & 0x80;
}

const char *brn_str(const brn_val *val, size_t *size)
{
    return (const char *)(brn_is(val, BRN_STR) ? bytes_of(val, size) : no_bytes(size));
}

uint32_t brn_str_flags(const brn_val *val)
{
    if (!brn_is(val, BRN_STR))
        return 0;
    return (val->flags & BRN_FLAG_ASCII ? BRN_STR_ASCII : 0) |
           (val->flags & BRN_FLAG_SURROGATES ? BRN_STR_SURROGATES : 0);
}

/* Does text that may stand for a str equal these bytes? */
static bool text_is(const brn_val *val, const char *text, size_t size)
{
    if (!brn_is_certain_text(val))
        return false;
    return brn_text_size(val) == size && memcmp(val->u.bytes, text, size) == 0;
}

bool brn_str_is(const brn_val *val, const char *text)
{
    return text && text_is(val, text, strlen(text));
}

const uint8_t *brn_bytes(const brn_val *val, size_t *size)
{
    return val && val->type >= BRN_STR && val->type <= BRN_BYTEARRAY ? bytes_of(val, size)
                                                                     : no_bytes(size);
}

size_t brn_size(const brn_val *val)
{
    if (!val)
        return 0;
    if (val->type >= BRN_STR && val->type <= BRN_BYTEARRAY)
        return brn_text_size(val);
    size_t count = brn_child_count(val);
    return val->type == BRN_DICT ? count / 2 : count;
}

static const brn_val *child(const brn_val *val, size_t index)
{
    return index < brn_child_count(val) ? brn_child(val, index) : NULL;
}

const brn_val *brn_at(const brn_val *val, size_t index)
{
    return val && val->type >= BRN_LIST && val->type <= BRN_FROZENSET && val->type != BRN_DICT
               ? child(val, index)
               : NULL;
}

const brn_val *brn_key_at(const brn_val *dict, size_t index)
{
    return brn_is(dict, BRN_DICT) && index < SIZE_MAX / 2 ? child(dict, 2 * index) : NULL;
}

const brn_val *brn_value_at(const brn_val *dict, size_t index)
{
    return brn_is(dict, BRN_DICT) && index < SIZE_MAX / 2 ? child(dict, 2 * index + 1) : NULL;
}

int64_t brn_dict_find_text(const brn_val *dict, const char *key, size_t size)
{
    const brn_items *items = dict->u.items;
    if (!items)
        return -1;
    if (!items->index) {
        /* From the end: where keys repeat (BRN_OP_SET), the last one counts. */
        for (uint32_t i = items->count; i-- > 0;) {
            if (text_is(items->at[2 * (size_t)i], key, size))
                return i;
        }
        return -1;
    }
    const brn_index *index = items->index;
    uint32_t hash = brn_key_hash_text(index->seed, key, size);
    for (uint32_t i = hash & index->mask; index->slots[i].entry != 0; i = (i + 1) & index->mask) {
        size_t entry = index->slots[i].entry - 1;
        if (index->slots[i].hash == hash && text_is(items->at[2 * entry], key, size))
            return (int64_t)entry;
    }
    return -1;
}

const brn_val *brn_dict_getn(const brn_val *dict, const char *key, size_t size)
{
    int64_t found = brn_is(dict, BRN_DICT) && key ? brn_dict_find_text(dict, key, size) : -1;
    return found >= 0 ? dict->u.items->at[2 * found + 1] : NULL;
}

const brn_val *brn_dict_get(const brn_val *dict, const char *key)
{
    return key ? brn_dict_getn(dict, key, strlen(key)) : NULL;
}

/* Enough for any honest key; two that are built to be compared for ever are called different. */
#define LOOKUP_WORK 100000000

const brn_val *brn_dict_get_val(const brn_val *dict, const brn_val *key)
{
    if (!brn_is(dict, BRN_DICT) || !dict->u.items || !key)
        return NULL;
    const brn_items *items = dict->u.items;
    brn_keys keys = {.work = LOOKUP_WORK, .foreign = true};
    int64_t found = -1;
    if (!items->index) {
        for (uint32_t i = items->count; i-- > 0;) {
            if (brn_key_equal(&keys, items->at[2 * (size_t)i], key))
                return items->at[2 * (size_t)i + 1];
        }
        return NULL;
    }
    uint32_t hash;
    keys.seed = items->index->seed;
    if (brn_key_hash(&keys, key, &hash)) {
        found = brn_key_find_hashed(&keys, items, 2, key, hash);
    } else if (keys.failure == BRN_ERROR_MEMORY) {
        /* A tuple too deep to be hashed here may be the very key. */
        keys.failure = BRN_OK;
        found = brn_key_find(&keys, items, 2, key, 0);
    }
    return found >= 0 ? items->at[2 * (size_t)found + 1] : NULL;
}

const brn_val *brn_global_module(const brn_val *val)
{
    return brn_is(val, BRN_GLOBAL) ? val->u.object->callee : NULL;
}

const brn_val *brn_global_name(const brn_val *val)
{
    return brn_is(val, BRN_GLOBAL) ? val->u.object->args : NULL;
}

bool brn_global_is(const brn_val *val, const char *module, const char *name)
{
    return brn_str_is(brn_global_module(val), module) && brn_str_is(brn_global_name(val), name);
}

const brn_val *brn_callee(const brn_val *val)
{
    return brn_is_made(val) ? val->u.object->callee : NULL;
}

const brn_val *brn_args(const brn_val *val)
{
    return brn_is_made(val) ? val->u.object->args : NULL;
}

const brn_val *brn_kwargs(const brn_val *val)
{
    return brn_is(val, BRN_OBJECT) && val->flags & BRN_FLAG_KWARGS ? val->u.object->kwargs : NULL;
}

bool brn_is_inst(const brn_val *val)
{
    return brn_is(val, BRN_OBJECT) && val->flags & BRN_FLAG_INST;
}

static const brn_ops *ops_of(const brn_val *val)
{
    return val && brn_has_ops((brn_type)val->type) ? val->u.object->ops : NULL;
}

size_t brn_op_count(const brn_val *val)
{
    const brn_ops *ops = ops_of(val);
    return ops ? ops->count : 0;
}

brn_op brn_op_at(const brn_val *val, size_t index, const brn_val **value)
{
    const brn_ops *ops = ops_of(val);
    bool there = ops && index < ops->count;
    if (value)
        *value = there ? ops->at[index].value : NULL;
    return there ? ops->at[index].kind : BRN_OP_NONE;
}

const brn_val *brn_persid(const brn_val *val)
{
    return brn_is(val, BRN_PERSID) ? val->u.object->callee : NULL;
}

uint32_t brn_ext_code(const brn_val *val)
{
    return brn_is(val, BRN_EXT) ? (uint32_t)val->u.object->callee->u.integer : 0;
}

uint32_t brn_buffer_index(const brn_val *val)
{
    return brn_is(val, BRN_BUFFER) ? (uint32_t)val->u.integer : 0;
}

bool brn_buffer_readonly(const brn_val *val)
{
    return brn_is(val, BRN_BUFFER) && val->flags & BRN_FLAG_READONLY;
}

brn_iter brn_iterate(const brn_val *container)
{
    return (brn_iter){container, 0};
}

const brn_val *brn_next(brn_iter *iter)
{
    const brn_val *item = brn_is(iter->container, BRN_DICT)
                              ? brn_key_at(iter->container, iter->index)
                              : brn_at(iter->container, iter->index);
    if (item)
        iter->index++;
    return item;
}

bool brn_next_pair(brn_iter *iter, const brn_val **key, const brn_val **value)
{
    const brn_val *found = brn_key_at(iter->container, iter->index);
    if (key)
        *key = found;
    if (value)
        *value = brn_value_at(iter->container, iter->index);
    if (found)
        iter->index++;
    return found != NULL;
}

const brn_val *brn_attrn(const brn_val *val, const char *name, size_t size)
{
    for (size_t i = brn_op_count(val); i-- > 0;) {
        const brn_val *state;
        if (brn_op_at(val, i, &state) != BRN_OP_STATE)
            continue;
        const brn_val *found = brn_dict_getn(state, name, size);
        /* (state, slots): what the slots say is set last. */
        if (!found && brn_is(state, BRN_TUPLE) && brn_size(state) == 2) {
            found = brn_dict_getn(brn_at(state, 1), name, size);
            if (!found)
                found = brn_dict_getn(brn_at(state, 0), name, size);
        }
        if (found)
            return found;
    }
    return NULL;
}

const brn_val *brn_attr(const brn_val *val, const char *name)
{
    return name ? brn_attrn(val, name, strlen(name)) : NULL;
}
