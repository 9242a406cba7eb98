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
#include <stdint.h>

#include "common/base/config.h"
#include "common/crypto/seal.h"

struct hub_clients;
struct hub_group_rates;
struct hub_live;
struct hub_pressure;
struct hub_pull;
struct hub_reshard;
struct hub_tokens;
struct hub_vitals;
struct wsub_egress;
struct wsub_groups;
struct wsub_neglect;
struct wsub_writable;
struct wsub_loop;
struct wsub_member;
struct wsub_store;

/* All is borrowed, and outlives the requests. */
struct hub {
    const struct wsub_config *config;
    const struct wsub_loop *loop;
    struct wsub_store *store;
    struct wsub_store *registry; /* of record; may be the same */
    struct wsub_groups *groups;
    const struct wsub_member *member;
    struct hub_clients *clients;
    struct hub_group_rates *group_rates;
    struct hub_pressure *pressure;
    struct hub_live *live;
    struct hub_pull *pull;
    const struct hub_reshard *reshard;
    struct hub_vitals *vitals;
    const struct wsub_writable *writable;
    const struct wsub_neglect *neglect;
    const struct wsub_keyring *ring;
    const struct hub_tokens *tokens;
    uint64_t refusal_noted_ms; /* the last one of audit.h; 0: none */
    const struct wsub_egress *egress;
    const char *public_url;
    const char *link_header; /* value of Link: <public_url>; rel="hub" */
    bool is_local;           /* access.h: strangers can't reach the hub */
    /* Number of the last line of request_log.h: no line is like another, and
     * left out as a repetition. */
    uint64_t logged_requests;
};

#endif
