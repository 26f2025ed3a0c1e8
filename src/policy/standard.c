/*
 * standard.c - what values of the standard library are made from, where the text of a schema cannot say it: numbers
 * whose digits cost the square of their count, patterns whose compiling costs more than their length, functions
 * that do no more than they say.
 */
#include "policy.h"

/* A key of the zone data base: no path that leads out of it. */
static bool is_zone(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    size_t size;
    const char *text = brn_str(val, &size);
    if (!text || size == 0 || size > 255 || text[0] == '/' || text[size - 1] == '/')
        return false;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        bool fine = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || strchr("_+-/", byte);
        if (!fine || byte == '\0' || (byte == '/' && text[i + 1] == '/'))
            return false;
    }
    return true;
}

/* What int(), Fraction() and the like read in linear time: more digits take the square of their number. */
#define MOST_DIGITS 4300

/* -12/34, as Fraction writes itself; not 1e999999999. */
static bool is_fraction(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    size_t size;
    if (!brn_is_text(val))
        return false;
    const char *text = (const char *)brn_bytes(val, &size);
    if (!text || size == 0 || size > MOST_DIGITS)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!digit && !(text[i] == '-' && i == 0) && text[i] != '/')
            return false;
    }
    return true;
}

/* An int of no more than MOST_DIGITS decimal digits: 3.32 bits each. */
static bool is_number(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    size_t size;
    if (brn_is(val, BRN_BIGINT))
        return brn_bigint(val, &size) && size <= MOST_DIGITS * 332 / 800;
    return brn_is(val, BRN_INT) || brn_is(val, BRN_BOOL);
}

/* What fits the int of a UUID. */
static bool is_int128(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    size_t size;
    if (brn_is(val, BRN_BIGINT))
        return !brn_bigint_negative(val) && brn_bigint(val, &size) && size <= 17;
    return brn_is(val, BRN_INT) && brn_int(val) >= 0;
}

/*
 * What setting attributes one by one does to an exception: `args` takes any iterable, and goes through it to
 * its end.
 */
static bool is_exception_state(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    return brn_schema_matches(c, "{str: any}", subject, val) && !brn_dict_get(val, "args");
}

/* Functions that a partial may hold: those that only make a value of what they are given. */
static bool is_plain_function(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char names[] =
        "=builtins:abs|=builtins:all|=builtins:any|=builtins:bool|=builtins:dict|=builtins:divmod|="
        "builtins:float"
        "|=builtins:int|=builtins:len|=builtins:list|=builtins:max|=builtins:min|=builtins:pow|="
        "builtins:round"
        "|=builtins:set|=builtins:sorted|=builtins:str|=builtins:sum|=builtins:tuple|=_operator:add"
        "|=_operator:mul|=_operator:sub|=_operator:truediv";
    return brn_schema_matches(c, names, subject, val);
}

/*
 * What a slice may have: no slice, nor an array that could hold one.  Slices in each other are freed by recursion.
 */
static bool is_slice_part(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    const brn_name *name = val ? brn_instance_of(c, val) : NULL;
    if (!name)
        return val != NULL;
    bool numpy = name->module_size >= 5 && memcmp(name->module, "numpy", 5) == 0;
    bool scalar = name->name_size == 6 && memcmp(name->name, "scalar", 6) == 0;
    return !brn_name_is(name, "builtins", "slice") && (!numpy || scalar);
}

/* ------------------------------------------------------------------------
 * Type hints
 * ------------------------------------------------------------------------ */

/* How many classes there are in one, each counted as often as it is met: hashing goes through all of them. */
#define MOST_IN_HINT 64

/*
 * What may stand in brackets: classes, None, ..., hints again, and lists and tuples of them.  Text would be
 * compiled.
 */
static bool is_hint(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    const brn_val *pending[MOST_IN_HINT];
    size_t count = 0;
    size_t met = 1;
    pending[count++] = val;
    while (count > 0) {
        const brn_val *part = pending[--count];
        const brn_name *maker = part ? brn_instance_of(c, part) : NULL;
        if (brn_is_none(part) || (part && brn_named(c, part)) ||
            brn_name_is(maker, "builtins", "type"))
            continue;
        const brn_val *inside = part;
        if (brn_name_is(maker, "_operator", "getitem") ||
            brn_name_is(maker, "types", "GenericAlias") ||
            brn_name_is(maker, "collections.abc", "_CallableGenericAlias") ||
            brn_name_is(maker, "functools", "reduce") || brn_name_is(maker, "_functools", "reduce"))
            inside = brn_at(brn_args(part), 1);
        bool several = brn_is(inside, BRN_TUPLE) || brn_is(inside, BRN_LIST);
        size_t more = several ? brn_size(inside) : 1;
        if (!inside || inside->flags & BRN_FLAG_LATE || (!several && inside == part) ||
            more > MOST_IN_HINT - met)
            return false;
        met += more;
        for (size_t i = 0; i < more; i++)
            pending[count++] = several ? brn_at(inside, i) : inside;
    }
    return true;
}

/* What stands before the brackets: List, Optional and their kin.  Text in Literal is text, metadata are anything. */
static bool is_hint_form(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    const brn_name *name = val ? brn_named(c, val) : NULL;
    return name && name->module_size == 6 && memcmp(name->module, "typing", 6) == 0 &&
           !brn_name_is(name, "typing", "Literal") && !brn_name_is(name, "typing", "Annotated");
}

/* list, and other classes that GenericAlias is given. */
static bool is_generic(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char names[] =
        "=builtins:list|=builtins:dict|=builtins:tuple|=builtins:set|=builtins:frozenset"
        "|=builtins:type|=collections:deque|=collections:defaultdict|=collections:OrderedDict"
        "|=collections:Counter|=collections:ChainMap|=re:Pattern|=re:Match";
    const brn_name *name = val ? brn_named(c, val) : NULL;
    return brn_schema_matches(c, names, subject, val) ||
           (name && name->module_size == 15 && memcmp(name->module, "collections.abc", 15) == 0);
}

/* ------------------------------------------------------------------------
 * Cookies
 * ------------------------------------------------------------------------ */

/*
 * They look at each item that they are given: a cookie makes text of what is no Morsel, by its __str__(), and a Morsel asks
 * its keys for lower().  The items come after the call that is asked about, so what they are is seen from their
 * opcodes; whether those are allowed is asked when their turn comes.
 */
static bool is_morsel_object(const brn_val *val)
{
    const brn_val *callee = brn_is(val, BRN_OBJECT) ? brn_callee(val) : NULL;
    const brn_val *module = brn_is(callee, BRN_GLOBAL) ? brn_global_module(callee) : NULL;
    return module && brn_str_is(brn_global_name(callee), "Morsel") &&
           (brn_str_is(module, "http.cookies") || brn_str_is(module, "Cookie"));
}

static bool items_fit(const brn_val *subject, const brn_val *args, bool morsels)
{
    if (!brn_is(args, BRN_TUPLE) || brn_size(args) != 0)
        return false;
    for (size_t i = 0; i < brn_op_count(subject); i++) {
        const brn_val *pairs = NULL;
        if (brn_op_at(subject, i, &pairs) != BRN_OP_SET)
            continue;
        for (size_t k = 0; k < brn_size(pairs); k++) {
            const brn_val *key = brn_key_at(pairs, k);
            if ((!brn_is(key, BRN_STR) && !brn_is(key, BRN_PY2STR)) ||
                (morsels && !is_morsel_object(brn_value_at(pairs, k))))
                return false;
        }
    }
    return true;
}

static bool is_cookie(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    return items_fit(subject, val, true);
}

static bool is_morsel(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    return items_fit(subject, val, false);
}

/* ------------------------------------------------------------------------
 * Patterns
 * ------------------------------------------------------------------------ */

/* Steps for each byte of a pattern. */
#define PATTERN_STEPS 200

/*
 * A set of characters beyond ASCII, or one that ignores case, is spread out by the compiler: some ten
 * milliseconds, however short it is written.
 */
#define WIDE_SET_STEPS 500000

/* All flags of re but DEBUG, which prints, and TEMPLATE, which is gone. */
#define PATTERN_FLAGS 0x17e

static const uint8_t *pattern_text(const brn_checker *c, const brn_val *pattern, size_t *size)
{
    const uint8_t *text = NULL;
    if (brn_is(pattern, BRN_STR))
        return brn_bytes(pattern, size);
    if (brn_bytes_like(c, pattern, &text, size) && !text)
        text = brn_bytes(brn_at(brn_args(pattern), 0), size); /* of _codecs.encode() */
    return text;
}

uint64_t brn_pattern_steps(const brn_checker *c, const brn_val *pattern)
{
    size_t size = 0;
    const uint8_t *text = pattern_text(c, pattern, &size);
    uint64_t sets = 0;
    bool wide = false;
    for (size_t i = 0; text && i < size; i++) {
        sets += text[i] == '[';
        wide = wide || text[i] >= 0x80 ||
               (text[i] == '\\' && i + 1 < size && strchr("uUN", text[i + 1]));
    }
    return (uint64_t)size * PATTERN_STEPS + (wide ? sets * WIDE_SET_STEPS : 0);
}

/* (pattern, flags) of re._compile(). */
static bool is_pattern(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    return brn_schema_matches(c, "(str|bytes, int[0..511])", subject, val) &&
           (brn_int(brn_at(val, 1)) & ~(int64_t)PATTERN_FLAGS) == 0;
}

/* As Decimal writes itself: ASCII, no blanks and underscores, so that what it is can be told. */
static bool is_decimal(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)c;
    (void)subject;
    size_t size;
    if (!brn_is_text(val))
        return false;
    const uint8_t *text = brn_bytes(val, &size);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0' || !strchr("0123456789+-.EeNnAaIiFfTtYySs", text[i]))
            return false;
    }
    return true;
}

const brn_schema_check brn_standard_checks[] = {
    {"zone", is_zone},
    {"fraction", is_fraction},
    {"number", is_number},
    {"int128", is_int128},
    {"exception_state", is_exception_state},
    {"plain_function", is_plain_function},
    {"slice_part", is_slice_part},
    {"hint", is_hint},
    {"hint_form", is_hint_form},
    {"generic", is_generic},
    {"cookie", is_cookie},
    {"morsel", is_morsel},
    {"pattern", is_pattern},
    {"decimal", is_decimal},
    {NULL, NULL},
};
