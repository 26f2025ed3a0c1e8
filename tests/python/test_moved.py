"""Loading what moved (rename=) or vanished (opaque=True)."""
import collections
import copy
import copyreg
import datetime
import io
import pickle as stock
import sys
import types

import pytest

import brinery as pickle


class Plain:
    def __init__(self, **members):
        vars(self).update(members)

    def __eq__(self, other):
        return type(other) is type(self) and vars(self) == vars(other)

    __hash__ = None


class Listed(list):
    def __eq__(self, other):
        return (type(other) is type(self) and list(self) == list(other)
                and vars(self) == vars(other))

    __hash__ = None


class Mapped(dict):
    pass


class Slotted:
    __slots__ = ("a", "b")

    def __eq__(self, other):
        return type(other) is type(self) and (self.a, self.b) == (other.a, other.b)

    __hash__ = None


class Stated:
    """State that is no dict, and arguments for __new__."""

    def __new__(cls, first, *, second=None):
        self = super().__new__(cls)
        self.first, self.second = first, second
        return self

    def __getnewargs_ex__(self):
        return (self.first,), {"second": self.second}

    def __getstate__(self):
        return ("state", 1)

    def __setstate__(self, state):
        assert state == ("state", 1)

    def __eq__(self, other):
        return (self.first, self.second) == (other.first, other.second)

    __hash__ = None


class Called:
    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return (Called, self.args)

    def __eq__(self, other):
        return self.args == other.args

    __hash__ = None


class Outer:
    class Inner:
        def __eq__(self, other):
            return type(other) is type(self)

        __hash__ = None


def function():
    return 1


CLASSES = [Plain, Listed, Mapped, Slotted, Stated, Called, Outer, function]


@pytest.fixture
def away():
    """A module with the classes: `with away.here():` it can be imported."""
    module = types.ModuleType("moved_away")
    saved = [(each, each.__module__) for each in (*CLASSES, Outer.Inner)]
    for each in CLASSES:
        setattr(module, each.__name__, each)
    for each, _ in saved:
        each.__module__ = "moved_away"
    yield module
    sys.modules.pop("moved_away", None)
    for each, name in saved:
        each.__module__ = name


def make():
    listed = Listed([1, 2])
    listed.label = "l"
    slotted = Slotted()
    slotted.a, slotted.b = 1, [2]
    plain = Plain(name="n", many=[1, 2, 3])
    return {
        "plain": plain, "again": plain, "empty": Plain(), "listed": listed,
        "mapped": Mapped(a=1, b=2), "slotted": slotted,
        "stated": Stated(1, second=2), "called": Called(1, "two"), "class": Plain,
        "function": function, "inner": Outer.Inner(), "inner class": Outer.Inner,
        "when": datetime.date(2026, 3, 1), "default": collections.defaultdict(Plain),
    }


def pickled(away, protocol, value=None):
    sys.modules["moved_away"] = away
    try:
        return stock.dumps(make() if value is None else value, protocol)
    finally:
        del sys.modules["moved_away"]


# Protocols 0 and 1 refuse __slots__ without __getstate__, and __getnewargs_ex__ is for 2 and up.
def fits(protocol, value):
    if protocol < 2:
        value = {key: each for key, each in value.items() if key not in ("slotted", "stated")}
    return value


@pytest.mark.parametrize("protocol", range(6))
def test_opaque_round_trip(away, protocol):
    """What could not be imported is kept, and is the same where it can be."""
    value = fits(protocol, make())
    data = pickled(away, protocol, value)
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(data)
    opaque = pickle.loads(data, opaque=True)
    assert opaque["when"] == datetime.date(2026, 3, 1)
    assert opaque["plain"] is opaque["again"]
    assert isinstance(opaque["plain"], pickle.Opaque)
    assert opaque["plain"].name == "n"
    assert type(opaque["plain"]) is opaque["class"] is opaque["default"].default_factory
    for again in range(6):
        copied = pickle.dumps(opaque, again)
        sys.modules["moved_away"] = away
        for load in (stock.loads, pickle.loads):
            loaded = load(copied)
            assert loaded == value
            assert loaded["plain"] is loaded["again"]
            assert loaded["inner class"] is Outer.Inner
        del sys.modules["moved_away"]


def test_opaque_repr(away):
    data = pickled(away, 4, [Plain(name="n"), Called(1, "two"), Listed("ab")])
    text = repr(pickle.loads(data, opaque=True))
    assert "moved_away.Plain" in text and "'name': 'n'" in text
    assert "moved_away.Called(1, 'two')" in text
    assert "moved_away.Listed" in text and "['a', 'b']" in text


def test_opaque_cycle(away):
    plain = Plain()
    plain.me = plain
    opaque = pickle.loads(pickled(away, 4, plain), opaque=True)
    assert opaque.me is opaque
    assert "..." in repr(opaque)
    again = pickle.loads(pickle.dumps(opaque), opaque=True)
    assert again.me is again


def test_opaque_imports_and_runs_nothing(away):
    """A missing function is not called, and stays a call."""
    value = pickle.loads(b"cno_such_module\nfunction\n(I1\nI2\ntR.", opaque=True)
    assert value.opaque_args == (1, 2)
    assert b"cno_such_module\nfunction\n" in pickle.dumps(value, 0)


def test_opaque_leaves_protocols_absent(away):
    opaque = pickle.loads(pickled(away, 4, Plain(size=1)), opaque=True)
    assert opaque.size == 1
    for name in ("__len__", "__iter__", "__array__", "absent"):
        assert not hasattr(opaque, name)


def test_opaque_copies(away):
    opaque = pickle.loads(pickled(away, 4, Plain(size=[1])), opaque=True)
    deep = copy.deepcopy(opaque)
    assert type(deep) is type(opaque) and deep.size == [1] and deep.size is not opaque.size


def test_opaque_attribute_of_a_module_that_is_there():
    value = pickle.loads(b"ccollections\nNoSuchClass\n(tR.", opaque=True)
    assert type(value).__module__ == "collections"


def test_opaque_is_off_by_default(away):
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(pickled(away, 4))
    with pytest.raises(ModuleNotFoundError):
        pickle.Unpickler(io.BytesIO(pickled(away, 4))).load()


def test_opaque_by_every_door(away):
    data = pickled(away, 4, Plain(a=1))
    assert pickle.load(io.BytesIO(data), opaque=True).a == 1
    assert pickle.Unpickler(io.BytesIO(data), opaque=True).load().a == 1


def test_errors_inside_a_module_are_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        pickle.loads(b"cbroken_module\nCls\n.", opaque=True)


NAME = __name__


@pytest.mark.parametrize("protocol", range(6))
def test_rename_class(away, protocol):
    value = [Plain(a=1), Called(2)]
    data = pickled(away, protocol, value)
    loaded = pickle.loads(data, rename={"moved_away:Plain": f"{NAME}:Plain",
                                        "moved_away:Called": f"{NAME}:Called"})
    assert [type(each) for each in loaded] == [Plain, Called] and loaded == value


@pytest.mark.parametrize("protocol", range(6))
def test_rename_module(away, protocol):
    """A module alone stands for everything in it."""
    value = fits(protocol, make())
    data = pickled(away, protocol, value)
    assert pickle.loads(data, rename={"moved_away": NAME}) == value


@pytest.mark.parametrize("protocol", range(6))
def test_rename_nested(away, protocol):
    """What is inside a class that moved, moved with it."""
    data = pickled(away, protocol, Outer.Inner)
    assert pickle.loads(data, rename={"moved_away:Outer": f"{NAME}:Outer"}) is Outer.Inner


def test_rename_prefers_the_exact_name(away):
    data = pickled(away, 4, Outer.Inner)
    rename = {"moved_away": "nowhere", "moved_away:Outer": "nowhere:Outer",
              "moved_away:Outer.Inner": f"{NAME}:Plain"}
    assert pickle.loads(data, rename=rename) is Plain


def test_rename_by_every_door(away):
    data = pickled(away, 4, Plain(a=1))
    rename = {"moved_away:Plain": f"{NAME}:Plain"}
    assert pickle.load(io.BytesIO(data), rename=rename) == Plain(a=1)
    assert pickle.Unpickler(io.BytesIO(data), rename=rename).load() == Plain(a=1)


def test_rename_of_a_python_2_name():
    data = b"c__builtin__\nxrange\n."
    assert pickle.loads(data) is range
    assert pickle.loads(data, rename={"__builtin__:xrange": "builtins:list"}) is list
    # and of the name Python 3 knows it by
    assert pickle.loads(data, rename={"builtins:range": "builtins:list"}) is list


def test_rename_checks_its_argument():
    for bad in ([("a", "b")], {"a:B": 1}, {1: "a:B"}, "a:B"):
        with pytest.raises(TypeError):
            pickle.loads(b"cbuiltins\nlist\n.", rename=bad)
    for bad in ({"a:B": "c"}, {"a": "b:C"}, {"": "b"}, {"a:": "b:"}):
        with pytest.raises(ValueError):
            pickle.loads(b"cbuiltins\nlist\n.", rename=bad)
    assert pickle.loads(b"cbuiltins\nlist\n.", rename=None) is list
    assert pickle.loads(b"cbuiltins\nlist\n.", rename={}) is list


def test_rename_with_extension_registry(away):
    copyreg.add_extension("moved_away", "Plain", 0xF0F1)
    try:
        data = b"\x80\x02\x83\xf1\xf0."
        assert pickle.loads(data, rename={"moved_away:Plain": f"{NAME}:Plain"}) is Plain
    finally:
        copyreg.remove_extension("moved_away", "Plain", 0xF0F1)
        copyreg.clear_extension_cache()
