/*
 * unpack.h - compression that the library leaves to its caller: bzip2, xz, lzma, lz4, zstd, as far as the
 * libraries for them were there when the command was built.
 */
#ifndef BRINERY_CLI_UNPACK_H
#define BRINERY_CLI_UNPACK_H

#include "brinery.h"

/* A brn_unpack_fn without a context. */
brn_code unpack_for_scan(void *ctx, brn_packing packing, const void *data, size_t size,
                         brn_sink_fn sink, void *sink_ctx);

#endif /* BRINERY_CLI_UNPACK_H */
