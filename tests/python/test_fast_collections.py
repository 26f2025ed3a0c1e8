"""Collections that brinery saves without asking: pickle's bytes, whatever is overridden."""
import collections
import copyreg
import gc
import io
import pickle
import random
import sys
import typing

import pytest

brinery = pytest.importorskip(
    "brinery", reason="needs the package: tools/build.sh python, PYTHONPATH=build/python/site")

from same_bytes import (PATCHES, AnsweringMeta, Empty, called_while,  # noqa: E402
                        fresh_class, outcome, same, same_made)


class List(list):
    pass


class BareList(list):
    __slots__ = ()


class SlotList(list):
    __slots__ = ("extra",)


class Dict(dict):
    pass


class BareDict(dict):
    __slots__ = ()


class Missing(dict):
    def __missing__(self, key):
        raise KeyError(key)

    def __iter__(self):
        return iter("no")

    def keys(self):
        return ["no"]

    def __len__(self):
        return 77

    def __getitem__(self, key):
        return "no"


class Tuple(tuple):
    pass


class Point(collections.namedtuple("Point", "x y", defaults=(1, 2))):
    pass


class BareTuple(tuple):
    __slots__ = ()


class Typed(typing.List[int]):
    pass


class Deque(collections.deque):
    pass


class Defaults(collections.defaultdict):
    pass


class Reduced:
    """What is foreign code to the saver."""

    def __reduce__(self):
        return Empty, ()


# Before protocol 2 what contains itself is no end of calls.
CYCLIC = (2, 3, 4, 5)
TEXT = "".join(["te", "xt"])
LISTS = [List, BareList, SlotList, Typed, collections.deque, Deque,
         lambda items=(): collections.deque(items, 7), lambda items=(): collections.deque(items, 0),
         lambda items=(): collections.deque(items, 2**40), collections.UserList]
DICTS = [Dict, BareDict, Missing, collections.OrderedDict, collections.Counter,
         lambda *items: collections.defaultdict(None, *items),
         lambda *items: collections.defaultdict(int, *items),
         lambda *items: collections.defaultdict(len, *items),
         lambda *items: Defaults(list, *items), collections.UserDict]
TUPLES = [Tuple, BareTuple]


def items():
    """Made anew, so that nothing is shared by two who save it."""
    number = 0.5 + len(gc.get_count())
    return [[], [1], [1, 2], [[1]], [[1], [2]], [1, [2]], [[1], 2], [TEXT, TEXT], ["x" * 300],
            [2**70, number, None, True, b"bytes"], [TEXT, [TEXT], TEXT],
            [List([1]), List([1, [2]])],
            [Reduced()], [1, Reduced()], [Reduced(), 1], [[1], Reduced(), [2], [3]],
            [Tuple(), Tuple((1,)), Tuple(([], []))], [Dict(a=[1]), Dict(a=1, b=[2])],
            [f"text {number} {i}" for i in range(12)], [[f"{i}"] for i in range(12)]]


def many(count):
    yield list(range(count))
    yield [[i] for i in range(count)]
    yield [*range(count - 1), [1]]
    yield [[1], *range(count - 1)]


# ---------------------------------------------------------------------------
# Bytes
# ---------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [*LISTS, *TUPLES])
def test_items(kind):
    for i in range(len(items())):
        same_made(lambda: kind(items()[i]))
        same_made(lambda: [kind([1]), kind(items()[i]), kind([TEXT]), kind(items()[i])])
        held = kind(items()[i])
        same([held, held, [held], kind([held])])


@pytest.mark.parametrize("kind", DICTS)
def test_pairs(kind):
    def pairs(i):
        return {key: value for key, value in zip(["a", 1, TEXT, (1, 2), None, "b", *range(5, 20)],
                                                 items()[i])}

    for i in range(len(items())):
        same_made(lambda: kind(pairs(i)))
        same_made(lambda: [kind({"a": 1}), kind(pairs(i)), kind({TEXT: TEXT}), kind(pairs(i))])
        same_made(lambda: [kind({"a": 1}), kind({(1, (item and 1)): item for item in "abc"}),
                           kind({(frozenset([1]), 2): [3]}), kind({(frozenset([1]), 2): [3], 1: 2}),
                           kind({1: 2, (frozenset([1]), 2): [3]})])
        held = kind(pairs(i))
        same([held, held, [held], kind({"held": held})])


@pytest.mark.parametrize("count", [999, 1000, 1001, 1002, 2000, 2001])
def test_batches(count):
    for made in many(count):
        for kind in (List, collections.deque, Tuple):
            same([kind([1]), kind(made)], [2, 4])
        for kind in (Dict, collections.OrderedDict):
            same([kind(a=1), kind(enumerate(made))], [2, 4])
        same([collections.defaultdict(int), collections.defaultdict(int, enumerate(made))], [2, 4])


def test_ends_of_frames():
    """Where one ends depends on every byte before."""
    for shift in range(0, 400, 7):
        made = ["s" * shift]
        for i in range(900):
            made += [List([i, [i]]), Dict(a=i, b=[i]), Tuple((i, [i])), List(), Dict(), Tuple(),
                     collections.deque([i, f"t{i}"]), collections.defaultdict(int, a=i)]
        same(made, [4])


def test_attributes():
    def made(kind):
        filled = kind()
        filled.value = [1]
        emptied = kind()
        emptied.value = 1
        del emptied.value
        return [kind(), filled, emptied, kind(), filled]

    for kind in (List, Dict, Tuple, Point, Deque, SlotsOfList, SlotList, collections.OrderedDict):
        if kind is SlotList:
            with_slot = SlotList([1])
            with_slot.extra = 5
            same([SlotList([2]), with_slot, SlotList()])
        else:
            same_made(lambda: made(kind))


class SlotsOfList(SlotList):
    pass


FILLED = [lambda *items: List(items), lambda *items: Dict(enumerate(items)),
          lambda *items: Tuple(items), lambda *items: Point((items * 2 + (1, 2))[:2])]


@pytest.mark.parametrize("kind", FILLED)
def test_attributes_and_items(kind):
    def made(i):
        first, obj, last = kind(1), kind(*items()[i]), kind([2])
        for each in (first, obj, last):
            each.value = [1]
            each.more = TEXT
        obj.me = obj
        obj.own = vars(obj)
        obj.first = first
        last.items_of = items()[i]
        return [first, obj, vars(obj), last]

    for i in range(len(items())):
        same_made(lambda: made(i), CYCLIC)


@pytest.mark.parametrize("kind", FILLED)
@pytest.mark.parametrize("filled", [False, True])
def test_attributes_change_meanwhile(kind, filled):
    def change(number, obj):
        attributes = vars(obj)
        acts = [lambda: setattr(obj, "new", 1), lambda: setattr(obj, "__dict__", {"other": [2]}),
                attributes.clear, lambda: setattr(obj, "__class__", type(kind(1, 2)))]
        acts[number]()

    def made(number):
        first = kind(1)
        obj = kind([1], Acting(lambda: change(number, obj)), [2])
        if filled:
            first.value = obj.value = [3]
        return [first, obj, [obj], [vars(obj)]]

    for number in range(4):
        same_made(lambda: made(number), CYCLIC)


def test_nothing_is_called():
    for kind in (List, Dict, Tuple):
        obj, other = kind(), kind()
        pickle.dumps(obj)
        assert called_while(lambda: brinery.dumps([obj, other], 4)) == []


# ---------------------------------------------------------------------------
# Within themselves
# ---------------------------------------------------------------------------

def test_recursive():
    def lists(kind):
        made = kind([1])
        made.append(made)
        other = kind([[made], made])
        other[0].append(other)
        return [kind(), made, other]

    def dicts(kind):
        made = kind({"a": 1})
        made["self"] = made
        other = kind({"list": [made], "made": made})
        other["list"].append(other)
        return [kind(), made, other]

    def tuples(kind):
        inner = [1]
        made = kind((inner, 2))
        inner.append(made)
        more = []
        outer = kind((kind((more,)), more))
        more.append(outer)
        return [kind(), made, inner, outer]

    for kind in (List, BareList, collections.deque):
        same_made(lambda: lists(kind), CYCLIC)
    for kind in (Dict, collections.OrderedDict,
                 lambda *items: collections.defaultdict(list, *items)):
        same_made(lambda: dicts(kind), CYCLIC)
    for kind in TUPLES:
        same_made(lambda: tuples(kind), CYCLIC)


def test_deep():
    for kind in (lambda items: List(items), lambda items: Dict(enumerate(items)),
                 lambda items: Tuple(items), collections.deque,
                 lambda items: collections.defaultdict(int, enumerate(items))):
        made = kind([])
        for _ in range(60):
            made = kind([made])
        deep = [kind([]), made]
        assert brinery.dumps(deep) == pickle.dumps(deep)
        for depth in (1, 5, 20, 40):
            with pytest.raises(RecursionError):
                brinery.dumps([kind([]), *[deep]], max_depth=depth)
        shallow = [kind([]), kind([kind([])])]
        good = [depth for depth in range(1, 60)
                if outcome(lambda d: brinery.dumps(shallow, max_depth=d), depth)
                == pickle.dumps(shallow)]
        assert good and good == list(range(good[0], 60))
    long = List()
    for _ in range(50000):
        long = List([long])
    assert len(brinery.dumps([List(), long])) > 200000
    while long:
        long = long.pop()


# ---------------------------------------------------------------------------
# What is overridden
# ---------------------------------------------------------------------------

OVERRIDDEN = {
    **PATCHES,
    "__getattribute__": lambda self, name: (
        None if name == "__dict__" else object.__getattribute__(self, name)),
    "__iter__": lambda self: iter([(1, 2), (3, 4)]),
    "__len__": lambda self: 0,
    "__getitem__": lambda self, key: "other",
    "items": lambda self: [("other", "pair")],
    "keys": lambda self: ["other"],
    "__class__": property(lambda self: Empty),
    "__dict__": property(lambda self: {"value": 1}),
}


@pytest.mark.parametrize("base", [list, dict, tuple])
@pytest.mark.parametrize("name", OVERRIDDEN)
def test_patched_class(name, base):
    mixin = type("Mixin", (), {})
    for where in ("class", "mixin"):
        cls = fresh_class(mixin, base)
        made = [cls(), cls([(1, 2)]), cls([(1, 2), (3, 4)])]
        same(made)
        target = cls if where == "class" else mixin
        if name not in ("__class__", "__dict__"):
            setattr(target, name, OVERRIDDEN[name])
            same(made)
            delattr(target, name)
            same(made)
        same([fresh_class(mixin, base, **{name: OVERRIDDEN[name]})([(1, 2)]) for _ in range(3)])


@pytest.mark.parametrize("name", ["__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__",
                                  "__iter__", "items", "__class__"])
@pytest.mark.parametrize("kind", [List, Dict, Tuple, collections.OrderedDict])
def test_patched_instance(name, kind):
    made = [kind(), kind([(1, 2)]), kind([(1, 2), (3, 4)])]
    answers = {"__reduce_ex__": lambda protocol: (Empty, ()), "items": lambda: [(5, 6)],
               "__getstate__": lambda: "state"}
    same(made)
    vars(made[1])[name] = answers.get(name, 5)
    same(made)


@pytest.mark.parametrize("base", [list, dict, tuple])
def test_patched_metaclass(base):
    meta = type("ChangingMeta", (type,), {})
    cls = fresh_class(base, metaclass=meta)
    made = [cls(), cls([(1, 2)])]
    same(made)
    meta.__reduce__ = property(lambda cls: lambda self: (Empty, ()))
    same(made)
    del meta.__reduce__
    meta.__getattribute__ = AnsweringMeta.__getattribute__
    same(made)


REGISTERED = [List, Dict, Tuple, collections.deque, collections.defaultdict,
              collections.OrderedDict, collections.Counter, object]


@pytest.mark.parametrize("kind", REGISTERED)
def test_registered(kind):
    def made():
        return [kind(), kind(), [kind()]]

    def reduce_it(obj):
        return Empty, ()

    same_made(made)
    copyreg.pickle(kind, reduce_it)
    try:
        same_made(made)
    finally:
        del copyreg.dispatch_table[kind]
    same_made(made)

    def with_table(module):
        file = io.BytesIO()
        pickler = module.Pickler(file)
        pickler.dispatch_table = {kind: reduce_it}
        pickler.dump(made())
        return file.getvalue()

    def overriding(module):
        class Overriding(module.Pickler):
            def reducer_override(self, obj):
                return (Empty, ()) if type(obj) is kind else NotImplemented

        file = io.BytesIO()
        Overriding(file).dump(made())
        return file.getvalue()

    assert with_table(brinery) == with_table(pickle)
    assert overriding(brinery) == overriding(pickle)


def test_patched_newobj(monkeypatch):
    made = [List([1]), Dict(a=1), Tuple((1,)), List([2])]
    same(made)

    def __newobj__(cls, *args):
        return cls.__new__(cls, *args)

    __newobj__.__name__ = "other"
    monkeypatch.setattr(copyreg, "__newobj__", __newobj__)
    same(made)


# ---------------------------------------------------------------------------
# What changes meanwhile
# ---------------------------------------------------------------------------

class Acting:
    def __init__(self, act):
        self.act = act

    def __reduce__(self):
        self.act()
        return Empty, ()


def list_acts(made, at):
    return [lambda: made.append([5]), lambda: made.clear(), lambda: made.pop(),
            lambda: made.insert(0, [6]) if hasattr(made, "insert") else None,
            lambda: made.__setitem__(-1, ["set"]), lambda: made.__setitem__(at, "set"),
            lambda: made.extend([[i] for i in range(30)]), lambda: made.reverse()]


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("kind", [List, collections.deque])
def test_changing_list(kind, number, at):
    def make(rest):
        made = kind(rest())
        acting = Acting(lambda: list_acts(made, at)[number]())
        made[min(at, len(made) - 1)] = acting
        return [kind([1]), made, [made]]

    for rest in (lambda: [1, 2, 3, 4, 5], lambda: [[1], [2], [3], [4], [5]], lambda: [[1]],
                 lambda: [1, [2]], lambda: [[i] for i in range(1003)]):
        same_made(lambda: make(rest), [2, 4])


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("kind", [Dict, collections.OrderedDict,
                                  lambda *items: collections.defaultdict(int, *items)])
def test_changing_dict(kind, number, at):
    def make(rest):
        made = kind(enumerate(rest()))
        acts = [lambda: made.__setitem__("new", [5]), lambda: made.clear(), lambda: made.popitem(),
                lambda: made.__setitem__(at + 1, ["set"]),
                lambda: (made.pop(at, 1), made.__setitem__("new", 7))]
        made[min(at, len(made) - 1)] = Acting(acts[number])
        return [kind({1: 2}), made, [made]]

    for rest in (lambda: [1, 2, 3, 4, 5], lambda: [[1], [2], [3], [4], [5]], lambda: [[1]],
                 lambda: [1, [2]]):
        same_made(lambda: make(rest), [2, 4])


def ordered_acts():
    def set_behind(made):
        dict.__setitem__(made, "behind", 1)

    def delete_behind(made):
        dict.__delitem__(made, 2)

    def behind_and_back(made):
        value = made[1]
        dict.__delitem__(made, 1)
        dict.__setitem__(made, 1, value)

    def equal_key(made):
        del made[1]
        made[True] = "true"

    return [lambda made: made.move_to_end(0), lambda made: made.move_to_end(4, last=False),
            lambda made: made.move_to_end(4), lambda made: made.__setitem__(2, "again"),
            lambda made: (made.pop(2), made.__setitem__(2, "anew")), lambda made: made.popitem(),
            lambda made: made.popitem(last=False), lambda made: made.clear(), equal_key,
            lambda made: setattr(made, "extra", [1]), lambda made: vars(made),
            set_behind, delete_behind, behind_and_back]


@pytest.mark.parametrize("number", range(len(ordered_acts())))
def test_ordered_dicts_in_another_order(number):
    def make(values):
        made = collections.OrderedDict(enumerate(values()))
        ordered_acts()[number](made)
        return [collections.OrderedDict(a=1), made, made, [made], collections.OrderedDict(b=[])]

    for values in (lambda: range(5), lambda: [[1], [2], 3, [4], 5], lambda: range(1000),
                   lambda: range(1001), lambda: [Reduced() for _ in range(5)]):
        same_made(lambda: make(values), [1, 2, 4, 5])


def test_objects_of_object():
    one = object()
    same([one, object(), [object(), one], {"a": object()}, (object(), object())])
    same_made(lambda: [object() for _ in range(3)])
    same_made(object)


def test_items_that_died_are_not_met_again():
    """What is taken out of a list dies, and its place in memory is taken by another."""
    def make(kind):
        made = kind()

        def act():
            made.clear()
            made.extend([[f"new {i}"] for i in range(20)])

        made.extend([[f"a {i}"] for i in range(5)])
        made.append(Acting(act))
        made.extend([[f"b {i}"] for i in range(5)])
        return [kind(), made, [[f"c {i}"] for i in range(20)]]

    for kind in (List, collections.deque):
        same_made(lambda: make(kind))


def test_class_changes_meanwhile():
    def make(base):
        cls = fresh_class(base)

        def act():
            cls.__reduce__ = lambda self: (Empty, ())

        return [cls(), cls([(1, 2)]), Acting(act), cls([(1, 2)]), cls([(3, [4])])]

    for base in (list, dict, tuple):
        same_made(lambda: make(base))


# ---------------------------------------------------------------------------
# Errors, and all together
# ---------------------------------------------------------------------------

def with_bad(obj):
    obj.bad = lambda: None
    return obj


def test_paths():
    def bad():
        pass

    for made, path in (([List(), List([1, [bad]])], "obj[1][1][0]"),
                       ([Dict(), Dict(a={"b": bad})], "obj[1]['a']['b']"),
                       ([Dict(), Dict(a=1, c=bad)], "obj[1]['c']"),
                       ([Tuple(), Tuple((1, [bad]))], "obj[1].__reduce__()[1][1][1][0]"),
                       ([Tuple(), with_bad(Tuple())], "obj[1].bad"),
                       ([List([1]), with_bad(List([1, [2]]))], "obj[1].bad"),
                       ([Dict(), with_bad(Dict(a=[2]))], "obj[1].bad"),
                       ([collections.deque(), collections.deque([1, bad])], "obj[1][1]")):
        error = failure(brinery, made)
        assert error.pickle_path == path
        alone = failure(brinery, made[1:])
        assert alone.pickle_path == path.replace("obj[1]", "obj[0]")
        if sys.version_info >= (3, 14):  # whose own notes say where
            assert error.__notes__ == failure(pickle, made).__notes__
            assert alone.__notes__ == failure(pickle, made[1:]).__notes__
        elif sys.version_info >= (3, 11):
            assert path in "".join(error.__notes__)


def failure(module, obj):
    with pytest.raises(Exception) as caught:
        module.dumps(obj, 4)
    return caught.value


def random_object(rng, depth, pool):
    if pool and rng.random() < 0.15:
        return rng.choice(pool)
    if depth == 0 or rng.random() < 0.3:
        return rng.choice([1, 2**65, TEXT, f"t{rng.random()}", 1.5, None, b"b", Reduced])
    size = rng.choice([0, 1, 1, 2, 3, 5])
    inner = [random_object(rng, depth - 1, pool) for _ in range(size)]
    kind = rng.choice([List, BareList, SlotList, Dict, Missing, Tuple, BareTuple, list, tuple,
                       collections.deque, collections.OrderedDict, Reduced, object,
                       lambda items: collections.defaultdict(rng.choice([None, int, list]), items)])
    if kind in (Reduced, object):
        made = kind()
    elif kind in (List, BareList, SlotList, Tuple, BareTuple, list, tuple, collections.deque):
        made = kind(inner)
        if hasattr(made, "append") and rng.random() < 0.1:
            made.append(made)
    else:
        made = kind((f"k{i}" if rng.random() < 0.8 else i, value) for i, value in enumerate(inner))
    if hasattr(made, "__dict__") and not isinstance(made, Reduced) and rng.random() < 0.1:
        made.attribute = rng.choice([[1], made])
    pool.append(made)
    return made


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random(start):
    for seed in range(start, start + 20):
        def make():
            rng = random.Random(seed)
            pool = []
            return [random_object(rng, 4, pool) for _ in range(30)]

        same_made(make, CYCLIC)
