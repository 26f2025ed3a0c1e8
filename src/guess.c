/*
 * guess.c - what bytes that are no pickle probably are.
 *
 * People give the wrong file far more often than a broken one, and "unknown opcode"
 * does not tell them so.  A guess is asked for after an error only, so it may be
 * wide: it never keeps a pickle from being read.
 */
#include "machine/decode.h"

typedef struct magic {
    const char *bytes;
    size_t size;
    brn_guess guess;
} magic;

static const magic magics[] = {
#define GUESS(bytes, what, command, python) {bytes, sizeof(bytes) - 1, {what, command, python}},
#include "guesses.def"
#undef GUESS
};

static bool contains(const uint8_t *data, size_t size, const char *word)
{
    size_t length = strlen(word);
    for (size_t at = 0; at + length <= size; at++) {
        const uint8_t *found = memchr(data + at, (unsigned char)word[0], size - length - at + 1);
        if (!found)
            return false;
        at = (size_t)(found - data);
        if (memcmp(found, word, length) == 0)
            return true;
    }
    return false;
}

static bool begins_with_word(const uint8_t *data, size_t size, const char *word)
{
    for (size_t i = 0; word[i]; i++) {
        if (i == size)
            return false;
        uint8_t byte = data[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (uint8_t)(byte + ('a' - 'A'));
        if (byte != (uint8_t)word[i])
            return false;
    }
    return true;
}

/* Where text begins: behind a byte order mark and white space. */
static size_t skip_space(const uint8_t *data, size_t size)
{
    size_t at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < size && strchr(" \n\r\t", data[at]) && data[at] != 0)
        at++;
    return at;
}

static bool is_text(const uint8_t *data, size_t size)
{
    size_t look = size;
    if (size > 1024) {
        /* Not to end inside a character. */
        look = 1024;
        while (look > 1020 && (data[look] & 0xc0) == 0x80)
            look--;
    }
    for (size_t at = 0; at < look; at++) {
        if (data[at] < 0x20 && data[at] != '\n' && data[at] != '\r' && data[at] != '\t')
            return false;
    }
    return look > 0 && brn_utf8_scan(data, look) <= BRN_UTF8_VALID;
}

static const char *guess_text(const uint8_t *data, size_t size)
{
    size_t space = skip_space(data, size);
    data += space;
    size -= space;
    if (begins_with_word(data, size, "<!doctype html") || begins_with_word(data, size, "<html"))
        return "this is an HTML page, not a pickle: a download that went to an error page?";
    if (begins_with_word(data, size, "<?xml"))
        return "this is XML, not a pickle";
    if (size && (data[0] == '{' || data[0] == '[' || data[0] == '"'))
        return "this looks like JSON, not a pickle";
    /* A pickle of protocol 0 is text as well: it was on its way from one system to another. */
    if (size && contains(data, size < 4096 ? size : 4096, "\r\n") && strchr("(cIFLSVNlp", data[0]))
        return "it has DOS line ends: a pickle of protocol 0 that was copied as text?";
    return "this looks like text, not a pickle";
}

static const char *guess_inside(const uint8_t *data, size_t size)
{
    static const char damaged[] =
        "these bytes were read and written as text somewhere, and are damaged for good";
    if (size >= 262 && memcmp(data + 257, "ustar", 5) == 0)
        return "this is a tar archive: unpack it first";
    if (contains(data, size < 1 << 20 ? size : 1 << 20, "joblib.numpy_pickle"))
        return "this is a joblib file: its arrays stand as raw bytes between the opcodes, where no "
               "unpickler but joblib's expects them";
    if (contains(data, size < 64 ? size : 64, "\xef\xbf\xbd"))
        return damaged;
    return is_text(data, size) ? guess_text(data, size) : NULL;
}

bool brn_guess_content(const void *data, size_t size, brn_guess *guess)
{
    memset(guess, 0, sizeof *guess);
    if (!data || size == 0)
        return false;
    for (size_t i = 0; i < BRN_ARRAY_LEN(magics); i++) {
        if (size >= magics[i].size && memcmp(data, magics[i].bytes, magics[i].size) == 0) {
            *guess = magics[i].guess;
            return true;
        }
    }
    guess->what = guess_inside(data, size);
    return guess->what != NULL;
}
