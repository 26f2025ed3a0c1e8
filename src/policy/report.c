/*
 * report.c - what a check found: decisions, names, and the list of what is missing.
 */
#include "policy.h"

#include <stdio.h>

/* What is forbidden has no name to be listed once by; so many of them tell enough. */
#define MOST_FORBIDDEN 100

void brn_report_free(brn_report *report)
{
    if (!report)
        return;
    brn_memory memory = report->memory;
    for (size_t i = 0; i < report->missing_count; i++) {
        brn_memory_free(&memory, report->missing[i].text, report->missing[i].text_size);
        brn_memory_free(&memory, report->missing[i].path, BRN_PATH_SIZE);
    }
    brn_memory_free(&memory, report->missing, report->missing_cap * sizeof *report->missing);
    brn_memory_free(&memory, report->decided, report->cap * sizeof *report->decided);
    brn_names_free(&report->names, &memory);
    brn_memory_free(&memory, report, sizeof *report);
}

brn_ruling brn_report_ruling(const brn_report *report)
{
    return report ? report->worst : BRN_RULING_FORBIDDEN;
}

size_t brn_report_count(const brn_report *report)
{
    return report ? report->count : 0;
}

bool brn_report_decision(const brn_report *report, size_t index, brn_decision *decision)
{
    if (!report || index >= report->count)
        return false;
    const brn_decided *row = &report->decided[index];
    *decision = (brn_decision){
        .offset = row->offset,
        .opcode = row->opcode,
        .operation = (brn_grant)row->operation,
        .ruling = (brn_ruling)row->ruling,
        .reason = (brn_reason)(row->reason & ~BRN_DECIDED_MEMBER),
        .name = {"", 0, "", 0},
        .name_index = row->name,
        .member = (row->reason & BRN_DECIDED_MEMBER) != 0,
        .value = brn_doc_value(report->doc, row->value),
    };
    (void)brn_report_name(report, row->name, &decision->name);
    return true;
}

size_t brn_report_names(const brn_report *report)
{
    return report ? report->names.count : 0;
}

bool brn_report_name(const brn_report *report, size_t index, brn_name *name)
{
    if (!report || index >= report->names.count)
        return false;
    *name = report->names.rows[index].name;
    return true;
}

bool brn_report_missing(const brn_report *report, size_t index, brn_missing *missing)
{
    if (!report || index >= report->missing_count)
        return false;
    *missing = report->missing[index].missing;
    return true;
}

const char *brn_reason_text(brn_reason reason)
{
    switch (reason) {
    case BRN_REASON_NONE: return "allowed";
    case BRN_REASON_NAME: return "no entry allows it";
    case BRN_REASON_ARGUMENTS: return "not with such arguments or state";
    case BRN_REASON_DUNDER: return "a name with two underscores at both ends";
    case BRN_REASON_NOT_TEXT: return "a name that is not plain text";
    case BRN_REASON_NOT_NAMED: return "what is called or changed has no name";
    case BRN_REASON_STATE_OF_NAME: return "a class or function itself would be changed";
    case BRN_REASON_EXTENSION: return "an extension code that is not registered";
    case BRN_REASON_PERSISTENT: return "a persistent id, and nothing to load it with";
    case BRN_REASON_BUFFER: return "an out-of-band buffer, and none were given";
    case BRN_REASON_DOTTED: return "a dotted name, which protocols below 4 do not follow";
    }
    return "unknown";
}

/* ------------------------------------------------------------------------
 * What is missing
 * ------------------------------------------------------------------------ */

static brn_missing_row *add_missing(brn_report *report, const brn_decided *decided)
{
    void *missing = report->missing;
    if (!brn_memory_grow(&report->memory, &missing, &report->missing_cap, report->missing_count + 1,
                         sizeof *report->missing))
        return NULL;
    report->missing = missing;
    brn_missing_row *row = &report->missing[report->missing_count++];
    *row = (brn_missing_row){
        .missing = {NULL, NULL, decided->operation,
                    (brn_reason)(decided->reason & ~BRN_DECIDED_MEMBER), decided->offset, ""},
        .name = decided->name,
        .value = decided->value,
    };
    return row;
}

/* By name: the row of a name + 1, or 0. */
static bool collect(brn_report *report, uint32_t *row_of)
{
    size_t forbidden = 0;
    for (size_t i = 0; i < report->count; i++) {
        const brn_decided *decided = &report->decided[i];
        if (decided->ruling == BRN_RULING_ALLOWED)
            continue;
        if (decided->ruling == BRN_RULING_FORBIDDEN) {
            if (forbidden++ >= MOST_FORBIDDEN)
                continue;
            brn_missing_row *row = add_missing(report, decided);
            if (!row)
                return false;
            row->forbidden = true;
        } else if (row_of[decided->name] == 0) {
            if (!add_missing(report, decided))
                return false;
            row_of[decided->name] = (uint32_t)report->missing_count;
        } else {
            report->missing[row_of[decided->name] - 1].missing.grants |= decided->operation;
        }
    }
    return true;
}

static const char *suffix_of(uint32_t grants)
{
    bool append = (grants & BRN_GRANT_APPEND) != 0;
    bool set_items = (grants & BRN_GRANT_SET_ITEMS) != 0;
    if (append)
        return set_items ? " +append +set_items" : " +append";
    if (set_items)
        return " +set_items";
    return grants == BRN_GRANT_LOOKUP ? " +lookup" : "";
}

/* What is no plain text is shown as it would be in Python. */
static size_t spell(const brn_name *name, char *buf, size_t cap)
{
    bool plain = true;
    for (size_t i = 0; i < name->module_size + name->name_size; i++) {
        unsigned char byte = (unsigned char)name->module[i];
        plain = plain && byte > ' ' && byte != 0x7f;
    }
    if (plain)
        return (size_t)snprintf(buf, cap, "%.*s:%.*s", (int)name->module_size, name->module,
                                (int)name->name_size, name->name);
    size_t length = brn_repr_text(name->module, name->module_size, buf, cap);
    if (length + 1 < cap)
        buf[length] = ':';
    size_t at = length + 1 < cap ? length + 1 : cap - 1;
    return length + 1 + brn_repr_text(name->name, name->name_size, buf + at, cap - at);
}

#define LONGEST_SPELLING 2000

/* The row's texts: the entry, which begins with what it is about. */
static bool write_entry(brn_report *report, brn_missing_row *row)
{
    bool forbidden = row->forbidden;
    char what[LONGEST_SPELLING] = "(no name)";
    if (row->name != BRN_NO_NAME) {
        size_t length = spell(&report->names.rows[row->name].name, what, sizeof what);
        forbidden = forbidden || length >= sizeof what; /* nobody allows such a name */
    }
    const char *suffix = suffix_of(row->missing.grants);
    size_t size = strlen(what) + 1;
    row->text_size = 2 * size + strlen(suffix);
    row->text = brn_memory_alloc(&report->memory, row->text_size);
    if (!row->text)
        return false;
    memcpy(row->text, what, size);
    row->missing.what = row->text;
    if (!forbidden) {
        memcpy(row->text + size, what, size - 1);
        memcpy(row->text + 2 * size - 1, suffix, strlen(suffix) + 1);
        row->missing.entry = row->text + size;
    }
    return true;
}

bool brn_report_finish(brn_report *report)
{
    if (report->worst == BRN_RULING_ALLOWED)
        return true;
    size_t size = (report->names.count + 1) * sizeof(uint32_t);
    uint32_t *row_of = brn_memory_alloc(&report->memory, size);
    if (!row_of)
        return false;
    memset(row_of, 0, size);
    bool done = collect(report, row_of);
    brn_memory_free(&report->memory, row_of, size);
    for (size_t i = 0; done && i < report->missing_count; i++)
        done = write_entry(report, &report->missing[i]);
    return done && brn_locate(report->doc, &report->memory, report->missing, report->missing_count);
}
