/*
 * cmd_from_json.c - `brinery from-json`: pickles from what `brinery json --lossless` writes.
 */
#include "cmd_convert.h"

#include <string.h>

#define DEFAULT_PROTOCOL 4

/* The error, with its place in the file and not in the value that was read. */
static int refused(const app *a, const input *in, brn_error *err)
{
    char problem[512];
    err->offset += in->begin;
    (void)brn_error_text(err, problem, sizeof problem);
    app_error(a, in->file, "%s", problem);
    return STATUS_UNREADABLE;
}

/* The value that `in` is at; *size gets how much of the file it is. */
static int convert_value(app *a, const input *in, const char *to, size_t *size)
{
    brn_options limits = input_options(a);
    brn_error err;
    brn_doc *doc = brn_read_json(in->data, in->size, &limits, NULL, &err);
    if (!doc)
        return refused(a, in, &err);
    *size = brn_doc_size(doc);
    int status = STATUS_OK;
    if (strcmp(to, "-") != 0 && *size < in->size) {
        app_error(a, in->file,
                  "there is more than one value; several pickles can only go to "
                  "standard output");
        status = STATUS_UNREADABLE;
    } else {
        status = convert_write(a, in, doc, DEFAULT_PROTOCOL, to);
    }
    brn_free(doc);
    return status;
}

static int run(app *a, int count, char **operands)
{
    const char *to = count > 1 ? operands[1] : "-";
    int status = convert_check(a, to);
    if (status != STATUS_OK)
        return status;
    if (a->set.pickle != NOT_GIVEN)
        return app_usage(a, "--pickle is for files of pickles");
    input in;
    brn_error err;
    if (!input_open(a, &in, operands[0], &err))
        return input_failed(a, NULL, operands[0], &err);
    size_t size = 0;
    do {
        status = convert_value(a, &in, to, &size);
    } while (status == STATUS_OK && input_advance(&in, size));
    input_close(&in);
    return status;
}

const command command_from_json = {
    .name = "from-json",
    .summary = "a pickle from lossless JSON",
    .operands = "FILE [OUT]",
    .least_operands = 1,
    .most_operands = 2,
    .options = convert_options,
    .option_count = CONVERT_OPTIONS,
    .details =
        "Write as a pickle what `brinery json --lossless` has written, or any JSON without keys\n"
        "that begin with $.  Several values in one text become several pickles, on standard\n"
        "output.  Without --protocol it is 4; JSON of a pickle of Python 2 needs --protocol 2,\n"
        "as its names are those of Python 2.",
    .run = run,
};
