/*
 * scan_out.h - the three ways in which `brinery scan` tells what it found.
 */
#ifndef BRINERY_CLI_SCAN_OUT_H
#define BRINERY_CLI_SCAN_OUT_H

#include "cli.h"

/* One file, scanned or not. */
typedef struct scanned {
    const char *file;
    brn_scan *scan; /* NULL: `err` says why the file cannot be read */
    brn_error err;
} scanned;

/* How many files of each kind; a file counts once, by the worst. */
typedef struct scan_sums {
    uint64_t files;
    uint64_t by_verdict[BRN_VERDICT_DANGEROUS + 1];
    uint64_t unreadable; /* files with something that cannot be read, whatever else they are */
} scan_sums;

brn_verdict scanned_verdict(const scanned *s);
bool scanned_unreadable(const scanned *s);

void scan_table_file(app *a, const scanned *s);
void scan_table_end(app *a, const scan_sums *sums);

void scan_json_begin(app *a);
void scan_json_file(app *a, const scanned *s, bool first);
void scan_json_end(app *a, const scan_sums *sums);

/* SARIF lists the rules in front of the results, so it needs all files at once. */
void scan_sarif(app *a, const scanned *files, size_t count);

#endif /* BRINERY_CLI_SCAN_OUT_H */
