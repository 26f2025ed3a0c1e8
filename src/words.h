/*
 * words.h - text eight characters at a time.
 *
 * Most text needs no escapes and is short, so what costs is looking at every
 * character.  A word of eight is looked at with a few operations: each function here sets
 * the high bit of the bytes it is asked about.  (It may set it in bytes above the first
 * one it is right about as well: ask only whether there is any, and where the first is.)
 * The first character is in the lowest byte, on every machine.
 */
#ifndef BRN_WORDS_H
#define BRN_WORDS_H

#include "base.h"

#define BRN_WORD_ONES UINT64_C(0x0101010101010101)
#define BRN_WORD_HIGHS UINT64_C(0x8080808080808080)

/*
 * Unlike loads, stores that are written byte by byte are not always joined: two of these
 * side by side become, with gcc 12, a vector put together from 16 bytes.
 */
BRN_INLINE void brn_store_le64(void *to, uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, &word, sizeof word);
#else
    uint8_t *p = to;
    for (size_t i = 0; i < 8; i++)
        p[i] = (uint8_t)(word >> (8 * i));
#endif
}

BRN_INLINE void brn_store_be64(void *to, uint64_t word)
{
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
    memcpy(to, &word, sizeof word);
#else
    uint8_t *p = to;
    for (size_t i = 0; i < 8; i++)
        p[i] = (uint8_t)(word >> (56 - 8 * i));
#endif
}

/* The last `size` characters of a text, fewer than 8, and blanks behind them. */
BRN_INLINE uint64_t brn_load_last(const uint8_t *p, size_t size)
{
    return brn_load_le(p, size) | (BRN_WORD_ONES * ' ') << (8 * size);
}

/* Bytes above 127. */
BRN_INLINE uint64_t brn_word_high(uint64_t word)
{
    return word & BRN_WORD_HIGHS;
}

/* Bytes below 32. */
BRN_INLINE uint64_t brn_word_controls(uint64_t word)
{
    return (word - BRN_WORD_ONES * 0x20) & ~word & BRN_WORD_HIGHS;
}

/* Bytes that are `c`. */
BRN_INLINE uint64_t brn_word_equal(uint64_t word, uint8_t c)
{
    uint64_t difference = word ^ BRN_WORD_ONES * c;
    return (difference - BRN_WORD_ONES) & ~difference & BRN_WORD_HIGHS;
}

/* Which byte is the first with its high bit set; only high bits are, and one is. */
BRN_INLINE size_t brn_word_first(uint64_t highs)
{
    /* One bit for each byte up to that one, added up in the top byte. */
    uint64_t upto = ((highs & (0 - highs)) - 1) & BRN_WORD_ONES;
    return (size_t)(upto * BRN_WORD_ONES >> 56) - 1;
}

/*
 * Copy a few bytes: most texts are short, and a call of memcpy() costs more than they do.  Pieces
 * overlap rather than being cut to size; nothing outside of `size` is read or written.
 */
BRN_INLINE void brn_copy_short(void *to, const void *from, size_t size)
{
    uint8_t *p = to;
    const uint8_t *q = from;
    if (size >= 16) {
        memcpy(p, q, 16);
        if (size > 32)
            memcpy(p + 16, q + 16, size - 32);
        memcpy(p + size - 16, q + size - 16, 16);
    } else if (size >= 8) {
        memcpy(p, q, 8);
        memcpy(p + size - 8, q + size - 8, 8);
    } else if (size >= 4) {
        memcpy(p, q, 4);
        memcpy(p + size - 4, q + size - 4, 4);
    } else if (size > 0) {
        p[0] = q[0];
        p[size / 2] = q[size / 2];
        p[size - 1] = q[size - 1];
    }
}

/* Says which characters of a word cannot be copied as they are. */
typedef uint64_t (*brn_word_fn)(uint64_t word);

/*
 * Copy text up to the first special character, and return how much that is.  `to`
 * has room for 8 bytes more than the text: they may be overwritten.
 */
BRN_INLINE size_t brn_copy_plain(char *to, const uint8_t *text, size_t size, brn_word_fn special)
{
    size_t i = 0;
    while (i < size) {
        size_t left = size - i;
        uint64_t word = left >= 8 ? brn_load_le64(text + i) : brn_load_last(text + i, left);
        brn_store_le64(to + i, word);
        uint64_t found = special(word);
        if (found)
            return i + brn_word_first(found);
        i += left >= 8 ? 8 : left;
    }
    return size;
}

/* The same without copying. */
BRN_INLINE size_t brn_skip_plain(const uint8_t *text, size_t size, brn_word_fn special)
{
    size_t i = 0;
    while (i < size) {
        size_t left = size - i;
        uint64_t found =
            special(left >= 8 ? brn_load_le64(text + i) : brn_load_last(text + i, left));
        if (found)
            return i + brn_word_first(found);
        i += left >= 8 ? 8 : left;
    }
    return size;
}

#endif /* BRN_WORDS_H */
