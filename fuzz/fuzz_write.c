/*
 * fuzz_write.c - what brn_write() writes reads as the same document, or it says why it
 * writes nothing.
 *
 * A byte behind the pickle chooses the protocol and the options; without one, all are tried.
 * Protocol 5 can say everything a document can hold, so there lossless JSON has to be the
 * same; in the others, and canonical, what was written has to be written the same again.
 */
#include "target.h"

/* Ids are those of brn_id(), which depend on the opcodes: number them as they come instead. */
static void number_ids(collected *t, uint32_t values)
{
    static const char *const marks[] = {"\"$id\":", "\"$ref\":"};
    uint32_t *numbers = calloc((size_t)values + 1, sizeof *numbers);
    uint32_t next = 0;
    collected out = {NULL, 0, 0};
    REQUIRE(numbers);
    for (size_t at = 0; at < t->size;) {
        size_t mark = 0;
        for (int i = 0; i < 2 && mark == 0; i++) {
            size_t length = strlen(marks[i]);
            if (t->size - at > length && memcmp(t->data + at, marks[i], length) == 0)
                mark = length;
        }
        (void)collect(&out, t->data + at, mark > 0 ? mark : 1);
        at += mark > 0 ? mark : 1;
        /* A quote inside a string has a backslash before it. */
        if (mark == 0 || t->data[at] < '0' || t->data[at] > '9' || t->data[at - mark - 1] == '\\')
            continue;
        uint64_t id = 0;
        for (; at < t->size && t->data[at] >= '0' && t->data[at] <= '9'; at++)
            id = id * 10 + (uint64_t)(t->data[at] - '0');
        REQUIRE(id < values);
        if (numbers[id] == 0)
            numbers[id] = ++next;
        char number[16];
        int size = snprintf(number, sizeof number, "%u", (unsigned)numbers[id]);
        (void)collect(&out, number, (size_t)size);
    }
    free(numbers);
    free(t->data);
    *t = out;
}

static collected json_of(const brn_doc *doc)
{
    collected t = {NULL, 0, 0};
    brn_code code = brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, collect, &t, NULL, NULL);
    REQUIRE(code == BRN_OK);
    number_ids(&t, brn_doc_count(doc));
    return t;
}

static bool keep_order(void *ctx, const brn_val *buffer)
{
    return brn_buffer_index(buffer) == (*(uint32_t *)ctx)++;
}

/* NULL if it cannot be written so, which has been looked at. */
static void *write_with(const brn_doc *doc, int protocol, uint32_t flags, size_t *size)
{
    brn_error err;
    uint32_t buffers = 0;
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_write_options options = BRN_WRITE_OPTIONS_INIT;
    options.protocol = protocol;
    options.flags = flags;
    options.buffer = keep_order;
    options.buffer_ctx = &buffers;
    void *block = brn_write(doc, &options, size, &alloc, &err);
    if (!block) {
        require_error(&err, UINT64_MAX);
        REQUIRE(err.code >= BRN_ERROR_NO_VALUE || err.code == BRN_ERROR_STOPPED ||
                err.code == BRN_ERROR_LIMIT_WORK);
        REQUIRE(b.blocks == 0);
        return NULL;
    }
    REQUIRE(b.blocks == 1);
    void *pickle = malloc(*size);
    REQUIRE(pickle);
    memcpy(pickle, block, *size);
    books_free(&b, block);
    return pickle;
}

static void check(const brn_doc *doc, const collected *json, int protocol, uint32_t flags)
{
    brn_error err;
    brn_options options = BRN_OPTIONS_INIT;
    options.max_work = BRN_UNLIMITED;
    size_t size, again_size;
    void *pickle = write_with(doc, protocol, flags, &size);
    if (!pickle)
        return;
    brn_doc *read = brn_read(pickle, size, &options, NULL, &err);
    REQUIRE(read);
    REQUIRE(brn_doc_size(read) == size);
    bool canonical = flags & (BRN_WRITE_CANONICAL | BRN_WRITE_SORT_KEYS);
    if (protocol == 5 && !canonical && flags & BRN_WRITE_KEEP_NAMES &&
        !(flags & BRN_WRITE_REORDERED)) {
        collected written = json_of(read);
        REQUIRE(written.size == json->size && memcmp(written.data, json->data, json->size) == 0);
        free(written.data);
    }
    void *again = write_with(read, protocol, flags, &again_size);
    if (again && !canonical)
        REQUIRE(again_size == size && memcmp(again, pickle, size) == 0);
    free(again);
    brn_free(read);
    free(pickle);
}

#define CHOICES (6u * 16u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t modes[] = {BRN_WRITE_KEEP_NAMES, BRN_WRITE_SMALL | BRN_WRITE_KEEP_NAMES,
                                     BRN_WRITE_CANONICAL, BRN_WRITE_SORT_KEYS | BRN_WRITE_SMALL};
    brn_doc *doc = brn_read(data, size, NULL, NULL, NULL);
    if (!doc)
        return 0;
    collected json = json_of(doc);
    bool chosen = brn_doc_size(doc) < size;
    for (unsigned i = 0; i < CHOICES; i++) {
        if (chosen && i != data[size - 1] % CHOICES)
            continue;
        uint32_t flags = modes[i / 6 % 4] | (i / 24 % 2 ? BRN_WRITE_REORDERED : 0);
        flags = i / 48 ? flags & ~BRN_WRITE_KEEP_NAMES : flags;
        check(doc, &json, (int)(i % 6), flags);
    }
    free(json.data);
    brn_free(doc);
    return 0;
}
