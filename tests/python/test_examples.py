"""The programs of examples/ do what they say, with inputs of shapes found in the world."""

import datetime
import fractions
import io
import pathlib
import pickle
import re
import socket
import struct
import subprocess
import sys
import time
import types

import command
import pytest

EXAMPLES = command.ROOT / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.c"))
STATIC = pathlib.Path(command.binary()).resolve().parents[1] / "src" / "libbrinery.a"


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """All of them, built with the library that belongs to the command under test."""
    folder = tmp_path_factory.mktemp("examples")
    for source in PROGRAMS:
        subprocess.run(
            ["cc", "-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
             "-O1", f"-I{command.ROOT / 'include'}", str(source), "-o", str(folder / source.stem),
             str(STATIC)], check=True)
    return folder


def run(programs, name, *arguments, data=b"", code=0):
    done = subprocess.run([programs / name, *map(str, arguments)], input=data, timeout=120,
                          capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.mark.parametrize("source", PROGRAMS, ids=lambda path: path.name)
def test_length(source):
    assert len(source.read_text(encoding="utf-8").splitlines()) <= 60


class Python2:
    """Pickles as Python 2 wrote them: protocol 2, str for bytes and names."""

    def __init__(self):
        self.out = []

    def text(self, data):
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        self.out.append(b"T" + struct.pack("<I", len(data)) + data)

    def array(self, array):
        code = {"uint8": b"u1", "float64": b"f8", "int32": b"i4"}[array.dtype.name]
        self.out.append(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t")
        self.text(b"b")
        self.out.append(b"tR(K\x01(" + b"".join(self.number(n) for n in array.shape) + b"t")
        self.out.append(b"cnumpy\ndtype\n(")
        self.text(code)
        self.out.append(b"K\x00K\x01tR(K\x03")
        self.text(b"|" if code == b"u1" else b"<")
        self.out.append(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89")
        self.text(array.tobytes())
        self.out.append(b"tb")

    @staticmethod
    def number(value):
        return b"J" + struct.pack("<i", value)

    def pickle(self):
        return b"\x80\x02" + b"".join(self.out) + b"."


def test_cifar(programs, tmp_path):
    numpy = pytest.importorskip("numpy")
    images = numpy.random.default_rng(1).integers(0, 256, (50, 3072), dtype=numpy.uint8)
    p = Python2()
    p.out.append(b"}(")
    p.text("batch_label")
    p.text("training batch 1 of 5")
    p.text("labels")
    p.out.append(b"](" + b"".join(p.number(n % 10) for n in range(6, 56)) + b"e")
    p.text("data")
    p.array(images)
    p.out.append(b"u")
    file = tmp_path / "data_batch_1"
    file.write_bytes(p.pickle())
    loaded = pickle.loads(p.pickle(), encoding="latin1")
    assert (loaded["data"] == images).all()
    lines = run(programs, "cifar", file).decode().splitlines()
    assert lines[0] == "50 images, the first with label 6"
    means = [images[:, c * 1024:(c + 1) * 1024].mean() for c in range(3)]
    assert lines[1:] == [f"{name} {mean:.3f}" for name, mean in
                         zip(("red", "green", "blue"), means)]
    file.write_bytes(pickle.dumps({"data": 1}))
    assert b"no batch" in run(programs, "cifar", file, code=1)
    file.write_bytes(b"\x80")
    assert b"error 1 " in run(programs, "cifar", file, code=2)


def smpl_of_python_2(vertices, shapes, joints):
    p = Python2()
    p.out.append(b"}(")
    p.text("v_template")
    p.array(vertices)
    p.text("shapedirs")
    p.out.append(b"cchumpy.ch\nCh\n)\x81}")
    p.text("x")
    p.array(shapes.x)
    p.out.append(b"sb")
    p.text("J_regressor")
    p.out.append(b"cscipy.sparse.csc\ncsc_matrix\n)\x81}(")
    p.text("_shape")
    p.out.append(b"(K\x02K\x0at")
    p.text("maxprint")
    p.out.append(b"K2")
    for name in ("data", "indices", "indptr"):
        p.text(name)
        p.array(getattr(joints, name))
    p.out.append(b"ubu")
    return p.pickle()


def test_body_model(programs, tmp_path, monkeypatch):
    numpy = pytest.importorskip("numpy")
    sparse = pytest.importorskip("scipy.sparse")
    module = types.ModuleType("chumpy.ch")

    class Ch:
        pass

    Ch.__module__ = "chumpy.ch"
    Ch.__qualname__ = "Ch"
    module.Ch = Ch
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    shapes = Ch()
    shapes.x = numpy.arange(60.0).reshape(20, 3)
    vertices = numpy.arange(30.0).reshape(10, 3)
    joints = sparse.csc_matrix(([0.5, 0.25, 1.0], ([0, 1, 0], [2, 3, 7])), shape=(2, 10))
    file = tmp_path / "model.pkl"
    for protocol in (2, 3, 4):
        if protocol == 2:
            data = smpl_of_python_2(vertices, shapes, joints)
            assert (pickle.loads(data, encoding="latin1")["J_regressor"] != joints).nnz == 0
        else:
            data = pickle.dumps({"v_template": vertices, "shapedirs": shapes,
                                 "J_regressor": joints}, protocol)
        file.write_bytes(data)
        assert run(programs, "body_model", file).decode().splitlines() == [
            "10 vertices, shapes 20 x 3", "joint 0: vertex 2, x = 6", "joint 1: vertex 3, x = 9",
            "joint 0: vertex 7, x = 21"]
    file.write_bytes(pickle.dumps({"v_template": vertices}))
    assert b"no body model" in run(programs, "body_model", file, code=1)


def test_graphite(programs):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([programs / "graphite", str(port)], stdout=subprocess.PIPE)
    try:
        def connect():
            for _ in range(100):
                try:
                    return socket.create_connection(("127.0.0.1", port), timeout=10)
                except ConnectionRefusedError:
                    time.sleep(0.05)
            raise AssertionError("the server does not listen")

        def send(client, data):
            client.sendall(struct.pack(">I", len(data)) + data)

        metrics = [("web.load", (1700000000, 0.5)), ("web.requests", (1700000010, 12))]
        with connect() as client:
            for protocol in (0, 2, 4):
                send(client, pickle.dumps(metrics, protocol))
            send(client, b"not a pickle")
            send(client, pickle.dumps([1, ("x",), "y", (None, None)]))
            # More than it has memory for, and it goes on.
            send(client, b"\x80\x04(" + b"]" * (900 << 10) + b"l.")
            send(client, pickle.dumps(metrics[:1]))
            expected = [b"web.load 1700000000 0.5\n", b"web.requests 1700000010 12\n"]
            got = [server.stdout.readline() for _ in range(9)]
            assert got[:6] == expected * 3
            assert got[6].startswith(b"refused: ")
            assert got[7] == b"refused: MEMORY\n"
            assert got[8] == expected[0]
        with connect() as client:
            # A claim beyond what it takes: it hangs up without reading on.
            client.sendall(struct.pack(">I", 0xFFFFFFFF))
            assert client.recv(1) == b""
        assert server.poll() is None
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


class TorrentState:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class TorrentManagerState:
    pass


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_torrents(programs, tmp_path, protocol):
    state = TorrentManagerState()
    paths = ["/old/a", "/elsewhere", "/old"]
    state.torrents = [TorrentState(torrent_id=f"{n:040x}", save_path=path, trackers=[{"tier": n}])
                      for n, path in enumerate(paths)]
    state.session = (1, 2)
    file = tmp_path / "torrents.state"
    file.write_bytes(pickle.dumps(state, protocol))
    assert run(programs, "torrents", file, "/old", "/new") == b"2 of 3 moved\n"
    loaded = pickle.loads(file.read_bytes())
    assert [t.save_path for t in loaded.torrents] == ["/new/a", "/elsewhere", "/new"]
    assert [t.trackers for t in loaded.torrents] == [[{"tier": n}] for n in range(3)]
    assert loaded.session == (1, 2) and len(list(tmp_path.iterdir())) == 1
    before = b"no pickle"
    file.write_bytes(before)
    run(programs, "torrents", file, "/old", "/new", code=2)
    assert file.read_bytes() == before


def sums(programs, chunks):
    """What the program says of a stream, and the most memory it had."""
    program = subprocess.Popen([programs / "sum_events"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    peak = 0
    for chunk in chunks:
        program.stdin.write(chunk)
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="ascii")
        peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", status).group(1)))
    program.stdin.close()
    text = program.stdout.read().decode()
    program.stdout.close()
    assert program.wait() == 0
    return text, peak


def stream(size):
    """Pickles of lists of numbers, in protocols that turn, of about so many bytes."""
    done = number = 0
    while done < size:
        data = pickle.dumps([float(number)] * 5000 + [number % 1000] + ["text"], number % 6)
        number += 1
        done += len(data)
        yield data


@pytest.mark.parametrize("size", [5 << 20, pytest.param(2 << 30, marks=pytest.mark.long)])
def test_sum_events(programs, size):
    text, peak = sums(programs, stream(size))
    count = sum(1 for _ in stream(size))
    expected = sum(5000.0 * n + n % 1000 for n in range(count))
    pickles, numbers, total = re.fullmatch(r"(\d+) pickles, (\d+) numbers, sum (\S+)\n",
                                           text).groups()
    assert (int(pickles), int(numbers), float(total)) == (count, 5001 * count, expected)
    assert peak < 6 << 10  # KiB: the program, and its megabyte


def test_sum_of_a_broken_stream(programs):
    good = pickle.dumps([1, 2])
    assert run(programs, "sum_events", data=good) == b"1 pickles, 2 numbers, sum 3\n"
    assert run(programs, "sum_events", data=b"") == b"0 pickles, 0 numbers, sum 0\n"
    assert b"pickle 2: error 6 " in run(programs, "sum_events", data=good + good[:-1], code=2)


def test_for_python(programs, monkeypatch):
    lab = types.ModuleType("lab")

    class Run:
        pass

    Run.__module__ = "lab"
    Run.__qualname__ = "Run"
    lab.Run = Run
    monkeypatch.setitem(sys.modules, "lab", lab)
    made = pickle.load(io.BytesIO(run(programs, "for_python")))
    assert type(made) is Run
    assert made.started == datetime.datetime(2024, 2, 29, 12, 30)
    assert made.gain == fractions.Fraction(2, 3) and made.offset is made.gain
    assert made.samples == bytes(n % 251 for n in range(1_000_000))
    assert set(vars(made)) == {"started", "gain", "offset", "samples"}
