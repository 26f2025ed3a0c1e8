/*
 * out.h - standard output: buffered, every write checked.
 *
 * A reader that goes away (`brinery show x | head`) is no error; a full disk is.
 */
#ifndef BRINERY_CLI_OUT_H
#define BRINERY_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct out {
    char *buffer;
    size_t used;
    uint64_t written;      /* bytes that left, and bytes in the buffer */
    int error;             /* errno of the first failure, 0 if there was none */
    bool guarded;          /* what comes from files is made harmless: see out_guard() */
    unsigned char held[4]; /* the beginning of a character that may have to be escaped */
    size_t held_size;
} out;

void out_init(out *o);
void out_free(out *o);

/* False after a failure, now or earlier. */
bool out_put(out *o, const void *data, size_t size);
bool out_str(out *o, const char *str);
bool out_flush(out *o);

/* True if the reader of a pipe went away. */
bool out_closed(const out *o);

/*
 * For JSON and disassemblies on their way to a terminal: characters that steer one (DEL,
 * the C1 controls, marks of direction), which may stand in JSON strings, are written as
 * \u009b from now on.  It is the same JSON.
 */
void out_guard(out *o, bool on);

/* A brn_sink_fn; its ctx is an out. */
bool out_sink(void *ctx, const void *data, size_t size);

#endif /* BRINERY_CLI_OUT_H */
