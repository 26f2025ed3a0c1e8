"""Whether two objects that came out of pickles are the same in every way that can be seen.

Stricter than ==: exact types, the bits of floats, the order of dicts, and which parts are one
object.  What is not a built-in type is compared by what it would be pickled as
(`__reduce_ex__`), so no class needs code of its own.
"""

import copyreg
import struct
import sys
import types

from model import path_of

_BY_VALUE = (type(None), bool, int, str, bytes, bytearray)
_BY_NAME = (type, types.FunctionType, types.ModuleType)


def _bits(value):
    return struct.pack(">d", value)


def _same_class(left, right):
    """One class, or two of one name made while loading, as email makes classes of headers."""
    if left is right:
        return True
    return (
        (left.__module__, left.__qualname__, left.__bases__)
        == (right.__module__, right.__qualname__, right.__bases__)
        and not hasattr(sys.modules.get(left.__module__), left.__qualname__)
    )


def _parts(value, keep):
    """The parts of a value to compare: a list of (label, part)."""
    kind = type(value)
    if kind in (list, tuple):
        return [(f"[{i}]", item) for i, item in enumerate(value)]
    if kind is dict:
        out = []
        for i, (key, item) in enumerate(value.items()):
            out.append((f".key{i}", key))
            out.append((f"[{key!r:.40}]", item))
        return out
    reducer = copyreg.dispatch_table.get(kind)
    reduced = reducer(value) if reducer else value.__reduce_ex__(4)
    keep.append(reduced)
    if isinstance(reduced, str):
        return [(".__reduce__", reduced)]
    parts = [(f".__reduce__[{i}]", part) for i, part in enumerate(reduced[:3])]
    if len(reduced) > 3 and reduced[3] is not None:
        parts.append((".items", list(reduced[3])))
    if len(reduced) > 4 and reduced[4] is not None:
        parts.append((".pairs", [list(pair) for pair in reduced[4]]))
    keep.append(parts)
    return parts


def difference(left, right):
    """None, or one line that says where two objects differ."""
    to_right = {}
    to_left = {}
    keep = []  # reductions are new objects: they must outlive the map of ids
    stack = [(left, right, None)]
    while stack:
        a, b, trail = stack.pop()
        if not _same_class(type(a), type(b)):
            return f"{path_of(trail)}: {type(a)} and {type(b)}"
        kind = type(a)
        if kind is float:
            if _bits(a) != _bits(b):
                return f"{path_of(trail)}: {a!r} and {b!r}"
            continue
        if kind is complex:
            if _bits(a.real) + _bits(a.imag) != _bits(b.real) + _bits(b.imag):
                return f"{path_of(trail)}: {a!r} and {b!r}"
            continue
        if kind in _BY_VALUE and a != b:
            return f"{path_of(trail)}: {a!r:.100} and {b!r:.100}"
        if kind in _BY_VALUE and kind is not bytearray:
            continue
        if a is b:
            continue
        if isinstance(a, _BY_NAME):
            return f"{path_of(trail)}: {a!r} is not {b!r}"
        if a is not b and kind in (tuple, frozenset) and len(a) == 0 == len(b):
            continue
        known_b = to_right.get(id(a), to_right)
        known_a = to_left.get(id(b), to_left)
        if known_b is not to_right or known_a is not to_left:
            if known_b is b and known_a is a:
                continue
            return f"{path_of(trail)}: shared on one side only: {kind}"
        to_right[id(a)] = b
        to_left[id(b)] = a
        keep.append((a, b))
        if kind is bytearray:
            continue
        if kind in (set, frozenset):
            if len(a) != len(b):
                return f"{path_of(trail)}: {len(a)} and {len(b)} elements"
            # Elements without an __eq__ of their own are equal to none of the other side: they
            # are paired by their order.
            own = {item: item for item in b}
            rest = iter([item for item in b if item not in a])
            for item in a:
                other = own[item] if item in own else next(rest, None)
                if other is None and item is not None:
                    return f"{path_of(trail)}: only one has {item!r:.100}"
                stack.append((item, other, (trail, "{}")))
            continue
        parts_a = _parts(a, keep)
        parts_b = _parts(b, keep)
        if len(parts_a) != len(parts_b):
            return f"{path_of(trail)}: {len(parts_a)} and {len(parts_b)} parts of {kind}"
        for (label, x), (_, y) in zip(reversed(parts_a), reversed(parts_b)):
            stack.append((x, y, (trail, label)))
    return None
