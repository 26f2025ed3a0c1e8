"""One scanner, asked about many files: the other half of compare_scanners.py.

    PYTHON scanner_worker.py NAME [--seconds N] <PATHS

NAME is picklescan, fickling, modelscan or modelaudit, which the interpreter has installed, or the
path of the command `brinery`.  Each file is scanned by a fork of this process that has loaded the
scanner and scanned a file with it, so starting it does not count; Brinery's command is started
for each file, and that does count.  A line of JSON answers each path:

    {"path", "verdict": "alarm"|"refused"|"skipped"|"clean"|"failed", "seconds", "megabytes"}

"alarm" is a finding; "refused" says that the file could not be read; "skipped" that the scanner
does not look at such files; "failed" that it crashed or took too long.
"""
import argparse
import contextlib
import importlib.metadata
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import time

os.environ.update(PROMPTFOO_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")


def load_picklescan():
    from picklescan.scanner import scan_file_path

    def scan(path):
        found = scan_file_path(path)
        if found.issues_count:
            return "alarm"
        if found.scan_err:
            return "refused"
        return "clean" if found.scanned_files else "skipped"
    return scan


def load_fickling():
    import fickling

    def scan(path):
        found = fickling.scan_file(path, graceful=True)
        if not found.is_safe and found.results:
            return "alarm"
        return "refused" if found.errors or not found.is_safe else "clean"
    return scan


def load_modelscan():
    from modelscan.modelscan import ModelScan

    def scan(path):
        found = ModelScan().scan(path)
        if found["summary"]["total_issues"]:
            return "alarm"
        if found["errors"]:
            return "refused"
        return "clean" if found["summary"]["scanned"]["total_scanned"] else "skipped"
    return scan


def load_modelaudit():
    from modelaudit.core import scan_model_directory_or_file
    from modelaudit.core_results import determine_exit_code

    def scan(path):
        return ("clean", "alarm", "refused")[
            determine_exit_code(scan_model_directory_or_file(path))]
    return scan


def load_brinery(command):
    def scan(path):
        os.execv(command, [command, "scan", "--quiet", path])
    return scan


LOADERS = {"picklescan": load_picklescan, "fickling": load_fickling,
           "modelscan": load_modelscan, "modelaudit": load_modelaudit}
VERDICTS = ("clean", "alarm", "refused", "skipped")


def warm_up(scan):
    """Have the scanner import what it imports when it needs it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "warm.pkl")
        with open(path, "wb") as file:
            pickle.dump({"a": [1, 2.5, "x"], "finding": os.getcwd}, file)
        scan(path)


def child(scan, path, seconds):
    """Scan, and exit with the verdict's number; never returns."""
    status = 9
    try:
        output = os.open("/dev/null", os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
        status = VERDICTS.index(scan(path))
    finally:
        os._exit(status)


def ask(scan, path, seconds):
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(scan, path, seconds)
    pause = 0.0001
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - started > seconds:
            os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.2, 0.01)
    verdict = "failed"
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) < len(VERDICTS):
        verdict = VERDICTS[os.WEXITSTATUS(status)]
    return {"path": path, "verdict": verdict,
            "seconds": round(usage.ru_utime + usage.ru_stime, 4),
            "elapsed": round(time.monotonic() - started, 4),
            "megabytes": usage.ru_maxrss // 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scanner")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    name = arguments.scanner
    try:
        scan = LOADERS[name]() if name in LOADERS else load_brinery(name)
        if name in LOADERS:
            with contextlib.redirect_stdout(sys.stderr):
                warm_up(scan)
    except ImportError as error:
        sys.exit(f"{name}: {error}")
    version = importlib.metadata.version(name) if name in LOADERS else ""
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        print(json.dumps(ask(scan, line.rstrip("\n"), arguments.seconds)), flush=True)


if __name__ == "__main__":
    main()
