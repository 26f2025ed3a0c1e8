"""Objects made twice, equal and not alike, and what their canonical pickles come to.

`digest()` is called in processes that hash text differently.
"""

import hashlib
import pickle
import random

import generate
import specimens
from library import CANONICAL, REORDERED, SMALL, SORT_KEYS, written


class Sharer:
    """Builds an object anew: equal, with other sharing of what is immutable, other sets."""

    def __init__(self, rng):
        self.rng = rng
        self.made = {}
        self.keep = []

    def build(self, value):
        kind = type(value)
        if kind in (list, dict, set) and id(value) in self.made:
            return self.made[id(value)]
        self.keep.append(value)
        if kind is str:
            return "".join(list(value)) if self.rng.random() < 0.5 else value
        if kind is int:
            return int(str(value))
        if kind is tuple:
            return tuple([self.build(item) for item in value])
        if kind is frozenset:
            return frozenset(self.shuffled([self.build(item) for item in value]))
        if kind is list:
            out = self.made[id(value)] = []
            out.extend([self.build(item) for item in value])
            return out
        if kind is set:
            out = self.made[id(value)] = set()
            for item in self.shuffled([self.build(item) for item in value]):
                out.add(item)
            return out
        if kind is dict:
            out = self.made[id(value)] = {}
            for key, item in value.items():
                out[self.build(key)] = self.build(item)
            return out
        if kind is specimens.Plain:
            if id(value) not in self.made:
                out = self.made[id(value)] = specimens.Plain()
                for name, item in vars(value).items():
                    setattr(out, name, self.build(item))
            return self.made[id(value)]
        return value

    def shuffled(self, items):
        self.rng.shuffle(items)
        return items


class Plain(generate.Objects):
    """Objects whose parts follow from their value: sets of text, numbers, tuples, instances."""

    def atom(self):
        return self.rng.choice([
            lambda: None, lambda: True, self.integer, self.text, self.text, self.data,
            lambda: self.real(False)])()

    def hashable(self, depth=3):
        rng = self.rng
        kind = rng.randrange(8)
        if depth and kind == 0:
            return tuple([self.hashable(depth - 1) for _ in range(rng.randrange(3))])
        if depth and kind == 1:
            return frozenset([self.hashable(depth - 1) for _ in range(rng.randrange(3))])
        return rng.choice([self.integer, self.text, self.text, self.data])()

    def instance(self):
        made = specimens.Plain()
        for name in "ab"[: self.rng.randrange(3)]:
            setattr(made, name, self.value())
        if self.rng.random() < 0.3:
            # Instances in a set, which nothing but what they hold can put in order.
            return {specimens.Plain(a=number, b=[made]) for number in range(3)}
        return made


def digest(count, seed):
    """Of the canonical pickles of `count` objects; each is made twice, and in two protocols."""
    found = hashlib.sha256()
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        value = Plain(rng, 20).root()
        other = Sharer(random.Random(hash(str(number)))).build(value)
        protocol = number % 6
        for flags in (CANONICAL, SORT_KEYS | SMALL):
            first = written(pickle.dumps(value, protocol), protocol, flags | REORDERED)
            second = written(pickle.dumps(other, protocol), protocol, flags | REORDERED)
            assert first == second, (seed, number, flags)
            found.update(first)
    return found.hexdigest()
