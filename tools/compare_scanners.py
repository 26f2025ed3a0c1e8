"""Measure `brinery scan` beside other scanners of pickles, over hostile files and harmless ones.

    tools/setup.sh scanners                  # once: build/scan-venv, build/older-venv
    python3 tools/compare_scanners.py [--scanner NAME] [--large] [--write]

Recall is measured over tests/hostile/corpus, false alarms over files that this machine's
interpreters write with make_harmless.py.  Then the time for a pickle of 10 MB of small objects,
and with --large for a checkpoint of 1 GB.  --write puts the tables into docs/scanners.md.

All scanners are asked about all files, one file at a time, by scanner_worker.py.  What other
scanners say of the files is kept in build/scanners, as some take a quarter of an hour for it, and
asked again when a file has changed; what is timed is measured in one run.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import pickle
import platform
import struct
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "hostile" / "corpus"
WORK = ROOT / "build" / "scanners"
VENV = ROOT / "build" / "scan-venv" / "bin" / "python"
COMMAND = pathlib.Path(os.environ.get("BRINERY") or ROOT / "build" / "release" / "cli" / "brinery")
PAGE = ROOT / "docs" / "scanners.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"
# Interpreters that write harmless files, where they are.
INTERPRETERS = {"newest": ROOT / "build/venv/bin/python",
                "older": ROOT / "build/older-venv/bin/python",
                "debian": pathlib.Path("/usr/bin/python3")}
# Seconds that a scanner may take for a file.
PATIENCE = 10
PEERS = ("picklescan", "fickling", "modelscan", "modelaudit")
# What takes a third of a second for each file is asked about every so many of them.
SAMPLED = {"modelaudit": 8}


# ----------------------------------------------------------------------------
# The files
# ----------------------------------------------------------------------------


def hostile_files():
    """The files that do something, and those that hide it or cost more than they weigh."""
    entries = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))
    active = [CORPUS / entry["file"] for entry in entries
              if entry["family"] in ("stream", "gadget", "container")]
    costly = [CORPUS / entry["file"] for entry in entries if entry["family"] == "resource"]
    return active, costly


def harmless_files():
    """One of each: what several interpreters write alike counts once."""
    seen = {}
    for name, interpreter in INTERPRETERS.items():
        folder = ROOT / "build" / "harmless" / name
        if not folder.exists():
            if not interpreter.exists():
                print(f"not there: {interpreter}", file=sys.stderr)
                continue
            subprocess.run([interpreter, ROOT / "tests/hostile/make_harmless.py", folder],
                           check=True, stdout=subprocess.DEVNULL)
        for path in sorted(folder.iterdir()):
            seen.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    return list(seen.values())


def small_objects():
    """10 MB of records, as programs save them."""
    path = WORK / "small-objects.pkl"
    if not path.exists():
        records = [{"id": number, "name": f"user {number}", "score": number / 7,
                    "tags": ["a", f"t{number % 50}"], "position": (number, -number)}
                   for number in range(148000)]
        path.write_bytes(pickle.dumps(records, 4))
    return path


def checkpoint():
    """A torch checkpoint of 1 GB: eight tensors in a zip that compresses nothing."""
    path = WORK / "checkpoint.pt"
    if not path.exists():
        size = 2**27
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("archive/data.pkl", checkpoint_pickle(8, size // 4))
            for number in range(8):
                with archive.open(f"archive/data/{number}", "w", force_zip64=True) as member:
                    for _ in range(size // 2**20):
                        member.write(os.urandom(2**20))
            archive.writestr("archive/version", "3\n")
    return path


def checkpoint_pickle(count, items):
    """A dict of float tensors, in the opcodes that torch.save writes."""
    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value):
        return b"J" + struct.pack("<i", value)

    body = b"\x80\x02}("
    for key in range(count):
        storage = (b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(key))
                   + text("cpu") + number(items) + b"tQ")
        body += (text(f"layer{key}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n("
                 + storage + number(0) + number(items) + b"\x85" + number(1) + b"\x85"
                 + b"\x89ccollections\nOrderedDict\n)RtR")
    return body + b"u."


# ----------------------------------------------------------------------------
# Asking
# ----------------------------------------------------------------------------


def ask(scanner, paths, seconds):
    """What the scanner says of each path: (version, {path: answer})."""
    interpreter = VENV if scanner in PEERS else sys.executable
    done = subprocess.run([interpreter, ROOT / "tools" / "scanner_worker.py", scanner, "--seconds",
                           str(seconds)], input="".join(f"{path}\n" for path in paths), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        print(f"not measured: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    version = lines[0]["version"]
    if scanner not in PEERS:
        version = subprocess.run([scanner, "--version"], text=True, stdout=subprocess.PIPE,
                                 check=True).stdout.split()[-1]
    return version, {line["path"]: line for line in lines[1:]}


def ask_once(scanner, paths):
    """As ask; what another scanner has said of the same files is not asked again."""
    if scanner not in PEERS:
        return ask(scanner, paths, PATIENCE)
    contents = hashlib.sha256()
    for path in paths:
        contents.update(f"{path} ".encode() + path.read_bytes())
    kept = WORK / f"{scanner}-{contents.hexdigest()[:16]}.json"
    if not kept.exists():
        asked = ask(scanner, paths, PATIENCE)
        if asked is None:
            return None
        kept.write_text(json.dumps(asked), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def count(answers, paths, *verdicts):
    return sum(answers[str(path)]["verdict"] in verdicts for path in paths)


def measure(scanner, sets, timed):
    """A row of each table for one scanner, or None."""
    step = SAMPLED.get(scanner, 1)
    sets = {label: paths[::step] for label, paths in sets.items()}
    everything = [path for paths in sets.values() for path in paths]
    asked = ask_once(scanner, everything)
    if asked is None:
        return None
    version, answers = asked
    name = scanner if scanner in PEERS else "brinery"
    sampled = f" (every {step}th file)" if step > 1 else ""
    row = {"name": f"{name} {version}{sampled}", "answers": answers}
    for label, paths in sets.items():
        seconds = [answers[str(path)]["elapsed"] for path in paths]
        row[label] = {"files": len(paths), "alarm": count(answers, paths, "alarm"),
                      "refused": count(answers, paths, "refused"),
                      "passed": count(answers, paths, "clean", "skipped"),
                      "failed": count(answers, paths, "failed"), "seconds": sum(seconds),
                      "slowest": max(seconds),
                      "megabytes": max(answers[str(path)]["megabytes"] for path in paths)}
    row["timed"] = {}
    for path in timed:
        rounds = 1 if name in PEERS else 5
        best = None
        for _ in range(rounds):
            answer = ask(scanner, [path], 900)[1][str(path)]
            if best is None or answer["seconds"] < best["seconds"]:
                best = answer
        row["timed"][path] = best
    return row


# ----------------------------------------------------------------------------
# Saying
# ----------------------------------------------------------------------------


def percent(part, whole):
    return f"{100 * part / whole:.1f} %"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def report(rows, timed):
    hostile, costly, harmless = rows[0]["hostile"], rows[0]["costly"], rows[0]["harmless"]
    text = [f"Measured on {datetime.date.today()}, Python {platform.python_version()}, "
            f"{os.cpu_count()} cores, over {hostile['files']} files that execute something or hide "
            f"it, {costly['files']} that cost more than they weigh, and {harmless['files']} "
            "harmless ones.\n"]
    text.append(table(
        ["hostile files", "finding", "not readable", "failed", "passed", "recall", "seconds"],
        [[row["name"], row["hostile"]["alarm"], row["hostile"]["refused"],
          row["hostile"]["failed"], row["hostile"]["passed"],
          percent(row["hostile"]["alarm"] + row["hostile"]["refused"], row["hostile"]["files"]),
          f"{row['hostile']['seconds']:.1f}"] for row in rows]))
    text.append(table(
        ["harmless files", "finding", "not readable", "failed", "passed", "false alarms",
         "seconds"],
        [[row["name"], row["harmless"]["alarm"], row["harmless"]["refused"],
          row["harmless"]["failed"], row["harmless"]["passed"],
          percent(row["harmless"]["files"] - row["harmless"]["passed"], row["harmless"]["files"]),
          f"{row['harmless']['seconds']:.1f}"] for row in rows]))
    text.append(table(
        ["resource attacks", f"failed or over {PATIENCE} s", "slowest", "peak memory"],
        [[row["name"], row["costly"]["failed"], f"{row['costly']['slowest']:.2f} s",
          f"{row['costly']['megabytes']} MB"] for row in rows]))
    for path in timed:
        own = max(rows[0]["timed"][path]["seconds"], 0.001)
        text.append(table(
            [f"{path.name}, {path.stat().st_size / 1e6:.0f} MB", "verdict", "processor seconds",
             "times Brinery's", "peak memory"],
            [[row["name"], row["timed"][path]["verdict"],
              f"{row['timed'][path]['seconds']:.3f}",
              "" if row is rows[0] else f"{row['timed'][path]['seconds'] / own:.0f}",
              f"{row['timed'][path]['megabytes']} MB"] for row in rows]))
    return "\n".join(text)


def misses(row, sets):
    """What the scanner got wrong, for whoever wants to mend it."""
    for path in sets["hostile"]:
        if row["answers"][str(path)]["verdict"] in ("clean", "skipped", "failed"):
            yield f"missed: {path.name}: {row['answers'][str(path)]['verdict']}"
    for path in sets["harmless"]:
        if row["answers"][str(path)]["verdict"] not in ("clean", "skipped"):
            yield f"false alarm: {path}: {row['answers'][str(path)]['verdict']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scanner", action="append", help="only Brinery and these")
    parser.add_argument("--alone", action="store_true", help="only Brinery")
    parser.add_argument("--large", action="store_true", help="a checkpoint of 1 GB as well")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    parser.add_argument("--misses", action="store_true", help="name what Brinery got wrong")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    hostile, costly = hostile_files()
    sets = {"hostile": hostile, "costly": costly, "harmless": harmless_files()}
    timed = [small_objects()] + ([checkpoint()] if arguments.large else [])
    rows = []
    peers = () if arguments.alone else arguments.scanner or PEERS
    for scanner in (str(COMMAND), *peers):
        row = measure(scanner, sets, timed)
        if row:
            rows.append(row)
    said = report(rows, timed)
    print(said)
    if arguments.misses:
        print("\n".join(misses(rows[0], sets)))
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(before + BEGIN + "\n" + said + "\n" + END + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
