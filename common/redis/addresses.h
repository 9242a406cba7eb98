/* addresses.h - where Redis is, one address after the other.
 *
 * The host of redis_url is an address, or a name with several: a link tries one
 * after the other.  A name is looked up again when all were tried, so one that
 * moves is found; how long a result counts is the resolver's to say. */
#ifndef WSUB_REDIS_ADDRESSES_H
#define WSUB_REDIS_ADDRESSES_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/net/resolver.h"
#include "common/redis/redis_url.h"

struct wsub_redis_addresses {
    struct wsub_resolver *resolver; /* borrowed; NULL: host is an address */
    char host[256];                 /* in lower case */
    struct wsub_name_wait wait;
    struct wsub_buf list; /* owned; what was found: "10.0.0.1,::1" */
    size_t next;          /* where in it the next one begins */
    char current[64];
    /* `address` is valid during the call; NULL: there is none, for that
     * reason. */
    void (*on_address)(const char *address, const char *why, void *arg);
    void *arg; /* borrowed; given to on_address */
};

/* Whether the host of a URL is a name, for which a resolver is needed. */
bool wsub_redis_addresses_need(const struct wsub_redis_url *url);

void wsub_redis_addresses_init(struct wsub_redis_addresses *addresses,
                               struct wsub_resolver *resolver,
                               const struct wsub_redis_url *url);
void wsub_redis_addresses_done(struct wsub_redis_addresses *addresses);

/* Calls on_address with the next one, now or later. */
void wsub_redis_addresses_find(struct wsub_redis_addresses *addresses);

/* Whether another one is known that was not tried. */
bool wsub_redis_addresses_more(const struct wsub_redis_addresses *addresses);

/* The next one is the first again. */
void wsub_redis_addresses_restart(struct wsub_redis_addresses *addresses);

#endif
