/*
 * test_threads.c - threads: many that read one document, many with a document of their own, many that write.
 * It says little by itself; the build with ThreadSanitizer (tools/build.sh tsan) sees every access to memory that two
 * threads could make at a time.
 */
#include "support.h"

#include <pthread.h>

enum { THREADS = 8 };

/* Whether all did what they should: assertions of cmocka belong to the thread that started the test. */
static bool run_all(void *(*work)(void *), void *argument)
{
    pthread_t threads[THREADS];
    bool good = true;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, argument), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        good = good && result == argument;
    }
    return good;
}

/* {'name': [0, 1, ...], 'rows': [(i, 'text'), ...]}, and as lossless JSON. */
static void write_records(bytes *out, int protocol)
{
    brn_writer *w = brn_writer_open(collect, out, protocol, 0, NULL, NULL);
    brn_writer_begin_dict(w, 2);
    brn_writer_key(w, "name");
    brn_writer_begin_list(w, BRN_COUNT_UNKNOWN);
    for (int i = 0; i < 3000; i++)
        brn_writer_int(w, i * 77);
    brn_writer_end(w);
    brn_writer_key(w, "rows");
    brn_writer_begin_list(w, 200);
    for (int i = 0; i < 200; i++) {
        brn_writer_begin_tuple(w, 2);
        brn_writer_int(w, i);
        brn_writer_str(w, "some text that is not too short");
        brn_writer_end(w);
    }
    brn_writer_end(w);
    brn_writer_end(w);
    (void)brn_writer_close(w, NULL);
}

typedef struct shared {
    brn_doc *doc;
    bytes pickle;
    bytes json;
} shared;

static bool looks_right(const brn_doc *doc)
{
    const brn_val *root = brn_root(doc);
    int64_t sum = 0;
    brn_iter iter = brn_iterate(brn_dict_get(root, "name"));
    for (const brn_val *item = brn_next(&iter); item; item = brn_next(&iter))
        sum += brn_int(item);
    return sum == INT64_C(77) * 2999 * 1500 && brn_int(brn_get(root, "['rows'][-1][0]")) == 199 &&
           brn_str_is(brn_get(root, "['rows'][7][1]"), "some text that is not too short");
}

static bool same_json(const brn_doc *doc, const bytes *expected)
{
    bytes json = {0};
    bool same =
        brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, collect, &json, NULL, NULL) == BRN_OK &&
        json.size == expected->size && memcmp(json.data, expected->data, json.size) == 0;
    bytes_free(&json);
    return same;
}

static void *read_shared(void *argument)
{
    const shared *s = argument;
    for (int i = 0; i < 10; i++) {
        if (!looks_right(s->doc) || !same_json(s->doc, &s->json))
            return NULL;
    }
    return argument;
}

static void *read_own(void *argument)
{
    const shared *s = argument;
    for (int i = 0; i < 10; i++) {
        brn_doc *doc = brn_read(s->pickle.data, s->pickle.size, NULL, NULL, NULL);
        bool good = doc && looks_right(doc) && same_json(doc, &s->json);
        brn_free(doc);
        if (!good || brn_events(s->pickle.data, s->pickle.size, NULL, NULL, NULL, NULL, NULL,
                                NULL) != BRN_OK)
            return NULL;
    }
    return argument;
}

static void *write_own(void *argument)
{
    const shared *s = argument;
    for (int i = 0; i < 10; i++) {
        bytes out = {0};
        write_records(&out, 4);
        bool good = out.size == s->pickle.size && memcmp(out.data, s->pickle.data, out.size) == 0;
        bytes_free(&out);
        if (!good)
            return NULL;
    }
    return argument;
}

static void with_all_threads(void *(*work)(void *))
{
    shared s = {.doc = NULL};
    write_records(&s.pickle, 4);
    s.doc = read_doc(s.pickle.data, s.pickle.size);
    assert_int_equal(
        brn_json(s.doc, brn_root(s.doc), BRN_JSON_LOSSLESS, 0, collect, &s.json, NULL, NULL),
        BRN_OK);
    assert_true(run_all(work, &s));
    brn_free(s.doc);
    bytes_free(&s.pickle);
    bytes_free(&s.json);
}

static void test_one_document(void **state)
{
    (void)state;
    with_all_threads(read_shared);
}

static void test_documents_of_their_own(void **state)
{
    (void)state;
    with_all_threads(read_own);
}

static void test_writers(void **state)
{
    (void)state;
    with_all_threads(write_own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_document),
        cmocka_unit_test(test_documents_of_their_own),
        cmocka_unit_test(test_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
