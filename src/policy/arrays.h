/*
 * arrays.h - numpy's arrays as a document has them: what schemas of libraries that are built on them look into.
 */
#ifndef BRN_ARRAYS_H
#define BRN_ARRAYS_H

#include "policy.h"

/* The most axes that numpy knows. */
#define BRN_MOST_AXES 64

typedef struct brn_checked_dtype {
    char kind; /* numpy's letter: b i u f c S U V M m O; T is StringDType */
    bool big_endian;
    bool has_objects;      /* itself, or in one of its fields */
    uint64_t size;         /* of an item, in bytes */
    const brn_val *fields; /* name: (dtype, offset), or NULL */
} brn_checked_dtype;

typedef struct brn_checked_array {
    brn_checked_dtype dtype;
    const brn_val *shape; /* a tuple */
    uint64_t count;       /* of items */
    const uint8_t
        *data;        /* or NULL: there are none, or they are outside of the pickle, or objects */
    uint8_t *decoded; /* what `data` points to, if it had to be made */
    size_t size;      /* in bytes */
    bool unseen;      /* joblib's: what it holds stands between the opcodes */
} brn_checked_array;

/* What a dtype, made with permission, is. */
bool brn_checked_dtype_of(const brn_checker *c, const brn_val *val, brn_checked_dtype *dtype);

/*
 * What an array, made with permission and not changed since, holds.  Its bytes are made if protocols 0 to 2 spell
 * them as text: give them back, also after a failure.
 */
bool brn_checked_array_of(const brn_checker *c, const brn_val *val, brn_checked_array *array);
void brn_checked_array_release(const brn_checker *c, brn_checked_array *array);

/* The length of an axis; 0 if there is none. */
uint64_t brn_checked_array_axis(const brn_checked_array *array, size_t axis);

/* Is every item an int (kinds i, u and b) from `low` to `high`?  True for no items. */
bool brn_checked_array_within(const brn_checked_array *array, int64_t low, int64_t high);

/*
 * Item `index` of an array whose data is there, as an int; `offset` and `dtype` are those of a field, or 0
 * and the array's own.
 */
int64_t brn_checked_array_int(const brn_checked_array *array, const brn_checked_dtype *dtype,
                              uint64_t offset, uint64_t index);

#endif /* BRN_ARRAYS_H */
