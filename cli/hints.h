/*
 * hints.h - what bytes that are no pickle probably are, and what an error asks for.
 */
#ifndef BRINERY_CLI_HINTS_H
#define BRINERY_CLI_HINTS_H

#include "brinery.h"

/* One clause for people, or NULL if there is nothing helpful to say. */
const char *hint_for(brn_code code, const uint8_t *data, size_t size);

#endif /* BRINERY_CLI_HINTS_H */
