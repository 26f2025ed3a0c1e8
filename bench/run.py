#!/usr/bin/env python3
"""How fast and how small saving and reading pickles is, beside CPython and others: `make bench`.

Every table is one interleaved run on one core.  A result is checked to be right before its time
counts.  A full run writes RESULTS.md and the plots next to this file.
"""

import argparse
import datetime
import pathlib
import sys

import foreign
import library
import objects
import report
import workloads
from foreign_sections import ForeignSections
from library_sections import LibrarySections
from package_sections import PackageSections

HERE = pathlib.Path(__file__).resolve().parent
VENV = library.ROOT / "build" / "bench-venv" / "bin" / "python"
DOORS = (LibrarySections, ForeignSections, PackageSections)
SECTIONS = [name for door in DOORS for name in door.names]
WORKLOADS = list(dict.fromkeys(
    w.name for w in [*workloads.READING, *workloads.FOREIGN, *objects.OBJECTS]))


class Options(argparse.Namespace):
    def chosen(self, workload):
        return not self.workload or workload in self.workload


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("section", nargs="*", help=f"{', '.join(SECTIONS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller growth")
    parser.add_argument("--long", action="store_true", help="growth up to 10,000,000 items")
    parser.add_argument("--rounds", type=int, help="rounds (reading: 41, python: 15; --quick 7)")
    parser.add_argument(
        "--workload",
        metavar="NAME[,NAME]",
        type=lambda text: text.split(","),
        action="extend",
        help=f"only these, of: {', '.join(WORKLOADS)}",
    )
    parser.add_argument("--library", help="the shared library (default: that of make)")
    parser.add_argument("--command", help="the command (default: that of make)")
    parser.add_argument("--site", default=str(library.ROOT / "build" / "python" / "site"),
                        help="the folder of the Python package (default: that of make)")
    parser.add_argument("--python", default=str(VENV) if VENV.exists() else sys.executable,
                        help="the interpreter of the package (default: that with its peers)")
    parser.add_argument("--peers", default=str(foreign.BUILT),
                        help="the folder of the programs in other languages")
    parser.add_argument("--results", metavar="FILE", type=pathlib.Path,
                        help="write the tables of this run there, without plots")
    parser.add_argument("--renew", metavar="FILE", type=pathlib.Path,
                        help="put the tables of this run into that file of results, each in the "
                        "place of the one with its title, and the plots next to it")
    parser.add_argument("--against", metavar="BUILD",
                        help="another build beside it: a library (reading), a folder (python)")
    args = parser.parse_args(namespace=Options())
    for section in args.section:
        if section not in SECTIONS:
            parser.error(f"no such section: {section}")
    for workload in args.workload or []:
        if workload not in WORKLOADS:
            parser.error(f"no such workload: {workload}")
    return args


def write(doors, tables, file, written_by, plots):
    facts = [fact for door in doors for fact in door.facts()] + report.machine()
    parts = [
        f"# Results\n\nWritten by `{written_by}`; README.md says how it measures.\n",
        "| | |\n| --- | --- |\n" + "".join(f"| {name} | {fact} |\n" for name, fact in facts),
        *(["".join(f"![{name}]({name})\n" for name in plots)] if plots else []),
        *(table.markdown() for table in tables),
    ]
    file.write_text("\n".join(parts), encoding="utf-8")


def save(doors, tables):
    plots = {name: plot for door in doors for name, plot in door.plots.items()}
    write(doors, tables, HERE / "RESULTS.md", "make bench", plots)
    for name, plot in plots.items():
        (HERE / name).write_text(plot, encoding="utf-8")
    print("written: bench/RESULTS.md, " + ", ".join(f"bench/{name}" for name in plots))


def renew(doors, tables, file):
    """Of results that were written before, what this run has measured again.

    Each of its tables says when, as the facts at the top are those of the run that wrote the file.
    """
    head, *old = file.read_text(encoding="utf-8").split("\n## ")
    parts = {part.partition("\n")[0]: part for part in old}
    today = datetime.date.today().isoformat()
    for table in tables:
        text = table.markdown().rstrip().removeprefix("## ")
        parts[table.title] = f"{text} Measured again on {today}.\n"
    text = "\n## ".join([head, *(part.rstrip("\n") + "\n" for part in parts.values())])
    file.write_text(text, encoding="utf-8")
    for door in doors:
        for name, plot in door.plots.items():
            (file.parent / name).write_text(plot, encoding="utf-8")


def main():
    args = parse()
    # A folder is a build of the package, anything else one of the library.
    folder = args.against and pathlib.Path(args.against).is_dir()
    against = {LibrarySections: None if folder else args.against, ForeignSections: None,
               PackageSections: args.against if folder else None}
    doors, tables = [], []
    for door in DOORS:
        sections = [name for name in args.section or SECTIONS if name in door.names]
        if not sections:
            continue
        doors.append(door(args, against[door]))
        for section in sections:
            for table in getattr(doors[-1], section.replace("-", "_"))():
                tables.append(table)
                print(table.text(), flush=True)
    if args.results:
        write(doors, tables, args.results, "bench/run.py " + " ".join(sys.argv[1:]), {})
    elif args.renew:
        renew(doors, tables, args.renew)
    elif not (args.section or args.quick or args.workload or args.against):
        save(doors, tables)


if __name__ == "__main__":
    main()
