/*
 * names.c - names of Python 2 and of Python 3.
 *
 * Below protocol 3 a pickle has the names of Python 2, which readers in Python 3 translate, and writers back.
 * CPython's way back does not always lead to where it began; here a name is only
 * translated if it does, because a pickle that is converted down and up again has to be the same.
 */
#include "names.h"

typedef struct row {
    const char *module;
    const char *name; /* NULL in tables of modules */
    const char *to_module;
    const char *to_name;
} row;

#define NAME(a, b, c, d) {a, b, c, d},
#define MODULE(a, b)
#define BACK_NAME(a, b, c, d)
#define BACK_MODULE(a, b)
static const row names[] = {
#include "python2.def"
};
#undef NAME
#undef MODULE
#define NAME(a, b, c, d)
#define MODULE(a, b) {a, NULL, b, NULL},
static const row modules[] = {
#include "python2.def"
};
#undef MODULE
#undef BACK_NAME
#define MODULE(a, b)
#define BACK_NAME(a, b, c, d) {a, b, c, d},
static const row back_names[] = {
#include "python2.def"
};
#undef BACK_NAME
#undef BACK_MODULE
#define BACK_NAME(a, b, c, d)
#define BACK_MODULE(a, b) {a, NULL, b, NULL},
static const row back_modules[] = {
#include "python2.def"
};

static int bytes_order(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

int brn_name_order(const brn_name *a, const brn_name *b)
{
    int order = bytes_order(a->module, a->module_size, b->module, b->module_size);
    return order != 0 ? order : bytes_order(a->name, a->name_size, b->name, b->name_size);
}

static const row *find(const row *table, size_t count, const brn_name *name)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        const row *at = &table[middle];
        int order = bytes_order(name->module, name->module_size, at->module, strlen(at->module));
        if (order == 0 && at->name)
            order = bytes_order(name->name, name->name_size, at->name, strlen(at->name));
        if (order == 0)
            return at;
        if (order < 0)
            count = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static brn_name translate(brn_name name, const row *found)
{
    if (!found)
        return name;
    name.module = found->to_module;
    name.module_size = strlen(found->to_module);
    if (found->to_name) {
        name.name = found->to_name;
        name.name_size = strlen(found->to_name);
    }
    return name;
}

brn_name brn_name_of_python3(brn_name name)
{
    const row *found = find(names, BRN_ARRAY_LEN(names), &name);
    return translate(name, found ? found : find(modules, BRN_ARRAY_LEN(modules), &name));
}

bool brn_name_of_python2(brn_name name, brn_name *old)
{
    const row *found = find(back_names, BRN_ARRAY_LEN(back_names), &name);
    if (!found)
        found = find(back_modules, BRN_ARRAY_LEN(back_modules), &name);
    for (;;) {
        *old = translate(name, found);
        brn_name again = brn_name_of_python3(*old);
        if (brn_name_order(&again, &name) == 0)
            return true;
        if (!found)
            return false;
        found = NULL;
    }
}
