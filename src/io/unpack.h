/*
 * unpack.h - compressed bytes, unpacked into memory within limits.
 *
 * What a compressed file holds may be a thousand times and more its size, and its header may lie about it.  So
 * the buffer grows with what has really come out, up to a limit, and what came out before bytes
 * turned out to be damaged is kept: a loader would have seen it, too.
 */
#ifndef BRN_UNPACK_H
#define BRN_UNPACK_H

#include "../memory.h"

/* Bytes that come out. */
typedef struct brn_unpacked {
    brn_memory *memory;
    uint8_t *data;
    size_t size;
    size_t room;
    size_t most;   /* it must not grow beyond this */
    brn_code code; /* BRN_ERROR_LIMIT_INFLATED if it would have, or BRN_ERROR_MEMORY */
} brn_unpacked;

void brn_unpacked_init(brn_unpacked *out, brn_memory *memory, uint64_t most);
void brn_unpacked_free(brn_unpacked *out);

/* Room for one byte more at least; false at the limit, or without memory. */
bool brn_unpacked_grow(brn_unpacked *out);

/* A brn_sink_fn; its ctx is a brn_unpacked. */
bool brn_unpacked_sink(void *ctx, const void *data, size_t size);

/*
 * Undo deflate, gzip (all members) or zlib.  BRN_OK, or BRN_ERROR_UNPACK, BRN_ERROR_CHECKSUM, or
 * out->code; *used gets how many bytes were read.
 */
brn_code brn_inflate(brn_packing packing, const uint8_t *data, size_t size, brn_unpacked *out,
                     size_t *used);

/* The CRC-32 of zip and gzip; `crc` is that of the bytes before, 0 at first. */
uint32_t brn_crc32(uint32_t crc, const uint8_t *data, size_t size);

/* How these bytes are compressed, by how they begin. */
brn_packing brn_packing_of(const uint8_t *data, size_t size);

#endif /* BRN_UNPACK_H */
