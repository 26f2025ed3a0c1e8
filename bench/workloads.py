"""What is read: the pickles of the benchmarks, the same ones in every run.

`READING` holds real shapes of data, pickled by CPython with its newest protocol.  `GROWTH` holds
one shape for each thing that a reader's time and memory could grow with out of proportion: items,
nesting, use of the memo, sharing.  Those are written opcode by opcode, because pickle itself
refuses to write most of them at the sizes that matter.  `FOREIGN` adds to the real shapes what
readers in other languages find hard.
"""

import pickle
import random
import struct

PROTOCOL = 5


class Point:
    """A plain instance: state in `__dict__`, no methods of its own for pickling."""

    def __init__(self, x, y, label):
        self.x = x
        self.y = y
        self.label = label


# ----------------------------------------------------------------------------
# Reading
# ----------------------------------------------------------------------------


def _ints(n):
    return list(range(n))


def _mixed_ints(n):
    rng = random.Random(2)
    return [rng.getrandbits(rng.randint(1, 64)) * rng.choice((1, -1)) for _ in range(n)]


def _floats(n):
    rng = random.Random(3)
    return [rng.uniform(-1e6, 1e6) for _ in range(n)]


def _tuples(n):
    rng = random.Random(4)
    return [(i, rng.random(), i & 255) for i in range(n)]


def _strings(n):
    rng = random.Random(5)
    return [f"string {i} {rng.getrandbits(32):x}" for i in range(n)]


def _records(n, first=0):
    rng = random.Random(6)
    return [
        {
            "id": i,
            "name": f"name {i}",
            "value": rng.uniform(0, 1000),
            "active": rng.random() < 0.5,
            "group": f"group {rng.randrange(10)}",
        }
        for i in range(first, first + n)
    ]


def _document(n):
    rng = random.Random(7)
    return {
        "version": 3,
        "generated": "2024-05-01T12:00:00Z",
        "users": [
            {
                "id": i,
                "profile": {
                    "name": f"user {i}",
                    "email": f"user{i}@example.com",
                    "tags": rng.sample(["red", "green", "blue", "grey", "black"], 3),
                    "active": rng.random() < 0.5,
                },
                "score": rng.uniform(0, 100),
                "orders": [
                    {
                        "sku": f"sku-{rng.randrange(10**6)}",
                        "count": rng.randrange(1, 20),
                        "price": round(rng.uniform(1, 500), 2),
                    }
                    for _ in range(4)
                ],
                "note": None,
            }
            for i in range(n)
        ],
    }


def _instances(n):
    return [Point(i, i * 0.5, f"p{i}") for i in range(n)]


class Workload:
    """A pickle to read: how to make it, and what the project sets out to reach with it.

    target  how many times faster than pickle.loads, None where nothing was promised
    """

    def __init__(self, name, title, make, size, target=None):
        self.name = name
        self.title = title
        self.make = make
        self.size = size
        self.target = target

    def untargeted(self):
        return Workload(self.name, self.title, self.make, self.size)

    def data(self, scale=1, protocol=PROTOCOL):
        return pickle.dumps(self.make(int(self.size * scale)), protocol)


READING = [
    Workload("ints", "1,000,000 sequential ints", _ints, 1_000_000, 9),
    Workload("mixed-ints", "500,000 ints of 1 to 64 bits", _mixed_ints, 500_000),
    Workload("floats", "500,000 floats", _floats, 500_000),
    Workload("tuples", "200,000 tuples (int, float, int)", _tuples, 200_000),
    Workload("strings", "200,000 unique strings", _strings, 200_000),
    Workload("records", "20,000 records (dicts of 5)", _records, 20_000, 6),
    Workload("document", "a nested document, 5 MB", _document, 24_000, 9),
    Workload("instances", "100,000 plain instances", _instances, 100_000, 10),
]


def reading(name):
    return next(workload for workload in READING if workload.name == name)


# ----------------------------------------------------------------------------
# Beside libraries of other languages
# ----------------------------------------------------------------------------


def _big_ints(n):
    rng = random.Random(8)
    return [rng.getrandbits(rng.randint(65, 2048)) * rng.choice((1, -1)) for _ in range(n)]


def _shared(n):
    return [[a, a] for a in ([i] for i in range(n))]


def _cycles(n):
    found = []
    for i in range(n):
        a = [i]
        a.append(a)
        found.append(a)
    return found


def _doubled(n):
    # 2**n paths lead to the innermost list.
    value = [1]
    for _ in range(n):
        value = (value, value)
    return value


def _array(n):
    import numpy

    return numpy.arange(n, dtype="f8")


# target: how many times faster than the best of the other libraries.
FOREIGN = [
    Workload("records", "20,000 records (dicts of 5)", _records, 20_000, 10),
    *(workload.untargeted() for workload in READING if workload.name != "records"),
    Workload("big-ints", "20,000 ints of 65 to 2048 bits", _big_ints, 20_000),
    Workload("shared", "50,000 times [a, a] with a = [i]", _shared, 50_000),
    Workload("cycles", "50,000 lists that contain themselves", _cycles, 50_000),
    Workload("doubled", "x = (x, x), 28 times", _doubled, 28),
    Workload("array", "a numpy array of 1,000,000 floats", _array, 1_000_000),
]


def foreign(name):
    return next(workload for workload in FOREIGN if workload.name == name)


def write_large(path, size):
    """Write a pickle of about `size` bytes to a file: records, as people keep them.

    Returns how many records there are.
    """
    first, few = 1_000_000, 10_000
    each = len(pickle.dumps(_records(few, first), PROTOCOL)) / few
    count = int(size / each)
    with open(path, "wb") as file:
        pickle.dump(_records(count, first), file, PROTOCOL)
    return count


# ----------------------------------------------------------------------------
# Growth
# ----------------------------------------------------------------------------

_U32 = struct.Struct("<I").pack


def _grow_items(n):
    body = b"".join([b"J" + struct.pack("<i", i) for i in range(n)])
    return b"\x80\x04](" + body + b"e."


def _grow_pairs(n):
    body = b"".join([b"\x8c\x08%08xN" % i for i in range(n)])
    return b"\x80\x04}(" + body + b"u."


def _grow_lists(n):
    return b"\x80\x04" + b"]" * n + b"a" * (n - 1) + b"."


def _grow_tuples(n):
    return b"\x80\x04)" + b"\x85" * n + b"."


def _grow_memo(n):
    puts = b"".join([b"]r" + _U32(i) for i in range(n)])
    gets = b"".join([b"j" + _U32(n - 1 - i) for i in range(n)])
    return b"\x80\x04](" + puts + gets + b"e."


def _grow_sharing(n):
    # x = (); n times x = (x, x): 2**n paths lead to the innermost one.
    return b"\x80\x04)" + b"2\x86" * n + b"."


def _check_items(lib, doc, n):
    root = lib.root(doc)
    return lib.size(root) == n and all(
        lib.int(lib.at(root, i)) == i for i in _sample(n)
    )


def _check_pairs(lib, doc, n):
    root = lib.root(doc)
    return lib.size(root) == n and all(
        lib.text(lib.key_at(root, i)) == b"%08x" % i and lib.is_none(lib.value_at(root, i))
        for i in _sample(n)
    )


def _check_nested(type_name):
    def check(lib, doc, n):
        value, depth = lib.root(doc), 0
        while lib.size(value) == 1 and lib.type_name(value) == type_name:
            value = lib.at(value, 0)
            depth += 1
        # The innermost list is one of the n; the innermost () is not one of the n tuples.
        levels = depth + 1 if type_name == b"list" else depth
        return levels == n and lib.type_name(value) == type_name and lib.size(value) == 0

    return check


def _check_memo(lib, doc, n):
    root = lib.root(doc)
    return lib.size(root) == 2 * n and all(
        lib.at(root, i) == lib.at(root, 2 * n - 1 - i) for i in _sample(n)
    )


def _check_sharing(lib, doc, n):
    value, depth = lib.root(doc), 0
    while lib.size(value) == 2 and lib.at(value, 0) == lib.at(value, 1):
        value = lib.at(value, 0)
        depth += 1
    return depth == n and lib.type_name(value) == b"tuple" and lib.size(value) == 0


def _sample(n):
    return range(0, n, max(1, n // 1000))


class Shape:
    """A pickle that can be made as large as one likes, and how to see that it was read right."""

    def __init__(self, name, title, data, check):
        self.name = name
        self.title = title
        self.data = data
        self.check = check


GROWTH = [
    Shape("items", "ints in one list", _grow_items, _check_items),
    Shape("pairs", "pairs in one dict", _grow_pairs, _check_pairs),
    Shape("lists", "lists inside one another", _grow_lists, _check_nested(b"list")),
    Shape("tuples", "tuples inside one another", _grow_tuples, _check_nested(b"tuple")),
    Shape("memo", "lists put into the memo and fetched", _grow_memo, _check_memo),
    Shape("sharing", "tuples (x, x) of the one before", _grow_sharing, _check_sharing),
]


def growth(name):
    return next(shape for shape in GROWTH if shape.name == name)
