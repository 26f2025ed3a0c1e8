"""safe_load and safe_loads: pickles of strangers.

First pass: the whole pickle is decoded into a document, in C, and a policy answers for each name
it would look up, each call it would make, each object it would change.  Nothing is imported to
decide.  If anything is missing, that is the end, with a list of it.  Then the names that are
allowed are looked up.  Second pass: the same bytes are loaded, and each step has to be the one
that was approved at its offset.
"""
import enum
import importlib
import sys

from pickle import UnpicklingError
from types import MappingProxyType, ModuleType

from . import _brinery

_EXACT_NAMES, _PERSISTENT, _BUFFERS, _STAND_INS = 1, 2, 4, 8
_ALLOWED, _MISSING, _FORBIDDEN, _STAND_IN = range(4)
_NEEDS_OBJECT, _NEEDS_MEMBER, _NEEDS_STAND_IN, _GETS_STATE = 1, 2, 4, 8
_OPERATIONS = {1: "lookup", 2: "call", 4: "state", 8: "append", 16: "set_items"}

# What safe_load accepts unless it is told otherwise; None is no limit.
DEFAULT_LIMITS = MappingProxyType({
    "max_input": 1 << 30,      # bytes of the pickle
    "max_memory": 4 << 30,     # bytes of each of: the document of the first pass, the objects
    "max_values": 100_000_000,
    "max_stack": 10_000_000,   # values under construction: depth, and items of a tuple
    "max_memo": 50_000_000,
    "max_digits": 4300,        # of an int in text
    "max_work": 0,             # steps of hashing: 10,000,000 and 64 for each byte
})


class Missing:
    """One thing a pickle needs and was not allowed.

    name         what it is about: "module:Qualified.Name", or why it has none
    entry        what to add to allow=, or None if no entry allows it
    operations   what would be done: "lookup", "call", "state", "append", "set_items"
    reason       why it was refused
    offset       the byte of the pickle that needs it first
    path         to the value in the document, e.g. "['model'].steps"; "" at the top
    """
    __slots__ = ("name", "entry", "operations", "reason", "offset", "path")

    def __init__(self, entry, name, grants, reason, offset, path):
        self.name = name
        self.entry = entry
        self.operations = tuple(word for bit, word in _OPERATIONS.items() if grants & bit)
        self.reason = reason
        self.offset = offset
        self.path = path

    def __repr__(self):
        return (f"<Missing {self.name} ({', '.join(self.operations)}) at byte {self.offset}"
                f"{self.path and ', in ' + self.path}: {self.reason}>")


class UnsafePickleError(UnpicklingError):
    """A pickle needs more than was allowed; nothing of it was built.

    missing   list of Missing, in order of the pickle
    allow     list of str: the entries that would admit it, as far as entries can
    """

    def __init__(self, message, missing=()):
        super().__init__(message, missing)
        self.missing = list(missing)
        self.allow = [row.entry for row in self.missing if row.entry is not None]

    def __str__(self):
        return self.args[0]


def _message(missing):
    lines = ["this pickle needs what is not allowed"]
    entries = [row.entry for row in missing if row.entry is not None]
    if entries:
        lines.append("if you trust it with that: allow=[" + ", ".join(map(repr, entries)) + "]")
    for row in missing:
        if row.entry is None:
            place = f", in {row.path}" if row.path else ""
            lines.append(f"never allowed: {row.name} ({', '.join(row.operations)}) at byte "
                         f"{row.offset}{place}: {row.reason}")
    return "\n".join(lines)


def _refuse(rows):
    missing = [Missing(*row) for row in rows]
    return UnsafePickleError(_message(missing), missing)


# ---- what the caller allows

def _spell(thing):
    module = getattr(thing, "__module__", None)
    qualname = getattr(thing, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        raise TypeError(f"allow takes classes, functions and 'module:Name', not {thing!r}")
    return f"{module}:{qualname}"


def _entries(allow):
    """The entries as text, and the objects that some of them are."""
    if isinstance(allow, (str, bytes)):
        raise TypeError("allow is a list of classes, functions and 'module:Name'")
    texts = []
    objects = {}
    for thing in allow:
        if isinstance(thing, str):
            texts.append(thing)
            continue
        text = _spell(thing)
        objects[text] = thing
        # Below protocol 4 a nested class is found through those around it.
        module, _, qualname = text.partition(":")
        while "." in qualname:
            qualname = qualname.rpartition(".")[0]
            texts.append(f"{module}:{qualname} +lookup")
        if isinstance(thing, type):
            # What the class is made for by its base.
            if issubclass(thing, (list, set)):
                text += " +append"
            elif issubclass(thing, dict):
                text += " +set_items"
        texts.append(text)
    return tuple(texts), objects


def _limits(limits):
    if limits == "off":
        chosen = dict.fromkeys(DEFAULT_LIMITS)
    else:
        chosen = dict(DEFAULT_LIMITS)
        for name, value in (limits or {}).items():
            if name not in chosen:
                raise TypeError(f"there is no limit {name!r}; limits are {', '.join(chosen)}")
            if value is not None and (not isinstance(value, int) or value <= 0):
                raise ValueError(f"{name} must be an int above 0, or None for no limit")
            chosen[name] = value
    return tuple(chosen.values())


# ---- what names stand for

def _find(module, qualname, member):
    """The object of an allowed name: each step an attribute of the module, its package, a class."""
    sys.audit("pickle.find_class", module, qualname)
    importlib.import_module(module)
    found = sys.modules[module]
    *outer, last = qualname.split(".")
    package = sys.modules.get(module.partition(".")[0])
    for name in outer:
        found = getattr(found, name)
        # torch calls its own objects torch._utils:torch.strided.
        if not isinstance(found, type) and found is not package:
            raise UnsafePickleError(f"{module}:{qualname} is not inside of classes")
    if member:
        members = found.__members__ if isinstance(found, enum.EnumMeta) else {}
        if last not in members:
            raise _refuse([(f"{module}:{qualname} +lookup", f"{module}:{qualname}", 1,
                            "no entry allows it", 0, "")])
        return members[last]
    found = getattr(found, last)
    if isinstance(found, ModuleType):
        raise UnsafePickleError(f"{module}:{qualname} is a module")
    return found


def _object(module, qualname, needs, given, opaque):
    try:
        found = _find(module, qualname, needs & _NEEDS_MEMBER)
    except (ImportError, AttributeError):
        if not opaque:
            raise
        from ._opaque import stand_in
        return stand_in(module, qualname)
    expected = given.get(f"{module}:{qualname}", found)
    if found is not expected:
        raise UnsafePickleError(f"{module}:{qualname} is not the {expected!r} that was allowed")
    if needs & _GETS_STATE and isinstance(found, enum.EnumMeta):
        raise UnsafePickleError(f"a member of {module}:{qualname} would be changed")
    return found


def _objects(names, given, opaque):
    """For each name the object it stands for, then for each its stand-in; None if not needed."""
    real = [None] * len(names)
    inert = [None] * len(names)
    for index, (module, qualname, needs) in enumerate(names):
        if needs & (_NEEDS_OBJECT | _NEEDS_MEMBER):
            real[index] = _object(module, qualname, needs, given, opaque)
        if needs & _NEEDS_STAND_IN:
            from ._opaque import stand_in
            inert[index] = stand_in(module, qualname)
    return tuple(real + inert)


# ---- the functions

def _load(data, allow=(), presets=(), opaque=False, rename=None, limits=None, fix_imports=True,
          encoding="ASCII", errors="strict", buffers=None, persistent_load=None):
    """The object, and how many bytes its pickle has."""
    if type(data) is not bytes:
        data = bytes(memoryview(data))
    if isinstance(presets, str):
        presets = (presets,)
    entries, given = _entries(allow)
    flags = ((0 if fix_imports else _EXACT_NAMES)
             | (0 if persistent_load is None else _PERSISTENT)
             | (0 if buffers is None else _BUFFERS) | (_STAND_INS if opaque else 0))
    ruling, approvals, names, missing, size = _brinery._check(
        data, entries, tuple(presets), flags, bool(fix_imports), _limits(limits), rename)
    if ruling == _MISSING or ruling == _FORBIDDEN:
        raise _refuse([row for row in missing if row[0] is None or not opaque])
    objects = _objects(names, given, opaque)
    return _brinery._load_checked(data, approvals, objects, encoding, errors, buffers,
                                  persistent_load), size


def safe_loads(data, /, *, allow=(), presets=(), opaque=False, rename=None, limits=None,
               fix_imports=True, encoding="ASCII", errors="strict", buffers=None,
               persistent_load=None):
    """Return the object of a pickle that you did not write.

    Plain data and value types of the standard library are loaded.  Whatever else the pickle
    names raises UnsafePickleError before anything is built, unless allow lists it: classes, or
    "module:Name".  presets are reviewed lists for libraries ("numpy", "pandas", ...).  With
    opaque=True, what is not allowed becomes inert stand-ins.  limits is a dict that changes
    DEFAULT_LIMITS, or "off".  The others are as for loads.
    """
    return _load(data, allow, presets, opaque, rename, limits, fix_imports, encoding, errors,
                 buffers, persistent_load)[0]


def safe_load(file, /, *, allow=(), presets=(), opaque=False, rename=None, limits=None,
              fix_imports=True, encoding="ASCII", errors="strict", buffers=None,
              persistent_load=None):
    """Return the object of the pickle in an open binary file, as safe_loads does.

    The file is left behind the pickle, as load leaves it.
    """
    most = _limits(limits)[0]
    # What can seek and not peek (BytesIO) is read to its end at once, and set back.
    begin = None if hasattr(file, "peek") or not _can_seek(file) else file.tell()
    if begin is None:
        data = _brinery._read_one(file, (1 << 63) if most is None else most)
    else:
        data = file.read() if most is None else file.read(most + 1)
    value, size = _load(data, allow, presets, opaque, rename, limits, fix_imports, encoding,
                        errors, buffers, persistent_load)
    if begin is not None:
        file.seek(begin + size)
    return value


def _can_seek(file):
    seekable = getattr(file, "seekable", None)
    return seekable is not None and seekable()
