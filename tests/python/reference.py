"""The reference: a pickle machine in plain Python over pickletools.genops().

It shares nothing with the library under test: opcodes and arguments are decoded by CPython's
own pickletools, and what each opcode does is written down here once more, as plainly as
possible.  The result is the graph of `model.py`.  test_reference.py checks this machine
against pickle.loads().
"""

import pickletools

from model import ACTIVE, Node, children, nodes


class Refused(Exception):
    """The program is wrong."""


class Key:
    """A node as a dict key: equal as Python would find the values equal.

    What only a call would make is equal to itself alone.
    """

    __slots__ = ("value",)

    def __init__(self, node):
        self.value = key_of(node)

    def __hash__(self):
        return hash(self.value)

    def __eq__(self, other):
        return self.value is other.value or self.value == other.value


UNHASHABLE = frozenset(["list", "dict", "set", "bytearray"])


def key_of(node):
    kind = node.kind
    if kind in UNHASHABLE:
        raise Refused(f"a {kind} as key")
    if kind in ("none", "bool", "int", "float", "str", "bytes"):
        return node.value  # the same object each time, so a nan is equal to itself only
    if kind == "py2str":
        # Text if it can be, as loads() with its default encoding has it.
        try:
            return node.value.decode("ascii")
        except UnicodeDecodeError:
            return (Node, node.value)  # equal to no text and no tuple
    if kind == "tuple":
        return tuple([key_of(item) for item in node.items])
    if kind == "frozenset":
        return frozenset([Key(item) for item in node.items])
    if kind == "global" and all(name.kind == "str" for name in node.items):
        return (Machine, node.items[0].value, node.items[1].value)
    if kind == "ext":
        return (Key, node.value)
    return node


def may_be(node, kind):
    """Whether a node is of a kind, or of one that only a call would tell."""
    return node.kind == kind or (node.kind in ACTIVE and node.kind != "global")


class Machine:
    """Runs one pickle, an opcode at a time."""

    def __init__(self):
        self.stack = []
        self.outer = []  # the stacks below each mark
        self.memo = {}
        self.buffers = 0
        self.keys = {}  # of dicts and sets: id of the node to {Key: position}
        self.kept = []  # keeps nodes alive, so that their ids stay theirs
        self.calls = []  # what calls have been given
        self.given = set()  # the ids of all that was in there
        self.number = {}  # which of the calls made a node, by its id
        self.effects = []  # (node, its entry) for each call popped above it
        self.changes = []  # (calls made before, node, whether one of them had been given it)
        self.result = None

    # -- the stack -----------------------------------------------------------

    def push(self, node):
        self.kept.append(node)
        self.stack.append(node)

    def pop(self):
        if not self.stack:
            raise Refused("the stack is empty")
        return self.stack.pop()

    def top(self):
        if not self.stack:
            raise Refused("the stack is empty")
        return self.stack[-1]

    def pop_mark(self):
        if not self.outer:
            raise Refused("no mark")
        items = self.stack
        self.stack = self.outer.pop()
        return items

    # -- changing what is there ----------------------------------------------

    def changing(self, node):
        self.changes.append((len(self.calls), node, id(node) in self.given))

    def give(self, *roots):
        """A call is about to see these values and everything inside them."""
        self.calls.append(roots)
        self.given |= {id(node) for root in roots for node in nodes(root)}

    def mark_changed(self):
        """Say of each value whether it changed after a call had been given it.

        What counts is whether the arguments lead there when all is done.  If they do but did
        not yet when the call was made, either answer is right: `changed` is None.
        """
        first = {}  # the first call whose arguments lead to a node
        for number, roots in enumerate(self.calls):
            stack = [root for root in roots if id(root) not in first]
            for root in stack:
                first[id(root)] = number
            while stack:
                for _, child in children(stack.pop()):
                    if id(child) not in first:
                        first[id(child)] = number
                        stack.append(child)
        for made, node, seen in self.changes:
            if first.get(id(node), made) < made and node.changed is not True:
                node.changed = True if seen else None

    def settle_effects(self):
        """Calls that were popped stay with the object below if nothing else leads to them.

        The last first, as each may lead to earlier ones.
        """
        reached = set()

        def reach(root):
            stack = [root]
            while stack:
                node = stack.pop()
                if id(node) not in reached:
                    reached.add(id(node))
                    plain = Node(node.kind, items=node.items)
                    plain.do = [entry for entry in node.do if entry[0] != "call"]
                    stack.extend(child for _, child in children(plain))

        if self.effects:
            reach(self.result)
        for node, entry in reversed(self.effects):
            call = entry[1]
            if id(node) in reached and id(call) not in reached:
                self.changes.append((self.number[id(call)], node, True))
                reach(call)
            else:
                node.do[:] = [each for each in node.do if each is not entry]
        for node, _ in self.effects:
            entries, node.do = node.do, []
            for op, payload in entries:
                self.put(node, op, payload)

    @staticmethod
    def put(node, op, payload):
        """One more entry; runs of the same kind are one."""
        if op not in ("state", "call") and node.do and node.do[-1][0] == op:
            node.do[-1][1].extend(payload)
        else:
            node.do.append([op, payload])

    def record(self, node, op, payload):
        self.changing(node)
        self.put(node, op, payload)

    def append(self, target, items):
        if not items:
            return
        if target.kind == "list":
            self.changing(target)
            target.items.extend(items)
        elif target.kind in ACTIVE:
            self.record(target, "append", list(items))
        else:
            raise Refused(f"appending to a {target.kind}")

    def set_pairs(self, target, flat):
        if len(flat) % 2:
            raise Refused("a key without a value")
        if not flat:
            return
        pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
        if target.kind == "dict":
            self.changing(target)
            where = self.keys.setdefault(id(target), {})
            for key, value in pairs:
                position = where.setdefault(Key(key), len(target.items))
                if position < len(target.items):
                    target.items[position] = (target.items[position][0], value)
                else:
                    target.items.append((key, value))
        elif target.kind in ACTIVE:
            self.record(target, "set", pairs)
        else:
            raise Refused(f"setting items of a {target.kind}")

    def add(self, target, items):
        if not items:
            return
        if target.kind in ("set", "frozenset"):
            self.changing(target)
            where = self.keys.setdefault(id(target), {})
            for item in items:
                if where.setdefault(Key(item), len(target.items)) == len(target.items):
                    target.items.append(item)
        elif target.kind in ACTIVE:
            self.record(target, "add", list(items))
        else:
            raise Refused(f"adding to a {target.kind}")

    def build(self, target, state):
        if target.kind not in ACTIVE:
            raise Refused(f"state for a {target.kind}")
        self.record(target, "state", state)

    # -- calls -----------------------------------------------------------------

    def made(self, kind, callee, args, kwargs=None):
        if callee.kind not in ACTIVE:
            raise Refused(f"calling a {callee.kind}")
        if not may_be(args, "tuple"):
            raise Refused(f"arguments in a {args.kind}")
        if kwargs is not None and not may_be(kwargs, "dict"):
            raise Refused(f"keywords in a {kwargs.kind}")
        given = [args] if kwargs is None else [args, kwargs]
        self.give(*given)
        self.push(Node(kind, items=[callee, *given]))
        self.number[id(self.top())] = len(self.calls) - 1

    # -- opcodes ---------------------------------------------------------------

    def step(self, name, arg):
        getattr(self, "do_" + name)(arg)

    def do_PROTO(self, arg):
        if arg > 5:
            raise Refused("protocol")

    def do_FRAME(self, arg):
        pass

    def do_STOP(self, arg):
        self.result = self.pop()
        self.settle_effects()
        self.mark_changed()

    def do_MARK(self, arg):
        self.outer.append(self.stack)
        self.stack = []

    def do_POP(self, arg):
        if self.stack:
            node = self.stack.pop()
            below = self.stack[-1] if self.stack else node
            if id(node) in self.number and below is not node and below.kind in ACTIVE:
                below.do.append(["call", node])
                self.effects.append((below, below.do[-1]))
        else:
            self.pop_mark()

    def do_POP_MARK(self, arg):
        self.pop_mark()

    def do_DUP(self, arg):
        self.push(self.top())

    def do_NONE(self, arg):
        self.push(Node("none"))

    def do_NEWTRUE(self, arg):
        self.push(Node("bool", True))

    def do_NEWFALSE(self, arg):
        self.push(Node("bool", False))

    def do_INT(self, arg):
        self.push(Node("bool" if isinstance(arg, bool) else "int", arg))

    do_BININT = do_BININT1 = do_BININT2 = do_LONG = do_LONG1 = do_LONG4 = do_INT

    def do_FLOAT(self, arg):
        self.push(Node("float", arg))

    do_BINFLOAT = do_FLOAT

    def do_STRING(self, arg):
        self.push(Node("py2str", arg.encode("latin-1")))

    do_BINSTRING = do_SHORT_BINSTRING = do_STRING

    def do_UNICODE(self, arg):
        self.push(Node("str", arg))

    do_BINUNICODE = do_SHORT_BINUNICODE = do_BINUNICODE8 = do_UNICODE

    def do_BINBYTES(self, arg):
        self.push(Node("bytes", arg))

    do_SHORT_BINBYTES = do_BINBYTES8 = do_BINBYTES

    def do_BYTEARRAY8(self, arg):
        self.push(Node("bytearray", bytes(arg)))

    def do_NEXT_BUFFER(self, arg):
        self.push(Node("buffer", (self.buffers, False)))
        self.buffers += 1

    def do_READONLY_BUFFER(self, arg):
        buffer = self.pop()
        if buffer.kind not in ("buffer", "bytes"):
            raise Refused("no buffer")
        writable = buffer.kind == "buffer" and not buffer.value[1]
        self.push(Node("buffer", (buffer.value[0], True)) if writable else buffer)

    def do_EMPTY_LIST(self, arg):
        self.push(Node("list"))

    def do_EMPTY_TUPLE(self, arg):
        self.push(Node("tuple"))

    def do_EMPTY_DICT(self, arg):
        self.push(Node("dict"))

    def do_EMPTY_SET(self, arg):
        self.push(Node("set"))

    def do_LIST(self, arg):
        items = self.pop_mark()
        self.push(Node("list", items=items))

    def do_TUPLE(self, arg):
        items = self.pop_mark()
        self.push(Node("tuple", items=items))

    def do_TUPLE1(self, arg):
        self.push(Node("tuple", items=[self.pop()]))

    def do_TUPLE2(self, arg):
        b, a = self.pop(), self.pop()
        self.push(Node("tuple", items=[a, b]))

    def do_TUPLE3(self, arg):
        c, b, a = self.pop(), self.pop(), self.pop()
        self.push(Node("tuple", items=[a, b, c]))

    def do_DICT(self, arg):
        items = self.pop_mark()
        node = Node("dict")
        self.kept.append(node)
        self.set_pairs(node, items)
        self.push(node)

    def do_FROZENSET(self, arg):
        items = self.pop_mark()
        node = Node("frozenset")
        self.kept.append(node)
        self.add(node, items)
        self.push(node)

    def do_APPEND(self, arg):
        item = self.pop()
        self.append(self.top(), [item])

    def do_APPENDS(self, arg):
        items = self.pop_mark()
        self.append(self.top(), items)

    def do_SETITEM(self, arg):
        value, key = self.pop(), self.pop()
        self.set_pairs(self.top(), [key, value])

    def do_SETITEMS(self, arg):
        items = self.pop_mark()
        self.set_pairs(self.top(), items)

    def do_ADDITEMS(self, arg):
        items = self.pop_mark()
        if self.top().kind == "frozenset":
            raise Refused("adding to a frozenset")
        self.add(self.top(), items)

    def do_PUT(self, arg):
        self.memo[arg] = self.top()

    do_BINPUT = do_LONG_BINPUT = do_PUT

    def do_MEMOIZE(self, arg):
        self.memo[len(self.memo)] = self.top()

    def do_GET(self, arg):
        if arg not in self.memo:
            raise Refused(f"memo has no {arg}")
        self.push(self.memo[arg])

    do_BINGET = do_LONG_BINGET = do_GET

    def do_EXT1(self, arg):
        if arg <= 0:
            raise Refused("extension code")
        self.push(Node("ext", arg))

    do_EXT2 = do_EXT4 = do_EXT1

    def named(self, arg):
        module, _, name = arg.partition(" ")
        return Node("global", items=[Node("str", module), Node("str", name)])

    def do_GLOBAL(self, arg):
        self.push(self.named(arg))

    def do_STACK_GLOBAL(self, arg):
        name, module = self.pop(), self.pop()
        for part in (module, name):
            if not may_be(part, "str"):
                raise Refused("a name that is no str")
        self.push(Node("global", items=[module, name]))

    def do_REDUCE(self, arg):
        args, callee = self.pop(), self.pop()
        self.made("call", callee, args)

    def do_BUILD(self, arg):
        state = self.pop()
        self.build(self.top(), state)

    def do_INST(self, arg):
        items = self.pop_mark()
        self.made("inst", self.named(arg), Node("tuple", items=items))

    def do_OBJ(self, arg):
        items = self.pop_mark()
        if not items:
            raise Refused("no class")
        self.made("inst", items[0], Node("tuple", items=items[1:]))

    def do_NEWOBJ(self, arg):
        args, cls = self.pop(), self.pop()
        self.made("object", cls, args)

    def do_NEWOBJ_EX(self, arg):
        kwargs, args, cls = self.pop(), self.pop(), self.pop()
        self.made("object", cls, args, kwargs)

    def do_PERSID(self, arg):
        self.push(Node("persid", items=[Node("str", arg)]))

    def do_BINPERSID(self, arg):
        self.push(Node("persid", items=[self.pop()]))


def run(pickle):
    """The graph of the first pickle in these bytes."""
    machine = Machine()
    for opcode, arg, _ in pickletools.genops(pickle):
        machine.step(opcode.name, arg)
    return machine.result
