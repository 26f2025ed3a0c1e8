/*
 * describe.c - values in a few words.
 */
#include "describe.h"
#include "array.h"
#include "spell.h"
#include "stock.h"

#include <string.h>

/* What describe() may look at: enough for any list people read, little enough to be quick. */
#define DESCRIBE_BUDGET 16000000

static void put_count(line *l, style how, const char *what, uint64_t count)
{
    text t = {0};
    text_printf(&t, "%s of ", what);
    text_number(&t, count);
    line_text(l, how, &t);
    text_free(&t);
}

static void describe_array(line *l, const view *v, size_t room)
{
    array a;
    if (array_read(&a, v->val, 0)) {
        if (a.view.class_)
            spell_name(l, STYLE_TYPE, a.view.class_);
        else
            line_str(l, STYLE_TYPE, "numpy.ndarray");
        text t = {0};
        text_str(&t, " ");
        array_spell(&a, &t, room);
        line_text(l, STYLE_TYPE, &t);
        text_clear(&t);
        if (a.is_damaged) {
            text_str(&t, " (not as long as its data: ");
            text_plural(&t, a.items ? a.items : a.bytes, a.items ? "item" : "byte", NULL);
            text_str(&t, ")");
            line_text(l, STYLE_WARN, &t);
        } else if (a.view.bytes.elsewhere && a.view.count) {
            line_str(l, STYLE_NOTE, " (its data is kept elsewhere)");
        }
        text_free(&t);
    }
    array_free(&a);
}

void describe_head(line *l, const view *v, const view_counts *counts, size_t room)
{
    switch (v->kind) {
    case VIEW_LEAF: (void)spell_leaf(l, v->val, room, NULL); break;
    case VIEW_LIST: put_count(l, STYLE_TYPE, "list", counts->all); break;
    case VIEW_TUPLE: put_count(l, STYLE_TYPE, "tuple", counts->all); break;
    case VIEW_DICT: put_count(l, STYLE_TYPE, "dict", counts->all); break;
    case VIEW_SET: put_count(l, STYLE_TYPE, "set", counts->all); break;
    case VIEW_FROZENSET: put_count(l, STYLE_TYPE, "frozenset", counts->all); break;
    case VIEW_ARRAY: describe_array(l, v, room); break;
    case VIEW_INSTANCE:
        spell_name(l, STYLE_TYPE, v->class_);
        if (counts->items + counts->pairs)
            put_count(l, STYLE_TYPE, "", counts->items + counts->pairs);
        break;
    case VIEW_NAME:
        spell_name(l, STYLE_GLOBAL, v->val);
        line_str(l, STYLE_NOTE, " (given a state)");
        break;
    case VIEW_PERSID: line_str(l, STYLE_TYPE, "persistent id"); break;
    case VIEW_EXT: {
        text t = {0};
        text_printf(&t, "extension code %u", brn_ext_code(v->val));
        line_text(l, STYLE_TYPE, &t);
        text_free(&t);
        break;
    }
    }
}

/* A key without quotes if it is a word, as people say it. */
static void put_word(line *l, const brn_val *key)
{
    size_t size;
    const char *data = stock_text(key, &size);
    bool is_word = data && size && size < 60;
    for (size_t i = 0; is_word && i < size; i++) {
        char c = data[i];
        is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
    }
    if (is_word)
        line_put(l, STYLE_PLAIN, data, size);
    else if (!spell_leaf(l, key, 20, NULL))
        line_str(l, STYLE_PLAIN, brn_type_name(brn_typeof(key)));
}

/* The type of one child, where nothing is said about others. */
static void put_kind(text *t, const brn_val *val)
{
    if (brn_typeof(val) == BRN_DICT)
        text_str(t, "dict");
    else if (brn_typeof(val) == BRN_TUPLE)
        text_str(t, "tuple");
    else
        describe_shape(t, val);
}

/* ": steps, memory, ..." as far as there is room. */
static void put_contents(line *l, const group *g, size_t room)
{
    line_str(l, STYLE_PLAIN, ": ");
    uint64_t budget = DESCRIBE_BUDGET;
    size_t run = 1;
    for (size_t i = 0; i < g->count; i += run) {
        line_place before = line_here(l);
        line_str(l, STYLE_PLAIN, i ? ", " : "");
        if (g->kind == GROUP_PAIRS || g->kind == GROUP_ATTRS) {
            put_word(l, group_key(g, i));
        } else {
            text t = {0};
            run = run_of_alike(g, i, &budget);
            if (run > 1) {
                text_number(&t, run);
                text_str(&t, " × ");
            }
            put_kind(&t, group_value(g, i));
            line_text(l, STYLE_PLAIN, &t);
            text_free(&t);
            /* Nobody looked at the rest. */
            if (!budget)
                room = 0;
        }
        size_t tail = i + run < g->count ? 5 : 0;
        if ((i || !budget) && l->columns + tail > room) {
            if (i)
                line_back(l, before);
            line_str(l, STYLE_PLAIN, i ? ", ..." : " ...");
            return;
        }
    }
}

void describe(line *l, const brn_val *val, size_t room)
{
    view v;
    view_of(&v, val);
    view_counts counts = view_count(&v);
    size_t limit =
        room == ROOM_UNLIMITED || room > SIZE_MAX - l->columns ? room : l->columns + room;
    describe_head(l, &v, &counts, room);
    group_walk walk = {0};
    group g;
    if (!counts.all || !view_next_group(&v, &walk, &g))
        return;
    switch (v.kind) {
    case VIEW_LIST:
    case VIEW_TUPLE:
    case VIEW_SET:
    case VIEW_FROZENSET: {
        uint64_t budget = DESCRIBE_BUDGET;
        if (g.count > 1 && run_of_alike(&g, 0, &budget) == g.count) {
            text t = {0};
            text_str(&t, ", all ");
            describe_shape(&t, group_value(&g, 0));
            line_text(l, STYLE_PLAIN, &t);
            text_free(&t);
            break;
        }
        put_contents(l, &g, limit);
        break;
    }
    case VIEW_DICT: put_contents(l, &g, limit); break;
    case VIEW_PERSID: {
        line_str(l, STYLE_PLAIN, " ");
        const brn_val *id = brn_persid(val);
        if (!spell_leaf(l, id, limit > l->columns ? limit - l->columns : 16, NULL))
            line_str(l, STYLE_PLAIN, brn_type_name(brn_typeof(id)));
        break;
    }
    default: break;
    }
}

/* ------------------------------------------------------------------------
 * What values have in common
 * ------------------------------------------------------------------------ */

static bool same_text(const brn_val *a, const brn_val *b)
{
    size_t a_size, b_size;
    const char *a_data = stock_text(a, &a_size);
    const char *b_data = stock_text(b, &b_size);
    return a_data && b_data && a_size == b_size && memcmp(a_data, b_data, a_size) == 0;
}

static bool same_class(const brn_val *a, const brn_val *b)
{
    if (a == b)
        return true;
    return brn_typeof(a) == BRN_GLOBAL && brn_typeof(b) == BRN_GLOBAL &&
           same_text(brn_global_name(a), brn_global_name(b)) &&
           same_text(brn_global_module(a), brn_global_module(b));
}

static bool same_key(const brn_val *a, const brn_val *b)
{
    if (a == b)
        return true;
    if (brn_typeof(a) != brn_typeof(b))
        return false;
    return brn_typeof(a) == BRN_INT ? brn_int(a) == brn_int(b) : same_text(a, b);
}

static bool spend(uint64_t *budget, uint64_t cost)
{
    if (*budget < cost) {
        *budget = 0;
        return false;
    }
    *budget -= cost;
    return true;
}

bool values_alike(const brn_val *a, const brn_val *b, uint64_t *budget)
{
    if (!spend(budget, 1))
        return false;
    brn_type type = brn_typeof(a);
    brn_type other = brn_typeof(b);
    if (type == BRN_BIGINT)
        type = BRN_INT;
    if (other == BRN_BIGINT)
        other = BRN_INT;
    if (type != other)
        return false;
    switch (type) {
    case BRN_TUPLE: return brn_size(a) == brn_size(b);
    case BRN_DICT: {
        size_t count = brn_size(a);
        if (brn_size(b) != count || !spend(budget, count))
            return false;
        for (size_t i = 0; i < count; i++) {
            if (!same_key(brn_key_at(a, i), brn_key_at(b, i)))
                return false;
        }
        return true;
    }
    case BRN_CALL:
    case BRN_OBJECT: return spend(budget, 4) && same_class(stock_class(a), stock_class(b));
    default: return true;
    }
}

size_t run_of_alike(const group *g, size_t index, uint64_t *budget)
{
    const brn_val *first = group_value(g, index);
    size_t end = index + 1;
    while (end < g->count && values_alike(first, group_value(g, end), budget))
        end++;
    return end - index;
}

void describe_shape(text *t, const brn_val *val)
{
    brn_blob blob;
    switch (brn_typeof(val)) {
    case BRN_NONE: text_str(t, "None"); break;
    case BRN_PY2STR: text_str(t, "Python 2 str"); break;
    case BRN_TUPLE:
        text_str(t, "tuple of ");
        text_number(t, brn_size(val));
        break;
    case BRN_DICT:
        text_str(t, "dict with the same ");
        text_plural(t, brn_size(val), "key", NULL);
        break;
    case BRN_CALL:
    case BRN_OBJECT:
        if (brn_as_bytes(val, NULL, &blob) && !blob.writable)
            text_str(t, "bytes");
        else if (!stock_name(stock_class(val), t))
            text_str(t, brn_type_name(brn_typeof(val)));
        break;
    default: text_str(t, brn_type_name(brn_typeof(val))); break;
    }
}
