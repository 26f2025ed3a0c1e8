/*
 * main.c - the command `brinery`: which subcommand, and how all of them begin and end.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const command *const commands[] = {&command_show,   &command_get,  &command_dis,
                                          &command_json,   &command_stat, &command_ls,
                                          &command_convert};

/* ------------------------------------------------------------------------
 * Speaking to people
 * ------------------------------------------------------------------------ */

static void say(const app *a, const char *file, style how, const char *format, va_list args)
    CLI_PRINTF(4, 0);

static void say(const app *a, const char *file, style how, const char *format, va_list args)
{
    char small[512];
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(small, sizeof small, format, args);
    text message = {0};
    if (size >= 0 && (size_t)size < sizeof small) {
        text_put(&message, small, (size_t)size);
    } else if (size >= 0) {
        char *large = cli_alloc((size_t)size + 1);
        (void)vsnprintf(large, (size_t)size + 1, format, again);
        text_put(&message, large, (size_t)size);
        free(large);
    }
    va_end(again);

    line l = {.color = a->term.color_err};
    line_str(&l, how, "brinery:");
    line_str(&l, STYLE_PLAIN, " ");
    if (file) {
        line_str(&l, STYLE_KEY, strcmp(file, "-") == 0 ? "standard input" : file);
        line_str(&l, STYLE_PLAIN, ": ");
    }
    line_text(&l, STYLE_PLAIN, &message);
    text_put(&l.text, "\n", 1);
    /* In one piece, so that lines of several processes do not mix. */
    (void)fwrite(l.text.data, 1, l.text.size, stderr);
    line_free(&l);
    text_free(&message);
}

void app_error(const app *a, const char *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(a, file, STYLE_ERROR, format, args);
    va_end(args);
}

void app_note(const app *a, const char *file, const char *format, ...)
{
    if (a->set.quiet)
        return;
    va_list args;
    va_start(args, format);
    say(a, file, STYLE_NOTE, format, args);
    va_end(args);
}

int app_usage(const app *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(a, NULL, STYLE_ERROR, format, args);
    va_end(args);
    if (a->command)
        app_error(a, NULL, "usage: brinery %s [options] %s  (more: brinery help %s)",
                  a->command->name, a->command->operands, a->command->name);
    else
        app_error(a, NULL, "more: brinery help");
    return STATUS_USAGE;
}

/* ------------------------------------------------------------------------
 * Help
 * ------------------------------------------------------------------------ */

static void list_commands(text *t)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        text_printf(t, "  %-5s %-18s %s\n", commands[i]->name, commands[i]->operands,
                    commands[i]->summary);
}

static void short_usage(text *t)
{
    text_str(t, "usage: brinery COMMAND [options] FILE\n\n");
    list_commands(t);
    text_str(t, "\nFILE may be - for standard input.  More: brinery help, brinery help COMMAND\n");
}

static void long_help(text *t)
{
    text_str(t, "Look inside Python pickles, with no Python: nothing a pickle names is imported, "
                "called or run.\n\nusage: brinery COMMAND [options] FILE\n\nCommands:\n");
    list_commands(t);
    text_str(t, "  help  [COMMAND]          this text, or all about a command\n\n"
                "FILE may be - for standard input; gzip and zlib are recognised.\n"
                "`brinery --version` prints the version.\n");
    options_help_common(t);
    text_str(t, "\nExit codes:\n"
                "  0   done\n"
                "  1   the answer is no: a path that leads nowhere, no such pickle\n"
                "  2   the input cannot be read (malformed, past a limit), or the output not "
                "written\n"
                "  64  a mistake in the command line\n\n"
                "Try:\n"
                "  brinery show model.pkl\n"
                "  brinery get model.pkl \"['steps'][0][1].coef_\"\n"
                "  brinery json data.pkl | jq .\n");
}

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int unknown_command(const app *a, const char *word)
{
    const char *names[ARRAY_LEN(commands) + 2];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i]->name;
    names[ARRAY_LEN(commands)] = "help";
    names[ARRAY_LEN(commands) + 1] = NULL;
    const char *near = text_nearest(word, names);
    struct stat info;
    if (near)
        return app_usage(a, "there is no command '%s': did you mean '%s'?", word, near);
    if (stat(word, &info) == 0)
        return app_usage(a, "there is no command '%s', but a file: did you mean 'brinery show %s'?",
                         word, word);
    return app_usage(a, "there is no command '%s'", word);
}

/* ------------------------------------------------------------------------
 * The run
 * ------------------------------------------------------------------------ */

static int print_text(app *a, text *t)
{
    (void)out_put(&a->out, t->data, t->size);
    text_free(t);
    return STATUS_OK;
}

static int help(app *a, int count, char **words)
{
    text t = {0};
    if (count == 0) {
        long_help(&t);
        return print_text(a, &t);
    }
    const command *cmd = find_command(words[0]);
    if (!cmd)
        return unknown_command(a, words[0]);
    options_help(&t, cmd);
    return print_text(a, &t);
}

static int run_command(app *a, const command *cmd, int count, char **args)
{
    a->command = cmd;
    text problem = {0};
    int operands = 0;
    bool ok = options_read(&a->set, cmd, count, args, &operands, &problem);
    term_init(&a->term, (color_mode)a->set.color);
    int status;
    if (!ok) {
        status = app_usage(a, "%s", text_cstr(&problem));
    } else if (a->set.help) {
        text t = {0};
        options_help(&t, cmd);
        status = print_text(a, &t);
    } else if (operands < cmd->least_operands) {
        status = app_usage(a, "%s needs %s", cmd->name,
                           operands ? "a path as well" : "a file (- for standard input)");
    } else if (cmd->most_operands >= 0 && operands > cmd->most_operands) {
        status = app_usage(a, "'%s' is one argument too many", args[cmd->most_operands]);
    } else {
        status = cmd->run(a, operands, args);
    }
    text_free(&problem);
    return status;
}

static int run(app *a, int count, char **args)
{
    text problem = {0};
    int first = 0;
    /* Options may stand in front of the command; `--version` has no command. */
    if (count && strcmp(args[0], "--version") == 0) {
        text t = {0};
        text_printf(&t, "brinery %s\n", brn_version());
        return print_text(a, &t);
    }
    bool ok = options_read(&a->set, NULL, count, args, &first, &problem);
    term_init(&a->term, (color_mode)a->set.color);
    int status;
    if (!ok) {
        status = app_usage(a, "%s", text_cstr(&problem));
    } else if (first == count && a->set.help) {
        status = help(a, 0, NULL);
    } else if (first == count) {
        text t = {0};
        short_usage(&t);
        (void)fwrite(t.data, 1, t.size, stderr);
        text_free(&t);
        status = STATUS_USAGE;
    } else if (strcmp(args[first], "help") == 0) {
        status = help(a, count - first - 1, args + first + 1);
    } else {
        const command *cmd = find_command(args[first]);
        status = cmd ? run_command(a, cmd, count - first - 1, args + first + 1)
                     : unknown_command(a, args[first]);
    }
    text_free(&problem);
    return status;
}

int main(int argc, char **argv)
{
    /* A pipe whose reader is gone shall be an error of write(), which ends the run quietly. */
    (void)signal(SIGPIPE, SIG_IGN);

    app a = {0};
    settings_init(&a.set);
    term_init(&a.term, COLOR_AUTO);
    out_init(&a.out);
    int status = argc > 0 ? run(&a, argc - 1, argv + 1) : STATUS_USAGE;
    if (!out_flush(&a.out)) {
        if (out_closed(&a.out)) {
            status = STATUS_OK;
        } else {
            app_error(&a, NULL, "standard output: %s", strerror(a.out.error));
            status = STATUS_UNREADABLE;
        }
    }
    out_free(&a.out);
    return status;
}
