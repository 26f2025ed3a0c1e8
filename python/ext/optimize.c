/*
 * optimize.c - optimize(): a pickle without the memo entries that nothing refers to, framed anew.
 *
 * Two walks over the pickle.  The first finds out which entries are referred to, and reads every
 * argument, because a pickle that pickletools would refuse has to be refused.  The second
 * writes.  In between, an entry of the memo is a number: its place in a table in the order in which
 * the pickle names them.  Nothing is kept for the opcodes that are only copied.
 *
 * Entries are named by what PUT and GET say, which are ints of any size in protocol 0; what a table
 * of the size of the pickle does not hold goes through a dict.
 */
#include "machine/emit.h"
#include "opreader.h"

#define NOT_PUT UINT32_MAX

/* ------------------------------------------------------------------------
 * The first walk
 * ------------------------------------------------------------------------ */

typedef struct entry {
    bool stored;     /* some PUT names it */
    bool wanted;     /* some GET names it */
    uint32_t number; /* in what is written; NOT_PUT before it has been stored */
} entry;

typedef struct plan {
    ext_opreader reader;
    entry *entries;
    size_t entry_count;
    size_t entry_cap;
    uint32_t *small; /* by name, for names below the size of the pickle: an entry's place + 1 */
    size_t small_cap;
    PyObject *large;  /* the same for all other names: a dict, or NULL */
    uint32_t *places; /* of the PUTs and GETs, in their order */
    size_t place_count;
    size_t place_cap;
    uint64_t stored; /* how many different names have been stored */
    int protocol;
} plan;

/* Make room for one more element than there are, or for `wanted`.  False with an exception. */
static bool grow(void *array, size_t *cap, size_t wanted, size_t size)
{
    void **elements = array;
    if (wanted <= *cap)
        return true;
    size_t more = wanted > 2 * *cap ? wanted : 2 * *cap;
    if (more < 64)
        more = 64;
    void *grown = more <= PY_SSIZE_T_MAX / size ? PyMem_Realloc(*elements, more * size) : NULL;
    if (!grown) {
        PyErr_NoMemory();
        return false;
    }
    memset((char *)grown + *cap * size, 0, (more - *cap) * size);
    *elements = grown;
    *cap = more;
    return true;
}

/* A new entry: its place + 1, or 0 with an exception. */
static uint32_t add_entry(plan *p)
{
    if (p->entry_count >= UINT32_MAX - 1) {
        PyErr_NoMemory();
        return 0;
    }
    if (!grow(&p->entries, &p->entry_cap, p->entry_count + 1, sizeof *p->entries))
        return 0;
    p->entries[p->entry_count].number = NOT_PUT;
    return (uint32_t)++p->entry_count;
}

static uint32_t place_of_small(plan *p, uint64_t name)
{
    if (!grow(&p->small, &p->small_cap, (size_t)name + 1, sizeof *p->small))
        return 0;
    if (p->small[name] == 0)
        p->small[name] = add_entry(p);
    return p->small[name];
}

static uint32_t place_of_large(plan *p, PyObject *name)
{
    if (!p->large && !(p->large = PyDict_New()))
        return 0;
    PyObject *known;
    int found = ext_dict_get_ref(p->large, name, &known);
    if (found < 0)
        return 0;
    uint32_t place = 0;
    if (found) {
        place = (uint32_t)PyLong_AsUnsignedLong(known);
    } else {
        place = add_entry(p);
        known = place ? PyLong_FromUnsignedLong(place) : NULL;
        if (!known || PyDict_SetItem(p->large, name, known) < 0)
            place = 0;
    }
    Py_XDECREF(known);
    return place;
}

static uint32_t place_of_number(plan *p, int64_t name)
{
    if (name >= 0 && name < p->reader.end - p->reader.data)
        return place_of_small(p, (uint64_t)name);
    PyObject *object = PyLong_FromLongLong(name);
    uint32_t place = object ? place_of_large(p, object) : 0;
    Py_XDECREF(object);
    return place;
}

/* Of the entry that the argument of a PUT or GET names. */
static uint32_t place_of_argument(plan *p)
{
    PyObject *object = p->reader.object;
    if (!object)
        return place_of_number(p, p->reader.arg.integer);
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (number == -1 && !overflow && PyErr_Occurred())
        return 0;
    return overflow ? place_of_large(p, object) : place_of_number(p, number);
}

static bool is_put(uint8_t byte)
{
    return byte == BRN_OP_BYTE_PUT || byte == BRN_OP_BYTE_BINPUT ||
           byte == BRN_OP_BYTE_LONG_BINPUT || byte == BRN_OP_BYTE_MEMOIZE;
}

static bool is_get(uint8_t byte)
{
    return byte == BRN_OP_BYTE_GET || byte == BRN_OP_BYTE_BINGET || byte == BRN_OP_BYTE_LONG_BINGET;
}

static bool note_memo(plan *p)
{
    uint8_t byte = p->reader.byte;
    /* MEMOIZE names the entry by how many there are, also if that one is stored already. */
    uint32_t place =
        byte == BRN_OP_BYTE_MEMOIZE ? place_of_number(p, (int64_t)p->stored) : place_of_argument(p);
    if (place == 0 || !grow(&p->places, &p->place_cap, p->place_count + 1, sizeof *p->places))
        return false;
    p->places[p->place_count++] = place - 1;
    entry *found = &p->entries[place - 1];
    if (is_put(byte)) {
        p->stored += !found->stored;
        found->stored = true;
        return true;
    }
    found->wanted = true;
    if (p->reader.row->protocol > p->protocol)
        p->protocol = p->reader.row->protocol;
    return true;
}

static bool make_plan(plan *p)
{
    ext_opreader *reader = &p->reader;
    do {
        if (ext_opreader_next(reader) < 0)
            return false;
        if (is_put(reader->byte) || is_get(reader->byte)) {
            if (!note_memo(p))
                return false;
        } else if (reader->byte == BRN_OP_BYTE_PROTO && reader->arg.integer > p->protocol) {
            p->protocol = (int)reader->arg.integer;
        }
    } while (!ext_opreader_stopped(reader));
    return true;
}

/* ------------------------------------------------------------------------
 * The second walk
 * ------------------------------------------------------------------------ */

typedef struct output {
    PyObject *bytes;
    size_t used;
    size_t frame; /* where the header of the frame will stand; room is left for it */
    bool framing;
} output;

/* Room for `size` more bytes, or NULL with an exception. */
static char *room(output *out, size_t size)
{
    size_t cap = (size_t)PyBytes_GET_SIZE(out->bytes);
    if (size > cap - out->used) {
        size_t wanted = cap + cap / 2 + size;
        if (wanted > PY_SSIZE_T_MAX)
            return (char *)PyErr_NoMemory();
        if (_PyBytes_Resize(&out->bytes, (Py_ssize_t)wanted) < 0)
            return NULL;
    }
    return PyBytes_AS_STRING(out->bytes) + out->used;
}

static bool put_bytes(output *out, const void *data, size_t size)
{
    char *to = room(out, size);
    if (!to)
        return false;
    memcpy(to, data, size);
    out->used += size;
    return true;
}

static bool begin_frame(output *out)
{
    out->frame = out->used;
    if (!room(out, BRN_EMIT_FRAME_HEADER))
        return false;
    out->used += BRN_EMIT_FRAME_HEADER;
    return true;
}

/* The header of the frame that ends here; what is too short for one goes without. */
static void end_frame(output *out)
{
    char *header = PyBytes_AS_STRING(out->bytes) + out->frame;
    size_t size = out->used - out->frame - BRN_EMIT_FRAME_HEADER;
    if (size < BRN_EMIT_FRAME_MIN) {
        memmove(header, header + BRN_EMIT_FRAME_HEADER, size);
        out->used -= BRN_EMIT_FRAME_HEADER;
        return;
    }
    header[0] = (char)BRN_OP_BYTE_FRAME;
    brn_store_le64((uint8_t *)header + 1, size);
}

/* An opcode; in a frame of its own kind, none, if it is longer than frames should be. */
static bool put_opcode(output *out, const void *data, size_t size, bool copied)
{
    if (!out->framing)
        return put_bytes(out, data, size);
    bool frameless = copied && size > BRN_EMIT_FRAME_TARGET;
    if (frameless || out->used - out->frame - BRN_EMIT_FRAME_HEADER >= BRN_EMIT_FRAME_TARGET) {
        end_frame(out);
        if (frameless)
            return put_bytes(out, data, size) && begin_frame(out);
        if (!begin_frame(out))
            return false;
    }
    return put_bytes(out, data, size);
}

/* PUT or GET `number` in the spelling of the protocol. */
static bool put_memo(output *out, const plan *p, bool put, uint32_t number)
{
    const brn_emitter spelling = {.protocol = p->protocol, .binary = p->protocol >= 1};
    uint8_t opcode[BRN_EMIT_MEMO];
    const uint8_t *end =
        put ? brn_put_memoize(&spelling, opcode, number) : brn_put_get(&spelling, opcode, number);
    return put_opcode(out, opcode, (size_t)(end - opcode), false);
}

/* A GET of what has not been stored yet, which the number None stands for in pickletools. */
static bool put_early_get(output *out, const plan *p)
{
    if (p->protocol < 1)
        return put_opcode(out, "gNone\n", 6, false);
    PyErr_SetString(PyExc_TypeError, "'<' not supported between instances of 'NoneType' and 'int'");
    return false;
}

/* Behind the argument at `pos`, which the first walk has read. */
static const uint8_t *skip_argument(uint8_t byte, const uint8_t *pos, const uint8_t *end)
{
    brn_argument ignored;
    (void)brn_decode((brn_format)brn_opcode_rows[byte].format, &pos, end, &ignored);
    return pos;
}

static bool write_opcodes(const plan *p, const uint8_t *pos, output *out)
{
    const uint8_t *end = p->reader.pos; /* behind STOP */
    const uint32_t *place = p->places;
    uint32_t numbers = 0;
    while (pos < end) {
        const uint8_t *op = pos;
        pos = skip_argument(*op, op + 1, end);
        if (*op == BRN_OP_BYTE_FRAME)
            continue;
        if (is_put(*op)) {
            entry *found = &p->entries[*place++];
            if (!found->wanted)
                continue;
            found->number = numbers++;
            if (!put_memo(out, p, true, found->number))
                return false;
        } else if (is_get(*op)) {
            uint32_t number = p->entries[*place++].number;
            if (!(number == NOT_PUT ? put_early_get(out, p) : put_memo(out, p, false, number)))
                return false;
        } else if (!put_opcode(out, op, (size_t)(pos - op), true)) {
            return false;
        }
    }
    return true;
}

static bool write_pickle(const plan *p, output *out)
{
    const uint8_t *pos = p->reader.data;
    if (*pos == BRN_OP_BYTE_PROTO) { /* stands before the first frame */
        if (!put_bytes(out, pos, 2))
            return false;
        pos += 2;
    }
    out->framing = p->protocol >= 4;
    if (out->framing && !begin_frame(out))
        return false;
    if (!write_opcodes(p, pos, out))
        return false;
    if (out->framing)
        end_frame(out);
    return true;
}

/* As the interpreter's pickler, which pickletools writes with, would say. */
static int check_protocol(const plan *p)
{
    int highest = p->reader.table->highest_protocol;
    if (p->protocol <= highest)
        return 0;
    PyErr_Format(PyExc_ValueError, "pickle protocol must be <= %d", highest);
    return -1;
}

static PyObject *optimize(plan *p)
{
    if (!make_plan(p) || check_protocol(p) < 0)
        return NULL;
    output out = {.used = 0};
    /* As a rule the result is shorter, by more than the frame that may be new. */
    out.bytes =
        PyBytes_FromStringAndSize(NULL, p->reader.pos - p->reader.data + BRN_EMIT_FRAME_HEADER);
    if (!out.bytes)
        return NULL;
    if (!write_pickle(p, &out)) {
        Py_XDECREF(out.bytes);
        return NULL;
    }
    (void)_PyBytes_Resize(&out.bytes, (Py_ssize_t)out.used);
    return out.bytes;
}

PyObject *ext_optimize(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"p", NULL};
    PyObject *pickle;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:optimize", (char **)names, &pickle))
        return NULL;
    ext_optable *table = ext_optable_of(ext_state_of_module(module));
    if (!table)
        return NULL;
    if (table->foreign)
        return ext_optable_delegate(table, "optimize", args, kwargs);
    plan p;
    memset(&p, 0, sizeof p);
    PyObject *result = NULL;
    if (ext_opreader_init_memory(&p.reader, table, pickle) == 0)
        result = optimize(&p);
    ext_opreader_clear(&p.reader);
    PyMem_Free(p.entries);
    PyMem_Free(p.small);
    PyMem_Free(p.places);
    Py_XDECREF(p.large);
    return result;
}
