"""Objects that are met once are not looked up: the memo must not be missed, whatever runs.

The saver takes an object whose only reference is its container's for one that cannot be met again.
That holds until foreign code runs.  Here foreign code does all it can to make it wrong, and the
bytes have to stay those of the stock pickle.
"""

import collections
import gc
import io
import os
import pickle
import random
import subprocess
import sys
import weakref

import pytest

import brinery
from same_bytes import PROTOCOLS, outcome


def same(make, protocols=PROTOCOLS):
    """Both write what `make` makes alike; each gets a graph of its own."""
    for protocol in protocols:
        assert outcome(brinery.dumps, make(), protocol) == outcome(pickle.dumps, make(), protocol)


class Node:
    """Something with attributes, that weak references can point to."""


class Reduced:
    """What it is pickled as, an action says when the time has come."""

    def __init__(self, action):
        self.action = action

    def __reduce__(self):
        return list, (), None, iter([self.action()])


class Leaf(list):
    """A list that weak references can point to."""


def test_what_a_weak_reference_leads_to_is_not_written_again():
    def graph():
        written = Node()
        written.items = ["a string of its own".upper(), [1, 2], {"k".upper(): "v".upper()}]
        seen = weakref.ref(written)
        return [[written.items, written], Reduced(lambda: seen()), Reduced(lambda: seen().items[1])]

    same(graph)
    value = brinery.loads(brinery.dumps(graph()))
    assert value[1][0] is value[0][1]
    assert value[2][0] is value[0][0][1]


def test_what_is_in_a_unique_container_is_found_again():
    def graph():
        root = [[f"text {i}" for i in range(200)], {f"key {i}": [i] for i in range(200)}]
        root += [Reduced(lambda i=i: root[0][i]) for i in range(200)]
        root += [Reduced(lambda i=i: root[1][f"key {i}"]) for i in range(200)]
        return root

    same(graph)


def test_names_that_instances_share():
    """One table of names for all instances of a class, and one reference to each name."""

    class Shared:
        pass

    globals()["Shared"] = Shared
    Shared.__qualname__ = "Shared"
    for make in (lambda i: f"a{i}", lambda i: f"name {i}", lambda i: ("pair", i)):
        def graph():
            nodes = [Shared() for _ in range(20)]
            for node in nodes:
                for i in range(3):
                    vars(node)[make(i)] = [f"value {i}"]
            return nodes

        for protocol in PROTOCOLS:
            value = graph()
            for form in (value, [vars(node) for node in value], [vars(graph()[0])] + value):
                ours = brinery.dumps(form, protocol)
                assert ours == pickle.dumps(form, protocol) == brinery.dumps(form, protocol)


def test_tuples_that_contain_themselves():
    def through_list():
        inner = ["first".upper()]
        outer = ("one".upper(), inner, "two".upper(), ["three".upper()])
        inner.append(outer)
        return outer

    def through_two():
        inner = []
        nested = ("deep".upper(), inner, ["deeper".upper()])
        outer = ("one".upper(), nested, "two".upper())
        inner.append(outer)
        return [outer]

    def through_dict():
        inner = {}
        outer = (["x".upper()], inner)
        inner["key".upper()] = outer
        return [inner, ["y".upper()]]

    def through_tuples():
        inner = []
        outer = (["a".upper()], (["b".upper()], (inner, ["c".upper()]), ["d".upper()]),
                 ["e".upper()])
        inner += [["f".upper()], outer[1][1], outer, ["g".upper()], outer[1]]
        return (["h".upper()], outer, [outer], ["i".upper()])

    def through_instance():
        node = Node()
        node.me = (["a".upper()], [node], ["b".upper()])
        node.me[1].append(node.me)
        return (["c".upper()], node.me, ["d".upper()], node)

    def through_frozenset():
        node = Node()
        node.me = frozenset([("text".upper(), node)])
        return [node.me]

    for graph in (through_list, through_two, through_dict, through_tuples, through_instance,
                  through_frozenset):
        same(graph)


def test_answers_that_are_gone_at_once():
    """Their memory is used again: a number must not outlive its object."""

    class Fresh:
        def __init__(self, n):
            self.n = n

        def __reduce__(self):
            state = {f"s{self.n}": [f"t{self.n}", (f"u{self.n}", [self.n])]}
            return list, ([f"a{self.n}", [self.n]],), state, iter([[f"i{self.n}"]] * 2), iter([])

    same(lambda: [Fresh(i) for i in range(300)], (0, 2, 4, 5))


class Generous(list):
    """A list whose items are made while they are asked for."""

    def __iter__(self):
        for i in range(5):
            yield [f"item {i}", (f"part {i}", i)]

    def __reduce_ex__(self, protocol):
        return Generous, (), None, iter(self), iter((f"k{i}", [f"v{i}"]) for i in range(5))

    def __setitem__(self, key, value):
        self.append((key, value))


def test_items_made_by_an_iterator():
    same(lambda: [Generous() for _ in range(50)])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_container_that_is_emptied_while_it_is_written(protocol):
    def graph():
        root = []
        inner = [["lost".upper(), ["more".upper()]], Reduced(lambda: inner.clear() or [1])]
        inner += [f"after {i}" for i in range(20)]
        mapping = {f"k{i}": [f"v{i}"] for i in range(20)}
        mapping["act"] = Reduced(lambda: mapping.popitem()[1])
        root += [inner, mapping, Reduced(lambda: root.pop(0))]
        root += [[f"tail {i}"] for i in range(20)]
        return root

    same(graph, [protocol])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_container_that_dies_after_it_was_written(protocol):
    """What was found in it is gone as well, and others are made where it was."""

    def graph():
        root = []
        for i in range(20):
            holder = {"of": [f"{i} {n}" for n in range(10)], i: None}
            holder["of"].insert(0, Reduced(lambda holder=holder: holder.update(of=None) or [[]]))
            root.append(holder)
            chain = [f"{i} in a list", [[f"{i} {n}"] for n in range(10)]]
            chain.insert(0, Reduced(lambda i=i: root.__setitem__(2 * i + 1, None) or [[]]))
            root.append(chain)
        root.append([Reduced(lambda: [f"{n} new", [f"{n} newer"]]) for n in range(100)])
        return root

    same(graph, [protocol])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_iterator_that_does_something_when_it_is_dropped(protocol):
    class Last:
        def __init__(self, action):
            self.action = action

        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration

        def __del__(self):
            self.action()

    class Stateful:
        def __init__(self, root):
            self.root = root
            self.state = {"set": {f"text {i}" for i in range(10)}, "gone": [["x".upper()]]}

        def __reduce__(self):
            seen = weakref.ref(self.state["set"])
            state = self.state

            def action():
                self.root[self.root.index(None)] = seen()
                state["gone"].clear()

            return Node, (), self.state, Last(action)

    def graph():
        root = []
        root += [Stateful(root) for _ in range(10)]
        root += [Reduced(lambda: [f"{n}"]) for n in range(10)]
        root += [None] * 10
        return root

    if protocol < 4:  # sets are calls of their type there, and in the memo as such
        same(graph, [protocol])
        return
    results = []
    for dumps, loads in ((brinery.dumps, brinery.loads), (pickle.dumps, pickle.loads)):
        value = loads(dumps(graph(), protocol))
        results.append([[i for i, node in enumerate(value) if getattr(node, "set", None) is item]
                        for item in value[20:]])
    assert results[0] == results[1] == [[i] for i in range(10)]


class Writer(io.BytesIO):
    """A file that does something at each write."""

    def __init__(self, action):
        super().__init__()
        self.action = action

    def write(self, data):
        self.action()
        return super().write(data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_file_that_changes_what_is_written(protocol):
    def written(dump):
        rng = random.Random(protocol)
        root = [[f"text {i} {'x' * 50}", {f"key {i}": [i]}] for i in range(3000)]
        shared = Leaf(["shared"])
        seen = weakref.ref(shared)
        root[0].append(shared)
        del shared

        def action():
            # What was written comes again, what was to come is gone, the one at work is taken away.
            # (Newer versions do not let a list grow.)
            root[rng.randrange(len(root) // 2, len(root))] = seen()
            root.append(root[rng.randrange(100)])
            del root[rng.randrange(len(root) // 2, len(root))]
            root[rng.randrange(len(root))] = [["new".upper()]]
            gc.collect()

        file = Writer(action)
        dump(root, file, protocol)
        return file.getvalue()

    assert written(brinery.dump) == written(pickle.dump)


def test_a_weak_reference_callback_in_the_middle_of_a_dump():
    """The collector runs it when it likes; a saver must give it no occasion that is not there."""
    for protocol in PROTOCOLS:
        kept = []
        root = [[f"text {i}", (f"part {i}", [i])] for i in range(2000)]
        root += [Reduced(lambda: [[], [[]]]) for _ in range(50)]
        root += [None] * 20
        calls = []

        def callback(_):
            calls.append(len(root))
            root[2049 + len(calls)] = root[0]
            root[1].append(root[0][1])

        for _ in range(20):
            node = Node()
            node.me = node
            kept.append(weakref.ref(node, callback))
            del node
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            data = brinery.dumps(root, protocol)
        finally:
            gc.set_threshold(*threshold)
        value = pickle.loads(data)
        # Whenever it was, an object is written once: what was put there is what was there before.
        assert len(value) == 2070
        assert all(item is None or item is value[0] for item in value[2050:])
        assert all(item is value[0][1] for item in value[1][2:])


def test_buffers_whose_callback_changes_the_graph():
    def dumped(dumps):
        root = [["text".upper(), ["inner".upper()]]]
        root += [pickle.PickleBuffer(bytearray(10)) for _ in range(5)]
        root += [["tail".upper(), [i]] for i in range(5)]

        def callback(_):
            root[-1] = root[0][1]
            root[-2].append(root[0])

        return dumps(root, 5, buffer_callback=callback)

    assert dumped(brinery.dumps) == dumped(pickle.dumps)


def make_graph(rng, size):
    """Containers of containers, some shared, some in themselves, most met once."""
    pool = []

    def leaf():
        kind = rng.randrange(8)
        if kind == 0 and pool:
            return rng.choice(pool)
        return (rng.randrange(1000), f"text {rng.random()}", rng.random(),
                b"%d" % rng.randrange(10**6), None, "é" * rng.randrange(100), 2**70,
                bytearray(b"x"))[kind]

    def make(depth):
        if depth == 0 or rng.random() < 0.2:
            return leaf()
        count = rng.choice([0, 1, 1, 2, 3, 5])
        kind = rng.randrange(7)
        if kind == 0:
            value = tuple(make(depth - 1) for _ in range(count))
        elif kind == 1:
            value = {f"key {rng.random()}": make(depth - 1) for _ in range(count)}
        elif kind == 2:
            value = {rng.random() for _ in range(count)}
        elif kind == 3:
            value = frozenset((rng.random(), f"t {rng.random()}") for _ in range(count))
        elif kind == 4 and ACTIONS[0] is not None:
            value = Actor(rng.random())
        elif kind == 5:
            value = Node()
            vars(value).update((f"a{i}", make(depth - 1)) for i in range(count))
        else:
            value = [make(depth - 1) for _ in range(count)]
        if rng.random() < 0.2:
            pool.append(value)
        if pool and rng.random() < 0.1:
            other = rng.choice(pool)
            if type(other) is list:
                other.append(value)
        return value

    return [make(5) for _ in range(size)]


# How many actions are left, and what they act on.
ACTIONS = [None, None]


class Actor:
    """When asked how to be pickled, it walks somewhere in the graph and changes things there."""

    def __init__(self, seed):
        self.seed = seed

    def walk(self, rng):
        value = ACTIONS[1]
        for _ in range(rng.randrange(1, 8)):
            if type(value) in (list, tuple) and value:
                value = value[rng.randrange(len(value))]
            elif type(value) is dict and value:
                value = list(value.values())[rng.randrange(len(value))]
            elif type(value) is Node and vars(value):
                value = list(vars(value).values())[rng.randrange(len(vars(value)))]
        return value

    def __reduce__(self):
        rng = random.Random(self.seed)
        if ACTIONS[0] <= 0:
            return Actor, (self.seed,)
        ACTIONS[0] -= 1
        found, other = self.walk(rng), self.walk(rng)
        if type(found) is Actor:
            found = [found.seed]
        action = rng.randrange(6)
        if type(found) is list and action == 0:
            found.clear()
        elif type(found) is list and found and action == 1:
            found.pop(rng.randrange(len(found)))
        elif type(found) is list and action == 2:
            found.append(other)
        elif type(found) is dict and found and action == 3:
            found[next(iter(found))] = [other]
        elif type(found) is dict and action == 4:
            found.clear()
        return list, ((found, [other]),), None, iter([found, [f"{self.seed}"]])


def compare_graphs(seeds, actions):
    for seed in seeds:
        for protocol in PROTOCOLS:
            results = []
            for dumps in (pickle.dumps, brinery.dumps):
                ACTIONS[:] = [actions, None]
                ACTIONS[1] = make_graph(random.Random(seed), 8)
                results.append(outcome(dumps, ACTIONS[1], protocol))
                ACTIONS[:] = [None, None]
            assert results[0] == results[1], (seed, protocol)


def test_random_graphs():
    compare_graphs(range(150), None)


def test_random_graphs_that_change_while_they_are_written():
    compare_graphs(range(1000, 1300), 10)


@pytest.mark.long
def test_many_random_graphs():
    compare_graphs(range(2000, 12000), None)
    compare_graphs(range(20000, 40000), 20)


@pytest.mark.parametrize("size", [0, 1, 2, 999, 1000, 1001, 1002, 1999, 2000, 2001, 2002])
def test_sizes_around_a_batch(size):
    """Where a batch ends, and what one item alone looks like, is not the same in all versions."""
    class Mapping(dict):
        pass

    strings = [f"text {i}" for i in range(size)]
    lists = [[i] for i in range(size)]
    for items in (range(size), strings, lists):
        same(lambda: list(items))
        same(lambda: dict(enumerate(items)))
        same(lambda: {f"key {i}": item for i, item in enumerate(items)})
        same(lambda: collections.deque(items))
        same(lambda: collections.OrderedDict(enumerate(items)))
    same(lambda: [set(range(size)), frozenset(range(size))])
    same(lambda: {(i, str(i)): [i] for i in range(size)})
    names = set(strings)
    same(lambda: [names, frozenset(names)])


@pytest.mark.parametrize("size, place", [
    (1, 0), (2, 0), (2, 1), (1000, 0), (1000, 999), (1001, 3), (1001, 999), (1001, 1000), (2500, 7),
    (2001, 1500), (2001, 2000)])
def test_containers_that_change_in_a_batch(size, place):
    def grow(items):
        items.append(1) if isinstance(items, list) else items.update(new=1)

    def shrink(items):
        items.pop() if isinstance(items, list) else items.popitem()

    def swap(items):
        grow(items)
        items.pop(0) if isinstance(items, list) else items.pop(next(iter(items)))

    def in_list(action):
        items = [[i] for i in range(size)]
        items[place] = Reduced(lambda: action(items) or 1)
        return items

    def in_dict(action):
        items = {f"key {i}": [i] for i in range(size)}
        items[f"key {place}"] = Reduced(lambda: action(items) or 1)
        return items

    for action in (grow, shrink, swap):
        same(lambda: in_list(action))
        same(lambda: in_dict(action))


GROWING = """
import datetime, pickle, sys
import brinery

class Thing:
    pass

def things(count, extra):
    made = [Thing() for _ in range(count)]
    for number, thing in enumerate(made):
        thing.name = number
    zone = datetime.timezone.utc
    made += [datetime.datetime(2000, 1, 1 + number % 28, tzinfo=zone) for number in range(count)]
    # Behind a key that takes its time, a value is not looked at beforehand.
    behind = [{(number, "key"): thing} for number, thing in enumerate(made)]
    return [[f"text {number}" for number in range(extra)] * 2, behind, made]

for count in (3, 10, 40):
    for extra in range(130):
        value = things(count, extra)
        for protocol in (2, 4):
            assert brinery.dumps(value, protocol) == pickle.dumps(value, protocol), (count, extra)
"""


def test_a_memo_that_grows_at_any_object():
    """What was looked up in the memo is not read from it once it has grown."""
    subprocess.run([sys.executable, "-c", GROWING], check=True, timeout=60,
                   env=dict(os.environ, PYTHONMALLOC="debug"))
