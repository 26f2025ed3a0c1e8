/*
 * schema.c - what arguments and states of known callees have to look like.
 *
 * A callee that was written without hostile arguments in mind (most were) is allowed together with a
 * schema.  A schema is text, so that tables of them can be read and reviewed:
 *
 *   any none bool int float str bytes bytearray tuple list dict set frozenset buffer persistent
 *   int[0..9]  bytes[10]  str[..100]    an int within bounds; bytes or text of so many bytes
 *   'text'  -1                          exactly that
 *   (a, b, c?, d*)                      a tuple: c may be missing, d repeats
 *   [a]  {a: b}                         a list of these; a dict of such keys and values
 *   {'x': a, 'y'?: b}                   a dict with exactly these keys
 *   =module:name                        that class or function itself; `class`: any that is allowed
 *   <module:name>                       an instance of that, made with permission
 *   %check                              what a function in C looks at
 *   a|b                                 one of them
 *
 * `bytes` is all that stands for bytes in any protocol.  Schemas are matched in one pass over their text, with NULL where
 * a value is not there, and recurse as deep as the schema, whatever the document.
 *
 * The document shows what became of a value in the end.  What has been changed since the callee saw it
 * (BRN_FLAG_LATE) is no match for a schema that looks into it, unless all that was ever in a list is in it still.
 */
#include "policy.h"

typedef struct matcher {
    const brn_checker *c;
    const brn_val *subject;
    const char *at;
} matcher;

static bool alternatives(matcher *m, const brn_val *val);

static void skip_blanks(matcher *m)
{
    while (*m->at == ' ')
        m->at++;
}

static bool take(matcher *m, char expected)
{
    skip_blanks(m);
    if (*m->at != expected)
        return false;
    m->at++;
    return true;
}

static bool is_late(const brn_val *val)
{
    return val && (val->flags & BRN_FLAG_LATE) != 0;
}

/* ------------------------------------------------------------------------
 * Bytes
 * ------------------------------------------------------------------------ */

/* How many characters there are in UTF-8, all of them below 256; false otherwise. */
static bool latin1_size(const brn_checker *c, const brn_val *text, size_t *size)
{
    size_t length = 0;
    const char *utf8 = brn_str(text, &length);
    *size = 0;
    if (!brn_spend(c, length / 8))
        return false;
    for (size_t i = 0; utf8 && i < length; i++) {
        unsigned char byte = (unsigned char)utf8[i];
        if (byte >= 0xc4) /* beyond U+00FF */
            return false;
        *size += (byte & 0xc0) != 0x80;
    }
    return utf8 != NULL;
}

bool brn_bytes_like(const brn_checker *c, const brn_val *val, const uint8_t **data, size_t *size)
{
    *data = NULL;
    if (brn_is(val, BRN_BYTES) || brn_is(val, BRN_PY2STR)) {
        *data = brn_bytes(val, size);
        return true;
    }
    if (!brn_is(val, BRN_CALL) || is_late(val))
        return false;
    const brn_name *name = brn_instance_of(c, val);
    *size = 0;
    if (brn_name_is(name, "_codecs", "encode"))
        return latin1_size(c, brn_at(brn_args(val), 0), size);
    return brn_name_is(name, "builtins", "bytes"); /* bytes(): its schema allows no arguments */
}

/* ------------------------------------------------------------------------
 * Words
 * ------------------------------------------------------------------------ */

typedef struct bounds {
    bool given;
    int64_t low;
    int64_t high;
} bounds;

static int64_t read_number(matcher *m)
{
    bool negative = take(m, '-');
    int64_t number = 0;
    while (*m->at >= '0' && *m->at <= '9')
        number = number * 10 + (*m->at++ - '0');
    return negative ? -number : number;
}

/* [5], [..5], [2..], [2..5] */
static bounds read_bounds(matcher *m)
{
    bounds b = {false, INT64_MIN, INT64_MAX};
    if (*m->at != '[')
        return b;
    m->at++;
    b.given = true;
    if (*m->at != '.')
        b.low = b.high = read_number(m);
    if (m->at[0] == '.' && m->at[1] == '.') {
        m->at += 2;
        b.high = *m->at == ']' ? INT64_MAX : read_number(m);
    }
    (void)take(m, ']');
    return b;
}

static bool within(const bounds *b, uint64_t size)
{
    return !b->given || (size <= INT64_MAX && (int64_t)size >= b->low && (int64_t)size <= b->high);
}

static bool is_int(const brn_val *val, const bounds *b)
{
    if (brn_is(val, BRN_BIGINT))
        return !b->given;
    return (brn_is(val, BRN_INT) || brn_is(val, BRN_BOOL)) &&
           (!b->given || (brn_int(val) >= b->low && brn_int(val) <= b->high));
}

static bool is_str(const brn_val *val, const bounds *b)
{
    size_t size;
    return (brn_is(val, BRN_STR) || brn_is(val, BRN_PY2STR)) && brn_bytes(val, &size) &&
           within(b, size);
}

static bool is_bytes(const matcher *m, const brn_val *val, const bounds *b)
{
    const uint8_t *data;
    size_t size;
    return brn_bytes_like(m->c, val, &data, &size) && within(b, size);
}

static bool is_bytearray(const matcher *m, const brn_val *val, const bounds *b)
{
    if (brn_is(val, BRN_BYTEARRAY))
        return within(b, brn_size(val));
    return !b->given && brn_name_is(brn_instance_of(m->c, val), "builtins", "bytearray");
}

static bool word_is(const char *word, size_t size, const char *text)
{
    return strlen(text) == size && memcmp(word, text, size) == 0;
}

static bool match_type(const char *word, size_t size, const brn_val *val)
{
    static const struct {
        const char *word;
        brn_type type;
    } types[] = {
        {"none", BRN_NONE},         {"bool", BRN_BOOL},           {"float", BRN_FLOAT},
        {"list", BRN_LIST},         {"dict", BRN_DICT},           {"set", BRN_SET},
        {"tuple", BRN_TUPLE},       {"frozenset", BRN_FROZENSET}, {"buffer", BRN_BUFFER},
        {"persistent", BRN_PERSID},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(types); i++) {
        if (word_is(word, size, types[i].word))
            return brn_is(val, types[i].type);
    }
    return false;
}

static bool match_word(matcher *m, const brn_val *val)
{
    const char *word = m->at;
    while (*m->at >= 'a' && *m->at <= 'z')
        m->at++;
    size_t size = (size_t)(m->at - word);
    bounds b = read_bounds(m);
    if (size == 0 || !val) {
        m->at += size == 0 && *m->at; /* a schema that is wrong matches nothing, and ends */
        return false;
    }
    if (word_is(word, size, "any"))
        return true;
    if (word_is(word, size, "int"))
        return is_int(val, &b);
    if (word_is(word, size, "str"))
        return is_str(val, &b);
    if (word_is(word, size, "bytes"))
        return is_bytes(m, val, &b);
    if (word_is(word, size, "bytearray"))
        return is_bytearray(m, val, &b);
    if (word_is(word, size, "class"))
        return brn_named(m->c, val) != NULL;
    return match_type(word, size, val);
}

/* ------------------------------------------------------------------------
 * Names, literals, checks
 * ------------------------------------------------------------------------ */

/* module:name up to what cannot be part of it. */
static brn_name read_name(matcher *m)
{
    brn_name name = {m->at, strcspn(m->at, ":"), NULL, 0};
    m->at += name.module_size;
    (void)take(m, ':');
    name.name = m->at;
    name.name_size = strcspn(m->at, "|>,)]}?* ");
    m->at += name.name_size;
    return name;
}

static bool match_name(matcher *m, const brn_val *val)
{
    brn_name name = read_name(m);
    const brn_name *other = val ? brn_named(m->c, val) : NULL;
    return other && brn_name_order(&name, other) == 0;
}

static bool match_instance(matcher *m, const brn_val *val)
{
    brn_name name = read_name(m);
    (void)take(m, '>');
    const brn_name *other = val && !is_late(val) ? brn_instance_of(m->c, val) : NULL;
    if (!other)
        return false;
    static const brn_name array = {"numpy", 5, "ndarray", 7};
    if (brn_name_order(&name, other) != 0)
        return brn_name_order(&name, &array) == 0 &&
               brn_name_is(other, "joblib.numpy_pickle", "NumpyArrayWrapper");
    return true;
}

static bool match_text(matcher *m, const brn_val *val)
{
    const char *text = m->at;
    size_t size = strcspn(text, "'");
    m->at += size;
    (void)take(m, '\'');
    size_t length;
    const uint8_t *other =
        brn_is(val, BRN_STR) || brn_is(val, BRN_PY2STR) ? brn_bytes(val, &length) : NULL;
    return other && length == size && memcmp(other, text, size) == 0;
}

static brn_schema_fn find_check(const char *name, size_t size)
{
    static const brn_schema_check *const tables[] = {
        brn_standard_checks, brn_array_checks, brn_model_checks,
        brn_pandas_checks,   brn_scipy_checks, brn_torch_checks,
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(tables); i++) {
        for (const brn_schema_check *check = tables[i]; check->name; check++) {
            if (strlen(check->name) == size && memcmp(check->name, name, size) == 0)
                return check->matches;
        }
    }
    return NULL;
}

static bool match_check(matcher *m, const brn_val *val)
{
    const char *name = m->at;
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    m->at += size;
    brn_schema_fn matches = find_check(name, size);
    return val && matches && matches(m->c, m->subject, val);
}

/* ------------------------------------------------------------------------
 * Containers
 * ------------------------------------------------------------------------ */

/* As deep as the schema, which is ours. */
/* NOLINTBEGIN(misc-no-recursion) */

static bool match_tuple(matcher *m, const brn_val *val)
{
    size_t count = brn_is(val, BRN_TUPLE) ? brn_size(val) : 0;
    bool matches = brn_is(val, BRN_TUPLE) && brn_spend(m->c, count);
    size_t next = 0;
    while (!take(m, ')') && *m->at) {
        const char *item = m->at;
        skip_blanks(m);
        bool fits = alternatives(m, next < count ? brn_at(val, next) : NULL);
        if (take(m, '*')) {
            const char *behind = m->at;
            for (; fits && next < count; next++) {
                m->at = item;
                fits = next + 1 < count ? alternatives(m, brn_at(val, next + 1)) : true;
            }
            matches = matches && next >= count;
            m->at = behind;
        } else if (take(m, '?')) {
            matches = matches && (fits || next >= count);
            next++;
        } else {
            matches = matches && fits;
            next++;
        }
        (void)take(m, ',');
    }
    return matches && count <= next;
}

static bool match_list(matcher *m, const brn_val *val)
{
    const char *item = m->at;
    bool matches = brn_is(val, BRN_LIST) && brn_spend(m->c, brn_size(val));
    size_t count = matches ? brn_size(val) : 0;
    const char *behind = NULL;
    for (size_t i = 0; !behind || (matches && i < count); i++) {
        m->at = item;
        bool fits = alternatives(m, count > 0 ? brn_at(val, i) : NULL);
        matches = matches && (fits || count == 0);
        behind = m->at;
    }
    m->at = behind;
    (void)take(m, ']');
    return matches;
}

/* {'x': a, 'y'?: b} */
static bool match_fields(matcher *m, const brn_val *val)
{
    bool matches = brn_is(val, BRN_DICT) && !is_late(val);
    size_t met = 0;
    while (take(m, '\'')) {
        const char *key = m->at;
        size_t size = strcspn(key, "'");
        m->at += size;
        (void)take(m, '\'');
        bool may_miss = take(m, '?');
        (void)take(m, ':');
        skip_blanks(m);
        const brn_val *value = matches ? brn_dict_getn(val, key, size) : NULL;
        bool fits = alternatives(m, value);
        met += value != NULL;
        matches = matches && (value ? fits : may_miss);
        (void)take(m, ',');
        skip_blanks(m);
    }
    (void)take(m, '}');
    return matches && met == brn_size(val);
}

static bool match_dict(matcher *m, const brn_val *val)
{
    skip_blanks(m);
    if (*m->at == '\'' || *m->at == '}')
        return match_fields(m, val);
    const char *pair = m->at;
    bool matches = brn_is(val, BRN_DICT) && !is_late(val) && brn_spend(m->c, brn_size(val));
    size_t count = matches ? brn_size(val) : 0;
    const char *behind = NULL;
    for (size_t i = 0; !behind || (matches && i < count); i++) {
        m->at = pair;
        bool fits = alternatives(m, count > 0 ? brn_key_at(val, i) : NULL);
        (void)take(m, ':');
        skip_blanks(m);
        fits = alternatives(m, count > 0 ? brn_value_at(val, i) : NULL) && fits;
        matches = matches && (fits || count == 0);
        behind = m->at;
    }
    m->at = behind;
    (void)take(m, '}');
    return matches;
}

/* ------------------------------------------------------------------------
 * A schema
 * ------------------------------------------------------------------------ */

static bool match_one(matcher *m, const brn_val *val)
{
    skip_blanks(m);
    switch (*m->at) {
    case '(': m->at++; return match_tuple(m, val);
    case '[': m->at++; return match_list(m, val);
    case '{': m->at++; return match_dict(m, val);
    case '<': m->at++; return match_instance(m, val);
    case '=': m->at++; return match_name(m, val);
    case '\'': m->at++; return match_text(m, val);
    case '%': m->at++; return match_check(m, val);
    default: break;
    }
    if (*m->at == '-' || (*m->at >= '0' && *m->at <= '9')) {
        int64_t number = read_number(m);
        return (brn_is(val, BRN_INT) || brn_is(val, BRN_BOOL)) && brn_int(val) == number;
    }
    return match_word(m, val);
}

static bool alternatives(matcher *m, const brn_val *val)
{
    bool matches = match_one(m, val);
    while (take(m, '|'))
        matches = match_one(m, val) || matches;
    return matches;
}

/* NOLINTEND(misc-no-recursion) */

bool brn_schema_matches(const brn_checker *c, const char *schema, const brn_val *subject,
                        const brn_val *val)
{
    matcher m = {c, subject, schema};
    return alternatives(&m, val) && *m.at == '\0';
}
