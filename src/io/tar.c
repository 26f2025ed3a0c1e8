/*
 * tar.c - walks the headers of a tar archive.
 */
#include "tar.h"

#define BLOCK ((size_t)512)
#define NAME 100
#define SIZE_AT 124
#define SUM_AT 148
#define TYPE_AT 156

/* A number in octal digits or, with the high bit set, in base 256; false if it is neither. */
static bool read_number(const uint8_t *field, size_t size, uint64_t *number)
{
    uint64_t n = 0;
    if (field[0] & 0x80) {
        for (size_t i = 0; i < size; i++) {
            if (n >> 55 != 0)
                return false;
            n = n << 8 | (i == 0 ? field[0] & 0x7f : field[i]);
        }
        *number = n;
        return true;
    }
    size_t i = 0;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
        if (n >> 60 != 0)
            return false;
        n = n << 3 | (uint64_t)(field[i] - '0');
    }
    *number = n;
    return i == size || field[i] == ' ' || field[i] == 0;
}

/* The sum of the header, its own field counted as blanks; old writers took bytes as signed. */
static bool is_header(const uint8_t *p)
{
    uint64_t stored;
    if (!read_number(p + SUM_AT, 8, &stored))
        return false;
    int64_t sum = 0;
    int64_t as_signed = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        uint8_t byte = i >= SUM_AT && i < SUM_AT + 8 ? (uint8_t)' ' : p[i];
        sum += byte;
        as_signed += byte < 128 ? byte : byte - 256;
    }
    return (int64_t)stored == sum || (int64_t)stored == as_signed;
}

static bool is_zero(const uint8_t *p)
{
    for (size_t i = 0; i < BLOCK; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

bool brn_tar_begins(const uint8_t *data, size_t size)
{
    return size >= BLOCK && data[0] != 0 && is_header(data);
}

void brn_tar_open(brn_tar *tar, const uint8_t *data, size_t size)
{
    memset(tar, 0, sizeof *tar);
    tar->data = data;
    tar->size = size;
}

/* The next header; false at the end of the archive. */
static bool next_header(brn_tar *tar, const uint8_t **header, uint64_t *size)
{
    if (tar->size - tar->at < BLOCK) {
        if (tar->at < tar->size)
            tar->problem = "it ends inside a header";
        return false;
    }
    const uint8_t *p = tar->data + tar->at;
    if (is_zero(p)) {
        while (tar->size - tar->at >= BLOCK && is_zero(tar->data + tar->at))
            tar->at += BLOCK;
        return false;
    }
    if (!is_header(p) || !read_number(p + SIZE_AT, 12, size)) {
        tar->problem = "a header is damaged";
        return false;
    }
    tar->at += BLOCK;
    *header = p;
    return true;
}

static size_t name_length(const uint8_t *name, size_t most)
{
    const uint8_t *nul = most ? memchr(name, 0, most) : NULL;
    return nul ? (size_t)(nul - name) : most;
}

bool brn_tar_next(brn_tar *tar, brn_tar_member *member)
{
    const uint8_t *p;
    uint64_t size;
    while (!tar->problem && next_header(tar, &p, &size)) {
        uint8_t type = p[TYPE_AT];
        size_t left = tar->size - tar->at;
        const uint8_t *data = tar->data + tar->at;
        /* Links, devices and folders have no bytes, whatever their size field says. */
        if (type >= '1' && type <= '6') {
            tar->long_name = NULL;
            continue;
        }
        if (size > left) {
            tar->problem = "a member is longer than the file";
            size = left;
        }
        size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
        tar->at += padded < left ? padded : left;
        if (type == 'L') {
            tar->long_name = data;
            tar->long_size = name_length(data, (size_t)size);
            continue;
        }
        member->name = tar->long_name ? tar->long_name : p;
        member->name_size = tar->long_name ? tar->long_size : name_length(p, NAME);
        member->data = data;
        member->size = (size_t)size;
        /* Records of pax are members themselves here: the names in them are not looked up. */
        if (type != 'K' && type != 'x' && type != 'g')
            tar->long_name = NULL;
        return true;
    }
    return false;
}
