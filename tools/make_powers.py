#!/usr/bin/python3
"""Write src/powers.inc: the powers of ten that src/shortest.c multiplies with.

Each is 10^p scaled by a power of two to 128 bits, and rounded up.  Before anything is written,
the script proves that this is precise enough: for every exponent of a double it finds, among all
numbers that shortest.c may multiply, the products that come closest to an integer from above
and from below, and makes sure that the error of the table can hide neither.

    /usr/bin/python3 tools/make_powers.py > src/powers.inc
"""

import sys
from fractions import Fraction

BITS = 128  # of a power in the table
WORD = 64
FRACTION = 52  # bits of a double's significand that are stored
BINARY = range(-1074, 972)  # the exponents of doubles: c * 2^q
MOST = 2 * (2 << FRACTION) + 1  # of 2c - 1, 2c and 2c + 1, which are multiplied by 2^(q + 1)
ERROR = 61  # shortest.c takes what is below 2^61 of 2^128 for the error of the table


def floor_log(x, base):
    """The largest n with base^n <= x."""
    n = 0
    while Fraction(base) ** n > x:
        n -= 1
    while Fraction(base) ** (n + 1) <= x:
        n += 1
    return n


def floor_log10_of_power_of_two(q, three_quarters):
    """As shortest.c computes it; main() compares the two."""
    return (q * 1262611 - (524031 if three_quarters else 0)) >> 22


def floor_log2_of_power_of_ten(p):
    return (p * 1741647) >> 19


def scaled(p):
    """10^p times the power of two that leaves 128 bits before the point, rounded up."""
    x = Fraction(10) ** p * Fraction(2) ** (BITS - 1 - floor_log2_of_power_of_ten(p))
    g = -(-x.numerator // x.denominator)
    assert 1 << (BITS - 1) <= g < 1 << BITS, p
    return g


def nearest(x, most):
    """How close n * x for n = 1 .. most comes to an integer without being one: (above, below)."""
    step, one = x.numerator % x.denominator, x.denominator
    if one <= most:
        # All multiples of 1 / one are met.
        return (Fraction(1, one), Fraction(1, one))
    # The Euclidean algorithm: the best from above and from below so far, and their factors n.
    above, below, n_above, n_below = step, one - step, 1, 1
    while n_above + n_below <= most:
        if above >= below:
            turns = min(above // below, (most - n_above) // n_below)
            above -= turns * below
            n_above += turns * n_below
        else:
            turns = min(below // above, (most - n_below) // n_above)
            below -= turns * above
            n_below += turns * n_above
    return (Fraction(above, one), Fraction(below, one))


def prove(q, k, above, below):
    """If no product comes closer to an integer, shortest.c can tell which of them are integers."""
    shift = q + floor_log2_of_power_of_ten(-k) + 1
    assert shift > 0 and 2 * MOST << shift <= 1 << ERROR, q
    # The table is less than 1 too large, so a product less than its other factor.
    error = Fraction(1 << ERROR, 1 << BITS)
    assert above >= error and below > error, (q, k)


def prove_regular(q, k):
    prove(q, k, *nearest(Fraction(2) ** (q + 1) / Fraction(10) ** k, MOST))


def prove_power_of_two(q, k):
    """The one double of an exponent whose lower neighbour is nearer: 4c - 1 instead of 4c - 2."""
    for factor in ((4 << FRACTION) - 1, 4 << FRACTION, (4 << FRACTION) + 2):
        above = factor * Fraction(2) ** q / Fraction(10) ** k % 1
        if above != 0:
            prove(q, k, above, 1 - above)


def main():
    exponents = set()
    power_of_ten = -400
    for q in BINARY:
        for three_quarters in (False, True):
            width = Fraction(2) ** q * (Fraction(3, 4) if three_quarters else 1)
            while Fraction(10) ** (power_of_ten + 1) <= width:
                power_of_ten += 1
            k = power_of_ten if Fraction(10) ** power_of_ten <= width else power_of_ten - 1
            assert k == floor_log10_of_power_of_two(q, three_quarters), q
            (prove_power_of_two if three_quarters else prove_regular)(q, k)
            exponents.add(-k)
    first, last = min(exponents), max(exponents)
    assert len(exponents) == last - first + 1
    for p in (first, -1, 0, 1, last):
        assert floor_log2_of_power_of_ten(p) == floor_log(Fraction(10) ** p, 2)
    print("/*")
    print(" * powers.inc - made by tools/make_powers.py, not by hand.")
    print(" *")
    print(f" * 10^{first} to 10^{last}, each scaled to {BITS} bits and rounded up;")
    print(" * the upper half first.")
    print(" */")
    for p in range(first, last + 1):
        g = scaled(p)
        print(f"{{0x{g >> WORD:016x}, 0x{g & ((1 << WORD) - 1):016x}}},")
    print(f"proved for the exponents {BINARY[0]} to {BINARY[-1]}", file=sys.stderr)


if __name__ == "__main__":
    main()
