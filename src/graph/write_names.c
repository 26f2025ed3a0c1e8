/*
 * write_names.c - globals in the spelling of each protocol, and those that older protocols need.
 *
 * Protocol 4 names a global by two values, which can be anything that gives a str; before it, by two
 * lines.  A name that leads through classes (Outer.Inner) is understood from protocol 4 on;
 * before, CPython writes getattr(Outer, 'Inner'), and so is it here.
 */
#include "write.h"

static const struct known_name {
    const char *module2, *module3, *name;
} known_names[BRN_KNOWN_COUNT] = {
    {"_codecs", "_codecs", "encode"},         {NULL, NULL, "latin1"},
    {"__builtin__", "builtins", "bytes"},     {"__builtin__", "builtins", "bytearray"},
    {"__builtin__", "builtins", "set"},       {"__builtin__", "builtins", "frozenset"},
    {"__builtin__", "builtins", "getattr"},   {"copy_reg", "copyreg", "__newobj__"},
    {"copy_reg", "copyreg", "__newobj_ex__"},
};

static bool put_passing_str(brn_save *s, const char *text, size_t size)
{
    return brn_emit_boundary(&s->out) && brn_save_str(s, text, size) && brn_save_memoize_passing(s);
}

static bool put_line(brn_save *s, const char *text, size_t size)
{
    if (size == 0)
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                             "a global without a module or name needs protocol 4");
    if (memchr(text, '\n', size))
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                             "a global with an end of line in its name needs protocol 4");
    if (brn_utf8_scan((const uint8_t *)text, size) > BRN_UTF8_VALID)
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                             "a global with surrogates in its name needs protocol 4");
    return brn_emit_raw(&s->out, text, size) && brn_emit_op(&s->out, '\n');
}

/* The opcodes, without a number in the memo. */
static bool put_name(brn_save *s, const brn_name *name)
{
    if (s->out.protocol >= 4)
        return put_passing_str(s, name->module, name->module_size) &&
               put_passing_str(s, name->name, name->name_size) &&
               brn_emit_op(&s->out, BRN_OP_BYTE_STACK_GLOBAL);
    return brn_emit_op(&s->out, BRN_OP_BYTE_GLOBAL) &&
           put_line(s, name->module, name->module_size) && put_line(s, name->name, name->name_size);
}

bool brn_save_known(brn_save *s, brn_known known)
{
    const struct known_name *it = &known_names[known];
    uint32_t slot = s->slots - BRN_KNOWN_COUNT + known;
    int64_t number = brn_save_number(s, slot);
    if (!brn_emit_boundary(&s->out))
        return false;
    if (number >= 0)
        return brn_save_get(s, slot, number);
    bool old = s->out.protocol < 3 && !(s->options.flags & BRN_WRITE_KEEP_NAMES);
    const char *module = old ? it->module2 : it->module3;
    brn_name name = {module, module ? strlen(module) : 0, it->name, strlen(it->name)};
    bool put = module ? put_name(s, &name) : brn_save_str(s, it->name, name.name_size);
    return put && brn_save_memoize(s, slot);
}

static brn_name name_of(const brn_val *val)
{
    const brn_val *module = val->u.object->callee;
    const brn_val *name = val->u.object->args;
    return (brn_name){(const char *)module->u.bytes, brn_text_size(module),
                      (const char *)name->u.bytes, brn_text_size(name)};
}

/* How much of a name stands in a message. */
static int most(size_t size)
{
    return size < 60 ? (int)size : 60;
}

static bool translate(brn_save *s, brn_name *name)
{
    if (!s->translate)
        return true;
    if (s->out.protocol >= 3) {
        *name = brn_name_of_python3(*name);
        return true;
    }
    brn_name old;
    if (!brn_name_of_python2(*name, &old))
        return brn_save_fail(
            s, BRN_ERROR_NOT_IN_PROTOCOL, "a name that below protocol 3 means another: %.*s.%.*s",
            most(name->module_size), name->module, most(name->name_size), name->name);
    *name = old;
    return true;
}

/* The dots of a name are part of it in documents that were read below protocol 4. */
static bool is_nested(const brn_save *s, const brn_name *name)
{
    return s->out.protocol < 4 && s->doc->protocol >= 4 &&
           memchr(name->name, '.', name->name_size) != NULL;
}

/*
 * getattr(getattr(first, 'second'), 'third'), written from the inside out: what is called stands in front of
 * its arguments, so all of that comes first.
 */
static bool put_nested(brn_save *s, brn_name name)
{
    const char *end = name.name + name.name_size;
    size_t dots = 0;
    for (const char *p = name.name; p < end; p++)
        dots += *p == '.';
    for (size_t i = 0; i < dots; i++) {
        if (!brn_save_known(s, BRN_KNOWN_GETATTR) || !brn_save_begin_tuple(s, 2))
            return false;
    }
    const char *dot = memchr(name.name, '.', name.name_size);
    brn_name outer = name;
    outer.name_size = (size_t)(dot - name.name);
    if (!brn_emit_boundary(&s->out) || !translate(s, &outer) || !put_name(s, &outer) ||
        !brn_save_memoize_passing(s))
        return false;
    for (size_t i = 0; i < dots; i++) {
        const char *start = dot + 1;
        dot = memchr(start, '.', (size_t)(end - start));
        if (!dot)
            dot = end;
        if (!put_passing_str(s, start, (size_t)(dot - start)) || !brn_save_end_tuple(s, 2) ||
            !brn_emit_op(&s->out, BRN_OP_BYTE_REDUCE) ||
            (i + 1 < dots && !brn_save_memoize_passing(s)))
            return false;
    }
    return true;
}

bool brn_save_names(brn_save *s, const brn_val *val)
{
    if (!brn_is(val->u.object->callee, BRN_STR) || !brn_is(val->u.object->args, BRN_STR))
        return brn_save_fail(s, BRN_ERROR_NOT_IN_PROTOCOL,
                             "a global whose name is computed needs protocol 4");
    brn_name name = name_of(val);
    if (is_nested(s, &name))
        return put_nested(s, name) && brn_save_memoize(s, val->id);
    return translate(s, &name) && put_name(s, &name) && brn_save_memoize(s, val->id);
}
