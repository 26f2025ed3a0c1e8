/*
 * emit_text.h - text and bytes as the protocols spell them that have no length in front: lines of
 * raw-unicode-escape (UNICODE), lines of quoted bytes (STRING), and bytes as Latin-1 text.
 *
 * What is written can be much longer than what it is made of, so it is written in steps, and a host with
 * a `flush` needs no more room than one step takes.  All of this is for protocols without frames.
 */
#ifndef BRN_EMIT_TEXT_H
#define BRN_EMIT_TEXT_H

#include "emit.h"

/* What stands in the line of a UNICODE: of UTF-8, surrogates included, and of bytes that are one character each. */
bool brn_emit_escaped_text(brn_emitter *out, const void *text, size_t size);
bool brn_emit_escaped_latin1(brn_emitter *out, const void *bytes, size_t size);

/* Bytes that are one character each, as UTF-8, and how long that is. */
uint64_t brn_latin1_size(const void *bytes, size_t size);
bool brn_emit_latin1(brn_emitter *out, const void *bytes, size_t size);

/* A STRING: the line that Python 2 writes for its str. */
bool brn_emit_string(brn_emitter *out, const void *bytes, size_t size);

#endif /* BRN_EMIT_TEXT_H */
