#!/usr/bin/python3
"""Write src/graph/python2.def: what names of Python 2 are called in Python 3, and back.

CPython translates names below protocol 3, by the tables of its module _compat_pickle.  Only that
part of the way back is written that leads to the same name again: CPython writes a
ModuleNotFoundError as ImportError, which it then stays.

    /usr/bin/python3 tools/make_python2.py > src/graph/python2.def
"""

import _compat_pickle

HEAD = """\
/*
 * python2.def - what names of Python 2 are called in Python 3, and back; made by
 * tools/make_python2.py.
 *
 *   NAME(old module, old name, new module, new name)   one name; goes before its module
 *   MODULE(old module, new module)
 *   BACK_NAME(new module, new name, old module, old name)
 *   BACK_MODULE(new module, old module)
 *
 * Each of the four is sorted by the bytes of what is looked up.
 */"""


def line(macro, *names):
    return f"{macro}({', '.join(chr(34) + name + chr(34) for name in names)})"


def main():
    names, modules = _compat_pickle.NAME_MAPPING, _compat_pickle.IMPORT_MAPPING
    print(HEAD)
    for old, new in sorted(names.items()):
        print(line("NAME", *old, *new))
    for old, new in sorted(modules.items()):
        print(line("MODULE", old, new))
    for new, old in sorted(_compat_pickle.REVERSE_NAME_MAPPING.items()):
        if names.get(old) == new:
            print(line("BACK_NAME", *new, *old))
    for new, old in sorted(_compat_pickle.REVERSE_IMPORT_MAPPING.items()):
        if modules.get(old) == new:
            print(line("BACK_MODULE", new, old))


if __name__ == "__main__":
    main()
