/*
 * type_table.h - what is known of a type: whether its instances can be saved without being asked.
 *
 * An instance says how it is saved by __reduce_ex__, and nearly all have it from object, which
 * asks for __getstate__, __getnewargs__ and more of the kind.  What the answer would be follows
 * from the type alone, so it is found out once, and holds as long as the type does not change: the
 * interpreter gives a type a new version then, and no version twice.  The table is the module's, from
 * one dump to the next; it does not keep types alive, because a type that takes the address of
 * one that is gone has another version.
 *
 * What can change without the type (what is registered in copyreg, the lists __slotnames__, the code of a
 * function) is looked at again in every epoch of a dump: after foreign code may have run.
 */
#ifndef BRINERY_TYPE_TABLE_H
#define BRINERY_TYPE_TABLE_H

#include "ext.h"

/* How an instance of a type is saved. */
typedef enum ext_type_kind {
    EXT_TYPE_ASKED,    /* in no way known here */
    EXT_TYPE_INSTANCE, /* as object says: its class, then its attributes */
    EXT_TYPE_NAMEDTUPLE,
    EXT_TYPE_TUPLE, /* of a class of its own, which object asks for its items */
    EXT_TYPE_LIST, /* the same; it has no attributes that object knows of but those of its __dict__ */
    EXT_TYPE_DICT,
    EXT_TYPE_DEQUE,
    EXT_TYPE_DEFAULTDICT,
    EXT_TYPE_ORDERED_DICT,
    EXT_TYPE_DATE,
    EXT_TYPE_TIME,
    EXT_TYPE_DATETIME,
    EXT_TYPE_TIMEDELTA,
    EXT_TYPE_DECIMAL,
    EXT_TYPE_UUID,
    EXT_TYPE_ARRAY,
    EXT_TYPE_NUMBER /* of numpy, but not of Python */
} ext_type_kind;

/* In the place of an offset: this name has come before. */
#define EXT_SLOT_LISTED 0

typedef struct ext_slot {
    PyObject *name; /* an object of the list __slotnames__, whose identity the memo will know */
    Py_ssize_t offset;
} ext_slot;

/* What an instance has there: borrowed, or NULL. */
BRN_INLINE PyObject *ext_slot_value(PyObject *object, const ext_slot *slot)
{
    return slot->offset != EXT_SLOT_LISTED ? *(PyObject **)((char *)object + slot->offset) : NULL;
}

/* In the place of the slots of numpy's arrays: what makes them again, how it is told that, and dtype itself. */
enum { EXT_ARRAY_RECONSTRUCT, EXT_ARRAY_CODE, EXT_ARRAY_DTYPE, EXT_ARRAY_SLOTS };

/* In the place of the slots of numpy's numbers: what makes them again, and their dtype. */
enum { EXT_NUMBER_SCALAR, EXT_NUMBER_DTYPE, EXT_NUMBER_SLOTS };

typedef struct ext_type {
    PyTypeObject *type; /* not owned, perhaps dead; NULL if this place is free */
    unsigned version;
    unsigned meta_version;
    ext_type_kind kind;
    bool has_dict;
    bool gives_state; /* asked, but only by its class's __getstate__() */
    size_t slot_count;
    ext_slot *
        slots; /* of a UUID: its int; what is_safe is, and where it is; of arrays and numbers: as above;
                         of a defaultdict: its factory */
    uint64_t stamp; /* of the epoch in which it was looked at last */
} ext_type;

typedef struct ext_type_table {
    ext_type *entries;
    size_t mask; /* of places, one less than a power of two; no entries: 0 */
    size_t used;
    uint64_t clock;       /* the last stamp */
    PyObject *getnewargs; /* the code of every namedtuple's __getnewargs__, once needed */
} ext_type_table;

/* Whether what a type has under a name is what this base of it has: nothing between them has replaced it. */
BRN_INLINE bool ext_inherits(PyTypeObject *type, PyTypeObject *base, PyObject *name)
{
    return _PyType_Lookup(type, name) == _PyType_Lookup(base, name);
}

/*
 * What is known of the type, in the epoch with this stamp; NULL if its instances have to be asked.  Runs no
 * foreign code and raises nothing.  The answer is good until the next call.
 */
const ext_type *ext_type_find(ext_state *state, PyTypeObject *type, uint64_t stamp);

/* Whether it is known already that its instances have to be asked, whatever the epoch. */
bool ext_type_is_asked(const ext_state *state, PyTypeObject *type);

/*
 * What is known of a type of which object.__reduce_ex__ would ask nothing but the state: one whose class gives it,
 * or that has slots and attributes.  NULL if that is not known.
 */
const ext_type *ext_type_with_state(const ext_state *state, PyTypeObject *type);

/* copyreg.__newobj__, by which instances are made, borrowed; NULL if copyreg is not as the interpreter has made it. */
PyObject *ext_copyreg_newobj(const ext_state *state);

/* Whether copyreg has a function for the type, or that cannot be found out. */
bool ext_is_registered(const ext_state *state, PyTypeObject *type);

/* Where instances have a slot; -1 if the name is not simply one, that can be read and, if so wanted, set. */
Py_ssize_t ext_slot_offset(PyTypeObject *type, PyObject *name, bool writable);

/* A stamp for a new epoch; 0 if there is no memory for the table. */
uint64_t ext_type_stamp(ext_state *state);

void ext_type_table_release(ext_type_table *table);

#endif /* BRINERY_TYPE_TABLE_H */
