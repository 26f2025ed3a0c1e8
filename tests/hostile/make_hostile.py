#!/usr/bin/python3
"""Write the hostile corpus: every technique by which a pickle does more than bring data.

    /usr/bin/python3 tests/hostile/make_hostile.py [FOLDER]

Every file is inert on purpose: what it runs makes an empty file "brinery-marker" in the current
folder (or, where that cannot be, deletes "brinery-victim" there, or connects to a closed port of
this machine).  So it can be proved that a loader runs it, and no harm is done.

manifest.json has an entry for each file; technique.py says what it holds.  corpus/beside/ has the
files that some techniques find beside themselves.  The same interpreter writes the same bytes each
time (a test compares).
"""
import json
import pathlib
import shutil
import sys

import containers
import gadgets
import misuse
import resources
import streams

HERE = pathlib.Path(__file__).resolve().parent


def all_techniques():
    techniques = [technique for module in (streams, gadgets, containers, resources, misuse)
                  for technique in module.family.techniques]
    names = [technique.name for technique in techniques]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"names used twice: {', '.join(sorted(twice))}")
    return techniques


def write(folder):
    folder = pathlib.Path(folder)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    techniques = all_techniques()
    for technique in techniques:
        (folder / technique.file).write_bytes(technique.data)
    for name, data in containers.beside_files().items():
        path = folder / "beside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    lines = ",\n".join(json.dumps(technique.entry()) for technique in techniques)
    (folder / "manifest.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return techniques


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else HERE / "corpus"
    print(f"{len(write(target))} techniques")
