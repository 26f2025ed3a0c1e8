"""Whether what the library reads is what CPython reads.

The document goes out as lossless JSON, the decoder of the tests turns that into Python objects,
and these are compared with what pickle.loads makes: types, values, bits of floats, order and
sharing.  That takes a lot of memory and leaves a heap that would disturb measurements, so it is
done in a process of its own.  The process that measures writes the JSON of every reading it
is about to time as well, and goes on only if it is byte for byte the one found right.

What was found right stays right: digests are remembered in build/, under the bytes of the
pickle and of the code that judged.
"""

import hashlib
import json
import pathlib
import pickle
import subprocess
import sys

import library
import workloads

_TESTS = library.ROOT / "tests" / "python"
_REMEMBERED = library.ROOT / "build" / "bench-verified.json"
_JUDGES = [_TESTS / "lossless.py", _TESTS / "model.py", _TESTS / "same.py", pathlib.Path(__file__)]


def digest(lib, doc):
    """The digest of a document's lossless JSON."""
    return hashlib.sha256(lib.lossless(doc)).hexdigest()


def _verify(lib, data):
    """The digest of the document's JSON, once it is known to be right."""
    sys.path.append(str(_TESTS))
    import lossless
    import same

    doc = lib.reader(data, borrow=True)()
    text = lib.lossless(doc)
    lib.free(doc)
    rebuilt = lossless.rebuild(lossless.read(text), lossless.protocol_of(data))
    wrong = same.difference(rebuilt, pickle.loads(data))
    if wrong:
        raise SystemExit(f"bench: read wrong: {wrong}")
    return hashlib.sha256(text).hexdigest()


def _key(data):
    judged = hashlib.sha256(data)
    for path in _JUDGES:
        judged.update(path.read_bytes())
    return judged.hexdigest()


def right_digest(lib_path, workload, scale):
    """The digest that a right reading of a workload has."""
    try:
        remembered = json.loads(_REMEMBERED.read_text(encoding="ascii"))
    except (OSError, ValueError):
        remembered = {}
    key = _key(workload.data(scale))
    if key not in remembered:
        remembered[key] = subprocess.run(
            [sys.executable, __file__, lib_path, workload.name, str(scale)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout.strip()
        _REMEMBERED.parent.mkdir(exist_ok=True)
        _REMEMBERED.write_text(json.dumps(remembered, indent=1), encoding="ascii")
    return remembered[key]


if __name__ == "__main__":
    _, _path, _name, _scale = sys.argv
    print(_verify(library.Library(_path), workloads.reading(_name).data(float(_scale))))
