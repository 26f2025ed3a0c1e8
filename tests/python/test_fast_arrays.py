"""Arrays of numpy, whose items are written from where they are: the bytes of pickle even so."""
import copyreg
import gc
import io
import pickle
import subprocess
import sys
import tracemalloc

import pytest

brinery = pytest.importorskip(
    "brinery", reason="needs the package: tools/build.sh python, PYTHONPATH=build/python/site")
numpy = pytest.importorskip("numpy")

from same_bytes import PROTOCOLS, same, written  # noqa: E402

CODES = ["?", "i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "g", ">i4", ">f8",
         "S5", "U3", "V6", "M8[s]", "m8[D]", "O"]


def arrays(code):
    yield numpy.zeros((), code)
    for shape in [(0,), (1,), (3,), (2, 3), (4, 1, 2), (1, 1), (2, 3, 4, 5), (1,) * 9, (0, 4),
                  (300,), (70000,)]:
        with numpy.errstate(over="ignore"):
            yield numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape).astype(code)


@pytest.mark.parametrize("code", CODES)
def test_dtypes_and_shapes(code):
    for array in arrays(code):
        same(array)
        same([array, array.copy(), [array, array.dtype], array.copy()])


def test_orders():
    base = numpy.arange(24, dtype="i4").reshape(2, 3, 4)
    for array in (numpy.asfortranarray(base), base.T, base[:, ::2], base[::-1], base[:, 1],
                  base[..., 0], numpy.broadcast_to(base[0, 0], (3, 4)), base[:1], base[:, :1, :1],
                  numpy.asfortranarray(base)[:, :, :1], base.transpose(1, 0, 2)):
        same([array, array, base])


def test_structured_and_odd_dtypes():
    for dtype in ([("a", "i4"), ("b", "f8")], [("a", "O"), ("b", "i4")], [("a", "i4", (2,))],
                  numpy.dtype("f8", metadata={"unit": "m"}),
                  numpy.dtype("f8", metadata={"unit": ["m"]}),
                  numpy.dtype({"names": ["x"], "formats": ["i4"], "offsets": [4], "itemsize": 16})):
        array = numpy.zeros(5, dtype)
        same([array, array.copy(), array[:2]])
        same(array)


def test_items_that_are_one_object():
    """Of no and of one byte there is one bytes object, which the memo knows again."""
    one = numpy.array([7], "u1")
    same([one, one.copy(), b"\7", numpy.zeros(0, "f8"), numpy.zeros(0, "i4"), b""])
    same([numpy.array([98], "u1"), numpy.zeros(3), b"b"])
    same([b"b", numpy.zeros(3), numpy.zeros(3), (0,)])


def test_ends_of_frames_and_large_items():
    for size in (60_000, 65_530, 65_535, 65_536, 65_537, 70_000):
        for lead in (0, 1, 5, 65_000, 65_500):
            array = numpy.zeros(size, "u1")
            same(["x" * lead, array, 1, array.copy(), "y" * 65_536, array], [3, 4])


def test_many():
    made = [numpy.arange(i % 9, dtype=CODES[1 + i % 11]) + 1 for i in range(3000)]
    same([made, {"a": made[:50]}, (made[0], made[1])], [2, 3, 4, 5])


def test_subclasses():
    class Tagged(numpy.ndarray):
        def __reduce__(self):
            return str, ("tagged",)

    class Other(numpy.ndarray):
        pass

    globals()["Other"] = Other
    Other.__qualname__ = "Other"
    base = numpy.zeros(4)
    for array in (base.view(Tagged), base.view(Other),
                  numpy.ma.array([1, 2], mask=[0, 1]), numpy.rec.array([(1, 2.0)], names="a,b")):
        same([array, base, array])


def registered(cls):
    copyreg.pickle(cls, lambda obj: (str, ("registered",)))
    return lambda: copyreg.dispatch_table.pop(cls)


def replaced(module, name, value):
    before = getattr(module, name)
    setattr(module, name, value)
    return lambda: setattr(module, name, before)


def modules_of(*names):
    return [sys.modules[name] for name in names if name in sys.modules]


def reconstruct_replaced():
    undo = [replaced(module, "_reconstruct", len) for module in
            modules_of("numpy._core.multiarray", "numpy.core.multiarray")]
    return lambda: [each() for each in undo]


def both_replaced():
    undo = [replaced(module, "_reconstruct", len) for module in
            modules_of("numpy._core.multiarray", "numpy.core.multiarray",
                       "numpy._core._multiarray_umath", "numpy.core._multiarray_umath")]
    return lambda: [each() for each in undo]


def extension():
    copyreg.add_extension("numpy", "ndarray", 240)
    return lambda: copyreg.remove_extension("numpy", "ndarray", 240)


OVERRIDES = {
    "arrays": lambda: registered(numpy.ndarray),
    "dtypes": lambda: registered(type(numpy.dtype("f8"))),
    "reconstruct": reconstruct_replaced,
    "both": both_replaced,
    "ndarray": lambda: replaced(numpy, "ndarray", 5),
    "dtype": lambda: replaced(numpy, "dtype", 5),
    "extension": extension,
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_what_is_overridden_is_asked(name):
    make = [lambda: numpy.arange(5.0), lambda: [numpy.zeros(3, "i4"), numpy.ones((2, 2), "i4")]]
    same([each() for each in make])
    undo = OVERRIDES[name]()
    try:
        for each in make:
            same(each())
            same([1, each(), each()])
    finally:
        undo()
    same([each() for each in make])


def test_hooks_are_asked():
    made = [numpy.arange(5.0), numpy.zeros(3)]
    for change in ({"persistent_id": lambda self, obj: "id" if isinstance(obj, numpy.ndarray)
                    else None},
                   {"reducer_override": lambda self, obj: (str, ("reduced",))
                    if isinstance(obj, numpy.ndarray) else NotImplemented},
                   {"dispatch_table": {numpy.ndarray: lambda obj: (str, ("table",))}}):
        def run(module, change=change):
            file = io.BytesIO()
            type("Hooked", (module.Pickler,), change)(file, 4).dump(made)
            return file.getvalue()

        assert run(brinery) == run(pickle)
    assert written(brinery, made, 4) == written(pickle, made, 4)


def test_import_is_asked():
    """Somebody else's __import__ may do anything in the middle, so it is called."""
    import builtins
    made = numpy.arange(2000.0)

    def run(module):
        names = []
        before = builtins.__import__

        def importing(name, *args, **kwargs):
            names.append(name)
            return before(name, *args, **kwargs)

        builtins.__import__ = importing
        try:
            return module.dumps(made, 4), [name for name in names if name.startswith("numpy")]
        finally:
            builtins.__import__ = before

    assert run(brinery) == run(pickle)


def test_buffers_out_of_band():
    made = [numpy.arange(2000.0), numpy.zeros(3)]

    def run(module):
        buffers = []
        data = module.dumps(made, 5, buffer_callback=buffers.append)
        return data, [bytes(buffer) for buffer in buffers]

    assert run(brinery) == run(pickle)


def test_depth():
    made = numpy.arange(5.0)
    for depth in range(40):
        for protocol in (3, 4):
            try:
                data = brinery.dumps([made, made.copy()], protocol, max_depth=depth)
            except RecursionError:
                continue
            assert data == pickle.dumps([made, made.copy()], protocol)
    with pytest.raises(RecursionError):
        brinery.dumps([made], 4, max_depth=5)


def test_files_that_change_the_array():
    """What a file's write() does to an array, pickle's copy of the items does not see."""
    def run(module, protocol):
        array = numpy.zeros(100_000, "u1")
        pieces = []

        class File:
            def write(self, data):
                pieces.append(bytes(data))
                array[:] = len(pieces)

        module.dump(["x" * 65_000, "y" * 65_000, array, 1, array.copy()], File(), protocol)
        return b"".join(pieces)

    for protocol in (3, 4):
        assert run(brinery, protocol) == run(pickle, protocol)


def test_no_copy_is_made():
    array = numpy.zeros(4_000_000, "u1")
    brinery.dumps(array, 4)
    gc.collect()
    tracemalloc.start()
    try:
        data = brinery.dumps(array, 4)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) <= peak < 1.5 * array.nbytes


def test_round_trips():
    made = [numpy.arange(6, dtype=code).reshape(2, 3) for code in CODES[1:13]]
    for protocol in PROTOCOLS:
        for load in (pickle.loads, brinery.loads):
            back = load(brinery.dumps(made, protocol))
            for one, other in zip(made, back):
                assert one.dtype == other.dtype and (one == other).all()


# ---------------------------------------------------------------------------
# Numbers
# ---------------------------------------------------------------------------

SCALARS = [numpy.bool_, numpy.int8, numpy.uint8, numpy.int16, numpy.intc, numpy.int64,
           numpy.longlong, numpy.ulonglong, numpy.float16, numpy.float32, numpy.float64,
           numpy.longdouble, numpy.complex64, numpy.complex128, numpy.clongdouble, numpy.str_,
           numpy.bytes_, lambda value: numpy.datetime64(value, "s"),
           lambda value: numpy.timedelta64(value, "D"), lambda value: numpy.timedelta64(value),
           lambda value: numpy.array([value], ">i4")[0],
           lambda value: numpy.array([(value, 2.5)], "i4,f8")[0],
           lambda value: numpy.dtype("f8", metadata={"unit": "m"}).type(value)]


class OwnFloat(numpy.float64):
    pass


@pytest.mark.parametrize("make", SCALARS + [OwnFloat])
def test_numbers(make):
    numbers = [make(i) for i in range(5)]
    same(numbers)
    same([numbers, numbers, make(3), numbers[0].dtype, numpy.zeros(3, numbers[0].dtype)])
    same([numpy.zeros(3, numbers[0].dtype), *numbers])
    same({f"key {i}": {"loss": make(i % 100), "again": numbers[0]} for i in range(1200)})


def test_numbers_of_all_kinds():
    same([make(i) for i in range(100) for make in SCALARS])


def test_numbers_are_asked_when_that_matters(monkeypatch):
    numbers = [numpy.float64(i) for i in range(4)]
    same(numbers)
    copyreg.pickle(numpy.float64, lambda number: (float, (float(number),)))
    try:
        same(numbers)
    finally:
        del copyreg.dispatch_table[numpy.float64]
    same(numbers)
    scalar = numbers[0].__reduce__()[0]
    for name in [name for name, module in [*sys.modules.items()]
                 if name.startswith("numpy") and vars(module).get("scalar") is scalar]:
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules[name], "scalar", lambda *args: scalar(*args))
            same(numbers)
    same(numbers)


# ---------------------------------------------------------------------------
# Loading
# ---------------------------------------------------------------------------

def seen(array):
    """All that can be seen of an array."""
    return (type(array), array.dtype, array.shape, array.strides, array.flags.num,
            type(array.base), array.tobytes() if not array.dtype.hasobject else array.tolist())


@pytest.mark.parametrize("code", CODES)
def test_loaded_arrays(code):
    for array in arrays(code):
        for protocol in PROTOCOLS:
            data = pickle.dumps([array, array.T, array], protocol)
            loaded, wanted = brinery.loads(data), pickle.loads(data)
            assert [*map(seen, loaded)] == [*map(seen, wanted)]
            assert loaded[0] is loaded[2]
            assert loaded[0].size == 0 or not numpy.shares_memory(loaded[0], loaded[1])


class Answer:
    """What is pickled as a call of numpy's own function."""

    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return numpy.zeros(1).__reduce__()[0], self.args


class Subclass(numpy.ndarray):
    finalized = None

    def __array_finalize__(self, other):
        self.finalized = "yes"


@pytest.mark.parametrize("args", [
    (numpy.ndarray, (0,), b"b"), (numpy.ndarray, (0,), "b"), (numpy.ndarray, (0,), b"B"),
    (numpy.ndarray, [0], b"b"), (numpy.ndarray, (2,), b"b"), (numpy.ndarray, (0, 0), b"b"),
    (numpy.ndarray, (), b"b"), (numpy.ndarray, (0,), b"f8"), (numpy.ndarray, (0,)),
    (numpy.ndarray, (-1,), b"b"), (numpy.ndarray, (False,), b"b"), (Subclass, (0,), b"b"),
    (numpy.matrix, (0,), b"b"), (int, (0,), b"b"), (numpy.ndarray, (0,), b"b", 1), ()],
    ids=repr)
def test_what_makes_arrays(args):
    outcomes = []
    data = pickle.dumps(Answer(*args))
    for loads in (brinery.loads, pickle.loads):
        try:
            array = loads(data)
        except Exception as error:  # pylint: disable=broad-exception-caught
            outcomes.append((type(error), str(error)))
        else:
            # What is not yet set may be anything.
            outcomes.append((type(array), array.dtype, array.shape, array.strides,
                             array.flags.num, getattr(array, "finalized", None)))
    assert outcomes[0] == outcomes[1]


def test_no_reference_is_lost():
    data = pickle.dumps([numpy.arange(3.0) for _ in range(1000)])
    brinery.loads(data)
    held = [numpy.dtype("b"), numpy.dtype("f8"), numpy.ndarray, numpy.zeros(1).__reduce__()[0]]
    before = [*map(sys.getrefcount, held)]
    brinery.loads(data)
    # numpy keeps a few for later.
    assert all(abs(sys.getrefcount(one) - count) < 10 for one, count in zip(held, before))


def test_a_function_in_its_place(monkeypatch):
    """What the pickle names is what is called."""
    data = pickle.dumps(numpy.arange(3))
    module = sys.modules[pickle.loads(pickle.dumps(numpy.zeros(1).__reduce__()[0])).__module__]
    calls = []

    def instead(*args):
        calls.append(args)
        return numpy.ndarray((0,), "i1")

    monkeypatch.setattr(module, "_reconstruct", instead)
    assert (brinery.loads(data) == numpy.arange(3)).all()
    assert calls == [(numpy.ndarray, (0,), b"b")]


def test_the_systems_numpy():
    """numpy 1 and 2 keep their functions in modules of different names."""
    code = ("import pickle, numpy, brinery\n"
            "made = [numpy.arange(i) / 7 for i in range(100)]\n"
            "loaded = brinery.loads(pickle.dumps(made))\n"
            "assert all((a == b).all() and a.flags.num == b.flags.num\n"
            "           for a, b in zip(loaded, pickle.loads(pickle.dumps(made))))\n")
    subprocess.run(["/usr/bin/python3", "-c", code], check=True)
