/*
 * support.h - what the C tests share: pickles written by hand, values spelt as text,
 * an allocator that keeps books and fails on demand, streams that give their
 * bytes in odd portions, and the files of the corpus.
 */
#ifndef BRN_TEST_SUPPORT_H
#define BRN_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "brinery.h"

/* A string literal as bytes with their number. */
#define BYTES(s) (s), sizeof(s) - 1

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------------
 * Bytes that grow
 * ------------------------------------------------------------------------ */

typedef struct bytes {
    uint8_t *data;
    size_t size;
    size_t cap;
} bytes;

void put(bytes *b, const void *data, size_t size);
void put_byte(bytes *b, unsigned byte);
/* `count` bytes of a number, the least significant first. */
void put_number(bytes *b, uint64_t number, int count);
void put_fill(bytes *b, unsigned byte, size_t count);
/* A C string without its NUL, and the same of what printf() would print. */
void put_words(bytes *b, const char *text);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void put_format(bytes *b, const char *format, ...);
/* FRAME with this size. */
void put_frame(bytes *b, uint64_t size);
/* BININT. */
void put_int(bytes *b, int32_t value);
/* BINUNICODE. */
void put_text(bytes *b, const char *text);
void bytes_free(bytes *b);

/* Sinks: into `bytes`, and into nowhere. */
bool collect(void *ctx, const void *data, size_t size);
bool swallow(void *ctx, const void *data, size_t size);

/* Bytes that are the same in every run: xorshift64. */
uint64_t next_random(uint64_t *state);

/* ------------------------------------------------------------------------
 * Reading and looking
 * ------------------------------------------------------------------------ */

/* The document, or the test has failed. */
brn_doc *read_ok(const void *data, size_t size, const brn_options *options);
brn_doc *read_doc(const void *data, size_t size);

/*
 * A value as text, through the public accessors only.
 *
 *   None True 5 'str' b'bytes' [list] (tuple,) {key: value}   as in Python
 *   int:<hex>    a big int: two's complement, least significant byte first
 *   f:<%a>       a float; nan:<bits>
 *   p'..' ba'..' a Python 2 str, a bytearray; bytes other than printable ASCII are \xNN
 *   set{..} fs{..}
 *   g:mod.name   global (g:<value>.<value> if these are no str)
 *   call(callee, args)  obj(class, args[, kwargs])  pid(id)  ext(code)  buf(index[, ro])
 *   !state(..) !append[..] !set{..} !add[..]        behind these: what was done to them
 *   ~            behind a value that was changed later
 *   ...          deeper than 40
 */
void describe(bytes *out, const brn_val *val);

/* The pickle reads, and its value is spelt so. */
void expect_reads(const void *data, size_t size, const char *text);

/* The root as described; the caller frees it. */
char *described(const brn_doc *doc);

/* The same as lossless JSON, which is linear however much is shared. */
char *lossless(const brn_doc *doc);

/* Every id leads to a value with this id, and there is none beyond. */
void expect_dense_ids(const brn_doc *doc);

/* ------------------------------------------------------------------------
 * Allocators
 * ------------------------------------------------------------------------ */

/* Checks that blocks are given back, once, with the size they have. */
typedef struct counter {
    size_t used;
    size_t peak;
    size_t blocks;
    size_t calls;     /* of malloc, and of realloc */
    size_t fail_at;   /* the number of the call that fails, from 0, */
    bool fails_after; /* and all after it */
    size_t failed;    /* calls that have failed */
    size_t capacity;  /* bytes there are; 0: any number */
} counter;

#define NEVER SIZE_MAX

/* An allocator over `books`, which are cleared. */
brn_alloc counting(counter *books);

/* Nothing is held any more. */
void expect_all_given_back(const counter *books);

/* ------------------------------------------------------------------------
 * Streams
 * ------------------------------------------------------------------------ */

/* A brn_read_fn over bytes in memory. */
typedef struct source {
    const uint8_t *data;
    size_t size;
    size_t at;
    size_t most;     /* bytes a call gives at most; 0: a random number each time */
    uint64_t random; /* state for that */
    size_t fail_at;  /* reading fails once this many bytes have been given; SIZE_MAX: never */
    size_t calls;
} source;

source source_of(const void *data, size_t size, size_t most);
size_t read_source(void *ctx, void *buf, size_t cap);

/* ------------------------------------------------------------------------
 * Events
 * ------------------------------------------------------------------------ */

/* One line for each event, with the pieces of a payload joined; a brn_event_fn fills it. */
typedef struct recording {
    bytes text;
    bytes payload;
    uint64_t events;
    uint64_t pieces;      /* events that were not the last of their opcode */
    bool values_in_place; /* false once a piece did not continue the one before it */
} recording;

bool record(void *ctx, const brn_event *event);
void recording_free(recording *r);

/* ------------------------------------------------------------------------
 * The corpus
 * ------------------------------------------------------------------------ */

typedef struct corpus_file {
    char *name; /* below the folder */
    uint8_t *data;
    size_t size;
} corpus_file;

typedef struct corpus {
    corpus_file *files;
    size_t count;
} corpus;

/* All .pkl files below $BRN_TEST_CORPUS, by name; malformed ones (below bad/) too if asked for. */
corpus corpus_read(bool bad_ones_too);
/* All .pkl files of a folder beside $BRN_TEST_CORPUS. */
corpus corpus_beside(const char *folder);
void corpus_free(corpus *c);

#endif /* BRN_TEST_SUPPORT_H */
