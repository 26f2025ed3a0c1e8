/*
 * write_ahead.h - asking for memory before it is needed.
 *
 * Blocks were made one after another, downwards, those of what is in a container before its own.  So all that
 * is in an item lies between its block and that of the item before, and is visited upwards in leaps:
 * processors do not guess that, so in long containers of such items it is asked for some items ahead.
 */
#ifndef BRN_WRITE_AHEAD_H
#define BRN_WRITE_AHEAD_H

#include "write.h"

#define BRN_AHEAD 4
/* Fewer items are over before anything has arrived. */
#define BRN_AHEAD_MANY 16
/* The bytes of an item for which it is worth while, and those that are asked for at most. */
#define BRN_AHEAD_LEAST 256
#define BRN_AHEAD_MOST 2048

#define BRN_CACHE_LINE 64

/* The bytes from the block of an item to that of the one before; anything where one has none. */
BRN_INLINE size_t brn_extent(const brn_val *item, const brn_val *before)
{
    /* As numbers: these are blocks of their own. */
    return (size_t)((uintptr_t)before->u.bytes - (uintptr_t)item->u.bytes);
}

BRN_INLINE bool brn_are_nested(const brn_val *item, const brn_val *before)
{
    return item->type >= BRN_LIST && before->type >= BRN_LIST;
}

/* A frame for items, which are there: is it worth while?  The first of them tell. */
BRN_INLINE void brn_try_ahead(brn_save_frame *f)
{
    const size_t stride = f->flags & BRN_FRAME_PAIRS ? 2 : 1;
    if (BRN_LIKELY(f->count < BRN_AHEAD_MANY * stride) || !f->at)
        return;
    const brn_val *before = f->at[stride - 1];
    const brn_val *item = f->at[2 * stride - 1];
    size_t size = brn_extent(item, before);
    if (brn_are_nested(item, before) && size >= BRN_AHEAD_LEAST && size <= BRN_AHEAD_MOST)
        f->flags |= BRN_FRAME_AHEAD;
}

/* To be called in such a frame with the items that come next, before one is gone into. */
BRN_INLINE void brn_look_ahead(const brn_save_frame *f, const brn_val *const *at, uint64_t left)
{
    const size_t stride = f->flags & BRN_FRAME_PAIRS ? 2 : 1;
    if (left < BRN_AHEAD * stride)
        return;
    const brn_val *item = at[BRN_AHEAD * stride - 1];
    const brn_val *before = at[(BRN_AHEAD - 1) * stride - 1];
    size_t size = brn_extent(item, before);
    if (!brn_are_nested(item, before) || size > BRN_AHEAD_MOST)
        return;
    for (size_t i = 0; i < size; i += BRN_CACHE_LINE)
        brn_prefetch((const void *)((uintptr_t)item->u.bytes + i));
}

#endif /* BRN_WRITE_AHEAD_H */
