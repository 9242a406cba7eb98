/* interest.h - which topics of a shard somebody pulls.
 *
 * The shard of a topic does not know of pull subscriptions, which live where
 * their ids are, nor of streams.  So a hub tells it: until when somebody wants
 * events of a topic.  A topic that is named there is fetched when it is
 * announced, as though it had a subscription; and of events that somebody wants
 * the sweeper notes which ones leave the log, so that who comes too late is told
 * how many they were (page.h).
 *
 * A shard has at most 10,000 such topics; while there are as many, further ones are
 * left out, which the log says (`pull-topics-left-out`), and the metric
 * websubd_pull_topics_left_out_total.  Those that are in can be extended. */
#ifndef WSUB_STORE_PULL_INTEREST_H
#define WSUB_STORE_PULL_INTEREST_H

#include <stddef.h>
#include <stdint.h>

struct wsub_store;

/* A longer time counts as this one: what is further ahead in Redis is of a clock
 * that went wrong. */
#define WSUB_PULL_WANT_MS_MAX 2592000000ULL /* 30 days */

/* Events of these topics, in their normal spelling, are wanted for `lasts_ms` from
 * now on, or longer where that was said before; "" stands for every topic, and
 * is no reason to fetch one.  Sent once; `cb` (may be NULL) is called when it is
 * done, or could not be. */
void wsub_pull_want(struct wsub_store *store, unsigned shard,
                    const char *const *topics, size_t count, uint64_t lasts_ms,
                    void (*cb)(void *arg), void *arg);

#endif
