/*
 * api.c - the few public functions that need more than one room.
 */
#include "graph/document.h"
#include "io/input.h"
#include "io/output.h"
#include "options.h"

const char *brn_version(void)
{
    return BRN_VERSION_STRING;
}

brn_doc *brn_read_file(const char *path, const brn_options *options, const brn_alloc *alloc,
                       brn_error *err)
{
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return NULL;
    brn_input input;
    if (!brn_input_open(&input, path, &effective, alloc, err))
        return NULL;
    /* The file counts as the document does. */
    size_t held = brn_input_memory(&input);
    if (effective.max_memory != BRN_UNLIMITED)
        effective.max_memory = effective.max_memory > held ? effective.max_memory - held : 1;
    effective.flags |= BRN_BORROW;
    brn_doc *doc = brn_read(input.data, input.size, &effective, alloc, err);
    if (doc) {
        /* The document borrows the bytes of the file and closes it with itself. */
        doc->input = input;
        doc->input_memory = held;
        doc->close_input = brn_input_close;
    } else {
        brn_input_close(&input);
    }
    return doc;
}

brn_code brn_write_file(const brn_doc *doc, const char *path, const brn_write_options *options,
                        const brn_alloc *alloc, brn_error *err)
{
    brn_error own;
    brn_memory memory;
    brn_output output;
    if (!err)
        err = &own;
    brn_error_clear(err);
    brn_memory_init(&memory, alloc, 0);
    if (!brn_output_open(&output, path, &memory, err))
        return err->code;
    brn_code code = brn_write_to(doc, options, brn_output_sink, &output, alloc, err);
    if (!brn_output_end(&output, code == BRN_OK, err) && code == BRN_OK)
        code = err->code;
    return code;
}
