"""The corpus itself: that it is complete, is what its script writes, and that every malformed file
is refused with the error it was made for."""

import io
import os
import pickle
import pickletools
import subprocess
import sys

import command
import pytest
from test_disassembly import genops_reads

BAD = command.CORPUS / "bad"

# These are refused although CPython's loader takes them: see docs and the header's first comment.
STRICTER = {
    "20-int-text-int-hexadecimal.pkl",
    "07-frame-straddled-argument.pkl",
    "07-frame-straddled-line.pkl",
    "07-frame-straddled-payload.pkl",
    "08-frame-nested-frame-in-frame.pkl",
}
# CPython would take longer than the universe has been there.
ENDLESS = {"86-limit-work-equal-tuples.pkl"}


def expected():
    for line in (BAD / "expected.txt").read_text(encoding="ascii").splitlines():
        name, number, *option = line.split(" ")
        yield name, int(number), *option


def test_every_opcode_occurs(corpus):
    seen = set()
    for data in corpus.values():
        for one in genops_reads(data):
            seen.update(opcode.name for opcode, _, _ in pickletools.genops(one))
    assert seen == {opcode.name for opcode in pickletools.opcodes}
    assert len(seen) == 68


def test_packages_occur(corpus):
    for package in ("numpy", "pandas", "sklearn"):
        for proto in (2, 4, 5):
            assert f"{package}-p{proto}.pkl" in corpus


def test_files_are_small(corpus):
    sizes = {name: len(data) for name, data in corpus.items()}
    assert sum(sizes.values()) < 300_000
    assert sum(size >= 4096 for size in sizes.values()) < 8, sizes


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="pickles differ between interpreters")
@pytest.mark.parametrize("seed", ["0", "1"])
def test_script_writes_the_same_bytes_again(tmp_path, seed):
    script = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("make_corpus", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.write(pathlib.Path(sys.argv[2]))
"""
    subprocess.run(
        [sys.executable, "-c", script, str(command.CORPUS / "make_corpus.py"), str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    there = {str(path.relative_to(command.CORPUS)) for path in command.CORPUS.rglob("*.*")}
    there = {name for name in there if name.endswith((".pkl", ".txt"))}
    packaged = {
        f"{package}-p{proto}.pkl"
        for package in ("numpy", "pandas", "sklearn")
        for proto in (2, 4, 5)
    }
    assert written == there - packaged
    for name in written:
        assert (tmp_path / name).read_bytes() == (command.CORPUS / name).read_bytes(), name


def test_every_code_that_bytes_can_cause_has_a_file():
    codes = {number for _, number, *_ in expected()}
    everything = {*range(1, 9), *range(20, 30), *range(40, 46), *range(60, 70), *range(80, 89)}
    # No memory is the machine's fault, and lines are limited only where the window cannot grow.
    assert codes == everything - {80, 87}


@pytest.mark.parametrize(
    "name, number, option",
    [
        pytest.param(name, number, option[0] if option else None, id=name)
        for name, number, *option in expected()
    ],
)
def test_malformed(name, number, option):
    limit = []
    if option:
        key, value = option.split("=")
        limit = [f"--{key.replace('_', '-')}={value}"]
    file = BAD / name
    for subcommand in (["json", "--lossless"], ["json"], ["show"], ["get"]):
        path = [""] if subcommand == ["get"] else []
        done = command.run(*subcommand, *limit, file, *path)
        assert done.returncode == 2, (subcommand, done)
        assert command.error_number(done.stderr) == number, (subcommand, done.stderr)
        assert done.stderr.count(b"\n") <= 3 and len(done.stderr) < 2000
        assert done.stdout == b""


@pytest.mark.parametrize(
    "name", [name for name, _, *option in expected() if not option and name not in ENDLESS]
)
def test_cpython_refuses_it_too(name):
    data = (BAD / name).read_bytes()

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, attribute):
            return object  # names are not at issue here

        def persistent_load(self, name):
            return object

    if name in STRICTER:
        Unpickler(io.BytesIO(data)).load()
    else:
        with pytest.raises(Exception):
            Unpickler(io.BytesIO(data)).load()


@pytest.mark.parametrize("subcommand", ["json", "dis", "stat", "show", "ls"])
def test_good_files_are_read(corpus, subcommand):
    arguments = ["--quiet", "--lossless"] if subcommand == "json" else ["--quiet"]
    for name in corpus:
        done = command.run(subcommand, *arguments, command.CORPUS / name)
        assert (done.returncode, done.stderr) == (0, b""), name
        assert done.stdout, name
