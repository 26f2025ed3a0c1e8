/*
 * fuzz_scan.c - the scan of any bytes: a report that hangs together, memory that goes back, and never
 * "plain data" for a pickle whose document has names.
 */
#include "target.h"

static void look_at_finding(const brn_finding *f)
{
    REQUIRE(f->verdict >= BRN_VERDICT_KNOWN && f->verdict <= BRN_VERDICT_DANGEROUS);
    REQUIRE(f->count > 0);
    REQUIRE(strlen(f->module) < 2000 && strlen(f->name) < 2000 && strlen(f->arguments) <= 200);
    REQUIRE((f->reason[0] != '\0') == (f->verdict > BRN_VERDICT_KNOWN));
    bool resource = f->verdict == BRN_VERDICT_UNKNOWN && strcmp(f->category, "resource") == 0;
    bool dangerous = f->verdict == BRN_VERDICT_DANGEROUS;
    REQUIRE((f->category[0] != '\0') == (dangerous || resource));
    REQUIRE((f->severity != BRN_SEVERITY_NONE) == (dangerous || resource));
}

static brn_verdict look_at_report(const brn_scan *scan)
{
    brn_verdict worst = BRN_VERDICT_NONE;
    bool unreadable = false;
    for (size_t i = 0; i < brn_scan_count(scan); i++) {
        const brn_scan_stream *s = brn_scan_at(scan, i);
        touch(s->where, strlen(s->where));
        touch(s->note, strlen(s->note));
        touch(s->message, strlen(s->message));
        REQUIRE((s->message[0] != '\0') == (s->code != BRN_OK));
        REQUIRE(strcmp(brn_code_name(s->code), "UNKNOWN") != 0);
        REQUIRE(s->code == BRN_OK || s->verdict >= BRN_VERDICT_UNREADABLE);
        for (size_t k = 0; k < s->finding_count; k++) {
            look_at_finding(&s->findings[k]);
            REQUIRE(s->findings[k].verdict <= s->verdict);
        }
        worst = s->verdict > worst ? s->verdict : worst;
        unreadable = unreadable || s->code != BRN_OK;
    }
    REQUIRE(worst == brn_scan_verdict(scan));
    REQUIRE(unreadable == brn_scan_unreadable(scan));
    return worst;
}

/* True if the first pickle is whole, and has names. */
static bool has_names(const uint8_t *data, size_t size)
{
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_BORROW;
    brn_doc *doc = brn_read(data, size, &options, NULL, NULL);
    bool found = false;
    for (uint32_t id = 0; id < brn_doc_count(doc) && !found; id++) {
        brn_type type = brn_typeof(brn_doc_value(doc, id));
        found = type == BRN_GLOBAL || type == BRN_CALL || type == BRN_EXT;
    }
    brn_free(doc);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    options.max_inflated = 1 << 20;
    brn_error err;
    brn_scan *scan = brn_scan_bytes(data, size, NULL, &options, &alloc, &err);
    REQUIRE(scan);
    brn_verdict verdict = look_at_report(scan);
    brn_scan_free(scan);
    REQUIRE(b.blocks == 0 && b.used == 0);
    if (has_names(data, size))
        REQUIRE(verdict >= BRN_VERDICT_KNOWN);
    return 0;
}
