/*
 * npy.h - the header of NumPy's .npy files: where the array begins, and whether it is a pickle.
 */
#ifndef BRN_NPY_H
#define BRN_NPY_H

#include "../base.h"

typedef enum brn_npy {
    BRN_NPY_NONE,    /* no .npy file */
    BRN_NPY_BROKEN,  /* it begins like one */
    BRN_NPY_NUMBERS, /* items that are not pickled */
    BRN_NPY_MAYBE,   /* the dtype is written so that it may hold objects */
    BRN_NPY_OBJECTS  /* a pickle follows */
} brn_npy;

/* *begin gets where the array begins. */
brn_npy brn_npy_header(const uint8_t *data, size_t size, size_t *begin);

#endif /* BRN_NPY_H */
