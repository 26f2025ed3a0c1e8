/*
 * out.c - standard output: buffered, every write checked.
 */
#define _POSIX_C_SOURCE 200809L

#include "out.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)1 << 16)

void out_init(out *o)
{
    memset(o, 0, sizeof *o);
    o->buffer = cli_alloc(BUFFER_SIZE);
}

void out_free(out *o)
{
    free(o->buffer);
    o->buffer = NULL;
}

static bool out_write(out *o, const char *data, size_t size)
{
    while (size && !o->error) {
        ssize_t n = write(STDOUT_FILENO, data, size);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EINTR) {
            o->error = errno;
        }
    }
    return !o->error;
}

static bool out_empty(out *o)
{
    size_t used = o->used;
    o->used = 0;
    return out_write(o, o->buffer, used);
}

static bool out_raw(out *o, const void *data, size_t size)
{
    if (o->error)
        return false;
    o->written += size;
    if (size > BUFFER_SIZE - o->used && !out_empty(o))
        return false;
    if (size >= BUFFER_SIZE)
        return out_write(o, data, size);
    if (size)
        memcpy(o->buffer + o->used, data, size);
    o->used += size;
    return true;
}

/* How long the character that begins with this byte is, if it may have to be escaped, else 0. */
static size_t suspect_length(unsigned char byte)
{
    return byte == 0x7f                   ? 1
           : byte == 0xc2 || byte == 0xd8 ? 2
           : byte == 0xe2 || byte == 0xef ? 3
                                          : 0;
}

static bool out_guarded(out *o, const unsigned char *data, size_t size)
{
    size_t at = 0;
    while (at < size) {
        if (!o->held_size) {
            size_t run = at;
            while (run < size && !suspect_length(data[run]))
                run++;
            if (run > at && !out_raw(o, data + at, run - at))
                return false;
            at = run;
            if (at == size)
                break;
        }
        o->held[o->held_size++] = data[at++];
        if (o->held_size < suspect_length(o->held[0]))
            continue;
        uint32_t code;
        const char *held = (const char *)o->held;
        size_t length = text_decode(held, o->held_size, &code);
        char escaped[8];
        bool ok;
        if (length && !text_is_safe(held, length)) {
            int n = snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(code & 0xffff));
            ok = out_raw(o, escaped, (size_t)n);
        } else {
            ok = out_raw(o, held, o->held_size);
        }
        o->held_size = 0;
        if (!ok)
            return false;
    }
    return true;
}

bool out_put(out *o, const void *data, size_t size)
{
    return o->guarded ? out_guarded(o, data, size) : out_raw(o, data, size);
}

bool out_str(out *o, const char *str)
{
    return out_put(o, str, strlen(str));
}

bool out_flush(out *o)
{
    return out_empty(o) && !o->error;
}

bool out_closed(const out *o)
{
    return o->error == EPIPE;
}

void out_guard(out *o, bool on)
{
    /* Bytes that begin a character and are all there is are written as they are. */
    size_t held = o->held_size;
    o->held_size = 0;
    (void)out_raw(o, o->held, held);
    o->guarded = on;
}

bool out_sink(void *ctx, const void *data, size_t size)
{
    return out_put(ctx, data, size);
}
