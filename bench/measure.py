"""The measuring itself, each job in a fresh process: `python measure.py JOB`, where JOB is JSON,
as is the answer on standard output.

Time: processor time, that of the kernel included, which on a machine that does nothing else is the
same as by the wall clock; only whole commands are timed by both.  Contestants take turns, in an
order that changes from round to round, so that a slow second of the machine hits all of them.  The
process stays on one core.  A sample runs its work as often as it takes to last some milliseconds.
What a work makes, it also frees, inside its time.

Before the clock of a sample starts, garbage is collected and the work is done once: a sample does
not pay for what the contestant before it left behind.  That is more than cold caches: a virtual
machine may have given free memory back to its host, and whoever touches it first then waits ten
times as long for it.

Memory: the peak of the resident set, from /proc, reset after the input has been loaded.  ru_maxrss
cannot be reset, and begins at what the parent held.
"""

import gc
import hashlib
import io
import json
import os
import pickle
import pickletools
import random
import re
import resource
import subprocess
import sys
import time
import tracemalloc

import check
import library
import workloads

_SAMPLE_SECONDS = 0.01

# Bytes of a pool for each byte of the pickle.
POOL_MULTIPLE = 16


def pin():
    """Stay on one core, the last one: the first gets most interrupts."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Contestant:
    def __init__(self, name, work, collector=True, clock=time.thread_time):
        self.name = name
        self.work = work
        self.collector = collector
        self.clock = clock
        self.repeat = 1
        self.samples = []

    def sample(self):
        """Seconds that the work takes, averaged over its repetitions."""
        work, turns, clock = self.work, range(self.repeat), self.clock
        gc.collect()
        if not self.collector:
            gc.disable()
        work()
        begin = clock()
        for _ in turns:
            work()
        end = clock()
        gc.enable()
        return (end - begin) / self.repeat

    def calibrate(self):
        self.repeat = max(1, round(_SAMPLE_SECONDS / self.sample()))


def compete(groups, rounds, seed=1):
    """Run groups of contestants for some rounds; the samples stay with the contestants."""
    rng = random.Random(seed)
    for contestants in groups:
        for contestant in contestants:
            contestant.calibrate()
    for _ in range(rounds):
        for contestants in rng.sample(groups, len(groups)):
            for contestant in rng.sample(contestants, len(contestants)):
                contestant.samples.append(contestant.sample())


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
                contestants.append(Contestant(key + way, work))
            pool = library.Pool(lib, POOL_MULTIPLE * len(data))
            contestants.append(Contestant(key + "pool", lib.read_and_free(data, True, pool)))

        def loads(data=data):
            pickle.loads(data)

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
            [Contestant("brinery", lib.disassembler(data)), Contestant("pickletools", stock)]
        )
        answer.append({"name": name, "bytes": len(data), "text": text})
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


def _resident(field):
    with open("/proc/self/status", encoding="ascii") as file:
        return int(re.search(rf"{field}:\s*(\d+) kB", file.read())[1]) * 1024


def _peak_of(work):
    """The bytes by which the resident set grew at most during some work, and its seconds."""
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass  # not allowed here: the peak may then come out too high, never too low
    before = _resident("VmRSS")
    begin = time.thread_time()
    kept = work()
    seconds = time.thread_time() - begin
    peak = _resident("VmHWM") - before
    return peak, seconds, kept


def memory(job):
    """Peak and time of reading in this process, which has read nothing yet."""
    with open(job["file"], "rb") as file:
        data = file.read()
    if job["reader"] == "pickle":
        peak, seconds, _ = _peak_of(lambda: pickle.loads(data))
    else:
        lib = library.Library(job["library"])
        doc = lib.reader(b"N.", borrow=True)()  # the first call also links the function
        lib.free(doc)
        peak, seconds, _ = _peak_of(lib.reader(data, borrow=job["reader"] == "borrow"))
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

        def loads(data=data):
            pickle.loads(data)

        groups.append(
            [
                Contestant("brinery", lib.read_and_free(data, borrow=True)),
                Contestant("pickle", loads, collector=False),
            ]
        )
        answer.append(
            {"n": n, "bytes": len(data), "peak": alloc.peak, "pickle-peak": _traced_peak(loads)}
        )
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


def write_large(job):
    """Write the large file; a process of its own, because of the memory that pickling takes."""
    return {"records": workloads.write_large(job["file"], job["size"])}


def python_door(job):
    """dumps and loads through the extension beside the stock module; made objects are freed."""
    pin()
    sys.path.insert(0, job["site"])
    import brinery  # not at the top: only this job needs it built
    import objects

    protocol = job["protocol"]
    groups, answer = [], []
    for name in job["workloads"]:
        workload = objects.named(name)
        value = workload.make(workload.size)
        data = pickle.dumps(value, protocol)
        if brinery.dumps(value, protocol) != data:
            raise SystemExit(f"bench: {name}: other bytes than the stock pickle's")
        if not workload.equal(brinery.loads(data), value):
            raise SystemExit(f"bench: {name}: loaded wrong")

        def dumps(dump, value=value):
            def work():
                dump(value, protocol)

            return work

        def loads(load, data=data):
            def work():
                load(data)

            return work

        groups.append([Contestant("brinery", dumps(brinery.dumps)),
                       Contestant("pickle", dumps(pickle.dumps))])
        answer.append({"name": name, "way": "dumps", "bytes": len(data)})
        groups.append([Contestant("brinery", loads(brinery.loads)),
                       Contestant("pickle", loads(pickle.loads)),
                       Contestant("pickle-nogc", loads(pickle.loads), collector=False)])
        answer.append({"name": name, "way": "loads", "bytes": len(data)})
    compete(groups, job["rounds"])
    for facts, contestants in zip(answer, groups):
        facts["samples"] = {each.name: each.samples for each in contestants}
    return answer


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
            Contestant(key, runner(command), clock=clock)
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
        "python_door": python_door,
    }[_job["measure"]]
    json.dump(_function(_job), sys.stdout)
