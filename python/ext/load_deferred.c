/*
 * load_deferred.c - the memo's deferred entries: storing them, and making what they stand for.
 */
#include "load_deferred.h"

bool ext_load_can_defer_slowly(ext_loader *h)
{
    brn_memo *memo = h->memo;
    if (h->unpickler || memo->scattered || memo->sparse_count > 0)
        return false;
    /* Make room, and leave no trace. */
    if (!brn_memo_put(memo, h->memo_memory, memo->count, Py_None))
        return false;
    memo->dense[--memo->count] = NULL;
    return true;
}

static PyObject *keep(ext_loader *h, uint64_t index, PyObject *made)
{
    if (made) {
        PyObject *object = ext_deferred_object(h->memo->dense[index]);
        h->memo->dense[index] = made;
        Py_XDECREF(object);
    }
    return made;
}

/* An entry that is made from its object. */
static PyObject *undefer_object(ext_loader *h, uint64_t index)
{
    void *entry = h->memo->dense[index];
    PyObject *object = ext_deferred_object(entry);
    ext_deferred kind = ext_deferred_kind(entry);
    switch (kind) {
    case EXT_DEFERRED_ITEMS:
        return keep(h, index, PyTuple_GetSlice(object, 0, PyTuple_GET_SIZE(object)));
    case EXT_DEFERRED_ONE: return keep(h, index, PyTuple_Pack(1, object));
    default: return keep(h, index, ext_known_state(h, object, kind));
    }
}

PyObject *ext_load_undefer(ext_loader *h, uint64_t index)
{
    if (ext_deferred_kind(h->memo->dense[index]) != EXT_DEFERRED_PAIR)
        return undefer_object(h, index);
    /* Nobody has replaced the dict: memo_put() settles before it replaces anything. */
    uint64_t at = index - ((uintptr_t)h->memo->dense[index] >> 3);
    PyObject *slots = h->memo->dense[at];
    if (ext_deferred_kind(slots) != EXT_DEFERRED_NOT)
        slots = undefer_object(h, at);
    return keep(h, index, slots ? PyTuple_Pack(2, Py_None, slots) : NULL);
}

void ext_load_settle(ext_loader *h)
{
    const brn_memo *memo = h->memo;
    uint64_t end = memo->count < memo->dense_cap ? memo->count : memo->dense_cap;
    uint64_t first_left = EXT_NOTHING_DEFERRED;
    for (uint64_t i = h->deferred_from; i < end; i++) {
        ext_deferred kind = ext_deferred_kind(memo->dense[i]);
        if (kind == EXT_DEFERRED_NOT || kind == EXT_DEFERRED_ITEMS || kind == EXT_DEFERRED_ONE)
            continue;
        /* Without memory it stays deferred. */
        if (!ext_load_undefer(h, i)) {
            PyErr_Clear();
            first_left = i;
            break;
        }
    }
    h->deferred_from = first_left;
}
