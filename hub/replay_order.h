/* replay_order.h - POST /admin/replay: an operator wants events delivered again.
 *
 * {"topic", "from", "to"?, "callback"?}: those of the topic and below it that are in
 * the log, to all subscriptions to that topic or to one.  `from` and `to` are times
 * of RFC 3339 or ids of events. */
#ifndef HUB_REPLAY_ORDER_H
#define HUB_REPLAY_ORDER_H

#include <stdbool.h>

#include "common/http/route.h"

struct hub;

/* Responds 202 {"id": ID}. */
wsub_http_handler hub_replay_order;

/* A replay that is to begin; all is borrowed for the call. */
struct hub_replay {
    const char *topic;    /* in its normal spelling: whose subscriptions */
    const char *callback; /* as it was given; NULL: all */
    const char *cd;       /* of the callback, or "" */
    bool is_everywhere;   /* in every shard; else in that one */
    unsigned shard;
    const char *first;     /* id MS-SEQ of the first event in the shard */
    const char *last;      /* of the last one; NULL: what is the last one now */
    const char *from, *to; /* as the operator spelled them; `to` may be NULL */
};

/* Begins it and responds 202 {"id": ID}; 404 without such a subscription, 409 when
 * as many run as may, 503. */
void hub_replay_begin(struct hub *hub, struct wsub_http_request *req,
                      const struct hub_replay *replay);

#endif
