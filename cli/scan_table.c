/*
 * scan_table.c - what a scan found, for people: a line for each file, and below it what there is to say.
 */
#include "scan_out.h"

#include <string.h>

brn_verdict scanned_verdict(const scanned *s)
{
    return s->scan ? brn_scan_verdict(s->scan) : BRN_VERDICT_UNREADABLE;
}

bool scanned_unreadable(const scanned *s)
{
    return !s->scan || brn_scan_unreadable(s->scan);
}

static style style_of(brn_verdict verdict)
{
    switch (verdict) {
    case BRN_VERDICT_DANGEROUS: return STYLE_ERROR;
    case BRN_VERDICT_UNREADABLE:
    case BRN_VERDICT_UNKNOWN: return STYLE_WARN;
    case BRN_VERDICT_NONE: return STYLE_NOTE;
    default: return STYLE_STRING;
    }
}

static void end_line(app *a, line *l)
{
    text_put(&l->text, "\n", 1);
    (void)out_put(&a->out, l->text.data, l->text.size);
    line_clear(l);
}

static void put_number(line *l, const char *before, uint64_t number)
{
    text t = {0};
    text_str(&t, before);
    text_number(&t, number);
    line_text(l, STYLE_NOTE, &t);
    text_free(&t);
}

static void put_finding(app *a, line *l, const brn_finding *f)
{
    line_str(l, STYLE_PLAIN, "    ");
    line_str(l, style_of(f->verdict), brn_verdict_name(f->verdict));
    line_pad(l, 15);
    if (f->module[0]) {
        line_str(l, STYLE_GLOBAL, f->module);
        line_str(l, STYLE_PLAIN, ".");
    }
    line_str(l, STYLE_GLOBAL, f->name);
    switch (f->use) {
    case BRN_USE_LOOKUP: line_str(l, STYLE_NOTE, " is imported"); break;
    case BRN_USE_CALL:
    case BRN_USE_RESULT:
        line_str(l, STYLE_PLAIN, f->use == BRN_USE_RESULT ? "(...)(" : "(");
        line_str(l, STYLE_STRING, f->arguments);
        line_str(l, STYLE_PLAIN, ")");
        break;
    case BRN_USE_STATE:
        line_str(l, STYLE_NOTE, " gets state ");
        line_str(l, STYLE_STRING, f->arguments);
        break;
    case BRN_USE_ITEMS: line_str(l, STYLE_NOTE, " gets items"); break;
    }
    put_number(l, " at byte ", f->offset);
    if (f->count > 1)
        put_number(l, ", times ", f->count);
    end_line(a, l);
    if (f->reason[0] && (f->verdict == BRN_VERDICT_DANGEROUS || f->use != BRN_USE_LOOKUP)) {
        line_str(l, STYLE_PLAIN, "               ");
        if (f->category[0]) {
            line_str(l, STYLE_NOTE, f->category);
            line_str(l, STYLE_NOTE, ", ");
            line_str(l, STYLE_NOTE, brn_severity_name(f->severity));
            line_str(l, STYLE_NOTE, ": ");
        }
        line_str(l, STYLE_NOTE, f->reason);
        end_line(a, l);
    }
}

/* Of one name, what is told of its import goes without saying when it is called. */
static bool goes_without_saying(const brn_scan_stream *stream, const brn_finding *f)
{
    if (f->use != BRN_USE_LOOKUP)
        return false;
    for (size_t i = 0; i < stream->finding_count; i++) {
        const brn_finding *other = &stream->findings[i];
        if (other->use == BRN_USE_CALL && other->verdict == f->verdict &&
            strcmp(other->name, f->name) == 0 && strcmp(other->module, f->module) == 0)
            return true;
    }
    return false;
}

static void put_stream_head(app *a, line *l, const brn_scan_stream *stream)
{
    line_str(l, STYLE_PLAIN, "  ");
    line_str(l, style_of(stream->verdict), brn_verdict_name(stream->verdict));
    line_pad(l, 13);
    if (stream->where[0]) {
        line_str(l, STYLE_KEY, stream->where);
        line_str(l, STYLE_PLAIN, ": ");
    }
    text t = {0};
    if (stream->pickles > 1)
        text_plural(&t, stream->pickles, "pickle", NULL);
    else
        text_str(&t, stream->format[0] ? stream->format : "file");
    text_printf(&t, " at byte ");
    text_number(&t, stream->offset);
    if (stream->size > 0) {
        text_str(&t, ", ");
        text_plural(&t, stream->size, "byte", NULL);
    }
    if (stream->persistent_ids) {
        text_str(&t, ", ");
        text_plural(&t, stream->persistent_ids, "persistent id", NULL);
    }
    if (stream->buffers) {
        text_str(&t, ", ");
        text_plural(&t, stream->buffers, "out-of-band buffer", NULL);
    }
    if (stream->note[0])
        text_printf(&t, "; %s", stream->note);
    line_text(l, STYLE_NOTE, &t);
    text_free(&t);
    end_line(a, l);
}

static void put_stream(app *a, line *l, const brn_scan_stream *stream)
{
    brn_verdict least = a->set.all ? BRN_VERDICT_NONE : BRN_VERDICT_UNKNOWN;
    if (stream->verdict < least && !stream->note[0])
        return;
    put_stream_head(a, l, stream);
    for (size_t i = 0; i < stream->finding_count; i++) {
        const brn_finding *f = &stream->findings[i];
        if (f->verdict >= least && !goes_without_saying(stream, f))
            put_finding(a, l, f);
    }
    if (stream->omitted) {
        put_number(l, "    and findings that are not listed: ", stream->omitted);
        end_line(a, l);
    }
    if (stream->code != BRN_OK) {
        text t = {0};
        text_printf(&t, "error %d (%s)", (int)stream->code, brn_code_name(stream->code));
        text_printf(&t, " at byte %llu: ", (unsigned long long)stream->error_offset);
        text_str(&t, stream->message);
        line_str(l, STYLE_PLAIN, "    ");
        line_str(l, STYLE_WARN, "unreadable ");
        line_text(l, STYLE_NOTE, &t);
        text_free(&t);
        end_line(a, l);
    }
}

void scan_table_file(app *a, const scanned *s)
{
    brn_verdict verdict = scanned_verdict(s);
    if (a->set.quiet && verdict < BRN_VERDICT_UNKNOWN)
        return;
    line l = {.color = a->term.color_out};
    line_str(&l, style_of(verdict),
             verdict == BRN_VERDICT_NONE ? "no pickle" : brn_verdict_name(verdict));
    line_pad(&l, 12);
    line_str(&l, STYLE_PLAIN, " ");
    line_str(&l, STYLE_KEY, strcmp(s->file, "-") == 0 ? "standard input" : s->file);
    if (scanned_unreadable(s) && verdict == BRN_VERDICT_DANGEROUS)
        line_str(&l, STYLE_WARN, " (and unreadable in part)");
    end_line(a, &l);
    for (size_t i = 0; i < brn_scan_count(s->scan); i++)
        put_stream(a, &l, brn_scan_at(s->scan, i));
    if (!s->scan) {
        char problem[1024];
        (void)brn_error_text(&s->err, problem, sizeof problem);
        line_str(&l, STYLE_PLAIN, "    ");
        line_str(&l, STYLE_NOTE, problem);
        end_line(a, &l);
    }
    line_free(&l);
}

void scan_table_end(app *a, const scan_sums *sums)
{
    if (a->set.quiet || sums->files < 2)
        return;
    text t = {0};
    text_plural(&t, sums->files, "file", NULL);
    const char *between = ": ";
    for (int verdict = BRN_VERDICT_DANGEROUS; verdict >= BRN_VERDICT_NONE; verdict--) {
        if (!sums->by_verdict[verdict])
            continue;
        text_str(&t, between);
        text_number(&t, sums->by_verdict[verdict]);
        text_printf(&t, " %s",
                    verdict == BRN_VERDICT_NONE ? "without a pickle"
                                                : brn_verdict_name((brn_verdict)verdict));
        between = ", ";
    }
    text_str(&t, "\n");
    (void)out_put(&a->out, t.data, t.size);
    text_free(&t);
}
