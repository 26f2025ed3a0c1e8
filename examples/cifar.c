/*
 * cifar.c - a batch of CIFAR-10 as its authors published it: a dict of Python 2, whose keys are
 * bytes to Python 3, with an array of uint8 and a list of labels.  Prints the mean of each channel.
 */
#include <brinery.h>
#include <stdio.h>

enum { SIDE = 32, CHANNELS = 3, IMAGE = SIDE * SIDE * CHANNELS };

static double mean_of(const brn_array *images, size_t channel)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < images->shape[0]; i++) {
        const uint8_t *image = images->bytes.data + i * images->strides[0];
        for (size_t j = 0; j < SIDE * SIDE; j++)
            sum += image[channel * SIDE * SIDE + j];
    }
    return (double)sum / ((double)images->shape[0] * SIDE * SIDE);
}

int main(int argc, char **argv)
{
    brn_error err;
    brn_doc *doc = argc > 1 ? brn_read_file(argv[1], NULL, NULL, &err) : NULL;
    if (!doc) {
        char text[512] = "usage: cifar FILE";
        if (argc > 1)
            (void)brn_error_text(&err, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return 2;
    }
    const brn_val *root = brn_root(doc);
    const brn_val *labels = brn_dict_get(root, "labels");
    brn_array images;
    int status = 1;
    /* False unless it is an array with all of its data: what follows can rely on the shape. */
    if (brn_as_array(brn_dict_get(root, "data"), NULL, &images) && images.bytes.data &&
        images.dtype.kind == 'u' && images.dtype.size == 1 && images.dimensions == 2 &&
        images.shape[0] > 0 && images.shape[1] == IMAGE && !images.fortran &&
        brn_size(labels) == images.shape[0]) {
        printf("%zu images, the first with label %d\n", images.shape[0],
               (int)brn_int(brn_at(labels, 0)));
        for (size_t channel = 0; channel < CHANNELS; channel++)
            printf("%s %.3f\n", ((const char *[]){"red", "green", "blue"})[channel],
                   mean_of(&images, channel));
        status = 0;
    } else {
        fprintf(stderr, "%s is no batch of CIFAR-10\n", argv[1]);
    }
    brn_free(doc);
    return status;
}
