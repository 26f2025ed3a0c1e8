/*
 * test_alloc.c - memory that runs out: each allocation of each public function is made to fail in
 * turn, limits and pools are tried from too small to enough.  What is asked for fails
 * with its number, everything is given back, and nothing is asked of the broken block again.
 *
 * The inputs are made to reach every place that allocates: arenas, large blocks,
 * stack, marks, memo, tables of keys, comparing deep keys, undoing escapes, late changes, windows.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------------
 * Inputs
 * ------------------------------------------------------------------------ */

/* Tuples in tuples, deeper than any fixed table. */
static void put_deep_tuple(bytes *b, int number, int depth)
{
    put_int(b, number);
    for (int i = 0; i < depth; i++)
        put_byte(b, 0x85);
}

/* Keys: many, deep, equal ones made twice; in dicts, sets and frozensets. */
static void input_keys(bytes *b)
{
    put_words(b, "(}(");
    for (int i = 0; i < 3; i++) {
        put_deep_tuple(b, i % 2, 300);
        put_byte(b, 'N');
    }
    for (int i = 0; i < 2000; i++) {
        put_int(b, i * 7);
        put_byte(b, 'N');
    }
    put_words(b, "u\x8f(");
    for (int i = 0; i < 1000; i++) {
        put_format(b, "V%d\n", i);
        put_int(b, i % 600);
        put_byte(b, 0x85);
    }
    put_words(b, "\x90(");
    for (int i = 0; i < 3; i++)
        put_deep_tuple(b, i / 2, 200);
    for (int i = 0; i < 500; i++)
        put_int(b, -i);
    put_words(b, "\x91l.");
}

/* Lists that change after calls were given them, with wide and deep arguments. */
static void input_late(bytes *b)
{
    put_byte(b, '(');
    for (int i = 0; i < 50; i++) {
        put_format(b, "]p%d\n0cm\nf\n(g%d\n", i, i);
        for (int j = 0; j < i; j++)
            put_words(b, "](]]e");
        put_format(b, "tRg%d\nNa", i);
    }
    put_words(b, "l.");
}

/* Memo entries in no order, and far from each other. */
static void input_memo(bytes *b)
{
    uint64_t random = 3;
    put_byte(b, '(');
    for (int i = 0; i < 300; i++) {
        unsigned index = (unsigned)(next_random(&random) >> 33);
        put_format(b, "]p%u\ng%u\n", index, index);
    }
    for (int i = 0; i < 300; i++)
        put_format(b, "Np%d\n", i);
    for (int i = 0; i < 300; i++)
        put_words(b, "N\x94");
    put_words(b, "l.");
}

/* Payloads and lines too large for any buffer, numbers too large for a machine word. */
static void input_text(bytes *b)
{
    put_words(b, "(V");
    for (int i = 0; i < 9000; i++)
        put_words(b, "\\u00e9xx");
    put_words(b, "\nS'");
    for (int i = 0; i < 20000; i++)
        put_words(b, "\\x00");
    put_words(b, "'\nV\\U0001f600\nX");
    put_number(b, 100000, 4);
    put_fill(b, 'x', 100000);
    put_byte(b, 'B');
    put_number(b, 20000, 4);
    put_fill(b, 0xff, 20000);
    put_byte(b, 0x8b);
    put_number(b, 20001, 4);
    put_fill(b, 0xff, 20000);
    put_words(b, "\x01I");
    put_fill(b, '7', 4000);
    put_words(b, "\nL-");
    put_fill(b, '8', 30);
    put_words(b, "L\ncmodule\nname\nPpersistent\nl.");
}

/* Nesting of values and of marks, and objects that much was done to. */
static void input_deep(bytes *b)
{
    put_fill(b, '(', 2001);
    for (int i = 0; i < 2000; i++)
        put_byte(b, 'l');
    for (int i = 0; i < 500; i++)
        put_words(b, "}K\x01](K\x02");
    for (int i = 0; i < 500; i++)
        put_words(b, "es");
    put_words(b, "cm\nC\n)\x81");
    for (int i = 0; i < 60; i++)
        put_words(b, "Na}bK\x01K\x02s(K\x01K\x02\x90");
    put_byte(b, '(');
    for (int i = 0; i < 20000; i++)
        put_words(b, "N");
    put_words(b, "1l.");
}

/* For plain JSON: deep, wide, shared, with keys that are spelt from numbers. */
static void input_plain(bytes *b)
{
    put_words(b, "](](");
    for (int i = 0; i < 3000; i++)
        put_int(b, i);
    put_words(b, "eq\x01h\x01h\x01}(");
    for (int i = 0; i < 100; i++) {
        put_words(b, "\x8a\x78");
        put_fill(b, (unsigned)i, 119);
        put_words(b, "\x01NF");
        put_format(b, "%d.5\nh\x01", i);
    }
    put_words(b, "\x88K\x01NK\x02U\x01xN\x8c\x01yNu");
    put_fill(b, ']', 600);
    put_fill(b, 'a', 599);
    put_words(b, "e.");
}

/* ------------------------------------------------------------------------
 * Jobs: one public function over one input
 * ------------------------------------------------------------------------ */

typedef struct job {
    bytes input;
    brn_options options;
    counter books;
    brn_alloc alloc;
    size_t fail_at;
    bool for_good;
    brn_error err;
} job;

/* What came before this was only to prepare: from now on allocations count and fail. */
static void arm(job *j)
{
    j->books.calls = 0;
    j->books.failed = 0;
    j->books.fail_at = j->fail_at;
    j->books.fails_after = j->for_good;
}

static bool count_bytes(void *ctx, const void *data, size_t size)
{
    (void)data;
    *(size_t *)ctx += size;
    return true;
}

static brn_code use(job *j, brn_doc *doc)
{
    if (!doc)
        return j->err.code;
    expect_dense_ids(doc);
    assert_true(brn_doc_memory(doc) > 0);
    brn_free(doc);
    return BRN_OK;
}

static brn_code run_read(job *j)
{
    arm(j);
    return use(j, brn_read(j->input.data, j->input.size, &j->options, &j->alloc, &j->err));
}

static brn_code run_borrow(job *j)
{
    brn_options options = j->options;
    options.flags |= BRN_BORROW;
    arm(j);
    return use(j, brn_read(j->input.data, j->input.size, &options, &j->alloc, &j->err));
}

static brn_code run_stream(job *j)
{
    source s = source_of(j->input.data, j->input.size, 5000);
    arm(j);
    brn_stream *stream = brn_stream_open(read_source, &s, &j->options, &j->alloc, &j->err);
    if (!stream)
        return j->err.code;
    brn_code code = use(j, brn_read_stream(stream, &j->err));
    brn_stream_close(stream);
    return code;
}

static brn_code run_events_stream(job *j)
{
    source s = source_of(j->input.data, j->input.size, 0);
    arm(j);
    brn_stream *stream = brn_stream_open(read_source, &s, &j->options, &j->alloc, &j->err);
    if (!stream)
        return j->err.code;
    brn_code code = brn_events_stream(stream, NULL, NULL, &j->err);
    if (code == BRN_OK)
        assert_int_equal(brn_stream_offset(stream), j->input.size);
    brn_stream_close(stream);
    return code;
}

static brn_code run_events(job *j)
{
    arm(j);
    return brn_events(j->input.data, j->input.size, &j->options, &j->alloc, NULL, NULL, NULL,
                      &j->err);
}

static brn_code run_statistics(job *j)
{
    brn_stats stats;
    arm(j);
    return brn_statistics(j->input.data, j->input.size, &j->options, &j->alloc, &stats, &j->err);
}

static brn_code disassemble(job *j, uint32_t flags)
{
    size_t written = 0;
    arm(j);
    return brn_disassemble(j->input.data, j->input.size, flags, &j->options, &j->alloc, count_bytes,
                           &written, NULL, &j->err);
}

static brn_code run_dis(job *j)
{
    return disassemble(j, 0);
}

static brn_code run_dis_json(job *j)
{
    return disassemble(j, BRN_DIS_JSON);
}

static brn_code json(job *j, uint32_t flags)
{
    j->books.fail_at = NEVER;
    brn_doc *doc = brn_read(j->input.data, j->input.size, NULL, &j->alloc, NULL);
    assert_non_null(doc);
    size_t held = j->books.used;
    size_t written = 0;
    arm(j);
    brn_code code = brn_json(doc, brn_root(doc), flags, 0, count_bytes, &written, NULL, &j->err);
    assert_int_equal(j->books.used, held);
    assert_true(code != BRN_OK || written > 100);
    j->books.fail_at = NEVER;
    j->books.fails_after = false;
    brn_free(doc);
    return code;
}

static brn_code run_json_plain(job *j)
{
    return json(j, BRN_JSON_PRETTY);
}

static brn_code run_json_lossless(job *j)
{
    return json(j, BRN_JSON_LOSSLESS);
}

/* The input as a file; the caller removes it. */
static void make_file(const job *j, char path[32])
{
    (void)snprintf(path, 32, "brinery-alloc-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, j->input.data, j->input.size), j->input.size);
    assert_int_equal(close(fd), 0);
}

static brn_code run_read_file(job *j)
{
    char path[32];
    make_file(j, path);
    arm(j);
    brn_doc *doc = brn_read_file(path, &j->options, &j->alloc, &j->err);
    assert_int_equal(unlink(path), 0);
    return use(j, doc);
}

static brn_code open_and_close(job *j, const char *path)
{
    brn_input input;
    arm(j);
    if (!brn_input_open(&input, path, &j->options, &j->alloc, &j->err))
        return j->err.code;
    assert_int_equal(input.size, j->input.size);
    assert_memory_equal(input.data, j->input.data, input.size);
    brn_input_close(&input);
    return BRN_OK;
}

static brn_code run_input_file(job *j)
{
    char path[32];
    make_file(j, path);
    brn_code code = open_and_close(j, path);
    assert_int_equal(unlink(path), 0);
    return code;
}

/* A pipe has no size: memory grows as bytes arrive.  A child writes, for a pipe holds little. */
static brn_code run_input_pipe(job *j)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        size_t at = 0;
        while (at < j->input.size) {
            ssize_t put_now = write(ends[1], j->input.data + at, j->input.size - at);
            if (put_now <= 0)
                _exit(1);
            at += (size_t)put_now;
        }
        _exit(0);
    }
    (void)close(ends[1]);
    int saved = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    brn_code code = open_and_close(j, "-");
    if (saved >= 0) {
        assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
        (void)close(saved);
    } else {
        (void)close(STDIN_FILENO);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    return code;
}

/* What the work of a job may end with when there is no memory, besides MEMORY. */
#define MAY_LINE 1u  /* LIMIT_LINE: the window of a stream cannot grow */
#define HAS_LIMIT 2u /* max_memory is obeyed */

typedef struct work {
    const char *name;
    void (*make)(bytes *b);
    brn_code (*run)(job *j);
    size_t least; /* allocations there are at least */
    unsigned flags;
    size_t window;
} work;

static const work works[] = {
    {"read keys", input_keys, run_read, 12, HAS_LIMIT, 0},
    {"read late", input_late, run_read, 10, HAS_LIMIT, 0},
    {"read memo", input_memo, run_read, 10, HAS_LIMIT, 0},
    {"read text", input_text, run_read, 7, HAS_LIMIT, 0},
    {"read deep", input_deep, run_read, 10, HAS_LIMIT, 0},
    {"read plain", input_plain, run_read, 6, HAS_LIMIT, 0},
    {"borrow keys", input_keys, run_borrow, 10, HAS_LIMIT, 0},
    {"borrow text", input_text, run_borrow, 6, HAS_LIMIT, 0},
    {"stream keys", input_keys, run_stream, 16, HAS_LIMIT, 1000},
    {"stream text", input_text, run_stream, 12, HAS_LIMIT, 1000},
    {"events keys", input_keys, run_events, 1, HAS_LIMIT, 0},
    {"events memo", input_memo, run_events, 3, HAS_LIMIT, 0},
    {"events deep", input_deep, run_events, 4, HAS_LIMIT, 0},
    {"events in a stream, memo", input_memo, run_events_stream, 4, HAS_LIMIT, 16},
    {"events in a stream, text", input_text, run_events_stream, 8, HAS_LIMIT | MAY_LINE, 16},
    {"events in a stream, deep", input_deep, run_events_stream, 6, HAS_LIMIT, 16},
    {"statistics", input_deep, run_statistics, 4, HAS_LIMIT, 0},
    {"dis text", input_text, run_dis, 3, HAS_LIMIT, 0},
    {"dis memo", input_memo, run_dis, 3, HAS_LIMIT, 0},
    {"dis deep", input_deep, run_dis, 4, HAS_LIMIT, 0},
    {"dis as JSON, text", input_text, run_dis_json, 3, HAS_LIMIT, 0},
    {"plain JSON", input_plain, run_json_plain, 6, 0, 0},
    {"lossless JSON, keys", input_keys, run_json_lossless, 3, 0, 0},
    {"lossless JSON, late", input_late, run_json_lossless, 3, 0, 0},
    {"lossless JSON, deep", input_deep, run_json_lossless, 4, 0, 0},
    {"lossless JSON, text", input_text, run_json_lossless, 2, 0, 0},
    {"lossless JSON, plain", input_plain, run_json_lossless, 4, 0, 0},
    {"file text", input_text, run_read_file, 8, 0, 0},
    {"file into memory", input_text, run_input_file, 2, 0, 0},
    {"pipe into memory", input_text, run_input_pipe, 4, 0, 0},
};

static void start(job *j, const work *w)
{
    memset(j, 0, sizeof *j);
    w->make(&j->input);
    j->options = (brn_options)BRN_OPTIONS_INIT;
    j->options.window = w->window;
    j->options.hash_seed = 1;
    j->alloc = counting(&j->books);
    j->fail_at = NEVER;
}

static brn_code run(job *j, const work *w)
{
    j->books.peak = 0;
    memset(&j->err, 0xa5, sizeof j->err);
    brn_code code = w->run(j);
    expect_all_given_back(&j->books);
    assert_int_equal(j->err.code, code);
    if (code != BRN_OK) {
        assert_true(j->err.message[0] != '\0');
        assert_true(j->err.offset <= j->input.size);
    }
    return code;
}

/* ------------------------------------------------------------------------
 * Tests
 * ------------------------------------------------------------------------ */

/* How many of the failures were fatal. */
static size_t fail_each(const work *w, bool for_good)
{
    job j;
    start(&j, w);
    j.for_good = for_good;
    size_t refused = 0;
    for (j.fail_at = 0;; j.fail_at++) {
        brn_code code = run(&j, w);
        if (j.books.failed == 0) {
            assert_int_equal(code, BRN_OK);
            break;
        }
        bool named =
            code == BRN_ERROR_MEMORY || (w->flags & MAY_LINE && code == BRN_ERROR_LIMIT_LINE);
        /* Where more was asked for than needed, a second try with less may have helped. */
        if (!named && (for_good || code != BRN_OK))
            fail_msg("%s, allocation %zu: %s", w->name, j.fail_at, brn_code_name(code));
        refused += named;
    }
    if (j.fail_at < w->least || (for_good && refused < w->least))
        fail_msg("%s: only %zu allocations, %zu necessary", w->name, j.fail_at, refused);
    bytes_free(&j.input);
    return refused;
}

static void test_each_fails_once(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < LENGTH_OF(works); i++)
        refused += fail_each(&works[i], false);
    assert_true(refused > 3 * LENGTH_OF(works));
}

static void test_each_fails_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(works); i++)
        (void)fail_each(&works[i], true);
}

/* An allocator that has so many bytes and no more. */
static void test_capacity(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(works); i++) {
        const work *w = &works[i];
        if (w->run == run_json_plain || w->run == run_json_lossless)
            continue; /* the document is made with the same allocator, and must fit */
        job j;
        start(&j, w);
        assert_int_equal(run(&j, w), BRN_OK);
        size_t enough = j.books.peak;
        size_t step = enough / 23 + 1;
        for (size_t capacity = 1; capacity < enough; capacity += step) {
            j.books.capacity = capacity;
            brn_code code = run(&j, w);
            bool named =
                code == BRN_ERROR_MEMORY || (w->flags & MAY_LINE && code == BRN_ERROR_LIMIT_LINE);
            if (!named && (code != BRN_OK || capacity == 1))
                fail_msg("%s, %zu bytes: %s", w->name, capacity, brn_code_name(code));
        }
        j.books.capacity = enough;
        assert_int_equal(run(&j, w), BRN_OK);
        bytes_free(&j.input);
    }
}

/* max_memory: the allocator would give more, and is not asked for it. */
static void test_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(works); i++) {
        const work *w = &works[i];
        if (!(w->flags & HAS_LIMIT))
            continue;
        job j;
        start(&j, w);
        assert_int_equal(run(&j, w), BRN_OK);
        size_t enough = j.books.peak;
        size_t step = enough / 23 + 1;
        /* A stream and the document read from it keep an account each. */
        size_t accounts = w->run == run_stream || w->run == run_events_stream ? 2 : 1;
        for (size_t limit = 1; limit < enough; limit += step) {
            j.options.max_memory = limit;
            brn_code code = run(&j, w);
            bool named = code == BRN_ERROR_LIMIT_MEMORY ||
                         (w->flags & MAY_LINE && code == BRN_ERROR_LIMIT_LINE);
            if (!named && (code != BRN_OK || limit == 1))
                fail_msg("%s, limit %zu: %s", w->name, limit, brn_code_name(code));
            assert_true(j.books.peak <= accounts * limit);
            assert_int_equal(j.books.failed, 0);
        }
        j.options.max_memory = enough;
        assert_int_equal(run(&j, w), BRN_OK);
        bytes_free(&j.input);
    }
}

/* Pools, from too small even for one block to large enough. */
static void test_pools(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(works); i++) {
        const work *w = &works[i];
        if (w->run == run_json_plain || w->run == run_json_lossless)
            continue;
        job j;
        start(&j, w);
        assert_int_equal(run(&j, w), BRN_OK);
        size_t most = 8 * j.books.peak + 4096;
        brn_code code = BRN_ERROR_MEMORY;
        size_t tries = 0;
        for (size_t size = 128; code != BRN_OK; size += size / 5, tries++) {
            if (size > most)
                fail_msg("%s: %zu bytes are not enough, %zu are taken", w->name, size,
                         j.books.peak);
            void *pool = malloc(size);
            assert_non_null(pool);
            assert_true(brn_pool_init(&j.alloc, pool, size));
            code = w->run(&j);
            free(pool);
            if (code != BRN_OK && code != BRN_ERROR_MEMORY &&
                !(w->flags & MAY_LINE && code == BRN_ERROR_LIMIT_LINE))
                fail_msg("%s, a pool of %zu bytes: %s", w->name, size, brn_code_name(code));
        }
        assert_true(tries > 0);
        bytes_free(&j.input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fails_once), cmocka_unit_test(test_each_fails_for_good),
        cmocka_unit_test(test_capacity),        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
