"""`brinery from-json`: files, several values, and what is refused."""

import pickle

from command import run


def test_file_to_file(tmp_path):
    source, to = tmp_path / "in.json", tmp_path / "out.pkl"
    source.write_text('{"a": [1, 2.5, null], "t": {"$tuple": [true, {"$bytes": "AP8="}]}}')
    to.write_text("what was there")
    done = run("from-json", source, to)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert pickle.loads(to.read_bytes()) == {"a": [1, 2.5, None], "t": (True, b"\x00\xff")}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.json", "out.pkl"]


def test_protocols():
    for protocol in range(6):
        done = run("from-json", "--protocol", protocol, "-", data=b'[{"$set": ["x"]}, 5]')
        assert done.returncode == 0
        assert pickle.loads(done.stdout) == [{"x"}, 5]
        assert (done.stdout[:2] == bytes([0x80, protocol])) == (protocol >= 2)
    assert run("from-json", "--protocol", "6", "-", data=b"1").returncode == 64


def test_several_values(tmp_path):
    done = run("from-json", "-", data=b'1\n{"a": 2}\n\n"x"\n')
    assert done.returncode == 0
    assert done.stdout == b"".join(pickle.dumps(x, 4) for x in (1, {"a": 2}, "x"))
    to = tmp_path / "out.pkl"
    done = run("from-json", "-", to, data=b"1 2")
    assert done.returncode == 2 and b"more than one value" in done.stderr
    assert not to.exists()


def test_what_is_refused(tmp_path):
    to = tmp_path / "out.pkl"
    to.write_bytes(b"kept")
    for text, number, offset in [(b"[1", 170, 2), (b'{"$x":1}', 171, 1), (b"1e999", 172, 0),
                                 (b'[{"$ref":3}]', 173, 9), (b'{"a":1,"a":1}', 174, 7)]:
        done = run("from-json", "-", to, data=text)
        assert done.returncode == 2
        assert f"error {number} ".encode() in done.stderr
        assert f"at byte {offset}:".encode() in done.stderr
        assert to.read_bytes() == b"kept"
    # The place is that in the file.
    done = run("from-json", "-", data=b"[1]\n[2]\n[3")
    assert b"at byte 10:" in done.stderr
    done = run("from-json", "-", data=b"")
    assert done.returncode == 2 and b"there is no JSON" in done.stderr
    assert run("from-json", "--pickle", "2", "-", data=b"1").returncode == 64
    done = run("from-json", tmp_path / "none.json")
    assert done.returncode == 2


def test_what_was_changed_later_needs_a_word():
    text = (b'{"$call":{"$global":["m","f"]},"args":{"$tuple":[{"$list":[1],'
            b'"changedLater":true}]}}')
    done = run("from-json", "-", data=text)
    assert done.returncode == 2 and b"--reordered" in done.stderr
    assert run("from-json", "--reordered", "-", data=text).returncode == 0
