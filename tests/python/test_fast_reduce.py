"""What reducers answer, written the short way or the long one: the bytes of pickle all the same."""
import collections
import copyreg
import datetime
import functools
import gc
import pickle
import random
import sys
import weakref
import xml.dom.minidom

import pytest

brinery = pytest.importorskip(
    "brinery", reason="needs the package: tools/build.sh python, PYTHONPATH=build/python/site")

from same_bytes import PROTOCOLS, outcome, same, same_made  # noqa: E402


class Answering:
    """Answers what it is told, made anew each time."""

    def __init__(self, answer):
        self.answer = answer

    def __repr__(self):
        return "answering"

    def __reduce_ex__(self, protocol):
        return self.answer(self)


class Held(Answering):
    """Keeps what it answered, as a class may that makes it once."""

    def __reduce_ex__(self, protocol):
        if not hasattr(self, "held"):
            self.held = self.answer(self)
        return self.held


def make(*args):
    return args


class New:
    def __new__(cls, *args):
        return object.__new__(cls)


class Callee:
    def __call__(self, *args):
        return args

    def __reduce__(self):
        return "CALLEE"


class Named(Callee):
    """A callable that calls itself copyreg.__newobj__."""

    __name__ = "__newobj__"

    def __reduce__(self):
        return "NAMED"


CALLEE = Callee()
NAMED = Named()
SHARED = ("shared", "again")
TEXT = "".join(["te", "xt"])


def values():
    return [(), (1,), (1, 2.5), ("a", None, True), (1, 2, 3, 4), tuple(range(20)), (TEXT,),
            (f"own {random.random():.3}"[:3],), ([1, 2],), (1, [2], "x", 3), ({},), (SHARED,),
            (SHARED, TEXT, [TEXT]), ("x" * 300,), (b"bytes", 2**70), ((),), ((1,),), (make,)]


@pytest.mark.parametrize("kind", [Answering, Held])
@pytest.mark.parametrize("callee", [make, New, CALLEE, NAMED, dict.fromkeys, len, int, str.upper])
def test_calls(kind, callee):
    for args in values():
        def answer(_, args=args):
            return callee, tuple(list(args))

        same_made(lambda: [kind(answer) for _ in range(3)])
        same_made(lambda: [TEXT, kind(answer), SHARED, kind(answer), TEXT])


@pytest.mark.parametrize("kind", [Answering, Held])
def test_new_objects(kind):
    for args in values():
        def answer(obj, args=args):
            return copyreg.__newobj__, (type(obj), *args)

        same_made(lambda: [kind(answer) for _ in range(3)])
        same_made(lambda: [[kind(answer)], kind(lambda obj: (copyreg.__newobj__, (New, 1)))])
    same_made(lambda: [kind(lambda obj: (copyreg.__newobj__, ())) for _ in range(2)])
    same_made(lambda: [kind(lambda obj: (copyreg.__newobj_ex__, (type(obj), (1,), {"a": 2})))
                       for _ in range(2)])


RESTS = [lambda: ({"a": 1},), lambda: ([1],), lambda: (None,), lambda: (None, iter([1, 2, "x"])),
         lambda: (None, None, iter([(1, 2)])),
         lambda: ({"a": TEXT}, iter([TEXT]), iter([("k", TEXT)])),
         lambda: ({"a": 1}, None, None, make)]


@pytest.mark.parametrize("rest", RESTS)
def test_more_than_a_call(rest):
    for args in ((), (1,), (TEXT, 2), ([1],)):
        same_made(lambda: [Answering(lambda obj: (make, tuple(list(args)), *rest()))
                           for _ in range(3)])


def test_other_tuples():
    class Args(tuple):
        pass

    class Answer(tuple):
        pass

    def items(name):
        raise AttributeError(name)

    for answer in (lambda obj: (make, Args((1, 2))), lambda obj: Answer((make, (1, 2))),
                   lambda obj: (make, [1]), lambda obj: (make,), lambda obj: (5, ()),
                   lambda obj: (make, (), 1, 2, 3, 4, 5), lambda obj: "make",
                   lambda obj: (items, (obj,))):
        same_made(lambda: [Answering(answer) for _ in range(2)])


def test_arguments_that_lead_back():
    def objects(depth):
        found = []
        back = Answering(lambda obj: (make, (found, 1)[:depth]))
        found.append(back)
        return [back, found, back]

    for depth in range(3):
        same_made(lambda: objects(depth))


def test_depth():
    def chain(length):
        made = 1
        for _ in range(length):
            made = Answering(lambda obj, inner=made: (make, (inner, 2)))
        return [Answering(lambda obj: (make, ())), made]

    assert brinery.dumps(chain(50)) == pickle.dumps(chain(50))
    for depth in range(1, 60):
        try:
            data = brinery.dumps(chain(4), max_depth=depth)
        except RecursionError:
            assert depth < 50
        else:
            assert depth > 10 and data == pickle.dumps(chain(4))


def test_arguments_are_met_again():
    """Foreign code that has kept the tuple, or finds it, gets what was written: one object."""
    def objects():
        kept = []

        def keeping(_):
            answer = make, (len(kept), "kept")
            kept.append(answer[1])
            return answer

        def giving(_):
            return make, (kept[0], kept[-1])

        return [Answering(keeping), Answering(keeping), Answering(giving), kept,
                Answering(giving)]

    same_made(objects)


def test_what_died_is_not_met_again():
    """Objects that take the place of a dead one in memory are others."""
    def flat():
        return [Answering(lambda obj, i=i: (make, (1.5 * i, f"number {i}", b"%d" % i, (i, i))))
                for i in range(500)]

    def chained():
        return [Answering(lambda obj, i=i: (make, (Answering(lambda o: (make, (f"a{i}", i))),
                                                   f"b{i}")))
                for i in range(300)]

    same_made(flat)
    same_made(chained)


def test_state_that_leads_to_the_arguments():
    """The state's reducer may look at the call's arguments through the collector."""
    class Looking:
        def __init__(self, owner):
            self.owner = weakref.ref(owner)

        def __reduce__(self):
            found = [obj for obj in gc.get_objects()
                     if type(obj) is tuple and len(obj) == 2 and obj[0] == "needle in the stack"]
            return make, (found[:1],)

    def objects():
        made = Answering(lambda obj: (make, ("needle in the stack", 12345.5), {"l": obj.looking}))
        made.looking = Looking(made)
        return [Answering(lambda obj: (make, (1,))), made]

    same_made(objects)


class Items:
    def __init__(self, items, pairs=()):
        self.items, self.pairs = items, pairs

    def __reduce__(self):
        return Items, ([],), None, iter(self.items), iter(self.pairs)


def test_items_of_iterators():
    rng = random.Random(1)
    plain = [1, 2.5, None, True, TEXT, "x" * 300, b"b", 2**80, [1], (2, TEXT), {"a": 1}, SHARED,
             Answering(lambda obj: (make, (1,)))]
    for size in [0, 1, 2, 3, 7, 999, 1000, 1001, 2000, 2001]:
        items = [rng.choice(plain) for _ in range(size)]
        pairs = [(i, rng.choice(plain)) for i in range(size)]
        same(Items(items, pairs), [0, 1, 2, 4])
        same([collections.deque(items), collections.OrderedDict(pairs),
              collections.defaultdict(list, pairs), collections.Counter(items[:0])], [0, 2, 4])


def test_items_made_on_the_way():
    """What an iterator makes is nobody else's, and dies when it has been written."""
    class Made:
        def __reduce__(self):
            return (Made, (), None, (f"item {i}" for i in range(2500)),
                    ((f"key {i}", [f"value {i}"]) for i in range(2500)))

    globals()["Made"] = Made
    Made.__qualname__ = "Made"
    same_made(Made, [0, 1, 2, 4, 5])


def test_iterators_that_change_things():
    def objects():
        kept = [["inner", 1], ["other", 2]]

        def items():
            for i in range(4):
                kept.append([i])
                yield kept[i]
            kept[0].append("late")

        return [kept[0], Answering(lambda obj: (make, (), None, items())), kept]

    same_made(objects)


def test_imports():
    """A package that is gone from sys.modules is imported again, by whoever asks."""
    made = xml.dom.minidom.Document
    for name in ("xml", "xml.dom.minidom"):
        before = sys.modules.pop(name)
        try:
            for protocol in PROTOCOLS:
                got = outcome(brinery.dumps, made, protocol)
                sys.modules.pop(name, None)
                assert got == outcome(pickle.dumps, made, protocol)
        finally:
            sys.modules[name] = before
            sys.modules["xml.dom"].minidom = sys.modules["xml.dom.minidom"]


# ---------------------------------------------------------------------------
# States, of which the answer is made here
# ---------------------------------------------------------------------------

class Giving:
    """Gives the state that it is told, made anew each time."""

    def __init__(self, state):
        self.state = state

    def __repr__(self):
        return "giving"

    def __getstate__(self):
        return self.state(self)

    def __setstate__(self, state):
        self.given = state


class GivingSlots(Giving):
    __slots__ = ("first", "__private")


class GivingList(Giving, list):
    pass


class GivingDict(Giving, dict):
    pass


class GivingInt(Giving, int):
    def __new__(cls, state):
        return int.__new__(cls, 7)


class GivingException(Giving, Exception):
    pass


class GivingDate(Giving, datetime.date):
    def __new__(cls, state):
        return datetime.date.__new__(cls, 2026, 3, 1)


class GivingWithNewargs(Giving):
    def __getnewargs__(self):
        return ("new",)


class GivingStatic(Giving):
    @staticmethod
    def __getstate__():
        return {"static": True}


class GivingPartial(Giving):
    __getstate__ = functools.partial(dict, given=True)


class GivingAsAnother(Giving):
    __class__ = property(lambda self: Giving)


class Refusing:
    def __getstate__(self):
        raise TypeError("no state for you")


class Meta(type):
    pass


class GivingWithMeta(Giving, metaclass=Meta):
    pass


STATES = {
    "none": lambda self: None,
    "false": lambda self: False,
    "empty": lambda self: {},
    "itself": lambda self: self,
    "in itself": lambda self: {"self": self, "list": [self, self]},
    "dict": lambda self: self.__dict__ | {"state": 0},
    "pair": lambda self: (None, {"given": 1}),
    "kept": lambda self: SHARED,
    "lambda": lambda self: STATES,
}


@pytest.mark.parametrize(
    "cls", [Giving, GivingSlots, GivingList, GivingDict, GivingInt, GivingException, GivingDate,
            GivingWithNewargs, GivingStatic, GivingPartial, GivingWithMeta, GivingAsAnother],
    ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("state", STATES)
def test_states_that_are_given(cls, state):
    same_made(lambda: [cls(STATES[state]), cls(STATES[state]), SHARED])


def test_no_state():
    same_made(lambda: [1, Refusing()])


@pytest.mark.parametrize("name", ["__getstate__", "__reduce_ex__", "__reduce__", "__getnewargs__"])
def test_what_an_instance_has_of_its_own_comes_first(name):
    answers = {"__getstate__": lambda: "own", "__reduce__": lambda: (list, ()),
               "__reduce_ex__": lambda protocol: (list, ()), "__getnewargs__": lambda: (1,)}

    def make():
        made = [Giving(STATES["empty"]) for _ in range(3)]
        setattr(made[1], name, answers[name])
        return made

    same_made(make)


@pytest.mark.parametrize("name, value", [
    ("__getstate__", lambda self: "other"), ("__getstate__", None), ("__getstate__", property(len)),
    ("__reduce__", lambda self: (list, ())), ("__reduce_ex__", lambda self, protocol: (list, ())),
    ("__getnewargs__", lambda self: (1,)), ("__getnewargs_ex__", lambda self: ((1,), {})),
    ("__getattribute__", lambda self, name: 5)])
def test_classes_that_change(name, value):
    class Changing(Giving):
        pass

    Changing.__qualname__ = "Changing"
    made = [Changing(STATES["empty"]) for _ in range(3)]
    globals()["Changing"] = Changing
    try:
        same(made)
        setattr(Changing, name, value)
        same(made)
        delattr(Changing, name)
        same(made)
    finally:
        del globals()["Changing"]


def test_a_class_that_changes_while_it_gives_its_state():
    class Turning(Giving):
        turns = 0

        def __getstate__(self):
            Turning.turns += 1
            if Turning.turns == 2:
                Turning.__reduce__ = lambda self: (list, ())
            return {"turn": Turning.turns}

    Turning.__qualname__ = "Turning"
    globals()["Turning"] = Turning

    def make():
        Turning.turns = 0
        if "__reduce__" in vars(Turning):
            del Turning.__reduce__
        return [Turning(None) for _ in range(4)]

    try:
        same_made(make)
    finally:
        del globals()["Turning"]


def test_copyreg_without_its_function(monkeypatch):
    made = [Giving(STATES["dict"]), Giving(STATES["none"])]
    same(made)
    monkeypatch.setattr(copyreg, "__newobj__", lambda cls, *args: cls.__new__(cls, *args))
    same(made)
    monkeypatch.delattr(copyreg, "__newobj__")
    same(made)


class Both:
    """Slots, and attributes beside them."""

    __slots__ = ("first", "second", "__private", "__dict__", "__weakref__")

    def __init__(self, slots, attributes):
        for name, value in slots.items():
            setattr(self, name, value)
        self.__dict__.update(attributes)


class BothInherited(Giving):
    __getstate__ = object.__getstate__ if hasattr(object, "__getstate__") else None
    __slots__ = ("first", "second")
    __init__ = Both.__init__


@pytest.mark.parametrize("cls", [Both, BothInherited])
@pytest.mark.parametrize("slots", [{}, {"first": 1}, {"second": [2], "first": SHARED}])
@pytest.mark.parametrize("attributes", [{}, {"a": 1}, {"a": SHARED, "first": 5},
                                        {"__getstate__": 5}, {"__reduce_ex__": 5}])
def test_slots_and_attributes(cls, slots, attributes):
    def make():
        made = [cls(slots, attributes) for _ in range(3)]
        made[0].first = made
        made[1].own = made[1]
        return made

    same_made(make)


def test_attributes_that_change_while_slots_are_saved():
    class Emptying:
        def __reduce__(self):
            self.held.__dict__.clear()
            del self.held.first
            return list, ()

    Emptying.__qualname__ = "Emptying"
    globals()["Emptying"] = Emptying

    def make():
        made = Both({"first": [1]}, {"a": Emptying(), "b": 2})
        made.a.held = made
        return made

    try:
        same_made(make)
    finally:
        del globals()["Emptying"]
