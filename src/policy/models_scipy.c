/*
 * models_scipy.c - what SciPy's objects are made from, where its compiled code follows what it is given without
 * looking, or runs text that it finds: matrices of diagonals and of lists, splines, k-d trees, triangulations,
 * radial basis functions, densities, distributions.
 */
#include "arrays.h"

/* ------------------------------------------------------------------------
 * Sparse matrices
 * ------------------------------------------------------------------------ */

/* Diagonals: a row of data for each offset. */
static bool is_diagonals(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char shape_schema[] = "(int[0..4611686018427387903], int[0..4611686018427387903])";
    brn_checked_array data = {.count = 0};
    brn_checked_array offsets;
    bool fits = brn_schema_matches(c, "{str: any}", subject, val) &&
                brn_checked_array_of(c, brn_dict_get(val, "data"), &data);
    const brn_val *shape = brn_dict_get(val, "_shape");
    fits = fits && shape && brn_schema_matches(c, shape_schema, subject, shape);
    int64_t rows = fits ? brn_int(brn_at(shape, 0)) : 0;
    int64_t columns = fits ? brn_int(brn_at(shape, 1)) : 0;
    fits = brn_checked_array_of(c, brn_dict_get(val, "offsets"), &offsets) && fits;
    /* Compiled code adds an offset to a number of rows, in the type of the offsets. */
    int64_t most = offsets.dtype.size == 8 ? INT64_MAX / 2 : INT32_MAX;
    fits = fits && rows <= most && columns <= most && brn_size(data.shape) == 2 &&
           brn_size(offsets.shape) == 1 && brn_checked_array_axis(&data, 0) == offsets.count &&
           brn_checked_array_within(&offsets, columns - most, most - rows);
    brn_checked_array_release(c, &data);
    brn_checked_array_release(c, &offsets);
    return fits;
}

/* The list of an array of objects; NULL for another. */
static const brn_val *items_of(const brn_checker *c, const brn_val *val, uint64_t count)
{
    brn_checked_array array;
    const brn_val *state = NULL;
    bool fits = brn_checked_array_of(c, val, &array) && array.dtype.kind == 'O' &&
                array.count == count && brn_name_is(brn_instance_of(c, val), "numpy", "ndarray") &&
                brn_op_at(val, 0, &state) == BRN_OP_STATE && brn_is(brn_at(state, 4), BRN_LIST);
    brn_checked_array_release(c, &array);
    return fits ? brn_at(state, 4) : NULL;
}

/* A list that nothing changes later, of columns of a row. */
static bool is_row(const brn_val *columns, const brn_val *data, int64_t width)
{
    if (!brn_is(columns, BRN_LIST) || !brn_is(data, BRN_LIST) ||
        (columns->flags | data->flags) & BRN_FLAG_LATE || brn_size(columns) != brn_size(data))
        return false;
    for (size_t i = 0; i < brn_size(columns); i++) {
        const brn_val *column = brn_at(columns, i);
        if (!brn_is(column, BRN_INT) || brn_int(column) < 0 || brn_int(column) >= width)
            return false;
    }
    return true;
}

/* Lists of columns and of values, as long as each other, for each row. */
static bool is_lists(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    if (!brn_schema_matches(c, "{str: any}", subject, val))
        return false;
    const brn_val *shape = brn_dict_get(val, "_shape");
    if (!brn_schema_matches(c, "(int[0..], int[0..])", subject, shape))
        return false;
    uint64_t height = (uint64_t)brn_int(brn_at(shape, 0));
    const brn_val *rows = items_of(c, brn_dict_get(val, "rows"), height);
    const brn_val *data = items_of(c, brn_dict_get(val, "data"), height);
    bool fits = rows && data && !((rows->flags | data->flags) & BRN_FLAG_LATE) &&
                brn_size(rows) == height && brn_size(data) == height;
    for (size_t i = 0; fits && i < height; i++)
        fits = is_row(brn_at(rows, i), brn_at(data, i), brn_int(brn_at(shape, 1)));
    return fits;
}

/* ------------------------------------------------------------------------
 * Splines
 * ------------------------------------------------------------------------ */

/* B-splines: coefficients for all knots but those at the end. */
static bool is_spline(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char *const names[][3] = {{"t", "c", "k"}, {"_t", "_c", "k"}};
    if (!brn_schema_matches(c, "{str: any}", subject, val))
        return false;
    const char *const *name = names[brn_dict_get(val, "t") ? 0 : 1];
    const brn_val *degree = brn_dict_get(val, name[2]);
    brn_checked_array knots;
    brn_checked_array coefficients;
    bool fits = brn_checked_array_of(c, brn_dict_get(val, name[0]), &knots);
    fits = brn_checked_array_of(c, brn_dict_get(val, name[1]), &coefficients) && fits &&
           knots.dtype.kind == 'f' && knots.dtype.size == 8 && brn_size(knots.shape) == 1 &&
           brn_size(coefficients.shape) >= 1 && brn_is(degree, BRN_INT) && brn_int(degree) >= 0 &&
           brn_int(degree) < 1000 && knots.count >= 2 * (uint64_t)brn_int(degree) + 2 &&
           brn_checked_array_axis(&coefficients, 0) >= knots.count - (uint64_t)brn_int(degree) - 1;
    brn_checked_array_release(c, &knots);
    brn_checked_array_release(c, &coefficients);
    return fits;
}

/* Values on a grid: one for each place where its axes meet. */
static bool is_grid(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    if (!brn_schema_matches(c, "{str: any}", subject, val))
        return false;
    const brn_val *grid = brn_dict_get(val, brn_dict_get(val, "grid") ? "grid" : "_grid");
    const brn_val *table = brn_dict_get(val, brn_dict_get(val, "values") ? "values" : "_values");
    brn_checked_array values = {.count = 0};
    bool fits = brn_is(grid, BRN_TUPLE) && brn_checked_array_of(c, table, &values) &&
                brn_size(values.shape) >= brn_size(grid);
    for (size_t i = 0; fits && i < brn_size(grid); i++) {
        brn_checked_array axis;
        fits = brn_checked_array_of(c, brn_at(grid, i), &axis) && axis.count > 0 &&
               axis.count == brn_checked_array_axis(&values, i);
        brn_checked_array_release(c, &axis);
    }
    brn_checked_array_release(c, &values);
    return fits;
}

/* ------------------------------------------------------------------------
 * K-d trees
 * ------------------------------------------------------------------------ */

/* A node of cKDTree, as it lies in memory: nine words of 64 bits. */
enum node_word {
    NODE_SPLIT_AXIS,
    NODE_BEGIN = 3,
    NODE_END,
    NODE_LESS = 7,
    NODE_GREATER,
    NODE_WORDS
};

static int64_t node_word(const brn_checked_array *nodes, uint64_t node, enum node_word word)
{
    return brn_int_of_bytes(nodes->data + (node * NODE_WORDS + (size_t)word) * 8, 8);
}

/* An array of floats of two axes, or of one: as many as said. */
static bool is_floats(const brn_checker *c, const brn_val *val, uint64_t rows, uint64_t columns)
{
    brn_checked_array array;
    bool fits = brn_checked_array_of(c, val, &array) && array.dtype.kind == 'f' &&
                array.dtype.size == 8 && !array.dtype.big_endian &&
                brn_size(array.shape) == (columns > 0 ? 2 : 1) &&
                brn_checked_array_axis(&array, 0) == rows &&
                (columns == 0 || brn_checked_array_axis(&array, 1) == columns);
    brn_checked_array_release(c, &array);
    return fits;
}

/* (quaternions, whether it is a single one) */
static bool is_rotation(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    brn_checked_array array = {.count = 0};
    bool fits = brn_schema_matches(c, "(any, bool)", subject, val) &&
                brn_checked_array_of(c, brn_at(val, 0), &array) && brn_size(array.shape) == 2 &&
                array.dtype.kind == 'f' && array.dtype.size == 8 && array.count > 0 &&
                brn_checked_array_axis(&array, 1) == 4;
    brn_checked_array_release(c, &array);
    return fits;
}

/* Halves lie behind their node, ranges within the points. */
static bool is_node(const brn_checked_array *nodes, uint64_t node, int64_t points, int64_t axes)
{
    int64_t count = (int64_t)(nodes->size / (NODE_WORDS * (size_t)8));
    int64_t begin = node_word(nodes, node, NODE_BEGIN);
    int64_t end = node_word(nodes, node, NODE_END);
    int64_t axis = node_word(nodes, node, NODE_SPLIT_AXIS);
    int64_t less = node_word(nodes, node, NODE_LESS);
    int64_t greater = node_word(nodes, node, NODE_GREATER);
    if (begin < 0 || begin > end || end > points || axis < -1 || axis >= axes)
        return false;
    return axis == -1 ||
           (less > (int64_t)node && less < count && greater > (int64_t)node && greater < count);
}

/* (nodes, points, how many, axes, leaf size, maxima, minima, indices, box, halves and box) */
static bool is_kd_tree(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "(any, any, int[0..], int[1..], int[1..], any, any, any, any, any)";
    if (!brn_schema_matches(c, schema, subject, val) || val->flags & BRN_FLAG_LATE)
        return false;
    int64_t points = brn_int(brn_at(val, 2));
    int64_t axes = brn_int(brn_at(val, 3));
    brn_checked_array nodes = {.count = 0};
    brn_checked_array indices;
    bool fits = axes < INT32_MAX && points < INT64_MAX / 16 &&
                brn_checked_array_of(c, brn_at(val, 0), &nodes) && (nodes.data || nodes.unseen) &&
                nodes.dtype.kind == 'S' && nodes.dtype.size == 1 && nodes.count > 0 &&
                nodes.count % (NODE_WORDS * (size_t)8) == 0;
    fits = brn_checked_array_of(c, brn_at(val, 7), &indices) && fits &&
           indices.count == (uint64_t)points && indices.dtype.size == 8 &&
           !indices.dtype.big_endian && brn_checked_array_within(&indices, 0, points - 1);
    fits = fits && is_floats(c, brn_at(val, 1), (uint64_t)points, (uint64_t)axes) &&
           is_floats(c, brn_at(val, 5), (uint64_t)axes, 0) &&
           is_floats(c, brn_at(val, 6), (uint64_t)axes, 0);
    bool boxed = !brn_is_none(brn_at(val, 8)) || !brn_is_none(brn_at(val, 9));
    if (boxed)
        fits = fits && is_floats(c, brn_at(val, 8), (uint64_t)axes, 0) &&
               is_floats(c, brn_at(val, 9), 2 * (uint64_t)axes, 0);
    for (uint64_t i = 0; fits && nodes.data && i < nodes.count / (NODE_WORDS * (uint64_t)8); i++)
        fits = is_node(&nodes, i, points, axes);
    brn_checked_array_release(c, &nodes);
    brn_checked_array_release(c, &indices);
    return fits;
}

/* ------------------------------------------------------------------------
 * Triangulations, and what interpolates over them
 * ------------------------------------------------------------------------ */

/* More axes than this, and compiled code writes behind what it has on its stack. */
#define MOST_TRIANGULATED_AXES 30

/* An array of `kind` and so many bytes an item, with the axes that are given; *array is to be released. */
static bool shaped(const brn_checker *c, const brn_val *val, char kind, uint64_t size,
                   const uint64_t *axes, size_t count, brn_checked_array *array)
{
    bool fits = brn_checked_array_of(c, val, array) && array->dtype.kind == kind &&
                array->dtype.size == size && !array->dtype.big_endian &&
                brn_size(array->shape) == count;
    for (size_t i = 0; fits && i < count; i++)
        fits = brn_checked_array_axis(array, i) == axes[i];
    return fits;
}

static bool is_matrix(const brn_checker *c, const brn_val *val, uint64_t rows, uint64_t columns)
{
    brn_checked_array array = {.count = 0};
    bool fits = shaped(c, val, 'f', 8, (uint64_t[]){rows, columns}, 2, &array);
    brn_checked_array_release(c, &array);
    return fits;
}

/* Ints of 32 bits, as Qhull gives them, all of them within. */
static bool is_indices(const brn_checker *c, const brn_val *val, const uint64_t *axes, size_t count,
                       int64_t low, uint64_t end)
{
    brn_checked_array array = {.count = 0};
    bool fits = end <= INT32_MAX && shaped(c, val, 'i', 4, axes, count, &array) &&
                brn_checked_array_within(&array, low, (int64_t)end - 1);
    brn_checked_array_release(c, &array);
    return fits;
}

/* The process that made it is gone; what is left is plain data that Python code reads. */
static bool is_hull(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    return brn_schema_matches(c, "{str: any}", subject, val) &&
           brn_is_none(brn_dict_get(val, "_qhull"));
}

/* Rows and columns of an array of floats. */
static bool size_of_matrix(const brn_checker *c, const brn_val *val, uint64_t size[2])
{
    brn_checked_array array = {.count = 0};
    bool fits = brn_checked_array_of(c, val, &array) && brn_size(array.shape) == 2;
    for (size_t i = 0; fits && i < 2; i++)
        size[i] = brn_checked_array_axis(&array, i);
    brn_checked_array_release(c, &array);
    return fits && is_matrix(c, val, size[0], size[1]);
}

/* None, or (where the neighbours of each point begin, and of the last end; points). */
static bool are_neighbours(const brn_checker *c, const brn_val *val, uint64_t points)
{
    if (brn_is_none(val))
        return true;
    brn_checked_array indices = {.count = 0};
    brn_checked_array pointers = {.count = 0};
    bool fits = brn_is(val, BRN_TUPLE) && brn_size(val) == 2 &&
                brn_checked_array_of(c, brn_at(val, 1), &indices);
    const uint64_t counts[] = {points + 1, indices.count};
    brn_checked_array_release(c, &indices);
    fits = fits && is_indices(c, brn_at(val, 1), &counts[1], 1, 0, points) &&
           is_indices(c, brn_at(val, 0), &counts[0], 1, 0, counts[1] + 1) &&
           brn_checked_array_of(c, brn_at(val, 0), &pointers);
    for (uint64_t i = 1; fits && !pointers.unseen && i < pointers.count; i++)
        fits = brn_checked_array_int(&pointers, &pointers.dtype, 0, i) >=
               brn_checked_array_int(&pointers, &pointers.dtype, 0, i - 1);
    brn_checked_array_release(c, &pointers);
    return fits;
}

/* What a triangulation computes when it is asked for it first: None, or an array. */
static bool is_computed(const brn_checker *c, const brn_val *state, uint64_t count,
                        const uint64_t points[2])
{
    const brn_val *transform = brn_dict_get(state, "_transform");
    const brn_val *simplices = brn_dict_get(state, "_vertex_to_simplex");
    const uint64_t axes[] = {count, points[1] + 1, points[1]};
    brn_checked_array array = {.count = 0};
    bool fits = brn_is_none(transform) || shaped(c, transform, 'f', 8, axes, 3, &array);
    brn_checked_array_release(c, &array);
    return fits && are_neighbours(c, brn_dict_get(state, "_vertex_neighbor_vertices"), points[0]) &&
           (brn_is_none(simplices) || is_indices(c, simplices, points, 1, -1, count));
}

/* Simplices are points, their neighbours simplices or -1. */
static bool is_delaunay(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    uint64_t points[2];
    brn_checked_array simplices = {.count = 0};
    if (!is_hull(c, subject, val) || !size_of_matrix(c, brn_dict_get(val, "_points"), points) ||
        points[1] < 1 || points[1] > MOST_TRIANGULATED_AXES)
        return false;
    uint64_t corners = points[1] + 1;
    const brn_val *table = brn_dict_get(val, "simplices");
    bool fits = brn_checked_array_of(c, table, &simplices) && brn_size(simplices.shape) == 2;
    uint64_t count = fits ? brn_checked_array_axis(&simplices, 0) : 0;
    brn_checked_array_release(c, &simplices);
    const uint64_t axes[] = {count, corners};
    return fits && is_indices(c, table, axes, 2, 0, points[0]) &&
           is_indices(c, brn_dict_get(val, "neighbors"), axes, 2, -1, count) &&
           is_matrix(c, brn_dict_get(val, "equations"), count, corners + 1) &&
           is_floats(c, brn_dict_get(val, "min_bound"), points[1], 0) &&
           is_floats(c, brn_dict_get(val, "max_bound"), points[1], 0) &&
           brn_schema_matches(c, "int", subject, brn_dict_get(val, "nsimplex")) &&
           (uint64_t)brn_int(brn_dict_get(val, "nsimplex")) == count &&
           is_computed(c, val, count, points);
}

/*
 * LinearNDInterpolator and CloughTocher2DInterpolator: values, real or complex, for all points of a triangulation; the
 * latter has two slopes for each, in a plane.
 */
static bool is_linear_nd(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "{'tri': <scipy.spatial._qhull:Delaunay>|<scipy.spatial.qhull:Delaunay>, 'scale': none,"
        " 'points': <numpy:ndarray>,"
        " 'values_shape': (int[0..]*), 'values': <numpy:ndarray>, 'is_complex': bool,"
        " 'fill_value': float|int|<builtins:complex>,"
        " '_tol'?: float, '_maxiter'?: int, 'grad'?: <numpy:ndarray>}";
    const brn_val *state = NULL;
    uint64_t points[2];
    brn_checked_array values = {.count = 0};
    if (!brn_schema_matches(c, schema, subject, val) ||
        brn_op_at(brn_dict_get(val, "tri"), 0, &state) != BRN_OP_STATE ||
        !size_of_matrix(c, brn_dict_get(state, "_points"), points) ||
        !is_matrix(c, brn_dict_get(val, "points"), points[0], points[1]))
        return false;
    bool complex = brn_int(brn_dict_get(val, "is_complex")) != 0;
    bool fits = brn_checked_array_of(c, brn_dict_get(val, "values"), &values) &&
                brn_size(values.shape) == 2 && values.dtype.kind == (complex ? 'c' : 'f') &&
                values.dtype.size == (complex ? 16 : 8) && !values.dtype.big_endian &&
                brn_checked_array_axis(&values, 0) == points[0];
    const brn_val *slopes = brn_dict_get(val, "grad");
    if (fits && slopes) {
        brn_checked_array array = {.count = 0};
        const uint64_t axes[] = {points[0], brn_checked_array_axis(&values, 1), 2};
        fits = points[1] == 2 &&
               shaped(c, slopes, values.dtype.kind, values.dtype.size, axes, 3, &array);
        brn_checked_array_release(c, &array);
    }
    brn_checked_array_release(c, &values);
    bool planar = brn_name_is(brn_instance_of(c, subject), "scipy.interpolate._interpnd",
                              "CloughTocher2DInterpolator") ||
                  brn_name_is(brn_instance_of(c, subject), "scipy.interpolate.interpnd",
                              "CloughTocher2DInterpolator");
    return fits && (slopes != NULL) == planar;
}

/* ------------------------------------------------------------------------
 * Radial basis functions
 * ------------------------------------------------------------------------ */

enum {
    RBF_Y,
    RBF_D,
    RBF_SHAPE,
    RBF_TYPE,
    RBF_NEIGHBORS,
    RBF_SMOOTHING,
    RBF_KERNEL,
    RBF_EPSILON,
    RBF_POWERS,
    RBF_SHIFT,
    RBF_SCALE,
    RBF_COEFFICIENTS,
    RBF_PARTS
};

/* Of ((y, d, ...), (shift, scale, coefficients)), or of a dict. */
static void rbf_parts(const brn_val *state, const brn_val *parts[RBF_PARTS])
{
    static const char *const names[RBF_PARTS] = {"y",         "d",         "d_shape", "d_dtype",
                                                 "neighbors", "smoothing", "kernel",  "epsilon",
                                                 "powers",    "_shift",    "_scale",  "_coeffs"};
    for (size_t i = 0; i < RBF_PARTS; i++) {
        if (brn_is(state, BRN_DICT))
            parts[i] = brn_dict_get(state, names[i]);
        else
            parts[i] = i < RBF_SHIFT ? brn_at(brn_at(state, 0), i)
                                     : brn_at(brn_at(state, 1), i - RBF_SHIFT);
    }
}

/* Points and powers of the same axes, coefficients for both.  With neighbours there is a tree in their place. */
static bool is_rbf(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "{str: any}|((any, any, (int[0..]*), class, int[1..]|none, any, str, float|int, any),"
        " (any, any?, any?))";
    const brn_val *parts[RBF_PARTS];
    uint64_t points[2];
    uint64_t values[2];
    brn_checked_array powers = {.count = 0};
    if (!brn_schema_matches(c, schema, subject, val))
        return false;
    rbf_parts(val, parts);
    if (!parts[RBF_TYPE] || !brn_named(c, parts[RBF_TYPE]) ||
        !size_of_matrix(c, parts[RBF_Y], points) || !size_of_matrix(c, parts[RBF_D], values) ||
        points[0] != values[0])
        return false;
    bool fits = brn_checked_array_of(c, parts[RBF_POWERS], &powers) && powers.dtype.kind == 'i' &&
                powers.dtype.size == 8 && !powers.dtype.big_endian && brn_size(powers.shape) == 2 &&
                brn_checked_array_axis(&powers, 1) == points[1] &&
                brn_checked_array_within(&powers, 0, 1000);
    uint64_t terms = fits ? brn_checked_array_axis(&powers, 0) : 0;
    brn_checked_array_release(c, &powers);
    fits = fits && is_floats(c, parts[RBF_SMOOTHING], points[0], 0);
    if (brn_is(parts[RBF_NEIGHBORS], BRN_INT)) {
        const brn_val *tree = brn_is(val, BRN_DICT) ? brn_dict_get(val, "_tree") : parts[RBF_SHIFT];
        return fits && brn_schema_matches(c, "<scipy.spatial._kdtree:KDTree>", subject, tree);
    }
    return fits && brn_is_none(parts[RBF_NEIGHBORS]) &&
           is_floats(c, parts[RBF_SHIFT], points[1], 0) &&
           is_floats(c, parts[RBF_SCALE], points[1], 0) && terms < INT32_MAX &&
           is_matrix(c, parts[RBF_COEFFICIENTS], points[0] + terms, values[1]);
}

/* ------------------------------------------------------------------------
 * Densities
 * ------------------------------------------------------------------------ */

/*
 * gaussian_kde: a weight for each point, and matrices of as many rows and columns as points have axes.  Those that it computes
 * from are held to that as well: with another bandwidth it makes the others from them.
 */
static bool is_density(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char schema[] =
        "{'dataset': <numpy:ndarray>, 'd': int[1..2147483647], 'n': int[1..2147483647],"
        " '_weights'?: any, '_norm_factor'?: any, 'log_det'?: any,"
        " '_neff'?: float|int|<numpy.core.multiarray:scalar>|<numpy._core.multiarray:scalar>,"
        " 'factor': float|int|<numpy.core.multiarray:scalar>|<numpy._core.multiarray:scalar>,"
        " 'covariance': any, '_data_covariance': any, 'cho_cov'?: any, '_data_cho_cov'?: any,"
        " 'inv_cov'?: any, '_data_inv_cov'?: any}";
    static const char *const matrices[] = {"covariance",    "_data_covariance", "cho_cov",
                                           "_data_cho_cov", "inv_cov",          "_data_inv_cov"};
    brn_checked_array points = {.count = 0};
    if (!brn_schema_matches(c, schema, subject, val))
        return false;
    uint64_t axes = (uint64_t)brn_int(brn_dict_get(val, "d"));
    uint64_t count = (uint64_t)brn_int(brn_dict_get(val, "n"));
    const brn_val *weights = brn_dict_get(val, "_weights");
    bool fits = brn_checked_array_of(c, brn_dict_get(val, "dataset"), &points) &&
                points.dtype.kind != '\0' && strchr("fiub", points.dtype.kind) &&
                brn_size(points.shape) == 2 && brn_checked_array_axis(&points, 0) == axes &&
                brn_checked_array_axis(&points, 1) == count &&
                (!weights || is_floats(c, weights, count, 0));
    brn_checked_array_release(c, &points);
    for (size_t i = 0; fits && i < BRN_ARRAY_LEN(matrices); i++) {
        const brn_val *matrix = brn_dict_get(val, matrices[i]);
        fits = !matrix || is_matrix(c, matrix, axes, axes);
    }
    return fits;
}

/* ------------------------------------------------------------------------
 * Distributions
 * ------------------------------------------------------------------------ */

/*
 * The source of three functions that sort arguments, which SciPy writes for each distribution, saves with it, and runs
 * when it is loaded.  It may do nothing but that: a line begins a function or returns names, and
 * nothing is called.
 */
typedef struct source {
    const char *at;
    const char *end;
} source;

static bool skip(source *s, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(s->end - s->at) < size || memcmp(s->at, text, size) != 0)
        return false;
    s->at += size;
    return true;
}

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

/* Names, digits, commas, parentheses that call nothing, up to the end of the line or `stop`. */
static bool skip_names(source *s, char stop)
{
    int depth = 0;
    bool after_word = false;
    for (; s->at < s->end && *s->at != '\n' && (*s->at != stop || depth > 0); s->at++) {
        char byte = *s->at;
        if (byte == '(' && after_word)
            return false;
        depth += (byte == '(') - (byte == ')');
        if (depth < 0 || (!is_word_byte(byte) && !strchr("(), =.", byte)) || byte == '\0')
            return false;
        /* A point only as in 0.0: an attribute could be a property. */
        if (byte == '.' && (s->at[-1] < '0' || s->at[-1] > '9'))
            return false;
        if (byte != ' ')
            after_word = is_word_byte(byte) || byte == ')';
    }
    return depth == 0;
}

static bool skip_function(source *s)
{
    static const char *const names[] = {"_parse_args_rvs(", "_parse_args_stats(", "_parse_args("};
    bool known = false;
    for (size_t i = 0; !known && i < BRN_ARRAY_LEN(names); i++)
        known = skip(s, names[i]);
    if (!known || !skip_names(s, ')'))
        return false;
    if (!skip(s, "):\n    return "))
        return false;
    (void)skip(s, "self._argcheck_rvs"); /* a method of the distribution itself */
    return skip_names(s, '\n');
}

static bool is_source(const brn_val *text)
{
    size_t size;
    const char *utf8 = brn_str(text, &size);
    if (!utf8 || size == 0 || size > 4096)
        return false;
    char copy[4097];
    size_t used = 0;
    /* What a default of text is spelled as is no name: taken out, so that all else is names. */
    for (size_t i = 0; i < size; i++) {
        if (size - i >= 4 && memcmp(utf8 + i, "'mv'", 4) == 0) {
            copy[used++] = '0';
            i += 3;
        } else {
            copy[used++] = utf8[i];
        }
    }
    source s = {copy, copy + used};
    while (s.at < s.end) {
        if (skip(&s, "def ")) {
            if (!skip_function(&s))
                return false;
        } else if (!skip(&s, "\n")) {
            return false;
        }
    }
    return true;
}

/* The state of a distribution; what newer versions give is a pair of arguments and a random generator. */
static bool is_distribution(const brn_checker *c, const brn_val *subject, const brn_val *val)
{
    static const char pair[] =
        "({'momtype': int, 'a': float|int, 'b': float|int, 'xtol': float, 'badvalue': float|none, "
        "'name': str, 'longname': str|none, 'shapes': str|none, 'seed': none}, any)";
    if (brn_is(val, BRN_TUPLE))
        return brn_schema_matches(c, pair, subject, val);
    return brn_schema_matches(c, "{str: any}", subject, val) &&
           is_source(brn_dict_get(val, "_parse_arg_template"));
}

const brn_schema_check brn_scipy_checks[] = {
    {"diagonals", is_diagonals},
    {"lists", is_lists},
    {"spline", is_spline},
    {"kd_tree", is_kd_tree},
    {"density", is_density},
    {"distribution", is_distribution},
    {"grid", is_grid},
    {"rotation", is_rotation},
    {"hull", is_hull},
    {"delaunay", is_delaunay},
    {"linear_nd", is_linear_nd},
    {"rbf", is_rbf},
    {NULL, NULL},
};
