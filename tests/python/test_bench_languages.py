"""The benchmark beside libraries of other languages (bench/foreign_sections.py): what is right is
timed, what is lost is named, and what is wrong, refuses, dies or takes too long is called so.

It runs here with contestants of this file's own making, in Python.
"""

import io
import pathlib
import pickle
import re
import subprocess
import sys
import types

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

import foreign  # noqa: E402
import judge  # noqa: E402

CONTESTANT = f"""\
#!{sys.executable}
import os, pathlib, pickle, sys
library, data = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes()
print("ok", flush=True)
for line in sys.stdin:
    what, *arguments = line.split()
    problem = {{}}.get(library)
    if problem == "crash":
        os.abort()
    if problem == "refuse":
        print("error unknown opcode: 0x86", flush=True)
        continue
    while problem == "slow" and what == "read":
        pass
    if what == "read":
        for _ in range(int(arguments[0])):
            pickle.loads(data)
    if what == "write":
        for _ in range(int(arguments[1])):
            pickle.dumps(data)
    if what in ("say", "save"):
        value = "something else" if problem == "wrong" else pickle.loads(data)
        pathlib.Path(arguments[-1]).write_bytes(pickle.dumps(value))
    print("ok", flush=True)
"""


def contestant(folder, language, problems):
    """A program for a language, whose libraries have these problems."""
    path = folder / language / "contestant"
    path.parent.mkdir(parents=True)
    path.write_text(CONTESTANT.replace("{}.get", f"{problems!r}.get"))
    path.chmod(0o755)


# ----------------------------------------------------------------------------
# The judge
# ----------------------------------------------------------------------------


def lost(said, truth):
    return judge.losses(pickle.dumps(said), judge.load(pickle.dumps(truth)))


SHARED = [1]
CYCLE = [1]
CYCLE.append(CYCLE)


@pytest.mark.parametrize("value", [
    [None, True, 1, 1 << 5000, 1.5, "a", b"b", (1,), {"a": {1, 2}}, frozenset((3,))],
    [SHARED, SHARED], CYCLE, types.SimpleNamespace(a=1), [float("nan"), -0.0], len, bytearray(b"a"),
])
def test_what_is_said_right_has_lost_nothing(value):
    assert lost(value, value) == []


@pytest.mark.parametrize("said, truth, loss", [
    ({"b": 1, "a": 2}, {"a": 2, "b": 1}, judge.ORDER),
    ([1, 2], (1, 2), judge.TUPLES),
    ([1], [1.0], judge.NUMBERS),
    ([1.0], [1], judge.NUMBERS),
    ([[1], [1]], [SHARED, SHARED], judge.SHARING),
    ([1, [1, CYCLE]], CYCLE, judge.SHARING),
    ([SHARED, SHARED], [[1], [1]], judge.MERGED),
    ({"a": 1}, types.SimpleNamespace(a=1), judge.CLASSES),
])
def test_what_is_lost_is_named(said, truth, loss):
    assert lost(said, truth) == [loss]


@pytest.mark.parametrize("said, truth, where", [
    ([1, [2]], [1, [3]], "[1][0]: 2 instead of 3"),
    ([1], [1, 2], "the root: a list of 1 instead of a list of 2"),
    ([True], [1], "[0]: True instead of 1"),
    ([b"a"], ["a"], "[0]: b'a' instead of 'a'"),
    ([0.0], [-0.0], "[0]: 0.0 instead of -0.0"),
    ([1.0], [(1 << 53) + 1], "[0]: 1.0 instead of 9007199254740993"),
    ([None], [[]], "[0]: None instead of a list of 0"),
    ({"a": 1}, {"b": 1}, "the root: no key 'b'"),
    ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "['a'][0]['b']: 1 instead of 2"),
    ({1}, {2}, "the root: a set of 1 instead of a set of 1"),
    (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2), ".state['a']: 1 instead of 2"),
    ([1], types.SimpleNamespace(a=1), "instead of an instance of types.SimpleNamespace"),
    (io.BytesIO, io.StringIO, "the root: "),
])
def test_what_is_wrong_is_found_and_placed(said, truth, where):
    with pytest.raises(judge.Wrong) as wrong:
        lost(said, truth)
    assert where in str(wrong.value)


def test_what_is_no_pickle_is_wrong():
    with pytest.raises(judge.Wrong, match="not a pickle: UnpicklingError"):
        judge.losses(b"\x80\x04garbage", 1)


def test_what_is_shared_exponentially_is_compared_once():
    value = ()
    for _ in range(200):
        value = (value, value)
    assert lost(value, value) == []


def test_nothing_is_called_to_compare():
    exits = b"cos\nabort\n(tR."
    assert judge.losses(exits, judge.load(exits)) == []


# ----------------------------------------------------------------------------
# Contestants
# ----------------------------------------------------------------------------


@pytest.fixture
def stage(tmp_path):
    problems = {"gopickle": "crash", "ogorek": "slow"}
    contestant(tmp_path / "peers", "go", problems)
    (tmp_path / "pickle").write_bytes(pickle.dumps([1]))
    with foreign.Stage(sys.executable, "", tmp_path / "peers", tmp_path) as found:
        yield found


def test_a_contestant_that_takes_too_long_is_ended(stage, monkeypatch):
    monkeypatch.setattr(foreign, "SECONDS", 0.2)
    with stage.start("ogorek", stage.file("pickle")) as process:
        with pytest.raises(foreign.Failed, match=r"over 0\.2 s") as failure:
            process.ask("read", 1, seconds=foreign.SECONDS)
    assert failure.value.kind == "too slow"


def test_a_contestant_that_dies_is_a_crash(stage):
    with stage.start("gopickle", stage.file("pickle")) as process:
        with pytest.raises(foreign.Failed, match="signal 6") as failure:
            process.ask("read", 1)
    assert failure.value.kind == "crash"


def test_processor_time_and_memory_of_a_contestant_are_seen(stage):
    with stage.start("pickle", stage.file("pickle", pickle.dumps(list(range(100_000))))) as process:
        assert 2_000_000 < process.peak("read", 1) < 50_000_000
        once, often = process.ask("read", 1), process.ask("read", 100)
        assert 0 < once < often


def test_versions_come_from_the_manifests():
    versions = foreign.versions(foreign.PEERS)
    for name in ("serde-pickle", "deser-pickle", "ogórek", "gopickle", "Razorvine", "pickleparser"):
        assert re.search(name + r" [01]\.\d[.\d]* \(", versions)


# ----------------------------------------------------------------------------
# The whole
# ----------------------------------------------------------------------------


def run(peers, *arguments):
    command = [sys.executable, BENCH / "run.py", "--quick", "--rounds", "3", "--python",
               sys.executable, "--peers", peers, *arguments]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cells(output, first):
    """Of each line that begins so the other cells."""
    return [re.split(r"  +", line)[1:] for line in output.splitlines()
            if re.split(r"  +", line)[0] == first]


@pytest.mark.long
def test_only_what_is_right_is_timed(tmp_path):
    contestant(tmp_path, "go", {"gopickle": "wrong"})
    contestant(tmp_path, "rust", {"deser-pickle": "refuse"})
    contestant(tmp_path, "java", {"razorvine": "crash"})
    output = run(tmp_path, "languages", "--workload", "doubled")
    headings = cells(output, "what")[0]
    rows = cells(output, "x = (x, x), 28 times")
    assert len(rows) == 2  # protocols
    for row in rows:
        found = dict(zip(headings, row))
        assert found["gopickle"] == "wrong" and found["Razorvine"] == "crash"
        assert found["deser-pickle"] == "error"
        assert float(found["serde-pickle"]) > 0 and float(found["ogórek"]) > 0
    assert ["wrong: the root: 'something else' instead of a tuple of 2", "doubled"] in [
        row[-2:] for row in cells(output, "gopickle")]
    assert ["error: unknown opcode: 0x86", "doubled"] in [
        row[-2:] for row in cells(output, "deser-pickle")]
    assert "Not installed: pickleparser." in output.replace("\n", " ")


@pytest.mark.long
def test_writing_is_judged_by_what_is_loaded_again(tmp_path):
    contestant(tmp_path, "go", {"ogorek": "wrong"})
    contestant(tmp_path, "java", {})
    output = run(tmp_path, "languages-writing", "--workload", "doubled")
    headings = cells(output, "what")[0]
    assert "gopickle" not in headings
    rows = cells(output, "x = (x, x), 28 times")
    assert len(rows) == 2
    for row in rows:
        found = dict(zip(headings, row))
        assert found["ogórek"] == "wrong" and float(found["Razorvine"]) > 0


@pytest.mark.long
def test_memory_is_set_beside_the_size_of_the_pickle(tmp_path):
    contestant(tmp_path, "go", {"ogorek": "crash"})
    output = run(tmp_path, "languages-memory", "--workload", "records")
    (row,) = cells(output, "brinery")
    assert 1 < float(row[0]) < 20 and 0.8 < float(row[2]) < 1.2
    assert cells(output, "ogórek") == [["failed", "failed", ""]]


def test_without_any_other_library_there_are_brinery_and_pickle(tmp_path):
    output = run(tmp_path, "languages", "--workload", "doubled")
    missing = "serde-pickle, deser-pickle, ogórek, gopickle, Razorvine, pickleparser."
    assert f"Notinstalled:{missing.replace(' ', '')}" in re.sub(r"\s", "", output)
    assert cells(output, "what")[0] == ["MB", "brinery", "copying", "pickle", "best other", "goal"]
    assert [len(row) for row in cells(output, "x = (x, x), 28 times")] == [5, 5]
