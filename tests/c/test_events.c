/*
 * test_events.c - the machine without values: what an event says about each opcode,
 * where reading stops, what is checked and what is not, statistics, and
 * the table of opcodes.
 */
#include "support.h"

static void expect_events(const void *data, size_t size, const char *lines)
{
    recording r = {0};
    brn_error err;
    size_t length = 0;
    assert_int_equal(brn_events(data, size, NULL, NULL, record, &r, &length, &err), BRN_OK);
    put_byte(&r.text, 0);
    assert_string_equal((char *)r.text.data, lines);
    assert_int_equal(r.pieces, 0);
    assert_int_equal(length, size);
    assert_int_equal(err.code, BRN_OK);
    recording_free(&r);
}

/* Arguments of every kind: 0 none, 1 int, 2 bool, ... as in brn_arg. */
static void test_arguments(void **state)
{
    (void)state;
    expect_events(BYTES("I00\nI01\nI-5\nI9223372036854775808\n."),
                  "0 INT(73) depth 0 marks 0 count 0 arg 2 0\n"
                  "4 INT(73) depth 1 marks 0 count 0 arg 2 1\n"
                  "8 INT(73) depth 2 marks 0 count 0 arg 1 -5\n"
                  "12 INT(73) depth 3 marks 0 count 0 arg 5 '9223372036854775808'\n"
                  "33 STOP(46) depth 4 marks 0 count 0 arg 0\n");
    expect_events(BYTES("K\xffM\x01\x02J\xff\xff\xff\xffL7L\n\x8a\x02\x00\xff"
                        "F1.5\nG\x3f\xf0\x00\x00"
                        "\x00\x00\x00\x00."),
                  "0 BININT1(75) depth 0 marks 0 count 0 arg 1 255\n"
                  "2 BININT2(77) depth 1 marks 0 count 0 arg 1 513\n"
                  "5 BININT(74) depth 2 marks 0 count 0 arg 1 -1\n"
                  "10 LONG(76) depth 3 marks 0 count 0 arg 1 7\n"
                  "14 LONG1(138) depth 4 marks 0 count 0 arg 4 '\\x00\\xff'\n"
                  "18 FLOAT(70) depth 5 marks 0 count 0 arg 3 f:0x1.8p+0\n"
                  "23 BINFLOAT(71) depth 6 marks 0 count 0 arg 3 f:0x1p+0\n"
                  "32 STOP(46) depth 7 marks 0 count 0 arg 0\n");
    expect_events(BYTES("S'a\\x41'\nVb\\u0041\nU\x01\xff"
                        "C\x01\x00\x8c\x02\xc3\xa9\x96\x01\x00\x00\x00\x00\x00\x00\x00z."),
                  "0 STRING(83) depth 0 marks 0 count 0 arg 8 'a\\x5cx41'\n"
                  "9 UNICODE(86) depth 1 marks 0 count 0 arg 9 'b\\x5cu0041'\n"
                  "18 SHORT_BINSTRING(85) depth 2 marks 0 count 0 arg 6 '\\xff'\n"
                  "21 SHORT_BINBYTES(67) depth 3 marks 0 count 0 arg 6 '\\x00'\n"
                  "24 SHORT_BINUNICODE(140) depth 4 marks 0 count 0 arg 7 '\\xc3\\xa9'\n"
                  "28 BYTEARRAY8(150) depth 5 marks 0 count 0 arg 6 'z'\n"
                  "38 STOP(46) depth 6 marks 0 count 0 arg 0\n");
    expect_events(BYTES("cos.path\njoin\nPid\n\x82\x01\x84\x00\x01\x00\x00."),
                  "0 GLOBAL(99) depth 0 marks 0 count 0 arg 10 'os.path' 'join'\n"
                  "14 PERSID(80) depth 1 marks 0 count 0 arg 7 'id'\n"
                  "18 EXT1(130) depth 2 marks 0 count 0 arg 1 1\n"
                  "20 EXT4(132) depth 3 marks 0 count 0 arg 1 256\n"
                  "25 STOP(46) depth 4 marks 0 count 0 arg 0\n");
    expect_events(BYTES("\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00N\x94."),
                  "0 PROTO(128) depth 0 marks 0 count 0 arg 1 4\n"
                  "2 FRAME(149) depth 0 marks 0 count 0 arg 1 3\n"
                  "11 NONE(78) depth 0 marks 0 count 0 arg 0\n"
                  "12 MEMOIZE(148) depth 1 marks 0 count 0 arg 0\n"
                  "13 STOP(46) depth 1 marks 0 count 0 arg 0\n");
    expect_events(BYTES("Np7\nq\x08r\x00\x00\x01\x00g7\nh\x08j\x00\x00\x01\x00."),
                  "0 NONE(78) depth 0 marks 0 count 0 arg 0\n"
                  "1 PUT(112) depth 1 marks 0 count 0 arg 1 7\n"
                  "4 BINPUT(113) depth 1 marks 0 count 0 arg 1 8\n"
                  "6 LONG_BINPUT(114) depth 1 marks 0 count 0 arg 1 65536\n"
                  "11 GET(103) depth 1 marks 0 count 0 arg 1 7\n"
                  "14 BINGET(104) depth 2 marks 0 count 0 arg 1 8\n"
                  "16 LONG_BINGET(106) depth 3 marks 0 count 0 arg 1 65536\n"
                  "21 STOP(46) depth 4 marks 0 count 0 arg 0\n");
}

/* Depth, marks and count, each as they are before the opcode. */
static void test_stack(void **state)
{
    (void)state;
    expect_events(BYTES("](NN(Nte}(NNu(1(0N0N2\x86."),
                  "0 EMPTY_LIST(93) depth 0 marks 0 count 0 arg 0\n"
                  "1 MARK(40) depth 1 marks 0 count 0 arg 0\n"
                  "2 NONE(78) depth 1 marks 1 count 0 arg 0\n"
                  "3 NONE(78) depth 2 marks 1 count 0 arg 0\n"
                  "4 MARK(40) depth 3 marks 1 count 0 arg 0\n"
                  "5 NONE(78) depth 3 marks 2 count 0 arg 0\n"
                  "6 TUPLE(116) depth 4 marks 2 count 1 arg 0\n"
                  "7 APPENDS(101) depth 4 marks 1 count 3 arg 0\n"
                  "8 EMPTY_DICT(125) depth 1 marks 0 count 0 arg 0\n"
                  "9 MARK(40) depth 2 marks 0 count 0 arg 0\n"
                  "10 NONE(78) depth 2 marks 1 count 0 arg 0\n"
                  "11 NONE(78) depth 3 marks 1 count 0 arg 0\n"
                  "12 SETITEMS(117) depth 4 marks 1 count 2 arg 0\n"
                  "13 MARK(40) depth 2 marks 0 count 0 arg 0\n"
                  "14 POP_MARK(49) depth 2 marks 1 count 0 arg 0\n"
                  "15 MARK(40) depth 2 marks 0 count 0 arg 0\n"
                  "16 POP(48) depth 2 marks 1 count 0 arg 0\n"
                  "17 NONE(78) depth 2 marks 0 count 0 arg 0\n"
                  "18 POP(48) depth 3 marks 0 count 0 arg 0\n"
                  "19 NONE(78) depth 2 marks 0 count 0 arg 0\n"
                  "20 DUP(50) depth 3 marks 0 count 0 arg 0\n"
                  "21 TUPLE2(134) depth 4 marks 0 count 0 arg 0\n"
                  "22 STOP(46) depth 3 marks 0 count 0 arg 0\n");
    expect_events(BYTES("](e\x8f(\x90}(u(l(d(\x91(NNN1."),
                  "0 EMPTY_LIST(93) depth 0 marks 0 count 0 arg 0\n"
                  "1 MARK(40) depth 1 marks 0 count 0 arg 0\n"
                  "2 APPENDS(101) depth 1 marks 1 count 0 arg 0\n"
                  "3 EMPTY_SET(143) depth 1 marks 0 count 0 arg 0\n"
                  "4 MARK(40) depth 2 marks 0 count 0 arg 0\n"
                  "5 ADDITEMS(144) depth 2 marks 1 count 0 arg 0\n"
                  "6 EMPTY_DICT(125) depth 2 marks 0 count 0 arg 0\n"
                  "7 MARK(40) depth 3 marks 0 count 0 arg 0\n"
                  "8 SETITEMS(117) depth 3 marks 1 count 0 arg 0\n"
                  "9 MARK(40) depth 3 marks 0 count 0 arg 0\n"
                  "10 LIST(108) depth 3 marks 1 count 0 arg 0\n"
                  "11 MARK(40) depth 4 marks 0 count 0 arg 0\n"
                  "12 DICT(100) depth 4 marks 1 count 0 arg 0\n"
                  "13 MARK(40) depth 5 marks 0 count 0 arg 0\n"
                  "14 FROZENSET(145) depth 5 marks 1 count 0 arg 0\n"
                  "15 MARK(40) depth 6 marks 0 count 0 arg 0\n"
                  "16 NONE(78) depth 6 marks 1 count 0 arg 0\n"
                  "17 NONE(78) depth 7 marks 1 count 0 arg 0\n"
                  "18 NONE(78) depth 8 marks 1 count 0 arg 0\n"
                  "19 POP_MARK(49) depth 9 marks 1 count 3 arg 0\n"
                  "20 STOP(46) depth 6 marks 0 count 0 arg 0\n");
    expect_events(
        BYTES("]Na}NNs(NNo(im\nn\nNRNbN\x81NN\x92Q\x85NN\x87\x8c\x01x\x8c\x01y\x93\x97\x98."),
        "0 EMPTY_LIST(93) depth 0 marks 0 count 0 arg 0\n"
        "1 NONE(78) depth 1 marks 0 count 0 arg 0\n"
        "2 APPEND(97) depth 2 marks 0 count 0 arg 0\n"
        "3 EMPTY_DICT(125) depth 1 marks 0 count 0 arg 0\n"
        "4 NONE(78) depth 2 marks 0 count 0 arg 0\n"
        "5 NONE(78) depth 3 marks 0 count 0 arg 0\n"
        "6 SETITEM(115) depth 4 marks 0 count 0 arg 0\n"
        "7 MARK(40) depth 2 marks 0 count 0 arg 0\n"
        "8 NONE(78) depth 2 marks 1 count 0 arg 0\n"
        "9 NONE(78) depth 3 marks 1 count 0 arg 0\n"
        "10 OBJ(111) depth 4 marks 1 count 2 arg 0\n"
        "11 MARK(40) depth 3 marks 0 count 0 arg 0\n"
        "12 INST(105) depth 3 marks 1 count 0 arg 10 'm' 'n'\n"
        "17 NONE(78) depth 4 marks 0 count 0 arg 0\n"
        "18 REDUCE(82) depth 5 marks 0 count 0 arg 0\n"
        "19 NONE(78) depth 4 marks 0 count 0 arg 0\n"
        "20 BUILD(98) depth 5 marks 0 count 0 arg 0\n"
        "21 NONE(78) depth 4 marks 0 count 0 arg 0\n"
        "22 NEWOBJ(129) depth 5 marks 0 count 0 arg 0\n"
        "23 NONE(78) depth 4 marks 0 count 0 arg 0\n"
        "24 NONE(78) depth 5 marks 0 count 0 arg 0\n"
        "25 NEWOBJ_EX(146) depth 6 marks 0 count 0 arg 0\n"
        "26 BINPERSID(81) depth 4 marks 0 count 0 arg 0\n"
        "27 TUPLE1(133) depth 4 marks 0 count 0 arg 0\n"
        "28 NONE(78) depth 4 marks 0 count 0 arg 0\n"
        "29 NONE(78) depth 5 marks 0 count 0 arg 0\n"
        "30 TUPLE3(135) depth 6 marks 0 count 0 arg 0\n"
        "31 SHORT_BINUNICODE(140) depth 4 marks 0 count 0 arg 7 'x'\n"
        "34 SHORT_BINUNICODE(140) depth 5 marks 0 count 0 arg 7 'y'\n"
        "37 STACK_GLOBAL(147) depth 6 marks 0 count 0 arg 0\n"
        "38 NEXT_BUFFER(151) depth 5 marks 0 count 0 arg 0\n"
        "39 READONLY_BUFFER(152) depth 6 marks 0 count 0 arg 0\n"
        "40 STOP(46) depth 6 marks 0 count 0 arg 0\n");
}

/* What an event points to is the input itself. */
typedef struct window {
    const uint8_t *begin;
    const uint8_t *end;
    size_t payloads;
} window;

static bool look_where(void *ctx, const brn_event *event)
{
    window *w = ctx;
    if (event->data) {
        const uint8_t *data = event->data;
        assert_true(data >= w->begin && data + event->size <= w->end);
        assert_int_equal(event->begin, 0);
        assert_int_equal(event->total, event->size);
        w->payloads++;
    }
    return true;
}

static void test_nothing_is_copied(void **state)
{
    (void)state;
    bytes b = {0};
    put_byte(&b, '(');
    put_byte(&b, 'B');
    put_number(&b, 1000000, 4);
    put_fill(&b, 'x', 1000000);
    put_text(&b, "text");
    put_words(&b, "V\\u0041\nt.");
    window w = {b.data, b.data + b.size, 0};
    counter books;
    brn_alloc alloc = counting(&books);
    assert_int_equal(brn_events(b.data, b.size, NULL, &alloc, look_where, &w, NULL, NULL), BRN_OK);
    assert_int_equal(w.payloads, 3);
    assert_true(books.peak < 1024);
    expect_all_given_back(&books);
    bytes_free(&b);
}

/* Its memory is marks, and memo indices out of order. */
static void test_memory(void **state)
{
    (void)state;
    counter books;
    brn_alloc alloc = counting(&books);
    assert_int_equal(brn_measure(BYTES("N."), NULL), 2);
    bytes b = {0};
    for (int i = 0; i < 100000; i++)
        put_words(&b, "N\x94");
    put_byte(&b, '.');
    assert_int_equal(brn_events(b.data, b.size, NULL, &alloc, NULL, NULL, NULL, NULL), BRN_OK);
    assert_int_equal(books.calls, 0);
    /* Backwards: a slot each. */
    b.size = 0;
    put_byte(&b, 'N');
    for (uint32_t i = 1000; i > 0; i--) {
        put_byte(&b, 'r');
        put_number(&b, i, 4);
    }
    put_byte(&b, '.');
    assert_int_equal(brn_events(b.data, b.size, NULL, &alloc, NULL, NULL, NULL, NULL), BRN_OK);
    assert_true(books.peak <= 2048 * 16 + 1024 * 16);
    expect_all_given_back(&books);
    bytes_free(&b);
}

typedef struct countdown {
    size_t left;
    size_t calls;
} countdown;

static bool stop_after(void *ctx, const brn_event *event)
{
    (void)event;
    countdown *c = ctx;
    c->calls++;
    return c->left-- > 0;
}

static void test_stop(void **state)
{
    (void)state;
    static const char pickle[] = "NNN\x87.";
    for (size_t events = 0; events < 5; events++) {
        countdown c = {events, 0};
        brn_error err;
        assert_int_equal(brn_events(BYTES(pickle), NULL, NULL, stop_after, &c, NULL, &err),
                         BRN_ERROR_STOPPED);
        assert_int_equal(c.calls, events + 1);
        assert_int_equal(err.code, BRN_ERROR_STOPPED);
        assert_int_equal(err.offset, events);
        assert_int_equal(err.opcode, (uint8_t)pickle[events]);
    }
    countdown c = {5, 0};
    assert_int_equal(brn_events(BYTES(pickle), NULL, NULL, stop_after, &c, NULL, NULL), BRN_OK);
    assert_int_equal(c.calls, 5);
}

/* The event of an opcode that fails is not sent. */
static void test_events_before_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
        uint64_t events;
    } cases[] = {
        {BYTES("NNh\x05."), 2},
        {BYTES("NNa(tt."), 5},
        {BYTES("N\x8c\x01\xff."), 1},
        {BYTES("NS'\\x'\n."), 1},
        {BYTES("N\x95\xff\x00\x00\x00\x00\x00\x00\x00."), 2},
        {BYTES("}(NNNu."), 5},
        {BYTES("NN\x80\x07."), 2},
        {BYTES(""), 0},
        {BYTES("\x84\x00\x00\x00\x00."), 0},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        recording r = {0};
        assert_int_not_equal(
            brn_events(cases[i].data, cases[i].size, NULL, NULL, record, &r, NULL, NULL), BRN_OK);
        if (r.events != cases[i].events)
            fail_msg("cases[%zu] has %d events", i, (int)r.events);
        recording_free(&r);
    }
}

static void test_measure(void **state)
{
    (void)state;
    static const char row[] = "N.K\x01.\x80\x04N.N";
    brn_error err;
    assert_int_equal(brn_measure(row, sizeof row - 1, &err), 2);
    assert_int_equal(brn_measure(row + 2, sizeof row - 3, &err), 3);
    assert_int_equal(brn_measure(row + 5, sizeof row - 6, &err), 4);
    assert_int_equal(err.code, BRN_OK);
    assert_int_equal(brn_measure(row + 9, sizeof row - 10, &err), 0);
    assert_int_equal(err.code, BRN_ERROR_NO_STOP);
    assert_int_equal(brn_measure(NULL, 0, &err), 0);
    assert_int_equal(err.code, BRN_ERROR_EMPTY);
    size_t size = 77;
    assert_int_equal(brn_events(row, sizeof row - 1, NULL, NULL, NULL, NULL, &size, NULL), BRN_OK);
    assert_int_equal(size, 2);
}

/* Documents and events agree on every file that is a pickle, and on where it ends. */
static void test_corpus(void **state)
{
    (void)state;
    corpus c = corpus_read(false);
    for (size_t i = 0; i < c.count; i++) {
        const corpus_file *f = &c.files[i];
        for (size_t begin = 0; begin < f->size;) {
            recording r = {0};
            size_t size = 0;
            brn_error err;
            if (brn_events(f->data + begin, f->size - begin, NULL, NULL, record, &r, &size, &err))
                fail_msg("%s: %s", f->name, err.message);
            brn_doc *doc = read_ok(f->data + begin, f->size - begin, NULL);
            assert_int_equal(brn_doc_size(doc), size);
            brn_free(doc);
            brn_stats stats;
            assert_int_equal(
                brn_statistics(f->data + begin, f->size - begin, NULL, NULL, &stats, NULL), BRN_OK);
            assert_int_equal(stats.opcodes, r.events);
            assert_int_equal(stats.bytes, size);
            recording_free(&r);
            begin += size;
        }
    }
    corpus_free(&c);
}

static void test_statistics(void **state)
{
    (void)state;
    static const char program[] = "\x80\x03](\x8c\x03"
                                  "abc\x94h\x00"
                                  "C\x02xy(NNtNNNcm\nC\n\x8a\x02\x01\x02V\\u1\\\n"
                                  "e.tail";
    brn_stats stats;
    brn_error err;
    /* A broken escape: statistics end where the machine does. */
    assert_int_equal(brn_statistics(BYTES(program), NULL, NULL, &stats, &err),
                     BRN_ERROR_UNICODE_ESCAPE);
    static const char good[] = "\x80\x03](\x8c\x03"
                               "abc\x94h\x00"
                               "C\x02xy(NNtNNNcm\nC\n\x8a\x02\x01\x02Vabc\n"
                               "I99999999999999999999\n"
                               "e\x95\x01\x00\x00\x00\x00\x00\x00\x00.tail";
    assert_int_equal(brn_statistics(BYTES(good), NULL, NULL, &stats, &err), BRN_OK);
    assert_int_equal(stats.bytes, sizeof good - 1 - 4);
    assert_int_equal(stats.opcodes, 21);
    assert_int_equal(stats.by_opcode['N'], 5);
    assert_int_equal(stats.by_opcode['('], 2);
    assert_int_equal(stats.by_opcode['.'], 1);
    assert_int_equal(stats.by_opcode['X'], 0);
    assert_int_equal(stats.max_stack, 12);
    assert_int_equal(stats.max_marks, 2);
    assert_int_equal(stats.memo_puts, 1);
    assert_int_equal(stats.memo_gets, 1);
    assert_int_equal(stats.frames, 1);
    assert_int_equal(stats.payload_bytes, 3 + 2 + 3);
    assert_int_equal(stats.protocol_declared, 3);
    assert_int_equal(stats.protocol_needed, 4);
    uint64_t sum = 0;
    for (size_t i = 0; i < 256; i++)
        sum += stats.by_opcode[i];
    assert_int_equal(sum, stats.opcodes);
    /* All three kinds of PUT and of GET. */
    assert_int_equal(brn_statistics(BYTES("Np0\nq\x01r\x02\x00\x00\x00\x94g0\nh\x01j\x02\x00\x00"
                                          "\x00\x87."),
                                    NULL, NULL, &stats, NULL),
                     BRN_OK);
    assert_int_equal(stats.memo_puts, 4);
    assert_int_equal(stats.memo_gets, 3);
    assert_int_equal(stats.protocol_declared, 0);
    assert_int_equal(stats.protocol_needed, 4);
    assert_int_equal(brn_statistics(BYTES("I1\n."), NULL, NULL, &stats, NULL), BRN_OK);
    assert_int_equal(stats.protocol_needed, 0);
}

/* ------------------------------------------------------------------------
 * The table of opcodes
 * ------------------------------------------------------------------------ */

static const struct {
    int opcode;
    const char *name;
    const char *help;
    int protocol;
} listed[] = {
#define OPCODE(name, byte, argument, mark, pops, pushes, protocol, help) \
    {byte, #name, help, protocol},
#include "machine/opcodes.def"
#undef OPCODE
};

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(LENGTH_OF(listed), 68);
    int count = 0;
    for (int byte = -10; byte < 300; byte++)
        count += brn_opcode(byte) != NULL;
    assert_int_equal(count, 68);
    int by_protocol[6] = {0};
    for (size_t i = 0; i < 68; i++) {
        const brn_opcode_info *info = brn_opcode(listed[i].opcode);
        assert_non_null(info);
        assert_int_equal(info->opcode, listed[i].opcode);
        assert_string_equal(info->name, listed[i].name);
        assert_string_equal(info->help, listed[i].help);
        assert_int_equal(info->protocol, listed[i].protocol);
        assert_in_range(info->protocol, 0, 5);
        assert_int_equal(info->help[strlen(info->help) - 1], '.');
        by_protocol[info->protocol]++;
    }
    /* As pickletools has them. */
    static const int expected[6] = {22, 19, 12, 2, 10, 3};
    for (int p = 0; p < 6; p++)
        assert_int_equal(by_protocol[p], expected[p]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_nothing_is_copied),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_events_before_an_error),
        cmocka_unit_test(test_measure),
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
