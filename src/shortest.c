/*
 * shortest.c - the shortest decimal of a double, after Raffaello Giulietti, "The Schubfach way to
 * render doubles" (2020).
 *
 * A double c * 2^q is what every number between the midpoints to its neighbours reads back as
 * (and the midpoints themselves, if c is even).  Let 10^k be the largest power of ten that is
 * no wider than that interval.  Then some multiple of 10^k lies in it, and at most one
 * of 10^(k+1): the pigeonhole that gave the method its name.  So there is no search: if that
 * one multiple is inside, it is the shortest, else one of the two multiples of
 * 10^k around the double is.
 *
 * To see what is inside, the double and the two midpoints are multiplied by 4 / 10^k and then
 * compared with even integers only.  For that it does not matter what is behind the point, but
 * whether anything is: rounding to odd (cut, and make it odd if something was cut) keeps just
 * that, and fits a word.
 *
 * The powers of ten come from a table, cut to 128 bits, so a product is a little too
 * large.  tools/make_powers.py, which writes the table, proves for each exponent that no product
 * comes near enough to an integer for this to matter.  A table of 617 rows, 10 KB, is what it
 * takes to need two multiplications and no loop; trying with the C library's conversions,
 * which compute with numbers of a thousand bits, costs fifty times as much.
 */
#include "shortest.h"

#ifndef BRN_INT128
#ifdef __SIZEOF_INT128__
#define BRN_INT128 1
#else
#define BRN_INT128 0
#endif
#endif

#define FRACTION_BITS 52
#define HIDDEN_BIT (UINT64_C(1) << FRACTION_BITS)
#define EXPONENT_BIAS 1075 /* of c * 2^q with c a whole number */

#define FIRST_POWER (-292)

/* What is below 2^61 of the 2^128 behind the point is the table's error, not the number's. */
#define ERROR_BITS 61

typedef struct power {
    uint64_t high;
    uint64_t low;
} power;

static const power powers[] = {
#include "powers.inc"
};

/* floor(x / 2^bits), x above -1024 * 2^bits: shifting negative numbers is not portable. */
static int floor_shift(int64_t x, int bits)
{
    const int64_t lift = 1024;
    return (int)((uint64_t)(x + (lift << bits)) >> bits) - (int)lift;
}

/* The largest k with 10^k <= 2^q, or 10^k <= 3/4 * 2^q.  Right for all exponents of doubles. */
static int floor_log10(int q, bool three_quarters)
{
    return floor_shift(q * INT64_C(1262611) - (three_quarters ? 524031 : 0), 22);
}

/* The largest n with 2^n <= 10^p. */
static int floor_log2(int p)
{
    return floor_shift(p * INT64_C(1741647), 19);
}

/* The 192 bits of a product, in words; the point is behind the first. */
typedef struct product {
    uint64_t whole;
    uint64_t middle;
    uint64_t low;
} product;

/* a * b; C has no type for it, but some compilers do. */
static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
#if BRN_INT128
    __extension__ typedef unsigned __int128 wide;
    wide p = (wide)a * b;
    *high = (uint64_t)(p >> 64);
    *low = (uint64_t)p;
#else
    uint64_t a1 = a >> 32;
    uint64_t a0 = (uint32_t)a;
    uint64_t b1 = b >> 32;
    uint64_t b0 = (uint32_t)b;
    uint64_t cross = a1 * b0 + (a0 * b0 >> 32);
    uint64_t other = a0 * b1 + (uint32_t)cross;
    *high = a1 * b1 + (cross >> 32) + (other >> 32);
    *low = a * b;
#endif
}

static product scale(const power *g, uint64_t factor)
{
    product p;
    uint64_t carry;
    multiply(g->low, factor, &carry, &p.low);
    multiply(g->high, factor, &p.whole, &p.middle);
    p.middle += carry;
    p.whole += p.middle < carry;
    return p;
}

/* The product of 2^shift, 0 < shift < 64: what products of factors differ by that differ by 2^shift. */
static product scale_power(const power *g, int shift)
{
    return (product){g->high >> (64 - shift), g->high << shift | g->low >> (64 - shift),
                     g->low << shift};
}

static product sum(product p, product by)
{
    product s = {p.whole + by.whole, p.middle + by.middle, p.low + by.low};
    uint64_t carry = s.low < by.low;
    s.whole += s.middle < by.middle;
    s.middle += carry;
    s.whole += s.middle < carry;
    return s;
}

static product difference(product p, product by)
{
    product rest = {p.whole - by.whole, p.middle - by.middle, p.low - by.low};
    uint64_t borrow = p.low < by.low;
    rest.whole -= p.middle < by.middle;
    rest.whole -= rest.middle < borrow;
    rest.middle -= borrow;
    return rest;
}

static uint64_t round_to_odd(product p)
{
    return p.whole | ((p.middle | p.low >> ERROR_BITS) != 0);
}

static brn_digits without_zeros(uint64_t digits, int exponent)
{
    if (BRN_LIKELY(digits % 10 != 0))
        return (brn_digits){digits, exponent};
    /* Doubles that were typed in have up to 16 zeros here, the others next to none. */
    if (digits % 100000000 == 0) {
        digits /= 100000000;
        exponent += 8;
    }
    if (digits % 10000 == 0) {
        digits /= 10000;
        exponent += 4;
    }
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    return (brn_digits){digits, exponent};
}

brn_digits brn_shortest(double value)
{
    uint64_t bits = brn_bits_of_double(value);
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int stored = (int)(bits >> FRACTION_BITS);
    uint64_t c = stored ? fraction | HIDDEN_BIT : fraction;
    int q = (stored ? stored : 1) - EXPONENT_BIAS;
    /* The double below a power of two is at half the distance, but not below the smallest. */
    bool uneven = fraction == 0 && stored > 1;

    int k = floor_log10(q, uneven);
    const power *g = &powers[-k - FIRST_POWER];
    int shift = q + floor_log2(-k) + 1;
    product p = scale(g, 4 * c << shift);
    uint64_t exact = round_to_odd(p);
    /* The midpoints, moved inwards to the next that belongs to the interval. */
    uint64_t odd = c & 1;
    product half = scale_power(g, shift + 1);
    uint64_t most = round_to_odd(sum(p, half)) - odd;
    if (BRN_UNLIKELY(uneven))
        half = scale_power(g, shift);
    uint64_t least = round_to_odd(difference(p, half)) + odd;

    /*
     * Choices are made by arithmetic, not by branches: for most doubles they are as good as random.
     * If both multiples are inside, the nearer counts, or of two as near the even one.
     */
    uint64_t below = exact / 4;
    unsigned low_inside = least <= 4 * below;
    unsigned high_inside = 4 * below + 4 <= most;
    unsigned nearer_above = exact + (below & 1) > 4 * below + 2;
    unsigned only_one = low_inside ^ high_inside;
    uint64_t near = below + ((only_one & high_inside) | (~only_one & nearer_above));

    uint64_t tens = below / 10;
    low_inside = least <= 40 * tens;
    high_inside = 40 * tens + 40 <= most;
    unsigned shorter = low_inside ^ high_inside;
    uint64_t far = tens + high_inside;
    return without_zeros(near ^ ((near ^ far) & (0 - (uint64_t)shorter)), k + (int)shorter);
}
