/* fetch.h - from an announcement to an event: fetch the topic.
 *
 *   loading -> requesting -> storing -> gone
 *      '--(no subscribers)------^
 *
 * A topic is fetched once at a time: Redis hands it out again when it was
 * announced meanwhile (fetch_queue.h). */
#ifndef SPREADER_FETCH_H
#define SPREADER_FETCH_H

#include <stdint.h>

#include "spreader/topics.h"

struct spread_fetcher;
struct wsub_wanted;

struct spread_fetcher *
spread_fetcher_new(const struct spread_topics_options *options);
/* The store and the client are closed before. */
void spread_fetcher_free(struct spread_fetcher *fetcher);

/* Fetches a topic that was taken; it is over once its outcome is in Redis. */
void spread_fetch_start(struct spread_fetcher *fetcher,
                        struct spread_shard *shard,
                        const struct wsub_wanted *wanted);

/* Drops what is fetched for the shard. */
void spread_fetcher_close(struct spread_fetcher *fetcher, unsigned shard);

#endif
