/*
 * path.c - paths: reading them (brn_get) and spelling their steps.
 *
 * A path is read once from left to right, without allocating.  The literal in a
 * pair of brackets is never built: numbers become a value on the C stack, which finds
 * its key as any other value does; text and tuples are compared with the keys of the
 * dict while they are read.  Where dict keys are equal is for keys.c to say.
 */
#include "path.h"

#include "../error.h"
#include "../repr.h"
#include "document.h"
#include "edit.h"
#include "keys.h"

#include <math.h>

/* How deep tuples may be nested in a path: reading them recurses. */
#define TUPLE_DEPTH 64

/* For the longest int: 4300 digits, or as many bits. */
#define INT_BYTES 1800

typedef enum literal_kind {
    LITERAL_VALUE, /* None, a bool, a number: `val` */
    LITERAL_TEXT,  /* between the quotes */
    LITERAL_BYTES, /* the same */
    LITERAL_TUPLE
} literal_kind;

typedef struct literal {
    literal_kind kind;
    brn_val val;
    uint8_t bytes[INT_BYTES]; /* of a val that is a big int */
    const char *text;         /* after the opening quote */
    const char *text_end;     /* the closing one */
    char quote;
    bool raw;
    bool plain; /* no escapes: the text stands for itself */
} literal;

/* A path while it is read. */
typedef struct reader {
    const char *path;
    brn_error *err;
    bool lax;        /* b'..' is a Python 2 str too */
    bool may_be_lax; /* ... and that would make a difference */
} reader;

static const char *bad_syntax(const reader *r, const char *at, const char *problem)
{
    (void)brn_error_set(r->err, BRN_ERROR_PATH_SYNTAX, (uint64_t)(at - r->path), -1, "%s", problem);
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (uint8_t)c >= 0x80;
}

static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c);
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* ------------------------------------------------------------------------
 * Numbers
 * ------------------------------------------------------------------------ */

/* The value of a digit up to base 16, else 99. */
static unsigned digit_value(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 99;
}

/* The digits of a literal, without underscores. */
typedef struct digits {
    char text[BRN_DECIMAL_DIGITS + 1];
    size_t count;
    bool too_many;
} digits;

static void keep(digits *d, char c)
{
    if (d->count < sizeof d->text)
        d->text[d->count++] = c;
    else
        d->too_many = true;
}

/*
 * Digits with single underscores between them; NULL for an underscore elsewhere.
 * `before` is true if one may stand in front, behind a prefix.
 */
static const char *read_digits(digits *d, const char *p, unsigned base, bool before)
{
    bool allowed = before;
    for (;; p++) {
        if (digit_value(*p) < base) {
            keep(d, *p);
            allowed = true;
        } else if (*p == '_' && allowed && digit_value(p[1]) < base) {
            allowed = false;
        } else {
            return *p == '_' ? NULL : p;
        }
    }
}

/* An int from its two's complement bytes in lit->bytes. */
static void set_int(literal *lit, size_t size)
{
    lit->val = (brn_val){.type = BRN_INT};
    if (size <= sizeof(int64_t)) {
        lit->val.u.integer = brn_int_of_bytes(lit->bytes, size);
        return;
    }
    lit->val.type = BRN_BIGINT;
    lit->val.size = (uint16_t)size;
    lit->val.u.bytes = lit->bytes;
}

/* Digits of `shift` bits each. */
static bool set_binary(literal *lit, const digits *d, unsigned shift, bool negative)
{
    size_t first = 0;
    while (first < d->count && d->text[first] == '0')
        first++;
    memset(lit->bytes, 0, sizeof lit->bytes);
    if ((d->count - first) * shift / 8 + 2 > sizeof lit->bytes)
        return false;
    size_t bit = 0;
    for (size_t i = d->count; i-- > first; bit += shift) {
        unsigned value = digit_value(d->text[i]) << bit % 8;
        lit->bytes[bit / 8] |= (uint8_t)value;
        lit->bytes[bit / 8 + 1] |= (uint8_t)(value >> 8);
    }
    unsigned carry = 1;
    for (size_t i = 0; negative && i < sizeof lit->bytes; i++) {
        unsigned byte = (lit->bytes[i] ^ 0xffu) + carry;
        lit->bytes[i] = (uint8_t)byte;
        carry = byte >> 8;
    }
    set_int(lit, brn_int_trim(lit->bytes, sizeof lit->bytes));
    return true;
}

static void set_float(literal *lit, const digits *d, bool negative)
{
    /* Out of range is infinite, as in Python; the digits are known to be well formed. */
    double value;
    (void)brn_parse_float(d->text, d->count, &value);
    lit->val = (brn_val){.type = BRN_FLOAT};
    lit->val.u.real = negative ? -value : value;
}

static BRN_NOINLINE const char *read_number(const reader *r, const char *start, literal *lit)
{
    static const char malformed[] = "a number that cannot be read";
    static const char too_long[] = "a number of more digits than a path may have";
    digits d = {.count = 0, .too_many = false};
    const char *p = start;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    lit->kind = LITERAL_VALUE;
    char mark = *p == '0' ? (char)(p[1] | 0x20) : '0';
    unsigned shift = mark == 'x' ? 4 : mark == 'o' ? 3 : mark == 'b' ? 1 : 0;
    if (shift > 0) {
        p = read_digits(&d, p + 2, 1u << shift, true);
        if (!p || d.count == 0 || is_name(*p) || *p == '.')
            return bad_syntax(r, start, malformed);
        if (d.too_many || !set_binary(lit, &d, shift, negative))
            return bad_syntax(r, start, too_long);
        return p;
    }
    p = read_digits(&d, p, 10, false);
    if (!p)
        return bad_syntax(r, start, malformed);
    size_t whole = d.count;
    bool real = *p == '.' || ((*p | 0x20) == 'e' && whole > 0);
    if (*p == '.') {
        keep(&d, '.');
        p = read_digits(&d, p + 1, 10, false);
        if (!p || d.count < 2)
            return bad_syntax(r, start, malformed);
    }
    if (real && (*p | 0x20) == 'e') {
        keep(&d, 'e');
        p++;
        if (*p == '-' || *p == '+')
            keep(&d, *p++);
        if (!is_digit(*p) || !(p = read_digits(&d, p, 10, false)))
            return bad_syntax(r, start, malformed);
    }
    if (d.count == 0 || is_name(*p))
        return bad_syntax(r, start, malformed);
    if (d.too_many || (!real && whole > BRN_DECIMAL_DIGITS))
        return bad_syntax(r, start, too_long);
    if (real) {
        set_float(lit, &d, negative);
        return p;
    }
    bool zero = true;
    for (size_t i = 0; i < d.count; i++)
        zero = zero && d.text[i] == '0';
    if (d.text[0] == '0' && !zero)
        return bad_syntax(r, start, "a decimal number that begins with 0");
    set_int(lit, brn_decimal_to_bytes(d.text, d.count, negative, lit->bytes, sizeof lit->bytes));
    return p;
}

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

/* `digits` hexadecimal digits at p, or -1. */
static int64_t read_hex(const char *p, int count)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = digit_value(p[i]);
        if (digit > 15)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/*
 * Take one character of a literal, or one byte of it if it is not escaped, at
 * **p, which is not the closing quote.  *size gets the number of bytes it stands for, 0 for an
 * escaped end of line.
 */
static bool read_char(const reader *r, const char **p, const literal *lit, uint8_t out[4],
                      size_t *size)
{
    const char *at = *p;
    bool bytes = lit->kind == LITERAL_BYTES;
    *size = 1;
    out[0] = (uint8_t)*at;
    if (*at == '\0' || *at == '\n')
        return bad_syntax(r, lit->text - 1, "a string without its closing quote") != NULL;
    if (bytes && (uint8_t)*at >= 0x80)
        return bad_syntax(r, at, "bytes are spelt in ASCII, others as \\xff") != NULL;
    *p = at + 1;
    if (*at != '\\')
        return true;
    char c = at[1];
    if (lit->raw || c == '\0') {
        /* The next character stands for itself too, even if it is the quote. */
        if (c != '\0' && (uint8_t)c < 0x80) {
            out[1] = (uint8_t)c;
            *size = 2;
            *p = at + 2;
        }
        return true;
    }
    *p = at + 2;
    static const char letters[] = "abfnrtv\\'\"";
    static const char meanings[] = "\a\b\f\n\r\t\v\\'\"";
    const char *letter = strchr(letters, c);
    if (letter) {
        out[0] = (uint8_t)meanings[letter - letters];
        return true;
    }
    if (c == '\n') {
        *size = 0;
        return true;
    }
    int64_t code = -1;
    int length = c == 'x' ? 2 : c == 'u' && !bytes ? 4 : c == 'U' && !bytes ? 8 : 0;
    if (length > 0) {
        code = read_hex(at + 2, length);
        if (code < 0 || code > 0x10ffff)
            return bad_syntax(r, at, "a broken escape") != NULL;
        *p = at + 2 + length;
    } else if (c >= '0' && c <= '7') {
        code = 0;
        int count = 0;
        for (const char *q = at + 1; count < 3 && *q >= '0' && *q <= '7'; q++, count++)
            code = code * 8 + (*q - '0');
        *p = at + 1 + count;
    } else if (c == 'N' && !bytes) {
        return bad_syntax(r, at, "characters by name (\\N{...}) are not known") != NULL;
    } else {
        /* No escape: both characters stand for themselves, and the second is yet to come. */
        *p = at + 1;
        return true;
    }
    if (bytes)
        out[0] = (uint8_t)code;
    else
        *size = brn_utf8_encode((uint32_t)code, out);
    return true;
}

/* The prefix and opening quote of a string; NULL, without an error, if there is none. */
static const char *read_quote(const char *p, literal *lit)
{
    bool bytes = false, raw = false, unicode = false;
    for (;; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
        if (c == 'b' && !bytes && !unicode)
            bytes = true;
        else if (c == 'r' && !raw && !unicode)
            raw = true;
        else if (c == 'u' && !unicode && !bytes && !raw)
            unicode = true;
        else
            break;
    }
    if (*p != '\'' && *p != '"')
        return NULL;
    lit->kind = bytes ? LITERAL_BYTES : LITERAL_TEXT;
    lit->raw = raw;
    lit->quote = *p;
    lit->text = p + 1;
    return p + 1;
}

/* From the opening quote to behind the closing one. */
static const char *read_string(const reader *r, const char *p, literal *lit)
{
    lit->plain = true;
    while (*p != lit->quote) {
        uint8_t bytes[4];
        size_t size;
        if (*p == '\\' && !lit->raw)
            lit->plain = false;
        if (!read_char(r, &p, lit, bytes, &size))
            return NULL;
    }
    lit->text_end = p;
    return p + 1;
}

/* Whether a well-formed literal spells these bytes. */
static bool spells(const reader *r, const literal *lit, const uint8_t *bytes, size_t size)
{
    size_t length = (size_t)(lit->text_end - lit->text);
    if (lit->plain)
        return length == size && memcmp(lit->text, bytes, size) == 0;
    size_t at = 0;
    for (const char *p = lit->text; p < lit->text_end;) {
        uint8_t piece[4];
        size_t count;
        if (!read_char(r, &p, lit, piece, &count) || count > size - at ||
            memcmp(bytes + at, piece, count) != 0)
            return false;
        at += count;
    }
    return at == size;
}

static bool text_equals(reader *r, const literal *lit, const brn_val *val)
{
    size_t size;
    const uint8_t *bytes = brn_bytes(val, &size);
    brn_type type = brn_typeof(val);
    if (lit->kind == LITERAL_TEXT)
        return (type == BRN_STR || (type == BRN_PY2STR && val->flags & BRN_FLAG_ASCII)) &&
               spells(r, lit, bytes, size);
    if (type == BRN_BYTES)
        return spells(r, lit, bytes, size);
    if (type != BRN_PY2STR || !spells(r, lit, bytes, size))
        return false;
    r->may_be_lax = true;
    return r->lax;
}

/* ------------------------------------------------------------------------
 * Literals
 * ------------------------------------------------------------------------ */

static bool is_word(const char *start, const char *end, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(end - start) == size && memcmp(start, word, size) == 0;
}

/* Any literal but a tuple, of which only the bracket is seen.  Returns where it ends. */
static const char *read_literal(const reader *r, const char *p, literal *lit)
{
    if (*p == '(') {
        lit->kind = LITERAL_TUPLE;
        return p;
    }
    const char *text = read_quote(p, lit);
    if (text)
        return read_string(r, text, lit);
    if (is_digit(*p) || *p == '.' || *p == '-' || *p == '+')
        return read_number(r, p, lit);
    const char *end = p;
    while (is_name(*end))
        end++;
    lit->kind = LITERAL_VALUE;
    lit->val = (brn_val){.type = BRN_BOOL};
    if (is_word(p, end, "None")) {
        lit->val.type = BRN_NONE;
    } else if (is_word(p, end, "True")) {
        lit->val.u.integer = 1;
    } else if (!is_word(p, end, "False")) {
        return bad_syntax(r, p,
                          "a key is a literal: None, True, 3, 2.5, 'text', b'bytes', ('a', 1)");
    }
    return end;
}

static bool values_equal(const brn_val *a, const brn_val *b)
{
    brn_keys keys = {.work = 1000, .foreign = true};
    return brn_key_equal(&keys, a, b);
}

/* For what is no tuple; a function of its own because a literal is large. */
static BRN_NOINLINE const char *match_one(reader *r, const char *p, const brn_val *val, bool *equal)
{
    literal lit;
    const char *end = read_literal(r, p, &lit);
    if (end && val && *equal)
        *equal =
            lit.kind == LITERAL_VALUE ? values_equal(&lit.val, val) : text_equals(r, &lit, val);
    return end;
}

/*
 * Read the literal at p and return where it ends, or NULL with an error.  If `val` is not
 * NULL and *equal true, *equal gets whether both are equal.
 */
/* NOLINTNEXTLINE(misc-no-recursion): TUPLE_DEPTH deep at most. */
static const char *match(reader *r, const char *p, const brn_val *val, bool *equal, int depth)
{
    if (*p != '(')
        return match_one(r, p, val, equal);
    if (depth == TUPLE_DEPTH)
        return bad_syntax(r, p, "tuples nested too deep");
    const char *start = p;
    size_t count = 0;
    bool comma = false;
    if (val && brn_typeof(val) != BRN_TUPLE)
        *equal = false;
    p = skip_blanks(p + 1);
    while (*p != ')') {
        const brn_val *item = val && *equal ? brn_at(val, count) : NULL;
        if (val && !item)
            *equal = false;
        p = match(r, p, item, equal, depth + 1);
        if (!p)
            return NULL;
        count++;
        p = skip_blanks(p);
        comma = *p == ',';
        if (comma)
            p = skip_blanks(p + 1);
        else if (*p != ')')
            return bad_syntax(r, p, *p ? "a comma or ) is missing" : "a tuple without its )");
    }
    if (count == 1 && !comma)
        return bad_syntax(r, start, "a tuple of one item needs a comma: ('a',)");
    if (val && *equal)
        *equal = brn_size(val) == count;
    return p + 1;
}

/* ------------------------------------------------------------------------
 * Steps
 * ------------------------------------------------------------------------ */

/* A key in brackets. */
typedef struct key_step {
    literal lit;
    const char *start; /* of the literal */
} key_step;

static const brn_val *scan_keys(reader *r, const brn_val *dict, const char *start)
{
    /* From the end: where keys repeat, in pairs set one by one, the last one counts. */
    for (size_t i = brn_size(dict); i-- > 0;) {
        bool equal = true;
        if (!match(r, start, brn_key_at(dict, i), &equal, 0))
            return NULL;
        if (equal)
            return brn_value_at(dict, i);
    }
    return NULL;
}

static const brn_val *find_key(reader *r, const brn_val *dict, const key_step *step)
{
    const literal *lit = &step->lit;
    if (lit->kind == LITERAL_VALUE)
        return brn_dict_get_val(dict, &lit->val);
    if (lit->kind == LITERAL_TEXT && lit->plain)
        return brn_dict_getn(dict, lit->text, (size_t)(lit->text_end - lit->text));
    r->lax = false;
    r->may_be_lax = false;
    const brn_val *found = scan_keys(r, dict, step->start);
    if (!found && r->may_be_lax) {
        r->lax = true;
        found = scan_keys(r, dict, step->start);
    }
    return found;
}

/* Whether a literal can be an index, and which. */
static bool is_index(const literal *lit, int64_t *index)
{
    if (lit->kind != LITERAL_VALUE || (lit->val.type != BRN_INT && lit->val.type != BRN_BOOL))
        return false;
    *index = lit->val.u.integer;
    return true;
}

/* Count from the end what is below 0.  False if there is no such item. */
static bool find_index(int64_t index, uint64_t size, uint64_t *found)
{
    uint64_t at = (uint64_t)index;
    if (index < 0)
        at += size;
    *found = at;
    return at < size;
}

static uint64_t appended_size(const brn_val *val)
{
    uint64_t size = 0;
    for (size_t i = 0; i < brn_op_count(val); i++) {
        const brn_val *items;
        brn_op op = brn_op_at(val, i, &items);
        if (op == BRN_OP_APPEND || op == BRN_OP_ADD)
            size += brn_size(items);
    }
    return size;
}

/* Among all items appended to an object. */
static const brn_val *find_appended(const brn_val *val, int64_t index)
{
    uint64_t at;
    if (!find_index(index, appended_size(val), &at))
        return NULL;
    for (size_t i = 0; i < brn_op_count(val); i++) {
        const brn_val *items;
        brn_op op = brn_op_at(val, i, &items);
        if (op != BRN_OP_APPEND && op != BRN_OP_ADD)
            continue;
        if (at < brn_size(items))
            return brn_at(items, (size_t)at);
        at -= brn_size(items);
    }
    return NULL;
}

/* What was done last counts. */
static const brn_val *find_in_object(reader *r, const brn_val *val, const key_step *step)
{
    int64_t index = 0;
    bool appended = !is_index(&step->lit, &index); /* looked there already, or no use */
    for (size_t i = brn_op_count(val); i-- > 0;) {
        const brn_val *value;
        const brn_val *found = NULL;
        brn_op op = brn_op_at(val, i, &value);
        if (op == BRN_OP_SET) {
            found = find_key(r, value, step);
        } else if ((op == BRN_OP_APPEND || op == BRN_OP_ADD) && !appended) {
            appended = true;
            found = find_appended(val, index);
        }
        if (found)
            return found;
    }
    return NULL;
}

static const brn_val *find_item(reader *r, const brn_val *val, const key_step *step)
{
    int64_t index = 0;
    uint64_t at;
    switch (brn_typeof(val)) {
    case BRN_LIST:
    case BRN_TUPLE:
        if (!is_index(&step->lit, &index) || !find_index(index, brn_size(val), &at))
            return NULL;
        return brn_at(val, (size_t)at);
    case BRN_DICT: return find_key(r, val, step);
    default: return find_in_object(r, val, step);
    }
}

/* What was done of this kind, the last time. */
static const brn_val *last_done(const brn_val *val, brn_op op)
{
    for (size_t i = brn_op_count(val); i-- > 0;) {
        const brn_val *value;
        if (brn_op_at(val, i, &value) == op)
            return value;
    }
    return NULL;
}

static const brn_val *find_name(const brn_val *val, const char *start, const char *end)
{
    if (brn_typeof(val) == BRN_DICT)
        return brn_dict_getn(val, start, (size_t)(end - start));
    if (is_word(start, end, "__class__"))
        return brn_callee(val);
    if (is_word(start, end, "__args__"))
        return brn_args(val);
    if (is_word(start, end, "__kwargs__"))
        return brn_kwargs(val);
    if (is_word(start, end, "__state__"))
        return last_done(val, BRN_OP_STATE);
    if (is_word(start, end, "__called__"))
        return last_done(val, BRN_OP_CALL);
    return brn_attrn(val, start, (size_t)(end - start));
}

/* ------------------------------------------------------------------------
 * What is there instead
 * ------------------------------------------------------------------------ */

static bool spell(brn_out *out, const brn_val *key);

/* Pieces of a message: a path's own text, cut if it is long. */
static void put_excerpt(brn_out *out, const char *start, const char *end)
{
    const char *cut = end - start > 60 ? start + 57 : end;
    while (cut < end && cut > start && ((uint8_t)*cut & 0xc0) == 0x80)
        cut--;
    brn_out_putn(out, start, (size_t)(cut - start));
    if (cut < end)
        brn_out_puts(out, "...");
}

static void put_kind(brn_out *out, const brn_val *val)
{
    brn_type type = brn_typeof(val);
    brn_out_puts(out, brn_type_name(type));
    if (type == BRN_LIST || type == BRN_TUPLE || brn_has_ops(type)) {
        uint64_t size = type < BRN_GLOBAL ? brn_size(val) : appended_size(val);
        if (type < BRN_GLOBAL || size > 0) {
            brn_out_puts(out, " of ");
            brn_out_uint(out, size);
        }
    }
}

/* `; it has 'a', 'b', ... 5 more`, as far as a line goes. */
static void put_keys(brn_out *out, const brn_val *dict)
{
    size_t count = brn_size(dict);
    if (count == 0) {
        brn_out_puts(out, "; it is empty");
        return;
    }
    brn_out_puts(out, "; it has ");
    size_t shown = 0;
    for (; shown < count; shown++) {
        char text[BRN_PATH_STEP_SIZE];
        brn_out key;
        brn_out_init(&key, NULL, NULL, text, sizeof text);
        if (!spell(&key, brn_key_at(dict, shown)) || key.dropped > 0) {
            key.used = 3;
            memcpy(text, "...", 3);
        }
        /* Room is kept for the count of the others. */
        if (out->used + key.used + 24 > BRN_MESSAGE_SIZE && shown > 0)
            break;
        if (shown > 0)
            brn_out_puts(out, ", ");
        brn_out_putn(out, text, key.used);
    }
    if (shown < count) {
        brn_out_puts(out, ", ... ");
        brn_out_uint(out, count - shown);
        brn_out_puts(out, " more");
    }
}

/* The steps that lead somewhere, as the path of the error. */
static void put_prefix(char *to, const char *path, size_t size)
{
    bool cut = size >= BRN_PATH_SIZE;
    if (cut) {
        size = BRN_PATH_SIZE - sizeof "...";
        while (size > 0 && ((uint8_t)path[size] & 0xc0) == 0x80)
            size--;
    }
    memcpy(to, path, size);
    memcpy(to + size, cut ? "..." : "", cut ? sizeof "..." : 1);
}

/* Report that a step leads nowhere.  `start` and `end` bound it in the path. */
static const brn_val *absent(const reader *r, const brn_val *val, const char *start,
                             const char *end)
{
    if (!r->err)
        return NULL;
    size_t before = (size_t)(start - r->path);
    char message[BRN_MESSAGE_SIZE];
    brn_out out;
    brn_out_init(&out, NULL, NULL, message, sizeof message - 1);
    brn_type type = brn_typeof(val);
    put_kind(&out, val);
    if (*start != '[') {
        start += *start == '.';
        brn_out_puts(&out, type == BRN_DICT ? " has no key '" : " has no attribute '");
        put_excerpt(&out, start, end);
        brn_out_put(&out, '\'');
        const brn_val *state = last_done(val, BRN_OP_STATE);
        if (brn_typeof(type == BRN_DICT ? val : state) == BRN_DICT)
            put_keys(&out, type == BRN_DICT ? val : state);
    } else {
        bool items = type == BRN_LIST || type == BRN_TUPLE;
        if (items || type == BRN_DICT || (brn_has_ops(type) && brn_op_count(val) > 0)) {
            brn_out_puts(&out, type == BRN_DICT ? " has no key " : " has no item ");
            put_excerpt(&out, start + 1, end - 1);
            if (type == BRN_DICT)
                put_keys(&out, val);
        } else {
            brn_out_puts(&out, " has no items");
        }
    }
    message[out.used] = '\0';
    (void)brn_error_set(r->err, BRN_ERROR_PATH_ABSENT, before, -1, "%s", message);
    put_prefix(r->err->path, r->path, before);
    return NULL;
}

/* ------------------------------------------------------------------------
 * The way along a path
 * ------------------------------------------------------------------------ */

/* A key in brackets; false if it cannot be read. */
static bool read_key(reader *r, const char **p, key_step *step)
{
    bool equal = true;
    step->start = skip_blanks(*p + 1);
    const char *end = read_literal(r, step->start, &step->lit);
    if (end && step->lit.kind == LITERAL_TUPLE)
        end = match(r, step->start, NULL, &equal, 0);
    if (!end)
        return false;
    end = skip_blanks(end);
    if (*end != ']')
        return bad_syntax(r, end, *end ? "] is missing" : "the path ends without ]") != NULL;
    *p = end + 1;
    return true;
}

static BRN_NOINLINE const brn_val *take_key(reader *r, const brn_val *val, const char **p)
{
    key_step step;
    const char *open = *p;
    if (!read_key(r, p, &step))
        return NULL;
    const brn_val *found = find_item(r, val, &step);
    return found ? found : absent(r, val, open, *p);
}

/* Where a name begins, behind its dot; NULL if it cannot be read. */
static const char *read_name(const reader *r, const char **p)
{
    const char *name = *p + (**p == '.');
    const char *end = name;
    if (is_name_start(*end)) {
        while (is_name(*end))
            end++;
    }
    if (end == name)
        return bad_syntax(r, name, "a name, .name or [key] is needed here");
    *p = end;
    return name;
}

static const brn_val *take_name(const reader *r, const brn_val *val, const char **p)
{
    const char *start = *p;
    const char *name = read_name(r, p);
    if (!name)
        return NULL;
    const brn_val *found = find_name(val, name, *p);
    return found ? found : absent(r, val, start, *p);
}

/* One step further, from what `path` begins with if p is there. */
static const brn_val *take_step(reader *r, const brn_val *val, const char **p)
{
    if (**p == '[')
        return take_key(r, val, p);
    if (**p == '.' || *p == r->path)
        return take_name(r, val, p);
    return (bad_syntax(r, *p, "a . or [ is needed here"), NULL);
}

const brn_val *brn_get_err(const brn_val *root, const char *path, brn_error *err)
{
    brn_error_clear(err);
    reader r = {path, err, false, false};
    if (!path) {
        (void)brn_error_set(err, BRN_ERROR_PATH_SYNTAX, 0, -1, "there is no path");
        return NULL;
    }
    const char *p = path;
    const brn_val *val = root;
    if (!val)
        (void)brn_error_set(err, BRN_ERROR_PATH_ABSENT, 0, -1, "there is no value");
    while (val && *p)
        val = take_step(&r, val, &p);
    return val;
}

const brn_val *brn_get(const brn_val *root, const char *path)
{
    return brn_get_err(root, path, NULL);
}

/* ------------------------------------------------------------------------
 * Changing what a path leads to
 * ------------------------------------------------------------------------ */

/* Text or bytes as a value. */
static const brn_val *make_text_key(reader *r, brn_doc *doc, const literal *lit, bool py2)
{
    size_t room = (size_t)(lit->text_end - lit->text);
    uint8_t *text = brn_memory_alloc(&doc->memory, room + 1);
    if (!text) {
        (void)brn_edit_fail_memory(doc);
        return NULL;
    }
    size_t size = 0;
    for (const char *p = lit->text; p < lit->text_end;) {
        uint8_t piece[4];
        size_t count = 0;
        (void)read_char(r, &p, lit, piece, &count);
        memcpy(text + size, piece, count);
        size += count;
    }
    const brn_val *made = py2 ? brn_make_py2str(doc, text, size)
                          : lit->kind == LITERAL_BYTES
                              ? brn_make_bytes(doc, text, size)
                              : brn_make_strn(doc, (const char *)text, size);
    brn_memory_free(&doc->memory, text, room + 1);
    return made;
}

static const brn_val *make_number_key(brn_doc *doc, const brn_val *val)
{
    switch ((brn_type)val->type) {
    case BRN_NONE: return brn_make_none(doc);
    case BRN_BOOL: return brn_make_bool(doc, val->u.integer != 0);
    case BRN_INT: return brn_make_int(doc, val->u.integer);
    case BRN_FLOAT: return brn_make_float(doc, val->u.real);
    default: return brn_make_bigint(doc, val->u.bytes, val->size);
    }
}

/* A key that is not there yet.  Tuples have to be. */
static const brn_val *make_key(reader *r, brn_doc *doc, const brn_val *val, const key_step *step)
{
    const literal *lit = &step->lit;
    if (lit->kind == LITERAL_VALUE)
        return make_number_key(doc, &lit->val);
    if (lit->kind == LITERAL_TUPLE) {
        (void)brn_edit_fail(doc, BRN_ERROR_NO_ITEM,
                            "there is no such key, and paths make no tuples");
        return NULL;
    }
    /* As a Python 2 str, b'..' may be there. */
    const brn_val *key = make_text_key(r, doc, lit, false);
    bool py2 = lit->kind == LITERAL_BYTES && key && brn_is(val, BRN_DICT) &&
               !brn_dict_get_val(val, key) && find_key(r, val, step) != NULL;
    return py2 ? make_text_key(r, doc, lit, true) : key;
}

/* Set the value of a key that is a tuple, which is found item by item. */
static bool put_at_tuple(reader *r, brn_doc *doc, const brn_val *dict, const key_step *step,
                         const brn_val *value)
{
    for (size_t i = brn_size(dict); brn_is(dict, BRN_DICT) && i-- > 0;) {
        bool equal = true;
        if (match(r, step->start, brn_key_at(dict, i), &equal, 0) && equal)
            return brn_dict_set(doc, dict, brn_key_at(dict, i), value);
    }
    return make_key(r, doc, dict, step) != NULL;
}

static bool put_key(reader *r, brn_doc *doc, const brn_val *val, const key_step *step,
                    const brn_val *value)
{
    int64_t index = 0;
    bool number = is_index(&step->lit, &index);
    bool sequence = brn_is(val, BRN_LIST) || brn_is(val, BRN_TUPLE);
    if (sequence && !number)
        return brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "items have numbers");
    if (sequence || (number && brn_has_ops(brn_typeof(val)) && appended_size(val) > 0))
        return brn_edit_item(doc, val, index, value);
    if (step->lit.kind == LITERAL_TUPLE)
        return put_at_tuple(r, doc, val, step, value);
    const brn_val *key = make_key(r, doc, val, step);
    return key && brn_dict_set(doc, val, key, value);
}

static bool put_name(brn_doc *doc, const brn_val *val, const char *name, const char *end,
                     const brn_val *value)
{
    if (brn_typeof(val) == BRN_DICT)
        return brn_dict_set(doc, val, brn_make_strn(doc, name, (size_t)(end - name)), value);
    if (is_word(name, end, "__class__"))
        return brn_set_callee(doc, val, value);
    if (is_word(name, end, "__args__"))
        return brn_set_args(doc, val, value);
    if (is_word(name, end, "__kwargs__"))
        return brn_set_kwargs(doc, val, value);
    if (is_word(name, end, "__state__"))
        return brn_edit_state(doc, val, value);
    if (is_word(name, end, "__called__"))
        return brn_edit_fail(doc, BRN_ERROR_NO_ITEM, "what was called is no item to be set");
    return brn_edit_attr(doc, val, name, (size_t)(end - name), value);
}

/* The last step, from `val`; false with an error in the document, or with one of the path. */
static BRN_NOINLINE bool put_step(reader *r, brn_doc *doc, const brn_val *val, const char *p,
                                  const brn_val *value)
{
    key_step step;
    if (*p == '[')
        return read_key(r, &p, &step) && put_key(r, doc, val, &step, value);
    const char *name = read_name(r, &p);
    return name && put_name(doc, val, name, p, value);
}

/* Where the last step of a path begins; NULL if it cannot be read. */
static const char *last_step(reader *r)
{
    const char *last = r->path;
    for (const char *p = r->path; *p;) {
        key_step step;
        last = p;
        if (*p != '[' && *p != '.' && p != r->path)
            return bad_syntax(r, p, "a . or [ is needed here");
        if (*p == '[' ? !read_key(r, &p, &step) : !read_name(r, &p))
            return NULL;
    }
    return last;
}

bool brn_put(brn_doc *doc, const char *path, const brn_val *value, brn_error *err)
{
    brn_error own;
    reader r = {path, err ? err : &own, false, false};
    brn_error_clear(r.err);
    if (!doc)
        return false;
    const brn_val *val = doc->root;
    if (!path)
        return brn_edit_fail(
            doc, brn_error_set(r.err, BRN_ERROR_PATH_SYNTAX, 0, -1, "%s", "there is no path"),
            "there is no path");
    const char *last = last_step(&r);
    for (const char *p = path; val && last && p != last;)
        val = take_step(&r, val, &p);
    if (!last || !val)
        return brn_edit_fail(doc, r.err->code, "a path cannot be read, or leads nowhere");
    bool put = *path ? put_step(&r, doc, val, last, value) : brn_set_root(doc, value);
    if (!put && r.err->code == BRN_OK)
        (void)brn_doc_error(doc, r.err);
    return put;
}

/* ------------------------------------------------------------------------
 * Spelling
 * ------------------------------------------------------------------------ */

/* NOLINTBEGIN(misc-no-recursion): each tuple takes one of the BRN_PATH_STEP_SIZE bytes. */

/* Whatever is longer than a step may be is not worth the walk to its end. */
static bool spell_tuple(brn_out *out, const brn_val *tuple)
{
    size_t count = brn_size(tuple);
    brn_out_put(out, '(');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            brn_out_puts(out, ", ");
        if (out->dropped > 0 || !spell(out, brn_at(tuple, i)))
            return false;
    }
    brn_out_puts(out, count == 1 ? ",)" : ")");
    return true;
}

/* A key in the spelling that match() reads; false if there is none. */
static bool spell(brn_out *out, const brn_val *key)
{
    double real = brn_float(key);
    size_t size;
    switch (brn_typeof(key)) {
    case BRN_NONE:
    case BRN_BOOL:
    case BRN_INT: return brn_out_repr(out, key);
    case BRN_BIGINT:
        (void)brn_bigint(key, &size);
        return size < BRN_PATH_STEP_SIZE && brn_out_repr(out, key);
    case BRN_FLOAT:
        if (isnan(real))
            return false;
        if (isinf(real)) {
            brn_out_puts(out, real < 0 ? "-1e309" : "1e309");
            return true;
        }
        return brn_out_repr(out, key);
    case BRN_PY2STR:
        size = brn_size(key);
        if (size >= BRN_PATH_STEP_SIZE)
            return false;
        if (key->flags & BRN_FLAG_ASCII)
            brn_out_repr_str(out, (const char *)brn_bytes(key, NULL), size);
        else
            (void)brn_out_repr(out, key);
        return true;
    case BRN_STR:
    case BRN_BYTES: return brn_size(key) < BRN_PATH_STEP_SIZE && brn_out_repr(out, key);
    case BRN_TUPLE: return spell_tuple(out, key);
    default: return false;
    }
}

/* NOLINTEND(misc-no-recursion) */

static size_t copy_step(const char *text, size_t size, char *buf, size_t cap)
{
    brn_out out;
    brn_out_init(&out, NULL, NULL, buf, cap > 0 ? cap - 1 : 0);
    brn_out_putn(&out, text, size);
    return brn_out_finish(&out, cap);
}

size_t brn_path_word(const char *step, char *buf, size_t cap)
{
    return copy_step(step, strlen(step), buf, cap);
}

size_t brn_path_key(const brn_val *key, char *buf, size_t cap)
{
    static const char unknown[] = "[...]";
    char text[BRN_PATH_STEP_SIZE];
    brn_out out;
    brn_out_init(&out, NULL, NULL, text, sizeof text);
    brn_out_put(&out, '[');
    bool spelt = spell(&out, key);
    brn_out_put(&out, ']');
    if (!spelt || out.dropped > 0)
        return copy_step(unknown, sizeof unknown - 1, buf, cap);
    return copy_step(text, out.used, buf, cap);
}

size_t brn_path_index(uint64_t index, char *buf, size_t cap)
{
    brn_out out;
    brn_out_init(&out, NULL, NULL, buf, cap > 0 ? cap - 1 : 0);
    brn_out_put(&out, '[');
    brn_out_uint(&out, index);
    brn_out_put(&out, ']');
    return brn_out_finish(&out, cap);
}

/* The names that brn_get() gives another meaning. */
static bool is_special(const char *start, const char *end)
{
    return is_word(start, end, "__class__") || is_word(start, end, "__args__") ||
           is_word(start, end, "__kwargs__") || is_word(start, end, "__state__") ||
           is_word(start, end, "__called__");
}

size_t brn_path_attr(const brn_val *name, char *buf, size_t cap)
{
    size_t size = 0;
    const char *text = (const char *)brn_bytes(name, &size);
    brn_type type = brn_typeof(name);
    bool valid = (type == BRN_STR || (type == BRN_PY2STR && name->flags & BRN_FLAG_ASCII)) &&
                 size > 0 && size < BRN_PATH_STEP_SIZE && is_name_start(text[0]) &&
                 !is_special(text, text + size);
    for (size_t i = 1; valid && i < size; i++)
        valid = is_name(text[i]);
    /* An error is printed as it is: nothing in it may be more than a letter. */
    if (!valid || brn_repr_text(text, size, NULL, 0) != size + 2)
        return copy_step("[...]", 5, buf, cap);
    brn_out out;
    brn_out_init(&out, NULL, NULL, buf, cap > 0 ? cap - 1 : 0);
    brn_out_put(&out, '.');
    brn_out_putn(&out, text, size);
    return brn_out_finish(&out, cap);
}
