/*
 * memo_log.c - growing the log, and moving it into the memo.
 */
#include "memo_log.h"

static void move_to(ext_log *log, uintptr_t *base, size_t used, size_t cap)
{
    log->base = base;
    log->end = base + used;
    log->limit = base + cap;
}

int ext_log_grow(ext_log *log)
{
    ext_save_scratch *scratch = log->scratch;
    size_t used = (size_t)(log->end - log->base);
    size_t cap = used * 4;
    uintptr_t *base = log->base == log->lent ? NULL : log->base;
    if (!base && scratch->log) {
        base = scratch->log;
        cap = scratch->log_cap;
        scratch->log = NULL;
    } else if (cap > PY_SSIZE_T_MAX / sizeof *base ||
               !(base = PyMem_Realloc(base, cap * sizeof *base))) {
        PyErr_NoMemory();
        return -1;
    }
    if (log->base == log->lent)
        memcpy(base, log->lent, used * sizeof *base);
    move_to(log, base, used, cap);
    return 0;
}

void ext_log_end(ext_log *log)
{
    ext_save_scratch *scratch = log->scratch;
    size_t cap = (size_t)(log->limit - log->base);
    if (log->base != log->lent) {
        if (!scratch->log && cap <= EXT_SCRATCH_LOG) {
            scratch->log = log->base;
            scratch->log_cap = cap;
        } else {
            PyMem_Free(log->base);
        }
    }
    move_to(log, log->lent, 0, EXT_FIRST_LOG);
}

/*
 * First what is there already: this runs nothing, and from then on everything has an owner.  1 if there is more
 * than that.
 */
static int promote_objects(const ext_log *log, ext_memo *memo)
{
    Py_ssize_t number = log->first;
    int more = 0;
    for (const uintptr_t *entry = log->base; entry < log->end; entry++, number++) {
        if (*entry & EXT_LOG_ATTRIBUTES)
            more = 1;
        else if (*entry && ext_memo_set(memo, (PyObject *)*entry, number) < 0)
            return -1;
    }
    return more;
}

/* Then dicts that have to be made.  No collection may run what puts others in their places meanwhile. */
static int promote_attributes(const ext_log *log, ext_memo *memo)
{
    Py_ssize_t number = log->first;
    for (const uintptr_t *entry = log->base; entry < log->end; entry++, number++) {
        if (!(*entry & EXT_LOG_ATTRIBUTES))
            continue;
        PyObject *dict = PyObject_GenericGetDict((PyObject *)(*entry & ~EXT_LOG_ATTRIBUTES), NULL);
        int result = dict ? ext_memo_set(memo, dict, number) : -1;
        Py_XDECREF(dict);
        if (result < 0)
            return -1;
    }
    return 0;
}

int ext_log_promote(ext_log *log, ext_memo *memo)
{
    int more = promote_objects(log, memo);
    if (more > 0) {
        int collecting = PyGC_Disable();
        more = promote_attributes(log, memo);
        if (collecting)
            PyGC_Enable();
    }
    if (more < 0)
        return -1;
    log->first += log->end - log->base;
    log->end = log->base;
    return 0;
}
