/*
 * layout_public.h - what layout.h promises, through the public API.
 */
#ifndef BRINERY_LAYOUT_PUBLIC_H
#define BRINERY_LAYOUT_PUBLIC_H

#include "ext.h"

#endif /* BRINERY_LAYOUT_PUBLIC_H */
