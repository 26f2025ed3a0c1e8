/*
 * cmd_scan.c - `brinery scan`: what loading files would do, found out without doing it.
 *
 * Files are scanned by several threads, each taking the next one; what was found is told in the order of the
 * files.
 */
#define _POSIX_C_SOURCE 200809L

#include "files.h"
#include "scan_out.h"
#include "unpack.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(field) offsetof(settings, field)
#define MOST_JOBS 64

static const option options[] = {
    {"json", 'j', OPTION_FLAG, NULL, 0, AT(json), "as one JSON object"},
    {"sarif", 0, OPTION_FLAG, NULL, 0, AT(sarif), "as SARIF 2.1.0"},
    {"all", 'a', OPTION_FLAG, NULL, 0, AT(all),
     "also what is clean: data, and names that are known"},
    {"jobs", 0, OPTION_NUMBER, "N", 1, AT(jobs),
     "files scanned at a time; default: one for each processor"},
};

/* What the threads share. */
typedef struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    brn_scan_options options;
    scanned *files;
    bool *done;
    size_t count;
    size_t next;  /* to be scanned */
    size_t ahead; /* how far the next may be in front of what was told: reports take memory */
    size_t told;
    bool stop;
} crew;

static void scan_one(const crew *c, scanned *s)
{
    s->scan = brn_scan_file(s->file, &c->options, NULL, &s->err);
}

static void *work(void *arg)
{
    crew *c = arg;
    (void)pthread_mutex_lock(&c->mutex);
    while (!c->stop && c->next < c->count) {
        if (c->next >= c->told + c->ahead) {
            (void)pthread_cond_wait(&c->changed, &c->mutex);
            continue;
        }
        size_t mine = c->next++;
        (void)pthread_mutex_unlock(&c->mutex);
        scan_one(c, &c->files[mine]);
        (void)pthread_mutex_lock(&c->mutex);
        c->done[mine] = true;
        (void)pthread_cond_broadcast(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return NULL;
}

/* Wait for a file; without threads of its own the crew is whoever waits. */
static void wait_for(crew *c, size_t index, size_t threads)
{
    if (threads == 0) {
        scan_one(c, &c->files[index]);
        return;
    }
    (void)pthread_mutex_lock(&c->mutex);
    while (!c->done[index])
        (void)pthread_cond_wait(&c->changed, &c->mutex);
    (void)pthread_mutex_unlock(&c->mutex);
}

/*
 * Files are mapped: of a checkpoint of gigabytes a scan looks at kilobytes.  What somebody shortens meanwhile is
 * no longer there to be looked at, and the system says so by a signal.
 */
static void on_lost_page(int number)
{
    static const char message[] = "brinery: a file became shorter while it was scanned\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(STATUS_UNREADABLE);
}

static void expect_lost_pages(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_lost_page;
    (void)sigaction(SIGBUS, &action, NULL);
}

static uint64_t size_of(const char *file)
{
    struct stat info;
    return stat(file, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

static void count(scan_sums *sums, const scanned *s)
{
    sums->files++;
    sums->by_verdict[scanned_verdict(s)]++;
    sums->unreadable += scanned_unreadable(s);
}

static void tell(app *a, const scanned *s, bool first)
{
    if (a->set.json)
        scan_json_file(a, s, first);
    else if (!a->set.sarif)
        scan_table_file(a, s);
}

/* Tell of one file after the other while the others are scanned. */
static scan_sums tell_all(app *a, crew *c, size_t threads)
{
    scan_sums sums = {0};
    uint64_t total = 0;
    uint64_t done = 0;
    for (size_t i = 0; a->term.err_is_terminal && i < c->count; i++)
        total += size_of(c->files[i].file);
    progress watch;
    progress_begin(&watch, &a->term, a->set.quiet, "scanning",
                   c->count == 1 ? c->files[0].file : "files");
    for (size_t i = 0; i < c->count && !a->out.error; i++) {
        wait_for(c, i, threads);
        count(&sums, &c->files[i]);
        done += brn_scan_size(c->files[i].scan);
        progress_tick(&watch, done, total);
        tell(a, &c->files[i], i == 0);
        if (a->term.out_is_terminal)
            (void)out_flush(&a->out);
        (void)pthread_mutex_lock(&c->mutex);
        c->told++;
        (void)pthread_cond_broadcast(&c->changed);
        (void)pthread_mutex_unlock(&c->mutex);
        if (!a->set.sarif) {
            brn_scan_free(c->files[i].scan);
            c->files[i].scan = NULL;
        }
    }
    progress_end(&watch);
    return sums;
}

static size_t jobs_of(const app *a, size_t files)
{
    uint64_t jobs = a->set.jobs;
    if (jobs == 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        jobs = processors > 0 ? (uint64_t)processors : 1;
    }
    if (jobs > MOST_JOBS)
        jobs = MOST_JOBS;
    return jobs > files ? files : (size_t)jobs;
}

static scan_sums scan_all(app *a, crew *c)
{
    pthread_t threads[MOST_JOBS];
    size_t jobs = jobs_of(a, c->count);
    size_t started = 0;
    while (jobs > 1 && started < jobs && pthread_create(&threads[started], NULL, work, c) == 0)
        started++;
    scan_sums sums = tell_all(a, c, started);
    (void)pthread_mutex_lock(&c->mutex);
    c->stop = true;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->mutex);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return sums;
}

static brn_scan_options scan_options(const app *a)
{
    brn_scan_options o = BRN_SCAN_OPTIONS_INIT;
    o.flags = BRN_MAP;
    o.max_input = a->set.max_input;
    o.max_memory = a->set.max_memory;
    o.max_inflated = a->set.max_size;
    o.unpack = unpack_for_scan;
    return o;
}

static int run(app *a, int operand_count, char **operands)
{
    if (a->set.pickle != NOT_GIVEN)
        return app_usage(a, "scan looks at all pickles, so it takes no --pickle");
    if (a->set.json && a->set.sarif)
        return app_usage(a, "--json or --sarif, not both");
    file_list list;
    bool complete = files_collect(a, &list, operand_count, operands, FILES_ALL);
    crew c = {.count = list.count, .options = scan_options(a)};
    expect_lost_pages();
    (void)pthread_mutex_init(&c.mutex, NULL);
    (void)pthread_cond_init(&c.changed, NULL);
    c.ahead = a->set.sarif ? SIZE_MAX / 2 : 4 * MOST_JOBS;
    c.files = cli_alloc((list.count + 1) * sizeof *c.files);
    c.done = cli_alloc((list.count + 1) * sizeof *c.done);
    for (size_t i = 0; i < list.count; i++) {
        c.files[i] = (scanned){.file = list.entries[i].path};
        c.done[i] = false;
    }
    if (a->set.json)
        scan_json_begin(a);
    scan_sums sums = scan_all(a, &c);
    if (a->set.json)
        scan_json_end(a, &sums);
    else if (a->set.sarif)
        scan_sarif(a, c.files, c.count);
    else
        scan_table_end(a, &sums);
    for (size_t i = 0; i < list.count; i++)
        brn_scan_free(c.files[i].scan);
    free(c.files);
    free(c.done);
    (void)pthread_cond_destroy(&c.changed);
    (void)pthread_mutex_destroy(&c.mutex);
    files_free(&list);
    if (!complete || sums.unreadable)
        return STATUS_UNREADABLE;
    return sums.by_verdict[BRN_VERDICT_UNKNOWN] || sums.by_verdict[BRN_VERDICT_DANGEROUS]
               ? STATUS_NO
               : STATUS_OK;
}

const command command_scan = {
    .name = "scan",
    .summary = "what loading files would do: imports, calls, danger",
    .operands = "PATH...",
    .least_operands = 1,
    .most_operands = -1,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .details =
        "Find the pickles in files, in folders and the folders in them, in archives and "
        "compressed\n"
        "files, and say what each of them would import and call, and with which arguments.  "
        "Nothing\n"
        "is imported or called.  The verdict is one of\n\n"
        "  data        plain data\n"
        "  known       all names are reviewed, and so is what is done with them\n"
        "  unknown     a name that nobody has reviewed\n"
        "  unreadable  it could not be read to its end\n"
        "  dangerous   it could run code, change files, open connections, ...\n\n"
        "The exit code is 0 if all is data or known, or no pickle; 1 if anything is unknown or\n"
        "dangerous; 2 if anything is unreadable, whatever else there is.",
    .run = run,
};
