/*
 * models.c - what random generators, sparse matrices and models are made from, where compiled code would follow
 * their indices without looking.
 */
#include "arrays.h"

/* An array of so many whole numbers. */
static bool is_words(const brn_checker *c, const brn_val *val, uint64_t count)
{
    brn_checked_array array;
    bool fits = brn_checked_array_of(c, val, &array) && array.dtype.kind == 'u' &&
                array.count == count && brn_size(array.shape) == 1;
    brn_checked_array_release(c, &array);
    return fits;
}

/* Weights that a metric has none of: it would read one for each feature. */
static bool is_no_floats(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    brn_checked_array array;
    bool fits = brn_checked_array_of(c, val, &array) && array.count == 0;
    brn_checked_array_release(c, &array);
    return fits;
}

static bool is_words624(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 624);
}

static bool is_words4(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 4);
}

static bool is_words2(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return is_words(c, val, 2);
}

/* ------------------------------------------------------------------------
 * Sparse matrices
 * ------------------------------------------------------------------------ */

/* The state's "_shape": (rows, columns), or (columns,) of one row. */
static bool matrix_shape(const brn_val *state, int64_t shape[2])
{
    const brn_val *tuple = brn_dict_get(state, "_shape");
    size_t axes = brn_size(tuple);
    if (!brn_is(tuple, BRN_TUPLE) || axes < 1 || axes > 2)
        return false;
    shape[0] = 1;
    for (size_t i = 0; i < axes; i++) {
        const brn_val *length = brn_at(tuple, i);
        if (!brn_is(length, BRN_INT) || brn_int(length) < 0)
            return false;
        shape[2 - axes + i] = brn_int(length);
    }
    return true;
}

/* Of the axis that is compressed: begins at 0, never falls, ends with what `indices` have at most. */
static bool pointers_fit(const brn_checked_array *pointers, int64_t length, uint64_t most)
{
    if (pointers->count == 0 || (int64_t)pointers->count - 1 != length || most > INT64_MAX ||
        !brn_checked_array_within(pointers, 0, (int64_t)most) ||
        (!pointers->unseen && brn_checked_array_int(pointers, &pointers->dtype, 0, 0) != 0))
        return false;
    for (uint64_t i = 1; !pointers->unseen && i < pointers->count; i++) {
        if (brn_checked_array_int(pointers, &pointers->dtype, 0, i) <
            brn_checked_array_int(pointers, &pointers->dtype, 0, i - 1))
            return false;
    }
    return true;
}

/* Compressed along `axis`; `block` are the sizes of the blocks that indices count. */
static bool compressed_fits(const brn_checker *c, const brn_val *state, int axis, bool blocks)
{
    int64_t shape[2];
    int64_t block[2] = {1, 1};
    brn_checked_array data;
    brn_checked_array indices;
    brn_checked_array pointers;
    bool fits =
        brn_checked_array_of(c, brn_dict_get(state, "data"), &data) && matrix_shape(state, shape);
    fits = brn_checked_array_of(c, brn_dict_get(state, "indices"), &indices) && fits;
    fits = brn_checked_array_of(c, brn_dict_get(state, "indptr"), &pointers) && fits;
    for (size_t i = 0; fits && blocks && i < 2; i++) {
        block[i] = (int64_t)brn_checked_array_axis(&data, i + 1);
        fits = block[i] > 0 && shape[i] % block[i] == 0;
    }
    fits = fits && brn_size(data.shape) == (blocks ? 3 : 1) &&
           brn_checked_array_axis(&data, 0) >= indices.count &&
           pointers_fit(&pointers, shape[axis] / block[axis], indices.count) &&
           brn_checked_array_within(&indices, 0, shape[1 - axis] / block[1 - axis] - 1);
    brn_checked_array_release(c, &data);
    brn_checked_array_release(c, &indices);
    brn_checked_array_release(c, &pointers);
    return fits;
}

static bool is_rows(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return compressed_fits(c, val, 0, false);
}

static bool is_columns(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return compressed_fits(c, val, 1, false);
}

static bool is_blocks(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    return compressed_fits(c, val, 0, true);
}

static bool indices_fit(const brn_checker *c, const brn_val *val, int64_t length, uint64_t count)
{
    brn_checked_array array;
    bool fits = brn_checked_array_of(c, val, &array) && array.count == count &&
                brn_checked_array_within(&array, 0, length - 1);
    brn_checked_array_release(c, &array);
    return fits;
}

/* Coordinates: 'coords', or 'row' and 'col', one for each item of the data. */
static bool is_coordinates(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    brn_checked_array data;
    const brn_val *coords = brn_dict_get(val, "coords");
    const brn_val *shape = brn_dict_get(val, "_shape");
    bool fits = brn_checked_array_of(c, brn_dict_get(val, "data"), &data) &&
                brn_is(shape, BRN_TUPLE) && (coords ? brn_size(coords) : 2) == brn_size(shape);
    for (size_t i = 0; fits && i < brn_size(shape); i++) {
        const brn_val *axis =
            coords ? brn_at(coords, i) : brn_dict_get(val, i == 0 ? "row" : "col");
        fits = brn_is(brn_at(shape, i), BRN_INT) &&
               indices_fit(c, axis, brn_int(brn_at(shape, i)), data.count);
    }
    brn_checked_array_release(c, &data);
    return fits;
}

/* ------------------------------------------------------------------------
 * Trees
 * ------------------------------------------------------------------------ */

/* A table of nodes: an array of structures whose bytes are there. */
typedef struct nodes {
    brn_checked_array array;
    bool there;
} nodes;

static nodes open_nodes(const brn_checker *c, const brn_val *val)
{
    nodes n = {.there = false};
    n.there = brn_checked_array_of(c, val, &n.array) && (n.array.data || n.array.unseen) &&
              n.array.dtype.fields && n.array.count <= INT64_MAX && brn_size(n.array.shape) == 1;
    return n;
}

/* Where a field of ints stands in a node. */
static bool find_field(const brn_checker *c, const nodes *n, const char *name,
                       brn_checked_dtype *dtype, uint64_t *offset)
{
    const brn_val *field = brn_dict_get(n->array.dtype.fields, name);
    if (!n->there || !field || !brn_checked_dtype_of(c, brn_at(field, 0), dtype) ||
        dtype->size > 8 || (dtype->kind != 'i' && dtype->kind != 'u'))
        return false;
    *offset = (uint64_t)brn_int(brn_at(field, 1));
    return *offset <= n->array.dtype.size && dtype->size <= n->array.dtype.size - *offset;
}

typedef struct column {
    brn_checked_dtype dtype;
    uint64_t offset;
} column;

static bool find_columns(const brn_checker *c, const nodes *n, const char *const *names,
                         size_t count, column *columns)
{
    for (size_t i = 0; i < count; i++) {
        if (!find_field(c, n, names[i], &columns[i].dtype, &columns[i].offset))
            return false;
    }
    return true;
}

static int64_t cell(const nodes *n, const column *field, uint64_t row)
{
    return brn_checked_array_int(&n->array, &field->dtype, field->offset, row);
}

/* Children come behind their node, so that following them ends. */
static bool is_child(const nodes *n, int64_t child, uint64_t node)
{
    return child > (int64_t)node && child < (int64_t)n->array.count;
}

/* Tree(features, classes of each output, outputs), which older versions believe. */
static bool is_tree_arguments(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    brn_checked_array classes = {.count = 0};
    bool fits = brn_schema_matches(c, "(int[0..], any, int[0..])", subject, val) &&
                brn_checked_array_of(c, brn_at(val, 1), &classes) &&
                classes.count == (uint64_t)brn_int(brn_at(val, 2));
    brn_checked_array_release(c, &classes);
    return fits;
}

/* What __setstate__() makes arrays of, so it has to be arrays: a range would be spread out. */
static bool is_isotonic(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char *const names[] = {"X_thresholds_", "y_thresholds_", "_necessary_X_",
                                        "_necessary_y_"};
    bool fits = brn_schema_matches(c, "{str: any}", subject, val);
    for (size_t i = 0; fits && i < BRN_ARRAY_LEN(names); i++) {
        const brn_val *item = brn_dict_get(val, names[i]);
        brn_checked_array array = {.count = 0};
        fits = !item || brn_checked_array_of(c, item, &array);
        brn_checked_array_release(c, &array);
    }
    return fits;
}

/* sklearn.tree: {'max_depth', 'node_count', 'nodes', 'values'} of Tree(features, classes, outputs) */
static bool is_tree(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char *const names[] = {"left_child", "right_child", "feature"};
    column fields[3];
    nodes n = open_nodes(c, brn_dict_get(val, "nodes"));
    int64_t features = brn_int(brn_at(brn_args(subject), 0));
    bool fits = find_columns(c, &n, names, 3, fields) &&
                brn_int(brn_dict_get(val, "node_count")) == (int64_t)n.array.count;
    for (uint64_t i = 0; fits && !n.array.unseen && i < n.array.count; i++) {
        int64_t left = cell(&n, &fields[0], i);
        int64_t right = cell(&n, &fields[1], i);
        int64_t feature = cell(&n, &fields[2], i);
        bool leaf = left == -1 && right == -1;
        fits = leaf || (is_child(&n, left, i) && is_child(&n, right, i) && feature >= 0 &&
                        feature < features);
    }
    brn_checked_array_release(c, &n.array);
    return fits;
}

/* Of histogram gradient boosting: {'nodes', 'binned_left_cat_bitsets', 'raw_left_cat_bitsets'} */
static bool is_predictor(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    static const char *const names[] = {"left",        "right",          "is_leaf",
                                        "feature_idx", "is_categorical", "bitset_idx"};
    column fields[6];
    nodes n = open_nodes(c, brn_dict_get(val, "nodes"));
    brn_checked_array binned;
    brn_checked_array raw;
    bool fits = brn_checked_array_of(c, brn_dict_get(val, "binned_left_cat_bitsets"), &binned);
    fits = brn_checked_array_of(c, brn_dict_get(val, "raw_left_cat_bitsets"), &raw) && fits &&
           find_columns(c, &n, names, 6, fields);
    for (uint64_t i = 0; fits && !n.array.unseen && i < n.array.count; i++) {
        if (cell(&n, &fields[2], i) != 0)
            continue;
        int64_t bits = cell(&n, &fields[5], i);
        fits =
            is_child(&n, cell(&n, &fields[0], i), i) && is_child(&n, cell(&n, &fields[1], i), i) &&
            cell(&n, &fields[3], i) >= 0 &&
            (cell(&n, &fields[4], i) == 0 || (bits < (int64_t)brn_checked_array_axis(&binned, 0) &&
                                              bits < (int64_t)brn_checked_array_axis(&raw, 0)));
    }
    brn_checked_array_release(c, &n.array);
    brn_checked_array_release(c, &binned);
    brn_checked_array_release(c, &raw);
    return fits;
}

/*
 * sklearn.neighbors: (data, indices, nodes, bounds, leaf size, levels, nodes, trims, leaves, splits, calls,
 * metric, weights): a complete binary tree over ranges of the indices.
 */
static bool is_ball_tree(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    (void)subject;
    static const char *const names[] = {"idx_start", "idx_end", "is_leaf"};
    column fields[3];
    brn_checked_array data;
    brn_checked_array indices;
    brn_checked_array bounds;
    nodes n = open_nodes(c, brn_at(val, 2));
    bool fits = brn_checked_array_of(c, brn_at(val, 0), &data);
    fits = brn_checked_array_of(c, brn_at(val, 1), &indices) && fits;
    fits = brn_checked_array_of(c, brn_at(val, 3), &bounds) && fits &&
           find_columns(c, &n, names, 3, fields);
    int64_t levels = brn_int(brn_at(val, 5));
    int64_t points = fits ? (int64_t)brn_checked_array_axis(&data, 0) : 0;
    fits = fits && levels > 0 && levels < 62 && brn_size(data.shape) == 2 &&
           (int64_t)n.array.count == (INT64_C(1) << levels) - 1 &&
           brn_int(brn_at(val, 6)) == (int64_t)n.array.count && (int64_t)indices.count == points &&
           brn_checked_array_within(&indices, 0, points - 1) && brn_size(bounds.shape) == 3 &&
           brn_checked_array_axis(&bounds, 0) >= 1 &&
           brn_checked_array_axis(&bounds, 1) == n.array.count &&
           brn_checked_array_axis(&bounds, 2) == brn_checked_array_axis(&data, 1);
    for (uint64_t i = 0; fits && !n.array.unseen && i < n.array.count; i++) {
        int64_t begin = cell(&n, &fields[0], i);
        int64_t end = cell(&n, &fields[1], i);
        fits = begin >= 0 && begin <= end && end <= points &&
               (cell(&n, &fields[2], i) != 0 || 2 * i + 2 < n.array.count);
    }
    brn_checked_array_release(c, &n.array);
    brn_checked_array_release(c, &data);
    brn_checked_array_release(c, &indices);
    brn_checked_array_release(c, &bounds);
    return fits;
}

const brn_schema_check brn_model_checks[] = {
    {"no_floats", is_no_floats},
    {"words624", is_words624},
    {"words4", is_words4},
    {"words2", is_words2},
    {"csr", is_rows},
    {"csc", is_columns},
    {"bsr", is_blocks},
    {"coo", is_coordinates},
    {"tree", is_tree},
    {"predictor", is_predictor},
    {"ball_tree", is_ball_tree},
    {"tree_arguments", is_tree_arguments},
    {"isotonic", is_isotonic},
    {NULL, NULL},
};
