"""Objects of the standard library."""
import argparse
import array
import ast
import asyncio
import collections
import concurrent.futures
import configparser
import contextlib
import copy
import csv
import ctypes
import datetime
import decimal
import difflib
import email.message
import email.mime.multipart
import email.mime.text
import email.policy
import fractions
import functools
import graphlib
import hashlib
import html.parser
import http.client
import http.cookiejar
import http.cookies
import inspect
import io
import ipaddress
import json
import logging
import mmap
import operator
import os
import pathlib
import plistlib
import pprint
import queue
import random
import re
import selectors
import shlex
import socket
import sqlite3
import statistics
import string
import struct
import tempfile
import textwrap
import threading
import tokenize
import tracemalloc
import traceback
import types
import typing
import unittest
import unittest.mock
import urllib.parse
import urllib.request
import uuid
import xml.etree.ElementTree as etree
import xml.dom.minidom
import zipfile
import zlib
import zoneinfo

import specimens
from kinds import NEVER, kind


class Pair(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


class Typed(typing.TypedDict):
    name: str


NewName = typing.NewType("NewName", int)


class SomeTest(unittest.TestCase):
    def test(self):
        """Nothing to do."""


@kind
def dates_and_times():
    zone = datetime.timezone(datetime.timedelta(hours=2), "two")
    return [datetime.date(2026, 3, 1), datetime.date.max, datetime.time(1, 2, 3, 4),
            datetime.time(5, tzinfo=datetime.timezone.utc),
            datetime.datetime(2026, 3, 1, 12, 30, 15, 999999),
            datetime.datetime(2026, 3, 1, tzinfo=zone), datetime.datetime(2026, 3, 1, fold=1),
            datetime.time(1, fold=1), datetime.timedelta(days=-1, seconds=5, microseconds=7),
            datetime.timezone.utc, zone]


@kind
def time_zones():
    zone = zoneinfo.ZoneInfo("UTC")
    return [zone, zone, zoneinfo.ZoneInfo.no_cache("UTC"),
            datetime.datetime(2026, 7, 1, tzinfo=zone)]


@kind
def decimals():
    return [decimal.Decimal("1.50"), decimal.Decimal("-0"), decimal.Decimal("NaN"),
            decimal.Decimal("Infinity"), decimal.Decimal(10) ** 100]


@kind
def decimal_contexts():
    return decimal.Context(prec=5, rounding=decimal.ROUND_DOWN)


@kind
def fractions_():
    return [fractions.Fraction(1, 3), fractions.Fraction(-(10**40), 7)]


@kind
def uuids():
    return [uuid.UUID(int=1), uuid.UUID("12345678123456781234567812345678"),
            uuid.UUID(int=2, is_safe=uuid.SafeUUID.safe)]


@kind
def paths():
    return [pathlib.PurePosixPath("/a/b"), pathlib.PureWindowsPath("c:\\d"), pathlib.Path("x/y")]


@kind
def ip_addresses():
    return [ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("2001:db8::1"),
            ipaddress.ip_network("192.0.2.0/24"), ipaddress.ip_interface("2001:db8::1/64")]


@kind
def partials():
    value = functools.partial(int, base=2)
    value.extra = "attribute"
    return [value, functools.partial(functools.partial(pow, 2), 3)]


@kind
def partial_methods():
    return functools.partialmethod(specimens.function, 1)


@kind
def operators():
    return [operator.itemgetter(1), operator.itemgetter(1, "a"), operator.attrgetter("a.b", "c"),
            operator.methodcaller("m", 1), operator.methodcaller("m", 1, key=2), operator.add]


@kind
def counters():
    return [collections.Counter("abca"), collections.Counter()]


@kind
def deques():
    bounded = collections.deque(range(10), 5)
    return [collections.deque(), bounded, bounded, iter(collections.deque([1, 2])),
            collections.deque(range(2001))]


@kind
def ordered_dicts():
    value = collections.OrderedDict([("b", 1), ("a", 2)])
    value.extra = "attribute"
    return [value, collections.OrderedDict(), collections.OrderedDict((i, i) for i in range(1500))]


@kind
def default_dicts():
    value = collections.defaultdict(list, {"a": [1]})
    return [value, collections.defaultdict(int), collections.defaultdict(None, {1: 2})]


@kind
def chain_maps_and_users():
    return [collections.ChainMap({"a": 1}, {"b": 2}), collections.UserDict({"a": 1}),
            collections.UserList([1]), collections.UserString("text")]


@kind
def abstract_collections():
    return [collections.abc.Mapping, collections.abc.Callable[[int], str],
            collections.abc.Sequence[int]]


@kind
def arrays():
    return [array.array(code, [0, 1, 2]) for code in "bBhHiIlLqQfd"] + [
        array.array("u", "text"), array.array("d"), iter(array.array("b", [1, 2]))]


@kind
def random_generators():
    generator = random.Random(5)
    generator.gauss(0, 1)
    return [generator, random.Random("seed"), random.SystemRandom]


@kind
def patterns():
    return [re.compile("a(b)+", re.I | re.X), re.compile(b"bytes"), re.compile("a"), re.I]


@kind(until=2, loads=False)
def match():
    return re.match("a", "a")


@kind
def typing_objects():
    return [typing.Any, typing.Optional[int], typing.Union[int, str], typing.List[int],
            typing.Callable[..., int], typing.Literal["a", 1], typing.TypedDict, Typed, NewName,
            typing.ClassVar[int], typing.Dict, typing.Tuple[int, ...],
            typing.Annotated[int, "note"], typing.NamedTuple, typing.NoReturn]


@kind
def signatures():
    return [inspect.signature(specimens.function), inspect.signature(textwrap.fill)]


@kind
def syntax_trees():
    return ast.parse("def f(x: int = 1) -> None:\n    return [x ** 2 for x in y if x]\n")


@kind
def arguments():
    parsed = argparse.Namespace(verbose=True, files=["a"])
    parser = argparse.ArgumentParser(prog="p")
    parser.add_argument("--verbose", action="store_true")
    return [parsed, argparse.ArgumentError(None, "message")]


@kind
def configurations():
    parser = configparser.ConfigParser()
    parser.read_string("[section]\nkey = %(other)s\nother = 1\n")
    return parser


@kind
def loggers():
    return [logging.getLogger("kinds.some.logger"), logging.getLogger(),
            logging.LogRecord("n", 20, "p", 1, "m %s", ("a",), None), logging.Formatter("%(msg)s")]


@kind(since=NEVER)
def log_handlers():
    return logging.StreamHandler()


@kind
def mails():
    mail = email.message.EmailMessage()
    mail["Subject"] = "hello \u20ac"
    mail["To"] = "a@example.org"
    mail.set_content("text")
    mail.add_attachment(b"data", maintype="application", subtype="octet-stream")
    old = email.mime.multipart.MIMEMultipart()
    old.attach(email.mime.text.MIMEText("part", "plain", "utf-8"))
    return [mail, old, email.policy.default]


@kind
def cookies():
    jar = http.cookies.SimpleCookie()
    jar["session"] = "abc"
    jar["session"]["path"] = "/"
    return [jar, jar["session"]]


@kind
def cookie_jars():
    policy = http.cookiejar.DefaultCookiePolicy()
    return [http.cookiejar.Cookie(0, "n", "v", None, False, "d", True, False, "/", True, False,
                                  None, True, None, None, {}), policy]


@kind
def http_objects():
    return [http.HTTPStatus.NOT_FOUND, http.HTTPMethod.GET, http.client.BadStatusLine("line"),
            urllib.request.Request("http://example.org/", data=b"x", headers={"A": "b"}),
            urllib.parse.urlsplit("http://user@example.org:80/p?q#f")]


@kind
def ctypes_values():
    pair = Pair(1, 2.5)
    return [ctypes.c_int(5), ctypes.c_double(1.5), pair]


@kind(since=NEVER)
def ctypes_array():
    return (ctypes.c_short * 3)(1, 2, 3)


@kind(since=NEVER)
def ctypes_pointer():
    return ctypes.pointer(ctypes.c_int(1))


@kind(since=2)
def hashable_states():
    return [statistics.NormalDist(1, 2), difflib.SequenceMatcher(None, "abc", "abd"),
            difflib.Match(1, 2, 3), graphlib.TopologicalSorter({1: [2]})]


@kind(until=2, loads=False)
def running_hash():
    return hashlib.sha256()


@kind(since=2)
def xml_elements():
    root = etree.Element("root", {"a": "1"})
    etree.SubElement(root, "child").text = "text"
    root.tail = "tail"
    return root


@kind(since=2)
def xml_documents():
    return xml.dom.minidom.parseString("<a b='c'>text<!-- note --></a>")


@kind(since=2)
def in_memory_files():
    text, data = io.StringIO("text\nline"), io.BytesIO(b"data")
    text.seek(2)
    data.seek(3)
    data.extra = 1
    return [text, data]


@kind(since=NEVER)
def open_file():
    return open(os.devnull, "rb")


@kind(since=NEVER)
def text_file():
    return open(os.devnull, encoding="utf-8")


@kind(since=NEVER)
def raw_file():
    return open(os.devnull, "rb", buffering=0)


@kind(since=NEVER)
def temporary_file():
    return tempfile.TemporaryFile()


@kind(since=NEVER)
def memory_map():
    return mmap.mmap(-1, 10)


@kind(since=NEVER)
def socket_():
    return socket.socket()


def difference_of_class(left, right):
    """For objects that are empty after loading."""
    return None if type(left) is type(right) else f"{type(left)} and {type(right)}"


@kind(until=2, difference=difference_of_class)
def database_connection():
    return sqlite3.connect(":memory:")


@kind(until=2, difference=difference_of_class)
def database_cursor():
    return sqlite3.connect(":memory:").cursor()


@kind(since=NEVER)
def lock():
    return threading.Lock()


@kind(since=NEVER)
def recursive_lock():
    return threading.RLock()


@kind(since=NEVER)
def condition():
    return threading.Condition()


@kind(since=NEVER)
def thread():
    return threading.Thread()


@kind(since=NEVER)
def thread_local():
    return threading.local()


@kind(since=NEVER)
def queues():
    return queue.Queue()


@kind(since=NEVER)
def simple_queue():
    return queue.SimpleQueue()


@kind(since=NEVER)
def executor():
    return concurrent.futures.ThreadPoolExecutor()


@kind(since=NEVER)
def future():
    return concurrent.futures.Future()


@kind(since=NEVER)
def selector():
    return selectors.DefaultSelector()


@kind(since=NEVER)
def csv_reader():
    return csv.reader([])


@kind(since=NEVER)
def zip_file():
    return zipfile.ZipFile(io.BytesIO(), "w")


@kind
def csv_dialects():
    return [csv.excel, csv.excel(), csv.Sniffer()]


@kind(since=2)
def zip_entries():
    return [zipfile.ZipInfo("name")]


@kind(since=NEVER)
def coroutine():
    made = asyncio.sleep(0)
    made.close()
    return made


@kind
def context_managers():
    return [contextlib.nullcontext(1), contextlib.suppress(ValueError)]


@kind
def json_and_plist():
    return [json.JSONEncoder(), json.JSONDecodeError("m", "doc", 1), plistlib.UID(5)]


@kind
def parsers():
    return [html.parser.HTMLParser(), string.Template("$a"), string.Formatter(),
            textwrap.TextWrapper(50), pprint.PrettyPrinter(stream=None).__class__]


@kind
def tokens():
    return list(tokenize.generate_tokens(io.StringIO("x = 1\n").readline))


@kind
def shell_words():
    return shlex.split("a 'b c'")


@kind(since=2)
def summaries_of_tracebacks():
    return traceback.extract_stack()[-1:]


@kind
def trace_filters():
    return tracemalloc.Filter(True, "x")


@kind
def test_cases():
    return [SomeTest("test"), unittest.TestSuite()]


@kind(since=NEVER)
def mocks():
    return unittest.mock.Mock()


@kind
def mock_sentinels():
    return [unittest.mock.sentinel.some, unittest.mock.sentinel.some]


@kind
def mock_calls():
    return [unittest.mock.ANY.__class__, unittest.mock.DEFAULT]


@kind
def error_classes():
    return [types.DynamicClassAttribute, copy.Error("m"), struct.error("e"), zlib.error("e"),
            decimal.InvalidOperation("x"), socket.gaierror(1, "m"), sqlite3.IntegrityError("u")]
