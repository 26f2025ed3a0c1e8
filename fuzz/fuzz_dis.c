/*
 * fuzz_dis.c - the disassembler reports what loading would refuse, and nothing else; its
 * output has a line for each opcode and grows with the input.
 */
#include "target.h"

typedef struct lines {
    size_t bytes;
    size_t lines;
    bool bad; /* a control character, other than the newlines */
} lines;

static bool count_lines(void *ctx, const void *data, size_t size)
{
    lines *l = ctx;
    const unsigned char *p = data;
    l->bytes += size;
    for (size_t i = 0; i < size; i++) {
        l->lines += p[i] == '\n';
        l->bad = l->bad || (p[i] < 0x20 && p[i] != '\n');
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    brn_error loading;
    brn_code code = brn_events(data, size, NULL, NULL, NULL, NULL, NULL, &loading);
    for (uint32_t flags = 0; flags <= (BRN_DIS_ANNOTATE | BRN_DIS_JSON); flags++) {
        lines l = {0, 0, false};
        books b;
        brn_alloc alloc = books_alloc(&b);
        brn_error err;
        size_t length = 0;
        brn_code said =
            brn_disassemble(data, size, flags, NULL, &alloc, count_lines, &l, &length, &err);
        REQUIRE(b.blocks == 0);
        REQUIRE(length <= size);
        REQUIRE(!l.bad);
        /*
         * What loading accepts has no problem; where it refuses is the first problem reported.  Of an
         * opcode that is wrong in two ways, each may name another.
         */
        REQUIRE((said == BRN_OK) == (code == BRN_OK));
        if (code != BRN_OK) {
            require_error(&err, size);
            REQUIRE(err.offset == loading.offset);
        }
        /* A mark's depth is printed as blanks, which is the one thing that is not linear. */
        if (flags & BRN_DIS_JSON)
            REQUIRE(l.bytes <= 400 * size + 400);
    }
    return 0;
}
