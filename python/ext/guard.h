/*
 * guard.h - loading what a policy has approved, and nothing else: the second pass of safe_loads().
 *
 * The first pass has decided about every name, call and change of these very bytes, in the order in which the machine meets
 * them.  The second runs the same machine over the same bytes with the list of approvals beside it: each such
 * opcode has to be the next one on the list, by its offset and by what it does.  Names are not looked up any
 * more: what each of them is was found before anything was built.
 *
 * Whatever does not agree is an error, and ends the load.
 */
#ifndef BRINERY_EXT_GUARD_H
#define BRINERY_EXT_GUARD_H

#include "load.h"

/* What an approval allows its opcode to do. */
typedef enum ext_approved {
    EXT_APPROVED_LOOKUP = 1,   /* take the object as the name's */
    EXT_APPROVED_CALL = 2,     /* call what is on the stack */
    EXT_APPROVED_STAND_IN = 3, /* call the object, a stand-in's class, instead */
    EXT_APPROVED_CHANGE = 4,   /* change what is on the stack */
    EXT_APPROVED_OUTSIDE = 5   /* a persistent id, or an out-of-band buffer */
} ext_approved;

typedef struct ext_approval {
    uint64_t offset;
    uint32_t object; /* place in the tuple of objects */
    uint32_t approved;
} ext_approval;

struct ext_guard {
    const ext_approval *rows;
    size_t count;
    size_t next;
    PyObject *objects; /* a tuple, borrowed */
};

/*
 * The hooks of a guarded load: as those of load.h that they stand before.  `next` decides; NULL and false with an exception.
 */
PyObject *ext_guard_name(ext_loader *h, PyObject *module, PyObject *name);
PyObject *ext_guard_reduce(ext_loader *h, PyObject *callee, PyObject *args);
PyObject *ext_guard_newobj(ext_loader *h, PyObject *cls, PyObject *args, PyObject *kwargs);
PyObject *ext_guard_obj(ext_loader *h, PyObject **items, size_t count);
PyObject *ext_guard_inst(ext_loader *h, PyObject **items, size_t count);
bool ext_guard_build(ext_loader *h, PyObject *object, PyObject *state);

/* Whether a persistent id or buffer is approved. */
bool ext_guard_outside(ext_loader *h);

/*
 * Whether items may be added to a container: if it is an exact `plain`, or approved.  Otherwise the items are
 * released, and the machine left.
 */
bool ext_guard_fill(ext_loader *h, PyObject *container, const PyTypeObject *plain, PyObject **items,
                    size_t count);

/* Slots may not be dunders: with an exception, false. */
bool ext_guard_slots(const ext_loader *h, PyObject *slots);

#endif /* BRINERY_EXT_GUARD_H */
