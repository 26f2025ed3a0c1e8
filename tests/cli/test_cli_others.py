"""`brinery dis`, `json`, `stat` and `ls`."""

import contextlib
import gzip
import io
import json
import pickle
import pickletools

import command
import pytest


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


# dis


def test_dis_is_what_pickletools_prints(dump):
    data = {"a": [1, 2.5, "x"], "b": (b"\x00", None)}
    for protocol in range(6):
        expected = io.StringIO()
        pickletools.dis(pickle.dumps(data, protocol), expected)
        assert command.ok("dis", dump(data, protocol)).decode() == expected.getvalue()


def test_dis_annotate(dump):
    plain = command.ok("dis", dump([1])).decode().splitlines()
    annotated = command.ok("dis", "--annotate", dump([1])).decode().splitlines()
    assert command.ok("dis", "-a", dump([1])).decode().splitlines() == annotated
    for before, after in zip(plain[:-1], annotated):
        assert after.startswith(before) and len(after) > len(before)


def test_dis_json(dump):
    lines = command.ok("dis", "--json", dump([5], 2)).decode().splitlines()
    rows = [json.loads(line) for line in lines]
    expected = [
        {"offset": at, "opcode": op.name} | ({} if arg is None else {"arg": arg})
        for op, arg, at in pickletools.genops(pickle.dumps([5], 2))
    ]
    # genops gives PUT-like opcodes their number, as the command does.
    assert rows == expected


def test_dis_all(raw):
    path = raw(pickle.dumps(1, 2) + pickle.dumps(2, 2))
    rows = [json.loads(line) for line in command.ok("dis", "--json", "--all", path).splitlines()]
    assert [row["opcode"] for row in rows] == ["PROTO", "BININT1", "STOP"] * 2
    assert [row["offset"] for row in rows] == [0, 2, 4] * 2
    done = command.run("dis", path)
    assert done.stdout.count(b"STOP") == 1 and b"--pickle 2" in done.stderr
    assert command.ok("dis", "-q", "--pickle", "2", path).count(b"STOP") == 1


def test_dis_goes_on_where_loading_refuses(raw):
    done = command.run("dis", raw(b"\x80\x04h\x05h\x06."))
    assert done.returncode == 2
    assert done.stdout.count(b"BINGET") == 2 and b"STOP" in done.stdout
    assert b"(MEMO_MISSING)" in done.stderr


# json


def test_json(dump):
    value = {"a": [1, 2.5, None, True], "b": "ü"}
    assert json.loads(command.ok("json", dump(value))) == value
    assert command.ok("json", dump([1, 2])) == b"[1,2]\n"
    assert command.ok("json", "--pretty", dump([1])) == b"[\n  1\n]\n"


def test_json_path(dump):
    assert command.ok("json", dump({"a": [5, 6]}), "a[1]") == b"6\n"
    done = command.run("json", dump({"a": 1}), "b")
    assert done.returncode == 1 and done.stdout == b""
    assert command.run("json", dump({"a": 1}), "[").returncode == 64


def test_json_standins_are_reported(dump):
    done = command.run("json", dump([b"x", float("nan"), 1]))
    assert done.returncode == 0
    assert b"2 values have no JSON spelling and got a stand-in" in done.stderr
    assert command.run("json", "-q", dump([b"x"])).stderr == b""
    assert command.run("json", "--lossless", dump([b"x"])).stderr == b""


def test_json_lossless(dump):
    a = [1]
    value = json.loads(command.ok("json", "--lossless", dump((a, a))))
    assert value == {"$tuple": [{"$id": value["$tuple"][0]["$id"], "$list": [1]},
                                {"$ref": value["$tuple"][0]["$id"]}]}


def test_json_all_is_json_lines(raw):
    path = raw(b"".join(pickle.dumps([i], i % 6) for i in range(20)))
    lines = command.ok("json", "--all", path).decode().splitlines()
    assert [json.loads(line) for line in lines] == [[i] for i in range(20)]
    assert command.ok("json", "--all", path, "[0]").split() == [b"%d" % i for i in range(20)]


def test_json_all_stops_where_it_must(raw):
    done = command.run("json", "--all", raw(pickle.dumps(1) + b"\xff"))
    assert done.returncode == 2 and done.stdout == b"1\n"
    assert b"pickle 2" in done.stderr


@pytest.mark.parametrize(
    ("value", "name"),
    [([[]] * 3, None), ({1: "a", "1": "b"}, b"JSON_KEY"), ({(1, 2): 3}, b"JSON_KEY")],
)
def test_json_refuses_what_it_cannot_write(dump, value, name):
    done = command.run("json", dump(value))
    assert done.returncode == (2 if name else 0)
    if name:
        assert name in done.stderr and b"--lossless can write this" in done.stderr
        assert done.stdout == b""
        assert command.run("json", "--lossless", dump(value)).returncode == 0


def test_json_cycle_and_expansion(dump):
    cycle = []
    cycle.append(cycle)
    done = command.run("json", dump(cycle))
    assert done.returncode == 2 and b"JSON_CYCLE" in done.stderr
    value = [1]
    for _ in range(30):
        value = [value, value]
    done = command.run("json", dump(value))
    assert done.returncode == 2 and b"JSON_EXPANSION" in done.stderr and done.stdout == b""
    assert b"--max-nodes" in done.stderr
    done = command.run("json", "--max-nodes", "5", dump([1] * 10))
    assert done.returncode == 2 and b"JSON_EXPANSION" in done.stderr


# stat


def facts(path, *options):
    return json.loads(command.ok("stat", "--json", *options, path))


def test_stat_counts(dump, tmp_path):
    data = [Point(1, 2), Point(3, 4), {"k": {1, 2}}]
    path = dump(data, 4)
    got = facts(path)
    ops = [op.name for op, _, _ in pickletools.genops(path.read_bytes())]
    assert got["opcodes"] == len(ops)
    assert got["by_opcode"] == {name: ops.count(name) for name in ops}
    assert got["bytes"] == got["file_bytes"] == path.stat().st_size
    assert got["protocol"] == 4 and got["frames"] == 1
    assert got["memo_puts"] == ops.count("MEMOIZE")
    assert got["types"]["object"] == 2 and got["types"]["set"] == 1
    assert got["shared"] == 0 and got["cycles"] == 0
    assert got["globals"] == [
        {"module": __name__, "name": "Point", "named": 1, "called": 0, "instances": 2}
    ]


def test_stat_sharing(dump):
    a = []
    a.append(a)
    b = [a, a, {}]
    got = facts(dump([b, b]))
    assert got["shared"] == 2 and got["cycles"] == 1
    # b once more, a twice more: within itself, and within b.
    assert got["references"] == 3


def test_stat_globals(raw):
    path = raw(b"(cos\nsystem\n(X\x02\x00\x00\x00lstRcos\nsystem\ncm\nf\n0t.")
    got = {(g["module"], g["name"]): g for g in facts(path)["globals"]}
    assert got["os", "system"]["named"] == 2 and got["os", "system"]["called"] == 1
    # Popped, but Python would import it all the same.
    assert ("m", "f") in got
    text = command.ok("stat", path).decode()
    assert "called 1 time  os.system" in text and "named          m.f" in text


def test_stat_text(dump):
    text = command.ok("stat", dump([1, "a"], 4)).decode()
    for word in ("protocol      4", "opcodes", "sharing       none", "globals: none", "memory"):
        assert word in text
    assert "more (--all)" not in command.ok("stat", "--all", dump(list(range(9)))).decode()


def test_stat_of_compressed_and_several(raw):
    one, two = pickle.dumps([1] * 100), pickle.dumps("two")
    got = facts(raw(gzip.compress(one + two)))
    assert got["packing"] == "gzip" and got["bytes"] == len(one)
    assert got["bytes_behind"] == len(two)
    got = facts(raw(one + two), "--pickle", "2")
    assert got["pickle"] == 2 and got["begin"] == len(one) and got["bytes"] == len(two)


# ls


def test_ls(dump, raw):
    one = dump({"steps": 1, "memory": 2, "odd key": 3}, 2)
    two = raw(pickle.dumps([1, 2]) + pickle.dumps(3))
    lines = command.ok("ls", one, two).decode().splitlines()
    assert lines[0].split(None, 4) == [
        str(one.stat().st_size), "B", "p2", str(one), "dict of 3: steps, memory, 'odd key'"
    ]
    assert "2 pickles, the first: list of 2, all int" in lines[1]


def test_ls_errors(dump, raw, tmp_path):
    good, bad = dump([1]), raw(b"junk")
    done = command.run("ls", good, bad, tmp_path / "none")
    assert done.returncode == 2
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 3 and "list of 1" in lines[0]
    assert "error" in lines[1] and "(OPEN)" in lines[2]
    done = command.run("ls", tmp_path)
    assert done.returncode == 2 and b"folder" in done.stdout


def test_ls_json(dump, raw):
    good, bad = dump((1, "a"), 3), raw(gzip.compress(b"\xffjunk"))
    done = command.run("ls", "--json", good, bad)
    assert done.returncode == 2
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0] == {
        "file": str(good), "size": good.stat().st_size, "protocol": 3, "pickles": 1, "rest": 0,
        "type": "tuple", "holds": "tuple of 2: int, str",
    }
    assert rows[1]["packing"] == "gzip" and rows[1]["error"]["name"] == "UNKNOWN_OPCODE"
    assert rows[1]["error"]["code"] == 4 and rows[1]["error"]["offset"] == 0


def test_ls_recursive(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.pkl").write_bytes(pickle.dumps(1, 0))
    (tmp_path / "a" / "noname").write_bytes(pickle.dumps([2]))
    (tmp_path / "a" / "y.pickle.gz").write_bytes(gzip.compress(pickle.dumps("three")))
    (tmp_path / "a" / "readme.txt").write_text("no pickle")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    done = command.run("ls", "-r", "--json", tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [(row["file"].removeprefix(f"{tmp_path}/"), row["holds"]) for row in rows] == [
        ("a/noname", "list of 1: int"), ("a/y.pickle.gz", "'three'"), ("a/b/x.pkl", "1"),
    ]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert command.run("ls", "--recursive", empty).returncode == 1


def test_ls_of_names_that_steer_a_terminal(tmp_path):
    path = tmp_path / "a\x1b[31mb.pkl"
    path.write_bytes(pickle.dumps(1))
    out = command.ok("ls", path)
    assert b"\x1b" not in out and b"\\x1b[31m" in out
    assert json.loads(command.ok("ls", "--json", path))["file"] == str(path)


def test_every_command_reads_every_corpus_file():
    """Nothing but 0 and 2 comes out, and standard output holds no control characters."""
    files = [*sorted(command.CORPUS.glob("*.pkl"))]
    assert len(files) > 50
    for words in (["show"], ["stat"], ["ls"], ["dis"], ["stat", "--json"]):
        for file in files:
            done = command.run(*words, file)
            assert done.returncode == 0, (words, file, done.stderr)
            text = done.stdout.decode()
            bad = [c for c in text if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f"]
            assert not bad or words == ["dis"], (words, file, bad)
