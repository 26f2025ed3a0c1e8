/*
 * models.c - what random generators, sparse matrices and models are made from, where compiled code would follow
 * their indices without looking.
 */
#include "arrays.h"

/* An array of so many whole numbers. */
static bool is_words(const brn_checker *c, const brn_val *val, uint64_t count)
{
    brn_array array;
    bool fits = brn_array_of(c, val, &array) && array.dtype.kind == 'u' && array.count == count &&
                brn_size(array.shape) == 1;
    brn_array_release(c, &array);
    return fits;
}

static bool is_words624(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 624);
}

static bool is_words4(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 4);
}

static bool is_words2(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 2);
}

brn_schema_fn brn_model_check(const char *name, size_t size)
{
    static const brn_schema_check checks[] = {
        {"words624", is_words624},
        {"words4", is_words4},
        {"words2", is_words2},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(checks); i++) {
        if (strlen(checks[i].name) == size && memcmp(checks[i].name, name, size) == 0)
            return checks[i].matches;
    }
    return NULL;
}
