"""Harmless values of numpy, scipy, pandas and their kin, beside those of make_harmless.py."""
import datetime
import warnings


def numpy_values():
    import numpy as np
    rng = np.random.default_rng(3)
    for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", "?",
                 "g", "G", "S5", "U5", "V7", "M8[ns]", "m8[s]", "M8[D]", "m8[25us]", "O", ">f8",
                 "<u2"):
        yield f"dtype-{code.strip('<>?') or 'bool'}-{ord(code[0])}", (
            lambda code=code: [np.dtype(code), np.zeros((2, 3), code), np.zeros(3, code)[1:2]])
    yield "scalar-types", lambda: [getattr(np, name)(1) for name in (
        "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
        "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble")]
    yield "scalar-others", lambda: [np.bytes_(b"x"), np.str_("x"), np.void(b"abc"),
                                    np.timedelta64(3, "h"), np.datetime64("NaT")]
    yield "record-scalar", lambda: np.array([(1, 2.0)], dtype="i4,f8")[0]
    yield "records", lambda: np.rec.array([(1, 2.0, "x")], names="a,b,c")
    yield "nested-records", lambda: np.zeros(3, [("a", [("b", "i4", (2, 2)), ("c", "O")]),
                                                 ("d", "f8")])
    yield "aligned-dtype", lambda: np.dtype([("a", "i1"), ("b", "f8")], align=True)
    yield "titled-dtype", lambda: np.dtype([(("title", "a"), "i4")])
    yield "dtype-metadata", lambda: np.dtype("i4", metadata={"x": 1})
    yield "matrix", lambda: np.matrix([[1, 2], [3, 4]])
    yield "char-array", lambda: np.char.array(["a", "bc"])
    yield "memory-map", memory_map
    yield "masked-float", lambda: np.ma.masked_invalid([1.0, np.nan, 3.0])
    yield "masked-constant", lambda: np.ma.masked
    yield "masked-records", lambda: np.ma.array([(1, 2.0)], mask=[(0, 1)], dtype="i4,f8")
    yield "polynomial", lambda: np.polynomial.Polynomial([1, 2, 3])
    yield "chebyshev", lambda: np.polynomial.Chebyshev([1, 2, 3])
    yield "poly1d", lambda: np.poly1d([1, 2])
    for kind in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        yield f"bits-{kind.lower()}", lambda kind=kind: getattr(np.random, kind)(5)
        yield f"generator-{kind.lower()}", lambda kind=kind: np.random.Generator(
            getattr(np.random, kind)(5))
    yield "seed-sequence", lambda: np.random.SeedSequence(5)
    yield "random-state-tuple", lambda: np.random.RandomState(1).get_state()
    yield "generator-state", lambda: rng.bit_generator.state
    yield "ufuncs", lambda: [np.add, np.sin, np.matmul]
    yield "functions", lambda: [np.mean, np.median, np.nanmean, np.argmax, np.concatenate, np.dot]
    yield "types", lambda: [np.float64, np.ndarray, np.generic, np.dtype]
    yield "objects-nested", lambda: np.array([np.arange(3), {"a": np.zeros(2)}, None], dtype=object)
    yield "object-cycle", object_cycle
    yield "read-only", lambda: np.broadcast_to(np.arange(3), (2, 3))
    yield "negative-strides", lambda: np.arange(6)[::-1]
    yield "high-dimensional", lambda: np.zeros((1,) * 10)
    yield "string-dtype", lambda: np.array(["a", "bc"], dtype=np.dtypes.StringDType())
    yield "dtype-classes", lambda: [type(np.dtype("f8")), type(np.dtype("U"))]
    yield "warning", lambda: np.exceptions.AxisError(1, 1)
    yield "finfo", lambda: [np.finfo("f4").dtype, np.iinfo("i4").dtype]
    yield "large", lambda: rng.random((200, 50))
    yield "busdaycalendar-days", lambda: np.arange("2024-01", "2024-02", dtype="M8[D]")
    yield "index-tricks", lambda: [np.s_[1:2, ...], np.newaxis]


def memory_map():
    import numpy as np
    import tempfile
    with tempfile.TemporaryFile() as file:
        file.write(b"\1\0\0\0" * 4)
        file.flush()
        return np.memmap(file, "i4", "r")


def object_cycle():
    import numpy as np
    array = np.empty(1, object)
    array[0] = array
    return array


def scipy_values():
    import numpy as np
    from scipy import interpolate, optimize, signal, sparse, spatial, stats
    x = np.arange(8.0)
    y = np.sin(x)
    dense = np.eye(5)
    for kind in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        for shape in ("array", "matrix"):
            name = f"{kind}_{shape}"
            yield f"{name}-empty", lambda name=name: getattr(sparse, name)((0, 3))
            yield f"{name}-f4", lambda name=name: getattr(sparse, name)(dense.astype("f4"))
            yield f"{name}-bool", lambda name=name: getattr(sparse, name)(dense > 0)
    yield "coo-1d", lambda: sparse.coo_array(np.array([1, 0, 2]))
    yield "coo-3d", lambda: sparse.coo_array(np.ones((2, 2, 2)))
    yield "csr-1d", lambda: sparse.csr_array(np.array([1, 0, 2]))
    yield "csr-sliced", lambda: sparse.csr_matrix(np.ones((4, 4)))[1:3]
    yield "cubic-spline", lambda: interpolate.CubicSpline(x, y)
    yield "pchip", lambda: interpolate.PchipInterpolator(x, y)
    yield "akima", lambda: interpolate.Akima1DInterpolator(x, y)
    yield "ppoly", lambda: interpolate.PPoly(np.ones((3, 2)), [0, 1, 2])
    yield "bpoly", lambda: interpolate.BPoly(np.ones((3, 2)), [0, 1, 2])
    yield "b-spline", lambda: interpolate.make_interp_spline(x, y)
    yield "univariate-spline", lambda: interpolate.UnivariateSpline(x, y)
    yield "interpolated-spline", lambda: interpolate.InterpolatedUnivariateSpline(x, y)
    yield "interp1d", lambda: interpolate.interp1d(x, y)
    yield "interp1d-cubic", lambda: interpolate.interp1d(x, y, kind="cubic")
    yield "grid", lambda: interpolate.RegularGridInterpolator((x, x), np.ones((8, 8)))
    yield "bivariate", lambda: interpolate.RectBivariateSpline(x, x, np.ones((8, 8)))
    yield "rbf", lambda: interpolate.RBFInterpolator(x[:, None], y)
    yield "linear-nd", lambda: interpolate.LinearNDInterpolator(np.random.rand(9, 2), np.ones(9))
    yield "clough-tocher", lambda: interpolate.CloughTocher2DInterpolator(np.random.rand(9, 2),
                                                                          np.ones(9))
    yield "rbf-neighbours", lambda: interpolate.RBFInterpolator(x[:, None], y, neighbors=3)
    yield "hulls", lambda: [spatial.ConvexHull(np.random.rand(9, 2)),
                            spatial.Voronoi(np.random.rand(9, 2)),
                            spatial.Delaunay(np.random.rand(9, 3))]
    yield "systems", lambda: [signal.StateSpace([[1]], [[1]], [[1]], [[0]]),
                              signal.ZerosPolesGain([1], [2], 3), signal.dlti([1], [1, 2], dt=0.1)]
    yield "nearest-nd", lambda: interpolate.NearestNDInterpolator(np.random.rand(9, 2), np.ones(9))
    yield "kd-trees", lambda: [spatial.cKDTree(np.random.rand(50, 3)),
                               spatial.KDTree(np.random.rand(50, 3))]
    yield "rotation", lambda: spatial.transform.Rotation.from_euler("z", 1.0)
    yield "delaunay-points", lambda: spatial.Delaunay(np.random.rand(9, 2)).simplices
    yield "rectangle", lambda: spatial.Rectangle([0, 0], [1, 1])
    yield "frozen-norm", lambda: stats.norm(1, 2)
    yield "frozen-others", lambda: [stats.gamma(2.0), stats.poisson(3), stats.uniform(0, 1),
                                    stats.beta(1, 2), stats.expon(), stats.randint(1, 5)]
    yield "loguniform", lambda: stats.loguniform(1e-3, 1)
    yield "distributions", lambda: [stats.norm, stats.t]
    yield "multivariate-normal", lambda: stats.multivariate_normal([0, 0], np.eye(2))
    yield "gaussian-kde", lambda: stats.gaussian_kde(y)
    yield "test-results", lambda: [stats.ttest_ind(x, y), stats.pearsonr(x, y),
                                   stats.linregress(x, y), stats.describe(x)]
    yield "rv-histogram", lambda: stats.rv_histogram(np.histogram(y))
    yield "optimize-result", lambda: optimize.minimize(lambda v: (v ** 2).sum(), [1.0, 2.0],
                                                       method="Nelder-Mead")
    yield "bounds", lambda: optimize.Bounds([0], [1])
    yield "linear-system", lambda: signal.TransferFunction([1], [1, 2])
    yield "ode-result", ode_result
    yield "functions", special_functions


def ode_result():
    from scipy import integrate
    return integrate.solve_ivp(lambda t, v: -v, (0, 1), [1.0])


def special_functions():
    from scipy import special, linalg, stats, spatial
    return [special.expit, special.gamma, linalg.norm, stats.zscore,
            spatial.distance.euclidean]


def pandas_values():
    import numpy as np
    import pandas as pd
    for dtype in ("int8", "uint16", "float32", "complex128", "bool", "Int8", "UInt32", "Float64",
                  "boolean", "string", "category", "object", "datetime64[ns]", "timedelta64[ns]"):
        yield f"series-{dtype.split('[')[0].lower()}-{dtype[0]}", (
            lambda dtype=dtype: pd.Series([1, 0, 1]).astype(dtype))
        yield f"frame-{dtype.split('[')[0].lower()}-{dtype[0]}", (
            lambda dtype=dtype: pd.DataFrame({"a": pd.Series([1, 0]).astype(dtype), "b": [1, 2]}))
        yield f"index-{dtype.split('[')[0].lower()}-{dtype[0]}", (
            lambda dtype=dtype: pd.Index([1, 0]).astype(dtype))
    yield "series-sparse", lambda: pd.Series(pd.arrays.SparseArray([0, 0, 1]))
    yield "frame-sparse", lambda: pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])})
    yield "sparse-blocks", lambda: pd.arrays.SparseArray([0, 1, 2], kind="block")
    yield "sparse-dtype", lambda: pd.SparseDtype("float64", 0.0)
    yield "series-interval", lambda: pd.Series(pd.interval_range(0.0, 3.0, closed="both"))
    yield "series-zone", lambda: pd.Series(pd.date_range("2024", periods=3, tz="Europe/Berlin"))
    yield "series-offset-zone", lambda: pd.Series(pd.date_range("2024", periods=3, tz="+02:00"))
    yield "series-dateutil-zone", lambda: pd.Series(
        pd.date_range("2024", periods=3, tz="dateutil/Europe/Berlin"))
    yield "series-named-index", lambda: pd.Series([1, 2], index=pd.Index(["a", "b"], name="k"))
    yield "series-multi", lambda: pd.Series(range(4), index=pd.MultiIndex.from_product([[1, 2],
                                                                                       [3, 4]]))
    yield "series-objects", lambda: pd.Series([datetime.date(2024, 1, 1), None, [1], {"a": 1}])
    yield "series-periods", lambda: [pd.Series(pd.period_range("2024-01", periods=3, freq=freq))
                                     for freq in ("D", "W", "Y", "Q", "B")]
    yield "series-attrs", series_attrs
    for freq in ("D", "h", "min", "s", "ms", "us", "B", "W-MON", "MS", "ME", "QS", "QE", "YS", "YE",
                 "BME", "BMS", "SME", "C", "2D", "WOM-1MON", "bh", "BQE", "CBME"):
        yield f"dates-{freq}", lambda freq=freq: pd.date_range("2024-01-01", periods=4, freq=freq)
    yield "offsets", lambda: [pd.offsets.Day(2), pd.offsets.MonthEnd(), pd.DateOffset(months=1),
                              pd.offsets.BusinessDay(), pd.offsets.Week(weekday=1),
                              pd.offsets.Hour(3), pd.offsets.Minute(3), pd.offsets.Easter()]
    yield "period", lambda: [pd.Period("2024-01"), pd.Period("2024-01-01", "D")]
    yield "interval", lambda: pd.Interval(0, 1)
    yield "interval-index", lambda: pd.IntervalIndex.from_breaks([0, 1, 2])
    yield "interval-dates", lambda: pd.interval_range(pd.Timestamp("2024"), periods=3)
    yield "categories", lambda: [pd.Categorical([1, 2, 1], ordered=True),
                                 pd.CategoricalDtype(["a", "b"], True),
                                 pd.CategoricalIndex(["x", "y"]), pd.Categorical([])]
    yield "category-dates", lambda: pd.Categorical(pd.date_range("2024", periods=3))
    yield "category-intervals", lambda: pd.cut(pd.Series([1, 5, 9]), 3)
    yield "category-periods", lambda: pd.Categorical(pd.period_range("2024", periods=2, freq="M"))
    yield "category-masked", lambda: pd.Series([1, None, 2], dtype="Int64").astype("category")
    yield "timedelta-index", lambda: pd.timedelta_range("1h", periods=3)
    yield "multi-index", lambda: pd.MultiIndex.from_tuples([(1, "a"), (2, None)], names=["x", "y"])
    yield "multi-dates", lambda: pd.MultiIndex.from_product([pd.date_range("2024", periods=2),
                                                             ["a"]])
    yield "multi-category", lambda: pd.MultiIndex.from_arrays([pd.Categorical(["a", "b"]), [1, 2]])
    yield "timestamps", lambda: [pd.Timestamp("2024-01-01 10:00", tz="America/New_York"),
                                 pd.Timestamp(2024, 1, 1, tz=datetime.timezone.utc), pd.NaT, pd.NA]
    yield "frame-of-frames", lambda: pd.DataFrame({"a": [pd.DataFrame({"b": [1]}), None]})
    yield "frame-duplicate-columns", lambda: pd.DataFrame([[1, 2.5]], columns=["a", "a"])
    yield "frame-multi-columns", lambda: pd.DataFrame(
        np.ones((2, 2)), columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    yield "frame-no-rows", lambda: pd.DataFrame({"a": [], "b": pd.Series([], dtype="Int64")})
    yield "frame-grouped", lambda: pd.DataFrame({"a": [1, 1, 2], "b": [3, 4, 5]}).groupby("a").sum()
    yield "frame-pivot", lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [3, 4]}).pivot(
        index="a", columns="b", values="c")
    yield "frame-described", lambda: pd.DataFrame({"a": [1.0, 2.0]}).describe()
    yield "frame-consolidated", frame_of_inserts
    yield "frame-transposed", lambda: pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5]}).T
    yield "frame-sliced", lambda: pd.DataFrame(np.ones((6, 3)), columns=list("abc")).iloc[::2, 1:]
    yield "frame-period-index", lambda: pd.DataFrame(
        {"v": [1, 2]}, index=pd.period_range("2024", periods=2, freq="M"))
    yield "frame-timedelta-index", lambda: pd.DataFrame({"v": [1]}, index=pd.to_timedelta(["1h"]))
    yield "frame-arrow-free-strings", lambda: pd.DataFrame({"s": pd.array(["a", None],
                                                                          dtype="string")})
    yield "frame-flags", lambda: pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)
    yield "extension-arrays", lambda: [pd.array([1, None]), pd.array([1.5, None]),
                                       pd.array([True, None]), pd.array(["a"]),
                                       pd.arrays.NumpyExtensionArray(np.arange(3)),
                                       pd.array(pd.date_range("2024", periods=2)),
                                       pd.array(pd.to_timedelta(["1h"])),
                                       pd.arrays.IntervalArray.from_breaks([0, 1, 2]),
                                       pd.period_range("2024", periods=2, freq="D").array]
    yield "dtypes", lambda: [pd.Int64Dtype(), pd.StringDtype(), pd.PeriodDtype("M"),
                             pd.DatetimeTZDtype(tz="UTC"), pd.IntervalDtype("int64", "right"),
                             pd.BooleanDtype(), pd.Float32Dtype()]
    yield "named-agg", lambda: pd.NamedAgg("a", "sum")
    yield "pytz-zone", pytz_zone
    yield "dateutil-zones", dateutil_values


def pytz_zone():
    import pytz
    berlin = pytz.timezone("Europe/Berlin")
    return [pytz.UTC, berlin, pytz.FixedOffset(90), berlin.localize(datetime.datetime(2024, 7, 1))]


def dateutil_values():
    from dateutil import relativedelta, tz
    return [tz.tzutc(), tz.tzoffset("X", 3600), tz.gettz("Europe/Berlin"), tz.tzlocal(),
            relativedelta.relativedelta(months=1, weekday=relativedelta.MO)]


def series_attrs():
    import pandas as pd
    series = pd.Series([1, 2], name=("a", 1))
    series.attrs["unit"] = "m"
    return series


def frame_of_inserts():
    import pandas as pd
    frame = pd.DataFrame({"a": [1, 2]})
    for name in "bcdef":
        frame[name] = [1.5, 2.5] if name < "d" else ["x", "y"]
    return frame


def xarray_values():
    import numpy as np
    import pandas as pd
    import xarray as xr
    array = xr.DataArray(np.ones((2, 3)), dims=("x", "y"), coords={"x": [1, 2]}, name="v",
                         attrs={"unit": "m"})
    yield "array", lambda: array
    yield "dataset", lambda: xr.Dataset({"v": array, "w": ("x", [1, 2])},
                                        coords={"t": ("x", pd.date_range("2024", periods=2))})
    yield "variable", lambda: array.variable
    yield "multi-index", lambda: array.stack(z=("x", "y"))
    yield "tree", lambda: xr.DataTree.from_dict({"/a": xr.Dataset({"v": array})})


def networkx_values():
    import networkx as nx
    yield "graph", lambda: nx.karate_club_graph()
    yield "directed", lambda: nx.DiGraph([(1, 2), (2, 3)])
    yield "multi", lambda: nx.MultiGraph([(1, 2), (1, 2)])
    yield "multi-directed", lambda: nx.MultiDiGraph([(1, 2), (1, 2)])
    yield "attributes", graph_with_attributes


def graph_with_attributes():
    import networkx as nx
    graph = nx.Graph(name="roads")
    graph.add_node("a", size=1)
    graph.add_edge("a", "b", weight=2.5)
    graph.degree, graph.adj, graph.nodes, graph.edges
    return graph


def sympy_values():
    import sympy
    x, y = sympy.symbols("x y")
    yield "symbols", lambda: [x, y]
    yield "expression", lambda: sympy.sin(x) + y ** 2 / 3
    yield "matrix", lambda: sympy.Matrix([[x, 1], [2, y]])


def joblib_values():
    import joblib
    yield "delayed", lambda: joblib.delayed(len)([1])
    yield "memory", lambda: joblib.Memory(None)


warnings.simplefilter("ignore")
