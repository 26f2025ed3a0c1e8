/*
 * layout_3_14.h - the layouts of CPython 3.14: nothing that patch releases have changed.
 */
#ifndef BRINERY_LAYOUT_3_14_H
#define BRINERY_LAYOUT_3_14_H

#include "ext.h"

BRN_INLINE bool ext_dict_is_watched(const PyDictObject *dict)
{
    return (dict->_ma_watcher_tag & 0xff) != 0;
}

/* That table is nobody's, and dicts have no versions any more. */
BRN_INLINE void ext_dict_leave_empty(PyDictObject *dict)
{
    (void)dict;
}

#include "layout_values.h"

#endif /* BRINERY_LAYOUT_3_14_H */
