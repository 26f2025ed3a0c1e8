/*
 * pickles.c - the pickles of a part: one behind the other, behind rubbish, inside of payloads.
 */
#include "review.h"
#include "walk.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_declared(const uint8_t *data, size_t size)
{
    return size >= 2 && data[0] == BRN_OP_BYTE_PROTO && data[1] <= 5;
}

/* It was given up: what follows nobody knows. */
static bool is_spent(brn_code code)
{
    return code >= BRN_ERROR_MEMORY && code <= BRN_ERROR_LIMIT_MEMO;
}

/* Payloads of the last run, as parts to be looked at. */
static bool push_payloads(brn_walk *walk, const brn_scan_part *part, const uint8_t *base)
{
    size_t from = walk->count;
    for (size_t i = 0; i < walk->trace.payload_count; i++) {
        const brn_payload *payload = &walk->trace.payloads[i];
        static const char *const kinds[] = {"", "bytes", "base64", "hex", "latin-1"};
        char where[64];
        (void)snprintf(where, sizeof where, "%s@%" PRIu64, kinds[payload->how],
                       (uint64_t)(base - part->data) + payload->offset);
        brn_scan_part inside;
        if (!brn_walk_inside(walk, part, where, &inside))
            return false;
        inside.data = base + payload->offset;
        inside.size = payload->size;
        inside.how = (brn_hiding)payload->how;
        inside.hidden = true;
        if (!brn_walk_push(walk, &inside))
            return false;
    }
    brn_walk_order(walk, from);
    return true;
}

/*
 * Bytes that begin like a pickle by chance: text in base64 or hex, or the numbers of a tensor.  Without a name, what breaks off does
 * nothing before it does; and an extension code alone is one byte of 256.
 */
static bool is_chance(const brn_scan_part *part, const brn_trace *trace, size_t at, brn_code code)
{
    bool declared = is_declared(part->data + at, part->size - at);
    return (part->hidden || (part->raw && !is_spent(code))) && !trace->spelled &&
           (code != BRN_OK || (trace->has_names && !declared));
}

static bool take(brn_walk *walk, const brn_scan_part *part, size_t at, brn_code code)
{
    brn_trace *trace = &walk->trace;
    bool harmless = trace->verdict == BRN_VERDICT_KNOWN || trace->verdict == BRN_VERDICT_UNKNOWN ||
                    (trace->verdict == BRN_VERDICT_DATA && trace->dear_keys);
    if (code == BRN_OK && harmless && !trace->new_names && !brn_review(trace, part->data + at))
        return false;
    if (!is_chance(part, trace, at, code) &&
        !brn_scanned_trace(walk->scan, part->where, "pickle", at, &walk->trace, code))
        return false;
    return push_payloads(walk, part, part->data + at);
}

bool brn_walk_search(brn_walk *walk, const brn_scan_part *part, size_t from, bool *found)
{
    size_t end = part->size;
    size_t next[2] = {from,
                      from}; /* declared, and spelled: not looked for again before it is passed */
    *found = false;
    if (end - from > walk->options.max_search)
        end = from + (size_t)walk->options.max_search;
    for (bool first = true; from < end; first = false) {
        if (first || next[0] < from)
            next[0] = brn_find_declared(part->data, part->size, from, end, &walk->search);
        if (first || next[1] < from)
            next[1] = brn_find_spelled(part->data, part->size, from, end, &walk->search);
        size_t at = next[0] < next[1] ? next[0] : next[1];
        if (at != SIZE_MAX) {
            brn_code code = brn_trace_run(&walk->trace, part->data + at, part->size - at);
            if (!take(walk, part, at, code))
                return false;
            *found = true;
            from = at + (walk->trace.size > 2 ? walk->trace.size : 2);
        }
        if (walk->search.walked > walk->search.most)
            return brn_scanned_failure(walk->scan, part->where, "pickle", from,
                                       BRN_ERROR_LIMIT_SEARCH,
                                       "too many beginnings of pickles that are none");
        if (at == SIZE_MAX)
            break;
    }
    return true;
}

/* Say what stands behind the last pickle, and look into it. */
static bool look_behind(brn_walk *walk, const brn_scan_part *part, size_t at)
{
    brn_scan *scan = walk->scan;
    size_t left = part->size - at;
    bool zeros = true;
    for (size_t i = 0; i < left && zeros; i++)
        zeros = part->data[at + i] == 0;
    if (scan->count > 0 && scan->streams[scan->count - 1].where == part->where) {
        char text[80];
        int size = snprintf(text, sizeof text, "%zu %sbyte%s that %s no pickle %s behind it", left,
                            zeros ? "zero " : "", left == 1 ? "" : "s", left == 1 ? "is" : "are",
                            left == 1 ? "follows" : "follow");
        const char *note = brn_store_text(&scan->text, text, (size_t)size);
        if (!note)
            return false;
        brn_scanned_note(&scan->streams[scan->count - 1], note);
    }
    bool found;
    return zeros || brn_walk_search(walk, part, at, &found);
}

/* Note bytes of a part as one that is encoded. */
static bool push_encoded(brn_walk *walk, const brn_scan_part *part, size_t at, size_t size,
                         brn_hiding how)
{
    static const char *const names[] = {"", "", "base64", "hex", "latin-1", "utf-16"};
    char where[48];
    (void)snprintf(where, sizeof where, at > 0 ? "%s@%zu" : "%s", names[how], at);
    brn_scan_part inside;
    if (!brn_walk_inside(walk, part, where, &inside))
        return false;
    inside.data = part->data + at;
    inside.size = size;
    inside.how = how;
    inside.hidden = true;
    inside.searched = how == BRN_HIDING_WIDE;
    return brn_walk_push(walk, &inside);
}

/* Words of a text, the whole text, and what was encoded once more. */
static bool look_for_encoded(brn_walk *walk, const brn_scan_part *part)
{
    brn_encoded word = {.most = part->size};
    size_t from = walk->count;
    if (!part->searched)
        word.most = 1;
    else if (word.most > walk->options.max_search)
        word.most = (size_t)walk->options.max_search;
    if (part->size < BRN_HIDING_LEAST)
        return true;
    if (part->searched && brn_is_wide(part->data, part->size))
        return push_encoded(walk, part, 0, part->size, BRN_HIDING_WIDE);
    if (part->searched && brn_is_latin1_header(part->data))
        return push_encoded(walk, part, 0, part->size, BRN_HIDING_LATIN1);
    while (brn_find_encoded(part->data, part->size, &word)) {
        if (!push_encoded(walk, part, word.at, word.size, word.how))
            return false;
    }
    brn_walk_order(walk, from);
    return true;
}

/* Nothing could be read at the beginning, and nothing was done. */
static bool no_pickle(brn_walk *walk, const brn_scan_part *part, brn_code code)
{
    const brn_error *err = &walk->trace.err;
    if (part->named && part->size > 0) {
        char text[BRN_MESSAGE_SIZE + 80];
        (void)snprintf(text, sizeof text,
                       "it is named like a pickle, and is none: %s at byte %" PRIu64,
                       brn_code_name(code), err->offset);
        if (!brn_scanned_failure(walk->scan, part->where, "", 0, BRN_ERROR_NOT_PICKLE, text))
            return false;
    }
    bool found = false;
    if (part->searched && !brn_walk_search(walk, part, 0, &found))
        return false;
    return found || look_for_encoded(walk, part);
}

bool brn_walk_pickles(brn_walk *walk, const brn_scan_part *part)
{
    brn_trace *trace = &walk->trace;
    size_t at = 0;
    while (at < part->size) {
        const uint8_t *data = part->data + at;
        brn_code code = brn_trace_run(trace, data, part->size - at);
        bool spent = is_spent(code);
        bool pickle =
            code == BRN_OK || trace->spelled || spent ||
            (is_declared(data, part->size - at) && (at > 0 || !(part->hidden || part->raw)));
        if (!pickle)
            return at == 0 ? no_pickle(walk, part, code) : look_behind(walk, part, at);
        if (!take(walk, part, at, code))
            return false;
        at += trace->size;
        if (code != BRN_OK) {
            bool found;
            return spent || brn_walk_search(walk, part, at, &found);
        }
    }
    return true;
}
