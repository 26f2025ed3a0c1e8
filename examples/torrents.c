/*
 * torrents.c - move all torrents of a Deluge-like state file to another folder: an object with a
 * list of objects, read, changed and written, with no class of theirs at hand.
 */
#include <brinery.h>
#include <stdio.h>
#include <string.h>

/* The same folder below `to`, if it is below `from`. */
static bool move(brn_doc *doc, const brn_val *torrent, const char *from, const char *to)
{
    size_t size;
    char path[4096];
    const char *old = (const char *)brn_bytes(brn_attr(torrent, "save_path"), &size);
    if (!old || size < strlen(from) || memcmp(old, from, strlen(from)) != 0)
        return false;
    int length =
        snprintf(path, sizeof path, "%s%.*s", to, (int)(size - strlen(from)), old + strlen(from));
    return length > 0 && (size_t)length < sizeof path &&
           brn_attr_set(doc, torrent, "save_path", brn_make_str(doc, path));
}

int main(int argc, char **argv)
{
    brn_error err;
    if (argc != 4)
        return fprintf(stderr, "usage: torrents FILE FROM TO\n"), 64;
    brn_doc *doc = brn_read_file(argv[1], NULL, NULL, &err);
    const brn_val *torrents = brn_get(brn_root(doc), ".torrents");
    size_t moved = 0;
    for (size_t i = 0; i < brn_size(torrents); i++)
        moved += move(doc, brn_at(torrents, i), argv[2], argv[3]);
    brn_write_options options = BRN_WRITE_OPTIONS_INIT;
    options.protocol = brn_doc_protocol(doc);
    /* The file is replaced when all of the new one is on the disk; until then it is what it was. */
    if (!doc || brn_write_file(doc, argv[1], &options, NULL, &err) != BRN_OK) {
        char text[512];
        (void)brn_error_text(&err, text, sizeof text);
        return fprintf(stderr, "%s: %s\n", argv[1], text), brn_free(doc), 2;
    }
    printf("%zu of %zu moved\n", moved, brn_size(torrents));
    brn_free(doc);
    return 0;
}
