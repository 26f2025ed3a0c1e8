/*
 * for_python.c - an object for a program in Python, piece by piece: an instance of its lab.Run,
 * with a datetime, a Fraction that is shared, and bytes that are never in memory as a whole.
 */
#include <brinery.h>
#include <stdio.h>

enum { SAMPLES = 1000000, PIECE = 4096 };

static bool to_stdout(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    return fwrite(data, 1, size, stdout) == size;
}

/* What datetime writes: ten bytes of year, month, day, hour, minute, second and microsecond. */
static void datetime(brn_writer *w, int year, int month, int day)
{
    const uint8_t when[10] = {
        (uint8_t)(year >> 8), (uint8_t)year, (uint8_t)month, (uint8_t)day, 12, 30};
    brn_writer_begin_call(w, 1);
    brn_writer_global(w, "datetime", "datetime");
    brn_writer_bytes(w, when, sizeof when);
    brn_writer_end(w);
}

int main(void)
{
    brn_writer *w = brn_writer_open(to_stdout, NULL, 4, 0, NULL, NULL);
    brn_writer_begin_object(w, 0);
    brn_writer_global(w, "lab", "Run");
    brn_writer_end(w);
    brn_writer_begin_state(w);
    brn_writer_begin_dict(w, 4);
    brn_writer_key(w, "started");
    datetime(w, 2024, 2, 29);
    brn_writer_key(w, "gain");
    brn_writer_begin_call(w, 2);
    brn_writer_global(w, "fractions", "Fraction");
    brn_writer_int(w, 2);
    brn_writer_int(w, 3);
    brn_writer_end(w);
    uint64_t gain = brn_writer_share(w);
    brn_writer_key(w, "offset");
    brn_writer_shared(w, gain); /* in Python: run.offset is run.gain */
    brn_writer_key(w, "samples");
    brn_writer_begin_bytes(w, SAMPLES);
    for (size_t at = 0; at < SAMPLES; at += PIECE) {
        uint8_t piece[PIECE];
        size_t size = SAMPLES - at < PIECE ? SAMPLES - at : PIECE;
        for (size_t i = 0; i < size; i++)
            piece[i] = (uint8_t)((at + i) % 251);
        brn_writer_piece(w, piece, size);
    }
    brn_writer_end(w);
    brn_writer_end(w);
    brn_writer_end(w);
    /* The only check there needs to be: the first error stays. */
    return brn_writer_close(w, NULL) == BRN_OK ? 0 : 1;
}
