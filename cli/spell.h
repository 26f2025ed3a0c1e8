/*
 * spell.h - one value in one piece: numbers, text, bytes, globals, and the calls that
 * stand for one plain value.
 */
#ifndef BRINERY_CLI_SPELL_H
#define BRINERY_CLI_SPELL_H

#include "brinery.h"
#include "term.h"

#define ROOM_UNLIMITED SIZE_MAX

/*
 * Write a value that is spelt in one piece, in at most about `room` columns; longer text and
 * numbers are cut, and it is said how long they are.  False, and nothing written, for
 * values that are not spelt in one piece: containers, instances, other calls.  *cut tells
 * whether something is left out; it may be NULL.
 */
bool spell_leaf(line *l, const brn_val *val, size_t room, bool *cut);

/* True if spell_leaf() would write it. */
bool spell_is_leaf(const brn_val *val);

/* The name of a class or function, as stock_name(), or what else is in its place. */
void spell_name(line *l, style how, const brn_val *val);

#endif /* BRINERY_CLI_SPELL_H */
