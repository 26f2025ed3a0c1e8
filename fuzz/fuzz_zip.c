/*
 * fuzz_zip.c - a zip archive that holds a dangerous pickle, with lies in everything but the pickle: whatever
 * they are, the archive is never called clean.
 *
 * The input is the lies: each three bytes are an offset and what is put there.  The first four bytes stay: they
 * are what makes it an archive.
 */
#include "target.h"

#define PICKLE                                \
    "\x80\x04\x8c\x05posix\x8c\x06system\x93" \
    "\x8c\x02id\x85R."

static const char local[] = "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x19\0\0\0\x19\0\0\0\x08\0\0\0"
                            "data.pkl";
static const char directory[] = "PK\1\2\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x19\0\0\0\x19\0\0\0"
                                "\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0data.pkl";
static const char end[] = "PK\5\6\0\0\0\0\1\0\1\0\x36\0\0\0\x3f\0\0\0\0\0";

#define HEAD (sizeof local - 1)
#define CONTENT (sizeof PICKLE - 1)
#define WHOLE (HEAD + CONTENT + sizeof directory - 1 + sizeof end - 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t archive[WHOLE];
    uint8_t *to = archive;
    memcpy(to, local, HEAD);
    memcpy(to + HEAD, PICKLE, CONTENT);
    memcpy(to + HEAD + CONTENT, directory, sizeof directory - 1);
    memcpy(to + HEAD + CONTENT + sizeof directory - 1, end, sizeof end - 1);
    for (size_t i = 0; i + 2 < size && i < 60; i += 3) {
        size_t at = (data[i] | (size_t)data[i + 1] << 8) % (WHOLE - CONTENT - 4) + 4;
        archive[at < HEAD ? at : at + CONTENT] = data[i + 2];
    }
    brn_scan_options options = BRN_SCAN_OPTIONS_INIT;
    options.max_inflated = 1 << 20;
    brn_error err;
    brn_scan *scan = brn_scan_bytes(archive, sizeof archive, "a.zip", &options, NULL, &err);
    REQUIRE(scan);
    REQUIRE(brn_scan_verdict(scan) == BRN_VERDICT_DANGEROUS ||
            brn_scan_verdict(scan) == BRN_VERDICT_UNREADABLE);
    brn_scan_free(scan);
    return 0;
}
