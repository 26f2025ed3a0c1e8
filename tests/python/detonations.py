"""The hostile corpus, and opening its files in processes of their own: tests/hostile/detonate.py.

A server of that script forks for each file; two of them share the work.
"""
import concurrent.futures
import json
import operator
import os
import pathlib
import subprocess
import sys

HOSTILE = pathlib.Path(__file__).resolve().parents[1] / "hostile"
CORPUS = HOSTILE / "corpus"

_COMPARISONS = {"<": operator.lt, "==": operator.eq, ">=": operator.ge}


def manifest():
    entries = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))
    assert len(entries) > 400, "the corpus is missing: run tests/hostile/make_hostile.py"
    return entries


def found_modules(names, python=sys.executable):
    """Which of the modules this interpreter has."""
    code = ("import importlib.util, sys\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n"
            "        found = importlib.util.find_spec(name)\n"
            "    except ImportError:\n"
            "        found = None\n"
            "    if found: print(name)\n")
    # -P: what lies in the current folder is not what is installed.
    done = subprocess.run([python, "-P", "-c", code, *sorted(names)], check=True, text=True,
                          stdout=subprocess.PIPE, env=environment())
    return set(done.stdout.split())


def fits_version(entry, version=sys.version_info):
    """Whether the technique works on this version: entries say "<3.13" or "==3.11"."""
    wanted = entry.get("python")
    if not wanted:
        return True
    sign = wanted.rstrip("0123456789.")
    numbers = tuple(int(part) for part in wanted[len(sign):].split("."))
    return _COMPARISONS[sign](tuple(version[:2]), numbers)


def environment():
    return dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONWARNINGS="ignore")


def detonate(entries, *options, python=sys.executable, servers=2):
    """What detonate.py says of each entry, by name."""
    def serve(part):
        lines = "".join(json.dumps(entry) + "\n" for entry in part)
        done = subprocess.run([python, str(HOSTILE / "detonate.py"), *options], input=lines,
                              text=True, stdout=subprocess.PIPE, check=True, env=environment())
        return [json.loads(line) for line in done.stdout.splitlines()]

    with concurrent.futures.ThreadPoolExecutor(servers) as pool:
        parts = [entries[number::servers] for number in range(servers)]
        answers = [answer for part in pool.map(serve, parts) for answer in part]
    return {answer["name"]: answer for answer in answers}
