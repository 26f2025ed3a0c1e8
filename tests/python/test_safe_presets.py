"""The presets of safe_load: what libraries write is loaded, what would mislead their compiled code
is refused.
"""
import pickle
import warnings

import pytest

import brinery

from brinery import UnsafePickleError, safe_loads

np = pytest.importorskip("numpy")


def load(value, presets, protocol):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return safe_loads(pickle.dumps(value, protocol), presets=presets)


ARRAYS = [
    np.arange(6).reshape(2, 3), np.zeros(3, ">f4"), np.array(["a", "bc"]), np.array([b"a"]),
    np.array([1, "a", None], object), np.array(["2020-01-01"], "M8[ns]"), np.array(5),
    np.empty((0, 3)), np.zeros(2, [("a", "i4"), ("b", "f8")]), np.zeros(2, [("a", "f4", (2, 2))]),
    np.array([(1, "x")], [("a", "i4"), ("b", "O")]), np.zeros((2, 2), order="F"),
    np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    np.ma.array([1, 2], mask=[0, 1]), np.rec.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]),
    np.float64(1.5), np.str_("x"), np.datetime64("2020"), np.dtype("f8"), np.float32, np.sin,
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", ARRAYS,
                         ids=lambda value: str(getattr(value, "dtype", value))[:20])
def test_numpy(value, protocol):
    loaded = load(value, "numpy", protocol)
    assert type(loaded) is type(value)
    if isinstance(value, np.ndarray):
        assert loaded.dtype == pickle.loads(pickle.dumps(value, protocol)).dtype
        assert loaded.shape == value.shape
        assert loaded.flags.f_contiguous == value.flags.f_contiguous
        assert (loaded == value).all()
    with pytest.raises(UnsafePickleError):
        safe_loads(pickle.dumps(value, protocol))


@pytest.mark.parametrize("protocol", range(6))
def test_generators_of_numpy(protocol):
    for value in (np.random.RandomState(1), np.random.default_rng(2),
                  np.random.Generator(np.random.Philox(3)),
                  np.random.Generator(np.random.SFC64(3))):
        loaded = load(value, "numpy", protocol)
        assert list(loaded.standard_normal(5)) == list(value.standard_normal(5))


def test_out_of_band_buffers():
    buffers = []
    data = pickle.dumps(np.arange(5), 5, buffer_callback=buffers.append)
    assert safe_loads(data, presets="numpy", buffers=buffers).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(UnsafePickleError):
        safe_loads(data, presets="numpy")


class Made:
    """Something that pickles as a call, with a state."""

    def __init__(self, function, arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce_ex__(self, protocol):
        return self.reduced


RECONSTRUCT, = {np.zeros(1).__reduce__()[0]}
SCALAR = np.float64(1).__reduce__()[0]
FROM_BUFFER = np.zeros(1).__reduce_ex__(5)[0]
SIMPLE = (3, "<", None, None, None, -1, -1, 0)


def array(*state):
    return Made(RECONSTRUCT, (np.ndarray, (0,), b"b"), state)


def dtype(code, *state):
    return Made(np.dtype, (code, False, True), state or SIMPLE)


STRUCTURE = ("a",), {"a": (np.dtype("O"), 0)}

HOSTILE_ARRAYS = {
    "too few bytes": array(1, (10,), np.dtype("f8"), False, b"x" * 8),
    "too many bytes": array(1, (1,), np.dtype("f8"), False, b"x" * 16),
    "sizes that overflow": array(1, (2**32, 2**32), np.dtype("V1"), False, b""),
    "sizes that overflow beside none": array(1, (0, 2**62, 8), np.dtype("f8"), False, b""),
    "negative": array(1, (-1,), np.dtype("f8"), False, b""),
    "objects from bytes": array(1, (1,), np.dtype("O"), False, b"x" * 8),
    "too few objects": array(1, (2,), np.dtype("O"), False, [1]),
    "dtype that is none": array(1, (1,), "O", False, [1]),
    "size against the code": array(1, (1,), dtype("f8", 3, "<", None, None, None, 100, -1, 0),
                                   False, b"x" * 100),
    "objects without the flag": dtype("V8", 3, "|", None, *STRUCTURE, 8, 1, 0),
    "flag without objects": dtype("f8", 3, "<", None, None, None, -1, -1, 63),
    "object without the flag": dtype("O8", 3, "|", None, None, None, -1, -1, 0),
    "field outside": dtype("V8", 3, "|", None, ("a",), {"a": (np.dtype("f8"), 4)}, 8, 1, 16),
    "field before": dtype("V8", 3, "|", None, ("a",), {"a": (np.dtype("f8"), -4)}, 8, 1, 16),
    "name without a field": dtype("V8", 3, "|", None, ("b",), {"a": (np.dtype("f8"), 0)}, 8, 1, 16),
    "subarray too large": dtype("V8", 3, "|", (np.dtype("f8"), (100,)), None, None, 8, 1, 0),
    "dtype that is shared": Made(np.dtype, ("f8", False, False), SIMPLE),
    "dtype of an expression": Made(np.dtype, ("f8,i4", False, True)),
    "scalar too short": Made(SCALAR, (np.dtype("f8"), b"x")),
    "object scalar": Made(SCALAR, (np.dtype("O"), b"x" * 8)),
    "buffer too short": Made(FROM_BUFFER, (b"x", np.dtype("f8"), (1,), "C")),
    "buffer of objects": Made(FROM_BUFFER, (b"x" * 8, np.dtype("O"), (1,), "C")),
    "array of a size": Made(RECONSTRUCT, (np.ndarray, (10**6, 10**6), b"b")),
    "array made directly": Made(np.ndarray, ((10**6, 10**6),)),
    "place outside of the buffer": Made(np.random.RandomState(1).__reduce__()[0], ("MT19937",), {
        "bit_generator": "MT19937", "has_gauss": 0, "gauss": 0.0,
        "state": {"key": np.zeros(624, "u4"), "pos": 10**6}}),
    "key that is too short": Made(np.random.RandomState(1).__reduce__()[0], ("MT19937",), {
        "bit_generator": "MT19937", "has_gauss": 0, "gauss": 0.0,
        "state": {"key": np.zeros(3, "u4"), "pos": 1}}),
}


@pytest.mark.parametrize("protocol", (2, 4, 5))
@pytest.mark.parametrize("value", HOSTILE_ARRAYS.values(), ids=HOSTILE_ARRAYS)
def test_hostile_arrays_are_refused(value, protocol):
    with pytest.raises(UnsafePickleError):
        safe_loads(pickle.dumps(value, protocol), presets="numpy")


def test_a_dtype_that_changes_later_is_refused():
    data = pickle.dumps([np.zeros(2)], 3)
    # When the array has been made, the dtype is fetched from the memo and given a state again.
    made = data.index(b"Rq", data.index(b"dtype")) + 2
    state = data[data.index(b"(K\x03"):data.index(b"tq", data.index(b"(K\x03")) + 1]
    later = data[:-1] + b"h" + data[made:made + 1] + state + b"b0."
    safe_loads(data[:-1] + b"h" + data[made:made + 1] + b"0.", presets="numpy")
    with pytest.raises(UnsafePickleError):
        safe_loads(later, presets="numpy")
    # And when the only state comes after it.
    end = data.index(state) + len(state)
    without = data.replace(state + data[end:end + 2] + b"b", b"", 1)
    assert len(without) < len(data)
    safe_loads(without, presets="numpy")
    with pytest.raises(UnsafePickleError):
        safe_loads(without[:-1] + b"h" + data[made:made + 1] + state + b"b0.", presets="numpy")


def test_newobj_by_copyreg_gets_no_arguments():
    import copyreg
    with pytest.raises(UnsafePickleError):
        safe_loads(pickle.dumps(Made(copyreg.__newobj__, (np.ndarray, (10**6, 10**6))), 1),
                   presets="numpy")


# ---- what is built on numpy

def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse")
    presets = ["numpy", "scipy.sparse"]
    dense = np.array([[1, 0, 2], [0, 0, 3]])
    for kind in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        for made in (getattr(sparse, kind + "_matrix")(dense),
                     getattr(sparse, kind + "_array")(dense)):
            for protocol in (0, 2, 4, 5):
                loaded = load(made, presets, protocol)
                assert type(loaded) is type(made) and (loaded.toarray() == dense).all()
    for attribute, values in [("indices", [0, 99, 2]), ("indices", [0, -1, 2]),
                              ("indptr", [0, 2, 99]), ("indptr", [0, 3, 2]),
                              ("indptr", [1, 2, 3]), ("data", [1])]:
        matrix = sparse.csr_matrix(dense)
        matrix.__dict__[attribute] = np.array(values, getattr(matrix, attribute).dtype)
        for protocol in (0, 4, 5):
            with pytest.raises(UnsafePickleError):
                load(matrix, presets, protocol)


def test_pandas():
    pd = pytest.importorskip("pandas")
    presets = ["numpy", "pandas"]
    frame = pd.DataFrame({"a": [1, 2], "b": [1.5, None], "c": ["x", "y"],
                          "d": pd.Categorical(["u", "v"]),
                          "e": pd.date_range("2020", periods=2, tz="UTC")})
    for value in (frame, frame["a"], frame["d"], frame.set_index("c"), frame.index,
                  frame.set_index(["a", "c"])["b"], pd.DataFrame()):
        for protocol in (0, 2, 4, 5):
            assert load(value, presets, protocol).equals(value)
    for value in (pd.Timestamp("2020", tz="UTC"), pd.Timedelta("1D"), pd.Period("2020-01"),
                  pd.Interval(0, 1)):
        assert load(value, presets, 4) == value
    hostile = pickle.dumps(pd.Categorical(["u", "v", "u"]), 4)
    codes = np.array([0, 1, 0], "i1").tobytes()
    assert hostile.count(codes) == 1
    assert load(pd.Categorical(["u", "v", "u"]), presets, 4).tolist() == ["u", "v", "u"]
    with pytest.raises(UnsafePickleError):
        safe_loads(hostile.replace(codes, b"\x00\x7f\x00"), presets=presets)


def test_blocks_of_pandas():
    pd = pytest.importorskip("pandas")
    data = pickle.dumps(pd.DataFrame(np.zeros((2, 3))), 4)
    place = b"K\x00K\x03K\x01"
    assert data.count(place) >= 1
    safe_loads(data, presets=["numpy", "pandas"])
    for wrong in (b"K\x00K\x04K\x01", b"K\x05K\x08K\x01", b"K\x00K\x03K\x02"):
        with pytest.raises(UnsafePickleError):
            safe_loads(data.replace(place, wrong, 1), presets=["numpy", "pandas"])


def test_estimators():
    pytest.importorskip("sklearn")
    from sklearn.ensemble import (GradientBoostingClassifier, HistGradientBoostingClassifier,
                                  RandomForestClassifier)
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    random = np.random.RandomState(0)
    x, y = random.rand(60, 3), random.randint(0, 2, 60)
    for model in (make_pipeline(StandardScaler(), LogisticRegression()),
                  RandomForestClassifier(3), GradientBoostingClassifier(n_estimators=3),
                  HistGradientBoostingClassifier(max_iter=3),
                  KNeighborsClassifier(algorithm="kd_tree"),
                  KNeighborsClassifier(algorithm="ball_tree")):
        model.fit(x, y)
        for protocol in (0, 4, 5):
            loaded = load(model, ["numpy", "sklearn"], protocol)
            assert (loaded.predict(x) == model.predict(x)).all()


@pytest.mark.parametrize("field, value", [("left_child", 9999), ("right_child", -5), ("feature", 3),
                                          ("left_child", 0), ("feature", -2)])
def test_nodes_that_lead_outside(field, value):
    pytest.importorskip("sklearn")
    from sklearn.tree import DecisionTreeClassifier
    random = np.random.RandomState(0)
    tree = DecisionTreeClassifier().fit(random.rand(30, 3), random.randint(0, 2, 30)).tree_
    make, arguments, state = tree.__reduce__()
    nodes = state["nodes"].copy()
    nodes[field][0] = value
    for protocol in (2, 4, 5):
        load(tree, ["numpy", "sklearn"], protocol)
        with pytest.raises(UnsafePickleError):
            load(Made(make, arguments, dict(state, nodes=nodes)), ["numpy", "sklearn"], protocol)


def test_neighbours_that_lead_outside():
    pytest.importorskip("sklearn")
    from sklearn.neighbors import KDTree
    tree = KDTree(np.random.RandomState(0).rand(50, 3), leaf_size=10)
    make, arguments, state = tree.__reduce__()
    indices, nodes = state[1].copy(), state[2].copy()
    indices[3] = 50
    nodes["idx_end"][2] = 51
    load(Made(make, arguments, state), ["numpy", "sklearn"], 4)
    for wrong in ({1: indices}, {2: nodes}, {5: 5}, {6: 100}, {2: state[2][:3]}):
        hostile = tuple(wrong.get(i, part) for i, part in enumerate(state))
        with pytest.raises(UnsafePickleError):
            load(Made(make, arguments, hostile), ["numpy", "sklearn"], 4)


def test_tensors():
    storage = brinery.safe_loads(b"ctorch\nFloatStorage\n.", presets="torch", opaque=True) \
        if not _has_torch() else safe_loads(b"ctorch\nFloatStorage\n.", presets="torch")
    assert storage.__name__ == "FloatStorage"
    with pytest.raises(UnsafePickleError):
        safe_loads(b"ctorch.storage\n_load_from_bytes\n(C\x01xtR.", presets="torch")


def _has_torch():
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def arrays_in_each_other(levels):
    array = np.empty(1, object)
    for _ in range(levels):
        outer = np.empty(1, object)
        outer[0] = array
        array = outer
    return array


def test_arrays_in_arrays():
    """Freed by recursion, so they are bounded; a few levels, and cycles, are usual."""
    loaded = load(arrays_in_each_other(20), "numpy", 4)
    for _ in range(20):
        loaded = loaded[0]
    assert loaded.tolist() == [None]
    cycle = np.empty(2, object)
    cycle[:] = [cycle, [np.arange(2)]]
    loaded = load(cycle, "numpy", 4)
    assert loaded[0] is loaded
    with pytest.raises(UnsafePickleError):
        safe_loads(brinery.dumps(arrays_in_each_other(200)), presets="numpy")


def test_dtypes_in_dtypes():
    def nested(levels):
        dtype = np.dtype("i1")
        for _ in range(levels):
            dtype = np.dtype([("a", dtype)])
        return dtype

    assert load(nested(10), "numpy", 4) == nested(10)
    with pytest.raises(UnsafePickleError):
        safe_loads(brinery.dumps(nested(200)), presets="numpy")


@pytest.mark.skipif(not hasattr(np, "dtypes") or not hasattr(np.dtypes, "StringDType"),
                    reason="numpy 2 has them")
def test_arrays_of_texts():
    for options, values in [({}, ["a", "bc"]), ({"na_object": None}, ["a", None]),
                            ({"na_object": np.nan, "coerce": False}, ["a", np.nan])]:
        array = np.array(values, dtype=np.dtypes.StringDType(**options))
        loaded = load(array, "numpy", 4)
        assert loaded.dtype == array.dtype and repr(loaded) == repr(array)
