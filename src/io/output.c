/*
 * output.c - files that are written whole or not at all.
 */
#define _DEFAULT_SOURCE 1
#include "output.h"

#include "../error.h"
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is put behind a name to make it a temporary one. */
#define SUFFIX_SIZE 32

/* How often a name for it is tried. */
#define TRIES 100

bool brn_output_sink(void *ctx, const void *data, size_t size)
{
    brn_output *output = ctx;
    const char *at = data;
    while (size > 0) {
        ssize_t put = write(output->fd, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            output->error = put < 0 ? errno : EIO;
            return false;
        }
        at += put;
        size -= (size_t)put;
    }
    return true;
}

/* The file a link leads to is written, not the link.  NULL if there is none yet, or no memory. */
static char *follow(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode) ? realpath(path, NULL) : NULL;
}

static bool take_path(brn_output *output, const char *path, brn_error *err)
{
    char *target = follow(path);
    const char *from = target ? target : path;
    size_t size = strlen(from);
    output->room = size + SUFFIX_SIZE;
    output->path = brn_memory_alloc(output->memory, output->room);
    output->temporary = output->path ? brn_memory_alloc(output->memory, output->room) : NULL;
    if (output->temporary)
        memcpy(output->path, from, size + 1);
    else
        (void)brn_error_set(err, BRN_ERROR_MEMORY, BRN_NO_OFFSET, -1, "no memory for a path");
    free(target);
    return output->temporary != NULL;
}

static void free_paths(brn_output *output)
{
    brn_memory_free(output->memory, output->path, output->room);
    brn_memory_free(output->memory, output->temporary, output->room);
}

/* A file of a name that nothing has, with the rights the old file has. */
static int open_temporary(const brn_output *output, const struct stat *old)
{
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        (void)snprintf(output->temporary, output->room, "%s.%ld-%d.tmp", output->path,
                       (long)getpid(), i);
        fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    if (fd >= 0 && old && fchmod(fd, old->st_mode & 07777) != 0) {
        int error = errno;
        (void)close(fd);
        (void)unlink(output->temporary);
        errno = error;
        return -1;
    }
    return fd;
}

bool brn_output_open(brn_output *output, const char *path, brn_memory *memory, brn_error *err)
{
    struct stat old;
    *output = (brn_output){.memory = memory, .fd = STDOUT_FILENO};
    if (!path)
        return brn_io_fail(err, BRN_ERROR_OPEN, "without a path", ENOENT);
    if (strcmp(path, "-") == 0)
        return true;
    bool exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
        output->fd = open(path, O_WRONLY | O_CLOEXEC);
        return output->fd >= 0 || brn_io_fail(err, BRN_ERROR_OPEN, "cannot be opened", errno);
    }
    if (!take_path(output, path, err)) {
        free_paths(output);
        return false;
    }
    output->fd = open_temporary(output, exists ? &old : NULL);
    if (output->fd >= 0)
        return true;
    (void)brn_io_fail(err, BRN_ERROR_OPEN, "cannot be written", errno);
    free_paths(output);
    return false;
}

/* The new name is on the disk when the folder is. */
static void sync_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        /* Some file systems cannot, and the file is in its place all the same. */
        (void)fsync(fd);
        (void)close(fd);
    }
}

/* Bring what was written to the disk and into its place.  0, or what went wrong. */
static int put_in_place(brn_output *output, bool done)
{
    int error = output->error;
    if (output->temporary && done && fsync(output->fd) != 0)
        error = errno;
    if ((output->temporary || output->fd != STDOUT_FILENO) && close(output->fd) != 0 && error == 0)
        error = errno;
    if (output->temporary && done && error == 0 && rename(output->temporary, output->path) != 0)
        error = errno;
    return error;
}

bool brn_output_end(brn_output *output, bool done, brn_error *err)
{
    int error = put_in_place(output, done);
    bool ok = done && error == 0;
    if (output->temporary && ok)
        sync_folder(output->path);
    else if (output->temporary)
        (void)unlink(output->temporary);
    if (done ? !ok : output->error != 0)
        (void)brn_io_fail(err, BRN_ERROR_WRITE, "cannot be written", error);
    free_paths(output);
    return ok;
}
