"""The Python objects that are dumped and loaded: what people save.

Those of libraries (numpy, pandas, scikit-learn) are made where the libraries are there.  Each
object is checked before its time counts: the bytes are those of the stock pickle, and what comes
back is equal.
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib.util
import ipaddress
import pathlib
import random
import typing
import uuid

import workloads


class Plain:
    def __init__(self, n):
        self.name = f"plain {n}"
        self.size = n
        self.weight = n / 7

    def __eq__(self, other):
        # Not by __dict__: asking for it makes one, and an instance that has one is saved in
        # another way, so that looking whether the result is right would change what is measured.
        return (self.name, self.size, self.weight) == (other.name, other.size, other.weight)


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


def _collections(n):
    kinds = [
        lambda i: collections.deque([i, i + 1, i + 2]),
        lambda i: collections.Counter({"a": i, "b": 2}),
        lambda i: collections.OrderedDict(a=i, b=2),
        lambda i: collections.defaultdict(list, a=[i]),
    ]
    return [kinds[i % len(kinds)](i) for i in range(n)]


def _values(n):
    kinds = [
        lambda i: fractions.Fraction(i, 7),
        lambda i: range(i, 2 * i, 2),
        lambda i: slice(i, None),
        lambda i: complex(i, 1),
        lambda i: pathlib.PurePosixPath(f"/usr/share/{i}"),
        lambda i: ipaddress.IPv4Address(i),
    ]
    return [kinds[i % len(kinds)](i) for i in range(n)]


def _words(n):
    return [f"w\N{LATIN SMALL LETTER O WITH DIAERESIS}rd {i} \N{SNOWMAN}" for i in range(n)]


def _small_arrays(n):
    import numpy

    return [numpy.arange(8, dtype="f8") + i for i in range(n)]


def _array(n):
    import numpy

    return numpy.arange(n, dtype="i8")


def _same_arrays(a, b):
    import numpy

    return len(a) == len(b) and all(map(numpy.array_equal, a, b))


def _same_array(a, b):
    import numpy

    return a.dtype == b.dtype and numpy.array_equal(a, b)


def _features(n):
    import numpy

    return numpy.random.default_rng(1).random((n, 8))


def _forest(n):
    from sklearn.ensemble import RandomForestClassifier

    features = _features(600)
    labels = (features[:, 0] + features[:, 1] * features[:, 2] > 0.75).astype(int)
    return RandomForestClassifier(n_estimators=n, random_state=1).fit(features, labels)


def _same_forest(a, b):
    unseen = _features(50)
    return bool((a.predict_proba(unseen) == b.predict_proba(unseen)).all())


def _frame(n):
    import pandas

    return pandas.DataFrame(
        {
            "id": range(n),
            "value": [i / 7 for i in range(n)],
            "name": pandas.Series([f"name {i}" for i in range(n)], dtype=object),
            "when": pandas.date_range("2026-03-01", periods=n, freq="s"),
        }
    )


def _same_frame(a, b):
    return a.equals(b) and list(a.dtypes) == list(b.dtypes)


class Workload:
    """An object: how to make it, and how many items it has.

    equal    whether two are the same to a user
    goals    how many times faster than pickle dumps and loads shall be, None where nothing was
             promised but not to be slower
    needs    the libraries without which it cannot be made
    schema   what msgspec is told about the type, where it needs to know it
    lowest   the first protocol that can save it
    part     the share of the items that is enough to compare protocols, files and peers
    settled  whether making it in two processes gives the same bytes; the nodes of scikit-learn's
             trees have gaps with whatever was in memory before
    """

    def __init__(self, name, title, make, size, goals=(None, None), equal=None, needs=(),
                 schema=None, lowest=0, part=0.1, settled=True):
        self.name = name
        self.title = title
        self.make = make
        self.size = size
        self.goals = goals
        self.equal = equal or (lambda a, b: a == b)
        self.needs = needs
        self.schema = schema
        self.lowest = lowest
        self.part = part
        self.settled = settled

    def some(self):
        """How many items a part has."""
        return max(1, int(self.size * self.part))

    def missing(self):
        """The library without which it cannot be made here, or None."""
        return next((name for name in self.needs if not importlib.util.find_spec(name)), None)


def _same_nest(a, b):
    while a and b:
        if a[0] != b[0] or len(a) != len(b):
            return False
        a, b = a[1], b[1]
    return a == b


OBJECTS = [
    Workload("tiny-int", "tiny int", lambda _: 42, 1, (5, 3.5)),
    Workload(
        "message",
        "small dict message",
        lambda _: {"id": 12345, "type": "update", "ok": True, "value": 0.25, "tags": ["a"]},
        1,
        (3, 2.3),
    ),
    Workload("ints", "1,000,000 ints", lambda n: list(range(n)), 1_000_000, (4, 1.35)),
    Workload(
        "floats", "1,000,000 floats", lambda n: [i / 7 for i in range(n)], 1_000_000, (4, 2.4)
    ),
    Workload(
        "strings",
        "100,000 unique strings",
        lambda n: [f"string {i}" for i in range(n)],
        100_000,
        (10, 1.4),
    ),
    Workload(
        "shared-strings",
        "200,000 strings, 3 of them different",
        lambda n: [["alpha", "beta", "gamma"][i % 3] for i in range(n)],
        200_000,
        (3, 1.8),
    ),
    Workload("non-ascii", "50,000 non-ASCII strings", _words, 50_000, (5, 1.1)),
    Workload("records", "20,000 records (dicts of 5)", workloads._records, 20_000, (7, 2.8)),
    Workload("document", "a nested document, 5 MB", workloads._document, 24_000, (8, 2.2)),
    Workload(
        "tuples",
        "100,000 tuples (int, float, int)",
        workloads._tuples,
        100_000,
        (10, 1.9),
        schema=lambda: typing.List[typing.Tuple[int, float, int]],
    ),
    Workload(
        "sets",
        "5,000 sets of 10",
        lambda n: [set(range(i, i + 10)) for i in range(n)],
        5_000,
        (2.3, 2),
        schema=lambda: typing.List[typing.Set[int]],
    ),
    Workload(
        "instances",
        "30,000 plain instances",
        lambda n: [Plain(i) for i in range(n)],
        30_000,
        (11, 4.5),
    ),
    Workload(
        "slots",
        "30,000 instances with slots",
        lambda n: [Slotted(i) for i in range(n)],
        30_000,
        (50, 12),
        lowest=2,
    ),
    Workload(
        "dataclasses",
        "30,000 dataclasses",
        lambda n: [Data(f"data {i}", i, i / 7) for i in range(n)],
        30_000,
        (11, 4.5),
        schema=lambda: typing.List[Data],
    ),
    Workload(
        "namedtuples",
        "30,000 namedtuples",
        lambda n: [Point(i, i / 7, None) for i in range(n)],
        30_000,
        (30, 4.5),
        schema=lambda: typing.List[Point],
    ),
    Workload(
        "enums",
        "50,000 enum members",
        lambda n: [Colour(1 + i % 3) for i in range(n)],
        50_000,
        schema=lambda: typing.List[Colour],
    ),
    Workload(
        "datetimes",
        "20,000 datetimes",
        _times,
        20_000,
        (40, 3),
        schema=lambda: typing.List[datetime.datetime],
    ),
    Workload(
        "decimals",
        "20,000 Decimals",
        lambda n: [decimal.Decimal(i) / 100 for i in range(n)],
        20_000,
        (5, 1.7),
        schema=lambda: typing.List[decimal.Decimal],
    ),
    Workload(
        "uuids",
        "10,000 UUIDs",
        _uuids,
        10_000,
        (5, 1.7),
        schema=lambda: typing.List[uuid.UUID],
    ),
    Workload("collections", "4,000 deques, Counters and such", _collections, 4_000),
    Workload("values", "6,000 fractions, ranges, paths and such", _values, 6_000),
    Workload("nested", "200 levels of lists", _nested, 200, equal=_same_nest),
    Workload("tutorial", "the tutorials' protocol table", _tutorial, 1),
    Workload("bytes", "64 MB of bytes", lambda n: bytes(n), 64_000_000, (3.5, 3.5),
             part=0.02),
    Workload(
        "small-arrays",
        "10,000 small numpy arrays",
        _small_arrays,
        10_000,
        (1.5, 1.2),
        equal=_same_arrays,
        needs=("numpy",),
    ),
    Workload(
        "array",
        "a numpy array of 256 MB",
        _array,
        32_000_000,
        (3.5, 3.5),
        equal=_same_array,
        needs=("numpy",),
        part=0.01,
    ),
    Workload(
        "forest",
        "a random forest, 100 trees",
        _forest,
        100,
        (1.2, 1.05),
        equal=_same_forest,
        needs=("sklearn",),
        settled=False,
    ),
    Workload(
        "frame",
        "a pandas frame, 50,000 rows",
        _frame,
        50_000,
        (2.5, 1.4),
        equal=_same_frame,
        needs=("pandas",),
    ),
]


def named(name):
    return next(workload for workload in OBJECTS if workload.name == name)
