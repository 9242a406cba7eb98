/* vitals.h - GET /healthz?verbose=1: how the system does, for people and for
 * machines that watch it.
 *
 * Anybody may ask.  So nothing is told that helps to reach or to know anybody: no
 * address, no name, no topic and no callback; numbers, and the version of Redis.
 * And however many ask, Redis is asked once a second: who comes meanwhile gets
 * what was found then. */
#ifndef HUB_VITALS_H
#define HUB_VITALS_H

struct hub;
struct hub_vitals;
struct wsub_http_request;

/* `hub` is borrowed, and outlives it. */
struct hub_vitals *hub_vitals_new(const struct hub *hub);
/* After wsub_store_close().  NULL is fine. */
void hub_vitals_free(struct hub_vitals *vitals);

/* Responds 200 with JSON, 503 when the system is unhealthy. */
void hub_vitals_respond(struct hub_vitals *vitals,
                        struct wsub_http_request *req);

#endif
