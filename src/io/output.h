/*
 * output.h - a file that is written whole or not at all.
 *
 * What is written goes to a temporary file in the same folder, which takes the place of the old
 * one when everything has reached the disk.  A crash leaves the old file or the new one.
 */
#ifndef BRN_OUTPUT_H
#define BRN_OUTPUT_H

#include "../memory.h"

typedef struct brn_output {
    brn_memory *memory;
    char *path;      /* where it will be, links followed */
    char *temporary; /* NULL if it is written in place: a pipe, a device, standard output */
    size_t room;     /* of each of both */
    int fd;
    int error; /* why a write failed, or 0 */
} brn_output;

/* `path` is a C string; "-" is standard output.  False after an error, and nothing to end. */
bool brn_output_open(brn_output *output, const char *path, brn_memory *memory, brn_error *err);

/* A brn_sink_fn; its ctx is a brn_output. */
bool brn_output_sink(void *ctx, const void *data, size_t size);

/*
 * Put the file into its place, or, not `done`, leave everything as it was.  True if the file is there;
 * `err` says why a write failed, this one or that of the sink, and is left alone otherwise.
 */
bool brn_output_end(brn_output *output, bool done, brn_error *err);

#endif /* BRN_OUTPUT_H */
