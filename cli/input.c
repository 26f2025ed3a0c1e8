/*
 * input.c - opens the file a command was given.
 *
 * Compressed files are recognised by their first bytes, which no pickle begins with, and
 * are inflated into memory, at most --max-size bytes: a file of a megabyte can
 * inflate to a gigabyte.
 */
#include "input.h"
#include "hints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(HAVE_ZLIB)
#include <zlib.h>
#endif

brn_options input_options(const app *a)
{
    brn_options options = BRN_OPTIONS_INIT;
    options.flags = BRN_BORROW | (a->set.map ? BRN_MAP : 0);
    options.max_input = a->set.max_input;
    options.max_memory = a->set.max_memory;
    options.max_values = a->set.max_values;
    options.max_stack = a->set.max_stack;
    options.max_memo = a->set.max_memo;
    options.max_digits = a->set.max_digits;
    options.max_work = a->set.max_work;
    return options;
}

/* ------------------------------------------------------------------------
 * Compressed files
 * ------------------------------------------------------------------------ */

static const char *packing_of(const uint8_t *data, size_t size)
{
    if (size >= 3 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8)
        return "gzip";
    /* Deflate with a 32 kB window, and a header that is a multiple of 31. */
    if (size >= 2 && data[0] == 0x78 && (data[0] << 8 | data[1]) % 31 == 0)
        return "zlib";
    return NULL;
}

#if defined(HAVE_ZLIB)

static bool inflate_failed(brn_error *err, brn_code code, const char *packing, const char *what)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    err->opcode = -1;
    (void)snprintf(err->message, sizeof err->message, "the %s data %s", packing, what);
    return false;
}

/* One step of zlib works with unsigned ints, which may be smaller than what there is. */
static uInt step_size(size_t size)
{
    return size < (1u << 30) ? (uInt)size : 1u << 30;
}

/* All members of a gzip file, or the one zlib stream, into in->inflated. */
static bool inflate_all(const app *a, input *in, brn_error *err)
{
    const uint8_t *data = in->data;
    size_t left = in->size;
    size_t cap = 0;
    size_t used = 0;
    uint64_t limit = a->set.max_size;
    bool gzip = in->packing[0] == 'g';

    z_stream z;
    memset(&z, 0, sizeof z);
    if (inflateInit2(&z, gzip ? 15 + 16 : 15) != Z_OK)
        return inflate_failed(err, BRN_ERROR_MEMORY, in->packing, "needs more memory");
    progress watch;
    progress_begin(&watch, &a->term, a->set.quiet, "inflating", in->file);

    const char *wrong = NULL;
    brn_code code = BRN_ERROR_READ;
    for (;;) {
        /* One byte above the limit shows that there is more. */
        size_t most = limit < SIZE_MAX - 1 ? (size_t)limit + 1 : SIZE_MAX - 1;
        if (used == cap) {
            size_t bigger = cap ? cap : left < ((size_t)1 << 28) ? left * 4 + 4096 : left;
            bigger = cap ? (cap > most / 2 ? most : cap * 2) : (bigger > most ? most : bigger);
            uint8_t *room = realloc(in->inflated, bigger);
            if (!room) {
                code = BRN_ERROR_MEMORY;
                wrong = "inflates to more than memory can hold";
                break;
            }
            in->inflated = room;
            cap = bigger;
        }
        /* zlib does not change its input, but not every version says so. */
        z.next_in = (Bytef *)(uintptr_t)data;
        z.avail_in = step_size(left);
        z.next_out = in->inflated + used;
        z.avail_out = step_size(cap - used);
        uInt in_before = z.avail_in;
        uInt out_before = z.avail_out;
        int status = inflate(&z, Z_NO_FLUSH);
        data += in_before - z.avail_in;
        left -= in_before - z.avail_in;
        used += out_before - z.avail_out;
        progress_tick(&watch, in->size - left, in->size);
        if (used > limit) {
            code = BRN_ERROR_LIMIT_INPUT;
            wrong = "inflates to more than is allowed";
            break;
        }
        if (status == Z_STREAM_END) {
            /* gzip files may be members one after another; other bytes behind are ignored. */
            if (!gzip || left < 3 || data[0] != 0x1f || data[1] != 0x8b || inflateReset(&z) != Z_OK)
                break;
        } else if (status == Z_BUF_ERROR || (status == Z_OK && !left && z.avail_out)) {
            wrong = "ends early: the file is cut off";
            break;
        } else if (status != Z_OK) {
            wrong = status == Z_MEM_ERROR ? "needs more memory" : "is damaged";
            break;
        }
    }
    progress_end(&watch);
    (void)inflateEnd(&z);
    if (wrong)
        return inflate_failed(err, code, in->packing, wrong);
    in->data = in->inflated;
    in->size = used;
    return true;
}

#endif /* HAVE_ZLIB */

/* ------------------------------------------------------------------------
 * Opening
 * ------------------------------------------------------------------------ */

bool input_open(const app *a, input *in, const char *file, brn_error *err)
{
    memset(in, 0, sizeof *in);
    in->file = file;
    in->number = 1;
    brn_options options = input_options(a);
    progress watch;
    progress_begin(&watch, &a->term, a->set.quiet, "reading", file);
    bool ok = brn_input_open(&in->raw, file, &options, NULL, err);
    progress_end(&watch);
    if (!ok)
        return false;
    in->data = in->raw.data;
    in->size = in->raw.size;
    in->file_size = in->raw.size;
#if defined(HAVE_ZLIB)
    in->packing = packing_of(in->data, in->size);
    if (in->packing && !inflate_all(a, in, err)) {
        input_close(in);
        return false;
    }
    if (in->packing)
        brn_input_close(&in->raw);
#else
    (void)packing_of;
#endif
    return true;
}

void input_close(input *in)
{
    brn_input_close(&in->raw);
    free(in->inflated);
    in->inflated = NULL;
    in->data = NULL;
    in->size = 0;
}

bool input_advance(input *in, size_t size)
{
    if (!size || size >= in->size)
        return false;
    in->data += size;
    in->size -= size;
    in->begin += size;
    in->number++;
    return true;
}

int input_begin(const app *a, input *in, const char *file)
{
    brn_error err;
    if (!input_open(a, in, file, &err))
        return input_failed(a, NULL, file, &err);
    uint64_t wanted = a->set.pickle == NOT_GIVEN ? 1 : a->set.pickle;
    while (in->number < wanted) {
        size_t size = brn_measure(in->data, in->size, &err);
        int status = STATUS_OK;
        if (!size) {
            status = input_failed(a, in, file, &err);
        } else if (!input_advance(in, size)) {
            text t = {0};
            text_plural(&t, in->number, "pickle", NULL);
            app_error(a, file, "there is no pickle %llu: the file holds %s",
                      (unsigned long long)wanted, text_cstr(&t));
            text_free(&t);
            status = STATUS_NO;
        }
        if (status != STATUS_OK) {
            input_close(in);
            return status;
        }
    }
    return STATUS_OK;
}

/* ------------------------------------------------------------------------
 * Documents
 * ------------------------------------------------------------------------ */

brn_doc *input_document(const app *a, const input *in, brn_error *err)
{
    brn_options options = input_options(a);
    progress watch;
    progress_begin(&watch, &a->term, a->set.quiet, "building the values of", in->file);
    brn_doc *doc = brn_read(in->data, in->size, &options, NULL, err);
    progress_end(&watch);
    return doc;
}

brn_doc *input_load(const app *a, const input *in)
{
    brn_error err;
    brn_doc *doc = input_document(a, in, &err);
    if (!doc)
        (void)input_failed(a, in, in->file, &err);
    return doc;
}

/* ------------------------------------------------------------------------
 * What is wrong
 * ------------------------------------------------------------------------ */

void input_problem(const input *in, const brn_error *err, text *t)
{
    char buffer[1024];
    (void)brn_error_text(err, buffer, sizeof buffer);
    text_safe(t, buffer, strlen(buffer));
    if (in && in->number > 1 && err->code < BRN_ERROR_OPEN)
        text_printf(t, " (in pickle %llu, which begins at byte %llu)",
                    (unsigned long long)in->number, (unsigned long long)in->begin);
    /* What follows a good pickle is not to be judged as if it were a file of its own. */
    const uint8_t *data = in && in->number == 1 ? in->data : NULL;
    hint_for(err->code, data, data ? in->size : 0, t);
}

int input_failed(const app *a, const input *in, const char *file, const brn_error *err)
{
    text t = {0};
    input_problem(in, err, &t);
    app_error(a, file, "%s", text_cstr(&t));
    text_free(&t);
    return STATUS_UNREADABLE;
}

/* Say that there is more in the file than the pickle shown, if so. */
static void note_rest(const app *a, const input *in, size_t pickle_size)
{
    if (a->set.quiet || a->set.pickle != NOT_GIVEN || pickle_size >= in->size)
        return;
    size_t rest = in->size - pickle_size;
    text t = {0};
    text_plural(&t, rest, "more byte", NULL);
    if (brn_measure(in->data + pickle_size, rest, NULL))
        app_note(a, in->file, "%s behind this pickle: another one (--pickle 2)", text_cstr(&t));
    else
        app_note(a, in->file, "%s behind this pickle, which are no pickle", text_cstr(&t));
    text_free(&t);
}

int input_finish(app *a, input *in, int status, size_t pickle_size)
{
    if (status == STATUS_OK && pickle_size > 0) {
        /* What was asked for in front of what is said about it. */
        (void)out_flush(&a->out);
        note_rest(a, in, pickle_size);
    }
    input_close(in);
    return status;
}
