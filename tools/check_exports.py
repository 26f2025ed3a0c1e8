"""The shared library exports what the header declares, no more and no less; and all names that the
static library brings into a program begin with brn_.

    python3 check_exports.py SHARED_LIBRARY STATIC_LIBRARY
"""
import pathlib
import re
import subprocess
import sys

HEADER = pathlib.Path(__file__).resolve().parent.parent / "include" / "brinery.h"


def names_in(library, *options):
    output = subprocess.run(["nm", *options, "--defined-only", "--format=posix", library],
                            check=True, capture_output=True, text=True).stdout
    return {line.split()[0].split("@")[0] for line in output.splitlines()
            if len(line.split()) > 1}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    declared = set(re.findall(r"^BRN_API\b[^;(]*?(\w+)\(", text, flags=re.MULTILINE))
    exported = names_in(sys.argv[1], "-D")
    strangers = {name for name in names_in(sys.argv[2], "-g") if not name.startswith("brn_")}
    for name in sorted(declared - exported):
        print(f"{name} is declared in the header and not exported")
    for name in sorted(exported - declared):
        print(f"{name} is exported and not declared in the header")
    for name in sorted(strangers):
        print(f"{name} is a name of the static library that does not begin with brn_")
    return 0 if declared and declared == exported and not strangers else 1


if __name__ == "__main__":
    sys.exit(main())
