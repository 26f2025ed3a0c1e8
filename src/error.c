/*
 * error.c - the numbered errors: their names, and the text of one that happened.
 */
#include "error.h"

#include <stdio.h>

typedef struct code_info {
    brn_code code;
    const char *name;
    const char *help;
} code_info;

static const code_info codes[] = {
    {BRN_OK, "OK", "Nothing went wrong."},
#define ERROR(name, help) {BRN_ERROR_##name, #name, help},
#include "errors.def"
#undef ERROR
};

static const code_info *find_code(brn_code code)
{
    for (size_t i = 0; i < BRN_ARRAY_LEN(codes); i++) {
        if (codes[i].code == code)
            return &codes[i];
    }
    return NULL;
}

const char *brn_code_name(brn_code code)
{
    const code_info *info = find_code(code);
    return info ? info->name : "UNKNOWN";
}

const char *brn_code_help(brn_code code)
{
    const code_info *info = find_code(code);
    return info ? info->help : "This number is no error of this version.";
}

brn_code brn_code_next(brn_code code)
{
    for (size_t i = 0; i + 1 < BRN_ARRAY_LEN(codes); i++) {
        if (codes[i].code == code)
            return codes[i + 1].code;
    }
    return BRN_OK;
}

void brn_error_clear(brn_error *err)
{
    if (!err)
        return;
    memset(err, 0, sizeof *err);
    err->opcode = -1;
}

brn_code brn_error_vset(brn_error *err, brn_code code, uint64_t offset, int opcode,
                        const char *format, va_list args)
{
    if (err) {
        brn_error_clear(err);
        err->code = code;
        err->offset = offset;
        err->opcode = opcode;
        (void)vsnprintf(err->message, sizeof err->message, format, args);
    }
    return code;
}

brn_code brn_error_set(brn_error *err, brn_code code, uint64_t offset, int opcode,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)brn_error_vset(err, code, offset, opcode, format, args);
    va_end(args);
    return code;
}

/* Only errors met while reading bytes have a place in the input, or while writing in the output. */
static bool has_offset(const brn_error *err)
{
    bool reading = err->code > BRN_OK && err->code < BRN_ERROR_OPEN && err->code != BRN_ERROR_EMPTY;
    bool writing = err->code >= BRN_ERROR_WRITER_KEY && err->code <= BRN_ERROR_WRITER_PROTOCOL;
    return (reading || writing) && err->offset != BRN_NO_OFFSET;
}

size_t brn_error_text(const brn_error *err, char *buf, size_t cap)
{
    if (!err || err->code == BRN_OK) {
        int n = snprintf(buf, cap, "no error");
        return n > 0 ? (size_t)n : 0;
    }
    char place[64] = "";
    char opcode[48] = "";
    if (has_offset(err))
        (void)snprintf(place, sizeof place, " at byte %llu", (unsigned long long)err->offset);
    if (err->opcode >= 0) {
        const brn_opcode_info *info = brn_opcode(err->opcode);
        if (info)
            (void)snprintf(opcode, sizeof opcode, ", opcode %s", info->name);
        else
            (void)snprintf(opcode, sizeof opcode, ", opcode 0x%02x", (unsigned)err->opcode);
    }
    int n = snprintf(buf, cap, "error %d (%s)%s%s%s%s: %s", (int)err->code,
                     brn_code_name(err->code), place, opcode, err->path[0] ? ", in " : "",
                     err->path, err->message[0] ? err->message : brn_code_help(err->code));
    return n > 0 ? (size_t)n : 0;
}
