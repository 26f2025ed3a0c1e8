"""The streaming writer beside CPython's pickler: the same bytes for the same objects, and where
the caller did not say how many there would be, objects that are equal."""

import collections
import fractions
import io
import pickle
import pickletools
import random

import pytest
import streaming
from same import difference
from streaming import Walker, Writer

PROTOCOLS = range(6)


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __eq__(self, other):
        return type(other) is Plain and self.__dict__ == other.__dict__


@pytest.fixture(scope="module")
def lib():
    return streaming.library()


def written(lib, value, protocol, flags=0, **how):
    writer = Writer(lib, protocol, flags)
    Walker(writer, protocol, **how).save(value)
    return writer.close()


def text(rng):
    size = rng.choice([2, 3, 10, 255, 256, 300])
    letters = rng.choice(["abc\\\n'\"", "a\x00\r\x1a\xe9\xff", "\u0100\u20ac\ufffd",
                          "\U0001f600x\udc80", "\u00e9\u4f60\ud800"])
    return "".join(rng.choice(letters) for _ in range(size))


def leaf(rng):
    kind = rng.randrange(9)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice([0, -1, 255, 256, 65535, 65536, 2**31 - 1, -2**31, 2**31, -2**63])
    if kind == 2:
        return rng.getrandbits(rng.choice([5, 40, 63, 64, 65, 200, 3000])) * rng.choice([1, -1])
    if kind == 3:
        return rng.choice([0.0, -0.0, 0.1, 1e300, float("inf"), -float("inf"), rng.random()])
    if kind == 4:
        return bytes(rng.getrandbits(8) for _ in range(rng.choice([0, 2, 9, 255, 256])))
    if kind == 5:
        return bytearray(rng.getrandbits(8) for _ in range(rng.choice([0, 2, 9, 300])))
    return text(rng)


def hashable(rng):
    value = leaf(rng)
    if isinstance(value, bytearray):
        return bytes(value)
    return (value, text(rng)) if rng.random() < 0.1 else value


def make(rng, depth, pool):
    if pool and rng.random() < 0.1:
        return rng.choice(pool)
    if depth == 0 or rng.random() < 0.3:
        return leaf(rng)
    kind = rng.randrange(8)
    size = rng.choice([0, 1, 2, 3, 4, 7])
    if kind < 2:
        value = []
        pool.append(value)
        value.extend(make(rng, depth - 1, pool) for _ in range(size))
    elif kind < 4:
        value = {}
        pool.append(value)
        for _ in range(size):
            value[hashable(rng)] = make(rng, depth - 1, pool)
    elif kind == 4:
        # Leaves: a tuple in itself is written in a way of its own.
        value = tuple(leaf(rng) for _ in range(size))
    elif kind == 5:
        value = rng.choice([set, frozenset])(hashable(rng) for _ in range(size))
    elif kind == 6:
        # Alone in its module: the text that names this would be shared.
        value = fractions.Fraction(rng.getrandbits(40), 7)
    else:
        value = Plain(**{f"a{i}": leaf(rng) for i in range(size)})
    pool.append(value)
    return value


def corpus_of(seed, count):
    for number in range(count):
        rng = random.Random(seed * 1_000_003 + number)
        yield make(rng, rng.choice([1, 3, 5]), [])


def stock(value, protocol):
    """What pickle writes, but for names of Python 2: those are for the caller of the writer."""
    return pickle.dumps(value, protocol).replace(b"c__builtin__\ncomplex\n",
                                                 b"cbuiltins\ncomplex\n")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bytes_of_random_objects(lib, protocol):
    for value in corpus_of(1, 400):
        assert written(lib, value, protocol) == stock(value, protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("flags", [0, 1])
def test_values_of_random_objects(lib, protocol, flags):
    """Without sizes, in pieces, and without a memo: other bytes, the same objects."""
    for number, value in enumerate(corpus_of(2, 200)):
        data = written(lib, value, protocol, flags, counted=False, pieces=1 + number % 7)
        assert difference(pickle.loads(data), value) is None
        assert flags == 0 or len(data) <= len(pickle.dumps(value, protocol)) + 300


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("size", [999, 1000, 1001, 2000, 2001])
def test_batches(lib, protocol, size):
    for value in (list(range(size)), dict.fromkeys(range(size)), set(range(size)),
                  frozenset(range(size)), tuple(range(size)),
                  collections.OrderedDict((i, None) for i in range(size)),
                  collections.deque(range(size))):
        expected = pickle.dumps(value, protocol)
        assert written(lib, value, protocol) == expected
        # Nothing but what an iterator ends with depends on the sizes.
        if type(value) in (list, dict, set):
            assert written(lib, value, protocol, counted=False) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_item(lib, protocol):
    for value in ([1], {1: 2}, {1}, (1,), frozenset([1]), collections.deque([1]),
                  collections.OrderedDict([(1, 2)]), complex(1, 2), Plain(a=1), Plain()):
        assert written(lib, value, protocol) == stock(value, protocol)
        assert difference(pickle.loads(written(lib, value, protocol, counted=False)), value) is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["str", "ascii", "bytes", "bytearray"])
def test_frames_around_payloads(lib, protocol, kind):
    """Lengths at which a payload leaves its frame, and at which a frame is full."""
    for size in (65535 - 9, 65534, 65535, 65536, 65537, 200_000):
        data = {"ascii": lambda n: "x" * n, "str": lambda n: "\xe9" * (n // 2) + "x" * (n % 2),
                "bytes": lambda n: b"\x00\xff" * (n // 2) + b"x" * (n % 2),
                "bytearray": lambda n: bytearray(b"\x80y" * (n // 2) + b"x" * (n % 2))}[kind]
        value = [1, data(size), data(size - 1), [2.5], data(3000), data(size - 2), None]
        expected = pickle.dumps(value, protocol)
        assert written(lib, value, protocol) == expected
        pieces = written(lib, value, protocol, pieces=1000)
        if protocol >= 3 or kind in ("ascii", "str"):
            assert kind == "bytearray" or pieces == expected
        assert difference(pickle.loads(pieces), value) is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_frames_of_small_values(lib, protocol):
    value = [[i, str(i), float(i), {"key": i}] for i in range(9000)]
    assert written(lib, value, protocol) == pickle.dumps(value, protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_deep_nesting(lib, protocol):
    """All the ends of a deep list stand in one frame."""
    depth = 100_000
    writer = Writer(lib, protocol)
    for _ in range(depth):
        writer.begin_list(1)
    writer.none()
    for _ in range(depth):
        writer.end()
    data = writer.close()
    assert pickletools.optimize(data).count(b"a") >= depth
    loaded = pickle.loads(data)
    for _ in range(depth):
        loaded = loaded[0]
    assert loaded is None


def test_several_pickles_in_one_stream(lib):
    for protocol in PROTOCOLS:
        writer = Writer(lib, protocol)
        values = [[1, "ab"], "cd", {"x": "cd"}, b"\xff" * 70_000, {1, 2}]
        for value in values:
            Walker(writer, protocol).save(value)
            assert writer.next()
        data = writer.close()
        assert data == b"".join(pickle.dumps(value, protocol) for value in values)
        file = io.BytesIO(data)
        assert [pickle.load(file) for _ in values] == values


def test_cycles_and_sharing(lib):
    for protocol in PROTOCOLS:
        for flags in (0, 1):
            writer = Writer(lib, protocol, flags)
            writer.begin_list(streaming.UNKNOWN)
            whole = writer.share()
            writer.int(7)
            seven = writer.share()
            writer.begin_tuple(2)
            writer.shared(whole)
            writer.shared(seven)
            writer.end()
            pair = writer.share()
            writer.begin_dict(1)
            itself = writer.share()
            writer.key(b"self")
            writer.shared(itself)
            writer.end()
            assert writer.share() == itself
            writer.shared(pair)
            writer.end()
            value = pickle.loads(writer.close())
            assert value[0] == 7 and value[1][0] is value and value[1] is value[3]
            assert value[2]["self"] is value[2] and len(value) == 4


def test_objects_with_everything(lib):
    for protocol in PROTOCOLS:
        writer = Writer(lib, protocol)
        writer.begin_tuple(4)
        writer.begin_call(0)
        getattr(writer, "global")(b"collections", b"OrderedDict")
        writer.end()
        ordered = writer.share()
        writer.begin_update(streaming.UNKNOWN)
        writer.key(b"me")
        writer.shared(ordered)
        writer.end()
        writer.begin_state()
        writer.begin_dict(1)
        writer.key(b"attribute")
        writer.int(1)
        writer.end()
        writer.end()
        writer.shared(ordered)
        writer.begin_object(1)
        getattr(writer, "global")(b"builtins", b"int")
        writer.strn(b"12", 2)
        writer.end()
        writer.persid(b"elsewhere")
        writer.end()
        unpickler = pickle.Unpickler(io.BytesIO(writer.close()))
        unpickler.persistent_load = lambda name: ["found", name]
        first, second, third, fourth = unpickler.load()
        assert first is second and first["me"] is first and first.attribute == 1
        assert third == 12 and fourth == ["found", "elsewhere"]


def test_buffers_and_extension_codes(lib):
    import copyreg
    writer = Writer(lib, 5)
    writer.begin_list(3)
    writer.buffer(False)
    writer.buffer(True)
    writer.ext(0x12345)
    writer.end()
    copyreg.add_extension("decimal", "Decimal", 0x12345)
    try:
        value = pickle.loads(writer.close(), buffers=[bytearray(b"ab"), bytearray(b"cd")])
    finally:
        copyreg.remove_extension("decimal", "Decimal", 0x12345)
    assert bytes(value[0]) == b"ab" and bytes(value[1]) == b"cd"
    assert memoryview(value[1]).readonly and value[2].__name__ == "Decimal"


def test_strings_of_python_2(lib):
    for protocol in PROTOCOLS:
        for data in (b"", b"plain", b"it's", b'"', b"'\"", bytes(range(256)), b"x" * 70_000):
            writer = Writer(lib, protocol)
            writer.py2str(data, len(data))
            assert pickle.loads(writer.close(), encoding="bytes") == data


@pytest.mark.long
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bytes_of_many_random_objects(lib, protocol):
    for value in corpus_of(3, 15_000):
        assert written(lib, value, protocol) == stock(value, protocol)
