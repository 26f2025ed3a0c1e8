/*
 * census.c - walks a document from its root, with a stack of its own, and looks at every
 * value once.
 */
#include "census.h"
#include "stock.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------
 * The walk
 * ------------------------------------------------------------------------ */

enum { WHITE, OPEN, DONE };

typedef struct step {
    const brn_val *val;
    size_t next;   /* child */
    bool internal; /* a list of items that were appended, no value of its own */
} step;

typedef struct walk {
    census *census;
    uint8_t *colors;
    step *steps;
    size_t count;
    size_t cap;
} walk;

/* The child with this number, as the pickle makes values; NULL after the last. */
static const brn_val *child_of(const brn_val *val, size_t index, bool *internal)
{
    *internal = false;
    switch (brn_typeof(val)) {
    case BRN_LIST:
    case BRN_TUPLE:
    case BRN_SET:
    case BRN_FROZENSET: return brn_at(val, index);
    case BRN_DICT: return index % 2 ? brn_value_at(val, index / 2) : brn_key_at(val, index / 2);
    case BRN_PERSID:
        if (index == 0)
            return brn_persid(val);
        index--;
        break;
    case BRN_CALL:
    case BRN_OBJECT:
        if (index == 0)
            return brn_callee(val);
        if (index == 1)
            return brn_args(val);
        index -= 2;
        if (brn_kwargs(val)) {
            if (index == 0)
                return brn_kwargs(val);
            index--;
        }
        break;
    case BRN_GLOBAL:
    case BRN_EXT: break;
    default: return NULL;
    }
    const brn_val *what = NULL;
    brn_op op = brn_op_at(val, index, &what);
    *internal = op == BRN_OP_APPEND || op == BRN_OP_SET || op == BRN_OP_ADD;
    return op == BRN_OP_NONE ? NULL : what;
}

/* Values whose identity matters: something can be changed through one of its references. */
static bool counts_as_shared(const brn_val *val)
{
    brn_type type = brn_typeof(val);
    return type >= BRN_BYTEARRAY && type != BRN_GLOBAL &&
           !(type == BRN_TUPLE && brn_size(val) == 0);
}

static void enter(walk *w, const brn_val *val, bool internal)
{
    census *c = w->census;
    uint8_t *color = &w->colors[brn_id(val)];
    if (*color != WHITE) {
        if (counts_as_shared(val)) {
            c->references++;
            c->cycles += *color % 4 == OPEN;
            /* The bit above the color says that it was counted. */
            c->shared += !(*color & 4);
            *color |= 4;
        }
        return;
    }
    *color = OPEN;
    if (!internal) {
        c->values++;
        c->by_type[brn_typeof(val)]++;
    }
    w->steps = cli_grow(w->steps, &w->cap, w->count + 1, sizeof *w->steps);
    w->steps[w->count++] = (step){val, 0, internal};
    if (w->count - 1 > c->depth)
        c->depth = w->count - 1;
}

static void walk_from(walk *w, const brn_val *root)
{
    enter(w, root, false);
    while (w->count) {
        step *top = &w->steps[w->count - 1];
        bool internal;
        const brn_val *child = child_of(top->val, top->next++, &internal);
        if (child) {
            enter(w, child, internal);
            continue;
        }
        uint8_t *color = &w->colors[brn_id(top->val)];
        *color = (uint8_t)((*color & 4) | DONE);
        w->count--;
    }
}

/* ------------------------------------------------------------------------
 * Globals
 * ------------------------------------------------------------------------ */

static int compare_text(const brn_val *a, const brn_val *b)
{
    size_t a_size, b_size;
    const char *a_data = stock_text(a, &a_size);
    const char *b_data = stock_text(b, &b_size);
    int order =
        memcmp(a_data ? a_data : "", b_data ? b_data : "", a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_globals(const void *a, const void *b)
{
    const brn_val *x = ((const census_global *)a)->val;
    const brn_val *y = ((const census_global *)b)->val;
    int order = compare_text(brn_global_module(x), brn_global_module(y));
    return order ? order : compare_text(brn_global_name(x), brn_global_name(y));
}

static void count_globals(census *c, const brn_doc *doc)
{
    uint32_t count = brn_doc_count(doc);
    uint32_t *row_of = cli_alloc((size_t)count * sizeof *row_of);
    size_t cap = 0;
    for (uint32_t id = 0; id < count; id++) {
        const brn_val *val = brn_doc_value(doc, id);
        c->extensions += brn_typeof(val) == BRN_EXT;
        if (brn_typeof(val) != BRN_GLOBAL)
            continue;
        c->globals = cli_grow(c->globals, &cap, c->global_count + 1, sizeof *c->globals);
        row_of[id] = (uint32_t)c->global_count;
        c->globals[c->global_count++] = (census_global){.val = val, .named = 1};
    }
    for (uint32_t id = 0; id < count; id++) {
        const brn_val *val = brn_doc_value(doc, id);
        const brn_val *callee = brn_callee(val);
        if (brn_typeof(callee) != BRN_GLOBAL)
            continue;
        census_global *row = &c->globals[row_of[brn_id(callee)]];
        row->called += brn_typeof(val) == BRN_CALL;
        row->instances += brn_typeof(val) == BRN_OBJECT;
    }
    free(row_of);
    if (!c->global_count)
        return;
    qsort(c->globals, c->global_count, sizeof *c->globals, compare_globals);
    size_t kept = 0;
    for (size_t i = 1; i < c->global_count; i++) {
        census_global *last = &c->globals[kept];
        if (compare_globals(last, &c->globals[i]) == 0) {
            last->named += c->globals[i].named;
            last->called += c->globals[i].called;
            last->instances += c->globals[i].instances;
        } else {
            c->globals[++kept] = c->globals[i];
        }
    }
    c->global_count = kept + 1;
}

void census_take(census *c, const brn_doc *doc)
{
    memset(c, 0, sizeof *c);
    walk w = {.census = c};
    uint32_t count = brn_doc_count(doc);
    w.colors = cli_alloc(count);
    walk_from(&w, brn_root(doc));
    for (uint32_t id = 0; id < count; id++)
        c->unreachable += w.colors[id] == WHITE;
    free(w.colors);
    free(w.steps);
    count_globals(c, doc);
}

void census_free(census *c)
{
    free(c->globals);
    memset(c, 0, sizeof *c);
}
