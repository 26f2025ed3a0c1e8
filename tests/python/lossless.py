"""Lossless JSON read back: to the graph of `model.py`, and on to real Python objects.

`read()` is strict: whatever docs/json.md promises about the form (an id that is first written
where it belongs and referred to later, tags only where they are needed, the key order) is
checked, not only what is needed to understand the text.  `rebuild()` does what the document
only describes: it imports, calls and sets state.  It is for pickles the tests made themselves.
"""

import base64
import binascii
import io
import json
import pickle
import struct

from model import ACTIVE, SHORT, Node, has_identity


class NotLossless(Exception):
    """The text is not what docs/json.md describes."""


class Circular(Exception):
    """A call whose arguments contain its own result: only the order of opcodes could tell how."""


class _Object:
    """A JSON object with its pairs in order."""

    __slots__ = ("pairs",)

    def __init__(self, pairs):
        self.pairs = pairs


def _refuse_constant(text):
    raise NotLossless(f"{text} is no JSON")


def _check(condition, message):
    if not condition:
        raise NotLossless(message)


def _base64(text):
    _check(type(text) is str, "base64 is a string")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NotLossless(f"base64: {error}") from None


def _is_int(value):
    return type(value) is int


class _Reader:
    def __init__(self):
        self.by_id = {}
        self.used = set()

    def node(self, value):
        kind = type(value)
        if value is None:
            return Node("none")
        if kind is bool:
            return Node("bool", value)
        if kind is int:
            _check(abs(value) < 2**53, "a plain int is below 2^53")
            return Node("int", value)
        if kind is float:
            return Node("float", value)
        if kind is str:
            _check(not any("\ud800" <= c <= "\udfff" for c in value), "surrogates are tagged")
            return Node("str", value)
        if kind is list:
            node = Node("list")
            node.items.extend([self.node(item) for item in value])
            return node
        return self.object(value.pairs)

    def object(self, pairs):
        if not pairs or not pairs[0][0].startswith("$"):
            return self.plain_dict(pairs)
        keys = [key for key, _ in pairs]
        _check(len(set(keys)) == len(keys), f"a key twice: {keys}")
        if keys[0] == "$ref":
            _check(len(pairs) == 1, "$ref stands alone")
            _check(pairs[0][1] in self.by_id, f"$ref before its $id: {pairs[0][1]}")
            self.used.add(pairs[0][1])
            return self.by_id[pairs[0][1]]
        number = None
        if keys[0] == "$id":
            number = pairs[0][1]
            _check(_is_int(number) and number >= 0, "$id is a number")
            _check(number not in self.by_id, f"$id {number} twice")
            pairs = pairs[1:]
            _check(bool(pairs), "$id with nothing")
        tag, value = pairs[0]
        rest = dict(pairs[1:])
        changed = rest.pop("changedLater", False)
        _check("changedLater" not in keys or changed is True, "changedLater is true or absent")
        method = getattr(self, "tag_" + tag[1:], None) if tag.startswith("$") else None
        _check(method is not None, f"unknown tag {tag}")
        node = Node(None)
        node.changed = changed
        if number is not None:
            self.by_id[number] = node
        method(node, value, rest)
        if node.kind in ACTIVE:
            for entry in rest.pop("do", []):
                self.done(node, entry)
        _check(not rest, f"{tag} with {sorted(rest)}")
        if number is not None:
            _check(has_identity(node), f"a {node.kind} without identity has an $id")
        if tag in ("$list", "$str"):
            _check(number is not None or changed, f"{tag} without a reason")
        if tag == "$dict" and number is None and not changed:
            _check(not all(_plain_key(key) for key, _ in node.items), "$dict without a reason")
        return node

    def plain_dict(self, pairs):
        node = Node("dict")
        _check(len(set(key for key, _ in pairs)) == len(pairs), "a key twice in a dict")
        for key, value in pairs:
            _check(not key.startswith("$"), "a key with $ needs a tag")
            node.items.append((self.node(key), self.node(value)))
        return node

    def done(self, node, entry):
        _check(type(entry) is list and len(entry) == 2, "an entry of do is a pair")
        op, payload = entry
        if op in ("state", "call"):
            node.do.append([op, self.node(payload)])
            _check(op == "state" or node.do[-1][1].kind in ("call", "object", "inst"),
                   "only a call can be made for its effect")
        elif op in ("append", "add"):
            _check(type(payload) is list and payload, f"{op} has items")
            node.do.append([op, [self.node(item) for item in payload]])
        elif op == "set":
            _check(type(payload) is list and payload, "set has pairs")
            node.do.append([op, self.pairs(payload)])
        else:
            raise NotLossless(f"unknown operation {op}")
        if len(node.do) > 1 and op not in ("state", "call"):
            _check(node.do[-2][0] != op, "neighbouring operations are one entry")

    def pairs(self, value):
        out = []
        for pair in value:
            _check(type(pair) is list and len(pair) == 2, "a pair has two items")
            key = self.node(pair[0])
            out.append((key, self.node(pair[1])))
        return out

    def sequence(self, node, kind, value):
        _check(type(value) is list, f"${kind} has an array")
        node.kind = kind
        for item in value:
            node.items.append(self.node(item))

    # -- tags ------------------------------------------------------------------

    def tag_int(self, node, value, rest):
        node.kind = "int"
        _check(type(value) is str, "$int is a string")
        if "0x" in value:
            node.value = int(value, 16)
            _check(value == hex(node.value), f"$int {value}")
            _check(abs(node.value) >= 10**4300, "hexadecimal above 4300 digits only")
        else:
            node.value = int(value)
            _check(value == str(node.value), f"$int {value}")
            _check(abs(node.value) >= 2**53, "$int of a small int")

    def tag_float(self, node, value, rest):
        node.kind = "float"
        if value.startswith("0x"):
            _check(len(value) == 18, "$float bits")
            node.value = struct.unpack(">d", bytes.fromhex(value[2:]))[0]
            _check(node.value != node.value, "$float bits of a number")
            _check(value != "0x7ff8000000000000", "the usual nan is nan")
        else:
            _check(value in ("inf", "-inf", "nan"), f"$float {value}")
            node.value = float(value)

    def tag_str(self, node, value, rest):
        node.kind = "str"
        _check(type(value) is str, "$str is a string")
        _check(not any("\ud800" <= c <= "\udfff" for c in value), "surrogates need $utf8")
        node.value = value

    def tag_utf8(self, node, value, rest):
        node.kind = "str"
        node.value = _base64(value).decode("utf-8", "surrogatepass")
        _check(any("\ud800" <= c <= "\udfff" for c in node.value), "$utf8 without surrogates")

    def tag_py2str(self, node, value, rest):
        node.kind = "py2str"
        node.value = value.encode("latin-1")

    def tag_bytes(self, node, value, rest):
        node.kind = "bytes"
        node.value = _base64(value)

    def tag_bytearray(self, node, value, rest):
        node.kind = "bytearray"
        node.value = _base64(value)

    def tag_list(self, node, value, rest):
        self.sequence(node, "list", value)

    def tag_tuple(self, node, value, rest):
        self.sequence(node, "tuple", value)

    def tag_set(self, node, value, rest):
        self.sequence(node, "set", value)

    def tag_frozenset(self, node, value, rest):
        self.sequence(node, "frozenset", value)

    def tag_dict(self, node, value, rest):
        _check(type(value) is list, "$dict has an array")
        node.kind = "dict"
        for pair in value:
            _check(type(pair) is list and len(pair) == 2, "a pair has two items")
            key = self.node(pair[0])
            node.items.append((key, self.node(pair[1])))

    def tag_global(self, node, value, rest):
        _check(type(value) is list and len(value) == 2, "$global is [module, name]")
        self.sequence(node, "global", value)

    def tag_call(self, node, value, rest):
        node.kind = "call"
        node.items.append(self.node(value))
        node.items.append(self.node(rest.pop("args")))

    def tag_object(self, node, value, rest):
        node.kind = "object"
        node.items.append(self.node(value))
        node.items.append(self.node(rest.pop("args")))
        if "kwargs" in rest:
            node.items.append(self.node(rest.pop("kwargs")))

    def tag_inst(self, node, value, rest):
        node.kind = "inst"
        node.items.append(self.node(value))
        node.items.append(self.node(rest.pop("args")))

    def tag_persid(self, node, value, rest):
        node.kind = "persid"
        node.items.append(self.node(value))

    def tag_ext(self, node, value, rest):
        node.kind = "ext"
        _check(_is_int(value) and value > 0, "$ext is a code")
        node.value = value

    def tag_buffer(self, node, value, rest):
        node.kind = "buffer"
        _check(_is_int(value) and value >= 0, "$buffer is a number")
        readonly = rest.pop("readonly", False)
        _check(type(readonly) is bool, "readonly is true or absent")
        node.value = (value, readonly)


def _plain_key(node):
    return (
        node.kind == "str"
        and not node.value.startswith("$")
        and not any("\ud800" <= c <= "\udfff" for c in node.value)
        and len(node.value.encode()) <= SHORT
    )


def read(text):
    """The graph a lossless JSON text describes."""
    value = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse_constant)
    reader = _Reader()
    root = reader.node(value)
    unused = set(reader.by_id) - reader.used
    _check(not unused, f"an $id that nothing refers to: {sorted(unused)[:5]}")
    return root


# ----------------------------------------------------------------------------
# From the graph to objects
# ----------------------------------------------------------------------------


class _Rebuilder:
    """Makes the objects a graph describes.

    Mutable things are registered before they are filled, so cycles through them close.  A
    tuple in a cycle is simply begun again when it is met inside itself: the second attempt
    finds what has been registered meanwhile and succeeds, and the first then takes its result.
    That is how picklers write such cycles, too.  A call met inside its own arguments is given
    up: what it would get depends on an order that a graph does not have.
    """

    def __init__(self, proto, buffers, persistent_load, encoding):
        self.unpickler = pickle._Unpickler(io.BytesIO(b""))
        self.unpickler.proto = proto
        self.buffers = buffers
        self.persistent_load = persistent_load
        self.encoding = encoding
        self.made = {}
        self.calling = set()

    def build(self, node):
        if id(node) in self.made:
            return self.made[id(node)]
        return getattr(self, "make_" + node.kind)(node)

    def keep(self, node, value):
        return self.made.setdefault(id(node), value)

    def make_none(self, node):
        return None

    def make_bool(self, node):
        return self.keep(node, node.value)

    make_int = make_float = make_str = make_bytes = make_bool

    def make_py2str(self, node):
        if self.encoding == "bytes":
            return self.keep(node, node.value)
        return self.keep(node, node.value.decode(self.encoding))

    def make_bytearray(self, node):
        return self.keep(node, bytearray(node.value))

    def make_buffer(self, node):
        buffer = self.buffers[node.value[0]]
        if node.value[1]:
            view = memoryview(buffer)
            if not view.readonly:
                buffer = view.toreadonly()
        return self.keep(node, buffer)

    def make_list(self, node):
        out = self.keep(node, [])
        out.extend([self.build(item) for item in node.items])
        return out

    def make_set(self, node):
        out = self.keep(node, set())
        out.update([self.build(item) for item in node.items])
        return out

    def make_dict(self, node):
        out = self.keep(node, {})
        for key, value in [(self.build(key), self.build(value)) for key, value in node.items]:
            out[key] = value
        return out

    def make_tuple(self, node):
        return self.keep(node, tuple([self.build(item) for item in node.items]))

    def make_frozenset(self, node):
        return self.keep(node, frozenset([self.build(item) for item in node.items]))

    def make_global(self, node):
        module, name = [self.build(item) for item in node.items]
        return self.finish(node, self.unpickler.find_class(module, name))

    def make_ext(self, node):
        return self.finish(node, self.unpickler_ext(node.value))

    def unpickler_ext(self, code):
        module, name = pickle._inverted_registry[code]
        return self.unpickler.find_class(module, name)

    def make_persid(self, node):
        return self.finish(node, self.persistent_load(self.build(node.items[0])))

    def make_call(self, node):
        callee, args, _ = self.given(node)
        return self.finish(node, callee(*args))

    def make_object(self, node):
        cls, args, kwargs = self.given(node)
        return self.finish(node, cls.__new__(cls, *args, **kwargs))

    def make_inst(self, node):
        cls, args, _ = self.given(node)
        plain = isinstance(cls, type) and not args and not hasattr(cls, "__getinitargs__")
        return self.finish(node, cls.__new__(cls) if plain else cls(*args))

    def given(self, node):
        if id(node) in self.calling:
            raise Circular
        self.calling.add(id(node))
        callee = self.build(node.items[0])
        args = self.build(node.items[1])
        return callee, args, self.build(node.items[2]) if len(node.items) > 2 else {}

    def finish(self, node, value):
        self.made[id(node)] = value
        for op, payload in node.do:
            if op == "state":
                self.set_state(value, self.build(payload))
            elif op == "call":
                self.build(payload)
            elif op == "append":
                items = [self.build(item) for item in payload]
                extend = getattr(value, "extend", None)
                if extend is not None:
                    extend(items)
                else:
                    for item in items:
                        value.append(item)
            elif op == "add":
                for item in payload:
                    value.add(self.build(item))
            else:
                for key, item in [(self.build(k), self.build(v)) for k, v in payload]:
                    value[key] = item
        return value

    @staticmethod
    def set_state(value, state):
        setstate = getattr(value, "__setstate__", None)
        if setstate is not None:
            setstate(state)
            return
        slots = None
        if isinstance(state, tuple) and len(state) == 2:
            state, slots = state
        if state:
            value.__dict__.update(state)
        for name, item in (slots or {}).items():
            setattr(value, name, item)


def rebuild(root, proto, buffers=(), persistent_load=None, encoding="ASCII"):
    """The object a graph describes, made by really importing and calling.

    `proto` is the pickle's protocol: below 3, names of Python 2 are mapped.
    """
    return _Rebuilder(proto, list(buffers), persistent_load, encoding).build(root)


def protocol_of(data):
    """The protocol a pickle declares, 0 if none."""
    return data[1] if data[:1] == b"\x80" else 0
