"""The Python objects that are dumped and loaded: what people save, standard library only.

Each is checked before its time counts: the bytes are those of the stock pickle, and what comes
back is equal.
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import random
import uuid

import workloads


class Plain:
    def __init__(self, n):
        self.name = f"plain {n}"
        self.size = n
        self.weight = n / 7

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)


class Slotted:
    __slots__ = ("name", "size", "weight")

    def __init__(self, n):
        self.name = f"slotted {n}"
        self.size = n
        self.weight = n / 7

    def __eq__(self, other):
        return (self.name, self.size, self.weight) == (other.name, other.size, other.weight)


@dataclasses.dataclass
class Data:
    name: str
    size: int
    weight: float


Point = collections.namedtuple("Point", "x y z")


class Colour(enum.Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


def _nested(n):
    nest = []
    for i in range(n):
        nest = [i, nest]
    return nest


def _tutorial(_):
    """The object of the tutorials' table of protocols."""
    return {
        "large_list": list(range(10000)),
        "nested_dict": {f"key_{i}": list(range(100)) for i in range(100)},
    }


def _times(n):
    start = datetime.datetime(2026, 3, 1)
    return [start + datetime.timedelta(seconds=i * 977) for i in range(n)]


def _uuids(n):
    rng = random.Random(1)
    return [uuid.UUID(int=rng.getrandbits(128)) for _ in range(n)]


def _words(n):
    return [f"w\N{LATIN SMALL LETTER O WITH DIAERESIS}rd {i} \N{SNOWMAN}" for i in range(n)]


class Workload:
    """An object: how to make it, how many items; equal: whether two are the same to a user."""

    def __init__(self, name, title, make, size, equal=None, dumps_goal=1, loads_goal=1):
        self.name = name
        self.title = title
        self.make = make
        self.size = size
        self.equal = equal or (lambda a, b: a == b)
        self.dumps_goal = dumps_goal
        self.loads_goal = loads_goal


def _same_nest(a, b):
    while a and b:
        if a[0] != b[0] or len(a) != len(b):
            return False
        a, b = a[1], b[1]
    return a == b


OBJECTS = [
    Workload("tiny-int", "tiny int", lambda _: 42, 1),
    Workload(
        "message",
        "small dict message",
        lambda _: {"id": 12345, "type": "update", "ok": True, "value": 0.25, "tags": ["a"]},
        1,
    ),
    Workload("ints", "300,000 ints", lambda n: list(range(n)), 300_000),
    Workload("floats", "300,000 floats", lambda n: [i / 7 for i in range(n)], 300_000),
    Workload(
        "strings", "100,000 unique strings", lambda n: [f"string {i}" for i in range(n)], 100_000
    ),
    Workload(
        "shared-strings",
        "200,000 strings, 3 of them different",
        lambda n: [["alpha", "beta", "gamma"][i % 3] for i in range(n)],
        200_000,
    ),
    Workload("non-ascii", "50,000 non-ASCII strings", _words, 50_000),
    Workload("records", "20,000 records (dicts of 5)", workloads._records, 20_000),
    Workload("document", "a nested document, 5 MB", workloads._document, 24_000),
    Workload("tuples", "100,000 tuples (int, float, int)", workloads._tuples, 100_000),
    Workload(
        "sets", "5,000 sets of 10", lambda n: [set(range(i, i + 10)) for i in range(n)], 5_000
    ),
    Workload("instances", "30,000 plain instances", lambda n: [Plain(i) for i in range(n)], 30_000),
    Workload(
        "slots", "30,000 instances with slots", lambda n: [Slotted(i) for i in range(n)], 30_000
    ),
    Workload(
        "dataclasses",
        "30,000 dataclasses",
        lambda n: [Data(f"data {i}", i, i / 7) for i in range(n)],
        30_000,
    ),
    Workload(
        "namedtuples",
        "30,000 namedtuples",
        lambda n: [Point(i, i / 7, None) for i in range(n)],
        30_000,
    ),
    Workload(
        "enums", "50,000 enum members", lambda n: [Colour(1 + i % 3) for i in range(n)], 50_000
    ),
    Workload("datetimes", "20,000 datetimes", _times, 20_000),
    Workload(
        "decimals",
        "20,000 Decimals",
        lambda n: [decimal.Decimal(i) / 100 for i in range(n)],
        20_000,
    ),
    Workload("uuids", "10,000 UUIDs", _uuids, 10_000),
    Workload("nested", "200 levels of lists", _nested, 200, _same_nest),
    Workload("tutorial", "the tutorials' protocol table", _tutorial, 1),
    Workload("bytes", "64 MB of bytes", lambda n: bytes(n), 64_000_000),
]


def named(name):
    return next(workload for workload in OBJECTS if workload.name == name)
