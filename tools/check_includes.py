"""The include rules: which room of the source tree may include which.

Every #include "..." of src/, cli/, python/ext/, fuzz/, tests/c/ and examples/ is resolved to a
file of the repository and judged by the room both files stand in.  The rules are those of
docs/architecture.md.  Also: apart from src/io, no room of the library knows the headers for
opening files; and only python/ext and its fuzz target know Python.h.  Prints what is wrong and
exits 1, or exits 0.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Every room knows itself, the public header, and these.
FOUNDATION = {"base", "error", "options", "memory", "repr", "jsontext"}

MAY_INCLUDE = {
    "base": set(),
    "error": {"base"},
    "options": {"base", "error"},
    "memory": {"base", "error"},
    "repr": {"base", "error", "memory"},
    "jsontext": {"base", "error", "memory", "repr"},
    "machine": FOUNDATION,
    "guess": FOUNDATION | {"machine"},
    "graph": FOUNDATION | {"machine"},
    "policy": FOUNDATION | {"machine", "graph"},
    "io": FOUNDATION,
    "formats": FOUNDATION | {"io"},
    "scan": FOUNDATION | {"machine", "policy", "io", "formats"},
    "api": FOUNDATION | {"machine", "graph", "io"},
    "cli": set(),
    "python": FOUNDATION | {"machine"},
    "examples": set(),
    "fuzz": set(),
    # Tests may look inside.
    "tests": FOUNDATION | {"machine", "graph", "policy", "io", "formats", "scan"},
}

# Files at the top of src/ that are part of a room with another name.
TOP_FILES = {"errors.def": "error",
             "printable.inc": "repr", "guesses.def": "guess", "powers.inc": "repr",
             "shortest.c": "repr", "shortest.h": "repr", "words.h": "repr"}

# System headers that mean "this file touches the file system".
FILE_SYSTEM = {"fcntl.h", "sys/stat.h", "dirent.h", "ftw.h"}
MAY_TOUCH_FILES = {"io", "cli", "fuzz", "tests", "examples"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "include":
        return "public"
    if parts[0] != "src":
        return parts[0]
    if len(parts) > 2:
        return parts[1]
    return TOP_FILES.get(parts[1], parts[1].split(".")[0])


def resolve(name, source):
    for folder in (source.parent, ROOT / "src", ROOT / "include"):
        candidate = (folder / name).resolve()
        if candidate.is_file():
            return candidate
    return None


def check(source):
    room = room_of(source)
    where = source.relative_to(ROOT)
    if room not in MAY_INCLUDE:
        yield f"{where}: there is no include rule for the room {room!r}"
        return
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"),
                  source.read_text(encoding="utf-8"), flags=re.DOTALL)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1 if match.group(1) else 2)) + 1
        quoted, system = match.groups()
        if system:
            if system in FILE_SYSTEM and room not in MAY_TOUCH_FILES:
                yield f"{where}:{line}: <{system}> belongs into src/io"
            if system == "Python.h" and room not in ("python", "fuzz"):
                yield f"{where}:{line}: <Python.h> belongs into python/ext"
            if system == "brinery.h" and room not in ("examples", "cli", "fuzz", "tests"):
                yield f"{where}:{line}: inside the project the header is included in quotes"
            continue
        target = resolve(quoted, source)
        if target is None:
            yield f"{where}:{line}: {quoted!r} is no file of this repository"
            continue
        other = room_of(target)
        if other not in ("public", room) and other not in MAY_INCLUDE[room]:
            yield (f"{where}:{line}: {room} must not include {other} "
                   f"({target.relative_to(ROOT)})")


def main():
    sources = [path for folder in ("src", "cli", "python/ext", "fuzz", "examples", "tests/c")
               for path in sorted((ROOT / folder).rglob("*"))
               if path.suffix in (".c", ".h", ".inc", ".def")]
    if not any(room_of(path) == "machine" for path in sources):
        sys.exit("check_includes: no source files found")
    problems = [problem for path in sources for problem in check(path)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
