/*
 * write_atoms.c - long ints, text, bytes and buffers in the spelling of each protocol.
 *
 * Bytes came with protocol 3 and bytearrays with 5; before, they are calls, which are CPython's.
 */
#include "write.h"

#include "../machine/emit_text.h"
#include "../repr.h"

/* Below protocol 2 ints are text. */
static bool put_decimal(brn_save *s, const uint8_t *bytes, size_t size)
{
    char text[BRN_DECIMAL_DIGITS + 8];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text);
    if (brn_out_bigint_marked(&out, bytes, size, "", ""))
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                             "an int of more than %d digits needs protocol 2", BRN_DECIMAL_DIGITS);
    return brn_emit_op(&s->out, BRN_OP_BYTE_LONG) && brn_emit_raw(&s->out, text, out.used) &&
           brn_emit_raw(&s->out, "L\n", 2);
}

bool brn_save_bigint(brn_save *s, const brn_val *val)
{
    size_t size = brn_text_size(val);
    if (s->out.protocol < 2)
        return put_decimal(s, val->u.bytes, size);
    if (size > INT32_MAX)
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL, "an int of more than 2 GiB");
    return brn_emit_long(&s->out, val->u.bytes, size);
}

static bool fail_long(brn_save *s)
{
    return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                         "text or bytes of more than 4 GiB need protocol 4");
}

static bool put_payload(brn_save *s, const uint8_t *header, const uint8_t *end, const void *data,
                        size_t size)
{
    if (!end)
        return fail_long(s);
    return brn_emit_payload(&s->out, header, (size_t)(end - header), data, size, NULL);
}

bool brn_save_str(brn_save *s, const void *text, size_t size)
{
    if (!s->out.binary)
        return brn_emit_op(&s->out, BRN_OP_BYTE_UNICODE) &&
               brn_emit_escaped_text(&s->out, text, size) && brn_emit_op(&s->out, '\n');
    uint8_t header[BRN_EMIT_HEADER];
    return put_payload(s, header, brn_put_text_header(&s->out, header, size), text, size);
}

bool brn_save_py2str(brn_save *s, const void *bytes, size_t size)
{
    if (!s->out.binary)
        return brn_emit_string(&s->out, bytes, size);
    if (size > INT32_MAX)
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL, "a Python 2 str of more than 2 GiB");
    uint8_t header[5] = {BRN_OP_BYTE_SHORT_BINSTRING, (uint8_t)size};
    const uint8_t *end = header + 2;
    if (size > 0xff) {
        header[0] = BRN_OP_BYTE_BINSTRING;
        end = brn_put_le32(header + 1, (uint32_t)size);
    }
    return put_payload(s, header, end, bytes, size);
}

/* The str that has a character for each byte. */
static bool put_latin1(brn_save *s, const void *bytes, size_t size)
{
    if (!brn_emit_boundary(&s->out))
        return false;
    if (!s->out.binary)
        return brn_emit_op(&s->out, BRN_OP_BYTE_UNICODE) &&
               brn_emit_escaped_latin1(&s->out, bytes, size) && brn_emit_op(&s->out, '\n');
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_text_header(&s->out, header, brn_latin1_size(bytes, size));
    if (!end)
        return fail_long(s);
    return brn_emit_raw(&s->out, header, (size_t)(end - header)) &&
           brn_emit_latin1(&s->out, bytes, size);
}

/* A call of a type without arguments. */
static bool put_empty(brn_save *s, brn_known type)
{
    return brn_save_known(s, type) && brn_emit_boundary(&s->out) && brn_save_begin_tuple(s, 0) &&
           brn_save_end_tuple(s, 0) && brn_emit_op(&s->out, BRN_OP_BYTE_REDUCE);
}

bool brn_save_bytes(brn_save *s, const void *bytes, size_t size)
{
    uint8_t header[BRN_EMIT_HEADER];
    if (s->out.protocol >= 3)
        return put_payload(s, header, brn_put_bytes_header(&s->out, header, size), bytes, size);
    if (size == 0)
        return put_empty(s, BRN_KNOWN_BYTES);
    return brn_save_known(s, BRN_KNOWN_ENCODE) && brn_save_begin_tuple(s, 2) &&
           put_latin1(s, bytes, size) && brn_save_memoize_passing(s) &&
           brn_save_known(s, BRN_KNOWN_LATIN1) && brn_save_end_tuple(s, 2) &&
           brn_emit_op(&s->out, BRN_OP_BYTE_REDUCE);
}

bool brn_save_bytearray(brn_save *s, const void *bytes, size_t size)
{
    uint8_t header[BRN_EMIT_HEADER];
    if (s->out.protocol >= 5)
        return put_payload(s, header, brn_put_bytearray_header(header, size), bytes, size);
    if (size == 0)
        return put_empty(s, BRN_KNOWN_BYTEARRAY);
    return brn_save_known(s, BRN_KNOWN_BYTEARRAY) && brn_save_begin_tuple(s, 1) &&
           brn_emit_boundary(&s->out) && brn_save_bytes(s, bytes, size) &&
           brn_save_memoize_passing(s) && brn_save_end_tuple(s, 1) &&
           brn_emit_op(&s->out, BRN_OP_BYTE_REDUCE);
}

bool brn_save_buffer(brn_save *s, const brn_val *val)
{
    uint64_t index = (uint64_t)val->u.integer;
    bool readonly = brn_buffer_readonly(val);
    const brn_buffers *buffers = s->options.buffers;
    if (s->options.buffer) {
        if (s->out.protocol < 5)
            return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                                 "out-of-band buffers need protocol 5");
        if (s->mode != BRN_MEMO_COUNT && !s->options.buffer(s->options.buffer_ctx, val))
            return brn_save_fail(s, BRN_ERROR_STOPPED, "the callback for buffers asked to stop");
        return brn_emit_op(&s->out, BRN_OP_BYTE_NEXT_BUFFER) &&
               (!readonly || brn_emit_op(&s->out, BRN_OP_BYTE_READONLY_BUFFER));
    }
    if (!buffers || index >= buffers->count)
        return brn_save_fail(s, BRN_ERROR_NO_BUFFER,
                             "the bytes of out-of-band buffer %llu are not at hand",
                             (unsigned long long)index);
    const brn_buffer *buffer = &buffers->at[index];
    return readonly ? brn_save_bytes(s, buffer->data, buffer->size)
                    : brn_save_bytearray(s, buffer->data, buffer->size);
}

bool brn_save_ext(brn_save *s, uint32_t code)
{
    if (s->out.protocol < 2)
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL, "extension codes need protocol 2");
    uint8_t bytes[5] = {BRN_OP_BYTE_EXT1};
    (void)brn_put_le32(bytes + 1, code);
    size_t size = 2;
    if (code > 0xff) {
        bytes[0] = code > 0xffff ? BRN_OP_BYTE_EXT4 : BRN_OP_BYTE_EXT2;
        size = code > 0xffff ? 5 : 3;
    }
    return brn_emit_raw(&s->out, bytes, size);
}
