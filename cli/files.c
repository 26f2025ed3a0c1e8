/*
 * files.c - walks folders, with a list of those still to be read instead of recursion.
 */
#define _POSIX_C_SOURCE 200809L

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy_of(const char *str)
{
    size_t size = strlen(str) + 1;
    char *copy = cli_alloc(size);
    memcpy(copy, str, size);
    return copy;
}

static char *join(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool slash = length && folder[length - 1] == '/';
    text t = {0};
    text_printf(&t, "%s%s%s", folder, slash ? "" : "/", name);
    return t.data;
}

static void add(file_list *list, char *path, bool is_folder)
{
    list->entries = cli_grow(list->entries, &list->cap, list->count + 1, sizeof *list->entries);
    list->entries[list->count++] = (file_entry){path, is_folder};
}

void files_free(file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].path);
    free(list->entries);
    memset(list, 0, sizeof *list);
}

static bool ends_with(const char *name, size_t length, const char *suffix)
{
    size_t size = strlen(suffix);
    return length > size && strncmp(name + length - size, suffix, size) == 0;
}

static bool has_pickle_name(const char *name)
{
    static const char *const suffixes[] = {".pkl", ".pickle", ".pck",    ".pcl",
                                           ".p",   ".sav",    ".joblib", ".pk"};
    size_t length = strlen(name);
    if (ends_with(name, length, ".gz"))
        length -= 3;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (ends_with(name, length, suffixes[i]))
            return true;
    }
    return false;
}

/* Every pickle of protocol 2 and later begins with PROTO and the number. */
static bool begins_like_pickle(const char *path)
{
    unsigned char bytes[2];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    ssize_t size = read(file, bytes, sizeof bytes);
    (void)close(file);
    return size == 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const file_entry *)a)->path, ((const file_entry *)b)->path);
}

/* The files of one folder into `list`, its folders into `folders`. */
static bool read_folder(const app *a, file_list *list, file_list *folders, const char *folder,
                        files_wanted wanted)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        app_error(a, folder, "%s", strerror(errno));
        return false;
    }
    file_list found = {0};
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        char *path = join(folder, name);
        struct stat info;
        bool is_file = lstat(path, &info) == 0 && S_ISREG(info.st_mode);
        bool is_folder = !is_file && lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
        if (is_folder ||
            (is_file && (wanted == FILES_ALL || has_pickle_name(name) || begins_like_pickle(path))))
            add(&found, path, is_folder);
        else
            free(path);
    }
    (void)closedir(dir);
    if (found.count)
        qsort(found.entries, found.count, sizeof *found.entries, compare_names);
    for (size_t i = 0; i < found.count; i++) {
        if (!found.entries[i].is_folder)
            add(list, found.entries[i].path, false);
    }
    /* They are taken from the end, so the first by name is to come last. */
    for (size_t i = found.count; i-- > 0;) {
        if (found.entries[i].is_folder)
            add(folders, found.entries[i].path, true);
    }
    free(found.entries);
    return true;
}

bool files_collect(const app *a, file_list *list, int count, char **operands, files_wanted wanted)
{
    bool ok = true;
    memset(list, 0, sizeof *list);
    for (int i = 0; i < count; i++) {
        struct stat info;
        bool is_folder =
            strcmp(operands[i], "-") != 0 && stat(operands[i], &info) == 0 && S_ISDIR(info.st_mode);
        if (!is_folder || wanted == FILES_GIVEN) {
            add(list, copy_of(operands[i]), is_folder);
            continue;
        }
        file_list folders = {0};
        add(&folders, copy_of(operands[i]), true);
        while (folders.count) {
            char *folder = folders.entries[--folders.count].path;
            ok = read_folder(a, list, &folders, folder, wanted) && ok;
            free(folder);
        }
        files_free(&folders);
    }
    return ok;
}
