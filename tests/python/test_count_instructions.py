"""The guard that counts instructions (tools/count_instructions.py): what it lets pass, and that it
says so where it cannot count.  That it counts, the stage `instructions` shows.
"""

import pathlib
import shutil
import subprocess
import sys

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.append(str(TOOLS))

import count_instructions as guard  # noqa: E402


def compared(growth, admitted=()):
    """The verdict where dumping records has grown, and nothing else has."""
    before = dict.fromkeys(guard.FIGURES, 1_000_000)
    after = {**before, ("dumps", "records"): int(1_000_000 * (1 + growth))}
    return guard.compare(before, after, dict(admitted))


@pytest.mark.parametrize("growth", [-0.5, 0, 0.049])
def test_a_little_growth_passes(growth):
    assert compared(growth) == (len(guard.FIGURES), 0)


def test_more_than_the_limit_fails(capsys):
    assert compared(0.051) == (len(guard.FIGURES) - 1, 1)
    assert "more than 5%" in capsys.readouterr().out


def test_growth_that_the_commit_announces_is_reported(capsys):
    admitted = guard.costs("Check more\n\nBecause.\n\nCosts: records each is looked at twice\n")
    assert compared(0.5, admitted) == (len(guard.FIGURES), 0)
    assert "+50.00%  costs: each is looked at twice" in capsys.readouterr().out
    assert compared(0.5, guard.costs("Costs: ints other numbers\n"))[1] == 1


@pytest.mark.parametrize("line", ["Costs: records", "  Costs: records why", "It Costs: records y"])
def test_costs_need_a_line_of_their_own_and_a_reason(line):
    assert guard.costs(f"Subject\n\n{line}\n") == {}


def test_costs_of_what_does_not_exist_are_refused():
    with pytest.raises(SystemExit, match="no such workload: recrods; there are: records, "):
        guard.costs("Costs: recrods slower\n")


def run_in(folder):
    script = folder / "tools" / "count_instructions.py"
    script.parent.mkdir(parents=True)
    shutil.copy(TOOLS / "count_instructions.py", script)
    return lambda: subprocess.run([sys.executable, script], cwd=folder, text=True, check=False,
                                  stdout=subprocess.PIPE)


def test_without_a_parent_it_is_skipped(tmp_path):
    run = run_in(tmp_path)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(tmp_path)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "First"]):
        subprocess.run([*git, *command], check=True)
    done = run()
    assert done.returncode == guard.SKIPPED
    assert "the commit's parent is not there" in done.stdout


def test_without_a_repository_it_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = run_in(tmp_path)()
    assert done.returncode == guard.SKIPPED
    assert "skipped, nothing was counted: git " in done.stdout
