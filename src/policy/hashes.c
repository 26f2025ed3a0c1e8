/*
 * hashes.c - the hashes that Python gives to numbers.
 *
 * They are the same for equal numbers of all types, and so known to everybody: the number modulo 2**61 - 1.  Whoever
 * writes a pickle can make thousands of numbers that share one.  What work.c counts is only right if what a
 * call makes, a Decimal or a Fraction, has here the hash that it will have there.
 */
#include "arrays.h"

#include <math.h>

#define MODULUS ((UINT64_C(1) << 61) - 1)

static uint64_t signed_hash(uint64_t hash, bool negative)
{
    hash = negative ? 0 - hash : hash;
    return hash == UINT64_MAX ? UINT64_MAX - 1 : hash;
}

static uint64_t hash_bigint(const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bigint(val, &size);
    bool negative = brn_bigint_negative(val);
    uint64_t hash = 0;
    for (size_t i = size; i-- > 0;) {
        /* Of a negative number, the complement; one is added below. */
        uint8_t byte = negative ? (uint8_t)~bytes[i] : bytes[i];
        hash = ((hash << 8) & MODULUS) | hash >> 53;
        hash += byte;
        if (hash >= MODULUS)
            hash -= MODULUS;
    }
    if (negative && ++hash == MODULUS)
        hash = 0;
    return signed_hash(hash, negative);
}

static uint64_t hash_double(double value, uint64_t identity)
{
    if (isnan(value))
        return identity;
    if (isinf(value))
        return signed_hash(314159, value < 0);
    int exponent;
    double mantissa = frexp(fabs(value), &exponent);
    uint64_t hash = 0;
    while (mantissa != 0) {
        hash = ((hash << 28) & MODULUS) | hash >> 33;
        mantissa *= 268435456.0;
        exponent -= 28;
        uint64_t digit = (uint64_t)mantissa;
        mantissa -= (double)digit;
        hash += digit;
        if (hash >= MODULUS)
            hash -= MODULUS;
    }
    int shift = exponent >= 0 ? exponent % 61 : 60 - (-1 - exponent) % 61;
    hash = ((hash << shift) & MODULUS) | hash >> (61 - shift);
    return signed_hash(hash, value < 0);
}

bool brn_hash_of_number(const brn_val *val, uint64_t seed, uint64_t *hash)
{
    switch (val->type) {
    case BRN_BOOL:
    case BRN_INT: {
        int64_t number = brn_int(val);
        uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        *hash = signed_hash(magnitude % MODULUS, number < 0);
        return true;
    }
    case BRN_BIGINT: *hash = hash_bigint(val); return true;
    case BRN_FLOAT:
        /* What is no number hashes by its identity. */
        *hash = hash_double(brn_float(val), seed ^ val->id * UINT64_C(0x9e3779b97f4a7c15));
        return true;
    default: return false;
    }
}

/* ------------------------------------------------------------------------
 * Arithmetic modulo 2**61 - 1
 * ------------------------------------------------------------------------ */

static uint64_t reduce(uint64_t number)
{
    number = (number & MODULUS) + (number >> 61);
    return number >= MODULUS ? number - MODULUS : number;
}

static uint64_t rotate(uint64_t number, int bits)
{
    return ((number << bits) & MODULUS) | number >> (61 - bits);
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t low = reduce((a & UINT32_MAX) * (b & UINT32_MAX));
    uint64_t high = reduce((a >> 32) * (b >> 32) * 8);
    uint64_t one = reduce((a >> 32) * (b & UINT32_MAX));
    uint64_t other = reduce((a & UINT32_MAX) * (b >> 32));
    return reduce(reduce(low + high) + rotate(reduce(one + other), 32));
}

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            result = times(result, base);
        base = times(base, base);
    }
    return result;
}

/* What it is multiplied by to give 1. */
static uint64_t inverse(uint64_t number)
{
    return power(number, MODULUS - 2);
}

/* ------------------------------------------------------------------------
 * Numbers in text
 * ------------------------------------------------------------------------ */

/* Digits behind those that `start` is of; *at moves behind them, and *count says how many they are. */
static uint64_t read_digits(const char **at, const char *end, uint64_t start, size_t *count)
{
    uint64_t number = start;
    for (*count = 0; *at < end && **at >= '0' && **at <= '9'; ++*at, ++*count)
        number = reduce(times(number, 10) + (uint64_t)(**at - '0'));
    return number;
}

static bool take_sign(const char **at, const char *end)
{
    bool negative = *at < end && **at == '-';
    if (*at < end && (**at == '-' || **at == '+'))
        ++*at;
    return negative;
}

/* 10**exponent: of exponents only what is left modulo 2**61 - 2 matters. */
static uint64_t read_exponent(const char **at, const char *end, size_t fraction)
{
    const uint64_t order = MODULUS - 1;
    bool negative = take_sign(at, end);
    uint64_t exponent = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        uint64_t twice = (exponent + exponent) % order;
        uint64_t eight = (((twice + twice) % order) * 2) % order;
        exponent = ((eight + twice) % order + (uint64_t)(**at - '0')) % order;
    }
    exponent = negative ? (order - exponent) % order : exponent;
    return power(10, (exponent + order - fraction % order) % order);
}

/* 1.50E-3, as Decimal writes itself. */
static uint64_t hash_decimal(const char *text, size_t size, uint64_t identity)
{
    const char *at = text;
    const char *end = text + size;
    bool negative = take_sign(&at, end);
    if (at < end && (*at == 'I' || *at == 'i'))
        return signed_hash(314159, negative);
    if (at < end && (*at == 'N' || *at == 'n'))
        return identity;
    size_t count;
    size_t fraction = 0;
    uint64_t number = read_digits(&at, end, 0, &count);
    if (at < end && *at == '.') {
        at++;
        number = read_digits(&at, end, number, &fraction);
    }
    if (at < end && (*at == 'E' || *at == 'e'))
        at++;
    else
        end = at;
    return signed_hash(times(number, read_exponent(&at, end, fraction)), negative);
}

static uint64_t hash_ratio(uint64_t above, uint64_t below, bool negative)
{
    return signed_hash(below == 0 ? 314159 : times(above, inverse(below)), negative);
}

/* -1/3, as Fraction writes itself. */
static uint64_t hash_fraction(const char *text, size_t size)
{
    const char *at = text;
    const char *end = text + size;
    bool negative = take_sign(&at, end);
    size_t count;
    uint64_t above = read_digits(&at, end, 0, &count);
    uint64_t below = 1;
    if (at < end && *at == '/') {
        at++;
        below = read_digits(&at, end, 0, &count);
    }
    return hash_ratio(above, below, negative);
}

/* The remainder of an int, without its sign. */
static uint64_t remainder_of(const brn_val *val, bool *negative)
{
    uint64_t hash = 0;
    (void)brn_hash_of_number(val, 0, &hash);
    *negative = hash > MODULUS;
    return *negative ? reduce(0 - hash) : reduce(hash);
}

/* ------------------------------------------------------------------------
 * What calls make
 * ------------------------------------------------------------------------ */

static uint64_t hash_complex(double real, double imaginary, uint64_t identity)
{
    uint64_t hash =
        hash_double(real, identity) + UINT64_C(1000003) * hash_double(imaginary, ~identity);
    return hash == UINT64_MAX ? UINT64_MAX - 1 : hash;
}

static double as_double(const brn_val *val)
{
    return brn_is(val, BRN_FLOAT) ? brn_float(val) : (double)brn_int(val);
}

/* numpy's floats and complex numbers hash as Python's; of those with more digits, nobody needs thousands as keys. */
static bool hash_scalar(const brn_checker *c, const brn_val *args, uint64_t identity,
                        uint64_t *hash)
{
    brn_checked_dtype dtype;
    const uint8_t *bytes;
    size_t size;
    if (!brn_checked_dtype_of(c, brn_at(args, 0), &dtype) || !strchr("fcV", dtype.kind))
        return false;
    *hash = 0;
    bool pair = dtype.kind == 'c' && dtype.size == 16;
    if (!(pair || (dtype.kind == 'f' && dtype.size == 8)) || dtype.big_endian ||
        !brn_bytes_like(c, brn_at(args, 1), &bytes, &size) || !bytes || size != dtype.size)
        return true;
    double parts[2] = {0, 0};
    memcpy(parts, bytes, size);
    *hash = pair ? hash_complex(parts[0], parts[1], identity) : hash_double(parts[0], identity);
    return true;
}

/* A range hashes as a tuple of other numbers than it is made from: of large ones, it could be any. */
static bool is_small_range(const brn_val *args)
{
    for (size_t i = 0; i < 3; i++) {
        const brn_val *number = brn_at(args, i);
        if (!brn_is(number, BRN_INT) || brn_int(number) > INT32_MAX || brn_int(number) < INT32_MIN)
            return false;
    }
    return true;
}

bool brn_hash_of_call(const brn_checker *c, const brn_val *val, uint64_t seed, uint64_t *hash)
{
    const brn_name *name = val->type == BRN_CALL ? brn_instance_of(c, val) : NULL;
    const brn_val *args = name ? brn_args(val) : NULL;
    const brn_val *first = brn_at(args, 0);
    uint64_t identity = seed ^ val->id * UINT64_C(0x9e3779b97f4a7c15);
    size_t size = 0;
    const char *text = brn_is(first, BRN_STR) || brn_is(first, BRN_PY2STR)
                           ? (const char *)brn_bytes(first, &size)
                           : NULL;
    if (brn_name_is(name, "decimal", "Decimal") && text) {
        *hash = hash_decimal(text, size, identity);
    } else if (brn_name_is(name, "fractions", "Fraction") && text) {
        *hash = hash_fraction(text, size);
    } else if (brn_name_is(name, "fractions", "Fraction") && brn_at(args, 1)) {
        bool negative[2];
        uint64_t above = remainder_of(first, &negative[0]);
        uint64_t below = remainder_of(brn_at(args, 1), &negative[1]);
        *hash = hash_ratio(above, below, negative[0] != negative[1]);
    } else if (brn_name_is(name, "builtins", "complex")) {
        *hash = hash_complex(as_double(first), as_double(brn_at(args, 1)), identity);
    } else if (brn_name_is(name, "builtins", "range") && !is_small_range(args)) {
        *hash = 0;
    } else if (brn_name_is(name, "ipaddress", "IPv6Network") ||
               brn_name_is(name, "ipaddress", "IPv6Interface")) {
        *hash = 0;
    } else if (brn_name_is(name, "numpy.core.multiarray", "scalar") ||
               brn_name_is(name, "numpy._core.multiarray", "scalar")) {
        return hash_scalar(c, args, identity, hash);
    } else {
        return false;
    }
    return true;
}
