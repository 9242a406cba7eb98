/* hub.h - what the requests of websub-hub share.
 *
 *   server -> routes (api.c) -> subscribe | publish | push | admin | ...
 *                                   '--- typed calls of common/store -> response
 *
 * One loop, one thread.  Nothing is kept between requests: what was accepted
 * is in Redis.  Filled in by worker.c, which makes all of it. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/crypto/seal.h"

struct hub_pressure;
struct hub_writable;
struct wsub_loop;
struct wsub_member;
struct wsub_store;

/* All is borrowed, and outlives the requests. */
struct hub {
    const struct wsub_config *config;
    const struct wsub_loop *loop;
    struct wsub_store *store;
    const struct wsub_member *member;
    const struct hub_pressure *pressure;
    const struct hub_writable *writable;
    const struct wsub_keyring *ring;
    const char *public_url;
    const char *link_header; /* value of Link: <public_url>; rel="hub" */
    bool on_loopback;        /* the hub listens where only this machine comes */
};

#endif
