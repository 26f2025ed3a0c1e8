/*
 * cmd_stat.c - `brinery stat`: what a pickle is made of.
 */
#include "census.h"
#include "input.h"
#include "stock.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(settings, field)

/* Opcodes and globals that are listed without --all. */
#define LISTED_OPCODES 10
#define LISTED_GLOBALS 50

static const option options[] = {
    {"json", 'j', OPTION_FLAG, NULL, 0, AT(json), "as one JSON object"},
    {"all", 'a', OPTION_FLAG, NULL, 0, AT(all), "every opcode and every global"},
};

/* Everything there is to say. */
typedef struct facts {
    const input *in;
    const brn_doc *doc;
    brn_stats stats;
    census census;
} facts;

/* ------------------------------------------------------------------------
 * For people
 * ------------------------------------------------------------------------ */

#define VALUE_COLUMN 14

static void begin_row(line *l, const char *name)
{
    line_clear(l);
    line_str(l, STYLE_KEY, name);
    line_pad(l, VALUE_COLUMN);
}

static void end_row(app *a, line *l)
{
    text_put(&l->text, "\n", 1);
    (void)out_put(&a->out, l->text.data, l->text.size);
    line_clear(l);
}

static void row(app *a, line *l, const char *name, text *t)
{
    begin_row(l, name);
    line_text(l, STYLE_PLAIN, t);
    end_row(a, l);
    text_clear(t);
}

static void rows_of_file(app *a, line *l, const facts *f)
{
    const input *in = f->in;
    const brn_stats *s = &f->stats;
    text t = {0};
    text_plural(&t, in->file_size, "byte", NULL);
    if (in->packing) {
        text_printf(&t, " of %s, ", in->packing);
        text_plural(&t, in->begin + in->size, "byte", NULL);
        text_str(&t, " inflated");
    }
    row(a, l, "file", &t);

    text_plural(&t, s->bytes, "byte", NULL);
    if (in->number > 1) {
        text_printf(&t, ", the %llu. of the file, from byte ", (unsigned long long)in->number);
        text_number(&t, in->begin);
    }
    if (s->bytes < in->size) {
        text_str(&t, ", with ");
        text_plural(&t, in->size - s->bytes, "more byte", NULL);
        text_str(&t, " behind it");
    }
    row(a, l, "pickle", &t);

    text_printf(&t, "%d", brn_doc_protocol(f->doc));
    if (s->protocol_needed != brn_doc_protocol(f->doc))
        text_printf(&t, ", its opcodes need %d", s->protocol_needed);
    row(a, l, "protocol", &t);

    text_number(&t, s->opcodes);
    if (s->frames) {
        text_str(&t, ", in ");
        text_plural(&t, s->frames, "frame", NULL);
    }
    row(a, l, "opcodes", &t);

    text_plural(&t, s->max_stack, "value", NULL);
    text_str(&t, " and ");
    text_plural(&t, s->max_marks, "mark", NULL);
    text_str(&t, " at most");
    row(a, l, "stack", &t);

    text_number(&t, s->memo_puts);
    text_str(&t, " stored, ");
    text_number(&t, s->memo_gets);
    text_str(&t, " fetched");
    row(a, l, "memo", &t);
    text_free(&t);
}

static void rows_of_values(app *a, line *l, const facts *f)
{
    const census *c = &f->census;
    text t = {0};
    text_number(&t, c->values);
    row(a, l, "values", &t);
    const char *comma = "";
    begin_row(l, "");
    for (int type = BRN_NONE; type <= BRN_BUFFER; type++) {
        uint64_t n = c->by_type[type];
        if (type == BRN_INT)
            n += c->by_type[BRN_BIGINT];
        if (!n || type == BRN_BIGINT)
            continue;
        text_clear(&t);
        text_number(&t, n);
        text_printf(&t, " %s", brn_type_name((brn_type)type));
        line_str(l, STYLE_PLAIN, comma);
        if (l->columns + t.size > a->term.width) {
            end_row(a, l);
            begin_row(l, "");
        }
        line_text(l, STYLE_PLAIN, &t);
        comma = ", ";
    }
    end_row(a, l);
    text_clear(&t);
    if (c->unreachable) {
        text_number(&t, c->unreachable);
        text_str(&t, " made on the way, but not in the result");
        row(a, l, "", &t);
    }
    text_number(&t, c->depth);
    row(a, l, "depth", &t);

    if (c->shared) {
        text_plural(&t, c->shared, "value is", "values are");
        text_str(&t, " held more than once, by ");
        text_plural(&t, c->references, "more reference", NULL);
    } else {
        text_str(&t, "none");
    }
    if (c->cycles) {
        text_str(&t, "; ");
        text_plural(&t, c->cycles, "reference closes a cycle", "references close a cycle");
    }
    row(a, l, "sharing", &t);

    if (brn_doc_changed_later(f->doc)) {
        text_plural(&t, brn_doc_changed_later(f->doc), "value", NULL);
        text_str(&t, ", after a call had been given them");
        row(a, l, "changed later", &t);
    }
    text_size(&t, f->stats.payload_bytes);
    text_str(&t, " of text and bytes");
    row(a, l, "payload", &t);
    text_size(&t, brn_doc_memory(f->doc));
    text_str(&t, " for the values");
    row(a, l, "memory", &t);
    text_free(&t);
}

/* Opcode bytes by how often they occur. */
static size_t sorted_opcodes(const brn_stats *s, int *order)
{
    size_t count = 0;
    for (int byte = 0; byte < 256; byte++) {
        if (!s->by_opcode[byte])
            continue;
        size_t at = count++;
        for (; at && s->by_opcode[order[at - 1]] < s->by_opcode[byte]; at--)
            order[at] = order[at - 1];
        order[at] = byte;
    }
    return count;
}

static const char *opcode_name(int byte)
{
    const brn_opcode_info *info = brn_opcode(byte);
    return info ? info->name : "?";
}

static void rows_of_opcodes(app *a, line *l, const facts *f)
{
    int order[256];
    size_t count = sorted_opcodes(&f->stats, order);
    size_t shown = a->set.all || count <= LISTED_OPCODES + 1 ? count : LISTED_OPCODES;
    text t = {0};
    text_str(&t, "\nopcodes\n");
    (void)out_put(&a->out, t.data, t.size);
    for (size_t i = 0; i < shown; i++) {
        text_clear(&t);
        text_number(&t, f->stats.by_opcode[order[i]]);
        line_str(l, STYLE_PLAIN, "  ");
        line_pad(l, t.size < 12 ? 14 - t.size : 2);
        line_text(l, STYLE_NUMBER, &t);
        line_str(l, STYLE_PLAIN, "  ");
        line_str(l, STYLE_KEY, opcode_name(order[i]));
        end_row(a, l);
    }
    if (shown < count) {
        text_clear(&t);
        text_printf(&t, "                ... %zu more (--all)", count - shown);
        line_text(l, STYLE_NOTE, &t);
        end_row(a, l);
    }
    text_free(&t);
}

static void put_use(text *t, const census_global *g)
{
    const char *comma = "";
    if (g->called) {
        text_str(t, "called ");
        text_plural(t, g->called, "time", NULL);
        comma = ", ";
    }
    if (g->instances) {
        text_str(t, comma);
        text_plural(t, g->instances, "instance", NULL);
        comma = ", ";
    }
    if (!*comma)
        text_str(t, "named");
}

static void rows_of_globals(app *a, line *l, const facts *f)
{
    const census *c = &f->census;
    size_t shown =
        a->set.all || c->global_count <= LISTED_GLOBALS + 1 ? c->global_count : LISTED_GLOBALS;
    (void)out_str(&a->out, c->global_count || c->extensions ? "\nglobals\n" : "\nglobals: none\n");
    text t = {0};
    size_t widest = 0;
    for (size_t i = 0; i < shown; i++) {
        text_clear(&t);
        put_use(&t, &c->globals[i]);
        widest = t.size > widest ? t.size : widest;
    }
    for (size_t i = 0; i < shown; i++) {
        text_clear(&t);
        put_use(&t, &c->globals[i]);
        line_str(l, STYLE_PLAIN, "  ");
        line_text(l, STYLE_NUMBER, &t);
        line_pad(l, widest + 4);
        text_clear(&t);
        bool ok = stock_full_name(c->globals[i].val, &t);
        line_text(l, STYLE_GLOBAL, &t);
        if (!ok)
            line_str(l, STYLE_WARN, "(a name that is made by the pickle)");
        end_row(a, l);
    }
    text_clear(&t);
    if (shown < c->global_count) {
        text_str(&t, "  ... ");
        text_number(&t, c->global_count - shown);
        text_str(&t, " more (--all)");
        line_text(l, STYLE_NOTE, &t);
        end_row(a, l);
    }
    if (c->extensions) {
        text_clear(&t);
        text_str(&t, "  ");
        text_plural(&t, c->extensions, "code", NULL);
        text_str(&t, " of the extension registry");
        line_text(l, STYLE_WARN, &t);
        end_row(a, l);
    }
    text_free(&t);
}

/* ------------------------------------------------------------------------
 * For programs
 * ------------------------------------------------------------------------ */

static void json_count(text *t, const char *name, uint64_t n)
{
    text_printf(t, ", \"%s\": %llu", name, (unsigned long long)n);
}

static void json_globals(text *t, const census *c)
{
    text_str(t, ", \"globals\": [");
    for (size_t i = 0; i < c->global_count; i++) {
        const census_global *g = &c->globals[i];
        size_t size;
        const char *data = stock_text(brn_global_module(g->val), &size);
        text_str(t, i ? ", {\"module\": " : "{\"module\": ");
        text_json(t, data ? data : "", size);
        data = stock_text(brn_global_name(g->val), &size);
        text_str(t, ", \"name\": ");
        text_json(t, data ? data : "", size);
        json_count(t, "named", g->named);
        json_count(t, "called", g->called);
        json_count(t, "instances", g->instances);
        text_str(t, "}");
    }
    text_str(t, "]");
}

static void write_json(app *a, const facts *f)
{
    const input *in = f->in;
    const brn_stats *s = &f->stats;
    const census *c = &f->census;
    text t = {0};
    text_str(&t, "{\"file\": ");
    text_json(&t, in->file, strlen(in->file));
    json_count(&t, "file_bytes", in->file_size);
    if (in->packing)
        text_printf(&t, ", \"packing\": \"%s\"", in->packing);
    json_count(&t, "pickle", in->number);
    json_count(&t, "begin", in->begin);
    json_count(&t, "bytes", s->bytes);
    json_count(&t, "bytes_behind", in->size - s->bytes);
    json_count(&t, "protocol", (uint64_t)brn_doc_protocol(f->doc));
    json_count(&t, "protocol_needed", (uint64_t)s->protocol_needed);
    json_count(&t, "opcodes", s->opcodes);
    json_count(&t, "frames", s->frames);
    json_count(&t, "max_stack", s->max_stack);
    json_count(&t, "max_marks", s->max_marks);
    json_count(&t, "memo_puts", s->memo_puts);
    json_count(&t, "memo_gets", s->memo_gets);
    json_count(&t, "payload_bytes", s->payload_bytes);
    json_count(&t, "memory", brn_doc_memory(f->doc));
    json_count(&t, "values", c->values);
    json_count(&t, "unreachable", c->unreachable);
    json_count(&t, "depth", c->depth);
    json_count(&t, "shared", c->shared);
    json_count(&t, "references", c->references);
    json_count(&t, "cycles", c->cycles);
    json_count(&t, "changed_later", brn_doc_changed_later(f->doc));
    json_count(&t, "extensions", c->extensions);
    text_str(&t, ", \"types\": {");
    const char *comma = "";
    for (int type = BRN_NONE; type <= BRN_BUFFER; type++) {
        uint64_t n = c->by_type[type] + (type == BRN_INT ? c->by_type[BRN_BIGINT] : 0);
        if (!n || type == BRN_BIGINT)
            continue;
        text_printf(&t, "%s\"%s\": %llu", comma, brn_type_name((brn_type)type),
                    (unsigned long long)n);
        comma = ", ";
    }
    text_str(&t, "}, \"by_opcode\": {");
    int order[256];
    size_t count = sorted_opcodes(s, order);
    for (size_t i = 0; i < count; i++)
        text_printf(&t, "%s\"%s\": %llu", i ? ", " : "", opcode_name(order[i]),
                    (unsigned long long)s->by_opcode[order[i]]);
    text_str(&t, "}");
    json_globals(&t, c);
    text_str(&t, "}\n");
    (void)out_put(&a->out, t.data, t.size);
    text_free(&t);
}

/* ------------------------------------------------------------------------
 * The command
 * ------------------------------------------------------------------------ */

static void report(app *a, const facts *f)
{
    if (a->set.json) {
        write_json(a, f);
        return;
    }
    line l = {.color = a->term.color_out};
    rows_of_file(a, &l, f);
    rows_of_values(a, &l, f);
    rows_of_opcodes(a, &l, f);
    rows_of_globals(a, &l, f);
    line_free(&l);
}

static int run(app *a, int count, char **operands)
{
    (void)count;
    input in;
    int status = input_begin(a, &in, operands[0]);
    if (status != STATUS_OK)
        return status;
    facts f = {.in = &in};
    brn_error err;
    brn_options limits = input_options(a);
    brn_doc *doc = NULL;
    if (brn_statistics(in.data, in.size, &limits, NULL, &f.stats, &err) != BRN_OK)
        (void)input_failed(a, &in, in.file, &err);
    else
        doc = input_load(a, &in);
    if (doc) {
        f.doc = doc;
        census_take(&f.census, doc);
        report(a, &f);
        census_free(&f.census);
    } else {
        status = STATUS_UNREADABLE;
    }
    brn_free(doc);
    input_close(&in);
    return status;
}

const command command_stat = {
    .name = "stat",
    .summary = "sizes, opcodes, sharing, and the globals it names",
    .operands = "FILE",
    .least_operands = 1,
    .most_operands = 1,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details = "Tell what a pickle is made of: its size and protocol, opcodes, values by type, "
               "sharing and\n"
               "cycles, and every class or function it names: what Python would import and call.",
    .run = run,
};
