"""What reading costs: memory within a multiple of the input, time in proportion to it.

The inputs are those that make most of their bytes: one byte of pickle becomes a list, an entry of
the memo, a tuple around all before it.  The header promises 48 bytes a byte, plus 256 KiB.
"""

import struct

import command
import pytest

MIB = 1024 * 1024
MULTIPLE = 48
FIXED = 256 * 1024

# The command holds the file as well, and buffers for reading and writing.
FILE = 1
BUFFERS = 512 * 1024


def closed_lists(n):
    return b"(" + b"]" * n + b"l."


def nested_lists(n):
    return b"]" * n + b"a" * (n - 1) + b"."


def puts(n):
    return b"\x80\4" + b"".join(b"Nr" + struct.pack("<I", i) + b"0" for i in range(n // 7)) + b"N."


def scattered_puts(n):
    step = 0x9E3779B1
    return (
        b"\x80\4"
        + b"".join(b"Nr" + struct.pack("<I", i * step & 0xFFFFFFFF) + b"0" for i in range(n // 7))
        + b"N."
    )


def text_keys(n):
    return b"}(" + b"".join(b"X\5\0\0\0%05xN" % i for i in range(n // 11)) + b"u."


def sets(n):
    return b"\x80\4\x8f(" + b"".join(b"J" + struct.pack("<i", i) for i in range(n // 5)) + b"\x90."


SHAPES = {
    "lists": closed_lists,
    "nested lists": nested_lists,
    "memoized lists": lambda n: b"\x80\4(" + b"]\x94" * (n // 2) + b"l.",
    "nested memoized lists": lambda n: b"\x80\4"
    + b"]\x94" * (n // 2)
    + b"a" * (n // 2 - 1)
    + b".",
    "dicts": lambda n: b"(" + b"}" * n + b"l.",
    "nested dicts": lambda n: b"}N" * (n // 3) + b"N" + b"s" * (n // 3) + b".",
    "sets": lambda n: b"\x80\4(" + b"\x8f" * n + b"l.",
    "tuples around tuples": lambda n: b")" + b"\x85" * n + b".",
    "tuples twice": lambda n: b"K\1\x85" + b"2\x86" * (n // 2) + b".",
    "none": lambda n: b"(" + b"N" * n + b"l.",
    "none in a tuple": lambda n: b"(" + b"N" * n + b"t.",
    "empty tuples": lambda n: b"(" + b")" * n + b"t.",
    "marks": lambda n: b"(" * n + b"t" * n + b".",
    "small ints": lambda n: b"(" + b"K\5" * (n // 2) + b"l.",
    "appended singly": lambda n: b"]" + b"Na" * (n // 2) + b".",
    "appended in batches of one": lambda n: b"]" + b"(Ne" * (n // 3) + b".",
    "states": lambda n: b"cm\nf\n" + b"Nb" * (n // 2) + b".",
    "appended to an object": lambda n: b"cm\nf\n" + b"Na" * (n // 2) + b".",
    "operations in turn": lambda n: b"cm\nf\n" + b"NaNb" * (n // 4) + b".",
    "pairs of an object": lambda n: b"cm\nf\n" + b"NNs" * (n // 3) + b".",
    "calls": lambda n: b"cm\nf\n" + b")R" * (n // 2) + b".",
    "objects": lambda n: b"\x80\2cm\nf\n" + b")\x81" * (n // 2) + b".",
    "globals": lambda n: b"(" + b"cm\nf\n" * (n // 5) + b"l.",
    "instances": lambda n: b"(" + b"(im\nf\n" * (n // 6) + b"l.",
    "persistent ids": lambda n: b"N" + b"Q" * n + b".",
    "persistent ids in text": lambda n: b"(" + b"P\n" * (n // 2) + b"l.",
    "extension codes": lambda n: b"\x80\2(" + b"\x82\1" * (n // 2) + b"l.",
    "buffers": lambda n: b"\x80\5(" + b"\x97" * n + b"l.",
    "buffers made read-only": lambda n: b"\x80\5(" + b"\x97\x98" * (n // 2) + b"l.",
    "empty texts": lambda n: b"\x80\4(" + b"\x8c\0" * (n // 2) + b"l.",
    "texts in lines": lambda n: b"(" + b"V\\\n" * (n // 3) + b"l.",
    "Latin letters in lines": lambda n: b"(V" + b"\xe9" * n + b"\nl.",
    "Python 2 strings": lambda n: b"(" + b"S''\n" * (n // 4) + b"l.",
    "ints in lines": lambda n: b"(" + b"I9\n" * (n // 3) + b"l.",
    "long ints in lines": lambda n: b"(" + b"L99999999999999999999\n" * (n // 22) + b"l.",
    "duplicates": lambda n: b"(N" + b"2" * n + b"l.",
    "dropped": lambda n: b"N0" * (n // 2) + b"N.",
    "frames": lambda n: b"\x80\4" + b"\x95\0\0\0\0\0\0\0\0" * (n // 9) + b"N.",
    "one long text": lambda n: b"X" + struct.pack("<I", n) + b"x" * n + b".",
    "one long bytearray": lambda n: b"\x80\5\x96" + struct.pack("<Q", n) + b"x" * n + b".",
    "puts": puts,
    "scattered puts": scattered_puts,
    "text keys": text_keys,
    "elements of a set": sets,
    "one key again and again": lambda n: b"}" + b"K\1Ns" * (n // 4) + b".",
    "frozensets": lambda n: b"\x80\4((\x91" + b"(\x91" * (n // 2) + b"l.",
    "dicts of one key": lambda n: b"\x80\4(" + b"(NNd" * (n // 4) + b"l.",
    "numbered lists": lambda n: b"(" + b"]q\0" * (n // 3) + b"l.",
    "calls for one object": lambda n: (
        b"\x80\4cm\nf\n\x94)\x81\x94" + b"h\0N\x85R0" * (n // 6) + b"."
    ),
    "a call for each object": lambda n: (
        b"\x80\4cm\nf\n\x94(" + b"h\0)\x81h\0N\x85R0" * (n // 10) + b"l."
    ),
    "state setters": lambda n: (
        b"\x80\4cm\nf\n\x94(" + b"".join(
            b"h\0)\x81\x94h\0j" + struct.pack("<I", i) + b"N\x86R0"
            for i in range(1, n // 16)) + b"l."
    ),
    "changed after a call": lambda n: (
        b"\x80\4]\x94cm\nf\n" + b"h\0\x85R" * (n // 9) + b"0" + b"h\0Na0" * (n // 9) + b"."
    ),
}


@pytest.fixture(scope="module")
def baseline():
    return command.measured("show", "-", data=b"N.").peak


@pytest.mark.parametrize("name", SHAPES)
def test_memory(name, baseline):
    data = SHAPES[name](2 * MIB)
    done = command.measured("show", "-", data=data, space=2048 * MIB, seconds=20)
    assert done.code == 0, done.err[:500]
    used = done.peak - baseline
    allowed = (MULTIPLE + FILE) * len(data) + FIXED + BUFFERS
    assert used <= allowed, f"{used / len(data):.1f} bytes a byte"


@pytest.mark.parametrize("name", SHAPES)
def test_the_library_keeps_to_the_multiple_itself(name):
    """The same promise as a limit: so much memory is always enough."""
    data = SHAPES[name](256 * 1024)
    limit = f"--max-memory={MULTIPLE * len(data) + FIXED}"
    done = command.measured("show", limit, "-", data=data, seconds=20)
    assert done.code == 0, done.err[:500]


def shortest(data, runs=3):
    best = None
    for _ in range(runs):
        done = command.measured("show", "-", data=data, seconds=20)
        assert done.code == 0, done.err[:500]
        best = done.time if best is None else min(best, done.time)
    return best


@pytest.mark.parametrize("name", SHAPES)
def test_time(name):
    """Four times the input may not take sixteen times as long; half of that is refused, too."""
    small = shortest(SHAPES[name](MIB))
    if small < 0.005:
        # Too short to compare: then the larger one has to be short as well.
        assert shortest(SHAPES[name](4 * MIB), 1) < 0.2
    else:
        assert shortest(SHAPES[name](4 * MIB)) < 8 * small + 0.05
