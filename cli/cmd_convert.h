/*
 * cmd_convert.h - documents written as pickles, which `convert` and `from-json` do alike.
 */
#ifndef BRINERY_CLI_CMD_CONVERT_H
#define BRINERY_CLI_CMD_CONVERT_H

#include "input.h"

#define CONVERT_OPTIONS 6
extern const option convert_options[CONVERT_OPTIONS];

/* Whether the options, and writing to `to` ("-": standard output), make sense.  An exit code. */
int convert_check(const app *a, const char *to);

/* Write a document as the options say, without --protocol in this one.  An exit code. */
int convert_write(app *a, const input *in, const brn_doc *doc, int protocol, const char *to);

#endif /* BRINERY_CLI_CMD_CONVERT_H */
