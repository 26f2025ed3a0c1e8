"""What the tests of the command share: pickles in files, and runs on a terminal."""

import errno
import os
import pathlib
import pickle
import pty
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))

import command  # noqa: E402  the runner both test folders use


@pytest.fixture
def dump(tmp_path):
    """dump(value, protocol) is the path of a file with that pickle."""
    count = 0

    def write(value, protocol=4, name=None):
        nonlocal count
        count += 1
        path = tmp_path / (name or f"p{count}.pkl")
        path.write_bytes(pickle.dumps(value, protocol))
        return path

    return write


@pytest.fixture
def raw(tmp_path):
    """raw(data) is the path of a file with these bytes."""
    count = 0

    def write(data, name=None):
        nonlocal count
        count += 1
        path = tmp_path / (name or f"r{count}")
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def show():
    """show(path, options...) is what the tree prints, line by line."""

    def run(path, *options):
        return command.ok("show", "-q", *options, path).decode().splitlines()

    return run


@pytest.fixture
def on_terminal():
    """on_terminal(args...) is (exit code, all output) of a run on a pseudo-terminal.

    `redirect`: a file for standard output; `slowly`: seconds after which this is standard input.
    """

    def run(*args, env=None, redirect=None, slowly=None):
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.environ.pop("COLUMNS", None)
            os.environ["TERM"] = "xterm"
            os.environ.update(env or {})
            if slowly:
                seconds, data = slowly
                reader, writer = os.pipe()
                if os.fork() == 0:
                    os.close(reader)
                    time.sleep(seconds)
                    os.write(writer, data)
                    os._exit(0)
                os.close(writer)
                os.dup2(reader, 0)
            if redirect:
                os.dup2(os.open(redirect, os.O_WRONLY), 1)
            os.execv(command.binary(), ["brinery", *map(str, args)])
        output = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    break
                raise
            if not piece:
                break
            output += piece
        os.close(terminal)
        status = os.waitpid(pid, 0)[1]
        return os.waitstatus_to_exitcode(status), output

    return run
