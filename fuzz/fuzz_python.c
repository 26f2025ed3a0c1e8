/*
 * fuzz_python.c - the Python host: any bytes load as the stock unpickler loads them, or raise;
 * what was loaded is dumped byte for byte as the stock pickler dumps it; nothing leaks.  And once more as
 * fuzz_safe: whatever the bytes, safe_load runs nothing, and loads what load loads.
 *
 * The interpreter is embedded and the extension is linked in, so that its code is
 * instrumented.  The questions themselves are asked in Python: check_python.py, check_safe.py.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

#ifndef CHECKS
#error "CHECKS: the folder of the questions"
#endif
#ifndef QUESTIONS
#error "QUESTIONS: the module that asks them"
#endif
#ifndef PACKAGE
#error "PACKAGE: the folder that holds the package"
#endif

PyMODINIT_FUNC PyInit__brinery(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static PyObject *check;
static PyObject *check_leaks;

static void fail(void)
{
    PyErr_Print();
    abort();
}

static void start(void)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.site_import = 0;
    config.install_signal_handlers = 0;
    PyImport_AppendInittab("_brinery", PyInit__brinery);
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    /* The package's own import finds the module that is linked in. */
    if (PyRun_SimpleString("import sys\n"
                           "sys.path[:0] = ['" CHECKS "', '" PACKAGE "']\n"
                           "import _brinery\n"
                           "sys.modules['brinery._brinery'] = _brinery\n") < 0)
        abort();
    PyObject *module = PyImport_ImportModule(QUESTIONS);
    if (!module)
        fail();
    check = PyObject_GetAttrString(module, "check");
    check_leaks = PyObject_GetAttrString(module, "check_leaks");
    if (!check || !check_leaks)
        fail();
}

static void ask(PyObject *question, const uint8_t *data, size_t size)
{
    PyObject *answer = PyObject_CallFunction(question, "y#", (const char *)data, (Py_ssize_t)size);
    if (!answer)
        fail();
    Py_DECREF(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    if (!check)
        start();
    ask(check, data, size);
    if (runs++ % 32 == 0)
        ask(check_leaks, data, size);
    return 0;
}
