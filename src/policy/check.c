/*
 * check.c - the decisions: one for each thing that loading a document's pickle would do.
 *
 * The trace is walked once, in order.  What a call makes is an instance of the name that was called; what is
 * done to that instance later is asked of the same name.  There is no other way to permission: results of calls
 * are never called, and classes and functions themselves are never changed.
 */
#include "policy.h"

#include "../error.h"
#include "../machine/opcodes.h"

#define STEPS_FREE 10000000
#define STEPS_PER_BYTE 64

/* What has been decided about a row. */
typedef struct ruling {
    brn_grant operation;
    brn_ruling ruling;
    brn_reason reason;
    uint32_t name; /* or BRN_NO_NAME */
    bool member;
} ruling;

/* ------------------------------------------------------------------------
 * What is known of values
 * ------------------------------------------------------------------------ */

bool brn_spend(const brn_checker *c, uint64_t steps)
{
    brn_notes *notes = c->notes;
    notes->overspent = notes->overspent || steps > notes->left;
    notes->left -= notes->overspent ? 0 : steps;
    return !notes->overspent;
}

static uint32_t number_of(const brn_checker *c, const brn_val *val)
{
    uint32_t number = val ? c->made[val->id] & BRN_MADE_NUMBER : 0;
    return number ? number - 1 : BRN_NO_NAME;
}

static const brn_name *name_of(const brn_checker *c, uint32_t number)
{
    return number == BRN_NO_NAME ? NULL : &c->report->names.rows[number].name;
}

static bool is_name(const brn_checker *c, const brn_val *val)
{
    return val && (c->made[val->id] & BRN_MADE_NAME) != 0;
}

static bool is_bad(const brn_checker *c, const brn_val *val)
{
    return val && (c->made[val->id] & BRN_MADE_BAD) != 0;
}

const brn_name *brn_named(const brn_checker *c, const brn_val *val)
{
    return is_name(c, val) && !is_bad(c, val) ? name_of(c, number_of(c, val)) : NULL;
}

const brn_name *brn_instance_of(const brn_checker *c, const brn_val *val)
{
    return !is_name(c, val) && !is_bad(c, val) ? name_of(c, number_of(c, val)) : NULL;
}

static void note_made(brn_checker *c, const brn_val *val, uint32_t name, uint32_t flags)
{
    c->made[val->id] = flags | (name == BRN_NO_NAME ? 0 : name + 1);
}

static uint32_t add_name(brn_checker *c, const brn_name *name)
{
    uint32_t number = brn_names_add(&c->report->names, c->memory, name);
    if (number == BRN_NO_NAME)
        c->code = brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for names");
    return number;
}

/* ------------------------------------------------------------------------
 * Permission
 * ------------------------------------------------------------------------ */

/* What an object may carry along under such names: nothing asks for it while it is loaded. */
static bool is_note(const brn_val *key)
{
    static const char *const names[] = {"__doc__", "__name__", "__networkx_cache__", "__notes__",
                                        "__qualname__"};
    for (size_t i = 0; i < BRN_ARRAY_LEN(names); i++) {
        if (brn_str_is(key, names[i]))
            return true;
    }
    return false;
}

static bool is_dunder(const brn_val *key)
{
    size_t size;
    const uint8_t *text =
        brn_is(key, BRN_STR) || brn_is(key, BRN_PY2STR) ? brn_bytes(key, &size) : NULL;
    return text && !memchr(text, '.', size) && brn_name_is_dunder((const char *)text, size) &&
           !is_note(key);
}

static bool has_dunder(const brn_val *dict)
{
    for (size_t i = 0; brn_is(dict, BRN_DICT) && i < brn_size(dict); i++) {
        if (is_dunder(brn_key_at(dict, i)))
            return true;
    }
    return false;
}

/* Attributes that decide what an object is, not what it holds. */
static bool sets_dunder(const brn_val *state)
{
    return has_dunder(state) || (brn_is(state, BRN_TUPLE) && brn_size(state) == 2 &&
                                 (has_dunder(brn_at(state, 0)) || has_dunder(brn_at(state, 1))));
}

static uint32_t states_given(const brn_val *val)
{
    uint32_t count = 0;
    for (size_t i = 0; i < brn_op_count(val); i++)
        count += brn_op_at(val, i, NULL) == BRN_OP_STATE;
    return count;
}

/* Do an entry's schemas allow this operation on `val`?  `operand`: arguments, or state. */
static bool entry_matches(const brn_checker *c, const brn_entry *entry, brn_grant operation,
                          const brn_val *val, const brn_val *operand)
{
    if (operation == BRN_GRANT_CALL)
        return (!brn_kwargs(val) || brn_size(brn_kwargs(val)) == 0 ||
                entry->rule == BRN_RULE_NEW_KEYWORDS) &&
               (!entry->call || brn_schema_matches(c, entry->call, val, operand));
    if (operation == BRN_GRANT_STATE)
        return !entry->state ||
               (states_given(val) == 1 && brn_schema_matches(c, entry->state, val, operand));
    return true;
}

/* May this be done with a name?  BRN_REASON_NONE if so.  *rule is that of the entry that says so. */
static brn_reason ask(const brn_checker *c, const brn_name *name, brn_grant operation,
                      const brn_val *val, const brn_val *operand, brn_rule *rule)
{
    brn_rule unused;
    if (!rule)
        rule = &unused;
    *rule = BRN_RULE_PLAIN;
    const brn_own_entry *own = brn_policy_own(c->policy, name);
    if (own && own->grants & operation)
        return BRN_REASON_NONE;
    brn_reason reason = BRN_REASON_NAME;
    for (size_t i = 0; i < c->policy->table_count; i++) {
        const brn_entry *entry = brn_table_find(c->policy->tables[i], name);
        if (!entry || !(entry->grants & operation))
            continue;
        if (entry_matches(c, entry, operation, val, operand)) {
            *rule = entry->rule;
            return BRN_REASON_NONE;
        }
        if (entry->rule != BRN_RULE_PLAIN)
            *rule = entry->rule;
        reason = BRN_REASON_ARGUMENTS;
    }
    return reason;
}

static ruling allowed(brn_grant operation, uint32_t name)
{
    return (ruling){operation, BRN_RULING_ALLOWED, BRN_REASON_NONE, name, false};
}

static ruling forbidden(brn_grant operation, uint32_t name, brn_reason reason)
{
    return (ruling){operation, BRN_RULING_FORBIDDEN, reason, name, false};
}

/* An entry would allow it; until then a stand-in may take its place. */
static ruling missing(const brn_checker *c, brn_grant operation, uint32_t name, brn_reason reason)
{
    bool stand_in = (c->options->flags & BRN_CHECK_STAND_INS) != 0;
    return (ruling){operation, stand_in ? BRN_RULING_STAND_IN : BRN_RULING_MISSING, reason, name,
                    false};
}

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

/* Text that can stand in an entry: no blanks, no control characters, no colon. */
static bool is_plain_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= ' ' || byte == 0x7f || byte == ':')
            return false;
    }
    return size > 0;
}

/* Whether a name may be looked up. */
static ruling judge_name(brn_checker *c, const brn_name *name)
{
    uint32_t number = add_name(c, name);
    if (!is_plain_text(name->module, name->module_size) ||
        !is_plain_text(name->name, name->name_size) || name->name[0] == '.' ||
        name->name[name->name_size - 1] == '.')
        return forbidden(BRN_GRANT_LOOKUP, number, BRN_REASON_NOT_TEXT);
    brn_reason reason = ask(c, name, BRN_GRANT_LOOKUP, NULL, NULL, NULL);
    if (reason == BRN_REASON_NONE)
        return allowed(BRN_GRANT_LOOKUP, number);
    if (brn_name_is_dunder(name->name, name->name_size))
        return forbidden(BRN_GRANT_LOOKUP, number, BRN_REASON_DUNDER);
    return missing(c, BRN_GRANT_LOOKUP, number, reason);
}

static bool resolve(brn_checker *c, int protocol, uint32_t code, brn_name *name)
{
    if (!c->options->resolve) {
        if (protocol < 3 && !(c->options->flags & BRN_CHECK_EXACT_NAMES))
            *name = brn_name_of_python3(*name);
        return true;
    }
    if (c->options->resolve(c->options->resolve_ctx, protocol, code, name))
        return true;
    c->code = brn_error_set(c->err, BRN_ERROR_STOPPED, 0, -1, "names could not be resolved");
    return false;
}

static ruling judge_global(brn_checker *c, const brn_val *val, int protocol)
{
    const brn_val *module = brn_global_module(val);
    const brn_val *text = brn_global_name(val);
    brn_name name = {"", 0, "", 0};
    if (!brn_is(module, BRN_STR) || !brn_is(text, BRN_STR) ||
        ((brn_str_flags(module) | brn_str_flags(text)) & BRN_STR_SURROGATES) != 0)
        return forbidden(BRN_GRANT_LOOKUP, BRN_NO_NAME, BRN_REASON_NOT_TEXT);
    name.module = brn_str(module, &name.module_size);
    name.name = brn_str(text, &name.name_size);
    if (!resolve(c, protocol, 0, &name))
        return forbidden(BRN_GRANT_LOOKUP, BRN_NO_NAME, BRN_REASON_NAME);
    ruling r = judge_name(c, &name);
    if (protocol < 4 && r.ruling != BRN_RULING_FORBIDDEN && memchr(name.name, '.', name.name_size))
        return forbidden(BRN_GRANT_LOOKUP, r.name, BRN_REASON_DOTTED);
    return r;
}

static ruling judge_extension(brn_checker *c, const brn_val *val, int protocol)
{
    brn_name name = {"", 0, "", 0};
    if (!resolve(c, protocol, brn_ext_code(val), &name) || name.module_size == 0)
        return forbidden(BRN_GRANT_LOOKUP, BRN_NO_NAME, BRN_REASON_EXTENSION);
    return judge_name(c, &name);
}

static ruling rule_on_lookup(brn_checker *c, const brn_val *val, int protocol)
{
    ruling r =
        val->type == BRN_EXT ? judge_extension(c, val, protocol) : judge_global(c, val, protocol);
    note_made(c, val, r.name, BRN_MADE_NAME | (r.ruling == BRN_RULING_ALLOWED ? 0 : BRN_MADE_BAD));
    return r;
}

/* ------------------------------------------------------------------------
 * Calls
 * ------------------------------------------------------------------------ */

#define LONGEST_NAME 1024

/*
 * Below protocol 4, C.__new__(C, *args, **kwargs) is spelled functools.partial(C.__new__, C, *args, **kwargs)(), and
 * C.__new__ is getattr(C, '__new__').  It is what NEWOBJ_EX is later, so it is for those classes
 * that the caller has allowed.  class_of_new() is the class if `val` is such a getattr().
 */
static const brn_val *class_of_new(const brn_checker *c, const brn_val *val)
{
    const brn_val *args = brn_is(val, BRN_CALL) ? brn_args(val) : NULL;
    return brn_is(args, BRN_TUPLE) && brn_size(args) == 2 && is_name(c, brn_at(args, 0)) &&
                   brn_str_is(brn_at(args, 1), "__new__") &&
                   brn_name_is(brn_named(c, brn_callee(val)), "builtins", "getattr")
               ? brn_at(args, 0)
               : NULL;
}

static bool is_own_class(const brn_checker *c, const brn_val *class)
{
    const brn_name *name = brn_named(c, class);
    const brn_own_entry *own = name ? brn_policy_own(c->policy, name) : NULL;
    return own && own->grants & BRN_GRANT_CALL;
}

/* As missing(), of a class; no stand-in has a __new__() that could be called so. */
static ruling missing_class(const brn_checker *c, const brn_val *class, brn_grant operation)
{
    uint32_t number = number_of(c, class);
    return c->options->flags & BRN_CHECK_STAND_INS ? forbidden(operation, number, BRN_REASON_NAME)
                                                   : missing(c, operation, number, BRN_REASON_NAME);
}

static ruling rule_on_new(brn_checker *c, const brn_val *val, const brn_val *class)
{
    bool fine = is_own_class(c, class) ||
                brn_name_is(brn_named(c, class), "builtins", "object"); /* inherited from it */
    note_made(c, val, BRN_NO_NAME, fine ? 0 : BRN_MADE_BAD);
    return fine ? allowed(BRN_GRANT_CALL, number_of(c, brn_callee(val)))
                : missing_class(c, class, BRN_GRANT_CALL);
}

/* Of functools.partial(C.__new__), the function; NULL for other calls. */
static const brn_val *new_of_partial(const brn_checker *c, const brn_val *val)
{
    const brn_val *args = brn_is(val, BRN_CALL) ? brn_args(val) : NULL;
    const brn_val *function = brn_is(args, BRN_TUPLE) ? brn_at(args, 0) : NULL;
    return brn_size(args) == 1 && class_of_new(c, function) &&
                   brn_name_is(brn_named(c, brn_callee(val)), "functools", "partial")
               ? function
               : NULL;
}

/* The class in the state of such a partial: (C.__new__, (C, ...), {...}, None); NULL if it has another. */
static const brn_val *class_of_partial(const brn_checker *c, const brn_val *partial,
                                       const brn_val *state)
{
    const brn_val *dict = brn_at(state, 3);
    const brn_val *kwargs = brn_at(state, 2);
    return brn_is(state, BRN_TUPLE) && brn_size(state) == 4 && states_given(partial) == 1 &&
                   class_of_new(c, brn_at(state, 0)) && brn_is(brn_at(state, 1), BRN_TUPLE) &&
                   (brn_is(kwargs, BRN_DICT) || brn_is_none(kwargs)) &&
                   (brn_is_none(dict) || (brn_is(dict, BRN_DICT) && brn_size(dict) == 0))
               ? brn_at(brn_at(state, 1), 0)
               : NULL;
}

static ruling rule_on_partial(brn_checker *c, const brn_val *val)
{
    const brn_val *function = new_of_partial(c, val);
    bool fine = !is_bad(c, function);
    uint32_t number = number_of(c, brn_callee(val));
    note_made(c, val, number, fine ? 0 : BRN_MADE_BAD);
    return fine ? allowed(BRN_GRANT_CALL, number)
                : missing_class(c, class_of_new(c, function), BRN_GRANT_CALL);
}

static ruling rule_on_partial_state(brn_checker *c, const brn_val *val, const brn_val *state)
{
    const brn_val *class = class_of_partial(c, val, state);
    uint32_t number = number_of(c, val);
    if (!class || !is_name(c, class))
        return forbidden(BRN_GRANT_STATE, number, BRN_REASON_ARGUMENTS);
    return is_own_class(c, class) && !is_bad(c, val) ? allowed(BRN_GRANT_STATE, number)
                                                     : missing_class(c, class, BRN_GRANT_STATE);
}

/* The call that makes the object; `partial` is what is called. */
static ruling rule_on_partial_call(brn_checker *c, const brn_val *val, const brn_val *partial)
{
    const brn_val *state = NULL;
    (void)brn_op_at(partial, 0, &state);
    const brn_val *class = class_of_partial(c, partial, state);
    if (!class || !is_name(c, class) || brn_size(brn_args(val)) != 0 ||
        !brn_is(brn_args(val), BRN_TUPLE)) {
        note_made(c, val, BRN_NO_NAME, BRN_MADE_BAD);
        return forbidden(BRN_GRANT_CALL, BRN_NO_NAME, BRN_REASON_NOT_NAMED);
    }
    bool fine = is_own_class(c, class) && !is_bad(c, partial);
    note_made(c, val, number_of(c, class), fine ? 0 : BRN_MADE_BAD);
    return fine ? allowed(BRN_GRANT_CALL, number_of(c, class))
                : missing_class(c, class, BRN_GRANT_CALL);
}

/*
 * getattr(class, 'name'): how protocols below 4 spell a nested class, a member of an Enum, a class method; and
 * how all protocols spell the method of an object, which has to stand in a table as one of its class.
 */
static ruling rule_on_attribute(brn_checker *c, const brn_val *val, const brn_val *args)
{
    const brn_val *class = brn_at(args, 0);
    const brn_val *attribute = brn_at(args, 1);
    const brn_name *outer =
        is_name(c, class) ? name_of(c, number_of(c, class)) : brn_instance_of(c, class);
    uint32_t callee = number_of(c, brn_callee(val));
    if (!brn_is(args, BRN_TUPLE) || brn_size(args) != 2 || !outer || !brn_is(attribute, BRN_STR))
        return missing(c, BRN_GRANT_CALL, callee, BRN_REASON_ARGUMENTS);
    if (class_of_new(c, val))
        return rule_on_new(c, val, class);
    size_t size;
    const char *text = brn_str(attribute, &size);
    if (outer->name_size + 1 + size > LONGEST_NAME || memchr(text, '.', size))
        return forbidden(BRN_GRANT_CALL, callee, BRN_REASON_DOTTED);
    char joined[LONGEST_NAME];
    memcpy(joined, outer->name, outer->name_size);
    joined[outer->name_size] = '.';
    memcpy(joined + outer->name_size + 1, text, size);
    brn_name name = {outer->module, outer->module_size, joined, outer->name_size + 1 + size};
    const brn_own_entry *own = brn_policy_own(c->policy, outer);
    bool may_be_member =
        is_name(c, class) && !is_bad(c, class) && own && (own->grants & BRN_GRANT_CALL) != 0;
    ruling r = judge_name(c, &name);
    if (!is_name(c, class)) {
        /* A method of this object, not the function of its class: getattr() has to be called. */
        bool listed = r.ruling == BRN_RULING_ALLOWED;
        note_made(c, val, BRN_NO_NAME, listed ? 0 : BRN_MADE_BAD);
        return listed ? allowed(BRN_GRANT_CALL, callee)
                      : missing(c, BRN_GRANT_CALL, callee, BRN_REASON_ARGUMENTS);
    }
    if (may_be_member && (r.ruling == BRN_RULING_MISSING || r.ruling == BRN_RULING_STAND_IN)) {
        r = allowed(BRN_GRANT_LOOKUP, r.name);
        r.member = true;
        note_made(c, val, BRN_NO_NAME, 0);
        return r;
    }
    note_made(c, val, r.name, BRN_MADE_NAME | (r.ruling == BRN_RULING_ALLOWED ? 0 : BRN_MADE_BAD));
    return r;
}

/*
 * May an entry's class be made by a callee that is given it?  Without arguments of its own, if its schema
 * has no objection to none; by what only allocates, if its state will be checked.
 */
static bool may_be_made(const brn_checker *c, const brn_entry *entry, const brn_val *val,
                        brn_rule rule)
{
    static const brn_val nothing = {.type = BRN_TUPLE};
    const brn_val *args = brn_args(val);
    bool bare = rule == BRN_RULE_NEW_OF_FIRST
                    ? brn_size(args) == 1
                    : brn_size(brn_at(args, 1)) == 0 && brn_size(brn_at(args, 2)) == 0;
    if (rule == BRN_RULE_OF_FIRST && brn_is(brn_at(args, 2), BRN_TUPLE) &&
        brn_name_is(brn_named(c, brn_at(args, 1)), "builtins", "tuple"))
        return entry->grants & BRN_GRANT_CALL && entry->call &&
               brn_schema_matches(c, entry->call, val,
                                  brn_at(args, 2)); /* a named tuple of these */
    if (rule == BRN_RULE_OF_FIRST)
        return (entry->grants & BRN_GRANT_STATE && entry->state) ||
               (entry->grants & BRN_GRANT_CALL &&
                (!entry->call || brn_schema_matches(c, entry->call, val, &nothing)));
    return bare && entry->grants & BRN_GRANT_CALL &&
           (!entry->call || brn_schema_matches(c, entry->call, val, &nothing));
}

/* A callee that makes an instance of the class it is given: what matters is whether that may be made. */
static ruling rule_on_class_argument(brn_checker *c, const brn_val *val, const brn_val *args,
                                     brn_rule rule, brn_reason reason)
{
    const brn_val *class = brn_is(args, BRN_TUPLE) ? brn_at(args, 0) : NULL;
    uint32_t callee = number_of(c, brn_callee(val));
    if (!is_name(c, class))
        return missing(c, BRN_GRANT_CALL, callee, BRN_REASON_ARGUMENTS);
    uint32_t number = number_of(c, class);
    if (number == BRN_NO_NAME)
        return forbidden(BRN_GRANT_CALL, number, BRN_REASON_NOT_NAMED);
    if (is_bad(c, class))
        return missing(c, BRN_GRANT_CALL, number, BRN_REASON_NAME);
    if (reason != BRN_REASON_NONE)
        return missing(c, BRN_GRANT_CALL, callee, reason);
    const brn_name *name = name_of(c, number);
    const brn_own_entry *own = brn_policy_own(c->policy, name);
    if (own && own->grants & BRN_GRANT_CALL)
        return allowed(BRN_GRANT_CALL, number);
    for (size_t i = 0; i < c->policy->table_count; i++) {
        const brn_entry *entry = brn_table_find(c->policy->tables[i], name);
        if (entry && may_be_made(c, entry, val, rule))
            return allowed(BRN_GRANT_CALL, number);
    }
    return missing(c, BRN_GRANT_CALL, number, BRN_REASON_ARGUMENTS);
}

static ruling rule_on_call(brn_checker *c, const brn_val *val, uint8_t opcode)
{
    const brn_val *callee = brn_callee(val);
    const brn_val *args = brn_args(val);
    uint32_t number = number_of(c, callee);
    if (opcode == BRN_OP_BYTE_REDUCE && new_of_partial(c, callee))
        return rule_on_partial_call(c, val, callee);
    if (opcode == BRN_OP_BYTE_REDUCE && new_of_partial(c, val))
        return rule_on_partial(c, val);
    if (!is_name(c, callee) || number == BRN_NO_NAME) {
        note_made(c, val, BRN_NO_NAME, BRN_MADE_BAD);
        return forbidden(BRN_GRANT_CALL, BRN_NO_NAME, BRN_REASON_NOT_NAMED);
    }
    brn_rule rule;
    brn_reason reason = ask(c, name_of(c, number), BRN_GRANT_CALL, val, args, &rule);
    ruling r;
    if (rule == BRN_RULE_GETATTR && opcode == BRN_OP_BYTE_REDUCE)
        return rule_on_attribute(c, val, args);
    bool only_new = rule == BRN_RULE_NEW || rule == BRN_RULE_NEW_KEYWORDS;
    bool makes_others = rule != BRN_RULE_PLAIN && !only_new;
    bool makes_new = opcode == BRN_OP_BYTE_NEWOBJ || opcode == BRN_OP_BYTE_NEWOBJ_EX;
    if (makes_others ? opcode != BRN_OP_BYTE_REDUCE : only_new && !makes_new)
        r = missing(c, BRN_GRANT_CALL, number, BRN_REASON_ARGUMENTS);
    else if (makes_others)
        r = rule_on_class_argument(c, val, args, rule, reason);
    else if (is_bad(c, callee))
        r = missing(c, BRN_GRANT_CALL, number, BRN_REASON_NAME);
    else if (reason == BRN_REASON_NONE)
        r = allowed(BRN_GRANT_CALL, number);
    else
        r = missing(c, BRN_GRANT_CALL, number, reason);
    note_made(c, val, r.name, r.ruling == BRN_RULING_ALLOWED ? 0 : BRN_MADE_BAD);
    return r;
}

/* ------------------------------------------------------------------------
 * Changes
 * ------------------------------------------------------------------------ */

static ruling rule_on_change(brn_checker *c, const brn_val *val, const brn_val *operand,
                             brn_grant operation)
{
    uint32_t number = number_of(c, val);
    if (is_name(c, val))
        return forbidden(operation, number, BRN_REASON_STATE_OF_NAME);
    if (number == BRN_NO_NAME)
        return forbidden(operation, number, BRN_REASON_NOT_NAMED);
    if (operation == BRN_GRANT_STATE && new_of_partial(c, val))
        return rule_on_partial_state(c, val, operand);
    if (operation == BRN_GRANT_STATE && sets_dunder(operand))
        return forbidden(operation, number, BRN_REASON_DUNDER);
    if (is_bad(c, val)) /* of a stand-in, or of what is missing already */
        return missing(c, operation, number, BRN_REASON_NAME);
    brn_reason reason = ask(c, name_of(c, number), operation, val, operand, NULL);
    if (operation == BRN_GRANT_STATE && !brn_note_nesting(c, val, operand))
        reason = BRN_REASON_ARGUMENTS;
    if (reason == BRN_REASON_NONE)
        return allowed(operation, number);
    if (c->options->flags & BRN_CHECK_STAND_INS)
        return forbidden(operation, number, reason); /* the object is there already */
    return missing(c, operation, number, reason);
}

/* ------------------------------------------------------------------------
 * The walk
 * ------------------------------------------------------------------------ */

static ruling rule_on_outside(const brn_checker *c, uint32_t flag, brn_reason reason)
{
    return c->options->flags & flag ? allowed(BRN_GRANT_LOOKUP, BRN_NO_NAME)
                                    : forbidden(BRN_GRANT_LOOKUP, BRN_NO_NAME, reason);
}

/*
 * What a persistent id stands for is the loader's.  torch gave ids to classes of modules once, to keep their source beside them:
 * ('module', class, file, source), for which a loader supplies that class.
 */
static ruling rule_on_persistent(brn_checker *c, const brn_val *val)
{
    const brn_val *id = brn_persid(val);
    const brn_val *class = brn_at(id, 1);
    if (brn_is(id, BRN_TUPLE) && brn_size(id) == 4 && brn_str_is(brn_at(id, 0), "module") &&
        is_name(c, class))
        note_made(c, val, number_of(c, class),
                  BRN_MADE_NAME | (is_bad(c, class) ? BRN_MADE_BAD : 0));
    return rule_on_outside(c, BRN_CHECK_PERSISTENT, BRN_REASON_PERSISTENT);
}

static ruling rule_on(brn_checker *c, const brn_trace_row *row)
{
    const brn_val *val = brn_doc_value(c->doc, row->value);
    const brn_val *operand = brn_doc_value(c->doc, row->operand);
    uint8_t opcode = brn_trace_opcode(row);
    switch (opcode) {
    case BRN_OP_BYTE_BUILD: return rule_on_change(c, val, operand, BRN_GRANT_STATE);
    case BRN_OP_BYTE_APPEND:
    case BRN_OP_BYTE_APPENDS:
    case BRN_OP_BYTE_ADDITEMS: return rule_on_change(c, val, NULL, BRN_GRANT_APPEND);
    case BRN_OP_BYTE_SETITEM:
    case BRN_OP_BYTE_SETITEMS: return rule_on_change(c, val, NULL, BRN_GRANT_SET_ITEMS);
    case BRN_OP_BYTE_PERSID:
    case BRN_OP_BYTE_BINPERSID: return rule_on_persistent(c, val);
    case BRN_OP_BYTE_NEXT_BUFFER: return rule_on_outside(c, BRN_CHECK_BUFFERS, BRN_REASON_BUFFER);
    default: break;
    }
    return val->type == BRN_GLOBAL || val->type == BRN_EXT
               ? rule_on_lookup(c, val, brn_trace_protocol(row))
               : rule_on_call(c, val, opcode);
}

static bool note_ruling(brn_checker *c, const brn_trace_row *row, const ruling *r)
{
    brn_report *report = c->report;
    void *decided = report->decided;
    if (!brn_memory_grow(c->memory, &decided, &report->cap, report->count + 1,
                         sizeof *report->decided)) {
        c->code = brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for the report");
        return false;
    }
    report->decided = decided;
    report->decided[report->count++] = (brn_decided){
        brn_trace_offset(row),
        r->name,
        row->value,
        brn_trace_opcode(row),
        (uint8_t)r->operation,
        (uint8_t)r->ruling,
        (uint8_t)((unsigned)r->reason | (r->member ? BRN_DECIDED_MEMBER : 0)),
    };
    static const uint8_t badness[] = {
        [BRN_RULING_ALLOWED] = 0,
        [BRN_RULING_STAND_IN] = 1,
        [BRN_RULING_MISSING] = 2,
        [BRN_RULING_FORBIDDEN] = 3,
    };
    if (badness[r->ruling] > badness[report->worst])
        report->worst = r->ruling;
    return true;
}

static bool walk(brn_checker *c)
{
    for (size_t i = 0; i < c->doc->trace_count; i++) {
        ruling r = rule_on(c, &c->doc->trace[i]);
        if (c->notes->overspent)
            c->code =
                brn_error_set(c->err, BRN_ERROR_POLICY_WORK, brn_trace_offset(&c->doc->trace[i]),
                              -1, "checking what it holds would take longer than allowed");
        if (c->code != BRN_OK || !note_ruling(c, &c->doc->trace[i], &r))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------
 * The check
 * ------------------------------------------------------------------------ */

static bool get_options(brn_check_options *effective, const brn_check_options *options,
                        const brn_doc *doc)
{
    memset(effective, 0, sizeof *effective);
    if (options) {
        if (options->size < offsetof(brn_check_options, resolve))
            return false;
        size_t size = options->size < sizeof *effective ? options->size : sizeof *effective;
        memcpy(effective, options, size);
    }
    if (effective->max_memory == 0)
        effective->max_memory = BRN_UNLIMITED;
    if (effective->max_result == 0)
        effective->max_result = BRN_UNLIMITED;
    if (effective->max_work == 0)
        effective->max_work = STEPS_FREE + STEPS_PER_BYTE * (uint64_t)doc->size;
    return (effective->flags & ~(BRN_CHECK_EXACT_NAMES | BRN_CHECK_PERSISTENT | BRN_CHECK_BUFFERS |
                                 BRN_CHECK_STAND_INS)) == 0;
}

static brn_report *new_report(const brn_doc *doc, uint64_t max_memory, const brn_alloc *alloc)
{
    brn_memory memory;
    brn_memory_init(&memory, alloc, max_memory);
    brn_report *report = brn_memory_alloc(&memory, sizeof *report);
    if (!report)
        return NULL;
    memset(report, 0, sizeof *report);
    report->memory = memory;
    report->doc = doc;
    report->names.seed = (uint64_t)(uintptr_t)report ^ UINT64_C(0x9e3779b97f4a7c15);
    return report;
}

static brn_code run_check(brn_checker *c)
{
    size_t size;
    if (!brn_mul_size((size_t)c->doc->count + 1, sizeof *c->made, &size) ||
        !(c->made = brn_memory_alloc(c->memory, size)))
        return brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for the check");
    memset(c->made, 0, size);
    bool done = walk(c) && brn_check_size(c) && brn_check_work(c);
    brn_memory_free(c->memory, c->made, size);
    if (c->notes->nesting)
        brn_memory_free(c->memory, c->notes->nesting, (size_t)c->doc->count + 1);
    if (done && !brn_report_finish(c->report))
        return brn_error_set(c->err, BRN_ERROR_MEMORY, 0, -1, "no memory for the report");
    return c->code;
}

brn_report *brn_policy_check(const brn_policy *policy, const brn_doc *doc,
                             const brn_check_options *options, const brn_alloc *alloc,
                             brn_error *err)
{
    brn_error_clear(err);
    brn_check_options effective;
    if (!policy || !doc || !doc->traced) {
        (void)brn_error_set(err, BRN_ERROR_POLICY_UNTRACED, 0, -1,
                            "the document was read without BRN_TRACE");
        return NULL;
    }
    if (!get_options(&effective, options, doc)) {
        (void)brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "brn_check_options");
        return NULL;
    }
    brn_report *report = new_report(doc, effective.max_memory, alloc);
    if (!report) {
        (void)brn_error_set(err, BRN_ERROR_MEMORY, 0, -1, "no memory for the report");
        return NULL;
    }
    brn_notes notes = {.left = effective.max_work};
    brn_checker c = {.policy = policy,
                     .doc = doc,
                     .options = &effective,
                     .report = report,
                     .memory = &report->memory,
                     .notes = &notes,
                     .err = err};
    if (run_check(&c) == BRN_OK)
        return report;
    brn_report_free(report);
    return NULL;
}
