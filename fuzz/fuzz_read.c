/*
 * fuzz_read.c - any bytes give a sound document or a numbered error, in bounded memory, and the
 * machine without values agrees on what is a pickle.
 */
#include "target.h"

/* Errors that only a host with values can see. */
static bool needs_values(brn_code code)
{
    return code >= BRN_ERROR_NOT_APPENDABLE && code <= BRN_ERROR_NOT_BUFFER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_error err;
    brn_options options = BRN_OPTIONS_INIT;
    options.hash_seed = 1;
    brn_doc *doc = brn_read(data, size, &options, &alloc, &err);
    REQUIRE(b.peak <= BOUND(size));

    brn_error inspected;
    size_t length = 0;
    brn_code code = brn_events(data, size, &options, NULL, NULL, NULL, &length, &inspected);
    if (!doc) {
        require_error(&err, size);
        if (!needs_values(err.code) && err.code != BRN_ERROR_LIMIT_WORK) {
            REQUIRE(code == err.code);
            REQUIRE(inspected.offset == err.offset);
        }
    } else {
        REQUIRE(code == BRN_OK);
        REQUIRE(length == brn_doc_size(doc));
        look_at_all(doc);
        /* Neither the seed nor borrowing changes what is read. */
        options.hash_seed = 2;
        options.flags = BRN_BORROW;
        brn_doc *again = brn_read(data, size, &options, NULL, &err);
        REQUIRE(again);
        REQUIRE(brn_doc_count(again) == brn_doc_count(doc));
        REQUIRE(brn_doc_changed_later(again) == brn_doc_changed_later(doc));
        REQUIRE(brn_size(brn_root(again)) == brn_size(brn_root(doc)));
        look_at_all(again);
        brn_free(again);
    }
    brn_free(doc);
    REQUIRE(b.blocks == 0 && b.used == 0);
    return 0;
}
