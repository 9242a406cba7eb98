/* fetch_queue.h - takes topics that are to be fetched, in the shards that this
 * process owns, no more of each kind than it may fetch at once.
 *
 *   due, woken, or capacity again -> take -> on_wanted for each
 */
#ifndef SPREADER_FETCH_QUEUE_H
#define SPREADER_FETCH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/store/fetches.h"

struct event_base;
struct spread_fetch_queue;
struct spread_shard;
struct wsub_store;

/* All pointers are borrowed, and outlive the queue. */
struct spread_fetch_queue_options {
    struct event_base *base;
    struct wsub_store *store;
    unsigned shards;
    size_t most[WSUB_WANTED_KINDS]; /* fetches at once */
    /* One topic; it counts until spread_fetch_queue_over(). */
    void (*on_wanted)(struct spread_shard *shard,
                      const struct wsub_wanted *wanted, void *arg);
    void *arg;
};

struct spread_fetch_queue *
spread_fetch_queue_new(const struct spread_fetch_queue_options *options);
/* The store is closed before. */
void spread_fetch_queue_free(struct spread_fetch_queue *queue);

/* Looks at once. */
void spread_fetch_queue_open(struct spread_fetch_queue *queue,
                             struct spread_shard *shard);
void spread_fetch_queue_close(struct spread_fetch_queue *queue, unsigned shard);

/* Something is due earlier than it was known. */
void spread_fetch_queue_wake(struct spread_fetch_queue *queue, unsigned shard);

/* Topics of the shard are fetched, or dropped; `count` of those that counted. */
void spread_fetch_queue_over(struct spread_fetch_queue *queue, unsigned shard,
                             enum wsub_wanted_kind kind, size_t count);

/* Topics that are being fetched count no longer: they linger. */
void spread_fetch_queue_linger(struct spread_fetch_queue *queue,
                               enum wsub_wanted_kind kind, size_t count);

/* True while a topic is being fetched. */
bool spread_fetch_queue_holds_work(const struct spread_fetch_queue *queue);

#endif
