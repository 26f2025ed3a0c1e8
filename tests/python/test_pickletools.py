"""genops, dis and optimize of the package beside those of pickletools: equal on any input."""

import contextlib
import gc
import gzip
import io
import itertools
import mmap
import pathlib
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import textwrap
import unittest
import warnings

import command
import generate
import pytest

brinery = pytest.importorskip("brinery", reason="the Python package is not built")

SITE = str(pathlib.Path(brinery.__file__).parents[1])
BOTH = (pickletools, brinery)


# ----------------------------------------------------------------------------
# Comparing
# ----------------------------------------------------------------------------


def outcome(function, *args, **kwargs):
    """What the call returns, or which exception it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)


def argument(arg):
    """An argument so that == finds every difference: the type, and the bits of floats."""
    return type(arg), struct.pack("d", arg) if isinstance(arg, float) else arg


def items(module, pickle):
    """All items, and what the iterator raises in the end."""
    out = []

    def run():
        for opcode, arg, pos in module.genops(pickle):
            assert type(opcode) is pickletools.OpcodeInfo
            out.append((id(opcode), argument(arg), type(pos), pos))

    return out, outcome(run)


def text(module, pickle, *args, **kwargs):
    """What dis() prints, and what it raises in the end."""
    out = io.StringIO()
    return outcome(module.dis, pickle, out, *args, **kwargs), out.getvalue()


def check(data, **options):
    theirs, ours = (items(module, data) for module in BOTH)
    assert ours == theirs, data
    theirs, ours = (text(module, data, **options) for module in BOTH)
    assert ours == theirs, data
    theirs, ours = (outcome(module.optimize, data) for module in BOTH)
    assert ours == theirs and type(ours) is type(theirs), data


OPTIONS = [
    {"indentlevel": indent, "annotate": annotate}
    for indent in (-3, 0, 1, 2, 4, 9)
    for annotate in (-5, 0, 1, 7, 30, 49, 51, 90)
]

bad_files = sorted((command.CORPUS / "bad").iterdir())


@pytest.fixture(autouse=True)
def quiet():
    """Escapes that are none give warnings, the same from both because the reader is the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


# ----------------------------------------------------------------------------
# Many pickles
# ----------------------------------------------------------------------------


def test_corpus(corpus):
    for data in corpus.values():
        check(data)


# Not each with each, but each.
@pytest.mark.parametrize("options", OPTIONS[::5], ids=str)
def test_corpus_options(corpus, options):
    for data in corpus.values():
        if len(data) < 20000:
            assert text(brinery, data, **options) == text(pickletools, data, **options)


@pytest.mark.parametrize("path", bad_files, ids=[path.name for path in bad_files])
def test_bad(path):
    check(path.read_bytes(), annotate=30)


def test_prefixes(corpus):
    small = [data for data in corpus.values() if len(data) <= 400]
    small += [path.read_bytes() for path in bad_files if path.stat().st_size <= 300]
    assert len(small) > 80
    for data in small:
        for end in range(len(data)):
            check(data[:end])


def test_generated_objects():
    for data in generate.pickled_objects(150, "pickletools"):
        check(data)


def test_generated_programs():
    for data, _ in generate.programs(300, "pickletools"):
        check(data, annotate=20)


def mutated(data, rng):
    data = bytearray(data)
    codes = [ord(opcode.code) for opcode in pickletools.opcodes]
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0 and at < len(data):
            data[at] = rng.choice(codes)
        elif kind == 1 and at < len(data):
            data[at] = rng.choice([rng.randrange(256), data[at] ^ 1 << rng.randrange(8)])
        elif kind == 2:
            data[at:at + rng.randrange(4)] = b""
        else:
            data[at:at] = bytes(rng.choice(codes) for _ in range(rng.randrange(1, 4)))
    return bytes(data)


def sources(corpus):
    return ([data for data in corpus.values() if 0 < len(data) <= 3000]
            + [data for data, _ in generate.programs(100, "mutated")])


def check_mutated(corpus, count, seed):
    rng = random.Random(seed)
    pool = sources(corpus)
    for _ in range(count):
        check(mutated(rng.choice(pool), rng), **rng.choice(OPTIONS))


def test_mutated(corpus):
    check_mutated(corpus, 1500, "mutated")


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_many_mutated(corpus, part):
    check_mutated(corpus, 40000, f"mutated/{part}")


def soup(rng, length):
    """Opcodes at random, with arguments that are mostly there."""
    lines = [b"0", b"1", b"00", b"01", b"-1", b"+5", b" 7 ", b"1_0", b"010", b"", b"L", b"12L",
             b"99999999999999999999", b"1e5", b"nan", b"inf", b"1_0.5", b"x", b"'a'", b'"b"',
             b"'", b"'a", b"'\\x41'", b"'\\q'", b"\\u0041", b"\\u00", b"\xe9", b"'\xe9'",
             b"a\\nb", b"\x00", b"9" * 30]
    out = bytearray(rng.choice([b"", b"\x80\x02", b"\x80\x04", b"\x80\x05", b"\x80\x09"]))
    for _ in range(length):
        opcode = rng.choice(pickletools.opcodes)
        if opcode.name == "STOP" and rng.random() < 0.9:
            continue
        out += opcode.code.encode("latin-1")
        if opcode.arg is None:
            continue
        if opcode.arg.n == pickletools.UP_TO_NEWLINE:
            out += rng.choice(lines) + b"\n"
            if "pair" in opcode.arg.name:
                out += rng.choice(lines) + b"\n"
        elif opcode.arg.n > 0:
            out += bytes(rng.choice([0, 0, 1, 2, 3, 255]) for _ in range(opcode.arg.n))
        else:
            width = {-2: 1, -3: 4, -4: 4, -5: 8}[opcode.arg.n]
            data = rng.choice([b"", b"a", b"\xff", b"\xed\xa0\x80", "é€".encode(), b"z" * 9])
            out += len(data).to_bytes(width, "little") + data
    return bytes(out + b".")


def check_soup(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        check(soup(rng, rng.choice([1, 2, 5, 20])), **rng.choice(OPTIONS))


def test_soup():
    check_soup(2000, "soup")


@pytest.mark.long
def test_much_soup():
    check_soup(40000, "much soup")


# ----------------------------------------------------------------------------
# Arguments and errors, one by one
# ----------------------------------------------------------------------------

LINES = [b"0", b"00", b"01", b"-0", b"+1", b"1 ", b" 1", b"1_0", b"0x10", b"010", b"", b"-",
         b"1L", b"1LL", b"\xd9\xa1", b"9" * 18, b"9" * 19, b"9" * 20, b"-" + b"9" * 19,
         b"9" * 5000, b"nan", b"-nan", b"inf", b"infinity", b"1e400", b"1e-400", b"0x1p3", b"1.",
         b".5", b"1_0.0", b"'a'", b'"a"', b"'a\"", b"'", b"''", b"a", b"'\\n'", b"'\\\\'",
         b"'\\'", b"'\\777'", b"'\\400'", b"'\\x4'", b"'\xff'", b"\\u20ac", b"\\U0001f600",
         b"\\ud800", b"\\U00110000", b"\\u12", b"\\", b"\\\\u20ac", b"\xe9\xff", b"a\0b", b"\r"]


@pytest.mark.parametrize("code", sorted(
    opcode.code for opcode in pickletools.opcodes
    if opcode.arg is not None and opcode.arg.n == pickletools.UP_TO_NEWLINE))
def test_lines(code):
    for first, second in itertools.product(LINES, [b"x\n", b"\n", b"", b"\\n\n", b"\xe9\n"]):
        check(code.encode() + first + b"\n" + second + b".")
    for line in LINES:
        check(code.encode() + line)


@pytest.mark.parametrize("code", sorted(
    opcode.code for opcode in pickletools.opcodes
    if opcode.arg is not None and opcode.arg.n < pickletools.UP_TO_NEWLINE))
def test_payloads(code):
    width = {-2: 1, -3: 4, -4: 4, -5: 8}[
        next(opcode.arg.n for opcode in pickletools.opcodes if opcode.code == code)]
    texts = [b"", b"a", "é".encode(), "€".encode(), "😀".encode(), b"\xed\xa0\x80\xed\xb0\x80",
             b"\xff", b"\xc3", b"\xc0\x80", b"\xf4\x90\x80\x80", b"'", b'"', b"'\"",
             b"\\\n\t\0\x7f",
             bytes(range(256)), b"x" * 255, b"x" * 5000, "\xad\u0378".encode(), b"\0" * 9]
    for data in texts:
        if len(data) < 256 ** width:
            sized = code.encode("latin-1") + len(data).to_bytes(width, "little") + data
            check(sized + b".")
            check(sized[:-1])
    for size in (1, 5, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 62, 2 ** 63, 2 ** 64 - 1):
        if size < 256 ** width:
            check(code.encode("latin-1") + size.to_bytes(width, "little") + b"abc.")


def test_every_byte_alone():
    for byte in range(256):
        check(bytes([byte]))
        check(bytes([byte]) + b".")
        check(b"N" + bytes([byte]) + b".")


@pytest.mark.parametrize("digits", [0, 640, 5000])
def test_digits_of_ints_follow_the_interpreter(digits):
    limit = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(digits)
        for data in (b"I" + b"7" * 700 + b"\n.", b"L" + b"7" * 5001 + b"L\n.",
                     pickle.dumps(7 ** 2000), pickle.dumps(7 ** 9000)):
            check(data)
    finally:
        sys.set_int_max_str_digits(limit)


# ----------------------------------------------------------------------------
# Where the pickle comes from
# ----------------------------------------------------------------------------


class Bare:
    """A file with read and readline only."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def read(self, size):
        return self._file.read(size)

    def readline(self):
        return self._file.readline()


class Telling(Bare):
    """Positions are whatever tell() says."""

    def tell(self):
        return self._file.tell() + 10 ** 30


class Bytearrays(Bare):
    """read() returns bytearrays."""

    def read(self, size):
        return bytearray(self._file.read(size))


class Subclass(io.BytesIO):
    """What is overridden is called."""

    def read(self, size=-1):
        return super().read(size).replace(b"a", b"b")


class Words(Bare):
    def tell(self):
        return "here"


class Fractional(Bare):
    def tell(self):
        return self._file.tell() + 0.5


class Failing(Bare):
    def readline(self):
        raise OSError("no more lines")


def text_file(data):
    return io.StringIO(data.decode("latin-1"))


SAMPLES = [
    pickle.dumps({"a": [1, "zé", b"xyz", 2.5, (), {7}], "b": ("a", 10 ** 30)}, proto)
    for proto in range(6)
] + [b"cabc\ndef\n(S'x'\nI01\nP12\no.", b"(lp0\nI010\na.", b"(I1\nX\3\0\0\0ab", b"q", b"((\xff.",
     b"", b"V\\u20ac\n.", b"NN.", b"q\1.", b"h\1.", b"(p0\n.", b"t."]


@pytest.mark.parametrize("make", [
    bytearray, io.BytesIO, Bare, Telling, Bytearrays, Subclass, Words, Fractional, Failing,
    text_file, gzip.GzipFile,
])
def test_objects_as_input(make):
    def fresh(data):
        if make is gzip.GzipFile:
            return gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data)))
        return make(data)

    for data in SAMPLES:
        assert items(brinery, fresh(data)) == items(pickletools, fresh(data)), data
        for options in OPTIONS[::5]:
            assert (text(brinery, fresh(data), **options)
                    == text(pickletools, fresh(data), **options)), data


def test_memory_that_pickletools_does_not_take():
    for data in SAMPLES:
        for view in (memoryview(data), memoryview(b" ".join([data, data]))[:len(data)]):
            assert items(brinery, view) == items(pickletools, data)
            assert text(brinery, view) == text(pickletools, data)
            assert outcome(brinery.optimize, view) == outcome(pickletools.optimize, data)
    for array in (bytearray(SAMPLES[4]), SAMPLES[4]):
        assert brinery.optimize(array) == pickletools.optimize(array)


def test_a_bytearray_may_change_meanwhile():
    array = bytearray(SAMPLES[2])
    iterator = brinery.genops(array)
    next(iterator)
    array.clear()
    assert len(list(iterator)) == len(list(pickletools.genops(SAMPLES[2]))) - 1


@pytest.mark.parametrize("wrong", [None, 5, "text", [1, 2], object()], ids=repr)
def test_wrong_input(wrong):
    # Nothing is wrong before the first item, as with a generator.
    iterator = brinery.genops(wrong)
    assert outcome(next, iterator) == outcome(next, pickletools.genops(wrong))
    assert list(iterator) == []
    assert text(brinery, wrong) == text(pickletools, wrong)
    with pytest.raises(TypeError):
        brinery.optimize(wrong)


def places(data, tmp_path):
    """Files with the pickle in the middle, each made twice."""
    path = tmp_path / "middle.pkl"
    path.write_bytes(b"before" + data + b"behind" * 30000)

    def opened(*args, **kwargs):
        file = open(path, *args, **kwargs)
        file.seek(6)
        return file

    def mapped():
        with open(path, "rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        mapping.seek(6)
        return mapping

    def in_memory():
        file = io.BytesIO(path.read_bytes())
        file.seek(6)
        return file

    yield from (lambda: opened("rb"), lambda: opened("r+b"), lambda: opened("rb", buffering=0),
                lambda: opened("rb", buffering=7), mapped, in_memory)


def big_samples():
    rng = random.Random("big")
    words = ["word %d" % rng.randrange(1000) for _ in range(9000)]
    for proto in (0, 2, 4):
        yield pickle.dumps([words, "x" * 200000, b"y" * 70000, list(range(20000)), "é" * 50000],
                           proto)


def test_files_are_left_behind_the_pickle(tmp_path):
    for data in itertools.chain(SAMPLES, big_samples()):
        makes = list(places(data, tmp_path))
        # The others would take pickletools a system call for every byte.
        for make in makes if len(data) < 1000 else [makes[0], makes[-1]]:
            with contextlib.closing(make()) as theirs, contextlib.closing(make()) as ours:
                assert items(brinery, ours) == items(pickletools, theirs)
                assert ours.tell() == theirs.tell()
                ours.seek(6)
                theirs.seek(6)
                assert text(brinery, ours) == text(pickletools, theirs)
                assert ours.tell() == theirs.tell()


def test_several_pickles_in_a_file(tmp_path):
    path = tmp_path / "several.pkl"
    with open(path, "wb") as file:
        for data in SAMPLES[:6] * 50:
            file.write(data)
    with open(path, "rb") as ours, open(path, "rb") as theirs:
        for _ in range(300):
            assert items(brinery, ours) == items(pickletools, theirs)
        assert items(brinery, ours) == items(pickletools, theirs)  # exhausted


@pytest.mark.parametrize("end", ["close", "drop", "keep"])
def test_files_of_iterators_that_do_not_finish(tmp_path, end):
    data = SAMPLES[4]
    for make in places(data, tmp_path):
        for count in range(1, 9):
            with contextlib.closing(make()) as theirs, contextlib.closing(make()) as ours:
                their_iterator, our_iterator = pickletools.genops(theirs), brinery.genops(ours)
                for _ in range(count):
                    assert next(our_iterator) == next(their_iterator)
                if end == "close":
                    our_iterator.close()
                    assert list(our_iterator) == []
                elif end == "drop":
                    del our_iterator
                elif type(ours) is io.BufferedReader or type(ours) is io.BufferedRandom:
                    continue  # read ahead until the iterator is gone
                assert ours.tell() == theirs.tell()


def test_a_file_that_was_moved_stays_there(tmp_path):
    for make in places(SAMPLES[4], tmp_path):
        with contextlib.closing(make()) as file:
            iterator = brinery.genops(file)
            next(iterator)
            file.seek(3)
            iterator.close()
            assert file.tell() == 3


def test_a_bytesio_is_followed():
    data = pickle.dumps([1, 2, 3], 2) + pickle.dumps("other", 2)
    for jump in range(len(data)):
        seen = []
        for module in BOTH:
            file = io.BytesIO(data)
            out = []

            def run():
                for number, (opcode, arg, pos) in enumerate(module.genops(file)):
                    out.append((opcode.name, arg, pos, file.tell()))
                    if number == 1:
                        file.seek(jump)

            seen.append((outcome(run), out, file.tell()))
        assert seen[0] == seen[1]


def test_a_closed_file(tmp_path):
    path = tmp_path / "closed.pkl"
    path.write_bytes(SAMPLES[2])
    for make in (lambda: open(path, "rb"), lambda: io.BytesIO(SAMPLES[2])):
        file = make()
        iterator = brinery.genops(file)
        next(iterator)
        file.close()
        with pytest.raises(ValueError, match="closed file"):
            list(iterator)
        file = make()
        iterator = brinery.genops(file)
        next(iterator)
        file.close()
        del iterator  # has nobody to complain to
        for module in BOTH:
            with pytest.raises(ValueError, match="closed file"):
                next(module.genops(file))


def test_pipes_fail_alike():
    script = ("import sys, pickletools; sys.path.insert(0, sys.argv[1]); import brinery\n"
              "m = {'ours': brinery, 'theirs': pickletools}[sys.argv[2]]\n"
              "try: print([(o.name, a, p) for o, a, p in m.genops(sys.stdin.buffer)])\n"
              "except Exception as e: print(type(e), e)\n")
    said = {subprocess.run([sys.executable, "-c", script, SITE, who], input=SAMPLES[4],
                           capture_output=True, check=True).stdout for who in ("ours", "theirs")}
    assert len(said) == 1


def test_the_iterator_does_not_run_in_itself():
    class Reentrant(Bare):
        def read(self, size):
            seen.append(outcome(next, self.iterator))
            seen.append(outcome(self.iterator.close))
            return super().read(size)

    seen = []
    file = Reentrant(b"NN.")
    file.iterator = brinery.genops(file)
    assert len(list(file.iterator)) == 3
    assert set(seen) == {(ValueError, "generator already executing")}


def test_the_iterator_ends_for_good():
    for data in (b"N.N.", b"N", b"\xff"):
        iterator = brinery.genops(data)
        outcome(list, iterator)
        assert next(iterator, "end") == "end"
        iterator.close()
        iterator.close()
    iterator = brinery.genops(b"N.")
    iterator.close()
    assert list(iterator) == []


# ----------------------------------------------------------------------------
# dis: memo, out, options
# ----------------------------------------------------------------------------


def test_the_memo_is_shared_and_filled():
    file = io.BytesIO()
    pickler = pickle.Pickler(file, 2)
    value = [1, ("a", "b"), {"k": "v"}]
    for _ in range(3):
        pickler.dump(value)
    pickler.dump(["new", value])
    seen = []
    for module in BOTH:
        memo = {}
        source = io.BytesIO(file.getvalue())
        seen.append([(text(module, source, memo), list(memo.items())) for _ in range(5)])
    assert seen[0] == seen[1]
    assert seen[1][3][1][0][1] is pickletools.pylist


@pytest.mark.parametrize("memo", [
    {0: pickletools.markobject}, {0: "anything"}, {True: 5}, {1: None, 2: None}, {"x": 1}, 7,
    [], {7: 1}.items(),
], ids=repr)
def test_memos_of_the_caller(memo):
    for data in (b"h\0.", b"h\0h\0t.", b"(h\0h\1t.", b"N\x94.", b"]q\1h\1.", b"Nq\0.", b"h\0(h\0t.",
                 b"Np01\n0g1\n.", b"h\0\x94.", b"h\0000.", b"N."):
        theirs, ours = (type(memo)(memo) if isinstance(memo, (dict, list)) else memo
                        for _ in BOTH)
        assert text(brinery, data, ours) == text(pickletools, data, theirs)
        if isinstance(memo, (dict, list)):
            assert ours == theirs


def test_a_memo_that_is_a_mapping_of_another_kind():
    class Log(dict):
        def __init__(self):
            super().__init__()
            self.log = []

        def __contains__(self, key):
            self.log.append(("in", key))
            return super().__contains__(key)

        def __setitem__(self, key, value):
            self.log.append(("set", key, value))
            super().__setitem__(key, value)

    class Twin:
        def __eq__(self, other):
            return other is pickletools.markobject

        __hash__ = None

    for data in SAMPLES[:6]:
        theirs, ours = Log(), Log()
        assert text(brinery, data, ours) == text(pickletools, data, theirs)
        assert ours.log == theirs.log
    twin = Twin()
    for data in (b"h\0N.", b"h\0h\0t.", b"h\0Nt."):
        theirs, ours = (text(module, data, {0: twin}) for module in BOTH)
        assert ours == theirs


def test_out_is_written_to_as_print_does(capsys):
    for data in SAMPLES:
        outcome(pickletools.dis, data)
        theirs = capsys.readouterr().out
        outcome(brinery.dis, data)
        assert capsys.readouterr().out == theirs
    big = next(big_samples())
    assert text(brinery, big) == text(pickletools, big)


def test_without_stdout(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert brinery.dis(b"N.") is None
    monkeypatch.delattr(sys, "stdout")
    assert outcome(brinery.dis, b"N.") == outcome(pickletools.dis, b"N.")


def test_out_that_fails():
    class Full:
        def write(self, text):
            raise OSError("disk full")

    class NotText:
        write = None

    for out in (Full(), NotText(), 5):
        for data in (b"N.", b"", b"q\0."):
            ours, theirs = (outcome(module.dis, data, out) for module in BOTH)
            # Nothing is written before the pickle turns out to be broken.
            assert ours == theirs or data == b""


def test_lines_of_slow_files_do_not_wait():
    class Slow(Bare):
        def read(self, size):
            lengths.append(len(out.getvalue()))
            return super().read(size)

    seen = []
    for module in BOTH:
        lengths, out = [], io.StringIO()
        module.dis(Slow(SAMPLES[4]), out)
        seen.append(lengths)
    assert [length for length in seen[0]] == seen[1]


@pytest.mark.parametrize("options", [
    {"indentlevel": 0}, {"indentlevel": True}, {"annotate": True}, {"annotate": False},
    {"annotate": 10 ** 4, "indentlevel": 300}, {"memo": None},
], ids=str)
def test_options(options):
    for data in SAMPLES:
        assert text(brinery, data, **options) == text(pickletools, data, **options)


@pytest.mark.parametrize("options", [
    {"indentlevel": None}, {"indentlevel": 1.5}, {"annotate": "x"}, {"annotate": 0.5},
    {"nothing": 1}], ids=str)
def test_wrong_options(options):
    for module in BOTH:
        with pytest.raises(TypeError):
            module.dis(b"]N.", io.StringIO(), **options)


def test_signatures():
    import inspect
    for name in ("genops", "dis", "optimize"):
        ours, theirs = (inspect.signature(getattr(module, name)) for module in BOTH)
        assert ours == theirs
    assert text(brinery, pickle=b"N.") == text(pickletools, pickle=b"N.")
    assert brinery.optimize(p=b"N.") == b"N."
    assert len(list(brinery.genops(pickle=b"N."))) == 2


# ----------------------------------------------------------------------------
# optimize
# ----------------------------------------------------------------------------


def check_optimize(data):
    theirs, ours = (outcome(module.optimize, data) for module in BOTH)
    assert ours == theirs, data[:200]


@pytest.mark.parametrize("proto", range(6))
def test_frames(proto):
    target = 64 * 1024
    for size in (target - 20, target - 6, target - 5, target - 4, target, target + 1, 3 * target):
        for value in ("x" * size, b"x" * size, [b"x" * size], ["a", b"x" * size, "b" * 300],
                      [b"x" * (size - 40), 1, 2, 3, "tail"], ["x" * size, "y" * size] * 2,
                      list(range(size // 3))):
            check_optimize(pickle.dumps(value, proto))
            check_optimize(pickle._dumps(value, proto))
    for data in big_samples():
        check_optimize(data)


def test_frame_boundaries_byte_by_byte():
    body = [b"x" * 65535, b"x" * 200, b"y" * 200, b"z"]
    for fill in range(65200, 65560, 7):
        check_optimize(b"\x80\x04" + pickle.dumps(b"x" * fill, 3)[2:-1] + b"0"
                       + pickle.dumps(body, 4)[11:])


def test_memo_entries_of_all_kinds():
    for data in (b"g5\n.", b"h\5.", b"\x80\4h\5.", b"]p5\ng5\na.", b"]q\5h\5a.", b"]p-5\ng-5\na.",
                 b"]p" + b"9" * 40 + b"\ng" + b"9" * 40 + b"\na.", b"]p 7 \ng7\na.",
                 b"]p01\ng1\na.", b"]p1\ng01\na.", b"]q\1\x94h\1h\0ee.",
                 b"]r\xff\xff\xff\xffj\xff\xff\xff\xffa.",
                 b"h\0]q\0h\0a.", b"]q\0q\0q\0h\0a.", b"\x80\4]\x94\x94\x94h\2h\1e.",
                 b"]\x80\4.", b"\x80\6N.", b"\x80\xffN.", b"\x80\1\x80\4N.",
                 b"\x80\4\x95" + bytes(8) + b".", b"\x80\4.", b"\x80\4N.", b"\x80\4NN.",
                 b"\x80\4NN0.", b"."):
        check(data)


def test_results_longer_than_the_pickle():
    data = b"]" + b"q\5" * 70000 + b"h\5" * 1000 + b"."
    check_optimize(data)
    check_optimize(b"]" + b"p5\n" * 3000 + b"g5\n" * 3000 + b".")
    check_optimize(b"g5\n" * 3000 + b".")


try:
    from test import pickletester
except ImportError:  # Debian has CPython's tests in a package of their own
    pickletester = None

if pickletester is not None:

    class OptimizedPickleTests(pickletester.AbstractPickleTests, unittest.TestCase):
        """CPython's tests of what loads and dumps give back, with optimize in between."""

        # They look at the bytes or the calls of a pickler, of which optimize changes some.
        test_pickle_to_2x = None
        test_framed_write_sizes_with_delayed_writer = None

        def dumps(self, arg, proto=None, **kwargs):
            data = pickle.dumps(arg, proto, **kwargs)
            optimized = brinery.optimize(data)
            self.assertEqual(optimized, pickletools.optimize(data))
            return optimized

        def loads(self, buf, **kwargs):
            return pickle.loads(buf, **kwargs)

else:

    @pytest.mark.skip(reason="CPython's test suite is not installed")
    def test_cpython_suite():
        pass


# ----------------------------------------------------------------------------
# Hostile input, memory, the module
# ----------------------------------------------------------------------------


@pytest.mark.parametrize("data", [
    b"(" * 3000 + b"." * 1,
    b"(" * 300000,
    b"I010\n" * 20000 + b".",
    b"S'\\x41'\n" * 20000 + b".",
    b"N" * 300000 + b".",
    b"N2" * 100000 + b".",
    b"".join(b"r" + struct.pack("<I", 2 ** 32 - 1 - i) for i in range(20000)) + b".",
    b"B" + struct.pack("<I", 2 ** 32 - 1) + b"x" * 100000,
    b"\x8d" + struct.pack("<Q", 2 ** 63 - 1) + b"x" * 100000,
    b"V" + b"x" * 1000000,
    b"c" + b"x" * 1000000 + b"\n" + b"y" * 1000000,
    b"c" + b"x" * 1000000 + b"\n" + b"y" * 1000000 + b"\n.",
    b"X" + struct.pack("<I", 10 ** 6) + b"\xff" * 10 ** 6 + b".",
], ids=range(13))
def test_hostile(data, tmp_path):
    theirs, ours = (items(module, data) for module in BOTH)
    assert ours == theirs
    check_optimize(data)
    if not data.startswith(b"(" * 300000):  # its text has 10^11 blanks
        assert text(brinery, data) == text(pickletools, data)
    path = tmp_path / "hostile.pkl"
    path.write_bytes(data)
    with open(path, "rb") as file:
        assert items(brinery, file) == ours


def test_no_leaks(corpus, tmp_path):
    path = tmp_path / "leaks.pkl"
    path.write_bytes(SAMPLES[4])
    pool = [data for data in corpus.values() if len(data) < 2000][:40] + SAMPLES
    pool += [path.read_bytes() for path in bad_files if path.stat().st_size < 2000]

    def work():
        for data in pool:
            items(brinery, data)
            items(brinery, io.BytesIO(data))
            items(brinery, Bare(data))
            text(brinery, data, {0: "x"}, annotate=20)
            text(brinery, io.BytesIO(data))
            outcome(brinery.optimize, data)
        with open(path, "rb") as file:
            next(brinery.genops(file))
        cycle = Bare(b"NN.")
        cycle.iterator = brinery.genops(cycle)
        next(cycle.iterator)

    def blocks():
        gc.collect()
        return sys.getallocatedblocks()

    rounds = 25

    def grown():
        before = blocks()
        for _ in range(rounds):
            work()
        return blocks() - before

    # Free lists and caches fill up now and then; one block a run, every time, is a leak.
    assert min(grown() for _ in range(4)) < rounds


def python(script):
    return subprocess.run([sys.executable, "-c", textwrap.dedent(script), SITE],
                          capture_output=True, text=True, check=True).stdout.split()


def test_pickletools_is_imported_when_needed():
    assert python("""
        import sys
        sys.path.insert(0, sys.argv[1])
        import brinery
        print("pickletools" in sys.modules)
        brinery.optimize(b"N.")
        print("pickletools" in sys.modules)
    """) == ["False", "True"]


def test_opcodes_of_the_future_are_left_to_pickletools():
    assert python(r"""
        import copy, io, sys, pickletools
        sys.path.insert(0, sys.argv[1])
        import brinery
        new = copy.copy(pickletools.code2op["N"])
        new.code, new.name, new.proto = "\xfe", "NEW", 9
        pickletools.code2op["\xfe"] = new
        data = b"\xfe."
        out = io.StringIO()
        brinery.dis(data, out)
        print(out.getvalue().split()[-1])
        print([opcode.name for opcode, _, _ in brinery.genops(pickle=data)] == ["NEW", "STOP"])
        print(brinery.optimize(data) == data)
    """) == ["9", "True", "True"]
