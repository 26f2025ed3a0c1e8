"""The hostile corpus: that it is real, and what becomes of it under safe loading and scanning.

Files of the corpus are opened by tests/hostile/detonate.py, each in a process and a folder of its
own.  What a technique does when a program opens its file has to happen under `load`: a corpus of
pickles that do nothing would prove nothing.
"""
import collections
import filecmp
import hashlib
import json
import pathlib
import subprocess
import sys

import command
import detonations
import pytest

ENTRIES = detonations.manifest()
# Frames that lie stop Brinery, and CPython since 3.13 and 3.14's releases of 2026.
LAX = [entry for entry in ENTRIES if entry.get("lax")]
ACTIVE = [entry for entry in ENTRIES if entry["executes"] and not entry.get("lax")]
HIDDEN = [entry for entry in ENTRIES if entry["family"] in ("stream", "gadget", "container")]
MISUSE = [entry for entry in ENTRIES if entry["family"] == "misuse"]
COSTLY = [entry for entry in ENTRIES if entry["family"] == "resource"]
# What a resource attack may take, beside what the process has anyway.
SECONDS, MEGABYTES = 1, 64
HARMLESS = detonations.HOSTILE / "harmless"
BUILD = command.ROOT / "build"
# Debian's interpreter has torch where tools/setup.sh long has been.
DEBIAN = "/usr/bin/python3"


def names(entries):
    return sorted(entry["name"] for entry in entries)


def runnable(entries, python=sys.executable):
    """Those whose modules this interpreter has."""
    needed = {module for entry in entries for module in entry.get("needs", ())}
    found = detonations.found_modules(needed, python)
    return [entry for entry in entries
            if detonations.fits_version(entry) and found.issuperset(entry.get("needs", ()))]


def assert_all_execute(entries, *options, python=sys.executable):
    answers = detonations.detonate(entries, *options, python=python)
    assert sorted(answers) == names(entries)
    silent = {name: answer for name, answer in answers.items() if not answer["executed"]}
    assert not silent


def test_corpus_is_large_and_varied():
    families = {entry["family"] for entry in ENTRIES}
    assert families == {"stream", "gadget", "container", "resource", "misuse"}
    assert len(ACTIVE) >= 400
    assert len({entry["name"] for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert (detonations.CORPUS / entry["file"]).is_file(), entry["name"]


def test_manifest_names_every_file():
    here = {path.name for path in detonations.CORPUS.iterdir()} - {"manifest.json", "beside"}
    assert here == {entry["file"] for entry in ENTRIES}


def test_generator_writes_the_same_corpus(tmp_path):
    subprocess.run([DEBIAN, str(detonations.HOSTILE / "make_hostile.py"), str(tmp_path / "new")],
                   check=True, stdout=subprocess.PIPE, env=detonations.environment())
    for folder in ("", "beside", "beside/brinery_package"):
        compared = filecmp.dircmp(detonations.CORPUS / folder, tmp_path / "new" / folder)
        assert not compared.left_only and not compared.right_only
        same, different, broken = filecmp.cmpfiles(compared.left, compared.right,
                                                   compared.common_files, shallow=False)
        assert not different and not broken and same


@pytest.mark.parametrize("module", ["pickle", "brinery"])
def test_sample_executes(module):
    """Under plain load the corpus does what it says: a sample of it, of every family."""
    sample = runnable([entry for entry in ACTIVE if not entry.get("needs")])[::9]
    assert len(sample) >= 40
    assert_all_execute(sample, "--with", module)


@pytest.mark.long
@pytest.mark.parametrize("module", ["pickle", "brinery"])
def test_everything_executes(module):
    entries = runnable(ACTIVE)
    assert len(entries) >= 400
    assert_all_execute(entries, "--with", module)


def test_lying_frames_stop_brinery():
    assert len(LAX) >= 2
    answers = detonations.detonate(LAX, "--with", "brinery")
    assert all(not answer["executed"] and answer["ended"] == "raised"
               for answer in answers.values())


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later releases enforce frames")
def test_lying_frames_do_not_stop_pickle():
    assert_all_execute(LAX, "--with", "pickle")


@pytest.mark.long
def test_torch_executes():
    entries = runnable([entry for entry in ACTIVE if "torch" in entry.get("needs", ())], DEBIAN)
    if not entries:
        pytest.skip("there is no torch: tools/setup.sh long")
    assert_all_execute(entries, python=DEBIAN)


# ----------------------------------------------------------------------------
# Safe loading
# ----------------------------------------------------------------------------


@pytest.mark.parametrize("using", ["safe_load", pytest.param("opaque", marks=pytest.mark.long)])
def test_nothing_executes_under_safe_load(using):
    """All presets are allowed; with opaque, what is not allowed becomes a stand-in."""
    answers = detonations.detonate(HIDDEN, "--with", using)
    assert sorted(answers) == names(HIDDEN)
    assert not [name for name, answer in answers.items() if answer["executed"]]
    assert not [name for name, answer in answers.items() if answer["ended"] == "killed"]


def test_misuse_is_refused():
    """A name on the lists is no licence: arguments, states and places have to be honest ones."""
    answers = detonations.detonate(MISUSE, "--with", "safe_load")
    assert sorted(answers) == names(MISUSE)
    loaded = {name: answer for name, answer in answers.items()
              if not answer.get("error", "").startswith(("UnsafePickleError", "UnpicklingError"))}
    assert not loaded


@pytest.mark.long
def test_misuse_crashes_nothing_when_opaque():
    answers = detonations.detonate(MISUSE, "--with", "opaque")
    assert not [name for name, answer in answers.items() if answer["ended"] == "killed"]


def peak_of_nothing():
    """What a process has that loads next to nothing."""
    entry = next(entry for entry in COSTLY if entry["name"] == "resource-claim-frame")
    return detonations.detonate([entry], "--with", "safe_load")[entry["name"]]["megabytes"]


@pytest.mark.parametrize("using", ["safe_load", pytest.param("opaque", marks=pytest.mark.long)])
def test_resource_attacks_end_under_safe_load(using):
    answers = detonations.detonate(COSTLY, "--with", using)
    assert sorted(answers) == names(COSTLY)
    base = peak_of_nothing()
    dear = {name: answer for name, answer in answers.items()
            if answer["ended"] == "killed" or answer["seconds"] > SECONDS
            or answer["megabytes"] > base + MEGABYTES}
    assert not dear


# ----------------------------------------------------------------------------
# Scanning
# ----------------------------------------------------------------------------


def scanned(paths):
    """The report of one run over many files, by the file's name."""
    done = command.run("scan", "--json", *paths, timeout=600)
    assert done.returncode in (0, 1, 2), done.stderr[-2000:]
    return {pathlib.Path(file["file"]).name: file for file in json.loads(done.stdout)["files"]}


def test_scan_calls_nothing_hostile_clean():
    entries = HIDDEN + MISUSE
    found = scanned([detonations.CORPUS / entry["file"] for entry in entries])
    assert len(found) == len(entries)
    clean = {entry["name"]: found[entry["file"]]["verdict"] for entry in entries
             if found[entry["file"]]["verdict"] not in ("unknown", "dangerous", "unreadable")}
    assert not clean


def test_scan_sees_what_plain_pickles_do():
    """What one REDUCE calls in a readable pickle is dangerous, not merely unknown: most of it."""
    gadgets = [entry for entry in ACTIVE if entry["family"] == "gadget"]
    found = scanned([detonations.CORPUS / entry["file"] for entry in gadgets])
    named = [entry for entry in gadgets if found[entry["file"]]["verdict"] == "dangerous"]
    assert len(named) >= 0.9 * len(gadgets)


def test_scan_of_everything_at_once_ends():
    """The whole folder in one run, whatever is in it."""
    done = command.run("scan", "--quiet", detonations.CORPUS, timeout=300)
    assert done.returncode == 2


@pytest.mark.parametrize("name", [
    "copies-of-array", "copies-of-bytes", "copies-of-list", "deep-frozensets",
    "equality-of-shared-tuples", "hash-of-shared-frozenset", "hash-of-shared-key",
    "hash-of-shared-setitems", "hash-of-shared-tuples", "hash-of-shared-tuples-deep",
    "int-items-of-one-hash", "int-keys-of-one-hash", "tuple-keys-of-one-hash"])
def test_scan_tells_what_safe_load_would_find_too_dear(name):
    import brinery
    path = detonations.CORPUS / f"resource-{name}.pkl"
    report = brinery.scan(path)
    assert report["verdict"] == "unknown"
    assert [finding for stream in report["streams"] for finding in stream["findings"]
            if finding["category"] == "resource" and finding["severity"] == "medium"]
    with open(path, "rb") as file, pytest.raises(brinery.UnpicklingError, match="limit max_"):
        brinery.safe_load(file, presets=["numpy", "sklearn"])


def some(entries, step):
    """Every so many of them in make test, the others in make test-all."""
    return [pytest.param(entry, id=entry["name"],
                         marks=() if number % step == 0 else pytest.mark.long)
            for number, entry in enumerate(entries)]


@pytest.mark.parametrize("entry", some(COSTLY, 4))
def test_resource_attacks_end_under_scan(entry):
    done = command.measured("scan", "--quiet", detonations.CORPUS / entry["file"], seconds=10)
    assert done.code in (0, 1, 2)
    assert done.time <= SECONDS
    assert done.peak <= MEGABYTES * 2**20


# ----------------------------------------------------------------------------
# Harmless files
# ----------------------------------------------------------------------------


def load_harmless(paths, python=sys.executable):
    lines = "".join(f"{path}\n" for path in paths)
    done = subprocess.run([python, str(detonations.HOSTILE / "load_harmless.py")], input=lines,
                          text=True, stdout=subprocess.PIPE, check=True,
                          env=detonations.environment())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(paths)
    return answers


def assert_mostly_loaded(answers):
    """Equal to what load makes, or refused with a list that admits the file; 95 % are equal."""
    outcomes = collections.Counter(answer["outcome"] for answer in answers)
    assert set(outcomes) <= {"equal", "refused"}, [
        answer for answer in answers if answer["outcome"] not in ("equal", "refused")]
    refused = [answer for answer in answers if answer["outcome"] == "refused"]
    assert not [answer for answer in refused if answer["pasted"] != "equal"]
    assert not [answer for answer in refused if not answer["allow"]]
    assert outcomes["equal"] >= 0.95 * len(answers), [
        (answer["path"], answer["allow"]) for answer in refused]


def assert_not_alarming(paths):
    found = scanned(paths)
    verdicts = collections.Counter(file["verdict"] for file in found.values())
    assert len(found) == len(paths)
    assert set(verdicts) <= {"data", "known", "unknown"}, [
        name for name, file in found.items() if file["verdict"] in ("dangerous", "unreadable")]
    assert verdicts["data"] + verdicts["known"] >= 0.95 * len(paths), [
        name for name, file in found.items() if file["verdict"] == "unknown"]


def test_kept_harmless_files():
    """A few small files of each library; what they are of is what build/venv has."""
    paths = sorted(HARMLESS.iterdir())
    assert len(paths) >= 30
    assert_mostly_loaded(load_harmless([path for path in paths if path.suffix == ".pkl"]))
    assert_not_alarming(paths)


def test_scan_knows_what_libraries_write():
    """Files of several versions of each library, kept for what is in them that others have not."""
    paths = sorted((detonations.HOSTILE / "known").iterdir())
    assert len(paths) >= 100
    unknown = {name: file["verdict"] for name, file in scanned(paths).items()
               if file["verdict"] not in ("data", "known")}
    assert not unknown


def harmless_interpreters():
    """Interpreters with different versions of the libraries."""
    found = {"newest": pathlib.Path(sys.executable), "older": BUILD / "older-venv/bin/python",
             "debian": pathlib.Path(DEBIAN)}
    return {name: path for name, path in found.items() if path.exists()}


@pytest.mark.long
def test_harmless_files_of_many_versions(tmp_path):
    answers, kept, seen = [], [], set()
    for name, python in harmless_interpreters().items():
        folder = tmp_path / name
        subprocess.run([python, str(detonations.HOSTILE / "make_harmless.py"), str(folder)],
                       check=True, stdout=subprocess.DEVNULL, env=detonations.environment())
        paths = []
        for path in sorted(folder.iterdir()):
            content = hashlib.sha256(path.read_bytes()).digest()
            if content not in seen:
                seen.add(content)
                paths.append(path)
        # joblib's files and torch's old ones are no plain pickles: they are scanned, not loaded.
        plain = [path for path in paths
                 if path.suffix != ".joblib" and not path.name.endswith("-legacy.pt")]
        answers += load_harmless(plain, python)
        for path in paths:
            kept.append(path.rename(folder / f"{name}-{path.name}"))
    assert len(answers) >= 150
    assert_mostly_loaded(answers)
    assert_not_alarming(kept)


def test_likeness_sees_differences():
    """The comparison of harmless files is one that can fail."""
    sys.path.insert(0, str(detonations.HOSTILE))
    try:
        import load_harmless as module
    finally:
        sys.path.pop(0)
    import datetime
    import numpy
    shared = [1]
    pairs = [([1], [2]), ([1], (1,)), ([shared, shared], [[1], [1]]), ({"a": 1}, {"a": 1.0}),
             ({1, 2}, {1, 3}), (float("nan"), 1.0), (numpy.arange(3), numpy.arange(3.0)),
             (numpy.arange(3), numpy.array([0, 1, 3])),
             (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2))]
    for one, other in pairs:
        assert not module.Likeness().alike(one, other), (one, other)
        assert module.Likeness().alike(one, one)
    assert module.Likeness().alike([shared, shared], [[1]] * 2)
