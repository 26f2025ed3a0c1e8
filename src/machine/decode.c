/*
 * decode.c - the arguments that are lines of text (protocol 0), their escapes,
 * and UTF-8.
 *
 * CPython's loader and pickletools read some of these differently ("I010" is 8
 * to one and 10 to the other).  What all of them read alike is read here; what
 * they disagree on is refused, because guessing would be a silently wrong value.
 */
#include "decode.h"

#include "../repr.h"

/* The line at *pos without its newline; false if its end is not there. */
static bool take_line(const uint8_t **pos, const uint8_t *limit, const uint8_t **line, size_t *size)
{
    const uint8_t *start = *pos;
    if (start == limit)
        return false;
    const uint8_t *newline = memchr(start, '\n', (size_t)(limit - start));
    if (!newline)
        return false;
    *line = start;
    *size = (size_t)(newline - start);
    *pos = newline + 1;
    return true;
}

static brn_decoded bad(brn_argument *arg, brn_code code)
{
    arg->bad = code;
    return BRN_DECODE_BAD;
}

/*
 * Digits with an optional sign, zeros in front only if `zeros` says so.  Leaves a short number in
 * `integer`, a long one as text.
 */
static brn_decoded parse_decimal(const uint8_t *line, size_t size, bool zeros, brn_argument *arg)
{
    size_t i = 0;
    bool negative = false;
    if (size > 0 && (line[0] == '-' || line[0] == '+')) {
        negative = line[0] == '-';
        i = 1;
    }
    if (i == size)
        return bad(arg, BRN_ERROR_INT_TEXT);
    for (size_t k = i; k < size; k++) {
        if (line[k] < '0' || line[k] > '9')
            return bad(arg, BRN_ERROR_INT_TEXT);
    }
    size_t first = i;
    while (line[i] == '0' && size - i > 1)
        i++;
    if (i > first && !zeros)
        return bad(arg, BRN_ERROR_INT_TEXT);
    /* 19 digits fit uint64_t, though not always int64_t. */
    uint64_t magnitude = 0;
    for (size_t k = i; k < size && size - i <= 19; k++)
        magnitude = magnitude * 10 + (uint64_t)(line[k] - '0');
    if (size - i <= 19 && magnitude <= (uint64_t)INT64_MAX + negative) {
        arg->kind = BRN_ARG_INT;
        arg->integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    } else if (i > first && negative) {
        return bad(arg, BRN_ERROR_INT_TEXT); /* its text cannot be had without the zeros */
    } else {
        size_t skipped = i > first ? i : 0;
        arg->kind = BRN_ARG_DECIMAL;
        arg->data = line + skipped;
        arg->size = size - skipped;
        arg->total = arg->size;
        arg->begin = 0;
    }
    return BRN_DECODED;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Longer lines are no index that anybody wrote, and int() has a limit of its own. */
#define LONGEST_PADDED_INDEX 64

/* An index as int() reads it, but for digits grouped by underscores. */
static brn_decoded parse_index(const uint8_t *line, size_t size, brn_argument *arg)
{
    bool padded = size <= LONGEST_PADDED_INDEX;
    while (padded && size > 0 && is_blank(line[size - 1]))
        size--;
    for (; padded && size > 0 && is_blank(line[0]); line++)
        size--;
    return parse_decimal(line, size, padded, arg);
}

size_t brn_decimal_digits(const brn_argument *arg)
{
    if (arg->kind == BRN_ARG_DECIMAL)
        return arg->data[0] == '-' || arg->data[0] == '+' ? arg->size - 1 : arg->size;
    if (arg->kind != BRN_ARG_INT)
        return 0;
    /* Leading zeros are refused, so the number has the digits of its text. */
    size_t digits = 1;
    for (int64_t rest = arg->integer / 10; rest != 0; rest /= 10)
        digits++;
    return digits;
}

static brn_decoded parse_quoted(const uint8_t *line, size_t size, brn_argument *arg)
{
    if (size < 2 || line[0] != line[size - 1] || (line[0] != '\'' && line[0] != '"'))
        return bad(arg, BRN_ERROR_STRING_QUOTES);
    arg->kind = BRN_ARG_ESCAPED_BYTES;
    arg->data = line + 1;
    arg->size = size - 2;
    arg->begin = 0;
    arg->total = arg->size;
    return BRN_DECODED;
}

static brn_decoded decode_pair(const uint8_t **pos, const uint8_t *limit, brn_argument *arg)
{
    const uint8_t *p = *pos;
    if (!take_line(&p, limit, &arg->data, &arg->size))
        return BRN_DECODE_MORE;
    if (!take_line(&p, limit, &arg->data2, &arg->size2))
        return BRN_DECODE_MORE;
    *pos = p;
    arg->kind = BRN_ARG_PAIR;
    arg->begin = 0;
    arg->total = arg->size;
    if (arg->size == 0 || arg->size2 == 0)
        return bad(arg, BRN_ERROR_EMPTY_NAME);
    if (brn_utf8_scan(arg->data, arg->size) > BRN_UTF8_VALID ||
        brn_utf8_scan(arg->data2, arg->size2) > BRN_UTF8_VALID)
        return bad(arg, BRN_ERROR_UTF8);
    return BRN_DECODED;
}

brn_decoded brn_decode_line(brn_format format, const uint8_t **pos, const uint8_t *limit,
                            brn_argument *arg)
{
    if (format == BRN_FORMAT_PAIR)
        return decode_pair(pos, limit, arg);
    const uint8_t *line;
    size_t size;
    if (!take_line(pos, limit, &line, &size))
        return BRN_DECODE_MORE;
    switch (format) {
    case BRN_FORMAT_DECIMAL:
    case BRN_FORMAT_INDEX:
        if (size == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1')) {
            arg->kind = BRN_ARG_BOOL;
            arg->integer = line[1] - '0';
            return BRN_DECODED;
        }
        if (format == BRN_FORMAT_INDEX)
            return parse_index(line, size, arg);
        /* Base 0 in CPython's loader: a leading zero means octal or an error, never decimal. */
        return parse_decimal(line, size, false, arg);
    case BRN_FORMAT_DECIMAL_LONG:
        return parse_decimal(line, size > 0 && line[size - 1] == 'L' ? size - 1 : size, false, arg);
    case BRN_FORMAT_FLOAT:
        arg->kind = BRN_ARG_FLOAT;
        if (!brn_parse_float((const char *)line, size, &arg->real))
            return bad(arg, BRN_ERROR_FLOAT_TEXT);
        return BRN_DECODED;
    case BRN_FORMAT_STRING: return parse_quoted(line, size, arg);
    default:
        arg->kind = format == BRN_FORMAT_UNICODE ? BRN_ARG_ESCAPED_TEXT : BRN_ARG_TEXT;
        arg->data = line;
        arg->size = size;
        arg->begin = 0;
        arg->total = size;
        if (format == BRN_FORMAT_LINE && brn_utf8_scan(line, size) != BRN_UTF8_ASCII)
            return bad(arg, BRN_ERROR_PERSID_TEXT);
        return BRN_DECODED;
    }
}

/* ------------------------------------------------------------------------
 * Escapes
 * ------------------------------------------------------------------------ */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The one-letter escapes of a bytes literal: what they stand for, or -1. */
static int simple_escape(uint8_t c)
{
    switch (c) {
    case '\\':
    case '\'':
    case '"': return c;
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return -1;
    }
}

brn_code brn_unescape_string(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size)
{
    const uint8_t *p = text;
    const uint8_t *end = text + size;
    uint8_t *o = out;
    while (p < end) {
        uint8_t c = *p++;
        if (c != '\\') {
            *o++ = c;
            continue;
        }
        if (p == end)
            return BRN_ERROR_STRING_ESCAPE;
        c = *p++;
        int simple = simple_escape(c);
        if (simple >= 0) {
            *o++ = (uint8_t)simple;
        } else if (c >= '0' && c <= '7') {
            unsigned value = c - '0';
            for (int i = 0; i < 2 && p < end && *p >= '0' && *p <= '7'; i++)
                value = value * 8 + (unsigned)(*p++ - '0');
            *o++ = (uint8_t)value;
        } else if (c == 'x') {
            if (end - p < 2 || hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
                return BRN_ERROR_STRING_ESCAPE;
            *o++ = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
            p += 2;
        } else if (c != '\n') {
            *o++ = '\\';
            *o++ = c;
        }
    }
    *out_size = (size_t)(o - out);
    return BRN_OK;
}

brn_code brn_unescape_unicode(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size)
{
    const uint8_t *p = text;
    const uint8_t *end = text + size;
    uint8_t *o = out;
    while (p < end) {
        uint8_t c = *p++;
        if (c != '\\' || p == end) {
            o += brn_utf8_encode(c, o);
            continue;
        }
        c = *p++;
        if (c != 'u' && c != 'U') {
            *o++ = '\\';
            o += brn_utf8_encode(c, o);
            continue;
        }
        int digits = c == 'u' ? 4 : 8;
        uint32_t value = 0;
        if (end - p < digits)
            return BRN_ERROR_UNICODE_ESCAPE;
        for (int i = 0; i < digits; i++) {
            int digit = hex_digit(p[i]);
            if (digit < 0)
                return BRN_ERROR_UNICODE_ESCAPE;
            value = value << 4 | (uint32_t)digit;
        }
        if (value > 0x10ffff)
            return BRN_ERROR_UNICODE_ESCAPE;
        p += digits;
        o += brn_utf8_encode(value, o);
    }
    *out_size = (size_t)(o - out);
    return BRN_OK;
}

/* ------------------------------------------------------------------------
 * UTF-8
 * ------------------------------------------------------------------------ */

static bool is_tail(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

brn_utf8 brn_utf8_scan_long(const uint8_t *text, size_t size)
{
    brn_utf8 kind = BRN_UTF8_VALID;
    const uint8_t *p = text;
    const uint8_t *end = text + size;
    while (p < end) {
        uint8_t c = *p;
        size_t left = (size_t)(end - p);
        if (c < 0x80) {
            p++;
        } else if (c >= 0xc2 && c <= 0xdf) {
            if (left < 2 || !is_tail(p[1]))
                return BRN_UTF8_INVALID;
            p += 2;
        } else if (c >= 0xe0 && c <= 0xef) {
            if (left < 3 || !is_tail(p[1]) || !is_tail(p[2]) || (c == 0xe0 && p[1] < 0xa0))
                return BRN_UTF8_INVALID;
            if (c == 0xed && p[1] >= 0xa0)
                kind = BRN_UTF8_SURROGATES;
            p += 3;
        } else if (c >= 0xf0 && c <= 0xf4) {
            if (left < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]) ||
                (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
                return BRN_UTF8_INVALID;
            p += 4;
        } else {
            return BRN_UTF8_INVALID;
        }
    }
    return kind;
}

/* How long a character is, going by its first byte. */
static size_t utf8_length(uint8_t first)
{
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* How many bytes at the end of text are the beginning of a character that goes on behind it. */
static size_t utf8_cut(const uint8_t *text, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t c = text[size - back];
        if (!is_tail(c))
            return utf8_length(c) > back ? back : 0;
    }
    return 0;
}

/* Add bytes to the character that was cut until it is whole.  Returns how many. */
static size_t utf8_mend(brn_utf8_pieces *pieces, const uint8_t *text, size_t size)
{
    if (pieces->cut_size == 0)
        return 0;
    size_t taken = 0;
    size_t length = utf8_length(pieces->cut[0]);
    while (taken < size && pieces->cut_size < length)
        pieces->cut[pieces->cut_size++] = text[taken++];
    if (pieces->cut_size == length) {
        pieces->bad = pieces->bad || brn_utf8_scan(pieces->cut, length) == BRN_UTF8_INVALID;
        pieces->cut_size = 0;
    }
    return taken;
}

bool brn_utf8_next_piece(brn_utf8_pieces *pieces, const uint8_t *text, size_t size, bool first,
                         bool last)
{
    if (first)
        *pieces = (brn_utf8_pieces){.cut_size = 0};
    size_t mended = utf8_mend(pieces, text, size);
    text += mended;
    size -= mended;
    if (size > 0) {
        size_t cut = last ? 0 : utf8_cut(text, size);
        memcpy(pieces->cut, text + (size - cut), cut);
        pieces->cut_size = cut;
        pieces->bad = pieces->bad || brn_utf8_scan(text, size - cut) == BRN_UTF8_INVALID;
    }
    return !last || (!pieces->bad && pieces->cut_size == 0);
}
