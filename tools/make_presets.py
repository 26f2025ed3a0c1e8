"""Add to the presets of src/policy what the installed libraries have and the tables lack.

    python3 tools/make_presets.py [PRESET...]

Run with the interpreter of an environment that has the libraries, and again with one that has older
versions: entries are added, never changed or removed, so that a table holds what several versions
write.  What is added is the plain kind: classes that are made without arguments and given a dict of
attributes (sklearn's estimators, kernels, losses, ...), and names that are only looked up
(numpy's types and ufuncs, sklearn's scoring functions).  A class is plain if none of its own code
is run when it is loaded: no __new__, __setstate__, __reduce__, __getattr__, __del__, but those
named here that were read.  Entries with schemas are written by hand.  Review the difference before
committing it: each line says that whoever loads with this preset lets a stranger do that.
"""
import dataclasses
import importlib
import inspect
import pathlib
import pkgutil
import re
import sys
import warnings

PRESETS = pathlib.Path(__file__).resolve().parent.parent / "src" / "policy" / "presets"
LINE = re.compile(r'ENTRY\("([^"]+)", "([^"]+)", ')


def plain_object(module, name):
    return f'ENTRY("{module}", "{name}", CALL | STATE, PLAIN, "()", "{{str: any}}")'


def looked_up(module, name):
    return f'ENTRY("{module}", "{name}", NOTHING, PLAIN, NULL, NULL)'


def new_object(module, name, state="{str: any}"):
    """A class whose instances are allocated and given a state, without its __init__()."""
    return f'ENTRY("{module}", "{name}", CALL | STATE, NEW, "()", "{state}")'


# Methods that loading would run, and whose they may be.
HARMLESS = {"object", "BaseEstimator", "Module", "_MetadataRequester", "_RoutingNotSupportedMixin",
            "TransformerEncoderLayer", "TransformerDecoderLayer", "_ConvNd", "RNNBase", "GRU",
            "MultiheadAttention", "ConvTranspose", "Softmax", "LogSoftmax", "Generic", "Protocol",
            "TransferFunction", "ZerosPolesGain", "StateSpace", "lti", "dlti",
            "LinearOperator",
            "GELU", "Softmin", "_BatchNorm", "_NormBase", "ABCPolyBase"}
RUN = ("__new__", "__setstate__", "__reduce__", "__reduce_ex__", "__getattr__", "__getattribute__",
       "__del__")


def is_plain(kind):
    """Is none of its code run when an instance is allocated, filled, and thrown away?"""
    if not (kind.__flags__ & 1 << 9) or issubclass(kind, (BaseException, type)):
        return False    # not written in Python
    for name in RUN:
        owner = next((one for one in kind.__mro__ if name in vars(one)), object)
        if owner.__name__ not in HARMLESS:
            return False
    return not any(vars(one).get("__slots__") for one in kind.__mro__)


def is_named_tuple(kind):
    """One that collections.namedtuple() made, or derived from one without anything to run."""
    made = getattr(kind.__new__, "__code__", None)
    return (issubclass(kind, tuple) and hasattr(kind, "_fields")
            and not hasattr(kind, "_extra_fields")
            and made is not None and made.co_filename.startswith("<")   # namedtuple() wrote it
            and not any(name in vars(one) for one in kind.__mro__[:-2] for name in RUN[1:]))


def results(package):
    """What functions answer: named tuples, scipy's own kind of them, plain classes with fields."""
    for module in modules_of(package):
        for value in list(vars(module).values()):
            if not inspect.isclass(value) or not value.__module__.startswith(package.__name__):
                continue
            if hasattr(value, "_extra_fields"):     # scipy._lib._bunch: keywords go to its state
                yield (f'ENTRY("{value.__module__}", "{value.__qualname__}", CALL | STATE, '
                       'NEW_KEYWORDS, "(any*)", "{str: any}")')
            elif is_named_tuple(value):
                yield (f'ENTRY("{value.__module__}", "{value.__qualname__}", CALL, NEW, "(any*)",'
                       ' NULL)')
            elif dataclasses.is_dataclass(value) and is_plain(value):
                yield new_object(value.__module__, value.__qualname__)


def plain_classes(names, state="{str: any}"):
    """Of "module:name", those that this version has."""
    for entry in names:
        module, _, name = entry.partition(":")
        try:
            kind = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
        if is_plain(kind):
            yield new_object(kind.__module__, kind.__qualname__, state)
        else:
            print(f"make_presets: not plain: {entry}", file=sys.stderr)


def public_functions(module):
    """Functions that are only looked up: losses, scores, activations."""
    for name in getattr(module, "__all__", dir(module)):
        value = getattr(module, name, None)
        if inspect.isfunction(value) and not name.startswith("_"):
            yield looked_up(value.__module__, value.__qualname__)


# Modules of the standard library whose exceptions, named tuples and structures programs keep.
STDLIB = """
argparse ast asyncio.exceptions binascii builtins bz2 calendar codecs collections
concurrent.futures configparser copy csv dataclasses datetime decimal difflib dis email.errors
enum fractions functools getopt graphlib grp hashlib http.client http.cookies inspect io ipaddress
json locale lzma multiprocessing.context os pickle platform plistlib poplib posix pwd queue random
resource select shelve shutil smtplib socket sqlite3 ssl statistics string struct subprocess sys
tarfile time tokenize traceback unittest.case urllib.error urllib.parse urllib.robotparser uuid
warnings weakref xml.etree.ElementTree xml.parsers.expat xml.sax zipfile zlib zoneinfo
""".split()
# Classes that are no more than their attributes.
VALUES = """
argparse:Namespace calendar:Calendar calendar:TextCalendar calendar:HTMLCalendar
csv:excel csv:excel_tab csv:unix_dialect difflib:SequenceMatcher optparse:Values
subprocess:CompletedProcess textwrap:TextWrapper http.cookiejar:Cookie
xml.etree.ElementTree:ElementTree
"""
# For those with an __init__() of their own: it puts texts together, so they are short, and of no
# object is asked for its text.
QUOTED_ANY = '"(any*)"'
ATOMS = '"(none|bool|int[-1000000000000..1000000000000]|float|str[..200]|bytes[..200]*)"'
# Of structures, which are freed by recursion, so that none is inside of another.
ITEMS = "(int|float|str|bytes|none|[str]*)"
NEVER = {"HTTPError", "ExceptionGroup", "BaseExceptionGroup", "SyntaxError", "IndentationError",
         "TabError"}
CHAINED = ("__new__", "__init__", "__setstate__", "__reduce__", "__reduce_ex__", "__getattr__",
           "__getattribute__", "__del__", "__setattr__")


def exception(kind):
    """What it may be made of: anything, if only C code sees it."""
    own = any(name in vars(one) for one in kind.__mro__ for name in CHAINED
              if one.__flags__ & 1 << 9)
    return (f'ENTRY("{kind.__module__}", "{kind.__qualname__}", CALL | STATE, PLAIN, '
            f'{ATOMS if own else QUOTED_ANY}, "%exception_state")')


def stdlib_entries():
    for name in STDLIB:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        for kind in vars(module).values():
            if not inspect.isclass(kind) or (
                    kind.__module__.split(".")[0] not in sys.stdlib_module_names):
                continue
            if kind.__name__.startswith("_"):
                continue
            if issubclass(kind, BaseException):
                if kind.__name__ not in NEVER:
                    yield exception(kind)
            elif is_named_tuple(kind):
                yield (f'ENTRY("{kind.__module__}", "{kind.__qualname__}", CALL, NEW, "(any*)",'
                       ' NULL)')
            elif issubclass(kind, tuple) and hasattr(kind, "n_sequence_fields"):
                yield (f'ENTRY("{kind.__module__}", "{kind.__qualname__}", CALL, PLAIN, '
                       f'"({ITEMS}, {{str: int|float|str|none}}?)", NULL)')
    yield from plain_classes(VALUES.split())
    import collections.abc
    import numbers
    import typing
    for module in (collections.abc, numbers):
        for name in module.__all__:
            yield looked_up(module.__name__, name)
    for name in typing.__all__:
        if isinstance(getattr(typing, name), type(typing.List) | type(typing.Any) | type(
                typing.Union)):
            yield looked_up("typing", name)


def numpy_entries():
    import numpy
    from pickle import whichmodule
    for name in dir(numpy):
        value = getattr(numpy, name)
        if isinstance(value, type) and issubclass(value, numpy.generic):
            yield looked_up("numpy", value.__name__)
        elif isinstance(value, numpy.ufunc):
            yield looked_up("numpy", value.__name__)
            yield looked_up(whichmodule(value, value.__name__), value.__name__)
    for name in (
            "mean median max min sum std var amax amin nanmean nanmedian nanmax nanmin nansum "
            "nanstd nanvar argmax argmin argsort concatenate cumprod cumsum diff dot percentile "
            "nanpercentile prod quantile ravel reshape sort stack squeeze transpose unique where "
            "asarray array clip log10 around round ptp hstack vstack nan_to_num ndim size "
            "isclose allclose any all cov corrcoef average histogram interp tile repeat").split():
        if hasattr(numpy, name):
            yield looked_up("numpy", name)
    for module in ("polynomial", "chebyshev", "hermite", "hermite_e", "laguerre", "legendre"):
        yield from plain_classes([f"numpy.polynomial.{module}:{name}" for name in (
            "Polynomial", "Chebyshev", "Hermite", "HermiteE", "Laguerre", "Legendre")])
    dtypes = getattr(numpy, "dtypes", None)
    for name in getattr(dtypes, "__all__", ()):
        if name != "StringDType":
            yield looked_up("numpy.dtypes", name)


# Modules that do things when they are imported, or are tests and examples.
LEFT_OUT = ("tests", "conftest", "setup", "datasets", "externals", "_build_utils", "experimental")


def modules_of(package):
    yield package
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".", lambda name: None):
        if not any(part in LEFT_OUT for part in info.name.split(".")):
            try:
                yield importlib.import_module(info.name)
            except Exception as problem:
                print(f"make_presets: {info.name}: {problem}", file=sys.stderr)


def sklearn_entries():
    import sklearn
    from sklearn.base import BaseEstimator
    from sklearn.gaussian_process.kernels import Hyperparameter, Kernel
    bases = [BaseEstimator, Kernel]
    for module, name in (("sklearn._loss.loss", "BaseLoss"), ("sklearn._loss.link", "BaseLink"),
                         ("sklearn.neural_network._stochastic_optimizers", "BaseOptimizer"),
                         ("sklearn.ensemble._gb_losses", "LossFunction"),
                         ("sklearn.ensemble._hist_gradient_boosting.loss", "BaseLoss")):
        try:
            bases.append(getattr(importlib.import_module(module), name))
        except (ImportError, AttributeError):
            pass
    helpers = {"_CalibratedClassifier", "_SigmoidCalibration", "_CFNode", "_CFSubcluster",
               "_BisectingTree", "_BinaryGaussianProcessClassifierLaplace", "LabelBinarizer",
               "MultiOutputClassifier", "Bunch"}
    functions = {"sklearn.feature_selection": ("f_classif", "f_regression", "chi2", "r_regression",
                                               "mutual_info_classif", "mutual_info_regression")}
    for module in modules_of(sklearn):
        for name, value in list(vars(module).items()):
            if (inspect.isclass(value) and value.__module__.startswith("sklearn")
                    and value is not Hyperparameter
                    and (issubclass(value, tuple(bases)) or value.__name__ in helpers)):
                yield plain_object(value.__module__, value.__qualname__)
            elif (inspect.isclass(value) and value.__module__.startswith("sklearn")
                  and is_plain(value) and not is_private_tool(value)):
                yield new_object(value.__module__, value.__qualname__)
    import sklearn.metrics
    yield from public_functions(sklearn.metrics)
    for module, names in functions.items():
        for name in names:
            function = getattr(importlib.import_module(module), name, None)
            if function is not None:
                yield looked_up(function.__module__, function.__qualname__)


def is_private_tool(kind):
    """What is no part of a model: printing, testing, documentation, threads."""
    return any(part in kind.__module__ for part in (
        "_testing", "_repr_html", "estimator_checks", "_pprint", "parallel", "fixes", "_joblib",
        "_plotting", "_plot", "_mocking", "_tags", "deprecation", "_show_versions", "_set_output",
        "inspection", "openml", "_arff", "_array_api", "_config", "callback", "_param_validation",
        "_export", "_reingold_tilford", "_html", "_available_if", "_dispatcher")) or any(
            part in kind.__name__
            for part in ("Mixin", "Display", "Reporter", "Callback", "Mapping"))


SCIPY = """
scipy.interpolate:UnivariateSpline
scipy.interpolate:InterpolatedUnivariateSpline scipy.interpolate:LSQUnivariateSpline
scipy.interpolate:RectBivariateSpline scipy.interpolate:SmoothBivariateSpline
scipy.interpolate:NearestNDInterpolator scipy.optimize:Bounds scipy.optimize:LinearConstraint
scipy.spatial:Rectangle scipy.stats:gaussian_kde scipy.stats._distn_infrastructure:rv_frozen
scipy.stats._distn_infrastructure:rv_continuous_frozen
scipy.stats._distn_infrastructure:rv_discrete_frozen
scipy.stats._multivariate:multivariate_normal_frozen
scipy.stats._multivariate:multivariate_normal_gen scipy.stats._multivariate:_PSD
scipy.stats._covariance:CovViaPSD scipy.stats._covariance:CovViaCholesky
scipy.stats._covariance:CovViaDiagonal scipy.stats._covariance:CovViaPrecision
scipy.stats._covariance:CovViaEigendecomposition
scipy.signal._ltisys:TransferFunctionContinuous scipy.signal._ltisys:TransferFunctionDiscrete
scipy.signal._ltisys:ZerosPolesGainContinuous scipy.signal._ltisys:ZerosPolesGainDiscrete
scipy.signal._ltisys:StateSpaceContinuous scipy.signal._ltisys:StateSpaceDiscrete
scipy.signal:CZT scipy.signal:ZoomFFT scipy.signal:ShortTimeFFT scipy.cluster.hierarchy:ClusterNode
scipy.interpolate:AAA scipy.interpolate:FloaterHormannInterpolator
scipy.interpolate:RectSphereBivariateSpline scipy.interpolate:SmoothSphereBivariateSpline
scipy.interpolate:LSQBivariateSpline scipy.interpolate:LSQSphereBivariateSpline
scipy.integrate:OdeSolution scipy.integrate._ivp.base:ConstantDenseOutput
scipy.integrate._ivp.rk:RkDenseOutput scipy.integrate._ivp.rk:Dop853DenseOutput
scipy.integrate._ivp.radau:RadauDenseOutput scipy.integrate._ivp.bdf:BdfDenseOutput
scipy.optimize:LbfgsInvHessProduct scipy.optimize:NonlinearConstraint
scipy.sparse.linalg._interface:MatrixLinearOperator scipy.spatial.transform:Slerp
scipy.spatial.transform:RotationSpline
"""


def scipy_entries():
    import scipy.interpolate
    import scipy.linalg
    import scipy.spatial.distance
    import scipy.special
    import scipy.stats
    yield from plain_classes(SCIPY.split())
    yield from results(scipy.stats)
    for name in ("_call_linear", "_call_linear_np", "_call_nearest", "_call_previousnext",
                 "_call_spline", "_call_nan_spline"):
        method = getattr(scipy.interpolate.interp1d, name, None)
        if method is not None:
            yield looked_up(method.__module__, method.__qualname__)
    for module in (scipy.stats._continuous_distns, scipy.stats._discrete_distns):
        for name, kind in vars(module).items():
            if (inspect.isclass(kind) and kind.__module__ == module.__name__
                    and issubclass(kind, (scipy.stats.rv_continuous, scipy.stats.rv_discrete))):
                yield new_object(module.__name__, name, "%distribution")
                yield looked_up(module.__name__, name + "._entropy")
    for module in (scipy.linalg, scipy.spatial.distance, scipy.special, scipy.stats):
        for line in public_functions(module):
            if "savemat" not in line and "loadmat" not in line and '"scipy' in line:
                yield line
    for name in scipy.special.__all__:
        if type(getattr(scipy.special, name)).__name__ == "ufunc":
            yield looked_up("scipy.special._ufuncs", name)
            yield looked_up("scipy.special._special_ufuncs", name)


def exceptions_of(module):
    """Those without code of their own."""
    for name, kind in vars(module).items():
        if (inspect.isclass(kind) and issubclass(kind, BaseException)
                and kind.__module__.startswith(module.__name__.split(".")[0])
                and QUOTED_ANY in exception(kind)):
            yield exception(kind)


def pandas_entries():
    import pandas.errors
    yield from exceptions_of(pandas.errors)


def networkx_entries():
    import networkx
    yield from exceptions_of(networkx.exception)
    yield from plain_classes(
        [f"networkx.classes.coreviews:{name}" for name in (
            "FilterAtlas", "FilterAdjacency", "FilterMultiInner", "FilterMultiAdjacency")]
        + ["networkx.utils:UnionFind"]
        + [f"networkx.classes.filters:{name}" for name in ("show_nodes",)])
    for name in ("no_filter", "hide_nodes", "hide_edges", "show_edges"):
        yield looked_up("networkx.classes.filters", name)
    yield looked_up("networkx.classes.function", "frozen")


def torch_entries():
    import torch
    import torch.nn.functional
    for name in sorted(vars(torch)):
        value = getattr(torch, name)
        if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
            yield looked_up("torch", name)
        elif isinstance(value, type) and name.endswith("Storage"):
            yield looked_up("torch", name)
    for name, kind in vars(torch.nn).items():
        if inspect.isclass(kind) and issubclass(kind, torch.nn.Module) and is_plain(kind):
            yield new_object(kind.__module__, kind.__qualname__, "%module")
    for name in ("relu", "gelu", "silu", "softmax", "log_softmax", "elu", "leaky_relu", "selu",
                 "sigmoid", "tanh", "hardtanh", "mish", "softplus", "cross_entropy", "mse_loss",
                 "nll_loss", "l1_loss", "binary_cross_entropy", "smooth_l1_loss"):
        value = getattr(torch.nn.functional, name)
        yield looked_up(getattr(value, "__module__", None) or "torch._C._nn", value.__name__)


def add(preset, entries):
    path = PRESETS.parent / "defaults.def" if preset == "stdlib" else PRESETS / f"{preset}.def"
    text = path.read_text(encoding="utf-8")
    begin = text.index('ENTRY("')
    lines = {}
    for line in text[begin:].splitlines():
        lines[LINE.match(line).groups()] = line
    before = len(lines)
    for line in entries:
        lines.setdefault(LINE.match(line).groups(), line)
    ordered = [lines[key] for key in sorted(lines)]
    path.write_text(text[:begin] + "\n".join(ordered) + "\n", encoding="utf-8")
    print(f"{preset}: {len(lines) - before} added, {len(lines)} in all")


def main():
    warnings.simplefilter("ignore")
    makers = {"stdlib": stdlib_entries, "numpy": numpy_entries, "pandas": pandas_entries,
              "networkx": networkx_entries, "scipy": scipy_entries, "sklearn": sklearn_entries,
              "torch": torch_entries}
    for preset in sys.argv[1:] or makers:
        add(preset, makers[preset]())


if __name__ == "__main__":
    main()
