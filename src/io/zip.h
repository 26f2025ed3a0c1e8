/*
 * zip.h - the members of a zip archive, as many as there are to be found.
 *
 * A zip says where its members are three times: at the end, in the central directory, and in front of each
 * member.  Readers believe different ones, and whoever wants a scanner to see something else than
 * the loader makes them differ.  So everything is read and compared, members that only one of them
 * knows of are listed as well, and what differs is told.
 */
#ifndef BRN_ZIP_H
#define BRN_ZIP_H

#include "../memory.h"

typedef struct brn_zip_member {
    const uint8_t *name;
    size_t name_size;
    const uint8_t *data; /* as it is stored; NULL if there is none to be found */
    size_t packed;
    uint64_t size; /* as claimed */
    uint32_t crc;
    uint16_t method;       /* by the central directory, */
    uint16_t other_method; /* and by the member's own header */
    bool encrypted;
    bool hidden;         /* not in the central directory */
    bool shared;         /* other members lie in the same bytes */
    const char *problem; /* in a clause, or NULL */
} brn_zip_member;

/* A range of bytes that belongs to a member, or to nothing. */
typedef struct brn_zip_gap {
    size_t begin;
    size_t end;
    size_t member; /* its index, or SIZE_MAX */
} brn_zip_gap;

typedef struct brn_zip {
    brn_memory *memory;
    brn_zip_member *members;
    size_t count;
    size_t cap;
    brn_zip_gap *gaps;
    size_t gap_count;
    size_t gap_cap;
    uint64_t max_members;
    bool too_many;
    const char *problem; /* of the archive as a whole, in a clause, or NULL */
    bool ambiguous;      /* the problem is one of two readings */
    /* while reading: */
    brn_zip_gap *taken;
    size_t taken_count;
    size_t taken_cap;
    size_t base; /* where the archive begins: offsets count from here */
} brn_zip;

/* True if the bytes end with a zip archive, and nothing behind it. */
bool brn_zip_ends(const uint8_t *data, size_t size);

/* Read the archive in these bytes.  False without memory; brn_zip_free() is called all the same. */
bool brn_zip_read(brn_zip *zip, const uint8_t *data, size_t size, uint64_t max_members,
                  brn_memory *memory);
void brn_zip_free(brn_zip *zip);

#endif /* BRN_ZIP_H */
