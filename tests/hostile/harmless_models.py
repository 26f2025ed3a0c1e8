"""Harmless models: every estimator of scikit-learn, fitted, and what torch saves."""


def sklearn_values():
    """All estimators that can be made without arguments, fitted to whatever they take."""
    import numpy as np
    from sklearn.utils import all_estimators
    generator = np.random.RandomState(7)
    features = np.round(generator.rand(40, 4), 2)
    target = (features[:, 0] > 0.5).astype(int)
    for name, kind in all_estimators():
        yield f"all-{name.lower()}", lambda kind=kind: fitted(kind, features, target)
    yield from compositions(features, target)
    yield from searches(features, target)
    yield from kernels()


# What takes the longest, kept small.
SMALL = {"n_estimators": 3, "max_iter": 5, "n_components": 2, "n_init": 1, "cv": 2, "n_clusters": 2,
         "n_quantiles": 5, "random_state": 7, "n_jobs": None, "n_resampling": 2, "Cs": 2,
         "n_alphas": 3, "max_n_alphas": 3, "alphas": 3}


def made(kind):
    import numpy
    from sklearn import linear_model, ensemble, svm
    inner = [("a", linear_model.LogisticRegression()), ("b", svm.LinearSVC())]
    regressors = [("a", linear_model.Ridge()), ("b", linear_model.Lasso())]
    special = {
        "StackingClassifier": (inner,), "VotingClassifier": (inner,),
        "StackingRegressor": (regressors,), "VotingRegressor": (regressors,),
        "ColumnTransformer": ([("x", "passthrough", [0])],), "Pipeline": ([inner[0]],),
        "FeatureUnion": ([("a", made_named("preprocessing", "StandardScaler"))],),
        "GridSearchCV": (linear_model.Ridge(), {"alpha": [1.0]}),
        "RandomizedSearchCV": (linear_model.Ridge(), {"alpha": [1.0]}),
        "HalvingGridSearchCV": (linear_model.Ridge(), {"alpha": [1.0]}),
        "HalvingRandomSearchCV": (linear_model.Ridge(), {"alpha": [1.0]}),
        "SparseCoder": (numpy.eye(4),),
    }
    if kind.__name__ in special:
        return kind(*special[kind.__name__])
    try:
        return kind()
    except TypeError:
        pass
    try:
        return kind(linear_model.LogisticRegression())
    except TypeError:
        return kind(estimator=ensemble.RandomForestClassifier(2))


def made_named(module, name):
    import importlib
    return getattr(importlib.import_module(f"sklearn.{module}"), name)()


def fitted(kind, features, target):
    import numpy as np
    model = made(kind)
    known = model.get_params(deep=False)
    for name, value in SMALL.items():
        if name in known:
            try:
                model.set_params(**{name: value})
            except ValueError:
                pass
    texts = [str(row) for row in features]
    several = np.stack([target, 1 - target], 1)
    for arguments in ((features, target), (features,), (features, several), (features, features),
                      (features[:, 0], target), (texts,), ([{"a": 1.0}, {"b": 2.0}],),
                      ((target * 3).tolist(),)):
        try:
            return model.fit(*arguments)
        except Exception:
            continue
    return model


def compositions(features, target):
    from sklearn import compose, decomposition, ensemble, feature_extraction, impute, linear_model
    from sklearn import multioutput, neighbors, pipeline, preprocessing, svm, tree
    numbers = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    yield "pipeline-columns", lambda: pipeline.Pipeline([
        ("columns", compose.ColumnTransformer([
            ("numbers", numbers, [0, 1]),
            ("kinds", preprocessing.OneHotEncoder(handle_unknown="ignore"), [2]),
            ("rest", "drop", [3])], remainder="passthrough")),
        ("model", ensemble.RandomForestClassifier(3))]).fit(features, target)
    yield "pipeline-union", lambda: pipeline.make_pipeline(
        pipeline.make_union(decomposition.PCA(2), preprocessing.PolynomialFeatures(2)),
        svm.SVC(probability=True)).fit(features, target)
    yield "pipeline-text", lambda: pipeline.make_pipeline(
        feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2), stop_words="english"),
        linear_model.SGDClassifier()).fit(["good day", "bad night", "fine day"], [1, 0, 1])
    yield "function-transformer-numpy", function_transformer
    yield "frame-fitted", lambda: frame_fitted(target)
    yield "multi-output-forest", lambda: ensemble.RandomForestRegressor(3).fit(features, features)
    yield "chain", lambda: multioutput.RegressorChain(linear_model.Ridge()).fit(features, features)
    yield "text-labels", lambda: tree.DecisionTreeClassifier().fit(
        features, ["yes" if one else "no" for one in target])
    yield "neighbors-kd", lambda: neighbors.KNeighborsClassifier(
        algorithm="kd_tree").fit(features, target)
    yield "neighbors-ball", lambda: neighbors.KNeighborsRegressor(
        algorithm="ball_tree", metric="manhattan").fit(features, target)
    yield "neighbors-metric", lambda: neighbors.NearestNeighbors(
        metric="minkowski", p=3, algorithm="ball_tree").fit(features)
    yield "neighbors-haversine", lambda: neighbors.BallTree(features[:, :2], metric="haversine")
    yield "trees-raw", lambda: [neighbors.KDTree(features), neighbors.BallTree(features)]
    yield "hist-categorical", lambda: ensemble.HistGradientBoostingRegressor(
        max_iter=3, categorical_features=[0], min_samples_leaf=2).fit(
            (features * 4).astype(int), target)
    yield "boosting-init", lambda: ensemble.GradientBoostingRegressor(
        n_estimators=3, loss="huber", init="zero").fit(features, target)
    yield "boosting-quantile", lambda: ensemble.GradientBoostingRegressor(
        n_estimators=3, loss="quantile").fit(features, target)
    yield "forest-monotonic", lambda: ensemble.ExtraTreesRegressor(
        3, criterion="absolute_error", bootstrap=True, oob_score=True).fit(features, target)
    yield "dict-of-models", lambda: {"a": linear_model.Ridge().fit(features, target),
                                     "b": [tree.DecisionTreeRegressor().fit(features, target)],
                                     "columns": ["x", "y"], "score": 0.9}
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "huber",
                 "squared_error", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield f"sgd-{loss}", lambda loss=loss: linear_model.SGDClassifier(
            loss=loss).fit(features, target)


def function_transformer():
    import numpy as np
    from sklearn import preprocessing
    return preprocessing.FunctionTransformer(np.log1p, np.expm1)


def frame_fitted(target):
    import pandas as pd
    from sklearn import compose, linear_model, pipeline, preprocessing
    frame = pd.DataFrame({"age": range(40), "town": ["a", "b"] * 20})
    return pipeline.make_pipeline(
        compose.make_column_transformer(
            (preprocessing.StandardScaler(), ["age"]),
            (preprocessing.OneHotEncoder(), compose.make_column_selector(dtype_include=object))),
        linear_model.LogisticRegression()).set_output(transform="default").fit(frame, target)


def searches(features, target):
    from sklearn import ensemble, linear_model, metrics, model_selection
    yield "random-search", lambda: random_search(features, target)
    yield "scorer", lambda: [metrics.make_scorer(metrics.accuracy_score), metrics.get_scorer("r2")]
    yield "search-forest", lambda: model_selection.GridSearchCV(
        ensemble.RandomForestClassifier(2), {"max_depth": [1, 2]}, cv=2,
        scoring="accuracy").fit(features, target)
    yield "search-many-scores", lambda: model_selection.GridSearchCV(
        linear_model.LogisticRegression(), {"C": [0.1, 1]}, cv=model_selection.KFold(2),
        scoring={"a": "accuracy", "b": metrics.make_scorer(metrics.f1_score)},
        refit="a").fit(features, target)
    yield "splitters", lambda: [model_selection.KFold(3), model_selection.StratifiedKFold(3),
                                model_selection.ShuffleSplit(3), model_selection.TimeSeriesSplit(3),
                                model_selection.GroupKFold(3), model_selection.LeaveOneOut(),
                                model_selection.RepeatedKFold(n_splits=2, n_repeats=2)]
    yield "grids", lambda: [model_selection.ParameterGrid({"a": [1]}),
                            model_selection.ParameterSampler({"a": [1]}, 1)]
    yield "bunch", bunch


def bunch():
    from sklearn import datasets
    return datasets.load_iris()


def random_search(features, target):
    from scipy import stats
    from sklearn import linear_model, model_selection
    return model_selection.RandomizedSearchCV(
        linear_model.Ridge(), {"alpha": stats.uniform(0, 1)}, n_iter=2, cv=2,
        random_state=1).fit(features, target)


def kernels():
    from sklearn.gaussian_process import kernels as k
    yield "kernels", lambda: [k.RBF(), k.Matern(), k.ConstantKernel() * k.RBF() + k.WhiteKernel(),
                              k.RationalQuadratic(), k.ExpSineSquared(), k.DotProduct(),
                              k.PairwiseKernel(), k.CompoundKernel([k.RBF()]), k.RBF() ** 2]


def torch_values():
    import torch
    for name in ("float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32",
                 "int64", "bool", "complex64", "complex128"):
        yield f"dtype-{name}", lambda name=name: [torch.ones(2, 3).to(getattr(torch, name)),
                                                  getattr(torch, name)]
    yield "scalar", lambda: torch.tensor(3.5)
    yield "no-elements", lambda: [torch.empty(0), torch.empty(3, 0, 2)]
    yield "requires-grad", lambda: torch.ones(2, requires_grad=True)
    yield "expanded", lambda: torch.ones(3, 1).expand(3, 4)
    yield "strided", lambda: torch.arange(12.0).reshape(3, 4).t()[1:]
    yield "conjugated", lambda: torch.ones(2, dtype=torch.complex64).conj()
    yield "sparse", lambda: torch.eye(3).to_sparse()
    yield "sparse-csr", lambda: torch.eye(3).to_sparse_csr()
    yield "quantized", lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)
    yield "quantized-channels", lambda: torch.quantize_per_channel(
        torch.ones(2, 3), torch.tensor([0.1, 0.2]), torch.tensor([0, 0]), 0, torch.quint8)
    yield "storage", lambda: torch.ones(3).storage()
    yield "parameters", lambda: [torch.nn.Parameter(torch.ones(2)),
                                 torch.nn.Parameter(torch.ones(1), requires_grad=False)]
    yield "buffer-attributes", tensor_with_attributes
    yield "layouts", lambda: [torch.strided, torch.sparse_coo]
    yield "devices", lambda: [torch.device("cpu"), torch.device("cuda:0"), torch.device("cuda", 1)]
    yield "sizes", lambda: [torch.Size([]), torch.Size([1, 2])]
    yield "generator-state", lambda: torch.get_rng_state()
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "LBFGS",
                 "NAdam", "RAdam", "ASGD", "Rprop"):
        yield f"optimizer-{name.lower()}", lambda name=name: optimizer_state(name)
    yield "scheduler", scheduler_state
    yield "lightning", lightning
    yield "networks", networks
    yield "module-linear", lambda: torch.nn.Linear(2, 3)
    yield "module-sequential", lambda: torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Dropout(0.1))
    yield "module-transformer", lambda: torch.nn.TransformerEncoderLayer(4, 2, 8)
    yield "module-lstm", lambda: torch.nn.LSTM(2, 3)
    yield "module-embedding", lambda: torch.nn.Embedding(3, 2)
    yield "module-lists", lambda: [torch.nn.ModuleList([torch.nn.Linear(1, 1)]),
                                   torch.nn.ModuleDict({"a": torch.nn.ReLU()}),
                                   torch.nn.ParameterList([torch.nn.Parameter(torch.ones(1))])]
    yield "dataset", lambda: torch.utils.data.TensorDataset(torch.ones(3), torch.zeros(3))
    yield "with-numpy", torch_with_numpy


def tensor_with_attributes():
    import torch
    tensor = torch.nn.Parameter(torch.ones(2))
    tensor.note = "kept"
    return tensor


def small_network():
    import torch
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3),
                               torch.nn.Linear(3, 1))


def optimizer_state(name):
    import torch
    network = small_network()
    optimizer = getattr(torch.optim, name)(network.parameters(), lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = network(torch.ones(2, 4)).sum()
        loss.backward()
        return loss
    optimizer.step(closure)
    return optimizer.state_dict()


def scheduler_state():
    import torch
    optimizer = torch.optim.SGD(small_network().parameters(), lr=0.1)
    return [torch.optim.lr_scheduler.StepLR(optimizer, 3).state_dict(),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3).state_dict()]


def lightning():
    """What training frameworks save: a dict of dicts, with numbers and names beside the tensors."""
    import collections
    return {"epoch": 3, "global_step": 100, "pytorch-lightning_version": "1.9",
            "state_dict": small_network().state_dict(),
            "optimizer_states": [optimizer_state("Adam")],
            "lr_schedulers": [], "callbacks": {"EarlyStopping": {"best_score": None, "wait": 0}},
            "hyper_parameters": collections.OrderedDict(lr=1e-3, layers=[1, 2]),
            "loops": {"fit_loop": {"state_dict": {}}}}


def networks():
    import torch
    return {name: make().state_dict() for name, make in (
        ("conv", lambda: torch.nn.Conv2d(1, 2, 3)), ("lstm", lambda: torch.nn.LSTM(2, 3)),
        ("gru", lambda: torch.nn.GRU(2, 3)), ("norm", lambda: torch.nn.LayerNorm(3)),
        ("attention", lambda: torch.nn.MultiheadAttention(4, 2)),
        ("embedding", lambda: torch.nn.Embedding(3, 2)))}


def torch_with_numpy():
    import numpy as np
    import torch
    return {"weights": torch.ones(2), "mean": np.ones(3), "score": np.float64(0.5)}
