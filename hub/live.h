/* live.h - GET /admin/stream: tells who looks that it is time to look again.
 *
 *   each 2 s, while somebody listens: the newest sums -> `event: now` to all
 *   each cluster event                               -> `event: cluster` to all
 *
 * However many listen, Redis is asked once.  A listener whose token is good no
 * more, or who does not read, is cut. */
#ifndef HUB_LIVE_H
#define HUB_LIVE_H

#include "common/store/cluster_events.h"

struct event_base;
struct hub;
struct hub_live;
struct wsub_http_request;

/* Both are borrowed, and outlive it. */
struct hub_live *hub_live_new(struct event_base *base, const struct hub *hub);
/* After the server.  NULL is fine. */
void hub_live_free(struct hub_live *live);

/* Ends all streams, and begins none any more. */
void hub_live_drain(struct hub_live *live);

/* NULL, for a change of the number of spreaders, tells nothing. */
void hub_live_event(struct hub_live *live,
                    const struct wsub_cluster_event *event);

/* The handler of the route; `hub` is a struct hub. */
void hub_live_stream(struct wsub_http_request *req, void *hub);

#endif
