"""The command line: help, mistakes, exit codes."""

import command
import pytest

COMMANDS = ["show", "get", "dis", "json", "stat", "ls", "convert"]


def test_without_arguments():
    done = command.run()
    assert done.returncode == 64 and done.stdout == b""
    for name in COMMANDS:
        assert f"\n  {name} ".encode() in done.stderr
    assert done.stderr.count(b"\n") < 15


def test_version():
    out = command.ok("--version").decode()
    assert out.startswith("brinery ") and out.strip().count(".") == 2


def test_help():
    text = command.ok("help").decode()
    assert command.ok("--help").decode() == text == command.ok("-h").decode()
    for name in COMMANDS:
        assert f"\n  {name} " in text
    assert "--max-memory" in text and "Exit codes" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    text = command.ok("help", name).decode()
    assert text == command.ok(name, "--help").decode() == command.ok(name, "-h").decode()
    assert text.startswith(f"usage: brinery {name} [options] FILE")
    assert "--pickle" in text and "--max-memory" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shwo", "x"], b"did you mean 'show'?"),
        (["hlep"], b"did you mean 'help'?"),
        (["st"], b"did you mean 'stat'?"),
        (["xyzzy"], b"there is no command 'xyzzy'"),
        (["help", "jsno"], b"did you mean 'json'?"),
        (["show"], b"show needs a file"),
        (["get", "x"], b"get needs a path"),
        (["show", "a", "b"], b"'b' is one argument too many"),
        (["get", "a", "b", "c"], b"'c' is one argument too many"),
        (["show", "--dpeth", "3", "x"], b"did you mean --depth?"),
        (["show", "--nonsense", "x"], b"unknown option --nonsense"),
        (["show", "-Z", "x"], b"unknown option -Z"),
        (["show", "--depth", "x"], b"--depth takes a number"),
        (["show", "--depth", "-1"], b"--depth takes a number"),
        (["show", "--depth", "99999999999999999999", "x"], b"--depth takes a number"),
        (["show", "--depth"], b"--depth needs a value"),
        (["show", "--items", "0", "x"], b"--items takes a number above 0"),
        (["show", "--all=1", "x"], b"--all takes no value"),
        (["show", "--max-memory", "12Q", "x"], b"--max-memory takes"),
        (["show", "--max-memory", "0", "x"], b"--max-memory takes"),
        (["show", "--max-memory", "99999999T", "x"], b"--max-memory takes"),
        (["json", "--all", "--pickle", "2", "x"], b"exclude each other"),
        (["dis", "--all", "--pickle", "2", "x"], b"exclude each other"),
        (["ls", "--pickle", "2", "x"], b"no --pickle"),
        (["--nonsense", "show", "x"], b"unknown option"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_mistakes(words, message):
    done = command.run(*words)
    assert done.returncode == 64 and done.stdout == b""
    assert message in done.stderr
    assert done.stderr.count(b"\n") == 2  # what is wrong, and where to read more


def test_file_instead_of_a_command(dump):
    path = dump([1])
    done = command.run(path)
    assert done.returncode == 64 and b"did you mean 'brinery show" in done.stderr


def test_spellings_of_options(dump):
    path = dump([["x" * 90]])
    expected = command.ok("show", "--depth", "1", path)
    for words in (["--depth=1"], ["-d", "1"], ["-d1"]):
        assert command.ok("show", *words, path) == expected
    assert command.ok("show", path, "--depth", "1") == expected
    assert command.ok("dis", "-aj", path) == command.ok("dis", "-a", "-j", path)


def test_two_dashes_end_the_options(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    (tmp_path / "--all").write_bytes(pickle.dumps([1]))
    assert command.ok("show", "--", "--all") == b"[1]\n"


@pytest.mark.parametrize("size", ["1024", "1k", "1K", "1kB", "1KiB"])
def test_sizes(raw, size):
    import pickle

    small, large = pickle.dumps(b"x" * 1000), pickle.dumps(b"x" * 1024)
    assert len(small) <= 1024 < len(large)
    assert command.run("show", "--max-input", size, raw(small)).returncode == 0
    assert command.run("show", "--max-input", size, raw(large)).returncode == 2
