"""The sections about libraries of other languages: languages, languages-writing, languages-memory.

foreign.py starts them and asks, judge.py says whether what they answer is right; here stands who
competes in what, and what becomes of it.
"""

import contextlib
import math
import statistics
import subprocess
import tempfile
import textwrap
import timeit

import foreign
import judge
import library
import report
import timing
import workloads
from foreign import BRINERY, COPYING, OURS, PEERS, SMALL, STOCK
from report import verdict

PROTOCOLS = (4, 2)
# How many times faster than the best of them; for reading, the workloads say it.
WRITING_GOALS = {"records": 5}
BUDGET, QUICK_BUDGET = 6, 2
# An array is looked at in these sizes.
ARRAY_SCALES = (0.001, 0.1, 1)
# Memory is measured with this workload, at its size and at ten times that.
MEMORY_WORKLOAD, MEMORY_SCALES = "records", (1, 10)


class Outcomes:
    """What libraries made of what they were asked, for the table that says so."""

    def __init__(self, title, notes):
        self.title = title
        self.notes = notes
        self.found = {}

    def add(self, name, what, workload, protocol):
        what = textwrap.shorten(what, 100, placeholder=" ...")
        by_workload = self.found.setdefault((name, what), {})
        by_workload.setdefault(workload, []).append(protocol)

    def table(self, names, protocols):
        table = report.Table(self.title, ["library", "what it made of it", "of which"], self.notes)
        for name in names:
            rows = [(what, of) for (whose, what), of in self.found.items() if whose == name]
            title = _titled(name)
            for what, of in rows or [("right", {})]:
                table.add(title, what, "; ".join(
                    workload if sorted(numbers) == sorted(protocols)
                    else f"{workload} (protocol {', '.join(map(str, numbers))})"
                    for workload, numbers in of.items()) or "all")
                title = ""
        return table


def _titled(name):
    if name not in PEERS:
        return name
    peer = PEERS[name]
    return f"{peer.package}, {peer.titled}" if peer.only else peer.titled


class ForeignSections:
    names = ("languages", "languages-writing", "languages-memory")

    def __init__(self, args, _=None):
        self.args = args
        self.lib_path = args.library or library.library_path()
        self.peers = foreign.installed(args.peers)
        self.chosen = [w for w in workloads.FOREIGN if args.chosen(w.name)]
        self.plots = {}
        self.left_out = ""
        self._made = {}

    def facts(self):
        return [("Libraries of other languages", foreign.versions(self.peers) or "none")]

    def _missing(self):
        missing = [PEERS[name].titled for name in PEERS
                   if name not in self.peers and not PEERS[name].only]
        return f" Not installed: {', '.join(missing)}." if missing else ""

    # -- pickles and contestants ---------------------------------------------------

    @contextlib.contextmanager
    def _stage(self):
        with tempfile.TemporaryDirectory() as folder:
            with foreign.Stage(self.args.python, self.lib_path, self.args.peers, folder) as stage:
                yield stage

    def _pickle(self, stage, workload, protocol, scale=1):
        """The file of a pickle, None (and a word about it) where it cannot be made."""
        file = stage.file("pickle")
        done = subprocess.run(
            [self.args.python, str(foreign.SOURCES / "python" / "contestant.py"), "make",
             str(file), f"{workload.name}:{protocol}:{scale}"],
            stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            return file
        why = done.stderr.strip().rpartition("\n")[2]
        left_out = f" Left out: {workload.title} ({why})."
        if left_out not in self.left_out:
            self.left_out += left_out
        return None

    def _asked(self, names, workload):
        return [name for name in names
                if name not in PEERS or workload.name in (PEERS[name].only or [workload.name])]

    @staticmethod
    def _right(process, truth, stage, once, check):
        """What a contestant loses, after it has done what leaves a pickle in a file."""
        said = stage.file("said", b"")
        process.ask(*once, seconds=foreign.SECONDS)
        process.ask(*check, said)
        return judge.losses(said.read_bytes(), truth)

    def _contest(self, stage, names, workload, protocol, check, work, outcomes):
        """Start contestants, leave out those that are wrong, and let the others compete.

        check, work  the requests that leave a pickle in a file, and that are timed
        Answers with the samples of those that are right, and a word about those that are not.
        """
        pickle = self._pickle(stage, workload, protocol)
        if not pickle:
            return None
        truth = judge.load(pickle.read_bytes())
        failed, remotes = {}, []
        with contextlib.ExitStack() as stack:
            for name in self._asked(names, workload):
                try:
                    process = stage.start(name, pickle)
                    stack.enter_context(process)
                    lost = self._right(process, truth, stage, [*work, 1], check)
                    remote = foreign.Remote(process, *work)
                    remote.calibrate()
                except judge.Wrong as wrong:
                    failed[name] = "wrong"
                    outcomes.add(name, f"wrong: {wrong}", workload.name, protocol)
                except foreign.Failed as failure:
                    failed[name] = failure.kind
                    outcomes.add(name, f"{failure.kind}: {failure}", workload.name, protocol)
                else:
                    for loss in lost:
                        outcomes.add(name, f"lost: {loss}", workload.name, protocol)
                    remotes.append((name, remote))
            for name in OURS:
                if name in failed:
                    raise SystemExit(f"bench: {workload.name}: {name}: {failed[name]}")
            samples = self._compete(remotes)
        return {"bytes": pickle.stat().st_size, "samples": samples, "failed": failed}

    def _compete(self, remotes):
        timing.compete(
            [[remote for _, remote in remotes]],
            self.args.rounds or (5 if self.args.quick else 9),
            budget=QUICK_BUDGET if self.args.quick else BUDGET,
        )
        return {name: remote.samples for name, remote in remotes}

    # -- sections ------------------------------------------------------------------

    def languages(self):
        """Reading."""
        names = [BRINERY, COPYING, STOCK, *self.peers]
        outcomes = Outcomes(
            "Reading in other languages: what libraries make of it",
            "error: the library refuses; crash: the process died; wrong: the values are not equal, "
            "and where the first difference is. lost: the values are equal by Python's ==, but "
            "something is gone: the order of dicts, that something is a tuple and not a list, an "
            "int and not a float, one and the same object in two places, an instance of a class; "
            f"equal is not the same: two objects became one. Limits: {foreign.SECONDS} s and "
            f"{foreign.BYTES >> 30} GB.")
        for protocol in PROTOCOLS:
            yield self._beside(
                f"Reading in other languages, protocol {protocol}", names, protocol, outcomes,
                (["say"], ["read"]), {w.name: w.target for w in self.chosen},
                "How many times faster brn_read() and brn_free(), borrowing the bytes, are than "
                "each: copying the bytes, CPython's pickle.loads, and libraries of other "
                "languages, each in its own process, reading into its own values, with no more "
                "code for classes than it brings; as structs: into structs of this shape, by the "
                "library before.")
        yield outcomes.table(names[2:], PROTOCOLS)
        yield from self._array_views()

    def _array_views(self):
        """What it costs to get at the elements of an array that has been read."""
        workload = workloads.foreign("array")
        if workload not in self.chosen:
            return
        table = report.Table(
            "An array in C: brn_as_array()", ["floats", "MB", "brn_as_array()", "of pickle.loads"],
            "A view of the elements where they lie in the pickle, through ctypes, which takes most "
            "of the time: nothing depends on the size. Beside it, how many times longer CPython's "
            "pickle.loads of the same pickle takes." + self.left_out)
        lib = library.Library(self.lib_path)
        with self._stage() as stage:
            for scale in ARRAY_SCALES:
                pickle = self._pickle(stage, workload, PROTOCOLS[0], scale)
                if not pickle:
                    continue
                data, size = pickle.read_bytes(), int(workload.size * scale)
                doc = lib.reader(data, borrow=True)()
                view, element = lib.array_viewer(lib.root(doc))
                view()
                if element(size - 1) != size - 1:
                    raise SystemExit(f"bench: an array of {size}: wrong")
                best = min(timeit.repeat(view, number=1000, repeat=9)) / 1000
                with stage.start(STOCK, pickle) as process:
                    remote = foreign.Remote(process, "read")
                    remote.calibrate()
                    stock = min(remote.sample() for _ in range(5))
                lib.free(doc)
                table.add(f"{size:,}", f"{len(data) / 1e6:.1f}", report.seconds(best),
                          report.times(stock / best))
        if table.rows:
            yield table

    def languages_writing(self):
        """Writing what was read."""
        names = [BRINERY, SMALL, STOCK, *(n for n in self.peers if PEERS[n].protocol)]
        outcomes = Outcomes(
            "Writing in other languages: what libraries make of it",
            "As above, of what CPython loads from what they write. It has to be read before, so "
            "what cannot be read is not written either.")
        latest = ", ".join(f"{peer.titled} {peer.protocol}" for peer in PEERS.values()
                           if peer.protocol in range(max(PROTOCOLS)) and not peer.only)
        for protocol in PROTOCOLS:
            yield self._beside(
                f"Writing in other languages, protocol {protocol}", names, protocol, outcomes,
                (["save", protocol], ["write", protocol]), WRITING_GOALS,
                "How many times faster brn_write() is, with the opcodes and memo of CPython, than "
                "each: small, without memo entries that nothing refers to; CPython's pickle.dumps; "
                "and libraries of other languages, of the values they have read, into memory. "
                f"Where a library knows no newer protocol, in that: {latest}.")
        yield outcomes.table(names[2:], PROTOCOLS)

    def _beside(self, title, names, protocol, outcomes, requests, goals, notes):
        """A table of how many times faster the first of the names is than the others."""
        others = names[1:]
        table = report.Table(
            title,
            ["what", "MB", BRINERY, *(PEERS[n].titled if n in PEERS else n for n in others)]
            + ["best other", "goal"],
            notes + " Processor time of all threads. best other: of the libraries of other "
            "languages. A word instead of a number: see below; -: not asked.")
        rows = []
        with self._stage() as stage:
            for workload in self.chosen:
                found = self._contest(stage, names, workload, protocol, *requests, outcomes)
                if not found:
                    continue
                ratios, best = self._ratios(found, BRINERY)
                cells = [workload.title, f"{found['bytes'] / 1e6:.1f}",
                         report.seconds(statistics.median(found["samples"][BRINERY]))]
                cells += [self._cell(name, ratios, found) for name in others]
                goal = goals.get(workload.name)
                cells += [report.times(best) if best else ""]
                cells += [f"{goal} {verdict(best >= goal)}" if goal and best else ""]
                table.add(*cells)
                if best:
                    rows.append((workload.title, [best, ratios[STOCK]], [goal, None]))
        table.notes += self.left_out + self._missing()
        if protocol == PROTOCOLS[0] and rows:
            what = title.split()[0]
            self.plots[f"languages-{what.lower()}.svg"] = report.bars(
                f"{what} a pickle: how many times faster than other libraries",
                ("the best of other languages", "CPython"), rows, logarithmic=True)
        return table

    @staticmethod
    def _ratios(found, base):
        samples = found["samples"]
        ratios = {name: timing.ratio(samples, name, base) for name in samples if name != base}
        return ratios, min((ratios[name] for name in ratios if name in PEERS), default=None)

    @staticmethod
    def _cell(name, ratios, found):
        if name in ratios:
            return report.times(ratios[name])
        return found["failed"].get(name, "-")

    def languages_memory(self):
        """Peak memory of reading once, and how it grows."""
        workload = workloads.foreign(MEMORY_WORKLOAD)
        if workload not in self.chosen:
            return []
        sizes = [f"{int(workload.size * scale):,}" for scale in MEMORY_SCALES]
        table = report.Table(
            "Reading in other languages: peak memory",
            ["library", *(f"{size} records" for size in sizes), "~ n^e"],
            "By how much the resident set of a fresh process grows at most while it reads once, "
            "over the size of the pickle, which is in memory before. ~ n^e: the exponent e with "
            "which it grows; linear is 1. What a runtime has at hand before it asks the system "
            "for more is in none of it." + self._missing())
        names = self._asked([BRINERY, COPYING, STOCK, *self.peers], workload)
        peaks = {name: [] for name in names}
        with self._stage() as stage:
            for scale in MEMORY_SCALES:
                pickle = self._pickle(stage, workload, PROTOCOLS[0], scale)
                for name in names:
                    with contextlib.suppress(foreign.Failed):
                        with stage.start(name, pickle) as process:
                            peaks[name].append((process.peak("read", 1), pickle.stat().st_size))
        for name, found in peaks.items():
            if len(found) < len(MEMORY_SCALES):
                table.add(_titled(name), *["failed"] * len(MEMORY_SCALES), "")
                continue
            (small, _), (large, _) = found
            slope = f"{math.log10(large / small):.2f}" if small and large else ""
            table.add(_titled(name), *(report.times(peak / size) for peak, size in found), slope)
        return [table]
