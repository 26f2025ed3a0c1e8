/*
 * memo_log.h - the numbers of objects that nothing will ask for: a memo that need not be one yet.
 *
 * What a dump costs is, before all, a hash insert for each object.  An object whose only reference is the container
 * it was found in needs none: it cannot be met twice.  So it is appended to this log, which
 * says by its place which number it has, and only if foreign code is about to run, which
 * could bring the object back by ways of its own, does the log go into the memo (that is
 * exact, because until then nobody can have had the object).  Nothing here owns its objects: they
 * live as long as their containers do, and what may end a container's life counts as foreign code.
 *
 * Why a single reference is enough to know: whoever else could lead to the object would hold
 * another one.  This needs the container to be visited once, and containers are, because they
 * are memoized (or are unique themselves) before their items are visited; a tuple, which is memoized after
 * its items, is marked as open in the memo meanwhile, and vouches for them until it is met again.  And it needs the reference to be the container's own: keys
 * in a table that several dicts share are looked up.
 */
#ifndef BRINERY_MEMO_LOG_H
#define BRINERY_MEMO_LOG_H

#include "memo_table.h"

#define EXT_FIRST_LOG 64

typedef struct ext_log {
    uintptr_t *base; /* objects in the order of their numbers; 0 where the memo has the object */
    uintptr_t *end;
    uintptr_t *limit;
    uintptr_t *lent;  /* where it begins, before it needs memory of its own */
    Py_ssize_t first; /* the number of the first */
    ext_save_scratch *scratch;
} ext_log;

/* This bit says that not the object was written, but its __dict__, which may not have been made. */
#define EXT_LOG_ATTRIBUTES ((uintptr_t)1)

/* `room` is of EXT_FIRST_LOG entries, and the caller's. */
BRN_INLINE void ext_log_begin(ext_log *log, uintptr_t *room, ext_save_scratch *scratch)
{
    *log = (ext_log){
        .base = room, .end = room, .limit = room + EXT_FIRST_LOG, .lent = room, .scratch = scratch};
}

/* Drop what is in it. */
void ext_log_end(ext_log *log);

/* The next number. */
BRN_INLINE Py_ssize_t ext_log_next(const ext_log *log)
{
    return log->first + (log->end - log->base);
}

/* -1 and MemoryError. */
int ext_log_grow(ext_log *log);

/* Room for one more; false and no exception if there is none without asking for memory. */
BRN_INLINE bool ext_log_has_room(const ext_log *log)
{
    return BRN_LIKELY(log->end < log->limit);
}

/* Take the next number; -1 and MemoryError. */
BRN_INLINE int ext_log_append(ext_log *log, uintptr_t entry)
{
    if (!ext_log_has_room(log) && ext_log_grow(log) < 0)
        return -1;
    *log->end++ = entry;
    return 0;
}

/* Put everything into the memo; -1 and an exception. */
int ext_log_promote(ext_log *log, ext_memo *memo);

#endif /* BRINERY_MEMO_LOG_H */
