"""`brinery dis` beside pickletools: the same opcodes, arguments and places, the same text."""

import base64
import io
import pickle
import pickletools
import struct

import command
import generate
import model
import pytest


def argument(value):
    """An argument of `dis --json` as genops has it."""
    if isinstance(value, dict):
        ((tag, content),) = value.items()
        if tag == "$bytes":
            return base64.b64decode(content, validate=True)
        if tag == "$bytearray":
            return bytearray(base64.b64decode(content, validate=True))
        if tag == "$utf8":
            return base64.b64decode(content, validate=True).decode("utf-8", "surrogatepass")
        if tag == "$int":  # more digits than Python would print
            value = int(content, 16)
            assert content == hex(value) and abs(value) >= 10**4300
            return value
        if tag == "$float":
            assert content in ("inf", "-inf", "nan") or content.startswith("0x")
            if content.startswith("0x"):
                return struct.unpack(">d", bytes.fromhex(content[2:]))[0]
            return float(content)
        raise AssertionError(f"unknown argument {value}")
    return value


def same_argument(ours, theirs):
    if isinstance(theirs, float):
        return type(ours) is float and model.float_bits(ours) == model.float_bits(theirs)
    if isinstance(theirs, str) and ours != theirs:
        # Two escaped surrogates in a row are one character to whoever reads JSON.
        theirs = theirs.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return type(ours) is type(theirs) and ours == theirs


def compare(pickle, entries):
    """None, or what differs from genops."""
    expected = list(pickletools.genops(pickle))
    if len(entries) != len(expected):
        return f"{len(entries)} opcodes instead of {len(expected)}"
    for entry, (opcode, arg, pos) in zip(entries, expected):
        wanted = {"offset", "opcode"} | ({"arg"} if arg is not None else set())
        if set(entry) != wanted:
            return f"{opcode.name} at {pos}: {entry}"
        if (entry["offset"], entry["opcode"]) != (pos, opcode.name):
            return f"{opcode.name} at {pos}: {entry}"
        if arg is not None and not same_argument(argument(entry["arg"]), arg):
            return f"{opcode.name} at {pos}: {entry['arg']!r:.200} is not {arg!r:.200}"
    return None


def check(pickles):
    for number, (pickle, entries) in enumerate(zip(pickles, command.disassembled(*pickles))):
        wrong = compare(pickle, entries)
        assert wrong is None, f"pickle {number}: {wrong}\n{pickle!r}"


def text_of(pickle, annotate=0):
    """What pickletools prints, and what it raises at the end."""
    out = io.StringIO()
    error = None
    try:
        pickletools.dis(pickle, out, annotate=annotate)
    except ValueError as raised:
        error = str(raised)
    return out.getvalue(), error


def genops_reads(data):
    """The pickles in a file, as far as pickletools can read them."""
    file = io.BytesIO(data)
    out = []
    while file.tell() < len(data):
        start = file.tell()
        try:
            for _ in pickletools.genops(file):
                pass
        except (ValueError, UnicodeDecodeError):
            return out
        out.append(data[start : file.tell()])
    return out


def test_corpus_equals_genops(corpus):
    pickles = [pickle for data in corpus.values() for pickle in genops_reads(data)]
    assert len(pickles) >= 0.9 * len(corpus)
    check(pickles)


def test_generated_objects_equal_genops():
    check(list(generate.pickled_objects(1500, "disassembly")))


def test_generated_programs_equal_genops():
    check([data for data, _ in generate.programs(1500, "disassembly")])


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_many_generated_equal_genops(part):
    check(list(generate.pickled_objects(2500, f"disassembly/{part}")))
    check([data for data, _ in generate.programs(2500, f"disassembly/{part}")])


def test_corpus_text_equals_pickletools(corpus):
    compared = 0
    for name, data in corpus.items():
        for pickle in genops_reads(data)[:1]:
            expected, error = text_of(pickle)
            if error is not None:
                continue
            ours = command.ok("dis", "-", data=data).decode("utf-8", "surrogatepass")
            assert ours == expected, name
            compared += 1
    assert compared > 50


def test_corpus_annotations_stand_where_pickletools_has_them(corpus):
    """The words are ours; the column is the one `pickletools -a` uses."""
    compared = 0
    for name, data in corpus.items():
        for pickle in genops_reads(data)[:1]:
            expected, error = text_of(pickle, annotate=30)
            if error is not None:
                continue
            plain = text_of(pickle)[0].splitlines()
            ours = command.ok("dis", "-a", "-", data=data).decode("utf-8", "surrogatepass")
            ours = ours.splitlines()
            theirs = expected.splitlines()
            assert len(ours) == len(theirs) == len(plain), name
            for our, their, bare in zip(ours[:-1], theirs[:-1], plain[:-1]):
                column = annotation_column(their, bare)
                assert our[: len(bare)] == bare, name
                assert our[len(bare) : column].strip() == "", f"{name}: {our!r} and {their!r}"
                assert our[column : column + 1].strip() != "", f"{name}: {our!r} and {their!r}"
            assert ours[-1] == theirs[-1]
            compared += 1
    assert compared > 50


def annotation_column(annotated, bare):
    rest = annotated[len(bare) :]
    return len(bare) + len(rest) - len(rest.lstrip(" "))


def test_generated_text_equals_pickletools():
    """Memos and marks included: on whatever pickletools does not complain about."""
    compared = 0
    for data in generate.pickled_objects(60, "text"):
        expected, error = text_of(data)
        if error is None:
            assert command.ok("dis", "-", data=data).decode("utf-8", "surrogatepass") == expected
            compared += 1
    assert compared > 30


NUMBERS = [b"K\x07", b"M\x07\x01", b"J\xf9\xff\xff\xff", b"G\xbf\xb9\x99\x99\x99\x99\x99\x9a"]


def rows_of_numbers():
    """Rows at every depth of marks, in frames that end at every place in them, cut anywhere."""
    for number in NUMBERS:
        for marks in range(7):
            for other in NUMBERS:
                yield b"(" * marks + number * 3 + other + b"t" * marks + b"."
        row = b"(" + number * 3 + b"t."
        for size in range(len(row) + 4):
            yield b"\x80\4\x95" + size.to_bytes(8, "little") + row
        yield from (row[:size] for size in range(len(row)))
    yield NUMBERS[0] * 70 + NUMBERS[3] * 70 + b"."


def test_rows_of_numbers():
    """Lines that are made in one go are those that are made one by one, as annotated ones are."""
    for data in rows_of_numbers():
        plain = command.run("dis", "-", data=data)
        annotated = command.run("dis", "-a", "-", data=data)
        assert plain.returncode == annotated.returncode, data
        assert plain.stderr == annotated.stderr, data
        lines, others = plain.stdout.splitlines(), annotated.stdout.splitlines()
        assert len(lines) == len(others), data
        assert all(other.startswith(line) for line, other in zip(lines, others)), data
        expected, error = text_of(data)
        if error is None and plain.returncode == 0:
            assert plain.stdout.decode() == expected, data


@pytest.mark.parametrize("spelling", ["007", "+7", " 7", "7 ", "7\r", "\v7\t", "+007", "-0", "-000",
                                      "0" * 30 + "7", "00", "01"])
def test_memo_indices_as_int_reads_them(spelling):
    """PUT and GET by hand: what loads reads the same."""
    line = spelling.encode()
    data = b"]p" + line + b"\n0g" + str(int(spelling)).encode() + b"\n."
    assert pickle.loads(data) == [] == pickle.loads(b"]p%d\n0g" % int(spelling) + line + b"\n.")
    for one in (data, b"]p%d\n0g" % int(spelling) + line + b"\n."):
        expected, error = text_of(one)
        assert error is None
        assert command.ok("dis", "-", data=one).decode() == expected
        assert command.ok("json", "-", data=one) == b"[]\n"
    check([data])


@pytest.mark.parametrize("data", [b"it's", b"it's \"", b'"', b"'\\\n\xff"])
def test_bytearrays_are_spelled_as_python_does(data):
    """Which is not how it spells bytes."""
    dumped = pickle.dumps(bytearray(data), 5)
    assert command.ok("dis", "-", data=dumped).decode() == text_of(dumped)[0]
    assert command.ok("show", "-", data=dumped).decode().startswith(repr(bytearray(data)))


@pytest.mark.parametrize(
    "pickle, word",
    [
        (b"N", "STOP"),  # no STOP
        (b"h\0.", "memo"),  # never stored
        (b"t.", "MARK"),  # no mark
        (b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.", "frame"),  # a frame that outruns the data
    ],
)
def test_what_loading_refuses_is_still_shown(pickle, word):
    """The text goes as far as the bytes do, says what is wrong, and the exit code is 2."""
    done = command.run("dis", "-", data=pickle)
    assert done.returncode == 2
    for opcode, _, pos in _readable(pickle):
        line = f"{pos:5d}: "
        assert line in done.stdout.decode(), opcode.name
    assert word.lower() in (done.stdout + done.stderr).decode().lower()


def _readable(pickle):
    out = []
    try:
        for entry in pickletools.genops(pickle):
            out.append(entry)
    except ValueError:
        pass
    return out
