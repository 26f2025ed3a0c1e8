/*
 * tar.h - the members of a tar archive: v7, ustar, GNU and pax.
 */
#ifndef BRN_TAR_H
#define BRN_TAR_H

#include "../base.h"

typedef struct brn_tar {
    const uint8_t *data;
    size_t size;
    size_t at;           /* of the next header; at the end, of what follows the archive */
    const char *problem; /* why reading ended early, in a clause, or NULL */
    const uint8_t *long_name;
    size_t long_size;
} brn_tar;

typedef struct brn_tar_member {
    const uint8_t *name;
    size_t name_size;
    const uint8_t *data;
    size_t size;
} brn_tar_member;

/* True if these bytes begin with the header of a tar archive. */
bool brn_tar_begins(const uint8_t *data, size_t size);

void brn_tar_open(brn_tar *tar, const uint8_t *data, size_t size);

/* The next member that has bytes; false at the end. */
bool brn_tar_next(brn_tar *tar, brn_tar_member *member);

#endif /* BRN_TAR_H */
