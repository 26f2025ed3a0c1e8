"""Lossless JSON and back: what `from-json` makes of it is, as lossless JSON again, the same text
but for the numbers of ids."""

import pickle
import re

import command
import kinds
import kinds_classes  # noqa: F401  it registers
import pytest
from generate import pickled_objects
from same import difference

ID = re.compile(rb'"\$(id|ref)":(\d+)')


def renumbered(text):
    """The same JSON, with ids in the order in which they are met."""
    known = {}
    return ID.sub(lambda m: b'"$%s":%d' % (m.group(1), known.setdefault(m.group(2), len(known))),
                  text)


def back_and_forth(pickles):
    first = command.ok("json", "--lossless", "--all", "-", data=pickles)
    again = command.ok("from-json", "--protocol", 5, "--reordered", "--keep-names", "-", data=first)
    return first, command.ok("json", "--lossless", "--all", "-", data=again), again


def check(pickles):
    first, second, _ = back_and_forth(b"".join(pickles))
    lines = list(zip(first.splitlines(), second.splitlines(), strict=True))
    assert len(lines) == len(pickles)
    for before, after in lines:
        # Written in another order, what was changed later is not changed later any more.
        if b'"changedLater":' not in before:
            assert renumbered(before) == renumbered(after)


def test_random_objects():
    check(list(pickled_objects(1500, 11)))


def test_loads_of_random_objects():
    """Through JSON, the object that pickle loads is the same, sharing included."""
    for data in pickled_objects(150, 12):
        if data[:1] != b"\x80" or data[1] < 3:
            continue  # what they name has the names of Python 2
        _, _, again = back_and_forth(data)
        assert difference(pickle.loads(again), pickle.loads(data)) is None


def test_state_setters():
    value = kinds.KINDS["classes.reduce_with_state_setter"].make()
    data = [pickle.dumps(value, protocol) for protocol in range(6)]
    assert all(b'["call",' in command.ok("json", "--lossless", "-", data=each) for each in data)
    check(data)


def test_corpus(corpus):
    for name, data in corpus.items():
        if command.run("json", "--lossless", "--all", "-", data=data).returncode != 0:
            continue
        text = command.ok("json", "--lossless", "--all", "-", data=data)
        if b'"$buffer"' in text or b'"changedLater"' in text:
            continue
        assert command.run("from-json", "-", data=text).returncode == 0, name


@pytest.mark.long
def test_many_random_objects():
    for seed in range(20):
        check(list(pickled_objects(2000, 1000 + seed)))
