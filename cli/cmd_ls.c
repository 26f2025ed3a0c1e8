/*
 * cmd_ls.c - `brinery ls`: a row for each file.
 *
 * Rows are printed as files are read, so columns are as wide as the names given make
 * them, and the description, whose width nobody knows, comes last.
 */
#include "describe.h"
#include "files.h"
#include "input.h"

#include <string.h>

#define AT(field) offsetof(settings, field)

/* Longer names push their row to the right. */
#define NAME_COLUMNS 48

static const option options[] = {
    {"recursive", 'r', OPTION_FLAG, NULL, 0, AT(recurse), "the pickles in folders, and theirs"},
    {"json", 'j', OPTION_FLAG, NULL, 0, AT(json), "one JSON object a file"},
};

/* What is told about a file. */
typedef struct entry {
    const char *file;
    bool ok;
    bool opened;
    uint64_t size;
    const char *packing;
    int protocol;
    uint64_t pickles;
    uint64_t rest; /* bytes behind the last pickle that are none */
    const char *type;
    line holds; /* what it is, or what is wrong */
    brn_error err;
} entry;

static void read_entry(const app *a, entry *e, const file_entry *file)
{
    input in;
    if (file->is_folder) {
        e->err.code = BRN_ERROR_READ;
        e->err.opcode = -1;
        line_str(&e->holds, STYLE_ERROR, "this is a folder (-r lists the pickles in it)");
        return;
    }
    text problem = {0};
    if (!input_open(a, &in, e->file, &e->err)) {
        input_problem(NULL, &e->err, &problem);
        line_text(&e->holds, STYLE_ERROR, &problem);
        text_free(&problem);
        return;
    }
    e->opened = true;
    e->size = in.file_size;
    e->packing = in.packing;
    brn_doc *doc = input_document(a, &in, &e->err);
    if (doc) {
        e->ok = true;
        e->pickles = 1;
        e->protocol = brn_doc_protocol(doc);
        e->type = brn_type_name(brn_typeof(brn_root(doc)));
        describe(&e->holds, brn_root(doc), 60);
        size_t size = brn_doc_size(doc);
        brn_free(doc);
        while (input_advance(&in, size)) {
            size = brn_measure(in.data, in.size, NULL);
            if (!size) {
                e->rest = in.size;
                break;
            }
            e->pickles++;
        }
    } else {
        input_problem(&in, &e->err, &problem);
        line_text(&e->holds, STYLE_ERROR, &problem);
    }
    text_free(&problem);
    input_close(&in);
}

static void print_row(app *a, const entry *e, size_t name_columns)
{
    line l = {.color = a->term.color_out};
    text t = {0};
    if (e->opened)
        text_size(&t, e->size);
    else
        text_str(&t, "-");
    line_pad(&l, t.size < 7 ? 7 - t.size : 0);
    line_text(&l, STYLE_NUMBER, &t);
    text_clear(&t);
    if (e->ok)
        text_printf(&t, "p%d", e->protocol);
    line_pad(&l, 9);
    line_text(&l, STYLE_NOTE, &t);
    line_pad(&l, 13);
    line_str(&l, STYLE_KEY, strcmp(e->file, "-") == 0 ? "standard input" : e->file);
    line_pad(&l, 13 + name_columns);
    line_str(&l, STYLE_PLAIN, "  ");
    if (e->pickles > 1) {
        text_clear(&t);
        text_plural(&t, e->pickles, "pickle", NULL);
        text_str(&t, ", the first: ");
        line_text(&l, STYLE_NOTE, &t);
    }
    text_put(&l.text, e->holds.text.data, e->holds.text.size);
    text_clear(&t);
    if (e->packing)
        text_printf(&t, "  (%s)", e->packing);
    if (e->rest) {
        text_str(&t, "  (");
        text_plural(&t, e->rest, "byte", NULL);
        text_str(&t, " behind it that are no pickle)");
    }
    line_text(&l, STYLE_NOTE, &t);
    text_put(&l.text, "\n", 1);
    (void)out_put(&a->out, l.text.data, l.text.size);
    text_free(&t);
    line_free(&l);
}

static void print_json(app *a, const entry *e)
{
    text t = {0};
    text_str(&t, "{\"file\": ");
    text_json(&t, e->file, strlen(e->file));
    if (e->opened)
        text_printf(&t, ", \"size\": %llu", (unsigned long long)e->size);
    if (e->packing)
        text_printf(&t, ", \"packing\": \"%s\"", e->packing);
    if (e->ok) {
        text_printf(&t, ", \"protocol\": %d, \"pickles\": %llu, \"rest\": %llu, \"type\": \"%s\"",
                    e->protocol, (unsigned long long)e->pickles, (unsigned long long)e->rest,
                    e->type);
        text_str(&t, ", \"holds\": ");
        text_json(&t, text_cstr(&e->holds.text), e->holds.text.size);
    } else {
        text_printf(
            &t, ", \"error\": {\"code\": %d, \"name\": \"%s\", \"offset\": %llu, \"text\": ",
            (int)e->err.code, brn_code_name(e->err.code), (unsigned long long)e->err.offset);
        text_json(&t, text_cstr(&e->holds.text), e->holds.text.size);
        text_str(&t, "}");
    }
    text_str(&t, "}\n");
    (void)out_put(&a->out, t.data, t.size);
    text_free(&t);
}

static int run(app *a, int count, char **operands)
{
    if (a->set.pickle != NOT_GIVEN)
        return app_usage(a, "ls counts pickles, so it takes no --pickle");
    file_list list;
    files_wanted wanted = a->set.recurse ? FILES_PICKLES : FILES_GIVEN;
    int status = files_collect(a, &list, count, operands, wanted) ? STATUS_OK : STATUS_UNREADABLE;
    size_t name_columns = 0;
    for (size_t i = 0; i < list.count; i++) {
        size_t columns = text_columns(list.entries[i].path, strlen(list.entries[i].path));
        if (columns > name_columns && columns <= NAME_COLUMNS)
            name_columns = columns;
    }
    for (size_t i = 0; i < list.count; i++) {
        entry e = {.file = list.entries[i].path};
        e.holds.color = a->term.color_out && !a->set.json;
        read_entry(a, &e, &list.entries[i]);
        if (a->set.json)
            print_json(a, &e);
        else
            print_row(a, &e, name_columns);
        if (!e.ok)
            status = STATUS_UNREADABLE;
        line_free(&e.holds);
        /* On a terminal people read along; and a reader that is gone needs no more rows. */
        if ((a->term.out_is_terminal && !out_flush(&a->out)) || a->out.error)
            break;
    }
    if (!list.count && status == STATUS_OK) {
        app_note(a, NULL, "no pickles found");
        status = STATUS_NO;
    }
    files_free(&list);
    return status;
}

const command command_ls = {
    .name = "ls",
    .summary = "a row for each file: size, protocol, what it holds",
    .operands = "FILE...",
    .least_operands = 1,
    .most_operands = -1,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Print a row for each file: its size, protocol, name, and what it holds, or what is wrong\n"
        "with it; the exit code is 2 then.  With -r folders are searched for files that are\n"
        "called like pickles or begin like one.",
    .run = run,
};
