/*
 * writer.c - the streaming writer: events in, bytes out, in memory that does not grow with what is written.
 *
 * A value is complete before anybody knows what comes next, so whatever follows it (the APPEND of protocol 0,
 * the end of a batch, the mark of the next one) is written when the next event comes.  Until then
 * the value is on top of the reader's stack, and can still be given a number, a state, or items.
 *
 * The order of opcodes, batches, and where a frame may end are CPython's; so are the calls that stand for
 * what older protocols have no opcode for.
 */
#include "emit_text.h"

#include "../error.h"
#include "../memory.h"
#include "../repr.h"
#include "decode.h"

#define NO_NUMBER UINT64_MAX
#define UNKNOWN UINT64_MAX
/*
 * A frame that is nearly full, the longest payload that stands in one, and the ends of a thousand
 * containers.
 */
#define BUFFER (2 * BRN_EMIT_FRAME_TARGET + 4096)

typedef enum kind {
    ROOT,
    LIST,
    TUPLE,
    DICT,
    SET,
    FROZENSET,
    SET_CALL, /* of a list, in protocols that have no sets */
    CALL,
    OBJECT,
    OBJECT_CALL, /* of copyreg's functions, in protocols that have no NEWOBJ */
    STATE,
    APPEND,
    UPDATE,
    TEXT,
    BYTES,
    BYTEARRAY,
    NO_BYTES /* already written, because there are none */
} kind;

/* Something that has begun and not ended. */
typedef struct container {
    uint64_t declared; /* values in it, or bytes */
    uint64_t count;    /* of those, begun */
    uint64_t number;   /* in the memo, of the value itself, or that the items are for */
    uint8_t kind;
    uint8_t what;  /* the value is: a latest */
    bool open;     /* a mark, or a large payload, is */
    bool single;   /* the one item of a batch that has no mark */
    bool hashable; /* what is in it has to be */
} container;

/* Names and texts that the calls of older protocols need, again and again. */
typedef enum known {
    KNOWN_SET,
    KNOWN_FROZENSET,
    KNOWN_BYTES,
    KNOWN_BYTEARRAY,
    KNOWN_ENCODE,
    KNOWN_RECONSTRUCTOR,
    KNOWN_NEWOBJ,
    KNOWN_OBJECT,
    KNOWN_LATIN1,
    KNOWN_COUNT
} known;

static const struct known_name {
    const char *module2, *module3, *name;
} known_names[] = {
    {"__builtin__", "builtins", "set"},
    {"__builtin__", "builtins", "frozenset"},
    {"__builtin__", "builtins", "bytes"},
    {"__builtin__", "builtins", "bytearray"},
    {"_codecs", "_codecs", "encode"},
    {"copy_reg", "copyreg", "_reconstructor"},
    {"copy_reg", "copyreg", "__newobj__"},
    {"__builtin__", "builtins", "object"},
    {NULL, NULL, "latin1"},
};

/*
 * What was written last, or begins: nothing that can be named, plain data, plain data that cannot be hashed, or
 * what can be called and has state.  Numbers that are given out say it as well, in their last bits.
 */
typedef enum latest { NOTHING, DATA, MUTABLE, THING } latest;

#define WHAT_BITS 2

struct brn_writer {
    brn_emitter out; /* first: the emitter's functions find the writer by it */
    brn_memory memory;
    brn_sink_fn sink;
    void *ctx;
    uint64_t passed; /* bytes given to the sink */
    bool small;
    bool begun; /* the pickle has */
    latest latest;
    latest what; /* begins */
    uint64_t latest_number;
    uint64_t numbers; /* entries in the memo */
    uint64_t known_numbers[KNOWN_COUNT];
    container *stack; /* the root is its first */
    size_t depth;
    size_t stack_cap;
    brn_utf8_pieces utf8;
    brn_error error;
};

/* ------------------------------------------------------------------------
 * Errors and bytes
 * ------------------------------------------------------------------------ */

static uint64_t offset_of(const brn_writer *w)
{
    return w->passed + (uint64_t)(w->out.pos - w->out.base);
}

static bool fail(brn_writer *w, brn_code code, const char *format, ...) BRN_PRINTF(3, 4);
static bool fail(brn_writer *w, brn_code code, const char *format, ...)
{
    if (w->error.code == BRN_OK) {
        va_list args;
        va_start(args, format);
        (void)brn_error_vset(&w->error, code, offset_of(w), -1, format, args);
        va_end(args);
    }
    return false;
}

static bool is_good(const brn_writer *w)
{
    return w && w->error.code == BRN_OK;
}

static bool pass(brn_emitter *out, const void *data, size_t size, void *owner)
{
    brn_writer *w = (brn_writer *)out;
    (void)owner;
    if (size > 0 && !w->sink(w->ctx, data, size))
        return fail(w, BRN_ERROR_WRITE, "the sink refused %zu bytes", size);
    w->passed += size;
    return true;
}

static bool flush(brn_emitter *out)
{
    size_t size = (size_t)(out->pos - out->base);
    if (!pass(out, out->base, size, NULL))
        return false;
    /* They are counted now: an error that comes before the next byte must not count them twice. */
    out->pos = out->base;
    return true;
}

static bool grow(brn_emitter *out, size_t size)
{
    brn_writer *w = (brn_writer *)out;
    size_t cap = (size_t)(out->end - out->base);
    size_t more = cap > 0 ? size + size / 16 : size;
    uint8_t *moved = brn_memory_realloc(&w->memory, out->base, cap, more);
    if (!moved)
        return fail(w, BRN_ERROR_MEMORY, "no memory for a buffer of %zu bytes", more);
    out->pos = moved + (out->pos - out->base);
    out->base = moved;
    out->end = moved + more;
    return true;
}

/* ------------------------------------------------------------------------
 * Numbers in the memo
 * ------------------------------------------------------------------------ */

/* Give the top of the stack a number, as far as opcodes can name one. */
static bool give_number(brn_writer *w, uint64_t *number)
{
    *number = NO_NUMBER;
    if (w->numbers > UINT32_MAX)
        return true;
    *number = w->numbers++;
    return brn_emit_memoize(&w->out, (int64_t)*number);
}

static bool memoize(brn_writer *w, uint64_t *number)
{
    *number = NO_NUMBER;
    return w->small || give_number(w, number);
}

/* The value is complete. */
static bool done(brn_writer *w, latest what, uint64_t number)
{
    w->latest = what;
    w->latest_number = number;
    return true;
}

static bool memoize_done(brn_writer *w, latest what)
{
    uint64_t number;
    return memoize(w, &number) && done(w, what, number);
}

/* ------------------------------------------------------------------------
 * Containers
 * ------------------------------------------------------------------------ */

static container *top(const brn_writer *w)
{
    return &w->stack[w->depth - 1];
}

static bool push(brn_writer *w, kind what, uint64_t declared, uint64_t number, bool hashable)
{
    void *stack = w->stack;
    if (w->depth == w->stack_cap &&
        !brn_memory_grow(&w->memory, &stack, &w->stack_cap, w->depth + 1, sizeof(container)))
        return fail(w, BRN_ERROR_MEMORY, "no memory for %zu open containers", w->depth + 1);
    w->stack = stack;
    w->stack[w->depth++] = (container){.declared = declared,
                                       .number = number,
                                       .kind = (uint8_t)what,
                                       .what = (uint8_t)w->what,
                                       .hashable = hashable};
    return true;
}

static bool is_call(const container *c)
{
    return c->kind == CALL || c->kind == OBJECT || c->kind == OBJECT_CALL;
}

/* A tuple of what cannot be hashed cannot be hashed. */
static void note_item(container *c, latest what)
{
    if (c->kind == TUPLE && what == MUTABLE)
        c->what = MUTABLE;
}

static bool has_pairs(const container *c)
{
    return c->kind == DICT || c->kind == UPDATE;
}

static bool has_bytes(const container *c)
{
    return c->kind >= TEXT;
}

static bool has_batches(const container *c)
{
    return c->kind == LIST || c->kind == SET || c->kind == SET_CALL || c->kind == APPEND ||
           has_pairs(c);
}

static uint64_t items_of(const container *c)
{
    return has_pairs(c) ? c->count / 2 : c->count;
}

static bool key_is_due(const container *c)
{
    return has_pairs(c) && c->count % 2 == 0;
}

static uint8_t op_of_one(const container *c)
{
    return has_pairs(c) ? BRN_OP_BYTE_SETITEM : BRN_OP_BYTE_APPEND;
}

static uint8_t op_of_batch(const container *c)
{
    return has_pairs(c)     ? BRN_OP_BYTE_SETITEMS
           : c->kind == SET ? BRN_OP_BYTE_ADDITEMS
                            : BRN_OP_BYTE_APPENDS;
}

/* What follows an item that is complete: in protocol 0 after each, else after as many as a batch has. */
static bool settle_item(brn_writer *w, container *c)
{
    if (c->count == 0 || (has_pairs(c) && !key_is_due(c)))
        return true;
    if (!w->out.binary)
        return brn_emit_op(&w->out, op_of_one(c));
    if (items_of(c) % BRN_EMIT_BATCH != 0)
        return true;
    c->open = false;
    return brn_emit_op(&w->out, op_of_batch(c));
}

/*
 * What comes before the first item of a batch.  Only lists and dicts as a whole can be of one item; what is
 * appended to an object CPython takes from an iterator, and there the rest of it can.
 */
static bool begin_batch(brn_writer *w, container *c)
{
    if (!w->out.binary || c->open)
        return true;
    bool rest = c->kind == APPEND || c->kind == UPDATE;
    uint64_t left = rest ? c->declared - c->count : c->declared;
    c->open = true;
    c->single = c->kind != SET && left == (has_pairs(c) ? 2 : 1);
    return c->single || brn_emit_op(&w->out, BRN_OP_BYTE_MARK);
}

static bool end_batches(brn_writer *w, const container *c)
{
    uint64_t items = items_of(c);
    if (items == 0)
        return true;
    if (!w->out.binary || c->single)
        return brn_emit_op(&w->out, op_of_one(c));
    uint8_t op = op_of_batch(c);
    if (!brn_emit_op(&w->out, op))
        return false;
    /* CPython sees only in the next batch that a dict or set has no more. */
    bool empty_batch = (c->kind == DICT || c->kind == SET) && items % BRN_EMIT_BATCH == 0;
    return !empty_batch || (brn_emit_op(&w->out, BRN_OP_BYTE_MARK) && brn_emit_op(&w->out, op));
}

static bool tuple_has_mark(const brn_writer *w, uint64_t declared)
{
    return w->out.protocol < 2 || declared > 3;
}

/* The arguments of a call begin with the first of them. */
static bool begin_args(brn_writer *w, container *c)
{
    c->open = tuple_has_mark(w, c->declared == UNKNOWN ? UNKNOWN : c->declared - 1);
    return brn_emit_boundary(&w->out) && (!c->open || brn_emit_op(&w->out, BRN_OP_BYTE_MARK));
}

/* What stands between values. */
static bool before_value(brn_writer *w, container *c)
{
    if (has_batches(c))
        return settle_item(w, c) && begin_batch(w, c);
    if (c->kind == TUPLE && c->count == 0 && tuple_has_mark(w, c->declared)) {
        c->open = true;
        return brn_emit_op(&w->out, BRN_OP_BYTE_MARK);
    }
    if ((c->kind == CALL || c->kind == OBJECT) && c->count == 1)
        return begin_args(w, c);
    return true;
}

/* A value begins: whether it can, and what comes before it. */
static bool begin_value(brn_writer *w, latest what)
{
    if (!is_good(w))
        return false;
    container *c = top(w);
    if (has_bytes(c))
        return fail(w, BRN_ERROR_WRITER_PIECE, "a value, where a piece of text or bytes is due");
    if (c->kind == ROOT && c->count == 1)
        return fail(w, BRN_ERROR_WRITER_ROOT, "a second value, without brn_writer_next()");
    if (c->count == c->declared)
        return fail(w, BRN_ERROR_WRITER_COUNT, "more than the %llu that were declared",
                    (unsigned long long)items_of(c));
    if (what == MUTABLE && (c->hashable || (c->kind == DICT && key_is_due(c))))
        return fail(w, BRN_ERROR_UNHASHABLE, "a key, or an element of a set, cannot be hashed");
    if (what != THING && is_call(c) && c->count == 0)
        return fail(w, BRN_ERROR_NOT_CALLABLE, "plain data cannot be called");
    if (!w->begun) {
        w->begun = true;
        if (!brn_emit_begin(&w->out))
            return false;
    }
    if (!brn_emit_drain(&w->out) || !before_value(w, c) || !brn_emit_boundary(&w->out))
        return false;
    c->count++;
    w->latest = NOTHING;
    w->what = what;
    note_item(c, what);
    return true;
}

/* Whether what has just begun has to be hashable, itself and what is in it. */
static bool is_in_key(const brn_writer *w)
{
    const container *c = top(w);
    return c->hashable || (c->kind == DICT && !key_is_due(c));
}

/* ------------------------------------------------------------------------
 * Tuples, names and calls
 * ------------------------------------------------------------------------ */

static bool end_tuple(brn_writer *w, uint64_t count, bool marked, uint64_t *number)
{
    *number = NO_NUMBER;
    if (count == 0) {
        return w->out.binary ? brn_emit_op(&w->out, BRN_OP_BYTE_EMPTY_TUPLE)
                             : brn_emit_raw(&w->out, "(t", 2);
    }
    return brn_emit_op(&w->out, marked ? BRN_OP_BYTE_TUPLE : brn_short_tuple_op((size_t)count)) &&
           memoize(w, number);
}

/* The arguments end, and are given to what is below them. */
static bool end_call(brn_writer *w, uint64_t count, bool marked, uint8_t op)
{
    uint64_t number;
    return end_tuple(w, count, marked, &number) && brn_emit_op(&w->out, op);
}

static bool put_text(brn_writer *w, const char *text, size_t size)
{
    if (!brn_emit_boundary(&w->out))
        return false;
    if (brn_utf8_scan((const uint8_t *)text, size) == BRN_UTF8_INVALID)
        return fail(w, BRN_ERROR_UTF8, "text that is not UTF-8");
    if (!w->out.binary) {
        return brn_emit_op(&w->out, BRN_OP_BYTE_UNICODE) &&
               brn_emit_escaped_text(&w->out, text, size) && brn_emit_op(&w->out, '\n');
    }
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_text_header(&w->out, header, size);
    if (!end)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "text above 4 GiB needs protocol 4");
    return brn_emit_payload(&w->out, header, (size_t)(end - header), text, size, NULL);
}

static bool put_text_and_number(brn_writer *w, const char *text, size_t size)
{
    uint64_t number;
    return put_text(w, text, size) && memoize(w, &number);
}

/* A line of a GLOBAL. */
static bool put_name(brn_writer *w, const char *name)
{
    size_t size = strlen(name);
    brn_utf8 utf8 = brn_utf8_scan((const uint8_t *)name, size);
    if (memchr(name, '\n', size) || utf8 > BRN_UTF8_VALID ||
        (w->out.protocol < 3 && utf8 != BRN_UTF8_ASCII))
        return fail(w, BRN_ERROR_WRITER_NAME, "a name that cannot be a line of protocol %d",
                    w->out.protocol);
    return brn_emit_drain(&w->out) && brn_emit_raw(&w->out, name, size) &&
           brn_emit_op(&w->out, '\n');
}

static bool put_global(brn_writer *w, const char *module, const char *name)
{
    if (w->out.protocol < 4) {
        return brn_emit_op(&w->out, BRN_OP_BYTE_GLOBAL) && put_name(w, module) && put_name(w, name);
    }
    return put_text_and_number(w, module, strlen(module)) &&
           put_text_and_number(w, name, strlen(name)) &&
           brn_emit_op(&w->out, BRN_OP_BYTE_STACK_GLOBAL);
}

static bool put_known(brn_writer *w, known which)
{
    const struct known_name *it = &known_names[which];
    uint64_t *number = &w->known_numbers[which];
    if (!brn_emit_boundary(&w->out))
        return false;
    if (*number != NO_NUMBER)
        return brn_emit_get(&w->out, (int64_t)*number);
    bool put = it->module2
                   ? put_global(w, w->out.protocol < 3 ? it->module2 : it->module3, it->name)
                   : put_text(w, it->name, strlen(it->name));
    return put && give_number(w, number);
}

/* A call of what older protocols have instead of an opcode; its arguments are to follow. */
static bool begin_known_call(brn_writer *w, known which)
{
    return put_known(w, which) && brn_emit_boundary(&w->out) &&
           (!tuple_has_mark(w, 1) || brn_emit_op(&w->out, BRN_OP_BYTE_MARK));
}

static bool end_known_call(brn_writer *w, uint64_t count)
{
    return end_call(w, count, tuple_has_mark(w, 1), BRN_OP_BYTE_REDUCE);
}

/* A call of a type without arguments. */
static bool put_empty(brn_writer *w, known type)
{
    return put_known(w, type) && brn_emit_boundary(&w->out) &&
           end_call(w, 0, false, BRN_OP_BYTE_REDUCE);
}

/* ------------------------------------------------------------------------
 * The writer
 * ------------------------------------------------------------------------ */

static void reset_pickle(brn_writer *w)
{
    w->begun = false;
    w->latest = NOTHING;
    w->numbers = 0;
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        w->known_numbers[i] = NO_NUMBER;
    w->stack[0].count = 0;
    w->out.pos = w->out.base;
}

static void free_writer(brn_writer *w)
{
    brn_memory memory = w->memory;
    brn_memory_free(&memory, w->out.base, (size_t)(w->out.end - w->out.base));
    brn_memory_free(&memory, w->stack, w->stack_cap * sizeof *w->stack);
    brn_memory_free(&memory, w, sizeof *w);
}

brn_writer *brn_writer_open(brn_sink_fn sink, void *ctx, int protocol, uint32_t flags,
                            const brn_alloc *alloc, brn_error *err)
{
    if (!sink || protocol < 0 || protocol > 5 || (flags & ~BRN_WRITER_SMALL) != 0) {
        (void)brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "a writer of protocol %d, flags 0x%x%s",
                            protocol, (unsigned)flags, sink ? "" : ", without a sink");
        return NULL;
    }
    brn_memory memory;
    brn_memory_init(&memory, alloc, 0);
    brn_writer *w = brn_memory_alloc(&memory, sizeof *w);
    if (w) {
        memset(w, 0, sizeof *w);
        w->memory = memory;
        w->out = (brn_emitter){.protocol = protocol,
                               .binary = protocol > 0,
                               .careful = true,
                               .grow = grow,
                               .flush = flush,
                               .pass = pass};
        w->sink = sink;
        w->ctx = ctx;
        w->small = (flags & BRN_WRITER_SMALL) != 0;
        brn_error_clear(&w->error);
        if (grow(&w->out, BUFFER) && push(w, ROOT, UNKNOWN, NO_NUMBER, false)) {
            reset_pickle(w);
            return w;
        }
        free_writer(w);
    }
    (void)brn_error_set(err, BRN_ERROR_MEMORY, 0, -1, "no memory for a writer");
    return NULL;
}

bool brn_writer_next(brn_writer *writer)
{
    brn_writer *w = writer;
    if (!is_good(w))
        return false;
    if (w->depth > 1 || !w->begun)
        return fail(w, BRN_ERROR_WRITER_OPEN, "a pickle ends with %zu containers open, %s",
                    w->depth - 1, w->begun ? "each of which has to end" : "and no value");
    if (!brn_emit_finish(&w->out) || !flush(&w->out))
        return false;
    reset_pickle(w);
    return true;
}

brn_code brn_writer_close(brn_writer *writer, brn_error *err)
{
    brn_writer *w = writer;
    if (!w)
        return err ? err->code : BRN_ERROR_MEMORY;
    if (w->begun)
        (void)brn_writer_next(w);
    brn_code code = w->error.code;
    if (err)
        *err = w->error;
    free_writer(w);
    return code;
}

const brn_error *brn_writer_error(const brn_writer *writer)
{
    return writer && writer->error.code != BRN_OK ? &writer->error : NULL;
}

/* ------------------------------------------------------------------------
 * Plain values
 * ------------------------------------------------------------------------ */

bool brn_writer_none(brn_writer *writer)
{
    return begin_value(writer, DATA) && brn_emit_none(&writer->out) &&
           done(writer, DATA, NO_NUMBER);
}

bool brn_writer_bool(brn_writer *writer, bool value)
{
    return begin_value(writer, DATA) && brn_emit_bool(&writer->out, value) &&
           done(writer, DATA, NO_NUMBER);
}

bool brn_writer_int(brn_writer *writer, int64_t value)
{
    return begin_value(writer, DATA) && brn_emit_int(&writer->out, value) &&
           done(writer, DATA, NO_NUMBER);
}

bool brn_writer_float(brn_writer *writer, double value)
{
    return begin_value(writer, DATA) && brn_emit_float(&writer->out, value) &&
           done(writer, DATA, NO_NUMBER);
}

/* Protocols 0 and 1 have text for it, which nobody reads beyond a number of digits. */
static bool put_decimal(brn_writer *w, const uint8_t *bytes, size_t size)
{
    char text[BRN_DECIMAL_DIGITS + 8];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text);
    if (brn_out_bigint_marked(&out, bytes, size, "", ""))
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "an int above %d digits needs protocol 2",
                    BRN_DECIMAL_DIGITS);
    return brn_emit_op(&w->out, BRN_OP_BYTE_LONG) && brn_emit_raw(&w->out, text, out.used) &&
           brn_emit_raw(&w->out, "L\n", 2);
}

bool brn_writer_bigint(brn_writer *writer, const void *bytes, size_t size)
{
    size = size > 0 ? brn_int_trim(bytes, size) : 0;
    if (size <= 8)
        return brn_writer_int(writer, brn_int_of_bytes(bytes, size));
    if (!begin_value(writer, DATA))
        return false;
    if (size > INT32_MAX)
        return fail(writer, BRN_ERROR_WRITER_PROTOCOL, "an int above 2 GiB");
    return (writer->out.protocol >= 2 ? brn_emit_long(&writer->out, bytes, size)
                                      : put_decimal(writer, bytes, size)) &&
           done(writer, DATA, NO_NUMBER);
}

bool brn_writer_strn(brn_writer *writer, const char *text, size_t size)
{
    return begin_value(writer, DATA) && put_text(writer, text, size) && memoize_done(writer, DATA);
}

/* What is given as a C string. */
static bool is_text(brn_writer *w, const char *text)
{
    return text || (is_good(w) && fail(w, BRN_ERROR_NO_VALUE, "NULL is no text"));
}

bool brn_writer_str(brn_writer *writer, const char *text)
{
    return is_text(writer, text) && brn_writer_strn(writer, text, strlen(text));
}

bool brn_writer_key(brn_writer *writer, const char *key)
{
    if (is_good(writer) && !key_is_due(top(writer)))
        return fail(writer, BRN_ERROR_WRITER_KEY, "a key, where a value or an item is due");
    return brn_writer_str(writer, key);
}

/* Text that is one character for each byte. */
static bool put_latin1(brn_writer *w, const void *data, size_t size)
{
    if (!w->out.binary) {
        return brn_emit_op(&w->out, BRN_OP_BYTE_UNICODE) &&
               brn_emit_escaped_latin1(&w->out, data, size) && brn_emit_op(&w->out, '\n');
    }
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_text_header(&w->out, header, brn_latin1_size(data, size));
    if (!end)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "bytes above 4 GiB need protocol 4");
    return brn_emit_raw(&w->out, header, (size_t)(end - header)) &&
           brn_emit_latin1(&w->out, data, size);
}

/* What stands behind the text that bytes were made into. */
static bool end_encode(brn_writer *w)
{
    uint64_t number;
    return memoize(w, &number) && put_known(w, KNOWN_LATIN1) && end_known_call(w, 2);
}

static bool put_bytes(brn_writer *w, const void *data, size_t size)
{
    if (w->out.protocol < 3) {
        if (size == 0)
            return put_empty(w, KNOWN_BYTES);
        return begin_known_call(w, KNOWN_ENCODE) && put_latin1(w, data, size) && end_encode(w);
    }
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_bytes_header(&w->out, header, size);
    if (!end)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "bytes above 4 GiB need protocol 4");
    return brn_emit_payload(&w->out, header, (size_t)(end - header), data, size, NULL);
}

bool brn_writer_bytes(brn_writer *writer, const void *data, size_t size)
{
    return begin_value(writer, DATA) && put_bytes(writer, data, size) && memoize_done(writer, DATA);
}

static bool put_bytearray(brn_writer *w, const void *data, size_t size)
{
    if (w->out.protocol >= 5) {
        uint8_t header[BRN_EMIT_HEADER];
        const uint8_t *end = brn_put_bytearray_header(header, size);
        return brn_emit_payload(&w->out, header, (size_t)(end - header), data, size, NULL);
    }
    if (size == 0)
        return put_empty(w, KNOWN_BYTEARRAY);
    uint64_t number;
    return begin_known_call(w, KNOWN_BYTEARRAY) && put_bytes(w, data, size) &&
           memoize(w, &number) && end_known_call(w, 1);
}

bool brn_writer_bytearray(brn_writer *writer, const void *data, size_t size)
{
    return begin_value(writer, MUTABLE) && put_bytearray(writer, data, size) &&
           memoize_done(writer, MUTABLE);
}

bool brn_writer_py2str(brn_writer *writer, const void *data, size_t size)
{
    brn_writer *w = writer;
    if (!begin_value(w, DATA))
        return false;
    if (!w->out.binary)
        return brn_emit_string(&w->out, data, size) && memoize_done(w, DATA);
    if (size > INT32_MAX)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "a Python 2 str above 2 GiB");
    uint8_t header[5] = {BRN_OP_BYTE_SHORT_BINSTRING, (uint8_t)size};
    size_t header_size = 2;
    if (size > 0xff) {
        header[0] = BRN_OP_BYTE_BINSTRING;
        brn_put_le32(header + 1, (uint32_t)size);
        header_size = 5;
    }
    return brn_emit_payload(&w->out, header, header_size, data, size, NULL) &&
           memoize_done(w, DATA);
}

/* ------------------------------------------------------------------------
 * Payloads in pieces
 * ------------------------------------------------------------------------ */

/* A payload of a known length begins, outside of frames if it is large. */
static bool begin_payload(brn_writer *w, const uint8_t *header, const uint8_t *end, uint64_t size)
{
    size_t header_size = (size_t)(end - header);
    top(w)->open = size >= BRN_EMIT_FRAME_TARGET;
    return top(w)->open ? brn_emit_begin_large(&w->out, header, header_size)
                        : brn_emit_raw(&w->out, header, header_size);
}

bool brn_writer_begin_str(brn_writer *writer, uint64_t size)
{
    brn_writer *w = writer;
    if (!begin_value(w, DATA) || !push(w, TEXT, size, NO_NUMBER, false))
        return false;
    w->utf8 = (brn_utf8_pieces){.cut_size = 0};
    if (!w->out.binary)
        return brn_emit_op(&w->out, BRN_OP_BYTE_UNICODE);
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_text_header(&w->out, header, size);
    if (!end)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "text above 4 GiB needs protocol 4");
    return begin_payload(w, header, end, size);
}

/* Before protocol 3 bytes are text, the length of which in UTF-8 nobody knows yet: a line does without. */
static bool begin_bytes(brn_writer *w, uint64_t size)
{
    if (w->out.protocol < 3)
        return begin_known_call(w, KNOWN_ENCODE) && brn_emit_op(&w->out, BRN_OP_BYTE_UNICODE);
    uint8_t header[BRN_EMIT_HEADER];
    const uint8_t *end = brn_put_bytes_header(&w->out, header, size);
    if (!end)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "bytes above 4 GiB need protocol 4");
    return begin_payload(w, header, end, size);
}

bool brn_writer_begin_bytes(brn_writer *writer, uint64_t size)
{
    if (!begin_value(writer, DATA) ||
        !push(writer, size > 0 ? BYTES : NO_BYTES, size, NO_NUMBER, false))
        return false;
    return size > 0 ? begin_bytes(writer, size) : put_bytes(writer, NULL, 0);
}

bool brn_writer_begin_bytearray(brn_writer *writer, uint64_t size)
{
    brn_writer *w = writer;
    if (!begin_value(w, MUTABLE) ||
        !push(w, size > 0 ? BYTEARRAY : NO_BYTES, size, NO_NUMBER, false))
        return false;
    if (size == 0)
        return put_bytearray(w, NULL, 0);
    if (w->out.protocol < 5)
        return begin_known_call(w, KNOWN_BYTEARRAY) && begin_bytes(w, size);
    uint8_t header[BRN_EMIT_HEADER];
    return begin_payload(w, header, brn_put_bytearray_header(header, size), size);
}

/* A character may begin in one piece and end in the next: as much as is whole is written. */
static bool put_text_piece(brn_writer *w, const uint8_t *data, size_t size)
{
    brn_utf8_pieces before = w->utf8;
    (void)brn_utf8_next_piece(&w->utf8, data, size, false, false);
    if (w->utf8.bad)
        return fail(w, BRN_ERROR_UTF8, "text that is not UTF-8");
    if (w->out.binary)
        return true;
    if (before.cut_size > 0) {
        /* The rest of it, if this piece has that. */
        uint8_t character[4];
        uint32_t code;
        size_t rest = sizeof character - before.cut_size;
        rest = rest < size ? rest : size;
        memcpy(character, before.cut, before.cut_size);
        memcpy(character + before.cut_size, data, rest);
        size_t length = brn_utf8_decode(character, before.cut_size + rest, &code);
        if (length == 0)
            return true;
        if (!brn_emit_escaped_text(&w->out, character, length))
            return false;
        data += length - before.cut_size;
        size -= length - before.cut_size;
    }
    return brn_emit_escaped_text(&w->out, data, size - w->utf8.cut_size);
}

bool brn_writer_piece(brn_writer *writer, const void *data, size_t size)
{
    brn_writer *w = writer;
    if (!is_good(w))
        return false;
    container *c = top(w);
    if (!has_bytes(c))
        return fail(w, BRN_ERROR_WRITER_PIECE, "a piece, and no text or bytes have begun");
    if (size > c->declared - c->count)
        return fail(w, BRN_ERROR_WRITER_PIECE, "more than the %llu bytes that were declared",
                    (unsigned long long)c->declared);
    if (size == 0)
        return true;
    c->count += size;
    if (c->kind == TEXT) {
        if (!put_text_piece(w, data, size))
            return false;
        if (!w->out.binary)
            return true;
    } else if (w->out.protocol < 3) {
        return brn_emit_escaped_latin1(&w->out, data, size);
    }
    return c->open ? pass(&w->out, data, size, NULL) : brn_emit_raw(&w->out, data, size);
}

static bool end_pieces(brn_writer *w, const container *c)
{
    if (c->count != c->declared)
        return fail(w, BRN_ERROR_WRITER_PIECE, "%llu bytes of the %llu that were declared",
                    (unsigned long long)c->count, (unsigned long long)c->declared);
    if (c->kind == TEXT && w->utf8.cut_size > 0)
        return fail(w, BRN_ERROR_UTF8, "text that ends inside a character");
    if (c->open)
        brn_emit_end_large(&w->out);
    bool line = c->kind == TEXT ? !w->out.binary : c->kind != NO_BYTES && w->out.protocol < 3;
    uint64_t number;
    if (line && !brn_emit_op(&w->out, '\n'))
        return false;
    if (line && c->kind != TEXT && !end_encode(w))
        return false;
    if (c->kind == BYTEARRAY && w->out.protocol < 5 &&
        !(memoize(w, &number) && end_known_call(w, 1)))
        return false;
    return memoize_done(w, (latest)c->what);
}

/* ------------------------------------------------------------------------
 * Containers, calls and objects
 * ------------------------------------------------------------------------ */

/* `count` items as values; false if that is no number. */
static bool declare(brn_writer *w, size_t count, unsigned each, unsigned more, uint64_t *declared)
{
    *declared = UNKNOWN;
    if (count == BRN_COUNT_UNKNOWN)
        return true;
    if (count > (UINT64_MAX - 1 - more) / each)
        return fail(w, BRN_ERROR_WRITER_COUNT, "%zu is more than can be counted", count);
    *declared = (uint64_t)count * each + more;
    return true;
}

/* A list or dict: the opcode, or in protocol 0 its text. */
static bool put_container(brn_writer *w, uint8_t op, const char *text, uint64_t *number)
{
    return (w->out.binary ? brn_emit_op(&w->out, op) : brn_emit_raw(&w->out, text, 2)) &&
           memoize(w, number);
}

bool brn_writer_begin_list(brn_writer *writer, size_t count)
{
    uint64_t number;
    uint64_t declared;
    return begin_value(writer, MUTABLE) && declare(writer, count, 1, 0, &declared) &&
           put_container(writer, BRN_OP_BYTE_EMPTY_LIST, "(l", &number) &&
           push(writer, LIST, declared, number, false) && done(writer, MUTABLE, number);
}

bool brn_writer_begin_dict(brn_writer *writer, size_t count)
{
    uint64_t number;
    uint64_t declared;
    return begin_value(writer, MUTABLE) && declare(writer, count, 2, 0, &declared) &&
           put_container(writer, BRN_OP_BYTE_EMPTY_DICT, "(d", &number) &&
           push(writer, DICT, declared, number, false) && done(writer, MUTABLE, number);
}

bool brn_writer_begin_tuple(brn_writer *writer, size_t count)
{
    uint64_t declared;
    return begin_value(writer, DATA) && declare(writer, count, 1, 0, &declared) &&
           push(writer, TUPLE, declared, NO_NUMBER, is_in_key(writer));
}

/* Sets, where they are calls of the type with a list. */
static bool begin_set_call(brn_writer *w, known type, uint64_t declared)
{
    uint64_t number;
    return begin_known_call(w, type) && put_container(w, BRN_OP_BYTE_EMPTY_LIST, "(l", &number) &&
           push(w, SET_CALL, declared, NO_NUMBER, true);
}

bool brn_writer_begin_set(brn_writer *writer, size_t count)
{
    uint64_t declared;
    if (!begin_value(writer, MUTABLE) || !declare(writer, count, 1, 0, &declared))
        return false;
    if (writer->out.protocol < 4)
        return begin_set_call(writer, KNOWN_SET, declared);
    uint64_t number;
    return put_container(writer, BRN_OP_BYTE_EMPTY_SET, NULL, &number) &&
           push(writer, SET, declared, number, true);
}

bool brn_writer_begin_frozenset(brn_writer *writer, size_t count)
{
    uint64_t declared;
    if (!begin_value(writer, DATA) || !declare(writer, count, 1, 0, &declared))
        return false;
    if (writer->out.protocol < 4)
        return begin_set_call(writer, KNOWN_FROZENSET, declared);
    return brn_emit_op(&writer->out, BRN_OP_BYTE_MARK) &&
           push(writer, FROZENSET, declared, NO_NUMBER, true);
}

bool brn_writer_global(brn_writer *writer, const char *module, const char *name)
{
    brn_writer *w = writer;
    if (!is_text(w, module) || !is_text(w, name) || !begin_value(w, THING))
        return false;
    if (!*module || !*name)
        return fail(w, BRN_ERROR_WRITER_NAME, "a global without a module or a name");
    if (w->out.protocol < 4 && strchr(name, '.'))
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "a name with a dot needs protocol 4");
    return put_global(w, module, name) && memoize_done(w, THING);
}

bool brn_writer_begin_call(brn_writer *writer, size_t count)
{
    uint64_t declared;
    return begin_value(writer, THING) && declare(writer, count, 1, 1, &declared) &&
           push(writer, CALL, declared, NO_NUMBER, false);
}

/*
 * Protocols 0 and 1 have no cls.__new__: without arguments CPython has a call for that, which classes of C
 * code do not bear; with arguments it has none, but the function that NEWOBJ stands for can be called.
 */
bool brn_writer_begin_object(brn_writer *writer, size_t count)
{
    brn_writer *w = writer;
    uint64_t declared;
    if (!begin_value(w, THING) || !declare(w, count, 1, 1, &declared))
        return false;
    if (w->out.protocol >= 2)
        return push(w, OBJECT, declared, NO_NUMBER, false);
    return begin_known_call(w, count == 0 ? KNOWN_RECONSTRUCTOR : KNOWN_NEWOBJ) &&
           push(w, OBJECT_CALL, declared, NO_NUMBER, false);
}

static bool begin_part(brn_writer *w, kind what, uint64_t declared)
{
    if (!is_good(w))
        return false;
    if (w->latest != THING)
        return fail(w, BRN_ERROR_WRITER_OBJECT, "state or items, and no object before them");
    uint64_t number = w->latest_number;
    w->latest = NOTHING;
    w->what = THING;
    return push(w, what, declared, number, false);
}

bool brn_writer_begin_state(brn_writer *writer)
{
    return begin_part(writer, STATE, 1);
}

bool brn_writer_begin_append(brn_writer *writer, size_t count)
{
    uint64_t declared;
    return is_good(writer) && declare(writer, count, 1, 0, &declared) &&
           begin_part(writer, APPEND, declared);
}

bool brn_writer_begin_update(brn_writer *writer, size_t count)
{
    uint64_t declared;
    return is_good(writer) && declare(writer, count, 2, 0, &declared) &&
           begin_part(writer, UPDATE, declared);
}

bool brn_writer_persid(brn_writer *writer, const char *id)
{
    brn_writer *w = writer;
    size_t size = id ? strlen(id) : 0;
    if (!is_text(w, id) || !begin_value(w, THING))
        return false;
    if (w->out.binary) {
        return put_text_and_number(w, id, size) && brn_emit_op(&w->out, BRN_OP_BYTE_BINPERSID) &&
               done(w, THING, NO_NUMBER);
    }
    if (memchr(id, '\n', size) || brn_utf8_scan((const uint8_t *)id, size) != BRN_UTF8_ASCII)
        return fail(w, BRN_ERROR_PERSID_TEXT, "an id that cannot be a line of ASCII");
    return brn_emit_op(&w->out, BRN_OP_BYTE_PERSID) && brn_emit_raw(&w->out, id, size) &&
           brn_emit_op(&w->out, '\n') && done(w, THING, NO_NUMBER);
}

bool brn_writer_ext(brn_writer *writer, uint32_t code)
{
    brn_writer *w = writer;
    if (!begin_value(w, THING))
        return false;
    if (w->out.protocol < 2)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "extension codes need protocol 2");
    if (code == 0 || code > INT32_MAX)
        return fail(w, BRN_ERROR_EXT_CODE, "%lu is no extension code", (unsigned long)code);
    uint8_t bytes[5] = {code <= 0xff     ? BRN_OP_BYTE_EXT1
                        : code <= 0xffff ? BRN_OP_BYTE_EXT2
                                         : BRN_OP_BYTE_EXT4};
    brn_put_le32(bytes + 1, code);
    return brn_emit_raw(&w->out, bytes,
                        code <= 0xff     ? 2
                        : code <= 0xffff ? 3
                                         : 5) &&
           done(w, THING, NO_NUMBER);
}

bool brn_writer_buffer(brn_writer *writer, bool readonly)
{
    brn_writer *w = writer;
    if (!begin_value(w, DATA))
        return false;
    if (w->out.protocol < 5)
        return fail(w, BRN_ERROR_WRITER_PROTOCOL, "buffers outside of the pickle need protocol 5");
    return brn_emit_op(&w->out, BRN_OP_BYTE_NEXT_BUFFER) &&
           (!readonly || brn_emit_op(&w->out, BRN_OP_BYTE_READONLY_BUFFER)) &&
           done(w, DATA, NO_NUMBER);
}

/* ------------------------------------------------------------------------
 * Ends
 * ------------------------------------------------------------------------ */

static bool end_object_call(brn_writer *w, const container *c)
{
    if (c->declared != 1)
        return end_known_call(w, c->count);
    return put_known(w, KNOWN_OBJECT) && brn_emit_none(&w->out) && end_known_call(w, 3);
}

/* What ends a container that holds as many values as it should. */
static bool put_end(brn_writer *w, container *c)
{
    uint64_t number = c->number;
    latest what = (latest)c->what;
    switch ((kind)c->kind) {
    case TUPLE: return end_tuple(w, c->count, c->open, &number) && done(w, what, number);
    case FROZENSET: return brn_emit_op(&w->out, BRN_OP_BYTE_FROZENSET) && memoize_done(w, what);
    case SET_CALL: return end_batches(w, c) && end_known_call(w, 1) && memoize_done(w, what);
    case CALL:
    case OBJECT:
        if (c->count == 1 && !brn_emit_boundary(&w->out))
            return false;
        return end_call(w, c->count - 1, c->open,
                        c->kind == CALL ? BRN_OP_BYTE_REDUCE : BRN_OP_BYTE_NEWOBJ) &&
               memoize_done(w, what);
    case OBJECT_CALL: return end_object_call(w, c) && memoize_done(w, what);
    case STATE: return brn_emit_op(&w->out, BRN_OP_BYTE_BUILD) && done(w, what, number);
    default: return end_batches(w, c) && done(w, what, number);
    }
}

static bool end_values(brn_writer *w, container *c)
{
    if (has_pairs(c) && !key_is_due(c))
        return fail(w, BRN_ERROR_WRITER_KEY, "the last key has no value");
    bool callee_missing = is_call(c) && c->count == 0;
    if (callee_missing || (c->declared != UNKNOWN && c->count != c->declared))
        return fail(w, BRN_ERROR_WRITER_COUNT, "%llu values end where %llu were declared",
                    (unsigned long long)c->count,
                    (unsigned long long)(c->declared == UNKNOWN ? 1 : c->declared));
    return put_end(w, c);
}

bool brn_writer_end(brn_writer *writer)
{
    brn_writer *w = writer;
    if (!is_good(w))
        return false;
    container *c = top(w);
    if (c->kind == ROOT)
        return fail(w, BRN_ERROR_WRITER_END, "nothing is open that could end");
    if (!brn_emit_drain(&w->out) || !(has_bytes(c) ? end_pieces(w, c) : end_values(w, c)))
        return false;
    w->depth--;
    note_item(top(w), (latest)c->what);
    return true;
}

/* ------------------------------------------------------------------------
 * Sharing
 * ------------------------------------------------------------------------ */

uint64_t brn_writer_share(brn_writer *writer)
{
    brn_writer *w = writer;
    if (!is_good(w))
        return NO_NUMBER;
    if (w->latest == NOTHING)
        (void)fail(w, BRN_ERROR_WRITER_REFERENCE, "no value has just been written");
    else if (w->latest_number == NO_NUMBER && give_number(w, &w->latest_number) &&
             w->latest_number == NO_NUMBER)
        (void)fail(w, BRN_ERROR_WRITER_REFERENCE, "there are no more numbers");
    if (!is_good(w))
        return NO_NUMBER;
    /* A list that has just begun gets its number here, and ends with it. */
    container *c = top(w);
    if ((c->kind == LIST || c->kind == DICT) && c->count == 0)
        c->number = w->latest_number;
    return w->latest_number << WHAT_BITS | w->latest;
}

bool brn_writer_shared(brn_writer *writer, uint64_t number)
{
    brn_writer *w = writer;
    latest what = (latest)(number & ((1u << WHAT_BITS) - 1));
    uint64_t index = number >> WHAT_BITS;
    if (!is_good(w))
        return false;
    if (what == NOTHING || index >= w->numbers)
        return fail(w, BRN_ERROR_WRITER_REFERENCE, "no value has the number %llu",
                    (unsigned long long)number);
    return begin_value(w, what) && brn_emit_get(&w->out, (int64_t)index) && done(w, what, index);
}
