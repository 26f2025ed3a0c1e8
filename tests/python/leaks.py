"""Whether anything is left behind: run by test_leaks.py in processes of their own.

    PYTHONMALLOC=malloc python leaks.py SCENARIO

A scenario is a function that makes everything once: objects, pickles, failures.  It is run again
and again; after each round it is asked how many bytes the allocator has given out (all of them,
also the library's own, because PYTHONMALLOC=malloc sends Python's there), how many objects the
collector knows, and how often each of many lasting objects is referred to.  What grows in every
single round is a leak, which is printed; caches that fill up do not grow in every round.
"""
import array
import collections
import copyreg
import ctypes
import gc
import importlib.machinery
import importlib.util
import io
import pickle
import sys
import warnings

import brinery
import kinds
import kinds_builtin
import kinds_classes  # noqa: F401  it registers
import kinds_stdlib  # noqa: F401
import specimens

warnings.simplefilter("ignore")
PROTOCOLS = range(6)
ROUNDS = 4
REPEAT = 5

SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


class MallInfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]


LIBC = ctypes.CDLL(None)
LIBC.mallinfo2.restype = MallInfo2


def allocated():
    """Bytes that malloc has given out and not got back."""
    info = LIBC.mallinfo2()
    return info.uordblks + info.hblkhd


def quietly(function, *args, **kwargs):
    """Whatever comes out is dropped; whether something did is not a leak's matter."""
    try:
        return function(*args, **kwargs)
    except Exception:  # pylint: disable=broad-except
        return None


def lasting():
    """Objects whose references are counted: all that the collector knows, and atoms."""
    names = [name for table in (vars(specimens), vars(pickle), vars(object), vars(copyreg))
             for name in table]
    return [*gc.get_objects(), None, True, False, ..., (), "", b"", 0, 1, 255, "a", *names,
            "__dict__", "append", "extend", "items", "read", "readline", "readinto", "peek",
            "write", "find_class", "persistent_id", "persistent_load", "reducer_override",
            "dispatch_table", "buffers", "latin1", "ASCII", "strict", "getattr", "partial"]


def leaks_of(work):
    """Run the work and describe what grows in every round.

    Counts live in arrays made beforehand, so that measuring takes no memory of its own.
    """
    objects = lasting()
    size = len(objects) + 2
    last, now = (array.array("q", bytes(8 * size)) for _ in range(2))
    growth = [array.array("q", bytes(8 * size)) for _ in range(ROUNDS)]
    for round in range(-2, ROUNDS):
        for _ in range(REPEAT):
            work()
        gc.collect()
        sys._clear_type_cache()  # it holds references to names
        for i, item in enumerate(objects):
            now[i] = sys.getrefcount(item)
        now[size - 2] = len(gc.get_objects())
        now[size - 1] = allocated()
        if round >= 0:
            for i in range(size):
                growth[round][i] = now[i] - last[i]
        last[:] = now
    found = []
    for i in range(size):
        grown = [row[i] for row in growth]
        if min(grown) < REPEAT and max(grown) > -REPEAT:
            continue
        what = ("bytes of memory" if i == size - 1 else "objects" if i == size - 2
                else f"references to {quietly(repr, objects[i])}")
        found.append(f"{grown} {what:.200} in {REPEAT} runs")
    return found


# --- What is pickled, and how ----------------------------------------------------------------


def specimens_of_all_kinds():
    skipped = ("stdlib.executor", "stdlib.selector", "builtin.many_of_everything",
               "builtin.strings", "builtin.bytes_", "builtin.long_text_among_frames")
    # A recursion to the limit takes its time.
    skipped += ("builtin.subclasses_in_themselves", "builtin.tuples")
    return [quietly(kind.make) for name, kind in kinds.KINDS.items() if name not in skipped]


VALUES = specimens_of_all_kinds()
STREAMS = []
for _value in VALUES:
    for _protocol in PROTOCOLS:
        _data = quietly(pickle.dumps, _value, _protocol)
        if _data is not None and quietly(pickle.loads, _data) is not None:
            STREAMS.append(_data)
SMALL = [
    [1, 2.5, "text", b"bytes", None, True, 2**70, (1, 2), {"k": [1]}, {1}, frozenset([2])],
    specimens.Plain(a=[1], b="x"), specimens.ReducedFully("n"), kinds_builtin.dict_in_itself(),
    kinds_builtin.tuple_through_list(), specimens.Color.RED, len, specimens.Plain,
    bytearray(b"xyz"), collections.OrderedDict(a=1), specimens.NewArgsEx(1, b=2),
]
SMALL[2].items, SMALL[2].pairs = [1, 2], {"a": 1}
SMALL_STREAMS = [pickle.dumps(value, protocol) for value in SMALL for protocol in PROTOCOLS]


class Failure(Exception):
    pass


class Fuse:
    """Raises when it has been lit as often as it was told; then never again."""

    def __init__(self, at):
        self.left = at
        self.blown = False

    def burn(self):
        self.left -= 1
        if self.left == 0:
            self.blown = True
            raise Failure


def until_it_does_not_fail(attempt, limit=60):
    """Let the 1st, 2nd, 3rd ... occasion fail, until there is no such occasion."""
    for at in range(1, limit):
        fuse = Fuse(at)
        quietly(attempt, fuse)
        if not fuse.blown:
            return


class Pickler(brinery.Pickler):
    def reducer_override(self, _):
        return NotImplemented

    def persistent_id(self, _):
        return None


class Unpickler(brinery.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name)

    def persistent_load(self, pid):
        return pid


class OnlyRead:
    def __init__(self, data):
        self.file = io.BytesIO(data)

    def read(self, size):
        return self.file.read(size)

    def readline(self):
        return self.file.readline()


class ReadInto(OnlyRead):
    def readinto(self, buffer):
        return self.file.readinto(buffer)


class Peek(ReadInto):
    def peek(self, size=0):
        place = self.file.tell()
        data = self.file.read(min(size or 10, 10))
        self.file.seek(place)
        return data


# --- Success, or the failures that the objects themselves bring -------------------------------


@scenario
def dumps():
    for value in VALUES:
        for protocol in PROTOCOLS:
            quietly(brinery.dumps, value, protocol)


@scenario
def dump_to_files():
    for value in VALUES:
        for protocol in (0, 2, 4, 5):
            quietly(brinery.dump, value, io.BytesIO(), protocol)


@scenario
def picklers():
    for value in VALUES:
        for protocol in (0, 2, 4, 5):
            for class_ in (brinery.Pickler, Pickler):
                pickler = class_(io.BytesIO(), protocol)
                quietly(pickler.dump, value)
                quietly(pickler.dump, value)
                pickler.clear_memo()


@scenario
def loads():
    for data in STREAMS:
        quietly(brinery.loads, data)


@scenario
def short_cuts():
    """What test_fast_loads.py takes apart: states and arguments that are left out of the memo, then
    asked for, and what an error leaves of them."""
    import test_fast_loads as fast

    objects = [[make(n) for n in range(fast.ROUNDS)] for make in fast.CLASSES]
    quietly(brinery.loads, pickle.dumps(objects))
    for stream in fast.FETCHING:
        for end in (b".", b"\xff", b"cnone\nx\n", b"(0c" + fast.HERE + b"\nchange\nN\x85R"):
            quietly(brinery.loads, stream + end)


@scenario
def load_from_files():
    for data in STREAMS[::3]:
        for reader in (io.BytesIO, OnlyRead, ReadInto, Peek):
            quietly(brinery.load, reader(data))


@scenario
def unpicklers():
    for data in STREAMS[::3]:
        for class_ in (brinery.Unpickler, Unpickler):
            unpickler = class_(io.BytesIO(data * 2))
            quietly(unpickler.load)
            quietly(unpickler.load)
            quietly(unpickler.load)


@scenario
def large_values():
    values = [["x" * 70_000, b"y" * 70_000, bytearray(70_000)], list(range(3000)),
              {i: str(i) for i in range(3000)}, set(range(3000)), tuple(range(3000)),
              [specimens.Plain(a=i) for i in range(300)]]
    for value in values:
        for protocol in PROTOCOLS:
            data = brinery.dumps(value, protocol)
            brinery.dump(value, io.BytesIO(), protocol)
            brinery.loads(data)
            brinery.load(io.BytesIO(data))
            brinery.load(OnlyRead(data))


# --- Failures while dumping -------------------------------------------------------------------


@scenario
def write_raises():
    values = [["x" * 70_000, b"y" * 70_000, 1], [[str(i) * 50, i] for i in range(3000)], SMALL[0]]

    def attempt(fuse, value, protocol):
        class File:
            def write(self, data):
                fuse.burn()
                return len(bytes(data))
        brinery.dump(value, File(), protocol)

    for value in values:
        for protocol in (0, 2, 4, 5):
            until_it_does_not_fail(lambda fuse: attempt(fuse, value, protocol), 12)


@scenario
def reduce_raises():
    class Bomb:
        def __init__(self, fuse, state=None):
            self.fuse = fuse
            self.state = state

        def __reduce__(self):
            self.fuse.burn()
            return (list, (), None, iter([self.state]))

    def attempt(fuse, wrap, protocol, dump):
        bombs = [Bomb(fuse, Bomb(fuse)) for _ in range(4)]
        dump(wrap(bombs), protocol)

    wraps = [
        list, tuple, lambda b: dict(enumerate(b)), lambda b: {x: 1 for x in b}, set, frozenset,
        lambda b: specimens.Plain(**{f"a{i}": x for i, x in enumerate(b)}),
        lambda b: specimens.Slots(b[0], b[1]), lambda b: specimens.Reduced(*b),
        lambda b: specimens.NewArgs(b[0], b[1]), lambda b: specimens.MyList(b),
        lambda b: specimens.Data("n", b), collections.deque, lambda b: tuple(b[:2]),
        lambda b: specimens.NewArgsEx(b[0], k=b[1]),
        lambda b: collections.OrderedDict(enumerate(b)), lambda b: [[[b]], b],
        lambda b: collections.defaultdict(list, enumerate(b)), lambda b: specimens.Frozen("n", b),
        lambda b: collections.Counter(b), lambda b: iter(b), lambda b: slice(*b[:3]),
    ]
    for wrap in wraps:
        for protocol in (0, 2, 4):
            until_it_does_not_fail(lambda fuse: attempt(fuse, wrap, protocol, brinery.dumps))
            until_it_does_not_fail(lambda fuse: attempt(
                fuse, wrap, protocol, lambda v, p: Pickler(io.BytesIO(), p).dump(v)))


@scenario
def hooks_raise_or_answer_nonsense():
    answers = [NotImplemented, None, (), (list,), (list, ()), (1, ()), "name", "Plain", 5,
               (list, (), {}), (list, [], None), (int, ("x",)), (copyreg.__newobj__, ()),
               (copyreg.__newobj__, (1,)), (copyreg.__newobj__, (list, 1)),
               (copyreg.__newobj_ex__, (list, (), {})), (copyreg.__newobj_ex__, (list, 1, {})),
               (copyreg.__newobj_ex__, (list, (), 1)), (list, (), None, 1),
               (list, (), None, None, 1),
               (list, (), 1, None, None, 1), (list, (), 1, None, None, print)]

    def of(answer):
        class Answering(brinery.Pickler):
            def reducer_override(self, value):
                # Not for what it has answered, or there is no end.
                return answer if isinstance(value, specimens.Plain) else NotImplemented
        return Answering

    for answer in answers:
        for protocol in (0, 2, 4):
            quietly(of(answer)(io.BytesIO(), protocol).dump, [len, specimens.Plain(a=1), [1]])
            pickler = brinery.Pickler(io.BytesIO(), protocol)
            pickler.dispatch_table = {specimens.Plain: lambda _: answer}
            quietly(pickler.dump, specimens.Plain(a=1))

    def attempt(fuse):
        class Raising(brinery.Pickler):
            def reducer_override(self, _):
                fuse.burn()
                return NotImplemented

            def persistent_id(self, _):
                fuse.burn()
        Raising(io.BytesIO()).dump([specimens.Plain(a=[1]), len, (1, 2)])

    until_it_does_not_fail(attempt)
    for table in (None, 5, {}, {specimens.Plain: 5}, {specimens.Plain: None}, [], ""):
        pickler = brinery.Pickler(io.BytesIO())
        pickler.dispatch_table = table
        quietly(pickler.dump, [specimens.Plain(a=1)])


@scenario
def persistent_ids():
    class ById(brinery.Pickler):
        def persistent_id(self, value):
            return value.name if isinstance(value, specimens.Persistent) else None

    class NotText(brinery.Pickler):
        def persistent_id(self, value):
            return "\u20ac\nx" if isinstance(value, specimens.Persistent) else None

    for protocol in PROTOCOLS:
        for class_ in (ById, NotText):
            quietly(class_(io.BytesIO(), protocol).dump, [specimens.Persistent("a"), {1: 2}])
        pickler = brinery.Pickler(io.BytesIO(), protocol)
        pickler.persistent_id = lambda _: "all"
        quietly(pickler.dump, [1])
        del pickler


@scenario
def names_that_are_not_found():
    class Elsewhere:
        pass

    class Renamed:
        pass

    Elsewhere.__module__ = "no.such.module"
    Renamed.__qualname__ = "specimens.Plain"
    for protocol in PROTOCOLS:
        for value in (Elsewhere, Elsewhere(), Renamed, Renamed(), lambda: None):
            quietly(brinery.dumps, value, protocol)
            quietly(brinery.dumps, [value, {"k": value}], protocol)


@scenario
def changed_while_dumped():
    class Changing:
        def __init__(self, change):
            self.change = change

        def __reduce__(self):
            self.change()
            return (int, ())

    for protocol in (0, 2, 4):
        items = []
        items += [1, Changing(items.clear), 2, 3]
        quietly(brinery.dumps, items, protocol)
        table = {}
        table.update({1: Changing(table.clear), 2: 3})
        quietly(brinery.dumps, table, protocol)
        table = {}
        table.update({1: Changing(lambda: table.update({"x": 1})), 2: 3})
        quietly(brinery.dumps, table, protocol)
        members = set()
        members.update([1, Changing(lambda: members.add("x")), 2])
        quietly(brinery.dumps, members, protocol)
        plain = specimens.Plain(a=1)
        plain.b = Changing(lambda: plain.__dict__.clear())
        plain.c = 1
        quietly(brinery.dumps, plain, protocol)


# --- Failures while loading -------------------------------------------------------------------


@scenario
def truncated():
    for data in SMALL_STREAMS:
        for end in range(len(data)):
            quietly(brinery.loads, data[:end])


@scenario
def truncated_in_files():
    for data in SMALL_STREAMS[::2]:
        for end in range(0, len(data), 2):
            for reader in (io.BytesIO, OnlyRead, Peek):
                quietly(brinery.load, reader(data[:end]))


@scenario
def corrupted():
    for data in SMALL_STREAMS:
        changed = bytearray(data)
        for place in range(len(data)):
            for bits in (0x01, 0x80, 0x10):
                changed[place] ^= bits
                quietly(Refusing(io.BytesIO(changed)).load)
                changed[place] ^= bits


class Refusing(brinery.Unpickler):
    """Corrupted names must not import this and that."""

    def find_class(self, module, name):
        if module in ("specimens", "builtins", "collections") and name != "exec":
            return super().find_class(module, name)
        raise Failure


@scenario
def find_class_raises():
    def attempt(fuse, data):
        class Raising(brinery.Unpickler):
            def find_class(self, module, name):
                fuse.burn()
                return super().find_class(module, name)
        Raising(io.BytesIO(data)).load()

    for data in SMALL_STREAMS:
        until_it_does_not_fail(lambda fuse: attempt(fuse, data))
    for data in (b"cno_such_module\nx\n.", b"cos\nno_such_name\n.", b"cos\n\n.", b"\x80\x04NN\x93.",
                 b"\x80\x04\x8c\x02os\x8c\x09path.nope\x93."):
        quietly(brinery.loads, data)
        quietly(brinery.loads, b"]" + data)


@scenario
def read_raises_or_answers_nonsense():
    def attempt(fuse, data, base):
        class Raising(base):
            def read(self, size):
                fuse.burn()
                return super().read(size)

            def readline(self):
                fuse.burn()
                return super().readline()

            def peek(self, size=0):
                fuse.burn()
                return Peek.peek(self, size)

            def readinto(self, buffer):
                fuse.burn()
                return self.file.readinto(buffer)
        if base is OnlyRead:
            del Raising.peek, Raising.readinto
        brinery.load(Raising(data))

    large = pickle.dumps([b"x" * 100_000, "y" * 100_000])
    for data in (*SMALL_STREAMS[::4], large):
        for base in (OnlyRead, Peek):
            until_it_does_not_fail(lambda fuse: attempt(fuse, data, base), 20)

    for nonsense in (None, "text", 5, b"too much" * 100, bytearray(b"N."), memoryview(b"N.")):
        class Nonsense:
            def read(self, _):
                return nonsense

            def readline(self):
                return nonsense

            def peek(self, _):
                return nonsense

            def readinto(self, _):
                return nonsense
        for data in (b"", b"x"):
            quietly(brinery.load, Nonsense())
            quietly(brinery.Unpickler(Nonsense()).load)
        del Nonsense.peek
        quietly(brinery.load, Nonsense())
        del Nonsense.readinto
        quietly(brinery.load, Nonsense())


@scenario
def persistent_load_raises():
    def attempt(fuse, data):
        class Raising(brinery.Unpickler):
            def persistent_load(self, pid):
                fuse.burn()
                return pid
        Raising(io.BytesIO(data)).load()

    for data in (b"(P1\nP2\nP\xff\nl.", b"\x80\x04(K\x01QK\x02Ql.", b"P1\n.", b"K\x01Q."):
        until_it_does_not_fail(lambda fuse: attempt(fuse, data))
        quietly(brinery.loads, data)
        unpickler = brinery.Unpickler(io.BytesIO(data))
        unpickler.persistent_load = lambda pid: pid
        quietly(unpickler.load)


@scenario
def what_is_called_raises():
    """REDUCE, NEWOBJ, BUILD, APPENDS, SETITEMS, ADDITEMS, keys."""
    class Base:
        fuse = None

        def burn(self, *_):
            type(self).fuse.burn()

    class Hashing(Base):
        def __hash__(self):
            self.burn()
            return 1

        def __eq__(self, other):
            self.burn()
            return self is other

    class Building(Base):
        def __setstate__(self, state):
            self.burn()

    class Setting(Base):
        def __setattr__(self, name, value):
            self.burn()

    class Appending(Base, list):
        def append(self, item):
            self.burn()

        def extend(self, items):
            self.burn()

    class Items(Base, dict):
        def __setitem__(self, key, value):
            self.burn()

    class Adding(Base, set):
        def add(self, item):
            self.burn()

    class Newing(Base):
        def __new__(cls, *args, **kwargs):
            cls.fuse.burn()
            return super().__new__(cls)

    classes = [Hashing, Building, Setting, Appending, Items, Adding, Newing]

    class Local(brinery.Unpickler):
        def find_class(self, module, name):
            return {class_.__name__: class_ for class_ in classes}[name]

    def named(name):
        return b"cm\n" + name.encode() + b"\n"

    new = b")\x81"
    streams = [
        b"}(" + (named("Hashing") + new + b"K\x01") * 3 + b"u.",
        b"}" + named("Hashing") + new + b"K\x01s.",
        b"\x8f(" + (named("Hashing") + new) * 3 + b"\x90.",
        b"(" + (named("Hashing") + new) * 3 + b"\x91.",
        named("Building") + new + b"K\x05b.",
        named("Setting") + new + b"N}X\x01\x00\x00\x00aK\x01s\x86b.",
        named("Setting") + new + b"}X\x01\x00\x00\x00aK\x01sb.",
        named("Appending") + new + b"(K\x01K\x02e.", named("Appending") + new + b"K\x01a.",
        named("Items") + new + b"(K\x01K\x02K\x03K\x04u.", named("Items") + new + b"K\x01K\x02s.",
        named("Adding") + new + b"(K\x01K\x02\x90.", named("Newing") + new + b".",
        named("Newing") + b")R.", named("Newing") + b")}\x92.", b"(" + named("Newing") + b"o.",
        b"(im\nNewing\n.", named("Newing") + b"K\x01\x81.", named("Newing") + b"K\x01R.",
        named("Newing") + b")K\x01\x92.", named("Newing") + b"K\x01K\x01\x92.",
    ]

    def attempt(fuse, data):
        for class_ in classes:
            class_.fuse = fuse
        Local(io.BytesIO(data)).load()

    for data in streams:
        for before in (b"\x80\x04", b"\x80\x04]q\x00"):
            until_it_does_not_fail(lambda fuse: attempt(fuse, before + data))


@scenario
def wrong_programs():
    """Every opcode on stacks of several kinds."""
    for first in range(256):
        for before in (b"", b"N", b"(", b"]", b"}(NN", b"(K\x01K\x02", b"\x8c\x01a\x8c\x01b",
                       b"]q\x00h\x00"):
            data = before + bytes([first]) + b"1\n2\n."
            quietly(Refusing(io.BytesIO(data)).load)


@scenario
def python_2_text():
    data = [b"U\x03\xe4\xf6\xfc.", b"S'\\xe4'\n.", b"T\x01\x00\x00\x00\xe4.", b"U\x01a."]
    for encoding in ("ASCII", "latin1", "bytes", "utf-8", "no such", "\0", "utf-16"):
        for errors in ("strict", "replace", "no such"):
            for one in data:
                quietly(brinery.loads, one, encoding=encoding, errors=errors)
                quietly(brinery.load, io.BytesIO(one), encoding=encoding, errors=errors)
    for one in (b"c__builtin__\nxrange\n.", b"ccopy_reg\n_reconstructor\n.",
                b"cUserDict\nUserDict\n."):
        for fix in (True, False):
            quietly(brinery.loads, one, fix_imports=fix)


# --- Out-of-band buffers ----------------------------------------------------------------------


@scenario
def buffers():
    class Buffering:
        def __init__(self, data):
            self.data = data

        def __reduce_ex__(self, _):
            return (bytearray, (pickle.PickleBuffer(self.data),))

    value = [Buffering(bytearray(b"abc")), Buffering(b"defg"), Buffering(memoryview(b"hij")),
             pickle.PickleBuffer(bytearray(80_000))]
    released = pickle.PickleBuffer(b"x")
    released.release()
    stepped = pickle.PickleBuffer(memoryview(bytearray(10))[::2])

    def raising(fuse):
        brinery.dumps(value, 5, buffer_callback=lambda _: fuse.burn())

    until_it_does_not_fail(raising)
    for callback in (None, lambda _: True, lambda _: False, lambda _: [], 5):
        for what in (value, released, stepped, [released], [stepped]):
            for protocol in (4, 5):
                quietly(brinery.dumps, what, protocol, buffer_callback=callback)
                quietly(brinery.dump, what, io.BytesIO(), protocol, buffer_callback=callback)
    taken = []
    data = brinery.dumps(value, 5, buffer_callback=taken.append)

    def failing():
        yield taken[0]
        raise Failure

    for given in (None, [], taken, taken[:2], iter(taken), failing(), [b"a"] * 4, [1] * 4, 5,
                  [bytearray(b"x")] * 9, [memoryview(b"xy")[::-1]] * 4):
        quietly(brinery.loads, data, buffers=given)
        quietly(brinery.load, io.BytesIO(data), buffers=given)
    del taken[:]


# --- The objects themselves -------------------------------------------------------------------


@scenario
def wrong_arguments():
    class NoWrite:
        write = 5

    for class_ in (brinery.Pickler, brinery.Unpickler):
        for args in ((), (1,), (NoWrite(),), (io.BytesIO(), 99), (io.BytesIO(), "x"), (None, 4)):
            quietly(class_, *args)
        quietly(class_, file=io.BytesIO(), nonsense=1)
        made = class_.__new__(class_)
        for name in ("dump", "load", "clear_memo", "memo", "persistent_id", "persistent_load",
                     "bin", "fast", "dispatch_table", "find_class"):
            quietly(lambda: getattr(made, name)(1))
            quietly(lambda: getattr(made, name)())
            quietly(setattr, made, name, 1)
            quietly(delattr, made, name)
    for function in (brinery.dump, brinery.dumps, brinery.load, brinery.loads):
        for args in ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4, 5, 6), (b"N.", b"N.")):
            quietly(function, *args)
        for keywords in ({"protocol": "x"}, {"protocol": 9}, {"buffers": 5}, {"encoding": 5},
                         {"errors": b""}, {"nonsense": 1}, {"buffer_callback": print}):
            quietly(function, b"N.", **keywords)
            quietly(function, io.BytesIO(b"N."), **keywords)
            quietly(function, [1], io.BytesIO(), **keywords)


@scenario
def memos():
    for value in SMALL:
        pickler = brinery.Pickler(io.BytesIO())
        pickler.dump(value)
        copy = pickler.memo.copy()
        other = brinery.Pickler(io.BytesIO())
        other.memo = pickler.memo
        other.dump(value)
        other.memo = copy
        reduced = pickler.memo.__reduce__()
        pickler.memo.clear()
        for nonsense in (5, None, {"a": 1}, {1: (1,)}, {1: ("x", 2)}, {1: (-1, 2)}, []):
            quietly(setattr, pickler, "memo", nonsense)
            quietly(pickler.dump, value)
        unpickler = brinery.Unpickler(io.BytesIO(pickle.dumps(value) * 2))
        unpickler.load()
        memo = unpickler.memo
        kept = memo.copy()
        memo.__reduce__()
        unpickler.memo = kept
        quietly(unpickler.load)
        memo.clear()
        for nonsense in (5, None, {"a": 1}, {-1: 1}, [], {10**20: 1}, {5: object()}):
            quietly(setattr, unpickler, "memo", nonsense)
        del reduced


@scenario
def initialised_again():
    pickler = brinery.Pickler(io.BytesIO())
    unpickler = brinery.Unpickler(io.BytesIO(b"N."))
    for value in SMALL:
        pickler.__init__(io.BytesIO(), 2, buffer_callback=None)
        pickler.dump(value)
        unpickler.__init__(io.BytesIO(pickle.dumps(value)), encoding="latin1", errors="replace")
        unpickler.load()
        quietly(pickler.__init__, 5)
        quietly(pickler.dump, value)
        quietly(unpickler.__init__, 5)
        quietly(unpickler.load)


@scenario
def circles_for_the_collector():
    class File(io.BytesIO):
        pass

    for class_ in (brinery.Pickler, Pickler):
        file = File()
        file.pickler = class_(file)
        file.pickler.dump([1])
        file.pickler.persistent_id = lambda _: None
        file.pickler.dispatch_table = {int: file}
        holder = specimens.Plain(pickler=class_(File()))
        holder.pickler.memo = {1: (1, holder)}
    for class_ in (brinery.Unpickler, Unpickler):
        file = File(pickle.dumps([1]))
        file.unpickler = class_(file)
        file.unpickler.load()
        file.unpickler.persistent_load = lambda _: file
        holder = specimens.Plain(unpickler=class_(File()))
        holder.unpickler.memo = {0: holder}
        holder.memo = holder.unpickler.memo
    circle = Unpickler(io.BytesIO(b"N."), buffers=iter([circle_of()]))
    circle.load()
    circle.me = circle


def circle_of():
    made = []
    made.append(made)
    return made


@scenario
def used_within_itself():
    class Again:
        def __init__(self, use):
            self.use = use

        def __reduce__(self):
            self.use()
            return (int, ())

    pickler = brinery.Pickler(io.BytesIO())
    for use in (lambda: pickler.dump(1), pickler.clear_memo,
                lambda: pickler.__init__(io.BytesIO()), lambda: setattr(pickler, "memo", {})):
        quietly(pickler.dump, [Again(use), "rest", ["rest"]])
        pickler.clear_memo()

    class Reading(brinery.Unpickler):
        def find_class(self, module, name):
            quietly(self.load)
            quietly(self.__init__, io.BytesIO(b"N."))
            self.memo = {}
            return super().find_class(module, name)

    quietly(Reading(io.BytesIO(pickle.dumps([specimens.Plain(a=1)] * 2))).load)


@scenario
def modules_made_again():
    """The extension module itself, with its types and its state."""
    path = brinery._brinery.__file__
    loader = importlib.machinery.ExtensionFileLoader("brinery._brinery", path)
    spec = importlib.util.spec_from_file_location("brinery._brinery", path, loader=loader)
    for _ in range(3):
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        assert module is not brinery._brinery
        file = io.BytesIO()
        module.Pickler(file).dump([specimens.Plain(a=1)])
        module.Unpickler(io.BytesIO(file.getvalue())).load()
        quietly(module.dumps, lambda: None)
        quietly(module.loads, b"x")


def quietly_unless_starved(function, *args):
    try:
        function(*args)
    except MemoryError:
        raise
    except Exception:  # pylint: disable=broad-except
        pass


@scenario
def memory_runs_out():
    """Each single allocation of Python's fails once."""
    import _testcapi

    def starve(function, *args):
        # Some failures are made good (a fast way not taken): only a row of successes ends it.
        successes = 0
        expected = function(*args)
        for at in range(1, 600):
            _testcapi.set_nomemory(at, at + 1)
            try:
                value = function(*args)
            except MemoryError:
                successes = 0
            except Exception:  # pylint: disable=broad-except
                successes = 0  # an allocation whose failure Python code turned into something else
            else:
                successes += 1
            finally:
                _testcapi.remove_mem_hooks()
            if successes and isinstance(expected, (bytes, list)):
                assert value == expected
            if successes == 12:
                return
        raise AssertionError("it never succeeds")

    for value in SMALL:
        for protocol in (0, 4):
            starve(brinery.dumps, value, protocol)
            starve(lambda: brinery.dump(value, io.BytesIO(), protocol))
        data = pickle.dumps(value)
        starve(brinery.loads, data)
        starve(lambda: brinery.load(OnlyRead(data)))
        starve(lambda: Unpickler(io.BytesIO(data)).load())
        starve(lambda: Pickler(io.BytesIO()).dump(value))
    starve(quietly_unless_starved, brinery.dumps, [1, {"k": lambda: None}])
    starve(quietly_unless_starved, brinery.loads, b"]cno_such_module\nx\n.")
    starve(quietly_unless_starved, brinery.loads, b"](K\x01")
    starve(lambda: brinery.Pickler(io.BytesIO()).dump(SMALL[0]))
    starve(lambda: brinery.Unpickler(io.BytesIO(b"N.")).load())
    starve(lambda: brinery.Pickler(io.BytesIO()).memo.copy())


@scenario
def explained_errors():
    """Paths and hints: keys with a repr that raises, deep places, exceptions that refuse notes."""
    class Key:
        def __repr__(self):
            raise Failure

    class Refuses(Exception):
        __slots__ = ()

        def __setattr__(self, name, value):
            raise Failure

        def add_note(self, _):
            raise Failure

    class Raising:
        def __reduce__(self):
            raise Refuses

    deep = [lambda: None]
    for _ in range(50):
        deep = [1, {"k": specimens.Plain(a=deep)}]
    for value in (deep, {Key(): lambda: None}, {("a", 1): [lambda: None]}, [Raising()],
                  {Key(): Raising()}, {lambda: None: 1}, [{1, Key()}, lambda: None]):
        for protocol in (0, 2, 4):
            quietly(brinery.dumps, value, protocol)


# --- A control: that a leak would be seen -----------------------------------------------------

KEPT = []


@scenario
def control_memory():
    KEPT.append(bytes(1))


@scenario
def control_references():
    KEPT.append(None)
    KEPT.append(Failure)


def main():
    found = leaks_of(SCENARIOS[sys.argv[1]])
    print("\n".join(found))


if __name__ == "__main__":
    main()
