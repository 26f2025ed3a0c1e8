/*
 * census.h - counts over all values of a document: types, sharing, cycles, globals.
 */
#ifndef BRINERY_CLI_CENSUS_H
#define BRINERY_CLI_CENSUS_H

#include "brinery.h"
#include "text.h"

#define CENSUS_TYPES (BRN_BUFFER + 1)

/* A class or function that a pickle names. */
typedef struct census_global {
    const brn_val *val; /* a BRN_GLOBAL */
    uint64_t named;     /* times it is looked up */
    uint64_t called;    /* by REDUCE */
    uint64_t instances; /* made by NEWOBJ, OBJ, INST */
} census_global;

typedef struct census {
    uint64_t by_type[CENSUS_TYPES]; /* values the root holds */
    uint64_t values;
    uint64_t unreachable;   /* made by the pickle, but not held by the root */
    uint64_t shared;        /* containers and instances that are held more than once */
    uint64_t references;    /* to them, beyond the first */
    uint64_t cycles;        /* references of values to something they are inside of */
    uint64_t depth;         /* of the deepest value below the root */
    census_global *globals; /* of the whole pickle, by name, each once */
    size_t global_count;
    uint64_t extensions;
} census;

void census_take(census *c, const brn_doc *doc);
void census_free(census *c);

#endif /* BRINERY_CLI_CENSUS_H */
