/*
 * arenas.h - huge pages for the objects of a large load.
 *
 * What a large load costs is, before all, the system clearing fresh pages: the interpreter's allocator takes memory
 * in arenas of 1 MB, gives every empty one back, and touches each page of the next one for the first time
 * again.  In huge pages that is four times cheaper, but an arena is half of one.  So while a load
 * makes objects, the interpreter's own hook for this (PyObject_SetArenaAllocator) gets arenas from here: halves of
 * huge pages.  They are what the interpreter would have mapped, and it unmaps them itself.
 *
 * The hook is the process's, so nobody else may find it changed: it is put back before foreign code runs, and not
 * touched where somebody else has set it, or where other interpreters run meanwhile.  A load that asks
 * for one has objects enough: half a huge page is cleared sooner than as many small ones, and what is not used of it
 * is given back.  Only the first arenas of a load from a file are left alone, as it may be short.
 *
 * A system may also be slow to give a huge page: where memory is scattered and things have to be moved, or where a
 * virtual machine has given just such pages back to its host.  So each is timed, and those that are slow
 * are paid by what others save, or there are none for a while.
 */
#ifndef BRINERY_ARENAS_H
#define BRINERY_ARENAS_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/* A part of the module's state; all zero at first. */
typedef struct ext_arenas {
    PyObjectArenaAllocator own; /* the interpreter's, once it has been looked at */
    bool looked_at;
    bool entered;        /* the hook is ours */
    char *spare;         /* the rest of a huge page, or NULL */
    unsigned left_alone; /* arenas that are still to come from the interpreter itself */
    int64_t lost; /* by huge pages that were slow, less what others have saved: nanoseconds */
} ext_arenas;

/* Smaller pickles hardly need an arena. */
#define EXT_ARENAS_INPUT ((size_t)64 * 1024)

/* A load of so many bytes, if that is known, or 0, begins; false: it does without, and nothing else is to be called. */
bool ext_arenas_begin(ext_arenas *arenas, size_t input);
void ext_arenas_end(ext_arenas *arenas);

/* Between the two: only data is made from now on; foreign code may run again. */
void ext_arenas_enter(ext_arenas *arenas);
void ext_arenas_leave(ext_arenas *arenas);

#endif /* BRINERY_ARENAS_H */
