"""The public header: every function has a comment, and a test or an example in C that calls it."""

import importlib.util
import re

import command
import pytest

SPEC = importlib.util.spec_from_file_location("make_man3", command.ROOT / "tools" / "make_man3.py")
MAN3 = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MAN3)

_, SECTIONS = MAN3.read_header(MAN3.HEADER.read_text(encoding="utf-8"))
COMMENTS = {MAN3.function(code)[1]: item.comment for _, items in SECTIONS for item in items
            for code in item.codes if MAN3.FUNCTION.fullmatch(code)}


def calls():
    """The names that are called in C tests and examples."""
    sources = [*(command.ROOT / "tests" / "c").glob("*.c"),
               *(command.ROOT / "examples").glob("*.c")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    return set(re.findall(r"\b(brn_\w+)\(", text))


CALLED = calls()


def test_the_header_was_understood():
    assert len(COMMENTS) > 100 and len(CALLED) > 100


@pytest.mark.parametrize("name", sorted(COMMENTS))
def test_function(name):
    assert name in CALLED, "no test and no example in C calls it"
    assert COMMENTS[name], "it has no comment"
