/*
 * arguments.c - what is known of the values a call is given: spelt for people, and measured where
 * bytes of an array depend on them.
 */
#include "trace.h"

#include "../repr.h"

#define MOST_TEXT 200   /* bytes of a spelling, */
#define MOST_PAYLOAD 80 /* of a text or bytes in it, */
#define MOST_DEPTH 5    /* and containers in each other */

/* ------------------------------------------------------------------------
 * Spelling
 * ------------------------------------------------------------------------ */

typedef struct level {
    const brn_node *node;
    size_t next;
    const char *close;
} level;

static void spell_payload(brn_trace *h, brn_out *out, brn_node *value)
{
    const uint8_t *text;
    size_t size;
    if (!brn_node_text(h, value, true, &text, &size)) {
        brn_out_puts(out, "...");
        return;
    }
    size_t shown = size < MOST_PAYLOAD ? size : MOST_PAYLOAD;
    switch (*brn_node_opcode(h, value)) {
    case BRN_OP_BYTE_BINBYTES:
    case BRN_OP_BYTE_SHORT_BINBYTES:
    case BRN_OP_BYTE_BINBYTES8: brn_out_repr_bytes(out, text, shown); break;
    case BRN_OP_BYTE_BYTEARRAY8: brn_out_repr_bytearray(out, text, shown); break;
    default:
        /* Not through the middle of a character. */
        while (shown < size && shown > 0 && (text[shown] & 0xc0) == 0x80)
            shown--;
        brn_out_repr_str(out, (const char *)text, shown);
        break;
    }
    if (shown < size)
        brn_out_puts(out, "...");
}

/* Plain data, by the opcode that made it. */
static void spell_plain(brn_trace *h, brn_out *out, brn_node *value)
{
    const uint8_t *op = brn_node_opcode(h, value);
    brn_argument arg = {.kind = BRN_ARG_NONE};
    const uint8_t *pos = op + 1;
    brn_format format = (brn_format)brn_opcode_rows[*op].format;
    switch (*op) {
    case BRN_OP_BYTE_NONE: brn_out_puts(out, "None"); return;
    case BRN_OP_BYTE_NEWTRUE: brn_out_puts(out, "True"); return;
    case BRN_OP_BYTE_NEWFALSE: brn_out_puts(out, "False"); return;
    case BRN_OP_BYTE_EMPTY_TUPLE: brn_out_puts(out, "()"); return;
    default: break;
    }
    if (brn_decode(format, &pos, h->m.in.end, &arg) != BRN_DECODED) {
        brn_out_puts(out, "...");
        return;
    }
    switch (arg.kind) {
    case BRN_ARG_INT: brn_out_int(out, arg.integer); break;
    case BRN_ARG_BOOL: brn_out_puts(out, arg.integer ? "True" : "False"); break;
    case BRN_ARG_FLOAT: brn_out_float(out, arg.real); break;
    case BRN_ARG_LONG:
        brn_out_bigint(out, arg.data, arg.size < MOST_PAYLOAD ? arg.size : MOST_PAYLOAD);
        break;
    case BRN_ARG_DECIMAL:
        brn_out_putn(out, arg.data, arg.size < MOST_PAYLOAD ? arg.size : MOST_PAYLOAD);
        break;
    case BRN_ARG_BYTES:
    case BRN_ARG_TEXT:
    case BRN_ARG_ESCAPED_BYTES:
    case BRN_ARG_ESCAPED_TEXT: spell_payload(h, out, value); break;
    default: brn_out_puts(out, "..."); break;
    }
}

/* A name in quotes is harmless text; the quotes go. */
static void spell_name(brn_out *out, const brn_traced *name)
{
    char text[MOST_TEXT];
    brn_out quoted;
    const uint8_t *parts[2] = {name->module, name->text};
    const size_t sizes[2] = {name->module_size, name->size};
    for (int i = 0; i < 2; i++) {
        size_t shown = sizes[i] < MOST_PAYLOAD ? sizes[i] : MOST_PAYLOAD;
        brn_out_init(&quoted, NULL, NULL, text, sizeof text);
        brn_out_repr_str(&quoted, (const char *)parts[i], shown);
        if (quoted.used > 2)
            brn_out_putn(out, text + 1, quoted.used - 2);
        if (i == 0 && sizes[0] > 0)
            brn_out_put(out, '.');
    }
}

/* Begin a node: what stands in front of its items.  False if it has none to be spelt. */
static bool open_node(brn_out *out, const brn_node *node, level *l)
{
    *l = (level){node, 0, ""};
    switch ((brn_node_kind)node->kind) {
    case BRN_NODE_TUPLE:
        brn_out_put(out, '(');
        l->close = node->count == 1 ? ",)" : ")";
        return true;
    case BRN_NODE_LIST:
        brn_out_put(out, '[');
        l->close = "]";
        return true;
    case BRN_NODE_SET:
    case BRN_NODE_DICT:
        brn_out_put(out, '{');
        l->close = "}";
        return true;
    case BRN_NODE_FROZENSET:
        brn_out_puts(out, "frozenset({");
        l->close = "})";
        return true;
    case BRN_NODE_NAME: spell_name(out, node->name); return false;
    case BRN_NODE_RESULT:
        spell_name(out, node->name);
        brn_out_puts(out, "(...)");
        return false;
    case BRN_NODE_FOREIGN: brn_out_puts(out, "<object of the loader>"); return false;
    }
    return false;
}

static void separate(brn_out *out, const level *l)
{
    if (l->next > 0)
        brn_out_puts(out, l->node->kind == BRN_NODE_DICT && l->next % 2 ? ": " : ", ");
}

static void spell(brn_trace *h, brn_out *out, brn_node *value)
{
    level levels[MOST_DEPTH + 1]; /* one more: names are opened to be spelt, and have no items */
    size_t depth = 0;
    for (;;) {
        brn_node *node = brn_node_of(value);
        if (!node)
            spell_plain(h, out, value);
        else if (depth == MOST_DEPTH && node->kind < BRN_NODE_NAME)
            brn_out_puts(out, "...");
        else if (open_node(out, node, &levels[depth]))
            depth++;
        /* To the next item of the innermost container that has one left. */
        for (;;) {
            if (depth == 0 || out->dropped > 0)
                return;
            level *l = &levels[depth - 1];
            if (l->next < l->node->shown) {
                separate(out, l);
                value = l->node->items[l->next++];
                break;
            }
            if (l->next < l->node->count) {
                separate(out, l);
                brn_out_puts(out, "...");
            }
            brn_out_puts(out, l->close);
            depth--;
        }
    }
}

const char *brn_trace_spell(brn_trace *h, brn_node *value, bool bare)
{
    char text[MOST_TEXT];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text);
    spell(h, &out, value);
    const char *begin = text;
    size_t size = out.used;
    const brn_node *node = brn_node_of(value);
    bool tuple = node ? node->kind == BRN_NODE_TUPLE : size == 2 && memcmp(text, "()", 2) == 0;
    if (bare && tuple) {
        begin++;
        size--;
        if (out.dropped == 0)
            size -= node && node->count == 1 ? 2 : 1;
    }
    if (out.dropped > 0) {
        /* Cut at a character, and say so. */
        size_t room = sizeof text - 3 - (size_t)(begin - text);
        if (size > room)
            size = room;
        while (size > 0 && ((uint8_t)begin[size] & 0xc0) == 0x80)
            size--;
        memcpy(text + (begin - text) + size, "...", 3);
        size += 3;
    }
    return brn_store_text(&h->store, begin, size);
}

/* ------------------------------------------------------------------------
 * Arrays of joblib
 * ------------------------------------------------------------------------ */

static brn_node *state_item(brn_trace *h, const brn_node *state, const char *key)
{
    for (size_t i = 0; i + 1 < state->shown; i += 2) {
        const uint8_t *text;
        size_t size;
        if (brn_node_text(h, state->items[i], false, &text, &size) && size == strlen(key) &&
            memcmp(text, key, size) == 0)
            return state->items[i + 1];
    }
    return NULL;
}

/* Bytes of an item of this dtype; *objects says that its items are pickled. */
static bool item_size(brn_trace *h, brn_node *dtype, uint64_t *size, bool *objects)
{
    const brn_node *node = dtype ? brn_node_of(dtype) : NULL;
    if (!node || node->kind != BRN_NODE_RESULT || !node->name ||
        node->name->ruling.special != BRN_SPECIAL_DTYPE || node->shown < 1)
        return false;
    const brn_node *args = brn_node_of(node->items[0]);
    const uint8_t *code;
    size_t length;
    if (!args || args->shown < 1 || !brn_node_text(h, args->items[0], true, &code, &length) ||
        length < 2)
        return false;
    uint64_t number = 0;
    for (size_t i = 1; i < length; i++) {
        if (code[i] < '0' || code[i] > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (uint64_t)(code[i] - '0');
    }
    if (!memchr("biufcmMSUVO", code[0], 11))
        return false;
    *size = code[0] == 'U' ? 4 * number : number;
    *objects = code[0] == 'O';
    /* The state of a dtype ends in its flags, of which the lowest says that there are objects inside. */
    const brn_node *state = node->items[1] ? brn_node_of(node->items[1]) : NULL;
    int64_t flags;
    if (state && state->kind == BRN_NODE_TUPLE && state->shown >= 8 &&
        brn_node_int(h, state->items[7], &flags))
        *objects = *objects || (flags & 1) != 0;
    else if (code[0] == 'V')
        return false;
    return true;
}

bool brn_trace_array(brn_trace *h, brn_node *state, const uint8_t *next, uint64_t *bytes,
                     bool *nested)
{
    const brn_node *dict = brn_node_of(state);
    if (!dict || dict->kind != BRN_NODE_DICT)
        return false;
    uint64_t total;
    if (!item_size(h, state_item(h, dict, "dtype"), &total, nested))
        return false;
    brn_node *shape = state_item(h, dict, "shape");
    if (!shape)
        return false;
    const brn_node *tuple = brn_node_of(shape);
    if (tuple ? tuple->kind != BRN_NODE_TUPLE || tuple->shown != tuple->count
              : *brn_node_opcode(h, shape) != BRN_OP_BYTE_EMPTY_TUPLE)
        return false;
    for (size_t i = 0; tuple && i < tuple->shown; i++) {
        int64_t side;
        if (!brn_node_int(h, tuple->items[i], &side) || side < 0 ||
            (side > 0 && total > (uint64_t)INT64_MAX / (uint64_t)side))
            return false;
        total *= (uint64_t)side;
    }
    *bytes = total;
    /* Since joblib 1.2 a byte says how much padding follows it, if the state speaks of alignment. */
    brn_node *alignment = state_item(h, dict, "numpy_array_alignment_bytes");
    if (alignment && !brn_node_of(alignment) &&
        *brn_node_opcode(h, alignment) != BRN_OP_BYTE_NONE && !*nested) {
        if (next >= h->m.in.end)
            return false;
        *bytes += 1 + (uint64_t)*next;
    }
    return true;
}
