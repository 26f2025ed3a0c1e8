/*
 * hiding.c - pickles inside of text and bytes: as they are, in base64, in hex.
 *
 * Every payload of every pickle passes here, so what is no pickle has to be found out within a few
 * bytes.  A walk over the opcodes does it, with no more than the height of the stack: text and
 * numbers hardly ever get past their second opcode.
 */
#include "hiding.h"

#include "../machine/decode.h"

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
        brn_decoded decoded = brn_decode((brn_format)row->format, &pos, end, &arg);
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
static uint8_t base64_value(uint8_t c)
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

uint8_t *brn_hiding_decode(brn_hiding how, const uint8_t *data, size_t size, brn_memory *memory,
                           size_t *decoded_size, size_t *room)
{
    *room = how == BRN_HIDING_LATIN1 ? size : size / 4 * 3 + 3;
    uint8_t *to = brn_memory_alloc(memory, *room);
    if (!to)
        return NULL;
    /* What follows the encoded text does not matter: some decoders pass over it. */
    if (how == BRN_HIDING_LATIN1)
        decode_latin1(data, size, to, decoded_size);
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

static bool probe(brn_hiding how, const uint8_t *data, size_t size)
{
    uint8_t first[PROBE];
    size_t used;
    size_t head = size < PROBE ? size : PROBE;
    if (!decode(how, data, head, first, sizeof first, &used) || used < 6)
        return false;
    bool names;
    size_t walked;
    if (brn_pickle_begins[first[0]] && walk_opcodes(first, used, head < size, &names, &walked))
        return true;
    return begins_magic(first[0]) && has_magic(first, used);
}

BRN_INLINE bool may_begin(uint8_t byte)
{
    return brn_pickle_begins[byte] || begins_magic(byte);
}

/* How far into bytes a pickle behind others is looked for. */
#define SEARCHED ((size_t)64 << 10)

/* A header with something behind it that does something; SIZE_MAX if there is none. */
static size_t find_header(const uint8_t *data, size_t size)
{
    size_t end = size - 2 < SEARCHED ? size - 2 : SEARCHED;
    size_t work = 0;
    for (size_t at = 1; at < end && work < 4 * SEARCHED; at++) {
        const uint8_t *found = memchr(data + at, BRN_OP_BYTE_PROTO, end - at);
        if (!found)
            break;
        at = (size_t)(found - data);
        bool names = false;
        size_t walked = 0;
        if (found[1] <= 5 && brn_looks_like_pickle(found, size - at, &names, &walked) && names)
            return at;
        work += walked;
    }
    return SIZE_MAX;
}

static brn_hiding encoding_of(const uint8_t *data, size_t size)
{
    if (data[0] == 0xc2 && data[1] == BRN_OP_BYTE_PROTO && data[2] <= 5)
        return BRN_HIDING_LATIN1;
    /* The first byte that is encoded tells nearly all text from what has to be decoded. */
    uint8_t high = base64_value(data[0]);
    uint8_t low = base64_value(data[1]);
    if (high >= SPACE || low >= SPACE)
        return BRN_HIDING_NONE;
    if (may_begin((uint8_t)(high << 2 | low >> 4)) && probe(BRN_HIDING_BASE64, data, size))
        return BRN_HIDING_BASE64;
    high = hex_value(data[0]);
    low = hex_value(data[1]);
    if (high < SPACE && low < SPACE && size >= 2 * BRN_HIDING_LEAST &&
        may_begin((uint8_t)(high << 4 | low)) && probe(BRN_HIDING_HEX, data, size))
        return BRN_HIDING_HEX;
    return BRN_HIDING_NONE;
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
    if (size < 12)
        return BRN_HIDING_NONE;
    brn_hiding how = encoding_of(data, size);
    if (how != BRN_HIDING_NONE || !bytes)
        return how;
    *at = find_header(data, size);
    return *at < size ? BRN_HIDING_PLAIN : BRN_HIDING_NONE;
}
