/*
 * models_torch.c - what PyTorch's storages, tensors and modules are made from.
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

/* One of the pickles; *items is set by the one that names the storage. */
static bool is_part(const brn_doc *doc, int part, int64_t *items)
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
        *items = items_of_id(id);
        return *items >= 0 && doc->trace_count == 2 && is_storage_class(brn_at(id, 1)) &&
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
 * How many items there are in the bytes that torch.storage._load_from_bytes() is given, which it takes for pickles again; -1
 * unless they are one storage, spelled as torch spells it.
 */
static int64_t items_of_bytes(const brn_checker *c, const brn_val *args)
{
    const uint8_t *data;
    size_t size;
    size_t left = MOST_PICKLED;
    int64_t items = -1;
    if (!brn_is(args, BRN_TUPLE) || brn_size(args) != 1 ||
        !brn_bytes_like(c, brn_at(args, 0), &data, &size) || !data)
        return -1;
    for (int part = 0; part < PARTS; part++) {
        brn_options options = BRN_OPTIONS_INIT;
        options.flags = BRN_BORROW | BRN_TRACE;
        size_t most = size < left ? size : left;
        brn_doc *doc = brn_spend(c, PART_STEPS)
                           ? brn_read(data, most, &options, &c->memory->alloc, NULL)
                           : NULL;
        bool fits = doc && is_part(doc, part, &items);
        size_t used = fits ? brn_doc_size(doc) : 0;
        brn_free(doc);
        if (!fits)
            return -1;
        data += used;
        size -= used;
        left -= used;
    }
    /* How many, and the items, of a byte or more. */
    return size >= 8 && (uint64_t)items <= size - 8 && brn_load_le64(data) == (uint64_t)items
               ? items
               : -1;
}

static bool is_storage_bytes(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return items_of_bytes(c, val) >= 0;
}

/* Where the items of a storage are claimed or counted; INT64_MAX if that is the loader's own affair; -1 for no storage. */
static int64_t items_of_storage(const brn_checker *c, const brn_val *val)
{
    if (brn_is(val, BRN_PERSID)) {
        int64_t items = items_of_id(brn_persid(val));
        return items >= 0 ? items : INT64_MAX;
    }
    return brn_name_is(brn_instance_of(c, val), "torch.storage", "_load_from_bytes")
               ? items_of_bytes(c, brn_args(val))
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

const brn_schema_check brn_torch_checks[] = {
    {"module", is_module},
    {"quantized", is_quantized},
    {"storage_bytes", is_storage_bytes},
    {"tensor", is_tensor},
    {NULL, NULL},
};
