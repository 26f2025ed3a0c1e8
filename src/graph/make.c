/*
 * make.c - values made one by one, in a new document or in one that was read.
 *
 * They are the values that reading makes, so all questions, paths and views work on them.  A value
 * is one of its document's: that is looked up by its id, which costs a few steps, and makes a value
 * of another document an error instead of a pointer that dangles later.
 *
 * The first error stays in the document and later calls go on, because code that builds a
 * document is a long row of calls, of which each would have to be checked.
 */
#include "edit.h"

#include "../options.h"
#include "../repr.h"

/* ------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------ */

bool brn_edit_fail(brn_doc *doc, brn_code code, const char *problem)
{
    if (doc->error == BRN_OK) {
        doc->error = code;
        doc->problem = problem;
    }
    return false;
}

bool brn_edit_fail_memory(brn_doc *doc)
{
    if (brn_arena_count(&doc->arena) >= doc->arena.max_cells)
        return brn_edit_fail(doc, BRN_ERROR_LIMIT_VALUES, "no more values are allowed");
    if (doc->memory.over_limit)
        return brn_edit_fail(doc, BRN_ERROR_LIMIT_MEMORY, "no more memory is allowed");
    return brn_edit_fail(doc, BRN_ERROR_MEMORY, "there is no memory left");
}

brn_code brn_doc_error(const brn_doc *doc, brn_error *err)
{
    brn_error_clear(err);
    if (!doc || doc->error == BRN_OK)
        return BRN_OK;
    return brn_error_set(err, doc->error, BRN_NO_OFFSET, -1, "%s", doc->problem);
}

void brn_doc_clear_error(brn_doc *doc)
{
    if (doc)
        doc->error = BRN_OK;
}

brn_val *brn_edit_own(brn_doc *doc, const brn_val *val)
{
    if (!doc)
        return NULL;
    if (!val) {
        (void)brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "NULL is given where a value is needed");
        return NULL;
    }
    const brn_chunk *newest = doc->arena.last;
    brn_chunk *chunk = doc->arena.last;
    while (chunk && chunk->first_id > val->id)
        chunk = chunk->previous;
    if (chunk && (chunk != newest || val->id < brn_arena_count(&doc->arena))) {
        brn_val *own = (brn_val *)(void *)brn_chunk_start(chunk) + (val->id - chunk->first_id);
        if (own == val)
            return own;
    }
    (void)brn_edit_fail(doc, BRN_ERROR_FOREIGN_VALUE, "a value belongs to another document");
    return NULL;
}

bool brn_edit_own_all(brn_doc *doc, const brn_val *const *items, size_t count)
{
    if (!items && count > 0)
        return brn_edit_own(doc, NULL) != NULL;
    for (size_t i = 0; i < count; i++) {
        if (!brn_edit_own(doc, items[i]))
            return false;
    }
    return true;
}

/* Enough for any honest key. */
#define KEY_WORK 100000000

brn_keys brn_edit_keys(brn_doc *doc)
{
    return (brn_keys){
        .memory = &doc->memory, .seed = doc->hash_seed, .work = KEY_WORK, .values = doc->count};
}

bool brn_edit_fail_keys(brn_doc *doc, const brn_keys *keys)
{
    switch (keys->failure) {
    case BRN_ERROR_UNHASHABLE:
        return brn_edit_fail(doc, keys->failure, "a key or element cannot be hashed");
    case BRN_ERROR_LIMIT_WORK:
        return brn_edit_fail(doc, keys->failure, "comparing keys takes too many steps");
    case BRN_ERROR_LIMIT_VALUES:
        return brn_edit_fail(doc, keys->failure, "too many keys for one table");
    default: return brn_edit_fail_memory(doc);
    }
}

/* ------------------------------------------------------------------------
 * Documents
 * ------------------------------------------------------------------------ */

#define FIRST_CHUNK 4096
#define MADE_PROTOCOL 4

brn_doc *brn_new(const brn_options *options, const brn_alloc *alloc, brn_error *err)
{
    brn_error_clear(err);
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return NULL;
    brn_memory memory;
    brn_memory_init(&memory, alloc, effective.max_memory);
    brn_doc *doc = brn_doc_new(&memory, FIRST_CHUNK, effective.max_values);
    if (!doc) {
        (void)brn_error_set(err, memory.over_limit ? BRN_ERROR_LIMIT_MEMORY : BRN_ERROR_MEMORY,
                            BRN_NO_OFFSET, -1, "there is no memory for a document");
        return NULL;
    }
    doc->hash_seed = effective.hash_seed;
    doc->protocol = MADE_PROTOCOL;
    doc->root = brn_make_none(doc);
    if (doc->root)
        return doc;
    (void)brn_doc_error(doc, err);
    brn_free(doc);
    return NULL;
}

bool brn_set_root(brn_doc *doc, const brn_val *val)
{
    const brn_val *own = brn_edit_own(doc, val);
    if (own)
        doc->root = own;
    return own != NULL;
}

/* ------------------------------------------------------------------------
 * Atoms
 * ------------------------------------------------------------------------ */

brn_val *brn_edit_new(brn_doc *doc, brn_type type, uint8_t flags, uint16_t size)
{
    if (!doc)
        return NULL;
    brn_val *val = brn_value_new(doc, type, flags, size);
    if (!val)
        (void)brn_edit_fail_memory(doc);
    doc->count = brn_arena_count(&doc->arena);
    return val;
}

/* None, True, False and (), of which there is one. */
static brn_val *make_single(brn_doc *doc, brn_val **single, brn_type type, int64_t integer)
{
    if (!*single) {
        brn_val *val = brn_edit_new(doc, type, 0, 0);
        if (val && type == BRN_TUPLE)
            val->u.tuple = NULL;
        else if (val)
            val->u.integer = integer;
        *single = val;
    }
    return *single;
}

const brn_val *brn_make_none(brn_doc *doc)
{
    return doc ? make_single(doc, &doc->none, BRN_NONE, 0) : NULL;
}

const brn_val *brn_make_bool(brn_doc *doc, bool value)
{
    return doc ? make_single(doc, value ? &doc->yes : &doc->no, BRN_BOOL, value) : NULL;
}

const brn_val *brn_make_int(brn_doc *doc, int64_t value)
{
    brn_val *val = brn_edit_new(doc, BRN_INT, 0, 0);
    if (val)
        val->u.integer = value;
    return val;
}

const brn_val *brn_make_float(brn_doc *doc, double value)
{
    brn_val *val = brn_edit_new(doc, BRN_FLOAT, 0, 0);
    if (val)
        val->u.real = value;
    return val;
}

brn_val *brn_edit_text(brn_doc *doc, brn_type type, const void *data, size_t size, uint8_t flags)
{
    static const uint8_t nothing[1];
    bool is_short = size < BRN_SIZE_IN_FRONT;
    uint8_t *text = NULL;
    if (size > 0) {
        text = is_short ? brn_block_alloc(doc, size) : brn_text_new(doc, size);
        if (!text) {
            (void)brn_edit_fail_memory(doc);
            return NULL;
        }
        memcpy(text, data, size);
    }
    if (!is_short) {
        brn_text_set_size(text, size);
        flags |= BRN_FLAG_SIZE8;
    }
    brn_val *val = brn_edit_new(doc, type, flags, is_short ? (uint16_t)size : BRN_SIZE_IN_FRONT);
    if (val)
        val->u.bytes = text ? text : nothing;
    return val;
}

/* Is there anything at `data`?  NULL is fine for nothing. */
static bool is_given(brn_doc *doc, const void *data, size_t size)
{
    if (!doc)
        return false;
    return data || size == 0 ||
           brn_edit_fail(doc, BRN_ERROR_NO_VALUE, "NULL is given where text or bytes are needed");
}

const brn_val *brn_make_strn(brn_doc *doc, const char *text, size_t size)
{
    if (!is_given(doc, text, size))
        return NULL;
    brn_utf8 kind = size > 0 ? brn_utf8_scan((const uint8_t *)text, size) : BRN_UTF8_ASCII;
    if (kind == BRN_UTF8_INVALID) {
        (void)brn_edit_fail(doc, BRN_ERROR_UTF8, "text for a str is not UTF-8");
        return NULL;
    }
    return brn_edit_text(doc, BRN_STR, text, size, brn_text_flags(kind));
}

const brn_val *brn_make_str(brn_doc *doc, const char *text)
{
    return brn_make_strn(doc, text, text ? strlen(text) : 1);
}

const brn_val *brn_make_py2str(brn_doc *doc, const void *data, size_t size)
{
    if (!is_given(doc, data, size))
        return NULL;
    bool ascii = size == 0 || brn_utf8_scan(data, size) == BRN_UTF8_ASCII;
    return brn_edit_text(doc, BRN_PY2STR, data, size, ascii ? BRN_FLAG_ASCII : 0);
}

const brn_val *brn_make_bytes(brn_doc *doc, const void *data, size_t size)
{
    return is_given(doc, data, size) ? brn_edit_text(doc, BRN_BYTES, data, size, 0) : NULL;
}

const brn_val *brn_make_bytearray(brn_doc *doc, const void *data, size_t size)
{
    return is_given(doc, data, size) ? brn_edit_text(doc, BRN_BYTEARRAY, data, size, 0) : NULL;
}

const brn_val *brn_make_bigint(brn_doc *doc, const void *bytes, size_t size)
{
    if (!is_given(doc, bytes, size))
        return NULL;
    size_t needed = brn_int_trim(bytes, size);
    if (needed <= 8)
        return brn_make_int(doc, needed ? brn_int_of_bytes(bytes, needed) : 0);
    return brn_edit_text(doc, BRN_BIGINT, bytes, needed, 0);
}

/* ------------------------------------------------------------------------
 * Containers
 * ------------------------------------------------------------------------ */

static const brn_val *make_container(brn_doc *doc, brn_type type)
{
    brn_val *val = brn_edit_new(doc, type, 0, 0);
    if (val)
        val->u.items = NULL;
    return val;
}

const brn_val *brn_make_list(brn_doc *doc)
{
    return make_container(doc, BRN_LIST);
}

const brn_val *brn_make_dict(brn_doc *doc)
{
    return make_container(doc, BRN_DICT);
}

const brn_val *brn_make_set(brn_doc *doc)
{
    return make_container(doc, BRN_SET);
}

static bool fail_count(brn_doc *doc)
{
    return brn_edit_fail(doc, BRN_ERROR_LIMIT_VALUES, "too many items for one value");
}

/* A block of `count` items, all of them `none` if there are no others; NULL, and an error, without memory. */
static brn_tuple *new_tuple(brn_doc *doc, const brn_val *const *items, const brn_val *none,
                            size_t count)
{
    size_t size;
    if (count > UINT32_MAX) {
        (void)fail_count(doc);
        return NULL;
    }
    brn_tuple *tuple =
        brn_mul_size(count, sizeof(const brn_val *), &size) && size <= SIZE_MAX - sizeof *tuple
            ? brn_block_alloc(doc, sizeof *tuple + size)
            : NULL;
    if (!tuple) {
        (void)brn_edit_fail_memory(doc);
        return NULL;
    }
    tuple->count = (uint32_t)count;
    tuple->hash = 0;
    for (size_t i = 0; i < count; i++)
        tuple->at[i] = items ? items[i] : none;
    return tuple;
}

const brn_val *brn_make_tuple(brn_doc *doc, const brn_val *const *items, size_t count)
{
    if (!doc)
        return NULL;
    if (count == 0)
        return make_single(doc, &doc->unit, BRN_TUPLE, 0);
    const brn_val *none = items ? NULL : brn_make_none(doc);
    if (items ? !brn_edit_own_all(doc, items, count) : !none)
        return NULL;
    brn_tuple *tuple = new_tuple(doc, items, none, count);
    brn_val *val = tuple ? brn_edit_new(doc, BRN_TUPLE, 0, 0) : NULL;
    if (val)
        val->u.tuple = tuple;
    return val;
}

/* The elements of a frozenset that has none yet. */
static bool fill_frozenset(brn_doc *doc, brn_val *val, const brn_val *const *items, size_t count)
{
    brn_keys keys = brn_edit_keys(doc);
    val->u.items = NULL;
    if (brn_key_insert_all(&keys, doc, val, 1, items, count) && brn_key_hash_elements(&keys, val))
        return true;
    return brn_edit_fail_keys(doc, &keys);
}

/* A block with nothing in it, and without a hash, says that the elements are yet to come. */
static bool await_elements(brn_doc *doc, brn_val *val)
{
    brn_items *items = brn_block_alloc(doc, sizeof *items);
    if (!items)
        return brn_edit_fail_memory(doc);
    memset(items, 0, sizeof *items);
    val->u.items = items;
    return true;
}

const brn_val *brn_make_frozenset(brn_doc *doc, const brn_val *const *items, size_t count)
{
    if (!doc || (items && !brn_edit_own_all(doc, items, count)))
        return NULL;
    brn_val *val = brn_edit_new(doc, BRN_FROZENSET, 0, 0);
    if (!val)
        return NULL;
    bool waits = !items && count > 0;
    bool done = waits ? await_elements(doc, val) : fill_frozenset(doc, val, items, count);
    return done ? val : NULL;
}

static bool fill_tuple(brn_doc *doc, brn_val *val, const brn_val *const *items, size_t count)
{
    const brn_tuple *old = val->u.tuple;
    if (!old)
        return count == 0 ||
               brn_edit_fail(doc, BRN_ERROR_NOT_CHANGEABLE, "there is one () for all");
    if (old->hash != 0)
        return brn_edit_fail(doc, BRN_ERROR_IS_KEY, "a tuple serves as a key");
    brn_tuple *tuple = new_tuple(doc, items, NULL, count);
    if (tuple)
        val->u.tuple = tuple;
    return tuple != NULL;
}

bool brn_fill(brn_doc *doc, const brn_val *val, const brn_val *const *items, size_t count)
{
    brn_val *own = brn_edit_own(doc, val);
    if (!own || !is_given(doc, items, count) || !brn_edit_own_all(doc, items, count))
        return false;
    if (own->type == BRN_TUPLE)
        return fill_tuple(doc, own, items, count);
    if (own->type != BRN_FROZENSET)
        return brn_edit_fail(doc, BRN_ERROR_NOT_CHANGEABLE,
                             "only tuples and frozensets can be filled");
    brn_items *old = own->u.items;
    if (!old || old->cap != 0)
        return brn_edit_fail(doc, BRN_ERROR_IS_KEY, "a frozenset has its elements already");
    if (fill_frozenset(doc, own, items, count))
        return true;
    own->u.items = old;
    return false;
}

/* ------------------------------------------------------------------------
 * Names, calls, objects
 * ------------------------------------------------------------------------ */

static brn_val *make_object(brn_doc *doc, brn_type type, size_t size, const brn_val *callee,
                            const brn_val *args)
{
    brn_object *object = brn_object_new(doc, size, callee, args);
    if (!object) {
        (void)brn_edit_fail_memory(doc);
        return NULL;
    }
    brn_val *val = brn_edit_new(doc, type, 0, 0);
    if (val)
        val->u.object = object;
    return val;
}

bool brn_edit_check_name(brn_doc *doc, const brn_val *module, const brn_val *name)
{
    return (brn_may_be(module, BRN_STR) && brn_may_be(name, BRN_STR)) ||
           brn_edit_fail(doc, BRN_ERROR_NAME_NOT_STR, "module and name of a global are str");
}

bool brn_edit_check_callee(brn_doc *doc, const brn_val *callee)
{
    return brn_has_ops((brn_type)callee->type) ||
           brn_edit_fail(doc, BRN_ERROR_NOT_CALLABLE, "plain data cannot be called");
}

bool brn_edit_check_args(brn_doc *doc, const brn_val *args)
{
    return brn_may_be(args, BRN_TUPLE) ||
           brn_edit_fail(doc, BRN_ERROR_ARGS_NOT_TUPLE, "the arguments of a call are a tuple");
}

bool brn_edit_check_kwargs(brn_doc *doc, const brn_val *kwargs)
{
    return brn_may_be(kwargs, BRN_DICT) ||
           brn_edit_fail(doc, BRN_ERROR_KWARGS_NOT_DICT, "keyword arguments are a dict");
}

const brn_val *brn_make_global_val(brn_doc *doc, const brn_val *module, const brn_val *name)
{
    if (!brn_edit_own(doc, module) || !brn_edit_own(doc, name) ||
        !brn_edit_check_name(doc, module, name))
        return NULL;
    return make_object(doc, BRN_GLOBAL, BRN_OBJECT_ARGS, module, name);
}

const brn_val *brn_make_global(brn_doc *doc, const char *module, const char *name)
{
    const brn_val *module_val = brn_make_str(doc, module);
    return brn_make_global_val(doc, module_val, brn_make_str(doc, name));
}

static brn_val *make_called(brn_doc *doc, brn_type type, const brn_val *callee, const brn_val *args,
                            const brn_val *kwargs)
{
    if (!brn_edit_own(doc, callee) || (args && !brn_edit_own(doc, args)) ||
        (kwargs && !brn_edit_own(doc, kwargs)))
        return NULL;
    if (!args)
        args = brn_make_tuple(doc, NULL, 0);
    if (!args || !brn_edit_check_callee(doc, callee) || !brn_edit_check_args(doc, args) ||
        (kwargs && !brn_edit_check_kwargs(doc, kwargs)))
        return NULL;
    brn_val *val =
        make_object(doc, type, kwargs ? BRN_OBJECT_KWARGS : BRN_OBJECT_ARGS, callee, args);
    if (val && kwargs) {
        val->flags |= BRN_FLAG_KWARGS;
        val->u.object->kwargs = kwargs;
    }
    return val;
}

const brn_val *brn_make_call(brn_doc *doc, const brn_val *callee, const brn_val *args)
{
    return make_called(doc, BRN_CALL, callee, args, NULL);
}

const brn_val *brn_make_object(brn_doc *doc, const brn_val *cls, const brn_val *args,
                               const brn_val *kwargs)
{
    return make_called(doc, BRN_OBJECT, cls, args, kwargs);
}

const brn_val *brn_make_inst(brn_doc *doc, const brn_val *cls, const brn_val *args)
{
    brn_val *val = make_called(doc, BRN_OBJECT, cls, args, NULL);
    if (val)
        val->flags |= BRN_FLAG_INST;
    return val;
}

const brn_val *brn_make_persid(brn_doc *doc, const brn_val *id)
{
    return brn_edit_own(doc, id) ? make_object(doc, BRN_PERSID, BRN_OBJECT_PLAIN, id, NULL) : NULL;
}

const brn_val *brn_make_ext(brn_doc *doc, uint32_t code)
{
    if (!doc)
        return NULL;
    if (code == 0 || code > INT32_MAX) {
        (void)brn_edit_fail(doc, BRN_ERROR_EXT_CODE, "an extension code is above 0 and below 2^31");
        return NULL;
    }
    const brn_val *number = brn_make_int(doc, code);
    return number ? make_object(doc, BRN_EXT, BRN_OBJECT_PLAIN, number, NULL) : NULL;
}

const brn_val *brn_make_buffer(brn_doc *doc, uint32_t index, bool readonly)
{
    brn_val *val = brn_edit_new(doc, BRN_BUFFER, readonly ? BRN_FLAG_READONLY : 0, 0);
    if (val)
        val->u.integer = index;
    return val;
}
