/*
 * save_global.c - classes, functions and whatever else is saved by name.
 *
 * What may be found under which name, how names were mapped to Python 2's, and the
 * exceptions when nothing is found are the running interpreter's; where its versions
 * differ, the version is named here.
 */
#include "moved.h"
#include "names.h"
#include "save.h"

#include "save_quick.h"

/* ------------------------------------------------------------------------
 * Finding the name
 * ------------------------------------------------------------------------ */

/* Is the object what this module has under that name?  -1 and an exception. */
static int is_in_module(PyObject *name, PyObject *module, PyObject *object, PyObject *parts)
{
    if (module == Py_None)
        return 0;
    if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__main__") == 0)
        return 0;
    PyObject *candidate = ext_follow_name(module, parts, NULL);
    Py_XDECREF(candidate);
    if (candidate)
        return candidate == object;
    return PyErr_Occurred() ? -1 : 0;
}

/* sys.modules, the live one; NULL and an exception. */
static PyObject *loaded_modules(ext_saver *saver)
{
    PyObject *modules = PySys_GetObject("modules");
    if (modules)
        return Py_NewRef(modules);
#if PY_VERSION_HEX >= 0x030d0000
    PyErr_SetString(PyExc_RuntimeError, "lost sys.modules");
#else
    PyErr_SetString(PyExc_RuntimeError, "unable to get sys.modules");
#endif
    (void)saver;
    return NULL;
}

/* Looking into modules can import more: what is walked are the names there were. */
static PyObject *search_modules(ext_saver *saver, PyObject *object, PyObject *parts)
{
    PyObject *modules = loaded_modules(saver);
    if (!modules)
        return NULL;
    PyObject *found = NULL;
    if (PyDict_CheckExact(modules)) {
        Py_ssize_t position = 0;
        PyObject *name, *module;
        while (!found && PyDict_Next(modules, &position, &name, &module)) {
            Py_INCREF(name);
            Py_INCREF(module);
            int is = is_in_module(name, module, object, parts);
            Py_DECREF(module);
            if (is > 0)
                found = Py_NewRef(name);
            Py_DECREF(name);
            if (is < 0)
                break;
        }
    } else {
        PyObject *iterator = PyObject_GetIter(modules);
        PyObject *name;
        while (iterator && !found && (name = PyIter_Next(iterator))) {
            PyObject *module = PyObject_GetItem(modules, name);
            int is = module ? is_in_module(name, module, object, parts) : -1;
            Py_XDECREF(module);
            if (is > 0)
                found = Py_NewRef(name);
            Py_DECREF(name);
            if (is < 0)
                break;
        }
        Py_XDECREF(iterator);
    }
    Py_DECREF(modules);
    if (!found && !PyErr_Occurred())
        return Py_NewRef(saver->state->names.__main__);
    return found;
}

static PyObject *which_module(ext_saver *saver, PyObject *object, PyObject *parts)
{
    PyObject *name;
    if (ext_lookup_attr(object, saver->state->names.__module__, &name) < 0)
        return NULL;
    /* Bound methods of extension types have None there. */
    if (name && name != Py_None)
        return name;
    Py_XDECREF(name);
    return search_modules(saver, object, parts);
}

/* Importing a.b imports a first. */
static bool has_package(PyObject *modules, PyObject *name)
{
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
    if (dot < 0)
        return dot == -1;
    PyObject *package = PyUnicode_Substring(name, 0, dot);
    PyObject *module = package ? PyDict_GetItemWithError(modules, package) : NULL;
    Py_XDECREF(package);
    return module && PyModule_CheckExact(module);
}

/*
 * What sys.modules has, if importing it would find nothing to do: borrowed, or NULL.  `name` is a str; an exception
 * may be set, and says nothing.
 */
static PyObject *imported_module(const ext_state *state, PyObject *name)
{
    PyObject *import = PyDict_GetItemWithError(PyEval_GetBuiltins(), state->names.__import__);
    PyObject *modules = PyImport_GetModuleDict();
    if (!import || !PyCFunction_Check(import) || !modules || !PyDict_CheckExact(modules))
        return NULL;
    PyObject *module = PyDict_GetItemWithError(modules, name);
    if (!module || !PyModule_CheckExact(module) || !has_package(modules, name))
        return NULL;
    PyObject *spec = PyDict_GetItemWithError(PyModule_GetDict(module), state->names.__spec__);
    if (!spec || spec == Py_None)
        return module;
    /* Perhaps another thread is just importing it. */
    PyObject *initializing;
    if (Py_TYPE(spec)->tp_getattro != PyObject_GenericGetAttr ||
        _PyType_Lookup(Py_TYPE(spec), state->names._initializing) ||
        ext_lookup_attr(spec, state->names._initializing, &initializing) < 0)
        return NULL;
    Py_XDECREF(initializing);
    return !initializing || initializing == Py_False ? module : NULL;
}

/* The module of that name, imported if need be. */
static PyObject *import_module(ext_saver *saver, PyObject *name)
{
    PyObject *module = PyUnicode_CheckExact(name) ? imported_module(saver->state, name) : NULL;
    PyErr_Clear();
    return module ? Py_NewRef(module) : PyImport_Import(name);
}

/* What an object saved by name is called. */
typedef struct global_name {
    PyObject *name;   /* as the object says: "Outer.Inner" */
    PyObject *parts;  /* the same as a list */
    PyObject *module; /* the module's name */
    bool nested;      /* the last part was not found in the module itself */
    PyObject *parent; /* but in this */
} global_name;

static void clear_name(global_name *global)
{
    Py_CLEAR(global->name);
    Py_CLEAR(global->parts);
    Py_CLEAR(global->module);
    Py_CLEAR(global->parent);
}

#if PY_VERSION_HEX >= 0x030e0000
/* Raise a PicklingError whose context is the exception that is set, if that is one of these. */
static void reword(ext_saver *saver, PyObject *kind, PyObject *message)
{
    if (!message || !PyErr_ExceptionMatches(kind)) {
        Py_XDECREF(message);
        return;
    }
    PyObject *cause = PyErr_GetRaisedException();
    PyErr_SetObject(saver->state->PicklingError, message);
    Py_DECREF(message);
    PyObject *raised = PyErr_GetRaisedException();
    PyException_SetContext(raised, cause);
    PyErr_SetRaisedException(raised);
}

/* A message made while an exception is set; NULL, and that exception, if it cannot be made. */
static PyObject *message_about(const char *format, ...)
{
    PyObject *raised = PyErr_GetRaisedException();
    va_list arguments;
    va_start(arguments, format);
    PyObject *message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (!message)
        PyErr_Clear();
    PyErr_SetRaisedException(raised);
    return message;
}

static void fail_local(ext_saver *saver, PyObject *object, const global_name *global)
{
    (void)global;
    PyErr_Format(saver->state->PicklingError, "Can't pickle local object %R", object);
}

static void fail_import(ext_saver *saver, PyObject *object, const global_name *global)
{
    (void)global;
    PyObject *kinds = PyTuple_Pack(2, PyExc_ImportError, PyExc_ValueError);
    if (kinds && PyErr_ExceptionMatches(kinds)) {
        PyObject *raised = PyErr_GetRaisedException();
        PyErr_SetRaisedException(Py_NewRef(raised));
        reword(saver, kinds, message_about("Can't pickle %R: %S", object, raised));
        Py_DECREF(raised);
    }
    Py_XDECREF(kinds);
}

static PyObject *look_up(PyObject *module, global_name *global)
{
    return ext_get_by_name(module, global->parts);
}

static void fail_lookup(ext_saver *saver, PyObject *object, const global_name *global)
{
    reword(saver, PyExc_AttributeError,
           message_about("Can't pickle %R: it's not found as %S.%S", object, global->module,
                         global->name));
}
#else
static void fail_local(ext_saver *saver, PyObject *object, const global_name *global)
{
    (void)saver;
    (void)object;
#if PY_VERSION_HEX >= 0x030d0000
    PyErr_Format(PyExc_AttributeError, "Can't get local object %R", global->name);
#else
    PyErr_Format(PyExc_AttributeError, "Can't pickle local object %R", global->name);
#endif
}

static void fail_import(ext_saver *saver, PyObject *object, const global_name *global)
{
    PyErr_Format(saver->state->PicklingError, "Can't pickle %R: import of module %R failed", object,
                 global->module);
}

static PyObject *look_up(PyObject *module, global_name *global)
{
    PyObject *found = ext_follow_name(module, global->parts, &global->parent);
    global->nested = global->parent != module;
    return found;
}

static void fail_lookup(ext_saver *saver, PyObject *object, const global_name *global)
{
    PyErr_Format(saver->state->PicklingError, "Can't pickle %R: attribute lookup %S on %S failed",
                 object, global->name, global->module);
}
#endif

/* The object is found under its name. */
static int check_name(ext_saver *saver, PyObject *object, global_name *global)
{
    if (ext_is_local_name(global->parts)) {
        fail_local(saver, object, global);
        return -1;
    }
    global->module = which_module(saver, object, global->parts);
    if (!global->module)
        return -1;
    PyObject *module = import_module(saver, global->module);
    if (!module) {
        fail_import(saver, object, global);
        return -1;
    }
    PyObject *found = look_up(module, global);
    Py_DECREF(module);
    Py_XDECREF(found);
    if (found == object)
        return 0;
    if (!found)
        fail_lookup(saver, object, global);
    else
        PyErr_Format(saver->state->PicklingError,
                     "Can't pickle %R: it's not the same object as %S.%S", object, global->module,
                     global->name);
    return -1;
}

/* The class of a stand-in is called what it stands for, which nobody can look up. */
static int name_stand_in(ext_saver *saver, PyObject *object, global_name *global)
{
    global->module = PyObject_GetAttr(object, saver->state->names.__module__);
    Py_ssize_t length = PyUnicode_GET_LENGTH(global->name);
    Py_ssize_t dot = PyUnicode_FindChar(global->name, '.', 0, length, -1);
    if (!global->module || dot < -1)
        return -1;
    global->nested = dot >= 0;
    if (!global->nested)
        return 0;
    PyObject *outer = PyUnicode_Substring(global->name, 0, dot);
    global->parent = outer ? ext_stand_in_for(global->module, outer) : NULL;
    Py_XDECREF(outer);
    return global->parent ? 0 : -1;
}

#if PY_VERSION_HEX >= 0x030f0000
/*
 * Private names in a class are found under another name: __b in class _A is _A__b.  Replace
 * global->name and its parts by what they are called there.
 */
static int mangle(global_name *global)
{
    bool changed = false;
    for (Py_ssize_t i = PyList_GET_SIZE(global->parts) - 1; i > 0; i--) {
        PyObject *part = PyList_GET_ITEM(global->parts, i);
        PyObject *owner = PyList_GET_ITEM(global->parts, i - 1);
        Py_ssize_t length = PyUnicode_GET_LENGTH(part);
        Py_ssize_t begin = 0;
        while (begin < PyUnicode_GET_LENGTH(owner) && PyUnicode_READ_CHAR(owner, begin) == '_')
            begin++;
        if (length < 3 || PyUnicode_READ_CHAR(part, 0) != '_' ||
            PyUnicode_READ_CHAR(part, 1) != '_' || begin == PyUnicode_GET_LENGTH(owner) ||
            (PyUnicode_READ_CHAR(part, length - 1) == '_' &&
             PyUnicode_READ_CHAR(part, length - 2) == '_'))
            continue;
        PyObject *stripped = PyUnicode_Substring(owner, begin, PyUnicode_GET_LENGTH(owner));
        PyObject *mangled = stripped ? PyUnicode_FromFormat("_%U%U", stripped, part) : NULL;
        Py_XDECREF(stripped);
        if (!mangled || PyList_SetItem(global->parts, i, mangled) < 0)
            return -1;
        changed = true;
    }
    if (!changed)
        return 0;
    PyObject *dot = PyUnicode_FromOrdinal('.');
    PyObject *name = dot ? PyUnicode_Join(dot, global->parts) : NULL;
    Py_XDECREF(dot);
    if (!name)
        return -1;
    Py_SETREF(global->name, name);
    return 0;
}
#endif

/* Find out what the object is called, and make sure that it is found there. */
static int find_name(ext_saver *saver, PyObject *object, PyObject *name, global_name *global)
{
    if (name) {
        global->name = Py_NewRef(name);
    } else {
        if (ext_lookup_attr(object, saver->state->names.__qualname__, &global->name) < 0)
            return -1;
        if (!global->name)
            global->name = PyObject_GetAttr(object, saver->state->names.__name__);
        if (!global->name)
            return -1;
    }
    global->parts = ext_split_name(global->name);
    if (!global->parts)
        return -1;
#if PY_VERSION_HEX >= 0x030f0000
    if (mangle(global) < 0)
        return -1;
#endif
    return ext_is_stand_in(saver->state, object) ? name_stand_in(saver, object, global)
                                                 : check_name(saver, object, global);
}

/* ------------------------------------------------------------------------
 * The extension registry
 * ------------------------------------------------------------------------ */

/* The code is registered by whoever likes: 0 if there is none, -1 and an exception. */
static long extension_code(ext_saver *saver, PyObject *object, const global_name *global)
{
    PyObject *key = PyTuple_Pack(2, global->module, global->name);
    if (!key)
        return -1;
    PyObject *number;
    int found = ext_dict_get_ref(saver->state->extension_registry, key, &number);
    Py_DECREF(key);
    if (found <= 0)
        return found;
#if PY_VERSION_HEX >= 0x030d0000
    long code = PyLong_AsLong(number);
    if ((code <= 0 || code > 0x7fffffffL) && !PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "extension code %ld is out of range", code);
    (void)object;
#else
    long code = -1;
    if (!PyLong_Check(number))
        PyErr_Format(saver->state->PicklingError,
                     "Can't pickle %R: extension code %R isn't an integer", object, number);
    else
        code = PyLong_AsLong(number);
    if ((code <= 0 || code > 0x7fffffffL) && !PyErr_Occurred())
        PyErr_Format(saver->state->PicklingError,
                     "Can't pickle %R: extension code %ld is out of range", object, code);
#endif
    Py_DECREF(number);
    return PyErr_Occurred() ? -1 : code;
}

static int emit_extension(ext_saver *saver, long code)
{
    uint8_t bytes[5];
    size_t size = code <= 0xff ? 2 : code <= 0xffff ? 3 : 5;
    bytes[0] = size == 2 ? BRN_OP_BYTE_EXT1 : size == 3 ? BRN_OP_BYTE_EXT2 : BRN_OP_BYTE_EXT4;
    brn_put_le32(bytes + 1, (uint32_t)code);
    return ext_done(brn_emit_raw(&saver->out, bytes, size));
}

/* ------------------------------------------------------------------------
 * GLOBAL
 * ------------------------------------------------------------------------ */

/* A line of GLOBAL: UTF-8 in protocol 3, ASCII before, for Python 2. */
static int emit_identifier(ext_saver *saver, const char *what, PyObject *text)
{
    int protocol = saver->out.protocol;
    PyObject *encoded =
        protocol == 3 ? PyUnicode_AsUTF8String(text) : PyUnicode_AsASCIIString(text);
    if (!encoded) {
#if PY_VERSION_HEX >= 0x030e0000
        reword(saver, PyExc_UnicodeEncodeError,
               message_about("can't pickle %s identifier %R using pickle protocol %i", what, text,
                             protocol));
#else
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            PyErr_Format(saver->state->PicklingError,
                         "can't pickle %s identifier '%S' using pickle protocol %i", what, text,
                         protocol);
#endif
        return -1;
    }
    bool done =
        brn_emit_raw(&saver->out, PyBytes_AS_STRING(encoded), (size_t)PyBytes_GET_SIZE(encoded)) &&
        brn_emit_op(&saver->out, '\n');
    Py_DECREF(encoded);
    return ext_done(done);
}

static int emit_global(ext_saver *saver, PyObject *module, PyObject *name)
{
    if (ext_op(saver, BRN_OP_BYTE_GLOBAL) < 0)
        return -1;
    Py_INCREF(module);
    Py_INCREF(name);
    int result = 0;
    if (saver->out.protocol < 3 && saver->fix_imports)
        result = ext_map_names(saver->state, EXT_TO_PYTHON_2, &module, &name);
    if (result == 0)
        result = emit_identifier(saver, "module", module);
    if (result == 0)
        result = emit_identifier(saver, "global", name);
    Py_DECREF(module);
    Py_DECREF(name);
    return result;
}

/* ------------------------------------------------------------------------
 * Saving
 * ------------------------------------------------------------------------ */

enum { MODULE, NAME, GETATTR, GETATTR_MARK, PART, CALL, MEMO };

static ext_frame *push_global(ext_saver *saver, PyObject *object, const global_name *global,
                              uint8_t stage)
{
    ext_frame *frame = ext_push(saver, EXT_FRAME_GLOBAL, object);
    if (!frame)
        return NULL;
    frame->stage = stage;
    frame->source = Py_NewRef(global->module);
    frame->pending = Py_NewRef(global->name);
    return frame;
}

/* Protocol 4: two strings and an opcode. */
static int save_stack_global(ext_saver *saver, PyObject *object, const global_name *global)
{
    uint8_t stage = MODULE;
    if (ext_save_quick(saver, global->module, false)) {
        stage = NAME;
        if (ext_save_quick(saver, global->name, false)) {
            if (ext_op(saver, BRN_OP_BYTE_STACK_GLOBAL) < 0)
                return -1;
            return ext_memoize(saver, object);
        }
    }
    return push_global(saver, object, global, stage) ? 1 : -1;
}

/* Before gh-82951: getattr of the parent, which is saved as whatever it is. */
#if PY_VERSION_HEX < 0x030d0000
#define HAS_PARENT_CALL 1
static bool calls_parent(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return Py_Version < 0x030c0500;
#else
    return true;
#endif
}
#else
#define HAS_PARENT_CALL 0
#endif

/* Protocols below 4 have no name for what is not in a module itself. */
static int save_nested(ext_saver *saver, PyObject *object, const global_name *global)
{
    ext_frame *frame;
#if HAS_PARENT_CALL
    if (calls_parent()) {
        Py_ssize_t last = PyList_GET_SIZE(global->parts) - 1;
        PyObject *call = Py_BuildValue("(O(OO))", saver->state->getattr, global->parent,
                                       PyList_GET_ITEM(global->parts, last));
        if (!call)
            return -1;
        frame = push_global(saver, object, global, MEMO);
        int result = frame ? ext_save_reduce(saver, call, NULL) : -1;
        Py_DECREF(call);
        return result;
    }
#endif
    /* next: the parts */
    frame = push_global(saver, object, global, GETATTR);
    if (!frame)
        return -1;
    frame->next = Py_NewRef(global->parts);
    frame->index = 1;
    return 1;
}

#define MOST_SIMPLE 255

/* Nothing is known of names in other names, nor of what is no name: <locals>, <lambda>. */
static bool is_simple_name(PyObject *name)
{
    if (!name || !PyUnicode_CheckExact(name) || !PyUnicode_IS_ASCII(name))
        return false;
    const char *text = PyUnicode_DATA(name);
    size_t length = (size_t)PyUnicode_GET_LENGTH(name);
    return length > 0 && length <= MOST_SIMPLE && !memchr(text, '.', length) && text[0] != '<' &&
           (text[0] != '_' || text[1] != '_');
}

static bool is_found_simply(const ext_state *state, PyObject *object, PyObject *module_name,
                            PyObject *name)
{
    if (!is_simple_name(name) || !module_name || !PyUnicode_CheckExact(module_name) ||
        PyUnicode_GET_LENGTH(module_name) > MOST_SIMPLE)
        return false;
    PyObject *module = imported_module(state, module_name);
    return module && PyDict_GetItemWithError(PyModule_GetDict(module), name) == object;
}

/* Short names, after which no frame can have ended that was not about to. */
static int save_simple_name(ext_saver *saver, PyObject *object, PyObject *module, PyObject *name)
{
    if (ext_save(saver, module, false) < 0 || ext_save(saver, name, false) < 0 ||
        ext_op(saver, BRN_OP_BYTE_STACK_GLOBAL) < 0)
        return -1;
    return ext_memoize(saver, object);
}

/* New references to its names, NULL where it has none: whether it is found under them. */
static bool find_simple_name(ext_saver *saver, PyObject *object, PyObject **module, PyObject **name)
{
    const ext_state *state = saver->state;
    *module = *name = NULL;
    if (saver->out.protocol < 4 || PyDict_GET_SIZE(state->extension_registry) > 0)
        return false;
    *name = PyObject_GetAttr(object, state->names.__qualname__);
    *module = *name ? PyObject_GetAttr(object, state->names.__module__) : NULL;
    bool simple = is_found_simply(state, object, *module, *name);
    PyErr_Clear();
    return simple;
}

int ext_save_simple_global(ext_saver *saver, PyObject *object)
{
    PyObject *module, *name;
    int result = EXT_NOT_DIRECT;
    if (find_simple_name(saver, object, &module, &name))
        result = save_simple_name(saver, object, module, name);
    Py_XDECREF(module);
    Py_XDECREF(name);
    return result;
}

bool ext_is_simple_global(ext_saver *saver, PyObject *object)
{
    if (ext_memo_get(&saver->memo, object) >= 0)
        return true;
    PyObject *module, *name;
    bool simple = find_simple_name(saver, object, &module, &name);
    Py_XDECREF(module);
    Py_XDECREF(name);
    return simple;
}

int ext_save_global(ext_saver *saver, PyObject *object, PyObject *name)
{
    global_name global = {0};
    int result = find_name(saver, object, name, &global);
    long code = 0;
    if (result == 0 && saver->out.protocol >= 2) {
        code = extension_code(saver, object, &global);
        result = code < 0 ? -1 : 0;
    }
    if (result < 0) {
        clear_name(&global);
        return -1;
    }
#if PY_VERSION_HEX < 0x030e0000
    /* What stands in the module itself is written without what it is called elsewhere. */
    if (!code && !global.nested) {
        Py_ssize_t last = PyList_GET_SIZE(global.parts) - 1;
        Py_SETREF(global.name, Py_NewRef(PyList_GET_ITEM(global.parts, last)));
    }
#else
    global.nested = PyList_GET_SIZE(global.parts) > 1;
#endif
    if (code)
        result = emit_extension(saver, code);
    else if (saver->out.protocol >= 4)
        result = save_stack_global(saver, object, &global);
    else if (global.nested)
        result = save_nested(saver, object, &global);
    else if ((result = emit_global(saver, global.module, global.name)) == 0)
        result = ext_memoize(saver, object);
    clear_name(&global);
    return result;
}

/*
 * object: what is saved; source: its module's name; pending: its own; next: the parts
 * of that, below protocol 4; index: the part at which getattr is.
 */
int ext_step_global(ext_saver *saver, ext_frame *frame)
{
    int result;
    Py_ssize_t parts = frame->next ? PyList_GET_SIZE(frame->next) : 0;
    switch (frame->stage) {
    case MODULE:
        frame->stage = NAME;
        result = ext_save(saver, frame->source, false);
        if (result != 0)
            return result;
        EXT_FALLTHROUGH;
    case NAME:
        frame->stage = CALL;
        result = ext_save(saver, frame->pending, false);
        if (result != 0)
            return result;
        EXT_FALLTHROUGH;
    case CALL:
        if (ext_op(saver, BRN_OP_BYTE_STACK_GLOBAL) < 0)
            return -1;
        break;
    case MEMO: break;

    /* getattr(getattr(Outer, "Middle"), "Inner"): first all the getattrs, ... */
    case GETATTR_MARK:
marked:
        if (saver->out.protocol < 2 && ext_op(saver, BRN_OP_BYTE_MARK) < 0)
            return -1;
        frame->index++;
        EXT_FALLTHROUGH;
    case GETATTR:
        if (frame->index < parts) {
            frame->stage = GETATTR_MARK;
            result = ext_save(saver, saver->state->getattr, false);
            if (result != 0)
                return result;
            goto marked;
        }
        /* ... then Outer, ... */
        if (emit_global(saver, frame->source, PyList_GET_ITEM(frame->next, 0)) < 0)
            return -1;
        frame->index = 1;
        goto next_part;
    /* ... then the names. */
    case PART:
part_saved:
        if (ext_op(saver, saver->out.protocol < 2 ? BRN_OP_BYTE_TUPLE : BRN_OP_BYTE_TUPLE2) < 0 ||
            ext_op(saver, BRN_OP_BYTE_REDUCE) < 0)
            return -1;
next_part:
        if (frame->index < parts) {
            frame->stage = PART;
            result = ext_save(saver, PyList_GET_ITEM(frame->next, frame->index++), false);
            if (result != 0)
                return result;
            goto part_saved;
        }
        break;
    default: break;
    }
    return ext_memoize(saver, frame->object);
}
