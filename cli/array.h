/*
 * array.h - numpy's arrays, scalars and dtypes, as they stand in pickles.
 */
#ifndef BRINERY_CLI_ARRAY_H
#define BRINERY_CLI_ARRAY_H

#include "brinery.h"
#include "term.h"

#define ARRAY_DIMENSIONS 64 /* numpy's own limit */

typedef struct dtype {
    const brn_val *val;
    char kind;   /* f i u c b S U V M m O, or 0 if it is not understood */
    size_t size; /* of an element in bytes */
    bool big_endian;
    char unit[4];  /* of M and m */
    uint32_t step; /* of M and m: so many units */
} dtype;

typedef struct array {
    const brn_val *class_; /* mostly numpy.ndarray; NULL: numpy.ndarray */
    dtype dtype;
    size_t shape[ARRAY_DIMENSIONS];
    size_t dimensions;
    uint64_t count;         /* of elements */
    bool fortran;           /* the first index varies fastest */
    const brn_val *objects; /* elements of an object array: a BRN_LIST, else NULL */
    size_t bytes;           /* of the data; 0 if it is kept elsewhere */
    bool damaged;           /* the data is not as long as dtype and shape say */
    text data;              /* the data, or as much of it as was asked for */
} array;

/*
 * Read an array, with at most `most` bytes of its data.  False if it is none, or
 * not in numpy's own spelling.  array_free() in any case.
 */
bool array_read(array *a, const brn_val *val, size_t most);
void array_free(array *a);

/* "float64 (1000, 4)", without the class; of a record with many fields as many as `room` allows. */
void array_spell(const array *a, text *t, size_t room);

/*
 * The elements in brackets, as many as fit up to column `room`, and how many more there are.
 * Nothing if their spelling is not known.
 */
void array_preview(const array *a, line *l, size_t room);

/* "numpy.dtype('float64')" and "numpy.float64(1.5)"; see stock_spell(). */
bool array_spell_dtype(const brn_val *val, text *t);
bool array_spell_scalar(const brn_val *val, text *t);

#endif /* BRINERY_CLI_ARRAY_H */
