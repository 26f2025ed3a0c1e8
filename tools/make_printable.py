#!/usr/bin/python3
"""Write src/printable.inc: which code points str.isprintable() takes for printable.

repr() of CPython 3.11 spells every other code point as an escape.  The table follows
Unicode 14.0, the version that CPython carries, so the script refuses to run under a
Python with another one: the spelling must not change with the machine it is built on.

    /usr/bin/python3 tools/make_printable.py > src/printable.inc
"""

import sys
import unicodedata

UNICODE = "14.0.0"
FIRST = 0x80  # below, repr.c knows by itself
PER_LINE = 10


def boundaries():
    """The code points from FIRST on at which printable changes, starting from True."""
    printable = True
    for code in range(FIRST, sys.maxunicode + 1):
        if chr(code).isprintable() != printable:
            printable = not printable
            yield code


def main():
    if unicodedata.unidata_version != UNICODE:
        sys.exit(f"this Python has Unicode {unicodedata.unidata_version}, not {UNICODE}")
    found = list(boundaries())
    print("/*")
    print(" * printable.inc - made by tools/make_printable.py, not by hand.")
    print(" *")
    print(f" * Unicode {UNICODE}: the code points at which printable changes.", end="  ")
    print(f"U+{FIRST:04X} up to the first")
    print(" * are printable, from there to the second are not, and so on.")
    print(" */")
    for start in range(0, len(found), PER_LINE):
        print(" ".join(f"0x{code:x}," for code in found[start : start + PER_LINE]))


if __name__ == "__main__":
    main()
