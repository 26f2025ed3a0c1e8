"""safe_load: what it loads, what it refuses, and that a refusal comes before anything is done."""
import collections
import copyreg
import datetime
import decimal
import email.message
import enum
import fractions
import http.cookies
import io
import itertools
import os
import pathlib
import pickle
import socket
import subprocess
import sys
import textwrap
import threading
import time
import typing
import uuid
import zoneinfo

import brinery
import pytest

from brinery import UnsafePickleError, _safe, safe_load, safe_loads

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Plain:
    def __init__(self, x=1):
        self.x = x

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    class Inner:
        def __eq__(self, other):
            return type(self) is type(other)


class Slotted:
    __slots__ = ("a", "__dict__")

    def __eq__(self, other):
        return type(self) is type(other) and self.a == other.a


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


def set_state(instance, state):
    instance.x = state


class WithSetter(Plain):
    def __reduce__(self):
        return WithSetter, (), self.x, None, None, set_state


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class WithArguments:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __getnewargs_ex__(self):
        return (self.a,), {"b": self.b}

    def __new__(cls, a, b=0):
        return object.__new__(cls)

    def __eq__(self, other):
        return type(self) is type(other) and (self.a, self.b) == (other.a, other.b)


Point = collections.namedtuple("Point", "x y")

VALUES = [
    None, True, 1, -10**30, 10**400, 1.5, "text", "\u00fc\U0001f600", b"", b"bytes\xff",
    bytearray(), bytearray(b"yes"), [1, [2]], (), (1, (2, 3)), {"a": [1], 2: None}, {1, "b"},
    frozenset({3}), 1 + 2j, range(3, 10, 2), range(10**30), slice(1, None, 2),
    datetime.date(2020, 1, 2),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.time(1, 2, 3),
    datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
    datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=2), "x")),
    datetime.timedelta(1, 2, 3), datetime.datetime(2020, 1, 2, tzinfo=zoneinfo.ZoneInfo("UTC")),
    decimal.Decimal("-1.50"), decimal.Decimal("NaN"), fractions.Fraction(-1, 3), uuid.UUID(int=5),
    collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("aab"),
    collections.deque([1, 2]), collections.deque([1], 3), pathlib.PurePosixPath("a/b"),
    pathlib.PureWindowsPath("c:/x"), zoneinfo.ZoneInfo("UTC"), [int, list, str],
]


def same(a, b):
    return type(a) is type(b) and (a == b or a != a)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_of_the_standard_library_are_loaded(value, protocol):
    assert same(safe_loads(pickle.dumps(value, protocol)), value)


MINE = [(Plain(5), [Plain]), (Plain.Inner(), [Plain.Inner]), (Colour.RED, [Colour]),
        ([Colour.BLUE, Plain], [Colour, Plain]), (MyList([1, 2]), [MyList]),
        (MyDict(a=1), [MyDict]), (MySet({1}), [MySet]), (Point(1, 2), [Point])]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value, allow", MINE, ids=lambda part: type(part).__name__)
def test_other_classes_are_loaded_where_they_are_allowed(value, allow, protocol):
    data = pickle.dumps(value, protocol)
    assert same(safe_loads(data, allow=allow), value)
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data)
    # What the refusal says can be pasted.
    assert repr(refusal.value.allow)[1:-1] in str(refusal.value)
    assert same(safe_loads(data, allow=refusal.value.allow), value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_state_setters_are_calls(protocol):
    data = pickle.dumps(WithSetter(5), protocol)
    with pytest.raises(UnsafePickleError, match="set_state"):
        safe_loads(data, allow=[WithSetter])
    assert safe_loads(data, allow=[WithSetter, set_state]) == WithSetter(5)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_slots_and_keywords(protocol):
    slotted = Slotted()
    slotted.a = [1]
    assert safe_loads(pickle.dumps(slotted, protocol), allow=[Slotted]) == slotted
    if protocol >= 4:
        value = WithArguments(1, 2)
        assert safe_loads(pickle.dumps(value, protocol), allow=[WithArguments]) == value


def test_a_class_is_allowed_by_identity():
    data = pickle.dumps(Plain())
    other = type("Plain", (), {"__module__": __name__})
    with pytest.raises(UnsafePickleError, match="is not the"):
        safe_loads(data, allow=[other])


def test_allow_says_what_it_takes():
    with pytest.raises(TypeError, match="allow"):
        safe_loads(b"N.", allow="datetime:date")
    with pytest.raises(TypeError, match="classes"):
        safe_loads(b"N.", allow=[5])
    for entry in ["datetime", ":x", "a:", "a:b:c", "a:b +all", "a:.b", "os:system.__call__",
                  "a: b"]:
        with pytest.raises(ValueError):
            safe_loads(b"N.", allow=[entry])
    with pytest.raises(ValueError, match="preset"):
        safe_loads(b"N.", presets="no such")


# ---- what is refused

def called(module, name, arguments=b"("):
    return b"\x80\x04\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + \
        bytes([len(name)]) + name.encode() + b"\x93" + arguments + b"tR."


REFUSED = {
    "reduce": (b"cos\nsystem\n(S'true'\ntR.", "os:system"),
    "inst": (b"(S'true'\nios\nsystem\n.", "os:system"),
    "obj": (b"(cos\nsystem\nS'true'\no.", "os:system"),
    "newobj": (b"\x80\x02csubprocess\nPopen\n)\x81.", "subprocess:Popen"),
    "stack global": (called("os", "system", b"(\x8c\x04true"), "os:system"),
    "from the memo": (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x942h\x00h\x010\x94h\x00h\x01\x93(tR.",
                      "os:system"),
    "python 2": (b"c__builtin__\neval\n(S'1'\ntR.", "builtins:eval"),
    "popped": (b"cos\nsystem\n0N.", "os:system"),
    "as a key": (b"(cos\nsystem\nNd.", "os:system"),
    "in the arguments": (b"cdatetime\ndatetime\n(cos\nsystem\n(tRtR.", "os:system"),
    "import": (called("builtins", "__import__", b"(\x8c\x02os"), None),
    "dotted": (called("collections", "OrderedDict.__reduce__"), None),
    "dotted below 4": (b"\x80\x02ccollections\nOrderedDict.fromkeys\n.", None),
    "through a module": (called("zoneinfo", "os.system"), "zoneinfo:os.system"),
    "call of a result": (called("collections", "OrderedDict")[:-1] + b")R.", None),
    "extension": (b"\x82\x05.", None),
    "persistent id": (b"P5\n.", None),
    "state of a class": (b"ccollections\nOrderedDict\n(S'a'\nNdb.", None),
    "items of a class": (b"ccollections\nOrderedDict\nNNs.", None),
    "name with a blank": (b"ca b\nc\n.", None),
    "name that is no text": (called("collections", "OrderedDict")[:-1] + b"\x8c\x01x\x93.", None),
    "out-of-band buffer": (b"\x80\x05\x97.", None),
}


@pytest.mark.parametrize("data, name", REFUSED.values(), ids=REFUSED)
def test_refused(data, name):
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data)
    names = [row.name for row in refusal.value.missing]
    assert name is None or name in names, names
    if name is None:
        assert any(row.entry is None for row in refusal.value.missing)


# Allowed names, hostile arguments.
ARGUMENTS = {
    "bytes of a size": called("builtins", "bytes", b"(J\x00\x00\x00\x40"),
    "bytearray of a size": called("builtins", "bytearray", b"(J\x00\x00\x00\x40"),
    "set of a range": (b"\x80\x02c__builtin__\nset\n(c__builtin__\nxrange\n(K\x00J\xff\xff\xff\x7f"
                       b"K\x01tRtR."),
    "range of text": called("builtins", "range", b"(\x8c\x01aK\x01K\x01"),
    "fraction with an exponent": called("fractions", "Fraction", b"(\x8c\x0b1e999999999"),
    "zone outside": called("zoneinfo", "ZoneInfo._unpickle", b"(\x8c\x0d../etc/passwdK\x01"),
    "absolute zone": called("zoneinfo", "ZoneInfo._unpickle", b"(\x8c\x0b/etc/passwdK\x01"),
    "date of a wrong length": called("datetime", "date", b"(C\x05aaaaa"),
    "other encoding": called("_codecs", "encode", b"(\x8c\x01a\x8c\x03zip"),
    "counter of a list": called("collections", "Counter", b"(]"),
    "factory that is called": called("collections", "defaultdict",
                                     b"(\x8c\x02os\x8c\x06getcwd\x93"),
    "uuid from text": called("uuid", "UUID", b"(\x8c\x01a"),
    "getattr of a value": called("builtins", "getattr", b"(K\x01\x8c\x04real"),
    "dunder by getattr": (b"\x80\x02c__builtin__\ngetattr\nccollections\nOrderedDict\n"
                          b"X\x08\x00\x00\x00__init__\x86R."),
    "object of a builtin": (b"ccopy_reg\n_reconstructor\n"
                            b"(c__builtin__\nint\nc__builtin__\nobject\nNtR."),
    "newobj by copyreg": called("copyreg", "__newobj__",
                                b"(\x8c\x08builtins\x8c\x09bytearray\x93J\x00\x00\x00\x40"),
}


@pytest.mark.parametrize("data", ARGUMENTS.values(), ids=ARGUMENTS)
def test_hostile_arguments_are_refused(data):
    with pytest.raises(UnsafePickleError):
        safe_loads(data)


def test_state_may_not_be_a_dunder():
    for state in [{"__class__": 1}, (None, {"__class__": 1}), ({"__dict__": 1}, {})]:
        reduced = pickle.dumps(Plain(), 2)
        data = reduced[:reduced.index(b"}")] + pickle.dumps(state, 2)[2:-1] + b"b."
        with pytest.raises(UnsafePickleError, match="underscores"):
            safe_loads(data, allow=[Plain])


def test_slots_named_by_what_only_shows_when_loading():
    # The key is made by a call, so that only the second pass sees what it is.
    key = b"c_codecs\nencode\n(X\x09\x00\x00\x00__class__X\x06\x00\x00\x00latin1tR"
    data = pickle.dumps(Plain(), 2)
    data = data[:data.index(b"}")] + b"N}" + key + b"Ns\x86b."
    with pytest.raises(pickle.UnpicklingError):
        safe_loads(data, allow=[Plain])


def test_members_of_an_enum_are_not_changed():
    for protocol in PROTOCOLS:
        data = pickle.dumps(Colour.RED, protocol)[:-1] + b"}X\x01\x00\x00\x00aK\x01sb."
        with pytest.raises(UnsafePickleError):
            safe_loads(data, allow=[Colour])


def test_getattr_finds_members_only():
    data = (b"\x80\x02c__builtin__\ngetattr\nc" + __name__.encode() +
            b"\nPlain\nX\x05\x00\x00\x00Inner\x86R.")
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data, allow=[Plain])
    assert refusal.value.allow == [f"{__name__}:Plain.Inner +lookup"]
    assert safe_loads(data, allow=[Plain, Plain.Inner]) is Plain.Inner


def test_operations_are_granted_one_by_one():
    data = pickle.dumps(MyList([1]), 4)
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data, allow=[f"{__name__}:MyList"])
    assert refusal.value.allow == [f"{__name__}:MyList +append"]
    assert refusal.value.missing[0].operations == ("append",)
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(pickle.dumps(Plain()), allow=[f"{__name__}:Plain +lookup"])
    assert refusal.value.missing[0].operations == ("call", "state")


def test_a_refusal_names_all_that_is_missing_and_where():
    data = pickle.dumps({"a": [1, Plain()], "b": Slotted.__new__(Slotted), "c": Plain()}, 4)
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data)
    first, second = refusal.value.missing
    assert first.name == f"{__name__}:Plain"
    assert first.path in ("['a'][1].__class__", "['c'].__class__")
    assert first.operations == ("lookup", "call", "state")
    assert data[first.offset:first.offset + 1] == b"\x93"
    assert second.name == f"{__name__}:Slotted"
    assert isinstance(refusal.value, pickle.UnpicklingError)


WATCHER = """
    import sys
    import brinery
    from brinery import _safe, _opaque
    import pickle, datetime, decimal, collections
    seen = []
    data = eval(sys.stdin.read())
    brinery.safe_loads(pickle.dumps(datetime.date(2020, 1, 1)))
    sys.addaudithook(lambda event, args: seen.append((event, args)))
    try:
        brinery.safe_loads(data, {options})
    except pickle.UnpicklingError:
        pass
    names = [event for event, args in seen]
    bad = [event for event in names if event in ("import", "exec", "compile", "open", "os.system",
           "subprocess.Popen", "pickle.find_class")]
    sys.exit(repr(bad) if bad else 0)
"""


@pytest.mark.parametrize("options", ["", "opaque=True"])
def test_nothing_is_imported_or_called_to_refuse(options):
    data = pickle.dumps([datetime.date(2020, 1, 1)], 4)[:-1] + \
        b"cnot_imported_yet\nx\n(tRacos\nsystem\n(S'true'\ntRa."
    program = textwrap.dedent(WATCHER.format(options=options))
    result = subprocess.run([sys.executable, "-c", program], input=repr(data), text=True,
                            capture_output=True)
    if options:  # datetime is looked up then
        assert result.stderr.strip() in ("['pickle.find_class']", ""), result.stderr
    else:
        assert result.returncode == 0, result.stderr


# ---- the rest of the interface

def test_opaque_loads_stand_ins():
    data = pickle.dumps({"a": Plain(7), "d": datetime.date(2020, 1, 1)}, 4)
    value = safe_loads(data, opaque=True)
    assert isinstance(value["a"], brinery.Opaque) and value["a"].x == 7
    assert value["d"] == datetime.date(2020, 1, 1)
    assert same(pickle.loads(brinery.dumps(value)), {"a": Plain(7), "d": datetime.date(2020, 1, 1)})
    evil = safe_loads(b"cos\nsystem\n(S'true'\ntR.", opaque=True)
    assert isinstance(evil, brinery.Opaque) and evil.opaque_args == ("true",)
    hostile = safe_loads(ARGUMENTS["bytes of a size"], opaque=True)
    assert isinstance(hostile, brinery.Opaque)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value, allow", MINE, ids=lambda part: type(part).__name__)
def test_stand_ins_are_written_back(value, allow, protocol):
    opaque = safe_loads(pickle.dumps(value, protocol), opaque=True)
    if not isinstance(value, MySet) or protocol < 4:
        assert same(pickle.loads(brinery.dumps(opaque, protocol)), value)


def test_opaque_never_loads_what_has_no_name():
    for name in ["call of a result", "extension", "state of a class", "persistent id"]:
        with pytest.raises(UnsafePickleError):
            safe_loads(REFUSED[name][0], opaque=True)


def test_rename():
    data = pickle.dumps(Plain(3), 4).replace(__name__.encode(), b"x" * len(__name__))
    assert safe_loads(data, allow=[Plain], rename={"x" * len(__name__): __name__}) == Plain(3)


def test_persistent_ids_and_buffers():
    assert safe_loads(b"P5\n.", persistent_load=lambda pid: [pid]) == ["5"]
    with pytest.raises(UnsafePickleError):
        safe_loads(b"P5\n}b.", persistent_load=lambda pid: Plain())
    assert safe_loads(b"\x80\x05\x97.", buffers=[b"abc"]) == b"abc"


def test_extension_codes():
    copyreg.add_extension(__name__, "Plain", 240)
    try:
        data = pickle.dumps(Plain(3), 2)
        assert b"\x82\xf0" in data
        with pytest.raises(UnsafePickleError) as refusal:
            safe_loads(data)
        assert refusal.value.allow == [f"{__name__}:Plain"]
        assert safe_loads(data, allow=[Plain]) == Plain(3)
    finally:
        copyreg.remove_extension(__name__, "Plain", 240)


def test_files():
    file = io.BytesIO(pickle.dumps([1]) + pickle.dumps([2]) + b"rest")
    assert safe_load(file) == [1]
    assert safe_load(file) == [2]
    assert file.read() == b"rest"
    with pytest.raises(pickle.UnpicklingError, match="max_input"):
        safe_load(io.BytesIO(pickle.dumps("x" * 100, 3)), limits={"max_input": 50})


def test_python_2_and_encodings():
    data = b"U\x03a\xe4b."
    assert safe_loads(data, encoding="latin1") == "a\u00e4b"
    assert safe_loads(data, encoding="bytes") == b"a\xe4b"
    with pytest.raises(UnicodeDecodeError):
        safe_loads(data)
    stamp = b"cdatetime\ndatetime\nU\x0a\x07\xe4\x01\x02\x00\x00\x00\x00\x00\x00\x85R."
    assert safe_loads(stamp, encoding="latin1") == datetime.datetime(2020, 1, 2)
    exact = b"c__builtin__\nset\n]\x85R."
    assert safe_loads(exact) == set()
    with pytest.raises(UnsafePickleError):
        safe_loads(exact, fix_imports=False)


def test_bytes_like():
    assert safe_loads(bytearray(pickle.dumps([1]))) == [1]
    with pytest.raises(TypeError):
        safe_loads("text")


@pytest.mark.parametrize("data, error", [
    (b"", EOFError), (b"N", EOFError), (b"\x80", pickle.UnpicklingError),
    (b"0.", pickle.UnpicklingError), (b"]]\x90.", pickle.UnpicklingError)])
def test_broken_pickles(data, error):
    with pytest.raises(error) as raised:
        safe_loads(data)
    assert isinstance(raised.value.pickle_offset, int)


# ---- limits

def nested_tuples(levels):
    return b"\x80\x04\x8f(K\x01\x85" + b"2\x86" * levels + b"\x90."


P = 2**61 - 1
ONE_HASH = [k * P for k in range(1, 4000)]


def filled(empty, keys, fill):
    """A pickle of a set or dict that is not made to be written: that would take long."""
    return b"\x80\x04" + empty + b"(" + b"".join(pickle.dumps(key, 2)[2:-1] for key in keys) + \
        fill + b"."


WORK = {
    "nested tuples": nested_tuples(30),
    "the same one again and again": (b"\x80\x04}(K\x01\x85" + b"2\x86" * 17 + b"\x940" +
                                     b"h\x00N" * 5000 + b"u."),
    "ints of one hash": filled(b"\x8f", ONE_HASH, b"\x90"),
    "frozenset": filled(b"", ONE_HASH, b"\x91"),
    "keys of one hash": filled(b"}", itertools.chain(*((key, None) for key in ONE_HASH)), b"u"),
    "tuples of one hash": filled(b"\x8f", [(key,) for key in ONE_HASH], b"\x90"),
    "as a list": b"c__builtin__\nset\n" + pickle.dumps(ONE_HASH, 1)[:-1] + b"\x85R.",
}


@pytest.mark.parametrize("data", WORK.values(), ids=WORK)
def test_hashing_is_limited(data):
    begin = time.perf_counter()
    with pytest.raises(pickle.UnpicklingError, match="max_work"):
        safe_loads(data)
    assert time.perf_counter() - begin < 2


def test_honest_keys_are_within_the_limits():
    values = [{(i, str(i), (i, 1.5)): i for i in range(5000)}, {i * 2**40 for i in range(20000)},
              {float(i) / 3 for i in range(20000)}, {hash((i,)) * 3**50 for i in range(20000)},
              {frozenset({i, i + 1}) for i in range(5000)}]
    for value in values:
        assert safe_loads(pickle.dumps(value)) == value


LIMITS = {
    "max_input": (5, pickle.dumps("x" * 100)),
    "max_memory": (1 << 20, pickle.dumps(list(range(100000)))),
    "max_values": (10, pickle.dumps(list(range(100)))),
    "max_stack": (10, pickle.dumps([1] * 100)),
    "max_memo": (3, pickle.dumps([[], [], [], []])),
    "max_digits": (10, b"L12345678901234567890L\n."),
    "max_work": (100, pickle.dumps(set(range(1000)))),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_limits_can_be_changed(limit):
    value, data = LIMITS[limit]
    with pytest.raises(pickle.UnpicklingError, match=limit):
        safe_loads(data, limits={limit: value})
    assert safe_loads(data) == pickle.loads(data)
    assert safe_loads(data, limits="off") == pickle.loads(data)
    assert safe_loads(data, limits={limit: None}) == pickle.loads(data)


def test_objects_count_as_python_has_them():
    with pytest.raises(pickle.UnpicklingError, match="max_memory"):
        safe_loads(b"(" + b"\x8f" * 10000 + b"l.", limits={"max_memory": 2 << 20})


def test_limits_are_checked():
    with pytest.raises(TypeError, match="no limit"):
        safe_loads(b"N.", limits={"max_what": 1})
    with pytest.raises(ValueError):
        safe_loads(b"N.", limits={"max_memo": 0})
    assert set(LIMITS) == set(_safe.DEFAULT_LIMITS)


def test_deep_nesting():
    depth = 100000
    value = safe_loads(b"\x80\x04" + b"]" * depth + b"a" * (depth - 1) + b".")
    for _ in range(depth - 1):
        value, = value
    assert value == []


# ---- the second pass believes nobody

def test_approvals_have_to_fit():
    data = pickle.dumps([datetime.date(2020, 1, 1)], 4)
    checked = brinery._brinery._check(data, (), (), 0, True, (None,) * 7, None)
    ruling, approvals, names, missing, size = checked
    assert (ruling, missing, size) == (0, [], len(data))
    objects = _safe._objects(names, {}, False)

    def load(data, approvals, objects=objects):
        return brinery._brinery._load_checked(data, approvals, objects, "ASCII", "strict", None,
                                              None)

    assert load(data, approvals) == [datetime.date(2020, 1, 1)]
    for wrong in [b"", approvals[:16], approvals + approvals[-16:], approvals[16:],
                  b"\x01" + approvals[1:]]:
        with pytest.raises(pickle.UnpicklingError):
            load(data, wrong)
    with pytest.raises(pickle.UnpicklingError):
        load(data, approvals, ())
    with pytest.raises(pickle.UnpicklingError):
        load(b"\x80\x04}" + data[3:], approvals)


# ---- any bytes

MUTANTS = """
    import random
    import sys
    import brinery
    import pickle, datetime, decimal, fractions, uuid, collections, pathlib, zoneinfo
    import brinery._opaque
    seeds, count, seed = eval(sys.stdin.read())
    for data in seeds:  # imports what the loader needs
        for opaque in (False, True):
            try:
                brinery.safe_loads(data, opaque=opaque)
            except pickle.UnpicklingError:
                pass
    seen = []
    forbidden = ("import", "exec", "compile", "open", "os.", "subprocess.", "socket.", "ctypes.")
    # Time zones are files, and ZoneInfo looks for those that are none in the package tzdata.
    try:
        zoneinfo.ZoneInfo("No/Such")
    except zoneinfo.ZoneInfoNotFoundError:
        pass
    zones = ("tzdata", *zoneinfo.TZPATH)

    def watch(event, args):
        if event.startswith(forbidden) and not str(args and args[0]).startswith(zones):
            seen.append((event, args))

    sys.addaudithook(watch)
    numbers = random.Random(seed)
    loaded = 0
    for i in range(count):
        data = bytearray(numbers.choice(seeds))
        for _ in range(numbers.randint(1, 4)):
            at = numbers.randrange(len(data) + 1)
            way = numbers.random()
            if way < .4:
                data[at:at + 1] = bytes([numbers.randrange(256)])
            elif way < .6:
                del data[at:at + numbers.randint(1, 8)]
            else:
                other = numbers.choice(seeds)
                begin = numbers.randrange(len(other))
                data[at:at] = other[begin:begin + numbers.randint(1, 60)]
        for opaque in (False, True):
            try:
                brinery.safe_loads(bytes(data), opaque=opaque)
                loaded += 1
            except (pickle.UnpicklingError, EOFError, ValueError, TypeError, OverflowError,
                    ArithmeticError, AttributeError, ImportError, LookupError, RecursionError,
                    NotImplementedError):  # a WindowsPath elsewhere
                pass
        if seen:
            sys.exit(repr((seen, bytes(data))))
    sys.exit(0 if loaded > count // 100 else f"only {loaded} were loaded")
"""


def mutate(count, seed):
    seeds = [pickle.dumps(value, protocol) for value in VALUES for protocol in (0, 2, 4)]
    seeds += [pickle.dumps(value, 4) for value, _ in MINE]
    seeds += [data for data, _ in REFUSED.values()] + list(ARGUMENTS.values())
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(MUTANTS)],
                            input=repr((seeds, count, seed)), text=True, capture_output=True)
    assert result.returncode == 0, result.stderr[-3000:]


def test_changed_pickles_do_nothing():
    mutate(3000, 1)


@pytest.mark.long
def test_many_changed_pickles_do_nothing():
    for seed in range(20):
        mutate(30000, seed)


# ---- keywords below protocol 4, methods of objects

class Keywords:
    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.made = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return self.made

    class Inner(int):
        def __new__(cls, value, *, unit):
            self = super().__new__(cls, value)
            self.unit = unit
            return self

        def __getnewargs_ex__(self):
            return (int(self),), {"unit": self.unit}


@pytest.mark.parametrize("dumps", [pickle.dumps, brinery.dumps])
@pytest.mark.parametrize("protocol", PROTOCOLS[2:])
def test_keywords_are_given_to_new(dumps, protocol):
    data = dumps([Keywords(1, x=[2]), Keywords.Inner(3, unit="m")], protocol)
    with pytest.raises(UnsafePickleError) as refusal:
        safe_loads(data)
    first, second = safe_loads(data, allow=refusal.value.allow)
    assert first.made == ((1,), {"x": [2]})
    assert (second, second.unit, type(second)) == (3, "m", Keywords.Inner)
    assert brinery.scan(data)["verdict"] == "unknown"
    with pytest.raises(UnsafePickleError):
        safe_loads(data, allow=[Keywords.Inner])


def partial_of_new(function, state, arguments=b")"):
    """functools.partial(FUNCTION.__new__), its state, and the call of it, in protocol 2."""
    return (b"\x80\x02cfunctools\npartial\n(c__builtin__\ngetattr\n(" + function
            + b"X\x07\0\0\0__new__tRq\1tR(h\1" + state + b"tb" + arguments + b"R.")


ALLOWED = b"c" + __name__.encode() + b"\nKeywords\n"


@pytest.mark.parametrize("data", [
    partial_of_new(b"cos\nsystem\n", b"(cos\nsystem\nt}N"),
    partial_of_new(ALLOWED, b"(cos\nsystem\nt}N"),
    partial_of_new(b"cos\nsystem\n", b"(" + ALLOWED + b"t}N"),
    partial_of_new(ALLOWED, b"(" + ALLOWED + b"t}N", b"(K\1t"),
    partial_of_new(ALLOWED, b"(" + ALLOWED + b"t}}X\1\0\0\0aNs"),
    partial_of_new(ALLOWED, b"(t}N"),
    partial_of_new(ALLOWED, b"(K\1t}N"),
    # Another function in the state than the partial was made of.
    b"\x80\x02cfunctools\npartial\n(c__builtin__\ngetattr\n(" + ALLOWED
    + b"X\x07\0\0\0__new__tRtR(cbuiltins\neval\n(" + ALLOWED + b"t}Ntb)R.",
    # A second state.
    partial_of_new(ALLOWED, b"(" + ALLOWED + b"t}N").replace(
        b"tb)R.", b"tb(h\1(" + ALLOWED + b"t}Ntb)R."),
])
def test_partials_of_others_are_refused(data):
    with pytest.raises(UnsafePickleError):
        safe_loads(data, allow=[Keywords])


def test_partial_of_the_allowed_class_is_called():
    data = partial_of_new(ALLOWED, b"(" + ALLOWED + b"K\1t}N")
    assert safe_loads(data, allow=[Keywords]).made == ((1,), {})


def test_dots_are_no_entry():
    for name in (".", "x.", ".x"):
        with pytest.raises(UnsafePickleError) as refusal:
            safe_loads(b"\x80\x04\x8c\x01m\x8c" + bytes([len(name)]) + name.encode() + b"\x93.")
        assert refusal.value.allow == []


# ---- files that go on behind the pickle

class Trickle:
    """A file without peek and seek, which fails if it is read behind its end."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.calls = 0

    @property
    def left(self):
        return self.data[self.at:]

    def read(self, count=-1):
        assert 0 < count <= len(self.data) - self.at, "it would wait for ever"
        self.calls += 1
        self.at += count
        return self.data[self.at - count:self.at]


class TrickleOfLines(Trickle):
    def readline(self):
        end = self.data.find(b"\n", self.at)
        assert end >= 0, "it would wait for ever"
        return self.read(end + 1 - self.at)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", [Trickle, TrickleOfLines])
def test_reading_ends_at_stop(kind, protocol):
    value = {"x": [1.5, "text"] * 300, "y": b"z" * 10_000}
    data = pickle.dumps(value, protocol)
    file = kind(data)
    assert safe_load(file) == value
    assert file.left == b""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_files_are_asked_as_pickle_asks_them(protocol):
    value = [{"number": number, "text": f"text {number}"} for number in range(2000)]
    value.append(b"x" * 3_000_000)
    ours, theirs = (TrickleOfLines(pickle.dumps(value, protocol)) for _ in range(2))
    assert safe_load(ours) == pickle.load(theirs) == value
    assert ours.calls <= theirs.calls + 10      # large payloads come in steps


def test_claims_are_asked_for_in_steps():
    class Asked(Trickle):
        most = 0

        def read(self, count):
            self.most = max(self.most, count)
            self.at += count
            return self.data[self.at - count:self.at]

    file = Asked(b"\x80\x04\x8e" + (2**40).to_bytes(8, "little") + b"x" * 100)
    with pytest.raises((EOFError, brinery.UnpicklingError)):
        safe_load(file)
    assert file.most <= 2**21


def test_pickles_of_a_socket():
    here, there = socket.socketpair()
    with here, there, there.makefile("rb") as file:
        for protocol in PROTOCOLS:
            here.sendall(pickle.dumps([protocol], protocol))
            assert safe_load(file) == [protocol]
        sender = threading.Thread(target=lambda: here.sendall(
            pickle.dumps(list(range(200_000))) + pickle.dumps(b"x" * 1_000_000) + b"next"))
        sender.start()
        assert safe_load(file) == list(range(200_000))
        assert safe_load(file) == b"x" * 1_000_000
        sender.join()
        assert file.read(4) == b"next"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_files_that_seek_are_read_in_windows(protocol, tmp_path):
    class Counting(io.BytesIO):
        calls = 0

        def read(self, size=-1):
            self.calls += 1
            return super().read(size)

    value = {"x": [1.5, "text"] * 300, "y": b"z" * 200_000}
    data = pickle.dumps(value, protocol) + pickle.dumps(protocol) + b"rest"
    file = Counting(data)
    assert safe_load(file) == value
    assert safe_load(file) == protocol
    assert file.read() == b"rest"
    assert file.calls < 50
    path = tmp_path / "file"
    path.write_bytes(data)
    with open(path, "rb", buffering=0) as file:
        assert [safe_load(file), safe_load(file), file.read()] == [value, protocol, b"rest"]


def test_many_pickles_of_a_file(tmp_path):
    path = tmp_path / "many"
    path.write_bytes(b"".join(pickle.dumps(number) for number in range(300)) + b"rest")
    with open(path, "rb") as file:
        assert [safe_load(file) for _ in range(300)] == list(range(300))
        assert file.read() == b"rest"


@pytest.mark.parametrize("data, error", [
    (b"", EOFError), (b"\x80\x04]", EOFError), (b"\x80\x04\xff.", brinery.UnpicklingError),
    (b"cos\nsystem\n.", UnsafePickleError)])
def test_broken_pickles_of_a_pipe(data, error):
    ends = os.pipe()
    os.write(ends[1], data)
    os.close(ends[1])
    with open(ends[0], "rb") as file, pytest.raises(error):
        safe_load(file)


def test_limit_of_a_pipe_without_end():
    class Endless:
        def read(self, count):
            return b"N" * count

        def readline(self):
            raise AssertionError

    with pytest.raises(brinery.UnpicklingError):
        safe_load(Endless(), limits={"max_input": 1000})


class Failing:
    def __init__(self, answer):
        self.answer = answer

    def read(self, count):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer, error", [
    (OSError("gone"), OSError), ("text", TypeError), (b"NNN", ValueError), (None, TypeError)])
def test_reading_fails(answer, error):
    with pytest.raises(error):
        safe_load(Failing(answer))


# ---- what is allowed of the standard library, and goes on working

def test_iterators_stand_where_they_stood():
    ahead = iter([1, 2, 3])
    next(ahead)
    chained = itertools.chain([1, 2], [3])
    next(chained)
    values = [ahead, chained, enumerate("ab", 5), zip([1], (2,)), reversed([1, 2]),
              iter(collections.deque([1, 2])), itertools.islice([1, 2, 3], 1, None),
              itertools.zip_longest([1], [2, 3], fillvalue=0), itertools.product([1, 2], repeat=2)]
    data = pickle.dumps(values)
    assert [list(one) for one in safe_loads(data)] == [list(one) for one in pickle.loads(data)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_type_hints(protocol):
    hints = [list[dict[str, int]], typing.Dict[str, typing.List[int]], typing.Literal["a", 1],
             typing.Callable[[int], str], typing.Optional[int], tuple[int, ...]]
    if sys.version_info < (3, 14):
        hints.append(int | None)
    assert safe_loads(pickle.dumps(hints, protocol)) == hints


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_cookies_and_messages(protocol):
    jar = http.cookies.SimpleCookie("session=abc; path=/")
    message = email.message.EmailMessage()
    message["Subject"] = "hello"
    message.set_content("text")
    loaded = safe_loads(pickle.dumps([jar, message], protocol))
    assert loaded[0].output() == jar.output()
    assert str(loaded[1]) == str(message) and loaded[1]["Subject"].defects == ()


def test_slices_are_not_nested():
    assert safe_loads(pickle.dumps([slice(1, 2), slice("a", (1, 2), None)])) == [
        slice(1, 2), slice("a", (1, 2), None)]
    with pytest.raises(UnsafePickleError):
        safe_loads(pickle.dumps(slice(slice(1))))


def test_module_given_by_the_loader():
    """('module', class, file, source), as torch once wrote classes: what comes is that class."""
    data = b"\x80\x04(\x8c\x06module\x8c\x08datetime\x8c\x04date\x93\x8c\x01f\x8c\x01stQ" \
        b"C\x04\x07\xe8\x02\x1d\x85R."
    given = []

    def persistent_load(key):
        given.append(key)
        return key[1]

    assert safe_loads(data, persistent_load=persistent_load) == datetime.date(2024, 2, 29)
    assert given == [("module", datetime.date, "f", "s")]
    with pytest.raises(UnsafePickleError):
        safe_loads(data.replace(b"module", b"MODULE"), persistent_load=persistent_load)


def test_what_is_looked_into_again_and_again_is_paid_for():
    words = [b"x"] * 2000
    data = pickle.dumps(words, 3)[:-1] + b"q\x010ccollections\ndeque\nq\x020(" \
        + b"h\x02h\x01\x85R" * 200 + b"l."
    assert len(safe_loads(data)) == 200
    with pytest.raises(brinery.UnpicklingError, match="max_memory"):
        safe_loads(data, limits={"max_memory": 3_000_000})
