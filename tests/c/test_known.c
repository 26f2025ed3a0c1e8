/*
 * test_known.c - what libraries of several versions write is allowed by the presets, and what nobody honest would
 * write is not: the files of tests/hostile, which the tests of the Python package load as well.  What is left of
 * them when bytes have been changed gets an answer that holds together, whatever that is.
 *
 * The schemas of presets look deep into arrays, frames and trees.  Most of their conditions only ever fail
 * for files that are nearly right, so such files are made here, the same in every run.
 */
#include "support.h"

enum { MUTATIONS = 300 };

static brn_policy *full_policy(void)
{
    brn_error err;
    brn_policy *policy = brn_policy_new(0, NULL, &err);
    assert_non_null(policy);
    for (size_t i = 0; brn_policy_preset(i); i++)
        assert_int_equal(brn_policy_use(policy, brn_policy_preset(i), &err), BRN_OK);
    return policy;
}

/* The decisions are in order, and the ruling is the worst of theirs. */
static void expect_consistent(const brn_report *report, size_t size)
{
    static const int rank[] = {
        [BRN_RULING_ALLOWED] = 0,
        [BRN_RULING_STAND_IN] = 1,
        [BRN_RULING_MISSING] = 2,
        [BRN_RULING_FORBIDDEN] = 3,
    };
    uint64_t offset = 0;
    int worst = 0;
    brn_decision decision;
    for (size_t i = 0; brn_report_decision(report, i, &decision); i++) {
        assert_true(decision.offset >= offset && decision.offset < size);
        offset = decision.offset;
        if (rank[decision.ruling] > worst)
            worst = rank[decision.ruling];
    }
    assert_int_equal(rank[brn_report_ruling(report)], worst);
    brn_missing missing;
    assert_int_equal(brn_report_missing(report, 0, &missing), worst > 0);
}

/* The worst ruling, FORBIDDEN where a limit is passed, or -1 if it is no pickle; no memory stays behind. */
static int ruling_of(const brn_policy *policy, const void *data, size_t size)
{
    static const brn_options traced = {.size = sizeof(brn_options), .flags = BRN_TRACE};
    brn_check_options check = BRN_CHECK_INIT;
    check.flags = BRN_CHECK_PERSISTENT | BRN_CHECK_BUFFERS;
    counter books;
    brn_alloc alloc = counting(&books);
    brn_error err;
    int ruling = -1;
    brn_doc *doc = brn_read(data, size, &traced, &alloc, &err);
    if (doc) {
        brn_report *report = brn_policy_check(policy, doc, &check, &alloc, &err);
        ruling = (int)brn_report_ruling(report);
        if (report)
            expect_consistent(report, size);
        brn_report_free(report);
        brn_free(doc);
    }
    expect_all_given_back(&books);
    return ruling;
}

static bool is_allowed(const brn_policy *policy, const corpus_file *file)
{
    return ruling_of(policy, file->data, file->size) == BRN_RULING_ALLOWED;
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

typedef struct tally {
    size_t allowed;
    size_t refused;
    size_t unread;
} tally;

static void mutate(const brn_policy *policy, const uint8_t *data, size_t size, tally *t)
{
    uint8_t *changed = malloc(size);
    assert_non_null(changed);
    uint64_t random = 0x6272696e65ull + size;
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(changed, data, size);
        for (uint64_t left = 1 + next_random(&random) % 3; left; left--) {
            uint8_t *byte = changed + next_random(&random) % size;
            uint64_t kind = next_random(&random) % 4;
            /* A small number more or less, another byte of the file, or any byte at all. */
            if (kind < 2)
                *byte = (uint8_t)(*byte + (kind ? 1 : 0xff));
            else if (kind == 2)
                *byte = changed[next_random(&random) % size];
            else
                *byte = (uint8_t)next_random(&random);
        }
        int ruling = ruling_of(policy, changed, size);
        if (ruling < 0)
            t->unread++;
        else if (ruling == BRN_RULING_ALLOWED)
            t->allowed++;
        else
            t->refused++;
    }
    free(changed);
}

static void test_damaged_files(void **state)
{
    (void)state;
    corpus c = corpus_beside("hostile/known");
    brn_policy *policy = full_policy();
    tally t = {0, 0, 0};
    for (size_t i = 0; i < c.count; i++)
        mutate(policy, c.files[i].data, c.files[i].size, &t);
    brn_policy_free(policy);
    corpus_free(&c);
    /* Otherwise the changes are of no use here. */
    assert_true(t.allowed > 500 && t.refused > 500 && t.unread > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_files_are_allowed),
        cmocka_unit_test(test_misuse_is_refused),
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
