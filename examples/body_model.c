/*
 * body_model.c - a body model as SMPL's: a dict of Python 2 with a mesh, a sparse matrix that takes
 * vertices to joints, and an array in an object of a package nobody wants to install (chumpy.Ch).
 */
#include <brinery.h>
#include <stdio.h>
#include <string.h>

/* What a Ch shows is its state's `x`. */
static bool view_ch(void *ctx, const brn_val *val, void *out)
{
    (void)ctx;
    return brn_as_array(brn_attr(val, "x"), NULL, out);
}

static const brn_viewer viewers[] = {{"chumpy.ch", "Ch", sizeof(brn_array), view_ch, NULL}};

/* An array of doubles with two dimensions, of numpy's or inside a Ch. */
static bool matrix(const brn_val *val, brn_array *out)
{
    return (brn_as_array(val, NULL, out) || brn_view(viewers, 1, val, out, sizeof *out)) &&
           out->dtype.kind == 'f' && out->dtype.size == 8 && out->dimensions == 2 &&
           out->bytes.data;
}

static double at(const brn_array *a, size_t row, size_t column)
{
    double value;
    memcpy(&value, a->bytes.data + row * a->strides[0] + column * a->strides[1], sizeof value);
    return value;
}

static int32_t index_at(const brn_array *a, size_t i)
{
    int32_t value;
    memcpy(&value, a->bytes.data + i * a->strides[0], sizeof value);
    return value;
}

int main(int argc, char **argv)
{
    brn_doc *doc = argc > 1 ? brn_read_file(argv[1], NULL, NULL, NULL) : NULL;
    brn_array vertices, shapes;
    brn_sparse joints;
    if (!matrix(brn_dict_get(brn_root(doc), "v_template"), &vertices) || vertices.shape[1] != 3 ||
        !matrix(brn_dict_get(brn_root(doc), "shapedirs"), &shapes) ||
        !brn_as_sparse(brn_dict_get(brn_root(doc), "J_regressor"), NULL, &joints) ||
        strcmp(joints.format, "csc") != 0 || joints.shape[1] != vertices.shape[0])
        return fprintf(stderr, "this is no body model\n"), brn_free(doc), 1;
    printf("%zu vertices, shapes %zu x %zu\n", vertices.shape[0], shapes.shape[0], shapes.shape[1]);
    for (size_t v = 0; v < joints.shape[1]; v++) {
        /* What the matrix says of places is the file's claim: looked at before it is used. */
        size_t end = (size_t)index_at(&joints.starts, v + 1);
        for (size_t i = (size_t)index_at(&joints.starts, v); i < end && i < joints.stored; i++)
            printf("joint %d: vertex %zu, x = %g\n", (int)index_at(&joints.indices, i), v,
                   at(&vertices, v, 0));
    }
    brn_free(doc);
    return 0;
}
