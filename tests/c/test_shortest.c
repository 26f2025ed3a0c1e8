/*
 * test_shortest.c - the shortest decimals, computed with and without 128-bit arithmetic of the
 * compiler, are the same, and read back.  test_repr.c has them spelt out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The file once more, under another name. */
#define BRN_INT128 0
#define brn_shortest shortest_in_halves
#include "shortest.c"
#undef brn_shortest

brn_digits brn_shortest(double value);

static void expect_same(uint64_t bits)
{
    if (bits == 0 || bits >= UINT64_C(0x7ff) << 52)
        return;
    double value = brn_double_of_bits(bits);
    brn_digits a = brn_shortest(value);
    brn_digits b = shortest_in_halves(value);
    assert_int_equal(a.digits, b.digits);
    assert_int_equal(a.exponent, b.exponent);
    assert_int_not_equal(a.digits % 10, 0);
    assert_true(a.digits < UINT64_C(100000000000000000));
    char text[40];
    (void)snprintf(text, sizeof text, "%llue%d", (unsigned long long)a.digits, a.exponent);
    assert_int_equal(brn_bits_of_double(strtod(text, NULL)), bits);
}

static void test_every_exponent(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        for (uint64_t i = 0; i < 4; i++) {
            expect_same((exponent << 52) + i);
            expect_same((exponent << 52) - i);
        }
        for (int i = 0; i < 40; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            expect_same(exponent << 52 | seed >> 12);
        }
    }
}

static void test_round_numbers(void **state)
{
    (void)state;
    for (int exponent = -323; exponent <= 308; exponent++) {
        for (int i = 1; i < 10; i++) {
            char text[40];
            (void)snprintf(text, sizeof text, "%de%d", i, exponent);
            double value = strtod(text, NULL);
            if (brn_bits_of_double(value) >= UINT64_C(0x7ff) << 52)
                continue;
            brn_digits d = brn_shortest(value);
            assert_int_equal(d.digits, i);
            assert_int_equal(d.exponent, exponent);
            for (uint64_t k = 1; k < 4; k++) {
                expect_same(brn_bits_of_double(value) + k);
                expect_same(brn_bits_of_double(value) - k);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_exponent),
        cmocka_unit_test(test_round_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
