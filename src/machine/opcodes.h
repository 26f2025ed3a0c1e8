/*
 * opcodes.h - what opcodes.def expands to: the enum, and a table by byte.
 */
#ifndef BRN_OPCODES_H
#define BRN_OPCODES_H

#include "../base.h"

/* How the bytes after an opcode are read.  Little-endian unless it says otherwise. */
typedef enum brn_format {
    BRN_FORMAT_NONE,
    BRN_FORMAT_UINT1,
    BRN_FORMAT_UINT2,
    BRN_FORMAT_UINT4,
    BRN_FORMAT_UINT8,
    BRN_FORMAT_INT4,
    BRN_FORMAT_FLOAT8,  /* IEEE 754 double, big-endian */
    BRN_FORMAT_LONG1,   /* one-byte size, two's complement */
    BRN_FORMAT_LONG4,   /* four-byte signed size, two's complement */
    BRN_FORMAT_PY2STR1, /* one-byte size, bytes */
    BRN_FORMAT_PY2STR4, /* four-byte signed size, bytes */
    BRN_FORMAT_BYTES1,  /* one-byte size, bytes */
    BRN_FORMAT_BYTES4,
    BRN_FORMAT_BYTES8,
    BRN_FORMAT_TEXT1, /* one-byte size, UTF-8 with surrogates let through */
    BRN_FORMAT_TEXT4,
    BRN_FORMAT_TEXT8,
    BRN_FORMAT_DECIMAL,      /* a line: decimal; 00 and 01 are bools */
    BRN_FORMAT_DECIMAL_LONG, /* a line: decimal with an L behind it, or without */
    BRN_FORMAT_INDEX,        /* a line: decimal, also with zeros in front and blanks around it */
    BRN_FORMAT_FLOAT,        /* a line: a float as repr() prints it */
    BRN_FORMAT_STRING,       /* a line: quoted, with escapes */
    BRN_FORMAT_UNICODE,      /* a line: raw-unicode-escape */
    BRN_FORMAT_LINE,         /* a line of ASCII */
    BRN_FORMAT_PAIR          /* two lines of UTF-8: module, qualified name */
} brn_format;

enum brn_opcode_byte {
#define OPCODE(name, byte, argument, mark, pops, pushes, protocol, help) \
    BRN_OP_BYTE_##name = (byte),
#include "opcodes.def"
#undef OPCODE
};

typedef struct brn_opcode_row {
    brn_opcode_info info; /* info.name is NULL if the byte is no opcode */
    uint8_t format;
    uint8_t mark;
    uint8_t pops;
    uint8_t pushes;
} brn_opcode_row;

/* By byte; 256 rows. */
extern const brn_opcode_row brn_opcode_rows[256];

#endif /* BRN_OPCODES_H */
