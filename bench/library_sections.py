"""The sections about the C library and the command: reading, memory, dis, show, growth.

Each makes tables, and some a plot.
"""

import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

import check
import library
import report
import workloads
from report import verdict
from timing import ratio, spread

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_GOAL = 12
DIS_GOAL = 50
SHOW_GOAL = 0.5
LARGE = 100_000_000


def measured(measure, **job):
    """What measure.py answers, in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(HERE / "measure.py"), json.dumps({"measure": measure, **job})],
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


class LibrarySections:
    """against: another build of the library, measured as well by `reading`."""

    names = ("reading", "memory", "dis", "show", "growth")

    def __init__(self, args, against=None):
        self.args = args
        self.against = against
        self.lib_path = args.library or library.library_path()
        self.lib = library.Library(self.lib_path)
        self.rounds = args.rounds or (7 if args.quick else 41)
        self.chosen = [w for w in workloads.READING if args.chosen(w.name)]
        self.plots = {}

    def facts(self):
        return report.library_facts(self.lib_path, self.lib.version)

    def command(self):
        return self.args.command or library.command_path()

    def reading(self):
        """times of reading and freeing"""
        other = self.against
        libraries = {"": self.lib_path, **({"other-": other} if other else {})}
        digests = {w.name: check.right_digest(self.lib_path, w, 1) for w in self.chosen}
        rows = measured(
            "reading", libraries=libraries, workloads=digests, scale=1, rounds=self.rounds
        )
        headings = ["what", "MB", "brinery", "", "copying", "pool", "pickle", "no GC"]
        headings += ["times", "no GC", "GB/s", "goal"]
        headings += ["other", "copying"] if other else []
        table = report.Table(
            "Reading beside pickle.loads",
            headings,
            f"Medians of {self.rounds} rounds, freeing included. brinery: the document borrows the "
            "bytes; copying: it takes a copy; pool: borrowing, in a pool that is used again and "
            "again; pickle: pickle.loads, then with the cyclic garbage collector switched off. "
            "times: how many times faster the borrowing reader is than each."
            + (" other: the other library's time over this one's." if other else ""),
        )
        bars = []
        for row in rows:
            samples = row["samples"]
            middle = {name: statistics.median(values) for name, values in samples.items()}
            workload = workloads.reading(row["name"])
            ratios = [ratio(samples, slow, "borrow") for slow in ("pickle", "pickle-nogc")]
            bars.append((workload.title, ratios, [workload.target] * 2))
            cells = [workload.title, f"{row['bytes'] / 1e6:.1f}", report.seconds(middle["borrow"])]
            cells += [spread(samples["borrow"])]
            others = ("copy", "pool", "pickle", "pickle-nogc")
            cells += [report.seconds(middle[name]) for name in others]
            cells += [report.times(value) for value in ratios]
            cells += [f"{row['bytes'] / middle['borrow'] / 1e9:.2f}"]
            goal = workload.target
            cells += [f"{goal} {self._both(ratios, goal)}" if goal else ""]
            if other:
                cells += [
                    f"{ratio(samples, 'other-' + way, way):.3f}" for way in ("borrow", "copy")
                ]
            table.add(*cells)
        self.plots["reading.svg"] = report.bars(
            "Reading a pickle: how many times faster than CPython",
            ("pickle.loads", "pickle.loads, GC off"),
            bars,
        )
        return [table]

    @staticmethod
    def _both(ratios, goal):
        if min(ratios) >= goal:
            return "reached"
        return "reached with GC only" if max(ratios) >= goal else "missed"

    def memory(self):
        """peak memory, and time, of reading once"""
        table = report.Table(
            "Reading once: peak memory and time",
            ["what", "MB", "values", "brinery", "copying", "pickle", f"goal {MEMORY_GOAL}"]
            + ["time", "copying", "pickle"],
            "By how much the resident set of a fresh process grows at most, over the size of the "
            "pickle, which is in memory before. copying: with the document's own copy of the "
            "pickle. time: of that one reading, without freeing: memory is fresh, on all sides.",
        )
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "pickle")
            for workload in self.chosen:
                data = workload.data()
                with open(path, "wb") as file:
                    file.write(data)
                doc = self.lib.reader(data, borrow=True)()
                values = self.lib.count(doc)
                self.lib.free(doc)
                peaks, times = {}, {}
                for reader in ("borrow", "copy", "pickle"):
                    found = measured("memory", library=self.lib_path, file=path, reader=reader)
                    peaks[reader] = found["peak"] / len(data)
                    times[reader] = found["seconds"]
                table.add(
                    workload.title,
                    f"{len(data) / 1e6:.1f}",
                    f"{values:,}",
                    *(report.times(peak) for peak in peaks.values()),
                    verdict(max(peaks["borrow"], peaks["copy"]) <= MEMORY_GOAL),
                    *(report.seconds(value) for value in times.values()),
                )
        return [table]

    def dis(self):
        """disassembling"""
        names = [w.name for w in self.chosen]
        if self.args.quick and not self.args.workload:
            names = ["records", "document"]
        scale = 0.1 if self.args.quick else 0.15
        rounds = 3 if self.args.quick else 5
        table = report.Table(
            "Disassembling beside pickletools",
            ["what", "MB", "brinery", "pickletools", "times", f"goal {DIS_GOAL}"],
            "brn_disassemble() and pickletools.dis() to nowhere, after the texts were found to be "
            "the same; then the commands `brinery dis FILE` and `python -m pickletools FILE`.",
        )
        for row in measured(
            "disassembling", library=self.lib_path, workloads=names, scale=scale, rounds=rounds
        ):
            self._dis_row(table, row["name"], row["bytes"], row["samples"], "pickletools")
        with tempfile.TemporaryDirectory() as folder:
            data = workloads.reading("document").data(scale)
            path = pathlib.Path(folder) / "pickle"
            path.write_bytes(data)
            commands = {
                "brinery": [self.command(), "dis", str(path)],
                "pickletools": [sys.executable, "-m", "pickletools", str(path)],
            }
            texts = {
                subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
                for command in commands.values()
            }
            if len(texts) != 1:
                raise SystemExit("bench: the commands disassemble differently")
            samples = measured("commands", commands=commands, rounds=rounds)["processor"]
            self._dis_row(table, "document, the commands", len(data), samples, "pickletools")
        return [table]

    @staticmethod
    def _dis_row(table, name, size, samples, slow):
        times = ratio(samples, slow, "brinery")
        table.add(
            name,
            f"{size / 1e6:.1f}",
            *(report.seconds(statistics.median(samples[key])) for key in ("brinery", slow)),
            report.times(times),
            verdict(times >= DIS_GOAL),
        )

    def show(self):
        """`brinery show` of a large file"""
        table = report.Table(
            f"Looking inside a pickle of {LARGE // 1_000_000} MB",
            ["what", "wall", "best", "processor", f"goal {SHOW_GOAL} s"],
            "From start to exit of the process: median and best by the wall clock, and the median "
            "of processor time. The file is in the page cache.",
        )
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "large.pkl")
            records = measured("write_large", file=path, size=LARGE)["records"]
            load = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
            commands = {
                "brinery": [self.command(), "show", path],
                "pickle": [sys.executable, "-c", load, path],
                "python": [sys.executable, "-c", "pass"],
            }
            shown = subprocess.run(commands["brinery"], stdout=subprocess.PIPE, check=True).stdout
            first, *rest = shown.decode().split("\n")
            if f"{records:,}" not in first or not any("'name 1000000'" in line for line in rest):
                raise SystemExit(f"bench: shown wrong: {first}")
            samples = measured("commands", commands=commands, rounds=3 if self.args.quick else 5)
        titles = {
            "brinery": f"brinery show, {records:,} records",
            "pickle": "python -c 'pickle.load(...)'",
            "python": "python -c pass",
        }
        for name, values in samples["wall"].items():
            middle = statistics.median(values)
            table.add(
                titles[name],
                report.seconds(middle),
                report.seconds(min(values)),
                report.seconds(statistics.median(samples["processor"][name])),
                verdict(middle < SHOW_GOAL) if name == "brinery" else "",
            )
        return [table]

    def growth(self):
        """time and memory against size"""
        last = 7 if self.args.long else 5 if self.args.quick else 6
        sizes = [10**power for power in range(3, last + 1)]
        table = report.Table(
            "Growth: time and peak memory for each item",
            ["what", "items", "bytes", "brinery", "pickle", "times", "memory", "pickle"],
            "ns and bytes an item; pickle with the collector off. memory: the most that was taken "
            "from the allocator at a time; pickle: the most its objects took (tracemalloc). "
            "~ n^e: the exponent e with which each grew over the last decade; linear is 1.",
        )
        curves = []
        for shape in workloads.GROWTH:
            rows = measured(
                "growth",
                library=self.lib_path,
                shape=shape.name,
                sizes=sizes,
                rounds=5 if self.args.quick or self.args.long else 15,
            )
            curve = []
            for row in rows:
                n, samples = row["n"], row["samples"]
                each = {name: statistics.median(s) / n for name, s in samples.items()}
                curve.append((n, each["brinery"] * 1e9))
                table.add(
                    shape.title if n == sizes[0] else "",
                    f"{n:,}",
                    f"{row['bytes'] / n:.1f}",
                    f"{each['brinery'] * 1e9:.1f}",
                    f"{each['pickle'] * 1e9:.1f}",
                    report.times(ratio(samples, "pickle", "brinery")),
                    f"{row['peak'] / n:.0f}",
                    f"{row['pickle-peak'] / n:.0f}",
                )
            curves.append((shape.name, curve))
            before, after = rows[-2:]
            slopes = [
                math.log10(
                    statistics.median(after["samples"][name])
                    / statistics.median(before["samples"][name])
                )
                for name in ("brinery", "pickle")
            ]
            slopes += [math.log10(after[key] / before[key]) for key in ("peak", "pickle-peak")]
            slopes = [f"{slope:.2f}" for slope in slopes]
            table.add("", "~ n^e", "", *slopes[:2], "", *slopes[2:])
        self.plots["growth.svg"] = report.curves(
            "Reading: time for each item",
            "nanoseconds an item, against the number of items",
            curves,
        )
        return [table]
