/*
 * test_input.c - bytes of files: read and mapped, regular files and those without a
 * size, standard input, limits, and what cannot be opened or read.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file of its own for each test, below the folder for temporary files. */
typedef struct scratch {
    char folder[64];
    char path[80];
} scratch;

static int make_scratch(void **state)
{
    scratch *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(s->folder, sizeof s->folder, "%s/brineryXXXXXX",
                   tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(s->folder))
        return -1;
    (void)snprintf(s->path, sizeof s->path, "%s/file", s->folder);
    *state = s;
    return 0;
}

static int remove_scratch(void **state)
{
    scratch *s = *state;
    (void)unlink(s->path);
    int status = rmdir(s->folder);
    free(s);
    return status;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (size > 0)
        assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static const uint32_t ways[] = {0, BRN_MAP};

static void expect_input(const char *path, uint32_t flags, const void *data, size_t size)
{
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = flags;
    counter books;
    brn_alloc alloc = counting(&books);
    brn_input input;
    brn_error err;
    if (!brn_input_open(&input, path, &options, &alloc, &err))
        fail_msg("%s: %s", path, err.message);
    assert_int_equal(err.code, BRN_OK);
    assert_int_equal(input.size, size);
    if (size > 0)
        assert_memory_equal(input.data, data, size);
    brn_input_close(&input);
    expect_all_given_back(&books);
    /* Closed twice, and empty. */
    assert_null(input.data);
    assert_int_equal(input.size, 0);
    brn_input_close(&input);
}

/* The bytes of the file and the document made of them count together. */
static void test_memory_of_both(void **state)
{
    const scratch *s = *state;
    bytes b = {0};
    put_byte(&b, '(');
    for (int i = 0; i < 1000; i++)
        put_int(&b, i);
    put_words(&b, "t.");
    write_file(s->path, b.data, b.size);
    for (size_t w = 0; w < LENGTH_OF(ways); w++) {
        size_t accepted = 0;
        size_t refused = 0;
        for (size_t limit = 1; limit < 100000; limit += 500) {
            counter books;
            brn_alloc alloc = counting(&books);
            brn_options options = BRN_OPTIONS_INIT;
            options.flags = ways[w];
            options.max_memory = limit;
            brn_error err;
            brn_doc *doc = brn_read_file(s->path, &options, &alloc, &err);
            assert_true(books.peak <= limit);
            accepted += doc != NULL;
            refused += err.code == BRN_ERROR_LIMIT_MEMORY;
            brn_free(doc);
            expect_all_given_back(&books);
        }
        assert_true(accepted > 50 && refused > 50 && accepted + refused == 200);
    }
    bytes_free(&b);
}

static void test_sizes(void **state)
{
    const scratch *s = *state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 1000000};
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        bytes b = {0};
        uint64_t random = 3;
        while (b.size < sizes[i])
            put_byte(&b, (unsigned)(next_random(&random) & 0xff));
        write_file(s->path, b.data, b.size);
        for (size_t w = 0; w < LENGTH_OF(ways); w++)
            expect_input(s->path, ways[w], b.data, b.size);
        bytes_free(&b);
    }
}

/* Files whose size says nothing. */
static void test_without_size(void **state)
{
    const scratch *s = *state;
    brn_input input;
    brn_error err;
    assert_true(brn_input_open(&input, "/proc/self/maps", NULL, NULL, &err));
    assert_true(input.size > 100);
    brn_input_close(&input);
    /* A pipe, filled by a child in portions. */
    assert_int_equal(mkfifo(s->path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(s->path, O_WRONLY);
        char block[1000];
        memset(block, 'p', sizeof block);
        ssize_t written = 0;
        for (int i = 0; i < 300 && written >= 0; i++)
            written = write(fd, block, sizeof block);
        _exit(0);
    }
    assert_true(child > 0);
    assert_true(brn_input_open(&input, s->path, NULL, NULL, &err));
    assert_int_equal(input.size, 300000);
    brn_input_close(&input);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_null_device(void **state)
{
    (void)state;
    /* Programs that replace their output file leave a file here when root runs them. */
    struct stat device;
    if (stat("/dev/null", &device) != 0 || !S_ISCHR(device.st_mode)) {
        print_message("skipped: /dev/null is no device on this machine\n");
        skip();
    }
    expect_input("/dev/null", 0, NULL, 0);
    expect_input("/dev/null", BRN_MAP, NULL, 0);
}

/* "-" is standard input. */
static void test_standard_input(void **state)
{
    const scratch *s = *state;
    write_file(s->path, BYTES("(K\x01K\x02t.rest"));
    int saved = dup(STDIN_FILENO);
    for (size_t w = 0; w < LENGTH_OF(ways); w++) {
        int fd = open(s->path, O_RDONLY);
        assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) >= 0);
        (void)close(fd);
        expect_input("-", ways[w], BYTES("(K\x01K\x02t.rest"));
    }
    int fd = open(s->path, O_RDONLY);
    assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) >= 0);
    (void)close(fd);
    brn_doc *doc = brn_read_file("-", NULL, NULL, NULL);
    assert_int_equal(brn_size(brn_root(doc)), 2);
    brn_free(doc);
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        (void)close(saved);
    }
}

static void expect_failure(const char *path, const brn_options *options, brn_code code,
                           const char *words)
{
    brn_error err;
    brn_input input;
    counter books;
    brn_alloc alloc = counting(&books);
    assert_false(brn_input_open(&input, path, options, &alloc, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(err.opcode, -1);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    expect_all_given_back(&books);
    /* There is nothing to close, but it does no harm. */
    brn_input_close(&input);
    assert_false(brn_input_open(&input, path, options, &alloc, NULL));
    assert_null(brn_read_file(path, options, &alloc, &err));
    assert_int_equal(err.code, code);
    assert_null(brn_read_file(path, options, NULL, NULL));
    expect_all_given_back(&books);
}

static void test_failures(void **state)
{
    const scratch *s = *state;
    expect_failure("no/such/file", NULL, BRN_ERROR_OPEN, "no such file");
    expect_failure(s->folder, NULL, BRN_ERROR_READ, "directory");
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_MAP;
    expect_failure(s->folder, &options, BRN_ERROR_READ, "directory");
    expect_failure("", NULL, BRN_ERROR_OPEN, "cannot open");
    expect_failure(NULL, NULL, BRN_ERROR_OPEN, "without a path");
    /* Root may open anything. */
    if (geteuid() != 0) {
        write_file(s->path, "N.", 2);
        assert_int_equal(chmod(s->path, 0), 0);
        expect_failure(s->path, NULL, BRN_ERROR_OPEN, "permission denied");
    }
    expect_failure("/proc/self/mem", NULL, BRN_ERROR_READ, "cannot read");
}

static void test_limits(void **state)
{
    const scratch *s = *state;
    write_file(s->path, BYTES("NNNNNNNNN."));
    for (size_t w = 0; w < LENGTH_OF(ways); w++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.flags = ways[w];
        options.max_input = 10;
        brn_input input;
        assert_true(brn_input_open(&input, s->path, &options, NULL, NULL));
        brn_input_close(&input);
        options.max_input = 9;
        expect_failure(s->path, &options, BRN_ERROR_LIMIT_INPUT, "9 bytes");
    }
    /* Without a size in advance: found while reading. */
    brn_options options = BRN_OPTIONS_INIT;
    options.max_input = 100000;
    expect_failure("/dev/zero", &options, BRN_ERROR_LIMIT_INPUT, "100000 bytes");
    /* What it takes to read a file is memory like any other. */
    options.max_input = 0;
    options.max_memory = 100000;
    expect_failure("/dev/zero", &options, BRN_ERROR_LIMIT_MEMORY, "memory");
}

static void test_read_file(void **state)
{
    const scratch *s = *state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        write_file(s->path, c.files[i].data, c.files[i].size);
        brn_doc *memory = read_ok(c.files[i].data, c.files[i].size, NULL);
        char *expected = lossless(memory);
        for (size_t w = 0; w < LENGTH_OF(ways); w++) {
            brn_options options = BRN_OPTIONS_INIT;
            options.flags = ways[w];
            counter books;
            brn_alloc alloc = counting(&books);
            brn_error err;
            brn_doc *doc = brn_read_file(s->path, &options, &alloc, &err);
            assert_non_null(doc);
            assert_int_equal(brn_doc_size(doc), brn_doc_size(memory));
            assert_int_equal(brn_doc_memory(doc), books.used);
            /* The file may go: the document has its bytes. */
            assert_int_equal(unlink(s->path), 0);
            char *found = lossless(doc);
            assert_string_equal(found, expected);
            free(found);
            brn_free(doc);
            expect_all_given_back(&books);
            write_file(s->path, c.files[i].data, c.files[i].size);
        }
        free(expected);
        brn_free(memory);
    }
    corpus_free(&c);
    /* A file that is no pickle. */
    write_file(s->path, "NN", 2);
    brn_error err;
    counter books;
    brn_alloc alloc = counting(&books);
    for (size_t w = 0; w < LENGTH_OF(ways); w++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.flags = ways[w];
        assert_null(brn_read_file(s->path, &options, &alloc, &err));
        assert_int_equal(err.code, BRN_ERROR_NO_STOP);
        assert_int_equal(err.offset, 2);
        expect_all_given_back(&books);
    }
    write_file(s->path, "", 0);
    assert_null(brn_read_file(s->path, NULL, &alloc, &err));
    assert_int_equal(err.code, BRN_ERROR_EMPTY);
    expect_all_given_back(&books);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_sizes),          WITH_SCRATCH(test_memory_of_both),
        WITH_SCRATCH(test_without_size),   cmocka_unit_test(test_null_device),
        WITH_SCRATCH(test_standard_input), WITH_SCRATCH(test_failures),
        WITH_SCRATCH(test_limits),         WITH_SCRATCH(test_read_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
