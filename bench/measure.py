"""The measuring of the library and the command, each job in a fresh process:
`python measure.py JOB`, where JOB is JSON, as is the answer on standard output.  timing.py says
how.
"""

import hashlib
import io
import json
import pickle
import pickletools
import resource
import subprocess
import sys
import time
import tracemalloc

import check
import library
import workloads
from timing import Contestant, calling, compete, peak_of, pin

# Bytes of a pool for each byte of the pickle.
POOL_MULTIPLE = 16


def _expect(lib, data, borrow, digest, name):
    doc = lib.reader(data, borrow)()
    found = check.digest(lib, doc)
    facts = {"values": lib.count(doc), "memory": lib.memory(doc)}
    lib.free(doc)
    if found != digest:
        raise SystemExit(f"bench: {name}: read wrong")
    return facts


def reading(job):
    """Reading and freeing beside pickle.loads, collector on and off."""
    pin()
    libs = [(key, library.Library(path)) for key, path in job["libraries"].items()]
    groups, answer = [], []
    for name, digest in job["workloads"].items():
        data = workloads.reading(name).data(job["scale"])
        facts = {"name": name, "bytes": len(data)}
        contestants = []
        for key, lib in libs:
            for way in ("borrow", "copy"):
                facts[key + way] = _expect(lib, data, way == "borrow", digest, name)
                work = lib.read_and_free(data, way == "borrow")
                contestants.append(Contestant(key + way, calling(work)))
            pool = library.Pool(lib, POOL_MULTIPLE * len(data))
            work = lib.read_and_free(data, True, pool)
            contestants.append(Contestant(key + "pool", calling(work)))
        loads = calling(pickle.loads, data)
        contestants.append(Contestant("pickle", loads))
        contestants.append(Contestant("pickle-nogc", loads, collector=False))
        groups.append(contestants)
        answer.append(facts)
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


class _Nowhere(io.TextIOBase):
    def write(self, text):
        return len(text)


def disassembling(job):
    """brn_disassemble beside pickletools.dis, both to nowhere."""
    pin()
    lib = library.Library(job["library"])
    groups, answer = [], []
    for name in job["workloads"]:
        data = workloads.reading(name).data(job["scale"])
        pieces, expected = [], io.StringIO()
        lib.disassembler(data, keep=pieces)()
        pickletools.dis(data, out=expected)
        if b"".join(pieces) != expected.getvalue().encode():
            raise SystemExit(f"bench: {name}: disassembled wrong")
        text = hashlib.sha256(b"".join(pieces)).hexdigest()
        del pieces, expected

        def stock(data=data):
            pickletools.dis(data, out=_Nowhere())

        groups.append(
            [
                Contestant("brinery", calling(lib.disassembler(data))),
                Contestant("pickletools", calling(stock)),
            ]
        )
        answer.append({"name": name, "bytes": len(data), "text": text})
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


def memory(job):
    """Peak and time of reading in this process, which has read nothing yet."""
    with open(job["file"], "rb") as file:
        data = file.read()
    if job["reader"] == "pickle":
        peak, seconds, _ = peak_of(lambda: pickle.loads(data))
    else:
        lib = library.Library(job["library"])
        doc = lib.reader(b"N.", borrow=True)()  # the first call also links the function
        lib.free(doc)
        peak, seconds, _ = peak_of(lib.reader(data, borrow=job["reader"] == "borrow"))
    return {"peak": peak, "seconds": seconds, "bytes": len(data)}


def _traced_peak(work):
    """The most bytes Python objects took at a time during some work."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def growth(job):
    """Time and peak memory of one shape at several sizes."""
    pin()
    lib = library.Library(job["library"])
    shape = workloads.growth(job["shape"])
    groups, answer = [], []
    for n in job["sizes"]:
        data = shape.data(n)
        alloc = library.Counting()
        doc = lib.reader(data, borrow=True, alloc=alloc)()
        right = shape.check(lib, doc, n)
        lib.free(doc)
        if not right or alloc.now:
            raise SystemExit(f"bench: {shape.name} of {n}: read wrong, or not freed")
        groups.append(
            [
                Contestant("brinery", calling(lib.read_and_free(data, borrow=True))),
                Contestant("pickle", calling(pickle.loads, data), collector=False),
            ]
        )
        traced = _traced_peak(lambda data=data: pickle.loads(data))
        answer.append({"n": n, "bytes": len(data), "peak": alloc.peak, "pickle-peak": traced})
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


def write_large(job):
    """Write the large file; a process of its own, because of the memory that pickling takes."""
    return {"records": workloads.write_large(job["file"], job["size"])}


def _children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commands(job):
    """Whole commands, from start to exit, by the wall clock and in processor time; what they
    print goes nowhere."""
    pin()

    def runner(command):
        def work():
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

        return work

    answer = {}
    for name, clock in (("wall", time.perf_counter), ("processor", _children)):
        contestants = [
            Contestant(key, calling(runner(command)), clock=clock)
            for key, command in job["commands"].items()
        ]
        compete([contestants], job["rounds"])
        answer[name] = {each.name: each.samples for each in contestants}
    return answer


if __name__ == "__main__":
    _job = json.loads(sys.argv[1])
    _function = {
        "reading": reading,
        "disassembling": disassembling,
        "memory": memory,
        "growth": growth,
        "write_large": write_large,
        "commands": commands,
    }[_job["measure"]]
    json.dump(_function(_job), sys.stdout)
