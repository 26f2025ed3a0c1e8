/*
 * where.c - the path of an error: how documents' values show where they were being built.
 */
#include "builder.h"

#include "path.h"

#define WHERE_CONTEXT brn_builder
#define WHERE_VALUE brn_val *
#define WHERE_TRAIL trail

typedef struct trail {
    char *text;
    size_t cap;
    size_t used;
} trail;

static void add(trail *t, const char *step)
{
    size_t length = strlen(step);
    if (t->used + length < t->cap) {
        memcpy(t->text + t->used, step, length + 1);
        t->used += length;
    }
}

static void where_add_index(trail *t, size_t index)
{
    char step[BRN_PATH_STEP_SIZE + 1];
    (void)brn_path_index(index, step, sizeof step);
    add(t, step);
}

/* [key], or .key if the dict is the state of an object. */
static void where_add_key(trail *t, const brn_val *key, bool is_state)
{
    char step[BRN_PATH_STEP_SIZE + 1];
    if (is_state)
        (void)brn_path_attr(key, step, sizeof step);
    else
        (void)brn_path_key(key, step, sizeof step);
    add(t, step);
}

static void where_add_argument(trail *t, size_t index)
{
    add(t, ".__args__");
    where_add_index(t, index);
}

/* A later step may be short enough for the room that is left. */
static bool where_is_full(const trail *t)
{
    (void)t;
    return false;
}

static brn_where_kind where_kind(const brn_val *val)
{
    switch (val->type) {
    case BRN_LIST: return BRN_WHERE_LIST;
    case BRN_DICT: return BRN_WHERE_DICT;
    case BRN_SET: return BRN_WHERE_SET;
    case BRN_GLOBAL: return BRN_WHERE_CALLABLE;
    case BRN_CALL:
    case BRN_OBJECT: return BRN_WHERE_OBJECT;
    case BRN_STR: return BRN_WHERE_TEXT;
    default: return BRN_WHERE_OTHER;
    }
}

/* How many items have been appended to an object. */
static size_t appended(const brn_val *val)
{
    size_t count = 0;
    const brn_val *value;
    for (size_t i = 0; i < brn_op_count(val); i++) {
        if (brn_op_at(val, i, &value) == BRN_OP_APPEND)
            count += brn_size(value);
    }
    return count;
}

static size_t where_entries(const brn_val *val)
{
    switch (val->type) {
    case BRN_LIST:
    case BRN_DICT: return val->u.items ? val->u.items->count : 0;
    case BRN_CALL:
    case BRN_OBJECT: return appended(val);
    default: return 0;
    }
}

/* A call or object that nothing has been done to yet. */
static bool where_awaits_state(const brn_val *val)
{
    return brn_is_made(val) && !val->u.object->ops;
}

/* What items above a mark may be meant for; above others they will be a value of their own. */
static bool where_can_be_filled(const brn_val *val)
{
    return val->type == BRN_LIST || val->type == BRN_DICT || val->type == BRN_SET ||
           brn_has_ops((brn_type)val->type);
}

#include "machine/where.inc.h"

void brn_builder_where(const brn_builder *h, brn_error *err)
{
    trail t = {err->path, sizeof err->path, 0};
    t.text[0] = '\0';
    where_steps(h, &t);
}
