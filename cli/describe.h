/*
 * describe.h - values in a few words: what one is, and what many have in common.
 */
#ifndef BRINERY_CLI_DESCRIBE_H
#define BRINERY_CLI_DESCRIBE_H

#include "term.h"
#include "view.h"

/*
 * What a value is, without its children: "list of 3", "numpy.ndarray float64 (3, 4)",
 * "collections.deque of 5".  For leaves, what spell_leaf() writes.
 */
void describe_head(line *l, const view *v, const view_counts *counts, size_t room);

/*
 * What a value is, in one line of at most about `room` columns: "dict of 6: steps,
 * memory, ...", "list of 200,000, all int".
 */
void describe(line *l, const brn_val *val, size_t room);

/* ------------------------------------------------------------------------
 * What values have in common
 * ------------------------------------------------------------------------ */

/*
 * Two values are alike if they are of the same type or class; dicts if they have the same
 * keys in the same order, tuples if they are of the same length.  `budget` is what looking may
 * still cost; where it is spent, nothing is alike any more.
 */
bool values_alike(const brn_val *a, const brn_val *b, uint64_t *budget);

/* How many children of a group, from `index` on, are like that one. */
size_t run_of_alike(const group *g, size_t index, uint64_t *budget);

/* What alike values are: "int", "dict with the same 6 keys", "tuple of 2". */
void describe_shape(text *t, const brn_val *val);

#endif /* BRINERY_CLI_DESCRIBE_H */
