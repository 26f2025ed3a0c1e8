/*
 * views_class.c - classes and their instances: plain ones, namedtuples, enum members, and those the
 * caller has a view of.
 *
 * One instance has three spellings: NEWOBJ, and for protocols 0 and 1 a call of copyreg's
 * _reconstructor() or __newobj__(), which picklers in Python leave as the call it is.
 */
#include "views.h"

/* ------------------------------------------------------------------------
 * Names of classes
 * ------------------------------------------------------------------------ */

/* The last name of a dotted one: where it begins. */
static const char *last_name(const char *name, const char *end)
{
    while (end > name && end[-1] != '.')
        end--;
    return end;
}

static bool text_equals(const brn_val *val, const char *text, size_t size)
{
    size_t found;
    const char *data = brn_text_of(val, &found);
    return data && found == size && memcmp(data, text, size) == 0;
}

/* A global whose qualified name is the first `size` bytes of `name`. */
static bool is_global(const brn_val *val, const char *module, const char *name, size_t size)
{
    return text_equals(brn_global_name(val), name, size) &&
           brn_module_is(brn_global_module(val), module) && brn_op_count(val) == 0;
}

bool brn_is_class(const brn_val *val, const char *module, const char *name)
{
    if (!module || !name)
        return false;
    const char *end = name + strlen(name);
    /* getattr(outer, "Inner"): as often as there are dots. */
    for (;;) {
        if (is_global(val, module, name, (size_t)(end - name)))
            return true;
        const brn_val *args = brn_plain_args(val, "builtins", "getattr", 2, 2);
        const char *last = last_name(name, end);
        if (!args || last == name || !text_equals(brn_at(args, 1), last, (size_t)(end - last)))
            return false;
        val = brn_at(args, 0);
        end = last - 1;
    }
}

/* ------------------------------------------------------------------------
 * Instances
 * ------------------------------------------------------------------------ */

static bool read_reconstructed(const brn_val *args, brn_instance *out)
{
    out->class_ = brn_at(args, 0);
    out->base = brn_at(args, 1);
    out->value = brn_at(args, 2);
    out->args = args;
    out->args_from = 3;
    /* object, with nothing: as good as no base. */
    if (brn_names(out->base, "builtins", "object")) {
        bool is_none = brn_is_none(out->value);
        out->base = NULL;
        out->value = NULL;
        return is_none;
    }
    return true;
}

/* copyreg.__newobj_ex__(class, args, kwargs) */
static bool read_newobj_ex(const brn_val *args, brn_instance *out)
{
    out->class_ = brn_at(args, 0);
    out->args = brn_at(args, 1);
    out->kwargs = brn_at(args, 2);
    return brn_is(out->args, BRN_TUPLE) && brn_is(out->kwargs, BRN_DICT) &&
           brn_settled(out->kwargs);
}

/* What protocols below 2 call. */
static bool read_called(const brn_val *val, brn_instance *out)
{
    const brn_val *args = brn_args_of(val, "copyreg", "_reconstructor");
    if (args)
        return brn_size(args) == 3 && read_reconstructed(args, out);
    args = brn_args_of(val, "copyreg", "__newobj_ex__");
    if (args)
        return brn_size(args) == 3 && read_newobj_ex(args, out);
    args = brn_args_of(val, "copyreg", "__newobj__");
    out->class_ = brn_at(args, 0);
    out->args = args;
    out->args_from = 1;
    return out->class_ != NULL;
}

static bool read_instance(const brn_val *val, brn_instance *out)
{
    if (brn_is(val, BRN_OBJECT)) {
        out->class_ = brn_callee(val);
        out->args = brn_args(val);
        out->kwargs = brn_kwargs(val);
        if (!brn_is(out->args, BRN_TUPLE) || (out->kwargs && !brn_settled(out->kwargs)))
            return false;
    } else if (!read_called(val, out)) {
        return false;
    }
    if (brn_size(out->kwargs) == 0)
        out->kwargs = NULL;
    return brn_is(out->class_, BRN_GLOBAL) || brn_is(out->class_, BRN_CALL) ||
           brn_is(out->class_, BRN_EXT) || brn_is(out->class_, BRN_PERSID);
}

/* The state, if there is one; NULL too if there are several. */
static const brn_val *single_state(const brn_val *val)
{
    const brn_val *found = NULL;
    for (size_t i = 0; i < brn_op_count(val); i++) {
        const brn_val *state;
        if (brn_op_at(val, i, &state) != BRN_OP_STATE)
            continue;
        if (found)
            return NULL;
        found = state;
    }
    return brn_settled(found) ? found : NULL;
}

bool brn_as_instance(const brn_val *val, brn_instance *out)
{
    memset(out, 0, sizeof *out);
    if (read_instance(val, out)) {
        out->state = single_state(val);
        return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

bool brn_as_namedtuple(const brn_val *val, brn_namedtuple *out)
{
    memset(out, 0, sizeof *out);
    brn_instance i;
    if (!brn_as_instance(val, &i) || i.kwargs || brn_op_count(val) != 0)
        return false;
    if (i.base && !(brn_names(i.base, "builtins", "tuple") && brn_is(i.value, BRN_TUPLE)))
        return false;
    const brn_val *items = i.base ? i.value : i.args;
    size_t from = i.base ? 0 : i.args_from;
    *out = (brn_namedtuple){i.class_, items, from, brn_size(items) - from};
    return true;
}

/* ------------------------------------------------------------------------
 * Members of enums
 * ------------------------------------------------------------------------ */

static bool read_enum(const brn_val *val, const char *module, const char *name, brn_enum *out)
{
    if (!brn_is(val, BRN_CALL) || brn_op_count(val) != 0)
        return false;
    const brn_val *args = brn_plain_args(val, "builtins", "getattr", 2, 2);
    if (args && brn_is_class(brn_at(args, 0), module, name)) {
        out->class_ = brn_at(args, 0);
        out->name = brn_text_of(brn_at(args, 1), &out->name_size);
        return out->name != NULL;
    }
    args = brn_args(val);
    out->class_ = brn_callee(val);
    out->value = brn_at(args, 0);
    return brn_is(args, BRN_TUPLE) && brn_size(args) == 1 &&
           brn_is_class(out->class_, module, name);
}

bool brn_as_enum(const brn_val *val, const char *module, const char *name, brn_enum *out)
{
    memset(out, 0, sizeof *out);
    if (read_enum(val, module, name, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}

/* ------------------------------------------------------------------------
 * Views of the caller's own classes
 * ------------------------------------------------------------------------ */

const brn_viewer *brn_viewer_for(const brn_viewer *table, size_t count, const brn_val *val)
{
    brn_instance i;
    const brn_val *made_by = brn_as_instance(val, &i) ? i.class_ : brn_callee(val);
    for (size_t row = 0; made_by && row < count; row++) {
        if (brn_is_class(made_by, table[row].module, table[row].name))
            return &table[row];
    }
    return NULL;
}

bool brn_view(const brn_viewer *table, size_t count, const brn_val *val, void *out, size_t size)
{
    memset(out, 0, size);
    const brn_viewer *row = brn_viewer_for(table, count, val);
    if (!row || row->size != size)
        return false;
    if (row->view(row->ctx, val, out))
        return true;
    memset(out, 0, size);
    return false;
}
