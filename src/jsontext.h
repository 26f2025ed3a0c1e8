/*
 * jsontext.h - strings and base64 as JSON has them, for everything that prints JSON.
 */
#ifndef BRN_JSONTEXT_H
#define BRN_JSONTEXT_H

#include "repr.h"

/* A JSON string, in quotes, of UTF-8; surrogates become \ud800 escapes. */
void brn_out_json_text(brn_out *out, const void *text, size_t size);

/* A JSON string, in quotes, of bytes, each of which is one character (latin-1). */
void brn_out_json_latin1(brn_out *out, const void *bytes, size_t size);

/* The same without quotes: what stands between those of one string. */
void brn_out_json_chars(brn_out *out, const void *text, size_t size);
void brn_out_json_latin1_chars(brn_out *out, const void *bytes, size_t size);

/* Base64 (RFC 4648, with padding), in quotes. */
void brn_out_json_base64(brn_out *out, const void *bytes, size_t size);

#endif /* BRN_JSONTEXT_H */
