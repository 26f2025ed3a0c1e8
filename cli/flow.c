/*
 * flow.c - long output on its way.
 */
#include "flow.h"

void flow_begin(flow *f, app *a, const char *doing, const char *file)
{
    f->out = &a->out;
    /* On the same terminal the output itself is progress enough. */
    progress_begin(&f->progress, &a->term, a->set.quiet || a->term.out_is_terminal, doing, file);
    out_guard(f->out, a->term.out_is_terminal);
}

void flow_end(flow *f)
{
    progress_end(&f->progress);
    out_guard(f->out, false);
}

bool flow_sink(void *ctx, const void *data, size_t size)
{
    flow *f = ctx;
    progress_tick(&f->progress, f->out->written, 0);
    return out_put(f->out, data, size);
}
