"""Whether what another library read, or wrote, is what the pickle means.

Contestants in other languages say what they have read in a pickle of their own: the plainest there
is, spelt without any library.  It is loaded here by CPython, as is what they write, and compared
with the pickle that they were given.  Nothing is imported or called for that: classes and
functions are stand-ins that remember what was done to them, which is all that a pickle says.

Languages differ in what they can tell apart, so two questions are asked: whether the values are
equal, as Python's == would have it, else it is wrong and its time does not count; and what was
lost although they are, which the tables name.
"""

import io
import pickle
import struct
import sys

ORDER = "order of dicts"
TUPLES = "tuples"
NUMBERS = "int or float"
SHARING = "sharing"
MERGED = "equal is not the same"
CLASSES = "classes"
LOSSES = (ORDER, TUPLES, NUMBERS, SHARING, MERGED, CLASSES)

_SCALARS = (type(None), bool, str, bytes, bytearray)
# Of these, equal ones of one type need not be looked at again; floats do, for the zero's sign.
_PLAIN = frozenset((type(None), bool, str, bytes, int))


class Wrong(Exception):
    """What is not equal, and where."""


class _Thing:
    """What a class or function made: how it was called, and what state it was given."""

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.parts = [args, kwargs, None]
        return self

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        self.parts[2] = state


class _Unpickler(pickle.Unpickler):
    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.names = {}

    def find_class(self, module, name):
        if (module, name) == ("_codecs", "encode"):  # bytes, as protocol 2 spells them
            return super().find_class(module, name)
        # numpy has moved, and loads what it wrote before.
        module = module.replace("numpy._core", "numpy.core")
        key = module, name
        if key not in self.names:
            self.names[key] = type(f"{module}.{name}", (_Thing,), {})
        return self.names[key]


def load(data):
    """The values of a pickle, whatever it holds."""
    digits = sys.get_int_max_str_digits() if hasattr(sys, "get_int_max_str_digits") else None
    if digits is not None:
        sys.set_int_max_str_digits(0)
    try:
        return _Unpickler(data).load()
    except Exception as error:  # whatever a contestant wrote instead of a pickle
        raise Wrong(f"not a pickle: {type(error).__name__}: {error}") from None
    finally:
        if digits is not None:
            sys.set_int_max_str_digits(digits)


class _Comparison:
    def __init__(self):
        self.losses = set()
        self.seen = set()
        self.by_truth = {}
        self.by_said = {}
        self.todo = []

    def wrong(self, said, truth, where):
        raise Wrong(f"{where or 'the root'}: {_short(said)} instead of {_short(truth)}")

    def run(self, said, truth):
        self.todo.append((said, truth, ""))
        while self.todo:
            self._pair(*self.todo.pop())
        return self.losses

    def _pair(self, said, truth, where):
        if isinstance(truth, _SCALARS):
            if type(said) is not type(truth) or said != truth:
                self.wrong(said, truth, where)
        elif isinstance(truth, (int, float)):
            self._number(said, truth, where)
        elif isinstance(truth, type):
            if getattr(said, "__name__", None) != truth.__name__:
                self.wrong(said, truth, where)
        elif (id(said), id(truth)) not in self.seen:
            self.seen.add((id(said), id(truth)))
            self._container(said, truth, where)

    def _number(self, said, truth, where):
        if type(said) not in (int, float):
            self.wrong(said, truth, where)
        if type(said) is float and type(truth) is float:
            if struct.pack(">d", said) != struct.pack(">d", truth):
                self.wrong(said, truth, where)
        elif said != truth:
            self.wrong(said, truth, where)
        elif type(said) is not type(truth):
            self.losses.add(NUMBERS)

    def _container(self, said, truth, where):
        if not isinstance(truth, (tuple, frozenset)):
            self._identity(said, truth)
        if isinstance(truth, (list, tuple)):
            if not isinstance(said, (list, tuple)) or len(said) != len(truth):
                self.wrong(said, truth, where)
            if type(said) is not type(truth):
                self.losses.add(TUPLES)
            for i, (a, b) in enumerate(zip(said, truth)):
                if not _plainly_equal(a, b):
                    self.todo.append((a, b, f"{where}[{i}]"))
        elif isinstance(truth, dict):
            self._dict(said, truth, where)
        elif isinstance(truth, _Thing):
            self._thing(said, truth, where)
        elif type(said) is not type(truth) or said != truth:
            self.wrong(said, truth, where)

    def _dict(self, said, truth, where):
        if not isinstance(said, dict) or len(said) != len(truth):
            self.wrong(said, truth, where)
        if list(said) != list(truth):
            self.losses.add(ORDER)
        for key, value in truth.items():
            if key not in said:
                raise Wrong(f"{where or 'the root'}: no key {_short(key)}")
            if not _plainly_equal(said[key], value):
                self.todo.append((said[key], value, f"{where}[{_short(key)}]"))

    def _thing(self, said, truth, where):
        if isinstance(said, dict) and isinstance(truth.parts[2], dict):
            self.losses.add(CLASSES)
            self._dict(said, truth.parts[2], where)
            return
        if type(said).__name__ != type(truth).__name__:
            self.wrong(said, truth, where)
        for a, b, part in zip(said.parts, truth.parts, ("arguments", "keywords", "state")):
            self.todo.append((a, b, f"{where}.{part}"))

    def _identity(self, said, truth):
        if self.by_truth.setdefault(id(truth), id(said)) != id(said):
            self.losses.add(SHARING)
        if self.by_said.setdefault(id(said), id(truth)) != id(truth):
            self.losses.add(MERGED)


def _plainly_equal(said, truth):
    kind = type(truth)
    if kind is float:
        return type(said) is float and said == truth != 0
    return kind in _PLAIN and type(said) is kind and said == truth


def _short(value):
    if isinstance(value, _Thing):
        return f"an instance of {type(value).__name__}"
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and abs(value) >= 1 << 100:
        return f"an int of {value.bit_length()} bits"
    return repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."


def losses(said, truth):
    """What `said`, a pickle, has lost of `truth`, which load() has loaded, in the order of LOSSES.

    Raises Wrong where they are not equal.
    """
    found = _Comparison().run(load(said), truth)
    return [loss for loss in LOSSES if loss in found]
