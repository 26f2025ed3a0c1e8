/*
 * window.c - where the bytes of a machine come from, and what is wrong when
 * there are no more.
 *
 * A stream has one buffer.  Bytes before the opcode at work (or before the
 * pickle, if the caller keeps it) are dropped when room is needed; the buffer
 * grows only for bytes that have arrived, never for a size that was claimed.
 */
#include "window.h"

#include "../options.h"

#include <inttypes.h>

/* Bytes of a FRAME opcode. */
#define FRAME_SIZE 9

struct brn_stream {
    brn_memory memory;
    brn_options options;
    brn_options left; /* of the options: see brn_stream_options() */
    brn_read_fn read;
    void *ctx;
    uint8_t *buffer;
    size_t cap;
    size_t used;       /* bytes of the buffer that belong to earlier pickles */
    size_t held;       /* bytes in the buffer, the used ones included */
    uint64_t consumed; /* offset in the stream of buffer[used] */
    bool at_end;
    bool keep;
    brn_code broken;   /* how a pickle failed, or BRN_OK, */
    int broken_opcode; /* and where */
    uint64_t broken_offset;
};

brn_stream *brn_stream_open(brn_read_fn read, void *ctx, const brn_options *options,
                            const brn_alloc *alloc, brn_error *err)
{
    brn_error_clear(err);
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return NULL;
    brn_memory memory;
    brn_memory_init(&memory, alloc, effective.max_memory);
    brn_stream *stream = brn_memory_alloc(&memory, sizeof *stream);
    uint8_t *buffer = stream ? brn_memory_alloc(&memory, effective.window) : NULL;
    if (!buffer) {
        brn_memory_free(&memory, stream, sizeof *stream);
        (void)brn_error_set(err, memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, 0,
                            -1, "no memory for a window of %zu bytes", effective.window);
        return NULL;
    }
    memset(stream, 0, sizeof *stream);
    stream->memory = memory;
    stream->options = effective;
    stream->read = read;
    stream->ctx = ctx;
    stream->buffer = buffer;
    stream->cap = effective.window;
    return stream;
}

void brn_stream_close(brn_stream *stream)
{
    if (!stream)
        return;
    brn_memory memory = stream->memory;
    brn_memory_free(&memory, stream->buffer, stream->cap);
    brn_memory_free(&memory, stream, sizeof *stream);
}

uint64_t brn_stream_offset(const brn_stream *stream)
{
    return stream ? stream->consumed : 0;
}

const brn_options *brn_stream_options(brn_stream *stream)
{
    stream->left = stream->options;
    uint64_t limit = stream->options.max_memory;
    if (limit != BRN_UNLIMITED)
        stream->left.max_memory = limit > stream->memory.used ? limit - stream->memory.used : 1;
    return &stream->left;
}

brn_memory *brn_stream_memory(brn_stream *stream)
{
    return &stream->memory;
}

const brn_alloc *brn_stream_alloc(const brn_stream *stream)
{
    return &stream->memory.alloc;
}

/* ------------------------------------------------------------------------
 * Readers
 * ------------------------------------------------------------------------ */

brn_code brn_reader_fail(brn_reader *reader, brn_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)brn_error_vset(reader->err, code, brn_reader_op_offset(reader),
                         brn_reader_op_byte(reader), format, args);
    va_end(args);
    reader->code = code;
    return code;
}

void brn_reader_locate(brn_reader *reader)
{
    if (!reader->err)
        return;
    reader->err->offset = brn_reader_op_offset(reader);
    reader->err->opcode = brn_reader_op_byte(reader);
}

brn_code brn_reader_fail_memory(brn_reader *reader, const brn_memory *memory)
{
    if (memory->over_limit)
        return brn_reader_fail(reader, BRN_ERROR_LIMIT_MEMORY,
                               "more than the %" PRIu64 " bytes of memory allowed", memory->limit);
    return brn_reader_fail(reader, BRN_ERROR_MEMORY, "out of memory");
}

/* `limit` follows from the window and the frame. */
static void set_limit(brn_reader *reader)
{
    reader->limit = reader->end;
    if (reader->frame_end != BRN_NO_FRAME) {
        uint64_t end = brn_reader_offset(reader, reader->end);
        if (reader->frame_end < end)
            reader->limit = reader->end - (end - reader->frame_end);
    }
}

brn_code brn_reader_stream(brn_reader *reader, brn_stream *stream, bool keep, brn_error *err)
{
    memset(reader, 0, sizeof *reader);
    if (stream->broken != BRN_OK) {
        reader->err = err;
        reader->gone_offset = stream->broken_offset;
        reader->gone_opcode = stream->broken_opcode;
        return brn_reader_fail(reader, stream->broken, "the stream has failed before: %s",
                               brn_code_help(stream->broken));
    }
    stream->keep = keep;
    reader->stream = stream;
    reader->start = stream->buffer + stream->used;
    reader->end = stream->buffer + stream->held;
    reader->pos = reader->start;
    reader->op = reader->start;
    reader->frame_end = BRN_NO_FRAME;
    reader->open_end = true;
    reader->max_input = stream->options.max_input;
    reader->err = err;
    set_limit(reader);
    return BRN_OK;
}

void brn_reader_ended(const brn_reader *reader)
{
    brn_stream *stream = reader->stream;
    if (!stream || reader->code == BRN_OK || reader->code == BRN_ERROR_EMPTY)
        return;
    brn_stream_break(stream, reader->code, brn_reader_op_offset(reader),
                     brn_reader_op_byte(reader));
}

void brn_stream_break(brn_stream *stream, brn_code code, uint64_t offset, int opcode)
{
    stream->broken = code;
    stream->broken_offset = offset;
    stream->broken_opcode = opcode;
}

void brn_reader_done(brn_reader *reader)
{
    brn_stream *stream = reader->stream;
    if (!stream)
        return;
    stream->consumed += brn_reader_offset(reader, reader->pos);
    stream->used = (size_t)(reader->pos - stream->buffer);
}

/*
 * Bring at least one more byte into the window, keeping those from `from` on.  `missing`: brn_source.
 * False at the end of the data, without memory, or when reading fails.
 */
static bool fetch(brn_reader *reader, const uint8_t *from, uint64_t missing)
{
    if (reader->source) {
        bool more = reader->source->fetch(reader, from, missing);
        set_limit(reader);
        return more;
    }
    brn_stream *stream = reader->stream;
    if (!stream || stream->at_end)
        return false;
    if (brn_reader_offset(reader, reader->end) >= reader->max_input) {
        (void)brn_reader_fail(reader, BRN_ERROR_LIMIT_INPUT,
                              "the pickle is longer than the %" PRIu64 " bytes allowed",
                              reader->max_input);
        return false;
    }
    if (stream->keep)
        from = reader->start;
    if (stream->held == stream->cap && from > stream->buffer) {
        size_t drop = (size_t)(from - stream->buffer);
        memmove(stream->buffer, from, stream->held - drop);
        stream->held -= drop;
        reader->offset += (uint64_t)(from - reader->start);
        reader->start = stream->buffer;
        reader->pos -= drop;
        if (reader->op)
            reader->op -= drop;
        reader->end -= drop;
        stream->used = 0;
    }
    if (stream->held == stream->cap) {
        void *buffer = stream->buffer;
        size_t start = (size_t)(reader->start - stream->buffer);
        size_t pos = (size_t)(reader->pos - stream->buffer);
        size_t op = reader->op ? (size_t)(reader->op - stream->buffer) : 0;
        if (!brn_memory_grow(&stream->memory, &buffer, &stream->cap, stream->cap + 1, 1)) {
            if (stream->keep)
                (void)brn_reader_fail_memory(reader, &stream->memory);
            else
                (void)brn_reader_fail(reader, BRN_ERROR_LIMIT_LINE,
                                      "the window cannot grow beyond %zu bytes", stream->cap);
            return false;
        }
        stream->buffer = buffer;
        reader->start = stream->buffer + start;
        reader->pos = stream->buffer + pos;
        if (reader->op)
            reader->op = stream->buffer + op;
        reader->end = stream->buffer + stream->held;
    }
    size_t room = stream->cap - stream->held;
    uint64_t allowed = reader->max_input - brn_reader_offset(reader, reader->end);
    if (room > allowed)
        room = (size_t)allowed;
    size_t got = stream->read(stream->ctx, stream->buffer + stream->held, room);
    if (got > room) {
        (void)brn_reader_fail(reader, BRN_ERROR_READ, "the input could not be read");
        return false;
    }
    if (got == 0)
        stream->at_end = true;
    stream->held += got;
    reader->end = stream->buffer + stream->held;
    set_limit(reader);
    return got > 0;
}

static bool fail_frame(brn_reader *reader, uint64_t size, uint64_t left)
{
    (void)brn_reader_fail(reader, BRN_ERROR_FRAME_TOO_LONG,
                          "a frame of %" PRIu64 " bytes is claimed, %" PRIu64 " are left", size,
                          left);
    return false;
}

/* Whether the frame goes on behind the bytes at hand. */
static bool in_frame(const brn_reader *reader)
{
    return reader->frame_end != BRN_NO_FRAME &&
           reader->frame_end > brn_reader_offset(reader, reader->end);
}

/*
 * The data ends inside a frame.  In memory that is known when the frame begins; a stream has to run
 * into it, and then blames the same opcode in the same words.
 */
static bool fail_open_frame(brn_reader *reader)
{
    reader->op = NULL;
    reader->gone_offset = reader->frame_begin - FRAME_SIZE;
    reader->gone_opcode = BRN_OP_BYTE_FRAME;
    return fail_frame(reader, reader->frame_end - reader->frame_begin,
                      brn_reader_offset(reader, reader->end) - reader->frame_begin);
}

/* More data than there is was needed: say why. */
static bool no_more(brn_reader *reader, brn_format format, const brn_argument *arg)
{
    if (reader->code != BRN_OK)
        return false;
    uint64_t left = (uint64_t)(reader->end - reader->pos);
    if (reader->beyond > 0)
        (void)brn_reader_fail(reader, BRN_ERROR_LIMIT_INPUT,
                              "the pickle is longer than the %" PRIu64 " bytes allowed",
                              reader->max_input);
    else if (in_frame(reader))
        return fail_open_frame(reader);
    else if (arg->total > 0)
        (void)brn_reader_fail(reader, BRN_ERROR_TRUNCATED,
                              "a payload of %" PRIu64 " bytes is claimed, %" PRIu64 " are left",
                              arg->total, left > arg->size ? left - arg->size : 0);
    else if (format >= BRN_FORMAT_DECIMAL)
        (void)brn_reader_fail(reader, BRN_ERROR_TRUNCATED,
                              "the input ends before the newline of a line of text");
    else
        (void)brn_reader_fail(reader, BRN_ERROR_TRUNCATED, "the input ends inside the argument");
    return false;
}

bool brn_reader_opcode(brn_reader *reader)
{
    reader->op = reader->pos;
    for (;;) {
        if (reader->frame_end != BRN_NO_FRAME &&
            brn_reader_offset(reader, reader->pos) == reader->frame_end) {
            reader->frame_end = BRN_NO_FRAME;
            set_limit(reader);
        }
        if (reader->pos < reader->limit)
            return true;
        if (!fetch(reader, reader->pos, 1))
            break;
        reader->op = reader->pos;
    }
    const brn_argument none = {.kind = BRN_ARG_NONE};
    if (reader->code != BRN_OK || reader->beyond > 0 || in_frame(reader))
        return no_more(reader, BRN_FORMAT_NONE, &none);
    if (brn_reader_offset(reader, reader->pos) == 0)
        (void)brn_reader_fail(reader, BRN_ERROR_EMPTY, "there is no pickle: no bytes at all");
    else
        (void)brn_reader_fail(reader, BRN_ERROR_NO_STOP, "the input ends before STOP");
    return false;
}

/* What is wrong with an argument, in words. */
static bool fail_argument(brn_reader *reader, const brn_argument *arg)
{
    switch (arg->bad) {
    case BRN_ERROR_NEGATIVE_SIZE:
        (void)brn_reader_fail(reader, arg->bad, "a size of %" PRId64 " bytes is claimed",
                              arg->integer);
        break;
    case BRN_ERROR_INT_TEXT:
        (void)brn_reader_fail(reader, arg->bad,
                              "the line is not a decimal number as picklers write it");
        break;
    case BRN_ERROR_FLOAT_TEXT:
        (void)brn_reader_fail(reader, arg->bad, "the line is not a float, or out of range");
        break;
    default: (void)brn_reader_fail(reader, arg->bad, "%s", brn_code_help(arg->bad)); break;
    }
    return false;
}

/*
 * Hand a payload over in pieces as large as the window.  The last piece stays
 * in *arg for the opcode itself.
 */
static bool take_pieces(brn_reader *reader, brn_argument *arg)
{
    uint64_t total = arg->total;
    uint64_t begin = 0;
    /* The opcode leaves the window before its payload ends; errors still want to name it. */
    reader->gone_offset = brn_reader_op_offset(reader);
    reader->gone_opcode = brn_reader_op_byte(reader);
    reader->op = NULL;
    reader->pos += arg->size;
    while (total - begin > (uint64_t)(reader->limit - reader->pos)) {
        arg->data = reader->pos;
        arg->size = (size_t)(reader->limit - reader->pos);
        arg->begin = begin;
        if (arg->size > 0 && !reader->piece(reader->piece_ctx, arg))
            return false;
        begin += arg->size;
        reader->pos = reader->limit;
        if (!fetch(reader, reader->pos, total - begin)) {
            brn_argument rest = {.kind = arg->kind, .total = total - begin};
            return no_more(reader, BRN_FORMAT_NONE, &rest);
        }
    }
    arg->data = reader->pos;
    arg->size = (size_t)(total - begin);
    arg->begin = begin;
    reader->pos += arg->size;
    return true;
}

static bool fail_straddled(brn_reader *reader)
{
    (void)brn_reader_fail(reader, BRN_ERROR_FRAME_STRADDLED,
                          "the argument reaches past the frame, which ends at byte %" PRIu64,
                          reader->frame_end);
    return false;
}

/* How many bytes an argument lacks, as far as that is known. */
static uint64_t missing_bytes(const brn_reader *reader, brn_format format, const brn_argument *arg)
{
    static const uint8_t sizes[] = {
        [BRN_FORMAT_UINT1] = 1,   [BRN_FORMAT_UINT2] = 2,  [BRN_FORMAT_UINT4] = 4,
        [BRN_FORMAT_UINT8] = 8,   [BRN_FORMAT_INT4] = 4,   [BRN_FORMAT_FLOAT8] = 8,
        [BRN_FORMAT_LONG1] = 1,   [BRN_FORMAT_LONG4] = 4,  [BRN_FORMAT_PY2STR1] = 1,
        [BRN_FORMAT_PY2STR4] = 4, [BRN_FORMAT_BYTES1] = 1, [BRN_FORMAT_BYTES4] = 4,
        [BRN_FORMAT_BYTES8] = 8,  [BRN_FORMAT_TEXT1] = 1,  [BRN_FORMAT_TEXT4] = 4,
        [BRN_FORMAT_TEXT8] = 8,
    };
    uint64_t left = (uint64_t)(reader->end - reader->pos);
    if (format >= BRN_FORMAT_DECIMAL)
        return BRN_MISSING_LINE;
    if (arg->total > 0) /* a claim may be as large as it likes */
        return arg->total > BRN_MISSING_LINE - 1 - arg->size ? BRN_MISSING_LINE - 1
                                                             : arg->total + arg->size - left;
    return sizes[format] - left;
}

bool brn_reader_argument(brn_reader *reader, brn_format format, brn_argument *arg)
{
    for (;;) {
        brn_decoded decoded = brn_decode(format, &reader->pos, reader->limit, arg);
        if (decoded == BRN_DECODED)
            return true;
        if (decoded == BRN_DECODE_BAD)
            return fail_argument(reader, arg);
        /*
         * Only a frame that ends inside what is there can be straddled; one that
         * ends beyond may still turn out to be.
         */
        if (reader->limit < reader->end ||
            (reader->frame_end != BRN_NO_FRAME && arg->total > 0 &&
             arg->total > reader->frame_end - brn_reader_offset(reader, reader->pos) - arg->size)) {
            return fail_straddled(reader);
        }
        if (arg->total > 0 && reader->piece && reader->stream && !reader->stream->keep &&
            (arg->total > reader->stream->cap / 2 || arg->total + arg->size >= reader->stream->cap))
            return take_pieces(reader, arg);
        if (arg->total > 0 && reader->source) {
            decoded = reader->source->payload(reader, arg);
            set_limit(reader);
            if (decoded == BRN_DECODED)
                return true;
            if (decoded == BRN_DECODE_BAD)
                return no_more(reader, format, arg);
        }
        if (!fetch(reader, reader->op, missing_bytes(reader, format, arg))) {
            /* A source that has no more of what was asked for may still have gone past the frame. */
            if (reader->code == BRN_OK && reader->limit < reader->end)
                return fail_straddled(reader);
            return no_more(reader, format, arg);
        }
    }
}

bool brn_reader_frame(brn_reader *reader, uint64_t size)
{
    if (reader->no_frames)
        return true;
    uint64_t here = brn_reader_offset(reader, reader->pos);
    if (reader->frame_end != BRN_NO_FRAME && here != reader->frame_end) {
        (void)brn_reader_fail(reader, BRN_ERROR_FRAME_NESTED,
                              "the frame around it ends at byte %" PRIu64, reader->frame_end);
        return false;
    }
    uint64_t left = (uint64_t)(reader->end - reader->pos) + reader->beyond;
    /* A source may be asked for a frame: all of it belongs to the pickle. */
    while (reader->source && left < size && fetch(reader, reader->pos, size - left))
        left = (uint64_t)(reader->end - reader->pos);
    if (reader->code != BRN_OK)
        return false;
    if ((!reader->open_end && size > left) || size > BRN_NO_FRAME - 1 - here)
        return fail_frame(reader, size, left);
    reader->frame_begin = here;
    reader->frame_end = here + size;
    set_limit(reader);
    return true;
}
