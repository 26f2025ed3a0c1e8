/*
 * base.h - what every room of the library stands on: compiler hints, loads of
 * little- and big-endian numbers from unaligned bytes, and checked arithmetic.
 *
 * Everything here is a macro or a static inline function, so that this file
 * needs no source file and costs nothing where it is not used.
 */
#ifndef BRN_BASE_H
#define BRN_BASE_H

#include "brinery.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BRN_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BRN_SANITIZED
#endif
#endif

#if defined(__GNUC__)
#define BRN_LIKELY(x) __builtin_expect(!!(x), 1)
#define BRN_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BRN_ASSUME(x)                \
    do {                             \
        if (!(x))                    \
            __builtin_unreachable(); \
    } while (0)
#define brn_prefetch(address) __builtin_prefetch(address)
/* In a function that only fetches ahead: compilers leave out calls that have no other effect. */
#define BRN_HAS_EFFECT() __asm__ volatile("")
/* Not under the sanitizers: each copy of the decoder would be compiled with all their checks, for minutes. */
#if defined(BRN_SANITIZED)
#define BRN_INLINE static inline
#elif defined(BRN_COVERAGE) /* each branch is to be counted once, not once a copy */
#define BRN_INLINE static inline __attribute__((noinline))
#else
#define BRN_INLINE static inline __attribute__((always_inline))
#endif
#define BRN_NOINLINE __attribute__((noinline))
#define BRN_COLD __attribute__((noinline, cold))
#define BRN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define BRN_LIKELY(x) (x)
#define BRN_UNLIKELY(x) (x)
#define BRN_ASSUME(x) ((void)0)
#define brn_prefetch(address) ((void)(address))
#define BRN_HAS_EFFECT() ((void)0)
#define BRN_INLINE static inline
#define BRN_NOINLINE
#define BRN_COLD
#define BRN_PRINTF(text, first)
#endif

/* Whether opcodes are dispatched by labels as values; the build may say no. */
#if !defined(BRN_COMPUTED_GOTO)
#if defined(__GNUC__)
#define BRN_COMPUTED_GOTO 1
#else
#define BRN_COMPUTED_GOTO 0
#endif
#endif

/* Whether the system has getentropy(). */
#if defined(__GLIBC__) || defined(__APPLE__) || defined(__OpenBSD__) || defined(__FreeBSD__)
#define BRN_HAS_GETENTROPY 1
#else
#define BRN_HAS_GETENTROPY 0
#endif

#define BRN_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Loads are written byte by byte: compilers turn them into one instruction
 * where the machine's byte order matches, and they are right where it does not.
 */
BRN_INLINE uint32_t brn_load_le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

BRN_INLINE uint32_t brn_load_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

BRN_INLINE uint64_t brn_load_le64(const uint8_t *p)
{
    return (uint64_t)brn_load_le32(p) | (uint64_t)brn_load_le32(p + 4) << 32;
}

BRN_INLINE uint64_t brn_load_be64(const uint8_t *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

/* The bits of a word as a double, and back: memcpy is the one legal way. */
BRN_INLINE double brn_double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

BRN_INLINE uint64_t brn_bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* a * b, or false if it does not fit. */
BRN_INLINE bool brn_mul_size(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

/* How many bits up to the highest that is set. */
BRN_INLINE unsigned brn_bit_length(uint64_t bits)
{
#if defined(__GNUC__)
    return bits ? 64 - (unsigned)__builtin_clzll(bits) : 0;
#else
    unsigned length = 0;
    for (; bits; bits >>= 1)
        length++;
    return length;
#endif
}

/* Up to 8 bytes, by loads that overlap instead of a loop: sizes are hard to guess. */
BRN_INLINE uint64_t brn_load_le(const uint8_t *p, size_t size)
{
    if (size >= 4)
        return brn_load_le32(p) | (uint64_t)brn_load_le32(p + size - 4) << (8 * (size - 4));
    if (size == 0)
        return 0;
    return p[0] | (uint64_t)p[size / 2] << (8 * (size / 2)) |
           (uint64_t)p[size - 1] << (8 * (size - 1));
}

/*
 * The int64 held by `size` (at most 8) two's complement bytes, least significant
 * first; 0 bytes are 0.
 */
BRN_INLINE int64_t brn_int_of_bytes(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (int64_t)((brn_load_le(bytes, size) ^ sign) - sign);
}

/*
 * How many of `size` two's complement bytes (least significant first) are
 * needed: leading bytes that only repeat the sign are not.
 */
BRN_INLINE size_t brn_int_trim(const uint8_t *bytes, size_t size)
{
    while (size > 1) {
        uint8_t last = bytes[size - 1];
        bool negative = (bytes[size - 2] & 0x80) != 0;
        if (last != (negative ? 0xff : 0x00))
            break;
        size--;
    }
    if (size == 1 && bytes[0] == 0)
        size = 0;
    return size;
}

#endif /* BRN_BASE_H */
