/*
 * builder.c - host 1: the machine builds a document.
 *
 * Speed comes from doing little: a value is 16 bytes in an arena, text stays
 * where it is, a container is filled by one copy from the stack, and keys are
 * compared only as far as nothing cheaper shows them to differ.
 */
#include "builder.h"

#include "../machine/inspect.h"
#include "../repr.h"

#include <inttypes.h>

static brn_val *fail_memory(brn_builder *h)
{
    (void)brn_reader_fail_memory(&h->m.in, &h->doc->memory);
    return NULL;
}

static BRN_COLD brn_val *fail_type(brn_builder *h, brn_code code, const char *what,
                                   const brn_val *val)
{
    const char *name = brn_type_name((brn_type)val->type);
    const char *article = strchr("aeiou", name[0]) ? "an" : "a";
    (void)brn_reader_fail(&h->m.in, code, "%s is %s %s", what, article, name);
    return NULL;
}

/* keys.c failed: say it in the machine's words. */
static BRN_COLD bool fail_keys(brn_builder *h)
{
    switch (h->keys.failure) {
    case BRN_ERROR_UNHASHABLE:
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_UNHASHABLE, "a %s cannot be a key",
                              brn_type_name(h->keys.unhashable));
        break;
    case BRN_ERROR_LIMIT_WORK:
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_WORK,
                              "hashing and comparing keys takes more steps than allowed");
        break;
    case BRN_ERROR_LIMIT_VALUES:
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_VALUES, "too many keys for one table");
        break;
    default: (void)fail_memory(h); break;
    }
    return false;
}

/* ------------------------------------------------------------------------
 * Tracing
 * ------------------------------------------------------------------------ */

static BRN_NOINLINE bool add_trace(brn_builder *h, const brn_val *val, const brn_val *operand)
{
    brn_doc *doc = h->doc;
    if (doc->trace_count == doc->trace_cap) {
        void *trace = doc->trace;
        if (!brn_memory_grow(&doc->memory, &trace, &doc->trace_cap, doc->trace_count + 1,
                             sizeof *doc->trace))
            return fail_memory(h) != NULL;
        doc->trace = trace;
    }
    uint64_t offset = brn_reader_op_offset(&h->m.in);
    uint64_t opcode = (uint8_t)brn_reader_op_byte(&h->m.in);
    doc->trace[doc->trace_count++] =
        (brn_trace_row){offset << 16 | opcode << 8 | (uint64_t)h->protocol, val->id, operand->id};
    return true;
}

/* The opcode at work has made or changed `val`, with `operand`. */
BRN_INLINE bool trace(brn_builder *h, const brn_val *val, const brn_val *operand)
{
    return BRN_LIKELY(!h->doc->traced) || add_trace(h, val, operand);
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

static BRN_COLD brn_val *fail_values(brn_builder *h)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_VALUES, "more than %" PRIu64 " values",
                          h->m.options.max_values);
    return NULL;
}

static BRN_NOINLINE brn_val *fail_new_value(brn_builder *h)
{
    if (brn_arena_count(&h->doc->arena) >= h->m.options.max_values)
        return fail_values(h);
    return fail_memory(h);
}

/* The hottest lines of the library. */
BRN_INLINE brn_val *new_value(brn_builder *h, brn_type type, uint8_t flags, uint16_t size)
{
    brn_val *val = brn_value_new(h->doc, type, flags, size);
    return BRN_LIKELY(val != NULL) ? val : fail_new_value(h);
}

BRN_INLINE brn_val *make_int(brn_builder *h, int64_t integer)
{
    brn_val *val = new_value(h, BRN_INT, 0, 0);
    if (BRN_LIKELY(val != NULL))
        val->u.integer = integer;
    return val;
}

BRN_INLINE brn_val *make_float(brn_builder *h, double real)
{
    brn_val *val = new_value(h, BRN_FLOAT, 0, 0);
    if (BRN_LIKELY(val != NULL))
        val->u.real = real;
    return val;
}

/*
 * A row of numbers: all that has to be looked up or checked for each value is looked up
 * once.  Not more of them than the chunk has room for.
 */
BRN_INLINE size_t make_row(brn_builder *h, uint8_t opcode, brn_format format, const uint8_t *from,
                           size_t most, brn_val **to)
{
    brn_arena *arena = &h->doc->arena;
    brn_val *val = (brn_val *)(void *)arena->low;
    uint32_t id = brn_arena_id(arena, val);
    size_t cells = (size_t)(arena->high - arena->low) / BRN_CELL;
    if (most > cells)
        most = cells;
    size_t made = 0;
    for (; made < most && *from == opcode; made++, val++) {
        brn_argument arg = {.integer = 0, .real = 0};
        const uint8_t *pos = from + 1;
        (void)brn_decode(format, &pos, pos + brn_format_width(format), &arg);
        from = pos;
        val->type = format == BRN_FORMAT_FLOAT8 ? BRN_FLOAT : BRN_INT;
        val->flags = 0;
        val->size = 0;
        val->id = id++;
        if (format == BRN_FORMAT_FLOAT8)
            val->u.real = arg.real;
        else
            val->u.integer = arg.integer;
        to[made] = val;
    }
    arena->low = (uint8_t *)val;
    return made;
}

static BRN_NOINLINE brn_val *make_first_single(brn_builder *h, brn_val **single, brn_type type,
                                               int64_t integer)
{
    brn_val *val = new_value(h, type, 0, 0);
    if (!val)
        return NULL;
    if (type == BRN_TUPLE)
        val->u.tuple = NULL;
    else
        val->u.integer = integer;
    *single = val;
    return val;
}

/* None, True, False and () are one value each. */
BRN_INLINE brn_val *make_single(brn_builder *h, brn_val **single, brn_type type, int64_t integer)
{
    return BRN_LIKELY(*single != NULL) ? *single : make_first_single(h, single, type, integer);
}

/*
 * Text that stays where it is.  If its size does not fit the value, it stands in
 * front of the bytes: there are `header` bytes of it, as the opcode has them.
 */
BRN_INLINE brn_val *make_text(brn_builder *h, brn_type type, const uint8_t *data, size_t size,
                              size_t header, uint8_t flags)
{
    uint16_t short_size = (uint16_t)size;
    if (BRN_UNLIKELY(size >= BRN_SIZE_IN_FRONT)) {
        short_size = BRN_SIZE_IN_FRONT;
        flags |= header == 8 ? BRN_FLAG_SIZE8 : 0;
    }
    h->has_text = true;
    brn_val *val = new_value(h, type, flags, short_size);
    if (BRN_LIKELY(val != NULL))
        val->u.bytes = data;
    return val;
}

/* A copy in the document, its size in front. */
static uint8_t *new_text(brn_builder *h, size_t size)
{
    uint8_t *text = brn_text_new(h->doc, size);
    if (!text)
        (void)fail_memory(h);
    return text;
}

static brn_val *finish_text(brn_builder *h, brn_type type, uint8_t *text, size_t size,
                            uint8_t flags)
{
    brn_text_set_size(text, size);
    return make_text(h, type, text, size, 8, flags);
}

static BRN_COLD brn_val *fail_utf8(brn_builder *h)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_UTF8, "the text is not UTF-8");
    return NULL;
}

BRN_INLINE brn_val *make_str(brn_builder *h, const uint8_t *text, size_t size, size_t header)
{
    brn_utf8 kind = brn_utf8_scan(text, size);
    if (BRN_UNLIKELY(kind == BRN_UTF8_INVALID))
        return fail_utf8(h);
    return make_text(h, BRN_STR, text, size, header, brn_text_flags(kind));
}

static brn_val *make_py2str(brn_builder *h, const uint8_t *data, size_t size, size_t header)
{
    bool ascii = brn_utf8_scan(data, size) == BRN_UTF8_ASCII;
    return make_text(h, BRN_PY2STR, data, size, header, ascii ? BRN_FLAG_ASCII : 0);
}

/* Text of a line: short text can be borrowed, its size needs no header. */
static brn_val *make_line(brn_builder *h, brn_type type, const uint8_t *text, size_t size)
{
    uint8_t flags = brn_text_flags(brn_utf8_scan(text, size));
    if (size < BRN_SIZE_IN_FRONT)
        return make_text(h, type, text, size, 0, flags);
    uint8_t *copy = new_text(h, size);
    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    return finish_text(h, type, copy, size, flags);
}

static brn_val *make_escaped(brn_builder *h, brn_type type, const uint8_t *text, size_t size)
{
    bool unicode = type == BRN_STR;
    size_t room;
    if (!brn_mul_size(size, unicode ? 2 : 1, &room))
        return fail_memory(h);
    if (!memchr(text, '\\', size) && brn_utf8_scan(text, size) == BRN_UTF8_ASCII)
        return make_line(h, type, text, size);
    uint8_t *out = new_text(h, room);
    if (!out)
        return NULL;
    size_t length;
    brn_code code = unicode ? brn_unescape_unicode(text, size, out, &length)
                            : brn_unescape_string(text, size, out, &length);
    if (code != BRN_OK) {
        (void)brn_reader_fail(&h->m.in, code, "%s", brn_code_help(code));
        return NULL;
    }
    brn_utf8 kind = brn_utf8_scan(out, length);
    uint8_t flags = unicode ? brn_text_flags(kind) : kind == BRN_UTF8_ASCII ? BRN_FLAG_ASCII : 0;
    return finish_text(h, type, out, length, flags);
}

static brn_val *make_long(brn_builder *h, const uint8_t *data, size_t size, size_t header)
{
    size_t needed = brn_int_trim(data, size);
    if (needed <= 8)
        return make_int(h, brn_int_of_bytes(data, needed));
    if (needed == size || needed < BRN_SIZE_IN_FRONT)
        return make_text(h, BRN_BIGINT, data, needed, header, 0);
    /* The size in front of the bytes is not the size that is needed. */
    uint8_t *copy = new_text(h, needed);
    if (!copy)
        return NULL;
    memcpy(copy, data, needed);
    return finish_text(h, BRN_BIGINT, copy, needed, 0);
}

static brn_val *make_decimal(brn_builder *h, const uint8_t *text, size_t size)
{
    bool negative = text[0] == '-';
    size_t sign = negative || text[0] == '+' ? 1 : 0;
    size_t cap = brn_decimal_bound(size - sign);
    uint8_t *out = new_text(h, cap);
    if (!out)
        return NULL;
    size_t length =
        brn_decimal_to_bytes((const char *)text + sign, size - sign, negative, out, cap);
    if (length <= 8)
        return make_int(h, brn_int_of_bytes(out, length));
    return finish_text(h, BRN_BIGINT, out, length, 0);
}

/* ------------------------------------------------------------------------
 * Containers
 * ------------------------------------------------------------------------ */

BRN_INLINE brn_val *make_container(brn_builder *h, brn_type type)
{
    brn_val *val = new_value(h, type, 0, 0);
    if (BRN_LIKELY(val != NULL))
        val->u.items = NULL;
    return val;
}

/* Few enough that a loop beats a call of memcpy. */
#define FEW_ITEMS 16

BRN_INLINE void copy_few(const brn_val **to, brn_val *const *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++)
        memcpy(to + 2 * i, items + 2 * i, 2 * sizeof *items);
    if (count % 2 != 0)
        to[count - 1] = items[count - 1];
}

static brn_val *make_tuple(brn_builder *h, brn_val *const *items, size_t count)
{
    if (count == 0)
        return make_single(h, &h->unit, BRN_TUPLE, 0);
    if (count > UINT32_MAX)
        return fail_values(h);
    brn_val *val = new_value(h, BRN_TUPLE, 0, 0);
    if (BRN_UNLIKELY(!val))
        return NULL;
    brn_tuple *tuple = brn_block_alloc(h->doc, sizeof *tuple + count * sizeof *items);
    if (BRN_UNLIKELY(!tuple))
        return fail_memory(h);
    tuple->count = (uint32_t)count;
    tuple->hash = 0;
    if (count <= FEW_ITEMS)
        copy_few(tuple->at, items, count);
    else
        memcpy(tuple->at, items, count * sizeof *items);
    val->u.tuple = tuple;
    return val;
}

/*
 * The container at the bottom of the stack is mostly the pickle's own, and fills until its end in
 * batches.  From how far the input has been read, guess how much room it will need, so that
 * it is not moved again and again.  An item takes a byte of input or more, which bounds the guess.
 */
static BRN_NOINLINE size_t root_room(const brn_builder *h, size_t count, size_t stride, size_t more)
{
    size_t done = (size_t)(h->m.in.pos - h->m.in.start);
    size_t left = (size_t)(h->m.in.end - h->m.in.pos);
    size_t guess = (size_t)((double)left * (double)(count + more) / (double)(done + 1) * 1.02);
    size_t room = more + (guess < left / stride ? guess : left / stride);
    return room < UINT32_MAX - (count + more) ? room : more;
}

BRN_INLINE bool reserve(brn_builder *h, brn_val *container, size_t stride, size_t more)
{
    const brn_items *items = container->u.items;
    if (items && items->cap - items->count >= more)
        return true;
    if (items && container == h->m.stack[0] && items->count >= 1000) {
        size_t room = root_room(h, items->count, stride, more);
        if (brn_items_reserve(h->doc, container, stride, room))
            return true;
    }
    return brn_items_reserve(h->doc, container, stride, more);
}

/* The first items of a container, and few: most containers get no others. */
BRN_INLINE bool fill_first(brn_builder *h, brn_val *container, brn_val *const *items, size_t count,
                           size_t stride)
{
    brn_items *to =
        brn_arena_block(&h->doc->arena, &h->doc->memory, sizeof *to + count * sizeof *items);
    if (BRN_UNLIKELY(!to))
        return fail_memory(h) != NULL;
    to->count = (uint32_t)(count / stride);
    to->cap = to->count;
    to->index = NULL;
    copy_few(to->at, items, count);
    container->u.items = to;
    return true;
}

/* Are these values that lie side by side, from `first` on? */
static bool are_run(const brn_val *first, brn_val *const *items, size_t count)
{
    uintptr_t expected = (uintptr_t)first;
    uintptr_t different = 0;
    size_t i = 0;
    for (; i + 4 <= count && different == 0; i += 4) {
        different = ((uintptr_t)items[i] ^ expected) |
                    ((uintptr_t)items[i + 1] ^ (expected + BRN_CELL)) |
                    ((uintptr_t)items[i + 2] ^ (expected + 2 * BRN_CELL)) |
                    ((uintptr_t)items[i + 3] ^ (expected + 3 * BRN_CELL));
        expected += 4 * BRN_CELL;
    }
    for (; i < count; i++) {
        different |= (uintptr_t)items[i] ^ expected;
        expected += BRN_CELL;
    }
    return different == 0;
}

/* A run ends: give the list an array, with room for `more` items. */
static bool end_run(brn_builder *h, brn_val *list, size_t more)
{
    uint32_t count = list->u.items->count;
    if (list == h->m.stack[0] && count >= 1000 &&
        brn_run_end(h->doc, list, root_room(h, count, 1, more)))
        return true;
    return brn_run_end(h->doc, list, more) || fail_memory(h) != NULL;
}

/* Copy from the stack to the end of a container that needs no keys compared. */
static bool extend(brn_builder *h, brn_val *container, brn_val *const *items, size_t count,
                   size_t stride)
{
    if (!container->u.items && count <= FEW_ITEMS)
        return fill_first(h, container, items, count, stride);
    if (BRN_UNLIKELY(!reserve(h, container, stride, count / stride))) {
        (void)fail_memory(h);
        return false;
    }
    brn_items *to = container->u.items;
    memcpy(to->at + to->count * stride, items, count * sizeof *items);
    to->count += (uint32_t)(count / stride);
    return true;
}

static bool extend_list(brn_builder *h, brn_val *list, brn_val *const *items, size_t count)
{
    brn_items *to = list->u.items;
    if (!to) {
        if (count > UINT32_MAX || !are_run(items[0], items, count))
            return extend(h, list, items, count, 1);
        to = brn_arena_block(&h->doc->arena, &h->doc->memory, sizeof *to);
        if (!to)
            return fail_memory(h) != NULL;
        to->count = (uint32_t)count;
        to->cap = 0;
        to->run = items[0];
        list->u.items = to;
        return true;
    }
    if (brn_is_run(list)) {
        if (count <= UINT32_MAX - to->count && are_run(to->run + to->count, items, count)) {
            to->count += (uint32_t)count;
            return true;
        }
        if (!end_run(h, list, count))
            return false;
    }
    return extend(h, list, items, count, 1);
}

static brn_val *make_list(brn_builder *h, brn_val *const *items, size_t count)
{
    brn_val *val = make_container(h, BRN_LIST);
    return val && (count == 0 || extend_list(h, val, items, count)) ? val : NULL;
}

static bool insert_all(brn_builder *h, brn_val *container, brn_val *const *items, size_t count,
                       size_t stride)
{
    size_t before = container->u.items ? container->u.items->count : 0;
    if (!brn_key_insert_all(&h->keys, h->doc, container, stride, (const brn_val *const *)items,
                            count))
        return fail_keys(h);
    if (BRN_UNLIKELY(h->doc->traced) && container->u.items)
        h->doc->merged_keys += count / stride - (container->u.items->count - before);
    return true;
}

/* Where a dict with the same keys may be remembered. */
BRN_INLINE const brn_items **shape_of(brn_builder *h, brn_val *const *items, size_t pairs)
{
    return &h->shapes[(((uintptr_t)items[0] >> 4) + pairs) % BRN_SHAPES];
}

/*
 * Records have the same keys in the same order again and again, and in a pickle
 * these are the same values of the memo.  A dict whose keys are, pointer by pointer, those
 * of one that was checked before needs no checking: they are hashable and all different.
 * The pairs are copied while the keys are compared.  False, and nothing is done, if they differ.
 */
BRN_INLINE bool fill_same_keys(brn_builder *h, brn_val *dict, brn_val *const *items, size_t count)
{
    size_t pairs = count / 2;
    const brn_items *shape = *shape_of(h, items, pairs);
    if (dict->u.items || !shape || shape->count != pairs)
        return false;
    brn_arena *arena = &h->doc->arena;
    size_t size = sizeof(brn_items) + count * sizeof *items;
    if (BRN_UNLIKELY(size > (size_t)(arena->high - arena->low)))
        return false;
    brn_items *to = (brn_items *)(void *)(arena->high - size);
    uintptr_t different = 0;
    for (size_t i = 0; i < count; i += 2) {
        different |= (uintptr_t)items[i] ^ (uintptr_t)shape->at[i];
        memcpy(&to->at[i], &items[i], 2 * sizeof *items);
    }
    if (BRN_UNLIKELY(different != 0))
        return false;
    arena->high -= size;
    to->count = (uint32_t)pairs;
    to->cap = (uint32_t)pairs;
    to->index = NULL;
    dict->u.items = to;
    return true;
}

static BRN_NOINLINE bool fill_dict(brn_builder *h, brn_val *dict, brn_val *const *items,
                                   size_t count)
{
    bool first = !dict->u.items;
    if (!insert_all(h, dict, items, count, 2))
        return false;
    /* Without an index, and without a key that stood there twice. */
    if (first && dict->u.items->count == count / 2 && !dict->u.items->index)
        *shape_of(h, items, count / 2) = dict->u.items;
    return true;
}

static brn_val *make_dict(brn_builder *h, brn_val *const *items, size_t count)
{
    brn_val *val = make_container(h, BRN_DICT);
    if (!val || count == 0 || fill_same_keys(h, val, items, count))
        return val;
    return fill_dict(h, val, items, count) ? val : NULL;
}

static brn_val *make_frozenset(brn_builder *h, brn_val *const *items, size_t count)
{
    brn_val *val = make_container(h, BRN_FROZENSET);
    if (!val || !insert_all(h, val, items, count, 1))
        return NULL;
    return brn_key_hash_elements(&h->keys, val) || fail_keys(h) ? val : NULL;
}

/* ------------------------------------------------------------------------
 * Changes
 * ------------------------------------------------------------------------ */

/*
 * `val` changes.  If something else had hold of it and a call has been made, later.c has to look
 * whether that call saw it.
 */
static BRN_NOINLINE bool note_late(brn_builder *h, brn_val *val)
{
    if (h->doc->traced)
        val->flags |= BRN_FLAG_LATE;
    uint32_t time = (uint32_t)brn_arena_count(&h->doc->arena);
    if (h->late_count > 0 && h->late[h->late_count - 1].val == val) {
        h->late[h->late_count - 1].time = time;
        return true;
    }
    if (h->late_count == h->late_cap) {
        void *late = h->late;
        if (!brn_memory_grow(&h->doc->memory, &late, &h->late_cap, h->late_count + 1,
                             sizeof *h->late)) {
            (void)fail_memory(h);
            return false;
        }
        h->late = late;
    }
    h->late[h->late_count++] = (brn_late){val, time};
    return true;
}

BRN_INLINE bool note_change(brn_builder *h, brn_val *val)
{
    if (BRN_LIKELY(!(val->flags & BRN_FLAG_FETCHED)))
        return true;
    val->flags |= BRN_FLAG_TOUCHED;
    return h->calls == 0 || note_late(h, val);
}

/* Record what was done to an object; runs of the same kind are one entry. */
static bool add_op(brn_builder *h, brn_val *val, brn_op kind, brn_val *const *items, size_t count)
{
    if (!trace(h, val, kind == BRN_OP_STATE ? items[0] : val))
        return false;
    brn_object *object = val->u.object;
    brn_ops *ops = object->ops;
    size_t stride = kind == BRN_OP_SET ? 2 : 1;
    if (kind != BRN_OP_STATE && ops && ops->at[ops->count - 1].kind == kind)
        return extend(h, ops->at[ops->count - 1].value, items, count, stride);
    brn_val *value = items[0];
    if (kind != BRN_OP_STATE) {
        value = make_container(h, kind == BRN_OP_SET ? BRN_DICT : BRN_LIST);
        if (!value || !extend(h, value, items, count, stride))
            return false;
    }
    return brn_ops_add(h->doc, object, kind, value) || fail_memory(h) != NULL;
}

static bool append(brn_builder *h, brn_val *list, brn_val *const *items, size_t count)
{
    if (!note_change(h, list))
        return false;
    if (BRN_LIKELY(list->type == BRN_LIST))
        return extend_list(h, list, items, count);
    if (brn_has_ops((brn_type)list->type))
        return add_op(h, list, BRN_OP_APPEND, items, count);
    return fail_type(h, BRN_ERROR_NOT_APPENDABLE, "what is appended to", list) != NULL;
}

static BRN_NOINLINE bool set_items_slow(brn_builder *h, brn_val *dict, brn_val *const *items,
                                        size_t count)
{
    if (!note_change(h, dict))
        return false;
    if (dict->type == BRN_DICT)
        return fill_dict(h, dict, items, count);
    if (brn_has_ops((brn_type)dict->type))
        return add_op(h, dict, BRN_OP_SET, items, count);
    return fail_type(h, BRN_ERROR_NOT_MAPPING, "what pairs are set in", dict) != NULL;
}

BRN_INLINE bool set_items(brn_builder *h, brn_val *dict, brn_val *const *items, size_t count)
{
    if (BRN_LIKELY(dict->type == BRN_DICT && !(dict->flags & BRN_FLAG_FETCHED)) &&
        BRN_LIKELY(fill_same_keys(h, dict, items, count)))
        return true;
    return set_items_slow(h, dict, items, count);
}

static bool add_items(brn_builder *h, brn_val *set, brn_val *const *items, size_t count)
{
    if (!note_change(h, set))
        return false;
    if (set->type == BRN_SET)
        return insert_all(h, set, items, count, 1);
    if (brn_has_ops((brn_type)set->type))
        return add_op(h, set, BRN_OP_ADD, items, count);
    return fail_type(h, BRN_ERROR_NOT_SET, "what elements are added to", set) != NULL;
}

static bool build(brn_builder *h, brn_val *object, brn_val *state)
{
    if (!note_change(h, object))
        return false;
    if (brn_has_ops((brn_type)object->type))
        return add_op(h, object, BRN_OP_STATE, &state, 1);
    return fail_type(h, BRN_ERROR_NOT_BUILDABLE, "what state is given to", object) != NULL;
}

/* ------------------------------------------------------------------------
 * Names, calls, objects
 * ------------------------------------------------------------------------ */

/* An object with a block of `size` bytes: as much of brn_object as its type needs. */
static brn_val *make_object(brn_builder *h, brn_type type, size_t size, const brn_val *callee,
                            const brn_val *args)
{
    brn_val *val = new_value(h, type, 0, 0);
    if (!val)
        return NULL;
    val->u.object = brn_object_new(h->doc, size, callee, args);
    if (!val->u.object)
        return fail_memory(h);
    return trace(h, val, val) ? val : NULL;
}

static brn_val *make_named(brn_builder *h, const uint8_t *module, size_t module_size,
                           const uint8_t *name, size_t name_size)
{
    brn_val *module_val = make_line(h, BRN_STR, module, module_size);
    brn_val *name_val = module_val ? make_line(h, BRN_STR, name, name_size) : NULL;
    return name_val ? make_object(h, BRN_GLOBAL, BRN_OBJECT_ARGS, module_val, name_val) : NULL;
}

static brn_val *make_stack_global(brn_builder *h, brn_val *module, brn_val *name)
{
    if (!brn_may_be(module, BRN_STR))
        return fail_type(h, BRN_ERROR_NAME_NOT_STR, "the module", module);
    if (!brn_may_be(name, BRN_STR))
        return fail_type(h, BRN_ERROR_NAME_NOT_STR, "the name", name);
    return make_object(h, BRN_GLOBAL, BRN_OBJECT_ARGS, module, name);
}

static brn_val *make_call(brn_builder *h, brn_type type, brn_val *callee, brn_val *args,
                          brn_val *kwargs)
{
    if (!brn_has_ops((brn_type)callee->type))
        return fail_type(h, BRN_ERROR_NOT_CALLABLE, "what is called", callee);
    if (!brn_may_be(args, BRN_TUPLE))
        return fail_type(h, BRN_ERROR_ARGS_NOT_TUPLE, "the argument tuple", args);
    if (kwargs && !brn_may_be(kwargs, BRN_DICT))
        return fail_type(h, BRN_ERROR_KWARGS_NOT_DICT, "the keyword dict", kwargs);
    h->calls++;
    brn_val *val = make_object(h, type, kwargs ? BRN_OBJECT_KWARGS : BRN_OBJECT_ARGS, callee, args);
    if (val && kwargs) {
        val->flags |= BRN_FLAG_KWARGS;
        val->u.object->kwargs = kwargs;
    }
    return val;
}

/* OBJ and INST may run __init__, NEWOBJ does not. */
static brn_val *made_inst(brn_val *val)
{
    if (val)
        val->flags |= BRN_FLAG_INST;
    return val;
}

static brn_val *make_obj(brn_builder *h, brn_val *const *items, size_t count)
{
    brn_val *class = items[0];
    brn_val *args = make_tuple(h, items + 1, count - 1);
    return args ? made_inst(make_call(h, BRN_OBJECT, class, args, NULL)) : NULL;
}

static brn_val *make_inst(brn_builder *h, const uint8_t *module, size_t module_size,
                          const uint8_t *name, size_t name_size, brn_val *const *items,
                          size_t count)
{
    brn_val *class = make_named(h, module, module_size, name, name_size);
    brn_val *args = class ? make_tuple(h, items, count) : NULL;
    return args ? made_inst(make_call(h, BRN_OBJECT, class, args, NULL)) : NULL;
}

static brn_val *make_persid(brn_builder *h, const uint8_t *text, size_t size)
{
    brn_val *id = make_line(h, BRN_STR, text, size);
    return id ? make_object(h, BRN_PERSID, BRN_OBJECT_PLAIN, id, NULL) : NULL;
}

static brn_val *make_ext(brn_builder *h, uint32_t code)
{
    brn_val *number = make_int(h, code);
    return number ? make_object(h, BRN_EXT, BRN_OBJECT_PLAIN, number, NULL) : NULL;
}

static brn_val *make_buffer(brn_builder *h, int64_t index, uint8_t flags)
{
    brn_val *val = new_value(h, BRN_BUFFER, flags, 0);
    if (val)
        val->u.integer = index;
    return val;
}

static BRN_NOINLINE brn_val *make_next_buffer(brn_builder *h)
{
    brn_val *val = make_buffer(h, h->buffers++, 0);
    return val && trace(h, val, val) ? val : NULL;
}

static brn_val *make_readonly(brn_builder *h, brn_val *buffer)
{
    if (buffer->type == BRN_BYTES ||
        (buffer->type == BRN_BUFFER && buffer->flags & BRN_FLAG_READONLY))
        return buffer;
    if (buffer->type != BRN_BUFFER)
        return fail_type(h, BRN_ERROR_NOT_BUFFER, "what is made read-only", buffer);
    return make_buffer(h, buffer->u.integer, BRN_FLAG_READONLY);
}

/* A call whose result is thrown away may have been made for its effect, which later.c looks into. */
static void note_call(brn_builder *h, brn_val *val)
{
    val->flags |= BRN_FLAG_POPPED;
    h->popped = true;
}

static bool add_effect(brn_builder *h, brn_val *object, brn_val *call)
{
    if (h->effect_count == h->effect_cap) {
        void *effects = h->effects;
        if (!brn_memory_grow(&h->doc->memory, &effects, &h->effect_cap, h->effect_count + 1,
                             sizeof *h->effects))
            return false;
        h->effects = effects;
    }
    if (!brn_ops_add(h->doc, object->u.object, BRN_OP_CALL, call))
        return false;
    h->effects[h->effect_count++] = (brn_effect){object, call, object->u.object->ops->count - 1};
    return true;
}

/*
 * What stands below may be what the call was made for, as the object is for which a pickler calls a
 * state setter; later.c takes the entry out again where that is not so.
 */
static bool note_pop(brn_builder *h, brn_val *val, brn_val *below)
{
    if (!brn_is_made(val))
        return true;
    note_call(h, val);
    return !below || below == val || !brn_has_ops((brn_type)below->type) ||
           add_effect(h, below, val) || fail_memory(h) != NULL;
}

static bool note_popped(brn_builder *h, brn_val *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (brn_is_made(items[i]))
            note_call(h, items[i]);
    }
    return true;
}

/* ------------------------------------------------------------------------
 * Memo
 * ------------------------------------------------------------------------ */

static BRN_COLD brn_val *fail_missing(brn_builder *h, uint64_t index)
{
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_MEMO_MISSING, "nothing is stored under %" PRIu64,
                          index);
    return NULL;
}

/* A second hold on a value: from now on others may see it change. */
BRN_INLINE brn_val *fetched(brn_val *val)
{
    if (val->type >= BRN_LIST)
        val->flags |= BRN_FLAG_FETCHED;
    return val;
}

/*
 * In the memo, a pointer to a value that can change has its lowest bit set.  So fetching a key,
 * which happens more often than anything else, need not look at the value.
 */
BRN_INLINE void *to_memo(brn_val *val)
{
    return (unsigned char *)val + (val->type >= BRN_LIST ? 1 : 0);
}

static BRN_NOINLINE brn_val *memo_get_slow(brn_builder *h, uint64_t index)
{
    unsigned char *stored = brn_memo_get(&h->memo, index);
    if (!stored)
        return fail_missing(h, index);
    return fetched((brn_val *)(void *)(stored - ((uintptr_t)stored & 1)));
}

BRN_INLINE brn_val *memo_get(brn_builder *h, uint64_t index)
{
    if (BRN_LIKELY(index < h->memo.dense_cap)) {
        void *stored = h->memo.dense[index];
        if (BRN_LIKELY(stored && !((uintptr_t)stored & 1)))
            return stored;
    }
    return memo_get_slow(h, index);
}

static BRN_NOINLINE bool memo_put_slow(brn_builder *h, uint64_t index, brn_val *val)
{
    if (h->memo.count >= h->m.options.max_memo && !brn_memo_get(&h->memo, index)) {
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_MEMO,
                              "the memo holds as many values as allowed");
        return false;
    }
    if (!brn_memo_put(&h->memo, &h->doc->memory, index, to_memo(val)))
        return fail_memory(h) != NULL;
    if (h->memo.in_order > h->m.options.max_memo)
        h->memo.in_order = (size_t)h->m.options.max_memo;
    return true;
}

BRN_INLINE bool memo_put(brn_builder *h, uint64_t index, brn_val *val)
{
    /* In order, into the array: what picklers do. */
    if (BRN_LIKELY(index == h->memo.count && index < h->memo.in_order)) {
        h->memo.dense[index] = to_memo(val);
        h->memo.count++;
        return true;
    }
    return memo_put_slow(h, index, val);
}

static bool note_protocol(brn_builder *h, int protocol)
{
    if (protocol > h->doc->protocol)
        h->doc->protocol = protocol;
    h->protocol = protocol;
    return true;
}

/* ------------------------------------------------------------------------
 * The machine
 * ------------------------------------------------------------------------ */

#define HOST_RUN graph
#define HOST_RUN_NAME(x) graph_##x
#define HOST_CONTEXT brn_builder
#define HOST_HAS_VALUES 1
#define HOST_VALUE brn_val *

/* Bytes of the size in front of a payload. */
#define HEADER(data) ((size_t)((data)-op) - 1)

#define HOST_MAKE_NONE(h) make_single(h, &(h)->none, BRN_NONE, 0)
#define HOST_MAKE_TRUE(h) make_single(h, &(h)->yes, BRN_BOOL, 1)
#define HOST_MAKE_FALSE(h) make_single(h, &(h)->no, BRN_BOOL, 0)
#define HOST_MAKE_INT(h, value) make_int(h, value)
#define HOST_MAKE_LONG(h, data, size) make_long(h, data, size, HEADER(data))
#define HOST_MAKE_DECIMAL(h, text, size) make_decimal(h, text, size)
#define HOST_MAKE_FLOAT(h, value) make_float(h, value)
#define HOST_MAKE_PY2STR(h, data, size) make_py2str(h, data, size, HEADER(data))
#define HOST_MAKE_PY2STR_ESCAPED(h, text, size) make_escaped(h, BRN_PY2STR, text, size)
#define HOST_MAKE_BYTES(h, data, size) make_text(h, BRN_BYTES, data, size, HEADER(data), 0)
#define HOST_MAKE_BYTEARRAY(h, data, size) make_text(h, BRN_BYTEARRAY, data, size, 8, 0)
#define HOST_MAKE_TEXT(h, text, size) make_str(h, text, size, HEADER(text))
#define HOST_MAKE_TEXT_ESCAPED(h, text, size) make_escaped(h, BRN_STR, text, size)
#define HOST_MAKE_EMPTY_LIST(h) make_container(h, BRN_LIST)
#define HOST_MAKE_EMPTY_TUPLE(h) make_single(h, &(h)->unit, BRN_TUPLE, 0)
#define HOST_MAKE_EMPTY_DICT(h) make_container(h, BRN_DICT)
#define HOST_MAKE_EMPTY_SET(h) make_container(h, BRN_SET)
#define HOST_MAKE_LIST(h, items, n) make_list(h, items, n)
#define HOST_MAKE_TUPLE(h, items, n) make_tuple(h, items, n)
#define HOST_MAKE_FROZENSET(h, items, n) make_frozenset(h, items, n)
#define HOST_MAKE_DICT(h, items, n) make_dict(h, items, n)
#define HOST_MAKE_GLOBAL(h, module, module_size, name, name_size) \
    make_named(h, module, module_size, name, name_size)
#define HOST_MAKE_STACK_GLOBAL(h, module, name) make_stack_global(h, module, name)
#define HOST_MAKE_REDUCE(h, callee, args) make_call(h, BRN_CALL, callee, args, NULL)
#define HOST_MAKE_NEWOBJ(h, class, args) make_call(h, BRN_OBJECT, class, args, NULL)
#define HOST_MAKE_NEWOBJ_EX(h, class, args, kwargs) make_call(h, BRN_OBJECT, class, args, kwargs)
#define HOST_MAKE_OBJ(h, items, n) make_obj(h, items, n)
#define HOST_MAKE_INST(h, module, module_size, name, name_size, items, n) \
    make_inst(h, module, module_size, name, name_size, items, n)
#define HOST_MAKE_PERSID(h, text, size) make_persid(h, text, size)
#define HOST_MAKE_BINPERSID(h, id) make_object(h, BRN_PERSID, BRN_OBJECT_PLAIN, id, NULL)
#define HOST_MAKE_EXT(h, code) make_ext(h, code)
#define HOST_MAKE_NEXT_BUFFER(h) make_next_buffer(h)
#define HOST_MAKE_READONLY_BUFFER(h, buffer) make_readonly(h, buffer)
#define HOST_MAKE_DUP(h, value) fetched(value)
#define HOST_MEMO_GET(h, index) memo_get(h, index)
#define HOST_MAKE_ROW(h, opcode, format, from, most, to) make_row(h, opcode, format, from, most, to)
#define HOST_APPEND(h, list, items, n) append(h, list, items, n)
#define HOST_SETITEMS(h, dict, items, n) set_items(h, dict, items, n)
#define HOST_ADDITEMS(h, set, items, n) add_items(h, set, items, n)
#define HOST_BUILD(h, object, state) build(h, object, state)
#define HOST_MEMO_PUT(h, index, value) memo_put(h, index, value)
#define HOST_MEMOIZE(h, value) memo_put(h, (h)->memo.count, value)
#define HOST_ON_MARK(h) true
#define HOST_ON_POP(h, value, above, at) note_pop(h, value, (above) ? (at)[-1] : NULL)
#define HOST_ON_POP_MARK(h, items, n) note_popped(h, items, n)
#define HOST_ON_DROP_MARK(h) true
#define HOST_ON_PROTO(h, protocol) note_protocol(h, protocol)
#define HOST_ON_FRAME(h, size) true
#define HOST_ON_STOP(h, value) true
#define HOST_DROP(h, items, n) ((void)(items), (void)(n))
#define HOST_ON_EMPTY(h, value) true

#include "../machine/machine.inc.h"

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------ */

#define WORK_FREE 1000000
#define WORK_PER_BYTE 64
#define FIRST_STACK 64

/* Bytes of values and blocks for each byte of a pickle: pages that stay untouched cost nothing. */
#define FIRST_CHUNK 6

static bool start_builder(brn_builder *h, brn_doc *doc, const brn_options *options, size_t size)
{
    h->doc = doc;
    doc->traced = (options->flags & BRN_TRACE) != 0;
    h->m.options = *options;
    h->m.memory = &doc->memory;
    h->keys.memory = &doc->memory;
    h->keys.seed = options->hash_seed;
    h->keys.work = options->max_work;
    if (h->keys.work == 0)
        h->keys.work = WORK_FREE + WORK_PER_BYTE * (uint64_t)size;
    brn_memo_init(&h->memo, options->hash_seed);
    h->m.stack_cap = FIRST_STACK;
    h->m.stack = brn_memory_alloc(&doc->memory, FIRST_STACK * sizeof *h->m.stack);
    return h->m.stack != NULL;
}

static void end_builder(brn_builder *h)
{
    brn_memory *memory = &h->doc->memory;
    brn_memory_free(memory, h->m.stack, h->m.stack_cap * sizeof *h->m.stack);
    brn_memory_free(memory, h->m.marks, h->m.mark_cap * sizeof *h->m.marks);
    brn_memory_free(memory, h->late, h->late_cap * sizeof *h->late);
    brn_memory_free(memory, h->effects, h->effect_cap * sizeof *h->effects);
    brn_memo_free(&h->memo, memory);
}

/*
 * The document was built over the caller's bytes; unless it may borrow them, it takes
 * a copy now, of no more than the pickle, and its text moves there.  Without text it needs none.
 */
static bool keep_bytes(brn_doc *doc, const void *data, size_t size)
{
    doc->copy = brn_memory_alloc(&doc->memory, size);
    if (!doc->copy)
        return false;
    doc->copy_size = size;
    memcpy(doc->copy, data, size);
    brn_doc_rebase(doc, data, size, doc->copy);
    return true;
}

/* `open_end`: what a frame claims may lie behind the bytes. */
static brn_doc *read_bytes(const void *data, size_t size, bool open_end, const brn_options *options,
                           const brn_alloc *alloc, brn_error *err)
{
    brn_builder h;
    memset(&h, 0, sizeof h);
    h.m.in.err = err;
    h.m.in.gone_opcode = -1;
    brn_memory memory;
    brn_memory_init(&memory, alloc, options->max_memory);
    size_t first = size < SIZE_MAX / FIRST_CHUNK ? size * FIRST_CHUNK : SIZE_MAX;
    brn_doc *doc = brn_doc_new(&memory, first, options->max_values);
    if (!doc || !start_builder(&h, doc, options, size)) {
        (void)brn_reader_fail_memory(&h.m.in, doc ? &doc->memory : &memory);
        brn_free(doc);
        return NULL;
    }
    brn_reader_memory(&h.m.in, data, size, options, err);
    h.m.in.open_end = open_end;
    brn_code code = graph(&h);
    doc->count = brn_arena_count(&doc->arena);
    if (code == BRN_OK) {
        bool copy = h.has_text && !(options->flags & BRN_BORROW);
        doc->root = h.m.stack[h.m.depth - 1];
        doc->size = (size_t)brn_reader_offset(&h.m.in, h.m.in.pos);
        doc->none = h.none;
        doc->yes = h.yes;
        doc->no = h.no;
        doc->unit = h.unit;
        doc->hash_seed = options->hash_seed;
        if (!brn_builder_mark_late(&h) || (copy && !keep_bytes(doc, data, doc->size)))
            code = brn_reader_fail_memory(&h.m.in, &doc->memory);
    } else if (err) {
        brn_builder_where(&h, err);
    }
    end_builder(&h);
    if (code == BRN_OK)
        return doc;
    brn_free(doc);
    return NULL;
}

brn_doc *brn_read(const void *data, size_t size, const brn_options *options, const brn_alloc *alloc,
                  brn_error *err)
{
    brn_error_clear(err);
    brn_options effective;
    if (brn_options_get(&effective, options, err) != BRN_OK)
        return NULL;
    return read_bytes(data, size, false, &effective, alloc, err);
}

/* Does it say that the bytes are no pickle, or that the values do not fit? */
static bool is_malformed(brn_code code)
{
    return code > BRN_OK && code < BRN_ERROR_MEMORY && code != BRN_ERROR_EMPTY;
}

/*
 * A pickle was found to be broken without making values.  With them it may be broken before that, and what is being
 * built has a path: the error that its bytes give in memory.
 */
static void look_closer(brn_stream *stream, const brn_reader *reader, const brn_options *options,
                        brn_error *err)
{
    brn_error own;
    brn_doc *doc = read_bytes(reader->start, (size_t)(reader->end - reader->start), true, options,
                              brn_stream_alloc(stream), &own);
    if (!doc && is_malformed(own.code) && own.offset <= err->offset) {
        *err = own;
        brn_stream_break(stream, err->code, err->offset, err->opcode);
    }
    brn_free(doc);
}

brn_doc *brn_read_stream(brn_stream *stream, brn_error *err)
{
    brn_error told;
    brn_reader reader;
    if (!err)
        err = &told;
    if (!stream)
        return NULL;
    brn_code code = brn_inspect_stream(stream, true, NULL, NULL, &reader, err);
    brn_options options = *brn_stream_options(stream);
    options.flags &= ~BRN_BORROW;
    if (code != BRN_OK) {
        if (reader.stream && is_malformed(code))
            look_closer(stream, &reader, &options, err);
        return NULL;
    }
    brn_doc *doc = read_bytes(reader.start, (size_t)(reader.pos - reader.start), true, &options,
                              brn_stream_alloc(stream), err);
    if (doc)
        brn_reader_done(&reader);
    return doc;
}
