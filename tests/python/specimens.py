"""Classes whose instances the tests pickle: one for each way a class can say how."""

import collections
import copyreg
import dataclasses
import enum
import typing


class Plain:
    """Attributes in __dict__."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slots:
    __slots__ = ("left", "right")

    def __init__(self, left=None, right=None):
        self.left = left
        self.right = right


class SlotsAndDict(Slots):
    """State is a pair (dict, slots)."""

    def __init__(self, left=None, right=None, **attributes):
        super().__init__(left, right)
        self.__dict__.update(attributes)


class WithState:
    """State of its own choice, here a tuple."""

    def __init__(self, value=None):
        self.value = value

    def __getstate__(self):
        return ("state", self.value)

    def __setstate__(self, state):
        self.value = state[1]


class FalseState(WithState):
    """A state that is false in itself, and must be set all the same."""

    def __getstate__(self):
        return 0

    def __setstate__(self, state):
        self.value = ["set", state]


class Reduced:
    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return (Reduced, self.args)


class ReducedFully:
    """All five parts a reduction may have."""

    def __init__(self, name):
        self.name = name
        self.items = []
        self.pairs = {}

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.pairs[key] = value

    def __reduce__(self):
        return (
            ReducedFully,
            (self.name,),
            {"extra": getattr(self, "extra", None)},
            iter(self.items),
            iter(self.pairs.items()),
        )


class NewArgs(tuple):
    """Made with __new__ and arguments."""

    def __new__(cls, first, second):
        return super().__new__(cls, (first, second))

    def __getnewargs__(self):
        return (self[0], self[1])


class NewArgsEx:
    """Made with __new__, arguments and keyword arguments."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.seen = (args, kwargs)
        return self

    def __getnewargs_ex__(self):
        return getattr(self, "seen", ((), {}))  # protocols 0 and 1 do not call __new__

    def __getstate__(self):
        return {"later": getattr(self, "later", None)}


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class MyInt(int):
    pass


class MyStr(str):
    pass


class MyBytes(bytes):
    pass


class MyFloat(float):
    pass


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 70_000


class Access(enum.Flag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple("Point", "x y")


class Record(typing.NamedTuple):
    name: str
    rest: object = None


@dataclasses.dataclass
class Data:
    name: str
    items: list = dataclasses.field(default_factory=list)
    weight: float = 1.0


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Hashable, so it can be a key."""

    name: str
    number: int


class Outer:
    class Inner:
        """Named by a path of two: Outer.Inner."""

        def __init__(self, value=None):
            self.value = value

    def method(self):
        return "method"


class Trouble(Exception):
    def __init__(self, message, code=None):
        super().__init__(message, code)
        self.code = code


class Persistent:
    """Kept outside the pickle under its name."""

    def __init__(self, name):
        self.name = name


class Registered:
    """Known to copyreg's extension registry (only while a test wants it)."""

    def __init__(self, value=None):
        self.value = value


EXTENSION_CODES = {"Registered": 240, "Plain": 0x1234, "Reduced": 0x7FFFFFFF}


class extension_codes:
    """The registry filled for the length of a with block."""

    def __enter__(self):
        for name, code in EXTENSION_CODES.items():
            copyreg.add_extension(__name__, name, code)

    def __exit__(self, *exception):
        for name, code in EXTENSION_CODES.items():
            copyreg.remove_extension(__name__, name, code)
        copyreg.clear_extension_cache()


def function(value=0):
    return value
