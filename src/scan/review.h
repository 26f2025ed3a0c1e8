/*
 * review.h - asks the policy about pickles that nothing dangerous was found in.
 *
 * The tables say which names were reviewed, and for which use; with which arguments, only the policy can tell, over
 * a document.  The tables are coarser in both directions: a function that makes what its first argument says
 * is known for what it makes, if the policy says so.  So what is called known here is what safe_load would load.
 */
#ifndef BRN_REVIEW_H
#define BRN_REVIEW_H

#include "trace.h"

/* What a policy with all its presets grants to a name: brn_grant bits, 0 if it has no entry. */
uint32_t brn_review_grants(const uint8_t *module, size_t module_size, const uint8_t *name,
                           size_t name_size);

/*
 * Check the pickle that the trace has just run, and called known or unknown.  If the policy allows all of it, all of it
 * is known; what it refuses becomes a finding, unknown, unless there are such findings already.  False without memory.
 */
bool brn_review(brn_trace *trace, const uint8_t *data);

#endif /* BRN_REVIEW_H */
