"""The C library, through ctypes, and the interpreter's own pickle as contestants: ../README.md says
what they are asked.  Asked for "make", it makes the pickles that all of them read."""

import pathlib
import pickle
import sys

BENCH = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(BENCH), str(BENCH.parent / "tests" / "python")]


class Brinery:
    """argument: the library's path, after "copying:" if documents shall own their bytes, and after
    "small:" if what is written shall be small."""

    def __init__(self, data, argument):
        import library

        way, _, path = argument.rpartition(":")
        self.data = data
        self.lib = library.Library(path)
        self.read = self.lib.read_and_free(data, borrow=way != "copying")
        self.flags = library.WRITE_SMALL if way == "small" else 0

    def say(self):
        import lossless

        doc = self.lib.reader(self.data, borrow=True)()
        text = self.lib.lossless(doc)
        self.lib.free(doc)
        return pickle.dumps(lossless.rebuild(lossless.read(text), lossless.protocol_of(self.data)))

    def writer(self, protocol):
        return self.lib.writer(self.lib.reader(self.data, borrow=True)(), protocol, self.flags)


class Stock:
    def __init__(self, data, _):
        self.data = data

    def read(self):
        pickle.loads(self.data)

    def say(self):
        return pickle.dumps(pickle.loads(self.data))

    def writer(self, protocol):
        value = pickle.loads(self.data)

        def write():
            return pickle.dumps(value, protocol)

        return write, write


class Contestant:
    def __init__(self, peer):
        self.peer = peer
        self.writers = {}

    def _writer(self, protocol):
        if protocol not in self.writers:
            self.writers[protocol] = self.peer.writer(int(protocol))
        return self.writers[protocol]

    def answer(self, what, *arguments):
        if what == "read":
            read = self.peer.read
            for _ in range(int(arguments[0])):
                read()
        elif what == "say":
            pathlib.Path(arguments[0]).write_bytes(self.peer.say())
        elif what == "write":
            write, _ = self._writer(arguments[0])
            for _ in range(int(arguments[1])):
                write()
        elif what == "save":
            _, written = self._writer(arguments[0])
            pathlib.Path(arguments[1]).write_bytes(written())
        else:
            raise ValueError(f"unknown request: {what}")


def make(file, argument):
    """Write the pickle of a workload, "NAME:PROTOCOL" or "NAME:PROTOCOL:SCALE", to a file."""
    import workloads

    name, protocol, *scale = argument.split(":")
    data = workloads.foreign(name).data(*map(float, scale or [1]), protocol=int(protocol))
    pathlib.Path(file).write_bytes(data)


def main():
    _, name, file, argument = sys.argv
    if name == "make":
        make(file, argument)
        return
    peer = {"brinery": Brinery, "pickle": Stock}[name]
    contestant = Contestant(peer(pathlib.Path(file).read_bytes(), argument))
    print("ok", flush=True)
    for line in sys.stdin:
        try:
            contestant.answer(*line.split())
            print("ok", flush=True)
        except Exception as error:  # whatever a library has against a pickle
            print(f"error {type(error).__name__}: {error}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
