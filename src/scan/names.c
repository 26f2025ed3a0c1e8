/*
 * names.c - rules on names, by the tables and by what a name looks like.
 *
 * Names are written by whoever wrote the pickle, so a name is taken apart without believing it: a
 * qualified name is ruled by its beginning (`system.__call__` is `system`), a module by the packages
 * around it, and what reaches through attributes into another module by that module.
 */
#include "names.h"

#include "review.h"

typedef struct danger {
    const char *module;
    const char *name;
    const char *category; /* NULL: it is not dangerous, although its module is */
    const char *reason;
    brn_severity severity;
} danger;

#define CODE "code execution"
#define PROCESS "process"
#define FILE "file"
#define NETWORK "network"
#define IMPORT "import"
#define NATIVE "native code"
#define NONE NULL

static const danger dangers[] = {
#define DANGER(module, name, category, severity, reason) \
    {module, name, category, reason, BRN_SEVERITY_##severity},
#include "dangerous.def"
#undef DANGER
};

static const struct {
    const char *module;
    const char *name;
    brn_special special;
} specials[] = {
    {"builtins", "getattr", BRN_SPECIAL_GETATTR},
    {"__builtin__", "getattr", BRN_SPECIAL_GETATTR},
    {"builtins", "type", BRN_SPECIAL_TYPE},
    {"__builtin__", "type", BRN_SPECIAL_TYPE},
    {"copyreg", "_reconstructor", BRN_SPECIAL_INSTANCE},
    {"copy_reg", "_reconstructor", BRN_SPECIAL_INSTANCE},
    {"copyreg", "__newobj__", BRN_SPECIAL_INSTANCE},
    {"copyreg", "__newobj_ex__", BRN_SPECIAL_INSTANCE},
    {"copy_reg", "__newobj__", BRN_SPECIAL_INSTANCE},
    {"numpy.core.multiarray", "_reconstruct", BRN_SPECIAL_INSTANCE},
    {"numpy._core.multiarray", "_reconstruct", BRN_SPECIAL_INSTANCE},
    {"functools", "reduce", BRN_SPECIAL_REDUCE},
    {"_functools", "reduce", BRN_SPECIAL_REDUCE},
    {"_operator", "or_", BRN_SPECIAL_OR},
    {"numpy", "dtype", BRN_SPECIAL_DTYPE},
    {"joblib.numpy_pickle", "NumpyArrayWrapper", BRN_SPECIAL_ARRAY},
};

/* Text of a pickle. */
typedef struct part {
    const uint8_t *text;
    size_t size;
} part;

/* As strcmp() of a text with a length and a C string. */
static int compare(part text, const char *str)
{
    size_t length = strlen(str);
    size_t common = text.size < length ? text.size : length;
    int order = common ? memcmp(text.text, str, common) : 0;
    if (order != 0)
        return order;
    return text.size < length ? -1 : text.size > length;
}

/* A table's rows begin with module and name. */
static const void *search(const void *table, size_t count, size_t width, part module, part name)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *keys[2];
        const void *row = (const char *)table + middle * width;
        memcpy(keys, row, sizeof keys);
        int order = compare(module, keys[0]);
        if (order == 0)
            order = compare(name, keys[1]);
        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const danger *find_danger(part module, part name)
{
    return search(dangers, BRN_ARRAY_LEN(dangers), sizeof *dangers, module, name);
}

/* Cut off the last part behind a dot; false if there is no dot. */
static bool cut_last(part *text)
{
    for (size_t i = text->size; i > 0; i--) {
        if (text->text[i - 1] == '.') {
            text->size = i - 1;
            return true;
        }
    }
    return false;
}

/* The part before the first dot from `at` on; *at moves behind the dot. */
static bool next_part(part text, size_t *at, part *found)
{
    if (*at > text.size)
        return false;
    const uint8_t *from = text.text + *at;
    size_t left = text.size - *at;
    const uint8_t *dot = left ? memchr(from, '.', left) : NULL;
    found->text = from;
    found->size = dot ? (size_t)(dot - from) : left;
    *at += found->size + 1;
    return true;
}

static bool is_dunder(part p)
{
    return p.size > 4 && memcmp(p.text, "__", 2) == 0 && memcmp(p.text + p.size - 2, "__", 2) == 0;
}

void brn_judge_all(brn_judgement *ruling, brn_verdict verdict, brn_severity severity,
                   const char *category, const char *reason)
{
    memset(ruling, 0, sizeof *ruling);
    for (size_t use = 0; use < BRN_USES; use++)
        ruling->verdict[use] = verdict;
    ruling->severity = severity;
    ruling->category = category;
    ruling->reason = reason;
}

static void rule_danger(brn_judgement *ruling, const danger *found)
{
    brn_judge_all(ruling, BRN_VERDICT_DANGEROUS, found->severity, found->category, found->reason);
}

static void rule_unknown(brn_judgement *ruling, const char *reason)
{
    brn_judge_all(ruling, BRN_VERDICT_UNKNOWN, BRN_SEVERITY_NONE, "", reason);
}

static void rule_known(brn_judgement *ruling, unsigned uses)
{
    rule_unknown(ruling, "Nobody has reviewed this use of the name.");
    for (size_t use = 0; use < BRN_USES; use++) {
        if (uses >> use & 1)
            ruling->verdict[use] = BRN_VERDICT_KNOWN;
    }
}

/* What the policy grants, as bits of brn_use; 0 if it does not know the name. */
static unsigned granted(part module, part name)
{
    uint32_t grants = brn_review_grants(module.text, module.size, name.text, name.size);
    unsigned uses = 0;
    if (grants & BRN_GRANT_LOOKUP)
        uses |= 1u << BRN_USE_LOOKUP;
    if (grants & BRN_GRANT_CALL)
        uses |= 1u << BRN_USE_CALL;
    if (grants & BRN_GRANT_STATE)
        uses |= 1u << BRN_USE_STATE;
    if (grants & (BRN_GRANT_APPEND | BRN_GRANT_SET_ITEMS))
        uses |= 1u << BRN_USE_ITEMS;
    return uses;
}

/*
 * A name with dots: it is what its beginning is, and worse if it goes on into the inside of an object or
 * another module.  False if nothing is known of it.
 */
static bool rule_path(brn_judgement *ruling, part module, part name)
{
    part begin = name;
    while (cut_last(&begin)) {
        const danger *found = find_danger(module, begin);
        if (found && found->category) {
            rule_danger(ruling, found);
            return true;
        }
    }
    const part whole = {(const uint8_t *)"", 0};
    part item;
    size_t at = 0;
    while (next_part(name, &at, &item)) {
        /* C.__new__ is how protocols 2 and 3 make an instance with keywords: it is what C is. */
        bool makes = at > name.size && compare(item, "__new__") == 0;
        if (is_dunder(item) && item.size < name.size && !makes) {
            brn_judge_all(ruling, BRN_VERDICT_DANGEROUS, BRN_SEVERITY_CRITICAL, CODE,
                          "It reaches through an object's inside.");
            return true;
        }
        bool alone = item.size == name.size;
        /* `random._os` is os. */
        while (item.size > 1 && item.text[0] == '_') {
            item.text++;
            item.size--;
        }
        const danger *found = alone ? NULL : find_danger(item, whole);
        if (found && found->category) {
            brn_judge_all(ruling, BRN_VERDICT_DANGEROUS, found->severity, found->category,
                          "It reaches a dangerous module through another one.");
            return true;
        }
    }
    return false;
}

/* The module, or a package around it, as a whole. */
static const danger *find_module(part module)
{
    const part whole = {(const uint8_t *)"", 0};
    do {
        const danger *found = find_danger(module, whole);
        if (found)
            return found;
    } while (cut_last(&module));
    return NULL;
}

static brn_special find_special(part module, part name)
{
    for (size_t i = 0; i < BRN_ARRAY_LEN(specials); i++) {
        if (compare(name, specials[i].name) == 0 && compare(module, specials[i].module) == 0)
            return specials[i].special;
    }
    return BRN_SPECIAL_NONE;
}

/* Dangerous to call, and reviewed for the rest: numpy.memmap is also the class of harmless arrays. */
static void rule_partly(brn_judgement *ruling, const danger *found, unsigned uses)
{
    rule_danger(ruling, found);
    for (size_t use = 0; use < BRN_USES; use++) {
        if (use != BRN_USE_CALL && uses >> use & 1)
            ruling->verdict[use] = BRN_VERDICT_KNOWN;
    }
}

static void rule_by_tables(brn_judgement *ruling, part module, part name)
{
    const danger *found = find_danger(module, name);
    unsigned uses = granted(module, name);
    if (found && found->category) {
        rule_partly(ruling, found, uses);
        return;
    }
    if (uses) {
        rule_known(ruling, uses);
        return;
    }
    if (!found && (found = find_module(module)) != NULL) {
        rule_danger(ruling, found);
        return;
    }
    if (memchr(name.text, '.', name.size) && rule_path(ruling, module, name))
        return;
    if (is_dunder(name)) {
        brn_judge_all(ruling, BRN_VERDICT_DANGEROUS, BRN_SEVERITY_HIGH, CODE,
                      "It reaches the inside of a module.");
        return;
    }
    rule_unknown(ruling, "Nobody has reviewed this name.");
}

void brn_judge(brn_judgement *ruling, const uint8_t *module, size_t module_size,
               const uint8_t *name, size_t name_size)
{
    const part m = {module, module_size};
    const part n = {name, name_size};
    rule_by_tables(ruling, m, n);
    ruling->special = find_special(m, n);
    /* What is done with these is looked at when they are called. */
    if (ruling->special == BRN_SPECIAL_GETATTR)
        ruling->verdict[BRN_USE_LOOKUP] = BRN_VERDICT_UNKNOWN;
    else if (ruling->special == BRN_SPECIAL_TYPE)
        ruling->verdict[BRN_USE_LOOKUP] = BRN_VERDICT_KNOWN;
}
