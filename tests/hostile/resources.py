"""Pickles that cost more than they weigh: time, memory, or the patience of an analyser.

None of them executes anything.  What calls a function calls one that is harmless with harmless
arguments.
"""
import bz2
import gzip
import lzma
import struct
import zlib

from assemble import (
    DUP, EMPTY_DICT, EMPTY_LIST, EMPTY_SET, EMPTY_TUPLE, MARK, NONE, POP, Piece, STOP, build, call,
    frame, get, kept, new, proto, put, ref, stream, text, value)
from containers import Zip, npy, tar
from technique import Family

family = Family("resource")


def add(name, what, data, **more):
    family.add(name, what, data, **{"executes": False, "loader": "none", **more})


def expansion():
    """Sharing makes few bytes many values."""
    doubled = EMPTY_TUPLE + (DUP + b"\x86") * 24
    add("hash-of-shared-tuples", "a set of tuples of tuples: hashing doubles every two bytes",
        proto(4) + EMPTY_SET + MARK + doubled + b"\x90" + STOP)
    add("hash-of-shared-tuples-deep", "the same, a thousand levels",
        proto(4) + EMPTY_SET + MARK + EMPTY_TUPLE + (DUP + b"\x86") * 1000 + b"\x90" + STOP)
    add("hash-of-shared-key", "the same tuples as a dict's key",
        proto(4) + EMPTY_DICT + EMPTY_TUPLE + (DUP + b"\x86") * 60 + NONE + b"s" + STOP)
    add("hash-of-shared-frozenset", "the same tuples in a frozenset",
        proto(4) + MARK + EMPTY_TUPLE + (DUP + b"\x86") * 60 + b"\x91" + STOP)
    add("hash-of-shared-setitems", "the same tuples as keys of many items",
        proto(4) + EMPTY_DICT + MARK + b"".join(
            EMPTY_TUPLE + (DUP + b"\x86") * (40 + number) + NONE for number in range(20))
        + b"u" + STOP)
    equal = EMPTY_TUPLE + (DUP + b"\x86") * 40
    add("equality-of-shared-tuples", "two keys that are equal, which takes long to find out",
        proto(4) + EMPTY_DICT + MARK + equal + NONE + equal + NONE + b"u" + STOP)
    add("billion-laughs-lists", "lists of ten times the list before: 10**29 items when printed",
        proto(4) + EMPTY_LIST + put(0) + b"".join(
            POP + EMPTY_LIST + put(level) + MARK + get(level - 1) * 10 + b"e"
            for level in range(1, 30)) + STOP)
    add("billion-laughs-dicts", "dicts of dicts: 2**40 when printed",
        proto(4) + EMPTY_DICT + b"".join(
            put(level) + POP + EMPTY_DICT + MARK + text("a") + get(level)
            + text("b") + get(level) + b"u" for level in range(40)) + STOP)
    add("billion-laughs-tuples", "tuples of tuples: 2**200 when printed",
        proto(4) + EMPTY_TUPLE + (DUP + b"\x86") * 200 + STOP)
    add("laughs-in-call", "an expanding argument of a harmless call",
        proto(4) + ref("builtins", "complex") + EMPTY_TUPLE + (DUP + b"\x86") * 40 + b"\x85R"
        + STOP)
    add("self-containing-tuple-key", "a list holds itself, a tuple of it is a key",
        proto(4) + EMPTY_LIST + put(0) + get(0) + b"a" + EMPTY_DICT + get(0) + b"\x85" + NONE
        + b"s" + STOP)
    add("objects-as-keys-laughs", "Fractions of shared tuples as keys",
        proto(4) + EMPTY_SET + MARK + ref("fractions", "Fraction") + text("1/3") + b"\x85R"
        + (DUP + b"\x86") * 60 + b"\x90" + STOP)
    add("chain-of-builds", "a state with ten thousand shared entries, set ten times",
        proto(4) + ref("argparse", "Namespace") + EMPTY_TUPLE + b"\x81"
        + (EMPTY_DICT + MARK + b"".join(text(f"a{number}") + NONE for number in range(1000))
           + b"u" + b"b") * 10 + STOP)


def depth():
    add("deep-lists", "50,000 lists in each other",
        proto(4) + EMPTY_LIST * 50000 + b"a" * 49999 + STOP)
    add("deep-tuples", "100,000 tuples in each other", proto(4) + NONE + b"\x85" * 100000 + STOP)
    add("deep-tuples-in-set", "100,000 tuples in each other, hashed",
        proto(4) + EMPTY_SET + MARK + NONE + b"\x85" * 100000 + b"\x90" + STOP)
    add("deep-dicts", "30,000 dicts in each other",
        proto(4) + (EMPTY_DICT + b"K\x01") * 30000 + NONE + b"s" * 30000 + STOP)
    add("deep-calls", "20,000 calls in each other",
        proto(4) + kept(0, ref("collections", "OrderedDict")) + POP
        + (get(0)) * 20000 + EMPTY_TUPLE + b"R" + (b"\x85R") * 19999 + STOP)
    add("many-marks", "100,000 marks", proto(4) + MARK * 100000 + STOP)
    add("many-marks-popped", "100,000 marks, popped one by one",
        proto(4) + MARK * 100000 + b"1" * 100000 + NONE + STOP)
    add("deep-base64", "a pickle in base64 in a pickle in base64, eight levels", nested_base64(8))
    add("deep-zip", "an archive in an archive, forty levels", nested_zip(40), suffix=".zip")
    add("deep-gzip", "gzip in gzip, fifty levels", nested_gzip(50), suffix=".gz")
    add("deep-persistent-ids", "50,000 persistent ids of persistent ids",
        proto(4) + NONE + b"Q" * 50000 + STOP)


def nested_base64(levels):
    import base64
    data = stream({"payload": 1})
    for _ in range(levels):
        data = stream({"payload": base64.b64encode(data).decode()})
    return data


def nested_zip(levels):
    data = stream({"payload": 1})
    for level in range(levels):
        data = Zip().add(f"{level}.pkl" if not level else f"{level}.zip", data).bytes()
    return data


def nested_gzip(levels):
    data = stream({"payload": 1})
    for _ in range(levels):
        data = gzip.compress(data, mtime=0)
    return data


def claims():
    """Sizes that are not so."""
    huge = struct.pack("<Q", 2**62)
    for name, what, opcode in (("binunicode8", "a text of 2**62 bytes", b"\x8d" + huge),
                               ("binbytes8", "bytes of 2**62 bytes", b"\x8e" + huge),
                               ("bytearray8", "a bytearray of 2**62 bytes", b"\x96" + huge),
                               ("bytearray8-16g", "a bytearray of 16 GB",
                                b"\x96" + struct.pack("<Q", 2**34)),
                               ("binunicode8-top", "a text of 2**64 - 1 bytes",
                                b"\x8d" + b"\xff" * 8),
                               ("binunicode", "a text of 4 GB", b"X\xff\xff\xff\xff"),
                               ("binbytes", "bytes of 4 GB", b"B\xff\xff\xff\xff"),
                               ("binstring", "a Python 2 str of 2 GB", b"T\xff\xff\xff\x7f"),
                               ("long4", "a long of 2 GB", b"\x8b\xff\xff\xff\x7f"),
                               ("frame", "a frame of 2**60 bytes", frame(2**60))):
        add(f"claim-{name}", f"{what} is announced, and there are ten",
            proto(5) + opcode + b"0123456789" + STOP)
    add("memo-index", "LONG_BINPUT to the last entry there can be",
        proto(4) + NONE + b"r\xff\xff\xff\xff" + STOP)
    add("memo-index-text", "PUT to entry 10**18", b"Np1000000000000000000\n.")
    add("memo-index-digits", "PUT to an entry with 100,000 digits", b"Np" + b"9" * 100000 + b"\n.")
    add("memo-ladder", "LONG_BINPUT to every power of two",
        proto(4) + NONE + b"".join(b"r" + struct.pack("<I", 2**power) for power in range(32))
        + STOP)
    add("memo-fill", "100,000 entries of the memo", proto(4) + NONE + b"\x94" * 100000 + STOP)
    add("long-digits", "a LONG of 100,000 digits", b"L" + b"9" * 100000 + b"L\n.")
    add("int-digits", "an INT of 100,000 digits", b"I" + b"9" * 100000 + b"\n.")
    add("long-key-digits", "LONGs of 5,000 digits as keys",
        EMPTY_DICT + MARK + b"".join(b"L" + str(number).encode() * 4000 + b"L\nN"
                                     for number in range(1, 9)) + b"u.")
    add("float-digits", "a FLOAT of 100,000 digits", b"F" + b"1" * 100000 + b"\n.")
    add("text-line", "a UNICODE line of 200,000 escapes, and no end", b"V" + b"\\u0041" * 40000)
    add("extension-code", "EXT4 of the largest code", proto(2) + b"\x84\xff\xff\xff\x7f" + STOP)
    add("npy-shape", "an array of objects whose shape is 10**15", npy(shape="(1000000000000000,)"),
        suffix=".npy")
    add("npy-header", "an array whose header is of 4 GB",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr': '<f8'", suffix=".npy")
    data = bytearray(tar([("model.pkl", stream(1))]))
    data[124:136] = b"77777777777\0"
    total = sum(data[:148]) + sum(data[156:512]) + 8 * 32
    data[148:156] = f"{total:06o}\0 ".encode()
    add("tar-size", "a tar whose member is of 8 GB", bytes(data), suffix=".tar")


def callees():
    """Harmless functions with arguments that are not."""
    huge = 10**13
    for name, what, piece in (
            ("bytes", "bytes of a huge number", call(ref("builtins", "bytes"), huge)),
            ("bytearray", "bytearray of a huge number", call(ref("builtins", "bytearray"), huge)),
            ("list-of-range", "a list of a huge range",
             call(ref("builtins", "list"), call(ref("builtins", "range"), huge))),
            ("set-of-range", "a set of a huge range",
             call(ref("builtins", "set"), call(ref("builtins", "range"), huge))),
            ("frozenset-of-range", "a frozenset of a huge range",
             call(ref("builtins", "frozenset"), call(ref("builtins", "range"), huge))),
            ("tuple-of-range-newobj", "a tuple of a huge range, by NEWOBJ",
             new(ref("builtins", "tuple"), call(ref("builtins", "range"), huge))),
            ("deque-of-range", "a deque of a huge range",
             call(ref("collections", "deque"), call(ref("builtins", "range"), huge))),
            ("counter-of-range", "a Counter of a huge range",
             call(ref("collections", "Counter"), call(ref("builtins", "range"), huge))),
            ("ordereddict-of-range", "an OrderedDict of a huge zip",
             call(ref("collections", "OrderedDict"),
                  call(ref("builtins", "zip"), call(ref("builtins", "range"), huge),
                       call(ref("builtins", "range"), huge)))),
            ("list-of-count", "a list of all numbers",
             call(ref("builtins", "list"), call(ref("itertools", "count")))),
            ("fraction-exponent", "a Fraction of 1e999999999",
             call(ref("fractions", "Fraction"), "1e999999999")),
            ("fraction-of-decimal", "a Fraction of a Decimal of 1e999999999",
             call(ref("fractions", "Fraction"), call(ref("decimal", "Decimal"), "1e999999999"))),
            ("int-of-decimal", "an int of a Decimal of 1e999999999",
             call(ref("builtins", "int"), call(ref("decimal", "Decimal"), "1e999999999"))),
            ("decimal-digits", "a Decimal of 100,000 digits, its hash too",
             Piece(EMPTY_SET + MARK + call(ref("decimal", "Decimal"), "9" * 100000) + b"\x90")),
            ("decimal-hash", "a Decimal of a huge exponent as a key",
             Piece(EMPTY_DICT + call(ref("decimal", "Decimal"), "1e999999999999") + NONE + b"s")),
            ("range-key", "a huge range as a key",
             Piece(EMPTY_DICT + call(ref("builtins", "range"), 10**300) + NONE + b"s")),
            ("pow", "10**(10**10)", call(ref("operator", "pow"), 10, 10**10)),
            ("repeat", "a text, ten million million times",
             call(ref("operator", "mul"), "a", huge)),
            ("format", "a text of ten million million spaces",
             call(ref("operator", "mod"), "%10000000000000d", 1)),
            ("shift", "1 << 10**13", call(ref("operator", "lshift"), 1, huge)),
            ("numpy-zeros", "numpy.zeros of a huge shape",
             call(ref("numpy", "zeros"), (huge,))),
            ("numpy-reconstruct", "an array of a huge shape, by numpy's own _reconstruct",
             call(ref("numpy.core.multiarray", "_reconstruct"), ref("numpy", "ndarray"), (huge,),
                  b"b")),
            ("numpy-state", "an array whose state says a huge shape and has eight bytes",
             build(call(ref("numpy.core.multiarray", "_reconstruct"), ref("numpy", "ndarray"),
                        (0,), b"b"),
                   (1, (huge,), build(call(ref("numpy", "dtype"), "f8", False, True),
                                      (3, "<", None, None, None, -1, -1, 0)), False, bytes(8)))),
            ("numpy-overflow", "an array whose shape times its items' size is 2**64 + 8",
             build(call(ref("numpy.core.multiarray", "_reconstruct"), ref("numpy", "ndarray"),
                        (0,), b"b"),
                   (1, (2**32, 2**29 + 1), build(call(ref("numpy", "dtype"), "f8", False, True),
                                                 (3, "<", None, None, None, -1, -1, 0)), False,
                    bytes(8)))),
            ("numpy-object-flags", "an array of objects whose dtype says that it has none",
             build(call(ref("numpy.core.multiarray", "_reconstruct"), ref("numpy", "ndarray"),
                        (0,), b"b"),
                   (1, (2,), build(call(ref("numpy", "dtype"), "O8", False, True),
                                   (3, "|", None, None, None, -1, -1, 0)), False, bytes(16)))),
            ("numpy-frombuffer", "numpy's _frombuffer of a huge shape",
             call(ref("numpy.core.numeric", "_frombuffer"), bytes(8),
                  call(ref("numpy", "dtype"), "f8", False, True), (huge,), "C")),
            ("deque-maxlen", "a deque of a huge maxlen",
             call(ref("collections", "deque"), (), huge)),
            ("zoneinfo-path", "a zone whose key leads out of the zones' folder",
             call(ref("zoneinfo", "ZoneInfo._unpickle"), "../../../../etc/passwd", True)),
            ("int-of-text", "an int of 100,000 digits of text",
             call(ref("builtins", "int"), "9" * 100000)),
            ("complex-of-text", "a complex of 100,000 digits of text",
             call(ref("builtins", "complex"), "9" * 100000)),
            ("join", "a text joined from shared texts, doubling each time", doubling_join(40)),
            ("sum-of-lists", "lists added to each other, doubling each time",
             doubling(ref("operator", "add"), [0], 40))):
        add(f"call-{name}", what, stream(piece))


def doubling(function, start, times):
    piece = value(start)
    for _ in range(times):
        piece = Piece(piece + put(0) + POP + call(function, get(0), get(0)))
    return piece


def doubling_join(times):
    piece = text("x" * 16)
    for _ in range(times):
        piece = Piece(piece + put(0) + POP + call(ref("builtins", "str.join"), "",
                                                  [get(0), get(0)]))
    return piece


def collisions():
    """Keys that all fall into one place of the table."""
    modulus = 2**61 - 1     # of CPython's hash of numbers
    numbers = b"".join(value(number * modulus) + NONE for number in range(1, 12001))
    add("int-keys-of-one-hash", "12,000 int keys of the same hash: work grows by the square",
        proto(4) + EMPTY_DICT + MARK + numbers + b"u" + STOP)
    items = b"".join(value(number * modulus) for number in range(1, 12001))
    add("int-items-of-one-hash", "12,000 ints of the same hash in a set",
        proto(4) + EMPTY_SET + MARK + items + b"\x90" + STOP)
    powers = b"".join(value(number << 40) + NONE for number in range(1, 12001))
    add("int-keys-of-low-bits", "12,000 int keys that share their low forty bits",
        proto(4) + EMPTY_DICT + MARK + powers + b"u" + STOP)
    floats = b"".join(Piece(b"G" + struct.pack(">d", float(2.0**(61 * power))))
                      + NONE for power in range(16))
    add("float-keys-of-one-hash", "float keys of the same hash, again and again",
        proto(4) + EMPTY_DICT + MARK + floats * 200 + b"u" + STOP)
    tuples = b"".join(value(number * modulus) + b"\x85" + NONE for number in range(1, 10001))
    add("tuple-keys-of-one-hash", "10,000 tuples of such ints as keys",
        proto(4) + EMPTY_DICT + MARK + tuples + b"u" + STOP)
    count = 4000
    made = [
        ("decimals", "Decimals of one hash", ref("decimal", "Decimal"),
         [(str(1 + number * modulus),) for number in range(count)]),
        ("decimal-exponents", "Decimals of one hash, by their exponents", ref("decimal", "Decimal"),
         [(f"{7 * pow(10, number, modulus) % modulus}E-{number}",) for number in range(count)]),
        ("fractions", "Fractions of one hash", ref("fractions", "Fraction"),
         [(f"{1 + number * modulus}/1",) for number in range(count)]),
        ("fraction-ratios", "Fractions of one hash and different denominators",
         ref("fractions", "Fraction"),
         [(5 * number % modulus + modulus, number) for number in range(2, count)]),
        ("complex", "complex numbers of one hash", ref("builtins", "complex"),
         [(float(10**12 - 1000003 * number), float(number)) for number in range(3 * count)]),
        ("networks", "IPv6 networks of one hash", ref("ipaddress", "IPv6Network"),
         [(f"{number * modulus:032x}"[:4] + "::/16",) for number in range(count)])]
    for name, what, callee, arguments in made:
        calls = b"".join(get(1) + value(these) + b"R" for these in arguments)
        add(f"{name}-of-one-hash", f"a set of thousands of {what}",
            proto(4) + callee + put(1) + POP + EMPTY_SET + MARK + calls + b"\x90" + STOP)
    identifiers = b"".join(get(1) + EMPTY_TUPLE + b"\x81" + value({"int": 1 + number * modulus})
                           + b"b" for number in range(count))
    add("uuids-of-one-hash", "a set of thousands of UUIDs of one hash",
        proto(4) + ref("uuid", "UUID") + put(1) + POP + EMPTY_SET + MARK + identifiers + b"\x90"
        + STOP)


def patterns():
    """The compiler of patterns is written in Python."""
    wide = "[\0-\U0010ffff]" * 15
    add("patterns-of-wide-sets", "a hundred patterns of sets that are spread out",
        stream([call(ref("re", "_compile"), wide + str(number), 34) for number in range(100)]))
    add("patterns-long", "forty patterns of a thousand sets",
        stream([call(ref("re", "_compile"), "(?i)" + "[a-z]" * 1000 + str(number), 32)
                for number in range(40)]))
    add("pattern-of-groups", "a pattern of four hundred groups in each other",
        stream(call(ref("re", "_compile"), "(?:" * 400 + "a" + "{1,9})" * 400, 32)))


def nesting():
    data = stream(1)
    for _ in range(8):
        archive = Zip().add("0.pkl", data, method=0)
        first = bytes(archive.central[6:46])
        for number in range(1, 60):
            add_again(archive, f"{number}.pkl", first)
        data = archive.bytes()
    add("zip-overlapping-nested", "zips of sixty names for the same zip, eight levels of them",
        data, suffix=".zip")
    add("gzip-members", "8,000 empty members of gzip", gzip.compress(b"", mtime=0) * 8000,
        suffix=".gz")
    small = [{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]
    xz = bytearray(lzma.compress(stream([0] * 100), filters=small))
    header = (xz[12] + 1) * 4
    xz[xz.index(b"\x21\x01", 12) + 2] = 40
    xz[8 + header:12 + header] = struct.pack("<I", zlib.crc32(bytes(xz[12:8 + header])))
    add("xz-dictionary", "xz that claims a dictionary of 4 GB", xz, suffix=".xz")
    body = stream([1, 2, 3])
    add("zstd-window", "zstd that claims a window of 2 GB",
        b"\x28\xb5\x2f\xfd" + bytes([0, 21 << 3])
        + struct.pack("<I", len(body) << 3 | 1)[:3] + body, suffix=".zst")
    frozen = MARK + b"\x91"
    for number in range(20000):
        frozen = MARK + frozen + b"K" + bytes([number % 256]) + b"\x91"
    add("deep-frozensets", "20,000 frozensets in each other", proto(4) + frozen + STOP)


def bombs():
    zeros = bytes(2**24)
    add("gzip-bomb", "16 MB of zeros in 16 kB", gzip.compress(zeros, mtime=0), suffix=".gz")
    add("gzip-bomb-pickle", "a pickle of 64 MB of zeros, compressed",
        gzip.compress(b"\x80\x04B" + struct.pack("<I", 2**26) + bytes(2**26) + b".", mtime=0),
        suffix=".pkl.gz")
    add("gzip-bomb-twice", "64 MB of zeros, compressed twice",
        gzip.compress(gzip.compress(bytes(2**26), mtime=0), mtime=0), suffix=".gz")
    add("bz2-bomb", "64 MB of zeros in bzip2", bz2.compress(bytes(2**26)), suffix=".bz2")
    add("xz-bomb", "64 MB of zeros in xz", lzma.compress(bytes(2**26), preset=0), suffix=".xz")
    add("zlib-bomb", "64 MB of zeros in zlib", zlib.compress(bytes(2**26), 9), suffix=".z")
    add("zip-bomb", "64 MB of zeros in a member called .pkl",
        Zip().add("model.pkl", bytes(2**26), method=8).bytes(), suffix=".zip")
    archive = Zip().add("0.pkl", zeros, method=8)
    first = bytes(archive.central[6:46])
    for number in range(1, 60):
        add_again(archive, f"{number}.pkl", first)
    add("zip-bomb-overlapping", "sixty members of 16 MB that are the same bytes of the file",
        archive.bytes(), suffix=".zip")
    many = Zip()
    for number in range(1000):
        many.add(f"{number}.pkl", b"N.")
    add("zip-many-members", "1,000 members", many.bytes(), suffix=".zip")
    add("many-pickles", "50,000 pickles in a row", b"N." * 50000)
    add("many-calls", "5,000 calls in a row",
        proto(4) + (ref("builtins", "complex") + EMPTY_TUPLE + b"R0") * 5000 + NONE + STOP)
    add("many-names", "20,000 names that there are not",
        b"".join(f"cm{number}\nn\n0".encode() for number in range(20000)) + b"N.")
    add("many-embedded-starts", "bytes full of what looks like the start of a pickle",
        stream(b"\x80\x04" * 50000))
    add("quadratic-lines", "50,000 line ends after an opcode that reads a line",
        b"S" + b"'\n" * 50000)


def shared():
    """What is checked or copied for each of many calls, and stands there once."""
    def many(first, again, count, *others):
        """A list of what `again` makes; `first` is put as 1, the others as 2, 3, ..."""
        put_all = b"".join(kept(1 + at, piece) + POP for at, piece in enumerate((first, *others)))
        return proto(4) + put_all + EMPTY_LIST + MARK + again * count + b"e" + STOP

    storage = Piece(value(("storage", ref("torch", "FloatStorage"), "0", "cpu", 3)) + b"Q")
    system = {f"k{number}": number for number in range(8000)}
    pickles = b"".join(stream(one, 2) for one in (
        0x1950a86a20f9469cfc6c, 1001, system, storage, ["0"])) + struct.pack("<Q", 3) + bytes(12)
    load = ref("torch.storage", "_load_from_bytes")
    tensor = (get(2) + MARK + get(1) + value(0) + value((3,)) + value((1,)) + value(False)
              + get(3) + b"tR")
    add("tensors-of-one-storage", "thousands of tensors of one storage, which is a pickle itself",
        many(call(load, pickles), tensor, 2000, ref("torch._utils", "_rebuild_tensor_v2"),
             call(ref("collections", "OrderedDict"))))
    add("storages-of-one-pickle", "thousands of storages from the same bytes",
        many(pickles, get(2) + get(1) + b"\x85R", 2000, load))
    zeros = bytes(4 * 20000)
    int32 = build(call(ref("numpy", "dtype"), "i4", False, True),
                  (3, "<", None, None, None, -1, -1, 0))
    empty = call(ref("numpy.core.multiarray", "_reconstruct"), ref("numpy", "ndarray"), (0,), b"b")
    array = kept(9, build(empty, (1, (20000,), int32, False, zeros)))
    add("matrices-of-one-array", "thousands of sparse matrices of the same indices",
        many({"_shape": (19999, 1), "maxprint": 50, "indices": array, "indptr": get(9),
              "data": get(9)},
             get(2) + EMPTY_TUPLE + b"\x81" + get(1) + b"b", 3000,
             ref("scipy.sparse._csr", "csr_matrix")))
    add("copies-of-bytes", "thousands of bytearrays of the same bytes",
        many(bytes(100000), get(2) + get(1) + b"\x85R", 50000, ref("builtins", "bytearray")))
    add("copies-of-list", "thousands of deques of the same list",
        many([None] * 50000, get(2) + get(1) + b"\x85R", 20000, ref("collections", "deque")))
    add("copies-of-array", "thousands of arrays of the same bytes, which each of them swaps",
        many((1, (20000,), build(call(ref("numpy", "dtype"), "i4", False, True),
                                 (3, ">", None, None, None, -1, -1, 0)), False, zeros),
             get(2) + get(3) + b"R" + get(1) + b"b", 60000,
             ref("numpy.core.multiarray", "_reconstruct"),
             (ref("numpy", "ndarray"), (0,), b"b")))


def add_again(archive, name, first):
    """Another name in the directory for the first member's bytes."""
    sizes = first[:22]    # what the directory says of it, up to the length of its name
    archive.central += b"PK\1\2" + struct.pack("<H", 20) + sizes
    archive.central += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name.encode()
    archive.count += 1


expansion()
depth()
claims()
callees()
collisions()
patterns()
nesting()
bombs()
shared()
