/*
 * where.c - the path of an error: which value was being built.
 *
 * Nothing is recorded while reading; when an error happens, the stack still shows
 * what is under construction: each mark has its items above it and the container they will go
 * into below it.  What the stack cannot show is guessed as picklers write it: a
 * fresh object with a dict above it is waiting for its state.
 *
 * One thing cannot be known: picklers fill a list or dict of one item without a mark, so above a
 * mark `{} 'a' []` may become three items, or one, {'a': []}, when the opcode comes that says
 * so and that the error may have cut off.  These are taken for neighbours, and the path then
 * ends at the wrong one of them; all before it is exact.
 */
#include "builder.h"

#include "path.h"

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

static void add_index(trail *t, size_t index)
{
    char step[BRN_PATH_STEP_SIZE + 1];
    (void)brn_path_index(index, step, sizeof step);
    add(t, step);
}

/* [key], or .key if the dict is the state of an object. */
static void add_key(trail *t, const brn_val *key, bool is_state)
{
    char step[BRN_PATH_STEP_SIZE + 1];
    if (is_state)
        (void)brn_path_attr(key, step, sizeof step);
    else
        (void)brn_path_key(key, step, sizeof step);
    add(t, step);
}

static size_t entries(const brn_val *container)
{
    return container->u.items ? container->u.items->count : 0;
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

/* A call or object that nothing has been done to yet. */
static bool awaits_state(const brn_val *val)
{
    return (val->type == BRN_OBJECT || val->type == BRN_CALL) && !val->u.object->ops;
}

/* What items above a mark may be meant for; above others they will be a value of their own. */
static bool can_be_filled(const brn_val *val)
{
    return val->type == BRN_LIST || val->type == BRN_DICT || val->type == BRN_SET ||
           brn_has_ops((brn_type)val->type);
}

/*
 * `count` items stand above `owner` (NULL if a mark does), the last of which is a container
 * being filled if `open`, else the next item is about to be made.
 */
static void add_step(trail *t, const brn_val *owner, brn_val *const *items, size_t count, bool open,
                     bool is_state)
{
    size_t index = open ? count - 1 : count;
    switch (owner ? owner->type : BRN_TUPLE) {
    case BRN_LIST: add_index(t, entries(owner) + index); break;
    case BRN_DICT:
        if (index % 2 == 1)
            add_key(t, items[index - 1], is_state);
        break;
    case BRN_SET: break;
    case BRN_GLOBAL:
        add(t, ".__args__");
        add_index(t, index);
        break;
    case BRN_CALL:
    case BRN_OBJECT:
        if (count > 0 && items[0]->type == BRN_STR && index % 2 == 1)
            add_key(t, items[index - 1], false);
        else
            add_index(t, appended(owner) + index);
        break;
    default: add_index(t, index); break;
    }
}

/* Does the opcode at work change the value on top of the stack? */
static bool changes_top(const brn_builder *h)
{
    switch (brn_reader_op_byte(&h->m.in)) {
    case BRN_OP_BYTE_APPEND:
    case BRN_OP_BYTE_APPENDS:
    case BRN_OP_BYTE_SETITEM:
    case BRN_OP_BYTE_SETITEMS:
    case BRN_OP_BYTE_ADDITEMS:
    case BRN_OP_BYTE_BUILD: return true;
    default: return false;
    }
}

/*
 * The steps below all marks.  In the end only the pickle's own value will be there, so what stands
 * above a list, dict or object is on its way into it by APPEND, SETITEM or BUILD.
 * Returns whether the topmost is a dict that will be a state.
 */
static bool add_first_steps(trail *t, brn_val *const *items, size_t count, bool open)
{
    bool is_state = false;
    for (size_t i = 0; i + 1 < count;) {
        bool into_next = open || i + 2 < count;
        if (items[i]->type == BRN_DICT) {
            if (open && i + 2 == count)
                break; /* the key */
            add_key(t, items[i + 1], is_state);
            is_state = false;
            i += 2;
        } else if (items[i]->type == BRN_LIST && into_next) {
            add_index(t, entries(items[i]));
            i++;
        } else if (awaits_state(items[i]) && items[i + 1]->type == BRN_DICT) {
            is_state = true;
            i++;
        } else {
            break;
        }
    }
    return is_state;
}

/*
 * The same above a mark, where only one thing is clear enough: an object with a dict of one
 * attribute above it.  Returns the place of that attribute's name among the items, or 0.
 */
static size_t lone_attribute(brn_val *const *items, size_t count, bool open)
{
    size_t name = count - (open ? 2 : 1);
    if (count < (open ? 4 : 3) || items[name]->type != BRN_STR)
        return 0;
    bool waits = items[name - 1]->type == BRN_DICT && entries(items[name - 1]) == 0 &&
                 awaits_state(items[name - 2]);
    return waits ? name : 0;
}

void brn_builder_where(const brn_builder *h, brn_error *err)
{
    trail t = {err->path, sizeof err->path, 0};
    t.text[0] = '\0';
    brn_val *const *stack = h->m.stack;
    size_t at = 0; /* the items above the last mark begin here */
    const brn_val *owner = NULL;
    bool is_state = false;
    for (size_t k = 0; k <= h->m.mark_count; k++) {
        size_t end = k < h->m.mark_count ? h->m.marks[k] : h->m.depth;
        size_t count = end - at;
        bool last = k == h->m.mark_count;
        bool open = count > 0 && (last ? changes_top(h) : can_be_filled(stack[end - 1]));
        bool state_next =
            open && count > 1 && stack[end - 1]->type == BRN_DICT && awaits_state(stack[end - 2]);
        size_t name = k > 0 ? lone_attribute(stack + at, count, open) : 0;
        if (k == 0) {
            state_next = add_first_steps(&t, stack, count, open);
        } else if (name > 0) {
            add_step(&t, owner, stack + at, name - 1, true, is_state);
            add_key(&t, stack[at + name], true);
        } else {
            /* An object and its state are one item. */
            add_step(&t, owner, stack + at, state_next ? count - 1 : count, open, is_state);
        }
        owner = open ? stack[end - 1] : NULL;
        is_state = state_next;
        at = end;
    }
}
