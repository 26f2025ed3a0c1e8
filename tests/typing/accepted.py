"""What type checkers must accept, and the types they must see.  Checked, never run."""

import array
import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

import brinery
from typing_extensions import assert_type


def functions(path: str, obj: object) -> None:
    with open(path, "wb") as file:
        assert_type(brinery.dump(obj, file), None)
        brinery.dump(obj, file, 5, fix_imports=False, buffer_callback=None, max_depth=100)
        brinery.dump(obj=obj, file=file, protocol=None)
    assert_type(brinery.dumps(obj), bytes)
    assert_type(brinery.dumps(obj, brinery.HIGHEST_PROTOCOL, max_depth=None), bytes)
    with open(path, "rb") as file:
        assert_type(brinery.load(file), Any)
        brinery.load(
            file,
            fix_imports=True,
            encoding="bytes",
            errors="replace",
            buffers=None,
            max_depth=1000,
            rename={"old.module": "new.module"},
            opaque=True,
        )
    for data in (b"N.", bytearray(b"N."), memoryview(b"N."), array.array("B")):
        assert_type(brinery.loads(data, rename=None, max_depth=10), Any)


class Sink:
    """A file to dump to needs write() and nothing else."""

    def write(self, data: bytes) -> int:
        return len(data)


class Source:
    """A file to load from needs read() and readline()."""

    def read(self, n: int) -> bytes:
        return b""

    def readline(self) -> bytes:
        return b""


brinery.dump(None, Sink())
brinery.load(Source())
brinery.load(io.BytesIO())


def buffers() -> None:
    kept: list[brinery.PickleBuffer] = []
    brinery.dumps(b"", 5, buffer_callback=kept.append)
    brinery.loads(b"", buffers=[memoryview(b"")])
    brinery.loads(b"", buffers=iter(kept))


class Pickler(brinery.Pickler):
    def persistent_id(self, obj: Any) -> str | None:
        return None

    def reducer_override(self, obj: Any) -> Any:
        return NotImplemented


class Unpickler(brinery.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return pid

    def find_class(self, module_name: str, global_name: str) -> Any:
        return super().find_class(module_name, global_name)


def classes() -> None:
    file = io.BytesIO()
    pickler = Pickler(file, 4, True, None, max_depth=5)
    brinery.Pickler(file=file, protocol=2, fix_imports=False, buffer_callback=None)
    table: dict[type, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]] = {}
    pickler.dispatch_table = table
    pickler.fast = True
    assert_type(pickler.bin, bool)
    assert_type(pickler.dump([]), None)
    assert_type(pickler.memo.copy(), dict[int, tuple[int, Any]])
    pickler.memo = pickler.memo.copy()
    pickler.clear_memo()

    unpickler = Unpickler(file, encoding="latin1", rename={}, opaque=False, max_depth=None)
    assert_type(unpickler.load(), Any)
    unpickler.memo.clear()
    unpickler.memo = unpickler.memo


def stock_objects(error: brinery.PicklingError) -> None:
    """What is the standard library's own is that for the type checker, too."""
    stock: pickle.PickleError = error
    buffer: pickle.PickleBuffer = brinery.PickleBuffer(b"")
    print(stock, buffer, brinery.MARK + brinery.STOP, brinery.DEFAULT_PROTOCOL + 1)
    assert_type(brinery.__version__, str)
    assert_type(brinery.format_version, str)
    assert_type(brinery.encode_long(1), bytes)
    assert_type(brinery.whichmodule(print, "print"), str)


def tools(data: bytes) -> None:
    report = brinery.scan(data, name="model.pkl")
    names: list[str] = [finding["name"] for finding in report["streams"][0]["findings"]]
    print(report["verdict"], names, brinery.scan("model.pkl", max_depth=2)["unreadable"])
    for opcode, argument, position in brinery.genops(data):
        assert_type(opcode.name, str)
        assert_type(position, int | None)
        print(argument)
    brinery.dis(io.BytesIO(data), out=sys.stderr, memo={}, indentlevel=2, annotate=1)
    assert_type(brinery.optimize(data), bytes)
