/* pickler.c - replaced soon. */
#include "ext.h"
static PyType_Slot slots[] = {{0, NULL}};
PyType_Spec ext_pickler_spec = {.name = "brinery._brinery.Pickler",
                                .basicsize = sizeof(PyObject),
                                .flags = Py_TPFLAGS_DEFAULT,
                                .slots = slots};
