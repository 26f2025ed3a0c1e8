/*
 * flow.h - long output on its way: progress while it lasts, and nothing that could steer
 * the terminal it goes to.
 */
#ifndef BRINERY_CLI_FLOW_H
#define BRINERY_CLI_FLOW_H

#include "cli.h"

typedef struct flow {
    out *out;
    progress progress;
} flow;

void flow_begin(flow *f, app *a, const char *doing, const char *file);
void flow_end(flow *f);

/* A brn_sink_fn; its ctx is a flow. */
bool flow_sink(void *ctx, const void *data, size_t size);

#endif /* BRINERY_CLI_FLOW_H */
