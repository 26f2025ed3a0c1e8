/*
 * fuzz_policy.c - of any document the policy says the same for each opcode twice, in order, within bounded
 * memory; what it calls allowed has nothing missing, and whatever it allows, more entries allow too.
 */
#include "target.h"

/* The memory a traced document may take, as brn_options says; and what a check takes for each byte. */
#define TRACED_BOUND(size) ((size_t)96 * (size) + ((size_t)256 << 10))

static void look_at_decisions(const brn_report *report, size_t size)
{
    uint64_t offset = 0;
    bool all_allowed = true;
    brn_decision decision;
    for (size_t i = 0; brn_report_decision(report, i, &decision); i++) {
        REQUIRE(decision.offset >= offset && decision.offset < size);
        offset = decision.offset;
        REQUIRE(brn_opcode(decision.opcode));
        REQUIRE((decision.ruling == BRN_RULING_ALLOWED) == (decision.reason == BRN_REASON_NONE));
        REQUIRE(decision.value);
        all_allowed = all_allowed && decision.ruling == BRN_RULING_ALLOWED;
    }
    REQUIRE((brn_report_ruling(report) == BRN_RULING_ALLOWED) == all_allowed);
    brn_missing missing;
    REQUIRE(brn_report_missing(report, 0, &missing) == !all_allowed);
}

/* Allow what is missing; false if that is not possible. */
static bool allow_all(brn_policy *policy, const brn_report *report)
{
    brn_missing missing;
    for (size_t i = 0; brn_report_missing(report, i, &missing); i++) {
        REQUIRE((missing.entry == NULL) ==
                (brn_policy_allow(policy, missing.entry, NULL) != BRN_OK));
        if (!missing.entry)
            return false;
    }
    return true;
}

static void ask(const brn_doc *doc, size_t size, uint32_t flags)
{
    brn_error err;
    brn_check_options options = BRN_CHECK_INIT;
    options.flags = flags;
    brn_policy *policy = brn_policy_new(0, NULL, &err);
    for (size_t i = 0; brn_policy_preset(i); i++)
        REQUIRE(brn_policy_use(policy, brn_policy_preset(i), &err) == BRN_OK);
    brn_report *report = brn_policy_check(policy, doc, &options, NULL, &err);
    if (!report) {
        REQUIRE(err.code == BRN_ERROR_POLICY_WORK);
    } else {
        look_at_decisions(report, size);
        /* What is allowed by name may lead to calls and states that were not asked about before. */
        for (int round = 0; round < 4 && allow_all(policy, report); round++) {
            brn_report *next = brn_policy_check(policy, doc, &options, NULL, &err);
            REQUIRE(next ? brn_report_count(next) == brn_report_count(report)
                         : err.code == BRN_ERROR_POLICY_WORK);
            if (!next)
                break;
            brn_report_free(report);
            report = next;
            look_at_decisions(report, size);
        }
    }
    brn_report_free(report);
    brn_policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_error err;
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_TRACE;
    brn_doc *doc = brn_read(data, size, &options, &alloc, &err);
    REQUIRE(b.peak <= TRACED_BOUND(size));
    if (doc) {
        ask(doc, size, 0);
        ask(doc, size, BRN_CHECK_STAND_INS | BRN_CHECK_PERSISTENT | BRN_CHECK_BUFFERS);
        ask(doc, size, BRN_CHECK_EXACT_NAMES);
    }
    brn_free(doc);
    REQUIRE(b.blocks == 0);
    return 0;
}
