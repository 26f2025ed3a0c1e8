"""Libraries in other languages, each in a process of its own that answers requests: how they are
started, asked, timed, and kept from taking the machine with them.

What a request is, and what is built from bench/peers, is said in bench/peers/README.md.
"""

import math
import os
import pathlib
import re
import resource
import select
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "peers"
BUILT = HERE.parent / "build" / "bench-peers"

# A contestant that takes more processor time to read or write once, or more memory, has failed.  By
# the wall clock, and to say what it has read, it may take so many times as long.
SECONDS = 10
BYTES = 6 << 30
_PATIENCE = 12
# Processor time that a sample takes at least, and what is done before the first: compilers that
# work while the program runs want to have seen it.
_SAMPLE_SECONDS = 0.06
_WARM_SECONDS = 0.3

# The library; the same, copying the bytes that it reads; the same, writing few; CPython.
BRINERY, COPYING, SMALL, STOCK = OURS = "brinery", "copying", "small", "pickle"


class Peer:
    """A library of another language.

    language  the folder of the program that uses it
    titled    how tables call it
    package   what it is called in that folder's manifest
    protocol  the newest protocol that it writes, None if it does not
    only      the workloads it is asked to read, None for all
    """

    def __init__(self, language, titled, package, protocol, only=None):
        self.language = language
        self.titled = titled
        self.package = package
        self.protocol = protocol
        self.only = only


PEERS = {
    "serde-pickle": Peer("rust", "serde-pickle", "serde-pickle", 3),
    "serde-pickle-structs": Peer("rust", "as structs", "serde-pickle", 3, ("records",)),
    "deser-pickle": Peer("rust", "deser-pickle", "deser-pickle", 5),
    "deser-pickle-structs": Peer("rust", "as structs", "deser-pickle", 5, ("records",)),
    "ogorek": Peer("go", "ogórek", "github.com/kisielk/og-rek", 5),
    "gopickle": Peer("go", "gopickle", "github.com/nlpodyssey/gopickle", None),
    "razorvine": Peer("java", "Razorvine", "pickle</artifactId>", 2),
    "pickleparser": Peer("node", "pickleparser", "pickleparser", None),
}
LANGUAGES = {"rust": ("Rust", "Cargo.toml"), "go": ("Go", "go.mod"), "java": ("Java", "pom.xml"),
             "node": ("JavaScript", "package.json")}


class Failed(Exception):
    """A contestant did not do what it was asked: kind is error, crash or too slow."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


def installed(folder):
    """The peers that have been built."""
    return [name for name, peer in PEERS.items()
            if os.access(pathlib.Path(folder) / peer.language / "contestant", os.X_OK)]


def versions(names):
    """What the manifests pin: a line for the table of facts."""
    found = {}
    for name in names:
        peer = PEERS[name]
        language, manifest = LANGUAGES[peer.language]
        text = (SOURCES / peer.language / manifest).read_text(encoding="utf-8")
        version = re.search(re.escape(peer.package) + r".*?([0-9]+(\.[0-9]+)+)", text, re.DOTALL)
        if peer.only is None:
            found[f"{peer.titled} {version[1]} ({language})"] = None
    return ", ".join(found)


def _limit():
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Process:
    """A library at work on one pickle."""

    def __init__(self, name, command, log):
        self.name = name
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            preexec_fn=_limit,
        )
        # Linux names the clock of another process so; it counts all of its threads.
        self._clock = (~self._process.pid << 3) | 2
        self._unread = b""
        self._answer(math.inf)

    def _line(self, limit):
        """What it prints, empty if it ends, None if it takes too long."""
        output = self._process.stdout
        began, patience = time.monotonic(), _PATIENCE * SECONDS
        while b"\n" not in self._unread:
            if select.select([output], [], [], 0.2)[0]:
                piece = os.read(output.fileno(), 65536)
                if not piece:
                    return b""
                self._unread += piece
            elif self._used() > limit or time.monotonic() - began > patience:
                return None
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _used(self):
        return time.clock_gettime(self._clock)

    def _answer(self, limit):
        line = self._line(limit)
        if line == b"ok":
            return
        if line is None:
            self.close()
            raise Failed("too slow", f"over {SECONDS} s")
        if not line:
            status = self._process.wait()
            raise Failed("crash", f"signal {-status}" if status < 0 else f"exit status {status}")
        raise Failed("error", line.decode("utf-8", "replace").partition(" ")[2])

    def ask(self, *request, seconds=math.inf):
        """Have it do something; the processor time that it took, in seconds."""
        begin = self._used()
        try:
            self._process.stdin.write((" ".join(map(str, request)) + "\n").encode())
        except BrokenPipeError:
            pass  # the answer will say how it ended
        self._answer(begin + seconds)
        return self._used() - begin

    def _resident(self, field):
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"{field}:\s*(\d+) kB", status)[1]) * 1024

    def peak(self, *request):
        """The bytes by which its resident set grows at most while it does something."""
        pathlib.Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")
        before = self._resident("VmRSS")
        self.ask(*request, seconds=SECONDS)
        return max(0, self._resident("VmHWM") - before)

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Remote:
    """What timing.compete() lets compete: a request that can be repeated."""

    def __init__(self, process, *request):
        self.process = process
        self.request = request
        self.repeat = 1
        self.samples = []

    def _times(self, repeat):
        return self.process.ask(*self.request, repeat)

    def calibrate(self):
        spent = 0
        while spent < _WARM_SECONDS:
            took = self._times(self.repeat)
            spent += took
            self.repeat = max(1, round(_SAMPLE_SECONDS * self.repeat / max(took, 1e-6)))

    def sample(self):
        """Seconds of one repetition.  What it does first brings its memory back to the caches."""
        self._times(1)
        return self._times(self.repeat) / self.repeat


class Stage:
    """Where contestants are started, and files lie.

    python    the interpreter of the stock pickle
    library   the path of libbrinery
    peers     the folder of the programs that have been built
    folder    for pickles and what is said about them
    """

    def __init__(self, python, library_path, peers, folder):
        self.python = python
        self.library = library_path
        self.peers = pathlib.Path(peers)
        self.folder = pathlib.Path(folder)
        self.log = (self.folder / "log").open("wb")

    def start(self, name, pickle):
        """A process for a contestant; the pickle is in a file."""
        if name in PEERS:
            command = [self.peers / PEERS[name].language / "contestant", name, pickle]
        else:
            which = STOCK if name == STOCK else BRINERY
            argument = self.library if name in (STOCK, BRINERY) else f"{name}:{self.library}"
            command = [self.python, SOURCES / "python" / "contestant.py", which, pickle, argument]
        return Process(name, command, self.log)

    def file(self, name, data=None):
        path = self.folder / name
        if data is not None:
            path.write_bytes(data)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.close()
