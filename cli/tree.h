/*
 * tree.h - a value as a tree of lines, what `show` and `get` print.
 */
#ifndef BRINERY_CLI_TREE_H
#define BRINERY_CLI_TREE_H

#include "brinery.h"
#include "out.h"
#include "term.h"

typedef struct tree_options {
    uint64_t depth; /* levels below the root; UINT64_MAX: as many as fit on a few screens */
    size_t items;   /* children of a list that are shown */
    size_t width;   /* columns */
    bool all;       /* nothing is left out; depth and items mean nothing */
    bool ids;       /* brn_id() in front of every value */
    bool color;
} tree_options;

/* False if standard output failed.  *deeper: whether levels were left out; may be NULL. */
bool tree_show(out *o, const brn_val *root, const tree_options *options, bool *deeper);

#endif /* BRINERY_CLI_TREE_H */
