/*
 * seen.c - a hash table of ids, with a journal so that an attempt to spell a value in
 * one line can be undone.
 */
#include "seen.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    USED = 1,
    MET = 2,    /* shown while the tree was laid out */
    TWICE = 4,  /* and met again */
    SHOWN = 8,  /* printed */
    CLOSED = 16 /* shown without its children */
};

void seen_free(seen *s)
{
    free(s->slots);
    free(s->journal);
    memset(s, 0, sizeof *s);
}

void seen_reset(seen *s)
{
    if (s->slots)
        memset(s->slots, 0, s->cap * sizeof *s->slots);
    s->used = 0;
    s->journal_size = 0;
    s->marks = 0;
    s->printing = false;
}

void seen_print(seen *s)
{
    for (size_t i = 0; i < s->cap; i++)
        s->slots[i].flags &= (uint8_t) ~(unsigned)CLOSED;
    s->journal_size = 0;
    s->printing = true;
}

static size_t slot_of(const seen *s, uint32_t id)
{
    /* Ids are dense, so multiplying spreads them well enough. */
    size_t mask = s->cap - 1;
    size_t at = (size_t)(id * 2654435761u) & mask;
    while (s->slots[at].flags && s->slots[at].id != id)
        at = (at + 1) & mask;
    return at;
}

static void grow(seen *s)
{
    seen bigger = *s;
    bigger.cap = s->cap ? s->cap * 2 : 256;
    bigger.slots = cli_alloc(bigger.cap * sizeof *bigger.slots);
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i].flags)
            bigger.slots[slot_of(&bigger, s->slots[i].id)] = s->slots[i];
    }
    free(s->slots);
    *s = bigger;
}

static seen_slot *find(seen *s, uint32_t id)
{
    if ((s->used + 1) * 2 > s->cap)
        grow(s);
    seen_slot *slot = &s->slots[slot_of(s, id)];
    if (!slot->flags) {
        slot->flags = USED;
        slot->id = id;
        slot->number = 0;
        s->used++;
    }
    return slot;
}

static void change(seen *s, seen_slot *slot, unsigned flags, uint32_t number)
{
    s->journal = cli_grow(s->journal, &s->journal_cap, s->journal_size + 1, sizeof *s->journal);
    s->journal[s->journal_size++] = *slot;
    slot->flags = (uint8_t)flags;
    slot->number = number;
}

sight seen_visit(seen *s, uint32_t id)
{
    seen_slot *slot = find(s, id);
    unsigned flags = slot->flags;
    sight result = {0};
    if (!s->printing) {
        result.again = flags & MET;
        change(s, slot, flags | MET | (result.again ? (unsigned)TWICE : 0), 0);
    } else {
        result.again = flags & SHOWN;
        uint32_t number = slot->number;
        if (!number && (flags & TWICE || result.again))
            number = ++s->marks;
        change(s, slot, flags | SHOWN, number);
        result.number = number;
    }
    result.closed = result.again && flags & CLOSED;
    return result;
}

sight seen_peek(const seen *s, uint32_t id)
{
    sight result = {0};
    if (!s->cap)
        return result;
    const seen_slot *slot = &s->slots[slot_of(s, id)];
    result.again = slot->flags & (s->printing ? SHOWN : MET);
    result.number = slot->number;
    result.closed = result.again && slot->flags & CLOSED;
    return result;
}

void seen_close(seen *s, uint32_t id, bool closed)
{
    seen_slot *slot = find(s, id);
    unsigned flags = slot->flags & ~(unsigned)CLOSED;
    change(s, slot, flags | (closed ? (unsigned)CLOSED : 0), slot->number);
}

seen_place seen_here(seen *s)
{
    return (seen_place){s->journal_size, s->marks};
}

void seen_back(seen *s, seen_place place)
{
    while (s->journal_size > place.journal_size) {
        const seen_slot *old = &s->journal[--s->journal_size];
        s->slots[slot_of(s, old->id)] = *old;
    }
    s->marks = place.marks;
}

void seen_keep(seen *s)
{
    s->journal_size = 0;
}
