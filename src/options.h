/*
 * options.h - the options as the rooms use them: checked, and every field set.
 */
#ifndef BRN_OPTIONS_H
#define BRN_OPTIONS_H

#include "error.h"

/*
 * Fill *effective from the caller's options (NULL for defaults), whatever version of the
 * struct they have, replacing zeros by defaults.  max_work stays 0 where it has
 * to be derived from the input.
 */
brn_code brn_options_get(brn_options *effective, const brn_options *options, brn_error *err);

#endif /* BRN_OPTIONS_H */
