/*
 * hooks.h - what a host gives to the machine, and what it may rely on.
 *
 * machine.inc.h is the machine: it knows opcodes, stack, marks, frames and limits, and nothing about
 * values.  A host includes it once, after defining what follows, and gets one function,
 * `static brn_code HOST_RUN(HOST_CONTEXT *h)`, that runs one pickle.
 *
 *   HOST_RUN            the name of that function
 *   HOST_RUN_NAME(x)    names for its helpers, e.g. graph_##x
 *   HOST_CONTEXT        the host's struct; its member `m` is a BRN_MACHINE(value)
 *   HOST_HAS_VALUES     1, and HOST_VALUE is a pointer type: the machine keeps a stack
 *                       of values.  0: it only counts, and the hooks are told numbers.
 *
 * Hooks are macros or functions; the arguments are evaluated once.
 *
 *   Values    A hook that makes a value returns it, or NULL after a failure.  A hook
 *             that makes none returns bool.  (In a host without values all return bool.)
 *   Failure   The hook has called brn_reader_fail(&h->m.in, ...) before it
 *             says NULL or false; the machine returns that code.
 *   Owner     Values are popped before the hook is called: they belong to the hook from then
 *             on, whether it fails or not.  `items` point into the stack just above its new
 *             top, and stay there until the hook returns.  Values that stay on the stack
 *             (the list of an APPEND, the object of a BUILD) are lent.
 *   Bytes     `text`, `data` point into the window and are lent for the call; in
 *             a reader over memory they live as long as that memory.
 *   Re-entry  In hooks that take values or name something, h->m.depth, in.op and in.pos are right, so
 *             a hook may look at the stack; it must not move it.  Hooks that make plain data or use
 *             the memo see older numbers: they must not run foreign code, and find the opcode in `op`.
 *             Where an error happened is put right after the hook has failed.
 *   Names     The hooks are expanded inside the machine, where `op` is the opcode at work, `arg` its
 *             argument and `top` the top of the stack.
 *
 * Making a value:
 *   HOST_MAKE_NONE(h) HOST_MAKE_TRUE(h) HOST_MAKE_FALSE(h)
 *   HOST_MAKE_INT(h, int64)           HOST_MAKE_LONG(h, data, size)   two's complement, LE
 *   HOST_MAKE_DECIMAL(h, text, size)  beyond int64_t, with sign, within max_digits
 *   HOST_MAKE_FLOAT(h, double)
 *   HOST_MAKE_PY2STR(h, data, size)   HOST_MAKE_PY2STR_ESCAPED(h, text, size)
 *   HOST_MAKE_BYTES(h, data, size)    HOST_MAKE_BYTEARRAY(h, data, size)
 *   HOST_MAKE_TEXT(h, text, size)     not checked yet to be UTF-8
 *   HOST_MAKE_TEXT_ESCAPED(h, text, size)
 *   HOST_MAKE_EMPTY_LIST(h) HOST_MAKE_EMPTY_TUPLE(h) HOST_MAKE_EMPTY_DICT(h) HOST_MAKE_EMPTY_SET(h)
 *   HOST_MAKE_LIST(h, items, n) HOST_MAKE_TUPLE(h, items, n) HOST_MAKE_FROZENSET(h, items, n)
 *   HOST_MAKE_DICT(h, items, n)       n is even: key, value, key, value, ...
 *   HOST_MAKE_GLOBAL(h, module, module_size, name, name_size)
 *   HOST_MAKE_STACK_GLOBAL(h, module, name)
 *   HOST_MAKE_REDUCE(h, callee, args)
 *   HOST_MAKE_NEWOBJ(h, class, args)  HOST_MAKE_NEWOBJ_EX(h, class, args, kwargs)
 *   HOST_MAKE_OBJ(h, items, n)        n > 0, items[0] is the class
 *   HOST_MAKE_INST(h, module, module_size, name, name_size, items, n)
 *   HOST_MAKE_PERSID(h, text, size)   HOST_MAKE_BINPERSID(h, id)
 *   HOST_MAKE_EXT(h, code)            code > 0
 *   HOST_MAKE_NEXT_BUFFER(h)          HOST_MAKE_READONLY_BUFFER(h, buffer)
 *   HOST_MAKE_DUP(h, value)           `value` is lent
 *   HOST_MEMO_GET(h, index)           fails if nothing is stored there
 *
 * Numbers in text.  CPython's loader takes spellings that no pickler writes, and that others read
 * differently; a host that has to agree with it defines HOST_HAS_NUMERALS as 1 and reads these lines itself:
 *   HOST_MAKE_INT_NUMERAL(h, text, size) HOST_MAKE_LONG_NUMERAL(h, text, size)
 *   HOST_MAKE_FLOAT_NUMERAL(h, text, size)
 *   HOST_READ_INDEX(h, text, size, &int64)   of GET and PUT (bool)
 * A persistent id in text has to be ASCII, unless HOST_TAKES_ANY_PERSID is defined.
 * Making many (optional):
 *   HOST_MAKE_ROW(h, opcode, format, from, most, to)   numbers that stand one behind the other, each with
 *                                     the same opcode, at `from`.  Makes up to `most` of those, puts
 *                                     them on the stack at `to` and returns how many: 0 is fine, the
 *                                     machine goes on with the first that was not made.
 *   HOST_GET_ROW(h, opcode, format, from, most, to)    the same of BINGET or LONG_BINGET: gets values
 *                                     from the memo.
 * Leaving something out (optional): what follows SETITEMS, SETITEM or a tuple is looked at, and the host may do
 * both at once.  Items and values then belong to it.  If it does not want to, it has done nothing.
 *   HOST_SET_ATTRIBUTES(h, object, dict, items, n)   the items would be set in the dict, and that would be the
 *                                     state of a lent object (bool: done, and the dict taken)
 *   HOST_SET_SLOTS(h, object, none, dict, items, n)  the same of the tuple (none, dict), which would be stored;
 *                                     `none` is lent
 *   HOST_CALL_AT_ONCE(h, opcode, callee, items, n)   the tuple of the items would be stored, and be the
 *                                     arguments of REDUCE or NEWOBJ; the callee is lent (the result, or NULL)
 *
 * Bytes between opcodes (optional):
 *   HOST_BUILD_MOVES                  defined: HOST_BUILD may have moved h->m.in.pos past bytes that are no opcodes
 *
 * Changing one (bool):
 *   HOST_APPEND(h, list, items, n)    HOST_SETITEMS(h, dict, items, n)
 *   HOST_ADDITEMS(h, set, items, n)   n > 0 in all three
 *   HOST_BUILD(h, object, state)
 *   HOST_MEMO_PUT(h, index, value)    HOST_MEMOIZE(h, value)      `value` is lent
 *
 * Only noting (bool):
 *   HOST_ON_MARK(h) HOST_ON_POP(h, value, above, at) HOST_ON_POP_MARK(h, items, n) HOST_ON_DROP_MARK(h)
 *   HOST_ON_PROTO(h, protocol) HOST_ON_FRAME(h, size) HOST_ON_STOP(h, value)
 *   HOST_DROP(h, items, n)            what nothing will take, after a failure; a statement
 *   HOST_ON_EMPTY(h, value)           APPENDS, SETITEMS or ADDITEMS of nothing to a lent value
 */
#ifndef BRN_HOOKS_H
#define BRN_HOOKS_H

#include "../options.h"
#include "decode.h"
#include "memo.h"
#include "window.h"

/* The state of a machine between hooks; `value` is HOST_VALUE. */
#define BRN_MACHINE(value)                                                  \
    struct {                                                                \
        brn_reader in;                                                      \
        brn_options options; /* effective */                                \
        brn_memory *memory;                                                 \
        value *stack;                                                       \
        size_t stack_cap;                                                   \
        size_t depth;  /* values on the stack, as the last hook found it */ \
        size_t *marks; /* the depths at which there is a mark */            \
        size_t mark_cap;                                                    \
        size_t mark_count;                                                  \
    }

/* What the path of an error has to know of a value: where.inc.h, whose parameters stand there. */
typedef enum brn_where_kind {
    BRN_WHERE_OTHER, /* whose items are counted, as a tuple's */
    BRN_WHERE_LIST,
    BRN_WHERE_DICT,
    BRN_WHERE_SET,
    BRN_WHERE_CALLABLE,
    BRN_WHERE_OBJECT,
    BRN_WHERE_TEXT
} brn_where_kind;

#endif /* BRN_HOOKS_H */
