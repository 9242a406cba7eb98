/* subscribed_topics.h - the topics of a shard that have subscriptions
 * (subscribed_topics.lua), in the order of their digests. */
#ifndef WSUB_STORE_SUBSCRIBED_TOPICS_H
#define WSUB_STORE_SUBSCRIBED_TOPICS_H

#include <stddef.h>

#include "common/base/err.h"

struct wsub_store;

/* `topics` are texts in their normal spelling, "" where one is not known; `after`
 * is for the next page, "" when this was the last one.  All are borrowed for the
 * call, and NULL unless err is WSUB_OK. */
typedef void wsub_subscribed_topics_cb(enum wsub_err err, const char *after,
                                       const char *const *topics, size_t count,
                                       void *arg);

/* Reads up to `most` topics after `after`, "" for the first page.  Tried once: `cb`
 * is called once, maybe during this call. */
void wsub_subscribed_topics(struct wsub_store *store, unsigned shard,
                            const char *after, unsigned most,
                            wsub_subscribed_topics_cb *cb, void *arg);

#endif
