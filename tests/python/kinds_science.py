"""NumPy, SciPy, pandas, scikit-learn, NetworkX, SymPy, xarray, Matplotlib."""
import datetime
import functools
import pickle
import pickletools
import tempfile

import matplotlib
import matplotlib.backends.backend_agg
import networkx
import numpy
import numpy.ma
import pandas
import scipy.interpolate
import scipy.optimize
import scipy.sparse
import scipy.spatial
import scipy.stats
import sklearn.cluster
import sklearn.compose
import sklearn.datasets
import sklearn.decomposition
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.gaussian_process
import sklearn.isotonic
import sklearn.linear_model
import sklearn.model_selection
import sklearn.naive_bayes
import sklearn.neighbors
import sklearn.neural_network
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.svm
import sklearn.tree
import sympy
import xarray

import specimens
from kinds import NEVER, kind

matplotlib.use("agg")
import matplotlib.pyplot  # noqa: E402  the backend is chosen before


class Tagged(numpy.ndarray):
    """An array with an attribute of its own, which its pickle forgets."""

    def __new__(cls, values, tag):
        made = numpy.asarray(values).view(cls)
        made.tag = tag
        return made

    def __array_finalize__(self, parent):
        self.tag = getattr(parent, "tag", None)


class Keeping(Tagged):
    """And one that keeps it."""

    def __reduce__(self):
        function, arguments, state = super().__reduce__()
        return (function, arguments, (state, self.tag))

    def __setstate__(self, state):
        super().__setstate__(state[0])
        self.tag = state[1]


def random():
    return numpy.random.default_rng(7)


@kind
def numpy_dtypes():
    codes = "?bhilqpBHILQPefdgFDGSUOVMm"
    return [numpy.dtype(code) for code in codes] + [
        numpy.dtype(">i4"), numpy.dtype("S7"), numpy.dtype("U3"), numpy.dtype("M8[ns]"),
        numpy.dtype("m8[3D]"), numpy.dtype("f8,i4"),
        numpy.dtype([("a", "i4"), ("b", [("c", "f8", (2, 3))])], align=True),
        numpy.dtype({"names": ["x"], "formats": ["i4"], "offsets": [4], "itemsize": 16}),
        numpy.dtype("f8", metadata={"unit": "m"})]


@kind
def numpy_arrays_of_each_dtype():
    codes = ["?", "b", "h", "i", "l", "q", "B", "H", "I", "L", "Q", "e", "f", "d", "g", "F", "D",
             "G", ">i4", ">f8", "<u2"]
    return [numpy.arange(6).astype(code).reshape(2, 3) for code in codes]


@kind
def numpy_text_arrays():
    return [numpy.array(["a", "bcd", "\u20ac"]), numpy.array([b"a", b"bcd"]),
            numpy.array([b"\0\1"], dtype="V2")]


@kind
def numpy_string_dtype():
    return numpy.array(["a", "longer than the small ones" * 3],
                       dtype=numpy.dtypes.StringDType())


@kind
def numpy_shapes():
    base = numpy.arange(24.0)
    return [numpy.array(5), numpy.array([]), numpy.zeros((0, 3)), numpy.asfortranarray(
        base.reshape(4, 6)), base[::2], base.reshape(2, 3, 4).transpose(1, 0, 2), base[::-1],
        numpy.broadcast_to(base[:3], (2, 3)), base, base]


@kind
def numpy_views_of_one_array():
    base = numpy.arange(10)
    return [base, base[2:5], base.reshape(2, 5)]


@kind
def numpy_large_array():
    return [numpy.arange(50_000), numpy.arange(50_000, dtype="f4").reshape(100, 500, order="F")]


@kind
def numpy_read_only_array():
    value = numpy.arange(5)
    value.flags.writeable = False
    return value


@kind
def numpy_object_arrays():
    shared = [1]
    value = numpy.array([shared, shared, "a", None, 2**70], dtype=object)
    return [value, numpy.array([[1, "x"], [None, 2.5]], dtype=object)]


@kind
def numpy_object_array_in_itself():
    value = numpy.empty(2, dtype=object)
    value[0] = value
    value[1] = [value]
    return value


@kind
def numpy_structured_arrays():
    value = numpy.zeros(3, dtype=[("name", "U5"), ("weight", "f8"), ("any", "O")])
    value["any"] = [1], [2], None
    return [value, value[0], numpy.rec.array([(1, 2.5)], names="a,b")]


@kind
def numpy_times():
    return [numpy.array(["2026-03-01", "NaT"], dtype="M8[D]"), numpy.array([1, 2], dtype="m8[s]"),
            numpy.datetime64("2026-03-01T12:00", "us"), numpy.timedelta64(5, "h"),
            numpy.datetime64("NaT")]


@kind
def numpy_scalars():
    codes = "?bhilqBHILQefdgFDG"
    return [numpy.dtype(code).type(1) for code in codes] + [
        numpy.float64(1.5), numpy.str_("text"), numpy.bytes_(b"b"), numpy.void(b"\1\2"),
        numpy.float64("nan"), numpy.True_]


@kind
def numpy_masked_arrays():
    value = numpy.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=9)
    return [value, numpy.ma.masked, numpy.ma.masked_all((2,), dtype="f8,i4")]


@kind
def numpy_matrix_and_subclasses():
    return [numpy.matrix([[1, 2], [3, 4]]), Tagged([1, 2], "tag"), Keeping([1, 2], "tag")]


@kind
def numpy_memmaps():
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(range(80)))
        file.flush()
        return numpy.memmap(file.name, dtype="u1", mode="r", shape=(8, 10))


@kind
def numpy_random_generators():
    generator = numpy.random.default_rng(3)
    generator.normal()
    made = [numpy.random.Generator(bits(5)) for bits in (
        numpy.random.MT19937, numpy.random.PCG64, numpy.random.PCG64DXSM, numpy.random.Philox,
        numpy.random.SFC64)]
    return [generator, numpy.random.RandomState(4), numpy.random.SeedSequence(6), *made]


@kind
def numpy_functions():
    return [numpy.add, numpy.sin, numpy.sum, numpy.linalg.norm, numpy.add.reduce]


@kind
def numpy_classes():
    return [numpy.ndarray, numpy.float64, numpy.dtype, numpy.ufunc, numpy.int32, numpy.bool_,
            numpy.dtypes.Float64DType]


@kind
def numpy_polynomials():
    return [numpy.poly1d([1, 2, 3]), numpy.polynomial.Polynomial([1, 2]),
            numpy.polynomial.Chebyshev([1, 2], [0, 1])]


@kind
def numpy_errors_and_helpers():
    return [numpy.exceptions.AxisError(1), numpy.vectorize(specimens.function),
            numpy.linalg.LinAlgError("x"), numpy.ndindex, numpy.s_[1:2, ...]]


@kind(since=NEVER)
def numpy_iterators():
    return numpy.nditer(numpy.arange(3))


@kind
def scipy_sparse_matrices():
    dense = numpy.eye(4)
    dense[1, 3] = 2
    return [getattr(scipy.sparse, name)(dense) for name in (
        "csr_matrix", "csc_matrix", "coo_matrix", "bsr_matrix", "dia_matrix", "lil_matrix",
        "dok_matrix")]


@kind
def scipy_sparse_arrays():
    dense = numpy.eye(4)
    return [getattr(scipy.sparse, name)(dense) for name in (
        "csr_array", "csc_array", "coo_array", "bsr_array", "dia_array", "lil_array", "dok_array")]


@kind
def scipy_distributions():
    return [scipy.stats.norm(1, 2), scipy.stats.norm, scipy.stats.poisson(3),
            scipy.stats.multivariate_normal([0, 0])]


@kind
def scipy_kernel_density():
    return scipy.stats.gaussian_kde([1.0, 2.0, 4.0])


@kind(since=2)
def scipy_interpolators():
    x = numpy.arange(8.0)
    return [scipy.interpolate.CubicSpline(x, x**2), scipy.interpolate.PchipInterpolator(x, x**2),
            scipy.interpolate.BSpline(*scipy.interpolate.splrep(x, x**2)),
            scipy.interpolate.RegularGridInterpolator((x,), x), scipy.interpolate.interp1d(x, x),
            scipy.interpolate.UnivariateSpline(x, x**2)]


def difference_of_trees(left, right):
    """What they hold and answer: their nodes hold addresses, too."""
    for a, b in zip(left, right, strict=True):
        point = numpy.full(2, 0.4)
        if type(a) is not type(b) or not numpy.array_equal(a.data, b.data):
            return f"{a} and {b}"
        if not numpy.array_equal(a.query(point, 5), b.query(point, 5)):
            return "other neighbours"
    return None


@kind(since=2, stable=False, difference=difference_of_trees)
def scipy_trees():
    points = random().random((20, 2))
    return [scipy.spatial.KDTree(points), scipy.spatial.cKDTree(points)]


@kind
def scipy_rotations_and_results():
    result = scipy.optimize.minimize(scipy.optimize.rosen, [0.5, 0.5], method="Nelder-Mead",
                                     options={"maxiter": 5})
    return [scipy.spatial.transform.Rotation.from_euler("x", 0.5), result,
            scipy.optimize.Bounds([0], [1])]


@kind
def scipy_linear_operators():
    return scipy.sparse.linalg.aslinearoperator(scipy.sparse.csr_array(numpy.eye(3)))


def frame():
    return pandas.DataFrame({"a": [1, 2, 3], "b": [1.5, None, 2.5], "c": ["x", "y", None]})


@kind
def pandas_series():
    return [pandas.Series([1, 2, 3], name="n"), pandas.Series([], dtype="f8"),
            pandas.Series(["a", None]), pandas.Series([1, "a", [2]], index=list("xyz")),
            pandas.Series({"a": 1})]


@kind
def pandas_frames():
    value = frame()
    value.attrs["unit"] = "m"
    return [value, frame().T, pandas.DataFrame(), frame()[["a"]], frame().iloc[1:]]


@kind
def pandas_frame_of_each_dtype():
    columns = {code: pandas.Series([1, 0], dtype=code) for code in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float32", "float64", "complex128", "object", "Int8", "Int64", "UInt16", "Float32",
        "Float64", "boolean", "category")}
    return pandas.DataFrame(columns)


@kind
def pandas_frame_of_times():
    when = pandas.date_range("2026-03-01", periods=3, tz="Europe/Berlin")
    return pandas.DataFrame({
        "zoned": when, "naive": when.tz_localize(None), "delta": when - when[0],
        "period": pandas.period_range("2026-03", periods=3, freq="M"),
        "text": pandas.array(["a", None, "c"], dtype="string"),
        "interval": pandas.interval_range(0, 3)}, index=when)


@kind
def pandas_frame_with_duplicates():
    return pandas.DataFrame([[1, 2, 3]], columns=["a", "a", "b"], index=[0])


@kind
def pandas_indexes():
    return [pandas.Index(["a", "b"], name="i"), pandas.RangeIndex(5), pandas.Index([1.5]),
            pandas.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"]),
            pandas.CategoricalIndex(["u", "v", "u"]), pandas.DatetimeIndex(["2026-03-01"]),
            pandas.TimedeltaIndex([pandas.Timedelta("1D")]), pandas.IntervalIndex.from_breaks(
                [0, 1, 2]), pandas.PeriodIndex(["2026-03"], freq="M")]


@kind
def pandas_multi_index_frame():
    return frame().set_index(["a", "c"])


@kind
def pandas_categoricals():
    return [pandas.Categorical(["a", "b", "a"], ordered=True), pandas.Categorical([]),
            pandas.CategoricalDtype(["x", "y"])]


@kind
def pandas_scalars():
    return [pandas.Timestamp("2026-03-01 12:00:00.123456789"), pandas.NaT, pandas.NA,
            pandas.Timestamp("2026-03-01", tz="UTC"), pandas.Timedelta("1D 2ns"),
            pandas.Period("2026-03", "M"), pandas.Interval(0, 1, "both")]


@kind
def pandas_sparse():
    return pandas.Series(pandas.arrays.SparseArray([0, 0, 1]))


@kind
def pandas_offsets():
    return [pandas.offsets.BDay(2), pandas.offsets.MonthEnd(), pandas.offsets.Hour(3),
            pandas.DateOffset(months=1), pandas.offsets.CustomBusinessDay(holidays=["2026-01-01"])]


@kind
def pandas_groups():
    return frame().groupby("a")


@kind
def pandas_large_frame():
    return pandas.DataFrame(random().random((1000, 5)), columns=list("abcde")).assign(
        label=["x", "y"] * 500)


@kind
def pandas_two_frames_of_one():
    value = frame()
    return [value, value, value["a"], value[["a", "b"]], value.columns]


@functools.lru_cache
def iris():
    return sklearn.datasets.load_iris(return_X_y=True)


def fitted(estimator, subset=slice(None, None, 5)):
    return estimator.fit(iris()[0][subset], iris()[1][subset])


@kind
def sklearn_linear():
    return [fitted(sklearn.linear_model.LogisticRegression(max_iter=200)),
            fitted(sklearn.linear_model.LinearRegression()),
            fitted(sklearn.linear_model.SGDClassifier(random_state=1))]


@kind
def sklearn_forest():
    return fitted(sklearn.ensemble.RandomForestClassifier(5, random_state=1))


@kind
def sklearn_boosting():
    return [fitted(sklearn.ensemble.GradientBoostingClassifier(n_estimators=3, random_state=1)),
            fitted(sklearn.ensemble.HistGradientBoostingClassifier(max_iter=3, random_state=1))]


@kind
def sklearn_tree():
    return fitted(sklearn.tree.DecisionTreeClassifier(random_state=1))


@kind
def sklearn_support_vectors():
    return fitted(sklearn.svm.SVC())


@kind
def sklearn_neighbours():
    return [fitted(sklearn.neighbors.KNeighborsClassifier(algorithm="kd_tree")),
            fitted(sklearn.neighbors.KNeighborsClassifier(algorithm="ball_tree"))]


@kind
def sklearn_others():
    return [fitted(sklearn.naive_bayes.GaussianNB()),
            fitted(sklearn.cluster.KMeans(3, n_init=1, random_state=1)),
            fitted(sklearn.decomposition.PCA(2)),
            fitted(sklearn.neural_network.MLPClassifier((4,), max_iter=1, random_state=1)),
            fitted(sklearn.gaussian_process.GaussianProcessClassifier(random_state=1)),
            sklearn.isotonic.IsotonicRegression().fit([1, 2, 3], [1, 3, 2])]


@kind
def sklearn_pipeline():
    return fitted(sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.StandardScaler(), sklearn.decomposition.PCA(2),
        sklearn.linear_model.LogisticRegression()))


@kind
def sklearn_search():
    return fitted(sklearn.model_selection.GridSearchCV(
        sklearn.tree.DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2]}, cv=2))


@kind
def sklearn_text_and_columns():
    text = sklearn.feature_extraction.text.TfidfVectorizer().fit(["some words", "more words"])
    columns = sklearn.compose.make_column_transformer(
        (sklearn.preprocessing.OneHotEncoder(), ["c"]), remainder="passthrough")
    return [text, columns.fit(frame())]


@kind
def sklearn_unfitted():
    return [sklearn.linear_model.Lasso(), sklearn.datasets.load_iris(),
            sklearn.model_selection.KFold(3), sklearn.exceptions.NotFittedError("x")]


@kind
def networkx_graphs():
    value = networkx.Graph(name="g")
    value.add_edge("a", "b", weight=2)
    value.add_node(("t", 1), label=[1])
    directed = networkx.DiGraph([(1, 2), (2, 3)])
    multi = networkx.MultiDiGraph([(1, 2), (1, 2)])
    assert value.adj and value.nodes and value.edges  # cached on first use
    return [value, directed, multi, networkx.MultiGraph(), networkx.karate_club_graph()]


@kind
def networkx_views():
    value = networkx.path_graph(4)
    return [value.nodes, value.edges, value.degree, value.adj]


@kind(since=2)
def sympy_expressions():
    x, y = sympy.symbols("x y", positive=True)
    made = [x, sympy.Integer(5), sympy.Rational(1, 3), sympy.pi, sympy.oo, sympy.Float("1.5", 30),
            sympy.sin(x) ** 2 + sympy.exp(-y), sympy.Integral(x, (x, 0, 1)), sympy.Eq(x, y),
            sympy.ImmutableMatrix([[x, 1], [2, y]]), sympy.FiniteSet(1, 2), sympy.Poly(x**2 + 1, x)]
    for expression in made:
        hash(expression)
    return made


@kind(since=2)
def xarray_arrays():
    value = xarray.DataArray(numpy.arange(6.0).reshape(2, 3), dims=("x", "y"),
                             coords={"x": [10, 20], "y": list("abc")}, attrs={"unit": "m"})
    return [value, value.to_dataset(name="v"), xarray.Variable("t", [1, 2])]


def pixels(figure):
    canvas = matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


def difference_of_drawings(left, right):
    """What can be seen: inside, each registry of callbacks has a number of its own."""
    if type(left) is not type(right) or pixels(left) != pixels(right):
        return f"{left} and {right}"
    return None


def difference_of_parts(left, right):
    """The same opcodes write them, for the same reason."""
    names = [[opcode.name for opcode, _, _ in pickletools.genops(pickle.dumps(parts))]
             for parts in (left, right)]
    return None if names[0] == names[1] else f"{left} and {right}"


@kind(stable=False, difference=difference_of_drawings)
def matplotlib_figures():
    figure, axes = matplotlib.pyplot.subplots()
    axes.plot([1, 2, 3], label="line")
    axes.set_title("title")
    axes.legend()
    matplotlib.pyplot.close(figure)
    return figure


@kind(stable=False, difference=difference_of_parts)
def matplotlib_parts():
    return [matplotlib.colors.Normalize(0, 1), matplotlib.colormaps["viridis"],
            matplotlib.colors.ListedColormap(["r", "g"]), matplotlib.transforms.Affine2D(),
            matplotlib.path.Path([[0, 0], [1, 1]])]


@kind
def mixed_with_datetimes():
    shared = numpy.arange(3)
    return {"frame": frame(), "array": shared, "again": [shared], "when": datetime.date(2026, 3, 1),
            "scalar": numpy.float64(2.5), specimens.Frozen("a", 1): frame()["a"]}
