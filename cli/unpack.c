/*
 * unpack.c - one function for each compression library: from bytes in memory to a sink, in pieces.
 *
 * Files may be several compressed streams one behind the other, as the libraries' own programs write and read
 * them.  What follows the last one is left alone.
 */
#include "unpack.h"

#include <stdint.h>
#include <string.h>

#if defined(HAVE_BZ2)
#include <bzlib.h>
#endif
#if defined(HAVE_LZMA)
#include <lzma.h>
#endif
#if defined(HAVE_LZ4)
#include <lz4frame.h>
#endif
#if defined(HAVE_ZSTD)
#include <zstd.h>
#endif

#define PIECE ((size_t)64 << 10)
/* Memory a stream may ask for by its header alone. */
#define MOST_MEMORY ((size_t)256 << 20)

#if defined(HAVE_BZ2)
static brn_code unpack_bzip2(const uint8_t *data, size_t size, brn_sink_fn sink, void *ctx)
{
    char piece[PIECE];
    bool first = true;
    while (first || (size > 3 && memcmp(data, "BZh", 3) == 0)) {
        bz_stream z;
        memset(&z, 0, sizeof z);
        if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
            return BRN_ERROR_MEMORY;
        brn_code code = BRN_OK;
        int status = BZ_OK;
        while (code == BRN_OK && status == BZ_OK) {
            unsigned given = size < UINT32_MAX ? (unsigned)size : UINT32_MAX;
            z.next_in = (char *)(uintptr_t)data;
            z.avail_in = given;
            z.next_out = piece;
            z.avail_out = PIECE;
            status = BZ2_bzDecompress(&z);
            data += given - z.avail_in;
            size -= given - z.avail_in;
            size_t made = PIECE - z.avail_out;
            if (made > 0 && !sink(ctx, piece, made))
                code = BRN_ERROR_WRITE;
            else if (status == BZ_OK && made == 0 && size == 0)
                code = BRN_ERROR_UNPACK;
        }
        (void)BZ2_bzDecompressEnd(&z);
        if (code != BRN_OK)
            return code;
        if (status != BZ_STREAM_END)
            return status == BZ_MEM_ERROR ? BRN_ERROR_MEMORY : BRN_ERROR_UNPACK;
        first = false;
    }
    return BRN_OK;
}
#endif

#if defined(HAVE_LZMA)
static brn_code unpack_xz(brn_packing packing, const uint8_t *data, size_t size, brn_sink_fn sink,
                          void *ctx)
{
    uint8_t piece[PIECE];
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret status = packing == BRN_PACKING_XZ
                          ? lzma_stream_decoder(&z, MOST_MEMORY, LZMA_CONCATENATED)
                          : lzma_alone_decoder(&z, MOST_MEMORY);
    brn_code code = status == LZMA_OK ? BRN_OK : BRN_ERROR_MEMORY;
    z.next_in = data;
    z.avail_in = size;
    while (code == BRN_OK && status == LZMA_OK) {
        z.next_out = piece;
        z.avail_out = PIECE;
        status = lzma_code(&z, LZMA_FINISH);
        if (z.avail_out < PIECE && !sink(ctx, piece, PIECE - z.avail_out))
            code = BRN_ERROR_WRITE;
    }
    lzma_end(&z);
    if (code != BRN_OK || status == LZMA_STREAM_END)
        return code;
    return status == LZMA_MEM_ERROR || status == LZMA_MEMLIMIT_ERROR ? BRN_ERROR_MEMORY
                                                                     : BRN_ERROR_UNPACK;
}
#endif

#if defined(HAVE_LZ4)
static brn_code unpack_lz4(const uint8_t *data, size_t size, brn_sink_fn sink, void *ctx)
{
    char piece[PIECE];
    LZ4F_dctx *z = NULL;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&z, LZ4F_VERSION)))
        return BRN_ERROR_MEMORY;
    brn_code code = BRN_OK;
    size_t wanted = 1;
    while (code == BRN_OK &&
           (wanted > 0 || (size > 3 && memcmp(data, "\x04\x22\x4d\x18", 4) == 0))) {
        size_t made = PIECE;
        size_t used = size;
        wanted = LZ4F_decompress(z, piece, &made, data, &used, NULL);
        data += used;
        size -= used;
        if (LZ4F_isError(wanted))
            code = BRN_ERROR_UNPACK;
        else if (made > 0 && !sink(ctx, piece, made))
            code = BRN_ERROR_WRITE;
        else if (wanted > 0 && made == 0 && used == 0)
            code = BRN_ERROR_UNPACK;
    }
    (void)LZ4F_freeDecompressionContext(z);
    return code;
}
#endif

#if defined(HAVE_ZSTD)
static brn_code unpack_zstd(const uint8_t *data, size_t size, brn_sink_fn sink, void *ctx)
{
    uint8_t piece[PIECE];
    ZSTD_DStream *z = ZSTD_createDStream();
    if (!z)
        return BRN_ERROR_MEMORY;
    brn_code code = BRN_OK;
    /* Windows up to 128 MiB, as the program zstd takes without being told. */
    if (ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 27)))
        code = BRN_ERROR_MEMORY;
    ZSTD_inBuffer in = {data, size, 0};
    size_t wanted = 1;
    while (code == BRN_OK && (wanted > 0 || in.pos < in.size)) {
        ZSTD_outBuffer made = {piece, PIECE, 0};
        size_t before = in.pos;
        bool fresh = wanted == 0;
        wanted = ZSTD_decompressStream(z, &made, &in);
        if (made.pos > 0 && !sink(ctx, piece, made.pos))
            code = BRN_ERROR_WRITE;
        else if (ZSTD_isError(wanted) && fresh)
            break; /* what follows is no frame */
        else if (ZSTD_isError(wanted) || (wanted > 0 && made.pos == 0 && in.pos == before))
            code = BRN_ERROR_UNPACK;
    }
    (void)ZSTD_freeDStream(z);
    return code;
}
#endif

brn_code unpack_for_scan(void *ctx, brn_packing packing, const void *data, size_t size,
                         brn_sink_fn sink, void *sink_ctx)
{
    (void)ctx;
    (void)data;
    (void)size;
    (void)sink;
    (void)sink_ctx;
    switch (packing) {
#if defined(HAVE_BZ2)
    case BRN_PACKING_BZIP2: return unpack_bzip2(data, size, sink, sink_ctx);
#endif
#if defined(HAVE_LZMA)
    case BRN_PACKING_XZ:
    case BRN_PACKING_LZMA: return unpack_xz(packing, data, size, sink, sink_ctx);
#endif
#if defined(HAVE_LZ4)
    case BRN_PACKING_LZ4: return unpack_lz4(data, size, sink, sink_ctx);
#endif
#if defined(HAVE_ZSTD)
    case BRN_PACKING_ZSTD: return unpack_zstd(data, size, sink, sink_ctx);
#endif
    default: return BRN_ERROR_UNSUPPORTED;
    }
}
