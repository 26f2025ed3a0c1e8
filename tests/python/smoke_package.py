"""Is the package there, whole, and what it says it is?

    PYTHONPATH=build/python/site /usr/bin/python3 tests/python/smoke_package.py [-v] [NAME...]

Run on every interpreter and after every way to install: what takes a second and needs nothing but
the interpreter.  Whether Brinery pickles as the standard library does is for stdlib_suite.py.
Plain unittest; ends in a line "N passed, N failed".
"""
import collections
import contextlib
import datetime
import importlib.metadata
import inspect
import io
import os
import pathlib
import pickle
import pickletools
import re
import subprocess
import sys
import tempfile
import unittest

import brinery

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include" / "brinery.h"

Point = collections.namedtuple("Point", "x y")


class Account:
    def __init__(self, owner, entries):
        self.owner = owner
        self.entries = entries

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)


def specimens():
    shared = ["shared"]
    cycle = []
    cycle.append(cycle)
    return {
        "atoms": [None, True, False, 0, -1, 255, 65536, 2**31, -2**63, 2**100, 1.5, -0.0, 1j],
        "text": ["", "a", "\u00e9", "\u20ac", "\U0001f952", "x" * 300, "y" * 70000],
        "bytes": [b"", b"a", bytes(range(256)), bytearray(b"abc")],
        "containers": [(), (1,), (1, 2, 3, 4), [], {}, {"a": {"b": [1]}}, {1, 2}, frozenset("a")],
        "many": list(range(5000)),
        "shared": [shared, shared],
        "cycle": cycle,
        "instances": [Account("a", [1]), Point(1, 2), datetime.date(2026, 3, 1), range(3)],
        "globals": [len, Account, Account.__eq__, collections.OrderedDict(a=1)],
    }


class Package(unittest.TestCase):
    def test_extension_is_compiled(self):
        self.assertTrue(brinery._brinery.__file__.endswith((".so", ".pyd", ".dylib")),
                        brinery._brinery.__file__)

    def test_version(self):
        self.assertRegex(brinery.__version__, r"^\d+\.\d+\.\d+$")
        stated = re.search(r'VERSION_STRING "(.*)"', HEADER.read_text(encoding="utf-8"))
        self.assertEqual(brinery.__version__, stated.group(1))

    def test_version_of_the_distribution(self):
        folder = pathlib.Path(brinery.__file__).parents[1]
        found = [each for each in importlib.metadata.distributions(path=[str(folder)])
                 if each.metadata["Name"] == "brinery"]
        for distribution in found:  # none when it runs from the build folder
            self.assertEqual(distribution.version, brinery.__version__)
        if os.environ.get("BRINERY_INSTALLED"):
            self.assertEqual(len(found), 1)

    def test_typed(self):
        folder = pathlib.Path(brinery.__file__).parent
        for name in ("py.typed", "__init__.pyi", "_brinery.pyi"):
            self.assertTrue((folder / name).is_file(), name)

    def test_names(self):
        self.assertEqual(brinery.__all__, pickle.__all__)
        for name in pickle.__all__:
            self.assertTrue(hasattr(brinery, name), name)

    def test_what_is_stock_and_what_is_not(self):
        own = {"Pickler", "Unpickler", "dump", "dumps", "load", "loads"}
        for name in pickle.__all__:
            same = getattr(brinery, name) is getattr(pickle, name)
            self.assertEqual(same, name not in own, name)

    def test_signatures_begin_like_stock(self):
        for name in ("dump", "dumps", "load", "loads"):
            stock, ours = (list(inspect.signature(getattr(module, name)).parameters.values())
                           for module in (pickle, brinery))
            self.assertEqual(ours[:len(stock)], stock)
            for added in ours[len(stock):]:
                self.assertEqual(added.kind, inspect.Parameter.KEYWORD_ONLY, added)


class RoundTrips(unittest.TestCase):
    def test_bytes_are_those_of_pickle(self):
        for name, value in specimens().items():
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with self.subTest(name, protocol=protocol):
                    self.assertEqual(brinery.dumps(value, protocol),
                                     pickle.dumps(value, protocol))

    def test_loads_what_pickle_wrote(self):
        for name, value in specimens().items():
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with self.subTest(name, protocol=protocol):
                    self.check(name, value, brinery.loads(pickle.dumps(value, protocol)))

    def test_files(self):
        for name, value in specimens().items():
            with self.subTest(name):
                file = io.BytesIO()
                brinery.dump(value, file)
                brinery.Pickler(file).dump(name)
                file.seek(0)
                self.check(name, value, brinery.load(file))
                self.assertEqual(brinery.Unpickler(file).load(), name)

    def check(self, name, value, loaded):
        if name == "cycle":
            self.assertIs(loaded[0], loaded)
            self.assertEqual(len(loaded), 1)
            return
        self.assertEqual(loaded, value)
        if name == "shared":
            self.assertIs(loaded[0], loaded[1])

    def test_errors(self):
        with self.assertRaises(pickle.UnpicklingError):
            brinery.loads(b"garbage")
        with self.assertRaises(EOFError):
            brinery.loads(b"")
        with self.assertRaises((pickle.PicklingError, AttributeError)):
            brinery.dumps(lambda: None)


class Command(unittest.TestCase):
    """python -m brinery"""

    def run_module(self, *arguments, data=b""):
        done = subprocess.run([sys.executable, "-m", "brinery", *arguments], input=data,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    @contextlib.contextmanager
    def file(self, value):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "file.pkl")
            pathlib.Path(path).write_bytes(pickle.dumps(value))
            yield path

    def test_prints_the_object(self):
        with self.file({"b": 1, "a": [2]}) as path:
            code, out, err = self.run_module(path, path)
        self.assertEqual((code, out, err), (0, "{'a': [2], 'b': 1}\n" * 2, ""))

    def test_standard_input(self):
        code, out, err = self.run_module("-", data=pickle.dumps("x"))
        self.assertEqual((code, out, err), (0, "'x'\n", ""))

    def test_disassembles(self):
        value = {"a": [1, (2, 3)]}
        expected = io.StringIO()
        pickletools.dis(pickle.dumps(value), expected, indentlevel=2, annotate=30)
        with self.file(value) as path:
            code, out, err = self.run_module("--dis", "-a", "-l", "2", path)
            self.assertEqual((code, out, err), (0, expected.getvalue(), ""))
            code, out, err = self.run_module("--dis", "-p", "<{name}>", path, path)
        self.assertEqual(code, 0, err)
        self.assertEqual(out.count(f"<{path}>\n"), 2)

    def test_writes_the_disassembly_to_a_file(self):
        with self.file([]) as path:
            code, out, err = self.run_module("--dis", "-o", path + ".txt", path)
            self.assertEqual((code, out, err), (0, "", ""))
            self.assertIn("EMPTY_LIST", pathlib.Path(path + ".txt").read_text(encoding="utf-8"))

    def test_wrong_usage(self):
        self.assertEqual(self.run_module()[0], 2)
        self.assertEqual(self.run_module("-a", "file")[0], 2)

    def test_says_what_is_wrong(self):
        with self.file([]) as path:
            code, out, err = self.run_module(path + ".not-there")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("FileNotFoundError", err)


class Counting(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    runner = unittest.TextTestRunner(resultclass=Counting)
    result = unittest.main(argv=sys.argv, exit=False, testRunner=runner).result
    failed = result.testsRun - result.passed - len(result.skipped)
    print(f"{result.passed} passed, {failed} failed", flush=True)
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
