"""`brinery scan`: verdicts, exit codes, containers, output for programs."""

import base64
import bz2
import datetime
import gzip
import io
import json
import lzma
import os
import pickle
import random
import re
import struct
import subprocess
import tarfile
import zipfile
import zlib

import command
import pytest


class Innocent:
    """What it says of itself is what a loader does."""

    def __reduce__(self):
        return eval, ("1 + 1",)


EVIL = pickle.dumps(Innocent())
GOOD = pickle.dumps({"a": [1, 2.5, "x"]})


def scan(*args, **more):
    """(exit code, the report of --json)."""
    done = command.run("scan", "--json", *args, **more)
    return done.returncode, json.loads(done.stdout)


def verdict(path):
    """(exit code, verdict) of one file."""
    code, report = scan(path)
    return code, report["files"][0]["verdict"]


def calls(report):
    return [(f["module"], f["name"], f["arguments"]) for file in report["files"]
            for stream in file["streams"] for f in stream["findings"] if f["use"] == "call"]


# verdicts and exit codes


def test_verdicts(raw, tmp_path):
    assert verdict(raw(GOOD)) == (0, "data")
    assert verdict(raw(pickle.dumps(datetime.date(2020, 1, 1)))) == (0, "known")
    assert verdict(raw(pickle.dumps(Innocent))) == (1, "unknown")
    assert verdict(raw(EVIL)) == (1, "dangerous")
    assert verdict(raw(b"hello")) == (0, "none")
    assert verdict(raw(b"hello", "hello.pkl")) == (2, "unreadable")
    assert verdict(raw(GOOD[:-1])) == (2, "unreadable")
    assert verdict(raw(EVIL[:-1])) == (2, "dangerous")
    assert verdict(tmp_path / "absent.pkl") == (2, "unreadable")
    assert command.run("scan").returncode == 64
    assert command.run("scan", "--json", "--sarif", raw(GOOD)).returncode == 64
    assert command.run("scan", "--pickle", "1", raw(GOOD)).returncode == 64


def test_the_worst_exit_code_wins(raw):
    assert scan(raw(GOOD), raw(EVIL))[0] == 1
    assert scan(raw(EVIL), raw(GOOD[:-1]), raw(GOOD))[0] == 2


def test_standard_input():
    done = command.run("scan", "--json", "-", data=EVIL)
    assert json.loads(done.stdout)["files"][0]["verdict"] == "dangerous"


def test_table(raw):
    text = command.run("scan", raw(EVIL, "a.pkl"), raw(GOOD, "b.pkl")).stdout.decode()
    assert re.search(r"^dangerous +.*a\.pkl$", text, re.MULTILINE)
    assert "builtins.eval('1 + 1') at byte" in text
    assert "code execution, critical: It runs source code." in text
    assert re.search(r"^data +.*b\.pkl$", text, re.MULTILINE)
    assert text.endswith("2 files: 1 dangerous, 1 data\n")
    assert command.run("scan", "-q", raw(GOOD)).stdout == b""
    assert b"collections.OrderedDict" in command.run(
        "scan", "--all", raw(b"ccollections\nOrderedDict\n.")).stdout


def test_what_a_file_says_does_not_steer_the_terminal(raw):
    path = raw(b"cshop\x1b[31m\nx\n(S'\x1b]0;title\x07'\ntR.")
    for options in ([], ["--json"], ["--sarif"]):
        assert b"\x1b" not in command.run("scan", "--color", "never", *options, path).stdout


def test_calls_and_arguments(raw):
    report = scan(raw(b"cos\nsystem\n(S'rm -rf /'\ntR."))[1]
    assert calls(report) == [("os", "system", "'rm -rf /'")]


# folders


def test_folders(tmp_path):
    names = ["a.txt", "b/c.bin", "b/d/e"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(EVIL)
    (tmp_path / "link").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    for jobs in ("1", "2", "7"):
        code, report = scan("--jobs", jobs, tmp_path)
        assert code == 1
        found = [os.path.relpath(file["file"], tmp_path) for file in report["files"]]
        assert found == names
        assert report["files_scanned"] == report["dangerous"] == 3


def test_many_files(tmp_path):
    for i in range(600):
        (tmp_path / f"{i:03}").write_bytes(EVIL if i % 7 == 0 else GOOD)
    report = scan("--jobs", "4", tmp_path)[1]
    assert [file["verdict"] == "dangerous" for file in report["files"]] == [
        i % 7 == 0 for i in range(600)]


# compressed files and archives


def zipped(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


PACKINGS = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zip": lambda data: zipped({"archive/data.pkl": data, "archive/version": b"3\n"}),
    "zip-deflated": lambda data: zipped({"x/data.pkl": data}, zipfile.ZIP_DEFLATED),
    "zip-bzip2": lambda data: zipped({"x/data.pkl": data}, zipfile.ZIP_BZIP2),
    "tar": lambda data: tarred({"pickle": data, "storages": b"\0" * 50}),
    "tar.gz": lambda data: tarred({"n" * 150: data}, "w:gz"),
    "zip-in-gzip-in-tar": lambda data: tarred({"a": gzip.compress(zipped({"b": data}))}),
    "bytes": lambda data: pickle.dumps([1, data]),
    "base64": lambda data: pickle.dumps([1, base64.b64encode(data).decode()]),
    "hex": lambda data: pickle.dumps([1, data.hex()]),
    "zlib-base64": lambda data: pickle.dumps(base64.b64encode(zlib.compress(data))),
    "behind": lambda data: GOOD + data,
    "behind-rubbish": lambda data: GOOD + b"rubbish" + data,
    "in-a-picture": lambda data: b"\x89PNG\r\n\x1a\n" + bytes(500) + data + bytes(50),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed(raw, packing):
    assert verdict(raw(PACKINGS[packing](EVIL))) == (1, "dangerous")
    code, found = verdict(raw(PACKINGS[packing](GOOD)))
    assert code == 0 and found in ("data", "none")


@pytest.mark.parametrize("tool,suffix", [("zstd", ".zst"), ("lz4", ".lz4")])
def test_packed_by_other_programs(raw, tmp_path, tool, suffix):
    if subprocess.run(["which", tool], capture_output=True).returncode:
        pytest.skip(f"no {tool}")
    packed = tmp_path / f"packed{suffix}"
    packed.write_bytes(subprocess.run([tool, "-q", "-c", raw(EVIL)], check=True,
                                      stdout=subprocess.PIPE).stdout)
    assert verdict(packed) == (1, "dangerous")
    packed.write_bytes(packed.read_bytes()[:-10])
    assert verdict(packed)[0] == 2


@pytest.mark.parametrize("pack", [
    gzip.compress, lambda data: bz2.compress(data, 1), lambda data: lzma.compress(data, preset=0)])
def test_cut_off_behind_the_pickle(raw, pack):
    packed = pack(EVIL + random.Random(1).randbytes(250000))
    code, report = scan(raw(packed[:-1000]))
    assert code == 2
    assert report["files"][0]["verdict"] == "dangerous"
    assert report["files"][0]["streams"][0]["error"]["name"] == "UNPACK"


def test_inflates_as_zlib_does(raw):
    """Payloads at the end of what was inflated: every byte in front of them has to be right."""
    noise = random.Random(2)
    for level in range(10):
        data = b"".join(noise.randbytes(noise.randrange(40)) * noise.randrange(1, 9)
                        for _ in range(300)) + bytes(70000) + EVIL
        packed = raw(gzip.compress(data, level))
        code, report = scan(packed)
        assert (code, calls(report)) == (1, [("builtins", "eval", "'1 + 1'")])


# hostile archives


def lying(data, change):
    """A zip of one member with bytes changed: {offset in the local header or directory: bytes}."""
    archive = bytearray(zipped({"data.pkl": data}))
    directory = archive.index(b"PK\1\2")
    for (where, offset), new in change.items():
        at = offset if where == "local" else directory + offset
        archive[at:at + len(new)] = new
    return bytes(archive)


@pytest.mark.parametrize("change,error", [
    ({("local", 30): b"DATA"}, "AMBIGUOUS"),
    ({("local", 8): b"\x08"}, "AMBIGUOUS"),
    ({("local", 6): b"\x01"}, "ENCRYPTED"),
    ({("directory", 8): b"\x01"}, "ENCRYPTED"),
    ({("local", 14): b"abcd", ("directory", 16): b"abcd"}, "CHECKSUM"),
    ({("local", 18): b"\x05"}, "AMBIGUOUS"),
    ({("directory", 42): b"\x05"}, "ARCHIVE"),
    ({("local", 0): b"XX"}, "ARCHIVE"),
    ({("local", 8): b"\x63", ("directory", 10): b"\x63"}, "UNSUPPORTED"),
])
def test_lying_archives(raw, change, error):
    for data in (EVIL, GOOD):
        code, report = scan(raw(lying(data, change)))
        assert code == 2
        errors = [s["error"]["name"] for s in report["files"][0]["streams"] if s["error"]]
        assert error in errors
        if data is EVIL and error not in ("UNSUPPORTED",):
            assert report["files"][0]["verdict"] == "dangerous"


def test_member_that_no_directory_lists(raw):
    hidden = zipped({"hidden.pkl": EVIL})
    archive = zipped({"data.pkl": GOOD})
    directory = archive.index(b"PK\1\2")
    local = hidden[:hidden.index(b"PK\1\2")]
    end = archive.index(b"PK\5\6")
    moved = bytearray(archive[:directory] + local + archive[directory:])
    struct.pack_into("<I", moved, end + len(local) + 16, directory + len(local))
    code, report = scan(raw(bytes(moved)))
    assert (code, report["files"][0]["verdict"]) == (2, "dangerous")


def test_archive_behind_a_pickle(raw):
    code, report = scan(raw(GOOD + zipped({"data.pkl": EVIL})))
    assert (code, report["files"][0]["verdict"]) == (1, "dangerous")


# numpy and joblib


def test_arrays(raw, tmp_path):
    numpy = pytest.importorskip("numpy")
    for name, value, expected in (("numbers.npy", numpy.arange(9.0), "none"),
                                  ("objects.npy", numpy.array([1, "x"], object), "known"),
                                  ("evil.npy", numpy.array([Innocent(), 1], object), "dangerous")):
        numpy.save(tmp_path / name, value)
        assert verdict(tmp_path / name)[1] == expected
    for save in (numpy.savez, numpy.savez_compressed):
        save(tmp_path / "a.npz", x=numpy.arange(9.0), y=numpy.array([Innocent()], object))
        assert verdict(tmp_path / "a.npz") == (1, "dangerous")


def test_joblib(tmp_path):
    joblib = pytest.importorskip("joblib")
    numpy = pytest.importorskip("numpy")
    arrays = [numpy.arange(1000.0), numpy.zeros((2, 3, 4), "i2"), numpy.array(["ab", "c"]),
              numpy.zeros(2, [("a", "f4"), ("b", "i8")]), numpy.array([1, None], object),
              numpy.array(5.0), numpy.zeros((0, 3))]
    for compress in (0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)):
        path = tmp_path / "a.joblib"
        joblib.dump(arrays, path, compress=compress)
        assert verdict(path) == (0, "known")
        joblib.dump([*arrays, Innocent(), arrays[0]], path, compress=compress)
        assert verdict(path) == (1, "dangerous")


# limits


def test_bombs_end_at_a_limit(raw):
    for packed in (gzip.compress(bytes(24 << 20)),
                   zipped({"a.pkl": bytes(24 << 20)}, zipfile.ZIP_DEFLATED)):
        code, report = scan(raw(packed))
        assert code == 2
        errors = [s["error"]["name"] for s in report["files"][0]["streams"] if s["error"]]
        assert "LIMIT_RATIO" in errors
    assert "LIMIT_INFLATED" in command.run("scan", "--json", "--max-size", "1k",
                                           raw(gzip.compress(bytes(5000)))).stdout.decode()


# SARIF


def test_sarif(raw):
    path = raw(EVIL, "a model.pkl")
    done = command.run("scan", "--sarif", path, raw(zipped({"x": EVIL})), raw(GOOD[:-1]))
    assert done.returncode == 2
    report = json.loads(done.stdout)
    assert report["version"] == "2.1.0"
    run, = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
    place = run["results"][1]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("a%20model.pkl")
    assert place["physicalLocation"]["region"]["byteOffset"] == EVIL.index(b"R\x94.")
    assert [r for r in run["results"] if r["ruleId"] == "unreadable"]
    assert json.loads(command.ok("scan", "--sarif", raw(GOOD)))["runs"][0]["results"] == []
