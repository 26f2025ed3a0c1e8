/*
 * fuzz_json.c - what brn_json() writes is JSON, in both modes, or it says why
 * there is none before it writes anything.
 */
#include "target.h"

/* A scanner for JSON: brackets as a bit stack, no recursion. */
typedef struct scanner {
    const char *p;
    const char *end;
    unsigned char *stack; /* '[' or '{' */
    size_t depth;
    size_t cap;
} scanner;

static void skip_blanks(scanner *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n'))
        s->p++;
}

static bool scan_string(scanner *s)
{
    if (s->p == s->end || *s->p++ != '"')
        return false;
    while (s->p < s->end && *s->p != '"') {
        unsigned char c = (unsigned char)*s->p++;
        if (c < 0x20)
            return false;
        if (c != '\\')
            continue;
        if (s->p == s->end || !strchr("\"\\/bfnrtu", *s->p))
            return false;
        if (*s->p++ == 'u') {
            for (int i = 0; i < 4; i++) {
                if (s->p == s->end || !strchr("0123456789abcdefABCDEF", *s->p))
                    return false;
                s->p++;
            }
        }
    }
    return s->p < s->end && *s->p++ == '"';
}

static bool is_digit(const scanner *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool scan_number(scanner *s)
{
    if (s->p < s->end && *s->p == '-')
        s->p++;
    if (!is_digit(s))
        return false;
    if (*s->p == '0')
        s->p++;
    else
        while (is_digit(s))
            s->p++;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!is_digit(s))
            return false;
        while (is_digit(s))
            s->p++;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (!is_digit(s))
            return false;
        while (is_digit(s))
            s->p++;
    }
    return true;
}

static bool scan_word(scanner *s, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(s->end - s->p) < length || memcmp(s->p, word, length) != 0)
        return false;
    s->p += length;
    return true;
}

static bool scan_key(scanner *s)
{
    skip_blanks(s);
    if (!scan_string(s))
        return false;
    skip_blanks(s);
    return s->p < s->end && *s->p++ == ':';
}

static void push(scanner *s, unsigned char kind)
{
    if (s->depth == s->cap) {
        s->cap = s->cap * 2 + 64;
        s->stack = realloc(s->stack, s->cap);
        REQUIRE(s->stack);
    }
    s->stack[s->depth++] = kind;
}

/* One value, which may be the whole of a container or its opening; false if it is no JSON. */
static bool scan_value(scanner *s, bool *opened)
{
    skip_blanks(s);
    *opened = false;
    if (s->p == s->end)
        return false;
    switch (*s->p) {
    case '[':
    case '{': {
        char kind = *s->p++;
        skip_blanks(s);
        if (s->p < s->end && *s->p == (kind == '[' ? ']' : '}')) {
            s->p++;
            return true;
        }
        push(s, (unsigned char)kind);
        *opened = true;
        return kind == '[' || scan_key(s);
    }
    case '"': return scan_string(s);
    case 'n': return scan_word(s, "null");
    case 't': return scan_word(s, "true");
    case 'f': return scan_word(s, "false");
    default: return scan_number(s);
    }
}

static bool is_json(const collected *t)
{
    scanner s = {t->data, t->data + t->size, NULL, 0, 0};
    bool ok = true;
    bool opened = false;
    for (;;) {
        ok = scan_value(&s, &opened);
        if (!ok)
            break;
        /* Behind a value: a comma and the next one, or the ends of containers. */
        while (!opened && s.depth > 0) {
            skip_blanks(&s);
            if (s.p == s.end)
                break;
            unsigned char kind = s.stack[s.depth - 1];
            if (*s.p == ',') {
                s.p++;
                ok = kind == '[' || scan_key(&s);
                break;
            }
            if (*s.p != (kind == '[' ? ']' : '}')) {
                ok = false;
                break;
            }
            s.p++;
            s.depth--;
        }
        if (!ok || (s.depth == 0 && !opened))
            break;
        if (s.p == s.end) {
            ok = false;
            break;
        }
    }
    skip_blanks(&s);
    ok = ok && s.p == s.end && s.depth == 0;
    free(s.stack);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    brn_error err;
    brn_doc *doc = brn_read(data, size, NULL, NULL, &err);
    if (!doc)
        return 0;
    for (uint32_t flags = 0; flags <= (BRN_JSON_LOSSLESS | BRN_JSON_PRETTY); flags++) {
        collected t = {NULL, 0, 0};
        brn_json_report report;
        brn_code code = brn_json(doc, brn_root(doc), flags, 20000, collect, &t, &report, &err);
        if (code == BRN_OK) {
            REQUIRE(is_json(&t));
        } else {
            require_error(&err, SIZE_MAX);
            REQUIRE(!(flags & BRN_JSON_LOSSLESS));
            REQUIRE(t.size == 0);
        }
        /* Indentation grows with depth; the rest of lossless JSON with the pickle. */
        if (flags == BRN_JSON_LOSSLESS)
            REQUIRE(t.size <= 400 * size + 400);
        free(t.data);
    }
    brn_free(doc);
    return 0;
}
