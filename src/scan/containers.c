/*
 * containers.c - what a part is, if it is no pickle: compressed bytes, an archive, an array.
 *
 * By how it begins, never by its name.  What cannot be opened is reported, because a loader may have been
 * built to.
 */
#include "walk.h"

#include "../formats/npy.h"
#include "../io/tar.h"
#include "../io/unpack.h"
#include "../io/zip.h"

#include <stdio.h>

/* Below this a part may grow as it likes: what is small is not worth a limit. */
#define RATIO_FREE ((uint64_t)16 << 20)

#define METHOD_STORED 0
#define METHOD_DEFLATE 8
#define METHOD_BZIP2 12
#define METHOD_LZMA 14
#define METHOD_ZSTD 93
#define METHOD_XZ 95

/* ------------------------------------------------------------------------
 * Compressed bytes
 * ------------------------------------------------------------------------ */

static uint64_t left_of(uint64_t most, uint64_t used)
{
    return most == BRN_UNLIMITED ? most : most > used ? most - used : 0;
}

/* How much a part may hold; *ratio: it is max_ratio that says so. */
static uint64_t most_of(const brn_walk *walk, const brn_scan_part *part, bool *ratio)
{
    const brn_scan_options *o = &walk->options;
    uint64_t left = left_of(o->max_inflated, walk->inflated);
    uint64_t grown =
        part->size < BRN_UNLIMITED / o->max_ratio ? o->max_ratio * part->size : BRN_UNLIMITED;
    /* The same bytes once more are no reason to unpack as much once more. */
    if (part->shared && o->max_ratio != BRN_UNLIMITED)
        grown = left_of(RATIO_FREE, walk->shared);
    else if (grown < left_of(RATIO_FREE, walk->inflated))
        grown = left_of(RATIO_FREE, walk->inflated);
    *ratio = grown < left;
    return *ratio ? grown : left;
}

static const char *unpack_problem(brn_code code, brn_packing packing)
{
    switch (code) {
    case BRN_ERROR_LIMIT_RATIO: return "it holds more than max_ratio times its size";
    case BRN_ERROR_LIMIT_INFLATED: return "the compressed parts hold more than max_inflated";
    case BRN_ERROR_CHECKSUM: return "its checksum is wrong";
    case BRN_ERROR_MEMORY: return "there is no memory for what it holds";
    case BRN_ERROR_UNSUPPORTED:
        switch (packing) {
        case BRN_PACKING_BZIP2: return "bzip2 cannot be unpacked here";
        case BRN_PACKING_XZ: return "xz cannot be unpacked here";
        case BRN_PACKING_LZMA: return "lzma cannot be unpacked here";
        case BRN_PACKING_LZ4: return "lz4 cannot be unpacked here";
        case BRN_PACKING_ZSTD: return "zstd cannot be unpacked here";
        default: return "this compression cannot be unpacked here";
        }
    default: return "the compressed bytes are damaged";
    }
}

/* Unpack the bytes of a part into a block of its own; NULL if nothing came out. */
static bool unpack(brn_walk *walk, const brn_scan_part *part, brn_block **block, size_t *size,
                   brn_code *code)
{
    bool ratio;
    brn_unpacked out;
    brn_unpacked_init(&out, walk->memory, most_of(walk, part, &ratio));
    *code = BRN_ERROR_UNSUPPORTED;
    if (walk->options.unpack)
        *code = walk->options.unpack(walk->options.unpack_ctx, part->packing, part->data,
                                     part->size, brn_unpacked_sink, &out);
    if (*code == BRN_ERROR_UNSUPPORTED && out.size == 0) {
        size_t used;
        *code = brn_inflate(part->packing, part->data, part->size, &out, &used);
    }
    if (out.code != BRN_OK)
        *code = out.code;
    if (*code == BRN_ERROR_LIMIT_INFLATED && ratio)
        *code = BRN_ERROR_LIMIT_RATIO;
    walk->inflated += out.size;
    walk->shared += part->shared ? out.size : 0;
    *size = out.size;
    *block = out.size ? brn_memory_alloc(walk->memory, sizeof **block) : NULL;
    if (*block)
        **block = (brn_block){1, out.data, out.room};
    else
        brn_unpacked_free(&out);
    return out.size == 0 || *block;
}

/* The stream an unpacked part would be, told as one that failed. */
static bool fail_part(brn_walk *walk, const brn_scan_part *part, brn_code code, const char *problem)
{
    const char *format =
        part->packing != BRN_PACKING_NONE ? brn_packing_name(part->packing) : "member";
    return brn_scanned_failure(walk->scan, part->where, format, 0, code, problem);
}

/* Reading every byte of every large member for its checksum would cost more than the scan. */
static bool holds(const brn_scan_part *part)
{
    size_t begin;
    size_t walked;
    bool names;
    return part->size > 0 && (part->packing != BRN_PACKING_NONE ||
                              brn_packing_of(part->data, part->size) != BRN_PACKING_NONE ||
                              brn_npy_header(part->data, part->size, &begin) != BRN_NPY_NONE ||
                              (brn_pickle_begins[part->data[0]] &&
                               brn_looks_like_pickle(part->data, part->size, &names, &walked)));
}

bool brn_walk_unpack(brn_walk *walk, brn_scan_part *part)
{
    brn_code code = BRN_OK;
    size_t size = part->size;
    brn_block *block = NULL;
    if (part->packing != BRN_PACKING_NONE && !unpack(walk, part, &block, &size, &code))
        return false;
    bool silent = part->hidden && code == BRN_ERROR_UNPACK;
    if (code != BRN_OK && !silent &&
        !fail_part(walk, part, code, unpack_problem(code, part->packing))) {
        brn_walk_release(walk, block);
        return false;
    }
    if (part->packing != BRN_PACKING_NONE) {
        brn_walk_release(walk, part->block);
        part->block = block;
        part->data = block ? block->data : NULL;
        part->size = size;
    }
    if (!part->checked || code != BRN_OK)
        return true;
    if (part->size != part->whole)
        return fail_part(walk, part, BRN_ERROR_ARCHIVE, "its size is wrong");
    return !holds(part) || brn_crc32(0, part->data, part->size) == part->crc ||
           fail_part(walk, part, BRN_ERROR_CHECKSUM,
                     unpack_problem(BRN_ERROR_CHECKSUM, part->packing));
}

static bool open_packed(brn_walk *walk, const brn_scan_part *part, brn_packing packing,
                        bool *opened)
{
    brn_scan_part inside;
    if (!brn_walk_inside(walk, part, brn_packing_name(packing), &inside))
        return false;
    /* Two letters are not much of a sign: what does not even begin to unpack is something else. */
    if (packing == BRN_PACKING_ZLIB) {
        brn_unpacked probe;
        size_t used;
        brn_unpacked_init(&probe, walk->memory, 1);
        bool nothing = brn_inflate(packing, part->data, part->size, &probe, &used) != BRN_OK &&
                       probe.size == 0;
        brn_unpacked_free(&probe);
        if (nothing)
            return true;
    }
    *opened = true;
    inside.data = part->data;
    inside.size = part->size;
    inside.packing = packing;
    inside.named = part->named;
    inside.searched = part->searched;
    return brn_walk_push(walk, &inside);
}

/* ------------------------------------------------------------------------
 * Archives
 * ------------------------------------------------------------------------ */

static bool too_many_members(brn_walk *walk, const brn_scan_part *part, const char *format)
{
    return brn_scanned_failure(walk->scan, part->where, format, 0, BRN_ERROR_LIMIT_MEMBERS,
                               "more members than max_members");
}

/* Names are bytes of whoever wrote the archive: only what is printable is shown. */
static bool member_part(brn_walk *walk, const brn_scan_part *of, const uint8_t *name, size_t size,
                        brn_scan_part *inside)
{
    char text[200];
    size_t used = 0;
    for (size_t i = 0; i < size && used < sizeof text - 5; i++) {
        if (name[i] >= 0x20 && name[i] < 0x7f && name[i] != '\\')
            text[used++] = (char)name[i];
        else
            used += (size_t)snprintf(text + used, 5, "\\x%02x", name[i]);
    }
    text[used] = '\0';
    if (!brn_walk_inside(walk, of, used ? text : "(no name)", inside))
        return false;
    inside->named = brn_walk_named(text, used);
    inside->raw = !inside->named;
    return true;
}

static brn_packing packing_of_method(unsigned method)
{
    switch (method) {
    case METHOD_DEFLATE: return BRN_PACKING_DEFLATE;
    case METHOD_BZIP2: return BRN_PACKING_BZIP2;
    case METHOD_ZSTD: return BRN_PACKING_ZSTD;
    case METHOD_XZ: return BRN_PACKING_XZ;
    default: return BRN_PACKING_NONE;
    }
}

/* A member, read by one of the methods that are claimed for it. */
static bool push_member(brn_walk *walk, const brn_zip_member *m, unsigned method,
                        brn_scan_part *inside)
{
    inside->packing = packing_of_method(method);
    inside->checked = !m->problem && !m->encrypted;
    if (method != METHOD_STORED && inside->packing == BRN_PACKING_NONE)
        return fail_part(walk, inside, BRN_ERROR_UNSUPPORTED,
                         "its compression cannot be unpacked here");
    return brn_walk_push(walk, inside);
}

static bool open_member(brn_walk *walk, const brn_scan_part *part, const brn_zip_member *m)
{
    brn_scan_part inside;
    if (!member_part(walk, part, m->name, m->name_size, &inside))
        return false;
    if (m->encrypted &&
        !fail_part(walk, &inside, BRN_ERROR_ENCRYPTED, "it is encrypted, or says so"))
        return false;
    if (m->problem &&
        !fail_part(walk, &inside, m->data ? BRN_ERROR_AMBIGUOUS : BRN_ERROR_ARCHIVE, m->problem))
        return false;
    if (!m->data || m->packed == 0)
        return true;
    inside.data = m->data;
    inside.size = m->packed;
    inside.whole = m->size;
    inside.crc = m->crc;
    inside.shared = m->shared;
    /* A lie about encryption must not hide what can be read; what cannot has been told already. */
    inside.hidden = inside.hidden || m->encrypted;
    inside.named = inside.named && !m->encrypted && !m->hidden;
    return push_member(walk, m, m->method, &inside) &&
           (m->other_method == m->method || push_member(walk, m, m->other_method, &inside));
}

static bool open_gap(brn_walk *walk, const brn_scan_part *part, const brn_zip_gap *gap)
{
    brn_scan_part inside;
    char where[48];
    bool found;
    /* Nothing was recognised: to open it once more would lead to the same. */
    if (gap->begin == 0 && gap->end == part->size)
        return brn_walk_search(walk, part, 0, &found);
    (void)snprintf(where, sizeof where, "between members@%zu", gap->begin);
    if (!brn_walk_inside(walk, part, where, &inside))
        return false;
    inside.data = part->data + gap->begin;
    inside.size = gap->end - gap->begin;
    inside.searched = true;
    return brn_walk_push(walk, &inside);
}

/* `prefix`: bytes in front of the archive are looked at as well. */
static bool open_zip(brn_walk *walk, const brn_scan_part *part, bool prefix)
{
    brn_zip zip;
    uint64_t left = walk->options.max_members - walk->members;
    bool ok = brn_zip_read(&zip, part->data, part->size, left, walk->memory);
    walk->members += zip.count;
    if (ok && zip.problem)
        ok = brn_scanned_failure(walk->scan, part->where, "zip", 0,
                                 zip.ambiguous ? BRN_ERROR_AMBIGUOUS : BRN_ERROR_ARCHIVE,
                                 zip.problem);
    if (ok && zip.too_many)
        ok = too_many_members(walk, part, "zip");
    size_t from = walk->count;
    for (size_t i = 0; i < zip.count && ok; i++)
        ok = open_member(walk, part, &zip.members[i]);
    for (size_t i = 0; i < zip.gap_count && ok; i++)
        ok = (zip.gaps[i].begin == 0 && !prefix) || open_gap(walk, part, &zip.gaps[i]);
    brn_walk_order(walk, from);
    brn_zip_free(&zip);
    return ok;
}

static bool open_tar(brn_walk *walk, const brn_scan_part *part)
{
    brn_tar tar;
    brn_tar_member m;
    brn_tar_open(&tar, part->data, part->size);
    size_t from = walk->count;
    while (brn_tar_next(&tar, &m)) {
        if (walk->members++ >= walk->options.max_members)
            return too_many_members(walk, part, "tar");
        brn_scan_part inside;
        if (!member_part(walk, part, m.name, m.name_size, &inside))
            return false;
        inside.data = m.data;
        inside.size = m.size;
        if (m.size > 0 && !brn_walk_push(walk, &inside))
            return false;
    }
    if (tar.problem && !brn_scanned_failure(walk->scan, part->where, "tar", tar.at,
                                            BRN_ERROR_ARCHIVE, tar.problem))
        return false;
    if (tar.at < part->size) {
        const brn_zip_gap rest = {tar.at, part->size, SIZE_MAX};
        if (!open_gap(walk, part, &rest))
            return false;
    }
    brn_walk_order(walk, from);
    return true;
}

/* ------------------------------------------------------------------------
 * Arrays, and what cannot be opened
 * ------------------------------------------------------------------------ */

static bool open_array(brn_walk *walk, const brn_scan_part *part, brn_npy kind, size_t begin)
{
    if (kind == BRN_NPY_BROKEN)
        return brn_scanned_failure(walk->scan, part->where, "numpy", 0, BRN_ERROR_ARCHIVE,
                                   "its header is damaged");
    brn_scan_part inside;
    if (!brn_walk_inside(walk, part, "array", &inside))
        return false;
    inside.data = part->data + begin;
    inside.size = part->size - begin;
    inside.named = kind == BRN_NPY_OBJECTS;
    inside.hidden = kind != BRN_NPY_OBJECTS;
    inside.searched = true;
    return inside.size == 0 || brn_walk_push(walk, &inside);
}

/* Formats of other programs that may hold pickles. */
static const char *closed_format(const uint8_t *data, size_t size)
{
    static const struct {
        const char *magic;
        size_t size;
        const char *name;
    } formats[] = {
        {"7z\xbc\xaf\x27\x1c", 6, "7z"},      {"Rar!\x1a\x07", 6, "rar"},
        {"\x1f\x9d\x90", 3, "compress"},      {"LZIP", 4, "lzip"},
        {"MSCF\0\0\0\0", 8, "cab"},           {"xar!", 4, "xar"},
        {"\xff\x06\0\0sNaPpY", 10, "snappy"},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(formats); i++) {
        if (size >= formats[i].size && memcmp(data, formats[i].magic, formats[i].size) == 0)
            return formats[i].name;
    }
    return NULL;
}

/* The compressed files of old joblib: two letters, a size in hex, and a stream of zlib. */
#define ZFILE_HEAD 21

static bool is_zfile(const brn_scan_part *part)
{
    return part->size > ZFILE_HEAD && memcmp(part->data, "ZF0x", 4) == 0;
}

bool brn_walk_container(brn_walk *walk, const brn_scan_part *part, bool *opened)
{
    *opened = false;
    if (part->size < 2)
        return true;
    size_t begin = 0;
    brn_npy array = brn_npy_header(part->data, part->size, &begin);
    if (array != BRN_NPY_NONE) {
        *opened = true;
        return open_array(walk, part, array, begin);
    }
    brn_packing packing = brn_packing_of(part->data, part->size);
    if (packing != BRN_PACKING_NONE)
        return open_packed(walk, part, packing, opened);
    const char *closed = part->hidden ? NULL : closed_format(part->data, part->size);
    if (closed) {
        *opened = true;
        return brn_scanned_failure(walk->scan, part->where, closed, 0, BRN_ERROR_UNSUPPORTED,
                                   "archives of this kind cannot be opened");
    }
    if (is_zfile(part)) {
        brn_scan_part inside = *part;
        inside.data += ZFILE_HEAD;
        inside.size -= ZFILE_HEAD;
        return open_packed(walk, &inside, BRN_PACKING_ZLIB, opened);
    }
    bool zip = part->size >= 4 && memcmp(part->data, "PK\3\4", 4) == 0;
    /* A zip may stand behind anything: its directory is at the end. */
    bool ends = brn_zip_ends(part->data, part->size);
    bool tar = brn_tar_begins(part->data, part->size);
    if (!zip && !ends && !tar)
        return true;
    bool names;
    size_t walked;
    /* Letters of an archive's beginning may be opcodes: then it is read as a pickle, too. */
    *opened = (zip || tar) && !brn_looks_like_pickle(part->data, part->size, &names, &walked);
    return (!tar || open_tar(walk, part)) && ((!zip && !ends) || open_zip(walk, part, *opened));
}
