/*
 * inspect.c - host 0: the machine without values.
 *
 * Validating, events, statistics and measuring are one run each of the machine that
 * also loads, with hooks that count instead of building.  Its memory is the
 * marks and, for memo indices out of order, a slot each; so it can read
 * what is larger than memory.
 */
#include "inspect.h"

#include "hooks.h"

#include <inttypes.h>

typedef struct inspector {
    BRN_MACHINE(char) m;
    brn_memo_set memo;
    brn_utf8_pieces text;
    brn_event_fn fn;
    void *ctx;
    uint64_t size; /* of the pickle, once it has been read */
} inspector;

/* Tell the caller about the opcode at `op`, NULL if it has left the window. */
static BRN_NOINLINE bool emit(inspector *h, const uint8_t *op, brn_argument argument,
                              uint64_t depth, uint64_t marks, uint64_t count)
{
    const brn_argument *arg = &argument;
    brn_event event;
    memset(&event, 0, sizeof event);
    h->m.in.op = op;
    event.opcode = op ? *op : h->m.in.gone_opcode;
    event.name = brn_opcode_rows[event.opcode].info.name;
    event.offset = brn_reader_op_offset(&h->m.in);
    event.depth = depth;
    event.marks = marks;
    event.count = count;
    event.arg = arg->kind;
    switch (arg->kind) {
    case BRN_ARG_NONE: break;
    case BRN_ARG_INT:
    case BRN_ARG_BOOL: event.integer = arg->integer; break;
    case BRN_ARG_FLOAT: event.real = arg->real; break;
    case BRN_ARG_PAIR:
        event.data2 = arg->data2;
        event.size2 = arg->size2;
        /* fall through */
    default:
        event.data = arg->data;
        event.size = arg->size;
        event.begin = arg->begin;
        event.total = arg->total;
        break;
    }
    if (h->fn(h->ctx, &event))
        return true;
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_STOPPED, "the event callback asked to stop");
    return false;
}

static bool fail(inspector *h, brn_code code, const char *message)
{
    (void)brn_reader_fail(&h->m.in, code, "%s", message);
    return false;
}

/* Text, or a piece of it that begins at `begin`. */
static bool check_text(inspector *h, const uint8_t *text, size_t size, uint64_t begin,
                       uint64_t total)
{
    bool good = size == total
                    ? brn_utf8_scan(text, size) != BRN_UTF8_INVALID
                    : brn_utf8_next_piece(&h->text, text, size, begin == 0, total - begin == size);
    return good || fail(h, BRN_ERROR_UTF8, "the text is not UTF-8");
}

static bool emit_piece(void *ctx, const brn_argument *piece)
{
    inspector *h = ctx;
    /* There is more to come, so this cannot fail yet. */
    if (piece->kind == BRN_ARG_TEXT)
        (void)check_text(h, piece->data, piece->size, piece->begin, piece->total);
    return !h->fn || emit(h, NULL, *piece, h->m.depth, h->m.mark_count, 0);
}

/* Escapes are undone into nowhere, in slices: only whether they can be is asked. */
static bool check_escapes(inspector *h, const uint8_t *text, size_t text_size, bool unicode)
{
    const uint8_t *p = text;
    const uint8_t *end = p + text_size;
    while (p < end) {
        const uint8_t *backslash = memchr(p, '\\', (size_t)(end - p));
        if (!backslash)
            break;
        /* The longest escape is \U and eight digits. */
        uint8_t out[2 * 10];
        size_t size;
        size_t left = (size_t)(end - backslash);
        size_t length = 2;
        if (left > 1 && unicode)
            length = backslash[1] == 'u' ? 6 : backslash[1] == 'U' ? 10 : 2;
        else if (left > 1 && backslash[1] == 'x')
            length = 4;
        if (length > left)
            length = left;
        brn_code code = unicode ? brn_unescape_unicode(backslash, length, out, &size)
                                : brn_unescape_string(backslash, length, out, &size);
        if (code != BRN_OK)
            return fail(h, code, brn_code_help(code));
        p = backslash + length;
    }
    return true;
}

static bool memo_get(inspector *h, uint64_t index)
{
    if (brn_memo_set_has(&h->memo, index))
        return true;
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_MEMO_MISSING, "nothing is stored under %" PRIu64,
                          index);
    return false;
}

static bool memo_put(inspector *h, uint64_t index)
{
    if (h->memo.count >= h->m.options.max_memo && !brn_memo_set_has(&h->memo, index))
        return fail(h, BRN_ERROR_LIMIT_MEMO, "the memo holds as many values as allowed");
    if (brn_memo_set_put(&h->memo, h->m.memory, index))
        return true;
    (void)brn_reader_fail_memory(&h->m.in, h->m.memory);
    return false;
}

/*
 * Every hook is the same: check what can be checked without values, and emit.  Values and mark
 * are already off the stack; `popped` and `unmarked` put them back for the event.
 */
#define EMIT_MARKED(popped, unmarked, n) \
    (!h->fn || emit(h, op, arg, (uint64_t)top + (popped), h->m.mark_count + (unmarked), (n)))
#define EMIT(popped) EMIT_MARKED(popped, 0, 0)
#define EMIT_TO_MARK(n) EMIT_MARKED(n, 1, n)
/* TUPLE and TUPLE1, APPENDS and APPEND share a hook: only the first goes back to a mark. */
#define EMIT_BY_ROW(n) (brn_opcode_rows[*op].mark ? EMIT_TO_MARK(n) : EMIT(n))

#define HOST_RUN inspect
#define HOST_RUN_NAME(x) inspect_##x
#define HOST_CONTEXT inspector
#define HOST_HAS_VALUES 0

#define HOST_MAKE_NONE(h) EMIT(0)
#define HOST_MAKE_TRUE(h) EMIT(0)
#define HOST_MAKE_FALSE(h) EMIT(0)
#define HOST_MAKE_INT(h, value) EMIT(0)
#define HOST_MAKE_LONG(h, data, size) EMIT(0)
#define HOST_MAKE_DECIMAL(h, text, size) EMIT(0)
#define HOST_MAKE_FLOAT(h, value) EMIT(0)
#define HOST_MAKE_PY2STR(h, data, size) EMIT(0)
#define HOST_MAKE_PY2STR_ESCAPED(h, text, size) (check_escapes(h, text, size, false) && EMIT(0))
#define HOST_MAKE_BYTES(h, data, size) EMIT(0)
#define HOST_MAKE_BYTEARRAY(h, data, size) EMIT(0)
#define HOST_MAKE_TEXT(h, text, size) (check_text(h, text, size, arg.begin, arg.total) && EMIT(0))
#define HOST_MAKE_TEXT_ESCAPED(h, text, size) (check_escapes(h, text, size, true) && EMIT(0))
#define HOST_MAKE_EMPTY_LIST(h) EMIT(0)
#define HOST_MAKE_EMPTY_TUPLE(h) EMIT(0)
#define HOST_MAKE_EMPTY_DICT(h) EMIT(0)
#define HOST_MAKE_EMPTY_SET(h) EMIT(0)
#define HOST_MAKE_LIST(h, items, n) EMIT_TO_MARK(n)
#define HOST_MAKE_TUPLE(h, items, n) EMIT_BY_ROW(n)
#define HOST_MAKE_FROZENSET(h, items, n) EMIT_TO_MARK(n)
#define HOST_MAKE_DICT(h, items, n) EMIT_TO_MARK(n)
#define HOST_MAKE_GLOBAL(h, module, module_size, name, name_size) EMIT(0)
#define HOST_MAKE_STACK_GLOBAL(h, module, name) EMIT(2)
#define HOST_MAKE_REDUCE(h, callee, args) EMIT(2)
#define HOST_MAKE_NEWOBJ(h, class, args) EMIT(2)
#define HOST_MAKE_NEWOBJ_EX(h, class, args, kwargs) EMIT(3)
#define HOST_MAKE_OBJ(h, items, n) EMIT_TO_MARK(n)
#define HOST_MAKE_INST(h, module, module_size, name, name_size, items, n) EMIT_TO_MARK(n)
#define HOST_MAKE_PERSID(h, text, size) EMIT(0)
#define HOST_MAKE_BINPERSID(h, id) EMIT(1)
#define HOST_MAKE_EXT(h, code) EMIT(0)
#define HOST_MAKE_NEXT_BUFFER(h) EMIT(0)
#define HOST_MAKE_READONLY_BUFFER(h, buffer) EMIT(1)
#define HOST_MAKE_DUP(h, value) EMIT(0)
#define HOST_MEMO_GET(h, index) (memo_get(h, index) && EMIT(0))
#define HOST_APPEND(h, list, items, n) EMIT_BY_ROW(n)
#define HOST_SETITEMS(h, dict, items, n) EMIT_BY_ROW(n)
#define HOST_ADDITEMS(h, set, items, n) EMIT_TO_MARK(n)
#define HOST_BUILD(h, object, state) EMIT(1)
#define HOST_MEMO_PUT(h, index, value) (memo_put(h, index) && EMIT(0))
#define HOST_MEMOIZE(h, value) (memo_put(h, (h)->memo.count) && EMIT(0))
#define HOST_ON_MARK(h) EMIT(0)
#define HOST_ON_POP(h, value, above, at) EMIT(1)
#define HOST_ON_POP_MARK(h, items, n) EMIT_TO_MARK(n)
#define HOST_ON_DROP_MARK(h) EMIT_MARKED(0, 1, 0)
#define HOST_ON_PROTO(h, protocol) EMIT(0)
#define HOST_ON_FRAME(h, size) EMIT(0)
#define HOST_ON_STOP(h, value) EMIT(0)
#define HOST_DROP(h, items, n) ((void)(items), (void)(n))
#define HOST_ON_EMPTY(h, value) EMIT_TO_MARK(0)

#include "machine.inc.h"

/* Run the pickle that h->m.in is set to. */
static brn_code run(inspector *h, const brn_options *options, brn_memory *memory)
{
    h->m.options = *options;
    h->m.memory = memory;
    brn_memo_init(&h->memo.others, options->hash_seed);
    h->m.in.piece = emit_piece;
    h->m.in.piece_ctx = h;
    brn_code code = inspect(h);
    h->size = brn_reader_offset(&h->m.in, h->m.in.pos);
    brn_memory_free(memory, h->m.marks, h->m.mark_cap * sizeof *h->m.marks);
    brn_memo_free(&h->memo.others, memory);
    return code;
}

brn_code brn_events(const void *data, size_t size, const brn_options *options,
                    const brn_alloc *alloc, brn_event_fn fn, void *ctx, size_t *pickle_size,
                    brn_error *err)
{
    inspector h;
    memset(&h, 0, sizeof h);
    brn_error_clear(err);
    if (pickle_size)
        *pickle_size = 0;
    brn_options effective;
    brn_code code = brn_options_get(&effective, options, err);
    if (code != BRN_OK)
        return code;
    h.fn = fn;
    h.ctx = ctx;
    brn_memory memory;
    brn_memory_init(&memory, alloc, effective.max_memory);
    brn_reader_memory(&h.m.in, data, size, &effective, err);
    code = run(&h, &effective, &memory);
    if (pickle_size)
        *pickle_size = (size_t)h.size;
    return code;
}

brn_code brn_inspect_stream(brn_stream *stream, bool keep, brn_event_fn fn, void *ctx,
                            brn_reader *reader, brn_error *err)
{
    inspector h;
    memset(&h, 0, sizeof h);
    brn_error_clear(err);
    h.fn = fn;
    h.ctx = ctx;
    brn_code code = brn_reader_stream(&h.m.in, stream, keep, err);
    if (code == BRN_OK)
        code = run(&h, brn_stream_options(stream), brn_stream_memory(stream));
    brn_reader_ended(&h.m.in);
    *reader = h.m.in;
    return code;
}

brn_code brn_inspect_source(const brn_source *source, void *ctx, brn_error *err)
{
    inspector h;
    memset(&h, 0, sizeof h);
    brn_error_clear(err);
    brn_options options;
    brn_code code = brn_options_get(&options, NULL, err);
    if (code != BRN_OK)
        return code;
    brn_memory memory;
    brn_memory_init(&memory, NULL, options.max_memory);
    brn_reader_memory(&h.m.in, NULL, 0, &options, err);
    h.m.in.source = source;
    h.m.in.source_ctx = ctx;
    return run(&h, &options, &memory);
}

brn_code brn_events_stream(brn_stream *stream, brn_event_fn fn, void *ctx, brn_error *err)
{
    brn_reader reader;
    if (!stream)
        return err ? err->code : BRN_ERROR_MEMORY;
    brn_code code = brn_inspect_stream(stream, false, fn, ctx, &reader, err);
    if (code == BRN_OK)
        brn_reader_done(&reader);
    return code;
}

size_t brn_measure(const void *data, size_t size, brn_error *err)
{
    size_t length = 0;
    return brn_events(data, size, NULL, NULL, NULL, NULL, &length, err) == BRN_OK ? length : 0;
}

/* ------------------------------------------------------------------------
 * Statistics
 * ------------------------------------------------------------------------ */

static bool count_event(void *ctx, const brn_event *event)
{
    brn_stats *stats = ctx;
    const brn_opcode_row *row = &brn_opcode_rows[event->opcode];
    if (event->data && event->arg != BRN_ARG_PAIR && event->arg != BRN_ARG_LONG &&
        event->arg != BRN_ARG_DECIMAL)
        stats->payload_bytes += event->size;
    stats->opcodes++;
    stats->by_opcode[event->opcode]++;
    if (row->info.protocol > stats->protocol_needed)
        stats->protocol_needed = row->info.protocol;
    /* What an opcode pushes is seen in the depth before the next one; STOP is always next. */
    if (event->depth > stats->max_stack)
        stats->max_stack = event->depth;
    switch (event->opcode) {
    case BRN_OP_BYTE_MARK:
        if (event->marks + 1 > stats->max_marks)
            stats->max_marks = event->marks + 1;
        break;
    case BRN_OP_BYTE_PUT:
    case BRN_OP_BYTE_BINPUT:
    case BRN_OP_BYTE_LONG_BINPUT:
    case BRN_OP_BYTE_MEMOIZE: stats->memo_puts++; break;
    case BRN_OP_BYTE_GET:
    case BRN_OP_BYTE_BINGET:
    case BRN_OP_BYTE_LONG_BINGET: stats->memo_gets++; break;
    case BRN_OP_BYTE_FRAME: stats->frames++; break;
    case BRN_OP_BYTE_PROTO:
        if (event->integer > stats->protocol_declared)
            stats->protocol_declared = (int)event->integer;
        break;
    default: break;
    }
    return true;
}

brn_code brn_statistics(const void *data, size_t size, const brn_options *options,
                        const brn_alloc *alloc, brn_stats *stats, brn_error *err)
{
    memset(stats, 0, sizeof *stats);
    size_t length = 0;
    brn_code code = brn_events(data, size, options, alloc, count_event, stats, &length, err);
    stats->bytes = length;
    return code;
}
