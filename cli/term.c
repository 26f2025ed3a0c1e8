/*
 * term.c - the terminal: colours, width, progress.
 */
#define _POSIX_C_SOURCE 200809L

#include "term.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Columns where nobody says how many: a file or a pipe is read in wide windows as well. */
#define WIDTH_DEFAULT 100

static size_t width_of_environment(void)
{
    const char *columns = getenv("COLUMNS");
    if (!columns)
        return 0;
    char *end;
    unsigned long n = strtoul(columns, &end, 10);
    return *columns && !*end && n >= 20 && n <= 10000 ? (size_t)n : 0;
}

void term_init(term *t, color_mode mode)
{
    t->out_is_terminal = isatty(STDOUT_FILENO) == 1;
    t->err_is_terminal = isatty(STDERR_FILENO) == 1;

    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    bool wanted = !(no_color && *no_color) && kind && strcmp(kind, "dumb") != 0;
    t->color_out = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && wanted && t->out_is_terminal);
    t->color_err = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && wanted && t->err_is_terminal);

    t->width = width_of_environment();
    struct winsize size;
    if (!t->width && t->out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        t->width = size.ws_col;
    if (!t->width)
        t->width = WIDTH_DEFAULT;
    if (t->width < 20)
        t->width = 20;
}

/* ------------------------------------------------------------------------
 * Coloured lines
 * ------------------------------------------------------------------------ */

const char *style_begin(style how)
{
    /* The 16 colours of the user's own theme, so that they can be read on any background. */
    switch (how) {
    case STYLE_GUIDE:
    case STYLE_NOTE: return "\033[2m";
    case STYLE_KEY: return "\033[1m";
    case STYLE_STRING: return "\033[32m";
    case STYLE_NUMBER: return "\033[33m";
    case STYLE_CONST: return "\033[35m";
    case STYLE_TYPE: return "\033[36m";
    case STYLE_GLOBAL: return "\033[34m";
    case STYLE_MARK: return "\033[1;31m";
    case STYLE_WARN: return "\033[1;33m";
    case STYLE_ERROR: return "\033[1;31m";
    case STYLE_PLAIN: break;
    }
    return "";
}

void line_put(line *l, style how, const char *data, size_t size)
{
    if (!size)
        return;
    const char *begin = l->color ? style_begin(how) : "";
    text_str(&l->text, begin);
    size_t start = l->text.size;
    text_safe(&l->text, data, size);
    l->columns += text_columns(l->text.data + start, l->text.size - start);
    if (*begin)
        text_str(&l->text, STYLE_END);
}

void line_str(line *l, style how, const char *str)
{
    line_put(l, how, str, strlen(str));
}

void line_text(line *l, style how, const text *t)
{
    line_put(l, how, text_cstr(t), t->size);
}

void line_pad(line *l, size_t column)
{
    for (; l->columns < column; l->columns++)
        text_put(&l->text, " ", 1);
}

void line_clear(line *l)
{
    text_clear(&l->text);
    l->columns = 0;
}

void line_free(line *l)
{
    text_free(&l->text);
    l->columns = 0;
}

line_place line_here(const line *l)
{
    return (line_place){l->text.size, l->columns};
}

void line_back(line *l, line_place place)
{
    text_cut(&l->text, place.size);
    l->columns = place.columns;
}

/* ------------------------------------------------------------------------
 * Progress
 * ------------------------------------------------------------------------ */

struct progress_thread {
    pthread_t id;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool end; /* under the mutex */
    bool shown;
    const progress *progress;
    _Atomic uint64_t done;
    _Atomic uint64_t total;
};

static void show_progress(struct progress_thread *thread, unsigned tenths)
{
    const progress *p = thread->progress;
    uint64_t done = atomic_load(&thread->done);
    uint64_t total = atomic_load(&thread->total);
    text t = {0};
    text_printf(&t, "\r\033[K%s ", p->doing);
    text_safe(&t, p->file, strlen(p->file));
    text_str(&t, ": ");
    if (done) {
        text_size(&t, done);
        if (total)
            text_printf(&t, ", %.0f%%", 100.0 * (double)done / (double)total);
        text_str(&t, ", ");
    }
    text_printf(&t, "%u s", tenths / 10);
    ssize_t written = write(STDERR_FILENO, t.data, t.size);
    (void)written;
    text_free(&t);
    thread->shown = true;
}

static void *watch(void *arg)
{
    struct progress_thread *thread = arg;
    struct timespec until;
    if (clock_gettime(CLOCK_MONOTONIC, &until) != 0)
        return NULL;
    until.tv_sec += 1;
    unsigned tenths = 10;
    (void)pthread_mutex_lock(&thread->mutex);
    while (!thread->end) {
        int status = pthread_cond_timedwait(&thread->ended, &thread->mutex, &until);
        if (thread->end || (status != 0 && status != ETIMEDOUT))
            break;
        if (status != ETIMEDOUT)
            continue;
        show_progress(thread, tenths++);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
    }
    (void)pthread_mutex_unlock(&thread->mutex);
    return NULL;
}

static bool start_thread(struct progress_thread *thread)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&thread->ended, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!ok)
        return false;
    if (pthread_mutex_init(&thread->mutex, NULL) == 0) {
        if (pthread_create(&thread->id, NULL, watch, thread) == 0)
            return true;
        (void)pthread_mutex_destroy(&thread->mutex);
    }
    (void)pthread_cond_destroy(&thread->ended);
    return false;
}

void progress_begin(progress *p, const term *t, bool quiet, const char *doing, const char *file)
{
    memset(p, 0, sizeof *p);
    p->doing = doing;
    p->file = strcmp(file, "-") == 0 ? "standard input" : file;
    if (!t->err_is_terminal || quiet)
        return;
    p->thread = cli_alloc(sizeof *p->thread);
    p->thread->progress = p;
    p->on = start_thread(p->thread);
}

void progress_tick(progress *p, uint64_t done, uint64_t total)
{
    if (!p->on)
        return;
    atomic_store(&p->thread->done, done);
    atomic_store(&p->thread->total, total);
}

void progress_end(progress *p)
{
    if (p->on) {
        struct progress_thread *thread = p->thread;
        (void)pthread_mutex_lock(&thread->mutex);
        thread->end = true;
        (void)pthread_cond_signal(&thread->ended);
        (void)pthread_mutex_unlock(&thread->mutex);
        (void)pthread_join(thread->id, NULL);
        (void)pthread_mutex_destroy(&thread->mutex);
        (void)pthread_cond_destroy(&thread->ended);
        if (thread->shown) {
            static const char erase[] = "\r\033[K";
            ssize_t written = write(STDERR_FILENO, erase, sizeof erase - 1);
            (void)written;
        }
    }
    free(p->thread);
    memset(p, 0, sizeof *p);
}
