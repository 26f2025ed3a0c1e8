"""The shared library exports what the header declares, no more and no less.

    python3 check_exports.py LIBRARY
"""
import pathlib
import re
import subprocess
import sys

HEADER = pathlib.Path(__file__).resolve().parent.parent / "include" / "brinery.h"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    declared = set(re.findall(r"^BRN_API\b[^;(]*?(\w+)\(", text, flags=re.MULTILINE))
    output = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", sys.argv[1]],
                            check=True, capture_output=True, text=True).stdout
    exported = {line.split()[0].split("@")[0] for line in output.splitlines()}
    for name in sorted(declared - exported):
        print(f"{name} is declared in the header and not exported")
    for name in sorted(exported - declared):
        print(f"{name} is exported and not declared in the header")
    return 0 if declared and declared == exported else 1


if __name__ == "__main__":
    sys.exit(main())
