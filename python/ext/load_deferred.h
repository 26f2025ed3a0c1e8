/*
 * load_deferred.h - memo entries that are made only if somebody asks for them.
 *
 * Picklers store everything: also the tuple of arguments that a call takes apart, and the dict of
 * attributes that an object takes over.  Hardly any pickle fetches these again.  So where the
 * call or the object can be served from the stack, the memo gets the object instead, with a tag that
 * says what its entry would have been, and GET makes that from the object.
 *
 * A tuple's items cannot change any more; attributes can.  So before code runs that is not ours and may have
 * got hold of the object, ext_load_settle() makes the dicts that are still deferred (load.h says which
 * code is given objects of a load: ext_load_share(), ext_load_stay_apart()).  Each is made once, so this
 * is never dearer than to make them at once.  An Unpickler's memo can be looked at, and has no tags.
 */
#ifndef BRINERY_EXT_LOAD_DEFERRED_H
#define BRINERY_EXT_LOAD_DEFERRED_H

#include "load.h"

/* In the lowest bits of the entry; the others are a pointer, which owns a reference to the object. */
typedef enum ext_deferred {
    EXT_DEFERRED_NOT,
    EXT_DEFERRED_ATTRIBUTES, /* the dict that the object's attributes came in */
    EXT_DEFERRED_SLOTS,      /* the dict that its slots came in */
    EXT_DEFERRED_PAIR, /* (None, that dict): instead of a pointer, how many entries before this one it is */
    EXT_DEFERRED_ITEMS, /* a tuple of the items of the object, which is a tuple of another class */
    EXT_DEFERRED_ONE    /* a tuple of one: the object */
} ext_deferred;

#define EXT_DEFERRED_MASK ((uintptr_t)7)

BRN_INLINE ext_deferred ext_deferred_kind(const void *entry)
{
    return (ext_deferred)((uintptr_t)entry & EXT_DEFERRED_MASK);
}

/* What the entry owns a reference to, or NULL; also for an entry that is not deferred. */
BRN_INLINE PyObject *ext_deferred_object(void *entry)
{
    if (BRN_UNLIKELY(ext_deferred_kind(entry) == EXT_DEFERRED_PAIR))
        return NULL;
    return (PyObject *)((uintptr_t)entry & ~EXT_DEFERRED_MASK);
}

BRN_INLINE void *ext_deferred_entry(PyObject *object, ext_deferred kind)
{
    return (void *)((uintptr_t)object | (uintptr_t)kind);
}

/* May this load defer what it stores next?  Then the next index has room in the array. */
bool ext_load_can_defer_slowly(ext_loader *h);

BRN_INLINE bool ext_load_can_defer(ext_loader *h)
{
    const brn_memo *memo = h->memo;
    if (BRN_LIKELY(!h->unpickler && !memo->scattered && memo->sparse_count == 0 &&
                   memo->count < memo->dense_cap))
        return true;
    return ext_load_can_defer_slowly(h);
}

/* Store under the next index, after ext_load_can_defer(): takes over a reference. */
BRN_INLINE void ext_load_defer(ext_loader *h, PyObject *object, ext_deferred kind)
{
    brn_memo *memo = h->memo;
    memo->dense[memo->count++] = ext_deferred_entry(object, kind);
}

/* The pair of None and the dict under that index. */
BRN_INLINE void ext_load_defer_pair(ext_loader *h, uint64_t index)
{
    brn_memo *memo = h->memo;
    uintptr_t back = (uintptr_t)(memo->count - index);
    memo->dense[memo->count++] = (void *)(back << 3 | EXT_DEFERRED_PAIR);
}

/* The same as ext_load_defer() instead of what is under an index now: an empty dict. */
BRN_INLINE void ext_load_defer_at(ext_loader *h, uint64_t index, PyObject *object,
                                  ext_deferred kind)
{
    PyObject *dict = h->memo->dense[index];
    h->memo->dense[index] = ext_deferred_entry(object, kind);
    Py_DECREF(dict);
    if (index < h->deferred_from)
        h->deferred_from = index;
}

/* Make the entry: borrowed, or NULL with an exception. */
PyObject *ext_load_undefer(ext_loader *h, uint64_t index);

#define EXT_NO_INDEX UINT64_MAX
/* How far back an object is looked for: its own items may have been stored since. */
#define EXT_LOOK_BACK 64

/* Where the memo has an object that was stored lately, or EXT_NO_INDEX. */
BRN_INLINE uint64_t ext_load_memo_index(const ext_loader *h, const PyObject *object)
{
    const brn_memo *memo = h->memo;
    uint64_t least = memo->count > EXT_LOOK_BACK ? memo->count - EXT_LOOK_BACK : 0;
    for (uint64_t i = memo->count; i-- > least;) {
        if (memo->dense[i] == object)
            return i;
    }
    return EXT_NO_INDEX;
}

/* ------------------------------------------------------------------------
 * Types whose instances can be made or given a state without asking them: load_known.c
 * ------------------------------------------------------------------------ */

/* The dict that the attributes or slots of an object came in: a new reference. */
PyObject *ext_known_state(ext_loader *h, PyObject *object, ext_deferred kind);

#endif /* BRINERY_EXT_LOAD_DEFERRED_H */
