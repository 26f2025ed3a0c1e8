"""Threads: many at once, each on its own; many on one object; one Pickler in two threads.

Everything here could end in a crash, so it runs in processes of their own; the long run does the
same on the build with the sanitizers.
"""
import os
import pathlib
import subprocess
import sys
import textwrap

import brinery
import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PRELUDE = """
import io, pickle, random, sys, threading, time
import brinery
import specimens
sys.setswitchinterval(1e-5)
SECONDS = float(sys.argv[1])

class Turn:
    # A reduction in Python: other threads get a turn in the middle of a dump or load.
    def __init__(self, value=0):
        self.value = value
    def __reduce__(self):
        time.sleep(0)
        return (Turn, (self.value,))
    def __eq__(self, other):
        return type(other) is Turn and other.value == self.value
    def __hash__(self):
        return self.value

def hammer(*works, seconds=SECONDS):
    # Run functions in threads again and again; what one raises ends all.
    end, errors, rounds = time.monotonic() + seconds, [], []
    def run(work):
        count = 0
        try:
            while time.monotonic() < end and not errors:
                work()
                count += 1
        except BaseException as error:
            errors.append(error)
        rounds.append(count)
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    assert all(rounds), rounds
    return sum(rounds)
"""

# Each program prints "ok" at its end.
PROGRAMS = {}


def program(text):
    name, _, body = textwrap.dedent(text).strip().partition("\n")
    PROGRAMS[name.strip("# ")] = body


program("""
    # each its own objects
    value = {i: [str(i), (i, float(i)), {"k": Turn(i)}, specimens.Plain(a=i)] for i in range(50)}
    expected = pickle.dumps(value)
    def work():
        data = brinery.dumps(value)
        assert data == expected
        loaded = brinery.loads(data)
        assert loaded.keys() == value.keys() and loaded[3][2] == value[3][2]
    hammer(*[work] * 8)
    """)

program("""
    # each its own Pickler and Unpickler
    value = [specimens.Plain(n=i, t=Turn(i)) for i in range(30)]
    def work():
        file = io.BytesIO()
        pickler = brinery.Pickler(file)
        for _ in range(3):
            pickler.dump(value)
            pickler.clear_memo()
        file.seek(0)
        unpickler = brinery.Unpickler(file)
        for _ in range(3):
            assert unpickler.load()[7].t == Turn(7)
    hammer(*[work] * 8)
    """)

MUTATED = """
    # {name} changed meanwhile
    shared = {make}
    stop = []
    def change():
        for i in range(200):
            {grow}
        for i in range(200):
            {shrink}
    def dump():
        for protocol in range(2, 6):
            try:
                brinery.loads(brinery.dumps(shared, protocol))
            except (RuntimeError, IndexError, KeyError, ValueError) as error:
                assert "chang" in str(error) or "mutated" in str(error), error
            file = io.BytesIO()
            try:
                brinery.Pickler(file, protocol).dump(shared)
            except RuntimeError:
                pass
    hammer(change, change, *[dump] * 6)
    """

for name, make, grow, shrink in [
        ("list", "[Turn(i) for i in range(50)]", "shared.append(Turn(i))",
         "shared and shared.pop(0)"),
        ("list of plain values", "list(range(5000))", "shared.extend(range(100))",
         "del shared[:100]"),
        ("list cleared", "[Turn(i) for i in range(50)]", "shared.append([i, Turn(i)])",
         "shared.clear()"),
        ("dict", "{i: Turn(i) for i in range(50)}", "shared[random.random()] = Turn(i)",
         "len(shared) > 50 and shared.popitem()"),
        ("dict whose values change", "{i: Turn(i) for i in range(50)}",
         "shared[i % 50] = [str(i), Turn(i)]", "shared[i % 50] = object"),
        ("dict with Turn as keys", "{Turn(i): i for i in range(50)}", "shared[Turn(i)] = i",
         "shared.pop(Turn(i), None)"),
        ("set", "{Turn(i) for i in range(50)}", "shared.add(Turn(i + 100))",
         "shared.discard(Turn(i + 100))"),
        ("bytearray", "bytearray(10_000)", "shared.extend(bytes(1000))", "del shared[:1000]"),
        ("instance", "specimens.Plain(t=Turn(1))", "setattr(shared, f'a{i}', [Turn(i)])",
         "shared.__dict__.pop(f'a{i}', None)"),
        ("instance whose dict is exchanged", "specimens.Plain(t=Turn(1))",
         "shared.__dict__ = {'t': Turn(i), 'u': [i]}", "shared.__dict__ = {}"),
        ("slots", "specimens.SlotsAndDict(Turn(1), Turn(2))",
         "(setattr(shared, 'left', [Turn(i)]), setattr(shared, 'right', i))",
         "shared.__dict__.clear()"),
        ("deque", "__import__('collections').deque([Turn(i) for i in range(50)])",
         "shared.append(Turn(i))", "shared and shared.popleft()"),
        ("ordered dict", "__import__('collections').OrderedDict((i, Turn(i)) for i in range(50))",
         "shared.__setitem__(random.random(), Turn(i))", "len(shared) > 50 and shared.popitem()"),
]:
    program(MUTATED.format(name=name, make=make, grow=grow, shrink=shrink)
            .replace("{{", "{").replace("}}", "}"))

program("""
    # one Pickler in several threads
    class File:
        def __init__(self):
            self.data = []
        def write(self, data):
            time.sleep(0)
            self.data.append(bytes(data))
    value = [Turn(i) for i in range(50)]
    pickler = brinery.Pickler(File())
    refused = []
    def work():
        try:
            pickler.dump(value)
            pickler.clear_memo()
        except RuntimeError as error:
            refused.append(str(error))
    hammer(*[work] * 8)
    assert refused, "it was never refused"
    print(set(refused), file=sys.stderr)
    """)

program("""
    # one Unpickler in several threads
    data = pickle.dumps([Turn(i) for i in range(50)])
    class File(io.BytesIO):
        def read(self, size=-1):
            time.sleep(0)
            return super().read(size)
        def readline(self):
            return super().readline()
    class Slow(brinery.Unpickler):
        def find_class(self, module, name):
            time.sleep(0)
            return super().find_class(module, name)
    file = File(data * 20_000)
    unpickler = Slow(file)
    refused = []
    def work():
        try:
            assert len(unpickler.load()) == 50
        except RuntimeError as error:
            refused.append(str(error))
        except EOFError:
            file.seek(0)
    hammer(*[work] * 8)
    assert refused, "it was never refused"
    """)

program("""
    # a Pickler used by what it pickles
    errors = []
    class Again:
        def __init__(self, pickler):
            self.pickler = pickler
        def __reduce__(self):
            for use in (lambda: self.pickler.dump([1]), self.pickler.clear_memo,
                        lambda: self.pickler.__init__(io.BytesIO()),
                        lambda: self.pickler.memo.clear(),
                        lambda: setattr(self.pickler, "memo", {})):
                try:
                    use()
                except RuntimeError as error:
                    errors.append(error)
            return (int, ())
    for _ in range(20):
        file = io.BytesIO()
        pickler = brinery.Pickler(file)
        pickler.dump([Again(pickler), "text", ["text"]])
    assert len(errors) >= 20, errors

    class Writer:
        def write(self, data):
            try:
                self.pickler.dump(2)
            except RuntimeError as error:
                errors.append(error)
    writer = Writer()
    writer.pickler = brinery.Pickler(writer)
    del errors[:]
    writer.pickler.dump([1])
    assert errors
    """)

program("""
    # an Unpickler used by what it reads
    errors = []
    class Again(brinery.Unpickler):
        def find_class(self, module, name):
            for use in (self.load, lambda: self.__init__(io.BytesIO(b"N.")),
                        lambda: setattr(self, "memo", {}), lambda: self.memo.clear()):
                try:
                    use()
                except RuntimeError as error:
                    errors.append(error)
            return super().find_class(module, name)
    for _ in range(20):
        unpickler = Again(io.BytesIO(pickle.dumps([Turn(1), [2], "text"]) * 2))
        try:
            unpickler.load()
        except (RuntimeError, pickle.UnpicklingError) as error:
            errors.append(error)
    assert len(errors) >= 20, errors

    class File(io.BytesIO):
        def read(self, size=-1):
            try:
                self.unpickler.load()
            except RuntimeError as error:
                errors.append(error)
            return super().read(size)
        def readline(self):
            return super().readline()
    file = File(pickle.dumps([1]))
    file.unpickler = brinery.Unpickler(file)
    del errors[:]
    assert file.unpickler.load() == [1]
    assert errors
    """)

program("""
    # a Pickler works again after an error
    class Bad:
        def __reduce__(self):
            raise ValueError("bad")
    file = io.BytesIO()
    pickler = brinery.Pickler(file)
    for _ in range(3):
        try:
            pickler.dump([1, Bad()])
        except ValueError:
            pass
        else:
            raise AssertionError("not raised")
    file.seek(0)
    file.truncate()
    pickler.clear_memo()
    pickler.dump([1])
    assert pickle.loads(file.getvalue()) == [1]
    """)

program("""
    # the memo is read while others dump
    pickler = brinery.Pickler(io.BytesIO())
    value = [Turn(i) for i in range(20)]
    def look():
        try:
            memo = pickler.memo.copy()
            pickler.memo = memo
            brinery.Pickler(io.BytesIO()).memo = memo
        except RuntimeError:
            pass
    def dump():
        try:
            pickler.dump(value)
        except RuntimeError:
            pass
    hammer(look, look, dump, dump)
    """)

program("""
    # collections of garbage meanwhile
    import gc
    gc.set_threshold(1)
    def work():
        cycle = [specimens.Plain()]
        cycle[0].back = cycle
        loaded = brinery.loads(brinery.dumps([cycle, Turn(1), cycle]))
        assert loaded[0][0].back is loaded[0]
    hammer(*[work] * 4)
    assert gc.isenabled()
    """)


def run(name, seconds, python=sys.executable, **environment):
    code = PRELUDE + textwrap.dedent(PROGRAMS[name]) + "\nprint('ok')\n"
    site = environment.pop("site", str(pathlib.Path(brinery.__file__).parents[1]))
    done = subprocess.run(
        [python, "-X", "faulthandler", "-c", code, str(seconds)], capture_output=True, text=True,
        timeout=300, check=False,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([site, str(HERE)]), **environment))
    assert done.returncode == 0 and done.stdout == "ok\n", (
        done.returncode, done.stdout, done.stderr[-6000:])


@pytest.mark.parametrize("name", PROGRAMS)
def test_threads(name):
    run(name, 0.4)


@pytest.mark.long
@pytest.mark.parametrize("name", PROGRAMS)
def test_threads_with_sanitizers(name):
    site = ROOT / "build" / "python-asan" / "site"
    if not site.exists():
        pytest.skip("not built: tools/build.sh python-asan")
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True,
                             text=True, check=True).stdout.strip()
    # The interpreter keeps what it has at its end; leaks are test_leaks.py's matter.
    run(name, 10, site=str(site), LD_PRELOAD=library, PYTHONMALLOC="malloc",
        ASAN_OPTIONS="detect_leaks=0", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
