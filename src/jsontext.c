/*
 * jsontext.c - JSON strings.  Only what JSON demands is escaped.
 */
#include "jsontext.h"

/* Characters that cannot stand in a JSON string as they are. */
static inline uint64_t is_special(uint64_t word)
{
    return brn_word_controls(word) | brn_word_equal(word, '"') | brn_word_equal(word, '\\');
}

/* The same in UTF-8 that may contain surrogates: those begin with 0xed, as some others do. */
static inline uint64_t is_special_utf8(uint64_t word)
{
    return is_special(word) | brn_word_equal(word, 0xed);
}

/* The same in latin-1, of which only ASCII is UTF-8 as it is. */
static inline uint64_t is_special_latin1(uint64_t word)
{
    return is_special(word) | brn_word_high(word);
}

static void put_special(brn_out *out, uint8_t c)
{
    static const char letters[] = "btn_fr"; /* 8 to 13; 11 has no letter */
    brn_out_put(out, '\\');
    if (c == '"' || c == '\\') {
        brn_out_put(out, (char)c);
    } else if (c >= 8 && c <= 13 && c != 11) {
        brn_out_put(out, letters[c - 8]);
    } else {
        brn_out_put(out, 'u');
        brn_out_hex(out, c, 4);
    }
}

void brn_out_json_chars(brn_out *out, const void *text, size_t size)
{
    const uint8_t *p = text;
    size_t i = 0;
    while (i < size) {
        i += brn_out_plain(out, p + i, size - i, is_special_utf8);
        if (i == size)
            break;
        if (p[i] != 0xed) {
            put_special(out, p[i++]);
        } else if (size - i >= 3 && p[i + 1] >= 0xa0) {
            brn_out_puts(out, "\\ud");
            brn_out_hex(out, (uint64_t)(p[i + 1] & 0x3f) << 6 | (p[i + 2] & 0x3f), 3);
            i += 3;
        } else {
            brn_out_put(out, (char)p[i++]);
        }
    }
}

void brn_out_json_text(brn_out *out, const void *text, size_t size)
{
    brn_out_put(out, '"');
    brn_out_json_chars(out, text, size);
    brn_out_put(out, '"');
}

void brn_out_json_latin1_chars(brn_out *out, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    size_t i = 0;
    while (i < size) {
        i += brn_out_plain(out, p + i, size - i, is_special_latin1);
        for (; i < size && p[i] >= 0x80; i++) {
            uint8_t utf8[4];
            brn_out_putn(out, utf8, brn_utf8_encode(p[i], utf8));
        }
        if (i < size && is_special(brn_load_last(p + i, 1)))
            put_special(out, p[i++]);
    }
}

void brn_out_json_latin1(brn_out *out, const void *bytes, size_t size)
{
    brn_out_put(out, '"');
    brn_out_json_latin1_chars(out, bytes, size);
    brn_out_put(out, '"');
}

/* Four digits for three bytes, the last of which may be missing. */
static char *write_group(char *to, const uint8_t *p, size_t left)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = (uint32_t)p[0] << 16;
    if (left > 1)
        group |= (uint32_t)p[1] << 8;
    if (left > 2)
        group |= p[2];
    *to++ = digits[group >> 18];
    *to++ = digits[group >> 12 & 63];
    *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
    *to++ = left > 2 ? digits[group & 63] : '=';
    return to;
}

void brn_out_json_base64(brn_out *out, const void *bytes, size_t size)
{
    const size_t piece = BRN_OUT_PIECE / 4 * 3;
    const uint8_t *p = bytes;
    brn_out_put(out, '"');
    for (size_t i = 0; i < size;) {
        char spare[BRN_OUT_PIECE];
        char *to = brn_out_begin(out, spare);
        size_t end = size - i < piece ? size : i + piece;
        for (; i < end; i += 3)
            to = write_group(to, p + i, size - i);
        brn_out_end(out, spare, to);
    }
    brn_out_put(out, '"');
}
