/*
 * views_bytes.c - bytes in every spelling, and what all views ask of calls.
 *
 * Protocols 0 to 2 have no bytes: they call _codecs.encode() with text that has a character for
 * each byte.  As UTF-8 that is the bytes themselves as long as they are ASCII; other bytes
 * take two, and are decoded when the caller asks for them, into the caller's memory.
 */
#include "views.h"

/* ------------------------------------------------------------------------
 * Calls and their arguments
 * ------------------------------------------------------------------------ */

bool brn_module_is(const brn_val *module, const char *name)
{
    static const char *const renamed[][2] = {{"builtins", "__builtin__"}, {"copyreg", "copy_reg"}};
    if (brn_str_is(module, name))
        return true;
    for (size_t i = 0; i < BRN_ARRAY_LEN(renamed); i++) {
        if (strcmp(name, renamed[i][0]) == 0)
            return brn_str_is(module, renamed[i][1]);
    }
    return false;
}

bool brn_names(const brn_val *global, const char *module, const char *name)
{
    return brn_str_is(brn_global_name(global), name) &&
           brn_module_is(brn_global_module(global), module) && brn_op_count(global) == 0;
}

const brn_val *brn_args_of(const brn_val *val, const char *module, const char *name)
{
    const brn_val *args = brn_args(val);
    bool is_call = brn_is(val, BRN_CALL) && brn_is(args, BRN_TUPLE);
    return is_call && brn_names(brn_callee(val), module, name) ? args : NULL;
}

const brn_val *brn_plain_args(const brn_val *val, const char *module, const char *name,
                              size_t least, size_t most)
{
    const brn_val *args = brn_args_of(val, module, name);
    size_t count = brn_size(args);
    return args && count >= least && count <= most && brn_op_count(val) == 0 ? args : NULL;
}

const brn_val *brn_only_state(const brn_val *val)
{
    const brn_val *state;
    bool is_state = brn_op_count(val) == 1 && brn_op_at(val, 0, &state) == BRN_OP_STATE;
    return is_state && brn_settled(state) ? state : NULL;
}

bool brn_int_within(const brn_val *val, int64_t least, int64_t most, int64_t *out)
{
    if (!brn_is(val, BRN_INT) || val->u.integer < least || val->u.integer > most)
        return false;
    *out = val->u.integer;
    return true;
}

bool brn_size_of(const brn_val *val, size_t *out)
{
    int64_t number;
    if (!brn_int_within(val, 0, PTRDIFF_MAX, &number))
        return false;
    *out = (size_t)number;
    return true;
}

const char *brn_text_of(const brn_val *val, size_t *size)
{
    return (const char *)(brn_is_certain_text(val) ? brn_bytes(val, size) : NULL);
}

/* ------------------------------------------------------------------------
 * Bytes
 * ------------------------------------------------------------------------ */

/*
 * Point at text that stands for bytes, or count the characters; false if one is above 255.
 * Text that cannot have the `expected` number is not counted: many calls may share one long text.
 */
static bool read_latin1(const brn_val *text, size_t expected, brn_blob *out)
{
    if (!brn_is(text, BRN_STR))
        return false;
    const uint8_t *data = brn_bytes(text, &out->size);
    if (expected != BRN_ANY_SIZE && (out->size < expected || out->size / 2 > expected))
        return false;
    if (text->flags & BRN_FLAG_ASCII) {
        out->data = data;
        return true;
    }
    size_t doubled = 0;
    uint8_t highest = 0;
    for (size_t i = 0; i < out->size; i++) {
        /* Of the bytes of UTF-8, only those that begin a character are above 0xbf. */
        doubled += data[i] >= 0xc0;
        highest = data[i] > highest ? data[i] : highest;
    }
    out->size -= doubled;
    out->encoded = text;
    return highest <= 0xc3;
}

static bool read_encoded(const brn_val *args, size_t expected, brn_blob *out)
{
    const brn_val *codec = brn_at(args, 1);
    return (brn_str_is(codec, "latin1") || brn_str_is(codec, "latin-1")) &&
           read_latin1(brn_at(args, 0), expected, out);
}

static bool read_pointed_at(const brn_val *val, brn_blob *out)
{
    if (!brn_is(val, BRN_BYTES) && !brn_is(val, BRN_BYTEARRAY) && !brn_is(val, BRN_PY2STR))
        return false;
    out->data = brn_bytes(val, &out->size);
    out->writable = val->type == BRN_BYTEARRAY;
    return true;
}

static void read_buffer(const brn_val *val, const brn_buffers *buffers, brn_blob *out)
{
    uint32_t index = brn_buffer_index(val);
    out->writable = !brn_buffer_readonly(val);
    out->elsewhere = !buffers || index >= buffers->count || !buffers->at[index].data;
    if (!out->elsewhere) {
        out->data = buffers->at[index].data;
        out->size = buffers->at[index].size;
    }
}

static void read_no_bytes(brn_blob *out)
{
    static const uint8_t nothing[1] = {0};
    out->data = nothing;
}

/* A bytes value: plain, encoded, or `bytes()`. */
static bool read_bytes(const brn_val *val, size_t expected, brn_blob *out)
{
    if (brn_is(val, BRN_BYTES) || brn_is(val, BRN_PY2STR))
        return read_pointed_at(val, out);
    const brn_val *args = brn_plain_args(val, "_codecs", "encode", 2, 2);
    if (args)
        return read_encoded(args, expected, out);
    if (!brn_plain_args(val, "builtins", "bytes", 0, 0))
        return false;
    read_no_bytes(out);
    return true;
}

/* A bytearray that is written as a call: with nothing, with bytes, or with text and a codec. */
static bool read_bytearray(const brn_val *val, size_t expected, brn_blob *out)
{
    const brn_val *args = brn_plain_args(val, "builtins", "bytearray", 0, 2);
    size_t count = brn_size(args);
    if (!args)
        return false;
    bool ok = true;
    if (count == 0)
        read_no_bytes(out);
    else
        ok = count == 1 ? read_bytes(brn_at(args, 0), expected, out)
                        : read_encoded(args, expected, out);
    out->writable = true;
    return ok;
}

/* Calls are of encode(), bytes() or bytearray(). */
static bool read_blob(const brn_val *val, const brn_buffers *buffers, size_t expected,
                      brn_blob *out)
{
    if (read_pointed_at(val, out))
        return true;
    if (brn_is(val, BRN_BUFFER)) {
        read_buffer(val, buffers, out);
        return true;
    }
    if (read_bytes(val, expected, out))
        return true;
    memset(out, 0, sizeof *out);
    return read_bytearray(val, expected, out);
}

bool brn_bytes_of_size(const brn_val *val, const brn_buffers *buffers, size_t expected,
                       brn_blob *out)
{
    memset(out, 0, sizeof *out);
    if (read_blob(val, buffers, expected, out) &&
        (expected == BRN_ANY_SIZE || out->elsewhere || out->size == expected))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_as_bytes(const brn_val *val, const brn_buffers *buffers, brn_blob *out)
{
    return brn_bytes_of_size(val, buffers, BRN_ANY_SIZE, out);
}

/* The place behind `count` characters. */
static const uint8_t *skip_latin1(const uint8_t *data, size_t count)
{
    while (count-- > 0)
        data += *data < 0x80 ? 1 : 2;
    return data;
}

size_t brn_blob_copy(const brn_blob *blob, size_t from, void *buf, size_t cap)
{
    if (!blob || from >= blob->size || cap == 0)
        return 0;
    size_t count = cap < blob->size - from ? cap : blob->size - from;
    if (blob->data) {
        memcpy(buf, blob->data + from, count);
        return count;
    }
    const uint8_t *at = skip_latin1(brn_bytes(blob->encoded, NULL), from);
    uint8_t *to = buf;
    for (size_t i = 0; i < count; i++) {
        bool single = *at < 0x80;
        to[i] = (uint8_t)(single ? *at : at[0] << 6 | (at[1] & 0x3f));
        at += single ? 1 : 2;
    }
    return count;
}

bool brn_fixed_bytes(const brn_val *val, size_t size, uint8_t *out)
{
    brn_blob blob;
    return brn_bytes_of_size(val, NULL, size, &blob) && !blob.writable && !blob.elsewhere &&
           brn_blob_copy(&blob, 0, out, size) == size;
}
