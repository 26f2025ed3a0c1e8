from os import PathLike
from typing import Literal, TypeAlias, TypedDict, type_check_only

from typing_extensions import Buffer

_Verdict: TypeAlias = Literal["none", "data", "known", "unknown", "unreadable", "dangerous"]

@type_check_only
class Finding(TypedDict):
    verdict: _Verdict
    use: Literal["lookup", "call", "state", "items", "result"]
    module: str
    name: str
    arguments: str
    category: str
    severity: Literal["none", "low", "medium", "high", "critical"]
    reason: str
    offset: int
    count: int

@type_check_only
class ScanError(TypedDict):
    code: int
    name: str
    offset: int
    message: str

@type_check_only
class Stream(TypedDict):
    where: str
    format: str
    verdict: _Verdict
    offset: int
    size: int
    pickles: int
    persistent_ids: int
    buffers: int
    omitted: int
    note: str
    error: ScanError | None
    findings: list[Finding]

@type_check_only
class Report(TypedDict):
    verdict: _Verdict
    unreadable: bool
    size: int
    streams: list[Stream]

def scan(
    source: str | PathLike[str] | Buffer,
    *,
    name: str | None = None,
    max_depth: int = 0,
    max_inflated: int = 0,
    max_members: int = 0,
    max_memory: int = 0,
) -> Report: ...
