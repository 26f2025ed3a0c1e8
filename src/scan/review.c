/*
 * review.c - the policy's answer to a pickle, as findings.
 */
#include "review.h"

#include "../policy/policy.h"

static const brn_entry *find(const brn_name *name)
{
    const brn_entry *entry = brn_table_find(&brn_default_table, name);
    for (size_t i = 0; !entry && i < brn_preset_count; i++)
        entry = brn_table_find(&brn_preset_tables[i], name);
    return entry;
}

uint32_t brn_review_grants(const uint8_t *module, size_t module_size, const uint8_t *name,
                           size_t name_size)
{
    brn_name asked = {(const char *)module, module_size, (const char *)name, name_size};
    const brn_entry *entry = find(&asked);
    if (!entry) {
        asked = brn_name_of_python3(asked);
        entry = find(&asked);
    }
    return entry ? entry->grants : 0;
}

/* What objects may take together: as for safe_load. */
#define MOST_RESULT ((uint64_t)4 << 30)

static brn_policy *full_policy(const brn_alloc *alloc)
{
    brn_policy *policy = brn_policy_new(0, alloc, NULL);
    for (size_t i = 0; policy && i < brn_preset_count; i++)
        (void)brn_policy_use(policy, brn_policy_preset(i), NULL);
    return policy;
}

static bool tell(brn_trace *trace, const brn_report *report)
{
    brn_missing missing;
    for (size_t i = 0; brn_report_missing(report, i, &missing); i++) {
        if (!brn_trace_tell(trace, missing.what ? missing.what : "", "",
                            brn_reason_text(missing.reason), missing.offset))
            return false;
    }
    return true;
}

/* What the trace had to leave open is known: the policy has looked at the whole. */
static void approve(brn_trace *trace)
{
    for (size_t i = 0; i < trace->finding_count; i++) {
        if (trace->findings[i].verdict == BRN_VERDICT_UNKNOWN)
            trace->findings[i].verdict = BRN_VERDICT_KNOWN;
    }
    trace->verdict = BRN_VERDICT_KNOWN;
}

/* The pickle without what stands between its opcodes; *size may be 0 for none.  NULL without memory. */
static uint8_t *without_gaps(const brn_trace *trace, const uint8_t *data, size_t *size)
{
    *size = trace->size;
    for (size_t i = 0; i < trace->gap_count; i++)
        *size -= trace->gaps[i].size;
    uint8_t *copy = brn_memory_alloc(trace->m.memory, *size);
    size_t from = 0;
    size_t used = 0;
    for (size_t i = 0; copy && i < trace->gap_count; i++) {
        memcpy(copy + used, data + from, trace->gaps[i].offset - from);
        used += trace->gaps[i].offset - from;
        from = trace->gaps[i].offset + trace->gaps[i].size;
    }
    if (copy)
        memcpy(copy + used, data + from, trace->size - from);
    return copy;
}

/* Why there is no report. */
static bool tell_failure(brn_trace *trace, const brn_error *err)
{
    static const char title[] = "the pickle as a whole";
    switch (err->code) {
    case BRN_ERROR_POLICY_MEMORY:
        return brn_trace_tell(trace, title, "resource",
                              "Its objects would take far more memory than it has bytes.", 0);
    case BRN_ERROR_LIMIT_WORK:
    case BRN_ERROR_POLICY_WORK:
        return brn_trace_tell(trace, title, "resource",
                              "Loading it could take without end: its keys are made to be slow.",
                              err->offset);
    default:
        return trace->verdict == BRN_VERDICT_DATA ||
               brn_trace_tell(trace, title, "", "The policy cannot check it.", err->offset);
    }
}

/* What the loader supplies is the loader's; all else is asked for as of any pickle. */
static bool review(brn_trace *trace, const uint8_t *data, size_t size)
{
    bool told = trace->verdict == BRN_VERDICT_UNKNOWN; /* and says why already */
    const brn_alloc *alloc = &trace->m.memory->alloc;
    brn_options options = trace->m.options;
    options.flags = BRN_BORROW | BRN_TRACE;
    brn_check_options check = {.size = sizeof check,
                               .flags = BRN_CHECK_PERSISTENT | BRN_CHECK_BUFFERS,
                               .max_result = MOST_RESULT};
    brn_error err;
    brn_policy *policy = full_policy(alloc);
    brn_doc *doc = policy ? brn_read(data, size, &options, alloc, &err) : NULL;
    brn_report *report = doc ? brn_policy_check(policy, doc, &check, alloc, &err) : NULL;
    bool ok = true;
    if (!policy)
        ok = false;
    else if (!report)
        ok = told || tell_failure(trace, &err);
    else if (trace->verdict != BRN_VERDICT_DATA && brn_report_ruling(report) == BRN_RULING_ALLOWED)
        approve(trace);
    else if (!told)
        ok = tell(trace, report);
    brn_report_free(report);
    brn_free(doc);
    brn_policy_free(policy);
    return ok;
}

bool brn_review(brn_trace *trace, const uint8_t *data)
{
    if (trace->gap_count == 0)
        return review(trace, data, trace->size);
    size_t size;
    uint8_t *copy = without_gaps(trace, data, &size);
    bool ok = copy && review(trace, copy, size);
    brn_memory_free(trace->m.memory, copy, size);
    return ok;
}
