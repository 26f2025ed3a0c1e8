/*
 * cmd_show.c - `brinery show`: what a pickle holds, as a tree.
 */
#include "cmd_show.h"
#include "input.h"

#define AT(field) offsetof(settings, field)

static const option options[] = {
    SHOW_OPTIONS,
};

void show_value(app *a, const char *file, const brn_val *val)
{
    tree_options how = {
        .depth = a->set.depth,
        .items = a->set.items < SIZE_MAX ? (size_t)a->set.items : SIZE_MAX,
        .width = a->set.width == NOT_GIVEN ? a->term.width : (size_t)a->set.width,
        .all = a->set.all,
        .ids = a->set.ids,
        .color = a->term.color_out,
    };
    if (how.width > 10000)
        how.width = 10000;
    bool deeper = false;
    bool ok = tree_show(&a->out, val, &how, &deeper);
    if (ok && deeper && a->term.out_is_terminal && a->term.err_is_terminal) {
        (void)out_flush(&a->out);
        app_note(a, file, "there is more below: --depth N goes deeper, --all shows everything");
    }
}

void show_note_changed(const app *a, const char *file, const brn_doc *doc)
{
    uint32_t count = brn_doc_changed_later(doc);
    if (!count)
        return;
    text t = {0};
    text_plural(&t, count, "value was", "values were");
    app_note(a, file, "%s changed after a call had been given them", text_cstr(&t));
    text_free(&t);
}

static int run(app *a, int count, char **operands)
{
    (void)count;
    const char *file = operands[0];
    input in;
    int status = input_begin(a, &in, file);
    if (status != STATUS_OK)
        return status;
    brn_doc *doc = input_load(a, &in);
    if (doc) {
        show_value(a, file, brn_root(doc));
        (void)out_flush(&a->out);
        show_note_changed(a, file, doc);
    } else {
        status = STATUS_UNREADABLE;
    }
    size_t size = brn_doc_size(doc);
    brn_free(doc);
    return input_finish(a, &in, status, size);
}

const command command_show = {
    .name = "show",
    .summary = "what a pickle holds, as a tree",
    .operands = "FILE",
    .least_operands = 1,
    .most_operands = 1,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Print what a pickle holds as a tree, in Python's spelling.  Labels are steps of a path:\n"
        "written one behind the other they are what `brinery get` takes.  Long things are cut, "
        "and\n"
        "it is said how much is left out.  &1 marks a value that occurs again as *1, inside "
        "itself\n"
        "as well; py2'...' is a str of Python 2; (changed later) marks a value that was changed\n"
        "after a call had been given it.",
    .run = run,
};
