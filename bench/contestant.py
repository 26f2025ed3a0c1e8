"""A library that saves and loads one workload, in a process of its own.

Contestants take turns but share nothing: the stock pickle gives every instance that it saves a
`__dict__`, which then everyone who saves the same instance would find; and the allocator remembers
the blocks that others have freed.  Processes have the same hash seed, so that they hold the same
object in the same order.

Both ends of the pipe stand here.  `Process` starts one and speaks to it; run as a program, with its
job as JSON, this file is the other end.
"""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys

import objects
import peers
import timing


# ----------------------------------------------------------------------------
# The bench's end
# ----------------------------------------------------------------------------


def _start(python, job):
    environment = dict(os.environ, PYTHONHASHSEED="0", OMP_NUM_THREADS="1", PYTHONWARNINGS="ignore")
    return subprocess.Popen(
        [python, __file__, json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def ask_once(python, job):
    """What a process answers that has nothing more to do then."""
    process = _start(python, job)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return json.loads(output)


class _Remote:
    """What timing.compete() lets compete: a measure taken by another process."""

    def __init__(self, process, index):
        self.process = process
        self.index = index
        self.samples = []

    def calibrate(self):
        self.process.ask("calibrate", self.index)

    def sample(self):
        return self.process.ask("sample", self.index)


class Process:
    """A library at work.

    measures   what it shall be able to do: (kind, protocol), kind one of dumps, loads, loads-nogc,
               dump-file, load-file, dump-memory, load-memory; protocol None for the default
    facts      of each measure the bytes and the digest of what is saved
    cannot     why it cannot do this workload, or None
    """

    def __init__(self, python, name, measures, **job):
        self.name = name
        job.update(do="compete", name=name, measures=measures)
        self._process = _start(python, job)
        answer = self._read()
        self.cannot = answer.get("cannot")
        self.facts = answer.get("facts", [])
        self.contestants = [_Remote(self, index) for index in range(len(self.facts))]

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: {self.name} has died: {self._process.wait()}")
        return json.loads(line)

    def ask(self, what, index):
        self._process.stdin.write(json.dumps([what, index]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


# ----------------------------------------------------------------------------
# The contestant's end
# ----------------------------------------------------------------------------


def _loop(kind, way, value, data, folder):
    """What a measure does, as timing.Contestant wants it."""
    if kind == "dumps":
        return timing.calling(way.dumps, value, *way.more)
    if kind in ("loads", "loads-nogc"):
        return timing.calling(way.loads, data)
    dump, load, more = way.file.dump, way.file.load, way.more
    path = os.path.join(folder, kind)

    def dump_file():
        with open(path, "wb") as file:
            dump(value, file, *more)

    def load_file():
        with open(path, "rb") as file:
            load(file)

    def dump_memory():
        dump(value, io.BytesIO(), *more)

    def load_memory():
        load(io.BytesIO(data))

    if kind == "dump-file":
        dump_file()
        if pathlib.Path(path).read_bytes() != data:
            raise ValueError("another file than the bytes of dumps")
    elif kind == "load-file":
        pathlib.Path(path).write_bytes(data)
    return timing.calling(
        {
            "dump-file": dump_file,
            "load-file": load_file,
            "dump-memory": dump_memory,
            "load-memory": load_memory,
        }[kind]
    )


def _prepare(job):
    """The facts and the contestants, one for each measure."""
    workload = objects.named(job["workload"])
    value = workload.make(job["items"])
    facts, contestants, saved = [], [], {}
    for kind, protocol in job["measures"]:
        way = peers.way(job["name"], workload, protocol, job["sites"])
        if protocol not in saved:
            saved[protocol] = way.dumps(value, *way.more)
            if not workload.equal(way.loads(saved[protocol]), value):
                raise ValueError("what comes back is not equal")
        data = saved[protocol]
        raw = data if isinstance(data, bytes) else data.encode()
        facts.append({"bytes": len(raw), "digest": hashlib.sha256(raw).hexdigest()})
        loop = _loop(kind, way, value, data, job.get("folder"))
        contestants.append(timing.Contestant(kind, loop, collector=kind != "loads-nogc"))
    return facts, contestants


def _compete(job):
    """Answer with the facts, then take samples as often as asked to."""

    def answer(what):
        print(json.dumps(what), flush=True)

    timing.pin()
    try:
        facts, contestants = _prepare(job)
    except Exception as error:  # whatever a library has against a workload
        answer({"cannot": f"{type(error).__name__}: {error}"})
        return
    answer({"facts": facts})
    for line in sys.stdin:
        what, index = json.loads(line)
        answer(getattr(contestants[index], what)())


def _saved(dumps, value, protocol):
    """The bytes, or what kept them from being made."""
    try:
        return dumps(value, protocol)
    except Exception as error:  # to be compared with that of the other
        return type(error), str(error)


def _judge(job):
    """Whether the package writes the stock pickle's bytes in every protocol, and loads them: the
    sizes, one for each protocol in which the workload can be saved."""
    import pickle

    workload = objects.named(job["workload"])
    value = workload.make(job["items"])
    sizes = []
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        package = peers.way(job["name"], workload, protocol, job["sites"])
        right = _saved(pickle.dumps, value, protocol)
        found = _saved(package.dumps, value, protocol)
        if found != right:
            return {"wrong": f"protocol {protocol}: other bytes than the stock pickle's"}
        if isinstance(right, tuple) != (protocol < workload.lowest):
            return {"wrong": f"protocol {protocol}: {right}"}
        if isinstance(right, tuple):
            sizes.append(None)
            continue
        if not workload.equal(package.loads(right), value):
            return {"wrong": f"protocol {protocol}: loaded wrong"}
        sizes.append(len(right))
    return {"sizes": sizes}


def _peak(job):
    """Peak memory and time of saving or loading once, in a process that has done so little yet.

    file   where dumps leaves the pickle for those that load
    """
    timing.pin()
    workload = objects.named(job["workload"])
    way = peers.way(job["name"], workload, None, job["sites"])
    # What has to be there in any case: the modules of the classes, the functions, linked.
    way.loads(way.dumps(workload.make(1)))
    file = pathlib.Path(job["file"])
    if job["way"] == "dumps":
        value = workload.make(job["items"])
        peak, seconds, data = timing.peak_of(lambda: way.dumps(value))
        file.write_bytes(data)
    else:
        data = file.read_bytes()
        peak, seconds, _ = timing.peak_of(lambda: way.loads(data))
    return {"peak": peak, "seconds": seconds, "bytes": len(data)}


def _describe(job):
    """The interpreter and what is installed for it."""
    import platform

    return {
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "versions": peers.versions(),
        "missing": {each.name: each.missing() for each in objects.OBJECTS if each.missing()},
    }


def _main():
    job = json.loads(sys.argv[1])
    if job["do"] == "compete":
        _compete(job)
    else:
        json.dump({"judge": _judge, "peak": _peak, "describe": _describe}[job["do"]](job),
                  sys.stdout)


if __name__ == "__main__":
    _main()
