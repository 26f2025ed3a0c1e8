/*
 * fuzz_path.c - a path, a NUL, a pickle: the path leads somewhere, nowhere, or cannot be read;
 * and the path of an error, where it has one, can be read.
 */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
    if (!nul)
        return 0;
    const char *path = (const char *)data;
    const uint8_t *pickle = nul + 1;
    size_t pickle_size = size - (size_t)(pickle - data);
    brn_error err;
    brn_doc *doc = brn_read(pickle, pickle_size, NULL, NULL, &err);
    const brn_val *found = brn_get_err(doc ? brn_root(doc) : NULL, path, &err);
    if (found) {
        REQUIRE(doc && brn_doc_value(doc, brn_id(found)) == found);
        REQUIRE(brn_get(brn_root(doc), path) == found);
    } else if (doc) {
        REQUIRE(err.code == BRN_ERROR_PATH_ABSENT || err.code == BRN_ERROR_PATH_SYNTAX);
        REQUIRE(err.offset <= strlen(path));
        /* As far as it exists, it exists. */
        if (err.code == BRN_ERROR_PATH_ABSENT && strlen(err.path) + 1 < sizeof err.path)
            REQUIRE(brn_get(brn_root(doc), err.path));
    }
    brn_free(doc);
    return 0;
}
