/*
 * document.c - the life of a document, its blocks, and values by id.
 */
#include "document.h"

#include "keys.h"

/* Blocks of this size and more are the allocator's own. */
#define LARGE ((size_t)16 << 10)

const brn_alloc *brn_doc_alloc(const brn_doc *doc)
{
    return &doc->memory.alloc;
}

static void *link_large(brn_doc *doc, brn_large *large, size_t size)
{
    large->size = size;
    large->previous = NULL;
    large->next = doc->large;
    if (doc->large)
        doc->large->previous = large;
    doc->large = large;
    return large + 1;
}

static void unlink_large(brn_doc *doc, const brn_large *large)
{
    if (large->previous)
        large->previous->next = large->next;
    else
        doc->large = large->next;
    if (large->next)
        large->next->previous = large->previous;
}

void *brn_block_alloc(brn_doc *doc, size_t size)
{
    if (size < LARGE)
        return brn_arena_block(&doc->arena, &doc->memory, size);
    if (size > SIZE_MAX - sizeof(brn_large))
        return NULL;
    size += sizeof(brn_large);
    brn_large *large = brn_memory_alloc(&doc->memory, size);
    return large ? link_large(doc, large, size) : NULL;
}

void *brn_block_resize(brn_doc *doc, void *block, size_t old_size, size_t size)
{
    if (old_size >= LARGE) {
        if (size > SIZE_MAX - sizeof(brn_large))
            return NULL;
        brn_large *large = (brn_large *)block - 1;
        unlink_large(doc, large);
        size_t whole = large->size;
        brn_large *moved = brn_memory_realloc(&doc->memory, large, whole, size + sizeof(brn_large));
        if (!moved) {
            (void)link_large(doc, large, whole);
            return NULL;
        }
        return link_large(doc, moved, size + sizeof(brn_large));
    }
    void *moved = brn_block_alloc(doc, size);
    if (moved)
        memcpy(moved, block, old_size < size ? old_size : size);
    return moved;
}

void brn_block_free(brn_doc *doc, void *block, size_t size)
{
    if (!block || size < LARGE)
        return;
    brn_large *large = (brn_large *)block - 1;
    unlink_large(doc, large);
    brn_memory_free(&doc->memory, large, large->size);
}

brn_doc *brn_doc_new(brn_memory *memory, size_t size, uint64_t max_values)
{
    brn_doc *doc = brn_memory_alloc(memory, sizeof *doc);
    if (!doc)
        return NULL;
    memset(doc, 0, sizeof *doc);
    doc->memory = *memory;
    if (!brn_arena_start(&doc->arena, &doc->memory, size, max_values)) {
        *memory = doc->memory;
        brn_free(doc);
        return NULL;
    }
    return doc;
}

void brn_free(brn_doc *doc)
{
    if (!doc)
        return;
    brn_memory memory = doc->memory;
    if (doc->close_input)
        doc->close_input(&doc->input);
    for (brn_large *large = doc->large; large;) {
        brn_large *next = large->next;
        brn_memory_free(&memory, large, large->size);
        large = next;
    }
    brn_arena_free(&doc->arena, &memory);
    brn_memory_free(&memory, doc->copy, doc->copy_size);
    brn_memory_free(&memory, doc, sizeof *doc);
}

/* ------------------------------------------------------------------------
 * Parts of values
 * ------------------------------------------------------------------------ */

#define TEXT_HEADER 8

uint8_t *brn_text_new(brn_doc *doc, size_t room)
{
    uint8_t *block =
        room <= SIZE_MAX - TEXT_HEADER ? brn_block_alloc(doc, TEXT_HEADER + room) : NULL;
    return block ? block + TEXT_HEADER : NULL;
}

void brn_text_set_size(uint8_t *text, size_t size)
{
    for (int i = 0; i < TEXT_HEADER; i++)
        (text - TEXT_HEADER)[i] = (uint8_t)((uint64_t)size >> (8 * i));
}

brn_object *brn_object_new(brn_doc *doc, size_t size, const brn_val *callee, const brn_val *args)
{
    brn_object *object = brn_block_alloc(doc, size);
    if (!object)
        return NULL;
    object->callee = callee;
    object->ops = NULL;
    if (size > BRN_OBJECT_PLAIN)
        object->args = args;
    return object;
}

bool brn_ops_add(brn_doc *doc, brn_object *object, brn_op kind, brn_val *value)
{
    brn_ops *ops = object->ops;
    if (!ops || ops->count == ops->cap) {
        uint32_t cap = ops ? ops->cap + ops->cap / 2 + 1 : 1;
        if (ops && ops->cap > UINT32_MAX / 2)
            return false;
        size_t old_size = ops ? sizeof *ops + ops->cap * sizeof ops->at[0] : 0;
        size_t size = sizeof *ops + cap * sizeof ops->at[0];
        brn_ops *moved =
            ops ? brn_block_resize(doc, ops, old_size, size) : brn_block_alloc(doc, size);
        if (!moved)
            return false;
        if (!ops)
            moved->count = 0;
        moved->cap = cap;
        object->ops = ops = moved;
    }
    ops->at[ops->count++] = (brn_op_row){kind, value};
    return true;
}

bool brn_run_end(brn_doc *doc, brn_val *list, size_t more)
{
    brn_items *run = list->u.items;
    list->u.items = NULL;
    if (more > UINT32_MAX - run->count || !brn_items_reserve(doc, list, 1, run->count + more)) {
        list->u.items = run;
        return false;
    }
    brn_items *items = list->u.items;
    for (uint32_t i = 0; i < run->count; i++)
        items->at[i] = run->run + i;
    items->count = run->count;
    return true;
}

/* ------------------------------------------------------------------------
 * Facts about a document
 * ------------------------------------------------------------------------ */

const brn_val *brn_root(const brn_doc *doc)
{
    return doc ? doc->root : NULL;
}

size_t brn_doc_size(const brn_doc *doc)
{
    return doc ? doc->size : 0;
}

int brn_doc_protocol(const brn_doc *doc)
{
    return doc ? doc->protocol : 0;
}

size_t brn_doc_memory(const brn_doc *doc)
{
    return doc ? (size_t)doc->memory.used + doc->input_memory : 0;
}

uint32_t brn_doc_count(const brn_doc *doc)
{
    return doc ? (uint32_t)doc->count : 0;
}

uint32_t brn_doc_changed_later(const brn_doc *doc)
{
    return doc ? doc->changed_later : 0;
}

uint32_t brn_doc_lost_calls(const brn_doc *doc)
{
    return doc ? doc->lost_calls : 0;
}

const brn_val *brn_doc_value(const brn_doc *doc, uint32_t id)
{
    if (!doc || id >= doc->count)
        return NULL;
    /* Each chunk is a fixed part of all before it, so there are few to pass. */
    brn_chunk *chunk = doc->arena.last;
    while (chunk && chunk->first_id > id)
        chunk = chunk->previous;
    return chunk ? (const brn_val *)(void *)brn_chunk_start(chunk) + (id - chunk->first_id) : NULL;
}

#define HOLDS_BYTES \
    (1u << BRN_BIGINT | 1u << BRN_STR | 1u << BRN_PY2STR | 1u << BRN_BYTES | 1u << BRN_BYTEARRAY)

void brn_doc_rebase(brn_doc *doc, const uint8_t *from, size_t size, const uint8_t *to)
{
    uint64_t end = doc->count;
    for (brn_chunk *chunk = doc->arena.last; chunk; chunk = chunk->previous) {
        brn_val *values = (brn_val *)(void *)brn_chunk_start(chunk);
        for (uint64_t i = 0; i < end - chunk->first_id; i++) {
            if (!(HOLDS_BYTES >> values[i].type & 1))
                continue;
            /* As numbers: pointers into other blocks must not be compared. */
            uintptr_t at = (uintptr_t)values[i].u.bytes;
            if (at >= (uintptr_t)from && at <= (uintptr_t)from + size)
                values[i].u.bytes = to + (at - (uintptr_t)from);
        }
        end = chunk->first_id;
    }
}
