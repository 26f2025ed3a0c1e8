"""Pickles that other readers have got wrong: a wrong value, a crash, gigabytes, or no end.

Each goes through the command, with the processor time and the address space it may use.
"""

import json
import pickle
import struct

import command
import lossless
import model
import pytest
import reference
import same

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
MIB = 1024 * 1024


def bounded(*args, data, peak=64 * MIB, time=2.0):
    """A run that stays within memory and time, whatever it answers."""
    done = command.measured(*args, data=data, space=max(4 * peak, 256 * MIB), seconds=30)
    assert done.peak < peak, f"{done.peak / MIB:.1f} MiB"
    assert done.time < time, f"{done.time:.2f} s"
    return done


def refused(data, number, *args, **limits):
    done = bounded(*(args or ("json", "--lossless")), "-", data=data, **limits)
    assert (done.code, command.error_number(done.err)) == (2, number), done.err
    return done.err.decode()


def document(data, **limits):
    done = bounded("json", "--lossless", "-", data=data, **limits)
    assert done.code == 0, done.err
    return lossless.read(done.out.decode())


def get(data, path):
    return command.ok("get", "--all", "-", path, data=data).decode().strip()


# ----------------------------------------------------------------------------
# Sharing
# ----------------------------------------------------------------------------


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_one_list_twice(proto):
    one = [1]
    data = pickle.dumps([one, one], proto)
    graph = document(data)
    assert graph.items[0] is graph.items[1]
    assert [item.value for item in graph.items[0].items] == [1]
    assert command.ok("json", "-", data=data).split() == [b"[[1],[1]]"]
    assert get(data, "[1][0]") == "1"


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_list_that_contains_itself(proto):
    loop = []
    loop.append(loop)
    data = pickle.dumps(loop, proto)
    graph = document(data)
    assert graph.kind == "list" and graph.items == [graph]
    shown = command.ok("show", "-", data=data).decode()
    assert "*1" in shown and len(shown) < 500
    assert get(data, "[0][0][0]") == get(data, "")
    # Plain JSON cannot say that, and says so before it writes anything.
    done = command.run("json", "-", data=data)
    assert (done.returncode, done.stdout) == (2, b"")
    assert command.error_number(done.stderr) == 123


@pytest.mark.parametrize("levels", [60, 100_000])
def test_shared_tuples(levels):
    """Each level holds the one below twice: 2^levels paths, but as many values as levels."""
    data = b"\x80\x02K\x01\x85" + b"2\x86" * levels + b"."
    done = bounded("json", "--lossless", "-", data=data, peak=64 * MIB, time=2)
    assert done.code == 0, done.err
    assert len(done.out) < 80 * (levels + 1)
    if levels == 60:
        assert model.compare(reference.run(data), lossless.read(done.out.decode())) is None
        assert get(data, "[0]" * 60 + "[0]") == "1"
    for subcommand in ("show", "stat", "ls"):
        assert bounded(subcommand, "-", data=data).code == 0
    assert refused(data, 122, "json")


def test_shared_lists_and_dicts_as_well():
    for step in (b"]\x94(h\0h\0e", b"}\x94(K\1h\0K\2h\0u"):
        body = bytearray(b"\x80\x04]\x94")
        for n in range(200):
            get_last = b"j" + struct.pack("<I", n)
            body += step.replace(b"h\0", get_last)
        data = bytes(body + b".")
        assert model.compare(reference.run(data), document(data)) is None
        refused(data, 122, "json")


# ----------------------------------------------------------------------------
# Sizes that are only claimed
# ----------------------------------------------------------------------------

CLAIMS = {
    "BINBYTES8": b"\x8e" + struct.pack("<Q", 2**40),
    "BYTEARRAY8": b"\x96" + struct.pack("<Q", 2**40),
    "BINUNICODE8": b"\x8d" + struct.pack("<Q", 2**40),
    "BINBYTES8 of everything": b"\x8e" + b"\xff" * 8,
    "BINBYTES8 above a signed size": b"\x8e" + struct.pack("<Q", 2**63),
    "BINBYTES": b"B\xff\xff\xff\xff",
    "BINUNICODE": b"X\xff\xff\xff\xff",
    "BINSTRING": b"T\xff\xff\xff\x7f",
    "LONG4": b"\x8b\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("subcommand", [("json", "--lossless"), ("dis",), ("stat",), ("show",)])
def test_size_without_bytes(name, subcommand):
    refused(CLAIMS[name] + b"abc.", 1, *subcommand, peak=32 * MIB, time=1)


def test_size_in_a_file(tmp_path):
    file = tmp_path / "claim.pkl"
    file.write_bytes(CLAIMS["BINBYTES8"] + b"abc.")
    done = command.measured("json", file, space=256 * MIB)
    assert (done.code, command.error_number(done.err)) == (2, 1)
    assert done.peak < 32 * MIB


@pytest.mark.parametrize("index", [2**31 - 1, 2**32 - 1])
def test_memo_index_far_out(index):
    """A table as long as the index would be 32 GiB."""
    data = b"](Nr" + struct.pack("<I", index) + b"j" + struct.pack("<I", index) + b"e."
    graph = document(data, peak=32 * MIB, time=1)
    assert [item.kind for item in graph.items] == ["none", "none"]


def test_memo_index_in_text():
    for index in (2**32, 2**62, 2**63 - 1):
        graph = document(b"(]p%d\ng%d\nt." % (index, index), peak=32 * MIB, time=1)
        assert graph.items[0] is graph.items[1]
    for index in (-1, 2**63, 2**64, 10**30):
        refused(b"]p%d\n." % index, 44)
        refused(b"g%d\n." % index, 44)


def test_memo_index_never_stored():
    refused(b"h\0.", 43)
    refused(b"j\xff\xff\xff\xff.", 43)
    refused(b"g4294967296\n.", 43)


def test_frame_past_the_end():
    error = refused(b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.", 6)
    assert "at byte 2" in error and "FRAME" in error
    refused(b"\x80\x04\x95" + b"\xff" * 8 + b"N.", 6)


# ----------------------------------------------------------------------------
# Depth
# ----------------------------------------------------------------------------

DEPTH = 1_000_000
DEEP = {
    "lists": (b"]" * DEPTH + b"a" * (DEPTH - 1) + b".", b"[" * DEPTH + b"]" * DEPTH),
    "tuples": (b"N" + b"\x85" * DEPTH + b".", b'{"$tuple":[' * DEPTH + b"null" + b"]}" * DEPTH),
    "marks": (
        b"(" * DEPTH + b"N" + b"t" * DEPTH + b".",
        b'{"$tuple":[' * DEPTH + b"null" + b"]}" * DEPTH,
    ),
    "dicts": (
        b"}U\1k" * DEPTH + b"N" + b"s" * DEPTH + b".",
        b'{"$dict":[[{"$py2str":"k"},' * DEPTH + b"null" + b"]]}" * DEPTH,
    ),
    "text keys": (
        b"\x80\4" + b"}\x8c\1k" * DEPTH + b"N" + b"s" * DEPTH + b".",
        b'{"k":' * DEPTH + b"null" + b"}" * DEPTH,
    ),
    "calls": (b"cm\nf\n" * DEPTH + b")" + b"R\x85" * DEPTH + b".", None),
    "frozensets": (
        b"\x80\4" + b"(" * DEPTH + b"N" + b"\x91" * DEPTH + b".",
        b'{"$frozenset":[' * DEPTH + b"null" + b"]}" * DEPTH,
    ),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting(name):
    data, expected = DEEP[name]
    done = bounded("json", "--lossless", "-", data=data, peak=300 * MIB, time=5)
    assert done.code == 0, done.err[:500]
    if expected is not None:
        # Not `==`: pytest would spend minutes on explaining a difference.
        same_text = done.out.strip() == expected
        assert same_text, (len(done.out), len(expected), done.out[:200])
    else:
        assert done.out.count(b'"$call"') == DEPTH


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("subcommand", ["show", "stat", "ls"])
def test_deep_nesting_is_shown(name, subcommand):
    done = bounded(subcommand, "-", data=DEEP[name][0], peak=300 * MIB, time=5)
    assert done.code == 0, done.err[:500]
    assert 0 < len(done.out) < 100_000


def test_deep_nesting_is_disassembled():
    data = b"]" * 20_000 + b"a" * 19_999 + b"."
    done = bounded("dis", "-", data=data, time=5)
    assert done.code == 0
    assert done.out.count(b"\n") == len(data) + 1


def test_deep_path():
    data = b"\x80\4" + b"K\1" + b"\x85" * 5000 + b"."
    assert get(data, "[0]" * 5000) == "1"


def test_deep_keys():
    """Hashing and comparing keys does not recurse either."""
    key = b"N" + b"\x85" * 100_000
    data = b"}" + key + b"K\1s" + key + b"K\2s."
    done = bounded("json", "--lossless", "-", data=data, peak=128 * MIB, time=5)
    assert done.code == 0, done.err
    assert done.out.count(b'"$tuple"') == 100_000
    assert done.out.rstrip().endswith(b",2]]}")


# ----------------------------------------------------------------------------
# Values
# ----------------------------------------------------------------------------


@pytest.mark.parametrize("proto", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [2**200, -(2**200), 2**63, -(2**63) - 1, 2**64 - 1, 2**2040, 10**4299],
    ids=lambda value: f"{value.bit_length()} bits",
)
def test_big_ints(proto, value):
    data = pickle.dumps(value, proto)
    assert document(data).value == value
    assert json.loads(command.ok("json", "-", data=data)) == value
    assert get(data, "") == str(value)


def test_ints_too_long_to_print_in_decimal():
    value = 1 - 2**40_000
    data = pickle.dumps(value, 2)
    assert document(data).value == value


def plain_refused(data, number):
    done = command.run("json", "-", data=data)
    assert (done.returncode, done.stdout) == (2, b"")
    assert command.error_number(done.stderr) == number


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_keys_that_json_would_confuse(proto):
    value = {1: "int", "1": "str", True: "bool", 1.5: "float", None: "none", "null": "text"}
    data = pickle.dumps(value, proto)
    ours = lossless.rebuild(document(data), proto)
    assert same.difference(pickle.loads(data), ours) is None
    assert get(data, "[1]") == "'bool'"
    assert get(data, "['1']") == "'str'"
    plain_refused(data, 124)


def test_equal_keys_are_one():
    """The first key stays, the last value wins: {1: None, True: 'b', 1.0: 'c'} is {1: 'c'}."""
    data = b"\x80\x04}(K\1N\x88\x8c\1bG?\xf0\0\0\0\0\0\0\x8c\1cu."
    graph = document(data)
    ((key, value),) = graph.items
    assert (key.kind, key.value, value.value) == ("int", 1, "c")
    assert repr(pickle.loads(data)) == "{1: 'c'}"


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_tuple_keys(proto):
    value = {("QPSK", 2): [0.25], ("QPSK", 4): [0.5], (): "empty", ((1,), None): "nested"}
    data = pickle.dumps(value, proto)
    assert same.difference(value, lossless.rebuild(document(data), proto)) is None
    assert get(data, "[('QPSK', 4)][0]") == "0.5"
    assert get(data, "[()]") == "'empty'"
    assert get(data, "[((1,), None)]") == "'nested'"
    plain_refused(data, 124)


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_ordered_dict(proto):
    import collections

    value = collections.OrderedDict([("z", 1), ("a", [2]), (5, "five")])
    value.move_to_end("z")
    data = pickle.dumps(value, proto)
    ours = lossless.rebuild(document(data), proto)
    assert type(ours) is collections.OrderedDict and list(ours.items()) == list(value.items())


@pytest.mark.parametrize("proto", range(2, 6))
def test_ordered_dict_by_path(proto):
    import collections

    data = pickle.dumps(collections.OrderedDict([("z", 1), ("a", [2])]), proto)
    assert get(data, "['a'][0]") == "2"
    assert get(data, "['z']") == "1"


@pytest.mark.parametrize("proto", PROTOCOLS)
@pytest.mark.parametrize(
    "text", ["\ud800", "a\udfffb", "\ud83d\ude00", "\udc80" * 50, "\U0001f600\ud800"]
)
def test_surrogates(proto, text):
    data = pickle.dumps({text: [text]}, proto)
    graph = document(data)
    assert graph.items[0][0].value == text == graph.items[0][1].items[0].value
    # Plain JSON spells them as Python's json does; a pair of them reads back as one character.
    written = command.ok("json", "-", data=data).decode("utf-8")
    assert json.loads(written) == json.loads(json.dumps({text: [text]}))


@pytest.mark.parametrize(
    "text", ["inf", "-inf", "nan", "-nan", "+inf", "1e308", "-0.0", "5e-324", "0.1"]
)
def test_floats_in_text(text):
    graph = document(b"F" + text.encode() + b"\n.")
    assert model.float_bits(graph.value) == model.float_bits(
        pickle.loads(b"F" + text.encode() + b"\n.")
    )


ESCAPED = [
    b"V\\u0041\\U0001F600\\ud800\n.",
    b"V\\\\u0041\n.",
    b"V\\n\\x41\n.",
    b"V\xe9\xff\n.",
    b"V\\\n.",
    b"Va\\u000ab\\u005cu0041\n.",
    b"V\r\n.",
]


@pytest.mark.parametrize("data", ESCAPED)
def test_escapes_of_unicode(data):
    assert document(data).value == pickle.loads(data)


BYTES_ESCAPED = [
    rb"S'\x41\101\n\t\\\'\"'",
    rb"""S"it's" """.strip(),
    rb"S'\q\8'",
    rb"S'\1\12\123\377'",
    rb"S'\x00\xff'",
    b"S'\x80\xff'",
    rb"S'\0'",
    rb"S'\400'",
]


@pytest.mark.parametrize("line", BYTES_ESCAPED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_escapes_of_string(line):
    data = line + b"\n."
    assert document(data).value == pickle.loads(data, encoding="bytes")


def test_random_text_in_protocol_0():
    import random

    rng = random.Random(7)
    for _ in range(5):
        texts = [
            "".join(rng.choice("\\uUx0041\n\r\x1aab'\"\xe9\ud800") for _ in range(12))
            for _ in range(200)
        ]
        data = pickle.dumps(texts, 0)
        assert [item.value for item in document(data).items] == texts


# ----------------------------------------------------------------------------
# Programs that are wrong
# ----------------------------------------------------------------------------


def test_key_without_value():
    error = refused(b"\x80\x02}(K\1K\2K\3u.", 45)
    assert "at byte 10" in error and "SETITEMS" in error and "ODD_ITEMS" in error
    refused(b"(K\1d.", 45)
    refused(b"(K\1K\2K\3d.", 45)
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(b"(K\1K\2K\3d.")


def test_the_error_says_where_in_the_value():
    value = {"version": 1, "users": [{"id": n, "name": f"user {n}"} for n in range(3)]}
    data = pickle.dumps(value, 4)
    at = data.index(b"\x8c\6user 1")
    broken = data[: at + 2] + b"\xff" + data[at + 3 :]
    error = refused(broken, 25)
    assert "['users'][1]['name']" in error and f"at byte {at}" in error


def test_nothing_is_run(tmp_path):
    """What a pickle asks to be called is data here."""
    mark = tmp_path / "was-run"
    order = f"touch {mark}"
    data = b"cos\nsystem\n(V%s\ntR." % order.encode()
    for subcommand in (["json"], ["json", "--lossless"], ["show"], ["dis"], ["stat"], ["ls"]):
        assert command.run(*subcommand, "-", data=data).returncode == 0
    graph = document(data)
    assert graph.kind == "call" and graph.items[1].items[0].value == order
    assert not mark.exists()
    pickle.loads(data)  # the same bytes do run in Python: the test would notice
    assert mark.exists()
