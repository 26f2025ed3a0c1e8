/*
 * input.c - the bytes of a file: read whole, or mapped.
 *
 * The only place that touches the file system.  Reading is the default, because a
 * mapped file that somebody shortens kills the process; mapping is for who owns the file.
 * What has no size in advance (a pipe, a device) is read until its end.
 */
#include "input.h"

#include "../error.h"
#include "../memory.h"
#include "../options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* brn_input.internal: what it takes to give the bytes back. */
typedef struct holding {
    brn_memory *memory; /* NULL if the bytes are mapped */
    size_t cap;
} holding;

_Static_assert(sizeof(holding) <= sizeof(((brn_input *)0)->internal), "brn_input.internal");

#define FIRST_READ ((size_t)64 << 10)

/* In words for the usual causes: strerror() is not thread-safe, and depends on the locale. */
static const char *describe(int error)
{
    switch (error) {
    case ENOENT: return "no such file";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "it is a directory";
    case ENOTDIR: return "a part of the path is no directory";
    case ENAMETOOLONG: return "a name that is too long";
    case ELOOP: return "links that lead nowhere";
    case EMFILE:
    case ENFILE: return "too many files are open";
    case ENOSPC: return "no space left";
    case EDQUOT: return "the quota is used up";
    case EFBIG: return "the file would be too large";
    case EROFS: return "the file system is read-only";
    case EBADF: return "it is closed";
    case EPIPE: return "the reader has gone";
    case EIO: return "the device fails";
    default: return NULL;
    }
}

bool brn_io_fail(brn_error *err, brn_code code, const char *what, int error)
{
    const char *why = describe(error);
    if (why)
        (void)brn_error_set(err, code, 0, -1, "%s: %s", what, why);
    else
        (void)brn_error_set(err, code, 0, -1, "%s: system error %d", what, error);
    return false;
}

static bool fail_limit(brn_error *err, uint64_t limit)
{
    (void)brn_error_set(err, BRN_ERROR_LIMIT_INPUT, 0, -1,
                        "the file is longer than the %" PRIu64 " bytes allowed", limit);
    return false;
}

static bool fail_memory(brn_error *err, const brn_memory *memory, size_t size)
{
    (void)brn_error_set(err, memory->over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY, 0, -1,
                        "no memory for %zu bytes of a file", size);
    return false;
}

/* Read from `fd` until its end into memory of its own; `expected` is a hint. */
static bool read_all(brn_input *input, int fd, size_t expected, const brn_options *options,
                     const brn_alloc *alloc, brn_error *err)
{
    brn_memory first;
    brn_memory_init(&first, alloc, options->max_memory);
    brn_memory *memory = brn_memory_alloc(&first, sizeof *memory);
    if (!memory)
        return fail_memory(err, &first, sizeof *memory);
    *memory = first;
    void *data = NULL;
    size_t cap = 0;
    size_t size = 0;
    bool ok = true;
    for (;;) {
        /* One byte more than expected: its absence shows the end. */
        size_t need = size == 0 ? (expected > 0 ? expected + 1 : FIRST_READ) : size + 1;
        if (size == cap && !brn_memory_grow(memory, &data, &cap, need, 1)) {
            ok = fail_memory(err, memory, need);
            break;
        }
        ssize_t got = read(fd, (char *)data + size, cap - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            ok = brn_io_fail(err, BRN_ERROR_READ, "cannot read", errno);
            break;
        }
        if (got == 0)
            break;
        size += (size_t)got;
        if (size > options->max_input) {
            ok = fail_limit(err, options->max_input);
            break;
        }
    }
    if (!ok) {
        brn_memory_free(memory, data, cap);
        first = *memory;
        brn_memory_free(&first, memory, sizeof *memory);
        return false;
    }
    input->data = data;
    input->size = size;
    const holding held = {memory, cap};
    memcpy(input->internal, &held, sizeof held);
    return true;
}

static bool map_all(brn_input *input, int fd, size_t size)
{
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return false;
    (void)madvise(data, size, MADV_SEQUENTIAL);
    input->data = data;
    input->size = size;
    const holding held = {NULL, size};
    memcpy(input->internal, &held, sizeof held);
    return true;
}

bool brn_input_open(brn_input *input, const char *path, const brn_options *options,
                    const brn_alloc *alloc, brn_error *err)
{
    memset(input, 0, sizeof *input);
    brn_error_clear(err);
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return false;
    if (!path)
        return brn_io_fail(err, BRN_ERROR_OPEN, "without a path", ENOENT);
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return brn_io_fail(err, BRN_ERROR_OPEN, "cannot open", errno);
    struct stat info;
    bool ok;
    bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0;
    size_t size = regular && (uintmax_t)info.st_size < SIZE_MAX ? (size_t)info.st_size : 0;
    if (regular && size > effective.max_input)
        ok = fail_limit(err, effective.max_input);
    else if (size > 0 && effective.flags & BRN_MAP && !is_stdin && map_all(input, fd, size))
        ok = true;
    else
        ok = read_all(input, fd, size, &effective, alloc, err);
    if (!is_stdin)
        (void)close(fd);
    return ok;
}

size_t brn_input_memory(const brn_input *input)
{
    holding held;
    memcpy(&held, input->internal, sizeof held);
    return held.memory ? held.cap + sizeof *held.memory : 0;
}

void brn_input_close(brn_input *input)
{
    if (!input)
        return;
    holding held;
    memcpy(&held, input->internal, sizeof held);
    if (held.memory) {
        brn_memory memory = *held.memory;
        brn_memory_free(&memory, (void *)(uintptr_t)input->data, held.cap);
        brn_memory_free(&memory, held.memory, sizeof memory);
    } else if (input->data) {
        (void)munmap((void *)(uintptr_t)input->data, held.cap);
    }
    memset(input, 0, sizeof *input);
}
