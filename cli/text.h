/*
 * text.h - text that grows, and the spellings every command shares: text made safe
 * for a terminal, numbers with commas, sizes, JSON strings.
 *
 * Running out of memory ends the command (exit 2), so that no caller has to ask.
 */
#ifndef BRINERY_CLI_TEXT_H
#define BRINERY_CLI_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CLI_PRINTF(text, first)
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Always ended by a NUL that `size` does not count.  Zeroed is empty. */
typedef struct text {
    char *data;
    size_t size;
    size_t cap;
} text;

void text_free(text *t);
void text_clear(text *t);
void text_cut(text *t, size_t size);
void text_put(text *t, const void *data, size_t size);
void text_str(text *t, const char *str);
void text_repeat(text *t, const char *str, size_t times);
void text_printf(text *t, const char *format, ...) CLI_PRINTF(2, 3);
const char *text_cstr(const text *t);

/* 199990 as 199,990. */
void text_number(text *t, uint64_t n);

/* "1 item", "199,990 items"; plural NULL: the noun with an s. */
void text_plural(text *t, uint64_t n, const char *noun, const char *plural);

/* A size for people: 917 B, 1.2 kB, 34 MB. */
void text_size(text *t, uint64_t bytes);

/*
 * Bytes of unknown origin for a terminal: what is UTF-8 and harmless goes through;
 * control characters, marks that turn the direction of the text, and broken UTF-8
 * become \x1b, \u202e.  Text that is safe comes out unchanged.
 */
void text_safe(text *t, const char *data, size_t size);

/* True if text_safe() would change nothing. */
bool text_is_safe(const char *data, size_t size);

/* With quotes.  Bytes that are no UTF-8 become \udc80..\udcff, as Python does for file names. */
void text_json(text *t, const char *data, size_t size);

/* How many columns UTF-8 takes on a terminal: 2 for wide letters, 0 for combining ones. */
size_t text_columns(const char *data, size_t size);

/* Decode the code point at `data`: its length in bytes, 0 if there is no valid one. */
size_t text_decode(const char *data, size_t size, uint32_t *code);

/* Columns of one code point. */
size_t text_code_columns(uint32_t code);

/* The nearest of `names` (NULL-ended) to `word`, if it is near enough to be what was meant. */
const char *text_nearest(const char *word, const char *const *names);

/* Memory that is there: these end the command if there is none. */
void *cli_alloc(size_t size);
void *cli_realloc(void *ptr, size_t size);

/* Make room for `need` elements of `size` bytes in a vector that has `*cap`. */
void *cli_grow(void *ptr, size_t *cap, size_t need, size_t size);

#endif /* BRINERY_CLI_TEXT_H */
