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
    if (!brn_is(val, BRN_STR) && !brn_is(val, BRN_PY2STR))
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

/* ------------------------------------------------------------------------
 * Patterns
 * ------------------------------------------------------------------------ */

#define LONGEST_PATTERN 4096

/*
 * Sets of characters beyond ASCII, or that ignore case, are spread out by the compiler: some ten
 * milliseconds each, however short they are written.
 */
#define MOST_WIDE_SETS 16

/* All flags of re but DEBUG, which prints, and TEMPLATE, which is gone. */
#define PATTERN_FLAGS 0x17e

/* How many sets there are in a pattern, and whether one of them may be wide. */
static size_t count_sets(const uint8_t *text, size_t size, bool *wide)
{
    size_t sets = 0;
    for (size_t i = 0; i < size; i++) {
        sets += text[i] == '[';
        *wide = *wide || text[i] >= 0x80 ||
                (text[i] == '\\' && i + 1 < size && strchr("uUN", text[i + 1]));
    }
    return sets;
}

/* (pattern, flags) of re._compile(). */
static bool is_pattern(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    if (!brn_schema_matches(c, "(str|bytes, int[0..511])", subject, val) ||
        (brn_int(brn_at(val, 1)) & ~(int64_t)PATTERN_FLAGS) != 0)
        return false;
    const brn_val *pattern = brn_at(val, 0);
    const uint8_t *text;
    size_t size;
    if (brn_is(pattern, BRN_STR))
        text = brn_bytes(pattern, &size);
    else if (!brn_bytes_like(c, pattern, &text, &size) || !text)
        pattern = brn_at(brn_args(pattern), 0), text = brn_bytes(pattern, &size);
    bool wide = false;
    return text && size <= LONGEST_PATTERN &&
           (count_sets(text, size, &wide) <= MOST_WIDE_SETS || !wide);
}

brn_schema_fn brn_standard_check(const char *name, size_t size)
{
    static const brn_schema_check checks[] = {
        {"zone", is_zone},
        {"fraction", is_fraction},
        {"number", is_number},
        {"int128", is_int128},
        {"exception_state", is_exception_state},
        {"plain_function", is_plain_function},
        {"pattern", is_pattern},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(checks); i++) {
        if (strlen(checks[i].name) == size && memcmp(checks[i].name, name, size) == 0)
            return checks[i].matches;
    }
    return brn_array_check(name, size);
}
