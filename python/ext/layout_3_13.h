/*
 * layout_3_13.h - the layouts of CPython 3.13.
 */
#ifndef BRINERY_LAYOUT_3_13_H
#define BRINERY_LAYOUT_3_13_H

#include "layout_public.h"

#endif /* BRINERY_LAYOUT_3_13_H */
