/*
 * stock.h - the stock spellings: how Python's own library writes its types into pickles.
 *
 * A set of protocol 2 is a call of `__builtin__.set` with a list, bytes are a call of
 * `_codecs.encode`, a date is a class and four bytes.  The library's typed views know them; here
 * they are spelt as Python would.
 */
#ifndef BRINERY_CLI_STOCK_H
#define BRINERY_CLI_STOCK_H

#include "brinery.h"
#include "text.h"

/* The text of a BRN_STR or a BRN_PY2STR; NULL if it is neither. */
const char *stock_text(const brn_val *val, size_t *size);

/* Append the bytes of a blob, at most `most` of them. */
void stock_copy(const brn_blob *blob, size_t most, text *bytes);

/*
 * The first `most` bytes of a value that is bytes in any spelling; *total gets the size
 * of the whole.  False if it is no bytes.
 */
bool stock_bytes(const brn_val *val, size_t most, text *bytes, size_t *total);

/*
 * "module.Name" of a global, without `builtins`, and not yet safe for a terminal; of a
 * call of getattr() on one, "module.Name.attribute".  False for anything else.
 */
bool stock_name(const brn_val *val, text *t);

/* "module.Name" of a global, with its module whatever it is. */
bool stock_full_name(const brn_val *global, text *t);

/* What a value is an instance of: mostly a global.  NULL for plain data. */
const brn_val *stock_class(const brn_val *val);

/*
 * Spell a call or object that stands for one plain value: a date, a Decimal, a numpy
 * scalar.  False if it is none, or not as it should be.
 */
bool stock_spell(const brn_val *val, text *t);

#endif /* BRINERY_CLI_STOCK_H */
