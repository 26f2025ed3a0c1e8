"""`brinery convert`: what comes out, where it goes, what happens to the file if it fails."""

import os
import pickle
import stat

import command
import pytest

VALUE = {"a": [1, 2.5, None, "x"], "b": {1, 2}, "c": (b"bytes", bytearray(b"array"))}


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol(dump, protocol):
    for source in range(6):
        data = command.ok("convert", "--protocol", protocol, dump(VALUE, source))
        assert pickle.loads(data) == VALUE
        assert source != protocol or data == pickle.dumps(VALUE, protocol)


def test_own_protocol(dump):
    for protocol in range(6):
        assert command.ok("convert", dump(VALUE, protocol)) == pickle.dumps(VALUE, protocol)


def test_into_a_file(dump, tmp_path):
    out = tmp_path / "out.pkl"
    assert command.ok("convert", "-P", 2, dump(VALUE), out) == b""
    assert out.read_bytes()[:2] == b"\x80\x02" and pickle.loads(out.read_bytes()) == VALUE
    assert os.listdir(tmp_path) == ["p1.pkl", "out.pkl"] or len(os.listdir(tmp_path)) == 2


def test_over_itself(dump):
    """The file keeps its rights; a link stays a link."""
    path = dump(VALUE, 5)
    path.chmod(0o640)
    link = path.with_name("link.pkl")
    link.symlink_to(path.name)
    command.ok("convert", "-P", 0, link, link)
    assert link.is_symlink()
    assert pickle.loads(path.read_bytes()) == VALUE and path.read_bytes()[0] != 0x80
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(path.parent)) == ["link.pkl", "p1.pkl"]


def test_failure_leaves_the_old_file(raw, tmp_path):
    """An extension code cannot be said in protocol 0."""
    source = raw(b"\x80\x02](K\x01\x82\x05e.")
    out = tmp_path / "out.pkl"
    out.write_bytes(b"old")
    done = command.run("convert", "-P", 0, source, out)
    assert done.returncode == 2 and command.error_number(done.stderr) == 146
    assert b"[1]" in done.stderr
    assert out.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["out.pkl", source.name]
    done = command.run("convert", source, tmp_path / "nowhere" / "out.pkl")
    assert done.returncode == 2 and command.error_number(done.stderr) == 100


def test_small_and_canonical(dump):
    words = ["word" * 3]
    path = dump([words, words, {"b", "a", "c"}, {"z": 1, "y": 2}])
    whole = command.ok("convert", path)
    small = command.ok("convert", "--small", path)
    assert len(small) < len(whole) and pickle.loads(small) == pickle.loads(whole)
    canonical = command.ok("convert", "--canonical", path)
    assert canonical.index(b"\x01a") < canonical.index(b"\x01b") < canonical.index(b"\x01c")
    assert list(pickle.loads(canonical)[3]) == ["z", "y"]
    assert list(pickle.loads(command.ok("convert", "--sort-keys", path))[3]) == ["y", "z"]


def test_names(dump, raw):
    path = raw(b"c__builtin__\nxrange\n.")
    assert command.ok("convert", "-P", 4, path).find(b"builtins") > 0
    assert command.ok("convert", "-P", 4, "--keep-names", path).find(b"__builtin__") > 0


def test_order_lost(raw):
    """The list is appended to after f has been given it."""
    path = raw(b"\x80\x02]q\x00cm\nf\nh\x00\x85Rh\x00K\x01a\x86.")
    done = command.run("convert", path)
    assert done.returncode == 2 and command.error_number(done.stderr) == 145
    assert b"--reordered" in done.stderr
    assert command.ok("convert", "--reordered", path)


def test_popped_call(raw):
    """f(x) is called and its result thrown away."""
    path = raw(b"\x80\x02]q\x00cm\nf\nh\x00\x85R0.")
    done = command.run("convert", path)
    assert done.returncode == 2 and command.error_number(done.stderr) == 145
    assert pickle.loads(command.ok("convert", "--reordered", path)) == []


def test_buffers(raw):
    data = b"\x80\x05\x97\x97\x98\x86."
    assert pickle.loads(command.ok("convert", raw(data)), buffers=[b"x", b"y"]) == (b"x", b"y")
    swapped = raw(b"\x80\x05\x97q\x000\x97h\x00\x86.")
    done = command.run("convert", swapped)
    assert done.returncode == 2 and b"another order" in done.stderr


def test_usage(dump, on_terminal):
    assert command.run("convert", "-P", 6, dump(1)).returncode == 64
    assert command.run("convert").returncode == 64
    status, _ = on_terminal("convert", dump(1))
    assert status == 64
