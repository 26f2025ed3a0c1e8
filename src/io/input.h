/*
 * input.h - what the library itself wants to know of a brn_input.
 */
#ifndef BRN_INPUT_H
#define BRN_INPUT_H

#include "../base.h"

/* The bytes taken from the allocator for it: 0 if the file is mapped. */
size_t brn_input_memory(const brn_input *input);

/* Report a failure of the system (errno) at a file; false. */
bool brn_io_fail(brn_error *err, brn_code code, const char *what, int error);

#endif /* BRN_INPUT_H */
