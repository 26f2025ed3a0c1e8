"""Documents of the C library, from Python: read, made, changed, written.

Everything goes through the functions of brinery.h, by ctypes.
"""

import ctypes
import pathlib

import command
from streaming import Error, Sink

SMALL, CANONICAL, SORT_KEYS, REORDERED, KEEP_NAMES = 1, 2, 4, 8, 16

P, N, U, B, C = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_bool, ctypes.c_char_p
I64 = ctypes.c_int64
BufferCallback = ctypes.CFUNCTYPE(ctypes.c_bool, P, P)


class Buffer(ctypes.Structure):
    _fields_ = [("data", C), ("size", N)]


class Buffers(ctypes.Structure):
    _fields_ = [("at", ctypes.POINTER(Buffer)), ("count", N)]


class WriteOptions(ctypes.Structure):
    _fields_ = [("size", N), ("flags", U), ("protocol", ctypes.c_int), ("value", P),
                ("max_memory", ctypes.c_uint64), ("buffer", BufferCallback), ("buffer_ctx", P),
                ("buffers", ctypes.POINTER(Buffers))]


class Options(ctypes.Structure):
    _fields_ = [("size", N), ("flags", U)] + [
        (name, ctypes.c_uint64) for name in (
            "max_input", "max_memory", "max_values", "max_stack", "max_memo", "max_digits",
            "max_work", "hash_seed", "window")]


_E = ctypes.POINTER(Error)
_SIGNATURES = {
    "read": (P, [C, N, P, P, _E]), "free": (None, [P]), "root": (P, [P]),
    "new": (P, [P, P, _E]), "doc_error": (ctypes.c_int, [P, _E]), "doc_clear_error": (None, [P]),
    "set_root": (B, [P, P]), "write": (P, [P, P, ctypes.POINTER(N), P, _E]),
    "write_to": (ctypes.c_int, [P, P, Sink, P, P, _E]),
    "get_err": (P, [P, C, _E]), "typeof": (ctypes.c_int, [P]), "size": (N, [P]),
    "at": (P, [P, N]), "key_at": (P, [P, N]), "doc_count": (U, [P]),
    "make_none": (P, [P]), "make_bool": (P, [P, B]), "make_int": (P, [P, I64]),
    "make_float": (P, [P, ctypes.c_double]), "make_strn": (P, [P, C, N]),
    "make_py2str": (P, [P, C, N]), "make_bytes": (P, [P, C, N]), "make_bytearray": (P, [P, C, N]),
    "make_bigint": (P, [P, C, N]), "make_list": (P, [P]), "make_dict": (P, [P]),
    "make_set": (P, [P]), "make_tuple": (P, [P, P, N]), "make_frozenset": (P, [P, P, N]),
    "make_global": (P, [P, C, C]), "make_call": (P, [P, P, P]), "make_object": (P, [P, P, P, P]),
    "list_append": (B, [P, P, P]), "list_set": (B, [P, P, I64, P]),
    "list_insert": (B, [P, P, I64, P]), "list_remove": (B, [P, P, I64]),
    "dict_set": (B, [P, P, P, P]), "dict_put": (B, [P, P, C, P]), "dict_remove": (B, [P, P, P]),
    "set_add": (B, [P, P, P]), "set_remove": (B, [P, P, P]), "clear": (B, [P, P]),
    "attr_set": (B, [P, P, C, P]), "attr_remove": (B, [P, P, C]),
}


class Failed(Exception):
    """What a function said: code, message, path."""

    def __init__(self, error):
        super().__init__(error.code, error.message.decode(), error.path.decode())
        self.code = error.code
        self.path = error.path.decode()


class _Functions:
    def __init__(self):
        folder = pathlib.Path(command.binary()).resolve().parents[1]
        lib = ctypes.CDLL(str(folder / "src" / "libbrinery.so"))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(lib, f"brn_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.give_back = ctypes.CDLL(None).free
        self.give_back.argtypes = [P]
        self.give_back.restype = None


_loaded = []


def functions():
    if not _loaded:
        _loaded.append(_Functions())
    return _loaded[0]


class Document:
    """One document.  Values are addresses."""

    def __init__(self, data=None):
        self.lib = functions()
        error = Error()
        if data is None:
            self.handle = self.lib.new(None, None, error)
        else:
            self.handle = self.lib.read(data, len(data), None, None, error)
        if not self.handle:
            raise Failed(error)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.free(self.handle)

    @property
    def root(self):
        return self.lib.root(self.handle)

    def get(self, path):
        error = Error()
        found = self.lib.get_err(self.root, path.encode(), error)
        if not found:
            raise Failed(error)
        return found

    def write(self, protocol=4, flags=0, buffers=None, out_of_band=None, value=None):
        """The pickle.  `buffers` are written in band; `out_of_band` gets the indices."""
        options = WriteOptions(ctypes.sizeof(WriteOptions), flags, protocol, value)
        if buffers is not None:
            array = (Buffer * len(buffers))(*[Buffer(bytes(b), len(b)) for b in buffers])
            options.buffers = ctypes.pointer(Buffers(array, len(buffers)))
        if out_of_band is not None:
            self.lib_index = ctypes.CFUNCTYPE(U, P)
            index = getattr(ctypes.CDLL(None), "brn_buffer_index", None)

            def note(_, val):
                out_of_band.append(val)
                return True

            options.buffer = BufferCallback(note)
            del index
        size, error = N(), Error()
        block = self.lib.write(self.handle, ctypes.byref(options), size, None, error)
        if not block:
            raise Failed(error)
        try:
            return ctypes.string_at(block, size.value)
        finally:
            self.lib.give_back(block)

    def write_to(self, protocol=4, flags=0, most=None):
        """The same in pieces; the sink fails beyond `most` bytes."""
        options = WriteOptions(ctypes.sizeof(WriteOptions), flags, protocol)
        pieces = []

        def take(_, data, size):
            pieces.append(ctypes.string_at(data, size))
            return most is None or sum(map(len, pieces)) <= most

        error = Error()
        if self.lib.write_to(self.handle, ctypes.byref(options), Sink(take), None, None, error):
            raise Failed(error)
        return b"".join(pieces)

    def make(self, value, made=None):
        """A Python object as a value, sharing kept."""
        made = {} if made is None else made
        if id(value) in made:
            return made[id(value)][0]
        lib, doc, kind = self.lib, self.handle, type(value)
        if value is None:
            return lib.make_none(doc)
        if kind is bool:
            return lib.make_bool(doc, value)
        if kind is int:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            return lib.make_bigint(doc, data, len(data))
        if kind is float:
            return lib.make_float(doc, value)
        if kind is str:
            data = value.encode("utf-8", "surrogatepass")
            out = lib.make_strn(doc, data, len(data))
        elif kind in (bytes, bytearray):
            out = getattr(lib, f"make_{kind.__name__}")(doc, bytes(value), len(value))
        elif kind in (tuple, frozenset):
            items = [self.make(item, made) for item in value]
            if id(value) in made:
                return made[id(value)][0]
            array = (P * len(items))(*items)
            out = getattr(lib, f"make_{kind.__name__}")(doc, array, len(items))
        elif kind in (list, dict, set):
            out = getattr(lib, f"make_{kind.__name__}")(doc)
        else:
            raise TypeError(kind)
        made[id(value)] = (out, value)
        if kind is list:
            for item in value:
                lib.list_append(doc, out, self.make(item, made))
        elif kind is dict:
            for key, item in value.items():
                lib.dict_set(doc, out, self.make(key, made), self.make(item, made))
        elif kind is set:
            for item in value:
                lib.set_add(doc, out, self.make(item, made))
        return out

    def check(self):
        error = Error()
        if self.lib.doc_error(self.handle, error):
            raise Failed(error)


def written(data, protocol=4, flags=0):
    """A pickle read and written again."""
    with Document(data) as doc:
        return doc.write(protocol, flags)
