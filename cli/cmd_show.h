/*
 * cmd_show.h - showing a value, which `show` and `get` do alike.
 */
#ifndef BRINERY_CLI_CMD_SHOW_H
#define BRINERY_CLI_CMD_SHOW_H

#include "cli.h"
#include "tree.h"

/* The options of a tree; AT() is the offset in settings. */
#define SHOW_OPTIONS                                                                        \
    {"depth",                                                                               \
     'd',                                                                                   \
     OPTION_NUMBER,                                                                         \
     "N",                                                                                   \
     0,                                                                                     \
     AT(depth),                                                                             \
     "levels to show; default: what fits on a few screens"},                                \
        {"items",                                                                           \
         'n',                                                                               \
         OPTION_NUMBER,                                                                     \
         "N",                                                                               \
         1,                                                                                 \
         AT(items),                                                                         \
         "children of a list to show (of a dict, 5 times as many); default 10"},            \
        {"width",                                                                           \
         'w',                                                                               \
         OPTION_NUMBER,                                                                     \
         "N",                                                                               \
         20,                                                                                \
         AT(width),                                                                         \
         "columns of a line; default: the terminal's, else 100"},                           \
        {"all", 'a', OPTION_FLAG, NULL, 0, AT(all), "leave nothing out"},                   \
    {                                                                                       \
        "ids", 0, OPTION_FLAG, NULL, 0, AT(ids), "the number of every value in front of it" \
    }

/* Print a value as a tree. */
void show_value(app *a, const char *file, const brn_val *val);

/* Say on standard error that values were changed after a call had seen them, if so. */
void show_note_changed(const app *a, const char *file, const brn_doc *doc);

#endif /* BRINERY_CLI_CMD_SHOW_H */
