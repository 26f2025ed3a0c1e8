/*
 * names.h - what is known about names: dangerous.def, and the tables of the policy.
 *
 * Whatever is in neither table is unknown, which is never clean.  So the table of dangers decides
 * nothing but the wording; the table of what is known is the one that has to be right.
 */
#ifndef BRN_SCAN_NAMES_H
#define BRN_SCAN_NAMES_H

#include "../base.h"

#define BRN_USES 5

/* Names whose calls mean something to the scan itself. */
typedef enum brn_special {
    BRN_SPECIAL_NONE,
    BRN_SPECIAL_GETATTR,  /* getattr(x, "y") is x.y */
    BRN_SPECIAL_TYPE,     /* type(x) looks, type(name, bases, dict) makes a class */
    BRN_SPECIAL_INSTANCE, /* its first argument is the class of an instance */
    BRN_SPECIAL_DTYPE,    /* how large the items of an array are */
    BRN_SPECIAL_REDUCE,   /* int | str is reduce(or_, (int, str)) */
    BRN_SPECIAL_OR,       /* that or_ */
    BRN_SPECIAL_ARRAY     /* joblib: the bytes of an array follow its BUILD */
} brn_special;

typedef struct brn_judgement {
    brn_verdict verdict[BRN_USES]; /* by brn_use */
    brn_severity severity;
    const char *category;
    const char *reason;
    brn_special special;
} brn_judgement;

/* What is known about the uses of `module`:`name`. */
void brn_judge(brn_judgement *ruling, const uint8_t *module, size_t module_size,
               const uint8_t *name, size_t name_size);

/* The same verdict for every use, for what has no name. */
void brn_judge_all(brn_judgement *ruling, brn_verdict verdict, brn_severity severity,
                   const char *category, const char *reason);

#endif /* BRN_SCAN_NAMES_H */
