"""Harmless values of the standard library, beside those of make_harmless.py: what programs keep."""
import argparse
import array
import calendar
import collections
import configparser
import csv
import datetime
import decimal
import email.message
import email.mime.text
import enum
import fractions
import functools
import http
import http.cookies
import io
import ipaddress
import itertools
import json
import logging
import operator
import os
import pathlib
import queue
import random
import re
import signal
import socket
import sqlite3
import statistics
import string
import struct
import subprocess
import tarfile
import textwrap
import time
import types
import typing
import urllib.parse
import uuid
import xml.etree.ElementTree
import zipfile


def values():
    """Names, and functions that make the values; what an interpreter lacks is passed over."""
    yield "arrays", lambda: [array.array("d", [1.5, 2.5]), array.array("i", range(5)),
                             array.array("b"), array.array("u", "text")]
    yield "exceptions", exceptions
    yield "exception-group", lambda: ExceptionGroup("several", [ValueError(1), KeyError(2)])
    yield "exception-notes", noted
    yield "log-records", log_records
    yield "log-record-dict", lambda: log_records()[0].__dict__
    yield "ip-addresses", lambda: [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"),
                                   ipaddress.ip_network("10.0.0.0/8"),
                                   ipaddress.ip_network("fe80::/64"),
                                   ipaddress.ip_interface("10.1.1.1/8"),
                                   ipaddress.ip_interface("::1/64")]
    yield "own-paths", lambda: [pathlib.Path("a/b.txt"), pathlib.PosixPath("/x"), pathlib.Path()]
    yield "archive-entries", lambda: [zipfile.ZipInfo("a.txt"), tarfile.TarInfo("b")]
    yield "namespaces", lambda: types.SimpleNamespace(a=1, b=types.SimpleNamespace(c=[2]))
    yield "namespace-empty", types.SimpleNamespace
    yield "patterns", lambda: [re.compile("a+b"), re.compile(b"[0-9]+", re.S),
                               re.compile(r"(?P<x>\w+)\s*", re.I | re.X), re.compile("", re.M)]
    yield "pattern-flags", lambda: [re.I | re.M, re.A]
    yield "templates", lambda: [string.Template("$who likes $what")]
    yield "chain-map", lambda: collections.ChainMap({"a": 1}, {"b": 2})
    yield "user-containers", lambda: [collections.UserDict(a=1), collections.UserList([1, 2]),
                                      collections.UserString("text")]
    yield "counters", lambda: [collections.Counter({"a": 1, "b": 2}), collections.Counter()]
    yield "orders", lambda: collections.OrderedDict(a=collections.OrderedDict(b=1))
    yield "defaults", lambda: [collections.defaultdict(factory) for factory in (
        int, float, list, dict, set, str, tuple, bool, collections.Counter,
        collections.OrderedDict)]
    yield "deques", lambda: [collections.deque(), collections.deque("abc", 2)]
    yield "more-fractions", lambda: [fractions.Fraction(3), fractions.Fraction(-1, 10**40)]
    yield "more-decimals", lambda: [decimal.Decimal(text) for text in (
        "0", "-0.0", "1E+400", "sNaN", "Infinity", "3." + "1" * 60)]
    yield "decimal-context", lambda: decimal.Context(prec=10)
    yield "more-uuids", lambda: [uuid.UUID("12345678123456781234567812345678"), uuid.uuid1(1, 1)]
    yield "more-dates", dates
    yield "zones", zones
    yield "time-structs", lambda: [time.gmtime(0), time.struct_time(range(9))]
    yield "normal-distribution", lambda: statistics.NormalDist(1.0, 2.0)
    yield "urls", lambda: [urllib.parse.urlparse("https://example.com/a?b=c#d"),
                           urllib.parse.urlsplit("http://u:p@h:1/"),
                           urllib.parse.urlparse(b"http://h/")]
    yield "http-statuses", lambda: [http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND]
    yield "constants", lambda: [signal.SIGTERM, socket.AF_INET, socket.SOCK_STREAM]
    yield "cookies", cookies
    yield "partials", lambda: [functools.partial(int, base=2), functools.partial(max, 1)]
    yield "getters", lambda: [operator.itemgetter(1), operator.itemgetter("a", "b")]
    yield "type-hints", lambda: [typing.List[int], typing.Optional[str], typing.Any, list[int],
                                 typing.Dict[str, typing.List[int]], typing.Union[int, str]]
    yield "iterators", lambda: [iter([1, 2, 3]), iter((1, 2)), iter("ab"), enumerate(["a"], 1),
                                zip([1], [2]), reversed([1, 2]), iter(range(3)), iter({1: 2}),
                                iter({3})]
    yield "counting", lambda: [itertools.count(3), itertools.repeat("x", 2),
                               itertools.chain([1], [2]), itertools.cycle([1, 2])]
    yield "more-iterators", lambda: [iter([]), iter(b"a"), iter(range(10**30)), reversed((1, 2)),
                                     iter(collections.deque([1])), zip([1], strict=True),
                                     itertools.islice([1, 2, 3], 1, None, 2),
                                     itertools.zip_longest([1], [2, 3], fillvalue=0),
                                     itertools.product([1], repeat=2), itertools.permutations("ab"),
                                     itertools.combinations("abc", 2)]
    yield "unions", lambda: [int | str, int | None, list[dict[str, int]], tuple[int, ...],
                             collections.abc.Mapping[str, int], typing.Callable[[int], str],
                             typing.Literal["a", 1]]
    yield "messages", messages
    yield "elements", lambda: xml.etree.ElementTree.fromstring("<a b='1'><c>text</c></a>")
    yield "buffers", lambda: [io.BytesIO(b"abc"), io.StringIO("abc")]
    yield "results", lambda: [os.stat_result(range(10)), os.terminal_size((80, 24)),
                              subprocess.CompletedProcess("x", 0), statistics.linear_regression(
                                  [1, 2], [1, 2]), decimal.Decimal("1.5").as_tuple()]
    yield "module-exceptions", lambda: [
        subprocess.CalledProcessError(1, ["x"]), subprocess.TimeoutExpired("x", 1), queue.Empty(),
        configparser.NoSectionError("x"), struct.error("x"), sqlite3.IntegrityError("x"),
        SyntaxError("x", ("f", 1, 2, "t")), decimal.InvalidOperation("x")]
    yield "settings", lambda: [argparse.Namespace(a=1), calendar.Calendar(), csv.excel(),
                               textwrap.TextWrapper(), logging.Formatter("%(message)s")]
    yield "builtins", lambda: [len, sum, max, min, abs, sorted, round, zip, any, all]
    yield "operators", lambda: [operator.add, operator.mul, operator.lt]
    yield "methods", lambda: [str.lower, str.upper, str.strip, dict.get]
    yield "classes", lambda: [ValueError, datetime.date, collections.OrderedDict, bytes, type(None),
                              type(...), complex, range, object, decimal.Decimal, uuid.UUID]
    yield "generator", lambda: random.Random(3)
    yield "more-numbers", lambda: [10**3000, -2**64, 1e308, -0.0, 2**63, -2**31 - 1, complex(1, -2)]
    yield "keys", lambda: {(1, (2, "x")): 1, frozenset([1, 2]): 2, b"b": 3, 1.5: 4, None: 5,
                           2**70: 6, datetime.date(2024, 1, 1): 7, uuid.UUID(int=1): 8,
                           decimal.Decimal("1.5"): 9, fractions.Fraction(1, 2): 10}
    yield "nested-sets", lambda: {frozenset({frozenset({1}), 2}), (frozenset(), ())}
    yield "more-texts", lambda: ["\ud800", "a\0b", "\u00e9" * 300, "x" * 70000, b"\0" * 300]
    yield "cycles", cycle
    yield "flag-class", lambda: enum.Enum


def exceptions():
    return [ValueError("bad", 3), KeyError("k"), OSError(2, "gone", "a.txt"), TimeoutError(),
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), StopIteration(1),
            ZeroDivisionError("division by zero"), FileNotFoundError(2, "No such file"),
            KeyboardInterrupt(), SystemExit(1), json_error(), Exception("one", "two"),
            AssertionError(), ImportError("no", name="x"), AttributeError("a")]


def json_error():
    try:
        json.loads("{")
    except ValueError as error:
        return error


def noted():
    error = RuntimeError("with a note")
    error.add_note("it says more")
    return error


def log_records():
    logger = logging.getLogger("app")
    return [logger.makeRecord("app", level, "app.py", 10, "user %s did %d", ("ann", 3), None)
            for level in (logging.INFO, logging.ERROR)]


def dates():
    utc = datetime.timezone.utc
    far = datetime.timezone(datetime.timedelta(hours=3), "X")
    return [datetime.datetime(2024, 10, 27, 2, 30, fold=1), datetime.datetime.max,
            datetime.time(1, 2, tzinfo=utc), datetime.date.min, datetime.timedelta.max,
            datetime.timezone(datetime.timedelta(minutes=-90)),
            datetime.datetime(2024, 1, 1, tzinfo=far)]


def zones():
    import zoneinfo
    return [zoneinfo.ZoneInfo("UTC"), zoneinfo.ZoneInfo("America/New_York"),
            datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("Asia/Kolkata"))]


def cookies():
    jar = http.cookies.SimpleCookie()
    jar["session"] = "abc"
    jar["session"]["path"] = "/"
    return jar


def messages():
    plain = email.mime.text.MIMEText("text")
    plain["Subject"] = "hello"
    modern = email.message.EmailMessage()
    modern["Subject"] = "hello"
    modern["To"] = "Ann <ann@example.com>"
    modern.set_content("text")
    return [plain, modern]


def cycle():
    first, second = {"name": "first"}, {"name": "second"}
    first["other"], second["other"] = second, first
    namespace = types.SimpleNamespace(items=[first])
    namespace.me = namespace
    return namespace
