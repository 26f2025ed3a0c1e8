/*
 * policy.h - what the files of this room share: entries, names, the check at work.
 *
 *   policy.c    the policy: tables of entries that are compiled in, and the caller's own
 *   names.c     names: what Python 2 called them, each of them once
 *   check.c     the decisions, one for each row of a document's trace
 *   schema.c    what arguments and states of known callees have to look like
 *   standard.c  those of the standard library that take more than text to describe
 *   arrays.c    those of numpy, and what is made of its arrays
 *   nesting.c   how deep arrays and dtypes lie in each other
 *   size.c      how much memory the values would take in Python
 *   work.c      what hashing the keys would cost there
 *   hashes.c    the hashes of numbers there
 *   locate.c    paths to what was refused
 *   report.c    the report
 *
 * A check walks the trace: what the machine would do, in the order in which it would do it.  What each call makes is
 * noted as "an instance of this name", which is all that later rows and schemas ask about it.  Nothing of the
 * document is believed beyond that: a value whose callee is not allowed is not allowed to be anything.
 */
#ifndef BRN_POLICY_H
#define BRN_POLICY_H

#include "../graph/document.h"
#include "../graph/names.h"

/* How a callee's arguments say what is called, or what it makes. */
typedef enum brn_rule {
    BRN_RULE_PLAIN, /* it makes an instance of itself */
    BRN_RULE_NEW,   /* the same, by NEWOBJ and what stands for it: its __init__() is not run */
    BRN_RULE_NEW_KEYWORDS, /* the same, and its __new__() ignores the keywords of NEWOBJ_EX */
    BRN_RULE_OF_FIRST,     /* an instance of its first argument, which is an allowed class */
    BRN_RULE_NEW_OF_FIRST, /* the same: calls it with the other arguments */
    BRN_RULE_NEW_OF_TUPLE, /* the same: calls it with the second argument, a tuple, and a dict that is empty */
    BRN_RULE_GETATTR /* an attribute, by name, of an allowed class */
} brn_rule;

/*
 * An entry that is compiled in.  NULL for `call` or `state`: anything.  Schemas are explained in schema.c.
 */
typedef struct brn_entry {
    const char *module;
    const char *name;
    uint32_t grants;
    brn_rule rule;
    const char *call;
    const char *state;
} brn_entry;

/* Entries in the order of brn_entry_order(). */
typedef struct brn_table {
    const char *name; /* of the preset; NULL for the defaults */
    const brn_entry *entries;
    size_t count;
} brn_table;

extern const brn_table brn_default_table;
extern const brn_table brn_preset_tables[];
extern const size_t brn_preset_count;

/* An entry of the caller's: module and name stand one behind the other. */
typedef struct brn_own_entry {
    char *text;
    size_t module_size;
    size_t name_size;
    uint32_t grants;
} brn_own_entry;

#define BRN_MOST_PRESETS 32

struct brn_policy {
    brn_memory memory;
    brn_own_entry *own; /* in order */
    size_t own_count;
    size_t own_cap;
    const brn_table *tables[BRN_MOST_PRESETS + 1];
    size_t table_count;
};

/* The caller's entry for a name, and that of table `index`; NULL without one. */
const brn_own_entry *brn_policy_own(const brn_policy *policy, const brn_name *name);
const brn_entry *brn_table_find(const brn_table *table, const brn_name *name);

/* A part between dots that begins and ends with two underscores. */
bool brn_name_is_dunder(const char *name, size_t size);

/* ------------------------------------------------------------------------
 * Names, each once
 * ------------------------------------------------------------------------ */

#define BRN_NO_NAME UINT32_MAX

typedef struct brn_name_row {
    brn_name name; /* one block: module and name */
    uint32_t hash;
} brn_name_row;

typedef struct brn_name_list {
    brn_name_row *rows;
    size_t count;
    size_t cap;
    uint32_t *slots; /* index + 1, 0 in a free one; a power of two */
    size_t slot_count;
    uint64_t seed;
} brn_name_list;

/* The number of a name, which is copied if it is new; BRN_NO_NAME without memory. */
uint32_t brn_names_add(brn_name_list *names, brn_memory *memory, const brn_name *name);
void brn_names_free(brn_name_list *names, brn_memory *memory);

/* ------------------------------------------------------------------------
 * The report
 * ------------------------------------------------------------------------ */

typedef struct brn_decided {
    uint64_t offset;
    uint32_t name; /* or BRN_NO_NAME */
    uint32_t value;
    uint8_t opcode;
    uint8_t operation;
    uint8_t ruling;
    uint8_t reason; /* | BRN_DECIDED_MEMBER */
} brn_decided;

#define BRN_DECIDED_MEMBER 0x80u

typedef struct brn_missing_row {
    brn_missing missing;
    uint32_t name;
    uint32_t value;
    bool forbidden;
    char *text; /* what, and behind it the entry */
    size_t text_size;
    char *path; /* BRN_PATH_SIZE bytes, or NULL */
} brn_missing_row;

struct brn_report {
    brn_memory memory;
    const brn_doc *doc;
    brn_name_list names;
    brn_decided *decided;
    size_t count;
    size_t cap;
    brn_missing_row *missing;
    size_t missing_count;
    size_t missing_cap;
    brn_ruling worst;
};

/* Collect what is missing from the decisions; false without memory. */
bool brn_report_finish(brn_report *report);

/* Write the paths to the values of the rows; false without memory. */
bool brn_locate(const brn_doc *doc, brn_memory *memory, brn_missing_row *rows, size_t count);

/* ------------------------------------------------------------------------
 * The check at work
 * ------------------------------------------------------------------------ */

/* What a value is known to be, by id. */
#define BRN_MADE_NAME 0x80000000u   /* the name itself, else an instance of it */
#define BRN_MADE_BAD 0x40000000u    /* not allowed */
#define BRN_MADE_NUMBER 0x3fffffffu /* the name's number + 1; 0: nothing known */

/* What checks keep beside. */
typedef struct brn_notes {
    uint64_t left; /* steps: see brn_spend() */
    bool overspent;
    uint32_t open_arrays; /* inside of others before they had a state */
    uint8_t *nesting;     /* by id, of arrays and dtypes that have a state; or NULL */
} brn_notes;

typedef struct brn_checker {
    const brn_policy *policy;
    const brn_doc *doc;
    const brn_check_options *options; /* effective */
    brn_report *report;
    brn_memory *memory;
    uint32_t *made;
    brn_notes *notes;
    brn_error *err;
    brn_code code;
} brn_checker;

/*
 * Checks that look into values take steps, and thousands of calls can be given the same value: what they take
 * together is paid from max_work.  False if that is spent: the check ends with BRN_ERROR_POLICY_WORK.
 */
bool brn_spend(const brn_checker *c, uint64_t steps);

/* The name that a value is, or is an instance of, if that is allowed; NULL otherwise. */
const brn_name *brn_named(const brn_checker *c, const brn_val *val);
const brn_name *brn_instance_of(const brn_checker *c, const brn_val *val);

/* Is it this one? */
bool brn_name_is(const brn_name *name, const char *module, const char *text);

/*
 * Does a value look as a schema says?  `subject` is the call whose arguments or state it is.
 */
bool brn_schema_matches(const brn_checker *c, const char *schema, const brn_val *subject,
                        const brn_val *val);

/*
 * The bytes that a value is: bytes, a str of Python 2, or what protocols 0 to 2 spell them as, a call of _codecs.encode.
 * `data` is NULL for those, whose size is all that can be said without making them.
 */
bool brn_bytes_like(const brn_checker *c, const brn_val *val, const uint8_t **data, size_t *size);

/* A check that a schema names: %name.  Each file has a table of its own, which a row without a name ends. */
typedef bool (*brn_schema_fn)(const brn_checker *c, const brn_val *subject, const brn_val *val);
typedef struct brn_schema_check {
    const char *name;
    brn_schema_fn matches;
} brn_schema_check;
extern const brn_schema_check brn_standard_checks[];
extern const brn_schema_check brn_array_checks[];
extern const brn_schema_check brn_model_checks[];
extern const brn_schema_check brn_pandas_checks[];
extern const brn_schema_check brn_scipy_checks[];
extern const brn_schema_check brn_torch_checks[];

/* Note that an array or dtype gets its state; false if others lie too deep in it, or without memory. */
bool brn_note_nesting(brn_checker *c, const brn_val *val, const brn_val *state);

/* The hash that Python gives to a number; false for others. */
bool brn_hash_of_number(const brn_val *val, uint64_t seed, uint64_t *hash);

/*
 * The hash of a number that a call makes: of those whose hash is not that of what they are made from.  0 where it cannot be told:
 * then it counts as one that all others have, too.
 */
bool brn_hash_of_call(const brn_checker *c, const brn_val *val, uint64_t seed, uint64_t *hash);

/* The steps that compiling a pattern takes, at most. */
uint64_t brn_pattern_steps(const brn_checker *c, const brn_val *pattern);

/* The steps that hashing and comparing keys takes in Python; false with BRN_ERROR_POLICY_WORK or _MEMORY. */
bool brn_check_work(brn_checker *c);

/* About how many bytes the values take in Python; false with BRN_ERROR_POLICY_MEMORY. */
bool brn_check_size(brn_checker *c);

#endif /* BRN_POLICY_H */
