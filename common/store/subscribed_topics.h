/* subscribed_topics.h - the topics of a shard that have subscriptions
 * (subscribed_topics.lua), in the order of their digests. */
#ifndef WSUB_STORE_SUBSCRIBED_TOPICS_H
#define WSUB_STORE_SUBSCRIBED_TOPICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

/* What is wanted of a shard; all is borrowed for the call. */
struct wsub_subscribed_query {
    unsigned shard;
    const char *after;      /* "" for the first page */
    size_t most;            /* topics */
    const char *prefix;     /* which they begin with; "": all */
    const char *other_than; /* TD of a topic that is left out, or "" */
};

struct wsub_subscribed_topic {
    const char *topic; /* in its normal spelling; "": not known */
    uint64_t subscriptions;
};

/* `after` is for the next page, "" when this was the last one.  All is borrowed
 * for the call, and NULL unless err is WSUB_OK. */
typedef void
wsub_subscribed_topics_cb(enum wsub_err err, const char *after,
                          const struct wsub_subscribed_topic *topics,
                          size_t count, void *arg);

/* Reads a page, which may have fewer topics than there are: a call looks at some
 * hundred.  Tried once: `cb` is called once, maybe during this call. */
void wsub_subscribed_topics(struct wsub_store *store,
                            const struct wsub_subscribed_query *query,
                            wsub_subscribed_topics_cb *cb, void *arg);

#endif
