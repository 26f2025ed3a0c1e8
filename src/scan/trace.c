/*
 * trace.c - the host of the machine that a scan runs: names, calls and arguments.
 *
 * It refuses less than a loader: where that would find the wrong type and stop, the trace goes on,
 * because a use too many in a report does no harm.  Where a loader could go on, the trace does.
 */
#include "trace.h"

#include "hiding.h"

#include <inttypes.h>

#define FIRST_STACK 64
#define FIRST_NAMES 64
/* Items that are kept of a container: more than any call shows. */
#define KEPT_ITEMS 16
/* Calls of one dangerous name that are told one by one. */
#define TOLD_CALLS 20
#define LONGEST_PATH 1000
#define MOST_PAYLOADS 100000
#define MOST_DETAIL ((size_t)4 << 20)

static brn_node *fail_memory(brn_trace *h)
{
    (void)brn_reader_fail_memory(&h->m.in, h->m.memory);
    return NULL;
}

/* ------------------------------------------------------------------------
 * Plain data
 * ------------------------------------------------------------------------ */

/* The value made by the opcode at `op`: its place, and bits that no pointer has. */
BRN_INLINE brn_node *place_with(const brn_trace *h, const uint8_t *op, uintptr_t bits)
{
    uintptr_t offset = (uintptr_t)(op - h->base);
    return (brn_node *)(offset << 2 | bits); /* NOLINT(performance-no-int-to-ptr) */
}

BRN_INLINE brn_node *place(const brn_trace *h, const uint8_t *op)
{
    return place_with(h, op, 1);
}

/* Of a value that makes a dear key. */
BRN_INLINE brn_node *dear_place(const brn_trace *h, const uint8_t *op)
{
    return place_with(h, op, 3);
}

static void remember_payload(brn_trace *h, const uint8_t *data, size_t size, brn_hiding how)
{
    void *payloads = h->payloads;
    if (h->payload_count == MOST_PAYLOADS ||
        (h->payload_count == h->payload_cap &&
         !brn_memory_grow(h->m.memory, &payloads, &h->payload_cap, h->payload_count + 1,
                          sizeof *h->payloads))) {
        h->beyond_payloads = true;
        return;
    }
    h->payloads = payloads;
    h->payloads[h->payload_count++] = (brn_payload){(size_t)(data - h->base), size, (uint8_t)how};
}

static BRN_NOINLINE void note_payload(brn_trace *h, const uint8_t *data, size_t size, bool bytes)
{
    size_t at;
    brn_hiding how = brn_hiding_of(data, size, bytes, &at);
    if (how == BRN_HIDING_PLAIN || how == BRN_HIDING_LATIN1) {
        remember_payload(h, data + at, size - at, how);
        return;
    }
    if (size < BRN_HIDING_LEAST_ENCODED)
        return;
    brn_encoded found = {.most = BRN_HIDING_SEARCHED};
    while (brn_find_encoded(data, size, &found))
        remember_payload(h, data + found.at, found.size, found.how);
}

/* Text or bytes: a place, and perhaps a hiding place. */
BRN_INLINE brn_node *make_payload(brn_trace *h, const uint8_t *op, const uint8_t *data, size_t size,
                                  bool bytes)
{
    if (size >= BRN_HIDING_LEAST_BEHIND || (size >= BRN_HIDING_LEAST && brn_pickle_begins[data[0]]))
        note_payload(h, data, size, bytes);
    return place(h, op);
}

/* Numbers in a row: only where they stand is of interest. */
static size_t make_row(const brn_trace *h, uint8_t opcode, size_t width, const uint8_t *from,
                       size_t most, brn_node **to)
{
    size_t made = 0;
    for (; made < most && *from == opcode; made++, from += width)
        to[made] = place(h, from);
    return made;
}

static bool decode_at(const brn_trace *h, const brn_node *value, brn_argument *arg)
{
    const uint8_t *pos = brn_node_opcode(h, value);
    brn_format format = (brn_format)brn_opcode_rows[*pos].format;
    pos++;
    return brn_decode(format, &pos, h->m.in.end, arg) == BRN_DECODED;
}

bool brn_node_text(brn_trace *h, brn_node *value, bool bytes, const uint8_t **text, size_t *size)
{
    brn_argument arg = {.kind = BRN_ARG_NONE};
    if (brn_node_of(value) || !decode_at(h, value, &arg))
        return false;
    switch (*brn_node_opcode(h, value)) {
    case BRN_OP_BYTE_BINBYTES:
    case BRN_OP_BYTE_SHORT_BINBYTES:
    case BRN_OP_BYTE_BINBYTES8:
    case BRN_OP_BYTE_BYTEARRAY8:
        if (!bytes)
            return false;
        break;
    case BRN_OP_BYTE_BINUNICODE:
    case BRN_OP_BYTE_SHORT_BINUNICODE:
    case BRN_OP_BYTE_BINUNICODE8:
    case BRN_OP_BYTE_BINSTRING:
    case BRN_OP_BYTE_SHORT_BINSTRING: break;
    case BRN_OP_BYTE_UNICODE:
    case BRN_OP_BYTE_STRING: {
        bool unicode = *brn_node_opcode(h, value) == BRN_OP_BYTE_UNICODE;
        size_t room;
        uint8_t *out = NULL;
        if (brn_mul_size(arg.size, unicode ? 2 : 1, &room))
            out = brn_store_alloc(&h->store, room + 1);
        *text = out;
        return out && (unicode ? brn_unescape_unicode(arg.data, arg.size, out, size)
                               : brn_unescape_string(arg.data, arg.size, out, size)) == BRN_OK;
    }
    default: return false;
    }
    *text = arg.data;
    *size = arg.size;
    return true;
}

bool brn_node_int(const brn_trace *h, brn_node *value, int64_t *number)
{
    brn_argument arg = {.kind = BRN_ARG_NONE};
    if (brn_node_of(value))
        return false;
    switch (*brn_node_opcode(h, value)) {
    case BRN_OP_BYTE_BININT:
    case BRN_OP_BYTE_BININT1:
    case BRN_OP_BYTE_BININT2:
    case BRN_OP_BYTE_INT:
    case BRN_OP_BYTE_LONG:
        if (!decode_at(h, value, &arg) || arg.kind != BRN_ARG_INT)
            return false;
        *number = arg.integer;
        return true;
    case BRN_OP_BYTE_LONG1:
    case BRN_OP_BYTE_LONG4:
        if (!decode_at(h, value, &arg) || !arg.data)
            return false;
        arg.size = brn_int_trim(arg.data, arg.size);
        if (arg.size > 8)
            return false;
        *number = brn_int_of_bytes(arg.data, arg.size);
        return true;
    default: return false;
    }
}

/*
 * The index of a GET or PUT in text, in the spellings that some loader takes.  For CPython's in C a zero byte ends
 * it, for that in Python it may have any number of digits: those stand for an index that nobody else has.
 */
static bool read_index(brn_trace *h, const uint8_t *text, size_t size, int64_t *index)
{
    uint64_t number = 0;
    uint64_t most = INT64_MAX;
    size_t digits = 0;
    const uint8_t *zero = memchr(text, 0, size);
    if (zero)
        size = (size_t)(zero - text);
    while (size > 0 && strchr(" \t\r\v\f", text[size - 1]))
        size--;
    while (size > 0 && strchr(" \t\r\v\f", *text)) {
        text++;
        size--;
    }
    if (size > 0 && *text == '+') {
        text++;
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '_' && i > 0 && i + 1 < size)
            continue;
        uint64_t digit = (uint64_t)text[i] - '0';
        if (digit > 9) {
            digits = 0;
            break;
        }
        if (number > (most - digit) / 10) {
            number ^= h->m.options.hash_seed;
            most = UINT64_MAX;
        }
        number = number * 10 + digit;
        digits++;
    }
    if (digits == 0) {
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_MEMO_INDEX, "the memo index is no number");
        return false;
    }
    *index = (int64_t)(most == INT64_MAX ? number : (number >> 2 | UINT64_C(1) << 62));
    return true;
}

/* ------------------------------------------------------------------------
 * Nodes
 * ------------------------------------------------------------------------ */

static BRN_NOINLINE brn_node *new_kept_node(brn_trace *h, brn_node_kind kind)
{
    brn_node *node = brn_store_alloc(&h->store, sizeof *node);
    if (!node)
        return fail_memory(h);
    memset(node, 0, sizeof *node);
    node->kind = (uint8_t)kind;
    return node;
}

/* A node, or the place of the opcode if there are too many: then it shows as `...`. */
BRN_INLINE brn_node *new_node(brn_trace *h, const uint8_t *op, brn_node_kind kind)
{
    if (h->store.taken < h->max_detail)
        return new_kept_node(h, kind);
    bool dear = kind == BRN_NODE_TUPLE || kind == BRN_NODE_FROZENSET;
    return dear ? dear_place(h, op) : place(h, op);
}

/* Keep the first items of what a container gets. */
static BRN_NOINLINE bool keep_items(brn_trace *h, brn_node *node, brn_node *const *items,
                                    size_t count)
{
    node->count += count;
    size_t most = node->kind == BRN_NODE_DICT ? 2 * KEPT_ITEMS : KEPT_ITEMS;
    size_t wanted = node->shown + count > most ? most : node->shown + count;
    if (wanted > node->room) {
        size_t room = wanted > 2u * node->room ? wanted : 2u * node->room;
        if (room > most)
            room = most;
        brn_node **kept = brn_store_alloc(&h->store, room * sizeof(brn_node *));
        if (!kept)
            return fail_memory(h) != NULL;
        if (node->shown)
            memcpy(kept, node->items, node->shown * sizeof(brn_node *));
        node->items = kept;
        node->room = (uint8_t)room;
    }
    if (wanted > node->shown)
        memcpy(node->items + node->shown, items, (wanted - node->shown) * sizeof(brn_node *));
    node->shown = (uint8_t)wanted;
    return true;
}

BRN_INLINE brn_node *make_container(brn_trace *h, const uint8_t *op, brn_node_kind kind,
                                    brn_node *const *items, size_t count)
{
    brn_node *value = new_node(h, op, kind);
    brn_node *node = value ? brn_node_of(value) : NULL;
    if (node && count > 0 && !keep_items(h, node, items, count))
        return NULL;
    return value;
}

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

static uint64_t hash_text(uint64_t h, const uint8_t *text, size_t size)
{
    while (size > 0) {
        size_t step = size < 8 ? size : 8;
        h = (h ^ brn_load_le(text, step) ^ (uint64_t)step << 56) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
        text += step;
        size -= step;
    }
    return (h ^ h >> 29) * UINT64_C(0xd6e8feb86659fd93);
}

static brn_traced **find_slot(brn_traced **names, size_t cap, uint64_t hash, const uint8_t *module,
                              size_t module_size, const uint8_t *text, size_t size)
{
    size_t i = (size_t)(hash >> 7) & (cap - 1);
    for (; names[i]; i = (i + 1) & (cap - 1)) {
        const brn_traced *name = names[i];
        if (name->hash == hash && name->module_size == module_size && name->size == size &&
            memcmp(name->module, module, module_size) == 0 && memcmp(name->text, text, size) == 0)
            break;
    }
    return &names[i];
}

static bool grow_names(brn_trace *h)
{
    size_t cap = h->name_cap ? 2 * h->name_cap : FIRST_NAMES;
    size_t size;
    brn_traced **names = NULL;
    if (brn_mul_size(cap, sizeof(brn_traced *), &size))
        names = brn_memory_alloc(h->m.memory, size);
    if (!names)
        return fail_memory(h) != NULL;
    memset(names, 0, size);
    for (size_t i = 0; i < h->name_cap; i++) {
        const brn_traced *name = h->names[i];
        if (name)
            *find_slot(names, cap, name->hash, name->module, name->module_size, name->text,
                       name->size) = h->names[i];
    }
    brn_memory_free(h->m.memory, h->names, h->name_cap * sizeof(brn_traced *));
    h->names = names;
    h->name_cap = cap;
    return true;
}

static brn_traced *new_name(brn_trace *h, const uint8_t *module, size_t module_size,
                            const uint8_t *text, size_t size)
{
    brn_traced *name = brn_store_alloc(&h->store, sizeof *name);
    if (!name) {
        (void)fail_memory(h);
        return NULL;
    }
    memset(name, 0, sizeof *name);
    name->module = module;
    name->module_size = module_size;
    name->text = text;
    name->size = size;
    name->node.kind = BRN_NODE_NAME;
    name->node.name = name;
    name->result.kind = BRN_NODE_RESULT;
    name->result.name = name;
    return name;
}

/* The record of a name; the text has to stay where it is. */
static brn_traced *intern(brn_trace *h, const uint8_t *module, size_t module_size,
                          const uint8_t *text, size_t size)
{
    if (h->name_count >= h->name_cap / 2 && !grow_names(h))
        return NULL;
    uint64_t seed = h->m.options.hash_seed;
    uint64_t hash = hash_text(hash_text(seed, module, module_size), text, size) ^ module_size;
    brn_traced **slot = find_slot(h->names, h->name_cap, hash, module, module_size, text, size);
    brn_traced *name = *slot;
    if (name)
        return name;
    name = new_name(h, module, module_size, text, size);
    if (!name)
        return NULL;
    name->hash = hash;
    brn_judge(&name->ruling, module, module_size, text, size);
    /* Attributes of classes, and what reaches for them, the policy may know all the same. */
    if (name->ruling.verdict[BRN_USE_LOOKUP] == BRN_VERDICT_UNKNOWN &&
        name->ruling.special != BRN_SPECIAL_GETATTR && (size == 0 || !memchr(text, '.', size)))
        h->new_names = true;
    h->name_count++;
    *slot = name;
    return name;
}

/* What has no name is told under a title: an extension code, a name that is computed. */
static brn_traced *titled(brn_trace *h, const char *title, brn_verdict verdict,
                          brn_severity severity, const char *category, const char *reason)
{
    brn_traced *name = new_name(h, (const uint8_t *)"", 0, (const uint8_t *)title, strlen(title));
    if (name)
        brn_judge_all(&name->ruling, verdict, severity, category, reason);
    return name;
}

/* ------------------------------------------------------------------------
 * Uses
 * ------------------------------------------------------------------------ */

static bool has_arguments(brn_use use)
{
    return use == BRN_USE_CALL || use == BRN_USE_STATE || use == BRN_USE_RESULT;
}

static BRN_NOINLINE bool new_finding(brn_trace *h, brn_traced *name, brn_use use,
                                     const brn_trace_finding *like, brn_node *arguments)
{
    /* Half of the places are kept for what is dangerous. */
    size_t most = like->verdict == BRN_VERDICT_DANGEROUS ? h->max_findings : h->max_findings / 2;
    if (h->finding_count >= most) {
        h->omitted++;
        return true;
    }
    void *findings = h->findings;
    if (h->finding_count == h->finding_cap &&
        !brn_memory_grow(h->m.memory, &findings, &h->finding_cap, h->finding_count + 1,
                         sizeof *h->findings))
        return fail_memory(h) != NULL;
    h->findings = findings;
    brn_trace_finding *finding = &h->findings[h->finding_count];
    *finding = *like;
    if (arguments && has_arguments(use)) {
        finding->arguments = brn_trace_spell(h, arguments, use != BRN_USE_STATE);
        if (!finding->arguments)
            return fail_memory(h) != NULL;
    }
    name->last[use] = (uint32_t)++h->finding_count;
    return true;
}

/* A use, judged by `verdict` (and `reason`, if it is not the name's own). */
static bool note_judged(brn_trace *h, brn_traced *name, brn_use use, brn_node *arguments,
                        brn_verdict verdict, const char *reason)
{
    if (verdict > h->verdict)
        h->verdict = verdict;
    uint32_t last = name->last[use];
    bool told = use == BRN_USE_CALL && verdict == BRN_VERDICT_DANGEROUS && arguments &&
                name->calls < TOLD_CALLS;
    if (last && h->findings[last - 1].verdict == verdict && !told) {
        h->findings[last - 1].count++;
        return true;
    }
    if (use == BRN_USE_CALL)
        name->calls++;
    const brn_trace_finding like = {
        name, use, verdict, reason, NULL, brn_reader_op_offset(&h->m.in), 1,
    };
    return new_finding(h, name, use, &like, arguments);
}

static bool note(brn_trace *h, brn_traced *name, brn_use use, brn_node *arguments)
{
    return note_judged(h, name, use, arguments, (brn_verdict)name->ruling.verdict[use], NULL);
}

/*
 * Could it be the name of a module, or of what is in one?  Two lines of text behind a c are a GLOBAL as well; what looks like
 * prose or source is no sign of a pickle where there is no other.
 */
static bool is_plausible(const uint8_t *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!brn_is_name_letter(name[i]) && !memchr("-<>", name[i], 3))
            return false;
    }
    return size > 0;
}

static brn_node *look_up(brn_trace *h, const uint8_t *module, size_t module_size,
                         const uint8_t *text, size_t size)
{
    h->has_names = true;
    h->spelled = h->spelled || (is_plausible(module, module_size) && is_plausible(text, size));
    brn_traced *name = intern(h, module, module_size, text, size);
    return name && note(h, name, BRN_USE_LOOKUP, NULL) ? &name->node : NULL;
}

static bool fail_utf8(brn_trace *h)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_UTF8, "the text is not UTF-8");
    return false;
}

static brn_node *stack_global(brn_trace *h, brn_node *module, brn_node *name)
{
    const uint8_t *text[2];
    size_t size[2];
    if (brn_node_text(h, module, false, &text[0], &size[0]) &&
        brn_node_text(h, name, false, &text[1], &size[1])) {
        for (int i = 0; i < 2; i++) {
            if (brn_utf8_scan(text[i], size[i]) == BRN_UTF8_INVALID)
                return fail_utf8(h) ? module : NULL;
        }
        return look_up(h, text[0], size[0], text[1], size[1]);
    }
    /* What a call, a name or the loader makes may be a str; plain data of another type is none. */
    brn_node *nodes[2] = {brn_node_of(module), brn_node_of(name)};
    bool computed = false;
    for (int i = 0; i < 2; i++)
        computed = computed || (nodes[i] && nodes[i]->kind >= BRN_NODE_NAME);
    if (!computed) {
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_NAME_NOT_STR, "a name is no str");
        return NULL;
    }
    h->has_names = true;
    h->spelled = true;
    brn_traced *record =
        titled(h, "a computed name", BRN_VERDICT_DANGEROUS, BRN_SEVERITY_CRITICAL, "import",
               "What is imported is computed while loading, so nobody can tell.");
    return record && note(h, record, BRN_USE_LOOKUP, NULL) ? &record->node : NULL;
}

bool brn_trace_tell(brn_trace *h, const char *title, const char *category, const char *reason,
                    uint64_t offset)
{
    const char *kept = brn_store_text(&h->store, title, strlen(title));
    brn_severity severity = *category ? BRN_SEVERITY_MEDIUM : BRN_SEVERITY_NONE;
    brn_traced *name = kept ? titled(h, kept, BRN_VERDICT_UNKNOWN, severity, category,
                                     "The policy does not allow this use.")
                            : NULL;
    const char *why = brn_store_text(&h->store, reason, strlen(reason));
    if (!name || !why)
        return false;
    const brn_trace_finding like = {name, BRN_USE_CALL, BRN_VERDICT_UNKNOWN, why, NULL, offset, 1};
    if (h->verdict < BRN_VERDICT_UNKNOWN)
        h->verdict = BRN_VERDICT_UNKNOWN;
    return new_finding(h, name, BRN_USE_CALL, &like, NULL);
}

static brn_node *extension(brn_trace *h, uint32_t code)
{
    char title[40] = "extension code ";
    size_t end = strlen(title);
    char digits[12];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + code % 10);
    while ((code /= 10) != 0);
    while (count > 0)
        title[end++] = digits[--count];
    const char *kept = brn_store_text(&h->store, title, end);
    if (!kept)
        return fail_memory(h);
    h->has_names = true;
    const uint8_t *text = (const uint8_t *)kept;
    brn_traced *name = intern(h, (const uint8_t *)"", 0, text, end);
    if (!name)
        return NULL;
    brn_judge_all(&name->ruling, BRN_VERDICT_UNKNOWN, BRN_SEVERITY_NONE, "",
                  "The extension registry of the loading program says what this is.");
    return note(h, name, BRN_USE_LOOKUP, NULL) ? &name->node : NULL;
}

/* ------------------------------------------------------------------------
 * Calls
 * ------------------------------------------------------------------------ */

/* What a call makes; its arguments are kept where they are asked for later. */
static brn_node *result_of(brn_trace *h, const uint8_t *op, brn_traced *name, brn_node *args)
{
    if (name->ruling.special != BRN_SPECIAL_DTYPE && name->ruling.special != BRN_SPECIAL_ARRAY)
        return &name->result;
    brn_node *value = new_node(h, op, BRN_NODE_RESULT);
    brn_node *node = value ? brn_node_of(value) : NULL;
    if (node) {
        brn_node *const kept[2] = {args, NULL};
        node->name = name;
        if (!keep_items(h, node, kept, 2))
            return NULL;
    }
    return value;
}

static brn_node *argument(brn_node *args, size_t index)
{
    const brn_node *node = brn_node_of(args);
    return node && node->kind == BRN_NODE_TUPLE && index < node->shown ? node->items[index] : NULL;
}

/* getattr(x, "y") with an x that has a name is the name x.y; else nobody can tell what it is. */
static brn_node *follow_getattr(brn_trace *h, brn_traced *getattr, brn_node *args)
{
    brn_node *object = argument(args, 0) ? brn_node_of(argument(args, 0)) : NULL;
    const uint8_t *text;
    size_t size;
    /* Paths that grow by every call would cost quadratic memory. */
    if (!object || !object->name || !argument(args, 1) ||
        !brn_node_text(h, argument(args, 1), false, &text, &size) || size > LONGEST_PATH - 1 ||
        object->name->size > LONGEST_PATH - 1 - size)
        return note(h, getattr, BRN_USE_CALL, args) ? &getattr->result : NULL;
    const brn_traced *owner = object->name;
    size_t whole = owner->size + 1 + size;
    uint8_t *path = brn_store_alloc(&h->store, whole);
    if (!path)
        return fail_memory(h);
    memcpy(path, owner->text, owner->size);
    path[owner->size] = '.';
    memcpy(path + owner->size + 1, text, size);
    brn_verdict verdict = owner->module_size ? BRN_VERDICT_UNKNOWN : BRN_VERDICT_DANGEROUS;
    if (!note_judged(h, getattr, BRN_USE_CALL, args, verdict,
                     "The attribute it reaches is listed under its own name."))
        return NULL;
    return look_up(h, owner->module, owner->module_size, path, whole);
}

/*
 * An instance that a known function makes of a class: that the class itself may not be called, because its
 * arguments would have to be looked at, does not matter here.
 */
static bool note_instance(brn_trace *h, brn_traced *class, brn_node *args)
{
    const brn_verdict *verdict = class->ruling.verdict;
    bool known = verdict[BRN_USE_LOOKUP] == BRN_VERDICT_KNOWN;
    return note_judged(h, class, BRN_USE_CALL, args, verdict[known ? BRN_USE_LOOKUP : BRN_USE_CALL],
                       NULL);
}

/* A call of something with a name. */
static brn_node *call_name(brn_trace *h, const uint8_t *op, brn_traced *name, brn_node *args)
{
    switch (name->ruling.special) {
    case BRN_SPECIAL_GETATTR: return follow_getattr(h, name, args);
    case BRN_SPECIAL_TYPE: {
        const brn_node *node = brn_node_of(args);
        if (node && node->kind == BRN_NODE_TUPLE && node->count == 1)
            return note_judged(h, name, BRN_USE_CALL, args, BRN_VERDICT_KNOWN, "") ? &name->result
                                                                                   : NULL;
        break;
    }
    case BRN_SPECIAL_REDUCE: {
        const brn_node *node = argument(args, 0) ? brn_node_of(argument(args, 0)) : NULL;
        if (node && node->kind == BRN_NODE_NAME && node->name->ruling.special == BRN_SPECIAL_OR)
            return note_judged(h, name, BRN_USE_CALL, args, BRN_VERDICT_UNKNOWN,
                               "Nobody has reviewed it with these arguments.")
                       ? &name->result
                       : NULL;
        break;
    }
    case BRN_SPECIAL_INSTANCE: {
        brn_node *class = argument(args, 0) ? brn_node_of(argument(args, 0)) : NULL;
        if (!class || class->kind != BRN_NODE_NAME)
            return note_judged(h, name, BRN_USE_CALL, args, BRN_VERDICT_UNKNOWN,
                               "The class it makes an instance of has no name.")
                       ? &name->result
                       : NULL;
        if (!note(h, name, BRN_USE_CALL, args) || !note_instance(h, class->name, args))
            return NULL;
        return &class->name->result;
    }
    default: break;
    }
    return note(h, name, BRN_USE_CALL, args) ? result_of(h, op, name, args) : NULL;
}

/* A call of what a call has returned, or of what the loader supplies. */
static brn_node *call_result(brn_trace *h, const brn_node *callee, brn_node *args)
{
    brn_traced *name = callee->name;
    if (!name) {
        name = titled(h, "an object the loader supplies", BRN_VERDICT_UNKNOWN, BRN_SEVERITY_NONE,
                      "", "It is called; what it is, the loader says.");
        return name && note(h, name, BRN_USE_CALL, args) ? &name->result : NULL;
    }
    brn_verdict verdict = (brn_verdict)name->ruling.verdict[BRN_USE_RESULT];
    if (verdict < BRN_VERDICT_UNKNOWN)
        verdict = BRN_VERDICT_UNKNOWN;
    return note_judged(h, name, BRN_USE_RESULT, args, verdict, NULL) ? &name->result : NULL;
}

static brn_node *make_call(brn_trace *h, const uint8_t *op, brn_node *callee, brn_node *args)
{
    brn_node *node = brn_node_of(callee);
    if (node && node->kind == BRN_NODE_NAME)
        return call_name(h, op, node->name, args);
    if (node && node->kind >= BRN_NODE_RESULT)
        return call_result(h, node, args);
    return place(h, op); /* plain data cannot be called: a loader stops here */
}

static brn_node *make_obj(brn_trace *h, const uint8_t *op, brn_node *const *items, size_t count)
{
    brn_node *args = make_container(h, op, BRN_NODE_TUPLE, items + 1, count - 1);
    return args ? make_call(h, op, items[0], args) : NULL;
}

static brn_node *make_inst(brn_trace *h, const uint8_t *op, const brn_argument *names,
                           brn_node *const *items, size_t count)
{
    brn_node *args = make_container(h, op, BRN_NODE_TUPLE, items, count);
    brn_node *class =
        args ? look_up(h, names->data, names->size, names->data2, names->size2) : NULL;
    return class ? make_call(h, op, class, args) : NULL;
}

static brn_node *make_foreign(brn_trace *h, uint64_t *counter)
{
    ++*counter;
    return &h->foreign;
}

/* ------------------------------------------------------------------------
 * Changes
 * ------------------------------------------------------------------------ */

/* Keys stand at every `step`th place. */
static void note_keys(brn_trace *h, brn_node *const *items, size_t count, size_t step)
{
    for (size_t i = 0; !h->dear_keys && i < count; i += step)
        h->dear_keys = brn_node_is_dear_key(items[i]);
}

static BRN_NOINLINE bool add_to_node(brn_trace *h, brn_node *node, brn_node *const *items,
                                     size_t count)
{
    if (node->kind < BRN_NODE_NAME)
        return h->store.taken >= h->max_detail || keep_items(h, node, items, count);
    return !node->name || note(h, node->name, BRN_USE_ITEMS, NULL);
}

BRN_INLINE bool add_items(brn_trace *h, brn_node *container, brn_node *const *items, size_t count)
{
    brn_node *node = brn_node_of(container);
    return !node || add_to_node(h, node, items, count);
}

/*
 * The items of an array of objects are a pickle of their own, with a memo of its own: it is looked at like one
 * that hides, and its length is all that is needed here.
 */
static const char *skip_objects(brn_trace *h)
{
    brn_reader *in = &h->m.in;
    size_t left = (size_t)(in->end - in->pos);
    size_t size = 0;
    brn_options options = h->m.options;
    brn_code code =
        brn_events(in->pos, left, &options, &h->m.memory->alloc, NULL, NULL, &size, NULL);
    remember_payload(h, in->pos, code == BRN_OK ? size : left, BRN_HIDING_PLAIN);
    if (code != BRN_OK)
        return "the pickle of an array of objects is broken";
    in->pos += size;
    return NULL;
}

static bool remember_gap(brn_trace *h, const uint8_t *from, const uint8_t *to)
{
    void *gaps = h->gaps;
    if (h->gap_count == h->gap_cap &&
        !brn_memory_grow(h->m.memory, &gaps, &h->gap_cap, h->gap_count + 1, sizeof *h->gaps))
        return fail_memory(h) != NULL;
    h->gaps = gaps;
    h->gaps[h->gap_count++] = (brn_trace_gap){(size_t)(from - h->base), (size_t)(to - from)};
    return true;
}

static bool skip_array(brn_trace *h, brn_node *state)
{
    uint64_t bytes;
    bool nested;
    brn_reader *in = &h->m.in;
    const uint8_t *from = in->pos;
    const char *problem = NULL;
    if (in->frame_end != BRN_NO_FRAME && brn_reader_offset(in, in->pos) != in->frame_end)
        problem = "an array begins inside a frame";
    else if (!brn_trace_array(h, state, in->pos, &bytes, &nested))
        problem = "the size of an array cannot be told";
    else if (!nested && bytes > (uint64_t)(in->end - in->pos))
        problem = "an array is longer than the file";
    else if (nested)
        problem = skip_objects(h);
    else
        in->pos += bytes;
    if (problem) {
        (void)brn_reader_fail(in, BRN_ERROR_ARRAY, "%s", problem);
        return false;
    }
    in->frame_end = BRN_NO_FRAME;
    in->limit = in->end;
    return remember_gap(h, from, in->pos);
}

static bool build(brn_trace *h, brn_node *object, brn_node *state)
{
    brn_node *node = brn_node_of(object);
    if (!node || !node->name)
        return true;
    brn_traced *name = node->name;
    if (node->kind == BRN_NODE_NAME)
        return note_judged(h, name, BRN_USE_STATE, state,
                           name->ruling.verdict[BRN_USE_STATE] == BRN_VERDICT_DANGEROUS
                               ? BRN_VERDICT_DANGEROUS
                               : BRN_VERDICT_UNKNOWN,
                           "The class or function itself is changed, for the whole program.");
    if (!note(h, name, BRN_USE_STATE, state))
        return false;
    if (node->room == 2)
        node->items[1] = state;
    return name->ruling.special != BRN_SPECIAL_ARRAY || skip_array(h, state);
}

/* ------------------------------------------------------------------------
 * Memo
 * ------------------------------------------------------------------------ */

static BRN_NOINLINE brn_node *fail_missing(brn_trace *h, uint64_t index)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_MEMO_MISSING, "nothing is stored under %" PRIu64,
                          index);
    return NULL;
}

BRN_INLINE brn_node *memo_get(brn_trace *h, uint64_t index)
{
    brn_node *value = brn_memo_get(&h->memo, index);
    return BRN_LIKELY(value != NULL) ? value : fail_missing(h, index);
}

static BRN_NOINLINE bool memo_put_slow(brn_trace *h, uint64_t index, brn_node *value)
{
    if (brn_memo_put(&h->memo, h->m.memory, index, value))
        return true;
    return fail_memory(h) != NULL;
}

BRN_INLINE bool memo_put(brn_trace *h, uint64_t index, brn_node *value)
{
    if (BRN_LIKELY(index == h->memo.count && index < h->memo.in_order)) {
        h->memo.dense[index] = value;
        h->memo.count++;
        return true;
    }
    return memo_put_slow(h, index, value);
}

/* ------------------------------------------------------------------------
 * The machine
 * ------------------------------------------------------------------------ */

#define HOST_RUN run_trace
#define HOST_RUN_NAME(x) trace_##x
#define HOST_CONTEXT brn_trace
#define HOST_HAS_VALUES 1
#define HOST_VALUE brn_node *
/* Numbers are not read at all: no loader's spelling of them stops the trace. */
#define HOST_HAS_NUMERALS 1
#define HOST_BUILD_MOVES
#define HOST_TAKES_ANY_PERSID

#define HOST_MAKE_NONE(h) place(h, op)
#define HOST_MAKE_TRUE(h) place(h, op)
#define HOST_MAKE_FALSE(h) place(h, op)
#define HOST_MAKE_INT(h, value) ((void)(value), place(h, op))
#define HOST_MAKE_LONG(h, data, size) dear_place(h, op)
#define HOST_MAKE_DECIMAL(h, text, size) place(h, op)
#define HOST_MAKE_FLOAT(h, value) ((void)(value), place(h, op))
#define HOST_MAKE_INT_NUMERAL(h, text, size) place(h, op)
#define HOST_MAKE_LONG_NUMERAL(h, text, size) dear_place(h, op)
#define HOST_MAKE_FLOAT_NUMERAL(h, text, size) place(h, op)
#define HOST_READ_INDEX(h, text, size, index) read_index(h, text, size, index)
#define HOST_MAKE_ROW(h, opcode, format, from, most, to) \
    make_row(h, opcode, 1 + brn_format_width(format), from, most, to)
#define HOST_MAKE_PY2STR(h, data, size) make_payload(h, op, data, size, true)
#define HOST_MAKE_PY2STR_ESCAPED(h, text, size) make_payload(h, op, text, size, false)
#define HOST_MAKE_BYTES(h, data, size) make_payload(h, op, data, size, true)
#define HOST_MAKE_BYTEARRAY(h, data, size) make_payload(h, op, data, size, true)
#define HOST_MAKE_TEXT(h, text, size) make_payload(h, op, text, size, false)
#define HOST_MAKE_TEXT_ESCAPED(h, text, size) make_payload(h, op, text, size, false)
#define HOST_MAKE_EMPTY_LIST(h) new_node(h, op, BRN_NODE_LIST)
#define HOST_MAKE_EMPTY_TUPLE(h) place(h, op)
#define HOST_MAKE_EMPTY_DICT(h) new_node(h, op, BRN_NODE_DICT)
#define HOST_MAKE_EMPTY_SET(h) new_node(h, op, BRN_NODE_SET)
#define HOST_MAKE_LIST(h, items, n) make_container(h, op, BRN_NODE_LIST, items, n)
#define HOST_MAKE_TUPLE(h, items, n) make_container(h, op, BRN_NODE_TUPLE, items, n)
#define HOST_MAKE_FROZENSET(h, items, n) \
    (note_keys(h, items, n, 1), make_container(h, op, BRN_NODE_FROZENSET, items, n))
#define HOST_MAKE_DICT(h, items, n) \
    (note_keys(h, items, n, 2), make_container(h, op, BRN_NODE_DICT, items, n))
#define HOST_MAKE_GLOBAL(h, module, module_size, name, name_size) \
    look_up(h, module, module_size, name, name_size)
#define HOST_MAKE_STACK_GLOBAL(h, module, name) stack_global(h, module, name)
#define HOST_MAKE_REDUCE(h, callee, args) make_call(h, op, callee, args)
#define HOST_MAKE_NEWOBJ(h, class, args) make_call(h, op, class, args)
#define HOST_MAKE_NEWOBJ_EX(h, class, args, kwargs) ((void)(kwargs), make_call(h, op, class, args))
#define HOST_MAKE_OBJ(h, items, n) make_obj(h, op, items, n)
#define HOST_MAKE_INST(h, module, module_size, name, name_size, items, n) \
    make_inst(h, op, &arg, items, n)
#define HOST_MAKE_PERSID(h, text, size) make_foreign(h, &(h)->persistent_ids)
#define HOST_MAKE_BINPERSID(h, id) ((void)(id), make_foreign(h, &(h)->persistent_ids))
#define HOST_MAKE_EXT(h, code) extension(h, code)
#define HOST_MAKE_NEXT_BUFFER(h) make_foreign(h, &(h)->buffers)
#define HOST_MAKE_READONLY_BUFFER(h, buffer) (buffer)
#define HOST_MAKE_DUP(h, value) (value)
#define HOST_MEMO_GET(h, index) memo_get(h, index)
#define HOST_APPEND(h, list, items, n) add_items(h, list, items, n)
#define HOST_SETITEMS(h, dict, items, n) (note_keys(h, items, n, 2), add_items(h, dict, items, n))
#define HOST_ADDITEMS(h, set, items, n) (note_keys(h, items, n, 1), add_items(h, set, items, n))
#define HOST_BUILD(h, object, state) build(h, object, state)
#define HOST_MEMO_PUT(h, index, value) memo_put(h, index, value)
#define HOST_MEMOIZE(h, value) memo_put(h, (h)->memo.count, value)
#define HOST_ON_MARK(h) true
#define HOST_ON_POP(h, value, above, at) true
#define HOST_ON_POP_MARK(h, items, n) true
#define HOST_ON_DROP_MARK(h) true
#define HOST_ON_PROTO(h, protocol) true
#define HOST_ON_FRAME(h, size) true
#define HOST_ON_STOP(h, value) true
#define HOST_DROP(h, items, n) ((void)(items), (void)(n))
#define HOST_ON_EMPTY(h, value) true

#include "../machine/machine.inc.h"

/* ------------------------------------------------------------------------
 * Runs
 * ------------------------------------------------------------------------ */

void brn_trace_init(brn_trace *h, brn_memory *memory, const brn_options *options,
                    size_t max_findings)
{
    memset(h, 0, sizeof *h);
    h->m.memory = memory;
    h->m.options = *options;
    h->max_findings = max_findings;
    h->max_detail = MOST_DETAIL;
    h->foreign.kind = BRN_NODE_FOREIGN;
    brn_store_init(&h->store, memory);
}

void brn_trace_free(brn_trace *h)
{
    brn_memory *memory = h->m.memory;
    brn_store_free(&h->store);
    brn_memo_free(&h->memo, memory);
    brn_memory_free(memory, h->m.stack, h->m.stack_cap * sizeof *h->m.stack);
    brn_memory_free(memory, h->m.marks, h->m.mark_cap * sizeof *h->m.marks);
    brn_memory_free(memory, h->names, h->name_cap * sizeof *h->names);
    brn_memory_free(memory, h->findings, h->finding_cap * sizeof *h->findings);
    brn_memory_free(memory, h->payloads, h->payload_cap * sizeof *h->payloads);
    brn_memory_free(memory, h->gaps, h->gap_cap * sizeof *h->gaps);
}

static void forget(brn_trace *h)
{
    brn_store_reset(&h->store);
    if (h->name_count > 0)
        memset(h->names, 0, h->name_cap * sizeof *h->names);
    h->name_count = 0;
    h->finding_count = 0;
    h->omitted = 0;
    h->payload_count = 0;
    h->gap_count = 0;
    h->persistent_ids = 0;
    h->buffers = 0;
    h->verdict = BRN_VERDICT_DATA;
    h->has_names = false;
    h->spelled = false;
    h->dear_keys = false;
    h->new_names = false;
    h->beyond_payloads = false;
    h->m.depth = 0;
    h->m.mark_count = 0;
    brn_memo_free(&h->memo, h->m.memory);
    brn_memo_init(&h->memo, h->m.options.hash_seed);
}

static brn_code run(brn_trace *h, const void *data, size_t size, bool frames, brn_error *err)
{
    forget(h);
    brn_error_clear(err);
    brn_reader_memory(&h->m.in, data, size, &h->m.options, err);
    h->m.in.no_frames = !frames;
    h->base = h->m.in.start;
    if (size > UINTPTR_MAX >> 2)
        return brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_INPUT, "too long for this machine");
    if (!h->m.stack) {
        h->m.stack = brn_memory_alloc(h->m.memory, FIRST_STACK * sizeof *h->m.stack);
        if (!h->m.stack)
            return brn_reader_fail_memory(&h->m.in, h->m.memory);
        h->m.stack_cap = FIRST_STACK;
    }
    brn_code code = run_trace(h);
    h->size = (size_t)((code == BRN_OK ? h->m.in.pos : h->m.in.op) - h->base);
    return code;
}

brn_code brn_trace_run(brn_trace *h, const void *data, size_t size)
{
    brn_code code = run(h, data, size, true, &h->err);
    if (code == BRN_ERROR_FRAME_TOO_LONG || code == BRN_ERROR_FRAME_STRADDLED ||
        code == BRN_ERROR_FRAME_NESTED) {
        brn_error later;
        (void)run(h, data, size, false, &later);
    }
    return code;
}
