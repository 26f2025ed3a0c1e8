/*
 * json_tape.c - the reader of JSON.  It keeps its open arrays and objects on the tape itself, so depth costs what any
 * other value costs.
 */
#include "json_tape.h"

#include "../machine/decode.h"
#include "../repr.h"
#include "../words.h"

typedef struct reader {
    brn_json_tape *tape;
    brn_memory *memory;
    const uint8_t *p;
    const uint8_t *end;
    brn_error *err;
    brn_code code;
} reader;

/* The parent of an open entry is where `next` will be; the outermost has none. */
#define NO_PARENT UINT32_MAX

static bool fail(reader *r, brn_code code, const uint8_t *at, const char *problem)
{
    r->code = brn_error_set(r->err, code, (uint64_t)(at - r->tape->data), -1, "%s", problem);
    return false;
}

static bool syntax(reader *r, const char *problem)
{
    return fail(r, BRN_ERROR_JSON_SYNTAX, r->p, problem);
}

static void skip_blanks(reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

static brn_json_node *add(reader *r, brn_json_kind kind)
{
    brn_json_tape *tape = r->tape;
    if (tape->count == tape->cap) {
        void *at = tape->at;
        /* NO_PARENT is no entry. */
        if (tape->count >= UINT32_MAX - 1) {
            (void)fail(r, BRN_ERROR_LIMIT_VALUES, r->p, "more than 2^32 - 2 values of JSON");
            return NULL;
        }
        if (!brn_memory_grow(r->memory, &at, &tape->cap, tape->count + 1, sizeof *tape->at)) {
            (void)fail(r, r->memory->over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, r->p,
                       "no memory for the list of values");
            return NULL;
        }
        tape->at = at;
    }
    brn_json_node *node = &tape->at[tape->count++];
    *node = (brn_json_node){.text = r->p, .next = (uint32_t)tape->count, .kind = (uint8_t)kind};
    return node;
}

/* ------------------------------------------------------------------------
 * Scalars
 * ------------------------------------------------------------------------ */

static bool is_digit(const reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool skip_digits(reader *r)
{
    if (!is_digit(r))
        return syntax(r, "a digit is missing");
    while (is_digit(r))
        r->p++;
    return true;
}

static bool read_number(reader *r)
{
    brn_json_node *node = add(r, BRN_JSON_INT);
    if (!node)
        return false;
    if (*r->p == '-')
        r->p++;
    bool zero = r->p < r->end && *r->p == '0';
    if (!skip_digits(r))
        return false;
    const uint8_t *digits = node->text + (*node->text == '-');
    if (zero && r->p - digits > 1)
        return fail(r, BRN_ERROR_JSON_SYNTAX, digits, "a number that begins with 0");
    if (r->p < r->end && *r->p == '.') {
        node->kind = BRN_JSON_REAL;
        r->p++;
        if (!skip_digits(r))
            return false;
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        node->kind = BRN_JSON_REAL;
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
            r->p++;
        return skip_digits(r);
    }
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_escape(reader *r)
{
    if (r->end - r->p < 2)
        return syntax(r, "a string without its end");
    uint8_t c = r->p[1];
    if (c != 'u') {
        if (c == 0 || !strchr("\"\\/bfnrt", c))
            return syntax(r, "there is no such escape");
        r->p += 2;
        return true;
    }
    for (int i = 2; i < 6; i++) {
        if (r->end - r->p <= i || hex_digit(r->p[i]) < 0)
            return syntax(r, "\\u without four hexadecimal digits");
    }
    r->p += 6;
    return true;
}

static inline uint64_t is_special(uint64_t word)
{
    return brn_word_controls(word) | brn_word_equal(word, '"') | brn_word_equal(word, '\\');
}

static bool read_string(reader *r)
{
    if (!add(r, BRN_JSON_STRING))
        return false;
    r->p++;
    for (;;) {
        const uint8_t *plain = r->p;
        r->p += brn_skip_plain(r->p, (size_t)(r->end - r->p), is_special);
        if (brn_utf8_scan(plain, (size_t)(r->p - plain)) > BRN_UTF8_VALID)
            return fail(r, BRN_ERROR_UTF8, plain, "a string that is not UTF-8");
        if (r->p == r->end)
            return syntax(r, "a string without its end");
        if (*r->p == '"')
            break;
        if (*r->p != '\\')
            return syntax(r, "a control character in a string");
        if (!read_escape(r))
            return false;
    }
    r->p++;
    return true;
}

static bool read_word(reader *r, const char *word, brn_json_kind kind)
{
    size_t size = strlen(word);
    if ((size_t)(r->end - r->p) < size || memcmp(r->p, word, size) != 0)
        return syntax(r, "no value of JSON begins so");
    if (!add(r, kind))
        return false;
    r->p += size;
    return true;
}

static bool read_scalar(reader *r)
{
    switch (*r->p) {
    case 'n': return read_word(r, "null", BRN_JSON_NULL);
    case 't': return read_word(r, "true", BRN_JSON_TRUE);
    case 'f': return read_word(r, "false", BRN_JSON_FALSE);
    case '"': return read_string(r);
    default:
        if (*r->p != '-' && !is_digit(r))
            return syntax(r, "no value of JSON begins so");
        return read_number(r);
    }
}

/* ------------------------------------------------------------------------
 * Arrays and objects
 * ------------------------------------------------------------------------ */

static bool expect(reader *r, uint8_t c, const char *problem)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != c)
        return syntax(r, problem);
    r->p++;
    skip_blanks(r);
    return true;
}

/* A key, up to its value. */
static bool read_key(reader *r)
{
    if (r->p == r->end || *r->p != '"')
        return syntax(r, "a key, which is a string, is missing");
    return read_string(r) && expect(r, ':', "a colon is missing");
}

/* Begin a value; an array or object that is not empty becomes *open, and its first value is next. */
static bool begin_value(reader *r, uint32_t *open, bool *opened)
{
    *opened = false;
    if (r->p == r->end)
        return syntax(r, "a value is missing");
    uint8_t c = *r->p;
    if (c != '[' && c != '{')
        return read_scalar(r);
    brn_json_node *node = add(r, c == '[' ? BRN_JSON_ARRAY : BRN_JSON_OBJECT);
    if (!node)
        return false;
    r->p++;
    skip_blanks(r);
    if (r->p < r->end && *r->p == c + 2) { /* ']' and '}' */
        r->p++;
        return true;
    }
    node->next = *open;
    *open = (uint32_t)(r->tape->count - 1);
    node->count = 1;
    *opened = true;
    return c == '[' || read_key(r);
}

/* Behind a value: what ends, and the comma before the next; false after an error. */
static bool end_values(reader *r, uint32_t *open)
{
    while (*open != NO_PARENT) {
        brn_json_node *node = &r->tape->at[*open];
        bool array = node->kind == BRN_JSON_ARRAY;
        skip_blanks(r);
        if (r->p < r->end && *r->p == ',') {
            node->count++;
            r->p++;
            skip_blanks(r);
            return array || read_key(r);
        }
        if (r->p == r->end || *r->p != (array ? ']' : '}'))
            return syntax(r, array ? "a comma or ] is missing" : "a comma or } is missing");
        r->p++;
        *open = node->next;
        node->next = (uint32_t)r->tape->count;
    }
    return true;
}

brn_code brn_json_tape_read(brn_json_tape *tape, brn_memory *memory, const void *data, size_t size,
                            brn_error *err)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *begin = size > 0 ? data : nothing;
    *tape = (brn_json_tape){.data = begin, .end = begin + size};
    reader r = {.tape = tape, .memory = memory, .p = begin, .end = begin + size, .err = err};
    skip_blanks(&r);
    if (r.p == r.end)
        return brn_error_set(err, BRN_ERROR_EMPTY, size, -1, "there is no JSON");
    uint32_t open = NO_PARENT;
    bool opened;
    do {
        if (!begin_value(&r, &open, &opened) || (!opened && !end_values(&r, &open)))
            return r.code;
    } while (open != NO_PARENT);
    skip_blanks(&r);
    tape->size = (size_t)(r.p - begin);
    return BRN_OK;
}

void brn_json_tape_free(brn_json_tape *tape, brn_memory *memory)
{
    brn_memory_free(memory, tape->at, tape->cap * sizeof *tape->at);
}

/* ------------------------------------------------------------------------
 * What was read
 * ------------------------------------------------------------------------ */

uint64_t brn_json_offset(const brn_json_tape *tape, const brn_json_node *node)
{
    return (uint64_t)(node->text - tape->data);
}

size_t brn_json_number_size(const brn_json_tape *tape, const brn_json_node *node)
{
    const uint8_t *p = node->text;
    while (p < tape->end && ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == '.' ||
                             *p == 'e' || *p == 'E'))
        p++;
    return (size_t)(p - node->text);
}

size_t brn_json_string_room(const brn_json_node *node)
{
    const uint8_t *p = node->text + 1;
    while (*p != '"')
        p += *p == '\\' ? 2 : 1;
    return (size_t)(p - node->text - 1);
}

static uint32_t hex_of(const uint8_t *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)hex_digit(p[i]);
    return value;
}

/* The \u escape at *p, two of them if they are a pair of surrogates. */
static uint32_t take_code(const uint8_t **p)
{
    uint32_t code = hex_of(*p + 2);
    *p += 6;
    if ((code & 0xfc00) != 0xd800 || (*p)[0] != '\\' || (*p)[1] != 'u')
        return code;
    uint32_t low = hex_of(*p + 2);
    if ((low & 0xfc00) != 0xdc00)
        return code;
    *p += 6;
    return 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
}

/* The escape at *p: what it stands for. */
static uint32_t take_escape(const uint8_t **p)
{
    static const char letters[] = "bfnrt";
    static const char meant[] = "\b\f\n\r\t";
    uint8_t c = (*p)[1];
    if (c == 'u')
        return take_code(p);
    const char *letter = strchr(letters, c);
    *p += 2;
    return letter ? (uint32_t)meant[letter - letters] : c;
}

size_t brn_json_string(const brn_json_node *node, uint8_t *out)
{
    const uint8_t *p = node->text + 1;
    uint8_t *to = out;
    while (*p != '"') {
        if (*p == '\\')
            to += brn_utf8_encode(take_escape(&p), to);
        else
            *to++ = *p++;
    }
    return (size_t)(to - out);
}

bool brn_json_string_begins(const brn_json_node *node, const char *text, bool whole)
{
    const uint8_t *p = node->text + 1;
    for (; *text; text++) {
        if (*p == '"' || (*p == '\\' ? take_escape(&p) : *p++) != (uint8_t)*text)
            return false;
    }
    return !whole || *p == '"';
}
