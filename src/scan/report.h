/*
 * report.h - what a scan has found, as brinery.h shows it.
 */
#ifndef BRN_REPORT_H
#define BRN_REPORT_H

#include "trace.h"

struct brn_scan {
    brn_memory memory;
    brn_store text; /* everything the report points to */
    brn_scan_stream *streams;
    size_t count;
    size_t cap;
    brn_verdict verdict;
    bool unreadable;
    uint64_t size;
};

/* All answer NULL or false without memory. */

/* A stream without findings; its text is not copied. */
brn_scan_stream *brn_scanned_stream(brn_scan *scan, const char *where, const char *format,
                                    uint64_t offset);

/*
 * What a run of the trace found, as a stream at `offset`.  `code` is that run's.  Plain data that follows
 * plain data is put to it.
 */
bool brn_scanned_trace(brn_scan *scan, const char *where, const char *format, uint64_t offset,
                       brn_trace *trace, brn_code code);

/* A stream that cannot be read. */
bool brn_scanned_failure(brn_scan *scan, const char *where, const char *format, uint64_t offset,
                         brn_code code, const char *message);

/* Say what is odd about a stream, if nothing has been said yet. */
void brn_scanned_note(brn_scan_stream *stream, const char *note);

/* The verdict of the whole, once all streams are there. */
void brn_scanned_finish(brn_scan *scan);

#endif /* BRN_REPORT_H */
