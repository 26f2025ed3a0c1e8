/*
 * emit_text.c - text and bytes as escapes, and as Latin-1.
 */
#include "emit_text.h"

#include "../repr.h"

/* How much is looked at in one step, and how long a byte of it can become at most. */
#define STEP ((size_t)1024)
#define LONGEST 6

static const char hex_digits[] = "0123456789abcdef";

static uint8_t *put_hex(uint8_t *p, uint32_t value, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        *p++ = (uint8_t)hex_digits[(value >> shift) & 15];
    return p;
}

/* A character in the line of a UNICODE: up to 10 bytes, and not over LONGEST for each of its UTF-8. */
static uint8_t *put_escaped(uint8_t *p, uint32_t c)
{
    if (c < 256 && c != '\\' && c != 0 && c != '\n' && c != '\r' && c != 0x1a) {
        *p = (uint8_t)c;
        return p + 1;
    }
    bool wide = c >= 0x10000;
    *p++ = '\\';
    *p++ = wide ? 'U' : 'u';
    return put_hex(p, c, wide ? 8 : 4);
}

bool brn_emit_escaped_text(brn_emitter *out, const void *text, size_t size)
{
    const uint8_t *from = text;
    const uint8_t *end = from + size;
    while (from < end) {
        /* A character that begins in this step ends in it: three bytes more. */
        if (!brn_emit_drain(out) || !brn_emit_room(out, LONGEST * (STEP + 3)))
            return false;
        const uint8_t *stop = (size_t)(end - from) > STEP ? from + STEP : end;
        uint8_t *p = out->pos;
        while (from < stop) {
            uint32_t c = *from;
            if (c < 0x80)
                from++;
            else
                from += brn_utf8_decode(from, (size_t)(end - from), &c);
            p = put_escaped(p, c);
        }
        out->pos = p;
    }
    return true;
}

/* Puts a byte, as up to LONGEST of them. */
typedef uint8_t *(*put_byte_fn)(uint8_t *p, uint8_t byte);

/* Always inlined, so that `put` is no call. */
BRN_INLINE bool emit_each(brn_emitter *out, const uint8_t *from, size_t size, put_byte_fn put)
{
    const uint8_t *end = from + size;
    while (from < end) {
        if (!brn_emit_drain(out) || !brn_emit_room(out, LONGEST * STEP))
            return false;
        const uint8_t *stop = (size_t)(end - from) > STEP ? from + STEP : end;
        uint8_t *p = out->pos;
        while (from < stop)
            p = put(p, *from++);
        out->pos = p;
    }
    return true;
}

static inline uint8_t *put_escaped_byte(uint8_t *p, uint8_t byte)
{
    return put_escaped(p, byte);
}

bool brn_emit_escaped_latin1(brn_emitter *out, const void *bytes, size_t size)
{
    return emit_each(out, bytes, size, put_escaped_byte);
}

uint64_t brn_latin1_size(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    uint64_t longer = 0;
    for (size_t i = 0; i < size; i++)
        longer += p[i] >> 7;
    return size + longer;
}

static inline uint8_t *put_utf8(uint8_t *p, uint8_t byte)
{
    return p + brn_utf8_encode(byte, p);
}

bool brn_emit_latin1(brn_emitter *out, const void *bytes, size_t size)
{
    return emit_each(out, bytes, size, put_utf8);
}

/* A byte of a STRING, but the quotes around it. */
static uint8_t *put_quoted(uint8_t *p, uint8_t byte)
{
    static const char letters[] = "tn__r"; /* 9, 10 and 13 */
    if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
        *p = byte;
        return p + 1;
    }
    *p++ = '\\';
    if (byte == '\\') {
        *p = byte;
        return p + 1;
    }
    if (byte == '\t' || byte == '\n' || byte == '\r') {
        *p = (uint8_t)letters[byte - '\t'];
        return p + 1;
    }
    *p++ = 'x';
    return put_hex(p, byte, 2);
}

static inline uint8_t *put_single_quoted(uint8_t *p, uint8_t byte)
{
    if (byte != '\'')
        return put_quoted(p, byte);
    *p++ = '\\';
    *p++ = byte;
    return p;
}

bool brn_emit_string(brn_emitter *out, const void *bytes, size_t size)
{
    bool doubled = size > 0 && memchr(bytes, '\'', size) && !memchr(bytes, '"', size);
    const uint8_t ends[] = {BRN_OP_BYTE_STRING, doubled ? '"' : '\'', '\n'};
    return brn_emit_raw(out, ends, 2) &&
           emit_each(out, bytes, size, doubled ? put_quoted : put_single_quoted) &&
           brn_emit_raw(out, ends + 1, 2);
}
