/*
 * save.h - what the files of the writing half share: the saver, its frames, and how they call each other.
 *
 * Nothing here recurses over the user's objects.  Saving an object either writes it at once
 * (atoms, what the memo has, empty containers) or pushes a frame, "this list from item i on",
 * "this reduce tuple, stage k", onto a stack on the heap, and the loop in
 * save.c runs the topmost frame's step function until the stack is empty.  A step
 * function goes on until it meets an object that pushed a frame of its own; what it needs
 * to go on later it has put into its frame before.
 *
 *     ext_save...()   0: written.  1: a frame was pushed.  -1: an exception is set.
 *     step functions  0: this frame is done.  1, -1: as above.
 *
 * Some know simple cases only, and say EXT_NOT_DIRECT of others: nothing has happened.
 *
 * Frames own what they name.  They move when the stack grows: a step function that calls
 * ext_save may use its frame again only if the answer was 0, because then none was pushed.
 */
#ifndef BRINERY_SAVE_H
#define BRINERY_SAVE_H

#include "ext.h"
#include "machine/emit.h"
#include "memo_log.h"
#include "type_table.h"

#if defined(__GNUC__)
#define EXT_FALLTHROUGH __attribute__((fallthrough))
#else
#define EXT_FALLTHROUGH ((void)0)
#endif

/* How deep objects may be nested unless the caller says so: this many containers. */
#define EXT_MAX_DEPTH 10000000

#define EXT_NOT_DIRECT 2

typedef enum ext_frame_kind {
    EXT_FRAME_LIST,       /* list: protocol 1 and later */
    EXT_FRAME_LIST_ITEMS, /* items of an iterator: list in protocol 0, or of a reduce tuple */
    EXT_FRAME_DICT,
    EXT_FRAME_DICT_ITEMS,
    EXT_FRAME_TUPLE,
    EXT_FRAME_SET,
    EXT_FRAME_FROZENSET,
    EXT_FRAME_REDUCE,
    EXT_FRAME_INSTANCE,
    EXT_FRAME_GLOBAL,
    EXT_FRAME_PERSID,
    EXT_FRAME_KINDS
} ext_frame_kind;

/* What the members mean is said where each kind is pushed. */
typedef struct ext_frame {
    PyObject *object;
    PyObject *source;
    PyObject *pending;
    PyObject *next;
    Py_ssize_t index;
    Py_ssize_t size;
    Py_ssize_t done; /* items of the batches before this one */
    uint16_t count;
    uint8_t kind;
    uint8_t stage;
    uint8_t flags;
} ext_frame;

/*
 * Flags.  The frame has to tell fast mode that it is done; what failed is the frame itself, none of
 * its items; it is of what a reducer answered.
 */
#define EXT_FRAME_FAST 0x80
#define EXT_FRAME_ITSELF 0x40
#define EXT_FRAME_ANSWER 0x20
/* What is saved was found to be unique when saver->epoch was frame->size; of what is memoized after its items. */
#define EXT_FRAME_UNIQUE 0x10
/* Of a tuple: it vouches for its items, of that epoch. */
#define EXT_FRAME_VOUCHES 0x08

/* Stages of the frames of dicts that others ask about: what is being saved. */
#define EXT_STAGE_KEY 4
#define EXT_STAGE_VALUE 5

#define EXT_FIRST_FRAMES 12
#define EXT_MANY_FRAMES 512
#define EXT_FIRST_BYTES 4096

typedef struct ext_saver {
    brn_emitter out;  /* first: its functions find the saver by it */
    PyObject *bytes;  /* what `out` writes into, ... */
    uint8_t *scratch; /* ... or this, if that is NULL; if both are, it is `first_bytes` */
    bool lost;        /* no memory for what was written: no more is taken */
    ext_state *state;
    ext_memo memo;
    ext_log log;
    bool optimistic; /* the log is used: the memo is nobody else's, and there are no hooks */
    bool circular;   /* a tuple was met within itself */

    ext_frame *frames;
    size_t depth;
    size_t frames_cap;
    size_t weight; /* of all frames: what max_depth bounds */
    size_t max_depth;
    uint64_t epoch; /* how often foreign code may have run */
    struct {
        uint64_t epoch; /* the one of which the rest is known */
        uint64_t stamp;
        bool allowed;         /* objects need not be asked how they are saved */
        const ext_type *last; /* the type met last, if it was one of those */
        const void *dtype; /* that of the array met last, if it can be written and is in the memo */
    } direct;

    PyObject *write;           /* NULL: dumps */
    PyObject *persistent_id;   /* NULL: none */
    PyObject *persistent_self; /* borrowed; what persistent_id is to be bound to, or NULL */
    PyObject *dispatch_table;  /* NULL: copyreg's */
    PyObject *reducer_override;
    PyObject *buffer_callback;

    int fast;
    int fast_nesting;
    PyObject *fast_memo;
    int fix_imports;

    PyObject *culprit;    /* the object whose saving failed, or NULL */
    PyObject *unanswered; /* the object whose reducer's answer was refused: a note names it */

    /* So that small pickles allocate nothing but their result. */
    ext_frame *first_frames;
    uint8_t *first_bytes;
} ext_saver;

/* ------------------------------------------------------------------------
 * save.c: the loop and the frames
 * ------------------------------------------------------------------------ */

/*
 * Write one pickle.  Without saver->write the answer is its bytes, otherwise None.  The
 * memo stays; everything else that belongs to one dump is gone afterwards, in success and failure.
 */
PyObject *ext_saver_run(ext_saver *saver, PyObject *object);

/* To be called when persistent_id, `fast` or out.binary has changed. */
void ext_saver_reconsider(ext_saver *saver);

/* Any object, from persistent_id on; `asked` says that persistent_id has been. */
int ext_save(ext_saver *saver, PyObject *object, bool asked);

/*
 * An item of a container, by the container's reference, where save_quick.h gave up.  `vouched` says that
 * the container is visited once, so that the item may be found to be unique.
 */
int ext_save_item(ext_saver *saver, PyObject *object, bool vouched);
/* The same where the caller has taken a reference after it asked ext_is_unique(). */
int ext_save_held(ext_saver *saver, PyObject *object, bool unique);

/* A frame that owns a new reference to `object` (which may be NULL); NULL and an exception. */
ext_frame *ext_push(ext_saver *saver, ext_frame_kind kind, PyObject *object);
/* The topmost frame is done: 0, or -1 and an exception. */
int ext_pop(ext_saver *saver);
/* Remember in a new frame whether its object is unique, ... */
BRN_INLINE void ext_frame_note_unique(const ext_saver *saver, ext_frame *frame, bool unique)
{
    frame->flags |= unique ? EXT_FRAME_UNIQUE : 0;
    frame->size = (Py_ssize_t)saver->epoch;
}

/* ... and whether it still is, and so vouches for its items. */
BRN_INLINE bool ext_frame_is_unique(const ext_saver *saver, const ext_frame *frame)
{
    return frame->flags & EXT_FRAME_UNIQUE && frame->size == (Py_ssize_t)saver->epoch;
}

/* Whether ext_push would refuse frames of this weight; that of a container is 1. */
BRN_INLINE bool ext_is_too_deep(const ext_saver *saver, size_t weight)
{
    return saver->weight + weight > saver->max_depth;
}

typedef int (*ext_step)(ext_saver *saver, ext_frame *frame);

/* Give an object its number, and write that. */
int ext_memoize(ext_saver *saver, PyObject *object);

/*
 * Of an item just found in its container: whether the container's is the only reference to it.  Such an
 * item cannot be met again, nor have been met before (memo_log.h says why): it is not looked up, and its
 * number goes to the log.  This holds until foreign code runs.
 */
BRN_INLINE bool ext_is_unique(const ext_saver *saver, PyObject *object)
{
    return Py_REFCNT(object) == 1 && saver->optimistic;
}

/* Give a number to an object that was found to be unique, and write that. */
int ext_memoize_unique(ext_saver *saver, PyObject *object);
/* The same for the __dict__ of a unique instance, which may not have been made yet. */
int ext_memoize_attributes(ext_saver *saver, PyObject *instance);
/* The same for what was never made, and so will never be asked for. */
int ext_memoize_nothing(ext_saver *saver);

/* ext_memoize_unique or ext_memoize. */
BRN_INLINE int ext_memoize_as(ext_saver *saver, PyObject *object, bool unique)
{
    return unique ? ext_memoize_unique(saver, object) : ext_memoize(saver, object);
}

/* The next number. */
BRN_INLINE Py_ssize_t ext_next_number(const ext_saver *saver)
{
    return saver->optimistic ? ext_log_next(&saver->log) : (Py_ssize_t)saver->memo.used;
}

/*
 * To be called before anything that can run foreign code, allocating what the collector tracks
 * included: what was found out about references and types until now may be wrong after it, so the log goes
 * into the memo, and saver->epoch changes.  -1 and MemoryError.
 */
BRN_INLINE int ext_before_foreign(ext_saver *saver)
{
    saver->epoch++;
    return saver->log.end == saver->log.base ? 0 : ext_log_promote(&saver->log, &saver->memo);
}

/*
 * Give back a reference, which may be NULL, to what was saved.  If it is the last one, what is in the log would
 * die with the object; -1 and MemoryError.
 */
BRN_INLINE int ext_give_back(ext_saver *saver, PyObject *object)
{
    if (!object)
        return 0;
    int result = Py_REFCNT(object) == 1 ? ext_before_foreign(saver) : 0;
    Py_DECREF(object);
    return result;
}

/* Write the number an object has. */
int ext_save_get(ext_saver *saver, Py_ssize_t index);

/* The emitter's answer as ours: its functions set the exception. */
BRN_INLINE int ext_done(bool emitted)
{
    return emitted ? 0 : -1;
}

BRN_INLINE int ext_op(ext_saver *saver, uint8_t op)
{
    return ext_done(brn_emit_op(&saver->out, op));
}

/* ------------------------------------------------------------------------
 * save_atoms.c
 * ------------------------------------------------------------------------ */

int ext_save_long(ext_saver *saver, PyObject *object);
int ext_save_str(ext_saver *saver, PyObject *object, bool unique);
int ext_save_bytes(ext_saver *saver, PyObject *object, bool unique);
int ext_save_bytearray(ext_saver *saver, PyObject *object, bool unique);
int ext_save_picklebuffer(ext_saver *saver, PyObject *object);

/* ------------------------------------------------------------------------
 * save_containers.c
 * ------------------------------------------------------------------------ */

/* `unique` as ext_is_unique() says. */
int ext_save_list(ext_saver *saver, PyObject *list, bool unique);
int ext_save_dict(ext_saver *saver, PyObject *dict, bool unique);
int ext_save_tuple(ext_saver *saver, PyObject *tuple, bool unique);
int ext_save_set(ext_saver *saver, PyObject *set, bool unique);
int ext_save_frozenset(ext_saver *saver, PyObject *set, bool unique);

/*
 * What an iterator gives, for the list or dict on top of the stack, which is `object`.  If all has been written, there
 * was a frame meanwhile: others may have moved.
 */
int ext_save_list_items(ext_saver *saver, PyObject *object, PyObject *iterator);
int ext_save_dict_items(ext_saver *saver, PyObject *object, PyObject *iterator);

/*
 * The same of what an iterator would give, whose items are at hand: of a list or dict of any class, which has at most
 * BRN_EMIT_BATCH items, or a deque.  It is on top of the stack and memoized, and its iterator is the one that the
 * interpreter's own types have.
 */
int ext_save_items_of_list(ext_saver *saver, PyObject *list);
int ext_save_items_of_dict(ext_saver *saver, PyObject *dict);
int ext_save_items_of_deque(ext_saver *saver, PyObject *deque);

/* iter(object), while the collector cannot put anything else in. */
PyObject *ext_make_iterator(PyObject *object);

/* A dict has another size than when its frame began. */
int ext_fail_changed_dict(ext_frame *frame);

int ext_step_list(ext_saver *saver, ext_frame *frame);
int ext_step_list_items(ext_saver *saver, ext_frame *frame);
int ext_step_dict(ext_saver *saver, ext_frame *frame);
int ext_step_dict_items(ext_saver *saver, ext_frame *frame);
int ext_step_tuple(ext_saver *saver, ext_frame *frame);
/* The items of a tuple of any class, from frame->index on; 0: all have been written. */
int ext_step_tuple_items(ext_saver *saver, ext_frame *frame);
int ext_step_set(ext_saver *saver, ext_frame *frame);
int ext_step_frozenset(ext_saver *saver, ext_frame *frame);

/* Fast mode has no memo, so a container that contains itself is found by counting. */
int ext_fast_enter(ext_saver *saver, PyObject *object);
int ext_fast_leave(ext_saver *saver, PyObject *object);

/* ------------------------------------------------------------------------
 * save_global.c, save_reduce.c
 * ------------------------------------------------------------------------ */

/* `name` is what a reducer answered, or NULL for the object's own. */
int ext_save_global(ext_saver *saver, PyObject *object, PyObject *name);
int ext_step_global(ext_saver *saver, ext_frame *frame);

/* Write a class or function by its name, if it is simply found under it; or EXT_NOT_DIRECT. */
int ext_save_simple_global(ext_saver *saver, PyObject *object);
/* Whether it would, or has been written before. */
bool ext_is_simple_global(ext_saver *saver, PyObject *object);

/* Everything that is not built in. */
int ext_save_other(ext_saver *saver, PyObject *object);
/* A reduce tuple; `object` is NULL if what it makes has no identity to keep. */
int ext_save_reduce(ext_saver *saver, PyObject *tuple, PyObject *object);
/* The same of a tuple just made, NULL after an error; the reference is taken. */
int ext_save_made(ext_saver *saver, PyObject *tuple, PyObject *object);
int ext_step_reduce(ext_saver *saver, ext_frame *frame);

/* What a frame of a reduce tuple counts for. */
#define EXT_REDUCE_WEIGHT 8

/* How the call of a reduce frame is spelt, in its flags. */
#define EXT_SPELLING 0x07
enum { EXT_REDUCE_CALL, EXT_REDUCE_NEWOBJ, EXT_REDUCE_NEWOBJ_EX, EXT_REDUCE_PARTIAL };

/* Which part of a reduce tuple its frame is at. */
typedef enum ext_reduce_part_kind {
    EXT_PART_OTHER,
    EXT_PART_CALLABLE,
    EXT_PART_CLASS,
    EXT_PART_ARGUMENTS,
    EXT_PART_NEW_ARGUMENTS,
    EXT_PART_KEYWORDS,
    EXT_PART_STATE,
    EXT_PART_SETTER
} ext_reduce_part_kind;

ext_reduce_part_kind ext_reduce_part(const ext_frame *frame);

/* ------------------------------------------------------------------------
 * save_direct.c, save_instance.c, save_state.c, save_array.c, save_values.c
 * ------------------------------------------------------------------------ */

/*
 * An object that is not built in, if it is known without asking it what it would answer.  `unique` as
 * ext_is_unique() says.
 */
int ext_save_direct(ext_saver *saver, PyObject *object, bool unique);
/* The same of a type that is known, in an epoch that has begun. */
int ext_save_known(ext_saver *saver, PyObject *object, const ext_type *known, bool unique);

/*
 * Whether an item that the memo has not is of the type that was met last, and so may be given to ext_save_known()
 * without a reference.
 */
BRN_INLINE bool ext_is_like_last(const ext_saver *saver, PyObject *object)
{
    const ext_type *last = saver->direct.last;
    return last && Py_IS_TYPE(object, last->type) && saver->direct.epoch == saver->epoch &&
           saver->out.pos < saver->out.quick && !saver->write;
}

/* The class of an instance, if that is simple; or EXT_NOT_DIRECT. */
int ext_save_class(ext_saver *saver, PyTypeObject *type);

/* What a frame of an instance counts for, as one of __reduce__ does. */
#define EXT_INSTANCE_WEIGHT 8

/* Whether attributes of the instance itself may be in the way of its class's __reduce_ex__ or __getstate__. */
bool ext_may_have_hook(const ext_state *state, PyObject *object);

/*
 * What object.__reduce_ex__ would answer for the object, if only the state had to be found out: 1 and a new reference,
 * 0 if it is not so, -1 and an exception.  May run foreign code.
 */
int ext_ask_for_state(ext_saver *saver, PyObject *object, PyObject **answer);

int ext_save_instance(ext_saver *saver, PyObject *object, const ext_type *known, bool unique);
int ext_save_namedtuple(ext_saver *saver, PyObject *object, const ext_type *known, bool unique);
int ext_step_instance(ext_saver *saver, ext_frame *frame);

/* What the frame of an instance is at. */
typedef enum ext_instance_part {
    EXT_INSTANCE_DICT,  /* to save the __dict__, ... */
    EXT_INSTANCE_BUILD, /* ... which is being saved */
    EXT_INSTANCE_ATTRIBUTES,
    EXT_INSTANCE_SLOTS,
    EXT_INSTANCE_ITEMS, /* of a namedtuple, ... */
    EXT_INSTANCE_TUPLE, /* ... of another tuple */
    EXT_INSTANCE_ARRAY  /* the dtype of an array */
} ext_instance_part;

/* Arrays of numpy. */
int ext_save_array(ext_saver *saver, PyObject *array, const ext_type *known, bool unique);
int ext_step_array(ext_saver *saver, ext_frame *frame);

/* Instances of subclasses of list and dict, deques, defaultdicts. */
int ext_save_collection(ext_saver *saver, PyObject *object, const ext_type *known, bool unique);
/*
 * What object.__reduce_ex__ would answer for its state, if it has no slots: 1, and a new reference to its __dict__, or NULL
 * if that is empty or none; 0: it has to be asked; -1 and an exception.
 */
int ext_find_state(ext_saver *saver, PyObject *object, const ext_type *known, PyObject **dict);
/* The frame that gives it back, and holds it until then; the reference is taken, NULL after an error. */
ext_frame *ext_push_state(ext_saver *saver, PyObject *object, PyObject *dict);

/* Dates, times, decimals. */
int ext_save_value(ext_saver *saver, PyObject *object, const ext_type *known, bool unique);

#endif /* BRINERY_SAVE_H */
