"""Load harmless files with `load` and with `safe_load`, and say whether they agree.

    PYTHON load_harmless.py <PATHS

The interpreter is one that has the libraries of the files: those of another version of a library
may not load at all, safely or not.  A line of JSON answers each path:

    {"path", "outcome": "equal"|"different"|"refused"|"unloadable", "message",
     "allow": [...], "pasted": "equal"|...}

"pasted" is what came of loading a refused file again, with the list of its refusal.
"""
import copyreg
import io
import json
import pathlib
import pickle
import sys
import warnings
import zipfile

import brinery

PRESETS = ("numpy", "networkx", "pandas", "scipy", "scipy.sparse", "sklearn", "torch", "xarray")


def torch_storage(archive, folder):
    """What torch gives a pickle for its persistent ids: storages, out of the same archive."""
    import torch
    loaded = {}

    def persistent_load(saved):
        _, kind, key, _, count = saved
        if key not in loaded:
            loaded[key] = make(kind, key, count)
        return loaded[key]

    def make(kind, key, count):
        dtype = kind.dtype if hasattr(kind, "dtype") else torch.uint8
        data = bytearray(archive.read(f"{folder}/data/{key}"))
        if not data:
            return torch.tensor([], dtype=dtype).storage()
        return torch.frombuffer(data, dtype=dtype, count=count).storage()
    return persistent_load


def stock(path):
    if path.suffix == ".pt":
        import torch
        return torch.load(path)
    return pickle.loads(path.read_bytes())


def safe(path, allow=()):
    if path.suffix == ".pt":
        with zipfile.ZipFile(path) as archive:
            member = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            folder = member.rpartition("/")[0]
            return brinery.safe_loads(archive.read(member), presets=PRESETS, allow=allow,
                                      persistent_load=torch_storage(archive, folder))
    return brinery.safe_loads(path.read_bytes(), presets=PRESETS, allow=allow)


class Likeness:
    """Whether two values are alike in all that pickle keeps of them: types, contents, sharing.

    Their pickles are not compared, as they differ between two loads of the same file: arrays of
    structures have bytes that belong to no field, and sets an order of their own.
    """

    def __init__(self):
        self.pairs = {}     # what each object of the one is in the other
        self.kept = []      # so that no number of an object is used again

    def alike(self, one, other):
        if type(one) is not type(other) and not of_made_classes(type(one), type(other)):
            return False
        if one is other:
            return True
        if id(one) in self.pairs:
            return self.pairs[id(one)] == id(other)
        if isinstance(one, (int, str, bytes, complex)):
            return one == other
        if isinstance(one, float):
            return one == other or (one != one and other != other)
        self.pairs[id(one)] = id(other)
        self.kept += [one, other]
        if type(one) in (list, tuple):
            return self.all_alike(one, other)
        if type(one) is dict:
            return self.all_alike(list(one.items()), list(other.items()))
        if type(one) in (set, frozenset):
            return self.all_alike(sorted(one, key=repr), sorted(other, key=repr))
        if type(one).__module__ == "numpy" and type(one).__name__ == "ndarray":
            return self.alike_arrays(one, other)
        if type(one).__name__ in ("cKDTree", "KDTree") and (    # their nodes hold addresses
                type(one).__module__.startswith("scipy.")):
            return self.alike(one.data, other.data) and self.alike(one.indices, other.indices)
        return self.alike_objects(one, other)

    def all_alike(self, some, others):
        return len(some) == len(others) and all(map(self.alike, some, others))

    def alike_arrays(self, one, other):
        if one.dtype != other.dtype or one.shape != other.shape or (
                one.flags.f_contiguous != other.flags.f_contiguous):
            return False
        if one.dtype.names:
            return all(self.alike_arrays(one[name], other[name]) for name in one.dtype.names)
        if one.dtype.hasobject:
            return self.all_alike(one.ravel().tolist(), other.ravel().tolist())
        return one.tobytes() == other.tobytes()

    def alike_objects(self, one, other):
        """By what they tell pickle of themselves."""
        reduce = copyreg.dispatch_table.get(type(one))
        ways = [reduce(value) if reduce else value.__reduce_ex__(4) for value in (one, other)]
        if isinstance(ways[0], str):
            return ways[0] == ways[1]
        ways = [[list(part) if number > 2 and part is not None else part
                 for number, part in enumerate(way)] for way in ways]
        self.kept += ways
        return self.all_alike(*ways)


def of_made_classes(one, other):
    """Headers of messages are of classes that are made for each of them."""
    return one.__module__ == "email.headerregistry" and one.__mro__[1:] == other.__mro__[1:]


def alike(path, one, other):
    if not path.name.startswith("torch"):
        return Likeness().alike(one, other)
    import torch
    spelled = []
    for value in (one, other):
        with io.BytesIO() as file:
            try:
                torch.save(value, file)
            except TypeError:       # what only protocol 4 can name
                return Likeness().alike(one, other)
            with zipfile.ZipFile(file) as archive:
                spelled.append({name.partition("/")[2]: archive.read(name)
                                for name in archive.namelist()})
    return spelled[0] == spelled[1]


def compare(path, expected, allow=()):
    try:
        found = safe(path, allow)
    except brinery.UnsafePickleError as error:
        return "refused", str(error), error.allow
    return ("equal" if alike(path, expected, found) else "different"), "", []


def judge(path):
    try:
        expected = stock(path)
    except Exception as error:
        return {"outcome": "unloadable", "message": f"{type(error).__name__}: {error}"[:300]}
    outcome, message, allow = compare(path, expected)
    answer = {"outcome": outcome, "message": message, "allow": allow}
    if outcome == "refused":
        answer["pasted"], _, _ = compare(path, expected, allow)
    return answer


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        path = pathlib.Path(line.rstrip("\n"))
        try:
            answer = judge(path)
        except Exception as error:
            answer = {"outcome": "failed", "message": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps({"path": str(path), **answer}), flush=True)


if __name__ == "__main__":
    main()
