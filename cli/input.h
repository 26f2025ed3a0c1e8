/*
 * input.h - the file a command was given: opened, inflated if it is compressed, and
 * positioned at one of the pickles in it.
 */
#ifndef BRINERY_CLI_INPUT_H
#define BRINERY_CLI_INPUT_H

#include "cli.h"

typedef struct input {
    const char *file;    /* as given */
    const char *packing; /* "gzip", "zlib", or NULL if it is not compressed */
    uint64_t file_size;
    const uint8_t *data; /* of the pickle chosen, to the end of the file */
    size_t size;
    uint64_t number; /* of that pickle, from 1 */
    uint64_t begin;  /* where it begins in the (inflated) file */
    /* owned */
    brn_input raw;
    uint8_t *inflated;
} input;

/* The limits of the command line as the library takes them. */
brn_options input_options(const app *a);

/* Open `file` ("-": standard input) at its first pickle.  False after a failure. */
bool input_open(const app *a, input *in, const char *file, brn_error *err);
void input_close(input *in);

/*
 * Go on to the next pickle, which begins `size` bytes further.  False at the end of
 * the file.
 */
bool input_advance(input *in, size_t size);

/*
 * Open `file` at the pickle --pickle asks for, and say what is wrong if that fails.
 * Returns an exit code; if it is not STATUS_OK, there is nothing to close.
 */
int input_begin(const app *a, input *in, const char *file);

/* Build the document of the pickle chosen; it borrows the bytes of the input, and
   must be freed first. */
brn_doc *input_document(const app *a, const input *in, brn_error *err);

/* The same, saying what is wrong if it fails. */
brn_doc *input_load(const app *a, const input *in);

/*
 * Say what is wrong with a file, and what can be done about it.  `in` may be NULL if the
 * file could not be opened.  Returns the exit code.
 */
int input_failed(const app *a, const input *in, const char *file, const brn_error *err);

/* The same text for a table: error and hint in one line. */
void input_problem(const input *in, const brn_error *err, text *t);

/*
 * The end of a command: if all went well, say on standard error that there is more in the file
 * than the pickle of `pickle_size` bytes (0: say nothing); close the file.  Returns `status`.
 */
int input_finish(app *a, input *in, int status, size_t pickle_size);

#endif /* BRINERY_CLI_INPUT_H */
