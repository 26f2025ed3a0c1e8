/*
 * cli.h - what the files of the command share: the run, its exit codes, and how it
 * speaks to people.
 *
 * The command uses the public header only: whatever it does, another program can do.
 */
#ifndef BRINERY_CLI_H
#define BRINERY_CLI_H

#include "brinery.h"
#include "options.h"
#include "out.h"
#include "term.h"

/* The exit codes, which scripts rely on. */
enum {
    STATUS_OK = 0,
    STATUS_NO = 1,         /* the answer is no: a path that leads nowhere */
    STATUS_UNREADABLE = 2, /* malformed, past a limit, or a failure to read or write */
    STATUS_USAGE = 64
};

/* One run of the command. */
typedef struct app {
    const command *command;
    settings set;
    term term;
    out out;
} app;

extern const command command_show;
extern const command command_get;
extern const command command_dis;
extern const command command_json;
extern const command command_stat;
extern const command command_ls;
extern const command command_convert;

/* `brinery: FILE: ...` on standard error; `file` may be NULL. */
void app_error(const app *a, const char *file, const char *format, ...) CLI_PRINTF(3, 4);

/* The same for what is no error; not said with --quiet. */
void app_note(const app *a, const char *file, const char *format, ...) CLI_PRINTF(3, 4);

/* A mistake in the command line; returns STATUS_USAGE. */
int app_usage(const app *a, const char *format, ...) CLI_PRINTF(2, 3);

#endif /* BRINERY_CLI_H */
