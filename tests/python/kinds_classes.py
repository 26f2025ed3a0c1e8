"""Instances of classes that say in each possible way how they are pickled, and the classes."""
import abc
import collections
import copyreg
import dataclasses
import enum
import functools
import typing
import weakref

import specimens
from kinds import NEVER, kind


class Meta(type):
    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        made.made_by = cls.__name__
        return made


class WithMeta(metaclass=Meta):
    pass


class Outermost:
    class Middle:
        class Innermost:
            def __init__(self, value):
                self.value = value

            @classmethod
            def make(cls):
                return cls(1)

            @staticmethod
            def plain():
                return 2

            def bound(self):
                return self.value


class ReducedEx:
    """Says which protocol it was asked with."""

    def __init__(self, protocol=None):
        self.protocol = protocol

    def __reduce_ex__(self, protocol):
        return (ReducedEx, (protocol,))


class ReducedToName:
    """A string instead of a tuple: a global of this module."""

    def __reduce__(self):
        return "THE_ONE"


THE_ONE = ReducedToName()


class StateSetter:
    """The sixth part: a function that gives the state."""

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return (StateSetter, (None,), {"value": self.value}, None, None, give_state)


def give_state(instance, state):
    instance.value = ("given", state["value"])


class ViaCopyreg:
    def __init__(self, value):
        self.value = value


def reduce_via_copyreg(instance):
    return (ViaCopyreg, (instance.value,))


copyreg.pickle(ViaCopyreg, reduce_via_copyreg)


class MutatesItself:
    """Forgets its cache when pickled, as a careful class does."""

    def __init__(self):
        self.kept = [1]
        self.cache = object()

    def __getstate__(self):
        return {"kept": self.kept}

    def __setstate__(self, state):
        self.__dict__.update(state, cache=None)


class InitArgs:
    """Only Python 2's old classes were asked for their __getinitargs__."""

    def __getinitargs__(self):
        raise AssertionError("never called")


class StateOfSlots:
    """Private and inherited slots."""

    __slots__ = ("public", "__private", "unset")

    def __init__(self, public, private):
        self.public = public
        self.__private = private


class MoreSlots(StateOfSlots):
    __slots__ = ("more",)


class WeakSlots:
    __slots__ = ("value", "__weakref__", "__dict__")


class ListWithAll(list):
    def __init__(self, items=(), **extra):
        super().__init__(items)
        self.__dict__.update(extra)

    def append(self, item):
        super().append(("appended", item))

    def extend(self, items):
        super().extend(("extended", item) for item in items)


class DictWithSetitem(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, ("set", value))


class IntWithDict(int):
    pass


class StrWithSlots(str):
    __slots__ = ()


class TupleWithDict(tuple):
    pass


class FrozenWithDict(frozenset):
    pass


class Singleton:
    made = None

    def __new__(cls):
        if cls.made is None:
            cls.made = super().__new__(cls)
        return cls.made


class Abstract(abc.ABC):
    @abc.abstractmethod
    def method(self):
        """To be implemented."""


class Concrete(Abstract):
    def method(self):
        return 1


class Mixed(collections.abc.MutableMapping):
    def __init__(self):
        self.data = {}

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def __delitem__(self, key):
        del self.data[key]

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)


T = typing.TypeVar("T")


class Stack(typing.Generic[T]):
    def __init__(self):
        self.items = []


class Getattr:
    """Everything is found, except what looks like a protocol of Python's."""

    def __init__(self):
        self.known = 1

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return f"made up: {name}"


class Proxy:
    """Says it is of another class, as mocks and lazy objects do."""

    def __init__(self, target):
        self.target = target

    @property
    def __class__(self):
        return type(self.target)

    def __reduce__(self):
        return (list, (self.target,))


class Fancy(enum.Enum):
    FIRST = (1, "one")
    SECOND = (2, "two")

    def __init__(self, number, word):
        self.number = number
        self.word = word


class Words(str, enum.Enum):
    YES = "yes"


class Permission(enum.IntFlag):
    READ = 4
    WRITE = 2
    BOTH = 6


class Holder:
    class Nested(enum.Enum):
        ONE = 1


@dataclasses.dataclass(slots=True)
class SlottedData:
    name: str
    items: list


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlotted:
    name: str
    number: int = 3


@dataclasses.dataclass(order=True, kw_only=True)
class Ordered:
    rank: int
    label: str = dataclasses.field(compare=False, default="")


@dataclasses.dataclass
class Inherited(specimens.Data):
    more: tuple = ()


class Bad(Exception):
    """Wants two arguments and tells its base of one: dumps, and does not load."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class Cached:
    @functools.cached_property
    def dear(self):
        return [1, 2, 3]


@functools.lru_cache
def cached_function(value):
    return value


@functools.singledispatch
def dispatched(value):
    return value


def wrapped_by_decorator(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


@wrapped_by_decorator
def decorated(value):
    return value


def make_local():
    class Local:
        pass
    return Local


def returns(value):
    """A reduction that is not one: each is an error of its own."""
    members = {"__reduce__": lambda self: value() if callable(value) else value,
               "__module__": __name__}
    return type("Returns", (), members)()


@kind
def plain():
    shared = [1]
    return [specimens.Plain(), specimens.Plain(a=1, b=shared), specimens.Plain(b=shared)]


@kind
def attributes_that_are_no_names():
    value = specimens.Plain()
    value.__dict__["not a name"] = 1
    value.__dict__["\u20ac"] = 2
    return value


@kind
def attributes_not_even_strings():
    value = specimens.Plain()
    value.__dict__[1] = "one"
    return value


@kind(since=2)
def slots():
    return [specimens.Slots(1, [2]), specimens.SlotsAndDict(1, 2, extra=3), specimens.Slots()]


@kind(since=2)
def private_and_inherited_slots():
    more = MoreSlots("public", "private")
    more.more = 1
    weak = WeakSlots()
    weak.value = 1
    weak.other = 2
    return [StateOfSlots(1, 2), more, weak]


@kind
def getstate_and_setstate():
    return [specimens.WithState(1), specimens.FalseState(2), MutatesItself(), InitArgs()]


@kind
def reduce():
    return [specimens.Reduced(1, "a"), specimens.ReducedFully("name"), ReducedEx(), THE_ONE,
            THE_ONE, ViaCopyreg([1])]


@kind
def reduce_with_items():
    value = specimens.ReducedFully("many")
    value.items = list(range(2500))
    value.pairs = {i: -i for i in range(2500)}
    return value


@kind
def reduce_with_state_setter():
    return StateSetter([1])


@kind
def reduce_in_itself():
    value = specimens.ReducedFully("loop")
    value.items = [value]
    value.pairs = {"self": value}
    value.extra = value
    return value


@kind
def getnewargs():
    return [specimens.NewArgs(1, 2), specimens.NewArgs([], {})]


@kind
def getnewargs_ex():
    return specimens.NewArgsEx(1, 2, three=3)


@kind
def subclasses_of_builtins():
    items = specimens.MyList([1, 2])
    items.extra = "attribute"
    number = IntWithDict(2**70)
    number.extra = 1
    pair = TupleWithDict((1, 2))
    pair.extra = 2
    frozen = FrozenWithDict([1])
    frozen.extra = 3
    return [items, specimens.MyDict(a=1), specimens.MySet([1]), specimens.MyInt(5),
            specimens.MyStr("s"), specimens.MyBytes(b"b"), specimens.MyFloat(1.5), number, pair,
            frozen, StrWithSlots("slots")]


@kind
def subclasses_that_override():
    table = DictWithSetitem()
    dict.__setitem__(table, "a", 1)
    return [ListWithAll([1, 2, 3], name="x"), table, ListWithAll([4])]


@kind
def classes():
    return [specimens.Plain, WithMeta, Abstract, Stack, specimens.Color, specimens.Point, Meta]


@kind
def nested_classes():
    return [specimens.Outer.Inner, Outermost.Middle.Innermost, Outermost.Middle, Holder.Nested.ONE]


@kind
def instances_of_nested_classes():
    return [specimens.Outer.Inner([1]), Outermost.Middle.Innermost("x")]


@kind
def methods():
    instance = Outermost.Middle.Innermost(3)
    return [instance, instance.bound, Outermost.Middle.Innermost.make,
            Outermost.Middle.Innermost.plain, specimens.Outer.method]


@kind
def functions():
    return [specimens.function, decorated, cached_function, give_state]


@kind(since=NEVER)
def dispatched_functions():
    return dispatched.dispatch


@kind
def metaclass_instances():
    return WithMeta()


@kind
def singleton():
    return [Singleton(), Singleton()]


@kind
def abstract_and_generic():
    mixed = Mixed()
    mixed["a"] = 1
    return [Concrete(), mixed, Stack(), Stack[int]()]


@kind
def getattr_and_proxies():
    return [Getattr(), Proxy([1])]


@kind
def enums():
    return [specimens.Color.RED, specimens.Color.GREEN, specimens.Level.HIGH, Fancy.SECOND,
            Words.YES, specimens.Color.RED, list(Fancy)]


@kind
def flags():
    return [specimens.Access.READ, specimens.Access.READ | specimens.Access.WRITE, Permission.BOTH,
            Permission(0), Permission.READ | 64]


@kind
def named_tuples():
    return [specimens.Point(1, 2), specimens.Record("name"), specimens.Record("r", [1])]


@kind
def dataclass():
    shared = [1]
    return [specimens.Data("a", shared), specimens.Data("b", shared, 2.5), Ordered(rank=1),
            Inherited("c", more=(1,))]


@kind
def frozen_dataclass():
    value = specimens.Frozen("a", 1)
    return [value, {value: value}]


@kind(since=2)
def slotted_dataclass():
    return [SlottedData("a", [1]), FrozenSlotted("b")]


@kind
def exceptions():
    note = KeyError("k")
    note.add_note("a note")
    chained = RuntimeError("second")
    chained.__cause__ = ValueError("first")
    chained.__context__ = TypeError("other")
    return [Exception(), ValueError("text", 1), OSError(2, "no such file", "name"), note, chained,
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "reason"), SystemExit(3), StopIteration(4),
            specimens.Trouble("message", 5), SyntaxError("m", ("f", 1, 2, "text")),
            ImportError("m", name="n", path="p"), NameError("m", name="n")]


@kind
def exception_groups():
    return [ExceptionGroup("group", [ValueError(1), ExceptionGroup("inner", [KeyError(2)])]),
            BaseExceptionGroup("base", [KeyboardInterrupt()])]


@kind(loads=False)
def exception_that_does_not_load():
    return Bad("message", 1)


@kind
def cached_properties():
    value = Cached()
    value.dear
    return [value, value.dear]


@kind
def type_variables():
    return [T]


@kind
def bound_generic_classes():
    return [Stack[int], Stack[T], typing.Optional[Stack[int]]]


@kind(since=NEVER)
def local_class():
    return make_local()


@kind(since=NEVER)
def instance_of_local_class():
    return make_local()()


@kind(since=NEVER)
def lambda_():
    return lambda: None


@kind(since=NEVER)
def weak_reference():
    return weakref.ref(specimens.Plain)


@kind(since=NEVER)
def weak_dict():
    return weakref.WeakValueDictionary()


@kind(since=NEVER)
def weak_set():
    return weakref.WeakSet()


@kind(since=NEVER)
def property_object():
    return property(len)


@kind(since=NEVER)
def reduction_that_is_a_list():
    return returns([])


@kind(since=NEVER)
def reduction_that_is_none():
    return returns(None)


@kind(since=NEVER)
def reduction_too_short():
    return returns((1,))


@kind(since=NEVER)
def reduction_too_long():
    return returns((1, 2, 3, 4, 5, 6, 7))


@kind(since=NEVER)
def reduction_calls_no_callable():
    return returns((1, ()))


@kind(since=NEVER)
def reduction_without_tuple():
    return returns((list, []))


@kind(since=NEVER)
def reduction_items_no_iterator():
    return returns((list, (), None, [1]))


@kind(since=NEVER)
def reduction_pairs_no_iterator():
    return returns((dict, (), None, None, {1: 2}))


@kind(since=NEVER)
def reduction_pairs_no_pairs():
    return returns(lambda: (dict, (), None, None, iter([(1, 2, 3)])))


@kind(since=NEVER)
def reduction_setter_no_callable():
    return returns((list, (), {}, None, None, 1))


@kind(since=NEVER)
def reduction_to_missing_name():
    return returns("no_such_global")


@kind(since=NEVER)
def reduction_to_other_name():
    return returns("THE_ONE")
