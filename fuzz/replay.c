/*
 * replay.c - a main for a fuzz target that runs it once over every file named on the command
 * line, and over every file below every folder named there.
 *
 * This makes what fuzzing has found once a plain test: it needs no libFuzzer,
 * so it runs in every build, under valgrind and under any sanitizer.
 * With -v each path is printed first: the last one printed is the one that crashed.
 *
 * A named path that does not exist, and a run over no file at all, are failures: a replay of
 * nothing must not look like success.
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* nftw() passes no context, so these have to live here. */
static unsigned long replayed;
static bool verbose;

/* Each file gets a block of exactly its size, so that sanitizers see a read past the end. */
static int replay_file(const char *path, size_t size)
{
    if (verbose) {
        printf("%s\n", path);
        (void)fflush(stdout);
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
        return 1;
    }
    uint8_t *data = malloc(size > 0 ? size : 1);
    int status = 1;
    if (!data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "replay: %s: cannot be read whole\n", path);
    } else {
        (void)LLVMFuzzerTestOneInput(data, size);
        replayed++;
        status = 0;
    }
    free(data);
    (void)fclose(file);
    return status;
}

static int visit(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)place;
    if (kind == FTW_F)
        return replay_file(path, (size_t)info->st_size);
    if (kind == FTW_DNR || kind == FTW_NS) {
        fprintf(stderr, "replay: %s: cannot be read\n", path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            verbose = true;
            continue;
        }
        int status = nftw(argv[i], visit, 16, FTW_PHYS);
        if (status < 0)
            fprintf(stderr, "replay: %s: %s\n", argv[i], strerror(errno));
        if (status != 0)
            return 1;
    }
    printf("replayed %lu files\n", replayed);
    return replayed > 0 ? 0 : 1;
}
