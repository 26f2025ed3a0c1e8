/*
 * views.h - what the typed views share: which function a call names, and small arguments.
 *
 * A view reads a call the way the callee would, without the callee.  So each of them first says
 * exactly which shapes it knows, and everything it then looks at goes through the checks
 * below: a class nothing was done to, a container that is as it was when it was copied.
 */
#ifndef BRN_VIEWS_H
#define BRN_VIEWS_H

#include "document.h"

/* A module by name.  Those that Python 2 calls otherwise are meant by either name. */
bool brn_module_is(const brn_val *module, const char *name);

/* True of a global with this name that nothing was done to. */
bool brn_names(const brn_val *global, const char *module, const char *name);

/* The arguments of a call of the function with this name; NULL if it is something else. */
const brn_val *brn_args_of(const brn_val *val, const char *module, const char *name);

/* The same, if nothing was done to the result and there are so many arguments. */
const brn_val *brn_plain_args(const brn_val *val, const char *module, const char *name,
                              size_t least, size_t most);

/* The state of a value to which nothing was done but that; NULL if it is not so. */
const brn_val *brn_only_state(const brn_val *val);

/*
 * False of a container that was changed when something else could know it already: whoever
 * took its contents may have taken others.
 */
BRN_INLINE bool brn_settled(const brn_val *val)
{
    return val && !(val->flags & (BRN_FLAG_CHANGED | BRN_FLAG_TOUCHED));
}

/* The number of a BRN_INT from `least` to `most`. */
bool brn_int_within(const brn_val *val, int64_t least, int64_t most, int64_t *out);

/* The same of a size: not below 0. */
bool brn_size_of(const brn_val *val, size_t *out);

/* A BRN_INT or BRN_BIGINT. */
BRN_INLINE bool brn_is_int(const brn_val *val)
{
    return brn_is(val, BRN_INT) || brn_is(val, BRN_BIGINT);
}

/* The text of a BRN_STR or an ASCII BRN_PY2STR, NULL of anything else. */
const char *brn_text_of(const brn_val *val, size_t *size);

/*
 * brn_as_bytes(), false of another size than `expected`, without counting those of long text.
 * Bytes that are elsewhere may have any.
 */
#define BRN_ANY_SIZE SIZE_MAX
bool brn_bytes_of_size(const brn_val *val, const brn_buffers *buffers, size_t expected,
                       brn_blob *out);

/* Exactly `size` bytes, no bytearray, copied to `out`. */
bool brn_fixed_bytes(const brn_val *val, size_t size, uint8_t *out);

/* An integer of a dtype of kind i or u; false above INT64_MAX. */
bool brn_load_int(const brn_dtype *dtype, const uint8_t *bytes, int64_t *out);

/* The same of an array of one dimension; false if it is no such array, or elsewhere. */
bool brn_array_int(const brn_array *a, size_t index, int64_t *out);

#endif /* BRN_VIEWS_H */
