/*
 * window.h - the bytes a machine reads: a whole input in memory, or a window
 * that slides over a stream.
 *
 * A machine keeps `pos` and `limit` in registers and reads between them without further checks.
 * Everything unusual ends at `limit`: the end of the data, of the window, and of
 * the frame are one comparison on the fast path and are told apart here.
 */
#ifndef BRN_WINDOW_H
#define BRN_WINDOW_H

#include "../error.h"
#include "../memory.h"
#include "decode.h"

#define BRN_NO_FRAME UINT64_MAX

/*
 * A piece of a payload that is too long for the window.  False ends the reading; then the
 * function has called brn_reader_fail().
 */
typedef bool (*brn_piece_fn)(void *ctx, const brn_argument *piece);

typedef struct brn_reader brn_reader;

/*
 * Where bytes come from that may not be read ahead: asked for exactly what is missing, so
 * that nothing behind the pickle is taken.
 */
typedef struct brn_source {
    /*
     * Bring `missing` bytes behind reader->end, or a line if that is BRN_MISSING_LINE, and move
     * start, pos, op, end and offset along; what stands from `from` on is kept.  True if that may
     * suffice.  False at the end, or after brn_reader_fail().
     */
    bool (*fetch)(brn_reader *reader, const uint8_t *from, uint64_t missing);
    /*
     * May take over a payload that is not all there, with its opcode at reader->op and its claim in *arg
     * as brn_decode() leaves it: BRN_DECODED with *arg whole and the reader behind it, BRN_DECODE_BAD after a
     * failure, BRN_DECODE_MORE to have it fetched like the rest.
     */
    brn_decoded (*payload)(brn_reader *reader, brn_argument *arg);
} brn_source;

#define BRN_MISSING_LINE UINT64_MAX

struct brn_reader {
    const uint8_t *pos;   /* the next byte */
    const uint8_t *limit; /* may be read up to here: the end of the window or of the frame */
    const uint8_t *op;    /* the opcode at work, or NULL if it has left the window */
    const uint8_t *start; /* the bytes at hand: from here */
    const uint8_t *end;   /* to here */
    uint64_t offset;      /* of `start`, from the start of the pickle */
    uint64_t frame_end;   /* offset of the end of the frame, or BRN_NO_FRAME, */
    uint64_t frame_begin; /* and of its first byte, behind the FRAME opcode */
    uint64_t max_input;
    brn_stream *stream;       /* where more bytes come from, or NULL */
    const brn_source *source; /* or from here, asked for exactly as much, */
    void *source_ctx;
    brn_piece_fn piece; /* or NULL: payloads must come whole */
    void *piece_ctx;
    uint64_t gone_offset; /* of the opcode that has left the window, */
    int gone_opcode;      /* and its byte */
    uint64_t beyond;      /* bytes that are there behind `end`, but beyond max_input */
    bool open_end;        /* what a frame claims may lie behind `end`, and is not known */
    bool no_frames;       /* frames are not enforced: some loaders do not, either */
    brn_error *err;
    brn_code code; /* of the failure, once there is one */
};

/*
 * Read the next pickle of a stream.  If `keep`, all bytes of the pickle stay in
 * the window until brn_reader_done().  A stream that failed inside a pickle
 * fails again, in the same way: nobody knows where the next one begins.
 */
brn_code brn_reader_stream(brn_reader *reader, brn_stream *stream, bool keep, brn_error *err);

/* Let a stream fail in this way from now on. */
void brn_stream_break(brn_stream *stream, brn_code code, uint64_t offset, int opcode);

/*
 * Read the same way once more, with a reader that has read from memory without limit, error or failure: what reading has
 * changed is set back.
 */
BRN_INLINE void brn_reader_again(brn_reader *reader, const void *data, size_t size)
{
    reader->start = data;
    reader->end = reader->start + size;
    reader->pos = reader->start;
    reader->op = reader->start;
    reader->limit = reader->end;
    reader->frame_end = BRN_NO_FRAME;
    reader->frame_begin = 0;
}

/* Read from memory, as far as max_input allows.  Inline, and member by member: this is a large part of reading a small pickle. */
BRN_INLINE void brn_reader_memory(brn_reader *reader, const void *data, size_t size,
                                  const brn_options *options, brn_error *err)
{
    static const uint8_t nothing[1] = {0};
    bool is_cut = size > options->max_input;
    brn_reader_again(reader, size ? data : nothing, is_cut ? (size_t)options->max_input : size);
    reader->offset = 0;
    reader->max_input = options->max_input;
    reader->stream = NULL;
    reader->source = NULL;
    reader->source_ctx = NULL;
    reader->piece = NULL;
    reader->piece_ctx = NULL;
    reader->gone_offset = 0;
    reader->gone_opcode = 0;
    reader->beyond = is_cut ? size - options->max_input : 0;
    reader->open_end = false;
    reader->no_frames = false;
    reader->err = err;
    reader->code = BRN_OK;
}

/* The reading is over, well or not. */
void brn_reader_ended(const brn_reader *reader);

/* The pickle ended at reader->pos: its bytes leave the stream. */
void brn_reader_done(brn_reader *reader);

BRN_INLINE uint64_t brn_reader_offset(const brn_reader *reader, const uint8_t *at)
{
    return reader->offset + (uint64_t)(at - reader->start);
}

/* Offset and byte of the opcode at work; the byte is -1 if there is none. */
BRN_INLINE uint64_t brn_reader_op_offset(const brn_reader *reader)
{
    return reader->op ? brn_reader_offset(reader, reader->op) : reader->gone_offset;
}

BRN_INLINE int brn_reader_op_byte(const brn_reader *reader)
{
    if (!reader->op)
        return reader->gone_opcode;
    return reader->op < reader->end ? *reader->op : -1;
}

/* Note a failure of the opcode at work.  Returns `code`. */
brn_code brn_reader_fail(brn_reader *reader, brn_code code, const char *format, ...)
    BRN_PRINTF(3, 4);

/* The failure that was noted happened at the opcode that is at work now. */
void brn_reader_locate(brn_reader *reader);

/* An allocation failed: the allocator's fault, or max_memory's. */
brn_code brn_reader_fail_memory(brn_reader *reader, const brn_memory *memory);

/*
 * There is no byte for an opcode at reader->pos: leave a frame that ends here,
 * fetch more, or fail.  On true there is a byte.
 */
bool brn_reader_opcode(brn_reader *reader);

/*
 * The argument of reader->op (its byte is *op) could not be decoded from what is there: fetch more,
 * or fail.  On true *arg is decoded, and pos is behind it.
 */
bool brn_reader_argument(brn_reader *reader, brn_format format, brn_argument *arg);

/* A FRAME opcode with this size has been read. */
bool brn_reader_frame(brn_reader *reader, uint64_t size);

/* The limits of a stream's options; max_memory is what the stream itself does not hold now. */
const brn_options *brn_stream_options(brn_stream *stream);
const brn_alloc *brn_stream_alloc(const brn_stream *stream);

/* The account of its memory, which a host that lives no longer than one read may share. */
brn_memory *brn_stream_memory(brn_stream *stream);

#endif /* BRN_WINDOW_H */
