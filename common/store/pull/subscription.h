/* subscription.h - what is known of one pull subscription.
 *
 * A pull subscription is a client's id and what it wants; its client fetches
 * messages instead of being called.  Nothing of an event is kept for it: it has
 * a cursor in the log of each shard that its topics may be in, and every event
 * before a cursor is received, or not for it.
 *
 * Cursors are places (place.h), one a shard, in the order of the shards; in Redis
 * they are text, "N-MS-SEQ", separated by spaces.  A shard without a cursor is
 * none that the topics may be in. */
#ifndef WSUB_STORE_PULL_SUBSCRIPTION_H
#define WSUB_STORE_PULL_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/place.h"

#define WSUB_PULL_ID_CHARS_MAX 256 /* of UTF-8 */
/* With a zero byte. */
#define WSUB_PULL_ID_BYTES (WSUB_PULL_ID_CHARS_MAX * 4 + 1)
#define WSUB_PULL_TOPICS_MAX 64 /* of one subscription */
/* No subscription lasts longer unseen: an end further ahead is one that a wrong
 * clock gave. */
#define WSUB_PULL_TTL_MAX_S 2592000

struct wsub_pull_cursors {
    struct wsub_place *places; /* owned; one a shard, in their order */
    size_t count;
};

struct wsub_pull_subscription {
    /* In their normal spelling, separated by spaces; "" stands for every topic:
     * all dotted ones and all URLs. */
    const char *topics;
    uint32_t ttl_s;    /* it ends when it was not seen for so long; from 1 on */
    bool explicit_ack; /* what was handed out stays until it is acknowledged */
};

/* Parses the text of Redis; false, and nothing, when it is malformed (not in the
 * order of the shards, or a shard not below `shards`).  "" is fine: none. */
bool wsub_pull_cursors_parse(const char *text, unsigned shards,
                             struct wsub_pull_cursors *ret_cursors);

/* Writes the text; the caller frees it. */
char *wsub_pull_cursors_text(const struct wsub_pull_cursors *cursors);

/* The cursor of a shard; NULL when it has none. */
struct wsub_place *
wsub_pull_cursors_find(const struct wsub_pull_cursors *cursors, unsigned shard);

void wsub_pull_cursors_done(struct wsub_pull_cursors *cursors);

/* The order in which events of all shards are handed out in one response: by MS,
 * SEQ and shard; as qsort() wants it. */
int wsub_pull_order(const struct wsub_place *a, const struct wsub_place *b);

/* The last place of a shard that is not after `after` in that order; no event is
 * at 0-0. */
struct wsub_place wsub_pull_last_until(const struct wsub_place *after,
                                       unsigned shard);

#endif
