/*
 * cmd_json.h - a value as JSON on standard output, which `json` and `get` do alike.
 */
#ifndef BRINERY_CLI_CMD_JSON_H
#define BRINERY_CLI_CMD_JSON_H

#include "input.h"

/*
 * Write a value as JSON and a new line, as --lossless, --pretty and --max-nodes say, and say on
 * standard error what plain JSON could not spell.  Returns an exit code.
 */
int json_write(app *a, const input *in, const brn_doc *doc, const brn_val *val);

#endif /* BRINERY_CLI_CMD_JSON_H */
