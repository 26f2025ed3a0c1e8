/*
 * layout_3_11.h - the layouts of CPython 3.11.
 */
#ifndef BRINERY_LAYOUT_3_11_H
#define BRINERY_LAYOUT_3_11_H

#include "ext.h"

#endif /* BRINERY_LAYOUT_3_11_H */
