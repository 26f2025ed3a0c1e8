"""Nothing is left behind by any way in or out, whether it succeeds or fails (see leaks.py)."""
import os
import pathlib
import re
import subprocess
import sys

import brinery
import pytest

HERE = pathlib.Path(__file__).resolve().parent
NAMES = re.findall(r"^@scenario\ndef (\w+)", (HERE / "leaks.py").read_text(), re.MULTILINE)
CONTROLS = [name for name in NAMES if name.startswith("control_")]
STARVING = "memory_runs_out"


def leaks(name):
    site = str(pathlib.Path(brinery.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", HERE / "leaks.py", name], capture_output=True,
        text=True, timeout=600, check=False,
        # malloc's cache of small blocks would be counted as given out.
        env=dict(os.environ, PYTHONMALLOC="malloc", PYTHONPATH=os.pathsep.join([site, str(HERE)]),
                 PYTHONHASHSEED="0", GLIBC_TUNABLES="glibc.malloc.tcache_count=0"))
    assert done.returncode == 0, (done.returncode, done.stderr[-6000:])
    return done.stdout.strip()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*CONTROLS, STARVING)])
def test_leaks(name):
    assert leaks(name) == ""


def test_memory_runs_out():
    """No crash, and no wrong value.  The interpreter itself leaks when it makes instances there,
    also for the stock pickle, so that what is printed cannot be judged."""
    leaks(STARVING)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_leak_is_seen(name):
    assert leaks(name) != ""
