/*
 * test_memory.c - the inside of memory.h: the account, growing arrays, the default
 * allocator, and the pool, which is tried against a plain list of what it has given out.
 */
#include "memory.h"

#include "support.h"

static void test_account(void **state)
{
    (void)state;
    counter books;
    brn_alloc alloc = counting(&books);
    brn_memory memory;
    brn_memory_init(&memory, &alloc, 100);
    void *a = brn_memory_alloc(&memory, 60);
    assert_non_null(a);
    assert_null(brn_memory_alloc(&memory, 41));
    assert_true(memory.over_limit);
    void *b = brn_memory_alloc(&memory, 40);
    assert_non_null(b);
    assert_int_equal(memory.used, 100);
    a = brn_memory_realloc(&memory, a, 60, 20);
    assert_int_equal(memory.used, 60);
    assert_int_equal(memory.peak, 100);
    assert_null(brn_memory_realloc(&memory, a, 20, 61));
    assert_true(memory.over_limit);
    assert_int_equal(memory.used, 60);
    books.fail_at = books.calls;
    assert_null(brn_memory_realloc(&memory, a, 20, 30));
    assert_false(memory.over_limit);
    assert_int_equal(memory.used, 60);
    a = brn_memory_realloc(&memory, a, 20, 60);
    assert_int_equal(memory.used, 100);
    brn_memory_free(&memory, a, 60);
    brn_memory_free(&memory, b, 40);
    brn_memory_free(&memory, NULL, 10);
    assert_int_equal(memory.used, 0);
    expect_all_given_back(&books);
    /* A size near the end of the numbers is over the limit, not around it. */
    assert_null(brn_memory_alloc(&memory, SIZE_MAX));
    assert_true(memory.over_limit);
    /* realloc of nothing is alloc. */
    a = brn_memory_realloc(&memory, NULL, 0, 10);
    assert_int_equal(memory.used, 10);
    brn_memory_free(&memory, a, 10);
}

static void test_grow(void **state)
{
    (void)state;
    counter books;
    brn_alloc alloc = counting(&books);
    brn_memory memory;
    brn_memory_init(&memory, &alloc, 0);
    void *array = NULL;
    size_t cap = 0;
    for (size_t need = 1; need < 5000; need++) {
        if (need <= cap)
            continue;
        size_t before = cap;
        assert_true(brn_memory_grow(&memory, &array, &cap, need, 8));
        assert_true(cap >= need && cap >= 16 && cap >= before + before / 2);
        assert_int_equal(memory.used, cap * 8);
        memset(array, 1, cap * 8);
    }
    /* Where half as much again does not fit, what is needed may. */
    size_t used = cap;
    books.capacity = books.used + 8;
    assert_true(brn_memory_grow(&memory, &array, &cap, used + 1, 8));
    assert_int_equal(cap, used + 1);
    assert_false(brn_memory_grow(&memory, &array, &cap, used + 2, 8));
    assert_int_equal(cap, used + 1);
    assert_false(brn_memory_grow(&memory, &array, &cap, SIZE_MAX / 4, 8));
    assert_int_equal(cap, used + 1);
    brn_memory_free(&memory, array, cap * 8);
    expect_all_given_back(&books);
}

/* Blocks of malloc and mapped ones, growing from one into the other and back. */
static void test_default_allocator(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 5000, 1 << 20, (2 << 20) - 1, 2 << 20, 5 << 20, 100, 7};
    brn_memory memory;
    brn_memory_init(&memory, NULL, 0);
    for (size_t from = 0; from < LENGTH_OF(sizes); from++) {
        for (size_t to = 0; to < LENGTH_OF(sizes); to++) {
            uint8_t *block = brn_memory_alloc(&memory, sizes[from]);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < sizes[from]; i += 97)
                block[i] = (uint8_t)(i / 97);
            block = brn_memory_realloc(&memory, block, sizes[from], sizes[to]);
            assert_non_null(block);
            size_t common = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            for (size_t i = 0; i < common; i += 97)
                assert_int_equal(block[i], (uint8_t)(i / 97));
            block[sizes[to] - 1] = 1;
            brn_memory_free(&memory, block, sizes[to]);
        }
    }
    assert_int_equal(memory.used, 0);
    assert_null(brn_memory_alloc(&memory, SIZE_MAX));
    assert_null(brn_memory_alloc(&memory, SIZE_MAX - 8));
}

/* ------------------------------------------------------------------------
 * The pool
 * ------------------------------------------------------------------------ */

static void test_pool_sizes(void **state)
{
    (void)state;
    static max_align_t room[64];
    brn_alloc alloc;
    assert_false(brn_pool_init(NULL, room, sizeof room));
    assert_false(brn_pool_init(&alloc, NULL, sizeof room));
    size_t least = 0;
    while (!brn_pool_init(&alloc, room, least))
        least++;
    assert_in_range(least, 16, 64);
    assert_non_null(alloc.malloc(alloc.ctx, 1));
    assert_null(alloc.malloc(alloc.ctx, 1));
    for (size_t size = 0; size < sizeof room; size++) {
        bool ok = brn_pool_init(&alloc, room, size);
        assert_true(ok == (size >= least));
        if (!ok)
            continue;
        assert_null(alloc.malloc(alloc.ctx, size));
        assert_null(alloc.malloc(alloc.ctx, SIZE_MAX));
        assert_null(alloc.malloc(alloc.ctx, SIZE_MAX - 8));
        /* All of it can be had, and all of it again. */
        size_t most = size;
        void *block = NULL;
        while (!(block = alloc.malloc(alloc.ctx, most)))
            most--;
        assert_true(most + 64 >= size);
        memset(block, 7, most);
        alloc.free(alloc.ctx, block);
        block = alloc.malloc(alloc.ctx, most);
        assert_non_null(block);
        assert_null(alloc.realloc(alloc.ctx, block, most, SIZE_MAX));
        assert_null(alloc.realloc(alloc.ctx, block, most, size));
        alloc.free(alloc.ctx, block);
    }
}

#define HELD 20

typedef struct held {
    uint8_t *data;
    size_t size;
    uint8_t fill;
} held;

static void check_held(const held *h)
{
    assert_int_equal((uintptr_t)h->data % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < h->size; i++)
        assert_int_equal(h->data[i], h->fill);
}

/* Random malloc, realloc and free: blocks keep what is in them, and lie in the buffer. */
static void test_pool_at_random(void **state)
{
    (void)state;
    static max_align_t room[8192 / sizeof(max_align_t)];
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t random = seed;
        brn_alloc alloc;
        assert_true(brn_pool_init(&alloc, room, sizeof room));
        held blocks[HELD] = {{0}};
        size_t refused = 0;
        for (int step = 0; step < 3000; step++) {
            held *h = &blocks[next_random(&random) % HELD];
            size_t size = 1 + (size_t)(next_random(&random) % 900);
            uint8_t fill = (uint8_t)step;
            if (!h->data) {
                h->data = alloc.malloc(alloc.ctx, size);
                refused += !h->data;
                if (!h->data)
                    continue;
            } else if (next_random(&random) % 2) {
                check_held(h);
                alloc.free(alloc.ctx, h->data);
                *h = (held){0};
                continue;
            } else {
                check_held(h);
                uint8_t *moved = alloc.realloc(alloc.ctx, h->data, h->size, size);
                refused += !moved;
                if (!moved) {
                    check_held(h);
                    continue;
                }
                h->data = moved;
                for (size_t i = 0; i < size && i < h->size; i++)
                    assert_int_equal(moved[i], h->fill);
            }
            assert_true((char *)h->data >= (char *)room);
            assert_true((char *)h->data + size <= (char *)room + sizeof room);
            h->size = size;
            h->fill = fill;
            memset(h->data, fill, size);
        }
        assert_true(refused > 0);
        for (size_t i = 0; i < HELD; i++) {
            if (blocks[i].data) {
                check_held(&blocks[i]);
                alloc.free(alloc.ctx, blocks[i].data);
            }
        }
        /* Nothing is lost to pieces. */
        void *all = alloc.malloc(alloc.ctx, sizeof room - 64);
        assert_non_null(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account),           cmocka_unit_test(test_grow),
        cmocka_unit_test(test_default_allocator), cmocka_unit_test(test_pool_sizes),
        cmocka_unit_test(test_pool_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
