/*
 * repr.h - Python's spelling of numbers, text and bytes, and the output it is written to.
 *
 * The disassembler, error paths, JSON and brn_repr() all print values, some of
 * them gigabytes long, so the writers here hand pieces to a brn_out instead of
 * building the whole: nothing allocates, and nothing depends on the locale.
 */
#ifndef BRN_REPR_H
#define BRN_REPR_H

#include "base.h"
#include "words.h"

/* Python's own limit on decimal ints; longer ones are spelt in hexadecimal. */
#define BRN_DECIMAL_DIGITS 4300

/* ------------------------------------------------------------------------
 * Output
 * ------------------------------------------------------------------------ */

/*
 * Bytes on their way out.  With a sink, the buffer is emptied into it whenever
 * it is full; without one, the buffer is all there is, and what does not fit is
 * counted in `dropped`, as snprintf does.  After a failure of the sink
 * everything is ignored.
 */
typedef struct brn_out {
    brn_sink_fn sink;
    void *ctx;
    char *buffer;
    size_t cap;
    size_t used;
    size_t dropped;
    bool failed;
} brn_out;

/* `sink` may be NULL; with one, cap must not be 0. */
void brn_out_init(brn_out *out, brn_sink_fn sink, void *ctx, char *buffer, size_t cap);

/* Empty the buffer into the sink.  False if the sink has refused bytes, now or before. */
bool brn_out_flush(brn_out *out);

/* More than the buffer has room for. */
void brn_out_putn_beyond(brn_out *out, const void *data, size_t size);

/* Inline, because the size is a constant in most calls. */
BRN_INLINE void brn_out_putn(brn_out *out, const void *data, size_t size)
{
    if (BRN_UNLIKELY(size > out->cap - out->used)) {
        brn_out_putn_beyond(out, data, size);
    } else if (size > 0) {
        memcpy(out->buffer + out->used, data, size);
        out->used += size;
    }
}

BRN_INLINE void brn_out_puts(brn_out *out, const char *text)
{
    brn_out_putn(out, text, strlen(text));
}

BRN_INLINE void brn_out_put(brn_out *out, char c)
{
    if (BRN_LIKELY(out->used < out->cap))
        out->buffer[out->used++] = c;
    else
        brn_out_putn_beyond(out, &c, 1);
}

/*
 * A piece: some characters that are written to memory without a look at the room left for
 * each.  The memory is the buffer itself, or `spare` where the buffer has too little left.
 *
 *     char spare[BRN_OUT_PIECE];
 *     char *p = brn_out_begin(out, spare);
 *     *p++ = '=';
 *     p = brn_write_int(p, value);
 *     brn_out_end(out, spare, p);
 *
 * The brn_write functions answer the end of what they wrote, and may overwrite what is behind it,
 * up to the number of bytes that is said with them; BRN_OUT_PIECE must suffice for all.
 */
#define BRN_OUT_PIECE 256

BRN_INLINE bool brn_out_has_room(const brn_out *out, size_t size)
{
    return size <= out->cap - out->used;
}

BRN_INLINE char *brn_out_begin(brn_out *out, char spare[BRN_OUT_PIECE])
{
    return BRN_LIKELY(brn_out_has_room(out, BRN_OUT_PIECE)) ? out->buffer + out->used : spare;
}

BRN_INLINE void brn_out_end(brn_out *out, const char spare[BRN_OUT_PIECE], const char *end)
{
    if (BRN_LIKELY(brn_out_has_room(out, BRN_OUT_PIECE)))
        out->used = (size_t)(end - out->buffer);
    else
        brn_out_putn(out, spare, (size_t)(end - spare));
}

/*
 * For a brn_out over the caller's buffer, which must have been given as `cap` - 1
 * bytes (0 if cap is 0): end it with a NUL and return the length of the whole text.
 */
size_t brn_out_finish(brn_out *out, size_t cap);

/* ------------------------------------------------------------------------
 * Spelling
 * ------------------------------------------------------------------------ */

extern const char brn_two_digits[201];

/* Two bytes of a piece: the digits of a number below 100. */
BRN_INLINE char *brn_write_two(char *to, size_t value)
{
    memcpy(to, brn_two_digits + 2 * value, 2);
    return to + 2;
}

/* Up to 24 bytes of a piece, 25, and 48. */
char *brn_write_uint(char *to, uint64_t value);
char *brn_write_int(char *to, int64_t value);
char *brn_write_float(char *to, double value);

void brn_out_uint(brn_out *out, uint64_t value);
void brn_out_int(brn_out *out, int64_t value);

/* `digits` lower-case hexadecimal digits of a number, at most 16. */
void brn_out_hex(brn_out *out, uint64_t value, int digits);

/* The shortest text that reads back as this double: 1.0, 1e+16, -0.0, inf, nan. */
void brn_out_float(brn_out *out, double value);

/* Two's complement, least significant byte first; `0x...` above BRN_DECIMAL_DIGITS digits. */
void brn_out_bigint(brn_out *out, const uint8_t *bytes, size_t size);

/* The same, but between `open` and `close` if it is hexadecimal.  Returns whether it is. */
bool brn_out_bigint_marked(brn_out *out, const uint8_t *bytes, size_t size, const char *open,
                           const char *close);

/*
 * 'text' in quotes.  Surrogates, encoded as three bytes, are \ud800, and a byte that
 * belongs to no character is \xff.
 */
void brn_out_repr_str(brn_out *out, const char *text, size_t size);

/* The same of bytes that are one character each, as pickletools shows Python 2 strings. */
void brn_out_repr_latin1(brn_out *out, const void *bytes, size_t size);

/* b'bytes', and bytearray(b'bytes'), which CPython spells differently: bytearray(b"\'"). */
void brn_out_repr_bytes(brn_out *out, const void *bytes, size_t size);
void brn_out_repr_bytearray(brn_out *out, const void *bytes, size_t size);

/* Text up to the first special character; the answer is how much that is. */
BRN_INLINE size_t brn_out_plain(brn_out *out, const uint8_t *text, size_t size, brn_word_fn special)
{
    size_t plain;
    if (BRN_LIKELY(brn_out_has_room(out, 8) && size <= out->cap - out->used - 8)) {
        plain = brn_copy_plain(out->buffer + out->used, text, size, special);
        out->used += plain;
    } else {
        plain = brn_skip_plain(text, size, special);
        brn_out_putn(out, text, plain);
    }
    return plain;
}

/* What brn_repr() prints; false, and nothing written, for types that have no repr there. */
bool brn_out_repr(brn_out *out, const brn_val *val);

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

/*
 * A float as the FLOAT opcode and float() spell it, without their blanks and
 * underscores.  False if it is none, or would be infinite without saying so; then
 * *out is an infinity in the second case and else 0.
 */
bool brn_parse_float(const char *text, size_t size, double *out);

/*
 * Bytes that brn_decimal_to_bytes() needs at most for so many digits.
 */
BRN_INLINE size_t brn_decimal_bound(size_t digits)
{
    /* log2(10) / 8 is below 0.41525; a sign bit, and whole words of four bytes. */
    return digits / 100000 * 41525 + digits % 100000 * 41525 / 100000 + 8;
}

/*
 * The number written with `size` decimal digits, as the shortest two's complement bytes,
 * least significant first (none at all for 0).  Returns their count; `cap` must be at
 * least brn_decimal_bound(size).  Quadratic: who reads hostile text bounds the digits.
 */
size_t brn_decimal_to_bytes(const char *digits, size_t size, bool negative, uint8_t *out,
                            size_t cap);

/*
 * The character at the start of non-empty text: its length in bytes, surrogates
 * included, or 0 if these bytes are no character.
 */
size_t brn_utf8_decode(const uint8_t *text, size_t size, uint32_t *code);

/* Write a code point, a surrogate too, as UTF-8.  Returns the number of bytes, 1 to 4. */
size_t brn_utf8_encode(uint32_t code, uint8_t out[4]);

#endif /* BRN_REPR_H */
