/*
 * size.c - how much memory the values would take in Python.
 *
 * A set takes 216 bytes there and one in a pickle.  The sizes are those of CPython on 64 bits, rounded up; what is
 * shared counts once, as the document has it once.
 */
#include "policy.h"

#include "../error.h"

static uint64_t text_size(const brn_val *val)
{
    size_t size = brn_size(val);
    /* Beyond ASCII, up to four bytes a character, and again as much in UTF-8. */
    return brn_str_flags(val) & BRN_STR_ASCII ? 56 + (uint64_t)size : 80 + 4 * (uint64_t)size;
}

static uint64_t size_of(const brn_val *val)
{
    size_t count = brn_size(val);
    switch (val->type) {
    case BRN_NONE:
    case BRN_BOOL:
    case BRN_GLOBAL:
    case BRN_EXT: return 0;
    case BRN_INT:
    case BRN_FLOAT: return 32;
    case BRN_BIGINT: {
        size_t size;
        (void)brn_bigint(val, &size);
        return 32 + (uint64_t)size * 16 / 15;
    }
    case BRN_STR: return text_size(val);
    case BRN_PY2STR:
    case BRN_BYTES:
    case BRN_BYTEARRAY: return 64 + (uint64_t)count;
    case BRN_LIST: return 72 + 9 * (uint64_t)count;
    case BRN_TUPLE: return 56 + 8 * (uint64_t)count;
    case BRN_DICT: return 80 + (count > 0 ? 160u : 0u) + 80 * (uint64_t)count;
    case BRN_SET:
    case BRN_FROZENSET: return 232 + 80 * (uint64_t)count;
    default: return 160; /* an instance; its state is a value of its own */
    }
}

bool brn_check_size(brn_checker *c)
{
    uint64_t total = 0;
    for (uint64_t id = 0; id < c->doc->count; id++)
        total += size_of(brn_doc_value(c->doc, (uint32_t)id));
    if (total <= c->options->max_result)
        return true;
    c->code = brn_error_set(c->err, BRN_ERROR_POLICY_MEMORY, 0, -1,
                            "its objects would take more memory than allowed");
    return false;
}
