"""Open files of the hostile corpus, each in a process of its own, and say what happened.

    python3 detonate.py [--with pickle|brinery|safe_load|opaque] [--seconds N] <REQUESTS

REQUESTS are lines of JSON, entries of the corpus's manifest; the answers are lines of JSON too:
{"name", "executed", "ended": "returned"|"raised"|"killed", "error", "seconds", "megabytes"}; the
seconds are of the processor, the megabytes the most that the process had.

Every file is opened by a fork of this process, in a folder of its own that goes away afterwards:
so that a thousand openings take seconds, and none sees what the one before it did.  Nothing there
can reach further than this machine: a hook refuses connections to others.
"""
import argparse
import atexit
import bz2
import glob
import gzip
import io
import json
import lzma
import os
import pathlib
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
MARKER = "brinery-marker"
VICTIM = "brinery-victim"
# What a payload that starts a process or a thread may take until the marker is there.
PATIENCE = 3.0


# ----------------------------------------------------------------------------
# How programs open files
# ----------------------------------------------------------------------------


def load_all(path, load):
    """Pickle after pickle, as programs do that append to a file."""
    with open(path, "rb") as file:
        while file.peek(1):
            load(file)


def load_skipping(path, load):
    """The same, where the file is padded with zeros."""
    with open(path, "rb") as file:
        data = file.read()
    while data:
        file = io.BytesIO(data)
        load(file)
        data = data[file.tell():].lstrip(b"\0")


def load_one(path, load):
    with open(path, "rb") as file:
        load(file)


def load_decompressed(decompress):
    def loader(path, load):
        load(io.BytesIO(decompress(path.read_bytes())))
    return loader


def load_inner(decode):
    """A program that keeps a pickle in a pickle, and loads both."""
    def loader(path, load):
        with open(path, "rb") as file:
            outer = load(file)
        load(io.BytesIO(decode(outer["payload"])))
    return loader


def load_behind(path, load):
    """A program that keeps a header of 64 bytes in front of its pickle."""
    with open(path, "rb") as file:
        file.seek(64)
        load(file)


def load_text(decode, encoding="utf-8"):
    """A program that keeps a pickle in a text file."""
    def loader(path, load):
        load(io.BytesIO(decode(path.read_bytes().decode(encoding))))
    return loader


def load_sqlite(path, load):
    import sqlite3
    base = sqlite3.connect(":memory:")
    base.deserialize(path.read_bytes())
    for (data,) in base.execute("SELECT data FROM kept"):
        load(io.BytesIO(data))


def load_member(path, load):
    """The first member of a zip that is called like a pickle."""
    import zipfile
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("pkl"))
        load(io.BytesIO(archive.read(name)))


def load_nested_member(path, load):
    import zipfile
    with zipfile.ZipFile(path) as archive:
        data = archive.read(archive.namelist()[0])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        load(io.BytesIO(archive.read(archive.namelist()[0])))


def load_tar_member(path, load):
    import tarfile
    with tarfile.open(path) as archive:
        member = next(one for one in archive if one.name.endswith("pkl"))
        load(io.BytesIO(archive.extractfile(member).read()))


def load_torch(path, load):
    import torch
    try:
        torch.load(path, weights_only=False)
    except TypeError:    # before 1.13 there is no other way
        torch.load(path)


def load_numpy(path, load):
    import numpy
    found = numpy.load(path, allow_pickle=True)
    if hasattr(found, "files"):
        for name in found.files:
            found[name]


def load_joblib(path, load):
    import joblib
    joblib.load(path)


def load_zstd(path, load):
    import subprocess
    data = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    load(io.BytesIO(data))


def load_lz4(path, load):
    import subprocess
    data = subprocess.run(["lz4", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    load(io.BytesIO(data))


def twice(decompress):
    return lambda data: decompress(decompress(data))


def from_base64(text):
    import base64
    return base64.b64decode(text)


def to_bytes(text):
    return text.encode("latin-1")


def from_json(text):
    import json
    return from_base64(json.loads(text)["model"])


LOADERS = {
    "pickle": load_one,
    "pickle-all": load_all,
    "pickle-skip": load_skipping,
    "gzip": load_decompressed(gzip.decompress),
    "gzip-gzip": load_decompressed(twice(gzip.decompress)),
    "bz2": load_decompressed(bz2.decompress),
    "xz": load_decompressed(lzma.decompress),
    "zlib": load_decompressed(zlib.decompress),
    "gzip-xz": load_decompressed(lambda data: lzma.decompress(gzip.decompress(data))),
    "zstd": load_zstd,
    "lz4": load_lz4,
    "zip": load_member,
    "zip-zip": load_nested_member,
    "tar": load_tar_member,
    "torch": load_torch,
    "numpy": load_numpy,
    "joblib": load_joblib,
    "inner": load_inner(bytes),
    "inner-latin1": load_inner(lambda text: text.encode("latin-1")),
    "inner-base64": load_inner(from_base64),
    "inner-hex": load_inner(bytes.fromhex),
    "inner-zlib": load_inner(zlib.decompress),
    "inner-latin1-behind": load_inner(lambda text: to_bytes(text.partition("|")[2])),
    "inner-behind": load_inner(lambda data: data.partition(b"|")[2]),
    "inner-base64-twice": load_inner(twice(from_base64)),
    "inner-data-address": load_inner(lambda text: from_base64(text.partition(",")[2])),
    "behind": load_behind,
    "sqlite": load_sqlite,
    "text-latin1": load_text(to_bytes),
    "text-utf16": load_text(to_bytes, "utf-16"),
    "text-utf32": load_text(to_bytes, "utf-32"),
    "text-utf16-base64": load_text(from_base64, "utf-16"),
    "text-base64": load_text(from_base64),
    "text-base64-twice": load_text(twice(from_base64)),
    "text-base64-behind": load_text(lambda text: from_base64(text.rpartition("model: ")[2])),
    "text-json": load_text(from_json),
    "text-hex": load_text(bytes.fromhex),
    "none": load_one,
}


# Everything that safe_load may be asked to allow by name.
PRESETS = ("numpy", "networkx", "pandas", "scipy", "scipy.sparse", "sklearn", "torch",
           "xarray")


def loading(name):
    """The `load` that is meant by the name."""
    if name == "pickle":
        return pickle.load
    import brinery
    if name == "brinery":
        return brinery.load
    return lambda file: brinery.safe_load(file, presets=PRESETS, opaque=name == "opaque")


# ----------------------------------------------------------------------------
# The process of one file
# ----------------------------------------------------------------------------


def watch(proof, witness):
    """Refuse connections to other machines; write to `witness` when the proof's event happens."""
    kind, _, wanted = proof.partition(":")

    def hook(event, arguments):
        if event == kind and wanted in str(arguments[:2]):
            os.write(witness, b"!")
        if event in ("socket.connect", "socket.sendto"):
            address = arguments[1]
            if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
                raise PermissionError(f"the corpus connects to {address}")
        if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
            raise PermissionError(f"the corpus asks for {arguments[0]}")

    sys.addaudithook(hook)


def lower_limits(seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**28, 2**28))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def child(entry, load, folder, report, arguments):
    """Open the file and write what came of it to `report`; never returns."""
    outcome = {"ended": "returned"}
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.update(HOME=folder, PYTHONDONTWRITEBYTECODE="1", TMPDIR=folder)
        tempfile.tempdir = None
        nothing, end = os.pipe()
        os.close(end)
        os.dup2(nothing, 0)
        output = os.open("output.txt", os.O_CREAT | os.O_WRONLY, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        lower_limits(arguments.seconds)
        witness = os.open("witness", os.O_CREAT | os.O_WRONLY, 0o600)
        watch(entry.get("proof", "marker"), witness)
        sys.path.insert(0, "")
        loader = LOADERS[entry["loader"]]
        if arguments.safe and loader in (load_torch, load_numpy, load_joblib):
            loader = load_one    # these call their own
        loader(CORPUS / entry["file"], load)
        # What the end of an interpreter does: objects go away, functions are called.
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        outcome = {"ended": "raised", "error": f"{type(error).__name__}: {error}"[:300]}
    os.write(report, json.dumps(outcome).encode())
    os._exit(0)


def prepare(entry):
    """A folder with the files that the technique finds there."""
    folder = tempfile.mkdtemp(prefix="brinery-hostile-")
    pathlib.Path(folder, VICTIM).write_text("a file that payloads may delete\n")
    for name in entry.get("beside", ()):
        target = pathlib.Path(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CORPUS / "beside" / name, target)
    return folder


def has_executed(entry, folder):
    proof = entry.get("proof", "marker")
    if proof == "gone":
        return not os.path.exists(os.path.join(folder, VICTIM))
    if proof != "marker":
        witness = os.path.join(folder, "witness")
        return os.path.exists(witness) and os.path.getsize(witness) > 0
    return bool(glob.glob(os.path.join(glob.escape(folder), MARKER + "*")))


def wait_for(pid, seconds):
    """The status and the use of resources of a child, which is killed after so many seconds."""
    end = time.monotonic() + seconds
    pause = 0.0005
    while True:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, usage
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            return status, usage
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def detonate(entry, load, arguments):
    folder = prepare(entry)
    report, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(report)
        child(entry, load, folder, writing, arguments)
    os.close(writing)
    try:
        status, usage = wait_for(pid, arguments.seconds)
        # What the child left running may still hold the other end: read what is there.
        os.set_blocking(report, False)
        try:
            said = os.read(report, 65536)
        except BlockingIOError:
            said = b""
        answer = {"name": entry["name"], "ended": "killed"}
        if said:
            answer.update(json.loads(said))
        elif os.WIFEXITED(status):
            answer["ended"] = "returned"    # it became another program
        answer["megabytes"] = usage.ru_maxrss // 1024
        answer["seconds"] = round(usage.ru_utime + usage.ru_stime, 3)
        end = time.monotonic() + (PATIENCE if entry["executes"] and not arguments.safe else 0)
        while not has_executed(entry, folder) and time.monotonic() < end:
            time.sleep(0.02)
        answer["executed"] = has_executed(entry, folder)
    finally:
        os.close(report)
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        shutil.rmtree(folder, ignore_errors=True)
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--with", dest="using", default="pickle",
                        choices=("pickle", "brinery", "safe_load", "opaque"))
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    arguments.safe = arguments.using in ("safe_load", "opaque")
    load = loading(arguments.using)
    for line in sys.stdin:
        print(json.dumps(detonate(json.loads(line), load, arguments)), flush=True)


if __name__ == "__main__":
    main()
