"""Stand-ins for what a pickle names and this process cannot import: load(..., opaque=True).

A stand-in is a class that does nothing: it keeps what the pickle gave it (arguments, state,
appended items, set pairs), shows that in its repr, and can be pickled again under the name it
stands for, so that the result loads where the real class exists.  Nothing is imported or run.
"""
import copyreg
import functools
import reprlib
import weakref

from pickle import PicklingError

from . import _brinery

# Two loads of one name give one class.
_stand_ins = weakref.WeakValueDictionary()


class OpaqueType(type):
    """The type of stand-ins; pickled by the name it stands for, without looking that up."""

    def __repr__(cls):
        return f"<opaque {cls.__module__}.{cls.__qualname__}>"


class Opaque(metaclass=OpaqueType):
    """An instance of a class that could not be imported.

    opaque_args, opaque_kwargs   what it was made with
    opaque_state                 what BUILD gave it (the instance's attributes, mostly), or None
    opaque_items, opaque_pairs   what was appended to it, or set in it

    Attributes of the state can be read as if they were its own: obj.name.
    """
    __slots__ = ("_made_by", "opaque_args", "opaque_kwargs", "_states", "opaque_items",
                 "opaque_pairs", "__weakref__")

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        _begin(self, "new", args, kwargs)
        return self

    def __init__(self, *args, **kwargs):
        # Run when the class is called, and not by NEWOBJ: a pickle tells the two apart.
        self._made_by = "call"

    @property
    def opaque_state(self):
        return self._states[-1] if self._states else None

    def __setstate__(self, state):
        self._states.append(state)

    def append(self, item):
        self.opaque_items.append(item)

    def extend(self, items):
        self.opaque_items.extend(items)

    def __setitem__(self, key, value):
        self.opaque_pairs.append((key, value))

    def __getattr__(self, name):
        # Only what looks like data: protocols (__array__, __len__, ...) must stay absent.
        if not name.startswith("__"):
            for state in _dicts(object.__getattribute__(self, "_states")):
                if name in state:
                    return state[name]
        raise AttributeError(f"{type(self)!r} has no attribute {name!r}")

    def __reduce_ex__(self, protocol):
        if len(self._states) > 1:
            raise PicklingError(f"{type(self)!r} was given state {len(self._states)} times, which "
                                "cannot be written again")
        cls, args, kwargs = type(self), self.opaque_args, self.opaque_kwargs
        if self._made_by == "call":
            made = (cls, args)
        elif self._made_by == "new" and not kwargs:
            made = (copyreg.__newobj__, (cls, *args))
        elif self._made_by == "new" and protocol in (2, 3):
            # Left to the pickler, these would name the __new__ of stand-ins.
            made = (functools.partial(copyreg.__newobj_ex__, cls, args, kwargs), ())
        elif self._made_by == "new":
            made = (copyreg.__newobj_ex__, (cls, args, kwargs))
        else:
            made = (copyreg._reconstructor, (cls, *args))
        return (*made, self.opaque_state, iter(self.opaque_items) if self.opaque_items else None,
                iter(self.opaque_pairs) if self.opaque_pairs else None)

    @reprlib.recursive_repr("<opaque ...>")
    def __repr__(self):
        cls = type(self)
        parts = [repr(arg) for arg in self.opaque_args]
        parts += [f"{key}={value!r}" for key, value in self.opaque_kwargs.items()]
        text = f"<opaque {cls.__module__}.{cls.__qualname__}({', '.join(parts)})"
        for state in self._states:
            text += f" state={state!r}"
        if self.opaque_items:
            text += f" items={self.opaque_items!r}"
        if self.opaque_pairs:
            text += " pairs={" + ", ".join(f"{key!r}: {value!r}"
                                           for key, value in self.opaque_pairs) + "}"
        return text + ">"


def _begin(self, made_by, args, kwargs):
    self._made_by = made_by
    self.opaque_args = args
    self.opaque_kwargs = kwargs
    self._states = []
    self.opaque_items = []
    self.opaque_pairs = []


def _dicts(states):
    """The dicts among the states, the last first; a state may be (dict, slots)."""
    for state in reversed(states):
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        yield from (part for part in parts if isinstance(part, dict))


def stand_in(module, qualname):
    """The class that stands for module.qualname."""
    cls = _stand_ins.get((module, qualname))
    if cls is None:
        cls = OpaqueType(qualname.rpartition(".")[2], (Opaque,),
                         {"__slots__": (), "__module__": module, "__qualname__": qualname})
        _stand_ins[module, qualname] = cls
    return cls


def call(function, args):
    """Call a function of the standard library that looks into a class it is given.

    getattr(Outer, "Inner") is how older protocols spell a nested class, and
    copyreg._reconstructor(cls, base, state) an instance.
    """
    if args and isinstance(args[0], OpaqueType):
        cls = args[0]
        # __new__ is what protocols 2 and 3 call for __getnewargs_ex__: that one is its own.
        if (function is getattr and len(args) == 2 and isinstance(args[1], str)
                and args[1] != "__new__"):
            return stand_in(cls.__module__, f"{cls.__qualname__}.{args[1]}")
        if function is copyreg._reconstructor and len(args) == 3:
            self = object.__new__(cls)
            _begin(self, "reconstructor", args[1:], {})
            return self
    return function(*args)


_brinery._register_opaque(OpaqueType)
