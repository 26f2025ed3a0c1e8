/*
 * jsontext.c - JSON strings.  Only what JSON demands is escaped.
 */
#include "jsontext.h"

/* A character that cannot stand in a JSON string as it is. */
static bool is_special(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
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
    if (size == 0)
        return;
    const uint8_t *p = text;
    const uint8_t *end = p + size;
    const uint8_t *plain = p; /* not written yet */
    while (p < end) {
        bool surrogate = *p == 0xed && end - p >= 3 && p[1] >= 0xa0;
        if (!surrogate && !is_special(*p)) {
            p++;
            continue;
        }
        brn_out_putn(out, plain, (size_t)(p - plain));
        if (surrogate) {
            brn_out_puts(out, "\\ud");
            brn_out_hex(out, (uint64_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f), 3);
            p += 3;
        } else {
            put_special(out, *p++);
        }
        plain = p;
    }
    brn_out_putn(out, plain, (size_t)(p - plain));
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
    for (size_t i = 0; i < size; i++) {
        uint8_t utf8[4];
        if (is_special(p[i]))
            put_special(out, p[i]);
        else
            brn_out_putn(out, utf8, brn_utf8_encode(p[i], utf8));
    }
}

void brn_out_json_latin1(brn_out *out, const void *bytes, size_t size)
{
    brn_out_put(out, '"');
    brn_out_json_latin1_chars(out, bytes, size);
    brn_out_put(out, '"');
}

void brn_out_json_base64(brn_out *out, const void *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = bytes;
    brn_out_put(out, '"');
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)p[i] << 16;
        if (left > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            group |= p[i + 2];
        const char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
                              left > 1 ? digits[group >> 6 & 63] : '=',
                              left > 2 ? digits[group & 63] : '='};
        brn_out_putn(out, text, sizeof text);
    }
    brn_out_put(out, '"');
}
