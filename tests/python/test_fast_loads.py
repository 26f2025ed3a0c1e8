"""The short cuts of brinery.loads: they give what the long way gives, or are not taken.

Needs the package on PYTHONPATH.  Everything is compared with the stock pickle of the running
interpreter: values, types, order and identity, and what is tracked by the garbage collector.
"""

import abc
import collections
import dataclasses
import datetime
import decimal
import gc
import io
import os
import pickle
import random
import re
import subprocess
import sys
import typing
import uuid

import pytest

brinery = pytest.importorskip("brinery", reason="the Python package is not built")

ROUNDS = 4  # the first object of a class goes the long way, the second teaches, the others profit


class Plain:
    def __init__(self, n):
        self.name = f"plain {n}"
        self.size = n
        self.parts = [n]


class One:
    def __init__(self, n):
        self.only = n


class Sub(Plain):
    def __init__(self, n):
        super().__init__(n)
        self.more = n / 7


class Slots:
    __slots__ = ("a", "b", "__weakref__")

    def __init__(self, n):
        self.a = n
        self.b = [n]


class OneSlot:
    __slots__ = ("a",)

    def __init__(self, n):
        self.a = n


class SlotsAndDict:
    __slots__ = ("a", "__dict__")

    def __init__(self, n):
        self.a = n
        self.b = n


class SlotIsProperty(Slots):
    __slots__ = ()

    @property
    def c(self):
        return self.a

    @c.setter
    def c(self, value):
        self.a = ("set", value)

    def __reduce__(self):
        return (new, (type(self),), (None, {"c": getattr(self, "b", None)}))


class HasSetState(Plain):
    def __setstate__(self, state):
        self.state = sorted(state)


class HasSetAttr(Plain):
    def __setattr__(self, name, value):
        super().__setattr__(name, ("set", value))


class SlotsSetAttr(Slots):
    __slots__ = ()

    def __setattr__(self, name, value):
        super().__setattr__(name, ("set", value))


class HasGetAttr(Plain):
    def __getattr__(self, name):
        if name == "__setstate__":
            return self.take
        raise AttributeError(name)

    def take(self, state):
        self.__dict__.update(taken=sorted(state))


class HasGetAttribute(Plain):
    def __getattribute__(self, name):
        if name == "__dict__":
            return object.__getattribute__(self, "__dict__")
        return object.__getattribute__(self, name)


class DictProperty(Plain):
    def __init__(self, n):
        object.__setattr__(self, "own", n)

    @property
    def __dict__(self):
        return SEEN.setdefault("dict", {})

    def __getstate__(self):
        return {"own": 1}


SEEN = {}


class DataDescriptor(Plain):
    @property
    def name(self):
        return ("property", self.__dict__.get("name"))

    @name.setter
    def name(self, value):
        self.__dict__["name"] = value


class CustomNew(Plain):
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.made = True
        return self


class Meta(type):
    def __call__(cls, *args):
        SEEN["called"] = True
        return super().__call__(*args)


class WithMeta(Plain, metaclass=Meta):
    pass


class Abstract(abc.ABC):
    def __init__(self, n):
        self.n = n


class ListWithState(list):
    def __init__(self, n):
        super().__init__([n])
        self.n = n


class DictWithState(dict):
    def __init__(self, n):
        super().__init__(n=n)
        self.n = n


class DictSets(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, ("set", value))


class CounterOfTwo(collections.Counter):
    pass


class Error(Exception):
    def __init__(self, n):
        super().__init__(n)
        self.n = n


class Called:
    def __init__(self, a, b=2):
        self.a = a
        self.b = b

    def __reduce__(self):
        return type(self), (self.a, self.b)


class CalledAndBuilt(Called):
    """Has attributes when its state comes."""

    def __reduce__(self):
        return type(self), (self.a,), {"c": 1, "d": [self.b]}


class CalledAndBuiltOver(Called):
    def __reduce__(self):
        return type(self), (self.a,), {"c": 1, "a": 3}


class CalledWithNew(Called):
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.first = args
        return self


class CalledWithNewOnly:
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.args = args
        return self

    def __reduce__(self):
        return type(self), self.args


class NewOfAnother(CalledWithNewOnly):
    def __new__(cls, *args):
        return CalledWithNewOnly(*args)


class NewOfSubclass(Called):
    def __new__(cls, *args):
        return super().__new__(SubOfNew)


class SubOfNew(NewOfSubclass):
    def __init__(self, *args):
        self.a, self.b = ("sub", *args)


class NewReplacesInit(Called):
    def __new__(cls, *args):
        cls.__init__ = lambda self, *args: setattr(self, "b", ("replaced", *args))
        return super().__new__(cls)


class InitReturns(Called):
    def __init__(self, *args):
        super().__init__(*args)
        if args[0] == 2:
            return 7


class InitRaises(Called):
    def __init__(self, *args):
        super().__init__(*args)
        if args[0] == 2:
            raise LookupError("no")


class InitIsStatic(Called):
    a = b = None

    @staticmethod
    def __init__(*args):
        SEEN["init"] = len(args)


class CalledWithMeta(Called, metaclass=Meta):
    pass


class CalledAbstract(Called, abc.ABC):
    @abc.abstractmethod
    def nothing(self):
        pass


class AbstractSlots(abc.ABC):
    __slots__ = ("a", "b")

    @abc.abstractmethod
    def nothing(self):
        pass


class ManyArguments:
    def __init__(self, *args):
        self.a = args

    def __reduce__(self):
        return type(self), self.a


class GetNewArgs:
    def __new__(cls, a, b=2):
        self = object.__new__(cls)
        self.a = (a, b)
        return self

    def __getnewargs__(self):
        return self.a


class OwnSetState(Plain):
    """The object has a __setstate__ of its own before its state comes."""

    def __init__(self, n):
        self.n = n

    def __new__(cls, *args):
        self = super().__new__(cls)
        if cls.own:
            self.__dict__["__setstate__"] = lambda state: SEEN.setdefault("own", sorted(state))
        return self

    own = False

    def __setstate__(self, state):
        self.state = sorted(state)


class OwnSetStateFirst(OwnSetState):
    own = True

    def __getstate__(self):
        return {"n": self.n}


class StaticSetState(Plain):
    @staticmethod
    def __setstate__(state):
        SEEN["static"] = sorted(state)


class PropertySetState(Plain):
    @property
    def __setstate__(self):
        raise AttributeError("none after all")


class SetStateRaises(Plain):
    def __setstate__(self, state):
        raise LookupError(sorted(state))


@dataclasses.dataclass
class Data:
    a: int
    b: str


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int
    b: str


@dataclasses.dataclass(frozen=True)
class FrozenSlots:
    __slots__ = ("a", "b")
    a: int
    b: str


class Named(typing.NamedTuple):
    x: int
    y: object = None


Point = collections.namedtuple("Point", "x y z")
OneField = collections.namedtuple("OneField", "x")


class PointWithDict(Point):
    pass


class PointWithNew(Point):
    __slots__ = ()

    def __new__(cls, x, y, z):
        return super().__new__(cls, x, y, ("new", z))

    def __getnewargs__(self):
        return (self.x, self.y, self.z[1])


class FrozenTuple(tuple):
    def __new__(cls, *items):
        return super().__new__(cls, (items, "mine"))

    def __getnewargs__(self):
        return self[0]


CLASSES = [
    Plain,
    One,
    Sub,
    Slots,
    OneSlot,
    SlotsAndDict,
    SlotIsProperty,
    HasSetState,
    HasSetAttr,
    SlotsSetAttr,
    HasGetAttr,
    HasGetAttribute,
    DictProperty,
    DataDescriptor,
    CustomNew,
    WithMeta,
    Abstract,
    ListWithState,
    DictWithState,
    lambda n: DictSets(n=n, m=2),
    lambda n: CounterOfTwo({n: n, "a": 1}),
    lambda n: collections.defaultdict(list, {"a": n, "b": [n]}),
    lambda n: collections.OrderedDict(b=n, a=2),
    Error,
    Called,
    CalledAndBuilt,
    CalledAndBuiltOver,
    CalledWithNew,
    CalledWithNewOnly,
    CalledWithMeta,
    InitIsStatic,
    lambda n: ManyArguments(*range(n * 5)),
    GetNewArgs,
    OwnSetState,
    StaticSetState,
    PropertySetState,
    lambda n: Data(n, str(n)),
    lambda n: Frozen(n, str(n)),
    lambda n: Named(n, [n]),
    lambda n: Point(n, [n], None),
    OneField,
    lambda n: PointWithDict(n, [n], None),
    lambda n: PointWithNew(n, [n], None),
    lambda n: FrozenTuple(n, n),
    lambda n: datetime.datetime(2026, 1, 1) + datetime.timedelta(hours=n),
    lambda n: datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    lambda n: datetime.date(2026, 1, 1 + n),
    lambda n: datetime.time(1, n),
    lambda n: datetime.timedelta(n),
    lambda n: datetime.timedelta(-n, 5 * n, 7),
    lambda n: datetime.timezone(datetime.timedelta(minutes=n)),
    lambda n: decimal.Decimal(n) / 8,
    lambda n: complex(n, 1),
    lambda n: uuid.UUID(int=n),
    lambda n: uuid.UUID(int=n, is_safe=uuid.SafeUUID(-(n % 2))),
    lambda n: bytearray(b"%d" % n),
]


def new(cls):
    return object.__new__(cls)


def describe(value, seen=None):
    """Everything about a value that can be compared: which parts are the same object as well."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return f"same as {seen[id(value)]}"
    if value is not None and not isinstance(value, (int, float, type)):
        seen[id(value)] = len(seen)
        seen[-id(value) - 1] = value  # keeps it alive: ids are not given again
    kind = type(value)
    parts = [kind.__qualname__]
    if isinstance(value, (list, tuple)):
        parts.append([describe(item, seen) for item in list.__iter__(value)]
                     if isinstance(value, list)
                     else [describe(item, seen) for item in tuple.__iter__(value)])
    elif isinstance(value, dict):
        parts.append([(describe(k, seen), describe(v, seen)) for k, v in dict.items(value)])
    elif kind.__module__ in ("builtins", "datetime", "decimal", "uuid"):
        parts.append(re.sub("0x[0-9a-f]+", "", repr(value)))
        if isinstance(value, uuid.UUID):
            parts.append((value.int, value.is_safe))
    if kind.__module__ not in ("builtins", "datetime", "decimal", "uuid"):
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            attributes = {}
        parts.append([(k, type(k) is str and k is sys.intern(k), describe(v, seen))
                      for k, v in attributes.items()])
        for base in kind.__mro__:
            for name in getattr(base, "__slots__", ()):
                if name in ("a", "b"):
                    slot = base.__dict__[name].__get__
                    try:
                        parts.append((name, describe(slot(value, kind), seen)))
                    except AttributeError:
                        parts.append((name, "unset"))
    parts.append(gc.is_tracked(value) if kind in (dict, set) else None)
    return parts


def outcome(load, data):
    SEEN.clear()
    try:
        value = load(data)
    except Exception as error:
        return ("raised", type(error).__name__, str(error))
    # Tuples of atoms are not tracked from the first, so dicts of such are not either: in the end
    # none is.
    if gc.is_tracked(value):
        gc.collect()
        gc.collect()
    return (describe(value), describe(dict(SEEN)))


def assert_same(data):
    gc.disable()
    gc.freeze()  # collections need not look at anything else
    try:
        expected = outcome(pickle.loads, data)
        assert outcome(brinery.loads, data) == expected
        assert outcome(lambda data: brinery.load(io.BytesIO(data)), data) == expected
        assert outcome(lambda data: brinery.Unpickler(io.BytesIO(data)).load(), data) == expected
    finally:
        gc.unfreeze()
        gc.enable()


# ---------------------------------------------------------------------------
# Classes
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("make", CLASSES, ids=lambda make: make.__qualname__)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_classes(make, protocol):
    objects = [make(n) for n in range(ROUNDS)]
    shared = objects[0]
    data = pickle.dumps([objects, shared, {"one": make(7), "two": objects[1]}], protocol)
    assert_same(data)
    assert pickle.dumps(brinery.loads(data)) == pickle.dumps(pickle.loads(data))


def test_all_classes_at_once():
    rng = random.Random(1)
    objects = [rng.choice(CLASSES)(n % 20) for n in range(400)]
    for i in range(0, 400, 7):
        if type(objects[i]) is Plain:
            objects[i].parts.append(rng.choice(objects))
    assert_same(pickle.dumps(objects))


def test_attributes_in_another_order():
    objects = [Plain(n) for n in range(ROUNDS)]
    objects[2].__dict__ = dict(reversed(objects[2].__dict__.items()))
    objects[3].extra = 1
    del objects[1].name
    objects.append(Plain(9))
    assert_same(pickle.dumps(objects))


def test_more_attributes_than_are_kept_inside():
    objects = [Plain(n) for n in range(ROUNDS)]
    for one in objects:
        for i in range(60):
            setattr(one, f"attribute_{i}", i)
    assert_same(pickle.dumps(objects))


def test_attributes_stay_usable():
    first, *others = brinery.loads(pickle.dumps([Plain(n) for n in range(ROUNDS)]))
    for one in others:
        one.new = 1
        del one.size
        one.size = 2
        assert list(vars(one)) == ["name", "parts", "new", "size"]
        assert one.__dict__["name"].startswith("plain")
    first.name = "changed"
    assert vars(first)["name"] == "changed"


def test_names_are_interned():
    for one in brinery.loads(pickle.dumps([Plain(n) for n in range(ROUNDS)])):
        assert all(name is sys.intern(name) for name in vars(one))


def test_a_state_that_is_no_plain_dict():
    for state in (b"N", b"K\x01", b"]", b")", b"}K\x01K\x02s", b"}(K\x01K\x02\x8c\x01xK\x03u",
                  b"}\x94}s", b"}\x94(\x8c\x01xK\x01\x8c\x01xK\x02u"):
        one = b"c%s\nPlain\n)\x81%sb" % (__name__.encode(), state)
        assert_same(b"\x80\x04](" + one * ROUNDS + b"e.")


def test_the_class_changes_meanwhile():
    class Changing(Plain):
        pass

    globals()["Changing"] = Changing
    Changing.__qualname__ = "Changing"
    data = pickle.dumps([Changing(1), Changing(2), Changing(3), Trigger(), Changing(4)])
    results = []
    for load in (pickle.loads, brinery.loads):
        results.append(describe(load(data)))
        del Changing.__setstate__
    assert results[0] == results[1]


class Trigger:
    def __setstate__(self, state):
        Changing = globals()["Changing"]
        Changing.__setstate__ = lambda self, state: self.__dict__.update(late=sorted(state))

    def __getstate__(self):
        return 1


class Later:
    """Is called when it is loaded, with names of classes that cannot be made here."""

    def __init__(self, name, *args):
        self.name = name
        self.args = args

    def __reduce__(self):
        return globals()[self.name], self.args


@pytest.mark.parametrize(
    "name", ["NewOfAnother", "NewOfSubclass", "InitReturns", "InitRaises", "CalledAbstract",
             "OwnSetStateFirst", "Called"]
)
def test_calls_of_classes_that_do_more(name):
    for args in ((), (1,), (2, 3), (1, 2, 3), (2,), tuple(range(20))):
        for count in (1, ROUNDS):
            assert_same(pickle.dumps([Later(name, *args)] * count, 4))
            assert_same(pickle.dumps([Later(name, *args) for _ in range(count)], 4))
    assert_same(pickle.dumps([Later(name, 1), Later(name, 2)], 4))


def test_an_own_method_goes_before_that_of_the_class():
    objects = [OwnSetStateFirst(n) for n in range(ROUNDS)]
    for one in objects:
        del one.__dict__["__setstate__"]
    assert_same(pickle.dumps(objects))
    assert "own" in SEEN


def test_a_state_that_is_refused():
    assert_same(pickle.dumps([Plain(1), SetStateRaises(1)]))


def test_new_replaces_init():
    original = NewReplacesInit.__init__
    data = pickle.dumps([Later("NewReplacesInit", n, n) for n in range(ROUNDS)])
    results = []
    for load in (pickle.loads, brinery.loads):
        NewReplacesInit.__init__ = original
        results.append(describe(load(data)))
    assert results[0] == results[1]
    assert "replaced" in str(results[0])


def test_what_a_class_does_is_looked_at_again(monkeypatch):
    """What one load has found out is used by the next one, as far as it still holds."""
    data = pickle.dumps([Called(n) for n in range(ROUNDS)])
    newargs = pickle.dumps([GetNewArgs(n) for n in range(ROUNDS)])
    state = pickle.dumps([HasSetState(n) for n in range(ROUNDS)])
    for one in (data, newargs, state):
        brinery.loads(one)
    monkeypatch.setattr(Called, "__init__", lambda self, a, b: setattr(self, "a", ("patched", b)))
    assert_same(data)
    assert brinery.loads(data)[0].a == ("patched", 2)
    monkeypatch.setattr(Called, "__new__", lambda cls, a, b: ("made", a))
    assert_same(data)
    assert brinery.loads(data)[0] == ("made", 0)
    monkeypatch.setattr(GetNewArgs, "__new__", lambda cls, a, b: object.__new__(Slots))
    assert_same(newargs)
    monkeypatch.setattr(HasSetState, "__setstate__", lambda self, state: SEEN.update(other=1))
    assert_same(state)
    monkeypatch.delattr(HasSetState, "__setstate__")
    assert_same(state)
    assert brinery.loads(state)[1].size == 1
    monkeypatch.setattr(Meta, "__call__", lambda cls, *args: ("meta", args))
    assert_same(pickle.dumps([Later("CalledWithMeta", 1)] * 2))


def test_classes_that_come_and_go():
    """A class may lie where another one was."""
    for n in range(300):
        space = {"__module__": __name__, "__slots__": ("a", "b")} if n % 3 == 0 else {
            "__module__": __name__, "n": n}
        if n % 5 == 0:
            space["__setstate__"] = lambda self, state, n=n: setattr(self, "a", n)
        globals()["Passing"] = Passing = type("Passing", (), space)
        objects = [Passing() for _ in range(3)]
        for one in objects:
            one.a, one.b = n, [n]
        assert_same(pickle.dumps(objects))
        del Passing, objects, one
    del globals()["Passing"]


def test_more_classes_than_are_kept():
    made = []
    for n in range(700):
        name = f"Many{n}"
        made.append(type(name, (), {"__module__": __name__}))
        globals()[name] = made[-1]
    objects = [cls() for _ in range(3) for cls in made]
    for n, one in enumerate(objects):
        one.n = n
    data = pickle.dumps(objects)
    for _ in range(2):
        assert [(type(one), one.n) for one in brinery.loads(data)] == [
            (type(one), one.n) for one in objects]
    for cls in made:
        del globals()[cls.__name__]


class Nesting:
    def __init__(self, n):
        self.n = n

    def __setstate__(self, state):
        self.n = state["n"]
        if self.n > 0:
            self.inner = brinery.loads(pickle.dumps([Nesting(self.n - 1), Plain(3), Plain(4)]))


def test_loads_of_a_class_inside_of_loads_of_it():
    one = brinery.loads(pickle.dumps([Plain(1), Plain(2), Nesting(3), Plain(5), Plain(6)]))
    assert [n.name for n in one if type(n) is Plain] == ["plain 1", "plain 2", "plain 5", "plain 6"]
    inner = one[2]
    for n in (3, 2, 1):
        assert inner.n == n
        assert [plain.size for plain in inner.inner[1:]] == [3, 4]
        inner = inner.inner[0]


# ---------------------------------------------------------------------------
# What is deferred
# ---------------------------------------------------------------------------


def assembled(*parts):
    return b"\x80\x04" + b"".join(parts) + b"."


HERE = __name__.encode()
PLAIN = b"c" + HERE + b"\nPlain\n\x94"  # 0
SLOTS = b"c" + HERE + b"\nSlots\n\x94"
POINT = b"c" + HERE + b"\nPoint\n\x94"
NAMES = b"0\x8c\x04name\x94\x8c\x04size\x9400"  # 1, 2
SLOT_NAMES = b"0\x8c\x01a\x94\x8c\x01b\x9400"
ONE_PLAIN = b"h\x00)\x81}\x94(h\x01K\x01h\x02]\x94ub"  # dict 3, list 4
ONE_SLOTTED = b"h\x00)\x81N}\x94(h\x01K\x01h\x02]\x94u\x86\x94b"  # dict 3, list 4, pair 5
ONE_POINT = b"h\x00(K\x01]\x94Nt\x94\x81"  # list 1, tuple 2
# Objects in a list that is not closed yet, and what has been left out of the memo.
FETCHING = [
    b"\x80\x04](" + PLAIN + NAMES + ONE_PLAIN * ROUNDS + b"h\x03h\x05h\x05h\x07h\x09",
    b"\x80\x04](" + SLOTS + SLOT_NAMES + ONE_SLOTTED * ROUNDS
    + b"h\x05h\x03h\x06h\x08h\x08h\x0ch\x0e",
    b"\x80\x04](" + POINT + b"0" + ONE_POINT * ROUNDS + b"h\x02h\x02h\x04h\x06",
]


def test_the_state_is_fetched():
    data = FETCHING[0] + b"e."
    assert_same(data)
    objects = brinery.loads(data)
    assert objects[ROUNDS] == {"name": 1, "size": []}
    assert objects[ROUNDS]["size"] is objects[0].size
    assert objects[ROUNDS + 1] is objects[ROUNDS + 2]


@pytest.mark.parametrize(
    "change",
    [
        b"cbuiltins\nsetattr\n(h\x00h\x01K\x63tR0",
        b"c" + HERE + b"\nchange\nh\x00\x85R0",
        b"h\x00}\x8c\x04nameK\x63sb0",
        b"h\x00}(\x8c\x04nameK\x63\x8c\x04sizeNub0",
    ],
    ids=["setattr", "function", "BUILD", "BUILD of two"],
)
def test_the_state_is_fetched_after_a_change(change):
    # 3, 4: state and list of the first; so on; then the objects: the last is 11
    objects = ONE_PLAIN * ROUNDS + b"\x94"
    data = assembled(b"](", PLAIN, NAMES, objects,
                     change.replace(b"h\x00", b"h\x0b"), b"h\x0bh\x03h\x05h\x07h\x09e")
    assert_same(data)


def change(one):
    one.name = "changed"
    one.extra = 1
    del one.size


class Changer:
    """Is given an object early, and changes it whenever it is asked."""

    kept = None

    def __setstate__(self, state):
        Changer.kept = state

    def __call__(self, n):
        Changer.kept.name = n
        return n


def change_kept():
    Changer.kept.extra = 1


class ChangingFile(io.BytesIO):
    """Changes the kept object each time it is read."""

    def read(self, *size):
        if Changer.kept is not None:
            Changer.kept.__dict__["name"] = "changed by the file"
        return super().read(*size)

    def readline(self):
        if Changer.kept is not None:
            Changer.kept.__dict__["name"] = "changed by the file"
        return super().readline()


def test_the_state_is_fetched_after_others_got_the_object():
    changer = b"c" + HERE + b"\nChanger\n)\x81h\x0bb0"
    later = b"c" + HERE + b"\nchange_kept\n)R0"
    for between in (later, b"", b"N0" * 40000):
        objects = ONE_PLAIN * ROUNDS + b"\x94"
        data = assembled(b"](", PLAIN, NAMES, objects, changer, between,
                         b"h\x0bh\x03h\x05h\x07h\x09e")
        assert_same(data)
        results = []
        for module in (pickle, brinery):
            Changer.kept = None
            results.append(describe(module.load(ChangingFile(data))))
        assert results[0] == results[1]
    Changer.kept = None


def test_slots_that_are_fetched():
    data = FETCHING[1] + b"e."
    assert_same(data)
    objects = brinery.loads(data)
    assert objects[ROUNDS] == (None, {"a": 1, "b": []})
    assert objects[ROUNDS][1] is objects[ROUNDS + 1]
    assert objects[ROUNDS + 1]["b"] is objects[0].b
    change = b"cbuiltins\nsetattr\n(h\x0f\x8c\x01aK\x63tR0"
    fetched = b"h\x05h\x03h\x06h\x08h\x08h\x0ch\x0e"
    objects = ONE_SLOTTED * ROUNDS + b"\x94"
    data = assembled(b"](", SLOTS, SLOT_NAMES, objects, change, fetched, b"e")
    assert_same(data)


def test_arguments_that_are_fetched():
    data = FETCHING[2] + b"e."
    assert_same(data)
    objects = brinery.loads(data)
    assert objects[ROUNDS] is objects[ROUNDS + 1] and type(objects[ROUNDS]) is tuple
    day = b"cdatetime\ndate\n\x94"
    one = b"h\x00C\x04\x07\xea\x01\x01\x94\x85\x94R"
    assert_same(assembled(b"](", day, b"0", one * ROUNDS, b"h\x02h\x02h\x04e"))


def test_deferred_entries_that_are_replaced():
    replaced = b"K\x09q\x05h\x05h\x07h\x09e"
    assert_same(assembled(b"](", PLAIN, NAMES, ONE_PLAIN * ROUNDS, replaced))
    replaced = b"K\x09q\x06h\x08h\x05e"
    assert_same(assembled(b"](", SLOTS, SLOT_NAMES, ONE_SLOTTED * ROUNDS, replaced))


@pytest.mark.parametrize(
    "end", [b"\xff", b"h\xfe", b"0" * 20, b"j\0\x10\0\0", b"Nr\0\x10\0\0cnone\nx\n"]
)
def test_deferred_entries_of_an_error(end):
    assert_same(FETCHING[0] + end + b".")
    assert_same(FETCHING[1] + end + b".")


def test_a_state_shared_by_objects():
    state = {"name": 1, "size": [2]}
    objects = []
    for _ in range(ROUNDS):
        one = Plain(1)
        one.__dict__ = state
        objects.append(one)
    assert_same(pickle.dumps([objects, state]))


def test_the_memo_of_an_unpickler_shows_states():
    data = pickle.dumps([[Plain(n) for n in range(ROUNDS)], [Slots(n) for n in range(ROUNDS)],
                         [Point(n, n, n) for n in range(ROUNDS)]])
    shown = []
    for module in (pickle, brinery):
        unpickler = module.Unpickler(io.BytesIO(data))
        unpickler.load()
        shown.append(describe(dict(sorted(unpickler.memo.copy().items()))))
    assert shown[0] == shown[1]


# ---------------------------------------------------------------------------
# Values of the memo one behind the other
# ---------------------------------------------------------------------------


class Trickle(io.BytesIO):
    """Peeks at few bytes, so that rows go on behind what is there."""

    def peek(self, size=0):
        at = self.tell()
        some = self.read(7)
        self.seek(at)
        return some


def get(index, wide=False):
    return b"j" + index.to_bytes(4, "little") if wide or index > 255 else b"h%c" % index


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5, 63, 64, 65, 1000])
def test_rows_of_gets(wide, count):
    made = b"](]\x94\x8c\x05first\x94K\x07\x94\x85\x94}\x94"
    row = b"".join(get(i % 5, wide) for i in range(count))
    for between in (b"", b"K\x01", get(0, not wide), b"]"):
        data = b"\x80\x04" + made + row + between + row + b"e."
        assert_same(data)
        results = [describe(module.load(Trickle(data))) for module in (pickle, brinery)]
        assert results[0] == results[1]


@pytest.mark.parametrize("wide", [False, True])
def test_rows_of_gets_that_end_in_what_is_not_there(wide):
    made = b"\x80\x04](\x8c\x01a\x94\x8c\x01b\x94Nq\xc8Nr\x00\x00\x01\x00"
    row = b"".join(get(i, wide) for i in (0, 1, 0, 1))
    far = b"j\x00\x00\x01\x00"
    for last in (get(200, wide), get(2, wide), get(255, wide), far, far * 3, b"j\x01\x00\x01\x00",
                 b"j\xff\xff\xff\xff", b"h", b"j\x00\x00", b"h\x00" * 3):
        assert_same(made + row + last + row + b"e.")
        assert_same(made + row + last)


# ---------------------------------------------------------------------------
# namedtuple
# ---------------------------------------------------------------------------


def test_namedtuple_with_other_arguments():
    one = b"h\x00(K\x01t\x94\x81"
    assert_same(assembled(b"](", POINT, b"0", one, b"e"))
    named = b"c" + HERE + b"\nNamed\n\x94"
    assert_same(assembled(b"](", named, b"0", one * ROUNDS, b"e"))


def test_namedtuple_whose_constructor_is_replaced(monkeypatch):
    data = pickle.dumps([Point(n, n, n) for n in range(ROUNDS)])
    brinery.loads(data)

    def constructor(cls, x, y, z):
        return tuple.__new__(cls, (x, "patched", z))

    with monkeypatch.context() as patch:
        patch.setattr(Point, "__new__", constructor)
        assert_same(data)
        assert brinery.loads(data)[1].y == "patched"
    function = Point.__new__
    original = function.__code__
    try:
        function.__code__ = (lambda _cls, x, y, z: _tuple_new(_cls, (x, "patched", z))).__code__
        assert_same(data)
        assert brinery.loads(data)[1].y == "patched"
    finally:
        function.__code__ = original
    namespace = function.__globals__
    tuple_new = namespace["_tuple_new"]
    try:
        namespace["_tuple_new"] = lambda cls, items: tuple_new(cls, ("patched", *items[1:]))
        assert_same(data)
        assert brinery.loads(data)[1].x == "patched"
    finally:
        namespace["_tuple_new"] = tuple_new
    assert brinery.loads(data)[1] == Point(1, 1, 1)


def test_uuids(monkeypatch):
    uuids = [uuid.UUID(int=n) for n in range(ROUNDS)]
    data = pickle.dumps(uuids)
    loaded = brinery.loads(data)
    assert loaded == uuids and all(one.is_safe is uuid.SafeUUID.unknown for one in loaded)
    for state in (b"}\x94h\x04K\x07s", b"}\x94\x8c\x03intK\x07s", b"}\x94(h\x04K\x07h\x05K\x01u",
                  b"}\x94h\x05K\x01s"):
        names = b"\x80\x04](cuuid\nUUID\n\x940"
        names += b"N\x940" * 3 + b"\x8c\x03int\x940\x8c\x07is_safe\x940"
        assert_same(names + (b"h\x00)\x81" + state + b"b") * ROUNDS + b"h\x06h\x07e.")

    def replaced(self, state):
        object.__setattr__(self, "int", state["int"] + 1)
        object.__setattr__(self, "is_safe", uuid.SafeUUID.unsafe)

    with monkeypatch.context() as patch:
        patch.setattr(uuid.UUID, "__setstate__", replaced)
        assert_same(data)
        assert [one.int for one in brinery.loads(data)] == list(range(1, ROUNDS + 1))
    original = uuid.UUID.__setstate__.__code__
    try:
        uuid.UUID.__setstate__.__code__ = replaced.__code__
        monkeypatch.setattr(uuid, "uuid", uuid, raising=False)
        assert_same(data)
    finally:
        uuid.UUID.__setstate__.__code__ = original
    assert brinery.loads(data) == uuids


# ---------------------------------------------------------------------------
# Dicts with the same keys
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 6, 10, 11, 60, 300])
def test_dicts_with_the_same_keys(count):
    keys = [f"key {i}" for i in range(count)]
    dicts = [{key: (n, key) for key in keys} for n in range(ROUNDS)]
    dicts.append(dict(reversed(dicts[0].items())))
    dicts += [{key: n for key in keys} for n in range(ROUNDS)]
    data = pickle.dumps(dicts)
    assert_same(data)
    stock, ours = pickle.loads(data), brinery.loads(data)
    assert [sys.getsizeof(one) for one in ours] == [sys.getsizeof(one) for one in stock]
    for one in ours:
        one["new"] = 1
        del one[keys[0]]
        one[keys[0]] = 2
        assert list(one)[-2:] == ["new", keys[0]] and len(one) == count + 1
        assert all(key in one for key in keys)
        copy = one.copy()
        one.clear()
        assert copy and not one


KEYS = [
    "a" * size + end for size in (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 40)
    for end in ("", "b", "c", "bc", "\xe9", "\u20ac", "\0")
]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6, 9, 10, 11, 21, 22, 42, 43, 70, 85, 86, 90])
def test_dicts_with_keys_of_their_own(count):
    """A table that is made at once is the table that comes of adding one key after the other."""
    rng = random.Random(count)
    for turn in range(12):
        keys = KEYS + [f"key {rng.random()}" for _ in range(60)]
        keys = rng.sample(sorted(set(keys)), count)
        for dicts in ({key: key + "!" for key in keys}, [{key: [key]} for key in keys]):
            data = pickle.dumps(dicts)
            stock, ours = pickle.loads(data), brinery.loads(data)
            assert repr(ours) == repr(stock) and ours == stock
            if turn == 0:
                assert_same(data)
            one, other = (ours, stock) if type(ours) is dict else (ours[-1], stock[-1])
            assert sys.getsizeof(one) == sys.getsizeof(other)
            for key in list(one):
                copy = (key + "x")[:-1]  # another object
                assert hash(key) == hash(copy) and copy in one and one[copy] == other[copy]
            missing = ["", "no", "aaab?", "nothing", "a" * 50]
            assert [key in one for key in missing] == [key in other for key in missing]
            for _ in range(count + 2):
                one[f"new {len(one)}"] = other[f"new {len(other)}"] = 1
                assert sys.getsizeof(one) == sys.getsizeof(other)
            for key in rng.sample(list(one), len(one) // 2):
                del one[key], other[key]
            assert one == other and list(one) == list(other)
            assert one.popitem() == other.popitem()
            one.clear()
            assert not one


def test_hashes_are_those_of_the_interpreter():
    """The same key again, in one load and in the next, and others that are nearly the same."""
    for _ in range(3):
        for size in range(1, 20):
            for place in range(size):
                key = "k" * place + "x" + "k" * (size - place - 1)
                loaded = brinery.loads(pickle.dumps([{key: 1}, {key + "y": 2}]))
                assert loaded[0][key] == 1 and loaded[1][key + "y"] == 2
                assert {*loaded[0], *loaded[1]} == {key, key + "y"}


def test_dicts_with_other_keys():
    keys = [1, 1.5, None, b"bytes", ("a", 1), "text", frozenset([1])]
    dicts = []
    for n in range(40):
        rng = random.Random(n % 9)
        some = rng.sample(keys, 4) + [f"k{rng.randrange(3)}"]
        dicts.append({key: n for key in some})
    assert_same(pickle.dumps(dicts))


def test_a_key_twice():
    one = b"}\x94(\x8c\x01aK\x01\x8c\x01bK\x02\x8c\x01aK\x03u"
    assert_same(assembled(b"](", one * ROUNDS, b"e"))
    names = b"\x8c\x01a\x94\x8c\x01b\x94"
    one = b"}\x94(h\x00K\x01h\x01K\x02h\x00K\x03u"
    assert_same(assembled(b"](", names, b"00", one * ROUNDS, b"e"))


def test_dicts_that_are_filled_twice():
    names = b"\x8c\x01a\x94\x8c\x01b\x94"
    one = b"}\x94(h\x00K\x01h\x01K\x02u(h\x01]h\x00Nu"
    assert_same(assembled(b"](", names, b"00", one * ROUNDS, b"e"))


def test_dicts_are_tracked_as_by_the_long_way():
    data = pickle.dumps([{"a": 1, "b": value} for value in (1, "x", [], (1, []), (), {}, None) * 3])
    assert_same(data)


# ---------------------------------------------------------------------------
# Atoms
# ---------------------------------------------------------------------------


def test_text():
    rng = random.Random(1)
    alphabets = ["ab", "a\xe9", "\u0100\u20ac", "a\u20ac", "\U0001f600a", "\xff\u0100",
                 "\0\x7f\x80"]
    texts = [""]
    for alphabet in alphabets:
        for size in (1, 2, 7, 8, 9, 63, 64, 100, 127, 128, 254, 255, 256, 257, 400):
            texts.append("".join(rng.choice(alphabet) for _ in range(size)))
    texts += ["\ud800x", "x\udfff", "a" * 300 + "\ud800"]
    for text in texts:
        data = pickle.dumps([text], 4)
        assert brinery.loads(data) == [text]
        assert sys.getsizeof(brinery.loads(data)[0]) == sys.getsizeof(pickle.loads(data)[0])


def test_text_that_is_malformed():
    rng = random.Random(2)
    pieces = [b"a", b"\x80", b"\xc0\x80", b"\xc2", b"\xc3\xa9", b"\xe0\x80\x80", b"\xe2\x82\xac",
              b"\xed\xa0\x80", b"\xf0\x80\x80\x80", b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80",
              b"\xf5", b"\xff", b"\xe2\x82"]
    for _ in range(3000):
        text = b"".join(rng.choices(pieces, k=rng.randrange(1, 6)))
        data = b"\x80\x04\x8c" + bytes([len(text)]) + text + b"."
        assert outcome(brinery.loads, data) == outcome(pickle.loads, data), text


def test_numbers():
    numbers = [*range(-300, 600), *(1 << i for i in range(70)), *(-(1 << i) for i in range(70)),
               *((1 << i) - 1 for i in range(70))]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        loaded = brinery.loads(pickle.dumps(numbers, protocol))
        assert loaded == numbers
        assert all(type(n) is int and n + 1 - 1 == n and hash(n) == hash(m)
                   for n, m in zip(loaded, numbers, strict=True))
    loaded = brinery.loads(pickle.dumps(list(range(257)) * 2))
    assert all(loaded[n] is loaded[n + 257] for n in range(257))


@pytest.mark.parametrize("make", [bytes, bytearray])
@pytest.mark.parametrize("size", [(4 << 20) - 1, 4 << 20, (9 << 20) + 5])
def test_large_payloads(make, size):
    value = make(random.Random(size).randbytes(1000) * (size // 1000) + bytes(size % 1000))
    for protocol in (3, 5):
        data = pickle.dumps([value, value], protocol)
        for loaded in (brinery.loads(data), brinery.load(io.BytesIO(data)),
                       brinery.load(io.BufferedReader(io.BytesIO(data)))):
            assert loaded[0] == value and loaded[0] is loaded[1] and type(loaded[0]) is make


# ---------------------------------------------------------------------------
# Calls
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        b"cdatetime\ndatetime\nC\x04\x07\xea\x01\x01\x85\x94R",
        b"cdatetime\ndatetime\nK\x05\x85\x94R",
        b"cdatetime\ndate\nC\x04\x07\xea\x0d\x01\x85\x94R",
        b"cdecimal\nDecimal\n\x8c\x03abc\x85\x94R",
        b"cdatetime\ntimedelta\nK\x05J\xff\xff\xff\x7fJ\xff\xff\xff\xff\x87\x94R",
        b"cdatetime\ntimedelta\nJ\xff\xc9\x9a\x3bJ\xff\xc9\x9a\x3bK\x01\x87\x94R",
        b"cdatetime\ntimedelta\nJ\x01\x36\x65\xc4J\xff\xff\xff\xffK\x01\x87\x94R",
        b"cdatetime\ntimedelta\nJ\x01\x36\x65\xc4K\x01J\x01\x36\x65\xc4\x87\x94R",
        b"cdatetime\ntimedelta\nG?\xf8\0\0\0\0\0\0K\x01\x88\x87\x94R",
        b"cdatetime\ntimedelta\n\x8a\x09" + b"\xff" * 8 + b"\0K\x01K\x01\x87\x94R",
        b"cdecimal\nDecimal\nG?\xf8\0\0\0\0\0\0\x85\x94R",
        b"cbuiltins\nint\n\x8c\x0212\x85\x94R",
        b"cbuiltins\nint\n\x8c\x02xy\x85\x94R",
        b"cbuiltins\nobject\nK\x01\x85\x94R",
        b"cbuiltins\ntype\nK\x01\x85\x94R",
        b"cbuiltins\nbool\nK\x01\x85\x94R",
        b"cbuiltins\nbytearray\nC\x02ab\x85\x94R",
        b"cbuiltins\nlist\nC\x02ab\x85\x94R",
        b"cbuiltins\ncomplex\n\x8c\x021j\x85\x94R",
        b"cbuiltins\nenumerate\nC\x02ab\x85\x94Rcbuiltins\nlist\nh\x00\x85\x94R",
        b"cbuiltins\nzip\nC\x02ab\x85\x94R0N",
        b"cbuiltins\nNotImplemented\nK\x01\x85\x94R",
        b"cctypes\nc_int\nK\x01\x85\x94R",
        b"cctypes\nc_int\nK\x01K\x02\x86\x94R",
        b"cbuiltins\ntype\n\x8c\x01x)}\x87\x94R",
        b"cbuiltins\nrange\nK\x01K\x05K\x02\x87\x94R",
        b"cbuiltins\nrange\nK\x01K\x05K\x00\x87\x94R",
        b"cbuiltins\nslice\nN)K\x02\x87\x94R",
        b"cbuiltins\nobject\n)R",
        b"cbuiltins\nobject\nNK\x02\x86\x94R",
        b"cbuiltins\nValueError\nK\x01K\x02\x86\x94R",
        b"cbuiltins\nUnicodeDecodeError\nK\x01K\x02\x86\x94R",
        b"cbuiltins\nStopIteration\nK\x01\x85\x94R",
        b"cbuiltins\nproperty\nNN\x86\x94R0N",
        b"cbuiltins\nsuper\nNN\x86\x94R",
        b"cbuiltins\nobject\n)\x81",
        b"cbuiltins\nobject\nK\x01\x85\x94\x81",
        b"c" + HERE + b"\nAbstractSlots\n)\x81",
        b"c" + HERE + b"\nAbstractSlots\n)R",
        b"c" + HERE + b"\nSlots\n)\x81",
        b"c" + HERE + b"\nSlots\nK\x01\x85\x94\x81",
        b"c" + HERE + b"\nSlots\n]\x81",
        b"c" + HERE + b"\nSlots\n)}\x92",
        b"c" + HERE + b"\nSlots\n)}\x8c\x01aK\x01s\x92",
    ],
    ids=ascii,
)
def test_calls(call):
    data = assembled(b"](", call * 2, b"e")
    stock, ours = outcome(pickle.loads, data), outcome(brinery.loads, data)
    assert ours == stock


def test_loads_inside_of_loads():
    data = pickle.dumps([Inner(n) for n in range(ROUNDS)])
    loaded = brinery.loads(data)
    assert [one.inner.name for one in loaded] == [f"plain {n}" for n in range(ROUNDS)]


class Inner:
    def __init__(self, n):
        self.n = n

    def __setstate__(self, state):
        self.inner = brinery.loads(pickle.dumps([Plain(state["n"]), Plain(0)]))[0]


# ------------------------------------------------------------------------
# Arenas of huge pages
# ------------------------------------------------------------------------

ARENAS = """
import ctypes, pickle, sys
import brinery

class Allocator(ctypes.Structure):
    _fields_ = [("ctx", ctypes.c_void_p), ("alloc", ctypes.c_void_p), ("free", ctypes.c_void_p)]

def allocator():
    now = Allocator()
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(now))
    return now.ctx, now.alloc, now.free

class Watcher:
    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        return found, (self.number,)

def found(number):
    seen.append(allocator())
    # A load in the middle of a load.
    return brinery.loads(small) if number % 7 == 0 else number

class Hashed:
    def __reduce__(self):
        return Hashed, ()

    def __hash__(self):
        seen.append(allocator())
        return 1

def wished():
    return [line for line in open("/proc/self/smaps")
            if line.startswith("VmFlags") and " hg" in line]

seen = []
small = pickle.dumps([float(i) for i in range(20000)])
values = [[float(i) for i in range(300000)], [Watcher(i) for i in range(40)], {Hashed(): 1}]
data = pickle.dumps(values)
before = allocator()
seen.clear()
"""

GETS_THEM = ARENAS + """
assert not wished()
loaded = brinery.loads(data)
assert wished()
assert loaded[0] == values[0] and len(seen) == 41
assert set(seen) == {before} == {allocator()}
"""

LEAVES_OTHERS = ARENAS + """
other = Allocator(1, before[1], before[2])
ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(other))
loaded = brinery.loads(data)
assert loaded[0] == values[0] and not wished()
assert set(seen) == {allocator()} == {(1, *before[1:])}
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="Linux says what was wished")
@pytest.mark.parametrize("code", [GETS_THEM, LEAVES_OTHERS], ids=["own", "others"])
def test_arenas_of_huge_pages(code):
    """A large load gets them, and foreign code does not see how; what others have set stays."""
    with_pymalloc = {key: value for key, value in os.environ.items() if key != "PYTHONMALLOC"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=with_pymalloc)
