"""brinery.scan: what loading a file would do, found out without doing it."""
import os

from ._brinery import _scan

_PIECE = 1 << 16


def _pieces(packing, data):
    """What compressed bytes hold, in pieces; None if this interpreter cannot unpack them."""
    try:
        if packing == "bzip2":
            from bz2 import BZ2Decompressor as decompressor
        elif packing in ("xz", "lzma"):
            from lzma import LZMADecompressor as decompressor
        elif packing == "zstd":
            from compression.zstd import ZstdDecompressor as decompressor
        else:
            return None
    except ImportError:
        return None
    return _unpack(decompressor, data)


def _unpack(decompressor, data):
    begun = False
    while len(data):
        stream = decompressor()
        given = data
        while not stream.eof:
            try:
                piece = stream.decompress(given, _PIECE)
            except Exception:
                if begun:
                    return  # what follows is no further stream
                raise
            if not piece and stream.needs_input:
                raise EOFError("the compressed bytes end too early")
            given = b""
            yield piece
        begun = True
        data = memoryview(stream.unused_data)


def scan(source, *, name=None, max_depth=0, max_inflated=0, max_members=0, max_memory=0):
    """Find the pickles in a file, and say what loading them would import and call.

    source is a path (str or os.PathLike) or bytes; nothing in it is imported or called.  name is
    the name bytes go by: with a suffix like .pkl they have to be a pickle.  Limits of 0 are the
    defaults.

    Return a dict with the keys of `brinery scan --json`: verdict is 'none', 'data', 'known',
    'unknown', 'unreadable' or 'dangerous'; unreadable is True if anything could not be read,
    whatever else was found; streams lists the pickles with their findings.
    """
    limits = (max_depth, max_inflated, max_members, max_memory)
    if isinstance(source, (str, os.PathLike)):
        # Absolute, because "-" alone would be standard input.
        return _scan(os.path.abspath(source), b"", None, _pieces, *limits)
    return _scan(None, source, name, _pieces, *limits)
