"""What every command reads: files, standard input, compressed files, limits, wrong files."""

import bz2
import gzip
import lzma
import pickle
import zipfile
import zlib

import command
import pytest

COMMANDS = ["show", "dis", "json", "stat", "ls"]


def words_for(name, file):
    return [name, file] if name != "get" else [name, file, ""]


@pytest.mark.parametrize("name", [*COMMANDS, "get"])
def test_standard_input(name, dump):
    path = dump([1, "a"])
    from_file = command.ok(*words_for(name, path))
    from_stdin = command.ok(*words_for(name, "-"), data=path.read_bytes())
    if name in ("show", "dis", "json", "get"):
        assert from_stdin == from_file
    else:
        assert from_stdin


@pytest.mark.parametrize("name", [*COMMANDS, "get"])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
def test_compressed(name, pack, dump, raw):
    path = dump({"a": list(range(5000))})
    packed = raw(pack(path.read_bytes()))
    done = command.ok(*words_for(name, packed))
    assert done
    if name in ("show", "dis", "json", "get"):
        assert done == command.ok(*words_for(name, path))


def test_gzip_of_several_members(raw):
    path = raw(gzip.compress(pickle.dumps([1])[:5]) + gzip.compress(pickle.dumps([1])[5:]))
    assert command.ok("show", path) == b"[1]\n"


def test_gzip_with_zeros_behind(raw):
    assert command.ok("show", raw(gzip.compress(pickle.dumps([1])) + b"\0" * 512)) == b"[1]\n"


@pytest.mark.parametrize("level", [0, 1, 9])
def test_zlib_levels(raw, level):
    assert command.ok("show", raw(zlib.compress(pickle.dumps([1]), level))) == b"[1]\n"


def test_damaged_gzip(raw):
    data = gzip.compress(pickle.dumps(list(range(10000))))
    done = command.run("show", raw(data[:-20]))
    assert done.returncode == 2 and b"ends early" in done.stderr
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    done = command.run("show", raw(bytes(broken)))
    assert done.returncode == 2 and done.stdout == b""


def test_every_prefix_of_a_gzip_file(raw):
    data = gzip.compress(pickle.dumps([1, 2, 3]))
    for end in range(len(data)):
        assert command.run("show", "-", data=data[:end]).returncode == 2


def test_bombs_are_refused(raw):
    bomb = raw(gzip.compress(b"(" * 20_000_000))
    done = command.run("show", "--max-size", "1M", bomb)
    assert done.returncode == 2
    assert b"LIMIT_INPUT" in done.stderr and b"--max-size" in done.stderr
    exact = pickle.dumps(b"x" * 1000)
    path = raw(gzip.compress(exact))
    assert command.run("show", "--max-size", str(len(exact)), path).returncode == 0
    assert command.run("show", "--max-size", str(len(exact) - 1), path).returncode == 2


@pytest.mark.parametrize("name", [*COMMANDS, "get"])
def test_unreadable(name, raw, tmp_path):
    done = command.run(*words_for(name, tmp_path / "none"))
    assert done.returncode == 2
    assert b"(OPEN)" in done.stderr + done.stdout
    done = command.run(*words_for(name, raw(b"")))
    assert done.returncode == 2
    assert b"(EMPTY)" in done.stderr + done.stdout
    done = command.run(*words_for(name, raw(pickle.dumps([1, 2])[:-1])))
    assert done.returncode == 2
    done = command.run(*words_for(name, tmp_path))
    assert done.returncode == 2


def test_error_line(raw):
    """brinery: FILE: error N (NAME) at byte B, opcode O, in PATH: ..."""
    path = raw(b"\x80\x02}(X\x01\x00\x00\x00a](X\x05\x00\x00\x00ab.")
    done = command.run("show", path)
    assert done.returncode == 2 and done.stdout == b""
    line = done.stderr.decode()
    assert line.count("\n") == 1
    assert line.startswith(f"brinery: {path}: error 1 (TRUNCATED) at byte 12, opcode BINUNICODE")
    assert "in ['a'][0]" in line
    done = command.run("show", "-", data=path.read_bytes())
    assert done.stderr.startswith(b"brinery: standard input: error 1 ")


def test_error_in_a_later_pickle(raw):
    path = raw(pickle.dumps(1, 2) + b"\x80\x02X\xff\xff.")
    done = command.run("json", "--all", path)
    assert done.returncode == 2 and b"in pickle 2, which begins at byte 5" in done.stderr


def zip_bytes(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(1))
    return path.read_bytes()


HINTS = [
    (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}", b".npy"),
    (b"<!DOCTYPE html><html>404</html>", b"HTML"),
    (b"\n\n <HTML><body>", b"HTML"),
    (b'{"a": [1, 2]}', b"JSON"),
    (b"[1, 2, 3]\n", b"JSON"),
    (b"hello world, this is text\n", b"looks like text"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", b"Git LFS"),
    (lzma.compress(b"x"), b"xz -dc"),
    (bz2.compress(b"x" * 100), b"bzip2 -dc"),
    (b"\x28\xb5\x2f\xfd\x04\x00", b"zstd -dc"),
    (b"\x04\x22\x4d\x18\x64\x40", b"lz4 -dc"),
    (b"\x89HDF\r\n\x1a\n", b"HDF5"),
    (b"PAR1\x15\x04", b"Parquet"),
    (b"SQLite format 3\x00", b"SQLite"),
    (b"gASVBgAAAAAAAABdlEsBYS4=", b"base64 -d"),
    (pickle.dumps({"a": 1}, 0).replace(b"\n", b"\r\n"), b"DOS line ends"),
    (b"\xef\xbf\xbd\x04\xef\xbf\xbd\x05", b"damaged"),
    (b"\x80\x04\x8c\x13joblib.numpy_pickle\x8c\x01x\x93\xff\xff", b"joblib"),
]


@pytest.mark.parametrize(("data", "hint"), HINTS, ids=[hint.decode() for _, hint in HINTS])
def test_hints(raw, data, hint):
    done = command.run("show", raw(data))
    assert done.returncode == 2 and hint in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_zip_hint(raw, tmp_path):
    done = command.run("show", raw(zip_bytes(tmp_path)))
    assert done.returncode == 2 and b"zip archive" in done.stderr


LIMITS = [
    ("--max-input", "10", pickle.dumps("x" * 100), b"LIMIT_INPUT"),
    ("--max-memory", "1M", pickle.dumps(list(range(100000))), b"LIMIT_MEMORY"),
    ("--max-values", "5", pickle.dumps(list(range(100))), b"LIMIT_VALUES"),
    ("--max-stack", "5", pickle.dumps(list(range(100))), b"LIMIT_STACK"),
    ("--max-memo", "2", pickle.dumps([[], [], [], []]), b"LIMIT_MEMO"),
    ("--max-digits", "50", b"L" + b"7" * 60 + b"L\n.", b"LIMIT_DIGITS"),
    ("--max-work", "1", pickle.dumps({i: i for i in range(1000)}), b"LIMIT_WORK"),
]


@pytest.mark.parametrize(("option", "value", "data", "name"), LIMITS,
                         ids=[row[0] for row in LIMITS])
def test_limits(raw, option, value, data, name):
    path = raw(data)
    done = command.run("show", option, value, path)
    assert done.returncode == 2 and name in done.stderr
    assert option.encode() in done.stderr, "the message names the option"
    assert command.run("show", option, "1G", path).returncode == 0
    assert command.run("show", option, "unlimited", path).returncode == 0
    # Options of every command may stand in front of it.
    assert command.run(option, value, "show", path).returncode == 2


def test_digits_default(raw):
    assert command.run("show", raw(b"I" + b"1" * 4300 + b"\n.")).returncode == 0
    done = command.run("show", raw(b"I" + b"1" * 4301 + b"\n."))
    assert done.returncode == 2 and b"LIMIT_DIGITS" in done.stderr


def test_map(dump, raw):
    assert command.ok("show", "--map", dump([1])) == b"[1]\n"
    assert command.ok("show", "--map", raw(gzip.compress(pickle.dumps([1])))) == b"[1]\n"
    assert command.ok("show", "--map", "-", data=pickle.dumps([1])) == b"[1]\n"
    assert command.run("show", "--map", raw(b"")).returncode == 2


def test_sparse_claims_cost_nothing(raw):
    """BINBYTES8 of 2**40 bytes."""
    done = command.run("show", raw(b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + b"abc"))
    assert done.returncode == 2 and b"TRUNCATED" in done.stderr
