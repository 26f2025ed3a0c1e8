/*
 * test_known.c - what libraries of several versions write is allowed by the presets, and what nobody honest would
 * write is not: the files of tests/hostile, which the tests of the Python package load as well.
 */
#include "support.h"

static brn_policy *full_policy(void)
{
    brn_error err;
    brn_policy *policy = brn_policy_new(0, NULL, &err);
    assert_non_null(policy);
    for (size_t i = 0; brn_policy_preset(i); i++)
        assert_int_equal(brn_policy_use(policy, brn_policy_preset(i), &err), BRN_OK);
    return policy;
}

/* Whether all of a pickle is allowed; a limit, or what is no pickle, is a refusal too. */
static bool is_allowed(const brn_policy *policy, const corpus_file *file)
{
    brn_options options = BRN_OPTIONS_INIT;
    brn_check_options check = BRN_CHECK_INIT;
    brn_error err;
    options.flags = BRN_TRACE;
    check.flags = BRN_CHECK_PERSISTENT | BRN_CHECK_BUFFERS;
    brn_doc *doc = brn_read(file->data, file->size, &options, NULL, &err);
    brn_report *report = doc ? brn_policy_check(policy, doc, &check, NULL, &err) : NULL;
    bool allowed = report && brn_report_ruling(report) == BRN_RULING_ALLOWED;
    brn_report_free(report);
    brn_free(doc);
    return allowed;
}

static void test_known_files_are_allowed(void **state)
{
    (void)state;
    corpus c = corpus_beside("hostile/known");
    brn_policy *policy = full_policy();
    for (size_t i = 0; i < c.count; i++) {
        if (!is_allowed(policy, &c.files[i]))
            fail_msg("%s is not allowed", c.files[i].name);
    }
    brn_policy_free(policy);
    corpus_free(&c);
}

static void test_misuse_is_refused(void **state)
{
    (void)state;
    corpus c = corpus_beside("hostile/corpus");
    brn_policy *policy = full_policy();
    size_t misuse = 0;
    for (size_t i = 0; i < c.count; i++) {
        bool allowed = is_allowed(policy, &c.files[i]);
        bool is_misuse = strncmp(c.files[i].name, "misuse-", 7) == 0;
        misuse += is_misuse;
        /* Of the others some are plain data: what they hide is in their bytes. */
        if (is_misuse && allowed)
            fail_msg("%s is allowed", c.files[i].name);
    }
    assert_true(misuse > 150);
    brn_policy_free(policy);
    corpus_free(&c);
}

/* A known file that is cut, or has one byte changed, is read within its bounds: for the sanitizers. */
static void test_damaged_files_end(void **state)
{
    (void)state;
    corpus c = corpus_beside("hostile/known");
    brn_policy *policy = full_policy();
    for (size_t i = 0; i < c.count; i++) {
        corpus_file *file = &c.files[i];
        size_t step = file->size / 40 + 1;
        for (size_t at = 0; at < file->size; at += step) {
            uint8_t kept = file->data[at];
            file->data[at] = (uint8_t)(kept + 1);
            (void)is_allowed(policy, file);
            file->data[at] = (uint8_t)(kept ^ 0x80);
            (void)is_allowed(policy, file);
            file->data[at] = kept;
        }
        assert_true(is_allowed(policy, file));
    }
    brn_policy_free(policy);
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_files_are_allowed),
        cmocka_unit_test(test_misuse_is_refused),
        cmocka_unit_test(test_damaged_files_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
