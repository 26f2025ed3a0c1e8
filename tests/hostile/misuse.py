"""Names that safe loading allows, used as nobody would who wrote an honest file.

Being on a list is not enough: each of these uses a name of the defaults or of a preset with
arguments, a state or in a place that could break memory, change classes for everybody, or reach
what is not on the list.  safe_load has to refuse them all, whatever presets are given.
"""
from assemble import (
    EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, EVAL, NONE, POP, Piece, STOP, build, call, get, kept, new,
    proto, put, ref, steps, stream, text, value)
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


classes()
names()
calls()
numpys()
libraries()
