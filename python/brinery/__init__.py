"""Pickle, implemented in C: a drop-in for the standard library's pickle.

    import brinery as pickle

Everything `pickle` offers is here, under the same names and with the same bytes, exceptions and
hooks.  The exception classes and PickleBuffer are the standard library's own.  genops, dis and
optimize are those of pickletools.
"""
# Names with an underscore are not public in pickle, but other libraries reach for them.
import pickle as _stock
from pickle import (  # noqa: F401
    HIGHEST_PROTOCOL, DEFAULT_PROTOCOL, PickleBuffer, PickleError, PicklingError, UnpicklingError,
    compatible_formats, format_version, _compat_pickle, _dump, _dumps, _getattribute, _load,
    _loads, _Pickler, _Unpickler, bytes_types, decode_long, dispatch_table, encode_long,
    whichmodule)

from ._brinery import (  # noqa: F401
    Pickler, Unpickler, __version__, dis, dump, dumps, genops, load, loads, optimize)

# Not genops, dis and optimize: `from brinery import *` brings what it brings from pickle.
__all__ = list(_stock.__all__)


def __getattr__(name):
    # Few programs need it, so it is imported when one asks.
    if name == "Opaque":
        from ._opaque import Opaque
        return Opaque
    if name in ("safe_load", "safe_loads", "UnsafePickleError"):
        from . import _safe
        return getattr(_safe, name)
    if name == "scan":
        from ._scan import scan
        return scan
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# The opcodes: MARK, STOP, ...; pickle lists them in __all__ as bytes.
globals().update((_name, getattr(_stock, _name)) for _name in __all__ if _name not in globals())
