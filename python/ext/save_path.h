/*
 * save_path.h - saying where in the object a dump failed.
 */
#ifndef BRINERY_SAVE_PATH_H
#define BRINERY_SAVE_PATH_H

#include "save.h"

/*
 * The way from the object that was dumped to the one being saved, in Python's spelling,
 * from the saver's frames; a str, or NULL (with an exception).
 */
PyObject *ext_save_path(const ext_saver *saver);

/* Put the path onto the exception that is set, as its attribute pickle_path.  Keeps that exception. */
void ext_save_explain(ext_saver *saver);

#endif /* BRINERY_SAVE_PATH_H */
