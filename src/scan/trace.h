/*
 * trace.h - what loading a pickle would do, found out without doing it.
 *
 * A host of the machine (trace.c) that follows names, calls and their arguments, and nothing else.
 * Documents would not do: what a broken pickle has done before it breaks counts, because a loader
 * would have done it, and a document exists only of a whole pickle.  And a scan has to be fast on large
 * files: a plain value is nothing but the place of its opcode, which takes no memory and can be looked
 * at again when an argument has to be shown.
 */
#ifndef BRN_TRACE_H
#define BRN_TRACE_H

#include "../machine/hooks.h"
#include "names.h"
#include "store.h"

typedef enum brn_node_kind {
    BRN_NODE_TUPLE,
    BRN_NODE_LIST,
    BRN_NODE_SET,
    BRN_NODE_FROZENSET,
    BRN_NODE_DICT,
    BRN_NODE_NAME,
    BRN_NODE_RESULT, /* of a call: `name` is what was called */
    BRN_NODE_FOREIGN /* persistent ids, extensions, buffers: `name` is NULL */
} brn_node_kind;

/*
 * A value on the stack: a node, or the place of an opcode that made plain data, by two bits that are zero in a pointer: the
 * lower one stands for a place, the other for one that makes a dear key.
 */
typedef struct brn_node brn_node;
typedef struct brn_traced brn_traced;

struct brn_node {
    uint8_t kind;
    uint8_t shown;    /* items kept: the first ones */
    uint8_t room;     /* places in `items` */
    uint64_t count;   /* items in all; of a dict keys and values */
    brn_traced *name; /* of a name or result, or NULL */
    brn_node **items; /* of a result: its arguments, and the state if there is one */
};

/* A name the pickle uses, however often. */
struct brn_traced {
    const uint8_t *module;
    size_t module_size;
    const uint8_t *text;
    size_t size;
    uint64_t hash;
    brn_judgement ruling;
    uint32_t last[BRN_USES]; /* the last finding of each use, counted from 1 */
    uint32_t calls;          /* findings that are calls */
    brn_node node;           /* the name as a value, */
    brn_node result;         /* and what calling it makes, where arguments need not be kept */
};

/* One use, or several that are alike. */
typedef struct brn_trace_finding {
    brn_traced *name;
    brn_use use;
    brn_verdict verdict;
    const char *reason;    /* instead of the ruling's, or NULL */
    const char *arguments; /* C string, or NULL */
    uint64_t offset;
    uint64_t count;
} brn_trace_finding;

/* What kind of hiding place a payload is: hiding.h. */
typedef struct brn_payload {
    size_t offset; /* from the start of the pickle */
    size_t size;
    uint8_t how; /* brn_hiding */
} brn_payload;

/* Bytes between the opcodes that are none: an array that a joblib wrapper stands before. */
typedef struct brn_trace_gap {
    size_t offset; /* from the start of the pickle */
    size_t size;
} brn_trace_gap;

typedef struct brn_trace {
    BRN_MACHINE(brn_node *) m;
    brn_memo memo;
    const uint8_t *base; /* of the pickle */
    brn_store store;     /* nodes, names, text: of one pickle */
    size_t max_detail;   /* bytes of nodes; beyond them arguments are not kept */
    brn_traced **names;  /* a hash table, open addressing */
    size_t name_cap;
    size_t name_count;
    brn_trace_finding *findings;
    size_t finding_count;
    size_t finding_cap;
    size_t max_findings;
    uint64_t omitted;
    brn_payload *payloads;
    size_t payload_count;
    size_t payload_cap;
    brn_trace_gap *gaps; /* in order */
    size_t gap_count;
    size_t gap_cap;
    uint64_t persistent_ids;
    uint64_t buffers;
    brn_verdict verdict; /* of the findings */
    bool new_names;      /* names were used that nobody has reviewed */
    bool has_names;      /* a name was looked up, or an extension */
    bool spelled;   /* a name was that could be one: others, and extensions, are met by chance */
    bool dear_keys; /* hashing keys may take long */
    bool beyond_payloads; /* more payloads than are remembered */
    brn_node foreign;
    /* of the last run: */
    size_t size; /* bytes read, to STOP or to where it failed */
    brn_error err;
} brn_trace;

void brn_trace_init(brn_trace *trace, brn_memory *memory, const brn_options *options,
                    size_t max_findings);
void brn_trace_free(brn_trace *trace);

/*
 * Run the pickle at `data`.  What it does is in `trace` afterwards, also if it fails; the next run
 * forgets it.  Frames that other loaders would not mind are passed over, after the failure has been
 * noted in trace->err.
 */
brn_code brn_trace_run(brn_trace *trace, const void *data, size_t size);

/* Add a finding, unknown, about what was found out elsewhere; `category` may be "".  False without memory. */
bool brn_trace_tell(brn_trace *trace, const char *title, const char *category, const char *reason,
                    uint64_t offset);

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

/* The node of a value; NULL if it is plain data. */
BRN_INLINE brn_node *brn_node_of(brn_node *value)
{
    return (uintptr_t)value & 1 ? NULL : value;
}

/* The opcode that made plain data. */
BRN_INLINE const uint8_t *brn_node_opcode(const brn_trace *trace, const brn_node *value)
{
    return trace->base + ((uintptr_t)value >> 2);
}

/* Hashing it may take long: as long as its items take, or it has one that many others can have. */
BRN_INLINE bool brn_node_is_dear_key(const brn_node *value)
{
    uintptr_t bits = (uintptr_t)value & 3;
    return bits != 1 &&
           (bits == 3 || value->kind == BRN_NODE_TUPLE || value->kind == BRN_NODE_FROZENSET);
}

/*
 * The text or bytes of a value; escapes are undone in the trace's store.  False if it is none.  `bytes` says
 * whether bytes will do.
 */
bool brn_node_text(brn_trace *trace, brn_node *value, bool bytes, const uint8_t **text,
                   size_t *size);

/* The number of a value that is an int below 2^63; false if it is none. */
bool brn_node_int(const brn_trace *trace, brn_node *value, int64_t *number);

/* ------------------------------------------------------------------------
 * Arguments (arguments.c)
 * ------------------------------------------------------------------------ */

/*
 * A value as Python would print it, as far as it was kept and in 200 bytes, as C string in the store.
 * `bare` leaves out the parentheses of a tuple.  NULL without memory.
 */
const char *brn_trace_spell(brn_trace *trace, brn_node *value, bool bare);

/*
 * How many bytes of an array follow a joblib wrapper with this state at `next`, the padding included.
 * *nested: a pickle follows instead.  False if that cannot be told.
 */
bool brn_trace_array(brn_trace *trace, brn_node *state, const uint8_t *next, uint64_t *bytes,
                     bool *nested);

#endif /* BRN_TRACE_H */
