/* bodies.h - tells operators how the bodies of requests stand: metrics, and a
 * line in the log when they begin to wait for max_inflight_bytes, and when they
 * wait no more. */
#ifndef HUB_BODIES_H
#define HUB_BODIES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/budget.h"

/* { 0 } at the start. */
struct hub_bodies {
    bool full;       /* they wait, and it was said */
    uint64_t waited; /* waits before that */
};

/* They stand like this now. */
void hub_bodies_note(struct hub_bodies *bodies,
                     const struct wsub_http_load *load);

#endif
