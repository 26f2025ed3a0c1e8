"""Names that safe loading allows, used as nobody would who wrote an honest file.

Being on a list is not enough: each of these uses a name of the defaults or of a preset with
arguments, a state or in a place that could break memory, change classes for everybody, or reach
what is not on the list.  safe_load has to refuse them all, whatever presets are given.
"""
import struct

from assemble import (
    EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, EVAL, MARKER, NONE, POP, PYTHON, Piece, STOP, build, call,
    get, kept, new, proto, put, ref, steps, stream, text, value)
from technique import Family

family = Family("misuse")

ORDERED = ref("collections", "OrderedDict")
RIDGE = ref("sklearn.linear_model._ridge", "Ridge")
NDARRAY = ref("numpy", "ndarray")


def add(name, what, data, **more):
    if isinstance(data, Piece):
        data = stream(data)
    family.add(name, what, data, **{"executes": False, "loader": "none", **more})


def dtype(code="f8", order="<", size=-1, alignment=-1, flags=0, fields=(None, None),
          subarray=None):
    names, table = fields
    state = (3, order, subarray, names, table, size, alignment, flags)
    return build(call(ref("numpy", "dtype"), code, False, True), state)


def array(shape, of, data, version=1, fortran=False):
    empty = call(ref("numpy.core.multiarray", "_reconstruct"), NDARRAY, (0,), b"b")
    return build(empty, (version, shape, of, fortran, data))


INT32 = dtype("i4")
FLOAT64 = dtype("f8")


def classes():
    """What everybody shares may not be changed, nor what an object is."""
    add("class-gets-state", "state for an allowed class itself", build(RIDGE, {"fit": EVAL}))
    add("class-gets-harmless-state", "state for an allowed class itself, of allowed values",
        build(RIDGE, {"fit": 1}))
    add("class-gets-slots", "state of slots for an allowed class itself",
        build(RIDGE, (None, {"predict": ORDERED})))
    add("class-gets-items", "items for an allowed class itself",
        Piece(value(ORDERED) + text("a") + NONE + b"s"))
    add("class-is-appended-to", "an item appended to an allowed class itself",
        Piece(value(ORDERED) + NONE + b"a"))
    for word in ("__class__", "__dict__", "__reduce__", "__setstate__", "__init__"):
        add(f"state-has-{word.strip('_')}", f"the state of an allowed object has a key {word}",
            build(new(RIDGE), {word: ORDERED}))
    add("slots-have-class", "the state of slots has __class__",
        build(new(RIDGE), (None, {"__class__": ORDERED})))
    add("state-key-computed", "a state's key is no str, but made by a call",
        build(new(RIDGE), Piece(EMPTY_DICT + call(ref("_codecs", "encode"), "x", "latin1") + NONE
                                + b"s")))
    add("state-given-twice-to-function", "state for an allowed function",
        build(ref("numpy.core.multiarray", "_reconstruct"), {"a": 1}))
    add("state-on-type", "state for builtins.int", build(ref("builtins", "int"), {"a": 1}))
    add("wrong-object-gets-state", "an array's state for an OrderedDict",
        build(call(ORDERED), (1, (1,), FLOAT64, False, bytes(8))))
    add("shared-object-gets-state", "state for an object after a copy of it was used",
        steps(kept(1, new(RIDGE)), Piece(get(1) + value({"__class__": ORDERED}) + b"b"), get(1)))


def names():
    """A path through what is allowed leads to what is not."""
    add("path-through-method", "a method of an allowed class, by a dotted name",
        call(ref("collections", "OrderedDict.fromkeys"), [1]))
    add("path-to-globals", "globals of an allowed class's method, by a dotted name",
        ref("zoneinfo", "ZoneInfo._unpickle.__func__"))
    add("path-to-subclasses", "subclasses of an allowed class, by a dotted name",
        call(ref("collections", "OrderedDict.__subclasses__")))
    add("path-by-getattr", "getattr of another attribute of an allowed class",
        call(ref("builtins", "getattr"), ref("zoneinfo", "ZoneInfo"), "clear_cache"))
    add("path-by-getattr-dunder", "getattr of a dunder of an allowed class",
        call(ref("builtins", "getattr"), ref("collections", "OrderedDict"), "__init__"))
    add("path-by-getattr-on-object", "getattr of an object",
        call(ref("builtins", "getattr"), call(ORDERED), "update"))
    add("module-of-module", "an allowed module's import, by a dotted name",
        ref("collections", "_sys.modules"))
    add("name-of-submodule", "a module where a class should be", ref("numpy", "random"))
    add("looked-up-is-called", "a name that may only be looked up is called",
        call(ref("builtins", "int"), "12"))
    add("looked-up-is-called-newobj", "a name that may only be looked up is called by NEWOBJ",
        new(ref("builtins", "float"), "12"))
    add("ufunc-is-called", "a function of numpy that may only be looked up is called",
        call(ref("numpy", "add"), 1, 2))
    add("result-is-called", "what an allowed call returned is called", call(call(ORDERED), ()))
    add("object-as-module", "STACK_GLOBAL whose module is no str",
        proto(4) + call(ORDERED) + text("x") + b"\x93" + STOP)
    add("bytes-as-name", "STACK_GLOBAL whose name is bytes",
        proto(4) + text("collections") + value(b"OrderedDict") + b"\x93" + STOP)
    add("extension-code", "an extension code that is not registered", proto(2) + b"\x82\x07" + STOP)
    add("name-with-newline", "a name with a line end in it",
        proto(4) + text("collections\n") + text("OrderedDict") + b"\x93" + STOP)
    add("name-with-zero", "a name with a zero byte in it",
        proto(4) + text("collections\0x") + text("OrderedDict") + b"\x93" + STOP)
    add("name-with-surrogate", "a name with half a surrogate pair",
        proto(4) + text("collections") + text("\ud800") + b"\x93" + STOP)
    add("name-of-dots", "a name that is a dot", ref("collections", "."))
    add("name-ends-with-dot", "a name that ends with a dot", ref("collections", "OrderedDict."))
    add("relative-module", "a module whose name begins with a dot", ref(".collections", "x"))
    add("python2-name-in-protocol-4", "a name of Python 2 that means something else in protocol 4",
        ref("__builtin__", "eval"))


def calls():
    """Callees of the defaults with arguments that they do not expect."""
    add("factory-not-allowed", "a defaultdict whose factory is not on the list",
        call(ref("collections", "defaultdict"), ref("subprocess", "Popen")))
    add("factory-is-getattr", "a defaultdict whose factory is getattr, which is on a list",
        call(ref("collections", "defaultdict"), ref("builtins", "getattr")))
    add("factory-is-object", "a defaultdict whose factory is an object",
        call(ref("collections", "defaultdict"), call(ORDERED)))
    add("encode-rot13", "_codecs.encode with another encoding",
        call(ref("_codecs", "encode"), "x", "rot13"))
    add("encode-idna", "_codecs.encode with an encoding that imports",
        call(ref("_codecs", "encode"), "x" * 300, "idna"))
    add("encode-object", "_codecs.encode whose text is an object",
        call(ref("_codecs", "encode"), call(ORDERED), "latin1"))
    add("bytes-of-number", "bytes of a number", call(ref("builtins", "bytes"), 100))
    add("complex-of-text", "complex of a text", call(ref("builtins", "complex"), "1", 2))
    add("fraction-by-zero", "a Fraction of a text that divides by zero, and more",
        call(ref("fractions", "Fraction"), "1e99999999/0"))
    add("timezone-of-object", "a timezone of no timedelta",
        call(ref("datetime", "timezone"), call(ORDERED)))
    add("timedelta-of-floats", "a timedelta of floats",
        call(ref("datetime", "timedelta"), 1e300, 0, 0))
    add("uuid-of-too-many-bits", "a UUID whose int has 200 bits",
        build(new(ref("uuid", "UUID")), {"int": 2**200}))
    add("zone-absolute", "a zone whose key is an absolute path",
        call(ref("zoneinfo", "ZoneInfo._unpickle"), "/etc/passwd", 1))
    add("reconstructor-of-type", "copyreg._reconstructor of a class with type for its base",
        call(ref("copyreg", "_reconstructor"), ORDERED, ref("builtins", "type"), "x"))
    add("reconstructor-of-function", "copyreg._reconstructor of a function",
        call(ref("copyreg", "_reconstructor"), ref("_codecs", "encode"),
             ref("builtins", "object"), None))
    add("newobj-with-arguments", "copyreg.__newobj__ with arguments for a class that has none",
        call(ref("copyreg", "__newobj__"), RIDGE, call(ORDERED)))
    add("deque-negative", "a deque of a negative maxlen",
        call(ref("collections", "deque"), (), -1))
    add("counter-of-object", "a Counter of an object",
        call(ref("collections", "Counter"), new(RIDGE)))
    add("path-of-object", "a path of an object",
        call(ref("pathlib", "PurePosixPath"), call(ORDERED)))
    add("kwargs", "NEWOBJ_EX with keywords for a class that has none",
        Piece(value(ref("datetime", "date")) + EMPTY_TUPLE + value({"year": 1}) + b"\x92"))
    add("arguments-no-tuple", "REDUCE with a list of arguments",
        Piece(value(ref("builtins", "complex")) + value([1.0, 2.0]) + b"R"))
    add("list-grows-after-call", "a list of a call's arguments grows after the call",
        proto(4) + ref("fractions", "Fraction") + EMPTY_LIST + put(1) + b"\x85R" + put(2) + POP
        + get(1) + text("1/3") + b"a" + POP + get(2) + STOP)


def numpys():
    """numpy's own functions trust what they are given: memory would be read where there is none."""
    add("array-short", "an array with fewer bytes than its shape has",
        array((4,), FLOAT64, bytes(8)))
    add("array-long", "an array with more bytes than its shape has",
        array((1,), FLOAT64, bytes(64)))
    add("array-negative", "an array of a negative shape", array((-1,), FLOAT64, bytes(8)))
    add("array-of-objects-in-bytes", "an array of objects whose items are bytes of memory",
        array((2,), dtype("O8", "|", flags=63), bytes(16)))
    add("array-of-objects-short", "an array of objects with fewer items than its shape has",
        array((4,), dtype("O8", "|", flags=63), [1]))
    add("array-of-no-dtype", "an array whose dtype is an object",
        array((1,), call(ORDERED), bytes(8)))
    add("array-shape-no-ints", "an array whose shape is of floats",
        array((1.0,), FLOAT64, bytes(8)))
    add("array-many-dimensions", "an array of 100 dimensions", array((1,) * 100, FLOAT64, bytes(8)))
    add("array-no-version", "an array's state without a version",
        build(call(ref("numpy.core.multiarray", "_reconstruct"), NDARRAY, (0,), b"b"),
              ((4,), FLOAT64, False, bytes(8))))
    add("array-state-twice", "a second state for an array, with other bytes",
        build(array((1,), FLOAT64, bytes(8)), (1, (4,), FLOAT64, False, bytes(8))))
    add("array-reconstructed-large", "numpy's _reconstruct with a shape of its own",
        call(ref("numpy.core.multiarray", "_reconstruct"), NDARRAY, (1000, 1000, 1000), b"d"))
    add("array-newobj", "an array made by NEWOBJ, of any shape",
        new(NDARRAY, (1000, 1000), "f8"))
    far = {"a": (INT32, 1000)}
    add("dtype-field-outside", "a field of a dtype lies outside of its items",
        array((1,), dtype("V8", "|", 8, 1, 16, (("a",), far)), bytes(8)))
    back = {"a": (INT32, -1000)}
    add("dtype-field-before", "a field of a dtype lies before its items",
        array((1,), dtype("V8", "|", 8, 1, 16, (("a",), back)), bytes(8)))
    hidden = {"a": (dtype("O8", "|", flags=63), 0)}
    add("dtype-hides-object", "a field of a dtype is an object, and its flags deny it",
        array((1,), dtype("V8", "|", 8, 1, 0, (("a",), hidden)), bytes(8)))
    add("dtype-size-lie", "the state of a dtype says another size than its code",
        array((1,), dtype("V4", "|", 2**30, 1), bytes(8)))
    add("dtype-subarray-huge", "a dtype of subarrays of 2**40 items",
        dtype("V8", "|", 8, 1, 0, subarray=(INT32, (2**40,))))
    add("dtype-state-on-shared", "state for the dtype that everybody has",
        build(call(ref("numpy", "dtype"), "f8", False, False),
              (3, ">", None, None, None, -1, -1, 0)))
    add("dtype-changed-later", "the state of an array's dtype changes after the array has used it",
        proto(4) + kept(5, FLOAT64) + POP + array((1,), get(5), bytes(8)) + put(6) + POP + get(5)
        + value((3, "|", None, None, None, -1, -1, 63)) + b"b0" + get(6) + STOP)
    add("dtype-of-text", "a dtype of a text that is parsed",
        call(ref("numpy", "dtype"), "f8, (1000000,1000000)i4", False, True))
    add("scalar-short", "a scalar of fewer bytes than its dtype has",
        call(ref("numpy.core.multiarray", "scalar"), FLOAT64, b"1"))
    add("scalar-object", "a scalar of objects, of bytes",
        call(ref("numpy.core.multiarray", "scalar"), dtype("O8", "|", flags=63), bytes(8)))
    add("frombuffer-short", "numpy's _frombuffer of fewer bytes than the shape has",
        call(ref("numpy.core.numeric", "_frombuffer"), bytes(8), FLOAT64, (4,), "C"))
    add("random-state-of-other", "a random state of a generator that there is not",
        call(ref("numpy.random._pickle", "__randomstate_ctor"), "os.system"))


def sparse(kind, state):
    module = f"scipy.sparse._{kind}"
    return build(new(ref(module, f"{kind}_matrix")), state)


def ints(*numbers):
    data = b"".join(number.to_bytes(4, "little", signed=True) for number in numbers)
    return array((len(numbers),), INT32, data)


def floats(count):
    return array((count,), FLOAT64, bytes(8 * count))


def libraries():
    add("csr-index-outside", "a sparse matrix with a column beyond its shape",
        sparse("csr", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, 1000000),
                       "indptr": ints(0, 1, 2), "data": floats(2)}))
    add("csr-pointer-outside", "a sparse matrix whose rows end beyond its items",
        sparse("csr", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, 1),
                       "indptr": ints(0, 1, 1000000), "data": floats(2)}))
    add("csc-pointer-backwards", "a sparse matrix whose columns run backwards",
        sparse("csc", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, 1),
                       "indptr": ints(0, 2, 1), "data": floats(2)}))
    add("csr-negative-index", "a sparse matrix with a negative column",
        sparse("csr", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, -5),
                       "indptr": ints(0, 1, 2), "data": floats(2)}))
    add("csr-data-short", "a sparse matrix with fewer values than indices",
        sparse("csr", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, 1),
                       "indptr": ints(0, 1, 2), "data": floats(1)}))
    add("csr-data-object", "a sparse matrix whose values are an object",
        sparse("csr", {"_shape": (2, 2), "maxprint": 50, "indices": ints(0, 1),
                       "indptr": ints(0, 1, 2), "data": call(ORDERED)}))
    add("coo-row-outside", "a sparse matrix with a row beyond its shape",
        sparse("coo", {"_shape": (2, 2), "maxprint": 50, "row": ints(0, 1000000),
                       "col": ints(0, 1), "data": floats(2), "has_canonical_format": False}))
    add("tree-without-nodes", "a decision tree whose state has no nodes",
        build(call(ref("sklearn.tree._tree", "Tree"), 2,
                   array((1,), dtype("i8"), (1).to_bytes(8, "little")), 1),
              {"max_depth": 1, "node_count": 1000000, "nodes": floats(1), "values": floats(1)}))
    node = dtype("V16", "|", 16, 1, 0, (
        ("left_child", "right_child", "feature"),
        {"left_child": (dtype("i8"), 0), "right_child": (dtype("i8"), 8),
         "feature": (dtype("i8"), 2**31)}))
    add("tree-field-outside", "a decision tree whose nodes have a field far behind them",
        build(call(ref("sklearn.tree._tree", "Tree"), 2,
                   array((1,), dtype("i8"), (1).to_bytes(8, "little")), 1),
              {"max_depth": 1, "node_count": 1, "nodes": array((1,), node, bytes(16)),
               "values": floats(1)}))
    add("tree-nodes-short", "a decision tree with fewer bytes than its nodes take",
        build(call(ref("sklearn.tree._tree", "Tree"), 2,
                   array((1,), dtype("i8"), (1).to_bytes(8, "little")), 1),
              {"max_depth": 1, "node_count": 10**9, "values": floats(1), "nodes": array(
                  (10**9,), dtype("V16", "|", 16, 1, 0, (
                      ("left_child", "right_child", "feature"),
                      {"left_child": (dtype("i4"), 0), "right_child": (dtype("i4"), 4),
                       "feature": (dtype("i8"), 8)})), bytes(16))}))
    for code, name in (("M8", "dates"), ("m8", "times")):
        add(f"dtype-of-{name}-without-unit", f"a dtype of {name} whose state has no unit",
            dtype(code))
        add(f"dtype-of-{name}-of-no-units", f"a dtype of {name} of zero units",
            build(call(ref("numpy", "dtype"), code, False, True),
                  (4, "<", None, None, None, -1, -1, 0, ({}, (b"ns", 0, 1, 1)))))
    add("dtype-of-numbers-with-unit", "a dtype of numbers whose state has a unit of time",
        build(call(ref("numpy", "dtype"), "f8", False, True),
              (4, "<", None, None, None, -1, -1, 0, ({}, (b"ns", 1, 1, 1)))))
    for code in ("U3", "S3", "V3"):
        add(f"dtype-{code[0].lower()}-of-no-size",
            f"a dtype {code} whose state takes its size away",
            dtype(code, "<" if code == "U3" else "|"))
    add("dia-offset-large", "a sparse matrix of diagonals far outside of it",
        sparse("dia", {"_shape": (2, 2), "maxprint": 50, "offsets": ints(2**31 - 1),
                       "data": array((1, 2), FLOAT64, bytes(16))}))
    add("dtype-of-shared-objects", "a dtype whose field of numbers lies upon one of objects",
        array((1,), dtype("V16", "|", 16, 1, 27, (
            ("a", "b"), {"a": (dtype("O8", "|", -1, -1, 63), 0), "b": (dtype("i8"), 3)})),
            [(None, 1)]))
    add("dtype-of-swapped-objects", "a dtype of objects in the other byte order",
        array((1,), dtype("O8", ">", -1, -1, 63), [1]))
    index = call(ref("pandas.core.indexes.base", "_new_Index"),
                 ref("pandas.core.indexes.range", "RangeIndex"),
                 {"name": None, "start": 0, "stop": 2**61, "step": 1})
    extra = {"0.14.1": {"axes": [index], "blocks": [
        {"values": floats(3), "mgr_locs": call(ref("builtins", "slice"), 0, 3, 1)}]}}
    add("series-of-more-labels", "a Series of three numbers and any number of labels",
        build(call(ref("pandas.core.internals.managers", "SingleBlockManager")),
              ([index], [floats(3)], [index], extra)))
    add("tree-negative", "a decision tree of a negative number of outputs",
        call(ref("sklearn.tree._tree", "Tree"), 2,
             array((1,), dtype("i8"), (1).to_bytes(8, "little")), -1))
    add("block-outside", "a pandas block of columns beyond its frame",
        call(ref("pandas._libs.internals", "_unpickle_block"), floats(2),
             call(ref("builtins", "slice"), 0, 1000000, 1), 2))
    add("block-dimensions", "a pandas block of another number of dimensions",
        call(ref("pandas._libs.internals", "_unpickle_block"), floats(2),
             call(ref("builtins", "slice"), 0, 1, 1), 7))
    add("period-state", "a pandas Period whose state is an object",
        build(call(ref("pandas._libs.tslibs.period", "Period"), None, None, 1), call(ORDERED)))
    add("tensor-without-storage", "a torch tensor whose storage is no persistent id",
        call(ref("torch._utils", "_rebuild_tensor_v2"), bytes(8), 0, (2,), (1,), False,
             call(ORDERED)))
    add("tensor-parameter", "a torch parameter of no tensor",
        call(ref("torch._utils", "_rebuild_parameter"), call(ORDERED), True, call(ORDERED)))
    add("torch-size-huge", "a torch.Size of what is no tuple",
        call(ref("torch", "Size"), call(ORDERED)))
    add("transformer-of-eval", "a FunctionTransformer whose state has a function of ours",
        build(new(ref("sklearn.preprocessing._function_transformer", "FunctionTransformer")),
              {"func": EVAL}))


def node(split, begin, end, less, greater):
    """A node of a k-d tree, as it lies in memory."""
    return struct.pack("<9q", split, end - begin, 0, begin, end, 0, 0, less, greater)


def kd_tree(nodes, indices=(0, 1), points=2, axes=2):
    raw = b"".join(nodes)
    table = array((len(raw),), dtype("S1", "|", 1, 1), raw)
    numbers = b"".join(number.to_bytes(8, "little", signed=True) for number in indices)
    order = array((len(indices),), dtype("i8"), numbers)
    matrix = array((points, axes), FLOAT64, bytes(8 * points * axes))
    return build(new(ref("scipy.spatial._ckdtree", "cKDTree")),
                 (table, matrix, points, axes, 16, floats(axes), floats(axes), order, None, None))


# What SciPy writes for a distribution without parameters, and runs when it is loaded.
PARSE = """
def _parse_args(self, loc=0, scale=1):
    return (), loc, scale
"""


def distribution(source):
    return build(new(ref("scipy.stats._continuous_distns", "norm_gen")),
                 {"_parse_arg_template": source, "numargs": 0, "moment_type": 1, "shapes": None})


def scipys():
    for name, what, source in [
            ("call", "calls what it returns", PARSE.replace("return ()", "return exit()")),
            ("call-blank", "calls behind a blank", PARSE.replace("return ()", "return exit ()")),
            ("default", "calls in a default", PARSE.replace("loc=0", "loc=exit()")),
            ("import", "imports", PARSE + "import antigravity\n"),
            ("import-inside", "imports within", PARSE.replace("return", "import this; return")),
            ("decorator", "has a decorator", "@exit" + PARSE),
            ("attribute", "reaches an attribute", PARSE.replace("return ()", "return self.x")),
            ("other-function", "defines another function", PARSE.replace("_parse_args", "rvs")),
            ("line-joined", "goes on behind its end", PARSE + "\\\nexit()"),
            ("none", "is an object", call(ORDERED))]:
        add(f"distribution-{name}", f"a distribution whose source {what}", distribution(source))
    add("distribution-without-source", "a distribution whose source is missing",
        build(new(ref("scipy.stats._continuous_distns", "norm_gen")), {"numargs": 0}))
    add("distribution-called", "a distribution that is called, not allocated",
        call(ref("scipy.stats._continuous_distns", "norm_gen")))
    add("spline-short", "a spline with fewer coefficients than its knots need",
        build(new(ref("scipy.interpolate._bsplines", "BSpline")),
              {"t": floats(1000), "c": floats(2), "k": 3, "extrapolate": True, "axis": 0}))
    add("spline-degree", "a spline of a negative degree",
        build(new(ref("scipy.interpolate._bsplines", "BSpline")),
              {"t": floats(10), "c": floats(10), "k": -3, "extrapolate": True, "axis": 0}))
    add("grid-mismatch", "values on a grid that is larger",
        build(new(ref("scipy.interpolate._rgi", "RegularGridInterpolator")),
              {"grid": (floats(1000), floats(1000)), "values": array((2, 2), FLOAT64, bytes(32)),
               "method": "linear"}))
    add("rotation-narrow", "rotations of one number each",
        build(new(ref("scipy.spatial.transform._rotation", "Rotation")),
              (array((4, 1), FLOAT64, bytes(32)), False)))
    add("kd-tree-circle", "a k-d tree whose node leads to itself",
        kd_tree([node(0, 0, 2, 0, 0)]))
    add("kd-tree-outside", "a k-d tree whose node leads behind the last",
        kd_tree([node(0, 0, 2, 1, 1000), node(-1, 0, 1, 0, 0)]))
    add("kd-tree-range", "a k-d tree whose leaf has more points than there are",
        kd_tree([node(-1, 0, 1000000, 0, 0)]))
    add("kd-tree-axis", "a k-d tree that splits an axis that it has not",
        kd_tree([node(7, 0, 2, 1, 1), node(-1, 0, 2, 0, 0)]))
    add("kd-tree-index", "a k-d tree with an index beyond its points",
        kd_tree([node(-1, 0, 2, 0, 0)], (0, 1000000)))
    add("kd-tree-no-nodes", "a k-d tree with half a node", kd_tree([bytes(36)]))
    add("dia-offsets", "a matrix of diagonals with more offsets than rows of data",
        sparse("dia", {"_shape": (3, 3), "maxprint": 50, "offsets": ints(*range(50)),
                       "data": array((1, 3), FLOAT64, bytes(24))}))
    objects = dtype("O8", "|", flags=63)
    for name, rows, data in [("long", [[0], []], [[1.0] * 1000, []]),
                             ("outside", [[1000], []], [[1.0], []]),
                             ("no-list", [[0], 5], [[1.0], 5])]:
        add(f"lil-{name}", "a matrix of lists whose lists do not fit",
            sparse("lil", {"_shape": (2, 2), "maxprint": 50, "rows": array((2,), objects, rows),
                           "data": array((2,), objects, data)}))
    add("dok-of-ranges", "a matrix of keys whose shape is spread out",
        new(ref("scipy.sparse._dok", "dok_matrix"),
            (call(ref("builtins", "range"), 0, 10**9, 1),)))

    densities()


def densities():
    """Compiled code of gaussian_kde takes sizes from one array, and numbers from others."""
    matrix = array((1, 1), FLOAT64, struct.pack("<d", 1.0))
    number = call(ref("numpy.core.multiarray", "scalar"), FLOAT64, struct.pack("<d", 1.0))
    honest = {"dataset": array((1, 8), FLOAT64, bytes(64)), "d": 1, "n": 8, "_weights": floats(8),
              "_neff": 8.0, "factor": 1.0, "_data_covariance": matrix, "_data_cho_cov": matrix,
              "covariance": matrix, "cho_cov": matrix, "log_det": 0.0}
    for name, what, changed in [
            ("scalar", "a factor that has no axes", {"cho_cov": number}),
            ("later", "a factor of which others are made that has no axes",
             {"_data_cho_cov": number}),
            ("narrow", "a factor with fewer rows than its points have axes",
             {"dataset": array((4, 8), FLOAT64, bytes(256)), "d": 4}),
            ("weights", "fewer weights than points", {"_weights": floats(1)}),
            ("axes", "points of more axes than they have", {"d": 1000}),
            ("count", "more points than there are", {"n": 1000000}),
            ("bandwidth", "a bandwidth that is an array", {"_neff": floats(1000)}),
            ("method", "a bandwidth that something else computes", {"covariance_factor": ORDERED}),
            ("objects", "points that are objects",
             {"dataset": array((1, 8), dtype("O8", "|", flags=63), [None] * 8)})]:
        add(f"density-{name}", f"a density with {what}",
            build(new(ref("scipy.stats._kde", "gaussian_kde")), {**honest, **changed}))


def pandas_misuse():
    memmap = ref("numpy", "memmap")
    file = {"filename": MARKER, "mode": "w+", "shape": 10, "dtype": "u1"}
    for module, name in [("base", "_new_Index"), ("datetimes", "_new_DatetimeIndex"),
                         ("interval", "_new_IntervalIndex"), ("period", "_new_PeriodIndex"),
                         ("timedeltas", "_new_TimedeltaIndex")]:
        maker = ref(f"pandas.core.indexes.{module}", name)
        add(f"{name.strip('_').lower().replace('_', '-')}-of-memmap",
            f"pandas' {name} makes an instance of numpy.memmap, which opens a file",
            call(maker, memmap, file))
        add(f"{name.strip('_').lower().replace('_', '-')}-of-class",
            f"pandas' {name} makes an instance of another class", call(maker, RIDGE, {"alpha": 1}))
    index = ref("pandas", "Index")
    whole = call(ref("builtins", "range"), 0, 10**11, 1)
    add("index-of-range", "an index of objects made of a range",
        call(ref("pandas.core.indexes.base", "_new_Index"), index,
             {"data": whole, "dtype": ref("numpy", "object_")}))
    add("index-of-list", "an index of a list of lists",
        call(ref("pandas.core.indexes.base", "_new_Index"), index, {"data": [[1]], "dtype": "O"}))
    codes = array((3,), dtype("i1", "|", 1, 1), bytes((0, 1, 100)))
    level = call(ref("pandas.core.indexes.base", "_new_Index"), index,
                 {"data": floats(2), "name": None})
    add("multiindex-code-outside", "a MultiIndex with a code beyond its level",
        call(ref("pandas.core.indexes.base", "_new_Index"), ref("pandas", "MultiIndex"),
             {"levels": [level], "codes": [codes], "sortorder": None, "names": [None]}))
    add("sparse-index-of-range", "a pandas sparse index of a range",
        call(ref("pandas._libs.sparse", "IntIndex"), 3, whole))
    for name, zone in [("path", "dateutil//etc/passwd"), ("parent", "../../etc/passwd")]:
        add(f"timestamp-zone-{name}", "a Timestamp whose time zone is a path",
            call(ref("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"), 0, None, zone, 10))
    add("pytz-path", "a zone of pytz that is a path",
        call(ref("pytz", "_p"), "../../../etc/passwd", 0, 0, "X"))
    add("backed-array-of-memmap", "pandas' arrays made an instance of numpy.memmap",
        call(ref("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"), memmap, 1, None))


def beside():
    """What the loader, or other bytes, bring in does not excuse what stands beside it."""
    bad = call(ref("fractions", "Fraction"), "1e999999999")
    pairs = [("persistent-id", Piece(value("id") + b"Q")), ("buffer", Piece(b"\x97")),
             ("array", call(ref("array", "array"), "d", [1.0])),
             ("storage", ref("torch", "FloatStorage")), ("exception", call(ref("builtins",
                                                                               "ValueError")))]
    for name, piece in pairs:
        add(f"beside-{name}", f"misuse beside a harmless {name}", steps(piece, bad))
    wrapper = build(new(ref("joblib.numpy_pickle", "NumpyArrayWrapper")),
                    {"subclass": NDARRAY, "shape": (2,), "order": "C", "dtype": FLOAT64,
                     "allow_mmap": False})
    add("beside-joblib-array", "misuse in front of an array of joblib's",
        proto(4) + bad + b"0" + wrapper + bytes(16) + STOP)
    add("joblib-array-of-class", "an array of joblib's whose class is no array",
        build(new(ref("joblib.numpy_pickle", "NumpyArrayWrapper")),
              {"subclass": RIDGE, "shape": (2,), "order": "C", "dtype": FLOAT64,
               "allow_mmap": False}))


def standard():
    """The values of the standard library that more can be done with than is meant."""
    whole = call(ref("builtins", "range"), 0, 10**11, 1)
    add("pattern-debug", "a pattern whose flags make its compiler print",
        call(ref("re", "_compile"), "a", 128))
    add("pattern-of-object", "a pattern of an object",
        call(ref("re", "_compile"), call(ORDERED), 0))
    add("pattern-long", "a pattern of a hundred kilobytes",
        call(ref("re", "_compile"), "(a|b)" * 20000, 0))
    add("pattern-of-sets", "a pattern of a thousand wide sets",
        call(ref("re", "_compile"), "[\0-\U0010ffff]" * 400, 2))
    add("exception-args", "the arguments of an exception are a range, which is spread out",
        build(call(ref("builtins", "ValueError")), {"args": whole}))
    add("exception-cause", "an exception's cause is replaced",
        build(call(ref("builtins", "ValueError")), {"__cause__": 1}))
    add("partial-of-memmap", "a partial of numpy.memmap",
        call(ref("functools", "partial"), ref("numpy", "memmap")))
    add("partial-of-eval", "a partial whose state brings another function",
        build(call(ref("functools", "partial"), ref("builtins", "int")),
              (EVAL, (PYTHON,), {}, None)))
    add("partial-called", "a partial is called",
        call(call(ref("functools", "partial"), ref("builtins", "int")), "1"))
    add("itemgetter-called", "an itemgetter is called",
        call(call(ref("operator", "itemgetter"), 0), [1]))
    add("map-called", "map, which may be looked up, is called",
        call(ref("builtins", "map"), ref("builtins", "len"), []))
    add("type-of-three", "type with three arguments",
        call(ref("builtins", "type"), "X", (), {"a": 1}))
    add("type-of-object", "type of an object", call(ref("builtins", "type"), call(ORDERED)))
    alias = ref("types", "GenericAlias")
    add("generic-doubles", "a generic type whose hash takes twice as long with each step",
        proto(4) + kept(1, call(alias, ref("builtins", "list"), ref("builtins", "int")))
        + b"".join(
            POP + kept(1, call(alias, ref("builtins", "tuple"), (get(1), get(1))))
            for _ in range(40)) + STOP)
    add("typing-of-text", "typing compiles text",
        call(ref("_operator", "getitem"), ref("typing", "List"), "x" * 1000))
    add("struct-time-nested", "a struct_time of struct_times",
        call(ref("time", "struct_time"), (call(ref("time", "struct_time"), (0,) * 9),) * 9))
    add("chain-map-no-list", "a ChainMap whose maps are an object",
        build(new(ref("collections", "ChainMap")), {"maps": call(ORDERED)}))
    add("random-state", "a Random whose state is a range",
        build(call(ref("random", "Random")), (3, whole, None)))
    add("address-of-digits", "an address of an int of a megabyte",
        call(ref("ipaddress", "IPv4Address"),
             Piece(b"\x8b" + struct.pack("<I", 10**5) + bytes(10**5 - 1) + b"\1")))
    add("method-not-listed", "a method of an allowed object that is not listed",
        call(ref("builtins", "getattr"), "text", "format"))
    add("method-of-distribution", "a method of a distribution that is not listed",
        call(ref("builtins", "getattr"), distribution(PARSE), "rvs"))
    add("array-of-object", "array's array of an object",
        call(ref("array", "array"), "d", call(ORDERED)))
    add("array-reconstructed-class", "array's helper with another class",
        call(ref("array", "_array_reconstructor"), ORDERED, "d", 16, bytes(8)))


def torches():
    add("module-of-layers", "a torch module of 10**12 layers",
        build(new(ref("torch.nn.modules.rnn", "LSTM")), {"num_layers": 10**12}))
    add("module-called", "a torch module that is called, not allocated",
        call(ref("torch.nn.modules.linear", "Linear")))
    storage = Piece(value(("storage", ref("torch", "QInt8Storage"), "0", "cpu", 3)) + b"Q")
    add("quantized-size", "a quantized tensor larger than its storage",
        call(ref("torch._utils", "_rebuild_qtensor"), storage, 0, (2**40,), (1,),
             (ref("torch", "per_tensor_affine"), 0.1, 0), False, call(ORDERED)))
    for name, size, stride in [("size", (2**40,), (1,)), ("stride", (3,), (2**40,)),
                               ("product", (2**31, 2**31), (2**31, 1)), ("ranks", (3,), (1, 1))]:
        add(f"tensor-{name}", "a tensor that does not fit into its storage",
            call(ref("torch._utils", "_rebuild_tensor_v2"), storage, 0, size, stride, False,
                 call(ORDERED)))
    add("tensor-offset", "a tensor that begins behind its storage",
        call(ref("torch._utils", "_rebuild_tensor_v2"), storage, 4, (1,), (1,), False,
             call(ORDERED)))
    whole = [0x1950a86a20f9469cfc6c, 1001, {"little_endian": True}, storage, ["0"]]
    for name, place, part in [
            ("magic", 0, 1), ("version", 1, 1002), ("call", 2, call(ORDERED)),
            ("other-id", 3, Piece(value(("module", RIDGE, "a", "b")) + b"Q")),
            ("other-class", 3, Piece(value(("storage", RIDGE, "0", "cpu", 3)) + b"Q")),
            ("no-id", 3, 1), ("import", 3, steps(ref("antigravity", "x"), storage)),
            ("keys", 4, call(ORDERED))]:
        parts = [stream(part if number == place else one, 2) for number, one in enumerate(whole)]
        add(f"storage-bytes-{name}", "a storage's bytes whose pickles are not torch's",
            call(ref("torch.storage", "_load_from_bytes"),
                 b"".join(parts) + struct.pack("<Q", 3) + bytes(3)))
    parts = b"".join(stream(one, 2) for one in whole)
    add("storage-bytes-short", "a storage of fewer bytes than it says",
        call(ref("torch.storage", "_load_from_bytes"), parts + struct.pack("<Q", 3) + bytes(2)))
    add("storage-bytes-count", "a storage that counts its items twice, and not alike",
        call(ref("torch.storage", "_load_from_bytes"), parts + struct.pack("<Q", 1) + bytes(3)))
    sparse_tensors()
    add("rebuild-other-function", "torch's _rebuild_from_type_v2 with another function",
        call(ref("torch._tensor", "_rebuild_from_type_v2"), ref("numpy", "memmap"),
             ref("torch.nn.parameter", "Parameter"), (MARKER,), {}))


def tensor(kind, size, code, *numbers):
    """A tensor whose storage is in the pickle."""
    storage = Piece(value(("storage", ref("torch", f"{kind}Storage"), "0", "cpu", len(numbers),
                           None)) + b"Q")
    parts = [0x1950a86a20f9469cfc6c, 1001, {"little_endian": True}, storage, ["0"]]
    data = struct.pack(f"<Q{len(numbers)}{code}", len(numbers), *numbers)
    made = call(ref("torch.storage", "_load_from_bytes"),
                b"".join(stream(one, 2) for one in parts) + data)
    stride = (size[1], 1) if len(size) == 2 else (1,)
    return call(ref("torch._utils", "_rebuild_tensor_v2"), made, 0, size, stride, False,
                call(ORDERED))


def coordinates(*numbers, values=2, size=(2, 3), more=()):
    layout = call(ref("torch.serialization", "_get_layout"), "torch.sparse_coo")
    table = tensor("Long", (2, len(numbers) // 2), "q", *numbers)
    return call(ref("torch._utils", "_rebuild_sparse_tensor"), layout,
                (table, tensor("Float", (values,), "f", *[1.0] * values),
                 call(ref("torch", "Size"), size)) + more)


def rows(begins, columns, values=2, name="_rebuild_sparse_csr_tensor"):
    layout = call(ref("torch.serialization", "_get_layout"), "torch.sparse_csr")
    return call(ref("torch._utils", name), layout,
                (tensor("Long", (len(begins),), "q", *begins),
                 tensor("Long", (len(columns),), "q", *columns),
                 tensor("Float", (values,), "f", *[1.0] * values),
                 call(ref("torch", "Size"), (2, 3))))


def sparse_tensors():
    """Compiled code follows their indices without looking."""
    for name, what, piece in [
            ("outside", "an index behind the end", coordinates(0, 1, 0, 3)),
            ("negative", "a negative index", coordinates(0, -1, 0, 2)),
            ("values", "fewer values than indices", coordinates(0, 1, 0, 2, values=1)),
            ("axes", "indices of more axes than its shape", coordinates(0, 1, 0, 2, size=(3,))),
            ("huge", "more items than can be counted",
             coordinates(0, 1, 0, 2, size=(2**62, 2**62))),
            ("order", "indices that are said to be in order",
             coordinates(1, 0, 0, 2, more=(True,))),
            ("twice", "indices that are said to be there once",
             coordinates(1, 1, 2, 2, more=(True,))),
            ("row-end", "rows that end behind their end", rows((0, 1, 9), (0, 2))),
            ("row-begin", "rows that do not begin at the beginning", rows((1, 1, 2), (0, 2))),
            ("row-back", "a row that ends before it begins", rows((0, 3, 2), (0, 2))),
            ("row-count", "fewer rows than its shape", rows((0, 2), (0, 2))),
            ("column", "a column behind the last", rows((0, 1, 2), (0, 3))),
            ("column-order", "columns of a row out of order", rows((0, 2, 2), (2, 0))),
            ("row-values", "fewer values than columns", rows((0, 1, 2), (0, 2), values=1))]:
        add(f"sparse-tensor-{name}", f"a sparse tensor with {what}", piece)
    layout = call(ref("torch.serialization", "_get_layout"), "torch.sparse_coo")
    storage = Piece(value(("storage", ref("torch", "LongStorage"), "0", "cpu", 4)) + b"Q")
    unseen = call(ref("torch._utils", "_rebuild_tensor_v2"), storage, 0, (2, 2), (2, 1), False,
                  call(ORDERED))
    add("sparse-tensor-unseen", "a sparse tensor whose indices are outside of the pickle",
        call(ref("torch._utils", "_rebuild_sparse_tensor"), layout,
             (unseen, tensor("Float", (2,), "f", 1.0, 1.0), call(ref("torch", "Size"), (2, 3)))))


def sklearns():
    whole = call(ref("builtins", "range"), 0, 10**11, 1)
    add("isotonic-of-range", "an IsotonicRegression whose thresholds are a range",
        build(new(ref("sklearn.isotonic", "IsotonicRegression")),
              {"X_thresholds_": whole, "y_thresholds_": whole, "out_of_bounds": "clip"}))
    add("tree-outputs", "a decision tree of more outputs than it has numbers of classes",
        call(ref("sklearn.tree._tree", "Tree"), 2,
             array((1,), dtype("i8"), (1).to_bytes(8, "little")), 10**7))
    add("metric-weights", "a metric with fewer weights than features",
        build(call(ref("sklearn.metrics._dist_metrics", "newObj"),
                   ref("sklearn.metrics._dist_metrics", "MinkowskiDistance")),
              (3.0, floats(1), None)))


ITER = ref("builtins", "iter")


def iterators():
    """Going through an iterator is the program's; what it would call, or hold in itself, is not."""
    function = ref("builtins", "len")
    for name, what, piece in [
            ("iter-of-object", "iter of an object, whose __iter__ would run",
             call(ITER, new(RIDGE))),
            ("iter-of-function", "iter of a function and a value to stop at",
             call(ITER, function, 0)),
            ("iter-of-class", "iter of a class", call(ITER, RIDGE)),
            ("iter-state-text", "an iterator's place that is a text",
             build(call(ITER, [1]), "x")),
            ("map-called", "map of a function and a list", call(ref("builtins", "map"), function,
                                                                ["a"])),
            ("filter-called", "filter of a function and a list",
             call(ref("builtins", "filter"), function, ["a"])),
            ("starmap-called", "starmap of a function",
             call(ref("itertools", "starmap"), function, [(1,)])),
            ("accumulate-called", "accumulate with a function",
             call(ref("itertools", "accumulate"), call(ITER, [1]), function)),
            ("zip-of-object", "zip of an object", call(ref("builtins", "zip"), new(RIDGE))),
            ("chain-of-object", "a chain over an object",
             build(call(ref("itertools", "chain")), (new(RIDGE),))),
            ("enumerate-of-object", "enumerate of an object",
             call(ref("builtins", "enumerate"), call(ORDERED), 1)),
            ("cycle-with-saved", "a cycle that has saved a list which others can shorten",
             build(call(ref("itertools", "cycle"), call(ITER, [])), ([1, 2], 1))),
            ("permutations-long", "permutations of more items than there are",
             call(ref("itertools", "permutations"), (), 10**9)),
            ("combinations-state", "combinations whose places are set",
             build(call(ref("itertools", "combinations"), (), 1), (0,))),
            ("islice-backwards", "islice with a negative step",
             call(ref("itertools", "islice"), call(ITER, [1]), 0, 1, -1))]:
        add(f"iterator-{name}", what, piece)
    nested = call(ref("builtins", "enumerate"), call(ITER, [1]), 0)
    add("iterator-in-iterator", "an enumerate of an enumerate: such chains are freed by recursion",
        call(ref("builtins", "enumerate"), nested, 0))
    repeat = ref("itertools", "repeat")
    add("repeat-of-repeat", "a repeat of a repeat", call(repeat, call(repeat, 1)))


def nested():
    """What is freed by recursion: deep enough, and the C stack overflows when the last one goes."""
    one = value(ref("builtins", "slice"))
    add("slice-in-slice", "thousands of slices in each other",
        Piece(kept(1, one) + POP + get(1) * 20000 + NONE + (NONE + NONE + b"\x87R") * 20000))
    add("slice-of-array", "a slice that has an array, which could hold slices",
        call(one, array((1,), dtype("O8", "|", flags=63), [1]), None, None))
    first = array((), dtype("O8", "|", flags=63), [None])
    empty = call(ref("numpy.core.multiarray", "_reconstruct"), NDARRAY, (0,), b"b")
    deep = proto(4) + kept(1, dtype("O8", "|", flags=63)) + POP + first
    level = (put(2) + POP + empty
             + Piece(b"(K\x01)" + get(1) + b"\x89]" + get(2) + b"atb"))
    add("arrays-in-arrays", "hundreds of arrays of objects in each other",
        deep + level * 300 + STOP)
    add("arrays-filled-later", "arrays in each other, each filled after it was put into the next",
        proto(4) + kept(1, dtype("O8", "|", flags=63)) + POP + EMPTY_LIST + POP
        + b"".join(empty + b"r" + struct.pack("<I", 10 + at) + POP for at in range(60))
        + b"".join(b"j" + struct.pack("<I", 10 + at) + b"(K\x01)" + get(1) + b"\x89]"
                   + b"j" + struct.pack("<I", 9 + at) + b"atb" + POP for at in range(59, 0, -1))
        + b"j" + struct.pack("<I", 69) + STOP)
    inner = kept(4, dtype("i1", "|", 1, 1))
    add("dtype-in-dtype", "hundreds of dtypes in each other",
        proto(4) + inner + b"".join(
            put(5) + POP + dtype("V1", "|", 1, 1, 0, subarray=(get(5), (1,)))
            for _ in range(300)) + STOP)


ENTRIES = {
    "ZipInfo": {
        "orig_filename": "a", "filename": "a", "date_time": (1980, 1, 1, 0, 0, 0),
        "compress_type": 0, "_compresslevel": None, "comment": b"", "extra": b"",
        "create_system": 3, "create_version": 20, "extract_version": 20, "reserved": 0,
        "flag_bits": 0, "volume": 0, "internal_attr": 0, "external_attr": 0, "compress_size": 0,
        "file_size": 0},
    "TarInfo": {
        "name": "a", "mode": 420, "uid": 0, "gid": 0, "size": 0, "mtime": 0, "chksum": 0,
        "type": b"0", "linkname": "", "uname": "", "gname": "", "devmajor": 0, "devminor": 0,
        "offset": 0, "offset_data": 0, "pax_headers": {}, "sparse": None}}


def stdlib_values():
    morsel = ref("http.cookies", "Morsel")
    cookie = ref("http.cookies", "SimpleCookie")
    add("cookie-of-object", "a cookie whose value is no Morsel: its __str__ would run",
        Piece(new(cookie) + text("a") + new(RIDGE) + b"s"))
    add("cookie-key-object", "a cookie whose key is an object",
        Piece(new(cookie) + new(RIDGE) + new(morsel) + b"s"))
    lower = build(call(ref("types", "SimpleNamespace")), {"lower": ref("builtins", "len")})
    add("morsel-key-object", "a Morsel asks its key for lower(), which is a function of ours",
        Piece(new(morsel) + lower + NONE + b"s"))
    union = ref("_operator", "or_")
    getitem = ref("_operator", "getitem")
    hint = ref("typing", "List")
    add("reduce-other", "functools.reduce with another function",
        call(ref("functools", "reduce"), ref("_operator", "add"), (1, 2)))
    add("reduce-objects", "functools.reduce of or_ over objects",
        call(ref("functools", "reduce"), union, (new(RIDGE), new(RIDGE))))
    add("reduce-sets", "functools.reduce of or_ over more than type hints",
        call(ref("functools", "reduce"), union, (1, 2)))
    add("hint-of-text", "a type hint of a text, which is compiled", call(getitem, hint, PYTHON))
    add("hint-of-object", "a type hint of an object", call(getitem, hint, new(RIDGE)))
    add("getitem-of-list", "getitem of a list", call(getitem, [1], 0))
    pairs = proto(4) + kept(1, call(getitem, hint, ref("builtins", "int"))) + b"".join(
        POP + kept(1, call(getitem, ref("typing", "Tuple"), (get(1), get(1)))) for _ in range(40))
    add("hint-doubles", "a type hint whose hash takes twice as long with each step", pairs + STOP)
    add("header-class", "the header of a message, of another class",
        call(ref("email.headerregistry", "_reconstruct_header"), "x",
             (ref("collections", "OrderedDict"), ref("email.headerregistry", "BaseHeader")), "x"))
    add("exception-formats", "an exception that makes a text of an object",
        call(ref("configparser", "NoSectionError"), new(RIDGE)))
    add("exception-long", "an exception that copies a long text",
        call(ref("configparser", "NoSectionError"), "x" * 5000))
    add("syntax-error-of-range", "a SyntaxError that goes through a range of a billion",
        call(ref("builtins", "SyntaxError"), "x", call(ref("builtins", "range"), 0, 10**9, 1)))
    add("element-attributes", "an element whose attributes are no dict",
        build(new(ref("xml.etree.ElementTree", "Element")),
              {"tag": "a", "_children": [], "attrib": [1], "text": None, "tail": None}))
    add("element-children", "an element whose children are objects",
        build(new(ref("xml.etree.ElementTree", "Element")),
              {"tag": "a", "_children": [1], "attrib": {}, "text": None, "tail": None}))
    add("structure-of-range", "a terminal_size that goes through a range",
        call(ref("os", "terminal_size"), call(ref("builtins", "range"), 0, 10**9, 1), {}))
    size = ref("os", "terminal_size")
    add("structure-in-structure", "a terminal_size of terminal_sizes, which are freed by recursion",
        call(size, (call(size, (80, 24), {}), 24), {}))
    add("frame-reads-line", "a FrameSummary without its line, which it would read from a file",
        build(new(ref("traceback", "FrameSummary")),
              (None, {"filename": "/etc/passwd", "lineno": 1, "name": "x", "_line": None,
                      "locals": None})))
    add("bytesio-far", "a BytesIO whose place is far behind its end",
        build(new(ref("_io", "BytesIO")), (b"", 2**62, None)))
    for module, name, changed in [
            ("zipfile", "ZipInfo", {"filename": EVAL}), ("zipfile", "ZipInfo", {"FileHeader": 1}),
            ("tarfile", "TarInfo", {"name": ORDERED}), ("tarfile", "TarInfo", {"tarfile": "x"})]:
        key = next(iter(changed)).lower()
        add(f"{name.lower()}-{key}", f"a {name} whose state has another kind of {key}",
            build(new(ref(module, name)), (None, {**ENTRIES[name], **changed})))
    add("frame-property", "a FrameSummary whose state sets a property",
        build(new(ref("traceback", "FrameSummary")), (None, {"line": "x"})))


def newer_libraries():
    variable = ref("xarray.core.variable", "Variable")
    add("xarray-property", "a Variable of xarray whose state sets a property",
        build(new(variable), (None, {"values": 1})))
    add("xarray-close", "a Dataset of xarray that has a function to close it",
        build(new(ref("xarray.core.dataset", "Dataset")),
              (None, {"_attrs": None, "_close": ref("builtins", "len"), "_coord_names": [],
                      "_dims": {}, "_encoding": None, "_indexes": {}, "_variables": {}})))
    delaunay = ref("scipy.spatial._qhull", "Delaunay")
    matrix = array((3, 2), FLOAT64, bytes(48))
    state = {"_qhull": None, "paraboloid_scale": 1.0, "paraboloid_shift": 0.0,
             "simplices": array((1, 3), INT32, struct.pack("<3i", 0, 1, 2)),
             "neighbors": array((1, 3), INT32, struct.pack("<3i", -1, -1, -1)),
             "equations": array((1, 4), FLOAT64, bytes(32)), "coplanar": array((0, 3), INT32, b""),
             "nsimplex": 1, "_transform": None, "_vertex_to_simplex": None,
             "_vertex_neighbor_vertices": None, "_points": matrix, "ndim": 2, "npoints": 3,
             "min_bound": floats(2), "max_bound": floats(2), "furthest_site": False}
    for name, what, changed in [
            ("simplex", "simplices of points that there are not",
             {"simplices": array((1, 3), INT32, struct.pack("<3i", 0, 1, 99999))}),
            ("neighbour", "neighbours that there are not",
             {"neighbors": array((1, 3), INT32, struct.pack("<3i", -1, -2, 7))}),
            ("equations", "fewer equations than simplices",
             {"equations": array((1, 2), FLOAT64, bytes(16))}),
            ("count", "more simplices than there are", {"nsimplex": 1000000}),
            ("bounds", "bounds of fewer axes", {"min_bound": floats(1)}),
            ("axes", "more axes than fit onto the stack",
             {"_points": array((3, 200), FLOAT64, bytes(4800))}),
            ("qhull", "an object where Qhull was", {"_qhull": new(RIDGE)}),
            ("transform", "a transform of another shape",
             {"_transform": array((1, 1), FLOAT64, bytes(8))}),
            ("vertices", "points in simplices that there are not",
             {"_vertex_to_simplex": array((3,), INT32, struct.pack("<3i", 0, 0, 5))}),
            ("pointers", "neighbours of points that end behind their end",
             {"_vertex_neighbor_vertices": (array((4,), INT32, struct.pack("<4i", 0, 0, 0, 9)),
                                            array((1,), INT32, struct.pack("<i", 0)))})]:
        add(f"delaunay-{name}", f"a triangulation with {what}",
            build(new(delaunay), {**state, **changed}))
    linear = {"tri": build(new(delaunay), state), "scale": None, "points": matrix,
              "values_shape": (), "is_complex": False, "fill_value": 0.0}
    interpolator = ref("scipy.interpolate._interpnd", "LinearNDInterpolator")
    add("interpolator-values", "an interpolator with fewer values than points",
        build(new(interpolator), {**linear, "values": array((1, 1), FLOAT64, bytes(8))}))
    add("interpolator-complex", "an interpolator that takes its values for complex ones",
        build(new(interpolator), {**linear, "is_complex": True,
                                  "values": array((3, 1), FLOAT64, bytes(24))}))
    add("interpolator-slopes", "an interpolator with slopes for fewer points",
        build(new(ref("scipy.interpolate._interpnd", "CloughTocher2DInterpolator")),
              {**linear, "_tol": 0.1, "_maxiter": 1, "values": array((3, 1), FLOAT64, bytes(24)),
               "grad": array((1, 1, 2), FLOAT64, bytes(16))}))
    add("interpolator-no-slopes", "an interpolator that has lost its slopes",
        build(new(ref("scipy.interpolate._interpnd", "CloughTocher2DInterpolator")),
              {**linear, "values": array((3, 1), FLOAT64, bytes(24))}))
    points = array((2, 1), FLOAT64, bytes(16))
    parts = (points, points, (), ref("builtins", "float"), None, floats(2), "linear", 1.0)
    powers = array((1, 1), dtype("i8"), bytes(8))
    tail = (floats(1), floats(1), array((3, 1), FLOAT64, bytes(24)))
    rbf = ref("scipy.interpolate._rbfinterp", "RBFInterpolator")
    add("rbf-coefficients", "an interpolator with fewer coefficients than points and terms",
        build(new(rbf), (parts + (powers,), tail[:2] + (array((1, 1), FLOAT64, bytes(8)),))))
    add("rbf-powers", "an interpolator with powers of more axes than its points have",
        build(new(rbf), (parts + (array((1, 9), dtype("i8"), bytes(72)),), tail)))
    add("rbf-neighbours", "an interpolator of neighbours whose tree is none",
        build(new(rbf), (parts[:4] + (3,) + parts[5:] + (powers,), (points,))))
    add("block-index-overlaps", "a sparse index whose blocks overlap",
        call(ref("pandas._libs.sparse", "BlockIndex"), 9, ints(0, 1), ints(5, 5)))
    add("block-index-outside", "a sparse index whose blocks end behind its end",
        call(ref("pandas._libs.sparse", "BlockIndex"), 9, ints(0, 8), ints(5, 5)))
    texts = call(ref("numpy._core._internal", "_convert_to_stringdtype_kwargs"), 1)
    add("string-array-of-objects", "an array of texts that makes texts of objects",
        array((1,), texts, [new(RIDGE)]))
    add("string-array-missing", "a dtype of texts that takes an object for what is missing",
        call(ref("numpy._core._internal", "_convert_to_stringdtype_kwargs"), 1, new(RIDGE)))
    zone = ref("dateutil.tz._tzfile", "_unpickle")
    kind = ref("dateutil.tz._tzfile", "tzfile")
    add("zone-of-class", "a dateutil zone of another class",
        call(zone, RIDGE, "a", "b", ((), (), [], (), [], None)))
    add("zone-of-many-changes", "a dateutil zone with changes that take the square of their number",
        call(zone, kind, "a", "b", ((0,) * 3000, tuple(range(3000)), [0], (0,), ["x"], None)))
    add("module-id-of-function", "a persistent id of a module of torch, for another name",
        new(Piece(value(("module", ref("os", "system"), "a.py", "")) + b"Q"), "true"))


classes()
names()
calls()
numpys()
libraries()
scipys()
pandas_misuse()
beside()
standard()
torches()
sklearns()
iterators()
nested()
stdlib_values()
newer_libraries()
