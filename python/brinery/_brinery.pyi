# The types of the extension module: what brinery offers that is its own.  The names come from
# brinery; nobody imports this module.
#
# Signatures are those of the C accelerator of pickle, CPython 3.10 to 3.15, and behind them the
# keywords that Brinery adds.  tools/check_types.sh holds them against the module.
import sys
from _typeshed import ReadableBuffer, SupportsWrite
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pickle import PickleBuffer
from pickletools import OpcodeInfo
from typing import IO, Any, Protocol, TypeAlias, final, type_check_only

from typing_extensions import disjoint_base

__version__: str

# None, or a function that keeps a buffer (False) or leaves it in the pickle (True).
_BufferCallback: TypeAlias = Callable[[PickleBuffer], Any] | None

# What __reduce__ may return: a global name, or a callable, its arguments, and up to four more.
_Reduced: TypeAlias = (
    str
    | tuple[Callable[..., Any], tuple[Any, ...]]
    | tuple[Callable[..., Any], tuple[Any, ...], Any]
    | tuple[Callable[..., Any], tuple[Any, ...], Any, Any]
    | tuple[Callable[..., Any], tuple[Any, ...], Any, Any, Any]
    | tuple[Callable[..., Any], tuple[Any, ...], Any, Any, Any, Any]
)

# A file to load from.  readinto() and peek() are used where they exist.
@type_check_only
class _Readable(Protocol):
    def read(self, n: int, /) -> bytes: ...
    def readline(self) -> bytes: ...

@final
@type_check_only
class _PicklerMemo:
    def clear(self) -> None: ...
    def copy(self) -> dict[int, tuple[int, Any]]: ...

@final
@type_check_only
class _UnpicklerMemo:
    def clear(self) -> None: ...
    def copy(self) -> dict[int, Any]: ...

@disjoint_base
class Pickler:
    bin: bool
    fast: bool
    # Only where somebody has set it, or a subclass defines it.
    dispatch_table: Mapping[type, Callable[[Any], _Reduced]]
    def __init__(
        self,
        file: SupportsWrite[bytes],
        protocol: int | None = None,
        fix_imports: bool = True,
        buffer_callback: _BufferCallback = None,
        *,
        max_depth: int | None = None,
    ) -> None: ...
    @property
    def memo(self) -> _PicklerMemo: ...
    @memo.setter
    def memo(self, value: _PicklerMemo | dict[int, tuple[int, Any]]) -> None: ...
    def clear_memo(self) -> None: ...
    def dump(self, obj: Any, /) -> None: ...
    # Before 3.13 there is no such method, but an attribute that subclasses define.
    if sys.version_info >= (3, 13):
        def persistent_id(self, obj: Any, /) -> Any: ...
    else:
        persistent_id: Callable[[Any], Any]
    # Subclasses define it; NotImplemented means "as usual".
    reducer_override: Callable[[Any], Any]

@disjoint_base
class Unpickler:
    def __init__(
        self,
        file: _Readable,
        *,
        fix_imports: bool = True,
        encoding: str = "ASCII",
        errors: str = "strict",
        buffers: Iterable[Any] | None = (),
        max_depth: int | None = None,
        rename: Mapping[str, str] | None = None,
        opaque: bool = False,
    ) -> None: ...
    @property
    def memo(self) -> _UnpicklerMemo: ...
    @memo.setter
    def memo(self, value: _UnpicklerMemo | dict[int, Any]) -> None: ...
    def find_class(self, module_name: str, global_name: str, /) -> Any: ...
    def load(self) -> Any: ...
    # As for Pickler.persistent_id.
    if sys.version_info >= (3, 13):
        def persistent_load(self, pid: Any, /) -> Any: ...
    else:
        persistent_load: Callable[[Any], Any]

def dump(
    obj: Any,
    file: SupportsWrite[bytes],
    protocol: int | None = None,
    *,
    fix_imports: bool = True,
    buffer_callback: _BufferCallback = None,
    max_depth: int | None = None,
) -> None: ...
def dumps(
    obj: Any,
    protocol: int | None = None,
    *,
    fix_imports: bool = True,
    buffer_callback: _BufferCallback = None,
    max_depth: int | None = None,
) -> bytes: ...
def load(
    file: _Readable,
    *,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = (),
    max_depth: int | None = None,
    rename: Mapping[str, str] | None = None,
    opaque: bool = False,
) -> Any: ...
def loads(
    data: ReadableBuffer,
    /,
    *,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = (),
    max_depth: int | None = None,
    rename: Mapping[str, str] | None = None,
    opaque: bool = False,
) -> Any: ...

# As in pickletools.
def genops(
    pickle: ReadableBuffer | IO[bytes],
) -> Iterator[tuple[OpcodeInfo, Any | None, int | None]]: ...
def optimize(p: ReadableBuffer) -> bytes: ...
def dis(
    pickle: ReadableBuffer | IO[bytes],
    out: IO[str] | None = None,
    memo: MutableMapping[int, Any] | None = None,
    indentlevel: int = 4,
    annotate: int = 0,
) -> None: ...

# Of brinery._scan.
def _scan(
    path: str | None,
    data: ReadableBuffer,
    name: str | None,
    pieces: Callable[[str, memoryview], Iterable[bytes] | None],
    max_depth: int,
    max_inflated: int,
    max_members: int,
    max_memory: int,
    /,
) -> dict[str, Any]: ...

# Of brinery._safe: (ruling, approvals, names, missing, size of the pickle), and the second pass.
def _check(
    data: bytes,
    entries: tuple[str, ...],
    presets: tuple[str, ...],
    flags: int,
    fix_imports: bool,
    limits: tuple[int | None, ...],
    rename: Mapping[str, str] | None,
    /,
) -> tuple[
    int,
    bytes,
    list[tuple[str, str, int]],
    list[tuple[str | None, str, int, str, int, str]],
    int,
]: ...
def _load_checked(
    data: bytes,
    approvals: bytes,
    objects: tuple[Any, ...],
    encoding: str,
    errors: str,
    buffers: Iterable[Any] | None,
    persistent_load: Callable[[Any], Any] | None,
    /,
) -> Any: ...

def _read_one(file: Any, most: int, /) -> bytes: ...

# Of brinery._opaque.
def _register_opaque(metaclass: type, /) -> None: ...
