"""The model both sides of a comparison are turned into: a graph of nodes.

What a pickle says, before anything is called, is a graph: values, which of them are the same
object, and what was done to them in which order.  `reference.py` builds this graph from
pickletools' opcodes, `lossless.py` from the command's JSON, and `compare()` tells whether two
graphs are the same one, sharing included.
"""

import struct

# Up to this many bytes text and bytes have no identity of their own: docs/json.md, "Sharing".
SHORT = 40

# The kinds that record what was done to them.
ACTIVE = frozenset(["global", "call", "object", "inst", "persid", "ext"])


class Node:
    """One value.

    kind   none bool int float str py2str bytes bytearray list tuple dict set frozenset global
           call object inst persid ext buffer
    value  of an atom: the Python value; of ext: the code; of a buffer: (index, readonly)
    items  the children: of a dict (key, value) pairs; of a global [module, name]; of a call
           [callee, args]; of an object [class, args] or [class, args, kwargs]; of an inst, which
           OBJ or INST made, [class, args]; of a persid [id]
    do     [operation, payload] in order: state, call: a node; append, add: nodes; set: pairs
    changed  was changed after a call had been given it; None: either answer is right
    """

    __slots__ = ("kind", "value", "items", "do", "changed")

    def __init__(self, kind, value=None, items=None):
        self.kind = kind
        self.value = value
        self.items = [] if items is None else items
        self.do = []
        self.changed = False

    def __repr__(self):
        return f"<{self.kind} {self.value!r} {len(self.items)} items>"


def text_bytes(node):
    """The bytes behind a text or bytes node."""
    if node.kind == "str":
        return node.value.encode("utf-8", "surrogatepass")
    return node.value


def int_bytes(value):
    """How many bytes of two's complement an int needs at least."""
    return ((value if value >= 0 else ~value).bit_length() + 8) // 8


def has_identity(node):
    """Whether sharing this value can be told from repeating it."""
    kind = node.kind
    if kind in ("none", "bool", "float"):
        return False
    if kind == "int":
        return int_bytes(node.value) > SHORT
    if kind in ("str", "bytes", "py2str"):
        return len(text_bytes(node)) > SHORT
    if kind == "tuple":
        return bool(node.items)
    return True


def float_bits(value):
    return struct.pack(">d", value)


def describe(node):
    """What can be compared without following the children."""
    value = node.value
    if node.kind == "float":
        value = float_bits(value)
    elif node.kind in ("bytes", "bytearray", "py2str"):
        value = bytes(value)
    return (node.kind, type(value), value, len(node.items), [op for op, _ in node.do])


def children(node):
    """All children as (label, node), in the order of the description."""
    out = []
    if node.kind == "dict":
        for i, (key, value) in enumerate(node.items):
            out.append((f".key{i}", key))
            out.append((f".value{i}", value))
    else:
        out.extend((f"[{i}]", item) for i, item in enumerate(node.items))
    for n, (op, payload) in enumerate(node.do):
        if op in ("state", "call"):
            out.append((f".do{n}.{op}", payload))
        elif op == "set":
            for i, (key, value) in enumerate(payload):
                out.append((f".do{n}.key{i}", key))
                out.append((f".do{n}.value{i}", value))
        else:
            out.extend((f".do{n}.{op}[{i}]", item) for i, item in enumerate(payload))
    return out


def _short(described):
    text = repr(described)
    return text if len(text) <= 300 else text[:300] + "..."


def compare(left, right):
    """None if both graphs are the same, sharing included; else one line that says where not.

    Where `left` leaves open whether a value was changed later (None), `right` may say either.
    Walks both at once and keeps a one-to-one map between the nodes that have an identity.
    Nothing recurses.
    """
    to_right = {}
    to_left = {}
    stack = [(left, right, None)]
    while stack:
        a, b, trail = stack.pop()
        identity = has_identity(a)
        if identity or has_identity(b):
            known_b = to_right.get(id(a))
            known_a = to_left.get(id(b))
            if known_b is not None or known_a is not None:
                if known_b is b and known_a is a:
                    continue
                return f"{path_of(trail)}: shared on one side only: {a!r} and {b!r}"
        described_a = describe(a)
        described_b = describe(b)
        if described_a != described_b:
            return f"{path_of(trail)}: {_short(described_a)} is not {_short(described_b)}"
        if a.changed is not None and a.changed is not b.changed:
            return (
                f"{path_of(trail)}: changed after a call had it: {a.changed}, {b.changed} for {a!r}"
            )
        if identity:
            to_right[id(a)] = b
            to_left[id(b)] = a
        children_a = children(a)
        children_b = children(b)
        if [label for label, _ in children_a] != [label for label, _ in children_b]:
            return f"{path_of(trail)}: another number of children under {a!r}"
        for (label, x), (_, y) in zip(reversed(children_a), reversed(children_b)):
            stack.append((x, y, (trail, label)))
    return None


def path_of(trail):
    """A place below the root, from (outer trail, label) pairs inside each other."""
    labels = []
    while trail is not None:
        trail, label = trail
        labels.append(label)
    return "root" + "".join(reversed(labels))


def nodes(root):
    """Every node of a graph once."""
    seen = {id(root)}
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        for _, child in children(node):
            if id(child) not in seen:
                seen.add(id(child))
                stack.append(child)
