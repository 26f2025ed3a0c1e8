/*
 * edit.h - what making and changing values share: whose a value is, and how failing is kept.
 */
#ifndef BRN_EDIT_H
#define BRN_EDIT_H

#include "document.h"
#include "keys.h"

/* Keep the first error; `problem` is a constant.  False, so that a caller can report and return. */
bool brn_edit_fail(brn_doc *doc, brn_code code, const char *problem);

/* The same without memory, or with all values made that may be. */
bool brn_edit_fail_memory(brn_doc *doc);

/* `val` as a value of this document that may be changed; NULL, and an error, if it is none. */
brn_val *brn_edit_own(brn_doc *doc, const brn_val *val);

/* Are all of them values of this document?  An error if not. */
bool brn_edit_own_all(brn_doc *doc, const brn_val *const *items, size_t count);

/* For hashing and comparing keys in one call; what went wrong there is kept by the second. */
brn_keys brn_edit_keys(brn_doc *doc);
bool brn_edit_fail_keys(brn_doc *doc, const brn_keys *keys);

/* A value of this type without contents; NULL, and an error, without memory. */
brn_val *brn_edit_new(brn_doc *doc, brn_type type, uint8_t flags, uint16_t size);

/* A copy of text or bytes as a value, whose flags are known. */
brn_val *brn_edit_text(brn_doc *doc, brn_type type, const void *data, size_t size, uint8_t flags);

/* brn_attr_set() for a name that is no C string; the last state, or a first one; an item, of a tuple too. */
bool brn_edit_attr(brn_doc *doc, const brn_val *val, const char *name, size_t size,
                   const brn_val *value);
bool brn_edit_state(brn_doc *doc, const brn_val *val, const brn_val *state);
bool brn_edit_item(brn_doc *doc, const brn_val *val, int64_t index, const brn_val *item);

/* What calls and names are made from has to be of the right type; an error if not. */
bool brn_edit_check_name(brn_doc *doc, const brn_val *module, const brn_val *name);
bool brn_edit_check_callee(brn_doc *doc, const brn_val *callee);
bool brn_edit_check_args(brn_doc *doc, const brn_val *args);
bool brn_edit_check_kwargs(brn_doc *doc, const brn_val *kwargs);

#endif /* BRN_EDIT_H */
