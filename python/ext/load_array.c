/*
 * load_array.c - the empty array of numpy that each one in a pickle begins as.
 *
 * Pickles call numpy's _reconstruct(numpy.ndarray, (0,), b'b'), and let the array set its state, which brings shape,
 * dtype and data.  Of the two, the first takes longer, for it has three arguments to take apart, always the same.
 * What it calls then is part of what numpy offers to C, and is called here: a table in a capsule, in which
 * functions keep their places as long as the version of the ABI is the same (numpy's __multiarray_api.h).
 */
#include "load.h"
#include "names.h"

/* Places in the table. */
enum { ABI_VERSION = 0, ARRAY_TYPE = 2, DESCR_FROM_TYPE = 45, NEW_FROM_DESCR = 94 };

typedef unsigned (*abi_version_fn)(void);
typedef PyObject *(*descr_from_type_fn)(int type);
/* Takes over the reference to the dtype. */
typedef PyObject *(*new_from_descr_fn)(PyTypeObject *type, PyObject *dtype, int dimensions,
                                       const Py_ssize_t *shape, const Py_ssize_t *strides,
                                       void *data, int flags, PyObject *object);

/* The dtype that b'b' names: one byte, signed. */
#define TYPE_OF_B 1

static bool knows_abi(unsigned version)
{
    return version == 0x01000009 || version == 0x02000000; /* numpy 1 and 2 */
}

/* The table of the module that the function is from, or NULL. */
static void **find_table(const ext_state *state, PyObject *function)
{
    PyObject *module = state->names.numpy2_umath;
    if (ext_in_module(module, state->names._reconstruct) != function)
        module = state->names.numpy1_umath;
    if (ext_in_module(module, state->names._reconstruct) != function)
        return NULL;
    PyObject *capsule = ext_in_module(module, state->names._ARRAY_API);
    void **table =
        capsule && PyCapsule_IsValid(capsule, NULL) ? PyCapsule_GetPointer(capsule, NULL) : NULL;
    return table && knows_abi(((abi_version_fn)table[ABI_VERSION])()) ? table : NULL;
}

static bool is_reconstruct(ext_state *state, PyObject *callee)
{
    if (callee == state->reconstruct)
        return true;
    if (!EXT_HAS_GIL || !PyCFunction_CheckExact(callee) ||
        strcmp(((PyCFunctionObject *)callee)->m_ml->ml_name, "_reconstruct") != 0)
        return false;
    void **table = find_table(state, callee);
    if (!table)
        return false;
    state->numpy_api = table;
    Py_XSETREF(state->reconstruct, Py_NewRef(callee));
    return true;
}

/* (numpy.ndarray, (0,), b'b') */
static bool are_usual(const ext_state *state, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) != 3 || PyTuple_GET_ITEM(args, 0) != state->numpy_api[ARRAY_TYPE])
        return false;
    PyObject *shape = PyTuple_GET_ITEM(args, 1);
    PyObject *code = PyTuple_GET_ITEM(args, 2);
    return PyTuple_CheckExact(shape) && PyTuple_GET_SIZE(shape) == 1 &&
           PyTuple_GET_ITEM(shape, 0) == state->bytes_as_ints[0] && PyBytes_CheckExact(code) &&
           PyBytes_GET_SIZE(code) == 1 && PyBytes_AS_STRING(code)[0] == 'b';
}

PyObject *ext_load_empty_array(ext_loader *h, PyObject *callee, PyObject *args)
{
    static const Py_ssize_t shape[] = {0};
    const ext_state *state = h->state;
    if (!is_reconstruct(h->state, callee) || !are_usual(state, args))
        return NULL;
    PyObject *dtype = ((descr_from_type_fn)state->numpy_api[DESCR_FROM_TYPE])(TYPE_OF_B);
    PyObject *array = dtype
                          ? ((new_from_descr_fn)state->numpy_api[NEW_FROM_DESCR])(
                                state->numpy_api[ARRAY_TYPE], dtype, 1, shape, NULL, NULL, 0, NULL)
                          : NULL;
    if (!array)
        PyErr_Clear(); /* the function says what is wrong */
    return array;
}
