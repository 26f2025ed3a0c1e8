/*
 * test_presets.c - the presets over what real libraries have written: whole files are allowed, and what is left
 * of them when bytes have been changed gets an answer that holds together, whatever that is.
 *
 * The schemas of presets look deep into arrays, frames and trees.  Most of their conditions only ever fail
 * for files that are nearly right, so such files are made here, the same in every run.
 */
#include <dirent.h>

#include "support.h"

enum { MUTATIONS = 1000 };

static brn_policy *all_presets(void)
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

/* The ruling, or -1 if it cannot be read or asked about; no memory stays behind. */
static int ruling_of(const brn_policy *policy, const void *data, size_t size)
{
    static const brn_options traced = {.size = sizeof(brn_options), .flags = BRN_TRACE};
    counter books;
    brn_alloc alloc = counting(&books);
    brn_error err;
    int ruling = -1;
    brn_doc *doc = brn_read(data, size, &traced, &alloc, &err);
    if (doc) {
        brn_report *report = brn_policy_check(policy, doc, NULL, &alloc, &err);
        if (report) {
            expect_consistent(report, size);
            ruling = (int)brn_report_ruling(report);
        }
        brn_report_free(report);
        brn_free(doc);
    }
    expect_all_given_back(&books);
    return ruling;
}

typedef struct tally {
    size_t files;
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

static void look_at_file(const brn_policy *policy, const char *path, tally *t)
{
    brn_error err;
    brn_input input;
    assert_true(brn_input_open(&input, path, NULL, NULL, &err));
    if (ruling_of(policy, input.data, input.size) != BRN_RULING_ALLOWED)
        fail_msg("%s is not allowed", path);
    t->files++;
    mutate(policy, input.data, input.size, t);
    brn_input_close(&input);
}

static void test_harmless_files(void **state)
{
    (void)state;
    const char *folder = getenv("BRN_TEST_HARMLESS");
    assert_non_null(folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    brn_policy *policy = all_presets();
    tally t = {0, 0, 0, 0};
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[4096];
        if (!dot || strcmp(dot, ".pkl") != 0)
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        look_at_file(policy, path, &t);
    }
    closedir(dir);
    brn_policy_free(policy);
    /* Otherwise the files or the changes are of no use here. */
    assert_true(t.files > 30);
    assert_true(t.allowed > 500 && t.refused > 500 && t.unread > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
