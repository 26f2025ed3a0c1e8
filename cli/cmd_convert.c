/*
 * cmd_convert.c - `brinery convert`: a pickle written again, in another protocol, smaller, or canonical.
 */
#include "cmd_convert.h"

#include <string.h>

#define AT(field) offsetof(settings, field)
#define HIGHEST_PROTOCOL 5

const option convert_options[CONVERT_OPTIONS] = {
    {"protocol", 'P', OPTION_NUMBER, "N", 0, AT(protocol), "0 to 5; without it, that of the file"},
    {"small", 0, OPTION_FLAG, NULL, 0, AT(small), "no memo entries that nothing uses, no frames"},
    {"canonical", 0, OPTION_FLAG, NULL, 0, AT(canonical),
     "the same bytes for the same values, however they were made"},
    {"sort-keys", 0, OPTION_FLAG, NULL, 0, AT(sort_keys), "canonical, dicts by their keys as well"},
    {"reordered", 0, OPTION_FLAG, NULL, 0, AT(reordered),
     "even if what calls saw or did is lost by it"},
    {"keep-names", 0, OPTION_FLAG, NULL, 0, AT(keep_names),
     "no names of Python 2 for those of Python 3, nor the reverse"},
};

/* Out-of-band buffers keep their order, because whoever loads the pickle has them in it. */
typedef struct buffers {
    uint32_t next;
    bool moved;
} buffers;

static bool keep_order(void *ctx, const brn_val *buffer)
{
    buffers *b = ctx;
    b->moved = b->moved || brn_buffer_index(buffer) != b->next++;
    return !b->moved;
}

static int own_protocol(const input *in, const brn_doc *doc)
{
    brn_stats stats;
    if (brn_doc_protocol(doc) > 0 ||
        brn_statistics(in->data, in->size, NULL, NULL, &stats, NULL) != BRN_OK)
        return brn_doc_protocol(doc);
    return stats.protocol_needed < 1 ? 0 : 1;
}

int convert_write(app *a, const input *in, const brn_doc *doc, int protocol, const char *to)
{
    const settings *set = &a->set;
    buffers b = {0};
    brn_error err;
    brn_write_options write = BRN_WRITE_OPTIONS_INIT;
    write.protocol = set->protocol == NOT_GIVEN ? protocol : (int)set->protocol;
    write.flags = (set->small ? BRN_WRITE_SMALL : 0) | (set->canonical ? BRN_WRITE_CANONICAL : 0) |
                  (set->sort_keys ? BRN_WRITE_SORT_KEYS : 0) |
                  (set->reordered ? BRN_WRITE_REORDERED : 0) |
                  (set->keep_names ? BRN_WRITE_KEEP_NAMES : 0);
    write.max_memory = set->max_memory;
    write.buffer = keep_order;
    write.buffer_ctx = &b;
    bool to_out = strcmp(to, "-") == 0;
    brn_code code = to_out ? brn_write_to(doc, &write, out_sink, &a->out, NULL, &err)
                           : brn_write_file(doc, to, &write, NULL, &err);
    if (code == BRN_OK)
        return STATUS_OK;
    /* What went wrong with standard output is said by main(). */
    if (to_out && code == BRN_ERROR_WRITE)
        return STATUS_UNREADABLE;
    char problem[512];
    (void)brn_error_text(&err, problem, sizeof problem);
    if (b.moved)
        app_error(a, in->file, "its out-of-band buffers would be in another order");
    else if (code == BRN_ERROR_OPEN || code == BRN_ERROR_WRITE)
        app_error(a, to, "%s", problem);
    else if (code == BRN_ERROR_ORDER_LOST)
        app_error(a, in->file, "%s; --reordered writes it all the same", problem);
    else
        app_error(a, in->file, "%s", problem);
    return STATUS_UNREADABLE;
}

int convert_check(const app *a, const char *to)
{
    if (a->set.protocol != NOT_GIVEN && a->set.protocol > HIGHEST_PROTOCOL)
        return app_usage(a, "--protocol is 0 to %d", HIGHEST_PROTOCOL);
    if (strcmp(to, "-") == 0 && a->term.out_is_terminal)
        return app_usage(a, "a pickle is nothing for a terminal: name a file, or send it to one");
    return STATUS_OK;
}

static int run(app *a, int count, char **operands)
{
    const char *to = count > 1 ? operands[1] : "-";
    int status = convert_check(a, to);
    if (status != STATUS_OK)
        return status;
    input in;
    status = input_begin(a, &in, operands[0]);
    if (status != STATUS_OK)
        return status;
    brn_doc *doc = input_load(a, &in);
    size_t size = brn_doc_size(doc);
    status = doc ? convert_write(a, &in, doc, own_protocol(&in, doc), to) : STATUS_UNREADABLE;
    brn_free(doc);
    return input_finish(a, &in, status, size);
}

const command command_convert = {
    .name = "convert",
    .summary = "another protocol, smaller, or canonical",
    .operands = "FILE [OUT]",
    .least_operands = 1,
    .most_operands = 2,
    .options = convert_options,
    .option_count = CONVERT_OPTIONS,
    .details =
        "Write a pickle again, to OUT or standard output.  Python's loads() makes an equal\n"
        "object of it: what a protocol lacks is said by calls, as Python does, or refused.\n"
        "OUT is replaced only when all has been written, so it may be FILE.  Refused without\n"
        "--reordered are pickles in which a value changes after a call had it, or calls are\n"
        "made for their effect only, and on no object.",
    .run = run,
};
