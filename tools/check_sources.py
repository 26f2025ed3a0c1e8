"""Every C file is named in the meson.build that should compile it.

Sources are listed by hand, as meson wants it; a file somebody forgot to list is code that is
not compiled, or a test that never runs.  Prints what is missing and exits 1, or exits 0.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def listed(build_file):
    text = re.sub(r"#.*", "", (ROOT / build_file).read_text(encoding="utf-8"))
    return set(re.findall(r"'([^'\n]+)'", text))


def main():
    # folder, the build file, how a file is spelt in it
    rules = [
        ("src", "src/meson.build", lambda path: str(path.relative_to(ROOT / "src"))),
        ("cli", "cli/meson.build", lambda path: path.name),
        ("tests/c", "tests/c/meson.build",
         lambda path: path.stem if path.stem.startswith("test_") else path.name),
        ("fuzz", "fuzz/meson.build",
         lambda path: path.stem if path.stem.startswith("fuzz_") else path.name),
    ]
    missing = []
    count = 0
    for folder, build_file, spelling in rules:
        names = listed(build_file)
        for path in sorted((ROOT / folder).rglob("*.c")):
            count += 1
            if spelling(path) not in names:
                missing.append(f"{path.relative_to(ROOT)} is not in {build_file}")
    for line in missing:
        print(line)
    if count == 0:
        print("no C files found")
    return 1 if missing or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
