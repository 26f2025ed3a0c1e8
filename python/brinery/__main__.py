"""python -m brinery: what `python -m pickle` and, with --dis, `python -m pickletools` do.

The first loads a file and prints the object, which runs what the pickle says; the second only
looks.  Two commands cannot have one module's name, so the second is an option, and its own options
are those of pickletools, letter by letter.  Those of newer Pythons hold on all: several files, and
`-` for standard input.  The self-tests that older ones run with -t are not here.
"""
import argparse
import contextlib
import pprint
import sys

import brinery


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m brinery",
        description="Load pickle files and print the objects. Loading runs what a pickle says: "
                    "do it only with files you trust; --dis runs nothing.")
    parser.add_argument("pickle_file", nargs="+", help="a file with a pickle; - is standard input")
    dis = parser.add_argument_group("disassembly, like python -m pickletools")
    dis.add_argument("-d", "--dis", action="store_true",
                     help="print the opcodes instead of loading")
    dis.add_argument("-a", "--annotate", action="store_true",
                     help="say behind each opcode what it does")
    dis.add_argument("-l", "--indentlevel", type=int, default=4, metavar="N",
                     help="indent by N blanks for each MARK (default: %(default)s)")
    dis.add_argument("-m", "--memo", action="store_true",
                     help="the files share one memo")
    dis.add_argument("-o", "--output", metavar="FILE",
                     help="write there instead of to standard output")
    dis.add_argument("-p", "--preamble", default="==> {name} <==", metavar="TEXT",
                     help="of several files, the line before each (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not options.dis and (options.annotate or options.memo or options.output):
        parser.error("-a, -m and -o are options of --dis")
    return options


def open_pickle(name):
    if name == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    return open(name, "rb")


def disassemble(options, output):
    memo = {} if options.memo else None
    for name in options.pickle_file:
        if len(options.pickle_file) > 1:
            output.write(options.preamble.format(name="<stdin>" if name == "-" else name) + "\n")
        with open_pickle(name) as file:
            brinery.dis(file, output, memo, options.indentlevel, 30 if options.annotate else 0)


def main(arguments=None):
    options = parse(arguments)
    if options.dis:
        with (open(options.output, "w", encoding="utf-8") if options.output
              else contextlib.nullcontext(sys.stdout)) as output:
            disassemble(options, output)
        return
    for name in options.pickle_file:
        with open_pickle(name) as file:
            pprint.pprint(brinery.load(file))


if __name__ == "__main__":
    main()
