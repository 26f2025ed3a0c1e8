"""Colours, terminals, pipes, and standard output that fails."""

import json
import os
import pickle
import re
import subprocess
import time

import command
import pytest

COLOR = re.compile(rb"\x1b\[[0-9;]*m")
VALUE = {"a": [1, "x"], "b": None}


@pytest.mark.parametrize("words", [["show"], ["stat"], ["ls"]])
def test_colors_on_a_terminal_only(dump, on_terminal, words):
    path = dump(VALUE)
    plain = command.ok(*words, path)
    assert not COLOR.search(plain)
    code, output = on_terminal(*words, path)
    assert code == 0 and COLOR.search(output)
    assert COLOR.sub(b"", output).replace(b"\r\n", b"\n").split() == plain.split()


def test_no_color(dump, on_terminal):
    path = dump(VALUE)
    assert not COLOR.search(on_terminal("show", path, env={"NO_COLOR": "1"})[1])
    assert COLOR.search(on_terminal("show", path, env={"NO_COLOR": ""})[1])
    assert not COLOR.search(on_terminal("show", path, env={"TERM": "dumb"})[1])
    assert not COLOR.search(on_terminal("show", "--color=never", path)[1])
    output = on_terminal("show", "--color", "always", path, env={"NO_COLOR": "1"})[1]
    assert COLOR.search(output)


def test_color_option(dump):
    path = dump(VALUE)
    assert COLOR.search(command.ok("show", "--color=always", path))
    assert COLOR.search(command.ok("--color=always", "show", path))
    assert not COLOR.search(command.ok("show", "--color=auto", path))
    assert command.run("show", "--color=sometimes", path).returncode == 64
    done = command.run("show", "--color=always", "nosuchfile")
    assert COLOR.search(done.stderr)


def test_json_has_no_colors(dump):
    for words in (["json"], ["dis", "--json"], ["stat", "--json"], ["ls", "--json"]):
        out = command.ok(*words, "--color=always", dump(VALUE))
        assert not COLOR.search(out)


HOSTILE = "\x1b]0;title\x07\x1b[31m\x7f\x9b31m\u202eabc\u2066\ufeff"


@pytest.mark.parametrize("words", [["show"], ["json"], ["json", "--lossless"], ["dis"], ["ls"]])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_contents_never_steer_the_terminal(dump, on_terminal, words, protocol):
    path = dump({HOSTILE: [HOSTILE, HOSTILE.encode()]}, protocol)
    code, output = on_terminal(*words, path)
    assert code == 0
    text = COLOR.sub(b"", output).decode()
    bad = {c for c in text if (c < " " and c not in "\r\n") or c in "\x7f\x9b\u202e\u2066\ufeff"}
    assert not bad
    if words[0] == "json":
        # It is the same JSON.
        first = text[: text.rindex("}") + 1]
        assert HOSTILE in json.loads(first)


def test_errors_never_steer_the_terminal(raw, on_terminal, tmp_path):
    path = tmp_path / "a\x1b[2Jb"
    path.write_bytes(b"\x80\x02}X\x06\x00\x00\x00a\x1b[2Jb](X\x05\x00\x00\x00ab.")
    done = command.run("show", path)
    assert done.returncode == 2
    assert b"\x1b" not in done.stderr and b"\\x1b[2J" in done.stderr
    done = command.run("\x1b[2Jshow")
    assert done.returncode == 64 and b"\x1b" not in done.stderr
    done = command.run("get", path.with_name("b"), "\x1b[2J")
    assert b"\x1b" not in done.stderr
    good = tmp_path / "good.pkl"
    good.write_bytes(pickle.dumps({"a\x1b[2J": 1}))
    done = command.run("get", good, "\x1b[2J")
    assert b"\x1b" not in done.stderr
    done = command.run("get", good, "['\x1b[2J']")
    assert done.returncode == 1 and b"\x1b" not in done.stderr


def test_width_of_the_terminal(dump, on_terminal):
    path = dump({"a": "x" * 500})
    output = on_terminal("show", "--color=never", path, env={"COLUMNS": "60"})[1].decode()
    assert max(map(len, output.split("\r\n"))) <= 60
    assert "500 characters" in output


def test_hint_about_depth_on_a_terminal(dump, on_terminal):
    value = [["x" * 90]]
    output = on_terminal("show", "--depth", "1", dump(value))[1]
    assert b"--depth N goes deeper" in output
    assert b"--depth" not in on_terminal("show", dump(value))[1]
    assert b"--depth" not in on_terminal("show", "-q", "--depth", "1", dump(value))[1]


def test_progress_on_a_terminal(on_terminal):
    """Shown after a second, and erased; not with --quiet, and not for what is quick."""
    slowly = (1.5, pickle.dumps([1]))
    code, output = on_terminal("show", "-", slowly=slowly, redirect="/dev/null")
    assert code == 0
    assert b"\r\x1b[Kreading standard input: 1 s" in output
    assert output.endswith(b"\r\x1b[K")
    code, output = on_terminal("show", "-q", "-", slowly=slowly, redirect="/dev/null")
    assert (code, output) == (0, b"")
    quickly = (0.1, pickle.dumps([1]))
    code, output = on_terminal("show", "-", slowly=quickly, redirect="/dev/null")
    assert (code, output) == (0, b"")


def test_no_progress_without_a_terminal():
    reader, writer = os.pipe()
    run = subprocess.Popen(
        [command.binary(), "show", "-"], stdin=reader, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1.3)
    os.write(writer, b"K\x01.")
    os.close(writer)
    os.close(reader)
    out, errors = run.communicate(timeout=60)
    assert (run.returncode, out, errors) == (0, b"1\n", b"")


def test_closed_pipe_ends_quietly(dump):
    path = dump([list(range(50)) for _ in range(20000)])
    for words in (["show", "--all"], ["json"], ["dis"]):
        run = subprocess.Popen(
            [command.binary(), *words, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert run.stdout.read(10)
        run.stdout.close()
        errors = run.stderr.read()
        assert run.wait(timeout=60) == 0 and errors == b"", (words, errors)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("words", [["show"], ["json"], ["dis"], ["stat"], ["ls"], ["help"]])
def test_full_disk_is_an_error(dump, words):
    path = [] if words == ["help"] else [dump([1])]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [command.binary(), *words, *path], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert b"standard output: No space left" in done.stderr


def test_large_output_to_a_full_disk(dump):
    path = dump(list(range(200000)))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [command.binary(), "json", path], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1


def test_locale_does_not_matter(dump):
    path = dump([1.5, 1e300, 0.1, "ü"])
    expected = command.ok("show", path)
    for name in ("C", "de_DE.UTF-8", "tr_TR.UTF-8"):
        done = subprocess.run(
            [command.binary(), "show", path], env={**os.environ, "LC_ALL": name},
            capture_output=True, check=True,
        )
        assert done.stdout == expected
