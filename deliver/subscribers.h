/* subscribers.h - the requests to subscribers' hosts: which may start, and what
 * all of them share.
 *
 * Deliveries and verifications share one HTTP client and one table of hosts, so
 * that a host gets no more requests than it may have, whatever they are for.
 * Jobs that were parked for a host come back as it has capacity. */
#ifndef DELIVER_SUBSCRIBERS_H
#define DELIVER_SUBSCRIBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/host/timer.h"
#include "common/http/hash_rules.h"
#include "deliver/post.h"

struct deliver_parking;
struct event_base;
struct wsub_config;
struct wsub_egress;
struct wsub_hosts;
struct wsub_http_client;
struct wsub_secret_keys;
struct wsub_store;

/* All pointers are borrowed, and outlive the subscribers. */
struct deliver_subscribers_options {
    struct event_base *base;
    struct wsub_store *store;
    const struct wsub_config *config;
    struct wsub_secret_keys *keys; /* which open subscribers' secrets */
    uint32_t slots;                /* deliveries at once */
};

/* `hosts`, `parking` and `poster` are for all to use, which stay where they
 * are; the rest is for subscribers.c.  Owned, but for the options' pointers. */
struct deliver_subscribers {
    struct wsub_hosts *hosts;
    struct deliver_parking *parking;
    struct deliver_poster poster; /* no user_agent: nothing may be sent yet */
    struct deliver_subscribers_options o;
    struct wsub_hash_rules hash_rules; /* borrow from the settings */
    struct wsub_egress *egress;
    struct wsub_http_client *client;
    struct wsub_host_timer host_timer;
};

/* Fills the zeroed `s`. */
void deliver_subscribers_init(struct deliver_subscribers *s,
                              const struct deliver_subscribers_options *o);

/* Once the store is closed: ends all requests, and calls nobody any more. */
void deliver_subscribers_close(struct deliver_subscribers *s);
/* Frees the rest, once nobody uses it. */
void deliver_subscribers_done(struct deliver_subscribers *s);

/* The User-Agent needs the hub's public URL, which the hub may write to Redis
 * after this program has started.  Returns true when it has become known. */
bool deliver_subscribers_learn_url(struct deliver_subscribers *s);

/* Ends the wait of those who wait too long for their host; of `everyone`, when
 * the process drains.  To be called now and then. */
void deliver_subscribers_expire(struct deliver_subscribers *s, bool everyone);

/* Sets the metrics of hosts. */
void deliver_subscribers_count(const struct deliver_subscribers *s);

/* Requests that are about to start. */
size_t deliver_subscribers_ahead(const struct deliver_subscribers *s);

/* How long an entry is held at most: the longest wait for a host, and one
 * attempt. */
uint32_t deliver_subscribers_held_ms(const struct wsub_config *config);

#endif
