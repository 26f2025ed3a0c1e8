"""The public header: every function has a comment, an example, and a test in C that calls it."""

import importlib.util
import itertools
import re
import subprocess

import command
import pytest

SPEC = importlib.util.spec_from_file_location("make_man3", command.ROOT / "tools" / "make_man3.py")
MAN3 = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MAN3)

HEAD, SECTIONS = MAN3.read_header(MAN3.HEADER.read_text(encoding="utf-8"))
COMMENTS = {MAN3.function(code)[1]: item.comment for _, items in SECTIONS for item in items
            for code in item.codes if MAN3.FUNCTION.fullmatch(code)}
RECORD_COMMENTS = [item.comment for _, items in SECTIONS for item in items
                   if item.comment and not MAN3.FUNCTION.fullmatch(item.codes[0])]


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
    code = "\n".join(line for line in COMMENTS[name] if line.startswith("    "))
    assert re.search(rf"\b{name}\(", code), "its comment has no example"


# What the examples take as given.  Each is a block of its own, and may say otherwise.
GIVEN = """
#include <brinery.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct player { int score; } player;

brn_read_fn receive;
brn_sink_fn sink;
brn_event_fn count;
brn_alloc pool;
brn_array a;
brn_blob blob;
brn_decimal d;
brn_decision decision;
brn_doc *doc, *next, *other;
brn_error err;
brn_frame f;
brn_input input;
brn_mapping m;
brn_options options;
brn_policy *policy;
brn_report *report;
brn_scan *scan;
brn_series s;
brn_stream *stream;
brn_viewer table[1];
brn_write_options how;
brn_writer *w;
const brn_finding *finding;
const brn_val *val, *root, *list, *dict, *set, *two[2], *cls, *prices, *outside, *name, *last;
char buf[64];
const char *data, *path;
const uint8_t *first;
char wide[16];
double price, sample, total, x;
int64_t utc, pickles;
size_t size;
void *ctx;
FILE *file, *out;
bool next_sample(double *to);
void add(const brn_val *key, int64_t times);
void fail(const brn_error *why);
void take(int64_t start, int64_t stop);
void use(const brn_val *what);
void use_array(const void *at, const size_t *shape, const size_t *strides);
void use_buffer(uint32_t index);
bool view_player(void *context, const brn_val *what, void *to);
"""


def examples():
    """The pieces of code in the header's comments, each once."""
    found = {}
    for lines in [HEAD, *COMMENTS.values(), *RECORD_COMMENTS]:
        for indented, group in itertools.groupby(lines, lambda line: not line.strip()
                                                 or line.startswith("    ")):
            code = "\n".join(group)
            if indented and re.match(r"\n*    \S", code) and ";" in code:
                found[code] = True
    return list(found)


def test_examples_compile(tmp_path):
    """Dots stand for what the reader does."""
    functions = []
    for number, code in enumerate(examples()):
        code = re.sub(r"^ +[.]{3}$", "use(val);", code, flags=re.MULTILINE)
        functions.append(f"int example_{number}(void)\n{{{{\n{code}\n}}\nreturn 0;\n}}")
    assert len(functions) > 100
    source = tmp_path / "examples.c"
    source.write_text(GIVEN + "\n".join(functions), encoding="utf-8")
    done = subprocess.run(
        ["cc", "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused",
         f"-I{command.ROOT / 'include'}", source],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
