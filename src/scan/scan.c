/*
 * scan.c - the entry points: a file or bytes, and the stack of parts that are still to be looked at.
 */
#include "walk.h"

#include "../io/input.h"

#define DEFAULT_DEPTH 8
#define MOST_DEPTH 64
#define DEFAULT_INFLATED ((uint64_t)1 << 30)
#define DEFAULT_RATIO 200
#define DEFAULT_MEMBERS 100000
#define DEFAULT_FINDINGS 1000
#define DEFAULT_SEARCH ((uint64_t)16 << 20)
#define SEARCH_FREE ((uint64_t)64 << 20)
#define SEARCH_PER_BYTE 16
#define LONGEST_WHERE 400

/* ------------------------------------------------------------------------
 * Parts
 * ------------------------------------------------------------------------ */

void brn_walk_release(brn_walk *walk, brn_block *block)
{
    if (!block || --block->parts > 0)
        return;
    brn_memory_free(walk->memory, block->data, block->room);
    brn_memory_free(walk->memory, block, sizeof *block);
}

bool brn_walk_push(brn_walk *walk, const brn_scan_part *part)
{
    void *parts = walk->parts;
    if (part->depth > walk->options.max_depth)
        return brn_scanned_failure(walk->scan, part->where, "", 0, BRN_ERROR_LIMIT_DEPTH,
                                   "it lies deeper than max_depth allows");
    if (walk->count == walk->cap &&
        !brn_memory_grow(walk->memory, &parts, &walk->cap, walk->count + 1, sizeof *walk->parts))
        return false;
    walk->parts = parts;
    walk->parts[walk->count++] = *part;
    if (part->block)
        part->block->parts++;
    return true;
}

void brn_walk_order(brn_walk *walk, size_t from)
{
    for (size_t low = from, high = walk->count; low + 1 < high; low++, high--) {
        brn_scan_part part = walk->parts[low];
        walk->parts[low] = walk->parts[high - 1];
        walk->parts[high - 1] = part;
    }
}

bool brn_walk_inside(brn_walk *walk, const brn_scan_part *of, const char *where,
                     brn_scan_part *part)
{
    memset(part, 0, sizeof *part);
    part->block = of->block;
    part->depth = of->depth + 1;
    part->hidden = of->hidden;
    size_t before = strlen(of->where);
    size_t size = strlen(where);
    /* Long ways are cut in the middle, or they would grow with every step. */
    const char *cut = "";
    if (before + size + 1 > LONGEST_WHERE) {
        size_t keep = LONGEST_WHERE / 2;
        before = before > keep ? keep : before;
        where += size > keep ? size - keep : 0;
        size = size > keep ? keep : size;
        cut = "...";
    }
    const char *between = before > 0 ? "!" : "";
    size_t room = before + strlen(between) + strlen(cut) + size;
    char *text = brn_store_alloc(&walk->scan->text, room + 1);
    if (!text)
        return false;
    char *to = text;
    memcpy(to, of->where, before);
    to += before;
    memcpy(to, between, strlen(between));
    to += strlen(between);
    memcpy(to, cut, strlen(cut));
    to += strlen(cut);
    memcpy(to, where, size);
    to[size] = '\0';
    part->where = text;
    return true;
}

bool brn_walk_named(const char *name, size_t size)
{
    static const char *const suffixes[] = {".pkl",  ".pickle", ".pck", ".pcl",     ".p",
                                           ".dill", ".joblib", ".pt",  ".pth",     ".ckpt",
                                           ".npy",  ".npz",    ".sav", ".pickle5", ".pkl5"};
    for (size_t i = 0; i < BRN_ARRAY_LEN(suffixes); i++) {
        size_t length = strlen(suffixes[i]);
        if (size <= length)
            continue;
        bool same = true;
        for (size_t j = 0; j < length && same; j++) {
            char c = name[size - length + j];
            same = (c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c) == suffixes[i][j];
        }
        if (same)
            return true;
    }
    return false;
}

/* Decode what hides in an encoding; the part then is the decoded bytes.  *gone: there was nothing. */
static bool decode(brn_walk *walk, brn_scan_part *part, bool *gone)
{
    *gone = false;
    if (part->how == BRN_HIDING_NONE || part->how == BRN_HIDING_PLAIN)
        return true;
    brn_block *block = brn_memory_alloc(walk->memory, sizeof *block);
    if (!block)
        return false;
    size_t size;
    block->parts = 1;
    block->data =
        brn_hiding_decode(part->how, part->data, part->size, walk->memory, &size, &block->room);
    if (!block->data) {
        brn_memory_free(walk->memory, block, sizeof *block);
        *gone = true;
        return true;
    }
    brn_walk_release(walk, part->block);
    part->block = block;
    part->data = block->data;
    part->size = size;
    part->how = BRN_HIDING_PLAIN;
    return true;
}

static bool look_at(brn_walk *walk, brn_scan_part *part)
{
    bool gone;
    bool opened = false;
    if (!decode(walk, part, &gone) || (!gone && !brn_walk_unpack(walk, part)))
        return false;
    if (gone || (part->size == 0 && part->depth > 0))
        return true;
    return brn_walk_container(walk, part, &opened) && (opened || brn_walk_pickles(walk, part));
}

static bool look_at_all(brn_walk *walk)
{
    while (walk->count > 0) {
        brn_scan_part part = walk->parts[--walk->count];
        bool ok = look_at(walk, &part);
        brn_walk_release(walk, part.block);
        if (!ok)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------
 * Options
 * ------------------------------------------------------------------------ */

static void or_default(uint64_t *field, uint64_t value)
{
    if (*field == 0)
        *field = value;
}

static bool options_get(brn_scan_options *effective, const brn_scan_options *options,
                        brn_error *err)
{
    memset(effective, 0, sizeof *effective);
    if (options) {
        if (options->size < offsetof(brn_scan_options, max_input) ||
            (options->flags & ~BRN_MAP) != 0) {
            (void)brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1,
                                "brn_scan_options: size %zu, flags 0x%x", options->size,
                                (unsigned)options->flags);
            return false;
        }
        size_t size = options->size < sizeof *effective ? options->size : sizeof *effective;
        size -= (size - offsetof(brn_scan_options, max_input)) % sizeof(uint64_t);
        memcpy(effective, options, size);
    }
    effective->size = sizeof *effective;
    if (effective->max_depth == 0)
        effective->max_depth = DEFAULT_DEPTH;
    if (effective->max_depth > MOST_DEPTH)
        effective->max_depth = MOST_DEPTH;
    or_default(&effective->max_input, BRN_UNLIMITED);
    or_default(&effective->max_memory, BRN_UNLIMITED);
    or_default(&effective->max_inflated, DEFAULT_INFLATED);
    or_default(&effective->max_ratio, DEFAULT_RATIO);
    or_default(&effective->max_members, DEFAULT_MEMBERS);
    or_default(&effective->max_findings, DEFAULT_FINDINGS);
    or_default(&effective->max_search, DEFAULT_SEARCH);
    if (effective->max_findings > UINT32_MAX - 1)
        effective->max_findings = UINT32_MAX - 1;
    return true;
}

static brn_options machine_options(const brn_scan_options *options)
{
    brn_options machine = BRN_OPTIONS_INIT;
    machine.flags = options->flags;
    machine.max_input = options->max_input;
    machine.max_memory = options->max_memory;
    return machine;
}

/* ------------------------------------------------------------------------
 * Entry points
 * ------------------------------------------------------------------------ */

static brn_scan *new_scan(const brn_scan_options *options, const brn_alloc *alloc, brn_error *err)
{
    brn_memory memory;
    brn_memory_init(&memory, alloc, options->max_memory);
    brn_scan *scan = brn_memory_alloc(&memory, sizeof *scan);
    if (!scan) {
        (void)brn_error_set(err, memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, 0,
                            -1, "no memory for a report");
        return NULL;
    }
    memset(scan, 0, sizeof *scan);
    scan->memory = memory;
    brn_store_init(&scan->text, &scan->memory);
    return scan;
}

static bool run(brn_scan *scan, const void *data, size_t size, const char *name,
                const brn_scan_options *options, const brn_options *machine)
{
    brn_walk walk;
    memset(&walk, 0, sizeof walk);
    walk.scan = scan;
    walk.memory = &scan->memory;
    walk.options = *options;
    walk.search.most = SEARCH_FREE + SEARCH_PER_BYTE * (uint64_t)size;
    brn_trace_init(&walk.trace, &scan->memory, machine, (size_t)options->max_findings);
    scan->size = size;
    brn_scan_part file = {.data = data, .size = size, .where = "", .searched = true};
    file.named = name && brn_walk_named(name, strlen(name));
    bool ok = brn_walk_push(&walk, &file) && look_at_all(&walk);
    while (walk.count > 0)
        brn_walk_release(&walk, walk.parts[--walk.count].block);
    brn_memory_free(walk.memory, walk.parts, walk.cap * sizeof *walk.parts);
    brn_trace_free(&walk.trace);
    brn_scanned_finish(scan);
    return ok;
}

brn_scan *brn_scan_bytes(const void *data, size_t size, const char *name,
                         const brn_scan_options *options, const brn_alloc *alloc, brn_error *err)
{
    brn_scan_options effective;
    brn_error_clear(err);
    if (!options_get(&effective, options, err))
        return NULL;
    brn_options machine;
    const brn_options wanted = machine_options(&effective);
    if (brn_options_get(&machine, &wanted, err) != BRN_OK)
        return NULL;
    if (size > effective.max_input) {
        (void)brn_error_set(err, BRN_ERROR_LIMIT_INPUT, 0, -1, "%zu bytes are more than allowed",
                            size);
        return NULL;
    }
    brn_scan *scan = new_scan(&effective, alloc, err);
    if (!scan)
        return NULL;
    if (!run(scan, data, size, name, &effective, &machine)) {
        (void)brn_error_set(err,
                            scan->memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, 0,
                            -1, "no memory to go on scanning");
        brn_scan_free(scan);
        return NULL;
    }
    return scan;
}

brn_scan *brn_scan_file(const char *path, const brn_scan_options *options, const brn_alloc *alloc,
                        brn_error *err)
{
    brn_scan_options effective;
    brn_error_clear(err);
    if (!options_get(&effective, options, err))
        return NULL;
    const brn_options machine = machine_options(&effective);
    brn_input input;
    if (!brn_input_open(&input, path, &machine, alloc, err))
        return NULL;
    brn_scan *scan = brn_scan_bytes(input.data, input.size, path, options, alloc, err);
    brn_input_close(&input);
    return scan;
}
