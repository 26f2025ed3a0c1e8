"""CPython's own tests of pickle, run on Brinery: the judge of "drop-in".

    PYTHONPATH=build/python/site /usr/bin/python3 tests/python/stdlib_suite.py [-v] [NAME...]

The running interpreter's test package (Debian: libpython3.X-testsuite) has, for its own C
accelerator, classes that name the pickler and unpickler they test.  Each of them is subclassed
here with Brinery's in their place, whatever that version has; then they are crossed: Brinery's
pickler with the stock unpickler, in C and in Python, and the other way round.  The same for the
tests of pickletools that go through dumps, and those of PickleBuffer.

Plain unittest, so that it runs on an interpreter with nothing installed.  What is left out
stands in LEFT_OUT, each with its reason.  Ends in a line "N passed, N failed".
"""
import io
import pickle
import sys
import unittest

import _pickle
import test.pickletester
import test.test_pickle
import test.test_picklebuffer

import brinery

# Tests that ask for something that belongs to CPython's own structs, or to its own module.
LEFT_OUT = {
    "SizeofTests": "the sizes of CPython's own structs, member by member",
    "HeapTypesTests": "looks into _pickle's own types",
}

# What the stock classes say -> what is tested in its place.
BRINERY_FOR = {
    _pickle.Pickler: brinery.Pickler,
    _pickle.Unpickler: brinery.Unpickler,
    _pickle.dump: brinery.dump,
    _pickle.dumps: brinery.dumps,
    _pickle.load: brinery.load,
    _pickle.loads: brinery.loads,
}


def put_in_place(value, table):
    """What stands for `value`, or None; also for a class made of a stock pickler and a mixin."""
    try:
        if value in table:
            return table[value]
    except TypeError:  # not hashable
        return None
    if isinstance(value, type) and any(base in table for base in value.__bases__):
        bases = tuple(table.get(base, base) for base in value.__bases__)
        members = {key: member for key, member in vars(value).items()
                   if key not in ("__dict__", "__weakref__")}
        return type(value)(value.__name__, bases, members)
    return None


def wire(name, case, table):
    """A subclass of a stock test class with members exchanged by `table`; None if none is."""
    members = {}
    for attribute in dir(case):
        if attribute.startswith("__"):
            continue
        value = getattr(case, attribute)
        replacement = put_in_place(value, table)
        if replacement is not None:
            # Python functions would become methods.
            members[attribute] = (staticmethod(replacement)
                                  if type(replacement).__name__ == "function" else replacement)
    if not members:
        return None
    members["__module__"] = __name__
    return type(name, (case,), members)


def is_case(value):
    return isinstance(value, type) and issubclass(value, unittest.TestCase)


def stock_cases():
    """The classes with which the interpreter tests its C accelerator."""
    for name, case in sorted(vars(test.test_pickle).items()):
        if is_case(case) and case.__module__ == "test.test_pickle" and name not in LEFT_OUT:
            yield name, case


class InMemory(test.test_pickle.InMemoryPickleTests):
    """dumps and loads, which the stock class names inside its methods."""
    bad_stack_errors = (pickle.UnpicklingError, IndexError)

    def dumps(self, arg, protocol=None, **kwargs):
        return brinery.dumps(arg, protocol, **kwargs)

    def loads(self, buf, **kwds):
        return brinery.loads(buf, **kwds)


class PickleBuffers(test.test_picklebuffer.PickleBufferTest):
    """The buffers are the standard library's own: only that they arrive is Brinery's."""

    def test_is_the_stock_class(self):
        self.assertIs(brinery.PickleBuffer, pickle.PickleBuffer)


def crossed(name, pickler, unpickler):
    class Crossed(test.test_pickle.PyPicklerTests):
        pass
    Crossed.pickler = pickler
    Crossed.unpickler = unpickler
    Crossed.__name__ = Crossed.__qualname__ = name
    Crossed.__module__ = __name__
    return Crossed


def crossed_in_memory(name, dumps, loads):
    class Crossed(test.test_pickle.InMemoryPickleTests):
        def dumps(self, arg, protocol=None, **kwargs):
            return dumps(arg, protocol, **kwargs)

        def loads(self, buf, **kwds):
            return loads(buf, **kwds)
    Crossed.__name__ = Crossed.__qualname__ = name
    Crossed.__module__ = __name__
    return Crossed


def wire_all():
    cases = {}
    for name, case in stock_cases():
        wired = wire(f"Brinery_{name}", case, BRINERY_FOR)
        if wired is not None:
            cases[wired.__name__] = wired
    pairs = {
        "Dump_StockLoad": (brinery.Pickler, _pickle.Unpickler),
        "Dump_PythonLoad": (brinery.Pickler, pickle._Unpickler),
        "StockDump_Load": (_pickle.Pickler, brinery.Unpickler),
        "PythonDump_Load": (pickle._Pickler, brinery.Unpickler),
    }
    for name, (pickler, unpickler) in pairs.items():
        cases[name] = crossed(name, pickler, unpickler)
    cases["Dumps_StockLoads"] = crossed_in_memory("Dumps_StockLoads", brinery.dumps, pickle.loads)
    cases["StockDumps_Loads"] = crossed_in_memory("StockDumps_Loads", pickle.dumps, brinery.loads)
    return cases


globals().update(wire_all())


class Wiring(unittest.TestCase):
    """A wiring that wires nothing must not look like success."""

    def test_everything_is_wired(self):
        names = [name for name in globals() if name.startswith("Brinery_")]
        for wanted in ("CPickleTests", "CPicklerTests", "CUnpicklerTests", "CPersPicklerTests",
                       "CIdPersPicklerTests", "CPicklerUnpicklerObjectTests",
                       "CDispatchTableTests", "CChainDispatchTableTests", "CPicklerHookTests"):
            self.assertIn(f"Brinery_{wanted}", names)

    def test_it_is_brinery(self):
        case = globals()["Brinery_CPicklerTests"]
        self.assertIs(case.pickler, brinery.Pickler)
        self.assertIs(case.unpickler, brinery.Unpickler)
        self.assertNotIsInstance(brinery.Pickler(io.BytesIO()), _pickle.Pickler)


class Counting(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    program = unittest.main(argv=sys.argv, exit=False,
                            testRunner=unittest.TextTestRunner(resultclass=Counting))
    result = program.result
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{sys.version.split()[0]}: {len(result.skipped)} skipped, "
          f"{len(LEFT_OUT)} classes left out by name", flush=True)
    print(f"{result.passed} passed, {failed} failed", flush=True)
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
