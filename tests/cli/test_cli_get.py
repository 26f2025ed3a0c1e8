"""`brinery get`: the value at a path."""

import json

import command
import pytest


class Model:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


VALUE = {
    "steps": [("scale", Model(mean=[1.5, 2.5])), ("fit", Model(coef_={"a": 1}))],
    1: "one",
    ("QPSK", 2): "tuple key",
    b"k": "bytes key",
    None: "none",
    "text": "line\nbreak\x1b[31m",
    "bytes": b"\x00\xff\n",
    "odd key": {"x": [1, 2, 3]},
}


@pytest.fixture
def path(dump):
    return dump(VALUE)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("['steps'][0][1].mean[-1]", "2.5"),
        ("steps[1][1].coef_", "{'a': 1}"),
        (".steps[0][0]", "'scale'"),
        ("[1]", "'one'"),
        ("[('QPSK', 2)]", "'tuple key'"),
        ("[b'k']", "'bytes key'"),
        ("[None]", "'none'"),
        ('["odd key"].x[2]', "3"),
        ("steps[0][1].__class__", f"{__name__}.Model"),
        ("steps[0][1].__state__['mean']", "[1.5, 2.5]"),
    ],
)
def test_paths(path, steps, expected):
    assert command.ok("get", path, steps).decode().strip() == expected


def test_empty_path_is_the_root(dump):
    assert command.ok("get", dump([1]), "") == b"[1]\n"


@pytest.mark.parametrize(
    ("steps", "there", "missing"),
    [
        ("steps[2]", b"steps is there (list of 2", b"item 2"),
        ("steps[0][1].meen", b"steps[0][1] is there", b"meen"),
        ("['steps'][0][1].mean[5]", b"['steps'][0][1].mean is there (list of 2, all float)", b"5"),
        ("['none such']", b"leads nowhere", b"none such"),
        ("steps[0][0][1].x", b"steps[0][0] is there ('scale')", b"leads nowhere"),
    ],
)
def test_absent_names_the_longest_part_that_exists(path, steps, there, missing):
    done = command.run("get", path, steps)
    assert done.returncode == 1 and done.stdout == b""
    assert there in done.stderr and missing in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_wrong_path_is_usage(path):
    for wrong in ("steps[", "steps[0", "[]", "steps b", "[1+1]", "..x"):
        done = command.run("get", path, wrong)
        assert done.returncode == 64, wrong
        assert b"character" in done.stderr


def test_labels_of_show_are_paths(path):
    lines = command.ok("show", "--width", "60", "--depth", "9", path).decode().splitlines()
    steps = []
    found = 0
    for line in lines[1:]:
        label = line.lstrip("│├└ ")
        level = (len(line) - len(label)) // 2
        step, _, shown = label.partition("  ") if label[0] in "[." else label.partition(": ")
        steps[level - 1 :] = [step if step[0] in "[." and label[0] in "[." else f"[{step}]"]
        shown = shown.strip()
        if shown[:1] in "'0123456789" and "..." not in shown:
            assert command.ok("get", path, "".join(steps)).decode().strip() == shown
            found += 1
    assert found >= 5


def test_json(path):
    assert json.loads(command.ok("get", "--json", path, "steps[1][1].coef_")) == {"a": 1}
    assert json.loads(command.ok("get", "-j", "--pretty", path, "['odd key']")) == {"x": [1, 2, 3]}
    assert b'\n  "x"' in command.ok("get", "-j", "--pretty", path, "['odd key']")
    assert json.loads(command.ok("get", "--lossless", path, "bytes")) == {"$bytes": "AP8K"}
    done = command.run("get", "-j", path, "bytes")
    assert done.returncode == 0 and b"1 value has no JSON spelling" in done.stderr


def test_raw(path):
    assert command.ok("get", "--raw", path, "bytes") == b"\x00\xff\n"
    assert command.ok("get", "-r", path, "text") == b"line\nbreak\x1b[31m"
    assert command.run("get", "-r", path, "steps").returncode == 64
    assert command.run("get", "-r", "-j", path, "text").returncode == 64


def test_raw_bytes_of_old_protocols(dump):
    path = dump({"b": b"\x00\xff"}, 2)
    assert command.ok("get", "--raw", path, "b") == b"\x00\xff"


def test_raw_does_not_steer_a_terminal(path, on_terminal):
    code, output = on_terminal("get", "--raw", path, "text")
    assert code == 64 and b"\x1b[31m" not in output.replace(b"\x1b[1;31m", b"")
    code, output = on_terminal("get", "--raw", path, "[1]")
    assert code == 0 and output == b"one"


def test_tree_options(dump):
    path = dump({"a": list(range(1000))})
    out = command.ok("get", "--items", "5", path, "a").decode()
    assert out == "list of 1,000  [0, 1, 2, 3, 4, ... 995 more int]\n"
    assert "999" in command.ok("get", "--all", path, "a").decode()
