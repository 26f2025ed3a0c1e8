"""The module's types, handled as no program should: nothing may crash.

What is tried here could end in a crash, so each program runs in a process of its own.
"""
import io
import os
import pathlib
import subprocess
import sys
import textwrap

import _pickle
import brinery
import pytest

PRELUDE = """
import copy, gc, io, pickle
import brinery

DATA = pickle.dumps([1, "one", (1,)], 0)

def attempt(*calls):
    # What they say is of no interest, only that they come back.
    for call in calls:
        try:
            call()
        except Exception:
            pass

def picklers(kind=(brinery.Pickler, brinery.Unpickler)):
    return kind[0](io.BytesIO()), kind[1](io.BytesIO(DATA))
"""

PROGRAMS = {}


def program(text):
    name, _, body = textwrap.dedent(text).strip().partition("\n")
    PROGRAMS[name.strip("# ")] = body


program("""
    # instances that nobody made
    genops = brinery.genops(DATA)
    for thing in (*picklers(), *(each.memo for each in picklers()), genops):
        cls = type(thing)
        makers = [cls, lambda: cls.__new__(cls), lambda: object.__new__(cls)]
        try:
            sub = type("Sub", (cls,), {})
            makers += [sub, lambda: sub.__new__(sub), lambda: object.__new__(sub)]
        except TypeError:
            pass
        for make in makers:
            try:
                made = make()
            except TypeError:
                continue
            attempt(lambda: made.copy(), lambda: made.clear(), lambda: made.__reduce__(),
                    lambda: pickle.dumps(made), lambda: brinery.dumps(made),
                    lambda: copy.copy(made), lambda: copy.deepcopy(made), lambda: list(made),
                    lambda: made.dump([1]), lambda: made.load(), lambda: made.clear_memo(),
                    lambda: made.memo.copy(), lambda: made.memo.clear(),
                    lambda: setattr(made, "memo", made.memo), lambda: setattr(made, "memo", {}),
                    lambda: made.find_class("io", "BytesIO"), lambda: made.__sizeof__(),
                    lambda: made.persistent_id, lambda: made.persistent_load,
                    lambda: setattr(made, "persistent_id", repr),
                    lambda: setattr(made, "persistent_load", repr), lambda: made.__init__(),
                    lambda: made.__init__(io.BytesIO(DATA)), lambda: made.dump([1]),
                    lambda: made.load(), lambda: repr(made), lambda: hash(made))
    """)

program("""
    # proxies and iterators are copied, pickled, initialised again
    pickler, unpickler = picklers()
    pickler.dump([1, (2, 3)])
    unpickler.load()
    for thing in (pickler.memo, unpickler.memo, brinery.genops(DATA)):
        attempt(lambda: thing.__init__(), lambda: thing.__init__(1), lambda: copy.copy(thing),
                lambda: copy.deepcopy(thing), lambda: thing.__reduce_ex__(2),
                lambda: thing.__reduce_ex__(0), lambda: thing.__setstate__({}),
                lambda: setattr(thing, "__class__", type(pickler)), lambda: list(thing))
    for dumps in (pickle.dumps, brinery.dumps):
        assert pickle.loads(dumps(unpickler.memo)) == unpickler.memo.copy()
    """)

program("""
    # memos of a cycle that the collector has taken apart
    class Early:
        def __init__(self, holder):
            self.holder = holder
        def __del__(self):
            # Before anything is taken apart; what is made here is none of the garbage.
            self.holder[0] = Late()
    class Late:
        def __del__(self):
            found.extend(each for each in gc.get_objects() if type(each) in types)
    types = {type(each.memo) for each in picklers()} | {brinery.Pickler, brinery.Unpickler}
    gc.disable()
    found = []
    for owner in picklers():
        proxy = owner.memo
        holder = [None]
        cycle = [proxy, owner, holder, Early(holder)]
        cycle.append(cycle)
        holder.append(cycle)
    del owner, proxy, holder, cycle
    gc.collect()
    assert len({type(each) for each in found}) == 4, found
    gone = 0
    for each in {id(each): each for each in found}.values():
        if not hasattr(each, "copy"):
            attempt(lambda: each.dump([1]), lambda: each.load(), lambda: each.memo.copy())
            continue
        other = brinery.Pickler(io.BytesIO()) if "Unp" not in type(each).__name__ else (
            brinery.Unpickler(io.BytesIO()))
        for call in (each.copy, each.clear, each.__reduce__, lambda: setattr(other, "memo", each)):
            try:
                call()
            except RuntimeError as error:
                assert "owner is gone" in str(error), error
                gone += 1
    assert gone == 8, gone
    """)

program("""
    # classes whose mro leaves the type out
    class Meta(type):
        short = True
        def mro(cls):
            return [cls, object] if Meta.short else type.mro(cls)
    for base in (brinery.Pickler, brinery.Unpickler):
        cls = Meta("Cls", (base,), {})
        attempt(cls, lambda: cls(io.BytesIO(DATA)), lambda: cls.__new__(cls))
        Meta.short = False
        cls = Meta("Cls", (base,), {})
        thing = cls(io.BytesIO(DATA))
        calls = [getattr(thing, name, None) for name in dir(base)]
        Meta.short = True
        cls.__bases__ = cls.__bases__
        for call in calls:
            attempt(call, lambda: call(1), lambda: call("io", "BytesIO"), lambda: call(DATA))
    """)

program("""
    # a second __init__ from what the first one releases
    class Again:
        def __init__(self, owner):
            self.owner = owner
            self.data = io.BytesIO(DATA)
        def write(self, data):
            pass
        def read(self, size):
            return self.data.read(size)
        def readline(self):
            return self.data.readline()
        def __del__(self):
            owner = self.owner
            attempt(lambda: owner.__init__(io.BytesIO(DATA)), owner.load, lambda: owner.dump([1]),
                    owner.memo.clear, lambda: setattr(owner, "memo", {}))
    for _ in range(20):
        for owner in picklers():
            owner.__init__(Again(owner))
            attempt(lambda: owner.dump([1, (2,)]), lambda: owner.load())
            owner.memo = owner.memo.copy()
            gc.collect()
            owner.__init__(io.BytesIO(DATA))
            attempt(lambda: owner.dump([1]))
            if isinstance(owner, brinery.Unpickler):
                assert owner.load() == pickle.loads(DATA)
                owner.memo = {0: Again(owner)}
                owner.memo = {}
                owner.memo = {0: Again(owner)}
                owner.memo.clear()
                assert owner.memo.copy() == {}
    """)

program("""
    # attributes change while their values are at work
    class Table(dict):
        def __getitem__(self, key):
            pickler.dispatch_table = {}
            del pickler.dispatch_table
            return dict.__getitem__(self, key)
    class Sub(brinery.Pickler):
        pass
    class Thing:
        pass
    class Call:
        def __call__(self, *args):
            for name in ("persistent_id", "persistent_load", "reducer_override"):
                attempt(lambda: setattr(pickler, name, lambda *args: None),
                        lambda: setattr(unpickler, name, lambda *args: None))
            return NotImplemented if len(args) == 1 and type(args[0]) is Thing else None
    for _ in range(20):
        pickler = Sub(io.BytesIO())
        unpickler = brinery.Unpickler(io.BytesIO(pickle.dumps(Thing)))
        pickler.dispatch_table = Table()
        pickler.reducer_override = Call()
        attempt(lambda: pickler.dump([Thing(), Thing(), 1j]))
        pickler = Sub(io.BytesIO())
        pickler.persistent_id = Call()
        attempt(lambda: pickler.dump([Thing(), Thing(), 1j]))
        unpickler = brinery.Unpickler(io.BytesIO(b"Pa\\nPb\\n\\x86."))
        unpickler.persistent_load = Call()
        assert unpickler.load() == (None, None)
    """)


def run(name):
    site = str(pathlib.Path(brinery.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c",
         PRELUDE + PROGRAMS[name] + "\nprint('ok')\n"], capture_output=True, text=True, timeout=300,
        check=False, env=dict(os.environ, PYTHONPATH=site))
    assert done.returncode == 0 and done.stdout == "ok\n", (
        done.returncode, done.stdout, done.stderr[-6000:])


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_crash(name):
    run(name)


def types(module):
    pickler, unpickler = module.Pickler(io.BytesIO()), module.Unpickler(io.BytesIO())
    return [type(pickler), type(unpickler), type(pickler.memo), type(unpickler.memo)]


@pytest.mark.parametrize("ours, stock", [*zip(types(brinery), types(_pickle))],
                         ids=lambda cls: cls.__name__)
def test_types_allow_what_stock_allows(ours, stock):
    """Whether they can be instantiated, subclassed, changed."""
    for bit in (7, 8, 10):  # Py_TPFLAGS_DISALLOW_INSTANTIATION, _IMMUTABLETYPE, _BASETYPE
        assert ours.__flags__ & 1 << bit == stock.__flags__ & 1 << bit, bit
    with pytest.raises(TypeError, match="immutable type"):
        ours.attribute = 1
