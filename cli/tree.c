/*
 * tree.c - lays a value out as a tree of lines.
 *
 * What fits in one line is written in one line, as Python would spell it.  The rest
 * opens: a line that says what it is, and a line (or a tree) for each child.  Lists of
 * many are cut after a few children, or where all the rest are alike; how many there
 * are is always said.
 *
 * How deep to go is not fixed: the tree is laid out one level deeper at a time, as long as it
 * stays within a few screens.  Layouts are cheap, because they never look at more than they
 * show.  The tree is walked with a stack of its own; only values within one line are walked by
 * recursion, and no deeper than INLINE_DEPTH.
 */
#include "tree.h"
#include "array.h"
#include "describe.h"
#include "seen.h"
#include "spell.h"
#include "stock.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

#define INLINE_DEPTH 6     /* containers within containers in one line */
#define INLINE_COLUMNS 72  /* what one line of containers may take */
#define KEY_COLUMNS 40     /* what a key may take */
#define LABEL_COLUMNS 28   /* labels up to this width are padded to stand in columns */
#define ELEMENT_COLUMNS 24 /* what an element of a preview may take */
#define LEAST_PREVIEW 4    /* fewer elements than this deserve lines of their own */
#define FOLD_SHOWN 3       /* of many alike children, those that are shown */
#define AUTO_LINES 200     /* a few screens */
#define AUTO_DEPTH 24
#define GUIDES 32       /* levels that are drawn; deeper ones are numbered */
#define MOST_GROUPS 64  /* of children, of which one value may have many */
#define BUDGET 16000000 /* comparisons in all */

/* A value whose children are being shown. */
typedef struct frame {
    view view;
    group_walk walk;
    group group;
    bool in_group;
    bool skip_args; /* they stand in the first line */
    bool last;      /* the last child of its parent */
    size_t groups;
    size_t index; /* of the next child in the group */
    size_t lines; /* of this group so far */
    size_t run_begin;
    size_t run_end; /* children up to here are alike; 0: not known */
    size_t run_shown;
    bool run_cut;  /* not all of them: what may be spent on looking is spent */
    uint64_t left; /* children not shown yet, of all groups */
    size_t label_columns;
} frame;

/* How many children are alike from one on: kept, because a tree is laid out several times. */
typedef struct run {
    const brn_val *container; /* NULL: a free place */
    size_t index;
    size_t length;
    bool cut; /* there may be more, but nobody looked */
} run;

typedef struct tree {
    const tree_options *options;
    out *out;
    uint64_t depth; /* of this layout */
    bool printing;
    bool deeper; /* something was left out for its depth */
    uint64_t lines;
    uint64_t most_lines; /* give up beyond */
    uint64_t budget;
    run *runs; /* a hash table */
    size_t run_count;
    size_t run_cap;
    seen seen;
    line line;
    frame *frames;
    size_t count;
    size_t cap;
} tree;

/* ------------------------------------------------------------------------
 * Small pieces
 * ------------------------------------------------------------------------ */

static void put_number(line *l, style how, const char *before, uint64_t n, const char *after)
{
    text t = {0};
    text_str(&t, before);
    text_number(&t, n);
    text_str(&t, after);
    line_text(l, how, &t);
    text_free(&t);
}

/* Marks take no room, so that both times over the same things fit in a line. */
static void put_mark(tree *t, const char *sign, uint32_t number, const char *after)
{
    size_t columns = t->line.columns;
    text mark = {0};
    text_printf(&mark, "%s%u", sign, number);
    line_text(&t->line, STYLE_MARK, &mark);
    line_str(&t->line, STYLE_PLAIN, after);
    t->line.columns = columns;
    text_free(&mark);
}

static void put_id(tree *t, const brn_val *val)
{
    if (!t->options->ids)
        return;
    text id = {0};
    text_printf(&id, "#%u ", brn_id(val));
    line_text(&t->line, STYLE_NOTE, &id);
    text_free(&id);
}

static size_t room_left(const tree *t)
{
    if (t->options->all)
        return ROOM_UNLIMITED;
    size_t width = t->options->width;
    return t->line.columns + 20 < width ? width - t->line.columns : 20;
}

/* For the first line of a value that opens. */
static size_t head_room(const tree *t)
{
    return t->options->all ? ROOM_UNLIMITED : INLINE_COLUMNS;
}

/* Plain immutable things, whose identity nobody asks for, in a tuple of a few. */
static bool is_plain_tuple(const brn_val *val)
{
    size_t count = brn_size(val);
    if (count > 16)
        return false;
    for (size_t i = 0; i < count; i++) {
        brn_type type = brn_typeof(brn_at(val, i));
        if (type < BRN_NONE || type > BRN_BYTES)
            return false;
    }
    return true;
}

/* Values whose second sight is shown as a reference. */
static bool is_shareable(const brn_val *val)
{
    switch (brn_typeof(val)) {
    case BRN_LIST:
    case BRN_DICT:
    case BRN_SET:
    case BRN_BYTEARRAY:
    case BRN_PERSID:
    case BRN_EXT:
    case BRN_CALL:
    case BRN_OBJECT: return true;
    case BRN_TUPLE: return !is_plain_tuple(val);
    case BRN_FROZENSET: return brn_size(val) > 0;
    case BRN_GLOBAL: return brn_op_count(val) > 0;
    default: return false;
    }
}

static bool is_identifier(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return size > 0;
}

/* ------------------------------------------------------------------------
 * Values in one line
 * ------------------------------------------------------------------------ */

static bool put_inline(tree *t, const brn_val *val, size_t limit, int depth);

static bool fits(const tree *t, size_t limit)
{
    return t->line.columns <= limit;
}

/* A name of an attribute: .name, or ['odd name'] as brn_get() wants it. */
static bool put_attr_name(tree *t, const brn_val *key)
{
    size_t size;
    const char *data = stock_text(key, &size);
    if (data && is_identifier(data, size)) {
        line_str(&t->line, STYLE_KEY, ".");
        line_put(&t->line, STYLE_KEY, data, size);
        return true;
    }
    bool cut = false;
    line_str(&t->line, STYLE_KEY, "[");
    bool ok = spell_leaf(&t->line, key, KEY_COLUMNS, &cut);
    line_str(&t->line, STYLE_KEY, "]");
    return ok && !cut;
}

/* A key that is spelt in one piece.  False if it is none, or is cut. */
static bool put_key(tree *t, const brn_val *key, size_t room)
{
    line plain = {0};
    bool cut = false;
    bool ok = spell_leaf(&plain, key, room, &cut);
    line_text(&t->line, STYLE_KEY, &plain.text);
    line_free(&plain);
    return ok && !cut;
}

/* The children of one group, with commas between them; `*first` tells whether it is the first. */
static bool put_group(tree *t, const group *g, size_t limit, int depth, bool *first)
{
    line *l = &t->line;
    /* Each child takes a letter and a comma at least. */
    if (l->columns > limit || g->count > (limit - l->columns) / 2 + 1)
        return false;
    for (size_t i = 0; i < g->count; i++) {
        if (!*first)
            line_str(l, STYLE_PLAIN, g->kind == GROUP_ATTRS ? " " : ", ");
        *first = false;
        if (g->kind == GROUP_ATTRS) {
            if (!put_attr_name(t, group_key(g, i)))
                return false;
            line_str(l, STYLE_PLAIN, "=");
        } else if (g->kind == GROUP_PAIRS && g->is_args) {
            size_t size;
            const char *data = stock_text(group_key(g, i), &size);
            if (!data || !is_identifier(data, size))
                return false;
            line_put(l, STYLE_KEY, data, size);
            line_str(l, STYLE_PLAIN, "=");
        } else if (g->kind == GROUP_PAIRS) {
            const brn_val *key = group_key(g, i);
            if (l->columns > limit)
                return false;
            bool is_leaf = spell_is_leaf(key);
            if (is_leaf ? !put_key(t, key, limit - l->columns)
                        : !put_inline(t, key, limit, depth + 1))
                return false;
            line_str(l, STYLE_PLAIN, ": ");
        }
        if (!put_inline(t, group_value(g, i), limit, depth + 1) || !fits(t, limit))
            return false;
    }
    return true;
}

/* The first group of a view, all of it, between brackets. */
static bool put_container(tree *t, const view *v, size_t limit, int depth, const char *open,
                          const char *close)
{
    group_walk walk = {0};
    group g;
    bool first = true;
    line_str(&t->line, STYLE_PLAIN, open);
    if (view_next_group(v, &walk, &g) && !put_group(t, &g, limit, depth, &first))
        return false;
    line_str(&t->line, STYLE_PLAIN, close);
    return true;
}

/* The arguments of a call, without the parentheses. */
static bool put_args(tree *t, const view *v, size_t limit, int depth, bool *first)
{
    group_walk walk = {0};
    group g;
    if (v->args_name && v->args) {
        line_str(&t->line, STYLE_PLAIN, *first ? "" : ", ");
        line_str(&t->line, STYLE_KEY, v->args_name);
        *first = true;
    }
    while (view_next_group(v, &walk, &g)) {
        if (g.is_args && !put_group(t, &g, limit, depth, first))
            return false;
        if (!g.is_args && g.prefix[0] == '\0')
            break;
    }
    return true;
}

/* name(args), name(args, [items]), name(args, {pairs}), or <name(args) .attr=value>. */
static bool put_instance(tree *t, const view *v, size_t limit, int depth)
{
    group_walk walk = {0};
    group g;
    group body = {0};
    size_t bodies = 0;
    while (bodies < 2 && view_next_group(v, &walk, &g)) {
        if (g.is_args)
            continue;
        body = g;
        bodies++;
    }
    if (bodies > 1 || body.kind == GROUP_SINGLE)
        return false;

    line *l = &t->line;
    bool has_attrs = bodies && body.kind == GROUP_ATTRS;
    if (has_attrs)
        line_str(l, STYLE_PLAIN, "<");
    spell_name(l, STYLE_TYPE, v->class_);
    bool first = true;
    bool parentheses = v->args || v->kwargs || v->is_called || !has_attrs;
    if (parentheses)
        line_str(l, STYLE_PLAIN, "(");
    if (!v->args_name && !put_args(t, v, limit, depth, &first))
        return false;
    if (bodies && !has_attrs) {
        static const char *const open[] = {"[", "{", "{"};
        static const char *const close[] = {"]", "}", "}"};
        if (!first)
            line_str(l, STYLE_PLAIN, ", ");
        first = true;
        line_str(l, STYLE_PLAIN, open[body.kind]);
        if (!put_group(t, &body, limit, depth, &first))
            return false;
        line_str(l, STYLE_PLAIN, close[body.kind]);
        first = false;
    }
    if (v->args_name && !put_args(t, v, limit, depth, &first))
        return false;
    if (parentheses)
        line_str(l, STYLE_PLAIN, ")");
    if (has_attrs) {
        line_str(l, STYLE_PLAIN, " ");
        first = true;
        if (!put_group(t, &body, limit, depth, &first))
            return false;
        line_str(l, STYLE_PLAIN, ">");
    }
    return fits(t, limit);
}

/* dtype and shape, and the elements if all of them fit. */
static bool put_array(tree *t, const view *v, size_t limit, int depth)
{
    view_counts none = {0};
    describe_head(&t->line, v, &none, head_room(t));
    array a;
    bool ok = array_read(&a, v->val, 4 * INLINE_COLUMNS) && fits(t, limit);
    if (ok && brn_typeof(a.view.data) == BRN_LIST) {
        line_str(&t->line, STYLE_PLAIN, " ");
        ok = a.view.dimensions == 1 && put_container(t, v, limit, depth, "[", "]");
    } else if (ok && a.view.count <= INLINE_COLUMNS / 2) {
        line_place here = line_here(&t->line);
        line_str(&t->line, STYLE_PLAIN, " ");
        size_t begin = t->line.columns;
        array_preview(&a, &t->line, ROOM_UNLIMITED);
        if (t->line.columns == begin || !fits(t, limit))
            line_back(&t->line, here);
    }
    array_free(&a);
    return ok;
}

static bool put_inline_view(tree *t, const view *v, size_t limit, int depth)
{
    bool empty;
    switch (v->kind) {
    case VIEW_LIST: return put_container(t, v, limit, depth, "[", "]");
    case VIEW_TUPLE:
        return put_container(t, v, limit, depth, "(", brn_size(v->val) == 1 ? ",)" : ")");
    case VIEW_DICT: return put_container(t, v, limit, depth, "{", "}");
    case VIEW_SET:
        empty = brn_size(v->elements) == 0;
        return put_container(t, v, limit, depth, empty ? "set(" : "{", empty ? ")" : "}");
    case VIEW_FROZENSET:
        empty = brn_size(v->elements) == 0;
        return put_container(t, v, limit, depth, empty ? "frozenset(" : "frozenset({",
                             empty ? ")" : "})");
    case VIEW_ARRAY: return put_array(t, v, limit, depth);
    case VIEW_INSTANCE: return put_instance(t, v, limit, depth);
    case VIEW_PERSID: {
        bool first = true;
        line_str(&t->line, STYLE_TYPE, "<persistent id ");
        if (brn_op_count(v->val) || !put_args(t, v, limit, depth, &first))
            return false;
        line_str(&t->line, STYLE_TYPE, ">");
        return true;
    }
    case VIEW_EXT:
        line_str(&t->line, STYLE_TYPE, "<");
        describe_head(&t->line, v, NULL, ROOM_UNLIMITED);
        line_str(&t->line, STYLE_TYPE, ">");
        return brn_op_count(v->val) == 0;
    default: return false;
    }
}

/*
 * A value within the line, up to column `limit`.  False if it does not fit or must not be
 * cut; then the caller goes back to where line and marks were.
 */
static bool put_inline(tree *t, const brn_val *val, size_t limit, int depth)
{
    if (brn_changed_later(val))
        return false;
    put_id(t, val);
    sight s = {0};
    if (is_shareable(val)) {
        view v;
        view_of(&v, val);
        /* What stands for one plain value is written again, like numbers. */
        if (v.kind != VIEW_LEAF || brn_typeof(val) == BRN_BYTEARRAY) {
            s = seen_visit(&t->seen, brn_id(val));
            if (s.again) {
                put_mark(t, "*", s.number, "");
                t->line.columns += 2;
                return fits(t, limit);
            }
            if (s.number)
                put_mark(t, "&", s.number, " ");
        }
        if (v.kind != VIEW_LEAF)
            return depth < INLINE_DEPTH && put_inline_view(t, &v, limit, depth) && fits(t, limit);
    } else if (brn_typeof(val) == BRN_TUPLE || brn_typeof(val) == BRN_FROZENSET) {
        view v;
        view_of(&v, val);
        return depth < INLINE_DEPTH && put_inline_view(t, &v, limit, depth) && fits(t, limit);
    }
    bool cut = false;
    if (t->line.columns > limit)
        return false;
    size_t room = t->options->all ? ROOM_UNLIMITED : limit - t->line.columns;
    return spell_leaf(&t->line, val, room, &cut) && !cut && fits(t, limit);
}

/* Try to write a value within the line; if it does not work out, nothing has happened. */
static bool try_inline(tree *t, const brn_val *val, size_t limit)
{
    line_place here = line_here(&t->line);
    seen_place marks = seen_here(&t->seen);
    if (put_inline(t, val, limit, 0))
        return true;
    line_back(&t->line, here);
    seen_back(&t->seen, marks);
    return false;
}

static size_t inline_limit(const tree *t)
{
    size_t width = t->options->width;
    size_t limit = t->line.columns + INLINE_COLUMNS;
    if (limit > width)
        limit = width;
    return limit < t->line.columns + 20 ? t->line.columns + 20 : limit;
}

/* ------------------------------------------------------------------------
 * Many alike
 * ------------------------------------------------------------------------ */

static size_t run_place(const tree *t, const brn_val *container, size_t index)
{
    size_t mask = t->run_cap - 1;
    size_t at = ((size_t)brn_id(container) * 31 + index * 7) & mask;
    while (t->runs[at].container &&
           (t->runs[at].container != container || t->runs[at].index != index))
        at = (at + 1) & mask;
    return at;
}

/* run_of_alike(), looked up if it was asked for before. */
static run run_from(tree *t, const group *g, size_t index)
{
    if (t->run_count * 2 >= t->run_cap) {
        tree bigger = *t;
        bigger.run_cap = t->run_cap ? t->run_cap * 2 : 64;
        bigger.runs = cli_alloc(bigger.run_cap * sizeof *bigger.runs);
        for (size_t i = 0; i < t->run_cap; i++) {
            const run *r = &t->runs[i];
            if (r->container)
                bigger.runs[run_place(&bigger, r->container, r->index)] = *r;
        }
        free(t->runs);
        t->runs = bigger.runs;
        t->run_cap = bigger.run_cap;
    }
    run *r = &t->runs[run_place(t, g->container, g->from + index)];
    if (!r->container) {
        *r = (run){g->container, g->from + index, run_of_alike(g, index, &t->budget), false};
        r->cut = t->budget == 0 && index + r->length < g->count;
        t->run_count++;
    }
    return *r;
}

/* Children of this kind that are shown before the rest is cut.  Names say more than numbers. */
static size_t line_limit(const tree *t, const group *g)
{
    size_t items = t->options->items;
    bool named = g->kind == GROUP_PAIRS || g->kind == GROUP_ATTRS;
    return named && items <= SIZE_MAX / 5 ? items * 5 : items;
}

/*
 * Elements beginning at `index`, with commas, and "..." if not all `count` fit.  Returns how
 * many were written.
 */
static size_t put_preview(tree *t, const group *g, size_t index, size_t count, size_t tail)
{
    line *l = &t->line;
    size_t width = t->options->width;
    size_t most = t->options->items;
    size_t done = 0;
    while (done < count && done < most) {
        line_place here = line_here(l);
        bool cut = false;
        if (done)
            line_str(l, STYLE_PLAIN, ", ");
        put_id(t, group_value(g, index + done));
        if (!spell_leaf(l, group_value(g, index + done), ELEMENT_COLUMNS, &cut) || cut ||
            l->columns + tail > width) {
            line_back(l, here);
            break;
        }
        done++;
    }
    return done;
}

/*
 * A container of many alike plain values in one line: "list of 1,000  [0, 1, 2, ... 997 more
 * int]".  False if it is none, or if too few fit.
 */
static bool try_preview(tree *t, const view *v, const view_counts *counts)
{
    if (v->kind != VIEW_LIST && v->kind != VIEW_TUPLE && v->kind != VIEW_SET &&
        v->kind != VIEW_FROZENSET)
        return false;
    group_walk walk = {0};
    group g;
    if (t->options->all || !view_next_group(v, &walk, &g) || g.count <= t->options->items ||
        !spell_is_leaf(group_value(&g, 0)) || is_shareable(group_value(&g, 0)) ||
        run_from(t, &g, 0).length != g.count)
        return false;

    line *l = &t->line;
    line_place here = line_here(l);
    describe_head(l, v, counts, ROOM_UNLIMITED);
    line_str(l, STYLE_PLAIN, v->kind == VIEW_TUPLE ? "  (" : v->kind == VIEW_LIST ? "  [" : "  {");
    text shape = {0};
    text_str(&shape, " more ");
    describe_shape(&shape, group_value(&g, 0));
    size_t done = put_preview(t, &g, 0, g.count, shape.size + 20);
    bool ok = done >= LEAST_PREVIEW;
    if (ok && done < g.count) {
        line_str(l, STYLE_PLAIN, ", ");
        put_number(l, STYLE_NOTE, "... ", g.count - done, text_cstr(&shape));
    }
    text_free(&shape);
    line_str(l, STYLE_PLAIN, v->kind == VIEW_TUPLE ? ")" : v->kind == VIEW_LIST ? "]" : "}");
    if (!ok)
        line_back(l, here);
    return ok;
}

/* ------------------------------------------------------------------------
 * Lines of the tree
 * ------------------------------------------------------------------------ */

/* The guides in front of a child of the frame on top. */
static void begin_line(tree *t, bool last)
{
    line *l = &t->line;
    line_clear(l);
    seen_keep(&t->seen);
    size_t level = t->count;
    size_t from = level > GUIDES ? (level - 1) / GUIDES * GUIDES : 0;
    if (from)
        put_number(l, STYLE_NOTE, "(level ", from, ") ");
    text guides = {0};
    for (size_t i = from + 1; i < level; i++)
        text_str(&guides, t->frames[i].last ? "  " : "│ ");
    text_str(&guides, last ? "└ " : "├ ");
    line_text(l, STYLE_GUIDE, &guides);
    text_free(&guides);
}

static bool end_line(tree *t)
{
    t->lines++;
    if (!t->printing)
        return t->lines <= t->most_lines;
    text_put(&t->line.text, "\n", 1);
    return out_put(t->out, t->line.text.data, t->line.text.size);
}

static void put_suffix(tree *t, const brn_val *val)
{
    if (brn_changed_later(val))
        line_str(&t->line, STYLE_WARN, "  (changed later)");
}

/* The first line of an instance: its class, and its arguments if they fit. */
static void put_instance_head(tree *t, const view *v, const view_counts *counts, bool *skip_args)
{
    line *l = &t->line;
    spell_name(l, STYLE_TYPE, v->class_);
    *skip_args = false;
    if (v->args || v->kwargs) {
        line_place here = line_here(l);
        seen_place marks = seen_here(&t->seen);
        bool first = true;
        line_str(l, STYLE_PLAIN, "(");
        *skip_args = put_args(t, v, inline_limit(t), 0, &first);
        if (!*skip_args) {
            line_back(l, here);
            seen_back(&t->seen, marks);
            line_str(l, STYLE_PLAIN, "(");
            line_str(l, STYLE_NOTE, "...");
        }
        line_str(l, STYLE_PLAIN, ")");
    } else if (v->is_called || !counts->all) {
        line_str(l, STYLE_PLAIN, "()");
    }
    if (counts->items + counts->pairs)
        put_number(l, STYLE_TYPE, " of ", counts->items + counts->pairs, "");
}

/* The elements of an array behind its dtype and shape. */
static void put_elements(tree *t, const view *v)
{
    array a;
    size_t room = room_left(t);
    size_t most = t->options->all ? SIZE_MAX : (size_t)1 << 16;
    if (array_read(&a, v->val, most) && (a.view.dimensions == 0 || a.view.count)) {
        line_place here = line_here(&t->line);
        line_str(&t->line, STYLE_PLAIN, "  ");
        size_t begin = t->line.columns;
        array_preview(&a, &t->line, room == ROOM_UNLIMITED ? room : t->options->width);
        if (t->line.columns == begin)
            line_back(&t->line, here);
    }
    array_free(&a);
}

/* What is said about children that are too deep to be shown. */
static void put_closed(tree *t, const view *v, const view_counts *counts)
{
    line *l = &t->line;
    if (v->kind == VIEW_DICT || v->kind == VIEW_LIST || v->kind == VIEW_TUPLE ||
        v->kind == VIEW_SET || v->kind == VIEW_FROZENSET) {
        describe(l, v->val, room_left(t) - 4);
        line_str(l, STYLE_NOTE, " ...");
        return;
    }
    describe_head(l, v, counts, ROOM_UNLIMITED);
    text rest = {0};
    text_str(&rest, " ... ");
    if (counts->attrs && counts->attrs == counts->all)
        text_plural(&rest, counts->attrs, "attribute", NULL);
    else
        text_plural(&rest, counts->all, "part", NULL);
    line_text(l, STYLE_NOTE, &rest);
    text_free(&rest);
}

static void push_frame(tree *t, const view *v, const view_counts *counts, bool skip_args, bool last)
{
    t->frames = cli_grow(t->frames, &t->cap, t->count + 1, sizeof *t->frames);
    frame *f = &t->frames[t->count++];
    memset(f, 0, sizeof *f);
    f->view = *v;
    f->skip_args = skip_args;
    f->left = counts->all - (skip_args ? counts->args : 0);
    f->last = last;
}

/*
 * Write a value at the end of the line, and open it if it has children that are to be shown
 * below.  `last`: it is the last child of its parent.
 */
static void place_value(tree *t, const brn_val *val, bool last)
{
    bool too_deep = t->count >= t->depth;
    sight s = {0};
    if (is_shareable(val))
        s = seen_peek(&t->seen, brn_id(val));
    /* What was closed where it was met first is opened where there is room for it. */
    bool reopen = s.closed && !too_deep;
    view v;
    view_of(&v, val);
    if (v.kind == VIEW_LEAF && brn_typeof(val) != BRN_BYTEARRAY) {
        put_id(t, val);
        (void)spell_leaf(&t->line, val, room_left(t), NULL);
        put_suffix(t, val);
        return;
    }
    view_counts counts = view_count(&v);
    /* Of an array of numbers as many are shown as fit. */
    bool is_array = v.kind == VIEW_ARRAY && !counts.all;
    if (!reopen && !is_array && try_inline(t, val, inline_limit(t)))
        return;

    put_id(t, val);
    if (is_shareable(val)) {
        s = seen_visit(&t->seen, brn_id(val));
        if (s.again) {
            put_mark(t, "*", s.number, reopen ? " " : "");
            t->line.columns += 2;
            if (!reopen)
                return;
        } else if (s.number) {
            put_mark(t, "&", s.number, " ");
        }
    }
    if (v.kind == VIEW_LEAF) {
        (void)spell_leaf(&t->line, val, room_left(t), NULL);
        put_suffix(t, val);
        return;
    }

    if (try_preview(t, &v, &counts)) {
        put_suffix(t, val);
        return;
    }
    if (too_deep && counts.all) {
        put_closed(t, &v, &counts);
        put_suffix(t, val);
        if (is_shareable(val))
            seen_close(&t->seen, brn_id(val), true);
        t->deeper = true;
        return;
    }
    if (reopen)
        seen_close(&t->seen, brn_id(val), false);
    bool skip_args = false;
    if (v.kind == VIEW_INSTANCE)
        put_instance_head(t, &v, &counts, &skip_args);
    else
        describe_head(&t->line, &v, &counts, head_room(t));
    if (v.kind == VIEW_ARRAY)
        put_elements(t, &v);
    put_suffix(t, val);
    if (counts.all > (skip_args ? counts.args : 0))
        push_frame(t, &v, &counts, skip_args, last);
}

/* ------------------------------------------------------------------------
 * Children
 * ------------------------------------------------------------------------ */

static void put_label(tree *t, const group *g, size_t index)
{
    line *l = &t->line;
    const brn_val *key = group_key(g, index);
    line_str(l, g->kind == GROUP_SINGLE ? STYLE_KEY : STYLE_NOTE, g->prefix);
    switch (g->kind) {
    case GROUP_ITEMS: {
        text t2 = {0};
        text_printf(&t2, "[%zu]", g->base + index);
        line_text(l, STYLE_KEY, &t2);
        text_free(&t2);
        break;
    }
    case GROUP_ATTRS: (void)put_attr_name(t, key); break;
    case GROUP_PAIRS:
        if (g->prefix[0])
            line_str(l, STYLE_KEY, "[");
        if (spell_is_leaf(key)) {
            size_t room = t->options->all ? ROOM_UNLIMITED : KEY_COLUMNS;
            (void)put_key(t, key, room);
        } else if (!try_inline(t, key, l->columns + KEY_COLUMNS)) {
            describe(l, key, KEY_COLUMNS);
        }
        line_str(l, STYLE_PLAIN, g->prefix[0] ? "]" : ":");
        break;
    case GROUP_ELEMENTS:
    case GROUP_SINGLE: break;
    }
}

/* The width that the labels of the children about to be shown have in common. */
static size_t label_columns(tree *t, const group *g)
{
    size_t widest = 0;
    size_t most = line_limit(t, g);
    line saved = t->line;
    seen_place marks = seen_here(&t->seen);
    memset(&t->line, 0, sizeof t->line);
    for (size_t i = 0; i < g->count && i < most && i < 200; i++) {
        line_clear(&t->line);
        put_label(t, g, i);
        if (t->line.columns > widest && t->line.columns <= LABEL_COLUMNS)
            widest = t->line.columns;
    }
    line_free(&t->line);
    t->line = saved;
    seen_back(&t->seen, marks);
    return widest;
}

static void consume(frame *f, size_t count)
{
    f->index += count;
    f->left -= count < f->left ? count : f->left;
}

/* "... 19,997 more, all dict with the same 6 keys" */
static bool show_rest(tree *t, frame *f, size_t count)
{
    uint64_t left = f->left - (count < f->left ? count : f->left);
    begin_line(t, left == 0);
    put_number(&t->line, STYLE_NOTE, "... ", count, " more");
    bool alike = f->run_end >= f->index + count && !f->run_cut;
    if (alike || run_from(t, &f->group, f->index).length >= count) {
        text shape = {0};
        text_str(&shape, count > 1 ? ", all " : ", ");
        describe_shape(&shape, group_value(&f->group, f->index));
        line_text(&t->line, STYLE_NOTE, &shape);
        text_free(&shape);
    }
    consume(f, count);
    f->lines++;
    return end_line(t);
}

/* "[0] ... [999]  1,000 × int: 0, 1, 2, ..." False: too few fit, and nothing was written. */
static bool put_folded(tree *t, frame *f, size_t count)
{
    const group *g = &f->group;
    begin_line(t, f->left == count);
    line *l = &t->line;
    if (g->kind == GROUP_ITEMS) {
        text label = {0};
        text_printf(&label, "%s[%zu] ... [%zu]", g->prefix, g->base + f->index,
                    g->base + f->index + count - 1);
        line_text(l, STYLE_KEY, &label);
        line_str(l, STYLE_PLAIN, "  ");
        text_free(&label);
    }
    put_number(l, STYLE_TYPE, "", count, " × ");
    text shape = {0};
    describe_shape(&shape, group_value(g, f->index));
    line_text(l, STYLE_TYPE, &shape);
    text_free(&shape);
    line_str(l, STYLE_PLAIN, ": ");
    size_t done = put_preview(t, g, f->index, count, 5);
    if (done < LEAST_PREVIEW)
        return false;
    if (done < count)
        line_str(l, STYLE_NOTE, ", ...");
    return true;
}

static bool show_child(tree *t, frame *f)
{
    const group *g = &f->group;
    bool last = f->left <= 1;
    begin_line(t, last);
    size_t begin = t->line.columns;
    put_label(t, g, f->index);
    if (t->line.columns > begin) {
        if (t->line.columns < begin + f->label_columns)
            line_pad(&t->line, begin + f->label_columns);
        line_str(&t->line, STYLE_PLAIN, g->kind == GROUP_PAIRS && !g->prefix[0] ? " " : "  ");
    }
    const brn_val *val = group_value(g, f->index);
    consume(f, 1);
    f->lines++;
    /* From here on `f` may be moved: a child that opens is put on top of it. */
    place_value(t, val, last);
    return end_line(t);
}

/* Whether a child takes one line, and is not opened. */
static bool is_one_line(tree *t, const brn_val *val)
{
    if (spell_is_leaf(val))
        return true;
    line_place here = line_here(&t->line);
    seen_place marks = seen_here(&t->seen);
    bool is = put_inline(t, val, t->line.columns + INLINE_COLUMNS, 0);
    line_back(&t->line, here);
    seen_back(&t->seen, marks);
    return is;
}

/*
 * Many alike children begin here: say how many of them are shown, or write all in one line and
 * return true.
 */
static bool fold_run(tree *t, frame *f, const run *r)
{
    const group *g = &f->group;
    const brn_val *first = group_value(g, f->index);
    bool plain = spell_is_leaf(first) && !is_shareable(first);
    bool numbered = g->kind == GROUP_ITEMS || g->kind == GROUP_ELEMENTS;
    bool folded = plain && numbered && put_folded(t, f, r->length);
    if (folded) {
        consume(f, r->length);
        f->lines++;
    } else if (r->cut || (numbered && f->run_end < g->count) || !is_one_line(t, first)) {
        /* What has a name is folded only to save more than its own line. */
        f->run_shown = FOLD_SHOWN;
    }
    if (r->cut) {
        f->run_begin = f->index;
        f->run_end = g->count;
        f->run_shown = folded ? 0 : FOLD_SHOWN;
        f->run_cut = true;
    }
    return folded;
}

/*
 * A child of a group is next.  If there are too many, say what is left out and why that is
 * no loss.  *ok false: stop altogether.  Returns whether a line was written.
 */
static bool show_fold(tree *t, frame *f, bool *ok)
{
    const group *g = &f->group;
    size_t left = g->count - f->index;
    size_t limit = line_limit(t, g);
    if (f->groups > MOST_GROUPS) {
        begin_line(t, true);
        put_number(&t->line, STYLE_NOTE, "... ", f->left, " more");
        f->left = 0;
        f->index = g->count;
        *ok = end_line(t);
        return true;
    }
    /* Saying that one is left out takes as much room as showing it. */
    if (left < 2)
        return false;
    if (f->lines >= limit) {
        *ok = show_rest(t, f, left);
        return true;
    }
    if (f->index >= f->run_end) {
        if (left <= limit)
            return false;
        run r = run_from(t, g, f->index);
        f->run_begin = f->index;
        f->run_end = f->index + r.length;
        f->run_shown = SIZE_MAX;
        f->run_cut = false;
        if (r.length > t->options->items && fold_run(t, f, &r)) {
            *ok = end_line(t);
            return true;
        }
    }
    if (f->run_shown != SIZE_MAX && f->index - f->run_begin >= f->run_shown &&
        f->run_end - f->index > 1) {
        *ok = show_rest(t, f, f->run_end - f->index);
        return true;
    }
    return false;
}

static bool next_line(tree *t)
{
    frame *f = &t->frames[t->count - 1];
    if (f->in_group && f->index >= f->group.count)
        f->in_group = false;
    if (!f->in_group) {
        do {
            if (f->left == 0 || !view_next_group(&f->view, &f->walk, &f->group)) {
                t->count--;
                return true;
            }
        } while (f->skip_args && f->group.is_args);
        f->in_group = true;
        f->groups++;
        f->index = 0;
        f->lines = 0;
        f->run_end = 0;
        f->run_cut = false;
        f->label_columns = label_columns(t, &f->group);
    }
    bool ok = true;
    if (!t->options->all && show_fold(t, f, &ok))
        return ok;
    return show_child(t, f);
}

/* Lay the tree out, or print it.  False if it got too long, or could not be written. */
static bool layout(tree *t, const brn_val *root)
{
    t->lines = 0;
    t->count = 0;
    t->deeper = false;
    line_clear(&t->line);
    place_value(t, root, true);
    if (!end_line(t))
        return false;
    while (t->count) {
        if (!next_line(t))
            return false;
    }
    return true;
}

/* The deepest layout that stays within a few screens. */
static void find_depth(tree *t, const brn_val *root)
{
    uint64_t best = 1;
    t->most_lines = AUTO_LINES;
    for (t->depth = 1; t->depth <= AUTO_DEPTH; t->depth++) {
        seen_reset(&t->seen);
        if (!layout(t, root))
            break;
        best = t->depth;
        if (!t->deeper)
            break;
    }
    t->depth = best;
}

bool tree_show(out *o, const brn_val *root, const tree_options *options, bool *deeper)
{
    tree t = {.options = options, .out = o, .depth = options->depth, .budget = BUDGET};
    t.line.color = options->color;
    if (options->all)
        t.depth = UINT64_MAX;
    else if (options->depth == UINT64_MAX)
        find_depth(&t, root);
    t.most_lines = UINT64_MAX;
    seen_reset(&t.seen);
    (void)layout(&t, root);
    seen_print(&t.seen);
    t.printing = true;
    bool ok = layout(&t, root);
    if (deeper)
        *deeper = t.deeper;
    seen_free(&t.seen);
    line_free(&t.line);
    free(t.frames);
    free(t.runs);
    return ok;
}
