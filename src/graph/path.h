/*
 * path.h - steps of a path in the spelling that brn_get() reads.
 *
 * Errors say where in a document they happened; these write the steps of
 * that place.
 */
#ifndef BRN_PATH_H
#define BRN_PATH_H

#include "../base.h"

/*
 * A step into a container by key: `[3]`, `['name']`, `[('a', 2)]`.  Keys that no path
 * can spell, or only at length, are `[...]`.  Like snprintf: at most `cap` bytes with the NUL,
 * returning the length of the whole, which is never above BRN_PATH_STEP_SIZE.
 */
#define BRN_PATH_STEP_SIZE 100
size_t brn_path_key(const brn_val *key, char *buf, size_t cap);

/* The same by index into a list or tuple. */
size_t brn_path_index(uint64_t index, char *buf, size_t cap);

/* The same into the state of an instance: `.name`, or `[...]` if it is no identifier. */
size_t brn_path_attr(const brn_val *name, char *buf, size_t cap);

/* The same of a step that is spelt already. */
size_t brn_path_text(const char *step, char *buf, size_t cap);

#endif /* BRN_PATH_H */
