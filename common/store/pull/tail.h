/* tail.h - where the log of a shard ends and begins (pull_tail.lua). */
#ifndef WSUB_STORE_PULL_TAIL_H
#define WSUB_STORE_PULL_TAIL_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct wsub_store;

struct wsub_pull_tail {
    struct wsub_place last; /* event that there was; 0-0: none ever */
    /* Whoever begins here gets all events that there are, and missed none. */
    struct wsub_place before_first;
    uint64_t subscriptions; /* pull subscriptions that live in the shard */
};

/* `tail` is NULL unless err is WSUB_OK. */
typedef void wsub_pull_tail_cb(enum wsub_err err,
                               const struct wsub_pull_tail *tail, void *arg);

/* Made once; `cb` is called once, maybe during the call. */
void wsub_pull_tail(struct wsub_store *store, unsigned shard,
                    wsub_pull_tail_cb *cb, void *arg);

#endif
