/*
 * text.c - text that grows, and spellings made safe for a terminal.
 */
#define _POSIX_C_SOURCE 200809L

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------
 * Memory
 * ------------------------------------------------------------------------ */

static _Noreturn void die_of_memory(void)
{
    static const char message[] = "brinery: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(2);
}

void *cli_alloc(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);
    if (!ptr)
        die_of_memory();
    return ptr;
}

void *cli_realloc(void *ptr, size_t size)
{
    void *bigger = realloc(ptr, size ? size : 1);
    if (!bigger)
        die_of_memory();
    return bigger;
}

void *cli_grow(void *ptr, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return ptr;
    size_t room = *cap ? *cap : 16;
    while (room < need) {
        if (room > SIZE_MAX / 2)
            die_of_memory();
        room *= 2;
    }
    if (room > SIZE_MAX / size)
        die_of_memory();
    *cap = room;
    return cli_realloc(ptr, room * size);
}

/* ------------------------------------------------------------------------
 * Text that grows
 * ------------------------------------------------------------------------ */

void text_free(text *t)
{
    free(t->data);
    memset(t, 0, sizeof *t);
}

void text_clear(text *t)
{
    text_cut(t, 0);
}

void text_cut(text *t, size_t size)
{
    if (size < t->size) {
        t->size = size;
        t->data[size] = '\0';
    }
}

static char *text_room(text *t, size_t size)
{
    if (size >= SIZE_MAX - t->size)
        die_of_memory();
    t->data = cli_grow(t->data, &t->cap, t->size + size + 1, 1);
    return t->data + t->size;
}

void text_put(text *t, const void *data, size_t size)
{
    char *room = text_room(t, size);
    if (size)
        memcpy(room, data, size);
    room[size] = '\0';
    t->size += size;
}

void text_str(text *t, const char *str)
{
    text_put(t, str, strlen(str));
}

void text_repeat(text *t, const char *str, size_t times)
{
    for (size_t i = 0; i < times; i++)
        text_str(t, str);
}

void text_printf(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char small[256];
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t size = (size_t)n;
    if (size < sizeof small) {
        text_put(t, small, size);
        return;
    }
    char *room = text_room(t, size);
    va_start(args, format);
    (void)vsnprintf(room, size + 1, format, args);
    va_end(args);
    t->size += size;
}

const char *text_cstr(const text *t)
{
    return t->data ? t->data : "";
}

/* ------------------------------------------------------------------------
 * Numbers
 * ------------------------------------------------------------------------ */

void text_number(text *t, uint64_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            text_put(t, ",", 1);
        text_put(t, digits + i, 1);
    }
}

void text_plural(text *t, uint64_t n, const char *noun, const char *plural)
{
    text_number(t, n);
    text_str(t, " ");
    if (n != 1 && plural) {
        text_str(t, plural);
        return;
    }
    text_str(t, noun);
    if (n != 1)
        text_str(t, "s");
}

void text_size(text *t, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    double value = (double)bytes;
    while (value >= 999.5 && unit + 1 < ARRAY_LEN(units)) {
        value /= 1000;
        unit++;
    }
    if (unit && value < 9.95)
        text_printf(t, "%.1f %s", value, units[unit]);
    else
        text_printf(t, "%.0f %s", value, units[unit]);
}

/* ------------------------------------------------------------------------
 * Unicode
 * ------------------------------------------------------------------------ */

size_t text_decode(const char *data, size_t size, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)data;
    if (!size)
        return 0;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || size < length)
        return 0;
    uint32_t c = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return length;
}

/*
 * Characters that steer a terminal or the direction of the text around them, or that
 * cannot be seen and so could make two names look alike.
 */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static size_t safe_run(const char *data, size_t size)
{
    size_t at = 0;
    while (at < size) {
        unsigned char byte = (unsigned char)data[at];
        if (byte >= 0x20 && byte < 0x7f) {
            at++;
            continue;
        }
        uint32_t code;
        size_t length = text_decode(data + at, size - at, &code);
        if (!length || is_harmful(code))
            break;
        at += length;
    }
    return at;
}

bool text_is_safe(const char *data, size_t size)
{
    return safe_run(data, size) == size;
}

void text_safe(text *t, const char *data, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t run = safe_run(data + at, size - at);
        text_put(t, data + at, run);
        at += run;
        if (at == size)
            break;
        uint32_t code = (unsigned char)data[at];
        size_t length = text_decode(data + at, size - at, &code);
        if (code < 0x100)
            text_printf(t, "\\x%02x", (unsigned)code);
        else if (code < 0x10000)
            text_printf(t, "\\u%04x", (unsigned)code);
        else
            text_printf(t, "\\U%08x", (unsigned)code);
        at += length ? length : 1;
    }
}

void text_json(text *t, const char *data, size_t size)
{
    text_str(t, "\"");
    for (size_t at = 0; at < size;) {
        uint32_t code = (unsigned char)data[at];
        size_t length = text_decode(data + at, size - at, &code);
        if (!length)
            text_printf(t, "\\udc%02x", (unsigned)code);
        else if (code == '"' || code == '\\')
            text_printf(t, "\\%c", (int)code);
        else if (code == '\n')
            text_str(t, "\\n");
        else if (is_harmful(code) && code < 0x10000)
            text_printf(t, "\\u%04x", (unsigned)code);
        else
            text_put(t, data + at, length);
        at += length ? length : 1;
    }
    text_str(t, "\"");
}

size_t text_code_columns(uint32_t c)
{
    if (c < 0x300)
        return 1;
    if (c <= 0x36f || (c >= 0xfe00 && c <= 0xfe0f))
        return 0;
    bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1f64f) ||
                (c >= 0x1f680 && c <= 0x1f6ff) || (c >= 0x1f900 && c <= 0x1f9ff) ||
                (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

size_t text_columns(const char *data, size_t size)
{
    size_t columns = 0;
    for (size_t at = 0; at < size;) {
        unsigned char byte = (unsigned char)data[at];
        if (byte < 0x80) {
            columns++;
            at++;
            continue;
        }
        uint32_t code = 0xfffd;
        size_t length = text_decode(data + at, size - at, &code);
        columns += text_code_columns(code);
        at += length ? length : 1;
    }
    return columns;
}

/* ------------------------------------------------------------------------
 * What was meant
 * ------------------------------------------------------------------------ */

#define WORD_MAX 64

/* Levenshtein's distance, counting a swap of neighbours as one (of words up to WORD_MAX). */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return SIZE_MAX;
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *text_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    size_t length = strlen(word);
    for (size_t i = 0; names[i]; i++) {
        size_t d = distance(word, names[i]);
        /* Somebody who typed the beginning of a word meant that word. */
        if (length >= 2 && strncmp(word, names[i], length) == 0)
            d = 1;
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    size_t allowed = length <= 4 ? 1 : length <= 7 ? 2 : 3;
    return least <= allowed ? best : NULL;
}
