/*
 * options.h - the options of every command, in tables.
 *
 * A row of a table is all there is to an option: its names, what it takes, where the
 * value goes, and its line in --help.
 */
#ifndef BRINERY_CLI_OPTIONS_H
#define BRINERY_CLI_OPTIONS_H

#include "term.h"

#define NOT_GIVEN UINT64_MAX

/* Everything that can be said on the command line. */
typedef struct settings {
    /* every command */
    bool help;
    bool quiet;
    bool map;
    uint64_t color;  /* color_mode */
    uint64_t pickle; /* which one of several, from 1 */
    /* limits; 0 is the library's default */
    uint64_t max_size; /* of what compressed files hold */
    uint64_t max_input;
    uint64_t max_memory;
    uint64_t max_values;
    uint64_t max_stack;
    uint64_t max_memo;
    uint64_t max_digits;
    uint64_t max_work;
    /* show, get */
    uint64_t depth; /* NOT_GIVEN: as deep as fits on a few screens */
    uint64_t items;
    uint64_t width; /* NOT_GIVEN: the terminal's */
    bool all;
    bool ids;
    bool raw;
    /* json, dis, stat, ls */
    bool json;
    bool lossless;
    bool pretty;
    bool annotate;
    bool recurse;
    uint64_t max_nodes;
    /* convert */
    uint64_t protocol; /* NOT_GIVEN: the file's */
    bool small;
    bool canonical;
    bool sort_keys;
    bool reordered;
    bool keep_names;
} settings;

void settings_init(settings *s);

typedef enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_NUMBER, /* uint64_t */
    OPTION_SIZE,   /* uint64_t, with k, M, G behind it, or `unlimited` */
    OPTION_COLOR   /* auto, always, never */
} option_kind;

typedef struct option {
    const char *name; /* without the dashes */
    char letter;      /* or 0 */
    option_kind kind;
    const char *metavar;
    uint64_t least; /* of an OPTION_NUMBER */
    size_t offset;  /* in settings */
    const char *help;
} option;

/* One subcommand. */
struct app;
typedef struct command {
    const char *name;
    const char *summary;  /* one line, in the list of commands */
    const char *operands; /* "FILE [PATH]" */
    int least_operands;
    int most_operands; /* -1: any number */
    const option *options;
    size_t option_count;
    const char *details; /* the text of --help under the usage line */
    int (*run)(struct app *app, int count, char **operands);
} command;

/* The options every command takes, and those that bound what reading may cost. */
extern const option common_options[];
extern const size_t common_option_count;
extern const option limit_options[];
extern const size_t limit_option_count;

/*
 * Read the arguments of a command (`cmd` NULL: those before one).  Operands are moved to the front of `args`
 * and counted.  With `cmd` NULL reading ends at the first operand.  False after a
 * mistake, which is then described in `problem`.
 */
bool options_read(settings *s, const command *cmd, int count, char **args, int *operands,
                  text *problem);

/* The --help of a command. */
void options_help(text *t, const command *cmd);

/* The lines of the common and the limiting options. */
void options_help_common(text *t);

#endif /* BRINERY_CLI_OPTIONS_H */
