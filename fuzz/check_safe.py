"""What fuzz_python.c asks of each input as fuzz_safe: safe loading against plain loading.

check(data) returns None when all is well and raises AssertionError otherwise.  Whatever the bytes,
nothing is imported, compiled, opened or started while they are loaded; what the policy approves is
what the loader does; and the value is what plain load makes.  The modules that the default policy
knows are imported before: looking its names up imports them, and that is no finding.
"""
import codecs
import importlib
import itertools
import pathlib
import pickle
import re
import sys
import types
import warnings
import zoneinfo

import brinery
import check_python
from brinery import _brinery, _opaque, _safe

DEFAULTS = pathlib.Path(__file__).resolve().parent.parent / "src" / "policy" / "defaults.def"
FORBIDDEN = ("import", "exec", "compile", "open", "os.", "subprocess.", "socket.", "ctypes.",
             "shutil.", "object.__setattr__", "code.__new__", "function.__new__")
LIMITS = {"max_memory": 1 << 26, "max_work": 1_000_000}
OWN = (check_python.Plain, check_python.Listed, check_python.Mapped, check_python.Slotted,
       check_python.Stated)
ENTRIES, GIVEN = _safe._entries(OWN)
assert _opaque      # imported before anything is watched
seen = []
watching = False


def prepare():
    warnings.simplefilter("ignore")
    harmless = types.ModuleType("harmless")
    for kind in OWN:
        setattr(harmless, kind.__name__, kind)
    sys.modules["harmless"] = harmless
    for module in sorted(set(re.findall(r'^ENTRY\("([^"]+)"', DEFAULTS.read_text(), re.M))):
        try:
            importlib.import_module(module)
        except ImportError:
            pass
    for encoding in ("latin1", "latin-1", "iso-8859-1", "ascii", "utf-8", "raw-unicode-escape"):
        codecs.lookup(encoding)
    for key in ("UTC", "No/Such"):
        try:
            zoneinfo.ZoneInfo(key)
        except zoneinfo.ZoneInfoNotFoundError:
            pass
    sys.addaudithook(watch)


def watch(event, args):
    """Time zones are files, and modules of other versions are looked for in vain."""
    if not watching or not event.startswith(FORBIDDEN):
        return
    if event == "compile" and args[1] == "<namedtuple>":
        return      # how the loader tells namedtuples, from the names of their fields
    first = str(args[0]) if args else ""
    if not first.startswith(("tzdata", *zoneinfo.TZPATH)) and first not in MISSING:
        seen.append((event, args))


# Names of other versions, which are looked for, and those of folders that are looked into then.
MISSING = {"pathlib._local", *sys.path}


def watched(load, *args, **more):
    """What a load answers, and what it raised; it may not do what is watched for."""
    global watching
    watching = True
    try:
        return load(*args, **more), None
    except Exception as error:
        return None, error
    finally:
        watching = False
        assert not seen, seen


def check(data):
    options = {"allow": OWN, "encoding": "latin1", "limits": LIMITS}
    answer, error = watched(_brinery._check, data, ENTRIES, (), 0, True, _safe._limits(LIMITS),
                            None)
    if error is not None:
        assert isinstance(error, (pickle.UnpicklingError, EOFError, ValueError, MemoryError,
                                  UnicodeError, OverflowError)), error
        value, error = watched(brinery.safe_loads, data, **options)
        assert error is not None
        return
    value, error = watched(brinery.safe_loads, data, **options)
    refused = answer[0] in (_safe._MISSING, _safe._FORBIDDEN)
    if refused:
        assert isinstance(error, brinery.UnsafePickleError), error
        value, error = watched(brinery.safe_loads, data, opaque=True, **options)
        assert "was not approved" not in str(error), error
        return
    assert "was not approved" not in str(error), error
    expected, plain = watched(brinery.loads, data, encoding="latin1")
    if isinstance(error, brinery.UnsafePickleError):
        return      # a name that is something else in this version
    assert (error is None) == (plain is None), (error, plain)
    if error is None:
        assert type(value) is type(expected)
        assert check_python.shape(value) == check_python.shape(expected)


def check_leaks(data):
    """The same input again and again must not take ever more blocks."""
    counts = []
    for _ in range(5):
        watched(brinery.safe_loads, data, allow=OWN, encoding="latin1", limits=LIMITS)
        counts.append(sys.getallocatedblocks())
    rises = [after - before for before, after in itertools.pairwise(counts)]
    assert min(rises) <= 0, f"blocks: {counts}"


prepare()
