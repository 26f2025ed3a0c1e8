"""When it goes wrong: each `except` catches with Brinery what it catches with the stock pickle.

Classes and words of exceptions are compared with the stock pickle's, and what Brinery adds (where
in the object, and what to do) with what a user needs to find the place.
"""
import io
import pickle as stock
import queue
import socket
import sqlite3
import sys
import threading

import brinery as pickle
import pytest


class Session:
    """Something with parts, one of which cannot be pickled."""

    def __init__(self, conn):
        self.user = "alice"
        self.conn = conn


class Slotted:
    __slots__ = ("name", "resource")

    def __init__(self, resource):
        self.name = "n"
        self.resource = resource


def local_function():
    def inner():
        return None

    return inner


def local_class():
    class Inner:
        pass

    return Inner


[A_LAMBDA] = [lambda: None]


def generator():
    yield 1


@pytest.fixture
def resources(tmp_path):
    """Objects that cannot be pickled, by what tutorials call them."""
    file = open(tmp_path / "file.txt", "w", encoding="utf-8")
    connection = sqlite3.connect(":memory:")
    left = socket.socket()
    yield {
        "lambda": lambda x: x,
        "local function": local_function(),
        "local class": local_class(),
        "instance of a local class": local_class()(),
        "open file": file,
        "socket": left,
        "database connection": connection,
        "generator": generator(),
        "lock": threading.Lock(),
        "module": sys,
        "thread": threading.Thread(),
        "queue": queue.Queue(),
        "frame": sys._getframe(),
        "memoryview": memoryview(b""),
    }
    file.close()
    connection.close()
    left.close()


WHAT = ["lambda", "local function", "local class", "instance of a local class", "open file",
        "socket", "database connection", "generator", "lock", "module", "thread", "queue", "frame",
        "memoryview"]

# How deep objects hold it, and where Brinery must say that it is.
PLACES = {
    "obj": lambda thing: thing,
    "obj[0]": lambda thing: [thing],
    "obj[1]": lambda thing: (1, thing),
    "obj['session'].conn": lambda thing: {"user": 1, "session": Session(thing)},
    "obj.conn": Session,
    "obj.resource": Slotted,
    "obj['a'][2][1].conn": lambda thing: {"a": [0, 1, (0, Session(thing))]},
    "obj[3]": lambda thing: [1, [2], {}, thing],
}

# What cannot be pickled is a lock inside these.
INSIDE = ("thread", "queue")


def error_of(dump, value, protocol):
    with pytest.raises(Exception) as caught:
        dump(value, protocol)
    return caught.value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", WHAT)
def test_what_cannot_be_pickled_is_named_with_its_place(what, place, resources):
    value = PLACES[place](resources[what])
    for protocol in (2, 4, 5):
        error = error_of(pickle.dumps, value, protocol)
        expected = error_of(stock.dumps, value, protocol)
        assert type(error) is type(expected)
        assert str(error) == str(expected)
        if what in INSIDE:
            assert error.pickle_path.startswith(place + ".")
        else:
            assert error.pickle_path == place
        assert error.pickle_hint


def test_the_place_is_in_the_traceback(resources):
    error = error_of(pickle.dumps, {"session": Session(resources["lock"])}, 4)
    assert any("obj['session'].conn" in note for note in error.__notes__)


def test_the_place_is_found_by_each_road(resources):
    value = {"session": Session(resources["generator"])}

    def dump(value, protocol):
        pickle.dump(value, io.BytesIO(), protocol)

    def with_pickler(value, protocol):
        pickle.Pickler(io.BytesIO(), protocol).dump(value)

    for road in (dump, with_pickler):
        assert error_of(road, value, 4).pickle_path == "obj['session'].conn"


def test_the_place_of_a_key():
    error = error_of(pickle.dumps, {"a": 1, threading.Lock(): 2}, 4)
    assert isinstance(error.pickle_path, str) and error.pickle_path.startswith("obj")


# --- What is caught by what ------------------------------------------------------------------


LOADS = {
    "empty": b"",
    "truncated": stock.dumps({"a": [1, 2, 3], "b": "text" * 20})[:-10],
    "cut in a frame": stock.dumps(list(range(100)))[:20],
    "no STOP": stock.dumps(1)[:-1],
    "text": b"this is no pickle\n",
    "JSON": b'{"a": 1}',
    "newer protocol": b"\x80\x06N.",
    "much newer protocol": b"\x80\xffN.",
    "empty stack": b".",
    "missing memo": b"\x80\x04h\x05.",
    "missing module": b"cno_such_module\nName\n.",
    "missing attribute": b"cbuiltins\nno_such_name\n.",
    "missing nested attribute": b"\x80\x04\x8c\x08builtins\x8c\x08int.nope\x93.",
    "no callable": b"I1\n(tR.",
    "persistent id": b"P1\n.",
    "unknown extension": b"\x80\x02\x82\x07.",
    "zero extension": b"\x80\x02\x82\x00.",
    "Python 2 text": b"\x80\x02U\x03\xe4\xf6\xfc.",
    "bad number": b"Ix\n.",
    "bad float": b"Fx\n.",
    "bad quotes": b"Sabc\n.",
    "mark not found": b"\x80\x04Nt.",
    "odd items": b"\x80\x04}(Ku.",
    "unhashable key": b"\x80\x04}(]K\x01u.",
    "append to none": b"\x80\x04NK\x01a.",
    "build without dict": b"\x80\x04K\x01K\x02b.",
    "buffers missing": b"\x80\x05\x97.",
    "no buffer to make read-only": b"\x80\x05\x98.",
    "newobj of no class": b"\x80\x04K\x01)\x81.",
    "newobj without tuple": b"\x80\x04cbuiltins\nlist\nK\x01\x81.",
    "invalid UTF-8": b"\x80\x04\x8c\x02\xff\xfe.",
    "negative size": b"\x80\x02T\xff\xff\xff\xff.",
}


def load_error(load, data):
    try:
        load(data)
    except Exception as error:  # pylint: disable=broad-except
        return error
    return None


@pytest.mark.parametrize("what", LOADS)
def test_what_catches_a_failing_load(what):
    for through in (lambda module: module.loads,
                    lambda module: lambda data: module.load(io.BytesIO(data)),
                    lambda module: lambda data: module.Unpickler(io.BytesIO(data)).load()):
        error = load_error(through(pickle), LOADS[what])
        expected = load_error(through(stock), LOADS[what])
        assert type(error) is type(expected), (error, expected)
        assert str(error) == str(expected)


@pytest.mark.parametrize("what", LOADS)
def test_a_failing_load_says_where(what):
    error = load_error(pickle.loads, LOADS[what])
    if error is None:
        return
    assert isinstance(error.pickle_offset, int)
    assert 0 <= error.pickle_offset <= len(LOADS[what])


def test_classes_of_exceptions_are_the_stock_ones():
    for name in ("PickleError", "PicklingError", "UnpicklingError", "PickleBuffer"):
        assert getattr(pickle, name) is getattr(stock, name)


def test_except_exception():
    caught = []
    for data in (LOADS["truncated"], LOADS["text"]):
        try:
            pickle.loads(data)
        except Exception as error:  # pylint: disable=broad-except
            caught.append(error)
    assert len(caught) == 2


def test_except_pickle_error_and_eof_error():
    for what in ("empty", "truncated", "cut in a frame", "text", "no STOP"):
        with pytest.raises((pickle.PickleError, EOFError)):
            pickle.loads(LOADS[what])


def test_except_unpickling_error():
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(LOADS["text"])


def test_except_pickling_error():
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(A_LAMBDA)


def test_except_attribute_error():
    with pytest.raises(AttributeError):
        pickle.dumps(local_class())
    with pytest.raises(AttributeError):
        pickle.loads(LOADS["missing attribute"])


def test_except_module_not_found_error():
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(LOADS["missing module"])


def test_truncated_everywhere():
    """A file cut at any byte: an error that a careful program catches, the stock pickle's."""
    data = stock.dumps({"a": [1, 2.5, "text"], "b": (b"bytes", {1, 2}), "c": Session(None)}, 4)
    for end in range(len(data)):
        error = load_error(pickle.loads, data[:end])
        expected = load_error(stock.loads, data[:end])
        assert isinstance(error, (pickle.UnpicklingError, EOFError)), end
        assert (type(error), str(error)) == (type(expected), str(expected)), end


def test_corrupted_everywhere():
    """Any byte changed: the stock pickle's value, or an error; never a crash."""
    data = bytearray(stock.dumps({"a": [1, 2.5], "b": (b"bytes", {1})}, 4))
    for place in range(len(data)):
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[place] ^= bit
            error = load_error(pickle.loads, changed)
            expected = load_error(stock.loads, changed)
            if expected is not None:
                assert error is not None, (place, bit)


def test_a_size_is_a_claim():
    """The stock pickle tries to make so many bytes, and says OverflowError or MemoryError."""
    for opcode in (b"\x8d", b"\x8e", b"\x96"):
        for size in (2**40, 2**63 - 1):
            with pytest.raises(pickle.UnpicklingError, match="truncated"):
                pickle.loads(b"\x80\x05" + opcode + size.to_bytes(8, "little") + b"abc.")


def test_a_memo_number_is_a_claim():
    """The stock pickle takes 64 GB for this one."""
    assert pickle.loads(b"\x80\x04Nr\xff\xff\xff\xff.") is None


def test_newer_protocol():
    with pytest.raises(ValueError, match="unsupported pickle protocol: 6"):
        pickle.loads(LOADS["newer protocol"])
    with pytest.raises(ValueError, match="pickle protocol must be <= 5"):
        pickle.dumps(1, protocol=6)


def test_encoding_of_python_2_data():
    data = LOADS["Python 2 text"]
    with pytest.raises(UnicodeDecodeError):
        pickle.loads(data)
    assert pickle.loads(data, encoding="latin1") == "\xe4\xf6\xfc"
    assert pickle.loads(data, encoding="bytes") == b"\xe4\xf6\xfc"
    assert pickle.loads(data, errors="replace") == "\ufffd" * 3
    with pytest.raises(LookupError):
        pickle.loads(data, encoding="no such encoding")


def test_file_opened_in_text_mode(tmp_path):
    with open(tmp_path / "data.pkl", "w", encoding="utf-8") as file:
        with pytest.raises(TypeError) as caught:
            pickle.dump([1], file)
    with open(tmp_path / "data.pkl", "w", encoding="utf-8") as file:
        with pytest.raises(TypeError) as expected:
            stock.dump([1], file)
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("arguments", [
    (), (1, 2), (1, "x"), ([1], None, 3), "keyword"], ids=str)
def test_wrong_use(arguments):
    """Arguments that cannot be: the class of the error is the stock one's."""
    for name in ("dump", "load", "loads", "Pickler", "Unpickler"):
        kwargs = {"no_such_keyword": 1} if arguments == "keyword" else {}
        args = () if arguments == "keyword" else arguments
        error = load_error(lambda _: getattr(pickle, name)(*args, **kwargs), None)
        expected = load_error(lambda _: getattr(stock, name)(*args, **kwargs), None)
        assert type(error) is type(expected), (name, error, expected)
