"""brinery.scan: the report of the library as dicts."""

import bz2
import json
import lzma
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import zipfile

import pytest

import brinery
import command


class Innocent:
    def __reduce__(self):
        return eval, ("1 + 1",)


EVIL = pickle.dumps(Innocent())
PACKAGE = pathlib.Path(brinery.__file__).resolve().parents[1]


def test_report():
    report = brinery.scan(EVIL)
    assert report["verdict"] == "dangerous" and report["unreadable"] is False
    assert report["size"] == len(EVIL)
    stream, = report["streams"]
    assert stream["error"] is None and stream["pickles"] == 1
    lookup, call = stream["findings"]
    assert (lookup["use"], call["use"]) == ("lookup", "call")
    assert (call["module"], call["name"], call["arguments"]) == ("builtins", "eval", "'1 + 1'")
    assert call["category"] == "code execution" and call["severity"] == "critical"


def test_the_same_as_the_command(tmp_path):
    path = tmp_path / "a.pkl"
    for data in (EVIL, EVIL[:-1], pickle.dumps([1, EVIL]), b"nothing", pickle.dumps([1]) + b"x"):
        path.write_bytes(data)
        told = json.loads(command.run("scan", "--json", path).stdout)["files"][0]
        assert brinery.scan(path) == {
            key: told[key] for key in ("verdict", "unreadable", "size", "streams")}
        assert brinery.scan(str(path)) == brinery.scan(path)
        assert brinery.scan(data, name="a.pkl") == brinery.scan(path)


@pytest.mark.parametrize("pack", [
    bz2.compress, lzma.compress, lambda data: lzma.compress(data, lzma.FORMAT_ALONE)])
def test_unpacks_with_the_standard_library(pack):
    assert brinery.scan(pack(EVIL))["verdict"] == "dangerous"
    assert brinery.scan(pack(EVIL) + pack(EVIL))["streams"][0]["pickles"] == 1
    cut = brinery.scan(pack(EVIL)[:-12])
    assert cut["unreadable"] and cut["streams"][0]["error"]["name"] == "UNPACK"


def test_what_cannot_be_unpacked_is_unreadable():
    report = brinery.scan(b"\x04\x22\x4d\x18" + bytes(20))
    assert report["unreadable"] and report["streams"][0]["error"]["name"] == "UNSUPPORTED"


def test_limits():
    inside = EVIL
    for _ in range(4):
        inside = pickle.dumps(inside)
    assert brinery.scan(inside)["verdict"] == "dangerous"
    report = brinery.scan(inside, max_depth=2)
    assert report["unreadable"] and report["streams"][-1]["error"]["name"] == "LIMIT_DEPTH"
    report = brinery.scan(bz2.compress(bytes(5000)), max_inflated=1000)
    assert report["streams"][0]["error"]["name"] == "LIMIT_INFLATED"
    with pytest.raises(ValueError):
        brinery.scan(EVIL, max_memory=1)


def test_sources(tmp_path):
    assert brinery.scan(bytearray(EVIL))["verdict"] == "dangerous"
    assert brinery.scan(memoryview(EVIL))["verdict"] == "dangerous"
    odd = tmp_path / os.fsdecode(b"odd \xff.pkl")
    odd.write_bytes(EVIL)
    assert brinery.scan(odd)["verdict"] == "dangerous"
    with pytest.raises(OSError):
        brinery.scan(tmp_path / "absent")
    with pytest.raises(TypeError):
        brinery.scan(5)
    (tmp_path / "-").write_bytes(EVIL)
    assert subprocess.run(
        [sys.executable, "-c", "import brinery; print(brinery.scan('-')['verdict'])"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True, text=True, check=True).stdout == "dangerous\n"


def test_text_that_is_no_text():
    report = brinery.scan(b"cos\nx\n(S'\\xff\\xfe'\ntR.")
    json.dumps(report)
    assert report["streams"][0]["findings"][1]["arguments"] == "'\\xff\\xfe'"


def test_nothing_is_imported():
    name = "antigravity"
    assert brinery.scan(f"c{name}\nx\n)R.".encode())["verdict"] == "dangerous"
    assert name not in sys.modules


def test_threads():
    packed = bz2.compress(pickle.dumps([EVIL] * 500))
    verdicts = []

    def work():
        for _ in range(20):
            verdicts.append(brinery.scan(packed)["verdict"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == ["dangerous"] * 80


def test_corpus_of_pickles():
    folder = pathlib.Path(__file__).parents[1] / "corpus"
    for path in sorted(folder.glob("*.pkl")):
        report = brinery.scan(path)
        names = any(op.name in ("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4")
                    for op, _, _ in pickle_ops(path))
        assert (report["verdict"] == "data") != names, path


def pickle_ops(path):
    import pickletools
    data = path.read_bytes()
    at = 0
    while at < len(data):
        for op in pickletools.genops(data[at:]):
            yield op
        at += op[2] + 1


def test_file_that_becomes_shorter_is_unreadable(tmp_path):
    """The system tells a program that has mapped the file by a signal: it must not die of it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([command.binary(), "scan", str(pipe)], stderr=subprocess.PIPE) as process:
        with open(pipe, "wb"):      # opened: the scan reads, and waits
            process.send_signal(signal.SIGBUS)
            _, message = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"became shorter" in message


def test_scan_reads_little_of_a_large_checkpoint(tmp_path):
    path = tmp_path / "large.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weights": list(range(10))}))
        with archive.open("archive/data/0", "w", force_zip64=True) as member:
            for _ in range(200):
                member.write(b"\x00\x3f\n\x3f" * 2**18)
    done = command.measured("scan", "--quiet", path, seconds=30)
    assert done.code == 0
    assert done.peak <= 40 * 2**20


@pytest.mark.parametrize("first", [b"\x80\x3f", b"\x80\x04\xff", b"\x82\x01", b"\x84zzzz", b"cab"])
def test_tensors_that_begin_like_pickles_by_chance(first, tmp_path):
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
        archive.writestr("archive/data/0", first + b"\x3f\x80" * 100)
    assert brinery.scan(path)["verdict"] == "data"


@pytest.mark.parametrize("text", ["8278" + "2e" * 20, "5178" * 20, "84" + "00" * 30 + "2e"])
def test_digits_that_begin_like_pickles_by_chance(text):
    assert brinery.scan(pickle.dumps([text]))["verdict"] == "data"


@pytest.mark.parametrize("text", [
    "class Warning(Base):\n    pass\n", "cdef extern from 'x.h':\n    int x\n",
    "commit 51a2b3\nAuthor: Nobody <n@example.org>\n", "import a\ncomma, and\nmore.\n",
    "Nothing but publications\nare in this list.\n)R.\n", "'cow'\ncat\ndog\n"])
def test_text_with_lines_that_begin_like_names(text):
    """A GLOBAL is a c and two lines, which source code and prose have too."""
    assert brinery.scan(text.encode())["verdict"] == "none"
    assert brinery.scan(b"\n" + text.encode())["verdict"] == "none"
    assert brinery.scan(text.encode("utf-16"))["verdict"] == "none"


def test_many_words_in_base64_end_soon():
    """Words that reach over all that follow them are decoded as long as that costs little."""
    import base64
    import time
    word = base64.b64encode(brinery.dumps({"a": [1, 2]}, 2)).rstrip(b"=")
    begun = time.process_time()
    report = brinery.scan(b"x: " + (word + b" ") * 40000)
    assert time.process_time() - begun < 5
    assert report["verdict"] in ("data", "none", "unreadable")
