"""Objects for test_views.py, and what Python itself says of each.

    python3 -c 'import kinds_views; kinds_views.write(FILE)'

runs under the interpreter whose numpy, pandas and scipy are to be asked, and writes a pickle of a
list of cases: name, protocol, pickle, buffers, and the views that are to answer, as print_views
prints them.  What is not installed is left out.
"""
import collections
import contextlib
import datetime
import decimal
import enum
import fractions
import http
import pathlib
import pickle
import uuid
import warnings
import zoneinfo

PROTOCOLS = range(6)


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Outer:
    class Shade(enum.IntEnum):
        DARK = 3


Point = collections.namedtuple("Point", "x y")


class Plain:
    def __init__(self):
        self.x = 1


class Keyed:
    def __new__(cls, *args, key=None):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return (1, 2), {"key": 3}


def of_value(value):
    """As print_views spells a value."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, bytearray)):
        return repr(value)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return f"<{type(value).__name__}>"


def of_bytes(value, writable=False):
    return {"hex": bytes(value).hex(), "writable": writable, "elsewhere": False}


# ----------------------------------------------------------------------------
# Times
# ----------------------------------------------------------------------------


def of_delta(delta):
    return {"days": delta.days, "seconds": delta.seconds, "microseconds": delta.microseconds}


def of_offset(name, delta):
    if delta is None:
        return {"name": name, "has_offset": False, "seconds": 0, "microseconds": 0}
    micros = delta // datetime.timedelta(microseconds=1)
    return {"name": name, "has_offset": True, "seconds": micros // 1000000,
            "microseconds": micros % 1000000}


NO_ZONE = of_offset(None, None)


def of_date(value):
    return {"year": value.year, "month": value.month, "day": value.day}


def of_time(value, protocol, zone):
    # Python writes the fold from protocol 4 on.
    return {"hour": value.hour, "minute": value.minute, "second": value.second,
            "microsecond": value.microsecond, "fold": bool(value.fold and protocol > 3),
            "aware": value.tzinfo is not None, "zone": zone}


def zones():
    """Time zones, and what is to be found of them in a pickle."""
    delta = datetime.timedelta
    yield datetime.timezone.utc, of_offset(None, delta(0))
    for minutes, name in ((-330, "X"), (1439, None), (-1439, "ÄÖ")):
        offset = delta(minutes=minutes)
        zone = datetime.timezone(offset, name) if name else datetime.timezone(offset)
        yield zone, of_offset(name, offset)
    offset = delta(seconds=-3, microseconds=5)
    yield datetime.timezone(offset), of_offset(None, offset)
    yield zoneinfo.ZoneInfo("Europe/Berlin"), of_offset("Europe/Berlin", None)
    yield zoneinfo.ZoneInfo.no_cache("UTC"), of_offset("UTC", None)
    with contextlib.suppress(ImportError):
        import dateutil.tz
        yield dateutil.tz.tzutc(), of_offset("UTC", delta(0))
        yield dateutil.tz.tzoffset("X", 3600), of_offset("X", delta(hours=1))
        yield dateutil.tz.tzoffset(None, -3600), of_offset(None, delta(hours=-1))
        yield dateutil.tz.tzlocal(), of_offset(None, None)
        yield dateutil.tz.tzstr("EST5EDT"), of_offset("EST5EDT", None)
        found = dateutil.tz.gettz("Europe/Berlin")
        if found:
            yield found, of_offset(found._filename, None)
    with contextlib.suppress(ImportError):
        import pytz
        yield pytz.utc, of_offset("UTC", delta(0))
        yield pytz.FixedOffset(90), of_offset(None, delta(minutes=90))
        yield pytz.timezone("Etc/GMT+5"), of_offset("Etc/GMT+5", None)
        for month in (1, 7):
            moment = pytz.timezone("Europe/Berlin").localize(datetime.datetime(2020, month, 1))
            yield moment.tzinfo, of_offset("Europe/Berlin", moment.utcoffset())


class Zone(datetime.tzinfo):
    """One that no view knows."""

    def utcoffset(self, when):
        return datetime.timedelta(0)


def times(protocol):
    for value in (datetime.datetime(2020, 2, 29, 23, 59, 58, 999999), datetime.datetime.min,
                  datetime.datetime.max, datetime.datetime(2021, 12, 31, 1, fold=1)):
        yield value, {"datetime": {**of_date(value), **of_time(value, protocol, NO_ZONE)}}
        yield value.date(), {"date": of_date(value)}
        yield value.time(), {"time": of_time(value.time(), protocol, NO_ZONE)}
    for zone, expected in zones():
        yield zone, {"zone": expected}
        value = datetime.datetime(1999, 1, 2, 3, 4, tzinfo=zone)
        yield value, {"datetime": {**of_date(value), **of_time(value, protocol, expected)}}
        value = datetime.time(12, 34, 56, 7, tzinfo=zone, fold=1)
        yield value, {"time": of_time(value, protocol, expected)}
    value = datetime.datetime(1999, 1, 2, 3, 4, tzinfo=Zone())
    yield value, {"datetime": {**of_date(value), **of_time(value, protocol, NO_ZONE)}}
    for value in (datetime.timedelta(0), datetime.timedelta(-1, 2, 3), datetime.timedelta.min,
                  datetime.timedelta.max):
        yield value, {"timedelta": of_delta(value)}


# ----------------------------------------------------------------------------
# Numbers
# ----------------------------------------------------------------------------


def of_decimal(value):
    sign, digits, exponent = value.as_tuple()
    kind = {"F": "F", "n": "n", "N": "N"}.get(exponent, "f")
    return {"text": str(value), "negative": bool(sign), "kind": kind,
            "exponent": exponent if kind == "f" else 0,
            "digits": "" if kind == "F" else "".join(map(str, digits))}


def of_range(value):
    return {name: of_value(getattr(value, name)) for name in ("start", "stop", "step")}


def numbers(protocol):
    nan = float("nan")
    for value in (1 + 2j, complex(-0.0, float("inf")), complex(nan, 5e-324)):
        yield value, {"complex": {"real": value.real.hex(), "imag": value.imag.hex()}}
    for text in ("0", "-0", "0.00", "1.50E+3", "-12.34", "0.0001", "1E-30", "123456789" * 20,
                 "NaN", "-sNaN123", "NaN007", "Infinity", "-Infinity", "1E+999999999",
                 "0E-5", "1E-999999"):
        value = decimal.Decimal(text)
        yield value, {"decimal": of_decimal(value)}
    for value in (fractions.Fraction(3, 7), fractions.Fraction(-10**40, 3),
                  fractions.Fraction(1, 2**70), fractions.Fraction(0)):
        # Python before 3.11 writes text; the words are those of str(), which leaves a 1 out.
        ints = {"numerator": of_value(value.numerator), "denominator": of_value(value.denominator),
                "numerator_text": None, "denominator_text": None}
        yield value, {"fraction": ints}
    for number in (0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**127, 2**128 - 1):
        for safe in uuid.SafeUUID:
            value = uuid.UUID(int=number, is_safe=safe)
            yield value, {"uuid": {"hex": value.hex, "safe": safe is uuid.SafeUUID.safe,
                                   "unsafe": safe is uuid.SafeUUID.unsafe}}
    for value in (range(0), range(5, 1, -2), range(-2**70, 2**70, 3)):
        yield value, {"range": of_range(value)}
    for value in (slice(1, None, 2), slice("a", 2.5), slice(None)):
        yield value, {"slice": of_range(value)}


# ----------------------------------------------------------------------------
# Containers and classes
# ----------------------------------------------------------------------------


def of_mapping(value, factory=None):
    return {"factory": of_value(factory) if factory else None,
            "pairs": [[of_value(k), of_value(v)] for k, v in value.items()]}


def of_builtin(cls, protocol):
    return f"{'builtins' if protocol > 2 else '__builtin__'}.{cls.__name__}"


def containers(protocol):
    many = {str(i): i for i in range(2500)}
    for pairs in ({}, {1: 2, "a": "b"}, many):
        value = collections.OrderedDict(pairs)
        yield value, {"ordereddict": of_mapping(value)}
        value = collections.Counter(dict.fromkeys(pairs, 3))
        yield value, {"counter": of_mapping(value)}
        value = collections.defaultdict(None, pairs)
        yield value, {"defaultdict": of_mapping(value)}
        value = collections.defaultdict(list, pairs)
        yield value, {"defaultdict": {**of_mapping(value), "factory": of_builtin(list, protocol)}}
    for items in ((), (1, "a", None), range(2500)):
        for maxlen in (None, 2500):
            value = collections.deque(items, maxlen)
            yield value, {"deque": {"bounded": maxlen is not None, "maxlen": maxlen or 0,
                                    "items": [of_value(item) for item in items]}}
        for cls in (set, frozenset):
            value = cls(items)
            yield value, {cls.__name__: {"items": [of_value(item) for item in value]}}
    for data in (b"", b"abc", bytes(range(256)), b"x" * 5000, b"\x80\xff" * 5000):
        yield data, {"bytes": of_bytes(data)}
        yield bytearray(data), {"bytes": of_bytes(data, True)}


def of_path(value):
    return {"windows": isinstance(value, pathlib.PureWindowsPath),
            "pure": not isinstance(value, pathlib.Path), "text": str(value)}


def classes(protocol):
    for cls in (pathlib.PurePosixPath, pathlib.PosixPath):
        for text in ("", ".", "/", "//a", "/usr/lib/x", "a/b", "ä/../b"):
            yield cls(text), {"path": of_path(cls(text))}
    for text in ("", "c:/a/b", "c:a", "a/b", "//server/share/x", "\\x"):
        value = pathlib.PureWindowsPath(text)
        # "c:a" is two parts, which only Windows can join.
        yield value, {"path": {"windows": True, "pure": True}}
    for value in (Colour.RED, Colour.GREEN, Outer.Shade.DARK, http.HTTPStatus.OK):
        yield value, {"enum": {}}
    instance = {"class": "kinds_views.Point", "args": 2, "base": None, "value": None,
                "kwargs": False, "state": False}
    if protocol < 2:
        instance.update(args=0, base=of_builtin(tuple, protocol), value="<tuple>")
    yield Point(1, "a"), {"instance": instance, "namedtuple": {
        "class": "kinds_views.Point", "items": ["1", "'a'"]}}
    plain = {"class": "kinds_views.Plain", "args": 0, "base": None, "value": None,
             "kwargs": False, "state": True}
    yield Plain(), {"instance": plain}
    if protocol > 1:
        yield Keyed(), {"instance": {**plain, "class": "kinds_views.Keyed", "args": 2,
                                     "kwargs": True, "state": False}} if protocol > 3 else {}


# ----------------------------------------------------------------------------
# numpy
# ----------------------------------------------------------------------------


def of_dtype(dtype):
    import numpy
    unit, step = numpy.datetime_data(dtype) if dtype.kind in "mM" else ("", 0)
    order = {"=": "<", "|": "|"}.get(dtype.byteorder, dtype.byteorder)
    known = {"kind": dtype.kind, "order": order, "size": dtype.itemsize,
             "aligned": dtype.isalignedstruct, "has_objects": dtype.hasobject, "unit": unit,
             "step": step, "metadata": bool(dtype.metadata),
             "class": "numpy.record" if dtype.type is numpy.record else None,
             "is_record": dtype.names is not None, "field_count": len(dtype.names or ())}
    if dtype.subdtype:
        base, shape = dtype.subdtype
        known["base"] = of_dtype(base)
        known["shape"] = list(shape)
    known["fields"] = {}
    for i, name in enumerate(dtype.names or ()):
        entry = dtype.fields[name]
        known["fields"][str(i)] = {
            "name": of_value(name), "title": of_value(entry[2]) if len(entry) > 2 else None,
            "offset": entry[1], "dtype": of_dtype(entry[0])}
    return known


def of_class(cls):
    return None if cls is None else f"{cls.__module__}.{cls.__qualname__}"


def of_array(array, cls=None):
    import numpy
    plain = numpy.asarray(array)
    fortran = plain.flags.fnc
    known = {"class": of_class(cls), "dtype": of_dtype(plain.dtype), "shape": list(plain.shape),
             "count": plain.size, "masked": isinstance(array, numpy.ma.MaskedArray)}
    if plain.dtype.hasobject:
        known["objects"] = [of_value(item) for item in plain.ravel("C").tolist()]
    else:
        known["logical"] = plain.tobytes("C").hex()
        if plain.size and (plain.flags.c_contiguous or fortran):
            known["strides"] = list(plain.strides)
    return known


def dtypes():
    import numpy
    for code in ("?", "i1", "u8", ">i4", "<u2", "f2", ">f8", "g", "F", ">c16", "G", "O", "S", "S5",
                 "U", "U7", ">U3", "V", "V9", "M8", "M8[D]", ">m8[25us]", "m8[3Y]", "M8[as]"):
        yield numpy.dtype(code)
    yield numpy.dtype([("x", "f4"), ("y", ">i2", (2, 3)), (("a title", "z"), "S5")])
    yield numpy.dtype([("x", "i1"), ("y", "f8")], align=True)
    yield numpy.dtype({"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [4, 0],
                       "itemsize": 12})
    yield numpy.dtype([("a", [("b", [("c", "M8[ns]"), ("d", "U3", 4)])]), ("e", "O")])
    yield numpy.dtype(("f4", (2, 2)))
    yield numpy.dtype(("i4", 3))
    yield numpy.dtype((("V3", 2), (3,)))
    yield numpy.dtype("i4", metadata={"a": 1})
    yield numpy.dtype("M8[s]", metadata={"a": 1})
    yield numpy.dtype([])
    yield numpy.dtype([("", "i4")] * 300)


def scalars():
    import numpy
    for value in (numpy.bool_(True), numpy.int8(-3), numpy.uint64(2**64 - 1), numpy.float16(1.5),
                  numpy.float64("nan"), numpy.longdouble(1) / 3, numpy.complex64(1 + 2j),
                  numpy.datetime64("2020-01-01"), numpy.timedelta64(3, "25s"),
                  numpy.datetime64("NaT"), numpy.str_("aä€"), numpy.bytes_(b"x\xff"),
                  numpy.void(b"abc"),
                  numpy.array([(1, -2)], dtype=[("x", "f4"), ("y", ">i2")])[0]):
        yield value


def arrays():
    import numpy
    base = numpy.arange(24, dtype="i4").reshape(2, 3, 4)
    yield base
    yield numpy.asfortranarray(base)
    yield base.transpose(1, 0, 2)
    yield base.transpose(2, 0, 1)
    yield base[:, ::2, ::-1]
    yield base.T[1:]
    for code in ("?", "u1", ">f8", "<c8", "S3", "U2", "M8[ns]", ">m8[D]", "V4", "f2", "g"):
        yield numpy.arange(6).astype("u1").repeat(40)[:numpy.dtype(code).itemsize * 6].view(code)
    yield numpy.array([b"\x80\xff", b""], dtype="S2")
    yield numpy.array(5.0)
    yield numpy.zeros((0, 3))
    yield numpy.zeros((3, 0), order="F")
    yield numpy.zeros((3, 2), dtype=[])
    yield numpy.zeros((1,) * 32)
    yield numpy.zeros((2, 2), dtype=[("x", "f4"), ("y", "i2", (2,))])
    yield numpy.full((3, 2), 200, dtype="u1", order="F")
    yield numpy.frombuffer(b"abcd", dtype="u1")
    yield numpy.array([1, "a", None, 2.5], dtype=object)
    yield numpy.array([[1, "a", None], [0.5, 2, 3]], dtype=object, order="F")
    yield numpy.zeros(2, dtype=[("o", "O"), ("i", "i4")])
    yield numpy.array(None, dtype=object)
    yield numpy.arange(100000, dtype="f8")


def numpy_cases(protocol):
    try:
        import numpy
        import numpy.ma
    except ImportError:
        return
    for dtype in dtypes():
        yield dtype, {"dtype": of_dtype(dtype)}
    for value in scalars():
        yield value, {"scalar": {"dtype": of_dtype(value.dtype),
                                 "bytes": {"hex": value.tobytes().hex()}, "object": None}}
    for array in arrays():
        yield array, {"array": of_array(array)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = numpy.matrix([[1, 2], [3, 4]])
    module = "numpy.rec" if hasattr(numpy, "rec") and numpy.__version__ >= "2" else "numpy"
    yield matrix, {"array": of_array(matrix, numpy.matrix)}
    record = numpy.rec.array([(1, 2)], dtype=[("x", "f4"), ("y", "i2")])
    yield record, {"array": {**of_array(record), "class": module + ".recarray"}}
    for masked in (numpy.ma.array([1, 2, 3], mask=[0, 1, 0]),
                   numpy.ma.array(numpy.asfortranarray(numpy.arange(6).reshape(2, 3)),
                                  mask=[[0, 1, 0], [1, 0, 0]], fill_value=7),
                   numpy.ma.array([1.5, 2.5]), numpy.ma.array(1, mask=True),
                   numpy.ma.array([1, "a"], dtype=object, mask=[1, 0])):
        expected = of_array(masked.data)
        expected["masked"] = True
        expected["logical_mask"] = numpy.ma.getmaskarray(masked).tobytes("C").hex()
        yield masked, {"array": expected}


# ----------------------------------------------------------------------------
# scipy, pandas
# ----------------------------------------------------------------------------


def of_vector(array):
    return {key: value for key, value in of_array(array).items()
            if key in ("dtype", "shape", "logical")}


def scipy_cases(protocol):
    try:
        import numpy
        import scipy.sparse
    except ImportError:
        return
    dense = numpy.array([[1.5, 0, 2], [0, 0, 3]])
    for kind in ("csr", "csc", "coo"):
        for suffix in ("matrix", "array"):
            for data in (dense, numpy.zeros((3, 0)), dense.astype("i1")):
                value = getattr(scipy.sparse, f"{kind}_{suffix}")(data)
                compressed = kind != "coo"
                indices = value.indices if compressed else value.col
                starts = value.indptr if compressed else value.row
                yield value, {"sparse": {
                    "class": of_value(type(value)), "format": kind, "is_array": suffix == "array",
                    "shape": list(value.shape), "stored": int(value.nnz),
                    "data": of_vector(value.data), "indices": of_vector(indices),
                    "starts": of_vector(starts)}}
    with contextlib.suppress(Exception):
        value = scipy.sparse.coo_array(numpy.array([1, 0, 2]))
        yield value, {"sparse": {"shape": [3], "stored": 2, "data": of_vector(value.data),
                                 "indices": of_vector(value.coords[0])}}
        value = scipy.sparse.csr_array(numpy.array([1, 0, 2]))
        yield value, {"sparse": {"shape": [3], "stored": 2, "data": of_vector(value.data)}}
    # Formats there is no view of.
    yield scipy.sparse.bsr_matrix(dense), {}
    yield scipy.sparse.lil_matrix(dense), {}


def of_column(series):
    """The elements of a column, and what they are kept in."""
    import numpy
    values = series.array
    inner = getattr(values, "_ndarray", None)
    if type(values).__name__ in ("NumpyExtensionArray", "PandasArray"):
        return {"column": series.to_numpy().tobytes().hex() if not series.dtype == object
                else [of_value(v) for v in series.tolist()], "extension": None}
    if inner is None:
        return None
    extension = f"{type(values).__module__}.{type(values).__qualname__}"
    if inner.dtype == object:
        return {"column": [of_value(v) for v in inner.tolist()], "extension": extension}
    return {"column": numpy.ascontiguousarray(inner).tobytes().hex(), "extension": extension}


def of_labels(index):
    import pandas
    if type(index) is pandas.RangeIndex or (
            type(index).__name__ in ("Index", "Int64Index", "UInt64Index") and
            (index.dtype.kind in "iuO" or "str" in str(index.dtype))):
        return [of_value(label) for label in index.tolist()]
    return None


def pandas_cases(protocol):
    try:
        import pandas
    except ImportError:
        return
    days = pandas.to_datetime(["2020-01-01", "2021-02-03", None])
    for series in (
            pandas.Series([1.5, 2.5], index=["a", "b"], name="n"),
            pandas.Series([1, 2, 3]), pandas.Series([], dtype="f4"),
            pandas.Series([1, 2], index=[5, -7], name=3),
            pandas.Series(["x", None], name=("a", 1)), pandas.Series([False, 1], dtype=object),
            pandas.Series(range(4), index=range(10, 2, -2)),
            pandas.Series(days), pandas.Series(days.tz_localize("UTC")),
            pandas.Series(pandas.Categorical(["a", "b", "a"])),
            pandas.Series([True, False], index=days[:2])):
        yield series, {"series": {"name": of_value(series.name),
                                  "index": of_labels(series.index), "column": of_column(series)}}
    for frame in (
            pandas.DataFrame({"a": [1, 2, 3], "b": [1., 2., 3.], "c": ["x", "y", "z"]}),
            pandas.DataFrame({"a": [1, 2, 3], "b": ["x", 1, None], "c": [4, 5, 6]},
                             index=[7, 8, 9]),
            pandas.DataFrame({"a": [1, 2], "d": days[:2], "b": [True, False],
                              "e": pandas.Categorical(["p", "q"]), "f": [3, 4]}),
            pandas.DataFrame({1: [1, 2], 3: [3, 4]}), pandas.DataFrame(),
            pandas.DataFrame(index=[1, 2]), pandas.DataFrame({"a": []}),
            pandas.DataFrame({("a", 1): [1, 2], ("a", 2): [3, 4]}, index=days[:2]),
            pandas.DataFrame({"a": [1, 2]}).assign(b=pandas.array([1, None], dtype="Int64"))):
        yield frame, {"frame": {
            "rows": len(frame), "columns": len(frame.columns), "labels": of_labels(frame.columns),
            "index": of_labels(frame.index),
            "all": [of_column(frame.iloc[:, i]) for i in range(len(frame.columns))]}}


# ----------------------------------------------------------------------------
# Cases
# ----------------------------------------------------------------------------

FAMILIES = {"times": times, "numbers": numbers, "containers": containers, "classes": classes,
            "numpy": numpy_cases, "scipy": scipy_cases, "pandas": pandas_cases}


def cases():
    for family, values in FAMILIES.items():
        for protocol in PROTOCOLS:
            for value, expected in values(protocol):
                name = f"{family} {type(value).__name__} {str(value)[:60]!r} protocol {protocol}"
                try:
                    data = pickle.dumps(value, protocol)
                except TypeError:
                    # What has slots cannot be pickled before protocol 2.
                    assert protocol < 2, name
                    continue
                yield name, protocol, data, [], expected
                if protocol == 5 and family in ("numpy", "scipy", "pandas"):
                    buffers = []
                    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
                    raw = [bytes(buffer.raw()) for buffer in buffers]
                    if raw:
                        yield name + ", out of band", protocol, data, raw, expected


def write(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(cases())
    with open(path, "wb") as file:
        pickle.dump(found, file, 4)
