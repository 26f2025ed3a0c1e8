/*
 * options.c - reads the command line by the tables, and prints them as --help.
 *
 * getopt is not used: its state is global, and it prints its own messages.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(settings, field)

const option common_options[] = {
    {"color", 0, OPTION_COLOR, "WHEN", 0, AT(color),
     "colours: auto (on a terminal, unless NO_COLOR is set), always, never"},
    {"pickle", 'p', OPTION_NUMBER, "N", 1, AT(pickle),
     "the Nth pickle of a file that holds several, from 1"},
    {"quiet", 'q', OPTION_FLAG, NULL, 0, AT(quiet), "no notes and no progress, only errors"},
    {"map", 0, OPTION_FLAG, NULL, 0, AT(map),
     "map files instead of reading them: for files nobody is writing to"},
    {"help", 'h', OPTION_FLAG, NULL, 0, AT(help), "print this help"},
};
const size_t common_option_count = ARRAY_LEN(common_options);

const option limit_options[] = {
    {"max-size", 0, OPTION_SIZE, "SIZE", 0, AT(max_size),
     "what a compressed file may inflate to; default 1G"},
    {"max-input", 0, OPTION_SIZE, "SIZE", 0, AT(max_input), "bytes of a file"},
    {"max-memory", 0, OPTION_SIZE, "SIZE", 0, AT(max_memory), "memory for the values"},
    {"max-values", 0, OPTION_SIZE, "N", 0, AT(max_values), "number of values"},
    {"max-stack", 0, OPTION_SIZE, "N", 0, AT(max_stack), "values on the stack"},
    {"max-memo", 0, OPTION_SIZE, "N", 0, AT(max_memo), "entries of the memo"},
    {"max-digits", 0, OPTION_SIZE, "N", 0, AT(max_digits),
     "digits of an int written in text; default 4300"},
    {"max-work", 0, OPTION_SIZE, "N", 0, AT(max_work), "steps of comparing dict keys"},
};
const size_t limit_option_count = ARRAY_LEN(limit_options);

void settings_init(settings *s)
{
    memset(s, 0, sizeof *s);
    s->pickle = NOT_GIVEN;
    s->max_size = (uint64_t)1 << 30;
    s->depth = NOT_GIVEN;
    s->items = 10;
    s->width = NOT_GIVEN;
    s->protocol = NOT_GIVEN;
}

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

typedef struct option_list {
    const option *rows;
    size_t count;
} option_list;

/* The lists a command's options are in; `lists` has room for three. */
static size_t lists_of(const command *cmd, option_list *lists)
{
    size_t n = 0;
    if (cmd)
        lists[n++] = (option_list){cmd->options, cmd->option_count};
    lists[n++] = (option_list){common_options, common_option_count};
    lists[n++] = (option_list){limit_options, limit_option_count};
    return n;
}

static const option *find_option(const command *cmd, const char *name, size_t size, char letter)
{
    option_list lists[3];
    size_t n = lists_of(cmd, lists);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < lists[i].count; j++) {
            const option *row = &lists[i].rows[j];
            if (name ? strlen(row->name) == size && memcmp(row->name, name, size) == 0
                     : row->letter && row->letter == letter)
                return row;
        }
    }
    return NULL;
}

static void unknown_option(const command *cmd, const char *name, size_t size, text *problem)
{
    text_str(problem, "unknown option --");
    text_put(problem, name, size);

    const char *names[64];
    size_t count = 0;
    option_list lists[3];
    size_t n = lists_of(cmd, lists);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < lists[i].count && count + 1 < ARRAY_LEN(names); j++)
            names[count++] = lists[i].rows[j].name;
    }
    names[count] = NULL;
    char word[64] = "";
    if (size < sizeof word) {
        memcpy(word, name, size);
        const char *near = text_nearest(word, names);
        if (near)
            text_printf(problem, " (did you mean --%s?)", near);
    }
}

/* A decimal number, with a power of 1024 behind it if `suffixes`. */
static bool read_number(const char *word, bool suffixes, uint64_t *value)
{
    if (suffixes && strcmp(word, "unlimited") == 0) {
        *value = UINT64_MAX;
        return true;
    }
    uint64_t n = 0;
    const char *p = word;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (n > (UINT64_MAX - 1 - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (p == word)
        return false;
    if (suffixes && *p) {
        static const char letters[] = "kmgt";
        char lower = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
        const char *found = strchr(letters, lower);
        if (!found)
            return false;
        for (const char *l = letters; l <= found; l++) {
            if (n > UINT64_MAX / 1024)
                return false;
            n *= 1024;
        }
        p++;
        if (*p == 'i')
            p++;
        if (*p == 'b' || *p == 'B')
            p++;
    }
    if (*p)
        return false;
    *value = n;
    return true;
}

static bool store(settings *s, const option *row, const char *word, text *problem)
{
    char *field = (char *)s + row->offset;
    if (row->kind == OPTION_FLAG) {
        bool yes = true;
        memcpy(field, &yes, sizeof yes);
        return true;
    }
    uint64_t value = 0;
    bool ok = false;
    const char *expected = "a number";
    switch (row->kind) {
    case OPTION_NUMBER:
        ok = read_number(word, false, &value) && value >= row->least;
        if (row->least)
            expected = "a number above 0";
        break;
    case OPTION_SIZE:
        ok = read_number(word, true, &value) && value > 0;
        expected = "a number above 0 (k, M, G, T are understood) or unlimited";
        break;
    case OPTION_COLOR:
        ok = true;
        if (strcmp(word, "auto") == 0)
            value = COLOR_AUTO;
        else if (strcmp(word, "always") == 0)
            value = COLOR_ALWAYS;
        else if (strcmp(word, "never") == 0)
            value = COLOR_NEVER;
        else
            ok = false;
        expected = "auto, always or never";
        break;
    case OPTION_FLAG: break;
    }
    if (!ok) {
        text_printf(problem, "--%s takes %s, not '%s'", row->name, expected, word);
        return false;
    }
    memcpy(field, &value, sizeof value);
    return true;
}

/* The value of an option that takes one: behind the = or the letter, or the next argument. */
static const char *value_of(const option *row, const char *attached, int count, char **args,
                            int *at, text *problem)
{
    if (attached)
        return attached;
    if (*at + 1 < count)
        return args[++*at];
    text_printf(problem, "--%s needs a value: --%s %s", row->name, row->name, row->metavar);
    return NULL;
}

static bool read_long(settings *s, const command *cmd, int count, char **args, int *at,
                      text *problem)
{
    const char *name = args[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const option *row = find_option(cmd, name, size, 0);
    if (!row) {
        unknown_option(cmd, name, size, problem);
        return false;
    }
    if (row->kind == OPTION_FLAG) {
        if (equals) {
            text_printf(problem, "--%s takes no value", row->name);
            return false;
        }
        return store(s, row, NULL, problem);
    }
    const char *word = value_of(row, equals ? equals + 1 : NULL, count, args, at, problem);
    return word && store(s, row, word, problem);
}

static bool read_letters(settings *s, const command *cmd, int count, char **args, int *at,
                         text *problem)
{
    for (const char *p = args[*at] + 1; *p; p++) {
        const option *row = find_option(cmd, NULL, 0, *p);
        if (!row) {
            text_printf(problem, "unknown option -%c", *p);
            return false;
        }
        if (row->kind != OPTION_FLAG) {
            const char *word = value_of(row, p[1] ? p + 1 : NULL, count, args, at, problem);
            return word && store(s, row, word, problem);
        }
        if (!store(s, row, NULL, problem))
            return false;
    }
    return true;
}

bool options_read(settings *s, const command *cmd, int count, char **args, int *operands,
                  text *problem)
{
    int found = 0;
    bool options_ended = false;
    for (int at = 0; at < count; at++) {
        char *arg = args[at];
        if (options_ended || arg[0] != '-' || !arg[1]) {
            if (!cmd) {
                *operands = at;
                return true;
            }
            args[found++] = arg;
        } else if (strcmp(arg, "--") == 0) {
            options_ended = true;
        } else if (arg[1] == '-') {
            if (!read_long(s, cmd, count, args, &at, problem))
                return false;
        } else if (!read_letters(s, cmd, count, args, &at, problem)) {
            return false;
        }
    }
    *operands = cmd ? found : count;
    return true;
}

/* ------------------------------------------------------------------------
 * Help
 * ------------------------------------------------------------------------ */

#define HELP_COLUMN 24

static void help_rows(text *t, const option *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t start = t->size;
        text_str(t, "  ");
        if (rows[i].letter)
            text_printf(t, "-%c, ", rows[i].letter);
        text_printf(t, "--%s", rows[i].name);
        if (rows[i].metavar)
            text_printf(t, " %s", rows[i].metavar);
        size_t columns = t->size - start;
        text_repeat(t, " ", columns < HELP_COLUMN ? HELP_COLUMN - columns : 2);
        text_printf(t, "%s\n", rows[i].help);
    }
}

void options_help_common(text *t)
{
    text_str(t, "\nCommon options:\n");
    help_rows(t, common_options, common_option_count);
    text_str(t, "\nLimits (sizes take k, M, G or T; `unlimited` lifts one):\n");
    help_rows(t, limit_options, limit_option_count);
}

void options_help(text *t, const command *cmd)
{
    text_printf(t, "usage: brinery %s [options] %s\n\n%s\n", cmd->name, cmd->operands,
                cmd->details);
    if (cmd->option_count) {
        text_str(t, "\nOptions:\n");
        help_rows(t, cmd->options, cmd->option_count);
    }
    options_help_common(t);
}
