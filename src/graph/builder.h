/*
 * builder.h - the graph host while it builds a document, for the files that
 * make it up: builder.c (the hooks), where.c (paths of errors), later.c
 * (values changed after a call).
 */
#ifndef BRN_BUILDER_H
#define BRN_BUILDER_H

#include "../machine/hooks.h"
#include "document.h"
#include "keys.h"

/* A value that was changed although something else already had hold of it. */
typedef struct brn_late {
    brn_val *val;
    uint32_t time; /* how many values there were */
} brn_late;

/* A call that was popped where it may have been made for the object below it. */
typedef struct brn_effect {
    brn_val *object;
    brn_val *call;
    uint32_t at; /* the entry among what was done to the object */
} brn_effect;

/* Dicts with the same keys, in the same order, are often many: see builder.c. */
#define BRN_SHAPES 64

typedef struct brn_builder {
    BRN_MACHINE(brn_val *) m;
    brn_doc *doc;
    brn_keys keys;
    brn_memo memo;
    brn_val *none;
    brn_val *yes;
    brn_val *no;
    brn_val *unit; /* the empty tuple */
    const brn_items *shapes[BRN_SHAPES];
    brn_late *late;
    size_t late_count;
    size_t late_cap;
    brn_effect *effects;
    size_t effect_count;
    size_t effect_cap;
    bool has_text; /* or bytes, or an int of many digits */
    uint32_t calls;
    bool popped; /* a call was popped from the stack */
    uint32_t buffers;
    int protocol; /* of the last PROTO; only if the document is traced */
} brn_builder;

/* Write where the machine stands to the error: the path of the value being built. */
void brn_builder_where(const brn_builder *h, brn_error *err);

/*
 * Find which of the candidates in h->late really were reachable from the arguments of a
 * call made before their change, and flag them; and count the calls that were popped and that
 * nothing refers to.  False without memory.
 */
bool brn_builder_mark_late(brn_builder *h);

#endif /* BRN_BUILDER_H */
