# Loading what is not trusted; users name brinery.safe_load, safe_loads and UnsafePickleError.
from _typeshed import ReadableBuffer
from collections.abc import Callable, Iterable, Mapping
from pickle import UnpicklingError
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, type_check_only

# Classes and functions, or "module:Qualified.Name".
_Allow: TypeAlias = Iterable[Callable[..., Any] | str]
_Limits: TypeAlias = Mapping[str, int | None] | Literal["off"] | None

@type_check_only
class _Readable(Protocol):
    def read(self, n: int = ..., /) -> bytes: ...

DEFAULT_LIMITS: MappingProxyType[str, int | None]

class Missing:
    name: str
    entry: str | None
    operations: tuple[str, ...]
    reason: str
    offset: int
    path: str
    def __init__(
        self, entry: str | None, name: str, grants: int, reason: str, offset: int, path: str
    ) -> None: ...

class UnsafePickleError(UnpicklingError):
    missing: list[Missing]
    allow: list[str]
    def __init__(self, message: str, missing: Iterable[Missing] = ()) -> None: ...

def safe_load(
    file: _Readable,
    /,
    *,
    allow: _Allow = (),
    presets: str | Iterable[str] = (),
    opaque: bool = False,
    rename: Mapping[str, str] | None = None,
    limits: _Limits = None,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = None,
    persistent_load: Callable[[Any], Any] | None = None,
) -> Any: ...
def safe_loads(
    data: ReadableBuffer,
    /,
    *,
    allow: _Allow = (),
    presets: str | Iterable[str] = (),
    opaque: bool = False,
    rename: Mapping[str, str] | None = None,
    limits: _Limits = None,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = None,
    persistent_load: Callable[[Any], Any] | None = None,
) -> Any: ...
