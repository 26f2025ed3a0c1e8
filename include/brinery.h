/*
 * brinery.h - read and write Python pickles without Python.
 *
 * A pickle is a program for a small stack machine.  This library runs that
 * machine and nothing else: it never imports, never calls and never executes
 * what a pickle names.  What Python would call is recorded in the document as
 * data (BRN_CALL, BRN_OBJECT), for the caller to look at.
 *
 *     brn_error err;
 *     brn_doc *doc = brn_read_file("model.pkl", NULL, NULL, &err);
 *     if (!doc) {
 *         char text[512];
 *         brn_error_text(&err, text, sizeof text);
 *         fprintf(stderr, "%s\n", text);
 *         return 2;
 *     }
 *     const brn_val *v = brn_get(brn_root(doc), "['steps'][0][1].coef_");
 *     printf("%s\n", brn_type_name(brn_typeof(v)));
 *     brn_free(doc);
 *
 * Conventions, true of every function unless its comment says otherwise:
 *
 *   NULL       Options, allocator and error may be NULL: defaults, malloc, and
 *              no report.  Every accessor takes a NULL value and answers
 *              "nothing" (NULL, 0, false, BRN_NOTHING), so calls can be chained
 *              without checks between them.  For a path, a C string, a sink or
 *              the values of a list it is an error.
 *   Ownership  A document owns its values; values and the text they point to
 *              live until brn_free().  Nothing else has to be freed.
 *   Threads    There are no globals.  Different documents may be used on
 *              different threads at the same time; one document may be read,
 *              once built, from any number of threads.
 *   Locale     Nothing depends on the locale.
 *   Text       Text is UTF-8 with a length, and not NUL-terminated, unless the
 *              parameter is called a C string.
 *   Errors     A failing call returns NULL, false or a code other than BRN_OK
 *              and fills the brn_error, if there is one.  Codes are stable.
 *
 * Sources: PEP 307 (protocol 2), PEP 3154 (protocol 4), PEP 574 (protocol 5);
 * behaviour is that of CPython 3.11's accelerated unpickler, stricter where
 * that one is lax about frames.
 */
#ifndef BRINERY_H
#define BRINERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(BRN_STATIC)
#define BRN_API
#elif defined(_WIN32)
#define BRN_API __declspec(dllimport)
#elif defined(__GNUC__)
#define BRN_API __attribute__((visibility("default")))
#else
#define BRN_API
#endif

/* ------------------------------------------------------------------------
 * Version
 * ------------------------------------------------------------------------ */

#define BRN_VERSION_MAJOR 0
#define BRN_VERSION_MINOR 1
#define BRN_VERSION_PATCH 0
#define BRN_VERSION_STRING "0.1.0"

/*
 * The version of the library that is linked in, as a C string.
 *
 *     printf("%s; %s\n", BRN_VERSION_STRING, brn_version());
 */
BRN_API const char *brn_version(void);

/*
 * What this build of the library has, as words in a C string, with blanks between them:
 *
 *   computed-goto  opcodes are dispatched by computed goto; without it, by switch
 *   getentropy     seeds of hashing are drawn from the system; without it, from clock and address
 *
 *     bool fast = strstr(brn_features(), "computed-goto") != NULL;
 */
BRN_API const char *brn_features(void);

/* ------------------------------------------------------------------------
 * Allocator
 * ------------------------------------------------------------------------ */

/*
 * Where memory comes from.  The functions have the meaning of malloc, realloc
 * and free; sizes are in bytes and never 0.  realloc is given the size the
 * block had.  Blocks must be aligned for any C type.  The struct is copied into
 * the document, its ctx must outlive the document.
 */
typedef struct brn_alloc {
    void *(*malloc)(void *ctx, size_t size);
    void *(*realloc)(void *ctx, void *ptr, size_t old_size, size_t size);
    void (*free)(void *ctx, void *ptr);
    void *ctx;
} brn_alloc;

/*
 * Make an allocator that lives in `size` bytes at `buffer` and never asks for
 * more: with it the event reader runs in fixed memory, without malloc.  The
 * buffer must be aligned for any C type and outlive the allocator.  False if
 * the buffer is too small to hold the pool's own record (about 64 bytes).
 * One pool serves one thread.
 *
 *     static _Alignas(max_align_t) char memory[1 << 20];
 *     brn_alloc pool;
 *     brn_pool_init(&pool, memory, sizeof memory);
 *     stream = brn_stream_open(receive, ctx, NULL, &pool, &err);
 */
BRN_API bool brn_pool_init(brn_alloc *alloc, void *buffer, size_t size);

/* ------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------ */

/*
 * Every way a call can fail.  Numbers never change meaning; new ones are added
 * at the end of their group.  brn_code_name() gives the spelling without the
 * prefix ("TRUNCATED"), brn_code_help() one sentence.
 */
typedef enum brn_code {
    BRN_OK = 0,

    /* The bytes are not a pickle, or not a whole one. */
    BRN_ERROR_TRUNCATED = 1,       /* the input ends inside an opcode's argument */
    BRN_ERROR_NO_STOP = 2,         /* the input ends between opcodes, before STOP */
    BRN_ERROR_EMPTY = 3,           /* no bytes at all: the end of a stream of pickles */
    BRN_ERROR_UNKNOWN_OPCODE = 4,  /* a byte that is no opcode */
    BRN_ERROR_PROTOCOL = 5,        /* PROTO names a protocol above 5 */
    BRN_ERROR_FRAME_TOO_LONG = 6,  /* a frame claims more bytes than there are (see brn_read()) */
    BRN_ERROR_FRAME_STRADDLED = 7, /* an opcode reaches past the end of its frame */
    BRN_ERROR_FRAME_NESTED = 8,    /* a frame begins inside a frame */

    /* An argument is malformed. */
    BRN_ERROR_INT_TEXT = 20,       /* INT, LONG, GET or PUT: not a decimal number */
    BRN_ERROR_FLOAT_TEXT = 21,     /* FLOAT: not a number, or out of range */
    BRN_ERROR_STRING_QUOTES = 22,  /* STRING: not between a pair of quotes */
    BRN_ERROR_STRING_ESCAPE = 23,  /* STRING: a broken \x escape or a last backslash */
    BRN_ERROR_UNICODE_ESCAPE = 24, /* UNICODE: a broken \u or \U escape */
    BRN_ERROR_UTF8 = 25,           /* text that is not UTF-8 */
    BRN_ERROR_NEGATIVE_SIZE = 26,  /* LONG4 or BINSTRING: size below 0 */
    BRN_ERROR_EMPTY_NAME = 27,     /* GLOBAL or INST: no module or no name */
    BRN_ERROR_PERSID_TEXT = 28,    /* PERSID: an identifier that is not ASCII */
    BRN_ERROR_EXT_CODE = 29,       /* EXT1, EXT2, EXT4: a code that is not above 0 */

    /* The program is wrong: stack, marks, memo. */
    BRN_ERROR_STACK_UNDERFLOW = 40, /* an opcode pops what is not there */
    BRN_ERROR_MARK_ON_TOP = 41,     /* a value is needed where a mark is */
    BRN_ERROR_NO_MARK = 42,         /* no mark to go back to */
    BRN_ERROR_MEMO_MISSING = 43,    /* GET of what was never PUT */
    BRN_ERROR_MEMO_INDEX = 44,      /* PUT or GET with an index below 0 or past 2^63 */
    BRN_ERROR_ODD_ITEMS = 45,       /* SETITEMS or DICT: a key without a value */

    /* The values do not fit the opcode. */
    BRN_ERROR_NOT_APPENDABLE = 60,  /* APPEND(S): no list, no object */
    BRN_ERROR_NOT_MAPPING = 61,     /* SETITEM(S): no dict, no object */
    BRN_ERROR_NOT_SET = 62,         /* ADDITEMS: no set, no object */
    BRN_ERROR_NOT_BUILDABLE = 63,   /* BUILD: plain data has no state */
    BRN_ERROR_NOT_CALLABLE = 64,    /* REDUCE, NEWOBJ, OBJ: plain data cannot be called */
    BRN_ERROR_ARGS_NOT_TUPLE = 65,  /* arguments that are no tuple */
    BRN_ERROR_KWARGS_NOT_DICT = 66, /* NEWOBJ_EX: keywords that are no dict */
    BRN_ERROR_NAME_NOT_STR = 67,    /* STACK_GLOBAL: module or name is no str */
    BRN_ERROR_UNHASHABLE = 68,      /* a list, dict, set or bytearray as key or element */
    BRN_ERROR_NOT_BUFFER = 69,      /* READONLY_BUFFER: no buffer */

    /* A budget is spent. */
    BRN_ERROR_MEMORY = 80,       /* the allocator has no more */
    BRN_ERROR_LIMIT_INPUT = 81,  /* brn_options.max_input */
    BRN_ERROR_LIMIT_MEMORY = 82, /* brn_options.max_memory */
    BRN_ERROR_LIMIT_VALUES = 83, /* brn_options.max_values, or 2^32 - 1 */
    BRN_ERROR_LIMIT_STACK = 84,  /* brn_options.max_stack */
    BRN_ERROR_LIMIT_DIGITS = 85, /* brn_options.max_digits */
    BRN_ERROR_LIMIT_WORK = 86,   /* brn_options.max_work */
    BRN_ERROR_LIMIT_LINE = 87,   /* a line longer than the event reader's window can grow */
    BRN_ERROR_LIMIT_MEMO = 88,   /* brn_options.max_memo */

    /* Outside the pickle. */
    BRN_ERROR_OPEN = 100,    /* a file cannot be opened */
    BRN_ERROR_READ = 101,    /* a file or a callback fails to read */
    BRN_ERROR_WRITE = 102,   /* a sink refused bytes */
    BRN_ERROR_STOPPED = 103, /* an event callback asked to stop */
    BRN_ERROR_OPTIONS = 104, /* brn_options.size is 0 or the flags are unknown */

    /* Asking a document. */
    BRN_ERROR_PATH_SYNTAX = 120,    /* a path that cannot be read */
    BRN_ERROR_PATH_ABSENT = 121,    /* a path that leads nowhere */
    BRN_ERROR_JSON_EXPANSION = 122, /* plain JSON would grow past its limit */
    BRN_ERROR_JSON_CYCLE = 123,     /* plain JSON of a value that contains itself */
    BRN_ERROR_JSON_KEY = 124,       /* plain JSON of a key that is no scalar, or like another */

    /* Making, changing and writing documents.  These have no offset. */
    BRN_ERROR_NO_VALUE = 140,       /* NULL where a value is needed */
    BRN_ERROR_FOREIGN_VALUE = 141,  /* a value of another document: brn_copy() it */
    BRN_ERROR_NOT_CHANGEABLE = 142, /* a value of this type cannot be changed so */
    BRN_ERROR_IS_KEY = 143,         /* a tuple or frozenset that serves as a key, or did */
    BRN_ERROR_NO_ITEM = 144,    /* no item, key or element of this kind to change or take away */
    BRN_ERROR_ORDER_LOST = 145, /* a value was changed after a call had it, or a call was popped */
    BRN_ERROR_NOT_IN_PROTOCOL = 146, /* the protocol cannot say this */
    BRN_ERROR_NO_BUFFER = 147,       /* the bytes of an out-of-band buffer are not at hand */
    BRN_ERROR_ARGS_CYCLE = 148,      /* a call that is needed to make its own arguments */

    /* Calls of the streaming writer that do not make a pickle. */
    BRN_ERROR_WRITER_KEY = 160,       /* a key without a value, or where no key can be */
    BRN_ERROR_WRITER_END = 161,       /* an end without a beginning */
    BRN_ERROR_WRITER_COUNT = 162,     /* more or fewer values than were declared */
    BRN_ERROR_WRITER_ROOT = 163,      /* a second value in a pickle, which holds one */
    BRN_ERROR_WRITER_OPEN = 164,      /* a pickle ends and something in it has not ended */
    BRN_ERROR_WRITER_PIECE = 165,     /* more or fewer bytes than were declared, or out of place */
    BRN_ERROR_WRITER_REFERENCE = 166, /* no value has this number, or none can be given one */
    BRN_ERROR_WRITER_OBJECT = 167,    /* state or items, and no call or object before them */
    BRN_ERROR_WRITER_NAME = 168,      /* a name that cannot stand in a pickle of this protocol */
    BRN_ERROR_WRITER_PROTOCOL = 169,  /* what this protocol has no spelling for */

    /* The text is no JSON, or none that says what a document holds. */
    BRN_ERROR_JSON_SYNTAX = 170,    /* not JSON */
    BRN_ERROR_JSON_TAG = 171,       /* an object with "$" keys that docs/json.md does not know */
    BRN_ERROR_JSON_VALUE = 172,     /* a number, or bytes, that cannot be read */
    BRN_ERROR_JSON_REFERENCE = 173, /* a "$ref" before its "$id", or an "$id" that is there twice */
    BRN_ERROR_JSON_DUPLICATE = 174, /* a key or element that is there twice */

    /* Asking a policy. */
    BRN_ERROR_POLICY_ENTRY = 180,    /* an entry that cannot be read: not "module:Name" */
    BRN_ERROR_POLICY_PRESET = 181,   /* no preset has that name */
    BRN_ERROR_POLICY_UNTRACED = 182, /* the document was read without BRN_TRACE */
    BRN_ERROR_POLICY_WORK = 183,     /* loading would hash or compare longer than allowed */
    BRN_ERROR_POLICY_MEMORY = 184,   /* what would be loaded takes more memory than allowed */

    /* Scanning: archives, compression, and what hides in them. */
    BRN_ERROR_UNPACK = 200,         /* compressed bytes are damaged or end too early */
    BRN_ERROR_UNSUPPORTED = 201,    /* a format or compression this build cannot open */
    BRN_ERROR_ENCRYPTED = 202,      /* an encrypted member of an archive */
    BRN_ERROR_ARCHIVE = 203,        /* an archive that is malformed */
    BRN_ERROR_AMBIGUOUS = 204,      /* an archive that different readers read differently */
    BRN_ERROR_CHECKSUM = 205,       /* a member's bytes do not fit its CRC */
    BRN_ERROR_LIMIT_INFLATED = 206, /* brn_scan_options.max_inflated */
    BRN_ERROR_LIMIT_RATIO = 207,    /* brn_scan_options.max_ratio */
    BRN_ERROR_LIMIT_DEPTH = 208,    /* brn_scan_options.max_depth */
    BRN_ERROR_LIMIT_MEMBERS = 209,  /* brn_scan_options.max_members */
    BRN_ERROR_LIMIT_SEARCH = 210,   /* looking for hidden pickles takes too many attempts */
    BRN_ERROR_ARRAY = 211,          /* where the bytes of an array end cannot be told */
    BRN_ERROR_NOT_PICKLE = 212      /* named like a pickle, and none */
} brn_code;

#define BRN_PATH_SIZE 256
#define BRN_MESSAGE_SIZE 200

/* brn_error.offset of what happened while no bytes were read: making and writing documents. */
#define BRN_NO_OFFSET UINT64_MAX

typedef struct brn_error {
    brn_code code;
    /* The byte of the opcode at work, or -1. */
    int opcode;
    /* In bytes: of that opcode; of PATH_*, JSON_*, WRITER_* errors in the path, text, output. */
    uint64_t offset;
    /* C string, one line, without offset and path. */
    char message[BRN_MESSAGE_SIZE];
    /* C string: the value being built, as brn_get() spells it; "" at the top or without values. */
    char path[BRN_PATH_SIZE];
} brn_error;

/*
 * The name of a code without its prefix, e.g. "TRUNCATED"; "UNKNOWN" if there is none.
 *
 *     printf("%s\n", brn_code_name(err.code));
 */
BRN_API const char *brn_code_name(brn_code code);

/*
 * One sentence about a code: what happened, in general.
 *
 *     printf("%s\n", brn_code_help(BRN_ERROR_TRUNCATED));
 */
BRN_API const char *brn_code_help(brn_code code);

/*
 * Walk the codes: the code after `code` in numerical order, BRN_OK after the last.
 *
 *     for (brn_code c = brn_code_next(BRN_OK); c; c = brn_code_next(c))
 *         printf("%d %s\n", c, brn_code_name(c));
 */
BRN_API brn_code brn_code_next(brn_code code);

/*
 * Write the whole error as one line, as snprintf would: at most `cap` bytes
 * with the NUL, returning the length the whole text has.
 *
 *     char text[512];
 *     brn_error_text(&err, text, sizeof text);
 *     // error 45 (ODD_ITEMS) at byte 17, opcode SETITEMS, in ['a'][0]: ...
 */
BRN_API size_t brn_error_text(const brn_error *err, char *buf, size_t cap);

/* What bytes that could not be read as a pickle seem to be.  All are static C strings. */
typedef struct brn_guess {
    const char *what;    /* one clause, e.g. "this is compressed with gzip" */
    const char *command; /* what makes a pickle of it, e.g. "gzip -dc FILE"; NULL if unknown */
    const char *python;  /* the same for Python, e.g. "gzip.open(file)"; NULL if unknown */
} brn_guess;

/*
 * Guess from the first bytes of a file (some 1,000 will do, all of them tell more) why it is
 * no pickle: another format, compression, text.  False, and NULLs, without a guess.
 *
 *     brn_guess guess;
 *     if (!doc && brn_guess_content(data, size, &guess))
 *         fprintf(stderr, "%s\n", guess.what);
 */
BRN_API bool brn_guess_content(const void *data, size_t size, brn_guess *guess);

/* ------------------------------------------------------------------------
 * Options
 * ------------------------------------------------------------------------ */

/*
 * brn_options.flags.
 *
 * BRN_BORROW, for brn_read(): the caller keeps the bytes alive and unchanged as long as the document;
 * text and bytes point into them.  Otherwise the document takes one copy of the pickle, if it
 * has text or bytes at all: the caller's bytes are free to go in any case.
 *
 * BRN_MAP, for brn_input_open() and brn_read_file(): map regular files instead of reading them.
 * Whoever shortens a mapped file kills the process (SIGBUS): for files of one's own.
 *
 * BRN_TRACE, for whoever makes documents: remember at which byte each name is looked up, each call made, each
 * object changed.  brn_policy_check() needs it.  It takes 16 bytes for each of these.
 */
#define BRN_BORROW 1u
#define BRN_MAP 2u
#define BRN_TRACE 4u

#define BRN_UNLIMITED UINT64_MAX

/*
 * What reading may cost.  0 means the default in every field; BRN_UNLIMITED
 * means no limit.  Initialise with BRN_OPTIONS_INIT.
 *
 * Without limits, memory still follows the input: at most 48 bytes a byte of
 * input, plus 256 KiB; with BRN_TRACE, at most 96 bytes a byte.
 */
typedef struct brn_options {
    size_t size;         /* sizeof(brn_options): lets the struct grow in later versions */
    uint32_t flags;      /* BRN_BORROW, BRN_MAP, BRN_TRACE */
    uint64_t max_input;  /* bytes of one pickle or file; default unlimited */
    uint64_t max_memory; /* bytes taken at a time, a stream's included; default unlimited */
    uint64_t max_values; /* values in a document; default 2^32 - 1, which is the ceiling */
    uint64_t max_stack;  /* values on the machine's stack; default unlimited */
    uint64_t max_memo;   /* entries in the memo; default unlimited */
    uint64_t max_digits; /* of an INT or LONG in text, where it is quadratic; default 4300 */
    uint64_t max_work;   /* of comparing keys, in steps; default 1,000,000 and 64 a byte of input */
    uint64_t hash_seed;  /* secret for hashing keys; 0: one is drawn from the system */
    size_t window;       /* bytes a stream holds at least; default 65536, at least 16 */
} brn_options;

#define BRN_OPTIONS_INIT                                  \
    {                                                     \
        sizeof(brn_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/* ------------------------------------------------------------------------
 * Input: bytes of a file, and streams of pickles
 * ------------------------------------------------------------------------ */

/*
 * Read up to `cap` bytes into `buf` and return how many; 0 at the end;
 * SIZE_MAX after a failure.  May return fewer bytes than asked for.
 */
typedef size_t (*brn_read_fn)(void *ctx, void *buf, size_t cap);

/* The bytes of a file, owned until brn_input_close(). */
typedef struct brn_input {
    const void *data;
    size_t size;
    void *internal[6]; /* not for callers */
} brn_input;

/*
 * Read a whole file, or map it with BRN_MAP.  `path` is a C string; "-" is
 * standard input.  max_input bounds it.  False after a failure, and then there
 * is nothing to close.
 *
 *     brn_input input;
 *     if (brn_input_open(&input, "model.pkl", NULL, NULL, &err))
 *         doc = brn_read(input.data, input.size, NULL, NULL, &err);
 */
BRN_API bool brn_input_open(brn_input *input, const char *path, const brn_options *options,
                            const brn_alloc *alloc, brn_error *err);

/*
 * Give the bytes back.  A zeroed or closed brn_input is fine.
 *
 *     brn_input_close(&input);
 */
BRN_API void brn_input_close(brn_input *input);

/*
 * Pickles that arrive one after another from a callback.  The stream never
 * asks the callback for more than its window has room for, may hold bytes past
 * a STOP, and gives them to the next read.
 */
typedef struct brn_stream brn_stream;

/*
 * Open a stream over a callback.  Only `window` and the limits of the options
 * matter; they hold for every pickle read from it.
 * NULL if there is no memory for it.
 *
 *     stream = brn_stream_open(receive, ctx, NULL, NULL, &err);
 *     doc = brn_read_stream(stream, &err);
 *     brn_stream_close(stream);
 */
BRN_API brn_stream *brn_stream_open(brn_read_fn read, void *ctx, const brn_options *options,
                                    const brn_alloc *alloc, brn_error *err);
BRN_API void brn_stream_close(brn_stream *stream);

/*
 * Bytes of the stream consumed so far: where the next pickle begins.
 *
 *     printf("the next at %" PRIu64 "\n", brn_stream_offset(stream));
 */
BRN_API uint64_t brn_stream_offset(const brn_stream *stream);

/* ------------------------------------------------------------------------
 * Documents
 * ------------------------------------------------------------------------ */

typedef struct brn_doc brn_doc;
typedef struct brn_val brn_val;

/*
 * Read the first pickle in `size` bytes at `data`.  Bytes after its STOP are
 * ignored, as pickle.loads does; brn_doc_size() tells where they start.
 *
 * A frame may reach past STOP, but not past the data.  In memory and in files that is known
 * where the frame begins.  A stream finds out where bytes are missing before STOP, unless
 * something else was wrong first, and then reports the same; bytes behind STOP it does not wait for.
 *
 *     brn_options options = BRN_OPTIONS_INIT;
 *     options.flags = BRN_BORROW;
 *     doc = brn_read(data, size, &options, NULL, &err);
 */
BRN_API brn_doc *brn_read(const void *data, size_t size, const brn_options *options,
                          const brn_alloc *alloc, brn_error *err);

/*
 * Read the first pickle of a file.  `path` is a C string.
 *
 *     doc = brn_read_file("settings.pkl", NULL, NULL, &err);
 */
BRN_API brn_doc *brn_read_file(const char *path, const brn_options *options, const brn_alloc *alloc,
                               brn_error *err);

/*
 * Read the next pickle of a stream; the document outlives the stream.  At the
 * clean end of the stream the answer is NULL with BRN_ERROR_EMPTY.  A stream that has failed
 * inside a pickle stays failed, because nobody knows where the next one begins: each
 * further read answers the same error.  What only a document refuses (types, keys, max_values,
 * max_work) leaves the stream before that pickle, which brn_events_stream() can pass.  A pickle that is broken as
 * well is told by what is wrong first.
 *
 *     while ((doc = brn_read_stream(stream, &err)) != NULL) {
 *         use(brn_root(doc));
 *         brn_free(doc);
 *     }
 *     bool complete = err.code == BRN_ERROR_EMPTY;
 */
BRN_API brn_doc *brn_read_stream(brn_stream *stream, brn_error *err);

/*
 * Free a document and all its values; NULL is fine.
 *
 *     brn_free(doc);
 */
BRN_API void brn_free(brn_doc *doc);

/*
 * The value the pickle holds.
 *
 *     const brn_val *root = brn_root(doc);
 */
BRN_API const brn_val *brn_root(const brn_doc *doc);

/*
 * Bytes of the pickle, its STOP included.
 *
 *     size_t used = brn_doc_size(doc);
 *     next = brn_read(data + used, size - used, NULL, NULL, &err);
 */
BRN_API size_t brn_doc_size(const brn_doc *doc);

/*
 * The highest protocol named by a PROTO opcode; 0 if there is none (protocols 0 and 1).
 *
 *     bool python2 = brn_doc_protocol(doc) < 3;
 */
BRN_API int brn_doc_protocol(const brn_doc *doc);

/*
 * Bytes taken from the allocator for the document, its copy of the input included.
 *
 *     printf("%zu bytes\n", brn_doc_memory(doc));
 */
BRN_API size_t brn_doc_memory(const brn_doc *doc);

/*
 * The number of values.  Ids run from 0 to this number less one, in the order in which
 * the machine made them; None, True, False and () have one id each however often they
 * occur.  Some ids belong to values the root cannot reach.
 *
 *     for (uint32_t id = 0; id < brn_doc_count(doc); id++)
 *         use(brn_doc_value(doc, id));
 */
BRN_API uint32_t brn_doc_count(const brn_doc *doc);

/*
 * The value with this id, or NULL.
 *
 *     bool same = brn_doc_value(doc, brn_id(val)) == val;
 */
BRN_API const brn_val *brn_doc_value(const brn_doc *doc, uint32_t id);

/*
 * How many values brn_changed_later() is true of.  0 for nearly every pickle.
 *
 *     if (brn_doc_changed_later(doc))
 *         how.flags |= BRN_WRITE_REORDERED;
 */
BRN_API uint32_t brn_doc_changed_later(const brn_doc *doc);

/*
 * How many calls the pickle makes only for what they do, for no object: it throws the result away, and the
 * document has the call among its values, but nothing refers to it.  Those that CPython writes for a
 * __reduce__ with six items are not among them: the object below them on the stack has them (BRN_OP_CALL).
 *
 *     if (brn_doc_lost_calls(doc))
 *         puts("loading does more than to make what is shown");
 */
BRN_API uint32_t brn_doc_lost_calls(const brn_doc *doc);

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

typedef enum brn_type {
    BRN_NOTHING = 0, /* the type of NULL */
    BRN_NONE = 1,
    BRN_BOOL = 2,
    BRN_INT = 3,    /* fits int64_t */
    BRN_BIGINT = 4, /* does not */
    BRN_FLOAT = 5,
    BRN_STR = 6,
    BRN_PY2STR = 7, /* the str of Python 2: bytes of an unknown encoding */
    BRN_BYTES = 8,
    BRN_BYTEARRAY = 9,
    BRN_LIST = 10,
    BRN_TUPLE = 11,
    BRN_DICT = 12,
    BRN_SET = 13,
    BRN_FROZENSET = 14,
    BRN_GLOBAL = 15, /* a class or function, by name: module, qualified name */
    BRN_CALL = 16,   /* what REDUCE makes: callee(*args) */
    BRN_OBJECT = 17, /* what NEWOBJ, NEWOBJ_EX, OBJ and INST make: an instance of a class */
    BRN_PERSID = 18, /* a persistent id: an object kept outside the pickle */
    BRN_EXT = 19,    /* a code of the copyreg extension registry */
    BRN_BUFFER = 20  /* an out-of-band buffer, by its place in the order of NEXT_BUFFERs */
} brn_type;

/*
 * What a value is.
 *
 *     if (brn_typeof(val) == BRN_DICT)
 *         printf("%zu pairs\n", brn_size(val));
 */
BRN_API brn_type brn_typeof(const brn_val *val);

/*
 * "none", "bool", "int", ... as a C string; "nothing" for BRN_NOTHING. BRN_BIGINT is "int".
 *
 *     puts(brn_type_name(brn_typeof(val)));
 */
BRN_API const char *brn_type_name(brn_type type);

/*
 * The dense number of a value in its document.  The same pointer here is the same
 * object in Python.  (The reverse holds for all that the machine shares; a
 * global that the pickle names twice is two values here and one class there.)
 *
 *     bool shared = brn_id(brn_at(val, 0)) == brn_id(brn_at(val, 1));
 */
BRN_API uint32_t brn_id(const brn_val *val);

/*
 * True if this value was changed after a call had been given it, itself or
 * inside its arguments: the callee saw the value in an earlier state than the
 * document shows.  What is inside the arguments is looked up when the whole pickle has been
 * read: a value that came in only after the call may be meant as well, and one that a later pair
 * with the same key has put out is not found there any more.
 *
 *     if (brn_changed_later(brn_at(brn_args(val), 0)))
 *         puts("the call was given something else");
 */
BRN_API bool brn_changed_later(const brn_val *val);

/*
 * Whether it is a BRN_NONE; the value of a BRN_BOOL, else false; of a BRN_INT or BRN_BOOL, else 0;
 * of a BRN_FLOAT, else 0.
 *
 *     if (!brn_is_none(val) && brn_bool(brn_get(val, ".active")))
 *         price = brn_int(brn_get(val, ".count")) *
 *                 brn_float(brn_get(val, ".each"));
 */
BRN_API bool brn_is_none(const brn_val *val);
BRN_API bool brn_bool(const brn_val *val);
BRN_API int64_t brn_int(const brn_val *val);
BRN_API double brn_float(const brn_val *val);

/*
 * The value of a BRN_FLOAT, BRN_INT or BRN_BOOL as double (rounded to nearest), else 0.
 *
 *     double mean = brn_number(brn_get(val, "['mean']"));
 */
BRN_API double brn_number(const brn_val *val);

/*
 * The bytes of a BRN_BIGINT: two's complement, least significant first, the
 * shortest that hold it.  *size gets their number.
 *
 *     size_t size;
 *     const uint8_t *bytes = brn_bigint(val, &size);
 *     if (size <= 16 && !brn_bigint_negative(val))
 *         memcpy(wide, bytes, size);
 */
BRN_API const uint8_t *brn_bigint(const brn_val *val, size_t *size);
BRN_API bool brn_bigint_negative(const brn_val *val);

/*
 * The UTF-8 of a BRN_STR.  Lone surrogates are three bytes each: see brn_str_flags().
 *
 *     size_t size;
 *     const char *text = brn_str(val, &size);
 *     if (text)
 *         printf("%.*s\n", (int)size, text);
 */
BRN_API const char *brn_str(const brn_val *val, size_t *size);

#define BRN_STR_ASCII 1u      /* ASCII only */
#define BRN_STR_SURROGATES 2u /* holds surrogates: not valid UTF-8 for other readers */

/*
 * BRN_STR_ASCII, BRN_STR_SURROGATES, or 0, of a BRN_STR; else 0.
 *
 *     bool utf8 = !(brn_str_flags(val) & BRN_STR_SURROGATES);
 */
BRN_API uint32_t brn_str_flags(const brn_val *val);

/*
 * True if `val` is a BRN_STR, or an ASCII BRN_PY2STR, equal to this C string.
 *
 *     if (brn_str_is(brn_get(val, "['kind']"), "folder"))
 *         use(val);
 */
BRN_API bool brn_str_is(const brn_val *val, const char *text);

/*
 * The bytes of a BRN_BYTES, BRN_BYTEARRAY, BRN_PY2STR or BRN_STR.
 *
 *     size_t size;
 *     const uint8_t *bytes = brn_bytes(val, &size);
 *     if (bytes)
 *         fwrite(bytes, 1, size, out);
 */
BRN_API const uint8_t *brn_bytes(const brn_val *val, size_t *size);

/*
 * Items of a list, tuple, set or frozenset; pairs of a dict; bytes of a text or bytes
 * value; else 0.
 *
 *     for (size_t i = 0; i < brn_size(list); i++)
 *         use(brn_at(list, i));
 */
BRN_API size_t brn_size(const brn_val *val);

/*
 * Item of a list or tuple, or element of a set in the order of the stream.
 *
 *     const brn_val *first = brn_at(list, 0);
 */
BRN_API const brn_val *brn_at(const brn_val *val, size_t index);

/*
 * Key and value of a dict, in insertion order.
 *
 *     for (size_t i = 0; i < brn_size(dict); i++)
 *         if (brn_str_is(brn_key_at(dict, i), "name"))
 *             use(brn_value_at(dict, i));
 */
BRN_API const brn_val *brn_key_at(const brn_val *dict, size_t index);
BRN_API const brn_val *brn_value_at(const brn_val *dict, size_t index);

/*
 * The value under a str key given as a C string, or as text with a length.
 *
 *     int64_t port = brn_int(brn_dict_get(dict, "port"));
 *     use(brn_dict_getn(dict, "port number", 4));
 */
BRN_API const brn_val *brn_dict_get(const brn_val *dict, const char *key);
BRN_API const brn_val *brn_dict_getn(const brn_val *dict, const char *key, size_t size);

/*
 * The value under a key of this or another document, by Python's equality (1 == 1.0 == True).
 * Found by its hash; a tuple nested more than 64 deep perhaps only as the very value that is the key.
 *
 *     use(brn_dict_get_val(prices, brn_get(val, "['article']")));
 */
BRN_API const brn_val *brn_dict_get_val(const brn_val *dict, const brn_val *key);

/*
 * Global: module and qualified name, BRN_STR in nearly every pickle, else what made them.
 *
 *     if (brn_global_is(val, "collections", "OrderedDict"))
 *         puts("known");
 *     else if (brn_str_is(brn_global_module(val), "shop"))
 *         use(brn_global_name(val));
 */
BRN_API const brn_val *brn_global_module(const brn_val *val);
BRN_API const brn_val *brn_global_name(const brn_val *val);
BRN_API bool brn_global_is(const brn_val *val, const char *module, const char *name);

/*
 * What is called, or the class of an object: mostly a BRN_GLOBAL; its arguments: mostly a BRN_TUPLE,
 * always present; and its keyword arguments: those of NEWOBJ_EX, else NULL.
 *
 *     if (brn_global_is(brn_callee(val), "datetime", "date"))
 *         use(brn_at(brn_args(val), 0));
 *     else if (brn_kwargs(val))
 *         use(brn_dict_get(brn_kwargs(val), "copy"));
 */
BRN_API const brn_val *brn_callee(const brn_val *val);
BRN_API const brn_val *brn_args(const brn_val *val);
BRN_API const brn_val *brn_kwargs(const brn_val *val);

/*
 * True of a BRN_OBJECT that OBJ or INST makes, as protocols 0 and 1 do: with arguments, or a
 * __getinitargs__ of the class, they call the class; NEWOBJ always calls its __new__ alone.
 *
 *     bool old_style = brn_is_inst(val);
 */
BRN_API bool brn_is_inst(const brn_val *val);

/*
 * What was done, in order, to a global, call, object, persistent id or
 * extension code after it was made.  Neighbouring appends (set pairs, added
 * elements) are one entry.
 */
typedef enum brn_op {
    BRN_OP_NONE = 0,
    BRN_OP_STATE = 1,  /* BUILD: the value is the state */
    BRN_OP_APPEND = 2, /* APPEND(S): a BRN_LIST of the items */
    BRN_OP_SET = 3,    /* SETITEM(S): a BRN_DICT of the pairs, equal keys not merged */
    BRN_OP_ADD = 4,    /* ADDITEMS: a BRN_LIST of the elements */
    BRN_OP_CALL = 5    /* REDUCE, POP: the BRN_CALL, made only for its effect */
} brn_op;

/*
 * How many entries there are; one of them, and its value, which `value` need not ask for.
 *
 *     const brn_val *what;
 *     for (size_t i = 0; i < brn_op_count(val); i++)
 *         if (brn_op_at(val, i, &what) == BRN_OP_STATE)
 *             use(what);
 */
BRN_API size_t brn_op_count(const brn_val *val);
BRN_API brn_op brn_op_at(const brn_val *val, size_t index, const brn_val **value);

/*
 * The identifier of a BRN_PERSID; the code of a BRN_EXT; of a BRN_BUFFER, which NEXT_BUFFER it is, from
 * 0, and whether READONLY_BUFFER followed.
 *
 *     if (brn_str_is(brn_persid(val), "table:17") || brn_ext_code(val) == 240)
 *         use(val);
 *     if (brn_typeof(val) == BRN_BUFFER && !brn_buffer_readonly(val))
 *         use_buffer(brn_buffer_index(val));
 */
BRN_API const brn_val *brn_persid(const brn_val *val);
BRN_API uint32_t brn_ext_code(const brn_val *val);
BRN_API uint32_t brn_buffer_index(const brn_val *val);
BRN_API bool brn_buffer_readonly(const brn_val *val);

/* An iterator over the items of a list, tuple or set, or the pairs of a dict. */
typedef struct brn_iter {
    const brn_val *container;
    size_t index;
} brn_iter;

/*
 * Begin before the first; NULL is an empty container.
 *
 *     brn_iter iter = brn_iterate(list);
 *     for (const brn_val *item; (item = brn_next(&iter)) != NULL;)
 *         use(item);
 */
BRN_API brn_iter brn_iterate(const brn_val *container);
/*
 * The next item (of a dict: key), NULL after the last.
 *
 *     brn_iter iter = brn_iterate(dict);
 *     const brn_val *first_key = brn_next(&iter);
 */
BRN_API const brn_val *brn_next(brn_iter *iter);
/*
 * The next pair of a dict; false after the last.
 *
 *     brn_iter iter = brn_iterate(dict);
 *     for (const brn_val *key, *value; brn_next_pair(&iter, &key, &value);)
 *         use(value);
 */
BRN_API bool brn_next_pair(brn_iter *iter, const brn_val **key, const brn_val **value);

/*
 * The attribute of an instance by name (C string): looked up in the states it was
 * given, the last first: a dict, or a (dict, slots) pair as object.__reduce_ex__(2) makes.
 *
 *     double rate = brn_float(brn_attr(val, "learning_rate"));
 */
BRN_API const brn_val *brn_attr(const brn_val *val, const char *name);

/* ------------------------------------------------------------------------
 * Paths
 * ------------------------------------------------------------------------ */

/*
 * The value a path leads to, in Python's own spelling:
 *
 *     ['steps'][0][1].coef_
 *
 *   [3] [-1]            item of a list or tuple, or a key that equals 3
 *   ["key"] [b'\x00']   key of a dict; any literal of None, bool, int, float,
 *   [("QPSK", 2)]       str, bytes and tuples of them, compared as Python does
 *   .name               attribute of an instance; as a convenience, a str key of a dict
 *   name                at the start, the same as .name
 *   .__class__ .__args__ .__kwargs__ .__state__
 *                       callee, arguments, keywords and last state of a call or object
 *   .__called__         the last call that was made for its effect on it
 *
 * On objects, [..] looks into the appended items and the set pairs.  The empty
 * path is `root`.  NULL with BRN_ERROR_PATH_ABSENT or BRN_ERROR_PATH_SYNTAX if
 * it leads nowhere.  `path` is a C string.
 *
 *     const brn_val *coef = brn_get(root, "['steps'][0][1].coef_");
 *     if (!brn_get_err(root, path, &err))
 *         puts(err.message);
 */
BRN_API const brn_val *brn_get(const brn_val *root, const char *path);
BRN_API const brn_val *brn_get_err(const brn_val *root, const char *path, brn_error *err);

/* ------------------------------------------------------------------------
 * Making documents
 * ------------------------------------------------------------------------ */

/*
 * An empty document, for values to be made in it:
 *
 *     brn_doc *doc = brn_new(NULL, NULL, NULL);
 *     const brn_val *list = brn_make_list(doc);
 *     brn_list_append(doc, list, brn_make_int(doc, 1));
 *     brn_list_append(doc, list, brn_make_str(doc, "two"));
 *     brn_set_root(doc, list);
 *     size_t size;
 *     void *pickle = brn_write(doc, NULL, &size, NULL, &err);
 *
 * All functions of this and the next section work alike on documents that were read: who has the
 * document itself, not a const one, may change it, while no other thread looks at it.
 * A value may be used in several places: that is sharing, as in Python.
 *
 * Whatever fails answers NULL or false, and the document keeps the first error
 * (brn_doc_error()), which brn_write() then answers: code that makes values needs one check, at the
 * end.  NULL for a value is such an error, unless there was one before.
 *
 * Of the options, max_memory, max_values and hash_seed matter.  brn_doc_protocol() of the new
 * document is 4, its root None.  NULL without memory.
 */
BRN_API brn_doc *brn_new(const brn_options *options, const brn_alloc *alloc, brn_error *err);

/*
 * The first error of making or changing values, or BRN_OK; it fills `err` as other calls do.
 *
 *     if (brn_doc_error(doc, &err) != BRN_OK)
 *         puts(err.message);
 */
BRN_API brn_code brn_doc_error(const brn_doc *doc, brn_error *err);

/*
 * Forget that error.  What failed has left everything as it was before.
 *
 *     brn_doc_clear_error(doc);
 */
BRN_API void brn_doc_clear_error(brn_doc *doc);

/*
 * Let another value of the document be what it holds.
 *
 *     brn_set_root(doc, brn_make_list(doc));
 */
BRN_API bool brn_set_root(brn_doc *doc, const brn_val *val);

/*
 * Values.  Text and bytes are copied; `data` may be NULL if `size` is 0.  A str is UTF-8, in which
 * lone surrogates may stand as three bytes each; anything else is BRN_ERROR_UTF8.  Without a size it is
 * a C string.
 *
 *     const brn_val *items[] = {
 *         brn_make_none(doc), brn_make_bool(doc, true),
 *         brn_make_int(doc, -1), brn_make_float(doc, 0.5),
 *         brn_make_str(doc, "ten"), brn_make_strn(doc, "tenfold", 3),
 *         brn_make_py2str(doc, "\xe4", 1), brn_make_bytes(doc, data, size),
 *         brn_make_bytearray(doc, NULL, 0)};
 *     brn_set_root(doc, brn_make_tuple(doc, items, 9));
 */
BRN_API const brn_val *brn_make_none(brn_doc *doc);
BRN_API const brn_val *brn_make_bool(brn_doc *doc, bool value);
BRN_API const brn_val *brn_make_int(brn_doc *doc, int64_t value);
BRN_API const brn_val *brn_make_float(brn_doc *doc, double value);
BRN_API const brn_val *brn_make_str(brn_doc *doc, const char *text);
BRN_API const brn_val *brn_make_strn(brn_doc *doc, const char *text, size_t size);
BRN_API const brn_val *brn_make_py2str(brn_doc *doc, const void *data, size_t size);
BRN_API const brn_val *brn_make_bytes(brn_doc *doc, const void *data, size_t size);
BRN_API const brn_val *brn_make_bytearray(brn_doc *doc, const void *data, size_t size);

/*
 * An int of any size from two's complement bytes, least significant first, as brn_bigint() gives
 * them; a BRN_INT if it fits.
 *
 *     // 2 ** 64
 *     val = brn_make_bigint(doc, "\0\0\0\0\0\0\0\0\1", 9);
 */
BRN_API const brn_val *brn_make_bigint(brn_doc *doc, const void *bytes, size_t size);

/*
 * An empty list, dict or set: what goes into it is said in the next section.
 *
 *     const brn_val *dict = brn_make_dict(doc);
 *     brn_dict_put(doc, dict, "seen", brn_make_set(doc));
 *     brn_dict_put(doc, dict, "queue", brn_make_list(doc));
 */
BRN_API const brn_val *brn_make_list(brn_doc *doc);
BRN_API const brn_val *brn_make_dict(brn_doc *doc);
BRN_API const brn_val *brn_make_set(brn_doc *doc);

/*
 * A tuple, and a frozenset, of `count` values, of which a frozenset keeps one of equal ones.
 * With NULL for `items`, and a `count` that is not 0, a tuple has None for each and a frozenset waits
 * for its elements, until brn_fill() says what they are: so they can be part of something that they
 * contain.  A frozenset that waits cannot be a key.
 *
 *     const brn_val *two[] = {brn_make_int(doc, 1), brn_make_int(doc, 2)};
 *     const brn_val *pair = brn_make_tuple(doc, two, 2);
 *     const brn_val *both = brn_make_frozenset(doc, two, 2);
 */
BRN_API const brn_val *brn_make_tuple(brn_doc *doc, const brn_val *const *items, size_t count);
BRN_API const brn_val *brn_make_frozenset(brn_doc *doc, const brn_val *const *items, size_t count);

/*
 * Give a tuple (but not the empty one) other items, as many as there are, or a frozenset that waits
 * its elements.  What serves as a key, or did, is left as it is, with BRN_ERROR_IS_KEY.
 *
 *     // t = ([],); t[0].append(t)
 *     const brn_val *tuple = brn_make_tuple(doc, NULL, 1);
 *     const brn_val *list = brn_make_list(doc);
 *     brn_list_append(doc, list, tuple);
 *     brn_fill(doc, tuple, &list, 1);
 */
BRN_API bool brn_fill(brn_doc *doc, const brn_val *val, const brn_val *const *items, size_t count);

/*
 * A class or function, by C strings or by values as brn_global_module() gives them.
 *
 *     const brn_val *cls = brn_make_global(doc, "shop.orders", "Order");
 *     val = brn_make_global_val(doc, brn_make_str(doc, "shop"),
 *                               brn_make_str(doc, "Customer"));
 */
BRN_API const brn_val *brn_make_global(brn_doc *doc, const char *module, const char *name);
BRN_API const brn_val *brn_make_global_val(brn_doc *doc, const brn_val *module,
                                           const brn_val *name);

/*
 * callee(*args), written as REDUCE.  The callee is what can be called: a global, a call, an object, ...
 * `args` is a tuple; NULL for none.
 *
 *     // fractions.Fraction(3, 4)
 *     const brn_val *args[] = {brn_make_int(doc, 3), brn_make_int(doc, 4)};
 *     val = brn_make_call(doc, brn_make_global(doc, "fractions", "Fraction"),
 *                         brn_make_tuple(doc, args, 2));
 */
BRN_API const brn_val *brn_make_call(brn_doc *doc, const brn_val *callee, const brn_val *args);

/*
 * An instance: cls.__new__(cls, *args, **kwargs), which is NEWOBJ, or NEWOBJ_EX if `kwargs` is
 * not NULL; and one as OBJ and INST make it (see brn_is_inst()).  What it holds is given to it by
 * brn_attr_set() or brn_op_add().
 *
 *     const brn_val *order = brn_make_object(doc, cls, NULL, NULL);
 *     brn_attr_set(doc, order, "total", brn_make_int(doc, 12));
 *     const brn_val *python2 = brn_make_inst(doc, cls, NULL);
 */
BRN_API const brn_val *brn_make_object(brn_doc *doc, const brn_val *cls, const brn_val *args,
                                       const brn_val *kwargs);
BRN_API const brn_val *brn_make_inst(brn_doc *doc, const brn_val *cls, const brn_val *args);

/*
 * A persistent id; an extension code (1 to 2^31 - 1); the out-of-band buffer with this index.
 *
 *     const brn_val *outside[] = {
 *         brn_make_persid(doc, brn_make_str(doc, "table:17")),
 *         brn_make_ext(doc, 240), brn_make_buffer(doc, 0, true)};
 */
BRN_API const brn_val *brn_make_persid(brn_doc *doc, const brn_val *id);
BRN_API const brn_val *brn_make_ext(brn_doc *doc, uint32_t code);
BRN_API const brn_val *brn_make_buffer(brn_doc *doc, uint32_t index, bool readonly);

/*
 * A copy of a value of this or another document, with all that it reaches; what is shared is
 * shared in the copy.  Takes no longer than reading it did.
 *
 *     // One document out of two.
 *     brn_dict_put(doc, dict, "old", brn_copy(doc, brn_root(other)));
 */
BRN_API const brn_val *brn_copy(brn_doc *doc, const brn_val *val);

/* ------------------------------------------------------------------------
 * Changing documents
 * ------------------------------------------------------------------------ */

/*
 * Where these take a list, dict or set, they also take what BRN_OP_APPEND, BRN_OP_SET and
 * BRN_OP_ADD can be done to: instances of classes that are derived from them, a defaultdict, ...
 * They change what was done to it as Python would change the instance.  What such an instance was made with, as
 * arguments, is not among its items: protocols 0 and 1 write subclasses of list and dict so, all
 * protocols those of set.
 *
 * An index below 0 counts from the end.  Changing a value changes it wherever it is shared.
 * Values that are used no more stay in the document, and are not written.
 *
 *     brn_list_append(doc, list, brn_make_int(doc, 1));
 *     brn_list_extend(doc, list, two, 2);
 *     brn_list_set(doc, list, -1, brn_make_none(doc));
 */
BRN_API bool brn_list_append(brn_doc *doc, const brn_val *list, const brn_val *item);
BRN_API bool brn_list_extend(brn_doc *doc, const brn_val *list, const brn_val *const *items,
                             size_t count);
BRN_API bool brn_list_set(brn_doc *doc, const brn_val *list, int64_t index, const brn_val *item);
/*
 * Before the item at `index`; at the end for the size of the list and more, as in Python.
 *
 *     brn_list_insert(doc, list, 0, brn_make_str(doc, "first"));
 *     brn_list_remove(doc, list, -1);
 */
BRN_API bool brn_list_insert(brn_doc *doc, const brn_val *list, int64_t index, const brn_val *item);
BRN_API bool brn_list_remove(brn_doc *doc, const brn_val *list, int64_t index);

/*
 * dict[key] = value: by Python's equality, and an equal key that was there stays.
 *
 *     brn_dict_set(doc, dict, brn_make_int(doc, 7), brn_make_list(doc));
 */
BRN_API bool brn_dict_set(brn_doc *doc, const brn_val *dict, const brn_val *key,
                          const brn_val *value);
/*
 * The same for a str key, given as a C string; one is made only if the dict has none.
 *
 *     brn_dict_put(doc, dict, "name", brn_make_str(doc, "dill"));
 */
BRN_API bool brn_dict_put(brn_doc *doc, const brn_val *dict, const char *key, const brn_val *value);
/*
 * Takes as long as the dict is large; BRN_ERROR_NO_ITEM if the key is not there.
 *
 *     brn_dict_remove(doc, dict, brn_make_str(doc, "password"));
 */
BRN_API bool brn_dict_remove(brn_doc *doc, const brn_val *dict, const brn_val *key);

/*
 * An element that is there already stays; BRN_ERROR_NO_ITEM if one to remove is not there.  Those that were
 * added to an instance are compared one by one.
 *
 *     brn_set_add(doc, set, brn_make_str(doc, "new"));
 *     brn_set_remove(doc, set, brn_make_str(doc, "old"));
 */
BRN_API bool brn_set_add(brn_doc *doc, const brn_val *set, const brn_val *element);
BRN_API bool brn_set_remove(brn_doc *doc, const brn_val *set, const brn_val *element);

/*
 * Take out all items, pairs or elements.
 *
 *     brn_clear(doc, brn_get(root, "['cache']"));
 */
BRN_API bool brn_clear(brn_doc *doc, const brn_val *container);

/*
 * Set an attribute of an instance (C string) where brn_attr() finds it, else in the dict of its last state,
 * which is made if there is none.  A state of another shape is BRN_ERROR_NOT_CHANGEABLE.
 *
 *     brn_attr_set(doc, val, "path", brn_make_str(doc, "/srv"));
 *     brn_attr_remove(doc, val, "connection");
 */
BRN_API bool brn_attr_set(brn_doc *doc, const brn_val *val, const char *name, const brn_val *value);
BRN_API bool brn_attr_remove(brn_doc *doc, const brn_val *val, const char *name);

/*
 * Set what a path from the root leads to, in the spelling of brn_get().  All steps but the last
 * have to lead somewhere; the last may be a new key or attribute (but no new tuple).  An item of a tuple is
 * replaced in the tuple, .__class__ and the like change what an object is made from, and the empty path is the root.
 *
 *     brn_put(doc, ".steps[0][1].copy", brn_make_bool(doc, false), &err);
 */
BRN_API bool brn_put(brn_doc *doc, const char *path, const brn_val *value, brn_error *err);

/*
 * Do something more to a global, call, object, persistent id or extension code: BRN_OP_STATE with
 * one value, BRN_OP_CALL with a call, BRN_OP_APPEND and BRN_OP_ADD with items, BRN_OP_SET with keys and values in
 * turn.
 *
 *     // defaultdict(list): one pair more
 *     const brn_val *pair[] = {brn_make_str(doc, "k"), brn_make_list(doc)};
 *     brn_op_add(doc, val, BRN_OP_SET, pair, 2);
 */
BRN_API bool brn_op_add(brn_doc *doc, const brn_val *val, brn_op op, const brn_val *const *values,
                        size_t count);
/*
 * Take one entry out of what was done (see brn_op_at()); replace the value of a state.
 *
 *     brn_op_set_state(doc, val, 0, brn_make_dict(doc));
 *     brn_op_remove(doc, val, brn_op_count(val) - 1);
 */
BRN_API bool brn_op_remove(brn_doc *doc, const brn_val *val, size_t index);
BRN_API bool brn_op_set_state(brn_doc *doc, const brn_val *val, size_t index, const brn_val *state);

/*
 * What a call or object is made from: another callee or class, another tuple of arguments,
 * keywords (of what was made with keywords); another id; another name.
 *
 *     // A class that has moved.
 *     brn_set_global(doc, brn_callee(val), brn_make_str(doc, "shop.new"),
 *                    brn_make_str(doc, "Order"));
 *     brn_set_callee(doc, val, brn_make_global(doc, "shop", "Order"));
 *     brn_set_args(doc, val, brn_make_tuple(doc, NULL, 0));
 *     brn_set_kwargs(doc, val, brn_make_dict(doc));
 *     brn_set_persid(doc, outside, brn_make_str(doc, "table:18"));
 */
BRN_API bool brn_set_callee(brn_doc *doc, const brn_val *val, const brn_val *callee);
BRN_API bool brn_set_args(brn_doc *doc, const brn_val *val, const brn_val *args);
BRN_API bool brn_set_kwargs(brn_doc *doc, const brn_val *val, const brn_val *kwargs);
BRN_API bool brn_set_persid(brn_doc *doc, const brn_val *val, const brn_val *id);
BRN_API bool brn_set_global(brn_doc *doc, const brn_val *val, const brn_val *module,
                            const brn_val *name);

/*
 * Say whether a value was changed after a call had been given it: see brn_changed_later().  Who
 * knows that it does not matter takes the mark away, and the value can be written.
 *
 *     brn_set_changed_later(doc, val, false);
 */
BRN_API bool brn_set_changed_later(brn_doc *doc, const brn_val *val, bool changed);
/* ------------------------------------------------------------------------
 * Typed views
 * ------------------------------------------------------------------------ */

/*
 * What a value stands for: a date, an array, a table, read from the call that Python's
 * library, numpy, scipy or pandas pickles it as, without any of these.
 *
 *     brn_array a;
 *     const brn_val *val = brn_get(brn_root(doc), "['weights']");
 *     if (brn_as_array(val, NULL, &a) && a.dtype.kind == 'f' &&
 *         a.dtype.size == 4 && a.bytes.data)
 *         use_array(a.bytes.data, a.shape, a.strides);
 *
 * True of every view:
 *
 *   Exact    The answer is false, and *out zeroed, unless a value has exactly the shape that the
 *            library writes, in any protocol, and every number in it is in range.  Nothing
 *            is guessed.  Subclasses are other classes; what a view says of a class is its name.
 *   Changes  False too where a container that was copied when the value was made, or given
 *            its state, may have been changed since: Python has what stood in it before.
 *   Memory   Nothing is allocated, nothing copied.  A view points into the document, and lives
 *            as long.  `out` must not be NULL.
 *   Time     Constant, but for names and digits, for the blocks of a DataFrame, for the pairs of
 *            Python 2's OrderedDict, and for bytes that protocols 0 to 2 spell as text, which
 *            are counted.
 *   Buffers  The bytes of out-of-band buffers are handed in, in the order of NEXT_BUFFER: what
 *            `buffers=` is in Python.  `buffers` may be NULL.
 */
typedef struct brn_buffer {
    const void *data;
    size_t size;
} brn_buffer;
typedef struct brn_buffers {
    const brn_buffer *at;
    size_t count;
} brn_buffers;

/* Bytes, wherever they are. */
typedef struct brn_blob {
    const uint8_t *data;    /* NULL if they are elsewhere or have to be decoded */
    size_t size;            /* their number */
    const brn_val *encoded; /* the str that brn_blob_copy() decodes, or NULL */
    bool writable;          /* a bytearray or a writable buffer, not bytes */
    bool elsewhere;         /* in an out-of-band buffer that was not handed in; size is 0 */
} brn_blob;

/*
 * Bytes or a bytearray in any protocol's spelling, a Python 2 str, or an out-of-band buffer.
 * Protocols 0 to 2 have bytes as text with a character for each: these are pointed at if they are
 * all ASCII, and have to be decoded otherwise.
 *
 *     brn_blob blob;
 *     if (brn_as_bytes(val, NULL, &blob) && blob.size <= sizeof buf)
 *         brn_blob_copy(&blob, 0, buf, sizeof buf);
 */
BRN_API bool brn_as_bytes(const brn_val *val, const brn_buffers *buffers, brn_blob *out);

/*
 * Copy bytes from number `from` on, at most `cap`, decoding them where necessary, and return how
 * many.  0 of bytes that are elsewhere.  What is decoded is decoded from the beginning each time.
 *
 *     uint8_t head[4];
 *     size_t count = brn_blob_copy(&blob, 0, head, sizeof head);
 */
BRN_API size_t brn_blob_copy(const brn_blob *blob, size_t from, void *buf, size_t cap);

/* A time zone. */
typedef struct brn_zone {
    const char *name; /* "Europe/Berlin", or what a fixed offset is called; or NULL */
    size_t name_size;
    bool has_offset;      /* the pickle has the offset; else it takes a time zone database */
    int32_t seconds;      /* east of UTC */
    int32_t microseconds; /* and 0 to 999999 of these on top */
} brn_zone;

/*
 * A tzinfo: datetime.timezone, zoneinfo.ZoneInfo, those of pytz, and dateutil's tzutc, tzoffset,
 * tzfile, tzlocal and tzstr.  Of pytz zones the name is that of the zone, and the offset the one
 * in force at the datetime they belong to.
 *
 *     brn_zone zone;
 *     if (brn_as_zone(val, &zone) && zone.has_offset)
 *         utc -= zone.seconds;
 */
BRN_API bool brn_as_zone(const brn_val *val, brn_zone *out);

typedef struct brn_date {
    int year; /* 1 to 9999 */
    int month;
    int day;
} brn_date;

typedef struct brn_time {
    int hour;
    int minute;
    int second;
    int microsecond;
    bool fold;             /* the later one of two equal times, when clocks are put back */
    const brn_val *tzinfo; /* NULL for a naive time */
    brn_zone zone;         /* what brn_as_zone() says of it; zeroed if that knows it not */
} brn_time;

typedef struct brn_datetime {
    brn_date date;
    brn_time time;
} brn_datetime;

/* As Python keeps it: only days are ever negative. */
typedef struct brn_timedelta {
    int32_t days;
    int32_t seconds;      /* 0 to 86399 */
    int32_t microseconds; /* 0 to 999999 */
} brn_timedelta;

/*
 * datetime.datetime, date, time and timedelta.  A tzinfo may be an object of any class.
 *
 *     brn_datetime t;
 *     if (brn_as_datetime(brn_get(root, ".created"), &t) && !t.time.tzinfo)
 *         printf("%04d-%02d-%02d\n", t.date.year, t.date.month, t.date.day);
 *     if (brn_as_date(val, &t.date) || brn_as_time(val, &t.time))
 *         use(val);
 *     brn_timedelta d;
 *     if (brn_as_timedelta(val, &d))
 *         total += 86400.0 * d.days + d.seconds + d.microseconds / 1e6;
 */
BRN_API bool brn_as_datetime(const brn_val *val, brn_datetime *out);
BRN_API bool brn_as_date(const brn_val *val, brn_date *out);
BRN_API bool brn_as_time(const brn_val *val, brn_time *out);
BRN_API bool brn_as_timedelta(const brn_val *val, brn_timedelta *out);

typedef struct brn_complex {
    double real;
    double imag;
} brn_complex;

/*
 * A complex.
 *
 *     brn_complex z;
 *     if (brn_as_complex(val, &z))
 *         printf("%g%+gj\n", z.real, z.imag);
 */
BRN_API bool brn_as_complex(const brn_val *val, brn_complex *out);

/* sign * digits * 10 ** exponent, as Decimal.as_tuple() has it. */
typedef struct brn_decimal {
    const char *text; /* str(value), of `size` bytes */
    size_t size;
    bool negative;
    char kind;        /* 'f' finite, 'F' infinite, 'n' quiet NaN, 'N' signalling NaN */
    size_t digits;    /* their number, without leading zeros; 0 of a zero is a digit */
    int64_t exponent; /* of the last digit; of finite ones */
} brn_decimal;

/*
 * A decimal.Decimal.
 *
 *     brn_decimal d;
 *     if (brn_as_decimal(val, &d))
 *         printf("%.*s\n", (int)d.size, d.text);
 */
BRN_API bool brn_as_decimal(const brn_val *val, brn_decimal *out);

/*
 * Write the digits, '0' to '9', at most `cap` of them and no NUL; the answer is d->digits.
 *
 *     char digits[50];
 *     if (brn_decimal_coefficient(&d, digits, 50) <= 50)
 *         fwrite(digits, 1, d.digits, out);
 */
BRN_API size_t brn_decimal_coefficient(const brn_decimal *d, char *buf, size_t cap);

/* A fraction, as two ints, or as two numbers in text as Python before 3.11 writes it. */
typedef struct brn_fraction {
    const brn_val *numerator;   /* BRN_INT or BRN_BIGINT; NULL if they are text */
    const brn_val *denominator; /* above 0 */
    const char *numerator_text; /* decimal; NULL if they are ints */
    size_t numerator_size;
    const char *denominator_text;
    size_t denominator_size;
} brn_fraction;

/*
 * A fractions.Fraction; Python writes it reduced, which is not looked after here.
 *
 *     brn_fraction f;
 *     if (brn_as_fraction(val, &f) && brn_typeof(f.numerator) == BRN_INT)
 *         x = brn_number(f.numerator) / brn_number(f.denominator);
 */
BRN_API bool brn_as_fraction(const brn_val *val, brn_fraction *out);

typedef struct brn_uuid {
    uint8_t bytes[16]; /* in the order they are written */
    bool safe;         /* UUID.is_safe is SafeUUID.safe */
    bool unsafe;       /* it is SafeUUID.unsafe; neither: unknown */
} brn_uuid;

/*
 * A uuid.UUID.
 *
 *     brn_uuid id;
 *     if (brn_as_uuid(val, &id))
 *         fwrite(id.bytes, 1, sizeof id.bytes, out);
 */
BRN_API bool brn_as_uuid(const brn_val *val, brn_uuid *out);

/* Start, stop and step of a range, ints of any size; of a slice, anything. */
typedef struct brn_range {
    const brn_val *start;
    const brn_val *stop;
    const brn_val *step;
} brn_range;

/*
 * A range (xrange) or a slice.
 *
 *     brn_range r;
 *     if (brn_as_slice(val, &r) && brn_is_none(r.step))
 *         take(brn_int(r.start), brn_int(r.stop));
 *     else if (brn_as_range(val, &r))
 *         take(brn_int(r.start), brn_int(r.stop));
 */
BRN_API bool brn_as_range(const brn_val *val, brn_range *out);
BRN_API bool brn_as_slice(const brn_val *val, brn_range *out);

/* A mapping: brn_mapping_at() has its pairs. */
typedef struct brn_mapping {
    size_t size;
    const brn_val *pairs;   /* a BRN_DICT; Python 2's OrderedDict: a BRN_LIST of pairs; or NULL */
    const brn_val *factory; /* of a defaultdict; NULL if it has none */
} brn_mapping;

/*
 * An OrderedDict, a defaultdict, or a Counter.  brn_dict_get() and its like look into `pairs`,
 * where equal keys are not merged, as in brn_op_at(): Python writes none.
 *
 *     brn_mapping m;
 *     const brn_val *key, *value;
 *     if (brn_as_counter(val, &m))
 *         for (size_t i = 0; brn_mapping_at(&m, i, &key, &value); i++)
 *             add(key, brn_int(value));
 *     else if (brn_as_defaultdict(val, &m) || brn_as_ordereddict(val, &m))
 *         printf("%zu pairs\n", m.size);
 */
BRN_API bool brn_as_ordereddict(const brn_val *val, brn_mapping *out);
BRN_API bool brn_as_defaultdict(const brn_val *val, brn_mapping *out);
BRN_API bool brn_as_counter(const brn_val *val, brn_mapping *out);

/*
 * Key and value of a pair, both of which must not be NULL; false, and NULLs, past the last.
 *
 *     const brn_val *key, *value;
 *     bool has_first = brn_mapping_at(&m, 0, &key, &value);
 */
BRN_API bool brn_mapping_at(const brn_mapping *m, size_t index, const brn_val **key,
                            const brn_val **value);

/* A deque: brn_deque_at() has its items. */
typedef struct brn_deque {
    size_t size;
    bool bounded; /* there is a maxlen */
    uint64_t maxlen;
    const brn_val *first;    /* the items it was made of, or NULL */
    const brn_val *appended; /* the items appended to these, or NULL */
} brn_deque;

/*
 * A collections.deque.
 *
 *     brn_deque d;
 *     if (brn_as_deque(val, &d) && d.size)
 *         last = brn_deque_at(&d, d.size - 1);
 */
BRN_API bool brn_as_deque(const brn_val *val, brn_deque *out);
BRN_API const brn_val *brn_deque_at(const brn_deque *d, size_t index);

typedef struct brn_set {
    const brn_val *elements; /* brn_at() has them; NULL if there are none and no container */
    size_t size;
    bool frozen;
} brn_set;

/*
 * A set or frozenset in any protocol's spelling.  Protocols 0 to 3 call it with a list.
 *
 *     brn_set s;
 *     if (brn_as_set(val, &s))
 *         for (size_t i = 0; i < s.size; i++)
 *             use(brn_at(s.elements, i));
 */
BRN_API bool brn_as_set(const brn_val *val, brn_set *out);

typedef struct brn_path {
    const brn_val *parts; /* a BRN_TUPLE of text */
    size_t size;          /* of parts */
    bool windows;         /* of the flavour of Windows, else of POSIX */
    bool pure;            /* a PurePath */
} brn_path;

/*
 * A pathlib path, pure or concrete.  brn_path_text() joins the parts as os.path.join does, and
 * writes as snprintf would: at most `cap` bytes with the NUL, returning the length of the
 * whole.  0 if the parts are not plain enough to be joined without a Windows.
 *
 *     brn_path p;
 *     char name[4096];
 *     if (brn_as_path(val, &p) && brn_path_text(&p, name, 4096) < 4096)
 *         file = fopen(name, "rb");
 */
BRN_API bool brn_as_path(const brn_val *val, brn_path *out);
BRN_API size_t brn_path_text(const brn_path *p, char *buf, size_t cap);

/*
 * True if a value is the class with this module and qualified name (C strings), as any protocol
 * spells it: a global, or getattr() of an outer class.  The module `builtins` is also
 * `__builtin__`, and `copyreg` also `copy_reg`.
 *
 *     if (brn_is_class(brn_callee(val), "shop", "Order.Line"))
 *         ...
 */
BRN_API bool brn_is_class(const brn_val *val, const char *module, const char *name);

/* An instance of a class. */
typedef struct brn_instance {
    const brn_val *class_; /* mostly a BRN_GLOBAL */
    const brn_val *args;   /* those of its __new__: a BRN_TUPLE */
    size_t args_from;      /* the number of the first of them in `args` */
    const brn_val *kwargs; /* a BRN_DICT, or NULL */
    const brn_val *base;   /* protocols 0 and 1: the base whose __new__ was called, or NULL */
    const brn_val *value;  /* and what with: the tuple of a namedtuple */
    const brn_val *state;  /* the one it was given; NULL if none or several */
} brn_instance;

/*
 * An instance as object.__reduce_ex__ writes it in any protocol.  brn_attr() has its attributes.
 *
 *     brn_instance i;
 *     if (brn_as_instance(val, &i) && brn_is_class(i.class_, "go", "Player"))
 *         name = brn_attr(val, "name");
 */
BRN_API bool brn_as_instance(const brn_val *val, brn_instance *out);

typedef struct brn_namedtuple {
    const brn_val *class_;
    const brn_val *items; /* the tuple they stand in */
    size_t from;          /* the number of the first */
    size_t size;
} brn_namedtuple;

/*
 * An instance with items and no state, as namedtuples are written: the names of the items stand
 * in the class, so not in the pickle.
 *
 *     brn_namedtuple t;
 *     if (brn_as_namedtuple(val, &t) && t.size == 2 &&
 *         brn_is_class(t.class_, "geo", "Point"))
 *         x = brn_number(brn_at(t.items, t.from));
 */
BRN_API bool brn_as_namedtuple(const brn_val *val, brn_namedtuple *out);

typedef struct brn_enum {
    const brn_val *class_;
    const char *name; /* NULL if the pickle has the value instead */
    size_t name_size;
    const brn_val *value; /* NULL if the pickle has the name instead */
} brn_enum;

/*
 * A member of the enum.Enum with this module and qualified name (C strings): Class(value), or
 * getattr(Class, name).  That the class is an Enum is the caller's to know.
 *
 *     brn_enum e;
 *     if (brn_as_enum(val, "shop", "Colour", &e) && brn_int(e.value) == 3)
 *         ...
 */
BRN_API bool brn_as_enum(const brn_val *val, const char *module, const char *name, brn_enum *out);

/*
 * A view of a class of the caller's own: a row of a table.  `view` fills the `size` bytes at
 * `out`, zeroed before, from the value, and answers false if that has not the right shape.
 */
typedef struct brn_viewer {
    const char *module; /* of the class, or of the function that is called */
    const char *name;
    size_t size; /* of what `view` fills */
    bool (*view)(void *ctx, const brn_val *val, void *out);
    void *ctx;
} brn_viewer;

/*
 * The row for the class a value is an instance of, or the function that makes it; the first
 * that fits, or NULL.
 *
 *     const brn_viewer *row = brn_viewer_for(table, 1, val);
 */
BRN_API const brn_viewer *brn_viewer_for(const brn_viewer *table, size_t count, const brn_val *val);

/*
 * Ask that row.  False without a row, if its size is not `size`, or if it answers so.
 *
 *     static const brn_viewer table[] = {
 *         {"game", "Player", sizeof(player), view_player, NULL}};
 *     player p;
 *     if (brn_view(table, 1, val, &p, sizeof p))
 *         ...
 */
BRN_API bool brn_view(const brn_viewer *table, size_t count, const brn_val *val, void *out,
                      size_t size);

/* ------------------------------------------------------------------------
 * Typed views: numpy, scipy, pandas
 * ------------------------------------------------------------------------ */

/* A numpy.dtype. */
typedef struct brn_dtype {
    const brn_val *val;
    char kind;               /* numpy's: b i u f c m M O S U V */
    char order;              /* '<' or '>'; '|' where there is none */
    bool aligned;            /* laid out like a C struct */
    bool has_objects;        /* elements are, or have, Python objects */
    char unit[8];            /* of M and m: "ns", "D", ..., "generic" */
    int32_t step;            /* so many units */
    size_t size;             /* itemsize */
    bool is_record;          /* elements have named fields, if only none: */
    size_t fields;           /* so many, for brn_dtype_field() */
    const brn_val *base;     /* of a sub-array: the dtype of its elements, else NULL */
    const brn_val *shape;    /* of a sub-array: a BRN_TUPLE of ints, or one int */
    const brn_val *class_;   /* what elements are in Python where that is no type of numpy's own */
    const brn_val *metadata; /* the user's BRN_DICT, or NULL */
} brn_dtype;

/*
 * A dtype: numbers, datetime64, text, bytes, records, sub-arrays.  Records are looked at field
 * by field, when asked: a hostile one may have fields that are none, and records in records
 * without end.
 *
 *     brn_dtype d;
 *     if (brn_as_dtype(val, &d) && d.kind == 'f' && d.size == 8)
 *         ...
 */
BRN_API bool brn_as_dtype(const brn_val *val, brn_dtype *out);

typedef struct brn_field {
    const brn_val *name;  /* text */
    const brn_val *title; /* NULL without one */
    size_t offset;
    brn_dtype dtype;
} brn_field;

/*
 * Field of a record, in the order of dtype.names.  False past the last, or if it does not fit
 * into the record.
 *
 *     brn_field f;
 *     for (size_t i = 0; brn_dtype_field(&a.dtype, i, &f); i++)
 *         ...
 */
BRN_API bool brn_dtype_field(const brn_dtype *dtype, size_t index, brn_field *out);

/* A numpy scalar: its bytes are as many as its dtype says. */
typedef struct brn_scalar {
    brn_dtype dtype;
    brn_blob bytes;
    const brn_val *object; /* of kind O; else NULL */
} brn_scalar;

/*
 * A numpy scalar, as np.float32(1.5) is.
 *
 *     brn_scalar s;
 *     uint8_t raw[8];
 *     if (brn_as_scalar(val, &s) && s.bytes.size == sizeof raw)
 *         brn_blob_copy(&s.bytes, 0, raw, sizeof raw);
 */
BRN_API bool brn_as_scalar(const brn_val *val, brn_scalar *out);

#define BRN_DIMENSIONS 64 /* numpy's own limit */

/* A numpy.ndarray. */
typedef struct brn_array {
    const brn_val *class_; /* of a subclass, which may add meaning of its own; NULL: ndarray */
    brn_dtype dtype;
    size_t dimensions;
    size_t shape[BRN_DIMENSIONS];
    size_t strides[BRN_DIMENSIONS]; /* in bytes; of objects: in items */
    size_t count;                   /* of elements; of those without a size, a mere claim */
    bool fortran;                   /* the first index varies fastest */
    brn_blob bytes;                 /* count * dtype.size of them, or elsewhere */
    const brn_val *objects;         /* elements of an array with objects: a BRN_LIST, else NULL */
    const brn_val *data;            /* the value that has the data, whatever it is */
    bool masked;                    /* a numpy.ma.MaskedArray: */
    brn_blob mask;                  /* a byte for each element, in the order of the elements */
    const brn_val *fill_value;      /* of a masked array; BRN_NONE for the default */
} brn_array;

/*
 * An array in every spelling of numpy's, with its data in the pickle or in `buffers`.  If data
 * is there, shape times itemsize is as long as it is.  a.bytes.data is NULL for objects, for
 * data that is elsewhere, and for data that has to be copied by brn_blob_copy(); it is
 * aligned only by chance: use memcpy.
 *
 *     brn_array a;
 *     double x;
 *     if (brn_as_array(val, NULL, &a) && a.dtype.kind == 'f' &&
 *         a.dtype.size == sizeof x && a.dimensions == 1 && a.shape[0] > 9 &&
 *         a.bytes.data)
 *         memcpy(&x, a.bytes.data + 9 * a.strides[0], sizeof x);
 */
BRN_API bool brn_as_array(const brn_val *val, const brn_buffers *buffers, brn_array *out);

/*
 * What an array says of itself, whether its data is there, and fits, or not: `bytes`, `objects`
 * and `mask` stay empty.  For telling what is wrong with arrays that are no arrays.
 *
 *     brn_array a;
 *     if (!brn_as_array(val, NULL, &a) && brn_array_claims(val, &a))
 *         printf("an array of %zu elements without its data\n", a.count);
 */
BRN_API bool brn_array_claims(const brn_val *val, brn_array *out);

/* A sparse matrix or array of scipy's, of one or two dimensions. */
typedef struct brn_sparse {
    const brn_val *class_;
    char format[4]; /* "csr", "csc", "coo" */
    bool is_array;  /* csr_array, not csr_matrix */
    size_t dimensions;
    size_t shape[2];
    size_t stored;     /* elements */
    brn_array data;    /* `stored` elements */
    brn_array indices; /* csr and csc: of columns, or rows; coo: of columns */
    brn_array starts;  /* csr and csc: indptr; coo: of rows, if there are two dimensions */
} brn_sparse;

/*
 * A csr, csc or coo matrix or array.  The lengths of the arrays fit each other; the indices in
 * them are the pickle's claims, which have to be checked against the shape when used.
 *
 *     brn_sparse m;
 *     if (brn_as_sparse(val, NULL, &m) && strcmp(m.format, "csr") == 0)
 *         ...
 */
BRN_API bool brn_as_sparse(const brn_val *val, const brn_buffers *buffers, brn_sparse *out);

/* A label of a pandas index. */
typedef struct brn_label {
    const brn_val *val; /* mostly text; NULL if it is a number */
    int64_t number;
} brn_label;

/* A column of a pandas table. */
typedef struct brn_column {
    brn_array values; /* of one dimension; its strides may skip others */
    size_t offset;    /* in bytes, where the column begins in values.bytes; of objects: in items */
    const brn_val *extension; /* the class of an extension array over the values, or NULL */
    const brn_val *dtype;     /* and its dtype */
} brn_column;

/* A pandas.Series. */
typedef struct brn_series {
    const brn_val *name;  /* BRN_NONE without one */
    const brn_val *index; /* for brn_as_index() */
    brn_column column;
} brn_series;

/*
 * A Series over a numpy array, or over an extension array that is made of one: text,
 * datetimes, categories (their codes).
 *
 *     brn_series s;
 *     if (brn_as_series(val, NULL, &s) && s.column.values.bytes.data)
 *         ...
 */
BRN_API bool brn_as_series(const brn_val *val, const brn_buffers *buffers, brn_series *out);

/* A pandas.DataFrame. */
typedef struct brn_frame {
    size_t rows;
    size_t columns;
    const brn_val *labels; /* the index of the columns, for brn_as_index() */
    const brn_val *index;  /* that of the rows */
    const brn_val *blocks; /* not for callers, as what follows */
    size_t block;
    brn_buffers buffers;
} brn_frame;

/*
 * A DataFrame: brn_frame_column() has its columns.  What `buffers` points to must live as long as
 * the view.
 *
 *     brn_frame f;
 *     brn_index_view n;
 *     brn_label l;
 *     brn_column c;
 *     if (brn_as_frame(val, NULL, &f) && brn_as_index(f.labels, NULL, &n))
 *         for (size_t i = 0; i < f.columns; i++)
 *             if (brn_index_label(&n, i, &l) && brn_frame_column(&f, i, &c))
 *                 ...
 */
BRN_API bool brn_as_frame(const brn_val *val, const brn_buffers *buffers, brn_frame *out);

/*
 * A column by number.  False past the last, and of kinds that brn_as_series() knows not.
 *
 *     brn_column c;
 *     if (brn_frame_column(&f, 0, &c) && c.values.bytes.data)
 *         first = c.values.bytes.data + c.offset;
 */
BRN_API bool brn_frame_column(brn_frame *frame, size_t index, brn_column *out);

/* An index of pandas, of rows or columns. */
typedef struct brn_index_view {
    size_t size;
    bool is_range; /* a RangeIndex: */
    int64_t start;
    int64_t step;
    brn_array values; /* else an array of one dimension: of text, objects or integers */
} brn_index_view;

/*
 * An index of objects, of text, or of integers; not a MultiIndex or DatetimeIndex.
 * brn_index_label() has the labels; where values.bytes.data is NULL it decodes from the
 * beginning each time.
 *
 *     brn_index_view rows;
 *     brn_label l;
 *     if (brn_as_index(s.index, NULL, &rows) &&
 *         brn_index_label(&rows, 0, &l))
 *         ...
 */
BRN_API bool brn_as_index(const brn_val *val, const brn_buffers *buffers, brn_index_view *out);
BRN_API bool brn_index_label(const brn_index_view *index, size_t number, brn_label *out);

/* ------------------------------------------------------------------------
 * Opcodes and events: reading without a document
 * ------------------------------------------------------------------------ */

/* What the argument of an opcode is, in brn_event. */
typedef enum brn_arg {
    BRN_ARG_NONE = 0,
    BRN_ARG_INT = 1,           /* integer: an int argument or value, a memo index, a size */
    BRN_ARG_BOOL = 2,          /* integer, 0 or 1: "I00", "I01" */
    BRN_ARG_FLOAT = 3,         /* real */
    BRN_ARG_LONG = 4,          /* data: two's complement, least significant byte first */
    BRN_ARG_DECIMAL = 5,       /* data: a decimal number as ASCII text, too long for `integer` */
    BRN_ARG_BYTES = 6,         /* data: bytes (of a Python 2 str as well) */
    BRN_ARG_TEXT = 7,          /* data: UTF-8 */
    BRN_ARG_ESCAPED_BYTES = 8, /* data: between the quotes of STRING, escapes not undone */
    BRN_ARG_ESCAPED_TEXT = 9,  /* data: the line of UNICODE, escapes not undone */
    BRN_ARG_PAIR = 10          /* data: module; data2: name */
} brn_arg;

/* One opcode, as the machine executes it. */
typedef struct brn_event {
    const char *name; /* "BININT1" */
    uint64_t offset;  /* of the opcode, from the start of the pickle */
    uint64_t depth;   /* values on the stack before the opcode */
    uint64_t marks;   /* marks on the stack before the opcode */
    uint64_t count;   /* for opcodes that go back to a mark: the values above it */
    int opcode;       /* its byte */
    brn_arg arg;
    int64_t integer;
    double real;
    const void *data; /* valid during the callback only */
    size_t size;      /* bytes at data */
    const void *data2;
    size_t size2;
    uint64_t begin; /* a long payload comes in several events: where this piece begins */
    uint64_t total; /* and how long the whole payload is; size == total if it is whole */
} brn_event;

/* Called for each event.  False stops the reading with BRN_ERROR_STOPPED. */
typedef bool (*brn_event_fn)(void *ctx, const brn_event *event);

/*
 * Run the machine over one pickle without building values; *pickle_size, if not NULL, gets
 * the length of the pickle.  Checked: opcodes, arguments, frames, stack, marks, memo.
 * Not checked, because there are no values: types, and whether keys are hashable.
 * A NULL callback just validates.  Memory: marks and memo only.
 *
 *     size_t length;
 *     if (brn_events(data, size, NULL, NULL, NULL, NULL, &length, &err))
 *         puts(err.message);
 */
BRN_API brn_code brn_events(const void *data, size_t size, const brn_options *options,
                            const brn_alloc *alloc, brn_event_fn fn, void *ctx, size_t *pickle_size,
                            brn_error *err);

/*
 * The same over the next pickle of a stream.  With an allocator from brn_pool_init()
 * this needs no more memory than the pool, however long the pickle: payloads
 * longer than the window arrive in pieces.  A failed stream stays failed, as in
 * brn_read_stream(); so does one whose callback has asked to stop.  Of NULL, the error that
 * brn_stream_open() left in `err`.
 *
 *     while (brn_events_stream(stream, count, ctx, &err) == BRN_OK)
 *         pickles++;
 */
BRN_API brn_code brn_events_stream(brn_stream *stream, brn_event_fn fn, void *ctx, brn_error *err);

/*
 * The length in bytes of the pickle at `data`, or 0 with an error.
 *
 *     size_t length = brn_measure(data, size, &err);
 */
BRN_API size_t brn_measure(const void *data, size_t size, brn_error *err);

/* What is known of an opcode. */
typedef struct brn_opcode_info {
    const char *name;
    const char *help; /* one sentence */
    int opcode;
    int protocol; /* that introduced it */
} brn_opcode_info;

/*
 * Facts about one opcode.  NULL if the byte is none.
 *
 *     puts(brn_opcode('R')->name); // REDUCE
 */
BRN_API const brn_opcode_info *brn_opcode(int opcode);

/* Takes bytes; false after a failure, which ends the work with BRN_ERROR_WRITE. */
typedef bool (*brn_sink_fn)(void *ctx, const void *data, size_t size);

#define BRN_DIS_ANNOTATE 1u /* say what each opcode does */
#define BRN_DIS_JSON 2u     /* one JSON object a line: offset, opcode, argument, error */

/*
 * Disassemble the first pickle in `data`, as `python -m pickletools` prints it, though
 * marks inside more than 1,000 others are not indented further.
 * Goes on where loading must refuse: what is wrong (a straddled frame, a
 * memo index never stored, values left on the stack) is reported in the text.  Only
 * the limits max_input, max_memory, max_stack and max_memo end it, at the opcode that goes beyond.
 * The code is BRN_OK, or that of the first thing loading would refuse; *pickle_size,
 * if not NULL, gets how many bytes were disassembled.
 *
 *     brn_disassemble(data, size, BRN_DIS_ANNOTATE, NULL, NULL, sink, ctx,
 *                     NULL, &err);
 */
BRN_API brn_code brn_disassemble(const void *data, size_t size, uint32_t flags,
                                 const brn_options *options, const brn_alloc *alloc,
                                 brn_sink_fn sink, void *ctx, size_t *pickle_size, brn_error *err);

/* What brn_statistics() counts. */
typedef struct brn_stats {
    uint64_t bytes;          /* of the pickle */
    uint64_t opcodes;        /* executed */
    uint64_t by_opcode[256]; /* by the opcode's byte */
    uint64_t max_stack;      /* most values on the stack at a time */
    uint64_t max_marks;      /* most marks at a time: the nesting of marks */
    uint64_t memo_puts;      /* PUTs and MEMOIZEs */
    uint64_t memo_gets;      /* GETs: references to what was stored */
    uint64_t frames;
    uint64_t payload_bytes; /* in strings and bytes */
    int protocol_declared;  /* by PROTO, or 0 */
    int protocol_needed;    /* highest of any opcode used */
} brn_stats;

/*
 * Run the machine over one pickle, and count.  Checked as by brn_events().
 *
 *     brn_stats stats;
 *     if (brn_statistics(data, size, NULL, NULL, &stats, &err) == BRN_OK)
 *         printf("%" PRIu64 " names\n", stats.by_opcode['c']);
 */
BRN_API brn_code brn_statistics(const void *data, size_t size, const brn_options *options,
                                const brn_alloc *alloc, brn_stats *stats, brn_error *err);

/* ------------------------------------------------------------------------
 * Writing documents
 * ------------------------------------------------------------------------ */

/*
 * brn_write_options.flags.  Without any, a document that CPython wrote is written as CPython
 * would write the same objects again: with the same opcodes, frames, and memo entries.
 *
 * BRN_WRITE_SMALL: no memo entries that nothing refers to, and no frames.
 *
 * BRN_WRITE_CANONICAL: the same bytes for the same values, however they were made.  Equal immutable
 * values of one type are one value, and sets have an order that follows from their elements.
 * The order of dicts and the sharing of what can change count, and calls are taken to make what can
 * change, but for those of frozenset, bytes, complex, range, slice, Decimal, Fraction and of datetime's types.
 * Documents that were read from pickles of different protocols differ where these do.
 *
 * BRN_WRITE_SORT_KEYS: canonical, and dicts too have an order that follows from their keys.
 *
 * BRN_WRITE_REORDERED: write values that were changed after a call had been given them
 * (brn_changed_later()) as they are now, and documents without their brn_doc_lost_calls(), instead
 * of BRN_ERROR_ORDER_LOST.
 *
 * BRN_WRITE_KEEP_NAMES: leave names as they are.  Otherwise those of Python 2, in documents read
 * below protocol 3, become Python 3's at protocol 3 and above, and the other way round, as
 * CPython's fix_imports does.
 */
#define BRN_WRITE_SMALL 1u
#define BRN_WRITE_CANONICAL 2u
#define BRN_WRITE_SORT_KEYS 4u
#define BRN_WRITE_REORDERED 8u
#define BRN_WRITE_KEEP_NAMES 16u

/* Called for each NEXT_BUFFER, in their order; false stops with BRN_ERROR_STOPPED. */
typedef bool (*brn_buffer_fn)(void *ctx, const brn_val *buffer);

/*
 * Initialise with BRN_WRITE_OPTIONS_INIT, which is protocol 4.
 *
 * Out-of-band buffers stay out of band if there is a callback for them: it says which of the reader's
 * buffers (brn_buffer_index()) is the next.  Without one, their bytes are written in
 * band if they are in `buffers`, and else BRN_ERROR_NO_BUFFER is the answer.
 */
typedef struct brn_write_options {
    size_t size;                /* sizeof(brn_write_options) */
    uint32_t flags;             /* BRN_WRITE_SMALL, ... */
    int protocol;               /* 0 to 5 */
    const brn_val *value;       /* what to write; NULL for the root */
    uint64_t max_memory;        /* bytes taken at a time; 0 or BRN_UNLIMITED for no limit */
    brn_buffer_fn buffer;       /* out-of-band buffers; needs protocol 5 */
    void *buffer_ctx;           /* for that function */
    const brn_buffers *buffers; /* bytes of buffers, by index; NULL for none */
} brn_write_options;

#define BRN_WRITE_OPTIONS_INIT                                     \
    {                                                              \
        sizeof(brn_write_options), 0, 4, NULL, 0, NULL, NULL, NULL \
    }

/*
 * Write a document as a pickle: *size bytes in a block of the allocator, free() if `alloc` is NULL.
 *
 *     brn_write_options options = BRN_WRITE_OPTIONS_INIT;
 *     options.protocol = 2;
 *     size_t size;
 *     void *pickle = brn_write(doc, &options, &size, NULL, &err);
 *
 * Python's loads() makes an equal object of it in every protocol: what the protocol lacks is said by
 * calls, as CPython does (bytes below protocol 3 by _codecs.encode, sets below 4 by builtins.set, new objects
 * below 2 by copyreg.__newobj__).  What cannot be said is BRN_ERROR_NOT_IN_PROTOCOL: extension codes below
 * protocol 2, elements added to objects below 4, persistent ids that are no ASCII text
 * in protocol 0, ints of more than 4300 digits below 2.  The error has the path of the value.
 *
 * Memory: the pickle, 4 bytes for each value of the document (56, canonical), and 48 for each
 * container that the one at work is in.
 */
BRN_API void *brn_write(const brn_doc *doc, const brn_write_options *options, size_t *size,
                        const brn_alloc *alloc, brn_error *err);

/*
 * The same to a sink, in pieces; 200 KiB instead of the pickle are in memory.
 *
 *     brn_code code = brn_write_to(doc, NULL, sink, ctx, NULL, &err);
 */
BRN_API brn_code brn_write_to(const brn_doc *doc, const brn_write_options *options,
                              brn_sink_fn sink, void *ctx, const brn_alloc *alloc, brn_error *err);

/*
 * The same to a file (`path` is a C string), which afterwards is the whole pickle or, whatever fails, what it
 * was before: the bytes go to a temporary file in the same folder, which takes its place
 * once they are on the disk.  A document may be written over the file it was read from.  "-" is
 * standard output, which, like other things that are no plain files, is written as it is.
 *
 *     brn_doc *doc = brn_read_file("state.pkl", NULL, NULL, &err);
 *     brn_put(doc, "['runs']", brn_make_int(doc, 8), &err);
 *     brn_write_file(doc, "state.pkl", NULL, NULL, &err);
 */
BRN_API brn_code brn_write_file(const brn_doc *doc, const char *path,
                                const brn_write_options *options, const brn_alloc *alloc,
                                brn_error *err);

/* ------------------------------------------------------------------------
 * Streaming writer: events in, bytes out
 * ------------------------------------------------------------------------ */

/*
 * Writes pickles piece by piece to a sink, for what is too large, or too endless, to be a document.
 *
 *     brn_writer *w = brn_writer_open(sink, ctx, 4, 0, NULL, &err);
 *     brn_writer_begin_dict(w, 2);
 *     brn_writer_key(w, "name");
 *     brn_writer_str(w, "probe");
 *     brn_writer_key(w, "samples");
 *     brn_writer_begin_list(w, BRN_COUNT_UNKNOWN);
 *     while (next_sample(&sample))
 *         brn_writer_float(w, sample);
 *     brn_writer_end(w);
 *     brn_writer_end(w);
 *     if (brn_writer_close(w, &err) != BRN_OK)
 *         fail(&err);
 *
 * Errors stay: after the first one nothing is written, every function answers false, and
 * brn_writer_close() says what it was.  So a program may check there only.
 *
 * The bytes are those that CPython's pickle writes for the same values, frames included, where none of
 * them is shared and all containers were declared with their sizes.  (A list, dict or args of one item is spelt
 * differently by who knows that there is only one.)  What CPython would find shared, as equal
 * names of attributes are, is written again, unless brn_writer_share() is used.
 *
 * Memory: 140 KiB, 200 bytes for each container that is open at a time, and twice the longest int
 * that is given.  With an allocator from brn_pool_init(), no malloc.  One writer serves one thread.
 */
typedef struct brn_writer brn_writer;

/*
 * For brn_writer_open(): nothing goes into the memo but what brn_writer_share() asks for.  Smaller,
 * and whoever reads an endless pickle need not keep all that was in it.
 */
#define BRN_WRITER_SMALL 1u

/* For brn_writer_begin_list() and its like. */
#define BRN_COUNT_UNKNOWN SIZE_MAX

/*
 * Open a writer of protocol 0 to 5 (CPython's own default is 4).  `sink` takes the bytes: whole frames, from
 * protocol 4 on.  NULL without memory, for another protocol (BRN_ERROR_OPTIONS), or for unknown
 * flags.
 *
 *     brn_writer *w = brn_writer_open(sink, ctx, 4, 0, NULL, &err);
 */
BRN_API brn_writer *brn_writer_open(brn_sink_fn sink, void *ctx, int protocol, uint32_t flags,
                                    const brn_alloc *alloc, brn_error *err);

/*
 * End the pickle, if one has begun, and free the writer.  BRN_OK, or the first error of all.
 * Of NULL, the error that brn_writer_open() left in `err`.
 *
 *     if (brn_writer_close(w, &err) != BRN_OK)
 *         puts(err.message);
 */
BRN_API brn_code brn_writer_close(brn_writer *writer, brn_error *err);

/*
 * End the pickle, which must be whole; the next value begins another one in the same stream.
 *
 *     brn_writer_int(w, 1);
 *     brn_writer_next(w);
 *     brn_writer_int(w, 2);
 */
BRN_API bool brn_writer_next(brn_writer *writer);

/*
 * The first error, or NULL: for long runs that had better end early.
 *
 *     while (next_sample(&sample) && !brn_writer_error(w))
 *         brn_writer_float(w, sample);
 */
BRN_API const brn_error *brn_writer_error(const brn_writer *writer);

/*
 * Plain values.  Text is UTF-8, checked; surrogates may stand in it as three bytes each.
 *
 *     brn_writer_begin_tuple(w, 8);
 *     brn_writer_none(w);
 *     brn_writer_bool(w, true);
 *     brn_writer_int(w, -1);
 *     brn_writer_float(w, 0.5);
 *     brn_writer_str(w, "ten");
 *     brn_writer_strn(w, "tenfold", 3);
 *     brn_writer_bytes(w, data, size);
 *     brn_writer_bytearray(w, data, size);
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_none(brn_writer *writer);
BRN_API bool brn_writer_bool(brn_writer *writer, bool value);
BRN_API bool brn_writer_int(brn_writer *writer, int64_t value);
BRN_API bool brn_writer_float(brn_writer *writer, double value);
BRN_API bool brn_writer_str(brn_writer *writer, const char *text);
BRN_API bool brn_writer_strn(brn_writer *writer, const char *text, size_t size);
BRN_API bool brn_writer_bytes(brn_writer *writer, const void *data, size_t size);
BRN_API bool brn_writer_bytearray(brn_writer *writer, const void *data, size_t size);

/*
 * An int of any size: two's complement, least significant byte first.
 *
 *     brn_writer_bigint(w, "\0\0\0\0\0\0\0\0\1", 9); // 2 ** 64
 */
BRN_API bool brn_writer_bigint(brn_writer *writer, const void *bytes, size_t size);

/*
 * The str of Python 2, for programs in Python 2: Python 3 reads it as ASCII unless told otherwise.
 *
 *     brn_writer_py2str(w, "\xe4", 1);
 */
BRN_API bool brn_writer_py2str(brn_writer *writer, const void *data, size_t size);

/*
 * The same, where the bytes are not all there at a time: declare how many there will be, give
 * them to brn_writer_piece() in any portions, and end with brn_writer_end().
 *
 *     brn_writer_begin_tuple(w, 3);
 *     brn_writer_begin_str(w, 4);
 *     brn_writer_piece(w, "di", 2);
 *     brn_writer_piece(w, "ll", 2);
 *     brn_writer_end(w);
 *     brn_writer_begin_bytes(w, 0);
 *     brn_writer_end(w);
 *     brn_writer_begin_bytearray(w, 0);
 *     brn_writer_end(w);
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_begin_str(brn_writer *writer, uint64_t size);
BRN_API bool brn_writer_begin_bytes(brn_writer *writer, uint64_t size);
BRN_API bool brn_writer_begin_bytearray(brn_writer *writer, uint64_t size);
BRN_API bool brn_writer_piece(brn_writer *writer, const void *data, size_t size);

/*
 * Begin a container, whose items are the values that follow, up to brn_writer_end().  In a dict, keys
 * and values take turns, and `count` is the number of pairs.  `count` may be BRN_COUNT_UNKNOWN, and
 * the container may then go on forever.  What cannot be hashed is refused as a key or element.
 *
 *     // ([1, 2], {3: {4}}, frozenset())
 *     brn_writer_begin_tuple(w, 3);
 *     brn_writer_begin_list(w, BRN_COUNT_UNKNOWN);
 *     brn_writer_int(w, 1);
 *     brn_writer_int(w, 2);
 *     brn_writer_end(w);
 *     brn_writer_begin_dict(w, 1);
 *     brn_writer_int(w, 3);
 *     brn_writer_begin_set(w, 1);
 *     brn_writer_int(w, 4);
 *     brn_writer_end(w);
 *     brn_writer_end(w);
 *     brn_writer_begin_frozenset(w, 0);
 *     brn_writer_end(w);
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_begin_list(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_tuple(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_dict(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_set(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_frozenset(brn_writer *writer, size_t count);

/*
 * A key that is a str, as a C string: brn_writer_str(), but only where a key is due.
 *
 *     brn_writer_key(w, "name");
 *     brn_writer_str(w, "probe");
 */
BRN_API bool brn_writer_key(brn_writer *writer, const char *key);

/*
 * End what was begun last.
 *
 *     brn_writer_begin_list(w, 0);
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_end(brn_writer *writer);

/*
 * A class or function: C strings.  Names of Python 2 modules ("__builtin__") are for the caller to choose;
 * a name with a dot in it needs protocol 4.
 *
 *     brn_writer_global(w, "collections", "OrderedDict");
 */
BRN_API bool brn_writer_global(brn_writer *writer, const char *module, const char *name);

/*
 * A call, and an object made by cls.__new__: the callee or class is the first value that follows, the
 * arguments the others; `count` is the number of arguments.  Up to brn_writer_end().  What is plain data
 * cannot be called: BRN_ERROR_NOT_CALLABLE.
 *
 *     // fractions.Fraction(3, 4), and object.__new__(shop.Order)
 *     brn_writer_begin_call(w, 2);
 *     brn_writer_global(w, "fractions", "Fraction");
 *     brn_writer_int(w, 3);
 *     brn_writer_int(w, 4);
 *     brn_writer_end(w);
 *     brn_writer_begin_object(w, 0);
 *     brn_writer_global(w, "shop", "Order");
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_begin_call(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_object(brn_writer *writer, size_t count);

/*
 * Behind a call, an object or a global that has just been written: the one value of its state (mostly a
 * dict of attributes), items to append to it, and pairs to set in it.  Up to brn_writer_end();
 * one may follow another.
 *
 *     brn_writer_begin_state(w);
 *     brn_writer_begin_dict(w, 1);
 *     brn_writer_key(w, "total");
 *     brn_writer_int(w, 12);
 *     brn_writer_end(w);
 *     brn_writer_end(w);
 *     brn_writer_begin_append(w, 1);
 *     brn_writer_int(w, 1);
 *     brn_writer_end(w);
 *     brn_writer_begin_update(w, 1);
 *     brn_writer_key(w, "k");
 *     brn_writer_int(w, 2);
 *     brn_writer_end(w);
 */
BRN_API bool brn_writer_begin_state(brn_writer *writer);
BRN_API bool brn_writer_begin_append(brn_writer *writer, size_t count);
BRN_API bool brn_writer_begin_update(brn_writer *writer, size_t count);

/*
 * An object that is kept outside of the pickle, by its persistent id: a C string, ASCII in protocol 0.
 *
 *     brn_writer_persid(w, "table:17");
 */
BRN_API bool brn_writer_persid(brn_writer *writer, const char *id);

/*
 * A code of the copyreg extension registry, 1 to 2^31 - 1; protocol 2 and later.
 *
 *     brn_writer_ext(w, 240);
 */
BRN_API bool brn_writer_ext(brn_writer *writer, uint32_t code);

/*
 * The next out-of-band buffer, which goes another way to whoever reads; protocol 5.
 *
 *     brn_writer_buffer(w, true);
 */
BRN_API bool brn_writer_buffer(brn_writer *writer, bool readonly);

/*
 * A number for the value that has just been written, or for the list or dict that has just been begun, so that
 * brn_writer_shared() can write the same object again, even inside itself.  The number belongs to the
 * pickle.  UINT64_MAX after an error.
 *
 *     // l = []; [l, l]
 *     brn_writer_begin_list(w, 2);
 *     brn_writer_begin_list(w, 0);
 *     uint64_t inner = brn_writer_share(w);
 *     brn_writer_end(w);
 *     brn_writer_shared(w, inner);
 *     brn_writer_end(w);
 */
BRN_API uint64_t brn_writer_share(brn_writer *writer);
BRN_API bool brn_writer_shared(brn_writer *writer, uint64_t number);

/* ------------------------------------------------------------------------
 * Scanning: what would loading a file do?
 * ------------------------------------------------------------------------ */

/*
 * What is said of a pickle, a file, or one use of a name; the worst has the highest number.
 * Only BRN_VERDICT_DATA and BRN_VERDICT_KNOWN are clean, and BRN_VERDICT_NONE, which says that there
 * is no pickle.
 */
typedef enum brn_verdict {
    BRN_VERDICT_NONE = 0,    /* no pickle */
    BRN_VERDICT_DATA = 1,    /* plain data: nothing would be imported or called */
    BRN_VERDICT_KNOWN = 2,   /* every use is on the reviewed tables */
    BRN_VERDICT_UNKNOWN = 3, /* a name that nobody has reviewed, or a use that nobody can foresee */
    BRN_VERDICT_UNREADABLE = 4, /* could not be read to its end */
    BRN_VERDICT_DANGEROUS = 5   /* could run code, touch files, the network, processes, imports */
} brn_verdict;

typedef enum brn_severity {
    BRN_SEVERITY_NONE = 0,
    BRN_SEVERITY_LOW = 1,
    BRN_SEVERITY_MEDIUM = 2,
    BRN_SEVERITY_HIGH = 3,
    BRN_SEVERITY_CRITICAL = 4
} brn_severity;

/* What a pickle does with a name. */
typedef enum brn_use {
    BRN_USE_LOOKUP = 0, /* imports it */
    BRN_USE_CALL = 1,   /* calls it: a function, or a class for an instance */
    BRN_USE_STATE = 2,  /* gives state to it or to what it made: __setstate__, attributes */
    BRN_USE_ITEMS = 3,  /* appends items or sets pairs: append, extend, __setitem__, add */
    BRN_USE_RESULT = 4  /* calls what calling it has returned */
} brn_use;

/*
 * "data", "known", ...; "critical", ...; "lookup", "call", ...: C strings.
 *
 *     printf("%s %s %s\n", brn_verdict_name(finding->verdict),
 *            brn_severity_name(finding->severity),
 *            brn_use_name(finding->use));
 */
BRN_API const char *brn_verdict_name(brn_verdict verdict);
BRN_API const char *brn_severity_name(brn_severity severity);
BRN_API const char *brn_use_name(brn_use use);

/* One use of a name; what is repeated is counted.  All text is C strings of printable UTF-8. */
typedef struct brn_finding {
    brn_verdict verdict;
    brn_severity severity; /* of what has a category */
    brn_use use;
    const char *module;
    const char *name;      /* qualified, as the pickle has it */
    const char *category;  /* "code execution", "file", "resource", ...; "" without one */
    const char *reason;    /* one sentence; "" if it is known */
    const char *arguments; /* of a call or state, as Python would print them, shortened; else "" */
    uint64_t offset;       /* of the opcode, from the start of the stream */
    uint64_t count;        /* how often */
} brn_finding;

/*
 * One stream: a pickle, or several of plain data in a row, or a part of a file that could not be
 * read.
 */
typedef struct brn_scan_stream {
    const char *where;  /* "" is the file itself; else the way in: "archive/data.pkl!bytes@17" */
    const char *format; /* "pickle", "numpy", "zip", ... */
    uint64_t offset;    /* where in that part it begins, */
    uint64_t size;      /* and how many bytes were read */
    uint64_t pickles;   /* read here, one behind the other */
    brn_verdict verdict;
    brn_code code;           /* why it could not be read to its end, or BRN_OK, */
    uint64_t error_offset;   /* where in the stream, */
    const char *message;     /* and in words; "" without an error */
    uint64_t persistent_ids; /* objects that a loader of the file's own kind would supply */
    uint64_t buffers;        /* out-of-band buffers */
    uint64_t omitted;        /* findings beyond max_findings */
    const brn_finding *findings;
    size_t finding_count;
    const char *note; /* what else is odd, in a sentence, or "" */
} brn_scan_stream;

/* Ways in which bytes can be compressed. */
typedef enum brn_packing {
    BRN_PACKING_NONE = 0,
    BRN_PACKING_DEFLATE = 1, /* bare, as in zip archives */
    BRN_PACKING_GZIP = 2,
    BRN_PACKING_ZLIB = 3,
    BRN_PACKING_BZIP2 = 4,
    BRN_PACKING_XZ = 5,
    BRN_PACKING_LZMA = 6, /* the older format of .lzma files */
    BRN_PACKING_LZ4 = 7,  /* frames */
    BRN_PACKING_ZSTD = 8
} brn_packing;

/*
 * "gzip", ...: a C string.
 *
 *     puts(brn_packing_name(BRN_PACKING_ZSTD));
 */
BRN_API const char *brn_packing_name(brn_packing packing);

/*
 * Unpack bytes for a scan: give what they hold to the sink, in pieces, as far as it can be read.  The answer
 * is BRN_OK; BRN_ERROR_UNPACK if the bytes are damaged or end too early; BRN_ERROR_WRITE if the sink
 * refused bytes; BRN_ERROR_MEMORY; or BRN_ERROR_UNSUPPORTED if this function cannot unpack them.  It may
 * be called on several threads at a time.
 *
 * The library itself unpacks deflate, gzip and zlib.  For the others it would need other libraries,
 * so it is left to the caller: the command brings a function for all of them.
 */
typedef brn_code (*brn_unpack_fn)(void *ctx, brn_packing packing, const void *data, size_t size,
                                  brn_sink_fn sink, void *sink_ctx);

/*
 * What scanning may cost.  0 means the default, BRN_UNLIMITED no limit.  Initialise with
 * BRN_SCAN_OPTIONS_INIT.
 */
typedef struct brn_scan_options {
    size_t size;           /* sizeof(brn_scan_options) */
    uint32_t flags;        /* BRN_MAP */
    uint32_t max_depth;    /* archives and pickles in each other; default 8 */
    uint64_t max_input;    /* bytes of the file; default unlimited */
    uint64_t max_memory;   /* bytes taken at a time; default unlimited */
    uint64_t max_inflated; /* bytes that all compressed parts hold; default 1 GiB */
    uint64_t max_ratio;    /* of a compressed part, where it holds over 16 MiB; default 200 */
    uint64_t max_members;  /* of archives, in all; default 100,000 */
    uint64_t max_findings; /* kept of a stream; default 1,000 */
    uint64_t max_search;   /* bytes searched for a pickle where none begins; default 16 MiB */
    brn_unpack_fn unpack;  /* or NULL: asked before the library tries itself */
    void *unpack_ctx;
} brn_scan_options;

#define BRN_SCAN_OPTIONS_INIT                                           \
    {                                                                   \
        sizeof(brn_scan_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL \
    }

/* A report; it owns all it tells. */
typedef struct brn_scan brn_scan;

/*
 * Scan bytes, or a file (`path` is a C string; "-" is standard input).  `name`, a C string or NULL, is
 * the name of the bytes: with a suffix like .pkl they have to be a pickle.
 *
 * Nothing is imported or called.  What is broken is part of the report; NULL is answered only if
 * the file cannot be read at all, or without memory.
 *
 *     brn_scan *scan = brn_scan_file("model.pt", NULL, NULL, &err);
 *     for (size_t i = 0; i < brn_scan_count(scan); i++)
 *         puts(brn_verdict_name(brn_scan_at(scan, i)->verdict));
 *     brn_scan_free(scan);
 *     scan = brn_scan_bytes(data, size, "upload.pkl", NULL, NULL, &err);
 */
BRN_API brn_scan *brn_scan_bytes(const void *data, size_t size, const char *name,
                                 const brn_scan_options *options, const brn_alloc *alloc,
                                 brn_error *err);
BRN_API brn_scan *brn_scan_file(const char *path, const brn_scan_options *options,
                                const brn_alloc *alloc, brn_error *err);
BRN_API void brn_scan_free(brn_scan *scan);

/*
 * The worst of all streams; BRN_VERDICT_NONE if there is no pickle.
 *
 *     if (brn_scan_verdict(scan) <= BRN_VERDICT_KNOWN)
 *         puts("clean");
 */
BRN_API brn_verdict brn_scan_verdict(const brn_scan *scan);

/*
 * True if anything could not be read, whatever else was found.
 *
 *     int status = brn_scan_unreadable(scan) ? 2 : 0;
 */
BRN_API bool brn_scan_unreadable(const brn_scan *scan);

/*
 * The streams, in the order of the file; NULL past the last.
 *
 *     for (size_t i = 0; i < brn_scan_count(scan); i++)
 *         puts(brn_scan_at(scan, i)->where);
 */
BRN_API size_t brn_scan_count(const brn_scan *scan);
BRN_API const brn_scan_stream *brn_scan_at(const brn_scan *scan, size_t index);

/*
 * Bytes of the file.
 *
 *     printf("%" PRIu64 " bytes\n", brn_scan_size(scan));
 */
BRN_API uint64_t brn_scan_size(const brn_scan *scan);

/* ------------------------------------------------------------------------
 * JSON and Python spelling
 * ------------------------------------------------------------------------ */

#define BRN_JSON_LOSSLESS 1u /* every Python type and all sharing, tagged: docs/json.md */
#define BRN_JSON_PRETTY 2u   /* indented by two spaces */

typedef struct brn_json_report {
    uint64_t standins; /* plain mode: values JSON has no spelling for (nan, bytes, objects) */
    uint64_t expanded; /* plain mode: values written again because they are shared */
} brn_json_report;

/*
 * Write a value as JSON to a sink.  Plain mode is for data: tuples and sets become
 * arrays, and what JSON cannot spell gets a readable stand-in, counted in the report.
 * A shared value is written out each time, so plain mode refuses cycles, and
 * more than `max_nodes` values (0: 1,000,000 plus 16 for each value of the document),
 * before the first byte is written.  Long text that is written again counts as one value more
 * for each 64 bytes.
 * Lossless mode loses nothing; its size is linear in the pickle's.
 *
 *     brn_json(doc, brn_root(doc), BRN_JSON_LOSSLESS, 0, sink, ctx, NULL,
 *              &err);
 */
BRN_API brn_code brn_json(const brn_doc *doc, const brn_val *val, uint32_t flags,
                          uint64_t max_nodes, brn_sink_fn sink, void *ctx, brn_json_report *report,
                          brn_error *err);

/*
 * A document from JSON in lossless mode, and so from any JSON that has no keys with a "$" in front: objects
 * are dicts, arrays lists.  Text that brn_json() wrote gives a document that it writes as the same
 * text, but for other ids.  Read is the first value; brn_doc_size() tells where it and the blanks
 * behind it end.  What is wrong has an offset in the text.  max_digits holds for ints in decimal.
 *
 * Memory: at most 64 bytes a byte of text, plus 256 KiB.  The text may go when the document is there.
 *
 *     static const char text[] = "{\"a\": [1, {\"$bytes\": \"AAE=\"}]}";
 *     brn_doc *doc = brn_read_json(text, sizeof text - 1, NULL, NULL, &err);
 */
BRN_API brn_doc *brn_read_json(const void *data, size_t size, const brn_options *options,
                               const brn_alloc *alloc, brn_error *err);

/*
 * The repr() Python prints for a none, bool, int, float, str, bytes, bytearray or Python-2 str
 * value (ints above 4300 digits as hexadecimal), as snprintf would: at most `cap`
 * bytes with the NUL, returning the length of the whole.  0 for other types.
 *
 *     char text[200];
 *     if (brn_repr(val, text, sizeof text) < sizeof text)
 *         puts(text);
 */
BRN_API size_t brn_repr(const brn_val *val, char *buf, size_t cap);

/*
 * The same for text that is not in a document.
 *
 *     char text[200];
 *     brn_repr_text("it's", 4, text, sizeof text); // "it's"
 */
BRN_API size_t brn_repr_text(const char *text, size_t size, char *buf, size_t cap);

/* ------------------------------------------------------------------------
 * Policy: what a pickle may look up, call and change
 * ------------------------------------------------------------------------ */

/*
 * A policy is a list of names and of what may be done with each.  Asked about a document, it answers for
 * every single thing that loading the pickle would do besides making plain data: allowed or not, by the
 * byte offset of the opcode.  Nothing is imported or called to find out.
 *
 *     brn_options options = BRN_OPTIONS_INIT;
 *     options.flags = BRN_TRACE;
 *     brn_doc *doc = brn_read_file("data.pkl", &options, NULL, &err);
 *     brn_policy *policy = brn_policy_new(0, NULL, &err);
 *     brn_policy_allow(policy, "shop.orders:Order", &err);
 *     brn_report *report = brn_policy_check(policy, doc, NULL, NULL, &err);
 *     brn_missing missing;
 *     for (size_t i = 0; brn_report_missing(report, i, &missing); i++)
 *         printf("%s at %s\n", missing.what, missing.path);
 *
 * Without entries of the caller's, a policy allows plain data and value types of the standard
 * library (docs/safe.md lists them), with arguments that they can be called with safely.
 */
typedef struct brn_policy brn_policy;

/* What may be done with a name, or is done by an opcode; bits, to be combined. */
typedef enum brn_grant {
    BRN_GRANT_LOOKUP = 1,    /* the name may be looked up, as a value */
    BRN_GRANT_CALL = 2,      /* it may be called: REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST */
    BRN_GRANT_STATE = 4,     /* its instances may be given state: BUILD */
    BRN_GRANT_APPEND = 8,    /* its instances may be given items: APPEND(S), ADDITEMS */
    BRN_GRANT_SET_ITEMS = 16 /* pairs may be set in its instances: SETITEM(S) */
} brn_grant;

#define BRN_POLICY_EMPTY 1u /* allow nothing but plain data to begin with */

/*
 * A new policy; NULL without memory or with unknown flags.  Later it may be asked by several threads at once.
 *
 *     brn_policy *policy = brn_policy_new(BRN_POLICY_EMPTY, NULL, &err);
 */
BRN_API brn_policy *brn_policy_new(uint32_t flags, const brn_alloc *alloc, brn_error *err);

/*
 * Free a policy; NULL is fine.
 *
 *     brn_policy_free(policy);
 */
BRN_API void brn_policy_free(brn_policy *policy);

/*
 * Allow one name: "module:Qualified.Name" may be looked up, called, and its instances given state.
 * " +append" and " +set_items" behind it allow these as well; " +lookup" alone allows nothing more than that.
 * The name is exact: not a module, not a beginning, and no part of it may be a dunder.
 * `entry` is a C string, and is copied.
 *
 *     brn_policy_allow(policy, "shop.orders:Order", &err);
 *     brn_policy_allow(policy, "shop.lists:Basket +append", &err);
 */
BRN_API brn_code brn_policy_allow(brn_policy *policy, const char *entry, brn_error *err);

/*
 * Add the reviewed entries for a library: "numpy", "pandas", ...: see brn_policy_preset().
 *
 *     brn_policy_use(policy, "numpy", &err);
 */
BRN_API brn_code brn_policy_use(brn_policy *policy, const char *preset, brn_error *err);

/*
 * The name of the preset with this number, from 0; NULL after the last.
 *
 *     for (size_t i = 0; brn_policy_preset(i); i++)
 *         puts(brn_policy_preset(i));
 */
BRN_API const char *brn_policy_preset(size_t index);

/* What a name in a pickle stands for.  UTF-8, not NUL-terminated. */
typedef struct brn_name {
    const char *module;
    size_t module_size;
    const char *name;
    size_t name_size;
} brn_name;

/*
 * Say what a name means to the loader: names of Python 2, an extension code (then `code` is not 0, and *name is
 * empty), names that were moved.  Change *name to what will be looked up; what it points to must live until
 * brn_policy_check() returns.  An empty module: the loader does not know.  False ends the check
 * with BRN_ERROR_STOPPED.
 */
typedef bool (*brn_resolve_fn)(void *ctx, int protocol, uint32_t code, brn_name *name);

#define BRN_CHECK_EXACT_NAMES 1u /* names of Python 2 are not translated (fix_imports=False) */
#define BRN_CHECK_PERSISTENT 2u /* persistent ids are allowed: the loader has a function for them */
#define BRN_CHECK_BUFFERS 4u    /* out-of-band buffers are allowed: the loader has some */
#define BRN_CHECK_STAND_INS 8u  /* what is missing will be loaded as inert stand-ins */

/*
 * How to ask.  0 means the default in every field.  Initialise with BRN_CHECK_INIT.
 *
 * max_work is counted in steps that hashing and comparing the keys would take in Python, where shared tuples
 * are hashed again for each path to them, and equal hashes are compared one by one.
 */
typedef struct brn_check_options {
    size_t size;            /* sizeof(brn_check_options) */
    uint32_t flags;         /* BRN_CHECK_* */
    brn_resolve_fn resolve; /* NULL: names of Python 2 by a table of our own, no extension codes */
    void *resolve_ctx;
    uint64_t max_memory; /* bytes the check may take; default unlimited */
    uint64_t max_result; /* bytes that the values would take in Python; default unlimited */
    uint64_t max_work;   /* of hashing keys; default 10,000,000 and 64 a byte of pickle */
} brn_check_options;

#define BRN_CHECK_INIT                                    \
    {                                                     \
        sizeof(brn_check_options), 0, NULL, NULL, 0, 0, 0 \
    }

typedef struct brn_report brn_report;

/*
 * Ask a policy about a document that was read with BRN_TRACE.  NULL with an error if the question could
 * not be answered, which is no approval.  The report points into the document only for brn_decision.value.
 *
 *     brn_report *report = brn_policy_check(policy, doc, NULL, NULL, &err);
 *     bool safe = brn_report_ruling(report) == BRN_RULING_ALLOWED;
 *     brn_report_free(report);
 */
BRN_API brn_report *brn_policy_check(const brn_policy *policy, const brn_doc *doc,
                                     const brn_check_options *options, const brn_alloc *alloc,
                                     brn_error *err);

/*
 * Free a report; NULL is fine.
 *
 *     brn_report_free(report);
 */
BRN_API void brn_report_free(brn_report *report);

typedef enum brn_ruling {
    BRN_RULING_ALLOWED = 0,
    BRN_RULING_MISSING = 1,   /* not allowed; an entry would allow it */
    BRN_RULING_FORBIDDEN = 2, /* not allowed, and no entry can allow it */
    BRN_RULING_STAND_IN = 3   /* with BRN_CHECK_STAND_INS: missing, to be replaced by a stand-in */
} brn_ruling;

/*
 * The worst ruling of all decisions: ALLOWED, STAND_IN, MISSING, FORBIDDEN.  FORBIDDEN for NULL.
 *
 *     if (brn_report_ruling(report) == BRN_RULING_FORBIDDEN)
 *         puts("no list of names will help");
 */
BRN_API brn_ruling brn_report_ruling(const brn_report *report);

typedef enum brn_reason {
    BRN_REASON_NONE = 0,          /* allowed */
    BRN_REASON_NAME = 1,          /* the name is on no list, or not with this operation */
    BRN_REASON_ARGUMENTS = 2,     /* the name is, but not with such arguments or state */
    BRN_REASON_DUNDER = 3,        /* a name or attribute with two underscores at both ends */
    BRN_REASON_NOT_TEXT = 4,      /* a module or name that is not plain text */
    BRN_REASON_NOT_NAMED = 5,     /* what is called or changed is no name, nor made by one */
    BRN_REASON_STATE_OF_NAME = 6, /* a class or function itself would be given state or items */
    BRN_REASON_EXTENSION = 7,     /* an extension code that is not registered */
    BRN_REASON_PERSISTENT = 8,    /* a persistent id, and no function for it */
    BRN_REASON_BUFFER = 9,        /* an out-of-band buffer, and none were given */
    BRN_REASON_DOTTED = 10        /* a dotted name below protocol 4, which loaders do not follow */
} brn_reason;

/*
 * A reason in words, as a C string: "no entry allows it".
 *
 *     puts(brn_reason_text(decision.reason));
 */
BRN_API const char *brn_reason_text(brn_reason reason);

/* One thing that loading would do. */
typedef struct brn_decision {
    uint64_t offset;     /* of the opcode */
    int opcode;          /* its byte; INST makes two decisions: LOOKUP and CALL */
    brn_grant operation; /* what is done */
    brn_ruling ruling;
    brn_reason reason;
    brn_name name;        /* with what: as the loader will look it up; empty if it has no name */
    uint32_t name_index;  /* a number for the name: the same for the same name */
    bool member;          /* getattr(class, name): only a member of an Enum, if the class is one */
    const brn_val *value; /* what is made or changed */
} brn_decision;

/*
 * The decision with this number, in the order of the opcodes; false after the last.
 *
 *     brn_decision decision;
 *     for (size_t i = 0; i < brn_report_count(report); i++)
 *         if (brn_report_decision(report, i, &decision))
 *             printf("%" PRIu64 "\n", decision.offset);
 */
BRN_API bool brn_report_decision(const brn_report *report, size_t index, brn_decision *decision);
BRN_API size_t brn_report_count(const brn_report *report);

/*
 * How many names the decisions have, and the name with a number below that.
 *
 *     brn_name name;
 *     for (size_t i = 0; i < brn_report_names(report); i++)
 *         if (brn_report_name(report, i, &name))
 *             printf("%.*s\n", (int)name.module_size, name.module);
 */
BRN_API size_t brn_report_names(const brn_report *report);
BRN_API bool brn_report_name(const brn_report *report, size_t index, brn_name *name);

/* A name that is missing, once, with all that is missing of it; or something forbidden. */
typedef struct brn_missing {
    const char *
        entry; /* what brn_policy_allow() would have to be given, as a C string; NULL if forbidden */
    const char *what;  /* the name, or what it is otherwise; a C string */
    uint32_t grants;   /* brn_grant bits */
    brn_reason reason; /* of the first */
    uint64_t offset;   /* of the first opcode that needs it */
    const char *path;  /* to what that makes or changes, as brn_get() spells it; "" for the root */
} brn_missing;

/*
 * What is missing, in order of the opcodes; false after the last.  Valid as long as the report.
 *
 *     brn_missing missing;
 *     for (size_t i = 0; brn_report_missing(report, i, &missing); i++)
 *         if (missing.entry)
 *             brn_policy_allow(policy, missing.entry, &err);
 */
BRN_API bool brn_report_missing(const brn_report *report, size_t index, brn_missing *missing);

#ifdef __cplusplus
}
#endif

#endif /* BRINERY_H */
