/*
 * test_zip.c - zip and tar archives, honest and not.
 */
#include "io/tar.h"
#include "io/unpack.h"
#include "io/zip.h"

#include "support.h"

/* ------------------------------------------------------------------------
 * Writing archives
 * ------------------------------------------------------------------------ */

/* What a member says of itself, in its own header and in the directory. */
typedef struct lie {
    const char *local_name;
    unsigned local_method;
    unsigned local_flags;
    unsigned flags;
    int size_more; /* in the directory */
    bool unlisted;
    bool descriptor;
} lie;

typedef struct writer {
    bytes out;
    bytes directory;
    unsigned count;
} writer;

static void add(writer *w, const char *name, const char *content, const lie *how)
{
    static const lie honest = {0};
    const lie *l = how ? how : &honest;
    const char *local = l->local_name ? l->local_name : name;
    uint32_t crc = brn_crc32(0, (const uint8_t *)content, strlen(content));
    size_t offset = w->out.size;
    unsigned bit = l->descriptor ? 8u : 0;
    put(&w->out, BYTES("PK\3\4"));
    put_number(&w->out, 20, 2);
    put_number(&w->out, l->local_flags | bit, 2);
    put_number(&w->out, l->local_method, 2);
    put_number(&w->out, 0, 4);
    put_number(&w->out, l->descriptor ? 0 : crc, 4);
    put_number(&w->out, l->descriptor ? 0 : strlen(content), 4);
    put_number(&w->out, l->descriptor ? 0 : strlen(content), 4);
    put_number(&w->out, strlen(local), 2);
    put_number(&w->out, 0, 2);
    put_words(&w->out, local);
    put_words(&w->out, content);
    if (l->descriptor) {
        put(&w->out, BYTES("PK\7\x08"));
        put_number(&w->out, crc, 4);
        put_number(&w->out, strlen(content), 4);
        put_number(&w->out, strlen(content), 4);
    }
    if (l->unlisted)
        return;
    w->count++;
    put(&w->directory, BYTES("PK\1\2"));
    put_number(&w->directory, 20, 2);
    put_number(&w->directory, 20, 2);
    put_number(&w->directory, l->flags | bit, 2);
    put_number(&w->directory, 0, 2);
    put_number(&w->directory, 0, 4);
    put_number(&w->directory, crc, 4);
    put_number(&w->directory, strlen(content), 4);
    put_number(&w->directory, strlen(content) + (size_t)l->size_more, 4);
    put_number(&w->directory, strlen(name), 2);
    put_fill(&w->directory, 0, 12);
    put_number(&w->directory, offset, 4);
    put_words(&w->directory, name);
}

static void finish(writer *w)
{
    size_t at = w->out.size;
    put(&w->out, w->directory.data, w->directory.size);
    put(&w->out, BYTES("PK\5\6"));
    put_number(&w->out, 0, 4);
    put_number(&w->out, w->count, 2);
    put_number(&w->out, w->count, 2);
    put_number(&w->out, w->directory.size, 4);
    put_number(&w->out, at, 4);
    put_number(&w->out, 0, 2);
}

static void drop(writer *w)
{
    bytes_free(&w->out);
    bytes_free(&w->directory);
}

/* The archive as text: `name=content` with a `?problem`, gaps as [begin, end), a problem of the whole. */
static void expect(const bytes *archive, const char *expected)
{
    brn_memory memory;
    brn_memory_init(&memory, NULL, 0);
    brn_zip zip;
    bytes text = {0};
    assert_true(brn_zip_read(&zip, archive->data, archive->size, 100, &memory));
    for (size_t i = 0; i < zip.count; i++) {
        const brn_zip_member *m = &zip.members[i];
        put(&text, m->name, m->name_size);
        put_words(&text, "=");
        if (m->data)
            put(&text, m->data, m->packed);
        if (m->encrypted)
            put_words(&text, " encrypted");
        if (m->hidden)
            put_words(&text, " hidden");
        if (m->shared)
            put_words(&text, " shared");
        if (m->problem)
            put_format(&text, " ?%s", m->problem);
        put_words(&text, "; ");
    }
    for (size_t i = 0; i < zip.gap_count; i++)
        put_format(&text, "[%zu, %zu) ", zip.gaps[i].begin, zip.gaps[i].end);
    if (zip.problem)
        put_format(&text, "%s%s", zip.problem, zip.ambiguous ? "!" : "");
    put_byte(&text, 0);
    assert_string_equal((const char *)text.data, expected);
    bytes_free(&text);
    brn_zip_free(&zip);
    assert_int_equal(memory.used, 0);
}

static void expect_lie(const lie *how, const char *expected)
{
    writer w = {0};
    add(&w, "a", "first", NULL);
    add(&w, "b", "second", how);
    finish(&w);
    expect(&w.out, expected);
    drop(&w);
}

/* ------------------------------------------------------------------------
 * Zip
 * ------------------------------------------------------------------------ */

static void test_honest(void **state)
{
    (void)state;
    expect_lie(NULL, "a=first; b=second; ");
    expect_lie(&(lie){.descriptor = true}, "a=first; b=second; ");
    writer w = {0};
    finish(&w);
    expect(&w.out, "");
    assert_true(brn_zip_ends(w.out.data, w.out.size));
    drop(&w);
}

static void test_lies(void **state)
{
    (void)state;
    expect_lie(&(lie){.local_name = "c"}, "a=first; b=second ?it has two names; ");
    expect_lie(&(lie){.local_method = 8},
               "a=first; b=second ?its compression is said to be two different ones; ");
    expect_lie(&(lie){.flags = 1},
               "a=first; b=second encrypted ?it is said to be encrypted, and not to be; ");
    expect_lie(&(lie){.local_flags = 1},
               "a=first; b=second encrypted ?it is said to be encrypted, and not to be; ");
    expect_lie(&(lie){.flags = 1, .local_flags = 1}, "a=first; b=second encrypted; ");
    expect_lie(&(lie){.size_more = 3}, "a=first; b=second ?it has two sizes; ");
    expect_lie(&(lie){.unlisted = true},
               "a=first; b=second hidden ?the directory does not list it; ");
}

static void test_around(void **state)
{
    (void)state;
    writer w = {0};
    add(&w, "a", "first", NULL);
    finish(&w);
    /* Bytes in front, and behind. */
    bytes moved = {0};
    put_words(&moved, "in front");
    put(&moved, w.out.data, w.out.size);
    assert_true(brn_zip_ends(moved.data, moved.size));
    expect(&moved, "a=first; [0, 8) ");
    put_words(&moved, "behind");
    assert_false(brn_zip_ends(moved.data, moved.size));
    expect(&moved, "a=first; [0, 8) its comment is not as long as it claims!");
    bytes_free(&moved);
    /* A second end record. */
    put(&w.out, BYTES("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    expect(&w.out, "a=first hidden ?the directory does not list it; [36, 105) "
                   "it has several end records!");
    drop(&w);
}

static void test_counts(void **state)
{
    (void)state;
    writer w = {0};
    add(&w, "a", "first", NULL);
    w.count = 3;
    finish(&w);
    expect(&w.out, "a=first; it has another number of members than it claims!");
    drop(&w);
}

/* Two entries of the directory for the same bytes. */
static void test_shared(void **state)
{
    (void)state;
    writer w = {0};
    add(&w, "a", "first", NULL);
    bytes again = {0};
    put(&again, w.directory.data, w.directory.size);
    put(&w.directory, again.data, again.size);
    bytes_free(&again);
    w.count = 2;
    finish(&w);
    expect(&w.out, "a=first; a=first shared; members share bytes!");
    drop(&w);
}

/* However much of an archive there is: an answer, within the bytes. */
static void test_every_cut(void **state)
{
    (void)state;
    writer w = {0};
    add(&w, "a", "first", NULL);
    add(&w, "b", "second", &(lie){.descriptor = true});
    finish(&w);
    brn_memory memory;
    brn_memory_init(&memory, NULL, 0);
    for (size_t size = 0; size < w.out.size; size++) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, w.out.data, size);
        brn_zip zip;
        assert_true(brn_zip_read(&zip, exact, size, 100, &memory));
        assert_non_null(zip.problem);
        for (size_t i = 0; i < zip.count; i++)
            assert_true(!zip.members[i].data ||
                        (zip.members[i].data >= exact &&
                         zip.members[i].data + zip.members[i].packed <= exact + size));
        brn_zip_free(&zip);
        free(exact);
    }
    brn_zip zip;
    assert_true(brn_zip_read(&zip, w.out.data, w.out.size, 1, &memory));
    assert_true(zip.too_many);
    assert_int_equal(zip.count, 1);
    brn_zip_free(&zip);
    assert_int_equal(memory.used, 0);
    drop(&w);
}

/* ------------------------------------------------------------------------
 * Tar
 * ------------------------------------------------------------------------ */

static void put_tar(bytes *b, const char *name, char type, const char *content, size_t claimed)
{
    uint8_t head[512] = {0};
    memcpy(head, name, strlen(name));
    (void)snprintf((char *)head + 124, 12, "%011zo", claimed);
    memset(head + 148, ' ', 8);
    head[156] = (uint8_t)type;
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof head; i++)
        sum += head[i];
    (void)snprintf((char *)head + 148, 8, "%06o", sum);
    put(b, head, sizeof head);
    put_words(b, content);
    put_fill(b, 0, (512 - strlen(content) % 512) % 512);
}

static void expect_tar(const bytes *b, const char *expected)
{
    brn_tar tar;
    brn_tar_member m;
    bytes text = {0};
    brn_tar_open(&tar, b->data, b->size);
    while (brn_tar_next(&tar, &m)) {
        put(&text, m.name, m.name_size);
        put_words(&text, "=");
        put(&text, m.data, m.size);
        put_words(&text, "; ");
    }
    if (tar.problem)
        put_words(&text, tar.problem);
    put_byte(&text, 0);
    assert_string_equal((const char *)text.data, expected);
    bytes_free(&text);
}

static void test_tar(void **state)
{
    (void)state;
    bytes b = {0};
    put_tar(&b, "a", '0', "first", 5);
    assert_true(brn_tar_begins(b.data, b.size));
    put_tar(&b, "link", '2', "", 1000);
    put_tar(&b, "././@LongLink", 'L', "a long name", 12);
    put_tar(&b, "cut", 0, "second", 6);
    expect_tar(&b, "a=first; a long name=second; ");
    bytes_free(&b);
}

static void test_tar_damaged(void **state)
{
    (void)state;
    bytes b = {0};
    put_tar(&b, "a", '0', "first", 5);
    put_tar(&b, "b", '0', "short", 5000);
    brn_tar tar;
    brn_tar_member m;
    brn_tar_open(&tar, b.data, b.size);
    assert_true(brn_tar_next(&tar, &m));
    assert_true(brn_tar_next(&tar, &m));
    assert_int_equal(m.size, 512);
    assert_false(brn_tar_next(&tar, &m));
    assert_string_equal(tar.problem, "a member is longer than the file");
    b.data[148] = 'x';
    assert_false(brn_tar_begins(b.data, b.size));
    expect_tar(&b, "a header is damaged");
    b.size = 100;
    expect_tar(&b, "it ends inside a header");
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest), cmocka_unit_test(test_lies),
        cmocka_unit_test(test_around), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_shared), cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_tar),    cmocka_unit_test(test_tar_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
