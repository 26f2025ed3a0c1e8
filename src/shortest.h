/*
 * shortest.h - the decimal number by which a double is known: of those that read back as it the
 * one with the fewest digits, and of several such the nearest.
 */
#ifndef BRN_SHORTEST_H
#define BRN_SHORTEST_H

#include "base.h"

/* digits * 10^exponent; at most 17 digits, the last of which is not 0. */
typedef struct brn_digits {
    uint64_t digits;
    int exponent;
} brn_digits;

/* `value` is above 0 and finite. */
brn_digits brn_shortest(double value);

#endif /* BRN_SHORTEST_H */
