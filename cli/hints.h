/*
 * hints.h - what to do about an error, in the words of the command.
 */
#ifndef BRINERY_CLI_HINTS_H
#define BRINERY_CLI_HINTS_H

#include "brinery.h"
#include "text.h"

/* Add " (one clause for people)", or nothing if there is nothing helpful to say. */
void hint_for(brn_code code, const uint8_t *data, size_t size, text *t);

#endif /* BRINERY_CLI_HINTS_H */
