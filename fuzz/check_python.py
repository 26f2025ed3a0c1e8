"""What fuzz_python.c asks of each input: the Python door against the stock one.

check(data) returns None when all is well and raises AssertionError otherwise.  Fuzzed pickles
may only look up the few harmless names below: what they could reach through others would
test the standard library, or remove files.
"""
import collections
import copyreg
import datetime
import io
import itertools
import pickle
import sys

import brinery


class Plain:
    pass


class Listed(list):
    pass


class Mapped(dict):
    pass


class Slotted:
    __slots__ = ("a", "b")


class Stated:
    def __setstate__(self, state):
        self.state = state


Plain.__module__ = Listed.__module__ = Mapped.__module__ = "harmless"
ALLOWED = {name: value for name, value in itertools.chain(
    ((cls.__name__, cls) for cls in (
        Plain, Listed, Mapped, Slotted, Stated, collections.OrderedDict, collections.deque,
        collections.Counter, datetime.date, datetime.timedelta, set, frozenset, complex, list, dict,
        object, Exception, ValueError)),
    (("_reconstructor", copyreg._reconstructor), ("__newobj__", copyreg.__newobj__)))}


def find_class(self, module, name):
    try:
        return ALLOWED[name]
    except KeyError:
        raise pickle.UnpicklingError(f"{module}.{name} is not for fuzzing") from None


class Unpickler(brinery.Unpickler):
    find_class = find_class

    def persistent_load(self, pid):
        return ("pid", pid)


class StockUnpickler(pickle.Unpickler):
    find_class = find_class

    def persistent_load(self, pid):
        return ("pid", pid)


def attempt(unpickler, data):
    try:
        return unpickler(io.BytesIO(data), encoding="latin1").load(), None
    except RecursionError as error:
        return None, error
    except Exception as error:
        return None, error


def shape(value):
    """What is compared: the disassembly of a dump, in which sharing shows."""
    try:
        return pickle.dumps(value, 4)
    except Exception as error:
        return type(error)


def may_ask_stock(data):
    """Memo indices beyond the input make the stock loader allocate what they claim."""
    try:
        return all(opcode.name not in ("PUT", "LONG_BINPUT") or arg <= 100000
                   for opcode, arg, _ in brinery.genops(data))
    except Exception:
        return False


def is_dear(data):
    """Nested shared tuples as keys take time exponential in their number to hash, in any Python."""
    counts = collections.Counter()
    try:
        for opcode, _, _ in brinery.genops(data):
            counts[opcode.name.rstrip("123")] += 1
    except Exception:
        pass
    shared = sum(counts[name] for name in ("DUP", "GET", "BINGET", "LONG_BINGET"))
    return shared > 16 and counts["TUPLE"] + counts["FROZENSET"] > 16


def check_dumps(value):
    for protocol in range(6):
        try:
            expected = pickle.dumps(value, protocol)
        except RecursionError:
            return
        except Exception as error:
            try:
                brinery.dumps(value, protocol)
            except Exception as got:
                assert type(got) is type(error), (got, error)
                continue
            raise AssertionError(f"dumped, but stock says {error!r}")
        got = brinery.dumps(value, protocol)
        assert got == expected, (protocol, got, expected)


def check(data):
    if is_dear(data):
        return
    value, error = attempt(Unpickler, data)
    if error is not None:
        offset = getattr(error, "pickle_offset", None)
        assert offset is None or 0 <= offset <= len(data), offset
        return
    if not may_ask_stock(data):
        return
    expected, stock_error = attempt(StockUnpickler, data)
    assert stock_error is None, f"loaded, but stock says {stock_error!r}"
    assert type(value) is type(expected)
    assert shape(value) == shape(expected)
    check_dumps(expected)


def check_leaks(data):
    """The same input again and again must not take ever more blocks."""
    if is_dear(data):
        return
    counts = []
    for _ in range(5):
        attempt(Unpickler, data)
        counts.append(sys.getallocatedblocks())
    rises = [after - before for before, after in itertools.pairwise(counts)]
    assert min(rises) <= 0, f"blocks: {counts}"
