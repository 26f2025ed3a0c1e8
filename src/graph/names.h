/*
 * names.h - names of globals: their order, and what they are called in pickles of Python 2 and of Python 3.
 */
#ifndef BRN_NAMES_H
#define BRN_NAMES_H

#include "../base.h"

/* By module, then by name, bytes compared: below 0, 0 or above, as memcmp(). */
int brn_name_order(const brn_name *a, const brn_name *b);

/* The name in Python 3 of what a pickle below protocol 3 calls so. */
brn_name brn_name_of_python3(brn_name name);

/*
 * What to write below protocol 3 for a name of Python 3, so that it is the same again when
 * read.  False if there is nothing.
 */
bool brn_name_of_python2(brn_name name, brn_name *old);

#endif /* BRN_NAMES_H */
