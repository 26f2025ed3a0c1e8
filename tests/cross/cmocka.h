/*
 * cmocka.h - as much of cmocka's interface as the C tests use, for processors for which Debian has a
 * compiler and no cmocka.
 *
 * A failure is said with its file and line and leaves the test by longjmp(); the program's exit status is the
 * number of tests that failed, and its last line counts them as cmocka's output is counted.
 */
#ifndef BRN_CROSS_CMOCKA_H
#define BRN_CROSS_CMOCKA_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*cross_fixture)(void **state);

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    cross_fixture setup;
    cross_fixture teardown;
};

enum { CROSS_FAILED = 1, CROSS_SKIPPED = 2 };

/* Where a test that fails goes back to: one for all files of a program. */
__attribute__((weak)) jmp_buf cross_leave;

__attribute__((format(printf, 3, 4), noreturn)) static inline void
cross_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", file, line);
    (void)vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    longjmp(cross_leave, CROSS_FAILED);
}

#define fail_msg(...) cross_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip() longjmp(cross_leave, CROSS_SKIPPED)
#define print_message(...) printf(__VA_ARGS__)

#define CROSS_CHECK(condition, text)                    \
    do {                                                \
        if (!(condition))                               \
            cross_fail(__FILE__, __LINE__, "%s", text); \
    } while (0)

#define assert_true(condition) CROSS_CHECK(condition, #condition)
#define assert_false(condition) CROSS_CHECK(!(condition), "not: " #condition)
#define assert_null(pointer) CROSS_CHECK((pointer) == NULL, #pointer " is not NULL")
#define assert_non_null(pointer) CROSS_CHECK((pointer) != NULL, #pointer " is NULL")
#define assert_ptr_equal(a, b) CROSS_CHECK((const void *)(a) == (const void *)(b), #a " is not " #b)
#define assert_ptr_not_equal(a, b) CROSS_CHECK((const void *)(a) != (const void *)(b), #a " is " #b)
#define assert_string_equal(a, b) cross_strings(__FILE__, __LINE__, a, b)
#define assert_string_not_equal(a, b) CROSS_CHECK(strcmp(a, b) != 0, #a " is " #b)
#define assert_memory_equal(a, b, size) \
    CROSS_CHECK((size) == 0 || memcmp(a, b, size) == 0, #a " has other bytes than " #b)
/* As cmocka does: whatever the types are, compared as the widest. */
#define assert_int_equal(a, b) \
    cross_ints(__FILE__, __LINE__, (uintmax_t)(a), (uintmax_t)(b), #a " and " #b)
#define assert_int_not_equal(a, b) CROSS_CHECK((uintmax_t)(a) != (uintmax_t)(b), #a " is " #b)
#define assert_in_range(value, least, most)                                                    \
    cross_range(__FILE__, __LINE__, (uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most), \
                #value " is not in its range")

/* A function: compilers would say of a macro that 0 is in every range. */
static inline void cross_range(const char *file, int line, uintmax_t value, uintmax_t least,
                               uintmax_t most, const char *problem)
{
    if (value < least || value > most)
        cross_fail(file, line, "%s", problem);
}

static inline void cross_strings(const char *file, int line, const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        cross_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

static inline void cross_ints(const char *file, int line, uintmax_t a, uintmax_t b,
                              const char *text)
{
    if (a != b)
        cross_fail(file, line, "%s: %#" PRIxMAX " != %#" PRIxMAX, text, a, b);
}

#define cmocka_unit_test(function)      \
    {                                   \
#function, function, NULL, NULL \
    }
#define cmocka_unit_test_setup_teardown(function, setup, teardown) \
    {                                                              \
#function, function, setup, teardown                       \
    }
#define cmocka_run_group_tests(tests, setup, teardown) \
    cross_run(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

static inline int cross_run(const struct CMUnitTest *tests, size_t count, cross_fixture setup,
                            cross_fixture teardown)
{
    static const char *const results[] = {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"};
    void *state = NULL;
    volatile int failed = 0;
    if (setup && setup(&state) != 0)
        return 1;
    for (volatile size_t i = 0; i < count; i++) {
        const struct CMUnitTest *test = &tests[i];
        int result = setjmp(cross_leave);
        if (result == 0) {
            if (test->setup)
                (void)test->setup(&state);
            test->run(&state);
        }
        if (test->teardown)
            (void)test->teardown(&state);
        printf("%s %s\n", results[result], test->name);
        failed += result == CROSS_FAILED;
    }
    if (teardown)
        (void)teardown(&state);
    return failed;
}

#endif /* BRN_CROSS_CMOCKA_H */
