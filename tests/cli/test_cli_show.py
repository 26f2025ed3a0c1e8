"""`brinery show`: what the tree looks like."""

import collections
import datetime
import decimal
import fractions
import pickle
import threading
import time
import uuid

import command
import pytest

PROTOCOLS = range(6)


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Items(list):
    pass


class Slots:
    __slots__ = ("left", "right")


class Reduced:
    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return Reduced, self.args


def one_line(path, *options):
    lines = command.ok("show", "-q", *options, path).decode().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        2**40,
        2**200,
        -(2**70),
        1.5,
        -0.0,
        float("inf"),
        "text",
        "quote'",
        "ümlaut 漢字",
        "\x1b[31m\u202e\x9b",
        "\ud800",
        [],
        (),
        {},
        [1, [2, [3]]],
        (1,),
        {"a": 1, 2: "b", None: 3, (1, 2): 4},
        {1},
        set(),
        frozenset({2}),
        frozenset(),
        bytearray(b"xyz\xff"),
        b"\x00bytes",
        b"",
        int,
        len,
    ],
    ids=repr,
)
def test_plain_values_in_python_spelling(dump, value, protocol):
    expected = repr(value)
    if value in (int, len):
        # Protocols up to 2 use the names of Python 2.
        expected = "long" if value is int and protocol < 3 else value.__name__
    assert one_line(dump(value, protocol)) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.datetime(2020, 1, 2, 3, 4, 5, 6), "datetime.datetime(2020, 1, 2, 3, 4, 5, 6)"),
        (
            datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
            "datetime.datetime(2020, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (datetime.datetime(2020, 10, 25, 2, fold=1),
         "datetime.datetime(2020, 10, 25, 2, 0, fold=1)"),
        (datetime.date(1, 2, 3), "datetime.date(1, 2, 3)"),
        (datetime.time(23, 59, 58), "datetime.time(23, 59, 58)"),
        (datetime.timedelta(days=-1, microseconds=7),
         "datetime.timedelta(days=-1, microseconds=7)"),
        (datetime.timedelta(0), "datetime.timedelta(0)"),
        (decimal.Decimal("1.50"), "decimal.Decimal('1.50')"),
        (fractions.Fraction(1, 3), "fractions.Fraction(1, 3)"),
        (uuid.UUID(int=5), "uuid.UUID('00000000-0000-0000-0000-000000000005')"),
        (uuid.UUID(int=2**127 + 1), "uuid.UUID('80000000-0000-0000-0000-000000000001')"),
        (1 + 2j, "complex(1.0, 2.0)"),
        (collections.OrderedDict(a=1), "collections.OrderedDict({'a': 1})"),
        (collections.defaultdict(list, a=[1]), "collections.defaultdict(list, {'a': [1]})"),
        (collections.Counter("aab"), "collections.Counter({'a': 2, 'b': 1})"),
        (collections.deque([1, 2], 5), "collections.deque([1, 2], maxlen=5)"),
        (collections.deque([1]), "collections.deque([1])"),
        (Point(1, [2]), f"<{__name__}.Point .x=1 .y=[2]>"),
        (Items([1, 2]), f"{__name__}.Items([1, 2])"),
        (Reduced(1, "a"), f"{__name__}.Reduced(1, 'a')"),
        (Reduced(), f"{__name__}.Reduced()"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_stock_spellings(dump, value, expected, protocol):
    line = one_line(dump(value, protocol), "--width", "200")
    if getattr(value, "fold", 0) and protocol < 4:
        expected = expected.replace(", fold=1", "")  # not pickled before protocol 4
    assert line == expected


def test_slots(dump):
    value = Slots()
    value.left, value.right = 1, "b"
    assert one_line(dump(value, 2)) == f"<{__name__}.Slots .left=1 .right='b'>"


def test_python2_strings_are_marked(raw):
    assert one_line(raw(b"U\x03abc.")) == "py2'abc'"
    assert one_line(raw(b"(dU\x01aK\x01s.")) == "{py2'a': 1}"


def test_values_changed_later_are_marked(raw):
    # [] goes to m.f(), and gets an item afterwards.
    path = raw(b"(cm\nf\n(]q\x00tRh\x00K\x01at.")
    done = command.run("show", path)
    assert b"list of 1  (changed later)" in done.stdout
    assert b"1 value was changed after a call had been given" in done.stderr


def test_persistent_ids_extensions_buffers(raw):
    assert one_line(raw(b"\x80\x02U\x02idQ.")) == "<persistent id py2'id'>"
    assert one_line(raw(b"\x80\x02\x82\xf0.")) == "<extension code 240>"
    assert one_line(raw(b"\x80\x05\x97\x98.")) == "<read-only buffer 0>"


# Sharing


def test_shared_list_is_marked_once(dump):
    a = [1]
    assert one_line(dump([a, a])) == "[&1 [1], *1]"


def test_cycle(dump):
    a = []
    a.append(a)
    assert one_line(dump(a)) == "&1 [*1]"


def test_shared_plain_values_are_written_again(dump):
    t = (1, 2)
    assert one_line(dump([t, t, "x" * 5, "x" * 5])) == "[(1, 2), (1, 2), 'xxxxx', 'xxxxx']"


def test_marks_stand_where_a_value_is_first_shown(dump, show):
    shared = ["x" * 30, "y" * 30, "z" * 30]
    lines = show(dump({"first": shared, "second": shared, "third": [shared]}))
    assert lines[1] == "├ 'first':  &1 list of 3"
    assert lines[5] == "├ 'second': *1"
    assert lines[6] == "└ 'third':  [*1]"


def test_value_closed_for_its_depth_is_opened_where_there_is_room(dump, show):
    shared = ["x" * 30, "y" * 30, "z" * 30]
    long = "w" * 80
    lines = show(dump([[shared, long], shared, long]), "--depth", "2")
    text = "\n".join(lines)
    assert text.count("&1") == 1 and text.count("*1") == 1
    assert lines[0] == "list of 3"
    opened = [i for i, line in enumerate(lines) if "*1" in line]
    assert "list of 3" in lines[opened[0]] and "xxx" in lines[opened[0] + 1]


def test_dag_of_shared_tuples_is_linear(dump, show):
    value = (1, [])
    for _ in range(200):
        value = (value, value)
    lines = show(dump(value), "--all")
    assert len(lines) < 1000


# Cutting and folding


def test_long_list_of_numbers(dump, show):
    lines = show(dump(list(range(200000))))
    assert lines == [
        "list of 200,000  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 199,990 more int]"
    ]


def test_items_option(dump, show):
    lines = show(dump(list(range(200000))), "--items", "5")
    assert lines == ["list of 200,000  [0, 1, 2, 3, 4, ... 199,995 more int]"]


def test_runs_of_like_items_are_folded(dump, show):
    lines = show(dump([*range(1000), "a", {"b": 1}, *[2.5] * 50]))
    assert lines == [
        "list of 1,052",
        "├ [0] ... [999]  1,000 × int: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...",
        "├ [1000]  'a'",
        "├ [1001]  {'b': 1}",
        "└ [1002] ... [1051]  50 × float: "
        "2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, ...",
    ]


def test_records_are_folded(dump, show):
    records = [{"id": i, "name": f"n{i}", "tags": ["x" * 20, "y" * 20]} for i in range(20000)]
    lines = show(dump(records))
    assert lines[0] == "list of 20,000"
    assert lines[-1] == "└ ... 19,997 more, all dict with the same 3 keys"
    assert len(lines) == 1 + 3 * 4 + 1


def test_a_run_too_long_to_compare_is_one_group(dump, show):
    """Where nobody has looked at all of it, nothing is said about the rest but its size."""
    records = [{f"k{i}": i for i in range(30)} for _ in range(5)]
    lines = show(dump([records[i % 5] for i in range(600_000)]), "--depth=1")
    assert lines[0] == "list of 600,000"
    assert [line[:5] for line in lines[1:4]] == ["├ [0]", "├ [1]", "├ [2]"]
    assert lines[4:] == ["└ ... 599,997 more"]
    # With nothing left to spend, what follows is cut as anything long is.
    lines = show(dump([[records[i % 5] for i in range(600_000)], [1] * 40]), "--depth=2")
    assert lines[-1] == "  └ ... 30 more"
    assert sum("more" in line for line in lines) == 2


def test_a_run_of_plain_values_too_long_to_compare(raw, show):
    path = raw(b"\x80\x04](" + b"N" * 17_000_000 + b"e.")
    assert show(path) == [
        "list of 17,000,000",
        "├ [0] ... [16000000]  16,000,001 × None: " + "None, " * 9 + "...",
        "└ ... 999,999 more",
    ]


def test_other_keys_are_not_called_the_same(dump, show):
    records = [{"id": i, "name": "x" * 70} for i in range(100)]
    records[50] = {"id": 50, "other": "x" * 70}
    lines = show(dump(records))
    assert not any("99" in line and "same" in line for line in lines)
    assert any("'other'" in line for line in lines)


def test_long_text_is_cut_and_its_length_said(dump):
    line = one_line(dump("The quick brown fox. " * 1000))
    assert line.startswith("'The quick brown fox.") and line.endswith("... 21,000 characters")
    assert len(line) <= 100
    line = one_line(dump(b"\x00" * 5000))
    assert line.startswith("b'\\x00\\x00") and line.endswith("... 5,000 bytes")
    line = one_line(dump(10**300))
    assert line.startswith("1000") and line.endswith("... 301 digits")


def test_text_is_not_cut_inside_a_character(dump):
    for width in range(20, 60):
        line = one_line(dump("漢字\ud800é" * 100), "--width", str(width))
        assert "\\x" not in line and line.endswith("... 400 characters")


def test_all_leaves_nothing_out(dump, show):
    value = {"text": "x" * 5000, "list": list(range(300)), "deep": [[[[[[[[[[["end"]]]]]]]]]]]}
    text = "\n".join(show(dump(value), "--all"))
    assert "more" not in text and "..." not in text
    assert "x" * 5000 in text and "[299]  299" in text and "'end'" in text


@pytest.mark.parametrize("items", [1, 2, 3, 10, 50])
def test_every_item_is_shown_or_counted(dump, show, items):
    """Numbers of what is left out add up, whatever the mixture."""
    value = []
    for i in range(60):
        value.append({"k": "v" * 80, "i": i} if i % 7 else [i] * 40)
    lines = show(dump(value), "--items", str(items), "--depth", "1")
    children = [line for line in lines if line[:2] in ("├ ", "└ ")]
    count = 0
    for line in children:
        words = line.split()
        if "more" in words[:4]:
            count += int(words[2].replace(",", ""))
        elif "×" in words:
            count += int(words[words.index("×") - 1].replace(",", ""))
        else:
            count += 1
    assert count == 60


def test_depth(dump, show):
    value = {"a": {"b": {"c": ["x" * 40, "y" * 40]}}}
    assert show(dump(value), "--depth", "0") == ["dict of 1: a ..."]
    lines = show(dump(value), "--depth", "1")
    assert lines == ["dict of 1", "└ 'a': dict of 1: b ..."]
    assert len(show(dump(value), "--depth", "9")) == 6


def test_default_depth_fits_on_a_few_screens(dump, show):
    value = "leaf" * 30
    for _ in range(8):
        value = [value, [value, "x" * 90], [value, "y" * 90], ["z" * 90]]
    assert len(show(dump(value))) <= 201


def test_a_million_levels(tmp_path, show):
    path = tmp_path / "deep.pkl"
    path.write_bytes(b"]" * 1000000 + b"a" * 999999 + b".")
    begin = time.monotonic()
    lines = show(path)
    assert lines[0] == "list of 1" and lines[-1].endswith("...")
    lines = show(path, "--depth", "5000")
    assert len(lines) == 5001
    # Guides do not grow with the depth.
    assert max(map(len, lines)) < 150
    assert time.monotonic() - begin < 20


def test_width(dump, show):
    value = {"a": "x" * 300, "b": list(range(100)), "c": b"y" * 300}
    for width in (60, 80, 100, 200):
        lines = show(dump(value), "--width", str(width))
        assert max(map(len, lines)) <= width


def test_ids(dump, show):
    import json

    path = dump([[1], "a"])
    line = one_line(path, "--ids")
    assert line.startswith("#0 [#") and "'a'" in line
    assert json.loads(command.ok("json", path)) == [[1], "a"]


def test_pickle_option(raw):
    path = raw(pickle.dumps("one") + pickle.dumps("two") + pickle.dumps("three", 0))
    assert one_line(path) == "'one'"
    assert one_line(path, "--pickle", "2") == "'two'"
    assert one_line(path, "-p3") == "'three'"
    done = command.run("show", "-p", "4", path)
    assert done.returncode == 1 and b"the file holds 3 pickles" in done.stderr


def test_what_follows_is_noted(raw):
    done = command.run("show", raw(pickle.dumps(1) + pickle.dumps(2)))
    assert done.stdout == b"1\n" and b"another one (--pickle 2)" in done.stderr
    done = command.run("show", raw(pickle.dumps(1) + b"junk"))
    assert done.returncode == 0 and b"4 more bytes behind this pickle" in done.stderr
    done = command.run("show", "--quiet", raw(pickle.dumps(1) + b"junk"))
    assert done.stderr == b""


def test_names_that_lie(raw):
    """Names are as hostile as everything else."""
    line = one_line(raw(b"\x80\x04\x8c\x05\x1b[31m\x8c\x05a\nb\xc2\x9b\x93."))
    assert line == "\\x1b[31m.a\\x0ab\\x9b"
    data = b"\x80\x04\x8c\x01m\x8c\x01C\x93)\x81}\x8c\x05x\x1b]0;K\x01sb."
    assert one_line(raw(data)) == "<m.C ['x\\x1b]0;']=1>"


# numpy, spelt by hand where numpy is not installed

F8 = (b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88t"
      b"R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")


def array(shape, data, fortran=False, dtype=F8, module=b"numpy.core.multiarray"):
    size = len(data).to_bytes(4, "little")
    return (
        b"\x80\x03c" + module + b"\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01("
        + b"".join(b"J" + n.to_bytes(4, "little") for n in shape)
        + b"t" + dtype + (b"\x88" if fortran else b"\x89") + b"B" + size + data + b"tb."
    )


def doubles(*numbers):
    import struct

    return struct.pack(f"<{len(numbers)}d", *numbers)


def test_array(raw):
    data = array((2, 3), doubles(0, 1.5, 0.1, 1e300, float("nan"), -2))
    assert one_line(raw(data), "-w", "200") == (
        "numpy.ndarray float64 (2, 3)  [[0.0, 1.5, 0.1], [1e+300, nan, -2.0]]"
    )
    data = array((2, 3), doubles(0, 1, 2, 3, 4, 5), fortran=True, module=b"numpy._core.multiarray")
    assert one_line(raw(data)) == "numpy.ndarray float64 (2, 3)  [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]"


def test_array_is_cut_and_counted(raw):
    line = one_line(raw(array((1000, 4), doubles(*range(4000)))))
    assert line.startswith("numpy.ndarray float64 (1000, 4)  [[0.0, 1.0, 2.0, 3.0], [4.0,")
    assert line.rstrip("]").endswith("more") and len(line) <= 100
    shown = line.split("[[")[1].split("...")[0].count(".0")
    assert f"{4000 - shown:,} more" in line
    whole = one_line(raw(array((1000, 4), doubles(*range(4000)))), "--all")
    assert whole.count(".0") == 4000


def test_array_shorter_than_it_says(raw):
    line = one_line(raw(array((1 << 20, 1 << 10), doubles(1))))
    assert "not as long as its data: 8 bytes" in line


def test_array_kinds(tmp_path):
    numpy = pytest.importorskip("numpy")
    cases = [
        (numpy.arange(3, dtype=">i4"), ">i4 (3,)", "[0, 1, 2]"),
        (numpy.array([True, False]), "bool (2,)", "[True, False]"),
        (numpy.array(["ab", "c"]), "U2 (2,)", "['ab', 'c']"),
        (numpy.array([b"ab", b"c"]), "S2 (2,)", "[b'ab', b'c']"),
        (numpy.array([1 + 2j]), "complex128 (1,)", "[1.0+2.0j]"),
        (numpy.arange(3, dtype="f2"), "float16 (3,)", "[0.0, 1.0, 2.0]"),
        (numpy.float32([0.1]), "float32 (1,)", "[0.1]"),
        (numpy.array(["2020-02-29", "NaT"], "M8[s]"),
         "datetime64[s] (2,)", "[2020-02-29T00:00:00, NaT]"),
        (numpy.array(["1969-12-31T23:59:59.5"], "M8[ms]"),
         "datetime64[ms] (1,)", "[1969-12-31T23:59:59.500]"),
        (numpy.array(5), "int64 ()", "5"),
        (numpy.zeros((0, 3)), "float64 (0, 3)", ""),
        (numpy.zeros(2, [("x", "f4"), ("y", "i2")]), "{x: float32, y: int16} (2,)", ""),
        (numpy.array([-(2**63), 2**63 - 1]),
         "int64 (2,)", "[-9223372036854775808, 9223372036854775807]"),
        (numpy.array([2**64 - 1], "u8"), "uint64 (1,)", "[18446744073709551615]"),
        (numpy.int8([-128, -1]), "int8 (2,)", "[-128, -1]"),
    ]
    for protocol in (2, 4, 5):
        for value, head, elements in cases:
            path = tmp_path / "a.pkl"
            path.write_bytes(pickle.dumps(value, protocol))
            expected = f"numpy.ndarray {head}" + (f"  {elements}" if elements else "")
            assert one_line(path) == expected
    for value, expected in [
        (numpy.float64(0.1), "numpy.float64(0.1)"),
        (numpy.int8(-3), "numpy.int8(-3)"),
        (numpy.bool_(True), "numpy.bool_(True)"),
        (numpy.dtype("f4"), "numpy.dtype('float32')"),
        (numpy.array([1, "a", None], object), "numpy.ndarray object (3,) [1, 'a', None]"),
    ]:
        path.write_bytes(pickle.dumps(value, 4))
        assert one_line(path) == expected


def test_corpus_fits_in_the_width(show):
    """Every line of every corpus file ends in time, and no file breaks the tree."""
    files = sorted(command.CORPUS.glob("*.pkl"))
    assert len(files) > 50
    for file in files:
        lines = show(file, "--width", "100")
        assert lines and len(lines) <= 300, file
