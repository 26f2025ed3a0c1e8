/*
 * views_container.c - the containers of the library: sets, those of collections, and paths.
 *
 * Each is a call that takes the contents whole, or makes it empty for the contents to be added, or,
 * in pickles of several ages, one and the other.
 */
#include "views.h"

/* ------------------------------------------------------------------------
 * Sets
 * ------------------------------------------------------------------------ */

static bool read_set(const brn_val *val, brn_set *out)
{
    out->frozen = brn_is(val, BRN_FROZENSET);
    if (out->frozen || brn_is(val, BRN_SET)) {
        out->elements = val;
    } else {
        const brn_val *args = brn_plain_args(val, "builtins", "set", 0, 1);
        if (!args) {
            args = brn_plain_args(val, "builtins", "frozenset", 0, 1);
            out->frozen = true;
        }
        out->elements = brn_at(args, 0);
        bool is_sequence = brn_is(out->elements, BRN_LIST) || brn_is(out->elements, BRN_TUPLE);
        if (!args || (out->elements && !(is_sequence && brn_settled(out->elements))))
            return false;
    }
    out->size = brn_size(out->elements);
    return true;
}

bool brn_as_set(const brn_val *val, brn_set *out)
{
    memset(out, 0, sizeof *out);
    if (read_set(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Mappings
 * ------------------------------------------------------------------------ */

/* What was done to a value, if that is nothing (NULL), or one thing of this kind. */
static bool only_op(const brn_val *val, brn_op kind, const brn_val **value)
{
    *value = NULL;
    return brn_op_count(val) == 0 || (brn_op_count(val) == 1 && brn_op_at(val, 0, value) == kind);
}

/* A list of [key, value]: what Python 2 makes an OrderedDict of. */
static bool is_list_of_pairs(const brn_val *list)
{
    if (!brn_is(list, BRN_LIST) || !brn_settled(list))
        return false;
    for (size_t i = 0; i < brn_size(list); i++) {
        const brn_val *pair = brn_at(list, i);
        if (!(brn_is(pair, BRN_LIST) || brn_is(pair, BRN_TUPLE)) || brn_size(pair) != 2 ||
            !brn_settled(pair))
            return false;
    }
    return true;
}

static bool end_mapping(bool ok, brn_mapping *out)
{
    if (ok)
        out->size = brn_size(out->pairs);
    else
        memset(out, 0, sizeof *out);
    return ok;
}

bool brn_as_ordereddict(const brn_val *val, brn_mapping *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_args_of(val, "collections", "OrderedDict");
    bool ok = args && only_op(val, BRN_OP_SET, &out->pairs);
    if (ok && brn_size(args) > 0) {
        ok = !out->pairs && brn_size(args) == 1 && is_list_of_pairs(brn_at(args, 0));
        out->pairs = brn_at(args, 0);
    }
    return end_mapping(ok, out);
}

bool brn_as_defaultdict(const brn_val *val, brn_mapping *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_args_of(val, "collections", "defaultdict");
    const brn_val *factory = brn_at(args, 0);
    if (factory && !brn_is_none(factory))
        out->factory = factory;
    bool is_callable = !out->factory || brn_has_ops((brn_type)out->factory->type);
    return end_mapping(
        args && brn_size(args) <= 1 && is_callable && only_op(val, BRN_OP_SET, &out->pairs), out);
}

bool brn_as_counter(const brn_val *val, brn_mapping *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_plain_args(val, "collections", "Counter", 0, 1);
    out->pairs = brn_at(args, 0);
    return end_mapping(
        args && (!out->pairs || (brn_is(out->pairs, BRN_DICT) && brn_settled(out->pairs))), out);
}

bool brn_mapping_at(const brn_mapping *m, size_t index, const brn_val **key, const brn_val **value)
{
    *key = NULL;
    *value = NULL;
    if (!m || index >= m->size)
        return false;
    bool is_dict = brn_is(m->pairs, BRN_DICT);
    const brn_val *pair = brn_at(m->pairs, index);
    *key = is_dict ? brn_key_at(m->pairs, index) : brn_at(pair, 0);
    *value = is_dict ? brn_value_at(m->pairs, index) : brn_at(pair, 1);
    return true;
}

/* ------------------------------------------------------------------------
 * Deques
 * ------------------------------------------------------------------------ */

static bool read_deque(const brn_val *val, brn_deque *out)
{
    const brn_val *args = brn_args_of(val, "collections", "deque");
    if (!args || brn_size(args) > 2 || !only_op(val, BRN_OP_APPEND, &out->appended))
        return false;
    out->first = brn_at(args, 0);
    if (out->first && !((brn_is(out->first, BRN_LIST) || brn_is(out->first, BRN_TUPLE)) &&
                        brn_settled(out->first)))
        return false;
    const brn_val *maxlen = brn_at(args, 1);
    int64_t most = 0;
    out->bounded = maxlen && !brn_is_none(maxlen);
    if (out->bounded && !brn_int_within(maxlen, 0, INT64_MAX, &most))
        return false;
    out->maxlen = (uint64_t)most;
    out->size = brn_size(out->first) + brn_size(out->appended);
    /* One that is too short would have lost items at its other end. */
    return !out->bounded || out->size <= out->maxlen;
}

bool brn_as_deque(const brn_val *val, brn_deque *out)
{
    memset(out, 0, sizeof *out);
    if (read_deque(val, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

const brn_val *brn_deque_at(const brn_deque *d, size_t index)
{
    if (!d)
        return NULL;
    size_t first = brn_size(d->first);
    return index < first ? brn_at(d->first, index) : brn_at(d->appended, index - first);
}

/* ------------------------------------------------------------------------
 * Paths
 * ------------------------------------------------------------------------ */

static bool read_path_class(const brn_val *class_, brn_path *out)
{
    static const struct {
        const char *name;
        bool windows;
        bool pure;
    } classes[] = {
        {"PosixPath", false, false},
        {"PurePosixPath", false, true},
        {"WindowsPath", true, false},
        {"PureWindowsPath", true, true},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(classes); i++) {
        if (brn_names(class_, "pathlib", classes[i].name) ||
            brn_names(class_, "pathlib._local", classes[i].name)) {
            out->windows = classes[i].windows;
            out->pure = classes[i].pure;
            return true;
        }
    }
    return false;
}

bool brn_as_path(const brn_val *val, brn_path *out)
{
    memset(out, 0, sizeof *out);
    const brn_val *args = brn_args(val);
    bool ok = brn_is(val, BRN_CALL) && brn_is(args, BRN_TUPLE) && brn_op_count(val) == 0 &&
              read_path_class(brn_callee(val), out);
    size_t size;
    for (size_t i = 0; ok && i < brn_size(args); i++)
        ok = brn_text_of(brn_at(args, i), &size) != NULL;
    if (!ok) {
        memset(out, 0, sizeof *out);
        return false;
    }
    out->parts = args;
    out->size = brn_size(args);
    return true;
}

/* Text that grows in a buffer, and goes on being counted behind the end of it. */
typedef struct joined {
    char *buf;
    size_t cap;
    size_t size;
    char last;
} joined;

static void join(joined *j, const char *text, size_t size)
{
    if (size == 0)
        return;
    if (j->size < j->cap)
        memcpy(j->buf + j->size, text, size < j->cap - j->size ? size : j->cap - j->size);
    j->size += size;
    j->last = text[size - 1];
}

static bool is_slash(char c, bool windows)
{
    return c == '/' || (windows && c == '\\');
}

size_t brn_path_text(const brn_path *p, char *buf, size_t cap)
{
    joined j = {buf, cap, 0, '\0'};
    for (size_t i = 0; i < p->size; i++) {
        size_t size;
        const char *part = brn_text_of(brn_at(p->parts, i), &size);
        /* Whether drives are the same is a question for Windows. */
        if (p->windows && i > 0 && size > 0 && (is_slash(part[0], true) || memchr(part, ':', size)))
            return 0;
        if (size > 0 && is_slash(part[0], p->windows))
            j.size = 0;
        else if (j.size > 0 && size > 0 && !is_slash(j.last, p->windows))
            join(&j, p->windows ? "\\" : "/", 1);
        join(&j, part, size);
    }
    if (j.size == 0)
        join(&j, ".", 1);
    if (cap > 0)
        buf[j.size < cap ? j.size : cap - 1] = '\0';
    return j.size;
}
