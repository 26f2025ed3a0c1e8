"""brinery.dumps, dump and Pickler against pickle's: the same bytes, writes, exceptions, hooks."""
import array
import collections
import copyreg
import datetime
import decimal
import enum
import fractions
import functools
import gc
import io
import pathlib
import pickle
import random
import re
import subprocess
import sys
import threading
import types
import uuid
import weakref

import pytest

brinery = pytest.importorskip(
    "brinery", reason="needs the package: tools/build.sh python, PYTHONPATH=build/python/site")

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


# ---------------------------------------------------------------------------
# Objects
# ---------------------------------------------------------------------------

class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slots:
    __slots__ = ("first", "second")


class SlotsAndDict(Slots):
    pass


class State:
    def __getstate__(self):
        return ("state", [self])

    def __setstate__(self, state):
        self.state = state


class FalseState:
    def __getstate__(self):
        return 0


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyTuple(tuple):
    pass


class MySet(set):
    pass


class MyInt(int):
    pass


class MyStr(str):
    pass


class KeywordNew(int):
    def __new__(cls, *, value):
        return super().__new__(cls, value)

    def __getnewargs_ex__(self):
        return (), {"value": int(self)}


class Outer:
    class Middle:
        class Inner:
            pass

    def method(self):
        pass


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


class Reduced:
    """Pickled as whatever it is given."""

    def __init__(self, *answer):
        self.answer = answer

    def __reduce__(self):
        return self.answer if len(self.answer) != 1 else self.answer[0]


class Fresh:
    """The same with iterators, made anew for each dump."""

    def __init__(self, items=None, pairs=None, state=None, setter=None):
        self.arguments = items, pairs, state, setter

    def __reduce__(self):
        items, pairs, state, setter = self.arguments
        return (Fresh, (), state, None if items is None else iter(items),
                None if pairs is None else iter(pairs), setter)

    def append(self, item):
        pass

    extend = append

    def __setitem__(self, key, value):
        pass


Point = collections.namedtuple("Point", "x y")
NAMED = Reduced("NAMED")


def set_state(obj, state):
    obj.state = state


def slots(cls, **attributes):
    obj = cls()
    for name, value in attributes.items():
        setattr(obj, name, value)
    return obj


def recursive():
    in_list = []
    in_list.append(in_list)
    in_dict = {}
    in_dict[1] = in_dict
    yield in_list
    yield in_dict
    for size in (1, 2, 3, 4, 5):
        inner = []
        loop = tuple([inner] + [0] * (size - 1))
        inner.append(loop)
        yield loop
        yield inner
    member = Plain()
    member.items = {member}
    yield member
    member = Plain()
    member.items = frozenset([member])
    yield member
    yield member.items
    instance = Plain()
    instance.self = instance
    yield instance
    args = []
    back = Reduced(tuple, (args,))
    args.append(back)
    yield back
    yield args
    own = MyList()
    own.append(own)
    yield own
    own = MyDict()
    own["me"] = own
    yield own


def numbers():
    for power in (0, 7, 8, 15, 16, 30, 31, 32, 39, 47, 55, 60, 62, 63, 64, 127, 2030, 2031, 2032,
                  2039, 2040, 4095):
        for delta in (-1, 0, 1):
            yield 2 ** power + delta
            yield -(2 ** power) + delta
    yield 10 ** 4000
    yield -10 ** 4000
    yield 10 ** 5000  # too many digits for the text protocols
    yield from (0.0, -0.0, 1.0, 1.5, 0.1, 1e16, 1e15, 123456789.123, 1e-5, 1e-4, 5e-324, 1e308,
                float("inf"), -float("inf"), float("nan"), 1j, -0.5 + 2j)


def text():
    for size in (0, 1, 2, 254, 255, 256, 257, 65535, 65536, 65537, 200000):
        yield "a" * size
        yield b"b" * size
        yield bytearray(size)
    for char in "é€\U0001f600\ud800":
        for size in (1, 63, 64, 85, 86, 127, 128, 255, 256, 21845, 21846, 32768):
            yield char * size
    yield "".join(map(chr, range(600)))
    yield "\\ \n \r \0 \x1a \u2028 \udfff \U0010ffff"
    yield bytes(range(256))
    yield bytearray(range(256))
    yield sys.intern("interned")
    yield MyStr("text")


def containers():
    for size in (0, 1, 2, 3, 4, 5, 999, 1000, 1001, 1999, 2000, 2001, 3000):
        yield list(range(size))
        yield tuple(range(size))
        yield [[]] * size
        yield [[] for _ in range(size)]
        yield {i: i for i in range(size)}
        yield {str(i): [i] for i in range(size)}
        yield {(i,): {} for i in range(size)}
        yield set(range(size))
        yield frozenset(range(size))
        yield {(i, "x") for i in range(size)}
        yield MyList(range(size))
        yield MyList([[] for _ in range(size)])
        yield MyDict((i, [i]) for i in range(size))
        yield MyTuple(range(size))
        yield MySet(range(size))
        yield collections.OrderedDict((i, i) for i in range(size))
        yield collections.deque(range(size))
        yield Fresh(items=range(size))
        yield Fresh(items=[[] for _ in range(size)], pairs=[((i,), [i]) for i in range(size)])


def instances():
    yield Plain()
    yield Plain(a=1, b=[2], c=Plain(d=Plain))
    yield slots(Slots, first=1)
    yield slots(Slots)
    yield slots(SlotsAndDict, first=1, third=[3])
    yield State()
    yield FalseState()
    yield KeywordNew(value=7)
    yield MyInt(300)
    yield Point(1, [2])
    yield from (Outer, Outer.Middle, Outer.Middle.Inner, Outer.Middle.Inner(), Outer.method,
                Outer().method, Outer.Middle.__init__)
    yield from (Colour, Colour.RED, WithMeta, WithMeta(), Meta, NAMED)
    yield from (int, len, [].append, str.upper, dict.fromkeys, "x".join, type, object, print)
    yield from (type(None), type(...), type(NotImplemented), ..., NotImplemented, None)
    yield from (types.SimpleNamespace(a=1), range(3), slice(1, 2, 3), ValueError("x", 1),
                OSError(2, "no"), KeyError())
    yield from (datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc),
                datetime.date(1, 1, 1), datetime.timedelta(1), decimal.Decimal("1.50"),
                fractions.Fraction(1, 3), uuid.UUID(int=5), pathlib.PurePosixPath("/a/b"),
                array.array("d", [1.5]), collections.Counter("abca"),
                collections.defaultdict(list, a=[1]), functools.partial(int, base=2),
                random.Random(1))
    yield Fresh(state=[1], setter=set_state)
    yield Fresh(items=[1, 2], pairs=[("a", 1)], state={"x": 1})
    yield Reduced(Plain, (), None, None, None, None)
    yield Reduced(copyreg.__newobj__, (Reduced, 1, [2]))
    yield Reduced(copyreg.__newobj_ex__, (Plain, (1,), {"a": [2]}))


def shared():
    same = ["same", b"bytes", (1, 2, 3), Plain(a=1), "é"]
    yield same * 3
    yield [same, tuple(same), {"k": same}]
    yield {"a": "a", "b": "b", "c": ["a", "b"]}
    yield ["%d" % i for i in range(600)] * 2
    yield [str(i) * 30 for i in range(5000)]
    yield [float(i) for i in range(20000)]
    yield list(range(70000))
    yield ["x" * 70000, "y", b"z" * 70000, ["é" * 50000], "\ud800" * 30000, bytearray(70000), "x"]
    yield ["x" * 65530, 1, 2, 3, "y" * 65536, 4]
    yield [b"x" * 65000, b"y" * 1000] * 5
    yield [[b"%d" % i * 9000 for i in range(20)]]
    yield [{"id": i, "name": "n%d" % i, "tags": ["a", str(i)], "at": (i, i / 2)}
           for i in range(3000)]


KINDS = {function.__name__: function
         for function in (recursive, numbers, text, containers, instances, shared)}


class Writes:
    """A file that remembers each call of write."""

    def __init__(self):
        self.calls = []

    def write(self, data):
        self.calls.append((type(data), bytes(data)))


def outcome(function, *args, **kwargs):
    """What a call returns, or the type and message of what it raises."""
    try:
        return function(*args, **kwargs)
    except RecursionError:
        return RecursionError  # what was called at the last level differs
    except Exception as exception:
        text = re.sub(" at 0x[0-9a-f]+", "", str(exception))
        # Before 3.14 the interpreter adds none, and Brinery says where and why in one.
        notes = [note for note in getattr(exception, "__notes__", [])
                 if sys.version_info >= (3, 14) or not note.startswith("pickling obj")]
        return type(exception), text, notes


def writes(module, obj, protocol, again=False):
    file = Writes()
    if not again:
        raised = outcome(module.dump, obj, file, protocol)
    else:
        pickler = module.Pickler(file, protocol)
        raised = outcome(pickler.dump, obj), outcome(pickler.dump, [obj, "more"])
    return file.calls, raised


def check(obj):
    for protocol in PROTOCOLS:
        expected = outcome(pickle.dumps, obj, protocol)
        if expected is RecursionError:
            # Ten million levels, the default, take seconds; what was written differs.
            assert outcome(brinery.dumps, obj, protocol, max_depth=100_000) == expected
            continue
        assert outcome(brinery.dumps, obj, protocol) == expected
        assert writes(brinery, obj, protocol) == writes(pickle, obj, protocol)
        assert writes(brinery, obj, protocol, True) == writes(pickle, obj, protocol, True)


@pytest.mark.parametrize("kind", KINDS)
def test_same_bytes_as_pickle(kind):
    for obj in KINDS[kind]():
        check(obj)


def random_object(rng, depth, seen):
    roll = rng.random()
    if depth <= 0 or roll < 0.35:
        atom = rng.choice([
            None, True, False, rng.randrange(-300, 300), rng.getrandbits(40), -rng.getrandbits(90),
            rng.random(), "é" * rng.randrange(4), str(rng.random()), b"%d" % rng.randrange(99),
            "key", bytearray(b"x"), Colour.RED, int, 2 ** 31, Plain, datetime.date(2020, 1, 2)])
        seen.append(atom)
        return atom
    if roll < 0.45 and seen:
        return rng.choice(seen)
    size = rng.choice([0, 1, 2, 3, 4, 7])

    def inner():
        return random_object(rng, depth - 1, seen)

    def hashable():
        return rng.choice([rng.randrange(50), str(rng.randrange(50)), (1, rng.randrange(9))])

    make = rng.choice([
        lambda: [inner() for _ in range(size)], lambda: tuple(inner() for _ in range(size)),
        lambda: {hashable(): inner() for _ in range(size)},
        lambda: {hashable() for _ in range(size)},
        lambda: frozenset(hashable() for _ in range(size)),
        lambda: Plain(**{"a%d" % i: inner() for i in range(size)}),
        lambda: MyList(inner() for _ in range(size)), lambda: Point(inner(), inner()),
        lambda: MyDict((hashable(), inner()) for _ in range(size)),
        lambda: slots(SlotsAndDict, first=inner(), other=inner()),
        lambda: collections.OrderedDict((hashable(), inner()) for _ in range(size))])
    made = make()
    seen.append(made)
    if isinstance(made, list) and rng.random() < 0.2:
        made.append(rng.choice(seen))
    return made


@pytest.mark.parametrize("seed", range(60))
def test_random_objects(seed):
    rng = random.Random(seed)
    check(random_object(rng, rng.randrange(2, 8), []))


# ---------------------------------------------------------------------------
# Options and hooks
# ---------------------------------------------------------------------------

@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("fix_imports", [True, False])
def test_fix_imports(protocol, fix_imports):
    import queue
    for obj in (range(2), queue.Empty, ValueError, FileNotFoundError, map, collections.UserDict,
                functools.reduce, int, zip, str, urllib_error()):
        args = obj, protocol
        kwargs = {"fix_imports": fix_imports}
        assert outcome(brinery.dumps, *args, **kwargs) == outcome(pickle.dumps, *args, **kwargs)


def urllib_error():
    import urllib.error
    return urllib.error.URLError


@pytest.mark.parametrize("code", [1, 255, 256, 65535, 65536, 0x7fffffff])
def test_extension_registry(code):
    copyreg.add_extension(__name__, "Plain", code)
    try:
        check([Plain, Plain(a=1), Plain])
    finally:
        copyreg.remove_extension(__name__, "Plain", code)


@pytest.mark.parametrize("code", [0, -1, 2 ** 31, 2 ** 80, "1"])
def test_bad_extension_codes(code):
    key = __name__, "Plain"
    copyreg._extension_registry[key] = code
    try:
        check(Plain)
    finally:
        del copyreg._extension_registry[key]


def buffers():
    yield b"bytes"
    yield bytearray(b"bytearray")
    yield bytes(70000)
    yield bytearray(70000)
    yield memoryview(b"12345678").cast("I")
    yield memoryview(bytearray(8))[::2]
    yield array.array("i", [1, 2])
    yield b""


@pytest.mark.parametrize("answer", [None, True, False, 0, [1]])
def test_out_of_band_buffers(answer):
    for protocol in PROTOCOLS:
        for buffer in buffers():
            obj = ["before", pickle.PickleBuffer(buffer), "after"]
            seen = []
            for module in (brinery, pickle):
                taken = []
                if answer is None:
                    callback = taken.append
                else:
                    def callback(buffer):
                        taken.append(buffer)
                        return answer
                file = Writes()
                raised = outcome(module.dump, obj, file, protocol, buffer_callback=callback)
                seen.append((file.calls, [bytes(buffer) for buffer in taken], raised,
                             outcome(module.dumps, obj, protocol, buffer_callback=callback)))
            assert seen[0] == seen[1]
            assert outcome(brinery.dumps, obj, protocol) == outcome(pickle.dumps, obj, protocol)


def test_released_buffer():
    buffer = pickle.PickleBuffer(b"x")
    buffer.release()
    check(buffer)
    # CPython before gh-143308 reads what its callback has given back.
    buffer = pickle.PickleBuffer(bytearray(b"dill" * 5))

    def release(_):
        buffer.release()
        return True

    data = brinery.dumps(buffer, 5, buffer_callback=release)
    assert brinery.loads(data) == bytearray(b"dill" * 5)


def subclass(module, **attributes):
    return type("Sub", (module.Pickler,), attributes)


def hooked(module, obj, protocol, **attributes):
    file = Writes()
    return outcome(subclass(module, **attributes)(file, protocol).dump, obj), file.calls


def persistent(answers):
    def persistent_id(self, obj):
        return answers.get(type(obj))
    return persistent_id


@pytest.mark.parametrize("answers", [
    {}, {int: "id"}, {str: 5}, {list: "x"}, {Plain: ("tuple", [1])}, {int: Plain(a="b")},
    {int: "é"}, {type(None): MyStr("x")}, {dict: 1.5, tuple: "x"}])
def test_persistent_id(answers):
    obj = [1, "two", [3], {"k": (None, Plain(x=1))}, Plain, 2.5, b"b"]
    for protocol in PROTOCOLS:
        args = obj, protocol
        hook = {"persistent_id": persistent(answers)}
        assert hooked(brinery, *args, **hook) == hooked(pickle, *args, **hook)


def test_persistent_id_of_the_instance():
    for protocol in PROTOCOLS:
        results = []
        for module in (brinery, pickle):
            file = Writes()
            pickler = module.Pickler(file, protocol)
            results.append([outcome(lambda: type(pickler.persistent_id).__name__)])
            pickler.persistent_id = lambda obj: "pid" if obj == 1 else None
            pickler.dump([1, 2])
            results[-1] += [pickler.persistent_id(1), pickler.persistent_id(2), file.calls,
                            outcome(setattr, pickler, "persistent_id", 5)]
        assert results[0] == results[1]


def test_persistent_id_through_super():
    def persistent_id(self, obj):
        return super(type(self), self).persistent_id(obj)
    for protocol in PROTOCOLS:
        hook = {"persistent_id": persistent_id}
        assert hooked(brinery, [1], protocol, **hook) == hooked(pickle, [1], protocol, **hook)


def override(self, obj):
    if isinstance(obj, (types.FunctionType, Colour)) or obj is Plain:
        return "NAMED" if obj is NAMED else (MyList, ([obj.__class__.__name__],))
    if isinstance(obj, Point):
        return None
    return NotImplemented


def test_reducer_override():
    for obj in ([lambda: 0, Colour.RED, Plain, Plain(a=[1])], Point(1, 2), 5, [Outer.Middle.Inner]):
        for protocol in PROTOCOLS:
            hook = {"reducer_override": override}
            assert hooked(brinery, obj, protocol, **hook) == hooked(pickle, obj, protocol, **hook)


def tables():
    yield {}
    yield {Plain: lambda obj: (MyList, ([1],))}
    yield collections.ChainMap({complex: lambda obj: "NAMED"}, copyreg.dispatch_table)
    yield {type: lambda obj: "x", Meta: lambda obj: (MyList, ())}
    yield {Plain: lambda obj: 5}


def test_dispatch_tables():
    obj = [Plain(a=1), 1j, WithMeta, MyList([Plain()])]
    for table in tables():
        for protocol in PROTOCOLS:
            results = []
            for module in (brinery, pickle):
                file = Writes()
                pickler = module.Pickler(file, protocol)
                missing = outcome(getattr, pickler, "dispatch_table")[0]
                pickler.dispatch_table = table
                results.append((missing, pickler.dispatch_table is table,
                                outcome(pickler.dump, obj), file.calls,
                                hooked(module, obj, protocol, dispatch_table=table)))
            assert results[0] == results[1]


def test_fast_mode():
    loop = []
    loop.append(loop)
    nested = []
    for _ in range(70):
        nested = [nested, {}]
    for obj in ([1, "a", "a", [2], (3, "a")], {"k": frozenset("a"), "l": {1}}, Plain(a="a"), nested,
                Reduced(Plain, ()), MyList([1])):
        for protocol in PROTOCOLS:
            results = []
            for module in (brinery, pickle):
                file = Writes()
                pickler = module.Pickler(file, protocol)
                pickler.fast = True
                results.append((outcome(pickler.dump, obj), outcome(pickler.dump, obj),
                                file.calls))
            assert results[0] == results[1]
    pickler = brinery.Pickler(io.BytesIO())
    pickler.fast = True
    with pytest.raises(ValueError, match="fast mode: can't pickle cyclic objects"):
        pickler.dump(loop)
    pickler.dump([1])


def test_text_opcodes_in_a_binary_protocol():
    obj = ["é\n", 1, 2 ** 40, 1.5, [1], {}, (), (1, 2, 3, 4), True, None, b"x", {1}, "é\n",
           Plain(a=1)]
    for protocol in PROTOCOLS:
        for binary in (0, 1):
            results = []
            for module in (brinery, pickle):
                file = Writes()
                pickler = module.Pickler(file, protocol)
                assert pickler.bin == (protocol > 0)
                pickler.bin = binary
                results.append((outcome(pickler.dump, obj), file.calls))
            assert results[0] == results[1]


def test_memo():
    obj = ["a", "b", ["c"]]
    results = []
    for module in (brinery, pickle):
        file = Writes()
        pickler = module.Pickler(file, 4)
        pickler.dump(obj)
        memo = pickler.memo.copy()
        results.append(sorted(memo.values(), key=lambda pair: pair[0]))
        assert set(memo) == {id(value) for _, value in memo.values()}
        other = module.Pickler(file, 4)
        other.memo = pickler.memo
        other.dump(obj)
        other.memo = {id(obj): (300, obj)}
        other.dump([obj])
        other.memo.clear()
        other.dump([obj])
        other.clear_memo()
        other.dump([obj])
        assert pickle.loads(module.dumps(pickler.memo)) == {
            key: (number, value) for key, (number, value) in memo.items()}
        results[-1].append(file.calls)
        for bad in ({1: 2}, {1: (1,)}, {1: ("x", 2)}, 5, {1: (2 ** 70, 2)}):
            results[-1].append(outcome(setattr, pickler, "memo", bad))
        results[-1].append(outcome(delattr, pickler, "memo"))
    text = [str(result).replace("_pickle.", "brinery._brinery.") for result in results]
    assert text[0] == text[1]


def test_memo_numbers_beyond_four_bytes():
    obj = []
    for protocol in PROTOCOLS:
        results = []
        for module in (brinery, pickle):
            file = Writes()
            pickler = module.Pickler(file, protocol)
            pickler.memo = {id(obj): (2 ** 40, obj)}
            results.append((outcome(pickler.dump, obj), file.calls))
        assert results[0] == results[1]


# ---------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------

def wrong_answers():
    yield from (5, "no such name", (), (1,), (Plain, (), 1, 2, 3, 4, 5))
    yield (1, ())
    yield (Plain, [])
    yield (Plain, (), None, 5)
    yield (Plain, (), None, None, 5)
    yield (Plain, (), None, None, None, 5)
    yield (Plain, (), None, None, iter([1]))
    yield (Plain, (), None, None, iter([(1, 2), 1]))
    yield (Plain, (), None, None, iter([(1, 2), (1, 2, 3)]))
    yield (copyreg.__newobj__, ())
    yield (copyreg.__newobj__, (1,))
    yield (copyreg.__newobj__, (Plain,))
    yield (copyreg.__newobj_ex__, ())
    yield (copyreg.__newobj_ex__, (1, 2, 3))
    yield (copyreg.__newobj_ex__, (Plain, 2, 3))
    yield (copyreg.__newobj_ex__, (Plain, (), 3))


def unpicklable():
    yield from (lambda: 0, [lambda: 0], threading.Lock(), [1, {"a": sys}],
                (i for i in ()), type("Local", (), {}), iter({}.items()), memoryview(b""))
    for name in ("no such name", "Plain", "Outer.Nothing", "Outer.<locals>.x"):
        function = types.FunctionType((lambda: 0).__code__, {}, "f")
        function.__qualname__ = name
        function.__module__ = __name__
        yield function
    for module in ("no such module", "", "a.b", None, 5, "é"):
        function = types.FunctionType((lambda: 0).__code__, {}, "f")
        function.__module__ = module
        yield function
    cls = type("Wrong", (), {"__reduce_ex__": None})
    yield cls()

    class Raises:
        def __getattribute__(self, name):
            raise ZeroDivisionError(name)
    yield Raises()
    obj = Plain()
    obj.__class__ = types.new_class("Plain", (Plain,))
    yield obj


def test_exceptions():
    for obj in unpicklable():
        for protocol in PROTOCOLS:
            expected = outcome(pickle.dumps, obj, protocol)
            assert outcome(brinery.dumps, obj, protocol) == expected
            if isinstance(expected, tuple):
                assert outcome(brinery.dumps, [obj], protocol)[:2] == expected[:2]


@pytest.mark.parametrize("index", range(len(list(wrong_answers()))))
def test_wrong_reduce_answers(index):
    for protocol in PROTOCOLS:
        results = []
        for module in (brinery, pickle):
            answer = list(wrong_answers())[index]
            results.append(outcome(module.dumps, Reduced(answer) if not isinstance(answer, tuple)
                                   or len(answer) == 1 else Reduced(*answer), protocol))
        assert results[0] == results[1]
        assert isinstance(results[0], (tuple, bytes))


def calls():
    yield (), {}
    yield (1,), {}
    yield (1, 2, 3, 4), {}
    yield (1, 2, 3, 4, 5, 6, 7), {}
    yield (1, io.BytesIO(), 6), {}
    yield (1, io.BytesIO(), -1), {}
    yield (1, io.BytesIO(), "x"), {}
    yield (1, io.BytesIO(), 2 ** 70), {}
    yield (1, io.BytesIO(), 1.5), {}
    yield (1, io.BytesIO()), {"nothing": 1}
    yield (1, io.BytesIO()), {"obj": 1}
    yield (), {"obj": 1, "file": io.BytesIO()}
    yield (), {"file": io.BytesIO()}
    yield (1, io.BytesIO()), {"protocol": 4, "buffer_callback": print}
    yield (1, io.BytesIO()), {"protocol": 5, "buffer_callback": print, "fix_imports": []}
    yield (1, io.BytesIO(), 5, True), {}


@pytest.mark.parametrize("index", range(len(list(calls()))))
def test_arguments(index):
    for name in ("dump", "dumps", "Pickler"):
        results = []
        for module in (brinery, pickle):
            args, kwargs = list(calls())[index]
            if name == "dumps":
                args = args[:1] + args[2:]
                kwargs.pop("file", None)
            if name == "Pickler":
                args = args[1:]
                kwargs.pop("obj", None)
            result = outcome(getattr(module, name), *args, **kwargs)
            results.append(None if isinstance(result, module.Pickler) else result)
        # Ours can be given one argument more.
        if isinstance(results[1], tuple) and " at most " in results[1][1] and \
                "positional" not in results[1][1]:
            assert results[0][0] is TypeError
        else:
            assert results[0] == results[1]


def test_uninitialised():
    class Careless(brinery.Pickler):
        def __init__(self):
            pass
    with pytest.raises(pickle.PicklingError, match=r"^Pickler.__init__\(\) was not called by "
                                                   r"Careless.__init__\(\)$"):
        Careless().dump(1)
    assert Careless().memo.copy() == {}
    assert Careless().clear_memo() is None


def test_init_again():
    first, second = Writes(), Writes()
    pickler = brinery.Pickler(first, 2)
    pickler.dump(["x"])
    pickler.__init__(second, 4)
    pickler.dump(["x"])
    assert second.calls == [(bytes, pickle.dumps(["x"], 4))]


# ---------------------------------------------------------------------------
# Depth
# ---------------------------------------------------------------------------

DEEP = """
import resource, sys
import brinery, pickle
obj = []
for i in range(1000000):
    obj = [obj] if i % 3 else (obj, 1) if i % 2 else {"k": obj}
for protocol in range(6):
    assert len(brinery.dumps(obj, protocol)) > 3000000

class Node:
    pass

head = Node()
for i in range(100000):
    node = Node()
    node.next = head
    head = node
brinery.dumps(head)

class Endless:
    def __reduce__(self):
        return Endless, (Endless(),)

try:
    brinery.dumps(Endless())
except RecursionError as error:
    assert "while pickling an object" in str(error), error
    assert len(error.pickle_path) < 5000
else:
    sys.exit("no RecursionError")
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1500 * 1024
"""


def test_depth():
    subprocess.run([sys.executable, "-c", DEEP], check=True, timeout=300)


@pytest.mark.parametrize("depth", [0, 1, 10, 1000])
def test_max_depth(depth):
    obj = None
    for _ in range(depth):
        obj = [obj]
    assert brinery.dumps(obj, max_depth=depth) == pickle.dumps(obj) if depth < 100 else True
    for call in (lambda: brinery.dumps([obj], max_depth=depth),
                 lambda: brinery.dump([obj], io.BytesIO(), max_depth=depth),
                 lambda: brinery.Pickler(io.BytesIO(), max_depth=depth).dump([obj])):
        with pytest.raises(RecursionError):
            call()
    with pytest.raises(ValueError):
        brinery.dumps(obj, max_depth=-1)
    with pytest.raises(TypeError):
        brinery.dumps(obj, max_depth="x")


# ---------------------------------------------------------------------------
# Hostile code
# ---------------------------------------------------------------------------

class Calls:
    """Runs a function when it is pickled."""

    def __init__(self, function):
        self.function = function

    def __reduce__(self):
        self.function()
        return int, ()

    def __hash__(self):
        return 7


def mutations():
    shrink = []
    shrink += [Calls(shrink.clear), 1, 2]
    yield shrink
    grow = []
    grow += [Calls(lambda: grow.append(1) if len(grow) < 3000 else None)] * 5
    yield grow
    one = []
    one.append(Calls(lambda: one.extend([1, 2])))
    yield one
    table = {}
    table.update({1: Calls(lambda: table.update({len(table) + 5: 1})), 2: 3})
    yield table
    emptied = {}
    emptied.update({1: Calls(emptied.clear), 2: 3})
    yield emptied
    single = {}
    single[1] = Calls(single.clear)
    yield single
    members = set()
    members |= {Calls(members.clear), 2, 3}
    yield members
    nested = [[Calls(lambda: nested.clear())]]
    yield nested
    inner = {"a": {}}
    inner["a"]["b"] = Calls(lambda: inner.pop("a", None))
    yield inner


def test_containers_that_change():
    for index in range(len(list(mutations()))):
        for protocol in PROTOCOLS:
            results = []
            for module in (brinery, pickle):
                results.append(outcome(module.dumps, list(mutations())[index], protocol))
            assert results[0] == results[1]


def test_use_while_in_use():
    message = "^Pickler object is already used$"

    def attempts(pickler):
        for attempt in (lambda: pickler.dump(1), pickler.clear_memo, pickler.memo.clear,
                        lambda: setattr(pickler, "memo", {}),
                        lambda: pickler.__init__(io.BytesIO())):
            with pytest.raises(RuntimeError, match=message):
                attempt()
        assert isinstance(pickler.memo.copy(), dict)
        done.append(True)

    for protocol in PROTOCOLS:
        done = []
        file = io.BytesIO()
        pickler = brinery.Pickler(file, protocol)
        pickler.dump([Calls(lambda: attempts(pickler))])
        assert len(done) == 1
        pickler = subclass(brinery, persistent_id=lambda self, obj: attempts(self))(file, protocol)
        pickler.dump([1])
        assert len(done) > 1
        pickler.clear_memo()
        del done[:]

        class File:
            def write(self, data):
                attempts(pickler)
        pickler = brinery.Pickler(File(), protocol)
        pickler.dump(b"x" * 100000)
        assert done


def test_threads():
    ready, go = threading.Event(), threading.Event()
    raised = []

    class Waits:
        def __reduce__(self):
            ready.set()
            go.wait(10)
            return int, ()

    file = io.BytesIO()
    pickler = brinery.Pickler(file, 4)
    thread = threading.Thread(target=lambda: pickler.dump([Waits()]))
    thread.start()
    ready.wait(10)
    raised.append(outcome(pickler.dump, 1))
    go.set()
    thread.join()
    assert raised == [(RuntimeError, "Pickler object is already used", [])]
    assert pickle.loads(file.getvalue()) == [0]
    pickler.dump("again")


def test_pickler_is_usable_after_a_failure():
    for protocol in PROTOCOLS:
        results = []
        for module in (brinery, pickle):
            file = Writes()
            pickler = module.Pickler(file, protocol)
            shared_list = ["shared"]
            outcome(pickler.dump, [shared_list, lambda: 0])
            del file.calls[:]
            pickler.dump(["fresh"])
            results.append(file.calls)
        assert results[0] == results[1]


def test_write_that_raises_or_keeps():
    class Fails:
        def __init__(self, after):
            self.after = after
            self.kept = []

        def write(self, data):
            self.kept.append(data)
            if len(self.kept) > self.after:
                raise ZeroDivisionError

    obj = [list(range(30000)), b"x" * 100000, list(range(30000, 60000)), "é" * 50000]
    expected = writes(pickle, obj, 4)[0]
    for after in range(len(expected)):
        file = Fails(after)
        pickler = brinery.Pickler(file, 4)
        with pytest.raises(ZeroDivisionError):
            pickler.dump(obj)
        assert [bytes(data) for data in file.kept] == [data for _, data in expected[:after + 1]]
    file = Fails(99)
    brinery.dump(obj, file, 4)
    gc.collect()
    assert [bytes(data) for data in file.kept] == [data for _, data in expected]


def test_bytearray_that_changes_while_it_is_written():
    data = bytearray(b"x" * 100000)

    class File:
        def write(self, written):
            if data:
                data.clear()
    brinery.dump([data, 1], File(), 5)


def test_iterators_that_misbehave():
    class Items:
        def __init__(self, good):
            self.left = good

        def __iter__(self):
            return self

        def __next__(self):
            self.left -= 1
            if self.left < 0:
                raise ZeroDivisionError
            return self.left, Plain()

    for good in (0, 1, 2, 3, 999, 1000, 1001):
        for place in (3, 4):
            for protocol in PROTOCOLS:
                answer = [Plain, (), None, None, None]
                answer[place] = Items(good)
                with pytest.raises(ZeroDivisionError):
                    brinery.dumps(Reduced(*answer), protocol)


# ---------------------------------------------------------------------------
# Paths
# ---------------------------------------------------------------------------

LOCK = threading.Lock()


@pytest.mark.parametrize("path, obj", [
    ("obj", LOCK),
    ("obj[1]", [0, LOCK]),
    ("obj[2]", (0, 1, LOCK)),
    ("obj['a']['b']", {"a": {"b": LOCK}}),
    ("obj[(1, 'x')][0]", {(1, "x"): [LOCK]}),
    ("obj[None]", {None: LOCK}),
    ("obj[b'k']", {b"k": LOCK}),
    ("obj[<int>]", {2 ** 80: LOCK}),
    ("obj[<%s>]" % Plain.__name__, {Plain(): LOCK}),
    ("obj['%s'...]" % ("k" * 60), {"k" * 100: LOCK}),
    ("obj[key (1, <_thread.lock>)][1]", {(1, LOCK): 2}),
    ("obj[key <_thread.lock>]", {LOCK: 2}),
    ("obj['session'].conn._sock", {"session": Plain(conn=Plain(_sock=LOCK))}),
    ("obj.first", slots(Slots, first=LOCK)),
    ("obj.other['x']", slots(SlotsAndDict, first=1, other={"x": LOCK})),
    ("obj.__dict__['not a name']", Plain(**{"not a name": LOCK})),
    ("obj{<_thread.lock>}", {LOCK}),
    ("obj{(1, <_thread.lock>)}[1]", frozenset([(1, LOCK)])),
    ("obj[1]", MyList([0, LOCK])),
    ("obj['k']", MyDict(k=LOCK)),
    ("obj['k'][0]", collections.OrderedDict(k=[LOCK])),
    ("obj.__reduce__()[0]", Reduced(lambda: 0, ())),
    ("obj.__reduce__()[1][1]", Reduced(int, (1, LOCK))),
    ("obj.__reduce__()[1][2]", Point(1, LOCK)),
    ("obj.__reduce__()[1][0]", Reduced(int, (LOCK,))),
    ("obj.__reduce__()[2][0]", Reduced(Plain, (), [LOCK])),
    ("obj.__reduce__()[5]", Reduced(Plain, (), 1, None, None, lambda: 0)),
    ("obj[0]", [Reduced(1, ())]),
], ids=str)
def test_path(path, obj):
    with pytest.raises((TypeError, pickle.PicklingError)) as caught:
        brinery.dumps(obj, 4)
    assert caught.value.pickle_path == path
    if not isinstance(obj, Slots):
        for protocol in (0, 2):
            with pytest.raises((TypeError, pickle.PicklingError)) as caught:
                brinery.dumps(obj, protocol)
            # Protocol 0 asks a lock for its class and goes on: a step more.
            assert caught.value.pickle_path.startswith(path) or "__reduce__" in path or \
                isinstance(obj, (MyList, MyDict))


def test_path_of_long_ways():
    obj = LOCK
    for _ in range(100000):
        obj = [obj]
    with pytest.raises(TypeError) as caught:
        brinery.dumps(obj)
    path = caught.value.pickle_path
    assert path == "obj" + "[0]" * 32 + "..." + "[0]" * 32


class NoRepr(str):
    def __repr__(self):
        raise AssertionError
    __str__ = __repr__


def test_path_runs_no_code_of_keys():
    if sys.version_info < (3, 14):  # later versions call it for their own notes
        with pytest.raises(TypeError) as caught:
            brinery.dumps({"a": {NoRepr("k"): LOCK}})
        assert caught.value.pickle_path == "obj['a'][<NoRepr>]"


def test_path_keeps_the_exception():
    class Frozen(Exception):
        def __setattr__(self, name, value):
            raise AssertionError

    class Raises:
        def __reduce__(self):
            raise error
    error = Frozen("x")
    with pytest.raises(Frozen) as caught:
        brinery.dumps([Raises()])
    assert caught.value is error
    assert caught.value.pickle_path == "obj[0]"


# ---------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------

def test_pickler_is_collected():
    class Sub(brinery.Pickler):
        def persistent_id(self, obj):
            return None

        def reducer_override(self, obj):
            return NotImplemented

    pickler = Sub(io.BytesIO())
    kept = Plain()
    pickler.dump(kept)
    gone, freed = weakref.ref(pickler), weakref.ref(kept)
    del pickler, kept
    assert gone() is None and freed() is None
    # A cycle through the memo.
    pickler = brinery.Pickler(io.BytesIO())
    gone = [Plain()]
    gone[0].proxy = pickler.memo
    freed = weakref.ref(gone[0])
    pickler.memo = {1: (1, gone[0])}
    del gone, pickler
    gc.collect()
    assert freed() is None


def test_references_are_given_back():
    marker = object()

    def things():
        yield lambda: brinery.dumps([str, "x", [Plain(a="y")], {1: (2.5, None)}, {3}], 4)
        yield lambda: brinery.dump([MyList([1, 2]), MyDict(a=1)], io.BytesIO(), 2)
        yield lambda: outcome(brinery.dumps, [marker, {"a": LOCK}])
        yield lambda: outcome(brinery.dumps, Plain(m=marker, a=Plain(b=lambda: 0)), 2)
        yield lambda: outcome(brinery.dumps, Fresh(items=[marker, LOCK], pairs=[(1, LOCK)]))
        yield lambda: outcome(brinery.dumps, Fresh(pairs=[(marker, LOCK)] * 3))
        yield lambda: outcome(brinery.dumps, Fresh(pairs=[(1, marker)] * 3 + [5]))
        yield lambda: outcome(brinery.dumps, {(1, marker), LOCK}, 4)
        yield lambda: outcome(brinery.dumps, {marker: 1, 2: LOCK}, 4)
        yield lambda: outcome(brinery.dumps, [[[LOCK]]], 4, max_depth=2)
    watched = (marker, LOCK, Plain, None, MyList)

    def grown(thing):
        gc.collect()
        before = [sys.getrefcount(obj) for obj in watched]
        blocks = sys.getallocatedblocks()
        for _ in range(50):
            thing()
        gc.collect()
        after = [sys.getrefcount(obj) for obj in watched]
        return max(sys.getallocatedblocks() - blocks,
                   *(abs(a - b) for a, b in zip(after, before)))

    # Free lists and caches fill up now and then; what leaks does so in every round.
    gc.freeze()  # the collector need not go through everything else each time
    try:
        for thing in things():
            assert min(grown(thing) for _ in range(6)) < 40
    finally:
        gc.unfreeze()


def test_sizeof():
    pickler = brinery.Pickler(io.BytesIO())
    before = sys.getsizeof(pickler)
    pickler.dump([str(i) for i in range(1000)])
    assert sys.getsizeof(pickler) > before + 16000
