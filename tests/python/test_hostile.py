"""The hostile corpus: that it is real, and what becomes of it under safe loading and scanning.

Files of the corpus are opened by tests/hostile/detonate.py, each in a process and a folder of its
own.  What a technique does when a program opens its file has to happen under `load`: a corpus of
pickles that do nothing would prove nothing.
"""
import filecmp
import subprocess
import sys

import detonations
import pytest

ENTRIES = detonations.manifest()
# Frames that lie stop Brinery, and CPython since 3.13 and 3.14's releases of 2026.
LAX = [entry for entry in ENTRIES if entry.get("lax")]
ACTIVE = [entry for entry in ENTRIES if entry["executes"] and not entry.get("lax")]
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
    assert families == {"stream", "gadget", "container", "resource"}
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
