/*
 * repr.c - Python's spelling of values, exact to the character, and its inverse for numbers.
 *
 * Floats: written from the digits that shortest.c finds.  Read with the C library's strtod(), which
 * rounds correctly but wants the decimal point of the locale; so it gets numbers without a
 * point, whose place goes into the exponent.
 *
 * Ints: magnitudes in 32-bit words, converted by schoolbook arithmetic.  That is
 * quadratic, and harmless because nothing longer than 4300 digits is spelt in decimal.
 */
#include "repr.h"

#include "shortest.h"

#include <assert.h>
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

void brn_out_putn_beyond(brn_out *out, const void *data, size_t size)
{
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
    if (size > 0) {
        memcpy(out->buffer + out->used, data, size);
        out->used += size;
    }
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

const char brn_two_digits[201] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

/*
 * Eight digits in a word, the first in the lowest byte: the number is cut in halves three
 * times, all halves of a step at once.  Quotients by 100 and 10 are products with
 * reciprocals that are exact below 10^4 and 100.
 */
BRN_INLINE uint64_t eight_digits(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return tens | (twos - tens * 10) << 8;
}

/* How many digits a number of 10^4 to 10^8 has. */
static size_t count_digits(uint32_t value)
{
    return 5 + (size_t)(value >= 100000) + (size_t)(value >= 1000000) + (size_t)(value >= 10000000);
}

/* A number below 100 without a zero in front. */
static char *write_small(char *to, uint32_t value)
{
    if (value < 10) {
        *to = (char)('0' + value);
        return to + 1;
    }
    return brn_write_two(to, value);
}

/*
 * Up to eight digits without zeros in front.  They are counted from the number, not by looking for
 * zeros: so what is written next need not wait for the digits.
 */
static char *write_leading(char *to, uint32_t value)
{
    if (value < 100)
        return write_small(to, value);
    if (value < 10000)
        return brn_write_two(write_small(to, value / 100), value % 100);
    size_t count = count_digits(value);
    uint64_t text = eight_digits(value) | BRN_WORD_ONES * '0';
    brn_store_le64(to, text >> (64 - 8 * count));
    return to + count;
}

static char *write_eight(char *to, uint32_t value)
{
    brn_store_le64(to, eight_digits(value) | BRN_WORD_ONES * '0');
    return to + 8;
}

char *brn_write_uint(char *to, uint64_t value)
{
    const uint32_t cut = 100000000;
    if (value < cut)
        return write_leading(to, (uint32_t)value);
    uint64_t top = value / cut;
    if (top < cut) {
        to = write_leading(to, (uint32_t)top);
    } else {
        to = write_leading(to, (uint32_t)(top / cut));
        to = write_eight(to, (uint32_t)(top % cut));
    }
    return write_eight(to, (uint32_t)(value % cut));
}

char *brn_write_int(char *to, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        *to++ = '-';
        magnitude = 0 - magnitude;
    }
    return brn_write_uint(to, magnitude);
}

void brn_out_uint(brn_out *out, uint64_t value)
{
    char spare[BRN_OUT_PIECE];
    brn_out_end(out, spare, brn_write_uint(brn_out_begin(out, spare), value));
}

void brn_out_int(brn_out *out, int64_t value)
{
    char spare[BRN_OUT_PIECE];
    brn_out_end(out, spare, brn_write_int(brn_out_begin(out, spare), value));
}

static char *write_hex(char *to, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--)
        *to++ = hex_digits[value >> (4 * i) & 15];
    return to;
}

void brn_out_hex(brn_out *out, uint64_t value, int digits)
{
    char spare[BRN_OUT_PIECE];
    brn_out_end(out, spare, write_hex(brn_out_begin(out, spare), value, digits));
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

/* In decimal, for trimmed bytes above 8.  False, and nothing written, if these are too many digits. */
static bool put_decimal_bigint(brn_out *out, const uint8_t *bytes, size_t size, bool negative)
{
    uint32_t words[DECIMAL_WORDS];
    uint32_t chunks[DECIMAL_CHUNKS];
    if (size > sizeof words)
        return false;
    memset(words, 0, (size + 3) / 4 * sizeof *words);
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
    /* Above 8 bytes there is a chunk, which analyzers do not see. */
    for (uint32_t top = count > 0 ? chunks[count - 1] : 0; top > 0; top /= 10)
        skip--;
    if (count * CHUNK_DIGITS - skip > BRN_DECIMAL_DIGITS)
        return false;
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
    return true;
}

bool brn_out_bigint_marked(brn_out *out, const uint8_t *bytes, size_t size, const char *open,
                           const char *close)
{
    size = brn_int_trim(bytes, size);
    bool negative = size > 0 && (bytes[size - 1] & 0x80) != 0;
    if (size <= 8) {
        brn_out_int(out, brn_int_of_bytes(bytes, size));
        return false;
    }
    if (put_decimal_bigint(out, bytes, size, negative))
        return false;
    brn_out_puts(out, open);
    put_hex_bigint(out, bytes, size, negative);
    brn_out_puts(out, close);
    return true;
}

void brn_out_bigint(brn_out *out, const uint8_t *bytes, size_t size)
{
    (void)brn_out_bigint_marked(out, bytes, size, "", "");
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

#define FLOAT_DIGITS_MAX 17

/* The digits of a double as text, filled up with zeros; in words, which need not be loaded back. */
typedef struct float_digits {
    uint64_t first; /* eight, the first in the lowest byte */
    uint64_t second;
    char last;
    int count; /* without the zeros */
} float_digits;

static float_digits spell_digits(uint64_t value)
{
    static const uint64_t powers[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
    };
    /* Without branches for the two lengths that most doubles have: which of them is chance. */
    int count = FLOAT_DIGITS_MAX - (value < powers[FLOAT_DIGITS_MAX - 1]);
    if (value < powers[FLOAT_DIGITS_MAX - 2]) {
        count = value < powers[8] ? 8 : FLOAT_DIGITS_MAX - 2;
        while (count > 1 && value < powers[count - 1])
            count--;
    }
    value *= powers[FLOAT_DIGITS_MAX - count];
    uint32_t rest = (uint32_t)(value % powers[9]);
    return (float_digits){eight_digits((uint32_t)(value / powers[9])) | BRN_WORD_ONES * '0',
                          eight_digits(rest / 10) | BRN_WORD_ONES * '0', (char)('0' + rest % 10),
                          count};
}

/* Digits with a point behind the first `point` of them, 1 to 16: 18 bytes. */
static void write_pointed(char *to, uint64_t first, uint64_t second, char last, int point)
{
    /* All of them behind their point, then once more what is in front of it. */
    brn_store_le64(to + 1, first);
    brn_store_le64(to + 9, second);
    to[17] = last;
    uint64_t word = first;
    if (point >= 8) {
        brn_store_le64(to, word);
        to += 8;
        point -= 8;
        word = second;
    }
    if (point == 8) {
        brn_store_le64(to, word);
        to[8] = '.';
        return;
    }
    uint64_t front = (UINT64_C(1) << (8 * point)) - 1;
    brn_store_le64(to, (word & front) | (uint64_t)'.' << (8 * point) | (word & ~front) << 8);
}

static char *write_exponent(char *to, int exponent)
{
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    uint32_t magnitude = (uint32_t)(exponent < 0 ? -exponent : exponent);
    if (magnitude >= 100) {
        *to++ = (char)('0' + magnitude / 100);
        magnitude %= 100;
    }
    return brn_write_two(to, magnitude);
}

static char *write_word(char *to, const char word[3])
{
    memcpy(to, word, 3);
    return to + 3;
}

char *brn_write_float(char *to, double value)
{
    const uint64_t infinity = UINT64_C(0x7ff) << 52;
    uint64_t bits = brn_bits_of_double(value);
    uint64_t magnitude = bits & INT64_MAX;
    if (BRN_UNLIKELY(magnitude > infinity))
        return write_word(to, "nan");
    /* The sign is as good as random: a branch would be guessed wrong too often. */
    *to = '-';
    to += bits >> 63;
    if (BRN_UNLIKELY(magnitude == infinity))
        return write_word(to, "inf");
    if (BRN_UNLIKELY(magnitude == 0))
        return write_word(to, "0.0");
    brn_digits decimal = brn_shortest(brn_double_of_bits(magnitude));
    float_digits d = spell_digits(decimal.digits);
    /* The number is 0.digits times 10^point. */
    int point = d.count + decimal.exponent;
    if (point > 16 || point < -3) {
        write_pointed(to, d.first, d.second, d.last, 1);
        return write_exponent(to + (d.count > 1 ? d.count + 1 : 1), point - 1);
    }
    if (point > 0 && d.count > point) {
        write_pointed(to, d.first, d.second, d.last, point);
        return to + d.count + 1;
    }
    if (point <= 0) {
        memcpy(to, "0.000", 5);
        to += 2 - point;
    }
    brn_store_le64(to, d.first);
    brn_store_le64(to + 8, d.second);
    to[16] = d.last;
    if (point <= 0)
        return to + d.count;
    memcpy(to + point, ".0", 2);
    return to + point + 2;
}

void brn_out_float(brn_out *out, double value)
{
    char spare[BRN_OUT_PIECE];
    brn_out_end(out, spare, brn_write_float(brn_out_begin(out, spare), value));
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

/* At most 10 bytes. */
static char *write_escape(char *to, uint32_t code)
{
    *to++ = '\\';
    switch (code) {
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    case '\\':
    case '\'':
    case '"': *to++ = (char)code; return to;
    default: break;
    }
    int digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
    *to++ = digits == 2 ? 'x' : digits == 4 ? 'u' : 'U';
    return write_hex(to, code, digits);
}

static void put_escape(brn_out *out, uint32_t code)
{
    char spare[BRN_OUT_PIECE];
    brn_out_end(out, spare, write_escape(brn_out_begin(out, spare), code));
}

/* What does not stand for itself in a literal in single quotes. */
static inline uint64_t is_special(uint64_t word)
{
    return brn_word_controls(word) | brn_word_high(word) | brn_word_equal(word, 0x7f) |
           brn_word_equal(word, '\\') | brn_word_equal(word, '\'');
}

typedef enum encoding {
    ENCODING_UTF8,
    ENCODING_LATIN1,
    ENCODING_BYTES,
    ENCODING_BYTEARRAY /* as bytes, but single quotes are escaped between double ones, too */
} encoding;

/* Characters above 127 from the start on that are printed as they are: how many bytes. */
static size_t printable_run(const uint8_t *text, size_t size)
{
    size_t i = 0;
    while (i < size && text[i] >= 0x80) {
        uint32_t code;
        size_t length = brn_utf8_decode(text + i, size - i, &code);
        if (length == 0 || !is_printable(code))
            break;
        i += length;
    }
    return i;
}

/* The character at the start of text, which is special.  Returns how many bytes it takes there. */
static size_t put_special(brn_out *out, const uint8_t *text, size_t size, char quote, encoding from)
{
    uint32_t code = text[0];
    size_t length = 1;
    if (code == '\'' && quote != '\'' && from != ENCODING_BYTEARRAY) {
        brn_out_put(out, '\'');
        return 1;
    }
    if (code >= 0x80 && from == ENCODING_UTF8) {
        size_t run = printable_run(text, size);
        if (run > 0) {
            brn_out_putn(out, text, run);
            return run;
        }
        length = brn_utf8_decode(text, size, &code);
    } else if (code >= 0x80 && from == ENCODING_LATIN1 && is_printable(code)) {
        uint8_t utf8[4];
        brn_out_putn(out, utf8, brn_utf8_encode(code, utf8));
        return 1;
    }
    put_escape(out, code);
    return length > 0 ? length : 1;
}

static void repr_text(brn_out *out, const uint8_t *text, size_t size, encoding from)
{
    /* Most text is short and plain: try to be done in one pass, before anything else. */
    if (BRN_LIKELY(brn_out_has_room(out, 10) && size <= out->cap - out->used - 10)) {
        char *to = out->buffer + out->used;
        if (BRN_LIKELY(brn_copy_plain(to + 1, text, size, is_special) == size)) {
            to[0] = '\'';
            to[1 + size] = '\'';
            out->used += size + 2;
            return;
        }
    }
    char quote = size > 0 ? choose_quote(text, size) : '\'';
    brn_out_put(out, quote);
    size_t i = 0;
    while (i < size) {
        i += brn_out_plain(out, text + i, size - i, is_special);
        if (i < size)
            i += put_special(out, text + i, size - i, quote, from);
    }
    brn_out_put(out, quote);
}

void brn_out_repr_str(brn_out *out, const char *text, size_t size)
{
    repr_text(out, (const uint8_t *)text, size, ENCODING_UTF8);
}

void brn_out_repr_latin1(brn_out *out, const void *bytes, size_t size)
{
    repr_text(out, bytes, size, ENCODING_LATIN1);
}

void brn_out_repr_bytes(brn_out *out, const void *bytes, size_t size)
{
    brn_out_put(out, 'b');
    repr_text(out, bytes, size, ENCODING_BYTES);
}

void brn_out_repr_bytearray(brn_out *out, const void *bytes, size_t size)
{
    brn_out_puts(out, "bytearray(b");
    repr_text(out, bytes, size, ENCODING_BYTEARRAY);
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
