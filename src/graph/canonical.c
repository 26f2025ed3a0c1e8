#include "write.h"

bool brn_canonical_begin(brn_save *s)
{
    (void)s;
    return true;
}
void brn_canonical_end(brn_save *s)
{
    (void)s;
}
const brn_val *brn_canonical_of(const brn_save *s, const brn_val *val)
{
    (void)s;
    return val;
}
bool brn_canonical_order(brn_save *s, const brn_val *container, const brn_val **to)
{
    (void)s;
    (void)container;
    (void)to;
    return true;
}
