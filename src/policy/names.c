/*
 * names.c - names: which ones they are, and a list with each of them once.
 */
#include "policy.h"

#include "../graph/keys.h"

bool brn_name_is(const brn_name *name, const char *module, const char *text)
{
    return name && name->module_size == strlen(module) && name->name_size == strlen(text) &&
           memcmp(name->module, module, name->module_size) == 0 &&
           memcmp(name->name, text, name->name_size) == 0;
}

bool brn_name_is_dunder(const char *name, size_t size)
{
    const char *end = name + size;
    for (const char *part = name; part <= end;) {
        const char *dot = memchr(part, '.', (size_t)(end - part));
        size_t length = (size_t)((dot ? dot : end) - part);
        if (length >= 4 && memcmp(part, "__", 2) == 0 && memcmp(part + length - 2, "__", 2) == 0)
            return true;
        part += length + 1;
    }
    return false;
}

/* ------------------------------------------------------------------------
 * Each once
 * ------------------------------------------------------------------------ */

static uint32_t name_hash(const brn_name_list *names, const brn_name *name)
{
    uint32_t module = brn_key_hash_text(names->seed, name->module, name->module_size);
    return module * 31 + brn_key_hash_text(names->seed, name->name, name->name_size);
}

static bool grow_slots(brn_name_list *names, brn_memory *memory)
{
    size_t count = names->slot_count ? names->slot_count * 2 : 64;
    uint32_t *slots = brn_memory_alloc(memory, count * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0, count * sizeof *slots);
    for (size_t i = 0; i < names->count; i++) {
        size_t at = names->rows[i].hash & (count - 1);
        while (slots[at] != 0)
            at = (at + 1) & (count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    brn_memory_free(memory, names->slots, names->slot_count * sizeof *slots);
    names->slots = slots;
    names->slot_count = count;
    return true;
}

static uint32_t append_name(brn_name_list *names, brn_memory *memory, const brn_name *name,
                            uint32_t hash)
{
    if (names->count >= BRN_MADE_NUMBER - 1)
        return BRN_NO_NAME;
    void *rows = names->rows;
    if (!brn_memory_grow(memory, &rows, &names->cap, names->count + 1, sizeof *names->rows))
        return BRN_NO_NAME;
    names->rows = rows;
    char *text = brn_memory_alloc(memory, name->module_size + name->name_size + 1);
    if (!text)
        return BRN_NO_NAME;
    memcpy(text, name->module, name->module_size);
    memcpy(text + name->module_size, name->name, name->name_size);
    names->rows[names->count] =
        (brn_name_row){{text, name->module_size, text + name->module_size, name->name_size}, hash};
    return (uint32_t)names->count++;
}

uint32_t brn_names_add(brn_name_list *names, brn_memory *memory, const brn_name *name)
{
    if (2 * (names->count + 1) > names->slot_count && !grow_slots(names, memory))
        return BRN_NO_NAME;
    uint32_t hash = name_hash(names, name);
    size_t at = hash & (names->slot_count - 1);
    for (; names->slots[at] != 0; at = (at + 1) & (names->slot_count - 1)) {
        const brn_name_row *row = &names->rows[names->slots[at] - 1];
        if (row->hash == hash && brn_name_order(&row->name, name) == 0)
            return names->slots[at] - 1;
    }
    uint32_t number = append_name(names, memory, name, hash);
    if (number != BRN_NO_NAME)
        names->slots[at] = number + 1;
    return number;
}

void brn_names_free(brn_name_list *names, brn_memory *memory)
{
    for (size_t i = 0; i < names->count; i++) {
        const brn_name *name = &names->rows[i].name;
        brn_memory_free(memory, (void *)(uintptr_t)name->module,
                        name->module_size + name->name_size + 1);
    }
    brn_memory_free(memory, names->rows, names->cap * sizeof *names->rows);
    brn_memory_free(memory, names->slots, names->slot_count * sizeof *names->slots);
}
