"""Exceptions of the Python door: class and message are the stock pickle's, path, offset and hint
come on top."""
import _thread
import gzip
import io
import pickle as stock
import socket
import sqlite3
import sys
import threading

import pytest

import brinery as pickle

NOTES_OF_ITS_OWN = sys.version_info >= (3, 14)


class Box:
    def __init__(self, **members):
        vars(self).update(members)


class Slotted:
    __slots__ = ("inside", "other")


def local_function():
    def inner():
        pass
    return inner


def local_class():
    class Inner:
        pass
    return Inner


def generate():
    yield 1


CONNECTION = sqlite3.connect(":memory:")
LOCK = threading.Lock()

UNPICKLABLE = {
    "lambda": (lambda: 1, "lambda"),
    "local function": (local_function(), "inside a function"),
    "local class": (local_class(), "inside a function"),
    "instance of a local class": (local_class()(), "inside a function"),
    "open file": (open(__file__, encoding="utf-8"), "open file"),
    "binary file": (open(__file__, "rb"), "open file"),
    "socket": (socket.socket(), "socket"),
    "database connection": (CONNECTION, "database connection"),
    "generator": (generate(), "generator"),
    "lock": (LOCK, "lock"),
    "module": (sys, "module"),
}


def both(object_, protocol=None):
    """The exceptions of Brinery and of the stock pickle."""
    with pytest.raises(Exception) as ours:
        pickle.dumps(object_, protocol)
    with pytest.raises(Exception) as theirs:
        stock.dumps(object_, protocol)
    return ours.value, theirs.value


# Protocols 0 and 1 take a database connection for an object without state.
CASES = [(name, protocol) for name in UNPICKLABLE for protocol in range(6)
         if not (name == "database connection" and protocol < 2)]


@pytest.mark.parametrize(("name", "protocol"), CASES)
def test_what_cannot_be_pickled_is_named(name, protocol):
    culprit, hint = UNPICKLABLE[name]
    ours, theirs = both({"session": Box(conn=[1, culprit])}, protocol)
    assert type(ours) is type(theirs)
    assert str(ours) == str(theirs)
    assert ours.pickle_path.startswith("obj['session'].conn[1]"), ours.pickle_path
    assert hint in ours.pickle_hint
    if NOTES_OF_ITS_OWN:
        assert getattr(ours, "__notes__", []) == getattr(theirs, "__notes__", [])
    else:
        (note,) = ours.__notes__
        assert ours.pickle_path in note and ours.pickle_hint in note


def in_slot(culprit):
    slotted = Slotted()
    slotted.inside = culprit
    return slotted


class Listed(list):
    pass


class Mapped(dict):
    pass


PLACES = {
    "obj": lambda x: x,
    "obj[2]": lambda x: [0, 1, x],
    "obj[0][1]": lambda x: ((0, x),),
    "obj['a']": lambda x: {"a": x},
    "obj[('QPSK', 2)]": lambda x: {("QPSK", 2): x},
    "obj[1.5]": lambda x: {1.5: x},
    "obj[b'k']": lambda x: {b"k": x},
    "obj[None]": lambda x: {None: x},
    "obj.inside": in_slot,
    "obj.a.b.c": lambda x: Box(a=Box(b=Box(c=x))),
    "obj[1500]": lambda x: [*range(1500), x],
    "obj[1]": lambda x: Listed([0, x]),
    "obj['key']": lambda x: Mapped(key=x),
}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("protocol", range(2, 6))
def test_paths(path, protocol):
    with pytest.raises(TypeError) as caught:
        pickle.dumps(PLACES[path](LOCK), protocol)
    assert caught.value.pickle_path == path


def test_long_keys_are_cut():
    with pytest.raises(TypeError) as caught:
        pickle.dumps({"k" * 100000: LOCK})
    assert len(caught.value.pickle_path) < 300


def test_keys_run_no_code():
    class Key:
        def __hash__(self):
            return 1

        def __repr__(self):
            raise AssertionError("a path must not call this")
    Key.__qualname__ = "Key"
    globals()["Key"] = Key
    with pytest.raises(TypeError) as caught:
        pickle.dumps({Key(): LOCK})
    assert "Key" in caught.value.pickle_path
    del globals()["Key"]


def test_deep_path():
    deep = LOCK
    for _ in range(100000):
        deep = [deep]
    with pytest.raises(TypeError) as caught:
        pickle.dumps(deep)
    path = caught.value.pickle_path
    assert path.startswith("obj[0][0]") and len(path) < 5000
    while isinstance(deep, list):  # not to free it by recursion
        deep = deep[0]


def test_the_exception_stays_the_same():
    class Mine(Exception):
        __slots__ = ()

    error = Mine("words")

    class Raises:
        def __reduce__(self):
            raise error

    with pytest.raises(Mine) as caught:
        pickle.dumps([Raises()])
    assert caught.value is error and caught.value.args == ("words",)
    assert caught.value.pickle_path == "obj[0]"


def test_interrupts_are_left_alone():
    class Raises:
        def __reduce__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        pickle.dumps([Raises()])
    assert not hasattr(caught.value, "pickle_path")
    assert not hasattr(caught.value, "__notes__")


def test_the_innermost_pickler_explains():
    class Inner:
        def __reduce__(self):
            pickle.dumps({"inside": LOCK})

    with pytest.raises(TypeError) as caught:
        pickle.dumps([Inner()])
    assert caught.value.pickle_path == "obj['inside']"


def loads_both(data, **keywords):
    with pytest.raises(Exception) as ours:
        pickle.loads(data, **keywords)
    with pytest.raises(Exception) as theirs:
        stock.loads(data, **keywords)
    assert ours.type is theirs.type
    assert str(ours.value) == str(theirs.value)
    return ours.value


def test_missing_module():
    data = b"\x80\x04](\x8c\x10no_module_anyhow\x8c\x03Cls\x93Ne."
    error = loads_both(data)
    assert isinstance(error, ModuleNotFoundError)
    assert error.pickle_offset == data.index(b"\x93")
    assert "no_module_anyhow" in error.pickle_hint and "rename=" in error.pickle_hint
    assert error.pickle_path == "obj[0]"
    assert error.pickle_hint in error.__notes__[-1]
    assert f"byte {error.pickle_offset}" in error.__notes__[-1]


def test_moved_class():
    error = loads_both(b"\x80\x04\x8c\x0bcollections\x8c\x05Moved\x93.")
    assert isinstance(error, AttributeError)
    assert "rename={'collections:Moved':" in error.pickle_hint


def test_class_of_main():
    error = loads_both(b"\x80\x04\x8c\x08__main__\x8c\x0cNotHereAtAll\x93.")
    assert isinstance(error, AttributeError)
    assert "__main__:NotHereAtAll" in error.pickle_hint and "script" in error.pickle_hint


NO_PICKLES = {
    "text": b"hello, this is no pickle",
    "HTML": b"<!DOCTYPE html><html>404</html>",
    "JSON": b'{"a": [1, 2]}',
    "gzip": gzip.compress(b"x"),
    "bzip2": b"BZh91AY&SY",
    "zip archive": b"PK\x03\x04\x14\x00",
    ".npy": b"\x93NUMPY\x01\x00",
}


@pytest.mark.parametrize("name", NO_PICKLES)
@pytest.mark.parametrize("way", ["loads", "BytesIO", "file"])
def test_what_is_no_pickle(name, way, tmp_path):
    data = NO_PICKLES[name]
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(Exception) as caught:
        if way == "loads":
            pickle.loads(data)
        elif way == "BytesIO":
            pickle.load(io.BytesIO(data))
        else:
            with open(path, "rb") as file:
                pickle.load(file)
    assert name in caught.value.pickle_hint


def test_gzip_hint_names_the_module():
    with pytest.raises(stock.UnpicklingError) as caught:
        pickle.loads(gzip.compress(stock.dumps(1)))
    assert "gzip.open" in caught.value.pickle_hint


def test_truncated():
    data = stock.dumps({"users": [{"name": "a" * 100}] * 3})
    for end in range(1, len(data)):
        with pytest.raises((EOFError, stock.UnpicklingError)) as caught:
            pickle.loads(data[:end])
        assert caught.value.pickle_offset <= end
        assert "cut off" in caught.value.pickle_hint


def test_path_while_loading():
    data = stock.dumps({"users": [1, {"id": 7, "name": b"x" * 1000}]}, 3)[:-600]
    with pytest.raises(stock.UnpicklingError) as caught:
        pickle.loads(data)
    assert caught.value.pickle_path.startswith("obj['users'][1]")


def test_empty_file():
    error = loads_both(b"")
    assert isinstance(error, EOFError) and "seek(0)" in error.pickle_hint
    assert error.pickle_offset == 0


def test_newer_protocol():
    error = loads_both(b"\x80\x63N.")
    assert isinstance(error, ValueError) and "newer" in error.pickle_hint


def test_wrong_encoding():
    error = loads_both(b"U\x03\xc3\xa9x.")
    assert isinstance(error, UnicodeDecodeError)
    assert "encoding='latin1'" in error.pickle_hint and "encoding='bytes'" in error.pickle_hint


def test_locks_are_locks():
    assert isinstance(LOCK, _thread.LockType)
