/*
 * array.h - numpy's arrays, scalars and dtypes, as they stand in pickles.
 */
#ifndef BRINERY_CLI_ARRAY_H
#define BRINERY_CLI_ARRAY_H

#include "brinery.h"
#include "term.h"

typedef struct array {
    brn_array view;
    size_t bytes;    /* of the data; 0 if it is kept elsewhere */
    size_t items;    /* of damaged ones with objects */
    bool is_damaged; /* the data is not as long as dtype and shape say */
    text data;       /* the data, or as much of it as was asked for */
} array;

/*
 * True of an array, its data fitting or not.  Those with a mask are shown as the call they are:
 * elements without the mask would be a half truth.
 */
bool array_is(const brn_val *val);

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
