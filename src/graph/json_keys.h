/*
 * json_keys.h - dict keys as the member names of plain JSON.
 */
#ifndef BRN_JSON_KEYS_H
#define BRN_JSON_KEYS_H

#include "../memory.h"
#include "../repr.h"

/* A key that is a number, bool or None, as Python's json spells it, without quotes. */
void brn_json_scalar_key(brn_out *out, const brn_val *key);

/*
 * BRN_OK if every key of a dict can be spelt and no two are spelt the same, else a
 * code with *problem, a C string, saying what is wrong.
 */
brn_code brn_json_check_keys(brn_memory *memory, const brn_val *dict, const char **problem);

#endif /* BRN_JSON_KEYS_H */
