/*
 * sum_events.c - the sum of all numbers in pickles from standard input, of any length and
 * number, in one megabyte: the machine runs, and no document is made.
 */
#include <brinery.h>
#include <stdio.h>
#include <string.h>

typedef struct sums {
    uint64_t numbers;
    double sum;
} sums;

static size_t from_stdin(void *ctx, void *buf, size_t cap)
{
    (void)ctx;
    size_t n = fread(buf, 1, cap, stdin);
    return n == 0 && ferror(stdin) ? SIZE_MAX : n;
}

static bool add(void *ctx, const brn_event *event)
{
    static const char *const ints[] = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"};
    sums *s = ctx;
    if (event->arg == BRN_ARG_FLOAT) {
        s->sum += event->real;
        s->numbers++;
    }
    for (size_t i = 0; event->arg == BRN_ARG_INT && i < sizeof ints / sizeof *ints; i++) {
        /* An int is also the argument of opcodes that name memo entries, or protocols. */
        if (strcmp(event->name, ints[i]) == 0) {
            s->sum += (double)event->integer;
            s->numbers++;
        }
    }
    return true;
}

int main(void)
{
    static _Alignas(16) unsigned char memory[1 << 20];
    brn_alloc pool;
    brn_error err;
    sums s = {0};
    if (!brn_pool_init(&pool, memory, sizeof memory))
        return 2;
    brn_stream *stream = brn_stream_open(from_stdin, NULL, NULL, &pool, &err);
    unsigned long pickles = 0;
    while (stream && brn_events_stream(stream, add, &s, &err) == BRN_OK)
        pickles++;
    if (!stream || err.code != BRN_ERROR_EMPTY) {
        char text[512];
        (void)brn_error_text(&err, text, sizeof text);
        return fprintf(stderr, "pickle %lu: %s\n", pickles + 1, text), 2;
    }
    printf("%lu pickles, %llu numbers, sum %.17g\n", pickles, (unsigned long long)s.numbers, s.sum);
    brn_stream_close(stream);
    return 0;
}
