"""The streaming writer of the C library, driven from Python: as CPython's pickler goes through
objects, so does `Walker`, and calls the functions of brinery.h for what it meets.

What has been met before is written by its number, so that the bytes have to be those of
pickle.dumps(), sharing and cycles through lists and dicts included.
"""

import copyreg
import ctypes
import pathlib

import command

UNKNOWN = ctypes.c_size_t(-1).value
FAILED = 2**64 - 1


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("opcode", ctypes.c_int), ("offset", ctypes.c_uint64),
                ("message", ctypes.c_char * 200), ("path", ctypes.c_char * 256)]


Sink = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char),
                        ctypes.c_size_t)

_W, _S, _C = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
_SIGNATURES = {
    "next": [_W], "none": [_W], "bool": [_W, ctypes.c_bool], "int": [_W, ctypes.c_int64],
    "float": [_W, ctypes.c_double], "strn": [_W, _C, _S], "bytes": [_W, _C, _S],
    "bytearray": [_W, _C, _S], "bigint": [_W, _C, _S], "py2str": [_W, _C, _S],
    "begin_str": [_W, ctypes.c_uint64], "begin_bytes": [_W, ctypes.c_uint64],
    "begin_bytearray": [_W, ctypes.c_uint64], "piece": [_W, _C, _S], "begin_list": [_W, _S],
    "begin_tuple": [_W, _S], "begin_dict": [_W, _S], "begin_set": [_W, _S],
    "begin_frozenset": [_W, _S], "key": [_W, _C], "end": [_W], "global": [_W, _C, _C],
    "begin_call": [_W, _S], "begin_object": [_W, _S], "begin_state": [_W],
    "begin_append": [_W, _S], "begin_update": [_W, _S], "persid": [_W, _C],
    "ext": [_W, ctypes.c_uint32], "buffer": [_W, ctypes.c_bool],
    "shared": [_W, ctypes.c_uint64],
}


def library():
    """The shared library that was built with the command under test."""
    folder = pathlib.Path(command.binary()).resolve().parents[1]
    lib = ctypes.CDLL(str(folder / "src" / "libbrinery.so"))
    for name, arguments in _SIGNATURES.items():
        function = getattr(lib, f"brn_writer_{name}")
        function.argtypes = arguments
        function.restype = ctypes.c_bool
    lib.brn_writer_open.argtypes = [Sink, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32,
                                    ctypes.c_void_p, ctypes.POINTER(Error)]
    lib.brn_writer_open.restype = ctypes.c_void_p
    lib.brn_writer_close.argtypes = [_W, ctypes.POINTER(Error)]
    lib.brn_writer_close.restype = ctypes.c_int
    lib.brn_writer_share.argtypes = [_W]
    lib.brn_writer_share.restype = ctypes.c_uint64
    return lib


class Writer:
    """brn_writer_* as methods; what is written is in `data`, as the sink got it."""

    def __init__(self, lib, protocol, flags=0):
        self.lib = lib
        self.data = []
        self.sink = Sink(self._take)
        self.handle = lib.brn_writer_open(self.sink, None, protocol, flags, None, None)
        assert self.handle

    def _take(self, _, data, size):
        self.data.append(ctypes.string_at(data, size))
        return True

    def __getattr__(self, name):
        function = getattr(self.lib, f"brn_writer_{name}")
        return lambda *arguments: function(self.handle, *arguments)

    def close(self):
        """All the bytes."""
        error = Error()
        code = self.lib.brn_writer_close(self.handle, ctypes.byref(error))
        assert code == 0, (code, error.message)
        return b"".join(self.data)


class Walker:
    """Writes objects as pickle.dumps() does.

    `counted` says how containers are begun: with their sizes, or without;
    `pieces` is how many bytes of text and bytes go at a time, or 0.
    """

    def __init__(self, writer, protocol, counted=True, pieces=0, sharing=True):
        self.writer = writer
        self.protocol = protocol
        self.counted = counted
        self.pieces = pieces
        self.sharing = sharing
        self.numbers = {}
        self.kept = []

    def count(self, size):
        return size if self.counted else UNKNOWN

    def remember(self, value):
        if not self.sharing:
            return
        number = self.writer.share()
        assert number != FAILED
        self.numbers[id(value)] = number
        self.kept.append(value)

    def payload(self, kind, data):
        if not self.pieces:
            getattr(self.writer, "strn" if kind == "str" else kind)(data, len(data))
            return
        getattr(self.writer, f"begin_{kind}")(len(data))
        for at in range(0, len(data), self.pieces):
            piece = data[at:at + self.pieces]
            self.writer.piece(piece, len(piece))
        self.writer.end()

    def items(self, values):
        for value in values:
            self.save(value)
        self.writer.end()

    def save(self, value):
        writer = self.writer
        kind = type(value)
        if value is None:
            writer.none()
        elif kind is bool:
            writer.bool(value)
        elif kind is float:
            writer.float(value)
        elif kind is int:
            if -2**63 <= value < 2**63:
                writer.int(value)
            else:
                data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
                writer.bigint(data, len(data))
        elif kind is tuple and not value:
            writer.begin_tuple(0)
            writer.end()
        elif id(value) in self.numbers:
            writer.shared(self.numbers[id(value)])
        elif kind is list or kind is dict:
            getattr(writer, f"begin_{kind.__name__}")(self.count(len(value)))
            self.remember(value)
            self.items(x for pair in value.items() for x in pair) if kind is dict \
                else self.items(value)
        else:
            self.save_named_at_end(value, kind)
            self.remember(value)

    def save_named_at_end(self, value, kind):
        writer = self.writer
        if kind is str:
            self.payload("str", value.encode("utf-8", "surrogatepass"))
        elif kind in (bytes, bytearray):
            self.payload(kind.__name__, bytes(value))
        elif kind in (tuple, set, frozenset):
            getattr(writer, f"begin_{kind.__name__}")(self.count(len(value)))
            self.items(value)
        elif kind is type:
            self.save_global(value)
        else:
            self.save_reduced(value)

    def save_global(self, value):
        if id(value) in self.numbers:
            self.writer.shared(self.numbers[id(value)])
            return
        getattr(self.writer, "global")(value.__module__.encode(), value.__qualname__.encode())
        self.remember(value)

    def save_reduced(self, value):
        writer = self.writer
        reduce = copyreg.dispatch_table.get(type(value))
        parts = reduce(value) if reduce else value.__reduce_ex__(self.protocol)
        function, args, state, items, pairs = (*parts, None, None, None)[:5]
        self.kept.append(parts)
        if function is copyreg.__newobj__ or function is copyreg._reconstructor:
            function, args = args[0], args[1:] if function is copyreg.__newobj__ else ()
            writer.begin_object(self.count(len(args)) if args else 0)
        else:
            writer.begin_call(self.count(len(args)))
        self.save_global(function)
        self.items(args)
        number = writer.share() if self.sharing else None
        if self.sharing:
            self.numbers[id(value)] = number
        for name, values in (("append", items), ("update", pairs)):
            if values is not None:
                values = list(values)
                self.kept.append(values)
                getattr(writer, f"begin_{name}")(self.count(len(values)))
                self.items(values if name == "append" else (x for pair in values for x in pair))
        if state is not None:
            writer.begin_state()
            self.save(state)
            writer.end()
