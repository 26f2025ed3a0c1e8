"""The library under measurement, called through ctypes.

A call costs about a microsecond, which is little beside what is measured here: a thousand values
at least.  What is timed is called with arguments that were converted beforehand.
"""

import ctypes
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]

BORROW = 1
JSON_LOSSLESS = 1
WRITE_SMALL = 1

_MALLOC = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_REALLOC = ctypes.CFUNCTYPE(
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t
)
_FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_SINK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class _Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("flags", ctypes.c_uint32),
        ("max_input", ctypes.c_uint64),
        ("max_memory", ctypes.c_uint64),
        ("max_values", ctypes.c_uint64),
        ("max_stack", ctypes.c_uint64),
        ("max_memo", ctypes.c_uint64),
        ("max_digits", ctypes.c_uint64),
        ("max_work", ctypes.c_uint64),
        ("hash_seed", ctypes.c_uint64),
        ("window", ctypes.c_size_t),
    ]


class _Alloc(ctypes.Structure):
    _fields_ = [
        ("malloc", _MALLOC),
        ("realloc", _REALLOC),
        ("free", _FREE),
        ("ctx", ctypes.c_void_p),
    ]


class _WriteOptions(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("flags", ctypes.c_uint32),
        ("protocol", ctypes.c_int),
        ("value", ctypes.c_void_p),
        ("max_memory", ctypes.c_uint64),
        ("buffer", ctypes.c_void_p),
        ("buffer_ctx", ctypes.c_void_p),
        ("buffers", ctypes.c_void_p),
    ]


class _Error(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_int),
        ("opcode", ctypes.c_int),
        ("offset", ctypes.c_uint64),
        ("message", ctypes.c_char * 200),
        ("path", ctypes.c_char * 256),
    ]


class Failed(Exception):
    """The library refused what it must read."""


def find(name, variable, places):
    """What is measured: the file named by an environment variable, or what `make` has built."""
    named = os.environ.get(variable)
    if named:
        return str(pathlib.Path(named).resolve())
    for place in places:
        path = ROOT / place
        if path.exists():
            return str(path.resolve())
    raise SystemExit(f"bench: there is no {name}: run make, or set {variable}")


def library_path():
    return find("library", "BRINERY_LIBRARY", ["build/release/src/libbrinery.so"])


def command_path():
    return find("command", "BRINERY", ["build/brinery", "build/release/cli/brinery"])


class Counting:
    """An allocator that knows the most it has ever given out."""

    def __init__(self):
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.realloc.restype = ctypes.c_void_p
        libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        self.libc = libc
        self.sizes = {}
        self.now = 0
        self.peak = 0
        self.struct = _Alloc(_MALLOC(self._malloc), _REALLOC(self._realloc), _FREE(self._free))

    def _took(self, block, size):
        self.sizes[block] = size
        self.now += size
        self.peak = max(self.peak, self.now)
        return block

    def _malloc(self, _, size):
        block = self.libc.malloc(size)
        return self._took(block, size) if block else None

    def _realloc(self, _, block, _old, size):
        # While realloc copies, both blocks exist: that is what a careful caller counts.
        old = self.sizes[block]
        self.peak = max(self.peak, self.now + size)
        moved = self.libc.realloc(block, size)
        if not moved:
            return None
        del self.sizes[block]
        self.now -= old
        return self._took(moved, size)

    def _free(self, _, block):
        if block:
            self.now -= self.sizes.pop(block)
            self.libc.free(block)


class _Array(ctypes.Structure):
    """brn_array, of which only some members are of interest."""

    _fields_ = [
        ("class_", ctypes.c_void_p),
        ("dtype", ctypes.c_uint64 * 10),
        ("dimensions", ctypes.c_size_t),
        ("shape", ctypes.c_size_t * 64),
        ("strides", ctypes.c_size_t * 64),
        ("count", ctypes.c_size_t),
        ("fortran", ctypes.c_bool),
        ("bytes", ctypes.c_void_p),
        ("bytes_size", ctypes.c_size_t),
        ("others", ctypes.c_uint64 * 16),
    ]


class Pool:
    """An allocator over one buffer, used again and again: its pages are there already."""

    def __init__(self, lib, size):
        self.buffer = ctypes.create_string_buffer(size)
        self.struct = _Alloc()
        if not lib.pool_init(ctypes.addressof(self.struct), self.buffer, size):
            raise Failed("the pool is too small")


class Library:
    """The few functions of the library that are measured, and those that look at the result."""

    def __init__(self, path):
        lib = ctypes.CDLL(path)
        pointer = ctypes.c_void_p
        size = ctypes.c_size_t

        def function(name, result, *arguments):
            found = getattr(lib, name)
            found.restype = result
            found.argtypes = arguments
            return found

        self.version = function("brn_version", ctypes.c_char_p)().decode()
        self._read = function("brn_read", pointer, pointer, size, pointer, pointer, pointer)
        self.free = function("brn_free", None, pointer)
        self.pool_init = function("brn_pool_init", ctypes.c_bool, pointer, pointer, size)
        self.root = function("brn_root", pointer, pointer)
        self.memory = function("brn_doc_memory", size, pointer)
        self.count = function("brn_doc_count", ctypes.c_uint32, pointer)
        self._typeof = function("brn_typeof", ctypes.c_int, pointer)
        self._type_name = function("brn_type_name", ctypes.c_char_p, ctypes.c_int)
        self.size = function("brn_size", size, pointer)
        self.at = function("brn_at", pointer, pointer, size)
        self.key_at = function("brn_key_at", pointer, pointer, size)
        self.value_at = function("brn_value_at", pointer, pointer, size)
        self.int = function("brn_int", ctypes.c_int64, pointer)
        self.is_none = function("brn_is_none", ctypes.c_bool, pointer)
        self._str = function("brn_str", pointer, pointer, ctypes.POINTER(size))
        self._error_text = function("brn_error_text", size, pointer, ctypes.c_char_p, size)
        self._as_array = function("brn_as_array", ctypes.c_bool, pointer, pointer, pointer)
        self._json = function(
            "brn_json",
            ctypes.c_int,
            pointer,
            pointer,
            ctypes.c_uint32,
            ctypes.c_uint64,
            _SINK,
            pointer,
            pointer,
            pointer,
        )
        self._write = function(
            "brn_write", pointer, pointer, pointer, ctypes.POINTER(size), pointer, pointer
        )
        self._free_block = ctypes.CDLL(None).free
        self._free_block.restype = None
        self._free_block.argtypes = [pointer]
        self._disassemble = function(
            "brn_disassemble",
            ctypes.c_int,
            pointer,
            size,
            ctypes.c_uint32,
            pointer,
            pointer,
            _SINK,
            pointer,
            pointer,
            pointer,
        )
        self.error = _Error()
        self.error_ref = ctypes.addressof(self.error)
        self.borrow = _Options(size=ctypes.sizeof(_Options), flags=BORROW)
        self.copy = _Options(size=ctypes.sizeof(_Options))

    def fail(self):
        text = ctypes.create_string_buffer(700)
        self._error_text(self.error_ref, text, len(text))
        raise Failed(text.value.decode("utf-8", "replace"))

    def reader(self, data, borrow, alloc=None):
        """A function that reads `data` (bytes) and answers the document, to be freed."""
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
        options = ctypes.addressof(self.borrow if borrow else self.copy)
        allocator = ctypes.addressof(alloc.struct) if alloc else None
        read, length, error, fail = self._read, len(data), self.error_ref, self.fail

        def call():
            doc = read(address, length, options, allocator, error)
            return doc if doc else fail()

        call.keep = data, alloc  # the address is of these bytes
        return call

    def read_and_free(self, data, borrow, alloc=None):
        """The work that is timed: reading and freeing."""
        read, free = self.reader(data, borrow, alloc), self.free

        def work():
            free(read())

        return work

    def writer(self, doc, protocol, flags=0):
        """Two functions: one that writes the document and frees the pickle, one that answers it."""
        options = _WriteOptions(
            size=ctypes.sizeof(_WriteOptions), flags=flags, protocol=protocol
        )
        length = ctypes.c_size_t()
        arguments = doc, ctypes.addressof(options), ctypes.byref(length), None, self.error_ref
        write, free, fail = self._write, self._free_block, self.fail

        def work():
            pickle = write(*arguments)
            if not pickle:
                fail()
            free(pickle)

        def answer():
            pickle = write(*arguments)
            if not pickle:
                fail()
            found = ctypes.string_at(pickle, length.value)
            free(pickle)
            return found

        work.keep = options
        return work, answer

    def array_viewer(self, value):
        """Two functions: one that looks at a value as an array, one that answers a float of it."""
        view = _Array()
        as_array, address = self._as_array, ctypes.addressof(view)

        def work():
            if not as_array(value, None, address):
                raise Failed("this is no array")

        def element(number):
            if not 0 <= number < view.count or view.bytes_size != view.count * 8:
                raise Failed(f"there is no element {number}")
            return ctypes.c_double.from_address(view.bytes + 8 * number).value

        work.keep = view
        return work, element

    def lossless(self, doc):
        """The document as lossless JSON (bytes)."""
        pieces = []

        def take(_, data, length):
            pieces.append(ctypes.string_at(data, length))
            return True

        if self._json(
            doc, self.root(doc), JSON_LOSSLESS, 0, _SINK(take), None, None, self.error_ref
        ):
            self.fail()
        return b"".join(pieces)

    def disassembler(self, data, keep=None):
        """A function that disassembles `data`, to nowhere or into the list `keep`."""
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value

        def take(_, piece, length):
            keep.append(ctypes.string_at(piece, length))
            return True

        # A sink in Python would be part of the time.  labs() of the context 1 is 1, which is true:
        # it makes a sink that takes everything and does nothing.
        sink = _SINK(take) if keep is not None else _SINK(("labs", ctypes.CDLL(None)))
        disassemble, length, error = self._disassemble, len(data), self.error_ref

        def work():
            if disassemble(address, length, 0, None, None, sink, 1, None, error):
                self.fail()

        work.keep = data
        return work

    def type_name(self, value):
        return self._type_name(self._typeof(value))

    def text(self, value):
        length = ctypes.c_size_t()
        start = self._str(value, ctypes.byref(length))
        return ctypes.string_at(start, length.value)
