"""Running the command under test.

Thousands of pickles go through one process, as one file with one pickle after another: that is
what `--all` is for.  Where time and memory matter, `measured()` starts the command from a small
process of its own, because the peak a child is charged with includes that of whoever started it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"

_PLACES = ["build/brinery", "build/release/cli/brinery", "build/cli/brinery"]


def binary():
    """The command: $BRINERY, or what has been built."""
    named = os.environ.get("BRINERY")
    if named:
        return str(pathlib.Path(named).resolve())
    for place in _PLACES:
        path = ROOT / place
        if path.exists():
            return str(path)
    raise FileNotFoundError("no command to test: build it, or set BRINERY")


def run(*args, data=None, timeout=120):
    """Run the command.  `data` becomes its standard input, which is `-`."""
    return subprocess.run(
        [binary(), *map(str, args)],
        input=b"" if data is None else data,
        capture_output=True,
        timeout=timeout,
        check=False,
        # What os.environ says, without the COLUMNS that readline, which pytest imports, puts
        # into the process' environment behind Python's back.
        env=dict(os.environ),
    )


def ok(*args, data=None, timeout=120):
    """Standard output of a run that must succeed."""
    done = run(*args, data=data, timeout=timeout)
    assert done.returncode == 0, f"{args}: exit {done.returncode}: {done.stderr[:2000]!r}"
    return done.stdout


def error_number(stderr):
    """The number in `error 45 (ODD_ITEMS) ...`, or None."""
    text = stderr.decode("utf-8", "replace")
    before, found, after = text.partition("error ")
    number = after.split(" ", 1)[0]
    return int(number) if found and number.isdigit() else None


def lossless(*pickles):
    """The lossless JSON of every pickle, as texts."""
    text = ok("json", "--lossless", "--all", "-", data=b"".join(pickles)).decode("utf-8")
    lines = text.split("\n")
    assert lines.pop() == "", "the last line ends, too"
    assert len(lines) == len(pickles), f"{len(lines)} documents for {len(pickles)} pickles"
    return lines


def disassembled(*pickles):
    """For every pickle the objects `dis --json` writes for its opcodes."""
    out = [[]]
    text = ok("dis", "--json", "--all", "-", data=b"".join(pickles)).decode("utf-8")
    for line in text.split("\n"):  # splitlines() knows more line ends than JSON escapes
        if not line:
            continue
        entry = json.loads(line)
        out[-1].append(entry)
        if entry["opcode"] == "STOP":
            out.append([])
    assert out.pop() == [], "the output ends with STOP"
    assert len(out) == len(pickles), f"{len(out)} disassemblies for {len(pickles)} pickles"
    return out


_MEASURE = """
import json, os, resource, sys
space, seconds, report, *command = sys.argv[1:]
def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if int(space):
        resource.setrlimit(resource.RLIMIT_AS, (int(space), int(space)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
child = os.fork()
if child == 0:
    limit()
    os.execv(command[0], command)
_, status = os.waitpid(child, 0)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(report, "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024,
               used.ru_utime + used.ru_stime], file)
"""


def measured(*args, data=None, space=0, seconds=60):
    """Run the command with limits on its address space (bytes) and processor time.

    Returns code, out, err, peak (bytes) and time (seconds of processor time).
    """
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report")
        source = os.path.join(folder, "input")
        with open(source, "wb") as file:
            file.write(data or b"")
        with open(source, "rb") as file:
            done = subprocess.run(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-c",
                    _MEASURE,
                    str(space),
                    str(seconds),
                    report,
                    binary(),
                    *map(str, args),
                ],
                stdin=file,
                capture_output=True,
                timeout=20 * seconds + 60,
                check=True,
            )
        with open(report, encoding="ascii") as file:
            code, peak, time = json.load(file)
    return types.SimpleNamespace(code=code, out=done.stdout, err=done.stderr, peak=peak, time=time)


def deeply(function, *args):
    """Call a function with room for deep recursion."""
    result = []

    def call():
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(400_000)
        try:
            result.append((True, function(*args)))
        except BaseException as error:  # handed on to the caller
            result.append((False, error))
        finally:
            sys.setrecursionlimit(limit)

    size = threading.stack_size(512 * 1024 * 1024)
    try:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    good, value = result[0]
    if not good:
        raise value
    return value
