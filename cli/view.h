/*
 * view.h - a value as people think of it: what it is, and its children in groups.
 *
 * The library tells how a pickle makes a value (a call, its arguments, a list of what was
 * done afterwards); a view tells what it is: a list, a set, an instance with
 * attributes, an array.  Everything that walks values (tree, summaries, statistics) walks
 * views.
 */
#ifndef BRINERY_CLI_VIEW_H
#define BRINERY_CLI_VIEW_H

#include "brinery.h"
#include "text.h"

typedef enum view_kind {
    VIEW_LEAF, /* spelt in one piece: spell.h */
    VIEW_LIST,
    VIEW_TUPLE,
    VIEW_DICT,
    VIEW_SET,
    VIEW_FROZENSET,
    VIEW_ARRAY,
    VIEW_INSTANCE, /* of a class: a call or an object */
    VIEW_NAME,     /* a global that something was done to */
    VIEW_PERSID,
    VIEW_EXT
} view_kind;

typedef struct view {
    const brn_val *val;
    view_kind kind;
    /* Of VIEW_INSTANCE: */
    const brn_val *class_; /* mostly a global */
    bool is_called; /* by a BRN_CALL: written with parentheses even if there are no arguments */
    const brn_val *args;   /* a tuple; NULL if they are told otherwise */
    size_t args_from;      /* the arguments in front of this one are told otherwise */
    const char *args_name; /* what the one argument that is left is called; then it stands last */
    const brn_val *kwargs;
    /* Of the sets of protocols up to 3, and of Counter: what holds the children. */
    const brn_val *elements;
} view;

void view_of(view *v, const brn_val *val);

/* ------------------------------------------------------------------------
 * Children
 * ------------------------------------------------------------------------ */

typedef enum group_kind {
    GROUP_ITEMS,    /* [0] */
    GROUP_PAIRS,    /* key: value */
    GROUP_ELEMENTS, /* of a set: without a name */
    GROUP_ATTRS,    /* .name: the pairs of a dict */
    GROUP_SINGLE    /* one value, called what `prefix` says */
} group_kind;

typedef struct group {
    group_kind kind;
    const brn_val *container; /* of GROUP_SINGLE the value itself */
    const char *prefix;       /* in front of the name of a child, as brn_get() spells it */
    size_t from;              /* first child in the container */
    size_t count;
    size_t base;  /* what the first child of GROUP_ITEMS is numbered */
    bool is_args; /* the arguments of a call, which may stand in its first line instead */
} group;

/* A walk over the groups of a view; zeroed it is at the beginning. */
typedef struct group_walk {
    size_t stage;
    size_t op;
    size_t part;
    size_t base;
} group_walk;

/* The next group that is not empty; false after the last. */
bool view_next_group(const view *v, group_walk *walk, group *g);

/* Key (of GROUP_PAIRS and GROUP_ATTRS, else NULL) and value of a child. */
const brn_val *group_key(const group *g, size_t index);
const brn_val *group_value(const group *g, size_t index);

/* How many children, by what they are; each op is looked at once. */
typedef struct view_counts {
    uint64_t items; /* and elements */
    uint64_t pairs;
    uint64_t attrs;
    uint64_t args;
    uint64_t all;
} view_counts;

view_counts view_count(const view *v);

#endif /* BRINERY_CLI_VIEW_H */
