/*
 * names.h - names of globals, as both directions take them apart and translate them.
 */
#ifndef BRINERY_NAMES_H
#define BRINERY_NAMES_H

#include "ext.h"

/* The parts of "Outer.Inner"; NULL and an exception, also for what is no str. */
PyObject *ext_split_name(PyObject *name);

typedef enum ext_name_direction { EXT_FROM_PYTHON_2, EXT_TO_PYTHON_2 } ext_name_direction;

/*
 * Replace *module and *name, references of the caller, by what they are called in the other version of
 * Python, if _compat_pickle knows them.  0, or -1 and an exception.
 */
int ext_map_names(ext_state *state, ext_name_direction direction, PyObject **module,
                  PyObject **name);

#endif /* BRINERY_NAMES_H */
