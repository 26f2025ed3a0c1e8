/*
 * term.h - what the command knows about the terminal: whether it may colour, how wide
 * it is, lines that are coloured and know their width, and progress on standard error.
 */
#ifndef BRINERY_CLI_TERM_H
#define BRINERY_CLI_TERM_H

#include "text.h"

typedef enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color_mode;

typedef struct term {
    bool out_is_terminal;
    bool err_is_terminal;
    bool color_out;
    bool color_err;
    size_t width; /* columns of standard output */
} term;

/* Look at standard output and standard error, NO_COLOR, TERM and COLUMNS. */
void term_init(term *t, color_mode mode);

/* ------------------------------------------------------------------------
 * Coloured lines
 * ------------------------------------------------------------------------ */

typedef enum style {
    STYLE_PLAIN,
    STYLE_GUIDE,  /* the lines of the tree */
    STYLE_KEY,    /* key, attribute, index */
    STYLE_STRING, /* text and bytes */
    STYLE_NUMBER, /* int, float, dates: what is decoded to one value */
    STYLE_CONST,  /* None, True, False */
    STYLE_TYPE,   /* type of a container or class of an instance */
    STYLE_GLOBAL, /* a class or function itself */
    STYLE_NOTE,   /* what Brinery says about a value: elisions, counts */
    STYLE_MARK,   /* &1 and *1 */
    STYLE_WARN,
    STYLE_ERROR
} style;

/* A line being written; columns do not count the colours. */
typedef struct line {
    text text;
    size_t columns;
    bool color;
} line;

/* Whatever is put is made safe for the terminal first. */
void line_put(line *l, style how, const char *data, size_t size);
void line_str(line *l, style how, const char *str);
void line_text(line *l, style how, const text *t);
void line_pad(line *l, size_t column);
void line_clear(line *l);
void line_free(line *l);

/* A place in a line to come back to. */
typedef struct line_place {
    size_t size;
    size_t columns;
} line_place;

line_place line_here(const line *l);
void line_back(line *l, line_place place);

/* The escape sequence that begins a style, "" if there is none, and the one that ends it. */
const char *style_begin(style how);
#define STYLE_END "\033[0m"

/* ------------------------------------------------------------------------
 * Progress
 * ------------------------------------------------------------------------ */

/*
 * Nothing is shown before a second has passed.  A thread of its own looks at the clock,
 * because most of the work is one call of the library, which reports nothing until it is done.
 */
typedef struct progress {
    bool on;
    const char *doing; /* "inflating" */
    const char *file;
    struct progress_thread *thread;
} progress;

void progress_begin(progress *p, const term *t, bool quiet, const char *doing, const char *file);

/* How far the work is, in bytes, if that is known; `total` 0: it is not known of how many. */
void progress_tick(progress *p, uint64_t done, uint64_t total);

void progress_end(progress *p);

#endif /* BRINERY_CLI_TERM_H */
