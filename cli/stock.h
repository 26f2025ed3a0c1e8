/*
 * stock.h - the stock spellings: how Python's own library writes its types into pickles.
 *
 * A set of protocol 2 is a call of `__builtin__.set` with a list, bytes are a call of
 * `_codecs.encode`, a date is a class and four bytes.  Brinery calls nothing, but it
 * can say what such a call would make, where that is certain.
 */
#ifndef BRINERY_CLI_STOCK_H
#define BRINERY_CLI_STOCK_H

#include "brinery.h"
#include "text.h"

typedef enum stock {
    STOCK_NONE,
    STOCK_RECONSTRUCTOR, /* copyreg._reconstructor(class, base, state) */
    STOCK_NEWOBJ,        /* copyreg.__newobj__(class, *args) */
    STOCK_ENCODE,        /* _codecs.encode(text, 'latin1') */
    STOCK_SET,
    STOCK_FROZENSET,
    STOCK_BYTEARRAY,
    STOCK_COMPLEX,
    STOCK_GETATTR,
    STOCK_COUNTER,
    STOCK_DEQUE,
    STOCK_DATETIME,
    STOCK_DATE,
    STOCK_TIME,
    STOCK_TIMEDELTA,
    STOCK_TIMEZONE,
    STOCK_DECIMAL,
    STOCK_FRACTION,
    STOCK_UUID,
    STOCK_ARRAY,      /* numpy.core.multiarray._reconstruct */
    STOCK_FROMBUFFER, /* numpy.core.numeric._frombuffer */
    STOCK_SCALAR,     /* numpy.core.multiarray.scalar */
    STOCK_DTYPE
} stock;

/* Which of these a global is. */
stock stock_of_global(const brn_val *global);

/* Which of these is called by a BRN_CALL or instantiated by a BRN_OBJECT. */
stock stock_of(const brn_val *val);

/* The text of a BRN_STR or a BRN_PY2STR; NULL if it is neither. */
const char *stock_text(const brn_val *val, size_t *size);
bool stock_text_is(const brn_val *val, const char *str);

/* Argument of a call or object, NULL if there are fewer. */
const brn_val *stock_arg(const brn_val *val, size_t index);
size_t stock_arg_count(const brn_val *val);

/*
 * The first `most` bytes of a value that is bytes in any spelling; *total gets the size
 * of the whole.  False if it is no bytes.
 */
bool stock_bytes(const brn_val *val, size_t most, text *bytes, size_t *total);

/* The same for a call whose arguments are (text, 'latin-1'), whatever is called. */
bool stock_latin1(const brn_val *val, size_t most, text *bytes, size_t *total);

/*
 * "module.Name" of a global, without `builtins`, and not yet safe for a terminal; of a
 * call of getattr() on one, "module.Name.attribute".  False for anything else.
 */
bool stock_name(const brn_val *val, text *t);

/* "module.Name" of a global, with its module whatever it is. */
bool stock_full_name(const brn_val *global, text *t);

/*
 * True if protocols 0 and 1 make an instance here that has nothing but its class and what
 * is done to it afterwards: copyreg._reconstructor(class, object, None).
 */
bool stock_is_plain_object(const brn_val *val);

/* What a value is an instance of: mostly a global.  NULL for plain data. */
const brn_val *stock_class(const brn_val *val);

/*
 * Spell a call or object that stands for one plain value: a date, a Decimal, a numpy
 * scalar.  False if it is none, or not as it should be.
 */
bool stock_spell(const brn_val *val, text *t);

#endif /* BRINERY_CLI_STOCK_H */
