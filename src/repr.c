/*
 * repr.c - Python's spelling of values, exact to the character, and its inverse for numbers.
 *
 * Floats: the C library's strtod() and snprintf() round correctly but spell the
 * decimal point as the locale wants it.  So numbers are read without a point
 * (its place goes into the exponent), and written by picking the digits out of whatever
 * snprintf() made.
 *
 * Ints: magnitudes in 32-bit words, converted by schoolbook arithmetic.  That is
 * quadratic, and harmless because nothing longer than 4300 digits is spelt in decimal.
 */
#include "repr.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------
 * Output
 * ------------------------------------------------------------------------ */

void brn_out_init(brn_out *out, brn_sink_fn sink, void *ctx, char *buffer, size_t cap)
{
    memset(out, 0, sizeof *out);
    out->sink = sink;
    out->ctx = ctx;
    out->buffer = buffer;
    out->cap = cap;
}

bool brn_out_flush(brn_out *out)
{
    if (out->sink && out->used > 0) {
        if (!out->failed && !out->sink(out->ctx, out->buffer, out->used))
            out->failed = true;
        out->used = 0;
    }
    return !out->failed;
}

void brn_out_putn(brn_out *out, const void *data, size_t size)
{
    if (size > out->cap - out->used) {
        if (out->sink) {
            (void)brn_out_flush(out);
            if (size >= out->cap) {
                /* Too long for the buffer: it need not pass through it. */
                if (!out->failed && !out->sink(out->ctx, data, size))
                    out->failed = true;
                return;
            }
        } else {
            out->dropped += size - (out->cap - out->used);
            size = out->cap - out->used;
        }
    }
    if (size > 0) {
        memcpy(out->buffer + out->used, data, size);
        out->used += size;
    }
}

void brn_out_puts(brn_out *out, const char *text)
{
    brn_out_putn(out, text, strlen(text));
}

size_t brn_out_finish(brn_out *out, size_t cap)
{
    if (cap > 0)
        out->buffer[out->used] = '\0';
    return out->used + out->dropped;
}

/* ------------------------------------------------------------------------
 * Ints
 * ------------------------------------------------------------------------ */

#define CHUNK_DIGITS 9u
#define CHUNK 1000000000u /* 10^9: the largest power of ten in 32 bits */

static const char hex_digits[] = "0123456789abcdef";

void brn_out_uint(brn_out *out, uint64_t value)
{
    char text[20];
    size_t i = sizeof text;
    do {
        text[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    brn_out_putn(out, text + i, sizeof text - i);
}

void brn_out_int(brn_out *out, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        brn_out_put(out, '-');
        magnitude = 0 - magnitude;
    }
    brn_out_uint(out, magnitude);
}

void brn_out_hex(brn_out *out, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--)
        brn_out_put(out, hex_digits[value >> (4 * i) & 15]);
}

/* What 4300 digits need, with room for the few values of the same size that have 4301. */
#define DECIMAL_WORDS ((BRN_DECIMAL_DIGITS * 41525u / 100000u + 4u) / 4u)
#define DECIMAL_CHUNKS (BRN_DECIMAL_DIGITS / CHUNK_DIGITS + 2u)

/* Byte `i` of the magnitude of a two's complement number; `carry` starts as 1. */
static unsigned magnitude_byte(const uint8_t *bytes, size_t i, bool negative, unsigned *carry)
{
    if (!negative)
        return bytes[i];
    unsigned value = (bytes[i] ^ 0xffu) + *carry;
    *carry = value >> 8;
    return value & 0xff;
}

/*
 * Hexadecimal digits come out most significant first, but negating goes the
 * other way: below the lowest byte that is not zero nothing changes, that
 * byte is negated, and those above are complemented.
 */
static void put_hex_bigint(brn_out *out, const uint8_t *bytes, size_t size, bool negative)
{
    size_t lowest = 0;
    while (lowest < size && bytes[lowest] == 0)
        lowest++;
    brn_out_puts(out, negative ? "-0x" : "0x");
    bool leading = true;
    for (size_t i = size; i-- > 0;) {
        unsigned byte = bytes[i];
        if (negative && i >= lowest)
            byte = (i == lowest ? 0x100u - byte : 0xffu - byte) & 0xff;
        if (leading && byte == 0 && i > 0)
            continue;
        if (!leading || byte > 15)
            brn_out_put(out, hex_digits[byte >> 4]);
        brn_out_put(out, hex_digits[byte & 15]);
        leading = false;
    }
}

void brn_out_bigint(brn_out *out, const uint8_t *bytes, size_t size)
{
    size = brn_int_trim(bytes, size);
    bool negative = size > 0 && (bytes[size - 1] & 0x80) != 0;
    if (size <= 8) {
        brn_out_int(out, brn_int_of_bytes(bytes, size));
        return;
    }
    uint32_t words[DECIMAL_WORDS] = {0};
    uint32_t chunks[DECIMAL_CHUNKS];
    if (size > sizeof words) {
        put_hex_bigint(out, bytes, size, negative);
        return;
    }
    unsigned carry = 1;
    for (size_t i = 0; i < size; i++)
        words[i / 4] |= (uint32_t)magnitude_byte(bytes, i, negative, &carry) << (8 * (i % 4));

    /* Multiply what there is by 2^32 and add the next word, from the top. */
    size_t count = 0;
    for (size_t i = (size + 3) / 4; i-- > 0;) {
        uint64_t rest = words[i];
        for (size_t k = 0; k < count; k++) {
            rest += (uint64_t)chunks[k] << 32;
            chunks[k] = (uint32_t)(rest % CHUNK);
            rest /= CHUNK;
        }
        while (rest > 0) {
            chunks[count++] = (uint32_t)(rest % CHUNK);
            rest /= CHUNK;
        }
    }

    char text[CHUNK_DIGITS];
    size_t skip = CHUNK_DIGITS;
    for (uint32_t top = chunks[count - 1]; top > 0; top /= 10)
        skip--;
    if (count * CHUNK_DIGITS - skip > BRN_DECIMAL_DIGITS) {
        put_hex_bigint(out, bytes, size, negative);
        return;
    }
    if (negative)
        brn_out_put(out, '-');
    for (size_t k = count; k-- > 0;) {
        uint32_t chunk = chunks[k];
        for (size_t i = CHUNK_DIGITS; i-- > 0;) {
            text[i] = (char)('0' + chunk % 10);
            chunk /= 10;
        }
        brn_out_putn(out, text + skip, CHUNK_DIGITS - skip);
        skip = 0;
    }
}

static void store_le32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

size_t brn_decimal_to_bytes(const char *digits, size_t size, bool negative, uint8_t *out,
                            size_t cap)
{
    size_t used = 0; /* bytes of the magnitude so far, whole words */
    assert(cap >= brn_decimal_bound(size));
    (void)cap;
    while (size > 0) {
        uint32_t chunk = 0;
        uint32_t scale = 1;
        do {
            chunk = chunk * 10 + (uint32_t)(*digits++ - '0');
            scale *= 10;
            size--;
        } while (size % CHUNK_DIGITS != 0);
        uint64_t carry = chunk;
        for (size_t i = 0; i < used; i += 4) {
            carry += (uint64_t)brn_load_le32(out + i) * scale;
            store_le32(out + i, (uint32_t)carry);
            carry >>= 32;
        }
        if (carry > 0) {
            store_le32(out + used, (uint32_t)carry);
            used += 4;
        }
    }
    store_le32(out + used, 0); /* room for the sign */
    used += 4;
    if (negative) {
        unsigned carry = 1;
        for (size_t i = 0; i < used; i++)
            out[i] = (uint8_t)magnitude_byte(out, i, true, &carry);
    }
    return brn_int_trim(out, used);
}

/* ------------------------------------------------------------------------
 * Floats
 * ------------------------------------------------------------------------ */

/* The digits of a finite positive double: 0.d1d2d3... times 10^point. */
typedef struct decimal {
    char digits[17];
    int count;
    int point;
} decimal;

static void strip_zeros(decimal *d)
{
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
}

/*
 * Most doubles in data were once typed or rounded by somebody and have few
 * digits.  If value is n / 10^k for such an n, both exact, then a correctly
 * rounded division proves it, and at 15 digits or fewer there is no other.
 */
static bool short_decimal(double value, decimal *d)
{
#if FLT_EVAL_METHOD == 0
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    for (int k = 0; k < (int)BRN_ARRAY_LEN(powers); k++) {
        double scaled = value * powers[k];
        if (scaled >= 1e15)
            return false;
        uint64_t n = (uint64_t)(scaled + 0.5);
        double candidate = (double)n / powers[k];
        if (candidate < value || candidate > value)
            continue;
        char text[16];
        int at = (int)sizeof text;
        for (; n > 0; n /= 10)
            text[--at] = (char)('0' + n % 10);
        d->count = (int)sizeof text - at;
        memcpy(d->digits, text + at, (size_t)d->count);
        d->point = d->count - k;
        strip_zeros(d);
        return true;
    }
#else
    (void)value;
    (void)d;
#endif
    return false;
}

/* Correctly rounded to so many digits, in any locale. */
static void round_decimal(double value, int digits, decimal *d)
{
    char text[48]; /* the decimal point of a locale has a few bytes at most */
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
    const char *p = text;
    for (d->count = 0; d->count < digits; p++) {
        if (*p >= '0' && *p <= '9')
            d->digits[d->count++] = *p;
    }
    while (*p != 'e')
        p++;
    d->point = (int)strtol(p + 1, NULL, 10) + 1;
}

static double read_decimal(const decimal *d)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%.*se%d", d->count, d->digits, d->point - d->count);
    return strtod(text, NULL);
}

static bool reads_as(const decimal *d, double value)
{
    double read = read_decimal(d);
    return read >= value && read <= value;
}

/* The next greater number with as many digits. */
static void increment(decimal *d)
{
    int i = d->count - 1;
    while (i >= 0 && d->digits[i] == '9')
        d->digits[i--] = '0';
    if (i >= 0) {
        d->digits[i]++;
    } else {
        d->digits[0] = '1';
        d->point++;
    }
}

/*
 * The nearest decimal of a length reads back if any of that length does, but
 * for powers of two: there the doubles below lie closer than those above, so the nearest may
 * be a little below and read as another double, and the next above still do.
 */
static bool try_digits(double value, int digits, bool power_of_two, decimal *d)
{
    round_decimal(value, digits, d);
    if (reads_as(d, value))
        return true;
    if (!power_of_two)
        return false;
    increment(d);
    return reads_as(d, value);
}

static void shortest(double value, decimal *d)
{
    uint64_t bits = brn_bits_of_double(value);
    bool power_of_two = (bits & ((UINT64_C(1) << 52) - 1)) == 0;
    decimal longer;
    if (value < DBL_MIN) {
        /* Subnormals have few digits, and fewer than 15 need not come out of 15. */
        int digits = 1;
        while (!try_digits(value, digits, false, d))
            digits++;
    } else if (try_digits(value, 16, power_of_two, &longer)) {
        if (!try_digits(value, 15, power_of_two, d))
            *d = longer;
    } else {
        round_decimal(value, 17, d);
    }
    strip_zeros(d);
}

static void put_zeros(brn_out *out, int count)
{
    for (; count > 0; count--)
        brn_out_put(out, '0');
}

void brn_out_float(brn_out *out, double value)
{
    if (isnan(value)) {
        brn_out_puts(out, "nan");
        return;
    }
    if (signbit(value)) {
        brn_out_put(out, '-');
        value = -value;
    }
    if (isinf(value)) {
        brn_out_puts(out, "inf");
        return;
    }
    decimal d = {"0", 1, 1};
    if (value > 0 && !short_decimal(value, &d))
        shortest(value, &d);
    size_t count = (size_t)d.count;
    if (d.point > 16 || d.point < -3) {
        int exponent = d.point - 1;
        brn_out_put(out, d.digits[0]);
        if (count > 1) {
            brn_out_put(out, '.');
            brn_out_putn(out, d.digits + 1, count - 1);
        }
        brn_out_puts(out, exponent < 0 ? "e-" : "e+");
        exponent = exponent < 0 ? -exponent : exponent;
        if (exponent < 10)
            brn_out_put(out, '0');
        brn_out_uint(out, (uint64_t)exponent);
    } else if (d.point <= 0) {
        brn_out_puts(out, "0.");
        put_zeros(out, -d.point);
        brn_out_putn(out, d.digits, count);
    } else if (d.count <= d.point) {
        brn_out_putn(out, d.digits, count);
        put_zeros(out, d.point - d.count);
        brn_out_puts(out, ".0");
    } else {
        brn_out_putn(out, d.digits, (size_t)d.point);
        brn_out_put(out, '.');
        brn_out_putn(out, d.digits + d.point, count - (size_t)d.point);
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether text is this lower-case word, in any case. */
static bool is_word(const char *text, size_t size, const char *word)
{
    if (size != strlen(word))
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((text[i] | 0x20) != word[i])
            return false;
    }
    return true;
}

/*
 * No double needs more than 767 digits to be told from its neighbours and the
 * points between them; of any more it matters only whether they are all zero.
 */
#define FLOAT_DIGITS 780
/* Past this the exponent decides alone, whatever digits there are in memory. */
#define EXPONENT_MAX (INT64_MAX / 4)

bool brn_parse_float(const char *text, size_t size, double *out)
{
    char digits[FLOAT_DIGITS + 32];
    size_t count = 0;
    int64_t exponent = 0;
    bool more = false; /* a digit that did not fit and is not 0 */
    bool any = false;
    const char *p = text;
    const char *end = text + size;
    *out = 0;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (is_word(p, (size_t)(end - p), "nan")) {
        *out = brn_double_of_bits(UINT64_C(0x7ff8) << 48 | (uint64_t)negative << 63);
        return true;
    }
    if (is_word(p, (size_t)(end - p), "inf") || is_word(p, (size_t)(end - p), "infinity")) {
        *out = negative ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    bool point = false;
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        exponent -= point;
        if (count == 0 && *p == '0')
            continue;
        if (count < FLOAT_DIGITS) {
            digits[count++] = *p;
        } else {
            more = more || *p != '0';
            exponent++;
        }
    }
    if (!any)
        return false;
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        bool below = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        if (p == end || !is_digit(*p))
            return false;
        int64_t written = 0;
        for (; p < end && is_digit(*p); p++) {
            if (written < EXPONENT_MAX / 10)
                written = written * 10 + (*p - '0');
            else
                written = EXPONENT_MAX;
        }
        exponent += below ? -written : written;
    }
    if (p != end)
        return false;
    double value = 0;
    if (count > 0) {
        if (more) {
            digits[count++] = '1';
            exponent--;
        }
        /* Far outside the range of doubles, and inside that of strtod()'s int. */
        if (exponent > 100000)
            exponent = 100000;
        if (exponent < -100000)
            exponent = -100000;
        (void)snprintf(digits + count, sizeof digits - count, "e%d", (int)exponent);
        value = strtod(digits, NULL);
    }
    *out = negative ? -value : value;
    return !isinf(value);
}

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

size_t brn_utf8_decode(const uint8_t *text, size_t size, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t first = text[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t value = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3fu);
    }
    if (value < least[length] || value > 0x10ffff)
        return 0;
    *code = value;
    return length;
}

size_t brn_utf8_encode(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (uint8_t)((0xf0u << (4 - length) & 0xff) | code);
    return length;
}

static bool is_printable(uint32_t code)
{
    static const uint32_t changes[] = {
#include "printable.inc"
    };
    /* How many changes lie at or below the code: an even number leaves it printable. */
    size_t low = 0;
    size_t high = BRN_ARRAY_LEN(changes);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (changes[middle] <= code)
            low = middle + 1;
        else
            high = middle;
    }
    return low % 2 == 0;
}

/* Python prefers single quotes, and takes double ones where that saves a backslash. */
static char choose_quote(const void *text, size_t size)
{
    return memchr(text, '\'', size) && !memchr(text, '"', size) ? '"' : '\'';
}

static void put_escape(brn_out *out, uint32_t code)
{
    brn_out_put(out, '\\');
    switch (code) {
    case '\n': brn_out_put(out, 'n'); return;
    case '\r': brn_out_put(out, 'r'); return;
    case '\t': brn_out_put(out, 't'); return;
    case '\\':
    case '\'':
    case '"': brn_out_put(out, (char)code); return;
    default: break;
    }
    if (code < 0x100) {
        brn_out_put(out, 'x');
        brn_out_hex(out, code, 2);
    } else if (code < 0x10000) {
        brn_out_put(out, 'u');
        brn_out_hex(out, code, 4);
    } else {
        brn_out_put(out, 'U');
        brn_out_hex(out, code, 8);
    }
}

/* True for what stands for itself in a literal with these quotes. */
static bool is_plain(uint8_t c, char quote)
{
    return c >= 0x20 && c < 0x7f && c != '\\' && c != (uint8_t)quote;
}

/* A str literal of UTF-8, or of bytes that are one character each. */
static void repr_text(brn_out *out, const uint8_t *text, size_t size, bool latin1)
{
    char quote = size > 0 ? choose_quote(text, size) : '\'';
    brn_out_put(out, quote);
    size_t i = 0;
    while (i < size) {
        size_t start = i;
        while (i < size && is_plain(text[i], quote))
            i++;
        if (i > start)
            brn_out_putn(out, text + start, i - start);
        if (i == size)
            break;
        uint32_t code = text[i];
        size_t length = latin1 ? 1 : brn_utf8_decode(text + i, size - i, &code);
        uint8_t utf8[4];
        if (code >= 0x80 && length > 0 && is_printable(code))
            brn_out_putn(out, utf8, brn_utf8_encode(code, utf8));
        else
            put_escape(out, code);
        i += length > 0 ? length : 1;
    }
    brn_out_put(out, quote);
}

void brn_out_repr_str(brn_out *out, const char *text, size_t size)
{
    repr_text(out, (const uint8_t *)text, size, false);
}

void brn_out_repr_latin1(brn_out *out, const void *bytes, size_t size)
{
    repr_text(out, bytes, size, true);
}

void brn_out_repr_bytes(brn_out *out, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    char quote = size > 0 ? choose_quote(data, size) : '\'';
    brn_out_put(out, 'b');
    brn_out_put(out, quote);
    size_t i = 0;
    while (i < size) {
        size_t start = i;
        while (i < size && is_plain(bytes[i], quote))
            i++;
        if (i > start)
            brn_out_putn(out, bytes + start, i - start);
        if (i < size)
            put_escape(out, bytes[i++]);
    }
    brn_out_put(out, quote);
}

void brn_out_repr_bytearray(brn_out *out, const void *bytes, size_t size)
{
    brn_out_puts(out, "bytearray(");
    brn_out_repr_bytes(out, bytes, size);
    brn_out_put(out, ')');
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

bool brn_out_repr(brn_out *out, const brn_val *val)
{
    size_t size = 0;
    switch (brn_typeof(val)) {
    case BRN_NONE: brn_out_puts(out, "None"); return true;
    case BRN_BOOL: brn_out_puts(out, brn_bool(val) ? "True" : "False"); return true;
    case BRN_INT: brn_out_int(out, brn_int(val)); return true;
    case BRN_BIGINT: {
        const uint8_t *bytes = brn_bigint(val, &size);
        brn_out_bigint(out, bytes, size);
        return true;
    }
    case BRN_FLOAT: brn_out_float(out, brn_float(val)); return true;
    case BRN_STR: {
        const char *text = brn_str(val, &size);
        brn_out_repr_str(out, text, size);
        return true;
    }
    case BRN_PY2STR:
    case BRN_BYTES: {
        const uint8_t *bytes = brn_bytes(val, &size);
        brn_out_repr_bytes(out, bytes, size);
        return true;
    }
    case BRN_BYTEARRAY: {
        const uint8_t *bytes = brn_bytes(val, &size);
        brn_out_repr_bytearray(out, bytes, size);
        return true;
    }
    default: return false;
    }
}

size_t brn_repr(const brn_val *val, char *buf, size_t cap)
{
    brn_out out;
    brn_out_init(&out, NULL, NULL, buf, cap > 0 ? cap - 1 : 0);
    (void)brn_out_repr(&out, val);
    return brn_out_finish(&out, cap);
}

size_t brn_repr_text(const char *text, size_t size, char *buf, size_t cap)
{
    brn_out out;
    brn_out_init(&out, NULL, NULL, buf, cap > 0 ? cap - 1 : 0);
    brn_out_repr_str(&out, text, size);
    return brn_out_finish(&out, cap);
}
