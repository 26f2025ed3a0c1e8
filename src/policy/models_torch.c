/*
 * models_torch.c - what PyTorch's modules are made from.
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

/* What a storage says of itself: ('storage', class, key, place, how many items), or more behind that; -1 if it does not. */
static int64_t items_of_storage(const brn_val *val)
{
    const brn_val *id = brn_persid(val);
    const brn_val *count = brn_at(id, 4);
    return brn_is(id, BRN_TUPLE) && brn_str_is(brn_at(id, 0), "storage") && brn_is(count, BRN_INT)
               ? brn_int(count)
               : -1;
}

/*
 * (storage, offset, size, stride, quantizer, whether a gradient is wanted, hooks).  Memory is asked for by the size before the storage
 * is looked at.
 */
static bool is_quantized(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(persistent, int[0..], (int[0..]*), (int*), (=torch:per_tensor_affine, float|int, int)|"
        "(=torch:per_channel_affine|=torch:per_channel_affine_float_qparams, "
        "<torch._utils:_rebuild_tensor_v2>, <torch._utils:_rebuild_tensor_v2>, int),"
        " bool, <collections:OrderedDict>|none)";
    if (!brn_schema_matches(c, schema, subject, val))
        return false;
    int64_t left = items_of_storage(brn_at(val, 0));
    const brn_val *size = brn_at(val, 2);
    for (size_t i = 0; left >= 0 && i < brn_size(size); i++) {
        int64_t length = brn_int(brn_at(size, i));
        if (length == 0)
            return true;
        left = left / length == 0 ? -1 : left / length;
    }
    return left >= 0;
}

brn_schema_fn brn_torch_check(const char *name, size_t size)
{
    static const brn_schema_check checks[] = {
        {"module", is_module},
        {"quantized", is_quantized},
    };
    for (size_t i = 0; i < BRN_ARRAY_LEN(checks); i++) {
        if (strlen(checks[i].name) == size && memcmp(checks[i].name, name, size) == 0)
            return checks[i].matches;
    }
    return NULL;
}
