/*
 * layout_3_13.h - the layouts of CPython 3.13: nothing that patch releases have changed.
 */
#ifndef BRINERY_LAYOUT_3_13_H
#define BRINERY_LAYOUT_3_13_H

#include "ext.h"

/* The versions of dicts are not for extensions any more, but here they are. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

BRN_INLINE bool ext_dict_is_watched(const PyDictObject *dict)
{
    return (dict->ma_version_tag & 0xff) != 0;
}

/*
 * That table is nobody's.  The version of the dict becomes one that the interpreter's counter will not reach: it is
 * no longer the empty dict that somebody may have seen.
 */
BRN_INLINE void ext_dict_leave_empty(PyDictObject *dict)
{
    dict->ma_version_tag |= UINT64_C(1) << 63;
}

#pragma GCC diagnostic pop

#include "layout_values.h"

#endif /* BRINERY_LAYOUT_3_13_H */
