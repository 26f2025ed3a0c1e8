"""Random pickles, the same ones for the same seed.

Two sources.  `Objects` makes Python objects of every kind that people pickle, shared and
cyclic, and lets the picklers of CPython write them in every protocol.  `programs()` writes
opcodes that no pickler writes in this order, but that are a pickle all the same: it runs the
reference machine while it writes, and so knows what may come next.
"""

import collections
import datetime
import decimal
import fractions
import pathlib
import pickle
import pickletools
import random
import struct
import uuid

import specimens
from model import ACTIVE
from reference import Machine, Refused, key_of

INTS = [
    0, 1, -1, 2, 9, 10, 127, 128, 255, 256, -128, -129, -255, -256, 65535, 65536, -32768,
    2**31 - 2, 2**31 - 1, 2**31, 2**31 + 1, -(2**31) - 1, -(2**31), 1 - 2**31, 2**32 - 1, 2**32,
    2**53 - 1, 2**53, 2**53 + 1, -(2**53), 1 - 2**53, 2**63 - 1, 2**63, 2**63 + 1, -(2**63) - 1,
    -(2**63), 1 - 2**63, 2**64 - 1, 2**64, 10**18, 10**19, -(10**18), 10**18 - 1, 2**200,
    -(2**200), 2**200 - 1, 2**2040 - 1, 2**2039, -(2**2039), 10**700, -(10**700) + 1,
]

FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324,
    -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308,
    -1.7976931348623157e308, float("inf"), float("-inf"), 1e22, 1e23, 9007199254740993.0,
    2.0**-1074, 2.0**1023, 0.3, 100.0, 4.35,
]

NANS = [float("nan"), -float("nan"), struct.unpack(">d", bytes.fromhex("7ff8000000000001"))[0]]

STRINGS = [
    "", "a", "key", "name", "hello world", "0", "1", "True", "null", "$ref", "$id", "$", "\0",
    "\n", "\r\n", "\t", "\\", "\\u0041", "\\U0001f600", "'", '"', "'\"", "\x1a", "\x7f", "\x80",
    "\x85", "\xa0", "\xad", "\xe9", "\xff", "\u0100", "\u07ff", "\u0800", "\u2028", "\u2029",
    "\ufeff", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff",
    "gr\xfc\xdfe", "\u4f60\u597d", "e\u0301", "\ud800", "\udfff", "a\ud83d", "\ude00b",
    "\ud83d\ude00", "x" * 39, "x" * 40, "x" * 41, "y" * 255, "y" * 256, "\xe9" * 20, "\xe9" * 21,
    "\xe9" * 127, "\xe9" * 128, "z" * 300, "</script>", "line\nbreak", "a.b", "['x']",
    "__class__",
]

BYTES = [
    b"", b"a", b"\0", b"\n", b"\xff", b"hello", bytes(range(256)), b"x" * 40, b"x" * 41,
    b"y" * 255, b"y" * 256, b"'", b'"', b"\\", b"\x80\x04.",
]

KEYS = [
    1, True, 1.0, "1", 0, False, 0.0, -0.0, None, "", b"", (), (1,), (True,), (1.0,), ("QPSK", 2),
    (1, (2, (3,))), b"1", 2**53, float(2**53), 2**53 + 1, 2**63, float(2**63), 2**200,
    float(2**200), -1, -1.0, 1e300, 0.5, frozenset(), frozenset([1, 2]), "$id", "a b", "\ud800",
    "k" * 50, ("k" * 50,), (None, False),
]


class Objects:
    """Random objects from a random.Random."""

    def __init__(self, rng, size=30):
        self.rng = rng
        self.left = size
        self.pool = []  # what may be shared
        self.open = []  # mutable containers that may be closed into cycles

    # -- atoms -----------------------------------------------------------------

    def integer(self):
        rng = self.rng
        if rng.random() < 0.6:
            return rng.choice(INTS)
        value = rng.getrandbits(rng.choice([3, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 128, 300]))
        return -value if rng.random() < 0.4 else value

    def real(self, nan=True):
        rng = self.rng
        if nan and rng.random() < 0.05:
            return rng.choice(NANS)
        if rng.random() < 0.5:
            return rng.choice(FLOATS)
        if rng.random() < 0.3:
            return rng.uniform(-1000, 1000)
        while True:
            value = struct.unpack(">d", rng.randbytes(8))[0]
            if value == value:
                return value

    def text(self):
        rng = self.rng
        if rng.random() < 0.6:
            # Another object each time, as text from a program is.
            return "".join(list(rng.choice(STRINGS)))
        top = rng.choice([0x7F, 0xFF, 0xFFFF, 0x10FFFF])
        return "".join(chr(rng.randint(0, top)) for _ in range(rng.choice([1, 3, 8, 20, 60])))

    def data(self):
        rng = self.rng
        if rng.random() < 0.5:
            return bytes(list(rng.choice(BYTES)))
        return rng.randbytes(rng.choice([1, 5, 30, 41, 70, 300]))

    def when(self):
        rng = self.rng
        zone = rng.choice(
            [
                None,
                datetime.timezone.utc,
                datetime.timezone(datetime.timedelta(hours=rng.randint(-11, 12))),
                datetime.timezone(datetime.timedelta(minutes=90), "odd"),
            ]
        )
        moment = datetime.datetime(
            rng.randint(1, 9999),
            rng.randint(1, 12),
            rng.randint(1, 28),
            rng.randint(0, 23),
            rng.randint(0, 59),
            rng.randint(0, 59),
            rng.randint(0, 999999),
            tzinfo=zone,
            fold=rng.randint(0, 1),
        )
        return rng.choice(
            [
                moment,
                moment.date(),
                moment.time(),
                moment.timetz(),
                zone,
                datetime.timedelta(
                    rng.randint(-9999, 9999), rng.randint(0, 86399), rng.randint(0, 999999)
                ),
            ]
        )

    def number(self):
        rng = self.rng
        return rng.choice(
            [
                lambda: decimal.Decimal(
                    rng.choice(["1.10", "-0", "NaN", "Infinity", "1E+30", "sNaN"])
                ),
                lambda: decimal.Decimal(self.integer()),
                lambda: fractions.Fraction(rng.randint(-99, 99), rng.randint(1, 99)),
                lambda: complex(self.real(), self.real()),
                lambda: specimens.MyInt(self.integer()),
                lambda: specimens.MyFloat(self.real()),
                lambda: range(rng.randint(0, 9), rng.randint(10, 99), rng.randint(1, 5)),
                lambda: slice(None, rng.randint(0, 99), rng.choice([None, 2])),
                lambda: uuid.UUID(int=rng.getrandbits(128)),
            ]
        )()

    def named(self):
        return self.rng.choice(
            [
                int, len, type(None), type(...), ..., NotImplemented, specimens.function,
                specimens.Plain, specimens.Outer, specimens.Color.RED, specimens.Color.GREEN,
                specimens.Level.HIGH, specimens.Access.READ | specimens.Access.WRITE,
                collections.OrderedDict, str.upper, ValueError, datetime.datetime, range, map,
                OSError,
            ]
        )

    def atom(self):
        rng = self.rng
        return rng.choice(
            [
                lambda: None,
                lambda: True,
                lambda: False,
                self.integer,
                self.integer,
                self.real,
                self.real,
                self.text,
                self.text,
                self.data,
                lambda: bytearray(self.data()),
                self.when,
                self.number,
                self.named,
            ]
        )()

    # -- containers ------------------------------------------------------------

    def hashable(self, depth=2):
        rng = self.rng
        if rng.random() < 0.3:
            return rng.choice(KEYS)
        return rng.choice(
            [
                lambda: None,
                lambda: True,
                self.integer,
                lambda: self.real(nan=False),
                self.text,
                self.text,
                self.data,
                lambda: specimens.Frozen(self.text(), self.integer()),
                lambda: specimens.Color.RED,
                lambda: specimens.Level.LOW,
                lambda: datetime.date(2020, 1, rng.randint(1, 28)),
                lambda: decimal.Decimal(rng.randint(0, 9)),
                lambda: (
                    tuple(self.hashable(depth - 1) for _ in range(rng.randint(0, 3)))
                    if depth
                    else 7
                ),
                lambda: (
                    frozenset(self.hashable(0) for _ in range(rng.randint(0, 3))) if depth else "f"
                ),
            ]
        )()

    def some(self):
        count = self.rng.choice([0, 1, 1, 2, 3, 4, 6])
        return [self.value() for _ in range(min(count, max(self.left, 0)))]

    def pairs(self):
        return [(self.hashable(), item) for item in self.some()]

    def attributes(self):
        return {
            self.rng.choice(["a", "b", "name", "long_attribute_name", "x" * 45]): item
            for item in self.some()
        }

    def instance(self):
        rng = self.rng

        def extended(made, items=(), pairs=()):
            for item in items:
                made.append(item)
            for key, item in pairs:
                made[key] = item
            return made

        def exception():
            cls = rng.choice(
                [
                    ValueError,
                    KeyError,
                    OSError,
                    specimens.Trouble,
                    UnicodeDecodeError,
                    ImportError,
                    StopIteration,
                ]
            )
            if cls is UnicodeDecodeError:
                return cls("utf-8", b"\xff", 0, 1, "invalid")
            if cls is OSError:
                return cls(2, "No such file", "name")
            made = cls("message", rng.randint(0, 9))
            if rng.random() < 0.5:
                made.note = self.value()
            return made

        def attributed(made):
            made.__dict__.update(self.attributes())
            return made

        return rng.choice(
            [
                lambda: specimens.Plain(**self.attributes()),
                lambda: specimens.Plain(**self.attributes()),
                lambda: specimens.Slots(self.value(), self.value()),
                lambda: specimens.SlotsAndDict(self.value(), self.value(), extra=self.value()),
                lambda: specimens.WithState(self.value()),
                lambda: specimens.FalseState(),
                lambda: specimens.Reduced(*self.some()),
                lambda: extended(specimens.ReducedFully(self.text()), self.some(), self.pairs()),
                lambda: specimens.NewArgs(self.value(), self.value()),
                lambda: specimens.NewArgsEx(self.value(), key=self.value()),
                lambda: attributed(specimens.MyList(self.some())),
                lambda: attributed(specimens.MyDict(self.pairs())),
                lambda: attributed(
                    specimens.MySet(self.hashable() for _ in range(rng.randint(0, 3)))
                ),
                lambda: attributed(specimens.MyStr(self.text())),
                lambda: specimens.MyBytes(self.data()),
                lambda: specimens.Point(self.value(), self.value()),
                lambda: specimens.Record(self.text(), self.value()),
                lambda: specimens.Data(self.text(), self.some(), self.real()),
                lambda: specimens.Outer.Inner(self.value()),
                lambda: collections.OrderedDict(self.pairs()),
                lambda: collections.defaultdict(rng.choice([None, int, list]), self.pairs()),
                lambda: collections.deque(self.some(), rng.choice([None, 10])),
                lambda: collections.Counter(self.hashable() for _ in range(5)),
                lambda: collections.ChainMap(dict(self.pairs()), {}),
                lambda: pathlib.PurePosixPath("some/where"),
                exception,
            ]
        )()

    def container(self):
        rng = self.rng
        kind = rng.randrange(12)
        if kind < 3:
            made = []
            self.open.append(made)
            made.extend(self.some())
        elif kind < 6:
            made = {}
            self.open.append(made)
            made.update(self.pairs())
        elif kind < 8:
            made = tuple(self.some())
        elif kind == 8:
            made = rng.choice([set, frozenset])(self.hashable() for _ in range(rng.randint(0, 6)))
        else:
            made = self.instance()
            if type(made) is specimens.Plain:
                self.open.append(made)
        return made

    def value(self):
        rng = self.rng
        self.left -= 1
        if self.pool and rng.random() < 0.2:
            return rng.choice(self.pool)
        made = self.container() if self.left > 0 and rng.random() < 0.5 else self.atom()
        if rng.random() < 0.6:
            self.pool.append(made)
        return made

    def root(self):
        rng = self.rng
        made = self.container()
        while self.left > 0 and rng.random() < 0.8:
            made = (
                [made, self.value()] if rng.random() < 0.5 else {"a": made, "b": self.container()}
            )
        # Cycles go through lists, dicts and attributes; others, Python itself cannot always load.
        for _ in range(rng.choice([0, 0, 1, 2])):
            if self.open:
                inner, outer = rng.choice(self.open), rng.choice(self.open + [made])
                if type(inner) is list:
                    inner.append(outer)
                elif type(inner) is dict:
                    inner["cycle"] = outer
                else:
                    inner.cycle = outer
        return made


def dump(value, proto, rng):
    """A pickle as one of CPython's picklers writes it."""
    kind = rng.randrange(4)
    if kind == 0:
        return pickle._dumps(value, proto)
    data = pickle.dumps(value, proto)
    return pickletools.optimize(data) if kind == 1 else data


def pickled_objects(count, seed, size=30):
    """`count` pairs (pickle, protocol) of random objects, over the protocols in turn.

    What Python itself cannot write or read back (a cycle through a reduction's arguments) is
    left out and another one made.
    """
    made = 0
    attempt = 0
    while made < count:
        attempt += 1
        if attempt > 2 * count + 100:
            raise AssertionError("the generator makes objects that Python cannot pickle")
        rng = random.Random(f"{seed}/{attempt}")
        value = Objects(rng, rng.choice([3, 10, size, size])).root()
        proto = made % 6
        try:
            data = dump(value, proto, rng)
            pickle.loads(data)
        except Exception:
            continue
        made += 1
        yield data


# ----------------------------------------------------------------------------
# Programs
# ----------------------------------------------------------------------------


def _line(text):
    return text.encode("ascii") + b"\n"


def _sized(width, data):
    return len(data).to_bytes(width, "little") + data


class Program:
    """Writes a random program, one opcode at a time, running it meanwhile."""

    # Opcodes that push something and need nothing.
    PUSHES = [
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING",
        "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "NEXT_BUFFER",
        "NONE", "NEWTRUE", "NEWFALSE", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
        "FLOAT", "BINFLOAT", "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT", "EMPTY_SET", "EXT1",
        "EXT2", "EXT4", "GLOBAL", "PERSID",
    ]
    # Opcodes that take something from the stack or the memo.
    WORKS = [
        "APPEND", "APPENDS", "LIST", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "DICT", "SETITEM",
        "SETITEMS", "ADDITEMS", "FROZENSET", "POP", "DUP", "POP_MARK", "GET", "BINGET",
        "LONG_BINGET", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "STACK_GLOBAL", "REDUCE",
        "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BINPERSID", "READONLY_BUFFER", "PROTO",
    ]

    def __init__(self, rng):
        self.rng = rng
        self.objects = Objects(rng)
        self.machine = Machine()
        self.out = bytearray()
        self.code = {op.name: op.code.encode("latin-1") for op in pickletools.opcodes}

    def argument(self, name):
        """A random argument: its bytes, and its value as genops has it."""
        rng = self.rng
        if name in ("INT", "LONG"):
            if name == "INT" and rng.random() < 0.3:
                return rng.choice([(b"00\n", False), (b"01\n", True)])
            value = self.objects.integer()
            suffix = "L" if name == "LONG" and rng.random() < 0.7 else ""
            return _line(f"{value}{suffix}"), value
        if name == "BININT":
            value = rng.choice([0, -1, 2**31 - 1, -(2**31), rng.randint(-(2**31), 2**31 - 1)])
            return struct.pack("<i", value), value
        if name in ("BININT1", "PROTO"):
            value = rng.randint(0, 5) if name == "PROTO" else rng.randint(0, 255)
            return bytes([value]), value
        if name == "BININT2":
            value = rng.randint(0, 65535)
            return struct.pack("<H", value), value
        if name in ("LONG1", "LONG4"):
            # Any bytes, also longer than need be.
            data = rng.randbytes(rng.choice([0, 1, 2, 7, 8, 9, 20, 41]))
            data += rng.choice([b"", b"", b"\0", b"\xff", b"\0\0", b"\xff\xff\xff"])
            return _sized(1 if name == "LONG1" else 4, data), int.from_bytes(
                data, "little", signed=True
            )
        if name == "STRING":
            text = "".join(chr(rng.randint(0, 127)) for _ in range(rng.choice([0, 3, 50])))
            written = repr(text.encode("ascii"))[1:]
            return _line(written), text
        if name in ("BINSTRING", "SHORT_BINSTRING"):
            data = self.objects.data()[:255]
            return _sized(4 if name == "BINSTRING" else 1, data), data.decode("latin-1")
        if name in ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"):
            data = self.objects.data()[:255]
            width = {"BINBYTES": 4, "SHORT_BINBYTES": 1}.get(name, 8)
            return _sized(width, data), data
        if name in ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"):
            text = self.objects.text()[:60]
            width = {"SHORT_BINUNICODE": 1, "BINUNICODE": 4}.get(name, 8)
            return _sized(width, text.encode("utf-8", "surrogatepass")), text
        if name == "UNICODE":
            text = self.objects.text()
            data = text.replace("\\", "\\u005c").replace("\n", "\\u000a")
            data = data.encode("raw-unicode-escape")
            return data + b"\n", data.decode("raw-unicode-escape")
        if name == "FLOAT":
            text = repr(self.objects.real())
            return _line(text), float(text)
        if name == "BINFLOAT":
            data = struct.pack(">d", self.objects.real())
            return data, struct.unpack(">d", data)[0]
        if name in ("EXT1", "EXT2", "EXT4"):
            width = int(name[3])
            value = rng.randint(1, 2 ** (8 * width - (width == 4)) - 1)
            return value.to_bytes(width, "little"), value
        if name in ("GLOBAL", "INST"):
            module = rng.choice(["builtins", "a.b", "m", "collections", "m" * 45])
            attribute = rng.choice(["list", "A.B", "f", "OrderedDict", "n" * 45])
            return _line(module) + _line(attribute), f"{module} {attribute}"
        if name == "PERSID":
            text = rng.choice(["id", "", "a b", "'quoted'", "i" * 50])
            return _line(text), text
        if name in ("GET", "BINGET", "LONG_BINGET"):
            top = {"BINGET": 2**8, "LONG_BINGET": 2**32}.get(name, 2**64)
            index = rng.choice([index for index in self.machine.memo if index < top])
            return self.index(name, index), index
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
            index = rng.choice(
                [len(self.machine.memo), rng.randint(0, 20), rng.randint(0, 300), 2**31, 2**32 - 1]
            )
            if name == "BINPUT":
                index &= 0xFF
            return self.index(name, index), index
        return b"", None

    @staticmethod
    def index(name, index):
        if name in ("GET", "PUT"):
            return _line(str(index))
        return index.to_bytes(1 if name.startswith("BIN") else 4, "little")

    def fits(self, name):
        """Whether this opcode may come now."""
        machine = self.machine
        stack = machine.stack
        kinds = [node.kind for node in stack[-3:]]
        below = machine.outer[-1] if machine.outer else []
        under = below[-1].kind if below else None

        def hashable(nodes):
            try:
                for node in nodes:
                    key_of(node)
            except Refused:
                return False
            return True

        if name in (
            "POP_MARK", "LIST", "TUPLE", "FROZENSET", "DICT", "INST", "OBJ", "APPENDS",
            "SETITEMS", "ADDITEMS",
        ):
            if not machine.outer:
                return False
            if name in ("DICT", "SETITEMS") and (len(stack) % 2 or not hashable(stack[::2])):
                return False
            if name in ("FROZENSET", "ADDITEMS") and not hashable(stack):
                return False
            if name == "OBJ":
                return bool(stack) and stack[0].kind in ACTIVE
            if name == "APPENDS":
                return bool(stack) and (under == "list" or under in ACTIVE)
            if name == "SETITEMS":
                return bool(stack) and (under == "dict" or under in ACTIVE)
            if name == "ADDITEMS":
                return bool(stack) and (under == "set" or under in ACTIVE)
            return True
        if name in (
            "POP",
            "DUP",
            "TUPLE1",
            "PUT",
            "BINPUT",
            "LONG_BINPUT",
            "MEMOIZE",
            "BINPERSID",
        ):
            return bool(stack)
        if name == "TUPLE2":
            return len(stack) >= 2
        if name == "TUPLE3":
            return len(stack) >= 3
        if name == "GET":
            return bool(machine.memo)
        if name == "BINGET":
            return any(index < 256 for index in machine.memo)
        if name == "LONG_BINGET":
            return any(index < 2**32 for index in machine.memo)
        if name == "APPEND":
            return len(stack) >= 2 and (kinds[-2] == "list" or kinds[-2] in ACTIVE)
        if name == "SETITEM":
            return (
                len(stack) >= 3
                and (kinds[0] == "dict" or kinds[0] in ACTIVE)
                and hashable(stack[-2:-1])
            )
        if name == "STACK_GLOBAL":
            return (
                len(stack) >= 2
                and kinds[-2:] == ["str", "str"]
                and all(node.value for node in stack[-2:])
            )
        if name in ("REDUCE", "NEWOBJ"):
            return len(stack) >= 2 and kinds[-2] in ACTIVE and kinds[-1] == "tuple"
        if name == "NEWOBJ_EX":
            return (
                len(stack) >= 3
                and kinds[0] in ACTIVE
                and kinds[1] == "tuple"
                and kinds[2] == "dict"
            )
        if name == "BUILD":
            return len(stack) >= 2 and kinds[-2] in ACTIVE
        if name == "READONLY_BUFFER":
            return bool(stack) and kinds[-1] == "buffer"
        return True

    def write(self, name):
        data, value = self.argument(name)
        self.out += self.code[name] + data
        self.machine.step(name, value)

    def run(self, length):
        rng = self.rng
        machine = self.machine
        self.write("PROTO")
        for _ in range(length):
            choice = rng.random()
            if choice < 0.12:
                self.write("MARK")
                continue
            if choice < 0.18:
                self.write("GLOBAL")
                continue
            if choice < 0.6:
                fitting = [name for name in self.WORKS if self.fits(name)]
                # What makes something of the stack is preferred to what drops it.
                building = [name for name in fitting if name not in ("POP", "POP_MARK", "PROTO")]
                if fitting and (building or rng.random() < 0.3):
                    self.write(
                        rng.choice(building if building and rng.random() < 0.93 else fitting)
                    )
                    continue
            self.write(rng.choice(self.PUSHES))
        while machine.outer:
            self.write(rng.choice(["LIST", "TUPLE"]))
        if not machine.stack:
            self.write("NONE")
        # Most often all that is left becomes part of the result.
        if len(machine.stack) > 1 and rng.random() < 0.9:
            while len(machine.stack) > 1:
                self.write(
                    rng.choice(["TUPLE2", "TUPLE3"] if len(machine.stack) > 2 else ["TUPLE2"])
                )
        self.out += b"."
        machine.step("STOP", None)
        return bytes(self.out)


def _frame(data, rng):
    """The same program in frames, as protocol 4 has them."""
    ends = [pos for _, _, pos in pickletools.genops(data)][1:] + [len(data)]
    out = bytearray()
    start = 0
    while start < len(data):
        rest = [end for end in ends if end > start]
        end = rng.choice(rest[:12])
        if rng.random() < 0.7:
            out += b"\x95" + (end - start).to_bytes(8, "little")
        out += data[start:end]
        start = end
    return bytes(out)


def programs(count, seed, length=40):
    """`count` random programs with the graph that each of them makes."""
    for number in range(count):
        rng = random.Random(f"{seed}/program/{number}")
        program = Program(rng)
        data = program.run(rng.choice([2, 10, length, length, 3 * length]))
        if rng.random() < 0.3:
            data = _frame(data, rng)
        yield data, program.machine.result
