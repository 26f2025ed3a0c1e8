/*
 * error.h - filling in a brn_error.
 *
 * The one place where errors are made.  `err` may be NULL everywhere: then
 * only the code travels, as the return value.
 */
#ifndef BRN_ERROR_H
#define BRN_ERROR_H

#include "base.h"

#include <stdarg.h>

/* Reset to "no error". */
void brn_error_clear(brn_error *err);

/*
 * Fill in everything but the path, which becomes empty.  `opcode` is a byte or -1.
 * Returns `code`, so that a caller can report and return in one statement.
 */
brn_code brn_error_set(brn_error *err, brn_code code, uint64_t offset, int opcode,
                       const char *format, ...) BRN_PRINTF(5, 6);
brn_code brn_error_vset(brn_error *err, brn_code code, uint64_t offset, int opcode,
                        const char *format, va_list args) BRN_PRINTF(5, 0);

#endif /* BRN_ERROR_H */
