/*
 * json_read.c - a document from JSON, as brn_json() writes it in lossless mode.
 *
 * Three passes over the tape (json_tape.h), each along it, none with a stack.  The first makes every value, containers
 * empty, and finds what "$ref" means: a value may be in itself, so it has to be there before what it holds.  The second
 * fills what is not hashed: lists, tuples, calls.  The third fills what is, inner things first, and does what was
 * done to objects: by then all keys are whole.
 */
#include "document.h"
#include "json_tape.h"

#include "../machine/memo.h"
#include "../options.h"
#include "../repr.h"

/* What an entry of the tape is for. */
typedef enum role {
    VALUE,   /* a value, of which nothing is known yet */
    PART,    /* the punctuation of another: its key, its id, the array of its items */
    LEAF,    /* made, and complete */
    LIST,    /* made, to be filled: an array, ... */
    MEMBERS, /* an object without tags */
    TAGGED   /* an object with them */
} role;

typedef enum tag {
    TAG_REF,
    TAG_INT,
    TAG_FLOAT,
    TAG_STR,
    TAG_UTF8,
    TAG_PY2STR,
    TAG_BYTES,
    TAG_BYTEARRAY,
    TAG_LIST,
    TAG_TUPLE,
    TAG_SET,
    TAG_FROZENSET,
    TAG_DICT,
    TAG_GLOBAL,
    TAG_CALL,
    TAG_OBJECT,
    TAG_INST,
    TAG_PERSID,
    TAG_EXT,
    TAG_BUFFER,
    TAG_COUNT
} tag;

/* What may stand beside a tag. */
enum {
    WITH_ID = 1,
    WITH_ARGS = 2,
    WITH_KWARGS = 4,
    WITH_DO = 8,
    WITH_LATER = 16,
    WITH_READONLY = 32
};

static const struct tag_info {
    const char *name;
    uint8_t kind; /* brn_json_kind of what stands behind it, or ANY */
    uint8_t with;
} tags[] = {
#define ANY UINT8_MAX
    [TAG_REF] = {"$ref", BRN_JSON_INT, 0},
    [TAG_INT] = {"$int", BRN_JSON_STRING, WITH_ID},
    [TAG_FLOAT] = {"$float", BRN_JSON_STRING, WITH_ID},
    [TAG_STR] = {"$str", BRN_JSON_STRING, WITH_ID},
    [TAG_UTF8] = {"$utf8", BRN_JSON_STRING, WITH_ID},
    [TAG_PY2STR] = {"$py2str", BRN_JSON_STRING, WITH_ID},
    [TAG_BYTES] = {"$bytes", BRN_JSON_STRING, WITH_ID},
    [TAG_BYTEARRAY] = {"$bytearray", BRN_JSON_STRING, WITH_ID | WITH_LATER},
    [TAG_LIST] = {"$list", BRN_JSON_ARRAY, WITH_ID | WITH_LATER},
    [TAG_TUPLE] = {"$tuple", BRN_JSON_ARRAY, WITH_ID},
    [TAG_SET] = {"$set", BRN_JSON_ARRAY, WITH_ID | WITH_LATER},
    [TAG_FROZENSET] = {"$frozenset", BRN_JSON_ARRAY, WITH_ID},
    [TAG_DICT] = {"$dict", BRN_JSON_ARRAY, WITH_ID | WITH_LATER},
    [TAG_GLOBAL] = {"$global", BRN_JSON_ARRAY, WITH_ID | WITH_DO | WITH_LATER},
    [TAG_CALL] = {"$call", ANY, WITH_ID | WITH_ARGS | WITH_DO | WITH_LATER},
    [TAG_OBJECT] = {"$object", ANY, WITH_ID | WITH_ARGS | WITH_KWARGS | WITH_DO | WITH_LATER},
    [TAG_INST] = {"$inst", ANY, WITH_ID | WITH_ARGS | WITH_DO | WITH_LATER},
    [TAG_PERSID] = {"$persid", ANY, WITH_ID | WITH_DO | WITH_LATER},
    [TAG_EXT] = {"$ext", BRN_JSON_INT, WITH_ID | WITH_DO | WITH_LATER},
    [TAG_BUFFER] = {"$buffer", BRN_JSON_INT, WITH_ID | WITH_READONLY},
};

static const struct {
    const char *name;
    uint8_t kind;
    uint8_t bit;
} members[] = {
    {"$id", BRN_JSON_INT, WITH_ID},
    {"args", ANY, WITH_ARGS},
    {"kwargs", ANY, WITH_KWARGS},
    {"do", BRN_JSON_ARRAY, WITH_DO},
    {"changedLater", BRN_JSON_TRUE, WITH_LATER},
    {"readonly", BRN_JSON_TRUE, WITH_READONLY},
};

/* An object with tags, taken apart; entries that are not there are NULL. */
typedef struct tagged {
    tag tag;
    brn_json_node *main;
    union {
        struct {
            brn_json_node *id, *args, *kwargs, *todo, *later, *readonly;
        };
        brn_json_node *beside[BRN_ARRAY_LEN(members)]; /* in the order of `members` */
    };
} tagged;

typedef struct reader {
    brn_json_tape tape;
    brn_memory memory; /* the tape's; all else is the document's, so that one limit holds */
    brn_doc *doc;
    brn_memo ids;          /* values by their "$id" */
    const brn_val **items; /* of the container at work */
    size_t items_cap;
    uint8_t *text; /* of the string at work */
    size_t text_cap;
    uint64_t max_digits;
    brn_error *err;
    brn_code code;
} reader;

static bool fail(reader *r, brn_code code, const brn_json_node *node, const char *problem)
{
    if (r->code == BRN_OK)
        r->code = brn_error_set(r->err, code, brn_json_offset(&r->tape, node), -1, "%s", problem);
    return false;
}

static bool fail_memory(reader *r, const brn_json_node *node)
{
    return fail(r, r->doc->memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, node,
                "no memory to read this");
}

/* What the document refused is wrong with this entry. */
static bool fail_made(reader *r, const brn_json_node *node)
{
    return fail(r, r->doc->error, node, r->doc->problem);
}

static brn_json_node *node_at(const reader *r, size_t index)
{
    return &r->tape.at[index];
}

static size_t index_of(const reader *r, const brn_json_node *node)
{
    return (size_t)(node - r->tape.at);
}

static brn_json_node *behind(const reader *r, const brn_json_node *node)
{
    return node_at(r, node->next);
}

static bool grow_items(reader *r, size_t count, const brn_json_node *node)
{
    void *items = r->items;
    if (count > r->items_cap &&
        !brn_memory_grow(&r->doc->memory, &items, &r->items_cap, count, sizeof *r->items))
        return fail_memory(r, node);
    r->items = items;
    return true;
}

/* ------------------------------------------------------------------------
 * Tags
 * ------------------------------------------------------------------------ */

static bool has_kind(const brn_json_node *node, uint8_t kind)
{
    return kind == ANY || node->kind == kind;
}

static int find_member(const brn_json_node *key)
{
    for (size_t i = 0; i < BRN_ARRAY_LEN(members); i++) {
        if (brn_json_string_begins(key, members[i].name, true))
            return (int)i;
    }
    return -1;
}

static int find_tag(const brn_json_node *key)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        if (brn_json_string_begins(key, tags[i].name, true))
            return (int)i;
    }
    return -1;
}

/* Take one member of an object with tags. */
static bool take_member(reader *r, tagged *t, brn_json_node *key, brn_json_node *value)
{
    int known = find_tag(key);
    if (known >= 0 && !t->main) {
        t->tag = (tag)known;
        t->main = value;
        if (!has_kind(value, tags[known].kind))
            return fail(r, BRN_ERROR_JSON_TAG, value, "this tag wants something else");
        return true;
    }
    int beside = find_member(key);
    if (beside < 0 || t->beside[beside])
        return fail(r, BRN_ERROR_JSON_TAG, key, "this cannot stand here, among tags");
    if (!has_kind(value, members[beside].kind))
        return fail(r, BRN_ERROR_JSON_TAG, value, "this member wants something else");
    t->beside[beside] = value;
    return true;
}

static bool take_apart(reader *r, const brn_json_node *node, tagged *t)
{
    memset(t, 0, sizeof *t);
    brn_json_node *key = node_at(r, index_of(r, node) + 1);
    for (uint32_t i = 0; i < node->count; i++) {
        brn_json_node *value = behind(r, key);
        if (!take_member(r, t, key, value))
            return false;
        key = behind(r, value);
    }
    if (!t->main)
        return fail(r, BRN_ERROR_JSON_TAG, node, "there is no tag that says what this is");
    for (size_t i = 0; i < BRN_ARRAY_LEN(members); i++) {
        if (t->beside[i] && !(tags[t->tag].with & members[i].bit))
            return fail(r, BRN_ERROR_JSON_TAG, t->beside[i], "this cannot stand beside this tag");
    }
    if ((t->tag == TAG_CALL || t->tag == TAG_OBJECT || t->tag == TAG_INST) && !t->args)
        return fail(r, BRN_ERROR_JSON_TAG, node, "the member \"args\" is missing");
    return true;
}

/* ------------------------------------------------------------------------
 * Text and numbers
 * ------------------------------------------------------------------------ */

/* What a string says, up to the next call; NULL without memory. */
static const uint8_t *text_of(reader *r, const brn_json_node *node, size_t *size)
{
    void *text = r->text;
    size_t room = brn_json_string_room(node) + 1;
    if (room > r->text_cap && !brn_memory_grow(&r->doc->memory, &text, &r->text_cap, room, 1)) {
        (void)fail_memory(r, node);
        return NULL;
    }
    r->text = text;
    *size = brn_json_string(node, r->text);
    return r->text;
}

/* A number without a sign, below 2^64. */
static bool read_uint(reader *r, const brn_json_node *node, uint64_t *value)
{
    size_t size = brn_json_number_size(&r->tape, node);
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t digit = (uint64_t)node->text[i] - '0';
        if (node->text[i] == '-' || *value > (UINT64_MAX - digit) / 10)
            return fail(r, BRN_ERROR_JSON_VALUE, node, "a number that is too large, or below 0");
        *value = *value * 10 + digit;
    }
    return true;
}

static const brn_val *make_decimal(reader *r, const brn_json_node *node, const uint8_t *text,
                                   size_t size)
{
    bool negative = size > 0 && *text == '-';
    text += negative;
    size -= negative;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            size = 0;
    }
    if (size == 0) {
        (void)fail(r, BRN_ERROR_JSON_VALUE, node, "not a decimal number");
        return NULL;
    }
    if (size > r->max_digits) {
        (void)fail(r, BRN_ERROR_LIMIT_DIGITS, node, "a number of more digits than allowed");
        return NULL;
    }
    size_t cap = brn_decimal_bound(size);
    uint8_t *bytes = brn_memory_alloc(&r->doc->memory, cap);
    if (!bytes) {
        (void)fail_memory(r, node);
        return NULL;
    }
    size_t used = brn_decimal_to_bytes((const char *)text, size, negative, bytes, cap);
    const brn_val *val = brn_make_bigint(r->doc, bytes, used);
    brn_memory_free(&r->doc->memory, bytes, cap);
    return val;
}

static int hex_value(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits behind "0x", in place, as two's complement bytes from the least significant on. */
static const brn_val *make_hexadecimal(reader *r, const brn_json_node *node, uint8_t *digits,
                                       size_t size, bool negative)
{
    for (size_t i = 0; i < size; i++) {
        if (hex_value(digits[i]) < 0)
            size = 0;
    }
    if (size == 0) {
        (void)fail(r, BRN_ERROR_JSON_VALUE, node, "not a hexadecimal number");
        return NULL;
    }
    size_t count = size / 2 + 1;
    uint8_t *bytes = brn_memory_alloc(&r->doc->memory, count);
    if (!bytes) {
        (void)fail_memory(r, node);
        return NULL;
    }
    unsigned carry = 1;
    for (size_t i = 0; i < count; i++) {
        int low = 2 * i < size ? hex_value(digits[size - 1 - 2 * i]) : 0;
        int high = 2 * i + 1 < size ? hex_value(digits[size - 2 - 2 * i]) : 0;
        unsigned byte = (unsigned)(high << 4 | low);
        if (negative) {
            byte = (~byte & 0xff) + carry;
            carry = byte >> 8;
        }
        bytes[i] = (uint8_t)byte;
    }
    const brn_val *val = brn_make_bigint(r->doc, bytes, count);
    brn_memory_free(&r->doc->memory, bytes, count);
    return val;
}

static const brn_val *make_int(reader *r, const brn_json_node *node)
{
    size_t size;
    const uint8_t *text = text_of(r, node, &size);
    if (!text)
        return NULL;
    bool negative = size > 0 && *text == '-';
    if (size > 2 + (size_t)negative && memcmp(text + negative, "0x", 2) == 0)
        return make_hexadecimal(r, node, r->text + 2 + negative, size - 2 - negative, negative);
    return make_decimal(r, node, text, size);
}

static const brn_val *make_float(reader *r, const brn_json_node *node, const char *text,
                                 size_t size)
{
    double value;
    uint64_t bits = 0;
    bool good = brn_parse_float(text, size, &value);
    if (!good && size == 18 && memcmp(text, "0x", 2) == 0) {
        good = true;
        for (size_t i = 2; i < size; i++) {
            int digit = hex_value((uint8_t)text[i]);
            good = good && digit >= 0;
            bits = bits << 4 | (uint64_t)(digit & 15);
        }
        value = brn_double_of_bits(bits);
    }
    if (good)
        return brn_make_float(r->doc, value);
    (void)fail(r, BRN_ERROR_JSON_VALUE, node, "not a float, or none that is finite");
    return NULL;
}

static const brn_val *make_tagged_float(reader *r, const brn_json_node *node)
{
    size_t size;
    const uint8_t *text = text_of(r, node, &size);
    return text ? make_float(r, node, (const char *)text, size) : NULL;
}

static const brn_val *make_str(reader *r, const brn_json_node *node)
{
    size_t size;
    const uint8_t *text = text_of(r, node, &size);
    return text ? brn_make_strn(r->doc, (const char *)text, size) : NULL;
}

/* The bytes that the characters of a text are, in place. */
static const brn_val *make_py2str(reader *r, const brn_json_node *node)
{
    size_t size;
    if (!text_of(r, node, &size))
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < size;) {
        uint32_t code;
        i += brn_utf8_decode(r->text + i, size - i, &code);
        if (code > 0xff) {
            (void)fail(r, BRN_ERROR_JSON_VALUE, node, "a character that is no byte");
            return NULL;
        }
        r->text[count++] = (uint8_t)code;
    }
    return brn_make_py2str(r->doc, r->text, count);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits as up to three bytes; 0 if they are none. */
static size_t decode_group(const uint8_t *digits, bool last, uint8_t *out)
{
    size_t count = 3;
    uint32_t bits = 0;
    while (last && count > 1 && digits[count] == '=')
        count--;
    for (size_t i = 0; i < 4; i++) {
        int value = i > count ? 0 : base64_value(digits[i]);
        if (value < 0)
            return 0;
        bits = bits << 6 | (uint32_t)value;
    }
    /* What stands for no byte has to be 0: there is one spelling. */
    if (count < 3 && (bits & ((1U << (8 * (3 - count))) - 1)) != 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    return count;
}

/* Base64, decoded in place. */
static const brn_val *make_base64(reader *r, const brn_json_node *node, tag kind)
{
    size_t size;
    if (!text_of(r, node, &size))
        return NULL;
    size_t used = 0;
    bool good = size % 4 == 0;
    for (size_t i = 0; good && i < size; i += 4) {
        size_t count = decode_group(r->text + i, i + 4 == size, r->text + used);
        good = count > 0;
        used += count;
    }
    if (!good) {
        (void)fail(r, BRN_ERROR_JSON_VALUE, node, "not base64");
        return NULL;
    }
    return kind == TAG_UTF8    ? brn_make_strn(r->doc, (const char *)r->text, used)
           : kind == TAG_BYTES ? brn_make_bytes(r->doc, r->text, used)
                               : brn_make_bytearray(r->doc, r->text, used);
}

/* ------------------------------------------------------------------------
 * The first pass: every value
 * ------------------------------------------------------------------------ */

/* The entries of an array are parts: arrays of two, whose own entries are left as they are. */
static bool mark_pairs(reader *r, brn_json_node *array)
{
    array->role = PART;
    brn_json_node *pair = node_at(r, index_of(r, array) + 1);
    for (uint32_t i = 0; i < array->count; i++, pair = behind(r, pair)) {
        if (pair->kind != BRN_JSON_ARRAY || pair->count != 2)
            return fail(r, BRN_ERROR_JSON_TAG, pair, "not an array of two");
        pair->role = PART;
    }
    return true;
}

typedef struct done_name {
    const char *name;
    brn_op op;
} done_name;

static brn_op op_of(const brn_json_node *name)
{
    static const done_name names[] = {
        {"state", BRN_OP_STATE}, {"append", BRN_OP_APPEND}, {"set", BRN_OP_SET},
        {"add", BRN_OP_ADD},     {"call", BRN_OP_CALL},
    };
    for (size_t i = 0; name->kind == BRN_JSON_STRING && i < BRN_ARRAY_LEN(names); i++) {
        if (brn_json_string_begins(name, names[i].name, true))
            return names[i].op;
    }
    return BRN_OP_NONE;
}

static bool mark_done(reader *r, brn_json_node *todo)
{
    if (!mark_pairs(r, todo))
        return false;
    brn_json_node *pair = node_at(r, index_of(r, todo) + 1);
    for (uint32_t i = 0; i < todo->count; i++, pair = behind(r, pair)) {
        brn_json_node *name = pair + 1;
        brn_json_node *what = behind(r, name);
        brn_op op = op_of(name);
        name->role = PART;
        if (op == BRN_OP_NONE || (!brn_op_is_single(op) && what->kind != BRN_JSON_ARRAY))
            return fail(r, BRN_ERROR_JSON_TAG, name, "nothing of this kind can be done");
        if (op == BRN_OP_SET && !mark_pairs(r, what))
            return false;
        if (!brn_op_is_single(op))
            what->role = PART;
    }
    return true;
}

/* Say of the entries of an object with tags which are no values of their own. */
static bool mark_parts(reader *r, brn_json_node *node, const tagged *t)
{
    brn_json_node *key = node + 1;
    for (uint32_t i = 0; i < node->count; i++) {
        key->role = PART;
        key = behind(r, behind(r, key));
    }
    if (t->id)
        t->id->role = PART;
    if (t->later)
        t->later->role = PART;
    if (t->readonly)
        t->readonly->role = PART;
    if (t->todo && !mark_done(r, t->todo))
        return false;
    if (t->tag == TAG_DICT)
        return mark_pairs(r, t->main);
    if (tags[t->tag].kind != ANY)
        t->main->role = PART;
    return t->tag != TAG_GLOBAL || t->main->count == 2 ||
           fail(r, BRN_ERROR_JSON_TAG, t->main, "not a module and a name");
}

static const brn_val *make_ref(reader *r, const brn_json_node *node)
{
    uint64_t id;
    if (!read_uint(r, node, &id))
        return NULL;
    const brn_val *val = brn_memo_get(&r->ids, id);
    if (!val)
        (void)fail(r, BRN_ERROR_JSON_REFERENCE, node, "no \"$id\" before it is the same number");
    return val;
}

static const brn_val *make_coded(reader *r, const tagged *t)
{
    uint64_t number;
    if (!read_uint(r, t->main, &number))
        return NULL;
    if (number > UINT32_MAX) {
        (void)fail(r, BRN_ERROR_JSON_VALUE, t->main, "a number above 2^32 - 1");
        return NULL;
    }
    return t->tag == TAG_EXT ? brn_make_ext(r->doc, (uint32_t)number)
                             : brn_make_buffer(r->doc, (uint32_t)number, t->readonly != NULL);
}

/* What is made of other values: with something in their places until those are there. */
static const brn_val *make_holder(reader *r, const tagged *t)
{
    brn_doc *doc = r->doc;
    if (t->tag == TAG_GLOBAL || t->tag == TAG_PERSID) {
        const brn_val *none = brn_make_none(doc);
        return t->tag == TAG_GLOBAL ? brn_make_global(doc, "", "") : brn_make_persid(doc, none);
    }
    const brn_val *callee = brn_make_global(doc, "", "");
    if (t->tag == TAG_CALL)
        return brn_make_call(doc, callee, NULL);
    if (t->tag == TAG_INST)
        return brn_make_inst(doc, callee, NULL);
    return brn_make_object(doc, callee, NULL, t->kwargs ? brn_make_dict(doc) : NULL);
}

static const brn_val *make_tagged(reader *r, const tagged *t)
{
    brn_doc *doc = r->doc;
    switch (t->tag) {
    case TAG_REF: return make_ref(r, t->main);
    case TAG_INT: return make_int(r, t->main);
    case TAG_FLOAT: return make_tagged_float(r, t->main);
    case TAG_STR: return make_str(r, t->main);
    case TAG_PY2STR: return make_py2str(r, t->main);
    case TAG_UTF8:
    case TAG_BYTES:
    case TAG_BYTEARRAY: return make_base64(r, t->main, t->tag);
    case TAG_LIST: return brn_make_list(doc);
    case TAG_TUPLE: return brn_make_tuple(doc, NULL, t->main->count);
    case TAG_SET: return brn_make_set(doc);
    case TAG_FROZENSET: return brn_make_frozenset(doc, NULL, t->main->count);
    case TAG_DICT: return brn_make_dict(doc);
    case TAG_EXT:
    case TAG_BUFFER: return make_coded(r, t);
    default: return make_holder(r, t);
    }
}

static bool note_id(reader *r, const tagged *t, const brn_val *val)
{
    uint64_t id;
    if (!t->id)
        return true;
    if (!read_uint(r, t->id, &id))
        return false;
    if (id > INT64_MAX || brn_memo_get(&r->ids, id))
        return fail(r, BRN_ERROR_JSON_REFERENCE, t->id, "this number was given before");
    /* The memo hands out what it was given; nothing is changed through it. */
    return brn_memo_put(&r->ids, &r->doc->memory, id, (void *)val) || fail_memory(r, t->id);
}

/* An object is one with tags if it has a key that begins as tags do. */
static bool has_tags(const reader *r, const brn_json_node *node)
{
    const brn_json_node *key = node + 1;
    for (uint32_t i = 0; i < node->count; i++, key = behind(r, behind(r, key))) {
        if (brn_json_string_begins(key, "$", false))
            return true;
    }
    return false;
}

static const brn_val *make_object(reader *r, brn_json_node *node)
{
    tagged t;
    if (!has_tags(r, node)) {
        node->role = MEMBERS;
        return brn_make_dict(r->doc);
    }
    node->role = TAGGED;
    if (!take_apart(r, node, &t) || !mark_parts(r, node, &t))
        return NULL;
    const brn_val *val = make_tagged(r, &t);
    return val && note_id(r, &t, val) ? val : NULL;
}

static const brn_val *make_value(reader *r, brn_json_node *node)
{
    size_t size;
    node->role = LEAF;
    switch ((brn_json_kind)node->kind) {
    case BRN_JSON_NULL: return brn_make_none(r->doc);
    case BRN_JSON_FALSE: return brn_make_bool(r->doc, false);
    case BRN_JSON_TRUE: return brn_make_bool(r->doc, true);
    case BRN_JSON_INT:
        size = brn_json_number_size(&r->tape, node);
        return make_decimal(r, node, node->text, size);
    case BRN_JSON_REAL:
        size = brn_json_number_size(&r->tape, node);
        return make_float(r, node, (const char *)node->text, size);
    case BRN_JSON_STRING: return make_str(r, node);
    case BRN_JSON_ARRAY: node->role = LIST; return brn_make_list(r->doc);
    default: return make_object(r, node);
    }
}

static bool make_all(reader *r)
{
    for (size_t i = 0; i < r->tape.count; i++) {
        brn_json_node *node = node_at(r, i);
        if (node->role != VALUE)
            continue;
        node->value = make_value(r, node);
        if (!node->value)
            return fail_made(r, node);
    }
    return true;
}

/* ------------------------------------------------------------------------
 * The second pass: what holds values without hashing them
 * ------------------------------------------------------------------------ */

/* The values in an array, one after another, in `items`. */
static bool collect(reader *r, const brn_json_node *array)
{
    if (!grow_items(r, array->count, array))
        return false;
    const brn_json_node *child = array + 1;
    for (uint32_t i = 0; i < array->count; i++, child = behind(r, child))
        r->items[i] = child->value;
    return true;
}

static bool fill_parts(reader *r, const brn_json_node *node, const tagged *t)
{
    brn_doc *doc = r->doc;
    const brn_val *val = node->value;
    switch (t->tag) {
    case TAG_LIST:
        return collect(r, t->main) &&
               (t->main->count == 0 || brn_list_extend(doc, val, r->items, t->main->count));
    case TAG_TUPLE:
        return t->main->count == 0 ||
               (collect(r, t->main) && brn_fill(doc, val, r->items, t->main->count));
    case TAG_GLOBAL:
        return brn_set_global(doc, val, t->main[1].value, behind(r, t->main + 1)->value);
    case TAG_PERSID: return brn_set_persid(doc, val, t->main->value);
    case TAG_CALL:
    case TAG_OBJECT:
    case TAG_INST:
        return brn_set_callee(doc, val, t->main->value) && brn_set_args(doc, val, t->args->value) &&
               (!t->kwargs || brn_set_kwargs(doc, val, t->kwargs->value));
    default: return true;
    }
}

static bool fill_plain(reader *r)
{
    tagged t;
    for (size_t i = 0; i < r->tape.count; i++) {
        const brn_json_node *node = node_at(r, i);
        bool good = true;
        if (node->role == LIST)
            good = node->count == 0 || (collect(r, node) && brn_list_extend(r->doc, node->value,
                                                                            r->items, node->count));
        else if (node->role == TAGGED)
            good = take_apart(r, node, &t) && fill_parts(r, node, &t);
        if (!good)
            return fail_made(r, node);
    }
    return true;
}

/* ------------------------------------------------------------------------
 * The third pass: what hashes, and what was done
 * ------------------------------------------------------------------------ */

/* Set a pair that must be a new one. */
static bool set_pair(reader *r, const brn_json_node *node, const brn_json_node *key,
                     const brn_val *key_value, const brn_val *value)
{
    size_t before = brn_size(node->value);
    if (!brn_dict_set(r->doc, node->value, key_value, value))
        return fail_made(r, key);
    return brn_size(node->value) > before ||
           fail(r, BRN_ERROR_JSON_DUPLICATE, key, "a key that is there already");
}

static bool fill_members(reader *r, const brn_json_node *node)
{
    const brn_json_node *key = node + 1;
    for (uint32_t i = 0; i < node->count; i++) {
        const brn_json_node *value = behind(r, key);
        if (!set_pair(r, node, key, key->value, value->value))
            return false;
        key = behind(r, value);
    }
    return true;
}

static bool fill_pairs(reader *r, const brn_json_node *node, const brn_json_node *array)
{
    const brn_json_node *pair = array + 1;
    for (uint32_t i = 0; i < array->count; i++, pair = behind(r, pair)) {
        const brn_json_node *key = pair + 1;
        if (!set_pair(r, node, key, key->value, behind(r, key)->value))
            return false;
    }
    return true;
}

static bool fill_set(reader *r, const brn_json_node *node, const brn_json_node *array)
{
    const brn_json_node *child = array + 1;
    for (uint32_t i = 0; i < array->count; i++, child = behind(r, child)) {
        if (!brn_set_add(r->doc, node->value, child->value))
            return fail_made(r, child);
    }
    return brn_size(node->value) == array->count ||
           fail(r, BRN_ERROR_JSON_DUPLICATE, array, "an element that is there already");
}

static bool fill_frozenset(reader *r, const brn_val *val, const brn_json_node *array)
{
    if (array->count == 0)
        return true;
    if (!collect(r, array) || !brn_fill(r->doc, val, r->items, array->count))
        return false;
    return brn_size(val) == array->count ||
           fail(r, BRN_ERROR_JSON_DUPLICATE, array, "an element that is there already");
}

/*
 * Frozensets are filled when what they hold can be hashed: those that are in them, themselves or in tuples,
 * come first, wherever they stand in the text.
 */
typedef struct frozen_frame {
    const brn_val *val;           /* a frozenset or a tuple */
    const brn_json_node *array;   /* the elements of a frozenset */
    const brn_json_node *element; /* the next of them */
    size_t next;
} frozen_frame;

typedef struct frozen_walk {
    reader *r;
    brn_memo
        waiting; /* arrays of elements by the id of their frozenset, and of tuples that have been seen */
    frozen_frame *frames;
    size_t depth;
    size_t cap;
} frozen_walk;

/* In `waiting`, where nothing has to be done any more. */
static const brn_json_node seen;

static bool wait_for(frozen_walk *w, const brn_val *val, const brn_json_node *array)
{
    return brn_memo_put(&w->waiting, &w->r->doc->memory, val->id, (void *)(uintptr_t)array);
}

/* Begin with a value if it, or what is in it, has to be filled. */
static bool enter_frozen(frozen_walk *w, const brn_val *val)
{
    const brn_json_node *array = brn_memo_get(&w->waiting, val->id);
    void *frames = w->frames;
    if (array == &seen || (!array && (val->type != BRN_TUPLE || brn_size(val) == 0)))
        return true;
    if (w->depth == w->cap &&
        !brn_memory_grow(&w->r->doc->memory, &frames, &w->cap, w->depth + 1, sizeof *w->frames))
        return false;
    w->frames = frames;
    w->frames[w->depth++] = (frozen_frame){val, array, array ? array + 1 : NULL, 0};
    return wait_for(w, val, &seen);
}

/* What the frame on top holds next; NULL at its end. */
static const brn_val *next_frozen(const frozen_walk *w)
{
    frozen_frame *f = &w->frames[w->depth - 1];
    size_t i = f->next++;
    if (!f->array)
        return brn_at(f->val, i);
    if (i == f->array->count)
        return NULL;
    const brn_val *val = f->element->value;
    f->element = behind(w->r, f->element);
    return val;
}

static bool fill_with_all_inside(frozen_walk *w, const brn_val *val, const brn_json_node *node)
{
    if (!enter_frozen(w, val))
        return fail_memory(w->r, node);
    while (w->depth > 0) {
        const brn_val *inside = next_frozen(w);
        if (inside) {
            if (!enter_frozen(w, inside))
                return fail_memory(w->r, node);
            continue;
        }
        const frozen_frame *f = &w->frames[--w->depth];
        if (f->array && !fill_frozenset(w->r, f->val, f->array))
            return fail_made(w->r, f->array);
    }
    return true;
}

static bool fill_frozensets(reader *r)
{
    frozen_walk w = {.r = r};
    tagged t;
    bool good = true;
    brn_memo_init(&w.waiting, r->doc->hash_seed);
    for (int fill = 0; fill <= 1; fill++) {
        for (size_t i = 0; good && i < r->tape.count; i++) {
            const brn_json_node *node = node_at(r, i);
            if (node->role != TAGGED)
                continue;
            if (!take_apart(r, node, &t))
                good = fail_made(r, node);
            else if (t.tag == TAG_FROZENSET)
                good = fill ? fill_with_all_inside(&w, node->value, node)
                            : wait_for(&w, node->value, t.main) || fail_memory(r, node);
        }
    }
    brn_memory_free(&r->doc->memory, w.frames, w.cap * sizeof *w.frames);
    brn_memo_free(&w.waiting, &r->doc->memory);
    return good;
}

/* The pairs of an array, keys and values in turn, in `items`. */
static bool collect_pairs(reader *r, const brn_json_node *array)
{
    if (!grow_items(r, 2 * (size_t)array->count, array))
        return false;
    const brn_json_node *pair = array + 1;
    for (size_t i = 0; i < array->count; i++, pair = behind(r, pair)) {
        r->items[2 * i] = pair[1].value;
        r->items[2 * i + 1] = behind(r, pair + 1)->value;
    }
    return true;
}

static bool do_all(reader *r, const brn_json_node *node, const brn_json_node *todo)
{
    const brn_json_node *pair = todo + 1;
    for (uint32_t i = 0; i < todo->count; i++, pair = behind(r, pair)) {
        const brn_json_node *what = behind(r, pair + 1);
        brn_op op = op_of(pair + 1);
        size_t count = brn_op_is_single(op) ? 1 : op == BRN_OP_SET ? 2 * what->count : what->count;
        const brn_val *const *values = &what->value;
        if (!brn_op_is_single(op)) {
            if (!(op == BRN_OP_SET ? collect_pairs(r, what) : collect(r, what)))
                return false;
            values = r->items;
        }
        if (!brn_op_add(r->doc, node->value, op, values, count))
            return fail_made(r, what);
    }
    return true;
}

static bool finish(reader *r, const brn_json_node *node, const tagged *t)
{
    bool good = true;
    if (t->tag == TAG_DICT)
        good = fill_pairs(r, node, t->main);
    else if (t->tag == TAG_SET)
        good = fill_set(r, node, t->main);
    if (good && t->todo)
        good = do_all(r, node, t->todo);
    if (good && t->later)
        good = brn_set_changed_later(r->doc, node->value, true);
    return good;
}

/* Inner things stand behind outer ones, so all along the tape from its end; frozensets can be keys. */
static bool fill_hashed(reader *r)
{
    tagged t;
    if (!fill_frozensets(r))
        return false;
    for (size_t i = r->tape.count; i-- > 0;) {
        const brn_json_node *node = node_at(r, i);
        if ((node->role == MEMBERS && !fill_members(r, node)) ||
            (node->role == TAGGED && !(take_apart(r, node, &t) && finish(r, node, &t))))
            return fail_made(r, node);
    }
    return true;
}

/* ------------------------------------------------------------------------
 * All of it
 * ------------------------------------------------------------------------ */

static void free_reader(reader *r)
{
    brn_json_tape_free(&r->tape, &r->memory);
    if (!r->doc)
        return;
    brn_memo_free(&r->ids, &r->doc->memory);
    brn_memory_free(&r->doc->memory, r->items, r->items_cap * sizeof *r->items);
    brn_memory_free(&r->doc->memory, r->text, r->text_cap);
}

static bool read_all(reader *r, const brn_options *options, const brn_alloc *alloc)
{
    /* What the tape has taken, the document may not. */
    brn_options rest = *options;
    if (rest.max_memory != BRN_UNLIMITED)
        rest.max_memory = r->memory.used < rest.max_memory ? rest.max_memory - r->memory.used : 1;
    r->doc = brn_new(&rest, alloc, r->err);
    if (!r->doc)
        return false;
    if (!make_all(r) || !fill_plain(r) || !fill_hashed(r) ||
        !brn_set_root(r->doc, r->tape.at[0].value))
        return false;
    r->doc->size = r->tape.size;
    return true;
}

brn_doc *brn_read_json(const void *data, size_t size, const brn_options *options,
                       const brn_alloc *alloc, brn_error *err)
{
    brn_error_clear(err);
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return NULL;
    if (size > effective.max_input) {
        (void)brn_error_set(err, BRN_ERROR_LIMIT_INPUT, effective.max_input, -1,
                            "%zu bytes of JSON", size);
        return NULL;
    }
    reader r = {.max_digits = effective.max_digits, .err = err};
    brn_memory_init(&r.memory, alloc, effective.max_memory);
    brn_memo_init(&r.ids, effective.hash_seed);
    bool good = brn_json_tape_read(&r.tape, &r.memory, data, size, err) == BRN_OK &&
                read_all(&r, &effective, alloc);
    free_reader(&r);
    if (good)
        return r.doc;
    brn_free(r.doc);
    return NULL;
}
