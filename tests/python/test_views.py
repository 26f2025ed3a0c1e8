"""The typed views of the C library, beside what Python says of the same objects.

kinds_views.py makes the objects, under the interpreters there are: Debian's, with its numpy, pandas
and scipy, and the tests' own with the newest; print_views, a program in C, prints what the views
say.
"""
import json
import os
import pathlib
import pickle
import struct
import subprocess
import sys

import command
import numpy
import pytest

HERE = pathlib.Path(__file__).resolve().parent
INTERPRETERS = {"debian": "/usr/bin/python3", "newest": sys.executable}


def program():
    return pathlib.Path(command.binary()).parent.parent / "tests" / "c" / "print_views"


def ask(cases):
    """What the views say of each (pickle, buffers)."""
    data = bytearray()
    for stream, buffers in cases:
        data += struct.pack("<I", len(buffers))
        for part in (stream, *buffers):
            data += struct.pack("<I", len(part)) + part
    done = subprocess.run([program()], input=bytes(data), check=True, capture_output=True)
    lines = done.stdout.decode("utf-8", "surrogatepass").splitlines()
    assert len(lines) == len(cases)
    return [json.loads(line) for line in lines]


def ask_one(stream, *buffers):
    return ask([(stream, buffers)])[0]


# ----------------------------------------------------------------------------
# Comparing
# ----------------------------------------------------------------------------


def elements(array, offset=0):
    """The elements in the order of their indices, as bytes, found by shape and strides."""
    size = array["dtype"]["size"]
    if not array["count"] or not size:
        return b""
    data = bytes.fromhex(array["bytes"]["hex"])
    return numpy.ndarray(array["shape"], f"V{size}", data, offset, array["strides"]).tobytes()


def check_array(found, expected, protocol=0):
    for key, value in expected.items():
        if key == "logical":
            assert elements(found).hex() == value
        elif key == "logical_mask":
            mask = dict(found, bytes=found["mask"], dtype={"size": 1})
            size = found["dtype"]["size"]
            mask["strides"] = [stride // size for stride in found["strides"]]
            if "objects" in found:
                mask["strides"] = found["strides"]
            assert elements(mask).hex() == value
        else:
            assert found[key] == value, key
    data = found["bytes"]
    if protocol >= 3 and "objects" not in found:
        # Nothing is copied.
        assert data["pointer"] and not data["elsewhere"]


def check_column(found, expected):
    values = found["values"]
    assert found["extension"] == expected["extension"]
    assert len(values["shape"]) == 1
    if isinstance(expected["column"], list):
        at = range(values["shape"][0])
        step = values["strides"][0]
        objects = [values["objects"][found["offset"] + step * i] for i in at]
        assert objects == expected["column"]
    else:
        assert elements(values, found["offset"]).hex() == expected["column"]


def check_frame(found, expected):
    for key in ("rows", "columns", "labels", "index"):
        assert found[key] == expected[key], key
    for i, column in enumerate(expected["all"]):
        assert (str(i) in found) == (column is not None)
        if column is not None:
            check_column(found[str(i)], column)


def check_subset(found, expected):
    for key, value in expected.items():
        assert found[key] == value, key


def check_case(found, expected, protocol):
    # An instance is one whatever else it is; the enums are asked about by name.
    told = set(found) - {"instance"} - ({"namedtuple"} - set(expected))
    assert told == set(expected) - {"instance"}
    for view, value in expected.items():
        if view == "array":
            check_array(found[view], value, protocol)
        elif view == "scalar":
            assert found[view]["dtype"] == value["dtype"]
            assert found[view]["bytes"]["hex"] == value["bytes"]["hex"]
        elif view == "sparse":
            for key, part in value.items():
                if isinstance(part, dict):
                    check_array(found[view][key], part)
                else:
                    assert found[view][key] == part, key
        elif view == "series":
            assert found[view]["name"] == value["name"]
            assert found[view]["index"] == value["index"]
            check_column(found[view]["column"], value["column"])
        elif view == "complex":
            assert {key: float.fromhex(part).hex() for key, part in found[view].items()} == value
        elif view == "frame":
            check_frame(found[view], value)
        else:
            check_subset(found[view], value)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_views(interpreter, tmp_path):
    path = tmp_path / "cases"
    environment = dict(os.environ, PYTHONPATH=str(HERE))
    subprocess.run([INTERPRETERS[interpreter], "-c",
                    f"import kinds_views; kinds_views.write({str(path)!r})"],
                   check=True, env=environment)
    with open(path, "rb") as file:
        cases = pickle.load(file)
    assert len(cases) > 1500
    failures = []
    for case, found in zip(cases, ask([(data, buffers) for _, _, data, buffers, _ in cases])):
        try:
            check_case(found, case[4], case[1])
        except (AssertionError, KeyError) as error:
            failures.append(f"{case[0]}: {error!r}\nexpected {case[4]}\nfound    {found}"[:3000])
    assert not failures, f"{len(failures)} of {len(cases)}:\n" + "\n".join(failures[:10])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
