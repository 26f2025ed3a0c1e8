/*
 * fuzz_from_json.c - brn_read_json() over any text: a document, or an error with its place.  What a document
 * says of itself as lossless JSON reads as a document that says the same.
 */
#include "target.h"

static collected json_of(const brn_doc *doc)
{
    collected t = {NULL, 0, 0};
    REQUIRE(brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, collect, &t, NULL, NULL) == BRN_OK);
    return t;
}

/* The ids in JSON are those of the document; what was read from JSON is numbered as it stands there. */
static void check_document(const brn_doc *doc)
{
    collected first = json_of(doc);
    brn_doc *again = brn_read_json(first.data, first.size, NULL, NULL, NULL);
    REQUIRE(again && brn_doc_size(again) == first.size);
    collected second = json_of(again);
    brn_doc *twice = brn_read_json(second.data, second.size, NULL, NULL, NULL);
    REQUIRE(twice);
    collected third = json_of(twice);
    REQUIRE(second.size == third.size && memcmp(second.data, third.data, third.size) == 0);
    brn_free(again);
    brn_free(twice);
    free(first.data);
    free(second.data);
    free(third.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    brn_error err;
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_doc *doc = brn_read_json(data, size, NULL, &alloc, &err);
    if (doc) {
        REQUIRE(err.code == BRN_OK && brn_doc_size(doc) <= size);
        REQUIRE(b.peak <= 64 * size + ((size_t)256 << 10));
        check_document(doc);
    } else {
        REQUIRE(err.code != BRN_OK && err.offset <= size && err.message[0]);
    }
    brn_free(doc);
    REQUIRE(b.blocks == 0 && b.used == 0);
    return 0;
}
