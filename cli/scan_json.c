/*
 * scan_json.c - what a scan found, as one JSON object (docs/scan.md).
 */
#include "scan_out.h"

#include <string.h>

static void put_string(text *t, const char *key, const char *value)
{
    text_printf(t, "\"%s\": ", key);
    text_json(t, value, strlen(value));
}

static void put_number(text *t, const char *key, uint64_t value)
{
    text_printf(t, ", \"%s\": %llu", key, (unsigned long long)value);
}

static void put_more(text *t, const char *key, const char *value)
{
    text_str(t, ", ");
    put_string(t, key, value);
}

static void put_error(text *t, int code, uint64_t offset, const char *message)
{
    text_str(t, ", \"error\": ");
    if (code == BRN_OK) {
        text_str(t, "null");
        return;
    }
    text_printf(t, "{\"code\": %d", code);
    put_more(t, "name", brn_code_name((brn_code)code));
    put_number(t, "offset", offset);
    put_more(t, "message", message);
    text_str(t, "}");
}

static void put_finding(text *t, const brn_finding *f)
{
    text_str(t, "{");
    put_string(t, "verdict", brn_verdict_name(f->verdict));
    put_more(t, "use", brn_use_name(f->use));
    put_more(t, "module", f->module);
    put_more(t, "name", f->name);
    put_more(t, "arguments", f->arguments);
    put_more(t, "category", f->category);
    put_more(t, "severity", brn_severity_name(f->severity));
    put_more(t, "reason", f->reason);
    put_number(t, "offset", f->offset);
    put_number(t, "count", f->count);
    text_str(t, "}");
}

static void put_stream(text *t, const brn_scan_stream *stream)
{
    text_str(t, "{");
    put_string(t, "where", stream->where);
    put_more(t, "format", stream->format);
    put_more(t, "verdict", brn_verdict_name(stream->verdict));
    put_number(t, "offset", stream->offset);
    put_number(t, "size", stream->size);
    put_number(t, "pickles", stream->pickles);
    put_number(t, "persistent_ids", stream->persistent_ids);
    put_number(t, "buffers", stream->buffers);
    put_number(t, "omitted", stream->omitted);
    put_more(t, "note", stream->note);
    put_error(t, (int)stream->code, stream->error_offset, stream->message);
    text_str(t, ", \"findings\": [");
    for (size_t i = 0; i < stream->finding_count; i++) {
        text_str(t, i ? ", " : "");
        put_finding(t, &stream->findings[i]);
    }
    text_str(t, "]}");
}

static void emit(app *a, text *t)
{
    (void)out_put(&a->out, t->data, t->size);
    text_clear(t);
}

void scan_json_begin(app *a)
{
    (void)out_str(&a->out, "{\"files\": [");
}

void scan_json_file(app *a, const scanned *s, bool first)
{
    text t = {0};
    text_str(&t, first ? "\n{" : ",\n{");
    put_string(&t, "file", s->file);
    put_more(&t, "verdict", brn_verdict_name(scanned_verdict(s)));
    text_printf(&t, ", \"unreadable\": %s", scanned_unreadable(s) ? "true" : "false");
    if (s->scan) {
        put_number(&t, "size", brn_scan_size(s->scan));
        put_error(&t, BRN_OK, 0, "");
    } else {
        put_error(&t, (int)s->err.code, s->err.offset, s->err.message);
    }
    text_str(&t, ", \"streams\": [");
    for (size_t i = 0; i < brn_scan_count(s->scan); i++) {
        text_str(&t, i ? ",\n " : "\n ");
        put_stream(&t, brn_scan_at(s->scan, i));
        emit(a, &t);
    }
    text_str(&t, "]}");
    emit(a, &t);
    text_free(&t);
}

void scan_json_end(app *a, const scan_sums *sums)
{
    text t = {0};
    text_printf(&t, "],\n\"files_scanned\": %llu", (unsigned long long)sums->files);
    for (int verdict = BRN_VERDICT_NONE; verdict <= BRN_VERDICT_DANGEROUS; verdict++)
        put_number(&t, brn_verdict_name((brn_verdict)verdict), sums->by_verdict[verdict]);
    text_str(&t, "}\n");
    emit(a, &t);
    text_free(&t);
}
