/*
 * spell.c - one value in one piece, cut where it is long.
 *
 * Only the part that is shown is ever spelt: the repr() of a string of 100 MB would take
 * longer than reading the pickle.
 */
#include "spell.h"
#include "stock.h"

#include <stdlib.h>
#include <string.h>

/* The least room a piece of text gets, however narrow the terminal. */
#define LEAST_ROOM 16

static size_t length_of(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xc0) != 0x80;
    return count;
}

static void repr_of_text(text *t, const char *data, size_t size)
{
    char small[256];
    size_t length = brn_repr_text(data, size, small, sizeof small);
    if (length < sizeof small) {
        text_put(t, small, length);
        return;
    }
    char *buffer = cli_alloc(length + 1);
    (void)brn_repr_text(data, size, buffer, length + 1);
    text_put(t, buffer, length);
    free(buffer);
}

/* `array`: a bytearray's, which has a backslash before single quotes between double ones, too. */
static void repr_of_bytes(text *t, const uint8_t *data, size_t size, bool array)
{
    /* Python prefers the quote that needs no escapes. */
    bool has_single = size && memchr(data, '\'', size);
    char quote = has_single && !memchr(data, '"', size) ? '"' : '\'';
    text_put(t, &quote, 1);
    for (size_t i = 0; i < size; i++) {
        char c = (char)data[i];
        if (c == quote || c == '\\' || (array && c == '\'')) {
            text_put(t, "\\", 1);
            text_put(t, &c, 1);
        } else if (c == '\n') {
            text_str(t, "\\n");
        } else if (c == '\r') {
            text_str(t, "\\r");
        } else if (c == '\t') {
            text_str(t, "\\t");
        } else if (data[i] < 0x20 || data[i] >= 0x7f) {
            text_printf(t, "\\x%02x", data[i]);
        } else {
            text_put(t, &c, 1);
        }
    }
    text_put(t, &quote, 1);
}

/* "... 12,345 characters" behind what was cut. */
static void put_rest(line *l, size_t count, const char *noun)
{
    text t = {0};
    text_str(&t, "... ");
    text_plural(&t, count, noun, NULL);
    line_text(l, STYLE_NOTE, &t);
    text_free(&t);
}

/* How many bytes at the beginning of the text fill so many columns, unescaped. */
static size_t prefix_of(const char *data, size_t size, size_t room)
{
    size_t at = 0;
    size_t columns = 0;
    while (at < size) {
        uint32_t code = 0xfffd;
        size_t length = text_decode(data + at, size - at, &code);
        if (!length) {
            /* A surrogate is three bytes, which may not be torn apart. */
            length = (unsigned char)data[at] == 0xed && size - at >= 3 ? 3 : 1;
        }
        columns += text_code_columns(code);
        if (columns > room)
            break;
        at += length;
    }
    return at;
}

/* What to try after `take` characters were so many columns too long; escapes take up to 10. */
static size_t shorter(size_t take, size_t excess)
{
    size_t less = excess / 4 + 1;
    return less < take ? take - less : 1;
}

static bool spell_str(line *l, const brn_val *val, size_t room)
{
    size_t size;
    const char *data = brn_str(val, &size);
    text t = {0};
    bool cut = false;
    if (room == ROOM_UNLIMITED || size <= room * 4) {
        repr_of_text(&t, data, size);
        cut = room != ROOM_UNLIMITED && text_columns(t.data, t.size) > room;
    } else {
        cut = true;
    }
    if (cut) {
        text tail = {0};
        text_str(&tail, "... ");
        text_plural(&tail, length_of(data, size), "character", NULL);
        size_t keep = room > tail.size + LEAST_ROOM ? room - tail.size : LEAST_ROOM;
        text_free(&tail);
        /* Escapes make the text longer than its characters: take less until it fits. */
        for (size_t take = keep - 2;;) {
            text_clear(&t);
            repr_of_text(&t, data, prefix_of(data, size, take));
            size_t columns = text_columns(t.data, t.size);
            if (columns <= keep || take < 4)
                break;
            take = shorter(take, columns - keep);
        }
    }
    line_text(l, STYLE_STRING, &t);
    text_free(&t);
    if (cut)
        put_rest(l, length_of(data, size), "character");
    return cut;
}

/* Bytes in quotes behind a prefix: b'...', py2'...', bytearray(b'...'). */
static bool spell_bytes(line *l, const char *before, const uint8_t *data, size_t size, size_t total,
                        const char *after, size_t room)
{
    text t = {0};
    size_t around = strlen(before) + strlen(after);
    bool array = strlen(after) > 0;
    bool cut = size < total;
    if (!cut && (room == ROOM_UNLIMITED || size <= room)) {
        repr_of_bytes(&t, data, size, array);
        cut = room != ROOM_UNLIMITED && t.size + around > room;
    } else {
        cut = true;
    }
    if (cut) {
        text tail = {0};
        text_str(&tail, "... ");
        text_plural(&tail, total, "byte", NULL);
        size_t taken = tail.size + around;
        text_free(&tail);
        size_t keep = room > taken + LEAST_ROOM ? room - taken : LEAST_ROOM;
        for (size_t take = keep - 2 < size ? keep - 2 : size;;) {
            text_clear(&t);
            repr_of_bytes(&t, data, take, array);
            if (t.size <= keep || take < 4)
                break;
            take = shorter(take, t.size - keep);
        }
    }
    line_str(l, STYLE_STRING, before);
    line_text(l, STYLE_STRING, &t);
    line_str(l, STYLE_STRING, after);
    text_free(&t);
    if (cut)
        put_rest(l, total, "byte");
    return cut;
}

static bool spell_data(line *l, const brn_val *val, size_t room)
{
    size_t size;
    const uint8_t *data = brn_bytes(val, &size);
    switch (brn_typeof(val)) {
    case BRN_PY2STR: return spell_bytes(l, "py2", data, size, size, "", room);
    case BRN_BYTEARRAY: return spell_bytes(l, "bytearray(b", data, size, size, ")", room);
    default: return spell_bytes(l, "b", data, size, size, "", room);
    }
}

/* A number of any length: its beginning, and how long it is. */
static bool spell_int(line *l, const brn_val *val, size_t room)
{
    char small[64];
    size_t length = brn_repr(val, small, sizeof small);
    if (length < sizeof small && (length <= room || room >= LEAST_ROOM)) {
        line_str(l, STYLE_NUMBER, small);
        return false;
    }
    char *buffer = cli_alloc(length + 1);
    (void)brn_repr(val, buffer, length + 1);
    size_t keep = length;
    bool cut = room != ROOM_UNLIMITED && length > room && length > LEAST_ROOM;
    if (cut)
        keep = room > 20 + LEAST_ROOM ? room - 20 : LEAST_ROOM;
    line_put(l, STYLE_NUMBER, buffer, keep);
    if (cut) {
        bool is_hex = strncmp(buffer, "0x", 2) == 0 || strncmp(buffer, "-0x", 3) == 0;
        size_t signs = (size_t)(buffer[0] == '-') + (is_hex ? 2 : 0);
        put_rest(l, length - signs, is_hex ? "hexadecimal digit" : "digit");
    }
    free(buffer);
    return cut;
}

void spell_name(line *l, style how, const brn_val *val)
{
    text t = {0};
    if (stock_name(val, &t)) {
        line_text(l, how, &t);
    } else {
        if (brn_typeof(val) == BRN_EXT)
            text_printf(&t, "<extension code %u>", brn_ext_code(val));
        else
            text_printf(&t, "<%s>", brn_type_name(brn_typeof(val)));
        line_text(l, STYLE_WARN, &t);
    }
    text_free(&t);
}

/* Bytes and bytearrays that are written as calls. */
static bool spell_encoded(line *l, const brn_val *val, size_t room, bool *cut)
{
    brn_blob blob;
    if (brn_typeof(val) != BRN_CALL || !brn_as_bytes(val, NULL, &blob) || blob.elsewhere)
        return false;
    text bytes = {0};
    stock_copy(&blob, room == ROOM_UNLIMITED ? SIZE_MAX : room + LEAST_ROOM, &bytes);
    *cut = spell_bytes(l, blob.writable ? "bytearray(b" : "b", (const uint8_t *)text_cstr(&bytes),
                       bytes.size, blob.size, blob.writable ? ")" : "", room);
    text_free(&bytes);
    return true;
}

static bool spell_call(line *l, const brn_val *val, size_t room, bool *cut)
{
    if (spell_encoded(l, val, room, cut))
        return true;
    text t = {0};
    bool is_name = stock_name(val, &t);
    bool ok = is_name || stock_spell(val, &t);
    if (ok)
        line_text(l, is_name ? STYLE_GLOBAL : STYLE_NUMBER, &t);
    text_free(&t);
    return ok;
}

bool spell_leaf(line *l, const brn_val *val, size_t room, bool *cut)
{
    bool shortened = false;
    bool ok = true;
    switch (brn_typeof(val)) {
    case BRN_NONE: line_str(l, STYLE_CONST, "None"); break;
    case BRN_BOOL: line_str(l, STYLE_CONST, brn_bool(val) ? "True" : "False"); break;
    case BRN_INT:
    case BRN_BIGINT: shortened = spell_int(l, val, room); break;
    case BRN_FLOAT: {
        char repr[40];
        (void)brn_repr(val, repr, sizeof repr);
        line_str(l, STYLE_NUMBER, repr);
        break;
    }
    case BRN_STR: shortened = spell_str(l, val, room); break;
    case BRN_PY2STR:
    case BRN_BYTES:
    case BRN_BYTEARRAY: shortened = spell_data(l, val, room); break;
    case BRN_GLOBAL:
        ok = brn_op_count(val) == 0;
        if (ok)
            spell_name(l, STYLE_GLOBAL, val);
        break;
    case BRN_BUFFER: {
        text t = {0};
        text_printf(&t, "<%sbuffer %u>", brn_buffer_readonly(val) ? "read-only " : "",
                    brn_buffer_index(val));
        line_text(l, STYLE_TYPE, &t);
        text_free(&t);
        break;
    }
    case BRN_CALL:
    case BRN_OBJECT: ok = spell_call(l, val, room, &shortened); break;
    default: ok = false; break;
    }
    if (cut)
        *cut = ok && shortened;
    return ok;
}

bool spell_is_leaf(const brn_val *val)
{
    switch (brn_typeof(val)) {
    case BRN_NONE:
    case BRN_BOOL:
    case BRN_INT:
    case BRN_BIGINT:
    case BRN_FLOAT:
    case BRN_STR:
    case BRN_PY2STR:
    case BRN_BYTES:
    case BRN_BYTEARRAY:
    case BRN_BUFFER: return true;
    default: {
        line l = {0};
        bool is = spell_leaf(&l, val, LEAST_ROOM, NULL);
        line_free(&l);
        return is;
    }
    }
}
