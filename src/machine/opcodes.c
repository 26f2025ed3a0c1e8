/*
 * opcodes.c - the table of opcodes by byte, from opcodes.def.
 */
#include "opcodes.h"

const brn_opcode_row brn_opcode_rows[256] = {
#define OPCODE(name, byte, argument, mark, pops, pushes, protocol, help) \
    [byte] = {{#name, help, byte, protocol}, BRN_FORMAT_##argument, mark, pops, pushes},
#include "opcodes.def"
#undef OPCODE
};

const brn_opcode_info *brn_opcode(int opcode)
{
    if (opcode < 0 || opcode > 255 || !brn_opcode_rows[opcode].info.name)
        return NULL;
    return &brn_opcode_rows[opcode].info;
}
