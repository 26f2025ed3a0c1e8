/*
 * lookup.c - follows a path, and says where it ends if it leads nowhere.
 */
#include "lookup.h"
#include "describe.h"

#include <stdlib.h>
#include <string.h>

/*
 * A path that leads nowhere: what the longest part of it that leads somewhere leads to,
 * and why it ends there.
 */
static int absent(const app *a, const char *file, const brn_val *root, const char *path,
                  const brn_error *err)
{
    size_t length = strlen(path);
    size_t there = err->offset < length ? (size_t)err->offset : length;
    char *prefix = cli_alloc(there + 1);
    memcpy(prefix, path, there);
    const brn_val *val = brn_get(root, prefix);
    line l = {0};
    if (val)
        describe(&l, val, 60);
    if (there && val)
        app_error(a, file, "%s leads nowhere: %s is there (%s), but %s", path, prefix,
                  text_cstr(&l.text), err->message);
    else
        app_error(a, file, "%s leads nowhere: %s", path, err->message);
    line_free(&l);
    free(prefix);
    return STATUS_NO;
}

int lookup(const app *a, const char *file, const brn_val *root, const char *path,
           const brn_val **val)
{
    brn_error err;
    *val = brn_get_err(root, path, &err);
    if (*val)
        return STATUS_OK;
    if (err.code == BRN_ERROR_PATH_SYNTAX) {
        app_error(a, NULL, "the path %s is wrong at character %llu: %s", path,
                  (unsigned long long)err.offset + 1, err.message);
        return STATUS_USAGE;
    }
    return absent(a, file, root, path, &err);
}
