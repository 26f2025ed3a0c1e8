/*
 * decode.h - from bytes to the argument of one opcode.
 *
 * The one decoder: the machine's template, and the disassembler, which has to go
 * on where the machine refuses, both call brn_decode().  It is an always-inline function
 * of a constant format, so in the template each call folds to the few instructions of its
 * case; the disassembler calls it with the format of its table and gets the whole switch.
 *
 * It looks at the bytes between `*pos` and `limit` and nothing else.  If they
 * do not suffice it says so and has moved nothing: who has more bytes calls again.
 */
#ifndef BRN_DECODE_H
#define BRN_DECODE_H

#include "../base.h"
#include "opcodes.h"

typedef enum brn_decoded {
    BRN_DECODED,     /* *pos is behind the argument */
    BRN_DECODE_MORE, /* the argument needs more bytes than there are */
    BRN_DECODE_BAD   /* it is malformed: argument.bad says how; *pos is behind it if its
                        end is known, else unmoved */
} brn_decoded;

/* The decoded argument.  Which fields are set follows from `kind`, as in brn_event. */
typedef struct brn_argument {
    brn_arg kind;
    brn_code bad;
    int64_t integer; /* also the size of a payload that is not there yet */
    double real;
    const uint8_t *data;
    size_t size;
    const uint8_t *data2;
    size_t size2;
    uint64_t begin; /* where in the payload `data` begins, if it came in pieces */
    uint64_t total;
} brn_argument;

/*
 * The lines of protocol 0, in decode.c: they are rare and long enough for a call.
 * Same contract as brn_decode().
 */
brn_decoded brn_decode_line(brn_format format, const uint8_t **pos, const uint8_t *limit,
                            brn_argument *arg);

/* How many digits the text of an INT or LONG had; 0 if it was a bool.  In decode.c. */
size_t brn_decimal_digits(const brn_argument *arg);

/*
 * Undo the escapes of STRING (between its quotes) or UNICODE (the whole line).
 * `out` needs room for `size` bytes (STRING) or 2 * size (UNICODE: latin-1 becomes UTF-8).
 * Returns BRN_OK or the code of what is wrong; *out_size gets the length.
 */
brn_code brn_unescape_string(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size);
brn_code brn_unescape_unicode(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size);

/* What brn_utf8_scan() finds. */
typedef enum brn_utf8 {
    BRN_UTF8_ASCII,
    BRN_UTF8_VALID,
    BRN_UTF8_SURROGATES, /* valid but for surrogates, as CPython's "surrogatepass" takes them */
    BRN_UTF8_INVALID
} brn_utf8;

/* Text with a byte above 127, in decode.c. */
brn_utf8 brn_utf8_scan_long(const uint8_t *text, size_t size);

/*
 * Which kind of UTF-8 text is.  Eight bytes at a time while they are ASCII, the last ones again
 * rather than one by one: how many are left over is hard to guess.
 */
BRN_INLINE brn_utf8 brn_utf8_scan(const uint8_t *text, size_t size)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t seen;
    if (size < 8) {
        seen = brn_load_le(text, size);
    } else {
        seen = brn_load_le64(text + size - 8);
        for (size_t i = 0; i < size - 8; i += 8) {
            if (BRN_UNLIKELY(brn_load_le64(text + i) & high))
                return brn_utf8_scan_long(text, size);
        }
    }
    return seen & high ? brn_utf8_scan_long(text, size) : BRN_UTF8_ASCII;
}

/* Text that comes in pieces, which may end inside a character. */
typedef struct brn_utf8_pieces {
    uint8_t cut[4]; /* the beginning of the character that is not whole yet */
    size_t cut_size;
    bool bad;
} brn_utf8_pieces;

/*
 * Take the next piece.  `first` and `last` say where in the text it is; one may be both.
 * False if it is the last one, and the text as a whole is not UTF-8: what is not whole is
 * never called bad, because the rest may be missing, which is worse.
 */
bool brn_utf8_next_piece(brn_utf8_pieces *pieces, const uint8_t *text, size_t size, bool first,
                         bool last);

/* A payload of `size` bytes behind a header of `header` bytes. */
BRN_INLINE brn_decoded brn_decode_payload(const uint8_t **pos, const uint8_t *limit, size_t header,
                                          uint64_t size, brn_arg kind, brn_argument *arg)
{
    arg->kind = kind;
    if (size > (uint64_t)(limit - *pos) - header) {
        arg->total = size;
        arg->size = header; /* how far into the argument the payload begins */
        return BRN_DECODE_MORE;
    }
    arg->data = *pos + header;
    arg->size = (size_t)size;
    arg->begin = 0;
    arg->total = size;
    *pos += header + (size_t)size;
    return BRN_DECODED;
}

/*
 * Decode the argument at *pos.  After BRN_DECODE_MORE, arg->total is the size the
 * payload claims, with its header's in arg->size, or arg->total is 0 if not even the size
 * is there.
 */
BRN_INLINE brn_decoded brn_decode(brn_format format, const uint8_t **pos, const uint8_t *limit,
                                  brn_argument *arg)
{
    const uint8_t *p = *pos;
    size_t left = (size_t)(limit - p);
    arg->total = 0;
    switch (format) {
    case BRN_FORMAT_NONE: arg->kind = BRN_ARG_NONE; return BRN_DECODED;
    case BRN_FORMAT_UINT1:
        if (BRN_UNLIKELY(left < 1))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_INT;
        arg->integer = p[0];
        *pos = p + 1;
        return BRN_DECODED;
    case BRN_FORMAT_UINT2:
        if (BRN_UNLIKELY(left < 2))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_INT;
        arg->integer = brn_load_le16(p);
        *pos = p + 2;
        return BRN_DECODED;
    case BRN_FORMAT_UINT4:
        if (BRN_UNLIKELY(left < 4))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_INT;
        arg->integer = brn_load_le32(p);
        *pos = p + 4;
        return BRN_DECODED;
    case BRN_FORMAT_INT4:
        if (BRN_UNLIKELY(left < 4))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_INT;
        arg->integer = (int32_t)brn_load_le32(p);
        *pos = p + 4;
        return BRN_DECODED;
    case BRN_FORMAT_UINT8: /* the size of a frame: as uint64_t in `total` */
        if (BRN_UNLIKELY(left < 8))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_INT;
        arg->total = brn_load_le64(p);
        arg->integer = (int64_t)arg->total;
        *pos = p + 8;
        return BRN_DECODED;
    case BRN_FORMAT_FLOAT8:
        if (BRN_UNLIKELY(left < 8))
            return BRN_DECODE_MORE;
        arg->kind = BRN_ARG_FLOAT;
        arg->real = brn_double_of_bits(brn_load_be64(p));
        *pos = p + 8;
        return BRN_DECODED;
    case BRN_FORMAT_LONG1:
    case BRN_FORMAT_PY2STR1:
    case BRN_FORMAT_BYTES1:
    case BRN_FORMAT_TEXT1:
        if (BRN_UNLIKELY(left < 1))
            return BRN_DECODE_MORE;
        return brn_decode_payload(pos, limit, 1, p[0],
                                  format == BRN_FORMAT_LONG1   ? BRN_ARG_LONG
                                  : format == BRN_FORMAT_TEXT1 ? BRN_ARG_TEXT
                                                               : BRN_ARG_BYTES,
                                  arg);
    case BRN_FORMAT_LONG4:
    case BRN_FORMAT_PY2STR4:
        if (BRN_UNLIKELY(left < 4))
            return BRN_DECODE_MORE;
        if (BRN_UNLIKELY((int32_t)brn_load_le32(p) < 0)) {
            arg->integer = (int32_t)brn_load_le32(p);
            arg->bad = BRN_ERROR_NEGATIVE_SIZE;
            return BRN_DECODE_BAD;
        }
        return brn_decode_payload(pos, limit, 4, brn_load_le32(p),
                                  format == BRN_FORMAT_LONG4 ? BRN_ARG_LONG : BRN_ARG_BYTES, arg);
    case BRN_FORMAT_BYTES4:
    case BRN_FORMAT_TEXT4:
        if (BRN_UNLIKELY(left < 4))
            return BRN_DECODE_MORE;
        return brn_decode_payload(pos, limit, 4, brn_load_le32(p),
                                  format == BRN_FORMAT_TEXT4 ? BRN_ARG_TEXT : BRN_ARG_BYTES, arg);
    case BRN_FORMAT_BYTES8:
    case BRN_FORMAT_TEXT8:
        if (BRN_UNLIKELY(left < 8))
            return BRN_DECODE_MORE;
        return brn_decode_payload(pos, limit, 8, brn_load_le64(p),
                                  format == BRN_FORMAT_TEXT8 ? BRN_ARG_TEXT : BRN_ARG_BYTES, arg);
    default: {
        /* Copies: were their addresses to leave this function, callers could not keep
           position and argument in registers. */
        const uint8_t *moved = p;
        brn_argument line = {.kind = BRN_ARG_NONE};
        brn_decoded decoded = brn_decode_line(format, &moved, limit, &line);
        *pos = moved;
        *arg = line;
        return decoded;
    }
    }
}

/* The bytes of a number's argument. */
BRN_INLINE size_t brn_format_width(brn_format format)
{
    switch (format) {
    case BRN_FORMAT_UINT1: return 1;
    case BRN_FORMAT_UINT2: return 2;
    case BRN_FORMAT_INT4:
    case BRN_FORMAT_UINT4: return 4;
    default: return 8;
    }
}

#endif /* BRN_DECODE_H */
