"""Whether Brinery writes the bytes that pickle writes, and the classes whose answers change between
two dumps.
"""

import io
import pickle
import sys

import brinery

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


# ---------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------

def outcome(dump, *args):
    """The bytes, or what went wrong."""
    try:
        return dump(*args)
    except Exception as error:  # pylint: disable=broad-exception-caught
        return type(error), str(error)


def written(module, obj, protocol):
    file = io.BytesIO()
    module.Pickler(file, protocol).dump(obj)
    return file.getvalue()


def dumped(module, obj, protocol):
    file = io.BytesIO()
    module.dump(obj, file, protocol)
    return file.getvalue()


def same(obj, protocols=PROTOCOLS):
    """Brinery first: what pickle leaves behind, a __dict__ or __slotnames__, is not there yet."""
    for protocol in protocols:
        for dump in (lambda module, *args: module.dumps(*args), written, dumped):
            got = outcome(dump, brinery, obj, protocol)
            assert got == outcome(dump, pickle, obj, protocol), (protocol, dump)


def same_made(make, protocols=PROTOCOLS):
    """The same, of an object of its own each time: neither sees what the other leaves behind."""
    for protocol in protocols:
        for dump in (lambda module, *args: module.dumps(*args), written, dumped):
            got = outcome(dump, brinery, make(), protocol)
            assert got == outcome(dump, pickle, make(), protocol), (protocol, dump)


def called_while(call):
    """The names of the Python functions that run meanwhile."""
    names = []

    def profile(frame, event, _):
        if event == "call" and frame.f_code is not call.__code__:
            names.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return names


# ---------------------------------------------------------------------------
# What is overridden, between two dumps
# ---------------------------------------------------------------------------

class Empty:
    """What answers name that say nothing of their object."""


class AnsweringMeta(type):
    def __getattribute__(cls, name):
        if name == "__reduce__":
            return lambda self: (Empty, ())
        return super().__getattribute__(name)


def fresh_class(*bases, metaclass=type, **body):
    """A class that can be changed, found by its name."""
    made = metaclass("Changing", bases or (object,), {"__module__": __name__, **body})
    globals()["Changing"] = made
    return made


# What a class, or a base of it, may have under a name from one dump to the next.
PATCHES = {
    "__reduce_ex__": lambda self, protocol: (Empty, ()),
    "__reduce__": lambda self: (Empty, ()),
    "__getstate__": lambda self: ("other", "state"),
    "__getnewargs__": lambda self: (1, 2),
    "__getnewargs_ex__": lambda self: ((), {}),
    "__getattr__": lambda self, name: None,
    "__slotnames__": ["value"],
    "__setstate__": lambda self, state: None,
}
