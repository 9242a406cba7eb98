/* subscription_list.h - a page of a shard's subscriptions, for operators
 * (subscription_list.lua), in the order of their topics' and callbacks'
 * digests. */
#ifndef WSUB_STORE_SUBSCRIPTION_LIST_H
#define WSUB_STORE_SUBSCRIPTION_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/digest.h"
#include "common/store/record.h"

struct wsub_store;

/* TD:CD or `TD;`, and the zero byte. */
#define WSUB_SUBSCRIPTION_AFTER_BYTES (2 * WSUB_DIGEST_LEN + 2)

/* What is wanted of a shard; all is borrowed for the call. */
struct wsub_subscription_query {
    unsigned shard;
    const char
        *after; /* "" for the first page, then what the one before said */
    /* "" where that is all the same: */
    const char *td;     /* of the topic */
    const char *prefix; /* which the topic begins with */
    const char *cd;     /* of the callback */
    const char *host;   /* of the callback, as wsub_quota_host() has it */
    const char *state;
    const char *other_than; /* TD of a topic that is left out */
    size_t most;            /* rows */
};

/* Strings are borrowed for the callback. */
struct wsub_subscription_row {
    const char *td, *cd;
    const char *topic; /* in its normal spelling; "": not known */
    const char *state; /* active, paused, suspended, backfill or ordered */
    uint64_t since_ms; /* it is paused or suspended (Unix); 0: it is neither */
    struct wsub_record record;
    uint64_t missed; /* events that are to come by cursor jobs */
};

/* `after` is for the next page, "" when this was the last one; all is NULL
 * unless err is WSUB_OK. */
typedef void wsub_subscription_list_cb(enum wsub_err err, const char *after,
                                       const struct wsub_subscription_row *rows,
                                       size_t count, void *arg);

/* Reads a page, which may have fewer rows than there are: a call looks at some
 * hundred subscriptions.  Tried once: `cb` is called once, maybe during this
 * call. */
void wsub_subscription_list(struct wsub_store *store,
                            const struct wsub_subscription_query *query,
                            wsub_subscription_list_cb *cb, void *arg);

/* The same of one subscription: a row, or none. */
void wsub_subscription_find(struct wsub_store *store, unsigned shard,
                            const char *td, const char *cd,
                            wsub_subscription_list_cb *cb, void *arg);

#endif
