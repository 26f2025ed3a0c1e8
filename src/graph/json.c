/*
 * json.c - a value as JSON, plain or lossless: docs/json.md says what is written.
 *
 * Values nest as deep as the pickle says, so nothing recurses: a stack of
 * frames on the heap, each the place reached inside one value.  A step function writes from that
 * place up to the next value that needs a frame of its own, and returns it.
 *
 * Each walk is made twice by the same functions, the first time dry, with
 * nothing written.  Lossless mode learns from it which values are met more than
 * once.  Plain mode, which writes shared values again each time, learns how
 * much that would be, whether there are cycles, and whether the keys can be spelt:
 * it refuses before the first byte.  What the dry walk has seen before it does not
 * enter again, so it takes linear time however much there would be to write.
 */
#include "../error.h"
#include "../jsontext.h"
#include "../memory.h"
#include "../repr.h"
#include "document.h"
#include "json_keys.h"
#include "path.h"

#include <math.h>

#define OUT_SIZE ((size_t)64 << 10)

/* Deeper levels are not indented further, or a deep pickle would be mostly blanks. */
#define INDENT_MAX 50

/* Text, bytes and ints of more bytes than this are shared, not repeated, in lossless mode. */
#define SHORT_SIZE 40

/* In plain mode, so many bytes of text weigh as much as one value. */
#define WEIGHT_SIZE 64

/* What is known about a value, by its id. */
#define MARK_SEEN 1u    /* in the dry walk */
#define MARK_SHARED 2u  /* more than once */
#define MARK_WRITTEN 4u /* in the second walk */
#define MARK_ACTIVE 8u  /* has a frame now */

typedef enum stage {
    STAGE_START,
    STAGE_ITEMS,      /* of a container */
    STAGE_PARTS,      /* callee, args, kwargs; module, name; persistent id */
    STAGE_ATTRIBUTES, /* plain: the state's dict, written as members */
    STAGE_SLOTS,      /* plain: the second dict of a (dict, slots) state */
    STAGE_STATE,      /* plain: one state that is no such thing */
    STAGE_STATES,     /* plain: several states */
    STAGE_APPENDED,   /* plain: appended and added items of all operations */
    STAGE_SET,        /* plain: pairs of all operations */
    STAGE_CALLED,     /* plain: calls made for their effect */
    STAGE_OPS,        /* lossless: between operations */
    STAGE_OP          /* lossless: inside one */
} stage;

/* How a container is written in lossless mode, and the state of an object in plain mode. */
typedef enum form {
    FORM_BARE,   /* as what JSON has for it */
    FORM_TAGGED, /* behind a tag; a dict as pairs */
    FORM_NO_STATE,
    FORM_ATTRIBUTES, /* a dict of attributes, written as members */
    FORM_SLOTS,      /* a (dict, slots) pair of them */
    FORM_STATE,      /* something else */
    FORM_STATES      /* several */
} form;

typedef struct json_frame {
    const brn_val *val;
    uint64_t index; /* the next child of the stage; for pairs, keys and values count */
    uint32_t op;    /* the operation at work */
    uint8_t stage;
    uint8_t form;
    bool first; /* nothing has been written since the last bracket was opened */
    bool open;  /* plain, objects: the array of the stage has been opened */
} json_frame;

typedef struct json {
    brn_out out;
    brn_memory memory;
    json_frame *frames;
    size_t depth;
    size_t cap;
    uint8_t *marks;
    uint32_t count; /* of marks */
    uint64_t level; /* of indentation */
    bool lossless;
    bool pretty;
    bool dry;
    bool revisited; /* plain, dry: something with children was met again */
    brn_code code;  /* why the walk must end */
    const char *problem;
    /* Plain, dry: values there would be to write. */
    uint64_t total;
    uint64_t *sizes; /* by id, with everything inside; NULL while nothing is shared */
    uint64_t *size;  /* what the next value adds to */
    uint64_t text;   /* the weight of all long text, each once */
    brn_json_report report;
} json;

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void stop(json *w, brn_code code, const char *problem)
{
    if (w->code == BRN_OK) {
        w->code = code;
        w->problem = problem;
    }
}

/* ------------------------------------------------------------------------
 * Punctuation
 * ------------------------------------------------------------------------ */

static void put(json *w, char c)
{
    if (!w->dry)
        brn_out_put(&w->out, c);
}

static void print(json *w, const char *text)
{
    if (!w->dry)
        brn_out_puts(&w->out, text);
}

static void newline(json *w)
{
    if (!w->pretty)
        return;
    brn_out_put(&w->out, '\n');
    uint64_t level = w->level < INDENT_MAX ? w->level : INDENT_MAX;
    for (; level > 0; level--)
        brn_out_putn(&w->out, "  ", 2);
}

/* An array or object whose members stand on lines of their own when pretty. */
static void open_bracket(json *w, json_frame *f, char c)
{
    f->first = true;
    w->level++;
    put(w, c);
}

static void close_bracket(json *w, const json_frame *f, char c)
{
    w->level--;
    if (w->dry)
        return;
    if (!f->first)
        newline(w);
    brn_out_put(&w->out, c);
}

/* Before each of its members. */
static void next_member(json *w, json_frame *f)
{
    if (!w->dry) {
        if (!f->first)
            brn_out_put(&w->out, ',');
        newline(w);
    }
    f->first = false;
}

/* Between parts that stay on one line. */
static void comma(json *w)
{
    print(w, w->pretty ? ", " : ",");
}

static void colon(json *w)
{
    print(w, w->pretty ? ": " : ":");
}

static void name(json *w, const char *text)
{
    put(w, '"');
    print(w, text);
    put(w, '"');
    colon(w);
}

static void put_uint(json *w, uint64_t value)
{
    if (!w->dry)
        brn_out_uint(&w->out, value);
}

/* ------------------------------------------------------------------------
 * Scalars
 * ------------------------------------------------------------------------ */

/* A str or Python 2 str. */
static void put_string(brn_out *out, const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bytes(val, &size);
    if (brn_typeof(val) == BRN_PY2STR)
        brn_out_json_latin1(out, bytes, size);
    else
        brn_out_json_text(out, bytes, size);
}

/* One of several parts of a string. */
static void put_string_part(brn_out *out, const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bytes(val, &size);
    if (brn_typeof(val) == BRN_PY2STR)
        brn_out_json_latin1_chars(out, bytes, size);
    else
        brn_out_json_chars(out, bytes, size);
}

static void put_base64(brn_out *out, const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bytes(val, &size);
    brn_out_json_base64(out, bytes, size);
}

static void put_bigint(brn_out *out, const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bigint(val, &size);
    brn_out_bigint(out, bytes, size);
}

/* ------------------------------------------------------------------------
 * Walking containers: both modes
 * ------------------------------------------------------------------------ */

static bool lossless_leaf(json *w, const brn_val *val);
static bool plain_leaf(json *w, const brn_val *val);

/* Write a value if that takes no frame of its own. */
static bool leaf(json *w, const brn_val *val)
{
    return w->lossless ? lossless_leaf(w, val) : plain_leaf(w, val);
}

static bool ended(const json *w)
{
    return w->out.failed || w->code != BRN_OK;
}

/* Items from f->index on, up to the next that needs a frame; NULL at the end. */
static const brn_val *walk_items(json *w, json_frame *f, const brn_val *container)
{
    size_t size = brn_size(container);
    while (f->index < size && !ended(w)) {
        const brn_val *child = brn_at(container, (size_t)f->index++);
        next_member(w, f);
        if (!leaf(w, child))
            return child;
    }
    return NULL;
}

/* The same for the pairs of a dict as arrays of two; keys count as children too. */
static const brn_val *walk_pairs(json *w, json_frame *f, const brn_val *dict)
{
    size_t size = brn_size(dict);
    while (!ended(w)) {
        size_t pair = (size_t)(f->index / 2);
        bool is_key = f->index % 2 == 0;
        if (is_key && f->index > 0)
            put(w, ']');
        if (pair == size)
            break;
        f->index++;
        if (is_key) {
            next_member(w, f);
            put(w, '[');
        } else {
            comma(w);
        }
        const brn_val *child = is_key ? brn_key_at(dict, pair) : brn_value_at(dict, pair);
        if (!leaf(w, child))
            return child;
    }
    return NULL;
}

static void write_key(json *w, const brn_val *key);

/* The same for the pairs of a dict as members of an object. */
static const brn_val *walk_members(json *w, json_frame *f, const brn_val *dict)
{
    size_t size = brn_size(dict);
    while (f->index < size && !ended(w)) {
        size_t pair = (size_t)f->index++;
        next_member(w, f);
        write_key(w, brn_key_at(dict, pair));
        const brn_val *child = brn_value_at(dict, pair);
        if (!leaf(w, child))
            return child;
    }
    return NULL;
}

/* ------------------------------------------------------------------------
 * Lossless
 * ------------------------------------------------------------------------ */

static bool is_shared(const json *w, const brn_val *val)
{
    return (w->marks[brn_id(val)] & MARK_SHARED) != 0;
}

/* True if a value was met before, and so is written as a reference to it. */
static bool is_repeated(json *w, const brn_val *val)
{
    uint8_t *mark = &w->marks[brn_id(val)];
    if (w->dry) {
        if (*mark & MARK_SEEN)
            *mark |= MARK_SHARED;
        else
            *mark |= MARK_SEEN;
        return (*mark & MARK_SHARED) != 0;
    }
    if (*mark & MARK_WRITTEN) {
        put(w, '{');
        name(w, "$ref");
        put_uint(w, brn_id(val));
        put(w, '}');
        return true;
    }
    *mark |= MARK_WRITTEN;
    return false;
}

/* `{"$id": 7, "$tag": ` */
static void open_tag(json *w, const brn_val *val, const char *tag)
{
    if (w->dry)
        return;
    put(w, '{');
    if (is_shared(w, val)) {
        name(w, "$id");
        put_uint(w, brn_id(val));
        comma(w);
    }
    name(w, tag);
}

static void close_tag(json *w, const brn_val *val)
{
    if (w->dry)
        return;
    if (brn_changed_later(val)) {
        comma(w);
        name(w, "changedLater");
        print(w, "true");
    }
    put(w, '}');
}

static void lossless_float(json *w, const brn_val *val)
{
    double value = brn_float(val);
    if (isfinite(value)) {
        brn_out_float(&w->out, value);
        return;
    }
    open_tag(w, val, "$float");
    put(w, '"');
    uint64_t bits = brn_bits_of_double(value);
    if (isnan(value) && bits != UINT64_C(0x7ff8) << 48) {
        print(w, "0x");
        brn_out_hex(&w->out, bits, 16);
    } else {
        brn_out_float(&w->out, value);
    }
    print(w, "\"}");
}

static void lossless_int(json *w, const brn_val *val)
{
    const int64_t most = (INT64_C(1) << 53) - 1; /* JavaScript reads no larger one exactly */
    bool big = brn_typeof(val) == BRN_BIGINT;
    int64_t value = brn_int(val);
    if (!big && value >= -most && value <= most) {
        brn_out_int(&w->out, value);
        return;
    }
    open_tag(w, val, "$int");
    put(w, '"');
    if (big)
        put_bigint(&w->out, val);
    else
        brn_out_int(&w->out, value);
    print(w, "\"}");
}

static void lossless_text(json *w, const brn_val *val)
{
    switch (brn_typeof(val)) {
    case BRN_STR:
        if (brn_str_flags(val) & BRN_STR_SURROGATES) {
            open_tag(w, val, "$utf8");
            put_base64(&w->out, val);
        } else if (is_shared(w, val)) {
            open_tag(w, val, "$str");
            put_string(&w->out, val);
        } else {
            put_string(&w->out, val);
            return;
        }
        break;
    case BRN_PY2STR:
        open_tag(w, val, "$py2str");
        put_string(&w->out, val);
        break;
    case BRN_BYTES:
        open_tag(w, val, "$bytes");
        put_base64(&w->out, val);
        break;
    default:
        open_tag(w, val, "$bytearray");
        put_base64(&w->out, val);
        break;
    }
    close_tag(w, val);
}

static void lossless_buffer(json *w, const brn_val *val)
{
    open_tag(w, val, "$buffer");
    put_uint(w, brn_buffer_index(val));
    if (brn_buffer_readonly(val)) {
        comma(w);
        name(w, "readonly");
        print(w, "true");
    }
    put(w, '}');
}

static bool lossless_leaf(json *w, const brn_val *val)
{
    size_t size;
    switch (brn_typeof(val)) {
    case BRN_NOTHING:
    case BRN_NONE: print(w, "null"); return true;
    case BRN_BOOL: print(w, brn_bool(val) ? "true" : "false"); return true;
    case BRN_BIGINT:
        (void)brn_bigint(val, &size);
        if (size > SHORT_SIZE && is_repeated(w, val))
            return true;
        if (!w->dry)
            lossless_int(w, val);
        return true;
    case BRN_INT:
        if (!w->dry)
            lossless_int(w, val);
        return true;
    case BRN_FLOAT:
        if (!w->dry)
            lossless_float(w, val);
        return true;
    case BRN_STR:
    case BRN_PY2STR:
    case BRN_BYTES:
        if (brn_size(val) > SHORT_SIZE && is_repeated(w, val))
            return true;
        if (!w->dry)
            lossless_text(w, val);
        return true;
    case BRN_BYTEARRAY:
        if (!is_repeated(w, val) && !w->dry)
            lossless_text(w, val);
        return true;
    case BRN_BUFFER:
        if (!is_repeated(w, val) && !w->dry)
            lossless_buffer(w, val);
        return true;
    case BRN_TUPLE:
        if (brn_size(val) == 0) {
            open_tag(w, val, "$tuple");
            print(w, "[]}");
            return true;
        }
        return is_repeated(w, val);
    default: return is_repeated(w, val);
    }
}

/* Whether a dict can be an object of JSON: its keys are then text, and nothing else. */
static bool has_member_names(const json *w, const brn_val *dict)
{
    size_t count = brn_size(dict);
    for (size_t i = 0; i < count; i++) {
        const brn_val *key = brn_key_at(dict, i);
        size_t size;
        const char *text = brn_str(key, &size);
        if (brn_typeof(key) != BRN_STR || (brn_str_flags(key) & BRN_STR_SURROGATES) ||
            (size > 0 && text[0] == '$') || (size > SHORT_SIZE && is_shared(w, key)))
            return false;
    }
    return true;
}

static const brn_val *lossless_container(json *w, json_frame *f)
{
    const brn_val *val = f->val;
    const brn_val *child;
    brn_type type = brn_typeof(val);
    bool plain = type == BRN_LIST || type == BRN_DICT;
    bool dict = type == BRN_DICT;
    if (f->stage == STAGE_START) {
        bool tagged = !plain || w->dry || is_shared(w, val) || brn_changed_later(val) ||
                      (dict && !has_member_names(w, val));
        f->form = tagged ? FORM_TAGGED : FORM_BARE;
        if (tagged)
            open_tag(w, val,
                     dict                ? "$dict"
                     : type == BRN_LIST  ? "$list"
                     : type == BRN_TUPLE ? "$tuple"
                     : type == BRN_SET   ? "$set"
                                         : "$frozenset");
        open_bracket(w, f, dict && !tagged ? '{' : '[');
        f->stage = STAGE_ITEMS;
    }
    bool members = dict && f->form == FORM_BARE;
    if (members)
        child = walk_members(w, f, val);
    else if (dict)
        child = walk_pairs(w, f, val);
    else
        child = walk_items(w, f, val);
    if (child)
        return child;
    close_bracket(w, f, members ? '}' : ']');
    if (f->form == FORM_TAGGED)
        close_tag(w, val);
    return NULL;
}

static void plain_name(json *w, json_frame *f, const char *text);
static bool is_named(const brn_val *val);
static void write_named(json *w, const brn_val *global);

/* The tag of a value in lossless mode, the member that says what it is in plain mode. */
static void name_kind(json *w, json_frame *f, const char *tag, const char *member)
{
    if (w->lossless)
        open_tag(w, f->val, tag);
    else
        plain_name(w, f, member);
}

/* The next of the values that a global, persistent id or extension code is made of: both modes. */
static const brn_val *named_part(json *w, json_frame *f, uint64_t part)
{
    const brn_val *val = f->val;
    switch (brn_typeof(val)) {
    case BRN_GLOBAL:
        if (part == 0) {
            name_kind(w, f, "$global", "__global__");
            if (!w->lossless && is_named(val)) {
                write_named(w, val);
                return NULL;
            }
            put(w, '[');
            return brn_global_module(val);
        }
        if (part == 1) {
            comma(w);
            return brn_global_name(val);
        }
        put(w, ']');
        return NULL;
    case BRN_PERSID:
        if (part > 0)
            return NULL;
        name_kind(w, f, "$persid", "__persid__");
        return brn_persid(val);
    default:
        name_kind(w, f, "$ext", "__ext__");
        put_uint(w, brn_ext_code(val));
        return NULL;
    }
}

static const char *object_tag(const brn_val *val)
{
    if (brn_typeof(val) == BRN_CALL)
        return "$call";
    return brn_is_inst(val) ? "$inst" : "$object";
}

/* A part behind the first: the same. */
static void name_part(json *w, json_frame *f, const char *tag, const char *member)
{
    if (w->lossless) {
        comma(w);
        name(w, tag);
    } else {
        plain_name(w, f, member);
    }
}

/* The next of the values that a global, call, object, ... is made of; plain mode leaves out what says nothing. */
static const brn_val *object_part(json *w, json_frame *f)
{
    const brn_val *val = f->val;
    const brn_val *callee = brn_callee(val);
    const brn_val *args = brn_args(val);
    uint64_t part = f->index++;
    if (!brn_is_made(val))
        return named_part(w, f, part);
    if (part == 0) {
        name_kind(w, f, object_tag(val), brn_typeof(val) == BRN_CALL ? "__call__" : "__class__");
        if (w->lossless || !is_named(callee) || brn_op_count(callee) > 0)
            return callee;
        /* Part of this stand-in, not one more. */
        write_named(w, callee);
        part = f->index++;
    }
    if (part == 1) {
        if (w->lossless || brn_typeof(args) != BRN_TUPLE || brn_size(args) > 0) {
            name_part(w, f, "args", "__args__");
            return args;
        }
        part = f->index++;
    }
    if (part == 2 && brn_kwargs(val)) {
        name_part(w, f, "kwargs", "__kwargs__");
        return brn_kwargs(val);
    }
    return NULL;
}

/* Up to the next that needs a frame; NULL at the end. */
static const brn_val *walk_parts(json *w, json_frame *f)
{
    const brn_val *child;
    do
        child = object_part(w, f);
    while (child && leaf(w, child) && !ended(w));
    return child;
}

/* The next value inside the operation at work. */
static const brn_val *lossless_op_child(json *w, json_frame *f, brn_op op, const brn_val *value)
{
    const brn_val *child;
    if (brn_op_is_single(op)) {
        if (f->index++ > 0 || leaf(w, value))
            return NULL;
        return value;
    }
    child = op == BRN_OP_SET ? walk_pairs(w, f, value) : walk_items(w, f, value);
    if (!child)
        close_bracket(w, f, ']');
    return child;
}

static const brn_val *lossless_object(json *w, json_frame *f)
{
    const brn_val *val = f->val;
    size_t ops = brn_op_count(val);
    while (!ended(w)) {
        const brn_val *child;
        const brn_val *value = NULL;
        brn_op op = f->stage >= STAGE_OPS ? brn_op_at(val, f->op, &value) : BRN_OP_NONE;
        switch (f->stage) {
        case STAGE_START:
        case STAGE_PARTS:
            f->stage = STAGE_PARTS;
            child = walk_parts(w, f);
            if (child)
                return child;
            f->stage = STAGE_OPS;
            if (ops > 0) {
                comma(w);
                name(w, "do");
                put(w, '[');
                w->level++;
            }
            break;
        case STAGE_OPS:
            if (f->op == ops) {
                f->first = ops == 0;
                if (ops > 0)
                    close_bracket(w, f, ']');
                close_tag(w, val);
                return NULL;
            }
            f->first = f->op == 0;
            next_member(w, f);
            print(w, op == BRN_OP_STATE    ? "[\"state\""
                     : op == BRN_OP_APPEND ? "[\"append\""
                     : op == BRN_OP_SET    ? "[\"set\""
                     : op == BRN_OP_ADD    ? "[\"add\""
                                           : "[\"call\"");
            comma(w);
            if (!brn_op_is_single(op))
                open_bracket(w, f, '[');
            f->index = 0;
            f->stage = STAGE_OP;
            break;
        default:
            child = lossless_op_child(w, f, op, value);
            if (child)
                return child;
            put(w, ']');
            f->op++;
            f->stage = STAGE_OPS;
            break;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------
 * Plain: values
 * ------------------------------------------------------------------------ */

/*
 * Repeating a long text costs more than repeating a number: it weighs by its
 * length, and w->text says how much of the weight is there once and for all.
 */
static void weigh_text(json *w, const brn_val *val)
{
    uint64_t weight = brn_size(val) / WEIGHT_SIZE;
    if (weight == 0)
        return;
    uint8_t *mark = &w->marks[brn_id(val)];
    *w->size = add(*w->size, weight);
    if (!(*mark & MARK_SEEN))
        w->text = add(w->text, weight);
    *mark |= MARK_SEEN;
}

static void write_key(json *w, const brn_val *key)
{
    if (w->dry) {
        *w->size = add(*w->size, 1);
        if (brn_is_text(key))
            weigh_text(w, key);
        return;
    }
    if (brn_is_text(key)) {
        put_string(&w->out, key);
    } else {
        put(w, '"');
        brn_json_scalar_key(&w->out, key);
        put(w, '"');
    }
    colon(w);
}

/* A global by text names that nothing was done to: a string says it. */
static bool is_named(const brn_val *val)
{
    return brn_typeof(val) == BRN_GLOBAL && brn_is_text(brn_global_module(val)) &&
           brn_is_text(brn_global_name(val));
}

static void write_named(json *w, const brn_val *global)
{
    if (w->dry) {
        weigh_text(w, brn_global_module(global));
        weigh_text(w, brn_global_name(global));
        return;
    }
    put(w, '"');
    put_string_part(&w->out, brn_global_module(global));
    put(w, '.');
    put_string_part(&w->out, brn_global_name(global));
    put(w, '"');
}

/* Whether to enter a value with children; counts and marks it. */
static bool enter(json *w, const brn_val *val)
{
    uint32_t id = brn_id(val);
    uint8_t *mark = &w->marks[id];
    if (w->dry) {
        if (*mark & MARK_ACTIVE) {
            stop(w, BRN_ERROR_JSON_CYCLE, "the value contains itself");
            return false;
        }
        if (*mark & MARK_SEEN) {
            w->revisited = true;
            if (w->sizes)
                *w->size = add(*w->size, w->sizes[id]);
            return false;
        }
        *mark |= MARK_SEEN | MARK_ACTIVE;
        return true;
    }
    if (*mark & MARK_WRITTEN)
        w->report.expanded++;
    *mark |= MARK_WRITTEN;
    return true;
}

/* The values that have no children, when they are written. */
static void plain_scalar(json *w, const brn_val *val)
{
    const uint8_t *bytes;
    size_t size;
    switch (brn_typeof(val)) {
    case BRN_BOOL: print(w, brn_bool(val) ? "true" : "false"); break;
    case BRN_INT: brn_out_int(&w->out, brn_int(val)); break;
    case BRN_BIGINT:
        bytes = brn_bigint(val, &size);
        w->report.standins += brn_out_bigint_marked(&w->out, bytes, size, "\"", "\"");
        break;
    case BRN_FLOAT:
        if (isfinite(brn_float(val))) {
            brn_out_float(&w->out, brn_float(val));
        } else {
            w->report.standins++;
            print(w, "null");
        }
        break;
    case BRN_STR:
        w->report.standins += (brn_str_flags(val) & BRN_STR_SURROGATES) != 0;
        put_string(&w->out, val);
        break;
    case BRN_PY2STR: put_string(&w->out, val); break;
    case BRN_BYTES:
    case BRN_BYTEARRAY:
        w->report.standins++;
        put_base64(&w->out, val);
        break;
    case BRN_BUFFER:
        w->report.standins++;
        put(w, '{');
        name(w, "__buffer__");
        put_uint(w, brn_buffer_index(val));
        put(w, '}');
        break;
    default: print(w, "null"); break;
    }
}

static bool plain_leaf(json *w, const brn_val *val)
{
    brn_type type = brn_typeof(val);
    if (w->dry)
        *w->size = add(*w->size, 1);
    switch (type) {
    case BRN_STR:
    case BRN_PY2STR:
    case BRN_BYTES:
    case BRN_BYTEARRAY:
        if (w->dry)
            weigh_text(w, val);
        else
            plain_scalar(w, val);
        return true;
    case BRN_LIST:
    case BRN_TUPLE:
    case BRN_SET:
    case BRN_FROZENSET:
    case BRN_DICT:
        if (brn_size(val) == 0) {
            print(w, type == BRN_DICT ? "{}" : "[]");
            return true;
        }
        return !enter(w, val);
    case BRN_GLOBAL:
        if (is_named(val) && brn_op_count(val) == 0) {
            w->report.standins += !w->dry;
            write_named(w, val);
            return true;
        }
        return !enter(w, val);
    case BRN_CALL:
    case BRN_OBJECT:
    case BRN_PERSID:
    case BRN_EXT: return !enter(w, val);
    default:
        if (!w->dry)
            plain_scalar(w, val);
        return true;
    }
}

static const brn_val *plain_container(json *w, json_frame *f)
{
    const brn_val *val = f->val;
    bool dict = brn_typeof(val) == BRN_DICT;
    if (f->stage == STAGE_START) {
        if (dict && w->dry) {
            brn_code code = brn_json_check_keys(&w->memory, val, &w->problem);
            if (code != BRN_OK) {
                w->code = code;
                return NULL;
            }
        }
        open_bracket(w, f, dict ? '{' : '[');
        f->stage = STAGE_ITEMS;
    }
    const brn_val *child = dict ? walk_members(w, f, val) : walk_items(w, f, val);
    if (!child)
        close_bracket(w, f, dict ? '}' : ']');
    return child;
}

/* What stands in the member names of an object beside its attributes. */
static bool is_reserved(const char *text, size_t size)
{
    return size > 4 && memcmp(text, "__", 2) == 0 && memcmp(text + size - 2, "__", 2) == 0;
}

/* Whether the keys of a state can be the names of attributes. */
static bool has_attribute_names(const brn_val *dict)
{
    size_t count = brn_size(dict);
    for (size_t i = 0; i < count; i++) {
        const brn_val *key = brn_key_at(dict, i);
        size_t size;
        const char *text = (const char *)brn_bytes(key, &size);
        bool plain = brn_typeof(key) == BRN_STR && !(key->flags & BRN_FLAG_SURROGATES);
        if (!plain && !(brn_typeof(key) == BRN_PY2STR && key->flags & BRN_FLAG_ASCII))
            return false;
        if (is_reserved(text, size))
            return false;
    }
    return true;
}

/* Whether a state is a (dict, slots) pair without a name in both. */
static bool is_slots_state(const brn_val *state)
{
    if (brn_typeof(state) != BRN_TUPLE || brn_size(state) != 2)
        return false;
    const brn_val *attributes = brn_at(state, 0);
    const brn_val *slots = brn_at(state, 1);
    if (brn_typeof(slots) != BRN_DICT || !has_attribute_names(slots))
        return false;
    if (brn_typeof(attributes) == BRN_NONE)
        return true;
    if (brn_typeof(attributes) != BRN_DICT || !has_attribute_names(attributes))
        return false;
    size_t count = brn_size(slots);
    for (size_t i = 0; i < count; i++) {
        if (brn_dict_get_val(attributes, brn_key_at(slots, i)))
            return false;
    }
    return true;
}

/* How to write the state of an object; *where gets its operation if there is one only. */
static form find_state(const brn_val *val, uint32_t *where)
{
    size_t count = brn_op_count(val);
    size_t states = 0;
    const brn_val *state = NULL;
    for (size_t i = 0; i < count && states < 2; i++) {
        const brn_val *value;
        if (brn_op_at(val, i, &value) == BRN_OP_STATE) {
            states++;
            state = value;
            *where = (uint32_t)i;
        }
    }
    if (states != 1)
        return states == 0 ? FORM_NO_STATE : FORM_STATES;
    if (brn_typeof(state) == BRN_DICT && has_attribute_names(state))
        return FORM_ATTRIBUTES;
    return is_slots_state(state) ? FORM_SLOTS : FORM_STATE;
}

/* A member of the stand-in for an object. */
static void plain_name(json *w, json_frame *f, const char *text)
{
    next_member(w, f);
    name(w, text);
}

/* A call with the object it was made for as the first of two arguments, which a state setter has. */
static bool is_setting(const brn_val *object, const brn_val *call)
{
    const brn_val *args = brn_args(call);
    return brn_typeof(args) == BRN_TUPLE && brn_size(args) == 2 && brn_at(args, 0) == object &&
           !brn_kwargs(call);
}

/* The next value of [callee, state]. */
static const brn_val *walk_setting(json *w, json_frame *f, const brn_val *call)
{
    while (!ended(w)) {
        uint64_t part = f->index++;
        if (part == 2) {
            put(w, ']');
            break;
        }
        if (part > 2)
            break;
        if (part == 0) {
            next_member(w, f);
            put(w, '[');
        } else {
            comma(w);
        }
        const brn_val *child = part == 0 ? brn_callee(call) : brn_at(brn_args(call), 1);
        if (!leaf(w, child))
            return child;
    }
    return NULL;
}

/*
 * The next value in those operations that the stage is about.  Their items become one
 * array, which is opened with the first of them and closed after the last.
 */
static const brn_val *plain_ops(json *w, json_frame *f)
{
    const brn_val *val = f->val;
    size_t count = brn_op_count(val);
    for (; f->op < count && !ended(w); f->op++, f->index = 0) {
        const brn_val *value;
        const brn_val *child = NULL;
        brn_op op = brn_op_at(val, f->op, &value);
        stage about = op == BRN_OP_STATE  ? STAGE_STATES
                      : op == BRN_OP_SET  ? STAGE_SET
                      : op == BRN_OP_CALL ? STAGE_CALLED
                                          : STAGE_APPENDED;
        if (about != (stage)f->stage)
            continue;
        if (!f->open) {
            plain_name(w, f,
                       op == BRN_OP_STATE  ? "__states__"
                       : op == BRN_OP_SET  ? "__pairs__"
                       : op == BRN_OP_CALL ? "__called__"
                                           : "__items__");
            open_bracket(w, f, '[');
            f->open = true;
        }
        if (op == BRN_OP_SET) {
            child = walk_pairs(w, f, value);
        } else if (op == BRN_OP_CALL && is_setting(val, value)) {
            child = walk_setting(w, f, value);
        } else if (!brn_op_is_single(op)) {
            child = walk_items(w, f, value);
        } else if (f->index++ == 0) {
            next_member(w, f);
            child = leaf(w, value) ? NULL : value;
        }
        if (child || ended(w))
            return child;
    }
    if (f->open)
        close_bracket(w, f, ']');
    f->open = false;
    f->first = false;
    return NULL;
}

/* The stages of an object follow each other; each begins at the beginning. */
static void next_stage(json_frame *f, stage next)
{
    f->stage = (uint8_t)next;
    f->index = 0;
}

/* The next value of the stage at work, NULL at its end. */
static const brn_val *plain_stage(json *w, json_frame *f)
{
    const brn_val *state = NULL;
    switch ((stage)f->stage) {
    case STAGE_PARTS: return walk_parts(w, f);
    case STAGE_ATTRIBUTES:
        (void)brn_op_at(f->val, f->op, &state);
        return walk_members(w, f, f->form == FORM_SLOTS ? brn_at(state, 0) : state);
    case STAGE_SLOTS:
        (void)brn_op_at(f->val, f->op, &state);
        return walk_members(w, f, brn_at(state, 1));
    case STAGE_STATE:
        if (f->index++ > 0)
            return NULL;
        (void)brn_op_at(f->val, f->op, &state);
        plain_name(w, f, "__state__");
        return leaf(w, state) ? NULL : state;
    default: return plain_ops(w, f);
    }
}

static const brn_val *plain_object(json *w, json_frame *f)
{
    if (f->stage == STAGE_START) {
        w->report.standins += !w->dry;
        f->form = (uint8_t)find_state(f->val, &f->op);
        open_bracket(w, f, '{');
        next_stage(f, STAGE_PARTS);
    }
    while (!ended(w)) {
        const brn_val *child = plain_stage(w, f);
        if (child || ended(w))
            return child;
        switch ((stage)f->stage) {
        case STAGE_PARTS:
            if (f->form == FORM_ATTRIBUTES || f->form == FORM_SLOTS) {
                next_stage(f, STAGE_ATTRIBUTES);
            } else if (f->form == FORM_STATE) {
                next_stage(f, STAGE_STATE);
            } else {
                next_stage(f, f->form == FORM_STATES ? STAGE_STATES : STAGE_APPENDED);
                f->op = 0;
            }
            break;
        case STAGE_ATTRIBUTES:
            if (f->form == FORM_SLOTS) {
                next_stage(f, STAGE_SLOTS);
                break;
            }
            /* fall through */
        case STAGE_SLOTS:
        case STAGE_STATE:
        case STAGE_STATES:
            next_stage(f, STAGE_APPENDED);
            f->op = 0;
            break;
        case STAGE_APPENDED:
            next_stage(f, STAGE_SET);
            f->op = 0;
            break;
        case STAGE_SET:
            next_stage(f, STAGE_CALLED);
            f->op = 0;
            break;
        default: close_bracket(w, f, '}'); return NULL;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------
 * The walk
 * ------------------------------------------------------------------------ */

static bool push(json *w, const brn_val *val)
{
    void *frames = w->frames;
    if (w->depth == w->cap &&
        !brn_memory_grow(&w->memory, &frames, &w->cap, w->depth + 1, sizeof *w->frames)) {
        stop(w, BRN_ERROR_MEMORY, NULL);
        return false;
    }
    w->frames = frames;
    w->frames[w->depth++] = (json_frame){.val = val, .stage = STAGE_START};
    if (w->sizes)
        w->size = &w->sizes[brn_id(val)];
    return true;
}

static void pop(json *w)
{
    uint32_t id = brn_id(w->frames[--w->depth].val);
    w->marks[id] &= (uint8_t)~MARK_ACTIVE;
    if (w->sizes) {
        w->size = w->depth > 0 ? &w->sizes[brn_id(w->frames[w->depth - 1].val)] : &w->total;
        *w->size = add(*w->size, w->sizes[id]);
    }
}

static const brn_val *step(json *w, json_frame *f)
{
    bool container = brn_typeof(f->val) >= BRN_LIST && brn_typeof(f->val) <= BRN_FROZENSET;
    if (w->lossless)
        return container ? lossless_container(w, f) : lossless_object(w, f);
    return container ? plain_container(w, f) : plain_object(w, f);
}

static void walk(json *w, const brn_val *root)
{
    if (leaf(w, root) || !push(w, root))
        return;
    while (w->depth > 0 && !ended(w)) {
        const brn_val *child = step(w, &w->frames[w->depth - 1]);
        if (ended(w))
            return;
        if (!child)
            pop(w);
        else if (!push(w, child))
            return;
    }
}

static void dry_walk(json *w, const brn_val *root)
{
    memset(w->marks, 0, w->count);
    w->depth = 0;
    w->total = 0;
    w->text = 0;
    w->size = &w->total;
    w->dry = true;
    walk(w, root);
    w->dry = false;
}

/* Refuse what plain mode cannot or should not write. */
static void check_plain(json *w, const brn_val *root, uint64_t max_nodes)
{
    uint64_t limit = max_nodes ? max_nodes : 1000000 + 16 * (uint64_t)w->count;
    dry_walk(w, root);
    if (w->code != BRN_OK || limit == BRN_UNLIMITED)
        return;
    if (w->revisited) {
        /* Only now it is worth to keep a size for each value. */
        size_t bytes = 0;
        if (brn_mul_size(w->count, sizeof *w->sizes, &bytes))
            w->sizes = brn_memory_alloc(&w->memory, bytes);
        if (!w->sizes) {
            stop(w, BRN_ERROR_MEMORY, NULL);
            return;
        }
        memset(w->sizes, 0, bytes);
        dry_walk(w, root);
        brn_memory_free(&w->memory, w->sizes, bytes);
        w->sizes = NULL;
    }
    if (w->code == BRN_OK && (w->total == UINT64_MAX || w->total - w->text > limit))
        stop(w, BRN_ERROR_JSON_EXPANSION,
             "written out each time, the shared values are more than the limit");
}

/* ------------------------------------------------------------------------
 * Errors, and the way in
 * ------------------------------------------------------------------------ */

/* The place of an item among all that was appended to an object. */
static uint64_t appended_index(const json_frame *f)
{
    uint64_t index = f->index - 1;
    for (uint32_t i = 0; i < f->op; i++) {
        const brn_val *value;
        brn_op op = brn_op_at(f->val, i, &value);
        if (op == BRN_OP_APPEND || op == BRN_OP_ADD)
            index += brn_size(value);
    }
    return index;
}

/* The step from the value of a frame in plain mode to the one inside it that is at work. */
static size_t frame_step(const json_frame *f, char *buf, size_t cap)
{
    static const char *const parts[] = {".__class__", ".__args__", ".__kwargs__"};
    const brn_val *value = NULL;
    brn_type type = brn_typeof(f->val);
    const char *text = "[...]";
    size_t at = (size_t)f->index - 1;
    if (f->index == 0)
        return 0;
    switch ((stage)f->stage) {
    case STAGE_ITEMS:
        if (type == BRN_DICT)
            return brn_path_key(brn_key_at(f->val, at), buf, cap);
        if (type == BRN_LIST || type == BRN_TUPLE)
            return brn_path_index(at, buf, cap);
        break;
    case STAGE_PARTS:
        if (brn_is_made(f->val) && at < BRN_ARRAY_LEN(parts))
            text = parts[at];
        break;
    case STAGE_ATTRIBUTES:
    case STAGE_SLOTS:
        (void)brn_op_at(f->val, f->op, &value);
        if (f->form == FORM_SLOTS)
            value = brn_at(value, f->stage == STAGE_SLOTS);
        return brn_path_attr(brn_key_at(value, at), buf, cap);
    case STAGE_STATE: text = ".__state__"; break;
    case STAGE_APPENDED: return brn_path_index(appended_index(f), buf, cap);
    case STAGE_SET:
        (void)brn_op_at(f->val, f->op, &value);
        if (f->index % 2 == 0)
            return brn_path_key(brn_key_at(value, at / 2), buf, cap);
        break;
    default: break;
    }
    size_t size = strlen(text);
    if (cap > size)
        memcpy(buf, text, size + 1);
    return size;
}

/* Where in the value the walk has stopped. */
static void report_path(const json *w, brn_error *err)
{
    static const char more[] = "...";
    size_t used = 0;
    for (size_t i = 0; i < w->depth; i++) {
        char text[BRN_PATH_STEP_SIZE + 1];
        size_t size = frame_step(&w->frames[i], text, sizeof text);
        bool last = i + 1 == w->depth;
        if (used + size + (last ? 0 : sizeof more - 1) >= sizeof err->path) {
            memcpy(err->path + used, more, sizeof more);
            return;
        }
        memcpy(err->path + used, text, size);
        used += size;
    }
    err->path[used] = '\0';
}

static brn_code write_json(json *w, const brn_val *val, uint64_t max_nodes)
{
    char *buffer = brn_memory_alloc(&w->memory, OUT_SIZE);
    w->marks = buffer ? brn_memory_alloc(&w->memory, w->count) : NULL;
    if (!w->marks) {
        stop(w, BRN_ERROR_MEMORY, NULL);
    } else {
        w->out.buffer = buffer;
        w->out.cap = OUT_SIZE;
        if (w->lossless)
            dry_walk(w, val);
        else
            check_plain(w, val, max_nodes);
        if (w->code == BRN_OK) {
            walk(w, val);
            if (!brn_out_flush(&w->out))
                stop(w, BRN_ERROR_WRITE, "the sink refused bytes");
        }
    }
    brn_memory_free(&w->memory, w->marks, w->count);
    brn_memory_free(&w->memory, buffer, OUT_SIZE);
    return w->code;
}

brn_code brn_json(const brn_doc *doc, const brn_val *val, uint32_t flags, uint64_t max_nodes,
                  brn_sink_fn sink, void *ctx, brn_json_report *report, brn_error *err)
{
    if (report)
        memset(report, 0, sizeof *report);
    brn_error_clear(err);
    if (!doc || !val || brn_doc_value(doc, brn_id(val)) != val || !sink)
        return brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1,
                             "there is no sink, or no value of this document");
    if (flags & ~(BRN_JSON_LOSSLESS | BRN_JSON_PRETTY))
        return brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "unknown flags 0x%x", (unsigned)flags);
    json w;
    memset(&w, 0, sizeof w);
    brn_out_init(&w.out, sink, ctx, NULL, 0);
    brn_memory_init(&w.memory, brn_doc_alloc(doc), 0);
    w.count = brn_doc_count(doc);
    w.lossless = (flags & BRN_JSON_LOSSLESS) != 0;
    w.pretty = (flags & BRN_JSON_PRETTY) != 0;
    brn_code code = write_json(&w, val, max_nodes);
    if (code != BRN_OK) {
        (void)brn_error_set(err, code, 0, -1, "%s",
                            w.problem ? w.problem : "there is no memory to write JSON");
        if (err && (code == BRN_ERROR_JSON_CYCLE || code == BRN_ERROR_JSON_KEY))
            report_path(&w, err);
    } else if (report) {
        *report = w.report;
    }
    brn_memory_free(&w.memory, w.frames, w.cap * sizeof *w.frames);
    return code;
}
