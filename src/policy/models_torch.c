/*
 * models_torch.c - what PyTorch's storages, tensors, sparse tensors and modules are made from.
 */
#include "arrays.h"

/* More layers nobody stacks in one module; its __setstate__() counts them. */
#define MOST_LAYERS 10000

static bool is_module(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    const brn_val *layers = brn_dict_get(val, "num_layers");
    return brn_schema_matches(c, "{str: any}", subject, val) &&
           (!layers || (brn_is(layers, BRN_INT) && brn_int(layers) <= MOST_LAYERS) ||
            brn_is(layers, BRN_OBJECT));
}

/* ------------------------------------------------------------------------
 * Storages
 * ------------------------------------------------------------------------ */

/* ('storage', class, key, place, how many items), or more behind that: how many; -1 if it is something else. */
static int64_t items_of_id(const brn_val *id)
{
    const brn_val *count = brn_at(id, 4);
    return brn_is(id, BRN_TUPLE) && brn_str_is(brn_at(id, 0), "storage") && brn_is(count, BRN_INT)
               ? brn_int(count)
               : -1;
}

/* The pickles that torch wrote before it wrote zips, and writes into pickles: these five, and then bytes. */
enum { PART_MAGIC, PART_VERSION, PART_SYSTEM, PART_STORAGE, PART_KEYS, PARTS };

#define MAGIC_DIGITS "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"

/* Is it a class of torch called ...Storage? */
static bool is_storage_class(const brn_val *val)
{
    static const char ending[] = "Storage";
    const size_t length = sizeof ending - 1;
    size_t size = 0;
    const char *name = brn_str(brn_global_name(val), &size);
    const brn_val *module = brn_global_module(val);
    return name && size >= length && memcmp(name + size - length, ending, length) == 0 &&
           !memchr(name, '.', size) &&
           (brn_str_is(module, "torch") || brn_str_is(module, "torch.storage"));
}

/* A storage whose bytes are in the pickle. */
typedef struct storage {
    int64_t items; /* -1 if it is none */
    size_t width;  /* of an item, if that is an int of 32 or 64 bits; 0 otherwise */
    const uint8_t *data;
    size_t size;
} storage;

/* The bytes of an item of a storage of indices; 0 for others. */
static size_t width_of_class(const brn_val *class)
{
    const brn_val *name = brn_global_name(class);
    if (brn_str_is(name, "LongStorage"))
        return 8;
    return brn_str_is(name, "IntStorage") ? 4 : 0;
}

/* One of the pickles; what the storage holds is set by the one that names it. */
static bool is_part(const brn_doc *doc, int part, storage *made)
{
    const brn_val *root = brn_root(doc);
    size_t size = 0;
    if (part != PART_STORAGE && doc->trace_count != 0)
        return false;
    switch (part) {
    case PART_MAGIC: {
        const uint8_t *digits = brn_bigint(root, &size);
        return digits && size == sizeof MAGIC_DIGITS - 1 && memcmp(digits, MAGIC_DIGITS, size) == 0;
    }
    case PART_VERSION: return brn_is(root, BRN_INT) && brn_int(root) == 1001;
    case PART_SYSTEM: return brn_is(root, BRN_DICT);
    case PART_STORAGE: {
        /* A class is looked up, a persistent id is loaded: torch's own, and nothing else. */
        const brn_val *id = brn_is(root, BRN_PERSID) ? brn_persid(root) : NULL;
        made->items = items_of_id(id);
        made->width = width_of_class(brn_at(id, 1));
        return made->items >= 0 && doc->trace_count == 2 && is_storage_class(brn_at(id, 1)) &&
               brn_is(brn_at(id, 2), BRN_STR) && brn_is(brn_at(id, 3), BRN_STR) &&
               (brn_size(id) == 5 || (brn_size(id) == 6 && brn_is_none(brn_at(id, 5))));
    }
    default: return brn_is(root, BRN_LIST) && brn_size(root) == 1;
    }
}

/* They are some hundred bytes.  More is not looked at: it would be, for each tensor of the storage. */
#define MOST_PICKLED 4096
#define PART_STEPS 500

/*
 * The storage in the bytes that torch.storage._load_from_bytes() is given, which it takes for pickles again; without items
 * unless they are one storage, spelled as torch spells it.
 */
static storage storage_of_bytes(const brn_checker *c, const brn_val *args)
{
    static const storage none = {.items = -1};
    storage made = none;
    const uint8_t *data;
    size_t size;
    size_t left = MOST_PICKLED;
    if (!brn_is(args, BRN_TUPLE) || brn_size(args) != 1 ||
        !brn_bytes_like(c, brn_at(args, 0), &data, &size) || !data)
        return none;
    for (int part = 0; part < PARTS; part++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.flags = BRN_BORROW | BRN_TRACE;
        size_t most = size < left ? size : left;
        brn_doc *doc = brn_spend(c, PART_STEPS)
                           ? brn_read(data, most, &options, &c->memory->alloc, NULL)
                           : NULL;
        bool fits = doc && is_part(doc, part, &made);
        size_t used = fits ? brn_doc_size(doc) : 0;
        brn_free(doc);
        if (!fits)
            return none;
        data += used;
        size -= used;
        left -= used;
    }
    /* How many, and the items, of a byte or more. */
    if (size < 8 || (uint64_t)made.items > size - 8 || brn_load_le64(data) != (uint64_t)made.items)
        return none;
    made.data = data + 8;
    made.size = size - 8;
    return made;
}

static bool is_storage_bytes(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return storage_of_bytes(c, val).items >= 0;
}

/* Where the items of a storage are claimed or counted; INT64_MAX if that is the loader's own affair; -1 for no storage. */
static int64_t items_of_storage(const brn_checker *c, const brn_val *val)
{
    if (brn_is(val, BRN_PERSID)) {
        int64_t items = items_of_id(brn_persid(val));
        return items >= 0 ? items : INT64_MAX;
    }
    return brn_name_is(brn_instance_of(c, val), "torch.storage", "_load_from_bytes")
               ? storage_of_bytes(c, brn_args(val)).items
               : -1;
}

/* ------------------------------------------------------------------------
 * Tensors
 * ------------------------------------------------------------------------ */

/* (storage, offset, size, stride, ...): torch makes a storage larger that is too small, whatever it takes. */
static bool extent_fits(const brn_checker *c, const brn_val *args)
{
    int64_t items = items_of_storage(c, brn_at(args, 0));
    const brn_val *size = brn_at(args, 2);
    const brn_val *stride = brn_at(args, 3);
    if (items < 0 || brn_size(size) != brn_size(stride) || brn_int(brn_at(args, 1)) > items)
        return false;
    int64_t left = items - brn_int(brn_at(args, 1)); /* behind the first item */
    bool empty = false;
    for (size_t i = 0; i < brn_size(size); i++)
        empty = empty || brn_int(brn_at(size, i)) == 0;
    if (empty)
        return true;
    left--;
    for (size_t i = 0; left >= 0 && i < brn_size(size); i++) {
        int64_t steps = brn_int(brn_at(size, i)) - 1;
        int64_t step = brn_int(brn_at(stride, i));
        if (step != 0 && steps > left / step)
            return false;
        left -= steps * step;
    }
    return left >= 0;
}

/* Of _rebuild_tensor() and _rebuild_tensor_v2(). */
static bool is_tensor(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(any, int[0..], (int[0..]*), (int[0..]*))|(any, int[0..], "
        "(int[0..]*), (int[0..]*), bool, <collections:OrderedDict>|none, any?)";
    return brn_schema_matches(c, schema, subject, val) && extent_fits(c, val);
}

/*
 * (storage, offset, size, stride, quantizer, whether a gradient is wanted, hooks).
 */
static bool is_quantized(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(any, int[0..], (int[0..]*), (int[0..]*), (=torch:per_tensor_affine, float|int, int)|"
        "(=torch:per_channel_affine|=torch:per_channel_affine_float_qparams, "
        "<torch._utils:_rebuild_tensor_v2>, <torch._utils:_rebuild_tensor_v2>, int),"
        " bool, <collections:OrderedDict>|none)";
    return brn_schema_matches(c, schema, subject, val) && extent_fits(c, val);
}

/* ------------------------------------------------------------------------
 * Sparse tensors
 * ------------------------------------------------------------------------ */

/*
 * Compiled code follows the indices of a sparse tensor without looking, and torch no longer looks after loading.  So they have to be
 * seen here: in a storage that is in the pickle, not in one that a persistent id stands for.
 */
typedef struct indices {
    storage in;
    int64_t first;
    const brn_val *size;   /* one axis or two, */
    const brn_val *stride; /* the items of which are there, and no item stands for two */
} indices;

static bool indices_of(const brn_checker *c, const brn_val *val, size_t axes, indices *made)
{
    if (!brn_schema_matches(c, "<torch._utils:_rebuild_tensor_v2>", val, val))
        return false;
    const brn_val *args = brn_args(val);
    const brn_val *from = brn_at(args, 0);
    if (!brn_schema_matches(c, "<torch.storage:_load_from_bytes>", val, from))
        return false;
    made->in = storage_of_bytes(c, brn_args(from));
    made->first = brn_int(brn_at(args, 1));
    made->size = brn_at(args, 2);
    made->stride = brn_at(args, 3);
    if (made->in.items < 0 || made->in.width == 0 || brn_size(args) > 6 ||
        brn_size(made->size) != axes || made->in.size / made->in.width < (size_t)made->in.items)
        return false;
    uint64_t count = 1;
    for (size_t i = 0; i < axes; i++)
        count = brn_int(brn_at(made->size, i)) == 0 ? 0 : count;
    for (size_t i = 0; count > 0 && i < axes; i++) {
        uint64_t length = (uint64_t)brn_int(brn_at(made->size, i));
        if (count > (uint64_t)made->in.items / length)
            return false;
        count *= length;
    }
    return brn_spend(c, count);
}

static int64_t index_at(const indices *t, uint64_t row, uint64_t column)
{
    uint64_t at = (uint64_t)t->first;
    const uint64_t place[] = {row, column};
    for (size_t i = 0; i < BRN_ARRAY_LEN(place) && i < brn_size(t->size); i++)
        at += place[i] * (uint64_t)brn_int(brn_at(t->stride, i));
    return brn_int_of_bytes(t->in.data + at * t->in.width, t->in.width);
}

/* The lengths of a tensor's axes, whose product is an int of 64 bits; NULL for something else. */
static const brn_val *shape_of(const brn_checker *c, const brn_val *val)
{
    if (brn_schema_matches(c, "<torch:Size>", val, val))
        val = brn_at(brn_args(val), 0);
    if (!val || !brn_schema_matches(c, "(int[0..]*)", val, val) || brn_size(val) > BRN_MOST_AXES)
        return NULL;
    int64_t count = 1;
    for (size_t i = 0; i < brn_size(val); i++) {
        int64_t length = brn_int(brn_at(val, i));
        if (length > 0 && count > INT64_MAX / length)
            return NULL;
        count *= length > 0 ? length : 1;
    }
    return val;
}

/* Values for so many indices, which lead as far as axis `from` of the shape. */
static bool values_fit(const brn_checker *c, const brn_val *val, int64_t count,
                       const brn_val *shape, size_t from)
{
    if (!brn_schema_matches(c, "<torch._utils:_rebuild_tensor_v2>", val, val))
        return false;
    const brn_val *size = brn_at(brn_args(val), 2);
    bool fits = from <= brn_size(shape) && brn_size(size) == 1 + brn_size(shape) - from &&
                brn_int(brn_at(size, 0)) == count;
    for (size_t i = 1; fits && i < brn_size(size); i++)
        fits = brn_int(brn_at(size, i)) == brn_int(brn_at(shape, from + i - 1));
    return fits;
}

static bool is_layout(const brn_val *layout, const char *name)
{
    return brn_str_is(brn_at(brn_args(layout), 0), name);
}

/* Is column `at` behind the one before it? */
static bool is_behind(const indices *t, uint64_t rows, uint64_t at)
{
    for (uint64_t row = 0; row < rows; row++) {
        int64_t before = index_at(t, row, at - 1);
        int64_t here = index_at(t, row, at);
        if (here != before)
            return here > before;
    }
    return false;
}

/* (indices, values, shape, whether they are in order and each there once) */
static bool is_coordinates(const brn_checker *c, const brn_val *data)
{
    indices table;
    const brn_val *shape = shape_of(c, brn_at(data, 2));
    if (!shape || !indices_of(c, brn_at(data, 0), 2, &table) || table.in.width != 8)
        return false;
    uint64_t rows = (uint64_t)brn_int(brn_at(table.size, 0));
    uint64_t count = (uint64_t)brn_int(brn_at(table.size, 1));
    bool ordered = brn_is(brn_at(data, 3), BRN_BOOL) && brn_int(brn_at(data, 3));
    bool fits = rows <= brn_size(shape) &&
                values_fit(c, brn_at(data, 1), (int64_t)count, shape, (size_t)rows);
    for (uint64_t row = 0; fits && row < rows; row++) {
        int64_t end = brn_int(brn_at(shape, (size_t)row));
        for (uint64_t i = 0; fits && i < count; i++) {
            int64_t index = index_at(&table, row, i);
            fits = index >= 0 && index < end;
        }
    }
    for (uint64_t i = 1; fits && ordered && i < count; i++)
        fits = is_behind(&table, rows, i);
    return fits;
}

/* (where each row begins, and the last ends; columns; values; shape) */
static bool is_rows(const brn_checker *c, const brn_val *data)
{
    indices begins;
    indices columns;
    const brn_val *shape = shape_of(c, brn_at(data, 3));
    if (!shape || brn_size(shape) != 2 || !indices_of(c, brn_at(data, 0), 1, &begins) ||
        !indices_of(c, brn_at(data, 1), 1, &columns) || begins.in.width != columns.in.width)
        return false;
    int64_t rows = brn_int(brn_at(shape, 0));
    int64_t width = brn_int(brn_at(shape, 1));
    int64_t count = brn_int(brn_at(columns.size, 0));
    bool fits = brn_int(brn_at(begins.size, 0)) - 1 == rows &&
                values_fit(c, brn_at(data, 2), count, shape, 2) && index_at(&begins, 0, 0) == 0 &&
                index_at(&begins, (uint64_t)rows, 0) == count;
    int64_t next = 0;
    for (int64_t row = 0; fits && row < rows; row++) {
        int64_t end = index_at(&begins, (uint64_t)row + 1, 0);
        int64_t least = 0;
        fits = end >= next && end <= count;
        for (; fits && next < end; next++) {
            int64_t column = index_at(&columns, (uint64_t)next, 0);
            fits = column >= least && column < width;
            least = column + 1;
        }
    }
    return fits;
}

/* Of _rebuild_sparse_tensor() and _rebuild_sparse_csr_tensor(): (layout, parts). */
static bool is_sparse(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] = "(<torch.serialization:_get_layout>, (any, any, any, any?))";
    if (!brn_schema_matches(c, schema, subject, val))
        return false;
    const brn_val *data = brn_at(val, 1);
    if (is_layout(brn_at(val, 0), "torch.sparse_coo"))
        return brn_schema_matches(c, "(any, any, any, bool|none?)", subject, data) &&
               is_coordinates(c, data);
    return is_layout(brn_at(val, 0), "torch.sparse_csr") && is_rows(c, data);
}

const brn_schema_check brn_torch_checks[] = {
    {"module", is_module}, {"quantized", is_quantized},
    {"sparse", is_sparse}, {"storage_bytes", is_storage_bytes},
    {"tensor", is_tensor}, {NULL, NULL},
};
