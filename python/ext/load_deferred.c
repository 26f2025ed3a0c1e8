/*
 * load_deferred.c - the memo's deferred entries: storing them, and making what they stand for.
 */
#include "load_deferred.h"

/* How far back a dict is looked for: its own items may have been stored since. */
#define LOOK_BACK 64

bool ext_load_can_defer(ext_loader *h)
{
    brn_memo *memo = h->memo;
    if (h->unpickler || memo->scattered || memo->sparse_count > 0)
        return false;
    if (BRN_LIKELY(memo->count < memo->dense_cap))
        return true;
    /* Make room, and leave no trace. */
    if (!brn_memo_put(memo, h->m.memory, memo->count, Py_None))
        return false;
    memo->dense[--memo->count] = NULL;
    return true;
}

void ext_load_defer(ext_loader *h, PyObject *object, ext_deferred kind)
{
    brn_memo *memo = h->memo;
    memo->dense[memo->count++] = ext_deferred_entry(object, kind);
}

void ext_load_defer_pair(ext_loader *h, uint64_t index)
{
    brn_memo *memo = h->memo;
    uintptr_t back = (uintptr_t)(memo->count - index);
    memo->dense[memo->count++] = (void *)(back << 3 | EXT_DEFERRED_PAIR);
}

void ext_load_defer_at(ext_loader *h, uint64_t index, PyObject *object, ext_deferred kind)
{
    PyObject *dict = h->memo->dense[index];
    h->memo->dense[index] = ext_deferred_entry(object, kind);
    Py_DECREF(dict);
    if (index < h->deferred_from)
        h->deferred_from = index;
}

uint64_t ext_load_memo_index(const ext_loader *h, const PyObject *object)
{
    const brn_memo *memo = h->memo;
    uint64_t least = memo->count > LOOK_BACK ? memo->count - LOOK_BACK : 0;
    for (uint64_t i = memo->count; i-- > least;) {
        if (memo->dense[i] == object)
            return i;
    }
    return EXT_NO_INDEX;
}

/* Nobody has replaced the dict: memo_put() settles before it replaces anything. */
static PyObject *make_pair(ext_loader *h, uint64_t index)
{
    uint64_t at = index - ((uintptr_t)h->memo->dense[index] >> 3);
    PyObject *slots = h->memo->dense[at];
    if (ext_deferred_kind(slots) != EXT_DEFERRED_NOT)
        slots = ext_load_undefer(h, at);
    return slots ? PyTuple_Pack(2, Py_None, slots) : NULL;
}

static PyObject *make_entry(ext_loader *h, uint64_t index, PyObject *object, ext_deferred kind)
{
    switch (kind) {
    case EXT_DEFERRED_PAIR: return make_pair(h, index);
    case EXT_DEFERRED_ITEMS: return PyTuple_GetSlice(object, 0, PyTuple_GET_SIZE(object));
    case EXT_DEFERRED_ONE: return PyTuple_Pack(1, object);
    default: return ext_known_state(h, object, kind);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): a pair's dict is not a pair
PyObject *ext_load_undefer(ext_loader *h, uint64_t index)
{
    void *entry = h->memo->dense[index];
    PyObject *object = ext_deferred_object(entry);
    PyObject *made = make_entry(h, index, object, ext_deferred_kind(entry));
    if (made) {
        h->memo->dense[index] = made;
        Py_XDECREF(object);
    }
    return made;
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
