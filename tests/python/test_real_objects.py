"""Real objects of more than a hundred kinds: what the stock pickle does with them, Brinery does.

Four questions for each kind (kinds*.py) at each protocol: are the bytes the same by every road
that leads to them; is what Brinery loads the same as what the stock pickle loads, by every road;
does either load what the other has written (it follows: the bytes are the same); and if the
stock pickle fails, does Brinery fail in the same words.
"""
import functools
import io
import pickle
import pickletools
import warnings

import brinery
import kinds
import kinds_builtin  # noqa: F401  they register
import kinds_classes  # noqa: F401
import kinds_science  # noqa: F401
import kinds_stdlib  # noqa: F401
import pytest

PROTOCOLS = range(6)
# Enough for all of them; ten million levels, the default, take seconds where there is no end.
DEPTH = 100_000

pytestmark = pytest.mark.filterwarnings("ignore")


def attempt(function, *args):
    """What comes out: the result, or the exception's class and words."""
    try:
        return ("result", function(*args))
    except RecursionError:
        return ("error", RecursionError)  # whose words say what was called last
    except Exception as error:  # pylint: disable=broad-except
        return ("error", type(error), str(error))


@functools.lru_cache(maxsize=None)
def made(name):
    """The object of a kind, whose caches are full because it has been dumped before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = kinds.KINDS[name].make()
        for protocol in PROTOCOLS:
            attempt(pickle.dumps, value, protocol)
    return value


class Pickler(brinery.Pickler):
    """A subclass with a hook: nothing may be taken for granted any more."""

    def reducer_override(self, _):
        return NotImplemented


class IdPickler(brinery.Pickler):
    def persistent_id(self, _):
        return None


class Unpickler(brinery.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name)

    def persistent_load(self, pid):
        raise AssertionError(pid)


class OnlyRead:
    """A file that offers what pickle.load asks for, and nothing else."""

    def __init__(self, data):
        file = io.BytesIO(data)
        self.read = file.read
        self.readline = file.readline


class OnlyWrite:
    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))  # a PickleBuffer, if it is large


def operations(data):
    """The opcodes of a pickle without their arguments."""
    return [opcode.name for opcode, _, _ in pickletools.genops(data)]


def dump_with(pickler_class, value, protocol):
    file = io.BytesIO()
    pickler_class(file, protocol, max_depth=DEPTH).dump(value)
    return file.getvalue()


def dump_to_writer(value, protocol):
    file = OnlyWrite()
    brinery.dump(value, file, protocol, max_depth=DEPTH)
    return b"".join(file.parts)


ROADS_OUT = {
    "dumps": functools.partial(brinery.dumps, max_depth=DEPTH),
    "dump": dump_to_writer,
    "Pickler": functools.partial(dump_with, brinery.Pickler),
    "subclass": functools.partial(dump_with, Pickler),
    "persistent": functools.partial(dump_with, IdPickler),
}

ROADS_IN = {
    "loads": brinery.loads,
    "loads bytearray": lambda data: brinery.loads(bytearray(data)),
    "load": lambda data: brinery.load(io.BytesIO(data)),
    "load read": lambda data: brinery.load(OnlyRead(data)),
    "Unpickler": lambda data: brinery.Unpickler(io.BytesIO(data)).load(),
    "subclass": lambda data: Unpickler(OnlyRead(data)).load(),
}


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(kinds.KINDS))


def test_there_are_many_kinds():
    assert len(kinds.KINDS) > 200
    assert sum(kind.since < 6 for kind in kinds.KINDS.values()) > 150


def test_dumps(name):
    """Byte for byte, or word for word."""
    value = made(name)
    kind = kinds.KINDS[name]
    for protocol in PROTOCOLS:
        expected = attempt(pickle.dumps, value, protocol)
        assert (expected[0] == "result") == kind.works(protocol), expected
        for road, dump in ROADS_OUT.items():
            got = attempt(dump, value, protocol)
            if kind.stable or expected[0] == "error":
                assert got == expected, (road, protocol)
            else:
                assert got[0] == "result"
                assert operations(got[1]) == operations(expected[1]), (road, protocol)


def test_loads(name):
    value = made(name)
    kind = kinds.KINDS[name]
    for protocol in filter(kind.works, PROTOCOLS):
        data = pickle.dumps(value, protocol)
        expected = attempt(pickle.loads, data)
        assert (expected[0] == "result") == kind.loads, expected
        for road, load in ROADS_IN.items():
            got = attempt(load, data)
            if not kind.loads:
                assert got == expected, (road, protocol)
                continue
            assert got[0] == "result", (road, protocol, got)
            assert kind.difference(expected[1], got[1]) is None, (road, protocol)
            # The same parts are shared, down to the strings.
            if kind.stable:
                again = attempt(pickle.dumps, got[1], protocol)
                assert again == attempt(pickle.dumps, expected[1], protocol), (road, protocol)


def test_round_trip(name):
    """Without the stock pickle on the way: what was dumped is what is loaded."""
    kind = kinds.KINDS[name]
    if not kind.loads:
        return
    for protocol in filter(kind.works, PROTOCOLS):
        loaded = brinery.loads(brinery.dumps(made(name), protocol))
        stock = pickle.loads(pickle.dumps(made(name), protocol))
        assert kind.difference(stock, loaded) is None, protocol
        if kind.stable:
            again = attempt(brinery.dumps, loaded, protocol)
            assert again == attempt(pickle.dumps, stock, protocol), protocol
