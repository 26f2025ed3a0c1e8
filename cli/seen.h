/*
 * seen.h - which values a tree has shown, so that a second sight of one is a reference.
 *
 * The mark &1 stands where a value is shown first, before anybody knows whether it is met
 * again.  So a tree is laid out twice: the first time over finds what is met twice, the second
 * time it is printed.  Only what is shown is ever looked at.
 */
#ifndef BRINERY_CLI_SEEN_H
#define BRINERY_CLI_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct seen_slot {
    uint32_t id;
    uint32_t number; /* of its mark, 0 if it has none yet */
    uint8_t flags;
} seen_slot;

typedef struct seen {
    seen_slot *slots;
    size_t cap; /* a power of two, or 0 */
    size_t used;
    seen_slot *journal; /* what slots were before they changed */
    size_t journal_size;
    size_t journal_cap;
    uint32_t marks;
    bool printing; /* the second time over */
} seen;

void seen_free(seen *s);

/* Forget everything: the tree is laid out anew. */
void seen_reset(seen *s);

/* From now on the tree is printed: forget what was shown, but not what was met twice. */
void seen_print(seen *s);

typedef struct sight {
    bool again;      /* it was shown before */
    uint32_t number; /* of its mark; 0 if it needs none */
    bool closed;     /* it was shown before, but not opened */
} sight;

/* A value is being shown. */
sight seen_visit(seen *s, uint32_t id);

/* What seen_visit() would answer. */
sight seen_peek(const seen *s, uint32_t id);

/* Its children are not shown here; or, after all, are shown now. */
void seen_close(seen *s, uint32_t id, bool closed);

/* Undo everything since seen_here(). */
typedef struct seen_place {
    size_t journal_size;
    uint32_t marks;
} seen_place;
seen_place seen_here(seen *s);
void seen_back(seen *s, seen_place place);
/* Nothing before this moment will be undone. */
void seen_keep(seen *s);

#endif /* BRINERY_CLI_SEEN_H */
