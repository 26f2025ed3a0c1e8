/*
 * views_scipy.c - sparse matrices and arrays: instances whose attributes are arrays.
 *
 * The names of attributes and modules changed over the years; what they hold did not.  The indices
 * themselves are not looked at: they are as many as the elements.
 */
#include "views.h"

/*
 * "csr_matrix" of the module scipy.sparse._csr, which was scipy.sparse.csr; at first all arrays
 * were in scipy.sparse._arrays.
 */
static bool read_sparse_class(const brn_val *class_, brn_sparse *out)
{
    static const char *const formats[] = {"csr", "csc", "coo"};
    static const char *const modules[] = {"scipy.sparse._", "scipy.sparse.", "scipy.sparse._arrays",
                                          "scipy.sparse"};
    if (brn_op_count(class_) != 0)
        return false;
    for (size_t i = 0; i < BRN_ARRAY_LEN(formats); i++) {
        char name[16];
        memcpy(name, formats[i], 3);
        memcpy(name + 3, "_matrix", 8);
        bool is_matrix = brn_str_is(brn_global_name(class_), name);
        memcpy(name + 3, "_array", 7);
        out->is_array = brn_str_is(brn_global_name(class_), name);
        if (!is_matrix && !out->is_array)
            continue;
        memcpy(out->format, formats[i], 4);
        bool known = false;
        for (size_t j = 0; j < BRN_ARRAY_LEN(modules); j++) {
            char module[24];
            size_t size = strlen(modules[j]);
            memcpy(module, modules[j], size + 1);
            /* Those that end in a dot or underscore end in the format. */
            if (module[size - 1] == '.' || module[size - 1] == '_')
                memcpy(module + size, formats[i], 4);
            known |= brn_str_is(brn_global_module(class_), module);
        }
        return known;
    }
    return false;
}

static bool read_sparse_shape(const brn_val *shape, brn_sparse *out)
{
    out->dimensions = brn_size(shape);
    if (!brn_is(shape, BRN_TUPLE) || out->dimensions < 1 || out->dimensions > 2)
        return false;
    return brn_size_of(brn_at(shape, 0), &out->shape[0]) &&
           (out->dimensions == 1 || brn_size_of(brn_at(shape, 1), &out->shape[1]));
}

static bool read_vector(const brn_val *val, const brn_buffers *buffers, brn_array *out)
{
    return brn_as_array(val, buffers, out) && out->dimensions == 1;
}

static bool read_indices(const brn_val *val, const brn_buffers *buffers, brn_array *out)
{
    return read_vector(val, buffers, out) && out->dtype.kind == 'i' && out->dtype.size >= 4;
}

/* csr and csc: for each row, or column, where its elements begin, and where the last ends. */
static bool read_compressed(const brn_val *state, const brn_buffers *buffers, brn_sparse *out)
{
    size_t lines = out->dimensions == 1 ? 1 : out->format[2] == 'r' ? out->shape[0] : out->shape[1];
    if (!read_indices(brn_dict_get(state, "indices"), buffers, &out->indices) ||
        !read_indices(brn_dict_get(state, "indptr"), buffers, &out->starts) ||
        out->indices.count != out->data.count || out->starts.count - 1 != lines)
        return false;
    int64_t end;
    if (!brn_array_int(&out->starts, out->starts.count - 1, &end))
        return out->starts.bytes.elsewhere;
    /* There may be room for more behind the last. */
    out->stored = (size_t)end;
    return end >= 0 && (uint64_t)end <= out->data.count;
}

/* coo: the row and the column of each element. */
static bool read_coordinates(const brn_val *state, const brn_buffers *buffers, brn_sparse *out)
{
    const brn_val *row = brn_dict_get(state, "row");
    const brn_val *column = brn_dict_get(state, "col");
    const brn_val *both = brn_dict_get(state, "coords");
    if (both) {
        if (!brn_is(both, BRN_TUPLE) || brn_size(both) != out->dimensions)
            return false;
        row = brn_at(both, 0);
        column = brn_at(both, out->dimensions - 1);
    }
    return read_indices(column, buffers, &out->indices) && out->indices.count == out->data.count &&
           (out->dimensions == 1 ||
            (read_indices(row, buffers, &out->starts) && out->starts.count == out->data.count));
}

static bool read_sparse(const brn_val *val, const brn_buffers *buffers, brn_sparse *out)
{
    brn_instance i;
    const brn_val *state = brn_only_state(val);
    if (!brn_as_instance(val, &i) || i.base || i.kwargs || brn_size(i.args) > i.args_from ||
        !brn_is(state, BRN_DICT) || !read_sparse_class(i.class_, out))
        return false;
    const brn_val *shape = brn_dict_get(state, "_shape");
    if (!read_sparse_shape(shape ? shape : brn_dict_get(state, "shape"), out) ||
        !read_vector(brn_dict_get(state, "data"), buffers, &out->data))
        return false;
    out->class_ = i.class_;
    out->stored = out->data.count;
    return out->format[2] == 'o' ? read_coordinates(state, buffers, out)
                                 : read_compressed(state, buffers, out);
}

bool brn_as_sparse(const brn_val *val, const brn_buffers *buffers, brn_sparse *out)
{
    memset(out, 0, sizeof *out);
    if (read_sparse(val, buffers, out))
        return true;
    memset(out, 0, sizeof *out);
    return false;
}
