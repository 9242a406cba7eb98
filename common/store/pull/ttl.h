/* ttl.h - the TTLManager: pull subscriptions that nobody has used for their time
 * end.
 *
 * The owner of a shard looks each second.  Whether a subscription is really over is
 * looked at in the step that removes it (pull_expire.lua), so that one that is
 * seen at that very moment stays. */
#ifndef WSUB_STORE_PULL_TTL_H
#define WSUB_STORE_PULL_TTL_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

struct wsub_pull_expired {
    uint64_t ended;   /* subscriptions */
    uint64_t left;    /* subscriptions of the shard that there are */
    uint64_t next_ms; /* until the next may end; UINT64_MAX: there is none */
};

/* `expired` is NULL unless err is WSUB_OK. */
typedef void wsub_pull_expire_cb(enum wsub_err err,
                                 const struct wsub_pull_expired *expired,
                                 void *arg);

/* Ends at most `most` of the shard.  WSUB_ERR_FENCED: only the owner may. */
void wsub_pull_expire(struct wsub_store *store, const struct wsub_owned *owned,
                      uint32_t most, wsub_pull_expire_cb *cb, void *arg);

#endif
