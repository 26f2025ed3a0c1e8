/*
 * save.c - the calls that write a document: options, where the bytes go, what is found out first.
 *
 * Which values are met more than once (brn_save.refs) small pickles need to know, and others when they come
 * to a value that CPython never gives a number.  Where counting (write_refs.c) cannot tell, everything is
 * written once to nowhere: the walk itself cannot disagree with the answer.
 */
#include "write.h"

#define FLAGS                                                                            \
    (BRN_WRITE_SMALL | BRN_WRITE_CANONICAL | BRN_WRITE_SORT_KEYS | BRN_WRITE_REORDERED | \
     BRN_WRITE_KEEP_NAMES)

/* The buffer of those who pass bytes on: a frame, and what an atom needs beyond it. */
#define WINDOW (BRN_EMIT_FRAME_TARGET + BRN_EMIT_FRAME_TARGET / 2)

static bool get_options(brn_save *s, const brn_write_options *options)
{
    static const brn_write_options standard = BRN_WRITE_OPTIONS_INIT;
    s->options = standard;
    if (!options)
        return true;
    size_t size = options->size < sizeof s->options ? options->size : sizeof s->options;
    if (size < offsetof(brn_write_options, value) || options->flags & ~FLAGS ||
        options->protocol < 0 || options->protocol > 5)
        return brn_save_fail(s, BRN_ERROR_OPTIONS,
                             "brn_write_options: size %zu, flags 0x%x, protocol %d", options->size,
                             (unsigned)options->flags, options->protocol);
    memcpy(&s->options, options, size);
    return true;
}

/* ------------------------------------------------------------------------
 * Where bytes go
 * ------------------------------------------------------------------------ */

static bool grow(brn_emitter *out, size_t size)
{
    brn_save *s = (brn_save *)(void *)out;
    size_t cap = (size_t)(out->end - out->base);
    void *base = out->base;
    if (!brn_memory_grow(s->memory, &base, &cap, size, 1))
        return brn_save_fail_memory(s);
    out->base = base;
    out->end = out->base + cap;
    return true;
}

static bool pass(brn_emitter *out, const void *data, size_t size, void *owner)
{
    brn_save *s = (brn_save *)(void *)out;
    (void)owner;
    if (s->mode == BRN_MEMO_COUNT || s->sink(s->ctx, data, size))
        return true;
    return brn_save_fail(s, BRN_ERROR_WRITE, "the sink refused %zu bytes", size);
}

static bool flush(brn_emitter *out)
{
    size_t size = (size_t)(out->pos - out->base);
    return size == 0 || pass(out, out->base, size, NULL);
}

/* ------------------------------------------------------------------------
 * One pickle
 * ------------------------------------------------------------------------ */

/* Write with the memo as it is to be; the output stays in the buffer or has gone to the sink. */
static bool run(brn_save *s, size_t window)
{
    brn_emitter *out = &s->out;
    size_t size = s->slots * sizeof *s->memo;
    s->memo = brn_memory_alloc(s->memory, size);
    if (!s->memo)
        return brn_save_fail_memory(s);
    memset(s->memo, 0, size);
    out->protocol = s->options.protocol;
    out->binary = out->protocol > 0;
    out->frameless = s->options.flags & BRN_WRITE_SMALL;
    out->grow = grow;
    bool done = grow(out, window) && brn_emit_begin(out) && brn_save_walk(s, s->root) &&
                brn_emit_boundary(out) && brn_emit_finish(out) && (!out->flush || out->flush(out));
    brn_memory_free(s->memory, (void *)s->frames, s->cap * sizeof *s->frames);
    brn_memory_free(s->memory, s->memo, size);
    return done;
}

static void free_buffer(brn_save *s)
{
    brn_memory_free(s->memory, s->out.base, (size_t)(s->out.end - s->out.base));
}

/* Write everything, and note what is fetched from the memo. */
static bool write_to_nowhere(brn_save *s)
{
    memset(s->refs, BRN_REF_NONE, s->slots);
    brn_save dry = {.doc = s->doc,
                    .root = s->root,
                    .memory = s->memory,
                    .options = s->options,
                    .err = s->err,
                    .translate = s->translate,
                    .mode = BRN_MEMO_COUNT,
                    .slots = s->slots,
                    .refs = s->refs,
                    .canonical = s->canonical};
    dry.out.flush = flush;
    dry.out.pass = pass;
    bool done = run(&dry, WINDOW);
    s->code = dry.code;
    free_buffer(&dry);
    return done;
}

bool brn_save_find_refs(brn_save *s)
{
    if (s->refs)
        return true;
    s->refs = brn_memory_alloc(s->memory, s->slots);
    if (!s->refs)
        return brn_save_fail_memory(s);
    memset(s->refs, BRN_REF_NONE, s->slots);
    if (brn_save_count_refs(s, s->refs))
        return true;
    return s->code == BRN_OK && write_to_nowhere(s);
}

static bool begin(brn_save *s, const brn_doc *doc, const brn_write_options *options)
{
    if (!get_options(s, options))
        return false;
    if (!doc)
        return brn_save_fail(s, BRN_ERROR_NO_VALUE, "there is no document");
    if (doc->error != BRN_OK)
        return brn_save_fail(s, doc->error, "%s", doc->problem);
    if (doc->lost_calls > 0 && !(s->options.flags & BRN_WRITE_REORDERED))
        return brn_save_fail(s, BRN_ERROR_ORDER_LOST,
                             "calls were made only for what they do: %u of them",
                             (unsigned)doc->lost_calls);
    s->doc = doc;
    s->root = s->options.value ? s->options.value : doc->root;
    if (brn_doc_value(doc, s->root->id) != s->root)
        return brn_save_fail(s, BRN_ERROR_FOREIGN_VALUE,
                             "what is to be written belongs to another document");
    if (doc->count > UINT32_MAX - BRN_KNOWN_COUNT)
        return brn_save_fail(s, BRN_ERROR_LIMIT_VALUES, "too many values for one memo");
    s->slots = (uint32_t)doc->count + BRN_KNOWN_COUNT;
    s->translate = (doc->protocol < 3) != (s->options.protocol < 3) &&
                   !(s->options.flags & BRN_WRITE_KEEP_NAMES);
    return true;
}

static bool write_all(brn_save *s, size_t window)
{
    bool canonical = s->options.flags & (BRN_WRITE_CANONICAL | BRN_WRITE_SORT_KEYS);
    bool done = !canonical || brn_canonical_begin(s);
    if (done && s->options.flags & BRN_WRITE_SMALL) {
        done = brn_save_find_refs(s);
        s->mode = BRN_MEMO_NEEDED;
    }
    done = done && run(s, window);
    brn_canonical_end(s);
    brn_memory_free(s->memory, s->refs, s->slots);
    return done;
}

void *brn_write(const brn_doc *doc, const brn_write_options *options, size_t *size,
                const brn_alloc *alloc, brn_error *err)
{
    brn_memory memory;
    brn_save s = {.err = err, .memory = &memory};
    brn_error_clear(err);
    if (size)
        *size = 0;
    brn_memory_init(&memory, alloc, 0);
    if (!begin(&s, doc, options))
        return NULL;
    brn_memory_init(&memory, alloc, s.options.max_memory);
    /* What was read is about as long again; what was made, as its values have parts. */
    size_t guess = doc->size > 0 ? doc->size + doc->size / 16 : (size_t)doc->count * 8;
    if (!write_all(&s, guess + BRN_EMIT_QUICK + 64)) {
        free_buffer(&s);
        return NULL;
    }
    size_t used = (size_t)(s.out.pos - s.out.base);
    size_t cap = (size_t)(s.out.end - s.out.base);
    void *pickle = used < cap - cap / 8 ? brn_memory_realloc(&memory, s.out.base, cap, used) : NULL;
    if (size)
        *size = used;
    return pickle ? pickle : s.out.base;
}

brn_code brn_write_to(const brn_doc *doc, const brn_write_options *options, brn_sink_fn sink,
                      void *ctx, const brn_alloc *alloc, brn_error *err)
{
    brn_memory memory;
    brn_save s = {.err = err, .memory = &memory, .sink = sink, .ctx = ctx};
    brn_error_clear(err);
    brn_memory_init(&memory, alloc, 0);
    if (!sink) {
        (void)brn_save_fail(&s, BRN_ERROR_OPTIONS, "nobody takes the bytes");
        return s.code;
    }
    if (!begin(&s, doc, options))
        return s.code;
    brn_memory_init(&memory, alloc, s.options.max_memory);
    s.out.flush = flush;
    s.out.pass = pass;
    (void)write_all(&s, WINDOW);
    free_buffer(&s);
    return s.code;
}
