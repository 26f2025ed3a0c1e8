"""The sections about the Python package: python, protocols, files, peers, python-memory,
python-growth.

Each makes tables, and some a plot.  Every library that is measured works in a process of its own
(contestant.py); here stands who competes in what, and what becomes of the samples.
"""

import contextlib
import math
import pathlib
import statistics
import tempfile

import contestant
import objects
import peers
import report
import timing
from report import verdict

BRINERY, STOCK, OTHER = "brinery", "pickle", "other"
MEAN_GOALS = (5, 2.2)
# Seconds for the rounds of one workload.
BUDGET, QUICK_BUDGET = 3, 1.5
# Peaks are read in pages, and a process takes some more at one time than at another.
MEMORY_TOLERANCE = 1.02
MEMORY_SLACK = 256 * 1024
# The workloads by which growth is shown: one for each kind of thing there can be many of.
GROWTH = ("ints", "strings", "records", "instances")
# What an interpreter has memory and patience for.
LONG_GROWTH = ("ints", "strings")


class PackageSections:
    """against: the folder of another build of the package, measured as well by `python`."""

    names = ("python", "protocols", "files", "peers", "python-memory", "python-growth")

    def __init__(self, args, against=None):
        self.args = args
        self.against = against
        self.plots = {}
        self._judged = {}
        self.described = contestant.ask_once(args.python, {"do": "describe"})
        missing = self.described["missing"]
        self.chosen = [w for w in objects.OBJECTS if args.chosen(w.name) and w.name not in missing]
        self.left_out = "".join(
            f" Left out: {objects.named(name).title}, for want of {library}."
            for name, library in missing.items()
            if args.chosen(name)
        )

    def facts(self):
        versions = ", ".join(
            f"{name} {version}" for name, version in self.described["versions"].items() if version
        )
        return [("CPython", self.described["python"]), ("Libraries", versions or "none")]

    # -- who competes ------------------------------------------------------------

    def _sites(self):
        sites = {BRINERY: self.args.site}
        if self.against:
            sites[OTHER] = self.against
        return sites

    def _ask(self, do, workload, items, **job):
        job.update(do=do, workload=workload.name, items=items, sites=self._sites())
        return contestant.ask_once(self.args.python, job)

    def _judge(self, workload):
        """The sizes of the pickle by protocol, once the package was found to be right in all."""
        if workload.name not in self._judged:
            found = self._ask("judge", workload, workload.some(), name=BRINERY)
            if "wrong" in found:
                raise SystemExit(f"bench: {workload.name}: {found['wrong']}")
            self._judged[workload.name] = found["sizes"]
        return self._judged[workload.name]

    def _compete(self, workload, items, measures, rounds=None, folder=None):
        """Let libraries compete, each in some measures, on so many items: for each that can do
        the workload its samples, a list for each measure, and its facts."""
        quick = self.args.quick
        job = {
            "workload": workload.name,
            "items": items,
            "sites": self._sites(),
            "folder": folder,
        }
        with contextlib.ExitStack() as stack:
            running = {}
            for name in measures:
                process = contestant.Process(self.args.python, name, measures[name], **job)
                stack.enter_context(process)
                if not process.cannot:
                    running[name] = process
                elif name not in peers.GOALS:
                    raise SystemExit(f"bench: {workload.name}: {name}: {process.cannot}")
            self._expect_same(workload, running)
            # A group for each measure: what is compared follows at once.
            groups = {}
            for process in running.values():
                for index, remote in enumerate(process.contestants):
                    groups.setdefault(self._group(measures[process.name][index]), []).append(remote)
            timing.compete(
                list(groups.values()),
                rounds or self.args.rounds or (7 if quick else 15),
                budget=QUICK_BUDGET if quick else BUDGET,
            )
            return {
                name: {
                    "samples": [remote.samples for remote in process.contestants],
                    "facts": process.facts,
                }
                for name, process in running.items()
            }

    @staticmethod
    def _group(measure):
        kind, protocol = measure
        return kind.replace("-nogc", ""), protocol

    @staticmethod
    def _expect_same(workload, running):
        """Builds of the package must save the bytes that the stock pickle saves."""
        if STOCK not in running or not workload.settled:
            return
        right = {fact["digest"] for fact in running[STOCK].facts}
        for name in (BRINERY, OTHER):
            if name in running and {fact["digest"] for fact in running[name].facts} != right:
                raise SystemExit(f"bench: {workload.name}: {name}: other bytes than pickle's")

    # -- sections ----------------------------------------------------------------

    def python(self):
        """Every workload beside the stock pickle, in the default protocol."""
        other = bool(self.against)
        names = [STOCK, BRINERY] + [OTHER] * other
        measures = dict.fromkeys(names, [("dumps", None), ("loads", None)])
        measures[STOCK] = measures[STOCK] + [("loads-nogc", None)]
        table = report.Table(
            "Python objects beside the stock pickle",
            ["what", "MB", "dumps", "pickle", "times", "goal"]
            + ["loads", "pickle", "times", "goal", "no GC"]
            + ["other dumps", "loads"] * other,
            "import brinery as pickle: dumps and loads in the default protocol, the end of what is "
            "made included, after the bytes were found to be those of the stock pickle in every "
            "protocol and what comes back equal. times: how many times faster, medians of the "
            "ratios of all rounds; no GC: than the stock loads with the cyclic garbage collector "
            "switched off."
            + (" other: the other build's time over this one's." if other else "")
            + self.left_out,
        )
        bars, means, slower = [], ([], [], []), []
        for workload in self.chosen:
            self._judge(workload)
            found = self._compete(workload, workload.size, measures)
            samples = {name: result["samples"] for name, result in found.items()}
            ratios = [self._ratio(samples, way) for way in (0, 1)]
            nogc = timing.ratio({"a": samples[STOCK][2], "b": samples[BRINERY][1]}, "a", "b")
            for values, value in zip(means, [*ratios, nogc]):
                values.append(value)
            slower += [f"{way} of {workload.title} ({value:.2f})"
                       for way, value in zip(("dumps", "loads"), ratios) if value < 1]
            bars.append((workload.title, ratios, list(workload.goals)))
            cells = [workload.title, f"{found[BRINERY]['facts'][0]['bytes'] / 1e6:.2f}"]
            for way, value in enumerate(ratios):
                cells += [report.seconds(statistics.median(samples[name][way]))
                          for name in (BRINERY, STOCK)]
                cells += [report.times(value), self._goal(value, workload.goals[way])]
            cells += [report.times(nogc)]
            if other:
                cells += [f"{self._ratio(samples, way, OTHER):.3f}" for way in (0, 1)]
            table.add(*cells)
        if not bars:
            return []
        means = [timing.geometric_mean(values) for values in means]
        table.add("geometric mean", "", "", "", report.times(means[0]),
                  self._goal(means[0], MEAN_GOALS[0]), "", "", report.times(means[1]),
                  self._goal(means[1], MEAN_GOALS[1]), report.times(means[2]),
                  *[""] * 2 * other)
        table.notes += f" Slower than the stock pickle: {', '.join(slower) or 'nothing'}."
        self.plots["python.svg"] = report.bars(
            "Python objects: how many times faster than the stock pickle",
            ("dumps", "loads"),
            bars,
            logarithmic=True,
        )
        return [table]

    @staticmethod
    def _ratio(samples, way, slow=STOCK, fast=BRINERY):
        return timing.ratio({"slow": samples[slow][way], "fast": samples[fast][way]},
                            "slow", "fast")

    @staticmethod
    def _goal(value, goal):
        return f"{goal} {verdict(value >= goal)}" if goal else ""

    def protocols(self):
        """Ratios in every protocol, and the sizes of what is saved."""
        numbers = range(6)
        speed = {
            way: report.Table(
                f"Protocols: {way} beside the stock pickle",
                ["what", *map(str, numbers)],
                f"How many times faster {way} is in each protocol, on a part of the items. "
                "-: it cannot be saved in that protocol, by nobody." + self.left_out,
            )
            for way in ("dumps", "loads")
        }
        sizes = report.Table(
            "Protocols: size of the output",
            ["what", *map(str, numbers), "beside stock"],
            "Bytes, of a part of the items, after the bytes were found to be those of the stock "
            "pickle.",
        )
        means = {way: [[] for _ in numbers] for way in speed}
        for workload in self.chosen:
            found_sizes = self._judge(workload)
            sizes.add(workload.title,
                      *(f"{size:,}" if size else "-" for size in found_sizes), "same")
            usable = [p for p in numbers if p >= workload.lowest]
            measures = [(way, p) for p in usable for way in speed]
            found = self._compete(workload, workload.some(),
                                  dict.fromkeys((STOCK, BRINERY), measures), rounds=5)
            samples = {name: result["samples"] for name, result in found.items()}
            for way, table in speed.items():
                cells = ["-"] * len(numbers)
                for protocol in usable:
                    value = self._ratio(samples, measures.index((way, protocol)))
                    means[way][protocol].append(value)
                    cells[protocol] = report.times(value)
                table.add(workload.title, *cells)
        for way, table in speed.items():
            table.add("geometric mean", *(report.times(timing.geometric_mean(values or [1]))
                                          for values in means[way]))
        return [*speed.values(), sizes]

    def files(self):
        """dump and load: a real file, and one in memory."""
        kinds = ("dump-file", "load-file", "dump-memory", "load-memory")
        table = report.Table(
            "Files beside the stock pickle",
            ["what", "MB", "dump", "pickle", "times", "load", "pickle", "times"]
            + ["BytesIO dump", "load"],
            "dump and load: opening a file of a temporary folder, saving to it or loading from it, "
            "closing it, on a part of the items. BytesIO: how many times faster with a file in "
            "memory." + self.left_out,
        )
        means = [[] for _ in kinds]
        with tempfile.TemporaryDirectory() as folder:
            for workload in self.chosen:
                measures = dict.fromkeys((STOCK, BRINERY), [(kind, None) for kind in kinds])
                found = self._compete(workload, workload.some(), measures, rounds=7,
                                      folder=folder)
                samples = {name: result["samples"] for name, result in found.items()}
                ratios = [self._ratio(samples, index) for index in range(len(kinds))]
                for values, value in zip(means, ratios):
                    values.append(value)
                cells = [workload.title, f"{found[BRINERY]['facts'][0]['bytes'] / 1e6:.2f}"]
                for index in (0, 1):
                    cells += [report.seconds(statistics.median(samples[name][index]))
                              for name in (BRINERY, STOCK)]
                    cells += [report.times(ratios[index])]
                table.add(*cells, *map(report.times, ratios[2:]))
        if table.rows:
            dump, load, *memory = (report.times(timing.geometric_mean(v)) for v in means)
            table.add("geometric mean", "", "", "", dump, "", "", load, *memory)
        return [table]

    def peers(self):
        """Other libraries, each on the workloads it can do."""
        names = [name for name in peers.GOALS if name in self.described["versions"]]
        ways = ("dumps", "loads")
        measures = dict.fromkeys([BRINERY, *names], [(way, None) for way in ways])
        tables = [
            report.Table(
                f"Peers: {way}",
                ["what", "brinery", *names],
                f"How many times faster Brinery's {way} is than each library's, on a part of the "
                "items. -: what comes back is not equal, or the library refuses. msgspec: "
                "MessagePack, its decoder told the types where it must know them; protobuf: "
                "with a schema, from and to the same Python objects." + self.left_out,
            )
            for way in ways
        ]
        tables.append(report.Table(
            "Peers: size of the output", ["what", "bytes", *names],
            "Over the size of Brinery's, which is the stock pickle's."))
        ahead = {name: ([], []) for name in names}
        for workload in self.chosen:
            found = self._compete(workload, workload.some(), measures, rounds=7)
            ours = found[BRINERY]
            rows = [[report.seconds(statistics.median(ours["samples"][way]))] for way in (0, 1)]
            rows.append([f"{ours['facts'][0]['bytes']:,}"])
            for name in names:
                if name not in found:
                    for row in rows:
                        row.append("-")
                    continue
                samples = {BRINERY: ours["samples"], name: found[name]["samples"]}
                for way in (0, 1):
                    value = self._ratio(samples, way, name)
                    ahead[name][way].append(value)
                    rows[way].append(report.times(value))
                size = found[name]["facts"][0]["bytes"] / ours["facts"][0]["bytes"]
                rows[2].append(report.times(size))
            for table, row in zip(tables, rows):
                table.add(workload.title, *row)
        return [self._standings(ahead), *tables]

    def _standings(self, ahead):
        missing = [name for name in peers.GOALS if name not in ahead]
        table = report.Table(
            "Peers: on how many workloads Brinery is ahead",
            ["peer", "can do", "dumps", "times", "loads", "times", "together", "goal"],
            "Of the workloads each can do, those on which Brinery's dumps, loads, and both counted "
            "together are faster; times: how many times, the geometric mean."
            + (f" Not installed: {', '.join(missing)}." if missing else ""),
        )
        bars = []
        for name, (dumps, loads) in ahead.items():
            if not dumps:
                continue
            counts = [sum(value > 1 for value in values) for values in (dumps, loads)]
            share = 50 * sum(counts) / len(dumps)
            means = [timing.geometric_mean(values) for values in (dumps, loads)]
            goal = peers.GOALS[name]
            table.add(
                name, len(dumps), counts[0], report.times(means[0]), counts[1],
                report.times(means[1]), f"{share:.0f} %",
                f"{goal} % {verdict(share >= goal)}" if goal else "",
            )
            bars.append((name, means, [None, None]))
        if bars:
            self.plots["peers.svg"] = report.bars(
                "How many times faster than other libraries, on what each can do",
                ("dumps", "loads"),
                bars,
                logarithmic=True,
            )
        return table

    def python_memory(self):
        """Peak memory of dumps and loads, once, in a fresh process each."""
        table = report.Table(
            "Python objects: peak memory of saving and loading once",
            ["what", "MB", "dumps MB", "pickle", "beside stock"]
            + ["loads MB", "pickle", "beside stock"],
            "By how much the resident set of a fresh process grows at most while it saves the "
            "object, or loads it from bytes in memory: the result is part of that. more: by more "
            f"than {MEMORY_TOLERANCE - 1:.0%} and {MEMORY_SLACK // 1024} KiB." + self.left_out,
        )
        for workload in self.chosen:
            size, peaks = self._peaks(workload, workload.size)
            cells = []
            for ours, stock in peaks:
                more = ours > stock * MEMORY_TOLERANCE + MEMORY_SLACK
                cells += [f"{ours / 1e6:.1f}", f"{stock / 1e6:.1f}", "more" if more else "not more"]
            table.add(workload.title, f"{size / 1e6:.2f}", *cells)
        return [table]

    def _peaks(self, workload, items):
        """The size of the pickle, and for dumps and loads the peaks of Brinery and of pickle."""
        with tempfile.TemporaryDirectory() as folder:
            file = str(pathlib.Path(folder) / "pickle")
            peaks = []
            for way in ("dumps", "loads"):
                found = [self._ask("peak", workload, items, name=name, way=way, file=file)
                         for name in (BRINERY, STOCK)]
                peaks.append([each["peak"] for each in found])
        return found[0]["bytes"], peaks

    def python_growth(self):
        """Time and memory against the number of items."""
        quick, long = self.args.quick, self.args.long
        table = report.Table(
            "Python objects: growth, time and peak memory for each item",
            ["what", "items", "dumps", "pickle", "loads", "pickle"]
            + ["dumps B", "pickle", "loads B", "pickle"],
            "ns and bytes an item. Bytes: the peak of the resident set as above, in steps of a "
            "page. ~ n^e: the exponent e with which each grew over the last decade; linear is 1.",
        )
        curves = []
        for workload in self.chosen:
            if workload.name not in GROWTH:
                continue
            last = 7 if long and workload.name in LONG_GROWTH else 5 if quick else 6
            rows = []
            for n in (10**power for power in range(3, last + 1)):
                rows.append((n, self._growth_row(workload, n)))
                cells = [f"{cell / n:.1f}" for cell in rows[-1][1]]
                table.add(workload.name if len(rows) == 1 else "", f"{n:,}", *cells)
            (_, before), (_, after) = rows[-2:]
            table.add("", "~ n^e", *(f"{math.log10(b / a):.2f}" if a > 0 and b > 0 else ""
                                     for a, b in zip(before, after)))
            for way, column in (("dumps", 0), ("loads", 2)):
                curves.append((f"{workload.name}, {way}",
                               [(n, cells[column] / n) for n, cells in rows]))
        if curves:
            self.plots["python-growth.svg"] = report.curves(
                "The package: time for each item",
                "nanoseconds an item, against the number of items",
                curves,
            )
        return [table]

    def _growth_row(self, workload, n):
        """ns and bytes of all items."""
        measures = dict.fromkeys((STOCK, BRINERY), [("dumps", None), ("loads", None)])
        found = self._compete(workload, n, measures, rounds=5)
        times = [statistics.median(found[name]["samples"][way]) * 1e9
                 for way in (0, 1) for name in (BRINERY, STOCK)]
        _, peaks = self._peaks(workload, n)
        return [*times, *peaks[0], *peaks[1]]
