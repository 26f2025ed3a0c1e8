/*
 * test_dis.c - the disassembler: its text (that of `python -m pickletools` where that
 * prints any), annotations, JSON, every problem it reports and goes on from,
 * and where it ends.
 *
 * Expected text stands here line by line as it is printed, so that a test reads like a session.
 */
#include "support.h"

static brn_code disassemble(const void *data, size_t size, uint32_t flags, bytes *text,
                            size_t *length, brn_error *err)
{
    text->size = 0;
    brn_code code = brn_disassemble(data, size, flags, NULL, NULL, collect, text, length, err);
    put_byte(text, 0);
    text->size--;
    return code;
}

/* Nothing is wrong with it, and it prints so. */
static void expect_text(const void *data, size_t size, uint32_t flags, const char *expected)
{
    bytes text = {0};
    brn_error err;
    size_t length = 0;
    assert_int_equal(disassemble(data, size, flags, &text, &length, &err), BRN_OK);
    assert_int_equal(err.code, BRN_OK);
    assert_int_equal(length, size);
    assert_string_equal((char *)text.data, expected);
    bytes_free(&text);
}

/* ------------------------------------------------------------------------
 * What pickletools prints
 * ------------------------------------------------------------------------ */

static const char numbers[] = "\x80\x04\x95\x22\x00\x00\x00\x00\x00\x00\x00(\x8c\x03"
                              "ab'\x94h\x00"
                              "I01\nI5\nK\xffL7L\n\x8a\x02\x00\xff\x85"
                              "C\x02x\xffNNtq\x01.";

static void test_text(void **state)
{
    (void)state;
    expect_text(BYTES(numbers), 0,
                "    0: \\x80 PROTO      4\n"
                "    2: \\x95 FRAME      34\n"
                "   11: (    MARK\n"
                "   12: \\x8c     SHORT_BINUNICODE \"ab'\"\n"
                "   17: \\x94     MEMOIZE    (as 0)\n"
                "   18: h        BINGET     0\n"
                "   20: I        INT        True\n"
                "   24: I        INT        5\n"
                "   27: K        BININT1    255\n"
                "   29: L        LONG       7\n"
                "   33: \\x8a     LONG1      -256\n"
                "   37: \\x85     TUPLE1\n"
                "   38: C        SHORT_BINBYTES b'x\\xff'\n"
                "   42: N        NONE\n"
                "   43: N        NONE\n"
                "   44: t        TUPLE      (MARK at 11)\n"
                "   45: q    BINPUT     1\n"
                "   47: .    STOP\n"
                "highest protocol among opcodes = 4\n");
    expect_text(BYTES("cos\npath\n0(S'a\\x41b'\nVb\\u20ac\nF1.5\nU\x02x\xe9\x96\x01\x00\x00\x00\x00"
                      "\x00\x00\x00zl0(K\x01K\x02"
                      "1(0N."),
                0,
                "    0: c    GLOBAL     'os path'\n"
                "    9: 0    POP\n"
                "   10: (    MARK\n"
                "   11: S        STRING     'aAb'\n"
                "   21: V        UNICODE    'b\xe2\x82\xac'\n"
                "   30: F        FLOAT      1.5\n"
                "   35: U        SHORT_BINSTRING 'x\xc3\xa9'\n"
                "   39: \\x96     BYTEARRAY8 bytearray(b'z')\n"
                "   49: l        LIST       (MARK at 10)\n"
                "   50: 0    POP\n"
                "   51: (    MARK\n"
                "   52: K        BININT1    1\n"
                "   54: K        BININT1    2\n"
                "   56: 1        POP_MARK   (MARK at 51)\n"
                "   57: (    MARK\n"
                "   58: 0        POP        (MARK at 57)\n"
                "   59: N    NONE\n"
                "   60: .    STOP\n"
                "highest protocol among opcodes = 5\n");
    expect_text(BYTES("((Nt(im\nn\nG\x7f\xf0\x00\x00\x00\x00\x00\x00Pid\nI+12345678901234567890\n"
                      "\x82\x05\x84\x00\x01\x00\x00l."),
                0,
                "    0: (    MARK\n"
                "    1: (        MARK\n"
                "    2: N            NONE\n"
                "    3: t            TUPLE      (MARK at 1)\n"
                "    4: (        MARK\n"
                "    5: i            INST       'm n' (MARK at 4)\n"
                "   10: G        BINFLOAT   inf\n"
                "   19: P        PERSID     'id'\n"
                "   23: I        INT        12345678901234567890\n"
                "   46: \\x82     EXT1       5\n"
                "   48: \\x84     EXT4       256\n"
                "   53: l        LIST       (MARK at 0)\n"
                "   54: .    STOP\n"
                "highest protocol among opcodes = 2\n");
    /* Offsets of more than five digits. */
    bytes b = {0};
    put_byte(&b, 'B');
    put_number(&b, 100000, 4);
    put_fill(&b, 'x', 100000);
    put_words(&b, "0N.");
    bytes text = {0};
    size_t length;
    assert_int_equal(disassemble(b.data, b.size, 0, &text, &length, NULL), BRN_OK);
    assert_non_null(strstr((char *)text.data, "\n100005: 0    POP\n100006: N    NONE\n"));
    assert_memory_equal(text.data, "    0: B    BINBYTES   b'xxxx", 29);
    assert_true(text.size > 100100);
    bytes_free(&text);
    bytes_free(&b);
}

static void test_annotations(void **state)
{
    (void)state;
    /* A line that is longer than the column of the annotations moves them, up to a limit. */
    expect_text(
        BYTES("(\x8c\x05"
              "abcdeX\x1a\x00\x00\x00"
              "a name of twenty-six bytesK\x01t."),
        BRN_DIS_ANNOTATE,
        "    0: (    MARK                      Push a mark.\n"
        "    1: \\x8c     SHORT_BINUNICODE 'abcde' Push a str of up to 255 bytes of UTF-8.\n"
        "    8: X        BINUNICODE 'a name of twenty-six bytes' Push a str with a four-byte "
        "length.\n"
        "   39: K        BININT1    1                            Push an int of one "
        "unsigned byte.\n"
        "   41: t        TUPLE      (MARK at 0)                  Make all above the mark "
        "one tuple.\n"
        "   42: .    STOP                                        End the pickle; the top "
        "is its value.\n"
        "highest protocol among opcodes = 4\n");
}

static void test_json(void **state)
{
    (void)state;
    expect_text(
        BYTES(numbers), BRN_DIS_JSON,
        "{\"offset\": 0, \"opcode\": \"PROTO\", \"arg\": 4}\n"
        "{\"offset\": 2, \"opcode\": \"FRAME\", \"arg\": 34}\n"
        "{\"offset\": 11, \"opcode\": \"MARK\"}\n"
        "{\"offset\": 12, \"opcode\": \"SHORT_BINUNICODE\", \"arg\": \"ab'\"}\n"
        "{\"offset\": 17, \"opcode\": \"MEMOIZE\"}\n"
        "{\"offset\": 18, \"opcode\": \"BINGET\", \"arg\": 0}\n"
        "{\"offset\": 20, \"opcode\": \"INT\", \"arg\": true}\n"
        "{\"offset\": 24, \"opcode\": \"INT\", \"arg\": 5}\n"
        "{\"offset\": 27, \"opcode\": \"BININT1\", \"arg\": 255}\n"
        "{\"offset\": 29, \"opcode\": \"LONG\", \"arg\": 7}\n"
        "{\"offset\": 33, \"opcode\": \"LONG1\", \"arg\": -256}\n"
        "{\"offset\": 37, \"opcode\": \"TUPLE1\"}\n"
        "{\"offset\": 38, \"opcode\": \"SHORT_BINBYTES\", \"arg\": {\"$bytes\": \"eP8=\"}}\n"
        "{\"offset\": 42, \"opcode\": \"NONE\"}\n"
        "{\"offset\": 43, \"opcode\": \"NONE\"}\n"
        "{\"offset\": 44, \"opcode\": \"TUPLE\"}\n"
        "{\"offset\": 45, \"opcode\": \"BINPUT\", \"arg\": 1}\n"
        "{\"offset\": 47, \"opcode\": \"STOP\"}\n");
    expect_text(
        BYTES("(cos\npath\nS'\\xe9\"'\nV\\ud800\n\x96\x01\x00\x00\x00\x00\x00\x00\x00zFnan\nF1.5\n"
              "I00\nL12345678901234567890L\nt."),
        BRN_DIS_JSON,
        "{\"offset\": 0, \"opcode\": \"MARK\"}\n"
        "{\"offset\": 1, \"opcode\": \"GLOBAL\", \"arg\": \"os path\"}\n"
        "{\"offset\": 10, \"opcode\": \"STRING\", \"arg\": \"\xc3\xa9\\\"\"}\n"
        "{\"offset\": 19, \"opcode\": \"UNICODE\", \"arg\": {\"$utf8\": \"7aCA\"}}\n"
        "{\"offset\": 27, \"opcode\": \"BYTEARRAY8\", \"arg\": {\"$bytearray\": \"eg==\"}}\n"
        "{\"offset\": 37, \"opcode\": \"FLOAT\", \"arg\": {\"$float\": \"nan\"}}\n"
        "{\"offset\": 42, \"opcode\": \"FLOAT\", \"arg\": 1.5}\n"
        "{\"offset\": 47, \"opcode\": \"INT\", \"arg\": false}\n"
        "{\"offset\": 51, \"opcode\": \"LONG\", \"arg\": 12345678901234567890}\n"
        "{\"offset\": 74, \"opcode\": \"TUPLE\"}\n"
        "{\"offset\": 75, \"opcode\": \"STOP\"}\n");
}

/* ------------------------------------------------------------------------
 * Problems
 * ------------------------------------------------------------------------ */

typedef struct problem {
    const char *data;
    size_t size;
    brn_code code; /* of the first problem */
    uint64_t offset;
    size_t length; /* bytes disassembled; SIZE_MAX: all */
    size_t problems;
} problem;

#define E(name) BRN_ERROR_##name

static const problem problems[] = {
    {BYTES("N"), E(NO_STOP), 1, SIZE_MAX, 1},
    {BYTES(""), E(EMPTY), 0, SIZE_MAX, 1},
    {BYTES("\xff"), E(UNKNOWN_OPCODE), 0, 0, 1},
    {BYTES("NN\x00."), E(UNKNOWN_OPCODE), 2, 2, 1},
    {BYTES("N\x8c\x05"
           "ab"),
     E(TRUNCATED), 1, 2, 1},
    {BYTES("NJ\x01\x02"), E(TRUNCATED), 1, 2, 1},
    {BYTES("NVabc"), E(TRUNCATED), 1, 2, 1},
    {BYTES("cos\npath"), E(TRUNCATED), 0, 1, 1},
    {BYTES("\x8e\xff\xff\xff\xff\xff\xff\xff\xffx"), E(TRUNCATED), 0, 1, 1},
    {BYTES("T\xff\xff\xff\xff."), E(NEGATIVE_SIZE), 0, 1, 1},
    {BYTES("\x8b\xff\xff\xff\xff."), E(NEGATIVE_SIZE), 0, 1, 1},
    {BYTES("\x80\x07N."), E(PROTOCOL), 0, SIZE_MAX, 1},
    {BYTES("\x95\xff\x00\x00\x00\x00\x00\x00\x00N."), E(FRAME_TOO_LONG), 0, SIZE_MAX, 1},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00J\x01\x00\x00\x00."), E(FRAME_STRADDLED), 9,
     SIZE_MAX, 1},
    {BYTES("\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x95\x01\x00\x00\x00\x00\x00\x00\x00N."),
     E(FRAME_NESTED), 9, SIZE_MAX, 1},
    {BYTES("Iabc\n."), E(INT_TEXT), 0, SIZE_MAX, 1},
    {BYTES("L1x\n."), E(INT_TEXT), 0, SIZE_MAX, 1},
    {BYTES("Fabc\n."), E(FLOAT_TEXT), 0, SIZE_MAX, 1},
    {BYTES("S'abc\n."), E(STRING_QUOTES), 0, SIZE_MAX, 1},
    {BYTES("S'\\x'\n."), E(STRING_ESCAPE), 0, SIZE_MAX, 1},
    {BYTES("V\\u1\n."), E(UNICODE_ESCAPE), 0, SIZE_MAX, 1},
    {BYTES("\x8c\x01\xff."), E(UTF8), 0, SIZE_MAX, 1},
    {BYTES("c\xff\nx\n."), E(UTF8), 0, SIZE_MAX, 1},
    {BYTES("c\nx\n."), E(EMPTY_NAME), 0, SIZE_MAX, 1},
    {BYTES("(i\nx\n."), E(EMPTY_NAME), 1, SIZE_MAX, 1},
    {BYTES("P\xe9\n."), E(PERSID_TEXT), 0, SIZE_MAX, 1},
    {BYTES("\x82\x00."), E(EXT_CODE), 0, SIZE_MAX, 1},
    {BYTES("\x84\xff\xff\xff\xff."), E(EXT_CODE), 0, SIZE_MAX, 1},
    {BYTES("."), E(STACK_UNDERFLOW), 0, SIZE_MAX, 1},
    {BYTES("Na."), E(STACK_UNDERFLOW), 1, SIZE_MAX, 1},
    {BYTES("(o."), E(STACK_UNDERFLOW), 1, SIZE_MAX, 1},
    {BYTES("q\x05N."), E(STACK_UNDERFLOW), 0, SIZE_MAX, 1},
    {BYTES("(."), E(MARK_ON_TOP), 1, SIZE_MAX, 1},
    {BYTES("N((e."), E(MARK_ON_TOP), 3, SIZE_MAX, 1},
    {BYTES("tN."), E(NO_MARK), 0, SIZE_MAX, 1},
    {BYTES("h\x05."), E(MEMO_MISSING), 0, SIZE_MAX, 1},
    {BYTES("(h\x05g9\nj\x01\x00\x00\x00t."), E(MEMO_MISSING), 1, SIZE_MAX, 3},
    {BYTES("Np-1\n."), E(MEMO_INDEX), 1, SIZE_MAX, 1},
    {BYTES("g99999999999999999999\n."), E(MEMO_INDEX), 0, SIZE_MAX, 1},
    {BYTES("Npx\n."), E(INT_TEXT), 1, SIZE_MAX, 1},
    {BYTES("}(Nu."), E(ODD_ITEMS), 3, SIZE_MAX, 1},
    {BYTES("(Nd."), E(ODD_ITEMS), 2, SIZE_MAX, 1},
    /* Two things wrong with one opcode: the same one is named first. */
    {BYTES("p1"), E(TRUNCATED), 0, 1, 1},
    {BYTES("px\nN."), E(INT_TEXT), 0, SIZE_MAX, 1},
    {BYTES("p-1\nN."), E(MEMO_INDEX), 0, SIZE_MAX, 1},
    {BYTES("q"), E(TRUNCATED), 0, 1, 1},
    {BYTES("r\x01\x00"), E(TRUNCATED), 0, 1, 1},
    {BYTES("N(Nu."), E(ODD_ITEMS), 3, SIZE_MAX, 1},
    {BYTES("(Nu."), E(STACK_UNDERFLOW), 2, SIZE_MAX, 1},
    {BYTES("((Nu."), E(MARK_ON_TOP), 3, SIZE_MAX, 1},
    {BYTES("((o."), E(MARK_ON_TOP), 2, SIZE_MAX, 1},
    {BYTES("ix\n\n."), E(EMPTY_NAME), 0, SIZE_MAX, 1},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00Ix\nN."), E(FRAME_STRADDLED), 9, SIZE_MAX, 1},
    {BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00Ix"), E(TRUNCATED), 9, 10, 1},
    {BYTES("\x95\x01\x00\x00\x00\x00\x00\x00\x00Ix"), E(FRAME_STRADDLED), 9, 10, 1},
    {BYTES("\x95\x01\x00\x00\x00\x00\x00\x00\x00\x82\x00."), E(FRAME_STRADDLED), 9, SIZE_MAX, 1},
    {BYTES("\x95\x03\x00\x00\x00\x00\x00\x00\x00T\xff\xff\xff\xff."), E(FRAME_STRADDLED), 9, 10, 1},
    {BYTES("\x95\x03\x00\x00\x00\x00\x00\x00\x00\x8c\x05"
           "a"),
     E(FRAME_STRADDLED), 9, 10, 1},
    {BYTES("\x95\x01\x00\x00\x00\x00\x00\x00\x00\x80\x07N."), E(FRAME_STRADDLED), 9, SIZE_MAX, 1},
    /* One after another: the first one counts, all are shown. */
    {BYTES("Iabc\nh\x05\x86\x82\x00\x86."), E(INT_TEXT), 0, SIZE_MAX, 3},
};

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static void test_problems(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(problems); i++) {
        const problem *p = &problems[i];
        bytes text = {0};
        brn_error err;
        size_t length = 99;
        brn_code code = disassemble(p->data, p->size, 0, &text, &length, &err);
        size_t shown = count_of((char *)text.data, "\n       ^ error ");
        shown += strncmp((char *)text.data, "       ^ error ", 15) == 0;
        if (code != p->code || err.offset != p->offset || shown != p->problems)
            fail_msg("problems[%zu] is %s at %d, %zu are shown:\n%s", i, brn_code_name(code),
                     (int)err.offset, shown, (char *)text.data);
        assert_int_equal(err.code, code);
        assert_int_equal(length, p->length == SIZE_MAX ? p->size : p->length);
        char line[64];
        (void)snprintf(line, sizeof line, "       ^ error %d (%s): ", (int)code,
                       brn_code_name(code));
        assert_non_null(strstr((char *)text.data, line));
        assert_non_null(strstr((char *)text.data, "highest protocol among opcodes = "));
        /* Loading refuses the same thing in the same place. */
        brn_error refused;
        assert_int_equal(brn_events(p->data, p->size, NULL, NULL, NULL, NULL, NULL, &refused),
                         code);
        assert_int_equal(refused.offset, err.offset);
        assert_int_equal(refused.opcode, err.opcode);
        /* JSON has the same problems. */
        assert_int_equal(disassemble(p->data, p->size, BRN_DIS_JSON, &text, &length, NULL), code);
        assert_int_equal(count_of((char *)text.data, ", \"error\": "), p->problems);
        (void)snprintf(line, sizeof line, ", \"error\": %d, \"message\": \"", (int)code);
        assert_non_null(strstr((char *)text.data, line));
        bytes_free(&text);
    }
}

static void test_problem_text(void **state)
{
    (void)state;
    static const char pickle[] = "(Nh\x05K\x01Iabc\nNa.";
    bytes text = {0};
    brn_error err;
    size_t length;
    assert_int_equal(disassemble(BYTES(pickle), 0, &text, &length, &err), E(MEMO_MISSING));
    assert_string_equal((char *)text.data,
                        "    0: (    MARK\n"
                        "    1: N        NONE\n"
                        "    2: h        BINGET     5\n"
                        "       ^ error 43 (MEMO_MISSING): nothing is stored under 5\n"
                        "    4: K        BININT1    1\n"
                        "    6: I        INT        b'abc'\n"
                        "       ^ error 20 (INT_TEXT): A number in text is not decimal.\n"
                        "   11: N        NONE\n"
                        "   12: a        APPEND\n"
                        "   13: .        STOP\n"
                        "highest protocol among opcodes = 1\n"
                        "note: 3 values are left on the stack after STOP\n");
    assert_int_equal(err.offset, 2);
    assert_int_equal(err.opcode, 'h');
    assert_string_equal(err.message, "nothing is stored under 5");
    assert_int_equal(disassemble(BYTES(pickle), BRN_DIS_JSON, &text, &length, &err),
                     E(MEMO_MISSING));
    assert_string_equal((char *)text.data,
                        "{\"offset\": 0, \"opcode\": \"MARK\"}\n"
                        "{\"offset\": 1, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 2, \"opcode\": \"BINGET\", \"arg\": 5, \"error\": 43, "
                        "\"message\": \"nothing is stored under 5\"}\n"
                        "{\"offset\": 4, \"opcode\": \"BININT1\", \"arg\": 1}\n"
                        "{\"offset\": 6, \"opcode\": \"INT\", \"arg\": {\"$bytes\": \"YWJj\"}, "
                        "\"error\": 20, \"message\": \"A number in text is not decimal.\"}\n"
                        "{\"offset\": 11, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 12, \"opcode\": \"APPEND\"}\n"
                        "{\"offset\": 13, \"opcode\": \"STOP\"}\n");
    assert_int_equal(disassemble(BYTES("NN\xff"), 0, &text, &length, &err), E(UNKNOWN_OPCODE));
    assert_string_equal((char *)text.data,
                        "    0: N    NONE\n"
                        "    1: N    NONE\n"
                        "    2: \\xff\n"
                        "       ^ error 4 (UNKNOWN_OPCODE): byte 0xff is no opcode\n"
                        "highest protocol among opcodes = 0\n");
    assert_int_equal(disassemble(BYTES("NN\xff"), BRN_DIS_JSON, &text, &length, &err),
                     E(UNKNOWN_OPCODE));
    assert_string_equal((char *)text.data,
                        "{\"offset\": 0, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 1, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 2, \"opcode\": null, \"error\": 4, \"message\": "
                        "\"byte 0xff is no opcode\"}\n");
    /* No opcode is to blame for the end of the data. */
    assert_int_equal(disassemble(BYTES("N"), BRN_DIS_JSON, &text, &length, &err), E(NO_STOP));
    assert_string_equal((char *)text.data,
                        "{\"offset\": 0, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 1, \"opcode\": null, \"error\": 2, \"message\": "
                        "\"The input ends before the STOP opcode.\"}\n");
    assert_int_equal(disassemble(BYTES(""), BRN_DIS_JSON, &text, &length, &err), E(EMPTY));
    assert_string_equal((char *)text.data,
                        "{\"offset\": 0, \"opcode\": null, \"error\": 3, \"message\": "
                        "\"There are no bytes at all.\"}\n");
    /* What is left on the stack is no reason to refuse: loading takes it. */
    assert_int_equal(disassemble(BYTES("NN."), 0, &text, &length, &err), BRN_OK);
    assert_non_null(strstr((char *)text.data, "note: 1 value is left on the stack after STOP\n"));
    bytes_free(&text);
}

/* ------------------------------------------------------------------------
 * Where it ends
 * ------------------------------------------------------------------------ */

typedef struct narrow {
    size_t room;
    size_t used;
    size_t refusals;
} narrow;

static bool take_some(void *ctx, const void *data, size_t size)
{
    narrow *n = ctx;
    (void)data;
    if (size > n->room - n->used) {
        n->refusals++;
        return false;
    }
    n->used += size;
    return true;
}

/* Whenever the sink gives up, that is what is said, and it is not asked again. */
static void test_sink_fails(void **state)
{
    (void)state;
    bytes b = {0};
    for (int i = 0; i < 20000; i++)
        put_words(&b, "N0");
    put_words(&b, "N.");
    static const size_t rooms[] = {0, 1, 65535, 65536, 100000, 200000, 600000};
    for (size_t r = 0; r < LENGTH_OF(rooms); r++) {
        for (uint32_t flags = 0; flags < 4; flags++) {
            narrow n = {rooms[r], 0, 0};
            brn_error err;
            brn_code code =
                brn_disassemble(b.data, b.size, flags, NULL, NULL, take_some, &n, NULL, &err);
            assert_int_equal(code, BRN_ERROR_WRITE);
            assert_int_equal(err.code, BRN_ERROR_WRITE);
            assert_int_equal(err.opcode, -1);
            assert_int_equal(n.refusals, 1);
        }
    }
    narrow n = {SIZE_MAX, 0, 0};
    assert_int_equal(brn_disassemble(b.data, b.size, 0, NULL, NULL, take_some, &n, NULL, NULL),
                     BRN_OK);
    bytes_free(&b);
}

static void test_several(void **state)
{
    (void)state;
    bytes text = {0};
    size_t length = 0;
    assert_int_equal(disassemble(BYTES("N.K\x01."), 0, &text, &length, NULL), BRN_OK);
    assert_int_equal(length, 2);
    assert_string_equal((char *)text.data, "    0: N    NONE\n    1: .    STOP\n"
                                           "highest protocol among opcodes = 0\n");
    bytes_free(&text);
    assert_int_equal(brn_disassemble(NULL, 0, 0, NULL, NULL, collect, &text, NULL, NULL),
                     BRN_ERROR_EMPTY);
    bytes_free(&text);
}

static void test_limits(void **state)
{
    (void)state;
    bytes text = {0};
    brn_options options = BRN_OPTIONS_INIT;
    brn_error err;
    size_t length;
    options.max_digits = 20;
    assert_int_equal(brn_disassemble(BYTES("I-12345678901234567890\n."), 0, &options, NULL, collect,
                                     &text, &length, &err),
                     BRN_OK);
    assert_int_equal(brn_disassemble(BYTES("I123456789012345678901\n."), 0, &options, NULL, collect,
                                     &text, &length, &err),
                     BRN_ERROR_LIMIT_DIGITS);
    assert_int_equal(length, 24);
    options.max_digits = 0;
    options.max_input = 3;
    assert_int_equal(
        brn_disassemble(BYTES("NN\x86."), 0, &options, NULL, collect, &text, &length, &err),
        BRN_ERROR_LIMIT_INPUT);
    assert_int_equal(err.offset, 3);
    assert_int_equal(length, 3);
    assert_int_equal(brn_disassemble(BYTES("NJ\x01\x02\x03\x04."), 0, &options, NULL, collect,
                                     &text, &length, &err),
                     BRN_ERROR_LIMIT_INPUT);
    assert_int_equal(err.offset, 1);
    options.max_input = 4;
    assert_int_equal(
        brn_disassemble(BYTES("NN\x86."), 0, &options, NULL, collect, &text, &length, &err),
        BRN_OK);
    bytes_free(&text);
}

/* Deeper than this nothing is indented further: the text follows the pickle's size. */
static void test_depth(void **state)
{
    (void)state;
    bytes b = {0};
    bytes text = {0};
    put_fill(&b, '(', 5000);
    put_byte(&b, 'N');
    put_fill(&b, 't', 5000);
    put_byte(&b, '.');
    assert_int_equal(disassemble(b.data, b.size, 0, &text, NULL, NULL), BRN_OK);
    assert_true(text.size < b.size * (4 * 1000 + 50));
    const char *line = (char *)text.data;
    for (size_t i = 0; i < 5000; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "%5d: (", (int)i);
        assert_memory_equal(line, expected, 8);
        size_t indent = strspn(line + 8, " ");
        assert_int_equal(indent, 4 + 4 * (i < 1000 ? i : 1000));
        assert_memory_equal(line + 8 + indent, "MARK\n", 5);
        line = strchr(line, '\n') + 1;
    }
    bytes_free(&text);
    bytes_free(&b);
}

/* The opcode that spends a budget is the last; what else is wrong with it is not said. */
static void test_spent(void **state)
{
    (void)state;
    bytes text = {0};
    brn_options options = BRN_OPTIONS_INIT;
    brn_error err;
    size_t length;
    options.max_stack = 2;
    static const char deep[] = "NN\x8c\x01\xffNN.";
    assert_int_equal(brn_disassemble(BYTES(deep), 0, &options, NULL, collect, &text, &length, &err),
                     BRN_ERROR_LIMIT_STACK);
    assert_int_equal(err.offset, 2);
    assert_int_equal(length, 5);
    put_byte(&text, 0);
    assert_string_equal((char *)text.data,
                        "    0: N    NONE\n"
                        "    1: N    NONE\n"
                        "    2: \\x8c SHORT_BINUNICODE '\\xff'\n"
                        "       ^ error 84 (LIMIT_STACK): more than 2 values on the stack\n"
                        "highest protocol among opcodes = 4\n");
    text.size = 0;
    assert_int_equal(brn_disassemble(BYTES("K\x01K\x02K\x03K\x04."), 0, &options, NULL, collect,
                                     &text, &length, &err),
                     BRN_ERROR_LIMIT_STACK);
    put_byte(&text, 0);
    assert_string_equal((char *)text.data,
                        "    0: K    BININT1    1\n"
                        "    2: K    BININT1    2\n"
                        "    4: K    BININT1    3\n"
                        "       ^ error 84 (LIMIT_STACK): more than 2 values on the stack\n"
                        "highest protocol among opcodes = 1\n");
    assert_int_equal(length, 6);
    text.size = 0;
    options.max_stack = 0;
    options.max_memo = 2;
    static const char memo[] = "q\x05Nq\x07q\x07q\x08h\x08.";
    assert_int_equal(
        brn_disassemble(BYTES(memo), BRN_DIS_JSON, &options, NULL, collect, &text, &length, &err),
        BRN_ERROR_STACK_UNDERFLOW);
    assert_int_equal(err.offset, 0);
    put_byte(&text, 0);
    assert_string_equal((char *)text.data,
                        "{\"offset\": 0, \"opcode\": \"BINPUT\", \"arg\": 5, \"error\": 40, "
                        "\"message\": \"the opcode needs 1 values, the stack has 0\"}\n"
                        "{\"offset\": 2, \"opcode\": \"NONE\"}\n"
                        "{\"offset\": 3, \"opcode\": \"BINPUT\", \"arg\": 7}\n"
                        "{\"offset\": 5, \"opcode\": \"BINPUT\", \"arg\": 7}\n"
                        "{\"offset\": 7, \"opcode\": \"BINPUT\", \"arg\": 8, \"error\": 88, "
                        "\"message\": \"the memo holds as many values as allowed\"}\n");
    assert_int_equal(length, 9);
    /* Without memory the text ends, and that is the answer, whatever was wrong before. */
    bytes b = {0};
    put_words(&b, "h\x05");
    put_fill(&b, '(', 10000);
    options.max_memo = 0;
    options.max_memory = 100000;
    assert_int_equal(
        brn_disassemble(b.data, b.size, 0, &options, NULL, collect, &text, &length, &err),
        BRN_ERROR_LIMIT_MEMORY);
    assert_int_equal(err.code, BRN_ERROR_LIMIT_MEMORY);
    assert_int_equal(err.offset, length);
    assert_in_range(length, 1000, 9000);
    bytes_free(&b);
    bytes_free(&text);
}

/* In JSON, decimal as long as Python would print it so. */
static void test_long_ints(void **state)
{
    (void)state;
    static const struct {
        size_t digits; /* nines */
        bool more;     /* and one added to them */
        bool tagged;
    } ints[] = {{19, false, false},  {4299, false, false}, {4300, false, false},
                {4300, true, true},  {4301, false, true},  {4304, false, true},
                {4308, false, true}, {9000, false, true}};
    for (size_t i = 0; i < LENGTH_OF(ints); i++) {
        bytes expected = {0};
        put_fill(&expected, '9', ints[i].digits);
        bytes decimal = {0};
        put_byte(&decimal, 'I');
        put(&decimal, expected.data, expected.size);
        put_words(&decimal, "\n.");
        brn_options options = BRN_OPTIONS_INIT;
        options.max_digits = BRN_UNLIMITED;
        brn_doc *doc = read_ok(decimal.data, decimal.size, &options);
        uint8_t number[4000] = {0};
        size_t size;
        const uint8_t *digits = brn_bigint(brn_root(doc), &size);
        assert_in_range(size, 1, sizeof number - 3);
        memcpy(number, digits, size);
        for (size_t k = 0; ints[i].more && ++number[k] == 0; k++)
            ;
        brn_free(doc);
        bytes_free(&decimal);
        bytes pickle = {0};
        put_byte(&pickle, 0x8b);
        put_number(&pickle, size + 3, 4);
        /* Bytes that only repeat the sign make it no longer. */
        put(&pickle, number, size + 3);
        put_byte(&pickle, '.');
        bytes text = {0};
        assert_int_equal(disassemble(pickle.data, pickle.size, BRN_DIS_JSON, &text, NULL, NULL),
                         BRN_OK);
        const char *arg = strstr((char *)text.data, "\"arg\": ") + 7;
        if (ints[i].tagged) {
            assert_memory_equal(arg, "{\"$int\": \"0x", 12);
            assert_non_null(strchr(arg, '}'));
        } else {
            assert_memory_equal(arg, expected.data, expected.size);
            assert_int_equal(arg[expected.size], '}');
        }
        bytes_free(&text);
        bytes_free(&pickle);
        bytes_free(&expected);
    }
}

/* Every file of the corpus, all pickles in it, in every form; offsets are those of the events. */
typedef struct follow {
    const char *at;
} follow;

static bool next_offset(void *ctx, const brn_event *event)
{
    follow *f = ctx;
    char line[64];
    (void)snprintf(line, sizeof line, "{\"offset\": %llu, \"opcode\": \"%s\"",
                   (unsigned long long)event->offset, event->name);
    if (event->begin > 0)
        return true;
    assert_memory_equal(f->at, line, strlen(line));
    f->at = strchr(f->at, '\n') + 1;
    return true;
}

static void test_corpus(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        const corpus_file *file = &c.files[i];
        for (size_t begin = 0; begin < file->size;) {
            bytes text = {0};
            size_t length = 0;
            for (uint32_t flags = 0; flags < 3; flags++) {
                assert_int_equal(disassemble(file->data + begin, file->size - begin, flags, &text,
                                             &length, NULL),
                                 BRN_OK);
                assert_null(strstr((char *)text.data, "^ error"));
            }
            follow f = {(char *)text.data};
            assert_int_equal(brn_events(file->data + begin, file->size - begin, NULL, NULL,
                                        next_offset, &f, NULL, NULL),
                             BRN_OK);
            assert_int_equal(*f.at, '\0');
            bytes_free(&text);
            begin += length;
        }
    }
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_annotations),
        cmocka_unit_test(test_json),         cmocka_unit_test(test_problems),
        cmocka_unit_test(test_problem_text), cmocka_unit_test(test_sink_fails),
        cmocka_unit_test(test_several),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_corpus),       cmocka_unit_test(test_spent),
        cmocka_unit_test(test_long_ints),    cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
