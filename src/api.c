/*
 * api.c - the few public functions that need more than one room.
 */
#include "graph/document.h"

const char *brn_version(void)
{
    return BRN_VERSION_STRING;
}

brn_doc *brn_read_file(const char *path, const brn_options *options, const brn_alloc *alloc,
                       brn_error *err)
{
    brn_input input;
    if (!brn_input_open(&input, path, options, alloc, err))
        return NULL;
    brn_options borrowing = BRN_OPTIONS_INIT;
    if (options)
        memcpy(&borrowing, options,
               options->size < sizeof borrowing ? options->size : sizeof borrowing);
    borrowing.size = sizeof borrowing;
    borrowing.flags |= BRN_BORROW;
    brn_doc *doc = brn_read(input.data, input.size, &borrowing, alloc, err);
    if (doc) {
        /* The document borrows the bytes of the file and closes it with itself. */
        doc->input = input;
        doc->close_input = brn_input_close;
    } else {
        brn_input_close(&input);
    }
    return doc;
}
