/*
 * where.c - the path of an error: which value was being built.
 *
 * Nothing is recorded while reading; when an error happens, the stack still shows
 * what is under construction: each mark has its items above it and the container they will go
 * into below it.  What the stack cannot show is guessed as picklers write it: a
 * fresh object with a dict above it is waiting for its state.
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

/* A call or object that nothing has been done to yet. */
static bool awaits_state(const brn_val *val)
{
    return (val->type == BRN_OBJECT || val->type == BRN_CALL) && !val->u.object->ops;
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
            add_index(t, index);
        break;
    default: add_index(t, index); break;
    }
}

void brn_builder_where(const brn_builder *h, brn_error *err)
{
    trail t = {err->path, sizeof err->path, 0};
    t.text[0] = '\0';
    brn_val *const *stack = h->m.stack;
    size_t at = 0; /* the items above the last mark begin here */
    const brn_val *owner = NULL;
    bool is_state = false;
    bool inside = false; /* the first stretch, below all marks, is the pickle itself */
    for (size_t k = 0; k <= h->m.mark_count; k++) {
        size_t end = k < h->m.mark_count ? h->m.marks[k] : h->m.depth;
        size_t count = end - at;
        bool open = k < h->m.mark_count && count > 0;
        /* An object and its state are one item, and so are two containers filled without marks. */
        bool state_next =
            open && count > 1 && stack[end - 1]->type == BRN_DICT && awaits_state(stack[end - 2]);
        size_t shown = state_next ? count - 1 : count;
        if (inside)
            add_step(&t, owner, stack + at, shown, open, is_state);
        inside = true;
        owner = count > 0 ? stack[end - 1] : NULL;
        is_state = state_next;
        at = end;
    }
}
