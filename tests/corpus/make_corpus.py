#!/usr/bin/python3
"""Write the corpus: small pickles of every kind, good ones here and malformed ones in bad/.

    /usr/bin/python3 tests/corpus/make_corpus.py [FOLDER]

The same interpreter writes the same bytes each time (a test compares).  Pickles of numpy, pandas
and scikit-learn depend on their versions: they are written only where they are missing and the
packages are there, and otherwise stay as they are.

bad/expected.txt has a line for each malformed file: its name, the number of the error it must
cause, and, where it takes a limit other than the default, the option and its value.
"""

import collections
import datetime
import decimal
import fractions
import io
import pathlib
import pickle
import pickletools
import struct
import sys
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import specimens  # noqa: E402 (its place has to be found first)

PROTOCOLS = range(6)


def size8(data):
    return struct.pack("<Q", len(data)) + data


def frame(data):
    return b"\x95" + size8(data)


# ----------------------------------------------------------------------------
# Good ones
# ----------------------------------------------------------------------------


def values():
    """Python objects to be written in every protocol."""
    yield "atoms", [
        None, True, False, 0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31),
        -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**200, -(2**200), 0.0, -0.0, 1.5,
        1e300, 5e-324, float("inf"), float("-inf"), float("nan"), "", "ascii", "gr\xfc\xdfe",
        "\u4f60\u597d", "\U0001f600", "\ud800", "line\nand \\ and \0 and \x1a", b"",
        b"bytes\0\xff", bytearray(b"more"), 1j, ..., int, len,
    ]
    yield "containers", {
        "list": [1, [2, [3, []]]],
        "tuple": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "dict": {},
        "set": {1, 2, 3},
        "frozenset": frozenset([4, (5,)]),
        ("QPSK", 2): "tuple key",
        1: "int key",
        "1": "str key",
        None: "none key",
        1.5: "float key",
        b"b": "bytes key",
        "range": range(1, 9, 2),
    }
    shared = ["shared", {"k": (1, 2)}]
    cyclic = []
    cyclic.append(cyclic)
    table = {"up": cyclic}
    table["self"] = table
    yield "shared", [shared, shared, {"again": shared}, (shared, shared[1]), "x" * 50]
    yield "cyclic", [cyclic, table, (cyclic, table)]
    plain = specimens.Plain(a=1, b=[2])
    plain.self = plain
    yield "instances", [
        plain, specimens.WithState([1]), specimens.FalseState(), specimens.Reduced(1, [2]),
        specimens.NewArgs(1, 2), specimens.MyList([1]), specimens.MyDict(a=1),
        specimens.Color.RED, specimens.Point(1, 2), specimens.Data("n", [1]), specimens.MyInt(3),
        specimens.MyStr("s"),
    ]
    full = specimens.ReducedFully("full")
    full.extend([1, 2, 3])
    full["k"] = full
    yield "reduced", [
        full,
        collections.OrderedDict(a=1, b=2),
        collections.defaultdict(list, a=[1]),
        collections.deque([1, 2], 5),
        collections.Counter([1, 1, 2]),
    ]
    zone = datetime.timezone(datetime.timedelta(hours=2), "here")
    yield "library", [
        datetime.datetime(2024, 2, 29, 12, 30, 59, 999999, zone),
        datetime.date(2024, 1, 1),
        datetime.time(1, 2, 3),
        datetime.timedelta(1, 2, 3),
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        uuid.UUID(int=5),
    ]
    yield "exceptions", [
        ValueError("v", 1),
        KeyError("k"),
        specimens.Trouble("m", 3),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    ]
    yield "records", [
        {"id": n, "name": f"name {n}", "ok": n % 2 == 0, "x": n / 4} for n in range(20)
    ]
    yield "batches", list(range(1001))


# A shortest sensible program around each opcode, for those that picklers hardly ever write, and
# for the rest as well: one of these files fails for one reason.
PROGRAMS = {
    "INT": b"(I5\nI-5\nI00\nI01\nI99999999999999999999\nl.",
    "BININT": b"(J\xff\xff\xff\x7fJ\0\0\0\x80J\xfe\xff\xff\xffl.",
    "BININT1": b"K\xff.",
    "BININT2": b"M\xff\xff.",
    "LONG": b"(L0L\nL-1L\nL5\nL1606938044258990275541962092341162602522202993782792835301376L\nl.",
    "LONG1": b"(\x8a\0\x8a\x01\xff\x8a\x02\xff\0\x8a\x09\0\0\0\0\0\0\0\0\x01\x8a\x03\0\0\0l.",
    "LONG4": b"(\x8b\0\0\0\0\x8b\x09\0\0\0\0\0\0\0\0\0\0\0\x80\x8b\x04\0\0\0\xff\xff\xff\xffl.",
    "STRING": b"(S'abc'\nS\"it's\"\nS'\\x41\\n\\t\\\\\\101'\nS''\nl.",
    "BINSTRING": b"T\x05\0\0\0hello.",
    "SHORT_BINSTRING": b"(U\x03abcU\0U\x04\x80\xff\0\nt.",
    "BINBYTES": b"\x80\x03B\x03\0\0\0a\0\xff.",
    "SHORT_BINBYTES": b"\x80\x03C\x03a\0\xff.",
    "BINBYTES8": b"\x80\x04\x8e" + size8(b"a\0\xff") + b".",
    "BYTEARRAY8": b"\x80\x05\x96" + size8(b"a\0\xff") + b".",
    "NEXT_BUFFER": b"\x80\x05\x97\x97\x86.",
    "READONLY_BUFFER": b"\x80\x05\x97\x94\x98h\0\x97\x98C\x01b\x98\x87\x86.",
    "NONE": b"N.",
    "NEWTRUE": b"\x80\x02\x88.",
    "NEWFALSE": b"\x80\x02\x89.",
    "UNICODE": b"(Vabc\nV\nV\\u0041\\U0001f600\\ud800\nV\xe9\xff\nV\\a\\\\\nl.",
    "SHORT_BINUNICODE": b"\x80\x04(\x8c\0\x8c\x02\xc3\xa9\x8c\x04\xf0\x9f\x98\x80"
                        b"\x8c\x03\xed\xa0\x80l.",
    "BINUNICODE": b"X\x03\0\0\0abc.",
    "BINUNICODE8": b"\x80\x04\x8d" + size8(b"abc") + b".",
    "FLOAT": b"(F1.5\nF-0.0\nFinf\nF-inf\nFnan\nF1e-07\nF.5\nF5.\nl.",
    "BINFLOAT": b"(G?\xf8\0\0\0\0\0\0G\x7f\xf0\0\0\0\0\0\0"
                b"G\x7f\xf8\0\0\0\0\0\0G\x7f\xf8\0\0\0\0\0\x01l.",
    "EMPTY_LIST": b"].",
    "APPEND": b"]K\x01a.",
    "APPENDS": b"](K\x01K\x02e(e(K\x03e.",
    "LIST": b"(K\x01(ll.",
    "EMPTY_TUPLE": b").",
    "TUPLE": b"(K\x01(tt.",
    "TUPLE1": b"\x80\x02N\x85.",
    "TUPLE2": b"\x80\x02N)\x86.",
    "TUPLE3": b"\x80\x02N)]\x87.",
    "EMPTY_DICT": b"}.",
    "DICT": b"(K\x01NK\x02(dK\x01)d.",
    "SETITEM": b"}K\x01Ns.",
    "SETITEMS": b"}(K\x01NK\x02)K\x01]u(u.",
    "EMPTY_SET": b"\x80\x04\x8f.",
    "ADDITEMS": b"\x80\x04\x8f(K\x01K\x02K\x01\x90(\x90.",
    "FROZENSET": b"\x80\x04((\x91(K\x01K\x02K\x01\x91l.",
    "POP": b"NK\x010(0.",
    "DUP": b"]2\x86.",
    "MARK": b"((((ttt.",
    "POP_MARK": b"N(K\x01K\x021.",
    "GET": b"(]p5\ng5\nt.",
    "BINGET": b"(]q\xffh\xfft.",
    "LONG_BINGET": b"(]r\xff\xff\xff\xffj\xff\xff\xff\xfft.",
    "PUT": b"(]p9223372036854775807\nNp0\ng9223372036854775807\nt.",
    "BINPUT": b"]q\0Nq\0h\0\x87.",
    "LONG_BINPUT": b"]r\0\0\0\0j\0\0\0\0\x86.",
    "MEMOIZE": b"\x80\x04]\x94}\x94h\0h\1\x86\x87.",
    "EXT1": b"\x80\x02\x82\xf0.",
    "EXT2": b"\x80\x02\x83\x34\x12.",
    "EXT4": b"\x80\x02\x84\xff\xff\xff\x7f.",
    "GLOBAL": b"ccollections\nOrderedDict\n.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x09specimens\x8c\x0bOuter.Inner\x93.",
    "REDUCE": b"cbuiltins\ncomplex\n(F1.0\nF2.0\ntR.",
    "BUILD": b"cspecimens\nPlain\n)\x81}U\x01aK\x01sb}b.",
    "INST": b"(I1\nI2\nispecimens\nSlots\n.",
    "OBJ": b"(cspecimens\nSlots\nI1\nI2\no.",
    "NEWOBJ": b"\x80\x02cspecimens\nPlain\n)\x81.",
    "NEWOBJ_EX": b"\x80\x04\x8c\x09specimens\x8c\x09NewArgsEx\x93K\x01\x85}\x8c\x03keyK\x02s\x92.",
    "PROTO": b"\x80\x05\x80\x02\x80\0N.",
    "STOP": b"NN.",
    "FRAME": b"\x80\x04" + frame(b"]\x94") + b"N" + frame(b"") + frame(b"a.") + b"",
    "PERSID": b"(Psome id\nP\nt.",
    "BINPERSID": b"(U\x01aQ(K\x01K\x02tQl.",
}

# More of what picklers do not write but the format allows.
ODD = {
    "py2-instance": b"(iUserDict\nUserDict\np1\n(dp2\nS'data'\np3\n(dp4\nS'a'\nI1\nssb.",
    "py2-unicode": b"\x80\x02}q\0(X\x04\0\0\0nameq\1U\x05valueq\2U\3bin\x8a\1\5u.",
    "py2-old-class": b"\x80\x02(c__main__\nOld\nq\1oq\2}q\3U\1xK\1sb.",
    "keys-equal": b"\x80\x04}(K\1N\x88NG?\xf0\0\0\0\0\0\0N\x8c\x011NU\x011N]0C\x011Nu.",
    "keys-nan": b"\x80\x04}(G\x7f\xf8\0\0\0\0\0\0\x94NG\x7f\xf8\0\0\0\0\0\0Nh\0Nu.",
    "keys-tuples": b"\x80\x04}(K\1\x85NG?\xf0\0\0\0\0\0\0\x85N\x88\x85\x85N"
                   b"(K\1(K\2\x91\x91N)NC\0Nu.",
    "memo-sparse": b"(]r\xff\xff\xff\xff]q\7Np1000000000000\n"
                   b"j\xff\xff\xff\xffh\7g1000000000000\nt.",
    "memo-overwritten": b"Nr\1\0\0\0\x94]\x94h\1.",
    "memo-after-put": b"\x80\x04Nq\x01\x94]\x94h\x01h\x01\x87.",
    "changed-later": b"\x80\x04\x8c\1m\x8c\1f\x93]\x94\x85Rh\0K\1a0.",
    "changed-inside": b"\x80\x04\x8c\1m\x8c\1f\x93(]\x94}\x94\x8f\x94tR"
                      b"h\0K\1ah\1K\1Nsh\2(K\1\x90\x87\x86.",
    "object-in-state": b"\x80\x04\x8c\1m\x8c\1C\x93)\x81\x94}\x8c\4selfh\0sb.",
    "everything-done": b"\x80\x04\x8c\1m\x8c\1C\x93)R(K\1K\2eK\3a(K\4NK\5NuK\4)s(K\6\x90}bNb(K\7"
    b"e.",
    "global-with-state": b"\x80\x04\x8c\1m\x8c\1C\x93}b.",
    "called-twice": b"\x80\x04\x8c\1m\x8c\1f\x93)R)R)R.",
    "left-on-stack": b"K\1K\2(K\3K\4.",
    "frame-per-opcode": b"\x80\x04"
    + b"".join(frame(op) for op in (b"]", b"(", b"K\1", b"K\2", b"e", b".")),
    "long-text": b"\x80\x04(\x8c\x29"
    + b"x" * 41
    + b"\x94h\0\x8c\x28"
    + b"y" * 40
    + b"\x94h\1C\x29"
    + b"z" * 41
    + b"\x94h\2\x8a\x29"
    + b"\x01" * 41
    + b"\x94h\3t.",
    "big-int": b"\x80\x02\x8b\xd0\x07\0\0" + b"\x01" * 2000 + b".",
    "dag": b"\x80\x02K\1\x85" + b"2\x86" * 60 + b".",
}


def deep(opening, closing, depth, inner=b"N"):
    return opening * depth + inner + closing * depth + b"."


def framed_twice():
    """More text than fits into one frame."""
    return pickle.dumps(["x" * 40_000, "z" * 30_000], 4)


class _PersistentPickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.name if isinstance(value, specimens.Persistent) else None


def persistent(proto):
    file = io.BytesIO()
    one = specimens.Persistent("one")
    _PersistentPickler(file, proto).dump([one, {"k": one}, specimens.Persistent("two")])
    return file.getvalue()


def good():
    """Name and bytes of every file that the standard library suffices for."""
    for name, value in values():
        for proto in PROTOCOLS:
            data = pickle.dumps(value, proto)
            yield f"{name}-p{proto}", data
            if name in ("shared", "instances", "records"):
                yield f"{name}-p{proto}-optimised", pickletools.optimize(data)
    for proto in range(2, 6):
        slots = [
            specimens.Slots(1, "b"),
            specimens.SlotsAndDict(1, 2, c=3),
            specimens.NewArgsEx(1, k=2),
        ]
        yield f"slots-p{proto}", pickle.dumps(slots, proto)
        with specimens.extension_codes():
            value = [specimens.Registered(1), specimens.Plain(a=1), specimens.Reduced]
            yield f"ext-p{proto}", pickle.dumps(value, proto)
    for proto in PROTOCOLS:
        yield f"persid-p{proto}", persistent(proto)
        yield f"several-p{proto}", b"".join(
            pickle.dumps(v, proto) for v in ([1], {"a": 2}, "three", None)
        )
        yield f"python-pickler-p{proto}", pickle._dumps({"a": [1, 2.5, (3,)], "b": {4}}, proto)
    buffers = []
    yield "buffers-p5", pickle.dumps(
        [pickle.PickleBuffer(bytearray(b"w")), pickle.PickleBuffer(b"r")],
        5,
        buffer_callback=buffers.append,
    )
    for name, data in PROGRAMS.items():
        yield f"op-{name}", data
    for name, data in ODD.items():
        yield f"odd-{name}", data
    yield "deep-lists", deep(b"]", b"a", 1000)
    yield "deep-tuples", deep(b"", b"\x85", 1000)
    yield "deep-marks", deep(b"(", b"t", 1000)
    yield "deep-dicts", deep(b"}N", b"s", 600)
    yield "frames", framed_twice()


def packaged():
    """Files that need packages: (name, function that gives the bytes)."""

    def array(proto):
        import numpy as np

        return pickle.dumps(
            {
                "a": np.arange(6.0).reshape(2, 3),
                "i": np.int64(5),
                "s": np.array(["x", "yz"]),
                "o": np.array([1, None], dtype=object),
                "d": np.dtype([("n", "<i4")]),
            },
            proto,
        )

    def frame_of(proto):
        import pandas as pd

        return pickle.dumps(pd.DataFrame({"n": [1, 2], "s": ["a", None]}, index=["x", "y"]), proto)

    def estimator(proto):
        from sklearn.linear_model import LogisticRegression

        return pickle.dumps(LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1]), proto)

    for name, function in (("numpy", array), ("pandas", frame_of), ("sklearn", estimator)):
        for proto in (2, 4, 5):
            yield f"{name}-p{proto}", lambda function=function, proto=proto: function(proto)


# ----------------------------------------------------------------------------
# Bad ones
# ----------------------------------------------------------------------------

P4 = b"\x80\x04"


def bad():
    """(error number, what is special, bytes[, option]) of every malformed file."""
    yield 1, "int", b"J\1\2"
    yield 1, "proto", b"\x80"
    yield 1, "line", b"I12"
    yield 1, "pair", b"cmodule\n"
    yield 1, "text", b"X\5\0\0\0abc"
    yield 1, "size", b"\x8e\1\0\0"
    yield 1, "bytes8-of-a-tebibyte", b"\x8e\0\0\0\0\0\1\0\0abc."
    yield 1, "bytes8-of-all-there-is", b"\x8e" + b"\xff" * 8 + b"abc."
    yield 1, "bytearray8-of-all-there-is", b"\x96" + b"\xff" * 8 + b"abc."
    yield 1, "unicode8-of-all-there-is", b"\x8d" + b"\xff" * 8 + b"abc."
    yield 1, "long4", b"\x8b\xff\xff\xff\x7f\1."
    yield 2, "none", b"N"
    yield 2, "after-proto", P4
    yield 2, "after-frame", P4 + frame(b"N")
    yield 3, "empty", b""
    yield 4, "zero", b"\0"
    yield 4, "later", b"](K\1\xffe."
    yield 4, "html", b"<!DOCTYPE html>"
    yield 5, "six", b"\x80\x06N."
    yield 5, "highest", b"\x80\xffN."
    yield 6, "by-one", P4 + b"\x95\3\0\0\0\0\0\0\0N."
    yield 6, "highest", P4 + b"\x95" + b"\xff" * 8 + b"N."
    yield 7, "argument", P4 + frame(b"K") + b"\1."
    yield 7, "payload", P4 + frame(b"C\3a") + b"bc."
    yield 7, "line", P4 + frame(b"I1") + b"2\n."
    yield 8, "frame-in-frame", P4 + frame(frame(b"N") + b".")
    yield 20, "int-letters", b"Iabc\n."
    yield 20, "int-empty", b"I\n."
    yield 20, "int-sign", b"I-\n."
    yield 20, "int-hexadecimal", b"I0x10\n."
    yield 20, "long-letters", b"L12x\n."
    yield 20, "long-suffix", b"LL\n."
    yield 20, "put", b"Npx\n."
    yield 20, "get", b"g\n."
    yield 21, "letters", b"Fabc\n."
    yield 21, "empty", b"F\n."
    yield 21, "too-large", b"F1e999\n."
    yield 21, "two-points", b"F1.2.3\n."
    yield 22, "none", b"Sabc\n."
    yield 22, "one", b"S'abc\n."
    yield 22, "different", b"S'abc\"\n."
    yield 22, "empty", b"S\n."
    yield 23, "hexadecimal", b"S'\\x4'\n."
    yield 23, "last", b"S'abc\\'\n."
    yield 24, "four", b"V\\u12\n."
    yield 24, "eight", b"V\\U0001f60\n."
    yield 24, "too-large", b"V\\U00110000\n."
    yield 25, "short", P4 + b"\x8c\1\xff."
    yield 25, "overlong", b"X\2\0\0\0\xc0\x80."
    yield 25, "cut", b"X\2\0\0\0\xe2\x82."
    yield 25, "too-large", b"X\4\0\0\0\xf4\x90\x80\x80."
    yield 25, "global", b"cm\xff\nf\n."
    yield 26, "long4", b"\x8b\xff\xff\xff\xff."
    yield 26, "binstring", b"T\xff\xff\xff\xffabc."
    yield 27, "module", b"c\nf\n."
    yield 27, "name", b"cm\n\n."
    yield 27, "inst", b"(i\n\n."
    yield 28, "byte", b"P\xff\n."
    yield 29, "ext1", b"\x82\0."
    yield 29, "ext2", b"\x83\0\0."
    yield 29, "ext4", b"\x84\xff\xff\xff\xff."
    yield 40, "stop", b"."
    yield 40, "append", b"]a."
    yield 40, "reduce", b")R."
    yield 40, "put", b"q\0N."
    yield 40, "dup", b"2."
    yield 40, "tuple3", b"NN\x87."
    yield 40, "appends", b"(Ne."
    yield 41, "stop", b"N(."
    yield 41, "tuple1", b"(\x85."
    yield 41, "put", b"N(q\0N."
    yield 41, "append", b"](a."
    yield 41, "build", b"cm\nf\n(}b."
    yield 42, "tuple", b"t."
    yield 42, "list", b"NNl."
    yield 42, "dict", b"d."
    yield 42, "appends", b"]Ne."
    yield 42, "pop-mark", b"1N."
    yield 42, "inst", b"im\nf\n."
    yield 42, "frozenset", P4 + b"\x91."
    yield 43, "binget", b"h\0."
    yield 43, "get", b"Nq\0g1\n."
    yield 43, "long-binget", b"Nq\0j\1\0\0\0."
    yield 44, "put-negative", b"Np-1\n."
    yield 44, "get-negative", b"g-1\n."
    yield 44, "put-huge", b"Np99999999999999999999\n."
    yield 44, "get-huge", b"g99999999999999999999\n."
    yield 45, "dict", b"(K\1d."
    yield 45, "dict-of-three", b"(K\1K\2K\3d."
    yield 45, "setitems", b"}(K\1u."
    yield 60, "int", b"K\1Na."
    yield 60, "tuple", b")(Ne."
    yield 60, "dict", b"}Na."
    yield 60, "set", P4 + b"\x8f(Ne."
    yield 61, "list", b"]NNs."
    yield 61, "none", b"N(NNu."
    yield 62, "list", P4 + b"](N\x90."
    yield 62, "frozenset", P4 + b"(\x91(N\x90."
    yield 63, "list", b"]}b."
    yield 63, "dict", b"}}b."
    yield 63, "none", b"N}b."
    yield 64, "reduce", b"N)R."
    yield 64, "str", b"U\4eval)R."
    yield 64, "newobj", b"\x80\2])\x81."
    yield 64, "newobj-ex", P4 + b"])}\x92."
    yield 64, "obj", b"(No."
    yield 65, "reduce", b"cm\nf\n]R."
    yield 65, "newobj", b"\x80\2cm\nf\nN\x81."
    yield 65, "newobj-ex", P4 + b"cm\nf\n]}\x92."
    yield 66, "newobj-ex", P4 + b"cm\nf\n))\x92."
    yield 67, "module", P4 + b"N\x8c\1f\x93."
    yield 67, "name", P4 + b"\x8c\1mK\1\x93."
    yield 67, "bytes", P4 + b"C\1mC\1f\x93."
    yield 68, "list", b"}]Ns."
    yield 68, "dict", b"(}Nd."
    yield 68, "set", P4 + b"\x8f(\x8f\x90."
    yield 68, "bytearray", b"\x80\5(\x96" + size8(b"a") + b"\x91."
    yield 68, "in-tuple", b"}N])\x87Ns."
    yield 68, "in-tuple-in-tuple", b"}N]\x86\x85Ns."
    yield 69, "none", b"\x80\5N\x98."
    yield 69, "list", b"\x80\5]\x98."
    yield 81, "bytes", b"\x80\4]\x94.", "max_input=4"
    yield 82, "bytes", b"\x80\4(" + b"]" * 3000 + b"l.", "max_memory=20000"
    yield 83, "values", b"(NK\1K\2K\3l.", "max_values=3"
    yield 84, "stack", b"(NNNNl.", "max_stack=3"
    yield 85, "int", b"I" + b"9" * 4301 + b"\n."
    yield 85, "long", b"L-" + b"9" * 4301 + b"L\n."
    yield 85, "few", b"I" + b"9" * 25 + b"\n.", "max_digits=20"
    # Two tuples that are equal but not the same, 2^60 paths deep.
    dag = b"K\1\x85" + b"2\x86" * 60
    yield 86, "equal-tuples", b"\x80\2}" + dag + b"Ns" + dag + b"Ns."
    yield 86, "few", b"\x80\2}(" + b"".join(
        b"K" + bytes([n]) + b"N" for n in range(200)
    ) + b"u.", "max_work=100"
    yield 88, "memo", b"\x80\4]\x94}\x94)\x94\x87.", "max_memo=2"


NAMES = {
    1: "truncated",
    2: "no-stop",
    3: "empty",
    4: "unknown-opcode",
    5: "protocol",
    6: "frame-too-long",
    7: "frame-straddled",
    8: "frame-nested",
    20: "int-text",
    21: "float-text",
    22: "string-quotes",
    23: "string-escape",
    24: "unicode-escape",
    25: "utf8",
    26: "negative-size",
    27: "empty-name",
    28: "persid-text",
    29: "ext-code",
    40: "stack-underflow",
    41: "mark-on-top",
    42: "no-mark",
    43: "memo-missing",
    44: "memo-index",
    45: "odd-items",
    60: "not-appendable",
    61: "not-mapping",
    62: "not-set",
    63: "not-buildable",
    64: "not-callable",
    65: "args-not-tuple",
    66: "kwargs-not-dict",
    67: "name-not-str",
    68: "unhashable",
    69: "not-buffer",
    81: "limit-input",
    82: "limit-memory",
    83: "limit-values",
    84: "limit-stack",
    85: "limit-digits",
    86: "limit-work",
    88: "limit-memo",
}


def write(folder):
    """Write everything to a folder; returns the names, without suffix, of the good ones."""
    (folder / "bad").mkdir(parents=True, exist_ok=True)
    names = []
    for name, data in good():
        assert name not in names, name
        names.append(name)
        (folder / f"{name}.pkl").write_bytes(data)
    lines = []
    for number, what, data, *option in bad():
        name = f"{number:02}-{NAMES[number]}-{what}.pkl"
        (folder / "bad" / name).write_bytes(data)
        lines.append(" ".join([name, str(number), *option]))
    assert len(set(lines)) == len(lines)
    (folder / "bad" / "expected.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    return names


def write_packaged(folder):
    names = []
    for name, function in packaged():
        names.append(name)
        file = folder / f"{name}.pkl"
        if not file.exists():
            try:
                file.write_bytes(function())
            except ImportError as error:
                print(f"{file.name} not written: {error}", file=sys.stderr)
    return names


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    wanted = set(write(folder)) | set(write_packaged(folder))
    expected = (folder / "bad" / "expected.txt").read_text(encoding="ascii").split("\n")
    bad_wanted = {line.split(" ")[0] for line in expected}
    for file in folder.glob("*.pkl"):
        if file.stem not in wanted:
            file.unlink()
    for file in (folder / "bad").glob("*.pkl"):
        if file.name not in bad_wanted:
            file.unlink()


if __name__ == "__main__":
    main()
