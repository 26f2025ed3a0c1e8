"""Write the whole library as one C file, which needs nothing but brinery.h beside it.

    python3 tools/amalgamate.py > brinery.c

For programs that would rather compile a file than link a library, and for compilers that see
more when they see everything.  Headers of src/ stand where they are first needed; what includes
without a guard (lists, templates) stands where it is included.  Names that are static in several
files get the name of their file in front, macros end with the file that defines them.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

INCLUDE = re.compile(r'^[ ]*#[ ]*include[ ]+"([^"]+)"[^\n]*\n', re.MULTILINE)
MACRO = re.compile(r"^[ ]*#[ ]*define[ ]+(\w+)", re.MULTILINE)
# Words, and what words in it are not looked at: comments, strings, characters, system headers.
TOKEN = re.compile(
    r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ ]*#[ ]*include[^\n]*|"
    r"(?P<member>(?:\.|->)\s*)?\b(?P<word>[A-Za-z_]\w*)\b",
    re.MULTILINE | re.DOTALL)
STATIC = re.compile(
    r"^(?:BRN_\w+(?:\([^)]*\))? )*(?:static|BRN_INLINE|BRN_COLD static|BRN_NOINLINE static)\b"
    r"[^;={]*?\b(\w+)\s*(?:\(|\[|=|;)", re.MULTILINE)
TYPE = re.compile(
    r"^(?:typedef |static |const )*(?:struct|enum|union) (\w+) ?\{|"
    r"^typedef [^{;]*?\(?\*?(\w+)\)?(?:\([^;]*\))?;|^\} (\w+)(?:\[\w*\])? ?[;=]", re.MULTILINE)
ENUM = re.compile(r"^(?:typedef )?enum(?: \w+)? \{(.*?)\}", re.MULTILINE | re.DOTALL)


def find(name, file):
    for folder in (file.parent, SOURCE):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def is_guarded(file):
    return file.suffix == ".h" and not file.name.endswith(".inc.h")


def headers_of(text, file, seen, out):
    """`text` without the headers it includes, which go to `out` unless they have been seen."""
    def replace(match):
        target = find(match.group(1), file)
        if target is None:
            return match.group()
        if not is_guarded(target):
            return headers_of(target.read_text(encoding="utf-8"), target, seen, out)
        if target not in seen:
            seen.add(target)
            out.append(headers_of(target.read_text(encoding="utf-8"), target, seen, out))
        return ""
    return INCLUDE.sub(replace, text)


def own_names(text):
    """What a source file defines for itself at its top level, macros aside."""
    text = without_comments(text)
    names = set(STATIC.findall(text))
    names.update(name for groups in TYPE.findall(text) for name in groups if name)
    for body in ENUM.findall(text):
        names.update(re.findall(r"(?:^|,)\s*(\w+)", body))
    return names


def renamed(text, names, prefix):
    def replace(match):
        word = match.group("word")
        if word in names and not match.group("member"):
            return f"{prefix}_{word}"
        return match.group()
    return TOKEN.sub(replace, text)


def main():
    files = sorted(SOURCE.rglob("*.c"))
    if not files:
        sys.exit("amalgamate.py: there are no sources")
    seen = set()
    parts = []
    for file in files:
        headers = []
        text = headers_of(file.read_text(encoding="utf-8"), file, seen, headers)
        parts.append((file, headers, text))
    owners = collections.Counter(name for _, _, text in parts for name in own_names(text))
    # A macro of one file must not meet the name of another either: it ends with its file.
    shared = {name for name, count in owners.items() if count > 1}
    print("/* Brinery as one file, made by tools/amalgamate.py from src/: do not edit. */")
    print("#ifndef BRN_BUILDING\n#define BRN_BUILDING\n#endif")
    print("#ifndef _DEFAULT_SOURCE\n#define _DEFAULT_SOURCE\n#endif")
    for file, headers, text in parts:
        print("\n".join(headers))
        prefix = str(file.relative_to(SOURCE).with_suffix("")).replace("/", "_")
        print(f"/* src/{file.relative_to(SOURCE)} */")
        print(renamed(text, shared & own_names(text), prefix))
        for macro in sorted(set(MACRO.findall(without_comments(text)))):
            print(f"#undef {macro}")


if __name__ == "__main__":
    main()
