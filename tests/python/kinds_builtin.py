"""Built-in types, their iterators, and shapes that refer to themselves."""
import collections
import copyreg
import functools
import itertools
import types

import specimens
from kinds import NEVER, kind


@kind
def singletons():
    return [None, True, False, Ellipsis, NotImplemented, type(None), type(...),
            type(NotImplemented)]


@kind
def ints():
    edges = [0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**2040]
    return edges + [-edge for edge in edges] + [-129, -32769]


@kind(since=2)
def ints_beyond_the_limit_of_text():
    return [1 << 20000, -(1 << 20000)]


@kind
def floats():
    return [0.0, -0.0, 1.5, 1e-320, 1.7976931348623157e308, float("inf"), float("-inf"),
            float("nan"), 0.1]


@kind
def complexes():
    return [0j, 1 + 2j, complex(-0.0, float("inf"))]


@kind
def strings():
    return ["", "a", "\xff", "\u20ac", "\U0001f600", "line\nline\\u0041\r\0\x1a", "\ud800",
            "x" * 255, "x" * 256, "x" * 70_000, "\u20ac" * 70_000, "same", "same"]


@kind
def bytes_():
    return [b"", b"a", bytes(range(256)), b"\xff" * 255, b"x" * 256, b"y" * 70_000]


@kind
def bytearrays():
    shared = bytearray(b"shared")
    return [bytearray(), bytearray(b"a\xff"), bytearray(b"z" * 70_000), shared, shared]


@kind
def tuples():
    one = (1,)
    return [(), one, one, (1, 2), (1, 2, 3), (1, 2, 3, 4), tuple(range(2000)), ((), ((),))]


@kind
def lists():
    shared = []
    return [shared, shared, [1], list(range(999)), list(range(1000)), list(range(1001)),
            list(range(2001)), [[]] * 3]


@kind
def dicts():
    shared = {}
    return [shared, shared, {1: 2}, {i: str(i) for i in range(1000)},
            {i: None for i in range(1001)}, {i: i for i in range(2001)},
            {None: 1, (1, (2,)): 2, frozenset([3]): 3, "a": 4, b"a": 5, 1.5: 6}]


@kind
def sets():
    shared = {1}
    return [shared, shared, set(), {1, 2, 3}, set(range(1001)), {"a", "b"}, {(1, 2), (3,)}]


@kind
def frozensets():
    shared = frozenset([1])
    return [shared, shared, frozenset(), frozenset(range(1001)), frozenset([frozenset([1])])]


@kind
def ranges_and_slices():
    return [range(0), range(10), range(5, -5, -2), range(2**70), slice(None), slice(1, 2),
            slice("a", None, (1,))]


@kind
def shared_references():
    text, number, pair, items = "shared " * 3, 2**80, (1, "a"), [1]
    inner = {"text": text, "number": number, "pair": pair, "items": items}
    return [inner, inner, text, number, pair, items, [text, [number, [pair, [items]]]]]


@kind
def list_in_itself():
    value = [1]
    value.append(value)
    return value


@kind
def dict_in_itself():
    value = {}
    value["self"] = value
    return value


@kind
def tuple_through_list():
    value = ([1],)
    value[0].append(value)
    return value


@kind
def tuples_of_each_size_through_lists():
    made = []
    for size in range(1, 6):
        inner = []
        value = (inner,) + tuple(range(size - 1))
        inner.append(value)
        made.append(value)
    return made


@kind
def tuple_through_dict():
    inner = {}
    value = (inner, 1, 2, 3)
    inner["tuple"] = value
    return value


@kind
def set_through_instance():
    holder = specimens.Plain()
    holder.members = {holder}
    return holder.members


@kind
def frozenset_through_instance():
    holder = specimens.Plain()
    holder.members = frozenset([holder])
    return holder


@kind
def frozenset_first_through_instance():
    holder = specimens.Plain()
    holder.members = frozenset([holder])
    return holder.members


@kind
def deque_in_itself():
    value = collections.deque([1], 5)
    value.append(value)
    return value


@kind
def ordered_dict_in_itself():
    value = collections.OrderedDict(a=1)
    value["self"] = value
    return value


@kind
def default_dict_in_itself():
    value = collections.defaultdict(list)
    value["self"] = value
    return value


@kind
def instances_in_each_other():
    left, right = specimens.Plain(name="left"), specimens.Plain(name="right")
    left.other, right.other = right, left
    left.self = left
    return [left, right]


@kind(since=2)
def slots_in_each_other():
    left, right = specimens.Slots(), specimens.Slots()
    left.left, left.right, right.left = right, left, left
    return left


@kind
def partial_in_itself():
    value = functools.partial(specimens.function)
    value.__setstate__((specimens.function, (value,), {"self": value}, {"too": value}))
    return [value]


@kind(since=2)
def subclasses_in_themselves():
    items, table = specimens.MyList(), specimens.MyDict()
    items.append(items)
    items.extra = table
    table["items"] = items
    table.extra = table
    return [items, table]


@kind
def deep_lists():
    value = []
    for _ in range(100):
        value = [value]
    return value


@kind
def deep_mixture():
    value = "bottom"
    for i in range(20):
        value = specimens.Plain(inner=({i: [value]}, i))
    return value


@kind
def builtin_functions():
    return [len, max, min, print, map, dict.fromkeys, str.maketrans, bytes.fromhex, int.from_bytes]


@kind
def method_descriptors():
    return [str.upper, list.append, dict.get, int.__add__, object.__init__]


@kind
def bound_builtin_methods():
    items = [1]
    return [items, items.append, {"a": 1}.get, "x".join, [].sort]


@kind
def builtin_classes():
    return [int, str, list, dict, object, type, Exception, OSError, KeyError, range, slice,
            memoryview, property, staticmethod, super]


@kind
def unnamed_builtin_types():
    return [types.NoneType, types.EllipsisType, types.NotImplementedType]


@kind(since=NEVER)
def function_type():
    return types.FunctionType


@kind
def iterators_of_sequences():
    items = iter([1, 2, 3, 4])
    next(items)
    letters = iter("abc")
    next(letters)
    return [items, letters, iter((1, 2)), iter(b"ab"), iter(bytearray(b"cd")), iter([]), iter(()),
            reversed([1, 2, 3]), iter(range(5)), reversed(range(5)), iter(range(2**70))]


@kind
def exhausted_iterators():
    made = [iter([1]), iter((1,)), iter("a"), iter(b"a"), iter(range(1)), iter({1: 2}), iter({1})]
    for iterator in made:
        list(iterator)
    return made


@kind
def iterators_of_hashed():
    return [iter({1: "a", 2: "b"}), iter({1: 2}.values()), iter({1: 2}.items()), iter({3}),
            reversed({1: 2, 3: 4}), iter(frozenset([5]))]


@kind
def iterators_of_functions():
    return [enumerate("ab", 5), enumerate("ab", 2**70), zip("ab", [1, 2]), map(int, ["1", "2"]),
            filter(None, [0, 1]), reversed(specimens.Point(1, 2))]


@kind
def iterators_of_itertools():
    cycle = itertools.cycle("abc")
    next(cycle)
    return [itertools.count(3), itertools.count(1.5, 0.5), itertools.repeat("x", 3),
            itertools.repeat("y"), cycle, itertools.chain([1], [2]),
            itertools.compress("abc", [1, 0, 1]), itertools.islice("abcdef", 1, 5, 2),
            itertools.takewhile(bool, [1, 0]), itertools.dropwhile(bool, [1, 0]),
            itertools.starmap(pow, [(2, 3)]), itertools.accumulate([1, 2, 3]),
            itertools.product("ab", repeat=2), itertools.permutations("abc", 2),
            itertools.combinations("abc", 2), itertools.combinations_with_replacement("ab", 2),
            itertools.zip_longest("ab", "c", fillvalue=0), itertools.filterfalse(None, [0, 1]),
            itertools.groupby("aab")]


@kind
def iterators_of_itertools_that_share():
    left, right = itertools.tee([1, 2, 3])
    next(left)
    return [left, right]


@kind
def callable_iterators():
    return [iter(int, 1), iter(specimens.function, None)]


@kind(since=NEVER)
def generator():
    return (item for item in [])


@kind(since=NEVER)
def module():
    return itertools


@kind(since=NEVER)
def dict_views():
    return {1: 2}.keys()


@kind(since=NEVER)
def mapping_proxy():
    return types.MappingProxyType({})


@kind(since=NEVER)
def memory_view():
    return memoryview(b"x")


@kind(since=NEVER)
def code_object():
    return specimens.function.__code__


@kind(since=NEVER)
def frame_and_traceback():
    try:
        raise ValueError
    except ValueError as error:
        return error.__traceback__


@kind
def generic_aliases():
    return [list[int], dict[str, list[int]], tuple[int, ...], type[int], collections.deque[str]]


@kind
def union_types():
    return [int | None, int | str | list[bytes]]


@kind
def simple_namespaces():
    value = types.SimpleNamespace(a=1, b=[2])
    value.self = value
    return value


@kind
def iterator_in_its_own_list():
    items = [1, 2]
    items.append(iter(items))
    return items


@kind
def structs_of_time_and_stat():
    import os
    import time
    return [time.gmtime(0), time.struct_time(range(11)[:11]), os.stat_result(range(19)),
            os.terminal_size((80, 24)), os.times_result([0.0] * 5)]


@kind
def many_of_everything():
    return [[i, str(i), float(i), (i, i + 1), {i: [i]}, bytes([i % 256]), {i}] for i in range(500)]


@kind
def long_text_among_frames():
    return ["a" * 70_000, 1, b"b" * 70_000, "c" * 65_535, "d" * 65_536, [b"e" * 100] * 3]


@kind
def copyreg_functions():
    return [copyreg.__newobj__, copyreg._reconstructor]
