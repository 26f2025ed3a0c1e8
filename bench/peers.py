"""What Brinery is measured beside: for each library, how one saves and loads an object with it.

A peer is a function that is told the workload and the protocol, and answers with two callables and
the arguments that follow their first one: the same call that a user would write, with nothing
around it that would be measured too.  Only protobuf needs some lines: it knows no lists or
dicts, but what its schema says, so making its messages from the objects belongs to saving them.
"""

import functools
import importlib
import io
import pathlib
import sys

# The libraries that are compared in the section `peers`, and on which share of the workloads that a
# peer can do Brinery is to be ahead of it, in per cent.
GOALS = {
    "marshal": 85,
    "msgpack": 85,
    "ormsgpack": None,
    "msgspec": 66,
    "orjson": 50,
    "json": None,
    "cloudpickle": None,
    "dill": None,
    "joblib": None,
    "protobuf": None,
}


class Way:
    """dumps(value, *more) makes bytes, or a str, of which loads(data) makes the value again;
    file: the module with dump() and load(), None where there is none."""

    def __init__(self, dumps, loads, more=(), file=None):
        self.dumps = dumps
        self.loads = loads
        self.more = more
        self.file = file


def _pickle_like(module, protocol):
    more = () if protocol is None else (protocol,)
    return Way(module.dumps, module.loads, more, module)


def _package(site, protocol):
    """A build of the package, which must come from that folder and not from another."""
    sys.path.insert(0, site)
    import brinery

    found = pathlib.Path(brinery.__file__).resolve()
    if pathlib.Path(site).resolve() not in found.parents:
        raise SystemExit(f"bench: there is no package in {site}: tools/build.sh python")
    return _pickle_like(brinery, protocol)


def _marshal():
    import marshal

    return Way(marshal.dumps, marshal.loads)


def _msgpack():
    import msgpack

    return Way(msgpack.packb, msgpack.unpackb)


def _ormsgpack():
    import ormsgpack

    return Way(ormsgpack.packb, ormsgpack.unpackb)


def _msgspec(workload):
    import msgspec

    decoder = msgspec.msgpack.Decoder(*([workload.schema()] if workload.schema else []))
    return Way(msgspec.msgpack.Encoder().encode, decoder.decode)


def _orjson():
    import orjson

    return Way(orjson.dumps, orjson.loads)


def _json():
    import json

    return Way(json.dumps, json.loads)


def _joblib():
    import joblib

    def dumps(value):
        file = io.BytesIO()
        joblib.dump(value, file)
        return file.getvalue()

    return Way(dumps, lambda data: joblib.load(io.BytesIO(data)))


# The messages of protobuf: field names with their types, in the order of their numbers.
_SCHEMAS = {
    "Ints": [("items", "int64", True)],
    "Floats": [("items", "double", True)],
    "Strings": [("items", "string", True)],
    "Triple": [("a", "int64", False), ("b", "double", False), ("c", "int64", False)],
    "Triples": [("items", "Triple", True)],
    "Record": [
        ("id", "int64", False),
        ("name", "string", False),
        ("value", "double", False),
        ("active", "bool", False),
        ("group", "string", False),
    ],
    "Records": [("items", "Record", True)],
    "Message": [
        ("id", "int64", False),
        ("type", "string", False),
        ("ok", "bool", False),
        ("value", "double", False),
        ("tags", "string", True),
    ],
}


@functools.lru_cache(None)
def _messages():
    """The classes of the messages."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto3")
    for message, fields in _SCHEMAS.items():
        described = file.message_type.add(name=message)
        for number, (name, kind, repeated) in enumerate(fields, 1):
            field = described.field.add(name=name, number=number)
            field.label = (
                field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL
            )
            if kind in _SCHEMAS:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".bench.{kind}"
            else:
                field.type = getattr(field_type, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"bench.{name}"))
        for name in _SCHEMAS
    }


def _items(message):
    """Lists of what protobuf has a type for."""
    return (
        lambda value: message(items=value).SerializeToString(),
        lambda data: list(message.FromString(data).items),
    )


def _protobuf(workload):
    messages = _messages()
    kinds = {"ints": "Ints", "floats": "Floats"}
    kinds.update(dict.fromkeys(("strings", "shared-strings", "non-ascii"), "Strings"))
    if workload.name in kinds:
        return Way(*_items(messages[kinds[workload.name]]))
    triple, triples = messages["Triple"], messages["Triples"]
    record, records = messages["Record"], messages["Records"]
    message = messages["Message"]
    if workload.name == "tuples":
        return Way(
            lambda value: triples(
                items=[triple(a=a, b=b, c=c) for a, b, c in value]
            ).SerializeToString(),
            lambda data: [(t.a, t.b, t.c) for t in triples.FromString(data).items],
        )
    if workload.name == "records":
        return Way(
            lambda value: records(items=[record(**each) for each in value]).SerializeToString(),
            lambda data: [
                {
                    "id": r.id,
                    "name": r.name,
                    "value": r.value,
                    "active": r.active,
                    "group": r.group,
                }
                for r in records.FromString(data).items
            ],
        )
    if workload.name == "message":

        def loads(data):
            m = message.FromString(data)
            return {
                "id": m.id,
                "type": m.type,
                "ok": m.ok,
                "value": m.value,
                "tags": list(m.tags),
            }

        return Way(lambda value: message(**value).SerializeToString(), loads)
    raise TypeError("no schema was written for it")


def way(name, workload, protocol, sites):
    """How a library, by its name, saves and loads a workload.

    sites   the folders of builds of the package, under the names they compete by
    Raises ImportError where the library is not installed.
    """
    if name in sites:
        return _package(sites[name], protocol)
    if name in ("pickle", "cloudpickle", "dill"):
        return _pickle_like(importlib.import_module(name), protocol)
    if name in ("msgspec", "protobuf"):
        return {"msgspec": _msgspec, "protobuf": _protobuf}[name](workload)
    plain = {
        "marshal": _marshal,
        "msgpack": _msgpack,
        "ormsgpack": _ormsgpack,
        "orjson": _orjson,
        "json": _json,
        "joblib": _joblib,
    }
    return plain[name]()


def versions():
    """The libraries that are there: names, and versions of those that are not the interpreter's."""
    from importlib import metadata

    found = {}
    for name in [*GOALS, "numpy", "pandas", "scikit-learn"]:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name in ("marshal", "json"):
                found[name] = None
    return found
