"""Brinery in the place of pickle inside other libraries, as their users would put it there."""
import collections
import concurrent.futures
import contextlib
import copy
import copyreg
import functools
import io
import multiprocessing
import multiprocessing.connection
import multiprocessing.queues
import multiprocessing.reduction
import operator
import os
import pathlib
import pickle
import shelve
import sqlite3
import subprocess
import sys
import textwrap
import types

import brinery
import cloudpickle
import joblib
import numpy
import pandas
import pytest
import specimens

HERE = pathlib.Path(__file__).resolve().parent


def run(program, *args, python=sys.executable, path=HERE, timeout=300):
    """Run a program in a process of its own, which finds Brinery where this one does."""
    paths = [str(pathlib.Path(brinery.__file__).parents[1])] + ([str(path)] if path else [])
    done = subprocess.run([python, "-W", "ignore", "-c", textwrap.dedent(program), *map(str, args)],
                          capture_output=True, text=True, timeout=timeout, check=False,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)))
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_names_that_libraries_reach_for():
    """Public names, and those with an underscore that others import from pickle."""
    names = set(pickle.__all__) | {
        "_Pickler", "_Unpickler", "_dumps", "_loads", "_dump", "_load", "_getattribute",
        "whichmodule", "encode_long", "decode_long", "format_version", "compatible_formats",
        "HIGHEST_PROTOCOL", "DEFAULT_PROTOCOL", "PickleBuffer", "PROTO", "STOP", "MARK"}
    own = {"Pickler", "Unpickler", "dump", "dumps", "load", "loads"}
    for name in names - own:
        assert getattr(brinery, name) is getattr(pickle, name), name
    assert set(pickle.__all__) <= set(brinery.__all__)
    for name in own:
        assert getattr(brinery, name) is not getattr(pickle, name), name


# --- The standard library --------------------------------------------------------------------


@pytest.fixture
def shelf_of_brinery(monkeypatch):
    monkeypatch.setattr(shelve, "Pickler", brinery.Pickler)
    monkeypatch.setattr(shelve, "Unpickler", brinery.Unpickler)


def test_shelve(shelf_of_brinery, tmp_path):
    value = {"person": specimens.Plain(name="A"), "array": numpy.arange(3)}
    with shelve.open(str(tmp_path / "shelf"), writeback=True) as shelf:
        shelf["key"] = value
        shelf["list"] = [1]
        shelf["list"].append(2)
    with shelve.open(str(tmp_path / "shelf")) as shelf:
        assert shelf["list"] == [1, 2]
        assert shelf["key"]["person"].name == "A"
        assert set(shelf) == {"key", "list"}
        with pytest.raises(KeyError):
            shelf["other"]


def test_shelf_of_the_stock_pickle(shelf_of_brinery, monkeypatch, tmp_path):
    """Either reads what the other has written."""
    with shelve.open(str(tmp_path / "shelf")) as shelf:
        shelf["brinery"] = [1, "a"]
        with monkeypatch.context() as patch:
            patch.setattr(shelve, "Pickler", pickle.Pickler)
            shelf["stock"] = [2, "b"]
        assert shelf["stock"] == [2, "b"]
        monkeypatch.setattr(shelve, "Unpickler", pickle.Unpickler)
        assert shelf["brinery"] == [1, "a"]


def test_sqlite3_adapter_and_converter():
    """A column type whose values are pickled by themselves."""
    sqlite3.register_adapter(specimens.Plain, brinery.dumps)
    sqlite3.register_converter("pickled", brinery.loads)
    with contextlib.closing(sqlite3.connect(
            ":memory:", detect_types=sqlite3.PARSE_DECLTYPES)) as connection:
        connection.execute("create table t (body pickled)")
        connection.execute("insert into t values (?)", (specimens.Plain(a=[1]),))
        assert connection.execute("select body from t").fetchone()[0].a == [1]


def test_copyreg_is_honoured_when_it_changes():
    """What is registered later counts, and what is taken away no longer does."""
    value = specimens.Plain(a=1)
    before = brinery.dumps(value)
    copyreg.pickle(specimens.Plain, lambda plain: (specimens.Reduced, (plain.a,)))
    try:
        assert type(brinery.loads(brinery.dumps(value))) is specimens.Reduced
        assert brinery.dumps(value) == pickle.dumps(value)
        assert type(copy.copy(value)) is specimens.Reduced
    finally:
        del copyreg.dispatch_table[specimens.Plain]
    assert brinery.dumps(value) == before


def test_copyreg_extensions():
    value = [specimens.Registered(1), specimens.Plain(), specimens.Reduced(2)]
    with specimens.extension_codes():
        for protocol in range(6):
            data = brinery.dumps(value, protocol)
            assert data == pickle.dumps(value, protocol)
            assert brinery.loads(data)[0].value == 1
        data = brinery.dumps(value, 2)
    with pytest.raises(ValueError, match="unregistered extension code"):
        brinery.loads(data)


def test_copy_goes_on_as_before():
    value = [specimens.Data("a", [1]), {"k": (1, 2)}]
    loaded = brinery.loads(brinery.dumps(value))
    assert copy.deepcopy(loaded) == value == copy.copy(loaded)


REDUCERS = multiprocessing.reduction.ForkingPickler._extra_reducers


class OfBrinery(brinery.Pickler):
    """multiprocessing's ForkingPickler on Brinery's Pickler, as loky makes its own."""

    registered = {}

    def __init__(self, *args):
        super().__init__(*args)
        self.dispatch_table = collections.ChainMap(
            self.registered, REDUCERS, copyreg.dispatch_table)

    @classmethod
    def register(cls, kind, reduce):
        cls.registered[kind] = reduce

    @classmethod
    def dumps(cls, value, protocol=None):
        file = io.BytesIO()
        cls(file, protocol).dump(value)
        return file.getbuffer()

    loads = staticmethod(brinery.loads)


def test_forking_pickler(monkeypatch):
    """Queues and pipes of multiprocessing, with their connections and methods as cargo."""
    monkeypatch.setattr(multiprocessing.reduction, "ForkingPickler", OfBrinery)
    monkeypatch.setattr(multiprocessing.connection, "_ForkingPickler", OfBrinery)
    monkeypatch.setattr(multiprocessing.queues, "_ForkingPickler", OfBrinery)
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        assert pool.map(operator.neg, range(5)) == [0, -1, -2, -3, -4]
        assert pool.apply(specimens.Outer().method) == "method"
        assert pool.apply(functools.partial(specimens.function, [1])) == [1]
    left, right = context.Pipe()
    left.send({"array": numpy.arange(3), "text": "x" * 100_000})
    assert (right.recv()["array"] == numpy.arange(3)).all()


def test_process_pool_executor(monkeypatch):
    """Arguments and results that are pickles of Brinery's, through an executor's queues."""
    monkeypatch.setattr(multiprocessing.queues, "_ForkingPickler", OfBrinery)
    monkeypatch.setattr(multiprocessing.connection, "_ForkingPickler", OfBrinery)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        assert list(pool.map(brinery.loads, [brinery.dumps(i) for i in range(5)])) == list(range(5))
        assert pool.submit(brinery.dumps, [1]).result() == brinery.dumps([1])
        with pytest.raises(brinery.UnpicklingError):
            pool.submit(brinery.loads, b"x").result()


def test_whole_program_with_pickle_replaced(tmp_path):
    """`sys.modules["pickle"] = brinery`: what imports pickle afterwards gets Brinery."""
    program = """
        import sys
        import brinery
        sys.modules["pickle"] = brinery
        import multiprocessing, multiprocessing.pool, shelve, logging.handlers, sqlite3, queue
        import concurrent.futures, xmlrpc.client, copy
        assert shelve.Pickler is brinery.Pickler
        assert issubclass(multiprocessing.reduction.ForkingPickler, brinery.Pickler)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(abs, [-1, -2]))
        with shelve.open(sys.argv[1]) as shelf:
            shelf["a"] = [1]
            print(shelf["a"])
        import numpy, pandas
        pandas.DataFrame({"a": [1]}).to_pickle(sys.argv[1] + ".frame")
        print(pandas.read_pickle(sys.argv[1] + ".frame").a.tolist())
        numpy.save(sys.argv[1] + ".npy", numpy.array([None, "a"], dtype=object))
        print(numpy.load(sys.argv[1] + ".npy", allow_pickle=True))
        """
    script = tmp_path / "program.py"
    script.write_text("if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(program),
                                                                       "    "))
    out = run("import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0],"
              "run_name='__main__')", script, tmp_path / "shelf", path=None)
    assert out == "[1, 2]\n[1]\n[1]\n[None 'a']\n"


# --- loky, joblib, cloudpickle ---------------------------------------------------------------


def test_loky():
    program = """
        import os
        import brinery
        import loky
        loky.set_loky_pickler("brinery")
        from loky.backend.reduction import _LokyPickler, get_loky_pickler
        import operator
        assert issubclass(get_loky_pickler(), brinery.Pickler)
        executor = loky.get_reusable_executor(max_workers=1)
        print(list(executor.map(operator.neg, range(3))))
        print(executor.submit(os.path.join, "a", "b").result())
        try:
            executor.submit(lambda: 1).result()
        except Exception as error:
            print(type(error).__name__)
        executor.shutdown()
        """
    assert run(program).splitlines()[:2] == ["[0, -1, -2]", "a/b"]


def test_dispatch_table_is_a_member():
    """loky sets it through its descriptor, when a class has one of its own."""
    assert isinstance(brinery.Pickler.dispatch_table, types.MemberDescriptorType)

    class Other(brinery.Pickler):
        dispatch_table = {specimens.Plain: lambda _: (str, ("from the class",))}

    def written(**table):
        file = io.BytesIO()
        pickler = Other(file)
        if table:
            brinery.Pickler.dispatch_table.__set__(pickler, table["table"])
        pickler.dump(specimens.Plain())
        return brinery.loads(file.getvalue())

    assert written() == "from the class"
    table = {specimens.Plain: lambda _: (str, ("from the member",))}
    assert written(table=table) == "from the member"


def test_joblib_hash():
    """joblib.hash is the digest of a pickle, written by the Python class: what Brinery has loaded
    must be shared, down to its strings, like what the stock pickle has."""
    frame = pandas.DataFrame({"a": [1, 2]})
    for value in (1, "a", [1, {"b": (2, 3)}], specimens.Data("n"), specimens.Plain(a=frame)):
        assert joblib.hash(brinery.loads(brinery.dumps(value))) == joblib.hash(
            pickle.loads(pickle.dumps(value)))


def test_joblib_loads_what_brinery_dumped(tmp_path):
    value = {"array": numpy.arange(1000), "text": "a"}
    with open(tmp_path / "value.pkl", "wb") as file:
        brinery.dump(value, file)
    loaded = joblib.load(tmp_path / "value.pkl")
    assert (loaded["array"] == value["array"]).all() and loaded["text"] == "a"


class CloudPickler(brinery.Pickler):
    """cloudpickle's reducers on Brinery's Pickler, as its own class has them on pickle's."""

    dispatch_table = cloudpickle.CloudPickler.dispatch_table

    def __init__(self, file, protocol=None, buffer_callback=None):
        super().__init__(file, protocol=protocol, buffer_callback=buffer_callback)
        self.globals_ref = {}
        self.proto = protocol or brinery.DEFAULT_PROTOCOL

    def reducer_override(self, obj):
        return cloudpickle.CloudPickler.reducer_override(self, obj)

    _function_reduce = cloudpickle.CloudPickler._function_reduce
    _dynamic_function_reduce = cloudpickle.CloudPickler._dynamic_function_reduce
    _function_getnewargs = cloudpickle.CloudPickler._function_getnewargs


def test_cloudpickle_on_brinery():
    """Lambdas, closures and local classes through reducer_override and dispatch_table."""
    def make_adder(n):
        return lambda x: x + n

    class Local:
        def __init__(self, value):
            self.value = value

        def doubled(self):
            return self.value * 2

    file = io.BytesIO()
    CloudPickler(file).dump([make_adder(5), Local(4), Local])
    stock_file = io.BytesIO()
    cloudpickle.CloudPickler(stock_file).dump([make_adder(5), Local(4), Local])
    for data in (file.getvalue(), stock_file.getvalue()):
        adder, instance, class_ = brinery.loads(data)
        assert adder(1) == 6 and instance.doubled() == 8 and type(instance) is class_
    assert pickle.loads(file.getvalue())[0](2) == 7


def test_cloudpickle_itself_on_brinery():
    """The library, imported with Brinery as its pickle."""
    assert run("""
        import sys
        import brinery
        sys.modules["pickle"] = brinery
        import cloudpickle
        assert issubclass(cloudpickle.CloudPickler, brinery.Pickler)
        n = 4
        class Local:
            def value(self):
                return n
        data = cloudpickle.dumps([lambda x: x + n, Local(), sys, print, {1: 2}.keys()])
        function, instance, module, builtin, keys = cloudpickle.loads(data)
        print(function(1), instance.value(), module is sys, builtin is print, list(keys))
        """) == "5 4 True True [1]\n"


def test_cloudpickle_in_another_process():
    """What is defined in a program that is gone is found in the pickle."""
    data = run("""
        import sys, io
        from test_integrations import CloudPickler
        import functools
        count = 3
        def outer(x):
            return inner(x) * count
        def inner(x):
            return x + 1
        file = io.BytesIO()
        CloudPickler(file).dump(functools.partial(outer, 4))
        print(file.getvalue().hex())
        """)
    assert brinery.loads(bytes.fromhex(data))() == 15


# --- pandas ----------------------------------------------------------------------------------


def test_pandas_read_and_to_pickle(monkeypatch, tmp_path):
    import pandas.io.pickle as pandas_pickle
    monkeypatch.setattr(pandas_pickle, "pickle", brinery)
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})
    for name in ("frame.pkl", "frame.pkl.gz", "frame.pkl.xz"):
        frame.to_pickle(tmp_path / name)
        pandas.testing.assert_frame_equal(pandas.read_pickle(tmp_path / name), frame)
    monkeypatch.undo()
    pandas.testing.assert_frame_equal(pandas.read_pickle(tmp_path / "frame.pkl"), frame)


# --- PyTorch ---------------------------------------------------------------------------------

TORCH = "/usr/bin/python3"  # Debian's python3-torch is for this one


def has_torch():
    return subprocess.run([TORCH, "-c", "import torch"], capture_output=True,
                          check=False).returncode == 0


@pytest.mark.long
def test_torch():
    """Tensors, modules and state dicts: dumped directly, and through torch.save and torch.load."""
    if not has_torch():
        pytest.skip("python3-torch is not installed (it takes 650 MB): tools/setup.sh long")
    program = """
        import collections, io, pickle, sys
        import brinery
        import torch
        torch.manual_seed(1)
        model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
        optimizer = torch.optim.Adam(model.parameters())
        base = torch.arange(12.).reshape(3, 4)
        things = {
            "tensor": base, "view": base[1:], "int": torch.tensor(5), "empty": torch.empty(0),
            "half": torch.ones(3, dtype=torch.bfloat16), "bool": torch.tensor([True, False]),
            "sparse": torch.eye(3).to_sparse(), "size": base.shape, "dtype": torch.float64,
            "device": torch.device("cpu"), "parameter": torch.nn.Parameter(torch.ones(2)),
            "generator": torch.get_rng_state(), "state": model.state_dict(),
            "optimizer": optimizer.state_dict(), "grad": torch.ones(2, requires_grad=True),
        }
        def same(a, b):
            assert type(a) is type(b), (a, b)
            if isinstance(a, torch.Tensor):
                a, b = (x.to_dense() if x.is_sparse else x for x in (a, b))
                assert a.dtype == b.dtype and torch.equal(a, b)
            elif isinstance(a, dict):
                assert list(a) == list(b)
                for key in a:
                    same(a[key], b[key])
            elif isinstance(a, (list, tuple)):
                assert len(a) == len(b)
                for x, y in zip(a, b):
                    same(x, y)
            else:
                assert a == b
        count = 0
        for name, value in things.items():
            for protocol in range(2, 6):
                data = pickle.dumps(value, protocol)
                # A storage is written by torch.save, as a zip that holds times and addresses.
                assert len(brinery.dumps(value, protocol)) == len(data), name
                same(brinery.loads(data), value)
                same(pickle.loads(brinery.dumps(value, protocol)), value)
                count += 1
            for saver in (pickle, brinery):
                for loader in (pickle, brinery):
                    for zipped in (True, False):
                        file = io.BytesIO()
                        torch.save(value, file, pickle_module=saver,
                                   _use_new_zipfile_serialization=zipped)
                        file.seek(0)
                        same(torch.load(file, pickle_module=loader), value)
                        count += 1
        loaded = brinery.loads(brinery.dumps(model))
        x = torch.ones(2, 4)
        same(loaded(x), model(x))
        file = io.BytesIO()
        torch.save(model, file, pickle_module=brinery)
        file.seek(0)
        same(torch.load(file, pickle_module=brinery)(x), model(x))
        a, b = brinery.loads(brinery.dumps([base, base]))
        assert a is b
        print(count)
        """
    assert int(run(program, python=TORCH, path=None)) == 15 * (4 + 8)
