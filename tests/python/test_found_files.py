"""Pickles that others have made and shipped, over twenty years: found files, not our own.

The normal run takes those that come with what the tests need anyway (the interpreter's test-suite,
lib2to3, NumPy).  The long run downloads Debian packages that have pickles among their data, into
build/found, and never installs them.  Each file is loaded by Brinery and by the stock pickle, with
the encodings that people try in turn, and disassembled by the command; where a class is missing,
both must miss the same one.
"""
import bz2
import gzip
import io
import lzma
import pathlib
import pickle
import pickletools
import subprocess
import sysconfig
import time

import brinery
import command
import numpy
import pytest
import same

FOUND = command.ROOT / "build" / "found"

STDLIB = pathlib.Path(sysconfig.get_path("stdlib"))
AT_HAND = sorted([
    *STDLIB.glob("test/rand*.pck"),
    *STDLIB.glob("lib2to3/*.pickle"),
    *pathlib.Path(numpy.__file__).parent.glob("**/tests/data/*.pkl*"),
])

# Debian packages, none above 5 MB, and how many pickles each has.
PACKAGES = {
    "ariba": 6,
    "mailman3": 3,
    "pdfminer-data": 100,
    "pymol-data": 100,
    "python-cobra-data": 5,
    "python3-astroquery": 8,
    "python3-bitarray": 1,
    "python3-dipy": 6,
    "python3-envisage": 2,
    "python3-libpysal": 3,
    "python3-pyasn": 1,
    "python3-regions": 1,
    "python3-scikit-rf": 1,
    "python3-statsmodels": 1,
    "python3-traits": 6,
    "python3-unyt": 1,
    "sagemath-database-conway-polynomials": 1,
    "setzer": 1,
    "whipper": 3,
}
SUFFIXES = (".pkl", ".pickle", ".pck", ".p")
OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def contents(path):
    """The pickle in a file, which may be compressed; nothing, if that is cut off."""
    try:
        with OPENERS.get(path.suffix, open)(path, "rb") as file:
            return file.read()
    except EOFError:
        return b""


def disassembly(data):
    """What pickletools prints; None where it fails, as it does at what is not ASCII in the
    quoted strings of Python 2."""
    out = io.StringIO()
    try:
        pickletools.dis(data, out=out)
    except UnicodeDecodeError:
        return None
    return out.getvalue()


def result(load, data, encoding):
    try:
        return load(data, encoding=encoding), None
    except Exception as error:  # pylint: disable=broad-except
        return None, error


def load_from_file(data, **keywords):
    return brinery.load(io.BytesIO(data), **keywords)


def check(path, data, tmp_path):
    """Compare everything about one found pickle."""
    loaded = 0
    for encoding in ("ASCII", "latin1", "bytes"):
        expected, expected_error = result(pickle.loads, data, encoding)
        again, _ = result(pickle.loads, data, encoding)
        # Some make something random on the way: NumPy's generators, when they are of old.
        alike = expected_error is None and same.difference(expected, again) is None
        for load in (brinery.loads, load_from_file):
            value, error = result(load, data, encoding)
            assert type(error) is type(expected_error), (path, error, expected_error)
            assert str(error) == str(expected_error), path
            if error is None:
                assert type(value) is type(expected)
                assert not alike or same.difference(expected, value) is None, path
                loaded += 1
        if expected_error is None:
            for protocol in range(6):
                again = pickle.dumps(expected, protocol)
                assert brinery.dumps(expected, protocol) == again, (path, protocol)
    (tmp_path / "found.pkl").write_bytes(data)
    expected = disassembly(data)
    printed = command.ok("dis", tmp_path / "found.pkl").decode()
    assert expected is None or printed == expected, path
    command.ok("json", "--lossless", tmp_path / "found.pkl")
    return loaded


@pytest.mark.parametrize("path", AT_HAND, ids=lambda path: path.name)
def test_files_at_hand(path, tmp_path):
    assert check(path, contents(path), tmp_path) > 0


def test_there_are_files_at_hand():
    assert len(AT_HAND) >= 5


def download(package):
    """The package's contents below build/found; the network may need a second attempt."""
    folder = FOUND / package
    if folder.exists():
        return folder
    work = FOUND / (package + ".part")
    work.mkdir(parents=True, exist_ok=True)
    for pause in (5, 20, None):
        done = subprocess.run(["apt-get", "-q", "download", package], cwd=work,
                              capture_output=True, check=False)
        if done.returncode == 0:
            break
        if pause is None:
            pytest.fail(f"apt-get download {package}: {done.stderr.decode()[-2000:]}")
        time.sleep(pause)
    [archive] = work.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, work / "contents"], check=True)
    archive.unlink()
    (work / "contents").rename(folder)
    work.rmdir()
    return folder


@pytest.mark.long
@pytest.mark.parametrize("package", PACKAGES)
def test_files_of_debian_packages(package, tmp_path):
    paths = [path for path in sorted(download(package).rglob("*"))
             if path.is_file() and not path.is_symlink() and (
                 path.suffix in SUFFIXES or path.suffix in OPENERS
                 and path.with_suffix("").suffix in SUFFIXES)]
    pickles = {path: contents(path) for path in paths}
    pickles = {path: data for path, data in pickles.items() if 0 < len(data) < 5_000_000}
    assert len(pickles) >= PACKAGES[package], paths
    for path, data in pickles.items():
        check(path, data, tmp_path)
