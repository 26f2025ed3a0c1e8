/*
 * zip.c - reads the directories of a zip archive, and what they keep silent about.
 */
#include "zip.h"

#include <stdlib.h>

#define END_SIZE 22
#define LOCATOR_SIZE 20
#define END64_SIZE 56
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30
#define LONGEST_COMMENT 65535

#define FLAG_ENCRYPTED 0x0001
#define FLAG_DESCRIPTOR 0x0008
#define FLAG_STRONG 0x0040
#define FLAG_MASKED 0x2000

/* The end record, with what zip64 adds to it. */
typedef struct end_record {
    size_t at;
    uint64_t entries;
    uint64_t size;
    uint64_t offset;
    size_t directory_end; /* where the central directory has to end */
} end_record;

static bool is_record(const uint8_t *data, size_t size, size_t at, size_t least, const char *magic)
{
    return at <= size && size - at >= least && memcmp(data + at, magic, 4) == 0;
}

static bool is_end(const uint8_t *data, size_t size, size_t at)
{
    return is_record(data, size, at, END_SIZE, "PK\5\6");
}

/* Where the last end record is, within reach of the end; *several: there is another one there. */
static bool find_end(const uint8_t *data, size_t size, size_t *at, bool *several)
{
    bool found = false;
    *several = false;
    if (size < END_SIZE)
        return false;
    size_t last = size - END_SIZE;
    size_t first = last > LONGEST_COMMENT ? last - LONGEST_COMMENT : 0;
    for (size_t i = last + 1; i-- > first;) {
        if (data[i] != 'P' || !is_end(data, size, i))
            continue;
        if (found) {
            *several = true;
            break;
        }
        found = true;
        *at = i;
    }
    return found;
}

bool brn_zip_ends(const uint8_t *data, size_t size)
{
    size_t at;
    bool several;
    if (!find_end(data, size, &at, &several))
        return false;
    /* Four bytes occur by chance: the directory in front has to begin right. */
    uint64_t length = brn_load_le32(data + at + 12);
    if (brn_load_le16(data + at + 20) != size - at - END_SIZE)
        return false;
    return length == UINT32_MAX || brn_load_le16(data + at + 10) == 0 ||
           (length <= at && is_record(data, size, at - (size_t)length, CENTRAL_SIZE, "PK\1\2"));
}

static void tell(brn_zip *zip, const char *problem, bool ambiguous)
{
    if (!zip->problem || (ambiguous && !zip->ambiguous))
        zip->problem = problem;
    zip->ambiguous = zip->ambiguous || ambiguous;
}

static void read_end(brn_zip *zip, const uint8_t *data, size_t size, end_record *end)
{
    const uint8_t *p = data + end->at;
    end->entries = brn_load_le16(p + 10);
    end->size = brn_load_le32(p + 12);
    end->offset = brn_load_le32(p + 16);
    end->directory_end = end->at;
    if (brn_load_le16(p + 4) != 0 || brn_load_le16(p + 6) != 0)
        tell(zip, "it claims to be one of several disks", false);
    if (brn_load_le16(p + 8) != end->entries)
        tell(zip, "it counts its members twice, with different results", true);
    if (brn_load_le16(p + 20) != size - end->at - END_SIZE)
        tell(zip, "its comment is not as long as it claims", true);
    if (end->at < LOCATOR_SIZE ||
        !is_record(data, size, end->at - LOCATOR_SIZE, LOCATOR_SIZE, "PK\6\7"))
        return;
    uint64_t at64 = brn_load_le64(data + end->at - LOCATOR_SIZE + 8);
    size_t before = end->at - LOCATOR_SIZE;
    /* Behind a prefix the record is not where the locator says, but right in front of it. */
    if (at64 > before || !is_record(data, before, (size_t)at64, END64_SIZE, "PK\6\6"))
        at64 = before >= END64_SIZE ? before - END64_SIZE : 0;
    if (!is_record(data, before, (size_t)at64, END64_SIZE, "PK\6\6")) {
        tell(zip, "its zip64 record is missing", true);
        return;
    }
    p = data + at64;
    uint64_t entries = brn_load_le64(p + 32);
    uint64_t length = brn_load_le64(p + 40);
    uint64_t offset = brn_load_le64(p + 48);
    if ((end->entries != 0xffff && end->entries != entries) ||
        (end->size != UINT32_MAX && end->size != length) ||
        (end->offset != UINT32_MAX && end->offset != offset))
        tell(zip, "its two end records differ", true);
    end->entries = entries;
    end->size = length;
    end->offset = offset;
    end->directory_end = (size_t)at64;
}

/* ------------------------------------------------------------------------
 * Lists
 * ------------------------------------------------------------------------ */

static brn_zip_member *add_member(brn_zip *zip)
{
    void *members = zip->members;
    if (zip->count == zip->cap &&
        !brn_memory_grow(zip->memory, &members, &zip->cap, zip->count + 1, sizeof *zip->members))
        return NULL;
    zip->members = members;
    brn_zip_member *member = &zip->members[zip->count++];
    memset(member, 0, sizeof *member);
    return member;
}

static bool add_range(brn_zip *zip, brn_zip_gap **list, size_t *count, size_t *cap,
                      brn_zip_gap range)
{
    void *ranges = *list;
    if (*count == *cap && !brn_memory_grow(zip->memory, &ranges, cap, *count + 1, sizeof **list))
        return false;
    *list = ranges;
    (*list)[(*count)++] = range;
    return true;
}

static bool take(brn_zip *zip, size_t begin, size_t end, size_t member)
{
    const brn_zip_gap range = {begin, end, member};
    return add_range(zip, &zip->taken, &zip->taken_count, &zip->taken_cap, range);
}

static bool add_gap(brn_zip *zip, size_t begin, size_t end)
{
    const brn_zip_gap range = {begin, end, SIZE_MAX};
    return begin >= end || add_range(zip, &zip->gaps, &zip->gap_count, &zip->gap_cap, range);
}

/* ------------------------------------------------------------------------
 * Members
 * ------------------------------------------------------------------------ */

/* The sizes and the offset that zip64 keeps in an extra field; false if they are not there. */
static bool read_extra(const uint8_t *extra, size_t size, uint64_t *length, uint64_t *packed,
                       uint64_t *offset)
{
    bool found = false;
    while (size >= 4) {
        size_t field = brn_load_le16(extra + 2);
        if (field > size - 4)
            return false;
        if (brn_load_le16(extra) == 1) {
            if (found)
                return false;
            found = true;
            const uint8_t *p = extra + 4;
            size_t left = field;
            uint64_t *fields[3] = {length, packed, offset};
            for (int i = 0; i < 3; i++) {
                if (!fields[i] || *fields[i] != UINT32_MAX)
                    continue;
                if (left < 8)
                    return false;
                *fields[i] = brn_load_le64(p);
                p += 8;
                left -= 8;
            }
        }
        extra += 4 + field;
        size -= 4 + field;
    }
    return found ||
           (*length != UINT32_MAX && *packed != UINT32_MAX && (!offset || *offset != UINT32_MAX));
}

/* What the member's own header says. */
typedef struct local {
    const uint8_t *name;
    size_t name_size;
    uint64_t size;
    uint64_t packed;
    uint32_t crc;
    uint16_t method;
    uint16_t flags;
    size_t data; /* offset */
    bool sizes;  /* are claimed here */
} local;

static bool read_local(const uint8_t *data, size_t size, size_t at, local *l)
{
    if (!is_record(data, size, at, LOCAL_SIZE, "PK\3\4"))
        return false;
    const uint8_t *p = data + at;
    size_t name_size = brn_load_le16(p + 26);
    size_t extra = brn_load_le16(p + 28);
    if (size - at - LOCAL_SIZE < name_size + extra)
        return false;
    l->name = p + LOCAL_SIZE;
    l->name_size = name_size;
    l->flags = (uint16_t)brn_load_le16(p + 6);
    l->method = (uint16_t)brn_load_le16(p + 8);
    l->crc = brn_load_le32(p + 14);
    l->packed = brn_load_le32(p + 18);
    l->size = brn_load_le32(p + 22);
    l->data = at + LOCAL_SIZE + name_size + extra;
    l->sizes = !(l->flags & FLAG_DESCRIPTOR) || l->packed != 0 || l->size != 0;
    return read_extra(l->name + name_size, extra, &l->size, &l->packed, NULL) || !l->sizes;
}

/* Compare what is said twice. */
static const char *disagreement(const brn_zip_member *m, const local *l, uint16_t flags)
{
    if (l->name_size != m->name_size || memcmp(l->name, m->name, m->name_size) != 0)
        return "it has two names";
    if (l->method != m->method)
        return "its compression is said to be two different ones";
    if (((l->flags ^ flags) & (FLAG_ENCRYPTED | FLAG_STRONG)) != 0)
        return "it is said to be encrypted, and not to be";
    if (l->sizes && (l->packed != m->packed || l->size != m->size))
        return "it has two sizes";
    if (l->sizes && l->crc != m->crc)
        return "it has two checksums";
    return NULL;
}

/* The bytes of a data descriptor behind a member, if there is one. */
static size_t descriptor_size(const uint8_t *data, size_t size, size_t at, uint16_t flags)
{
    if (!(flags & FLAG_DESCRIPTOR))
        return 0;
    size_t left = size - at;
    size_t magic = left >= 4 && memcmp(data + at, "PK\7\x08", 4) == 0 ? 4 : 0;
    /* A checksum, and two sizes of four bytes or of eight: what follows tells. */
    for (size_t length = 12; length <= 20; length += 8) {
        if (left >= magic + length + 2 && memcmp(data + at + magic + length, "PK", 2) == 0)
            return magic + length;
    }
    return left >= magic + 12 ? magic + 12 : left;
}

static bool read_central(brn_zip *zip, const uint8_t *data, size_t size, size_t at)
{
    const uint8_t *p = data + at;
    brn_zip_member *m = add_member(zip);
    if (!m)
        return false;
    uint16_t flags = (uint16_t)brn_load_le16(p + 8);
    uint64_t packed = brn_load_le32(p + 20);
    uint64_t offset = brn_load_le32(p + 42);
    m->method = (uint16_t)brn_load_le16(p + 10);
    m->other_method = m->method;
    m->crc = brn_load_le32(p + 16);
    m->size = brn_load_le32(p + 24);
    m->name = p + CENTRAL_SIZE;
    m->name_size = brn_load_le16(p + 28);
    m->encrypted = (flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) != 0;
    if (!read_extra(m->name + m->name_size, brn_load_le16(p + 30), &m->size, &packed, &offset))
        m->problem = "its sizes are missing";
    local l;
    if (offset > size - zip->base || !read_local(data, size, zip->base + (size_t)offset, &l)) {
        m->problem = "it is not where the directory says";
        return true;
    }
    size_t begin = zip->base + (size_t)offset;
    size_t left = size - l.data;
    m->packed = packed < left ? (size_t)packed : left;
    m->data = data + l.data;
    m->other_method = l.method;
    m->encrypted = m->encrypted || (l.flags & FLAG_ENCRYPTED) != 0;
    if (!m->problem && packed > left)
        m->problem = "it is longer than the file";
    if (!m->problem)
        m->problem = disagreement(m, &l, flags);
    size_t end = l.data + m->packed;
    return take(zip, begin, end + descriptor_size(data, size, end, l.flags), zip->count - 1);
}

/* A member that no directory knows; *end: where it ends. */
static bool add_hidden(brn_zip *zip, const uint8_t *data, size_t limit, const local *l, size_t *end)
{
    brn_zip_member *m = add_member(zip);
    if (!m)
        return false;
    size_t left = limit - l->data;
    m->name = l->name;
    m->name_size = l->name_size;
    m->data = data + l->data;
    m->packed = l->sizes && l->packed < left ? (size_t)l->packed : left;
    m->size = l->size;
    m->crc = l->crc;
    m->method = l->method;
    m->other_method = l->method;
    m->encrypted = (l->flags & FLAG_ENCRYPTED) != 0;
    m->hidden = true;
    m->problem = "the directory does not list it";
    *end = l->data + m->packed;
    *end += descriptor_size(data, limit, *end, l->flags);
    return true;
}

/* Where the next header of a member is, from `at` on; `end` if there is none. */
static size_t find_local(const uint8_t *data, size_t at, size_t end, local *l)
{
    while (at < end) {
        const uint8_t *p = memchr(data + at, 'P', end - at);
        if (!p)
            break;
        at = (size_t)(p - data);
        if (read_local(data, end, at, l))
            return at;
        at++;
    }
    return end;
}

/* Bytes between members: members that hide there, and the rest. */
static bool read_gap(brn_zip *zip, const uint8_t *data, size_t begin, size_t end)
{
    while (begin < end) {
        local l;
        size_t at = find_local(data, begin, end, &l);
        if (!add_gap(zip, begin, at))
            return false;
        if (at == end)
            return true;
        if (zip->count >= zip->max_members) {
            zip->too_many = true;
            return true;
        }
        if (!add_hidden(zip, data, end, &l, &begin))
            return false;
    }
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    const brn_zip_gap *x = a;
    const brn_zip_gap *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* What lies between the members, and members that share bytes. */
static bool read_gaps(brn_zip *zip, const uint8_t *data, size_t size)
{
    if (zip->taken_count > 0)
        qsort(zip->taken, zip->taken_count, sizeof *zip->taken, compare_ranges);
    size_t at = 0;
    for (size_t i = 0; i < zip->taken_count; i++) {
        const brn_zip_gap *range = &zip->taken[i];
        if (range->begin < at && range->end > range->begin) {
            tell(zip, "members share bytes", true);
            if (range->member != SIZE_MAX)
                zip->members[range->member].shared = true;
        }
        if (range->begin > at && !read_gap(zip, data, at, range->begin))
            return false;
        if (range->end > at)
            at = range->end;
    }
    return at >= size || read_gap(zip, data, at, size);
}

static bool read_directory(brn_zip *zip, const uint8_t *data, size_t size, const end_record *end)
{
    size_t at = end->directory_end - (size_t)end->size;
    zip->base = at - (size_t)end->offset;
    size_t begin = at;
    uint64_t entries = 0;
    while (is_record(data, end->directory_end, at, CENTRAL_SIZE, "PK\1\2")) {
        const uint8_t *p = data + at;
        size_t length = CENTRAL_SIZE + (size_t)brn_load_le16(p + 28) + brn_load_le16(p + 30) +
                        brn_load_le16(p + 32);
        if (length > end->directory_end - at)
            break;
        if (zip->count >= zip->max_members) {
            zip->too_many = true;
            break;
        }
        if (!read_central(zip, data, size, at))
            return false;
        at += length;
        entries++;
    }
    if (!zip->too_many && at != end->directory_end)
        tell(zip, "its directory is damaged", false);
    if (!zip->too_many && entries != end->entries)
        tell(zip, "it has another number of members than it claims", true);
    return take(zip, begin, at, SIZE_MAX) && take(zip, end->directory_end, size, SIZE_MAX);
}

bool brn_zip_read(brn_zip *zip, const uint8_t *data, size_t size, uint64_t max_members,
                  brn_memory *memory)
{
    memset(zip, 0, sizeof *zip);
    zip->memory = memory;
    zip->max_members = max_members;
    end_record end;
    bool several;
    if (!find_end(data, size, &end.at, &several)) {
        tell(zip, "its directory is missing", false);
        return read_gaps(zip, data, size);
    }
    if (several)
        tell(zip, "it has several end records", true);
    read_end(zip, data, size, &end);
    if (end.size > end.directory_end || end.offset > end.directory_end - (size_t)end.size) {
        tell(zip, "its directory is not where it should be", false);
        return read_gaps(zip, data, size);
    }
    return read_directory(zip, data, size, &end) && read_gaps(zip, data, size);
}

void brn_zip_free(brn_zip *zip)
{
    brn_memory_free(zip->memory, zip->members, zip->cap * sizeof *zip->members);
    brn_memory_free(zip->memory, zip->gaps, zip->gap_cap * sizeof *zip->gaps);
    brn_memory_free(zip->memory, zip->taken, zip->taken_cap * sizeof *zip->taken);
}
