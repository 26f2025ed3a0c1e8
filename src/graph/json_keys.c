/*
 * json_keys.c - which dicts can be objects of plain JSON.
 *
 * JSON names members by text, so 1 and "1" would be one name and a reader would
 * lose one of two values.  Keys of the same kind are never spelt the same, and nearly all
 * dicts have one kind.  The others have their spellings sorted and neighbours compared:
 * a hash table would need a secret of its own, because the keys are whatever a
 * stranger wrote.
 */
#include "json_keys.h"
#include "document.h"

#include <math.h>

void brn_json_scalar_key(brn_out *out, const brn_val *key)
{
    double value = brn_float(key);
    size_t size;
    const uint8_t *bytes;
    switch (brn_typeof(key)) {
    case BRN_NONE: brn_out_puts(out, "null"); break;
    case BRN_BOOL: brn_out_puts(out, brn_bool(key) ? "true" : "false"); break;
    case BRN_INT: brn_out_int(out, brn_int(key)); break;
    case BRN_BIGINT:
        bytes = brn_bigint(key, &size);
        brn_out_bigint(out, bytes, size);
        break;
    default:
        if (isfinite(value))
            brn_out_float(out, value);
        else
            brn_out_puts(out, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
        break;
    }
}

/* The spelling of one key. */
typedef struct spelling {
    const uint8_t *text; /* NULL while it lies in scratch memory that may still move */
    size_t offset;       /* there */
    size_t size;
} spelling;

/* Spellings that are not the key's own bytes, one after another. */
typedef struct scratch {
    brn_memory *memory;
    uint8_t *bytes;
    size_t size;
    size_t cap;
} scratch;

static bool scratch_sink(void *ctx, const void *data, size_t size)
{
    scratch *s = ctx;
    if (size > SIZE_MAX - s->size)
        return false;
    void *bytes = s->bytes;
    if (size > s->cap - s->size && !brn_memory_grow(s->memory, &bytes, &s->cap, s->size + size, 1))
        return false;
    s->bytes = bytes;
    memcpy(s->bytes + s->size, data, size);
    s->size += size;
    return true;
}

/* What a reader of JSON will take a key for: two surrogates that make a pair become one. */
static void spell_text(brn_out *out, const brn_val *key)
{
    size_t size;
    const uint8_t *bytes = brn_bytes(key, &size);
    bool latin1 = brn_typeof(key) == BRN_PY2STR;
    uint8_t utf8[4];
    for (size_t i = 0; i < size;) {
        uint32_t code = bytes[i];
        size_t length = latin1 ? 1 : brn_utf8_decode(bytes + i, size - i, &code);
        i += length > 0 ? length : 1;
        uint32_t low = 0;
        if (!latin1 && code >= 0xd800 && code <= 0xdbff && i < size &&
            brn_utf8_decode(bytes + i, size - i, &low) == 3 && low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 3;
        }
        brn_out_putn(out, utf8, brn_utf8_encode(code, utf8));
    }
}

static bool spell(scratch *s, const brn_val *key, spelling *own)
{
    own->text = NULL;
    own->offset = s->size;
    if (brn_typeof(key) == BRN_STR && !(brn_str_flags(key) & BRN_STR_SURROGATES)) {
        own->text = brn_bytes(key, &own->size);
        return true;
    }
    char buffer[256];
    brn_out out;
    brn_out_init(&out, scratch_sink, s, buffer, sizeof buffer);
    if (brn_is_text(key))
        spell_text(&out, key);
    else
        brn_json_scalar_key(&out, key);
    bool done = brn_out_flush(&out);
    own->size = s->size - own->offset;
    return done;
}

static int compare(const spelling *a, const spelling *b)
{
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return memcmp(a->text, b->text, a->size);
}

static void swap(spelling *a, spelling *b)
{
    spelling kept = *a;
    *a = *b;
    *b = kept;
}

/* Let the element at `root` sink to its place in a heap with the greatest on top. */
static void sift_down(spelling *a, size_t root, size_t count)
{
    while (2 * root + 1 < count) {
        size_t child = 2 * root + 1;
        if (child + 1 < count && compare(&a[child], &a[child + 1]) < 0)
            child++;
        if (compare(&a[root], &a[child]) >= 0)
            return;
        swap(&a[root], &a[child]);
        root = child;
    }
}

/* Heapsort: in place, and never quadratic, whoever chose the keys. */
static void sort(spelling *a, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(a, i, count);
    for (size_t end = count; end-- > 1;) {
        swap(&a[0], &a[end]);
        sift_down(a, 0, end);
    }
}

static brn_code find_twice(brn_memory *memory, const brn_val *dict, const char **problem)
{
    size_t count = brn_size(dict);
    scratch s = {memory, NULL, 0, 0};
    spelling *all = brn_memory_alloc(memory, count * sizeof *all);
    brn_code code = all ? BRN_OK : BRN_ERROR_MEMORY;
    for (size_t i = 0; i < count && code == BRN_OK; i++) {
        if (!spell(&s, brn_key_at(dict, i), &all[i]))
            code = BRN_ERROR_MEMORY;
    }
    if (code == BRN_OK) {
        /* All is there and moves no more; no memory at all if nothing but "" went there. */
        const uint8_t *bytes = s.bytes ? s.bytes : (const uint8_t *)"";
        for (size_t i = 0; i < count; i++) {
            if (!all[i].text)
                all[i].text = bytes + all[i].offset;
        }
        sort(all, count);
        for (size_t i = 1; i < count && code == BRN_OK; i++) {
            if (compare(&all[i - 1], &all[i]) == 0)
                code = BRN_ERROR_JSON_KEY;
        }
    }
    if (code == BRN_ERROR_JSON_KEY)
        *problem = "two keys of the dict would be spelt the same";
    brn_memory_free(memory, s.bytes, s.cap);
    brn_memory_free(memory, all, count * sizeof *all);
    return code;
}

brn_code brn_json_check_keys(brn_memory *memory, const brn_val *dict, const char **problem)
{
    size_t count = brn_size(dict);
    bool text = false, latin1 = false, scalars = false, surrogates = false;
    size_t nans = 0; /* each equal to itself only, so there may be several */
    for (size_t i = 0; i < count; i++) {
        const brn_val *key = brn_key_at(dict, i);
        switch (brn_typeof(key)) {
        case BRN_STR:
            text = true;
            surrogates = surrogates || (brn_str_flags(key) & BRN_STR_SURROGATES);
            break;
        case BRN_PY2STR: latin1 = true; break;
        case BRN_FLOAT:
            nans += isnan(brn_float(key)) != 0;
            scalars = true;
            break;
        case BRN_NONE:
        case BRN_BOOL:
        case BRN_INT:
        case BRN_BIGINT: scalars = true; break;
        default:
            *problem = "a key of the dict is no str, number, bool or None";
            return BRN_ERROR_JSON_KEY;
        }
    }
    if (surrogates || nans > 1 || text + latin1 + scalars > 1)
        return find_twice(memory, dict, problem);
    return BRN_OK;
}
