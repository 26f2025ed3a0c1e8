/*
 * walk.h - the way of a scan through a file: parts, and the parts in them.
 *
 * A part is bytes and the name of where they lie.  Looking at one may bring others to light: members of an
 * archive, what compressed bytes hold, payloads that look like pickles.  They go onto a stack, not
 * into a recursion: how deep things are nested is up to who wrote the file.
 */
#ifndef BRN_WALK_H
#define BRN_WALK_H

#include "hiding.h"
#include "report.h"

/* Bytes that were unpacked, held by the parts that lie in them. */
typedef struct brn_block {
    size_t parts;
    uint8_t *data;
    size_t room;
} brn_block;

typedef struct brn_scan_part {
    const uint8_t *data;
    size_t size;
    brn_block *block; /* NULL: the bytes are the caller's */
    const char *where;
    brn_hiding how;      /* encoded: still to be decoded, */
    brn_packing packing; /* or unpacked */
    uint32_t depth;
    bool hidden;   /* in a payload: what turns out to be harmless is not mentioned */
    bool named;    /* like a pickle: it has to be one */
    bool raw;      /* a member that is not: a tensor's bytes may begin like one, by chance */
    bool searched; /* a pickle is looked for everywhere in it, not at its beginning alone */
    bool shared;   /* other parts lie in the same bytes: together they get little room */
    bool checked;  /* it holds `whole` bytes with this checksum */
    uint64_t whole;
    uint32_t crc;
} brn_scan_part;

typedef struct brn_walk {
    brn_scan *scan;
    brn_memory *memory;
    brn_trace trace;
    brn_scan_options options; /* effective */
    brn_scan_part *parts;     /* a stack */
    size_t count;
    size_t cap;
    uint64_t inflated; /* bytes that have been unpacked, in all, */
    uint64_t shared;   /* and of parts that share their bytes */
    uint64_t members;  /* of archives, in all */
    brn_search search; /* bytes of attempts to find a pickle where none begins */
} brn_walk;

/* The functions below answer false only without memory. */

/* Note a part; what is nested too deep is reported instead. */
bool brn_walk_push(brn_walk *walk, const brn_scan_part *part);

/* What was pushed since the stack had `from` parts shall be looked at in the order it was pushed in. */
void brn_walk_order(brn_walk *walk, size_t from);

/* A part inside of `of`: `where` is put behind its parent's with a `!` between them.  Without data yet. */
bool brn_walk_inside(brn_walk *walk, const brn_scan_part *of, const char *where,
                     brn_scan_part *part);

/* True if a file of this name should be a pickle. */
bool brn_walk_named(const char *name, size_t size);

/* The pickles of a part, one behind the other, what follows them, and what hides in them (pickles.c). */
bool brn_walk_pickles(brn_walk *walk, const brn_scan_part *part);

/*
 * Look for a pickle where none begins, from `from` on (pickles.c).  *found says whether there was one.
 */
bool brn_walk_search(brn_walk *walk, const brn_scan_part *part, size_t from, bool *found);

/*
 * Make a part that is packed the bytes it holds, and check them; what is wrong is reported.  The size is 0 then
 * if nothing can be read (containers.c).
 */
bool brn_walk_unpack(brn_walk *walk, brn_scan_part *part);

/* Give back what was unpacked, if no part needs it any more. */
void brn_walk_release(brn_walk *walk, brn_block *block);

/* Open a container, compressed bytes or an array; *opened: the part was one (containers.c). */
bool brn_walk_container(brn_walk *walk, const brn_scan_part *part, bool *opened);

#endif /* BRN_WALK_H */
