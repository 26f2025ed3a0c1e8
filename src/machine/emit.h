/*
 * emit.h - writing opcodes: framing, memo numbers, and which opcode says how much.
 *
 * Whoever writes pickles shares this and nothing else: walking C values and walking Python objects
 * have little in common, but the bytes have to be the same.  They are CPython's,
 * frames included: a frame is opened by the first byte that needs one, ends before the
 * first object that begins 64 KiB into it, and is left out when fewer than four bytes are
 * in it; a payload of 64 KiB or more stands outside of frames.
 *
 * Writing is reserving once for a group of bytes, storing through a pointer, and putting
 * the pointer back:
 *
 *     if (!brn_emit_room(out, BRN_EMIT_INT))
 *         return false;
 *     out->pos = brn_put_int(out->pos, value);
 *
 * A frame still to be opened and a full buffer are one comparison: `limit` is where the
 * next byte must not go without asking first.  Small objects need not even reserve: while
 * `pos` is below `quick`, the open frame is not full and there is room for any of them.
 */
#ifndef BRN_EMIT_H
#define BRN_EMIT_H

#include "../base.h"
#include "../words.h"
#include "opcodes.h"

/* Fixed by what CPython writes. */
#define BRN_EMIT_FRAME_TARGET ((size_t)64 * 1024)
#define BRN_EMIT_FRAME_MIN 4
#define BRN_EMIT_FRAME_HEADER 9
/* How many items go into one APPENDS, SETITEMS or ADDITEMS. */
#define BRN_EMIT_BATCH 1000

#define BRN_EMIT_NO_FRAME SIZE_MAX
/* How much can be stored while `pos` is below `quick`. */
#define BRN_EMIT_QUICK 320

typedef struct brn_emitter brn_emitter;

/*
 * The host sets protocol, binary, careful, frameless and the three functions, and zeroes the rest but what
 * brn_emit_begin() sets.
 */
struct brn_emitter {
    uint8_t *pos;   /* where the next byte goes */
    uint8_t *limit; /* up to here it may go; `pos` itself while a frame is to be opened */
    uint8_t *quick; /* below it stand small objects of binary protocols without asking */
    uint8_t *base;  /* the buffer */
    uint8_t *end;
    uintptr_t full; /* the position from which on the open frame is full */
    size_t frame;   /* where in the buffer the open frame's header is */
    int protocol;
    int binary; /* as a rule, whether protocol is above 0 */
    bool framing;
    bool careful;   /* nothing is quick: the host has to see each object */
    bool frameless; /* leave frames out; readers need none */

    /*
     * Make `base` to `end` at least `size` bytes, keeping what is there up to `pos`.
     * Like the other two, false after an error that the host keeps.
     */
    bool (*grow)(brn_emitter *out, size_t size);
    /* The bytes from `base` to `pos` are done: take them, and set base and end anew.  NULL: keep them. */
    bool (*flush)(brn_emitter *out);
    /* Take a large payload that is not in the buffer.  NULL as `flush` is; not called without it. */
    bool (*pass)(brn_emitter *out, const void *data, size_t size, void *owner);
};

/* Begin a pickle in the buffer that base and end say: PROTO, and from protocol 4 on frames. */
bool brn_emit_begin(brn_emitter *out);
/* STOP, and the end of the last frame; nothing can follow. */
bool brn_emit_finish(brn_emitter *out);
/* `binary` or `careful` has changed. */
void brn_emit_reconsider(brn_emitter *out);

/*
 * Outside of frames nothing has to wait: what has been written goes on, if there is much of it.  Hosts that
 * write in fixed memory call this between opcodes, and within long ones.
 */
bool brn_emit_drain(brn_emitter *out);

/* Slow paths: room for `size` bytes where there is none before `limit`, ... */
bool brn_emit_make_room(brn_emitter *out, size_t size);
/* ... and the end of a frame that is full. */
bool brn_emit_next_frame(brn_emitter *out);

/* To be called before each object. */
BRN_INLINE bool brn_emit_is_full(const brn_emitter *out)
{
    return BRN_UNLIKELY((uintptr_t)out->pos >= out->full);
}

BRN_INLINE bool brn_emit_boundary(brn_emitter *out)
{
    return !brn_emit_is_full(out) || brn_emit_next_frame(out);
}

BRN_INLINE bool brn_emit_room(brn_emitter *out, size_t size)
{
    return BRN_LIKELY((size_t)(out->limit - out->pos) >= size) || brn_emit_make_room(out, size);
}

BRN_INLINE bool brn_emit_op(brn_emitter *out, uint8_t op)
{
    if (!brn_emit_room(out, 1))
        return false;
    *out->pos++ = op;
    return true;
}

/* ------------------------------------------------------------------------
 * Storing; the position after it is returned
 * ------------------------------------------------------------------------ */

BRN_INLINE uint8_t *brn_put_le32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
    return p + 4;
}

/* An int of 32 bits, protocol 1 and later: up to 5 bytes, in a room of 8. */
#define BRN_EMIT_INT 8

BRN_INLINE uint8_t *brn_put_int(uint8_t *p, int32_t value)
{
    /* No branches: which of the sizes comes next is what processors guess worst. */
    static const uint8_t ops[] = {BRN_OP_BYTE_BININT1, BRN_OP_BYTE_BININT2, BRN_OP_BYTE_BININT};
    static const uint8_t sizes[] = {2, 3, 5};
    uint32_t bits = (uint32_t)value;
    unsigned kind = (unsigned)(bits > 0xff) + (unsigned)(bits > 0xffff);
    brn_store_le64(p, ops[kind] | (uint64_t)bits << 8);
    return p + sizes[kind];
}

/* Any other int, protocol 2 and later: up to 10 bytes. */
#define BRN_EMIT_LONG 10

BRN_INLINE uint8_t *brn_put_long(uint8_t *p, int64_t value)
{
    uint64_t bits = (uint64_t)(value < 0 ? ~value : value);
    /* At least one bit for the sign. */
    size_t size = brn_bit_length(bits) / 8 + 1;
    p[0] = BRN_OP_BYTE_LONG1;
    p[1] = (uint8_t)size;
    brn_store_le64(p + 2, (uint64_t)value);
    return p + 2 + size;
}

#define BRN_EMIT_FLOAT 9

BRN_INLINE uint8_t *brn_put_float(uint8_t *p, double value)
{
    *p = BRN_OP_BYTE_BINFLOAT;
    brn_store_be64(p + 1, brn_bits_of_double(value));
    return p + 9;
}

/* The longest of the opcodes that name a memo entry. */
#define BRN_EMIT_MEMO 32

/* What makes a tuple from protocol 2 on, where short ones have no mark. */
BRN_INLINE uint8_t brn_short_tuple_op(size_t count)
{
    static const uint8_t ops[] = {BRN_OP_BYTE_EMPTY_TUPLE, BRN_OP_BYTE_TUPLE1, BRN_OP_BYTE_TUPLE2,
                                  BRN_OP_BYTE_TUPLE3};
    return count < BRN_ARRAY_LEN(ops) ? ops[count] : BRN_OP_BYTE_TUPLE;
}

/* PUT, BINPUT, LONG_BINPUT or MEMOIZE; in binary protocols below 4, `index` is below 2^32. */
uint8_t *brn_put_memo_index(uint8_t *p, int64_t index, uint8_t text, uint8_t byte, uint8_t word);

BRN_INLINE uint8_t *brn_put_memoize(const brn_emitter *out, uint8_t *p, int64_t index)
{
    if (BRN_LIKELY(out->protocol >= 4)) {
        *p = BRN_OP_BYTE_MEMOIZE;
        return p + 1;
    }
    return brn_put_memo_index(p, index, out->binary ? 0 : BRN_OP_BYTE_PUT, BRN_OP_BYTE_BINPUT,
                              BRN_OP_BYTE_LONG_BINPUT);
}

/* BINGET or LONG_BINGET, in a room of 8. */
BRN_INLINE uint8_t *brn_put_binget(uint8_t *p, int64_t index)
{
    bool byte = index < 256;
    uint64_t op = byte ? BRN_OP_BYTE_BINGET : BRN_OP_BYTE_LONG_BINGET;
    brn_store_le64(p, op | (uint64_t)(uint32_t)index << 8);
    return p + (byte ? 2 : 5);
}

/* GET, BINGET or LONG_BINGET. */
BRN_INLINE uint8_t *brn_put_get(const brn_emitter *out, uint8_t *p, int64_t index)
{
    return brn_put_memo_index(p, index, out->binary ? 0 : BRN_OP_BYTE_GET, BRN_OP_BYTE_BINGET,
                              BRN_OP_BYTE_LONG_BINGET);
}

/* What stands before text or bytes of this size: up to 9 bytes.  NULL if the protocol has none. */
#define BRN_EMIT_HEADER 9
uint8_t *brn_put_text_header(const brn_emitter *out, uint8_t *p, uint64_t size);
uint8_t *brn_put_bytes_header(const brn_emitter *out, uint8_t *p, uint64_t size);
uint8_t *brn_put_bytearray_header(uint8_t *p, uint64_t size);

/* ------------------------------------------------------------------------
 * Whole opcodes
 * ------------------------------------------------------------------------ */

bool brn_emit_none(brn_emitter *out);
bool brn_emit_bool(brn_emitter *out, bool value);
/* Any protocol, any value. */
bool brn_emit_int(brn_emitter *out, int64_t value);
bool brn_emit_float(brn_emitter *out, double value);

/* `size` bytes as they are, in the open frame. */
bool brn_emit_raw(brn_emitter *out, const void *data, size_t size);

/*
 * A header from above and its payload.  A large payload ends the frame, and goes to
 * `pass`, with `owner`, where there is one.
 */
bool brn_emit_payload(brn_emitter *out, const uint8_t *header, size_t header_size, const void *data,
                      size_t size, void *owner);

/*
 * The same of a large payload that comes in pieces: between the two calls frames are off, and who has a `flush`
 * may pass pieces on, past the buffer, which is empty.
 */
bool brn_emit_begin_large(brn_emitter *out, const uint8_t *header, size_t header_size);
void brn_emit_end_large(brn_emitter *out);

/* LONG1 or LONG4 and trimmed two's complement bytes, least significant first; protocol 2 and later. */
bool brn_emit_long(brn_emitter *out, const uint8_t *bytes, size_t size);

/* PUT or GET of the memo entry with this number. */
bool brn_emit_memoize(brn_emitter *out, int64_t index);
bool brn_emit_get(brn_emitter *out, int64_t index);

#endif /* BRN_EMIT_H */
