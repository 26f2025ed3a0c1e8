/*
 * policy.c - the policy: tables of entries that are compiled in, and the caller's own entries.
 *
 * The tables are constant data in the order of their names, so that a policy costs nothing to make: a
 * program that loads many small pickles makes one for each.
 */
#include "policy.h"

#include "../error.h"

#define LOOKUP BRN_GRANT_LOOKUP
#define CALL BRN_GRANT_CALL
#define STATE BRN_GRANT_STATE
#define APPEND BRN_GRANT_APPEND
#define SET_ITEMS BRN_GRANT_SET_ITEMS

/* Of the table `defaults.def` and its kind, whose lines are ENTRY(module, name, grants, rule, call, state). */
#define ENTRY(module, name, grants, rule, call, state) \
    {module, name, LOOKUP | (grants), BRN_RULE_##rule, call, state},
#define NOTHING 0

/*
 * The states of numpy's bit generators.  Those that count a place in a buffer do not look whether it is inside.
 */
#define BIT_GENERATOR                                                                              \
    "'MT19937'|'PCG64'|'PCG64DXSM'|'Philox'|'SFC64'|=numpy.random._mt19937:MT19937|=numpy.random." \
    "_pcg64:PCG64"                                                                                 \
    "|=numpy.random._pcg64:PCG64DXSM|=numpy.random._philox:Philox|=numpy.random._sfc64:SFC64"
#define CARRY "'has_uint32': int[0..1], 'uinteger': int[0..4294967295]"
#define BIT_STATE                                                                             \
    "{'bit_generator': 'MT19937', 'state': {'key': %words624, 'pos': int[0..624]},"           \
    " 'has_gauss'?: int[0..1], 'gauss'?: float|int}"                                          \
    "|{'bit_generator': 'PCG64'|'PCG64DXSM', 'state': {'state': int, 'inc': int}, " CARRY "}" \
    "|{'bit_generator': 'Philox', 'state': {'counter': %words4, 'key': %words2},"             \
    " 'buffer': %words4, 'buffer_pos': int[0..4], " CARRY "}"                                 \
    "|{'bit_generator': 'SFC64', 'state': {'state': %words4}, " CARRY "}"

static const brn_entry default_entries[] = {
#include "defaults.def"
};

const brn_table brn_default_table = {NULL, default_entries, BRN_ARRAY_LEN(default_entries)};

static const brn_entry numpy_entries[] = {
#include "presets/numpy.def"
};

static const brn_entry networkx_entries[] = {
#include "presets/networkx.def"
};

static const brn_entry pandas_entries[] = {
#include "presets/pandas.def"
};

static const brn_entry scipy_entries[] = {
#include "presets/scipy.def"
};

static const brn_entry scipy_sparse_entries[] = {
#include "presets/scipy.sparse.def"
};

static const brn_entry sklearn_entries[] = {
#include "presets/sklearn.def"
};

static const brn_entry torch_entries[] = {
#include "presets/torch.def"
};

static const brn_entry xarray_entries[] = {
#include "presets/xarray.def"
};

const brn_table brn_preset_tables[] = {
    {"numpy", numpy_entries, BRN_ARRAY_LEN(numpy_entries)},
    {"networkx", networkx_entries, BRN_ARRAY_LEN(networkx_entries)},
    {"pandas", pandas_entries, BRN_ARRAY_LEN(pandas_entries)},
    {"scipy", scipy_entries, BRN_ARRAY_LEN(scipy_entries)},
    {"scipy.sparse", scipy_sparse_entries, BRN_ARRAY_LEN(scipy_sparse_entries)},
    {"sklearn", sklearn_entries, BRN_ARRAY_LEN(sklearn_entries)},
    {"torch", torch_entries, BRN_ARRAY_LEN(torch_entries)},
    {"xarray", xarray_entries, BRN_ARRAY_LEN(xarray_entries)},
};
const size_t brn_preset_count = BRN_ARRAY_LEN(brn_preset_tables);

#undef ENTRY

_Static_assert(BRN_ARRAY_LEN(brn_preset_tables) <= BRN_MOST_PRESETS, "presets do not fit a policy");

const char *brn_policy_preset(size_t index)
{
    return index < brn_preset_count ? brn_preset_tables[index].name : NULL;
}

static brn_name name_of_entry(const brn_entry *entry)
{
    return (brn_name){entry->module, strlen(entry->module), entry->name, strlen(entry->name)};
}

const brn_entry *brn_table_find(const brn_table *table, const brn_name *name)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        brn_name other = name_of_entry(&table->entries[middle]);
        int order = brn_name_order(name, &other);
        if (order == 0)
            return &table->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ------------------------------------------------------------------------
 * The caller's entries
 * ------------------------------------------------------------------------ */

static brn_name name_of_own(const brn_own_entry *own)
{
    return (brn_name){own->text, own->module_size, own->text + own->module_size, own->name_size};
}

/* Where the name is among the caller's entries, or would be. */
static size_t own_place(const brn_policy *policy, const brn_name *name, bool *found)
{
    size_t low = 0;
    size_t high = policy->own_count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        brn_name other = name_of_own(&policy->own[middle]);
        int order = brn_name_order(name, &other);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const brn_own_entry *brn_policy_own(const brn_policy *policy, const brn_name *name)
{
    bool found;
    size_t place = own_place(policy, name, &found);
    return found ? &policy->own[place] : NULL;
}

static brn_code fail_entry(brn_error *err, const char *entry, const char *why)
{
    return brn_error_set(err, BRN_ERROR_POLICY_ENTRY, 0, -1, "%.100s: %s", entry, why);
}

/* The words behind the name: " +append", " +set_items", " +lookup". */
static bool read_grants(const char *text, uint32_t *grants)
{
    static const struct {
        const char *word;
        uint32_t grants;
    } words[] = {{" +append", APPEND}, {" +set_items", SET_ITEMS}};
    *grants = LOOKUP | CALL | STATE;
    if (strcmp(text, " +lookup") == 0) {
        *grants = LOOKUP;
        return true;
    }
    while (*text) {
        size_t i = 0;
        while (i < BRN_ARRAY_LEN(words) && strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            i++;
        if (i == BRN_ARRAY_LEN(words))
            return false;
        *grants |= words[i].grants;
        text += strlen(words[i].word);
    }
    return true;
}

static brn_code add_own(brn_policy *policy, const brn_name *name, uint32_t grants, brn_error *err)
{
    bool found;
    size_t place = own_place(policy, name, &found);
    if (found) {
        policy->own[place].grants |= grants;
        return BRN_OK;
    }
    void *own = policy->own;
    size_t size = name->module_size + name->name_size;
    char *text = brn_memory_alloc(&policy->memory, size);
    if (!text || !brn_memory_grow(&policy->memory, &own, &policy->own_cap, policy->own_count + 1,
                                  sizeof *policy->own)) {
        brn_memory_free(&policy->memory, text, size);
        return brn_error_set(err, BRN_ERROR_MEMORY, 0, -1, "no memory for an entry");
    }
    policy->own = own;
    memcpy(text, name->module, name->module_size);
    memcpy(text + name->module_size, name->name, name->name_size);
    memmove(policy->own + place + 1, policy->own + place,
            (policy->own_count - place) * sizeof *policy->own);
    policy->own[place] = (brn_own_entry){text, name->module_size, name->name_size, grants};
    policy->own_count++;
    return BRN_OK;
}

brn_code brn_policy_allow(brn_policy *policy, const char *entry, brn_error *err)
{
    brn_error_clear(err);
    if (!policy || !entry)
        return fail_entry(err, "NULL", "no entry");
    const char *colon = strchr(entry, ':');
    if (!colon || colon == entry)
        return fail_entry(err, entry, "an entry is \"module:Qualified.Name\"");
    brn_name name = {entry, (size_t)(colon - entry), colon + 1, strcspn(colon + 1, " ")};
    uint32_t grants;
    if (name.name_size == 0 || memchr(name.name, ':', name.name_size) || name.name[0] == '.' ||
        name.name[name.name_size - 1] == '.' || memchr(name.module, ' ', name.module_size))
        return fail_entry(err, entry, "an entry is \"module:Qualified.Name\"");
    if (brn_name_is_dunder(name.name, name.name_size))
        return fail_entry(err, entry, "a name with two underscores at both ends cannot be allowed");
    if (!read_grants(name.name + name.name_size, &grants))
        return fail_entry(err, entry, "behind the name may stand +append, +set_items or +lookup");
    return add_own(policy, &name, grants, err);
}

/* ------------------------------------------------------------------------
 * The policy
 * ------------------------------------------------------------------------ */

brn_policy *brn_policy_new(uint32_t flags, const brn_alloc *alloc, brn_error *err)
{
    brn_error_clear(err);
    if ((flags & ~BRN_POLICY_EMPTY) != 0) {
        (void)brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "brn_policy_new: flags 0x%x",
                            (unsigned)flags);
        return NULL;
    }
    brn_memory memory;
    brn_memory_init(&memory, alloc, BRN_UNLIMITED);
    brn_policy *policy = brn_memory_alloc(&memory, sizeof *policy);
    if (!policy) {
        (void)brn_error_set(err, BRN_ERROR_MEMORY, 0, -1, "no memory for a policy");
        return NULL;
    }
    memset(policy, 0, sizeof *policy);
    policy->memory = memory;
    if (!(flags & BRN_POLICY_EMPTY))
        policy->tables[policy->table_count++] = &brn_default_table;
    return policy;
}

brn_code brn_policy_use(brn_policy *policy, const char *preset, brn_error *err)
{
    brn_error_clear(err);
    for (size_t i = 0; policy && preset && i < brn_preset_count; i++) {
        const brn_table *table = &brn_preset_tables[i];
        if (strcmp(table->name, preset) != 0)
            continue;
        for (size_t k = 0; k < policy->table_count; k++) {
            if (policy->tables[k] == table)
                return BRN_OK;
        }
        policy->tables[policy->table_count++] = table;
        return BRN_OK;
    }
    return brn_error_set(err, BRN_ERROR_POLICY_PRESET, 0, -1, "there is no preset \"%.50s\"",
                         preset ? preset : "");
}

void brn_policy_free(brn_policy *policy)
{
    if (!policy)
        return;
    brn_memory memory = policy->memory;
    for (size_t i = 0; i < policy->own_count; i++)
        brn_memory_free(&memory, policy->own[i].text,
                        policy->own[i].module_size + policy->own[i].name_size);
    brn_memory_free(&memory, policy->own, policy->own_cap * sizeof *policy->own);
    brn_memory_free(&memory, policy, sizeof *policy);
}
