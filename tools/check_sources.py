"""Every C file is named in the meson.build that should compile it, and every file of the Python
package in the one that should install it.

Sources are listed by hand, as meson wants it; a file somebody forgot to list is code that is
not compiled, a test that never runs, or a module that is not there once installed.  Prints what
is missing and exits 1, or exits 0.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def listed(build_file):
    text = re.sub(r"#.*", "", (ROOT / build_file).read_text(encoding="utf-8"))
    return set(re.findall(r"'([^'\n]+)'", text))


def main():
    # folder, which of its files, the build file, how a file is spelt in it
    rules = [
        ("src", "*.c", "src/meson.build", lambda path: str(path.relative_to(ROOT / "src"))),
        ("cli", "*.c", "cli/meson.build", lambda path: path.name),
        ("tests/c", "*.c", "tests/c/meson.build",
         lambda path: path.stem if path.stem.startswith("test_") else path.name),
        ("fuzz", "*.c", "fuzz/meson.build",
         lambda path: path.stem if path.stem.startswith("fuzz_") else path.name),
        ("python/ext", "*.c", "python/meson.build",
         lambda path: str(path.relative_to(ROOT / "python"))),
        ("python/brinery", "*.py*", "python/meson.build",
         lambda path: str(path.relative_to(ROOT / "python"))),
    ]
    missing = []
    count = 0
    for folder, pattern, build_file, spelling in rules:
        names = listed(build_file)
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.suffix == ".pyc":
                continue
            count += 1
            if spelling(path) not in names:
                missing.append(f"{path.relative_to(ROOT)} is not in {build_file}")
    for line in missing:
        print(line)
    if count == 0:
        print("no sources found")
    return 1 if missing or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
