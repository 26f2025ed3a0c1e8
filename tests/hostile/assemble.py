"""Pickles put together by hand, opcode by opcode.

No pickler writes what the hostile corpus needs, so its pickles are spelled here: each function
answers the opcodes that leave one value on the stack, and pieces fit into each other.

    call(ref("os", "system"), "true")         os.system("true")
    stream(call(...))                         the whole pickle, protocol 4
"""
import struct

# What a payload does: a file of this name in the current folder is the proof that it ran.
MARKER = "brinery-marker"
PYTHON = f"open('{MARKER}','a').close()"
SHELL = f"touch {MARKER}"
ARGV = ["touch", MARKER]

EMPTY_TUPLE = b")"
EMPTY_LIST = b"]"
EMPTY_DICT = b"}"
EMPTY_SET = b"\x8f"
MARK = b"("
POP = b"0"
POP_MARK = b"1"
DUP = b"2"
NONE = b"N"
STOP = b"."
REDUCE = b"R"
BUILD = b"b"
NEWOBJ = b"\x81"
NEWOBJ_EX = b"\x92"
STACK_GLOBAL = b"\x93"
MEMOIZE = b"\x94"
TUPLE = b"t"


class Piece(bytes):
    """Opcodes that leave one value on the stack; other bytes are a value themselves."""


def proto(number):
    return b"\x80" + bytes([number])


def frame(size):
    return b"\x95" + struct.pack("<Q", size)


def text(value):
    """A str, as pickle writes it since protocol 4."""
    data = value.encode("utf-8", "surrogatepass")
    if len(data) < 256:
        return Piece(b"\x8c" + bytes([len(data)]) + data)
    return Piece(b"X" + struct.pack("<I", len(data)) + data)


def binary(value):
    if len(value) < 256:
        return Piece(b"C" + bytes([len(value)]) + value)
    return Piece(b"B" + struct.pack("<I", len(value)) + value)


def integer(value):
    if 0 <= value < 256:
        return Piece(b"K" + bytes([value]))
    if -2**31 <= value < 2**31:
        return Piece(b"J" + struct.pack("<i", value))
    data = value.to_bytes((value.bit_length() >> 3) + 1, "little", signed=True)
    return Piece(b"\x8a" + bytes([len(data)]) + data)


def value(item):
    """Plain data, and pieces anywhere in it."""
    if isinstance(item, Piece):
        return item
    if item is None:
        return Piece(NONE)
    if isinstance(item, bool):
        return Piece(b"\x88" if item else b"\x89")
    if isinstance(item, int):
        return integer(item)
    if isinstance(item, float):
        return Piece(b"G" + struct.pack(">d", item))
    if isinstance(item, str):
        return text(item)
    if isinstance(item, (bytes, bytearray)):
        return binary(bytes(item))
    if isinstance(item, tuple):
        return Piece(MARK + b"".join(map(value, item)) + TUPLE)
    if isinstance(item, list):
        return Piece(EMPTY_LIST + MARK + b"".join(map(value, item)) + b"e")
    if isinstance(item, dict):
        pairs = b"".join(value(part) for pair in item.items() for part in pair)
        return Piece(EMPTY_DICT + MARK + pairs + b"u")
    raise TypeError(f"no opcodes for {item!r}")


def ref(module, name):
    """A global, by STACK_GLOBAL."""
    return Piece(text(module) + text(name) + STACK_GLOBAL)


def ref_text(module, name):
    """A global, by GLOBAL: all that there was before protocol 4."""
    return Piece(b"c" + module.encode() + b"\n" + name.encode() + b"\n")


def call(function, *arguments):
    return Piece(value(function) + value(arguments) + REDUCE)


def new(class_, *arguments):
    return Piece(value(class_) + value(arguments) + NEWOBJ)


def new_ex(class_, arguments, keywords):
    return Piece(value(class_) + value(tuple(arguments)) + value(keywords) + NEWOBJ_EX)


def build(target, state):
    return Piece(value(target) + value(state) + BUILD)


def put(index):
    return b"q" + bytes([index])


def get(index):
    return Piece(b"h" + bytes([index]))


def kept(index, piece):
    """The piece, which get(index) fetches from here on."""
    return Piece(value(piece) + put(index))


def steps(*pieces):
    """One after another; only the last one's value stays."""
    parts = [value(piece) for piece in pieces]
    return Piece((POP).join(parts))


def stream(piece, protocol=4):
    """A whole pickle."""
    body = value(piece) + STOP
    if protocol >= 4:
        return proto(protocol) + frame(len(body)) + body
    return proto(protocol) + body


# What most techniques need, spelled once.
EVAL = ref("builtins", "eval")
EXEC = ref("builtins", "exec")
SYSTEM = ref("os", "system")
SCRIPT = "brinery_payload.py"   # a file beside the pickle, which makes the marker when it is run
MODULE = "brinery_payload"


def namespace(**attributes):
    """An object with any attributes: what a method finds as its self."""
    return build(new(ref("argparse", "Namespace")), attributes)


def partial(function, *arguments):
    return call(ref("functools", "partial"), function, *arguments)
