/*
 * size.c - how much memory the values would take in Python.
 *
 * A set takes 216 bytes there and one in a pickle.  The sizes are those of CPython on 64 bits, rounded up; what is
 * shared counts once, as the document has it once, but for what calls are given: most of them copy it, bytearray(x) as
 * well as set(x), so that the second call that is given the same counts it again.
 */
#include "policy.h"

#include "../error.h"
#include "../machine/opcodes.h"

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

/* What a callee would copy of it. */
static uint64_t copy_of(const brn_val *val)
{
    switch (val->type) {
    case BRN_STR:
    case BRN_PY2STR:
    case BRN_BYTES:
    case BRN_BYTEARRAY: return brn_size(val);
    case BRN_LIST:
    case BRN_TUPLE:
    case BRN_DICT:
    case BRN_SET:
    case BRN_FROZENSET: return 16 * (uint64_t)brn_size(val);
    default: return 0;
    }
}

/* Arguments, or a state, and what is in that tuple: what of it was given to something before. */
static bool add_given(brn_checker *c, const brn_val *tuple, uint8_t *given, uint64_t *total)
{
    if (!brn_is(tuple, BRN_TUPLE))
        return true;
    if (!brn_spend(c, brn_size(tuple))) {
        c->code = brn_error_set(c->err, BRN_ERROR_POLICY_WORK, 0, -1,
                                "what its calls are given is more than allowed");
        return false;
    }
    *total += given[tuple->id] ? copy_of(tuple) : 0;
    given[tuple->id] = 1;
    for (size_t i = 0; i < brn_size(tuple); i++) {
        const brn_val *item = brn_at(tuple, i);
        *total += given[item->id] ? copy_of(item) : 0;
        given[item->id] = 1;
    }
    return true;
}

static bool add_copies(brn_checker *c, uint64_t *total)
{
    uint8_t *given = brn_memory_alloc(c->memory, (size_t)c->doc->count + 1);
    if (!given) {
        c->code = brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for the check");
        return false;
    }
    memset(given, 0, (size_t)c->doc->count + 1);
    bool fine = true;
    for (size_t i = 0; fine && i < c->doc->trace_count; i++) {
        const brn_trace_row *row = &c->doc->trace[i];
        const brn_val *val = brn_doc_value(c->doc, row->value);
        bool state = brn_trace_opcode(row) == BRN_OP_BYTE_BUILD;
        if (state || val->type == BRN_CALL || val->type == BRN_OBJECT)
            fine = add_given(c, state ? brn_doc_value(c->doc, row->operand) : brn_args(val), given,
                             total);
    }
    brn_memory_free(c->memory, given, (size_t)c->doc->count + 1);
    return fine;
}

bool brn_check_size(brn_checker *c)
{
    uint64_t total = 0;
    for (uint64_t id = 0; id < c->doc->count; id++)
        total += size_of(brn_doc_value(c->doc, (uint32_t)id));
    if (!add_copies(c, &total))
        return false;
    if (total <= c->options->max_result)
        return true;
    c->code = brn_error_set(c->err, BRN_ERROR_POLICY_MEMORY, 0, -1,
                            "its objects would take more memory than allowed");
    return false;
}
