"""What people were taught to do with pickle, done with `import brinery as pickle`.

Each test is a task as tutorials show it, and is named after it.  The classes stand at the top,
as in a program of a user; what such a program prints is asserted here.
"""
import base64
import concurrent.futures
import contextlib
import datetime
import http.server
import io
import multiprocessing
import pickle as stock
import queue
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request

import brinery as pickle
import numpy
import pandas
import pytest
import sklearn.datasets
import sklearn.linear_model


class Person:
    def __init__(self, name, age):
        self.name = name
        self.age = age

    def __eq__(self, other):
        return type(other) is Person and vars(self) == vars(other)


class Student(Person):
    def __init__(self, name, age, grades):
        super().__init__(name, age)
        self.grades = grades

    def average(self):
        return sum(self.grades.values()) / len(self.grades)


class UserSession:
    def __init__(self, user):
        self.user = user
        self.actions = []

    def log(self, action):
        self.actions.append((datetime.datetime.now(), action))


class Database:
    """Holds a connection, which cannot be pickled: drops it, and connects again."""

    def __init__(self, path):
        self.path = path
        self.connect()

    def connect(self):
        self.connection = sqlite3.connect(self.path)

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["connection"]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.connect()


class Temperature:
    """Rebuilt by calling the class."""

    def __init__(self, celsius):
        self.celsius = celsius
        self.calls = 1

    def __reduce__(self):
        return (Temperature, (self.celsius,))


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Node:
    def __init__(self, name):
        self.name = name
        self.children = []
        self.parent = None

    def add(self, child):
        child.parent = self
        self.children.append(child)
        return child


class Settings:
    """State of an application, with the version that wrote it."""

    version = 2

    def __init__(self):
        self.theme = "dark"

    def __getstate__(self):
        return {"version": self.version, **self.__dict__}

    def __setstate__(self, state):
        version = state.pop("version", 1)
        if version < 2:
            state["theme"] = state.pop("colour")
        self.__dict__.update(state)


def greet(name):
    return f"Hello, {name}"


def load_model(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def square(number):
    return number * number


def work_on(jobs, results):
    """A worker that is another process: bytes in, bytes out."""
    for data in iter(jobs.get, None):
        function, arguments = pickle.loads(data)
        results.put(pickle.dumps(function(*arguments)))


# --- Save and load ---------------------------------------------------------------------------


def test_dict_to_a_file_and_back(tmp_path):
    data = {"name": "Alice", "age": 30, "cities": ["Paris", "Rome"]}
    with open(tmp_path / "data.pkl", "wb") as file:
        pickle.dump(data, file)
    with open(tmp_path / "data.pkl", "rb") as file:
        loaded = pickle.load(file)
    assert loaded == data and loaded is not data


def test_list_is_equal_and_not_identical():
    data = list(range(10_000))
    copy = pickle.loads(pickle.dumps(data))
    assert copy == data and copy is not data


def test_printing_the_bytes(capsys):
    print(pickle.dumps({"a": 1}))
    assert capsys.readouterr().out == repr(stock.dumps({"a": 1})) + "\n"


def test_nested_dict_of_lists_and_dicts():
    data = {"users": [{"id": i, "tags": ["x", {"deep": (1, 2)}]} for i in range(5)], "n": {}}
    assert pickle.loads(pickle.dumps(data)) == data


@pytest.mark.parametrize("value", [
    None, True, False, 0, -5, 2**100, 1.5, 1 + 2j, "text", "\u20ac", b"bytes", bytearray(b"array"),
    (1, "a"), [1, [2]], {1, 2}, frozenset([3]), {"k": None}, (), [], {}, set(), "", b""], ids=repr)
def test_each_built_in_type(value):
    loaded = pickle.loads(pickle.dumps(value))
    assert loaded == value and type(loaded) is type(value)


@pytest.mark.parametrize("value", [
    datetime.date(2026, 3, 1), datetime.time(12, 30), datetime.timedelta(days=2, seconds=5),
    datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.timezone.utc)], ids=repr)
def test_datetime_objects(value):
    assert pickle.loads(pickle.dumps(value)) == value


def test_top_level_function_is_the_same_function():
    loaded = pickle.loads(pickle.dumps(greet))
    assert loaded is greet and loaded("World") == "Hello, World"


def test_built_in_functions():
    assert pickle.loads(pickle.dumps([max, min, len])) == [max, min, len]


def test_class_is_the_same_class():
    assert pickle.loads(pickle.dumps(Person)) is Person


def test_function_that_loads_a_model_from_a_path(tmp_path):
    model = {"weights": [0.1, 0.2], "bias": 1.0}
    with open(tmp_path / "model.pkl", "wb") as file:
        pickle.dump(model, file)
    assert load_model(tmp_path / "model.pkl") == model


@pytest.mark.parametrize("protocol", range(6))
def test_explicit_protocol(protocol, tmp_path):
    data = {"large": list(range(100)), "text": "\u20ac", "bytes": b"\0"}
    with open(tmp_path / "data.pkl", "wb") as file:
        pickle.dump(data, file, protocol=protocol)
    assert (tmp_path / "data.pkl").read_bytes() == stock.dumps(data, protocol=protocol)
    assert load_model(tmp_path / "data.pkl") == data


def test_highest_and_default_protocol():
    assert pickle.HIGHEST_PROTOCOL == stock.HIGHEST_PROTOCOL == 5
    assert pickle.DEFAULT_PROTOCOL == stock.DEFAULT_PROTOCOL
    highest = pickle.dumps([1], pickle.HIGHEST_PROTOCOL)
    assert highest == pickle.dumps([1], -1) == stock.dumps([1], -1)
    assert pickle.dumps([1]) == pickle.dumps([1], pickle.DEFAULT_PROTOCOL) == stock.dumps([1])


def test_table_of_size_and_time_for_each_protocol():
    data = {
        "large_list": list(range(10_000)),
        "nested_dict": {i: {"values": list(range(100))} for i in range(100)},
    }
    table = []
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        start = time.perf_counter()
        size = len(pickle.dumps(data, protocol=protocol))
        table.append((protocol, size, time.perf_counter() - start))
    assert [size for _, size, _ in table] == [len(stock.dumps(data, p)) for p in range(6)]
    assert table[0][1] > table[2][1]


def test_several_objects_in_one_file(tmp_path):
    with open(tmp_path / "many.pkl", "wb") as file:
        for item in ("first", [2], {"third": 3}):
            pickle.dump(item, file)
    loaded = []
    with open(tmp_path / "many.pkl", "rb") as file:
        with contextlib.suppress(EOFError):
            while True:
                loaded.append(pickle.load(file))
    assert loaded == ["first", [2], {"third": 3}]


def test_deep_copy():
    original = {"a": [1, [2]], "p": Person("Ann", 3)}
    copy = pickle.loads(pickle.dumps(original))
    copy["a"][1].append(3)
    assert original["a"] == [1, [2]]
    assert copy["p"] == original["p"] and copy["p"] is not original["p"]


# --- Classes ---------------------------------------------------------------------------------


def test_plain_class_instance():
    person = pickle.loads(pickle.dumps(Person("Alice", 30)))
    assert type(person) is Person and (person.name, person.age) == ("Alice", 30)


def test_list_of_instances_to_a_file(tmp_path):
    people = [Person("A", 1), Person("B", 2)]
    with open(tmp_path / "people.pkl", "wb") as file:
        pickle.dump(people, file)
    assert load_model(tmp_path / "people.pkl") == people


def test_subclass_with_methods():
    student = pickle.loads(pickle.dumps(Student("Bob", 20, {"maths": 90, "art": 80})))
    assert student.average() == 85


def test_user_session_with_a_list_of_times_and_actions():
    session = UserSession("alice")
    session.log("login")
    session.log("view")
    loaded = pickle.loads(pickle.dumps(session))
    assert loaded.actions == session.actions and loaded.user == "alice"


def test_class_must_be_importable_attribute(monkeypatch):
    data = pickle.dumps(Person("A", 1))
    monkeypatch.delattr(sys.modules[__name__], "Person")
    with pytest.raises(AttributeError) as caught:
        pickle.loads(data)
    with pytest.raises(AttributeError) as expected:
        stock.loads(data)
    assert str(caught.value) == str(expected.value)


def test_class_must_be_importable_module(tmp_path, monkeypatch):
    (tmp_path / "gone_module.py").write_text("class Gone:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import gone_module
    data = pickle.dumps(gone_module.Gone())
    del sys.modules["gone_module"]
    (tmp_path / "gone_module.py").unlink()
    shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
    with pytest.raises(ModuleNotFoundError, match="No module named 'gone_module'"):
        pickle.loads(data)


def test_getstate_drops_and_setstate_restores_a_connection(tmp_path):
    database = Database(tmp_path / "some.db")
    loaded = pickle.loads(pickle.dumps(database))
    assert loaded.path == database.path and loaded.connection is not database.connection
    assert loaded.connection.execute("select 1").fetchone() == (1,)


def test_reduce():
    value = Temperature(21.5)
    value.calls = 7
    loaded = pickle.loads(pickle.dumps(value))
    assert (loaded.celsius, loaded.calls) == (21.5, 1)


def test_slots():
    loaded = pickle.loads(pickle.dumps(Vector(1, 2)))
    assert (loaded.x, loaded.y) == (1, 2)
    with pytest.raises(TypeError, match="__slots__ without defining __getstate__"):
        pickle.dumps(Vector(1, 2), 0)


def test_circular_references():
    root = Node("root")
    child = root.add(Node("child"))
    child.add(Node("grandchild"))
    loaded = pickle.loads(pickle.dumps(root))
    assert loaded.children[0].parent is loaded
    assert loaded.children[0].children[0].parent.parent is loaded


def test_shared_references_stay_shared():
    shared = [1, 2]
    loaded = pickle.loads(pickle.dumps({"a": shared, "b": shared, "c": [1, 2]}))
    assert loaded["a"] is loaded["b"] and loaded["a"] is not loaded["c"]


# --- Data science ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["i4", "f8", "?", "c16", "U5", "M8[s]"])
def test_numpy_arrays_keep_shape_and_dtype(dtype):
    array = numpy.arange(12).reshape(3, 4).astype(dtype)
    loaded = pickle.loads(pickle.dumps(array))
    assert loaded.shape == (3, 4) and loaded.dtype == array.dtype
    assert (loaded == array).all()


def test_numpy_is_imported_by_itself_on_load(tmp_path):
    (tmp_path / "array.pkl").write_bytes(pickle.dumps(numpy.arange(3)))
    program = ("import sys, brinery as pickle; assert 'numpy' not in sys.modules;"
               "print(pickle.load(open(sys.argv[1], 'rb')).sum())")
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "array.pkl"],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def test_scikit_learn_fit_dump_load_predict(tmp_path):
    features, target = sklearn.datasets.load_iris(return_X_y=True)
    model = sklearn.linear_model.LogisticRegression(max_iter=500).fit(features, target)
    with open(tmp_path / "model.pkl", "wb") as file:
        pickle.dump(model, file)
    loaded = load_model(tmp_path / "model.pkl")
    assert (loaded.predict(features) == model.predict(features)).all()
    assert loaded.score(features, target) > 0.9


def test_pandas_frames():
    frame = pandas.DataFrame({"name": ["A", "B"], "n": [1, None], "when": pandas.to_datetime(
        ["2026-03-01", "2026-03-02"])}, index=["x", "y"])
    pandas.testing.assert_frame_equal(pickle.loads(pickle.dumps(frame)), frame)


def test_trained_model_served_in_another_process(tmp_path):
    features, target = sklearn.datasets.load_iris(return_X_y=True)
    model = sklearn.linear_model.LogisticRegression(max_iter=500).fit(features, target)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    program = textwrap.dedent("""
        import sys
        import brinery as pickle
        with open(sys.argv[1], "rb") as file:
            model = pickle.load(file)
        while request := sys.stdin.buffer.read(8):
            rows = pickle.loads(sys.stdin.buffer.read(int.from_bytes(request, "big")))
            sys.stdout.buffer.write(pickle.dumps(model.predict(rows)))
        """)
    request = pickle.dumps(features[:5])
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "model.pkl"],
                          input=len(request).to_bytes(8, "big") + request,
                          capture_output=True, check=True)
    assert (pickle.loads(done.stdout) == model.predict(features[:5])).all()


def test_large_arrays_out_of_band():
    """Protocol 5: the array's bytes are not copied into the pickle."""
    array = numpy.arange(100_000)
    buffers = []
    data = pickle.dumps({"array": array}, protocol=5, buffer_callback=buffers.append)
    assert len(data) < 1000 and len(buffers) == 1
    assert buffers[0].raw().nbytes == array.nbytes
    loaded = pickle.loads(data, buffers=buffers)["array"]
    assert (loaded == array).all() and numpy.shares_memory(loaded, array)


# --- Moving objects --------------------------------------------------------------------------


PAYLOAD = {"user": Person("Alice", 30), "cart": [("apple", 3), ("pear", 1)], "when":
           datetime.datetime(2026, 3, 1), "blob": bytes(range(256)) * 300}


@pytest.fixture
def redis_server(tmp_path):
    """A Redis of its own, on a socket in the test's folder."""
    import redis
    path = tmp_path / "redis.sock"
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: run tools/setup.sh test"
    process = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", tmp_path,
         "--logfile", tmp_path / "redis.log"], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(path))
    try:
        for _ in range(200):
            with contextlib.suppress(redis.ConnectionError):
                if client.ping():
                    break
            time.sleep(0.05)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(30)


def test_bytes_through_redis(redis_server):
    redis_server.set("session:1", pickle.dumps(PAYLOAD))
    assert pickle.loads(redis_server.get("session:1")) == PAYLOAD
    redis_server.rpush("queue", *(pickle.dumps(i) for i in range(3)))
    assert [pickle.loads(redis_server.lpop("queue")) for _ in range(3)] == [0, 1, 2]


def test_database_column(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "objects.db")) as connection:
        connection.execute("create table objects (id integer primary key, body blob)")
        connection.execute("insert into objects (body) values (?)", (pickle.dumps(PAYLOAD),))
        connection.commit()
        (body,) = connection.execute("select body from objects").fetchone()
    assert pickle.loads(body) == PAYLOAD


def test_http_response_body():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = pickle.dumps(PAYLOAD)
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Silent."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address) as response:
            assert pickle.loads(response.read()) == PAYLOAD
        with opener.open(address) as response:
            assert pickle.load(response) == PAYLOAD
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_objects_through_a_socket():
    """Several pickles one after the other: load reads up to its own end and no further."""
    left, right = socket.socketpair()
    objects = [PAYLOAD, "second", list(range(1000))]

    def send():
        with left, left.makefile("wb") as file:
            for item in objects:
                pickle.dump(item, file)
                file.flush()

    sender = threading.Thread(target=send)
    sender.start()
    with right, right.makefile("rb") as file:
        assert [pickle.load(file) for _ in objects] == objects
        with pytest.raises(EOFError):
            pickle.load(file)
    sender.join()


def test_conversation_through_a_socket():
    """Each waits for the other's answer: load must not wait for more than its pickle."""
    left, right = socket.socketpair()

    def answer():
        with left, left.makefile("rwb") as file:
            for _ in range(3):
                number = pickle.load(file)
                pickle.dump(number + 1, file)
                file.flush()

    other = threading.Thread(target=answer)
    other.start()
    right.settimeout(30)
    with right, right.makefile("rwb") as file:
        for number in (1, 2**70, 3):
            pickle.dump(number, file)
            file.flush()
            assert pickle.load(file) == number + 1
    other.join()


def test_multiprocessing():
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    worker = context.Process(target=work_on, args=(jobs, results))
    worker.start()
    jobs.put(pickle.dumps((square, (12,))))
    jobs.put(pickle.dumps((sorted, ([3, 1, 2],))))
    jobs.put(None)
    assert pickle.loads(results.get(timeout=60)) == 144
    assert pickle.loads(results.get(timeout=60)) == [1, 2, 3]
    worker.join(60)


def test_task_queue():
    """Functions and arguments as messages, as a task queue's broker carries them."""
    broker, results = queue.Queue(), {}

    def worker():
        for message in iter(broker.get, None):
            name, function, args, kwargs = pickle.loads(message)
            results[name] = pickle.dumps(function(*args, **kwargs))

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(worker) for _ in range(3)]
        for i in range(20):
            broker.put(pickle.dumps((i, divmod, (i, 7), {})))
        broker.put(pickle.dumps(("sorted", sorted, ([3, 1],), {"reverse": True})))
        for _ in workers:
            broker.put(None)
        for done in workers:
            done.result()
    assert pickle.loads(results["sorted"]) == [3, 1]
    assert [pickle.loads(results[i]) for i in range(20)] == [divmod(i, 7) for i in range(20)]


def test_celery_task():
    """Celery with a broker in memory, whose messages are written by Brinery."""
    import celery
    import celery.contrib.testing.worker
    import kombu.serialization
    used = []

    def dumps(value):
        used.append(value)
        return pickle.dumps(value)

    kombu.serialization.register("brinery", dumps, pickle.loads, "application/x-brinery",
                                 "binary")
    app = celery.Celery("tasks", broker="memory://", backend="cache+memory://")
    app.conf.update(task_serializer="brinery", result_serializer="brinery", accept_content=[
        "brinery"], worker_hijack_root_logger=False)

    @app.task(name="older")
    def older(person, years):
        return Person(person.name, person.age + years)

    @app.task(name="celery.ping")
    def ping():
        return "pong"

    with celery.contrib.testing.worker.start_worker(app, pool="solo"):
        assert older.delay(Person("Ann", 30), years=5).get(timeout=60) == Person("Ann", 35)
    assert used


def test_web_session_storage():
    """A signed-in visitor's session, as text in a cookie or a column."""
    session = {"user_id": 7, "cart": ["apple"], "last": datetime.datetime(2026, 3, 1)}
    stored = base64.urlsafe_b64encode(pickle.dumps(session)).decode("ascii")
    assert pickle.loads(base64.urlsafe_b64decode(stored)) == session


def test_application_state_between_runs(tmp_path):
    program = textwrap.dedent("""
        import sys
        import brinery as pickle
        try:
            with open(sys.argv[1], "rb") as file:
                state = pickle.load(file)
        except FileNotFoundError:
            state = {"runs": 0, "history": []}
        state["runs"] += 1
        state["history"].append(f"run {state['runs']}")
        with open(sys.argv[1], "wb") as file:
            pickle.dump(state, file)
        print(state)
        """)
    for run in range(1, 4):
        done = subprocess.run([sys.executable, "-c", program, tmp_path / "state.pkl"],
                              capture_output=True, text=True, check=True)
        history = [f"run {i}" for i in range(1, run + 1)]
        assert done.stdout == f"{{'runs': {run}, 'history': {history}}}\n"


def test_version_drift_of_long_lived_data():
    """What version 1 wrote is read by version 2, which knows what has changed."""
    assert pickle.loads(pickle.dumps(Settings())).theme == "dark"
    of_version_1 = (b"\x80\x02c%s\nSettings\n)\x81}X\x06\x00\x00\x00colour"
                    b"X\x05\x00\x00\x00lightsb." % __name__.encode())
    assert pickle.loads(of_version_1).theme == "light"


def test_encrypting_the_bytes_before_sending():
    data = pickle.dumps(PAYLOAD)
    key = secrets.token_bytes(len(data))
    secret = bytes(a ^ b for a, b in zip(data, key))
    assert secret != data
    received = bytearray(a ^ b for a, b in zip(secret, key))
    assert pickle.loads(received) == PAYLOAD


# --- Trust -----------------------------------------------------------------------------------


def test_restricting_globals_with_find_class():
    class Restricted(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("builtins", "range"):
                return super().find_class(module, name)
            raise pickle.UnpicklingError(f"global '{module}.{name}' is forbidden")

    assert Restricted(io.BytesIO(pickle.dumps([1, range(3)]))).load() == [1, range(3)]
    for attack in (b"cos\nsystem\n(S'echo hello world'\ntR.",
                   b"cbuiltins\neval\n(S'getattr(__import__(\"os\"), \"system\")(\"true\")'\ntR."):
        with pytest.raises(pickle.UnpicklingError, match="forbidden"):
            Restricted(io.BytesIO(attack)).load()


def test_persistent_objects_stay_outside():
    outside = {"big": Person("kept outside", 1)}

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return next((key for key, value in outside.items() if value is obj), None)

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid):
            return outside[pid]

    file = io.BytesIO()
    Pickler(file).dump(["inside", outside["big"]])
    file.seek(0)
    assert Unpickler(file).load()[1] is outside["big"]
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        pickle.loads(file.getvalue())
