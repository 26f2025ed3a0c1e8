/*
 * cmd_get.c - `brinery get`: the value a path leads to.
 */
#include "cmd_json.h"
#include "cmd_show.h"
#include "input.h"
#include "lookup.h"
#include "stock.h"

#include <string.h>

#define AT(field) offsetof(settings, field)

static const option options[] = {
    {"json", 'j', OPTION_FLAG, NULL, 0, AT(json), "as plain JSON"},
    {"lossless", 'l', OPTION_FLAG, NULL, 0, AT(lossless), "as JSON that keeps every type"},
    {"raw", 'r', OPTION_FLAG, NULL, 0, AT(raw), "the content of text or bytes, as it is"},
    {"pretty", 0, OPTION_FLAG, NULL, 0, AT(pretty), "indent the JSON"},
    {"max-nodes", 0, OPTION_SIZE, "N", 0, AT(max_nodes), "values that plain JSON may write"},
    SHOW_OPTIONS,
};

static int put_raw(app *a, const char *file, const brn_val *val)
{
    text bytes = {0};
    size_t size = 0;
    const char *data = NULL;
    if (brn_typeof(val) == BRN_STR)
        data = brn_str(val, &size);
    else if (brn_typeof(val) != BRN_CALL)
        data = (const char *)brn_bytes(val, &size);
    else if (stock_bytes(val, SIZE_MAX, &bytes, &size))
        data = text_cstr(&bytes);
    int status = STATUS_OK;
    if (!data) {
        app_error(a, file, "--raw is for text and bytes: this is a %s",
                  brn_type_name(brn_typeof(val)));
        status = STATUS_USAGE;
    } else if (a->term.out_is_terminal) {
        /* Lines and tabs may pass; what steers a terminal may not. */
        bool safe = true;
        for (size_t at = 0; safe && at < size;) {
            const char *end = memchr(data + at, '\n', size - at);
            size_t length = end ? (size_t)(end - data) - at : size - at;
            safe = text_is_safe(data + at, length);
            at += length + 1;
        }
        if (!safe) {
            app_error(a, file,
                      "this holds control characters, which do not belong on a terminal: send it "
                      "to a file or a pipe");
            status = STATUS_USAGE;
        }
    }
    if (status == STATUS_OK)
        (void)out_put(&a->out, data, size);
    text_free(&bytes);
    return status;
}

static int run(app *a, int count, char **operands)
{
    (void)count;
    const char *file = operands[0];
    const char *path = operands[1];
    bool json = a->set.json || a->set.lossless;
    if (json && a->set.raw)
        return app_usage(a, "--raw and --json exclude each other");
    input in;
    int status = input_begin(a, &in, file);
    if (status != STATUS_OK)
        return status;
    brn_doc *doc = input_load(a, &in);
    const brn_val *val = NULL;
    if (doc)
        status = lookup(a, file, brn_root(doc), path, &val);
    else
        status = STATUS_UNREADABLE;
    if (val && json)
        status = json_write(a, &in, doc, val);
    else if (val && a->set.raw)
        status = put_raw(a, file, val);
    else if (val)
        show_value(a, file, val);
    brn_free(doc);
    input_close(&in);
    return status;
}

const command command_get = {
    .name = "get",
    .summary = "the value at a path",
    .operands = "FILE PATH",
    .least_operands = 2,
    .most_operands = 2,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Print the value a path leads to, as `brinery show` would.  A path is written as in "
        "Python:\n"
        "\n"
        "  ['steps'][0][1].coef_\n"
        "\n"
        "  [3] [-1]            item of a list or tuple, or a key that equals 3\n"
        "  ['key'] [('a', 2)]  a key: None, bool, int, float, str, bytes, or a tuple of them\n"
        "  .name               attribute of an instance, or a key that is a str\n"
        "  .__class__ .__args__ .__kwargs__ .__state__ .__called__\n"
        "                      what a call or an instance is made of\n"
        "\n"
        "A path that leads nowhere is exit code 1.",
    .run = run,
};
