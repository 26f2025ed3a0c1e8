"""The tests' own tools, checked against CPython: without this, agreement would mean little."""

import collections
import copy
import pickle
import random

import generate
import lossless
import model
import pytest
import reference
import same
import specimens

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def rebuilt(data, **options):
    return lossless.rebuild(reference.run(data), lossless.protocol_of(data), **options)


def test_reference_machine_says_what_loads_does():
    circular = 0
    for number, data in enumerate(generate.pickled_objects(1500, "reference")):
        try:
            ours = rebuilt(data)
        except lossless.Circular:
            circular += 1
            continue
        wrong = same.difference(pickle.loads(data), ours)
        assert wrong is None, f"pickle {number}: {wrong}\n{data!r}"
    assert circular < 15


@pytest.mark.parametrize("proto", PROTOCOLS)
def test_cycles(proto):
    loop = []
    loop.append(loop)
    table = {}
    table["self"] = table
    both = ([], {})
    both[0].append(both)
    both[1]["up"] = both
    plain = specimens.Plain()
    plain.self = plain
    plain.inside = (plain, [plain])
    dictionary = collections.OrderedDict()
    dictionary["me"] = dictionary
    for value in (loop, table, both, plain, dictionary, (plain,)):
        data = pickle.dumps(value, proto)
        assert same.difference(pickle.loads(data), rebuilt(data)) is None


def test_generated_programs_are_what_genops_reads():
    """The writer of programs ran them while writing; reading them back gives the same graph."""
    for data, graph in generate.programs(1500, "reference"):
        wrong = model.compare(graph, reference.run(data))
        assert wrong is None, f"{wrong}\n{data!r}"


def test_generated_pickles_use_every_opcode_between_them():
    import pickletools

    seen = set()
    for data, _ in generate.programs(1000, "opcodes"):
        seen.update(opcode.name for opcode, _, _ in pickletools.genops(data))
    assert {opcode.name for opcode in pickletools.opcodes} == seen


def test_generators_repeat_themselves():
    assert list(generate.pickled_objects(60, 1)) == list(generate.pickled_objects(60, 1))
    assert list(generate.pickled_objects(60, 1)) != list(generate.pickled_objects(60, 2))
    assert [p for p, _ in generate.programs(60, 1)] == [p for p, _ in generate.programs(60, 1)]


# Comparisons that never fail would prove nothing: each of these pairs differs.

_a = [1]
DIFFERENT_OBJECTS = [
    (1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ([1], (1,)), ([], ()),
    ({1: 2, 3: 4}, {3: 4, 1: 2}), ([_a, _a], [[1], [1]]), ([[1], [1]], [_a, _a]), ({1}, {True}),
    ({1}, frozenset([1])), (b"x", bytearray(b"x")), (float("nan"), -float("nan")),
    (specimens.Plain(a=1), specimens.Plain(a=2)), (specimens.Plain(a=1), specimens.Plain(b=1)),
    (specimens.Slots(1, 2), specimens.Slots(2, 1)), (specimens.Plain(), specimens.Slots()),
    (collections.deque([1], 3), collections.deque([1], 4)),
    (collections.defaultdict(int), collections.defaultdict(list)),
    (specimens.MyList([1]), [1]),
    (ValueError("a"), ValueError("b")),
    (ValueError("a"), KeyError("a")),
    (int, float),
    (1 + 0j, complex(1, -0.0)),
    ([1, 2], [1, 2, 3]),
    (specimens.Color.RED, specimens.Color.GREEN),
]


@pytest.mark.parametrize("left, right", DIFFERENT_OBJECTS)
def test_difference_is_found(left, right):
    assert same.difference(left, right) is not None
    assert same.difference([left], [right]) is not None


@pytest.mark.parametrize("left, right", DIFFERENT_OBJECTS)
def test_no_difference_to_a_copy(left, right):
    for value in (left, right):
        assert same.difference([value, 1], copy.deepcopy([value, 1])) is None


DIFFERENT_PICKLES = [
    (b"K\x01.", b"I01\n."), (b"K\x01.", b"F1\n."),
    (b"G\0\0\0\0\0\0\0\0.", b"G\x80\0\0\0\0\0\0\0."), (b"](K\x01K\x02e.", b"](K\x02K\x01e."),
    (b"]K\x01a.", b"K\x01\x85."), (b"}(K\x01NK\x02Nu.", b"}(K\x02NK\x01Nu."),
    (b"](]]e.", b"(]2l."), (b"(]2l.", b"](]]e."), (b"U\x01a.", b"C\x01a."),
    (b"U\x01a.", b"\x8c\x01a."), (b"\x96\x01\0\0\0\0\0\0\0a.", b"C\x01a."),
    (b"cm\nf\n)R.", b"cm\nf\n)\x81."), (b"cm\nf\n)R.", b"cm\nf\n(K\x01tR."),
    (b"cm\nf\n.", b"cm\ng\n."), (b"cm\nf\n)R]b.", b"cm\nf\n)R."),
    (b"cm\nf\n)R]b.", b"cm\nf\n)R]a."), (b"cm\nf\n)RNa]b.", b"cm\nf\n)R]bNa."),
    (b"\x97.", b"\x97\x98."), (b"\x82\x01.", b"\x82\x02."), (b"Pa\n.", b"Pb\n."),
    (b"cm\nf\n(]tR.", b"cm\nf\n(]q\0tRh\0Na0."), (b"cm\nf\n(]q\0tR0h\0Na.", b"]Na."),
    (b"cm\nf\n)\x81.", b"cm\nf\n)}\x92."),
    (b"(X\x29\0\0\0" + b"x" * 41 + b"2t.", b"(" + 2 * (b"X\x29\0\0\0" + b"x" * 41) + b"t."),
]


@pytest.mark.parametrize("left, right", DIFFERENT_PICKLES)
def test_compare_finds(left, right):
    left, right = reference.run(left), reference.run(right)
    assert model.compare(left, right) is not None
    assert model.compare(right, left) is not None
    assert model.compare(left, left) is None


def test_short_text_has_no_identity():
    shared = reference.run(b"(X\x28\0\0\0" + b"x" * 40 + b"2t.")
    apart = reference.run(b"(" + 2 * (b"X\x28\0\0\0" + b"x" * 40) + b"t.")
    assert model.compare(shared, apart) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"$ref": 1}', '[{"$id": 1, "$list": []}]', '{"$list": []}', '{"$dict": [["a", 1]]}',
        '{"$int": "5"}', '{"$float": "1.0"}', '{"$float": "0x7ff8000000000000"}',
        '{"$utf8": "YQ=="}', '{"$str": "a"}', '{"$unknown": 1}', '{"$id": 3}', '{"$set": 3}',
        '{"$tuple": [], "more": 1}', '{"$ext": 0}',
        '{"$call": {"$global": ["m", "f"]}, "args": null, "do": [["append", []]]}',
        '{"$call": {"$global": ["m", "f"]}, "args": null,'
        ' "do": [["append", [1]], ["append", [1]]]}',
        '{"$call": {"$global": ["m", "f"]}, "args": null, "changedLater": false}',
        '[{"$id": 1, "$list": []}, {"$id": 1, "$list": []}, {"$ref": 1}]',
        "NaN",
        "9007199254740992",
        '{"a": 1, "a": 2}',
        '"\\ud800"',
        '[{"$id": 1, "$tuple": []}, {"$ref": 1}]',
    ],
)
def test_the_reader_of_lossless_json_is_strict(text):
    with pytest.raises(lossless.NotLossless):
        lossless.read(text)


def test_the_reader_of_lossless_json_reads():
    text = """[{"$id": 4, "$list": [{"$ref": 4}, -0.0, {"$float": "nan"}, {"$bytes": "AA=="}]},
               {"$ref": 4}, {"$tuple": [1, true, null, "x"]},
               {"$dict": [[1, {"a": {"$py2str": "\u00e9"}}]]},
               {"$object": {"$global": ["m", "C"]}, "args": {"$tuple": []},
                "do": [["state", {}]]}]"""
    graph = lossless.read(text)
    assert [item.kind for item in graph.items] == ["list", "list", "tuple", "dict", "object"]
    assert graph.items[0] is graph.items[1] is graph.items[0].items[0]
    assert graph.items[3].items[0][1].items[0][1].value == b"\xe9"
    assert graph.items[4].do[0][0] == "state"


def test_random_floats_are_of_all_sizes():
    objects = generate.Objects(random.Random(1))
    values = [abs(objects.real(nan=False)) for _ in range(400)]
    assert min(v for v in values if v) < 1e-300 and max(values) > 1e300
