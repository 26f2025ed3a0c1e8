/*
 * inspect.h - what other rooms need of host 0 beyond brinery.h.
 */
#ifndef BRN_INSPECT_H
#define BRN_INSPECT_H

#include "window.h"

/*
 * Inspect the next pickle of a stream; *reader gets where it lies in the window, for
 * brn_reader_done().  With `keep` the whole pickle is there, from reader->start to
 * reader->pos.
 */
brn_code brn_inspect_stream(brn_stream *stream, bool keep, brn_event_fn fn, void *ctx,
                            brn_reader *reader, brn_error *err);

/* Run over what a source brings, with the default limits: where the next pickle ends is how much it was asked for. */
brn_code brn_inspect_source(const brn_source *source, void *ctx, brn_error *err);

#endif /* BRN_INSPECT_H */
