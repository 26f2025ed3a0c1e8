/*
 * test_errors.c - every error code: a small input that causes it, and what the report says:
 * code, byte, opcode, path.  The last test counts: a code that nothing here
 * has caused fails it.
 */
#include "support.h"

/* Which codes the tests of this file have seen. */
static bool seen[256];

static void see(brn_code code)
{
    assert_in_range(code, 1, LENGTH_OF(seen) - 1);
    seen[code] = true;
}

static void expect_error(const brn_error *err, brn_code code, uint64_t offset, int opcode,
                         const char *path)
{
    assert_string_equal(brn_code_name(err->code), brn_code_name(code));
    assert_int_equal(err->offset, offset);
    assert_int_equal(err->opcode, opcode);
    assert_string_equal(err->path, path);
    assert_true(err->message[0] != '\0');
    assert_null(strchr(err->message, '\n'));
    assert_true(strlen(err->message) < sizeof err->message);
    see(code);
}

typedef struct wrong {
    const char *data;
    size_t size;
    brn_code code;
    uint64_t offset;
    int opcode;
    const char *path; /* NULL for "" */
} wrong;

#define E(name) BRN_ERROR_##name

/* ------------------------------------------------------------------------
 * The bytes, and the program: what the machine finds without values
 * ------------------------------------------------------------------------ */

static const wrong structural[] = {
    {BYTES("K"), E(TRUNCATED), 0, 'K', NULL},
    {BYTES("NM\x01"), E(TRUNCATED), 1, 'M', NULL},
    {BYTES("J\x01\x02\x03"), E(TRUNCATED), 0, 'J', NULL},
    {BYTES("G1234567"), E(TRUNCATED), 0, 'G', NULL},
    {BYTES("\x80"), E(TRUNCATED), 0, 0x80, NULL},
    {BYTES("I12"), E(TRUNCATED), 0, 'I', NULL},
    {BYTES("F1.5"), E(TRUNCATED), 0, 'F', NULL},
    {BYTES("S'abc'"), E(TRUNCATED), 0, 'S', NULL},
    {BYTES("Vabc"), E(TRUNCATED), 0, 'V', NULL},
    {BYTES("cos\n"), E(TRUNCATED), 0, 'c', NULL},
    {BYTES("cos\nsystem"), E(TRUNCATED), 0, 'c', NULL},
    {BYTES("(ios\nsystem"), E(TRUNCATED), 1, 'i', NULL},
    {BYTES("P17"), E(TRUNCATED), 0, 'P', NULL},
    {BYTES("U"), E(TRUNCATED), 0, 'U', NULL},
    {BYTES("U\x03"
           "ab"),
     E(TRUNCATED), 0, 'U', NULL},
    {BYTES("T\x03\x00\x00"), E(TRUNCATED), 0, 'T', NULL},
    {BYTES("X\x03\x00\x00\x00"
           "ab"),
     E(TRUNCATED), 0, 'X', NULL},
    {BYTES("B\xff\xff\xff\xff"), E(TRUNCATED), 0, 'B', NULL},
    {BYTES("\x8e\x00\x00\x00\x00\x00\x01\x00\x00x"), E(TRUNCATED), 0, 0x8e, NULL},
    {BYTES("\x8d\xff\xff\xff\xff\xff\xff\xff\xffx"), E(TRUNCATED), 0, 0x8d, NULL},
    {BYTES("\x96\xff\xff\xff\xff\xff\xff\xff\x7fx"), E(TRUNCATED), 0, 0x96, NULL},
    {BYTES("\x8a\x02\x01"), E(TRUNCATED), 0, 0x8a, NULL},
    {BYTES("\x8b\xff\xff\xff\x7f"), E(TRUNCATED), 0, 0x8b, NULL},
    {BYTES("\x84\x01\x00\x00"), E(TRUNCATED), 0, 0x84, NULL},
    {BYTES("Nr\x00\x00\x00"), E(TRUNCATED), 1, 'r', NULL},
    {BYTES("\x95\x00\x00\x00\x00\x00\x00\x00"), E(TRUNCATED), 0, 0x95, NULL},

    {BYTES("N"), E(NO_STOP), 1, -1, NULL},
    {BYTES("\x80\x05"), E(NO_STOP), 2, -1, NULL},
    {BYTES("(((K\x01"), E(NO_STOP), 5, -1, NULL},
    {BYTES("\x95\x00\x00\x00\x00\x00\x00\x00\x00"), E(NO_STOP), 9, -1, NULL},
    {BYTES(""), E(EMPTY), 0, -1, NULL},

    {BYTES("\x00"), E(UNKNOWN_OPCODE), 0, 0x00, NULL},
    {BYTES("N\xff."), E(UNKNOWN_OPCODE), 1, 0xff, NULL},
    {BYTES("<html>"), E(UNKNOWN_OPCODE), 0, '<', NULL},
    {BYTES("\x80\x06N."), E(PROTOCOL), 0, 0x80, NULL},
    {BYTES("\x80\x04\x80\xffN."), E(PROTOCOL), 2, 0x80, NULL},

    {BYTES("\x95\x03\x00\x00\x00\x00\x00\x00\x00N."), E(FRAME_TOO_LONG), 0, 0x95, NULL},
    {BYTES("N\x95\xff\xff\xff\xff\xff\xff\xff\xff."), E(FRAME_TOO_LONG), 1, 0x95, NULL},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00J\x01\x00\x00\x00."), E(FRAME_STRADDLED), 9, 'J',
     NULL},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00I1\n."), E(FRAME_STRADDLED), 9, 'I', NULL},
    {BYTES("\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01."), E(FRAME_STRADDLED), 9, 'K', NULL},
    {BYTES("\x95\x04\x00\x00\x00\x00\x00\x00\x00\x8c\x03xyz."), E(FRAME_STRADDLED), 9, 0x8c, NULL},
    {BYTES("\x95\x04\x00\x00\x00\x00\x00\x00\x00NX\x05\x00\x00\x00hello."), E(FRAME_STRADDLED), 10,
     'X', NULL},
    /* A frame within a frame, and one that straddles it. */
    {BYTES("\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x95\x01\x00\x00\x00\x00\x00\x00\x00N."),
     E(FRAME_NESTED), 9, 0x95, NULL},
    {BYTES("\x95\x05\x00\x00\x00\x00\x00\x00\x00\x95\x01\x00\x00\x00\x00\x00\x00\x00N."),
     E(FRAME_STRADDLED), 9, 0x95, NULL},

    {BYTES("Iabc\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I-\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I1 \n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I1L\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I010\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("I0x10\n."), E(INT_TEXT), 0, 'I', NULL},
    {BYTES("L\n."), E(INT_TEXT), 0, 'L', NULL},
    {BYTES("LL\n."), E(INT_TEXT), 0, 'L', NULL},
    {BYTES("L1LL\n."), E(INT_TEXT), 0, 'L', NULL},
    {BYTES("Npx\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("g\n."), E(INT_TEXT), 0, 'g', NULL},
    {BYTES("g \n."), E(INT_TEXT), 0, 'g', NULL},
    {BYTES("Np0x7\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np+-7\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np+ 7\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np0_7\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np7L\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np-007\n."), E(MEMO_INDEX), 1, 'p', NULL},
    {BYTES("Np-00099999999999999999999\n."), E(INT_TEXT), 1, 'p', NULL},
    {BYTES("Np000000000000000000000000000000000000000000000000000000000000000007\n."), E(INT_TEXT),
     1, 'p', NULL},

    {BYTES("Fabc\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F1.5.5\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F1,5\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F1e999\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F0x1p3\n."), E(FLOAT_TEXT), 0, 'F', NULL},
    {BYTES("F1.5\x00\n."), E(FLOAT_TEXT), 0, 'F', NULL},

    {BYTES("Sabc\n."), E(STRING_QUOTES), 0, 'S', NULL},
    {BYTES("S\n."), E(STRING_QUOTES), 0, 'S', NULL},
    {BYTES("S'\n."), E(STRING_QUOTES), 0, 'S', NULL},
    {BYTES("S'abc\"\n."), E(STRING_QUOTES), 0, 'S', NULL},
    {BYTES("S'\\x4'\n."), E(STRING_ESCAPE), 0, 'S', NULL},
    {BYTES("S'\\xzz'\n."), E(STRING_ESCAPE), 0, 'S', NULL},
    {BYTES("S'abc\\'\n."), E(STRING_ESCAPE), 0, 'S', NULL},
    {BYTES("V\\u12\n."), E(UNICODE_ESCAPE), 0, 'V', NULL},
    {BYTES("V\\u12g4\n."), E(UNICODE_ESCAPE), 0, 'V', NULL},
    {BYTES("V\\U0011000\n."), E(UNICODE_ESCAPE), 0, 'V', NULL},
    {BYTES("V\\U00110000\n."), E(UNICODE_ESCAPE), 0, 'V', NULL},

    {BYTES("\x8c\x01\xff."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("\x8c\x02\xc3z."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("\x8c\x02\xc0\x80."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("\x8c\x03\xe0\x80\x80."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("\x8c\x04\xf4\x90\x80\x80."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("\x8c\x04\xf0\x80\x80\x80."), E(UTF8), 0, 0x8c, NULL},
    {BYTES("NX\x09\x00\x00\x00"
           "12345678\x80."),
     E(UTF8), 1, 'X', NULL},
    {BYTES("c\xff\nx\n."), E(UTF8), 0, 'c', NULL},
    {BYTES("cm\n\xed\xa0\x80\n."), E(UTF8), 0, 'c', NULL},
    {BYTES("(im\n\xff\n."), E(UTF8), 1, 'i', NULL},

    {BYTES("\x8b\xff\xff\xff\xff."), E(NEGATIVE_SIZE), 0, 0x8b, NULL},
    {BYTES("\x8b\x00\x00\x00\x80."), E(NEGATIVE_SIZE), 0, 0x8b, NULL},
    {BYTES("T\xff\xff\xff\xff."), E(NEGATIVE_SIZE), 0, 'T', NULL},
    {BYTES("c\nx\n."), E(EMPTY_NAME), 0, 'c', NULL},
    {BYTES("cx\n\n."), E(EMPTY_NAME), 0, 'c', NULL},
    {BYTES("(i\n\n."), E(EMPTY_NAME), 1, 'i', NULL},
    {BYTES("P\xe9\n."), E(PERSID_TEXT), 0, 'P', NULL},
    {BYTES("\x82\x00."), E(EXT_CODE), 0, 0x82, NULL},
    {BYTES("\x83\x00\x00."), E(EXT_CODE), 0, 0x83, NULL},
    {BYTES("\x84\x00\x00\x00\x00."), E(EXT_CODE), 0, 0x84, NULL},
    {BYTES("\x84\xff\xff\xff\xff."), E(EXT_CODE), 0, 0x84, NULL},

    {BYTES("."), E(STACK_UNDERFLOW), 0, '.', NULL},
    {BYTES("0"), E(STACK_UNDERFLOW), 0, '0', NULL},
    {BYTES("2"), E(STACK_UNDERFLOW), 0, '2', NULL},
    {BYTES("Na."), E(STACK_UNDERFLOW), 1, 'a', NULL},
    {BYTES("]Ns."), E(STACK_UNDERFLOW), 2, 's', NULL},
    {BYTES("NR."), E(STACK_UNDERFLOW), 1, 'R', NULL},
    {BYTES("Nb."), E(STACK_UNDERFLOW), 1, 'b', NULL},
    {BYTES("N\x81."), E(STACK_UNDERFLOW), 1, 0x81, NULL},
    {BYTES("NN\x92."), E(STACK_UNDERFLOW), 2, 0x92, NULL},
    {BYTES("\x85."), E(STACK_UNDERFLOW), 0, 0x85, NULL},
    {BYTES("N\x86."), E(STACK_UNDERFLOW), 1, 0x86, NULL},
    {BYTES("NN\x87."), E(STACK_UNDERFLOW), 2, 0x87, NULL},
    {BYTES("N\x93."), E(STACK_UNDERFLOW), 1, 0x93, NULL},
    {BYTES("q\x01."), E(STACK_UNDERFLOW), 0, 'q', NULL},
    {BYTES("p1\n."), E(STACK_UNDERFLOW), 0, 'p', NULL},
    {BYTES("r\x01\x00\x00\x00."), E(STACK_UNDERFLOW), 0, 'r', NULL},
    {BYTES("\x94."), E(STACK_UNDERFLOW), 0, 0x94, NULL},
    {BYTES("Q."), E(STACK_UNDERFLOW), 0, 'Q', NULL},
    {BYTES("\x98."), E(STACK_UNDERFLOW), 0, 0x98, NULL},
    {BYTES("(e."), E(STACK_UNDERFLOW), 1, 'e', NULL},
    {BYTES("(u."), E(STACK_UNDERFLOW), 1, 'u', NULL},
    {BYTES("(\x90."), E(STACK_UNDERFLOW), 1, 0x90, NULL},
    {BYTES("(o."), E(STACK_UNDERFLOW), 1, 'o', NULL},

    {BYTES("N(."), E(MARK_ON_TOP), 2, '.', NULL},
    {BYTES("N(2."), E(MARK_ON_TOP), 2, '2', NULL},
    {BYTES("](Na."), E(MARK_ON_TOP), 3, 'a', NULL},
    {BYTES("N((e."), E(MARK_ON_TOP), 3, 'e', NULL},
    {BYTES("N(\x85."), E(MARK_ON_TOP), 2, 0x85, NULL},
    {BYTES("N(q\x01."), E(MARK_ON_TOP), 2, 'q', NULL},
    {BYTES("N(Nb."), E(MARK_ON_TOP), 3, 'b', NULL},
    {BYTES("N(Q."), E(MARK_ON_TOP), 2, 'Q', NULL},
    {BYTES("((o."), E(MARK_ON_TOP), 2, 'o', NULL},

    {BYTES("t."), E(NO_MARK), 0, 't', NULL},
    {BYTES("Nl."), E(NO_MARK), 1, 'l', NULL},
    {BYTES("d."), E(NO_MARK), 0, 'd', NULL},
    {BYTES("1."), E(NO_MARK), 0, '1', NULL},
    {BYTES("]e."), E(NO_MARK), 1, 'e', NULL},
    {BYTES("}u."), E(NO_MARK), 1, 'u', NULL},
    {BYTES("\x8f\x90."), E(NO_MARK), 1, 0x90, NULL},
    {BYTES("\x91."), E(NO_MARK), 0, 0x91, NULL},
    {BYTES("No."), E(NO_MARK), 1, 'o', NULL},
    {BYTES("im\nn\n."), E(NO_MARK), 0, 'i', NULL},
    {BYTES("(tt."), E(NO_MARK), 2, 't', NULL},
    {BYTES("(01."), E(NO_MARK), 2, '1', NULL},

    {BYTES("h\x00."), E(MEMO_MISSING), 0, 'h', NULL},
    {BYTES("Nq\x01h\x00."), E(MEMO_MISSING), 3, 'h', NULL},
    {BYTES("g5\n."), E(MEMO_MISSING), 0, 'g', NULL},
    {BYTES("g9223372036854775807\n."), E(MEMO_MISSING), 0, 'g', NULL},
    {BYTES("j\xff\xff\xff\xff."), E(MEMO_MISSING), 0, 'j', NULL},
    {BYTES("N\x94N\x94h\x02."), E(MEMO_MISSING), 4, 'h', NULL},
    {BYTES("Np-1\n."), E(MEMO_INDEX), 1, 'p', NULL},
    {BYTES("g-1\n."), E(MEMO_INDEX), 0, 'g', NULL},
    {BYTES("Np9223372036854775808\n."), E(MEMO_INDEX), 1, 'p', NULL},
    {BYTES("g99999999999999999999999\n."), E(MEMO_INDEX), 0, 'g', NULL},

    {BYTES("}(Nu."), E(ODD_ITEMS), 3, 'u', NULL},
    {BYTES("}(NNNu."), E(ODD_ITEMS), 5, 'u', NULL},
    {BYTES("(Nd."), E(ODD_ITEMS), 2, 'd', NULL},
    {BYTES("(NNNd."), E(ODD_ITEMS), 4, 'd', NULL},
};

static void test_structural(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(structural); i++) {
        const wrong *w = &structural[i];
        brn_error err;
        assert_null(brn_read(w->data, w->size, NULL, NULL, &err));
        if (err.code != w->code || err.offset != w->offset || err.opcode != w->opcode)
            fail_msg("structural[%zu] is %s at %d, opcode %d: %s", i, brn_code_name(err.code),
                     (int)err.offset, err.opcode, err.message);
        /* Where the machine is the same, what events say is the same. */
        brn_error second;
        size_t size = 99;
        assert_int_equal(brn_events(w->data, w->size, NULL, NULL, NULL, NULL, &size, &second),
                         w->code);
        expect_error(&second, w->code, w->offset, w->opcode, "");
        assert_int_equal(brn_measure(w->data, w->size, &second), 0);
        expect_error(&second, w->code, w->offset, w->opcode, "");
        /* Nobody has to look. */
        assert_null(brn_read(w->data, w->size, NULL, NULL, NULL));
        assert_int_equal(brn_events(w->data, w->size, NULL, NULL, NULL, NULL, NULL, NULL), w->code);
    }
}

/* ------------------------------------------------------------------------
 * Values that do not fit
 * ------------------------------------------------------------------------ */

#define SYSTEM "cos\nsystem\n"

static const wrong of_values[] = {
    {BYTES("}Na."), E(NOT_APPENDABLE), 2, 'a', NULL},
    {BYTES("N(Ne."), E(NOT_APPENDABLE), 3, 'e', NULL},
    {BYTES(")Na."), E(NOT_APPENDABLE), 2, 'a', NULL},
    {BYTES("\x8fNa."), E(NOT_APPENDABLE), 2, 'a', NULL},
    {BYTES("\x96\x00\x00\x00\x00\x00\x00\x00\x00Na."), E(NOT_APPENDABLE), 10, 'a', NULL},
    {BYTES("\x97Na."), E(NOT_APPENDABLE), 2, 'a', NULL},
    {BYTES("]NNs."), E(NOT_MAPPING), 3, 's', NULL},
    {BYTES("N(NNu."), E(NOT_MAPPING), 4, 'u', NULL},
    {BYTES("](N\x90."), E(NOT_SET), 3, 0x90, NULL},
    {BYTES("}(N\x90."), E(NOT_SET), 3, 0x90, NULL},
    {BYTES("(\x91(N\x90."), E(NOT_SET), 4, 0x90, NULL},
    {BYTES("]Nb."), E(NOT_BUILDABLE), 2, 'b', NULL},
    {BYTES("K\x01}b."), E(NOT_BUILDABLE), 3, 'b', NULL},
    {BYTES("N)R."), E(NOT_CALLABLE), 2, 'R', NULL},
    {BYTES("\x8c\x01x)R."), E(NOT_CALLABLE), 4, 'R', NULL},
    {BYTES("N)\x81."), E(NOT_CALLABLE), 2, 0x81, NULL},
    {BYTES("N)}\x92."), E(NOT_CALLABLE), 3, 0x92, NULL},
    {BYTES("(No."), E(NOT_CALLABLE), 2, 'o', NULL},
    {BYTES("(]NNo."), E(NOT_CALLABLE), 4, 'o', NULL},
    {BYTES(SYSTEM "NR."), E(ARGS_NOT_TUPLE), 12, 'R', NULL},
    {BYTES(SYSTEM "]R."), E(ARGS_NOT_TUPLE), 12, 'R', NULL},
    {BYTES(SYSTEM SYSTEM "R."), E(ARGS_NOT_TUPLE), 22, 'R', NULL},
    {BYTES(SYSTEM "N\x81."), E(ARGS_NOT_TUPLE), 12, 0x81, NULL},
    {BYTES(SYSTEM "N}\x92."), E(ARGS_NOT_TUPLE), 13, 0x92, NULL},
    {BYTES(SYSTEM ")N\x92."), E(KWARGS_NOT_DICT), 13, 0x92, NULL},
    {BYTES(SYSTEM "))\x92."), E(KWARGS_NOT_DICT), 13, 0x92, NULL},
    {BYTES("NN\x93."), E(NAME_NOT_STR), 2, 0x93, NULL},
    {BYTES("\x8c\x01mN\x93."), E(NAME_NOT_STR), 4, 0x93, NULL},
    {BYTES("U\x01m\x8c\x01n\x93."), E(NAME_NOT_STR), 6, 0x93, NULL},
    {BYTES("}]Ns."), E(UNHASHABLE), 3, 's', NULL},
    {BYTES("}}Ns."), E(UNHASHABLE), 3, 's', NULL},
    {BYTES("}\x8fNs."), E(UNHASHABLE), 3, 's', NULL},
    {BYTES("}\x96\x00\x00\x00\x00\x00\x00\x00\x00Ns."), E(UNHASHABLE), 11, 's', NULL},
    {BYTES("(]Nd."), E(UNHASHABLE), 3, 'd', NULL},
    {BYTES("}(NN]Nu."), E(UNHASHABLE), 6, 'u', NULL},
    {BYTES("}]\x85Ns."), E(UNHASHABLE), 4, 's', NULL},
    {BYTES("}N]\x86\x85Ns."), E(UNHASHABLE), 6, 's', NULL},
    {BYTES("(]\x91."), E(UNHASHABLE), 2, 0x91, NULL},
    {BYTES("\x8f(]\x90."), E(UNHASHABLE), 3, 0x90, NULL},
    {BYTES("N\x98."), E(NOT_BUFFER), 1, 0x98, NULL},
    {BYTES("]\x98."), E(NOT_BUFFER), 1, 0x98, NULL},
    {BYTES("\x8c\x01x\x98."), E(NOT_BUFFER), 3, 0x98, NULL},
};

static void test_of_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(of_values); i++) {
        const wrong *w = &of_values[i];
        brn_error err;
        assert_null(brn_read(w->data, w->size, NULL, NULL, &err));
        if (err.code != w->code || err.offset != w->offset || err.opcode != w->opcode)
            fail_msg("of_values[%zu] is %s at %d, opcode %d: %s", i, brn_code_name(err.code),
                     (int)err.offset, err.opcode, err.message);
        see(w->code);
        assert_null(brn_read(w->data, w->size, NULL, NULL, NULL));
        /* Without values there is nothing wrong with these. */
        assert_int_equal(brn_events(w->data, w->size, NULL, NULL, NULL, NULL, NULL, &err), BRN_OK);
        assert_int_equal(brn_measure(w->data, w->size, NULL), w->size);
    }
}

/* ------------------------------------------------------------------------
 * Paths
 * ------------------------------------------------------------------------ */

/* An unknown opcode says where the machine is, whatever is on the stack. */
#define BAD "\xff"
#define OBJECT "cm\nC\n)\x81"

static const wrong in_places[] = {
    {BYTES(BAD), E(UNKNOWN_OPCODE), 0, 0xff, ""},
    {BYTES("](" BAD), E(UNKNOWN_OPCODE), 2, 0xff, "[0]"},
    {BYTES("](NNN" BAD), E(UNKNOWN_OPCODE), 5, 0xff, "[3]"},
    /* What was appended before counts. */
    {BYTES("](NNe(NN" BAD), E(UNKNOWN_OPCODE), 8, 0xff, "[4]"},
    {BYTES("((NN" BAD), E(UNKNOWN_OPCODE), 4, 0xff, "[0][2]"},
    {BYTES("(K\x07(NN" BAD), E(UNKNOWN_OPCODE), 6, 0xff, "[1][2]"},
    /* A key is being made: its dict is the place. */
    {BYTES("}(" BAD), E(UNKNOWN_OPCODE), 2, 0xff, ""},
    {BYTES("}(U\x01"
           "a" BAD),
     E(UNKNOWN_OPCODE), 5, 0xff, "['a']"},
    {BYTES("}(\x8c\x05users" BAD), E(UNKNOWN_OPCODE), 9, 0xff, "['users']"},
    {BYTES("}(K\x07" BAD), E(UNKNOWN_OPCODE), 4, 0xff, "[7]"},
    {BYTES("}(K\x07NK\x08" BAD), E(UNKNOWN_OPCODE), 7, 0xff, "[8]"},
    {BYTES("}(N" BAD), E(UNKNOWN_OPCODE), 3, 0xff, "[None]"},
    {BYTES("}(\x88" BAD), E(UNKNOWN_OPCODE), 3, 0xff, "[True]"},
    {BYTES("}(C\x01\x00" BAD), E(UNKNOWN_OPCODE), 5, 0xff, "[b'\\x00']"},
    {BYTES("}(G?\xe0\x00\x00\x00\x00\x00\x00" BAD), E(UNKNOWN_OPCODE), 11, 0xff, "[0.5]"},
    {BYTES("}(\x8c\x04QPSKK\x02\x86" BAD), E(UNKNOWN_OPCODE), 11, 0xff, "[('QPSK', 2)]"},
    {BYTES("}(" SYSTEM BAD), E(UNKNOWN_OPCODE), 13, 0xff, "[...]"},
    {BYTES("}(\x8c\x05users](}}}" OBJECT "}(\x8c\x04name" BAD), E(UNKNOWN_OPCODE), 29, 0xff,
     "['users'][3].name"},
    /* No path can spell this attribute. */
    {BYTES(OBJECT "}(\x8c\x03"
                  "a b" BAD),
     E(UNKNOWN_OPCODE), 14, 0xff, "[...]"},
    /* Containers of one item are filled without a mark. */
    {BYTES("}\x8c\x05users](}}}" OBJECT "}\x8c\x04name" BAD), E(UNKNOWN_OPCODE), 27, 0xff,
     "['users'][3].name"},
    {BYTES("}\x8c\x01k" BAD), E(UNKNOWN_OPCODE), 4, 0xff, "['k']"},
    {BYTES("]]]" BAD), E(UNKNOWN_OPCODE), 3, 0xff, "[0]"},
    {BYTES("]]](" BAD), E(UNKNOWN_OPCODE), 4, 0xff, "[0][0][0]"},
    {BYTES("]Na}K\x02}K\x03(N" BAD), E(UNKNOWN_OPCODE), 11, 0xff, "[1][2][3][1]"},
    {BYTES(OBJECT "}\x8c\x01x]" BAD), E(UNKNOWN_OPCODE), 12, 0xff, ".x"},
    {BYTES("](" SYSTEM "(K\x01" BAD), E(UNKNOWN_OPCODE), 16, 0xff, "[0].__args__[1]"},
    /* An object that list items and dict pairs are given to. */
    {BYTES("(" OBJECT "}b(NN" BAD), E(UNKNOWN_OPCODE), 13, 0xff, "[0][2]"},
    {BYTES(OBJECT "(NNNe}b(NNe(N" BAD), E(UNKNOWN_OPCODE), 20, 0xff, "[6]"},
    {BYTES("(" OBJECT "}b(\x8c\x01kN\x8c\x01m" BAD), E(UNKNOWN_OPCODE), 18, 0xff, "[0]['m']"},
    /* Values and structure alike. */
    {BYTES("](NN]NNs"), E(NOT_MAPPING), 7, 's', "[2]"},
    {BYTES("}(\x8c\x01x}]Ns"), E(UNHASHABLE), 8, 's', "['x']"},
    {BYTES("}(\x8c\x01x](]]K"), E(TRUNCATED), 9, 'K', "['x'][2]"},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(in_places); i++) {
        const wrong *w = &in_places[i];
        brn_error err;
        assert_null(brn_read(w->data, w->size, NULL, NULL, &err));
        if (err.code != w->code || err.offset != w->offset || strcmp(err.path, w->path) != 0)
            fail_msg("in_places[%zu] is %s at %d in %s: %s", i, brn_code_name(err.code),
                     (int)err.offset, err.path, err.message);
        assert_int_equal(err.opcode, w->opcode);
    }
}

/* The path an error names is the path brn_get() goes: mend the pickle, and it leads there. */
static void test_path_leads_there(void **state)
{
    (void)state;
    static const char head[] = "}(\x8c\x05users](}}}" OBJECT "}(\x8c\x04name";
    static const char tail[] = "uubeu.";
    bytes b = {0};
    put(&b, head, sizeof head - 1);
    put_byte(&b, 0xff);
    brn_error err;
    assert_null(brn_read(b.data, b.size, NULL, NULL, &err));
    b.size--;
    put_words(&b, "K\x2a");
    put(&b, tail + 1, sizeof tail - 2);
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    const brn_val *val = brn_get(brn_root(doc), err.path);
    assert_int_equal(brn_int(val), 42);
    brn_free(doc);
    bytes_free(&b);
}

/* However deep it is, a path fits, ends with a NUL, and is made of whole steps. */
static void test_path_too_long(void **state)
{
    (void)state;
    bytes b = {0};
    for (int i = 0; i < 1000; i++)
        put_words(&b, "](");
    put_byte(&b, 0xff);
    brn_error err;
    assert_null(brn_read(b.data, b.size, NULL, NULL, &err));
    size_t length = strlen(err.path);
    assert_in_range(length, 100, sizeof err.path - 1);
    assert_memory_equal(err.path, "[0][0][0]", 9);
    assert_int_equal(err.path[length - 1], ']');
    b.size = 0;
    put_words(&b, "}(");
    put_byte(&b, 'X');
    put_number(&b, 5000, 4);
    put_fill(&b, 'k', 5000);
    put_byte(&b, 0xff);
    assert_null(brn_read(b.data, b.size, NULL, NULL, &err));
    assert_string_equal(err.path, "[...]");
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Budgets
 * ------------------------------------------------------------------------ */

typedef struct over {
    const char *data;
    size_t size;
    size_t field;   /* offset of the limit in brn_options */
    uint64_t limit; /* enough, but only just */
    brn_code code;  /* with one less */
    uint64_t offset;
    int opcode;
} over;

#define FIELD(name) offsetof(brn_options, name)

/* Each is at its limit: with one less it is too much. */
static const over budgets[] = {
    {BYTES("NNNNN."), FIELD(max_input), 6, E(LIMIT_INPUT), 5, -1},
    {BYTES("NK\x01K\x02\x87."), FIELD(max_input), 7, E(LIMIT_INPUT), 6, -1},
    {BYTES("X\x05\x00\x00\x00hello."), FIELD(max_input), 11, E(LIMIT_INPUT), 10, -1},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00N."), FIELD(max_input), 11, E(LIMIT_INPUT), 10, -1},
    {BYTES("K\x01K\x02K\x03."), FIELD(max_values), 3, E(LIMIT_VALUES), 4, 'K'},
    {BYTES("K\x01\x85\x85\x85."), FIELD(max_values), 4, E(LIMIT_VALUES), 4, 0x85},
    {BYTES("NNN."), FIELD(max_stack), 3, E(LIMIT_STACK), 2, 'N'},
    {BYTES("N2."), FIELD(max_stack), 2, E(LIMIT_STACK), 1, '2'},
    {BYTES("NNq\x00h\x00."), FIELD(max_stack), 3, E(LIMIT_STACK), 4, 'h'},
    /* What goes back to a mark takes away more than it leaves, */
    {BYTES("N(NNt."), FIELD(max_stack), 3, E(LIMIT_STACK), 3, 'N'},
    {BYTES("N(NNl."), FIELD(max_stack), 3, E(LIMIT_STACK), 3, 'N'},
    {BYTES("N(NNd."), FIELD(max_stack), 3, E(LIMIT_STACK), 3, 'N'},
    {BYTES("N(NN\x91."), FIELD(max_stack), 3, E(LIMIT_STACK), 3, 'N'},
    {BYTES("N(NNim\nc\n."), FIELD(max_stack), 3, E(LIMIT_STACK), 3, 'N'},
    {BYTES("N(cm\nc\nNo."), FIELD(max_stack), 3, E(LIMIT_STACK), 7, 'N'},
    {BYTES("N](NNe."), FIELD(max_stack), 4, E(LIMIT_STACK), 4, 'N'},
    {BYTES("NN(NN10."), FIELD(max_stack), 4, E(LIMIT_STACK), 4, 'N'},
    /* unless there is nothing above it. */
    {BYTES("N(t."), FIELD(max_stack), 2, E(LIMIT_STACK), 2, 't'},
    {BYTES("N(l."), FIELD(max_stack), 2, E(LIMIT_STACK), 2, 'l'},
    {BYTES("N(d."), FIELD(max_stack), 2, E(LIMIT_STACK), 2, 'd'},
    {BYTES("N(\x91."), FIELD(max_stack), 2, E(LIMIT_STACK), 2, 0x91},
    {BYTES("N(im\nc\n."), FIELD(max_stack), 2, E(LIMIT_STACK), 2, 'i'},
    {BYTES("I12345678901234567890\n."), FIELD(max_digits), 20, E(LIMIT_DIGITS), 0, 'I'},
    {BYTES("L12345678901234567890L\n."), FIELD(max_digits), 20, E(LIMIT_DIGITS), 0, 'L'},
    {BYTES("L-9223372036854775808L\n."), FIELD(max_digits), 19, E(LIMIT_DIGITS), 0, 'L'},
    {BYTES("I+999999999999999999\n."), FIELD(max_digits), 18, E(LIMIT_DIGITS), 0, 'I'},
    {BYTES("NI-10\n."), FIELD(max_digits), 2, E(LIMIT_DIGITS), 1, 'I'},
    {BYTES("Nq\x00q\x01."), FIELD(max_memo), 2, E(LIMIT_MEMO), 3, 'q'},
    {BYTES("N\x94\x94\x94."), FIELD(max_memo), 3, E(LIMIT_MEMO), 3, 0x94},
    {BYTES("Nq\x00p4294967295\n."), FIELD(max_memo), 2, E(LIMIT_MEMO), 3, 'p'},
    {BYTES("Nq\x00r\xff\xff\x00\x00."), FIELD(max_memo), 2, E(LIMIT_MEMO), 3, 'r'},
    /* What is there already takes no more room. */
    {BYTES("Nq\x00q\x00q\x01."), FIELD(max_memo), 2, E(LIMIT_MEMO), 5, 'q'},
    {BYTES("Nr\xff\xff\x00\x00r\xff\xff\x00\x00q\x01."), FIELD(max_memo), 2, E(LIMIT_MEMO), 11,
     'q'},
};

static void set_limit(brn_options *options, size_t field, uint64_t limit)
{
    memcpy((char *)options + field, &limit, sizeof limit);
}

/* The ways to read a pickle; those in front make values. */
typedef enum way { READ, READ_STREAM, EVENTS, EVENTS_STREAM, STATISTICS, DIS, DIS_JSON, WAYS } way;

static void read_from_stream(way how, const void *data, size_t size, const brn_options *options,
                             brn_error *err)
{
    source s = source_of(data, size, 3);
    brn_stream *stream = brn_stream_open(read_source, &s, options, NULL, err);
    if (!stream)
        return;
    if (how == READ_STREAM)
        brn_free(brn_read_stream(stream, err));
    else
        (void)brn_events_stream(stream, NULL, NULL, err);
    brn_stream_close(stream);
}

static brn_code read_in(way how, const void *data, size_t size, const brn_options *options,
                        brn_error *err)
{
    brn_stats stats;
    switch (how) {
    case READ: brn_free(brn_read(data, size, options, NULL, err)); break;
    case EVENTS: (void)brn_events(data, size, options, NULL, NULL, NULL, NULL, err); break;
    case STATISTICS: (void)brn_statistics(data, size, options, NULL, &stats, err); break;
    case DIS:
    case DIS_JSON:
        (void)brn_disassemble(data, size, how == DIS ? 0 : BRN_DIS_JSON, options, NULL, swallow,
                              NULL, NULL, err);
        break;
    default: read_from_stream(how, data, size, options, err); break;
    }
    return err->code;
}

static void expect_limit(size_t i, way how, size_t window)
{
    const over *o = &budgets[i];
    static const uint64_t enough[] = {0, 1, BRN_UNLIMITED};
    brn_options options = BRN_OPTIONS_INIT;
    options.window = window;
    brn_error err;
    for (size_t k = 0; k < LENGTH_OF(enough); k++) {
        set_limit(&options, o->field,
                  enough[k] == BRN_UNLIMITED ? enough[k] : o->limit + enough[k]);
        if (read_in(how, o->data, o->size, &options, &err) != BRN_OK)
            fail_msg("budgets[%zu], way %d, is %s at %d, opcode %d: %s", i, (int)how,
                     brn_code_name(err.code), (int)err.offset, err.opcode, err.message);
    }
    set_limit(&options, o->field, o->limit - 1);
    bool counted = o->field != FIELD(max_values) || how <= READ_STREAM;
    (void)read_in(how, o->data, o->size, &options, &err);
    if (counted ? err.code != o->code || err.offset != o->offset || err.opcode != o->opcode
                : err.code != BRN_OK)
        fail_msg("budgets[%zu], way %d, with one less is %s at %d, opcode %d: %s", i, (int)how,
                 brn_code_name(err.code), (int)err.offset, err.opcode, err.message);
}

static void test_budgets(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(budgets); i++) {
        for (way how = READ; how < WAYS; how++) {
            expect_limit(i, how, 16);
            expect_limit(i, how, 0);
        }
        see(budgets[i].code);
    }
}

/* The stack grows by half; a limit between two sizes is kept all the same. */
static void test_large_stacks(void **state)
{
    (void)state;
    bytes b = {0};
    for (uint64_t size = 1; size < 400; size++) {
        b.size = 0;
        put_fill(&b, 'N', size);
        put_byte(&b, '.');
        for (way how = READ; how < WAYS; how++) {
            brn_options options = BRN_OPTIONS_INIT;
            brn_error err;
            options.max_stack = size;
            assert_int_equal(read_in(how, b.data, b.size, &options, &err), BRN_OK);
            options.max_stack = size == 1 ? 1 : size - 1;
            (void)read_in(how, b.data, b.size, &options, &err);
            assert_int_equal(err.code, size == 1 ? BRN_OK : E(LIMIT_STACK));
            assert_int_equal(err.offset, size == 1 ? 0 : size - 1);
        }
    }
    bytes_free(&b);
}

/* The least limit with which this reads; with each below it says `code`. */
static uint64_t least(way how, const bytes *b, size_t field, brn_code code)
{
    uint64_t low = 1;
    uint64_t high = 64 + 48 * (uint64_t)b->size + (256 << 10);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        brn_options options = BRN_OPTIONS_INIT;
        options.hash_seed = 5;
        options.window = 16;
        set_limit(&options, field, middle);
        brn_error err;
        if (read_in(how, b->data, b->size, &options, &err) == BRN_OK) {
            high = middle;
        } else {
            assert_int_equal(err.code, code);
            low = middle + 1;
        }
    }
    return high;
}

/* Every limit below what is needed is refused, every one above is enough. */
static void test_thresholds(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "}(");
    for (int i = 0; i < 100; i++) {
        put_int(&b, i * i);
        put_int(&b, i);
        put_byte(&b, 0x86);
        put_words(&b, "Nr");
        put_number(&b, 1000 + 1000000 * (uint64_t)i, 4);
    }
    put_words(&b, "u.");
    static const way ways[] = {READ, READ_STREAM, EVENTS, EVENTS_STREAM, STATISTICS, DIS};
    for (size_t w = 0; w < LENGTH_OF(ways); w++) {
        for (int field = 0; field < 2; field++) {
            bool work = field == 1;
            size_t at = work ? FIELD(max_work) : FIELD(max_memory);
            brn_code code = work ? E(LIMIT_WORK) : E(LIMIT_MEMORY);
            uint64_t needed = least(ways[w], &b, at, code);
            bool spends = !work || ways[w] <= READ_STREAM;
            assert_true(spends ? needed > 100 : needed == 1);
            uint64_t step = 1 + needed / 300;
            for (uint64_t limit = 1; limit < 2 * needed; limit += step) {
                brn_options options = BRN_OPTIONS_INIT;
                options.hash_seed = 5;
                options.window = 16;
                set_limit(&options, at, limit);
                brn_error err;
                (void)read_in(ways[w], b.data, b.size, &options, &err);
                if (err.code != (limit < needed ? code : BRN_OK))
                    fail_msg("way %d: %d is %s, %d are needed", (int)ways[w], (int)limit,
                             brn_code_name(err.code), (int)needed);
            }
        }
    }
    see(E(LIMIT_MEMORY));
    see(E(LIMIT_WORK));
    bytes_free(&b);
}

static void test_default_digits(void **state)
{
    (void)state;
    bytes b = {0};
    put_byte(&b, 'I');
    put_fill(&b, '7', 4300);
    put_words(&b, "\n.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    brn_free(doc);
    b.size -= 2;
    put_words(&b, "7\n.");
    brn_error err;
    assert_null(brn_read(b.data, b.size, NULL, NULL, &err));
    expect_error(&err, E(LIMIT_DIGITS), 0, 'I', "");
    /* A sign is no digit. */
    b.size = 0;
    put_words(&b, "L-");
    put_fill(&b, '7', 4300);
    put_words(&b, "L\n.");
    doc = read_ok(b.data, b.size, NULL);
    brn_free(doc);
    bytes_free(&b);
}

static void test_work(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "}(");
    for (int i = 0; i < 1000; i++) {
        put_int(&b, i);
        put_byte(&b, 'N');
    }
    put_words(&b, "u.");
    brn_options options = BRN_OPTIONS_INIT;
    options.max_work = 100;
    brn_error err;
    assert_null(brn_read(b.data, b.size, &options, NULL, &err));
    expect_error(&err, E(LIMIT_WORK), 6002, 'u', "");
    options.max_work = 100000;
    brn_free(read_ok(b.data, b.size, &options));
    bytes_free(&b);
}

static void test_memory(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "(");
    for (int i = 0; i < 100000; i++)
        put_int(&b, i);
    put_words(&b, "l.");
    brn_options options = BRN_OPTIONS_INIT;
    options.max_memory = 100000;
    brn_error err;
    assert_null(brn_read(b.data, b.size, &options, NULL, &err));
    assert_int_equal(err.code, E(LIMIT_MEMORY));
    see(err.code);
    counter books;
    brn_alloc alloc = counting(&books);
    books.fail_at = 0;
    assert_null(brn_read(b.data, b.size, NULL, &alloc, &err));
    expect_error(&err, E(MEMORY), 0, -1, "");
    expect_all_given_back(&books);
    bytes_free(&b);
}

/* A line that no window of this pool can hold. */
static void test_line(void **state)
{
    (void)state;
    static max_align_t room[4096 / sizeof(max_align_t)];
    bytes b = {0};
    put_words(&b, "NV");
    put_fill(&b, 'x', 10000);
    put_words(&b, "\n.");
    brn_alloc alloc;
    assert_true(brn_pool_init(&alloc, room, sizeof room));
    brn_options options = BRN_OPTIONS_INIT;
    options.window = 256;
    source s = source_of(b.data, b.size, 100);
    brn_error err;
    brn_stream *stream = brn_stream_open(read_source, &s, &options, &alloc, &err);
    assert_non_null(stream);
    assert_int_equal(brn_events_stream(stream, NULL, NULL, &err), E(LIMIT_LINE));
    expect_error(&err, E(LIMIT_LINE), 1, 'V', "");
    brn_stream_close(stream);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Outside of the pickle, and about documents
 * ------------------------------------------------------------------------ */

static bool refuse(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return false;
}

static bool stop_at_stop(void *ctx, const brn_event *event)
{
    (void)ctx;
    return event->opcode != '.';
}

static void test_outside(void **state)
{
    (void)state;
    brn_error err;
    assert_null(brn_read_file("no/such/file.pkl", NULL, NULL, &err));
    expect_error(&err, E(OPEN), 0, -1, "");
    assert_null(brn_read_file(".", NULL, NULL, &err));
    expect_error(&err, E(READ), 0, -1, "");
    source s = source_of(BYTES("NNNN."), 1);
    s.fail_at = 3;
    brn_stream *stream = brn_stream_open(read_source, &s, NULL, NULL, &err);
    assert_non_null(stream);
    assert_null(brn_read_stream(stream, &err));
    expect_error(&err, E(READ), 3, -1, "");
    brn_stream_close(stream);
    assert_int_equal(brn_disassemble(BYTES("N."), 0, NULL, NULL, refuse, NULL, NULL, &err),
                     E(WRITE));
    expect_error(&err, E(WRITE), 0, -1, "");
    assert_int_equal(brn_events(BYTES("NN."), NULL, NULL, stop_at_stop, NULL, NULL, &err),
                     E(STOPPED));
    expect_error(&err, E(STOPPED), 2, '.', "");
    brn_options options = {0};
    assert_null(brn_read(BYTES("N."), &options, NULL, &err));
    expect_error(&err, E(OPTIONS), 0, -1, "");
}

static void test_documents(void **state)
{
    (void)state;
    brn_error err;
    brn_doc *doc = read_ok(BYTES("](Ne."), NULL);
    assert_null(brn_get_err(brn_root(doc), "[", &err));
    expect_error(&err, E(PATH_SYNTAX), err.offset, -1, "");
    assert_null(brn_get_err(brn_root(doc), "[1]", &err));
    expect_error(&err, E(PATH_ABSENT), err.offset, -1, "");
    bytes out = {0};
    assert_int_equal(brn_json(doc, brn_root(doc), 0, 1, collect, &out, NULL, &err),
                     E(JSON_EXPANSION));
    expect_error(&err, E(JSON_EXPANSION), 0, -1, err.path);
    brn_free(doc);
    doc = read_ok(BYTES("]q\x00h\x00"
                        "a."),
                  NULL);
    assert_int_equal(brn_json(doc, brn_root(doc), 0, 0, collect, &out, NULL, &err), E(JSON_CYCLE));
    expect_error(&err, E(JSON_CYCLE), 0, -1, err.path);
    brn_free(doc);
    doc = read_ok(BYTES("})Ns."), NULL);
    assert_int_equal(brn_json(doc, brn_root(doc), 0, 0, collect, &out, NULL, &err), E(JSON_KEY));
    expect_error(&err, E(JSON_KEY), 0, -1, err.path);
    brn_free(doc);
    assert_int_equal(out.size, 0);
    bytes_free(&out);
}

/* ------------------------------------------------------------------------
 * The list
 * ------------------------------------------------------------------------ */

static const struct {
    brn_code code;
    const char *name;
} listed[] = {
#define ERROR(name, help) {BRN_ERROR_##name, #name},
#include "errors.def"
#undef ERROR
};

/* Each of them in all its forms: test_make.c and test_write.c. */
static void expect_doc_error(brn_doc *doc, brn_code code)
{
    brn_error err;
    assert_int_equal(brn_doc_error(doc, &err), code);
    expect_error(&err, code, BRN_NO_OFFSET, -1, "");
    brn_doc_clear_error(doc);
}

static void expect_no_pickle(brn_doc *doc, int protocol, brn_code code)
{
    brn_error err;
    size_t size;
    brn_write_options options = BRN_WRITE_OPTIONS_INIT;
    options.protocol = protocol;
    assert_null(brn_write(doc, &options, &size, NULL, &err));
    assert_int_equal(size, 0);
    expect_error(&err, code, BRN_NO_OFFSET, -1, err.path);
}

static void test_making_and_writing(void **state)
{
    (void)state;
    brn_doc *doc = brn_new(NULL, NULL, NULL);
    brn_doc *other = brn_new(NULL, NULL, NULL);
    const brn_val *one = brn_make_int(doc, 1);
    const brn_val *tuple = brn_make_tuple(doc, &one, 1);
    const brn_val *list = brn_make_list(doc);
    assert_false(brn_list_append(doc, list, NULL));
    expect_doc_error(doc, E(NO_VALUE));
    assert_false(brn_set_root(doc, brn_make_int(other, 1)));
    expect_doc_error(doc, E(FOREIGN_VALUE));
    assert_false(brn_clear(doc, one));
    expect_doc_error(doc, E(NOT_CHANGEABLE));
    assert_false(brn_list_remove(doc, list, 0));
    expect_doc_error(doc, E(NO_ITEM));
    assert_true(brn_dict_set(doc, brn_make_dict(doc), tuple, one));
    assert_false(brn_fill(doc, tuple, &one, 1));
    expect_doc_error(doc, E(IS_KEY));

    assert_true(brn_set_root(doc, list) && brn_set_changed_later(doc, list, true));
    expect_no_pickle(doc, 4, E(ORDER_LOST));
    assert_true(brn_set_root(doc, brn_make_ext(doc, 5)));
    expect_no_pickle(doc, 1, E(NOT_IN_PROTOCOL));
    assert_true(brn_set_root(doc, brn_make_buffer(doc, 0, false)));
    expect_no_pickle(doc, 5, E(NO_BUFFER));
    const brn_val *call = brn_make_call(doc, brn_make_global(doc, "m", "f"), NULL);
    assert_true(brn_set_args(doc, call, brn_make_tuple(doc, &call, 1)) && brn_set_root(doc, call));
    expect_no_pickle(doc, 4, E(ARGS_CYCLE));
    brn_free(other);
    brn_free(doc);
}

/* errors.def is in the order of the header's numbers, complete, and every code says something. */
/* Each of them in all its forms: test_writer.c. */
static void test_writer(void **state)
{
    (void)state;
    for (int code = BRN_ERROR_WRITER_KEY; code <= BRN_ERROR_WRITER_PROTOCOL; code++) {
        brn_writer *w = brn_writer_open(swallow, NULL, 2, 0, NULL, NULL);
        switch (code) {
        case BRN_ERROR_WRITER_KEY: brn_writer_key(w, "a"); break;
        case BRN_ERROR_WRITER_END: brn_writer_end(w); break;
        case BRN_ERROR_WRITER_COUNT:
            (void)(brn_writer_begin_tuple(w, 1) && brn_writer_end(w));
            break;
        case BRN_ERROR_WRITER_ROOT: (void)(brn_writer_none(w) && brn_writer_none(w)); break;
        case BRN_ERROR_WRITER_OPEN: brn_writer_begin_list(w, 1); break;
        case BRN_ERROR_WRITER_PIECE: brn_writer_piece(w, "a", 1); break;
        case BRN_ERROR_WRITER_REFERENCE: brn_writer_shared(w, 0); break;
        case BRN_ERROR_WRITER_OBJECT: brn_writer_begin_state(w); break;
        case BRN_ERROR_WRITER_NAME: brn_writer_global(w, "m\n", "f"); break;
        default: brn_writer_buffer(w, false); break;
        }
        brn_error err;
        assert_int_equal(brn_writer_close(w, &err), code);
        expect_error(&err, (brn_code)code, err.offset, -1, "");
    }
}

static void test_list(void **state)
{
    (void)state;
    brn_code code = BRN_OK;
    for (size_t i = 0; i < LENGTH_OF(listed); i++) {
        assert_true(listed[i].code > code);
        code = brn_code_next(code);
        assert_int_equal(code, listed[i].code);
        assert_string_equal(brn_code_name(code), listed[i].name);
        const char *help = brn_code_help(code);
        assert_true(strlen(help) > 10);
        assert_int_equal(help[strlen(help) - 1], '.');
    }
    assert_int_equal(brn_code_next(code), BRN_OK);
    assert_string_equal(brn_code_name(BRN_OK), "OK");
    for (int number = -5; number < 1000; number++) {
        bool there = number == 0;
        for (size_t i = 0; i < LENGTH_OF(listed); i++)
            there = there || (int)listed[i].code == number;
        assert_true((strcmp(brn_code_name((brn_code)number), "UNKNOWN") != 0) == there);
        assert_true(brn_code_help((brn_code)number)[0] != '\0');
        if (!there)
            assert_int_equal(brn_code_next((brn_code)number), BRN_OK);
    }
}

/* The header's enum, spelt out: the numbers are a promise. */
static void test_numbers(void **state)
{
    (void)state;
    static const int numbers[] = {
        1,   2,   3,   4,   5,   6,   7,   8,   20,  21,  22,  23,  24,  25,  26,  27,  28,  29,
        40,  41,  42,  43,  44,  45,  60,  61,  62,  63,  64,  65,  66,  67,  68,  69,  80,  81,
        82,  83,  84,  85,  86,  87,  88,  100, 101, 102, 103, 104, 120, 121, 122, 123, 124, 140,
        141, 142, 143, 144, 145, 146, 147, 148, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169};
    assert_int_equal(LENGTH_OF(numbers), LENGTH_OF(listed));
    for (size_t i = 0; i < LENGTH_OF(numbers); i++)
        assert_int_equal(listed[i].code, numbers[i]);
    assert_int_equal(BRN_ERROR_FRAME_NESTED, 8);
    assert_int_equal(BRN_ERROR_EXT_CODE, 29);
    assert_int_equal(BRN_ERROR_ODD_ITEMS, 45);
    assert_int_equal(BRN_ERROR_NOT_BUFFER, 69);
    assert_int_equal(BRN_ERROR_LIMIT_MEMO, 88);
    assert_int_equal(BRN_ERROR_OPTIONS, 104);
    assert_int_equal(BRN_ERROR_JSON_KEY, 124);
    assert_int_equal(BRN_ERROR_ARGS_CYCLE, 148);
    assert_int_equal(BRN_ERROR_WRITER_PROTOCOL, 169);
}

static void test_text(void **state)
{
    (void)state;
    brn_error err;
    char text[512];
    assert_null(brn_read(BYTES("}(\x8c\x01"
                               "a](](NNNe}(Nu"),
                         NULL, NULL, &err));
    size_t length = brn_error_text(&err, text, sizeof text);
    assert_string_equal(text, "error 45 (ODD_ITEMS) at byte 16, opcode SETITEMS, in ['a'][1]: "
                              "1 items: the last key has no value");
    assert_int_equal(length, strlen(text));
    /* As snprintf would. */
    char small[20];
    memset(small, 'x', sizeof small);
    assert_int_equal(brn_error_text(&err, small, 10), length);
    assert_string_equal(small, "error 45 ");
    assert_int_equal(small[10], 'x');
    assert_int_equal(brn_error_text(&err, NULL, 0), length);
    assert_null(brn_read(BYTES("\xff"), NULL, NULL, &err));
    (void)brn_error_text(&err, text, sizeof text);
    assert_string_equal(text,
                        "error 4 (UNKNOWN_OPCODE) at byte 0, opcode 0xff: byte 0xff is no opcode");
    (void)brn_error_text(NULL, text, sizeof text);
    assert_string_equal(text, "no error");
    assert_null(brn_read_file("no/such/file", NULL, NULL, &err));
    (void)brn_error_text(&err, text, sizeof text);
    assert_string_equal(text, "error 100 (OPEN): cannot open: no such file");
    /* Success leaves no error behind. */
    brn_doc *doc = brn_read(BYTES("N."), NULL, NULL, &err);
    assert_non_null(doc);
    assert_int_equal(err.code, BRN_OK);
    assert_int_equal(err.opcode, -1);
    assert_string_equal(err.message, "");
    (void)brn_error_text(&err, text, sizeof text);
    assert_string_equal(text, "no error");
    brn_free(doc);
}

static void test_every_code_was_seen(void **state)
{
    (void)state;
    for (brn_code code = brn_code_next(BRN_OK); code != BRN_OK; code = brn_code_next(code)) {
        if (!seen[code])
            fail_msg("no test of this file causes %s", brn_code_name(code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structural),
        cmocka_unit_test(test_of_values),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_path_leads_there),
        cmocka_unit_test(test_path_too_long),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_large_stacks),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_default_digits),
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_making_and_writing),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_text),
        /* After all others: it counts what they have seen. */
        cmocka_unit_test(test_every_code_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
