/*
 * files.h - the files `ls` and `scan` were asked about: those given, and those in folders.
 */
#ifndef BRINERY_CLI_FILES_H
#define BRINERY_CLI_FILES_H

#include "cli.h"

typedef struct file_entry {
    char *path;
    bool is_folder; /* given without -r: an error */
} file_entry;

typedef struct file_list {
    file_entry *entries;
    size_t count;
    size_t cap;
} file_list;

/* Which files of folders. */
typedef enum files_wanted {
    FILES_GIVEN,   /* folders are not looked into */
    FILES_PICKLES, /* those that look like pickles */
    FILES_ALL
} files_wanted;

/*
 * The files to look at, in the order given; those in folders by name.  A file looks like a pickle
 * by its name (.pkl, .pickle, .pck, .pcl, .p, .joblib, .sav, with or without
 * .gz), or by a first opcode PROTO.  Links within folders are not followed.  False if
 * a folder cannot be read, which has been said then.
 */
bool files_collect(const app *a, file_list *list, int count, char **operands, files_wanted wanted);
void files_free(file_list *list);

#endif /* BRINERY_CLI_FILES_H */
