/*
 * target.h - what the fuzz targets share: a book-keeping allocator, a graph walk, a check
 * that aborts in every build.
 */
#ifndef BRN_FUZZ_TARGET_H
#define BRN_FUZZ_TARGET_H

#include "brinery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion: a fuzz target that only runs the code finds half of what it could. */
#define REQUIRE(condition)                                                  \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* What a sink has been given. */
typedef struct collected {
    char *data;
    size_t size;
    size_t cap;
} collected;

static inline bool collect(void *ctx, const void *data, size_t size)
{
    collected *t = ctx;
    if (t->cap - t->size < size) {
        t->cap = (t->cap + size) * 2;
        t->data = realloc(t->data, t->cap);
        REQUIRE(t->data);
    }
    if (size > 0)
        memcpy(t->data + t->size, data, size);
    t->size += size;
    return true;
}

/* The memory a document may take, as brn_options says. */
#define BOUND(size) ((size_t)48 * (size) + ((size_t)256 << 10))

/* Books kept of an allocator's blocks. */
typedef struct books {
    size_t used;
    size_t peak;
    size_t blocks;
} books;

static inline void *books_malloc(void *ctx, size_t size)
{
    books *b = ctx;
    size_t *head = malloc(16 + size);
    if (!head)
        return NULL;
    head[0] = size;
    b->blocks++;
    b->used += size;
    b->peak = b->used > b->peak ? b->used : b->peak;
    return (char *)head + 16;
}

static inline void books_free(void *ctx, void *ptr)
{
    books *b = ctx;
    size_t *head = (size_t *)(void *)((char *)ptr - 16);
    b->used -= head[0];
    b->blocks--;
    free(head);
}

static inline void *books_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    size_t *head = (size_t *)(void *)((char *)ptr - 16);
    REQUIRE(head[0] == old_size);
    void *moved = books_malloc(ctx, size);
    if (moved) {
        memcpy(moved, ptr, old_size < size ? old_size : size);
        books_free(ctx, ptr);
    }
    return moved;
}

static inline brn_alloc books_alloc(books *b)
{
    memset(b, 0, sizeof *b);
    brn_alloc alloc = {books_malloc, books_realloc, books_free, b};
    return alloc;
}

/* A sink that only counts. */
static inline bool count_bytes(void *ctx, const void *data, size_t size)
{
    (void)data;
    *(size_t *)ctx += size;
    return true;
}

/* An error as every door has to report it. */
static inline void require_error(const brn_error *err, uint64_t size)
{
    char text[BRN_PATH_SIZE + BRN_MESSAGE_SIZE + 200];
    REQUIRE(err->code != BRN_OK);
    REQUIRE(strcmp(brn_code_name(err->code), "UNKNOWN") != 0);
    REQUIRE(err->offset <= size);
    REQUIRE(memchr(err->message, '\0', sizeof err->message));
    REQUIRE(memchr(err->path, '\0', sizeof err->path));
    REQUIRE(brn_error_text(err, text, sizeof text) < sizeof text);
}

/* Read every byte, so that sanitizers see it. */
static inline void touch(const void *data, size_t size)
{
    const unsigned char *p = data;
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += p[i];
    REQUIRE(sum <= 255 * (uint64_t)size);
}

/* Ask one value everything there is to ask. */
static inline void look_at(const brn_doc *doc, const brn_val *val)
{
    size_t size = 0;
    REQUIRE(brn_doc_value(doc, brn_id(val)) == val);
    REQUIRE(strcmp(brn_type_name(brn_typeof(val)), "nothing") != 0);
    const void *bytes = brn_bytes(val, &size);
    if (bytes)
        touch(bytes, size);
    const void *digits = brn_bigint(val, &size);
    if (digits) {
        REQUIRE(size > 8);
        touch(digits, size);
        (void)brn_bigint_negative(val);
    }
    if (brn_typeof(val) == BRN_DICT) {
        for (size_t i = 0; i < brn_size(val); i++)
            REQUIRE(brn_key_at(val, i) && brn_value_at(val, i));
        REQUIRE(!brn_key_at(val, brn_size(val)));
    } else {
        brn_iter iter = brn_iterate(val);
        size_t count = 0;
        while (brn_next(&iter))
            count++;
        REQUIRE(bytes || count == brn_size(val));
    }
    for (size_t i = 0; i < brn_op_count(val); i++) {
        const brn_val *given;
        REQUIRE(brn_op_at(val, i, &given) != BRN_OP_NONE);
        REQUIRE(given);
    }
    if (brn_typeof(val) == BRN_CALL || brn_typeof(val) == BRN_OBJECT)
        REQUIRE(brn_callee(val) && brn_args(val));
    if (brn_typeof(val) == BRN_GLOBAL)
        REQUIRE(brn_global_module(val) && brn_global_name(val));
    char text[64];
    (void)brn_repr(val, text, sizeof text);
}

/* Ask all values, reachable or not: their ids are dense. */
static inline void look_at_all(const brn_doc *doc)
{
    uint32_t count = brn_doc_count(doc);
    for (uint32_t id = 0; id < count; id++) {
        const brn_val *val = brn_doc_value(doc, id);
        REQUIRE(val && brn_id(val) == id);
        look_at(doc, val);
    }
    REQUIRE(!brn_doc_value(doc, count));
    REQUIRE(brn_root(doc) && brn_id(brn_root(doc)) < count);
}

#endif /* BRN_FUZZ_TARGET_H */
