/*
 * lookup.h - a path given on the command line, followed in a document.
 */
#ifndef BRINERY_CLI_LOOKUP_H
#define BRINERY_CLI_LOOKUP_H

#include "cli.h"

/* The value a path leads to, or NULL after saying why there is none.  Returns an exit code. */
int lookup(const app *a, const char *file, const brn_val *root, const char *path,
           const brn_val **val);

#endif /* BRINERY_CLI_LOOKUP_H */
