/*
 * test_prefixes.c - pickles that were cut off, and pickles with one byte changed: every way to read
 * them ends in a document or in a numbered error, and the ways agree.
 *
 * Each input is a block of exactly its size, so that sanitizers see a read past its end.
 */
#include "support.h"

/* Files above this size are cut in some places only. */
#define CUT_EVERYWHERE 4096
#define CUTS_OF_LARGE 300

/* Files below this size are read as streams and have their bytes changed. */
#define STREAMED_BELOW 2000
#define CHANGED_BELOW 400

#define POOL_SIZE 65536

/* The seed is fixed, for a draw from the system costs more than reading a small file. */
static const brn_options options = {.size = sizeof(brn_options), .hash_seed = 1};

/* Inputs that were pickles, and that were none. */
static size_t accepted, refused;

/* Errors that need values: reading without them does not see these. */
static bool of_values(brn_code code)
{
    return (code >= BRN_ERROR_NOT_APPENDABLE && code <= BRN_ERROR_NOT_BUFFER) ||
           code == BRN_ERROR_LIMIT_WORK;
}

static void expect_sound(const char *name, size_t size, const brn_error *err)
{
    if (strcmp(brn_code_name(err->code), "UNKNOWN") == 0 || err->offset > size ||
        err->message[0] == '\0')
        fail_msg("%s, %zu bytes: error %d at %d: %s", name, size, (int)err->code, (int)err->offset,
                 err->message);
}

static bool count_bytes(void *ctx, const void *data, size_t size)
{
    (void)data;
    *(size_t *)ctx += size;
    return true;
}

typedef struct outcome {
    brn_code code;   /* of reading without values, which all others are compared with */
    uint64_t offset; /* of the error */
    size_t size;     /* of the pickle */
} outcome;

/* Read with values and without: the same but for what only values show. */
static outcome read_both(const char *name, const uint8_t *data, size_t size)
{
    outcome found = {BRN_OK, 0, 0};
    brn_error plain;
    brn_error err;
    found.code = brn_events(data, size, &options, NULL, NULL, NULL, &found.size, &plain);
    brn_doc *doc = brn_read(data, size, &options, NULL, &err);
    if (doc) {
        if (found.code != BRN_OK || brn_doc_size(doc) != found.size || found.size > size)
            fail_msg("%s, %zu bytes: read %zu, without values %s after %zu", name, size,
                     brn_doc_size(doc), brn_code_name(found.code), found.size);
        assert_int_equal(err.code, BRN_OK);
        expect_dense_ids(doc);
        accepted++;
    } else {
        expect_sound(name, size, &err);
        if (!of_values(err.code) && (err.code != found.code || err.offset != plain.offset))
            fail_msg("%s, %zu bytes: %s at %d, without values %s at %d", name, size,
                     brn_code_name(err.code), (int)err.offset, brn_code_name(found.code),
                     (int)plain.offset);
        /* What is wrong with the bytes is found by both; values may be wrong before that. */
        if (of_values(err.code) && found.code != BRN_OK)
            assert_true(err.offset <= plain.offset);
        refused++;
    }
    brn_free(doc);
    found.offset = plain.offset;
    if (found.code != BRN_OK)
        expect_sound(name, size, &plain);
    return found;
}

static void check_disassembly(const char *name, const uint8_t *data, size_t size, outcome expected)
{
    static const uint32_t flags[] = {0, BRN_DIS_ANNOTATE, BRN_DIS_JSON};
    for (size_t i = 0; i < LENGTH_OF(flags); i++) {
        size_t written = 0;
        size_t length = SIZE_MAX;
        brn_error err;
        brn_code code = brn_disassemble(data, size, flags[i], &options, NULL, count_bytes, &written,
                                        &length, &err);
        bool same = code == expected.code && (code == BRN_OK || err.offset == expected.offset);
        if (!same || length > size)
            fail_msg("%s, %zu bytes, flags %u: disassembled %zu: %s, else %s", name, size,
                     (unsigned)flags[i], length, brn_code_name(code), brn_code_name(expected.code));
        assert_int_equal(err.code, code);
        if (code == BRN_OK) {
            assert_int_equal(length, expected.size);
            assert_true(written > 0);
        } else {
            expect_sound(name, size, &err);
        }
    }
}

/* The smallest window over a pool: what is longer than memory comes in pieces. */
static void check_stream(const char *name, const uint8_t *data, size_t size, outcome expected)
{
    static max_align_t pool[POOL_SIZE / sizeof(max_align_t)];
    brn_alloc alloc;
    assert_true(brn_pool_init(&alloc, pool, sizeof pool));
    brn_options narrow = options;
    narrow.window = 16;
    source s = source_of(data, size, 0);
    brn_error err;
    brn_stream *stream = brn_stream_open(read_source, &s, &narrow, &alloc, &err);
    assert_non_null(stream);
    brn_code code = brn_events_stream(stream, NULL, NULL, &err);
    assert_int_equal(err.code, code);
    /* A stream does not know where it ends, and finds what else is wrong before, or STOP. */
    bool goes_on = expected.code == BRN_ERROR_FRAME_TOO_LONG && code != BRN_ERROR_TRUNCATED &&
                   code != BRN_ERROR_NO_STOP && (code == BRN_OK || err.offset > expected.offset);
    bool same = code == expected.code && (code == BRN_OK || err.offset == expected.offset);
    if (!same && !goes_on)
        fail_msg("%s, %zu bytes: as a stream %s at %d, else %s", name, size, brn_code_name(code),
                 (int)err.offset, brn_code_name(expected.code));
    if (code == BRN_OK && expected.code == BRN_OK)
        assert_int_equal(brn_stream_offset(stream), expected.size);
    else if (code != BRN_OK)
        expect_sound(name, size, &err);
    brn_stream_close(stream);
}

/* `whole` is the size of the pickle in the file, SIZE_MAX if there is none. */
static void check_prefix(const corpus_file *file, size_t size, size_t whole)
{
    uint8_t *data = malloc(size ? size : 1);
    assert_non_null(data);
    if (size > 0)
        memcpy(data, file->data, size);
    outcome found = read_both(file->name, data, size);
    if (whole != SIZE_MAX) {
        brn_code code = found.code;
        bool cut = code == BRN_ERROR_TRUNCATED || code == BRN_ERROR_NO_STOP ||
                   code == BRN_ERROR_FRAME_TOO_LONG;
        if (size == 0 ? code != BRN_ERROR_EMPTY : size < whole ? !cut : code != BRN_OK)
            fail_msg("%s, %zu of %zu bytes: %s", file->name, size, whole, brn_code_name(code));
    }
    check_disassembly(file->name, data, size, found);
    if (file->size < STREAMED_BELOW)
        check_stream(file->name, data, size, found);
    free(data);
}

static void check_prefixes(const corpus_file *file)
{
    size_t whole = brn_measure(file->data, file->size, NULL);
    if (whole == 0)
        whole = SIZE_MAX;
    if (file->size <= CUT_EVERYWHERE) {
        for (size_t size = 0; size <= file->size; size++)
            check_prefix(file, size, whole);
        return;
    }
    /* Near both ends, where sizes and frames are, and anywhere. */
    uint64_t random = 1;
    for (size_t i = 0; i < CUTS_OF_LARGE / 3; i++) {
        check_prefix(file, i, whole);
        check_prefix(file, file->size - i, whole);
        check_prefix(file, (size_t)(next_random(&random) % file->size), whole);
    }
}

static void test_prefixes(void **state)
{
    (void)state;
    accepted = refused = 0;
    corpus files = corpus_read(true);
    for (size_t i = 0; i < files.count; i++)
        check_prefixes(&files.files[i]);
    assert_true(accepted > files.count / 2);
    assert_true(refused > 100 * files.count);
    corpus_free(&files);
}

static void test_changed_bytes(void **state)
{
    (void)state;
    accepted = refused = 0;
    uint64_t random = 7;
    corpus files = corpus_read(true);
    for (size_t i = 0; i < files.count; i++) {
        const corpus_file *file = &files.files[i];
        for (size_t at = 0; file->size < CHANGED_BELOW && at < file->size; at++) {
            uint8_t was = file->data[at];
            /* The highest bit, one more, nothing, the highest number, and whatever. */
            uint8_t values[] = {(uint8_t)(was ^ 0x80), (uint8_t)(was + 1), 0, 0xff,
                                (uint8_t)next_random(&random)};
            for (size_t j = 0; j < LENGTH_OF(values); j++) {
                file->data[at] = values[j];
                (void)read_both(file->name, file->data, file->size);
            }
            file->data[at] = was;
        }
    }
    /* Both happen often: neither half of read_both() is idle. */
    assert_true(accepted > 10000);
    assert_true(refused > 10000);
    corpus_free(&files);
}

/* A byte changed may make a short line of a long one, and a payload of what was a program. */
static void test_changed_bytes_disassembled(void **state)
{
    (void)state;
    uint64_t random = 11;
    corpus files = corpus_read(true);
    for (size_t i = 0; i < files.count; i++) {
        const corpus_file *file = &files.files[i];
        for (size_t at = 0; file->size < CHANGED_BELOW && at < file->size; at++) {
            uint8_t was = file->data[at];
            file->data[at] = (uint8_t)next_random(&random);
            outcome found = read_both(file->name, file->data, file->size);
            check_disassembly(file->name, file->data, file->size, found);
            check_stream(file->name, file->data, file->size, found);
            file->data[at] = was;
        }
    }
    corpus_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_changed_bytes_disassembled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
