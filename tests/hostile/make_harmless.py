"""Write harmless files: what people really save with the standard library, numpy, scipy, pandas,
scikit-learn and torch.

    PYTHON tests/hostile/make_harmless.py FOLDER [--sample]

Each interpreter writes what it has the libraries for, so running this with several of them gives
several versions of each library.  --sample writes a few small files of each library: those that
are kept in tests/hostile/harmless.

The files are what safe loading should load and scanning should not be alarmed about.  They are
chosen by what is common, not by what is easy: some of them need more than the presets allow.
"""
import argparse
import collections
import datetime
import decimal
import fractions
import importlib
import pathlib
import pickle
import random
import re
import types
import uuid
import warnings

import harmless_models
import harmless_science
import harmless_stdlib


# ----------------------------------------------------------------------------
# The standard library
# ----------------------------------------------------------------------------


def stdlib():
    yield "document", {"users": [{"name": f"user {number}", "id": number, "score": number / 7,
                                  "tags": ["a", "b"], "active": number % 2 == 0}
                                 for number in range(50)], "total": 50}
    yield "shared", shared()
    yield "numbers", [0, -1, 255, 2**31, 2**63, 2**200, 1.5, float("inf"), 1j, True, None]
    yield "texts", ["", "ascii", "gr\xfc\xdfe", "\u4f60\u597d", "\U0001f600", b"bytes",
                    bytearray(b"more")]
    yield "dates", [datetime.date(2024, 2, 29), datetime.time(12, 30, 1, 500),
                    datetime.datetime(2024, 2, 29, 12, 30), datetime.timedelta(3, 4, 5),
                    datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
                    datetime.timezone(datetime.timedelta(hours=2), "CEST")]
    yield "decimals", [decimal.Decimal("1.10"), decimal.Decimal("NaN"), decimal.Decimal("-1e99")]
    yield "fractions", [fractions.Fraction(1, 3), fractions.Fraction(10**30, 7)]
    yield "uuids", [uuid.UUID(int=number) for number in range(3)]
    yield "sets", [{1, 2, 3}, frozenset({"a"}), set(), {(1, 2), (3, 4)}]
    yield "ordered", collections.OrderedDict([("b", 1), ("a", [2])])
    yield "defaultdict", collections.defaultdict(list, {"a": [1]})
    yield "defaultdict-int", collections.defaultdict(int, {"a": 1})
    yield "counter", collections.Counter("hello world")
    yield "deque", collections.deque([1, 2, 3], maxlen=5)
    yield "ranges", [range(10), range(1, 9, 2), slice(1, None, 2)]
    yield "complex-keys", {(1, "a"): [1], frozenset({1}): 2, None: 3, 1.5: 4}
    yield "paths", [pathlib.PurePosixPath("/a/b"), pathlib.PureWindowsPath("c:/x")]
    yield "ellipsis", [..., NotImplemented]
    yield "types", [int, str, dict, list, float]
    yield "configuration", {"batch_size": 32, "lr": 1e-3, "layers": [64, 32], "name": "run-1",
                            "started": datetime.datetime(2024, 5, 1, 8, 0, 0)}
    yield "log", [(datetime.datetime(2024, 5, 1, 8, minute), "INFO", f"line {minute}")
                  for minute in range(20)]
    yield "pattern", re.compile("a+b")
    yield "namespace", types.SimpleNamespace(a=1, b=[2])
    yield "random-state", random.Random(7).getstate()
    yield "zone", zone()
    yield "deep", deep(200)


def shared():
    item = ["shared", {"k": (1, 2)}]
    cyclic = [item, item]
    cyclic.append(cyclic)
    return cyclic


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def zone():
    import zoneinfo
    return datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))


# ----------------------------------------------------------------------------
# numpy, scipy, pandas
# ----------------------------------------------------------------------------


def numpy_objects():
    import numpy as np
    generator = np.random.RandomState(7)
    for dtype in ("int8", "int64", "float16", "float32", "float64", "complex128", "bool"):
        yield f"array-{dtype}", (generator.rand(4, 5) * 3).astype(dtype)
    yield "array-text", np.array(["a", "bcd"])
    yield "array-bytes", np.array([b"a", b"bcd"])
    yield "array-dates", np.array(["2024-01-01", "2024-02-29"], dtype="datetime64[D]")
    yield "array-records", np.array([(1, 2.5, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")])
    yield "array-objects", np.array([1, "a", None, [1, 2]], dtype=object)
    yield "array-fortran", np.asfortranarray(generator.rand(3, 4))
    yield "array-empty", np.empty((0, 3))
    yield "array-zero-dimensional", np.array(3.5)
    yield "array-strided", generator.rand(6, 6)[::2, ::3]
    yield "array-big-endian", np.arange(5, dtype=">i4")
    yield "array-masked", np.ma.masked_array([1, 2, 3], mask=[0, 1, 0])
    yield "scalars", [np.float64(1.5), np.int32(3), np.bool_(True), np.str_("a"),
                      np.datetime64("2024-01-01")]
    yield "dtypes", [np.dtype("f4"), np.dtype([("a", "i4"), ("b", "U3")])]
    yield "dict-of-arrays", {"x": generator.rand(10), "y": generator.rand(10), "n": 3}
    yield "list-of-arrays", [generator.rand(3) for _ in range(30)]
    yield "random-state", generator
    yield "generator", np.random.default_rng(7)


def scipy_objects():
    import numpy as np
    from scipy import interpolate, sparse, spatial
    dense = np.eye(6)
    dense[1, 4] = 2.5
    for kind in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        yield f"{kind}-matrix", getattr(sparse, f"{kind}_matrix")(dense)
    for kind in ("csr", "csc", "coo"):
        if hasattr(sparse, f"{kind}_array"):
            yield f"{kind}-array", getattr(sparse, f"{kind}_array")(dense)
    yield "spline", interpolate.CubicSpline([0, 1, 2, 3], [0, 1, 4, 9])
    yield "kd-tree", spatial.cKDTree(np.arange(20.0).reshape(10, 2))


def pandas_objects():
    import numpy as np
    import pandas as pd
    dates = pd.date_range("2024-01-01", periods=5)
    yield "series", pd.Series([1.5, 2.5, None], name="x")
    yield "series-text", pd.Series(["a", "b", None])
    yield "series-category", pd.Series(["a", "b", "a"], dtype="category")
    yield "series-dates", pd.Series(dates)
    yield "series-zone", pd.Series(dates.tz_localize("UTC"))
    yield "series-integer", pd.Series([1, None, 3], dtype="Int64")
    yield "series-boolean", pd.Series([True, None], dtype="boolean")
    yield "series-string", pd.Series(["a", None], dtype="string")
    yield "series-period", pd.Series(pd.period_range("2024-01", periods=3, freq="M"))
    yield "series-timedelta", pd.Series(pd.to_timedelta([1, 2], unit="h"))
    yield "frame", pd.DataFrame({"a": [1, 2, 3], "b": [1.5, 2.5, 3.5]})
    yield "frame-mixed", pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [True, False],
                                       "d": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    yield "frame-indexed", pd.DataFrame(np.arange(10.0).reshape(5, 2), index=dates,
                                        columns=["x", "y"])
    yield "frame-empty", pd.DataFrame()
    yield "frame-multiindex", pd.DataFrame(
        {"v": range(4)}, index=pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", "n"]))
    yield "frame-category", pd.DataFrame({"c": pd.Categorical(["x", "y", "x"]), "n": [1, 2, 3]})
    yield "index", pd.Index([1, 5, 9])
    yield "range-index", pd.RangeIndex(10)
    yield "date-index", dates
    yield "timestamp", [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01", tz="UTC"),
                        pd.Timedelta("1h"), pd.NaT]
    yield "interval", pd.Series(pd.interval_range(0, 3))
    yield "dict-of-frames", {"train": pd.DataFrame({"a": [1]}), "test": pd.DataFrame({"a": [2]})}


# ----------------------------------------------------------------------------
# scikit-learn
# ----------------------------------------------------------------------------

# name of the module, of the class, its arguments, what it is fitted to
ESTIMATORS = [
    ("linear_model", "LinearRegression", {}), ("linear_model", "Ridge", {}),
    ("linear_model", "Lasso", {}), ("linear_model", "ElasticNet", {}),
    ("linear_model", "LogisticRegression", {}), ("linear_model", "SGDClassifier", {}),
    ("linear_model", "BayesianRidge", {}), ("linear_model", "Perceptron", {}),
    ("linear_model", "HuberRegressor", {}), ("svm", "SVC", {}), ("svm", "SVR", {}),
    ("svm", "LinearSVC", {}), ("svm", "OneClassSVM", {}), ("neighbors", "KNeighborsClassifier", {}),
    ("neighbors", "KNeighborsRegressor", {}), ("neighbors", "NearestNeighbors", {}),
    ("neighbors", "LocalOutlierFactor", {}), ("tree", "DecisionTreeClassifier", {}),
    ("tree", "DecisionTreeRegressor", {}), ("tree", "ExtraTreeClassifier", {}),
    ("ensemble", "RandomForestClassifier", {"n_estimators": 3}),
    ("ensemble", "RandomForestRegressor", {"n_estimators": 3}),
    ("ensemble", "ExtraTreesClassifier", {"n_estimators": 3}),
    ("ensemble", "GradientBoostingClassifier", {"n_estimators": 3}),
    ("ensemble", "GradientBoostingRegressor", {"n_estimators": 3}),
    ("ensemble", "HistGradientBoostingClassifier", {"max_iter": 3}),
    ("ensemble", "AdaBoostClassifier", {"n_estimators": 3}),
    ("ensemble", "BaggingClassifier", {"n_estimators": 3}),
    ("ensemble", "IsolationForest", {"n_estimators": 3}),
    ("neural_network", "MLPClassifier", {"max_iter": 3}),
    ("naive_bayes", "GaussianNB", {}), ("naive_bayes", "MultinomialNB", {}),
    ("naive_bayes", "BernoulliNB", {}), ("cluster", "KMeans", {"n_clusters": 2, "n_init": 1}),
    ("cluster", "MiniBatchKMeans", {"n_clusters": 2, "n_init": 1}), ("cluster", "DBSCAN", {}),
    ("cluster", "AgglomerativeClustering", {}), ("decomposition", "PCA", {}),
    ("decomposition", "TruncatedSVD", {}), ("decomposition", "NMF", {"max_iter": 5}),
    ("decomposition", "FastICA", {"max_iter": 5}), ("preprocessing", "StandardScaler", {}),
    ("preprocessing", "MinMaxScaler", {}), ("preprocessing", "RobustScaler", {}),
    ("preprocessing", "OneHotEncoder", {}), ("preprocessing", "OrdinalEncoder", {}),
    ("preprocessing", "PolynomialFeatures", {}),
    ("preprocessing", "KBinsDiscretizer", {"n_bins": 3}),
    ("preprocessing", "QuantileTransformer", {"n_quantiles": 5}),
    ("impute", "SimpleImputer", {}), ("mixture", "GaussianMixture", {}),
    ("gaussian_process", "GaussianProcessRegressor", {}),
    ("discriminant_analysis", "LinearDiscriminantAnalysis", {}),
    ("discriminant_analysis", "QuadraticDiscriminantAnalysis", {}),
    ("feature_selection", "SelectKBest", {"k": 2}),
    ("feature_selection", "VarianceThreshold", {}), ("kernel_ridge", "KernelRidge", {}),
    ("dummy", "DummyClassifier", {}),
]


def sklearn_objects():
    import numpy as np
    generator = np.random.RandomState(7)
    features = np.round(generator.rand(40, 4), 2)
    target = (features[:, 0] > 0.5).astype(int)
    for module, name, arguments in ESTIMATORS:
        made = getattr(importlib.import_module(f"sklearn.{module}"), name)(**arguments)
        if "random_state" in made.get_params():
            made.set_params(random_state=7)
        yield name.lower(), made.fit(features, target)
    from sklearn import compose, feature_extraction, model_selection, pipeline, preprocessing
    from sklearn import ensemble, linear_model, multiclass
    yield "pipeline", pipeline.make_pipeline(preprocessing.StandardScaler(),
                                             linear_model.LogisticRegression()).fit(features,
                                                                                    target)
    yield "column-transformer", compose.ColumnTransformer(
        [("a", preprocessing.StandardScaler(), [0, 1]),
         ("b", "passthrough", [2])]).fit(features)
    texts = ["one two three", "two three four", "five"]
    yield "count-vectorizer", feature_extraction.text.CountVectorizer().fit(texts)
    yield "tfidf-vectorizer", feature_extraction.text.TfidfVectorizer().fit(texts)
    yield "dict-vectorizer", feature_extraction.DictVectorizer().fit([{"a": 1}, {"b": 2}])
    yield "grid-search", model_selection.GridSearchCV(
        linear_model.Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(features, target)
    yield "voting", ensemble.VotingClassifier(
        [("a", linear_model.LogisticRegression()),
         ("b", linear_model.RidgeClassifier())]).fit(features, target)
    yield "one-vs-rest", multiclass.OneVsRestClassifier(
        linear_model.LogisticRegression()).fit(features, target)
    yield "label-encoder", preprocessing.LabelEncoder().fit(["a", "b"])
    yield "label-binarizer", preprocessing.LabelBinarizer().fit(["a", "b", "c"])
    yield "model-with-notes", {"model": linear_model.Ridge().fit(features, target),
                               "columns": ["a", "b", "c", "d"],
                               "trained": datetime.datetime(2024, 1, 1)}
    yield "unfitted", ensemble.RandomForestClassifier()


# ----------------------------------------------------------------------------
# torch
# ----------------------------------------------------------------------------


def torch_objects():
    import torch
    torch.manual_seed(7)
    for dtype in ("float32", "float16", "int64", "bool"):
        yield f"tensor-{dtype}", (torch.rand(3, 4) * 3).to(getattr(torch, dtype))
    shared_tensor = torch.rand(4, 4)
    yield "views", [shared_tensor, shared_tensor[1:], shared_tensor.t()]
    yield "parameter", torch.nn.Parameter(torch.rand(3))
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8),
                                  torch.nn.Linear(8, 2))
    yield "state-dict", network.state_dict()
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.rand(2, 4)).sum().backward()
    optimizer.step()
    yield "optimizer", optimizer.state_dict()
    yield "checkpoint", {"epoch": 3, "model": network.state_dict(),
                         "optimizer": optimizer.state_dict(), "loss": 0.5}
    yield "size", torch.Size([1, 2])
    yield "dtype", {"dtype": torch.float32, "device": torch.device("cpu")}
    yield "empty", torch.empty(0, 3)


def nothing():
    return ()


# name, objects that every version has, makers of those that some have, protocols
LIBRARIES = [
    ("stdlib", stdlib, harmless_stdlib.values, (0, 2, 4)),
    ("numpy", numpy_objects, harmless_science.numpy_values, (2, 4, 5)),
    ("scipy", scipy_objects, harmless_science.scipy_values, (4,)),
    ("pandas", pandas_objects, harmless_science.pandas_values, (4, 5)),
    ("sklearn", sklearn_objects, harmless_models.sklearn_values, (4,)),
    ("torch", torch_objects, harmless_models.torch_values, (4,)),
    ("xarray", nothing, harmless_science.xarray_values, (4,)),
    ("networkx", nothing, harmless_science.networkx_values, (4,)),
    ("sympy", nothing, harmless_science.sympy_values, (4,)),
]
# Kinds of the sample; None is all.
SAMPLE = {
    "stdlib": None,
    "numpy": {"array-float64", "array-records", "array-objects", "array-masked", "scalars",
              "dtypes", "dict-of-arrays"},
    "scipy": {"csr-matrix", "coo-matrix"},
    "pandas": {"series", "frame-mixed", "frame-multiindex", "series-category", "timestamp"},
    "sklearn": {"linearregression", "decisiontreeclassifier", "standardscaler", "pipeline",
                "kmeans"},
    "torch": {"state-dict"},
}


def made(values):
    """What can be made: other versions lack some, or cannot save them."""
    for kind, make in values():
        try:
            item = make()
            pickle.dumps(item, 4)
        except Exception as problem:
            print(f"left out: {kind}: {type(problem).__name__}: {problem}"[:150])
            continue
        yield f"more-{kind}", item


def write_torch(folder, version, kind, item):
    """As torch.save does today, as it did before 1.6, and as pickle does."""
    import torch
    torch.save(item, folder / f"torch{version}-{kind}.pt")
    torch.save(item, folder / f"torch{version}-{kind}-legacy.pt",
               _use_new_zipfile_serialization=False)
    return 2


def write_library(folder, name, objects, protocols, sample):
    version = ""
    if name != "stdlib":
        version = "-" + importlib.import_module(name).__version__.split("+")[0]
    count = 0
    wanted = SAMPLE.get(name, ()) if sample else None
    for kind, item in objects():
        if wanted is not None and kind not in wanted:
            continue
        if name == "torch":
            try:
                count += write_torch(folder, version, kind, item)
            except Exception as problem:
                print(f"left out: {kind}: {problem}"[:150])
        for protocol in protocols[-1:] if sample else protocols:
            try:
                data = pickle.dumps(item, protocol)
            except Exception as problem:    # some need protocol 2 and later
                print(f"left out: {kind} in protocol {protocol}: {problem}"[:150])
                continue
            path = folder / f"{name}{version}-{kind}-p{protocol}.pkl"
            path.write_bytes(data)
            count += 1
    if name == "sklearn" and not sample:
        count += write_joblib(folder, version, objects)
    return count


def write_joblib(folder, version, objects):
    """Some estimators as joblib writes them, which is how most of them are saved."""
    import joblib
    count = 0
    for kind, item in objects():
        if kind in ("randomforestclassifier", "pca", "pipeline", "svc"):
            joblib.dump(item, folder / f"sklearn{version}-{kind}.joblib")
            joblib.dump(item, folder / f"sklearn{version}-{kind}-z.joblib", compress=3)
            count += 2
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sample", action="store_true", help="a few small files of each")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name, objects, more, protocols in LIBRARIES:
        if name != "stdlib":
            try:
                importlib.import_module(name)
            except ImportError:
                continue
        count = write_library(arguments.folder, name, objects, protocols, arguments.sample)
        if not arguments.sample:
            count += write_library(arguments.folder, name, lambda: made(more), protocols, False)
        print(f"{name}: {count} files")


if __name__ == "__main__":
    main()
