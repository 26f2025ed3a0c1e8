/*
 * report.c - copies what a trace found into the report, and answers the questions to it.
 */
#include "report.h"

#include "../repr.h"

#define MOST_NAME 400 /* bytes of a module or name in the report */

const char *brn_verdict_name(brn_verdict verdict)
{
    static const char *const names[] = {"none",    "data",       "known",
                                        "unknown", "unreadable", "dangerous"};
    return (size_t)verdict < BRN_ARRAY_LEN(names) ? names[verdict] : "none";
}

const char *brn_severity_name(brn_severity severity)
{
    static const char *const names[] = {"none", "low", "medium", "high", "critical"};
    return (size_t)severity < BRN_ARRAY_LEN(names) ? names[severity] : "none";
}

const char *brn_use_name(brn_use use)
{
    static const char *const names[] = {"lookup", "call", "state", "items", "result"};
    return (size_t)use < BRN_ARRAY_LEN(names) ? names[use] : "none";
}

brn_scan_stream *brn_scanned_stream(brn_scan *scan, const char *where, const char *format,
                                    uint64_t offset)
{
    void *streams = scan->streams;
    if (scan->count == scan->cap && !brn_memory_grow(&scan->memory, &streams, &scan->cap,
                                                     scan->count + 1, sizeof *scan->streams))
        return NULL;
    scan->streams = streams;
    brn_scan_stream *stream = &scan->streams[scan->count++];
    memset(stream, 0, sizeof *stream);
    stream->where = where;
    stream->format = format;
    stream->offset = offset;
    stream->message = "";
    stream->note = "";
    return stream;
}

void brn_scanned_note(brn_scan_stream *stream, const char *note)
{
    if (!stream->note[0])
        stream->note = note;
}

static bool set_error(brn_scan *scan, brn_scan_stream *stream, brn_code code, uint64_t offset,
                      const char *message)
{
    stream->code = code;
    stream->error_offset = offset;
    stream->message = brn_store_text(&scan->text, message, strlen(message));
    if (stream->verdict < BRN_VERDICT_UNREADABLE)
        stream->verdict = BRN_VERDICT_UNREADABLE;
    return stream->message != NULL;
}

bool brn_scanned_failure(brn_scan *scan, const char *where, const char *format, uint64_t offset,
                         brn_code code, const char *message)
{
    brn_scan_stream *stream = brn_scanned_stream(scan, where, format, offset);
    return stream && set_error(scan, stream, code, 0, message);
}

/* Printable text: what quotes would escape is escaped, the quotes are left out. */
static const char *printable(brn_scan *scan, const uint8_t *text, size_t size)
{
    char buffer[4 * MOST_NAME + 8];
    brn_out out;
    brn_out_init(&out, NULL, NULL, buffer, sizeof buffer);
    size_t shown = size < MOST_NAME ? size : MOST_NAME;
    while (shown < size && shown > 0 && (text[shown] & 0xc0) == 0x80)
        shown--;
    brn_out_repr_str(&out, (const char *)text, shown);
    char *begin = buffer + 1;
    size_t length = out.used > 2 ? out.used - 2 : 0;
    if (shown < size) {
        memcpy(begin + length, "...", 3);
        length += 3;
    }
    return brn_store_text(&scan->text, begin, length);
}

static bool copy_finding(brn_scan *scan, brn_finding *to, const brn_trace_finding *from)
{
    const brn_traced *name = from->name;
    const brn_judgement *ruling = &name->ruling;
    /* What the scan itself says of the whole has no module; a name's danger is not that of its every use. */
    bool told = from->verdict == BRN_VERDICT_DANGEROUS ||
                (from->verdict == BRN_VERDICT_UNKNOWN && name->module_size == 0);
    to->verdict = from->verdict;
    to->severity = told ? ruling->severity : BRN_SEVERITY_NONE;
    to->use = from->use;
    to->category = told && ruling->category ? ruling->category : "";
    to->offset = from->offset;
    to->count = from->count;
    to->module = printable(scan, name->module, name->module_size);
    to->name = printable(scan, name->text, name->size);
    const char *arguments = from->arguments ? from->arguments : "";
    to->arguments = brn_store_text(&scan->text, arguments, strlen(arguments));
    const char *reason = from->verdict <= BRN_VERDICT_KNOWN ? ""
                         : from->reason                     ? from->reason
                                                            : ruling->reason;
    to->reason = brn_store_text(&scan->text, reason, strlen(reason));
    return to->module && to->name && to->arguments && to->reason;
}

/* The stream in front of this one, if it is plain data that ends where this begins. */
static brn_scan_stream *to_be_continued(const brn_scan *scan, const char *where, uint64_t offset)
{
    brn_scan_stream *last = scan->count ? &scan->streams[scan->count - 1] : NULL;
    bool goes_on = last && last->where == where && last->offset + last->size == offset &&
                   last->verdict == BRN_VERDICT_DATA && last->code == BRN_OK && !last->buffers &&
                   !last->persistent_ids && !last->note[0];
    return goes_on ? last : NULL;
}

bool brn_scanned_trace(brn_scan *scan, const char *where, const char *format, uint64_t offset,
                       brn_trace *trace, brn_code code)
{
    bool plain = code == BRN_OK && trace->finding_count == 0 && !trace->omitted &&
                 !trace->persistent_ids && !trace->buffers && !trace->beyond_payloads;
    brn_scan_stream *stream = plain ? to_be_continued(scan, where, offset) : NULL;
    if (stream) {
        stream->size += trace->size;
        stream->pickles++;
        return true;
    }
    stream = brn_scanned_stream(scan, where, format, offset);
    if (!stream)
        return false;
    stream->size = trace->size;
    stream->pickles = 1;
    stream->verdict = trace->verdict;
    stream->persistent_ids = trace->persistent_ids;
    stream->buffers = trace->buffers;
    stream->omitted = trace->omitted;
    if (trace->finding_count > 0) {
        brn_finding *findings =
            brn_store_alloc(&scan->text, trace->finding_count * sizeof *findings);
        if (!findings)
            return false;
        for (size_t i = 0; i < trace->finding_count; i++) {
            if (!copy_finding(scan, &findings[i], &trace->findings[i]))
                return false;
        }
        stream->findings = findings;
        stream->finding_count = trace->finding_count;
    }
    if (code != BRN_OK)
        return set_error(scan, stream, code, trace->err.offset, trace->err.message);
    if (trace->beyond_payloads)
        return set_error(scan, stream, BRN_ERROR_LIMIT_SEARCH, 0,
                         "more hiding places than are looked into");
    return true;
}

void brn_scanned_finish(brn_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        const brn_scan_stream *stream = &scan->streams[i];
        if (stream->verdict > scan->verdict)
            scan->verdict = stream->verdict;
        scan->unreadable = scan->unreadable || stream->code != BRN_OK;
    }
}

/* ------------------------------------------------------------------------
 * Questions
 * ------------------------------------------------------------------------ */

void brn_scan_free(brn_scan *scan)
{
    if (!scan)
        return;
    brn_store_free(&scan->text);
    brn_memory memory = scan->memory;
    brn_memory_free(&memory, scan->streams, scan->cap * sizeof *scan->streams);
    brn_memory_free(&memory, scan, sizeof *scan);
}

brn_verdict brn_scan_verdict(const brn_scan *scan)
{
    return scan ? scan->verdict : BRN_VERDICT_NONE;
}

bool brn_scan_unreadable(const brn_scan *scan)
{
    return scan && scan->unreadable;
}

size_t brn_scan_count(const brn_scan *scan)
{
    return scan ? scan->count : 0;
}

const brn_scan_stream *brn_scan_at(const brn_scan *scan, size_t index)
{
    return scan && index < scan->count ? &scan->streams[index] : NULL;
}

uint64_t brn_scan_size(const brn_scan *scan)
{
    return scan ? scan->size : 0;
}
