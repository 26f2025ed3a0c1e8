/*
 * test_guess.c - what bytes that are no pickle seem to be.
 */
#include "support.h"

typedef struct sample {
    const char *bytes;
    size_t size;
    const char *what;    /* a word of the guess; NULL: there is none */
    const char *command; /* of the guess */
} sample;

#define SAMPLE(bytes, what, command)             \
    {                                            \
        bytes, sizeof(bytes) - 1, what, command, \
    }

static const sample samples[] = {
    SAMPLE("\x1f\x8b\x08\x00", "gzip", "gzip -dc FILE"),
    SAMPLE("BZh91AY", "bzip2", "bzip2 -dc FILE"),
    SAMPLE("\xfd"
           "7zXZ\x00",
           "xz", "xz -dc FILE"),
    SAMPLE("\x28\xb5\x2f\xfd\x04", "zstd", "zstd -dc FILE"),
    SAMPLE("\x04\x22\x4d\x18\x64", "lz4", "lz4 -dc FILE"),
    SAMPLE("gASVBgAAAAAAAABdlEsBYS4=", "base64", "base64 -d FILE"),
    SAMPLE("PK\x03\x04\x14", "zip archive", NULL),
    SAMPLE("\x93NUMPY\x01", ".npy", NULL),
    SAMPLE("<!DOCTYPE HTML><title>404</title>", "HTML", NULL),
    SAMPLE("\xef\xbb\xbf \n<html>", "HTML", NULL),
    SAMPLE("<?xml version='1.0'?>", "XML", NULL),
    SAMPLE("{\"a\": 1}", "JSON", NULL),
    SAMPLE(" [1, 2]", "JSON", NULL),
    SAMPLE("To whom it may concern", "text", NULL),
    SAMPLE(" \n", "text", NULL),
    SAMPLE("(lp0\r\nI1\r\na.", "DOS line ends", NULL),
    SAMPLE("\xef\xbf\xbd\x04\xef\xbf\xbd", "damaged", NULL),
    SAMPLE("\x80\x04\x8cjoblib.numpy_pickle", "joblib", NULL),
    SAMPLE("\x80\x04\x95\x00\xff\xfe", NULL, NULL),
    SAMPLE("\xc3", NULL, NULL),
    SAMPLE("", NULL, NULL),
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(samples); i++) {
        const sample *s = &samples[i];
        brn_guess guess;
        bool known = brn_guess_content(s->bytes, s->size, &guess);
        assert_int_equal(known, s->what != NULL);
        if (!s->what) {
            assert_null(guess.what);
            continue;
        }
        assert_non_null(strstr(guess.what, s->what));
        if (s->command)
            assert_string_equal(guess.command, s->command);
        else
            assert_null(guess.command);
    }
}

static void test_tar_says_so_in_the_middle(void **state)
{
    (void)state;
    uint8_t header[512] = "name";
    memcpy(header + 257, "ustar", 5);
    brn_guess guess;
    assert_true(brn_guess_content(header, sizeof header, &guess));
    assert_non_null(strstr(guess.what, "tar archive"));
    /* Too short to say. */
    assert_false(brn_guess_content(header, 261, &guess));
}

static void test_text_cut_inside_a_character(void **state)
{
    (void)state;
    /* 1,023 letters, then a character of two bytes, so that 1,024 would cut it. */
    char text[1200];
    memset(text, 'a', sizeof text);
    memcpy(text + 1023, "\xc3\xa9", 2);
    brn_guess guess;
    assert_true(brn_guess_content(text, sizeof text, &guess));
    assert_non_null(strstr(guess.what, "text"));
}

/* Under AddressSanitizer: no prefix is read past its end. */
static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(samples); i++) {
        for (size_t size = 0; size <= samples[i].size; size++) {
            uint8_t *copy = malloc(size ? size : 1);
            assert_non_null(copy);
            memcpy(copy, samples[i].bytes, size);
            brn_guess guess;
            bool known = brn_guess_content(copy, size, &guess);
            assert_int_equal(known, guess.what != NULL);
            free(copy);
        }
    }
    brn_guess guess;
    assert_false(brn_guess_content(NULL, 0, &guess));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_tar_says_so_in_the_middle),
        cmocka_unit_test(test_text_cut_inside_a_character),
        cmocka_unit_test(test_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
