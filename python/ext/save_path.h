/*
 * save_path.h - saying where in the object a dump failed.
 */
#ifndef BRINERY_SAVE_PATH_H
#define BRINERY_SAVE_PATH_H

#include "save.h"

/*
 * The way from the object that was dumped to the one being saved when an exception was
 * raised: a new str, or NULL and another exception.  To be called while no exception is set
 * and the saver's frames are still there.
 *
 *     obj                   what was given to dump
 *     [3]                   an item of a list or tuple, or of what __reduce__ lists as items
 *     ['key']               a value of a dict, or of what __reduce__ lists as pairs
 *     [key 'key']           the key itself
 *     {'element'}           an element of a set or frozenset
 *     .name                 a value of an object's state, where that is a dict with str
 *                           keys (or its second half, for slots)
 *     .__reduce__()[1][0]   anything else that __reduce__ or __getstate__ answered
 *     .persistent_id()      what persistent_id answered
 *
 * Keys and elements are shown if they are None, bool, int, float, str, bytes or tuples of such, and
 * as <Type> otherwise: no code of the user's runs.  Long ones, and the middle of long paths, are cut.
 */
PyObject *ext_save_path(const ext_saver *saver);

/*
 * Explain the exception that is set (explain.h); from Python 3.14 on, also add the notes that CPython adds.
 * The exception stays what it was, whatever happens here.
 */
void ext_save_explain(ext_saver *saver);

#endif /* BRINERY_SAVE_PATH_H */
