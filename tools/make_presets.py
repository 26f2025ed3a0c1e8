"""Add to the presets of src/policy what the installed libraries have and the tables lack.

    python3 tools/make_presets.py [numpy] [sklearn]

Run with the interpreter of an environment that has the libraries, and again with one that has older
versions: entries are added, never changed or removed, so that a table holds what several versions
write.  What is added is the plain kind: classes that are made without arguments and given a dict of
attributes (sklearn's estimators, kernels, losses, ...), and names that are only looked up (numpy's
types and ufuncs, sklearn's scoring functions).  Entries with schemas are written by hand.  Review
the difference before committing it: each line says that whoever loads with this preset lets a
stranger do that.
"""
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
    for name in ("mean", "median", "max", "min", "sum", "std", "var", "amax", "amin"):
        yield looked_up("numpy", name)


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
    for module, names in functions.items():
        for name in names:
            function = getattr(importlib.import_module(module), name, None)
            if function is not None:
                yield looked_up(function.__module__, function.__qualname__)


def add(preset, entries):
    path = PRESETS / f"{preset}.def"
    text = path.read_text(encoding="utf-8")
    begin = text.index("ENTRY(")
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
    makers = {"numpy": numpy_entries, "sklearn": sklearn_entries}
    for preset in sys.argv[1:] or makers:
        add(preset, makers[preset]())


if __name__ == "__main__":
    main()
