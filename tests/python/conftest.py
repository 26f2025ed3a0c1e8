"""What the tests in this folder share."""

import command
import pytest

pytest.register_assert_rewrite("same_bytes")


def pytest_report_header(config):
    try:
        return f"command under test: {command.binary()}"
    except FileNotFoundError as error:
        return str(error)


def corpus_files():
    return sorted(command.CORPUS.glob("*.pkl"))


def pytest_generate_tests(metafunc):
    """A test with the argument `corpus_file` runs once for every file of the corpus."""
    if "corpus_file" in metafunc.fixturenames:
        files = corpus_files()
        metafunc.parametrize("corpus_file", files, ids=[file.name for file in files])


@pytest.fixture(scope="session")
def corpus():
    """All pickles of the corpus, as bytes under the name of their file."""
    files = {file.name: file.read_bytes() for file in corpus_files()}
    assert len(files) > 50, "the corpus is missing: run tests/corpus/make_corpus.py"
    return files
