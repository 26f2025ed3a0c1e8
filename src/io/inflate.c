/*
 * inflate.c - deflate, and zlib and gzip around it (RFC 1951, 1950, 1952).
 *
 * The library's own, so that it needs no other to open archives, and strict: what is damaged is never
 * guessed at.  What comes out goes straight into the buffer, which is its own window of 32 KiB.  Codes of up to
 * nine bits are looked up at once, longer ones are counted out bit by bit; they are rare by
 * construction.
 */
#include "unpack.h"

#define FAST_BITS 9
#define MOST_BITS 15
#define LITERALS 288
#define DISTANCES 32
#define WINDOW ((size_t)32 << 10)

typedef struct bits {
    const uint8_t *next;
    const uint8_t *end;
    uint64_t held;
    unsigned count;
    bool ended; /* more bits were asked for than there are */
} bits;

/* Codes of a canonical Huffman code. */
typedef struct code_table {
    uint16_t fast[1 << FAST_BITS]; /* symbol * 16 + length, or 0 */
    uint16_t count[MOST_BITS + 1]; /* codes of each length */
    uint16_t symbols[LITERALS];    /* in the order of their codes */
} code_table;

/* At least 32 bits, as far as there are any; zeros behind the end. */
BRN_INLINE void refill(bits *b)
{
    while (b->count <= 56 && b->next < b->end) {
        b->held |= (uint64_t)*b->next++ << b->count;
        b->count += 8;
    }
}

BRN_INLINE void drop(bits *b, unsigned count)
{
    if (BRN_UNLIKELY(count > b->count)) {
        b->ended = true;
        count = b->count;
    }
    b->held >>= count;
    b->count -= count;
}

/* Up to 16 bits. */
BRN_INLINE unsigned take(bits *b, unsigned count)
{
    refill(b);
    unsigned value = (unsigned)(b->held & ((1u << count) - 1));
    drop(b, count);
    return value;
}

static unsigned reversed(unsigned code, unsigned length)
{
    unsigned result = 0;
    for (unsigned i = 0; i < length; i++)
        result |= (code >> i & 1) << (length - 1 - i);
    return result;
}

/* `single`: one code of one bit is enough, although it leaves the other one without meaning. */
static bool build(code_table *table, const uint8_t *lengths, unsigned symbols, bool single)
{
    uint16_t offsets[MOST_BITS + 2] = {0};
    uint16_t codes[MOST_BITS + 2] = {0};
    memset(table, 0, sizeof *table);
    for (unsigned i = 0; i < symbols; i++)
        table->count[lengths[i]]++;
    unsigned used = symbols - table->count[0];
    table->count[0] = 0;
    int left = 1;
    for (unsigned length = 1; length <= MOST_BITS; length++) {
        left = 2 * left - table->count[length];
        if (left < 0)
            return false;
        offsets[length + 1] = (uint16_t)(offsets[length] + table->count[length]);
        codes[length + 1] = (uint16_t)((codes[length] + table->count[length]) << 1);
    }
    if (left > 0 && !(single && (used == 0 || (used == 1 && table->count[1] == 1))))
        return false;
    for (unsigned i = 0; i < symbols; i++) {
        unsigned length = lengths[i];
        if (length == 0)
            continue;
        table->symbols[offsets[length]++] = (uint16_t)i;
        unsigned code = codes[length]++;
        if (length > FAST_BITS)
            continue;
        for (unsigned at = reversed(code, length); at < 1u << FAST_BITS; at += 1u << length)
            table->fast[at] = (uint16_t)(i * 16 + length);
    }
    return true;
}

/* -1 where the bits are no code. */
static int slow_symbol(bits *b, const code_table *table)
{
    unsigned code = 0;
    unsigned first = 0;
    unsigned index = 0;
    for (unsigned length = 1; length <= MOST_BITS; length++) {
        code |= (unsigned)(b->held >> (length - 1) & 1);
        unsigned count = table->count[length];
        if (code < first + count) {
            drop(b, length);
            return table->symbols[index + (code - first)];
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return -1;
}

BRN_INLINE int symbol(bits *b, const code_table *table)
{
    refill(b);
    unsigned entry = table->fast[b->held & ((1u << FAST_BITS) - 1)];
    if (BRN_UNLIKELY(entry == 0))
        return slow_symbol(b, table);
    drop(b, entry & 15);
    return (int)(entry >> 4);
}

/* `length` bytes from `distance` bytes back, which may overlap what they become. */
static bool copy(brn_unpacked *out, size_t from, size_t distance, size_t length)
{
    if (distance > out->size - from || distance > WINDOW)
        return false;
    while (length > 0) {
        if (!brn_unpacked_grow(out))
            return false;
        size_t piece = out->room - out->size < length ? out->room - out->size : length;
        uint8_t *to = out->data + out->size;
        const uint8_t *source = to - distance;
        if (distance >= piece) {
            memcpy(to, source, piece);
        } else {
            for (size_t i = 0; i < piece; i++)
                to[i] = source[i];
        }
        out->size += piece;
        length -= piece;
    }
    return true;
}

static bool coded_block(bits *b, const code_table *literals, const code_table *distances,
                        size_t from, brn_unpacked *out)
{
    static const uint16_t length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                             15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                             67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                            2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t distance_base[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    static const uint8_t distance_bits[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                              6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
    for (;;) {
        int what = symbol(b, literals);
        if (b->ended || what < 0)
            return false;
        if (what < 256) {
            if (BRN_UNLIKELY(out->size == out->room) && !brn_unpacked_grow(out))
                return false;
            out->data[out->size++] = (uint8_t)what;
            continue;
        }
        if (what == 256)
            return true;
        if (what > 285)
            return false;
        size_t length = length_base[what - 257] + (size_t)take(b, length_bits[what - 257]);
        int far = symbol(b, distances);
        if (far < 0 || far > 29)
            return false;
        size_t distance = distance_base[far] + (size_t)take(b, distance_bits[far]);
        if (b->ended || !copy(out, from, distance, length))
            return false;
    }
}

/* The tables of a block that brings its own. */
static bool read_tables(bits *b, code_table *literals, code_table *distances)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[LITERALS + DISTANCES] = {0};
    unsigned literal_count = take(b, 5) + 257;
    unsigned distance_count = take(b, 5) + 1;
    unsigned length_count = take(b, 4) + 4;
    if (literal_count > 286 || distance_count > 30)
        return false;
    for (unsigned i = 0; i < length_count; i++)
        lengths[order[i]] = (uint8_t)take(b, 3);
    if (b->ended || !build(literals, lengths, 19, false))
        return false;
    memset(lengths, 0, sizeof lengths);
    for (unsigned i = 0; i < literal_count + distance_count;) {
        int what = symbol(b, literals);
        if (b->ended || what < 0 || what > 18)
            return false;
        if (what < 16) {
            lengths[i++] = (uint8_t)what;
            continue;
        }
        if (what == 16 && i == 0)
            return false;
        uint8_t value = what == 16 ? lengths[i - 1] : 0;
        unsigned times = what == 16   ? 3 + take(b, 2)
                         : what == 17 ? 3 + take(b, 3)
                                      : 11 + take(b, 7);
        if (times > literal_count + distance_count - i)
            return false;
        memset(lengths + i, value, times);
        i += times;
    }
    /* Without a code for its end a block has none. */
    return lengths[256] != 0 && build(literals, lengths, literal_count, false) &&
           build(distances, lengths + literal_count, distance_count, true);
}

static void fixed_tables(code_table *literals, code_table *distances)
{
    uint8_t lengths[LITERALS];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    (void)build(literals, lengths, LITERALS, false);
    memset(lengths, 5, DISTANCES);
    (void)build(distances, lengths, DISTANCES, false);
}

static bool stored_block(bits *b, brn_unpacked *out)
{
    drop(b, b->count % 8);
    /* Whole bytes that were read ahead go back. */
    b->next -= b->count / 8;
    b->held = 0;
    b->count = 0;
    if (b->end - b->next < 4)
        return false;
    size_t size = brn_load_le16(b->next);
    if (brn_load_le16(b->next + 2) != (~size & 0xffff))
        return false;
    b->next += 4;
    size_t there = (size_t)(b->end - b->next) < size ? (size_t)(b->end - b->next) : size;
    if (!brn_unpacked_sink(out, b->next, there))
        return false;
    b->next += there;
    return there == size;
}

/* One stream of deflate.  False if it is damaged, or out->code says why it had to stop. */
static bool inflate_bare(const uint8_t **data, const uint8_t *end, brn_unpacked *out)
{
    bits b = {*data, end, 0, 0, false};
    code_table literals;
    code_table distances;
    size_t from = out->size;
    bool ok = true;
    bool last = false;
    while (ok && !last) {
        last = take(&b, 1) != 0;
        switch (take(&b, 2)) {
        case 0: ok = !b.ended && stored_block(&b, out); break;
        case 1:
            fixed_tables(&literals, &distances);
            ok = coded_block(&b, &literals, &distances, from, out);
            break;
        case 2:
            ok = read_tables(&b, &literals, &distances) &&
                 coded_block(&b, &literals, &distances, from, out);
            break;
        default: ok = false; break;
        }
    }
    *data = b.next - b.count / 8;
    return ok;
}

static brn_code failure(const brn_unpacked *out)
{
    return out->code != BRN_OK ? out->code : BRN_ERROR_UNPACK;
}

static brn_code inflate_zlib(const uint8_t **data, const uint8_t *end, brn_unpacked *out)
{
    if (end - *data < 2)
        return BRN_ERROR_UNPACK;
    *data += 2;
    if (!inflate_bare(data, end, out))
        return failure(out);
    if (end - *data < 4)
        return BRN_ERROR_UNPACK;
    uint32_t low = 1;
    uint32_t high = 0;
    for (size_t i = 0; i < out->size; i++) {
        low = (low + out->data[i]) % 65521;
        high = (high + low) % 65521;
    }
    const uint8_t *p = *data;
    uint32_t stored = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    *data += 4;
    return stored == (high << 16 | low) ? BRN_OK : BRN_ERROR_CHECKSUM;
}

/* Behind the header of a gzip member; NULL if it is damaged. */
static const uint8_t *gzip_header(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 10 || p[2] != 8 || p[3] & 0xe0)
        return NULL;
    unsigned flags = p[3];
    p += 10;
    if (flags & 4) {
        if (end - p < 2 || (size_t)(end - p) - 2 < brn_load_le16(p))
            return NULL;
        p += 2 + brn_load_le16(p);
    }
    /* Name and comment. */
    for (unsigned flag = 8; flag <= 16; flag *= 2) {
        if (!(flags & flag))
            continue;
        const uint8_t *nul = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
        if (!nul)
            return NULL;
        p = nul + 1;
    }
    if (flags & 2) {
        if (end - p < 2)
            return NULL;
        p += 2;
    }
    return p;
}

static brn_code inflate_gzip(const uint8_t **data, const uint8_t *end, brn_unpacked *out)
{
    do {
        size_t from = out->size;
        const uint8_t *p = gzip_header(*data, end);
        if (!p)
            return BRN_ERROR_UNPACK;
        *data = p;
        if (!inflate_bare(data, end, out))
            return failure(out);
        if (end - *data < 8)
            return BRN_ERROR_UNPACK;
        /* Of nothing, there may be no data to point to. */
        uint32_t crc = out->size > from ? brn_crc32(0, out->data + from, out->size - from) : 0;
        if (crc != brn_load_le32(*data))
            return BRN_ERROR_CHECKSUM;
        *data += 8;
    } while (end - *data > 2 && (*data)[0] == 0x1f && (*data)[1] == 0x8b);
    return BRN_OK;
}

brn_code brn_inflate(brn_packing packing, const uint8_t *data, size_t size, brn_unpacked *out,
                     size_t *used)
{
    const uint8_t *at = data;
    const uint8_t *end = data + size;
    brn_code code;
    switch (packing) {
    case BRN_PACKING_GZIP: code = inflate_gzip(&at, end, out); break;
    case BRN_PACKING_ZLIB: code = inflate_zlib(&at, end, out); break;
    case BRN_PACKING_DEFLATE: code = inflate_bare(&at, end, out) ? BRN_OK : failure(out); break;
    default: code = BRN_ERROR_UNSUPPORTED; break;
    }
    *used = (size_t)(at - data);
    return code;
}
