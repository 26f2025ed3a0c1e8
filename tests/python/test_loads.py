"""brinery.load, loads and Unpickler against those of the running interpreter.

Needs the package on PYTHONPATH.  What CPython loads, Brinery loads to the same value; where it
raises, Brinery raises the same class with the same message.  The exceptions are the design's:
frames are enforced, and no size that is only claimed gets memory.
"""

import collections
import copyreg
import gc
import io
import os
import pathlib
import pickle
import random
import re
import reprlib
import socket
import sys
import threading
import weakref

import pytest

brinery = pytest.importorskip("brinery", reason="the Python package is not built")

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus"
FRAMES = {
    "pickle exhausted before end of frame",
    "beginning of a new frame before end of current frame",
}


class Plain:
    def __init__(self, *args):
        self.args = args

    def __repr__(self):
        return f"Plain({sorted(self.__dict__.items(), key=repr)!r})"


class Slots:
    __slots__ = ("p", "q")

    def __repr__(self):
        return f"Slots({getattr(self, 'p', None)!r}, {getattr(self, 'q', None)!r})"


class Stateful:
    def __setstate__(self, state):
        self.state = state

    def __repr__(self):
        return f"Stateful({self.__dict__!r})"


class Collector:
    """Takes items one by one: no extend, no set."""

    def __init__(self):
        self.items = []

    def append(self, item):
        self.items.append(("append", item))

    def add(self, item):
        self.items.append(("add", item))

    def __setitem__(self, key, item):
        self.items.append((key, item))

    def __repr__(self):
        return f"Collector({self.items!r})"


class ListOfOurs(list):
    pass


class DictOfOurs(dict):
    pass


KNOWN = {
    (module, name): value
    for value in (Plain, Slots, Stateful, Collector, ListOfOurs, DictOfOurs)
    for module, name in [("known", value.__name__)]
}
KNOWN.update(
    {
        ("builtins", name): getattr(__import__("builtins"), name)
        for name in ("list", "dict", "set", "complex", "bytearray", "object")
    }
)
KNOWN.update(
    {
        ("__builtin__", "object"): object,
        ("copyreg", "_reconstructor"): copyreg._reconstructor,
        ("copy_reg", "_reconstructor"): copyreg._reconstructor,
        ("collections", "OrderedDict"): collections.OrderedDict,
    }
)


class Restricted:
    """What a mutated pickle may name."""

    def find_class(self, module, name):
        try:
            return KNOWN[module, name]
        except KeyError:
            raise LookupError(f"{module} {name}") from None

    def persistent_load(self, pid):
        return ("persistent", pid)


class Stock(Restricted, pickle.Unpickler):
    pass


class Ours(Restricted, brinery.Unpickler):
    pass


class OnlyRead:
    """A file that can do no more than it must."""

    def __init__(self, data):
        self.file = io.BytesIO(data)

    def read(self, size):
        return self.file.read(size)

    def readline(self):
        return self.file.readline()

    def tell(self):
        return self.file.tell()


FILES = {
    "BytesIO": io.BytesIO,
    "only read": OnlyRead,
    "peek": lambda data: io.BufferedReader(io.BytesIO(data)),
    "peek a little": lambda data: io.BufferedReader(io.BytesIO(data), 16),
}


@pytest.fixture(autouse=True)
def known_modules(monkeypatch):
    module = type(sys)("known")
    for (name, attribute), value in KNOWN.items():
        if name == "known":
            setattr(module, attribute, value)
            monkeypatch.setattr(value, "__module__", "known")
    monkeypatch.setitem(sys.modules, "known", module)


TEXT = reprlib.Repr()  # shared values make plain repr() take for ever
TEXT.maxlevel = 10
TEXT.maxlist = TEXT.maxtuple = TEXT.maxdict = TEXT.maxset = TEXT.maxfrozenset = 30
TEXT.maxstring = TEXT.maxlong = TEXT.maxother = 2000


def outcome(load):
    """The value as text, or what was raised."""
    try:
        value = load()
    except RecursionError:
        return ("RecursionError",)
    except Exception as error:
        return (type(error).__name__, re.sub(r"0x[0-9a-f]+", "", str(error)))
    try:
        return ("value", type(value).__name__, re.sub(r"0x[0-9a-f]+", "", TEXT.repr(value)))
    except Exception as error:
        return ("no repr", type(error).__name__)


def claims_much(data):
    """CPython allocates memo entries and payloads that are only claimed."""
    return re.search(rb"[jr]..[\x10-\xff]|[jr]...[\x01-\xff]|p[ _+0-9]*[1-9][0-9 _]{6}", data, re.S)


def doubles_often(data):
    return sum(data.count(pair) for pair in (b"2\x86", b"\x862", b"22", b"2t")) > 5


def assert_same(data, stock=pickle.loads, ours=brinery.loads):
    expected = outcome(lambda: stock(data))
    got = outcome(lambda: ours(data))
    if got[0] == "UnpicklingError" and got[1] in FRAMES:
        return
    if re.search(rb"(C|B\0\0\0|[\x8e\x96]\0\0\0\0\0\0\0)\0$", data):
        return  # CPython takes the end behind a payload of no bytes for the end inside it
    if expected[0] == "MemoryError":
        return  # it believed a size; what there is besides is tested below
    assert got == expected, data


def corpus():
    for path in sorted(CORPUS.glob("*.pkl")) + sorted(CORPUS.glob("bad/*.pkl")):
        if "limit-work" not in path.name:  # would keep CPython busy for ever
            yield pytest.param(path.read_bytes(), id=path.stem)


EXTRA = [
    b"cknown\nCollector\n)R(K\x01K\x02e.",
    b"cknown\nCollector\n)R(K\x01K\x02\x90.",
    b"cknown\nCollector\n)R(K\x01K\x02u.",
    b"cknown\nCollector\n)RK\x01a.",
    b"(I1\nI2\nicknown\nPlain\n.",
    b"(I1\nI2\niknown\nPlain\n.",
    b"(cknown\nPlain\nI1\no.",
    b"(cknown\nPlain\no.",
    b"(iknown\nPlain\n}b.",
    b"I010\n.",
    b"I 5\n.",
    b"I+1\n.",
    b"I-0\n.",
    b"I0x1F\n.",
    b"I08\n.",
    b"I\n.",
    b"I5\0x\n.",
    b"I1_0\n.",
    b"L0x10L\n.",
    b"L010\n.",
    b"L\n.",
    b"L 7 L\n.",
    b"L5LL\n.",
    b"F1.5e3 \n.",
    b"F 1\n.",
    b"F1e999\n.",
    b"Finf\n.",
    b"F\n.",
    b"Fnan\n.",
    b"F1_0\n.",
    b"S'abc\\x41'\n.",
    b"S'a' \n.",
    b"S\"a'\n.",
    b"S'\xe9'\n.",
    b"Vabc\\u1234\n.",
    b"V\\ud800\n.",
    b"V\\u12\n.",
    b"V\xe9\n.",
    b"Pabc\n.",
    b"P\xe9\n.",
    b"P",
    b"K\x01Q.",
    b"Q.",
    b"(Q.",
    b"\x93.",
    b"(K\x01K\x02K\x03d.",
    b"\x82\x01.",
    b"\x82\x00.",
    b"\x84\xff\xff\xff\xff.",
    b"K\x01p 1_0\ng010\n.",
    b"K\x01p-1\n.",
    b"p-1\n.",
    b"px\n.",
    b"K\x01px\n.",
    b"g-1\n.",
    b"g1\n.",
    b"gx\n.",
    b"g\n.",
    b"g99999999999999999999999\n.",
    b"K\x01p99999999999999999999999\n.",
    b"h\x05.",
    b"j\x05\0\0\0.",
    b"I" + b"9" * 5000 + b"\n.",
    b"L" + b"9" * 5000 + b"L\n.",
    b"\x80\x06.",
    b"\x80\xff.",
    b"",
    b".",
    b"(.",
    b"N0.",
    b"N(.",
    b"N(1.",
    b"(0N.",
    b"a.",
    b"Na.",
    b"(a.",
    b"(e.",
    b"N(e.",
    b"](N(e.",
    b"s.",
    b"}Ns.",
    b"}(Nu.",
    b"}]Ns.",
    b"N(Ns.",
    b"N(Ne.",
    b"N(NNu.",
    b"N(N\x90.",
    b"\x8f(]\x90.",
    b"(]\x91.",
    b"Nb.",
    b"NNb.",
    b"Kb.",
    b"\x81.",
    b"NN\x81.",
    b"NNN\x92.",
    b"cbuiltins\nint\nN\x81.",
    b"cbuiltins\nint\n)N\x92.",
    b"cbuiltins\nlen\n)\x81.",
    b"NNR.",
    b"cbuiltins\nint\nNR.",
    b"\x97.",
    b"\x98.",
    b"N\x98.",
    b"C\x01a\x98.",
    b"\x8b\xff\xff\xff\xff.",
    b"\x8b\x02\0\0\0\xff\xff.",
    b"T\xff\xff\xff\xff.",
    b"X\x01\0\0\0\xff.",
    b"\x8c\x03\xed\xa0\x80.",
    b"c\n\n.",
    b"cos\n\n.",
    b"c\xff\nx\n.",
    b"cos\n\xff\n.",
    b"c\xff\n",
    b"i\xff\n",
    b"(i\xc3\xa9\nx\n.",
    b"\xff",
    b"'",
    b"\\",
    b"~",
    b"\x7f",
    b"\n",
    b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
    b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
    b"\x96\xff\xff\xff\xff\xff\xff\xff\xff.",
    b"\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
    b"\x80\x04\x8c\x04math\x8c\x07pi.real\x93.",
    b"\x80\x02\x8c\x04math\x8c\x07pi.real\x93.",
    b"\x80\x04\x8c\x04math\x8c\x05a.b.c\x93.",
    b"\x80\x04\x8c\x04math\x8c\x08<locals>\x93.",
    b"\x80\x04\x8c\x04math\x8c\x0ax.<locals>\x93.",
    b"\x80\x04\x8c\x04math\x8c\x00\x93.",
    b"\x80\x04\x8c\x00\x8c\x00\x93.",
    b"\x80\x04\x8c\x07no.such\x8c\x01x\x93.",
    b"c__builtin__\nxrange\n.",
    b"\x80\x03c__builtin__\nxrange\n.",
    b"cUserDict\nIterableUserDict\n.",
    b"cknown\nSlots\n)\x81N}\x8c\x01pK\x01s\x86b.",
    b"cknown\nSlots\n)\x81NN\x86b.",
    b"cknown\nSlots\n)\x81K\x01b.",
    b"cknown\nSlots\n)\x81}K\x01K\x02sb.",
    b"cknown\nSlots\n)\x81N}K\x01K\x02s\x86b.",
    b"cknown\nStateful\n)\x81K\x07b.",
    b"cknown\nPlain\n)\x81}(K\x01K\x02\x8c\x01xK\x03ub.",
    b"cknown\nListOfOurs\n)\x81(K\x01K\x02e.",
    b"cknown\nDictOfOurs\n)\x81(K\x01K\x02u.",
    b"\x80\x02\x80\x04\x8c\x0b__builtin__\x8c\x06xrange\x93.",
]


def generated():
    one = Plain(1, [2], {"k": Plain()})
    cycle = []
    cycle.append(cycle)
    shared = ["shared"]
    slots = Slots()
    slots.p = slots.q = 1
    items = ListOfOurs([1, 2])
    items.extra = 3
    objects = [
        one,
        items,
        DictOfOurs(a=1),
        slots,
        [one, one, items],
        {1: 2, (1, 2): one, "k": {3, 4}},
        frozenset([1, 2]),
        [bytearray(b"abc"), b"q" * 300, "u" * 300],
        complex(1, 2),
        cycle,
        [shared, shared],
        collections.OrderedDict(a=1),
        [2**70, -(2**70), 1.5, None, True, "\xe9\ud800\U0001f600"],
        list(range(2500)),
        {i: str(i) for i in range(1500)},
    ]
    for value in objects:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                yield pickle.dumps(value, protocol)
            except (TypeError, pickle.PicklingError):  # slots below protocol 2
                assert protocol < 2


# ---------------------------------------------------------------------------
# The same as CPython
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("data", list(corpus()))
def test_corpus(data):
    assert_same(data)


@pytest.mark.parametrize("data", list(corpus()))
def test_corpus_by_prefixes(data):
    for size in range(min(len(data), 400)):
        if not claims_much(data[:size]):
            assert_same(data[:size])


@pytest.mark.parametrize("data", EXTRA, ids=lambda data: ascii(data[:20]))
def test_what_no_pickler_writes(data):
    assert_same(data)
    assert_same(
        data,
        lambda data: Stock(io.BytesIO(data)).load(),
        lambda data: Ours(io.BytesIO(data)).load(),
    )


@pytest.mark.parametrize("kind", FILES)
def test_files_give_what_memory_gives(kind):
    for data in EXTRA + list(generated()):
        ours = FILES[kind](data)
        expected = outcome(lambda: brinery.loads(data))
        assert outcome(lambda: brinery.load(ours)) == expected, data
        if expected[0] == "value":
            assert ours.tell() == len(data)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"encoding": "bytes"},
        {"encoding": "latin1"},
        {"errors": "replace"},
        {"fix_imports": False},
    ],
    ids=str,
)
def test_options(options):
    for data in EXTRA + [b"U\x03a\xe9\xff.", b"T\x03\0\0\0a\xe9\xff.", b"S'\xe9'\n."]:
        assert_same(
            data,
            lambda data: pickle.loads(data, **options),
            lambda data: brinery.loads(data, **options),
        )


def mutate(rng, data, seeds):
    codes = [
        b"(",
        b"0",
        b"1",
        b"2",
        b"a",
        b"b",
        b"d",
        b"e",
        b"l",
        b"o",
        b"s",
        b"t",
        b"u",
        b"R",
        b"\x81",
        b"\x85",
        b"\x86",
        b"\x90",
        b"\x91",
        b"\x92",
        b"\x93",
        b"\x94",
        b"h\0",
        b"q\0",
        b"N",
        b"]",
        b"}",
        b"Q",
        b"\x98",
    ]
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(data) + 1)
        kind = rng.random()
        if kind < 0.3:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif kind < 0.6:
            data[at : at + 1] = rng.choice(codes)
        elif kind < 0.75:
            data[at:at] = rng.choice(codes)
        elif kind < 0.85:
            del data[at : at + 1]
        elif kind < 0.95:
            data[at:at] = data[:at][-15:]
        else:
            data[at:] = rng.choice(seeds)[-30:]
    return bytes(data)


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_mutated_pickles():
    rng = random.Random(20260101)
    seeds = [data for data in list(generated()) + EXTRA if 0 < len(data) < 2000]
    for _ in range(int(os.environ.get("BRINERY_MUTATIONS", 20000))):
        data = mutate(rng, rng.choice(seeds), seeds)
        if claims_much(data) or doubles_often(data):
            continue
        assert_same(
            data,
            lambda data: Stock(io.BytesIO(data), buffers=[b"x", bytearray(b"y")]).load(),
            lambda data: Ours(io.BytesIO(data), buffers=[b"x", bytearray(b"y")]).load(),
        )


def test_identity():
    one = Plain()
    value = {"a": one, "b": [one, one]}
    value["self"] = value
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        loaded = brinery.loads(pickle.dumps(value, protocol))
        assert loaded["self"] is loaded
        assert loaded["b"][0] is loaded["b"][1] is loaded["a"]


def test_names_of_attributes_are_interned():
    data = pickle.dumps([Plain(), Plain()])
    first, second = brinery.loads(data)
    assert next(iter(first.__dict__)) is next(iter(second.__dict__)) is sys.intern("args")


# ---------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, path",
    [
        ([1, {"a": 1, "name": [0, Ellipsis]}], "obj[1]['name'][1]"),
        ({"k": {(1, "x"): Ellipsis}}, "obj['k'][(1, 'x')]"),
        ({b"k": {None: Ellipsis}}, "obj[b'k'][None]"),
        ([Plain(1, Ellipsis)], "obj[0].args"),
    ],
)
def test_offset_and_path(value, path):
    data = pickle.dumps(value).replace(b"Ellipsis", b"Ellipsos")
    with pytest.raises(AttributeError) as caught:
        brinery.loads(data)
    assert caught.value.pickle_path == path
    assert data[caught.value.pickle_offset :][:1] in b"\x93R"


def test_path_is_cut():
    data = b"]" + b"(]" * 100000 + b"\xff"
    with pytest.raises(pickle.UnpicklingError) as caught:
        brinery.loads(data)
    assert caught.value.pickle_offset == 200001
    assert len(caught.value.pickle_path) < 1000


def test_an_exception_that_takes_no_attributes_is_left_alone():
    class Closed(Exception):
        __slots__ = ()
        pickle_path = property(lambda self: "mine")

        def __setattr__(self, name, value):
            raise RuntimeError("closed")

    class Unpickler(brinery.Unpickler):
        def find_class(self, module, name):
            raise Closed("no")

    with pytest.raises(Closed) as caught:
        Unpickler(io.BytesIO(b"ca\nb\n.")).load()
    assert caught.value.pickle_path == "mine"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x95\x02\0\0\0\0\0\0\0K\x01\x95\x01\0\0\0\0\0\0\0N.",
        b"\x80\x04\x95\x01\0\0\0\0\0\0\0K\x01.",
        b"\x80\x04\x95\x02\0\0\0\0\0\0\0I1\n.",
    ],
    ids=["in order", "argument", "line"],
)
def test_frames_are_enforced(data):
    if data[11:13] == b"K\x01" and data[13] == 0x95:
        assert brinery.loads(data) is None
        return
    for load in [brinery.loads] + [
        lambda data, kind=kind: brinery.load(FILES[kind](data)) for kind in FILES
    ]:
        with pytest.raises(pickle.UnpicklingError, match="pickle exhausted before end of frame"):
            load(data)


# ---------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------


def peak_growth(function):
    import tracemalloc

    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data",
    [
        b"K\x01r\xff\xff\xff\xff.",
        b"K\x01p4294967295\n.",
        b"K\x01p9223372036854775807\n.",
        b"\x8e\0\0\0\0\0\x01\0\0abc.",
        b"\x8d\0\0\0\0\0\x01\0\0abc.",
        b"\x96\0\0\0\0\0\x01\0\0abc.",
        b"B\xff\xff\xff\xffabc.",
        b"X\xff\xff\xff\xffabc.",
        b"\x8b\xff\xff\xff\x7fabc.",
        b"\x80\x04\x95\0\0\0\0\0\x01\0\0N.",
    ],
    ids=ascii,
)
def test_claims_cost_nothing(data):
    for load in [brinery.loads] + [
        lambda data, kind=kind: brinery.load(FILES[kind](data)) for kind in FILES
    ]:
        assert peak_growth(lambda: outcome(lambda: load(data))) < 3 << 20


def test_nothing_leaks():
    """Whatever goes wrong, the values on the stack and in the memo are released."""

    class Token:
        pass

    class Unpickler(brinery.Unpickler):
        def persistent_load(self, pid):
            token = Token()
            alive.append(weakref.ref(token))
            return token

    endings = [data for data in EXTRA if data] + [
        b"",
        b"1",
        b"0",
        b"q\x05",
        b"2",
        b"t.",
        b"l.",
        b"(\x91.",
        b"o.",
        b"d.",
    ]
    alive = []
    for start in (
        b"K\x01Q",
        b"]K\x01Q",
        b"(K\x01QK\x01Q",
        b"](K\x01QK\x01QK\x01Q",
        b"}(K\x01QK\x01QK\x01Q",
        b"K\x01Qq\x00(h\x00",
        b"cknown\nPlain\nK\x01Q\x85K\x01Q",
        b"(cknown\nPlain\nK\x01Q",
    ):
        for ending in endings:
            for cut in range(len(ending[:12]) + 1):
                try:
                    Unpickler(io.BytesIO(start + ending[:cut]), buffers=[b""]).load()
                except Exception:
                    pass
    gc.collect()
    assert not [ref for ref in alive if ref() is not None]


def test_deep_nesting():
    deep = 1_000_000
    for data in (
        b"]" * deep + b"a" * (deep - 1) + b".",
        b"(" * deep + b"t" * deep + b".",
        b")" + b"\x85" * deep + b".",
    ):
        value = brinery.loads(data)
        for _ in range(1000):
            value = value[0]
        del value


def test_max_depth():
    data = b"]" * 1000 + b"a" * 999 + b"."
    assert brinery.loads(data, max_depth=1000)
    assert brinery.load(io.BytesIO(data), max_depth=None)
    for load in (
        lambda: brinery.loads(data, max_depth=999),
        lambda: brinery.load(io.BytesIO(data), max_depth=3),
        lambda: brinery.Unpickler(io.BytesIO(data), max_depth=500).load(),
    ):
        with pytest.raises(RecursionError):
            load()
    with pytest.raises(ValueError):
        brinery.loads(data, max_depth=0)


def test_collector_is_restored():
    assert gc.isenabled()
    seen = []

    class Unpickler(brinery.Unpickler):
        def find_class(self, module, name):
            seen.append(gc.isenabled())
            if name == "off":
                gc.disable()
            return list

    try:
        Unpickler(io.BytesIO(b"ca\nb\n.")).load()
        assert seen == [True] and gc.isenabled()
        with pytest.raises(EOFError):
            brinery.loads(b"N")
        assert gc.isenabled()
        Unpickler(io.BytesIO(b"ca\noff\nca\nb\n.")).load()
        assert seen[1:] == [True, False] and not gc.isenabled()
    finally:
        gc.enable()


# ---------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_one_after_another(kind, protocol):
    values = [1, "x" * 300000, [Plain], {"a": b"y" * 200000}, list(range(5000))]
    data = b"".join(pickle.dumps(value, protocol) for value in values)
    file = FILES[kind](data + b"rest")
    assert [brinery.load(file) for _ in values] == values
    assert file.read(10) == b"rest"
    unpickler = brinery.Unpickler(
        FILES[kind](b"".join(pickle.dumps(value, protocol) for value in (1, [2], "three")))
    )
    assert [unpickler.load() for _ in range(3)] == [1, [2], "three"]
    with pytest.raises(EOFError):
        unpickler.load()


def test_raw_files_and_sockets(tmp_path):
    value = {"a": list(range(1000)), "b": b"z" * 500000, "c": bytearray(b"w" * 300000)}
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps(value, 5) + pickle.dumps(2))
    for buffering in (0, -1, 10):
        with open(path, "rb", buffering) as file:
            assert brinery.load(file) == value
            assert brinery.load(file) == 2
    left, right = socket.socketpair()
    with left, right, right.makefile("rb") as file:
        writer = threading.Thread(target=left.sendall, args=(pickle.dumps(value, 5),))
        writer.start()
        assert (
            brinery.load(file) == value
        )  # the other side stays open: reading must not go past STOP
        writer.join()


def test_pipes_give_what_they_have():
    read_end, write_end = os.pipe()
    value = b"v" * 400000
    with os.fdopen(read_end, "rb", 0) as file, os.fdopen(write_end, "wb") as out:
        writer = threading.Thread(target=lambda: (out.write(pickle.dumps(value)), out.flush()))
        writer.start()
        assert brinery.load(file) == value
        writer.join()


def test_files_that_cannot_be_read():
    class Broken(OnlyRead):
        def read(self, size):
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        brinery.load(Broken(b"N."))
    for file in (object(), type("R", (), {"read": None})(), 1):
        with pytest.raises(TypeError, match="file must have 'read' and 'readline' attributes"):
            brinery.load(file)

    class Text(OnlyRead):
        def read(self, size):
            return "N"

    assert outcome(lambda: brinery.load(Text(b""))) == outcome(lambda: pickle.load(Text(b"")))


def test_readinto_that_keeps_its_buffer():
    class Keeper(OnlyRead):
        kept = []

        def readinto(self, buffer):
            self.kept.append(buffer)
            self.kept.append(buffer[:1])
            data = self.file.read(len(buffer))
            buffer[: len(data)] = data
            return len(data)

    value = b"k" * 3000000
    assert brinery.load(Keeper(pickle.dumps(value))) == value
    for view in Keeper.kept:
        try:
            view[0] = 0
        except ValueError:
            pass  # released


# ---------------------------------------------------------------------------
# The type
# ---------------------------------------------------------------------------


def test_uninitialised():
    class Unpickler(brinery.Unpickler):
        def __init__(self):
            pass

    with pytest.raises(
        pickle.UnpicklingError, match=r"Unpickler.__init__\(\) was not called by Unpickler"
    ):
        Unpickler().load()
    assert Unpickler().memo.copy() == {}


def test_reentrant_use():
    class Again(OnlyRead):
        def read(self, size):
            for use in (
                unpickler.load,
                unpickler.memo.clear,
                lambda: unpickler.__init__(io.BytesIO()),
                lambda: setattr(unpickler, "memo", {}),
            ):
                with pytest.raises(RuntimeError):
                    use()
            return super().read(size)

    unpickler = brinery.Unpickler(Again(b"]q\0.]."))
    assert unpickler.load() == []
    assert unpickler.load() == []
    unpickler.__init__(io.BytesIO(b"K\x07."))
    assert unpickler.load() == 7


def test_usable_after_an_error():
    unpickler = brinery.Unpickler(io.BytesIO(b"h\x05" + pickle.dumps([1])))
    with pytest.raises(pickle.UnpicklingError):
        unpickler.load()
    assert unpickler.load() == [1]


def test_memo():
    unpickler = brinery.Unpickler(io.BytesIO(b"](K\x01q\x05er\xff\xff\xff\xff.h\x05."))
    value = unpickler.load()
    copied = unpickler.memo.copy()
    assert copied == {5: 1, 2**32 - 1: [1]} and copied[2**32 - 1] is value
    assert pickle.loads(pickle.dumps(unpickler.memo)) == copied
    assert unpickler.load() == 1
    other = brinery.Unpickler(io.BytesIO(b"h\x05.h\x05."))
    other.memo = unpickler.memo
    unpickler.memo.clear()
    assert unpickler.memo.copy() == {} and other.load() == 1
    other.memo = {5: "five"}
    assert other.load() == "five"
    for wrong, error in (({"a": 1}, TypeError), ({-1: 1}, ValueError), (5, TypeError)):
        with pytest.raises(error):
            other.memo = wrong
    with pytest.raises(TypeError):
        del other.memo
    assert other.memo.copy() == {5: "five"}


def test_cycles_through_the_memo_are_collected():
    class Holder:
        pass

    holder = Holder()
    unpickler = brinery.Unpickler(io.BytesIO(b"N."))
    holder.unpickler = unpickler
    unpickler.memo = {0: holder, 10**9: holder}
    ref = weakref.ref(holder)
    del holder, unpickler
    gc.collect()
    assert ref() is None


def test_bytes_like_objects():
    data = pickle.dumps([1, "a"])
    for source in (data, bytearray(data), memoryview(data), memoryview(b"x" + data + b"x")[1:-1]):
        assert brinery.loads(source) == [1, "a"]
    for wrong in ("text", None, memoryview(data * 2)[::2]):
        assert outcome(lambda: brinery.loads(wrong)) == outcome(lambda: pickle.loads(wrong))
    source = bytearray(b"cknown\nPlain\n)R}b.")

    class Unpickler(Plain):
        def __setstate__(self, state):
            with pytest.raises(BufferError):
                source.clear()

    sys.modules["known"].Plain = Unpickler
    brinery.loads(source)


def test_audit_event():
    seen = []

    def hook(event, args):
        if event == "pickle.find_class" and active:
            seen.append(args)

    active = [1]
    sys.addaudithook(hook)
    brinery.loads(b"cmath\npi\n.")
    active.clear()
    assert seen == [("math", "pi")]


def test_extension_registry():
    copyreg.add_extension("math", "pi", 0xF0)
    try:
        assert (
            brinery.loads(b"\x82\xf0.")
            == brinery.loads(b"\x83\xf0\0.")
            == brinery.loads(b"\x84\xf0\0\0\0.")
        )
        assert copyreg._extension_cache[0xF0] == brinery.loads(b"\x82\xf0.")
    finally:
        copyreg.remove_extension("math", "pi", 0xF0)


def test_persistent_load_attribute():
    unpickler = brinery.Unpickler(io.BytesIO(b"Pid\n.Pid\n."))
    unpickler.persistent_load = lambda pid: pid * 2
    assert unpickler.load() == "idid"


def test_arguments():
    for call in (
        lambda m: m.loads(),
        lambda m: m.loads(b"N.", 1),
        lambda m: m.loads(b"N.", what=1),
        lambda m: m.load(io.BytesIO(b"N."), True),
        lambda m: m.loads(data=b"N."),
    ):
        with pytest.raises(TypeError):
            call(brinery)
    for options in ({"encoding": 1}, {"errors": None}, {"encoding": "a\0b"}, {"buffers": 1}):
        assert outcome(lambda: brinery.loads(b"N.", **options)) == outcome(
            lambda: pickle.loads(b"N.", **options)
        )
    assert brinery.load(file=io.BytesIO(b"N.")) is None


@pytest.mark.parametrize("how", ["loads", "load"])
@pytest.mark.parametrize("encoding", ["bytes", "latin1"])
def test_what_is_the_same_object(how, encoding):
    """Bytes and text of one byte: what CPython has once, and what its loader makes anew."""
    streams = [b"](C\x01ACA\x01e.".replace(b"CA\x01", b"C\x01A"), b"](C\x00C\x00e.",
               b"](U\x01AU\x01Ae.", b"](S'A'\nS'A'\ne.", b"](X\x01\0\0\0AX\x01\0\0\0Ae.",
               b"](B\x01\0\0\0AB\x01\0\0\0Ae.", b"](K\xffK\xffe.", b"](M\x00\x01M\x00\x01e.",
               b"](\x8a\x01\x05\x8a\x01\x05e.", b"]()(te."]

    def read(module, data):
        if how == "loads":
            return module.loads(data, encoding=encoding)
        return module.load(io.BytesIO(data), encoding=encoding)

    for data in streams:
        ours, stock = read(brinery, data), read(pickle, data)
        assert ours == stock
        assert (ours[0] is ours[1]) == (stock[0] is stock[1]), data
