"""The benchmark of the Python package (bench/run.py): it measures what is right, and nothing else.

It runs here with packages that only forward to pickle, and some that make a mistake.
"""

import pathlib
import re
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
SYSTEM = "/usr/bin/python3"

FORWARDING = "from pickle import dump, dumps, load, loads\nimport pickle\n"


@pytest.fixture
def bench(tmp_path):
    """Run some sections with a package of this source."""

    def run(*arguments, package=FORWARDING, python=sys.executable):
        folder = tmp_path / "site" / "brinery"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(package)
        command = [sys.executable, BENCH / "run.py", "--quick", "--rounds", "3",
                   "--site", folder.parent, "--python", python, *arguments]
        return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)

    return run


def rows(done):
    """The cells of every line of the tables, under the first one."""
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        first, *cells = re.split(r"  +", line)
        found.setdefault(first, []).append(cells)
    return found


def test_times_are_set_beside_the_stock_pickle_and_goals(bench):
    done = bench("python", "--workload", "tiny-int,sets")
    found = rows(done)
    names = ("tiny int", "5,000 sets of 10", "geometric mean")
    (tiny,), (sets,), (mean,) = (found[name] for name in names)
    # It is the stock pickle that ran: as fast as itself, and no goal is reached.
    assert all(0.2 < float(row[3]) < 5 for row in (tiny, sets))
    assert tiny[4] == "5 missed" and sets[4] == "2.3 missed"
    assert mean[-1:] != [""] and len(mean) == 5
    assert "Slower than the stock pickle: " in done.stdout.replace("\n", " ")


def test_a_second_build_runs_beside_the_first(bench, tmp_path):
    other = tmp_path / "other" / "brinery"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text(
        "import pickle\nloads = pickle.loads\n"
        "def dumps(*arguments):\n    for _ in range(100): pass\n"
        "    return pickle.dumps(*arguments)\n"
    )
    (row,) = rows(bench("python", "--workload", "tiny-int", "--against", other.parent))["tiny int"]
    assert float(row[-2]) > 2


@pytest.mark.parametrize("package, complaint", [
    ("import pickle\nloads = pickle.loads\n"
     "def dumps(value, protocol=None): return pickle.dumps(value, 2)\n",
     "tiny-int: protocol 0: other bytes than the stock pickle's"),
    (FORWARDING + "def loads(data): return pickle.loads(data) + 1\n",
     "tiny-int: protocol 0: loaded wrong"),
    # Right on the part that is tried in all protocols, wrong on the whole.
    (FORWARDING + "def dumps(value, protocol=None):\n"
     "    return pickle.dumps(value, 2 if value == list(range(1000000)) else protocol)\n",
     "ints: brinery: other bytes than pickle's"),
    (FORWARDING + "def loads(data): return pickle.loads(data)[:100000]\n",
     "ints: brinery: ValueError: what comes back is not equal"),
])
def test_what_is_wrong_is_not_timed(bench, package, complaint):
    done = bench("python", "--workload", complaint.split(":")[0], package=package)
    assert done.returncode != 0
    assert done.stderr.strip().endswith(complaint)


def test_a_package_that_is_not_there_is_not_replaced_by_another(bench, tmp_path):
    done = bench("python", "--workload", "tiny-int", "--site", tmp_path)
    assert done.returncode != 0
    assert "there is no package in" in done.stderr or "No module named 'brinery'" in done.stderr


@pytest.mark.long
def test_protocols_and_sizes(bench):
    dumps, loads, sizes = rows(bench("protocols", "--workload", "slots"))[
        "30,000 instances with slots"]
    for table in (dumps, loads):
        assert table[:2] == ["-", "-"] and all(0.2 < float(cell) < 5 for cell in table[2:])
    assert sizes[:2] == ["-", "-"] and sizes[-1] == "same"


def test_files(bench):
    (row,) = rows(bench("files", "--workload", "records"))["20,000 records (dicts of 5)"]
    assert row[0] == "0.10" and len(row) == 9


@pytest.mark.long
def test_peers_are_measured_on_what_they_can_do(bench):
    done = bench("peers", "--workload", "tuples,slots")
    found = rows(done)
    headings = found["what"][0]
    for cells in found["30,000 instances with slots"]:
        row = dict(zip(headings, cells))
        assert row["marshal"] == "-" and row["json"] == "-" and row["cloudpickle"] != "-"
    assert found["marshal"][0][0] == "1" and found["cloudpickle"][0][0] == "2"
    assert "85 % " in found["marshal"][0][-1]


def test_a_peer_that_is_not_installed_is_named(bench):
    if subprocess.run([SYSTEM, "-c", "import orjson"], stderr=subprocess.DEVNULL,
                      check=False).returncode == 0:
        pytest.skip("orjson is installed for the system's interpreter")
    done = bench("peers", "--workload", "tiny-int", python=SYSTEM)
    assert re.search(r"Not installed: .*\borjson\b", done.stdout.replace("\n", " "))


def test_objects_of_a_library_that_is_not_installed_are_named(bench):
    if subprocess.run([SYSTEM, "-c", "import pandas"], stderr=subprocess.DEVNULL,
                      check=False).returncode == 0:
        pytest.skip("pandas is installed for the system's interpreter")
    done = bench("files", "--workload", "tiny-int,frame", python=SYSTEM)
    assert "Left out: a pandas frame, 50,000 rows, for want of pandas." in done.stdout.replace(
        "\n", " ")
    assert "tiny int" in rows(done)


@pytest.mark.long
def test_more_memory_than_the_stock_pickle_takes_is_reported(bench):
    package = FORWARDING + (
        "def dumps(*arguments):\n"
        "    waste = [bytes([i % 256]) * 100_000 for i in range(100)]\n"
        "    return pickle.dumps(*arguments)\n"
    )
    for source, verdict in ((FORWARDING, "not more"), (package, "more")):
        (row,) = rows(bench("python-memory", "--workload", "records", package=source))[
            "20,000 records (dicts of 5)"]
        assert row[3] == verdict and row[6] == "not more"


def test_tables_are_renewed(bench, tmp_path):
    results = tmp_path / "RESULTS.md"
    results.write_text("# Results\n\nWritten once.\n\n## Another table\n\n| a |\n\n"
                       "## Files beside the stock pickle\n\n| old |\n\n## The last\n\n| b |\n")
    done = bench("files", "--workload", "tiny-int", "--renew", results)
    assert done.returncode == 0, done.stderr
    text = results.read_text()
    assert re.findall("^#.*", text, re.MULTILINE) == [
        "# Results", "## Another table", "## Files beside the stock pickle", "## The last"]
    assert "| old |" not in text and "| tiny int" in text
    assert text.count("Measured again on ") == 1
    assert text.startswith("# Results\n\nWritten once.\n\n## Another table\n\n| a |\n\n## ")
    assert text.endswith("\n\n## The last\n\n| b |\n")


@pytest.mark.long
def test_growth(bench):
    done = bench("python-growth", "--workload", "ints")
    found = rows(done)
    assert found["ints"][0][0] == "1,000"
    assert re.search(r"^ +100,000 +", done.stdout, re.MULTILINE)
    assert "~ n^e" in done.stdout
