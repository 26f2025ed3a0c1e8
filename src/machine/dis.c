/*
 * dis.c - the disassembler.
 *
 * It shares the decoder with the machine but not the run: where loading must refuse, a
 * disassembler is most needed.  So it keeps its own light account of depth, marks, memo and
 * frames, reports what loading would not accept on a line of its own, and goes
 * on as long as the next opcode can be found.
 *
 * The text is what `python -m pickletools` prints; the annotations are ours.
 *
 * Every opcode costs a line, so lines are written in few steps: each is one piece (repr.h) of the
 * output, and only text, bytes and long ints interrupt it.  Functions called write_... continue
 * the piece at `p` and return its end; those called put_... write between pieces.
 */
#include "hooks.h"

#include "../jsontext.h"
#include "../repr.h"

#include <inttypes.h>
#include <stdio.h>

#define OUT_BUFFER 65536
#define INDENT 4
/* As deep as Python pickles by default.  Indented further, n nested marks would be n squared. */
#define INDENT_MARKS 1000
#define OFFSET_SIZE 24
#define NAME_COLUMN 10
#define ANNOTATION_COLUMN 30
#define ANNOTATION_LIMIT 50

typedef struct mark {
    size_t position; /* of the MARK opcode */
    size_t depth;    /* values below it */
} mark;

typedef struct disassembler {
    brn_memory memory;
    brn_options options;
    brn_out *out;
    uint32_t flags;
    const uint8_t *data;
    const uint8_t *end;
    mark *marks;
    size_t mark_count;
    size_t mark_cap;
    size_t depth;
    brn_memo_set memo;
    uint64_t frame_end;
    size_t annotation_column;
    /* Of the last offset written: the text without its last two digits, and what it stands for. */
    char hundreds[OFFSET_SIZE];
    size_t hundreds_size;
    size_t hundred;
    int highest;
    /* The first thing that loading would refuse, and the one of this opcode. */
    brn_error *err;
    brn_code first;
    brn_code problem;
    brn_code fatal;   /* why there is no memory to go on, or BRN_OK */
    bool spent;       /* a limit of the options ends the text with this opcode */
    uint64_t beyond;  /* bytes that are there behind `end`, but beyond max_input */
    brn_argument arg; /* of this opcode; what its kind does not use is left from others */
    char spare[BRN_OUT_PIECE];
    char message[BRN_MESSAGE_SIZE];
} disassembler;

/* ------------------------------------------------------------------------
 * Problems
 * ------------------------------------------------------------------------ */

BRN_COLD static void report(disassembler *d, const uint8_t *op, brn_code code, const char *format,
                            ...) BRN_PRINTF(4, 5);

static void report(disassembler *d, const uint8_t *op, brn_code code, const char *format, ...)
{
    if (d->problem != BRN_OK)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(d->message, sizeof d->message, format, args);
    va_end(args);
    d->problem = code;
    if (d->first == BRN_OK) {
        d->first = code;
        (void)brn_error_set(d->err, code, (uint64_t)(op - d->data), op < d->end ? *op : -1, "%s",
                            d->message);
    }
}

/* An allocation failed: this is the last opcode. */
BRN_COLD static void fail_memory(disassembler *d, const uint8_t *op)
{
    d->fatal = d->memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY;
    report(d, op, d->fatal, "%s", brn_code_help(d->fatal));
}

static size_t fence(const disassembler *d)
{
    return d->mark_count ? d->marks[d->mark_count - 1].depth : 0;
}

/* Take `count` values, or all there are if these are fewer. */
static void pop(disassembler *d, const uint8_t *op, size_t count)
{
    size_t there = d->depth - fence(d);
    if (there < count) {
        if (d->mark_count > 0)
            report(d, op, BRN_ERROR_MARK_ON_TOP, "a mark stands where the opcode needs a value");
        else
            report(d, op, BRN_ERROR_STACK_UNDERFLOW,
                   "the opcode needs %zu values, the stack has %zu", count, there);
        count = there;
    }
    d->depth -= count;
}

/* ------------------------------------------------------------------------
 * Following the program
 * ------------------------------------------------------------------------ */

/* The stack has no room for what the opcode leaves on it.  As in the machine, this comes first. */
static void check_room(disassembler *d, const uint8_t *op, const brn_opcode_row *row)
{
    size_t there = d->depth - fence(d);
    bool pushes = row->pushes > row->pops && there >= row->pops;
    if (row->mark && (there > 0 || *op == BRN_OP_BYTE_OBJ))
        pushes = false;
    if (!pushes)
        return;
    report(d, op, BRN_ERROR_LIMIT_STACK, "more than %" PRIu64 " values on the stack",
           d->options.max_stack);
    d->spent = true;
}

/* What the opcode does to the mark it goes back to: its position, or SIZE_MAX if it has none. */
static size_t leave_mark(disassembler *d, const uint8_t *op)
{
    if (d->mark_count == 0) {
        report(d, op, BRN_ERROR_NO_MARK, "there is no mark on the stack");
        return SIZE_MAX;
    }
    mark top = d->marks[--d->mark_count];
    size_t above = d->depth - top.depth;
    d->depth = top.depth;
    /* Nothing to set them in comes first, as it does in the machine. */
    bool sets = *op == BRN_OP_BYTE_DICT || (*op == BRN_OP_BYTE_SETITEMS && d->depth > fence(d));
    if (sets && above % 2 != 0)
        report(d, op, BRN_ERROR_ODD_ITEMS, "%zu items: the last key has no value", above);
    if (*op == BRN_OP_BYTE_OBJ && above == 0)
        report(d, op, d->mark_count > 0 ? BRN_ERROR_MARK_ON_TOP : BRN_ERROR_STACK_UNDERFLOW,
               "there is no class above the mark");
    return top.position;
}

/* Whether the opcode goes back to a mark. */
static bool leaves_mark(const disassembler *d, const uint8_t *op, const brn_opcode_row *row)
{
    return row->mark || (*op == BRN_OP_BYTE_POP && d->mark_count > 0 && d->depth == fence(d));
}

/* An index of the memo, as an argument. */
static bool check_index(disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    if (arg->kind != BRN_ARG_DECIMAL && arg->integer >= 0)
        return true;
    report(d, op, BRN_ERROR_MEMO_INDEX, "the memo index is negative or too large");
    return false;
}

static void check_argument(disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    switch (*op) {
    case BRN_OP_BYTE_GET:
    case BRN_OP_BYTE_BINGET:
    case BRN_OP_BYTE_LONG_BINGET:
        if (check_index(d, op, arg) && !brn_memo_set_has(&d->memo, (uint64_t)arg->integer))
            report(d, op, BRN_ERROR_MEMO_MISSING, "nothing is stored under %" PRId64, arg->integer);
        break;
    case BRN_OP_BYTE_PUT:
    case BRN_OP_BYTE_BINPUT:
    case BRN_OP_BYTE_LONG_BINPUT: (void)check_index(d, op, arg); break;
    case BRN_OP_BYTE_PROTO:
        if (arg->integer > 5)
            report(d, op, BRN_ERROR_PROTOCOL, "protocol %d is newer than 5", (int)arg->integer);
        break;
    case BRN_OP_BYTE_EXT1:
    case BRN_OP_BYTE_EXT2:
    case BRN_OP_BYTE_EXT4:
        if (arg->integer <= 0)
            report(d, op, BRN_ERROR_EXT_CODE, "the extension code is %" PRId64, arg->integer);
        break;
    default: break;
    }
    if (arg->kind == BRN_ARG_TEXT && brn_utf8_scan(arg->data, arg->size) == BRN_UTF8_INVALID)
        report(d, op, BRN_ERROR_UTF8, "the text is not UTF-8");
    size_t digits = *op == BRN_OP_BYTE_INT || *op == BRN_OP_BYTE_LONG ? brn_decimal_digits(arg) : 0;
    if (digits > d->options.max_digits)
        report(d, op, BRN_ERROR_LIMIT_DIGITS, "%zu digits, %" PRIu64 " are allowed", digits,
               d->options.max_digits);
}

/* The opcode from op to pos against the frame it should be in: one that begins or ends there. */
static void check_frame_bounds(disassembler *d, const uint8_t *op, const uint8_t *pos,
                               const brn_argument *arg)
{
    uint64_t begin = (uint64_t)(op - d->data);
    uint64_t behind = (uint64_t)(pos - d->data);
    if (d->frame_end != BRN_NO_FRAME && begin >= d->frame_end)
        d->frame_end = BRN_NO_FRAME;
    if (d->frame_end != BRN_NO_FRAME && behind > d->frame_end) {
        report(d, op, BRN_ERROR_FRAME_STRADDLED,
               "the opcode reaches past the frame, which ends at byte %" PRIu64, d->frame_end);
        d->frame_end = BRN_NO_FRAME;
    }
    if (*op != BRN_OP_BYTE_FRAME)
        return;
    uint64_t left = (uint64_t)(d->end - pos) + d->beyond;
    if (d->frame_end != BRN_NO_FRAME && behind != d->frame_end)
        report(d, op, BRN_ERROR_FRAME_NESTED, "the frame around it ends at byte %" PRIu64,
               d->frame_end);
    if (arg->total > left)
        report(d, op, BRN_ERROR_FRAME_TOO_LONG,
               "a frame of %" PRIu64 " bytes is claimed, %" PRIu64 " are left", arg->total, left);
    d->frame_end = arg->total > left ? BRN_NO_FRAME : behind + arg->total;
}

static void check_frame(disassembler *d, const uint8_t *op, const uint8_t *pos,
                        const brn_argument *arg)
{
    /* BRN_NO_FRAME is behind everything. */
    if (BRN_UNLIKELY((uint64_t)(pos - d->data) > d->frame_end || *op == BRN_OP_BYTE_FRAME))
        check_frame_bounds(d, op, pos, arg);
}

static bool push_mark(disassembler *d, const uint8_t *op)
{
    void *marks = d->marks;
    if (d->mark_count == d->mark_cap &&
        !brn_memory_grow(&d->memory, &marks, &d->mark_cap, d->mark_count + 1, sizeof *d->marks))
        return false;
    d->marks = marks;
    d->marks[d->mark_count++] = (mark){(size_t)(op - d->data), d->depth};
    return true;
}

/* Put what is on top into the memo. */
static bool store(disassembler *d, const uint8_t *op, uint64_t index)
{
    pop(d, op, 1);
    d->depth++;
    if (d->memo.count >= d->options.max_memo && !brn_memo_set_has(&d->memo, index)) {
        if (d->problem == BRN_OK) {
            report(d, op, BRN_ERROR_LIMIT_MEMO, "the memo holds as many values as allowed");
            d->spent = true;
        }
        return true;
    }
    return brn_memo_set_put(&d->memo, &d->memory, index);
}

/* The effect on stack and memo.  False without memory. */
static bool follow(disassembler *d, const uint8_t *op, const brn_opcode_row *row,
                   const brn_argument *arg, bool dropped_mark)
{
    switch (*op) {
    case BRN_OP_BYTE_MARK: return push_mark(d, op);
    case BRN_OP_BYTE_MEMOIZE: return store(d, op, d->memo.count);
    case BRN_OP_BYTE_PUT:
    case BRN_OP_BYTE_BINPUT:
    case BRN_OP_BYTE_LONG_BINPUT: return store(d, op, (uint64_t)arg->integer);
    default: break;
    }
    if (row->pops > 0 && (!dropped_mark || row->mark))
        pop(d, op, row->pops);
    d->depth += row->pushes;
    return true;
}

/* ------------------------------------------------------------------------
 * Arguments, in Python's spelling and in JSON's
 * ------------------------------------------------------------------------ */

/* Escapes undone, or NULL (and a report, or no memory).  The caller frees *room bytes. */
static uint8_t *unescape(disassembler *d, const uint8_t *op, const brn_argument *arg, size_t *size,
                         size_t *room)
{
    bool unicode = arg->kind == BRN_ARG_ESCAPED_TEXT;
    *room = 0;
    uint8_t *text = brn_mul_size(arg->size + 1, unicode ? 2 : 1, room)
                        ? brn_memory_alloc(&d->memory, *room)
                        : NULL;
    if (!text) {
        *room = 0;
        fail_memory(d, op);
        return NULL;
    }
    brn_code code = unicode ? brn_unescape_unicode(arg->data, arg->size, text, size)
                            : brn_unescape_string(arg->data, arg->size, text, size);
    if (code == BRN_OK)
        return text;
    report(d, op, code, "%s", brn_code_help(code));
    brn_memory_free(&d->memory, text, *room);
    return NULL;
}

/* A decimal too long for int64_t, as int() would print it. */
static void put_decimal(brn_out *out, const brn_argument *arg)
{
    size_t skip = arg->data[0] == '+' ? 1 : 0;
    brn_out_putn(out, arg->data + skip, arg->size - skip);
}

static void put_text(const disassembler *d, const void *text, size_t size)
{
    if (!(d->flags & BRN_DIS_JSON)) {
        brn_out_repr_str(d->out, text, size);
    } else if (brn_utf8_scan(text, size) != BRN_UTF8_SURROGATES) {
        brn_out_json_text(d->out, text, size);
    } else {
        /* Readers of JSON would join two surrogates to one character. */
        brn_out_puts(d->out, "{\"$utf8\": ");
        brn_out_json_base64(d->out, text, size);
        brn_out_put(d->out, '}');
    }
}

static void put_latin1(const disassembler *d, const void *bytes, size_t size)
{
    if (d->flags & BRN_DIS_JSON)
        brn_out_json_latin1(d->out, bytes, size);
    else
        brn_out_repr_latin1(d->out, bytes, size);
}

static void put_bytes(const disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    if (d->flags & BRN_DIS_JSON) {
        bool array = *op == BRN_OP_BYTE_BYTEARRAY8;
        brn_out_puts(d->out, array ? "{\"$bytearray\": " : "{\"$bytes\": ");
        brn_out_json_base64(d->out, arg->data, arg->size);
        brn_out_put(d->out, '}');
    } else if (*op == BRN_OP_BYTE_BYTEARRAY8) {
        brn_out_repr_bytearray(d->out, arg->data, arg->size);
    } else {
        brn_out_repr_bytes(d->out, arg->data, arg->size);
    }
}

static char *write_text(char *to, const char *text)
{
    size_t size = strlen(text);
    memcpy(to, text, size);
    return to + size;
}

static char *write_float(const disassembler *d, char *to, double value)
{
    /* Neither inf nor nan is equal to itself less itself. */
    if (!(d->flags & BRN_DIS_JSON) || value - value == 0)
        return brn_write_float(to, value);
    to = write_text(to, "{\"$float\": \"");
    uint64_t bits = brn_bits_of_double(value);
    if (value != value && bits != UINT64_C(0x7ff8) << 48) {
        /* A nan that carries something: its bits, as lossless JSON has them. */
        to = write_text(to, "0x");
        for (int shift = 60; shift >= 0; shift -= 4)
            *to++ = "0123456789abcdef"[bits >> shift & 15];
    } else {
        to = brn_write_float(to, value);
    }
    return write_text(to, "\"}");
}

/* An int, in JSON with a tag if it has too many digits to be spelt in decimal. */
static void put_bigint(const disassembler *d, const brn_argument *arg)
{
    bool json = (d->flags & BRN_DIS_JSON) != 0;
    (void)brn_out_bigint_marked(d->out, arg->data, arg->size, json ? "{\"$int\": \"" : "",
                                json ? "\"}" : "");
}

/* `module name`, as genops gives it: one string. */
static void put_pair(disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    size_t size = arg->size + 1 + arg->size2;
    uint8_t *text = brn_memory_alloc(&d->memory, size);
    if (!text) {
        fail_memory(d, op);
        put_text(d, arg->data, arg->size);
        return;
    }
    memcpy(text, arg->data, arg->size);
    text[arg->size] = ' ';
    memcpy(text + arg->size + 1, arg->data2, arg->size2);
    put_text(d, text, size);
    brn_memory_free(&d->memory, text, size);
}

static void put_escaped(disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    size_t size;
    size_t room;
    uint8_t *text = unescape(d, op, arg, &size, &room);
    if (!text)
        put_latin1(d, arg->data, arg->size);
    else if (arg->kind == BRN_ARG_ESCAPED_TEXT)
        put_text(d, text, size);
    else
        put_latin1(d, text, size);
    brn_memory_free(&d->memory, text, room);
}

/* An argument that may be of any length. */
static void put_payload(disassembler *d, const uint8_t *op, const brn_argument *arg)
{
    switch (arg->kind) {
    case BRN_ARG_LONG: put_bigint(d, arg); break;
    case BRN_ARG_DECIMAL: put_decimal(d->out, arg); break;
    case BRN_ARG_BYTES:
        /* pickletools shows a Python 2 str as text. */
        if (brn_opcode_rows[*op].format == BRN_FORMAT_PY2STR1 ||
            brn_opcode_rows[*op].format == BRN_FORMAT_PY2STR4)
            put_latin1(d, arg->data, arg->size);
        else
            put_bytes(d, op, arg);
        break;
    case BRN_ARG_TEXT: put_text(d, arg->data, arg->size); break;
    case BRN_ARG_PAIR: put_pair(d, op, arg); break;
    default: put_escaped(d, op, arg); break;
    }
}

BRN_INLINE char *begin(disassembler *d)
{
    return brn_out_begin(d->out, d->spare);
}

BRN_INLINE void end(disassembler *d, const char *p)
{
    brn_out_end(d->out, d->spare, p);
}

BRN_INLINE char *write_argument(disassembler *d, char *p, const uint8_t *op,
                                const brn_argument *arg)
{
    bool json = (d->flags & BRN_DIS_JSON) != 0;
    switch (arg->kind) {
    case BRN_ARG_NONE: return p;
    case BRN_ARG_INT:
        if (*op == BRN_OP_BYTE_FRAME)
            return brn_write_uint(p, arg->total);
        return brn_write_int(p, arg->integer);
    case BRN_ARG_BOOL:
        if (json)
            return write_text(p, arg->integer ? "true" : "false");
        return write_text(p, arg->integer ? "True" : "False");
    case BRN_ARG_FLOAT: return write_float(d, p, arg->real);
    case BRN_ARG_LONG:
        if (arg->size <= 8)
            return brn_write_int(p, brn_int_of_bytes(arg->data, arg->size));
        break;
    default: break;
    }
    end(d, p);
    put_payload(d, op, arg);
    return begin(d);
}

/* ------------------------------------------------------------------------
 * Lines
 * ------------------------------------------------------------------------ */

static void put_spaces(brn_out *out, size_t count)
{
    static const char spaces[] = "                                ";
    while (count > 0) {
        size_t some = count < sizeof spaces - 1 ? count : sizeof spaces - 1;
        brn_out_putn(out, spaces, some);
        count -= some;
    }
}

/* The offset of a line, at least five characters wide. */
static char *write_new_offset(char *to, size_t offset)
{
    size_t blanks = offset < 10 ? 4 : offset < 100 ? 3 : offset < 1000 ? 2 : offset < 10000 ? 1 : 0;
    memcpy(to, "    ", 4);
    return brn_write_uint(to + blanks, offset);
}

/*
 * The same.  Offsets grow slowly: what stands before the last two digits is kept from line to
 * line.  Up to OFFSET_SIZE bytes of a piece.
 */
static char *write_offset(disassembler *d, char *to, size_t offset)
{
    size_t past = offset - d->hundred;
    if (BRN_UNLIKELY(past >= 100 || offset < 100)) {
        d->hundred = offset - offset % 100;
        past = offset % 100;
        d->hundreds_size = (size_t)(write_new_offset(d->hundreds, offset) - d->hundreds) - 2;
    }
    memcpy(to, d->hundreds, sizeof d->hundreds);
    to += d->hundreds_size;
    return write_text(offset < 100 ? to + 2 : brn_write_two(to, past), ": ");
}

/* Names of opcodes, to be copied whole, which is faster than to look for their ends. */
#define NAME_SIZE 16
typedef struct opcode_name {
    char text[NAME_SIZE + 1];
    uint8_t size;
} opcode_name;

static const opcode_name opcode_names[256] = {
#define OPCODE(name, byte, argument, mark, pops, pushes, protocol, help) \
    [byte] = {#name, sizeof(#name) - 1},
#include "opcodes.def"
#undef OPCODE
};

/* An opcode as pickletools prints it, up to 16 blanks, its name and what fills up its column. */
#define CODE_SIZE 5
#define LABEL_SIZE (CODE_SIZE + NAME_SIZE + NAME_COLUMN + 1)

/* Up to NAME_SIZE bytes of a piece. */
static char *write_name(char *to, uint8_t op)
{
    memcpy(to, opcode_names[op].text, NAME_SIZE);
    return to + opcode_names[op].size;
}

/* How pickletools prints the opcode's byte: up to 5 bytes. */
static char *write_code(char *to, uint8_t op)
{
    static const char digits[] = "0123456789abcdef";
    if (op < 0x80) {
        memcpy(to, "     ", 5);
        *to = (char)op;
    } else {
        memcpy(to, "\\x   ", 5);
        to[2] = digits[op >> 4];
        to[3] = digits[op & 15];
    }
    return to + 5;
}

/* An output that counts the characters it passes on to another. */
typedef struct measured {
    brn_out *to;
    size_t characters;
} measured;

static bool count_characters(void *ctx, const void *data, size_t size)
{
    measured *m = ctx;
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++)
        m->characters += (p[i] & 0xc0) != 0x80;
    brn_out_putn(m->to, data, size);
    return true;
}

static char *write_note(char *p, const char *text, uint64_t number)
{
    p = brn_write_uint(write_text(p, text), number);
    *p++ = ')';
    return p;
}

/* What stands behind the offset. */
static char *write_body(disassembler *d, char *p, const uint8_t *op, const brn_argument *arg,
                        size_t marks, size_t mark_position, const uint64_t *memoized)
{
    p = write_code(p, *op);
    size_t indent = (marks < INDENT_MARKS ? marks : INDENT_MARKS) * INDENT;
    if (BRN_UNLIKELY(indent > NAME_SIZE)) {
        end(d, p);
        put_spaces(d->out, indent - NAME_SIZE);
        p = begin(d);
        indent = NAME_SIZE;
    }
    memset(p, ' ', NAME_SIZE);
    char *name = p + indent;
    p = write_name(name, *op);
    if (arg->kind == BRN_ARG_NONE && mark_position == SIZE_MAX && !memoized)
        return p;
    memset(p, ' ', NAME_COLUMN + 1);
    if (p < name + NAME_COLUMN)
        p = name + NAME_COLUMN;
    if (arg->kind != BRN_ARG_NONE)
        p = write_argument(d, p + 1, op, arg);
    if (mark_position != SIZE_MAX)
        p = write_note(p, " (MARK at ", mark_position);
    if (memoized)
        p = write_note(p, " (as ", *memoized);
    return p;
}

/* The body of a line, and in a column of its own what the opcode does. */
typedef struct annotation {
    measured measured;
    brn_out body;
    char buffer[4 * BRN_OUT_PIECE];
} annotation;

BRN_COLD static char *begin_annotated(disassembler *d, annotation *a, const char *p)
{
    end(d, p);
    a->measured = (measured){d->out, 0};
    brn_out_init(&a->body, count_characters, &a->measured, a->buffer, sizeof a->buffer);
    d->out = &a->body;
    return begin(d);
}

BRN_COLD static char *end_annotated(disassembler *d, annotation *a, const char *p, const char *help)
{
    end(d, p);
    (void)brn_out_flush(d->out);
    d->out = a->measured.to;
    size_t width = a->measured.characters;
    if (width < d->annotation_column) {
        put_spaces(d->out, d->annotation_column - width);
        width = d->annotation_column;
    }
    d->annotation_column = width > ANNOTATION_LIMIT ? ANNOTATION_COLUMN : width;
    brn_out_put(d->out, ' ');
    brn_out_puts(d->out, help);
    return begin(d);
}

static void put_line(disassembler *d, const uint8_t *op, const brn_argument *arg, size_t marks,
                     size_t mark_position, const uint64_t *memoized)
{
    annotation a;
    bool annotate = (d->flags & BRN_DIS_ANNOTATE) != 0;
    char *p = write_offset(d, begin(d), (size_t)(op - d->data));
    if (BRN_UNLIKELY(annotate))
        p = begin_annotated(d, &a, p);
    p = write_body(d, p, op, arg, marks, mark_position, memoized);
    if (BRN_UNLIKELY(annotate))
        p = end_annotated(d, &a, p, brn_opcode_rows[*op].info.help);
    *p++ = '\n';
    end(d, p);
}

static void put_json(disassembler *d, const uint8_t *op, const brn_opcode_row *row,
                     const brn_argument *arg)
{
    brn_out *out = d->out;
    char *p = write_text(begin(d), "{\"offset\": ");
    p = brn_write_uint(p, (uint64_t)(op - d->data));
    p = write_text(p, ", \"opcode\": ");
    if (row->info.name) {
        *p++ = '"';
        p = write_name(p, *op);
        *p++ = '"';
    } else {
        p = write_text(p, "null");
    }
    if (arg->kind != BRN_ARG_NONE)
        p = write_argument(d, write_text(p, ", \"arg\": "), op, arg);
    if (BRN_UNLIKELY(d->problem != BRN_OK)) {
        p = brn_write_int(write_text(p, ", \"error\": "), d->problem);
        end(d, write_text(p, ", \"message\": "));
        brn_out_json_text(out, d->message, strlen(d->message));
        p = begin(d);
    }
    end(d, write_text(p, "}\n"));
}

/* The problem of this opcode, under it. */
BRN_COLD static void put_problem(disassembler *d)
{
    brn_out_puts(d->out, "       ^ error ");
    brn_out_int(d->out, d->problem);
    brn_out_puts(d->out, " (");
    brn_out_puts(d->out, brn_code_name(d->problem));
    brn_out_puts(d->out, "): ");
    brn_out_puts(d->out, d->message);
    brn_out_put(d->out, '\n');
}

static void put_end(disassembler *d, bool stopped)
{
    if (d->flags & BRN_DIS_JSON)
        return;
    brn_out_puts(d->out, "highest protocol among opcodes = ");
    brn_out_int(d->out, d->highest);
    brn_out_put(d->out, '\n');
    if (stopped && d->depth > 0) {
        brn_out_puts(d->out, "note: ");
        brn_out_uint(d->out, d->depth);
        brn_out_puts(d->out, d->depth == 1 ? " value is" : " values are");
        brn_out_puts(d->out, " left on the stack after STOP\n");
    }
}

/* ------------------------------------------------------------------------
 * The loop
 * ------------------------------------------------------------------------ */

BRN_COLD static void report_cut(disassembler *d, const uint8_t *op)
{
    report(d, op, BRN_ERROR_LIMIT_INPUT, "the pickle is longer than the %" PRIu64 " bytes allowed",
           d->options.max_input);
}

/* The argument cannot be decoded; where it ends may still be known.  False if it is not. */
static bool undecoded(disassembler *d, const uint8_t *op, brn_decoded decoded, brn_argument *arg,
                      const uint8_t *args_at, const uint8_t *pos)
{
    if (decoded == BRN_DECODE_MORE) {
        uint64_t left = (uint64_t)(d->end - args_at);
        /* In a frame it is the frame's end that was passed, wherever the data ends. */
        uint64_t begin = (uint64_t)(op - d->data);
        uint64_t at = (uint64_t)(args_at - d->data);
        bool framed = d->frame_end != BRN_NO_FRAME && begin < d->frame_end;
        if (framed && (d->frame_end < (uint64_t)(d->end - d->data) ||
                       (arg->total > 0 && arg->total > d->frame_end - at - arg->size)))
            report(d, op, BRN_ERROR_FRAME_STRADDLED,
                   "the argument reaches past the frame, which ends at byte %" PRIu64,
                   d->frame_end);
        else if (d->beyond > 0)
            report_cut(d, op);
        else if (arg->total > 0)
            report(d, op, BRN_ERROR_TRUNCATED,
                   "a payload of %" PRIu64 " bytes is claimed, %" PRIu64 " are left", arg->total,
                   left > arg->size ? left - arg->size : 0);
        else
            report(d, op, BRN_ERROR_TRUNCATED, "the input ends inside the argument");
        arg->kind = BRN_ARG_NONE;
        return false;
    }
    report(d, op, arg->bad, "%s", brn_code_help(arg->bad));
    arg->kind = BRN_ARG_NONE;
    if (pos == args_at)
        return false;
    /* A line that makes no sense is shown as it is. */
    arg->kind = BRN_ARG_BYTES;
    arg->data = args_at;
    arg->size = (size_t)(pos - args_at) - 1;
    return true;
}

/*
 * Numbers with the same opcode in a row, as arrays of numbers are full of: their lines differ in offset and
 * number only, and nothing can be wrong with them but that they pass the frame's or the input's end.  Goes
 * as far as that is certain, which may be nowhere.
 */
BRN_INLINE void put_row(disassembler *d, const uint8_t **pos, uint8_t opcode, brn_format format)
{
    const uint8_t *op = *pos;
    const brn_opcode_row *row = &brn_opcode_rows[opcode];
    const size_t width = 1 + brn_format_width(format);
    size_t indent = d->mark_count * INDENT;
    if (indent > NAME_SIZE || d->flags & (BRN_DIS_JSON | BRN_DIS_ANNOTATE))
        return;
    size_t left = (size_t)(d->end - op);
    if (d->frame_end != BRN_NO_FRAME) {
        uint64_t begin = (uint64_t)(op - d->data);
        uint64_t framed = begin < d->frame_end ? d->frame_end - begin : 0;
        left = framed < left ? (size_t)framed : left;
    }
    const uint8_t *last = op + left / width * width;
    /* What stands between offset and number, filled up so that all of it can be copied at once. */
    char label[LABEL_SIZE + NAME_SIZE];
    memset(label, ' ', sizeof label);
    (void)write_code(label, opcode);
    memcpy(label + CODE_SIZE + indent, row->info.name, strlen(row->info.name));
    size_t label_size = CODE_SIZE + indent + NAME_COLUMN + 1;
    while (op != last && *op == opcode && d->depth < d->options.max_stack && !d->out->failed) {
        char *p = write_offset(d, begin(d), (size_t)(op - d->data));
        memcpy(p, label, LABEL_SIZE);
        p += label_size;
        const uint8_t *at = op + 1;
        (void)brn_decode(format, &at, at + width - 1, &d->arg);
        p = format == BRN_FORMAT_FLOAT8 ? brn_write_float(p, d->arg.real)
                                        : brn_write_int(p, d->arg.integer);
        *p++ = '\n';
        end(d, p);
        op = at;
        d->depth++;
    }
    if (row->info.protocol > d->highest && op != *pos)
        d->highest = row->info.protocol;
    *pos = op;
}

/* Compiled for each of the opcodes, whose widths are constants then. */
static void put_numbers(disassembler *d, const uint8_t **pos)
{
    switch (**pos) {
    case BRN_OP_BYTE_BININT: put_row(d, pos, BRN_OP_BYTE_BININT, BRN_FORMAT_INT4); break;
    case BRN_OP_BYTE_BININT1: put_row(d, pos, BRN_OP_BYTE_BININT1, BRN_FORMAT_UINT1); break;
    case BRN_OP_BYTE_BININT2: put_row(d, pos, BRN_OP_BYTE_BININT2, BRN_FORMAT_UINT2); break;
    case BRN_OP_BYTE_BINFLOAT: put_row(d, pos, BRN_OP_BYTE_BINFLOAT, BRN_FORMAT_FLOAT8); break;
    default: break;
    }
}

/* Disassemble one opcode.  False if there is no next one; *stopped says it was STOP. */
static bool step(disassembler *d, const uint8_t **pos, bool *stopped)
{
    const uint8_t *op = *pos;
    d->problem = BRN_OK;
    brn_argument *arg = &d->arg;
    arg->kind = BRN_ARG_NONE;
    if (op == d->end) {
        brn_code code = op == d->data ? BRN_ERROR_EMPTY : BRN_ERROR_NO_STOP;
        if (d->beyond > 0)
            report_cut(d, op);
        report(d, op, code, "%s", brn_code_help(code));
        static const brn_opcode_row no_opcode;
        if (d->flags & BRN_DIS_JSON)
            put_json(d, op, &no_opcode, arg);
        else
            put_problem(d);
        return false;
    }
    const brn_opcode_row *row = &brn_opcode_rows[*op];
    if (!row->info.name) {
        report(d, op, BRN_ERROR_UNKNOWN_OPCODE, "byte 0x%02x is no opcode", (unsigned)*op);
        if (d->flags & BRN_DIS_JSON) {
            put_json(d, op, row, arg);
        } else {
            end(d, write_offset(d, begin(d), (size_t)(op - d->data)));
            brn_out_puts(d->out, "\\x");
            brn_out_hex(d->out, *op, 2);
            brn_out_put(d->out, '\n');
            put_problem(d);
        }
        return false;
    }
    if (BRN_UNLIKELY(d->depth >= d->options.max_stack))
        check_room(d, op, row);
    ++*pos;
    const uint8_t *args_at = *pos;
    brn_decoded decoded = brn_decode((brn_format)row->format, pos, d->end, arg);
    bool go_on = true;
    if (decoded != BRN_DECODE_MORE) {
        /* Of an argument with a bad size only the size has been read. */
        bool size_only = decoded == BRN_DECODE_BAD && *pos == args_at;
        check_frame(d, op, size_only ? args_at + sizeof(int32_t) : *pos, arg);
    }
    if (decoded == BRN_DECODED)
        check_argument(d, op, arg);
    else
        go_on = undecoded(d, op, decoded, arg, args_at, *pos);
    if (row->info.protocol > d->highest)
        d->highest = row->info.protocol;
    size_t marks = d->mark_count;
    size_t mark_position = leaves_mark(d, op, row) ? leave_mark(d, op) : SIZE_MAX;
    uint64_t index = d->memo.count;
    if (decoded != BRN_DECODED)
        d->depth += row->pushes; /* or the opcodes behind it would be blamed as well */
    else if (!follow(d, op, row, arg, mark_position != SIZE_MAX))
        fail_memory(d, op);
    if (d->flags & BRN_DIS_JSON) {
        put_json(d, op, row, arg);
    } else {
        put_line(d, op, arg, marks, mark_position, *op == BRN_OP_BYTE_MEMOIZE ? &index : NULL);
        if (BRN_UNLIKELY(d->problem != BRN_OK))
            put_problem(d);
    }
    *stopped = *op == BRN_OP_BYTE_STOP;
    return go_on && !*stopped && !d->spent && d->fatal == BRN_OK && !d->out->failed;
}

brn_code brn_disassemble(const void *data, size_t size, uint32_t flags, const brn_options *options,
                         const brn_alloc *alloc, brn_sink_fn sink, void *ctx, size_t *pickle_size,
                         brn_error *err)
{
    static const uint8_t nothing[1] = {0};
    disassembler d;
    memset(&d, 0, sizeof d);
    brn_error_clear(err);
    if (pickle_size)
        *pickle_size = 0;
    if (flags & ~(BRN_DIS_ANNOTATE | BRN_DIS_JSON))
        return brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "unknown flags 0x%x", (unsigned)flags);
    brn_code code = brn_options_get(&d.options, options, err);
    if (code != BRN_OK)
        return code;
    brn_memory_init(&d.memory, alloc, d.options.max_memory);
    brn_memo_init(&d.memo.others, d.options.hash_seed);
    char *buffer = brn_memory_alloc(&d.memory, OUT_BUFFER);
    if (!buffer)
        return brn_error_set(err, d.memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY,
                             0, -1, "no memory for a buffer");
    brn_out out;
    brn_out_init(&out, sink, ctx, buffer, OUT_BUFFER);
    d.out = &out;
    d.flags = flags;
    d.err = err;
    d.data = size ? data : nothing;
    d.end = d.data + size;
    if (size > d.options.max_input) {
        d.end = d.data + d.options.max_input;
        d.beyond = size - d.options.max_input;
    }
    d.frame_end = BRN_NO_FRAME;
    d.annotation_column = ANNOTATION_COLUMN;
    const uint8_t *pos = d.data;
    bool stopped = false;
    while (step(&d, &pos, &stopped)) {
        if (pos != d.end)
            put_numbers(&d, &pos);
    }
    put_end(&d, stopped);
    bool written = brn_out_flush(&out);
    if (pickle_size)
        *pickle_size = (size_t)(pos - d.data);
    brn_memory_free(&d.memory, buffer, OUT_BUFFER);
    brn_memory_free(&d.memory, d.marks, d.mark_cap * sizeof *d.marks);
    brn_memo_free(&d.memo.others, &d.memory);
    if (!written)
        return brn_error_set(err, BRN_ERROR_WRITE, 0, -1, "the output could not be written");
    if (d.fatal != BRN_OK && d.fatal != d.first)
        return brn_error_set(err, d.fatal, (uint64_t)(pos - d.data), -1, "%s",
                             brn_code_help(d.fatal));
    return d.first;
}
