/*
 * test_read.c - from bytes to a document: every opcode with the exact value it makes,
 * sharing, memo, frames, large text, what was done to objects, and what was
 * changed too late.
 */
#include "support.h"

/* A value by its place, and whether two places hold the same object. */
static const brn_val *at(const brn_doc *doc, size_t index)
{
    return brn_at(brn_root(doc), index);
}

/* ------------------------------------------------------------------------
 * Every opcode
 * ------------------------------------------------------------------------ */

typedef struct reading {
    const char *opcode; /* that this is about */
    const char *data;
    size_t size;
    const char *text;
} reading;

#define CLASS "cm\nC\n"

static const reading opcodes[] = {
    {"INT", BYTES("(I0\nI1\nI-1\nI+7\nI00\nI01\nI-0\nl."), "[0, 1, -1, 7, False, True, 0]"},
    {"INT", BYTES("(I9223372036854775807\nI-9223372036854775807\nI-9223372036854775808\nl."),
     "[9223372036854775807, -9223372036854775807, -9223372036854775808]"},
    {"INT", BYTES("I9223372036854775808\n."), "int:000000000000008000"},
    {"INT", BYTES("I-9223372036854775809\n."), "int:ffffffffffffff7fff"},
    {"BININT", BYTES("(J\x01\x02\x03\x04J\xff\xff\xff\xffJ\x00\x00\x00\x80J\xff\xff\xff\x7fl."),
     "[67305985, -1, -2147483648, 2147483647]"},
    {"BININT1", BYTES("(K\x00K\xffl."), "[0, 255]"},
    {"BININT2", BYTES("(M\x00\x00M\x01\x02M\xff\xffl."), "[0, 513, 65535]"},
    {"LONG", BYTES("(L0L\nL-5L\nL5\nL18446744073709551616L\nl."),
     "[0, -5, 5, int:000000000000000001]"},
    {"LONG", BYTES("L-1267650600228229401496703205376L\n."), "int:000000000000000000000000f0"},
    {"LONG1", BYTES("(\x8a\x00\x8a\x01\x00\x8a\x01\xff\x8a\x02\xff\x00\x8a\x03\xff\xff\x7fl."),
     "[0, 0, -1, 255, 8388607]"},
    {"LONG1", BYTES("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."), "-9223372036854775808"},
    {"LONG1", BYTES("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00."), "int:000000000000008000"},
    {"LONG1", BYTES("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\xff."), "-9223372036854775808"},
    {"LONG1", BYTES("\x8a\x0c\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00."),
     "int:010000000000000001"},
    {"LONG1", BYTES("\x8a\x0c\x01\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff."),
     "int:0100000000000000fe"},
    {"LONG4", BYTES("(\x8b\x00\x00\x00\x00\x8b\x01\x00\x00\x00\x80l."), "[0, -128]"},
    {"LONG4", BYTES("\x8b\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x80\x00."),
     "int:01000000000000008000"},
    {"STRING", BYTES("(S''\nS'abc'\nS\"it's\"\nS'a\"b'\nl."),
     "[p'', p'abc', p'it\\x27s', p'a\"b']"},
    {"STRING", BYTES("S'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'\n."),
     "p'\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b\\x5c\\x27\"'"},
    {"STRING", BYTES("S'\\0\\7\\12\\101\\777\\8\\x41\\xe9\\z'\n."),
     "p'\\x00\\x07\\x0aA\\xff\\x5c8A\\xe9\\x5cz'"},
    {"STRING", BYTES("S'\xe9'\n."), "p'\\xe9'"},
    {"BINSTRING", BYTES("(T\x00\x00\x00\x00T\x03\x00\x00\x00\x00\xff.l."), "[p'', p'\\x00\\xff.']"},
    {"SHORT_BINSTRING",
     BYTES("(U\x00U\x03"
           "a\nbl."),
     "[p'', p'a\\x0ab']"},
    {"BINBYTES",
     BYTES("(B\x00\x00\x00\x00"
           "B\x02\x00\x00\x00\xff.l."),
     "[b'', b'\\xff.']"},
    {"SHORT_BINBYTES",
     BYTES("(C\x00"
           "C\x02.\x00l."),
     "[b'', b'.\\x00']"},
    {"BINBYTES8",
     BYTES("\x8e\x03\x00\x00\x00\x00\x00\x00\x00"
           "abc."),
     "b'abc'"},
    {"BYTEARRAY8",
     BYTES("(\x96\x00\x00\x00\x00\x00\x00\x00\x00\x96\x03\x00\x00\x00\x00\x00\x00\x00"
           "abcl."),
     "[ba'', ba'abc']"},
    {"NEXT_BUFFER", BYTES("(\x97\x97\x97l."), "[buf(0), buf(1), buf(2)]"},
    {"READONLY_BUFFER", BYTES("(\x97\x98\x97l."), "[buf(0, ro), buf(1)]"},
    /* Once more changes nothing, and bytes are read-only anyway. */
    {"READONLY_BUFFER",
     BYTES("(\x97\x98\x98"
           "C\x01x\x98l."),
     "[buf(0, ro), b'x']"},
    {"NONE", BYTES("N."), "None"},
    {"NEWTRUE", BYTES("\x88."), "True"},
    {"NEWFALSE", BYTES("\x89."), "False"},
    {"UNICODE", BYTES("(V\nVabc\nV\\u00e9\\u20ac\\U0001f600\nl."),
     "['', 'abc', '\\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80']"},
    /* Latin-1 outside of escapes; other backslashes stay. */
    {"UNICODE", BYTES("V\xe9\\n\\\\u0041\\x41\\\n."),
     "'\\xc3\\xa9\\x5cn\\x5c\\x5cu0041\\x5cx41\\x5c'"},
    {"UNICODE", BYTES("V\\ud83d\\ude00\n."), "'\\xed\\xa0\\xbd\\xed\\xb8\\x80'"},
    {"SHORT_BINUNICODE",
     BYTES("(\x8c\x00\x8c\x03"
           "abc\x8c\x02\xc3\xa9l."),
     "['', 'abc', '\\xc3\\xa9']"},
    {"BINUNICODE",
     BYTES("X\x06\x00\x00\x00"
           "a\xed\xa0\x80\x00z."),
     "'a\\xed\\xa0\\x80\\x00z'"},
    {"BINUNICODE8", BYTES("\x8d\x04\x00\x00\x00\x00\x00\x00\x00\xf4\x8f\xbf\xbf."),
     "'\\xf4\\x8f\\xbf\\xbf'"},
    {"FLOAT", BYTES("(F0\nF-0.0\nF1.5\nF-2.5e-3\nF1e16\nF1E+2\nF.5\nF5.\nl."),
     "[f:0x0p+0, f:-0x0p+0, f:0x1.8p+0, f:-0x1.47ae147ae147bp-9, f:0x1.1c37937e08p+53, "
     "f:0x1.9p+6, f:0x1p-1, f:0x1.4p+2]"},
    {"FLOAT", BYTES("(Finf\nF-inf\nFnan\nFInfinity\nF1e-400\nF4.9e-324\nl."),
     "[f:inf, f:-inf, nan:7ff8000000000000, f:inf, f:0x0p+0, f:0x0.0000000000001p-1022]"},
    {"FLOAT", BYTES("(F0.1\nF1.7976931348623157e+308\nF2.2250738585072011e-308\nl."),
     "[f:0x1.999999999999ap-4, f:0x1.fffffffffffffp+1023, f:0x0.fffffffffffffp-1022]"},
    {"BINFLOAT",
     BYTES("(G\x3f\xf8\x00\x00\x00\x00\x00\x00G\x80\x00\x00\x00\x00\x00\x00\x00"
           "G\x7f\xf0\x00\x00\x00\x00\x00\x00G\xff\xf8\x00\x00\x00\x00\x00\x01l."),
     "[f:0x1.8p+0, f:-0x0p+0, f:inf, nan:fff8000000000001]"},
    {"EMPTY_LIST", BYTES("]."), "[]"},
    {"APPEND",
     BYTES("]K\x01"
           "aK\x02"
           "a."),
     "[1, 2]"},
    {"APPENDS",
     BYTES("](K\x01K\x02"
           "e(e(K\x03"
           "e."),
     "[1, 2, 3]"},
    {"LIST", BYTES("((lK\x01l."), "[[], 1]"},
    {"EMPTY_TUPLE", BYTES(")."), "()"},
    {"TUPLE", BYTES("((tK\x01(K\x02tt."), "((), 1, (2,))"},
    {"TUPLE1", BYTES("N\x85."), "(None,)"},
    {"TUPLE2", BYTES("NK\x01\x86."), "(None, 1)"},
    {"TUPLE3", BYTES("NK\x01K\x02\x87."), "(None, 1, 2)"},
    {"EMPTY_DICT", BYTES("}."), "{}"},
    {"DICT", BYTES("(K\x01NK\x02(dd."), "{1: None, 2: {}}"},
    {"SETITEM", BYTES("}K\x01NsK\x02\x88sK\x01\x89s."), "{1: False, 2: True}"},
    {"SETITEMS", BYTES("}(K\x01NK\x02\x88u(u(K\x03)u."), "{1: None, 2: True, 3: ()}"},
    {"EMPTY_SET", BYTES("\x8f."), "set{}"},
    {"ADDITEMS", BYTES("\x8f(K\x01K\x02K\x01\x90(\x90(K\x02K\x03\x90."), "set{1, 2, 3}"},
    {"FROZENSET", BYTES("((\x91K\x01K\x01\x91."), "fs{fs{}, 1}"},
    {"POP",
     BYTES("NK\x01"
           "0."),
     "None"},
    {"POP", BYTES("N(0."), "None"},
    {"POP", BYTES("N((00K\x01\x86."), "(None, 1)"},
    {"DUP", BYTES("]2\x86."), "([], [])"},
    {"MARK", BYTES("((K\x01tt."), "((1,),)"},
    {"POP_MARK",
     BYTES("N(K\x01K\x02"
           "1."),
     "None"},
    {"POP_MARK", BYTES("N(1."), "None"},
    {"GET", BYTES("K\x05p7\n0g7\n."), "5"},
    {"BINGET",
     BYTES("K\x05q\xff"
           "0h\xff."),
     "5"},
    {"LONG_BINGET",
     BYTES("K\x05r\xff\xff\xff\xff"
           "0j\xff\xff\xff\xff."),
     "5"},
    {"PUT", BYTES("K\x05p9223372036854775807\n0g9223372036854775807\n."), "5"},
    /* 00 and 01 are bools in INT only. */
    {"PUT", BYTES("K\x05p01\n0g1\n."), "5"},
    {"BINPUT", BYTES("(K\x05q\x00K\x06q\x00h\x00l."), "[5, 6, 6]"},
    {"LONG_BINPUT", BYTES("(K\x05r\x00\x00\x01\x00j\x00\x00\x01\x00l."), "[5, 5]"},
    {"MEMOIZE", BYTES("(K\x05\x94K\x06\x94h\x01h\x00l."), "[5, 6, 6, 5]"},
    {"EXT1", BYTES("(\x82\x01\x82\xffl."), "[ext(1), ext(255)]"},
    {"EXT2", BYTES("\x83\x00\x01."), "ext(256)"},
    {"EXT4", BYTES("\x84\xff\xff\xff\x7f."), "ext(2147483647)"},
    {"GLOBAL", BYTES("cos.path\njoin\n."), "g:os.path.join"},
    {"GLOBAL", BYTES("cm\xc3\xa9\nA.b c\n."), "g:m\xc3\xa9.A.b c"},
    {"STACK_GLOBAL", BYTES("\x8c\x02os\x8c\x06system\x93."), "g:os.system"},
    {"STACK_GLOBAL", BYTES("\x8c\x00\x8c\x00\x93."), "g:."},
    /* Who calls may be given anything for a str. */
    {"STACK_GLOBAL", BYTES("Pid\n\x8c\x01x\x93."), "g:pid('id').x"},
    {"REDUCE", BYTES(CLASS "NK\x01\x86R."), "call(g:m.C, (None, 1))"},
    {"REDUCE", BYTES(CLASS ")R)R."), "call(call(g:m.C, ()), ())"},
    {"REDUCE", BYTES("\x82\x01)R."), "call(ext(1), ())"},
    {"REDUCE", BYTES("Pf\n)R."), "call(pid('f'), ())"},
    /* The result of a call may be a tuple. */
    {"REDUCE", BYTES(CLASS CLASS ")RR."), "call(g:m.C, call(g:m.C, ()))"},
    {"BUILD", BYTES(CLASS ")\x81}\x8c\x01xK\x01sb."), "obj(g:m.C, ())!state({'x': 1})"},
    {"BUILD", BYTES(CLASS "Nb."), "g:m.C!state(None)"},
    {"INST", BYTES("(im\nC\n."), "obj(g:m.C, ())"},
    {"INST", BYTES("(K\x01K\x02im\nC\n."), "obj(g:m.C, (1, 2))"},
    {"OBJ", BYTES("(" CLASS "o."), "obj(g:m.C, ())"},
    {"OBJ", BYTES("(" CLASS "K\x01K\x02o."), "obj(g:m.C, (1, 2))"},
    {"NEWOBJ", BYTES(CLASS "K\x01\x85\x81."), "obj(g:m.C, (1,))"},
    {"NEWOBJ_EX", BYTES(CLASS ")}\x8c\x01kNs\x92."), "obj(g:m.C, (), {'k': None})"},
    {"NEWOBJ_EX", BYTES(CLASS ")}\x92."), "obj(g:m.C, (), {})"},
    {"PROTO", BYTES("\x80\x00\x80\x05\x80\x02N."), "None"},
    {"STOP", BYTES("NK\x01.N"), "1"},
    {"FRAME", BYTES("\x95\x02\x00\x00\x00\x00\x00\x00\x00N."), "None"},
    {"PERSID", BYTES("(Pabc\nP\nl."), "[pid('abc'), pid('')]"},
    {"BINPERSID", BYTES("(K\x01\x8c\x01z\x86Q]Ql."), "[pid((1, 'z')), pid([])]"},
};

static bool mark_opcode(void *ctx, const brn_event *event)
{
    bool *used = ctx;
    used[event->opcode] = true;
    return true;
}

static void test_opcodes(void **state)
{
    (void)state;
    bool about[256] = {false};
    for (size_t i = 0; i < LENGTH_OF(opcodes); i++) {
        const reading *r = &opcodes[i];
        bool used[256] = {false};
        brn_error err;
        brn_doc *doc = brn_read(r->data, r->size, NULL, NULL, &err);
        assert_int_equal(brn_events(r->data, r->size, NULL, NULL, mark_opcode, used, NULL, NULL),
                         BRN_OK);
        if (!doc)
            fail_msg("opcodes[%zu], %s: %s at %d: %s", i, r->opcode, brn_code_name(err.code),
                     (int)err.offset, err.message);
        char *found = described(doc);
        if (strcmp(found, r->text) != 0)
            fail_msg("opcodes[%zu], %s, is %s", i, r->opcode, found);
        expect_dense_ids(doc);
        free(found);
        brn_free(doc);
        int opcode = -1;
        for (int byte = 0; byte < 256; byte++) {
            if (brn_opcode(byte) && strcmp(brn_opcode(byte)->name, r->opcode) == 0)
                opcode = byte;
        }
        assert_in_range(opcode, 0, 255);
        assert_true(used[opcode]);
        about[opcode] = true;
    }
    int count = 0;
    for (int byte = 0; byte < 256; byte++) {
        if (brn_opcode(byte) && !about[byte])
            fail_msg("no pickle is about %s", brn_opcode(byte)->name);
        count += about[byte];
    }
    assert_int_equal(count, 68);
}

/* ------------------------------------------------------------------------
 * Sharing
 * ------------------------------------------------------------------------ */

static void test_sharing(void **state)
{
    (void)state;
    /* a = [1]; [a, a, [1]] */
    brn_doc *doc = read_ok(BYTES("(]q\x01K\x01"
                                 "ah\x01]K\x01"
                                 "al."),
                           NULL);
    assert_ptr_equal(at(doc, 0), at(doc, 1));
    assert_ptr_not_equal(at(doc, 0), at(doc, 2));
    assert_int_equal(brn_id(at(doc, 0)), brn_id(at(doc, 1)));
    assert_int_equal(brn_doc_changed_later(doc), 0);
    brn_free(doc);
    /* Fetched first, filled later: both places show it filled. */
    doc = read_ok(BYTES("(]q\x01h\x01K\x05"
                        "al."),
                  NULL);
    assert_ptr_equal(at(doc, 0), at(doc, 1));
    assert_int_equal(brn_int(brn_at(at(doc, 0), 0)), 5);
    brn_free(doc);
    doc = read_ok(BYTES("(]2N2\x85\x86l."), NULL);
    assert_ptr_equal(at(doc, 0), at(doc, 1));
    brn_free(doc);
}

static void test_singletons(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("(NN\x88\x88I01\n\x89I00\n))(tl."), NULL);
    assert_ptr_equal(at(doc, 0), at(doc, 1));
    assert_ptr_equal(at(doc, 2), at(doc, 4));
    assert_ptr_equal(at(doc, 5), at(doc, 6));
    assert_ptr_equal(at(doc, 7), at(doc, 8));
    assert_ptr_equal(at(doc, 7), at(doc, 9));
    assert_int_equal(brn_doc_count(doc), 5);
    brn_free(doc);
}

static void test_cycles(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("]q\x00h\x00"
                                 "a."),
                           NULL);
    assert_ptr_equal(at(doc, 0), brn_root(doc));
    brn_free(doc);
    doc = read_ok(BYTES("}q\x00K\x01h\x00s."), NULL);
    assert_ptr_equal(brn_value_at(brn_root(doc), 0), brn_root(doc));
    brn_free(doc);
    /* A tuple that contains itself through a list, as picklers write it. */
    doc = read_ok(BYTES("]q\x00h\x00\x85"
                        "a0h\x00\x85q\x01."),
                  NULL);
    assert_ptr_equal(brn_at(at(doc, 0), 0), brn_at(brn_at(brn_at(at(doc, 0), 0), 0), 0));
    brn_free(doc);
    /* An object whose state is an attribute of itself; and its own state. */
    doc = read_ok(BYTES(CLASS ")\x81q\x00}\x8c\x01xh\x00sbh\x00h\x00"
                              "b."),
                  NULL);
    const brn_val *value;
    assert_int_equal(brn_op_count(brn_root(doc)), 2);
    assert_ptr_equal(brn_attr(brn_root(doc), "x"), brn_root(doc));
    assert_int_equal(brn_op_at(brn_root(doc), 1, &value), BRN_OP_STATE);
    assert_ptr_equal(value, brn_root(doc));
    brn_free(doc);
    /* A set with an object that has the set: legal, objects are compared by identity. */
    doc = read_ok(BYTES("\x8fq\x00(" CLASS ")\x81h\x00"
                        "b\x90."),
                  NULL);
    assert_int_equal(brn_size(brn_root(doc)), 1);
    assert_int_equal(brn_op_at(at(doc, 0), 0, &value), BRN_OP_STATE);
    assert_ptr_equal(value, brn_root(doc));
    brn_free(doc);
}

/* Two lists of two references each, 2^64 paths, 64 lists. */
static void test_many_paths(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "]\x94");
    for (unsigned i = 0; i < 64; i++) {
        put_words(&b, "0](h");
        put_byte(&b, i);
        put_words(&b, "h");
        put_byte(&b, i);
        put_words(&b, "e\x94");
    }
    put_byte(&b, '.');
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_doc_count(doc), 65);
    const brn_val *val = brn_root(doc);
    for (int depth = 0; depth < 64; depth++) {
        assert_int_equal(brn_size(val), 2);
        assert_ptr_equal(brn_at(val, 0), brn_at(val, 1));
        val = brn_at(val, 1);
    }
    assert_int_equal(brn_size(val), 0);
    brn_free(doc);
    bytes_free(&b);
}

/* A million levels, of every kind: no recursion, linear memory. */
static void test_depth(void **state)
{
    (void)state;
    static const struct {
        const char *down;
        const char *bottom;
        const char *up;
    } kinds[] = {
        {"]", "N", "a"},   {"(", "N", "l"},
        {"", "N", "\x85"}, {"(", "N", "t"},
        {"}N", "N", "s"},  {"(", "", "\x91"},
        {"(N", "N", "d"},  {"", CLASS, ")R"},
        {"", "N", "Q"},    {"(", "cm\nC\n)\x81", "o"},
    };
    const size_t levels = getenv("BRN_TEST_VALGRIND") ? 20000 : 1000000;
    for (size_t k = 0; k < LENGTH_OF(kinds); k++) {
        bytes b = {0};
        for (size_t i = 0; i < levels; i++)
            put_words(&b, kinds[k].down);
        put_words(&b, kinds[k].bottom);
        for (size_t i = 0; i < levels; i++)
            put_words(&b, kinds[k].up);
        put_byte(&b, '.');
        brn_doc *doc = read_ok(b.data, b.size, NULL);
        assert_true(brn_doc_count(doc) >= levels);
        assert_true(brn_doc_memory(doc) <= 48 * b.size + (256 << 10));
        const brn_val *val = brn_root(doc);
        for (size_t i = 0; i < levels; i++) {
            assert_non_null(val);
            val = brn_typeof(val) == BRN_DICT     ? brn_value_at(val, 0)
                  : brn_typeof(val) == BRN_CALL   ? brn_callee(val)
                  : brn_typeof(val) == BRN_OBJECT ? brn_callee(val)
                  : brn_typeof(val) == BRN_PERSID ? brn_persid(val)
                                                  : brn_at(val, 0);
        }
        brn_free(doc);
        bytes_free(&b);
    }
}

/* ------------------------------------------------------------------------
 * The memo
 * ------------------------------------------------------------------------ */

static void test_memo(void **state)
{
    (void)state;
    /* Stored twice: the last one counts, and MEMOIZE counts entries. */
    expect_reads(BYTES("(K\x01q\x00K\x02q\x00K\x03\x94h\x00h\x01l."), "[1, 2, 3, 2, 3]");
    /* Sparse entries count as well: the next MEMOIZE is 2. */
    expect_reads(BYTES("(K\x01r\xff\xff\xff\xffK\x02q\x64K\x03\x94h\x02j\xff\xff\xff\xffh\x64l."),
                 "[1, 2, 3, 3, 1, 2]");
    /* MEMOIZE may meet an index that a PUT has used. */
    expect_reads(BYTES("(K\x01q\x01K\x02\x94h\x01l."), "[1, 2, 2]");
    /* 2^32 - 1 and 2^63 - 1 in a few bytes. */
    brn_options options = BRN_OPTIONS_INIT;
    options.max_memory = 20000;
    brn_doc *doc = read_ok(BYTES("(Nr\xff\xff\xff\xff\x88p9223372036854775807\n"
                                 "j\xff\xff\xff\xffg9223372036854775807\nl."),
                           &options);
    assert_ptr_equal(at(doc, 0), at(doc, 2));
    assert_ptr_equal(at(doc, 1), at(doc, 3));
    brn_free(doc);
    /* What was stored goes on living after it is popped. */
    expect_reads(BYTES("]q\x00"
                       "0(h\x00h\x00K\x01"
                       "al."),
                 "[[1], [1]]");
}

/* Indices in any order, stored again and again, against a plain array. */
static void test_memo_at_random(void **state)
{
    (void)state;
    static const uint64_t reach[] = {10, 200, 5000, 100000, UINT64_C(1) << 32};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed * 7919;
        uint64_t most = reach[seed % LENGTH_OF(reach)];
        uint64_t keys[400];
        int32_t values[400];
        size_t count = 0;
        bytes b = {0};
        put_byte(&b, '(');
        bytes expected = {0};
        put_byte(&expected, '[');
        for (int32_t i = 0; i < 400; i++) {
            uint64_t key = next_random(&random) % most;
            bool memoize = next_random(&random) % 4 == 0;
            if (memoize)
                key = count;
            put_int(&b, i);
            if (memoize) {
                put_byte(&b, 0x94);
            } else if (next_random(&random) % 2) {
                put_byte(&b, 'r');
                put_number(&b, key, 4);
            } else {
                put_format(&b, "p%llu\n", (unsigned long long)key);
            }
            size_t k = 0;
            while (k < count && keys[k] != key)
                k++;
            keys[k] = key;
            values[k] = i;
            count += k == count;
            put_format(&expected, "%s%d", i ? ", " : "", (int)i);
        }
        for (size_t k = 0; k < count; k++) {
            put_byte(&b, 'j');
            put_number(&b, keys[k], 4);
            put_format(&expected, ", %d", (int)values[k]);
        }
        put_words(&b, "l.");
        put(&expected, "]", 2);
        expect_reads(b.data, b.size, (const char *)expected.data);
        /* The machine without values keeps the same account. */
        assert_int_equal(brn_measure(b.data, b.size, NULL), b.size);
        bytes_free(&b);
        bytes_free(&expected);
    }
}

/* ------------------------------------------------------------------------
 * Bytes
 * ------------------------------------------------------------------------ */

static void test_several_in_a_row(void **state)
{
    (void)state;
    static const char row[] = "N.K\x01.\x80\x04\x95\x04\x00\x00\x00\x00\x00\x00\x00K\x02\x85..";
    size_t begin = 0;
    static const char *const texts[] = {"None", "1", "(2,)"};
    static const int protocols[] = {0, 0, 4};
    for (size_t i = 0; i < 3; i++) {
        brn_doc *doc = read_ok(row + begin, sizeof row - 1 - begin, NULL);
        char *text = described(doc);
        assert_string_equal(text, texts[i]);
        assert_int_equal(brn_doc_protocol(doc), protocols[i]);
        free(text);
        begin += brn_doc_size(doc);
        brn_free(doc);
    }
    assert_int_equal(begin, sizeof row - 2);
}

/* Text of more than 65534 bytes has its size in front, in whatever opcode it came. */
static void test_long_text(void **state)
{
    (void)state;
    static const struct {
        unsigned opcode;
        int header;
        brn_type type;
    } kinds[] = {
        {'T', 4, BRN_PY2STR}, {'B', 4, BRN_BYTES},      {'X', 4, BRN_STR},     {0x8d, 8, BRN_STR},
        {0x8e, 8, BRN_BYTES}, {0x96, 8, BRN_BYTEARRAY}, {0x8b, 4, BRN_BIGINT}, {'S', 0, BRN_PY2STR},
        {'V', 0, BRN_STR},    {'P', 0, BRN_PERSID},     {'c', 0, BRN_GLOBAL},
    };
    static const size_t sizes[] = {65533, 65534, 65535, 65536, 70000};
    static const uint32_t flags[] = {0, BRN_BORROW};
    for (size_t k = 0; k < LENGTH_OF(kinds); k++) {
        for (size_t s = 0; s < LENGTH_OF(sizes); s++) {
            bytes b = {0};
            put_byte(&b, kinds[k].opcode);
            if (kinds[k].header)
                put_number(&b, sizes[s], kinds[k].header);
            if (kinds[k].opcode == 'S')
                put_byte(&b, '\'');
            if (kinds[k].opcode == 'c')
                put_words(&b, "module\n");
            put_fill(&b, 'x', sizes[s]);
            if (kinds[k].opcode == 'S')
                put_byte(&b, '\'');
            if (kinds[k].header == 0)
                put_byte(&b, '\n');
            put_byte(&b, '.');
            for (size_t f = 0; f < LENGTH_OF(flags); f++) {
                brn_options options = BRN_OPTIONS_INIT;
                options.flags = flags[f];
                brn_doc *doc = read_ok(b.data, b.size, &options);
                const brn_val *val = brn_root(doc);
                assert_int_equal(brn_typeof(val), kinds[k].type);
                if (kinds[k].type == BRN_PERSID)
                    val = brn_persid(val);
                if (kinds[k].type == BRN_GLOBAL)
                    val = brn_global_name(val);
                size_t size = 1;
                const uint8_t *text =
                    kinds[k].type == BRN_BIGINT ? brn_bigint(val, &size) : brn_bytes(val, &size);
                assert_int_equal(size, sizes[s]);
                for (size_t i = 0; i < size; i++) {
                    if (text[i] != 'x')
                        fail_msg("byte %zu is %d", i, text[i]);
                }
                if (brn_typeof(val) == BRN_STR)
                    assert_int_equal(brn_str_flags(val), BRN_STR_ASCII);
                brn_free(doc);
            }
            bytes_free(&b);
        }
    }
}

/* Escapes that make long text longer and shorter. */
static void test_long_escapes(void **state)
{
    (void)state;
    static const char *const units[] = {"\\u20ac", "\xe9", "\\ud800", "\\x00", "ab\\"};
    for (size_t u = 0; u < LENGTH_OF(units); u++) {
        bytes b = {0};
        put_byte(&b, 'V');
        for (int i = 0; i < 40000; i++)
            put_words(&b, units[u]);
        put_words(&b, "\n.");
        brn_doc *doc = read_ok(b.data, b.size, NULL);
        const brn_val *val = brn_root(doc);
        static const size_t lengths[] = {3, 2, 3, 4, 3};
        assert_int_equal(brn_size(val), 40000 * lengths[u]);
        assert_int_equal(brn_str_flags(val), u == 2   ? BRN_STR_SURROGATES
                                             : u >= 3 ? BRN_STR_ASCII
                                                      : 0);
        brn_free(doc);
        bytes_free(&b);
    }
    bytes b = {0};
    put_words(&b, "S'");
    for (int i = 0; i < 40000; i++)
        put_words(&b, "\\x00\\xff\\n");
    put_words(&b, "'\n.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_size(brn_root(doc)), 120000);
    const uint8_t *text = brn_bytes(brn_root(doc), NULL);
    for (size_t i = 0; i < 120000; i += 3)
        assert_memory_equal(text + i, "\x00\xff\n", 3);
    brn_free(doc);
    bytes_free(&b);
}

/* A big int whose size in front says more than is needed. */
static void test_long_int_trimmed(void **state)
{
    (void)state;
    static const size_t zeros[] = {1, 2, 100, 69000, 69991, 69992, 70000};
    for (size_t z = 0; z < LENGTH_OF(zeros); z++) {
        for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
            bytes b = {0};
            put_byte(&b, 0x8b);
            put_number(&b, 70000, 4);
            put_fill(&b, fill ^ 0x11, 70000 - zeros[z]);
            put_fill(&b, fill, zeros[z]);
            put_byte(&b, '.');
            brn_doc *doc = read_ok(b.data, b.size, NULL);
            const brn_val *val = brn_root(doc);
            size_t needed = 70000 - zeros[z];
            if (needed > 8) {
                size_t size;
                const uint8_t *digits = brn_bigint(val, &size);
                assert_int_equal(size, needed);
                assert_memory_equal(digits, b.data + 5, needed);
                assert_true(brn_bigint_negative(val) == (fill != 0));
            } else {
                assert_int_equal(brn_typeof(val), BRN_INT);
                assert_true((brn_int(val) < 0) == (fill != 0));
            }
            brn_free(doc);
            bytes_free(&b);
        }
    }
}

static void test_borrow_and_copy(void **state)
{
    (void)state;
    static const char pickle[] = "(C\x03"
                                 "abcX\x03\x00\x00\x00"
                                 "defPghi\ncjkl\nmno\n"
                                 "\x8a\x0a"
                                 "0123456789U\x02pql.rest";
    char input[sizeof pickle];
    memcpy(input, pickle, sizeof pickle);
    brn_doc *copied = read_ok(input, sizeof input - 1, NULL);
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_BORROW;
    brn_doc *borrowed = read_ok(input, sizeof input - 1, &options);
    char *before = described(copied);
    char *same = described(borrowed);
    assert_string_equal(before, same);
    assert_ptr_equal(brn_bytes(at(borrowed, 0), NULL), input + 3);
    /* The copy is in the account, and no more than the pickle. */
    assert_int_equal(brn_doc_memory(copied) - brn_doc_memory(borrowed), brn_doc_size(copied));
    memset(input, '#', sizeof input);
    char *after = described(copied);
    assert_string_equal(before, after);
    assert_memory_equal(brn_bytes(at(borrowed, 0), NULL), "###", 3);
    assert_memory_equal(brn_str(at(borrowed, 1), NULL), "###", 3);
    free(before);
    free(same);
    free(after);
    brn_free(copied);
    brn_free(borrowed);
}

static void test_surrogates(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("(\x8c\x03\xed\xa0\x80\x8c\x03\xed\xbf\xbf\x8c\x03\xed\x9f\xbf"
                                 "\x8c\x03\xee\x80\x80\x8c\x01"
                                 "a\x8c\x00l."),
                           NULL);
    assert_int_equal(brn_str_flags(at(doc, 0)), BRN_STR_SURROGATES);
    assert_int_equal(brn_str_flags(at(doc, 1)), BRN_STR_SURROGATES);
    assert_int_equal(brn_str_flags(at(doc, 2)), 0);
    assert_int_equal(brn_str_flags(at(doc, 3)), 0);
    assert_int_equal(brn_str_flags(at(doc, 4)), BRN_STR_ASCII);
    assert_int_equal(brn_str_flags(at(doc, 5)), BRN_STR_ASCII);
    brn_free(doc);
}

/* ------------------------------------------------------------------------
 * Frames
 * ------------------------------------------------------------------------ */

static void expect_framed(const bytes *b, brn_code code, uint64_t offset)
{
    brn_error err;
    brn_doc *doc = brn_read(b->data, b->size, NULL, NULL, &err);
    assert_string_equal(brn_code_name(err.code), brn_code_name(code));
    assert_int_equal(err.offset, code ? offset : 0);
    assert_true((doc != NULL) == (code == BRN_OK));
    assert_int_equal(brn_events(b->data, b->size, NULL, NULL, NULL, NULL, NULL, NULL), code);
    brn_free(doc);
}

static void test_frames(void **state)
{
    (void)state;
    bytes b = {0};
    /* Ends exactly at STOP, before STOP, behind STOP. */
    for (uint64_t size = 1; size <= 4; size++) {
        b.size = 0;
        put_frame(&b, size);
        put_words(&b, "N.NN");
        expect_framed(&b, BRN_OK, 0);
    }
    /* Of no bytes, and several. */
    b.size = 0;
    put_frame(&b, 0);
    put_frame(&b, 0);
    put_frame(&b, 1);
    put_words(&b, "N");
    put_frame(&b, 1);
    put_words(&b, ".");
    expect_framed(&b, BRN_OK, 0);
    /* The next frame may begin as the last opcode of this one. */
    b.size = 0;
    put_frame(&b, 10);
    put_words(&b, "N");
    put_frame(&b, 1);
    put_words(&b, ".");
    expect_framed(&b, BRN_OK, 0);
    /* But not before that. */
    b.size = 0;
    put_frame(&b, 11);
    put_words(&b, "N");
    put_frame(&b, 1);
    put_words(&b, ".");
    expect_framed(&b, BRN_ERROR_FRAME_NESTED, 10);
    /* A payload between frames, as picklers write large bytes. */
    b.size = 0;
    put_words(&b, "\x80\x05");
    put_frame(&b, 2);
    put_words(&b, "](");
    put_byte(&b, 'B');
    put_number(&b, 70000, 4);
    put_fill(&b, 0xee, 70000);
    put_frame(&b, 3);
    put_words(&b, "Ne.");
    expect_framed(&b, BRN_OK, 0);
    /* A frame that ends inside each kind of argument. */
    static const char *const arguments[] = {"K\x01", "M\x01\x01", "I1\n", "\x8c\x02hi", "cm\nn\n"};
    for (size_t a = 0; a < LENGTH_OF(arguments); a++) {
        for (size_t size = 1; size < strlen(arguments[a]); size++) {
            b.size = 0;
            put_frame(&b, size);
            put_words(&b, arguments[a]);
            put_words(&b, ".");
            expect_framed(&b, BRN_ERROR_FRAME_STRADDLED, 9);
        }
        b.size = 0;
        put_frame(&b, strlen(arguments[a]));
        put_words(&b, arguments[a]);
        put_words(&b, ".");
        expect_framed(&b, BRN_OK, 0);
    }
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * What was done to objects
 * ------------------------------------------------------------------------ */

static void test_ops(void **state)
{
    (void)state;
    /* Runs of a kind are one entry, and the order of the kinds is kept. */
    expect_reads(BYTES(CLASS ")R(K\x01K\x02"
                             "eK\x03"
                             "a(K\x04"
                             "e."),
                 "call(g:m.C, ())!append[1, 2, 3, 4]");
    expect_reads(BYTES(CLASS ")RK\x01Ns(K\x02NK\x01\x88u."),
                 "call(g:m.C, ())!set{1: None, 2: None, 1: True}");
    expect_reads(BYTES(CLASS ")R(K\x01\x90(K\x01K\x02\x90."), "call(g:m.C, ())!add[1, 1, 2]");
    expect_reads(BYTES(CLASS ")RK\x01"
                             "aNbK\x02"
                             "a}b}bK\x03Ns(K\x04\x90K\x05"
                             "a."),
                 "call(g:m.C, ())!append[1]!state(None)!append[2]!state({})!state({})"
                 "!set{3: None}!add[4]!append[5]");
    /* Nothing done is nothing recorded. */
    expect_reads(BYTES(CLASS ")R(e(u(\x90."), "call(g:m.C, ())");
    expect_reads(BYTES("\x82\x05K\x01"
                       "aNb."),
                 "ext(5)!append[1]!state(None)");
    expect_reads(BYTES("Pp\nK\x01"
                       "a."),
                 "pid('p')!append[1]");
    /* Keys of objects may be anything: only the class could say. */
    expect_reads(BYTES(CLASS ")R]Ns."), "call(g:m.C, ())!set{[]: None}");
}

static void test_many_ops(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, CLASS ")\x81");
    for (int i = 0; i < 5000; i++) {
        put_words(&b, "Nb");
        put_int(&b, i);
        put_byte(&b, 'a');
    }
    for (int i = 0; i < 5000; i++) {
        put_int(&b, i);
        put_byte(&b, 'a');
    }
    put_byte(&b, '.');
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    const brn_val *root = brn_root(doc);
    assert_int_equal(brn_op_count(root), 10000);
    const brn_val *value;
    for (size_t i = 0; i < 10000; i++) {
        assert_int_equal(brn_op_at(root, i, &value), i % 2 ? BRN_OP_APPEND : BRN_OP_STATE);
        if (i % 2)
            assert_int_equal(brn_int(brn_at(value, 0)), i / 2);
    }
    assert_int_equal(brn_size(value), 5001);
    assert_int_equal(brn_op_at(root, 10000, &value), BRN_OP_NONE);
    assert_null(value);
    brn_free(doc);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * Changed later
 * ------------------------------------------------------------------------ */

/* L = []; x = f(L); ...: what is flagged has a ~ behind it. */
static void test_changed_later(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
        const char *text;
        uint32_t changed;
    } cases[] = {
        /* (f(L), L) with L changed after the call, and before it. */
        {BYTES("(" CLASS "]q\x00\x85Rh\x00K\x01"
               "at."),
         "(call(g:m.C, ([1]~,)), [1]~)", 1},
        {BYTES("(]q\x00K\x01"
               "a" CLASS "h\x00\x85Rt."),
         "([1], call(g:m.C, ([1],)))", 0},
        /* Inside of other containers: list, tuple, dict, set state, kwargs. */
        {BYTES("(" CLASS "]]q\x00"
               "a\x85Rh\x00K\x01"
               "at."),
         "(call(g:m.C, ([[1]~],)), [1]~)", 1},
        {BYTES("(" CLASS "]q\x00\x85\x85\x85Rh\x00K\x01"
               "at."),
         "(call(g:m.C, ((([1]~,),),)), [1]~)", 1},
        {BYTES("(" CLASS "}K\x07}q\x00s\x85Rh\x00K\x01Nst."),
         "(call(g:m.C, ({7: {1: None}~},)), {1: None}~)", 1},
        {BYTES("(" CLASS ")}\x8c\x01k\x8fq\x00s\x92h\x00(K\x01\x90t."),
         "(obj(g:m.C, (), {'k': set{1}~}), set{1}~)", 1},
        {BYTES("(" CLASS CLASS ")\x81q\x00\x85\x81h\x00}bt."),
         "(obj(g:m.C, (obj(g:m.C, ())!state({})~,)), obj(g:m.C, ())!state({})~)", 1},
        {BYTES("(" CLASS "Pp\nq\x00\x85Rh\x00Nbt."),
         "(call(g:m.C, (pid('p')!state(None)~,)), pid('p')!state(None)~)", 1},
        /* By OBJ and INST as well; and in the state of an argument. */
        {BYTES("((" CLASS "]q\x00oh\x00K\x01"
               "at."),
         "(obj(g:m.C, ([1]~,)), [1]~)", 1},
        {BYTES("((]q\x00im\nC\nh\x00K\x01"
               "at."),
         "(obj(g:m.C, ([1]~,)), [1]~)", 1},
        {BYTES("(" CLASS CLASS ")\x81]q\x00"
               "b\x85Rh\x00K\x01"
               "at."),
         "(call(g:m.C, (obj(g:m.C, ())!state([1]~),)), [1]~)", 1},
        /* A copy on the stack is the same value. */
        {BYTES("]2" CLASS "q\x01"
               "00" CLASS "q\x02"
               "0(0K\x01"
               "a."),
         "[1]", 0},
        {BYTES("(]2q\x00" CLASS "h\x00\x85Rq\x01"
               "0K\x01"
               "ah\x01t."),
         "([1]~, [1]~, call(g:m.C, ([1]~,)))", 1},
        /* Only the call's own arguments count, not the result: y = f(); y.append(1). */
        {BYTES(CLASS ")Rq\x00K\x01"
                     "ah\x00"
                     "\x86."),
         "(call(g:m.C, ())!append[1], call(g:m.C, ())!append[1])", 0},
        /* An object that is built before any other call saw it, fetched meanwhile. */
        {BYTES("(" CLASS ")\x81q\x00" CLASS ")R}bh\x00}bt."),
         "(obj(g:m.C, ())!state({}), call(g:m.C, ())!state({}), obj(g:m.C, ())!state({}))", 0},
        /* Changed before and after: flagged; changed twice after: counted once. */
        {BYTES("(]q\x00K\x01"
               "a" CLASS "h\x00\x85Rh\x00K\x02"
               "aK\x03"
               "at."),
         "([1, 2, 3]~, call(g:m.C, ([1, 2, 3]~,)), [1, 2, 3]~)", 1},
        /* APPENDS of nothing changes nothing. */
        {BYTES("(]q\x00" CLASS "h\x00\x85Rh\x00(et."), "([], call(g:m.C, ([],)), [])", 0},
        /* Changed first, then given to a call. */
        {BYTES("(]q\x00" CLASS ")Rh\x00K\x01"
               "a" CLASS "h\x00\x85Rt."),
         "([1], call(g:m.C, ()), [1], call(g:m.C, ([1],)))", 0},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        brn_doc *doc = brn_read(cases[i].data, cases[i].size, NULL, NULL, NULL);
        if (!doc)
            fail_msg("cases[%zu] does not read", i);
        char *text = described(doc);
        if (strcmp(text, cases[i].text) != 0)
            fail_msg("cases[%zu] is %s", i, text);
        assert_int_equal(brn_doc_changed_later(doc), cases[i].changed);
        free(text);
        brn_free(doc);
    }
}

/* L.append(f(L)): f saw it empty. */
static void test_changed_by_its_own_call(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("]q\x00" CLASS "h\x00\x85Ra."), NULL);
    assert_int_equal(brn_doc_changed_later(doc), 1);
    assert_true(brn_changed_later(brn_root(doc)));
    assert_ptr_equal(brn_at(brn_args(at(doc, 0)), 0), brn_root(doc));
    assert_false(brn_changed_later(at(doc, 0)));
    brn_free(doc);
}

/* Many calls over one list, which then changes: looking for who saw it is linear. */
static void test_changed_later_is_linear(void **state)
{
    (void)state;
    bytes b = {0};
    put_words(&b, "(]q");
    put_byte(&b, 0);
    const int calls = getenv("BRN_TEST_VALGRIND") ? 2000 : 100000;
    for (int i = 0; i < calls; i++) {
        put_words(&b, CLASS "h");
        put_byte(&b, 0);
        put_words(&b, "\x85Rh");
        put_byte(&b, 0);
        put_words(&b, "Na0");
    }
    put_words(&b, "t.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    assert_int_equal(brn_doc_changed_later(doc), 1);
    assert_true(brn_changed_later(at(doc, 0)));
    assert_int_equal(brn_size(at(doc, 0)), calls);
    brn_free(doc);
    bytes_free(&b);
}

/* ------------------------------------------------------------------------
 * The document
 * ------------------------------------------------------------------------ */

static void test_ids(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        brn_doc *doc = read_ok(c.files[i].data, c.files[i].size, NULL);
        expect_dense_ids(doc);
        brn_free(doc);
    }
    corpus_free(&c);
    /* Over many chunks, and in the order in which values were made. */
    bytes b = {0};
    put_byte(&b, '(');
    for (int i = 0; i < 300000; i++)
        put_int(&b, i);
    put_words(&b, "l.");
    brn_doc *doc = read_ok(b.data, b.size, NULL);
    expect_dense_ids(doc);
    for (uint32_t id = 0; id < 300000; id++)
        assert_int_equal(brn_int(brn_doc_value(doc, id)), id);
    brn_free(doc);
    bytes_free(&b);
}

static void test_protocol_and_size(void **state)
{
    (void)state;
    brn_doc *doc = read_ok(BYTES("\x80\x04N.rest"), NULL);
    assert_int_equal(brn_doc_protocol(doc), 4);
    assert_int_equal(brn_doc_size(doc), 4);
    assert_int_equal(brn_doc_count(doc), 1);
    assert_true(brn_doc_memory(doc) > 0);
    brn_free(doc);
    doc = read_ok(BYTES("\x80\x03\x80\x02N."), NULL);
    assert_int_equal(brn_doc_protocol(doc), 3);
    brn_free(doc);
    doc = read_ok(BYTES("N."), NULL);
    assert_int_equal(brn_doc_protocol(doc), 0);
    brn_free(doc);
}

/* Claims of size cost nothing. */
static void test_claims_cost_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
    } claims[] = {
        {BYTES("\x8e\x00\x00\x00\x00\x00\x01\x00\x00x")},
        {BYTES("\x96\xff\xff\xff\xff\xff\xff\xff\x7fx")},
        {BYTES("\x8d\xff\xff\xff\xff\xff\xff\xff\xffx")},
        {BYTES("\x8b\xff\xff\xff\x7f")},
        {BYTES("Nr\xff\xff\xff\xff")},
        {BYTES("\x95\xff\xff\xff\xff\xff\xff\xff\x7f")},
    };
    for (size_t i = 0; i < LENGTH_OF(claims); i++) {
        counter books;
        brn_alloc alloc = counting(&books);
        assert_null(brn_read(claims[i].data, claims[i].size, NULL, &alloc, NULL));
        assert_true(books.peak < 32768);
        expect_all_given_back(&books);
    }
}

/* The stated bound, over all that is here. */
static void test_memory_follows_input(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        counter books;
        brn_alloc alloc = counting(&books);
        brn_doc *doc = brn_read(c.files[i].data, c.files[i].size, NULL, &alloc, NULL);
        assert_non_null(doc);
        assert_true(books.peak <= 48 * c.files[i].size + (256 << 10));
        assert_int_equal(brn_doc_memory(doc), books.used);
        brn_free(doc);
        expect_all_given_back(&books);
    }
    corpus_free(&c);
}

/* `before`, then `repeated` so many times. */
static void put_repeated(bytes *b, const char *before, const char *repeated, int times)
{
    put_words(b, before);
    for (int i = 0; i < times; i++)
        put_words(b, repeated);
}

/* The same where keys are nested deeply, and so what waits for their hashes is what takes memory. */
static void test_memory_of_deep_keys(void **state)
{
    (void)state;
    enum { DEEP = 60000 };
    static const struct {
        const char *before, *opening, *inner, *closing;
        int keys;
    } rows[] = {
        {"\x80\x04\x8f(", "", "N", "\x85", 1},   {"\x80\x04\x8f(", "", "N", "\x85", 2},
        {"\x80\x04\x8f(", "", "N", "N\x86", 1},  {"\x80\x04\x8f(", "", "N", "N\x86", 2},
        {"\x80\x04\x8f(", "N", "N", "\x86", 1},  {"\x80\x04\x8f(", "N", "N", "\x86", 2},
        {"\x80\x04\x8f(", "NN", "N", "\x87", 1}, {"\x80\x04\x8f(", "(", "N", "t", 2},
        {"\x80\x04\x8f(", "(", "N", "\x91", 1},  {"\x80\x04\x8f(", "(N", "N", "\x91", 1},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        bytes b = {0};
        put_words(&b, rows[i].before);
        for (int key = 0; key < rows[i].keys; key++) {
            put_repeated(&b, "", rows[i].opening, DEEP);
            put_repeated(&b, rows[i].inner, rows[i].closing, DEEP);
        }
        put_words(&b, "\x90.");
        counter books;
        brn_alloc alloc = counting(&books);
        brn_doc *doc = brn_read(b.data, b.size, NULL, &alloc, NULL);
        assert_non_null(doc);
        assert_int_equal(brn_size(brn_root(doc)), 1);
        assert_true(books.peak <= 48 * b.size + (256 << 10));
        brn_free(doc);
        expect_all_given_back(&books);
        bytes_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opcodes),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_singletons),
        cmocka_unit_test(test_cycles),
        cmocka_unit_test(test_many_paths),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_memo_at_random),
        cmocka_unit_test(test_several_in_a_row),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_long_escapes),
        cmocka_unit_test(test_long_int_trimmed),
        cmocka_unit_test(test_borrow_and_copy),
        cmocka_unit_test(test_surrogates),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_ops),
        cmocka_unit_test(test_many_ops),
        cmocka_unit_test(test_changed_later),
        cmocka_unit_test(test_changed_by_its_own_call),
        cmocka_unit_test(test_changed_later_is_linear),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_protocol_and_size),
        cmocka_unit_test(test_claims_cost_nothing),
        cmocka_unit_test(test_memory_follows_input),
        cmocka_unit_test(test_memory_of_deep_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
