"""Run everything worth running before a commit, and count.

    python3 tools/run_tests.py [--long] [--jobs N] [--list] [STAGE...]

The work is cut into stages: a build, the C tests on one build, a test-suite in Python, lint,
fuzzing.  Stages wait for the stages they need, and otherwise run N at a time (default 2).
Each stage's output goes to build/logs/STAGE.log; of a stage that fails, the end is printed.
Naming stages runs these and what they need.

A stage counts what it ran.  One that ran nothing has failed, and so has one that says
all is well and exits with an error: a test-suite that tests nothing must not look like
success.  One that cannot run on this machine says so by its exit status, 77, and is shown as
skipped with its reason.  The last line is "N passed, N failed", summed over all stages.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
# The exit status of a stage that cannot run here, as automake and meson have it; it says why.
SKIPPED = 77
PYTEST = ["build/venv/bin/python", "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider"]

# The tests of the Python package.
DOOR = [f"tests/python/test_{name}.py" for name in (
    "dumps", "failures", "fast_arrays", "fast_collections", "fast_dumps", "fast_loads",
    "fast_reduce", "found_files", "helpful_errors", "hostile", "integrations", "leaks", "loads",
    "moved", "pickletools", "real_objects", "safe", "safe_presets", "scan", "tasks", "threads",
    "unique")]
# Those that say most in least time, for the sanitizers.
DOOR_ASAN = [f"tests/python/test_{name}.py" for name in (
    "fast_arrays", "fast_collections", "fast_dumps", "fast_loads", "fast_reduce", "helpful_errors",
    "moved", "safe", "unique")]
# Those that know ways which are different without what is known of the interpreter's structs; the
# others only in the long run.
DOOR_PUBLIC = [f"tests/python/test_{name}.py" for name in (
    "fast_collections", "fast_dumps", "fast_loads", "fast_reduce", "unique")]
DOOR_PUBLIC_LONG = [f"tests/python/test_{name}.py" for name in (
    "dumps", "fast_arrays", "loads", "safe")]
# The command's tests that give it what is malformed, large or many files.
CLI_ASAN = [f"tests/cli/test_cli_{name}.py" for name in (
    "convert", "documents", "from_json", "get", "input", "scan")]


def sanitized():
    """The environment in which an interpreter built without sanitizers loads the extension with."""
    libraries = [subprocess.run(["gcc", f"-print-file-name={name}"], check=False, text=True,
                                stdout=subprocess.PIPE).stdout.strip()
                 for name in ("libasan.so", "libubsan.so")]
    return {"PYTHONPATH": str(ROOT / "build" / "python-asan" / "site"), "PYTHONMALLOC": "malloc",
            "LD_PRELOAD": ":".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"}


# How a stage's counts are found: functions of (stage, output, exit status)
# that return (passed, failed).

def count_one(stage, output, status):
    """The stage is one test: a build, without which nothing that needs it can run."""
    return (1, 0) if status == 0 else (0, 1)


def count_summary(stage, output, status):
    """The last line is "N passed, N failed", as our scripts print it."""
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)


def count_pytest(stage, output, status):
    """pytest's last line: "3 failed, 120 passed, 2 skipped in 4.56s"."""
    lines = [line for line in output.splitlines() if re.search(r" in [\d.]+s", line)]
    if not lines:
        return (0, 0)
    counts = {word.rstrip("s"): int(number)
              for number, word in re.findall(r"(\d+) (passed|failed|errors?)", lines[-1])}
    return (counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0))


def count_meson(stage, output, status):
    """cmocka's lines in meson's log; a program that is not cmocka's, or crashed, is one test."""
    log = ROOT / "build" / stage.build / "meson-logs" / stage.meson_log
    passed = failed = 0
    if not log.exists():
        return (0, 0)
    for line in log.read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
        good = len(re.findall(r"^\[       OK \]", text, re.MULTILINE))
        bad = len(re.findall(r"^\[  FAILED  \] (?!\d+ test)", text, re.MULTILINE))
        if test["result"] == "OK":
            passed += max(good, 1)
        else:
            # cmocka names a failure twice: when it happens, and at the end.
            passed += good
            failed += max(bad // 2, 1)
    return (passed, failed)


@dataclasses.dataclass
class Stage:
    name: str
    command: list
    count: object
    needs: tuple = ()
    build: str = ""          # of count_meson: the folder in build/
    meson_log: str = "testlog.json"
    env: dict = dataclasses.field(default_factory=dict)
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    processor: float = 0.0   # seconds of processor time, which other work beside it does not change

    @property
    def log(self):
        return LOGS / f"{self.name}.log"


def build_stage(name):
    return Stage(f"build-{name}", ["tools/build.sh", name], count_one)


def meson_stage(name, build, arguments=(), log="testlog.json", needs=None):
    return Stage(name, ["meson", "test", "-C", f"build/{build}", "--no-rebuild",
                        "--print-errorlogs", "--num-processes", "1", *arguments],
                 count_meson, ("setup", *(needs or (f"build-{build}",))), build, log)


def pytest_stage(name, arguments, needs, env):
    return Stage(name, [*PYTEST, *arguments], count_pytest, ("setup", *needs), env=env)


def make_stages(long):
    fuzz_seconds = int(os.environ.get("FUZZ_SECONDS", "1800" if long else "60"))
    brinery = {"BRINERY": str(ROOT / "build" / "release" / "cli" / "brinery"),
               "PYTHONPATH": str(ROOT / "build" / "python" / "site")}
    # What is installed is compiled with the flags of build-release, and so is in the cache.
    as_tested = {"CC": "gcc", "WERROR": "true"}
    stages = [
        build_stage("release"),
        # build/venv and build/locale, which tests need and compiling does not.
        Stage("setup", ["tools/setup.sh", "test"], count_one),
        build_stage("fuzz"),
        build_stage("asan"),
        build_stage("clang"),
        build_stage("python"),
        build_stage("python-public"),
        build_stage("python-asan"),
        # The C library beside CPython, and the Python package beside the stock pickle.
        pytest_stage("door", ["-m", "not long", *DOOR], ("build-release", "build-python"), brinery),
        pytest_stage("python", ["-m", "not long", "tests/python",
                                *(f"--ignore={path}"
                                  for path in ("tests/python/test_docs.py", *DOOR))],
                     ("build-release",), brinery),
        Stage("lint", ["tools/lint.sh"], count_summary,
              env={"TIDY_NODES": "225000"} if long else {}),
        Stage("fuzz", ["tools/fuzz.sh", str(fuzz_seconds)], count_summary, ("build-fuzz",)),
        meson_stage("c", "release"),
        meson_stage("c-asan", "asan"),
        meson_stage("c-clang", "clang"),
        meson_stage("c-valgrind", "release",
                    ["--setup=valgrind", "--suite=c", "--no-suite=slow",
                     *([] if long else ["--no-suite=dear"])],
                    "testlog-valgrind.json", ("c",)),
        pytest_stage("cli", ["-m", "not long", "tests/cli"], ("build-release",), brinery),
        pytest_stage("cli-asan", ["-m", "not long", *(["tests/cli"] if long else CLI_ASAN)],
                     ("build-asan",),
                     {"BRINERY": str(ROOT / "build" / "asan" / "cli" / "brinery")}),
        # The Python package: on this machine's interpreter, on Debian 13's, and as pip sees it.
        Stage("python-3.11", ["/usr/bin/python3", "tests/python/stdlib_suite.py"], count_summary,
              ("build-python",), env={"PYTHONPATH": str(ROOT / "build" / "python" / "site")}),
        Stage("python-asan", ["/usr/bin/python3", "tests/python/stdlib_suite.py"], count_summary,
              ("build-python-asan",), env=sanitized()),
        pytest_stage("door-asan", DOOR_ASAN, ("build-python-asan",), sanitized()),
        pytest_stage("door-public",
                     ["-m", "not long", *DOOR_PUBLIC, *(DOOR_PUBLIC_LONG if long else [])],
                     ("build-python-public",),
                     {"PYTHONPATH": str(ROOT / "build" / "python-public" / "site")}),
        Stage("python-3.13", ["tools/pythons.sh", "test", "trixie"], count_summary),
        Stage("instructions", ["/usr/bin/python3", "tools/count_instructions.py", "--built"],
              count_summary, ("build-python",)),
        Stage("python-types", ["tools/check_types.sh"], count_summary, ("setup", "build-python")),
        Stage("python-package", ["tools/test_package.sh", *(["--isolated"] if long else [])],
              count_summary, ("setup",)),
        Stage("install", ["tools/test_install.sh"], count_summary, ("build-release",),
              env=as_tested),
        # Both install, and so share build/install: one after the other.
        pytest_stage("docs", ["tests/python/test_docs.py"], ("install", "build-python"),
                     brinery | as_tested),
    ]
    if long:
        # In make test, clang's build is the one without computed goto.
        stages.append(build_stage("switch"))
        stages.append(meson_stage("c-switch", "switch"))
        stages.append(build_stage("tsan"))
        stages.append(meson_stage("c-tsan", "tsan", ["test_threads"]))
        # make test compiles the library as one file too: the stage install.
        stages.append(build_stage("unity"))
        stages.append(meson_stage("c-unity", "unity",
                                  ["--suite=c", "--suite=replay", "--no-suite=slow"]))
        stages.append(pytest_stage("python-long", ["-m", "long", "tests/python"],
                                   ("build-release", "build-python", "build-python-asan"),
                                   brinery))
        stages.append(Stage("cross", ["tools/cross.sh"], count_summary, ("build-release",)))
        stages.append(Stage("python-sid", ["tools/pythons.sh", "test", "sid"], count_summary,
                            ("python-3.13",)))
    return stages


def run(stage, say):
    environment = dict(os.environ, **stage.env)
    environment.update(
        PYTHONDONTWRITEBYTECODE="1",
        HYPOTHESIS_STORAGE_DIRECTORY=str(ROOT / "build" / "hypothesis"),
        LC_ALL="C.UTF-8",
        # What several builds compile alike (tools/build.sh), and what this commit has in common
        # with its parent (tools/count_instructions.py), is compiled once.
        CCACHE_DIR=str(ROOT / "build" / "ccache"),
        CCACHE_BASEDIR=str(ROOT),
        CCACHE_DEPEND="1",
        CCACHE_NOHASHDIR="1",
    )
    if stage.build:
        (ROOT / "build" / stage.build / "meson-logs" / stage.meson_log).unlink(missing_ok=True)
    started = time.monotonic()
    with open(stage.log, "w", encoding="utf-8") as log:
        # Not run(): wait4() alone tells the processor time of one child.
        child = subprocess.Popen(stage.command, cwd=ROOT, env=environment, stdout=log,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        status = child.returncode = os.waitstatus_to_exitcode(status)
    stage.seconds = time.monotonic() - started
    stage.processor = used.ru_utime + used.ru_stime
    output = stage.log.read_text(encoding="utf-8", errors="replace")
    stage.passed, stage.failed = stage.count(stage, output, status)
    note = ""
    if status == SKIPPED:
        reason = (output.splitlines() or ["it does not say why"])[-1]
        say(f"skip  {stage.name:14} {stage.seconds:6.1f} s   {reason}")
        return
    if stage.passed + stage.failed == 0:
        stage.failed = 1
        note = "   it ran nothing"
    elif status != 0 and stage.failed == 0:
        stage.failed = 1
        note = f"   its exit status is {status}"
    skipped = re.search(r"\d+ skipped", output) if stage.count is count_pytest else None
    if skipped:
        note += f"   {skipped.group()}"
    text = (f"{'FAIL' if stage.failed else 'ok':4}  {stage.name:14} {stage.seconds:6.1f} s"
            f" {stage.processor:6.1f} cpu   {stage.passed:6} passed {stage.failed:4} failed{note}")
    if stage.failed:
        tail = output.splitlines()[-60:]
        text += "".join(f"\n      | {line}" for line in tail)
        text += f"\n      its whole output: {stage.log.relative_to(ROOT)}"
    say(text)


def run_all(stages, jobs, say):
    """Run the stages in order, `jobs` at a time, each after those it needs."""
    waiting = list(stages)
    done = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {}
        while waiting or running:
            for stage in list(waiting):
                if len(running) == jobs:
                    break
                if not all(need in done for need in stage.needs):
                    continue
                waiting.remove(stage)
                broken = [need for need in stage.needs
                          if done[need].failed and done[need].count is count_one]
                if broken:
                    stage.failed = 1
                    done[stage.name] = stage
                    say(f"FAIL  {stage.name:14} not run: {broken[0]} failed")
                    continue
                running[pool.submit(run, stage, say)] = stage
            if not running:
                continue
            finished, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                stage = running.pop(future)
                future.result()
                done[stage.name] = stage


def select(stages, names):
    """The named stages and, before them, what they need."""
    by_name = {stage.name: stage for stage in stages}
    wanted = set()

    def want(name):
        if name not in by_name:
            sys.exit(f"there is no stage {name!r}; there are: {', '.join(by_name)}")
        if name not in wanted:
            wanted.add(name)
            for need in by_name[name].needs:
                want(need)

    for name in names:
        want(name)
    return [stage for stage in stages if stage.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="the long campaigns as well")
    parser.add_argument("--jobs", type=int, default=2, help="stages at a time")
    parser.add_argument("--list", action="store_true", help="name the stages and stop")
    parser.add_argument("stage", nargs="*", help="run only these and what they need")
    arguments = parser.parse_args()

    stages = make_stages(arguments.long)
    if arguments.list:
        for stage in stages:
            print(stage.name, "needs:", " ".join(stage.needs) or "nothing")
        return 0
    if arguments.stage:
        stages = select(stages, arguments.stage)

    LOGS.mkdir(parents=True, exist_ok=True)
    lock = threading.Lock()
    started = time.monotonic()

    def say(text):
        with lock:
            print(text, flush=True)

    run_all(stages, max(arguments.jobs, 1), say)
    passed = sum(stage.passed for stage in stages)
    failed = sum(stage.failed for stage in stages)
    print(f"{len(stages)} stages in {time.monotonic() - started:.0f} s, "
          f"{sum(stage.processor for stage in stages):.0f} s of processor time")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
