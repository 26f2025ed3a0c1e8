"""What type checkers must refuse.  Checked, never run.

Each wrong line names the error it must get: mypy --strict reports one that does not come as an
unused "type: ignore".
"""

import io

import brinery

brinery.loads("text")  # type: ignore[arg-type]
brinery.loads(data=b"")  # type: ignore[call-arg]
brinery.load("path")  # type: ignore[arg-type]
brinery.dump([], io.StringIO())  # type: ignore[arg-type]
brinery.dump([])  # type: ignore[call-arg]
brinery.dumps([], "5")  # type: ignore[arg-type]
brinery.dumps([], 5, True)  # type: ignore[call-arg]
brinery.dumps([], rename={})  # type: ignore[call-arg]
brinery.dumps([], max_depth="deep")  # type: ignore[arg-type]
brinery.loads(b"", opaque="yes")  # type: ignore[arg-type]
brinery.loads(b"", rename=["old"])  # type: ignore[arg-type]
brinery.loads(b"", buffers=1)  # type: ignore[arg-type]
brinery.Pickler()  # type: ignore[call-arg]
brinery.Pickler(io.BytesIO(), 5, True, None, 10)  # type: ignore[call-arg]
brinery.Unpickler(io.BytesIO(), True)  # type: ignore[call-arg]
brinery.Unpickler(io.BytesIO()).dump([])  # type: ignore[attr-defined]
brinery.no_such_name  # type: ignore[attr-defined]
length: str = brinery.dumps([])  # type: ignore[assignment]
