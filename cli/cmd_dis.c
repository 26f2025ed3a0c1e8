/*
 * cmd_dis.c - `brinery dis`: the opcodes of a pickle.
 */
#include "flow.h"
#include "input.h"

#define AT(field) offsetof(settings, field)

static const option options[] = {
    {"annotate", 'a', OPTION_FLAG, NULL, 0, AT(annotate), "say what each opcode does"},
    {"json", 'j', OPTION_FLAG, NULL, 0, AT(json),
     "one JSON object a line: offset, opcode, argument"},
    {"all", 0, OPTION_FLAG, NULL, 0, AT(all), "every pickle of the file, one after the other"},
};

static int run(app *a, int count, char **operands)
{
    (void)count;
    if (a->set.all && a->set.pickle != NOT_GIVEN)
        return app_usage(a, "--all and --pickle exclude each other");
    input in;
    int status = input_begin(a, &in, operands[0]);
    if (status != STATUS_OK)
        return status;
    uint32_t flags = (a->set.annotate ? BRN_DIS_ANNOTATE : 0) | (a->set.json ? BRN_DIS_JSON : 0);
    brn_options limits = input_options(a);
    flow output;
    flow_begin(&output, a, "disassembling", in.file);
    size_t size = 0;
    do {
        brn_error err;
        size = 0;
        brn_code code = brn_disassemble(in.data, in.size, flags, &limits, NULL, flow_sink, &output,
                                        &size, &err);
        if (code == BRN_ERROR_WRITE) {
            status = STATUS_UNREADABLE;
            break;
        }
        if (code != BRN_OK) {
            /* The text in front of the message, not behind it. */
            flow_end(&output);
            (void)out_flush(&a->out);
            status = input_failed(a, &in, in.file, &err);
            break;
        }
    } while (a->set.all && input_advance(&in, size));
    flow_end(&output);
    return input_finish(a, &in, status, a->set.all ? 0 : size);
}

const command command_dis = {
    .name = "dis",
    .summary = "the opcodes, as pickletools prints them",
    .operands = "FILE",
    .least_operands = 1,
    .most_operands = 1,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Disassemble a pickle, as `python -m pickletools` does.  It goes on where loading must\n"
        "refuse, and says what is wrong in the text; the exit code is 2 then.",
    .run = run,
};
