/*
 * views_number.c - complex, Decimal, Fraction, UUID, range and slice.
 *
 * Numbers without a size stay where they are: as a value of the document, or as text in it.
 */
#include "views.h"

bool brn_as_complex(const brn_val *val, brn_complex *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_plain_args(val, "builtins", "complex", 2, 2);
    if (!brn_is(brn_at(args, 0), BRN_FLOAT) || !brn_is(brn_at(args, 1), BRN_FLOAT))
        return false;
    *out = (brn_complex){brn_float(brn_at(args, 0)), brn_float(brn_at(args, 1))};
    return true;
}

/* ------------------------------------------------------------------------
 * Decimals
 * ------------------------------------------------------------------------ */

/* Count digits at `*at` and go behind them. */
static size_t pass_digits(const char **at, const char *end)
{
    const char *start = *at;
    while (*at < end && **at >= '0' && **at <= '9')
        ++*at;
    return (size_t)(*at - start);
}

static bool pass_word(const char **at, const char *end, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* "E+5" at the end, or nothing. */
static bool read_exponent(const char *at, const char *end, int64_t *out)
{
    *out = 0;
    if (at == end)
        return true;
    if (*at != 'E' && *at != 'e')
        return false;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const char *digits = at;
    size_t count = pass_digits(&at, end);
    if (count == 0 || count > 18 || at != end)
        return false;
    for (; digits < end; digits++)
        *out = *out * 10 + (*digits - '0');
    *out = negative ? -*out : *out;
    return true;
}

/* So many digits stand in front of the first that counts; the last always counts. */
static size_t leading_zeros(const char *at, const char *end, size_t digits)
{
    size_t zeros = 0;
    for (; at < end && (*at == '0' || *at == '.'); at++)
        zeros += *at == '0';
    return zeros < digits ? zeros : digits - 1;
}

static bool read_decimal(brn_decimal *d)
{
    const char *at = d->text;
    const char *end = d->text + d->size;
    d->negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (pass_word(&at, end, "Infinity")) {
        d->kind = 'F';
        return at == end;
    }
    const char *start = at;
    d->kind = pass_word(&at, end, "NaN") ? 'n' : pass_word(&at, end, "sNaN") ? 'N' : 'f';
    if (d->kind != 'f')
        start = at;
    size_t digits = pass_digits(&at, end);
    if (d->kind != 'f') {
        d->digits = digits ? digits - leading_zeros(start, at, digits) : 0;
        return at == end;
    }
    size_t fraction = 0;
    if (at < end && *at == '.') {
        at++;
        fraction = pass_digits(&at, end);
    }
    digits += fraction;
    if (digits == 0 || !read_exponent(at, end, &d->exponent))
        return false;
    d->digits = digits - leading_zeros(start, at, digits);
    d->exponent -= (int64_t)fraction;
    return true;
}

bool brn_as_decimal(const brn_val *val, brn_decimal *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_plain_args(val, "decimal", "Decimal", 1, 1);
    out->text = brn_text_of(brn_at(args, 0), &out->size);
    if (out->text && read_decimal(out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

size_t brn_decimal_coefficient(const brn_decimal *d, char *buf, size_t cap)
{
    size_t digits = 0;
    for (size_t i = 0; i < d->size && d->text[i] != 'E' && d->text[i] != 'e'; i++)
        digits += d->text[i] >= '0' && d->text[i] <= '9';
    /* Zeros in front are not counted as digits. */
    size_t skipped = digits - d->digits;
    for (size_t i = 0, number = 0; number < digits; i++) {
        char c = d->text[i];
        if (c < '0' || c > '9')
            continue;
        if (number >= skipped && number - skipped < cap)
            buf[number - skipped] = c;
        number++;
    }
    return d->digits;
}

/* ------------------------------------------------------------------------
 * Fractions, ranges, slices
 * ------------------------------------------------------------------------ */

/* "-3/7" or "-3": what stands before the line, and what behind. */
static bool read_fraction_text(const brn_val *val, brn_fraction *out)
{
    size_t size;
    const char *at = brn_text_of(val, &size);
    if (!at)
        return false;
    const char *end = at + size;
    out->numerator_text = at;
    if (at < end && *at == '-')
        at++;
    size_t digits = pass_digits(&at, end);
    out->numerator_size = (size_t)(at - out->numerator_text);
    if (digits == 0)
        return false;
    if (at == end) {
        out->denominator_text = "1";
        out->denominator_size = 1;
        return true;
    }
    if (*at++ != '/')
        return false;
    out->denominator_text = at;
    out->denominator_size = pass_digits(&at, end);
    return at == end && out->denominator_size > 0 && out->denominator_text[0] != '0';
}

static bool read_fraction(const brn_val *val, brn_fraction *out)
{
    const brn_val *args = brn_plain_args(val, "fractions", "Fraction", 1, 2);
    if (brn_size(args) == 1)
        return read_fraction_text(brn_at(args, 0), out);
    out->numerator = brn_at(args, 0);
    out->denominator = brn_at(args, 1);
    int64_t number;
    return brn_is_int(out->numerator) &&
           (brn_int_within(out->denominator, 1, INT64_MAX, &number) ||
            (brn_is(out->denominator, BRN_BIGINT) && !brn_bigint_negative(out->denominator)));
}

bool brn_as_fraction(const brn_val *val, brn_fraction *out)
{
    memset(out, 0, sizeof *out);
    if (read_fraction(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

static bool read_range(const brn_val *args, brn_range *out)
{
    memset(out, 0, sizeof *out);
    if (!args)
        return false;
    *out = (brn_range){brn_at(args, 0), brn_at(args, 1), brn_at(args, 2)};
    return true;
}

bool brn_as_range(const brn_val *val, brn_range *out)
{
    const brn_val *args = brn_plain_args(val, "builtins", "range", 3, 3);
    if (!args)
        args = brn_plain_args(val, "builtins", "xrange", 3, 3);
    const brn_val *step = brn_at(args, 2);
    bool ok = brn_is_int(brn_at(args, 0)) && brn_is_int(brn_at(args, 1)) && brn_is_int(step) &&
              !(brn_is(step, BRN_INT) && brn_int(step) == 0);
    return read_range(ok ? args : NULL, out);
}

bool brn_as_slice(const brn_val *val, brn_range *out)
{
    return read_range(brn_plain_args(val, "builtins", "slice", 3, 3), out);
}

/* ------------------------------------------------------------------------
 * UUIDs
 * ------------------------------------------------------------------------ */

/* An int of 0 to 2**128 - 1, the most significant byte first. */
static bool read_128_bits(const brn_val *val, uint8_t out[16])
{
    uint8_t bytes[17] = {0};
    if (brn_is(val, BRN_INT)) {
        for (size_t i = 0; i < 8; i++)
            bytes[i] = (uint8_t)((uint64_t)val->u.integer >> (8 * i));
        if (val->u.integer < 0)
            return false;
    } else {
        size_t size;
        const uint8_t *digits = brn_bigint(val, &size);
        if (!digits || brn_bigint_negative(val) || size > sizeof bytes)
            return false;
        memcpy(bytes, digits, size);
    }
    for (size_t i = 0; i < 16; i++)
        out[i] = bytes[15 - i];
    /* What is positive has at most a zero in front. */
    return bytes[16] == 0;
}

static bool read_uuid(const brn_val *val, brn_uuid *out)
{
    brn_instance i;
    if (!brn_as_instance(val, &i) || !brn_names(i.class_, "uuid", "UUID") || i.base || i.kwargs ||
        brn_size(i.args) > i.args_from)
        return false;
    const brn_val *state = brn_only_state(val);
    const brn_val *safe = brn_dict_get(state, "is_safe");
    int64_t is_safe = 1;
    if (!read_128_bits(brn_dict_get(state, "int"), out->bytes) ||
        brn_size(state) != (safe ? 2 : 1) || (safe && !brn_int_within(safe, -1, 0, &is_safe)))
        return false;
    out->safe = is_safe == 0;
    out->unsafe = is_safe == -1;
    return true;
}

bool brn_as_uuid(const brn_val *val, brn_uuid *out)
{
    memset(out, 0, sizeof *out);
    if (read_uuid(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}
