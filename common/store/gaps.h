/* gaps.h - events that left by retention before a subscription in cursor mode
 * got them (stream gaps). */
#ifndef WSUB_STORE_GAPS_H
#define WSUB_STORE_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/newest.h"
#include "common/store/place.h"
#include "common/store/subscriptions.h"

struct wsub_gap {
    struct wsub_place place;
    struct wsub_subscription_key key; /* of the subscription */
    uint64_t count;                   /* of the events */
    bool has_from;
    struct wsub_place from; /* the last event before the gap, if there is one */
    bool has_to;
    struct wsub_place to; /* the first event after it, if there is one */
};

/* Lists the newest gaps; the items are struct wsub_gap. */
void wsub_gaps_list(struct wsub_store *store, const struct wsub_place *after,
                    size_t limit, wsub_newest_cb *cb, void *arg);

#endif
