/*
 * cmd_json.c - `brinery json`: pickles as JSON.
 */
#include "cmd_json.h"
#include "flow.h"
#include "lookup.h"

#define AT(field) offsetof(settings, field)

static const option options[] = {
    {"lossless", 'l', OPTION_FLAG, NULL, 0, AT(lossless),
     "keep every type, and all sharing (docs/json.md)"},
    {"pretty", 0, OPTION_FLAG, NULL, 0, AT(pretty), "indent by two spaces"},
    {"all", 'a', OPTION_FLAG, NULL, 0, AT(all),
     "every pickle of the file, one line each (JSON Lines)"},
    {"max-nodes", 0, OPTION_SIZE, "N", 0, AT(max_nodes),
     "values that plain JSON may write, shared ones each time"},
};

int json_write(app *a, const input *in, const brn_doc *doc, const brn_val *val)
{
    uint32_t flags =
        (a->set.lossless ? BRN_JSON_LOSSLESS : 0) | (a->set.pretty ? BRN_JSON_PRETTY : 0);
    brn_json_report report = {0};
    brn_error err;
    flow output;
    flow_begin(&output, a, "writing", in->file);
    brn_code code = brn_json(doc, val, flags, a->set.max_nodes, flow_sink, &output, &report, &err);
    flow_end(&output);
    /* What went wrong with standard output is said by main(). */
    if (code == BRN_ERROR_WRITE)
        return STATUS_UNREADABLE;
    if (code != BRN_OK)
        return input_failed(a, in, in->file, &err);
    (void)out_str(&a->out, "\n");
    if (report.standins) {
        /* The JSON in front of the note, not behind it. */
        (void)out_flush(&a->out);
        text t = {0};
        text_plural(&t, report.standins, "value has", "values have");
        app_note(a, in->file,
                 "%s no JSON spelling and got a stand-in (--lossless keeps everything)",
                 text_cstr(&t));
        text_free(&t);
    }
    return STATUS_OK;
}

static int write_pickle(app *a, input *in, const char *path, size_t *size)
{
    brn_doc *doc = input_load(a, in);
    if (!doc)
        return STATUS_UNREADABLE;
    const brn_val *val = brn_root(doc);
    int status = STATUS_OK;
    if (path)
        status = lookup(a, in->file, brn_root(doc), path, &val);
    if (val)
        status = json_write(a, in, doc, val);
    *size = brn_doc_size(doc);
    brn_free(doc);
    return status;
}

static int run(app *a, int count, char **operands)
{
    const char *path = count > 1 ? operands[1] : NULL;
    if (a->set.all && a->set.pickle != NOT_GIVEN)
        return app_usage(a, "--all and --pickle exclude each other");
    input in;
    int status = input_begin(a, &in, operands[0]);
    if (status != STATUS_OK)
        return status;
    size_t size = 0;
    do {
        int one = write_pickle(a, &in, path, &size);
        if (one > status)
            status = one;
    } while (a->set.all && status != STATUS_UNREADABLE && input_advance(&in, size));
    return input_finish(a, &in, status, a->set.all ? 0 : size);
}

const command command_json = {
    .name = "json",
    .summary = "as JSON, for other programs",
    .operands = "FILE [PATH]",
    .least_operands = 1,
    .most_operands = 2,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Write a pickle, or the value at a path in it, as JSON.  Plain JSON is for data: tuples "
        "and\n"
        "sets become arrays, what JSON cannot spell gets a readable stand-in, and how often is "
        "said\n"
        "on standard error.  Cycles, keys that would be spelt the same, and shared values that "
        "would\n"
        "grow past --max-nodes are refused.  --lossless writes every pickle, and loses nothing.",
    .run = run,
};
