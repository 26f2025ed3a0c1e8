from os import PathLike
from typing import Literal, TypedDict

from typing_extensions import Buffer

Verdict = Literal["none", "data", "known", "unknown", "unreadable", "dangerous"]

class Finding(TypedDict):
    verdict: Verdict
    use: Literal["lookup", "call", "state", "items", "result"]
    module: str
    name: str
    arguments: str
    category: str
    severity: Literal["none", "low", "medium", "high", "critical"]
    reason: str
    offset: int
    count: int

class ScanError(TypedDict):
    code: int
    name: str
    offset: int
    message: str

class Stream(TypedDict):
    where: str
    format: str
    verdict: Verdict
    offset: int
    size: int
    pickles: int
    persistent_ids: int
    buffers: int
    omitted: int
    note: str
    error: ScanError | None
    findings: list[Finding]

class Report(TypedDict):
    verdict: Verdict
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
