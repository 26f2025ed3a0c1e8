/*
 * scan_sarif.c - what a scan found, as SARIF 2.1.0, which code hosts show beside the files.
 *
 * A rule is a kind of finding, not a name: what is dangerous by category, what is unknown, what cannot be
 * read.
 */
#include "scan_out.h"

#include <string.h>

static const struct rule {
    const char *id;
    const char *category; /* of what is dangerous; NULL: see find_rule() */
    const char *level;
    const char *help;
} rules[] = {
    {"code-execution", "code execution", "error", "Loading this file would run code."},
    {"process", "process", "error", "Loading this file would start or change processes."},
    {"file", "file", "error", "Loading this file would read or change files."},
    {"network", "network", "error", "Loading this file would open connections."},
    {"import", "import", "error", "Loading this file would import modules of its choice."},
    {"native-code", "native code", "error", "Loading this file would call native code."},
    {"unknown", NULL, "warning", "Loading this file would use a name that nobody has reviewed."},
    {"unreadable", NULL, "error",
     "This file cannot be read to its end, so nobody can call it safe."},
};
#define RULE_UNKNOWN (ARRAY_LEN(rules) - 2)
#define RULE_UNREADABLE (ARRAY_LEN(rules) - 1)

static size_t find_rule(const brn_finding *f)
{
    if (f->verdict != BRN_VERDICT_DANGEROUS)
        return RULE_UNKNOWN;
    for (size_t i = 0; i < RULE_UNKNOWN; i++) {
        if (strcmp(rules[i].category, f->category) == 0)
            return i;
    }
    return 0;
}

static void put_string(text *t, const char *value)
{
    text_json(t, value, strlen(value));
}

/* A path as the path of a URI. */
static void put_uri(text *t, const char *path)
{
    text uri = {0};
    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~/", c);
        if (plain)
            text_put(&uri, p, 1);
        else
            text_printf(&uri, "%%%02X", (unsigned)c);
    }
    put_string(t, text_cstr(&uri));
    text_free(&uri);
}

static void put_rules(text *t)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        text_printf(t, "%s\n      {\"id\": \"%s\", \"shortDescription\": {\"text\": ", i ? "," : "",
                    rules[i].id);
        put_string(t, rules[i].help);
        text_printf(t, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}", rules[i].level);
    }
}

/* One result; `stream` may be NULL. */
static void put_result(text *t, bool *first, size_t rule, const char *file,
                       const brn_scan_stream *stream, uint64_t offset, const char *message)
{
    text_printf(t, "%s\n    {\"ruleId\": \"%s\", \"ruleIndex\": %zu, \"level\": \"%s\", ",
                *first ? "" : ",", rules[rule].id, rule, rules[rule].level);
    *first = false;
    text_str(t, "\"message\": {\"text\": ");
    put_string(t, message);
    text_str(t, "}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
    put_uri(t, file);
    text_str(t, "}");
    /* Offsets inside of archives are no offsets of the file. */
    unsigned long long place = stream ? stream->offset + offset : 0;
    if (stream && !stream->where[0])
        text_printf(t, ", \"region\": {\"byteOffset\": %llu}", place);
    text_str(t, "}");
    if (stream && stream->where[0]) {
        text_str(t, ", \"logicalLocations\": [{\"fullyQualifiedName\": ");
        put_string(t, stream->where);
        text_str(t, "}]");
    }
    text_str(t, "}]}");
}

static void put_finding(text *t, bool *first, const char *file, const brn_scan_stream *stream,
                        const brn_finding *f)
{
    text message = {0};
    text_printf(&message, "%s%s%s", f->module, f->module[0] ? "." : "", f->name);
    switch (f->use) {
    case BRN_USE_LOOKUP: text_str(&message, " is imported."); break;
    case BRN_USE_CALL: text_printf(&message, " is called with (%s).", f->arguments); break;
    case BRN_USE_STATE: text_printf(&message, " gets state %s.", f->arguments); break;
    case BRN_USE_ITEMS: text_str(&message, " gets items."); break;
    case BRN_USE_RESULT:
        text_printf(&message, ": what it returned is called with (%s).", f->arguments);
        break;
    }
    text_printf(&message, " %s", f->reason);
    put_result(t, first, find_rule(f), file, stream, f->offset, text_cstr(&message));
    text_free(&message);
}

static void put_file(text *t, bool *first, const scanned *s)
{
    if (!s->scan)
        put_result(t, first, RULE_UNREADABLE, s->file, NULL, 0, s->err.message);
    for (size_t i = 0; i < brn_scan_count(s->scan); i++) {
        const brn_scan_stream *stream = brn_scan_at(s->scan, i);
        for (size_t j = 0; j < stream->finding_count; j++) {
            if (stream->findings[j].verdict >= BRN_VERDICT_UNKNOWN)
                put_finding(t, first, s->file, stream, &stream->findings[j]);
        }
        if (stream->code != BRN_OK)
            put_result(t, first, RULE_UNREADABLE, s->file, stream, stream->error_offset,
                       stream->message);
    }
}

void scan_sarif(app *a, const scanned *files, size_t count)
{
    text t = {0};
    text_str(
        &t,
        "{\"$schema\": "
        "\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json\",\n"
        " \"version\": \"2.1.0\",\n \"runs\": [{\n"
        "  \"tool\": {\"driver\": {\"name\": \"brinery\", \"version\": ");
    put_string(&t, brn_version());
    text_str(&t, ", \"rules\": [");
    put_rules(&t);
    text_str(&t, "]}},\n  \"results\": [");
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        put_file(&t, &first, &files[i]);
        (void)out_put(&a->out, t.data, t.size);
        text_clear(&t);
    }
    text_str(&t, "]\n }]\n}\n");
    (void)out_put(&a->out, t.data, t.size);
    text_free(&t);
}
