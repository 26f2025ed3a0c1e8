"""The register of real objects that the drop-in must pickle as the stock pickle does.

kinds_*.py fill it: one function for each kind of object, which makes one.  What a kind says about
itself is checked against the stock pickle, so that a kind cannot pass by failing:

    since, until  the protocols at which it can be pickled: from one to before another (NEVER)
    loads         whether the stock pickle can load what it has dumped
    stable        whether the stock pickle writes the same bytes twice
    difference    what tells how two of its objects differ, if not same.difference

A kind may be made of several objects: a list of them, which then also shows what they share.
"""
import dataclasses

import same

KINDS = {}
NEVER = 6  # as `since`


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    make: object
    since: int = 0
    until: int = 6
    loads: bool = True
    stable: bool = True
    difference: object = same.difference

    def works(self, protocol):
        """Whether it can be pickled so."""
        return self.since <= protocol < self.until


def kind(function=None, **properties):
    """Register the decorated function under its name as the maker of a kind."""
    def register(make):
        name = make.__module__.removeprefix("kinds_") + "." + make.__name__.rstrip("_")
        assert name not in KINDS, name
        KINDS[name] = Kind(name, make, **properties)
        return make

    return register if function is None else register(function)
