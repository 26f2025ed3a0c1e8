/*
 * load_values.c - plain data whose making takes more than a call: numbers in
 * text, Python 2 strings, payloads from files, and filling containers.
 */
#include "layout.h"
#include "load.h"

/* ------------------------------------------------------------------------
 * Numbers in text
 * ------------------------------------------------------------------------ */

#define SHORT_LINE 64

/* A line with its newline and a NUL behind it, as the conversions of C and CPython want it. */
typedef struct c_line {
    char *text;
    char room[SHORT_LINE];
} c_line;

static bool open_line(ext_loader *h, c_line *line, const uint8_t *text, size_t size)
{
    line->text = line->room;
    if (size + 2 > SHORT_LINE) {
        line->text = PyMem_Malloc(size + 2);
        if (!line->text) {
            PyErr_NoMemory();
            return ext_load_failed(h);
        }
    }
    memcpy(line->text, text, size);
    line->text[size] = '\n';
    line->text[size + 1] = '\0';
    return true;
}

static void close_line(c_line *line)
{
    if (line->text != line->room)
        PyMem_Free(line->text);
}

/* An empty line is taken for the end of the data. */
static bool check_not_empty(ext_loader *h, size_t size)
{
    if (size > 0)
        return true;
    (void)brn_reader_fail(&h->m.in, BRN_ERROR_TRUNCATED, "the line is empty");
    return false;
}

/* Digits that nothing can be said about but the one thing: up to 18, no leading zero. */
static bool plain_digits(const uint8_t *text, size_t size, int64_t *value)
{
    if (size == 0 || size > 18 || text[0] == '0')
        return false;
    int64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned figure = (unsigned)text[i] - (unsigned)'0';
        if (figure > 9)
            return false;
        number = number * 10 + (int64_t)figure;
    }
    *value = number;
    return true;
}

/* Newer versions read decimal digits and nothing else. */
#if PY_VERSION_HEX >= 0x030e0000
#define BASE 10
#else
#define BASE 0
#endif

/* "00" and "01"; before 3.15 by value and length, so that "+1" is True as well. */
static bool is_bool(const uint8_t *text, size_t size, long number)
{
#if PY_VERSION_HEX >= 0x030f0000
    (void)number;
    return size == 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1');
#else
    (void)text;
    return size == 2 && (number == 0 || number == 1);
#endif
}

PyObject *ext_load_int_numeral(ext_loader *h, const uint8_t *text, size_t size)
{
    int64_t plain;
    if (size != 2 && plain_digits(text, size, &plain))
        return ext_checked(h, PyLong_FromLongLong(plain));
    if (!check_not_empty(h, size))
        return NULL;
    c_line line;
    if (!open_line(h, &line, text, size))
        return NULL;
    PyObject *value = NULL;
    char *end;
    errno = 0;
    long number = strtol(line.text, &end, BASE);
    if (errno || (*end != '\n' && *end != '\0')) {
        value = PyLong_FromString(line.text, NULL, BASE);
        if (!value)
            PyErr_SetString(PyExc_ValueError, "could not convert string to int");
    } else if (is_bool(text, size, number)) {
        value = PyBool_FromLong(number);
    } else {
        value = PyLong_FromLong(number);
    }
    close_line(&line);
    return ext_checked(h, value);
}

PyObject *ext_load_long_numeral(ext_loader *h, const uint8_t *text, size_t size)
{
    if (!check_not_empty(h, size))
        return NULL;
    int64_t plain;
    size_t digits = text[size - 1] == 'L' ? size - 1 : size;
    if (plain_digits(text, digits, &plain))
        return ext_checked(h, PyLong_FromLongLong(plain));
    c_line line;
    if (!open_line(h, &line, text, size))
        return NULL;
    if (digits != size)
        line.text[digits] = '\0';
    PyObject *value = PyLong_FromString(line.text, NULL, BASE);
    close_line(&line);
    return ext_checked(h, value);
}

PyObject *ext_load_float_numeral(ext_loader *h, const uint8_t *text, size_t size)
{
    c_line line;
    if (!check_not_empty(h, size) || !open_line(h, &line, text, size))
        return NULL;
    PyObject *value = NULL;
    char *end;
    double number = PyOS_string_to_double(line.text, &end, PyExc_OverflowError);
    if (number != -1.0 || !PyErr_Occurred()) {
        if (*end == '\n' || *end == '\0')
            value = PyFloat_FromDouble(number);
        else
            PyErr_SetString(PyExc_ValueError, "could not convert string to float");
    }
    close_line(&line);
    return ext_checked(h, value);
}

bool ext_load_index(ext_loader *h, const uint8_t *text, size_t size, int64_t *index)
{
    if (plain_digits(text, size, index))
        return true;
    if (size == 1 && text[0] == '0') {
        *index = 0;
        return true;
    }
    c_line line;
    if (!check_not_empty(h, size))
        return false;
    bool is_put = *h->m.in.op == BRN_OP_BYTE_PUT;
    /* An empty stack is the greater mistake. */
    size_t floor = h->m.mark_count ? h->m.marks[h->m.mark_count - 1] : 0;
    if (is_put && h->m.depth <= floor) {
        (void)brn_reader_fail(&h->m.in,
                              h->m.mark_count ? BRN_ERROR_MARK_ON_TOP : BRN_ERROR_STACK_UNDERFLOW,
                              "nothing to store");
        return false;
    }
    if (!open_line(h, &line, text, size))
        return false;
    PyObject *number = PyLong_FromString(line.text, NULL, 10);
    close_line(&line);
    Py_ssize_t value = number ? PyLong_AsSsize_t(number) : -1;
    Py_XDECREF(number);
    if (value == -1 && PyErr_Occurred())
        return ext_load_failed(h);
    if (value < 0) {
        if (is_put)
            PyErr_SetString(PyExc_ValueError, "negative PUT argument");
        else
            PyErr_Format(h->state->UnpicklingError, "Memo value not found at index %zd", value);
        return ext_load_failed(h);
    }
    *index = value;
    return true;
}

/* ------------------------------------------------------------------------
 * Bytes and text
 * ------------------------------------------------------------------------ */

/* Characters of text that is not decoded by the interpreter: what the buffer on the stack holds. */
#define SHORT_TEXT 256

/* UTF-8 into characters, of which *seen gets all bits.  -1 if it is malformed, or a surrogate. */
static Py_ssize_t decode_short(const uint8_t *text, size_t size, uint32_t *chars, uint32_t *seen)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    Py_ssize_t count = 0;
    for (size_t i = 0; i < size; count++) {
        uint32_t c = text[i];
        size_t width = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
        if (width == 0 || width > size - i)
            return -1;
        if (width > 1) {
            c &= 0x7fU >> width;
            for (size_t k = 1; k < width; k++) {
                if ((text[i + k] & 0xc0) != 0x80)
                    return -1;
                c = c << 6 | (text[i + k] & 0x3fU);
            }
            if (c < least[width] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
                return -1;
        }
        chars[count] = c;
        *seen |= c;
        i += width;
    }
    return count;
}

static PyObject *str_of_chars(const uint32_t *chars, Py_ssize_t count, uint32_t seen)
{
    if (count == 1)
        return PyUnicode_FromOrdinal((int)chars[0]);
    uint32_t most = seen < 0x100 ? 0xff : seen < 0x10000 ? 0xffff : 0x10ffff;
    PyObject *str = PyUnicode_New(count, most);
    if (!str)
        return NULL;
    void *data = PyUnicode_DATA(str);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (most == 0xff)
            ((Py_UCS1 *)data)[i] = (Py_UCS1)chars[i];
        else if (most == 0xffff)
            ((Py_UCS2 *)data)[i] = (Py_UCS2)chars[i];
        else
            ((Py_UCS4 *)data)[i] = chars[i];
    }
    return str;
}

PyObject *ext_load_text(ext_loader *h, const uint8_t *text, size_t size)
{
    if (size > 1 && size <= SHORT_TEXT) {
        uint32_t chars[SHORT_TEXT];
        uint32_t seen = 0;
        Py_ssize_t count = decode_short(text, size, chars, &seen);
        if (count > 0 && seen >= 0x80)
            return ext_checked(h, str_of_chars(chars, count, seen));
    }
    return ext_checked(h,
                       PyUnicode_DecodeUTF8((const char *)text, (Py_ssize_t)size, "surrogatepass"));
}

/* The object that a file has read the payload into, if `data` is in it. */
static PyObject *take_payload(ext_loader *h, const uint8_t *data)
{
    PyObject *payload = h->payload;
    if (BRN_LIKELY(!payload) || (const char *)data != ext_payload_data(payload))
        return NULL;
    h->payload = NULL;
    return payload;
}

PyObject *ext_load_new_payload(bool is_array, size_t size)
{
    PyObject *payload = is_array ? PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)size)
                                 : PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (payload && size >= EXT_LARGE_PAYLOAD)
        (void)brn_ask_for_huge_pages(ext_payload_data(payload), size);
    return payload;
}

static PyObject *load_payload(ext_loader *h, bool is_array, const uint8_t *data, size_t size)
{
    PyObject *payload = take_payload(h, data);
    if (payload)
        return payload;
    payload = ext_load_new_payload(is_array, size);
    if (payload)
        memcpy(ext_payload_data(payload), data, size);
    return ext_checked(h, payload);
}

/* Bytes objects of their own, one byte long as well: who dumps them again sees which are the same. */
PyObject *ext_load_bytes(ext_loader *h, const uint8_t *data, size_t size)
{
    return load_payload(h, false, data, size);
}

PyObject *ext_load_bytearray(ext_loader *h, const uint8_t *data, size_t size)
{
    return load_payload(h, true, data, size);
}

PyObject *ext_load_py2str(ext_loader *h, const uint8_t *data, size_t size)
{
    if (h->py2_bytes)
        return ext_checked(h, PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size));
    ext_load_share(h); /* a codec may be anybody's */
    return ext_checked(
        h, PyUnicode_Decode((const char *)data, (Py_ssize_t)size, h->encoding, h->errors));
}

PyObject *ext_load_py2str_escaped(ext_loader *h, const uint8_t *text, size_t size)
{
    PyObject *bytes = PyBytes_DecodeEscape((const char *)text, (Py_ssize_t)size, NULL, 0, NULL);
    if (!bytes || h->py2_bytes)
        return ext_checked(h, bytes);
    ext_load_share(h);
    PyObject *str = PyUnicode_FromEncodedObject(bytes, h->encoding, h->errors);
    Py_DECREF(bytes);
    return ext_checked(h, str);
}

/* ------------------------------------------------------------------------
 * Containers
 * ------------------------------------------------------------------------ */

/* The items take part in a set or are keys: then their code runs, unless they are plain. */
static bool add_to_set(ext_loader *h, PyObject *set, PyObject **items, size_t count)
{
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        if (!ext_is_atom(items[i]))
            ext_load_share(h);
        done = PySet_Add(set, items[i]) == 0;
    }
    ext_release(items, count);
    ext_load_makes_data(h);
    return done;
}

PyObject *ext_load_frozenset(ext_loader *h, PyObject **items, size_t count)
{
    PyObject *set = PyFrozenSet_New(NULL);
    if (!set)
        ext_release(items, count);
    else if (!add_to_set(h, set, items, count))
        Py_CLEAR(set);
    return ext_checked(h, set);
}

/* Item by item.  An exact dict. */
static bool fill_slowly(ext_loader *h, PyObject *dict, PyObject **items, size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        if (!ext_is_atom(items[i]))
            ext_load_share(h);
        int done = PyDict_SetItem(dict, items[i], items[i + 1]);
        if (BRN_UNLIKELY(done < 0)) {
            ext_release(items + i, count - i);
            return false;
        }
        Py_DECREF(items[i]);
        Py_DECREF(items[i + 1]);
    }
    ext_load_makes_data(h);
    return true;
}

void ext_load_tables_release(ext_loader *h)
{
    for (size_t i = 0; i < EXT_DICT_PATTERNS; i++) {
        if (h->patterns[i].table)
            ext_table_free(h->patterns[i].table);
    }
}

/* The pattern that dicts with these keys would have. */
static ext_dict_pattern *pattern_of(ext_loader *h, PyObject *const *items, size_t pairs)
{
    uintptr_t mix = ((uintptr_t)items[0] >> 4) ^ ((uintptr_t)items[2 * pairs - 2] >> 6) ^ pairs;
    return &h->patterns[(mix ^ mix >> 8) % EXT_DICT_PATTERNS];
}

/*
 * The hash of a str, which is made to resist and so takes its time.  The keys of dicts are mostly short, and the same in all
 * dicts and pickles of a kind: what they hash to is kept, by all that they consist of.
 */
static void hash_key(ext_loader *h, PyObject *key)
{
    size_t size = (size_t)PyUnicode_GET_LENGTH(key);
    if (!PyUnicode_IS_COMPACT_ASCII(key) || size < 2 || size > 16) {
        (void)PyObject_Hash(key);
        return;
    }
    const uint8_t *text = PyUnicode_DATA(key);
    uint64_t low = size >= 8 ? brn_load_le64(text) : brn_load_le(text, size);
    uint64_t high = size >= 8 ? brn_load_le64(text + size - 8) : 0;
    uint64_t mix = (low ^ high * 31 ^ size) * UINT64_C(0x9e3779b97f4a7c15);
    ext_key_hash *kept = &h->hashes[(mix >> 32) % EXT_KEY_HASHES];
    if (kept->low != low || kept->high != high || kept->size != size)
        *kept = (ext_key_hash){low, high, size, PyObject_Hash(key)};
    ((PyASCIIObject *)key)->hash = kept->hash;
}

/* All at once, into a table of the right size. */
static bool build_dict(ext_loader *h, PyObject *dict, PyObject **items, size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        if (!PyUnicode_CheckExact(items[i]))
            return false;
        if (((PyASCIIObject *)items[i])->hash == -1)
            hash_key(h, items[i]);
    }
    return ext_dict_build(dict, items, count / 2);
}

static bool fill_dict(ext_loader *h, PyObject *dict, PyObject **items, size_t count)
{
    if (count == 0 || !ext_dict_is_fresh(dict) || !PyUnicode_CheckExact(items[0]))
        return fill_slowly(h, dict, items, count);
    /* A table of one key is made as quickly as copied. */
    if (count == 2)
        return build_dict(h, dict, items, count) || fill_slowly(h, dict, items, count);
    /* A pickle of one dict does without patterns. */
    if (BRN_UNLIKELY(h->dicts < 2)) {
        if (h->dicts++ == 0)
            return build_dict(h, dict, items, count) || fill_slowly(h, dict, items, count);
        memset(h->patterns, 0, sizeof h->patterns);
    }
    size_t pairs = count / 2;
    ext_dict_pattern *pattern = pattern_of(h, items, pairs);
    if (pattern->table && ext_table_has(pattern->table, items, pairs) &&
        ext_dict_fill(dict, pattern->table, items))
        return true;
    ext_dict_pattern seen = {pairs, items[0], items[count - 2], NULL};
    bool again =
        pattern->pairs == pairs && pattern->first == seen.first && pattern->last == seen.last;
    if (!build_dict(h, dict, items, count) && !fill_slowly(h, dict, items, count))
        return false;
    if (!again) {
        /* The table stays until another pattern has been seen twice. */
        seen.table = pattern->table;
        *pattern = seen;
        return true;
    }
    ext_key_table *table = ext_table_of_dict(dict, pairs);
    if (table) {
        if (pattern->table)
            ext_table_free(pattern->table);
        pattern->table = table;
    }
    return true;
}

PyObject *ext_load_dict(ext_loader *h, PyObject **items, size_t count)
{
    PyObject *dict = PyDict_New();
    if (!dict)
        ext_release(items, count);
    else if (!fill_dict(h, dict, items, count))
        Py_CLEAR(dict);
    return ext_checked(h, dict);
}

/* A dict of another class that has not replaced __setitem__. */
static bool sets_as_dict(PyObject *dict)
{
    const PyTypeObject *type = Py_TYPE(dict);
    return PyDict_Check(dict) && type->tp_as_mapping &&
           type->tp_as_mapping->mp_ass_subscript == PyDict_Type.tp_as_mapping->mp_ass_subscript;
}

bool ext_load_setitems(ext_loader *h, PyObject *dict, PyObject **items, size_t count)
{
    if (BRN_LIKELY(PyDict_CheckExact(dict)) || sets_as_dict(dict))
        return fill_dict(h, dict, items, count) || ext_load_failed(h);
    ext_gc_resume(h);
    bool done = true;
    for (size_t i = 0; done && i < count; i += 2)
        done = PyObject_SetItem(dict, items[i], items[i + 1]) == 0;
    ext_release(items, count);
    ext_gc_pause(h);
    return done || ext_load_failed(h);
}

/*
 * The references of the items move into the list.  A list of a size that is known gets exactly that; one
 * that goes on growing gets room in proportion.
 */
static bool list_take(PyObject *object, PyObject **items, size_t count)
{
    PyListObject *list = (PyListObject *)object;
    size_t size = (size_t)Py_SIZE(list);
    size_t need = size + count;
    if (need > (size_t)list->allocated) {
        size_t room = size == 0 ? need : need + (need >> 3) + 6;
        PyObject **moved = list->ob_item;
        if (room > PY_SSIZE_T_MAX / sizeof *moved)
            moved = NULL;
        else
            moved = PyMem_Realloc(moved, room * sizeof *moved);
        if (!moved) {
            PyErr_NoMemory();
            ext_release(items, count);
            return false;
        }
        list->ob_item = moved;
        list->allocated = (Py_ssize_t)room;
    }
    memcpy(list->ob_item + size, items, count * sizeof *items);
    Py_SET_SIZE(list, (Py_ssize_t)need);
    return true;
}

static bool append_to_object(ext_loader *h, PyObject *object, PyObject **items, size_t count)
{
    PyObject *method;
    if (ext_lookup_attr(object, h->state->names.extend, &method) < 0) {
        ext_release(items, count);
        return false;
    }
    if (method) {
        PyObject *list = ext_list_of(items, count);
        PyObject *result = list ? PyObject_CallOneArg(method, list) : NULL;
        Py_XDECREF(list);
        Py_DECREF(method);
        Py_XDECREF(result);
        return result != NULL;
    }
    /* PEP 307 wants both; objects with only append are older than it. */
    method = PyObject_GetAttr(object, h->state->names.append);
    size_t i = 0;
    bool done = method != NULL;
    for (; done && i < count; i++) {
        PyObject *result = PyObject_CallOneArg(method, items[i]);
        Py_XDECREF(result);
        done = result != NULL;
    }
    ext_release(items, count);
    Py_XDECREF(method);
    return done;
}

bool ext_load_append(ext_loader *h, PyObject *list, PyObject **items, size_t count)
{
    /* A list that is being sorted shows itself empty, and has less than nothing allocated. */
    if (BRN_LIKELY(PyList_CheckExact(list) && ((PyListObject *)list)->allocated >= 0))
        return list_take(list, items, count) || ext_load_failed(h);
    ext_gc_resume(h);
    bool done = append_to_object(h, list, items, count);
    ext_gc_pause(h);
    return done || ext_load_failed(h);
}

bool ext_load_additems(ext_loader *h, PyObject *set, PyObject **items, size_t count)
{
    if (PySet_Check(set))
        return add_to_set(h, set, items, count) || ext_load_failed(h);
    ext_gc_resume(h);
    PyObject *add = PyObject_GetAttr(set, h->state->names.add);
    bool done = add != NULL;
    for (size_t i = 0; done && i < count; i++) {
        PyObject *result = PyObject_CallOneArg(add, items[i]);
        Py_XDECREF(result);
        done = result != NULL;
    }
    Py_XDECREF(add);
    ext_release(items, count);
    ext_gc_pause(h);
    return done || ext_load_failed(h);
}

bool ext_load_nothing(ext_loader *h, PyObject *container, uint8_t opcode)
{
#if PY_VERSION_HEX >= 0x030f0000
    /* What cannot take items is refused even if there are none; a dict's place is not looked at. */
    PyObject *name = opcode == BRN_OP_BYTE_ADDITEMS ? h->state->names.add : h->state->names.append;
    if (opcode == BRN_OP_BYTE_SETITEMS || PyList_CheckExact(container) || PySet_Check(container))
        return true;
    PyObject *method = PyObject_GetAttr(container, name);
    Py_XDECREF(method);
    return method || ext_load_failed(h);
#else
    (void)h;
    (void)container;
    (void)opcode;
    return true;
#endif
}
