/*
 * module.c - the module brinery._brinery: its functions, its types, its state.
 *
 * Multi-phase initialisation and heap types, so that each interpreter of a process has its own.
 */
#include "ext.h"
#include "moved.h"

PyDoc_STRVAR(dump_doc,
             "dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n"
             "     buffer_callback=None, max_depth=None)\n"
             "--\n\n"
             "Write a pickle of obj to the open file object file.\n\n"
             "The same bytes as pickle.dump writes, in any protocol.  max_depth is how many\n"
             "containers may be nested in each other before RecursionError.");

PyDoc_STRVAR(dumps_doc,
             "dumps($module, /, obj, protocol=None, *, fix_imports=True,\n"
             "      buffer_callback=None, max_depth=None)\n"
             "--\n\n"
             "Return a pickle of obj as bytes.\n\n"
             "The same bytes as pickle.dumps returns, in any protocol.  max_depth is how many\n"
             "containers may be nested in each other before RecursionError.");

PyDoc_STRVAR(load_doc,
             "load($module, /, file, *, fix_imports=True, encoding='ASCII',\n"
             "     errors='strict', buffers=(), max_depth=None, rename=None, opaque=False)\n"
             "--\n\n"
             "Read one pickle from the open file object file and return its object.\n\n"
             "rename, a dict from 'module:Name' to 'module:Name', says where classes are now;\n"
             "with opaque=True those that cannot be imported become inert objects.\n\n"
             "Like pickle.load, this runs what the pickle says: load only what you trust.");

PyDoc_STRVAR(loads_doc,
             "loads($module, data, /, *, fix_imports=True, encoding='ASCII',\n"
             "      errors='strict', buffers=(), max_depth=None, rename=None, opaque=False)\n"
             "--\n\n"
             "Return the object of a pickle given as bytes-like object.\n\n"
             "rename and opaque as for load.\n\n"
             "Like pickle.loads, this runs what the pickle says: load only what you trust.");

PyDoc_STRVAR(genops_doc,
             "genops($module, /, pickle)\n"
             "--\n\n"
             "Iterate over the opcodes of a pickle, up to its STOP: (opcode, arg, pos).\n\n"
             "pickle is a bytes-like object or a file object.  opcode is the OpcodeInfo of\n"
             "pickletools, arg the decoded argument or None, pos the offset of the opcode, or\n"
             "None for a file without tell().  The same items and errors as pickletools.genops.\n\n"
             "A file of open() is read ahead, and is where pickletools would leave it once STOP\n"
             "was delivered, after an error, and when the iterator is closed or dropped.");

PyDoc_STRVAR(dis_doc,
             "dis($module, /, pickle, out=None, memo=None, indentlevel=4, annotate=0)\n"
             "--\n\n"
             "Write a symbolic disassembly of a pickle to out, or to sys.stdout.\n\n"
             "The same text and errors as pickletools.dis.  Several pickles of one pickler are\n"
             "followed by giving all calls the same dict as memo; indentlevel is the number of\n"
             "blanks for each open mark; annotate, if not 0, adds a description of each opcode,\n"
             "about in that column.");

PyDoc_STRVAR(optimize_doc,
             "optimize($module, /, p)\n"
             "--\n\n"
             "Return the pickle p without the memo entries that nothing refers to, as bytes.\n\n"
             "The same bytes as pickletools.optimize returns.");

/* Through void (*)(void), the type gcc and clang take for "some function". */
#define FUNCTION(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef functions[] = {
    {"dump", FUNCTION(ext_dump), METH_FASTCALL | METH_KEYWORDS, dump_doc},
    {"dumps", FUNCTION(ext_dumps), METH_FASTCALL | METH_KEYWORDS, dumps_doc},
    {"load", FUNCTION(ext_load), METH_FASTCALL | METH_KEYWORDS, load_doc},
    {"loads", FUNCTION(ext_loads), METH_FASTCALL | METH_KEYWORDS, loads_doc},
    {"_check", ext_check, METH_VARARGS, NULL},
    {"_load_checked", ext_load_checked, METH_VARARGS, NULL},
    {"_read_one", ext_read_one, METH_VARARGS, NULL},
    {"_register_opaque", ext_register_opaque, METH_O, NULL},
    {"genops", FUNCTION(ext_genops), METH_VARARGS | METH_KEYWORDS, genops_doc},
    {"dis", FUNCTION(ext_dis), METH_VARARGS | METH_KEYWORDS, dis_doc},
    {"optimize", FUNCTION(ext_optimize), METH_VARARGS | METH_KEYWORDS, optimize_doc},
    {"_scan", ext_scan, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* Make a type and keep it in *type; offer it under its own name if `offered`. */
static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type, bool offered)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (!*type)
        return -1;
    return offered ? PyModule_AddType(module, *type) : 0;
}

static int execute(PyObject *module)
{
    ext_state *state = ext_state_of_module(module);
    if (ext_state_fill(state) < 0)
        return -1;
    if (add_type(module, &ext_pickler_spec, &state->pickler_type, true) < 0 ||
        add_type(module, &ext_pickler_memo_spec, &state->pickler_memo_type, false) < 0 ||
        add_type(module, &ext_unpickler_spec, &state->unpickler_type, true) < 0 ||
        add_type(module, &ext_unpickler_memo_spec, &state->unpickler_memo_type, false) < 0 ||
        add_type(module, &ext_genops_spec, &state->genops_type, false) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", BRN_VERSION_STRING);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    return ext_state_visit(ext_state_of_module(module), visit, arg);
}

static int clear(PyObject *module)
{
    ext_state_clear(ext_state_of_module(module));
    return 0;
}

static void free_module(void *module)
{
    ext_state_clear(ext_state_of_module(module));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)(uintptr_t)execute},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

struct PyModuleDef ext_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "brinery._brinery",
    .m_doc = "Pickle, implemented in C: the part of the package that is.",
    .m_size = sizeof(ext_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_module,
};

PyMODINIT_FUNC PyInit__brinery(void);

PyMODINIT_FUNC PyInit__brinery(void)
{
    return PyModuleDef_Init(&ext_module);
}
