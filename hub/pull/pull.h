/* pull.h - everything that those who pull need, made and ended (shared.h is the
 * map). */
#ifndef HUB_PULL_PULL_H
#define HUB_PULL_PULL_H

struct event_base;
struct hub_pull;
struct wsub_config;
struct wsub_store;

/* All outlive it. */
struct hub_pull *hub_pull_new(struct event_base *base, struct wsub_store *store,
                              const struct wsub_config *config);

/* Nobody waits any more, and streams end: the hub does. */
void hub_pull_drain(struct hub_pull *pull);

/* After wsub_store_close() and the end of the server, which end what is on its
 * way.  NULL is fine. */
void hub_pull_free(struct hub_pull *pull);

#endif
