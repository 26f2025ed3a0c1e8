/*
 * known_types.h - what loads have found out about classes: whether instances can be made, or be given a state,
 * without asking them.
 *
 * What a class does with arguments and states follows from the class alone, so it is found out once and holds
 * as long as the class does not change: the interpreter gives a class a new version then, and no
 * version twice.  The table is the module's, from one load to the next; it does not keep classes alive, because
 * one that takes the address of another that is gone has another version.  What could change without the class
 * (the code of a function, what it finds in its module) is looked at again.
 *
 * What is known besides belongs to one load: where the names of its states go.  These names are objects of that
 * load, compared by identity.  So a class is in use by one load at a time; another that runs
 * within it has the class do everything itself.
 */
#ifndef BRINERY_KNOWN_TYPES_H
#define BRINERY_KNOWN_TYPES_H

#include "load.h"

#define EXT_MOST_NAMES 30

/* Where the names of a state go, in its order. */
typedef struct ext_name_places {
    size_t count; /* 0: not known yet */
    int failures; /* so often they had no places: a class makes some for the names of its first instance */
    PyObject *names[EXT_MOST_NAMES];
    Py_ssize_t places[EXT_MOST_NAMES];
} ext_name_places;

struct ext_known_type {
    PyTypeObject *type; /* not owned, perhaps dead; NULL if this place is free */
    unsigned version;
    ext_loader *user;     /* the load that this belongs to now, or NULL */
    ext_known_type *next; /* in the list of that load */

    bool finds_plainly;  /* attributes are found as object does, and there is no __setstate__ */
    bool sets_plainly;   /* and set */
    bool has_attributes; /* attributes are inline values, and a state that is a dict is set there */
    bool is_uuid;        /* by name */
    Py_ssize_t fields;   /* of a namedtuple; or -1 */
    PyObject *code_then; /* a weak reference to the code that its __new__ had */
    PyObject
        *function_new; /* what __new__ is, if it is a function: borrowed from the class; or NULL */
    PyObject *function_init; /* the same of __init__ */
    bool is_called_plainly;  /* these are all that cls(...) runs of others */

    /* The load's. */
    Py_ssize_t items;   /* `fields`, if nothing that the code uses has changed; or -1 */
    PyObject *new_code; /* the code; or NULL */
    ext_name_places *attributes;
    ext_name_places *slots;
    int uuids;             /* -1: it is not uuid.UUID; else how many there have been, to 2 */
    PyObject *uuid_method; /* its __setstate__, */
    PyObject *uuid_code;   /* and its code */
    PyObject *uuid_safe;   /* what that puts into the slot is_safe, which is there */
    Py_ssize_t uuid_safe_at;
};

#define EXT_KNOWN_WAYS 8
#define EXT_KNOWN_SETS 64

/* A class has a place in one set, by its address; a new one takes that of another. */
typedef struct ext_known_types {
    ext_known_type sets[EXT_KNOWN_SETS][EXT_KNOWN_WAYS];
    unsigned next_way;
    ext_name_places *spare; /* for the next class whose places are learnt; or NULL */
} ext_known_types;

/* Whether what is known still holds: after foreign code has run. */
BRN_INLINE bool ext_known_holds(const ext_known_type *known)
{
    return known->version != 0 && ext_type_version(known->type) == known->version;
}

/* Empty places, or NULL without memory: an exception is not set. */
ext_name_places *ext_name_places_new(ext_loader *h);
void ext_name_places_forget(ext_name_places *places);

ext_known_type *ext_known_find_slowly(ext_loader *h, PyTypeObject *type);

/* What is known of the class, for this load; NULL if it has to be asked for everything.  Raises nothing. */
BRN_INLINE ext_known_type *ext_known_find(ext_loader *h, PyTypeObject *type)
{
    ext_known_type *last = h->known;
    if (BRN_LIKELY(last && last->type == type && ext_known_holds(last)))
        return last;
    return ext_known_find_slowly(h, type);
}

/* The load has ended: forget what was its own. */
void ext_known_release(ext_loader *h);

void ext_known_types_free(ext_known_types *known);

#endif /* BRINERY_KNOWN_TYPES_H */
