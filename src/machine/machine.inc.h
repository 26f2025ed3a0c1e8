/*
 * machine.inc.h - the pickle machine, a template over a host's hooks.
 *
 * Loading, validating, disassembling and scanning are this one program; what differs is what a
 * host does with the values (hooks.h, which states the parameters).  It is an
 * include file because it has to be compiled into one function per host: with
 * the hooks inlined and the position in a register, an opcode costs a few
 * instructions.  With computed goto each opcode jumps straight to the next one,
 * which branch predictors reward; a switch does the same where a compiler has
 * no labels as values, or with -DBRN_COMPUTED_GOTO=0.
 */
#if !defined(HOST_RUN) || !defined(HOST_RUN_NAME) || !defined(HOST_CONTEXT) || \
    !defined(HOST_HAS_VALUES)
#error \
    "machine.inc.h: define HOST_RUN, HOST_RUN_NAME, HOST_CONTEXT and HOST_HAS_VALUES (see hooks.h)"
#endif
#if HOST_HAS_VALUES && !defined(HOST_VALUE)
#error "machine.inc.h: a host with values defines HOST_VALUE"
#endif
#if !defined(HOST_MAKE_NONE) || !defined(HOST_MAKE_TRUE) || !defined(HOST_MAKE_FALSE) ||      \
    !defined(HOST_MAKE_INT) || !defined(HOST_MAKE_LONG) || !defined(HOST_MAKE_DECIMAL) ||     \
    !defined(HOST_MAKE_FLOAT) || !defined(HOST_MAKE_PY2STR) ||                                \
    !defined(HOST_MAKE_PY2STR_ESCAPED) || !defined(HOST_MAKE_BYTES) ||                        \
    !defined(HOST_MAKE_BYTEARRAY) || !defined(HOST_MAKE_TEXT) ||                              \
    !defined(HOST_MAKE_TEXT_ESCAPED) || !defined(HOST_MAKE_EMPTY_LIST) ||                     \
    !defined(HOST_MAKE_EMPTY_TUPLE) || !defined(HOST_MAKE_EMPTY_DICT) ||                      \
    !defined(HOST_MAKE_EMPTY_SET) || !defined(HOST_MAKE_LIST) || !defined(HOST_MAKE_TUPLE) || \
    !defined(HOST_MAKE_FROZENSET) || !defined(HOST_MAKE_DICT)
#error "machine.inc.h: a hook that makes plain data is missing (see hooks.h)"
#endif
#if !defined(HOST_MAKE_GLOBAL) || !defined(HOST_MAKE_STACK_GLOBAL) ||                              \
    !defined(HOST_MAKE_REDUCE) || !defined(HOST_MAKE_NEWOBJ) || !defined(HOST_MAKE_NEWOBJ_EX) ||   \
    !defined(HOST_MAKE_OBJ) || !defined(HOST_MAKE_INST) || !defined(HOST_MAKE_PERSID) ||           \
    !defined(HOST_MAKE_BINPERSID) || !defined(HOST_MAKE_EXT) || !defined(HOST_MAKE_NEXT_BUFFER) || \
    !defined(HOST_MAKE_READONLY_BUFFER) || !defined(HOST_MAKE_DUP) || !defined(HOST_MEMO_GET)
#error "machine.inc.h: a hook that makes an object is missing (see hooks.h)"
#endif
#if !defined(HOST_APPEND) || !defined(HOST_SETITEMS) || !defined(HOST_ADDITEMS) ||       \
    !defined(HOST_BUILD) || !defined(HOST_MEMO_PUT) || !defined(HOST_MEMOIZE) ||         \
    !defined(HOST_ON_MARK) || !defined(HOST_ON_POP) || !defined(HOST_ON_POP_MARK) ||     \
    !defined(HOST_ON_DROP_MARK) || !defined(HOST_ON_PROTO) || !defined(HOST_ON_FRAME) || \
    !defined(HOST_ON_STOP) || !defined(HOST_ON_EMPTY) || !defined(HOST_DROP)
#error "machine.inc.h: a hook that changes or notes is missing (see hooks.h)"
#endif

#if !defined(HOST_HAS_NUMERALS)
#define HOST_HAS_NUMERALS 0
#endif
#if HOST_HAS_NUMERALS && (!defined(HOST_MAKE_INT_NUMERAL) || !defined(HOST_MAKE_LONG_NUMERAL) || \
                          !defined(HOST_MAKE_FLOAT_NUMERAL) || !defined(HOST_READ_INDEX))
#error "machine.inc.h: a hook that reads numbers in text is missing (see hooks.h)"
#endif

#if BRN_COMPUTED_GOTO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values, ranges in initialisers */
#if defined(__clang__)
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#endif

/*
 * The stack.  `top`, `fence` (the topmost mark, below which no opcode may pop)
 * and `room` (the end of what is allocated) are pointers or, without values, numbers.
 *
 * PUSH_STORED() is PUSH() of what picklers of protocol 4 mostly store at once: a MEMOIZE that follows
 * is carried out on the spot, while the value is in a register and its type is known to the
 * compiler.  The way through the dispatcher costs more than the opcode.
 */
#if HOST_HAS_VALUES
#define STACK_POINTER HOST_VALUE *
#define STACK_BASE (h->m.stack)
#define PUSH(value)                   \
    do {                              \
        HOST_VALUE pushed_ = (value); \
        if (BRN_UNLIKELY(!pushed_))   \
            goto failed;              \
        *top++ = pushed_;             \
    } while (0)
#define PUSH_STORED(value)                                                         \
    do {                                                                           \
        HOST_VALUE pushed_ = (value);                                              \
        bool stored_ = true;                                                       \
        if (BRN_UNLIKELY(!pushed_))                                                \
            goto failed;                                                           \
        top++;                                                                     \
        if (BRN_LIKELY(pos != limit) && BRN_LIKELY(*pos == BRN_OP_BYTE_MEMOIZE)) { \
            op = pos++;                                                            \
            stored_ = HOST_MEMOIZE(h, pushed_);                                    \
        }                                                                          \
        *(top - 1) = pushed_;                                                      \
        DO(stored_);                                                               \
    } while (0)
#define AT(position) (*(position))
#else
#define STACK_POINTER size_t
#define STACK_BASE ((size_t)0)
#define PUSH(done)                 \
    do {                           \
        if (BRN_UNLIKELY(!(done))) \
            goto failed;           \
        top++;                     \
    } while (0)
#define PUSH_STORED(done) PUSH(done)
#define AT(position) (position)
#endif

#define DO(done)                   \
    do {                           \
        if (BRN_UNLIKELY(!(done))) \
            goto failed;           \
    } while (0)

/*
 * What hooks and slow paths may see of the machine's registers.  Before hooks that only make plain
 * data or look into the memo it is left out: they are the hot ones, and cannot run foreign code.
 */
#define SYNC() (h->m.in.pos = pos, h->m.in.op = op, h->m.depth = (size_t)(top - STACK_BASE))
#define RELOAD() (pos = h->m.in.pos, limit = h->m.in.limit, op = h->m.in.op)

#define FAIL(...)                                      \
    do {                                               \
        SYNC();                                        \
        return brn_reader_fail(&h->m.in, __VA_ARGS__); \
    } while (0)

/* Decode the argument of this opcode into `arg`. */
#define DECODE(name)                                                                         \
    do {                                                                                     \
        if (BRN_UNLIKELY(brn_decode(BRN_FORMAT_##name, &pos, limit, &arg) != BRN_DECODED)) { \
            brn_argument slow;                                                               \
            SYNC();                                                                          \
            h->m.in.pos = op + 1;                                                            \
            if (!brn_reader_argument(&h->m.in, BRN_FORMAT_##name, &slow))                    \
                return h->m.in.code;                                                         \
            COPY_ARGUMENT(); /* field by field: `arg` stays in registers */                  \
            RELOAD();                                                                        \
        }                                                                                    \
    } while (0)

#define COPY_ARGUMENT()                                                                            \
    (arg.kind = slow.kind, arg.integer = slow.integer, arg.real = slow.real, arg.data = slow.data, \
     arg.size = slow.size, arg.data2 = slow.data2, arg.size2 = slow.size2, arg.begin = slow.begin, \
     arg.total = slow.total)

/* Room for one more value. */
#define ROOM()                         \
    do {                               \
        if (BRN_UNLIKELY(top == room)) \
            goto grow_stack;           \
    } while (0)

/* Room for one more value once what stands above the mark is gone: only if that is nothing. */
#define ROOM_FROM_MARK()                               \
    do {                                               \
        if (BRN_UNLIKELY(top == room && top == fence)) \
            goto grow_stack;                           \
    } while (0)

/* At least n values above the topmost mark. */
#define NEED(n)                                        \
    do {                                               \
        if (BRN_UNLIKELY((size_t)(top - fence) < (n))) \
            goto underflow;                            \
    } while (0)

/* The same after TO_MARK, when nobody owns what stood above the mark. */
#define NEED_BELOW(n)                                    \
    do {                                                 \
        if (BRN_UNLIKELY((size_t)(top - fence) < (n))) { \
            HOST_DROP(h, items, count);                  \
            goto underflow;                              \
        }                                                \
    } while (0)

/* Go back to the mark: `items` is what stood above it, `count` how many. */
#define TO_MARK()                                                                     \
    do {                                                                              \
        if (BRN_UNLIKELY(h->m.mark_count == 0))                                       \
            goto no_mark;                                                             \
        items = STACK_BASE + h->m.marks[--h->m.mark_count];                           \
        count = (size_t)(top - items);                                                \
        fence = STACK_BASE + (h->m.mark_count ? h->m.marks[h->m.mark_count - 1] : 0); \
        top = items;                                                                  \
        SYNC();                                                                       \
    } while (0)

#if BRN_COMPUTED_GOTO
#define CASE(name) op_##name:
#define NEXT()                          \
    do {                                \
        if (BRN_UNLIKELY(pos == limit)) \
            goto more;                  \
        op = pos;                       \
        goto *labels[*pos++];           \
    } while (0)
#else
#define CASE(name) case BRN_OP_BYTE_##name:
#define NEXT() goto next
#endif

/*
 * Behind a number whose size is fixed, or a value from the memo: if others with the same opcode follow, the
 * host may make or get as many of them as it likes at once.
 */
#define ROW_BY(hook, name, format)                                                    \
    do {                                                                              \
        if (pos != limit && *pos == BRN_OP_BYTE_##name) {                             \
            const size_t width = 1 + brn_format_width(BRN_FORMAT_##format);           \
            size_t most = (size_t)(limit - pos) / width;                              \
            if (most > (size_t)(room - top))                                          \
                most = (size_t)(room - top);                                          \
            count = hook(h, BRN_OP_BYTE_##name, BRN_FORMAT_##format, pos, most, top); \
            pos += count * width;                                                     \
            top += count;                                                             \
        }                                                                             \
    } while (0)
#if defined(HOST_MAKE_ROW)
#define ROW(name, format) ROW_BY(HOST_MAKE_ROW, name, format)
#else
#define ROW(name, format) ((void)0)
#endif
#if defined(HOST_GET_ROW)
#define GET_ROW(name, format) ROW_BY(HOST_GET_ROW, name, format)
#else
#define GET_ROW(name, format) ((void)0)
#endif

/*
 * SETITEMS or SETITEM of a dict that becomes a state at once, alone or as (None, dict): the host may
 * fill the object without the dict.
 */
#if defined(HOST_SET_ATTRIBUTES)
#define STATE_AT_ONCE(items, n)                                                          \
    do {                                                                                 \
        if (pos != limit && *pos == BRN_OP_BYTE_BUILD) {                                 \
            if ((size_t)(top - fence) >= 2 &&                                            \
                HOST_SET_ATTRIBUTES(h, AT(top - 2), AT(top - 1), items, n)) {            \
                op = pos++;                                                              \
                top -= 1;                                                                \
                NEXT();                                                                  \
            }                                                                            \
        } else if ((size_t)(limit - pos) >= 3 && pos[0] == BRN_OP_BYTE_TUPLE2 &&         \
                   pos[1] == BRN_OP_BYTE_MEMOIZE && pos[2] == BRN_OP_BYTE_BUILD &&       \
                   (size_t)(top - fence) >= 3 &&                                         \
                   HOST_SET_SLOTS(h, AT(top - 3), AT(top - 2), AT(top - 1), items, n)) { \
            HOST_DROP(h, top - 2, 1);                                                    \
            pos += 3;                                                                    \
            op = pos - 1;                                                                \
            top -= 2;                                                                    \
            NEXT();                                                                      \
        }                                                                                \
    } while (0)
#else
#define STATE_AT_ONCE(items, n) ((void)0)
#endif

/* A tuple that is stored and then the arguments of a call: the host may call without it. */
#if defined(HOST_CALL_AT_ONCE)
#define CALL_AT_ONCE(items, n)                                                        \
    do {                                                                              \
        if ((size_t)(limit - pos) >= 2 &&                                             \
            (pos[1] == BRN_OP_BYTE_NEWOBJ || pos[1] == BRN_OP_BYTE_REDUCE) &&         \
            pos[0] == BRN_OP_BYTE_MEMOIZE && top != fence && (n) > 0) {               \
            HOST_VALUE called_ = HOST_CALL_AT_ONCE(h, pos[1], AT(top - 1), items, n); \
            if (called_) {                                                            \
                HOST_DROP(h, top - 1, 1);                                             \
                top -= 1;                                                             \
                pos += 2;                                                             \
                op = pos - 1;                                                         \
                PUSH_STORED(called_);                                                 \
                NEXT();                                                               \
            }                                                                         \
        }                                                                             \
    } while (0)
#else
#define CALL_AT_ONCE(items, n) ((void)0)
#endif

/* A memo index in text: what CPython's size type holds. */
#if HOST_HAS_NUMERALS
#define DECODE_INDEX()                                      \
    do {                                                    \
        DECODE(UNICODE);                                    \
        DO(HOST_READ_INDEX(h, arg.data, arg.size, &index)); \
        arg.integer = index;                                \
    } while (0)
#else
#define DECODE_INDEX()                                                             \
    do {                                                                           \
        DECODE(INDEX);                                                             \
        if (arg.kind == BRN_ARG_DECIMAL || arg.integer < 0)                        \
            FAIL(BRN_ERROR_MEMO_INDEX, "the memo index is negative or too large"); \
    } while (0)
#endif

/* Numbers in text that are short enough for the decoder are counted only if they have to be. */
#define CHECK_DIGITS()                                                               \
    do {                                                                             \
        if (arg.kind == BRN_ARG_DECIMAL || h->m.options.max_digits < 19) {           \
            size_t digits = brn_decimal_digits(&arg);                                \
            if (digits > h->m.options.max_digits)                                    \
                FAIL(BRN_ERROR_LIMIT_DIGITS, "%zu digits, %llu are allowed", digits, \
                     (unsigned long long)h->m.options.max_digits);                   \
        }                                                                            \
    } while (0)

/* Make room for `room` to be above `depth`; false after a failure. */
static BRN_NOINLINE bool HOST_RUN_NAME(grow_stack)(HOST_CONTEXT *h, size_t depth)
{
    if (depth >= h->m.options.max_stack) {
        (void)brn_reader_fail(&h->m.in, BRN_ERROR_LIMIT_STACK, "more than %llu values on the stack",
                              (unsigned long long)h->m.options.max_stack);
        return false;
    }
#if HOST_HAS_VALUES
    void *stack = h->m.stack;
    if (!brn_memory_grow(h->m.memory, &stack, &h->m.stack_cap, depth + 1, sizeof(HOST_VALUE))) {
        (void)brn_reader_fail_memory(&h->m.in, h->m.memory);
        return false;
    }
    h->m.stack = stack;
#endif
    return true;
}

static BRN_NOINLINE bool HOST_RUN_NAME(grow_marks)(HOST_CONTEXT *h)
{
    void *marks = h->m.marks;
    if (!brn_memory_grow(h->m.memory, &marks, &h->m.mark_cap, h->m.mark_count + 1,
                         sizeof *h->m.marks)) {
        (void)brn_reader_fail_memory(&h->m.in, h->m.memory);
        return false;
    }
    h->m.marks = marks;
    return true;
}

/* Run the pickle at h->m.in.pos to its STOP. */
static brn_code HOST_RUN(HOST_CONTEXT *h)
{
#if BRN_COMPUTED_GOTO
    static const void *const labels[256] = {
        [0 ... 255] = &&unknown,
#define OPCODE(name, byte, argument, mark, pops, pushes, protocol, help) [byte] = &&op_##name,
#include "opcodes.def"
#undef OPCODE
    };
#endif
    const uint8_t *pos = h->m.in.pos;
    const uint8_t *limit = h->m.in.limit;
    const uint8_t *op;
    STACK_POINTER top = STACK_BASE;
    STACK_POINTER fence = top;
#if HOST_HAS_VALUES
    STACK_POINTER room = top + h->m.stack_cap;
    if (h->m.stack_cap > h->m.options.max_stack)
        room = top + h->m.options.max_stack;
#else
    STACK_POINTER room =
        h->m.options.max_stack < SIZE_MAX ? (size_t)h->m.options.max_stack : SIZE_MAX;
#endif
    STACK_POINTER items;
    size_t count = 0;
    brn_argument arg = {.kind = BRN_ARG_NONE};
#if HOST_HAS_NUMERALS
    int64_t index;
#endif

#if BRN_COMPUTED_GOTO
    NEXT();
#else
next:
    if (BRN_UNLIKELY(pos == limit))
        goto more;
    op = pos;
    switch (*pos++) {
#endif

    /* ---- plain data ---- */

    CASE(NONE)
    {
        ROOM();
        DECODE(NONE);
        PUSH(HOST_MAKE_NONE(h));
        NEXT();
    }
    CASE(NEWTRUE)
    {
        ROOM();
        DECODE(NONE);
        PUSH(HOST_MAKE_TRUE(h));
        NEXT();
    }
    CASE(NEWFALSE)
    {
        ROOM();
        DECODE(NONE);
        PUSH(HOST_MAKE_FALSE(h));
        NEXT();
    }
    CASE(BININT1)
    {
        ROOM();
        DECODE(UINT1);
        PUSH(HOST_MAKE_INT(h, arg.integer));
        ROW(BININT1, UINT1);
        NEXT();
    }
    CASE(BININT2)
    {
        ROOM();
        DECODE(UINT2);
        PUSH(HOST_MAKE_INT(h, arg.integer));
        ROW(BININT2, UINT2);
        NEXT();
    }
    CASE(BININT)
    {
        ROOM();
        DECODE(INT4);
        PUSH(HOST_MAKE_INT(h, arg.integer));
        ROW(BININT, INT4);
        NEXT();
    }
    CASE(INT)
    {
        ROOM();
#if HOST_HAS_NUMERALS
        DECODE(UNICODE); /* the line as it is */
        PUSH(HOST_MAKE_INT_NUMERAL(h, arg.data, arg.size));
#else
            DECODE(DECIMAL);
            CHECK_DIGITS();
            if (arg.kind == BRN_ARG_BOOL)
                PUSH(arg.integer ? HOST_MAKE_TRUE(h) : HOST_MAKE_FALSE(h));
            else if (arg.kind == BRN_ARG_INT)
                PUSH(HOST_MAKE_INT(h, arg.integer));
            else
                PUSH(HOST_MAKE_DECIMAL(h, arg.data, arg.size));
#endif
        NEXT();
    }
    CASE(LONG)
    {
        ROOM();
#if HOST_HAS_NUMERALS
        DECODE(UNICODE);
        PUSH(HOST_MAKE_LONG_NUMERAL(h, arg.data, arg.size));
#else
            DECODE(DECIMAL_LONG);
            CHECK_DIGITS();
            if (arg.kind == BRN_ARG_INT)
                PUSH(HOST_MAKE_INT(h, arg.integer));
            else
                PUSH(HOST_MAKE_DECIMAL(h, arg.data, arg.size));
#endif
        NEXT();
    }
    CASE(LONG1)
    {
        ROOM();
        DECODE(LONG1);
        PUSH(HOST_MAKE_LONG(h, arg.data, arg.size));
        NEXT();
    }
    CASE(LONG4)
    {
        ROOM();
        DECODE(LONG4);
        PUSH(HOST_MAKE_LONG(h, arg.data, arg.size));
        NEXT();
    }
    CASE(FLOAT)
    {
        ROOM();
#if HOST_HAS_NUMERALS
        DECODE(UNICODE);
        PUSH(HOST_MAKE_FLOAT_NUMERAL(h, arg.data, arg.size));
#else
            DECODE(FLOAT);
            PUSH(HOST_MAKE_FLOAT(h, arg.real));
#endif
        NEXT();
    }
    CASE(BINFLOAT)
    {
        ROOM();
        DECODE(FLOAT8);
        PUSH(HOST_MAKE_FLOAT(h, arg.real));
        ROW(BINFLOAT, FLOAT8);
        NEXT();
    }
    CASE(STRING)
    {
        ROOM();
        DECODE(STRING);
        PUSH(HOST_MAKE_PY2STR_ESCAPED(h, arg.data, arg.size));
        NEXT();
    }
    CASE(SHORT_BINSTRING)
    {
        ROOM();
        DECODE(PY2STR1);
        PUSH(HOST_MAKE_PY2STR(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINSTRING)
    {
        ROOM();
        DECODE(PY2STR4);
        PUSH(HOST_MAKE_PY2STR(h, arg.data, arg.size));
        NEXT();
    }
    CASE(SHORT_BINBYTES)
    {
        ROOM();
        DECODE(BYTES1);
        PUSH_STORED(HOST_MAKE_BYTES(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINBYTES)
    {
        ROOM();
        DECODE(BYTES4);
        PUSH_STORED(HOST_MAKE_BYTES(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINBYTES8)
    {
        ROOM();
        DECODE(BYTES8);
        PUSH(HOST_MAKE_BYTES(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BYTEARRAY8)
    {
        ROOM();
        DECODE(BYTES8);
        PUSH(HOST_MAKE_BYTEARRAY(h, arg.data, arg.size));
        NEXT();
    }
    CASE(UNICODE)
    {
        ROOM();
        DECODE(UNICODE);
        PUSH(HOST_MAKE_TEXT_ESCAPED(h, arg.data, arg.size));
        NEXT();
    }
    CASE(SHORT_BINUNICODE)
    {
        ROOM();
        DECODE(TEXT1);
        PUSH_STORED(HOST_MAKE_TEXT(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINUNICODE)
    {
        ROOM();
        DECODE(TEXT4);
        PUSH_STORED(HOST_MAKE_TEXT(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINUNICODE8)
    {
        ROOM();
        DECODE(TEXT8);
        PUSH(HOST_MAKE_TEXT(h, arg.data, arg.size));
        NEXT();
    }

    /* ---- containers ---- */

    CASE(EMPTY_LIST)
    {
        ROOM();
        DECODE(NONE);
        PUSH_STORED(HOST_MAKE_EMPTY_LIST(h));
        NEXT();
    }
    CASE(EMPTY_TUPLE)
    {
        ROOM();
        DECODE(NONE);
        PUSH(HOST_MAKE_EMPTY_TUPLE(h));
        NEXT();
    }
    CASE(EMPTY_DICT)
    {
        ROOM();
        DECODE(NONE);
        PUSH_STORED(HOST_MAKE_EMPTY_DICT(h));
        NEXT();
    }
    CASE(EMPTY_SET)
    {
        ROOM();
        DECODE(NONE);
        PUSH_STORED(HOST_MAKE_EMPTY_SET(h));
        NEXT();
    }
    CASE(LIST)
    {
        ROOM_FROM_MARK();
        DECODE(NONE);
        TO_MARK();
        PUSH(HOST_MAKE_LIST(h, items, count));
        NEXT();
    }
    CASE(TUPLE)
    {
        ROOM_FROM_MARK();
        DECODE(NONE);
        TO_MARK();
        CALL_AT_ONCE(items, count);
        PUSH_STORED(HOST_MAKE_TUPLE(h, items, count));
        NEXT();
    }
    CASE(TUPLE1)
    {
        NEED(1);
        top -= 1;
        DECODE(NONE);
        SYNC();
        CALL_AT_ONCE(top, 1);
        PUSH_STORED(HOST_MAKE_TUPLE(h, top, 1));
        NEXT();
    }
    CASE(TUPLE2)
    {
        NEED(2);
        top -= 2;
        DECODE(NONE);
        SYNC();
        CALL_AT_ONCE(top, 2);
        PUSH_STORED(HOST_MAKE_TUPLE(h, top, 2));
        NEXT();
    }
    CASE(TUPLE3)
    {
        NEED(3);
        top -= 3;
        DECODE(NONE);
        SYNC();
        CALL_AT_ONCE(top, 3);
        PUSH_STORED(HOST_MAKE_TUPLE(h, top, 3));
        NEXT();
    }
    CASE(DICT)
    {
        ROOM_FROM_MARK();
        DECODE(NONE);
        TO_MARK();
        if (count % 2 != 0)
            goto odd_items;
        PUSH(HOST_MAKE_DICT(h, items, count));
        NEXT();
    }
    CASE(FROZENSET)
    {
        ROOM_FROM_MARK();
        DECODE(NONE);
        TO_MARK();
        PUSH_STORED(HOST_MAKE_FROZENSET(h, items, count));
        NEXT();
    }
    CASE(APPEND)
    {
        NEED(2);
        top -= 1;
        DECODE(NONE);
        SYNC();
        DO(HOST_APPEND(h, AT(top - 1), top, 1));
        NEXT();
    }
    CASE(APPENDS)
    {
        DECODE(NONE);
        TO_MARK();
        NEED_BELOW(1);
        DO(count ? HOST_APPEND(h, AT(top - 1), items, count) : HOST_ON_EMPTY(h, AT(top - 1)));
        NEXT();
    }
    CASE(SETITEM)
    {
        NEED(3);
        top -= 2;
        DECODE(NONE);
        SYNC();
        STATE_AT_ONCE(top, 2);
        DO(HOST_SETITEMS(h, AT(top - 1), top, 2));
        NEXT();
    }
    CASE(SETITEMS)
    {
        DECODE(NONE);
        TO_MARK();
        NEED_BELOW(1);
        if (BRN_UNLIKELY(count % 2 != 0))
            goto odd_items;
        if (BRN_LIKELY(count > 0))
            STATE_AT_ONCE(items, count);
        DO(count ? HOST_SETITEMS(h, AT(top - 1), items, count) : HOST_ON_EMPTY(h, AT(top - 1)));
        NEXT();
    }
    CASE(ADDITEMS)
    {
        DECODE(NONE);
        TO_MARK();
        NEED_BELOW(1);
        DO(count ? HOST_ADDITEMS(h, AT(top - 1), items, count) : HOST_ON_EMPTY(h, AT(top - 1)));
        NEXT();
    }

    /* ---- stack and memo ---- */

    CASE(MARK)
    {
        DECODE(NONE);
        DO(HOST_ON_MARK(h));
        if (BRN_UNLIKELY(h->m.mark_count == h->m.mark_cap) && !HOST_RUN_NAME(grow_marks)(h))
            goto failed;
        h->m.marks[h->m.mark_count++] = (size_t)(top - STACK_BASE);
        fence = top;
        NEXT();
    }
    CASE(POP)
    {
        if (top == fence && h->m.mark_count > 0) {
            DECODE(NONE);
            h->m.mark_count--;
            fence = STACK_BASE + (h->m.mark_count ? h->m.marks[h->m.mark_count - 1] : 0);
            DO(HOST_ON_DROP_MARK(h));
            NEXT();
        }
        NEED(1);
        top -= 1;
        DECODE(NONE);
        DO(HOST_ON_POP(h, AT(top), top > fence, top));
        NEXT();
    }
    CASE(POP_MARK)
    {
        DECODE(NONE);
        TO_MARK();
        DO(HOST_ON_POP_MARK(h, items, count));
        NEXT();
    }
    CASE(DUP)
    {
        NEED(1);
        ROOM();
        DECODE(NONE);
        PUSH(HOST_MAKE_DUP(h, AT(top - 1)));
        NEXT();
    }
    CASE(BINGET)
    {
        ROOM();
        DECODE(UINT1);
        PUSH(HOST_MEMO_GET(h, (uint64_t)arg.integer));
        GET_ROW(BINGET, UINT1);
        NEXT();
    }
    CASE(LONG_BINGET)
    {
        ROOM();
        DECODE(UINT4);
        PUSH(HOST_MEMO_GET(h, (uint64_t)arg.integer));
        GET_ROW(LONG_BINGET, UINT4);
        NEXT();
    }
    CASE(GET)
    {
        ROOM();
        DECODE_INDEX();
        PUSH(HOST_MEMO_GET(h, (uint64_t)arg.integer));
        NEXT();
    }
    CASE(BINPUT)
    {
        DECODE(UINT1);
        NEED(1);
        DO(HOST_MEMO_PUT(h, (uint64_t)arg.integer, AT(top - 1)));
        NEXT();
    }
    CASE(LONG_BINPUT)
    {
        DECODE(UINT4);
        NEED(1);
        DO(HOST_MEMO_PUT(h, (uint64_t)arg.integer, AT(top - 1)));
        NEXT();
    }
    CASE(PUT)
    {
        DECODE_INDEX();
        NEED(1);
        DO(HOST_MEMO_PUT(h, (uint64_t)arg.integer, AT(top - 1)));
        NEXT();
    }
    CASE(MEMOIZE)
    {
        NEED(1);
        DECODE(NONE);
        DO(HOST_MEMOIZE(h, AT(top - 1)));
        NEXT();
    }

    /* ---- names, calls, objects ---- */

    CASE(GLOBAL)
    {
        ROOM();
        DECODE(PAIR);
        SYNC();
        PUSH(HOST_MAKE_GLOBAL(h, arg.data, arg.size, arg.data2, arg.size2));
        NEXT();
    }
    CASE(STACK_GLOBAL)
    {
        NEED(2);
        top -= 2;
        DECODE(NONE);
        SYNC();
        PUSH_STORED(HOST_MAKE_STACK_GLOBAL(h, AT(top), AT(top + 1)));
        NEXT();
    }
    CASE(REDUCE)
    {
        NEED(2);
        top -= 2;
        DECODE(NONE);
        SYNC();
        PUSH_STORED(HOST_MAKE_REDUCE(h, AT(top), AT(top + 1)));
        NEXT();
    }
    CASE(NEWOBJ)
    {
        NEED(2);
        top -= 2;
        DECODE(NONE);
        SYNC();
        PUSH_STORED(HOST_MAKE_NEWOBJ(h, AT(top), AT(top + 1)));
        NEXT();
    }
    CASE(NEWOBJ_EX)
    {
        NEED(3);
        top -= 3;
        DECODE(NONE);
        SYNC();
        PUSH(HOST_MAKE_NEWOBJ_EX(h, AT(top), AT(top + 1), AT(top + 2)));
        NEXT();
    }
    CASE(OBJ)
    {
        DECODE(NONE);
        TO_MARK();
        if (count == 0)
            goto underflow;
        PUSH(HOST_MAKE_OBJ(h, items, count));
        NEXT();
    }
    CASE(INST)
    {
        ROOM_FROM_MARK();
        DECODE(PAIR);
        TO_MARK();
        PUSH(HOST_MAKE_INST(h, arg.data, arg.size, arg.data2, arg.size2, items, count));
        NEXT();
    }
    CASE(BUILD)
    {
        NEED(2);
        top -= 1;
        DECODE(NONE);
        SYNC();
        DO(HOST_BUILD(h, AT(top - 1), AT(top)));
#if defined(HOST_BUILD_MOVES)
        RELOAD();
#endif
        NEXT();
    }
    CASE(PERSID)
    {
        ROOM();
#if defined(HOST_TAKES_ANY_PERSID)
        DECODE(UNICODE); /* the line as it is */
#else
            DECODE(LINE);
#endif
        SYNC();
        PUSH(HOST_MAKE_PERSID(h, arg.data, arg.size));
        NEXT();
    }
    CASE(BINPERSID)
    {
        NEED(1);
        top -= 1;
        DECODE(NONE);
        SYNC();
        PUSH(HOST_MAKE_BINPERSID(h, AT(top)));
        NEXT();
    }
    CASE(EXT1)
    {
        ROOM();
        DECODE(UINT1);
        goto extension;
    }
    CASE(EXT2)
    {
        ROOM();
        DECODE(UINT2);
        goto extension;
    }
    CASE(EXT4)
    {
        ROOM();
        DECODE(INT4);
        goto extension;
    }
    CASE(NEXT_BUFFER)
    {
        ROOM();
        DECODE(NONE);
        SYNC();
        PUSH(HOST_MAKE_NEXT_BUFFER(h));
        NEXT();
    }
    CASE(READONLY_BUFFER)
    {
        NEED(1);
        top -= 1;
        DECODE(NONE);
        SYNC();
        PUSH(HOST_MAKE_READONLY_BUFFER(h, AT(top)));
        NEXT();
    }

    /* ---- the pickle itself ---- */

    CASE(PROTO)
    {
        DECODE(UINT1);
        if (arg.integer > 5)
            FAIL(BRN_ERROR_PROTOCOL, "protocol %d is newer than 5", (int)arg.integer);
        DO(HOST_ON_PROTO(h, (int)arg.integer));
        NEXT();
    }
    CASE(FRAME)
    {
        DECODE(UINT8);
        SYNC();
        DO(HOST_ON_FRAME(h, arg.total));
        if (!brn_reader_frame(&h->m.in, arg.total))
            return h->m.in.code;
        RELOAD(); /* a source has fetched the frame */
        NEXT();
    }
    CASE(STOP)
    {
        NEED(1);
        DECODE(NONE);
        SYNC();
        DO(HOST_ON_STOP(h, AT(top - 1)));
        return BRN_OK;
    }

#if !BRN_COMPUTED_GOTO
default: goto unknown;
}
#endif

extension : SYNC();
if (arg.integer <= 0)
    FAIL(BRN_ERROR_EXT_CODE, "the extension code is %lld", (long long)arg.integer);
PUSH(HOST_MAKE_EXT(h, (uint32_t)arg.integer));
NEXT();

more : op = pos;
SYNC();
if (!brn_reader_opcode(&h->m.in))
    return h->m.in.code;
RELOAD();
NEXT();

grow_stack :
    /* Only ever reached before anything was done: grow, and run the opcode again. */
    SYNC();
if (!HOST_RUN_NAME(grow_stack)(h, h->m.depth))
    return h->m.in.code;
#if HOST_HAS_VALUES
top = STACK_BASE + h->m.depth;
fence = STACK_BASE + (h->m.mark_count ? h->m.marks[h->m.mark_count - 1] : 0);
room = STACK_BASE + h->m.stack_cap;
if (h->m.stack_cap > h->m.options.max_stack)
    room = STACK_BASE + h->m.options.max_stack;
#endif
pos = op;
NEXT();

underflow : if (h->m.mark_count > 0)
                FAIL(BRN_ERROR_MARK_ON_TOP, "a mark stands where the opcode needs a value");
FAIL(BRN_ERROR_STACK_UNDERFLOW, "the stack has too few values");

no_mark : FAIL(BRN_ERROR_NO_MARK, "there is no mark on the stack");

odd_items : HOST_DROP(h, items, count);
FAIL(BRN_ERROR_ODD_ITEMS, "%zu items: the last key has no value", count);

unknown : FAIL(BRN_ERROR_UNKNOWN_OPCODE, "byte 0x%02x is no opcode", (unsigned)*op);

failed :
    /* The hook may have failed without knowing where the machine was. */
    SYNC();
brn_reader_locate(&h->m.in);
return h->m.in.code;
}

#if BRN_COMPUTED_GOTO
#pragma GCC diagnostic pop
#endif

#undef STACK_POINTER
#undef STACK_BASE
#undef PUSH
#undef PUSH_STORED
#undef AT
#undef DO
#undef SYNC
#undef RELOAD
#undef FAIL
#undef DECODE
#undef ROOM
#undef ROOM_FROM_MARK
#undef NEED
#undef NEED_BELOW
#undef TO_MARK
#undef CASE
#undef NEXT
#undef DECODE_INDEX
#undef STATE_AT_ONCE
#undef CALL_AT_ONCE
#undef CHECK_DIGITS
#undef ROW

#undef HOST_RUN
#undef HOST_RUN_NAME
#undef HOST_CONTEXT
#undef HOST_HAS_VALUES
#undef HOST_HAS_NUMERALS
#undef HOST_VALUE
#undef HOST_MAKE_ROW
#undef HOST_BUILD_MOVES
#undef HOST_TAKES_ANY_PERSID
