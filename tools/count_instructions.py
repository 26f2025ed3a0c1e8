"""Instructions that saving and loading take, this commit's beside its parent's.

    python3 tools/count_instructions.py [--against COMMIT] [--built]

Times need a quiet machine; a count of instructions is the same each time, so that a slow-down of
some per cent is seen on any.  Both commits' packages are built here, with their own flags and the
same compiler (with --built, this one's is taken from build/python), and run under callgrind, in
which each of six small workloads is dumped and loaded.
What grew by more than 5 % fails, unless the message of the commit has a line

    Costs: WORKLOAD REASON

A work tree with changes is compared with its commit, a clean one with the commit's (first) parent.
Counts do not see caches, nor what the processor does at a time: bench/run.py does.

The last line is "N passed, N failed"; without a parent to compare with, the exit status is 77.
"""

import argparse
import gc
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "instructions"
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
LIMIT = 0.05
SKIPPED = 77
# The names of folders have the same length, as paths end up in the memory that is measured.
THIS, PARENT = "commit", "parent"


# ----------------------------------------------------------------------------
# What is counted, under callgrind
# ----------------------------------------------------------------------------


class Plain:
    def __init__(self, n):
        self.name = f"plain {n}"
        self.size = n
        self.weight = n / 7


def _document(n):
    return {
        "version": 3,
        "users": [
            {
                "id": i,
                "profile": {"name": f"user {i}", "tags": ["red", f"tag {i % 7}"], "active": True},
                "score": i / 3,
                "orders": [{"sku": f"sku-{i * k}", "price": i * k / 100} for k in range(3)],
                "note": None,
            }
            for i in range(n)
        ],
    }


def _message(n):
    return {"id": 12345 + n, "type": "update", "ok": True, "value": 0.25, "tags": ["a"]}


# Name: (objects, how often each is saved and loaded).
WORKLOADS = {
    "records": (
        [
            [
                {"id": i, "name": f"name {i}", "value": i / 7, "active": i % 3 == 0, "group": "all"}
                for i in range(1000)
            ]
        ],
        4,
    ),
    "document": ([_document(250)], 4),
    "instances": ([[Plain(i) for i in range(1000)]], 4),
    "strings": ([[f"string {i}" for i in range(4000)]], 4),
    "ints": ([list(range(0, 3_000_000, 250))], 4),
    "messages": ([_message(i) for i in range(100)], 10),
}
FIGURES = [(way, name) for name in WORKLOADS for way in ("dumps", "loads")]
# Whoever calls it tells callgrind to write down what it has counted and to begin again.  The
# function is one of the C library that nothing else here calls.
MARKER = "getpgid"
# Where objects lie decides which of them collide in a hash of addresses, and whether Python's
# allocator has room or must ask for some, which makes up to 1 per cent.  So all is counted with
# several states of memory, these numbers of objects apart, and the middle is taken.
STATES = (0, 777, 3000)
# Copying and filling memory by one instruction that callgrind counts once for every byte is what
# the C library does or not by how the addresses lie to one another: not here.
TUNABLES = ":".join(f"glibc.cpu.x86_rep_{name}_threshold=4000000000" for name in ("movsb", "stosb"))


def roomy_memory(state):
    """What must stay alive for the allocator to have room in blocks of most sizes, whatever was
    made before: some of each page."""
    kept = [("x" * (i % 90), [i]) for i in range(state)]
    for size in range(48, 513, 16):
        kept += [bytes(size - 33) for _ in range(3000)][::50]
    return kept


def count_me(site, state):
    """Run under callgrind: do the work of all figures, each between two marks."""
    sys.path.insert(0, site)
    import brinery

    if pathlib.Path(site) not in pathlib.Path(brinery.__file__).parents:
        sys.exit(f"another package than that in {site}")
    # When the collector runs depends on all that was made before.
    gc.disable()
    kept = roomy_memory(state)
    for way, name in FIGURES:
        values, turns = WORKLOADS[name]
        if way == "loads":
            values = [brinery.dumps(value) for value in values]
        function = getattr(brinery, way)
        function(values[0])  # what is found out once is not counted
        os.getpgid(0)
        for _ in range(turns):
            for value in values:
                function(value)
        os.getpgid(0)
    del kept


def count_once(name, state):
    out = FOLDER / f"{name}.callgrind"
    for old in FOLDER.glob(f"{out.name}*"):
        old.unlink()
    command = ["setarch", "-R", "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
               f"--dump-before={MARKER}", PYTHON, "-S", "-B", __file__, "--count-me",
               str(FOLDER / name), str(state)]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8",
                   "GLIBC_TUNABLES": TUNABLES}
    done = subprocess.run(command, cwd=FOLDER, env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"count_instructions: {name}:\n{done.stdout}")
    dumps = [pathlib.Path(f"{out}.{i}") for i in range(1, 2 * len(FIGURES) + 1)]
    if not all(dump.exists() for dump in dumps):
        sys.exit(f"count_instructions: callgrind has seen no calls of {MARKER}()")
    totals = [int(re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)[1])
              for dump in dumps]
    return totals[1::2]


def count(name):
    """The instructions of each figure with the build of that name."""
    counted = [count_once(name, state) for state in STATES]
    return dict(zip(FIGURES, map(statistics.median, zip(*counted))))


# ----------------------------------------------------------------------------
# The two builds
# ----------------------------------------------------------------------------


def skip(reason):
    print(f"count_instructions: skipped, nothing was counted: {reason}")
    sys.exit(SKIPPED)


def git(*arguments, fails=False):
    done = subprocess.run(["git", *arguments], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode and not fails:
        skip(f"git {arguments[0]}: {done.stderr.strip()}")
    return None if done.returncode else done.stdout.strip()


def what_against(given):
    """The commit to compare with, in full."""
    if shutil.which("git") is None:
        skip("git is missing")
    git("rev-parse", "--git-dir")
    if given:
        return git("rev-parse", "--verify", "--quiet", f"{given}^{{commit}}", fails=True) or skip(
            f"there is no commit {given}")
    changed = git("status", "--porcelain", "--untracked-files=no")
    name = "HEAD" if changed else "HEAD~1"
    commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", fails=True)
    return commit or skip("the commit's parent is not there: a first commit, or a shallow clone")


def unpack(name, archiving, *, keep_times, **options):
    """Make a source tree of what a command archives.  What was built in its folder stays: most
    objects are the same, and ninja sees by times which are not."""
    source = FOLDER / f"{name}-source"
    source.mkdir(parents=True, exist_ok=True)
    for old in source.iterdir():
        if old.name != "build":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    archive = subprocess.run(archiving, cwd=ROOT, check=True, stdout=subprocess.PIPE, **options)
    subprocess.run(["tar", "-x", *([] if keep_times else ["-m"])], cwd=source,
                   input=archive.stdout, check=True)
    return source


def unpack_this():
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    there = "\0".join(name for name in names if name and (ROOT / name).is_file())
    return unpack(THIS, ["tar", "-c", "--null", "-T", "-"], keep_times=True, input=there.encode())


def unpack_parent(commit):
    stamp = FOLDER / f"{PARENT}-source" / ".commit"
    if not stamp.exists() or stamp.read_text() != commit:
        # Its times would be those of the commit: an older one must look new to ninja.
        unpack(PARENT, ["git", "archive", commit], keep_times=False)
        stamp.write_text(commit)
    return stamp.parent


def build(source, name):
    """Build the package of a source tree, and put it where it is counted.  Answers with what went
    wrong, or None."""
    done = subprocess.run(["tools/build.sh", "python"], cwd=source, text=True, check=False,
                          env=dict(os.environ, PYTHON=PYTHON), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        return done.stdout.strip() or "tools/build.sh does not say why"
    take(source, name)
    return None


def take(source, name):
    """Put the package that has been built in a source tree where it is counted."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    shutil.copytree(source / "build" / "python" / "site", FOLDER / name)


# ----------------------------------------------------------------------------
# The verdict
# ----------------------------------------------------------------------------


def costs(messages):
    """What the messages of commits say may cost more: workload and reason."""
    found = dict(re.findall(r"^Costs: +(\S+) +(\S.*)$", messages, re.MULTILINE))
    unknown = [name for name in found if name not in WORKLOADS]
    if unknown:
        sys.exit(f"count_instructions: Costs: no such workload: {', '.join(unknown)}; "
                 f"there are: {', '.join(WORKLOADS)}")
    return found


def compare(before, after, admitted):
    """Print the table; how many figures are within the limit, and how many are not."""
    failed = 0
    print(f"{'':16} {'parent':>12} {'this':>12} {'growth':>8}")
    for way, name in FIGURES:
        old, new = before[way, name], after[way, name]
        growth = new / old - 1
        note = ""
        if growth > LIMIT and name in admitted:
            note = f"  costs: {admitted[name]}"
        elif growth > LIMIT:
            note = f"  more than {LIMIT:.0%}"
            failed += 1
        print(f"{way} {name:10} {old:12,} {new:12,} {growth:+8.2%}{note}")
    return len(FIGURES) - failed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="COMMIT", help="compare with this one")
    parser.add_argument("--built", action="store_true",
                        help="this commit's package is in build/python, and up to date")
    parser.add_argument("--count-me", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.count_me:
        site, state = arguments.count_me
        count_me(site, int(state))
        return 0
    for program in ("valgrind", "setarch"):
        if shutil.which(program) is None:
            skip(f"{program} is missing: tools/setup.sh test")
    commit = what_against(arguments.against)
    admitted = costs(git("log", "--format=%B", f"{commit}..HEAD"))
    if arguments.built:
        take(ROOT, THIS)
    else:
        failure = build(unpack_this(), THIS)
        if failure:
            sys.exit(f"count_instructions: {failure}")
    failure = build(unpack_parent(commit), PARENT)
    if failure:
        skip(f"the parent cannot be built: {failure.splitlines()[-1]}")
    passed, failed = compare(count(PARENT), count(THIS), admitted)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
