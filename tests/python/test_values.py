"""What `brinery json --lossless` says a pickle holds, beside what CPython loads from it.

Two comparisons for each pickle: the graph with the reference machine's (every kind of value, all
sharing, what was done in which order), and the objects that result when the described calls are
really made with those of pickle.loads().
"""

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import operator
import pathlib
import pickle
import pickletools
import re
import struct
import sys
import types
import uuid

import command
import generate
import lossless
import model
import pytest
import reference
import same
import specimens

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def check_graphs(pairs):
    """Pairs of (pickle, graph): the command must describe exactly these graphs."""
    texts = command.lossless(*[data for data, _ in pairs])
    read = []
    for number, ((data, graph), text) in enumerate(zip(pairs, texts)):
        try:
            ours = lossless.read(text)
        except lossless.NotLossless as error:
            raise AssertionError(f"pickle {number}: {error}\n{data!r}\n{text:.2000}") from None
        wrong = model.compare(graph, ours)
        assert wrong is None, f"pickle {number}: {wrong}\n{data!r}\n{text:.2000}"
        read.append(ours)
    return read


def check_objects(pickles, **options):
    """Graphs, and objects rebuilt from the JSON, for whole pickles that Python can load."""
    circular = 0
    graphs = check_graphs([(data, reference.run(data)) for data in pickles])
    for number, (data, graph) in enumerate(zip(pickles, graphs)):
        try:
            ours = lossless.rebuild(graph, lossless.protocol_of(data), **options)
        except lossless.Circular:
            circular += 1
            continue
        wrong = same.difference(pickle.loads(data, **options), ours)
        assert wrong is None, f"pickle {number}: {wrong}\n{data!r}"
    assert circular <= len(pickles) / 100


def in_every_protocol(value):
    for proto in PROTOCOLS:
        yield pickle.dumps(value, proto)
        yield pickle._dumps(value, proto)
        yield pickletools.optimize(pickle.dumps(value, proto))


# ----------------------------------------------------------------------------
# Generated
# ----------------------------------------------------------------------------


def test_random_objects():
    check_objects(list(generate.pickled_objects(2000, "values")))


def test_random_programs():
    check_graphs(list(generate.programs(2000, "values")))


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_many_random_objects(part):
    check_objects(list(generate.pickled_objects(5000, f"values/{part}", size=60)))


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_many_random_programs(part):
    check_graphs(list(generate.programs(5000, f"values/{part}", length=80)))


def test_corpus(corpus):
    """What pickletools can read of the corpus; the rest stands in test_corpus.py."""
    from test_disassembly import genops_reads

    pairs = []
    for data in corpus.values():
        for one in genops_reads(data):
            pairs.append((one, reference.run(one)))
    assert len(pairs) > 50
    command.deeply(check_graphs, pairs)  # json.loads() recurses, and some are a thousand deep


# ----------------------------------------------------------------------------
# One by one
# ----------------------------------------------------------------------------

ATOMS = (
    generate.INTS
    + generate.FLOATS
    + generate.NANS
    + generate.STRINGS
    + generate.BYTES
    + [None, True, False]
    + [bytearray(data) for data in generate.BYTES]
)


def test_atoms():
    """Each value on its own and inside a list, in every protocol."""
    pickles = []
    for value in ATOMS:
        pickles.extend(in_every_protocol(value))
        pickles.append(pickle.dumps([value, value], 4))
    check_objects(pickles)


def test_all_code_points():
    """Every character, surrogates included, in the spelling of each protocol."""
    text = "".join(map(chr, range(sys.maxunicode + 1)))
    blocks = [text[i : i + 0x8000] for i in range(0, len(text), 0x8000)]
    for proto in (0, 1, 4):
        check_objects([pickle.dumps(block, proto) for block in blocks])


def test_small_ints_of_every_width():
    values = (
        list(range(-300, 300)) + [1 << n for n in range(300)] + [-(1 << n) for n in range(300)]
    )
    values += [(1 << n) - 1 for n in range(300)] + [-(1 << n) - 1 for n in range(300)]
    check_objects([pickle.dumps(values, proto) for proto in PROTOCOLS])


def test_keys():
    """Every two keys in one dict: whether they are one is decided as Python decides it."""
    pickles = []
    for one in generate.KEYS:
        # As programs, because Python itself would join equal keys before they are written.
        parts = [pickle.dumps(key, 3)[2:-1] for key in (one, *generate.KEYS)]
        parts = [pickletools.optimize(b"\x80\x03" + part + b".")[2:-1] for part in parts]
        for other in parts[1:]:
            pickles.append(b"\x80\x04}(" + parts[0] + b"N" + other + b"\x88u.")
            pickles.append(b"\x80\x04\x8f(" + parts[0] + other + b"\x90.")
    check_graphs([(data, reference.run(data)) for data in pickles])
    for data, text in zip(pickles, command.lossless(*pickles)):
        ours = lossless.rebuild(lossless.read(text), 4)
        assert same.difference(pickle.loads(data), ours) is None, data


def test_many_keys_that_are_equal():
    """Beyond the size where a table replaces comparing one by one."""
    body = b"".join(b"K" + bytes([n]) + b"NG" + struct.pack(">d", n) + b"\x88" for n in range(200))
    check_objects([b"\x80\x04}(" + body + b"u.", b"\x80\x04\x8f(" + body + b"\x90."])


OBJECTS = [
    datetime.datetime(2024, 2, 29, 12, 30, 59, 999999),
    datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc, fold=1),
    datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3), "here")),
    datetime.date(9999, 12, 31), datetime.time(1, 2, 3, 4), datetime.timedelta(-1, 5, 7),
    decimal.Decimal("1.10"), decimal.Decimal("-0"), decimal.Decimal("NaN"),
    decimal.Decimal(2**100), decimal.Context(prec=9), fractions.Fraction(-1, 3), uuid.UUID(int=5),
    1 + 2j, complex("-0-0j"), range(1, 10, 3), slice(1, None, 2), ..., NotImplemented, int, len,
    type(None), str.upper, "x".join, [].append, operator.itemgetter(1, 2),
    functools.partial(int, base=2), collections.OrderedDict([(1, 2), ("b", [])]),
    collections.defaultdict(list, a=[1]), collections.deque([1, 2], 5),
    collections.Counter("hello"), collections.ChainMap({1: 2}, {}), collections.UserDict(a=1),
    array.array("d", [1.5, -0.0]), array.array("i"), {1, 2}, frozenset("ab"), set(), frozenset(),
    frozenset([frozenset([1]), (2,)]), specimens.Plain(a=1), specimens.Slots(1, "b"),
    specimens.SlotsAndDict(1, 2, c=3), specimens.WithState([1]), specimens.FalseState(),
    specimens.Reduced(1, [2]), specimens.NewArgs(1, 2), specimens.NewArgsEx(1, key=2),
    specimens.MyList([1, 2]), specimens.MyDict(a=1), specimens.MySet([1]), specimens.MyInt(5),
    specimens.MyStr("s"), specimens.MyBytes(b"b"), specimens.MyFloat(-0.0), specimens.Color.RED,
    specimens.Level.HIGH, specimens.Access.READ | specimens.Access.WRITE, specimens.Point(1, [2]),
    specimens.Record("n"), specimens.Data("n", [1]), specimens.Frozen("n", 1),
    specimens.Outer.Inner(3), specimens.Outer().method, specimens.function, ValueError("v", 1),
    KeyError("k"), OSError(2, "No such file", "f"), specimens.Trouble("m", 5),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), ImportError("i", name="n", path="p"),
    ExceptionGroup("g", [ValueError(1), TypeError("t")]), pathlib.PurePosixPath("a/b"),
    pathlib.PureWindowsPath("c:/d"), re.compile("a+", re.I), ipaddress.ip_address("10.0.0.1"),
    ipaddress.ip_network("10.0.0.0/8"), types.SimpleNamespace(a=1), iter([1, 2, 3]), iter((1,)),
    enumerate("ab"), zip([1], "a"), memoryview, object(), enum.auto, print, bytearray(b"abc"),
    {"nested": [{"deep": ({"er": [1, (2, {3: "4"})]},)}]},
]


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
def test_objects_of_the_standard_library(value):
    pickles = []
    for proto in PROTOCOLS:
        try:
            pickles.append(pickle.dumps(value, proto))
        except (TypeError, ValueError, pickle.PicklingError):
            assert proto < 2, "only the oldest protocols cannot have everything"
    shared = [value, {"again": value}, (value,)]
    pickles.append(pickle.dumps(shared, 5))
    pickles.append(pickle._dumps(shared, 3))
    check_objects(pickles)


def test_exceptions_with_traces_of_use():
    error = specimens.Trouble("message", 7)
    error.add_note("a note")
    error.more = [error]
    check_objects(list(in_every_protocol(error)))


@pytest.mark.parametrize("proto", range(4))
def test_one_memo_over_several_pickles_is_refused_like_loads(proto):
    """A Pickler used twice refers to what stands in its first pickle: alone that is broken."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, proto)
    value = ["x", "y" * 50]
    pickler.dump(value)
    first = file.tell()
    pickler.dump([value])
    second = file.getvalue()[first:]
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(second)
    done = command.run("json", "--lossless", "-", data=second)
    assert (done.returncode, command.error_number(done.stderr)) == (2, 43)


@pytest.mark.parametrize("proto", range(2, 6))
def test_extension_codes(proto):
    with specimens.extension_codes():
        value = [
            specimens.Registered(1),
            specimens.Plain(a=specimens.Reduced(1)),
            specimens.Reduced,
        ]
        data = pickle.dumps(value, proto)
        (graph,) = check_graphs([(data, reference.run(data))])
        assert {node.value for node in model.nodes(graph) if node.kind == "ext"} == set(
            specimens.EXTENSION_CODES.values()
        )
        assert same.difference(pickle.loads(data), lossless.rebuild(graph, proto)) is None


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_persistent_ids(proto):
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value.name if isinstance(value, specimens.Persistent) else None

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name):
            return store[name]

    names = ["one", "two words"] + ([("table", 3)] if proto else [])
    store = {name: specimens.Persistent(name) for name in names}
    value = [*store.values(), *store.values(), {"k": store["one"]}]
    file = io.BytesIO()
    Pickler(file, proto).dump(value)
    data = file.getvalue()
    (graph,) = check_graphs([(data, reference.run(data))])
    ours = lossless.rebuild(graph, proto, persistent_load=store.__getitem__)
    loaded = Unpickler(io.BytesIO(data)).load()
    assert [id(item) for item in ours[:-1]] == [id(item) for item in loaded[:-1]]
    assert ours[-1] == loaded[-1]


def test_out_of_band_buffers():
    buffers = []
    value = [pickle.PickleBuffer(bytearray(b"writable")), pickle.PickleBuffer(b"readonly"), "rest"]
    data = pickle.dumps(value + value, 5, buffer_callback=buffers.append)
    (graph,) = check_graphs([(data, reference.run(data))])
    ours = lossless.rebuild(graph, 5, buffers=[buffer.raw() for buffer in buffers])
    theirs = pickle.loads(data, buffers=buffers)
    assert [bytes(item) for item in ours if item != "rest"] == [
        bytes(item) for item in theirs if item != "rest"
    ]
    assert [node.value for node in graph.items if node.kind == "buffer"] == [
        (0, False),
        (1, True),
        (2, False),
        (3, True),
    ]


# ----------------------------------------------------------------------------
# Packages
# ----------------------------------------------------------------------------


def numpy_values():
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(5)
    kinds = "?bBhHiIlLqQefdgFDGSUVOmM"
    for kind in kinds:
        dtype = np.dtype(
            {"S": "S5", "U": "U3", "V": "V4", "m": "m8[s]", "M": "M8[ns]"}.get(kind, kind)
        )
        if kind == "O":
            yield f"dtype {kind}", np.array([1, "a", None, [2], {3: 4}], dtype=object)
            continue
        yield f"dtype {kind}", np.zeros(3, dtype)
        yield f"dtype {kind} empty", np.zeros((0, 2), dtype)
        yield f"dtype {kind} scalar", np.zeros((), dtype)[()]
    base = rng.standard_normal((4, 6))
    yield "Fortran order", np.asfortranarray(base)
    yield "every second", base[::2, ::3]
    yield "transposed", base.T
    yield "broadcast", np.broadcast_to(base[0], (3, 6))
    yield "zero dimensions", np.array(5)
    yield "big endian", base.astype(">f8")
    yield "read only", _frozen(base.copy())
    yield "structured", np.zeros(2, [("a", "i4"), ("b", [("c", "f8", (2,)), ("d", "U2")])])
    yield "record", np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")])
    yield "aligned", np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    yield "masked", np.ma.array([1, 2, 3], mask=[0, 1, 0])
    yield "matrix of objects", np.array([[1, (2,)], ["x", np.arange(2)]], dtype=object)
    yield "shared", [base, base, {"again": base}]
    yield "dtypes", [np.dtype("f4"), np.dtype("M8[D]"), np.dtype([("t", "S3")]), np.float32]
    yield "scalars", [
        np.float64(1.5),
        np.int8(-1),
        np.bool_(True),
        np.datetime64("2020-01-01"),
        np.complex64(1j),
        np.str_("s"),
        np.bytes_(b"b"),
        np.timedelta64(3, "h"),
    ]
    yield "random state", np.random.RandomState(7)
    yield "generator", np.random.default_rng(7)
    yield "large", np.arange(100_000.0)
    yield "function", np.add


def _frozen(array_):
    array_.setflags(write=False)
    return array_


def _check_package_value(value, protocols=PROTOCOLS):
    pickles = []
    for proto in protocols:
        data = pickle.dumps(value, proto)
        pickles += [data, pickletools.optimize(data)]
    check_objects(pickles)


def test_numpy():
    for name, value in numpy_values():
        try:
            _check_package_value(value)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None


def test_numpy_out_of_band():
    np = pytest.importorskip("numpy")
    value = {"a": np.arange(10.0), "b": np.ones((2, 3), order="F"), "c": _frozen(np.zeros(4))}
    buffers = []
    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
    (graph,) = check_graphs([(data, reference.run(data))])
    ours = lossless.rebuild(graph, 5, buffers=buffers)
    for key, array_ in pickle.loads(data, buffers=buffers).items():
        assert array_.dtype == ours[key].dtype and array_.strides == ours[key].strides
        assert array_.tobytes() == ours[key].tobytes()
        assert array_.flags.writeable == ours[key].flags.writeable


def pandas_values():
    pd = pytest.importorskip("pandas")
    np = pytest.importorskip("numpy")
    days = pd.date_range("2024-01-01", periods=4, tz="Europe/Berlin")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3, 4],
            "x": [0.5, np.nan, -0.0, 1e300],
            "s": list("abcd"),
            "c": pd.Categorical(["u", "v", "u", None]),
            "d": days,
            "i": pd.array([1, None, 3, 4], dtype="Int64"),
            "o": [[1], {"k": 2}, None, "text"],
        }
    )
    yield "frame", frame
    yield "index", frame.set_index(["s", "n"])
    yield "dates", frame.set_index("d")
    yield "empty", pd.DataFrame()
    yield "columns", pd.DataFrame(
        np.ones((2, 2)), columns=pd.MultiIndex.from_product([["a"], [1, 2]])
    )
    yield "series", frame["x"]
    yield "range", pd.Series(range(3), name=("a", 1))
    yield "intervals", pd.Series(pd.interval_range(0, 3))
    yield "periods", pd.Series(pd.period_range("2020", periods=3, freq="M"))
    yield "sparse", pd.Series(pd.arrays.SparseArray([0, 0, 1]))
    yield "timestamps", [pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta(5, "h"), pd.NaT, pd.NA]


def test_pandas():
    testing = pytest.importorskip("pandas.testing")
    pd = pytest.importorskip("pandas")
    for name, value in pandas_values():
        for proto in PROTOCOLS:
            data = pickle.dumps(value, proto)
            (graph,) = check_graphs([(data, reference.run(data))])
            ours = lossless.rebuild(graph, proto)
            theirs = pickle.loads(data)
            # First of all, because looking at a frame fills its caches.
            wrong = same.difference(theirs, ours)
            assert wrong is None, f"{name}, protocol {proto}: {wrong}"
            if isinstance(value, pd.DataFrame):
                testing.assert_frame_equal(theirs, ours)
            elif isinstance(value, pd.Series):
                testing.assert_series_equal(theirs, ours)


def estimators():
    pytest.importorskip("sklearn")
    import numpy as np
    from sklearn import (
        cluster, decomposition, ensemble, feature_extraction, linear_model, model_selection,
        naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm, tree,
    )

    rng = np.random.default_rng(3)
    x = rng.standard_normal((40, 4))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    for made in [
        linear_model.LogisticRegression(),
        linear_model.LinearRegression(),
        linear_model.Lasso(),
        linear_model.SGDClassifier(random_state=1),
        tree.DecisionTreeClassifier(random_state=1),
        ensemble.RandomForestClassifier(5, random_state=1),
        ensemble.GradientBoostingClassifier(n_estimators=5, random_state=1),
        ensemble.HistGradientBoostingClassifier(max_iter=5),
        svm.SVC(),
        naive_bayes.GaussianNB(),
        neighbors.KNeighborsClassifier(),
        neural_network.MLPClassifier((5,), max_iter=5, random_state=1),
        pipeline.make_pipeline(
            preprocessing.StandardScaler(), decomposition.PCA(2), linear_model.LogisticRegression()
        ),
        model_selection.GridSearchCV(
            tree.DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2]}, cv=2
        ),
        cluster.KMeans(2, n_init=1, random_state=1),
    ]:
        yield made.fit(x, y), x
    texts = ["good day", "bad day", "good luck", "bad luck"]
    yield feature_extraction.text.TfidfVectorizer().fit(texts), texts


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn():
    import numpy as np

    tried = 0
    for model_, x in estimators():
        for proto in (2, 4, 5):
            data = pickle.dumps(model_, proto)
            (graph,) = check_graphs([(data, reference.run(data))])
            ours = lossless.rebuild(graph, proto)
            theirs = pickle.loads(data)
            if hasattr(theirs, "predict"):
                assert np.array_equal(theirs.predict(x), ours.predict(x)), model_
            else:
                assert (theirs.transform(x) != ours.transform(x)).nnz == 0, model_
            wrong = same.difference(pickle.loads(data), lossless.rebuild(graph, proto))
            assert wrong is None, f"{model_}, protocol {proto}: {wrong}"
        tried += 1
    assert tried > 10
