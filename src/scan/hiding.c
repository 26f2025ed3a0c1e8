/*
 * hiding.c - pickles inside of text and bytes: as they are, in base64, in hex, behind others.
 *
 * Every payload of every pickle passes here, so what is no pickle has to be found out within a few
 * bytes.  A walk over the opcodes does it, with no more than the height of the stack: text and
 * numbers hardly ever get past their second opcode.
 */
#include "hiding.h"

#include "../machine/decode.h"
#include "names.h"

#define B true
const bool brn_pickle_begins[256] = {
    [BRN_OP_BYTE_PROTO] = B,
    [BRN_OP_BYTE_FRAME] = B,
    [BRN_OP_BYTE_MARK] = B,
    [BRN_OP_BYTE_GLOBAL] = B,
    [BRN_OP_BYTE_INT] = B,
    [BRN_OP_BYTE_BININT] = B,
    [BRN_OP_BYTE_BININT1] = B,
    [BRN_OP_BYTE_BININT2] = B,
    [BRN_OP_BYTE_LONG] = B,
    [BRN_OP_BYTE_LONG1] = B,
    [BRN_OP_BYTE_LONG4] = B,
    [BRN_OP_BYTE_STRING] = B,
    [BRN_OP_BYTE_BINSTRING] = B,
    [BRN_OP_BYTE_SHORT_BINSTRING] = B,
    [BRN_OP_BYTE_BINBYTES] = B,
    [BRN_OP_BYTE_SHORT_BINBYTES] = B,
    [BRN_OP_BYTE_BINBYTES8] = B,
    [BRN_OP_BYTE_BYTEARRAY8] = B,
    [BRN_OP_BYTE_NONE] = B,
    [BRN_OP_BYTE_NEWTRUE] = B,
    [BRN_OP_BYTE_NEWFALSE] = B,
    [BRN_OP_BYTE_UNICODE] = B,
    [BRN_OP_BYTE_SHORT_BINUNICODE] = B,
    [BRN_OP_BYTE_BINUNICODE] = B,
    [BRN_OP_BYTE_BINUNICODE8] = B,
    [BRN_OP_BYTE_FLOAT] = B,
    [BRN_OP_BYTE_BINFLOAT] = B,
    [BRN_OP_BYTE_EMPTY_LIST] = B,
    [BRN_OP_BYTE_EMPTY_TUPLE] = B,
    [BRN_OP_BYTE_EMPTY_DICT] = B,
    [BRN_OP_BYTE_EMPTY_SET] = B,
    [BRN_OP_BYTE_PERSID] = B,
    [BRN_OP_BYTE_EXT1] = B,
    [BRN_OP_BYTE_EXT2] = B,
    [BRN_OP_BYTE_EXT4] = B,
    [BRN_OP_BYTE_NEXT_BUFFER] = B,
};
#undef B

/* ------------------------------------------------------------------------
 * The walk
 * ------------------------------------------------------------------------ */

typedef struct walk {
    uint64_t height; /* values above the innermost mark that is known of */
    uint64_t marks;
    bool names;
    bool uses; /* something was done with a name */
} walk;

/* Take one opcode into account; false if no loader would get past it. */
static bool step(walk *w, const uint8_t *op, const brn_opcode_row *row)
{
    if (row->mark) {
        if (w->marks == 0)
            return false;
        w->marks--;
        /* What stood below the mark is not remembered: it may be anything. */
        w->height = w->marks ? UINT32_MAX : w->height;
    }
    if (row->pops > w->height && w->marks == 0)
        return false;
    w->height = w->height > row->pops ? w->height - row->pops : 0;
    w->height += row->pushes;
    switch (*op) {
    case BRN_OP_BYTE_MARK:
        w->marks++;
        w->height += UINT32_MAX;
        break;
    case BRN_OP_BYTE_INST: w->uses = true; /* fall through */
    case BRN_OP_BYTE_GLOBAL:
    case BRN_OP_BYTE_STACK_GLOBAL:
    case BRN_OP_BYTE_EXT1:
    case BRN_OP_BYTE_EXT2:
    case BRN_OP_BYTE_EXT4: w->names = true; break;
    case BRN_OP_BYTE_REDUCE:
    case BRN_OP_BYTE_OBJ:
    case BRN_OP_BYTE_NEWOBJ:
    case BRN_OP_BYTE_NEWOBJ_EX:
    case BRN_OP_BYTE_BUILD: w->uses = w->uses || w->names; break;
    default: break;
    }
    return true;
}

/* Loaders differ in what they take for numbers and text in lines: any line will do.  (Zips begin with a P.) */
static brn_format lenient(brn_format format)
{
    switch (format) {
    case BRN_FORMAT_DECIMAL:
    case BRN_FORMAT_INDEX:
    case BRN_FORMAT_DECIMAL_LONG:
    case BRN_FORMAT_FLOAT:
    case BRN_FORMAT_STRING: return BRN_FORMAT_UNICODE;
    default: return format;
    }
}

/*
 * Walk as far as it goes.  `cut`: the bytes are the beginning of more, so that running out of them
 * says nothing against a pickle.
 */
static bool walk_opcodes(const uint8_t *data, size_t size, bool cut, bool *names, size_t *walked)
{
    walk w = {0, 0, false, false};
    const uint8_t *pos = data;
    const uint8_t *end = data + size;
    bool proto = size > 1 && data[0] == BRN_OP_BYTE_PROTO && data[1] <= 5;
    bool stopped = false;
    while (pos < end && !stopped) {
        const uint8_t *op = pos++;
        const brn_opcode_row *row = &brn_opcode_rows[*op];
        brn_argument arg;
        if (!row->info.name || !step(&w, op, row))
            break;
        brn_decoded decoded = brn_decode(lenient((brn_format)row->format), &pos, end, &arg);
        if (decoded == BRN_DECODE_MORE && cut)
            return true;
        if (decoded != BRN_DECODED)
            break;
        stopped = *op == BRN_OP_BYTE_STOP;
        cut = cut && !stopped;
    }
    *names = w.names;
    *walked = (size_t)(pos - data);
    return w.uses || (stopped && (proto || w.names)) || (cut && pos == end);
}

bool brn_looks_like_pickle(const uint8_t *data, size_t size, bool *names, size_t *walked)
{
    return walk_opcodes(data, size, false, names, walked);
}

/* ------------------------------------------------------------------------
 * Encodings
 * ------------------------------------------------------------------------ */

#define SPACE 64
#define BAD 255

/* The value of a character of base64, plain or for URLs; SPACE for what is passed over. */
BRN_INLINE uint8_t base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return c == '\n' || c == '\r' || c == ' ' || c == '\t' ? SPACE : BAD;
}

static uint8_t hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (uint8_t)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (uint8_t)(c - 'A' + 10);
    return c == '\n' || c == '\r' || c == ' ' || c == '\t' ? SPACE : BAD;
}

/* Decode until the room or the text ends; false at a character that does not belong there. */
static bool decode(brn_hiding how, const uint8_t *text, size_t size, uint8_t *to, size_t room,
                   size_t *used)
{
    const unsigned bits = how == BRN_HIDING_HEX ? 4 : 6;
    uint32_t held = 0;
    unsigned count = 0;
    *used = 0;
    for (size_t i = 0; i < size && *used < room; i++) {
        uint8_t value = how == BRN_HIDING_HEX ? hex_value(text[i]) : base64_value(text[i]);
        if (value == SPACE)
            continue;
        if (value == BAD)
            return how == BRN_HIDING_BASE64 && text[i] == '='; /* the padding is the end */
        held = held << bits | value;
        count += bits;
        if (count >= 8) {
            count -= 8;
            to[(*used)++] = (uint8_t)(held >> count);
        }
    }
    return true;
}

/* Characters of two bytes, and ASCII, as one byte each. */
static void decode_latin1(const uint8_t *text, size_t size, uint8_t *to, size_t *used)
{
    *used = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = text[i];
        if (c >= 0x80) {
            if ((c != 0xc2 && c != 0xc3) || i + 1 == size)
                return;
            c = (uint8_t)(c << 6 | (text[++i] & 0x3f));
        }
        to[(*used)++] = c;
    }
}

/* Of the first characters: how many bytes each takes, and which of these is not zero. */
static size_t wide_form(const uint8_t *data, size_t size, size_t *begin, size_t *low)
{
    static const uint8_t marks[][4] = {
        {0xff, 0xfe, 0, 0}, {0, 0, 0xfe, 0xff}, {0xff, 0xfe}, {0xfe, 0xff}};
    *begin = 0;
    for (size_t i = 0; i < 4 && *begin == 0; i++) {
        size_t width = i < 2 ? 4 : 2;
        *begin = size >= width && memcmp(data, marks[i], width) == 0 ? width : 0;
    }
    for (size_t width = 4; width >= 2; width /= 2) {
        for (*low = 0; *low < width; *low += width - 1) {
            size_t pos = *begin;
            bool fits = size - pos >= BRN_HIDING_LEAST * width;
            for (size_t end = pos + BRN_HIDING_LEAST * width; fits && pos < end; pos++) {
                bool is_low = (pos - *begin) % width == *low;
                fits = is_low ? data[pos] != 0 || pos >= *begin + 2 * width : data[pos] == 0;
            }
            if (fits)
                return width;
        }
    }
    return 0;
}

bool brn_is_wide(const uint8_t *data, size_t size)
{
    size_t begin;
    size_t low;
    return wide_form(data, size, &begin, &low) > 0;
}

static void decode_wide(const uint8_t *text, size_t size, uint8_t *to, size_t *used)
{
    size_t begin;
    size_t low;
    size_t width = wide_form(text, size, &begin, &low);
    *used = 0;
    for (size_t i = begin; width > 0 && i + width <= size; i += width)
        to[(*used)++] = text[i + low];
}

uint8_t *brn_hiding_decode(brn_hiding how, const uint8_t *data, size_t size, brn_memory *memory,
                           size_t *decoded_size, size_t *room)
{
    *room = how == BRN_HIDING_LATIN1 || how == BRN_HIDING_WIDE ? size : size / 4 * 3 + 3;
    uint8_t *to = brn_memory_alloc(memory, *room);
    if (!to)
        return NULL;
    /* What follows the encoded text does not matter: some decoders pass over it. */
    if (how == BRN_HIDING_LATIN1)
        decode_latin1(data, size, to, decoded_size);
    else if (how == BRN_HIDING_WIDE)
        decode_wide(data, size, to, decoded_size);
    else
        (void)decode(how, data, size, to, *room, decoded_size);
    if (*decoded_size > 0)
        return to;
    brn_memory_free(memory, to, *room);
    return NULL;
}

/* ------------------------------------------------------------------------
 * Payloads
 * ------------------------------------------------------------------------ */

/* A byte that one of the magics below begins with. */
BRN_INLINE bool begins_magic(uint8_t byte)
{
    switch (byte) {
    case 'P':
    case 0x1f:
    case 0x93:
    case 'B':
    case 0xfd:
    case 0x28:
    case 0x04:
    case 'x': return true;
    default: return false;
    }
}

static BRN_NOINLINE bool has_magic(const uint8_t *data, size_t size)
{
    static const struct {
        const char *bytes;
        size_t size;
    } magics[] = {
        {"PK\x03\x04", 4},
        {"\x1f\x8b\x08", 3},
        {"\x93NUMPY", 6},
        {"BZh", 3},
        {"\xfd"
         "7zXZ",
         5},
        {"\x28\xb5\x2f\xfd", 4},
        {"\x04\x22\x4d\x18", 4},
        {"x\x9c", 2},
        {"x\xda", 2},
        {"x\x01", 2},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(magics); i++) {
        if (size > 16 && memcmp(data, magics[i].bytes, magics[i].size) == 0)
            return true;
    }
    return false;
}

/* Enough characters to tell most text that is no encoded pickle. */
#define PROBE 48

/* How often a pickle may have been encoded. */
#define MOST_ENCODED 3

static bool holds_pickle(const uint8_t *data, size_t size, bool cut)
{
    bool names;
    size_t walked;
    return (brn_pickle_begins[data[0]] && walk_opcodes(data, size, cut, &names, &walked)) ||
           (begins_magic(data[0]) && has_magic(data, size));
}

static bool probe(brn_hiding how, const uint8_t *data, size_t size)
{
    uint8_t first[PROBE];
    size_t used;
    size_t head = size < PROBE ? size : PROBE;
    memcpy(first, data, head);
    for (int i = 0; i < MOST_ENCODED; i++) {
        uint8_t text[PROBE];
        memcpy(text, first, head);
        if (!decode(i == 0 ? how : BRN_HIDING_BASE64, text, head, first, sizeof first, &used) ||
            used < 6)
            return false;
        if (holds_pickle(first, used, head < size))
            return true;
        head = used;
    }
    return false;
}

BRN_INLINE bool may_begin(uint8_t byte)
{
    return brn_pickle_begins[byte] || begins_magic(byte);
}

/* May the byte that two characters stand for begin something, or be text that is encoded once more? */
BRN_INLINE bool may_begin_encoded(uint8_t byte)
{
    return may_begin(byte) || base64_value(byte) < SPACE;
}

static brn_hiding encoding_of(const uint8_t *data, size_t size)
{
    /* The first byte that is encoded tells nearly all text from what has to be decoded. */
    uint8_t high = base64_value(data[0]);
    uint8_t low = base64_value(data[1]);
    if (high >= SPACE || low >= SPACE)
        return BRN_HIDING_NONE;
    if (may_begin_encoded((uint8_t)(high << 2 | low >> 4)) && probe(BRN_HIDING_BASE64, data, size))
        return BRN_HIDING_BASE64;
    high = hex_value(data[0]);
    low = hex_value(data[1]);
    if (high < SPACE && low < SPACE && size >= 2 * BRN_HIDING_LEAST &&
        may_begin_encoded((uint8_t)(high << 4 | low)) && probe(BRN_HIDING_HEX, data, size))
        return BRN_HIDING_HEX;
    return BRN_HIDING_NONE;
}

/* ------------------------------------------------------------------------
 * Searching
 * ------------------------------------------------------------------------ */

size_t brn_find_declared(const uint8_t *data, size_t size, size_t from, size_t end,
                         brn_search *search)
{
    for (; from < end && search->walked <= search->most; from++) {
        const uint8_t *at = memchr(data + from, BRN_OP_BYTE_PROTO, end - from);
        if (!at)
            break;
        from = (size_t)(at - data);
        bool names = false;
        size_t walked = 0;
        size_t left = size - from;
        bool found = left > 2 && at[1] <= 5 && brn_looks_like_pickle(at, left, &names, &walked);
        search->walked += walked;
        if (found && names)
            return from;
    }
    return SIZE_MAX;
}

/* Longer lines are not looked at: names of functions are short. */
#define LONGEST_LINE 120

/* How many letters there are up to a line end; 0 if anything else is among them. */
static size_t name_at(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size && i < LONGEST_LINE && brn_is_name_letter(data[i]))
        i++;
    return i < size && data[i] == '\n' ? i : 0;
}

/* Two lines that may be a GLOBAL or an INST: `op` is its place, `name` that of the second line. */
typedef struct lines {
    const uint8_t *data;
    size_t size;
    size_t op;
    size_t name;
    size_t name_size;
} lines;

/*
 * Does a pickle that begins at `begin` do something with the name?  What the name is known for tells it from text; or it ends,
 * and does not begin within a word.
 */
static bool is_spelled(const lines *l, size_t begin, brn_search *search)
{
    const uint8_t *data = l->data + begin;
    bool names = false;
    size_t walked = 0;
    bool uses = brn_looks_like_pickle(data, l->size - begin, &names, &walked) && names &&
                l->name + l->name_size < begin + walked;
    search->walked += walked + 1;
    if (!uses)
        return false;
    if (data[walked - 1] == BRN_OP_BYTE_STOP && (begin == 0 || !brn_is_name_letter(data[-1])))
        return true;
    brn_judgement ruling;
    brn_judge(&ruling, l->data + l->op + 1, l->name - l->op - 2, l->data + l->name, l->name_size);
    return ruling.verdict[BRN_USE_LOOKUP] == BRN_VERDICT_DANGEROUS ||
           ruling.verdict[BRN_USE_CALL] == BRN_VERDICT_DANGEROUS;
}

/* Where the pickle begins that the lines are in; SIZE_MAX if they are in none. */
static size_t begin_of(const lines *l, size_t from, brn_search *search)
{
    bool global = l->data[l->op] == BRN_OP_BYTE_GLOBAL;
    if (global && is_spelled(l, l->op, search))
        return l->op;
    /* OBJ and INST want a mark, with arguments behind it. */
    size_t lowest = l->op - from > LONGEST_LINE ? l->op - LONGEST_LINE : from;
    for (size_t at = l->op; at > lowest; at--) {
        if (l->data[at - 1] == BRN_OP_BYTE_MARK && is_spelled(l, at - 1, search))
            return at - 1;
        if (global)
            break;
    }
    return SIZE_MAX;
}

size_t brn_find_spelled(const uint8_t *data, size_t size, size_t from, size_t end,
                        brn_search *search)
{
    size_t line = from;
    while (line < end && search->walked <= search->most) {
        const uint8_t *at = memchr(data + line, '\n', end - line);
        if (!at)
            break;
        size_t next = (size_t)(at - data) + 1;
        size_t name_size = name_at(data + next, size - next);
        size_t lowest = next - line > LONGEST_LINE ? next - LONGEST_LINE : line;
        for (size_t op = next - 1;
             name_size > 0 && op > lowest && brn_is_name_letter(data[op - 1]);) {
            op--;
            if (op + 2 == next || (data[op] != BRN_OP_BYTE_GLOBAL && data[op] != BRN_OP_BYTE_INST))
                continue;
            const lines l = {data, size, op, next, name_size};
            size_t begin = begin_of(&l, from, search);
            if (begin != SIZE_MAX)
                return begin;
        }
        line = next;
    }
    return SIZE_MAX;
}

bool brn_find_encoded(const uint8_t *data, size_t size, brn_encoded *found)
{
    size_t end = size < found->most ? size : found->most;
    for (size_t at = found->from; at < end && size - at >= BRN_HIDING_LEAST_ENCODED;) {
        /* From behind: what is no part of a word is passed over with all in front of it. */
        size_t behind = at + BRN_HIDING_LEAST_ENCODED;
        while (behind > at && base64_value(data[behind - 1]) < SPACE)
            behind--;
        if (behind > at) {
            at = behind;
            continue;
        }
        behind = at + BRN_HIDING_LEAST_ENCODED;
        while (behind < size && base64_value(data[behind]) < SPACE)
            behind++;
        if (behind - at > 2 && data[at] == '0' && (data[at + 1] | 0x20) == 'x')
            at += 2;
        brn_hiding how = BRN_HIDING_NONE;
        size_t last = behind;
        if (behind - at >= BRN_HIDING_LEAST_ENCODED) {
            while (last < size && last <= at + PROBE && base64_value(data[last]) != BAD)
                last++;
            how = encoding_of(data + at, last - at);
        }
        if (how != BRN_HIDING_NONE) {
            while (last < size && base64_value(data[last]) != BAD)
                last++;
            *found = (brn_encoded){.most = found->most,
                                   .from = behind,
                                   .work = found->work + (last - at),
                                   .at = at,
                                   .size = last - at,
                                   .how = how};
            /* Words that reach over others are looked at while that costs little. */
            if (found->work > 4 * (uint64_t)size)
                found->from = last;
            return true;
        }
        at = behind;
    }
    return false;
}

/* Bytes of a pickle as characters, behind others. */
static size_t find_latin1(const uint8_t *data, size_t size)
{
    static const uint8_t header = 0xc2;
    size_t end = size < BRN_HIDING_SEARCHED ? size : BRN_HIDING_SEARCHED;
    for (size_t at = 0; at + 3 < end; at++) {
        const uint8_t *found = memchr(data + at, header, end - 3 - at);
        if (!found)
            break;
        at = (size_t)(found - data);
        if (brn_is_latin1_header(found))
            return at;
    }
    return SIZE_MAX;
}

brn_hiding brn_hiding_of(const uint8_t *data, size_t size, bool bytes, size_t *at)
{
    *at = 0;
    if (size < BRN_HIDING_LEAST)
        return BRN_HIDING_NONE;
    bool names;
    size_t walked;
    if (brn_pickle_begins[data[0]] && brn_looks_like_pickle(data, size, &names, &walked))
        return BRN_HIDING_PLAIN;
    if (begins_magic(data[0]) && has_magic(data, size))
        return BRN_HIDING_PLAIN;
    if (size < BRN_HIDING_LEAST_BEHIND)
        return BRN_HIDING_NONE;
    size_t end = size < BRN_HIDING_SEARCHED ? size : BRN_HIDING_SEARCHED;
    brn_search search = {.most = 4 * (uint64_t)end};
    size_t latin1 = bytes ? SIZE_MAX : find_latin1(data, size);
    size_t declared = bytes ? brn_find_declared(data, size, 1, end, &search) : SIZE_MAX;
    *at = declared != SIZE_MAX ? declared : brn_find_spelled(data, size, 0, end, &search);
    if (latin1 < *at) {
        *at = latin1;
        return BRN_HIDING_LATIN1;
    }
    return *at != SIZE_MAX ? BRN_HIDING_PLAIN : BRN_HIDING_NONE;
}
