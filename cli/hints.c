/*
 * hints.c - what bytes that are no pickle probably are.
 *
 * People give the wrong file far more often than a broken one, and "unknown opcode"
 * does not tell them so.  Hints are asked for after an error only, so a guess may be
 * wide: it never keeps a pickle from being read.
 */
#include "hints.h"
#include "text.h"

#include <string.h>

typedef struct magic {
    const char *bytes;
    size_t size;
    const char *hint;
} magic;

#define MAGIC(bytes, hint)             \
    {                                  \
        bytes, sizeof(bytes) - 1, hint \
    }

static const magic magics[] = {
    MAGIC("PK\x03\x04",
          "this is a zip archive (PyTorch's .pt or NumPy's .npz?): unpack it and look "
          "at the .pkl inside"),
    MAGIC("\x93NUMPY", "this is a NumPy .npy file, not a pickle"),
    MAGIC("\xfd"
          "7zXZ",
          "this is compressed with xz: try `xz -dc FILE | brinery ... -`"),
    MAGIC("BZh", "this is compressed with bzip2: try `bzip2 -dc FILE | brinery ... -`"),
    MAGIC("\x28\xb5\x2f\xfd", "this is compressed with zstd: try `zstd -dc FILE | brinery ... -`"),
    MAGIC("\x04\x22\x4d\x18", "this is compressed with lz4: try `lz4 -dc FILE | brinery ... -`"),
    MAGIC("\x5d\x00\x00", "this may be compressed with lzma: try `xz -dc FILE | brinery ... -`"),
    MAGIC("\x1f\x8b", "this is compressed with gzip, which this build cannot read: try "
                      "`gzip -dc FILE | brinery ... -`"),
    MAGIC("\x1f\x9d", "this is compressed with compress: try `gzip -dc FILE | brinery ... -`"),
    MAGIC("version https://git-lfs", "this is a Git LFS pointer, not the file itself: try "
                                     "`git lfs pull`"),
    MAGIC("\x89HDF\r\n", "this is an HDF5 file, not a pickle"),
    MAGIC("PAR1", "this is a Parquet file, not a pickle"),
    MAGIC("ARROW1", "this is an Arrow file, not a pickle"),
    MAGIC("SQLite format 3", "this is an SQLite database, not a pickle"),
    MAGIC("%PDF-", "this is a PDF, not a pickle"),
    MAGIC("\x89PNG\r\n", "this is a PNG image, not a pickle"),
    MAGIC("\x7f"
          "ELF",
          "this is a program, not a pickle"),
    MAGIC("gAJ", "this looks like a pickle in base64: try `base64 -d FILE | brinery ... -`"),
    MAGIC("gAN", "this looks like a pickle in base64: try `base64 -d FILE | brinery ... -`"),
    MAGIC("gASV", "this looks like a pickle in base64: try `base64 -d FILE | brinery ... -`"),
    MAGIC("gAWV", "this looks like a pickle in base64: try `base64 -d FILE | brinery ... -`"),
    MAGIC("\xef\xbf\xbd", "these bytes were read and written as text somewhere, and are damaged "
                          "for good"),
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

static bool is_text(const uint8_t *data, size_t size)
{
    size_t look = size < 1024 ? size : 1024;
    for (size_t at = 0; at < look;) {
        uint32_t code;
        size_t length = text_decode((const char *)data + at, size - at, &code);
        if (!length || (code < 0x20 && code != '\n' && code != '\r' && code != '\t'))
            return false;
        at += length;
    }
    return look > 0;
}

static const char *hint_of_text(const uint8_t *data, size_t size)
{
    size_t at = 0;
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    while (at < size &&
           (data[at] == ' ' || data[at] == '\n' || data[at] == '\r' || data[at] == '\t'))
        at++;
    data += at;
    size -= at;
    if (begins_with_word(data, size, "<!doctype html") || begins_with_word(data, size, "<html"))
        return "this is an HTML page, not a pickle: a download that went to an error page?";
    if (begins_with_word(data, size, "<?xml"))
        return "this is XML, not a pickle";
    if (size && (data[0] == '{' || data[0] == '[' || data[0] == '"'))
        return "this looks like JSON, not a pickle";
    /* A pickle of protocol 0 is text as well: it was on its way from one system to another. */
    if (contains(data, size < 4096 ? size : 4096, "\r\n") && strchr("(cIFLSVNlp", data[0]))
        return "it has DOS line ends: a pickle of protocol 0 that was copied as text?";
    return "this looks like text, not a pickle";
}

static const char *hint_of_bytes(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
        if (size >= magics[i].size && memcmp(data, magics[i].bytes, magics[i].size) == 0)
            return magics[i].hint;
    }
    if (size >= 262 && memcmp(data + 257, "ustar", 5) == 0)
        return "this is a tar archive: unpack it first";
    if (contains(data, size < 1 << 20 ? size : 1 << 20, "joblib.numpy_pickle"))
        return "this is a joblib file: its arrays stand as raw bytes between the opcodes, where no "
               "unpickler but joblib's expects them";
    if (is_text(data, size))
        return hint_of_text(data, size);
    if (contains(data, size < 64 ? size : 64, "\xef\xbf\xbd"))
        return "these bytes were read and written as text somewhere, and are damaged for good";
    return NULL;
}

const char *hint_for(brn_code code, const uint8_t *data, size_t size)
{
    switch (code) {
    case BRN_ERROR_LIMIT_INPUT:
        return "--max-input, and --max-size for compressed files, raise this limit";
    case BRN_ERROR_LIMIT_MEMORY: return "--max-memory raises this limit";
    case BRN_ERROR_LIMIT_VALUES: return "--max-values raises this limit";
    case BRN_ERROR_LIMIT_STACK: return "--max-stack raises this limit";
    case BRN_ERROR_LIMIT_MEMO: return "--max-memo raises this limit";
    case BRN_ERROR_LIMIT_DIGITS: return "--max-digits raises this limit";
    case BRN_ERROR_LIMIT_WORK: return "--max-work raises this limit";
    case BRN_ERROR_JSON_EXPANSION:
        return "--max-nodes raises this limit; --lossless writes shared values once";
    case BRN_ERROR_JSON_CYCLE:
    case BRN_ERROR_JSON_KEY: return "--lossless can write this";
    default: break;
    }
    if (code >= BRN_ERROR_MEMORY)
        return NULL;
    return hint_of_bytes(data, size);
}
