/*
 * brinery.h - read Python pickles without Python.
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
 *              without checks between them.
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

/* The version of the library that is linked in, as a C string. */
BRN_API const char *brn_version(void);

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

typedef struct brn_error {
    brn_code code;
    /* The byte of the opcode at work, or -1. */
    int opcode;
    /* Of that opcode, in bytes from the start of the pickle; for BRN_ERROR_PATH_*, in the path. */
    uint64_t offset;
    /* C string, one line, without offset and path. */
    char message[BRN_MESSAGE_SIZE];
    /* C string: the value being built, as brn_get() spells it; "" at the top or without values. */
    char path[BRN_PATH_SIZE];
} brn_error;

/* The name of a code without its prefix, e.g. "TRUNCATED"; "UNKNOWN" if there is none. */
BRN_API const char *brn_code_name(brn_code code);

/* One sentence about a code: what happened, in general. */
BRN_API const char *brn_code_help(brn_code code);

/* Walk the codes: the code after `code` in numerical order, BRN_OK after the last. */
BRN_API brn_code brn_code_next(brn_code code);

/*
 * Write the whole error as one line, as snprintf would: at most `cap` bytes
 * with the NUL, returning the length the whole text has.
 *     error 45 (ODD_ITEMS) at byte 17, opcode SETITEMS, in ['a'][0]: ...
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
 */
BRN_API bool brn_input_open(brn_input *input, const char *path, const brn_options *options,
                            const brn_alloc *alloc, brn_error *err);

/* Give the bytes back.  A zeroed or closed brn_input is fine. */
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
 */
BRN_API brn_stream *brn_stream_open(brn_read_fn read, void *ctx, const brn_options *options,
                                    const brn_alloc *alloc, brn_error *err);
BRN_API void brn_stream_close(brn_stream *stream);

/* Bytes of the stream consumed so far: where the next pickle begins. */
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
 */
BRN_API brn_doc *brn_read(const void *data, size_t size, const brn_options *options,
                          const brn_alloc *alloc, brn_error *err);

/* Read the first pickle of a file.  `path` is a C string. */
BRN_API brn_doc *brn_read_file(const char *path, const brn_options *options, const brn_alloc *alloc,
                               brn_error *err);

/*
 * Read the next pickle of a stream; the document outlives the stream.  At the
 * clean end of the stream the answer is NULL with BRN_ERROR_EMPTY.  A stream that has failed
 * inside a pickle stays failed, because nobody knows where the next one begins: each
 * further read answers the same error.  What only a document refuses (types, keys, max_values,
 * max_work) leaves the stream before that pickle, which brn_events_stream() can pass.
 */
BRN_API brn_doc *brn_read_stream(brn_stream *stream, brn_error *err);

/* Free a document and all its values; NULL is fine. */
BRN_API void brn_free(brn_doc *doc);

/* The value the pickle holds. */
BRN_API const brn_val *brn_root(const brn_doc *doc);

/* Bytes of the pickle, its STOP included. */
BRN_API size_t brn_doc_size(const brn_doc *doc);

/* The highest protocol named by a PROTO opcode; 0 if there is none (protocols 0 and 1). */
BRN_API int brn_doc_protocol(const brn_doc *doc);

/* Bytes taken from the allocator for the document, its copy of the input included. */
BRN_API size_t brn_doc_memory(const brn_doc *doc);

/*
 * The number of values.  Ids run from 0 to this number less one, in the order in which
 * the machine made them; None, True, False and () have one id each however often they
 * occur.  Some ids belong to values the root cannot reach.
 */
BRN_API uint32_t brn_doc_count(const brn_doc *doc);

/* The value with this id, or NULL. */
BRN_API const brn_val *brn_doc_value(const brn_doc *doc, uint32_t id);

/*
 * How many values brn_changed_later() is true of.  0 for nearly every pickle.
 */
BRN_API uint32_t brn_doc_changed_later(const brn_doc *doc);

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

BRN_API brn_type brn_typeof(const brn_val *val);

/* "none", "bool", "int", ... as a C string; "nothing" for BRN_NOTHING. BRN_BIGINT is "int". */
BRN_API const char *brn_type_name(brn_type type);

/*
 * The dense number of a value in its document.  The same pointer here is the same
 * object in Python.  (The reverse holds for all that the machine shares; a
 * global that the pickle names twice is two values here and one class there.)
 */
BRN_API uint32_t brn_id(const brn_val *val);

/*
 * True if this value was changed after a call had been given it, itself or
 * inside its arguments: the callee saw the value in an earlier state than the
 * document shows.  What is inside the arguments is looked up when the whole pickle has been
 * read: a value that came in only after the call may be meant as well, and one that a later pair
 * with the same key has put out is not found there any more.
 */
BRN_API bool brn_changed_later(const brn_val *val);

BRN_API bool brn_is_none(const brn_val *val);
BRN_API bool brn_bool(const brn_val *val);    /* the value of a BRN_BOOL, else false */
BRN_API int64_t brn_int(const brn_val *val);  /* of a BRN_INT or BRN_BOOL, else 0 */
BRN_API double brn_float(const brn_val *val); /* of a BRN_FLOAT, else 0 */

/* The value of a BRN_FLOAT, BRN_INT or BRN_BOOL as double (rounded to nearest), else 0. */
BRN_API double brn_number(const brn_val *val);

/*
 * The bytes of a BRN_BIGINT: two's complement, least significant first, the
 * shortest that hold it.  *size gets their number.
 */
BRN_API const uint8_t *brn_bigint(const brn_val *val, size_t *size);
BRN_API bool brn_bigint_negative(const brn_val *val);

/* The UTF-8 of a BRN_STR.  Lone surrogates are three bytes each: see brn_str_flags(). */
BRN_API const char *brn_str(const brn_val *val, size_t *size);

#define BRN_STR_ASCII 1u      /* ASCII only */
#define BRN_STR_SURROGATES 2u /* holds surrogates: not valid UTF-8 for other readers */

BRN_API uint32_t brn_str_flags(const brn_val *val);

/* True if `val` is a BRN_STR, or an ASCII BRN_PY2STR, equal to this C string. */
BRN_API bool brn_str_is(const brn_val *val, const char *text);

/* The bytes of a BRN_BYTES, BRN_BYTEARRAY, BRN_PY2STR or BRN_STR. */
BRN_API const uint8_t *brn_bytes(const brn_val *val, size_t *size);

/*
 * Items of a list, tuple, set or frozenset; pairs of a dict; bytes of a text or bytes
 * value; else 0.
 */
BRN_API size_t brn_size(const brn_val *val);

/* Item of a list or tuple, or element of a set in the order of the stream. */
BRN_API const brn_val *brn_at(const brn_val *val, size_t index);

/* Key and value of a dict, in insertion order. */
BRN_API const brn_val *brn_key_at(const brn_val *dict, size_t index);
BRN_API const brn_val *brn_value_at(const brn_val *dict, size_t index);

/* The value under a str key given as a C string, or as text with a length. */
BRN_API const brn_val *brn_dict_get(const brn_val *dict, const char *key);
BRN_API const brn_val *brn_dict_getn(const brn_val *dict, const char *key, size_t size);

/*
 * The value under a key of this or another document, by Python's equality (1 == 1.0 == True).
 * Tuples and frozensets are looked for one key after another, all others by their hash.
 */
BRN_API const brn_val *brn_dict_get_val(const brn_val *dict, const brn_val *key);

/* Global: module and qualified name, BRN_STR in nearly every pickle, else what made them. */
BRN_API const brn_val *brn_global_module(const brn_val *val);
BRN_API const brn_val *brn_global_name(const brn_val *val);
BRN_API bool brn_global_is(const brn_val *val, const char *module, const char *name);

/* What is called, or the class of an object: mostly a BRN_GLOBAL. */
BRN_API const brn_val *brn_callee(const brn_val *val);
BRN_API const brn_val *brn_args(const brn_val *val);   /* mostly a BRN_TUPLE, always present */
BRN_API const brn_val *brn_kwargs(const brn_val *val); /* of NEWOBJ_EX, else NULL */

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
    BRN_OP_ADD = 4     /* ADDITEMS: a BRN_LIST of the elements */
} brn_op;

BRN_API size_t brn_op_count(const brn_val *val);
BRN_API brn_op brn_op_at(const brn_val *val, size_t index, const brn_val **value);

BRN_API const brn_val *brn_persid(const brn_val *val); /* the identifier of a BRN_PERSID */
BRN_API uint32_t brn_ext_code(const brn_val *val);     /* the code of a BRN_EXT */
BRN_API uint32_t brn_buffer_index(const brn_val *val); /* which NEXT_BUFFER, from 0 */
BRN_API bool brn_buffer_readonly(const brn_val *val);

/* An iterator over the items of a list, tuple or set, or the pairs of a dict. */
typedef struct brn_iter {
    const brn_val *container;
    size_t index;
} brn_iter;

BRN_API brn_iter brn_iterate(const brn_val *container);
/* The next item (of a dict: key), NULL after the last. */
BRN_API const brn_val *brn_next(brn_iter *iter);
/* The next pair of a dict; false after the last. */
BRN_API bool brn_next_pair(brn_iter *iter, const brn_val **key, const brn_val **value);

/*
 * The attribute of an instance by name (C string): looked up in the states it was
 * given, the last first: a dict, or a (dict, slots) pair as object.__reduce_ex__(2) makes.
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
 *
 * On objects, [..] looks into the appended items and the set pairs.  The empty
 * path is `root`.  NULL with BRN_ERROR_PATH_ABSENT or BRN_ERROR_PATH_SYNTAX if
 * it leads nowhere.  `path` is a C string.
 */
BRN_API const brn_val *brn_get(const brn_val *root, const char *path);
BRN_API const brn_val *brn_get_err(const brn_val *root, const char *path, brn_error *err);

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
 */
BRN_API brn_code brn_events(const void *data, size_t size, const brn_options *options,
                            const brn_alloc *alloc, brn_event_fn fn, void *ctx, size_t *pickle_size,
                            brn_error *err);

/*
 * The same over the next pickle of a stream.  With an allocator from brn_pool_init()
 * this needs no more memory than the pool, however long the pickle: payloads
 * longer than the window arrive in pieces.  A failed stream stays failed, as in
 * brn_read_stream(); so does one whose callback has asked to stop.
 */
BRN_API brn_code brn_events_stream(brn_stream *stream, brn_event_fn fn, void *ctx, brn_error *err);

/* The length in bytes of the pickle at `data`, or 0 with an error. */
BRN_API size_t brn_measure(const void *data, size_t size, brn_error *err);

/* Facts about one opcode.  NULL if the byte is none. */
typedef struct brn_opcode_info {
    const char *name;
    const char *help; /* one sentence */
    int opcode;
    int protocol; /* that introduced it */
} brn_opcode_info;
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

BRN_API brn_code brn_statistics(const void *data, size_t size, const brn_options *options,
                                const brn_alloc *alloc, brn_stats *stats, brn_error *err);

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

/* "data", "known", ...; "critical", ...; "lookup", "call", ...: C strings. */
BRN_API const char *brn_verdict_name(brn_verdict verdict);
BRN_API const char *brn_severity_name(brn_severity severity);
BRN_API const char *brn_use_name(brn_use use);

/* One use of a name; what is repeated is counted.  All text is C strings of printable UTF-8. */
typedef struct brn_finding {
    brn_verdict verdict;
    brn_severity severity; /* of a dangerous one */
    brn_use use;
    const char *module;
    const char *name;      /* qualified, as the pickle has it */
    const char *category;  /* "code execution", "file", ...; "" if it is not dangerous */
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

/* "gzip", ...: a C string. */
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
 *         printf("%s\n", brn_verdict_name(brn_scan_at(scan, i)->verdict));
 *     brn_scan_free(scan);
 */
BRN_API brn_scan *brn_scan_bytes(const void *data, size_t size, const char *name,
                                 const brn_scan_options *options, const brn_alloc *alloc,
                                 brn_error *err);
BRN_API brn_scan *brn_scan_file(const char *path, const brn_scan_options *options,
                                const brn_alloc *alloc, brn_error *err);
BRN_API void brn_scan_free(brn_scan *scan);

/* The worst of all streams; BRN_VERDICT_NONE if there is no pickle. */
BRN_API brn_verdict brn_scan_verdict(const brn_scan *scan);

/* True if anything could not be read, whatever else was found. */
BRN_API bool brn_scan_unreadable(const brn_scan *scan);

/* The streams, in the order of the file; NULL past the last. */
BRN_API size_t brn_scan_count(const brn_scan *scan);
BRN_API const brn_scan_stream *brn_scan_at(const brn_scan *scan, size_t index);

/* Bytes of the file. */
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
 */
BRN_API brn_code brn_json(const brn_doc *doc, const brn_val *val, uint32_t flags,
                          uint64_t max_nodes, brn_sink_fn sink, void *ctx, brn_json_report *report,
                          brn_error *err);

/*
 * The repr() Python prints for a none, bool, int, float, str, bytes, bytearray or Python-2 str
 * value (ints above 4300 digits as hexadecimal), as snprintf would: at most `cap`
 * bytes with the NUL, returning the length of the whole.  0 for other types.
 */
BRN_API size_t brn_repr(const brn_val *val, char *buf, size_t cap);

/* The same for text that is not in a document. */
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

/* A new policy; NULL without memory or with unknown flags.  Later it may be asked by several threads at once. */
BRN_API brn_policy *brn_policy_new(uint32_t flags, const brn_alloc *alloc, brn_error *err);

/* Free a policy; NULL is fine. */
BRN_API void brn_policy_free(brn_policy *policy);

/*
 * Allow one name: "module:Qualified.Name" may be looked up, called, and its instances given state.
 * " +append" and " +set_items" behind it allow these as well; " +lookup" alone allows nothing more than that.
 * The name is exact: not a module, not a beginning, and no part of it may be a dunder.
 * `entry` is a C string, and is copied.
 */
BRN_API brn_code brn_policy_allow(brn_policy *policy, const char *entry, brn_error *err);

/* Add the reviewed entries for a library: "numpy", "pandas", ...: see brn_policy_preset(). */
BRN_API brn_code brn_policy_use(brn_policy *policy, const char *preset, brn_error *err);

/* The name of the preset with this number, from 0; NULL after the last. */
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
 */
BRN_API brn_report *brn_policy_check(const brn_policy *policy, const brn_doc *doc,
                                     const brn_check_options *options, const brn_alloc *alloc,
                                     brn_error *err);

/* Free a report; NULL is fine. */
BRN_API void brn_report_free(brn_report *report);

typedef enum brn_ruling {
    BRN_RULING_ALLOWED = 0,
    BRN_RULING_MISSING = 1,   /* not allowed; an entry would allow it */
    BRN_RULING_FORBIDDEN = 2, /* not allowed, and no entry can allow it */
    BRN_RULING_STAND_IN = 3   /* with BRN_CHECK_STAND_INS: missing, to be replaced by a stand-in */
} brn_ruling;

/* The worst ruling of all decisions: ALLOWED, STAND_IN, MISSING, FORBIDDEN.  FORBIDDEN for NULL. */
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

/* A reason in words, as a C string: "no entry allows it". */
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

/* The decision with this number, in the order of the opcodes; false after the last. */
BRN_API bool brn_report_decision(const brn_report *report, size_t index, brn_decision *decision);
BRN_API size_t brn_report_count(const brn_report *report);

/* How many names the decisions have, and the name with a number below that. */
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

/* What is missing, in order of the opcodes; false after the last.  Valid as long as the report. */
BRN_API bool brn_report_missing(const brn_report *report, size_t index, brn_missing *missing);

#ifdef __cplusplus
}
#endif

#endif /* BRINERY_H */
