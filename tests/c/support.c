/*
 * support.c - what the C tests share.  Each helper fails the running test
 * itself, so that tests read as lists of facts.
 */
#include "support.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------------
 * Bytes that grow
 * ------------------------------------------------------------------------ */

void put(bytes *b, const void *data, size_t size)
{
    if (size == 0)
        return;
    if (b->cap - b->size < size) {
        b->cap = 2 * b->cap + size + 64;
        b->data = realloc(b->data, b->cap);
        assert_non_null(b->data);
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

void put_byte(bytes *b, unsigned byte)
{
    uint8_t one = (uint8_t)byte;
    put(b, &one, 1);
}

void put_number(bytes *b, uint64_t number, int count)
{
    for (int i = 0; i < count; i++)
        put_byte(b, (unsigned)(number >> (8 * i) & 0xff));
}

void put_fill(bytes *b, unsigned byte, size_t count)
{
    uint8_t block[4096];
    memset(block, (int)byte, sizeof block);
    for (; count > sizeof block; count -= sizeof block)
        put(b, block, sizeof block);
    put(b, block, count);
}

void put_words(bytes *b, const char *text)
{
    put(b, text, strlen(text));
}

void put_format(bytes *b, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_in_range(length, 0, sizeof text - 1);
    put(b, text, (size_t)length);
}

void put_frame(bytes *b, uint64_t size)
{
    put_byte(b, 0x95);
    put_number(b, size, 8);
}

void put_int(bytes *b, int32_t value)
{
    put_byte(b, 'J');
    put_number(b, (uint32_t)value, 4);
}

void put_text(bytes *b, const char *text)
{
    put_byte(b, 'X');
    put_number(b, strlen(text), 4);
    put(b, text, strlen(text));
}

void bytes_free(bytes *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

bool collect(void *ctx, const void *data, size_t size)
{
    put(ctx, data, size);
    return true;
}

bool swallow(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return true;
}

uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state ? *state : 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* ------------------------------------------------------------------------
 * Reading and looking
 * ------------------------------------------------------------------------ */

brn_doc *read_ok(const void *data, size_t size, const brn_options *options)
{
    brn_error err;
    brn_doc *doc = brn_read(data, size, options, NULL, &err);
    if (!doc) {
        char text[512];
        (void)brn_error_text(&err, text, sizeof text);
        fail_msg("%s", text);
    }
    assert_int_equal(err.code, BRN_OK);
    return doc;
}

brn_doc *read_doc(const void *data, size_t size)
{
    return read_ok(data, size, NULL);
}

#define DEEPEST 40

static void describe_at(bytes *out, const brn_val *val, int depth);

static void quote(bytes *out, const char *prefix, const uint8_t *text, size_t size)
{
    put_format(out, "%s'", prefix);
    for (size_t i = 0; i < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '\'' || text[i] == '\\')
            put_format(out, "\\x%02x", text[i]);
        else
            put_byte(out, text[i]);
    }
    put_byte(out, '\'');
}

static void quote_value(bytes *out, const char *prefix, const brn_val *val)
{
    size_t size;
    const uint8_t *text = brn_bytes(val, &size);
    quote(out, prefix, text, size);
}

static void describe_items(bytes *out, const brn_val *val, const char *open, const char *close,
                           int depth)
{
    put_words(out, open);
    for (size_t i = 0; i < brn_size(val); i++) {
        put_words(out, i ? ", " : "");
        describe_at(out, brn_at(val, i), depth + 1);
    }
    put_words(out, close);
}

static void describe_pairs(bytes *out, const brn_val *val, int depth)
{
    put_byte(out, '{');
    for (size_t i = 0; i < brn_size(val); i++) {
        put_words(out, i ? ", " : "");
        describe_at(out, brn_key_at(val, i), depth + 1);
        put_words(out, ": ");
        describe_at(out, brn_value_at(val, i), depth + 1);
    }
    put_byte(out, '}');
}

static void describe_float(bytes *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        put_format(out, "nan:%016" PRIx64, bits);
    else
        put_format(out, "f:%a", value);
}

static void describe_bigint(bytes *out, const brn_val *val)
{
    size_t size;
    const uint8_t *digits = brn_bigint(val, &size);
    put_words(out, "int:");
    for (size_t i = 0; i < size; i++)
        put_format(out, "%02x", digits[i]);
    assert_true(brn_bigint_negative(val) == ((digits[size - 1] & 0x80) != 0));
}

static void describe_global(bytes *out, const brn_val *val, int depth)
{
    const brn_val *parts[] = {brn_global_module(val), brn_global_name(val)};
    put_words(out, "g:");
    for (size_t i = 0; i < 2; i++) {
        put_words(out, i ? "." : "");
        if (brn_typeof(parts[i]) == BRN_STR)
            put(out, brn_str(parts[i], NULL), brn_size(parts[i]));
        else
            describe_at(out, parts[i], depth + 1);
    }
}

static void describe_made(bytes *out, const brn_val *val, const char *word, int depth)
{
    put_format(out, "%s(", word);
    describe_at(out, brn_callee(val), depth + 1);
    put_words(out, ", ");
    describe_at(out, brn_args(val), depth + 1);
    if (brn_kwargs(val)) {
        put_words(out, ", ");
        describe_at(out, brn_kwargs(val), depth + 1);
    }
    put_byte(out, ')');
}

static void describe_ops(bytes *out, const brn_val *val, int depth)
{
    for (size_t i = 0; i < brn_op_count(val); i++) {
        const brn_val *value;
        brn_op op = brn_op_at(val, i, &value);
        switch (op) {
        case BRN_OP_STATE:
            put_words(out, "!state(");
            describe_at(out, value, depth + 1);
            put_byte(out, ')');
            break;
        case BRN_OP_APPEND:
            assert_int_equal(brn_typeof(value), BRN_LIST);
            describe_items(out, value, "!append[", "]", depth);
            break;
        case BRN_OP_SET:
            assert_int_equal(brn_typeof(value), BRN_DICT);
            put_words(out, "!set");
            describe_pairs(out, value, depth);
            break;
        case BRN_OP_ADD:
            assert_int_equal(brn_typeof(value), BRN_LIST);
            describe_items(out, value, "!add[", "]", depth);
            break;
        case BRN_OP_CALL:
            put_words(out, "!call(");
            describe_at(out, value, depth + 1);
            put_byte(out, ')');
            break;
        default: fail_msg("op %d", (int)op);
        }
    }
}

static void describe_at(bytes *out, const brn_val *val, int depth)
{
    /* What is shared is written each time, so not every value can be described. */
    assert_true(out->size < 10000000);
    if (depth > DEEPEST) {
        put_words(out, "...");
        return;
    }
    switch (brn_typeof(val)) {
    case BRN_NOTHING: put_words(out, "NULL"); break;
    case BRN_NONE: put_words(out, "None"); break;
    case BRN_BOOL: put_words(out, brn_bool(val) ? "True" : "False"); break;
    case BRN_INT: put_format(out, "%" PRId64, brn_int(val)); break;
    case BRN_BIGINT: describe_bigint(out, val); break;
    case BRN_FLOAT: describe_float(out, brn_float(val)); break;
    case BRN_STR: quote_value(out, "", val); break;
    case BRN_PY2STR: quote_value(out, "p", val); break;
    case BRN_BYTES: quote_value(out, "b", val); break;
    case BRN_BYTEARRAY: quote_value(out, "ba", val); break;
    case BRN_LIST: describe_items(out, val, "[", "]", depth); break;
    case BRN_TUPLE: describe_items(out, val, "(", brn_size(val) == 1 ? ",)" : ")", depth); break;
    case BRN_DICT: describe_pairs(out, val, depth); break;
    case BRN_SET: describe_items(out, val, "set{", "}", depth); break;
    case BRN_FROZENSET: describe_items(out, val, "fs{", "}", depth); break;
    case BRN_GLOBAL: describe_global(out, val, depth); break;
    case BRN_CALL: describe_made(out, val, "call", depth); break;
    case BRN_OBJECT: describe_made(out, val, "obj", depth); break;
    case BRN_PERSID:
        put_words(out, "pid(");
        describe_at(out, brn_persid(val), depth + 1);
        put_byte(out, ')');
        break;
    case BRN_EXT: put_format(out, "ext(%" PRIu32 ")", brn_ext_code(val)); break;
    case BRN_BUFFER:
        put_format(out, "buf(%" PRIu32 "%s)", brn_buffer_index(val),
                   brn_buffer_readonly(val) ? ", ro" : "");
        break;
    }
    describe_ops(out, val, depth);
    if (brn_changed_later(val))
        put_byte(out, '~');
}

void describe(bytes *out, const brn_val *val)
{
    describe_at(out, val, 0);
}

char *described(const brn_doc *doc)
{
    bytes text = {0};
    describe(&text, brn_root(doc));
    put_byte(&text, 0);
    return (char *)text.data;
}

char *lossless(const brn_doc *doc)
{
    bytes text = {0};
    brn_error err;
    if (brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, collect, &text, NULL, &err) != BRN_OK)
        fail_msg("no JSON: %s", err.message);
    put_byte(&text, 0);
    return (char *)text.data;
}

void expect_reads(const void *data, size_t size, const char *text)
{
    brn_doc *doc = read_ok(data, size, NULL);
    char *found = described(doc);
    assert_string_equal(found, text);
    expect_dense_ids(doc);
    free(found);
    brn_free(doc);
}

void expect_dense_ids(const brn_doc *doc)
{
    uint32_t count = brn_doc_count(doc);
    for (uint32_t id = 0; id < count; id++) {
        const brn_val *val = brn_doc_value(doc, id);
        assert_non_null(val);
        assert_int_equal(brn_id(val), id);
    }
    assert_null(brn_doc_value(doc, count));
    assert_null(brn_doc_value(doc, UINT32_MAX));
    const brn_val *root = brn_root(doc);
    assert_ptr_equal(brn_doc_value(doc, brn_id(root)), root);
}

/* ------------------------------------------------------------------------
 * Allocators
 * ------------------------------------------------------------------------ */

#define ALIVE UINT64_C(0x616c697665626c6b)
#define DEAD UINT64_C(0x64656164626c6f63)

typedef struct block {
    size_t size;
    uint64_t state;
    max_align_t bytes[];
} block;

static block *block_of(void *ptr)
{
    return (block *)(void *)((char *)ptr - offsetof(block, bytes));
}

/* Is this the call that has to fail? */
static bool must_fail(counter *c, size_t more)
{
    size_t call = c->calls++;
    bool fails = call == c->fail_at || (c->fails_after && call > c->fail_at) ||
                 (c->capacity > 0 && more > c->capacity - c->used);
    c->failed += fails;
    return fails;
}

static void *counter_malloc(void *ctx, size_t size)
{
    counter *c = ctx;
    assert_int_not_equal(size, 0);
    if (size > SIZE_MAX / 2 || must_fail(c, size))
        return NULL;
    block *made = malloc(sizeof *made + size);
    if (!made)
        return NULL;
    made->size = size;
    made->state = ALIVE;
    /* Nobody may count on zeros. */
    memset(made->bytes, 0xa5, size);
    c->blocks++;
    c->used += size;
    if (c->used > c->peak)
        c->peak = c->used;
    return made->bytes;
}

static void counter_free(void *ctx, void *ptr)
{
    counter *c = ctx;
    assert_non_null(ptr);
    block *freed = block_of(ptr);
    assert_true(freed->state == ALIVE);
    freed->state = DEAD;
    c->blocks--;
    c->used -= freed->size;
    free(freed);
}

static void *counter_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    counter *c = ctx;
    assert_non_null(ptr);
    assert_int_not_equal(size, 0);
    block *old = block_of(ptr);
    assert_true(old->state == ALIVE);
    assert_int_equal(old->size, old_size);
    if (size > SIZE_MAX / 2 || must_fail(c, size > old_size ? size - old_size : 0))
        return NULL;
    /* Always moved, so that whoever kept the old address is found out. */
    block *made = malloc(sizeof *made + size);
    if (!made)
        return NULL;
    made->size = size;
    made->state = ALIVE;
    memset(made->bytes, 0xa5, size);
    memcpy(made->bytes, ptr, old_size < size ? old_size : size);
    old->state = DEAD;
    free(old);
    c->used = c->used - old_size + size;
    if (c->used > c->peak)
        c->peak = c->used;
    return made->bytes;
}

brn_alloc counting(counter *books)
{
    memset(books, 0, sizeof *books);
    books->fail_at = NEVER;
    return (brn_alloc){counter_malloc, counter_realloc, counter_free, books};
}

void expect_all_given_back(const counter *books)
{
    assert_int_equal(books->blocks, 0);
    assert_int_equal(books->used, 0);
}

/* ------------------------------------------------------------------------
 * Streams
 * ------------------------------------------------------------------------ */

source source_of(const void *data, size_t size, size_t most)
{
    return (source){.data = data, .size = size, .most = most, .random = 1, .fail_at = SIZE_MAX};
}

size_t read_source(void *ctx, void *buf, size_t cap)
{
    source *s = ctx;
    s->calls++;
    assert_int_not_equal(cap, 0);
    if (s->at >= s->fail_at)
        return SIZE_MAX;
    size_t size = s->size - s->at;
    size_t most = s->most ? s->most : 1 + (size_t)(next_random(&s->random) % 97);
    if (size > cap)
        size = cap;
    if (size > most)
        size = most;
    if (size > s->fail_at - s->at)
        size = s->fail_at - s->at;
    if (size > 0)
        memcpy(buf, s->data + s->at, size);
    s->at += size;
    return size;
}

/* ------------------------------------------------------------------------
 * Events
 * ------------------------------------------------------------------------ */

bool record(void *ctx, const brn_event *event)
{
    recording *r = ctx;
    if (r->events == 0 && r->pieces == 0)
        r->values_in_place = true;
    bool payload = event->arg >= BRN_ARG_LONG;
    if (payload) {
        if (event->begin != r->payload.size)
            r->values_in_place = false;
        put(&r->payload, event->data, event->size);
        if (r->payload.size < event->total) {
            r->pieces++;
            return true;
        }
        if (r->payload.size != event->total)
            r->values_in_place = false;
    }
    r->events++;
    put_format(&r->text, "%" PRIu64 " %s(%d) depth %" PRIu64 " marks %" PRIu64 " count %" PRIu64,
               event->offset, event->name, event->opcode, event->depth, event->marks, event->count);
    put_format(&r->text, " arg %d", (int)event->arg);
    switch (event->arg) {
    case BRN_ARG_NONE: break;
    case BRN_ARG_INT:
    case BRN_ARG_BOOL: put_format(&r->text, " %" PRId64, event->integer); break;
    case BRN_ARG_FLOAT:
        put_byte(&r->text, ' ');
        describe_float(&r->text, event->real);
        break;
    default:
        put_byte(&r->text, ' ');
        quote(&r->text, "", r->payload.data, r->payload.size);
        if (event->arg == BRN_ARG_PAIR) {
            put_byte(&r->text, ' ');
            quote(&r->text, "", event->data2, event->size2);
        }
        break;
    }
    put_byte(&r->text, '\n');
    r->payload.size = 0;
    return true;
}

void recording_free(recording *r)
{
    bytes_free(&r->text);
    bytes_free(&r->payload);
    memset(r, 0, sizeof *r);
}

/* ------------------------------------------------------------------------
 * The corpus
 * ------------------------------------------------------------------------ */

static void add_file(corpus *c, const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    bytes content = {0};
    uint8_t part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        put(&content, part, got);
    (void)fclose(file);
    c->files = realloc(c->files, (c->count + 1) * sizeof *c->files);
    assert_non_null(c->files);
    corpus_file *added = &c->files[c->count++];
    /* A block of exactly its size, so that sanitizers see a read past the end. */
    added->data = malloc(content.size ? content.size : 1);
    added->name = malloc(strlen(name) + 1);
    assert_true(added->data && added->name);
    if (content.size > 0)
        memcpy(added->data, content.data, content.size);
    added->size = content.size;
    memcpy(added->name, name, strlen(name) + 1);
    bytes_free(&content);
}

static void add_folder(corpus *c, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        fail_msg("%s cannot be listed", folder);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (length > 4 && strcmp(name + length - 4, ".pkl") == 0)
            add_file(c, folder, name);
        free(entries[i]);
    }
    free(entries);
}

corpus corpus_read(bool bad_ones_too)
{
    const char *folder = getenv("BRN_TEST_CORPUS");
    if (!folder)
        fail_msg("BRN_TEST_CORPUS is not set");
    corpus c = {0};
    add_folder(&c, folder);
    if (bad_ones_too) {
        char bad[4096];
        (void)snprintf(bad, sizeof bad, "%s/bad", folder);
        add_folder(&c, bad);
    }
    /* A test over nothing must not look like success. */
    assert_true(c.count > 50);
    return c;
}

corpus corpus_beside(const char *folder)
{
    const char *beside = getenv("BRN_TEST_CORPUS");
    char path[4096];
    if (!beside)
        fail_msg("BRN_TEST_CORPUS is not set");
    (void)snprintf(path, sizeof path, "%s/../%s", beside, folder);
    corpus c = {0};
    add_folder(&c, path);
    assert_true(c.count > 50);
    return c;
}

void corpus_free(corpus *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->files[i].name);
        free(c->files[i].data);
    }
    free(c->files);
    memset(c, 0, sizeof *c);
}
