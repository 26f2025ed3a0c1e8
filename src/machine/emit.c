/*
 * emit.c - the parts of writing opcodes that are not worth inlining.
 */
#include "emit.h"

#include "../repr.h"

void brn_emit_reconsider(brn_emitter *out)
{
    /* Below `base` is below every position. */
    out->quick = out->base;
    if (out->careful || !out->binary || out->limit < out->end ||
        (size_t)(out->end - out->base) < BRN_EMIT_QUICK)
        return;
    out->quick = out->end - BRN_EMIT_QUICK;
    if ((uintptr_t)out->quick > out->full)
        out->quick = out->base + (out->full - (uintptr_t)out->base);
}

static void set_limit(brn_emitter *out)
{
    bool open = out->framing && out->frame == BRN_EMIT_NO_FRAME;
    out->limit = open ? out->pos : out->end;
    out->full = UINTPTR_MAX;
    if (out->framing && out->frame != BRN_EMIT_NO_FRAME)
        out->full =
            (uintptr_t)out->base + out->frame + BRN_EMIT_FRAME_HEADER + BRN_EMIT_FRAME_TARGET;
    brn_emit_reconsider(out);
}

bool brn_emit_make_room(brn_emitter *out, size_t size)
{
    size_t used = (size_t)(out->pos - out->base);
    bool open = out->framing && out->frame == BRN_EMIT_NO_FRAME;
    size_t needed = size + (open ? BRN_EMIT_FRAME_HEADER : 0);
    if ((size_t)(out->end - out->pos) < needed) {
        if (needed > SIZE_MAX - used || !out->grow(out, used + needed))
            return false;
        out->pos = out->base + used;
    }
    if (open) {
        out->frame = used;
        out->pos += BRN_EMIT_FRAME_HEADER;
    }
    set_limit(out);
    return true;
}

/* A frame of few bytes would be longer than they are: then they stand without one. */
static void close_frame(brn_emitter *out)
{
    if (!out->framing || out->frame == BRN_EMIT_NO_FRAME)
        return;
    uint8_t *header = out->base + out->frame;
    uint8_t *payload = header + BRN_EMIT_FRAME_HEADER;
    size_t size = (size_t)(out->pos - payload);
    if (size >= BRN_EMIT_FRAME_MIN) {
        header[0] = BRN_OP_BYTE_FRAME;
        brn_store_le64(header + 1, size);
    } else {
        memmove(header, payload, size);
        out->pos -= BRN_EMIT_FRAME_HEADER;
    }
    out->frame = BRN_EMIT_NO_FRAME;
}

static void end_frame(brn_emitter *out)
{
    close_frame(out);
    set_limit(out);
}

static bool flush(brn_emitter *out)
{
    if (!out->flush(out))
        return false;
    out->pos = out->base;
    set_limit(out);
    return true;
}

bool brn_emit_next_frame(brn_emitter *out)
{
    end_frame(out);
    return !out->flush || flush(out);
}

bool brn_emit_drain(brn_emitter *out)
{
    bool much = (size_t)(out->pos - out->base) >= BRN_EMIT_FRAME_TARGET;
    return !much || out->framing || !out->flush || flush(out);
}

bool brn_emit_begin(brn_emitter *out)
{
    out->pos = out->base;
    out->limit = out->end;
    out->frame = BRN_EMIT_NO_FRAME;
    out->framing = false;
    if (out->protocol < 2) {
        set_limit(out);
        return true;
    }
    if (!brn_emit_room(out, 2))
        return false;
    *out->pos++ = BRN_OP_BYTE_PROTO;
    *out->pos++ = (uint8_t)out->protocol;
    out->framing = out->protocol >= 4 && !out->frameless;
    /* Whatever comes, comes now: a frame that it does not want is closed again without a trace. */
    return brn_emit_make_room(out, 1);
}

bool brn_emit_finish(brn_emitter *out)
{
    if (!brn_emit_op(out, BRN_OP_BYTE_STOP))
        return false;
    close_frame(out);
    out->framing = false;
    return true;
}

/* `text` is the opcode of the text protocol, or 0 in a binary one. */
uint8_t *brn_put_memo_index(uint8_t *p, int64_t index, uint8_t text, uint8_t byte, uint8_t word)
{
    if (text) {
        *p = text;
        p = (uint8_t *)brn_write_int((char *)p + 1, index);
        *p = '\n';
        return p + 1;
    }
    if (index < 256) {
        p[0] = byte;
        p[1] = (uint8_t)index;
        return p + 2;
    }
    *p = word;
    return brn_put_le32(p + 1, (uint32_t)index);
}

/* The three sizes of header that text and bytes have. */
static uint8_t *put_header(uint8_t *p, uint64_t size, bool has_short, bool has_long, uint8_t op1,
                           uint8_t op4, uint8_t op8)
{
    if (has_short && size <= 0xff) {
        p[0] = op1;
        p[1] = (uint8_t)size;
        return p + 2;
    }
    if (size <= 0xffffffff) {
        *p = op4;
        return brn_put_le32(p + 1, (uint32_t)size);
    }
    if (!has_long)
        return NULL;
    *p = op8;
    brn_store_le64(p + 1, size);
    return p + 9;
}

uint8_t *brn_put_text_header(const brn_emitter *out, uint8_t *p, uint64_t size)
{
    return put_header(p, size, out->protocol >= 4, out->protocol >= 4, BRN_OP_BYTE_SHORT_BINUNICODE,
                      BRN_OP_BYTE_BINUNICODE, BRN_OP_BYTE_BINUNICODE8);
}

uint8_t *brn_put_bytes_header(const brn_emitter *out, uint8_t *p, uint64_t size)
{
    return put_header(p, size, true, out->protocol >= 4, BRN_OP_BYTE_SHORT_BINBYTES,
                      BRN_OP_BYTE_BINBYTES, BRN_OP_BYTE_BINBYTES8);
}

uint8_t *brn_put_bytearray_header(uint8_t *p, uint64_t size)
{
    *p = BRN_OP_BYTE_BYTEARRAY8;
    brn_store_le64(p + 1, size);
    return p + 9;
}

bool brn_emit_none(brn_emitter *out)
{
    return brn_emit_op(out, BRN_OP_BYTE_NONE);
}

bool brn_emit_bool(brn_emitter *out, bool value)
{
    if (out->protocol >= 2)
        return brn_emit_op(out, value ? BRN_OP_BYTE_NEWTRUE : BRN_OP_BYTE_NEWFALSE);
    return brn_emit_raw(out, value ? "I01\n" : "I00\n", 4);
}

bool brn_emit_int(brn_emitter *out, int64_t value)
{
    if (!brn_emit_room(out, 32))
        return false;
    uint8_t *p = out->pos;
    bool small = value >= INT32_MIN && value <= INT32_MAX;
    if (small && out->binary) {
        out->pos = brn_put_int(p, (int32_t)value);
        return true;
    }
    if (small || out->protocol < 2) {
        *p = small ? BRN_OP_BYTE_INT : BRN_OP_BYTE_LONG;
        p = (uint8_t *)brn_write_int((char *)p + 1, value);
        if (!small)
            *p++ = 'L';
        *p = '\n';
        out->pos = p + 1;
        return true;
    }
    out->pos = brn_put_long(p, value);
    return true;
}

bool brn_emit_float(brn_emitter *out, double value)
{
    if (out->binary) {
        if (!brn_emit_room(out, BRN_EMIT_FLOAT))
            return false;
        out->pos = brn_put_float(out->pos, value);
        return true;
    }
    if (!brn_emit_room(out, 64))
        return false;
    *out->pos = BRN_OP_BYTE_FLOAT;
    uint8_t *p = (uint8_t *)brn_write_float((char *)out->pos + 1, value);
    *p = '\n';
    out->pos = p + 1;
    return true;
}

bool brn_emit_raw(brn_emitter *out, const void *data, size_t size)
{
    if (size == 0)
        return true;
    if (!brn_emit_room(out, size))
        return false;
    memcpy(out->pos, data, size);
    out->pos += size;
    return true;
}

bool brn_emit_payload(brn_emitter *out, const uint8_t *header, size_t header_size, const void *data,
                      size_t size, void *owner)
{
    if (size < BRN_EMIT_FRAME_TARGET) {
        if (!brn_emit_room(out, header_size + size))
            return false;
        memcpy(out->pos, header, header_size);
        if (size)
            memcpy(out->pos + header_size, data, size);
        out->pos += header_size + size;
        return true;
    }
    bool done = brn_emit_begin_large(out, header, header_size) &&
                (out->flush ? out->pass(out, data, size, owner) : brn_emit_raw(out, data, size));
    brn_emit_end_large(out);
    return done;
}

bool brn_emit_begin_large(brn_emitter *out, const uint8_t *header, size_t header_size)
{
    end_frame(out);
    out->framing = false;
    set_limit(out);
    return brn_emit_raw(out, header, header_size) && (!out->flush || flush(out));
}

void brn_emit_end_large(brn_emitter *out)
{
    out->framing = out->protocol >= 4 && !out->frameless;
    set_limit(out);
}

bool brn_emit_long(brn_emitter *out, const uint8_t *bytes, size_t size)
{
    uint8_t header[5];
    size_t header_size = 2;
    header[0] = BRN_OP_BYTE_LONG1;
    header[1] = (uint8_t)size;
    if (size >= 256) {
        header[0] = BRN_OP_BYTE_LONG4;
        brn_put_le32(header + 1, (uint32_t)size);
        header_size = 5;
    }
    return brn_emit_raw(out, header, header_size) && brn_emit_raw(out, bytes, size);
}

bool brn_emit_memoize(brn_emitter *out, int64_t index)
{
    if (!brn_emit_room(out, BRN_EMIT_MEMO))
        return false;
    out->pos = brn_put_memoize(out, out->pos, index);
    return true;
}

bool brn_emit_get(brn_emitter *out, int64_t index)
{
    if (!brn_emit_room(out, BRN_EMIT_MEMO))
        return false;
    out->pos = brn_put_get(out, out->pos, index);
    return true;
}
