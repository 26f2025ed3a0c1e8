/*
 * layout_3_14.h - the layouts of CPython 3.14.
 */
#ifndef BRINERY_LAYOUT_3_14_H
#define BRINERY_LAYOUT_3_14_H

#include "layout_public.h"

#endif /* BRINERY_LAYOUT_3_14_H */
