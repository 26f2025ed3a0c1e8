/*
 * unpack.c - the buffer that compressed bytes are unpacked into, and how they are recognised.
 */
#include "unpack.h"

#define FIRST_ROOM ((size_t)16 << 10)

void brn_unpacked_init(brn_unpacked *out, brn_memory *memory, uint64_t most)
{
    memset(out, 0, sizeof *out);
    out->memory = memory;
    out->most = most < SIZE_MAX ? (size_t)most : SIZE_MAX;
}

void brn_unpacked_free(brn_unpacked *out)
{
    brn_memory_free(out->memory, out->data, out->room);
    out->data = NULL;
    out->size = 0;
    out->room = 0;
}

bool brn_unpacked_grow(brn_unpacked *out)
{
    if (out->size < out->room)
        return true;
    if (out->room >= out->most) {
        out->code = BRN_ERROR_LIMIT_INFLATED;
        return false;
    }
    size_t room = out->room ? out->room + out->room / 2 : FIRST_ROOM;
    if (room > out->most)
        room = out->most;
    uint8_t *data = brn_memory_realloc(out->memory, out->data, out->room, room);
    if (!data) {
        out->code = BRN_ERROR_MEMORY;
        return false;
    }
    out->data = data;
    out->room = room;
    return true;
}

bool brn_unpacked_sink(void *ctx, const void *data, size_t size)
{
    brn_unpacked *out = ctx;
    const uint8_t *from = data;
    while (size > 0) {
        if (!brn_unpacked_grow(out))
            return false;
        size_t piece = out->room - out->size < size ? out->room - out->size : size;
        memcpy(out->data + out->size, from, piece);
        out->size += piece;
        from += piece;
        size -= piece;
    }
    return true;
}

uint32_t brn_crc32(uint32_t crc, const uint8_t *data, size_t size)
{
    /* Of the polynomial 0xedb88320, for the sixteen values of four bits. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

const char *brn_packing_name(brn_packing packing)
{
    static const char *const names[] = {"none", "deflate", "gzip", "zlib", "bzip2",
                                        "xz",   "lzma",    "lz4",  "zstd"};
    return (size_t)packing < BRN_ARRAY_LEN(names) ? names[packing] : "none";
}

static bool begins(const uint8_t *data, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(data, magic, length) == 0;
}

brn_packing brn_packing_of(const uint8_t *data, size_t size)
{
    if (begins(data, size, "\x1f\x8b\x08", 3) && size > 10 && !(data[3] & 0xe0))
        return BRN_PACKING_GZIP;
    if (begins(data, size, "BZh", 3) && size > 9 && data[3] >= '1' && data[3] <= '9')
        return BRN_PACKING_BZIP2;
    if (begins(data, size,
               "\xfd"
               "7zXZ\0",
               6))
        return BRN_PACKING_XZ;
    if (begins(data, size, "\x04\x22\x4d\x18", 4))
        return BRN_PACKING_LZ4;
    if (begins(data, size, "\x28\xb5\x2f\xfd", 4))
        return BRN_PACKING_ZSTD;
    if (begins(data, size, "\x5d\0\0", 3) && size > 13)
        return BRN_PACKING_LZMA;
    /*
     * The usual window, or one whose size no opcode looks like; the two bytes together are a multiple of 31, and no
     * dictionary is asked for.
     */
    if (size > 6 && memchr("\x78\x08\x18\x38\x48", data[0], 5) &&
        (data[0] * 256 + data[1]) % 31 == 0 && !(data[1] & 0x20))
        return BRN_PACKING_ZLIB;
    return BRN_PACKING_NONE;
}
