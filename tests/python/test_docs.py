"""The code blocks of README.md and docs/*.md work as they stand.

All blocks of one document share a scratch folder and run from top to bottom. What is done
with a block follows from the words behind its ```:

  sh          run by `sh -eu`, with the installed `brinery` on PATH and PKG_CONFIG_PATH set
  python      run by /usr/bin/python3, with the package `brinery` to import
  c           a whole program: compiled with all warnings against the installed library, and run
  c NAME.c    written to NAME.c, for the blocks that follow
  c fragment  statements: compiled as the body of a function that has `doc`, `val` and `err`
  text output what the block before must have printed, exactly
  ... setup   shown only: changes the machine, or takes minutes
  anything else is not looked at.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
RUN = {"sh", "c", "python"}

FRAGMENT = """\
#include <brinery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
void fragment(brn_doc *doc, const brn_val *val, brn_error err);
void fragment(brn_doc *doc, const brn_val *val, brn_error err)
{
    (void)doc;
    (void)val;
    (void)err;
%s
}
"""


def blocks_of(document):
    """(line, words behind the ```, text) of every block."""
    text = document.read_text(encoding="utf-8")
    fences = len(re.findall(r"^```", text, re.MULTILINE))
    blocks = [
        (text.count("\n", 0, match.start()) + 1, match.group(1).split(), match.group(2))
        for match in BLOCK.finditer(text)
    ]
    assert fences == 2 * len(blocks), f"{document}: a ``` that is not closed"
    return blocks


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Environment in which brinery is installed, the command, the library, and the package."""
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["tools/build.sh", "python"], cwd=ROOT, check=True)
    subprocess.run(
        ["make", "-s", "install", f"PREFIX={prefix}", "DESTDIR="],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CC", "CFLAGS", "LDFLAGS", "BRINERY")
    }
    environment.update(
        PATH=f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        PKG_CONFIG_PATH=f"{prefix}/lib/pkgconfig",
        LD_LIBRARY_PATH=f"{prefix}/lib",
        PYTHONPATH=str(ROOT / "build" / "python" / "site"),
        NO_COLOR="1",
    )
    return environment


def run(command, text, folder, environment, where):
    result = subprocess.run(
        command,
        input=text,
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (
        result.returncode == 0
    ), f"{where}: exit status {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


def compile_c(source, output, folder, environment, where, extra=()):
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "brinery"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    run(
        [
            "cc",
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            *extra,
            "-o",
            output,
            source,
            *flags,
        ],
        "",
        folder,
        environment,
        where,
    )


def test_there_are_blocks_to_run():
    blocks = [words for document in DOCUMENTS for _, words, _ in blocks_of(document)]
    for language in RUN:
        assert any(words[:1] == [language] for words in blocks), language


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks(document, installed, tmp_path):
    output = None
    for line, words, text in blocks_of(document):
        where = f"{document.relative_to(ROOT)}:{line}"
        language = words[0] if words else ""
        if "setup" in words:
            continue
        if words == ["text", "output"]:
            assert output == text, f"{where}: the block before prints something else"
        elif language == "sh":
            # From a file: commands of the block may read standard input.
            (tmp_path / ".block.sh").write_text(text, encoding="utf-8")
            output = run(["sh", "-eu", ".block.sh"], "", tmp_path, installed, where)
        elif language == "python":
            (tmp_path / ".block.py").write_text(text, encoding="utf-8")
            output = run(["/usr/bin/python3", ".block.py"], "", tmp_path, installed, where)
        elif language == "c" and "fragment" in words:
            (tmp_path / "fragment.c").write_text(FRAGMENT % text, encoding="utf-8")
            compile_c("fragment.c", "fragment.o", tmp_path, installed, where, ["-c"])
        elif language == "c" and len(words) > 1:
            (tmp_path / words[1]).write_text(text, encoding="utf-8")
        elif language == "c":
            (tmp_path / "block.c").write_text(text, encoding="utf-8")
            compile_c("block.c", "block", tmp_path, installed, where)
            output = run(["./block"], "", tmp_path, installed, where)


@pytest.mark.parametrize(
    "document",
    [*DOCUMENTS, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(document):
    text = BLOCK.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"
